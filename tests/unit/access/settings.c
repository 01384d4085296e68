/* `access:` and `identity_provider:` of the configuration, whose address counts behind a proxy, and the rules of an identity provider. */
#include "house.h"

#include "access/provider_parts.h"
#include "sync/catalog_docs.h"

static int apply(struct house *h, const char *text)
{
	struct applied applied;

	h->err = (struct err)ERR_INIT;
	return catalog_apply(&h->engine, str_of(text), "test.yaml", "/tmp", NULL, &applied, &h->err);
}

static void limits(void **state)
{
	struct house house, *h = &house;
	struct access_settings set;
	struct signed_in in;

	(void)state;
	house_open(h);
	assert_int_equal(apply(h, "access: {idle_minutes: 5, session_hours: 1, proxies: [10.0.0.1]}\n"), 0);
	FINE(access_settings(h->access, &set, &h->err));
	assert_int_equal(set.idle_ms, 5 * 60000);
	assert_int_equal(set.absolute_ms, 3600000);
	assert_int_equal(set.proxy_count, 1);
	house_add(h, STR("ann"), ROLE_VIEWER);
	in = house_sign_in(h, STR("ann"));
	assert_int_equal(in.person.idle_ms, 5 * 60000);
	house_close(h);
}

static void wrong_ones(void **state)
{
	/* clang-format off */
	static const char *const files[] = {
		"access: {idle_minutes: 0}\n",
		"access: {idle: 5}\n",
		"access: {proxies: [1]}\n",
		"identity_provider: {issuer: 'http://evil.example', client_id: x}\n",
		"identity_provider: {issuer: 'https://x.example'}\n",
		"identity_provider: {issuer: 'https://x.example', client_id: x, default_role: root}\n",
		"identity_provider: {issuer: 'https://x.example', client_id: x, roles: [{claim: g, value: v}]}\n",
		"identity_provider: {issuer: 'https://x.example', client_id: x, roles: [{claim: g, value: v, role: x}]}\n",
		"identity_provider: {issuer: 'https://x.example', client_id: x, client_secret: {sealed: true}}\n",
	};
	/* clang-format on */
	struct house house, *h = &house;

	(void)state;
	house_open(h);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if (apply(h, files[i]) != ERR_CONFIG)
			fail_msg("%s", files[i]);
	}
	house_close(h);
}

/* The names that the configuration takes are the roles that there are. */
static void every_role(void **state)
{
	struct house house, *h = &house;

	(void)state;
	house_open(h);
	for (int role = 0; role < ROLE_COUNT; role++) {
		struct str file = arena_printf(&h->arena,
		                               "identity_provider: {issuer: 'https://x.example', client_id: x, "
		                               "default_role: %s}\n",
		                               role_name((enum role)role));

		assert_int_equal(apply(h, file.at), 0);
	}
	house_close(h);
}

/* A secret is read, never exported, and what was exported can be applied again. */
static void secrets(void **state)
{
	static const char file[] =
	        "access: {idle_minutes: 7}\n"
	        "identity_provider: {issuer: 'https://x.example', client_id: x, client_secret: hush}\n";
	SCOPED(buf) struct buf out = BUF_INIT((size_t)1 << 16);
	struct house house, *h = &house;
	struct provider provider;
	bool there;

	(void)state;
	house_open(h);
	assert_int_equal(apply(h, file), 0);
	FINE(catalog_export(&h->engine, &out, &h->err));
	assert_null(strstr(buf_text(&out), "hush"));
	assert_non_null(strstr(buf_text(&out), "idle_minutes: 7"));
	assert_int_equal(apply(h, buf_text(&out)), 0);
	FINE(provider_read(&h->engine, &h->arena, &provider, &there, &h->err));
	assert_true(there);
	assert_str(provider.client_secret, "hush");
	house_close(h);
}

