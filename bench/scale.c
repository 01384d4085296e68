/*
 * bench/scale: what one record costs the database as pairs grow: 10,000, 100,000, and on to --most N (100,000; a million takes ten minutes and 3 GB).
 *
 * Pairs are built through the same functions as the road's, so that a million takes minutes and not hours: a link with its base, both identities and the payload
 * that it came of. Nothing is sealed, sent or parsed: that costs the same whatever the size (bench/import.mjs measures it). At each size an edit of
 * PAGES * PAGE pairs chosen over all of them walks through the statements of the road in pages of PAGE, station by station:
 *
 *	capture   who it is noted (R6), the payload staged
 *	look up   the pair by its EMR id, what is known of it, whether a write is owed (R4)
 *	decide    the payload's outcome, what was looked at, the write owed
 *	deliver   writes that are due, read
 *	settle    the write done, the base and the payload settled
 *	match     somebody new is looked for by hash of the name and by id (R6, R7): found by nobody
 *
 * The best of ROUNDS counts, each with other pairs, so that another process's load does not decide.
 *
 *	bench_scale [--store URL] [--most N]     URL: an empty database; without it a file that goes afterwards
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "store/store.h"
#include "sync/identity.h"
#include "sync/link.h"
#include "sync/outbox.h"
#include "sync/stage.h"

enum { PAGE = 200, PAGES = 20, ROUNDS = 5, FILL_PAGE = 1000, BASE = 400, PAYLOAD = 700, BODY = 300, ID_TEXT = 32 };
static const int64_t sync_id = 1, then_ms = 1760000000000;

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench scale: %s\n", what);
	exit(1);
}

/* ---- pairs ---- */

static char noise[PAYLOAD]; /* sealed bytes are as good as random, and nobody looks into them */

static uint64_t mix(uint64_t n)
{
	n = (n ^ (n >> 30)) * 0xBF58476D1CE4E5B9u;
	n = (n ^ (n >> 27)) * 0x94D049BB133111EBu;
	return n ^ (n >> 31);
}

static struct digest16 hash_of(int64_t number, uint64_t salt)
{
	const uint64_t words[] = { mix((uint64_t)number * 2 + salt), mix((uint64_t)number * 2 + salt + 1) };
	struct digest16 ret;

	memcpy(&ret, words, sizeof(ret));
	return ret;
}

struct ids {
	char emr[ID_TEXT], crm[ID_TEXT];
};

/* Far systems number their records in no order that ours would know. */
static struct ids ids_of(int64_t number)
{
	struct ids ids;

	snprintf(ids.emr, sizeof(ids.emr), "pat-%012llx", (unsigned long long)(mix((uint64_t)number) & 0xFFFFFFFFFFFF));
	snprintf(ids.crm, sizeof(ids.crm), "003%015llX", (unsigned long long)number);
	return ids;
}

static int put_identity(struct db *db, int64_t number, enum side side, struct err *err)
{
	const struct ids ids = ids_of(number);
	bool seen;
	const struct known known = {
		.side = side,
		.record_id = str_of(side == SIDE_EMR ? ids.emr : ids.crm),
		.has_key = true,
		.key = hash_of(number, 1u << 20),
		.external_id = side == SIDE_CRM ? str_of(ids.emr) : STR_EMPTY,
		.version = STR("2026-01-01T00:00:00Z"),
		.modified_ms = then_ms,
		.stages = true,
		.staged_hash = hash_of(number, 1u << 21),
	};

	return identity_put(db, sync_id, &known, &seen, err);
}

static int stage_payload(struct db *db, int64_t number, enum staged_state state, int64_t link_id, int64_t *ret_id,
                         struct err *err)
{
	const struct ids ids = ids_of(number);
	struct staged s = { .sync_id = sync_id,
		            .side = SIDE_EMR,
		            .door = DOOR_WEBHOOK,
		            .state = state,
		            .priority = STAGED_LIVE,
		            .link_id = link_id,
		            .record_id = str_of(ids.emr),
		            .event = STR("patient.updated"),
		            .modified_ms = then_ms,
		            .received_ms = then_ms,
		            .hash = hash_of(number, 1u << 21),
		            .sealed = str_range(noise, PAYLOAD) };

	if (stage_insert(db, &s, err) < 0)
		return err_pass(err);
	*ret_id = s.id;
	return 0;
}

