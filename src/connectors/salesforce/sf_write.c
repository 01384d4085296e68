/*
 * Writing: sObject Collections, up to 200 records a call, each judged by itself (allOrNone false).
 *
 *	create   POST  /composite/sobjects                    may be carried out twice: UNKNOWN when no answer came
 *	create   PATCH /composite/sobjects/X/Key__c           with our key: repeating it is harmless
 *	update   PATCH /composite/sobjects
 *	update   PATCH /sobjects/X/ID                         one record whose version is known: "If-Unmodified-Since" (R26)
 *	delete   DELETE /composite/sobjects?ids=...
 *
 * The records are written once, one behind the other, into `body`; a range remembers each. "All rows of a call run in one
 * transaction for triggers: a governor-limit breach in customer Apex can fail all 200": rows that failed so are sent again
 * in halves, from the same ranges, until the one that poisons the others stands alone. Groups of rows that wait for that are a
 * stack of ranges of `order`. The number of calls this may cost is bounded; what is left then is sent again later.
 */
#include "connectors/salesforce/sf.h"

#include "codec/url.h"
#include "connectors/answer.h"
#include "lib/clock.h"
#include "lib/limits.h"

#include <string.h>

enum { calls_at_most = 48, groups_at_most = 256 };

struct range {
	size_t from, count;
};

struct sf_write {
	struct sf_call base; /* first */
	struct err refused;
	enum write_op op;
	bool keyed;    /* upsert by external id */
	struct str id; /* of that record */
	bool alone;    /* one record under a precondition, which calls for several do not have */
	size_t count;
	struct buf records; /* each record's JSON, or its id for a delete */
	struct buf body;
	struct range *ranges; /* of each record in `records` */
	size_t *order;        /* rows, regrouped as they fail */
	struct range groups[groups_at_most];
	size_t group_count;
	unsigned calls;
};

/* Our own members; the same names among the fields would stand twice. */
static bool is_reserved(const struct write_item *item, bool keyed, struct str name)
{
	return str_eq_nocase(name, STR("Id")) || str_eq_c(name, "attributes") ||
	       (keyed && str_eq_nocase(name, item->key_field));
}

static void add_member(struct buf *out, struct str name, struct str text)
{
	buf_add_char(out, ',');
	json_write_string(out, name);
	buf_add_char(out, ':');
	json_write_string(out, text);
}

static void add_record(struct buf *out, struct str object, const struct write_item *item, bool keyed)
{
	buf_add_c(out, "{\"attributes\":{\"type\":");
	json_write_string(out, object);
	buf_add_char(out, '}');
	if (keyed)
		add_member(out, item->key_field, item->key);
	else if (item->op != WRITE_CREATE)
		add_member(out, STR("id"), item->id);
	JSON_EACH (item->fields, field) {
		if (is_reserved(item, keyed, field->key))
			continue;
		buf_add_char(out, ',');
		json_write_string(out, field->key);
		buf_add_char(out, ':');
		json_write(out, field);
	}
	buf_add_char(out, '}');
}

/* The fields by themselves, where the address names the record. */
static void add_alone(struct buf *out, const struct write_item *item)
{
	const char *comma = "{";

	JSON_EACH (item->fields, field) {
		if (is_reserved(item, false, field->key))
			continue;
		buf_add_c(out, comma);
		json_write_string(out, field->key);
		buf_add_char(out, ':');
		json_write(out, field);
		comma = ",";
	}
	buf_add_c(out, comma[0] == '{' ? "{}" : "}");
}

static void add_records(struct sf_write *w, const struct write_request *request)
{
	for (size_t i = 0; i < w->count; i++) {
		size_t from = w->records.len;

		if (w->op == WRITE_DELETE)
			buf_add(&w->records, request->items[i].id);
		else if (w->alone)
			add_alone(&w->records, &request->items[i]);
		else
			add_record(&w->records, request->object, &request->items[i], w->keyed);
		w->ranges[i] = (struct range) { from, w->records.len - from };
		w->order[i] = i;
	}
}

static struct str record_text(const struct sf_write *w, size_t row)
{
	return str_range(w->records.at + w->ranges[row].from, w->ranges[row].count);
}

static void group_body(struct sf_write *w, struct range group)
{
	buf_clear(&w->body);
	if (w->alone) {
		buf_add(&w->body, record_text(w, 0));
		w->base.request.body = buf_str(&w->body);
		return;
	}
	buf_add_c(&w->body, "{\"allOrNone\":false,\"records\":[");
	for (size_t i = 0; i < group.count; i++) {
		if (i)
			buf_add_char(&w->body, ',');
		buf_add(&w->body, record_text(w, w->order[group.from + i]));
	}
	buf_add_c(&w->body, "]}");
	w->base.request.body = buf_str(&w->body);
}

