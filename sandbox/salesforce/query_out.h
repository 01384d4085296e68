/* query_out: rows of a compiled query as JSON records and as CSV cells. */
#ifndef SUTURE_SANDBOX_SALESFORCE_QUERY_OUT_H
#define SUTURE_SANDBOX_SALESFORCE_QUERY_OUT_H

#include "sandbox/salesforce/soql.h"

/* One record with its columns in order; parent fields nest. */
void query_write_row(struct buf *out, const struct soql *soql, struct str version, uint32_t number);
/* {"attributes":{"type":"AggregateResult"},"expr0":5} */
void query_write_aggregate(struct buf *out, const struct soql *soql, const uint32_t *rows, size_t count);
/* The answer to ?columns=true, which the vendor's own CLI asks for (section 11). */
void query_write_columns(struct buf *out, const struct soql *soql);
/* Text of one column; "true"/"false" for a checkbox. */
struct str query_cell(const struct soql *soql, const struct soql_column *column, uint32_t number,
                      char scratch[SCRATCH_SIZE]);
/* "Account.Name" */
void query_column_name(struct buf *out, const struct soql_path *path);

#endif