static int insert_pair(struct db *db, int64_t number, struct err *err)
{
	const struct ids ids = ids_of(number);
	struct link link = { .sync_id = sync_id,
		             .state = LINK_LINKED,
		             .emr_id = str_of(ids.emr),
		             .crm_id = str_of(ids.crm),
		             .how = STR("created"),
		             .base = str_range(noise, BASE),
		             .emr_hash = hash_of(number, 1u << 21),
		             .emr_modified_ms = then_ms,
		             .crm_modified_ms = then_ms,
		             .created_ms = then_ms,
		             .settled_ms = then_ms,
		             .mapping_version = 1 };
	int64_t staged_id;

	if (link_insert(db, &link, err) < 0 || stage_payload(db, number, STAGED_DONE, link.id, &staged_id, err) < 0 ||
	    put_identity(db, number, SIDE_EMR, err) < 0)
		return err_pass(err);
	return put_identity(db, number, SIDE_CRM, err);
}

struct fill {
	int64_t from, to;
};

static int fill_page(struct db *db, void *context, struct err *err)
{
	const struct fill *fill = context;

	for (int64_t i = fill->from; i < fill->to; i++) {
		if (insert_pair(db, i, err) < 0)
			return err_pass(err);
	}
	return 0;
}

static double fill_to(struct store *store, int64_t from, int64_t to)
{
	int64_t start = clock_mono_ns();
	struct err err = ERR_INIT;

	for (int64_t i = from; i < to; i += FILL_PAGE) {
		struct fill page = { i, MIN_OF(i + FILL_PAGE, to) };

		check(store_write(store, RELAXED, fill_page, &page, &err) == 0, err.text);
	}
	return (double)(clock_mono_ns() - start) / 1e9;
}

/* ---- a page of edits ---- */

struct sheet {
	struct arena *arena;
	int64_t number[PAGE];
	int64_t staged_id[PAGE];
	struct link link[PAGE];
	int64_t owed_id[PAGE];
	size_t owed;
};

