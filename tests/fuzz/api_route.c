#include "api_route.h"

#include "fuzz.h"
#include "net/http_server_internal.h"

const struct http_route *api_route(struct arena *arena, const struct http_route *rows, size_t count, struct str method,
                                   struct str target, struct http_asked *asked)
{
	struct str query = target, path = target;
	struct err err = ERR_INIT;
	struct route_table table;
	struct route_found found;

	(void)str_split(&query, '?', &path);
	law(routes_compile(arena, rows, count, &table, &err) == 0);
	if (routes_find(&table, arena, method, path, asked, &found) || query_split(arena, query, asked))
		return NULL;
	asked->path = path;
	asked->query = query;
	return found.row;
}
