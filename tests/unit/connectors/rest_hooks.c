/* Webhooks of REST systems: who sent it, when, what it says; and how a far side is told where to send. */
#include "far.h"

#include "codec/digest.h"

#define HINT                                                                                                        \
	"{\"url\":\"%s/api\",\"token\":\"T\",\"pace\":0,\"attempts\":1,\"webhook_secret\":\"sandbox-signing-key\"," \
	"\"partner_key\":\"P\",\"integration\":\"int-1\",\"practice\":\"pra-3VxN8gJw5KbE\"}"
#define INVENTED "{\"url\":\"%s\",\"key\":\"K\",\"hook_secret\":\"shh\",\"pace\":0,\"attempts\":1}"
#define NIKO(more)                                                                                                     \
	"{\"domain\":\"x\",\"host\":\"%s\",\"client_id\":\"c\",\"client_secret\":\"s\",\"pace\":0,\"attempts\":1" more \
	"}"
#define NOW 1785672000000

static struct connection *begin(struct far *far, const char *kind, const char *settings)
{
	far_open(far);
	return far_connect(far, kind, settings);
}

static void end(struct far *far, struct connection *c)
{
	c->kind->close(&c);
	far_close(far);
}

/* Receives a body with up to two headers. */
static int receive(struct far *far, struct connection *c, const struct http_header *headers, size_t count,
                   const char *body, struct events *ret)
{
	const struct hook hook = {
		.headers = headers, .header_count = count, .body = str_of(body), .received_ms = NOW
	};

	far->err = (struct err)ERR_INIT;
	return c->kind->webhook(c, &far->arena, &hook, ret, &far->err);
}

static struct str signature(struct far *far, const char *key, const char *prefix, struct str text)
{
	SCOPED(buf) struct buf out = BUF_INIT(200);
	const struct digest digest = digest_hmac_sha256(str_of(key), text);

	buf_add_c(&out, prefix);
	digest_hex(&out, str_range((const char *)digest.bytes, sizeof(digest.bytes)));
	return arena_str(&far->arena, buf_str(&out));
}

/* A body as Hint signs it. */
static int receive_hint(struct far *far, struct connection *c, const char *body, struct events *ret)
{
	const struct http_header header = { STR("x-hint-signature"),
		                            signature(far, "sandbox-signing-key", "sha256=", str_of(body)) };

	return receive(far, c, &header, 1, body, ret);
}

/* ---- Hint ---- */

#define VECTOR                                                                                                        \
	"{\"id\":\"evt-2HsT8wNc6VqB\",\"created_at\":\"2026-08-02T16:05:13.021-07:00\",\"type\":\"patient.updated\"," \
	"\"practice_id\":\"pra-3VxN8gJw5KbE\",\"object\":{\"id\":\"pat-9XcV4kTz1BqM\"}}"

static void hints_published_vector_is_accepted(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "hint", HINT);
	const struct http_header good = {
		STR("X-Hint-Signature"),
		STR("sha256=b7ebad1755f5a3f99e708ad62025472b131262e1b3fd298e56b20402a39de501")
	};
	struct events events;

	(void)state;
	assert_int_equal(receive(&far, c, &good, 1, VECTOR, &events), 0);
	assert_int_equal(events.count, 1);
	assert_int_equal(events.at[0].kind, EVENT_CHANGED);
	assert_str(events.at[0].name, "patient.updated");
	assert_str(events.at[0].id, "evt-2HsT8wNc6VqB");
	assert_str(events.at[0].object, "patient");
	assert_true(events.at[0].whole);
	assert_str(events.at[0].record.bytes, "{\"id\":\"pat-9XcV4kTz1BqM\"}");
	assert_int_equal(events.at[0].record.modified_ms, 1785711913021);
	end(&far, c);
}

