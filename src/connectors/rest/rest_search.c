/* A search by words, where the far side has one: a page of the list with one parameter more. */
#include "connectors/rest/rest_read.h"

struct call *rest_search_start(struct connection *c, const struct search_request *request)
{
	struct rest_read *read = rest_read_new(c, request->object, HTTP_URGENT);
	const struct search_section *search = read->object ? &read->object->search : NULL;
	struct list_equals text;

	if (read->refused.code)
		return &read->call;
	if (search->line == 0) {
		err_set(&read->refused, ERR_UNSUPPORTED, "%s cannot search for %.*s", c->kind->title,
		        STR_ARG(request->object));
		return &read->call;
	}
	text = (struct list_equals) { search->text, request->text };
	rest_read_page_start(read, &(struct rest_query) {
	                                   .path = search->path,
	                                   .always = &read->object->list.query,
	                                   .perhaps = &read->object->list.only_live,
	                                   .own = &search->query,
	                                   .equals = &text,
	                                   .equal_count = 1,
	                                   .page_size = request->limit ? request->limit : 20,
	                           });
	return &read->call;
}
