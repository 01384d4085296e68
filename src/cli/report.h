/* report: what became of a run, for `import` and `report`, and lists of staged payloads, for `report` and `staged`. */
#ifndef SUTURE_CLI_REPORT_H
#define SUTURE_CLI_REPORT_H

#include "cli/cli.h"
#include "sync/person.h"
#include "sync/run.h"

/* Prints the run's counts and what to do next; EXIT_SOME_FAILED when some failed. */
int report_run(struct cli_args *args, const struct run *run, struct err *err);
/* How many records were read, and a line for each outcome that occurred; `counts` has OUTCOME_COUNT places. */
void report_counts(const int64_t *counts, int64_t read);
int report_staged(struct cli_args *args, const struct staged_filter *filter, const char *empty, struct err *err);

/* What a wish would write, field by field; writes nothing. */
int preview_wish(struct cli_args *args, const struct person_asks *asks, struct err *err);

/* "emr" or "crm"; else ERR_USAGE. */
int side_of_word(struct str word, enum side *ret, struct err *err) MUST_CHECK;
/* A whole file, of at most 64 MB, that holds something. */
int read_input(struct arena *arena, const char *path, struct str *ret, struct err *err) MUST_CHECK;
/* --wait of the running command. */
int wait_option(const struct cli_args *args, int64_t *ret_ms, struct err *err) MUST_CHECK;

/* --after and --limit of the running command. */
int page_options(const struct cli_args *args, int64_t *ret_after, size_t *ret_limit, struct err *err) MUST_CHECK;
/* Says how to go on when a list was cut; for people only, on stderr. */
void page_told(const struct cli_args *args, size_t count, size_t limit, int64_t last_id);
/* A count and its noun: "1 record", "3 records". */
const char *plural(int64_t n, const char *one, const char *many);

#endif
