/* Transforms of data with a meaning: words, dates, truth, numbers, places. In the order of the table. */
#include "model/transform_kinds.h"

#include "lib/clock.h"
#include "model/calendar.h"
#include "model/places.h"

static int only_first(struct value v, struct value *ret, size_t count)
{
	ret[0] = v;
	for (size_t i = 1; i < count; i++)
		ret[i] = VALUE_NOTHING;
	return 0;
}

/* ---- map ---- */

enum map_else { ELSE_KEEP, ELSE_BLANK, ELSE_FAIL };

struct map_setup {
	const struct json *words;
	const struct json *back; /* answers for the way back that go before the reversed map; may be NULL */
	enum map_else otherwise;
};

static bool map_else_of(const struct json *j, enum map_else *ret)
{
	static const char *const names[] = { [ELSE_KEEP] = "keep", [ELSE_BLANK] = "blank", [ELSE_FAIL] = "fail" };

	*ret = ELSE_KEEP;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_c(json_text(j), names[i])) {
			*ret = (enum map_else)i;
			return true;
		}
	}
	return json_is_null(j);
}

static bool is_word_map(const struct json *map)
{
	struct value v;

	JSON_EACH (map, word)
		if (!value_of_json(word, &v))
			return false;
	return map && map->kind == JSON_OBJECT;
}

static const struct json *word_of(const struct json *map, struct str text)
{
	JSON_EACH (map, word)
		if (str_eq_nocase(word->key, text))
			return word;
	return NULL;
}

static struct str word_text(const struct json *word)
{
	struct value v = VALUE_NOTHING;

	return value_of_json(word, &v) ? v.text : STR_EMPTY;
}

/* The word that stands for `text` in the CRM. */
static const struct json *word_for(const struct json *map, struct str text)
{
	JSON_EACH (map, word)
		if (str_eq_nocase(word_text(word), text))
			return word;
	return NULL;
}

/* A map can be undone when each answer stands for one word, or `back` says for which. */
static const char *why_one_way(const struct map_setup *setup)
{
	if (setup->otherwise == ELSE_BLANK)
		return "with 'else: blank' an EMR value that is not in the map would read as empty and be overwritten";
	JSON_EACH (setup->words, word) {
		struct str answer = word_text(word);

		if (answer.len == 0)
			return "a word stands for nothing";
		if (word_for(setup->words, answer) != word && !word_of(setup->back, answer))
			return "two words have the same answer; say in 'back' which one it stands for";
	}
	return NULL;
}

int setup_map(struct arena *arena, const struct transform_spec *spec, struct transform *ret, struct err *err)
{
	struct map_setup *setup = arena_new(arena, struct map_setup);

	setup->words = spec->args;
	setup->back = json_get(spec->spec, "back");
	if (!is_word_map(setup->words) || setup->words->count == 0 || (setup->back && !is_word_map(setup->back)))
		return transform_refuse(err, spec, "needs words, such as {map: {male: Male, female: Female}}");
	JSON_EACH (setup->words, word)
		if (word_of(setup->words, word->key) != word)
			return transform_refuse(err, spec, "a word stands there twice (case does not count)");
	if (!map_else_of(json_get(spec->spec, "else"), &setup->otherwise))
		return transform_refuse(err, spec, "'else' is one of: keep, blank, fail");
	ret->setup = setup;
	ret->one_way = why_one_way(setup);
	return 0;
}

static int map_otherwise(const struct map_setup *setup, struct value in, struct value *ret, struct err *err)
{
	if (setup->otherwise == ELSE_FAIL)
		return err_set(err, ERR_DATA, "is not in the map");
	*ret = setup->otherwise == ELSE_KEEP ? in : VALUE_NOTHING;
	return 0;
}

int forward_map(const struct transform *t, struct arena *arena UNUSED, const struct value *in, size_t count UNUSED,
                struct value *ret, struct err *err)
{
	const struct map_setup *setup = t->setup;
	const struct json *word = word_of(setup->words, str_trim(in[0].text));

	if (!word)
		return map_otherwise(setup, in[0], ret, err);
	value_of_json(word, ret);
	return 0;
}

