/* TLS: a certificate that nobody vouches for ends the exchange before anything is sent. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rig.h"

struct tls_peer {
	SSL_CTX *ssl;
	int listener;
	pthread_t thread;
	_Atomic unsigned shaken; /* handshakes that came to an end */
	_Atomic unsigned tried;
};

static X509 *self_signed(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	X509_EXTENSION *address = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");

	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_version(cert, 2);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"127.0.0.1", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_add_ext(cert, address, -1);
	X509_EXTENSION_free(address);
	must(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

static void *accept_tls(void *context)
{
	struct tls_peer *p = context;
	int socket;

	while ((socket = accept(p->listener, NULL, NULL)) >= 0) {
		SSL *ssl = SSL_new(p->ssl);
		char byte;

		p->tried++;
		SSL_set_fd(ssl, socket);
		/* TLS 1.3 ends on our side first: only bytes of a request prove that the client was content. */
		if (SSL_accept(ssl) == 1 && SSL_read(ssl, &byte, 1) == 1)
			p->shaken++;
		SSL_free(ssl);
		close(socket);
	}
	return NULL;
}

static unsigned tls_open(struct tls_peer *p)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *cert = self_signed(key);

	*p = (struct tls_peer) { .ssl = SSL_CTX_new(TLS_server_method()) };
	must(SSL_CTX_use_certificate(p->ssl, cert) == 1 && SSL_CTX_use_PrivateKey(p->ssl, key) == 1);
	X509_free(cert);
	EVP_PKEY_free(key);
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(p->listener, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(p->listener, 8) == 0);
	must(getsockname(p->listener, (struct sockaddr *)&at, &len) == 0);
	must(pthread_create(&p->thread, NULL, accept_tls, p) == 0);
	return ntohs(at.sin_port);
}

static void tls_close(struct tls_peer *p)
{
	shutdown(p->listener, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	close(p->listener);
	SSL_CTX_free(p->ssl);
}

static void answer_nothing(struct peer_call *call, void *context UNUSED)
{
	peer_drop(call);
}

static void unknown_certificates_are_refused(void **state UNUSED)
{
	struct tls_peer tls;
	char base[64];
	struct rig r;

	rig_open(&r, answer_nothing, NULL);
	snprintf(base, sizeof(base), "https://127.0.0.1:%u", tls_open(&tls));
	r.target.base = str_of(base);
	assert_int_equal(rig_do(&r, "GET", "/x?name=Lovelace"), ERR_NETWORK);
	assert_non_null(strstr(r.err.text, "certificate"));
	assert_null(strstr(r.err.text, "Lovelace"));
	assert_false(r.answer.uncertain);
	/* It will not be better in half a second: one attempt. */
	assert_int_equal(r.answer.attempts, 1);
	tls_close(&tls);
	assert_int_equal(tls.tried, 1);
	assert_int_equal(tls.shaken, 0);
	rig_close(&r);
}

static void https_to_a_plain_server_says_so(void **state UNUSED)
{
	char base[96];
	struct rig r;

	rig_open(&r, answer_nothing, NULL);
	snprintf(base, sizeof(base), "https%s", peer_base(r.peer).at + 4);
	r.target.base = str_of(base);
	r.target.timeout_ms = 500;
	r.target.attempts = 1;
	assert_true(rig_do(&r, "POST", "/x") < 0);
	assert_false(r.answer.uncertain);
	assert_int_equal(peer_count(r.peer), 0);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_certificates_are_refused),
		cmocka_unit_test(https_to_a_plain_server_says_so),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
