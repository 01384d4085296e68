/*
 * connect: signing in to a far system, and a list of small tests of a connection.
 *
 *	POST authorize   a state and a PKCE verifier are made and kept for ten minutes; the answer is the far system's page
 *	GET callback     the browser is back with a code and the state; the code becomes a lasting token, and the browser goes on to the console
 *
 * The callback needs no sign-in of ours: our cookie does not come along from another site. The state is what proves that the person began it here; it works once.
 */
#include "api/api_internal.h"

#include <pthread.h>
#include <stdio.h>

#include "codec/digest.h"
#include "codec/url.h"
#include "connectors/connector.h"
#include "lib/clock.h"
#include "sync/catalog.h"
#include "sync/journal.h"

enum { PENDING = 32, PENDING_MS = 10 * 60 * 1000, REACH_MS = 5000 };

/* ---- those who are away to sign in ---- */

struct waiting {
	char state[64], verifier[64], connection[64], who[128], redirect[512];
	int64_t until_ms; /* monotonic; 0: free */
};

struct api_pending {
	pthread_mutex_t lock;
	struct waiting all[PENDING];
};

struct api_pending *api_pending_open(struct arena *arena)
{
	struct api_pending *pending = arena_new(arena, struct api_pending);

	pthread_mutex_init(&pending->lock, NULL);
	return pending;
}

void api_pending_close(struct api_pending **pending)
{
	if (*pending)
		pthread_mutex_destroy(&(*pending)->lock);
	*pending = NULL;
}

static int64_t mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

static void keep(struct api_pending *pending, const struct waiting *fresh)
{
	int64_t now = mono_ms();
	struct waiting *place = &pending->all[0];

	pthread_mutex_lock(&pending->lock);
	/* A free or outlived place, else that of whoever has been away longest. */
	for (size_t i = 0; i < PENDING; i++)
		if (pending->all[i].until_ms < place->until_ms)
			place = &pending->all[i];
	*place = *fresh;
	place->until_ms = now + PENDING_MS;
	pthread_mutex_unlock(&pending->lock);
}

static bool take(struct api_pending *pending, struct str state, struct waiting *ret)
{
	int64_t now = mono_ms();
	bool found = false;

	pthread_mutex_lock(&pending->lock);
	for (size_t i = 0; i < PENDING && !found && state.len; i++) {
		struct waiting *w = &pending->all[i];

		found = w->until_ms > now && digest_equal(str_of(w->state), state);
		if (found) {
			*ret = *w;
			*w = (struct waiting) { 0 };
		}
	}
	pthread_mutex_unlock(&pending->lock);
	return found;
}

static void make_secret(char *ret, size_t size)
{
	SCOPED(buf) struct buf text = BUF_INIT(256);
	unsigned char bytes[32];

	digest_random(bytes, sizeof(bytes));
	digest_base64url(&text, str_range((const char *)bytes, sizeof(bytes)));
	snprintf(ret, size, "%s", buf_text(&text));
}

static struct str challenge_of(struct arena *arena, const char *verifier)
{
	SCOPED(buf) struct buf text = BUF_INIT(256);
	struct digest hash = digest_sha256(str_of(verifier));

	digest_base64url(&text, str_range((const char *)hash.bytes, sizeof(hash.bytes)));
	return arena_str(arena, buf_str(&text));
}

static int authorize(struct api_call *call, struct err *err)
{
	struct str connection = api_param(call, "connection"), url;
	struct str redirect = arena_printf(call->arena, "%.*s/api/v1/callback", STR_ARG(api_public_base(call)));
	struct waiting w = { 0 };
	struct code_asking asking;

	make_secret(w.state, sizeof(w.state));
	make_secret(w.verifier, sizeof(w.verifier));
	if (connection.len >= sizeof(w.connection) || redirect.len >= sizeof(w.redirect))
		return err_set(err, ERR_DATA, "the name is too long");
	snprintf(w.connection, sizeof(w.connection), "%.*s", STR_ARG(connection));
	snprintf(w.redirect, sizeof(w.redirect), "%.*s", STR_ARG(redirect));
	snprintf(w.who, sizeof(w.who), "%s", call->engine.who);
	asking = (struct code_asking) { redirect, str_of(w.state), challenge_of(call->arena, w.verifier) };
	if (catalog_authorize_url(&call->engine, connection, call->arena, &asking, &url, err) < 0)
		return err_pass(err);
	keep(call->api->pending, &w);
	call->answer = api_new(call);
	api_set(call, call->answer, "url", url);
	api_set(call, call->answer, "callback", redirect);
	return 0;
}

static int go_to(struct api_call *call, struct str path)
{
	http_reply_header(call->reply, call->arena, "Location", path);
	call->reply->status = 303;
	return 0;
}

/* Only what happened, as a word: an address can be made by anybody, so no text of it is ever shown. What went wrong stands in the log. */
static int go_back(struct api_call *call, const char *connection, const char *result)
{
	SCOPED(buf) struct buf path = BUF_INIT(8192);

	buf_add_c(&path, "/connections");
	if (connection) {
		buf_add_char(&path, '/');
		url_encode(&path, str_of(connection));
	}
	url_add_query(&path, "result", str_of(result));
	return go_to(call, arena_str(call->arena, buf_str(&path)));
}