int inverse_map(const struct transform *t, struct arena *arena UNUSED, struct value in, struct value *ret, size_t count,
                struct err *err)
{
	const struct map_setup *setup = t->setup;
	struct str text = str_trim(in.text);
	const struct json *back = word_of(setup->back, text), *word = word_for(setup->words, text);
	struct value v;
	int error;

	if (back) {
		value_of_json(back, &v);
		return only_first(v, ret, count);
	}
	if (word)
		return only_first(transform_text_value(word->key), ret, count);
	error = map_otherwise(setup, in, &v, err);
	return error < 0 ? error : only_first(v, ret, count);
}

/* ---- date ---- */

struct date_setup {
	struct str *formats; /* the first is the one to write */
	size_t count;
};

int setup_date(struct arena *arena, const struct transform_spec *spec, struct transform *ret, struct err *err)
{
	struct date_setup *setup = arena_new(arena, struct date_setup);
	const struct json *args = spec->args;
	bool list = args && args->kind == JSON_ARRAY;

	setup->formats = arena_new_array(arena, struct str, list ? args->count + 1 : 1);
	if (json_is_null(args))
		setup->formats[setup->count++] = STR("YYYY-MM-DD");
	else if (!list)
		setup->formats[setup->count++] = json_text(args);
	else
		JSON_EACH (args, item)
			setup->formats[setup->count++] = json_text(item);
	for (size_t i = 0; i < setup->count; i++)
		if (!calendar_format_valid(setup->formats[i]))
			return transform_refuse(err, spec, "a format has YYYY, MM or M or MMM, DD or D: M/D/YYYY");
	if (setup->count == 0)
		return transform_refuse(err, spec, "the list of formats is empty");
	ret->setup = setup;
	return 0;
}

int forward_date(const struct transform *t, struct arena *arena, const struct value *in, size_t count UNUSED,
                 struct value *ret, struct err *err)
{
	const struct date_setup *setup = t->setup;
	struct calendar_date date;

	for (size_t i = 0; i < setup->count; i++) {
		if (calendar_parse(setup->formats[i], str_trim(in[0].text), &date)) {
			*ret = transform_text_value(calendar_print(arena, STR("YYYY-MM-DD"), date));
			return 0;
		}
	}
	return err_set(err, ERR_DATA, "is no calendar date");
}

int inverse_date(const struct transform *t, struct arena *arena, struct value in, struct value *ret, size_t count,
                 struct err *err)
{
	const struct date_setup *setup = t->setup;
	struct calendar_date date;

	if (!calendar_parse_iso(str_trim(in.text), &date))
		return err_set(err, ERR_DATA, "is no calendar date");
	return only_first(transform_text_value(calendar_print(arena, setup->formats[0], date)), ret, count);
}

/* ---- datetime ---- */

struct datetime_form {
	const char *name;
	int64_t unit_ms; /* 0: RFC 3339 */
};

int setup_datetime(struct arena *arena UNUSED, const struct transform_spec *spec, struct transform *ret,
                   struct err *err)
{
	static const struct datetime_form forms[] = { { "iso", 0 }, { "seconds", 1000 }, { "ms", 1 } };

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (json_is_null(spec->args) ? i == 0 : str_eq_c(json_text(spec->args), forms[i].name)) {
			ret->setup = &forms[i];
			return 0;
		}
	}
	return transform_refuse(err, spec, "is one of: iso, seconds, ms");
}

static bool instant_of(const struct datetime_form *form, struct str text, int64_t *ret_ms)
{
	struct value v = { VALUE_TEXT, text };
	int64_t count;

	if (form->unit_ms == 0)
		return value_fits(TYPE_DATETIME, v) && clock_parse(text, ret_ms);
	/* Up to the year 9999. */
	if (!str_to_i64(text, &count) || count < 0 || count > INT64_C(253402300799999) / form->unit_ms)
		return false;
	*ret_ms = count * form->unit_ms;
	return true;
}