static void group_delete_url(struct sf_write *w, struct range group)
{
	buf_clear(&w->body);
	buf_printf(&w->body, "%.*s/composite/sobjects?ids=", STR_ARG(sf_of(w->base.call.connection)->data));
	for (size_t i = 0; i < group.count; i++) {
		if (i)
			buf_add_char(&w->body, ',');
		buf_add(&w->body, record_text(w, w->order[group.from + i]));
	}
	buf_add_c(&w->body, "&allOrNone=false");
	w->base.request.url = buf_str(&w->body);
}

static void group_send(struct sf_write *w, struct range group)
{
	if (w->op == WRITE_DELETE)
		group_delete_url(w, group);
	else
		group_body(w, group);
	w->calls++;
	sf_call_send(&w->base);
}

static int check_request(const struct write_request *request, bool keyed, struct err *err)
{
	if (!sf_name_valid(request->object))
		return err_set(err, ERR_CONFIG, "'%.*s' is no Salesforce object name", STR_ARG(request->object));
	for (size_t i = 0; i < request->item_count; i++) {
		const struct write_item *item = &request->items[i];

		if (keyed && (!sf_name_valid(item->key_field) || item->key.len == 0))
			return err_set(err, ERR_CONFIG, "an upsert needs an external id field and a value for it");
		if (!keyed && item->op != WRITE_CREATE && !sf_id_valid(item->id))
			return err_set(err, ERR_DATA, "'%.*s' is no Salesforce id", STR_ARG(item->id));
	}
	return 0;
}

static void release_bufs(void *context)
{
	struct sf_write *w = context;

	buf_release(&w->records);
	buf_release(&w->body);
}

static const char *const methods[] = { "POST", "PATCH", "PATCH", "DELETE" };

/* "If-Unmodified-Since": the answer is 412 when somebody changed the record since. */
static void write_address_alone(struct sf_write *w, const struct write_request *request)
{
	const struct write_item *item = &request->items[0];
	struct arena *arena = &w->base.arena;
	int64_t ms = 0;

	clock_parse(item->version, &ms);
	w->base.request.url =
	        arena_printf(arena, "%.*s/sobjects/%.*s/%.*s", STR_ARG(sf_of(w->base.call.connection)->data),
	                     STR_ARG(request->object), STR_ARG(item->id));
	sf_call_header(&w->base, STR("If-Unmodified-Since"), clock_http_date(arena, ms));
}

static void write_address(struct sf_write *w, const struct write_request *request)
{
	struct sf *sf = sf_of(w->base.call.connection);
	struct arena *arena = &w->base.arena;

	w->base.request.method = w->keyed ? "PATCH" : methods[w->op];
	w->base.request.idempotent = w->keyed || w->op != WRITE_CREATE;
	w->base.request.url = arena_printf(arena, "%.*s/composite/sobjects", STR_ARG(sf->data));
	if (w->keyed)
		w->base.request.url = arena_printf(arena, "%.*s/%.*s/%.*s", STR_ARG(w->base.request.url),
		                                   STR_ARG(request->object), STR_ARG(request->items[0].key_field));
	sf_call_header(&w->base, STR("Content-Type"), STR("application/json"));
	if (w->alone)
		write_address_alone(w, request);
}

/* An update whose version is known; of several records a call has no room for versions. */
static bool is_alone(const struct write_request *request)
{
	const struct write_item *item = &request->items[0];
	int64_t ms;

	return request->item_count == 1 && item->op == WRITE_UPDATE && clock_parse(item->version, &ms);
}

struct call *sf_write_start(struct connection *c, const struct write_request *request)
{
	struct sf_write *w = (struct sf_write *)sf_call_new(sf_of(c), sizeof(*w), request->priority);
	struct arena *arena = &w->base.arena;

	ensure(request->item_count > 0 && request->item_count <= c->traits.write_batch);
	buf_init(&w->records, LIMIT_HTTP_BODY);
	buf_init(&w->body, LIMIT_HTTP_BODY);
	arena_on_release(arena, release_bufs, w);
	w->op = request->items[0].op;
	w->count = request->item_count;
	w->keyed = w->op == WRITE_UPSERT ||
	           (w->op == WRITE_CREATE && request->items[0].key_field.len && request->items[0].key.len);
	w->alone = is_alone(request);
	w->id = sf_id18(arena, request->items[0].id);
	w->ranges = arena_new_array(arena, struct range, w->count);
	w->order = arena_new_array(arena, size_t, w->count);
	if (check_request(request, w->keyed, &w->refused) < 0)
		return &w->base.call;
	write_address(w, request);
	add_records(w, request);
	group_send(w, (struct range) { 0, w->count });
	return &w->base.call;
}