static void proxies(void **state)
{
	static const struct {
		const char *peer, *forwarded, *counts;
	} rows[] = {
		{ "192.0.2.1", "198.51.100.1", "192.0.2.1" }, /* nobody's proxy */
		{ "10.0.0.1", "198.51.100.1", "198.51.100.1" },
		{ "10.0.0.1", "203.0.113.5, 198.51.100.1",
		  "198.51.100.1" }, /* what stood there before, anybody may have made up */
		{ "10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1" },
		{ "10.0.0.1", "", "10.0.0.1" },
		{ "10.0.0.1", " , ", "10.0.0.1" },
	};
	struct house house, *h = &house;

	(void)state;
	house_open(h);
	assert_int_equal(apply(h, "access: {proxies: [10.0.0.1, 10.0.0.2]}\n"), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_str(access_peer(h->access, &h->arena, str_of(rows[i].peer), str_of(rows[i].forwarded)),
		           rows[i].counts);
	house_close(h);
}

static void rules(void **state)
{
	static const char settings[] = "{\"domains\":[\"grove.example\"],\"default_role\":\"viewer\",\"roles\":["
	                               "{\"claim\":\"groups\",\"value\":\"chiefs\",\"role\":\"admin\"},"
	                               "{\"claim\":\"email\",\"value\":\"a@grove.example\",\"role\":\"auditor\"}]}";
	static const struct {
		const char *claims, *role; /* NULL: not let in */
	} rows[] = {
		{ "{\"email\":\"b@grove.example\",\"email_verified\":true}", "viewer" },
		{ "{\"email\":\"b@GROVE.example\",\"email_verified\":\"true\"}", "viewer" },
		{ "{\"email\":\"a@grove.example\",\"email_verified\":true}", "auditor" },
		{ "{\"email\":\"a@grove.example\",\"email_verified\":true,\"groups\":[\"x\",\"chiefs\"]}", "admin" },
		{ "{\"email\":\"a@grove.example\",\"email_verified\":true,\"groups\":\"chiefs\"}", "admin" },
		{ "{\"email\":\"a@grove.example\",\"email_verified\":true,\"groups\":\"chiefs of others\"}",
		  "auditor" },
		{ "{\"email\":\"a@grove.example\",\"email_verified\":false,\"groups\":[\"chiefs\"]}", NULL },
		{ "{\"email\":\"a@grove.example\",\"groups\":[\"chiefs\"]}", NULL },
		{ "{\"email\":\"a@grove.example@evil.example\",\"email_verified\":true}", NULL },
		{ "{\"email\":\"a@evilgrove.example\",\"email_verified\":true}", NULL },
		{ "{\"email\":7,\"email_verified\":true}", NULL },
		{ "{}", NULL },
	};
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct json *set, *claims;

	(void)state;
	assert_int_equal(json_parse(&arena, str_of(settings), &set, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum role role;
		bool in;

		assert_int_equal(json_parse(&arena, str_of(rows[i].claims), &claims, &err), 0);
		in = claims_role(claims, set, &role);
		if (in != (rows[i].role != NULL) || (in && strcmp(role_name(role), rows[i].role) != 0))
			fail_msg("%s: %s", rows[i].claims, in ? role_name(role) : "not let in");
	}
}

static void names(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct json *claims;

	(void)state;
	assert_int_equal(
	        json_parse(&arena, STR("{\"sub\":\"s\",\"email\":\"Ann O'Lee@Grove.example\"}"), &claims, &err), 0);
	assert_str(claims_name(&arena, claims), "annolee@grove.example");
	assert_str(claims_display(claims), "Ann O'Lee@Grove.example");
	assert_int_equal(json_parse(&arena, STR("{\"sub\":\"\xc3\xa4\"}"), &claims, &err), 0);
	assert_str(claims_name(&arena, claims), "someone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits),  cmocka_unit_test(wrong_ones), cmocka_unit_test(every_role),
		cmocka_unit_test(secrets), cmocka_unit_test(proxies),    cmocka_unit_test(rules),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
