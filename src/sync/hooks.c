#include "sync/hooks.h"

#include <string.h>

#include "net/http.h"
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/catalog_docs.h"

static const char action[] = "webhooks";

/* The option that has "hook" in its name and is a secret. */
static const struct option *secret_option(const struct connector *kind)
{
	for (const struct option *o = kind->options; o && o->name; o++) {
		if (o->secret && strstr(o->name, "hook"))
			return o;
	}
	return NULL;
}

/* ---- what there is ---- */

/* The trail knows what the far side was told last. */
static int read_told(struct engine *engine, struct arena *arena, struct hook_place *place, struct err *err)
{
	const struct audit_filter filter = { .action = str_of(action),
		                             .subject = place->connection,
		                             .limit = 50 }; /* connections whose names hold this one's are found too */
	struct audit_entry *lines;
	size_t count;

	if (audit_find(engine, arena, &filter, &lines, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (!str_eq(lines[i].subject, place->connection))
			continue;
		place->told_address = lines[i].after;
		place->told_ms = lines[i].after.len ? lines[i].at_ms : 0;
		break;
	}
	return 0;
}

static int read_place(struct engine *engine, struct arena *arena, struct str base, const struct connection_row *row,
                      struct hook_place *ret, struct err *err)
{
	const struct connector *kind = connector_find(row->kind);
	struct json *settings;

	*ret = (struct hook_place) { .connection = row->name,
		                     .title = str_of(kind->title),
		                     .address = catalog_hook_url(arena, base, row->name),
		                     .secret = secret_option(kind),
		                     .registers = kind->hook_register != NULL,
		                     .renews = kind->hook_makes_secret,
		                     .can_test = kind->hook_test != NULL,
		                     .events = kind->event_names };
	if (read_told(engine, arena, ret, err) < 0)
		return err_pass(err);
	if (!ret->secret)
		return 0;
	if (catalog_read_connection(engine, arena, row->name, &settings, err) < 0)
		return err_pass(err);
	ret->secret_is_set = json_get_text(settings, ret->secret->name).len > 0;
	return 0;
}

int hooks_list(struct engine *engine, struct arena *arena, struct str base, struct hook_place **ret, size_t *ret_count,
               struct err *err)
{
	struct connection_row *rows;
	struct hook_place *places;
	size_t count, n = 0;

	if (catalog_connections(engine, arena, &rows, &count, err) < 0)
		return err_pass(err);
	places = arena_new_array(arena, struct hook_place, count);
	for (size_t i = 0; i < count; i++) {
		const struct connector *kind = connector_find(rows[i].kind);

		if (!kind || !kind->webhook)
			continue;
		if (read_place(engine, arena, base, &rows[i], &places[n], err) < 0)
			return err_pass(err);
		n++;
	}
	*ret = places;
	*ret_count = n;
	return 0;
}

int hooks_find(struct engine *engine, struct arena *arena, struct str base, struct str connection,
               struct hook_place *ret, struct err *err)
{
	struct connection_row *rows;
	size_t count;

	if (catalog_connections(engine, arena, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		const struct connector *kind = connector_find(rows[i].kind);

		if (!str_eq(rows[i].name, connection))
			continue;
		if (!kind || !kind->webhook)
			return err_set(err, ERR_UNSUPPORTED, "connection '%.*s' takes no webhooks",
			               STR_ARG(connection));
		return read_place(engine, arena, base, &rows[i], ret, err);
	}
	return err_set(err, ERR_NOT_FOUND, "there is no connection '%.*s'", STR_ARG(connection));
}

static int test_delivery(struct engine *engine, struct arena *arena, struct str connection, struct hook *ret,
                         struct err *err)
{
	struct connection *c;
	int code;

	if (catalog_open_connection(engine, connection, &c, err) < 0)
		return err_pass(err);
	if (c->kind->hook_test)
		code = c->kind->hook_test(c, arena, ret, err);
	else
		code = err_set(err, ERR_UNSUPPORTED, "%s cannot be played by us", c->kind->title);
	ret->path = arena_str(arena, ret->path);
	c->kind->close(&c);
	return code;
}

/* A delivery says what stands behind the address. */
int hooks_address(struct engine *engine, struct arena *arena, struct str base, struct str connection, struct str *ret,
                  struct err *err)
{
	struct hook delivery = { 0 };
	struct hook_place place;

	if (hooks_find(engine, arena, base, connection, &place, err) < 0)
		return err_pass(err);
	*ret = place.address;
	if (!place.can_test || (place.secret && !place.secret_is_set))
		return 0;
	if (test_delivery(engine, arena, connection, &delivery, err) < 0)
		return err_pass(err);
	if (delivery.path.len == 0)
		return 0;
	*ret = arena_printf(arena, "%.*s/%.*s", STR_ARG(place.address), STR_ARG(delivery.path));
	return audit_note(engine, "look", arena_printf(arena, "webhook address of %.*s", STR_ARG(connection)),
	                  STR_EMPTY, STR_EMPTY, NULL, err);
}

/* ---- telling the far side ---- */

static int by_hand(const struct hook_place *place, struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED, "%.*s has no way to be told; paste %.*s there by hand%s%s",
	               STR_ARG(place->title), STR_ARG(place->address),
	               place->secret ? ", and give both sides the same secret: setting " : "",
	               place->secret ? place->secret->name : "");
}

static struct json *names_of(struct arena *arena, const struct json *settings)
{
	struct json *names = json_new(arena, JSON_ARRAY);

	JSON_EACH (settings, setting)
		json_append(names, json_new_text(arena, setting->key));
	return names;
}

struct telling {
	struct engine *engine;
	struct arena *arena;
	struct hook_place place;
	bool renew;
	struct json *kept;
};

/* The far side comes first: repeating it is harmless, a secret that nobody signs with is not. */
static int tell(struct telling *t, struct connection *c, struct err *err)
{
	const struct hook_registration what = { .url = t->place.address, .renew = t->renew };
	const char *why = t->renew ? "registered with a new secret" : "registered";
	struct json *kept = NULL;

	if (c->kind->hook_register(c, &what, t->arena, &kept, err) < 0)
		return err_pass(err);
	if (kept && kept->count &&
	    catalog_amend_connection(t->engine, t->place.connection, kept, "webhooks registered", err) < 0)
		return err_pass(err);
	t->kept = names_of(t->arena, kept);
	return audit_note(t->engine, action, t->place.connection, STR_EMPTY, what.url, why, err);
}

static int take_back(struct telling *t, struct connection *c, struct err *err)
{
	if (c->kind->hook_unregister(c, t->place.address, err) < 0)
		return err_pass(err);
	return audit_note(t->engine, action, t->place.connection, t->place.address, STR_EMPTY, "unregistered", err);
}

static int with_connection(struct telling *t, int (*act)(struct telling *t, struct connection *c, struct err *err),
                           struct err *err)
{
	struct connection *c;
	int code;

	if (!t->place.registers)
		return by_hand(&t->place, err);
	if (catalog_open_connection(t->engine, t->place.connection, &c, err) < 0)
		return err_pass(err);
	code = act(t, c, err);
	c->kind->close(&c);
	return code;
}

int hooks_register(struct engine *engine, struct arena *arena, struct str base, struct str connection, bool renew,
                   struct json **ret_kept, struct err *err)
{
	struct telling t = { .engine = engine, .arena = arena, .renew = renew };

	if (hooks_find(engine, arena, base, connection, &t.place, err) < 0)
		return err_pass(err);
	if (renew && !t.place.renews)
		return err_set(err, ERR_UNSUPPORTED,
		               "the secret of %.*s is chosen there: change it there and enter it here",
		               STR_ARG(t.place.title));
	if (with_connection(&t, tell, err) < 0)
		return err_pass(err);
	*ret_kept = t.kept;
	return 0;
}

int hooks_unregister(struct engine *engine, struct arena *arena, struct str base, struct str connection,
                     struct err *err)
{
	struct telling t = { .engine = engine, .arena = arena };

	if (hooks_find(engine, arena, base, connection, &t.place, err) < 0)
		return err_pass(err);
	return with_connection(&t, take_back, err);
}

int hooks_set_secret(struct engine *engine, struct arena *arena, struct str connection, struct str secret,
                     struct err *err)
{
	struct hook_place place;
	struct json *settings = json_new(arena, JSON_OBJECT);

	if (hooks_find(engine, arena, STR_EMPTY, connection, &place, err) < 0)
		return err_pass(err);
	if (!place.secret)
		return err_set(err, ERR_UNSUPPORTED, "%.*s signs nothing", STR_ARG(place.title));
	json_set(settings, str_of(place.secret->name), json_new_text(arena, secret));
	return catalog_amend_connection(engine, connection, settings, "webhook secret changed", err);
}

/* ---- trying the way ---- */

static void judge_answer(struct arena *arena, const struct http_answer *answer, struct hook_tested *ret)
{
	struct err ignored = ERR_INIT;
	struct json *body;
	int64_t received;

	*ret = (struct hook_tested) { .status = answer->status, .took_us = answer->took_ns / 1000 };
	if (json_parse(arena, answer->body, &body, &ignored) == 0 &&
	    str_to_i64(json_get_text(body, "received"), &received) && received > 0)
		ret->received = (size_t)received;
}

int hooks_test(struct engine *engine, struct str base, struct str connection, struct hook_tested *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str url = catalog_hook_url(&arena, base, connection);
	struct http_target target = { .base = url, .attempts = 1, .timeout_ms = 10000 };
	struct http_request request = { .target = &target, .method = "POST", .no_auth = true, .url = url };
	struct http_header headers[4] = { { STR("Content-Type"), STR("application/json") } };
	struct http_answer answer = { 0 };
	struct http_future *future;
	struct hook delivery = { 0 };

	if (test_delivery(engine, &arena, connection, &delivery, err) < 0)
		return err_pass(err);
	ensure(delivery.header_count < ARRAY_LEN(headers));
	for (size_t i = 0; i < delivery.header_count; i++)
		headers[i + 1] = delivery.headers[i];
	request.headers = headers;
	request.header_count = delivery.header_count + 1;
	request.body = delivery.body;
	if (delivery.path.len)
		request.url = arena_printf(&arena, "%.*s/%.*s", STR_ARG(url), STR_ARG(delivery.path));
	future = http_start(engine->http, &request);
	if (http_wait(&future, &arena, &answer, err) < 0)
		return err_wrap(err, "our address %.*s, seen from here", STR_ARG(url));
	judge_answer(&arena, &answer, ret);
	return audit_note(engine, "test event", connection, STR_EMPTY, arena_printf(&arena, "%u", answer.status), NULL,
	                  err);
}
