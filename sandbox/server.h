/*
 * server: what a stand-in system is built on. One thread, one event loop and one port a system; a vendor brings route
 * rows and answers, the server brings HTTP (keep-alive, chunked bodies, gzip both ways, duplicate slashes collapsed),
 * faults, counters and the admin routes.
 *
 * Everything a vendor's functions do runs on the one thread of its system: no locks, no blocking. An answer that must
 * come late sets `delay_ms` and returns; one that waits for something to happen sets `held` (long polling).
 *
 *	static void get_patient(void *state, struct request *request, struct answer *answer)
 *	{
 *		struct patient *p = find(state, request_param(request, "id"));
 *
 *		answer->status = p ? 200 : 404;
 *		patient_write(&answer->body, p);
 *	}
 *
 *	static const struct route routes[] = {
 *		{ "GET", "/api/patients/{id}", get_patient },
 *	};
 *	const struct vendor hint_vendor = { .name = "hint", .routes = routes, .route_count = ARRAY_LEN(routes), ... };
 *
 * Admin routes (neither counted nor struck by faults, no authentication; all take and give JSON):
 *	GET  /__admin/counters             calls by route and status, busiest second, most calls in flight
 *	POST /__admin/counters/reset
 *	GET  /__admin/faults               the rows and how often each struck
 *	POST /__admin/faults               [rows] or {"rows":[..]}: replaces them all; [] switches off (faults.h)
 *	GET  /__admin/state                vendor->dump
 *	POST /__admin/edit                 vendor->edit    {"object","id","fields"}, as a person would
 *	POST /__admin/create               vendor->create  {"object","id"?,"fields"}; answers {"id":..}
 *	POST /__admin/delete               vendor->remove  {"object","id"}
 * A vendor's own admin routes are rows whose pattern starts with /__admin/.
 */
#ifndef SUTURE_SANDBOX_SERVER_H
#define SUTURE_SANDBOX_SERVER_H

#include "codec/json.h"
#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "sandbox/faults.h"
#include "sandbox/options.h"

#define LIMIT_SANDBOX_BODY ((size_t)160 << 20)

struct pair {
	struct str name;
	struct str value;
};

struct pairs {
	struct pair *at;
	size_t count;
	size_t cap;
};

/* Lives, with all its text, until the answer is on its way. */
struct request {
	struct arena *arena;
	struct server *server; /* NULL in a test that calls a handler by hand */
	struct str method;     /* "GET" */
	struct str path;       /* slashes collapsed, still percent-encoded, no query */
	struct str query_text; /* without "?" */
	struct pairs headers;
	struct pairs query;  /* decoded, in order */
	struct pairs params; /* {name} parts of the matched pattern, decoded */
	struct str body;     /* decompressed */
	struct json *json;   /* request_json() keeps what it parsed here */
	struct fault fault;  /* kinds that the vendor acts out: LOCK, PARTIAL, EXPIRE; else FAULT_NONE */
	void *vendor;        /* free for the vendor: who is calling, and the like */
};

/* An answer starts as 200 with an empty body and content type application/json. */
struct answer {
	struct arena *arena;
	int status;
	struct pairs headers;
	struct buf body;
	int64_t delay_ms;
	bool drop; /* close the connection instead of answering */
	/* Not complete yet: server_resume() sends it. Until then it stays where it is. Only when the request has a server. */
	bool held;
	void (*gone)(void *context); /* held, and the caller hung up: the answer is no more. NULL: nobody cares */
	void *gone_context;
	bool plain; /* never gzip this one */
};

typedef void answer_fn(void *state, struct request *request, struct answer *answer);

struct route {
	const char *method;  /* "*": any */
	const char *pattern; /* "/a/{id}/b"; a last part "{rest*}" takes all that follows. A trailing slash of
					 the request is ignored. The first row that fits wins */
	answer_fn *handle;
	unsigned flags; /* the vendor's own; request_route() gives the row to its `before` */
};

