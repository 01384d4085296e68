/*
 * http_server: the one HTTP/1.1 server of the daemon: webhooks, API, console, live progress.
 *
 *	static const struct http_route routes[] = {
 *		{ "GET", "/health", health, .inline_ok = true },
 *		{ "POST", "/hooks/{connection}/{secret}", hook, .body_limit = LIMIT_HOOK_BODY },
 *	};
 *	struct http_server_options options = { .context = daemon, .port = 0 };
 *
 *	if (http_server_open(&options, routes, ARRAY_LEN(routes), &server, err) < 0) ...
 *	http_server_port(server)
 *	http_server_close(&server);
 *
 * One web thread (libevent) owns all sockets and never runs a handler, unless the route says `inline_ok`. Handlers are
 * plain blocking functions on `workers` threads: they read `asked`, build what they need in `arena` and fill `ret`. The
 * arena, and all that `asked` shows, lives until the answer is on its way: nothing of it may be kept. Handlers run on
 * several threads at once.
 *
 * What the server does by itself, so that no handler writes it again:
 * - 404, and 405 with Allow; HEAD is a GET whose body stays here (asked->method says "HEAD");
 * - refuses with 400, and closes: two Host, a Content-Length that is doubled or no plain number, Content-Length beside
 *   Transfer-Encoding, names of headers that are no token, control characters and NUL, folded lines, bare LF, a broken
 *   %-code in path or query, %00 and what is no UTF-8; 501 for codings other than "chunked", 505 for other versions;
 * - 431 for a head over 16 KB or 100 headers; 413 for a body over the route's limit, before any of it is read;
 * - 408 when a request is not complete `request_ms` after its first byte, however steadily it drips; the time for reading
 *   an answer is bounded too (something of it each `idle_ms`, and in all `idle_ms` and a second for each 16 KB);
 * - 503 with Retry-After when `queue` requests wait for a worker or the bodies held are over `memory`;
 * - whoever is refused before all was read gets the answer nevertheless: what is still sent is read away, 8 MB and 5 s at most;
 * - at `connections` connections a new one takes the place of the one that has idled, or been read away, longest since its answer;
 *   if there is none, it is closed;
 * - Date, Content-Length, "Cache-Control: no-store" unless the handler says otherwise, X-Content-Type-Options.
 * A client may send the next request before it has the answer; they are carried out one after the other.
 *
 * Nothing that a client sent is ever written to a log or handed to on_access (R41): only the route's pattern is.
 */
#ifndef SUTURE_NET_HTTP_SERVER_H
#define SUTURE_NET_HTTP_SERVER_H

#include "net/http.h"

struct http_server;

#define HTTP_ROUTE_PARAMS 8

/* One value by name: of a path, of a query. Decoded, UTF-8, without NUL. */
struct http_named {
	struct str name;
	struct str value;
};

/* One request, complete. All of it lives as long as the handler's arena. */
struct http_asked {
	struct http_server *server;
	const char *method;  /* "GET"; of the route, or "HEAD" */
	const char *pattern; /* of the route: what may be logged */
	struct str path;     /* as it came, still encoded; without the query */
	struct str query;    /* as it came, without "?" */
	const struct http_named *params;
	size_t param_count;
	const struct http_named *queries; /* in order */
	size_t query_count;
	const struct http_header *headers; /* in order, values trimmed */
	size_t header_count;
	struct str body;
	struct str peer;     /* "192.0.2.7", without port; of the socket, whatever a proxy says */
	bool tls;            /* came over TLS to us */
	int64_t received_ms; /* wall clock, when its last byte was here */
	int64_t received_ns; /* the same, monotonic */
};

/* By name. Absent: `at` is NULL. Of several with one name the first. */
struct str http_param(const struct http_asked *asked, const char *name);
struct str http_query(const struct http_asked *asked, const char *name);
struct str http_asked_header(const struct http_asked *asked, const char *name); /* any case */
/* One cookie of the Cookie header, as it stands there. */
struct str http_cookie(const struct http_asked *asked, const char *name);

/* What the handler fills. Comes with status 0, which becomes 500. */
struct http_reply {
	unsigned status;
	const char *content_type;          /* static text; NULL: none */
	const struct http_header *headers; /* in the arena. A control character in one turns the answer into a 500 */
	size_t header_count;
	struct str body; /* in the arena, part of asked, or static: not copied when large */
	uint64_t stream; /* set by http_stream_start */
};

/* 200 with a JSON body that is in the arena or static. */
void http_reply_json(struct http_reply *ret, struct str json);
/* {"error":{"code":"...","message":"...","hint":"..."}}; hint may be NULL. The texts are copied. */
void http_reply_error(struct http_reply *ret, struct arena *arena, unsigned status, const char *code,
                      const char *message, const char *hint);
/* Adds one header, kept in the arena; name and value are borrowed. */
void http_reply_header(struct http_reply *ret, struct arena *arena, const char *name, struct str value);

/*
 * An answer that comes later: a handler that would only wait for it calls http_reply_later as its last act and returns, and its worker is free for the next
 * request. Who has the answer, on any thread and perhaps before the handler has returned, fills the handler's `ret` and calls http_reply_now. Arena, `asked`
 * and `ret` live until then; http_server_close waits for it. Not from a handler that is `inline_ok`.
 */
