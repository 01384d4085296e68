#include "sandbox/salesforce/bulk_rows.h"

#include "sandbox/salesforce/bulk_csv.h"
#include "sandbox/salesforce/record.h"

/* What a column of the upload means. */
struct column {
	struct str name;
	struct field *field; /* the field itself, or the reference when `parent` is set */
	struct str parent;   /* "Account.Site__c": Site__c */
};

struct ingest {
	struct arena arena; /* of one row */
	struct csv_pull pull;
	struct column columns[CSV_COLUMNS_MAX];
	size_t column_count;
	size_t id_column, key_column; /* CSV_COLUMNS_MAX: none */
	struct str cells[CSV_COLUMNS_MAX];
	struct draft draft;
};

/* ---- header ---- */

static bool read_column(struct job *job, struct column *column)
{
	struct str rest = column->name, first;

	column->field = object_field(job->object, column->name);
	if (column->field)
		return true;
	if (!str_split(&rest, '.', &first) || rest.len == 0)
		return false;
	column->field = object_relation(job->object, first);
	column->parent = rest;
	return column->field != NULL;
}

static void write_header(struct job *job, struct buf *out, const char *first, const char *second)
{
	struct ingest *ingest = job->ingest;

	if (first) {
		csv_write_quoted(out, job, str_of(first), true);
		csv_write_quoted(out, job, str_of(second), false);
	}
	for (size_t i = 0; i < ingest->column_count; i++)
		csv_write_quoted(out, job, ingest->columns[i].name, !first && i == 0);
	csv_write_line_end(out, job);
}

static bool read_header(struct job *job)
{
	struct ingest *ingest = job->ingest;

	if (csv_pull_row(&ingest->pull, &job->arena, ingest->cells, &ingest->column_count) != CSV_ROW) {
		job->error = STR("InvalidBatch : The upload has no header");
		return false;
	}
	for (size_t i = 0; i < ingest->column_count; i++) {
		struct column *column = &ingest->columns[i];

		column->name = ingest->cells[i];
		if (i == 0 && str_starts(column->name, STR("\xef\xbb\xbf")))
			column->name = str_skip(column->name, 3);
		if (!read_column(job, column)) {
			job->error = arena_printf(&job->arena, "InvalidBatch : Field name not found : %.*s",
			                          STR_ARG(column->name));
			return false;
		}
		if (column->field->source == SOURCE_ID)
			ingest->id_column = i;
		if (column->field == job->key && column->parent.len == 0)
			ingest->key_column = i;
	}
	return true;
}

bool ingest_begin(struct job *job)
{
	struct ingest *ingest = arena_new(&job->arena, struct ingest);

	*ingest = (struct ingest) {
		.pull = { .rest = buf_str(&job->content), .delimiter = job->delimiter },
		.id_column = CSV_COLUMNS_MAX,
		.key_column = CSV_COLUMNS_MAX,
	};
	job->ingest = ingest;
	if (!read_header(job))
		return false;
	write_header(job, &job->ok, "sf__Id", "sf__Created");
	write_header(job, &job->failed, "sf__Id", "sf__Error");
	write_header(job, &job->unprocessed, NULL, NULL);
	draft_init(&ingest->draft, job->org, job->object, &job->arena, DRAFT_INSERT);
	ingest->draft.arena = &ingest->arena;
	return true;
}

/* ---- one row ---- */

static void write_result(struct job *job, size_t count, struct buf *out, struct str first, struct str second)
{
	struct ingest *ingest = job->ingest;

	csv_write_quoted(out, job, first, true);
	csv_write_quoted(out, job, second, false);
	for (size_t i = 0; i < ingest->column_count; i++)
		csv_write_quoted(out, job, i < count ? ingest->cells[i] : STR_EMPTY, false);
	csv_write_line_end(out, job);
}

static void read_cells(struct job *job, size_t count, bool inserting)
{
	struct ingest *ingest = job->ingest;

	ingest->draft.mode = inserting ? DRAFT_INSERT : DRAFT_UPDATE;
	for (size_t i = 0; i < MIN_OF(count, ingest->column_count); i++) {
		const struct column *column = &ingest->columns[i];
		struct str cell = ingest->cells[i];

		if (i == ingest->id_column || cell.len == 0)
			continue;
		if (str_eq(cell, STR("#N/A")))
			draft_put_text(&ingest->draft, column->field, STR_EMPTY);
		else if (column->parent.len > 0)
			draft_put_parent(&ingest->draft, column->field, column->parent, cell);
		else
			draft_put_text(&ingest->draft, column->field, cell);
	}
}

