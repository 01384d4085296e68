/* Tokens: what is asked, what is made of the answer, when another one is asked for, and by how many at once. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/digest.h"
#include "net/oauth.h"
#include "rig.h"

/* A token endpoint at /token that gives token-1, token-2, ...; everything else wants the latest. */
struct service {
	pthread_mutex_t lock;
	unsigned given;
	unsigned asked;
	unsigned status;  /* 0: 200 */
	const char *body; /* instead of a token */
	const char *more; /* members added to the token answer */
	bool rotates;
	atomic_uint arrived, awaited; /* no token is given before so many stand before the door */
	int delay_ms;
	char form[8192];
	char authorization[512];
};

static void give_token(struct service *s, struct peer_call *call)
{
	char body[256];

	s->asked++;
	snprintf(s->form, sizeof(s->form), "%.*s", STR_ARG(call->body));
	snprintf(s->authorization, sizeof(s->authorization), "%.*s", STR_ARG(peer_header(call, "Authorization")));
	s->given++;
	snprintf(body, sizeof(body), "{\"access_token\":\"token-%u\",\"token_type\":\"bearer\"%s", s->given,
	         s->more ? s->more : "");
	if (s->rotates)
		snprintf(body + strlen(body), sizeof(body) - strlen(body), ",\"refresh_token\":\"refresh-%u\"",
		         s->given);
	snprintf(body + strlen(body), sizeof(body) - strlen(body), "}");
	peer_answer(call, s->status ? s->status : 200, "Content-Type: application/json\r\n",
	            str_of(s->body ? s->body : body));
}

static void serve_tokens(struct peer_call *call, void *context)
{
	struct service *s = context;
	char wanted[64];

	pthread_mutex_lock(&s->lock);
	if (str_eq_c(call->path, "/token")) {
		while (atomic_load(&s->arrived) < atomic_load(&s->awaited))
			clock_sleep_ms(1);
		clock_sleep_ms(s->delay_ms);
		give_token(s, call);
	} else {
		snprintf(wanted, sizeof(wanted), "Bearer token-%u", s->given);
		peer_answer(call, str_eq_c(peer_header(call, "Authorization"), wanted) ? 200 : 401, "", STR("x"));
	}
	pthread_mutex_unlock(&s->lock);
}

struct desk {
	struct rig rig;
	struct service service;
	struct oauth_options options;
	struct oauth *oauth;
	char url[96];
};

static void desk_open(struct desk *d, enum oauth_grant grant)
{
	*d = (struct desk) { .service.lock = PTHREAD_MUTEX_INITIALIZER };
	rig_open(&d->rig, serve_tokens, &d->service);
	snprintf(d->url, sizeof(d->url), "%s/token", peer_base(d->rig.peer).at);
	d->options = (struct oauth_options) {
		.http = d->rig.client,
		.token_url = str_of(d->url),
		.grant = grant,
		.client_id = STR("my-client"),
		.client_secret = STR("s&cret=1"),
		.refresh_token = STR("refresh-0"),
	};
}

static void desk_start(struct desk *d)
{
	assert_int_equal(oauth_open(&d->options, &d->oauth, &d->rig.err), 0);
	d->rig.target.authorize = oauth_authorize;
	d->rig.target.context = d->oauth;
}

static void desk_close(struct desk *d)
{
	oauth_free(&d->oauth);
	assert_null(d->oauth);
	rig_close(&d->rig);
}

static int authorize(struct desk *d, bool refresh, char *ret_header, size_t size)
{
	SCOPED(buf) struct buf header = BUF_INIT(LIMIT_HTTP_HEADERS);
	int rc = oauth_authorize(d->oauth, refresh, &header, &d->rig.err);

	snprintf(ret_header, size, "%s", buf_text(&header));
	return rc;
}

static void client_credentials_in_the_form(void **state UNUSED)
{
	char header[64];
	struct desk d;

	desk_open(&d, OAUTH_CLIENT_CREDENTIALS);
	desk_start(&d);
	assert_int_equal(d.service.asked, 0);
	assert_int_equal(authorize(&d, false, header, sizeof(header)), 0);
	assert_string_equal(header, "Bearer token-1");
	assert_string_equal(d.service.form,
	                    "grant_type=client_credentials&client_id=my-client&client_secret=s%26cret%3D1");
	assert_string_equal(d.service.authorization, "");
	assert_int_equal(authorize(&d, false, header, sizeof(header)), 0);
	assert_int_equal(d.service.asked, 1);
	desk_close(&d);
}