static void a_wrong_signature_is_told_before_anything_is_parsed(void **state)
{
	static const char *const values[] = {
		"sha256=b7ebad1755f5a3f99e708ad62025472b131262e1b3fd298e56b20402a39de502",
		"b7ebad1755f5a3f99e708ad62025472b131262e1b3fd298e56b20402a39de501",
		"sha256=b7ebad17",
		"sha256=",
		"sha256=zz",
		"",
	};
	struct far far;
	struct connection *c = begin(&far, "hint", HINT), *bare;
	struct events events;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		const struct http_header header = { STR("X-Hint-Signature"), str_of(values[i]) };

		assert_int_equal(receive(&far, c, &header, 1, VECTOR, &events), ERR_AUTH);
		assert_int_equal(receive(&far, c, &header, 1, "no json", &events), ERR_AUTH);
	}
	assert_int_equal(receive(&far, c, NULL, 0, VECTOR, &events), ERR_AUTH);
	/* Without a secret nothing is genuine. */
	bare = far_connect(&far, "hint", "{\"url\":\"%s\",\"token\":\"T\"}");
	assert_int_equal(receive(&far, bare, NULL, 0, VECTOR, &events), ERR_AUTH);
	assert_holds(str_of(far.err.text), "secret is not set");
	bare->kind->close(&bare);
	end(&far, c);
}

static void R31_R32_what_happened_is_read_from_name_and_record(void **state)
{
	static const struct {
		const char *type, *practice, *object;
		enum event_kind kind;
		const char *id, *survivor;
		bool deleted;
	} rows[] = {
		{ "patient.created", "pra-3VxN8gJw5KbE", "{\"id\":\"p\"}", EVENT_CHANGED, "p", "", false },
		{ "patient.inactive", "pra-3VxN8gJw5KbE", "{\"id\":\"p\",\"membership_status\":\"inactive\"}",
		  EVENT_CHANGED, "p", "", false },
		{ "patient.updated", "pra-3VxN8gJw5KbE", "{\"id\":\"p\",\"membership_status\":\"archived\"}",
		  EVENT_REMOVED, "p", "", true },
		{ "patient.destroyed", "pra-3VxN8gJw5KbE", "{\"id\":\"p\"}", EVENT_REMOVED, "p", "", true },
		{ "patient.updated", "pra-3VxN8gJw5KbE", "{\"id\":\"p\",\"merged_into\":{\"id\":\"q\"}}", EVENT_MERGED,
		  "p", "q", false },
		{ "patient.destroyed", "pra-3VxN8gJw5KbE", "{\"id\":\"p\",\"merged_into\":{\"id\":\"q\"}}",
		  EVENT_MERGED, "p", "q", true },
		/* R37: what we do not know, and what is of another practice, is counted only. */
		{ "invoice.paid", "pra-3VxN8gJw5KbE", "{\"id\":\"i\"}", EVENT_OTHER, "", "", false },
		{ "patient.updated", "pra-other", "{\"id\":\"p\"}", EVENT_OTHER, "", "", false },
	};
	struct far far;
	struct connection *c = begin(&far, "hint", HINT);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct events events;
		struct str body =
		        arena_printf(&far.arena, "{\"id\":\"e\",\"type\":\"%s\",\"practice_id\":\"%s\",\"object\":%s}",
		                     rows[i].type, rows[i].practice, rows[i].object);

		assert_int_equal(receive_hint(&far, c, body.at, &events), 0);
		assert_int_equal(events.at[0].kind, rows[i].kind);
		assert_str(events.at[0].name, rows[i].type);
		assert_str(events.at[0].record.id, rows[i].id);
		assert_str(events.at[0].record.merged_into, rows[i].survivor);
		assert_int_equal(events.at[0].record.deleted, rows[i].deleted);
		assert_null(events.at[0].record.fault);
	}
	end(&far, c);
}

