/*
 * The table of transforms, reading a specification (transform_parse), and the two ways through it. A list of transforms is a
 * kind of its own, `chain`, whose setup holds its members.
 */
#include "model/transform_kinds.h"

static transform_forward_fn forward_chain;
static transform_inverse_fn inverse_chain;

/* To add one: a row here; the columns are those of struct transform_kind. */
static const struct transform_kind kinds[] = {
	{ .name = "none", .summary = "as it is", .forward = forward_same, .inverse = inverse_same },
	{ .name = "trim",
	  .summary = "without white space at both ends",
	  .forward = forward_trim,
	  .inverse = inverse_same },
	{ .name = "upper", .summary = "in capital letters", .forward = forward_upper },
	{ .name = "lower", .summary = "in small letters", .forward = forward_lower },
	{ .name = "title", .summary = "each word with a capital", .forward = forward_title },
	{ .name = "digits", .summary = "only the digits", .forward = forward_digits },
	{ .name = "phone",
	  .summary = "a phone number, spelt as asked: keep, digits, us, dashes, e164",
	  .setup = setup_phone,
	  .forward = forward_phone,
	  .inverse = inverse_phone,
	  .options = "emr",
	  .typed = true,
	  .type = TYPE_PHONE },
	{ .name = "lines",
	  .summary = "several EMR fields as the lines of one text",
	  .forward = forward_lines,
	  .inverse = inverse_lines,
	  .several = true },
	{ .name = "join",
	  .summary = "several EMR fields with a separator",
	  .setup = setup_separator,
	  .forward = forward_join,
	  .several = true },
	{ .name = "split",
	  .summary = "one part of a text",
	  .setup = setup_split,
	  .forward = forward_split,
	  .options = "part" },
	{ .name = "prefix",
	  .summary = "with a text in front, taken away on the way back",
	  .setup = setup_affix,
	  .forward = forward_prefix,
	  .inverse = inverse_prefix },
	{ .name = "suffix",
	  .summary = "with a text behind, taken away on the way back",
	  .setup = setup_affix,
	  .forward = forward_suffix,
	  .inverse = inverse_suffix },
	{ .name = "truncate",
	  .summary = "at most so many characters",
	  .setup = setup_truncate,
	  .forward = forward_truncate },
	{ .name = "constant",
	  .summary = "always the same value",
	  .setup = setup_constant,
	  .forward = forward_constant,
	  .takes_blank = true },
	{ .name = "map",
	  .summary = "one word for another",
	  .setup = setup_map,
	  .forward = forward_map,
	  .inverse = inverse_map,
	  .options = "else back" },
	{ .name = "date",
	  .summary = "a calendar date, from the EMR's format",
	  .setup = setup_date,
	  .forward = forward_date,
	  .inverse = inverse_date,
	  .typed = true,
	  .type = TYPE_DATE },
	{ .name = "datetime",
	  .summary = "an instant: RFC 3339, or seconds or milliseconds since 1970",
	  .setup = setup_datetime,
	  .forward = forward_datetime,
	  .inverse = inverse_datetime,
	  .typed = true,
	  .type = TYPE_DATETIME },
	{ .name = "bool",
	  .summary = "words for yes and no",
	  .setup = setup_bool,
	  .forward = forward_bool,
	  .inverse = inverse_bool,
	  .typed = true,
	  .type = TYPE_BOOL },
	{ .name = "number",
	  .summary = "a number, from a text if need be",
	  .setup = setup_number,
	  .forward = forward_number,
	  .inverse = inverse_number,
	  .typed = true,
	  .type = TYPE_NUMBER },
	{ .name = "state",
	  .summary = "a US state, as code or name",
	  .setup = setup_state,
	  .forward = forward_place,
	  .inverse = inverse_place,
	  .options = "emr",
	  .typed = true,
	  .type = TYPE_STATE },
	{ .name = "country",
	  .summary = "a country, as code, code3 or name",
	  .setup = setup_country,
	  .forward = forward_place,
	  .inverse = inverse_place,
	  .options = "emr",
	  .typed = true,
	  .type = TYPE_COUNTRY },
};

static const struct transform_kind chain_kind = {
	.name = "chain",
	.forward = forward_chain,
	.inverse = inverse_chain,
	.several = true,
	.takes_blank = true,
};

struct chain {
	struct transform *links;
	size_t count;
};

struct value transform_text_value(struct str text)
{
	struct value v = { VALUE_TEXT, text };

	return value_is_blank(v) ? VALUE_NOTHING : v;
}

int transform_refuse(struct err *err, const struct transform_spec *spec, const char *why)
{
	return err_set(err, ERR_CONFIG, "transform '%s': %s", spec->name, why);
}

/* ---- reading a specification ---- */

