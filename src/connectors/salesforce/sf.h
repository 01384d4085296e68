/*
 * sf: what the files of salesforce/ share; nobody outside includes it.
 *
 * Facts come from Salesforce's REST API. The version of the API is a setting and stands in one place (sf->data).
 */
#ifndef SUTURE_CONNECTORS_SALESFORCE_SF_H
#define SUTURE_CONNECTORS_SALESFORCE_SF_H

#include "connectors/connector.h"
#include "net/oauth.h"

#include <pthread.h>

#define SF_MAGIC 0x53464f43u

struct sf {
	struct connection base; /* first; base.target.base is the instance, empty until the first sign-in */
	struct arena arena;
	struct http_client *http;
	struct oauth *oauth;
	struct str data; /* "/services/data/v62.0" */
	pthread_mutex_t lock;
	/* Guarded by lock, with base.target.base, what traits learn later, and the arena from the first call on. */
	struct str user_id, org_id;
	bool signed_in;
	_Atomic int64_t api_used, api_max; /* Sforce-Limit-Info; 0: not told yet */
	_Atomic int64_t clock_offset_ms;   /* Date header minus our monotonic clock when it came; 0: not told yet */
	struct str login_url;
	struct str instance_hosts; /* where the instance may be besides; see http_wall_lists */
	struct str hook_secret;    /* of the package's calls; constant */
	int64_t hook_window_ms;
	struct str cometd; /* "/cometd/62.0" */
};

struct sf_call {
	struct call call;   /* first */
	struct arena arena; /* of the call itself, what it keeps of its request */
	struct http_request request;
	struct http_header headers[4];
	struct http_future *future; /* NULL: waits for the first sign-in, sent in finish */
};

/* salesforce.c. sf_of never fails for a connection of this kind. */
struct sf *sf_of(struct connection *c);
/* The org's clock now, by its latest Date header; never ahead of it. 0: no answer has come yet. */
int64_t sf_server_ms(const struct sf *sf);

/* sf_login.c */
int sf_login_open(struct sf *sf, const struct option *options, const struct json *settings, struct err *err) MUST_CHECK;
int sf_authorize(void *context, bool refresh, struct buf *ret_header, struct err *err); /* http_target.authorize */
int sf_sign_in(struct sf *sf, struct err *err) MUST_CHECK; /* only where nobody has signed in yet */

/* sf_call.c: a call owns its arena and lives in it. `size`: of the struct that begins with sf_call. */
struct sf_call *sf_call_new(struct sf *sf, size_t size, enum http_priority priority);
void sf_call_header(struct sf_call *call, struct str name, struct str value);
/* Sends now where the instance is known, else leaves it to sf_call_wait. method, url and body are set in call->request. */
void sf_call_send(struct sf_call *call);
int sf_call_wait(struct sf_call *call, struct arena *arena, struct http_answer *ret, struct err *err) MUST_CHECK;
void sf_call_free(struct sf_call **call);
/* send + wait + JSON in one: for describe and check. */
int sf_get(struct sf *sf, struct arena *arena, struct str url, const char *what, struct json **ret,
           struct err *err) MUST_CHECK;

/* sf_errors.c */
enum sf_kind {
	SF_AGAIN,       /* later, as it is */
	SF_SMALLER,     /* at once, in a smaller batch; alone it is a refusal */
	SF_LATER_LIMIT, /* later: a limit of the org */
	SF_SET_UP,      /* somebody must change the org or the mapping */
	SF_SIGN_IN,
	SF_DATA, /* this record, until its data change */
	SF_GONE,
};
struct sf_error {
	const char *code;
	enum sf_kind kind;
	const char *advice;
};
const struct sf_error *sf_error_of(struct str code); /* never NULL */
enum delivery sf_error_delivery(const struct sf_error *error);
/* The code of a whole-call error body; empty where the body does not say. */
struct str sf_body_code(const struct http_answer *answer, struct arena *arena, struct str *ret_message);
/* A whole call that failed: always sets err. */
int sf_refusal(const struct http_answer *answer, struct arena *arena, const char *what, struct err *err);

