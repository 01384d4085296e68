/*
 * Writing record by record: each item of a batch walks a few steps, one request each, and all items walk together.
 *
 *	create      SEND ──► done          taken already (our reference): PROBE ──► then as an update
 *	update      SEND ──► done          the current record is needed and was not given: READ ──► SEND
 *	delete      SEND ──► done
 *	any         SEND ──► READ_BACK     where answers do not show the record
 *	update      SEND ──► COMPARE       its precondition did not hold: has the record really changed?
 *
 * A create whose answer never came is UNKNOWN. Everything else may be sent again.
 */
#include "connectors/rest/rest.h"

#include "lib/clock.h"
#include "lib/limits.h"

#include <stdio.h>
#include <string.h>

enum step { STEP_READ, STEP_SEND, STEP_PROBE, STEP_READ_BACK, STEP_COMPARE };

struct slot {
	struct http_future *future; /* NULL: at its end */
	enum step step;
	enum write_op op;                    /* a create that was there already becomes an update */
	struct str id, key, fields, current; /* copies; fields and current as JSON text */
	struct str version;                  /* that the change was decided on; of a record read here, its own */
	struct str body;                     /* of a create */
	struct write_result *result;
	bool judged; /* the result says something of this record */
	bool insist; /* an update with the members of on_refusal */
};

struct rest_write {
	struct call call; /* first */
	struct arena arena;
	struct err refused;     /* told by finish */
	struct err first_error; /* of a request that came to nothing */
	const struct object_section *object;
	enum http_priority priority;
	struct slot *slots;
	size_t count;
	struct arena *results; /* the arena of finish, where texts of results live */
};

static void write_free(struct rest_write **w)
{
	struct arena arena = (*w)->arena;

	for (size_t i = 0; i < (*w)->count; i++)
		if ((*w)->slots[i].future)
			http_cancel(&(*w)->slots[i].future);
	*w = NULL;
	arena_release(&arena);
}

static void write_cancel(struct call *call)
{
	struct rest_write *w = (struct rest_write *)call;

	write_free(&w);
}

/* ---- requests ---- */

static const struct route_section *route_of(const struct rest_write *w, enum write_op op)
{
	const struct route_section *const routes[] = { &w->object->create, &w->object->update, &w->object->create,
		                                       &w->object->remove };

	return routes[op];
}

static bool is_create(const struct slot *slot)
{
	return slot->op == WRITE_CREATE || slot->op == WRITE_UPSERT;
}

struct precondition {
	struct arena *arena;
	struct str version;
};

static void precondition_value(const void *context, struct str name, struct buf *out)
{
	const struct precondition *p = context;
	int64_t ms;

	if (str_eq_c(name, "time"))
		buf_add(out, clock_parse(p->version, &ms) ? clock_http_date(p->arena, ms) : STR_EMPTY);
	else
		buf_add(out, p->version);
}

/* R26: by which the far side refuses a change of a record that is not the one we read. */
static struct http_header precondition(struct rest_write *w, const struct slot *slot, enum step step)
{
	const struct precondition_section *section = &w->object->update.precondition;
	const struct precondition p = { &w->arena, slot->version };
	SCOPED(buf) struct buf value = BUF_INIT(LIMIT_HTTP_HEADERS);

	if (step != STEP_SEND || slot->op != WRITE_UPDATE || section->line == 0 || slot->version.len == 0)
		return (struct http_header) { 0 };
	template_write(&value, section->from, precondition_value, &p);
	return (struct http_header) { section->header, arena_str(&w->arena, buf_str(&value)) };
}

static void slot_send(struct rest_write *w, struct slot *slot, enum step step, const struct route_section *route,
                      struct str id, struct str body)
{
	struct rest *rest = rest_of(w->call.connection);
	const struct rest_request request = {
		.method = route->method,
		.url = rest_url(rest, &w->arena, route->path, id),
		.body = body,
		.priority = w->priority,
		.idempotent = step != STEP_SEND || !is_create(slot),
		.more = precondition(w, slot, step),
	};

