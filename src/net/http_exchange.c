/*
 * One attempt of one request over one easy handle of libcurl. Handles are used again: what is the same for all requests is
 * set when a handle is made, the rest by http_exchange_start.
 *
 * libcurl repeats a request by itself when a connection that was kept open turns out dead, also a POST that the far side may
 * have carried out, and past our pace. CURLOPT_PREREQFUNCTION is called each time just before a request is written: the
 * second call in one attempt is refused, so that the decision is ours. The first call is also how we know that the request
 * was sent.
 */
#include "net/http_internal.h"
#include "net/http_wall.h"

#include "lib/clock.h"
#include "lib/limits.h"

struct exchange {
	SLIST_ENTRY(exchange) link;
	CURL *easy;
	struct curl_slist *headers;
	struct http_future *f;
	size_t head_bytes;
	bool sent;
	bool lost_idle; /* the kept connection was dead */
	bool too_large;
	bool forbidden;  /* target->may_write said no */
	bool walled;     /* the name led to an address behind the wall */
	bool head_ended; /* the empty line after the headers came: libcurl takes a head cut short for a whole one */
};

/* Shorter than pace_lease_ns. */
enum { connect_ms = 10000 };
/* Many servers close a kept connection after 5 s (Node) or 60 s (proxies). What must not be sent twice takes no chances. */
static const long kept_s = 55;
static const long kept_once_s = 4;

static size_t on_body(char *at, size_t size, size_t count, void *context)
{
	struct exchange *x = context;

	buf_add_bytes(&x->f->body_in, at, size * count);
	if (buf_ok(&x->f->body_in))
		return size * count;
	x->too_large = true;
	return CURL_WRITEFUNC_ERROR;
}

static void keep_header(struct http_future *f, struct str name, struct str value)
{
	struct head_span span = { .name = (uint32_t)f->head.len, .name_len = (uint32_t)name.len };

	buf_add(&f->head, name);
	span.value = (uint32_t)f->head.len;
	span.value_len = (uint32_t)value.len;
	buf_add(&f->head, value);
	buf_add_bytes(&f->spans, &span, sizeof(span));
}

/* Called once a line; a new status line starts again: what came before was an interim answer (1xx). */
static size_t on_header(char *at, size_t size, size_t count, void *context)
{
	struct exchange *x = context;
	struct str line = str_trim(str_range(at, size * count));
	ptrdiff_t colon = str_find_char(line, ':');

	x->head_bytes += size * count;
	if (x->head_bytes > LIMIT_HTTP_HEADERS) {
		x->too_large = true;
		return 0;
	}
	x->head_ended |= line.len == 0;
	if (str_starts(line, STR("HTTP/"))) {
		x->head_ended = false;
		buf_clear(&x->f->head);
		buf_clear(&x->f->spans);
	} else if (colon > 0) {
		keep_header(x->f, str_trim(str_range(line.at, (size_t)colon)),
		            str_trim(str_skip(line, (size_t)colon + 1)));
	}
	return size * count;
}

static bool may_leave(const struct http_future *f)
{
	const struct http_target *t = f->asked;
	bool writes = f->use == HTTP_USE_WRITE || f->use == HTTP_USE_BULK;

	return !writes || !t->may_write || t->may_write(t->may_write_context);
}

static int on_request(void *context, char *far_address UNUSED, char *own_address UNUSED, int far_port UNUSED,
                      int own_port UNUSED)
{
	struct exchange *x = context;
	int64_t now_ns;

	if (x->sent) {
		x->lost_idle = true;
		return CURL_PREREQFUNC_ABORT;
	}
	x->forbidden = !may_leave(x->f);
	if (x->forbidden)
		return CURL_PREREQFUNC_ABORT;
	now_ns = clock_mono_ns();
	if (!pace_sent(&x->f->ticket, now_ns))
		return CURL_PREREQFUNC_ABORT; /* we were stopped for so long that the turn is gone */
	x->sent = true;
	x->f->sent_ns = now_ns;
	atomic_fetch_add_explicit(&x->f->asked->calls[x->f->use], 1, memory_order_relaxed);
	return CURL_PREREQFUNC_OK;
}

