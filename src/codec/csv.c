/*
 * The reader drives libcsv in slices, so that a quote that never closes is noticed before it has swallowed the memory.
 * A row is gathered cell by cell in an arena, handed over, and the arena is reset. Once the caller's function has said
 * stop, or a limit is passed, `stopped` holds the code and the rest is ignored.
 *
 * Blanks around an unquoted cell and lines without anything are dropped by libcsv; quotes in odd places are taken as
 * they come (R35: a person's file is read as far as it makes sense).
 */
#include "codec/csv.h"

#include "lib/limits.h"

#include <csv.h>
#include <string.h>

struct csv_reader {
	struct arena home; /* where this struct lies */
	struct csv_parser parser;
	struct arena arena; /* of the row that is being gathered */
	struct csv_row row;
	size_t cells_cap;
	int (*on_row)(void *context, const struct csv_row *row, struct err *err);
	void *context;
	struct err *err; /* of the csv_feed() or csv_end() that is running */
	struct err failure;
	int stopped;
	size_t mark_seen; /* bytes of the byte-order mark seen so far; MARK_LEN once that is decided */
};

static const char mark[] = "\xef\xbb\xbf";

enum { MARK_LEN = 3, SLICE = 16 << 10, BLOCK = 4 << 10 };

static void stop(struct csv_reader *reader, const char *problem)
{
	reader->stopped =
	        err_set(reader->err, ERR_PARSE, "row %llu: %s", (unsigned long long)reader->row.number + 1, problem);
	reader->failure = *reader->err;
}

static void add_cell(struct csv_reader *reader, struct str cell)
{
	struct csv_row *row = &reader->row;

	if (row->count == reader->cells_cap) {
		size_t cap = MAX_OF(reader->cells_cap * 2, (size_t)32);
		struct str *larger = arena_new_array(&reader->arena, struct str, cap);

		if (row->count)
			memcpy(larger, row->cells, row->count * sizeof(*larger));
		row->cells = larger;
		reader->cells_cap = cap;
	}
	row->cells[row->count++] = arena_str(&reader->arena, cell);
}

static void on_cell(void *bytes, size_t len, void *context)
{
	struct csv_reader *reader = context;

	if (reader->stopped)
		return;
	if (len > LIMIT_CSV_FIELD)
		stop(reader, "a cell is too long; is a quote missing?");
	else if (reader->arena.used > LIMIT_PAYLOAD)
		stop(reader, "too long; are the line ends missing?");
	else
		add_cell(reader, str_range(bytes, len));
}

static void on_row_end(int c UNUSED, void *context)
{
	struct csv_reader *reader = context;

	if (reader->stopped)
		return;
	reader->row.number++;
	reader->stopped = reader->on_row(reader->context, &reader->row, reader->err);
	if (reader->stopped)
		reader->failure = *reader->err;
	reader->row.cells = NULL;
	reader->row.count = 0;
	reader->cells_cap = 0;
	arena_reset(&reader->arena);
}

struct csv_reader *csv_reader_new(int (*on_row)(void *context, const struct csv_row *row, struct err *err),
                                  void *context)
{
	struct arena home = ARENA_INIT;
	struct csv_reader *reader = arena_new(&home, struct csv_reader);

	reader->home = home;
	must(csv_init(&reader->parser, 0) == 0);
	csv_set_blk_size(&reader->parser, BLOCK);
	reader->on_row = on_row;
	reader->context = context;
	return reader;
}

static int report_stop(const struct csv_reader *reader, struct err *err)
{
	*err = reader->failure;
	return reader->stopped;
}

static void parse(struct csv_reader *reader, struct str bytes)
{
	while (bytes.len > 0 && !reader->stopped) {
		struct str slice = str_range(bytes.at, MIN_OF(bytes.len, (size_t)SLICE));

		must(csv_parse(&reader->parser, slice.at, slice.len, on_cell, on_row_end, reader) == slice.len);
		if (!reader->stopped && csv_get_buffer_size(&reader->parser) > LIMIT_CSV_FIELD + BLOCK)
			stop(reader, "a cell is too long; is a quote missing?");
		bytes = str_skip(bytes, slice.len);
	}
}

