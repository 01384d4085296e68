/*
 * settle: by outcome.
 *
 *	DELIVERED    the entry is done; the base takes the fields of this write as the far side has them (R27), the link lives, the payload is done
 *	             once nothing else is owed for it; a created CRM record earns its back-reference (R18)
 *	RETRY_LATER, UNKNOWN   tried again with growing pauses; every write is repeatable: creates are upserts by external id, or looked for before
 *	             they are sent again (deliver_sure.c), updates carry absolute values (R5)
 *	REFUSED      the payload fails with the far side's code (R3); a link that was only being made is dropped
 *	CHANGED      a person was faster: the entry is given up, the base stays, and the payload's record is read and merged again (R28)
 *	GONE         the record is not there any more: that is a change of its side, and walks the road as one (R31, R32)
 */
#include "sync/settle.h"

#include <string.h>

#include "codec/digest.h"
#include "lib/clock.h"
#include "sync/capture.h"
#include "sync/compose.h"
#include "sync/identity.h"
#include "sync/journal.h"
#include "sync/link.h"
#include "sync/run_table.h"
#include "sync/stage.h"
#include "sync/truth.h"
#include "sync/drift.h"

static const int64_t first_pause_ms = 500;
static const int64_t longest_pause_ms = 60000;
static const int64_t usual_doubt_ms = 2000;

int64_t settle_doubt_ms(const struct engine *engine)
{
	return engine->doubt_ms ? engine->doubt_ms : usual_doubt_ms;
}

static int64_t pause_ms(const struct settle *s)
{
	int64_t attempts = MIN_OF(s->owed->attempts, (int64_t)7);
	int64_t longest = MIN_OF(first_pause_ms << attempts, longest_pause_ms);
	uint32_t jitter;

	if (s->result->retry_after_ms > 0)
		return MIN_OF(s->result->retry_after_ms, (int64_t)OUTBOX_LATEST_MS);
	digest_random(&jitter, sizeof(jitter));
	return longest / 2 + (int64_t)(jitter % (uint64_t)(longest / 2 + 1));
}

/* It is one of those that its payload waits for. */
static bool ends_payload(const struct settle *s)
{
	return s->owed->staged_id && s->owed->priority != OWED_LOW;
}

/* What the far side made of our write: its spelling of each field becomes that side's base, so that the echo compares equal (R27). */
static void learn(const struct settle *s, struct base *base)
{
	const struct mapping *m = &s->plan->mapping;
	const struct json *record = s->result->record.json;
	struct value *values;
	const struct field_map *field;
	struct err ignored = ERR_INIT;
	bool emr = s->owed->side == SIDE_EMR;

	if (!record || s->result->record.fault)
		return;
	values = arena_new_array(s->arena, struct value, m->count);
	if ((emr ? mapping_read_emr(m, s->arena, record, values, &field, &ignored)
	         : mapping_read_crm(m, s->arena, record, values, &field, &ignored)) < 0)
		return;
	for (size_t i = 0; i < m->count; i++) {
		struct str normal = value_normal(s->arena, m->fields[i].type, values[i]);

		if (!base[i].known)
			continue;
		base[i].unsure[s->owed->side] = false; /* it has just shown how it spells it */
		*(emr ? &base[i].emr : &base[i].crm) = normal;
	}
}

/* One that cannot be opened is none: the fields are compared without (R24). */
static struct base *open_base(const struct settle *s, struct str sealed)
{
	struct base *ret = arena_new_array(s->arena, struct base, s->plan->mapping.count);
	struct err ignored = ERR_INIT;

	if (base_read(s->engine, s->arena, &s->plan->mapping, sealed, ret, &ignored) < 0)
		memset(ret, 0, sizeof(*ret) * s->plan->mapping.count);
	return ret;
}

/* The link's base with this write's fields laid over it. `blind`: a write follows that is made without looking: nothing may be learnt after it. */
static struct str base_after(const struct settle *s, const struct link *link, bool blind)
{
	const struct mapping *m = &s->plan->mapping;
	struct base *now, *mine;
	bool learns = s->result->record.json != NULL;

