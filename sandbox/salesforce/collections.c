/*
 * collections: up to 200 records in one call (section 2.6). Each row goes through the same steps:
 *
 *	read into the draft -> [duplicate within the call?] -> [lock fault?] -> insert or update -> one element of the answer
 *
 * With allOrNone the whole call is a transaction: one bad row rolls all back.
 */
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/record.h"

#define ROWS_MAX   200
#define CHUNKS_MAX 10

enum operation { OPERATION_CREATE, OPERATION_UPDATE, OPERATION_UPSERT, OPERATION_DELETE };

/* What became of one row. `number` is NO_ROW when it failed. */
struct outcome {
	struct object *object;
	uint32_t number;
	bool created;
	struct problems problems;
};

struct batch {
	struct org *org;
	struct request *request;
	struct answer *answer;
	enum operation operation;
	struct object *object; /* upsert: the only one */
	struct field *key;     /* upsert */
	struct json *records;
	struct str keys[ROWS_MAX]; /* id or external id of each row, to find duplicates */
	bool duplicate[ROWS_MAX];
	struct outcome outcomes[ROWS_MAX];
	size_t count;
	bool all_or_none;
	struct draft draft;
	const struct object *draft_object;
};

/* ---- the envelope ---- */

static struct json *records_of(struct request *request, struct answer *answer)
{
	struct json *body = body_of(request, answer);
	struct json *records;

	if (!body)
		return NULL;
	records = json_get(body, "records");
	if (!records || records->kind != JSON_ARRAY) {
		fail(answer, 400, "JSON_PARSER_ERROR", "The request body must hold an array 'records'");
		return NULL;
	}
	if (records->count == 0 || records->count > ROWS_MAX) {
		fail(answer, 400, "INVALID_BATCH_SIZE", "The number of records must be from 1 to %d", ROWS_MAX);
		return NULL;
	}
	return records;
}

static struct str type_of(const struct json *record)
{
	return json_get_text(json_get(record, "attributes"), "type");
}

/* Runs of the same type count, not types: sort by type (section 2.6). */
static bool chunks_fit(const struct json *records, struct answer *answer)
{
	struct str previous = STR_EMPTY;
	unsigned chunks = 0;

	JSON_EACH (records, record) {
		struct str type = type_of(record);

		chunks += !previous.at || !str_eq_nocase(type, previous);
		previous = type;
		previous.at = type.at ? type.at : "";
	}
	if (chunks <= CHUNKS_MAX)
		return true;
	fail(answer, 400, "OPERATION_TOO_LARGE", "The request has more than %d chunks of records of one type",
	     CHUNKS_MAX);
	return false;
}

/* ---- duplicates within the call ---- */

static struct str key_of(const struct batch *batch, const struct json *record)
{
	if (batch->operation == OPERATION_UPSERT)
		return str_trim(json_text(json_get(record, batch->key->name)));
	JSON_EACH (record, value) {
		if (str_eq_nocase(value->key, STR("id")))
			return json_text(value);
	}
	return STR_EMPTY;
}

static void find_duplicates(struct batch *batch)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct map seen = MAP_INIT(&arena);

	for (size_t i = 0; i < batch->count; i++) {
		size_t *first;

		if (batch->keys[i].len == 0)
			continue;
		first = map_get(&seen, batch->keys[i]);
		if (first) {
			batch->duplicate[i] = batch->duplicate[*first] = true;
			continue;
		}
		first = arena_new(&arena, size_t);
		*first = i;
		map_put(&seen, batch->keys[i], first);
	}
}

static void refuse_duplicate(const struct batch *batch, size_t row, struct problems *problems)
{
	if (batch->operation == OPERATION_UPSERT)
		problem_add(problems, "DUPLICATE_VALUE", str_of(batch->key->name),
		            "Duplicate external id specified: %.*s", STR_ARG(batch->keys[row]));
	else
		problem_add(problems, "DUPLICATE_VALUE", STR("Id"), "duplicate id specified: %.*s",
		            STR_ARG(batch->keys[row]));
}

/* ---- one row ---- */

static void use_draft(struct batch *batch, struct object *object, struct problems *problems)
{
	if (batch->draft_object != object) {
		draft_init(&batch->draft, batch->org, object, batch->request->arena, DRAFT_INSERT);
		batch->draft.body = batch->request->body;
		batch->draft_object = object;
	}
	draft_clear(&batch->draft, problems);
}

static uint32_t user_of(const struct batch *batch)
{
	return call_of(batch->request)->user;
}

