/* report: what became of a run, for `import` and `report`. */
#ifndef SUTURE_CLI_REPORT_H
#define SUTURE_CLI_REPORT_H

#include "cli/cli.h"
#include "sync/run.h"

/* Prints the run's counts; EXIT_SOME_FAILED when some failed. */
int report_run(struct cli_args *args, const struct run *run, struct err *err);

#endif
