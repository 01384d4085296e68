/* Answers as JSON trees. */
#include "api/api_internal.h"

#include "lib/clock.h"

struct json *api_new(const struct api_call *call)
{
	return json_new(call->arena, JSON_OBJECT);
}

struct json *api_new_list(const struct api_call *call)
{
	return json_new(call->arena, JSON_ARRAY);
}

void api_set(const struct api_call *call, struct json *object, const char *name, struct str text)
{
	json_set(object, str_of(name), text.len ? json_new_text(call->arena, text) : json_new(call->arena, JSON_NULL));
}

void api_set_int(const struct api_call *call, struct json *object, const char *name, int64_t value)
{
	json_set(object, str_of(name), json_new_int(call->arena, value));
}

void api_set_id(const struct api_call *call, struct json *object, const char *name, int64_t id)
{
	json_set(object, str_of(name), id ? json_new_int(call->arena, id) : json_new(call->arena, JSON_NULL));
}

void api_set_time(const struct api_call *call, struct json *object, const char *name, int64_t wall_ms)
{
	api_set(call, object, name, wall_ms ? clock_rfc3339(call->arena, wall_ms) : STR_EMPTY);
}

void api_set_bool(const struct api_call *call, struct json *object, const char *name, bool value)
{
	json_set(object, str_of(name), json_new_bool(call->arena, value));
}

/* ---- by a table ---- */

typedef void set_fn(const struct api_call *call, struct json *object, const char *name, const void *at);

static void set_text(const struct api_call *call, struct json *object, const char *name, const void *at)
{
	api_set(call, object, name, *(const struct str *)at);
}

static void set_int(const struct api_call *call, struct json *object, const char *name, const void *at)
{
	api_set_int(call, object, name, *(const int64_t *)at);
}

static void set_id(const struct api_call *call, struct json *object, const char *name, const void *at)
{
	api_set_id(call, object, name, *(const int64_t *)at);
}

static void set_time(const struct api_call *call, struct json *object, const char *name, const void *at)
{
	api_set_time(call, object, name, *(const int64_t *)at);
}

static void set_bool(const struct api_call *call, struct json *object, const char *name, const void *at)
{
	api_set_bool(call, object, name, *(const bool *)at);
}

static set_fn *const setters[] = {
	[API_TEXT] = set_text, [API_INT] = set_int, [API_ID] = set_id, [API_TIME] = set_time, [API_BOOL] = set_bool,
};

struct json *api_object(const struct api_call *call, const struct api_member *members, const void *of)
{
	struct json *object = api_new(call);

	for (const struct api_member *m = members; m->name; m++)
		setters[m->kind](call, object, m->name, (const char *)of + m->offset);
	return object;
}

struct json *api_list(const struct api_call *call, struct json *items, bool full, int64_t last_id)
{
	struct json *list = api_new(call);

	json_set(list, STR("items"), items);
	api_set_id(call, list, "next", full ? last_id : 0);
	return list;
}
