/*
 * token: API tokens, for programs. Only writer of the table `api_token`. "sut_" and 256 random bits, shown once; the table holds the SHA-256. What a token
 * may do is what it was made for (scopes: rights) as far as its account still may. The audit trail knows who made and revoked which.
 */
#ifndef SUTURE_ACCESS_TOKEN_H
#define SUTURE_ACCESS_TOKEN_H

#include "access/account.h"

struct token {
	int64_t id, account_id;
	struct str account, name;
	struct str head; /* "sut_Ab3d": so that a person knows it again */
	unsigned scopes;
	int64_t made_ms;
	int64_t until_ms;   /* 0: no end */
	int64_t seen_ms;    /* 0: never used; written at most once a minute */
	int64_t revoked_ms; /* 0: works */
};

/* Of one account, or of all (0); revoked ones too. */
int token_list(struct engine *engine, struct arena *arena, int64_t account_id, struct token **ret, size_t *ret_count,
               struct err *err) MUST_CHECK;
/* `asked`: account_id, name, scopes, until_ms. ERR_DATA: no scope, an end that is past, no name. ERR_CONFLICT: scopes beyond the account's role. */
int token_add(struct engine *engine, struct arena *arena, const struct token *asked, struct token *ret,
              struct str *ret_text, struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND; revoking twice is fine. `account_id`: only one of this account's (0: anybody's). */
int token_revoke(struct engine *engine, struct arena *arena, int64_t id, int64_t account_id,
                 struct err *err) MUST_CHECK;

struct token_who {
	struct token token;
	struct account account;
};
/* *ret_found is false for what is unknown, revoked, past its end, or of an account that is not active. */
int token_find(struct db *db, struct arena *arena, struct str text, struct token_who *ret, bool *ret_found,
               struct err *err) MUST_CHECK;
int token_touch(struct engine *engine, int64_t id, int64_t now_ms, struct err *err) MUST_CHECK;

#endif