/* R3, R1: genuine bytes are kept whatever they hold. */
static void R3_genuine_bytes_that_are_no_event_are_a_fault(void **state)
{
	static const char *const bodies[] = {
		"{\"type\":", "",  "{}",
		"[1]",        "7", "{\"type\":\"patient.updated\",\"practice_id\":\"pra-3VxN8gJw5KbE\"}"
	};
	struct far far;
	struct connection *c = begin(&far, "hint", HINT);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct events events;

		assert_int_equal(receive_hint(&far, c, bodies[i], &events), 0);
		assert_int_equal(events.count, 1);
		assert_non_null(events.at[0].record.fault);
		assert_false(events.at[0].whole);
	}
	end(&far, c);
}

static void try_the_way(struct connection *c, struct far *far)
{
	struct events events;
	struct hook told;

	assert_int_equal(c->kind->hook_test(c, &far->arena, &told, &far->err), 0);
	assert_int_equal(c->kind->webhook(c, &far->arena, &told, &events, &far->err), 0);
	assert_int_equal(events.count, 1);
	assert_int_equal(events.at[0].kind, EVENT_OTHER);
	assert_str(events.at[0].name, "suture.test");
	assert_null(events.at[0].record.fault);
	told.body = STR("{}");
	told.path = STR("guessed");
	assert_int_equal(c->kind->webhook(c, &far->arena, &told, &events, &far->err), ERR_AUTH);
}

