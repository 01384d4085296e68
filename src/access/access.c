/*
 * access: opening, the check that each request passes, cookies. Signing in stands in sign_in.c.
 *
 * A check reads the session with its account in one indexed read and believes nothing that is older: a role that was changed, an account that was disabled, a
 * session that was ended, here or by another process, counts from the next request on.
 */
#include <string.h>

#include "access/parts.h"
#include "access/token.h"
#include "lib/clock.h"
#include "sync/catalog.h"

enum { ADDRESS_MOST = 64, SETTINGS_MS = 3000, TOKEN_SEEN_MS = 60000, COOKIE_MOST = 128, SEEN_STEPS = 30 };

/* ---- opening ---- */

int access_open(struct engine *engine, const struct access_options *options, struct access **ret, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct access *a = arena_new(&arena, struct access);
	char nobody[32];
	struct str dummy;

	a->arena = arena;
	a->engine = engine;
	a->options = *options;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->free, NULL);
	digest_random(nobody, sizeof(nobody));
	*ret = a;
	if (password_hash(&a->arena, str_range(nobody, sizeof(nobody)), &options->cost, &dummy, err) < 0 ||
	    access_setup_code(a, &a->arena, &a->setup_code, err) < 0) {
		access_close(ret);
		return err_pass(err);
	}
	a->dummy = dummy;
	return 0;
}

void access_close(struct access **paccess)
{
	struct access *a = *paccess;
	struct arena arena;

	*paccess = NULL;
	if (!a)
		return;
	pthread_cond_destroy(&a->free);
	pthread_mutex_destroy(&a->lock);
	arena_release(&a->described_arena);
	arena = a->arena;
	arena_release(&arena);
}

int access_setup_code(struct access *access, struct arena *arena, struct str *ret, struct err *err)
{
	int64_t accounts = 0;

	*ret = STR_EMPTY;
	if (account_count(access->engine, &accounts, err) < 0)
		return err_pass(err);
	if (accounts > 0)
		return 0;
	if (access->setup_code.len) {
		*ret = access->setup_code;
		return 0;
	}
	return setup_code_ensure(arena, access->engine->dir, ret, err);
}

/* What a person applied counts within a few seconds; the settings before live on, since somebody may still read them. */
static int refresh(struct access *a, struct err *err)
{
	const int64_t now = clock_mono_ns() / 1000000;
	int64_t generation = 0;

	if (a->settings.idle_ms && now - a->settings_ms < SETTINGS_MS)
		return 0;
	if (catalog_generation(a->engine, &generation, err) < 0)
		return err_pass(err);
	if (!a->settings.idle_ms || generation != a->generation) {
		if (settings_read(a->engine, &a->arena, &a->settings, err) < 0)
			return err_pass(err);
	}
	a->generation = generation;
	a->settings_ms = now;
	return 0;
}

int access_settings(struct access *access, struct access_settings *ret, struct err *err)
{
	int code;

	if (access->options.set.idle_ms) {
		*ret = access->options.set;
		return 0;
	}
	pthread_mutex_lock(&access->lock);
	code = refresh(access, err);
	*ret = access->settings;
	pthread_mutex_unlock(&access->lock);
	return code;
}

/* ---- the check ---- */

static int not_signed_in(struct err *err)
{
	return err_set(err, ERR_AUTH, "you are not signed in, or the session has ended");
}

static struct person person_of(const struct access_settings *set, struct arena *arena, struct str cookie,
                               const struct session_who *who, int64_t now_ms)
{
	const struct session *s = &who->session;

	return (struct person) { .account_id = s->account_id,
		                 .name = who->account.name,
		                 .display = who->account.display,
		                 .role = who->account.role,
		                 .rights = role_rights(who->account.role),
		                 .csrf = session_csrf(arena, cookie),
		                 .session_id = s->id,
		                 .idle_ms = MAX_OF(s->seen_ms + set->idle_ms - now_ms, (int64_t)0),
		                 .ends_ms = s->made_ms + set->absolute_ms };
}

struct look {
	struct arena *arena;
	struct str secret; /* cookie or token */
	struct session_who session;
	struct token_who token;
	bool found;
};

static int find_session(struct db *db, void *context, struct err *err)
{
	struct look *look = context;

	return session_find(db, look->arena, look->secret, &look->session, &look->found, err);
}

static int find_token(struct db *db, void *context, struct err *err)
{
	struct look *look = context;

	return token_find(db, look->arena, look->secret, &look->token, &look->found, err);
}

