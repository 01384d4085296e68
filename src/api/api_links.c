/* links: pairs of records; searched for, previewed, linked, ended and synced by a person (R11, R29, R30, R40). */
#include "api/api_records.h"

#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/link.h"

enum { WAIT_MS = 20000 };

/* ---- lists ---- */

static const struct {
	const char *word;
	unsigned states;
	bool stopped;
} choices[] = {
	{ "linked", 1U << LINK_LINKED, false },
	{ "making", 1U << LINK_MAKING, false },
	{ "ended", 1U << LINK_ENDED | 1U << LINK_FORGIVEN, false },
	{ "stopped", 1U << LINK_LINKED, true },
};

static int read_state(struct api_call *call, struct link_filter *filter, struct err *err)
{
	struct str word = api_query(call, "state");

	if (word.len == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		if (!str_eq_c(word, choices[i].word))
			continue;
		filter->states = choices[i].states;
		filter->stopped = choices[i].stopped;
		return 0;
	}
	return err_set(err, ERR_USAGE, "?state= is linked, making, ended or stopped");
}

static int query_id(struct api_call *call, const struct plan *plan, enum side side, struct str *ret, struct err *err)
{
	*ret = api_query(call, side == SIDE_EMR ? "emr" : "crm");
	return ret->len ? person_id(plan, call->arena, side, *ret, ret, err) : 0;
}