int forward_datetime(const struct transform *t, struct arena *arena, const struct value *in, size_t count UNUSED,
                     struct value *ret, struct err *err)
{
	struct value v;
	int64_t ms;

	if (!instant_of(t->setup, str_trim(in[0].text), &ms))
		return err_set(err, ERR_DATA, "is no date and time");
	v = (struct value) { VALUE_TEXT, clock_rfc3339(arena, ms) };
	*ret = transform_text_value(value_normal(arena, TYPE_DATETIME, v));
	return 0;
}

int inverse_datetime(const struct transform *t, struct arena *arena, struct value in, struct value *ret, size_t count,
                     struct err *err)
{
	static const struct datetime_form iso = { "iso", 0 };
	const struct datetime_form *form = t->setup;
	struct str text = str_trim(in.text);
	int64_t ms;

	if (!instant_of(&iso, text, &ms))
		return err_set(err, ERR_DATA, "is no date and time");
	if (form->unit_ms == 0)
		return only_first((struct value) { VALUE_TEXT, value_normal(arena, TYPE_DATETIME, in) }, ret, count);
	text = arena_printf(arena, "%lld", (long long)(ms / form->unit_ms));
	return only_first((struct value) { VALUE_NUMBER, text }, ret, count);
}

/* ---- bool ---- */

struct bool_setup {
	const struct json *yes; /* a word or a list of words; NULL: the usual ones */
	const struct json *no;
};

int setup_bool(struct arena *arena, const struct transform_spec *spec, struct transform *ret, struct err *err)
{
	struct bool_setup *setup = arena_new(arena, struct bool_setup);

	setup->yes = json_get(spec->args, "yes");
	setup->no = json_get(spec->args, "no");
	if (!json_is_null(spec->args) && (!setup->yes || !setup->no || spec->args->count != 2))
		return transform_refuse(err, spec, "needs both words, such as {bool: {yes: Y, no: N}}");
	ret->setup = setup;
	return 0;
}

static bool is_usual(const char *words, struct str text)
{
	struct str rest = str_of(words), word;

	while (str_split(&rest, ' ', &word))
		if (str_eq_nocase(word, text))
			return true;
	return false;
}

static bool is_among(const struct json *words, const char *usual, struct str text)
{
	if (!words)
		return is_usual(usual, text);
	JSON_EACH (words->kind == JSON_ARRAY ? words : NULL, word)
		if (str_eq_nocase(word_text(word), text))
			return true;
	return words->kind != JSON_ARRAY && str_eq_nocase(word_text(words), text);
}

int forward_bool(const struct transform *t, struct arena *arena UNUSED, const struct value *in, size_t count UNUSED,
                 struct value *ret, struct err *err)
{
	const struct bool_setup *setup = t->setup;
	struct str text = str_trim(in[0].text);
	bool yes = is_among(setup->yes, "yes y true t on 1", text);

	if (in[0].kind == VALUE_BOOL) {
		*ret = in[0];
		return 0;
	}
	if (!yes && !is_among(setup->no, "no n false f off 0", text))
		return err_set(err, ERR_DATA, "is neither yes nor no");
	*ret = (struct value) { VALUE_BOOL, yes ? STR("true") : STR("false") };
	return 0;
}

/* With words of its own the EMR gets the first of them, else a plain truth value. */
int inverse_bool(const struct transform *t, struct arena *arena, struct value in, struct value *ret, size_t count,
                 struct err *err)
{
	const struct bool_setup *setup = t->setup;
	struct str normal = value_normal(arena, TYPE_BOOL, in);
	const struct json *words = str_eq(normal, STR("true")) ? setup->yes : setup->no;
	struct value v = { VALUE_BOOL, normal };

	if (!value_fits(TYPE_BOOL, in))
		return err_set(err, ERR_DATA, "is neither yes nor no");
	if (words)
		value_of_json(words->kind == JSON_ARRAY ? words->first : words, &v);
	return only_first(v, ret, count);
}

/* ---- number ---- */

