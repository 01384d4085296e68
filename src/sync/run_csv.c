/* run_csv: the ids of a CSV file (R35): the first cell of each row that is an id; every other row is counted as ignored, never an error. */
#include "codec/csv.h"
#include "sync/run.h"

struct reading {
	const struct plan *plan;
	struct arena *arena;
	struct map seen;
	struct csv_ids *ret;
	size_t room;
	uint64_t rows;
};

static void keep(struct reading *r, struct str id)
{
	if (r->ret->count == r->room) {
		size_t room = r->room ? size_mul(r->room, 2) : 1024;
		struct str *longer = arena_new_array(r->arena, struct str, room);

		for (size_t i = 0; i < r->ret->count; i++)
			longer[i] = r->ret->ids[i];
		r->ret->ids = longer;
		r->room = room;
	}
	r->ret->ids[r->ret->count++] = id;
}

/* Where a connector has no opinion, an id is one word with a digit in it. */
static struct str id_of(const struct reading *r, struct str cell)
{
	const struct connector *kind = r->plan->conn[SIDE_CRM]->kind;
	bool digit = false;

	if (kind->record_id)
		return kind->record_id(r->arena, cell);
	for (size_t i = 0; i < cell.len; i++) {
		if ((unsigned char)cell.at[i] <= ' ')
			return STR_EMPTY;
		digit = digit || (cell.at[i] >= '0' && cell.at[i] <= '9');
	}
	return digit ? arena_str(r->arena, cell) : STR_EMPTY;
}

static void refuse(struct reading *r, struct str id, const char *why)
{
	if (r->ret->refused_count < CSV_REFUSED_MAX)
		r->ret->refused[r->ret->refused_count++] =
		        (struct csv_refused) { .row = r->rows, .id = id, .why = why };
}

/* Why a first cell is no id, as far as it can be told. */
static const char *fault_of(const struct reading *r, struct str cell)
{
	if (cell.len == 0)
		return "the first cell is empty";
	if (r->rows == 1)
		return "a header, or no id in the first cell";
	if (str_find_char(cell, ' ') >= 0)
		return "text, not an id: the paragraph under an exported report, perhaps";
	return "the first cell is no id of this system (Salesforce: 15 or 18 letters and digits)";
}

static int on_row(void *context, const struct csv_row *row, struct err *err)
{
	struct reading *r = context;
	struct str cell = row->count ? str_trim(row->cells[0]) : STR_EMPTY;
	struct str id = id_of(r, cell);

	(void)err;
	r->rows++;
	if (id.len == 0) {
		r->ret->ignored++;
		refuse(r, STR_EMPTY, fault_of(r, cell));
	} else if (map_get(&r->seen, id)) {
		r->ret->repeated++;
		refuse(r, id, "the same id stands further up");
	} else {
		map_put(&r->seen, id, r);
		keep(r, id);
	}
	return 0;
}

/* What spreadsheets call "Unicode text": no cell of it would be an id. */
static bool is_utf16(struct str csv)
{
	return str_starts(csv, STR("\xff\xfe")) || str_starts(csv, STR("\xfe\xff"));
}

int run_read_csv(const struct plan *plan, struct arena *arena, struct str csv, struct csv_ids *ret, struct err *err)
{
	struct reading r = { .plan = plan, .arena = arena, .seen = MAP_INIT(arena), .ret = ret };
	struct csv_reader *reader;
	int code;

	*ret = (struct csv_ids) { .refused = arena_new_array(arena, struct csv_refused, CSV_REFUSED_MAX) };
	if (is_utf16(csv))
		return err_set(err, ERR_PARSE, "the CSV file is UTF-16 (\"Unicode text\"): save it as \"CSV UTF-8\"");
	reader = csv_reader_new(on_row, &r);
	code = csv_feed(reader, csv, err);
	if (code == 0)
		code = csv_end(reader, err);
	csv_reader_free(&reader);
	return code < 0 ? err_wrap(err, "read the CSV file") : 0;
}
