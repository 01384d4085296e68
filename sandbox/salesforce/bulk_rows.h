/* bulk_rows: the work of an ingest job, row by row. begin, then row until it says false, then end. */
#ifndef SUTURE_SANDBOX_SALESFORCE_BULK_ROWS_H
#define SUTURE_SANDBOX_SALESFORCE_BULK_ROWS_H

#include "sandbox/salesforce/bulk.h"

/* Reads the header. False: job->error says what is wrong with it. */
bool ingest_begin(struct job *job);
bool ingest_row(struct job *job);
/* What was not worked on goes into the unprocessed rows. */
void ingest_leave_rest(struct job *job);
void ingest_end(struct job *job);

#endif
