/* bulk_csv: rows pulled one after another from an uploaded text, with any of the vendor's delimiters. */
#ifndef SUTURE_SANDBOX_SALESFORCE_BULK_CSV_H
#define SUTURE_SANDBOX_SALESFORCE_BULK_CSV_H

#include "lib/arena.h"

#define CSV_COLUMNS_MAX 512

struct csv_pull {
	struct str rest;
	char delimiter;
};

enum csv_pulled { CSV_ROW, CSV_END, CSV_BROKEN };

/* Cells live in `arena` or in the text. Empty lines are passed over. CSV_BROKEN: a quote that never closes, too many cells. */
enum csv_pulled csv_pull_row(struct csv_pull *pull, struct arena *arena, struct str cells[CSV_COLUMNS_MAX],
                             size_t *ret_count);

#endif
