/*
 * lease: rows of `lease`; their only writer.
 *
 *	free      nobody (`holder` empty), or one whose time is over, or who is dead
 *	held      the fencing number is `fence`; renewed by that number alone
 *	taken     the number grows by one, whoever it was before
 *
 * Both databases run writes one after the other, whoever they are of (store.h): so between a check and its commit nobody takes the lease, and no commit of the old
 * holder can come after the new one has begun to read.
 */
#include "sync/lease.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "sync/lease_parts.h"
#include "sync/outbox.h"
#include "sync/run.h"
#include "sync/select.h"
#include "sync/settle.h"

enum { ROWS_MAX = 10000 };

/* The database's clock, so that the clocks of several machines do not matter. */
static const struct statement NOW = {
	.sqlite = "SELECT CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER) AS n",
	.postgres = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint AS n"
};
/* The holder is compared too: a database that was restored counts on from the numbers of then. */
static const struct statement CHECK = { "SELECT 1 AS n FROM lease WHERE name = $1 AND fence = $2 AND holder = $3" };
static const struct statement MAKE = { "INSERT INTO lease (name, sync_id, fence, expires_ms) VALUES ($1, $2, 0, 0) ON "
	                               "CONFLICT (name) DO NOTHING" };
static const struct statement LOOK = {
	"SELECT holder, host, who, place, pid, pid_start, since_ms, expires_ms, lease_ms FROM lease WHERE name = $1"
};
static const struct statement TAKE = {
	"UPDATE lease SET fence = fence + 1, holder = $2, host = $3, who = $4, place = $5, pid = $6, pid_start = $7, "
	"since_ms = $8, expires_ms = $9, lease_ms = $10, ready = 0, streams = 0, run = NULL, trouble = NULL, told_ms = "
	"NULL WHERE name = $1"
};
static const struct statement FENCE = { "SELECT fence AS n FROM lease WHERE name = $1" };
static const struct statement RENEW = {
	"UPDATE lease SET expires_ms = $3, ready = $4, streams = $5, run = $6, trouble = $7, told_ms = $8 WHERE name = "
	"$1 AND fence = $2 AND holder = $9"
};
static const struct statement RENEW_DAEMON = { "UPDATE lease SET expires_ms = $2 WHERE name = $1" };
static const struct statement GIVE_BACK = {
	"UPDATE lease SET holder = NULL, expires_ms = $3 WHERE name = $1 AND fence = $2 AND holder = $4"
};
static const struct statement FORGET_DAEMON = {
	"DELETE FROM lease WHERE sync_id = 0 AND (name = $1 OR expires_ms < $2)"
};
static const struct statement LIST = {
	"SELECT l.sync_id, d.name AS sync, l.holder, l.host, l.who, l.place, l.pid, l.pid_start, l.fence, l.since_ms, "
	"l.expires_ms, l.lease_ms, l.ready, l.streams, l.run, l.trouble, l.told_ms FROM lease l LEFT JOIN definition d "
	"ON d.id = l.sync_id WHERE (l.sync_id = 0 OR d.id IS NOT NULL) AND ($1 = 0 OR l.sync_id = $1) ORDER BY "
	"l.sync_id, l.name LIMIT $2"
};

static int now_of(struct db *db, int64_t *ret, struct err *err)
{
	return db_number(db, &NOW, BIND_NOTHING, 0, ret, err);
}

/* ---- who has it ---- */

struct holding {
	struct str holder, host, who, place;
	int64_t pid, start, since_ms, expires_ms, lease_ms;
};

static void read_holding(struct rows *rows, struct arena *arena, void *place)
{
	*(struct holding *)place = (struct holding) {
		.holder = arena_str(arena, row_text(rows, "holder")),
		.host = arena_str(arena, row_text(rows, "host")),
		.who = arena_str(arena, row_text(rows, "who")),
		.place = arena_str(arena, row_text(rows, "place")),
		.pid = row_int(rows, "pid"),
		.start = row_int(rows, "pid_start"),
		.since_ms = row_int(rows, "since_ms"),
		.expires_ms = row_int(rows, "expires_ms"),
		.lease_ms = row_int(rows, "lease_ms"),
	};
}

enum standing { STANDS_FREE, STANDS_DEAD, STANDS_OVER, STANDS_HELD };

/* A lease that ends later than it can last was taken before the database's clock was set back. */
static enum standing standing_of(const struct leases *all, const struct holding *h, int64_t now_ms)
{
	if (h->holder.len == 0)
		return STANDS_FREE;
	if (all && holder_is_dead(&all->holder, h->place, h->pid, h->start))
		return STANDS_DEAD;
	return h->expires_ms <= now_ms || h->expires_ms > now_ms + h->lease_ms ? STANDS_OVER : STANDS_HELD;
}

