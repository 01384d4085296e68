/*
 * cli: from argv to a command and back to an exit code.
 */
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/help.h"
#include "cli/out.h"

static struct engine *_Atomic interrupted_engine;
static bool people_watch; /* stderr is a terminal; asked for before a signal can come */

/* The first Ctrl-C stops after the chunk in hand; the second one ends the process (nothing is lost: R5). */
static void on_interrupt(int number)
{
	static const char told[] = "\nstopping after the chunk in hand; Ctrl-C again ends at once\n";
	struct engine *engine = interrupted_engine;
	int interrupted_errno = errno; /* of whatever we broke into; NOLINT(bugprone-signal-handler): POSIX allows it */

	(void)number;
	if (!engine || atomic_exchange(&engine->stop, true))
		_Exit(EXIT_STOPPED);
	if (people_watch && write(STDERR_FILENO, told, sizeof(told) - 1) < 0)
		_Exit(EXIT_STOPPED);
	errno = interrupted_errno; /* NOLINT(bugprone-signal-handler) */
}

struct engine *cli_interrupts(struct engine *engine)
{
	struct engine *before = interrupted_engine;

	interrupted_engine = engine;
	return before;
}

static int report(const struct cli_args *args, const struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT((size_t)1 << 16);

	if (args->json) {
		buf_printf(&text, "{\"error\":{\"code\":\"%s\",\"meaning\":\"%s\",\"text\":", err_name(err->code),
		           err_meaning(err->code));
		json_write_string(&text, str_of(err->text));
		printf("%s}}\n", buf_text(&text));
	}
	fprintf(stderr, "suture: %s\n", err->text);
	if (err->code == ERR_ABORTED)
		return EXIT_STOPPED;
	return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_ERROR;
}

static int run(struct cli_args *args, struct err *err)
{
	int code;

	if (!args->command->no_engine && args->host->open(args->dir, &args->engine, err) < 0)
		return report(args, err);
	cli_interrupts(args->engine);
	people_watch = isatty(STDERR_FILENO);
	signal(SIGINT, on_interrupt);
	signal(SIGTERM, on_interrupt);
	code = args->command->run(args, err);
	if (code < 0)
		code = report(args, err);
	cli_interrupts(NULL);
	if (args->engine)
		args->host->close(&args->engine);
	return code;
}

/* A result that did not arrive (a full disk behind >) is no result; somebody who stopped reading (| head) has had enough. */
static int finish_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (errno == EPIPE)
		return code;
	fprintf(stderr, "suture: the output could not be written: %s\n", strerror(errno));
	return code == EXIT_DONE || code == EXIT_SOME_FAILED ? EXIT_ERROR : code;
}

/* Looked for ahead of everything else, so that even a wrong call is answered in JSON. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--json") == 0)
			return true;
	}
	return false;
}

static bool is_any(const char *word, const char *a, const char *b, const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

static int unknown_command(const struct cli_args *args, const char *name, struct err *err)
{
	const struct command *nearest = args_nearest_command(str_of(name));

	if (nearest)
		err_set(err, ERR_USAGE, "there is no command '%s'; did you mean `suture %s`?", name, nearest->name);
	else
		err_set(err, ERR_USAGE, "there is no command '%s'; `suture --help` lists them", name);
	return report(args, err);
}

/* `suture help [COMMAND]`; without a command, or as an option, the overview. */
static int help(struct cli_args *args, const char *name, struct err *err)
{
	args->command = name ? args_find_command(str_of(name)) : NULL;
	if (name && !args->command)
		return unknown_command(args, name, err);
	if (args->command)
		help_command(args);
	else if (args->json)
		help_list(args);
	else
		help_overview(stdout);
	return EXIT_DONE;
}

static int version(const struct cli_args *args)
{
	printf(args->json ? "{\"version\":\"%s\"}\n" : "suture %s\n", args->host->version);
	return EXIT_DONE;
}

static int dispatch(struct cli_args *args, int argc, char **argv, struct err *err)
{
	bool wants_help = false;

	if (argc < 2) {
		help_overview(stderr);
		return EXIT_USAGE;
	}
	if (is_any(argv[1], "help", "--help", "-h"))
		return help(args, argc > 2 && argv[2][0] != '-' ? argv[2] : NULL, err);
	if (is_any(argv[1], "version", "--version", "-V"))
		return version(args);
	args->command = args_find_command(str_of(argv[1]));
	if (!args->command && argv[1][0] == '-') {
		err_set(err, ERR_USAGE, "the command comes first: suture COMMAND %s; `suture --help` lists them",
		        argv[1]);
		return report(args, err);
	}
	if (!args->command)
		return unknown_command(args, argv[1], err);
	if (args_parse(args, argc, argv, &wants_help, err) < 0)
		return report(args, err);
	if (!wants_help)
		return run(args, err);
	help_command(args);
	return EXIT_DONE;
}

int cli_main(const struct cli_host *host, int argc, char **argv)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct cli_args args = { .host = host, .arena = &arena, .json = wants_json(argc, argv) };
	struct err err = ERR_INIT;
	const char *dir = getenv("SUTURE_DIR");

	args.dir = dir && dir[0] ? dir : ".";
	return finish_output(dispatch(&args, argc, argv, &err));
}
