/* Transforms of texts: letters, phones, lines, parts. One setup, forward and inverse after the other, in the order of the table. */
#include "model/transform_kinds.h"

#include "codec/letters.h"
#include "lib/limits.h"

#include <ctype.h>

/* ---- none, trim ---- */

int forward_same(const struct transform *t UNUSED, struct arena *arena UNUSED, const struct value *in,
                 size_t count UNUSED, struct value *ret, struct err *err UNUSED)
{
	*ret = in[0];
	return 0;
}

int inverse_same(const struct transform *t UNUSED, struct arena *arena UNUSED, struct value in, struct value *ret,
                 size_t count, struct err *err UNUSED)
{
	ret[0] = in;
	for (size_t i = 1; i < count; i++)
		ret[i] = VALUE_NOTHING;
	return 0;
}

int forward_trim(const struct transform *t UNUSED, struct arena *arena UNUSED, const struct value *in,
                 size_t count UNUSED, struct value *ret, struct err *err UNUSED)
{
	*ret = (struct value) { in[0].kind, str_trim(in[0].text) };
	return 0;
}

/* ---- upper, lower, title, digits ---- */

int forward_upper(const struct transform *t UNUSED, struct arena *arena, const struct value *in, size_t count UNUSED,
                  struct value *ret, struct err *err UNUSED)
{
	*ret = transform_text_value(letters_upper(arena, in[0].text));
	return 0;
}

int forward_lower(const struct transform *t UNUSED, struct arena *arena, const struct value *in, size_t count UNUSED,
                  struct value *ret, struct err *err UNUSED)
{
	*ret = transform_text_value(letters_lower(arena, in[0].text));
	return 0;
}

int forward_title(const struct transform *t UNUSED, struct arena *arena, const struct value *in, size_t count UNUSED,
                  struct value *ret, struct err *err UNUSED)
{
	*ret = transform_text_value(letters_title(arena, in[0].text));
	return 0;
}

int forward_digits(const struct transform *t UNUSED, struct arena *arena, const struct value *in, size_t count UNUSED,
                   struct value *ret, struct err *err UNUSED)
{
	char *out = arena_alloc_bytes(arena, size_add(in[0].text.len, 1));
	size_t len = 0;

	for (size_t i = 0; i < in[0].text.len; i++)
		if (isdigit((unsigned char)in[0].text.at[i]))
			out[len++] = in[0].text.at[i];
	*ret = transform_text_value(str_range(out, len));
	return 0;
}

/* ---- phone ---- */

/* How ten digits are spelt, # standing for a digit. NULL: as they came. */
struct phone_format {
	const char *name;
	const char *pattern;
};

static const struct phone_format phone_formats[] = {
	{ "keep", NULL },           { "digits", "##########" },
	{ "us", "(###) ###-####" }, { "dashes", "###-###-####" },
	{ "e164", "+1##########" },
};

struct phone_setup {
	const struct phone_format *crm;
	const struct phone_format *emr;
};

static const struct phone_format *phone_format_of(const struct json *name)
{
	for (size_t i = 0; i < ARRAY_LEN(phone_formats); i++)
		if (json_is_null(name) ? i == 0 : str_eq_c(json_text(name), phone_formats[i].name))
			return &phone_formats[i];
	return NULL;
}

int setup_phone(struct arena *arena, const struct transform_spec *spec, struct transform *ret, struct err *err)
{
	struct phone_setup *setup = arena_new(arena, struct phone_setup);

	setup->crm = phone_format_of(spec->args);
	setup->emr = phone_format_of(json_get(spec->spec, "emr"));
	if (!setup->crm || !setup->emr)
		return transform_refuse(err, spec, "a format is one of: keep, digits, us, dashes, e164");
	ret->setup = setup;
	return 0;
}

static struct str print_phone(struct arena *arena, const char *pattern, const char *digits)
{
	SCOPED(buf) struct buf out = BUF_INIT(64);

	for (const char *at = pattern; *at; at++)
		buf_add_char(&out, *at == '#' ? *digits++ : *at);
	return arena_str(arena, buf_str(&out));
}

/* Only ten digits of the North American plan are respelt; any other number stays as it is. */
static struct value format_phone(struct arena *arena, const struct phone_format *format, struct value v)
{
	struct str normal, trimmed = str_trim(v.text);
	size_t len = 0;

	if (!format->pattern || (str_starts(trimmed, STR("+")) && !str_starts(trimmed, STR("+1"))))
		return v;
	normal = value_normal(arena, TYPE_PHONE, v);
	while (len < normal.len && isdigit((unsigned char)normal.at[len]))
		len++;
	if (len != 10 || (normal.len > len && normal.at[len] != 'x'))
		return v;
	trimmed = print_phone(arena, format->pattern, normal.at);
	if (normal.len > len)
		trimmed = arena_printf(arena, "%.*s %.*s", STR_ARG(trimmed), STR_ARG(str_skip(normal, len)));
	return (struct value) { VALUE_TEXT, trimmed };
}