static int refuse(const struct plan *plan, struct arena *arena, const struct holding *h, struct err *err)
{
	bool daemon = str_eq_c(h->who, RUN_DAEMON);
	struct str since = clock_rfc3339(arena, h->since_ms);

	return err_set(err, ERR_CONFLICT,
	               "sync '%.*s' is being run by another process: %s%.*s on %.*s, process %lld, since %.*s; `suture "
	               "runs` shows how far it is, `suture leases` who has what",
	               STR_ARG(plan->name), daemon ? "the " : "", STR_ARG(h->who), STR_ARG(h->host), (long long)h->pid,
	               STR_ARG(since));
}

/* ---- take, give back ---- */

struct taking {
	struct engine *engine;
	const struct plan *plan;
	struct arena *arena;
	enum standing was;
	int64_t fence;
};

/*
 * R5, R40: what the one before may have sent and did not settle is not repeated blindly. Updates and creates by our id may be; a create that the far side
 * cannot recognise was noted as sent (deliver_sure.c), and is looked for once it cannot arrive any more: a holder that lives sends nothing after its time.
 */
static int doubt(struct db *db, const struct taking *job, const struct holding *before, struct err *err)
{
	int64_t lives_ms = job->was == STANDS_OVER ? before->lease_ms : 0;

	return outbox_doubt(db, job->plan->sync_id, clock_wall_ms() + lives_ms + settle_doubt_ms(job->engine), err);
}

static int write_taken(struct db *db, const struct leases *all, struct str name, const char *who, int64_t now_ms,
                       struct err *err)
{
	const struct holder *me = &all->holder;

	return db_run(db, &TAKE,
	              BIND(bind_text(name), bind_text(str_of(me->id)), bind_text(str_of(me->host)),
	                   bind_text(str_of(who)), bind_text(str_of(me->place)), bind_int(me->pid), bind_int(me->start),
	                   bind_int(now_ms), bind_int(now_ms + all->ms), bind_int(all->ms)),
	              err);
}

static int take(struct db *db, void *context, struct err *err)
{
	struct taking *job = context;
	struct str name = str_of(job->plan->lease->name);
	struct holding before = { .pid = 0 };
	const struct selection look = { &LOOK, BIND(bind_text(name)), 1, sizeof(before), read_holding };
	int64_t now_ms;
	bool found;

	if (db_run(db, &MAKE, BIND(bind_text(name), bind_int(job->plan->sync_id)), err) < 0 ||
	    select_one(db, job->arena, &look, &before, &found, err) < 0 || now_of(db, &now_ms, err) < 0)
		return err_pass(err);
	job->was = standing_of(job->engine->leases, &before, now_ms);
	if (job->was == STANDS_HELD)
		return refuse(job->plan, job->arena, &before, err);
	if (job->was != STANDS_FREE && doubt(db, job, &before, err) < 0)
		return err_pass(err);
	if (write_taken(db, job->engine->leases, name, job->engine->who, now_ms, err) < 0)
		return err_pass(err);
	return db_number(db, &FENCE, BIND(bind_text(name)), 0, &job->fence, err);
}

int lease_take(struct engine *engine, const struct plan *plan, struct lease **ret, bool *ret_taken_over,
               struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct taking job = { .engine = engine, .plan = plan, .arena = &arena };
	struct lease *lease = plan->lease;
	int64_t asked_ns = lease_now_ns();

	*ret = NULL;
	if (engine->dry)
		return 0;
	if (run_check_paused(plan, err) < 0)
		return err_pass(err);
	if (!lease->all)
		return 0;
	if (store_write(engine->store, DURABLE, take, &job, err) < 0)
		return err_pass(err);
	atomic_store(&lease->fence, job.fence);
	atomic_store(&lease->lost, false);
	atomic_store(&lease->until_ns, asked_ns + lease->all->ms * 1000000);
	lease_keep(lease);
	if (ret_taken_over)
		*ret_taken_over = job.was != STANDS_FREE;
	*ret = lease;
	return 0;
}

static int give_back(struct db *db, void *context, struct err *err)
{
	const struct lease *lease = context;
	int64_t now_ms;

	if (now_of(db, &now_ms, err) < 0)
		return err_pass(err);
	return db_run(db, &GIVE_BACK,
	              BIND(bind_text(str_of(lease->name)), bind_int(atomic_load(&lease->fence)), bind_int(now_ms),
	                   bind_text(str_of(lease->all->holder.id))),
	              err);
}