void http_reply_later(const struct http_asked *asked);
void http_reply_now(const struct http_asked *asked);

typedef void http_handle_fn(void *context, const struct http_asked *asked, struct arena *arena, struct http_reply *ret);

/*
 * One row of the table. `pattern` is "/" and segments: text, "{name}" for one segment, which is not empty, and as the last one
 * "{name*}" for all that is left, perhaps nothing, slashes included. The first row whose pattern and method fit is taken. A
 * segment is decoded after the path was cut at its slashes: "%2F" is part of a value.
 */
struct http_route {
	const char *method; /* "GET", "POST", ...; a GET also answers HEAD */
	const char *pattern;
	http_handle_fn *handle;
	size_t body_limit; /* bytes; 0: that of the server */
	bool inline_ok; /* runs on the web thread: takes microseconds, never waits, takes no lock that is held for longer */
	unsigned flags; /* the caller's own; the server does not look at them */
	void *context;  /* instead of that of the server, when not NULL */
};

/* Zero means the default in brackets. Texts are copied. */
struct http_server_options {
	const char *address;   /* ["127.0.0.1"]; numeric, "::1" too */
	unsigned port;         /* [0: any that is free] */
	const char *cert_file; /* PEM, the chain; with key_file: TLS 1.2 and 1.3 only. NULL: plain HTTP */
	const char *key_file;  /* PEM */
	unsigned workers;      /* [3] 1 to 16 */
	unsigned queue;        /* [256] requests that wait for a worker */
	size_t body_limit;     /* [4 MB] */
	size_t memory;         /* [64 MB] bodies held at once, of all requests together */
	unsigned connections;  /* [1024] open at once */
	unsigned request_ms;   /* [30,000] from the first byte of a request to its last */
	unsigned idle_ms;      /* [60,000] between two requests; for reading an answer */
	unsigned close_ms;     /* [5,000] what http_server_close gives to requests under way */
	unsigned comment_ms;   /* [15,000] between two comments that keep a stream alive */
	size_t stream_limit;   /* [256 KB] queued for one stream before its client is dropped */
	void *context;         /* handed to handlers and on_access */
	/* After each answer, on the web thread, must be quick. `method` and `pattern` are static texts: "GET", "/hooks/{secret}",
	 * or "other" and "none" where no route was found. */
	void (*on_access)(void *context, const char *method, const char *pattern, unsigned status, int64_t took_us);
};

/*
 * Listens when it returns. ERR_SYSTEM: the address is taken, no descriptors; ERR_CONFIG: certificate, key, address or a pattern are
 * wrong. SIGPIPE is ignored from then on. The routes must outlive the server.
 */
int http_server_open(const struct http_server_options *options, const struct http_route *routes, size_t count,
                     struct http_server **ret, struct err *err) MUST_CHECK;
/*
 * Stops accepting, closes what idles and all streams, answers what is under way (for `close_ms` at most; what still waits for a worker then
 * is dropped), and ends the threads. Waits for handlers that run, however long they take. Not from a handler. NULL is fine.
 */
void http_server_close(struct http_server **server);
/* Are certificate and key good to serve with? For whoever wants to know before anything begins; http_server_open looks again. ERR_CONFIG says what is wrong. */
int http_server_check_tls(const struct http_server_options *options, struct err *err) MUST_CHECK;
/* Reads certificate and key again, from the same files, for connections that come from now on; those that are open keep theirs. Fails as
 * http_server_open does, and then all stays as it was. Without TLS nothing happens. */
int http_server_reload(struct http_server *server, struct err *err) MUST_CHECK;
unsigned http_server_port(const struct http_server *server);

/*
 * Server-sent events. A handler calls http_stream_start, subscribes the id wherever events are made, and returns; from then
 * on any thread sends. `on_gone` is called once for each started stream, on the web thread, when its client has gone, was too slow, or the
 * server closes (perhaps even before the handler returns); it must be quick and must not send. The order of sends to one stream is kept.
 */
uint64_t http_stream_start(const struct http_asked *asked, struct http_reply *ret,
                           void (*on_gone)(void *context, uint64_t stream), void *context);
/* One event. `event` may be NULL; lines of `data` are kept. Never waits. False: the client is gone, or about to be dropped as too slow. */
bool http_stream_send(struct http_server *s, uint64_t id, const char *event, struct str data);
/* Ends it after what was sent; on_gone follows. */
void http_stream_end(struct http_server *s, uint64_t id);

/* For /metrics. Totals since the server was opened, but for the last five, which are of this moment. */
struct http_server_counters {
	uint64_t requests[6];     /* answers by class: [2] are 200 to 299; [0] ended without an answer */
	uint64_t busy;            /* answered with 503 for a full queue or bodies over `memory` */
	uint64_t accepted;        /* connections */
	uint64_t turned_away;     /* connections closed at once: too many */
	uint64_t late;            /* connections closed for a deadline */
	uint64_t streams_dropped; /* clients that read too slowly */
	uint64_t bytes_in, bytes_out;
	uint64_t queued;  /* wait for a worker */
	uint64_t running; /* handlers */
	uint64_t connections;
	uint64_t streams;
	uint64_t held; /* bytes of bodies */
};
struct http_server_counters http_server_counters_of(const struct http_server *s);

#endif
