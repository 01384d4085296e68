#include "connectors/settings.h"

#include "codec/url.h"

/* Keys that the configuration file itself uses beside the connector's own. */
static const char *const foreign_keys[] = { "kind", "name", "title" };

static const struct option *option_find(const struct option *options, struct str name)
{
	for (; options->name; options++)
		if (str_eq_c(name, options->name))
			return options;
	return NULL;
}

static bool is_foreign(struct str key)
{
	for (size_t i = 0; i < ARRAY_LEN(foreign_keys); i++)
		if (str_eq_c(key, foreign_keys[i]))
			return true;
	return false;
}

static int check_known(const struct option *options, const struct json *item, struct err *err)
{
	if (is_foreign(item->key))
		return 0;
	if (!option_find(options, item->key))
		return err_set(err, ERR_CONFIG, "line %u: unknown setting '%.*s'", item->line, STR_ARG(item->key));
	if (item->kind == JSON_ARRAY || item->kind == JSON_OBJECT)
		return err_set(err, ERR_CONFIG, "line %u: setting '%.*s' must be one value", item->line,
		               STR_ARG(item->key));
	return 0;
}

static struct str value_text(const struct json *item)
{
	if (!item)
		return STR_EMPTY;
	if (item->kind == JSON_TRUE)
		return STR("true");
	if (item->kind == JSON_FALSE)
		return STR("false");
	return json_text(item);
}

int settings_check(const struct option *options, const struct json *settings, struct err *err)
{
	if (settings && settings->kind != JSON_OBJECT)
		return err_set(err, ERR_CONFIG, "the settings of a connection must be names with values");
	JSON_EACH (settings, item) {
		if (check_known(options, item, err) < 0)
			return err->code;
	}
	for (const struct option *o = options; o->name; o++)
		if (!o->fallback && str_trim(value_text(json_get(settings, o->name))).len == 0)
			return err_set(err, ERR_CONFIG, "setting '%s' is missing (%s)", o->name, o->help);
	return 0;
}

struct str settings_text_str(const struct option *options, const struct json *settings, struct str name)
{
	const struct option *option = option_find(options, name);
	struct str text = str_trim(value_text(json_get_str(settings, name)));

	ensure(option);
	return text.len ? text : str_of(option->fallback);
}

struct str settings_text(const struct option *options, const struct json *settings, const char *name)
{
	return settings_text_str(options, settings, str_of(name));
}

int settings_number(const struct option *options, const struct json *settings, const char *name, double least,
                    double most, double *ret, struct err *err)
{
	double number = 0;

	if (!str_to_double(settings_text(options, settings, name), &number) || !(number >= least && number <= most))
		return err_set(err, ERR_CONFIG, "setting '%s' must be a number from %g to %g", name, least, most);
	*ret = number;
	return 0;
}

int settings_target(const struct option *options, const struct json *settings, struct http_target *target,
                    struct err *err)
{
	double pace, window, timeout, attempts, backoff, calls, reserve;

	if (settings_number(options, settings, "pace", 0, 100000, &pace, err) < 0 ||
	    settings_number(options, settings, "window", 1, 256, &window, err) < 0 ||
	    settings_number(options, settings, "timeout", 1, 3600, &timeout, err) < 0 ||
	    settings_number(options, settings, "attempts", 1, 100, &attempts, err) < 0 ||
	    settings_number(options, settings, "calls_a_day", 0, 1e12, &calls, err) < 0 ||
	    settings_number(options, settings, "reserve", 0, 100, &reserve, err) < 0 ||
	    settings_number(options, settings, "backoff_ms", 1, 600000, &backoff, err) < 0)
		return err->code;
	target->rate = pace;
	target->window = (unsigned)window;
	target->timeout_ms = (unsigned)(timeout * 1000);
	target->attempts = (unsigned)attempts;
	target->backoff_ms = (unsigned)backoff;
	target->calls_a_day = (int64_t)calls;
	target->reserve_percent = (unsigned)reserve;
	return 0;
}

int settings_url(struct str text, const char *name, struct str *ret, struct err *err)
{
	struct url_parts parts;

	while (text.len && text.at[text.len - 1] == '/')
		text.len--;
	if (!url_split(text, &parts) || parts.host.len == 0 || parts.query.len)
		return err_set(err, ERR_CONFIG, "setting '%s' must be an address such as https://host.example/path",
		               name);
	*ret = text;
	return 0;
}
