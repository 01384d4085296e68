/*
 * A REST EMR: a descriptor (descriptor.h) becomes a kind of connector; a connection of it is opened here. Reading is
 * rest_read.c with rest_paging.c, writing rest_write.c with rest_body.c.
 */
#include "connectors/rest/rest.h"

#include "codec/digest.h"
#include "connectors/settings.h"
#include "lib/limits.h"

/* A record is a request of its own: one a call, so that a window of calls is a window of requests. */
enum { records_a_call = 1, ids_a_call = 100 };

struct rest *rest_of(struct connection *c)
{
	ensure(c->magic == REST_MAGIC);
	return (struct rest *)c;
}

static struct str expanded(struct rest *rest, struct str text)
{
	return rest_expanded(rest, &rest->arena, text);
}

/* ---- authentication ---- */

/* A lasting key: there is nothing to renew. It is tried once more, since a far side has bad moments. */
static int authorize_key(void *context, bool refresh UNUSED, struct buf *ret_header, struct err *err UNUSED)
{
	const struct rest *rest = context;

	buf_add(ret_header, rest->auth_value);
	return 0;
}

static int auth_none(struct rest *rest UNUSED, struct err *err UNUSED)
{
	return 0;
}

static int auth_bearer(struct rest *rest, struct err *err)
{
	struct str token = expanded(rest, rest->d->auth.token);

	if (token.len == 0)
		return err_set(err, ERR_CONFIG, "the access token is missing: exchange a code for one, or set it");
	rest->auth_value = arena_printf(&rest->arena, "Bearer %.*s", STR_ARG(token));
	rest->base.target.authorize = authorize_key;
	rest->base.target.context = rest;
	return 0;
}

static int auth_basic(struct rest *rest, struct err *err UNUSED)
{
	SCOPED(buf) struct buf value = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct str user = expanded(rest, rest->d->auth.user), password = expanded(rest, rest->d->auth.password);

	buf_add_c(&value, "Basic ");
	digest_base64(&value, arena_printf(&rest->arena, "%.*s:%.*s", STR_ARG(user), STR_ARG(password)));
	rest->auth_value = arena_str(&rest->arena, buf_str(&value));
	rest->base.target.authorize = authorize_key;
	rest->base.target.context = rest;
	return 0;
}

static int auth_header(struct rest *rest, struct err *err)
{
	struct str value = expanded(rest, rest->d->auth.value);

	if (value.len == 0)
		return err_set(err, ERR_CONFIG, "the key for the header %.*s is missing",
		               STR_ARG(rest->d->auth.header));
	rest->headers[rest->header_count++] = (struct http_header) { rest->d->auth.header, value };
	return 0;
}

static int auth_client_credentials(struct rest *rest, struct err *err)
{
	const struct auth_section *auth = &rest->d->auth;
	struct oauth_options options = {
		.http = rest->http,
		.grant = OAUTH_CLIENT_CREDENTIALS,
		.client_id = expanded(rest, auth->client_id),
		.client_secret = expanded(rest, auth->client_secret),
		.basic = auth->send != SEND_BODY,
		.scope = expanded(rest, auth->scope),
		.like = &rest->base.target,
	};

	if (settings_url(expanded(rest, auth->token_url), "token_url", &options.token_url, err) < 0 ||
	    oauth_open(&options, &rest->oauth, err) < 0)
		return err_pass(err);
	rest->base.target.authorize = oauth_authorize;
	rest->base.target.context = rest->oauth;
	return 0;
}

static int (*const auths[])(struct rest *rest, struct err *err) = {
	[AUTH_NONE] = auth_none,
	[AUTH_BEARER] = auth_bearer,
	[AUTH_BASIC] = auth_basic,
	[AUTH_HEADER] = auth_header,
	[AUTH_CLIENT_CREDENTIALS] = auth_client_credentials,
};

/* ---- open and close ---- */