int setup_number(struct arena *arena UNUSED, const struct transform_spec *spec, struct transform *ret, struct err *err)
{
	static const bool as_number = false, as_text = true;

	if (json_is_null(spec->args))
		ret->setup = &as_number;
	else if (str_eq(json_text(spec->args), STR("text")))
		ret->setup = &as_text;
	else
		return transform_refuse(err, spec, "the argument says how the EMR holds it: {number: text}, or none");
	return 0;
}

/* Thousands commas and a leading + are dropped. */
int forward_number(const struct transform *t UNUSED, struct arena *arena, const struct value *in, size_t count UNUSED,
                   struct value *ret, struct err *err)
{
	struct str text = str_trim(in[0].text);
	char *out = arena_alloc_bytes(arena, size_add(text.len, 1));
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != ',' && (text.at[i] != '+' || i > 0))
			out[len++] = text.at[i];
	if (!json_is_number(str_range(out, len)))
		return err_set(err, ERR_DATA, "is no number");
	*ret = (struct value) { VALUE_NUMBER, str_range(out, len) };
	return 0;
}

int inverse_number(const struct transform *t, struct arena *arena UNUSED, struct value in, struct value *ret,
                   size_t count, struct err *err)
{
	const bool *as_text = t->setup;
	struct str text = str_trim(in.text);

	if (!json_is_number(text))
		return err_set(err, ERR_DATA, "is no number");
	return only_first((struct value) { *as_text ? VALUE_TEXT : VALUE_NUMBER, text }, ret, count);
}

/* ---- state, country ---- */

enum place_form { PLACE_CODE, PLACE_NAME, PLACE_CODE3 };

struct place_setup {
	const struct place *(*find)(struct str text);
	enum place_form crm;
	enum place_form emr;
};

static bool place_form_of(const struct json *j, size_t forms, enum place_form *ret)
{
	static const char *const names[] = { [PLACE_CODE] = "code", [PLACE_NAME] = "name", [PLACE_CODE3] = "code3" };

	*ret = PLACE_CODE;
	for (size_t i = 0; i < forms; i++) {
		if (str_eq_c(json_text(j), names[i])) {
			*ret = (enum place_form)i;
			return true;
		}
	}
	return json_is_null(j);
}

static struct place_setup *new_place(struct arena *arena, const struct transform_spec *spec, size_t forms)
{
	struct place_setup *setup = arena_new(arena, struct place_setup);
	bool valid = place_form_of(spec->args, forms, &setup->crm) &&
	             place_form_of(json_get(spec->spec, "emr"), forms, &setup->emr);

	return valid ? setup : NULL;
}

int setup_state(struct arena *arena, const struct transform_spec *spec, struct transform *ret, struct err *err)
{
	struct place_setup *setup = new_place(arena, spec, 2);

	if (!setup)
		return transform_refuse(err, spec, "a form is one of: code, name");
	setup->find = place_state;
	ret->setup = setup;
	return 0;
}

int setup_country(struct arena *arena, const struct transform_spec *spec, struct transform *ret, struct err *err)
{
	struct place_setup *setup = new_place(arena, spec, 3);

	if (!setup)
		return transform_refuse(err, spec, "a form is one of: code, name, code3");
	setup->find = place_country;
	ret->setup = setup;
	return 0;
}

/* What is no place that we know stays as it is. */
static struct value place_as(const struct place_setup *setup, enum place_form form, struct value v)
{
	const struct place *place = setup->find(v.text);
	const char *text;

	if (!place)
		return v;
	text = form == PLACE_CODE ? place->code : form == PLACE_NAME ? place->name : place->code3;
	return (struct value) { VALUE_TEXT, str_of(text) };
}

int forward_place(const struct transform *t, struct arena *arena UNUSED, const struct value *in, size_t count UNUSED,
                  struct value *ret, struct err *err UNUSED)
{
	const struct place_setup *setup = t->setup;

	*ret = place_as(setup, setup->crm, in[0]);
	return 0;
}

int inverse_place(const struct transform *t, struct arena *arena UNUSED, struct value in, struct value *ret,
                  size_t count, struct err *err UNUSED)
{
	const struct place_setup *setup = t->setup;

	return only_first(place_as(setup, setup->emr, in), ret, count);
}
