/* The server over TLS: a request, many on one connection without delays, plain text on its port, old versions, wrong files. */
#include "server_rig.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static char cert_file[] = "/tmp/suture-cert-XXXXXX", key_file[] = "/tmp/suture-key-XXXXXX";

/* Good from `from_s` to `to_s`, seconds from now. */
static X509 *self_signed(EVP_PKEY *key, long from_s, long to_s)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), from_s);
	X509_gmtime_adj(X509_getm_notAfter(cert), to_s);
	X509_set_version(cert, 2);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"127.0.0.1", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	must(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

static void write_pair_of(const char *cert_path, const char *key_path, long from_s, long to_s, const char *password)
{
	const EVP_CIPHER *cipher = password ? EVP_aes_128_cbc() : NULL;
	FILE *to_cert = fopen(cert_path, "w"), *to_key = fopen(key_path, "w");
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *cert = self_signed(key, from_s, to_s);

	must(to_cert && to_key && PEM_write_X509(to_cert, cert) == 1);
	must(PEM_write_PrivateKey(to_key, key, cipher, NULL, 0, NULL, (void *)(uintptr_t)password) == 1);
	must(fclose(to_cert) == 0 && fclose(to_key) == 0);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void write_pair(void)
{
	write_pair_of(cert_file, key_file, -60, 3600, NULL);
}

static int write_files(void **state UNUSED)
{
	must(close(mkstemp(cert_file)) == 0 && close(mkstemp(key_file)) == 0);
	write_pair();
	return 0;
}

static int remove_files(void **state UNUSED)
{
	return unlink(cert_file) | unlink(key_file);
}

static struct http_server_options tls_options(void)
{
	return (struct http_server_options) { .cert_file = cert_file, .key_file = key_file };
}

struct client {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
};

/* False: no handshake. */
static bool client_open(struct client *c, const struct rig *r, int version)
{
	*c = (struct client) { .ctx = SSL_CTX_new(TLS_client_method()), .fd = dial(r) };
	SSL_CTX_set_max_proto_version(c->ctx, version);
	SSL_CTX_set_min_proto_version(c->ctx, version);
	SSL_CTX_set_security_level(c->ctx, 0);
	c->ssl = SSL_new(c->ctx);
	SSL_set_fd(c->ssl, c->fd);
	return SSL_connect(c->ssl) == 1;
}

static void client_close(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	close(c->fd);
}

static size_t client_hear(struct client *c, struct buf *got)
{
	size_t len;

	buf_clear(got);
	while ((len = answer_len(got)) == 0) {
		int n = SSL_read(c->ssl, buf_room(got, 16384), 16384);

		if (n <= 0)
			return 0;
		buf_grew(got, (size_t)n);
	}
	return len;
}

static size_t client_ask(struct client *c, const char *text, struct buf *got)
{
	must(SSL_write(c->ssl, text, (int)strlen(text)) > 0);
	return client_hear(c, got);
}

static void requests_over_tls(void **state UNUSED)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	SCOPED(buf) struct buf got = BUF_INIT(1 << 24);
	struct rig r;

	rig_open(&r, tls_options());
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct client c;

		assert_true(client_open(&c, &r, versions[i]));
		assert_true(client_ask(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", &got) > 0);
		assert_non_null(strstr(buf_text(&got), "peer=127.0.0.1 agent=[] body=[hi]"));
		assert_true(client_ask(&c, "GET /large?bytes=5000000 HTTP/1.1\r\nHost: x\r\n\r\n", &got) > 5000000);
		assert_true(client_ask(&c, "GET /hello HTTP/1.1\r\nHost: x\r\nX A: b\r\n\r\n", &got) > 0);
		assert_non_null(strstr(buf_text(&got), "HTTP/1.1 400 "));
		assert_true(SSL_read(c.ssl, buf_room(&got, 1), 1) <= 0);
		client_close(&c);
	}
	EVENTUALLY(http_server_counters_of(r.server).connections == 0);
	rig_close(&r);
}

/* Over TLS as over plain connections: the client sends all of it before it looks. */
static void who_is_refused_hears_it(void **state UNUSED)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	static const char head[] = "POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 4194304\r\n\r\n";
	static char block[65536];
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;

	rig_open(&r, tls_options());
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct client c;

		assert_true(client_open(&c, &r, versions[i]));
		must(SSL_write(c.ssl, head, sizeof(head) - 1) > 0);
		for (unsigned n = 0; n < 64; n++)
			assert_int_equal(SSL_write(c.ssl, block, sizeof(block)), sizeof(block));
		assert_true(client_hear(&c, &got) > 0);
		assert_non_null(strstr(buf_text(&got), "HTTP/1.1 413 "));
		client_close(&c);
	}
	rig_close(&r);
}

