/*
 * deliver_sure: a create whose answer never came is not sent blindly once more (R5, R40), and nothing is taken for gone on hearsay (R31).
 *
 *	before   a system that knows a create by our id sees for itself that it comes twice. One that has no place for our id does not: so it is noted
 *	         first, durably, that the create is about to be sent, and which records of that name and birth date were known then. An entry with
 *	         such a note, after a lost answer or the death of the process, is looked for: the whole list is read for records with the match key of
 *	         the one that was to be created, that were not known before, and that nobody is linked to.
 *	         None: it is sent (again). One: that is it. Several: a person decides.
 *	gone     a record of which a write was answered "not there" is read
 */
#include "sync/deliver_parts.h"

#include "sync/drift.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/capture.h"
#include "sync/lease.h"
#include "sync/link.h"
#include "sync/seam.h"
#include "sync/settle.h"

enum { FOUND_MAX = 3 };

/* A create that the far side cannot recognise when it comes twice (R5). */
static bool is_blind(const struct place *p, const struct owed *owed)
{
	const struct traits *traits = &p->conn->traits;

	if (owed->op != WRITE_CREATE)
		return false;
	if (p->side == SIDE_CRM)
		return p->plan->crm_id_field.len == 0;
	return traits->reference_field.len == 0 || !traits->fetch_by_reference;
}

/* One create that is looked for. */
struct wanted {
	struct entry *entry;
	bool has_key;
	struct digest16 key;
	struct json *known;          /* ids of before */
	struct str found[FOUND_MAX]; /* the first of those that may be it */
	size_t count;
};

/* The match key of the record as it was to be created. False: that cannot be opened. */
static bool key_of(const struct place *p, struct arena *arena, struct wanted *w)
{
	const struct owed *owed = &w->entry->owed;
	struct err ignored = ERR_INIT;
	struct identity who;
	struct json *fields;
	struct str text;

	if (box_open(p->engine->keys, arena, "outbox.body", owed->body, &text, &ignored) < 0 ||
	    json_parse(arena, text, &fields, &ignored) < 0)
		return false;
	who = capture_identity(p->plan, arena, p->side, fields);
	w->has_key = who.complete;
	w->key = who.key;
	return true;
}

static int wanted_of(const struct place *p, struct arena *arena, struct batch *b, bool sent, struct wanted **ret,
                     size_t *ret_count, struct err *err)
{
	struct wanted *all = arena_new_array(arena, struct wanted, b->count);
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++) {
		struct entry *e = b->entries[i];
		struct wanted *w = &all[count];

		if (e->decided || !is_blind(p, &e->owed) || (sent && e->owed.sent.len == 0))
			continue;
		w->entry = e;
		if (!key_of(p, arena, w)) {
			fill_unreadable(e);
			continue;
		}
		if (sent && json_parse(arena, e->owed.sent, &w->known, err) < 0)
			return err_wrap(err, "outbox entry %lld", (long long)e->owed.id);
		count++;
	}
	*ret = all;
	*ret_count = count;
	return 0;
}

/* ---- looking ---- */

struct linked_job {
	const struct place *place;
	struct str id;
	bool found;
};

static int find_linked(struct db *db, void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct linked_job *job = context;
	struct link link;

	return link_by(db, &arena, job->place->plan->sync_id, job->place->side, job->id, &link, &job->found, err);
}

static bool is_known(const struct json *ids, struct str id)
{
	JSON_EACH (ids, known) {
		if (str_eq(json_text(known), id))
			return true;
	}
	return false;
}

/* On the page before, or in the round before. */
static bool was_found(const struct wanted *w, struct str id)
{
	for (size_t i = 0; i < w->count; i++) {
		if (str_eq(w->found[i], id))
			return true;
	}
	return false;
}

static int take_if_it(const struct place *p, struct arena *arena, struct wanted *w, const struct record *record,
                      struct digest16 key, struct err *err)
{
	struct linked_job job = { .place = p, .id = record->id };

