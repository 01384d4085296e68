/*
 * descriptor: one REST EMR as data. A YAML text is read into these structs by tables that stand in descriptor.c and are also the
 * list of what a descriptor may hold; docs/CONNECTORS.md is its manual. Unknown keys, wrong kinds and contradictions are
 * ERR_CONFIG with the line. Everything lives in the arena; texts point into the YAML text, which is copied first.
 *
 * A "template" is a text with {names} of settings (and {id} or {code} where said). A "path" is dotted: steps are names or
 * positions in a list.
 */
#ifndef SUTURE_CONNECTORS_REST_DESCRIPTOR_H
#define SUTURE_CONNECTORS_REST_DESCRIPTOR_H

#include "connectors/connector.h"

struct texts {
	struct str *at;
	size_t count;
};

struct pair {
	struct str name, value;
};
struct pairs {
	struct pair *at;
	size_t count;
};

struct rows {
	void *at;
	size_t count;
};

enum auth_kind { AUTH_NONE, AUTH_BEARER, AUTH_BASIC, AUTH_HEADER, AUTH_CLIENT_CREDENTIALS };
enum auth_send { SEND_BASIC, SEND_BODY };
struct auth_section {
	unsigned kind;
	struct str token;                                      /* bearer: template */
	struct str user, password;                             /* basic: templates */
	struct str header, value;                              /* header: name, template */
	struct str token_url, client_id, client_secret, scope; /* client credentials: templates */
	unsigned send;
};

struct option_row {
	struct str name, help, fallback;
	bool required, secret;
};

struct check_section {
	struct str path; /* template */
	struct str who;  /* text with {paths} of the answer */
	struct str user; /* path of the id of the user we act as */
};

struct pace_section {
	double rate;
	size_t window;
	size_t a_day; /* requests a day; 0: unknown */
};

enum paging_style { PAGING_NONE, PAGING_OFFSET, PAGING_INDEX, PAGING_NEXT, PAGING_CURSOR };
struct paging_section {
	unsigned style;
	struct str limit, offset, index, cursor; /* names of query parameters */
	size_t first;                            /* index of the first page */
	struct str next;                         /* path of the next link or cursor in the answer */
	size_t size, max;
};

struct envelope_section {
	struct str rows, total; /* paths; empty rows: a bare array */
	struct str total_header;
};

struct error_section {
	struct str message, code, field; /* paths */
	struct texts duplicate;          /* statuses that may mean "this reference is taken" */
};

struct list_section {
	struct str path;
	struct pairs query;                    /* always */
	struct pairs with_archived, only_live; /* one of the two, by what the caller wants */
	struct texts equals;                   /* fields by which the list can be filtered (?field=value) */
	bool short_rows;                       /* rows are summaries: each record is read by its own GET */
	struct str per;    /* name of the object whose records each have a list of these; `path` then holds {parent} */
	struct str parent; /* member in which such a row carries the parent's id; put in where it is not there */
};

/* What changed since a time, from a list that can be filtered by it. */
enum time_format { TIMES_RFC3339, TIMES_SECONDS, TIMES_MILLISECONDS };
struct changes_section {
	uint32_t line;      /* 0: the system cannot */
	struct str path;    /* empty: that of the list */
	struct str since;   /* template of the parameter's name; a setting that is empty switches `changes` off */
	unsigned times;     /* how the parameter's value is written */
	struct pairs query; /* always */
	bool sorted;        /* rows come by time, oldest first: a walk then goes on from the last one's time */
};

struct search_section {
	uint32_t line;   /* 0: the system cannot */
	struct str path; /* empty: that of the list */
	struct str text; /* name of the parameter */
	struct pairs query;
};

/* A header by which a change is only carried out on the record as it was read (R26). */
struct precondition_section {
	uint32_t line;
	struct str header;
	struct str
	        from; /* its value: text with {version}, the record's version, or {time}, the same as the date of an HTTP header */
};

