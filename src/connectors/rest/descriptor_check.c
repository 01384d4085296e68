/*
 * The contradictions that the tables of descriptor.c cannot see: a paging style without its parameter, a template that names
 * no setting, an event that means nothing. Each rule of the form "A needs B" is a row.
 */
#include "connectors/rest/descriptor_check.h"

#include "connectors/settings.h"

static const struct option http_options[] = { SETTINGS_HTTP_OPTIONS("0", "8") };
static const struct option page_size_option = { "page_size", "records a page at most", "", false };
static const struct option replay_option = { "replay_window",
	                                     "seconds that a webhook's time of sending may be away from now; 0: any",
	                                     "300", false };

struct check {
	struct arena *arena;
	struct descriptor *d;
	const struct json *tree;
	struct err *err;
};

/* The line of a place such as "paging.limit"; of the nearest place above it that is there. */
static uint32_t line_of(const struct json *tree, struct str place)
{
	uint32_t line = MAX_OF(tree->line, 1u);
	const struct json *at = tree;
	struct str rest = place, step;

	while (at && str_split(&rest, '.', &step)) {
		at = json_get_str(at, step);
		line = at && at->line ? at->line : line;
	}
	return line;
}

/* ---- options ---- */

static bool option_known(const void *context, struct str name)
{
	for (const struct option *o = context; o->name; o++)
		if (str_eq_c(name, o->name))
			return true;
	return false;
}

static const char *http_fallback(struct check *c, const struct option *option)
{
	const struct pace_section *pace = &c->d->pace;

	if (str_eq_c(STR("pace"), option->name))
		return arena_printf(c->arena, "%g", pace->rate).at;
	if (str_eq_c(STR("window"), option->name) && pace->window)
		return arena_printf(c->arena, "%zu", pace->window).at;
	if (str_eq_c(STR("calls_a_day"), option->name) && pace->a_day)
		return arena_printf(c->arena, "%zu", pace->a_day).at;
	return option->fallback;
}

static int build_options(struct check *c)
{
	const struct option_row *rows = c->d->options.at;
	size_t n = 0;
	struct option *all =
	        arena_new_array(c->arena, struct option, c->d->options.count + ARRAY_LEN(http_options) + 3);

	for (size_t i = 0; i < c->d->options.count; i++) {
		if (option_known(all, rows[i].name))
			return err_set(c->err, ERR_CONFIG, "line %u: option '%.*s' stands twice",
			               line_of(c->tree, STR("options")), STR_ARG(rows[i].name));
		all[n++] = (struct option) { arena_text(c->arena, rows[i].name), arena_text(c->arena, rows[i].help),
			                     rows[i].required ? NULL : arena_text(c->arena, rows[i].fallback),
			                     rows[i].secret };
	}
	for (size_t i = 0; i < ARRAY_LEN(http_options); i++) {
		if (option_known(all, str_of(http_options[i].name)))
			return err_set(c->err, ERR_CONFIG,
			               "line %u: option '%s' is there for every system; set its value under 'pace'",
			               line_of(c->tree, STR("options")), http_options[i].name);
		all[n] = http_options[i];
		all[n++].fallback = http_fallback(c, &http_options[i]);
	}
	all[n] = page_size_option;
	all[n++].fallback = arena_printf(c->arena, "%zu", c->d->paging.size).at;
	if (c->d->webhook.timestamp.len || c->d->webhook.timestamp_header.len)
		all[n] = replay_option;
	c->d->option_rows = all;
	return 0;
}

/* ---- templates ---- */

static bool setting_known(const void *context, struct str name)
{
	return option_known(((const struct descriptor *)context)->option_rows, name);
}

static bool setting_or_id(const void *context, struct str name)
{
	return str_eq_c(name, "id") || setting_known(context, name);
}

static bool setting_or_address(const void *context, struct str name)
{
	return str_eq_c(name, "address") || setting_known(context, name);
}

static bool signed_part(const void *context UNUSED, struct str name)
{
	return str_eq_c(name, "body") || str_eq_c(name, "timestamp");
}

static bool setting_or_parent(const void *context, struct str name)
{
	return str_eq_c(name, "parent") || setting_known(context, name);
}

static bool setting_or_code(const void *context, struct str name)
{
	return str_eq_c(name, "code") || setting_known(context, name);
}

typedef bool (*known_fn)(const void *context, struct str name);

static int check_template(struct check *c, struct str text, const char *place, known_fn known)
{
	struct str bad;

	if (template_known(text, known, c->d, &bad))
		return 0;
	return err_set(c->err, ERR_CONFIG, "line %u: %s names {%.*s}, which is no option",
	               line_of(c->tree, str_of(place)), place, STR_ARG(bad));
}

