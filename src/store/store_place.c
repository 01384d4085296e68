/* store_place: "sqlite:/srv/suture.db?busy_ms=200" or "postgresql://clinic@db.example.org/suture?schema=north" taken apart. */
#include "store/store_parts.h"

#include <string.h>

#include "store/store_trace.h"

/* The first is the one of a plain path. */
static const struct {
	const char *scheme;
	const struct store_driver *driver;
} drivers[] = {
	{ "sqlite:", &STORE_SQLITE },
	{ "postgresql:", &STORE_POSTGRES },
	{ "postgres:", &STORE_POSTGRES },
};

/* To add a setting: one row, one field of struct store_place, one line in README.md. */
static const struct {
	const char *name;
	size_t offset;
	bool is_text;
	const struct store_driver *only; /* NULL: any */
} settings[] = {
	{ "max_pages", offsetof(struct store_place, max_pages), false, &STORE_SQLITE },
	{ "busy_ms", offsetof(struct store_place, busy_ms), false, NULL },
	{ "schema", offsetof(struct store_place, schema), true, &STORE_POSTGRES },
	{ "fail_at", offsetof(struct store_place, fail_at), false, NULL },
	{ "die_at", offsetof(struct store_place, die_at), false, NULL },
	{ "quiet", offsetof(struct store_place, quiet), false, NULL },
};

enum { BUSY_MS = 30000, URL_BYTES = 8192 };

static size_t find_setting(const struct store_driver *driver, struct str name)
{
	size_t i = 0;

	while (i < ARRAY_LEN(settings) &&
	       (!str_eq_c(name, settings[i].name) || (settings[i].only && settings[i].only != driver)))
		i++;
	return i;
}

static int keep_setting(struct store_place *place, size_t row, struct str text, struct arena *arena, struct err *err)
{
	char *field = (char *)place + settings[row].offset;
	const char *copy = arena_text(arena, text);
	int64_t value = 0;

	if (settings[row].is_text) {
		memcpy(field, &copy, sizeof(copy));
		return 0;
	}
	if (!str_to_i64(text, &value) || value < 0)
		return err_set(err, ERR_CONFIG, "store: '%s' must be a name, '=' and a number", settings[row].name);
	memcpy(field, &value, sizeof(value));
	return 0;
}

/* What is not ours goes on to the server's library, behind the path. */
static int read_setting(struct str part, struct store_place *place, struct buf *path, struct arena *arena,
                        struct err *err)
{
	struct str value = part, name = STR_EMPTY;
	size_t row;

	if (!str_split(&value, '=', &name) || name.len == part.len)
		return err_set(err, ERR_CONFIG, "store: '%.*s' must be a name, '=' and a value", STR_ARG(name));
	row = find_setting(place->driver, name);
	if (row < ARRAY_LEN(settings))
		return keep_setting(place, row, value, arena, err);
	if (!place->driver->whole_url)
		return err_set(err, ERR_CONFIG, "store: there is no setting '%.*s'", STR_ARG(name));
	buf_printf(path, "%s%.*s", strchr(buf_text(path), '?') ? "&" : "?", STR_ARG(part));
	return 0;
}

static int read_settings(struct str text, struct store_place *place, struct buf *path, struct arena *arena,
                         struct err *err)
{
	struct str part;

	while (str_split(&text, '&', &part)) {
		int result = read_setting(part, place, path, arena, err);

		if (result < 0)
			return result;
	}
	return 0;
}

/* A plain path is SQLite: the database that needs nothing installed. */
static const struct store_driver *take_driver(struct str *url)
{
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
		struct str scheme = str_of(drivers[i].scheme);

		if (!str_starts(*url, scheme))
			continue;
		if (!drivers[i].driver->whole_url)
			*url = str_skip(*url, scheme.len);
		return drivers[i].driver;
	}
	return drivers[0].driver;
}

static int parse(struct str rest, struct arena *arena, struct store_place *place, struct err *err)
{
	SCOPED(buf) struct buf path = BUF_INIT(URL_BYTES);
	struct str part = STR_EMPTY;

	place->driver = take_driver(&rest);
	str_split(&rest, '?', &part);
	if (part.len == 0)
		return err_set(err, ERR_CONFIG, "store: the url has no path");
	buf_add(&path, part);
	place->scratch = str_eq_c(part, ":memory:");
	if (read_settings(rest, place, &path, arena, err) < 0)
		return err_pass(err);
	if (!buf_ok(&path))
		return err_set(err, ERR_CONFIG, "store: the url is too long");
	place->path = arena_text(arena, buf_str(&path));
	return 0;
}

int store_place_parse(const char *url, struct arena *arena, struct store_place *ret, struct err *err)
{
	struct store_place place = { .busy_ms = BUSY_MS };
	struct str rest = str_of(url);
	bool traced = str_starts(rest, STR("trace:"));

	if (traced)
		rest = str_skip(rest, STR("trace:").len);
	if (parse(rest, arena, &place, err) < 0)
		return err_pass(err);
	if (traced)
		store_trace_wrap(&place, arena);
	*ret = place;
	return 0;
}
