/*
 * Where a far side sends its events. Registering looks first: our address with all that we need to know of it is left as it is;
 * what stands there for us in another form is taken back, and a new one made.
 */
#include "connectors/rest/rest.h"

#include "codec/digest.h"
#include "lib/limits.h"

#include <string.h>

/* Of a secret that we make: half as many random bytes. */
enum { secret_bytes = 32 };

struct registering {
	struct rest *rest;
	const struct register_section *section;
	struct arena *arena;
	struct str url;           /* of our receiver */
	struct str address;       /* what is registered: with the secret, where it stands in the path */
	struct str secret;        /* new, or the one that is set */
	struct str authorization; /* empty: the connection's own */
	const struct hook_registration *what;
};

/* ---- requests ---- */

static bool is_set(const void *context, struct str name)
{
	return str_eq_c(name, "id") || rest_setting(context, name).len > 0;
}

static int needs(const struct rest *rest, struct str template, struct err *err)
{
	struct str bad;

	if (template_known(template, is_set, rest, &bad))
		return 0;
	return err_set(err, ERR_CONFIG, "to register webhooks of %s, set '%.*s' of the connection",
	               rest->base.kind->title, STR_ARG(bad));
}

static int begin(struct registering *r, struct rest *rest, struct arena *arena, struct str url, struct err *err)
{
	SCOPED(buf) struct buf authorization = BUF_INIT(LIMIT_HTTP_HEADERS);

	*r = (struct registering) {
		.rest = rest, .section = &rest->d->webhook.registration, .arena = arena, .url = url, .address = url
	};
	if (needs(rest, r->section->path, err) < 0 || needs(rest, r->section->authorization, err) < 0)
		return err->code;
	rest_expand(rest, r->section->authorization, &authorization);
	r->authorization = arena_str(arena, buf_str(&authorization));
	return 0;
}

/* `ret`: NULL where nothing is wanted of the answer. */
static int ask(const struct registering *r, const char *method, struct str url, struct str body, struct json **ret,
               struct err *err)
{
	const struct rest_request request = { .method = str_of(method),
		                              .url = url,
		                              .body = body,
		                              .idempotent = strcmp(method, "POST") != 0,
		                              .authorization = r->authorization };
	struct http_future *future = rest_send(r->rest, &request);
	struct http_answer answer = { 0 };

	if (http_wait(&future, r->arena, &answer, err) < 0)
		return err_wrap(err, "register webhooks");
	if (strcmp(method, "DELETE") == 0 && (answer.status == 404 || answer.status == 410))
		return 0;
	if (!answer_good(&answer))
		return answer_refusal(&answer, "register webhooks", err);
	return ret ? answer_json(&answer, r->arena, ret, err) : 0;
}

static int list_hooks(const struct registering *r, const struct json **ret, struct err *err)
{
	SCOPED(buf) struct buf url = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct json *tree;

	buf_add(&url, rest_url(r->rest, r->arena, r->section->path, STR_EMPTY));
	rest_add_pairs(r->rest, &url, &r->section->query);
	if (ask(r, "GET", buf_str(&url), STR_EMPTY, &tree, err) < 0)
		return err->code;
	*ret = answer_walk(tree, r->section->rows);
	/* Where the section says nothing, a system that wraps its lists may wrap this one too. */
	if (*ret && (*ret)->kind == JSON_OBJECT && r->section->rows.len == 0)
		*ret = answer_walk(tree, r->rest->d->envelope.rows);
	if (!*ret || (*ret)->kind != JSON_ARRAY)
		return err_set(err, ERR_FAR_SIDE, "the answer holds no list of webhooks");
	return 0;
}

static int take_back(const struct registering *r, const struct json *row, struct err *err)
{
	struct str id = answer_walk_text(row, r->section->id);

	if (id.len == 0)
		return err_set(err, ERR_FAR_SIDE, "a registered webhook has no id");
	return ask(r, "DELETE", rest_url(r->rest, r->arena, r->section->remove, id), STR_EMPTY, NULL, err);
}

/* Does a registration send to our receiver, with whatever secret behind the address? */
static bool is_ours(const struct registering *r, const struct json *row)
{
	struct str address = answer_walk_text(row, r->section->address);
	struct str behind = str_skip(address, r->url.len);

	return r->url.len && str_starts(address, r->url) && (behind.len == 0 || behind.at[0] == '/');
}

/* ---- what is registered ---- */

static size_t event_count(const struct registering *r)
{
	return r->what->event_count ? r->what->event_count : r->rest->d->webhook.events.count;
}

static struct str event_name(const struct registering *r, size_t i)
{
	return r->what->event_count ? r->what->events[i] : r->rest->d->webhook.events.at[i].name;
}

static bool tells(const struct json *events, struct str name)
{
	JSON_EACH (events, event)
		if (str_eq(json_text(event), name))
			return true;
	return false;
}

/* Where a row says which events it tells, they must be the wanted ones. */
static bool tells_wanted(const struct registering *r, const struct json *row)
{
	const struct json *events = json_get_str(row, r->section->events);

	if (!events || events->kind != JSON_ARRAY)
		return true;
	for (size_t i = 0; i < event_count(r); i++)
		if (!tells(events, event_name(r, i)))
			return false;
	return events->count == event_count(r);
}

