/*
 * cli: from argv to a command and back to an exit code.
 */
#include "cli/cli.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option common[] = {
	{ "dir", "DIR", "the folder of this Suture (default: $SUTURE_DIR, else the current folder)" },
	{ "json", NULL, "print one JSON value" },
	{ "help", NULL, "explain this command" },
};

static struct engine *interrupted_engine;

/* The first Ctrl-C stops after the chunk in hand; the second one ends the process (nothing is lost: R5). */
static void on_interrupt(int number)
{
	(void)number;
	if (interrupted_engine && !atomic_exchange(&interrupted_engine->stop, true))
		return;
	_Exit(EXIT_STOPPED);
}

static void usage(FILE *to)
{
	fprintf(to, "suture: keeps the patients of an EMR and the people of a Salesforce org the same\n\nusage: suture "
	            "COMMAND [ARGUMENTS]\n\n");
	for (size_t i = 0; i < cli_command_count; i++)
		fprintf(to, "  %-10s %s\n", cli_commands[i].name, cli_commands[i].summary);
	fprintf(to, "\n`suture COMMAND --help` explains one. Every command takes --dir DIR and --json.\n");
}

static void print_option(const struct cli_option *o)
{
	char left[40];

	snprintf(left, sizeof(left), "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
	printf("  %-22s %s\n", left, o->help);
}

static void explain(const struct command *c)
{
	printf("usage: suture %s%s%s [OPTIONS]\n\n%s\n", c->name, c->positionals[0] ? " " : "", c->positionals,
	       c->summary);
	if (c->details)
		printf("\n%s\n", c->details);
	printf("\n");
	for (size_t i = 0; i < CLI_OPTIONS && c->options[i].name; i++)
		print_option(&c->options[i]);
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		print_option(&common[i]);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < cli_command_count; i++) {
		if (strcmp(cli_commands[i].name, name) == 0)
			return &cli_commands[i];
	}
	return NULL;
}

static ptrdiff_t find_option(const struct cli_option *rows, size_t most, const char *name, size_t len)
{
	for (size_t i = 0; i < most && rows[i].name; i++) {
		if (strlen(rows[i].name) == len && strncmp(rows[i].name, name, len) == 0)
			return (ptrdiff_t)i;
	}
	return -1;
}

struct parse {
	struct cli_args *args;
	int argc, at;
	char **argv;
	bool help;
};

/* The text after "=" or the next word. */
static int take_value(struct parse *p, const struct cli_option *option, const char *given, struct str *ret,
                      struct err *err)
{
	const char *equals = strchr(given, '=');

	if (!option->value) {
		*ret = STR("1");
		return equals ? err_set(err, ERR_USAGE, "--%s takes no value", option->name) : 0;
	}
	if (!equals && p->at + 1 >= p->argc)
		return err_set(err, ERR_USAGE, "--%s needs a value: %s", option->name, option->value);
	*ret = str_of(equals ? equals + 1 : p->argv[++p->at]);
	return 0;
}

static int parse_option(struct parse *p, const char *given, struct err *err)
{
	struct cli_args *args = p->args;
	size_t len = strcspn(given, "=");
	ptrdiff_t own = find_option(args->command->options, CLI_OPTIONS, given, len);
	ptrdiff_t shared = find_option(common, ARRAY_LEN(common), given, len);
	struct str value;

	if (own < 0 && shared < 0)
		return err_set(err, ERR_USAGE, "unknown option --%.*s; `suture %s --help` lists them", (int)len, given,
		               args->command->name);
	if (take_value(p, own >= 0 ? &args->command->options[own] : &common[shared], given, &value, err) < 0)
		return err_pass(err);
	if (own >= 0)
		args->option[own] = value;
	else if (shared == 0)
		args->dir = value.at;
	else if (shared == 1)
		args->json = true;
	else
		p->help = true;
	return 0;
}

static size_t wanted_positionals(const struct command *c, size_t *ret_most)
{
	size_t least = 0, most = 0;
	bool at_start = true;

	for (const char *s = c->positionals; *s; s++) {
		if (at_start && *s != ' ') {
			most++;
			least += *s != '[';
		}
		at_start = *s == ' ';
	}
	*ret_most = most;
	return least;
}

static int parse_args(struct parse *p, struct err *err)
{
	struct cli_args *args = p->args;
	size_t least, most;

	least = wanted_positionals(args->command, &most);
	for (; p->at < p->argc; p->at++) {
		const char *word = p->argv[p->at];

		if (word[0] == '-' && word[1] == '-') {
			if (parse_option(p, word + 2, err) < 0)
				return err_pass(err);
			continue;
		}
		if (args->positional_count == MIN_OF(most, (size_t)CLI_POSITIONALS))
			return err_set(err, ERR_USAGE, "'%s' is one argument too many; usage: suture %s %s", word,
			               args->command->name, args->command->positionals);
		args->positional[args->positional_count++] = str_of(word);
	}
	if (!p->help && args->positional_count < least)
		return err_set(err, ERR_USAGE, "usage: suture %s %s", args->command->name, args->command->positionals);
	return 0;
}

static int report(const struct cli_args *args, const struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT((size_t)1 << 16);

	if (args->json) {
		buf_printf(&text, "{\"error\":{\"code\":\"%s\",\"text\":", err_name(err->code));
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
	interrupted_engine = args->engine;
	signal(SIGINT, on_interrupt);
	signal(SIGTERM, on_interrupt);
	code = args->command->run(args, err);
	if (code < 0)
		code = report(args, err);
	interrupted_engine = NULL;
	if (args->engine)
		args->host->close(&args->engine);
	return code;
}

int cli_main(const struct cli_host *host, int argc, char **argv)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct cli_args args = { .host = host, .arena = &arena };
	struct parse parse = { .args = &args, .argc = argc, .at = 2, .argv = argv };
	struct err err = ERR_INIT;
	const char *dir = getenv("SUTURE_DIR");

	args.dir = dir && dir[0] ? dir : ".";
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		usage(argc < 2 ? stderr : stdout);
		return argc < 2 ? EXIT_USAGE : EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("suture %s\n", host->version);
		return EXIT_DONE;
	}
	args.command = find_command(argv[1]);
	if (!args.command) {
		fprintf(stderr, "suture: there is no command '%s'; `suture --help` lists them\n", argv[1]);
		return EXIT_USAGE;
	}
	if (parse_args(&parse, &err) < 0)
		return report(&args, &err);
	if (parse.help) {
		explain(args.command);
		return EXIT_DONE;
	}
	return run(&args, &err);
}

struct str cli_value(const struct cli_args *args, const char *name)
{
	ptrdiff_t at = find_option(args->command->options, CLI_OPTIONS, name, strlen(name));

	ensure(at >= 0);
	return args->option[at];
}

bool cli_has(const struct cli_args *args, const char *name)
{
	return cli_value(args, name).len > 0;
}

int cli_number(const struct cli_args *args, const char *name, int64_t fallback, int64_t *ret, struct err *err)
{
	struct str text = cli_value(args, name);

	*ret = fallback;
	if (text.len == 0)
		return 0;
	if (!str_to_i64(text, ret) || *ret < 0)
		return err_set(err, ERR_USAGE, "--%s needs a whole number", name);
	return 0;
}
