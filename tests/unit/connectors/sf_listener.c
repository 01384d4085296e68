/*
 * Listens to an org with the Salesforce connector and prints what comes, a JSON object a line: the C half of tests/node/cometd.
 *
 *	connectors_sf_listener SETTINGS OBJECT REPLAY
 *
 * SETTINGS is the connection's JSON, REPLAY may be empty. Ends when its standard input does; the last line is
 * {"ended": name of the error or "ok", "text": ..., "after_ms": time since the input ended}.
 */
#include "connectors/connector.h"
#include "connectors/salesforce/salesforce.h"
#include "lib/clock.h"
#include "lib/limits.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static const char *const kinds[] = {
	[EVENT_CHANGED] = "changed", [EVENT_REMOVED] = "removed",   [EVENT_MERGED] = "merged",
	[EVENT_ASKED] = "asked",     [EVENT_OVERFLOW] = "overflow", [EVENT_OTHER] = "other",
};

static atomic_bool stop;
static _Atomic int64_t stopped_ns;

static void *watch_input(void *context)
{
	char byte;

	(void)context;
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	stopped_ns = clock_mono_ns();
	atomic_store(&stop, true);
	return NULL;
}

static void print(const struct json *line)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_HTTP_BODY);

	json_write(&out, line);
	puts(buf_text(&out));
	fflush(stdout);
}

static void add_text(struct arena *arena, struct json *object, const char *key, struct str text)
{
	json_add(object, str_of(key), json_new_text(arena, text));
}

static struct json *event_line(struct arena *arena, const struct event *event, struct str replay)
{
	struct json *line = json_new(arena, JSON_OBJECT);

	add_text(arena, line, "kind", str_of(kinds[event->kind]));
	add_text(arena, line, "name", event->name);
	add_text(arena, line, "eventId", event->id);
	add_text(arena, line, "object", event->object);
	add_text(arena, line, "id", event->record.id);
	add_text(arena, line, "bytes", event->record.bytes);
	add_text(arena, line, "by", event->record.modified_by);
	add_text(arena, line, "fault", str_of(event->record.fault));
	add_text(arena, line, "replay", replay);
	json_add(line, STR("at"), json_new_int(arena, event->record.modified_ms));
	json_add(line, STR("deleted"), json_new_bool(arena, event->record.deleted));
	json_add(line, STR("whole"), json_new_bool(arena, event->whole));
	if (event->record.json)
		json_add(line, STR("json"), json_copy(arena, event->record.json));
	return line;
}

static int on_events(void *context, const struct events *events, struct str replay, struct err *err)
{
	(void)context;
	(void)err;
	for (size_t i = 0; i < events->count; i++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;

		print(event_line(&arena, &events->at[i], replay));
	}
	return 0;
}

static void on_state(void *context, bool connected, const char *text)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *line = json_new(&arena, JSON_OBJECT);

	(void)context;
	json_add(line, STR("connected"), json_new_bool(&arena, connected));
	add_text(&arena, line, "text", str_of(text));
	print(line);
}

static void print_end(int code, const struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *line = json_new(&arena, JSON_OBJECT);

	add_text(&arena, line, "ended", str_of(code < 0 ? err_name(err->code) : "ok"));
	add_text(&arena, line, "text", str_of(err->text));
	json_add(line, STR("after_ms"),
	         json_new_int(&arena, stopped_ns ? (clock_mono_ns() - stopped_ns) / 1000000 : 0));
	print(line);
}

static int listen_to(struct http_client *http, char **argv, struct arena *arena, struct err *err)
{
	const struct connector *kind = &salesforce_connector;
	const struct listen_request request = { .object = str_of(argv[2]),
		                                .replay = str_of(argv[3]),
		                                .stop = &stop,
		                                .on_events = on_events,
		                                .on_state = on_state };
	struct connection *c;
	struct json *settings;
	int code;

	if (json_parse(arena, str_of(argv[1]), &settings, err) < 0 || kind->open(kind, settings, http, &c, err) < 0)
		return err->code;
	code = kind->listen(c, &request, err);
	kind->close(&c);
	return code;
}

int main(int argc, char **argv)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct http_client *http;
	pthread_t watcher;
	int code;

	if (argc != 4 || http_client_open(&http, &err) < 0)
		return 2;
	must(pthread_create(&watcher, NULL, watch_input, NULL) == 0);
	must(pthread_detach(watcher) == 0);
	code = listen_to(http, argv, &arena, &err);
	print_end(code, &err);
	http_client_close(&http);
	return code < 0;
}
