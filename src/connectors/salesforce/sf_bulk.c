/*
 * Bulk API 2.0 ingest: thousands of records for a handful of API calls. Only what may be repeated goes this way: upserts by our key and updates by id.
 *
 *	create    POST  jobs/ingest                   (sent by bulk_start)
 *	upload    PUT   jobs/ingest/ID/batches        the whole CSV
 *	start     PATCH jobs/ingest/ID                "UploadComplete"
 *	poll      GET   jobs/ingest/ID                until JobComplete, Failed or Aborted
 *	results   GET   .../successfulResults, .../failedResults; what stands in neither was not touched
 *	stop      PATCH jobs/ingest/ID                "Aborted", of a job that is given up; then poll: it may be in the middle of a batch
 *
 * A job that was created is told to whoever asked for it (on_job) before it is given anything: it works on at Salesforce, whatever becomes of us. One that
 * was left so (`job`) is stopped, and its results are read; what they do not name is sent again.
 *
 * "Row order in result files is not your row order": rows are joined by the key column. "Empty cell = leave unchanged; #N/A = set null."
 */
#include "connectors/salesforce/sf.h"

#include "codec/csv.h"
#include "connectors/answer.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/map.h"

enum { PATIENCE_MS = 1800000, STOP_MS = 60000, FIRST_POLL_MS = 200, LONGEST_POLL_MS = 10000 };

struct bulk {
	struct sf_call base; /* first: the creation of the job */
	struct err refused;
	struct str key_column; /* "Id", or the external id field */
	size_t count;
	struct str *keys;
	struct buf job, csv;
	struct map rows; /* key -> position */
	int (*on_job)(void *context, struct str job, struct err *err);
	void *context;
	struct str left; /* a job that is taken up; empty: one is made */
};

/* ---- the table ---- */

static void add_cell(struct buf *out, struct str text, bool first)
{
	buf_add_c(out, first ? "\"" : ",\"");
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, text.at[i]);
	}
	buf_add_char(out, '"');
}

struct columns {
	struct str *names;
	size_t count;
	struct map known;
};

static void collect_columns(struct arena *arena, const struct write_request *request, struct str key_column,
                            struct columns *ret)
{
	size_t room = 0;

	ret->known = (struct map)MAP_INIT(arena);
	for (size_t i = 0; i < request->item_count; i++)
		room += request->items[i].fields->count;
	ret->names = arena_new_array(arena, struct str, MIN_OF(room, (size_t)5000) + 1);
	for (size_t i = 0; i < request->item_count; i++) {
		JSON_EACH (request->items[i].fields, field) {
			if (map_get(&ret->known, field->key) || str_eq_nocase(field->key, key_column) ||
			    str_eq_nocase(field->key, STR("Id")) || ret->count == 5000)
				continue;
			map_put(&ret->known, field->key, ret);
			ret->names[ret->count++] = arena_str(arena, field->key);
		}
	}
}

static void add_value(struct buf *out, const struct json *value)
{
	if (!value)
		buf_add_char(out, ',');
	else if (json_is_null(value) || (value->kind == JSON_STRING && value->text.len == 0))
		add_cell(out, STR("#N/A"), false);
	else if (value->kind == JSON_TRUE || value->kind == JSON_FALSE)
		add_cell(out, value->kind == JSON_TRUE ? STR("true") : STR("false"), false);
	else
		add_cell(out, json_text(value), false);
}

static void write_table(struct bulk *b, const struct write_request *request)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct columns columns = { 0 };

	collect_columns(&scratch, request, b->key_column, &columns);
	add_cell(&b->csv, b->key_column, true);
	for (size_t i = 0; i < columns.count; i++)
		add_cell(&b->csv, columns.names[i], false);
	buf_add_char(&b->csv, '\n');
	for (size_t n = 0; n < request->item_count; n++) {
		add_cell(&b->csv, b->keys[n], true);
		for (size_t i = 0; i < columns.count; i++)
			add_value(&b->csv, json_get_str(request->items[n].fields, columns.names[i]));
		buf_add_char(&b->csv, '\n');
	}
}

/* ---- start ---- */

static void release_buf(void *context)
{
	struct buf *buf = context;

	buf_release(buf);
}

static void index_keys(struct bulk *b, const struct write_request *request, bool keyed)
{
	struct arena *arena = &b->base.arena;

	b->rows = (struct map)MAP_INIT(arena);
	b->keys = arena_new_array(arena, struct str, request->item_count);
	for (size_t i = 0; i < request->item_count; i++) {
		const struct write_item *item = &request->items[i];

		b->keys[i] = keyed ? arena_str(arena, item->key) : sf_id18(arena, item->id);
		map_put(&b->rows, b->keys[i], arena_new(arena, size_t));
		*(size_t *)map_get(&b->rows, b->keys[i]) = i;
	}
}

