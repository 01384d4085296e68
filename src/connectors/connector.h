/*
 * connector: what Suture can do with one kind of system. A connector moves payloads: it knows the vendor's URLs, envelopes,
 * ids, paging and error words, and nothing of mapping, policy or links.
 *
 * `struct connector` is a constant table of functions, one per kind, listed in registry.c. `struct connection` is one
 * authenticated system. What a connector lacks is NULL and the engine falls back.
 *
 * Every far call is two functions: X_start sends and returns a call (never blocks, never NULL), X_finish waits, frees the
 * call and judges. A lane keeps a small window of calls under way and finishes the oldest first, so its code stays sequential:
 *
 *	struct call *call = c->kind->list_start(c, &request);
 *	...
 *	if (c->kind->list_finish(&call, arena, &page, err) < 0) ...
 *
 * X_start copies what it needs of its request: nothing of it has to live until X_finish.
 *
 * A connector reports, the engine decides: writes end as DELIVERED, RETRY_LATER, REFUSED or UNKNOWN; attempts and pauses
 * beyond those of one HTTP exchange (net/http.h) are the engine's. All results live in the arena given to finish.
 * Error texts never carry a patient's data (R41); the far side's own words come in `raw_message`, which the engine seals.
 * A connection may be used by several threads at once.
 */
#ifndef SUTURE_CONNECTORS_CONNECTOR_H
#define SUTURE_CONNECTORS_CONNECTOR_H

#include <stdatomic.h>

#include "codec/json.h"
#include "net/http.h"

struct connection;
struct call;

/* One record as it arrived. `bytes` is the exact range of the answer. */
struct record {
	struct str id; /* far id; empty when `fault` is set and it could not be read */
	struct str bytes;
	struct json *json;      /* parsed bytes; NULL when `fault` is set */
	struct str version;     /* text that changes with each change: updated_at, SystemModstamp; may be empty */
	int64_t modified_ms;    /* by the far side's clock; 0: unknown */
	struct str modified_by; /* id of the far user, where the far side says so */
	struct str merged_into; /* R32: id of the survivor; empty: not merged */
	bool deleted;           /* or archived (R31) */
	bool outside;           /* set by the engine: it is there, but does not meet the sync's filter */
	const char *fault;      /* why the bytes are no record ("not well-formed JSON at byte 12"); NULL: fine */
};

struct list_equals {
	struct str field;
	struct str value; /* text as it is; the connector escapes it */
};

struct list_request {
	struct str object; /* "patient", "Contact" */
	const struct str *
	        fields; /* wanted fields (paths); ignored by systems that always send all. May be empty: id and version only */
	size_t field_count;
	struct str where; /* the system's own filter text (SOQL condition; "name=value&name=value"); empty: all */
	const struct list_equals *equals; /* and all of these; a system that cannot filter so answers ERR_UNSUPPORTED */
	size_t equal_count;
	const struct str
	        *ids; /* only these, at most 200, if id_count is not 0; a system that cannot answers ERR_UNSUPPORTED */
	size_t id_count;
	/* "" = from the beginning; else next_cursor of a page, also after a restart. With traits.pages_independent it is the
	 * number of rows before the page, in decimal, and may be computed: any multiple of page_size; any number with traits.pages_overlap. */
	struct str cursor;
	size_t page_size; /* 0: traits.page_size */
	bool live_only;   /* leave out what is deleted or archived; else it comes too, flagged `deleted` (R31, R32) */
	enum http_priority priority;
};

struct page {
	struct record *records;
	size_t count;
	struct str next_cursor; /* set unless `last` */
	bool last;
	int64_t total;     /* rows the far side says match; -1: unknown */
	int64_t server_ms; /* the far side's clock (Date header); 0: unknown */
};

struct fetch_request {
	struct str object;
	const struct str *ids; /* at most traits.fetch_batch */
	size_t id_count;
	const struct str *fields;
	size_t field_count;
	enum http_priority priority;
};
/* fetch_finish gives a page with one record per wanted id, in the same order; `fault` = "not there" for a missing one. */

