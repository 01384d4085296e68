/* args: words of the command line to a command with its options. Private to cli. */
#ifndef SUTURE_CLI_ARGS_H
#define SUTURE_CLI_ARGS_H

#include "cli/cli.h"

/* Options that every command takes. */
extern const struct cli_option args_common[];
extern const size_t args_common_count;

const struct command *args_find_command(struct str name);
/* The command whose name is nearest to a mistyped one; NULL: none is near. */
const struct command *args_nearest_command(struct str name);
/* Fills positionals and options of args->command from argv[2]. ERR_USAGE says what is taken. `ret_help`: --help was among them. */
int args_parse(struct cli_args *args, int argc, char **argv, bool *ret_help, struct err *err) MUST_CHECK;

#endif
