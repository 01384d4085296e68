/* help: the list of commands, --help of one, and the man page, all from the rows of commands.c. Private to cli. */
#ifndef SUTURE_CLI_HELP_H
#define SUTURE_CLI_HELP_H

#include "cli/cli.h"

void help_overview(FILE *to);
void help_list(const struct cli_args *args);    /* the overview with --json */
void help_command(const struct cli_args *args); /* text, or one JSON object with --json */
/* suture(1) in man's own macros, on stdout. */
void help_man_page(const struct cli_args *args);

#endif