/* ---- judging ---- */

static void result_of_error(const struct json *error, struct arena *arena, struct write_result *ret)
{
	const struct sf_error *known = sf_error_of(json_get_text(error, "statusCode"));

	ret->outcome = sf_error_delivery(known);
	ret->code = json_get_text(error, "statusCode");
	ret->field = arena_str(arena, json_text(json_at(json_get(error, "fields"), 0)));
	ret->advice = str_of(known->advice);
	ret->raw_message = answer_cut(json_get_text(error, "message"));
}

/* True: the row failed together with others and must be tried in smaller company. */
static bool judge_row(const struct sf_write *w, const struct json *row, struct arena *arena, struct write_result *ret)
{
	const struct json *error = json_at(json_get(row, "errors"), 0);

	*ret = (struct write_result) { .outcome = DELIVERED };
	if (json_bool(json_get(row, "success"), false)) {
		ret->id = sf_id18(arena, json_get_text(row, "id"));
		ret->created = json_bool(json_get(row, "created"), w->op == WRITE_CREATE && !w->keyed);
		if (ret->id.len == 0 && w->op == WRITE_CREATE)
			*ret = (struct write_result) {
				.outcome = w->keyed ? RETRY_LATER : UNKNOWN,
				.code = STR("NO_ID"),
				.advice = STR("the answer does not name the new record; we look for it"),
			};
		return false;
	}
	result_of_error(error, arena, ret);
	if (w->op == WRITE_CREATE && ret->outcome == GONE)
		ret->outcome = REFUSED; /* what it refers to is gone */
	if (w->op == WRITE_DELETE && str_eq_c(ret->code, "ENTITY_IS_DELETED"))
		*ret = (struct write_result) { .outcome = DELIVERED };
	return sf_error_of(ret->code)->kind == SF_SMALLER;
}

static void push_group(struct sf_write *w, size_t from, size_t count)
{
	ensure(w->group_count < groups_at_most);
	if (count)
		w->groups[w->group_count++] = (struct range) { from, count };
}

static void push_halves(struct sf_write *w, struct range group)
{
	size_t half = group.count / 2;

	push_group(w, group.from + half, group.count - half);
	push_group(w, group.from, half);
}

static void fill(const struct sf_write *w, struct range group, struct write_result result, struct write_result *results)
{
	for (size_t i = 0; i < group.count; i++)
		results[w->order[group.from + i]] = result;
}

/* The rows of a group in an answer of the right shape. Rows to be tried again come together at the group's front. */
static void judge_rows(struct sf_write *w, struct range group, const struct json *answer, struct arena *arena,
                       struct write_result *results)
{
	size_t again = 0, n = 0;

	JSON_EACH (answer, row) {
		size_t index = w->order[group.from + n];

		if (judge_row(w, row, arena, &results[index]) && group.count > 1) {
			w->order[group.from + n] = w->order[group.from + again];
			w->order[group.from + again] = index;
			again++;
		}
		n++;
	}
	if (again == group.count)
		push_halves(w, group);
	else
		push_group(w, group.from, again);
}

/* The whole call was refused. Splits where one record may be to blame; else `err` is set. */
static int judge_refusal(struct sf_write *w, struct range group, const struct http_answer *answer, struct arena *arena,
                         struct write_result *results, struct err *err)
{
	struct str message, code = sf_body_code(answer, arena, &message);
	const struct sf_error *error = sf_error_of(code);
	bool poison = answer->status == 413 ||
	              (answer->status == 400 && (code.len == 0 || error->kind == SF_SMALLER || error->kind == SF_DATA));

	if (answer->status >= 500 && !w->base.request.idempotent) {
		fill(w, group,
		     (struct write_result) {
		             .outcome = UNKNOWN,
		             .code = code,
		             .raw_message = message,
		             .advice = STR("Salesforce failed while it wrote; we look whether the record is there") },
		     results);
		return 0;
	}
	if (!poison)
		return sf_refusal(answer, arena, "write records", err);
	if (group.count > 1) {
		push_halves(w, group);
		return 0;
	}
	fill(w, group,
	     (struct write_result) { .outcome = REFUSED,
	                             .code = code.len ? code : STR("400"),
	                             .advice = str_of(error->advice),
	                             .raw_message = message },
	     results);
	return 0;
}

