/*
 * Reading a mapping, strictly. Each key of a field is a row in `keys` with the function that reads it (read_field); then the field
 * is checked for itself (finish_field) and against the others (check_against). Reading and writing records is in
 * mapping_record.c.
 */
#include "model/mapping.h"

#include "model/mappings/mappings.h"

static const char *const direction_names[] = {
	[DIRECTION_BOTH] = "both",
	[DIRECTION_EMR_TO_CRM] = "emr_to_crm",
	[DIRECTION_CRM_TO_EMR] = "crm_to_emr",
};
static const char *const winner_names[] = {
	[WINNER_EMR] = "emr",
	[WINNER_CRM] = "crm",
	[WINNER_NEWEST] = "newest",
	[WINNER_REVIEW] = "review",
};
static const char *const blank_names[] = { [BLANK_KEEP] = "keep", [BLANK_CLEAR] = "clear" };
static const char *const role_names[] = {
	[ROLE_NONE] = "none",
	[ROLE_FIRST_NAME] = "first_name",
	[ROLE_LAST_NAME] = "last_name",
	[ROLE_BIRTH_DATE] = "birth_date",
};

const char *direction_name(enum direction d)
{
	ensure((size_t)d < ARRAY_LEN(direction_names));
	return direction_names[d];
}

const char *mapping_winner_name(const struct field_map *field)
{
	static const char *const sources[] = { [DIRECTION_EMR_TO_CRM] = "emr", [DIRECTION_CRM_TO_EMR] = "crm" };

	return field->direction == DIRECTION_BOTH ? winner_name(field->winner) : sources[field->direction];
}

const char *blank_rule_name(enum blank_rule b)
{
	ensure((size_t)b < ARRAY_LEN(blank_names));
	return blank_names[b];
}

const char *winner_name(enum winner w)
{
	ensure((size_t)w < ARRAY_LEN(winner_names));
	return winner_names[w];
}

struct parser {
	struct arena *arena;
	struct mapping *mapping;
	struct field_map *field; /* the one in hand */
	bool typed;              /* it names its type */
	struct err *err;
};

/* "line 12, field 'Street': why", or "field 3 ('Street')" where the lines are not known. */
static int refuse(const struct parser *p, const char *why)
{
	const struct field_map *field = p->field;
	size_t number = (size_t)(field - p->mapping->fields) + 1;

	if (field->line)
		return err_set(p->err, ERR_CONFIG, "line %u, field '%.*s': %s", field->line, STR_ARG(field->name), why);
	return err_set(p->err, ERR_CONFIG, "field %zu ('%.*s'): %s", number, STR_ARG(field->name), why);
}

/* The same, for an error that is already there. */
static int refuse_as(const struct parser *p)
{
	struct str why = arena_str(p->arena, str_of(p->err->text));

	return refuse(p, why.at);
}

/* ---- the keys of a field ---- */

typedef int read_key_fn(struct parser *p, const struct json *j);

static struct str list_names(struct arena *arena, const char *const *names, size_t count)
{
	struct str all = str_of(names[0]);

	for (size_t i = 1; i < count; i++)
		all = arena_printf(arena, "%.*s, %s", STR_ARG(all), names[i]);
	return all;
}

static int read_choice(struct parser *p, const struct json *j, const char *const *names, size_t count, size_t *ret)
{
	struct str text = json_text(j), all;

	for (size_t i = 0; i < count; i++) {
		if (str_eq_c(text, names[i])) {
			*ret = i;
			return 0;
		}
	}
	all = list_names(p->arena, names, count);
	return refuse(p, arena_printf(p->arena, "'%.*s' is unknown; '%.*s' is one of: %.*s", STR_ARG(text),
	                              STR_ARG(j->key), STR_ARG(all))
	                         .at);
}

static int read_name(struct parser *p, const struct json *j)
{
	if (str_trim(json_text(j)).len == 0)
		return refuse(p, "'name' is a text");
	p->field->name = str_trim(json_text(j));
	return 0;
}

static int read_path(struct parser *p, const struct json *j, const struct path **ret)
{
	if (j->kind != JSON_STRING)
		return refuse(p, "a path is a text");
	return path_parse(p->arena, j->text, ret, p->err) < 0 ? refuse_as(p) : 0;
}

static int read_emr(struct parser *p, const struct json *j)
{
	struct field_map *field = p->field;

	if (j->kind != JSON_ARRAY) {
		field->emr_count = 1;
		return read_path(p, j, &field->emr[0]);
	}
	if (j->count == 0 || j->count > MAPPING_PATHS_MAX)
		return refuse(p, "'emr' is a path or a list of 1 to 4 paths");
	JSON_EACH (j, item) {
		int error = read_path(p, item, &field->emr[field->emr_count++]);

		if (error < 0)
			return error;
	}
	return 0;
}

