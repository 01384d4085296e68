/*
 * account: people who may sign in. Only writer of the table `account`. Everything here leaves an audit entry in its own transaction, under engine->who.
 *
 * An account begins with a password, or invited: a code, shown once and good for three days, lets its holder choose a password. A new invitation is also
 * how a forgotten password is replaced. Names are ASCII, without case; people may be called anything (`display`).
 */
#ifndef SUTURE_ACCESS_ACCOUNT_H
#define SUTURE_ACCESS_ACCOUNT_H

#include "access/role.h"
#include "sync/sync.h"

/* Numbers are stored: append only. */
enum account_state { ACCOUNT_ACTIVE = 0, ACCOUNT_DISABLED = 1, ACCOUNT_INVITED = 2 };
const char *account_state_name(enum account_state state);

struct account {
	int64_t id;
	struct str name, display;
	enum role role;
	enum account_state state;
	struct str password; /* argon2id, encoded; empty: none */
	struct str subject;  /* who it is at the identity provider, "ISSUER SUBJECT"; empty: signs in with a password */
	int64_t made_ms, password_ms, seen_ms;
	int64_t invited_until_ms; /* 0: no invitation is open */
	int64_t sessions, tokens; /* open ones */
};

/* The sign-in name in the one spelling that is stored. ERR_DATA: empty, over 64, or other than a-z 0-9 . _ - @ + */
int account_name(struct arena *arena, struct str given, struct str *ret, struct err *err) MUST_CHECK;

int account_list(struct engine *engine, struct arena *arena, struct account **ret, size_t *ret_count,
                 struct err *err) MUST_CHECK;
int account_get(struct engine *engine, struct arena *arena, int64_t id, struct account *ret,
                struct err *err) MUST_CHECK;
int account_find(struct engine *engine, struct arena *arena, struct str name, struct account *ret,
                 struct err *err) MUST_CHECK;
/* Also 0 is an answer: nobody has moved in yet. */
int account_count(struct engine *engine, int64_t *ret, struct err *err) MUST_CHECK;

struct account_new {
	struct str name, display;
	enum role role;
	struct str password; /* hashed (access_hash_password); empty: invited */
	struct str subject;  /* with an identity provider: no invitation is needed */
	bool only_first;     /* ERR_CONFLICT when there is an account already */
};
/* ERR_CONFLICT: the name is taken. *ret_code: of the invitation, empty without one; it is stored as a hash only. */
int account_add(struct engine *engine, struct arena *arena, const struct account_new *asked, struct account *ret,
                struct str *ret_code, struct err *err) MUST_CHECK;
/* A new code; the password is gone and every session ends. */
int account_invite(struct engine *engine, struct arena *arena, int64_t id, struct str *ret_code,
                   struct err *err) MUST_CHECK;
/* Whose code it is. ERR_AUTH: nobody's any more. */
int account_of_code(struct engine *engine, struct arena *arena, struct str code, struct account *ret,
                    struct err *err) MUST_CHECK;

struct account_change {
	struct str display;    /* empty: as it is */
	const enum role *role; /* NULL: as it is */
	const bool *disabled;  /* NULL: as it is. A disabled account has no sessions, and its tokens do not work */
};
/* ERR_CONFLICT: nobody who may manage accounts would be left. */
int account_change(struct engine *engine, struct arena *arena, int64_t id, const struct account_change *asked,
                   struct account *ret, struct err *err) MUST_CHECK;
/* `hashed`: by access_hash_password. Ends every session but `keep_session`, and the invitation. */
int account_set_password(struct engine *engine, int64_t id, struct str hashed, int64_t keep_session, const char *why,
                         struct err *err) MUST_CHECK;

/* The same with the code of an invitation, which is used up by it. ERR_AUTH: it is already, or too old. */
int account_accept(struct engine *engine, struct arena *arena, struct str code, struct str hashed, struct account *ret,
                   struct err *err) MUST_CHECK;

/* Inside a transaction: */
int account_read(struct db *db, struct arena *arena, struct str name, struct account *ret, bool *ret_found,
                 struct err *err) MUST_CHECK;
int account_read_subject(struct db *db, struct arena *arena, struct str subject, struct account *ret, bool *ret_found,
                         struct err *err) MUST_CHECK;
int account_seen(struct db *db, int64_t id, int64_t now_ms, struct err *err) MUST_CHECK;
/* The same password, hashed with today's cost; no audit entry. */
int account_rehash(struct db *db, int64_t id, struct str hashed, struct err *err) MUST_CHECK;

#endif