/* Nobody's counterpart any more: not there, deleted, archived, or merged into another one. One that cannot be read may be there. */
static inline bool record_is_gone(const struct record *r)
{
	return r->fault ? str_eq_c(str_of(r->fault), "not there") : r->deleted || r->merged_into.len > 0;
}

enum write_op { WRITE_CREATE, WRITE_UPDATE, WRITE_UPSERT, WRITE_DELETE };

struct write_item {
	enum write_op op;
	struct str id;        /* far id: update, delete */
	struct str key_field; /* upsert, create: where our key stands at the far side (external id) */
	struct str key;
	struct json *fields; /* object in the far side's own shape; changed members only */
	struct str current;  /* update: the far record as last read, for read-modify-PUT; may be empty */
	struct str
	        version; /* update: as the record was when the change was decided: precondition where the system has one (R26) */
};

/*
 * UNKNOWN: it may have been carried out, and doing it again may do it twice. CHANGED: the precondition did not hold, nothing was written: the record is to be
 * read again (R28). GONE: the record that was to be changed is not there any more (R31); who asked makes sure by reading it.
 */
enum delivery { DELIVERED, RETRY_LATER, REFUSED, UNKNOWN, CHANGED, GONE };

struct write_result {
	enum delivery outcome;
	struct str id; /* far id, on DELIVERED */
	bool created;
	struct str code;        /* the far side's stable code: "INVALID_EMAIL_ADDRESS", "422" */
	struct str field;       /* the far field where known */
	struct str advice;      /* what to do next, our words, free of patient data */
	struct str raw_message; /* the far side's words; may hold patient data: seal it */
	struct record record;   /* what the far side made of it, where the answer says so; else bytes are empty */
	int64_t retry_after_ms; /* 0: the engine's own pause */
};

struct write_request {
	struct str object;
	const struct write_item *items; /* at most traits.write_batch, all with the same op and key_field */
	size_t item_count;
	enum http_priority priority;
	/* bulk: called with the id of the job that was made, before it can do anything, on the thread of finish. < 0: it never will. NULL: nobody notes it. */
	int (*on_job)(void *context, struct str job, struct err *err);
	void *context;
	struct str
	        job; /* bulk: such a job, of these items or of none, that nobody waits for any more; see bulk_start */
};

enum field_type {
	FIELD_TEXT,
	FIELD_LONG_TEXT,
	FIELD_BOOL,
	FIELD_DATE,
	FIELD_DATETIME,
	FIELD_NUMBER,
	FIELD_EMAIL,
	FIELD_PHONE,
	FIELD_PICKLIST,
	FIELD_REFERENCE,
	FIELD_ID,
	FIELD_OTHER
};

struct field_info {
	struct str name, label;
	enum field_type type;
	size_t length; /* characters; 0: no limit known */
	bool required; /* must be given on create */
	bool createable, updateable;
	bool external_id, unique;
	bool restricted;      /* picklist: other values are refused */
	struct str *picklist; /* active values */
	size_t picklist_count;
};

struct record_type {
	struct str id, name;
	struct str key; /* its name for programs, the same in every org: "Patient" */
};

struct object_info {
	struct str name, label;
	struct field_info *fields;
	size_t field_count;
	struct record_type *record_types; /* that new records may be given; none: there is no choice */
	size_t record_type_count;
};

struct object_name {
	struct str name, label;
	bool writable; /* records can be created */
};

/*
 * Changes since a cursor (R39). The cursor is the connector's own text, durable and restartable at every page: it stands in next_cursor of each
 * page, also of the last, where it is what the next asking begins with. Deleted, archived and merged records come flagged (R31, R32).
 */
struct changes_request {
	struct str object;
	const struct str *fields;
	size_t field_count;
	struct str where;
	struct str cursor; /* empty: changes from `since_ms` on */
	int64_t since_ms; /* far clock; 0 with an empty cursor: nothing is read, the answer is an empty last page whose cursor is "now" */
	int64_t overlap_ms; /* a new walk begins so much before its cursor: late commits at the far side are caught, repeats are recognised later */
	int64_t lag_ms; /* nothing younger than the far clock minus this is read: its neighbours may still be committing */
	size_t page_size; /* 0: traits.page_size */
	enum http_priority priority;
};

