/*
 * serve: the daemon. In order:
 *
 *	lock      one daemon a folder: a file lock, gone with the process however it ends
 *	start     live (the syncs open by themselves), then the web, so that a webhook always finds somebody; READY=1
 *	wait      for a signal; twice a second the journal is looked at, now and then the service manager hears how it goes
 *	stop      STOPPING=1; the web takes nothing more and answers what is under way, then live finishes what it has in hand
 *
 * SIGTERM, SIGINT: stop; the second one ends the process at once, and nothing is lost (R5). SIGHUP: the certificate is read again; the
 * configuration needs no signal, live notices it by itself. Signals only write into an eventfd: what they ask for is done on the main thread.
 */
#include "app/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include "api/api.h"
#include "app/engine.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "net/http_server.h"
#include "sync/run.h"
#include "sync/catalog.h"
#include "sync/meter.h"
#include "web/web.h"

enum { FOLLOW_MS = 500, STATUS_MS = 5000, DEFAULT_PORT = 8480 };

struct address {
	char host[64];
	unsigned port;
};

struct daemon {
	struct engine *engine;
	const struct serve_options *options;
	struct address listen, admin;
	int lock_fd;
	struct serve_log log;
	bool log_open;
	struct live *live;
	struct access *access;
	struct api *api;
	struct web *web;
};

/* ---- signals ---- */

static int bell = -1; /* eventfd */
static atomic_bool stop_asked, reload_asked;

static void ring(void)
{
	const uint64_t one = 1;

	(void)!write(bell, &one, sizeof(one));
}

static void on_stop(int number)
{
	int interrupted_errno = errno; /* NOLINT(bugprone-signal-handler): POSIX allows it */

	(void)number;
	if (atomic_exchange(&stop_asked, true))
		_Exit(EXIT_STOPPED);
	ring();
	errno = interrupted_errno; /* NOLINT(bugprone-signal-handler) */
}

static void on_reload(int number)
{
	int interrupted_errno = errno; /* NOLINT(bugprone-signal-handler): POSIX allows it */

	(void)number;
	atomic_store(&reload_asked, true);
	ring();
	errno = interrupted_errno; /* NOLINT(bugprone-signal-handler) */
}

static int take_signals(struct err *err)
{
	static const struct {
		int number;
		void (*handle)(int number);
	} rows[] = { { SIGTERM, on_stop }, { SIGINT, on_stop }, { SIGHUP, on_reload } };

	bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bell < 0)
		return err_errno(err, "wait for signals");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sigaction action = { .sa_handler = rows[i].handle, .sa_flags = SA_RESTART };

		sigemptyset(&action.sa_mask);
		sigaction(rows[i].number, &action, NULL);
	}
	return 0;
}

/* ---- options ---- */

/* "8480", "192.0.2.7:8480", "[::1]:8480"; port 0: any that is free. */
static int read_address(struct str text, const char *option, struct address *ret, struct err *err)
{
	const char *colon = text.len ? memrchr(text.at, ':', text.len) : NULL;
	size_t host_len = colon ? (size_t)(colon - text.at) : 0;
	struct str host = str_range(text.at, host_len);
	struct str port = colon ? str_skip(text, host_len + 1) : text;
	bool bracketed = str_starts(host, STR("[")) && str_ends(host, STR("]"));
	int64_t number;

	if (bracketed)
		host = str_range(host.at + 1, host.len - 2);
	if (!str_to_i64(port, &number) || number < 0 || number > 65535 || (colon && host.len == 0) ||
	    (!bracketed && str_find_char(host, ':') >= 0) || host.len >= sizeof(ret->host))
		return err_set(err, ERR_USAGE, "%s needs PORT, ADDRESS:PORT or [IPv6]:PORT, with a numeric address",
		               option);
	snprintf(ret->host, sizeof(ret->host), "%.*s", STR_ARG(host.len ? host : STR("127.0.0.1")));
	ret->port = (unsigned)number;
	return 0;
}

static const char *path_or_null(struct str path)
{
	return path.len ? path.at : NULL;
}

static int read_options(struct daemon *d, struct err *err)
{
	const struct serve_options *o = d->options;
	const struct http_server_options tls = { .cert_file = path_or_null(o->tls_cert),
		                                 .key_file = path_or_null(o->tls_key) };

	d->listen = (struct address) { "127.0.0.1", DEFAULT_PORT };
	if (o->listen.len && read_address(o->listen, "--listen", &d->listen, err) < 0)
		return err_pass(err);
	if (o->admin.len && read_address(o->admin, "--admin", &d->admin, err) < 0)
		return err_pass(err);
	if ((o->tls_cert.len > 0) != (o->tls_key.len > 0))
		return err_set(err, ERR_USAGE, "TLS needs both --tls-cert and --tls-key");
	if (o->public_url.len && !str_starts(o->public_url, STR("http://")) &&
	    !str_starts(o->public_url, STR("https://")))
		return err_set(err, ERR_USAGE, "--public-url needs an address that begins with https://");
	return http_server_check_tls(&tls, err);
}

/* ---- lock ---- */

