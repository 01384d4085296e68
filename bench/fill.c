/*
 * fill: makes a store of many links out of one of few.
 *
 *	bench_fill DATABASE LINKS
 *
 * Copies the links of a store that an import has filled, with the identities of both sides and the payloads, until there are at least LINKS links, in
 * one transaction. Record ids get a number behind them; what has to be unique or selective (keys of people, hashes of names) differs from copy to copy.
 * The far systems know nothing of the copies: what is measured on such a store must not ask for them. Columns are taken from the database, so
 * that a migration does not have to be told here. Nothing but the database may be open on the file. Prints {"links","megabytes"}.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/str.h"

enum { SQL_MAX = 16 * 1024 };

/* How a column of copy number ?1 is made of the original's; ?2: by how much the ids of links, ?3: those of payloads, ?4: of identities are moved. */
static const struct rule {
	const char *table, *column, *expression;
} rules[] = {
	{ "link", "id", "id + ?1 * ?2" },
	{ "link", "emr_id", "emr_id || '-' || ?1" },
	{ "link", "crm_id", "crm_id || '-' || ?1" },
	{ "link", "staged_id", "staged_id + ?1 * ?3" },
	{ "staged", "id", "id + ?1 * ?3" },
	{ "staged", "record_id", "record_id || '-' || ?1" },
	{ "staged", "link_id", "link_id + ?1 * ?2" },
	{ "staged", "body_of", "body_of + ?1 * ?3" },
	{ "identity", "id", "id + ?1 * ?4" },
	{ "identity", "record_id", "record_id || '-' || ?1" },
	{ "identity", "external_id", "external_id || '-' || ?1" },
	{ "identity", "match_key", "CASE WHEN match_key IS NULL THEN NULL ELSE randomblob(length(match_key)) END" },
	{ "identity", "weak_names", "weak_names + ?1" },
	{ "identity", "weak_initial", "weak_initial + ?1" },
};
static const char *const tables[] = { "link", "staged", "identity" };

static void check(bool good, sqlite3 *db, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_fill: %s: %s\n", what, db ? sqlite3_errmsg(db) : "no memory");
	exit(1);
}

static void run(sqlite3 *db, const char *sql)
{
	check(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, db, sql);
}

static sqlite3_stmt *prepared(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *ret;

	check(sqlite3_prepare_v2(db, sql, -1, &ret, NULL) == SQLITE_OK, db, sql);
	return ret;
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = prepared(db, sql);
	int64_t ret;

	check(sqlite3_step(statement) == SQLITE_ROW, db, sql);
	ret = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return ret;
}

static const char *expression_of(const char *table, const char *column)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (str_eq(str_of(rules[i].table), str_of(table)) && str_eq(str_of(rules[i].column), str_of(column)))
			return rules[i].expression;
	}
	return column;
}

/* ?5: the last original's id. */
static sqlite3_stmt *copier(sqlite3 *db, const char *table)
{
	SCOPED(buf) struct buf columns = BUF_INIT(SQL_MAX), values = BUF_INIT(SQL_MAX), sql = BUF_INIT(SQL_MAX);
	sqlite3_stmt *list;

	buf_printf(&sql, "SELECT name FROM pragma_table_info('%s')", table);
	list = prepared(db, buf_text(&sql));
	while (sqlite3_step(list) == SQLITE_ROW) {
		const char *column = (const char *)sqlite3_column_text(list, 0);
		const char *comma = columns.len ? ", " : "";

		buf_printf(&columns, "%s%s", comma, column);
		buf_printf(&values, "%s%s", comma, expression_of(table, column));
	}
	sqlite3_finalize(list);
	buf_clear(&sql);
	buf_printf(&sql, "INSERT INTO %s (%s) SELECT %s FROM %s WHERE id <= ?5 AND ?1 + ?2 + ?3 + ?4 > 0", table,
	           buf_text(&columns), buf_text(&values), table);
	return prepared(db, buf_text(&sql));
}

struct originals {
	int64_t links, last[ARRAY_LEN(tables)];
};

static void copy_table(sqlite3 *db, const struct originals *o, size_t table, int64_t copies)
{
	sqlite3_stmt *statement = copier(db, tables[table]);

	for (int64_t copy = 1; copy <= copies; copy++) {
		sqlite3_bind_int64(statement, 1, copy);
		for (size_t i = 0; i < ARRAY_LEN(tables); i++)
			sqlite3_bind_int64(statement, 2 + (int)i, o->last[i]);
		sqlite3_bind_int64(statement, 5, o->last[table]);
		check(sqlite3_step(statement) == SQLITE_DONE, db, tables[table]);
		sqlite3_reset(statement);
	}
	sqlite3_finalize(statement);
}

static void fill(sqlite3 *db, int64_t wanted)
{
	struct originals o = { number(db, "SELECT COUNT(*) FROM link"),
		               { number(db, "SELECT MAX(id) FROM link"), number(db, "SELECT MAX(id) FROM staged"),
		                 number(db, "SELECT MAX(id) FROM identity") } };

	check(o.links > 0, db, "there is no link to copy");
	run(db, "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN IMMEDIATE");
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		copy_table(db, &o, i, (wanted - 1) / o.links);
	/* On the disk before anything is measured: the kernel would write it meanwhile. */
	run(db, "COMMIT; PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)");
}

int main(int argc, char **argv)
{
	sqlite3 *db = NULL;
	int64_t wanted;

	if (argc != 3 || !str_to_i64(str_of(argv[2]), &wanted) || wanted < 1) {
		fprintf(stderr, "usage: bench_fill DATABASE LINKS\n");
		return 2;
	}
	check(sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK, db, argv[1]);
	fill(db, wanted);
	printf("{\"links\":%lld,\"megabytes\":%.1f}\n", (long long)number(db, "SELECT COUNT(*) FROM link"),
	       (double)number(db, "PRAGMA page_count") * (double)number(db, "PRAGMA page_size") / 1e6);
	sqlite3_close(db);
	return 0;
}
