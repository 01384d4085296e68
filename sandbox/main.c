/*
 * suture-sandbox: opens each system, seeds it, starts its thread, prints one JSON line, waits for the end.
 *
 * To add a system: one row in `systems`, one port in struct options.
 */
#include "sandbox/server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sandbox/systems.h"
#include "sandbox/world.h"

struct system {
	const struct vendor *vendor;
	size_t port; /* offset in struct options */
	struct server *server;
};

static struct system systems[] = {
	{ .vendor = &hint_vendor, .port = offsetof(struct options, hint_port) },
	{ .vendor = &nikohealth_vendor, .port = offsetof(struct options, nikohealth_port) },
	{ .vendor = &invented_vendor, .port = offsetof(struct options, invented_port) },
	{ .vendor = &salesforce_vendor, .port = offsetof(struct options, salesforce_port) },
};

static int64_t port_of(const struct system *system, const struct options *options)
{
	return *(const int64_t *)(const void *)((const char *)options + system->port);
}

/* A record of the starting world on its way into a system; a system that was not started takes none. */
static int create(void *context, const struct json *body, struct err *err)
{
	const struct system *system = context;
	SCOPED(buf) struct buf answer = BUF_INIT((size_t)4 << 20);

	if (!system->server || (system->vendor->restored && system->vendor->restored(server_state(system->server))))
		return 0;
	return system->vendor->create(server_state(system->server), body, &answer, err);
}

static struct system *system_named(const char *name)
{
	static struct system absent;

	for (size_t i = 0; i < ARRAY_LEN(systems); i++) {
		if (str_eq_c(str_of(name), systems[i].vendor->name))
			return &systems[i];
	}
	return &absent;
}

static int write_truth(const struct world *world, const char *path, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT((size_t)1 << 30);
	FILE *file = fopen(path, "we");
	bool ok;

	if (!file)
		return err_errno(err, "open %s", path);
	world_write(world, &text);
	ok = fwrite(buf_text(&text), 1, text.len, file) == text.len;
	return fclose(file) == 0 && ok ? 0 : err_errno(err, "write %s", path);
}

static int fill_systems(const struct options *options, struct world **ret_world, struct err *err)
{
	struct world_plan plan = WORLD_PLAN_INIT;
	struct world_sinks sinks = {
		.hint_context = system_named("hint"),
		.salesforce_context = system_named("salesforce"),
		.hint = create,
		.salesforce = create,
	};
	int r;

	plan.seed = (uint64_t)options->seed;
	plan.patients = options->patients > 0 ? (size_t)options->patients : 0;
	plan.data_file = options->data;
	plan.world_file = options->world;
	r = world_build(&plan, &sinks, ret_world, err);
	if (r == 0 && options->truth)
		r = write_truth(*ret_world, options->truth, err);
	hint_set_world(*ret_world);
	return r;
}

static int open_systems(const struct options *options, struct world **ret_world, struct err *err)
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
	return fill_systems(options, ret_world, err);
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
	struct world *world = NULL;
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
	if (open_systems(&options, &world, &err) < 0) {
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
	world_free(&world);
	close(signals);
	return status;
}
