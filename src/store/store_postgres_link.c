/*
 * store_postgres_link: connecting, the settings of a session, the url.
 *
 * Whatever libpq knows may stand in the url: hosts, a service, TLS (sslmode=verify-full&sslrootcert=...). What Suture sets stands around it:
 * defaults that the url may change before it, what our code relies on after it.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "store/store_postgres.h"

enum { OLDEST_SERVER = 130000, SQL_BYTES = 4096, FIRST_NAP_MS = 20, LONGEST_NAP_MS = 1000 };
/* Shorter than a lease (sync/lease.h): a daemon that stands still must not keep the others from taking its work over. */
enum { STANDSTILL_MS = 10000 };

static void say_nothing(void *context UNUSED, const char *text UNUSED) {}

void pg_disconnect(struct store_conn *conn)
{
	if (conn->pg)
		PQfinish(conn->pg);
	conn->pg = NULL;
}

static bool is_shown(const char *keyword, const PQconninfoOption *option)
{
	return option->val && strcmp(option->keyword, keyword) == 0;
}

void pg_place_name(const struct store_place *place, struct buf *out)
{
	static const char *const shown[][2] = {
		{ "dbname", "" }, { "host", " at " }, { "hostaddr", " at " }, { "port", ":" }
	};
	PQconninfoOption *options = PQconninfoParse(place->path, NULL);

	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		for (const PQconninfoOption *o = options; o && o->keyword; o++)
			if (is_shown(shown[i][0], o))
				buf_printf(out, "%s%s", shown[i][1], o->val);
	PQconninfoFree(options);
	if (place->schema)
		buf_printf(out, ", schema %s", place->schema);
	if (out->len == 0)
		buf_add_c(out, "of the default server");
}

/* ---- one connection */

/*
 * No plan may depend on figures that the server gathers later: an import begins with empty tables and ends with millions of rows in the
 * minute before the first ANALYZE. Every statement of Suture has its index, so the index is what is used; the compiler of long queries would
 * only see the price of a scan that is forbidden. What is not said in a BEGIN is READ COMMITTED, whatever the server's or the role's own setting is. A writer that
 * stands still in a transaction holds all others up, so it is put out; a reader holds up nobody, and a copy (store_copy.c) may be long at its disk.
 */
static void session_script(const struct store_conn *conn, struct buf *out)
{
	buf_printf(out,
	           "SET enable_seqscan TO off; SET jit TO off; SET plan_cache_mode TO force_generic_plan;"
	           "SET client_min_messages TO warning; SET default_transaction_isolation TO 'read committed';"
	           "SET lock_timeout TO %" PRId64 ";",
	           conn->place->busy_ms);
	/* A join of a writer is that of a chunk's rows with the table they are about, which is large or will be. */
	if (conn->role == STORE_READER)
		buf_add_c(out,
		          "SET default_transaction_read_only TO on; SET idle_in_transaction_session_timeout TO 0;");
	else
		buf_printf(out,
		           "SET enable_hashjoin TO off; SET enable_mergejoin TO off;"
		           "SET idle_in_transaction_session_timeout TO %" PRId64 ";",
		           MIN_OF(MAX_OF(conn->place->busy_ms, 1000), (int64_t)STANDSTILL_MS));
	if (conn->place->schema)
		buf_printf(out, "SET search_path TO \"%s\";", conn->place->schema);
}

int pg_plain(struct store_conn *conn, const char *sql, PGresult **ret, struct err *err)
{
	PGresult *result = PQexec(conn->pg, sql);
	ExecStatusType status = PQresultStatus(result);
	int code = 0;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		code = pg_problem(conn, result, err);
	if (ret && code == 0)
		*ret = result;
	else
		PQclear(result);
	return code;
}

static int set_up(struct store_conn *conn, struct err *err)
{
	SCOPED(buf) struct buf script = BUF_INIT(SQL_BYTES);

	if (PQserverVersion(conn->pg) < OLDEST_SERVER)
		return err_set(err, ERR_UNSUPPORTED, "the server is PostgreSQL %d: Suture needs 13 or newer",
		               PQserverVersion(conn->pg) / 10000);
	session_script(conn, &script);
	return pg_plain(conn, buf_text(&script), NULL, err);
}

int pg_connect(struct store_conn *conn, struct err *err)
{
	/* After the url: texts are UTF-8. Before it: half a minute is the longest that a dead network is believed in. */
	const char *const keywords[] = { "connect_timeout",
		                         "keepalives_idle",
		                         "tcp_user_timeout",
		                         "fallback_application_name",
		                         "dbname",
		                         "client_encoding",
		                         NULL };
	const char *const values[] = { "10", "15", "30000", "suture", conn->place->path, "UTF8", NULL };

	ensure(!conn->pg);
	conn->passing = false;
	conn->pg = PQconnectdbParams(keywords, values, 1);
	must(conn->pg != NULL);
	PQsetNoticeProcessor(conn->pg, say_nothing, NULL);
	if (PQstatus(conn->pg) != CONNECTION_OK ? pg_no_connection(conn, err) < 0 : set_up(conn, err) < 0) {
		pg_disconnect(conn);
		return err_pass(err);
	}
	conn->session++;
	conn->lost = false;
	conn->count = 0;
	conn->failed.code = ERR_OK;
	must(PQenterPipelineMode(conn->pg) == 1);
	return 0;
}

int pg_reconnect(struct store_conn *conn, struct err *err)
{
	int64_t start = clock_mono_ns(), nap = FIRST_NAP_MS;

	pg_disconnect(conn);
	while (pg_connect(conn, err) < 0) {
		if (!conn->passing || (clock_mono_ns() - start) / 1000000 + nap >= conn->place->busy_ms)
			return err_pass(err);
		clock_sleep_ms(nap);
		nap = MIN_OF(nap * 2, LONGEST_NAP_MS);
	}
	conn->passing = false;
	return 0;
}

bool pg_alive(struct store_conn *conn)
{
	struct pollfd poll_fd = { .events = POLLIN };

	if (!conn->pg || PQstatus(conn->pg) != CONNECTION_OK)
		return false;
	poll_fd.fd = PQsocket(conn->pg);
	if (poll(&poll_fd, 1, 0) <= 0)
		return true;
	return PQconsumeInput(conn->pg) && PQstatus(conn->pg) == CONNECTION_OK;
}