static int check_token(struct access *a, struct look *look, struct person *ret, struct err *err)
{
	const struct token_who *who = &look->token;
	const int64_t now = clock_wall_ms();

	if (store_read(a->engine->store, find_token, look, err) < 0)
		return err_pass(err);
	if (!look->found)
		return err_set(err, ERR_AUTH, "this API token is unknown, revoked or past its end");
	if (now - who->token.seen_ms >= TOKEN_SEEN_MS && token_touch(a->engine, who->token.id, now, err) < 0)
		return err_pass(err);
	*ret = (struct person) { .account_id = who->account.id,
		                 .name = who->account.name,
		                 .display = who->token.name,
		                 .role = who->account.role,
		                 .rights = who->token.scopes & role_rights(who->account.role),
		                 .token_id = who->token.id,
		                 .ends_ms = who->token.until_ms };
	return 0;
}

/* The last use is written in steps of a thirtieth of the idle time: a page that asks ten times a second must not write ten times. */
static int touch(struct access *a, struct session *s, int64_t idle_ms, int64_t now_ms, struct err *err)
{
	if (now_ms - s->seen_ms < idle_ms / SEEN_STEPS)
		return 0;
	s->seen_ms = now_ms;
	return session_touch(a->engine, s->id, now_ms, err);
}

static int check_session(struct access *a, struct look *look, bool counts, struct person *ret, struct err *err)
{
	struct session *s = &look->session.session;
	const int64_t now = clock_wall_ms();
	struct access_settings set;

	if (access_settings(a, &set, err) < 0 || store_read(a->engine->store, find_session, look, err) < 0)
		return err_pass(err);
	if (!look->found || now - s->seen_ms >= set.idle_ms || now - s->made_ms >= set.absolute_ms)
		return not_signed_in(err);
	if (counts && touch(a, s, set.idle_ms, now, err) < 0)
		return err_pass(err);
	*ret = person_of(&set, look->arena, look->secret, &look->session, now);
	return 0;
}

static int check(struct access *a, struct look *look, bool is_token, bool counts, struct person *ret, struct err *err)
{
	if (look->secret.len == 0 || look->secret.len > COOKIE_MOST)
		return not_signed_in(err);
	return is_token ? check_token(a, look, ret, err) : check_session(a, look, counts, ret, err);
}

int access_check(struct access *access, struct arena *arena, struct str cookie, struct str bearer,
                 struct str peer UNUSED, struct person *ret, struct err *err)
{
	struct look look = { .arena = arena, .secret = bearer.len ? bearer : cookie };

	return check(access, &look, bearer.len > 0, true, ret, err);
}

int access_look(struct access *access, struct arena *arena, struct str cookie, struct str bearer,
                struct str peer UNUSED, struct person *ret, struct err *err)
{
	struct look look = { .arena = arena, .secret = bearer.len ? bearer : cookie };

	return check(access, &look, bearer.len > 0, false, ret, err);
}

bool access_csrf_fits(const struct person *person, struct str csrf)
{
	return person->token_id != 0 || (person->csrf.len > 0 && digest_equal(person->csrf, csrf));
}

/* ---- cookies ---- */

bool access_is_secure(const struct access *access)
{
	return access->options.secure;
}

/* The prefix makes browsers refuse the cookie from any other host, path or plain HTTP. */
const char *access_cookie_name(const struct access *access)
{
	return access->options.secure ? "__Host-suture" : "suture";
}

struct str access_set_cookie(const struct access *access, struct arena *arena, struct str value)
{
	return arena_printf(arena, "%s=%.*s; Path=/; HttpOnly; SameSite=Strict%s%s", access_cookie_name(access),
	                    STR_ARG(value), access->options.secure ? "; Secure" : "", value.len ? "" : "; Max-Age=0");
}

static bool is_proxy(const struct access_settings *set, struct str address)
{
	for (size_t i = 0; i < set->proxy_count; i++) {
		if (str_eq(set->proxies[i], address))
			return true;
	}
	return false;
}

/* Each proxy adds at the end whom it heard from; what stands before the last one that is ours, anybody may have made up. */
struct str access_peer(struct access *access, struct arena *arena, struct str peer, struct str forwarded_for)
{
	struct err ignored = ERR_INIT;
	struct access_settings set;
	struct str rest = forwarded_for, found = peer;

	if (access_settings(access, &set, &ignored) < 0)
		return peer;
	while (is_proxy(&set, found) && rest.len > 0) {
		const char *comma = memrchr(rest.at, ',', rest.len);
		struct str last = comma ? str_skip(rest, (size_t)(comma - rest.at) + 1) : rest;

		rest = comma ? str_range(rest.at, (size_t)(comma - rest.at)) : STR_EMPTY;
		if (str_trim(last).len == 0 || str_trim(last).len > ADDRESS_MOST)
			break;
		found = str_trim(last);
	}
	return arena_str(arena, found);
}

struct str access_who(struct arena *arena, const struct person *person)
{
	if (person->token_id)
		return arena_printf(arena, "token:%.*s/%.*s", STR_ARG(person->name), STR_ARG(person->display));
	return arena_printf(arena, "console:%.*s", STR_ARG(person->name));
}
