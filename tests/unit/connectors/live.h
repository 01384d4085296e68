/*
 * live: the stand-in systems as a child process, for tests of connectors over real HTTP. The program's path comes from
 * SUTURE_SANDBOX; without it the tests are skipped and say so. The child ends with us: it watches its standard input.
 */
#ifndef SUTURE_TESTS_CONNECTORS_LIVE_H
#define SUTURE_TESTS_CONNECTORS_LIVE_H

#include <sys/types.h>

#include "unit.h"

struct live {
	pid_t pid;
	int to;
	struct http_client *http;
	struct http_target admin;
	struct arena arena;
	struct err err;
	struct str base; /* of the system under test */
};

/* False: there is no sandbox, the test is to be skipped. `system`: "salesforce" or "hint"; `more`: further arguments, ends with NULL. */
bool live_open(struct live *live, const char *system, const char *const *more);
void live_close(struct live *live);
/* The teardown of a group: closes the connection, which may be NULL, and the systems. */
int live_end(struct live *live, struct connection **c);
/* At the start of a test: skips it where there is no sandbox. */
#define LIVE_NEEDS(state, connection) \
	do {                          \
		(void)(state);        \
		if (!(connection))    \
			skip();       \
	} while (0)
/* Rows as in sandbox/faults.h; "[]" switches all off. */
void live_faults(struct live *live, const char *rows);
/* POSTs to /__admin/... */
struct json *live_admin(struct live *live, const char *path, const char *body);
struct json *live_json(struct live *live, const char *text);
struct connection *live_connect(struct live *live, const char *kind, struct str settings);
/* Of the stand-in org, signed in as its app; `more` follows within the settings: ",\"attempts\":3". */
struct connection *live_org(struct live *live, const char *more);

int live_list(struct live *live, struct connection *c, struct list_request request, struct page *ret);
int live_fetch(struct live *live, struct connection *c, struct fetch_request request, struct page *ret);
int live_write(struct live *live, struct connection *c, const char *object, const struct write_item *items,
               size_t count, struct write_result *results);
/* Walks all pages; the records stand one behind the other, each once. */
size_t live_list_all(struct live *live, struct connection *c, struct list_request request, struct record *ret,
                     size_t room);

#endif
