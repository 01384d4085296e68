/*
 * payloads: what came in, exactly as it came, and what became of it (R2, R3). Lists hold no patient's data; the bytes, and what they would do, are asked for one payload at
 * a time and leave a line in the audit trail.
 */
#include "api/api_records.h"

#include "codec/utf8.h"
#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/retry.h"
#include "sync/run.h"

enum { WAIT_MS = 15000, COUNTED = 10000, TRIED_MAX = 50 };

/* ---- words of filters ---- */

struct word_list {
	const char *query;
	size_t count;
	const char *(*name)(size_t number);
};

static const char *side_word(size_t number)
{
	return number == SIDE_EMR ? "emr" : "crm";
}

static const char *state_word(size_t number)
{
	return staged_state_name((enum staged_state)number);
}

static const char *door_word(size_t number)
{
	return door_name((enum door)number);
}

static const struct word_list side_words = { "side", 2, side_word };
static const struct word_list state_words = { "state", STAGED_PARKED + 1, state_word };
static const struct word_list door_words = { "door", DOOR_RETRY + 1, door_word };

/* "failed,parked" to bits. */
static int bits_of(struct str words, const struct word_list *list, unsigned *ret, struct err *err)
{
	struct str word;

	*ret = 0;
	while (words.len && str_split(&words, ',', &word)) {
		size_t i = 0;

		while (i < list->count && !str_eq_c(word, list->name(i)))
			i++;
		if (i == list->count)
			return err_set(err, ERR_USAGE, "?%s= takes other words", list->query);
		*ret |= 1U << i;
	}
	return 0;
}

static int query_bits(const struct api_call *call, const struct word_list *list, unsigned *ret, struct err *err)
{
	return bits_of(api_query(call, list->query), list, ret, err);
}

static int query_run(struct api_call *call, int64_t *ret, struct err *err)
{
	struct run run;

	*ret = 0;
	if (api_query(call, "run").len == 0)
		return 0;
	if (run_find(&call->engine, call->arena, api_query(call, "run"), &run, err) < 0)
		return err_pass(err);
	*ret = run.id;
	return 0;
}

static int read_filter(struct api_call *call, struct staged_filter *ret, struct err *err)
{
	struct str outcome = api_query(call, "outcome");

	*ret = (struct staged_filter) { .code = api_query(call, "code"),
		                        .error_field = api_query(call, "field"),
		                        .record_id = api_query(call, "record"),
		                        .newest = true };
	if (outcome.len && !outcome_of_name(outcome, &ret->outcome))
		return err_set(err, ERR_USAGE, "?outcome= is no outcome");
	if (api_query_sync(call, &ret->sync_id, err) < 0 || query_run(call, &ret->run_id, err) < 0 ||
	    query_bits(call, &side_words, &ret->sides, err) < 0 ||
	    query_bits(call, &state_words, &ret->states, err) < 0 ||
	    query_bits(call, &door_words, &ret->doors, err) < 0 ||
	    api_query_time(call, "since", &ret->received_ms, err) < 0 ||
	    api_query_time(call, "until", &ret->before_ms, err) < 0)
		return err_pass(err);
	return api_query_int(call, "id", 0, &ret->id, err);
}

/* ---- lists ---- */

static const struct api_member staged_members[] = {
	API_MEMBER(struct staged, id, API_INT),
	API_NAMED("record", struct staged, record_id, API_TEXT),
	API_NAMED("link", struct staged, link_id, API_ID),
	API_MEMBER(struct staged, event, API_TEXT),
	API_MEMBER(struct staged, partner, API_TEXT),
	API_MEMBER(struct staged, version, API_TEXT),
	API_NAMED("modified", struct staged, modified_ms, API_TIME),
	API_NAMED("received", struct staged, received_ms, API_TIME),
	API_NAMED("decided", struct staged, decided_ms, API_TIME),
	API_NAMED("ended", struct staged, ended_ms, API_TIME),
	API_MEMBER(struct staged, reason, API_TEXT),
	API_MEMBER(struct staged, error_code, API_TEXT),
	API_MEMBER(struct staged, error_field, API_TEXT),
	API_NAMED("failed", struct staged, error_ms, API_TIME),
	API_MEMBER(struct staged, attempts, API_INT),
	API_MEMBER(struct staged, candidates, API_TEXT),
	API_MEMBER(struct staged, read_as, API_ID),
	API_NAMED("purged", struct staged, purged_ms, API_TIME),
	{ 0 },
};

