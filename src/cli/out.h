/*
 * out: what a command prints: a table for people, or one JSON value. A command fills rows once; --json decides the form.
 *
 *	struct out out;
 *	out_begin(&out, args, "id", "state", NULL);
 *	out_row(&out, id, state, NULL)     -- texts, in column order
 *	out_end(&out);
 */
#ifndef SUTURE_CLI_OUT_H
#define SUTURE_CLI_OUT_H

#include "cli/cli.h"

enum { OUT_COLUMNS = 12 };

struct out {
	const struct cli_args *args;
	const char *columns[OUT_COLUMNS];
	size_t column_count;
	struct str *cells;           /* rows x columns */
	size_t rows, room;
	const char *empty;           /* what to say when there is nothing */
};

void out_begin(struct out *out, const struct cli_args *args, const char *const *columns, const char *empty);
/* `cells`: as many as there are columns; copied. A cell that is a whole number becomes a number in JSON. */
void out_row(struct out *out, const struct str *cells);
void out_end(struct out *out);
/* One object: with --json as it is, else a line a member. */
void out_object(const struct cli_args *args, const struct json *object);
struct str out_number(struct arena *arena, int64_t n);
struct str out_time(struct arena *arena, int64_t ms);       /* empty for 0 */

#endif