static void create_row(struct batch *batch, const struct json *record, struct outcome *outcome)
{
	batch->draft.mode = DRAFT_INSERT;
	draft_read(&batch->draft, record);
	if (batch->draft.has_id && batch->operation == OPERATION_CREATE)
		problem_add(&outcome->problems, "INVALID_FIELD_FOR_INSERT_UPDATE", STR("Id"),
		            "cannot specify Id in an insert call");
	if (outcome->problems.count == 0)
		struck_by_lock(batch->request, &outcome->problems);
	outcome->number = record_insert(&batch->draft, STR_EMPTY, user_of(batch));
	outcome->created = true;
}

static void update_row(struct batch *batch, const struct json *record, uint32_t number, struct outcome *outcome)
{
	batch->draft.mode = DRAFT_UPDATE;
	draft_read(&batch->draft, record);
	if (outcome->problems.count == 0)
		struck_by_lock(batch->request, &outcome->problems);
	if (record_update(&batch->draft, number, user_of(batch)))
		outcome->number = number;
}

/* NO_ROW, with the reason in the outcome, when the id leads to nothing that can be changed. */
static uint32_t row_of_id(const struct batch *batch, struct str id, struct outcome *outcome)
{
	uint32_t number;

	(void)batch;
	if (id.len == 0) {
		problem_add(&outcome->problems, "MISSING_ARGUMENT", STR("Id"), "Id not specified in an update call");
		return NO_ROW;
	}
	if (!id_valid(id) || !str_starts(id, str_of(outcome->object->prefix))) {
		problem_add(&outcome->problems, "MALFORMED_ID", STR("Id"), "%s ID: id value of incorrect type: %.*s",
		            outcome->object->label, STR_ARG(id));
		return NO_ROW;
	}
	number = rows_find(outcome->object, id);
	if (number == NO_ROW) {
		problem_add(&outcome->problems, "INVALID_CROSS_REFERENCE_KEY", STR_EMPTY, "invalid cross reference id");
		return NO_ROW;
	}
	if (row_at(outcome->object, number)->deleted) {
		problem_add(&outcome->problems, "ENTITY_IS_DELETED", STR_EMPTY, "entity is deleted");
		return NO_ROW;
	}
	return number;
}

static void upsert_row(struct batch *batch, const struct json *record, size_t row, struct outcome *outcome)
{
	uint32_t matches[2];
	size_t found;

	if (batch->keys[row].len == 0) {
		problem_add(&outcome->problems, "MISSING_ARGUMENT", str_of(batch->key->name), "%s not specified",
		            batch->key->name);
		return;
	}
	found = rows_lookup(batch->object, batch->key, batch->keys[row], matches, 2);
	if (found > 1)
		problem_add(&outcome->problems, "DUPLICATE_VALUE", str_of(batch->key->name),
		            "More than one record found for external id field: %.*s", STR_ARG(batch->keys[row]));
	else if (found == 1)
		update_row(batch, record, matches[0], outcome);
	else
		create_row(batch, record, outcome);
}

static void run_row(struct batch *batch, const struct json *record, size_t row)
{
	struct outcome *outcome = &batch->outcomes[row];
	struct str type = type_of(record);
	uint32_t number;

	*outcome = (struct outcome) { .number = NO_ROW, .problems = PROBLEMS_INIT(batch->request->arena) };
	outcome->object = batch->object ? batch->object : org_object(batch->org, type);
	if (!outcome->object || !outcome->object->writable) {
		problem_add(&outcome->problems, "INVALID_TYPE", STR_EMPTY, "sObject type '%.*s' is not supported.",
		            STR_ARG(type));
		return;
	}
	if (batch->duplicate[row]) {
		refuse_duplicate(batch, row, &outcome->problems);
		return;
	}
	use_draft(batch, outcome->object, &outcome->problems);
	if (batch->operation == OPERATION_CREATE) {
		create_row(batch, record, outcome);
	} else if (batch->operation == OPERATION_UPSERT) {
		upsert_row(batch, record, row, outcome);
	} else {
		number = row_of_id(batch, batch->keys[row], outcome);
		if (number != NO_ROW)
			update_row(batch, record, number, outcome);
	}
}

/* ---- the answer ---- */

static void write_outcome(const struct batch *batch, const struct outcome *outcome)
{
	struct buf *out = &batch->answer->body;

	buf_add_char(out, '{');
	if (outcome->number == NO_ROW) {
		buf_add_c(out, "\"success\":false,\"errors\":");
		problems_write_rows(out, &outcome->problems);
	} else {
		write_saved(out, outcome->object, outcome->number);
	}
	if (batch->operation == OPERATION_UPSERT)
		buf_printf(out, ",\"created\":%s", outcome->number != NO_ROW && outcome->created ? "true" : "false");
	buf_add_char(out, '}');
}

static void roll_back(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct outcome *outcome = &batch->outcomes[i];

		if (outcome->number == NO_ROW)
			continue;
		outcome->number = NO_ROW;
		problem_add(&outcome->problems, "ALL_OR_NONE_OPERATION_ROLLED_BACK", STR_EMPTY,
		            "Record rolled back because not all records were valid and the request was using AllOrNone "
		            "header");
	}
}