static struct str hash_text(struct api_call *call, const struct digest16 *hash)
{
	SCOPED(buf) struct buf hex = BUF_INIT(64);

	digest_hex(&hex, str_range((const char *)hash->bytes, sizeof(hash->bytes)));
	return arena_str(call->arena, buf_str(&hex));
}

struct json *api_payload(struct api_call *call, const struct staged *s)
{
	static const char *const kinds[] = { "record", "removed", "merged" };
	struct json *item = api_object(call, staged_members, s);

	api_set(call, item, "sync", api_sync_name(call, s->sync_id));
	api_set(call, item, "side", api_side_word(s->side));
	api_set(call, item, "door", str_of(door_name(s->door)));
	api_set(call, item, "state", str_of(staged_state_name(s->state)));
	api_set(call, item, "outcome", str_of(outcome_name(s->outcome)));
	api_set(call, item, "kind", str_of(kinds[s->kind]));
	api_set(call, item, "wish", str_of(wish_name(s->wish)));
	api_set_id(call, item, "run", s->run_id);
	api_set(call, item, "hash", hash_text(call, &s->hash));
	return item;
}

static int list_payloads(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct staged_filter filter;
	struct staged *rows;
	int64_t before, total;
	size_t count, limit;

	if (read_filter(call, &filter, err) < 0 || api_page(call, &before, &limit, err) < 0 ||
	    stage_count(&call->engine, &filter, COUNTED, &total, err) < 0)
		return err_pass(err);
	filter.before_id = before;
	filter.limit = limit;
	if (stage_list(&call->engine, call->arena, &filter, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, api_payload(call, &rows[i]));
	call->answer = api_list(call, items, count == limit, count ? rows[count - 1].id : 0);
	api_set_int(call, call->answer, "total", total);
	api_set_bool(call, call->answer, "total_is_least", total == COUNTED);
	return 0;
}

static int list_alike(struct api_call *call, struct err *err)
{
	static const struct api_member members[] = {
		API_MEMBER(struct alike, code, API_TEXT),
		API_MEMBER(struct alike, field, API_TEXT),
		API_MEMBER(struct alike, count, API_INT),
		API_NAMED("first", struct alike, first_ms, API_TIME),
		API_NAMED("last", struct alike, last_ms, API_TIME),
		{ 0 },
	};
	struct json *items = api_new_list(call), *item;
	struct alike *all;
	int64_t sync_id;
	size_t count;

	if (api_query_sync(call, &sync_id, err) < 0 ||
	    stage_alike(&call->engine, call->arena, sync_id, &all, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		item = api_object(call, members, &all[i]);
		api_set(call, item, "sync", api_sync_name(call, all[i].sync_id));
		json_append(items, item);
	}
	call->answer = api_list(call, items, false, 0);
	return 0;
}

/* ---- one payload ---- */

static int find_payload(struct api_call *call, struct staged *ret, struct err *err)
{
	struct staged_filter filter = { .limit = 1 };
	struct staged *rows;
	size_t count;

	if (api_id(call, "payload", &filter.id, err) < 0 ||
	    stage_list(&call->engine, call->arena, &filter, &rows, &count, err) < 0)
		return err_pass(err);
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no payload %lld", (long long)filter.id);
	*ret = rows[0];
	return 0;
}

/* The one of the same record that came before. */
static int find_previous(struct api_call *call, const struct staged *s, struct staged *ret, bool *ret_found,
                         struct err *err)
{
	const struct staged_filter filter = { .sync_id = s->sync_id,
		                              .record_id = s->record_id,
		                              .sides = 1U << s->side,
		                              .before_id = s->id,
		                              .newest = true,
		                              .limit = 1 };
	struct staged *rows;
	size_t count = 0;

	*ret_found = false;
	if (s->record_id.len == 0)
		return 0;
	if (stage_list(&call->engine, call->arena, &filter, &rows, &count, err) < 0)
		return err_pass(err);
	*ret_found = count > 0;
	if (count)
		*ret = rows[0];
	return 0;
}

static int show_payload(struct api_call *call, struct err *err)
{
	struct staged s, previous;
	bool found;

	if (find_payload(call, &s, err) < 0 || find_previous(call, &s, &previous, &found, err) < 0)
		return err_pass(err);
	call->answer = api_payload(call, &s);
	api_set_id(call, call->answer, "previous", found ? previous.id : 0);
	return 0;
}

static struct str record_subject(struct api_call *call, const struct staged *s)
{
	if (s->record_id.len == 0)
		return arena_printf(call->arena, "payload %lld", (long long)s->id);
	return audit_record(call->arena, s->side, s->record_id, api_sync_name(call, s->sync_id));
}

/* What is no UTF-8 is shown as far as it can be: a JSON text cannot hold it. */
static struct str readable(struct api_call *call, struct str bytes)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_HTTP_BODY * 3);
	const char *at = bytes.at, *end = bytes.at + bytes.len;

	if (utf8_valid(bytes))
		return bytes;
	while (at < end) {
		size_t step = utf8_step(at, end);

		if (step)
			buf_add(&text, str_range(at, step));
		else
			buf_add_c(&text, "\xEF\xBF\xBD");
		at += step ? step : 1;
	}
	return arena_str(call->arena, buf_str(&text));
}