static void client_credentials_by_basic(void **state UNUSED)
{
	char header[64];
	struct desk d;

	desk_open(&d, OAUTH_CLIENT_CREDENTIALS);
	d.options.basic = true;
	d.options.client_secret = STR("my-secret");
	d.options.scope = STR("external");
	desk_start(&d);
	assert_int_equal(authorize(&d, false, header, sizeof(header)), 0);
	assert_string_equal(d.service.form, "grant_type=client_credentials&scope=external");
	assert_string_equal(d.service.authorization, "Basic bXktY2xpZW50Om15LXNlY3JldA==");
	desk_close(&d);
}

struct rotation {
	char kept[64];
	unsigned calls;
	bool fail;
};

static int keep_rotated(void *context, struct str refresh_token, struct err *err)
{
	struct rotation *r = context;

	r->calls++;
	if (r->fail)
		return err_set(err, ERR_DISK_FULL, "no room for the refresh token");
	snprintf(r->kept, sizeof(r->kept), "%.*s", STR_ARG(refresh_token));
	return 0;
}

static void refresh_tokens_rotate(void **state UNUSED)
{
	struct rotation rotation = { 0 };
	char header[64];
	struct desk d;

	desk_open(&d, OAUTH_REFRESH_TOKEN);
	d.service.rotates = true;
	d.options.on_rotated = keep_rotated;
	d.options.context = &rotation;
	desk_start(&d);
	assert_int_equal(authorize(&d, false, header, sizeof(header)), 0);
	assert_non_null(strstr(d.service.form, "grant_type=refresh_token&client_id=my-client&"));
	assert_non_null(strstr(d.service.form, "refresh_token=refresh-0"));
	assert_string_equal(rotation.kept, "refresh-1");
	/* Not kept: the access token is not used, but the old refresh token is dead, so the new one is sent next. */
	rotation.fail = true;
	assert_int_equal(authorize(&d, true, header, sizeof(header)), ERR_DISK_FULL);
	rotation.fail = false;
	assert_int_equal(authorize(&d, true, header, sizeof(header)), 0);
	assert_string_equal(header, "Bearer token-3");
	assert_non_null(strstr(d.service.form, "refresh_token=refresh-2"));
	assert_string_equal(rotation.kept, "refresh-3");
	assert_int_equal(rotation.calls, 3);
	desk_close(&d);
}

static EVP_PKEY *new_key(char *ret_pem, size_t size)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	BIO *out = BIO_new(BIO_s_mem());
	char *bytes;
	long len;

	must(key && out && PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL));
	len = BIO_get_mem_data(out, &bytes);
	snprintf(ret_pem, size, "%.*s", (int)len, bytes);
	BIO_free(out);
	return key;
}

static bool signature_fits(EVP_PKEY *key, struct str text, struct str signature)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool fits = EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
	            EVP_DigestVerify(md, (const unsigned char *)signature.at, signature.len,
	                             (const unsigned char *)text.at, text.len) == 1;

	EVP_MD_CTX_free(md);
	return fits;
}

