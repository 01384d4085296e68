#include "cli/help.h"

#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/out.h"

enum { HELP_WIDTH = 80, OPTION_COLUMN = 18 };

static const char tagline[] = "keeps the patients of an EMR and the people of a Salesforce org the same";

/* In the order in which a new user needs them; a command in no group is listed under the last one. */
static const struct {
	const char *title, *commands;
} groups[] = {
	{ "Set up", " init apply export policy connect check doctor " },
	{ "Import", " preview import delta drain schedule " },
	{ "Daemon", " serve webhooks " },
	{ "Keep", " backup restore purge rekey completion " },
	{ "One record", " search link unlink relink create sync-now " },
	{ "Look", " runs report budget drift links suggestions conflicts staged log audit " },
	{ "Mend", " resolve dismiss retry " },
};

static bool in_group(size_t group, const struct command *c)
{
	char word[40];

	snprintf(word, sizeof(word), " %s ", c->name);
	return strstr(groups[group].commands, word) != NULL;
}

void help_overview(FILE *to)
{
	fprintf(to, "suture: %s\n\nusage: suture COMMAND [ARGUMENTS] [OPTIONS]\n", tagline);
	for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
		fprintf(to, "\n%s\n", groups[g].title);
		for (size_t i = 0; i < cli_command_count; i++) {
			if (in_group(g, &cli_commands[i]))
				fprintf(to, "  %-11s %s\n", cli_commands[i].name, cli_commands[i].summary);
		}
	}
	fprintf(to, "\nEvery command takes --dir DIR (or SUTURE_DIR), --json and --help.\n"
	            "First steps: suture init DIR, edit DIR/suture.yaml, then suture apply, check, preview, import.\n"
	            "`suture help COMMAND` explains one; `man suture` has all of them.\n");
}

