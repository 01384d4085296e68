#include "far.h"

#include "codec/url.h"
#include "lib/file.h"
#include "lib/limits.h"

#include <stdio.h>

static bool holds(struct str text, const char *part)
{
	return !part || str_find(text, str_of(part)) >= 0;
}

static bool fits(const struct exchange *e, const struct peer_call *call, struct str path)
{
	return !e->used && str_eq_c(call->method, e->method) && holds(path, e->path) && holds(call->body, e->body) &&
	       (!e->not_body || !holds(call->body, e->not_body)) && holds(call->head, e->head);
}

static struct exchange *take(struct far *far, const struct peer_call *call, struct str path)
{
	struct exchange *found = NULL;

	pthread_mutex_lock(&far->lock);
	for (size_t i = 0; i < far->count && !found; i++)
		if (fits(&far->script[i], call, path))
			found = &far->script[i];
	if (found)
		found->used = true;
	else if (!far->surprise[0])
		snprintf(far->surprise, sizeof(far->surprise), "%.*s %.*s | %.*s", STR_ARG(call->method), STR_ARG(path),
		         STR_ARG(call->body));
	pthread_mutex_unlock(&far->lock);
	return found;
}

static void answer(struct peer_call *call, void *context)
{
	ARENA;
	struct far *far = context;
	struct str path = call->path;
	const struct exchange *e;

	url_decode(&arena, call->path, true, &path);
	e = take(far, call, path);
	if (!e)
		peer_answer(call, 418, "", STR("{}"));
	else if (e->drop)
		peer_drop(call);
	else
		peer_answer(call, e->status ? e->status : 200, e->headers ? e->headers : "", str_of(e->answer));
}

void far_open(struct far *far)
{
	*far = (struct far) { .lock = PTHREAD_MUTEX_INITIALIZER };
	assert_int_equal(http_client_open(&far->http, &far->err), 0);
	far->peer = peer_open(answer, far);
}

void far_close(struct far *far)
{
	http_client_close(&far->http);
	peer_close(&far->peer);
	arena_release(&far->arena);
	if (far->surprise[0])
		fail_msg("nobody expected: %s", far->surprise);
	for (size_t i = 0; i < far->count; i++)
		if (!far->script[i].used)
			fail_msg("never came: %s %s", far->script[i].method, far->script[i].path);
}

struct str far_base(struct far *far)
{
	return peer_base(far->peer);
}

void far_expect(struct far *far, struct exchange exchange)
{
	pthread_mutex_lock(&far->lock);
	assert_true(far->count < ARRAY_LEN(far->script));
	far->script[far->count++] = exchange;
	pthread_mutex_unlock(&far->lock);
}

struct json *far_json(struct far *far, const char *text)
{
	struct json *json = NULL;

	if (json_parse(&far->arena, arena_str(&far->arena, str_of(text)), &json, &far->err) < 0)
		fail_msg("%s: %s", text, far->err.text);
	return json;
}

/* The first %s of a settings text becomes the base. */
static struct str with_base(struct far *far, const char *settings)
{
	struct str text = str_of(settings);
	ptrdiff_t at = str_find(text, STR("%s"));

	if (at < 0)
		return text;
	return arena_printf(&far->arena, "%.*s%.*s%.*s", (int)at, text.at, STR_ARG(far_base(far)),
	                    STR_ARG(str_skip(text, (size_t)at + 2)));
}

struct connection *far_connect(struct far *far, const char *kind, const char *settings)
{
	const struct connector *found = connector_find(str_of(kind));
	struct connection *c = NULL;

	assert_non_null(found);
	if (found->open(found, far_json(far, arena_text(&far->arena, with_base(far, settings))), far->http, &c,
	                &far->err) < 0)
		fail_msg("open %s: %s", kind, far->err.text);
	return c;
}

int far_list(struct far *far, struct connection *c, struct list_request request, struct page *ret)
{
	struct call *call = c->kind->list_start(c, &request);

	return c->kind->list_finish(&call, &far->arena, ret, &far->err);
}

int far_fetch(struct far *far, struct connection *c, struct fetch_request request, struct page *ret)
{
	struct call *call = c->kind->fetch_start(c, &request);

	return c->kind->fetch_finish(&call, &far->arena, ret, &far->err);
}

int far_write(struct far *far, struct connection *c, const char *object, const struct write_item *items, size_t count,
              struct write_result *results)
{
	const struct write_request request = { .object = str_of(object), .items = items, .item_count = count };
	struct call *call = c->kind->write_start(c, &request);

	return c->kind->write_finish(&call, &far->arena, results, &far->err);
}

int far_add_invented(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str text;

	(void)state;
	if (file_read(&arena, SOURCE_ROOT "/tests/unit/connectors/invented.yaml", LIMIT_CONFIG, &text, &err) < 0 ||
	    connector_add_descriptor(text, "invented.yaml", &err) < 0)
		fail_msg("%s", err.text);
	return 0;
}