static void job_body(struct bulk *b, struct str object, bool keyed)
{
	buf_add_c(&b->job, "{\"object\":");
	json_write_string(&b->job, object);
	buf_printf(&b->job, ",\"operation\":\"%s\"", keyed ? "upsert" : "update");
	if (keyed) {
		buf_add_c(&b->job, ",\"externalIdFieldName\":");
		json_write_string(&b->job, b->key_column);
	}
	buf_add_c(&b->job, ",\"contentType\":\"CSV\",\"columnDelimiter\":\"COMMA\",\"lineEnding\":\"LF\"}");
}

/* What the job is made of; a job that is taken up has it. */
static void make_job(struct bulk *b, const struct write_request *request, bool keyed)
{
	struct sf *sf = sf_of(b->base.call.connection);

	write_table(b, request);
	job_body(b, request->object, keyed);
	if (!buf_ok(&b->csv)) {
		err_set(&b->refused, ERR_MEMORY_LIMIT, "the records are too much for one bulk job");
		return;
	}
	sf_call_header(&b->base, STR("Content-Type"), STR("application/json"));
	b->base.request.method = "POST";
	b->base.request.use = HTTP_USE_BULK;
	b->base.request.idempotent = true; /* "Bulk create-job (then abandon the orphan)" */
	b->base.request.url = arena_printf(&b->base.arena, "%.*s/jobs/ingest", STR_ARG(sf->data));
	b->base.request.body = buf_str(&b->job);
	sf_call_send(&b->base);
}

static struct str key_column_of(struct bulk *b, const struct write_item *first)
{
	bool keyed = first->op == WRITE_CREATE || first->op == WRITE_UPSERT;

	return keyed ? arena_str(&b->base.arena, first->key_field) : STR("Id");
}

struct call *sf_bulk_start(struct connection *c, const struct write_request *request)
{
	struct bulk *b = (struct bulk *)sf_call_new(sf_of(c), sizeof(*b), request->priority);
	struct arena *arena = &b->base.arena;
	const struct write_item none = { .op = WRITE_UPDATE };
	const struct write_item *first = request->item_count ? &request->items[0] : &none;
	bool keyed = first->op == WRITE_CREATE || first->op == WRITE_UPSERT;

	buf_init(&b->job, LIMIT_PAYLOAD);
	buf_init(&b->csv, LIMIT_HTTP_BODY);
	arena_on_release(arena, release_buf, &b->job);
	arena_on_release(arena, release_buf, &b->csv);
	b->count = request->item_count;
	b->on_job = request->on_job;
	b->context = request->context;
	b->left = arena_str(arena, request->job);
	b->key_column = key_column_of(b, first);
	if (first->op == WRITE_DELETE || b->key_column.len == 0 || !sf_name_valid(request->object)) {
		err_set(&b->refused, ERR_UNSUPPORTED, "such writes do not go in bulk: they cannot be repeated");
		return &b->base.call;
	}
	index_keys(b, request, keyed);
	if (b->left.len == 0)
		make_job(b, request, keyed);
	return &b->base.call;
}

/* ---- finish ---- */

struct step {
	const char *method;
	struct str path; /* behind "jobs/ingest" */
	struct str type, body;
};

static int step(struct bulk *b, struct arena *arena, const struct step *s, struct http_answer *ret, struct err *err)
{
	struct sf *sf = sf_of(b->base.call.connection);
	struct sf_call *call = sf_call_new(sf, sizeof(*call), b->base.request.priority);
	int code;

	if (s->type.len)
		sf_call_header(call, STR("Content-Type"), s->type);
	call->request.method = s->method;
	call->request.use = HTTP_USE_BULK;
	call->request.idempotent = true;
	call->request.url = arena_printf(&call->arena, "%.*s/jobs/ingest%.*s", STR_ARG(sf->data), STR_ARG(s->path));
	call->request.body = s->body;
	sf_call_send(call);
	code = sf_call_wait(call, arena, ret, err);
	sf_call_free(&call);
	if (code < 0)
		return err_wrap(err, "bulk job");
	return answer_good(ret) ? 0 : sf_refusal(ret, arena, "bulk job", err);
}

static int create_job(struct bulk *b, struct arena *arena, struct str *ret_id, struct err *err)
{
	struct http_answer answer;
	struct json *job;

	if (sf_call_wait(&b->base, arena, &answer, err) < 0)
		return err_wrap(err, "bulk job");
	if (!answer_good(&answer))
		return sf_refusal(&answer, arena, "create a bulk job", err);
	if (answer_json(&answer, arena, &job, err) < 0)
		return err->code;
	*ret_id = sf_id18(arena, json_get_text(job, "id"));
	return ret_id->len ? 0 : err_set(err, ERR_FAR_SIDE, "the bulk job has no id");
}

