/* rest: what the files of rest/ share; nobody outside includes it, except for the two functions that registry.c calls. */
#ifndef SUTURE_CONNECTORS_REST_REST_H
#define SUTURE_CONNECTORS_REST_REST_H

#include <stdatomic.h>

#include "connectors/answer.h"
#include "connectors/rest/descriptor.h"
#include "net/oauth.h"

#define REST_MAGIC 0x52455354u

/* A kind of connector from a descriptor's YAML; lives in the arena. ERR_CONFIG with its line. */
int rest_kind_new(struct arena *arena, struct str yaml, struct connector *ret, struct err *err) MUST_CHECK;

struct rest {
	struct connection base; /* first */
	struct connector kind;  /* without what the settings switch off */
	struct arena arena;
	const struct descriptor *d;
	struct http_client *http;
	struct json *settings;       /* our own copy */
	struct http_header *headers; /* Content-Type first: requests without body begin at the second */
	size_t header_count;
	struct str auth_value; /* bearer, basic: what stands in Authorization */
	struct oauth *oauth;   /* client credentials; else NULL */
	atomic_bool insists;   /* an update was taken only with the members of on_refusal: they go along from now on */
};

struct rest *rest_of(struct connection *c);

/* rest_request.c */
struct rest_request {
	struct str method, url, body;
	enum http_priority priority;
	bool idempotent;
	struct http_header more;  /* without name: none */
	struct str authorization; /* another one than the connection's; empty: the connection's */
};
struct http_future *rest_send(struct rest *rest, const struct rest_request *request);
/* Writes a template with the connection's settings; in addresses each value is percent-encoded. */
void rest_expand(const struct rest *rest, struct str text, struct buf *out);
struct str rest_expanded(const struct rest *rest, struct arena *arena, struct str text);
/* How this connection's webhooks are signed. */
enum signature_kind rest_signature(const struct rest *rest);
/* A setting as it is written; empty when there is no such option. */
struct str rest_setting(const struct rest *rest, struct str name);
/* base + path of a route, with {id} (or {parent}). */
struct str rest_url(const struct rest *rest, struct arena *arena, struct str path, struct str id);
/* NULL: none. */
void rest_add_pairs(const struct rest *rest, struct buf *url, const struct pairs *pairs);
/* GET, wait, JSON. A status of 300 or more is an error. */
int rest_get(struct rest *rest, struct arena *arena, struct str url, const char *what, struct json **ret,
             struct err *err) MUST_CHECK;

/* rest_record.c: a JSON object as a record, by the paths of its object section. A row without id gets a fault. */
void rest_record(const struct object_section *object, struct json *json, struct str bytes, struct record *ret);
/* The answer to a GET of one record. 404 gives the fault "not there"; other refusals are errors. */
int rest_record_of_answer(const struct object_section *object, struct arena *arena, const struct http_answer *answer,
                          struct record *ret, struct err *err) MUST_CHECK;

/* rest_body.c: what an update sends, with the members of `on_refusal` if `insist`. False: `current` is needed and was not given. */
bool rest_update_body(const struct object_section *object, struct arena *arena, const struct json *fields,
                      const struct json *current, bool insist, struct buf *out);
void rest_create_body(const struct rest *rest, const struct object_section *object, struct arena *arena,
                      const struct write_item *item, struct buf *out);

/* rest_read.c */
struct call *rest_list_start(struct connection *c, const struct list_request *request);
int rest_list_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err);
struct call *rest_fetch_start(struct connection *c, const struct fetch_request *request);
int rest_fetch_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err);

/* rest_changes.c */
struct call *rest_changes_start(struct connection *c, const struct changes_request *request);
int rest_changes_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err);

/* rest_search.c */
struct call *rest_search_start(struct connection *c, const struct search_request *request);

/* rest_webhook.c */
int rest_hook_test(struct connection *c, struct arena *arena, struct hook *ret, struct err *err);
const struct event_name *rest_event_names(const struct descriptor *d, struct arena *arena);
int rest_webhook(struct connection *c, struct arena *arena, const struct hook *hook, struct events *ret,
                 struct err *err);

/* rest_register.c */
int rest_hook_register(struct connection *c, const struct hook_registration *what, struct arena *arena,
                       struct json **ret_settings, struct err *err);
int rest_hook_unregister(struct connection *c, struct str url, struct err *err);

/* rest_paging.c: how a style asks for a page and where the next one begins. */
struct rest_place {
	struct str cursor;   /* as given */
	size_t offset, size; /* offset and index styles */
	bool overlaps;       /* it begins with the last row of the page before it */
};
int rest_place_read(const struct rest *rest, struct arena *arena, struct str cursor, size_t page_size,
                    struct rest_place *ret, struct err *err) MUST_CHECK;
void rest_place_query(const struct rest *rest, const struct rest_place *place, struct buf *url);
int rest_place_next(const struct rest *rest, struct arena *arena, const struct rest_place *place,
                    const struct json *envelope, struct page *page, struct err *err) MUST_CHECK;
bool rest_pages_independent(const struct descriptor *d);

/* rest_write.c */
struct call *rest_write_start(struct connection *c, const struct write_request *request);
int rest_write_finish(struct call **call, struct arena *arena, struct write_result *ret_results, struct err *err);

/* rest_exchange.c */
int rest_exchange_code(const struct connector *kind, const struct json *settings, struct http_client *http,
                       const struct code_grant *grant, struct arena *arena, struct json **ret_settings,
                       struct err *err);

#endif