static int list_links(struct api_call *call, struct err *err)
{
	struct json *items = api_new_list(call);
	struct link_filter filter = { .newest = true };
	struct plan *plan;
	struct link *links;
	size_t count;

	if (api_plan(call, &plan, err) < 0 || api_page(call, &filter.before_id, &filter.limit, err) < 0 ||
	    read_state(call, &filter, err) < 0 || query_id(call, plan, SIDE_EMR, &filter.emr_id, err) < 0 ||
	    query_id(call, plan, SIDE_CRM, &filter.crm_id, err) < 0)
		return err_pass(err);
	filter.sync_id = plan->sync_id;
	if (link_list(&call->engine, call->arena, &filter, &links, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(items, api_link(call, &links[i]));
	call->answer = api_list(call, items, count == filter.limit, count ? links[count - 1].id : 0);
	return 0;
}

/* ---- people ---- */

static int search_people(struct api_call *call, struct err *err)
{
	static const struct api_member members[] = {
		API_MEMBER(struct hit, id, API_TEXT),        API_MEMBER(struct hit, first_name, API_TEXT),
		API_MEMBER(struct hit, last_name, API_TEXT), API_MEMBER(struct hit, birth_date, API_TEXT),
		API_MEMBER(struct hit, linked_to, API_TEXT), { 0 },
	};
	struct json *items = api_new_list(call);
	struct str word, text;
	struct plan *plan;
	struct hit *hits;
	struct err why = ERR_INIT; /* half a name, while somebody types it, is no error */
	enum side side;
	size_t count = 0;

	if (api_plan(call, &plan, err) < 0 || api_need_text(call, "side", &word, err) < 0 ||
	    api_side(word, &side, err) < 0 || api_need_text(call, "q", &text, err) < 0)
		return err_pass(err);
	if (person_search(&call->engine, plan, call->arena, side, text, &hits, &count, &why) < 0 &&
	    why.code != ERR_UNSUPPORTED)
		return err_set(err, why.code, "%s", why.text);
	for (size_t i = 0; i < count; i++)
		json_append(items, api_object(call, members, &hits[i]));
	call->answer = api_list(call, items, false, 0);
	api_set(call, call->answer, "needs", arena_str(call->arena, str_of(why.text)));
	return 0;
}

/* The name of one record, to begin a search with on the other side. */
static int name_of(struct api_call *call, struct err *err)
{
	struct compared one = { 0 };
	const struct mapping *m;
	struct plan *plan;

	if (api_plan(call, &plan, err) < 0 || api_record(call, plan, &one.side, &one.id, err) < 0 ||
	    person_compare(&call->engine, plan, call->arena, &one, 1, err) < 0)
		return err_pass(err);
	m = &plan->mapping;
	call->answer = api_new(call);
	api_set(call, call->answer, "id", one.id);
	api_set_bool(call, call->answer, "there", one.there);
	api_set(call, call->answer, "linked_to", one.linked_to);
	api_set(call, call->answer, "first_name",
	        one.values && m->first_name ? one.values[m->first_name - m->fields].text : STR_EMPTY);
	api_set(call, call->answer, "last_name",
	        one.values && m->last_name ? one.values[m->last_name - m->fields].text : STR_EMPTY);
	api_set(call, call->answer, "birth_date",
	        one.values && m->birth_date ? one.values[m->birth_date - m->fields].text : STR_EMPTY);
	return 0;
}

/* ---- wishes ---- */

static int read_wish(struct api_call *call, struct person_asks *ret, struct err *err)
{
	struct str wish, side;

	if (api_need_text(call, "wish", &wish, err) < 0 || api_need_text(call, "side", &side, err) < 0 ||
	    api_side(side, &ret->side, err) < 0 || api_need_text(call, "record", &ret->record_id, err) < 0 ||
	    api_text(call, "partner", &ret->partner, err) < 0 || api_why(call, &ret->why, err) < 0)
		return err_pass(err);
	for (enum wish w = WISH_SYNC; w <= WISH_UNLINK; w++) {
		if (str_eq_c(wish, wish_name(w))) {
			ret->wish = w;
			return 0;
		}
	}
	return err_set(err, ERR_DATA, "'wish' is sync, link, relink, create or unlink");
}

struct previewed {
	const struct person_asks *asks;
	struct str sync, id;
};

static void keep_own(struct api_scratch *scratch, const struct verdict *v)
{
	const struct previewed *p = scratch->context;

	if (!scratch->call->answer && str_eq(p->asks->side == SIDE_EMR ? v->emr_id : v->crm_id, p->id))
		scratch->call->answer = api_verdict(scratch->call, v);
}

static int preview_in_copy(struct api_scratch *scratch, struct err *err)
{
	struct previewed *p = scratch->context;
	const struct person_asks *a = p->asks;
	struct plan *plan;
	int code;

	if (plan_open(scratch->engine, p->sync, &plan, err) < 0)
		return err_pass(err);
	code = person_id(plan, scratch->call->arena, a->side, a->record_id, &p->id, err);
	if (code == 0)
		code = person_preview(scratch->engine, plan, a->side, a->wish, a->record_id, a->partner, err);
	plan_close(&plan);
	return code;
}

static int preview_wish(struct api_call *call, struct err *err)
{
	struct person_asks asks = { 0 };
	struct previewed previewed = { &asks, api_param(call, "sync"), STR_EMPTY };
	struct api_scratch scratch = {
		.call = call, .on_verdict = keep_own, .work = preview_in_copy, .context = &previewed
	};

	if (read_wish(call, &asks, err) < 0 ||
	    audit_note(&call->engine, "look", audit_record(call->arena, asks.side, asks.record_id, previewed.sync),
	               STR_EMPTY, arena_printf(call->arena, "preview of %s", wish_name(asks.wish)), NULL, err) < 0 ||
	    api_in_scratch(&scratch, err) < 0)
		return err_pass(err);
	if (!call->answer)
		return err_set(err, ERR_NOT_FOUND, "the record was read, but nothing was decided about it");
	return 0;
}

/* The schema Wished: what became of a person's wish. */
static struct json *wished_object(struct api_call *call, enum side side, const struct wished *w)
{
	const struct staged *s = &w->staged;
	struct json *answer = api_new(call);

	api_set_int(call, answer, "payload", s->id);
	api_set(call, answer, "state", str_of(staged_state_name(s->state)));
	api_set(call, answer, "outcome", str_of(outcome_name(s->outcome)));
	api_set(call, answer, "reason", s->reason);
	api_set(call, answer, "error_code", s->error_code);
	api_set(call, answer, "error_field", s->error_field);
	api_set(call, answer, "emr_id", w->emr_id.len || side != SIDE_EMR ? w->emr_id : s->record_id);
	api_set(call, answer, "crm_id", w->crm_id.len || side != SIDE_CRM ? w->crm_id : s->record_id);
	api_set_bool(call, answer, "waits", w->waits);
	return answer;
}

static int carry_out(struct api_call *call, struct err *err)
{
	struct person_asks asks = { 0 };
	struct wished wished;
	struct plan *plan;

	if (read_wish(call, &asks, err) < 0 || api_plan(call, &plan, err) < 0 ||
	    person_asks(&call->engine, plan, call->arena, &asks, WAIT_MS, &wished, err) < 0)
		return err_pass(err);
	call->answer = wished_object(call, asks.side, &wished);
	return 0;
}

const struct api_route api_link_routes[] = {
	{ "GET", "/syncs/{sync}/links", list_links, RIGHT_SEE },
	{ "POST", "/syncs/{sync}/links", carry_out, RIGHT_WORK },
	{ "POST", "/syncs/{sync}/links/preview", preview_wish, RIGHT_VALUES },
	{ "POST", "/syncs/{sync}/people", search_people, RIGHT_VALUES },
	{ "POST", "/syncs/{sync}/records/{side}/{record}/name", name_of, RIGHT_VALUES },
	{ 0 },
};
