/*
 * cli: the command line, one face of the engine. Commands are rows in commands.c; usage, `--help`, the man page and shell completion are printed from them.
 *
 * Exit codes: 0 done, 1 an error (the text says what to do next), 2 called wrongly, 3 done but some records failed or findings are errors,
 * 130 stopped by Ctrl-C (an import can be resumed).
 *
 * Every command takes --dir (or SUTURE_DIR; default: the current folder), --json (one JSON value on stdout) and --help. Results go to stdout, progress and errors to
 * stderr. With --json an error is {"error": {"code", "text"}} on stdout as well, and --help is an object too.
 */
#ifndef SUTURE_CLI_CLI_H
#define SUTURE_CLI_CLI_H

#include <stdio.h>

#include "sync/sync.h"

enum exit_code { EXIT_DONE = 0, EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_SOME_FAILED = 3, EXIT_STOPPED = 130 };

/* `suture serve`. Texts are NUL-terminated; empty: not given. */
struct serve_options {
	const char *version;
	struct str listen, admin;     /* "PORT", "ADDRESS:PORT", "[IPv6]:PORT" */
	struct str tls_cert, tls_key; /* PEM files */
	struct str public_url;        /* where the world finds us */
	struct str log;               /* "text", "json", "journald"; empty: by where stderr leads */
	bool no_stream;
	bool json; /* the line on stdout */
};

/* `suture restore`. */
struct restore_order {
	const char *
	        file; /* a backup, or a copy of a database; NULL: the database was put back by other means, and only what follows from that is to be done */
	const char *aside; /* where the database that is there goes; NULL: there must be none */
};

/* What the application lends: only it knows how an engine is put together. */
struct cli_host {
	int (*init)(const char *dir, struct str store, bool *ret_existed, struct err *err);
	int (*open)(const char *dir, struct engine **ret, struct err *err);
	/* A copy of `engine` on a scratch database that is deleted on close: judges everything, delivers nothing. */
	int (*open_scratch)(struct engine *engine, struct engine **ret, struct err *err);
	void (*close)(struct engine **engine);
	/* A backup takes the place of the folder's database; *ret says what was done. ERR_CONFLICT: a daemon or a command is at work, or a database is
	 * there and no place for it was named. ERR_KEY: the folder's key is not that of the backup. Nothing is changed before all of that is sure. */
	int (*restore)(const char *dir, const struct restore_order *order, struct arena *arena, struct json **ret,
	               struct err *err);
	/* Until a signal ends it: an exit code, or a negative error code. */
	int (*serve)(struct engine *engine, const struct serve_options *options, struct err *err);
	const char *version;
};

enum { CLI_POSITIONALS = 4, CLI_OPTIONS = 16 };

struct cli_option {
	const char *name;  /* "run": --run */
	const char *value; /* "RUN" in the help; NULL: a switch */
	const char *help;
};

struct cli_args;
struct command {
	const char *name;
	const char *positionals; /* "SYNC", "FILE", "[RUN]" */
	const char *summary;
	const char *details;
	const char *example; /* one line to type; NULL: the usage says it all */
	struct cli_option options[CLI_OPTIONS];
	int (*run)(struct cli_args *args, struct err *err); /* an exit code, or a negative error code */
	bool no_engine;                                     /* init: there is nothing to open yet */
	bool hidden;                                        /* for the build, not for people */
};

struct cli_args {
	const struct cli_host *host;
	const struct command *command;
	struct arena *arena;
	struct engine *engine; /* NULL for no_engine commands */
	const char *dir;
	bool json;
	struct str positional[CLI_POSITIONALS];
	size_t positional_count;
	struct str option[CLI_OPTIONS]; /* by place in command->options; a switch that was given is "1" */
};

int cli_main(const struct cli_host *host, int argc, char **argv);
/* Which engine the next Ctrl-C stops (a dry run works on a scratch copy); returns the one before. */
struct engine *cli_interrupts(struct engine *engine);

/* The value of an option of the running command; empty: not given. An unknown name is our bug. */
struct str cli_value(const struct cli_args *args, const char *name);
bool cli_has(const struct cli_args *args, const char *name);
/* ERR_USAGE unless it is a whole number of at least 0. */
int cli_number(const struct cli_args *args, const char *name, int64_t fallback, int64_t *ret,
               struct err *err) MUST_CHECK;
extern const struct command cli_commands[];
extern const size_t cli_command_count;

#endif