static struct str cell_at(const struct ingest *ingest, size_t column, size_t count)
{
	return column < count ? str_trim(ingest->cells[column]) : STR_EMPTY;
}

/* NO_ROW and a problem when the id leads nowhere. */
static uint32_t row_of_id(struct job *job, size_t count, struct problems *problems)
{
	struct str id = cell_at(job->ingest, job->ingest->id_column, count);
	uint32_t number = rows_find(job->object, id);

	if (id.len == 0)
		problem_add(problems, "MISSING_ARGUMENT", STR_EMPTY, "Id not specified");
	else if (!id_valid(id) || !str_starts(id, str_of(job->object->prefix)))
		problem_add(problems, "MALFORMED_ID", STR("Id"), "malformed id %.*s", STR_ARG(id));
	else if (number == NO_ROW)
		problem_add(problems, "INVALID_CROSS_REFERENCE_KEY", STR_EMPTY, "invalid cross reference id");
	else if (row_at(job->object, number)->deleted)
		problem_add(problems, "ENTITY_IS_DELETED", STR_EMPTY, "entity is deleted");
	else
		return number;
	return NO_ROW;
}

/* The row to update; NO_ROW without a problem: insert. */
static uint32_t row_to_change(struct job *job, size_t count, struct problems *problems)
{
	struct str value = cell_at(job->ingest, job->ingest->key_column, count);
	uint32_t matches[2];
	size_t found;

	if (str_eq_c(STR("insert"), job->operation))
		return NO_ROW;
	if (!job->key || job->key->source == SOURCE_ID) {
		bool upsert_new = job->key && cell_at(job->ingest, job->ingest->id_column, count).len == 0;

		return upsert_new ? NO_ROW : row_of_id(job, count, problems);
	}
	if (value.len == 0) {
		problem_add(problems, "MISSING_ARGUMENT", str_of(job->key->name), "%s not specified", job->key->name);
		return NO_ROW;
	}
	found = rows_lookup(job->object, job->key, value, matches, 2);
	if (found > 1)
		problem_add(problems, "DUPLICATE_VALUE", str_of(job->key->name),
		            "More than one record found for external id field: %.*s", STR_ARG(value));
	return found == 1 ? matches[0] : NO_ROW;
}

static bool is_delete(const struct job *job)
{
	return str_eq_c(STR("delete"), job->operation) || str_eq_c(STR("hardDelete"), job->operation);
}

static uint32_t change(struct job *job, size_t count, struct problems *problems, bool *ret_created)
{
	uint32_t number = row_to_change(job, count, problems);

	*ret_created = false;
	if (problems->count > 0)
		return NO_ROW;
	if (is_delete(job))
		return record_delete(job->org, job->object, number, job->user) ? number : NO_ROW;
	draft_clear(&job->ingest->draft, problems);
	read_cells(job, count, number == NO_ROW);
	if (number == NO_ROW) {
		*ret_created = true;
		return record_insert(&job->ingest->draft, STR_EMPTY, job->user);
	}
	return record_update(&job->ingest->draft, number, job->user) ? number : NO_ROW;
}

static void run_row(struct job *job, size_t count)
{
	struct problems problems = PROBLEMS_INIT(&job->ingest->arena);
	bool created;
	uint32_t number = change(job, count, &problems, &created);
	char id[ID_LONG + 1];

	job->done_count++;
	if (number != NO_ROW) {
		id_long(row_at(job->object, number)->id, id);
		write_result(job, count, &job->ok, str_of(id), created ? STR("true") : STR("false"));
		return;
	}
	job->failed_count++;
	SCOPED(buf) struct buf error = BUF_INIT(4096);
	problems_write_bulk(&error, &problems);
	write_result(job, count, &job->failed, cell_at(job->ingest, job->ingest->id_column, count), buf_str(&error));
}

bool ingest_row(struct job *job)
{
	struct ingest *ingest = job->ingest;
	size_t count = 0;
	enum csv_pulled pulled;

	arena_reset(&ingest->arena);
	pulled = csv_pull_row(&ingest->pull, &ingest->arena, ingest->cells, &count);
	if (pulled == CSV_BROKEN)
		job->error = STR("InvalidBatch : Failed to parse CSV");
	if (pulled != CSV_ROW)
		return false;
	run_row(job, count);
	return true;
}

void ingest_leave_rest(struct job *job)
{
	struct str rest = job->ingest ? job->ingest->pull.rest : buf_str(&job->content);

	buf_add(&job->unprocessed, rest);
}

void ingest_end(struct job *job)
{
	if (job->ingest)
		arena_release(&job->ingest->arena);
	job->ingest = NULL;
}
