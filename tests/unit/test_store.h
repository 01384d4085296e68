/*
 * test_store: where a test's store is: an SQLite file, or a schema of the server that SUTURE_TEST_STORE names (tools/postgres-cluster
 * prints such a url). Included by each program.
 *
 *	store_open(test_store_url(&arena, folder), ...)   as often as the test likes: the same folder, the same store
 *	test_store_forget(folder)                         after the last store_close
 *
 * A schema costs a hundred files, so a program empties its schemas and uses them again: they are those of its first store_open, which
 * brings them up. They go with the server.
 */
#ifndef SUTURE_TESTS_TEST_STORE_H
#define SUTURE_TESTS_TEST_STORE_H

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

/* A store that is opened once: on SQLite it needs no folder. */
#define TEST_STORE_ONCE ":memory:"

enum { TEST_SCHEMAS = 16 };

struct test_schema {
	char name[40];
	char folder[128]; /* whose it is; "": free */
};

/* All tables but those that a new schema has rows in. */
static const char test_store_list[] =
        "SELECT COALESCE(string_agg(CASE WHEN relkind = 'S' THEN format('SELECT setval(%L, 1, false)', oid::regclass)"
        " WHEN relname = 'run_number' THEN format('UPDATE %s SET last = 0', oid::regclass)"
        " ELSE format('DELETE FROM %s', oid::regclass) END, ';'), '') FROM pg_class"
        " WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'S') AND relname <> 'schema_step'";

static inline struct test_schema *test_store_schema(const char *folder)
{
	static struct test_schema schemas[TEST_SCHEMAS];

	for (size_t i = 0; i < TEST_SCHEMAS; i++)
		if (schemas[i].name[0] && strcmp(schemas[i].folder, folder) == 0)
			return &schemas[i];
	for (size_t i = 0; i < TEST_SCHEMAS; i++) {
		if (schemas[i].folder[0])
			continue;
		snprintf(schemas[i].name, sizeof(schemas[i].name), "t%d_%lx", (int)getpid(),
		         (unsigned long)(uintptr_t)&schemas[i]);
		snprintf(schemas[i].folder, sizeof(schemas[i].folder), "%s", folder);
		return &schemas[i];
	}
	unreachable("more stores at once than a test should have");
}

static inline bool test_store_is_server(void)
{
	return getenv("SUTURE_TEST_STORE") != NULL;
}

/* A schema of a server whose url may have settings already. */
static inline const char *test_store_join(struct arena *arena, const char *server, const struct test_schema *schema)
{
	return arena_printf(arena, "%s%cschema=%s", server, strchr(server, '?') ? '&' : '?', schema->name).at;
}

static inline const char *test_store_url(struct arena *arena, const char *folder)
{
	const char *server = getenv("SUTURE_TEST_STORE");

	if (server)
		return test_store_join(arena, server, test_store_schema(folder));
	if (strcmp(folder, TEST_STORE_ONCE) == 0)
		return TEST_STORE_ONCE;
	return arena_printf(arena, "%s/test.db", folder).at;
}

static inline void test_store_forget(const char *folder)
{
	const char *server = getenv("SUTURE_TEST_STORE");
	struct test_schema *schema = server ? test_store_schema(folder) : NULL;
	const char *const name[] = { schema ? schema->name : NULL };
	PGconn *pg;
	PGresult *list, *emptied;

	if (!server)
		return;
	pg = PQconnectdb(server);
	list = PQexecParams(pg, test_store_list, 1, NULL, name, NULL, NULL, 0);
	emptied = PQexec(pg, PQntuples(list) ? PQgetvalue(list, 0, 0) : "");
	if (PQresultStatus(emptied) == PGRES_FATAL_ERROR)
		defs_abort("empty a schema", PQresultErrorMessage(emptied), __FILE__, __LINE__);
	PQclear(emptied);
	PQclear(list);
	PQfinish(pg);
	schema->folder[0] = '\0';
}

#endif
