#include "cli/out.h"

#include <stdlib.h>
#include <string.h>

#include "codec/fold.h"
#include "lib/clock.h"
#include "lib/limits.h"

void out_begin(struct out *out, const struct cli_args *args, const char *const *columns, const char *empty)
{
	*out = (struct out) { .args = args, .empty = empty };
	for (; columns[out->column_count]; out->column_count++) {
		ensure(out->column_count < OUT_COLUMNS);
		out->columns[out->column_count] = columns[out->column_count];
	}
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

static void write_cell(struct buf *text, struct str cell)
{
	int64_t number;

	if (cell.len == 0)
		buf_add_c(text, "null");
	else if (str_to_i64(cell, &number) && (cell.at[0] != '0' || cell.len == 1) && cell.len < 16)
		buf_add(text, cell);
	else
		json_write_string(text, cell);
}

static void print_json(const struct out *out)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_BODY);

	buf_add_char(&text, '[');
	for (size_t row = 0; row < out->rows; row++) {
		buf_add_c(&text, row ? ",\n{" : "{");
		for (size_t i = 0; i < out->column_count; i++) {
			buf_printf(&text, "%s\"%s\":", i ? "," : "", out->columns[i]);
			write_cell(&text, out->cells[row * out->column_count + i]);
		}
		buf_add_char(&text, '}');
	}
	printf("%s]\n", buf_text(&text));
}

static void print_table(const struct out *out)
{
	size_t widths[OUT_COLUMNS] = { 0 };

	if (out->rows == 0) {
		printf("%s\n", out->empty);
		return;
	}
	for (size_t i = 0; i < out->column_count; i++) {
		widths[i] = strlen(out->columns[i]);
		for (size_t row = 0; row < out->rows; row++)
			widths[i] = MAX_OF(widths[i], fold_length(out->cells[row * out->column_count + i]));
	}
	for (size_t i = 0; i < out->column_count; i++)
		printf("%s%-*s", i ? "  " : "", i + 1 < out->column_count ? (int)widths[i] : 0, out->columns[i]);
	putchar('\n');
	for (size_t row = 0; row < out->rows; row++) {
		for (size_t i = 0; i < out->column_count; i++) {
			struct str cell = out->cells[row * out->column_count + i];
			int pad = i + 1 < out->column_count ? (int)(widths[i] - fold_length(cell)) : 0;

			printf("%s%.*s%*s", i ? "  " : "", STR_ARG(cell), pad, "");
		}
		putchar('\n');
	}
}

void out_end(struct out *out)
{
	if (out->args->json)
		print_json(out);
	else
		print_table(out);
}

void out_object(const struct cli_args *args, const struct json *object)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_BODY);

	if (args->json) {
		json_write(&text, object);
		printf("%s\n", buf_text(&text));
		return;
	}
	JSON_EACH (object, member) {
		buf_clear(&text);
		if (member->kind == JSON_STRING)
			buf_add(&text, member->text);
		else
			json_write(&text, member);
		printf("%-20.*s %s\n", STR_ARG(member->key), buf_text(&text));
	}
}

struct str out_number(struct arena *arena, int64_t n)
{
	return arena_printf(arena, "%lld", (long long)n);
}

struct str out_time(struct arena *arena, int64_t ms)
{
	return ms ? clock_rfc3339(arena, ms) : STR_EMPTY;
}
