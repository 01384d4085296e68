/* store_place: "sqlite:/srv/suture.db?busy_ms=200" taken apart. */
#include "store/store_parts.h"

#include <string.h>

#include "store/store_trace.h"

static const struct store_driver *const drivers[] = { &STORE_SQLITE };

/* To add a setting: one row, one field of struct store_place, one line in README.md. */
static const struct {
	const char *name;
	size_t offset;
} settings[] = {
	{ "max_pages", offsetof(struct store_place, max_pages) },
	{ "busy_ms", offsetof(struct store_place, busy_ms) },
	{ "fail_at", offsetof(struct store_place, fail_at) },
	{ "die_at", offsetof(struct store_place, die_at) },
};

enum { BUSY_MS = 30000 };

static int read_setting(struct str part, struct store_place *place, struct err *err)
{
	struct str name = STR_EMPTY;
	int64_t value = 0;

	if (!str_split(&part, '=', &name) || !str_to_i64(part, &value) || value < 0)
		return err_set(err, ERR_CONFIG, "store: '%.*s' must be a name, '=' and a number", STR_ARG(name));
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		if (str_eq_c(name, settings[i].name)) {
			memcpy((char *)place + settings[i].offset, &value, sizeof(value));
			return 0;
		}
	}
	return err_set(err, ERR_CONFIG, "store: there is no setting '%.*s'", STR_ARG(name));
}

static int read_settings(struct str text, struct store_place *place, struct err *err)
{
	struct str part;

	while (str_split(&text, '&', &part)) {
		int result = read_setting(part, place, err);

		if (result < 0)
			return result;
	}
	return 0;
}

/* A plain path is SQLite: the database that needs nothing installed. */
static const struct store_driver *take_driver(struct str *url)
{
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
		struct str scheme = str_of(drivers[i]->scheme);

		if (str_starts(*url, scheme) && url->len > scheme.len && url->at[scheme.len] == ':') {
			*url = str_skip(*url, scheme.len + 1);
			return drivers[i];
		}
	}
	return drivers[0];
}

int store_place_parse(const char *url, struct arena *arena, struct store_place *ret, struct err *err)
{
	struct store_place place = { .busy_ms = BUSY_MS };
	struct str rest = str_of(url);
	bool traced = str_starts(rest, STR("trace:"));
	struct str path = STR_EMPTY;

	if (traced)
		rest = str_skip(rest, STR("trace:").len);
	place.driver = take_driver(&rest);
	str_split(&rest, '?', &path);
	if (path.len == 0)
		return err_set(err, ERR_CONFIG, "store: no path in '%s'", url);
	place.path = arena_text(arena, path);
	place.scratch = str_eq_c(path, ":memory:");
	if (read_settings(rest, &place, err) < 0)
		return err->code;
	if (traced)
		store_trace_wrap(&place, arena);
	*ret = place;
	return 0;
}