static void jwt_bearer_is_signed(void **state UNUSED)
{
	struct str rest, head, claims = STR_EMPTY, signature = STR_EMPTY, plain;
	char pem[4096], header[64];
	EVP_PKEY *key = new_key(pem, sizeof(pem));
	const char *assertion;
	struct json *json;
	struct desk d;

	clock_fix(1763712000000);
	desk_open(&d, OAUTH_JWT_BEARER);
	d.options.subject = STR("integration@clinic.example");
	d.options.audience = STR("https://login.example");
	d.options.private_key = str_of(pem);
	desk_start(&d);
	assert_int_equal(authorize(&d, false, header, sizeof(header)), 0);
	clock_fix(0);
	assertion = strstr(d.service.form, "&assertion=");
	assert_non_null(assertion);
	assert_non_null(strstr(d.service.form, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"));
	assert_null(strstr(d.service.form, "client_secret"));
	rest = str_of(assertion + strlen("&assertion="));
	assert_true(str_split(&rest, '.', &head) && str_split(&rest, '.', &claims) &&
	            str_split(&rest, '.', &signature));
	assert_true(digest_unbase64(&d.rig.arena, head, &plain));
	assert_true(str_eq_c(plain, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}"));
	assert_true(digest_unbase64(&d.rig.arena, claims, &plain));
	assert_int_equal(json_parse(&d.rig.arena, plain, &json, &d.rig.err), 0);
	assert_true(str_eq_c(json_get_text(json, "iss"), "my-client"));
	assert_true(str_eq_c(json_get_text(json, "sub"), "integration@clinic.example"));
	assert_true(str_eq_c(json_get_text(json, "aud"), "https://login.example"));
	assert_int_equal(json_int(json_get(json, "exp"), 0), 1763712120);
	assert_true(digest_unbase64(&d.rig.arena, signature, &plain));
	assert_true(signature_fits(key, str_range(head.at, head.len + 1 + claims.len), plain));
	EVP_PKEY_free(key);
	desk_close(&d);
}

static void expires_in_is_obeyed(void **state UNUSED)
{
	static const struct {
		const char *more;
		unsigned asked; /* after a second and a half */
	} rows[] = {
		{ "", 1 },
		{ ",\"expires_in\":1200", 1 },
		{ ",\"expires_in\":2", 2 }, /* half of it */
		{ ",\"expires_in\":\"2\"", 2 },
		{ ",\"expires_in\":0", 1 },
		{ ",\"expires_in\":-5", 1 },
		{ ",\"expires_in\":\"soon\"", 1 },
		{ ",\"expires_in\":99999999999999", 1 },
	};
	struct desk desks[ARRAY_LEN(rows)];
	char header[64];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		desk_open(&desks[i], OAUTH_CLIENT_CREDENTIALS);
		desks[i].service.more = rows[i].more;
		desk_start(&desks[i]);
		assert_int_equal(authorize(&desks[i], false, header, sizeof(header)), 0);
	}
	clock_sleep_ms(1500);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(authorize(&desks[i], false, header, sizeof(header)), 0);
		assert_int_equal(desks[i].service.asked, rows[i].asked);
		desk_close(&desks[i]);
	}
}

struct taker {
	struct desk *desk;
	pthread_barrier_t *together;
	int rc;
	char header[64];
};

static void *take(void *context)
{
	struct taker *t = context;
	SCOPED(buf) struct buf header = BUF_INIT(LIMIT_HTTP_HEADERS);
	struct err err = ERR_INIT;

	pthread_barrier_wait(t->together);
	atomic_fetch_add(&t->desk->service.arrived, 1);
	t->rc = oauth_authorize(t->desk->oauth, true, &header, &err);
	snprintf(t->header, sizeof(t->header), "%s", buf_text(&header));
	return NULL;
}

static void one_refresh_for_all_who_ask_at_once(void **state UNUSED)
{
	pthread_barrier_t together;
	struct taker takers[12];
	pthread_t ids[ARRAY_LEN(takers)];
	char header[64];
	struct desk d;

	desk_open(&d, OAUTH_CLIENT_CREDENTIALS);
	d.service.delay_ms = 200;
	desk_start(&d);
	assert_int_equal(authorize(&d, false, header, sizeof(header)), 0);
	atomic_store(&d.service.awaited, ARRAY_LEN(takers));
	pthread_barrier_init(&together, NULL, ARRAY_LEN(takers));
	for (size_t i = 0; i < ARRAY_LEN(takers); i++) {
		takers[i] = (struct taker) { .desk = &d, .together = &together };
		must(pthread_create(&ids[i], NULL, take, &takers[i]) == 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(takers); i++) {
		pthread_join(ids[i], NULL);
		assert_int_equal(takers[i].rc, 0);
		assert_string_equal(takers[i].header, "Bearer token-2");
	}
	assert_int_equal(d.service.asked, 2);
	pthread_barrier_destroy(&together);
	desk_close(&d);
}

static void a_refused_request_gets_a_new_token(void **state UNUSED)
{
	struct desk d;

	desk_open(&d, OAUTH_CLIENT_CREDENTIALS);
	desk_start(&d);
	for (unsigned round = 1; round <= 4; round++) {
		assert_int_equal(rig_do(&d.rig, "POST", "/x"), 0);
		assert_int_equal(d.rig.answer.status, 200);
		assert_int_equal(d.rig.answer.attempts, round == 1 ? 1 : 2);
		pthread_mutex_lock(&d.service.lock);
		d.service.given += 10;
		pthread_mutex_unlock(&d.service.lock);
	}
	assert_int_equal(d.service.asked, 4);
	desk_close(&d);
}

static void refusals_say_what_to_do(void **state UNUSED)
{
	static const struct {
		unsigned status;
		const char *body;
		int rc;
		const char *word;
	} rows[] = {
		{ 400, "{\"error\":\"invalid_client\",\"error_description\":\"x\"}", ERR_AUTH, "client id or secret" },
		{ 401, "{\"error\":\"invalid_client\"}", ERR_AUTH, "client id or secret" },
		{ 400, "{\"error\":\"invalid_grant\",\"error_description\":\"expired access/refresh token\"}", ERR_AUTH,
		  "authorise" },
		{ 400, "{\"error\":\"invalid_grant\",\"error_description\":\"audience is invalid\"}", ERR_AUTH,
		  "audience" },
		{ 400, "{\"error\":\"invalid_grant\",\"error_description\":\"Lovelace\"}", ERR_AUTH, "not accepted" },
		{ 400, "{\"error\":\"rate_limit_exceeded\"}", ERR_RATE, "too many" },
		{ 400, "{\"error\":\"Lovelace\"}", ERR_AUTH, "credentials" },
		{ 200, "{\"error\":\"invalid_client\"}", ERR_AUTH, "client id or secret" },
		{ 500, "oops", ERR_FAR_SIDE, "failed" },
		{ 404, "<html>Lovelace</html>", ERR_AUTH, "token address" },
		{ 302, "", ERR_AUTH, "token address" },
		{ 403, "", ERR_AUTH, "credentials" },
		{ 200, "{}", ERR_FAR_SIDE, "no access token" },
		{ 200, "<html>", ERR_FAR_SIDE, "no access token" },
		{ 200, "[1]", ERR_FAR_SIDE, "no access token" },
		{ 200, "{\"access_token\":\"t\",\"token_type\":\"mac\"}", ERR_UNSUPPORTED, "bearer" },
	};
	char header[64];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct desk d;

		desk_open(&d, OAUTH_CLIENT_CREDENTIALS);
		d.service.status = rows[i].status;
		d.service.body = rows[i].body;
		desk_start(&d);
		assert_int_equal(authorize(&d, false, header, sizeof(header)), rows[i].rc);
		assert_non_null(strstr(d.rig.err.text, rows[i].word));
		assert_null(strstr(d.rig.err.text, "Lovelace"));
		assert_null(strstr(d.rig.err.text, "s&cret"));
		assert_string_equal(header, "");
		desk_close(&d);
	}
}

/* Accounts are locked after too many wrong sign-ins. */
static void a_refusal_is_remembered(void **state UNUSED)
{
	char header[64];
	struct desk d;

	desk_open(&d, OAUTH_CLIENT_CREDENTIALS);
	d.service.status = 400;
	d.service.body = "{\"error\":\"invalid_client\"}";
	desk_start(&d);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(rig_do(&d.rig, "GET", "/x"), ERR_AUTH);
		assert_int_equal(authorize(&d, true, header, sizeof(header)), ERR_AUTH);
		assert_non_null(strstr(d.rig.err.text, "client id or secret"));
	}
	assert_int_equal(d.service.asked, 1);
	desk_close(&d);
	/* What passes by itself is not. */
	desk_open(&d, OAUTH_CLIENT_CREDENTIALS);
	d.service.status = 500;
	desk_start(&d);
	assert_int_equal(authorize(&d, false, header, sizeof(header)), ERR_FAR_SIDE);
	d.service.status = 0;
	assert_int_equal(authorize(&d, false, header, sizeof(header)), 0);
	desk_close(&d);
}

