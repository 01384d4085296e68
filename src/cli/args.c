#include "cli/args.h"

#include <string.h>

const struct cli_option args_common[] = {
	{ "dir", "DIR", "the folder of this Suture (default: $SUTURE_DIR, else the current folder)" },
	{ "json", NULL, "print one JSON value, also for an error" },
	{ "help", NULL, "explain this command" },
};
const size_t args_common_count = ARRAY_LEN(args_common);

const struct command *args_find_command(struct str name)
{
	for (size_t i = 0; i < cli_command_count; i++) {
		if (str_eq_c(name, cli_commands[i].name))
			return &cli_commands[i];
	}
	return NULL;
}

/* Letters to add, drop or change; two swapped ones count as two. */
static size_t distance(struct str a, struct str b)
{
	size_t row[32];

	if (a.len >= ARRAY_LEN(row) || b.len >= ARRAY_LEN(row))
		return ARRAY_LEN(row);
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t change = corner + (a.at[i - 1] != b.at[j - 1]);

			corner = row[j];
			row[j] = MIN_OF(change, MIN_OF(row[j], row[j - 1]) + 1);
		}
	}
	return row[b.len];
}

const struct command *args_nearest_command(struct str name)
{
	const struct command *nearest = NULL;
	size_t least = 3;

	for (size_t i = 0; i < cli_command_count; i++) {
		size_t steps = distance(name, str_of(cli_commands[i].name));

		if (!cli_commands[i].hidden && steps < least && steps < name.len) {
			least = steps;
			nearest = &cli_commands[i];
		}
	}
	return nearest;
}

static ptrdiff_t find_option(const struct cli_option *rows, size_t most, struct str name)
{
	for (size_t i = 0; i < most && rows[i].name; i++) {
		if (str_eq_c(name, rows[i].name))
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
	if (!equals && p->at + 1 < p->argc && strncmp(p->argv[p->at + 1], "--", 2) != 0)
		equals = p->argv[++p->at] - 1;
	if (!equals || !equals[1])
		return err_set(err, ERR_USAGE, "--%s needs a value: --%s %s", option->name, option->name,
		               option->value);
	*ret = str_of(equals + 1);
	return 0;
}

static int parse_option(struct parse *p, const char *given, struct err *err)
{
	struct cli_args *args = p->args;
	struct str name = str_range(given, strcspn(given, "="));
	ptrdiff_t own = find_option(args->command->options, CLI_OPTIONS, name);
	ptrdiff_t shared = find_option(args_common, ARRAY_LEN(args_common), name);
	struct str value;

	if (own < 0 && shared < 0)
		return err_set(err, ERR_USAGE, "unknown option --%.*s; `suture %s --help` lists them", STR_ARG(name),
		               args->command->name);
	if (take_value(p, own >= 0 ? &args->command->options[own] : &args_common[shared], given, &value, err) < 0)
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

static int parse_word(struct parse *p, const char *word, bool *plain, struct err *err)
{
	struct cli_args *args = p->args;
	size_t most;

	wanted_positionals(args->command, &most);
	if (!*plain && strcmp(word, "--") == 0) {
		*plain = true;
		return 0;
	}
	if (!*plain && strcmp(word, "-h") == 0) {
		p->help = true;
		return 0;
	}
	if (!*plain && word[0] == '-' && word[1] == '-')
		return parse_option(p, word + 2, err);
	if (!*plain && word[0] == '-' && word[1])
		return err_set(err, ERR_USAGE, "unknown option %s; `suture %s --help` lists them", word,
		               args->command->name);
	if (args->positional_count == MIN_OF(most, (size_t)CLI_POSITIONALS))
		return err_set(err, ERR_USAGE, "'%s' is one argument too many; usage: suture %s %s[OPTIONS]", word,
		               args->command->name,
		               arena_printf(args->arena, "%s%s", args->command->positionals, most ? " " : "").at);
	args->positional[args->positional_count++] = str_of(word);
	return 0;
}

int args_parse(struct cli_args *args, int argc, char **argv, bool *ret_help, struct err *err)
{
	struct parse p = { .args = args, .argc = argc, .at = 2, .argv = argv };
	bool plain = false; /* after "--" every word is an argument */
	size_t least, most;

	for (; p.at < argc; p.at++) {
		if (parse_word(&p, argv[p.at], &plain, err) < 0)
			return err_pass(err);
	}
	least = wanted_positionals(args->command, &most);
	*ret_help = p.help;
	if (p.help || args->positional_count >= least)
		return 0;
	return err_set(err, ERR_USAGE, "%s is missing; usage: suture %s %s", args->command->positionals,
	               args->command->name, args->command->positionals);
}

struct str cli_value(const struct cli_args *args, const char *name)
{
	ptrdiff_t at = find_option(args->command->options, CLI_OPTIONS, str_of(name));

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
