/*
 * person_search: people to choose from, in four ways, the first that finds somebody:
 *
 *	an id              the record itself
 *	the far search     where the connector has one
 *	the local index    a whole name and birth date: it holds keyed hashes only, so nothing less can be found in it
 *	names              where the far side's list can be filtered by names: those of that name, then the similar ones
 */
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/identity.h"
#include "sync/person_parts.h"
#include "sync/single.h"
#include "sync/drift.h"

enum { HITS_MAX = 20, WORDS_MAX = 12 };

struct search {
	struct engine *engine;
	struct plan *plan;
	struct arena *arena;
	enum side side;
	struct str text;
	struct hit *hits;
	size_t count;
};

/* ---- what is shown ---- */

static struct str shown(const struct search *s, const struct field_map *field, const struct json *record)
{
	return field ? capture_value(field, s->arena, s->side, record).text : STR_EMPTY;
}

static void add_hit(struct search *s, const struct record *record)
{
	const struct mapping *m = &s->plan->mapping;

	if (record->fault || record->deleted || record->merged_into.len || s->count == HITS_MAX)
		return;
	s->hits[s->count++] = (struct hit) { .id = record->id,
		                             .first_name = shown(s, m->first_name, record->json),
		                             .last_name = shown(s, m->last_name, record->json),
		                             .birth_date = shown(s, m->birth_date, record->json) };
}

static int find_partners(struct db *db, void *context, struct err *err)
{
	struct search *s = context;

	for (size_t i = 0; i < s->count; i++) {
		struct hit *hit = &s->hits[i];
		struct link link;
		bool found;

		if (link_by(db, s->arena, s->plan->sync_id, s->side, hit->id, &link, &found, err) < 0)
			return err_wrap(err, "look a link up");
		if (found)
			hit->linked_to = link_id_of(&link, side_other(s->side));
	}
	return 0;
}

/* ---- by id ---- */

/* One word with a digit in it, at least: a name is not asked for as an id. */
static struct str id_in(const struct search *s)
{
	const struct connector *kind = s->plan->conn[s->side]->kind;
	bool digit = false;

	if (kind->record_id)
		return kind->record_id(s->arena, s->text);
	for (size_t i = 0; i < s->text.len; i++) {
		if (s->text.at[i] == ' ' || s->text.at[i] == '@')
			return STR_EMPTY;
		digit = digit || (s->text.at[i] >= '0' && s->text.at[i] <= '9');
	}
	return digit ? s->text : STR_EMPTY;
}

/* A word that is no id after all is searched for. */
static int by_id(struct search *s, bool *ret_done, struct err *err)
{
	struct str id = id_in(s);
	struct page page;
	int code;

	*ret_done = false;
	if (id.len == 0)
		return 0;
	code = single_fetch(s->plan, s->arena, s->side, id, &page, err);
	if (code == ERR_NOT_FOUND || code == ERR_UNSUPPORTED || code == ERR_DATA || code == ERR_REFUSED) {
		*err = (struct err)ERR_INIT;
		return 0;
	}
	if (code < 0)
		return code;
	add_hit(s, &page.records[0]);
	*ret_done = s->count > 0;
	return 0;
}

/* ---- the far search ---- */

static int by_far_search(struct search *s, bool *ret_done, struct err *err)
{
	struct connection *c = s->plan->conn[s->side];
	struct search_request request = { .object = s->plan->object[s->side], .text = s->text, .limit = HITS_MAX };
	struct page page;
	struct call *call;
	int code;

	*ret_done = false;
	if (!c->kind->search_start)
		return 0;
	if (s->side == SIDE_CRM) {
		request.fields = drift_state(s->plan)->crm_fields;
		request.field_count = drift_state(s->plan)->crm_field_count;
	}
	call = c->kind->search_start(c, &request);
	code = c->kind->search_finish(&call, s->arena, &page, err);
	if (code == ERR_UNSUPPORTED) {
		*err = (struct err)ERR_INIT;
		return 0;
	}
	if (code < 0)
		return err_wrap(err, "search");
	for (size_t i = 0; i < page.count; i++)
		add_hit(s, &page.records[i]);
	*ret_done = true;
	return 0;
}

/* ---- the local index ---- */

struct index_job {
	struct search *s;
	struct digest16 key;
	struct known *found;
	size_t count;
};

static int ask_index(struct db *db, void *context, struct err *err)
{
	struct index_job *job = context;

	return identity_with_key(db, job->s->arena, job->s->plan->sync_id, job->s->side, job->key, &job->found,
	                         &job->count, err);
}

static struct value text_value(struct str text)
{
	return (struct value) { .kind = text.len ? VALUE_TEXT : VALUE_BLANK, .text = text };
}

static struct str words_joined(const struct search *s, const struct str *words, size_t from, size_t to)
{
	struct str joined = STR_EMPTY;

	for (size_t i = from; i < to; i++)
		joined = arena_printf(s->arena, "%.*s%s%.*s", STR_ARG(joined), i > from ? " " : "", STR_ARG(words[i]));
	return joined;
}

static int show_found(struct search *s, const struct index_job *job, struct err *err)
{
	for (size_t i = 0; i < job->count; i++) {
		struct page page;
		int code = single_fetch(s->plan, s->arena, s->side, job->found[i].record_id, &page, err);

		if (code < 0 && code != ERR_NOT_FOUND)
			return code;
		if (code == 0)
			add_hit(s, &page.records[0]);
		else
			*err = (struct err)ERR_INIT;
	}
	return 0;
}