static int upload(struct bulk *b, struct arena *arena, struct str id, struct err *err)
{
	const struct step put = { "PUT", arena_printf(arena, "/%.*s/batches", STR_ARG(id)), STR("text/csv"),
		                  buf_str(&b->csv) };
	const struct step start = { "PATCH", arena_printf(arena, "/%.*s", STR_ARG(id)), STR("application/json"),
		                    STR("{\"state\":\"UploadComplete\"}") };
	struct http_answer answer;

	if (step(b, arena, &put, &answer, err) < 0)
		return err->code;
	return step(b, arena, &start, &answer, err);
}

static int show(struct bulk *b, struct arena *arena, struct str id, struct json **ret, struct err *err)
{
	const struct step get = { "GET", arena_printf(arena, "/%.*s", STR_ARG(id)), STR_EMPTY, STR_EMPTY };
	struct http_answer answer;

	if (step(b, arena, &get, &answer, err) < 0)
		return err->code;
	return answer_json(&answer, arena, ret, err);
}

static bool has_ended(const struct json *job)
{
	struct str state = json_get_text(job, "state");

	return str_eq_c(state, "JobComplete") || str_eq_c(state, "Failed") || str_eq_c(state, "Aborted");
}

/* How far a stopped job has come: a batch that was at work as it was stopped may still be written. It has ended when two looks in a row find the same. */
static struct str stopped_at(struct arena *arena, const struct json *job)
{
	bool stopped = str_eq_c(json_get_text(job, "state"), "Aborted");

	return stopped ? arena_printf(arena, "at %lld", (long long)json_int(json_get(job, "numberRecordsProcessed"), 0))
	               : STR_EMPTY;
}

/* A refusal says that it has just ended: the next look shows that. */
static int ask_to_stop(struct bulk *b, struct arena *arena, struct str id, struct err *err)
{
	const struct step stop = { "PATCH", arena_printf(arena, "/%.*s", STR_ARG(id)), STR("application/json"),
		                   STR("{\"state\":\"Aborted\"}") };
	struct http_answer answer;
	struct err why = ERR_INIT;

	if (step(b, arena, &stop, &answer, &why) == 0 || err_class_of(why.code) == ERR_CLASS_REFUSED)
		return 0;
	*err = why;
	return err_pass(err);
}

/* Until the job cannot write any more. "Jobs are kept 7 days": one that is not there has ended long ago. */
static int stop_job(struct bulk *b, struct arena *arena, struct str id, struct err *err)
{
	int64_t until = clock_mono_ns() / 1000000 + STOP_MS, pause = FIRST_POLL_MS;
	struct str before = STR_EMPTY;

	while (clock_mono_ns() / 1000000 < until) {
		struct err why = ERR_INIT;
		struct json *job;
		struct str at;

		if (show(b, arena, id, &job, &why) == ERR_NOT_FOUND)
			return 0;
		if (why.code) {
			*err = why;
			return err_pass(err);
		}
		at = stopped_at(arena, job);
		if (has_ended(job) && (at.len == 0 || str_eq(at, before)))
			return 0;
		if (!has_ended(job) && ask_to_stop(b, arena, id, err) < 0)
			return err_pass(err);
		before = at;
		clock_sleep_ms(pause);
		pause = MIN_OF(pause * 2, (int64_t)LONGEST_POLL_MS);
	}
	return err_set(err, ERR_TIMEOUT,
	               "bulk job %.*s was told to stop and is still at work: nothing is sent beside it", STR_ARG(id));
}

/* Until the job has ended, whichever way: what it did stands in its results. One that takes too long is stopped. */
static int wait_for_job(struct bulk *b, struct arena *arena, struct str id, struct err *err)
{
	int64_t until = clock_mono_ns() / 1000000 + PATIENCE_MS, pause = FIRST_POLL_MS;

	while (clock_mono_ns() / 1000000 < until) {
		struct json *job;

		if (show(b, arena, id, &job, err) < 0)
			return err->code;
		if (has_ended(job))
			return 0;
		clock_sleep_ms(pause);
		pause = MIN_OF(pause * 2, (int64_t)LONGEST_POLL_MS);
	}
	return stop_job(b, arena, id, err);
}

struct reading {
	struct bulk *b;
	struct arena *arena;
	struct write_result *results;
	bool good;             /* successfulResults */
	size_t key, id, other; /* columns */
	bool header_read;
};

