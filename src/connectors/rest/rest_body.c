/*
 * Bodies of creates and updates.
 *
 * create:           the members given, our id, and what the section says is sent where nothing is given.
 * update, changed:  the members given, and those that the system wants every time, taken from what was read last.
 * update, whole:    what was read last, with the members given laid over it (objects member by member, lists as a whole), less
 *                   what the system gives but does not take back, with renamed references.
 */
#include "connectors/rest/rest.h"

#include <string.h>

static void lay_over(struct arena *arena, struct json *base, const struct json *changes)
{
	JSON_EACH (changes, change) {
		struct json *there = json_get_str(base, change->key);

		if (there && there->kind == JSON_OBJECT && change->kind == JSON_OBJECT)
			lay_over(arena, there, change);
		else
			json_set(base, change->key, json_copy(arena, change));
	}
}

static struct str first_step(struct str path)
{
	struct str rest = path, step = STR_EMPTY;

	str_split(&rest, '.', &step);
	return step;
}

static void rename_members(struct arena *arena, const struct pairs *rename, const struct json *fields,
                           struct json *whole)
{
	for (size_t i = 0; i < rename->count; i++) {
		const struct pair *pair = &rename->at[i];
		const struct json *from = answer_walk(whole, pair->value);
		const struct json *given = json_get_str(fields, pair->name);

		if (!given && from)
			json_set(whole, pair->name, json_copy(arena, from));
	}
	for (size_t i = 0; i < rename->count; i++)
		if (!str_eq(first_step(rename->at[i].value), rename->at[i].name))
			json_remove(whole, first_step(rename->at[i].value));
}

static bool whole_body(const struct route_section *route, struct arena *arena, const struct json *fields,
                       const struct json *current, struct buf *out)
{
	struct json *whole;

	if (!current)
		return false;
	whole = json_copy(arena, current);
	lay_over(arena, whole, fields);
	rename_members(arena, &route->rename, fields, whole);
	for (size_t i = 0; i < route->drop.count; i++)
		json_remove(whole, route->drop.at[i]);
	json_write(out, whole);
	return true;
}

/* Members of the record as it is that go along with a change. False: the record is needed for that and not there. */
static bool take_along(const struct texts *members, struct arena *arena, const struct json *current, struct json *body)
{
	for (size_t i = 0; i < members->count; i++) {
		const struct json *there = json_get_str(current, members->at[i]);

		if (json_get_str(body, members->at[i]))
			continue;
		if (!current)
			return false;
		if (there)
			json_set(body, members->at[i], json_copy(arena, there));
	}
	return true;
}

static bool changed_body(const struct route_section *route, struct arena *arena, const struct json *fields,
                         const struct json *current, bool insist, struct buf *out)
{
	struct json *body = json_copy(arena, fields);

	if (!take_along(&route->always, arena, current, body) ||
	    (insist && !take_along(&route->on_refusal, arena, current, body)))
		return false;
	json_write(out, body);
	return true;
}

bool rest_update_body(const struct object_section *object, struct arena *arena, const struct json *fields,
                      const struct json *current, bool insist, struct buf *out)
{
	if (object->update.send == SEND_WHOLE)
		return whole_body(&object->update, arena, fields, current, out);
	return changed_body(&object->update, arena, fields, current, insist, out);
}

static void add_defaults(const struct rest *rest, const struct pairs *defaults, struct arena *arena, struct json *body)
{
	for (size_t i = 0; i < defaults->count; i++) {
		struct str text = rest_expanded(rest, arena, defaults->at[i].value);

		if (text.len && !json_get_str(body, defaults->at[i].name))
			json_set(body, defaults->at[i].name, json_new_text(arena, text));
	}
}

void rest_create_body(const struct rest *rest, const struct object_section *object, struct arena *arena,
                      const struct write_item *item, struct buf *out)
{
	struct json *body = item->fields ? json_copy(arena, item->fields) : json_new(arena, JSON_OBJECT);
	struct str field = item->key_field.len ? item->key_field : object->reference.field;

	if (item->key.len && field.len && !json_get_str(body, field))
		json_set(body, field, json_new_text(arena, item->key));
	add_defaults(rest, &object->create.defaults, arena, body);
	json_write(out, body);
}
