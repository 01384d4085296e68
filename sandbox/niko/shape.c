/* shape: shape_read -> read_members -> per member: a reader of its kind -> blank, needed. */
#include "sandbox/niko/shape.h"

#include "lib/clock.h"
#include "sandbox/people/years.h"

typedef struct json *read_fn(struct reading *r, const struct member *m, struct str path, const struct json *value);

void shape_complain(struct reading *r, struct str field, const char *message)
{
	struct json *error = json_new(r->arena, JSON_OBJECT);

	if (!r->errors)
		r->errors = json_new(r->arena, JSON_ARRAY);
	json_add(error, STR("Field"), json_new_text(r->arena, field));
	json_add(error, STR("Message"), json_new_text(r->arena, str_of(message)));
	json_append(r->errors, error);
	r->error_count++;
}

bool member_knows(const char *words, struct str word)
{
	struct str rest = str_of(words), one;

	while (str_split(&rest, '|', &one))
		if (str_eq(one, word))
			return true;
	return false;
}

struct str digits_of(struct arena *arena, struct str text)
{
	char *copy = arena_text(arena, text);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] >= '0' && text.at[i] <= '9')
			copy[len++] = text.at[i];
	copy[len] = '\0';
	return str_range(copy, len);
}

static struct str capitals(struct arena *arena, struct str text)
{
	char *copy = arena_text(arena, text);

	for (char *c = copy; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 32);
	return str_range(copy, text.len);
}

/* Cutting counts characters, never half of one. */
static struct str cut(struct str text, size_t characters)
{
	size_t at = 0;

	for (; at < text.len; at++)
		if (((unsigned char)text.at[at] & 0xC0) != 0x80 && characters-- == 0)
			break;
	return str_range(text.at, at);
}

static struct str rewrite(struct reading *r, const struct member *m, struct str text)
{
	if (m->flags & DIGITS)
		text = digits_of(r->arena, text);
	if (m->flags & CUT_TO_5)
		text = cut(str_trim(text), 5);
	if (m->flags & CUT_TO_2)
		text = capitals(r->arena, cut(str_trim(text), 2));
	return text;
}

static struct json *blank(struct reading *r, const struct member *m)
{
	if (m->blank)
		return json_new_text(r->arena, str_of(m->blank));
	return json_new(r->arena, m->kind == M_LIST ? JSON_ARRAY : m->kind == M_FLAG ? JSON_FALSE : JSON_NULL);
}

static struct json *wrong_type(struct reading *r, const struct member *m, struct str path, const char *message)
{
	if (!r->ignore_types)
		shape_complain(r, path, message);
	return blank(r, m);
}

static struct json *read_text(struct reading *r, const struct member *m, struct str path, const struct json *value)
{
	struct str text;

	if (value->kind != JSON_STRING)
		return wrong_type(r, m, path, "Must be a string");
	text = rewrite(r, m, value->text);
	return text.len ? json_new_text(r->arena, text) : blank(r, m);
}

static struct json *read_date(struct reading *r, const struct member *m, struct str path, const struct json *value)
{
	if (value->kind != JSON_STRING || (value->text.len && !years_is_date(value->text)))
		return wrong_type(r, m, path, "Must be a date, YYYY-MM-DD");
	return read_text(r, m, path, value);
}

static struct json *read_moment(struct reading *r, const struct member *m, struct str path, const struct json *value)
{
	int64_t ms;

	if (value->kind != JSON_STRING || (value->text.len && !clock_parse(value->text, &ms)))
		return wrong_type(r, m, path, "Must be a date and time, ISO 8601");
	return read_text(r, m, path, value);
}

static struct json *read_whole(struct reading *r, const struct member *m, struct str path, const struct json *value)
{
	int64_t number = json_int(value, INT64_MIN);

	if (value->kind != JSON_NUMBER || number == INT64_MIN)
		return wrong_type(r, m, path, "Must be an integer");
	return json_new_int(r->arena, number);
}

static struct json *read_flag(struct reading *r, const struct member *m, struct str path, const struct json *value)
{
	if (value->kind != JSON_TRUE && value->kind != JSON_FALSE)
		return wrong_type(r, m, path, "Must be true or false");
	return json_new_bool(r->arena, value->kind == JSON_TRUE);
}

