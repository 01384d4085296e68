/*
 * compose: which fields go where (R26: only those that change), the fields that show the link (R18), and what the base becomes once a write is
 * delivered. Each entry carries the base of its own fields, so that one may settle without the other; that of fields which need no write is kept with
 * the link at once, from what we read: the far side's answer to our write may show an edit that we have not seen (R28). Only a record that is created
 * brings all its fields' bases along.
 */
#include "sync/compose.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/truth.h"

static struct str seal_json(const struct compose *c, const struct json *j)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_PAYLOAD * 2);

	json_write(&text, j);
	ensure(buf_ok(&text));
	return box_seal(c->engine->keys, c->arena, "outbox.body", buf_str(&text));
}

static void set_text(struct arena *arena, struct json *object, struct str field, struct str text)
{
	if (field.len)
		json_set(object, field, json_new_text(arena, text));
}

/* What every new CRM record gets: its record type, say. */
static void add_constants(const struct compose *c, struct json *body)
{
	JSON_EACH (c->plan->crm_create, member) {
		struct json *value = json_copy(c->scratch, member);

		value->next = NULL;
		json_set(body, member->key, value);
	}
}

/* How the pair stands once this is written: in step, but for what a person has to decide. */
static struct truth truth_after(const struct compose *c)
{
	const struct mapping *m = &c->plan->mapping;
	struct str *fields = arena_new_array(c->scratch, struct str, m->count);
	size_t count = 0;

	for (size_t i = 0; c->merged && i < m->count; i++) {
		if (c->merged[i].review)
			fields[count++] = m->fields[i].name;
	}
	return count ? truth_of_conflict(c->scratch, fields, count) : (struct truth) { .status = TRUTH_SYNCED };
}

/* R18: what shows the link on the CRM record. A last sync time is written only beside other changes: alone it would be a write for nothing. */
static void add_link_fields(const struct compose *c, struct json *body)
{
	const struct plan *p = c->plan;
	bool creates = c->crm_id.len == 0;
	struct truth truth = truth_after(c);

	if (creates)
		add_constants(c, body);
	truth_members(p, c->scratch, SIDE_CRM, &truth, c->emr_id, body);
	if (creates || c->joins || c->shows_link) {
		if (p->crm_synced_field.len)
			json_set(body, p->crm_synced_field, json_new_bool(c->scratch, true));
		if (!creates)
			set_text(c->scratch, body, p->crm_id_field, c->emr_id);
	}
	if (creates && p->default_account_id.len)
		set_text(c->scratch, body, p->crm_parent_field, p->default_account_id);
	if (c->run)
		set_text(c->scratch, body, p->crm_run_field, c->run->batch_id);
	set_text(c->scratch, body, p->crm_last_sync_field, clock_rfc3339(c->scratch, clock_wall_ms()));
}

enum part { OF_CRM, OF_EMR, OF_CRM_AND_NEITHER, OF_EMR_AND_NEITHER };

static bool takes_part(const struct merged *f, enum part part)
{
	switch (part) {
	case OF_CRM:
		return f->write_crm;
	case OF_EMR:
		return f->write_emr;
	case OF_CRM_AND_NEITHER:
		return f->write_crm || !f->write_emr;
	case OF_EMR_AND_NEITHER:
		return f->write_emr || !f->write_crm;
	}
	unreachable("every part is one of these");
}

/* The base of the fields of one part. */
static struct str base_of(const struct compose *c, enum part part)
{
	const struct mapping *m = c->mapping;
	struct base *base = arena_new_array(c->scratch, struct base, m->count);

	for (size_t i = 0; i < m->count; i++) {
		const struct merged *f = &c->merged[i];

		base[i] = f->next;
		base[i].known = f->next.known && takes_part(f, part);
		base[i].unsure[SIDE_EMR] = f->write_emr && (part == OF_EMR || part == OF_EMR_AND_NEITHER);
		base[i].unsure[SIDE_CRM] = f->write_crm && (part == OF_CRM || part == OF_CRM_AND_NEITHER);
	}
	return base_write(c->engine, c->arena, m, base);
}

/* What holds from now on: of fields that need no write what was just read, of the others what the link has. */
static struct str base_agreed(const struct compose *c)
{
	const struct mapping *m = c->mapping;
	struct base *base = arena_new_array(c->arena, struct base, m->count);

	for (size_t i = 0; i < m->count; i++) {
		const struct merged *f = &c->merged[i];

		if (!f->write_crm && !f->write_emr)
			base[i] = f->next;
		else if (c->base)
			base[i] = c->base[i];
	}
	return base_write(c->engine, c->arena, m, base);
}

