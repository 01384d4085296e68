#include "sandbox/knobs.h"

static const struct knob *knob_named(const struct knob *knobs, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_c(name, knobs[i].name))
			return &knobs[i];
	return NULL;
}

static void write_count(struct buf *out, const void *at)
{
	buf_printf(out, "%lld", (long long)*(const int64_t *)at);
}

static void write_real(struct buf *out, const void *at)
{
	buf_printf(out, "%g", *(const double *)at);
}

static void write_switch(struct buf *out, const void *at)
{
	buf_add_c(out, *(const bool *)at ? "true" : "false");
}

static void write_text(struct buf *out, const void *at)
{
	json_write_string(out, *(const struct str *)at);
}

static bool is_count(const struct knob *knob, const struct json *value)
{
	(void)knob;
	return value->kind == JSON_NUMBER && json_int(value, -1) >= 0;
}

static bool is_nothing(const struct knob *knob, const struct json *value)
{
	(void)knob, (void)value;
	return false;
}

static bool is_real(const struct knob *knob, const struct json *value)
{
	double number;

	(void)knob;
	return value->kind == JSON_NUMBER && str_to_double(json_text(value), &number) && number >= 0;
}

static bool is_switch(const struct knob *knob, const struct json *value)
{
	(void)knob;
	return value->kind == JSON_TRUE || value->kind == JSON_FALSE;
}

static bool is_text(const struct knob *knob, const struct json *value)
{
	(void)knob;
	return value->kind == JSON_STRING;
}

static bool is_word(const struct knob *knob, const struct json *value)
{
	struct str rest = str_of(knob->words), word;

	while (str_split(&rest, ' ', &word))
		if (value->kind == JSON_STRING && str_eq(word, value->text))
			return true;
	return false;
}

static void take_count(void *at, struct arena *keep, const struct json *value)
{
	(void)keep;
	*(int64_t *)at = json_int(value, 0);
}

static void take_real(void *at, struct arena *keep, const struct json *value)
{
	(void)keep;
	str_to_double(json_text(value), at);
}

static void take_switch(void *at, struct arena *keep, const struct json *value)
{
	(void)keep;
	*(bool *)at = value->kind == JSON_TRUE;
}

static void take_text(void *at, struct arena *keep, const struct json *value)
{
	*(struct str *)at = arena_str(keep, value->text);
}

static const struct {
	void (*write)(struct buf *out, const void *at);
	bool (*fits)(const struct knob *knob, const struct json *value);
	void (*take)(void *at, struct arena *keep, const struct json *value);
	const char *what;
} kinds[] = {
	[KNOB_COUNT] = { write_count, is_count, take_count, "a whole number" },
	[KNOB_READING] = { write_count, is_nothing, take_count, "only to be read" },
	[KNOB_REAL] = { write_real, is_real, take_real, "a number" },
	[KNOB_SWITCH] = { write_switch, is_switch, take_switch, "true or false" },
	[KNOB_TEXT] = { write_text, is_text, take_text, "a text" },
	[KNOB_WORD] = { write_text, is_word, take_text, "one of its words" },
};

void knobs_write(const struct knob *knobs, size_t count, const void *state, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "%s\"%s\":", i ? "," : "{", knobs[i].name);
		kinds[knobs[i].kind].write(out, (const char *)state + knobs[i].at);
	}
	buf_add_char(out, '}');
}

int knobs_take(const struct knob *knobs, size_t count, void *state, struct arena *keep, const struct json *body,
               struct err *err)
{
	if (!body || body->kind != JSON_OBJECT)
		return err_set(err, ERR_USAGE, "settings are a JSON object");
	JSON_EACH (body, member) {
		const struct knob *knob = knob_named(knobs, count, member->key);

		if (!knob)
			return err_set(err, ERR_USAGE, "no setting is called '%.*s'", STR_ARG(member->key));
		if (!kinds[knob->kind].fits(knob, member))
			return err_set(err, ERR_USAGE, "'%s' is %s%s%s", knob->name, kinds[knob->kind].what,
			               knob->words ? ": " : "", knob->words ? knob->words : "");
	}
	JSON_EACH (body, member) {
		const struct knob *knob = knob_named(knobs, count, member->key);

		kinds[knob->kind].take((char *)state + knob->at, keep, member);
	}
	return 0;
}
