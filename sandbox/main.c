/*
 * suture-sandbox: opens each system, seeds it, starts its thread, prints one JSON line, waits for the end.
 *
 * To add a system: one row in `systems`, one port in struct options.
 */
#include "sandbox/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sandbox/systems.h"

struct system {
	const struct vendor *vendor;
	size_t port; /* offset in struct options */
	struct server *server;
};

static struct system systems[] = {
	{ .vendor = &salesforce_vendor, .port = offsetof(struct options, salesforce_port) },
};

static int64_t port_of(const struct system *system, const struct options *options)
{
	return *(const int64_t *)(const void *)((const char *)options + system->port);
}

static int read_file(const char *path, struct buf *out, struct err *err)
{
	FILE *file = fopen(path, "re");
	char piece[65536];
	size_t len;

	if (!file)
		return err_errno(err, "open %s", path);
	while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add_bytes(out, piece, len);
	fclose(file);
	return buf_ok(out) ? 0 : err_set(err, ERR_MEMORY_LIMIT, "%s is too large", path);
}

static int seed_system(struct system *system, const struct json *records, struct err *err)
{
	SCOPED(buf) struct buf ignored = BUF_INIT(4096);

	JSON_EACH (records, record) {
		buf_clear(&ignored);
		if (system->vendor->create(server_state(system->server), record, &ignored, err) < 0)
			return err_wrap(err, "seed %s", system->vendor->name);
	}
	return 0;
}

/* The file behind --world: an array of records for each system, by its name. */
static int seed_from_file(const char *path, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf text = BUF_INIT((size_t)1 << 30);
	struct json *world;
	int r = read_file(path, &text, err);

	if (r < 0)
		return r;
	if (json_parse(&arena, buf_str(&text), &world, err) < 0)
		return err_wrap(err, "read %s", path);
	for (size_t i = 0; i < ARRAY_LEN(systems) && r == 0; i++) {
		if (systems[i].server)
			r = seed_system(&systems[i], json_get(world, systems[i].vendor->name), err);
	}
	return r;
}

static int open_systems(const struct options *options, struct err *err)
{
	int r;

	for (size_t i = 0; i < ARRAY_LEN(systems); i++) {
		int64_t port = port_of(&systems[i], options);

		if (port < 0)
			continue;
		r = server_open(systems[i].vendor, options, (int)port, &systems[i].server, err);
		if (r < 0)
			return r;
	}
	return options->world ? seed_from_file(options->world, err) : 0;
}

static void print_ready(void)
{
	SCOPED(buf) struct buf line = BUF_INIT(4096);

	buf_printf(&line, "{\"pid\":%d", (int)getpid());
	for (size_t i = 0; i < ARRAY_LEN(systems); i++) {
		if (systems[i].server)
			buf_printf(&line, ",\"%s\":\"%.*s\"", systems[i].vendor->name,
			           STR_ARG(server_url(systems[i].server)));
	}
	buf_add_c(&line, "}\n");
	fputs(buf_text(&line), stdout);
	fflush(stdout);
}

static bool input_ended(void)
{
	char piece[256];
	ssize_t len = read(STDIN_FILENO, piece, sizeof(piece));

	return len == 0 || (len < 0 && errno != EINTR && errno != EAGAIN);
}

static void wait_for_end(int signals, bool with_parent)
{
	struct pollfd watched[2] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = with_parent ? STDIN_FILENO : -1, .events = POLLIN },
	};

	for (;;) {
		if (poll(watched, 2, -1) < 0 && errno != EINTR)
			return;
		if (watched[0].revents)
			return;
		if (watched[1].revents && input_ended())
			return;
	}
}

/* Blocked before any thread begins, so that only the main thread learns of the end. */
static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int fail(const struct err *err)
{
	fprintf(stderr, "suture-sandbox: %s\n", err->text);
	return err->code == ERR_USAGE ? 2 : 1;
}

int main(int argc, char **argv)
{
	struct options options;
	struct err err = ERR_INIT;
	int signals, status = 0;

	if (options_parse(argc, argv, &options, &err) < 0)
		return fail(&err);
	if (options.help) {
		SCOPED(buf) struct buf text = BUF_INIT(16384);

		options_help(&text);
		fputs(buf_text(&text), stdout);
		return 0;
	}
	signals = block_signals();
	if (open_systems(&options, &err) < 0) {
		status = fail(&err);
	} else {
		for (size_t i = 0; i < ARRAY_LEN(systems); i++) {
			if (systems[i].server)
				server_start(systems[i].server);
		}
		print_ready();
		wait_for_end(signals, options.with_parent);
	}
	for (size_t i = 0; i < ARRAY_LEN(systems); i++)
		server_free(&systems[i].server);
	close(signals);
	return status;
}