static int capture(struct db *db, void *context, struct err *err)
{
	struct sheet *page = context;

	for (size_t i = 0; i < PAGE; i++) {
		if (put_identity(db, page->number[i], SIDE_EMR, err) < 0 ||
		    stage_payload(db, page->number[i], STAGED_WAITING, 0, &page->staged_id[i], err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int look_up(struct db *db, void *context, struct err *err)
{
	struct sheet *page = context;

	for (size_t i = 0; i < PAGE; i++) {
		const struct ids ids = ids_of(page->number[i]);
		struct known known;
		bool found, known_there, owes;

		if (link_by_emr(db, page->arena, sync_id, str_of(ids.emr), &page->link[i], &found, err) < 0 ||
		    identity_get(db, page->arena, sync_id, SIDE_CRM, str_of(ids.crm), &known, &known_there, err) < 0)
			return err_pass(err);
		check(found && known_there, "a pair that was built is not there");
		if (outbox_owes(db, page->link[i].id, &owes, err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int decide(struct db *db, void *context, struct err *err)
{
	const struct sheet *page = context;
	const struct looked looked = { { then_ms, then_ms }, { then_ms, then_ms } };

	for (size_t i = 0; i < PAGE; i++) {
		const struct link *link = &page->link[i];
		struct owed owed = { .sync_id = sync_id,
			             .link_id = link->id,
			             .staged_id = page->staged_id[i],
			             .side = SIDE_CRM,
			             .op = WRITE_UPDATE,
			             .priority = OWED_NORMAL,
			             .record_id = link->crm_id,
			             .body = str_range(noise, BODY),
			             .created_ms = then_ms };

		if (stage_settle(db, page->staged_id[i], STAGED_OWED, OUTCOME_UPDATED, link->id, NULL, err) < 0 ||
		    link_look(db, link->id, &looked, err) < 0 || outbox_add(db, &owed, err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int deliver(struct db *db, void *context, struct err *err)
{
	struct sheet *page = context;
	const struct owed_query query = { sync_id, SIDE_CRM, OWED_NORMAL, then_ms, 0, PAGE };
	struct owed *owed;

	if (outbox_due(db, page->arena, &query, &owed, &page->owed, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < page->owed; i++)
		page->owed_id[i] = owed[i].id;
	check(page->owed == PAGE, "not all that is owed is due");
	return 0;
}

static int settle(struct db *db, void *context, struct err *err)
{
	const struct sheet *page = context;

	for (size_t i = 0; i < PAGE; i++) {
		struct link link = page->link[i];

		link.base = str_range(noise, BASE);
		link.staged_id = page->staged_id[i];
		link.settled_ms = then_ms;
		if (outbox_done(db, page->owed_id[i], err) < 0 ||
		    link_settle(db, &link, &(struct looked) { 0 }, err) < 0 ||
		    stage_finish(db, page->staged_id[i], err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int match(struct db *db, void *context, struct err *err)
{
	const struct sheet *page = context;

	for (size_t i = 0; i < PAGE; i++) {
		struct known *found;
		size_t count, others;
		struct digest16 key = hash_of(page->number[i], 1u << 22);

		if (identity_with_key(db, page->arena, sync_id, SIDE_CRM, key, &found, &count, err) < 0 ||
		    identity_with_external(db, page->arena, sync_id, SIDE_CRM, STR("pat-nobody"), &found, &others,
		                           err) < 0)
			return err_pass(err);
		check(count + others == 0, "somebody new was found");
	}
	return 0;
}

/* ---- measuring ---- */

static const struct station {
	const char *name;
	store_fn walk;
	bool writes;
} stations[] = { { "capture", capture, true },  { "look up", look_up, false }, { "decide", decide, true },
	         { "deliver", deliver, false }, { "settle", settle, true },    { "match", match, false } };

enum { STATIONS = ARRAY_LEN(stations) };

static int64_t walk(struct store *store, const struct station *station, struct sheet *page)
{
	struct err err = ERR_INIT;
	int64_t start = clock_mono_ns();

	check((station->writes ? store_write(store, RELAXED, station->walk, page, &err)
	                       : store_read(store, station->walk, page, &err)) == 0,
	      err.text);
	return clock_mono_ns() - start;
}

/* No pair twice: n -> n * step + shift runs over all of them. */
static void choose(struct sheet *page, int64_t first, int64_t pairs, int64_t round)
{
	static const int64_t step = 7368787; /* a prime that no size is a multiple of */

	for (int64_t i = 0; i < PAGE; i++)
		page->number[i] =
		        (int64_t)((uint64_t)(first + i + 1) * (uint64_t)step + (uint64_t)round * 7919) % pairs;
}

static void measure_round(struct store *store, int64_t pairs, int64_t round, int64_t *took)
{
	for (int64_t p = 0; p < PAGES; p++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct sheet page = { .arena = &arena };

		choose(&page, (round * PAGES + p) * PAGE, pairs, round);
		for (size_t i = 0; i < STATIONS; i++)
			took[i] += walk(store, &stations[i], &page);
	}
}

static int read_bytes(struct db *db, void *context, struct err *err)
{
	static const struct statement BYTES = {
		.sqlite = "SELECT page_count * page_size AS n FROM pragma_page_count(), pragma_page_size()",
		.postgres =
		        "SELECT SUM(pg_total_relation_size(oid))::bigint AS n FROM pg_class WHERE relkind = 'r' AND "
		        "relnamespace = current_schema()::regnamespace"
	};

	return db_number(db, &BYTES, BIND_NOTHING, 0, context, err);
}

static void measure(struct store *store, int64_t pairs, double fill_s)
{
	int64_t best[STATIONS] = { 0 }, bytes = 0, total = 0;
	struct err err = ERR_INIT;

	check(store_read(store, read_bytes, &bytes, &err) == 0, err.text);
	for (int64_t round = 0; round < ROUNDS; round++) {
		int64_t took[STATIONS] = { 0 };

		measure_round(store, pairs, round, took);
		for (size_t i = 0; i < STATIONS; i++)
			best[i] = round == 0 ? took[i] : MIN_OF(best[i], took[i]);
	}
	printf("| %lld ", (long long)pairs);
	for (size_t i = 0; i < STATIONS; i++) {
		printf("| %.1f ", (double)best[i] / 1e3 / (PAGES * PAGE));
		total += best[i];
	}
	printf("| %.1f | %lld | %.0f |\n", (double)total / 1e3 / (PAGES * PAGE), (long long)(bytes / pairs), fill_s);
	fflush(stdout);
}

static void run(struct store *store, int64_t most)
{
	int64_t there = 0;

	printf("us a record, %s\n\n| pairs |", "pages of 200");
	for (size_t i = 0; i < STATIONS; i++)
		printf(" %s |", stations[i].name);
	printf(" together | bytes a pair | built in s |\n|---|---|---|---|---|---|---|---|---|---|\n");
	for (int64_t pairs = 10000; pairs <= most; pairs *= 10) {
		double fill_s = fill_to(store, there, pairs);

		there = pairs;
		measure(store, pairs, fill_s);
	}
}

static const char *option(int argc, char **argv, const char *name, const char *fallback)
{
	for (int i = 1; i + 1 < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	}
	return fallback;
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/suture-bench-XXXXXX", own[64];
	const char *url = option(argc, argv, "--store", NULL);
	struct store *store = NULL;
	struct err err = ERR_INIT;
	int64_t most = 0;

	check(str_to_i64(str_of(option(argc, argv, "--most", "100000")), &most), "--most is a number");
	check(mkdtemp(folder) != NULL, "mkdtemp");
	for (size_t i = 0; i < PAYLOAD; i++)
		noise[i] = (char)mix(i);
	snprintf(own, sizeof(own), "%s/scale.db", folder);
	check(store_open(url ? url : own, &store, &err) == 0, err.text);
	run(store, most);
	store_close(&store);
	unlink(own); /* not there where --store was given; its log goes with store_close */
	return rmdir(folder);
}
