/*
 * access: who may do what in the console and its API. Opened once by the daemon; every request passes access_check.
 *
 *	person -- role --> rights          (role_rights; the rows of roles.c)
 *	sign-in -> session -> cookie       the cookie is 256 random bits; the database holds its hash only
 *	API token -> "sut_..."             the same, with scopes: rights that are cut by the account's role
 *
 * All of these may be called by any thread. Sign-ins take about a fifth of a second (argon2id) and block: never call them on the web thread.
 *
 * Errors: ERR_AUTH: not signed in, or name and password do not fit (the text never says which of them). ERR_RATE: too many attempts;
 * the text and `wait_ms` say for how long. ERR_DATA: a password that is not taken, with the reason.
 */
#ifndef SUTURE_ACCESS_ACCESS_H
#define SUTURE_ACCESS_ACCESS_H

#include "access/account.h"
#include "access/settings.h"
#include "codec/password.h"

struct access;

/* Zero means what stands in brackets. */
struct access_options {
	bool secure;               /* cookies only over https: TLS, or a public address with https */
	struct password_cost cost; /* [that of codec/password.h]; tests take less */
	struct access_settings
	        set; /* [those of the configuration, `access:`]; tests put their own in, taken when idle_ms is not 0 */
};

/* Who asks. Texts live in the arena that was given to access_check. */
struct person {
	int64_t account_id;
	struct str name, display;
	enum role role;
	unsigned rights;    /* of a token: its scopes, cut by the account's role */
	int64_t token_id;   /* 0: signed in with a cookie */
	struct str csrf;    /* what every call but GET and HEAD must carry beside the cookie; empty for a token */
	int64_t session_id; /* 0: a token */
	int64_t idle_ms;    /* left until the session ends for idling; this call counted, unless it was a look */
	int64_t ends_ms;    /* wall clock; when it ends in any case */
};

int access_open(struct engine *engine, const struct access_options *options, struct access **ret,
                struct err *err) MUST_CHECK;
void access_close(struct access **access);

struct sign_in {
	struct str name, password;
	struct str peer, agent; /* address and User-Agent: kept with the session, so that a person knows it again */
	struct str cookie;      /* a session that the same browser still has: it ends; may be empty */
};
struct signed_in {
	struct str cookie; /* value of the cookie */
	struct str csrf;
	struct person person;
	int64_t wait_ms; /* after ERR_RATE: how long */
};
int access_sign_in(struct access *access, struct arena *arena, const struct sign_in *asked, struct signed_in *ret,
                   struct err *err) MUST_CHECK;
/*
 * For each request. `bearer`: what stands behind "Bearer "; where it is given the cookie does not count. One indexed read; the time of the last
 * use is written now and then.
 */
int access_check(struct access *access, struct arena *arena, struct str cookie, struct str bearer, struct str peer,
                 struct person *ret, struct err *err) MUST_CHECK;
/* The same for what a page asks by itself: does not count as use, so that an open page ends as well when nobody is there. */
int access_look(struct access *access, struct arena *arena, struct str cookie, struct str bearer, struct str peer,
                struct person *ret, struct err *err) MUST_CHECK;
/* `csrf` as the request carries it, compared in constant time; a token needs none. */
bool access_csrf_fits(const struct person *person, struct str csrf);
/* Ends the person's session; a token stays as it is. */
int access_sign_out(struct access *access, const struct person *person, struct err *err) MUST_CHECK;
/* Cookies go over https only; where not, a password may only come from this machine. */
bool access_is_secure(const struct access *access);
/* "__Host-suture" or, over plain HTTP, "suture". */
const char *access_cookie_name(const struct access *access);
/*
 * Whose request it is: `peer`, or, where that is one of the proxies of the configuration, the last address of X-Forwarded-For that is none of them.
 */
struct str access_peer(struct access *access, struct arena *arena, struct str peer, struct str forwarded_for);
/* The Set-Cookie line; an empty value takes the cookie away. */
struct str access_set_cookie(const struct access *access, struct arena *arena, struct str value);
/* "console:ann", "token:ann/backup": who acts, for engines and the audit trail. */
struct str access_who(struct arena *arena, const struct person *person);

/* The person's own password. Ends all other sessions. ERR_AUTH: `old` is wrong (throttled as a sign-in). */
int access_change_password(struct access *access, struct arena *arena, const struct person *person, struct str old,
                           struct str fresh, struct str peer, struct err *err) MUST_CHECK;
/* For account_add and account_set_password: checked against the rules, hashed with our cost. ERR_DATA, ERR_RATE. */
int access_hash_password(struct access *access, struct arena *arena, struct str password, struct str name,
                         struct str *ret, struct err *err) MUST_CHECK;
/* Whose invitation it is, for the page that asks for a password. ERR_AUTH: used, too old, or none. */
int access_invited(struct access *access, struct arena *arena, struct str code, struct account *ret,
                   struct err *err) MUST_CHECK;
/* Sets the password and signs in; `asked->name` is not looked at. */
int access_accept(struct access *access, struct arena *arena, struct str code, const struct sign_in *asked,
                  struct signed_in *ret, struct err *err) MUST_CHECK;

/*
 * The first account. While there is none, a code stands in the folder (file `setup-code`, 0600) and in what `suture serve` prints, and whoever has it may make the
 * first administrator: nobody else on the network can. Empty once there is an account.
 */
int access_setup_code(struct access *access, struct arena *arena, struct str *ret, struct err *err) MUST_CHECK;
struct first_account {
	struct str code, display;
	struct sign_in sign_in; /* name and password of the account */
};
/* ERR_CONFLICT: there is an account already. ERR_AUTH: the code is wrong. */
int access_first_account(struct access *access, struct arena *arena, const struct first_account *asked,
                         struct signed_in *ret, struct err *err) MUST_CHECK;
/* As the configuration has them now, or a few seconds ago. */
int access_settings(struct access *access, struct access_settings *ret, struct err *err) MUST_CHECK;

#endif
