/*
 * settings: one table for what can be set, and the two routes.
 *
 *	GET  /__admin/settings
 *	POST /__admin/settings      {"retention_ms":1000,"loss":0.1,"seed":7}: what is not named stays. settings.h says what each means
 */
#include "sandbox/salesforce/handlers.h"

#include "sandbox/salesforce/person_accounts.h"
#include "sandbox/salesforce/stream.h"

enum setting_kind { SETTING_NUMBER, SETTING_REAL, SETTING_SWITCH, SETTING_TEXT };

#define ROW(name, kind, field)                                         \
	{                                                              \
		name, SETTING_##kind, offsetof(struct settings, field) \
	}
#define DELIVERY(name, kind)                                                  \
	{                                                                     \
#name, SETTING_##kind, offsetof(struct settings, events.name) \
	}

static const struct row_of_settings {
	const char *name;
	enum setting_kind kind;
	size_t at;
} rows[] = {
	ROW("daily_limit", NUMBER, daily_limit),
	ROW("connect_ms", NUMBER, connect_ms),
	ROW("interval_ms", NUMBER, interval_ms),
	ROW("idle_ms", NUMBER, idle_ms),
	ROW("retention_ms", NUMBER, retention_ms),
	ROW("retention_max", NUMBER, retention_max),
	ROW("overflow_after", NUMBER, overflow_after),
	ROW("gaps", NUMBER, gaps),
	ROW("answer_events", NUMBER, answer_events),
	ROW("need_cookies", SWITCH, need_cookies),
	ROW("status_401", SWITCH, status_401),
	ROW("dotted", SWITCH, dotted),
	DELIVERY(loss, REAL),
	DELIVERY(repeat, REAL),
	DELIVERY(reorder, REAL),
	DELIVERY(late, REAL),
	DELIVERY(late_ms, NUMBER),
	DELIVERY(reorder_ms, NUMBER),
	DELIVERY(seed, NUMBER),
	ROW("tracked", TEXT, tracked),
	ROW("refuse_subscribe", TEXT, refuse_subscribe),
	ROW("button_url", TEXT, button_url),
	ROW("button_secret", TEXT, button_secret),
	ROW("respell", TEXT, respell),
	ROW("person_accounts", SWITCH, person_accounts),
	ROW("person_contact_locked", SWITCH, person_contact_locked),
};

static void mark_tracked(struct org *org)
{
	for (size_t i = 0; i < org->object_count; i++) {
		struct str rest = org->settings.tracked, name;
		struct object *object = org->objects[i];

		object->tracked = rest.len == 0 && object->writable;
		while (rest.len > 0 && str_split(&rest, ',', &name))
			object->tracked |= object->writable && str_eq_nocase(str_trim(name), str_of(object->name));
	}
}

void settings_open(struct org *org)
{
	org->settings = (struct settings) {
		.daily_limit = org->options->limit,
		.connect_ms = 110000,
		.idle_ms = 40000,
		.retention_ms = (int64_t)72 * 3600 * 1000,
		.retention_max = 100000,
		.overflow_after = 100000,
		.answer_events = 500,
		.need_cookies = true,
		.dotted = true,
		.events = UNRELIABLE_INIT,
		.button_secret = STR("suture-button-secret"),
		.person_accounts = org->options->person_accounts,
		.person_contact_locked = true,
	};
	mark_tracked(org);
}

/* ---- routes ---- */

void fail_admin(struct answer *answer, const char *text)
{
	answer->status = 400;
	buf_clear(&answer->body);
	buf_add_c(&answer->body, "{\"error\":");
	json_write_string(&answer->body, str_of(text));
	buf_add_char(&answer->body, '}');
}

static void write_setting(struct buf *out, const struct row_of_settings *row, const void *at)
{
	buf_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", row->name);
	if (row->kind == SETTING_NUMBER)
		buf_printf(out, "%lld", (long long)*(const int64_t *)at);
	else if (row->kind == SETTING_REAL)
		buf_printf(out, "%g", *(const double *)at);
	else if (row->kind == SETTING_SWITCH)
		buf_add_c(out, *(const bool *)at ? "true" : "false");
	else
		json_write_string(out, *(const struct str *)at);
}

void manage_settings(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;

	(void)request;
	buf_add_char(&answer->body, '{');
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		write_setting(&answer->body, &rows[i], (const char *)&org->settings + rows[i].at);
	buf_add_char(&answer->body, '}');
}

static bool read_value(struct org *org, const struct row_of_settings *row, const struct json *value)
{
	void *at = (char *)&org->settings + row->at;

	if (row->kind == SETTING_NUMBER && value->kind == JSON_NUMBER)
		*(int64_t *)at = json_int(value, *(int64_t *)at);
	else if (row->kind == SETTING_SWITCH && (value->kind == JSON_TRUE || value->kind == JSON_FALSE))
		*(bool *)at = value->kind == JSON_TRUE;
	else if (row->kind == SETTING_TEXT && value->kind == JSON_STRING)
		*(struct str *)at = arena_str(&org->arena, value->text);
	else
		return row->kind == SETTING_REAL && str_to_double(json_text(value), at);
	return true;
}

static bool take(struct org *org, const struct json *value)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!str_eq_c(value->key, rows[i].name))
			continue;
		return read_value(org, &rows[i], value);
	}
	return false;
}

void manage_set(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	const struct json *body = body_of(request, answer);

	if (!body)
		return;
	JSON_EACH (body, value) {
		if (take(org, value))
			continue;
		fail_admin(answer, "no such setting, or a value of another kind");
		return;
	}
	mark_tracked(org);
	person_accounts_apply(org);
	org_commit(org);
	stream_wake(org);
	manage_settings(state, request, answer);
}
