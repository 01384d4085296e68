/*
 * throttle: one transaction for an attempt: read the rows that count, wait if one of them says so, else count in all of them.
 */
#include "access/throttle.h"

#include <arpa/inet.h>

#include "lib/clock.h"
#include "sync/select.h"

enum kind { BY_NAME, BY_PEER, BY_BOTH, KINDS };

static const int64_t first_wait_ms = 5000, longest_wait_ms = (int64_t)15 * 60 * 1000,
                     forgotten_ms = (int64_t)24 * 3600 * 1000, known_ms = (int64_t)30 * 24 * 3600 * 1000;
/* Attempts before the first wait. Behind one address there may be a whole practice. */
static const int64_t free_attempts[KINDS] = { [BY_NAME] = 5, [BY_PEER] = 20, [BY_BOTH] = 5 };

static const struct statement READ = {
	"SELECT failures, until_ms, at_ms FROM sign_in_wait WHERE kind = $1 AND hash = $2"
};
static const struct statement COUNT = {
	"INSERT INTO sign_in_wait (kind, hash, failures, until_ms, at_ms) VALUES ($1,$2,$3,$4,$5)"
	" ON CONFLICT (kind, hash) DO UPDATE SET failures = excluded.failures, until_ms = excluded.until_ms, at_ms = "
	"excluded.at_ms"
};
static const struct statement FORGET = { "DELETE FROM sign_in_wait WHERE kind = $1 AND hash = $2" };
static const struct statement TAKE_BACK = {
	"UPDATE sign_in_wait SET failures = failures - 1, until_ms = 0 WHERE kind = $1 AND hash = $2 AND failures > 0"
};
static const struct statement SWEEP = { "DELETE FROM sign_in_wait WHERE at_ms < $1" };
static const struct statement KNOWN = { "SELECT COUNT(*) AS n FROM sign_in_known WHERE hash = $1 AND at_ms > $2" };
static const struct statement REMEMBER = { "INSERT INTO sign_in_known (hash, at_ms) VALUES ($1, $2) ON CONFLICT (hash) "
	                                   "DO UPDATE SET at_ms = excluded.at_ms" };
static const struct statement SWEEP_KNOWN = { "DELETE FROM sign_in_known WHERE at_ms < $1" };

/* ---- keys ---- */

/* Whoever has one IPv6 address has the whole /64. */
static struct str network_of(struct arena *arena, struct str peer)
{
	unsigned char bytes[16];

	if (str_find_char(peer, ':') < 0 || inet_pton(AF_INET6, arena_text(arena, peer), bytes) != 1)
		return peer;
	return arena_str(arena, str_range((const char *)bytes, 8));
}

struct keys {
	struct digest16 hash[KINDS];
	bool counts[KINDS];
};

static struct keys keys_of(struct arena *arena, const struct engine *engine, const struct attempt *attempt)
{
	struct str peer = network_of(arena, attempt->peer);
	struct str both = arena_printf(arena, "%zu:%.*s%.*s", attempt->name.len, STR_ARG(attempt->name), STR_ARG(peer));
	const bool named = attempt->name.len > 0;

	return (struct keys) {
		.hash = { [BY_NAME] = box_blind(engine->keys, "sign_in.name", attempt->name),
		          [BY_PEER] = box_blind(engine->keys, "sign_in.peer", peer),
		          [BY_BOTH] = box_blind(engine->keys, "sign_in.both", both) },
		.counts = { [BY_NAME] = named, [BY_PEER] = true, [BY_BOTH] = named },
	};
}

static struct bind bind_key(const struct keys *keys, enum kind kind)
{
	return bind_blob(str_range((const char *)keys->hash[kind].bytes, sizeof(keys->hash[kind].bytes)));
}

/* ---- an attempt ---- */

struct row {
	int64_t failures, until_ms, at_ms;
};

