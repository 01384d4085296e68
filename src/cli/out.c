#include "cli/out.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "codec/fold.h"
#include "lib/clock.h"
#include "lib/limits.h"

enum { GAP = 2, NARROWEST = 8 };

void out_begin(struct out *out, const struct cli_args *args, const struct out_column *columns, const char *empty)
{
	*out = (struct out) { .args = args, .empty = empty, .columns = columns };
	while (columns[out->column_count].name)
		out->column_count++;
	ensure(out->column_count <= OUT_COLUMNS);
}

void out_row(struct out *out, const struct str *cells)
{
	struct arena *arena = out->args->arena;

	if (out->rows == out->room) {
		size_t room = out->room ? out->room * 2 : 32;
		size_t cells_room = size_mul(room, out->column_count);
		struct str *all = arena_new_array(arena, struct str, cells_room);

		if (out->rows)
			memcpy(all, out->cells, sizeof(*all) * out->rows * out->column_count);
		out->cells = all;
		out->room = room;
	}
	for (size_t i = 0; i < out->column_count; i++)
		out->cells[out->rows * out->column_count + i] = arena_str(arena, cells[i]);
	out->rows++;
}

/* ---- JSON ---- */

static void write_cell(struct buf *text, struct str cell, enum out_kind kind)
{
	if (cell.len == 0)
		buf_add_c(text, "null");
	else if (kind == OUT_NUMBER)
		buf_add(text, cell);
	else
		json_write_string(text, cell);
}

void out_write_json(const struct out *out, struct buf *text)
{
	buf_add_char(text, '[');
	for (size_t row = 0; row < out->rows; row++) {
		buf_add_c(text, row ? ",\n{" : "{");
		for (size_t i = 0; i < out->column_count; i++) {
			buf_printf(text, "%s\"%s\":", i ? "," : "", out->columns[i].name);
			write_cell(text, out->cells[row * out->column_count + i], out->columns[i].kind);
		}
		buf_add_char(text, '}');
	}
	buf_add_char(text, ']');
}

/* ---- tables ---- */