static void build_headers(struct rest *rest)
{
	const struct pairs *pairs = &rest->d->headers;

	rest->headers = arena_new_array(&rest->arena, struct http_header, pairs->count + 3);
	rest->headers[rest->header_count++] = (struct http_header) { STR("Content-Type"), STR("application/json") };
	rest->headers[rest->header_count++] = (struct http_header) { STR("Accept"), STR("application/json") };
	for (size_t i = 0; i < pairs->count; i++)
		rest->headers[rest->header_count++] =
		        (struct http_header) { pairs->at[i].name, expanded(rest, pairs->at[i].value) };
}

static int copy_settings(struct rest *rest, const struct json *settings, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);

	if (settings_check(rest->d->option_rows, settings, err) < 0)
		return err->code;
	if (settings)
		json_write(&text, settings);
	return json_parse(&rest->arena, arena_str(&rest->arena, settings ? buf_str(&text) : STR("{}")), &rest->settings,
	                  err);
}

static bool reads_back(const struct object_section *object)
{
	return object->create.read_back && object->update.read_back;
}

static void fill_traits(struct rest *rest, const struct object_section *object)
{
	struct traits *traits = &rest->base.traits;

	traits->fetch_batch = object->get.line ? ids_a_call : 0;
	traits->answers_with_record = rest->d->answers_with_record || reads_back(object);
	traits->reference_field = object->reference.field;
	traits->reference_link_field = object->reference.link;
	traits->reference_message_field = object->reference.message;
	traits->fetch_by_reference = object->reference.lookup;
	traits->web_link = object->web_link;
	traits->has_times = object->record.modified.len > 0;
	/* A page of what hangs on others is a page of those: it need not hold what the last of them has. */
	traits->pages_overlap =
	        rest->d->paging.style == PAGING_OFFSET && traits->page_size > 1 && object->list.per.len == 0;
}

/* What hangs on a setting that is empty cannot be done by this connection. */
static void switch_off(struct rest *rest)
{
	const struct object_section *objects = rest->d->objects.at;

	for (size_t i = 0; i < rest->d->objects.count; i++)
		if (expanded(rest, objects[i].changes.since).len)
			return;
	rest->kind.changes_start = NULL;
	rest->kind.changes_finish = NULL;
}

static void rest_serve(struct connection *c, struct str name)
{
	struct rest *rest = rest_of(c);
	const struct object_section *object = descriptor_object(rest->d, name);

	if (!object)
		return;
	fill_traits(rest, object);
	if (expanded(rest, object->changes.since).len)
		return;
	rest->kind.changes_start = NULL;
	rest->kind.changes_finish = NULL;
}

/* A setting may name another way of signing than the descriptor. */
static int check_signature(struct rest *rest, struct err *err)
{
	struct str name = expanded(rest, rest->d->webhook.signature_by);

	if (name.len && signature_kind_of(name) < 0)
		return err_set(err, ERR_CONFIG, "webhooks are signed by one of: none, hmac_sha256, token, path");
	return 0;
}

enum signature_kind rest_signature(const struct rest *rest)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	int kind = signature_kind_of(rest_expanded(rest, &scratch, rest->d->webhook.signature_by));

	return kind < 0 ? rest->d->webhook.signature : (enum signature_kind)kind;
}

static int open_with(struct rest *rest, const struct json *settings, struct err *err)
{
	double page_size;

	if (copy_settings(rest, settings, err) < 0 ||
	    settings_url(expanded(rest, rest->d->base), "url", &rest->base.target.base, err) < 0 ||
	    settings_target(rest->d->option_rows, rest->settings, &rest->base.target, err) < 0 ||
	    check_signature(rest, err) < 0 ||
	    settings_number(rest->d->option_rows, rest->settings, "page_size", 1, (double)rest->d->paging.max,
	                    &page_size, err) < 0)
		return err->code;
	build_headers(rest);
	switch_off(rest);
	rest->base.traits = (struct traits) { .page_size = (size_t)page_size,
		                              .write_batch = records_a_call,
		                              .pages_independent = rest_pages_independent(rest->d) };
	fill_traits(rest, rest->d->objects.at);
	return auths[rest->d->auth.kind](rest, err);
}

