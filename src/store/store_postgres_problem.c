/* store_postgres_problem: what went wrong in PostgreSQL, as an error that says what a person can do. */
#include <string.h>

#include "store/store_postgres.h"

/*
 * The first row whose letters begin the SQLSTATE. `passing`: the same transaction may well succeed when it is run again. `quiet`: the
 * server's own sentence may quote a value, so it is left out (R41). To add a state: one row.
 */
static const struct problem {
	const char *state;
	enum err_code as;
	bool passing;
	bool quiet;
	const char *advice;
} problems[] = {
	{ "23505", ERR_CONFLICT, false, false, "something else holds this place already" },
	{ "23", ERR_STORE, false, false, "a rule of the schema forbids this row; report it as a fault of Suture" },
	{ "22", ERR_DATA, false, true, "a value is not one that the database takes" },
	{ "53100", ERR_DISK_FULL, false, false,
	  "the server's disk is full: make room; what was committed before is safe" },
	{ "53200", ERR_SYSTEM, false, false, "the server's memory is gone: give it more, or stop something else" },
	{ "53300", ERR_STORE, true, false,
	  "the server has no connection left: raise its max_connections, or end other programs" },
	{ "40", ERR_STORE, true, false, "others wrote at the same time; try again" },
	{ "55P03", ERR_STORE, false, false, "another process holds the database: end it, or wait and try again" },
	{ "57014", ERR_STORE, false, false,
	  "somebody cancelled the statement, or it ran into a time limit of the server" },
	{ "25P03", ERR_STORE, true, false, "the transaction stood still for too long and was ended" },
	{ "25006", ERR_STORE, false, false, "this server may only be read: name the primary" },
	{ "57P", ERR_STORE, true, false, "the server is stopping or starting: try again when it is up" },
	{ "08", ERR_STORE, true, false, "the connection was lost; try again" },
	{ "28", ERR_CONFIG, false, false,
	  "the server does not let us in: check the user, the password and pg_hba.conf" },
	{ "3D", ERR_CONFIG, false, false, "create the database first (createdb), or check its name" },
	{ "3F", ERR_CONFIG, false, false, "the schema does not exist: check its name" },
	{ "42501", ERR_STORE, false, false,
	  "the user may not do this: make it the owner of the database, or grant it the rights on the schema" },
	{ "42", ERR_BUG, false, false, "a statement is wrong; report it as a fault of Suture" },
	{ "XX", ERR_STORE, false, false, "the server reports damage: stop Suture and look at the server's log" },
	{ "", ERR_STORE, false, false, "see the server's log" },
};

static const struct problem *find(const char *state)
{
	const struct problem *row = problems;

	while (strncmp(state, row->state, strlen(row->state)) != 0)
		row++;
	return row;
}

int pg_problem(struct store_conn *conn, const PGresult *result, struct err *err)
{
	SCOPED(buf) struct buf name = BUF_INIT(1024);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const struct problem *row;

	if (!state) /* libpq itself: the connection went */
		return pg_no_connection(conn, err);
	row = find(state);
	conn->passing = row->passing;
	pg_place_name(conn->place, &name);
	if (row->quiet || !said)
		return err_set(err, row->as, "database %s: %s (%s)", buf_text(&name), row->advice, state);
	return err_set(err, row->as, "database %s: %s (%.300s, %s)", buf_text(&name), row->advice, said, state);
}

/* libpq's sentence has several lines, one for each address that was tried, and never the password. */
static void one_line(const char *said, struct buf *out)
{
	for (; *said; said++)
		if (*said != '\n')
			buf_add_char(out, *said == '\t' ? ' ' : *said);
		else if (said[1])
			buf_add_c(out, "; ");
}

int pg_no_connection(struct store_conn *conn, struct err *err)
{
	SCOPED(buf) struct buf name = BUF_INIT(1024);
	SCOPED(buf) struct buf said = BUF_INIT(4096);

	conn->passing = true;
	pg_place_name(conn->place, &name);
	one_line(conn->pg ? PQerrorMessage(conn->pg) : "", &said);
	return err_set(err, ERR_STORE, "database %s: no connection: see that the server is up and lets us in (%.500s)",
	               buf_text(&name), buf_text(&said));
}