static int bytes_json(struct api_call *call, const struct staged *s, struct json **ret, struct err *err)
{
	struct err no_json = ERR_INIT;
	struct json *parsed;
	struct str bytes;

	if (stage_bytes(&call->engine, call->arena, s, &bytes, err) < 0)
		return err_pass(err);
	*ret = api_new(call);
	api_set_int(call, *ret, "id", s->id);
	api_set_int(call, *ret, "size", (int64_t)bytes.len);
	json_set(*ret, STR("bytes"), json_new_text(call->arena, readable(call, bytes)));
	if (json_parse(call->arena, bytes, &parsed, &no_json) < 0)
		api_set(call, *ret, "no_json", arena_str(call->arena, str_of(no_json.text)));
	else
		api_set(call, *ret, "no_json", STR_EMPTY);
	return 0;
}

/* The exact bytes, and those of the payload of the same record before it. */
static int reveal_payload(struct api_call *call, struct err *err)
{
	struct json *own, *before = json_new(call->arena, JSON_NULL);
	struct staged s, previous;
	bool found;

	if (find_payload(call, &s, err) < 0 || find_previous(call, &s, &previous, &found, err) < 0 ||
	    audit_note(&call->engine, "look", record_subject(call, &s), STR_EMPTY,
	               arena_printf(call->arena, "payload %lld", (long long)s.id), NULL, err) < 0 ||
	    bytes_json(call, &s, &own, err) < 0 ||
	    (found && previous.purged_ms == 0 && bytes_json(call, &previous, &before, err) < 0))
		return err_pass(err);
	call->answer = own;
	json_set(own, STR("previous"), before);
	return 0;
}

/* ---- what it would do now ---- */

static void keep_first(struct api_scratch *scratch, const struct verdict *v)
{
	if (!scratch->call->answer)
		scratch->call->answer = api_verdict(scratch->call, v);
}

static int judge_one(struct api_scratch *scratch, struct err *err)
{
	const struct staged *s = scratch->context;
	struct plan *plan;
	int code;

	if (plan_open(scratch->engine, api_sync_name(scratch->call, s->sync_id), &plan, err) < 0)
		return err_pass(err);
	code = retry_preview(scratch->engine, plan, &s->id, 1, err);
	plan_close(&plan);
	return code;
}

static int preview_payload(struct api_call *call, struct err *err)
{
	struct staged s;
	struct api_scratch scratch = { .call = call, .on_verdict = keep_first, .work = judge_one, .context = &s };

	if (find_payload(call, &s, err) < 0 ||
	    audit_note(&call->engine, "look", record_subject(call, &s), STR_EMPTY,
	               arena_printf(call->arena, "what payload %lld would do", (long long)s.id), NULL, err) < 0 ||
	    api_in_scratch(&scratch, err) < 0)
		return err_pass(err);
	if (!call->answer)
		return err_set(err, ERR_CONFLICT, "nothing would be decided about it now: it waits for another record");
	return 0;
}

/* ---- acts on one or many ---- */

/* What the body names: {"sync", "ids": [...]} or {"sync", "code", "field"?, "run"?}. */
struct chosen {
	struct plan *plan;
	const char *why;
	struct staged_filter filter; /* all alike */
	const struct json *ids;      /* or these; NULL */
};