/* Words of `text` from column `at` on, new lines indented by `indent`. */
static void print_wrapped(const char *text, size_t at, size_t indent)
{
	for (;;) {
		size_t word;

		text += strspn(text, " ");
		word = strcspn(text, " ");
		if (word == 0)
			break;
		if (at > indent && at + 1 + word > HELP_WIDTH) {
			printf("\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			putchar(' ');
			at++;
		}
		printf("%.*s", (int)word, text);
		at += word;
		text += word;
	}
	putchar('\n');
}

static void print_option(const struct cli_option *o)
{
	char left[40];
	int wide = snprintf(left, sizeof(left), "  --%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");

	if (wide + 2 > OPTION_COLUMN)
		printf("%s\n%*s", left, OPTION_COLUMN, "");
	else
		printf("%-*s", OPTION_COLUMN, left);
	print_wrapped(o->help, OPTION_COLUMN, OPTION_COLUMN);
}

static void explain(const struct command *c)
{
	printf("usage: suture %s%s%s [OPTIONS]\n\n", c->name, c->positionals[0] ? " " : "", c->positionals);
	print_wrapped(c->summary, 0, 0);
	if (c->details) {
		putchar('\n');
		print_wrapped(c->details, 0, 0);
	}
	printf("\nOptions\n");
	for (size_t i = 0; i < CLI_OPTIONS && c->options[i].name; i++)
		print_option(&c->options[i]);
	for (size_t i = 0; i < args_common_count; i++)
		print_option(&args_common[i]);
	if (c->example)
		printf("\nExample\n  %s\n", c->example);
}

static void set_text(struct arena *arena, struct json *object, const char *key, const char *text)
{
	json_set(object, str_of(key), text ? json_new_text(arena, str_of(text)) : json_new(arena, JSON_NULL));
}

static void add_option(struct arena *arena, struct json *list, const struct cli_option *o)
{
	struct json *row = json_new(arena, JSON_OBJECT);

	set_text(arena, row, "name", o->name);
	set_text(arena, row, "value", o->value);
	set_text(arena, row, "help", o->help);
	json_append(list, row);
}

void help_command(const struct cli_args *args)
{
	const struct command *c = args->command;
	struct json *all = json_new(args->arena, JSON_OBJECT), *options = json_new(args->arena, JSON_ARRAY);

	if (!args->json) {
		explain(c);
		return;
	}
	set_text(args->arena, all, "command", c->name);
	set_text(args->arena, all, "arguments", c->positionals);
	set_text(args->arena, all, "summary", c->summary);
	set_text(args->arena, all, "details", c->details);
	set_text(args->arena, all, "example", c->example);
	for (size_t i = 0; i < CLI_OPTIONS && c->options[i].name; i++)
		add_option(args->arena, options, &c->options[i]);
	for (size_t i = 0; i < args_common_count; i++)
		add_option(args->arena, options, &args_common[i]);
	json_set(all, STR("options"), options);
	out_object(args, all);
}

void help_list(const struct cli_args *args)
{
	struct json *all = json_new(args->arena, JSON_ARRAY);

	for (size_t i = 0; i < cli_command_count; i++) {
		struct json *row = json_new(args->arena, JSON_OBJECT);

		if (cli_commands[i].hidden)
			continue;
		set_text(args->arena, row, "command", cli_commands[i].name);
		set_text(args->arena, row, "arguments", cli_commands[i].positionals);
		set_text(args->arena, row, "summary", cli_commands[i].summary);
		json_append(all, row);
	}
	out_object(args, all);
}

/* ---- man page ---- */

/* Text for roff: hyphens and backslashes as such, no line that begins like a request; `code` is set in bold. */
static void roff(const char *text)
{
	bool code = false;

	if (*text == '.' || *text == '\'')
		printf("\\&");
	for (; *text; text++) {
		if (*text == '`')
			fputs((code = !code) ? "\\fB" : "\\fR", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
	}
	putchar('\n');
}

static void roff_option(const struct cli_option *o)
{
	if (o->value)
		printf(".TP\n.BI \"\\-\\-%s \" \"%s\"\n", o->name, o->value);
	else
		printf(".TP\n.B \\-\\-%s\n", o->name);
	roff(o->help);
}

static void roff_command(const struct command *c)
{
	printf(".SS \"suture %s%s%s\"\n", c->name, c->positionals[0] ? " " : "", c->positionals);
	roff(c->summary);
	if (c->details) {
		printf(".PP\n");
		roff(c->details);
	}
	for (size_t i = 0; i < CLI_OPTIONS && c->options[i].name; i++)
		roff_option(&c->options[i]);
	if (c->example) {
		printf(".PP\nExample:\n.PP\n.RS\n.nf\n");
		roff(c->example);
		printf(".fi\n.RE\n");
	}
}

static const struct {
	const char *title;
	const char *const *lines; /* term, text, term, text, ..., NULL */
} closing[] = {
	{ "EXIT STATUS",
	  (const char *const[]) { "0", "done", "1", "an error; the text says what to do next", "2", "called wrongly",
	                          "3", "done, but some records failed or findings are errors", "130",
	                          "stopped by Ctrl-C; an import can be resumed", NULL } },
	{ "ENVIRONMENT",
	  (const char *const[]) { "SUTURE_DIR", "the folder, where --dir is not given", "SUTURE_KEY",
	                          "the key as 64 hex digits, instead of the file suture.key", "SUTURE_STORE",
	                          "another database: sqlite:PATH or postgresql://USER@HOST/DATABASE", "SUTURE_LEASE_MS",
	                          "how long a daemon that is not heard of keeps its syncs (15000)", "SUTURE_HOSTS",
	                          "hosts that requests may go to, comma separated (.NAME: all below it)", NULL } },
	{ "FILES",
	  (const char *const[]) {
	          "suture.yaml", "the configuration as it was last written; `suture apply` takes it", "suture.db",
	          "the database: configuration, staged payloads, links, runs, log, audit trail", "suture.key",
	          "what seals everything at rest, or a link to it; keep a copy of it apart from the database",
	          "descriptors/*.yaml", "further EMRs, described by a file each", NULL } },
};

void help_man_page(const struct cli_args *args)
{
	printf(".TH SUTURE 1 \"\" \"Suture %s\" \"User Commands\"\n.SH NAME\nsuture \\- ", args->host->version);
	roff(tagline);
	printf(".SH SYNOPSIS\n.B suture\n.I COMMAND\n[\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n");
	roff("A Suture lives in a folder of its own. `suture init` makes it, `suture apply` takes its configuration, "
	     "`suture "
	     "import` brings the patients of the EMR into the org, and can be called again at any time: it resumes "
	     "what "
	     "was cut short and writes only what changed.");
	printf(".SH OPTIONS\nEvery command takes these.\n");
	for (size_t i = 0; i < args_common_count; i++)
		roff_option(&args_common[i]);
	printf(".SH COMMANDS\n");
	for (size_t i = 0; i < cli_command_count; i++) {
		if (!cli_commands[i].hidden)
			roff_command(&cli_commands[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(closing); i++) {
		printf(".SH %s\n", closing[i].title);
		for (const char *const *line = closing[i].lines; *line; line += 2) {
			printf(".TP\n.B ");
			roff(line[0]);
			roff(line[1]);
		}
	}
}
