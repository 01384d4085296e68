/*
 * check: what would come of a mapping that is not saved: what its rows make of real values, which of its rows are wrong and how they are mended, what one record would get.
 * Values of patients are read only by routes that need the right for them and leave a line in the audit trail.
 */
#include "api/api_mapping.h"
#include "api/api_verdict.h"

#include <string.h>

#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/run.h"
#include "sync/sample.h"

enum { SAMPLES = 5, SAMPLES_MAX = 25, GUESS_EMR = 100, GUESS_CRM = 1000, GUESS_FIELDS = 150, TRY_ROWS = 1000 };

/* ---- real records ---- */

static int read_samples(struct api_call *call, struct err *err)
{
	struct sample_request request = { 0 };
	struct integration_row integration;
	struct json *items = api_new_list(call);
	struct connection *c;
	struct page page;
	int64_t count;

	if (api_integration(call, &integration, err) < 0 || api_need_text(call, "object", &request.object, err) < 0 ||
	    api_int(call, "count", SAMPLES, &count, err) < 0)
		return err_pass(err);
	if (count < 1 || count > SAMPLES_MAX)
		return err_set(err, ERR_DATA, "'count' is between 1 and %d", SAMPLES_MAX);
	request.count = (size_t)count;
	if (audit_note(&call->engine, "look", STR("samples for a mapping"), STR_EMPTY, STR_EMPTY, NULL, err) < 0 ||
	    api_open_side(call, &integration, SIDE_EMR, &c, err) < 0 ||
	    sample_read(c, call->arena, &request, &page, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < page.count; i++) {
		struct json *item = api_new(call);

		api_set(call, item, "id", page.records[i].id);
		api_set_json(call, item, "record", page.records[i].json);
		json_append(items, item);
	}
	call->answer = api_list(call, items, false, 0);
	return 0;
}

/* The CRM's fields that a mapping could write, and that say something. */
static size_t target_fields(struct api_call *call, const struct object_info *info, struct str **ret)
{
	size_t count = 0;

	*ret = arena_new_array(call->arena, struct str, GUESS_FIELDS);
	for (size_t i = 0; i < info->field_count && count < GUESS_FIELDS; i++) {
		const struct field_info *f = &info->fields[i];

		if (f->updateable && f->type != FIELD_BOOL && f->type != FIELD_REFERENCE && f->type != FIELD_LONG_TEXT)
			(*ret)[count++] = f->name;
	}
	return count;
}

static int read_both(struct api_call *call, struct page *ret_emr, struct page *ret_crm, struct err *err)
{
	struct sample_request emr = { .count = GUESS_EMR }, crm = { .count = GUESS_CRM };
	struct integration_row integration;
	struct connection *c[2];
	struct object_info info;
	struct str *fields;

	if (api_integration(call, &integration, err) < 0 || api_need_text(call, "emr_object", &emr.object, err) < 0 ||
	    api_need_text(call, "crm_object", &crm.object, err) < 0 ||
	    api_open_side(call, &integration, SIDE_EMR, &c[SIDE_EMR], err) < 0 ||
	    api_open_side(call, &integration, SIDE_CRM, &c[SIDE_CRM], err) < 0 ||
	    c[SIDE_CRM]->kind->describe(c[SIDE_CRM], call->arena, crm.object, &info, err) < 0)
		return err_pass(err);
	crm.field_count = target_fields(call, &info, &fields);
	crm.fields = fields;
	if (sample_read(c[SIDE_EMR], call->arena, &emr, ret_emr, err) < 0)
		return err_pass(err);
	return sample_read(c[SIDE_CRM], call->arena, &crm, ret_crm, err);
}

static int guess(struct api_call *call, struct err *err)
{
	static const struct api_member members[] = {
		API_MEMBER(struct guess, emr, API_TEXT),
		API_MEMBER(struct guess, crm, API_TEXT),
		API_MEMBER(struct guess, alike, API_INT),
		API_MEMBER(struct guess, of, API_INT),
		{ 0 },
	};
	struct json *items = api_new_list(call);
	struct guess *guesses;
	struct page emr, crm;
	size_t count;

	if (read_both(call, &emr, &crm, err) < 0 || guess_fields(call->arena, &emr, &crm, &guesses, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		/* The CRM's own members (Id, attributes) are no targets. */
		if (!str_eq_c(guesses[i].crm, "Id") && str_find_char(guesses[i].crm, '.') < 0)
			json_append(items, api_object(call, members, &guesses[i]));
	}
	call->answer = api_list(call, items, false, 0);
	api_set_int(call, call->answer, "emr_records", (int64_t)emr.count);
	api_set_int(call, call->answer, "crm_records", (int64_t)crm.count);
	return 0;
}

/* ---- what rows make of values ---- */

static struct json *copy_of(struct api_call *call, const struct json *j)
{
	struct json *copy = json_copy(call->arena, j);

	copy->next = NULL;
	copy->parent = NULL;
	return copy;
}

static struct json *mapping_of(struct api_call *call, struct json *rows)
{
	struct json *spec = api_new(call);

	json_set(spec, STR("fields"), rows);
	return spec;
}

static struct json *one_row(struct api_call *call, const struct json *row)
{
	struct json *list = api_new_list(call);

	json_append(list, copy_of(call, row));
	return mapping_of(call, list);
}

/* "field 1 ('X'): why" is told beside the field. */
static struct str only_why(struct api_call *call, const struct err *err)
{
	static const char end[] = "'): ";
	struct str text = arena_str(call->arena, str_of(err->text));
	ptrdiff_t at = str_starts(text, STR("field ")) ? str_find(text, STR("'): ")) : -1;

	return at < 0 ? text : str_skip(text, (size_t)at + sizeof(end) - 1);
}

static struct json *result_of(struct api_call *call, const struct mapping *m, const struct json *record)
{
	struct json *result = api_new(call);
	const struct field_map *field;
	struct err wrong = ERR_INIT;
	struct value value = VALUE_NOTHING;

	if (mapping_read_emr(m, call->arena, record, &value, &field, &wrong) < 0)
		value = VALUE_NOTHING;
	api_set(call, result, "value", value.kind == VALUE_BLANK ? STR_EMPTY : value.text);
	api_set(call, result, "error", wrong.code ? arena_str(call->arena, str_of(wrong.text)) : STR_EMPTY);
	return result;
}

/* A row in the making: without its way back, which it may not have yet. */
static struct json *try_row(struct api_call *call, const struct json *row, const struct json *records)
{
	struct json *answer = api_new(call), *results = api_new_list(call), *spec = one_row(call, row);
	struct json *own = json_get(spec, "fields")->first;
	struct err wrong = ERR_INIT;
	struct mapping m;

	if (own->kind == JSON_OBJECT) {
		json_set(own, STR("direction"), json_new_text(call->arena, STR("emr_to_crm")));
		if (!json_get(own, "crm"))
			json_set(own, STR("crm"), json_new_text(call->arena, STR("Target")));
	}
	if (mapping_parse(call->arena, spec, &m, &wrong) == 0) {
		JSON_EACH (records, record)
			json_append(results, result_of(call, &m, record));
	}
	api_set(call, answer, "error", wrong.code ? only_why(call, &wrong) : STR_EMPTY);
	json_set(answer, STR("results"), results);
	return answer;
}

static int try_rows(struct api_call *call, struct err *err)
{
	const struct json *rows = json_get(call->body, "fields"), *records = json_get(call->body, "records");
	struct json *items = api_new_list(call);

	if (!rows || rows->kind != JSON_ARRAY || !records || records->kind != JSON_ARRAY)
		return err_set(err, ERR_DATA, "'fields' and 'records' have to be lists");
	if (rows->count > TRY_ROWS || records->count > SAMPLES_MAX)
		return err_set(err, ERR_DATA, "%d fields and %d records at most", TRY_ROWS, SAMPLES_MAX);
	JSON_EACH (rows, row)
		json_append(items, try_row(call, row, records));
	call->answer = api_list(call, items, false, 0);
	return 0;
}

/* ---- validation ---- */

struct check {
	struct api_call *call;
	struct json *problems;
	const char *list; /* "mapping" or "live_mapping" */
};

static void tell(const struct check *c, const char *level, int64_t row, struct str field, struct str text)
{
	struct json *p = api_new(c->call);

	api_set(c->call, p, "level", str_of(level));
	api_set(c->call, p, "list", row < 0 ? STR_EMPTY : str_of(c->list));
	json_set(p, STR("row"), row < 0 ? json_new(c->call->arena, JSON_NULL) : json_new_int(c->call->arena, row));
	api_set(c->call, p, "field", field);
	api_set(c->call, p, "text", text);
	json_append(c->problems, p);
}

/* Why these rows are no mapping; empty: they are one. */
static struct str wrong_with(struct api_call *call, struct json *spec)
{
	struct err wrong = ERR_INIT;
	struct mapping ignored;

	return mapping_parse(call->arena, spec, &ignored, &wrong) < 0 ? only_why(call, &wrong) : STR_EMPTY;
}

static bool same_place(const struct json *a, const struct json *b)
{
	struct str crm = json_get_text(a, "crm"), role = json_get_text(a, "role");
	const struct json *ours = json_get(a, "emr"), *theirs = json_get(b, "emr");

	return str_eq(crm, json_get_text(b, "crm")) || (role.len && str_eq(role, json_get_text(b, "role"))) ||
	       (ours && theirs && ours->kind == JSON_STRING && json_equal(ours, theirs)) ||
	       (ours && theirs && (ours->kind == JSON_ARRAY || theirs->kind == JSON_ARRAY));
}

/* Those that it may stand in the way of, and itself last. */
static struct json *rivals_of(struct api_call *call, const struct json *kept, const struct json *row)
{
	struct json *list = api_new_list(call);

	JSON_EACH (kept, other) {
		if (same_place(row, other))
			json_append(list, copy_of(call, other));
	}
	json_append(list, copy_of(call, row));
	return mapping_of(call, list);
}

/* The rows that are right, as a mapping; each other one has its problem told. Of two that go to one place the later one is wrong. */
static struct json *right_rows(const struct check *c, const struct json *rows)
{
	struct api_call *call = c->call;
	struct json *kept = api_new_list(call);
	int64_t number = 0;

	JSON_EACH (rows, row) {
		struct str why = wrong_with(call, one_row(call, row));

		if (why.len == 0)
			why = wrong_with(call, rivals_of(call, kept, row));
		if (why.len)
			tell(c, "error", number, json_get_text(row, "crm"), why);
		else
			json_append(kept, copy_of(call, row));
		number++;
	}
	return mapping_of(call, kept);
}

static int64_t row_of(const struct json *rows, struct str crm)
{
	int64_t number = 0;

	JSON_EACH (rows, row) {
		if (crm.len && str_eq_nocase(json_get_text(row, "crm"), crm))
			return number;
		number++;
	}
	return -1;
}

static const char *const levels[] = { [FINDING_OK] = "ok", [FINDING_WARNING] = "warning", [FINDING_ERROR] = "error" };

static int check_far(const struct check *c, struct str name, const struct json *document, const struct json *rows,
                     struct err *err)
{
	struct api_call *call = c->call;
	struct finding *findings;
	struct err wrong = ERR_INIT;
	struct plan *plan;

	if (plan_open_document(&call->engine, name, document, &plan, &wrong) < 0) {
		tell(c, "error", -1, STR_EMPTY, arena_str(call->arena, str_of(wrong.text)));
		return 0;
	}
	if (plan_check(&call->engine, plan, call->arena, &findings, err) < 0) {
		plan_close(&plan);
		return err_pass(err);
	}
	for (const struct finding *f = findings; f; f = f->next) {
		struct str text =
		        f->field.len ? f->text
		                     : arena_printf(call->arena, "%.*s: %.*s", STR_ARG(f->subject), STR_ARG(f->text));

		tell(c, levels[f->level], row_of(rows, f->field), f->field, text);
	}
	plan_close(&plan);
	return 0;
}

static int check_document(struct api_call *call, struct err *err)
{
	struct check c = { .call = call, .problems = api_new_list(call), .list = "mapping" };
	struct check live = { .call = call, .problems = c.problems, .list = "live_mapping" };
	const struct json *given;
	struct json *document, *fields, *live_fields;

	if (api_need_object(call, "document", &given, err) < 0 ||
	    api_mapping_fields(call, json_get(given, "mapping"), &fields, err) < 0 ||
	    api_mapping_fields(call, json_get(given, "live_mapping"), &live_fields, err) < 0)
		return err_pass(err);
	document = copy_of(call, given);
	json_set(document, STR("mapping"), right_rows(&c, fields));
	if (live_fields)
		json_set(document, STR("live_mapping"), right_rows(&live, live_fields));
	if (json_get(json_get(document, "mapping"), "fields")->count == 0)
		tell(&c, "error", -1, STR_EMPTY, STR("no row of the mapping is right: map at least one field"));
	else if (check_far(&c, api_param(call, "sync"), document, fields, err) < 0)
		return err_pass(err);
	call->answer = api_list(call, c.problems, false, 0);
	return 0;
}

/* ---- preview ---- */

struct preview {
	struct api_call *call;
	struct str id;
	enum side side;
	bool told;
};

static void take_verdict(void *context, const struct verdict *v)
{
	struct preview *p = context;

	if (p->told || (p->id.len && !str_eq(p->side == SIDE_EMR ? v->emr_id : v->crm_id, p->id)))
		return;
	p->told = true;
	p->call->answer = api_verdict(p->call, v);
}

/* The document is stored in the copy only. */
static int preview_in(struct engine *scratch, struct preview *p, struct str name, const struct json *document,
                      struct err *err)
{
	struct applied applied;
	struct plan *plan;
	int code;

	scratch->who = p->call->engine.who;
	scratch->on_verdict = take_verdict;
	scratch->on_verdict_context = p;
	if (catalog_save_sync(scratch, name, document, -1, "preview", &applied, err) < 0 ||
	    plan_open(scratch, name, &plan, err) < 0)
		return err_pass(err);
	if (p->side == SIDE_CRM && plan->conn[SIDE_CRM]->kind->record_id)
		p->id = plan->conn[SIDE_CRM]->kind->record_id(p->call->arena, p->id);
	code = run_preview(scratch, plan, p->side, p->id, err);
	plan_close(&plan);
	return code;
}

static int preview(struct api_call *call, struct err *err)
{
	const struct api_options *host = &call->api->options;
	struct preview p = { .call = call };
	const struct json *document;
	struct engine *scratch;
	struct str side;
	int code;

	if (api_need_object(call, "document", &document, err) < 0 || api_text(call, "id", &p.id, err) < 0 ||
	    api_text(call, "side", &side, err) < 0 || (side.len && api_side(side, &p.side, err) < 0))
		return err_pass(err);
	if (audit_note(&call->engine, "look", STR("preview of one record"), STR_EMPTY, STR_EMPTY, NULL, err) < 0 ||
	    host->open_scratch(host->engine, &scratch, err) < 0)
		return err_pass(err);
	code = preview_in(scratch, &p, api_param(call, "sync"), document, err);
	host->close_scratch(&scratch);
	if (code == 0 && !p.told)
		return err_set(err, ERR_NOT_FOUND, "the record was read, but nothing was decided about it");
	return code;
}

const struct api_route api_check_routes[] = {
	{ "POST", "/mapping/integrations/{integration}/samples", read_samples, RIGHT_VALUES },
	{ "POST", "/mapping/integrations/{integration}/guesses", guess, RIGHT_SETUP },
	{ "POST", "/mapping/try", try_rows, RIGHT_SEE, .limit = LIMIT_API_CHECK },
	{ "POST", "/syncs/{sync}/mapping/check", check_document, RIGHT_SETUP, .limit = LIMIT_API_CHECK },
	{ "POST", "/syncs/{sync}/mapping/preview", preview, RIGHT_VALUES, .limit = LIMIT_API_CHECK },
	{ 0 },
};