	if (s->owed->base.len == 0 || (link->base.len == 0 && !learns && !blind))
		return s->owed->base;
	now = open_base(s, link->base);
	mine = open_base(s, s->owed->base);
	learn(s, mine);
	for (size_t i = 0; i < m->count; i++)
		now[i] = mine[i].known ? mine[i] : now[i];
	for (size_t i = 0; i < m->count && blind; i++)
		now[i].unsure[SIDE_CRM] = false;
	return base_write(s->engine, s->arena, m, now);
}

/* The payload's own facts go into the link only now that its write is accepted: a refused one must be looked at again. */
static int take_payload(struct db *db, const struct settle *s, struct link *link, struct err *err)
{
	struct staged staged;

	link->emr_hash = (struct digest16) { 0 };
	link->emr_version = STR_EMPTY;
	link->emr_modified_ms = link->staged_id = 0;
	if (!ends_payload(s))
		return 0;
	if (stage_facts(db, s->arena, s->owed->staged_id, &staged, err) < 0)
		return err_pass(err);
	if (s->ret_came_ms && s->owed->run_id == 0)
		*s->ret_came_ms = staged.received_ms;
	if (staged.side != SIDE_EMR)
		return 0;
	link->emr_hash = staged.hash;
	link->emr_version = staged.version;
	/* Our other write of it may have been made since, without being shown when (struct looked). */
	link->emr_modified_ms = s->link->emr_seen_ms && s->link->emr_modified_ms == 0 ? 0 : staged.modified_ms;
	link->staged_id = staged.body_of ? 0 : staged.id;
	return 0;
}

/* R4: what was read of this side before now may be from before our write; what it says of itself is what we wrote. */
static int settle_link(struct db *db, const struct settle *s, const struct link *link, struct err *err)
{
	const struct traits *traits = &s->plan->conn[s->owed->side]->traits;
	struct looked looked = { 0 };

	looked.seen_ms[s->owed->side] = clock_wall_ms();
	looked.modified_ms[s->owed->side] = s->result->record.modified_ms;
	/* Of a side whose answers never show the record, whatever it tells by itself is read again anyway. */
	looked.unshown[s->owed->side] =
	        traits->has_times && traits->answers_with_record && s->result->record.modified_ms == 0;
	if (link_settle(db, link, &looked, err) < 0)
		return err_pass(err);
	/* Where records carry no time, bytes that are as they once were may still be news: a person took our write back. */
	if (traits->has_times || s->owed->record_id.len == 0)
		return 0;
	return identity_rewritten(db, s->plan->sync_id, s->owed->side, s->owed->record_id, err);
}

static int owe_back_reference(struct db *db, const struct settle *s, const struct link *link, struct err *err)
{
	struct owed owed;

	if (s->owed->side != SIDE_CRM || s->owed->op != WRITE_CREATE ||
	    !compose_back_reference(s->engine, s->plan, s->arena, link->emr_id, s->result->id, &owed))
		return 0;
	owed.link_id = link->id;
	owed.run_id = s->owed->run_id;
	return outbox_add(db, &owed, err);
}

/* The record is to be read: what it shows walks the road as a payload of its side. */
static int stage_look(struct db *db, const struct settle *s, struct str id, const char *why, struct err *err)
{
	const struct str bytes = STR("{\"look\":true}");
	struct staged row = {
		.sync_id = s->plan->sync_id,
		.side = s->owed->side,
		.door = DOOR_RETRY,
		.state = STAGED_TO_READ,
		.priority = STAGED_LIVE,
		.record_id = id,
		.received_ms = clock_wall_ms(),
		.event = str_of(why),
		.hash = digest_content(bytes),
		.sealed = box_seal(s->engine->keys, s->arena, "staged.body", bytes),
	};

	return stage_insert(db, &row, err);
}

