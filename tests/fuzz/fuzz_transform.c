/*
 * Transforms: a line with the specification as YAML, then values, one a line: JSON where it is a scalar, else the text as it stands. A blank stays a blank (R11), a
 * value that went there and back and there again has not moved (R27), refusals never show the value (R41).
 */
#include "fuzz.h"

#include "codec/yaml.h"
#include "model/transform.h"

#define VALUES 4

static size_t read_values(struct arena *arena, struct str rest, struct value *ret)
{
	size_t count = 0;

	while (rest.len > 0 && count < VALUES) {
		struct str line = fuzz_line(&rest);
		struct err ignored = ERR_INIT;
		struct json *json;

		if (json_parse(arena, line, &json, &ignored) < 0 || !value_of_json(json, &ret[count]))
			ret[count] = (struct value) { VALUE_TEXT, line };
		count++;
	}
	return count;
}

static bool names(const struct json *spec, const char *kind)
{
	if (spec->kind == JSON_STRING)
		return str_eq_c(spec->text, kind);
	if (spec->kind == JSON_OBJECT)
		return spec->first && str_eq_c(spec->first->key, kind);
	JSON_EACH (spec, link)
		if (names(link, kind))
			return true;
	return false;
}

/* R41. Short texts stand in our own words by chance. */
static void tells_nothing(const struct err *err, const struct value *values, size_t count)
{
	law(err->code == ERR_DATA);
	for (size_t i = 0; i < count; i++)
		law(values[i].text.len < 12 || str_find(str_of(err->text), values[i].text) < 0);
}

static bool all_blank(const struct value *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!value_is_blank(values[i]))
			return false;
	return true;
}

static void settles(const struct transform *t, struct arena *arena, struct value there, size_t count)
{
	enum value_type type = TYPE_TEXT;
	struct value back[VALUES], again, twice[VALUES];
	struct err err = ERR_INIT;

	if (transform_inverse(t, arena, there, back, count, &err) < 0) {
		tells_nothing(&err, &there, 1);
		return;
	}
	if (value_is_blank(there))
		law(all_blank(back, count));
	if (transform_forward(t, arena, back, count, &again, &err) < 0)
		return;
	(void)transform_result_type(t, &type);
	law(value_same(type, there, again));
	law(transform_inverse(t, arena, again, twice, count, &err) == 0);
}

void fuzz_transform(struct str input)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct value values[VALUES], there;
	struct str rest = input, line = fuzz_line(&rest);
	struct err err = ERR_INIT;
	struct json *spec;
	struct transform t;
	size_t count;

	if (yaml_parse(&arena, line, &spec, &err) < 0)
		return;
	if (transform_parse(&arena, spec, &t, &err) < 0) {
		law(err.code == ERR_CONFIG);
		return;
	}
	count = read_values(&arena, rest, values);
	if (!transform_takes_paths(&t, count))
		count = count ? 1 : 0;
	if (!transform_takes_paths(&t, count))
		return;
	if (transform_forward(&t, &arena, values, count, &there, &err) < 0) {
		tells_nothing(&err, values, count);
		return;
	}
	if (!json_is_null(spec) && !names(spec, "constant"))
		law(!all_blank(values, count) || value_is_blank(there));
	if (transform_has_inverse(&t) && (json_is_null(spec) || !names(spec, "map")))
		settles(&t, &arena, there, MAX_OF(count, (size_t)1));
}