/* What cannot be given back now is over with its time. */
void lease_scoped_release(struct lease **please)
{
	struct lease *lease = *please;
	struct err ignored = ERR_INIT;

	*please = NULL;
	if (!lease)
		return;
	lease_let_go(lease);
	if (store_write(lease->all->engine->store, RELAXED, give_back, lease, &ignored) < 0)
		ignored.code = ERR_OK;
}

/* ---- check ---- */

int lease_check(struct db *db, const struct plan *plan, struct err *err)
{
	struct lease *lease = plan->lease;
	int64_t ours;

	if (!lease->all)
		return 0;
	if (db_number(db, &CHECK,
	              BIND(bind_text(str_of(lease->name)), bind_int(atomic_load(&lease->fence)),
	                   bind_text(str_of(lease->all->holder.id))),
	              0, &ours, err) < 0)
		return err_wrap(err, "see who has sync '%.*s'", STR_ARG(plan->name));
	if (ours)
		return 0;
	atomic_store(&lease->lost, true);
	return lease_is_lost(plan, err) ? err_pass(err) : 0;
}

struct fenced {
	const struct plan *plan;
	store_fn fn;
	void *context;
};

static int write_fenced(struct db *db, void *context, struct err *err)
{
	const struct fenced *job = context;

	return lease_check(db, job->plan, err) < 0 ? err_pass(err) : job->fn(db, job->context, err);
}

int lease_write(struct engine *engine, const struct plan *plan, enum durability durability, store_fn fn, void *context,
                struct err *err)
{
	struct fenced job = { plan, fn, context };

	return store_write(engine->store, durability, write_fenced, &job, err);
}

/* ---- renew ---- */

static int renew_one(struct db *db, struct renewal *r, int64_t until_ms, struct err *err)
{
	const struct lease_told *told = &r->told;

	if (db_run(db, &RENEW,
	           BIND(bind_text(str_of(r->which->name)), bind_int(r->fence), bind_int(until_ms),
	                bind_int(told->ready), bind_int(told->streams), bind_text_or_null(str_of(told->run)),
	                bind_text_or_null(str_of(told->trouble)), bind_id(told->since_ms),
	                bind_text(str_of(r->which->all->holder.id))),
	           err) < 0)
		return err_pass(err);
	r->lost = db_changed(db) == 0;
	return 0;
}

/* Rows of daemons that are gone for long are swept on the way. */
static int renew_daemon(struct db *db, const struct leases *all, int64_t now_ms, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str name = arena_printf(&arena, "daemon/%s", all->holder.id);

	if (db_run(db, &RENEW_DAEMON, BIND(bind_text(name), bind_int(now_ms + all->ms)), err) < 0)
		return err_pass(err);
	if (db_changed(db) > 0)
		return 0;
	if (db_run(db, &FORGET_DAEMON, BIND(bind_text(name), bind_int(now_ms - all->ms)), err) < 0 ||
	    db_run(db, &MAKE, BIND(bind_text(name), bind_int(0)), err) < 0)
		return err_pass(err);
	return write_taken(db, all, name, all->engine->who, now_ms, err);
}