static void read_row(struct rows *rows, struct arena *arena UNUSED, void *place)
{
	*(struct row *)place =
	        (struct row) { row_int(rows, "failures"), row_int(rows, "until_ms"), row_int(rows, "at_ms") };
}

static int64_t wait_after(enum kind kind, int64_t failures)
{
	int64_t wait = first_wait_ms;

	if (failures < free_attempts[kind])
		return 0;
	for (int64_t i = free_attempts[kind]; i < failures && wait < longest_wait_ms; i++)
		wait *= 2;
	return MIN_OF(wait, longest_wait_ms);
}

struct job {
	struct arena *arena;
	struct keys keys;
	int64_t now_ms, wait_ms;
};

static int read_waits(struct db *db, struct job *job, struct row rows[KINDS], struct err *err)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		const struct selection what = { &READ, BIND(bind_int(kind), bind_key(&job->keys, kind)), 1,
			                        sizeof(rows[kind]), read_row };
		bool found;

		rows[kind] = (struct row) { 0 };
		if (!job->keys.counts[kind])
			continue;
		if (select_one(db, job->arena, &what, &rows[kind], &found, err) < 0)
			return err_pass(err);
		job->wait_ms = MAX_OF(job->wait_ms, rows[kind].until_ms - job->now_ms);
	}
	return 0;
}

static int take(struct db *db, void *context, struct err *err)
{
	struct job *job = context;
	struct row rows[KINDS];
	int64_t known = 0;

	job->wait_ms = 0;
	if (db_run(db, &SWEEP, BIND(bind_int(job->now_ms - forgotten_ms)), err) < 0 ||
	    db_number(db, &KNOWN, BIND(bind_key(&job->keys, BY_BOTH), bind_int(job->now_ms - known_ms)), 0, &known,
	              err) < 0)
		return err_pass(err);
	job->keys.counts[BY_NAME] = job->keys.counts[BY_NAME] && known == 0;
	if (read_waits(db, job, rows, err) < 0)
		return err_pass(err);
	for (enum kind kind = 0; kind < KINDS && job->wait_ms <= 0; kind++) {
		const int64_t failures = rows[kind].failures + 1, wait = wait_after(kind, failures);

		if (job->keys.counts[kind] &&
		    db_run(db, &COUNT,
		           BIND(bind_int(kind), bind_key(&job->keys, kind), bind_int(failures),
		                bind_int(wait ? job->now_ms + wait : 0), bind_int(job->now_ms)),
		           err) < 0)
			return err_pass(err);
	}
	return 0;
}

int throttle_take(struct engine *engine, const struct attempt *attempt, int64_t *ret_wait_ms, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct job job = { .arena = &arena, .keys = keys_of(&arena, engine, attempt), .now_ms = clock_wall_ms() };

	if (store_write(engine->store, RELAXED, take, &job, err) < 0)
		return err_pass(err);
	*ret_wait_ms = MAX_OF(job.wait_ms, (int64_t)0);
	return 0;
}

/* An address keeps what others did from there: one good sign-in does not buy twenty guesses at the neighbour's. */
int throttle_clear(struct db *db, const struct engine *engine, const struct attempt *attempt, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct keys keys = keys_of(&arena, engine, attempt);
	const int64_t now = clock_wall_ms();

	if (db_run(db, &TAKE_BACK, BIND(bind_int(BY_PEER), bind_key(&keys, BY_PEER)), err) < 0)
		return err_pass(err);
	if (attempt->name.len == 0)
		return 0;
	if (db_run(db, &FORGET, BIND(bind_int(BY_NAME), bind_key(&keys, BY_NAME)), err) < 0 ||
	    db_run(db, &FORGET, BIND(bind_int(BY_BOTH), bind_key(&keys, BY_BOTH)), err) < 0 ||
	    db_run(db, &SWEEP_KNOWN, BIND(bind_int(now - known_ms)), err) < 0)
		return err_pass(err);
	return db_run(db, &REMEMBER, BIND(bind_key(&keys, BY_BOTH), bind_int(now)), err);
}