int forward_phone(const struct transform *t, struct arena *arena, const struct value *in, size_t count UNUSED,
                  struct value *ret, struct err *err UNUSED)
{
	const struct phone_setup *setup = t->setup;

	*ret = format_phone(arena, setup->crm, in[0]);
	return 0;
}

int inverse_phone(const struct transform *t, struct arena *arena, struct value in, struct value *ret, size_t count,
                  struct err *err)
{
	const struct phone_setup *setup = t->setup;

	return inverse_same(t, arena, format_phone(arena, setup->emr, in), ret, count, err);
}

/* ---- lines, join ---- */

static void add_part(struct buf *out, struct str separator, struct str part)
{
	part = str_trim(part);
	if (part.len == 0)
		return;
	if (out->len > 0)
		buf_add(out, separator);
	buf_add(out, part);
}

static bool next_line(struct str *rest, struct str *ret_line)
{
	size_t len = 0;

	if (rest->len == 0)
		return false;
	while (len < rest->len && rest->at[len] != '\n' && rest->at[len] != '\r')
		len++;
	*ret_line = str_trim(str_range(rest->at, len));
	*rest = str_skip(*rest, len + 1);
	return true;
}

/* A field of the EMR is one line: a line end inside it becomes ", ", as the way back would make it. */
static void add_as_line(struct buf *out, struct str text)
{
	SCOPED(buf) struct buf line = BUF_INIT(LIMIT_PAYLOAD);
	struct str part;

	while (next_line(&text, &part))
		add_part(&line, STR(", "), part);
	add_part(out, STR("\n"), buf_str(&line));
}

int forward_lines(const struct transform *t UNUSED, struct arena *arena, const struct value *in, size_t count,
                  struct value *ret, struct err *err UNUSED)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_PAYLOAD);

	for (size_t i = 0; i < count; i++)
		add_as_line(&out, in[i].text);
	*ret = transform_text_value(arena_str(arena, buf_str(&out)));
	return 0;
}

/* The first line is the first field, and so on; the last field takes the rest, joined with ", ". */
int inverse_lines(const struct transform *t UNUSED, struct arena *arena, struct value in, struct value *ret,
                  size_t count, struct err *err UNUSED)
{
	SCOPED(buf) struct buf last = BUF_INIT(LIMIT_PAYLOAD);
	struct str rest = in.text, line;
	size_t at = 0;

	for (size_t i = 0; i < count; i++)
		ret[i] = VALUE_NOTHING;
	while (next_line(&rest, &line)) {
		if (line.len > 0 && at + 1 < count)
			ret[at++] = transform_text_value(line);
		else
			add_part(&last, STR(", "), line);
	}
	if (last.len > 0)
		ret[count - 1] = transform_text_value(arena_str(arena, buf_str(&last)));
	return 0;
}

int setup_separator(struct arena *arena, const struct transform_spec *spec, struct transform *ret, struct err *err)
{
	struct str *separator = arena_new(arena, struct str);

	if (!json_is_null(spec->args) && spec->args->kind != JSON_STRING)
		return transform_refuse(err, spec, "the separator is a text");
	*separator = json_is_null(spec->args) ? STR(" ") : spec->args->text;
	ret->setup = separator;
	return 0;
}

int forward_join(const struct transform *t, struct arena *arena, const struct value *in, size_t count,
                 struct value *ret, struct err *err UNUSED)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_PAYLOAD);
	const struct str *separator = t->setup;

	for (size_t i = 0; i < count; i++)
		add_part(&out, *separator, in[i].text);
	*ret = transform_text_value(arena_str(arena, buf_str(&out)));
	return 0;
}

/* ---- split ---- */

struct split_setup {
	struct str separator;
	int64_t part; /* from 1; from the end when negative */
};

int setup_split(struct arena *arena, const struct transform_spec *spec, struct transform *ret, struct err *err)
{
	struct split_setup *setup = arena_new(arena, struct split_setup);

	setup->separator = json_text(spec->args);
	setup->part = json_int(json_get(spec->spec, "part"), 1);
	if (setup->separator.len == 0)
		return transform_refuse(err, spec, "needs the separator: {split: \",\", part: 1}");
	if (setup->part == 0)
		return transform_refuse(err, spec, "parts are counted from 1, or from -1 at the end");
	ret->setup = setup;
	return 0;
}

