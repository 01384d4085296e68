/*
 * person: person_change -> check (every leaf of the changes against `fields`) -> patch -> needed fields -> stamp -> shelf.
 */
#include "sandbox/invented/invented.h"

#include "lib/clock.h"
#include "sandbox/people/years.h"

enum kind { TEXT, DATE, SMALL };

/* What may be written. To add a field: a row. SMALL is kept in small letters. */
static const struct field {
	const char *path;
	enum kind kind;
	size_t most; /* bytes */
	bool needed;
} fields[] = {
	{ "surname", TEXT, 40, true },      { "given", TEXT, 40, false },      { "born", DATE, 10, false },
	{ "mail", SMALL, 80, false },       { "mobile", TEXT, 20, false },     { "home.street", TEXT, 120, false },
	{ "home.town", TEXT, 60, false },   { "home.state", TEXT, 40, false }, { "home.zip", TEXT, 12, false },
	{ "foreign_ref", TEXT, 64, false },
};
static const char *const parts[] = { "home" };

static const struct field *field_at(struct str path)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (str_eq_c(path, fields[i].path))
			return &fields[i];
	return NULL;
}

static bool is_part(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (str_eq_c(name, parts[i]))
			return true;
	return false;
}

static struct complaint complain(const char *code, const char *text, struct str where)
{
	return (struct complaint) { code, text, where };
}

static struct complaint check_leaf(struct str path, const struct json *value)
{
	const struct field *field = field_at(path);

	if (!field)
		return complain("E_UNKNOWN", "there is no such field, or it is not yours to write", path);
	if (value->kind == JSON_NULL)
		return (struct complaint) { 0 };
	if (value->kind != JSON_STRING)
		return complain("E_KIND", "must be a text", path);
	if (value->text.len > field->most)
		return complain("E_LONG", "is too long", path);
	if (field->kind == DATE && !years_is_date(value->text))
		return complain("E_DATE", "must be a date", path);
	return (struct complaint) { 0 };
}

static struct complaint check_part(struct arena *arena, const struct json *part)
{
	struct complaint result = { 0 };

	JSON_EACH (part, leaf)
		if (!result.code)
			result = check_leaf(arena_printf(arena, "%.*s.%.*s", STR_ARG(part->key), STR_ARG(leaf->key)),
			                    leaf);
	return result;
}

static struct complaint check(struct arena *arena, const struct json *changes)
{
	struct complaint result = { 0 };

	JSON_EACH (changes, member) {
		if (result.code)
			break;
		if (!is_part(member->key))
			result = check_leaf(member->key, member);
		else if (member->kind == JSON_OBJECT)
			result = check_part(arena, member);
		else if (member->kind != JSON_NULL)
			result = complain("E_KIND", "must be an object", member->key);
	}
	return result;
}

static struct str kept_form(struct arena *arena, const struct field *field, struct str text)
{
	char *copy = arena_text(arena, str_trim(text));

	for (char *c = copy; field->kind == SMALL && *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
	return str_of(copy);
}

/* A merge patch: null takes away, objects are merged. Every field stays in the record, as null when there is nothing. */
static void patch(struct arena *arena, struct json *person, const struct json *changes)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		struct str path = str_of(fields[i].path), key = path, part = STR_EMPTY;
		const struct json *from = changes, *value;
		struct json *to = person;

		if (str_find_char(path, '.') >= 0) {
			str_split(&key, '.', &part);
			from = json_get_str(changes, part);
			to = json_get_str(person, part);
		}
		value = json_get_str(from, key);
		if (value && value->kind == JSON_STRING && str_trim(value->text).len)
			json_set(to, key, json_new_text(arena, kept_form(arena, &fields[i], value->text)));
		else if (value || (from && from->kind == JSON_NULL) || !json_get_str(to, key))
			json_set(to, key, json_new(arena, JSON_NULL));
	}
}

static struct json *blank_person(struct arena *arena, struct str key)
{
	struct json *person = json_new(arena, JSON_OBJECT);

	json_add(person, STR("key"), json_new_text(arena, key));
	json_add(person, STR("rev"), json_new_int(arena, 0));
	json_add(person, STR("state"), json_new_text(arena, STR("live")));
	json_add(person, STR("changed"), json_new(arena, JSON_OBJECT));
	json_add(person, STR("merged"), json_new(arena, JSON_NULL));
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		json_add(person, str_of(parts[i]), json_new(arena, JSON_OBJECT));
	return person;
}

static void stamp(struct arena *arena, struct json *person, const char *by)
{
	struct json *changed = json_get(person, "changed");
	int64_t rev = json_int(json_get(person, "rev"), 0) + 1;

	json_set(person, STR("rev"), json_new_int(arena, rev));
	json_set(changed, STR("at"), json_new_text(arena, clock_rfc3339(arena, clock_wall_ms())));
	json_set(changed, STR("by"), json_new_text(arena, str_of(by)));
}

static bool ref_is_taken(struct invented *emr, struct arena *arena, const struct json *person)
{
	struct str ref = json_get_text(person, "foreign_ref"), key = json_get_text(person, "key");

	for (size_t i = 0; ref.len && i < emr->people.count; i++) {
		const struct shelf_row *other = emr->people.rows[i];

		if (!str_eq(other->id, key) && str_eq(ref, json_get_text(shelf_read(other, arena), "foreign_ref")))
			return true;
	}
	return false;
}

static struct str free_key(struct invented *emr, struct arena *arena)
{
	struct str key;

	do
		key = arena_printf(arena, "p-%06lld", (long long)emr->next_person++);
	while (shelf_find(&emr->people, key));
	return key;
}

struct complaint person_change(struct invented *emr, struct arena *arena, struct shelf_row *row, struct str key,
                               const struct json *changes, const char *by, struct shelf_row **ret)
{
	struct complaint wrong = check(arena, changes);
	struct json *person;

	if (wrong.code)
		return wrong;
	if (!row && key.len && shelf_find(&emr->people, key))
		return complain("E_TAKEN", "somebody has this key", STR("key"));
	key = row ? row->id : key.len ? key : free_key(emr, arena);
	person = row ? shelf_read(row, arena) : blank_person(arena, key);
	patch(arena, person, changes);
	if (!json_get_text(person, "surname").len)
		return complain("E_NEEDED", "is needed", STR("surname"));
	if (json_get(changes, "foreign_ref") && ref_is_taken(emr, arena, person))
		return complain("E_TAKEN", "somebody has this reference", STR("foreign_ref"));
	stamp(arena, person, by);
	if (row)
		shelf_write(row, person);
	else
		row = shelf_add(&emr->people, key, STR_EMPTY, person);
	*ret = row;
	return (struct complaint) { 0 };
}

void person_shorten(struct json *person)
{
	json_remove(person, STR("mail"));
	json_remove(person, STR("mobile"));
	json_remove(person, STR("home"));
}

void person_leave(struct arena *arena, struct shelf_row *row, struct str into)
{
	struct json *person = shelf_read(row, arena), *merged = json_new(arena, JSON_OBJECT);

	json_set(person, STR("state"), json_new_text(arena, STR("left")));
	if (into.len) {
		json_add(merged, STR("into"), json_new_text(arena, into));
		json_set(person, STR("merged"), merged);
	}
	stamp(arena, person, "desk");
	shelf_write(row, person);
}
