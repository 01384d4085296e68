/*
 * verdicts: what would be done, gathered from the engine's decisions, for preview and dry run.
 */
#ifndef SUTURE_CLI_VERDICTS_H
#define SUTURE_CLI_VERDICTS_H

#include "cli/cli.h"
#include "sync/figures.h"

struct verdicts {
	FILE *csv; /* NULL: none */
	struct figures figures;
	bool write_failed;
};

/* For engine->on_verdict; context is a struct verdicts. */
void verdicts_take(void *context, const struct verdict *verdict);
void verdicts_csv_header(FILE *csv);

#endif
