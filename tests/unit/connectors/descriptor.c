/* Descriptors: what ships is sound, what is wrong is told with its line, templates. */
#include "unit.h"

#include "connectors/rest/descriptor.h"
#include "lib/file.h"
#include "lib/limits.h"

#define HEAD   "name: x\ntitle: X\nbase: \"{url}\"\noptions: [{name: url, help: address, required: true}]\n"
#define AUTH   "auth: {kind: none}\n"
#define PAGING "paging: {style: none}\n"
#define LIST   "    list: {path: /p}\n"
#define RECORD "    record: {id: id}\n"
#define FIELDS "    fields: [{name: id}]\n"
#define HOOK   "webhook:\n  event: type\n  signature: none\n  events: {}\n"
#define OBJECT "objects:\n  patient:\n" LIST RECORD FIELDS

static void every_mistake_is_told_with_its_line(void **state)
{
	static const struct {
		const char *yaml, *words;
	} rows[] = {
		{ "title: X\n", "line 1: 'name' is missing" },
		{ "name: [x]\n", "line 1: 'name' must be a text" },
		{ "- name\n", "must be a section" },
		{ "name: x\n  bad: indentation: here\n", "line 2" },
		{ HEAD "colour: red\n", "line 5: unknown key 'colour'" },
		{ HEAD "auth: {kind: magic}\n",
		  "line 5: 'kind' must be one of: none, bearer, basic, header, client_credentials" },
		{ HEAD "auth: {kind: none, tokens: x}\n", "line 5: unknown key 'tokens'" },
		{ HEAD AUTH PAGING "objects: {}\n", "line 7: 'objects' must be names" },
		{ HEAD AUTH PAGING "objects:\n  patient:\n" LIST RECORD, "'fields' is missing" },
		{ HEAD AUTH PAGING "objects:\n  patient:\n" LIST RECORD "    fields: []\n", "list at least one field" },
		{ HEAD AUTH PAGING "objects:\n  patient:\n" LIST RECORD
		                   "    fields:\n      - {name: id, required: maybe}\n",
		  "line 12: 'required' must be true or false" },
		{ HEAD AUTH PAGING "objects:\n  patient:\n" LIST RECORD "    fields:\n      - {name: id, length: -1}\n",
		  "line 12: 'length' must be a whole number" },
		{ HEAD AUTH PAGING "objects:\n  patient:\n" LIST "    record: {version: x}\n" FIELDS,
		  "line 10: 'id' is missing" },
		{ HEAD AUTH "paging: {style: offset, limit: limit}\n" OBJECT, "line 6: offset needs 'offset'" },
		{ HEAD AUTH "paging: {style: next_link}\n" OBJECT, "line 6: next_link needs 'next'" },
		{ HEAD AUTH "paging: {style: none, size: 100, max: 50}\n" OBJECT, "line 6: paging.size is larger" },
		{ HEAD "auth: {kind: bearer}\n" PAGING OBJECT, "line 5: bearer needs 'token'" },
		{ HEAD "auth: {kind: bearer, token: \"{tokem}\"}\n" PAGING OBJECT,
		  "line 5: auth.token names {tokem}, which is no option" },
		{ HEAD "auth: {kind: client_credentials, token_url: \"{url}\", client_id: x}\n" PAGING OBJECT,
		  "needs 'client_secret'" },
		{ HEAD AUTH PAGING "objects:\n  patient:\n    list: {path: /p, short_rows: true}\n" RECORD FIELDS,
		  "line 9: objects.patient.list: short_rows needs a 'get' route" },
		{ HEAD AUTH PAGING OBJECT "    get: {path: /p}\n",
		  "line 12: objects.patient.get: the path must hold {id}" },
		{ HEAD AUTH PAGING OBJECT "    get: {path: \"/p/{id}/{site}\"}\n",
		  "names a {setting} that is no option" },
		{ HEAD AUTH PAGING OBJECT "    update: {path: \"/p/{id}\", send: whole}\n",
		  "must be read first: a 'get' route is needed" },
		{ HEAD AUTH PAGING OBJECT "    update: {path: \"/p/{id}\", rename: [a]}\n",
		  "line 12: 'rename' must be names with texts" },
		{ HEAD AUTH PAGING OBJECT "pace: {rate: fast}\n", "line 12: 'rate' must be a number" },
		{ HEAD AUTH PAGING OBJECT "exchange_code: {path: /t, settings: {tok: access_token}}\n",
		  "line 12: exchange_code.settings names 'tok'" },
		{ HEAD AUTH PAGING OBJECT "exchange_code: {path: /t}\n", "line 12: 'settings' is missing" },
		{ HEAD AUTH PAGING OBJECT "webhook: {event: type, events: {a: patient.vanished}}\n",
		  "line 12: event 'a' must be OBJECT.created, .updated" },
		{ HEAD AUTH PAGING OBJECT "webhook: {event: type, signature: hmac_sha256, events: {}}\n",
		  "line 12: a signature needs 'header'" },
		{ HEAD AUTH PAGING OBJECT "webhook: {event: type, signature: path, events: {}}\n",
		  "line 12: a signature needs 'secret'" },
		{ HEAD AUTH PAGING OBJECT "webhook: {event: type, signs: \"{time}\", events: {}}\n",
		  "line 12: webhook.signs names {time}" },
		{ HEAD AUTH PAGING OBJECT "webhook: {event: type, signs: \"{timestamp}.{body}\", events: {}}\n",
		  "line 12: a signed {timestamp} needs 'timestamp_header'" },
		{ HEAD AUTH PAGING OBJECT "webhook: {event: type, only: x, events: {}}\n",
		  "line 12: 'only' needs 'scope'" },
		{ HEAD AUTH PAGING OBJECT HOOK "  register: {path: /h, id: id, address: a, body: {}}\n",
		  "line 16: 'delete' is missing" },
		{ HEAD AUTH PAGING OBJECT HOOK
		  "  register: {path: /h, delete: \"/h/{key}\", id: id, address: a, body: {}}\n",
		  "line 16: webhook.register.delete names {key}" },
		{ HEAD AUTH PAGING OBJECT HOOK
		  "  register: {path: /h, delete: \"/h/{id}\", id: id, address: a, body: {u: \"{adress}\"}}\n",
		  "line 16: webhook.register.body names {adress}" },
		{ HEAD AUTH PAGING OBJECT HOOK
		  "  register: {path: /h, delete: \"/h/{id}\", id: id, address: a, body: {}, settings: {k: secret}}\n",
		  "line 16: webhook.register.settings names 'k'" },
		{ HEAD AUTH PAGING OBJECT
		  "webhook: {event: type, signature: path, secret: \"{url}\", events: {}, register: "
		  "{path: /h, delete: /h, id: id, address: a, body: {}}}\n",
		  "line 12: a secret in the path needs 'secret'" },
		{ HEAD AUTH PAGING OBJECT "    changes: {query: {a: b}}\n", "line 12: 'since' is missing" },
		{ HEAD AUTH PAGING OBJECT "    changes: {since: s, times: days}\n",
		  "line 12: 'times' must be one of: rfc3339, seconds, milliseconds" },
		{ HEAD AUTH PAGING OBJECT "    changes: {since: s, sorted: true}\n",
		  "line 12: objects.patient.changes: 'sorted' needs record.modified" },
		{ HEAD AUTH PAGING OBJECT "    changes: {since: \"{x}\"}\n",
		  "line 12: objects.patient.changes: names a {setting}" },
		{ HEAD AUTH PAGING OBJECT "    search: {path: /q}\n", "line 12: 'text' is missing" },
		{ HEAD AUTH PAGING OBJECT "  visit:\n    list: {path: /v, per: pat, parent: p}\n" RECORD FIELDS,
		  "line 13: objects.visit.list: 'per' must name another object" },
		{ HEAD AUTH PAGING OBJECT "  visit:\n    list: {path: /v, per: patient}\n" RECORD FIELDS,
		  "line 13: objects.visit.list: 'per' needs {parent} in the path" },
		{ HEAD AUTH PAGING OBJECT "    create: {path: /p, defaults: {a: \"{b}\"}}\n", "defaults names {b}" },
		{ "name: x\ntitle: X\nbase: \"{url}\"\noptions: [{name: pace, help: h}]\n" AUTH PAGING OBJECT,
		  "line 4: option 'pace' is there for every system" },
		{ "name: x\ntitle: X\nbase: b\noptions: [{name: a, help: h}, {name: a, help: h}]\n" AUTH PAGING OBJECT,
		  "line 4: option 'a' stands twice" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ARENA;
		struct descriptor d;

		assert_err(descriptor_read(&arena, str_of(rows[i].yaml), &d, &err), ERR_CONFIG, rows[i].words);
	}
}

static void the_least_descriptor_is_filled_up(void **state)
{
	ARENA;
	struct err err = ERR_INIT;
	struct descriptor d;
	const struct object_section *object;

	(void)state;
	assert_ok(descriptor_read(
	        &arena, STR(HEAD AUTH PAGING OBJECT "    get: {path: \"/p/{id}\"}\n    update: {path: \"/p/{id}\"}\n"),
	        &d, &err));
	object = descriptor_object(&d, STR("patient"));
	assert_non_null(object);
	assert_null(descriptor_object(&d, STR("contact")));
	assert_str(object->get.method, "GET");
	assert_str(object->update.method, "PATCH");
	assert_int_equal(object->create.line, 0);
	assert_int_equal(d.paging.size, 100);
}

static const struct option *option(const struct connector *kind, const char *name)
{
	for (const struct option *o = kind->options; o->name; o++)
		if (str_eq_c(str_of(name), o->name))
			return o;
	fail_msg("no option %s", name);
	return NULL;
}

static void hint_is_complete(void **state)
{
	const struct connector *kind = connector_find(STR("hint"));
	const struct descriptor *d = kind->descriptor;
	const struct object_section *patient = descriptor_object(d, STR("patient"));

	(void)state;
	assert_string_equal(option(kind, "pace")->fallback, "20");
	assert_string_equal(option(kind, "page_size")->fallback, "100");
	assert_true(option(kind, "token")->secret);
	assert_non_null(kind->exchange_code);
	assert_str(patient->update.method, "PATCH");
	assert_int_equal(patient->update.on_refusal.count, 2);
	assert_int_equal(d->webhook.events.count, 4);
	assert_int_equal(d->webhook.signature, SIGNATURE_HMAC_SHA256);
	assert_str(patient->reference.field, "integration_record_id");
	assert_true(patient->fields.count > 50);
	assert_non_null(kind->changes_start);
	assert_null(kind->search_start);
	assert_non_null(kind->webhook);
	assert_non_null(kind->hook_register);
	assert_null(kind->listen);
}

/* What no public page promises of NikoHealth is a setting. */
static void nikohealth_is_complete(void **state)
{
	const struct connector *kind = connector_find(STR("nikohealth"));
	const struct descriptor *d = kind->descriptor;
	const struct object_section *patient = descriptor_object(d, STR("patient"));

	(void)state;
	assert_true(patient->list.short_rows);
	assert_int_equal(patient->update.send, SEND_WHOLE);
	assert_true(patient->update.read_back && patient->create.read_back);
	assert_int_equal(patient->record.modified.len, 0);
	assert_non_null(descriptor_object(d, STR("order")));
	assert_non_null(descriptor_object(d, STR("task")));
	assert_str(descriptor_object(d, STR("insurance"))->list.per, "patient");
	assert_string_equal(option(kind, "token_url")->fallback, "{host}/api/identity/connect/token");
	assert_string_equal(option(kind, "hook_signature")->fallback, "path");
	assert_true(option(kind, "hook_secret")->secret);
}

/* The example in docs/CONNECTORS.md is read as it stands there. */
static void the_manuals_example_is_sound(void **state)
{
	ARENA;
	struct err err = ERR_INIT;
	struct descriptor d;
	struct str rest, text;
	ptrdiff_t from, to;

	(void)state;
	assert_ok(file_read(&arena, SOURCE_ROOT "/docs/CONNECTORS.md", LIMIT_CONFIG, &text, &err));
	from = str_find(text, STR("```yaml\n"));
	assert_true(from > 0);
	rest = str_skip(text, (size_t)from + 8);
	to = str_find(rest, STR("```"));
	assert_true(to > 0);
	assert_ok(descriptor_read(&arena, str_range(rest.at, (size_t)to), &d, &err));
	assert_str(d.title, "Grove EMR");
}

static bool only_name(const void *context, struct str name)
{
	return str_eq_c(name, context);
}

static void write_name(const void *context, struct str name, struct buf *out)
{
	buf_printf(out, "<%s%.*s>", (const char *)context, STR_ARG(name));
}

static void templates_are_filled_in(void **state)
{
	SCOPED(buf) struct buf out = BUF_INIT(100);
	struct str bad = STR_EMPTY;

	(void)state;
	template_write(&out, STR("a{b}c{d}{"), write_name, "*");
	assert_str(buf_str(&out), "a<*b>c<*d>{");
	assert_true(template_known(STR("x{b}y"), only_name, "b", &bad));
	assert_false(template_known(STR("x{b}y{c}"), only_name, "b", &bad));
	assert_str(bad, "c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mistake_is_told_with_its_line),
		cmocka_unit_test(the_least_descriptor_is_filled_up),
		cmocka_unit_test(hint_is_complete),
		cmocka_unit_test(nikohealth_is_complete),
		cmocka_unit_test(the_manuals_example_is_sound),
		cmocka_unit_test(templates_are_filled_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
