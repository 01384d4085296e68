/*
 * batch: a run from the command line: carried out here or, where the daemon works on the sync, left to it and followed in the store. Ctrl-C stops it after
 * the chunk in hand either way.
 */
#ifndef SUTURE_CLI_BATCH_H
#define SUTURE_CLI_BATCH_H

#include "cli/cli.h"
#include "sync/run.h"

/* *ret->id is 0 where there was nothing to do: a delta without changes. --quiet of the command is obeyed. ERR_ABORTED; other errors stopped the run. */
int batch_run(struct cli_args *args, struct plan *plan, const struct run_order *order, struct run *ret,
              struct err *err) MUST_CHECK;
/* Everything that is owed, back-references too. */
int batch_drain(struct cli_args *args, struct plan *plan, struct err *err) MUST_CHECK;

#endif
