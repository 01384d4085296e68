/*
 * session: sign-ins that are open. Only writer of the table `session`. The cookie's value is 256 random bits; the table holds its SHA-256, so that
 * whoever reads the database cannot sign in with it. A row that is gone is a session that ended: nothing is kept in memory, so that what another process
 * ends (`suture account disable`) ends at once.
 */
#ifndef SUTURE_ACCESS_SESSION_H
#define SUTURE_ACCESS_SESSION_H

#include "access/account.h"

struct session {
	int64_t id, account_id;
	int64_t made_ms, seen_ms;
	struct str peer, agent;
};

struct session_who {
	struct session session;
	struct account account;
};

/* *ret_cookie: the value, which exists nowhere else. Rows that ended more than a day ago are swept on the way. */
int session_start(struct db *db, struct arena *arena, const struct session *asked, struct str *ret_cookie,
                  struct err *err) MUST_CHECK;
/* By cookie; *ret_found is false when there is none (any more) or its account is not active. Limits are the caller's. */
int session_find(struct db *db, struct arena *arena, struct str cookie, struct session_who *ret, bool *ret_found,
                 struct err *err) MUST_CHECK;
int session_touch(struct engine *engine, int64_t id, int64_t now_ms, struct err *err) MUST_CHECK;
int session_end(struct db *db, int64_t id, struct err *err) MUST_CHECK;
/* All of an account but `keep` (0: all). */
int session_end_all(struct db *db, int64_t account_id, int64_t keep, struct err *err) MUST_CHECK;
/* Of all accounts: a database of yesterday must not let in whom yesterday's sign-ins would. */
int session_end_everyone(struct db *db, struct err *err) MUST_CHECK;
/* What the browser must send beside the cookie: made from it, so that it needs no place of its own. */
struct str session_csrf(struct arena *arena, struct str cookie);

#endif
