/*
 * csv: streaming reader and writer over libcsv. Any quoting, any line ending, a leading byte-order mark is skipped (R35).
 * Blanks around an unquoted cell are dropped and so are empty lines; a quote that never closes ends with the file where it is on its last line.
 * ERR_PARSE: a cell over LIMIT_CSV_FIELD, a row over LIMIT_PAYLOAD, a quote that never closes with lines behind it. Written rows end in CR LF (RFC 4180).
 */
#ifndef SUTURE_CODEC_CSV_H
#define SUTURE_CODEC_CSV_H

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"

struct csv_row {
	struct str *cells;
	size_t count;
	uint64_t number; /* 1-based, of the row in the file */
};

struct csv_reader;

/* `on_row` returns 0 to go on or a negative code to stop (which csv_feed returns). The row lives until it returns. */
struct csv_reader *csv_reader_new(int (*on_row)(void *context, const struct csv_row *row, struct err *err),
                                  void *context);
int csv_feed(struct csv_reader *reader, struct str bytes, struct err *err) MUST_CHECK;
int csv_end(struct csv_reader *reader, struct err *err) MUST_CHECK;
void csv_reader_free(struct csv_reader **reader);

/* Writes one cell, quoted when needed. A leading = + - @ tab or CR is defused with ' so that no spreadsheet runs it. */
void csv_write_cell(struct buf *out, struct str cell, bool first_in_row);
void csv_write_end(struct buf *out);

#endif