static void R37_a_delivery_of_our_own_is_genuine_and_means_nothing(void **state)
{
	static const struct {
		const char *kind, *settings;
	} rows[] = {
		{ "hint", HINT },
		{ "nikohealth", NIKO(",\"hook_secret\":\"behind-the-address\"") },
		{ "nikohealth",
		  NIKO(",\"hook_secret\":\"k\",\"hook_signature\":\"hmac_sha256\",\"hook_header\":\"X-N\"") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct far far;
		struct connection *c = begin(&far, rows[i].kind, rows[i].settings);

		try_the_way(c, &far);
		end(&far, c);
	}
}

static void R37_a_kind_names_its_events(void **state)
{
	const struct event_name *names = connector_find(STR("nikohealth"))->event_names;

	(void)state;
	assert_string_equal(names[0].name, "PatientCreated");
	assert_int_equal(names[0].kind, EVENT_CHANGED);
	assert_string_equal(names[2].object, "patient");
	assert_int_equal(names[2].kind, EVENT_REMOVED);
	assert_null(names[7].name);
}

/* ---- an invented EMR: time and body signed together ---- */

static int receive_invented(struct far *far, struct connection *c, const char *time, const char *body,
                            struct events *ret)
{
	const struct http_header headers[] = {
		{ STR("X-Timestamp"), str_of(time) },
		{ STR("X-Signature"), signature(far, "shh", "v1=", arena_printf(&far->arena, "%s.%s", time, body)) },
	};

	return receive(far, c, headers, 2, body, ret);
}

static void a_replay_is_refused_after_its_window(void **state)
{
	static const char body[] =
	        "{\"delivery\":\"d\",\"what\":\"person.merged\",\"sent\":\"2026-08-02T12:00:00Z\","
	        "\"person\":{\"key\":\"p\",\"rev\":2,\"changed\":{\"at\":\"2026-08-02T11:00:00Z\",\"by\":"
	        "\"u\"},\"merged\":{\"into\":\"q\"}}}";
	static const struct {
		const char *time;
		int code;
	} rows[] = {
		{ "1785672000", 0 },    { "1785671701", 0 },  { "1785671699", ERR_AUTH }, { "1785672301", ERR_AUTH },
		{ "1785672000000", 0 }, { "soon", ERR_AUTH }, { "", ERR_AUTH },           { "2026-08-02T12:01:00Z", 0 },
	};
	struct far far;
	struct connection *c = begin(&far, "invented", INVENTED);
	struct events events;
	const struct http_header stale[] = {
		{ STR("X-Timestamp"), STR("1785672001") },
		{ STR("X-Signature"), signature(&far, "shh", "v1=", arena_printf(&far.arena, "1785672000.%s", body)) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(receive_invented(&far, c, rows[i].time, body, &events), rows[i].code);
	assert_int_equal(receive_invented(&far, c, "1785672000", body, &events), 0);
	assert_int_equal(events.at[0].kind, EVENT_MERGED);
	assert_str(events.at[0].record.modified_by, "u");
	assert_str(events.at[0].record.merged_into, "q");
	/* A time that was not signed is no time. */
	assert_int_equal(receive(&far, c, stale, 2, body, &events), ERR_AUTH);
	end(&far, c);
}

static void several_events_may_come_together(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "invented", INVENTED);
	struct events events;

	(void)state;
	assert_int_equal(receive_invented(&far, c, "1785672000",
	                                  "[{\"what\":\"person.added\",\"person\":{\"key\":\"a\"}},"
	                                  "{\"what\":\"person.left\",\"person\":{\"key\":\"b\"}}]",
	                                  &events),
	                 0);
	assert_int_equal(events.count, 2);
	assert_str(events.at[0].record.bytes, "{\"key\":\"a\"}");
	assert_int_equal(events.at[1].kind, EVENT_REMOVED);
	end(&far, c);
}

/* ---- NikoHealth: a secret in the address, and hints ---- */

static void a_hint_says_what_to_read_again(void **state)
{
	static const struct {
		const char *body;
		enum event_kind kind;
		const char *object, *id;
	} rows[] = {
		{ "{\"Id\":\"e\",\"Event\":\"PatientUpdated\",\"Data\":{\"Id\":10000417}}", EVENT_CHANGED, "patient",
		  "10000417" },
		{ "{\"Id\":\"e\",\"Event\":\"PatientDeleted\",\"EntityId\":\"7\"}", EVENT_REMOVED, "patient", "7" },
		{ "{\"Id\":\"e\",\"Event\":\"OrderCreated\",\"Data\":{\"Id\":\"8\"}}", EVENT_CHANGED, "order", "8" },
		{ "{\"Id\":\"e\",\"Event\":\"InsuranceUpdated\",\"Data\":{\"Id\":\"9\"}}", EVENT_OTHER, "", "" },
	};
	struct far far;
	struct connection *c = begin(&far, "nikohealth", NIKO(",\"hook_secret\":\"6b1e\""));
	struct hook hook = { .path = STR("6b1e") };
	struct events events;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		hook.body = str_of(rows[i].body);
		assert_int_equal(c->kind->webhook(c, &far.arena, &hook, &events, &far.err), 0);
		assert_int_equal(events.at[0].kind, rows[i].kind);
		assert_str(events.at[0].object, rows[i].object);
		assert_str(events.at[0].record.id, rows[i].id);
		assert_str(events.at[0].record.bytes, rows[i].body);
		assert_false(events.at[0].whole);
	}
	hook.path = STR("6b1f");
	assert_int_equal(c->kind->webhook(c, &far.arena, &hook, &events, &far.err), ERR_AUTH);
	end(&far, c);
}

static void how_nikohealth_signs_is_a_setting(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "nikohealth",
	                             NIKO(",\"hook_secret\":\"k\",\"hook_signature\":\"hmac_sha256\",\"hook_header\":"
	                                  "\"X-Niko\",\"hook_prefix\":\"sha256=\""));
	const char *body = "{\"Event\":\"PatientUpdated\",\"Data\":{\"Id\":\"1\"}}";
	struct http_header header = { STR("X-Niko"), signature(&far, "k", "sha256=", str_of(body)) };
	struct events events;

	(void)state;
	assert_int_equal(receive(&far, c, &header, 1, body, &events), 0);
	header.value = STR("k");
	assert_int_equal(receive(&far, c, &header, 1, body, &events), ERR_AUTH);
	c->kind->close(&c);
	c = far_connect(&far, "nikohealth", NIKO(",\"hook_secret\":\"k\",\"hook_signature\":\"token\""));
	header.name = STR("X-Signature");
	assert_int_equal(receive(&far, c, &header, 1, body, &events), 0);
	end(&far, c);
}

