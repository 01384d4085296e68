/*
 * sign_in: from a name and a password to a session, and what else begins or ends with a password.
 *
 *	throttle_take     the attempt counts as failed
 *	account           by name; one that is not there, is disabled or has no password goes on with a hash that nothing fits
 *	verify_in_turn     a fifth of a second, of few at a time
 *	one transaction   the count is taken back, the session the browser had ends, a new one begins, the audit trail knows
 *
 * So an unknown name takes as long as a known one and gets the same words.
 */
#include <string.h>

#include "access/parts.h"
#include "access/rules.h"
#include "access/throttle.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/audit.h"

enum { AT_ONCE = 2, WAITING_MOST = 4 };

/* ---- hashing, of few at a time ---- */

static int take_slot(struct access *a, struct err *err)
{
	bool busy;

	pthread_mutex_lock(&a->lock);
	busy = a->hashing >= AT_ONCE && a->waiting >= WAITING_MOST;
	if (!busy) {
		a->waiting++;
		while (a->hashing >= AT_ONCE)
			pthread_cond_wait(&a->free, &a->lock);
		a->waiting--;
		a->hashing++;
	}
	pthread_mutex_unlock(&a->lock);
	return busy ? err_set(err, ERR_RATE, "many people sign in at this moment: try again in a few seconds") : 0;
}

static void give_slot(struct access *a)
{
	pthread_mutex_lock(&a->lock);
	a->hashing--;
	pthread_cond_signal(&a->free);
	pthread_mutex_unlock(&a->lock);
}

/* One of few at a time: each takes 64 MB. ERR_RATE when too many wait already. */
static int verify_in_turn(struct access *access, struct str hash, struct str password, bool *ret_fits, struct err *err)
{
	if (take_slot(access, err) < 0)
		return err_pass(err);
	*ret_fits = password_fits(hash.len ? hash : access->dummy, password) && hash.len > 0;
	give_slot(access);
	return 0;
}

static int hash_in_turn(struct access *access, struct arena *arena, struct str password, struct str *ret,
                        struct err *err)
{
	int code;

	if (take_slot(access, err) < 0)
		return err_pass(err);
	code = password_hash(arena, password, &access->options.cost, ret, err);
	give_slot(access);
	return code;
}

int access_hash_password(struct access *access, struct arena *arena, struct str password, struct str name,
                         struct str *ret, struct err *err)
{
	if (rules_password(arena, password, name, err) < 0)
		return err_pass(err);
	return hash_in_turn(access, arena, password, ret, err);
}

/* ---- attempts ---- */

int access_take_attempt(struct access *access, struct arena *arena, const struct attempt *attempt, int64_t *ret_wait_ms,
                        struct err *err)
{
	if (throttle_take(access->engine, attempt, ret_wait_ms, err) < 0)
		return err_pass(err);
	if (*ret_wait_ms == 0)
		return 0;
	return err_set(err, ERR_RATE, "too many attempts to sign in: the next one is possible at %.*s",
	               STR_ARG(clock_rfc3339(arena, clock_wall_ms() + *ret_wait_ms)));
}

static struct str from(struct arena *arena, const char *what, struct str peer)
{
	return arena_printf(arena, "%s%sfrom %.*s", what, what[0] ? ", " : "", STR_ARG(peer));
}

static int add_entry(struct db *db, void *context, struct err *err)
{
	return audit_add(db, context, err);
}

int access_note(struct access *access, const struct audit_entry *entry, struct err *err)
{
	struct audit_entry own = *entry;

	return store_write(access->engine->store, DURABLE, add_entry, &own, err);
}

/* What was typed as a name stands nowhere: it may be a password. */
static int note_failure(struct access *a, struct arena *arena, const struct account *account, const char *what,
                        struct str peer, struct err *err)
{
	const struct audit_entry entry = { .who = arena_printf(arena, "web:%.*s", STR_ARG(peer)),
		                           .action = STR("sign-in failed"),
		                           .subject =
		                                   account ? arena_printf(arena, "account %.*s", STR_ARG(account->name))
		                                           : STR("no such account"),
		                           .why = str_of(what) };

	return access_note(a, &entry, err);
}

/* ---- sessions ---- */

static int end_former(struct db *db, const struct opening *o, struct err *err)
{
	struct session_who former;
	bool found = false;

	if (o->asked->cookie.len == 0)
		return 0;
	if (session_find(db, o->arena, o->asked->cookie, &former, &found, err) < 0)
		return err_pass(err);
	return found ? session_end(db, former.session.id, err) : 0;
}