static void rest_close(struct connection **c)
{
	struct rest *rest = rest_of(*c);
	struct arena arena;

	oauth_free(&rest->oauth);
	rest->base.magic = 0;
	arena = rest->arena;
	*c = NULL;
	arena_release(&arena);
}

static int rest_open(const struct connector *kind, const struct json *settings, struct http_client *http,
                     struct connection **ret, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct rest *rest = arena_new(&arena, struct rest);
	struct connection *c = &rest->base;

	rest->arena = arena;
	rest->d = kind->descriptor;
	rest->http = http;
	rest->base.magic = REST_MAGIC;
	rest->kind = *kind;
	rest->base.kind = &rest->kind;
	rest->base.memory = &rest->arena;
	if (open_with(rest, settings, err) < 0) {
		int code = err->code;

		rest_close(&c);
		return code;
	}
	*ret = c;
	return 0;
}

/* ---- check and describe ---- */

/* What a template takes from an answer, and how many of its names were there. */
struct who {
	const struct json *answer;
	size_t *found;
};

static void who_value(const void *context, struct str name, struct buf *out)
{
	const struct who *who = context;
	struct str text = answer_walk_text(who->answer, name);

	*who->found += text.len > 0;
	buf_add(out, text);
}

/* Objects or lists that name nobody where the descriptor says that they do: something else has answered. */
static int check_answer(const struct rest *rest, const struct json *answer, struct buf *ret_who, struct err *err)
{
	size_t found = 0;

	template_write(ret_who, rest->d->check.who, who_value, &(struct who) { answer, &found });
	if ((answer->kind == JSON_OBJECT || answer->kind == JSON_ARRAY) && (found > 0 || ret_who->len == 0))
		return 0;
	return err_set(err, ERR_FAR_SIDE, "ask who we are: the answer is not what %s answers; is the address right?",
	               rest->kind.title);
}

static int check_by_list(struct connection *c, struct arena *arena, struct err *err)
{
	const struct object_section *object = rest_of(c)->d->objects.at;
	const struct list_request request = { .object = object->name, .page_size = 1 };
	struct call *call = rest_list_start(c, &request);
	struct page page;

	return rest_list_finish(&call, arena, &page, err);
}

static int rest_check(struct connection *c, struct arena *arena, struct str *ret_who, struct err *err)
{
	struct rest *rest = rest_of(c);
	const struct check_section *check = &rest->d->check;
	SCOPED(buf) struct buf who = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct json *answer;

	*ret_who = rest->d->title;
	if (check->path.len == 0)
		return check_by_list(c, arena, err);
	if (rest_get(rest, arena, rest_url(rest, arena, check->path, STR_EMPTY), "ask who we are", &answer, err) < 0)
		return err->code;
	if (check->user.len)
		c->traits.our_user = arena_str(&rest->arena, answer_walk_text(answer, check->user));
	if (check_answer(rest, answer, &who, err) < 0)
		return err->code;
	if (who.len)
		*ret_who = arena_str(arena, buf_str(&who));
	return 0;
}

static void describe_field(const struct field_row *row, struct field_info *ret)
{
	*ret = (struct field_info) {
		.name = row->name,
		.label = row->label.len ? row->label : row->name,
		.type = row->type,
		.length = row->length,
		.required = row->required,
		.createable = !row->read_only,
		.updateable = !row->read_only && !row->create_only,
		.unique = row->unique,
		.restricted = row->restricted,
		.picklist = row->values.at,
		.picklist_count = row->values.count,
	};
}

static int rest_describe(struct connection *c, struct arena *arena, struct str object, struct object_info *ret,
                         struct err *err)
{
	const struct object_section *section = descriptor_object(rest_of(c)->d, object);
	const struct field_row *rows;
	struct object_info info = { 0 };