	slot->step = step;
	slot->future = rest_send(rest, &request);
}

static void slot_get(struct rest_write *w, struct slot *slot, enum step step, struct str id)
{
	slot_send(w, slot, step, &w->object->get, id, STR_EMPTY);
}

static struct json *parsed(struct arena *arena, struct str text)
{
	struct json *json = NULL;
	struct err ignored = ERR_INIT;

	return text.len && json_parse(arena, text, &json, &ignored) == 0 ? json : NULL;
}

/* Sends the update, or reads the current record first. */
static void slot_update(struct rest_write *w, struct slot *slot)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	SCOPED(buf) struct buf body = BUF_INIT(LIMIT_PAYLOAD);

	slot->insist = slot->insist || atomic_load(&rest_of(w->call.connection)->insists);
	if (rest_update_body(w->object, &scratch, parsed(&scratch, slot->fields), parsed(&scratch, slot->current),
	                     slot->insist, &body))
		slot_send(w, slot, STEP_SEND, &w->object->update, slot->id, buf_str(&body));
	else
		slot_get(w, slot, STEP_READ, slot->id);
}

static void slot_begin(struct rest_write *w, struct slot *slot)
{
	if (is_create(slot))
		slot_send(w, slot, STEP_SEND, &w->object->create, STR_EMPTY, slot->body);
	else if (slot->op == WRITE_UPDATE)
		slot_update(w, slot);
	else
		slot_send(w, slot, STEP_SEND, &w->object->remove, slot->id, STR_EMPTY);
}

/* ---- verdicts ---- */

static struct str words_of(const struct rest_write *w, const struct http_answer *answer, struct str path)
{
	struct json *json = parsed(w->results, answer->body);

	return json && path.len ? answer_walk_text(json, path) : STR_EMPTY;
}

static void refuse(struct rest_write *w, struct slot *slot, const struct http_answer *answer)
{
	const struct error_section *errors = &rest_of(w->call.connection)->d->errors;
	const char *advice;
	enum err_code code = answer_code(answer->status, &advice);
	enum err_class class = err_class_of(code);
	struct str words = words_of(w, answer, errors->message);
	struct str own_code = words_of(w, answer, errors->code);
	struct write_result result = { .outcome = REFUSED, .field = words_of(w, answer, errors->field) };

	if (class == ERR_CLASS_RETRY)
		result.outcome = is_create(slot) && code != ERR_RATE ? UNKNOWN : RETRY_LATER;
	else if (class == ERR_CLASS_PERSON)
		result.outcome = RETRY_LATER;
	else if (slot->op == WRITE_UPDATE && (answer->status == 404 || answer->status == 410))
		result.outcome = GONE;
	result.code = own_code.len ? own_code : arena_printf(w->results, "%u", answer->status);
	result.advice = str_of(advice);
	result.raw_message = answer_cut(words.len ? words : answer->body);
	result.retry_after_ms = answer_retry_after_ms(answer);
	*slot->result = result;
	slot->judged = class != ERR_CLASS_PERSON;
	if (!slot->judged && w->first_error.code == 0)
		answer_refusal(answer, "write a record", &w->first_error);
}

static void nothing_came(struct rest_write *w, struct slot *slot, bool maybe_done, const struct err *why)
{
	bool sent = slot->step == STEP_SEND || slot->step == STEP_READ_BACK;
	bool unknown = maybe_done && sent && is_create(slot);

	*slot->result = (struct write_result) {
		.outcome = unknown ? UNKNOWN : RETRY_LATER,
		.code = str_of(err_name(why->code)),
		.advice = unknown ? STR("no answer came; we look whether the record is there")
		                  : STR("no answer came; it is sent again"),
	};
	slot->judged = unknown;
	if (!unknown && w->first_error.code == 0)
		w->first_error = *why;
}