static void split_masks(const struct compose *c, struct value *values, bool *to_crm, bool *to_emr, size_t *ret_crm,
                        size_t *ret_emr)
{
	*ret_crm = *ret_emr = 0;
	for (size_t i = 0; i < c->mapping->count; i++) {
		values[i] = c->merged[i].value;
		to_crm[i] = c->merged[i].write_crm;
		to_emr[i] = c->merged[i].write_emr;
		*ret_crm += to_crm[i];
		*ret_emr += to_emr[i];
	}
}

/* Our id and web link, where the EMR has a place for them. */
static void add_reference(const struct compose *c, struct json *body, struct str crm_id)
{
	const struct traits *emr = &c->plan->conn[SIDE_EMR]->traits;
	struct str link = truth_link(c->arena, c->plan->conn[SIDE_CRM], crm_id);

	set_text(c->arena, body, emr->reference_field, crm_id);
	if (link.len)
		set_text(c->arena, body, emr->reference_link_field, link);
}

static bool keeps_reference(const struct plan *plan)
{
	return plan->back_reference && plan->conn[SIDE_EMR]->traits.reference_field.len > 0;
}

bool compose_back_reference(struct engine *engine, const struct plan *plan, struct arena *arena, struct str emr_id,
                            struct str crm_id, struct owed *ret)
{
	const struct compose c = { .engine = engine, .plan = plan, .arena = arena };
	struct json *body = json_new(arena, JSON_OBJECT);

	if (!keeps_reference(plan))
		return false;
	add_reference(&c, body, crm_id);
	*ret = (struct owed) {
		.sync_id = plan->sync_id,
		.side = SIDE_EMR,
		.op = WRITE_UPDATE,
		.priority = OWED_LOW,
		.record_id = emr_id,
		.body = seal_json(&c, body),
	};
	return true;
}

static struct owed entry(const struct compose *c, enum side side, const struct json *body)
{
	struct str id = side == SIDE_EMR ? c->emr_id : c->crm_id;
	bool creates = id.len == 0;
	enum part part =
	        side == SIDE_CRM ? (creates ? OF_CRM_AND_NEITHER : OF_CRM) : (creates ? OF_EMR_AND_NEITHER : OF_EMR);

	return (struct owed) {
		.sync_id = c->plan->sync_id,
		.side = side,
		.op = creates ? WRITE_CREATE : WRITE_UPDATE,
		.priority = c->person ? OWED_PERSON : OWED_NORMAL,
		.record_id = id,
		.key = !creates           ? STR_EMPTY
		       : side == SIDE_CRM ? c->emr_id
		                          : c->crm_id,
		.body = seal_json(c, body),
		.base = c->merged ? base_of(c, part) : STR_EMPTY,
		.version = creates ? STR_EMPTY : c->version[side],
	};
}

struct owed compose_link_fields(const struct compose *c)
{
	struct json *body = json_new(c->scratch, JSON_OBJECT);

	add_link_fields(c, body);
	return entry(c, SIDE_CRM, body);
}

/* What is deleted here is written off there as the sync says. */
static void undo_in_crm(const struct compose *c, enum on_removal how, struct writes *ret)
{
	const struct plan *p = c->plan;
	struct json *body = json_new(c->scratch, JSON_OBJECT);
	const struct truth truth = { .status = TRUTH_NOT_LINKED };
	struct owed owed;

	truth_members(p, c->scratch, SIDE_CRM, &truth, STR_EMPTY, body);
	if (p->crm_synced_field.len)
		json_set(body, p->crm_synced_field, json_new_bool(c->scratch, false));
	if (p->crm_id_field.len && how != REMOVAL_FLAG)
		json_set(body, p->crm_id_field, json_new(c->scratch, JSON_NULL));
	if (how == REMOVAL_FLAG)
		set_text(c->scratch, body, p->crm_status_field, STR("Removed in EMR"));
	owed = entry(c, SIDE_CRM, body);
	owed.op = how == REMOVAL_DELETE ? WRITE_DELETE : WRITE_UPDATE;
	ret->owed[ret->count++] = owed;
}