/* The new record is known from now on, so that the next one of that name meets it (R8). */
static int note_created(struct db *db, const struct settle *s, const struct link *link, struct err *err)
{
	enum side there = s->owed->side, here = side_other(there);
	struct known known, self;
	bool found, seen;

	if (s->owed->op != WRITE_CREATE)
		return 0;
	if (identity_get(db, s->arena, s->plan->sync_id, here, link_id_of(link, here), &self, &found, err) < 0)
		return err_pass(err);
	known = (struct known) { .side = there,
		                 .record_id = s->result->id,
		                 .has_key = found && self.has_key,
		                 .external_id = link_id_of(link, here),
		                 .synced = there == SIDE_CRM,
		                 .run_id = s->owed->run_id };
	if (known.has_key)
		known.key = self.key;
	return identity_put(db, s->plan->sync_id, &known, &seen, err);
}

static int owe_link_fields(struct db *db, const struct settle *s, const struct link *link, int64_t staged_id,
                           struct err *err)
{
	struct run run = { 0 };
	struct compose compose = { .engine = s->engine,
		                   .plan = s->plan,
		                   .arena = s->arena,
		                   .scratch = s->arena,
		                   .shows_link = true,
		                   .person = s->owed->priority == OWED_PERSON,
		                   .emr_id = link->emr_id,
		                   .crm_id = link->crm_id };
	struct owed owed;

	if (s->owed->run_id) {
		if (run_read(db, s->arena, s->owed->run_id, &run, err) < 0)
			return err_pass(err);
		compose.run = &run;
	}
	owed = compose_link_fields(&compose);
	owed.link_id = link->id;
	owed.run_id = s->owed->run_id;
	owed.staged_id = staged_id;
	return outbox_add(db, &owed, err);
}

/* R15, R18: a patient was created for a CRM record: that record learns its id. */
static bool shows_created(const struct settle *s)
{
	return s->result->outcome == DELIVERED && s->owed->side == SIDE_EMR && s->owed->op == WRITE_CREATE;
}

static int show_created(struct db *db, const struct settle *s, const struct link *link, struct err *err)
{
	return shows_created(s) ? owe_link_fields(db, s, link, s->owed->staged_id, err) : 0;
}

static struct truth_about about_link(const struct settle *s, const struct link *link)
{
	return (struct truth_about) { .engine = s->engine,
		                      .plan = s->plan,
		                      .arena = s->arena,
		                      .id = { link->emr_id, link->crm_id },
		                      .link_id = link->id };
}

static int finish_payload(struct db *db, const struct settle *s, const struct link *link, struct err *err)
{
	const struct truth_about about = about_link(s, link);

	if (!ends_payload(s) || s->owes || shows_created(s))
		return 0;
	if (link->state == LINK_LINKED && truth_tell_link(db, &about, err) < 0)
		return err_pass(err);
	return stage_finish(db, s->owed->staged_id, err);
}

/* What this write told its record, whatever became of the link meanwhile. */
static int note_told(struct db *db, const struct settle *s, bool *ret_more, struct err *err)
{
	struct truth_about about = { .engine = s->engine, .plan = s->plan, .arena = s->arena };

	about.id[s->owed->side] = s->result->id.len ? s->result->id : s->owed->record_id;
	return truth_delivered(db, &about, s->owed, ret_more, err);
}

/* R29: a pair was ended, and what this record names was cleared. A far side need not tell us of our own writes; its answer does, so that a person who links
 * the two again right away is not told that one of them is somebody's. */
static int note_who_is_free(struct db *db, const struct settle *s, const struct link *link, struct err *err)
{
	const struct record *record = &s->result->record;
	struct known known;
	bool seen;

	if (link->state < LINK_ENDED || !record->json || record->fault)
		return 0;
	known = capture_known(s->plan, s->arena, s->owed->side, record, 0);
	return identity_put(db, s->plan->sync_id, &known, &seen, err);
}

/* A link is made once its CRM record shows it, or once the record that was missing is there. */
static void make_link(const struct settle *s, struct link *link)
{
	struct str id = s->result->id.len ? s->result->id : s->owed->record_id;

	if (link->state != LINK_MAKING || (s->owed->side == SIDE_EMR && s->owed->op != WRITE_CREATE))
		return;
	link->state = LINK_LINKED;
	*(s->owed->side == SIDE_CRM ? &link->crm_id : &link->emr_id) = id;
}