static int read_ids(const struct chosen *chosen, struct err *err)
{
	if (chosen->ids->kind != JSON_ARRAY || chosen->ids->count > LIMIT_API_CHOSEN)
		return err_set(err, ERR_DATA, "'ids' is a list of at most %d payloads", LIMIT_API_CHOSEN);
	JSON_EACH (chosen->ids, one) {
		int64_t id;

		if (one->kind != JSON_NUMBER || !str_to_i64(one->text, &id))
			return err_set(err, ERR_DATA, "'ids' holds numbers of payloads");
	}
	return 0;
}

static int read_chosen(struct api_call *call, struct chosen *ret, struct err *err)
{
	struct str sync;

	*ret = (struct chosen) { .ids = json_get(call->body, "ids") };
	if (api_need_text(call, "sync", &sync, err) < 0 || api_plan_named(call, sync, &ret->plan, err) < 0 ||
	    api_why(call, &ret->why, err) < 0)
		return err_pass(err);
	if (json_is_null(ret->ids))
		ret->ids = NULL;
	if (ret->ids)
		return read_ids(ret, err);
	ret->filter = (struct staged_filter) { .sync_id = ret->plan->sync_id, .states = 1U << STAGED_FAILED };
	if (api_need_text(call, "code", &ret->filter.code, err) < 0 ||
	    api_text(call, "field", &ret->filter.error_field, err) < 0)
		return err_pass(err);
	return api_int(call, "run", 0, &ret->filter.run_id, err);
}

typedef int act_fn(struct engine *engine, const struct plan *plan, struct arena *arena,
                   const struct staged_filter *filter, const char *why, int64_t *ret_count, struct err *err);

static int act_on(struct api_call *call, const struct chosen *chosen, act_fn *act, int64_t *ret, struct err *err)
{
	int64_t count;

	*ret = 0;
	if (!chosen->ids)
		return act(&call->engine, chosen->plan, call->arena, &chosen->filter, chosen->why, ret, err);
	JSON_EACH (chosen->ids, one) {
		struct staged_filter filter = { .sync_id = chosen->plan->sync_id };

		if (!str_to_i64(one->text, &filter.id) || filter.id <= 0)
			continue;
		if (act(&call->engine, chosen->plan, call->arena, &filter, chosen->why, &count, err) < 0)
			return err_pass(err);
		*ret += count;
	}
	return 0;
}

static int act_and_tell(struct api_call *call, act_fn *act, struct err *err)
{
	struct chosen chosen;
	int64_t count;

	if (read_chosen(call, &chosen, err) < 0 || act_on(call, &chosen, act, &count, err) < 0)
		return err_pass(err);
	live_ring(call->api->options.live, chosen.plan->sync_id);
	call->answer = api_new(call);
	api_set_int(call, call->answer, "count", count);
	return 0;
}

static int retry_many(struct api_call *call, struct err *err)
{
	return act_and_tell(call, retry_hand_over, err);
}

static int leave_many_out(struct api_call *call, struct err *err)
{
	struct str why;

	if (api_need_text(call, "why", &why, err) < 0)
		return err_pass(err);
	return act_and_tell(call, retry_leave_out, err);
}

static int retry_payload(struct api_call *call, struct err *err)
{
	struct wished done;
	struct plan *plan;
	struct staged s;
	const char *why;

	if (find_payload(call, &s, err) < 0 || api_why(call, &why, err) < 0 ||
	    api_plan_named(call, api_sync_name(call, s.sync_id), &plan, err) < 0)
		return err_pass(err);
	live_ring(call->api->options.live, s.sync_id);
	if (retry_one(&call->engine, plan, call->arena, s.id, why, WAIT_MS, &done, err) < 0)
		return err_pass(err);
	call->answer = api_payload(call, &done.staged);
	api_set_bool(call, call->answer, "waits", done.waits);
	return 0;
}

/* ---- a dry count ---- */

struct dry_count {
	int64_t ids[TRIED_MAX];
	size_t tried;
	struct plan *plan; /* ours; the copy opens its own */
	int64_t outcomes[OUTCOME_COUNT];
	struct json *errors;
};

static void count_verdict(struct api_scratch *scratch, const struct verdict *v)
{
	struct api_call *call = scratch->call;
	struct dry_count *dry = scratch->context;
	struct json *error;

	dry->outcomes[v->outcome]++;
	if (v->outcome != OUTCOME_FAILED)
		return;
	error = api_new(call);
	api_set_int(call, error, "payload", v->staged_id);
	api_set(call, error, "code", arena_str(call->arena, v->error_code));
	api_set(call, error, "field", arena_str(call->arena, v->error_field));
	api_set(call, error, "reason", arena_str(call->arena, str_of(v->reason)));
	json_append(dry->errors, error);
}