static const struct transform_kind *kind_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq_c(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

static int refuse_unknown(struct arena *arena, struct str name, struct err *err)
{
	struct str known = STR("none");

	for (size_t i = 1; i < ARRAY_LEN(kinds); i++)
		known = arena_printf(arena, "%.*s, %s", STR_ARG(known), kinds[i].name);
	return err_set(err, ERR_CONFIG, "unknown transform '%.*s'; there are: %.*s", STR_ARG(name), STR_ARG(known));
}

static bool is_option(const char *options, struct str key)
{
	struct str rest = str_of(options), option;

	while (str_split(&rest, ' ', &option))
		if (str_eq(option, key))
			return true;
	return false;
}

static int check_options(const struct transform_kind *kind, const struct json *spec, struct err *err)
{
	JSON_EACH (spec, option) {
		if (option == spec->first || is_option(kind->options, option->key))
			continue;
		return err_set(err, ERR_CONFIG, "transform '%s': unknown option '%.*s'; allowed: %s", kind->name,
		               STR_ARG(option->key), kind->options ? kind->options : "none");
	}
	return 0;
}

static int parse_one(struct arena *arena, const struct json *spec, struct transform *ret, struct err *err)
{
	bool bare = spec->kind == JSON_STRING;
	struct str name = bare ? spec->text : spec->first ? spec->first->key : STR_EMPTY;
	struct transform t = { .kind = kind_of(name), .args = bare ? NULL : spec };
	struct transform_spec parts = { .args = bare ? NULL : spec->first, .spec = bare ? NULL : spec };
	int error;

	if (!t.kind)
		return refuse_unknown(arena, name, err);
	parts.name = t.kind->name;
	error = check_options(t.kind, parts.spec, err);
	if (error < 0)
		return error;
	if (!t.kind->setup && !json_is_null(parts.args))
		return transform_refuse(err, &parts, "takes no argument");
	if (!t.kind->inverse)
		t.one_way = "it cannot be undone";
	error = t.kind->setup ? t.kind->setup(arena, &parts, &t, err) : 0;
	if (error < 0)
		return error;
	*ret = t;
	return 0;
}

static int parse_chain(struct arena *arena, const struct json *spec, struct transform *ret, struct err *err)
{
	struct chain *chain = arena_new(arena, struct chain);
	struct transform t = { .kind = &chain_kind, .args = spec, .setup = chain };

	chain->links = arena_new_array(arena, struct transform, spec->count);
	JSON_EACH (spec, item) {
		struct transform *link = &chain->links[chain->count];
		int error;

		if (item->kind != JSON_STRING && item->kind != JSON_OBJECT)
			return err_set(err, ERR_CONFIG, "a list of transforms holds names and {name: argument}");
		error = parse_one(arena, item, link, err);
		if (error < 0)
			return error;
		if (!t.one_way)
			t.one_way = link->one_way;
		chain->count++;
	}
	*ret = t;
	return 0;
}

int transform_parse(struct arena *arena, const struct json *spec, struct transform *ret, struct err *err)
{
	if (json_is_null(spec)) {
		*ret = (struct transform) { 0 };
		return 0;
	}
	if (spec->kind == JSON_STRING || spec->kind == JSON_OBJECT)
		return parse_one(arena, spec, ret, err);
	if (spec->kind == JSON_ARRAY && spec->count > 0)
		return parse_chain(arena, spec, ret, err);
	return err_set(err, ERR_CONFIG, "a transform is a name, {name: argument} or a list of these");
}

/* ---- what a transform is ---- */

bool transform_has_inverse(const struct transform *t)
{
	return !t->one_way;
}

const char *transform_name(const struct transform *t)
{
	return t->kind ? t->kind->name : "";
}

bool transform_takes_paths(const struct transform *t, size_t count)
{
	const struct chain *chain = t->setup;

	if (t->kind == &chain_kind)
		return transform_takes_paths(&chain->links[0], count);
	if (count == 0)
		return t->kind && t->kind->takes_blank;
	return count == 1 || (t->kind && t->kind->several);
}

bool transform_result_type(const struct transform *t, enum value_type *ret)
{
	const struct chain *chain = t->setup;

	if (t->kind == &chain_kind)
		return transform_result_type(&chain->links[chain->count - 1], ret);
	if (!t->kind || !t->kind->typed)
		return false;
	*ret = t->kind->type;
	return true;
}

size_t transform_count(void)
{
	return ARRAY_LEN(kinds);
}

void transform_info(size_t n, const char **ret_name, const char **ret_summary, bool *ret_two_way)
{
	ensure(n < ARRAY_LEN(kinds));
	*ret_name = kinds[n].name;
	*ret_summary = kinds[n].summary;
	*ret_two_way = kinds[n].inverse != NULL;
}

/* ---- through it ---- */

int transform_forward(const struct transform *t, struct arena *arena, const struct value *in, size_t count,
                      struct value *ret, struct err *err)
{
	const struct transform_kind *kind = t->kind;
	bool sees_all = kind && (kind->several || kind->takes_blank);

	if (!sees_all && value_is_blank(in[0])) {
		*ret = VALUE_NOTHING;
		return 0;
	}
	return kind ? kind->forward(t, arena, in, count, ret, err) : forward_same(t, arena, in, count, ret, err);
}

int transform_inverse(const struct transform *t, struct arena *arena, struct value in, struct value *ret, size_t count,
                      struct err *err)
{
	const struct transform_kind *kind = t->kind;

	ensure(!t->one_way);
	if (value_is_blank(in)) {
		for (size_t i = 0; i < count; i++)
			ret[i] = VALUE_NOTHING;
		return 0;
	}
	return kind ? kind->inverse(t, arena, in, ret, count, err) : inverse_same(t, arena, in, ret, count, err);
}

static int forward_chain(const struct transform *t, struct arena *arena, const struct value *in, size_t count,
                         struct value *ret, struct err *err)
{
	const struct chain *chain = t->setup;
	struct value at = VALUE_NOTHING;
	int error = transform_forward(&chain->links[0], arena, in, count, &at, err);

	for (size_t i = 1; error == 0 && i < chain->count; i++)
		error = transform_forward(&chain->links[i], arena, &at, 1, &at, err);
	if (error < 0)
		return error;
	*ret = at;
	return 0;
}

static int inverse_chain(const struct transform *t, struct arena *arena, struct value in, struct value *ret,
                         size_t count, struct err *err)
{
	const struct chain *chain = t->setup;

	for (size_t i = chain->count - 1; i > 0; i--) {
		int error = transform_inverse(&chain->links[i], arena, in, &in, 1, err);

		if (error < 0)
			return error;
	}
	return transform_inverse(&chain->links[0], arena, in, ret, count, err);
}