static struct json *read_word(struct reading *r, const struct member *m, struct str path, const struct json *value)
{
	if (value->kind == JSON_STRING && value->text.len && r->check_words && !member_knows(m->words, value->text))
		return wrong_type(r, m, path, "Not a known value");
	return read_text(r, m, path, value);
}

static struct json *read_id(struct reading *r, const struct member *m, struct str path, const struct json *value)
{
	if (value->kind != JSON_STRING && value->kind != JSON_NUMBER)
		return wrong_type(r, m, path, "Must be an id");
	return value->text.len ? json_new_text(r->arena, value->text) : blank(r, m);
}

static struct json *read_members(struct reading *r, const struct shape *shape, struct str path,
                                 const struct json *body);

static struct json *read_part(struct reading *r, const struct member *m, struct str path, const struct json *value)
{
	if (value->kind != JSON_OBJECT)
		return wrong_type(r, m, path, "Must be an object");
	return read_members(r, m->shape, path, value);
}

static struct json *read_list(struct reading *r, const struct member *m, struct str path, const struct json *value)
{
	struct json *list = json_new(r->arena, JSON_ARRAY);
	size_t number = 0;

	if (value->kind != JSON_ARRAY)
		return wrong_type(r, m, path, "Must be an array");
	JSON_EACH (value, item) {
		struct str at = arena_printf(r->arena, "%.*s[%zu]", STR_ARG(path), number++);

		if (item->kind == JSON_OBJECT)
			json_append(list, read_members(r, m->shape, at, item));
		else
			wrong_type(r, m, at, "Must be an object");
	}
	return list;
}

static read_fn *const readers[] = {
	[M_TEXT] = read_text,   [M_DATE] = read_date, [M_MOMENT] = read_moment,
	[M_WHOLE] = read_whole, [M_FLAG] = read_flag, [M_WORD] = read_word,
	[M_ID] = read_id,       [M_PART] = read_part, [M_LIST] = read_list,
};

static bool is_blank(const struct json *value)
{
	return value->kind == JSON_NULL || (value->kind == JSON_STRING && !str_trim(value->text).len);
}

static struct json *read_member(struct reading *r, const struct member *m, struct str path, const struct json *value)
{
	struct json *nothing = json_new(r->arena, JSON_OBJECT), *result;
	size_t before = r->error_count;

	if (!json_is_null(value))
		result = readers[m->kind](r, m, path, value);
	else if (m->kind == M_PART && !(m->flags & MAY_LACK))
		result = read_members(r, m->shape, path, nothing);
	else
		result = blank(r, m);
	if ((m->flags & NEEDED) && !r->lenient && r->error_count == before && is_blank(result))
		shape_complain(r, path, "Required");
	return result;
}

static const struct member *member_named(const struct shape *shape, struct str name)
{
	for (size_t i = 0; i < shape->count; i++)
		if (str_eq_c(name, shape->members[i].name))
			return &shape->members[i];
	return NULL;
}

static struct str under(struct arena *arena, struct str path, struct str name)
{
	return path.len ? arena_printf(arena, "%.*s.%.*s", STR_ARG(path), STR_ARG(name)) : name;
}

static void refuse_unknown(struct reading *r, const struct shape *shape, struct str path, const struct json *body)
{
	JSON_EACH (body, member) {
		const struct member *known = member_named(shape, member->key);

		if (!known)
			shape_complain(r, under(r->arena, path, member->key), "Unknown field");
		else if (known->flags & SYSTEM)
			shape_complain(r, under(r->arena, path, member->key), "Read-only field");
	}
}

static struct json *read_members(struct reading *r, const struct shape *shape, struct str path, const struct json *body)
{
	struct json *result = json_new(r->arena, JSON_OBJECT);

	if (r->refuse_unknown)
		refuse_unknown(r, shape, path, body);
	for (size_t i = 0; i < shape->count; i++) {
		const struct member *m = &shape->members[i];
		struct str name = str_of(m->name);

		if (!(m->flags & SYSTEM))
			json_add(result, name, read_member(r, m, under(r->arena, path, name), json_get(body, m->name)));
	}
	return result;
}

struct json *shape_read(struct reading *r, const struct shape *shape, const struct json *body)
{
	return read_members(r, shape, STR_EMPTY, body);
}