	if (!section)
		return err_set(err, ERR_CONFIG, "%s has no object '%.*s'", c->kind->title, STR_ARG(object));
	rows = section->fields.at;
	info.name = section->name;
	info.label = section->title.len ? section->title : section->name;
	info.field_count = section->fields.count;
	info.fields = arena_new_array(arena, struct field_info, info.field_count + 1);
	for (size_t i = 0; i < info.field_count; i++) {
		describe_field(&rows[i], &info.fields[i]);
		info.fields[i].external_id = str_eq(rows[i].name, section->reference.field);
	}
	*ret = info;
	return 0;
}

static int rest_objects(struct connection *c, struct arena *arena, struct object_name **ret, size_t *ret_count,
                        struct err *err UNUSED)
{
	const struct descriptor *d = rest_of(c)->d;
	const struct object_section *objects = d->objects.at;

	*ret_count = d->objects.count;
	*ret = arena_new_array(arena, struct object_name, d->objects.count);
	for (size_t i = 0; i < d->objects.count; i++)
		(*ret)[i] = (struct object_name) { .name = objects[i].name,
			                           .label = objects[i].title.len ? objects[i].title : objects[i].name,
			                           .writable = objects[i].create.line > 0 };
	return 0;
}

/* ---- the kind ---- */

static bool can_read(const struct object_section *o)
{
	return o->get.line;
}

static bool can_write(const struct object_section *o)
{
	return o->create.line || o->update.line || o->remove.line;
}

static bool can_tell_changes(const struct object_section *o)
{
	return o->changes.line;
}

static bool can_search(const struct object_section *o)
{
	return o->search.line;
}

static bool any_object(const struct descriptor *d, bool (*can)(const struct object_section *o))
{
	const struct object_section *objects = d->objects.at;

	for (size_t i = 0; i < d->objects.count; i++)
		if (can(&objects[i]))
			return true;
	return false;
}

/* What came with real time; each of it may be missing. */
static void add_live(const struct descriptor *d, struct arena *arena, struct connector *kind)
{
	if (any_object(d, can_tell_changes)) {
		kind->changes_start = rest_changes_start;
		kind->changes_finish = rest_changes_finish;
	}
	if (any_object(d, can_search)) {
		kind->search_start = rest_search_start;
		kind->search_finish = rest_list_finish;
	}
	if (d->webhook.line) {
		kind->webhook = rest_webhook;
		kind->hook_test = rest_hook_test;
		kind->event_names = rest_event_names(d, arena);
	}
	if (d->webhook.registration.line) {
		kind->hook_register = rest_hook_register;
		kind->hook_unregister = rest_hook_unregister;
		kind->hook_makes_secret = d->webhook.registration.secret.len > 0;
	}
}

int rest_kind_new(struct arena *arena, struct str yaml, struct connector *ret, struct err *err)
{
	struct descriptor *d = arena_new(arena, struct descriptor);

	if (descriptor_read(arena, yaml, d, err) < 0)
		return err->code;
	*ret = (struct connector) {
		.name = arena_text(arena, d->name),
		.title = arena_text(arena, d->title),
		.options = d->option_rows,
		.open = rest_open,
		.close = rest_close,
		.serve = rest_serve,
		.check = rest_check,
		.describe = rest_describe,
		.objects = rest_objects,
		.list_start = rest_list_start,
		.list_finish = rest_list_finish,
		.descriptor = d,
	};
	if (any_object(d, can_read)) {
		ret->fetch_start = rest_fetch_start;
		ret->fetch_finish = rest_fetch_finish;
	}
	if (any_object(d, can_write)) {
		ret->write_start = rest_write_start;
		ret->write_finish = rest_write_finish;
	}
	if (d->exchange.line)
		ret->exchange_code = rest_exchange_code;
	add_live(d, arena, ret);
	return 0;
}