/* Without TCP_NODELAY each of these would wait 40 ms for an acknowledgement. */
static void answers_are_not_delayed(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	unsigned quick = 0;
	struct client c;
	struct rig r;

	rig_open(&r, tls_options());
	assert_true(client_open(&c, &r, TLS1_3_VERSION));
	for (unsigned i = 0; i < 200; i++) {
		const int64_t before = clock_mono_ns();

		assert_true(client_ask(&c, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", &got) > 0);
		quick += clock_mono_ns() - before < 35000000;
	}
	/* The kernel acknowledges the first few at once anyway; a busy machine may keep us waiting, but not each time. */
	assert_true(quick >= 50);
	client_close(&c);
	rig_close(&r);
}

static void what_is_no_tls_is_refused(void **state UNUSED)
{
	struct client c;
	struct rig r;
	int fd;

	rig_open(&r, tls_options());
	fd = dial(&r);
	assert_true(say(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
	assert_true(closed(fd));
	close(fd);
	assert_false(client_open(&c, &r, TLS1_1_VERSION));
	client_close(&c);
	assert_int_equal(r.accesses, 0);
	EVENTUALLY(http_server_counters_of(r.server).connections == 0);
	rig_close(&r);
}

/* Connects and never shakes hands. */
static void silent_handshakes_end(void **state UNUSED)
{
	struct http_server_options options = tls_options();
	struct rig r;
	int fd;

	options.request_ms = 100;
	rig_open(&r, options);
	fd = dial(&r);
	assert_true(closed(fd));
	close(fd);
	rig_close(&r);
}

static void refused(const struct http_server_options *options, const char *words)
{
	struct http_server *server;
	struct err err = ERR_INIT;

	assert_int_equal(http_server_open(options, rig_routes, 1, &server, &err), ERR_CONFIG);
	if (!strstr(err.text, words))
		fail_msg("'%s' does not say '%s'", err.text, words);
}

static void wrong_files_are_refused(void **state UNUSED)
{
	struct http_server_options options = tls_options();

	options.key_file = cert_file;
	refused(&options, "the key");
	options.key_file = "/nowhere/key.pem";
	refused(&options, "/nowhere/key.pem cannot be read: No such file or directory");
	options = tls_options();
	options.cert_file = "/nowhere/cert.pem";
	refused(&options, "certificate /nowhere/cert.pem cannot be read");
	options.cert_file = NULL;
	refused(&options, "both a certificate and a key");
}

/* What no client would take, and a key that OpenSSL would ask a terminal for. */
static void unusable_pairs_are_refused(void **state UNUSED)
{
	char other_cert[] = "/tmp/suture-cert-XXXXXX", other_key[] = "/tmp/suture-key-XXXXXX";
	struct http_server_options options = { .cert_file = other_cert, .key_file = other_key };

	must(close(mkstemp(other_cert)) == 0 && close(mkstemp(other_key)) == 0);
	write_pair_of(other_cert, other_key, -7200, -3600, NULL);
	refused(&options, "ended on 20");
	write_pair_of(other_cert, other_key, 3600, 7200, NULL);
	refused(&options, "begins on 20");
	write_pair_of(other_cert, other_key, -60, 3600, "a password");
	refused(&options, "protected by a password");
	options.key_file = key_file;
	refused(&options, "key values mismatch");
	must(unlink(other_cert) == 0 && unlink(other_key) == 0);
}

/* The certificate's key that a new connection is shown, as text. */
static void shown_key(const struct rig *r, struct buf *ret)
{
	unsigned char *der = NULL;
	struct client c;
	X509 *cert;
	int len;

	buf_clear(ret);
	assert_true(client_open(&c, r, TLS1_3_VERSION));
	cert = SSL_get1_peer_certificate(c.ssl);
	assert_non_null(cert);
	len = i2d_PUBKEY(X509_get0_pubkey(cert), &der);
	buf_add_bytes(ret, der, (size_t)len);
	OPENSSL_free(der);
	X509_free(cert);
	client_close(&c);
}

static void a_renewed_certificate_is_taken(void **state UNUSED)
{
	SCOPED(buf) struct buf before = BUF_INIT(1 << 16), after = BUF_INIT(1 << 16), got = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct client open;
	FILE *broken;
	struct rig r;

	rig_open(&r, tls_options());
	assert_true(client_open(&open, &r, TLS1_3_VERSION));
	shown_key(&r, &before);
	write_pair();
	shown_key(&r, &after);
	assert_true(str_eq(buf_str(&before), buf_str(&after)));
	assert_int_equal(http_server_reload(r.server, &err), 0);
	shown_key(&r, &after);
	assert_false(str_eq(buf_str(&before), buf_str(&after)));
	assert_true(client_ask(&open, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", &got) > 0);
	client_close(&open);

	broken = fopen(cert_file, "w");
	must(broken && fputs("no certificate\n", broken) >= 0 && fclose(broken) == 0);
	assert_int_equal(http_server_reload(r.server, &err), ERR_CONFIG);
	shown_key(&r, &before);
	assert_true(str_eq(buf_str(&before), buf_str(&after)));
	write_pair();
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_over_tls),       cmocka_unit_test(who_is_refused_hears_it),
		cmocka_unit_test(answers_are_not_delayed), cmocka_unit_test(what_is_no_tls_is_refused),
		cmocka_unit_test(silent_handshakes_end),   cmocka_unit_test(a_renewed_certificate_is_taken),
		cmocka_unit_test(wrong_files_are_refused), cmocka_unit_test(unusable_pairs_are_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, write_files, remove_files);
}