/* ---- registering ---- */

static const struct hook_registration ours = { .url = STR("https://us.example/hooks/c1") };

static void ask(struct far *far, const char *method, const char *path, const char *body, unsigned status,
                const char *answer)
{
	far_expect(far, (struct exchange) {
	                        .method = method, .path = path, .body = body, .status = status, .answer = answer });
}

static void hint_is_told_once_where_to_send(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "hint", HINT), *bare;
	struct json *settings;

	(void)state;
	far_expect(&far, (struct exchange) {
	                         .method = "GET",
	                         .path = "/api/integrations/int-1/webhook_endpoints?limit=100",
	                         .head = "Authorization: Bearer P",
	                         .answer = "[{\"id\":\"whep-0\",\"webhook_url\":\"https://us.example/hooks/c10\"}]" });
	far_expect(&far, (struct exchange) { .method = "POST",
	                                     .path = "/api/integrations/int-1/webhook_endpoints",
	                                     .head = "Authorization: Bearer P",
	                                     .body = "{\"webhook_url\":\"https://us.example/hooks/c1\"}",
	                                     .answer = "{\"id\":\"whep-1\"}" });
	assert_int_equal(c->kind->hook_register(c, &ours, &far.arena, &settings, &far.err), 0);
	assert_int_equal(settings->count, 0);
	ask(&far, "GET", "webhook_endpoints", NULL, 200,
	    "[{\"id\":\"whep-1\",\"webhook_url\":\"https://us.example/hooks/c1\"}]");
	assert_int_equal(c->kind->hook_register(c, &ours, &far.arena, &settings, &far.err), 0);
	ask(&far, "GET", "webhook_endpoints", NULL, 200,
	    "[{\"id\":\"whep-0\",\"webhook_url\":\"https://us.example/hooks/c10\"},"
	    "{\"id\":\"whep-1\",\"webhook_url\":\"https://us.example/hooks/c1\"}]");
	ask(&far, "DELETE", "/api/integrations/int-1/webhook_endpoints/whep-1", NULL, 204, "");
	assert_int_equal(c->kind->hook_unregister(c, ours.url, &far.err), 0);
	bare = far_connect(&far, "hint", "{\"url\":\"%s\",\"token\":\"T\"}");
	assert_int_equal(bare->kind->hook_register(bare, &ours, &far.arena, &settings, &far.err), ERR_CONFIG);
	assert_holds(str_of(far.err.text), "set 'integration'");
	bare->kind->close(&bare);
	end(&far, c);
}

static void expect_token(struct far *far)
{
	ask(far, "POST", "/api/identity/connect/token", NULL, 200, "{\"access_token\":\"7D0C\",\"expires_in\":1200}");
}