static int delivered(struct db *db, const struct settle *s, struct err *err)
{
	struct link link;
	bool made, more;

	if (outbox_done(db, s->owed->id, err) < 0 || note_told(db, s, &more, err) < 0)
		return err_pass(err);
	if (!s->link)
		return 0; /* the link was dropped while this write of its other side was under way */
	link = *s->link;
	if (note_who_is_free(db, s, &link, err) < 0 || take_payload(db, s, &link, err) < 0)
		return err_pass(err);
	link.base = base_after(s, &link, more);
	made = link.state == LINK_MAKING;
	/* A pair in the making may have been composed under the mapping before this one: it keeps that, so that a field mapped since is looked at (R24). */
	link.mapping_version = made ? link.mapping_version : s->plan->mapping_version;
	make_link(s, &link);
	made = made && link.state == LINK_LINKED;
	/* The version after an update may be that of a person's edit before it, which nobody has looked at (R28). */
	link.crm_version = s->owed->side == SIDE_CRM && s->result->created ? s->result->record.version : STR_EMPTY;
	if (made && s->plan->has_children && stage_release(db, link.sync_id, link.emr_id, err) < 0)
		return err_pass(err);
	if (settle_link(db, s, &link, err) < 0 || note_created(db, s, &link, err) < 0 ||
	    owe_back_reference(db, s, &link, err) < 0 || show_created(db, s, &link, err) < 0)
		return err_pass(err);
	if (s->adopted && stage_look(db, s, s->result->id, "found after a lost answer", err) < 0)
		return err_pass(err);
	return finish_payload(db, s, &link, err);
}

static struct link link_or_none(const struct settle *s)
{
	return s->link ? *s->link : (struct link) { 0 };
}

static struct str reason_of(const struct settle *s)
{
	const struct write_result *r = s->result;
	struct str side = s->owed->side == SIDE_CRM ? s->plan->crm_name : s->plan->emr_name;

	return arena_printf(s->arena, "%.*s refused the write%s%.*s (%.*s)%s%.*s", STR_ARG(side),
	                    r->field.len ? " of " : "", STR_ARG(r->field), STR_ARG(r->code), r->advice.len ? ": " : "",
	                    STR_ARG(r->advice));
}

static int note(struct db *db, const struct settle *s, const struct link *link, enum level level, struct str reason,
                struct err *err)
{
	const struct journal_entry entry = {
		.level = level,
		.sync_id = s->plan->sync_id,
		.run_id = s->owed->run_id,
		.staged_id = s->owed->staged_id,
		.emr_id = link->emr_id,
		.crm_id = link->crm_id,
		.code = s->result->code.len ? s->result->code : STR("refused"),
		.text = reason,
	};

	return journal_add(db, &entry, err);
}

/* The link may be about to be dropped: then each record is told by itself. */
static int tell_refusal(struct db *db, const struct settle *s, const struct link *link, struct str reason,
                        struct err *err)
{
	const struct truth truth = { .status = TRUTH_FAILED, .reason = reason };
	struct truth_about about = about_link(s, link);

	if (link->state == LINK_MAKING)
		about.link_id = 0;
	return link->state < LINK_ENDED ? truth_tell(db, &about, &truth, err) : 0;
}

/* The write came to nothing: the next reading compares both sides; a link that was only being made is dropped. */
static int undo_link(struct db *db, const struct settle *s, const struct link *link, struct err *err)
{
	bool needed = s->owed->side == SIDE_CRM || s->owed->op == WRITE_CREATE || s->result->outcome == GONE;

	if (link->state != LINK_MAKING || !needed)
		return link_owe(db, link->id, STR_EMPTY, err);
	if (outbox_forget_link(db, link->id, err) < 0)
		return err_pass(err);
	return link_drop(db, link->id, err);
}

static int refused(struct db *db, const struct settle *s, struct err *err)
{
	struct str reason = reason_of(s);
	const struct link link = link_or_none(s);

	if (outbox_done(db, s->owed->id, err) < 0 || note(db, s, &link, LEVEL_ERROR, reason, err) < 0)
		return err_pass(err);
	if (drift_suspect(db, s->plan, s->owed->side, err) < 0)
		return err_pass(err);
	if (s->owed->priority == OWED_LOW || !s->link)
		return 0;
	if (s->owed->staged_id &&
	    stage_fail(db, s->owed->staged_id, s->result->code.len ? s->result->code : STR("refused"), s->result->field,
	               arena_text(s->arena, reason), err) < 0)
		return err_pass(err);
	if (tell_refusal(db, s, &link, reason, err) < 0)
		return err_pass(err);
	return undo_link(db, s, &link, err);
}