static size_t column(const struct csv_row *row, struct str name)
{
	for (size_t i = 0; i < row->count; i++) {
		if (str_eq_nocase(row->cells[i], name))
			return i;
	}
	return row->count;
}

/* "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --" */
static void judge_failed(struct reading *r, struct str text, struct write_result *ret)
{
	struct str rest = arena_str(r->arena, text), code = STR_EMPTY;
	const struct sf_error *error;

	str_split(&rest, ':', &code);
	error = sf_error_of(code);
	*ret = (struct write_result) { .outcome = sf_error_delivery(error),
		                       .code = code,
		                       .advice = str_of(error->advice),
		                       .raw_message = answer_cut(rest) };
}

static int on_row(void *context, const struct csv_row *row, struct err *err)
{
	struct reading *r = context;
	const size_t *place;
	struct str key, id;

	(void)err;
	if (!r->header_read) {
		r->header_read = true;
		r->key = column(row, r->b->key_column);
		r->id = column(row, STR("sf__Id"));
		r->other = column(row, r->good ? STR("sf__Created") : STR("sf__Error"));
		return 0;
	}
	if (r->key >= row->count || r->other >= row->count)
		return 0;
	key = row->cells[r->key];
	place = map_get(&r->b->rows, str_eq_c(r->b->key_column, "Id") ? sf_id18(r->arena, key) : key);
	if (!place)
		return 0;
	if (!r->good) {
		judge_failed(r, row->cells[r->other], &r->results[*place]);
		return 0;
	}
	id = r->id < row->count ? sf_id18(r->arena, row->cells[r->id]) : STR_EMPTY;
	if (id.len)
		r->results[*place] = (struct write_result) {
			.outcome = DELIVERED, .id = id, .created = str_eq_nocase(row->cells[r->other], STR("true"))
		};
	return 0;
}

static int read_results(struct bulk *b, struct arena *arena, struct str id, bool good, struct write_result *results,
                        struct err *err)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	const struct step get = {
		"GET", arena_printf(&scratch, "/%.*s/%s", STR_ARG(id), good ? "successfulResults" : "failedResults"),
		STR_EMPTY, STR_EMPTY
	};
	struct reading r = { .b = b, .arena = arena, .results = results, .good = good };
	struct csv_reader *reader;
	struct http_answer answer;
	int code;

	if (step(b, &scratch, &get, &answer, err) < 0)
		return err->code;
	reader = csv_reader_new(on_row, &r);
	code = csv_feed(reader, answer.body, err);
	if (code == 0)
		code = csv_end(reader, err);
	csv_reader_free(&reader);
	return code < 0 ? err_wrap(err, "results of a bulk job") : 0;
}

static int both_results(struct bulk *b, struct arena *arena, struct str id, struct write_result *results,
                        struct err *err)
{
	if (read_results(b, arena, id, true, results, err) < 0)
		return err_pass(err);
	return read_results(b, arena, id, false, results, err);
}

/* A job that was stopped before it was given anything, or that is forgotten by now, has no results to show. */
static int take_up(struct bulk *b, struct arena *arena, struct write_result *results, struct err *err)
{
	struct err why = ERR_INIT;

	if (stop_job(b, arena, b->left, err) < 0)
		return err_pass(err);
	if (b->count == 0 || both_results(b, arena, b->left, results, &why) == 0 ||
	    err_class_of(why.code) == ERR_CLASS_REFUSED)
		return 0;
	*err = why;
	return err_pass(err);
}

static int finish(struct bulk *b, struct arena *arena, struct write_result *results, struct err *err)
{
	struct str id;

	for (size_t i = 0; i < b->count; i++)
		results[i] = (struct write_result) { .outcome = RETRY_LATER,
			                             .code = STR("UNPROCESSED"),
			                             .advice = STR("the bulk job ended before it; it is sent again") };
	if (b->refused.code)
		return err_set(err, b->refused.code, "%s", b->refused.text);
	if (b->left.len)
		return take_up(b, arena, results, err);
	if (create_job(b, arena, &id, err) < 0 || (b->on_job && b->on_job(b->context, id, err) < 0) ||
	    upload(b, arena, id, err) < 0 || wait_for_job(b, arena, id, err) < 0)
		return err->code;
	return both_results(b, arena, id, results, err);
}

int sf_bulk_finish(struct call **call, struct arena *arena, struct write_result *ret_results, struct err *err)
{
	struct bulk *b = (struct bulk *)*call;
	struct sf_call *base = &b->base;
	int code = finish(b, arena, ret_results, err);

	sf_call_free(&base);
	*call = NULL;
	return code;
}