int serve_lock(const char *dir, int *ret_fd, struct err *err)
{
	char path[4096], holder[32] = "";

	if (snprintf(path, sizeof(path), "%s/serve.lock", dir) >= (int)sizeof(path))
		return err_set(err, ERR_CONFIG, "the folder's name is too long");
	*ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*ret_fd < 0)
		return err_errno(err, "open %s", path);
	if (flock(*ret_fd, LOCK_EX | LOCK_NB) == 0) {
		(void)!ftruncate(*ret_fd, 0);
		dprintf(*ret_fd, "%ld", (long)getpid());
		return 0;
	}
	if (errno != EWOULDBLOCK)
		return err_errno(err, "lock %s", path);
	(void)!read(*ret_fd, holder, sizeof(holder) - 1);
	return err_set(err, ERR_CONFLICT,
	               "a daemon serves %s already%s%s: stop it first, or name another folder with --dir", dir,
	               holder[0] ? ", process " : "", holder);
}

/* ---- start ---- */

static void on_live_note(void *context, struct str sync, const char *text)
{
	struct daemon *d = context;

	serve_log_say(&d->log, "info", sync, NULL, text);
}

static void on_web_note(void *context, struct str connection, enum err_code code, const char *text)
{
	struct daemon *d = context;
	char line[640];

	snprintf(line, sizeof(line), "webhook%s%.*s refused: %s", connection.len ? " of " : "", STR_ARG(connection),
	         text);
	serve_log_say(&d->log, "error", STR_EMPTY, err_name(code), line);
}

static void on_verdict(void *context, const struct verdict *v)
{
	struct meter *meter = context;

	meter_add(meter, METER_OUTCOMES, v->plan->name, str_of(outcome_name(v->outcome)), STR_EMPTY, 1);
	if (v->outcome == OUTCOME_FAILED)
		meter_add(meter, METER_ERRORS, v->plan->name, v->error_code, STR_EMPTY, 1);
}

static int start_api(struct daemon *d, struct err *err)
{
	const struct serve_options *o = d->options;
	const struct access_options access = { .secure =
		                                       o->tls_cert.len || str_starts(o->public_url, STR("https://")) };

	if (access_open(d->engine, &access, &d->access, err) < 0)
		return err_pass(err);
	return api_open(&(struct api_options) { .engine = d->engine,
	                                        .live = d->live,
	                                        .access = d->access,
	                                        .version = o->version,
	                                        .public_base = o->public_url,
	                                        .open_scratch = app_open_scratch,
	                                        .close_scratch = app_close },
	                &d->api, err);
}

static int start_web(struct daemon *d, struct err *err)
{
	const struct serve_options *o = d->options;
	size_t more_count = 0;
	const struct http_route *more = api_routes(d->api, &more_count);
	const struct web_options options = {
		.engine = d->engine,
		.live = d->live,
		.version = o->version,
		.address = d->listen.host,
		.port = d->listen.port,
		.cert_file = path_or_null(o->tls_cert),
		.key_file = path_or_null(o->tls_key),
		.admin_address = o->admin.len ? d->admin.host : NULL,
		.admin_port = d->admin.port,
		.more = more,
		.more_count = more_count,
		.on_note = on_web_note,
		.context = d,
	};

	return web_open(&options, &d->web, err);
}

static int start(struct daemon *d, struct err *err)
{
	enum log_form form;
	struct live_options options = { .on_note = on_live_note, .context = d, .no_stream = d->options->no_stream };

	if (read_options(d, err) < 0 || log_form_of(d->options->log, &form, err) < 0 ||
	    serve_lock(d->engine->dir, &d->lock_fd, err) < 0)
		return err_pass(err);
	d->engine->who = RUN_DAEMON;
	d->engine->meter = meter_new();
	d->engine->on_verdict = on_verdict;
	d->engine->on_verdict_context = d->engine->meter;
	if (serve_log_open(&d->log, d->engine, form, err) < 0)
		return err_pass(err);
	d->log_open = true;
	if (take_signals(err) < 0 || live_start(d->engine, &options, &d->live, err) < 0)
		return err_pass(err);
	return start_api(d, err) < 0 ? err_pass(err) : start_web(d, err);
}

/* ---- what is said at the beginning ---- */

static struct str url_at(struct arena *arena, bool tls, const struct address *at, unsigned port)
{
	bool v6 = strchr(at->host, ':') != NULL;

	return arena_printf(arena, "%s://%s%s%s:%u", tls ? "https" : "http", v6 ? "[" : "", at->host, v6 ? "]" : "",
	                    port);
}

static struct str public_base(const struct daemon *d, struct arena *arena)
{
	struct str base = d->options->public_url;

	if (base.len == 0)
		return url_at(arena, d->options->tls_cert.len > 0, &d->listen, web_port(d->web));
	while (str_ends(base, STR("/")))
		base.len--;
	return base;
}