/* One record under its own address: its error is a whole answer's, and yet its own. False: nothing is said of the record. */
static bool judge_alone(const struct http_answer *answer, struct arena *arena, struct write_result *ret)
{
	struct str message, code = sf_body_code(answer, arena, &message);
	const struct sf_error *error = sf_error_of(code);
	struct err ignored = ERR_INIT;
	struct json *body;

	if (answer->status == 412) {
		*ret = (struct write_result) { .outcome = CHANGED, .code = STR("412") };
		return true;
	}
	if (answer->status >= 500 || answer->status == 401 || code.len == 0 || error->kind == SF_SIGN_IN ||
	    error->kind == SF_LATER_LIMIT || answer_json(answer, arena, &body, &ignored) < 0)
		return false;
	*ret = (struct write_result) { .outcome = sf_error_delivery(error),
		                       .code = code,
		                       .field = arena_str(arena,
		                                          json_text(json_at(json_get(json_at(body, 0), "fields"), 0))),
		                       .advice = str_of(error->advice),
		                       .raw_message = message };
	return true;
}

static int judge_answer(struct sf_write *w, struct range group, const struct http_answer *answer, struct arena *arena,
                        struct write_result *results, struct err *err)
{
	struct json *body;

	if (w->alone && answer_good(answer)) {
		results[0] = (struct write_result) { .outcome = DELIVERED, .id = arena_str(arena, w->id) };
		return 0;
	}
	if (w->alone && judge_alone(answer, arena, &results[0]))
		return 0;
	if (!answer_good(answer))
		return judge_refusal(w, group, answer, arena, results, err);
	if (answer_json(answer, arena, &body, err) < 0)
		return err->code;
	if (body->kind != JSON_ARRAY || body->count != group.count)
		return err_set(err, ERR_FAR_SIDE, "write records: the answer does not hold one result for each record");
	judge_rows(w, group, body, arena, results);
	return 0;
}

/* The group's call came to nothing. A create without key may have been carried out unless it surely was not. */
static int no_verdict(struct sf_write *w, struct range group, bool maybe_done, struct write_result *results,
                      const struct err *why)
{
	bool unknown = maybe_done && !w->base.request.idempotent;

	fill(w, group,
	     (struct write_result) { .outcome = unknown ? UNKNOWN : RETRY_LATER,
	                             .code = str_of(err_name(why->code)),
	                             .advice = unknown ? STR("no answer came; we look whether the record is there")
	                                               : STR("no answer came; it is sent again") },
	     results);
	return unknown ? 0 : why->code;
}

/* Negative: nothing is known of this group and repeating it is harmless; its results say so too. */
static int settle_group(struct sf_write *w, struct range group, struct arena *arena, struct write_result *results,
                        struct err *err)
{
	struct http_answer answer;

	if (sf_call_wait(&w->base, arena, &answer, err) < 0)
		return no_verdict(w, group, answer.uncertain, results, err);
	if (judge_answer(w, group, &answer, arena, results, err) < 0)
		return no_verdict(w, group, answer_good(&answer), results, err);
	return 0;
}

static void give_up_rest(struct sf_write *w, struct write_result *results)
{
	while (w->group_count)
		fill(w, w->groups[--w->group_count],
		     (struct write_result) {
		             .outcome = RETRY_LATER,
		             .code = STR("SPLIT"),
		             .advice = STR("its batch was refused as a whole; it is sent again in another one") },
		     results);
}

static int settle_all(struct sf_write *w, struct arena *arena, struct write_result *results, struct err *err)
{
	struct err later = ERR_INIT;

	if (w->refused.code)
		return err_set(err, w->refused.code, "%s", w->refused.text);
	if (settle_group(w, (struct range) { 0, w->count }, arena, results, &later) < 0)
		return err_set(err, later.code, "%s", later.text);
	while (w->group_count && w->calls < calls_at_most && later.code == 0) {
		struct range group = w->groups[--w->group_count];

		group_send(w, group);
		if (settle_group(w, group, arena, results, &later) < 0)
			break;
	}
	give_up_rest(w, results);
	return 0;
}

int sf_write_finish(struct call **call, struct arena *arena, struct write_result *ret_results, struct err *err)
{
	struct sf_write *w = (struct sf_write *)*call;
	struct sf_call *base = &w->base;
	int code = settle_all(w, arena, ret_results, err);

	sf_call_free(&base);
	*call = NULL;
	return code;
}