/* Columns of the terminal that stdout is; 0: it is none, or it does not say. */
static size_t terminal_width(void)
{
	struct winsize size;
	int64_t columns;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (str_to_i64(str_of(getenv("COLUMNS")), &columns) && columns > 0)
		return (size_t)columns;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

struct str out_short_time(struct arena *arena, struct str time)
{
	const size_t date = sizeof("2026-07-18") - 1, clock = sizeof("09:15:22") - 1;

	if (time.len < date + 1 + clock)
		return time;
	return arena_printf(arena, "%.*s %.*sZ", (int)date, time.at, (int)clock, time.at + date + 1);
}

/*
 * How many bytes of text begin here that a terminal would obey, or that turn the order of letters round so that a line reads as another: C0, DEL, and as UTF-8
 * writes them C1, U+202A to U+202E and U+2066 to U+2069. 0: none.
 */
static size_t control_len(struct str text)
{
	unsigned char c[3] = { 0 };

	memcpy(c, text.at, MIN_OF(text.len, sizeof(c)));
	if (c[0] < 0x20 || c[0] == 0x7f)
		return 1;
	if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
		return 2;
	if (c[0] == 0xe2 &&
	    ((c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae) || (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9)))
		return 3;
	return 0;
}

static struct str shown_cell(struct arena *arena, struct str cell, enum out_kind kind)
{
	SCOPED(buf) struct buf copy = BUF_INIT(LIMIT_HTTP_BODY);

	if (kind == OUT_TIME)
		return out_short_time(arena, cell);
	while (cell.len) {
		size_t control = control_len(cell);

		buf_add_char(&copy, control ? ' ' : cell.at[0]);
		cell = str_skip(cell, control ? control : 1);
	}
	return arena_str(arena, buf_str(&copy));
}

struct table {
	const struct out *out;
	struct str *cells;          /* as shown */
	size_t widths[OUT_COLUMNS]; /* 0: nothing stands in the column, it is left out */
};

static size_t table_width(const struct table *t)
{
	size_t width = 0;

	for (size_t i = 0; i < t->out->column_count; i++)
		width += t->widths[i] ? t->widths[i] + (width ? GAP : 0) : 0;
	return width;
}

/* The widest column that may be cut; NULL: none can be. */
static size_t *widest(struct table *t)
{
	size_t *found = NULL;

	for (size_t i = 0; i < t->out->column_count; i++) {
		const struct out_column *column = &t->out->columns[i];

		if (column->kind == OUT_TEXT && t->widths[i] > MAX_OF(strlen(column->name), (size_t)NARROWEST) &&
		    (!found || t->widths[i] > *found))
			found = &t->widths[i];
	}
	return found;
}

static bool drop_spare(struct table *t)
{
	for (size_t i = t->out->column_count; i-- > 0;) {
		if (t->out->columns[i].spare && t->widths[i]) {
			t->widths[i] = 0;
			return true;
		}
	}
	return false;
}

static void fit(struct table *t, size_t most)
{
	size_t *column;

	while (table_width(t) > most && drop_spare(t))
		;
	while (table_width(t) > most && (column = widest(t)) != NULL)
		(*column)--;
}

static void lay_out(struct table *t)
{
	const struct out *out = t->out;
	size_t most = terminal_width(), count = size_mul(out->rows, out->column_count);

	t->cells = arena_new_array(out->args->arena, struct str, count);
	for (size_t at = 0; at < count; at++) {
		size_t i = at % out->column_count, length;

		t->cells[at] = shown_cell(out->args->arena, out->cells[at], out->columns[i].kind);
		length = fold_length(t->cells[at]);
		if (length)
			t->widths[i] = MAX_OF(MAX_OF(t->widths[i], length), strlen(out->columns[i].name));
	}
	if (most)
		fit(t, most);
}

/* The first `count` characters of a UTF-8 text. */
static struct str first_characters(struct str text, size_t count)
{
	size_t at = 0;

	while (at < text.len && count > 0) {
		at++;
		while (at < text.len && ((unsigned char)text.at[at] & 0xc0) == 0x80)
			at++;
		count--;
	}
	return str_range(text.at, at);
}

static void add_cell(struct buf *line, struct str cell, size_t width, enum out_kind kind)
{
	size_t length = fold_length(cell);

	if (kind == OUT_NUMBER)
		buf_printf(line, "%*s", (int)(width - MIN_OF(length, width)), "");
	if (length > width) {
		buf_add(line, first_characters(cell, width - 1));
		buf_add_c(line, "…");
		return;
	}
	buf_add(line, cell);
	if (kind != OUT_NUMBER)
		buf_printf(line, "%*s", (int)(width - length), "");
}

/* `cells` NULL: the names of the columns. */
static void print_row(const struct table *t, const struct str *cells)
{
	SCOPED(buf) struct buf line = BUF_INIT(LIMIT_HTTP_BODY);
	struct str text;

	for (size_t i = 0; i < t->out->column_count; i++) {
		const struct out_column *column = &t->out->columns[i];

		if (t->widths[i] == 0)
			continue;
		buf_printf(&line, "%*s", line.len ? GAP : 0, "");
		add_cell(&line, cells ? cells[i] : str_of(column->name), t->widths[i], column->kind);
	}
	text = buf_str(&line);
	while (text.len && text.at[text.len - 1] == ' ')
		text.len--;
	printf("%.*s\n", STR_ARG(text));
}

static void print_table(const struct out *out)
{
	struct table table = { .out = out };

	if (out->rows == 0) {
		printf("%s\n", out->empty);
		return;
	}
	lay_out(&table);
	print_row(&table, NULL);
	for (size_t row = 0; row < out->rows; row++)
		print_row(&table, table.cells + row * out->column_count);
}

void out_end(struct out *out)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_BODY);

	if (!out->args->json) {
		print_table(out);
		return;
	}
	out_write_json(out, &text);
	printf("%s\n", buf_text(&text));
}

void out_object(const struct cli_args *args, const struct json *object)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_BODY);
	size_t width = 0;

	if (args->json) {
		json_write(&text, object);
		printf("%s\n", buf_text(&text));
		return;
	}
	JSON_EACH (object, member)
		width = MAX_OF(width, member->key.len);
	JSON_EACH (object, member) {
		buf_clear(&text);
		if (member->kind == JSON_STRING)
			buf_add(&text, member->text);
		else
			json_write(&text, member);
		printf("%-*.*s  %s\n", (int)width, STR_ARG(member->key), buf_text(&text));
	}
}

void out_hint(const struct cli_args *args, const char *format, ...)
{
	va_list list;

	if (args->json)
		return;
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
}

struct str out_number(struct arena *arena, int64_t n)
{
	return arena_printf(arena, "%lld", (long long)n);
}

struct str out_id(struct arena *arena, int64_t id)
{
	return id ? out_number(arena, id) : STR_EMPTY;
}

struct str out_time(struct arena *arena, int64_t ms)
{
	return ms ? clock_rfc3339(arena, ms) : STR_EMPTY;
}
