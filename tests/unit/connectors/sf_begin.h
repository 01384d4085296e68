/* How the Salesforce programs of this folder open a connection to a scripted org. */
#ifndef SUTURE_TESTS_CONNECTORS_SF_BEGIN_H
#define SUTURE_TESTS_CONNECTORS_SF_BEGIN_H

#include "far.h"

#include "connectors/salesforce/salesforce.h"

#define ID_A "003xx000000000AAAQ"
#define ID_B "003xx000000000BAAQ"
#define ID_C "003xx000000000CAAQ"
#define USER "005xx000001SwiUAAS"
#define SETTINGS                                                                                                    \
	"{\"login_url\":\"%s\",\"client_id\":\"app\",\"client_secret\":\"secret\",\"backoff_ms\":1,\"attempts\":2," \
	"\"hook_secret\":\"topsecret\"}"
/* 2026-11-21T10:00:00Z, by the org's clock */
#define NOW      1795255200000
#define NOW_LINE "Date: Sat, 21 Nov 2026 10:00:00 GMT\r\n"

static inline void sf_expect_login(struct far *far, const char *token)
{
	static const char format[] = "{\"access_token\":\"%s\",\"instance_url\":\"%.*s\",\"id\":\"https://x/id/"
	                             "00Dxx0000001gPLEAY/" USER "\",\"token_type\":\"Bearer\"}";

	far_expect(far,
	           (struct exchange) { .method = "POST",
	                               .path = "/services/oauth2/token",
	                               .body = "grant_type=client_credentials&client_id=app&client_secret=secret",
	                               .answer = arena_printf(&far->arena, format, token, STR_ARG(far_base(far))).at });
}

static inline struct connection *sf_begin(struct far *far)
{
	far_open(far);
	sf_expect_login(far, "T1");
	return far_connect(far, "salesforce", SETTINGS);
}

static inline void sf_end(struct far *far, struct connection *c)
{
	c->kind->close(&c);
	far_close(far);
}

#endif
