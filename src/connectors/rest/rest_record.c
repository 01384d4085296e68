#include "connectors/rest/rest.h"

#include "lib/clock.h"

#include <string.h>

static bool holds_anything(const struct json *j)
{
	return !json_is_null(j) && j->kind != JSON_FALSE && !(j->kind == JSON_STRING && j->text.len == 0);
}

static bool is_archived(const struct archived_section *archived, const struct json *json)
{
	struct str text = answer_walk_text(json, archived->path);

	if (archived->path.len == 0)
		return false;
	for (size_t i = 0; i < archived->values.count; i++)
		if (str_eq_nocase(text, archived->values.at[i]))
			return true;
	return archived->values.count == 0 && holds_anything(answer_walk(json, archived->path));
}

/* An empty path names nothing, where answer_walk would give the whole record. */
static struct str text_at(const struct json *json, struct str path)
{
	return path.len ? answer_walk_text(json, path) : STR_EMPTY;
}

void rest_record(const struct object_section *object, struct json *json, struct str bytes, struct record *ret)
{
	const struct record_section *paths = &object->record;

	*ret = (struct record) { .bytes = bytes, .id = text_at(json, paths->id) };
	if (ret->id.len == 0) {
		ret->fault = "the row has no id";
		return;
	}
	ret->json = json;
	ret->version = text_at(json, paths->version);
	ret->modified_by = text_at(json, paths->modified_by);
	ret->merged_into = text_at(json, paths->merged_into);
	ret->deleted = is_archived(&paths->archived, json);
	if (!clock_parse(text_at(json, paths->modified.len ? paths->modified : paths->version), &ret->modified_ms))
		ret->modified_ms = 0;
}

int rest_record_of_answer(const struct object_section *object, struct arena *arena, const struct http_answer *answer,
                          struct record *ret, struct err *err)
{
	struct err parse = ERR_INIT;
	struct json *json;

	*ret = (struct record) { 0 };
	if (answer->status == 404 || answer->status == 410) {
		ret->fault = "not there";
		return 0;
	}
	if (!answer_good(answer))
		return answer_refusal(answer, "read a record", err);
	if (answer_check_text(answer, err) < 0)
		return err->code;
	if (json_parse(arena, answer->body, &json, &parse) < 0)
		*ret = (struct record) { .bytes = answer->body, .fault = arena_text(arena, str_of(parse.text)) };
	else
		rest_record(object, json, str_trim(answer->body), ret);
	return 0;
}
