/*
 * The description: openapi/base.yaml with the paths and schemas of each other fragment laid over it. GET /api/v1/openapi.json, for anybody: it says what the program can be
 * asked, nothing about this house.
 */
#include "api/api_internal.h"

#include "codec/yaml.h"
#include "lib/limits.h"

static void lay_over(struct arena *arena, struct json *base, const struct json *fragment)
{
	JSON_EACH (fragment, member) {
		struct json *there = json_get_str(base, member->key);

		if (there && there->kind == JSON_OBJECT && member->kind == JSON_OBJECT)
			lay_over(arena, there, member);
		else
			json_set(base, member->key, json_copy(arena, member));
	}
}

int api_openapi_make(struct api *api, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_REPORT);
	struct json *all = NULL, *one;

	for (size_t i = 0; api_openapi_texts[i]; i++) {
		if (yaml_parse(&arena, str_of(api_openapi_texts[i]), &one, err) < 0)
			return err_wrap(err, "description %zu of the API", i);
		if (all)
			lay_over(&arena, all, one);
		else
			all = one;
	}
	json_set(json_get(all, "info"), STR("version"), json_new_text(&arena, str_of(api->options.version)));
	json_write(&text, all);
	if (!buf_ok(&text))
		return err_set(err, ERR_BUG, "the description of the API is too large");
	api->openapi = arena_str(&api->arena, buf_str(&text));
	return 0;
}

static int show_openapi(struct api_call *call, struct err *err UNUSED)
{
	http_reply_json(call->reply, call->api->openapi);
	return 0;
}

const struct api_route api_base_routes[] = {
	{ "GET", "/openapi.json", show_openapi },
	{ 0 },
};