/* Text as a person types it: names, parts of names, an e-mail. For a person to choose from, never for automatic links. */
struct search_request {
	struct str object;
	struct str text;
	const struct str *fields;
	size_t field_count;
	size_t limit; /* 0: 20 */
};

/* One thing that happened at the far side, as a webhook or a stream tells it. */
enum event_kind {
	EVENT_CHANGED, /* created, updated, restored */
	EVENT_REMOVED, /* deleted or archived (R31) */
	EVENT_MERGED,  /* record.merged_into names the survivor (R32) */
	EVENT_ASKED, /* a person pressed the button there (R11, R40); `name` says what for: sync, create, link, unlink */
	EVENT_OVERFLOW, /* the far side lost track: read everything that changed since record.modified_ms again */
	EVENT_OTHER,    /* nothing for us: counted only */
};
struct event {
	enum event_kind kind;
	struct str name;   /* the far side's own: "patient.updated". What is switched on and off (R37) */
	struct str id;     /* of the event, for repeats; may be empty */
	struct str object; /* ours: "patient", "Contact"; empty: no object that the connector knows */
	struct record
	        record; /* bytes: exact range of what came; json: what is known of the record by it. id may be empty with `fault` set */
	bool whole; /* json is the whole record; else it holds changed members at most (NULL: none), and the record is to be read again */
};
struct events {
	struct event *at;
	size_t count;
};

struct hook {
	struct str
	        path; /* what was asked for behind the registered address, without the slash: a far side that signs nothing has a secret there */
	const struct http_header *headers;
	size_t header_count;
	struct str body;
	int64_t received_ms; /* our wall clock: the replay window is judged by it */
};

/* An event that a far side can tell, for its switch (R37): `object` is ours, empty: of any. */
struct event_name {
	const char *name; /* NULL ends a list */
	enum event_kind kind;
	const char *object;
};

struct hook_registration {
	struct str url; /* public address of our receiver */
	const struct str *events;
	size_t event_count; /* names at the far side; 0: all that the connector knows */
	bool renew;         /* a new secret, also where one is set: hook_makes_secret */
};

struct listen_request {
	struct str object;
	struct str replay; /* where to go on; empty: from now on */
	const atomic_bool *stop;
	/* Called with what came, in order, and the replay text after it. The events live until it returns. < 0 ends the listening with that error.
	 * May be called with no events, to move `replay` on. */
	int (*on_events)(void *context, const struct events *events, struct str replay, struct err *err);
	/* Connected, lost, recovered: for the log. Text free of patient data. May be NULL. */
	void (*on_state)(void *context, bool connected, const char *text);
	void *context;
};

/* Facts of one connection, and of the object that it serves; constant after open, serve and check. */
struct traits {
	size_t page_size;   /* best rows a page */
	size_t fetch_batch; /* ids a fetch; 0: cannot */
	size_t write_batch; /* records a write */
	size_t bulk_batch;  /* records a bulk write; 0: there is none */
	/* A page can be asked for before the one before it has come: offsets, not next links. Each page of such a walk is asked
	 * for with the same page_size. A page beyond the end is empty and `last`. A page whose next_cursor is not its own
	 * cursor + page_size was cut short by the far side: pages that were asked for ahead of it are to be thrown away. */
	bool pages_independent;
	/* A page begins with the last row of the page before it, if nothing moved in between: next_cursor is its cursor, and one less than its rows. */
	bool pages_overlap;
	bool answers_with_record;   /* a write's answer carries the record */
	struct str reference_field; /* where our id is kept in its records ("integration_record_id"); empty: nowhere */
	struct str reference_link_field;
	struct str
	        reference_message_field; /* where staff of that system read why a record did not sync; empty: nowhere */
	bool fetch_by_reference; /* fetch also takes our id; the record comes with its far id. How UNKNOWN creates are probed */
	struct str web_link; /* deep link of a record, "{id}" in it; empty: none */
	bool has_times;      /* records carry modified_ms that orders their changes (R4) */
	struct str our_user; /* id of the far user we act as; empty: unknown, or check() was not called yet */
};