/* Before anything of ours reaches that address, also for a name that leads elsewhere since it was looked at last. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct exchange *x = context;

	(void)purpose;
	if (http_wall_refuses(&address->addr, x->f->host)) {
		x->walled = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static CURL *easy_new(struct exchange *x)
{
	static const struct {
		CURLoption option;
		long value;
	} rows[] = {
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_TCP_NODELAY, 1 },
		{ CURLOPT_TCP_KEEPALIVE, 1 },
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_CONNECTTIMEOUT_MS, connect_ms },
		{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
		{ CURLOPT_SSL_VERIFYPEER, 1 },
		{ CURLOPT_SSL_VERIFYHOST, 2 },
		{ CURLOPT_BUFFERSIZE, 64 << 10 },
		{ CURLOPT_MAXFILESIZE, LIMIT_HTTP_BODY },
	};
	CURL *easy = curl_easy_init();

	must(easy != NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		must(curl_easy_setopt(easy, rows[i].option, rows[i].value) == CURLE_OK);
	must(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK);
	must(curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK);
	must(curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK);
	must(curl_easy_setopt(easy, CURLOPT_USERAGENT, "Suture") == CURLE_OK);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, x);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, x);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
	return easy;
}

/* The memory belongs to the client: handles live as long as it does. */
static struct exchange *exchange_take(struct http_client *c)
{
	struct exchange *x = SLIST_FIRST(&c->idle);

	if (x) {
		SLIST_REMOVE_HEAD(&c->idle, link);
		return x;
	}
	x = arena_new(&c->memory, struct exchange);
	x->easy = easy_new(x);
	return x;
}

static void add_header(struct exchange *x, const char *line)
{
	struct curl_slist *longer = curl_slist_append(x->headers, line);

	must(longer != NULL);
	x->headers = longer;
}

/* POST mode of libcurl is its way of sending a body (or Content-Length: 0) under any method. */
static void set_method(struct exchange *x)
{
	const struct http_future *f = x->f;
	struct str method = str_of(f->method);
	bool post = str_eq(method, STR("POST"));
	bool head = str_eq(method, STR("HEAD"));
	bool with_body = f->body.len > 0 || post || str_eq(method, STR("PUT")) || str_eq(method, STR("PATCH"));
	bool usual = with_body ? post : head || str_eq(method, STR("GET"));

	curl_easy_setopt(x->easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, usual ? NULL : f->method);
	if (!with_body) {
		curl_easy_setopt(x->easy, CURLOPT_NOBODY, head ? 1L : 0L);
		return;
	}
	curl_easy_setopt(x->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body.len);
	curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, f->body.len ? f->body.at : "");
	/* Taken out of what libcurl would add: a wait of a second for "100 Continue", and a form's content type. */
	add_header(x, "Expect:");
	if (!f->has_content_type)
		add_header(x, "Content-Type:");
}

static void set_headers(struct exchange *x)
{
	struct http_future *f = x->f;

	for (size_t i = 0; i < f->header_count; i++)
		add_header(x, f->headers[i]);
	if (!http_authorize_needed(f))
		return;
	add_header(x, buf_text(&f->target->auth.header));
	f->auth_generation = f->target->auth.generation;
}

void http_exchange_start(struct http_client *c, struct http_future *f)
{
	struct exchange *x = exchange_take(c);
	unsigned timeout_ms = f->asked->timeout_ms ? f->asked->timeout_ms : LIMIT_HTTP_ANSWER_MS;

	x->f = f;
	x->sent = x->lost_idle = x->too_large = x->forbidden = x->walled = x->head_ended = false;
	x->head_bytes = 0;
	f->exchange = x;
	f->attempts++;
	f->sent_ns = 0;
	http_future_clear_answer(f);
	curl_easy_setopt(x->easy, CURLOPT_URL, f->url);
	set_method(x);
	set_headers(x);
	curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(x->easy, CURLOPT_MAXAGE_CONN, f->idempotent ? kept_s : kept_once_s);
	must(curl_multi_add_handle(c->multi, x->easy) == CURLM_OK);
}

/* Back to the idle ones. The request's texts must outlive this call: libcurl reads them until the handle is removed. */
static void exchange_put_back(struct http_client *c, struct exchange *x)
{
	struct http_future *f = x->f;

	curl_multi_remove_handle(c->multi, x->easy);
	curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(x->headers);
	x->headers = NULL;
	pace_answered(&f->ticket, clock_mono_ns());
	f->exchange = NULL;
	x->f = NULL;
	SLIST_INSERT_HEAD(&c->idle, x, link);
}

static void count_bytes(struct http_client *c, CURL *easy)
{
	curl_off_t body_in = 0;
	long head_in = 0, out = 0;

	curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &body_in);
	curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &head_in);
	curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &out);
	atomic_fetch_add_explicit(&c->count.bytes_in, (uint64_t)body_in + (uint64_t)head_in, memory_order_relaxed);
	atomic_fetch_add_explicit(&c->count.bytes_out, (uint64_t)out, memory_order_relaxed);
}