static int come_back(struct api_call *call, struct err *err)
{
	struct code_grant grant = { .code = api_query(call, "code") };
	struct waiting w;

	if (!take(call->api->pending, api_query(call, "state"), &w))
		return go_back(call, NULL, "unknown");
	if (grant.code.len == 0)
		return go_back(call, w.connection, "refused");
	grant.redirect = str_of(w.redirect);
	grant.verifier = str_of(w.verifier);
	call->engine.who = w.who;
	if (catalog_exchange_code(&call->engine, str_of(w.connection), &grant, err) == 0)
		return go_back(call, w.connection, "connected");
	journal_note(&call->engine, &(struct journal_entry) { .level = LEVEL_ERROR,
	                                                      .code = STR("connect_failed"),
	                                                      .text = str_of(err->text) });
	return go_back(call, w.connection, "failed");
}

/* ---- tests of a connection: one row each, in this order; what comes after a failed one that it needs is left out ---- */

struct testing {
	struct api_call *call;
	struct str name;
	struct connection *connection;
	struct json *items;
	bool stopped;
};

static void tell(struct testing *t, const char *name, const char *level, struct str text)
{
	struct json *item = api_new(t->call);

	api_set(t->call, item, "name", str_of(name));
	api_set(t->call, item, "level", str_of(level));
	api_set(t->call, item, "text", text);
	json_append(t->items, item);
}

static void tell_error(struct testing *t, const char *name, const char *level, const struct err *err)
{
	tell(t, name, level, arena_str(t->call->arena, str_of(err->text)));
}

static void test_settings(struct testing *t)
{
	struct err err = ERR_INIT;

	if (catalog_open_connection(&t->call->engine, t->name, &t->connection, &err) < 0) {
		tell_error(t, "settings", "error", &err);
		t->stopped = true;
		return;
	}
	tell(t, "settings", "ok", STR("complete"));
}

static void test_sign_in(struct testing *t)
{
	struct err err = ERR_INIT;
	struct str who;

	t->stopped = t->connection->kind->check(t->connection, t->call->arena, &who, &err) < 0;
	if (t->stopped)
		tell_error(t, "sign_in", "error", &err);
	else
		tell(t, "sign_in", "ok", who);
}

static void test_object(struct testing *t, struct str object)
{
	struct object_info info;
	struct err err = ERR_INIT;
	const char *name = arena_printf(t->call->arena, "object %.*s", STR_ARG(object)).at;

	if (t->connection->kind->describe(t->connection, t->call->arena, object, &info, &err) < 0)
		tell_error(t, name, "error", &err);
	else
		tell(t, name, "ok", arena_printf(t->call->arena, "%zu fields can be seen", info.field_count));
}

static void test_objects(struct testing *t)
{
	struct sync_row *rows;
	struct err err = ERR_INIT;
	size_t count = 0;

	if (catalog_syncs(&t->call->engine, t->call->arena, &rows, &count, &err) < 0)
		tell_error(t, "objects", "error", &err);
	for (size_t i = 0; i < count; i++) {
		if (str_eq(rows[i].emr_connection, t->name))
			test_object(t, rows[i].emr_object);
		if (str_eq(rows[i].crm_connection, t->name))
			test_object(t, rows[i].crm_object);
	}
}

static void test_budget(struct testing *t)
{
	struct budget_facts facts = { 0 };
	struct err err = ERR_INIT;

	if (!t->connection->kind->budget)
		return;
	if (t->connection->kind->budget(t->connection, t->call->arena, true, &facts, &err) < 0)
		tell_error(t, "calls", "warning", &err);
	else if (facts.known)
		tell(t, "calls", facts.used < facts.allowance ? "ok" : "error",
		     arena_printf(t->call->arena, "%lld of %lld calls are used", (long long)facts.used,
		                  (long long)facts.allowance));
}

/* Do we find ourselves at the address that the far system is to send its events to? */
static void test_webhook(struct testing *t)
{
	struct arena *arena = t->call->arena;
	struct http_target target = { .base = api_public_base(t->call), .attempts = 1, .timeout_ms = REACH_MS };
	const struct http_request request = { .target = &target,
		                              .method = "GET",
		                              .url = catalog_hook_url(arena, target.base, t->name),
		                              .no_auth = true };
	struct http_answer answer;
	struct http_future *future;
	struct err err = ERR_INIT;

	if (!t->connection->kind->webhook)
		return;
	future = http_start(t->call->engine.http, &request);
	if (http_wait(&future, arena, &answer, &err) < 0)
		tell(t, "webhook", "warning",
		     arena_printf(arena,
		                  "we do not find ourselves at %.*s (%s): events will not arrive, deltas will; start "
		                  "`suture serve` with --public-url",
		                  STR_ARG(request.url), err_name(err.code)));
	else if (answer.status != 200)
		tell(t, "webhook", "warning",
		     arena_printf(arena, "%.*s answers %u instead of 200: something else is there",
		                  STR_ARG(request.url), answer.status));
	else
		tell(t, "webhook", "ok", request.url);
}

static int run_tests(struct api_call *call, struct err *err UNUSED)
{
	static void (*const tests[])(struct testing * t) = { test_settings, test_sign_in, test_objects, test_budget,
		                                             test_webhook };
	struct testing t = { .call = call, .name = api_param(call, "connection"), .items = api_new_list(call) };

	for (size_t i = 0; i < ARRAY_LEN(tests) && !t.stopped; i++)
		tests[i](&t);
	if (t.connection)
		t.connection->kind->close(&t.connection);
	call->answer = api_list(call, t.items, false, 0);
	return 0;
}

const struct api_route api_connect_routes[] = {
	{ "POST", "/connections/{connection}/authorize", authorize, RIGHT_SETUP },
	{ "POST", "/connections/{connection}/test", run_tests, RIGHT_WORK },
	{ "GET", "/callback", come_back },
	{ 0 },
};
