/* CSV: the rows do not depend on how the file comes in pieces; what is written is read again as the same cells. */
#include "fuzz.h"

#include "codec/csv.h"

#include <string.h>

/* All rows of a reading as one text: lengths and bytes, so that nothing can look alike. */
struct reading {
	struct buf seen;
	struct buf rewritten;
	uint64_t rows;
	bool again; /* of what we wrote ourselves */
};

/* Defused where a spreadsheet would run it: read again, the mark is still there. */
static void see_cell(struct reading *r, struct str cell)
{
	bool defused = r->again && cell.len > 1 && cell.at[0] == '\'' && strchr("=+-@\t\r", cell.at[1]) && cell.at[1];

	cell = str_skip(cell, defused);
	buf_printf(&r->seen, "%zu:", cell.len);
	buf_add(&r->seen, cell);
}

static int on_row(void *context, const struct csv_row *row, struct err *err UNUSED)
{
	struct reading *r = context;

	law(row->number == ++r->rows);
	law(row->count > 0);
	buf_add_char(&r->seen, '|');
	for (size_t i = 0; i < row->count; i++) {
		see_cell(r, row->cells[i]);
		csv_write_cell(&r->rewritten, row->cells[i], i == 0);
	}
	csv_write_end(&r->rewritten);
	return 0;
}

static int read_all(struct str text, struct fuzz_dice *dice, struct reading *ret)
{
	struct csv_reader *reader = csv_reader_new(on_row, ret);
	struct err err = ERR_INIT;
	int code = 0;

	*ret = (struct reading) { .seen = BUF_INIT(SIZE_MAX), .rewritten = BUF_INIT(SIZE_MAX), .again = ret->again };
	while (code == 0 && text.len > 0) {
		struct str piece = dice ? fuzz_chunk(dice, &text) : text;

		text = dice ? text : STR_EMPTY;
		code = csv_feed(reader, piece, &err);
	}
	if (code == 0)
		code = csv_end(reader, &err);
	law(code == 0 || err.code == ERR_PARSE);
	csv_reader_free(&reader);
	return code;
}

static void reading_release(struct reading *r)
{
	buf_release(&r->seen);
	buf_release(&r->rewritten);
}

void fuzz_csv(struct str input)
{
	struct reading whole = { 0 }, pieces = { 0 }, again = { .again = true }, plain = { 0 };
	struct fuzz_dice dice = fuzz_dice_of(input);
	int code = read_all(input, NULL, &whole);

	law(read_all(input, &dice, &pieces) == code);
	law(str_eq(buf_str(&whole.seen), buf_str(&pieces.seen)));
	if (code == 0) {
		struct reading first = { .again = true };

		/* Cells that already begin with a mark of ours are not told apart from defused ones: compare what both readings make of it. */
		law(read_all(input, NULL, &first) == 0);
		law(read_all(buf_str(&whole.rewritten), NULL, &again) == 0);
		law(again.rows == whole.rows);
		law(str_eq(buf_str(&first.seen), buf_str(&again.seen)));
		reading_release(&first);
	}
	reading_release(&whole);
	reading_release(&pieces);
	reading_release(&again);
	reading_release(&plain);
}