enum send_style { SEND_CHANGED, SEND_WHOLE };
struct route_section {
	uint32_t line; /* 0: the system has no such route */
	struct str method, path;
	unsigned send; /* update: changed members, or read-modify-write of all */
	struct pairs
	        defaults; /* create: members that are sent when they are not given; templates, empty ones are left out */
	struct texts always;     /* update: members that every body carries */
	struct texts on_refusal; /* update: members that are added once a body without them was refused */
	struct texts drop;       /* whole: members that are not sent back */
	struct pairs rename;     /* whole: member <- path in what was read; its first step is dropped */
	struct precondition_section precondition; /* update */
	bool read_back;                           /* the answer does not show the record: GET it */
};

struct archived_section {
	struct str path;
	struct texts values; /* empty: anything but null, false and "" */
};

struct record_section {
	struct str id, version, modified, modified_by, merged_into;
	struct archived_section archived;
};

struct reference_section {
	struct str field, link, message;
	bool lookup; /* GET by our id finds the record */
};

struct field_row {
	struct str name, label;
	unsigned type;
	size_t length;
	bool required, read_only, create_only, unique, restricted;
	struct texts values;
};

struct object_section {
	struct str name, title, web_link;
	struct list_section list;
	struct changes_section changes;
	struct search_section search;
	struct route_section get, create, update, remove;
	struct record_section record;
	struct reference_section reference;
	struct rows fields; /* struct field_row */
};

struct exchange_section {
	uint32_t line;
	struct str method, path, authorization; /* authorization: template of the header's value */
	struct pairs body;                      /* templates; {code} is the code */
	struct pairs settings;                  /* setting <- path in the answer */
};

/* How a system is told where to send events. Registrations are listed (GET path), made (POST path) and taken back (DELETE). */
struct register_section {
	uint32_t line; /* 0: the system cannot be told */
	struct str path, remove,
	        authorization;        /* templates; `remove` with {id}; no authorization: the connection's own */
	struct pairs query;           /* of the list */
	struct str rows, id, address; /* paths: the list in its answer; in a row: its id, the address it sends to */
	struct pairs body;            /* templates; {address} is ours */
	struct pairs literals;        /* members of the body that are no texts: true, 5 */
	struct str events;            /* member that takes the list of events; empty: all are sent */
	struct pairs settings;        /* setting <- path in the answer */
	struct str secret;            /* option that is given a long random text when it is empty */
};

enum signature_kind { SIGNATURE_NONE, SIGNATURE_HMAC_SHA256, SIGNATURE_TOKEN, SIGNATURE_PATH };
struct webhook_section {
	uint32_t line;
	unsigned signature;
	struct str signature_by; /* template: the name of another kind, for this connection; empty: as above */
	struct str header, prefix, secret; /* templates: header's name, what stands before the hex, the secret */
	struct str signs;                  /* what is signed: text with {body} and {timestamp}; empty: the body */
	struct str timestamp_header;       /* header that holds the time of sending, for the replay window */
	struct str timestamp;              /* or its path in the body */
	struct str event, id, record, when, scope, merged_into; /* paths in the body */
	struct texts record_id;                                 /* paths; the first that holds something */
	struct str only;                                        /* template: what `scope` must hold; empty: anything */
	struct pairs events; /* the vendor's event -> object.created, .updated, .removed, .merged, .asked */
	struct register_section registration;
};

struct descriptor {
	struct str name, title, base;
	struct rows options; /* struct option_row */
	struct auth_section auth;
	struct pairs headers; /* templates */
	struct check_section check;
	struct pace_section pace;
	struct paging_section paging;
	struct envelope_section envelope;
	struct error_section errors;
	bool answers_with_record; /* a write's answer is the whole record */
	struct rows objects;      /* struct object_section */
	struct exchange_section exchange;
	struct webhook_section webhook;
	const struct option *option_rows; /* options in the connector's form, with those of HTTP; ends with NULL */
};

/* The kind with this name; -1: none. */
int signature_kind_of(struct str name);

int descriptor_read(struct arena *arena, struct str yaml, struct descriptor *ret, struct err *err) MUST_CHECK;
const struct object_section *descriptor_object(const struct descriptor *d, struct str name);

/* Does a template hold only names for which `known` says yes? `ret_bad`: the first that is not. */
bool template_known(struct str text, bool (*known)(const void *context, struct str name), const void *context,
                    struct str *ret_bad);
/* Writes the template with each {name} replaced; `value` writes it. */
void template_write(struct buf *out, struct str text,
                    void (*value)(const void *context, struct str name, struct buf *out), const void *context);

#endif