/* The id in an answer without a record: a bare text or number, or the end of a Location header. */
static struct str loose_id(struct rest_write *w, const struct http_answer *answer)
{
	struct json *json = parsed(w->results, answer->body);
	struct str location = http_header_of(answer, "Location"), rest = location, step;

	if (json && (json->kind == JSON_STRING || json->kind == JSON_NUMBER))
		return json->text;
	for (location = STR_EMPTY; str_split(&rest, '/', &step);)
		location = step;
	return arena_str(w->results, location);
}

/* False: it holds none. */
static bool take_record(struct rest_write *w, struct slot *slot, const struct http_answer *answer)
{
	struct json *json = parsed(w->results, answer->body);
	struct record record = { 0 };

	if (!json || json->kind != JSON_OBJECT)
		return false;
	rest_record(w->object, json, str_trim(answer->body), &record);
	if (record.fault)
		return false;
	slot->result->id = record.id;
	if (w->call.connection->traits.answers_with_record)
		slot->result->record = record;
	return true;
}

/* ---- steps ---- */

static struct str version_of(const struct rest_write *w, const struct http_answer *answer)
{
	struct json *json = parsed(w->results, answer->body);
	struct record record = { 0 };

	if (json && json->kind == JSON_OBJECT)
		rest_record(w->object, json, str_trim(answer->body), &record);
	return record.version;
}

static void after_read(struct rest_write *w, struct slot *slot, const struct http_answer *answer)
{
	if (!answer_good(answer) || !parsed(w->results, answer->body)) {
		refuse(w, slot, answer);
		return;
	}
	slot->current = answer->body;
	slot->version = slot->version.len ? slot->version : version_of(w, answer);
	slot_update(w, slot);
	if (slot->step == STEP_READ) /* what was read does not serve either: never in a circle */
		http_cancel(&slot->future);
}

/* A web page, or not the record that this system always shows: something stood in between, whatever the status says. */
static bool is_no_answer(const struct rest_write *w, const struct slot *slot, const struct http_answer *answer)
{
	struct str body = str_trim(answer->body);

	if (body.len && body.at[0] == '<')
		return true;
	return slot->op != WRITE_DELETE && rest_of(w->call.connection)->d->answers_with_record &&
	       slot->result->record.bytes.len == 0;
}

static void not_delivered(struct rest_write *w, struct slot *slot)
{
	struct err why = ERR_INIT;

	err_set(&why, ERR_FAR_SIDE, "write a record: the answer is not what %s answers",
	        w->call.connection->kind->title);
	nothing_came(w, slot, true, &why);
}

static void delivered(struct rest_write *w, struct slot *slot, const struct http_answer *answer)
{
	const struct route_section *route = route_of(w, slot->op);
	struct write_result *result = slot->result;

	*result = (struct write_result) { .outcome = DELIVERED, .id = slot->id, .created = is_create(slot) };
	slot->judged = true;
	if (slot->insist)
		atomic_store(&rest_of(w->call.connection)->insists, true);
	if (slot->op != WRITE_DELETE)
		(void)take_record(w, slot, answer);
	if (is_no_answer(w, slot, answer)) {
		not_delivered(w, slot);
		return;
	}
	if (result->id.len == 0)
		result->id = loose_id(w, answer);
	if (result->id.len == 0) {
		/* Carried out, but nobody told us under which id. */
		result->outcome = UNKNOWN;
		result->advice = STR("the answer does not name the new record; we look for it");
	} else if (route->read_back) {
		slot_get(w, slot, STEP_READ_BACK, result->id);
	}
}

