/* Signing in with a signed assertion: the stand-in org verifies it with the public key. */
#include "live.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct live live;
static char public_file[] = "/tmp/suture-jwt-XXXXXX";
static char *private_pem, *other_pem;

static char *private_text(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *at, *copy;
	long len;

	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &at);
	copy = strndup(at, (size_t)len);
	BIO_free(bio);
	return copy;
}

static void make_keys(void)
{
	EVP_PKEY *key = EVP_RSA_gen(2048), *other = EVP_RSA_gen(2048);
	FILE *file = fdopen(mkstemp(public_file), "w");

	assert_int_equal(PEM_write_PUBKEY(file, key), 1);
	fclose(file);
	private_pem = private_text(key);
	other_pem = private_text(other);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

static int begin(void **state)
{
	const char *const arguments[] = { "--hint-port", "-1", "--public-key", public_file, NULL };

	(void)state;
	make_keys();
	live_open(&live, "salesforce", arguments);
	return 0;
}

static int end(void **state)
{
	(void)state;
	live_close(&live);
	unlink(public_file);
	free(private_pem);
	free(other_pem);
	return 0;
}

static struct connection *connect_with(const char *pem)
{
	SCOPED(buf) struct buf settings = BUF_INIT(20000);

	buf_printf(&settings,
	           "{\"login_url\":\"%.*s\",\"auth\":\"jwt\",\"client_id\":\"suture-client\",\"username\":"
	           "\"integration@suture.example\",\"private_key\":",
	           STR_ARG(live.base));
	json_write_string(&settings, str_of(pem));
	buf_add_c(&settings, "}");
	return live_connect(&live, "salesforce", buf_str(&settings));
}

static void a_signed_assertion_signs_in(void **state)
{
	struct connection *c;
	struct str who;

	(void)state;
	if (!live.pid)
		skip();
	c = connect_with(private_pem);
	if (c->kind->check(c, &live.arena, &who, &live.err) < 0)
		fail_msg("%s", live.err.text);
	assert_holds(who, "(org 00D");
	c->kind->close(&c);
}

static void a_foreign_signature_does_not(void **state)
{
	struct connection *c;
	struct str who;

	(void)state;
	if (!live.pid)
		skip();
	c = connect_with(other_pem);
	assert_int_equal(c->kind->check(c, &live.arena, &who, &live.err), ERR_AUTH);
	assert_holds(str_of(live.err.text), "invalid_grant");
	c->kind->close(&c);
	c = connect_with("no key at all");
	assert_true(c->kind->check(c, &live.arena, &who, &live.err) < 0);
	assert_holds(str_of(live.err.text), "private_key");
	c->kind->close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signed_assertion_signs_in),
		cmocka_unit_test(a_foreign_signature_does_not),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