static int judge_many(struct api_scratch *scratch, struct err *err)
{
	struct dry_count *dry = scratch->context;
	struct plan *plan;
	int code;

	if (plan_open(scratch->engine, dry->plan->name, &plan, err) < 0)
		return err_pass(err);
	code = retry_preview(scratch->engine, plan, dry->ids, dry->tried, err);
	plan_close(&plan);
	return code;
}

static int choose_for_dry(struct api_call *call, const struct chosen *chosen, struct dry_count *dry, int64_t *ret_total,
                          struct err *err)
{
	struct staged_filter filter = chosen->filter;
	struct staged *rows;
	size_t count = 0;

	if (chosen->ids) {
		*ret_total = (int64_t)chosen->ids->count;
		JSON_EACH (chosen->ids, one) {
			if (dry->tried < TRIED_MAX && str_to_i64(one->text, &dry->ids[dry->tried]))
				dry->tried++;
		}
		return 0;
	}
	filter.limit = TRIED_MAX;
	if (stage_count(&call->engine, &filter, COUNTED, ret_total, err) < 0 ||
	    stage_list(&call->engine, call->arena, &filter, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		dry->ids[dry->tried++] = rows[i].id;
	return 0;
}

static void tell_dry(struct api_call *call, const struct dry_count *dry, int64_t total)
{
	struct json *outcomes = api_new(call);
	int64_t through = 0;

	for (enum outcome o = OUTCOME_NONE; o < OUTCOME_COUNT; o++) {
		if (dry->outcomes[o])
			api_set_int(call, outcomes, outcome_name(o), dry->outcomes[o]);
		through += o == OUTCOME_FAILED || o == OUTCOME_NONE ? 0 : dry->outcomes[o];
	}
	call->answer = api_new(call);
	api_set_int(call, call->answer, "total", total);
	api_set_int(call, call->answer, "tried", (int64_t)dry->tried);
	api_set_int(call, call->answer, "through", through);
	api_set_int(call, call->answer, "failed", dry->outcomes[OUTCOME_FAILED]);
	json_set(call->answer, STR("outcomes"), outcomes);
	json_set(call->answer, STR("errors"), dry->errors);
}

static int preview_retry(struct api_call *call, struct err *err)
{
	struct dry_count dry = { .errors = api_new_list(call) };
	struct api_scratch scratch = { .call = call, .on_verdict = count_verdict, .work = judge_many, .context = &dry };
	struct chosen chosen;
	int64_t total;

	if (read_chosen(call, &chosen, err) < 0 || choose_for_dry(call, &chosen, &dry, &total, err) < 0)
		return err_pass(err);
	dry.plan = chosen.plan;
	if (dry.tried && api_in_scratch(&scratch, err) < 0)
		return err_pass(err);
	tell_dry(call, &dry, total);
	return 0;
}

/* ---- live ---- */

static int count_failed(struct api_call *call, struct err *err)
{
	const struct staged_filter filter = { .states = 1U << STAGED_FAILED };
	int64_t count;

	if (stage_count(&call->engine, &filter, COUNTED, &count, err) < 0)
		return err_pass(err);
	call->answer = api_new(call);
	api_set_int(call, call->answer, "count", count);
	return 0;
}

const struct api_route api_staged_routes[] = {
	{ "GET", "/payloads", list_payloads, RIGHT_SEE },
	{ "GET", "/payloads/alike", list_alike, RIGHT_SEE },
	{ "GET", "/payloads/failed", count_failed, RIGHT_SEE },
	{ "POST", "/payloads/retry", retry_many, RIGHT_WORK },
	{ "POST", "/payloads/retry/preview", preview_retry, RIGHT_WORK },
	{ "POST", "/payloads/skip", leave_many_out, RIGHT_WORK },
	{ "GET", "/payloads/{payload}", show_payload, RIGHT_SEE },
	{ "POST", "/payloads/{payload}/reveal", reveal_payload, RIGHT_VALUES },
	{ "POST", "/payloads/{payload}/preview", preview_payload, RIGHT_VALUES },
	{ "POST", "/payloads/{payload}/retry", retry_payload, RIGHT_WORK },
	{ 0 },
};

const struct api_topic api_staged_topics[] = {
	{ "payloads_failed", RIGHT_SEE, 2000, count_failed },
	{ 0 },
};