/* What libcurl's codes mean to a person. Rows that are not here: the last one. */
static const struct failure {
	CURLcode code;
	enum err_code err;
	bool retryable;
	const char *text;
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, ERR_NETWORK, true,
	  "the host name is unknown; check the address and this machine's DNS" },
	{ CURLE_COULDNT_CONNECT, ERR_NETWORK, true,
	  "no connection; check that the system is up and that no firewall is in the way" },
	{ CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, true, "no answer in time; the system is slow or does not answer" },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_NETWORK, false,
	  "its certificate is not trusted; check the address and the certificate" },
	{ CURLE_SSL_CACERT_BADFILE, ERR_NETWORK, false,
	  "this machine's list of trusted certificates cannot be read; install ca-certificates" },
	{ CURLE_SSL_CONNECT_ERROR, ERR_NETWORK, true,
	  "TLS could not be agreed; check that the address is one of an https server" },
	{ CURLE_URL_MALFORMAT, ERR_CONFIG, false, "the address is malformed; check the base URL" },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERR_NETWORK, true, "the answer is not HTTP; check the address and port" },
	{ CURLE_WEIRD_SERVER_REPLY, ERR_NETWORK, true, "the answer is not HTTP; check the address and port" },
	{ CURLE_FILESIZE_EXCEEDED, ERR_MEMORY_LIMIT, false,
	  "the answer is larger than Suture accepts; ask for smaller pages" },
	{ CURLE_BAD_CONTENT_ENCODING, ERR_NETWORK, true, "the answer's compression is broken; try again" },
	{ CURLE_GOT_NOTHING, ERR_NETWORK, true, "the connection was closed before an answer came; try again" },
	{ CURLE_PARTIAL_FILE, ERR_NETWORK, true, "the connection was lost in the middle of the answer; try again" },
	{ CURLE_SEND_ERROR, ERR_NETWORK, true, "the connection was lost while sending; try again" },
	{ CURLE_RECV_ERROR, ERR_NETWORK, true, "the connection was lost before the answer was complete; try again" },
	{ CURLE_ABORTED_BY_CALLBACK, ERR_NETWORK, true, "the connection was closed before an answer came; try again" },
	{ CURLE_OK, ERR_NETWORK, true, "the exchange failed; try again" },
};

static const struct failure *failure_of(const struct exchange *x, CURLcode code)
{
	static const struct failure forbidden = { CURLE_ABORTED_BY_CALLBACK, ERR_LEASE, false,
		                                  "nothing was sent: the work is another process's now" };
	static const struct failure walled = { CURLE_COULDNT_CONNECT, ERR_CONFIG, false,
		                               "nothing was sent: its name leads to this machine or to a link-local "
		                               "address; where that is meant, write 127.0.0.1 or localhost" };
	const struct failure *row = failures;

	if (x->forbidden)
		return &forbidden;
	if (x->walled && code == CURLE_COULDNT_CONNECT)
		return &walled;
	if (x->too_large)
		code = CURLE_FILESIZE_EXCEEDED;
	while (row->code != code && row->code != CURLE_OK)
		row++;
	return row;
}

static void fail(struct exchange *x, CURLcode code, struct http_attempt *attempt)
{
	const struct failure *row;
	struct http_future *f = x->f;

	if (code == CURLE_OK)
		code = x->head_ended ? CURLE_WEIRD_SERVER_REPLY : CURLE_PARTIAL_FILE;
	row = failure_of(x, code);
	attempt->retryable = row->retryable;
	attempt->was_idle = x->lost_idle;
	f->uncertain |= x->sent;
	http_future_clear_answer(f);
	err_set(&f->err, row->err, "%s: %s (%s)", f->host.at, row->text, curl_easy_strerror(code));
}

void http_exchange_finish(struct http_client *c, CURL *easy, CURLcode code)
{
	struct http_attempt attempt = { 0 };
	struct http_future *f;
	struct exchange *x;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&x);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	count_bytes(c, easy);
	f = x->f;
	f->status = (unsigned)status;
	f->took_ns = clock_mono_ns() - f->sent_ns;
	attempt = (struct http_attempt) { .answered = code == CURLE_OK && status >= 200 && x->head_ended,
		                          .sent = x->sent,
		                          .status = f->status };
	if (!attempt.answered)
		fail(x, code, &attempt);
	exchange_put_back(c, x);
	http_target_judge(c, f, &attempt);
}

void http_exchange_abort(struct http_client *c, struct http_future *f)
{
	f->uncertain |= f->exchange->sent;
	exchange_put_back(c, f->exchange);
}

void http_exchange_free_idle(struct http_client *c)
{
	struct exchange *x;

	SLIST_FOREACH(x, &c->idle, link)
	curl_easy_cleanup(x->easy);
}