/* A value of the wrong JSON type spoils the whole request, not its row. */
static bool body_is_wrong(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct problems *problems = &batch->outcomes[i].problems;

		if (problems->count > 0 && str_eq_c(STR("JSON_PARSER_ERROR"), problems->at[0].code)) {
			fail_problems(batch->answer, problems);
			return true;
		}
	}
	return false;
}

static void finish(struct batch *batch, bool transaction)
{
	bool wrong = body_is_wrong(batch), failed = wrong;

	for (size_t i = 0; i < batch->count; i++)
		failed |= batch->outcomes[i].number == NO_ROW;
	if (transaction)
		rows_end(batch->org, !wrong && !(batch->all_or_none && failed));
	if (wrong)
		return;
	if (batch->all_or_none && failed)
		roll_back(batch);
	for (size_t i = 0; i < batch->count; i++) {
		buf_add_char(&batch->answer->body, i ? ',' : '[');
		write_outcome(batch, &batch->outcomes[i]);
	}
	buf_add_char(&batch->answer->body, ']');
}

/* ---- the four calls ---- */

static void run_batch(struct org *org, struct request *request, struct answer *answer, enum operation operation,
                      struct object *object, struct field *key)
{
	struct batch *batch = arena_new(request->arena, struct batch);
	bool transaction = org->journal == NULL; /* else the one of composite holds it */
	size_t row = 0;

	*batch = (struct batch) {
		.org = org,
		.request = request,
		.answer = answer,
		.operation = operation,
		.object = object,
		.key = key,
	};
	batch->records = records_of(request, answer);
	if (!batch->records || !chunks_fit(batch->records, answer))
		return;
	batch->count = batch->records->count;
	batch->all_or_none = json_bool(json_get(request->json, "allOrNone"), false);
	if (operation != OPERATION_CREATE) {
		JSON_EACH (batch->records, record)
			batch->keys[row++] = key_of(batch, record);
		find_duplicates(batch);
	}
	if (transaction)
		rows_begin(org);
	row = 0;
	JSON_EACH (batch->records, record)
		run_row(batch, record, row++);
	finish(batch, transaction);
}

void collection_create(void *state, struct request *request, struct answer *answer)
{
	run_batch(state, request, answer, OPERATION_CREATE, NULL, NULL);
}

void collection_update(void *state, struct request *request, struct answer *answer)
{
	run_batch(state, request, answer, OPERATION_UPDATE, NULL, NULL);
}

void collection_upsert(void *state, struct request *request, struct answer *answer)
{
	struct object *object = object_of(state, request, answer);
	struct field *key = object ? object_field(object, request_param(request, "field")) : NULL;

	if (!object)
		return;
	if (!key || !(key->flags & (FIELD_EXTERNAL | FIELD_LOOKUP)) || !key->index) {
		struct str name = request_param(request, "field");

		fail(answer, 404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: %.*s",
		     STR_ARG(name));
		return;
	}
	run_batch(state, request, answer, OPERATION_UPSERT, object, key);
}

static void delete_row(struct batch *batch, struct str id, size_t row)
{
	struct outcome *outcome = &batch->outcomes[row];
	uint32_t number;

	*outcome = (struct outcome) { .number = NO_ROW, .problems = PROBLEMS_INIT(batch->request->arena) };
	outcome->object = org_object_of_id(batch->org, id);
	if (!outcome->object || !outcome->object->writable) {
		problem_add(&outcome->problems, "MALFORMED_ID", STR("Id"), "malformed id %.*s", STR_ARG(id));
		return;
	}
	number = row_of_id(batch, id, outcome);
	if (number == NO_ROW || struck_by_lock(batch->request, &outcome->problems))
		return;
	if (record_delete(batch->org, outcome->object, number, user_of(batch)))
		outcome->number = number;
}

void collection_remove(void *state, struct request *request, struct answer *answer)
{
	struct org *org = state;
	struct batch *batch = arena_new(request->arena, struct batch);
	struct str ids = request_query(request, "ids"), id;
	bool transaction = org->journal == NULL;

	*batch = (struct batch) {
		.org = org,
		.request = request,
		.answer = answer,
		.operation = OPERATION_DELETE,
		.all_or_none = str_eq_nocase(request_query(request, "allOrNone"), STR("true")),
	};
	if (ids.len == 0) {
		fail(answer, 400, "MISSING_ARGUMENT", "The ids parameter is required");
		return;
	}
	if (transaction)
		rows_begin(org);
	while (ids.len > 0 && str_split(&ids, ',', &id) && batch->count < ROWS_MAX) {
		batch->keys[batch->count] = str_trim(id);
		delete_row(batch, str_trim(id), batch->count);
		batch->count++;
	}
	finish(batch, transaction);
}