static int refuse_token(void *context, const struct json *answer, struct err *err)
{
	*(bool *)context = str_eq_c(json_get_text(answer, "instance_url"), "https://i.example");
	return err_set(err, ERR_AUTH, "moved");
}

static void the_answer_is_shown_to_the_owner(void **state UNUSED)
{
	bool seen = false;
	char header[64];
	struct desk d;

	desk_open(&d, OAUTH_CLIENT_CREDENTIALS);
	d.service.more = ",\"instance_url\":\"https://i.example\"";
	d.options.on_token = refuse_token;
	d.options.context = &seen;
	desk_start(&d);
	assert_int_equal(authorize(&d, false, header, sizeof(header)), ERR_AUTH);
	assert_string_equal(d.rig.err.text, "moved");
	assert_true(seen);
	desk_close(&d);
}

static void missing_options_are_named(void **state UNUSED)
{
	static const struct {
		struct oauth_options options;
		const char *word;
	} rows[] = {
		{ { .client_id = STR("a"), .client_secret = STR("b") }, "token address" },
		{ { .token_url = STR("http://a/t"), .client_id = STR("a") }, "'client_secret'" },
		{ { .token_url = STR("http://a/t"), .client_secret = STR("a") }, "'client_id'" },
		{ { .token_url = STR("http://a/t"), .grant = OAUTH_REFRESH_TOKEN, .client_id = STR("a") },
		  "'refresh_token'" },
		{ { .token_url = STR("http://a/t"),
		    .grant = OAUTH_JWT_BEARER,
		    .client_id = STR("a"),
		    .subject = STR("b") },
		  "'audience'" },
	};
	struct err err = ERR_INIT;
	struct oauth *none = NULL;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(oauth_open(&rows[i].options, &none, &err), ERR_CONFIG);
		assert_non_null(strstr(err.text, rows[i].word));
		assert_null(none);
	}
	oauth_free(&none);
}