/* The mark may come in pieces; what only looked like one is data. */
static struct str skip_mark(struct csv_reader *reader, struct str bytes)
{
	while (bytes.len > 0 && reader->mark_seen < MARK_LEN) {
		if (bytes.at[0] != mark[reader->mark_seen]) {
			parse(reader, str_range(mark, reader->mark_seen));
			reader->mark_seen = MARK_LEN;
			break;
		}
		reader->mark_seen++;
		bytes = str_skip(bytes, 1);
	}
	return bytes;
}

int csv_feed(struct csv_reader *reader, struct str bytes, struct err *err)
{
	reader->err = err;
	if (reader->stopped)
		return report_stop(reader, err);
	parse(reader, skip_mark(reader, bytes));
	return reader->stopped;
}

/* Rows that stand in the cell that a quote began and none ended would be lost without a word. libcsv has the cell so far in its buffer. */
static bool swallows_rows(const struct csv_reader *reader)
{
	enum { FIELD_BEGUN = 2 };
	const struct csv_parser *p = &reader->parser;
	struct str cell = str_range((const char *)p->entry_buf, p->entry_pos);

	return p->quoted && p->pstate == FIELD_BEGUN &&
	       (str_find_char(cell, '\n') >= 0 || str_find_char(cell, '\r') >= 0);
}

int csv_end(struct csv_reader *reader, struct err *err)
{
	reader->err = err;
	if (reader->stopped)
		return report_stop(reader, err);
	if (reader->mark_seen < MARK_LEN)
		parse(reader, str_range(mark, reader->mark_seen));
	reader->mark_seen = MARK_LEN;
	if (!reader->stopped && swallows_rows(reader))
		stop(reader, "a quote begins a cell and never ends it: the rows behind it are taken for its text");
	csv_fini(&reader->parser, on_cell, on_row_end, reader);
	return reader->stopped;
}

void csv_reader_free(struct csv_reader **reader)
{
	struct arena home;

	if (!*reader)
		return;
	home = (*reader)->home;
	csv_free(&(*reader)->parser);
	arena_release(&(*reader)->arena);
	arena_release(&home);
	*reader = NULL;
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c) != NULL;
}

static bool needs_quotes(struct str cell)
{
	static const char edges[] = " \t";

	if (cell.len == 0)
		return false;
	if (str_starts(cell, str_range(mark, MARK_LEN)))
		return true; /* else, as the first of a file, it would be taken for the file's */
	for (size_t i = 0; i < cell.len; i++) {
		if (is_one_of(cell.at[i], ",\"\r\n"))
			return true;
	}
	return is_one_of(cell.at[0], edges) || is_one_of(cell.at[cell.len - 1], edges);
}

void csv_write_cell(struct buf *out, struct str cell, bool first_in_row)
{
	const char *quote = needs_quotes(cell) ? "\"" : "";
	struct str part;

	if (!first_in_row)
		buf_add_char(out, ',');
	buf_add_c(out, quote);
	if (cell.len > 0 && is_one_of(cell.at[0], "=+-@\t\r"))
		buf_add_char(out, '\'');
	for (bool more = false; str_split(&cell, '"', &part); more = true) {
		if (more)
			buf_add(out, STR("\"\""));
		buf_add(out, part);
	}
	buf_add_c(out, quote);
}

void csv_write_end(struct buf *out)
{
	static const struct str end = { "\r\n", 2 };

	/* A row of one empty cell would be an empty line, which is no row to those who read. */
	if (out->len == 0 || str_ends(buf_str(out), end))
		buf_add_c(out, "\"\"");
	buf_add(out, end);
}