struct vendor {
	const char *name; /* "hint": key of the ready line and of --hint-port */
	const struct route *routes;
	size_t route_count;
	int (*open)(const struct options *options, struct server *server, void **ret_state, struct err *err);
	void (*close)(void *state);
	void (*started)(void *state); /* or NULL: the starting records are in, calls are about to come */
	void (*rewrite)(void *state, struct request *request); /* or NULL: before routing */
	/* Or NULL: after routing, before the handler: authentication, pace. True: `answer` is the answer. */
	bool (*before)(void *state, const struct route *route, struct request *request, struct answer *answer);
	void (*after)(void *state, struct request *request, struct answer *answer);     /* or NULL: extra headers */
	void (*not_found)(void *state, struct request *request, struct answer *answer); /* or NULL: no route fits */
	/* Or NULL: how this vendor words FAULT_429, _500, _503. */
	void (*fault)(void *state, enum fault_kind kind, struct request *request, struct answer *answer);
	bool (*restored)(const void *state); /* or NULL: it brought its records along, seed nothing */
	void (*dump)(void *state, struct buf *out);
	int (*edit)(void *state, const struct json *body, struct buf *out, struct err *err);
	int (*create)(void *state, const struct json *body, struct buf *out, struct err *err); /* also for seeding */
	int (*remove)(void *state, const struct json *body, struct buf *out, struct err *err);
};

struct str request_param(const struct request *request, const char *name); /* empty: no such part */
struct str request_query(const struct request *request, const char *name); /* empty: not given */
bool request_has_query(const struct request *request, const char *name);
struct str request_header(const struct request *request, const char *name); /* any case; empty: not given */
/* The body as JSON, parsed once; an empty body gives NULL and ERR_PARSE. */
int request_json(struct request *request, struct json **ret, struct err *err) MUST_CHECK;
/* The pairs of an application/x-www-form-urlencoded text, decoded. */
struct pairs request_form(struct arena *arena, struct str text);
struct str pairs_get(const struct pairs *pairs, const char *name);

/* For an answer that no server made: of a subrequest, in a test. Its body must be released. */
void answer_init(struct answer *answer, struct arena *arena);
void pairs_add(struct arena *arena, struct pairs *pairs, struct str name, struct str value);
/* Both texts are borrowed until the answer is sent: use the answer's arena. Replaces one of the same name. */
void answer_header(struct answer *answer, const char *name, struct str value);
void answer_text(struct answer *answer, int status, const char *content_type, const char *text);

struct server;

/* Binds 127.0.0.1:port (0: any free one), opens the vendor. ERR_SYSTEM when the port is taken. */
int server_open(const struct vendor *vendor, const struct options *options, int port, struct server **ret,
                struct err *err) MUST_CHECK;
int server_port(const struct server *server);
struct str server_url(const struct server *server); /* "http://127.0.0.1:PORT" */
void *server_state(const struct server *server);    /* what vendor->open gave */
void server_start(struct server *server);           /* its thread begins */
void server_stop(struct server *server);            /* from any thread; waits for the thread's end */
void server_free(struct server **server);

/* The loop of this system, for a vendor that calls out itself (webhooks). Only on its own thread. */
struct event_base *server_loop(struct server *server);
/* Runs once on the system's thread after `ms`; dropped when the server stops before. */
void server_later(struct server *server, int64_t ms, void (*run)(void *context), void *context);

/* Sends a held answer. `answer` must not be used afterwards. */
void server_resume(struct answer *answer);

/*
 * One exchange without a socket: routing, `before`, handler, `after`, but no fault and no counter. For composite
 * requests and for unit tests. `request` needs method, path, query_text, headers, body and arena.
 */
void server_dispatch(const struct vendor *vendor, void *state, struct request *request, struct answer *answer);
/* Splits "/a//b?x=1" into path and query of a request. */
void request_set_target(struct request *request, struct str target);

#endif
