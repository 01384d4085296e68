/* TLS of the server: the certificate, and bufferevents that speak it. The only file here that sees OpenSSL. */
#include "net/http_server_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

/* The first of them: what comes after only says who asked. */
static const char *reason_of_error(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return reason ? reason : "unknown reason";
}

/* OpenSSL would ask whoever sits at the terminal. */
static int no_password(char *buf UNUSED, int size UNUSED, int writing UNUSED, void *context)
{
	*(bool *)context = true;
	return -1;
}

static int check_readable(const char *what, const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return err_set(err, ERR_CONFIG,
		               "TLS: the %s %s cannot be read: %s. Whoever runs Suture must be allowed to read it",
		               what, path, strerror(errno));
	fclose(file);
	return 0;
}

static struct str day_of(struct arena *arena, const ASN1_TIME *time)
{
	char text[sizeof("2026-12-31 23:59 UTC") + 16];
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return STR("a time that cannot be read");
	return arena_str(arena, str_range(text, strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm)));
}

/* No client would take it: better said here than by all of them. */
static int check_dates(SSL_CTX *ctx, const char *path, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const X509 *cert = SSL_CTX_get0_certificate(ctx);
	const ASN1_TIME *begins = X509_get0_notBefore(cert), *ends = X509_get0_notAfter(cert);

	if (X509_cmp_current_time(ends) < 0)
		return err_set(err, ERR_CONFIG, "TLS: the certificate %s ended on %.*s: have it renewed", path,
		               STR_ARG(day_of(&arena, ends)));
	if (X509_cmp_current_time(begins) > 0)
		return err_set(err, ERR_CONFIG,
		               "TLS: the certificate %s begins on %.*s only: is this machine's clock right?", path,
		               STR_ARG(day_of(&arena, begins)));
	return 0;
}

static int load_key(SSL_CTX *ctx, const char *path, struct err *err)
{
	bool asked = false;
	int loaded;

	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, &asked);
	loaded = SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	if (asked) {
		ERR_clear_error();
		return err_set(
		        err, ERR_CONFIG,
		        "TLS: the key %s is protected by a password, and nobody is there to type it: store it without "
		        "one (openssl pkey -in OLD -out NEW), readable by whoever runs Suture only",
		        path);
	}
	return loaded == 1 ? 0 : err_set(err, ERR_CONFIG, "TLS: the key %s: %s", path, reason_of_error());
}

static int load(SSL_CTX *ctx, const struct http_server_options *o, struct err *err)
{
	ERR_clear_error();
	if (check_readable("certificate", o->cert_file, err) < 0 || check_readable("key", o->key_file, err) < 0)
		return err_pass(err);
	if (SSL_CTX_use_certificate_chain_file(ctx, o->cert_file) != 1)
		return err_set(err, ERR_CONFIG, "TLS: the certificate %s: %s", o->cert_file, reason_of_error());
	ERR_clear_error(); /* the end of the file, found while the chain was read */
	if (check_dates(ctx, o->cert_file, err) < 0)
		return err_pass(err);
	/* The key of another certificate is refused here. */
	if (load_key(ctx, o->key_file, err) < 0)
		return err_pass(err);
	if (SSL_CTX_check_private_key(ctx) != 1)
		return err_set(err, ERR_CONFIG, "TLS: the key %s does not belong to the certificate %s", o->key_file,
		               o->cert_file);
	return 0;
}

int tls_open(const struct http_server_options *options, void **ret, struct err *err)
{
	SSL_CTX *ctx;
	int failed;

	*ret = NULL;
	if (!options->cert_file && !options->key_file)
		return 0;
	if (!options->cert_file || !options->key_file)
		return err_set(err, ERR_CONFIG, "TLS needs both a certificate and a key");
	ctx = SSL_CTX_new(TLS_server_method());
	must(ctx != NULL);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	/* Of TLS 1.2 only what keeps past conversations closed when the key is lost, and what no padding oracle applies to. */
	must(SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	/* Without it each idle connection keeps two buffers of 16 KB. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	failed = load(ctx, options, err);
	if (failed)
		SSL_CTX_free(ctx);
	else
		*ret = ctx;
	return failed;
}

int http_server_check_tls(const struct http_server_options *options, struct err *err)
{
	void *tls;

	if (tls_open(options, &tls, err) < 0)
		return err_pass(err);
	tls_close(tls);
	return 0;
}

void tls_close(void *tls)
{
	SSL_CTX_free(tls);
}

struct bufferevent *tls_bufferevent(void *tls, struct event_base *base, evutil_socket_t fd, int flags)
{
	SSL *ssl = SSL_new(tls);
	struct bufferevent *bev;

	if (!ssl)
		return NULL;
	bev = bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, flags);
	if (!bev)
		SSL_free(ssl);
	else
		/* Where a body ends is said by HTTP: a client that leaves without a goodbye takes nothing with it. */
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

void tls_say_goodbye(struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);

	if (ssl)
		SSL_shutdown(ssl);
}
