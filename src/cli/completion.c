/*
 * completion: a script for bash, printed from the rows of commands. One `case` a command holds its options; what an option or an argument takes is read off
 * the word that the help shows for it: FILE and DIR are paths, `emr|crm` are words to choose from, everything else is typed.
 */
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/commands.h"

static const char head[] =
        "# bash completion for suture; printed by `suture completion bash`\n"
        "_suture_offer()\n"
        "{\n"
        "\tcase $1 in\n"
        "\tFILE) mapfile -t COMPREPLY < <(compgen -f -- \"$2\"); compopt -o filenames 2>/dev/null ;;\n"
        "\tDIR) mapfile -t COMPREPLY < <(compgen -d -- \"$2\"); compopt -o filenames 2>/dev/null ;;\n"
        "\t-) ;;\n"
        "\t*) mapfile -t COMPREPLY < <(compgen -W \"${1//|/ }\" -- \"$2\") ;;\n"
        "\tesac\n"
        "}\n"
        "_suture()\n"
        "{\n"
        "\tlocal cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
        "command=${COMP_WORDS[1]}\n"
        "\tlocal options='' takes='' valued='' n=0 i words=()\n"
        "\tCOMPREPLY=()\n"
        "\tif ((COMP_CWORD == 1)); then\n";
static const char choose[] = "\tif [[ -n $takes ]]; then\n"
                             "\t\t_suture_offer \"$takes\" \"$cur\"\n"
                             "\t\treturn\n"
                             "\tfi\n"
                             "\tif [[ $cur == -* ]]; then\n"
                             "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
                             "\t\treturn\n"
                             "\tfi\n"
                             "\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
                             "\t\tif [[ $valued == *\" ${COMP_WORDS[i]} \"* ]]; then i=$((i + 1))\n"
                             "\t\telif [[ ${COMP_WORDS[i]} != -* ]]; then n=$((n + 1)); fi\n"
                             "\tdone\n"
                             "\t_suture_offer \"${words[n]--}\" \"$cur\"\n"
                             "}\n"
                             "complete -F _suture suture suturectl\n";

/* "FILE.yaml", "[SYNC]", "emr|crm": what the script needs to know of it. */
static void print_takes(const char *word, size_t len)
{
	bool path = len >= 4 && strncmp(word, "FILE", 4) == 0;

	if (path || (len == 3 && strncmp(word, "DIR", 3) == 0))
		printf("%.*s", path ? 4 : 3, word);
	else if (memchr(word, '|', len) && word[0] >= 'a' && word[0] <= 'z')
		printf("%.*s", (int)len, word);
	else
		putchar('-');
}

static void print_words(const char *positionals)
{
	const char *at = positionals;

	printf("\t\twords=(");
	while (*at) {
		size_t len = strcspn(at, " "), skip = at[0] == '[';

		putchar('\'');
		print_takes(at + skip, len - 2 * skip);
		putchar('\'');
		at += len;
		if (*at)
			putchar(*at++);
	}
	printf(")\n");
}

static void print_option_cases(const struct cli_option *rows, size_t most)
{
	for (size_t i = 0; i < most && rows[i].name; i++) {
		if (!rows[i].value)
			continue;
		printf("\t\t--%s) takes='", rows[i].name);
		print_takes(rows[i].value, strlen(rows[i].value));
		printf("' ;;\n");
	}
}

static void print_names(const struct cli_option *rows, size_t most, bool only_valued)
{
	for (size_t i = 0; i < most && rows[i].name; i++) {
		if (rows[i].value || !only_valued)
			printf("--%s ", rows[i].name);
	}
}

static void print_command(const struct command *c)
{
	printf("\t%s)\n\t\toptions='", c->name);
	print_names(c->options, CLI_OPTIONS, false);
	print_names(args_common, args_common_count, false);
	printf("'\n\t\tvalued=' ");
	print_names(c->options, CLI_OPTIONS, true);
	print_names(args_common, args_common_count, true);
	printf("'\n");
	print_words(c->positionals);
	printf("\t\tcase $before in\n");
	print_option_cases(c->options, CLI_OPTIONS);
	print_option_cases(args_common, args_common_count);
	printf("\t\tesac ;;\n");
}

static void print_commands(void)
{
	printf("\t\tmapfile -t COMPREPLY < <(compgen -W 'help version");
	for (size_t i = 0; i < cli_command_count; i++) {
		if (!cli_commands[i].hidden)
			printf(" %s", cli_commands[i].name);
	}
	printf("' -- \"$cur\")\n\t\treturn\n\tfi\n\tcase $command in\n");
	for (size_t i = 0; i < cli_command_count; i++) {
		if (!cli_commands[i].hidden)
			print_command(&cli_commands[i]);
	}
	printf("\tesac\n");
}

int cmd_completion(struct cli_args *args, struct err *err)
{
	if (!str_eq_c(args->positional[0], "bash"))
		return err_set(err, ERR_USAGE, "there is a completion for bash only: suture completion bash");
	fputs(head, stdout);
	print_commands();
	fputs(choose, stdout);
	return EXIT_DONE;
}