static int check_pairs(struct check *c, const struct pairs *pairs, const char *place, known_fn known)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (check_template(c, pairs->at[i].value, place, known) < 0)
			return c->err->code;
	return 0;
}

static int check_templates(struct check *c)
{
	const struct auth_section *auth = &c->d->auth;
	const struct webhook_section *webhook = &c->d->webhook;
	const struct register_section *registration = &webhook->registration;
	const struct {
		struct str text;
		const char *place;
		known_fn known;
	} rows[] = {
		{ c->d->base, "base", setting_known },
		{ auth->token, "auth.token", setting_known },
		{ auth->user, "auth.user", setting_known },
		{ auth->password, "auth.password", setting_known },
		{ auth->value, "auth.value", setting_known },
		{ auth->token_url, "auth.token_url", setting_known },
		{ auth->client_id, "auth.client_id", setting_known },
		{ auth->client_secret, "auth.client_secret", setting_known },
		{ auth->scope, "auth.scope", setting_known },
		{ c->d->check.path, "check.path", setting_known },
		{ c->d->exchange.path, "exchange_code.path", setting_known },
		{ c->d->exchange.authorization, "exchange_code.authorization", setting_known },
		{ webhook->secret, "webhook.secret", setting_known },
		{ webhook->signature_by, "webhook.signature_by", setting_known },
		{ webhook->header, "webhook.header", setting_known },
		{ webhook->prefix, "webhook.prefix", setting_known },
		{ webhook->only, "webhook.only", setting_known },
		{ webhook->signs, "webhook.signs", signed_part },
		{ registration->path, "webhook.register.path", setting_known },
		{ registration->remove, "webhook.register.delete", setting_or_id },
		{ registration->authorization, "webhook.register.authorization", setting_known },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (check_template(c, rows[i].text, rows[i].place, rows[i].known) < 0)
			return c->err->code;
	if (check_pairs(c, &c->d->headers, "headers", setting_known) < 0)
		return c->err->code;
	if (check_pairs(c, &registration->body, "webhook.register.body", setting_or_address) < 0 ||
	    check_pairs(c, &registration->query, "webhook.register.query", setting_known) < 0)
		return c->err->code;
	return check_pairs(c, &c->d->exchange.body, "exchange_code.body", setting_or_code);
}

/* ---- "A needs B" ---- */

static int check_needs(struct check *c)
{
	const struct auth_section *auth = &c->d->auth;
	const struct paging_section *paging = &c->d->paging;
	const struct webhook_section *webhook = &c->d->webhook;
	const struct {
		bool when;
		struct str needed;
		const char *place, *why;
	} rows[] = {
		{ auth->kind == AUTH_BEARER, auth->token, "auth", "bearer needs 'token'" },
		{ auth->kind == AUTH_BASIC, auth->user, "auth", "basic needs 'user'" },
		{ auth->kind == AUTH_HEADER, auth->header, "auth", "header needs 'header'" },
		{ auth->kind == AUTH_HEADER, auth->value, "auth", "header needs 'value'" },
		{ auth->kind == AUTH_CLIENT_CREDENTIALS, auth->token_url, "auth",
		  "client_credentials needs 'token_url'" },
		{ auth->kind == AUTH_CLIENT_CREDENTIALS, auth->client_id, "auth",
		  "client_credentials needs 'client_id'" },
		{ auth->kind == AUTH_CLIENT_CREDENTIALS, auth->client_secret, "auth",
		  "client_credentials needs 'client_secret'" },
		{ paging->style == PAGING_OFFSET, paging->limit, "paging",
		  "offset needs 'limit', the name of its parameter" },
		{ paging->style == PAGING_OFFSET, paging->offset, "paging",
		  "offset needs 'offset', the name of its parameter" },
		{ paging->style == PAGING_INDEX, paging->limit, "paging",
		  "index needs 'limit', the name of its parameter" },
		{ paging->style == PAGING_INDEX, paging->index, "paging",
		  "index needs 'index', the name of its parameter" },
		{ paging->style == PAGING_NEXT, paging->next, "paging",
		  "next_link needs 'next', the path of the link in an answer" },
		{ paging->style == PAGING_CURSOR, paging->next, "paging",
		  "cursor needs 'next', its path in an answer" },
		{ paging->style == PAGING_CURSOR, paging->cursor, "paging",
		  "cursor needs 'cursor', the name of its parameter" },
		{ webhook->signature == SIGNATURE_HMAC_SHA256 || webhook->signature == SIGNATURE_TOKEN ||
		          webhook->signature_by.len > 0,
		  webhook->header, "webhook", "a signature needs 'header'" },
		{ webhook->signature != SIGNATURE_NONE, webhook->secret, "webhook", "a signature needs 'secret'" },
		{ str_find(webhook->signs, STR("{timestamp}")) >= 0, webhook->timestamp_header, "webhook",
		  "a signed {timestamp} needs 'timestamp_header'" },
		{ webhook->only.len > 0, webhook->scope, "webhook", "'only' needs 'scope'" },
		{ webhook->registration.line && webhook->signature == SIGNATURE_PATH, webhook->registration.secret,
		  "webhook.register", "a secret in the path needs 'secret', the option that keeps it" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].when && rows[i].needed.len == 0)
			return err_set(c->err, ERR_CONFIG, "line %u: %s", line_of(c->tree, str_of(rows[i].place)),
			               rows[i].why);
	return 0;
}

/* ---- objects ---- */

static int object_wrong(struct check *c, const struct object_section *o, const char *part, const char *why)
{
	struct str place =
	        arena_printf(c->arena, "objects.%.*s%s%s", STR_ARG(o->name), part ? "." : "", part ? part : "");

	return err_set(c->err, ERR_CONFIG, "line %u: %.*s: %s", line_of(c->tree, place), STR_ARG(place), why);
}

static int check_routes(struct check *c, struct object_section *o)
{
	struct {
		const char *name, *method;
		struct route_section *route;
		bool of_record;
	} rows[] = {
		{ "get", "GET", &o->get, true },
		{ "create", "POST", &o->create, false },
		{ "update", o->update.send == SEND_WHOLE ? "PUT" : "PATCH", &o->update, true },
		{ "delete", "DELETE", &o->remove, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct route_section *route = rows[i].route;
		struct str bad;

		if (route->line == 0)
			continue;
		if (check_pairs(c, &route->defaults, "defaults", setting_known) < 0)
			return c->err->code;
		if (route->method.len == 0)
			route->method = str_of(rows[i].method);
		if (rows[i].of_record && str_find(route->path, STR("{id}")) < 0)
			return object_wrong(c, o, rows[i].name, "the path must hold {id}");
		if (!template_known(route->path, rows[i].of_record ? setting_or_id : setting_known, c->d, &bad))
			return object_wrong(c, o, rows[i].name, "the path names a {setting} that is no option");
	}
	return 0;
}

static bool version_part(const void *context UNUSED, struct str name)
{
	return str_eq_c(name, "version") || str_eq_c(name, "time");
}

static int check_precondition(struct check *c, const struct object_section *o)
{
	const struct precondition_section *precondition = &o->update.precondition;
	struct str bad;

	if (o->get.precondition.line || o->create.precondition.line || o->remove.precondition.line)
		return object_wrong(c, o, NULL, "only an 'update' has a precondition");
	if (precondition->line == 0)
		return 0;
	if (!template_known(precondition->from, version_part, c->d, &bad) || str_find_char(precondition->from, '{') < 0)
		return object_wrong(c, o, "update.precondition",
		                    "'from' must hold {version} or {time}, and nothing else in braces");
	if (o->record.version.len == 0)
		return object_wrong(c, o, "update.precondition", "needs record.version, which it compares");
	if (o->get.line == 0)
		return object_wrong(c, o, "update.precondition",
		                    "a record that has changed is read again: a 'get' route is needed");
	return 0;
}

/* Lists that hang on another object's records. */
static int check_per(struct check *c, const struct object_section *o)
{
	const struct object_section *parent = descriptor_object(c->d, o->list.per);

	if (o->list.per.len && (!parent || parent == o || parent->list.per.len))
		return object_wrong(c, o, "list", "'per' must name another object that has a list of its own");
	if (o->list.per.len && (str_find(o->list.path, STR("{parent}")) < 0 || o->list.parent.len == 0))
		return object_wrong(c, o, "list",
		                    "'per' needs {parent} in the path, and 'parent', the member that holds its id");
	if (o->list.per.len && (o->list.short_rows || o->changes.line || o->search.line))
		return object_wrong(c, o, "list", "'per' goes with neither short_rows, nor changes, nor search");
	return 0;
}

/* Where a list, changes or a search go: templates of settings. */
static int check_reading(struct check *c, struct object_section *o)
{
	struct str bad;

	if (check_pairs(c, &o->list.query, "list.query", setting_known) < 0 ||
	    check_pairs(c, &o->list.with_archived, "list.with_archived", setting_known) < 0 ||
	    check_pairs(c, &o->list.only_live, "list.only_live", setting_known) < 0 ||
	    check_pairs(c, &o->changes.query, "changes.query", setting_known) < 0 ||
	    check_pairs(c, &o->search.query, "search.query", setting_known) < 0)
		return c->err->code;
	if (!template_known(o->list.path, o->list.per.len ? setting_or_parent : setting_known, c->d, &bad))
		return object_wrong(c, o, "list", "the path names a {setting} that is no option");
	if (!template_known(o->changes.path, setting_known, c->d, &bad) ||
	    !template_known(o->changes.since, setting_known, c->d, &bad))
		return object_wrong(c, o, "changes", "names a {setting} that is no option");
	if (!template_known(o->search.path, setting_known, c->d, &bad))
		return object_wrong(c, o, "search", "the path names a {setting} that is no option");
	if (o->changes.sorted && o->record.modified.len == 0 && o->record.version.len == 0)
		return object_wrong(c, o, "changes", "'sorted' needs record.modified, the time of a change");
	if (o->changes.line && o->changes.path.len == 0)
		o->changes.path = o->list.path;
	if (o->search.line && o->search.path.len == 0)
		o->search.path = o->list.path;
	return check_per(c, o);
}

static int check_object(struct check *c, struct object_section *o)
{
	if (check_routes(c, o) < 0 || check_precondition(c, o) < 0 || check_reading(c, o) < 0)
		return c->err->code;
	if (o->list.short_rows && o->get.line == 0)
		return object_wrong(c, o, "list", "short_rows needs a 'get' route");
	if (o->reference.lookup && o->get.line == 0)
		return object_wrong(c, o, "reference", "lookup needs a 'get' route");
	if (o->get.line == 0 && (o->update.send == SEND_WHOLE || o->update.always.count || o->update.on_refusal.count ||
	                         o->update.read_back || o->create.read_back))
		return object_wrong(c, o, "update",
		                    "what is sent or read back must be read first: a 'get' route is needed");
	if (o->fields.count == 0)
		return object_wrong(c, o, "fields", "list at least one field");
	return 0;
}

static const char *const event_meanings[] = { "created", "updated", "removed", "merged", "asked" };

static int check_event(struct check *c, const struct pair *event)
{
	struct str rest = event->value, object;

	if (str_split(&rest, '.', &object) && descriptor_object(c->d, object))
		for (size_t i = 0; i < ARRAY_LEN(event_meanings); i++)
			if (str_eq_c(rest, event_meanings[i]))
				return 0;
	return err_set(c->err, ERR_CONFIG,
	               "line %u: event '%.*s' must be OBJECT.created, .updated, .removed, .merged or .asked",
	               line_of(c->tree, STR("webhook.events")), STR_ARG(event->name));
}

static int check_settings(struct check *c, const struct pairs *settings, const char *place)
{
	for (size_t i = 0; i < settings->count; i++)
		if (!setting_known(c->d, settings->at[i].name))
			return err_set(c->err, ERR_CONFIG, "line %u: %s names '%.*s', which is no option",
			               line_of(c->tree, str_of(place)), place, STR_ARG(settings->at[i].name));
	return 0;
}

/* Settings that are filled in by what the far side answers, or by us. */
static int check_kept(struct check *c)
{
	const struct register_section *registration = &c->d->webhook.registration;
	const struct pair secret = { registration->secret, STR_EMPTY };
	const struct pairs secrets = { (struct pair *)&secret, registration->secret.len ? 1 : 0 };

	if (check_settings(c, &c->d->exchange.settings, "exchange_code.settings") < 0 ||
	    check_settings(c, &registration->settings, "webhook.register.settings") < 0)
		return c->err->code;
	return check_settings(c, &secrets, "webhook.register.secret");
}

int descriptor_check(struct arena *arena, struct descriptor *d, const struct json *tree, struct err *err)
{
	struct check c = { arena, d, tree, err };
	struct object_section *objects = d->objects.at;

	if (d->paging.max == 0)
		d->paging.max = d->paging.size ? d->paging.size : 100;
	if (d->paging.size == 0)
		d->paging.size = d->paging.max;
	if (d->paging.size > d->paging.max)
		return err_set(err, ERR_CONFIG, "line %u: paging.size is larger than paging.max",
		               line_of(tree, STR("paging.size")));
	if (build_options(&c) < 0 || check_templates(&c) < 0 || check_needs(&c) < 0 || check_kept(&c) < 0)
		return err->code;
	for (size_t i = 0; i < d->objects.count; i++)
		if (check_object(&c, &objects[i]) < 0)
			return err->code;
	for (size_t i = 0; i < d->webhook.events.count; i++)
		if (check_event(&c, &d->webhook.events.at[i]) < 0)
			return err->code;
	return 0;
}