static void undo_in_emr(const struct compose *c, enum on_removal how, struct writes *ret)
{
	struct json *body = json_new(c->scratch, JSON_OBJECT);
	const struct traits *emr = &c->plan->conn[SIDE_EMR]->traits;
	struct owed owed;

	if (!keeps_reference(c->plan))
		return;
	json_set(body, emr->reference_field, json_new(c->scratch, JSON_NULL));
	if (emr->reference_link_field.len)
		json_set(body, emr->reference_link_field, json_new(c->scratch, JSON_NULL));
	if (emr->reference_message_field.len)
		json_set(body, emr->reference_message_field, json_new(c->scratch, JSON_NULL));
	if (how == REMOVAL_FLAG)
		set_text(c->scratch, body, emr->reference_message_field, STR("Removed in the CRM"));
	owed = entry(c, SIDE_EMR, body);
	owed.priority = OWED_LOW;
	ret->owed[ret->count++] = owed;
}

void compose_undo(const struct compose *c, enum on_removal how, bool gone, struct writes *ret)
{
	*ret = (struct writes) { 0 };
	if (c->crm_id.len && !(gone && c->side == SIDE_CRM))
		undo_in_crm(c, how, ret);
	ret->wait = ret->count > 0;
	if (c->emr_id.len && !(gone && c->side == SIDE_EMR))
		undo_in_emr(c, how, ret);
}

/* One of the fields shares its member with what others write: the member cannot be made yet. */
static bool made_later(const struct compose *c, const bool *to_emr)
{
	const struct mapping *m = c->mapping;

	if (c->emr_id.len == 0 || c->plan->conn[SIDE_EMR]->traits.fetch_batch == 0)
		return false;
	for (size_t i = 0; i < m->count; i++) {
		if (to_emr[i] && m->fields[i].direction != DIRECTION_EMR_TO_CRM && mapping_shares_member(&m->fields[i]))
			return true;
	}
	return false;
}

static struct json *fields_for_later(const struct compose *c, const struct value *values, const bool *to_emr)
{
	const struct mapping *m = c->mapping;
	struct json *list = json_new(c->scratch, JSON_ARRAY), *fields = json_new(c->scratch, JSON_OBJECT);

	for (size_t i = 0; i < m->count; i++) {
		struct json *pair = json_new(c->scratch, JSON_ARRAY);

		if (!to_emr[i] || m->fields[i].direction == DIRECTION_EMR_TO_CRM)
			continue;
		json_append(pair, value_to_json(c->scratch, values[i]));
		json_append(pair, value_to_json(c->scratch, c->emr[i]));
		json_add(fields, path_text(m->fields[i].crm), pair);
	}
	json_append(list, fields);
	return list;
}

/* Everything is in c->merged; which side gets a body, and which of them, stands here. */
static int write_emr_body(const struct compose *c, const struct value *values, const bool *to_emr, struct json **ret,
                          const struct field_map **ret_field, struct err *err)
{
	if (mapping_write_emr(c->mapping, c->scratch, c->emr_record, values, to_emr, ret, ret_field, err) < 0)
		return err_pass(err);
	if (made_later(c, to_emr))
		*ret = fields_for_later(c, values, to_emr);
	if (c->emr_id.len == 0 && keeps_reference(c->plan))
		add_reference(c, *ret, c->crm_id);
	return 0;
}

int compose_writes(const struct compose *c, struct writes *ret, const struct field_map **ret_field, struct err *err)
{
	const struct mapping *m = c->mapping;
	struct value *values = arena_new_array(c->scratch, struct value, m->count);
	bool *to_crm = arena_new_array(c->scratch, bool, m->count);
	bool *to_emr = arena_new_array(c->scratch, bool, m->count);
	bool new_in_emr = c->emr_id.len == 0;
	bool shows_link = !new_in_emr && (c->joins || c->crm_id.len == 0);
	size_t crm_fields, emr_fields;
	struct json *body;
	struct owed reference;

	*ret = (struct writes) { 0 };
	split_masks(c, values, to_crm, to_emr, &crm_fields, &emr_fields);
	if (crm_fields > 0 || shows_link) {
		body = mapping_write_crm(m, c->scratch, values, to_crm);
		add_link_fields(c, body);
		ret->owed[ret->count++] = entry(c, SIDE_CRM, body);
	}
	if (emr_fields > 0 || new_in_emr) {
		if (write_emr_body(c, values, to_emr, &body, ret_field, err) < 0)
			return err_pass(err);
		ret->owed[ret->count] = entry(c, SIDE_EMR, body);
		ret->count++;
	}
	ret->wait = ret->count > 0;
	if (ret->wait && c->crm_id.len && !new_in_emr)
		ret->base = base_agreed(c);
	if (c->joins && compose_back_reference(c->engine, c->plan, c->arena, c->emr_id, c->crm_id, &reference))
		ret->owed[ret->count++] = reference;
	return 0;
}
