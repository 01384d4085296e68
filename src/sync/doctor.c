/* doctor: the looks, in order; those at the database itself stand here. To add one: a row. */
#include "sync/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/clock.h"
#include "sync/audit.h"
#include "sync/backup.h"
#include "sync/doctor_parts.h"
#include "sync/fact.h"

enum { BACKUP_DAYS = 7 };
static const int64_t day_ms = 86400000;

void doctor_repeat(struct doctor *d, enum finding_level level, struct str subject, struct str text)
{
	for (const struct finding *f = d->found.first; f; f = f->next) {
		if (f->level == level && str_eq(f->subject, subject) && str_eq(f->text, text))
			return;
	}
	finding_add(&d->found, d->arena, &(struct finding) { level, subject, text, STR_EMPTY, NULL });
}

void doctor_say(struct doctor *d, enum finding_level level, const char *subject, const char *format, ...)
{
	char text[2048];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	doctor_repeat(d, level, arena_str(d->arena, str_of(subject)), arena_str(d->arena, str_of(text)));
}

enum finding_level doctor_level(int64_t value, int64_t warn, int64_t bad)
{
	if (value >= bad)
		return FINDING_ERROR;
	return value >= warn ? FINDING_WARNING : FINDING_OK;
}

/* ---- the database */

static int look_at_versions(struct doctor *d, struct err *err UNUSED)
{
	doctor_say(d, FINDING_OK, "version", "suture %s on %.*s", d->order->version,
	           STR_ARG(store_describe(d->order->engine->store, d->arena)));
	return 0;
}

static int look_at_database(struct doctor *d, struct err *err)
{
	struct json *found = json_new(d->arena, JSON_OBJECT);
	long long payloads;

	if (d->order->quick)
		return 0;
	if (backup_look(d->order->engine, d->arena, found, err) < 0)
		return err_wrap(err, "put the last backup back (suture restore), and keep this database beside it");
	payloads = (long long)json_int(json_get(found, "payloads"), 0);
	doctor_say(d, FINDING_OK, "database", "whole, and the key opens it: %lld pairs, %lld payloads",
	           (long long)json_int(json_get(found, "links"), 0), payloads);
	return 0;
}

static int look_at_trail(struct doctor *d, struct err *err)
{
	struct audit_chain chain;
	const char *trouble;

	if (d->order->quick)
		return 0;
	if (audit_verify(d->order->engine, STR_EMPTY, &chain, err) < 0)
		return err_pass(err);
	trouble = audit_trouble(d->arena, &chain);
	if (trouble)
		doctor_say(d, FINDING_ERROR, "audit trail",
		           "%s: keep a copy of the database as it is, and find out who could write to it", trouble);
	else
		doctor_say(d, FINDING_OK, "audit trail", "%lld rows, whole", (long long)chain.rows);
	return 0;
}

/* A server is backed up by its own tools, of which nothing is known here. */
static int look_at_backups(struct doctor *d, struct err *err)
{
	struct fact last;
	int64_t days;

	if (fact_read(d->order->engine, d->arena, STR(FACT_BACKUP), &last, err) < 0)
		return err_pass(err);
	if (!str_starts(store_describe(d->order->engine->store, d->arena), STR("SQLite")))
		return 0;
	if (last.at_ms == 0) {
		doctor_say(d, FINDING_WARNING, "backup", "there never was one: run `suture backup FILE`, every night");
		return 0;
	}
	days = (d->now_ms - last.at_ms) / day_ms;
	if (last.at_ms > d->now_ms + day_ms)
		doctor_say(d, FINDING_WARNING, "backup",
		           "the last one is of a day to come: this machine's clock was wrong then or is now "
		           "(`timedatectl`). "
		           "Run `suture backup FILE`");
	else if (days >= BACKUP_DAYS)
		doctor_say(d, FINDING_WARNING, "backup",
		           "the last one is %lld days old: run `suture backup FILE`, every night", (long long)days);
	else
		doctor_say(d, FINDING_OK, "backup", "the last one is %lld days old", (long long)days);
	return 0;
}

/* ---- all looks */

static const struct {
	const char *subject;
	int (*look)(struct doctor *d, struct err *err);
	bool without_database;
} looks[] = {
	{ "files", doctor_files, true },
	{ "files", doctor_secrets, false },
	{ "key", doctor_key, true },
	{ "disk", doctor_disk, true },
	{ "version", look_at_versions, false },
	{ "database", look_at_database, false },
	{ "audit trail", look_at_trail, false },
	{ "backup", look_at_backups, false },
	{ "daemon", doctor_workers, false },
	{ "open files", doctor_open_files, false },
	{ "work", doctor_waiting, false },
	{ "schedules", doctor_schedules, false },
	{ "systems", doctor_systems, false },
	{ "calls", doctor_calls, false },
};

const struct finding *doctor_look(const struct doctor_order *order, struct arena *arena)
{
	struct doctor d = { .order = order, .arena = arena, .now_ms = clock_wall_ms() };

	for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
		struct err err = ERR_INIT;

		if ((order->engine || looks[i].without_database) && looks[i].look(&d, &err) < 0)
			doctor_say(&d, FINDING_ERROR, looks[i].subject, "%s", err.text);
	}
	if (!order->engine)
		doctor_say(&d, FINDING_ERROR, "database", "%s", order->trouble->text);
	return d.found.first;
}