static int start(struct db *db, void *context, struct err *err)
{
	struct opening *o = context;
	const struct sign_in *asked = o->asked;
	const struct session session = { .account_id = o->account.id, .peer = asked->peer, .agent = asked->agent };
	const struct attempt attempt = { .name = o->account.name, .peer = asked->peer };
	const struct audit_entry entry = { .who = arena_printf(o->arena, "console:%.*s", STR_ARG(o->account.name)),
		                           .action = STR("signed in"),
		                           .subject = arena_printf(o->arena, "account %.*s", STR_ARG(o->account.name)),
		                           .why = from(o->arena, o->how, asked->peer) };

	if (throttle_clear(db, o->access->engine, &attempt, err) < 0 || end_former(db, o, err) < 0 ||
	    session_start(db, o->arena, &session, &o->cookie, err) < 0 ||
	    account_seen(db, o->account.id, clock_wall_ms(), err) < 0 ||
	    (o->rehashed.len && account_rehash(db, o->account.id, o->rehashed, err) < 0))
		return err_pass(err);
	return audit_add(db, &entry, err);
}

int access_start_session(struct access *access, struct opening *opening, struct signed_in *ret, struct err *err)
{
	opening->access = access;
	if (store_write(access->engine->store, DURABLE, start, opening, err) < 0)
		return err_pass(err);
	*ret = (struct signed_in) { .cookie = opening->cookie };
	if (access_check(access, opening->arena, ret->cookie, STR_EMPTY, opening->asked->peer, &ret->person, err) < 0)
		return err_pass(err);
	ret->csrf = ret->person.csrf;
	return 0;
}

/* ---- signing in ---- */

struct seeking {
	struct arena *arena;
	struct str name;
	struct account account;
	bool found;
};

static int seek(struct db *db, void *context, struct err *err)
{
	struct seeking *s = context;

	return account_read(db, s->arena, s->name, &s->account, &s->found, err);
}

static int refuse(struct access *a, struct arena *arena, const struct seeking *s, struct str peer, struct err *err)
{
	const char *why = !s->found                              ? ""
	                  : s->account.state == ACCOUNT_DISABLED ? "the account is disabled"
	                  : s->account.password.len == 0         ? "the account has no password"
	                                                         : "wrong password";

	if (note_failure(a, arena, s->found ? &s->account : NULL, why, peer, err) < 0)
		return err_pass(err);
	return err_set(err, ERR_AUTH, "name and password do not fit together");
}

/* The password is right: this is the moment to hash it as dearly as it costs today. */
static int rehash(struct access *a, struct opening *o, struct err *err)
{
	if (!password_outdated(o->account.password, &a->options.cost))
		return 0;
	return hash_in_turn(a, o->arena, o->asked->password, &o->rehashed, err);
}

int access_sign_in(struct access *access, struct arena *arena, const struct sign_in *asked, struct signed_in *ret,
                   struct err *err)
{
	struct seeking seeking = { .arena = arena };
	struct opening opening = { .arena = arena, .asked = asked, .how = "with a password" };
	struct attempt attempt = { .peer = asked->peer };
	struct err no_name = ERR_INIT;
	struct str hash;
	bool fits;

	*ret = (struct signed_in) { 0 };
	if (account_name(arena, asked->name, &seeking.name, &no_name) < 0)
		seeking.name = STR("?"); /* no account has it */
	attempt.name = seeking.name;
	if (access_take_attempt(access, arena, &attempt, &ret->wait_ms, err) < 0 ||
	    store_read(access->engine->store, seek, &seeking, err) < 0)
		return err_pass(err);
	hash = seeking.found && seeking.account.state == ACCOUNT_ACTIVE ? seeking.account.password : STR_EMPTY;
	if (asked->password.len > LIMIT_PASSWORD)
		hash = STR_EMPTY;
	if (verify_in_turn(access, hash,
	                   str_range(asked->password.at, MIN_OF(asked->password.len, (size_t)LIMIT_PASSWORD)), &fits,
	                   err) < 0)
		return err_pass(err);
	if (!fits)
		return refuse(access, arena, &seeking, asked->peer, err);
	opening.account = seeking.account;
	if (rehash(access, &opening, err) < 0)
		return err_pass(err);
	return access_start_session(access, &opening, ret, err);
}

struct ending {
	struct arena *arena;
	const struct person *person;
};

static int end(struct db *db, void *context, struct err *err)
{
	const struct ending *e = context;
	const struct audit_entry entry = { .who = access_who(e->arena, e->person),
		                           .action = STR("signed out"),
		                           .subject =
		                                   arena_printf(e->arena, "account %.*s", STR_ARG(e->person->name)) };

	if (session_end(db, e->person->session_id, err) < 0)
		return err_pass(err);
	return audit_add(db, &entry, err);
}

int access_sign_out(struct access *access, const struct person *person, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct ending ending = { &arena, person };

	if (person->session_id == 0)
		return 0;
	return store_write(access->engine->store, DURABLE, end, &ending, err);
}

/* ---- passwords ---- */

/* The engine as somebody else: what account.c needs of it. */
static struct engine *acting(struct arena *arena, const struct engine *engine, struct str who)
{
	struct engine *as = arena_new(arena, struct engine);

