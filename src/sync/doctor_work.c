/* doctor: who works, and what waits for too long. */
#include "sync/doctor_parts.h"
#include "sync/lease.h"
#include "sync/outbox.h"
#include "sync/schedule.h"
#include "sync/stage.h"

static const int64_t minute_ms = 60000;
enum { WAIT_WARN_MIN = 15, WAIT_BAD_MIN = 240, LATE_WARN_MIN = 10, LATE_BAD_MIN = 1440 };

/* ---- who works */

static void look_at_lease(struct doctor *d, const struct lease_row *row)
{
	const char *subject = arena_printf(d->arena, "sync %.*s", STR_ARG(row->sync)).at;

	if (row->told.trouble[0])
		doctor_say(d, FINDING_ERROR, subject, "waits: %s", row->told.trouble);
	else
		doctor_say(d, FINDING_OK, subject, "%s on %.*s, process %lld, has it",
		           row->told.ready ? "works:" : "begins:", STR_ARG(row->host), (long long)row->pid);
}

struct leased {
	const struct lease_row *rows;
	size_t count, daemons;
};

static bool is_held(const struct leased *leased, int64_t sync_id)
{
	for (size_t i = 0; i < leased->count; i++) {
		if (leased->rows[i].held && leased->rows[i].sync_id == sync_id)
			return true;
	}
	return false;
}

static int look_at_free(struct doctor *d, struct str name, struct err *err)
{
	const char *subject = arena_printf(d->arena, "sync %.*s", STR_ARG(name)).at;
	struct sync_version now;

	if (catalog_sync_version(d->order->engine, d->arena, name, 0, &now, err) < 0)
		return err_pass(err);
	if (json_bool(json_get(now.body, "paused"), false))
		doctor_say(d, FINDING_OK, subject, "is paused by a person");
	else
		doctor_say(d, FINDING_WARNING, subject,
		           "a daemon is at work, and not on this: where it did not begin a moment ago, `suture log "
		           "--level "
		           "error` says why, and `suture check %.*s` tries it",
		           STR_ARG(name));
	return 0;
}

/* A sync that no daemon can begin with has nobody who could tell of its trouble. */
static int look_at_syncs(struct doctor *d, const struct leased *leased, struct err *err)
{
	struct sync_row *syncs;
	size_t count;

	for (size_t i = 0; i < leased->count; i++) {
		if (leased->rows[i].held && leased->rows[i].sync_id)
			look_at_lease(d, &leased->rows[i]);
	}
	if (catalog_syncs(d->order->engine, d->arena, &syncs, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count && leased->daemons; i++) {
		if (!is_held(leased, syncs[i].id) && look_at_free(d, syncs[i].name, err) < 0)
			return err_pass(err);
	}
	return 0;
}

int doctor_workers(struct doctor *d, struct err *err)
{
	struct lease_row *rows;
	size_t count, daemons = 0;

	if (lease_list(d->order->engine, d->arena, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		daemons += rows[i].held && rows[i].sync_id == 0;
	if (look_at_syncs(d, &(struct leased) { rows, count, daemons }, err) < 0)
		return err_pass(err);
	if (daemons == 0)
		doctor_say(d, FINDING_WARNING, "daemon",
		           "none is at work, so that nothing comes by itself: systemctl start suture (or `suture "
		           "serve`); what it says when it ends: "
		           "journalctl -u suture");
	else
		doctor_say(d, FINDING_OK, "daemon", "%zu at work", daemons);
	return 0;
}

/* ---- what waits */

struct waiting_job {
	int64_t sync_id;
	struct queue queue;
	struct owed_counts owed[2];
};

static int read_waiting(struct db *db, void *context, struct err *err)
{
	struct waiting_job *job = context;

	if (stage_queue(db, job->sync_id, &job->queue, err) < 0 ||
	    outbox_counts(db, job->sync_id, SIDE_EMR, &job->owed[SIDE_EMR], err) < 0)
		return err_pass(err);
	return outbox_counts(db, job->sync_id, SIDE_CRM, &job->owed[SIDE_CRM], err);
}

static int64_t minutes_since(const struct doctor *d, int64_t at_ms)
{
	return at_ms ? MAX_OF((d->now_ms - at_ms) / minute_ms, (int64_t)0) : 0;
}

static void say_waiting(struct doctor *d, const struct waiting_job *job, struct str name)
{
	static const char *const to[] = { [SIDE_EMR] = "EMR", [SIDE_CRM] = "CRM" };
	const char *subject = arena_printf(d->arena, "work of %.*s", STR_ARG(name)).at;
	int64_t age = minutes_since(d, job->queue.oldest_ms);
	enum finding_level level = doctor_level(age, WAIT_WARN_MIN, WAIT_BAD_MIN), worst = level;

	if (level != FINDING_OK)
		doctor_say(d, level, subject,
		           "%lld changes wait to be decided, the oldest for %lld minutes: the sync's own line above, "
		           "`suture leases` and `suture log "
		           "--level error` say why",
		           (long long)job->queue.waiting, (long long)age);
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		age = minutes_since(d, job->owed[side].oldest_ms);
		level = doctor_level(age, WAIT_WARN_MIN, WAIT_BAD_MIN);
		worst = MAX_OF(worst, level);
		if (level != FINDING_OK)
			doctor_say(d, level, subject,
			           "%lld writes are owed to the %s, the oldest for %lld minutes: `suture budget` (are "
			           "calls left?), `suture log "
			           "--level error`; `suture drain %.*s` delivers them now",
			           (long long)job->owed[side].now, to[side], (long long)age, STR_ARG(name));
	}
	if (worst == FINDING_OK)
		doctor_say(d, FINDING_OK, subject, "%lld changes wait, %lld writes are owed, none for long",
		           (long long)job->queue.waiting,
		           (long long)(job->owed[SIDE_EMR].now + job->owed[SIDE_CRM].now));
}

int doctor_waiting(struct doctor *d, struct err *err)
{
	struct sync_row *syncs;
	size_t count;

	if (catalog_syncs(d->order->engine, d->arena, &syncs, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		struct waiting_job job = { .sync_id = syncs[i].id };

		if (store_read(d->order->engine->store, read_waiting, &job, err) < 0)
			return err_pass(err);
		say_waiting(d, &job, syncs[i].name);
	}
	return 0;
}

/* ---- what should have run: how far the feeds are behind (a delta reads on from its cursor) */

static struct str sync_name(const struct sync_row *syncs, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (syncs[i].id == id)
			return syncs[i].name;
	}
	return STR_EMPTY;
}

int doctor_schedules(struct doctor *d, struct err *err)
{
	struct schedule *all;
	struct sync_row *syncs;
	size_t count, sync_count, late = 0;

	if (schedule_list(d->order->engine, d->arena, 0, &all, &count, err) < 0 ||
	    catalog_syncs(d->order->engine, d->arena, &syncs, &sync_count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		int64_t age = all[i].state == SCHEDULE_ACTIVE ? minutes_since(d, all[i].next_ms) : 0;
		enum finding_level level = doctor_level(age, LATE_WARN_MIN, LATE_BAD_MIN);

		late += level != FINDING_OK;
		if (level != FINDING_OK)
			doctor_say(d, level, "schedules",
			           "%s of %.*s is due since %lld minutes: does a daemon work (`suture leases`)?",
			           schedule_what_name(all[i].what),
			           STR_ARG(sync_name(syncs, sync_count, all[i].sync_id)), (long long)age);
	}
	if (late == 0)
		doctor_say(d, FINDING_OK, "schedules", "none is late");
	return 0;
}
