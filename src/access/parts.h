/* parts: what the files of this folder share. Private to this folder. */
#ifndef SUTURE_ACCESS_PARTS_H
#define SUTURE_ACCESS_PARTS_H

#include <pthread.h>

#include "access/access.h"
#include "access/session.h"
#include "access/throttle.h"
#include "sync/audit.h"

struct access {
	struct engine *engine;
	struct access_options options;
	struct arena arena;
	struct str dummy; /* a hash that no password fits: what unknown names are compared with */
	pthread_mutex_t lock;
	pthread_cond_t free;   /* a hash was finished */
	unsigned hashing;      /* now */
	unsigned waiting;      /* for one to finish */
	struct str setup_code; /* empty: there is an account, or nobody asked yet */
	struct access_settings settings;
	int64_t settings_ms; /* monotonic; when they were looked at */
	/* What the identity provider says of itself, as text, under the lock. */
	struct arena described_arena;
	struct str described_issuer, described;
	int64_t described_ms;
	int64_t generation; /* of the configuration that they came from */
};

/* Signs the account in, in a transaction that began with success: a session, the time, the throttle, the audit trail. */
struct opening {
	struct access *access;
	struct arena *arena;
	const struct sign_in *asked;
	struct account account;
	struct str rehashed; /* empty: the password's hash stays */
	const char *how;     /* "with a password" */
	struct str cookie;
};
int access_start_session(struct access *access, struct opening *opening, struct signed_in *ret,
                         struct err *err) MUST_CHECK;

/* Counts one; ERR_RATE while nothing may be tried. */
int access_take_attempt(struct access *access, struct arena *arena, const struct attempt *attempt, int64_t *ret_wait_ms,
                        struct err *err) MUST_CHECK;
/* One entry of the audit trail, in a durable transaction of its own. */
int access_note(struct access *access, const struct audit_entry *entry, struct err *err) MUST_CHECK;

/* setup_code.c. A code for whoever reads the folder; made if it is not there. `dir` NULL: it stands nowhere. */
int setup_code_ensure(struct arena *arena, const char *dir, struct str *ret, struct err *err) MUST_CHECK;
void setup_code_remove(const char *dir);
bool setup_code_fits(struct arena *arena, struct str code, struct str typed);

/* account.c: somebody was seen now. `statement` takes the row's id and the time; not worth waiting for the disk. */
int access_touch(struct engine *engine, const struct statement *statement, int64_t id, int64_t now_ms,
                 struct err *err) MUST_CHECK;

#endif
