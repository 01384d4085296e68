/*
 * store_postgres_listen: LISTEN on a connection of its own, which is idle but for that. What was said while it was gone is not heard: after each connecting
 * everything may have been said.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/store_postgres.h"

enum { AGAIN_MS = 1000, SQL_BYTES = 100 };

/* Each schema is a Suture of its own. The schema that was asked for, not one that the server chose; no schema has a name in upper case (store_postgres.c). */
static const char *channel_of(const struct store_place *place)
{
	return place->schema ? place->schema : "SUTURE";
}

static int begin(struct store_conn *conn, struct err *err)
{
	char sql[SQL_BYTES];

	if (pg_connect(conn, err) < 0)
		return err_pass(err);
	must(PQexitPipelineMode(conn->pg) == 1);
	snprintf(sql, sizeof(sql), "LISTEN \"%s\"", channel_of(conn->place));
	return pg_plain(conn, sql, NULL, err);
}

static void take_all(struct store_conn *conn, const struct store_told *told)
{
	PGnotify *n;

	while ((n = PQnotifies(conn->pg)) != NULL) {
		told->on_told(told->context, strtoll(n->extra, NULL, 10));
		PQfreemem(n);
	}
}

/* Until the server hangs up, or it must end. */
static void hear(struct store_conn *conn, const struct store_told *told, int bell)
{
	struct pollfd fds[] = { { .fd = PQsocket(conn->pg), .events = POLLIN }, { .fd = bell, .events = POLLIN } };

	told->on_told(told->context, 0);
	while (poll(fds, ARRAY_LEN(fds), -1) > 0 && !fds[1].revents && PQconsumeInput(conn->pg))
		take_all(conn, told);
}

void pg_listen(const struct store_place *place, const struct store_told *told, atomic_bool *stop, int bell)
{
	struct store_conn conn = { .place = place, .role = STORE_READER };

	while (!atomic_load(stop)) {
		struct pollfd ended = { .fd = bell, .events = POLLIN };
		struct err ignored = ERR_INIT; /* others say that the database is gone */

		if (begin(&conn, &ignored) == 0)
			hear(&conn, told, bell);
		pg_disconnect(&conn);
		if (!atomic_load(stop))
			poll(&ended, 1, AGAIN_MS);
	}
}

int pg_tell(struct db *db, const struct store_place *place, int64_t what, struct err *err)
{
	static const struct statement TELL = { "SELECT pg_notify($1, $2)" };
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)what);
	return db_run(db, &TELL, BIND(bind_text(str_of(channel_of(place))), bind_text(str_of(text))), err);
}