static bool may_be_taken(const struct rest_write *w, const struct slot *slot, const struct http_answer *answer)
{
	const struct texts *statuses = &rest_of(w->call.connection)->d->errors.duplicate;
	char status[16];

	if (!is_create(slot) || !slot->key.len || !w->object->reference.lookup)
		return false;
	snprintf(status, sizeof(status), "%u", answer->status);
	for (size_t i = 0; i < statuses->count; i++)
		if (str_eq_c(statuses->at[i], status))
			return true;
	return false;
}

static bool lacks_one(const struct rest_write *w, const struct slot *slot)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	const struct texts *wanted = &w->object->update.on_refusal;
	const struct json *fields = parsed(&scratch, slot->fields);

	for (size_t i = 0; i < wanted->count; i++) {
		if (!json_get_str(fields, wanted->at[i]))
			return true;
	}
	return false;
}

/* A change was refused that did not carry what this system may want with every change: once more, with it. */
static bool wants_more(const struct rest_write *w, const struct slot *slot, const struct http_answer *answer)
{
	return slot->op == WRITE_UPDATE && !slot->insist && (answer->status == 400 || answer->status == 422) &&
	       lacks_one(w, slot);
}

/* 412: "the record has changed in the meantime". */
static bool met_another_version(const struct rest_write *w, const struct slot *slot, const struct http_answer *answer)
{
	return answer->status == 412 && slot->op == WRITE_UPDATE && w->object->update.precondition.line &&
	       slot->version.len > 0;
}

static void after_send(struct rest_write *w, struct slot *slot, const struct http_answer *answer)
{
	if (answer_good(answer)) {
		delivered(w, slot, answer);
		return;
	}
	if (slot->op == WRITE_DELETE && (answer->status == 404 || answer->status == 410)) {
		delivered(w, slot, answer);
		return;
	}
	refuse(w, slot, answer);
	if (met_another_version(w, slot, answer)) {
		slot->result->outcome = CHANGED;
		slot_get(w, slot, STEP_COMPARE, slot->id);
		return;
	}
	if (wants_more(w, slot, answer)) {
		slot->insist = true;
		slot_update(w, slot);
		return;
	}
	if (may_be_taken(w, slot, answer))
		slot_get(w, slot, STEP_PROBE, slot->key);
}

/* Our reference is there: the create has happened before, what is left is an update. Else the refusal stands. */
static void after_probe(struct rest_write *w, struct slot *slot, const struct http_answer *answer)
{
	struct record record = { 0 };
	struct err err = ERR_INIT;

	if (rest_record_of_answer(w->object, w->results, answer, &record, &err) < 0) {
		refuse(w, slot, answer);
		return;
	}
	if (record.fault)
		return;
	slot->op = WRITE_UPDATE;
	slot->id = record.id;
	slot->current = record.bytes;
	slot_update(w, slot);
}

/* Whoever answers a question for a record with something else has not carried out the write either. */
static void after_read_back(struct rest_write *w, struct slot *slot, const struct http_answer *answer)
{
	if (answer_good(answer) && !take_record(w, slot, answer))
		not_delivered(w, slot);
}

/* A record that is still the one we read says that the precondition itself is wrong: it is never left out to get through. */
static void after_compare(struct rest_write *w, struct slot *slot, const struct http_answer *answer)
{
	if (!answer_good(answer) || !str_eq(version_of(w, answer), slot->version))
		return;
	slot->result->outcome = REFUSED;
	slot->result->advice = STR("the record has not changed, and yet the precondition did not hold: correct "
	                           "update.precondition in the descriptor");
}

static void (*const steps[])(struct rest_write *w, struct slot *slot, const struct http_answer *answer) = {
	[STEP_READ] = after_read,           [STEP_SEND] = after_send,       [STEP_PROBE] = after_probe,
	[STEP_READ_BACK] = after_read_back, [STEP_COMPARE] = after_compare,
};

static void slot_step(struct rest_write *w, struct slot *slot)
{
	struct http_answer answer = { 0 };
	struct err err = ERR_INIT;

	if (http_wait(&slot->future, w->results, &answer, &err) == 0)
		steps[slot->step](w, slot, &answer);
	else if (slot->step != STEP_READ_BACK && slot->step != STEP_COMPARE)
		nothing_came(w, slot, answer.uncertain, &err);
}