static int read_crm(struct parser *p, const struct json *j)
{
	return read_path(p, j, &p->field->crm);
}

static int read_type(struct parser *p, const struct json *j)
{
	const char *names[TYPE_ID + 1];

	p->typed = true;
	if (value_type_of_name(json_text(j), &p->field->type))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		names[i] = value_type_name((enum value_type)i);
	return read_choice(p, j, names, ARRAY_LEN(names), &(size_t) { 0 });
}

static int read_direction(struct parser *p, const struct json *j)
{
	size_t n = 0;
	int error = read_choice(p, j, direction_names, ARRAY_LEN(direction_names), &n);

	p->field->direction = (enum direction)n;
	return error;
}

static int read_winner(struct parser *p, const struct json *j)
{
	size_t n = 0;
	int error = read_choice(p, j, winner_names, ARRAY_LEN(winner_names), &n);

	p->field->winner = (enum winner)n;
	return error;
}

static int read_blank(struct parser *p, const struct json *j)
{
	size_t n = 0;
	int error = read_choice(p, j, blank_names, ARRAY_LEN(blank_names), &n);

	p->field->blank = (enum blank_rule)n;
	return error;
}

static int read_role(struct parser *p, const struct json *j)
{
	size_t n = 0;
	int error = read_choice(p, j, role_names, ARRAY_LEN(role_names), &n);

	p->field->role = (enum field_role)n;
	return error;
}

static int read_transform(struct parser *p, const struct json *j)
{
	return transform_parse(p->arena, j, &p->field->transform, p->err) < 0 ? refuse_as(p) : 0;
}

/* To add one: a row here, a member of struct field_map, a line in docs/MAPPING.md. */
static const struct key_row {
	const char *name;
	read_key_fn *read;
} keys[] = {
	{ "name", read_name },
	{ "emr", read_emr },
	{ "crm", read_crm },
	{ "type", read_type },
	{ "transform", read_transform },
	{ "direction", read_direction },
	{ "winner", read_winner },
	{ "blank", read_blank },
	{ "role", read_role },
};

static int read_key(struct parser *p, const struct json *j)
{
	const char *names[ARRAY_LEN(keys)];

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		names[i] = keys[i].name;
		if (str_eq_c(j->key, keys[i].name))
			return keys[i].read(p, j);
	}
	return refuse(p, arena_printf(p->arena, "unknown key '%.*s'; allowed: %.*s", STR_ARG(j->key),
	                              STR_ARG(list_names(p->arena, names, ARRAY_LEN(names))))
	                         .at);
}

/* ---- one field ---- */

static enum value_type default_type(const struct field_map *field)
{
	static const enum value_type of_role[] = { [ROLE_NONE] = TYPE_TEXT,
		                                   [ROLE_FIRST_NAME] = TYPE_NAME,
		                                   [ROLE_LAST_NAME] = TYPE_NAME,
		                                   [ROLE_BIRTH_DATE] = TYPE_DATE };
	enum value_type type;

	if (field->role == ROLE_NONE && transform_result_type(&field->transform, &type))
		return type;
	return of_role[field->role];
}

static int finish_field(struct parser *p)
{
	struct field_map *field = p->field;

	if (!field->crm)
		return refuse(p, "'crm' is missing: the CRM field");
	if (!path_is_plain(field->crm, field->direction == DIRECTION_CRM_TO_EMR ? 5 : 1))
		return refuse(
		        p, "'crm' is a field's name (a dotted one, such as Account.Name, can only be read: direction "
		           "crm_to_emr)");
	if (field->emr_count == 0 && !(field->transform.kind && transform_takes_paths(&field->transform, 0)))
		return refuse(p, "'emr' is missing: the path in the EMR's record");
	if (field->emr_count > 0 && !transform_takes_paths(&field->transform, field->emr_count))
		return refuse(p, "several EMR paths need a transform that joins them: lines or join");
	if (field->direction != DIRECTION_EMR_TO_CRM && !transform_has_inverse(&field->transform))
		return refuse(p, arena_printf(p->arena,
		                              "the transform has no way back to the EMR (%s); write direction: "
		                              "emr_to_crm, or choose another",
		                              field->transform.one_way)
		                         .at);
	if (!p->typed)
		field->type = default_type(field);
	if (field->role == ROLE_BIRTH_DATE && field->type != TYPE_DATE)
		return refuse(p, "role birth_date needs type date");
	return 0;
}

static int read_field(struct parser *p, const struct json *spec)
{
	struct field_map *field = p->field;

	p->typed = false;
	field->line = spec->line;
	field->name = json_get_text(spec, "name");
	if (field->name.len == 0)
		field->name = json_get_text(spec, "crm");
	if (spec->kind != JSON_OBJECT)
		return refuse(p, "a field is an object: {emr: first_name, crm: FirstName}");
	if (spec->duplicate_keys)
		return refuse(p, "a key stands there twice");
	JSON_EACH (spec, key) {
		int error = read_key(p, key);

		if (error < 0)
			return error;
	}
	return finish_field(p);
}

