/* trigger: tests are rows of `tests`; to add one: a row here, a word in trigger.h's comment and in docs/CONFIGURATION.md. */
#include "sync/trigger.h"

static int read_equals(struct arena *arena, const struct json *j, struct trigger_term *term)
{
	if (j->kind != JSON_STRING && j->kind != JSON_NUMBER && j->kind != JSON_TRUE && j->kind != JSON_FALSE)
		return ERR_CONFIG;
	term->values = arena_new(arena, struct str);
	term->values[0] = j->kind == JSON_TRUE ? STR("true") : j->kind == JSON_FALSE ? STR("false") : j->text;
	term->count = 1;
	return str_trim(term->values[0]).len ? 0 : ERR_CONFIG;
}

static int read_one_of(struct arena *arena, const struct json *j, struct trigger_term *term)
{
	if (j->kind != JSON_ARRAY || j->count == 0)
		return ERR_CONFIG;
	term->values = arena_new_array(arena, struct str, j->count);
	JSON_EACH (j, item) {
		struct trigger_term one = { 0 };

		if (read_equals(arena, item, &one) != 0)
			return ERR_CONFIG;
		term->values[term->count++] = one.values[0];
	}
	return 0;
}

static int read_not_blank(struct arena *arena, const struct json *j, struct trigger_term *term)
{
	(void)arena;
	(void)term;
	return j->kind == JSON_TRUE ? 0 : ERR_CONFIG;
}

static const struct {
	const char *name;
	int (*read)(struct arena *arena, const struct json *j, struct trigger_term *term);
	const char *wants;
} tests[] = {
	[TRIGGER_EQUALS] = { "equals", read_equals, "a text" },
	[TRIGGER_ONE_OF] = { "one_of", read_one_of, "a list of texts" },
	[TRIGGER_NOT_BLANK] = { "not_blank", read_not_blank, "true" },
};

static int read_test(struct arena *arena, const struct json *key, struct trigger_term *term, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(tests); i++) {
		if (!str_eq_c(key->key, tests[i].name))
			continue;
		term->test = (enum trigger_test)i;
		if (tests[i].read(arena, key, term) != 0)
			return err_set(err, ERR_CONFIG, "line %u: trigger: '%s' takes %s", key->line, tests[i].name,
			               tests[i].wants);
		return 0;
	}
	return err_set(
	        err, ERR_CONFIG,
	        "line %u: trigger: unknown key '%.*s'; a test takes: field, and one of equals, one_of, not_blank",
	        key->line, STR_ARG(key->key));
}

static int read_term(struct arena *arena, const struct json *spec, struct trigger_term *term, struct err *err)
{
	*term = (struct trigger_term) { .field = json_get_text(spec, "field") };
	if (spec->kind != JSON_OBJECT || spec->count != 2 || term->field.len == 0 ||
	    str_find_char(term->field, '.') >= 0)
		return err_set(
		        err, ERR_CONFIG,
		        "line %u: trigger: a test is {field: NAME, equals: TEXT}, {field: NAME, one_of: [TEXT, ...]} "
		        "or {field: NAME, not_blank: true}; NAME is a field of the object itself",
		        spec->line);
	JSON_EACH (spec, key) {
		if (!str_eq_c(key->key, "field") && read_test(arena, key, term, err) < 0)
			return err_pass(err);
	}
	return 0;
}

int trigger_parse(struct arena *arena, const struct json *spec, struct trigger **ret, struct err *err)
{
	struct trigger *t = arena_new(arena, struct trigger);

	if (spec->kind != JSON_ARRAY || spec->count == 0)
		return err_set(err, ERR_CONFIG, "line %u: 'trigger' is a list of tests, all of which have to hold",
		               spec->line);
	t->terms = arena_new_array(arena, struct trigger_term, spec->count);
	JSON_EACH (spec, term) {
		if (read_term(arena, term, &t->terms[t->count++], err) < 0)
			return err_pass(err);
	}
	*ret = t;
	return 0;
}

/* ---- at work ---- */

static struct str text_of(const struct json *j)
{
	if (j && (j->kind == JSON_TRUE || j->kind == JSON_FALSE))
		return j->kind == JSON_TRUE ? STR("true") : STR("false");
	return str_trim(json_text(j));
}

/* An id of 15 characters and the same one of 18 are equal, and ids know upper from lower case. */
static bool same_id(struct arena *arena, const struct connector *crm, struct str a, struct str b, bool *ret_ids)
{
	struct str x = crm->record_id ? crm->record_id(arena, a) : STR_EMPTY;
	struct str y = crm->record_id ? crm->record_id(arena, b) : STR_EMPTY;

	*ret_ids = x.len > 0 && y.len > 0;
	return *ret_ids && str_eq(x, y);
}

static bool term_met(const struct trigger_term *term, struct arena *arena, const struct connector *crm,
                     const struct json *record)
{
	struct str value = text_of(json_get_str(record, term->field));

	if (value.len == 0)
		return false;
	for (size_t i = 0; i < term->count; i++) {
		bool ids, same = same_id(arena, crm, value, term->values[i], &ids);

		if (same || (!ids && str_eq_nocase(value, str_trim(term->values[i]))))
			return true;
	}
	return term->test == TRIGGER_NOT_BLANK;
}

bool trigger_met(const struct trigger *t, struct arena *arena, const struct connector *crm, const struct json *record)
{
	for (size_t i = 0; i < t->count; i++) {
		if (!term_met(&t->terms[i], arena, crm, record))
			return false;
	}
	return true;
}