	if (!w->has_key || memcmp(&w->key, &key, sizeof(key)) != 0 || is_known(w->known, record->id) ||
	    was_found(w, record->id))
		return 0;
	if (store_read(p->engine->store, find_linked, &job, err) < 0)
		return err_pass(err);
	if (!job.found && w->count < FOUND_MAX)
		w->found[w->count++] = arena_str(arena, record->id);
	return 0;
}

static int look_at_record(const struct place *p, struct arena *arena, struct wanted *all, size_t count,
                          const struct record *record, struct err *err)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct identity who;

	if (record->fault || record->deleted || !record->json)
		return 0;
	who = capture_identity(p->plan, &scratch, p->side, record->json);
	for (size_t w = 0; w < count && who.complete; w++) {
		if (take_if_it(p, arena, &all[w], record, who.key, err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int look_at_page(const struct place *p, struct arena *arena, struct wanted *all, size_t count,
                        const struct page *page, struct err *err)
{
	for (size_t i = 0; i < page->count; i++) {
		if (look_at_record(p, arena, all, count, &page->records[i], err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int look_at_list(const struct place *p, struct arena *arena, struct wanted *all, size_t count, struct seam *seam,
                        struct err *err)
{
	struct list_request request = {
		.object = p->plan->object[p->side],
		.fields = p->side == SIDE_CRM ? drift_state(p->plan)->crm_fields : NULL,
		.field_count = p->side == SIDE_CRM ? drift_state(p->plan)->crm_field_count : 0,
		.live_only = true,
	};
	bool last = false;

	while (!last) {
		SCOPED(arena) struct arena page_arena = ARENA_INIT;
		struct call *call = p->conn->kind->list_start(p->conn, &request);
		struct page page;

		if (p->conn->kind->list_finish(&call, &page_arena, &page, err) < 0)
			return err_wrap(err, "look for a record that may have been created");
		seam_page(seam, &page);
		if (look_at_page(p, arena, all, count, &page, err) < 0)
			return err_pass(err);
		if (lanes_stopping(p->engine, p->lanes))
			return err_set(err, ERR_FAR_SIDE, "stopped while it was looked for a record");
		request.cursor = arena_str(arena, page.next_cursor);
		last = page.last;
	}
	return 0;
}

/* One that moved to a page that was read already would be created twice. */
static int look_through(const struct place *p, struct arena *arena, struct wanted *all, size_t count, struct err *err)
{
	bool moved = true;

	for (int round = 0; moved && round < SEAM_ROUNDS; round++) {
		SCOPED(seam) struct seam seam = seam_begin(&p->conn->traits, -1);

		if (look_at_list(p, arena, all, count, &seam, err) < 0)
			return err_pass(err);
		moved = seam.moved;
	}
	return 0;
}

/* A place for our id that only the list can be asked by. ERR_UNSUPPORTED: not even that. */
static int look_by_reference(const struct place *p, struct arena *arena, struct wanted *w, struct err *err)
{
	const struct list_equals equals = { p->conn->traits.reference_field, w->entry->owed.key };
	const struct list_request request = {
		.object = p->plan->object[p->side], .equals = &equals, .equal_count = 1, .live_only = true
	};
	struct call *call;
	struct page page;

	if (p->side != SIDE_EMR || equals.field.len == 0 || equals.value.len == 0)
		return err_set(err, ERR_UNSUPPORTED, "the system has no place for our id");
	call = p->conn->kind->list_start(p->conn, &request);
	if (p->conn->kind->list_finish(&call, arena, &page, err) < 0)
		return err_wrap(err, "look for a record that may have been created");
	for (w->count = 0; w->count < MIN_OF(page.count, (size_t)FOUND_MAX); w->count++)
		w->found[w->count] = page.records[w->count].id;
	w->has_key = true;
	return 0;
}

static int look_for(const struct place *p, struct arena *arena, struct wanted *all, size_t count, struct err *err)
{
	struct err why = ERR_INIT;

	for (size_t i = 0; i < count; i++) {
		if (look_by_reference(p, arena, &all[i], &why) >= 0)
			continue;
		if (why.code == ERR_UNSUPPORTED)
			return look_through(p, arena, all, count, err);
		*err = why;
		return err_pass(err);
	}
	return 0;
}

static void decide_by_what_was_found(struct arena *arena, struct wanted *w)
{
	const struct str unsure = STR("unsure_created");
	struct entry *e = w->entry;

	e->decided = !w->has_key || w->count > 0;
	if (w->has_key && w->count == 1) {
		e->adopted = true;
		e->result = (struct write_result) { .outcome = DELIVERED,
			                            .id = arena_str(arena, w->found[0]),
			                            .created = true };
	} else if (w->has_key && w->count > 1) {
		e->result = (struct write_result) {
			.outcome = REFUSED,
			.code = unsure,
			.advice = STR("no answer came to its creation, and several new records could be it: link the "
			              "right one by hand, then remove the others")
		};
	} else if (!w->has_key) {
		e->result = (struct write_result) {
			.outcome = REFUSED,
			.code = unsure,
			.advice = STR("no answer came to its creation, and without name and birth date nobody can tell "
			              "whether it is there: look, then link it by hand or try again")
		};
	}
}

/* ---- noting that it is about to be sent ---- */

struct note_job {
	const struct place *place;
	struct arena *arena;
	struct wanted *all;
	size_t count;
};

static int known_before(struct db *db, const struct note_job *job, const struct wanted *w, struct str *ret,
                        struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_PAYLOAD);
	struct json *ids = json_new(job->arena, JSON_ARRAY);
	struct known *known = NULL;
	size_t count = 0;

	if (w->has_key && identity_with_key(db, job->arena, job->place->plan->sync_id, job->place->side, w->key, &known,
	                                    &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		json_append(ids, json_new_text(job->arena, known[i].record_id));
	json_write(&text, ids);
	*ret = arena_str(job->arena, buf_str(&text));
	return 0;
}

static int note_sent(struct db *db, void *context, struct err *err)
{
	struct note_job *job = context;

	for (size_t i = 0; i < job->count; i++) {
		struct owed *owed = &job->all[i].entry->owed;

		if (owed->sent.len == 0 && known_before(db, job, &job->all[i], &owed->sent, err) < 0)
			return err_pass(err);
		if (outbox_sent(db, owed->id, owed->sent, clock_wall_ms() + settle_doubt_ms(job->place->engine), err) <
		    0)
			return err_wrap(err, "note that a record is about to be created");
	}
	return 0;
}

int sure_before(const struct place *p, struct batch *b, struct err *err)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct note_job job = { .place = p, .arena = &b->arena };
	struct wanted *all;
	size_t count;

	if (wanted_of(p, &scratch, b, true, &all, &count, err) < 0)
		return err_pass(err);
	if (count && look_for(p, &scratch, all, count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		decide_by_what_was_found(&b->arena, &all[i]);
	if (wanted_of(p, &scratch, b, false, &job.all, &job.count, err) < 0)
		return err_pass(err);
	return job.count ? lease_write(p->engine, p->plan, DURABLE, note_sent, &job, err) : 0;
}

/* ---- gone ---- */

static size_t said_gone(struct batch *b, struct entry **ret)
{
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++) {
		struct entry *e = b->entries[i];

		if (e->decided || e->result.outcome != GONE)
			continue;
		if (e->owed.op == WRITE_UPDATE)
			ret[count++] = e;
		else
			e->result.outcome = e->owed.op == WRITE_DELETE ? DELIVERED : REFUSED;
	}
	return count;
}

void sure_gone(const struct place *p, struct batch *b)
{
	struct entry **entries = arena_new_array(&b->arena, struct entry *, b->count);
	size_t count = said_gone(b, entries);
	struct record *now = NULL;
	struct err why = ERR_INIT;
	bool asks = count && p->conn->traits.fetch_batch > 0;
	bool asked = asks && fill_fetch(p, &b->arena, entries, count, &now, &why) >= 0;

	for (size_t i = 0; i < count; i++) {
		bool gone = asked && record_is_gone(&now[i]);

		if (!gone)
			entries[i]->result.outcome = asks && !asked ? RETRY_LATER : REFUSED;
	}
}