/* What the far side told us when it was registered, we still know. */
static bool know_all(const struct registering *r)
{
	for (size_t i = 0; i < r->section->settings.count; i++)
		if (rest_setting(r->rest, r->section->settings.at[i].name).len == 0)
			return false;
	return true;
}

static bool is_as_wanted(const struct registering *r, const struct json *row)
{
	return str_eq(answer_walk_text(row, r->section->address), r->address) && know_all(r) && tells_wanted(r, row);
}

/* The option's text, or a new one. */
static void make_secret(struct registering *r)
{
	unsigned char bytes[secret_bytes];
	SCOPED(buf) struct buf text = BUF_INIT(2 * secret_bytes);

	if (r->section->secret.len == 0)
		return;
	r->secret = r->what->renew ? STR_EMPTY : rest_setting(r->rest, r->section->secret);
	if (r->secret.len == 0) {
		digest_random(bytes, sizeof(bytes));
		digest_hex(&text, str_range((const char *)bytes, sizeof(bytes)));
		r->secret = arena_str(r->arena, buf_str(&text));
	}
	if (rest_signature(r->rest) == SIGNATURE_PATH)
		r->address = arena_printf(r->arena, "%.*s/%.*s", STR_ARG(r->url), STR_ARG(r->secret));
}

static void body_value(const void *context, struct str name, struct buf *out)
{
	const struct registering *r = context;

	if (str_eq_c(name, "address"))
		buf_add(out, r->address);
	else if (str_eq(name, r->section->secret))
		buf_add(out, r->secret);
	else
		buf_add(out, rest_setting(r->rest, name));
}

static struct json *events_json(const struct registering *r)
{
	struct json *events = json_new(r->arena, JSON_ARRAY);

	for (size_t i = 0; i < event_count(r); i++)
		json_append(events, json_new_text(r->arena, event_name(r, i)));
	return events;
}

static int write_body(const struct registering *r, struct buf *out, struct err *err)
{
	struct json *body = json_new(r->arena, JSON_OBJECT), *literal;

	for (size_t i = 0; i < r->section->body.count; i++) {
		SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_HEADERS);

		template_write(&text, r->section->body.at[i].value, body_value, r);
		json_set(body, r->section->body.at[i].name,
		         json_new_text(r->arena, arena_str(r->arena, buf_str(&text))));
	}
	for (size_t i = 0; i < r->section->literals.count; i++) {
		if (json_parse(r->arena, r->section->literals.at[i].value, &literal, err) < 0)
			return err_wrap(err, "webhook.register.literals");
		json_set(body, r->section->literals.at[i].name, literal);
	}
	if (r->section->events.len)
		json_set(body, r->section->events, events_json(r));
	json_write(out, body);
	return 0;
}

static int take_settings(const struct registering *r, const struct json *answer, struct json *settings, struct err *err)
{
	for (size_t i = 0; i < r->section->settings.count; i++) {
		const struct pair *pair = &r->section->settings.at[i];
		struct str text = answer_walk_text(answer, pair->value);

		if (text.len == 0)
			return err_set(err, ERR_FAR_SIDE, "register webhooks: the answer holds no '%.*s'",
			               STR_ARG(pair->value));
		json_set(settings, pair->name, json_new_text(r->arena, text));
	}
	return 0;
}

static int create(const struct registering *r, struct json *settings, struct err *err)
{
	SCOPED(buf) struct buf body = BUF_INIT(LIMIT_HTTP_BODY);
	struct str url = rest_url(r->rest, r->arena, r->section->path, STR_EMPTY);
	struct json *answer = NULL;

	if (write_body(r, &body, err) < 0 ||
	    ask(r, "POST", url, buf_str(&body), r->section->settings.count ? &answer : NULL, err) < 0)
		return err->code;
	return take_settings(r, answer, settings, err);
}

static int register_once(const struct registering *r, struct json *settings, struct err *err)
{
	const struct json *rows;
	bool there = false;

	if (list_hooks(r, &rows, err) < 0)
		return err->code;
	JSON_EACH (rows, row) {
		if (!is_ours(r, row))
			continue;
		if (!there && !r->what->renew && is_as_wanted(r, row))
			there = true;
		else if (take_back(r, row, err) < 0)
			return err->code;
	}
	return there ? 0 : create(r, settings, err);
}

int rest_hook_register(struct connection *c, const struct hook_registration *what, struct arena *arena,
                       struct json **ret_settings, struct err *err)
{
	struct registering r;
	struct json *settings = json_new(arena, JSON_OBJECT);

	if (begin(&r, rest_of(c), arena, what->url, err) < 0)
		return err->code;
	r.what = what;
	make_secret(&r);
	if (register_once(&r, settings, err) < 0)
		return err->code;
	if (r.secret.len)
		json_set(settings, r.section->secret, json_new_text(arena, arena_str(arena, r.secret)));
	*ret_settings = settings;
	return 0;
}

int rest_hook_unregister(struct connection *c, struct str url, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct registering r;
	const struct json *rows;

	if (begin(&r, rest_of(c), &arena, url, err) < 0 || list_hooks(&r, &rows, err) < 0)
		return err->code;
	JSON_EACH (rows, row)
		if (is_ours(&r, row) && take_back(&r, row, err) < 0)
			return err->code;
	return 0;
}