	as->store = engine->store;
	as->keys = engine->keys;
	as->dir = engine->dir;
	as->who = arena_text(arena, who);
	return as;
}

struct taking_back {
	const struct engine *engine;
	const struct attempt *attempt;
};

static int take_back(struct db *db, void *context, struct err *err)
{
	const struct taking_back *t = context;

	return throttle_clear(db, t->engine, t->attempt, err);
}

static int forgive(struct access *a, const struct attempt *attempt, struct err *err)
{
	struct taking_back t = { a->engine, attempt };

	return store_write(a->engine->store, RELAXED, take_back, &t, err);
}

int access_change_password(struct access *access, struct arena *arena, const struct person *person, struct str old,
                           struct str fresh, struct str peer, struct err *err)
{
	const struct attempt attempt = { .name = person->name, .peer = peer };
	struct engine *as = acting(arena, access->engine, access_who(arena, person));
	struct account account;
	struct str hashed;
	int64_t wait_ms;
	bool fits;

	if (person->session_id == 0)
		return err_set(err, ERR_UNSUPPORTED,
		               "a password is changed by a person who is signed in, not with a token");
	if (access_take_attempt(access, arena, &attempt, &wait_ms, err) < 0 ||
	    account_get(access->engine, arena, person->account_id, &account, err) < 0 ||
	    verify_in_turn(access, account.password, old, &fits, err) < 0)
		return err_pass(err);
	if (!fits) {
		if (note_failure(access, arena, &account, "wrong password while changing it", peer, err) < 0)
			return err_pass(err);
		return err_set(err, ERR_AUTH, "the present password is not right");
	}
	if (forgive(access, &attempt, err) < 0 ||
	    access_hash_password(access, arena, fresh, account.name, &hashed, err) < 0)
		return err_pass(err);
	return account_set_password(as, account.id, hashed, person->session_id, "changed by its owner", err);
}

int access_invited(struct access *access, struct arena *arena, struct str code, struct account *ret, struct err *err)
{
	return account_of_code(access->engine, arena, code, ret, err);
}

int access_accept(struct access *access, struct arena *arena, struct str code, const struct sign_in *asked,
                  struct signed_in *ret, struct err *err)
{
	const struct attempt attempt = { .peer = asked->peer };
	struct opening opening = { .arena = arena, .asked = asked, .how = "with an invitation" };
	struct account *account = &opening.account;
	struct str hashed;

	*ret = (struct signed_in) { 0 };
	if (access_take_attempt(access, arena, &attempt, &ret->wait_ms, err) < 0 ||
	    account_of_code(access->engine, arena, code, account, err) < 0 || forgive(access, &attempt, err) < 0 ||
	    access_hash_password(access, arena, asked->password, account->name, &hashed, err) < 0 ||
	    account_accept(acting(arena, access->engine, arena_printf(arena, "console:%.*s", STR_ARG(account->name))),
	                   arena, code, hashed, account, err) < 0)
		return err_pass(err);
	return access_start_session(access, &opening, ret, err);
}

/* ---- the first account ---- */

static int add_first(struct access *a, struct arena *arena, const struct first_account *asked, struct account *ret,
                     struct err *err)
{
	struct account_new fresh = {
		.name = asked->sign_in.name, .display = asked->display, .role = ROLE_ADMIN, .only_first = true
	};
	struct str name, no_code;

	if (account_name(arena, fresh.name, &name, err) < 0 ||
	    access_hash_password(a, arena, asked->sign_in.password, name, &fresh.password, err) < 0)
		return err_pass(err);
	return account_add(acting(arena, a->engine, arena_printf(arena, "console:%.*s", STR_ARG(name))), arena, &fresh,
	                   ret, &no_code, err);
}

int access_first_account(struct access *access, struct arena *arena, const struct first_account *asked,
                         struct signed_in *ret, struct err *err)
{
	const struct attempt attempt = { .peer = asked->sign_in.peer };
	struct opening opening = { .arena = arena, .asked = &asked->sign_in, .how = "as the first one here" };
	struct str code;

	*ret = (struct signed_in) { 0 };
	if (access_setup_code(access, arena, &code, err) < 0 ||
	    (code.len && access_take_attempt(access, arena, &attempt, &ret->wait_ms, err) < 0))
		return err_pass(err);
	if (code.len == 0)
		return err_set(err, ERR_CONFLICT, "there is an account already: sign in, or ask who has it");
	if (!setup_code_fits(arena, code, asked->code)) {
		if (note_failure(access, arena, NULL, "wrong setup code", asked->sign_in.peer, err) < 0)
			return err_pass(err);
		return err_set(err, ERR_AUTH,
		               "this is not the setup code: `suture serve` prints it when it starts, and the "
		               "file setup-code in its folder holds it");
	}
	if (forgive(access, &attempt, err) < 0 || add_first(access, arena, asked, &opening.account, err) < 0)
		return err_pass(err);
	return access_start_session(access, &opening, ret, err);
}