/* What was typed, word by word; a birth date at the end stands apart. */
struct typed {
	struct str words[WORDS_MAX];
	size_t count; /* of the names */
	struct str birth;
};

static struct typed typed_of(const struct search *s)
{
	struct str rest = s->text, word;
	struct typed t = { .count = 0 };

	while (t.count < WORDS_MAX && str_split(&rest, ' ', &word)) {
		if (word.len)
			t.words[t.count++] = word;
	}
	if (t.count > 0 && value_fits(TYPE_DATE, text_value(t.words[t.count - 1])))
		t.birth = t.words[--t.count];
	return t;
}

/* Where the last name begins nobody knows: each place is tried. */
static int by_index(struct search *s, const struct typed *t, struct err *err)
{
	for (size_t last = 1; t->birth.len && last < t->count; last++) {
		struct identity who =
		        identity_of(s->arena, text_value(words_joined(s, t->words, 0, last)),
		                    text_value(words_joined(s, t->words, last, t->count)), text_value(t->birth));
		struct index_job job = { .s = s };

		if (!who.complete)
			continue;
		job.key = box_blind(s->plan->keys, "identity.match_key",
		                    str_range((const char *)who.key.bytes, sizeof(who.key.bytes)));
		if (store_read(s->engine->store, ask_index, &job, err) < 0 || show_found(s, &job, err) < 0)
			return err_pass(err);
	}
	return 0;
}

/* ---- names, by a filter of the far side's list ---- */

static bool is_shown(const struct search *s, struct str id)
{
	for (size_t i = 0; i < s->count; i++) {
		if (str_eq(s->hits[i].id, id))
			return true;
	}
	return false;
}

/* Empty: any. ERR_UNSUPPORTED: this list cannot be filtered so. */
static int filter_names(struct search *s, struct str first, struct str last, struct err *err)
{
	const struct mapping *m = &s->plan->mapping;
	struct connection *c = s->plan->conn[s->side];
	struct list_equals equals[2];
	struct list_request request = { .object = s->plan->object[s->side],
		                        .equals = equals,
		                        .page_size = HITS_MAX,
		                        .live_only = true,
		                        .priority = HTTP_URGENT };
	struct call *call;
	struct page page;

	if (first.len)
		equals[request.equal_count++] = (struct list_equals) { path_text(m->first_name->emr[0]), first };
	if (last.len)
		equals[request.equal_count++] = (struct list_equals) { path_text(m->last_name->emr[0]), last };
	call = c->kind->list_start(c, &request);
	if (c->kind->list_finish(&call, s->arena, &page, err) < 0)
		return err_wrap(err, "search");
	for (size_t i = 0; i < page.count; i++) {
		if (!is_shown(s, page.records[i].id))
			add_hit(s, &page.records[i]);
	}
	return 0;
}

/* Whole names only, as the far side compares them. Who has the name stands first, then those of the same last name; nobody: those of the same first name. */
static int by_names(struct search *s, const struct typed *t, struct err *err)
{
	struct str first = words_joined(s, t->words, 0, t->count > 0 ? t->count - 1 : 0);
	struct str last = t->count ? t->words[t->count - 1] : STR_EMPTY;

	if (s->count || last.len == 0)
		return 0;
	if ((first.len && filter_names(s, first, last, err) < 0) || filter_names(s, STR_EMPTY, last, err) < 0)
		return err_pass(err);
	return s->count ? 0 : filter_names(s, first.len ? first : last, STR_EMPTY, err);
}

static bool can_filter(const struct search *s)
{
	const struct mapping *m = &s->plan->mapping;

	return s->side == SIDE_EMR && m->first_name && m->last_name && m->first_name->emr_count == 1 &&
	       m->last_name->emr_count == 1;
}

static int by_index_or_names(struct search *s, struct err *err)
{
	const struct typed typed = typed_of(s);
	struct err why = ERR_INIT;
	int code = ERR_UNSUPPORTED;

	if (by_index(s, &typed, err) < 0)
		return err_pass(err);
	if (s->count)
		return 0;
	if (can_filter(s))
		code = by_names(s, &typed, &why);
	if (code < 0 && code != ERR_UNSUPPORTED) {
		*err = why;
		return err_pass(err);
	}
	if (code == 0 || (typed.birth.len && typed.count > 1))
		return 0;
	return err_set(err, ERR_UNSUPPORTED,
	               "%s has no search: give a record's id, or the whole name and birth date (Ann Lee 1980-05-01)",
	               s->plan->conn[s->side]->kind->title);
}

int person_search(struct engine *engine, struct plan *plan, struct arena *arena, enum side side, struct str text,
                  struct hit **ret, size_t *ret_count, struct err *err)
{
	struct search s = { .engine = engine, .plan = plan, .arena = arena, .side = side, .text = str_trim(text) };
	bool done;

	if (s.text.len == 0)
		return err_set(err, ERR_USAGE, "say whom to search for");
	s.hits = arena_new_array(arena, struct hit, HITS_MAX);
	if (audit_note(engine, "look", side == SIDE_EMR ? STR("search in the EMR") : STR("search in the CRM"),
	               STR_EMPTY, STR_EMPTY, NULL, err) < 0 ||
	    by_id(&s, &done, err) < 0 || (!done && by_far_search(&s, &done, err) < 0) ||
	    (!done && by_index_or_names(&s, err) < 0) || store_read(engine->store, find_partners, &s, err) < 0)
		return err_pass(err);
	*ret = s.hits;
	*ret_count = s.count;
	return 0;
}