static int hook_addresses(const struct daemon *d, struct arena *arena, struct json *ret, struct err *err)
{
	struct connection_row *rows;
	size_t count;

	if (catalog_connections(d->engine, arena, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		const struct connector *kind = connector_find(rows[i].kind);

		if (!kind || !kind->webhook)
			continue;
		json_set(ret, rows[i].name,
		         json_new_text(arena, catalog_hook_url(arena, public_base(d, arena), rows[i].name)));
	}
	return 0;
}

static void print_lines(const struct json *said)
{
	const struct json *hooks = json_get(said, "webhooks");

	printf("suture serves %.*s", STR_ARG(json_get_text(said, "address")));
	if (json_get(said, "admin"))
		printf("; health and figures at %.*s", STR_ARG(json_get_text(said, "admin")));
	if (hooks->count)
		printf("; webhooks:");
	JSON_EACH (hooks, hook)
		printf(" %.*s %.*s%s", STR_ARG(hook->key), STR_ARG(hook->text), hook->next ? "," : "");
	if (json_get(said, "setup_code"))
		printf("; the first account needs the setup code %.*s", STR_ARG(json_get_text(said, "setup_code")));
	putchar('\n');
}

/* One line on stdout: whoever started us knows now that we serve, and where. */
static int announce(const struct daemon *d, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_REPORT);
	struct json *said = json_new(&arena, JSON_OBJECT), *hooks = json_new(&arena, JSON_OBJECT);
	bool tls = d->options->tls_cert.len > 0;
	struct str code;

	if (hook_addresses(d, &arena, hooks, err) < 0 || access_setup_code(d->access, &arena, &code, err) < 0)
		return err_pass(err);
	json_set(said, STR("address"), json_new_text(&arena, url_at(&arena, tls, &d->listen, web_port(d->web))));
	if (d->options->admin.len)
		json_set(said, STR("admin"),
		         json_new_text(&arena, url_at(&arena, false, &d->admin, web_admin_port(d->web))));
	json_set(said, STR("webhooks"), hooks);
	if (code.len)
		json_set(said, STR("setup_code"), json_new_text(&arena, code));
	json_write(&text, said);
	if (d->options->json)
		printf("%s\n", buf_text(&text));
	else
		print_lines(said);
	fflush(stdout);
	return 0;
}

/* ---- wait ---- */

/* Also proves that the store answers: a daemon that hangs in it gets no further, and its watchdog bites. */
static void tell_status(struct daemon *d)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct live_sync *syncs;
	struct err err = ERR_INIT;
	int64_t waiting = 0, owed = 0;
	size_t count, ready = 0;

	if (live_state(d->live, &arena, &syncs, &count, &err) < 0) {
		notify_tell("STATUS=the database does not answer");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		ready += syncs[i].ready;
		waiting += syncs[i].waiting + syncs[i].to_read;
		owed += syncs[i].owed;
	}
	notify_tell(arena_printf(&arena, "STATUS=%zu of %zu syncs at work, %lld payloads wait, %lld writes owed%s",
	                         ready, count, (long long)waiting, (long long)owed,
	                         notify_watchdog_ms() ? "\nWATCHDOG=1" : "")
	                    .at);
}

static void reload(struct daemon *d)
{
	struct err err = ERR_INIT;

	if (!atomic_exchange(&reload_asked, false))
		return;
	notify_tell("RELOADING=1");
	if (web_reload(d->web, &err) < 0)
		serve_log_say(&d->log, "error", STR_EMPTY, err_name(err.code), err.text);
	else
		serve_log_say(&d->log, "info", STR_EMPTY, NULL, "read again what SIGHUP asked for");
	notify_tell("READY=1");
}

static void wait_for_the_end(struct daemon *d)
{
	int64_t watchdog = notify_watchdog_ms(), due = 0;
	int64_t every = watchdog ? MIN_OF(watchdog / 3, (int64_t)STATUS_MS) : STATUS_MS;

	while (!atomic_load(&stop_asked)) {
		struct pollfd rung = { .fd = bell, .events = POLLIN };
		int64_t now = clock_mono_ns() / 1000000;
		uint64_t times;

		reload(d);
		serve_log_follow(&d->log);
		if (now >= due) {
			tell_status(d);
			due = now + every;
		}
		if (poll(&rung, 1, (int)MIN_OF(every, (int64_t)FOLLOW_MS)) > 0)
			(void)!read(bell, &times, sizeof(times));
	}
}

/* ---- stop ---- */

static void stop(struct daemon *d)
{
	web_close(&d->web);
	api_close(&d->api);
	access_close(&d->access);
	live_stop(&d->live);
	if (d->log_open) {
		serve_log_follow(&d->log);
		serve_log_close(&d->log);
	}
	d->engine->on_verdict = NULL;
	meter_free(&d->engine->meter);
	if (d->lock_fd >= 0)
		close(d->lock_fd);
}

int app_serve(struct engine *engine, const struct serve_options *options, struct err *err)
{
	struct daemon d = { .engine = engine, .options = options, .lock_fd = -1 };
	int code = start(&d, err);

	if (code == 0)
		code = announce(&d, err);
	if (code == 0) {
		notify_tell("READY=1");
		wait_for_the_end(&d);
		notify_tell("STOPPING=1");
		serve_log_say(&d.log, "info", STR_EMPTY, NULL, "stops: what is under way is finished");
	}
	stop(&d);
	return code < 0 ? code : EXIT_DONE;
}
