/*
 * settings: a connection's JSON object read through its option rows. Private to connectors. Numbers and booleans may be
 * written as such or as text; texts live as long as the settings.
 */
#ifndef SUTURE_CONNECTORS_SETTINGS_H
#define SUTURE_CONNECTORS_SETTINGS_H

#include "connectors/connector.h"

/* Rows that every connection over HTTP has: pace, window, timeout, attempts. */
#define SETTINGS_HTTP_OPTIONS(pace, window)                                                                   \
	{ "pace", "requests a second at most, over everything that runs at once; 0: no limit", pace, false }, \
	        { "window", "requests under way at once", window, false },                                    \
	        { "timeout", "seconds until one attempt is given up", "60", false },                          \
	        { "attempts", "how often a request that may be repeated is sent at most", "6", false },       \
	        { "calls_a_day", "requests a day at most; 0: what the far side says", "0", false },           \
	        { "reserve", "percent of the day's requests kept for people", "10", false },                  \
	{                                                                                                     \
		"backoff_ms", "first pause before a repeat, doubled each time", "500", false                  \
	}

/* Unknown keys, missing keys and values that are lists or objects: ERR_CONFIG that names the key (and its line). */
int settings_check(const struct option *options, const struct json *settings, struct err *err) MUST_CHECK;
/* The value as text, else the option's fallback, else empty. */
struct str settings_text(const struct option *options, const struct json *settings, const char *name);
struct str settings_text_str(const struct option *options, const struct json *settings, struct str name);
int settings_number(const struct option *options, const struct json *settings, const char *name, double least,
                    double most, double *ret, struct err *err) MUST_CHECK;
/* Fills pace, window, time limit and attempts of a target from the rows above. */
int settings_target(const struct option *options, const struct json *settings, struct http_target *target,
                    struct err *err) MUST_CHECK;
/* An http(s) URL without slash at its end. `name` stands in the error. */
int settings_url(struct str text, const char *name, struct str *ret, struct err *err) MUST_CHECK;

#endif