/*
 * R28: the far record is not the one that this was decided on. A link in the making stays, with what its other side has taken already as its base: the CRM
 * record gets what shows the link, which no person's edit can contradict, and the fields are merged once that is there.
 */
static int changed(struct db *db, const struct settle *s, struct err *err)
{
	const struct link link = link_or_none(s);

	if (outbox_done(db, s->owed->id, err) < 0)
		return err_pass(err);
	if (!s->link || s->owed->priority == OWED_LOW)
		return 0;
	if (s->owed->staged_id ? stage_read_again(db, s->owed->staged_id, err) < 0
	                       : stage_look(db, s, s->owed->record_id, "changed before our write", err) < 0)
		return err_pass(err);
	if (link.state == LINK_MAKING && s->owed->side == SIDE_CRM && owe_link_fields(db, s, &link, 0, err) < 0)
		return err_pass(err);
	return link_owe(db, link.id, STR_EMPTY, err);
}

static const char *const lost[] = {
	[SIDE_EMR] = "its patient is not in the EMR any more (R31)",
	[SIDE_CRM] = "its CRM record was deleted (R31)",
};

/* A new link loses the record that it was to join: the payload looks for another one. */
static int finish_gone(struct db *db, const struct settle *s, const struct link *link, struct err *err)
{
	if (s->owed->staged_id == 0)
		return 0;
	if (link->state == LINK_MAKING)
		return stage_read_again(db, s->owed->staged_id, err);
	if (s->owed->priority == OWED_LOW)
		return 0;
	return stage_settle(db, s->owed->staged_id, STAGED_DONE, OUTCOME_SKIPPED_FILTERED, link->id,
	                    lost[s->owed->side], err);
}

/* R31: the record that was to be written is not there any more. What ended its link has nothing left to let go of. */
static int gone(struct db *db, const struct settle *s, struct err *err)
{
	const struct link link = link_or_none(s);

	if (outbox_done(db, s->owed->id, err) < 0 ||
	    note(db, s, &link, LEVEL_INFO, str_of(lost[s->owed->side]), err) < 0)
		return err_pass(err);
	if (!s->link)
		return 0;
	if (link.state == LINK_ENDED || link.state == LINK_FORGIVEN)
		return finish_payload(db, s, &link, err);
	if (stage_look(db, s, s->owed->record_id, "found to be gone", err) < 0 || finish_gone(db, s, &link, err) < 0)
		return err_pass(err);
	return undo_link(db, s, &link, err);
}

/* R9: a create with our key met a record that got this key by a person's hand since we looked, and is linked to another one. */
static int meets_linked(struct db *db, const struct settle *s, bool *ret, struct err *err)
{
	struct link other;
	bool found = false;

	*ret = false;
	if (s->owed->op != WRITE_CREATE || s->result->created)
		return 0;
	if (link_by(db, s->arena, s->plan->sync_id, s->owed->side, s->result->id, &other, &found, err) < 0)
		return err_pass(err);
	*ret = found && other.id != s->owed->link_id;
	return 0;
}

static int settle_delivered(struct db *db, const struct settle *s, enum settled *ret, struct err *err)
{
	struct write_result result = *s->result;
	struct settle no = *s;
	bool taken;

	if (meets_linked(db, s, &taken, err) < 0)
		return err_pass(err);
	*ret = taken ? SETTLED_REFUSED : SETTLED_DELIVERED;
	if (!taken)
		return delivered(db, s, err);
	result.code = STR("already_linked");
	result.advice = STR("a linked record stores this one's id; clear it there, then check that record's values");
	no.result = &result;
	return refused(db, &no, err);
}