int lease_renew(struct db *db, void *context, struct err *err)
{
	struct renewing *job = context;
	int64_t now_ms;

	if (now_of(db, &now_ms, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < job->count; i++) {
		if (renew_one(db, &job->at[i], now_ms + job->all->ms, err) < 0)
			return err_pass(err);
	}
	return job->attends ? renew_daemon(db, job->all, now_ms, err) : 0;
}

static int leave(struct db *db, void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct leases *all = context;

	return db_run(db, &FORGET_DAEMON,
	              BIND(bind_text(arena_printf(&arena, "daemon/%s", all->holder.id)), bind_int(0)), err);
}

void leases_close(struct leases **pall)
{
	struct leases *all = *pall;
	struct err ignored = ERR_INIT;
	struct arena arena;

	*pall = NULL;
	if (!all)
		return;
	ensure(all->first == NULL);
	pthread_mutex_lock(&all->lock);
	all->stop = true;
	pthread_cond_broadcast(&all->bell);
	pthread_mutex_unlock(&all->lock);
	if (all->runs)
		pthread_join(all->thread, NULL);
	if (all->attends && store_write(all->engine->store, RELAXED, leave, all, &ignored) < 0)
		ignored.code = ERR_OK; /* it is over with its time */
	pthread_cond_destroy(&all->bell);
	pthread_mutex_destroy(&all->lock);
	arena = all->arena;
	arena_release(&arena);
}

/* ---- of a plan ---- */

/* Asked by the net thread just before a write leaves. */
static bool may_send(void *context)
{
	struct lease *lease = context;

	return lease_now_ns() < atomic_load(&lease->until_ns) && !atomic_load(&lease->lost);
}

void lease_open(struct engine *engine, struct plan *plan)
{
	struct lease *lease = arena_new(&plan->arena, struct lease);

	plan->lease = lease;
	if (engine->dry || !engine->leases)
		return;
	lease->all = engine->leases;
	lease->sync_id = plan->sync_id;
	snprintf(lease->name, sizeof(lease->name), "sync/%lld", (long long)plan->sync_id);
	for (size_t side = 0; side < ARRAY_LEN(plan->conn); side++) {
		plan->conn[side]->target.may_write = may_send;
		plan->conn[side]->target.may_write_context = lease;
	}
}

/* ---- lists ---- */

struct listed {
	struct lease_row row;
	struct holding holding;
};

static void read_listed(struct rows *rows, struct arena *arena, void *place)
{
	struct listed *ret = place;
	struct lease_row *row = &ret->row;

	read_holding(rows, arena, &ret->holding);
	*row = (struct lease_row) {
		.sync_id = row_int(rows, "sync_id"),
		.sync = arena_str(arena, row_text(rows, "sync")),
		.host = ret->holding.host,
		.who = ret->holding.who,
		.pid = ret->holding.pid,
		.fence = row_int(rows, "fence"),
		.since_ms = ret->holding.since_ms,
		.told = { .ready = row_int(rows, "ready") != 0,
		          .streams = row_int(rows, "streams") != 0,
		          .since_ms = row_int(rows, "told_ms") },
	};
	snprintf(row->told.run, sizeof(row->told.run), "%.*s", STR_ARG(row_text(rows, "run")));
	snprintf(row->told.trouble, sizeof(row->told.trouble), "%.*s", STR_ARG(row_text(rows, "trouble")));
}

static int list(struct db *db, const struct leases *all, struct arena *arena, int64_t sync_id, struct lease_row **ret,
                size_t *ret_count, struct err *err)
{
	const struct selection what = { &LIST, BIND(bind_int(sync_id), bind_int(ROWS_MAX)), ROWS_MAX,
		                        sizeof(struct listed), read_listed };
	struct selected found;
	int64_t now_ms;

	if (select_in(db, arena, &what, &found, err) < 0 || now_of(db, &now_ms, err) < 0)
		return err_wrap(err, "list the leases");
	*ret = arena_new_array(arena, struct lease_row, found.count);
	for (size_t i = 0; i < found.count; i++) {
		const struct listed *l = (const struct listed *)found.at + i;

		(*ret)[i] = l->row;
		(*ret)[i].held = standing_of(all, &l->holding, now_ms) == STANDS_HELD;
		(*ret)[i].left_ms = l->holding.expires_ms - now_ms;
		(*ret)[i].mine = all && str_eq_c(l->holding.holder, all->holder.id);
	}
	*ret_count = found.count;
	return 0;
}

int lease_list_in(struct db *db, struct engine *engine, struct arena *arena, struct lease_row **ret, size_t *ret_count,
                  struct err *err)
{
	return list(db, engine->leases, arena, 0, ret, ret_count, err);
}

struct list_job {
	const struct leases *all;
	struct arena *arena;
	int64_t sync_id;
	struct lease_row *rows;
	size_t count;
};

static int read_list(struct db *db, void *context, struct err *err)
{
	struct list_job *job = context;

	return list(db, job->all, job->arena, job->sync_id, &job->rows, &job->count, err);
}

int lease_list(struct engine *engine, struct arena *arena, struct lease_row **ret, size_t *ret_count, struct err *err)
{
	struct list_job job = { .all = engine->leases, .arena = arena };

	if (store_read(engine->store, read_list, &job, err) < 0)
		return err_pass(err);
	*ret = job.rows;
	*ret_count = job.count;
	return 0;
}

int lease_of(struct engine *engine, struct arena *arena, int64_t sync_id, struct lease_row *ret, struct err *err)
{
	struct list_job job = { .all = engine->leases, .arena = arena, .sync_id = sync_id };

	if (store_read(engine->store, read_list, &job, err) < 0)
		return err_pass(err);
	*ret = job.count ? job.rows[0] : (struct lease_row) { .sync_id = sync_id };
	return 0;
}