static void a_broken_key_is_told(void **state UNUSED)
{
	char header[64];
	struct desk d;

	desk_open(&d, OAUTH_JWT_BEARER);
	d.options.subject = d.options.audience = STR("x");
	d.options.private_key = STR("no key at all");
	desk_start(&d);
	assert_true(authorize(&d, false, header, sizeof(header)) < 0);
	assert_non_null(strstr(d.rig.err.text, "private key"));
	assert_null(strstr(d.rig.err.text, "no key at all"));
	assert_int_equal(d.service.asked, 0);
	desk_close(&d);
}

static void lose_the_answer(struct peer_call *call, void *context UNUSED)
{
	peer_drop(call);
}

/* An authorization code works once: whether it was used is not known, so it is not sent again. */
static void what_works_once_is_sent_once(void **state UNUSED)
{
	struct oauth_request request;
	struct json *answer = NULL;
	struct rig r;

	rig_open(&r, lose_the_answer, NULL);
	request = (struct oauth_request) {
		.http = r.client, .target = &r.target, .url = STR("/token"), .form = STR("a=b"), .once = true
	};
	assert_int_equal(oauth_ask(&request, &r.arena, &answer, &r.err), ERR_NETWORK);
	assert_int_equal(peer_count(r.peer), 1);
	request.once = false;
	assert_int_equal(oauth_ask(&request, &r.arena, &answer, &r.err), ERR_NETWORK);
	assert_int_equal(peer_count(r.peer), 5);
	assert_null(answer);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_credentials_in_the_form),
		cmocka_unit_test(client_credentials_by_basic),
		cmocka_unit_test(refresh_tokens_rotate),
		cmocka_unit_test(jwt_bearer_is_signed),
		cmocka_unit_test(expires_in_is_obeyed),
		cmocka_unit_test(one_refresh_for_all_who_ask_at_once),
		cmocka_unit_test(a_refused_request_gets_a_new_token),
		cmocka_unit_test(refusals_say_what_to_do),
		cmocka_unit_test(a_refusal_is_remembered),
		cmocka_unit_test(the_answer_is_shown_to_the_owner),
		cmocka_unit_test(missing_options_are_named),
		cmocka_unit_test(a_broken_key_is_told),
		cmocka_unit_test(what_works_once_is_sent_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