static int settle_later(struct db *db, const struct settle *s, enum settled *ret, struct err *err)
{
	bool doubt = s->result->outcome == UNKNOWN && s->owed->sent.len > 0;
	int64_t pause = MAX_OF(pause_ms(s), doubt ? settle_doubt_ms(s->engine) : 0);

	*ret = SETTLED_LATER;
	if (s->result->outcome == RETRY_LATER && s->owed->sent.len &&
	    outbox_sent(db, s->owed->id, STR_EMPTY, s->owed->due_ms, err) < 0)
		return err_pass(err);
	return outbox_later(db, s->owed->id, clock_wall_ms() + pause, s->result->code, err);
}

static int settle_looked(struct db *db, const struct settle *s, enum settled *ret, struct err *err)
{
	*ret = SETTLED_LOOK;
	return s->result->outcome == GONE ? gone(db, s, err) : changed(db, s, err);
}

static int settle_refused(struct db *db, const struct settle *s, enum settled *ret, struct err *err)
{
	*ret = SETTLED_REFUSED;
	return refused(db, s, err);
}

/* The links of the entries, what else is owed for them, and the payloads that they are of. */
static int ask_ahead(struct db *db, const struct settle *batch, size_t count, struct err *err)
{
	struct arena *arena = batch[0].arena;
	struct bind *links = arena_new_array(arena, struct bind, count);
	struct bind *staged = arena_new_array(arena, struct bind, count);
	const struct owed **ending = arena_new_array(arena, const struct owed *, count);
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		links[i] = bind_int(batch[i].owed->link_id);
		if (!ends_payload(&batch[i]))
			continue;
		staged[n] = bind_int(batch[i].owed->staged_id);
		ending[n++] = batch[i].owed;
	}
	if (link_find_ahead(db, links, count, err) < 0 || outbox_owes_else_ahead(db, ending, n, err) < 0)
		return err_pass(err);
	return stage_facts_ahead(db, staged, n, err);
}

static int look_at_link(struct db *db, struct settle *s, struct err *err)
{
	struct link *link = arena_new(s->arena, struct link);
	bool found;

	if (link_find(db, s->arena, s->owed->link_id, link, &found, err) < 0)
		return err_pass(err);
	s->link = found ? link : NULL;
	return ends_payload(s) ? outbox_owes_else(db, s->owed, &s->owes, err) : 0;
}

/* note_created asks who the records are that something was created for, and who the new ones are. */
static int look_at_created(struct db *db, const struct settle *batch, size_t count, struct err *err)
{
	struct arena *arena = batch[0].arena;
	enum side there = batch[0].owed->side, here = side_other(there);
	int64_t sync_id = batch[0].plan->sync_id;
	struct bind *own = arena_new_array(arena, struct bind, count),
	            *made = arena_new_array(arena, struct bind, count);
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (!batch[i].link || batch[i].owed->op != WRITE_CREATE || batch[i].result->outcome != DELIVERED)
			continue;
		own[n] = bind_text(link_id_of(batch[i].link, here));
		made[n++] = bind_text(batch[i].result->id);
	}
	if (identity_get_ahead(db, sync_id, here, own, n, err) < 0)
		return err_pass(err);
	return identity_put_ahead(db, sync_id, there, made, n, err);
}

int settle_ahead(struct db *db, struct settle *batch, size_t count, struct err *err)
{
	if (count == 0)
		return 0;
	if (ask_ahead(db, batch, count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (look_at_link(db, &batch[i], err) < 0)
			return err_pass(err);
	}
	return look_at_created(db, batch, count, err);
}

int settle_write(struct db *db, const struct settle *s, enum settled *ret, struct err *err)
{
	static int (*const by_outcome[])(struct db *, const struct settle *, enum settled *, struct err *) = {
		[DELIVERED] = settle_delivered, [RETRY_LATER] = settle_later, [REFUSED] = settle_refused,
		[UNKNOWN] = settle_later,       [CHANGED] = settle_looked,    [GONE] = settle_looked,
	};
	enum delivery outcome = s->result->outcome;
	bool worn_out = s->owed->attempts + 1 >= WRITE_ATTEMPTS;

	if (worn_out && (outcome == RETRY_LATER || outcome == UNKNOWN))
		return settle_refused(db, s, ret, err);
	return by_outcome[outcome](db, s, ret, err);
}
