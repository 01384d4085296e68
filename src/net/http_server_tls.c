/* TLS of the server: the certificate, and bufferevents that speak it. The only file here that sees OpenSSL. */
#include "net/http_server_internal.h"

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

static const char *last_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return reason ? reason : "unknown reason";
}

static int load(SSL_CTX *ctx, const struct http_server_options *o, struct err *err)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, o->cert_file) != 1)
		return err_set(err, ERR_CONFIG, "certificate %s: %s", o->cert_file, last_reason());
	if (SSL_CTX_use_PrivateKey_file(ctx, o->key_file, SSL_FILETYPE_PEM) != 1)
		return err_set(err, ERR_CONFIG, "key %s: %s", o->key_file, last_reason());
	if (SSL_CTX_check_private_key(ctx) != 1)
		return err_set(err, ERR_CONFIG, "the key %s does not belong to the certificate %s", o->key_file,
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
