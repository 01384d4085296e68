/*
 * out: what a command prints: a table for people, or one JSON value. A command fills rows once; --json decides the form.
 *
 *	static const struct out_column columns[] = { { "run", OUT_NUMBER }, { "reason", OUT_TEXT }, { 0 } };
 *	out_begin(&out, args, columns, "nothing has run yet");
 *	out_row(&out, cells)     -- texts, in column order
 *	out_end(&out);
 *
 * In a table a column that is empty in every row is left out, times are UTC to the second, control characters (a street has line
 * ends, a record may hold an escape sequence) become blanks. On a terminal, spare columns are left out and then the widest texts cut with an
 * ellipsis until a row fits; numbers, ids, times and whole texts are never cut. JSON has every column, uncut; an empty cell is null.
 */
#ifndef SUTURE_CLI_OUT_H
#define SUTURE_CLI_OUT_H

#include "cli/cli.h"

enum { OUT_COLUMNS = 12 };

enum out_kind { OUT_TEXT, OUT_NUMBER, OUT_ID, OUT_TIME, OUT_WHOLE };

struct out_column {
	const char *name; /* NULL ends the list */
	enum out_kind kind;
	bool spare; /* the first to be left out where a row does not fit */
};

struct out {
	const struct cli_args *args;
	const struct out_column *columns;
	size_t column_count;
	struct str *cells; /* rows x columns */
	size_t rows, room;
	const char *empty; /* what to say when there is nothing */
};

void out_begin(struct out *out, const struct cli_args *args, const struct out_column *columns, const char *empty);
/* `cells`: as many as there are columns; copied. */
void out_row(struct out *out, const struct str *cells);
void out_end(struct out *out);
/* The rows as a JSON list: what out_end prints with --json. */
void out_write_json(const struct out *out, struct buf *text);
/* One object: with --json as it is, else a line a member. */
void out_object(const struct cli_args *args, const struct json *object);
/* What to do next or where to look, for people only: nothing with --json. */
void out_hint(const struct cli_args *args, const char *format, ...) PRINTF(2, 3);
struct str out_number(struct arena *arena, int64_t n);
struct str out_id(struct arena *arena, int64_t id);   /* empty for 0: none */
struct str out_time(struct arena *arena, int64_t ms); /* empty for 0 */
/* 2026-07-18 09:15:22Z of what out_time gave. */
struct str out_short_time(struct arena *arena, struct str time);

#endif