/* Cuts *rest at the first separator. */
static struct str cut(struct str *rest, struct str separator)
{
	ptrdiff_t at = str_find(*rest, separator);
	struct str part = at < 0 ? *rest : str_range(rest->at, (size_t)at);

	*rest = at < 0 ? STR_EMPTY : str_skip(*rest, (size_t)at + separator.len);
	return part;
}

static int64_t parts_in(struct str text, struct str separator)
{
	int64_t count = 1;

	for (ptrdiff_t at = str_find(text, separator); at >= 0; at = str_find(text, separator)) {
		text = str_skip(text, (size_t)at + separator.len);
		count++;
	}
	return count;
}

int forward_split(const struct transform *t, struct arena *arena UNUSED, const struct value *in, size_t count UNUSED,
                  struct value *ret, struct err *err UNUSED)
{
	const struct split_setup *setup = t->setup;
	struct str rest = str_trim(in[0].text), part = STR_EMPTY;
	int64_t parts = parts_in(rest, setup->separator);
	int64_t wanted = setup->part < 0 ? parts + setup->part + 1 : setup->part;

	if (wanted >= 1 && wanted <= parts)
		for (int64_t i = 0; i < wanted; i++)
			part = cut(&rest, setup->separator);
	*ret = transform_text_value(str_trim(part));
	return 0;
}

/* ---- prefix, suffix ---- */

int setup_affix(struct arena *arena, const struct transform_spec *spec, struct transform *ret, struct err *err)
{
	struct str *affix = arena_new(arena, struct str);

	*affix = json_text(spec->args);
	if (affix->len == 0)
		return transform_refuse(err, spec, "needs a text, such as {prefix: \"MRN-\"}");
	ret->setup = affix;
	return 0;
}

static struct str glue(struct arena *arena, struct str a, struct str b)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_PAYLOAD);

	buf_add(&out, a);
	buf_add(&out, b);
	return arena_str(arena, buf_str(&out));
}

int forward_prefix(const struct transform *t, struct arena *arena, const struct value *in, size_t count UNUSED,
                   struct value *ret, struct err *err UNUSED)
{
	const struct str *affix = t->setup;

	*ret = transform_text_value(glue(arena, *affix, in[0].text));
	return 0;
}

int forward_suffix(const struct transform *t, struct arena *arena, const struct value *in, size_t count UNUSED,
                   struct value *ret, struct err *err UNUSED)
{
	const struct str *affix = t->setup;

	*ret = transform_text_value(glue(arena, in[0].text, *affix));
	return 0;
}

/* A value that a person typed without it goes back as typed. */
int inverse_prefix(const struct transform *t, struct arena *arena, struct value in, struct value *ret, size_t count,
                   struct err *err)
{
	const struct str *affix = t->setup;

	if (str_starts(in.text, *affix))
		in = transform_text_value(str_skip(in.text, affix->len));
	return inverse_same(t, arena, in, ret, count, err);
}

int inverse_suffix(const struct transform *t, struct arena *arena, struct value in, struct value *ret, size_t count,
                   struct err *err)
{
	const struct str *affix = t->setup;

	if (str_ends(in.text, *affix))
		in = transform_text_value(str_range(in.text.at, in.text.len - affix->len));
	return inverse_same(t, arena, in, ret, count, err);
}

/* ---- truncate, constant ---- */

int setup_truncate(struct arena *arena, const struct transform_spec *spec, struct transform *ret, struct err *err)
{
	int64_t *most = arena_new(arena, int64_t);

	*most = json_int(spec->args, 0);
	if (*most < 1)
		return transform_refuse(err, spec, "needs a number of characters, such as {truncate: 40}");
	ret->setup = most;
	return 0;
}

int forward_truncate(const struct transform *t, struct arena *arena UNUSED, const struct value *in, size_t count UNUSED,
                     struct value *ret, struct err *err UNUSED)
{
	const int64_t *most = t->setup;
	struct str text = str_trim(in[0].text);
	int64_t characters = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool starts = ((unsigned char)text.at[i] & 0xC0) != 0x80;

		characters += starts;
		if (characters > *most)
			text.len = i;
	}
	*ret = transform_text_value(str_trim(text));
	return 0;
}

int setup_constant(struct arena *arena, const struct transform_spec *spec, struct transform *ret, struct err *err)
{
	struct value *constant = arena_new(arena, struct value);

	if (json_is_null(spec->args) || !value_of_json(spec->args, constant))
		return transform_refuse(err, spec, "needs a value, such as {constant: Hint}");
	ret->setup = constant;
	return 0;
}

int forward_constant(const struct transform *t, struct arena *arena UNUSED, const struct value *in UNUSED,
                     size_t count UNUSED, struct value *ret, struct err *err UNUSED)
{
	const struct value *constant = t->setup;

	*ret = *constant;
	return 0;
}
