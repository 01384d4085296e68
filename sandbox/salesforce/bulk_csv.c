#include "sandbox/salesforce/bulk_csv.h"

static char peek(const struct csv_pull *pull)
{
	return pull->rest.len > 0 ? pull->rest.at[0] : '\0';
}

static void skip(struct csv_pull *pull)
{
	pull->rest = str_skip(pull->rest, 1);
}

static bool at_line_end(const struct csv_pull *pull)
{
	return pull->rest.len == 0 || peek(pull) == '\n' || peek(pull) == '\r';
}

static struct str plain_cell(struct csv_pull *pull)
{
	struct str cell = str_range(pull->rest.at, 0);

	while (!at_line_end(pull) && peek(pull) != pull->delimiter) {
		cell.len++;
		skip(pull);
	}
	return cell;
}

/* Behind the opening quote. */
static bool quoted_cell(struct csv_pull *pull, struct arena *arena, struct str *ret)
{
	struct str start = pull->rest;
	size_t end = 0, doubled = 0, len = 0;
	char *out;

	for (;; end++) {
		if (end >= start.len)
			return false;
		if (start.at[end] != '"')
			continue;
		if (end + 1 >= start.len || start.at[end + 1] != '"')
			break;
		doubled++;
		end++;
	}
	pull->rest = str_skip(start, end + 1);
	*ret = str_range(start.at, end);
	if (doubled == 0)
		return true;
	out = arena_alloc_bytes(arena, end);
	for (size_t i = 0; i < end; i++) {
		out[len++] = start.at[i];
		i += start.at[i] == '"';
	}
	*ret = str_range(out, len);
	return true;
}

static void skip_line_end(struct csv_pull *pull)
{
	if (peek(pull) == '\r')
		skip(pull);
	if (peek(pull) == '\n')
		skip(pull);
}

enum csv_pulled csv_pull_row(struct csv_pull *pull, struct arena *arena, struct str cells[CSV_COLUMNS_MAX],
                             size_t *ret_count)
{
	size_t count = 0;

	while (pull->rest.len > 0 && at_line_end(pull))
		skip(pull);
	if (pull->rest.len == 0)
		return CSV_END;
	for (;;) {
		if (count == CSV_COLUMNS_MAX)
			return CSV_BROKEN;
		if (peek(pull) == '"') {
			skip(pull);
			if (!quoted_cell(pull, arena, &cells[count]))
				return CSV_BROKEN;
		} else {
			cells[count] = plain_cell(pull);
		}
		count++;
		if (at_line_end(pull))
			break;
		if (peek(pull) != pull->delimiter)
			return CSV_BROKEN;
		skip(pull);
	}
	skip_line_end(pull);
	*ret_count = count;
	return CSV_ROW;
}