/* One step of every item, then the next of those that have one: requests of one round are under way together. */
static bool round_of_steps(struct rest_write *w)
{
	bool more = false;

	for (size_t i = 0; i < w->count; i++) {
		if (!w->slots[i].future)
			continue;
		slot_step(w, &w->slots[i]);
		more = more || w->slots[i].future;
	}
	return more;
}

/* ---- the call ---- */

static int check_request(struct rest_write *w, const struct write_request *request, struct err *err)
{
	const char *title = w->call.connection->kind->title;

	if (!w->object)
		return err_set(err, ERR_CONFIG, "%s has no object '%.*s'", title, STR_ARG(request->object));
	for (size_t i = 0; i < request->item_count; i++)
		if (route_of(w, request->items[i].op)->line == 0)
			return err_set(err, ERR_UNSUPPORTED, "%s has no way to write %.*s so", title,
			               STR_ARG(request->object));
	return 0;
}

static struct str json_text_copy(struct arena *arena, const struct json *json)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_PAYLOAD);

	if (!json)
		return STR("{}");
	json_write(&text, json);
	return arena_str(arena, buf_str(&text));
}

static void slot_init(struct rest_write *w, struct slot *slot, const struct write_item *item)
{
	SCOPED(buf) struct buf body = BUF_INIT(LIMIT_PAYLOAD);
	SCOPED(arena) struct arena scratch = ARENA_INIT;

	slot->op = item->op;
	slot->id = arena_str(&w->arena, item->id);
	slot->key = arena_str(&w->arena, item->key);
	slot->current = arena_str(&w->arena, item->current);
	slot->version = arena_str(&w->arena, item->version);
	slot->fields = json_text_copy(&w->arena, item->fields);
	if (is_create(slot)) {
		rest_create_body(rest_of(w->call.connection), w->object, &scratch, item, &body);
		slot->body = arena_str(&w->arena, buf_str(&body));
	}
}

struct call *rest_write_start(struct connection *c, const struct write_request *request)
{
	struct arena arena = ARENA_INIT;
	struct rest_write *w = arena_new(&arena, struct rest_write);

	w->arena = arena;
	w->call = (struct call) { .connection = c, .cancel = write_cancel };
	w->priority = request->priority;
	w->object = descriptor_object(rest_of(c)->d, request->object);
	if (check_request(w, request, &w->refused) < 0)
		return &w->call;
	w->slots = arena_new_array(&w->arena, struct slot, request->item_count + 1);
	w->count = request->item_count;
	for (size_t i = 0; i < w->count; i++) {
		slot_init(w, &w->slots[i], &request->items[i]);
		slot_begin(w, &w->slots[i]);
	}
	return &w->call;
}

static int settle(struct rest_write *w, struct arena *arena, struct write_result *results, struct err *err)
{
	bool anything = false;

	if (w->refused.code)
		return err_set(err, w->refused.code, "%s", w->refused.text);
	w->results = arena;
	for (size_t i = 0; i < w->count; i++) {
		results[i] = (struct write_result) { .outcome = RETRY_LATER };
		w->slots[i].result = &results[i];
	}
	while (round_of_steps(w))
		;
	for (size_t i = 0; i < w->count; i++)
		anything = anything || w->slots[i].judged;
	if (anything || w->first_error.code == 0)
		return 0;
	return err_set(err, w->first_error.code, "%s", w->first_error.text);
}

int rest_write_finish(struct call **call, struct arena *arena, struct write_result *ret_results, struct err *err)
{
	struct rest_write *w = (struct rest_write *)*call;
	int code = settle(w, arena, ret_results, err);

	write_free(&w);
	*call = NULL;
	return code;
}
