/*
 * Requests of somebody who is signed in as administrator, over a store that is new for each input: as parts METHOD PATH?QUERY, then the body, all through the API's own table of
 * routes; after a line "====" the answers of the far systems (far.h). Whatever is asked, the answer is JSON with a status that is somebody's fault, none of it ours; the audit
 * trail fits afterwards, and the configuration can be taken out and put in again without a change.
 */
#include "api_route.h"
#include "far.h"
#include "fuzz.h"

#include <string.h>

#include "../unit/web/live_fake.h"
#include "access/access.h"
#include "api/api.h"
#include "codec/yaml.h"
#include "store/store.h"
#include "sync/audit.h"
#include "sync/budget.h"
#include "sync/catalog.h"

enum { most_requests = 6 };

#define PASSWORD "copper violin under rain"

static const char config[] = "connections:\n"
                             "  practice: {kind: hint, url: \"" FAR_BASE "/api\", token: T, webhook_secret: k}\n"
                             "  org: {kind: salesforce, login_url: \"" FAR_BASE "\", client_id: a, client_secret: s}\n"
                             "integration: {name: both, emr: practice, crm: org, default_account: Patients}\n"
                             "syncs:\n"
                             "  patients: {emr_object: patient, crm_object: Contact, create: true, crm_id_field: "
                             "Hint_Id__c, mapping: hint-contact}\n";

/* The API is opened once; what it works on is new for each input. */
struct house {
	struct arena arena; /* of this input */
	struct engine engine;
	struct live live;
	struct access *access;
	struct api *api;
	struct signed_in in;
};

#define FINE(call) fine((call), &err, #call)

static void fine(int code, const struct err *err, const char *what)
{
	if (code < 0)
		defs_abort(what, err->text, __FILE__, __LINE__);
}

static void add_administrator(struct house *h)
{
	struct account_new fresh = { .name = STR("ann"), .role = ROLE_ADMIN };
	const struct sign_in asked = { .name = fresh.name, .password = STR(PASSWORD), .peer = STR("127.0.0.1") };
	struct account account;
	struct err err = ERR_INIT;
	struct str code;

	FINE(access_hash_password(h->access, &h->arena, asked.password, fresh.name, &fresh.password, &err));
	FINE(account_add(&h->engine, &h->arena, &fresh, &account, &code, &err));
	FINE(access_sign_in(h->access, &h->arena, &asked, &h->in, &err));
}

/* What is tried on a copy of the whole engine is left out: it takes files. */
static int no_scratch(struct engine *engine UNUSED, struct engine **ret UNUSED, struct err *err)
{
	return err_set(err, ERR_LIMIT, "no copies are made here");
}

static struct house *house_open(void)
{
	static struct house house;
	static struct arena lasting;
	const struct access_options cheap = { .cost = { .passes = 1, .memory = 8192 } };
	struct house *h = &house;
	struct api_options options = {
		.engine = &h->engine, .live = &h->live, .version = "1", .open_scratch = no_scratch
	};
	struct err err = ERR_INIT;
	struct applied applied;

	h->engine.who = "fuzz";
	if (!h->engine.keys)
		FINE(keyring_open(keyring_generate(&lasting), &h->engine.keys, &err));
	FINE(store_open(":memory:", &h->engine.store, &err));
	FINE(governor_open(h->engine.store, &h->engine.governor, &err));
	FINE(access_open(&h->engine, &cheap, &h->access, &err));
	FINE(catalog_apply(&h->engine, str_of(config), "config", NULL, "", &applied, &err));
	add_administrator(h);
	options.access = h->access;
	FINE(api_open(&options, &h->api, &err));
	return h;
}

static void house_close(struct house *h)
{
	api_close(&h->api);
	access_close(&h->access);
	governor_close(&h->engine.governor);
	store_close(&h->engine.store);
	arena_release(&h->arena);
}

/* Streams, and what is done beside the request on a thread of its own. */
static bool is_left_out(const char *pattern)
{
	static const char *const patterns[] = { "/api/v1/events", "/api/v1/syncs/{sync}/dry-run" };

	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		if (strcmp(pattern, patterns[i]) == 0)
			return true;
	return false;
}

static void law_reply(struct arena *arena, const struct http_reply *reply)
{
	struct err err = ERR_INIT;
	struct json *json;

	law(reply->status >= 200 && reply->status < 600);
	law(reply->status != 500);
	for (size_t i = 0; i < reply->header_count; i++)
		for (size_t n = 0; n < reply->headers[i].value.len; n++)
			law((unsigned char)reply->headers[i].value.at[n] >= ' ');
	if (reply->content_type && strstr(reply->content_type, "json"))
		law(json_parse(arena, reply->body, &json, &err) == 0);
	law(reply->status < 400 || reply->body.len > 0);
}

static void ask(struct house *h, struct str part)
{
	SCOPED(arena) struct arena arena = ARENA_INIT; /* as the server has one for each request */
	struct str rest = part, line = fuzz_line(&rest), method;
	struct http_header headers[] = {
		{ STR("Host"), STR("suture.example") },
		{ STR("Cookie"),
		  arena_printf(&arena, "%s=%.*s", access_cookie_name(h->access), STR_ARG(h->in.cookie)) },
		{ STR("X-CSRF-Token"), h->in.csrf },
	};
	struct http_asked asked = { .headers = headers, .header_count = ARRAY_LEN(headers), .peer = STR("127.0.0.1") };
	struct http_reply reply = { 0 };
	const struct http_route *rows, *row;
	size_t count;

	rows = api_routes(h->api, &count);
	if (!str_split(&line, ' ', &method))
		return;
	row = api_route(&arena, rows, count, method, line, &asked);
	if (!row || is_left_out(row->pattern))
		return;
	asked.body = rest;
	row->handle(row->context, &asked, &arena, &reply);
	law_reply(&arena, &reply);
}

static void law_afterwards(struct house *h)
{
	SCOPED(buf) struct buf file = BUF_INIT(SIZE_MAX);
	struct err err = ERR_INIT;
	struct audit_chain chain;
	struct applied applied;

	FINE(audit_verify(&h->engine, STR_EMPTY, &chain, &err));
	law(!audit_trouble(&h->arena, &chain));
	FINE(catalog_export(&h->engine, &file, &err));
	FINE(catalog_apply(&h->engine, buf_str(&file), "export", NULL, "", &applied, &err));
	law(applied.created == 0 && applied.changed == 0);
}

void fuzz_api(struct str input)
{
	static const struct str answers = { "\n====\n", 6 };
	ptrdiff_t at = str_find(input, answers);
	struct str rest = at < 0 ? input : str_range(input.at, (size_t)at);
	struct house *h;

	far_answers(at < 0 ? STR_EMPTY : str_skip(input, (size_t)at + answers.len), NULL);
	h = house_open();
	for (int i = 0; i < most_requests && rest.len > 0; i++)
		ask(h, fuzz_part(&rest));
	law_afterwards(h);
	house_close(h);
}