/* Calls that the far side allows in a while, and how many of them are gone. */
struct budget_facts {
	bool known; /* else the far side has not told, and nothing below counts */
	int64_t used, allowance;
	int64_t reset_ms; /* far clock: when `used` begins anew; 0: unknown, or a window that glides */
};

struct option {
	const char *name;
	const char *help;
	const char *fallback; /* NULL: required */
	bool secret;
};

/* A code that a person got at the far system's own page: pasted, or brought back by his browser (then redirect and verifier are those of authorize_url). */
struct code_grant {
	struct str code;
	struct str redirect, verifier; /* empty: it was pasted */
};
/* `challenge`: PKCE, S256 (RFC 7636). */
struct code_asking {
	struct str redirect, state, challenge;
};

struct connector {
	const char *name; /* "salesforce", "hint" */
	const char *title;
	bool is_crm;                  /* else an EMR */
	const struct option *options; /* ends with name = NULL; help and manual are printed from it */
	/* `settings`: the connection's object from the configuration, secrets resolved. ERR_CONFIG names the key. */
	int (*open)(const struct connector *kind, const struct json *settings, struct http_client *http,
	            struct connection **ret, struct err *err);
	void (*close)(struct connection **c);
	/* The connection serves this object: its traits, and what its `kind` can do, become those of it. Before the first call; nothing changes for an
	 * object that there is none of, which calls refuse. NULL: all objects are alike. */
	void (*serve)(struct connection *c, struct str object);
	/* Authorises and asks who we are: "Grove Street Primary Care (pra-3Vx...)". ERR_AUTH and ERR_NETWORK say what to do. */
	int (*check)(struct connection *c, struct arena *arena, struct str *ret_who, struct err *err);
	int (*describe)(struct connection *c, struct arena *arena, struct str object, struct object_info *ret,
	                struct err *err);
	/* The objects that there are; NULL: it cannot tell, names are typed. */
	int (*objects)(struct connection *c, struct arena *arena, struct object_name **ret, size_t *ret_count,
	               struct err *err);
	struct call *(*list_start)(struct connection *c, const struct list_request *request);
	int (*list_finish)(struct call **call, struct arena *arena, struct page *ret, struct err *err);
	struct call *(*fetch_start)(struct connection *c, const struct fetch_request *request);
	int (*fetch_finish)(struct call **call, struct arena *arena, struct page *ret, struct err *err);
	/* Fails only when nothing can be said of any item, and then sending the same batch again is harmless; else one result
	 * each, in order. The same record must not stand twice in one batch. */
	struct call *(*write_start)(struct connection *c, const struct write_request *request);
	int (*write_finish)(struct call **call, struct arena *arena, struct write_result *ret_results, struct err *err);
	/* One time: an authorisation code for a lasting token, as settings to be merged into the connection's. */
	int (*exchange_code)(const struct connector *kind, const struct json *settings, struct http_client *http,
	                     const struct code_grant *grant, struct arena *arena, struct json **ret_settings,
	                     struct err *err);
	/* Where a person's browser goes to approve us and comes back from with a code. NULL: codes are pasted. Asks nobody. */
	int (*authorize_url)(const struct connector *kind, const struct json *settings, struct arena *arena,
	                     const struct code_asking *asking, struct str *ret, struct err *err);
	/* The following may be NULL: the engine falls back. */
	/* As write, for up to traits.bulk_batch records in few API calls, and only for what may be repeated: creates and upserts by key, updates. Takes seconds
	 * to minutes. A job works on by itself: after a failure behind `on_job`, or the death of the process, it may still write, and what it writes is old by
	 * then. So its records are not sent again before it was taken up, once or more often, by its id in `job`: it is stopped if it is at work, and once it
	 * has ended the results say what it did; as long as it may still write, finish fails. */
	struct call *(*bulk_start)(struct connection *c, const struct write_request *request);
	int (*bulk_finish)(struct call **call, struct arena *arena, struct write_result *ret_results, struct err *err);
	/* NULL: the whole list is read and compared by hash. A connection's `kind` may lack what that of another of the same name has: ask c->kind.
	 * ERR_UNSUPPORTED: not for this object, or the far side turned out to ignore its filter: the same fallback. ERR_GONE: the cursor is too old
	 * or not ours; begin anew with since_ms. */
	struct call *(*changes_start)(struct connection *c, const struct changes_request *request);
	int (*changes_finish)(struct call **call, struct arena *arena, struct page *ret, struct err *err);
	/* NULL: the local index is searched. */
	struct call *(*search_start)(struct connection *c, const struct search_request *request);
	int (*search_finish)(struct call **call, struct arena *arena, struct page *ret, struct err *err);
	/* Checks the signature before anything is parsed (ERR_AUTH: the sender is told 401), then takes apart. A genuine body that is no event is one
	 * event with record.fault set (R3). Pure: asks nobody. */
	int (*webhook)(struct connection *c, struct arena *arena, const struct hook *hook, struct events *ret,
	               struct err *err);
	/* The far side is told where to send events; whatever it gives for checking them comes as settings to be kept with the connection's. Repeating it is
	 * harmless. Unregister takes every registration of that address back. */
	int (*hook_register)(struct connection *c, const struct hook_registration *what, struct arena *arena,
	                     struct json **ret_settings, struct err *err);
	int (*hook_unregister)(struct connection *c, struct str url, struct err *err);
	bool hook_makes_secret; /* what is checked is made by hook_register */
	/* A delivery as the far side would send it now, signed with what we share, of an event that means nothing (EVENT_OTHER): to try the way. ERR_AUTH:
	 * there is no secret yet. */
	int (*hook_test)(struct connection *c, struct arena *arena, struct hook *ret, struct err *err);
	const struct event_name *event_names; /* what it can tell, by webhook or stream; NULL: nothing */
	/* Blocks until *stop, or until it fails for good; recovers by itself from everything that heals. ERR_GONE: the replay text is too old: catch up by
	 * changes, then listen anew with an empty one. */
	int (*listen)(struct connection *c, const struct listen_request *request, struct err *err);
	/* What the far side said of its budget with its latest answer; `ask`: a call that asks for it. NULL: it has none. */
	int (*budget)(struct connection *c, struct arena *arena, bool ask, struct budget_facts *ret, struct err *err);
	/* An id as people write or other systems store it (15 characters of Salesforce), in the form that records carry; empty: it is none. NULL: taken
	 * as it is. */
	struct str (*record_id)(struct arena *arena, struct str text);
	const void *descriptor; /* rest: the compiled descriptor; else NULL */
};

/* Every connection begins with this. */
struct connection {
	uint32_t magic;
	const struct connector *kind;
	struct traits traits;
	struct http_target target;
	struct arena *memory; /* lives as long as the connection; for whoever opened it, before the first call */
	/*
	 * The far side replaced a credential and the old one is dead: merges these settings into the connection's, durably,
	 * before what came with them is used. What it fails with is what the call fails with. Set by whoever opened the
	 * connection, before the first call; called on any thread. NULL: kept in memory only.
	 */
	int (*keep_settings)(void *context, const struct json *settings, struct err *err);
	void *keep_context;
};

/* Every call begins with this: cancel frees a call that nobody will finish. */
struct call {
	struct connection *connection;
	void (*cancel)(struct call *call);
};
void call_cancel(struct call **call);

/* registry.c: kinds by name; a REST descriptor (built in, or from a file given by the user) is a kind too. NULL: unknown. */
const struct connector *connector_find(struct str name);
/* Registers the descriptor of a user's file for the life of the process. ERR_CONFIG with its line. */
int connector_add_descriptor(struct str yaml, const char *file_name, struct err *err) MUST_CHECK;
size_t connector_count(void);
const struct connector *connector_nth(size_t n);

#endif
