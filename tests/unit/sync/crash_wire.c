/*
 * What is said to a database server: the linker lays these functions over those of its library (meson.build: --wrap).
 *
 *	PQsend...          a message; the library holds it. The point "message"
 *	PQpipelineSync     what is held goes to the server. The point "send"; so does a script at once (PQexec)
 *	PQgetResult        the first one behind that. The point "reply"
 *
 * The store's writer is another thread than the engine's, but never at work at the same time: the engine waits for each commit (hand.h). So the n-th is the same one
 * each time.
 */
#include "crash.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PATIENCE_MS = 30000, CHUNK = 4096 };

static struct fault *points;
static char about[100];
static _Thread_local const PGconn *asked; /* it was sent something, and nothing was read since */

void wire_seam(struct fault *fault)
{
	points = fault;
}

void wire_about(const char *statement)
{
	snprintf(about, sizeof(about), "%s", statement);
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
int __real_PQsendQueryParams(PGconn *pg, const char *sql, int count, const Oid *types, const char *const *values,
                             const int *lengths, const int *formats, int format);
int __wrap_PQsendQueryParams(PGconn *pg, const char *sql, int count, const Oid *types, const char *const *values,
                             const int *lengths, const int *formats, int format);
int __real_PQsendPrepare(PGconn *pg, const char *name, const char *sql, int count, const Oid *types);
int __wrap_PQsendPrepare(PGconn *pg, const char *name, const char *sql, int count, const Oid *types);
int __real_PQsendQueryPrepared(PGconn *pg, const char *name, int count, const char *const *values, const int *lengths,
                               const int *formats, int format);
int __wrap_PQsendQueryPrepared(PGconn *pg, const char *name, int count, const char *const *values, const int *lengths,
                               const int *formats, int format);
int __real_PQpipelineSync(PGconn *pg);
int __wrap_PQpipelineSync(PGconn *pg);
PGresult *__real_PQgetResult(PGconn *pg);
PGresult *__wrap_PQgetResult(PGconn *pg);
PGresult *__real_PQexec(PGconn *pg, const char *sql);
PGresult *__wrap_PQexec(PGconn *pg, const char *sql);

/* ---- what strikes ---- */

/* Nothing that was under way to us is heard either. */
static void cut(const PGconn *pg)
{
	char bytes[CHUNK];

	shutdown(PQsocket(pg), SHUT_RDWR);
	while (recv(PQsocket(pg), bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

/* The server answers once all that was sent is carried out. */
static void until_carried_out(PGconn *pg)
{
	struct pollfd answer = { .fd = PQsocket(pg), .events = POLLIN };

	if (PQisBusy(pg))
		must(poll(&answer, 1, PATIENCE_MS) == 1);
}

static void end_session(const PGconn *pg)
{
	PGconn *other = PQconnectdb(getenv("SUTURE_TEST_STORE"));
	char sql[100];
	PGresult *result;

	snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d, %d)", PQbackendPID(pg), PATIENCE_MS);
	result = __real_PQexec(other, sql);
	must(PQresultStatus(result) == PGRES_TUPLES_OK);
	PQclear(result);
	PQfinish(other);
}

/* As if its machine had been switched off and on again. */
static void restart(const PGconn *pg)
{
	char command[300];

	snprintf(command, sizeof(command), "%s/tools/postgres-cluster restart %s immediate", SOURCE_ROOT, PQhost(pg));
	must(system(command) == 0); /* NOLINT(cert-env33-c): the url is the tests' own */
}

static void strike(PGconn *pg, enum fault_seam seam)
{
	const struct fault_kind *kind = points ? fault_point(points, seam, about) : NULL;

	if (!kind)
		return;
	if (kind->act == ACT_CUT && seam == SEAM_REPLY)
		until_carried_out(pg);
	if (kind->act == ACT_CUT)
		cut(pg);
	else if (kind->act == ACT_END)
		end_session(pg);
	else
		restart(pg);
}

/* NULL: the message goes out as it is; else this one does, and the server refuses it. */
static const char *refusal(char *text, size_t size)
{
	const struct fault_kind *kind = points ? fault_point(points, SEAM_MESSAGE, about) : NULL;

	if (!kind)
		return NULL;
	snprintf(text, size,
	         "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '%s', MESSAGE = 'failed on purpose: message, %s'; END $$",
	         kind->sqlstate, kind->name);
	return text;
}

static int send_refusal(PGconn *pg, const char *text)
{
	return __real_PQsendQueryParams(pg, text, 0, NULL, NULL, NULL, NULL, 1);
}

/* ---- what is laid over ---- */

int __wrap_PQsendQueryParams(PGconn *pg, const char *sql, int count, const Oid *types, const char *const *values,
                             const int *lengths, const int *formats, int format)
{
	char text[240];

	wire_about(sql);
	if (refusal(text, sizeof(text)))
		return send_refusal(pg, text);
	return __real_PQsendQueryParams(pg, sql, count, types, values, lengths, formats, format);
}

int __wrap_PQsendPrepare(PGconn *pg, const char *name, const char *sql, int count, const Oid *types)
{
	char text[240];

	wire_about(sql);
	if (refusal(text, sizeof(text)))
		return send_refusal(pg, text);
	return __real_PQsendPrepare(pg, name, sql, count, types);
}

int __wrap_PQsendQueryPrepared(PGconn *pg, const char *name, int count, const char *const *values, const int *lengths,
                               const int *formats, int format)
{
	char text[240];

	if (refusal(text, sizeof(text)))
		return send_refusal(pg, text);
	return __real_PQsendQueryPrepared(pg, name, count, values, lengths, formats, format);
}

int __wrap_PQpipelineSync(PGconn *pg)
{
	strike(pg, SEAM_SEND);
	asked = pg;
	return __real_PQpipelineSync(pg);
}

PGresult *__wrap_PQgetResult(PGconn *pg)
{
	if (asked == pg) {
		asked = NULL;
		strike(pg, SEAM_REPLY);
	}
	return __real_PQgetResult(pg);
}

PGresult *__wrap_PQexec(PGconn *pg, const char *sql)
{
	wire_about(sql);
	strike(pg, SEAM_SEND);
	return __real_PQexec(pg, sql);
}
/* NOLINTEND(bugprone-reserved-identifier) */