/* sf_id.c: ids have 15 characters or 18. */
bool sf_id_valid(struct str id);
/* The 18 character form; empty when it is no id. */
struct str sf_id18(struct arena *arena, struct str id);
/* sf_id18 of what may be any text: 18 characters must carry the right check, 15 hold a digit (words do not). */
struct str sf_record_id(struct arena *arena, struct str text);
bool sf_id_same(struct str a, struct str b);

/* sf_soql.c */
bool sf_name_valid(struct str name);                 /* a field or object, perhaps "Account.Name" */
void sf_soql_text(struct buf *out, struct str text); /* 'quoted' and escaped */
/* "SELECT Id, SystemModstamp, ... FROM Contact WHERE ... ORDER BY ..."; ERR_CONFIG for a name that is none. */
struct sf_query {
	struct str object;
	const struct str *fields;
	size_t field_count;
	struct str where;
	const struct list_equals *equals;
	size_t equal_count;
	const struct str *ids; /* only these; none: all */
	size_t id_count;
	bool deleted_anyway;              /* deleted rows come whether they meet `where` or not */
	struct str since, before;         /* stamps of clock_rfc3339, from and until; empty: no bound */
	struct str after_stamp, after_id; /* rows behind this one; empty: all */
	size_t limit;                     /* 0: none */
};
int sf_soql(struct buf *out, const struct sf_query *query, struct err *err) MUST_CHECK;
/* Fields that every read carries, beside those asked for. Ends with NULL. */
const char *const *sf_standard_fields(struct str object);
/* Writes each field once: standard ones first. `quote`: as JSON strings. */
int sf_field_list(struct buf *out, struct str object, const struct str *fields, size_t count, bool quote,
                  struct err *err);

/* sf_describe.c */
int sf_describe(struct connection *c, struct arena *arena, struct str object, struct object_info *ret, struct err *err);
int sf_objects(struct connection *c, struct arena *arena, struct object_name **ret, size_t *ret_count, struct err *err);

/* sf_read.c */
struct row;
const struct str *sf_copy_texts(struct arena *arena, const struct str *texts, size_t count);
/* Any row of an org into a record; a row that lacks what a record needs keeps its bytes and says why (R3). */
void sf_record_of_row(struct arena *arena, const struct row *row, struct record *ret);
struct call *sf_list_start(struct connection *c, const struct list_request *request);
int sf_list_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err);
struct call *sf_fetch_start(struct connection *c, const struct fetch_request *request);
int sf_fetch_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err);

/* sf_bulk.c */
struct call *sf_bulk_start(struct connection *c, const struct write_request *request);
int sf_bulk_finish(struct call **call, struct arena *arena, struct write_result *ret_results, struct err *err);

/* sf_changes.c */
struct call *sf_changes_start(struct connection *c, const struct changes_request *request);
int sf_changes_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err);

/* sf_search.c */
struct call *sf_search_start(struct connection *c, const struct search_request *request);
int sf_search_finish(struct call **call, struct arena *arena, struct page *ret, struct err *err);

/* sf_hook.c */
int sf_hook_test(struct connection *c, struct arena *arena, struct hook *ret, struct err *err);
extern const struct event_name sf_event_names[];
int sf_webhook(struct connection *c, struct arena *arena, const struct hook *hook, struct events *ret, struct err *err);

/* sf_listen.c */
int sf_listen(struct connection *c, const struct listen_request *request, struct err *err);

/* sf_event.c: one change event ({"schema", "payload", "event"}) into one event for each of its records. */
struct sf_events {
	struct arena *arena;
	struct event *at;
	size_t count, room;
};
void sf_event_decode(struct sf_events *out, const struct row *data, struct str object);
struct event *sf_event_add(struct sf_events *out);

/* sf_write.c */
struct call *sf_write_start(struct connection *c, const struct write_request *request);
int sf_write_finish(struct call **call, struct arena *arena, struct write_result *ret_results, struct err *err);

/* ---- sf_code.c: connector.h ---- */

int sf_authorize_url(const struct connector *kind, const struct json *settings, struct arena *arena,
                     const struct code_asking *asking, struct str *ret, struct err *err);
int sf_exchange_code(const struct connector *kind, const struct json *settings, struct http_client *http,
                     const struct code_grant *grant, struct arena *arena, struct json **ret_settings, struct err *err);

#endif