/* ---- the field among the others ---- */

static bool writes_same_path(const struct field_map *a, const struct field_map *b)
{
	if (a->direction == DIRECTION_EMR_TO_CRM || b->direction == DIRECTION_EMR_TO_CRM)
		return false;
	for (size_t i = 0; i < a->emr_count; i++)
		for (size_t n = 0; n < b->emr_count; n++)
			if (str_eq(path_text(a->emr[i]), path_text(b->emr[n])))
				return true;
	return false;
}

static int check_against(const struct parser *p, const struct field_map *other)
{
	const struct field_map *field = p->field;
	struct str why = STR_EMPTY;

	if (str_eq(path_text(field->crm), path_text(other->crm)))
		why = arena_printf(p->arena, "CRM field '%.*s' is already mapped by '%.*s'",
		                   STR_ARG(path_text(field->crm)), STR_ARG(other->name));
	else if (field->role != ROLE_NONE && field->role == other->role)
		why = arena_printf(p->arena, "role %s is already held by '%.*s'", role_names[field->role],
		                   STR_ARG(other->name));
	else if (writes_same_path(field, other))
		why = arena_printf(p->arena, "'%.*s' writes the same EMR path", STR_ARG(other->name));
	return why.len > 0 ? refuse(p, why.at) : 0;
}

static int check_among(const struct parser *p)
{
	for (const struct field_map *other = p->mapping->fields; other < p->field; other++) {
		int error = check_against(p, other);

		if (error < 0)
			return error;
	}
	return 0;
}

static void note_role(struct mapping *m, const struct field_map *field)
{
	if (field->role == ROLE_FIRST_NAME)
		m->first_name = field;
	if (field->role == ROLE_LAST_NAME)
		m->last_name = field;
	if (field->role == ROLE_BIRTH_DATE)
		m->birth_date = field;
}

/* ---- the whole ---- */

static int check_top(const struct json *spec, struct err *err)
{
	const struct json *fields = json_get(spec, "fields");

	if (!spec || spec->kind != JSON_OBJECT || !fields || fields->kind != JSON_ARRAY || fields->count == 0)
		return err_set(err, ERR_CONFIG, "a mapping is an object with a list 'fields' that is not empty");
	JSON_EACH (spec, key)
		if (!str_eq_c(key->key, "fields"))
			return err_set(err, ERR_CONFIG, "line %u: unknown key '%.*s' in a mapping; allowed: fields",
			               key->line, STR_ARG(key->key));
	return 0;
}

int mapping_parse(struct arena *arena, const struct json *spec, struct mapping *ret, struct err *err)
{
	struct mapping m = { 0 };
	struct parser p = { .arena = arena, .mapping = &m, .err = err };
	int error = check_top(spec, err);

	if (error < 0)
		return error;
	m.fields = arena_new_array(arena, struct field_map, json_get(spec, "fields")->count);
	JSON_EACH (json_get(spec, "fields"), item) {
		p.field = &m.fields[m.count];
		error = read_field(&p, item);
		if (error == 0)
			error = check_among(&p);
		if (error < 0)
			return error;
		note_role(&m, p.field);
		m.count++;
	}
	*ret = m;
	return 0;
}

static int set_word(struct str word, const char *const *names, size_t count, const char *what, size_t *ret,
                    struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	if (word.len == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (str_eq_c(word, names[i])) {
			*ret = i;
			return 0;
		}
	}
	return err_set(err, ERR_CONFIG, "'%.*s' is unknown; '%s' is one of: %.*s", STR_ARG(word), what,
	               STR_ARG(list_names(&arena, names, count)));
}

int mapping_set_policy(struct field_map *field, struct str winner, struct str blank, struct err *err)
{
	size_t new_winner = field->winner, new_blank = field->blank;
	int error = set_word(winner, winner_names, ARRAY_LEN(winner_names), "winner", &new_winner, err);

	if (error == 0)
		error = set_word(blank, blank_names, ARRAY_LEN(blank_names), "blank", &new_blank, err);
	if (error < 0)
		return error;
	field->winner = (enum winner)new_winner;
	field->blank = (enum blank_rule)new_blank;
	return 0;
}

struct str mapping_builtin(struct str name)
{
	for (size_t i = 0; i < mappings_builtin_count; i++)
		if (str_eq_c(name, mappings_builtin[i].name))
			return str_of(mappings_builtin[i].yaml);
	return STR_EMPTY;
}

size_t mapping_builtin_count(void)
{
	return mappings_builtin_count;
}

const char *mapping_builtin_name(size_t n)
{
	ensure(n < mappings_builtin_count);
	return mappings_builtin[n].name;
}
