/*
 * bench/store: what the store's own calls cost on top of SQLite's.
 *
 * Both sides insert the same rows (two unique indexes, a 300-byte blob) into a new file, 200 in a transaction, relaxed and
 * in a write-ahead log; closing, which brings all to the file, counts. The floor calls SQLite directly with a statement that is prepared once. Rounds alternate, the best of
 * each counts, so that another process's load does not decide. Goal: 7 to 14 us a row.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/clock.h"
#include "store/store_parts.h"

enum { PAGES = 200, PAGE = 200, ROUNDS = 3, BLOB = 300 };

static const char CREATE[] =
        "CREATE TABLE item (id INTEGER PRIMARY KEY, side BIGINT, outer_id TEXT, hash BLOB, body BLOB,"
        " UNIQUE (side, outer_id));"
        "CREATE UNIQUE INDEX item_hash ON item (hash)";
static const struct migration steps[] = { { "items", CREATE, NULL } };
static const struct statement INSERT_ITEM = {
	.sql = "INSERT INTO item (side, outer_id, hash, body) VALUES ($1, $2, $3, $4)"
};

struct item {
	char outer_id[24];
	int outer_len;
	uint64_t hash;
	char body[BLOB];
};

/* Hashes come in no order, as they do in the field; ids in the order of the far side. */
static void make_item(struct item *item, int64_t number)
{
	item->outer_len = snprintf(item->outer_id, sizeof(item->outer_id), "pat-%012lld", (long long)number);
	item->hash = (uint64_t)(number + 1) * 0x9E3779B97F4A7C15u;
	for (size_t i = 0; i < BLOB; i++)
		item->body[i] = (char)(item->hash >> (i % 57));
}

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench store: %s failed\n", what);
	exit(1);
}

static int insert_page(struct db *db, void *context, struct err *err)
{
	int64_t *page = context;

	for (int64_t i = 0; i < PAGE; i++) {
		struct item item;
		int result;

		make_item(&item, *page * PAGE + i);
		result = db_run(db, &INSERT_ITEM,
		                BIND(bind_int(1), bind_text(str_range(item.outer_id, (size_t)item.outer_len)),
		                     bind_blob(str_range((char *)&item.hash, sizeof(item.hash))),
		                     bind_blob(str_range(item.body, BLOB))),
		                err);
		if (result < 0)
			return result;
	}
	return 0;
}

static int64_t run_store(const char *path)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;
	int64_t start;

	check(store_open_with(path, steps, ARRAY_LEN(steps), &store, &err) == 0, err.text);
	start = clock_mono_ns();
	for (int64_t page = 0; page < PAGES; page++)
		check(store_write(store, RELAXED, insert_page, &page, &err) == 0, err.text);
	store_close(&store);
	return clock_mono_ns() - start;
}

static void run_raw(sqlite3 *db, const char *sql)
{
	check(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

static void insert_raw(sqlite3_stmt *stmt, int64_t number)
{
	struct item item;

	make_item(&item, number);
	sqlite3_bind_int64(stmt, 1, 1);
	sqlite3_bind_text(stmt, 2, item.outer_id, item.outer_len, SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 3, &item.hash, sizeof(item.hash), SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 4, item.body, BLOB, SQLITE_STATIC);
	check(sqlite3_step(stmt) == SQLITE_DONE, "insert");
	sqlite3_reset(stmt);
}

static int64_t run_floor(const char *path)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	int64_t start;

	check(sqlite3_open(path, &db) == SQLITE_OK, "open");
	run_raw(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000;"
	            "PRAGMA wal_autocheckpoint=4000");
	run_raw(db, CREATE);
	check(sqlite3_prepare_v2(db, INSERT_ITEM.sql, -1, &stmt, NULL) == SQLITE_OK, "prepare");
	start = clock_mono_ns();
	for (int64_t page = 0; page < PAGES; page++) {
		run_raw(db, "BEGIN IMMEDIATE");
		for (int64_t i = 0; i < PAGE; i++)
			insert_raw(stmt, page * PAGE + i);
		run_raw(db, "COMMIT");
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return clock_mono_ns() - start;
}

static int64_t best_of(int64_t best, int64_t (*run)(const char *path), const char *folder)
{
	char path[80];
	int64_t took;

	snprintf(path, sizeof(path), "%s/x.db", folder);
	took = run(path);
	check(unlink(path) == 0, "unlink");
	return best == 0 || took < best ? took : best;
}

int main(void)
{
	char folder[] = "/tmp/suture-bench-XXXXXX";
	int64_t ours = 0;
	int64_t floor = 0;

	check(mkdtemp(folder) != NULL, "mkdtemp");
	for (int i = 0; i < ROUNDS; i++) {
		/* The store first: it sets SQLite's library up, and both then have the same. */
		ours = best_of(ours, run_store, folder);
		floor = best_of(floor, run_floor, folder);
	}
	rmdir(folder);
	printf("store: %.2f us a row, floor (SQLite alone) %.2f us, ratio %.2f\n", (double)ours / (PAGES * PAGE) / 1000,
	       (double)floor / (PAGES * PAGE) / 1000, (double)ours / (double)floor);
	return 0;
}
