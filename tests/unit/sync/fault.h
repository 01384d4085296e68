/*
 * fault: what goes wrong, where and when. A seam is a place at which the engine meets something that can fail; each passing of it is a point, and points are
 * counted. A plan is one kind of fault at the n-th point of its seam.
 *
 *	statement   each statement that the store runs (store_trace.h)       request   a call to a far side, before it is carried out
 *	commit      each commit, before it is made                           answer    the same call, carried out and not yet heard of
 *	committed   the same, behind it                                      file      each write, sync and cut of the database's files
 *
 * and of a database server, where statements are kept, put together and sent a little later (src/store/store_postgres.h):
 *
 *	message     each message before it is given to the server's library, which holds it until the next sync
 *	send        what is held, before it goes to the server               reply     the same, behind it: nothing of the answer was read
 *
 * To add a kind: one row of fault_kinds. The engine itself knows nothing of all this: the seams are wrappers of tests (crash_far.c, crash_file.c, crash_wire.c,
 * store_trace_ask), so that there is nothing to be paid for when nothing is to fail. docs/decisions/032-fault-layer.md says why.
 */
#ifndef SUTURE_TESTS_SYNC_FAULT_H
#define SUTURE_TESTS_SYNC_FAULT_H

#include <stdatomic.h>

#include "lib/err.h"

enum fault_seam {
	SEAM_STATEMENT,
	SEAM_COMMIT,
	SEAM_COMMITTED,
	SEAM_REQUEST,
	SEAM_ANSWER,
	SEAM_FILE,
	SEAM_MESSAGE,
	SEAM_SEND,
	SEAM_REPLY,
	SEAMS
};
extern const char *const fault_seams[SEAMS];

enum fault_act {
	ACT_DIE,     /* the process is killed (SIGKILL): it can clean nothing up */
	ACT_TORN,    /* file: half of the bytes are written, then it ends */
	ACT_FAIL,    /* with `code` */
	ACT_HALF,    /* request: half of a batch is carried out, and no answer comes */
	ACT_CLOCK,   /* the wall clock is set by `clock_ms` */
	ACT_REFUSE,  /* message: the server answers with `sqlstate` */
	ACT_CUT,     /* send, reply: the connection goes; with a reply what was sent is carried out before */
	ACT_END,     /* send: the server ends the session, and says so */
	ACT_RESTART, /* send, reply: the server is killed, and is up again a moment later */
};
struct fault_kind {
	enum fault_seam seam;
	const char *name;
	enum fault_act act;
	enum err_code code;
	int64_t clock_ms;
	const char *sqlstate;
};
extern const struct fault_kind fault_kinds[];
extern const size_t fault_kind_count;

/* Lies in memory that outlives the process. */
struct fault {
	const struct fault_kind *kind; /* NULL: points are counted, nothing happens */
	int64_t nth;                   /* from 1 */
	_Atomic int64_t counts[SEAMS];
	atomic_bool struck;
	bool counting;
	void (*on_strike)(void *context); /* of the process that is at work; before it acts. NULL: none */
	void *context;
	_Atomic int64_t clock_ms; /* how far the wall clock was set */
	char where[120];          /* what was under way when it struck */
};

/* A point. The kind that strikes and that the caller has to carry out; NULL: go on. */
const struct fault_kind *fault_point(struct fault *fault, enum fault_seam seam, const char *where);
/* kill -9, by itself. */
__attribute__((noreturn)) void fault_die(void);
/* Does the process end with it? */
bool fault_ends(const struct fault *fault);
/* For seams that only fail: 0, or the code. */
int fault_fails(struct fault *fault, enum fault_seam seam, const char *where, struct err *err);

#endif
