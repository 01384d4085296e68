/*
 * A database server: each process that is at work at the same time has a schema, which is used again for each of its points. The scenario was prepared in another
 * one, which nobody writes to meanwhile; to set a schema back all its rows go and those of the other one come.
 *
 * What was tried for that, with the 40 tables of the schema: README.md.
 */
#include "crash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../test_store.h"

enum { TRUNCATE_EACH = 64 };

/* $1: the schema, $2: the one it becomes like, $3: how rows go. The order does not matter where nobody looks at references. */
static const char set_back[] =
        "SELECT string_agg(CASE relkind WHEN 'S' THEN"
        " format('SELECT setval(''%1$I.%3$I'', last_value, is_called) FROM %2$I.%3$I', $1::text, $2::text, relname)"
        " ELSE format('%4$s %1$I.%3$I; INSERT INTO %1$I.%3$I SELECT * FROM %2$I.%3$I', $1::text, $2::text, relname, "
        "$3::text) END, ';')"
        " FROM pg_class WHERE relnamespace = $2::regnamespace AND relkind IN ('r', 'S')";

/* A process that was killed is gone before its sessions are. */
static const char end_sessions[] =
        "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE application_name = $1";

static PGresult *ask(PGconn *pg, const char *sql, int count, const char *const *values)
{
	PGresult *result = PQexecParams(pg, sql, count, NULL, values, NULL, NULL, 0);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		defs_abort("ask the tests' server", PQresultErrorMessage(result), __FILE__, __LINE__);
	return result;
}

static PGconn *connect_to(void)
{
	PGconn *pg = PQconnectdb(getenv("SUTURE_TEST_STORE"));

	if (PQstatus(pg) != CONNECTION_OK)
		defs_abort("reach the tests' server", PQerrorMessage(pg), __FILE__, __LINE__);
	PQclear(PQexec(pg, "SET session_replication_role = replica; SET client_min_messages = error"));
	return pg;
}

/* The process's own; made anew where the server was killed. */
static PGconn *server(void)
{
	static PGconn *pg;
	static pid_t whose;

	if (whose != getpid())
		pg = NULL; /* the parent's */
	whose = getpid();
	if (pg)
		PQclear(PQexec(pg, "SELECT 1"));
	if (pg && PQstatus(pg) != CONNECTION_OK)
		PQfinish(pg);
	else if (pg)
		return pg;
	pg = connect_to();
	return pg;
}

static const char *join(struct arena *arena, const char *setting, const char *schema)
{
	const char *url = getenv("SUTURE_TEST_STORE");

	return arena_printf(arena, "%s%capplication_name=%s&%s%s&quiet=1", url, strchr(url, '?') ? '&' : '?', schema,
	                    setting, schema)
	        .at;
}

/* The schema is there: it need not be made, for which there is another connection. */
const char *server_url(struct arena *arena, const char *schema)
{
	return join(arena, "options=-csearch_path%3D", schema);
}

void server_schema(int worker, char *ret, size_t size)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	static pid_t program;
	struct err err = ERR_INIT;
	struct store *store;

	if (!program)
		program = getpid();
	snprintf(ret, size, "crash_%d_%d", (int)program, worker);
	if (store_open(arena_printf(&arena, "trace:%s", join(&arena, "schema=", ret)).at, &store, &err) < 0)
		fail_msg("%s", err.text);
	store_close(&store);
}

void server_fresh(const struct world *w, const char *schema)
{
	static int64_t times;
	const char *const values[] = { schema, w->schema, times++ % TRUNCATE_EACH == 0 ? "TRUNCATE" : "DELETE FROM" };
	PGconn *pg = server();
	PGresult *script, *done;

	PQclear(ask(pg, end_sessions, 1, values));
	script = ask(pg, set_back, ARRAY_LEN(values), values);
	done = PQexec(pg, PQgetvalue(script, 0, 0));
	if (PQresultStatus(done) == PGRES_FATAL_ERROR)
		defs_abort("set a schema back", PQresultErrorMessage(done), __FILE__, __LINE__);
	PQclear(done);
	PQclear(script);
}

static int read_name(struct db *db, void *context, struct err *err)
{
	static const struct statement NAME = { "SELECT current_schema() AS name" };
	struct world *w = context;
	ROWS rows = NULL;

	if (db_select(db, &NAME, BIND_NOTHING, &rows, err) < 0 || rows_next(rows, err) < 0)
		return err_pass(err);
	snprintf(w->schema, sizeof(w->schema), "%.*s", STR_ARG(row_text(rows, "name")));
	return 0;
}

void server_name_schema(struct world *w)
{
	struct err err = ERR_INIT;

	if (store_read(w->rig.engine.store, read_name, w, &err) < 0)
		fail_msg("%s", err.text);
}