/* A secret is made, kept, and used again; what stands there in another form is taken back. */
static void nikohealth_is_given_a_secret_address(void **state)
{
	const struct str wanted[] = { STR("PatientCreated"), STR("PatientUpdated") };
	const struct hook_registration two = { ours.url, wanted, 2 };
	struct far far;
	struct connection *c = begin(&far, "nikohealth", NIKO(""));
	struct json *settings;
	struct str secret;
	const char *with_secret, *row;

	(void)state;
	expect_token(&far);
	ask(&far, "GET", "/v1/webhooks", NULL, 200,
	    "{\"Items\":[{\"Id\":4,\"Url\":\"https://us.example/hooks/c1/old\"}]}");
	ask(&far, "DELETE", "/v1/webhooks/4", NULL, 204, "");
	ask(&far, "POST", "/v1/webhooks", "\"Events\":[\"PatientCreated\",\"PatientUpdated\"]", 201, "{\"Id\":\"41\"}");
	assert_int_equal(c->kind->hook_register(c, &two, &far.arena, &settings, &far.err), 0);
	secret = json_get_text(settings, "hook_secret");
	assert_int_equal(secret.len, 64);
	c->kind->close(&c);

	with_secret =
	        arena_printf(
	                &far.arena,
	                "{\"domain\":\"x\",\"host\":\"%%s\",\"client_id\":\"c\",\"client_secret\":\"s\",\"pace\":0,"
	                "\"hook_secret\":\"%.*s\"}",
	                STR_ARG(secret))
	                .at;
	c = far_connect(&far, "nikohealth", with_secret);
	row = arena_printf(&far.arena,
	                   "[{\"Id\":41,\"Url\":\"https://us.example/hooks/c1/%.*s\",\"Events\":[\"PatientUpdated\","
	                   "\"PatientCreated\"]}]",
	                   STR_ARG(secret))
	              .at;
	expect_token(&far);
	ask(&far, "GET", "/v1/webhooks", NULL, 200, row);
	assert_int_equal(c->kind->hook_register(c, &two, &far.arena, &settings, &far.err), 0);
	assert_true(str_eq(json_get_text(settings, "hook_secret"), secret));
	/* Other events are wanted: it is made anew. */
	ask(&far, "GET", "/v1/webhooks", NULL, 200, row);
	ask(&far, "DELETE", "/v1/webhooks/41", NULL, 404, "");
	ask(&far, "POST", "/v1/webhooks", "\"TaskUpdated\"]", 201, "{\"Id\":\"42\"}");
	assert_int_equal(c->kind->hook_register(c, &ours, &far.arena, &settings, &far.err), 0);
	end(&far, c);
}

static void the_far_sides_secret_is_kept(void **state)
{
	struct far far;
	struct connection *c = begin(&far, "invented", "{\"url\":\"%s\",\"key\":\"K\",\"pace\":0,\"attempts\":1}");
	struct json *settings;

	(void)state;
	/* It is there, but we do not know its secret: made anew. */
	ask(&far, "GET", "/hooks", NULL, 200,
	    "{\"hooks\":[{\"key\":\"h-1\",\"address\":\"https://us.example/hooks/c1\"}]}");
	ask(&far, "DELETE", "/hooks/h-1", NULL, 204, "");
	ask(&far, "POST", "/hooks", "\"active\":true", 200, "{\"key\":\"h-2\",\"secret\":\"made there\"}");
	assert_int_equal(c->kind->hook_register(c, &ours, &far.arena, &settings, &far.err), 0);
	assert_str(json_get_text(settings, "hook_secret"), "made there");
	ask(&far, "GET", "/hooks", NULL, 200, "{\"hooks\":[]}");
	ask(&far, "POST", "/hooks", NULL, 200, "{\"key\":\"h-3\"}");
	assert_int_equal(c->kind->hook_register(c, &ours, &far.arena, &settings, &far.err), ERR_FAR_SIDE);
	ask(&far, "GET", "/hooks", NULL, 401, "{}");
	far.err = (struct err)ERR_INIT;
	assert_int_equal(c->kind->hook_unregister(c, ours.url, &far.err), ERR_AUTH);
	end(&far, c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hints_published_vector_is_accepted),
		cmocka_unit_test(a_wrong_signature_is_told_before_anything_is_parsed),
		cmocka_unit_test(R31_R32_what_happened_is_read_from_name_and_record),
		cmocka_unit_test(R3_genuine_bytes_that_are_no_event_are_a_fault),
		cmocka_unit_test(R37_a_delivery_of_our_own_is_genuine_and_means_nothing),
		cmocka_unit_test(R37_a_kind_names_its_events),
		cmocka_unit_test(a_replay_is_refused_after_its_window),
		cmocka_unit_test(several_events_may_come_together),
		cmocka_unit_test(a_hint_says_what_to_read_again),
		cmocka_unit_test(how_nikohealth_signs_is_a_setting),
		cmocka_unit_test(hint_is_told_once_where_to_send),
		cmocka_unit_test(nikohealth_is_given_a_secret_address),
		cmocka_unit_test(the_far_sides_secret_is_kept),
	};

	return cmocka_run_group_tests(tests, far_add_invented, NULL);
}
