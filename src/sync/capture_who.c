/*
 * capture_who: who a record is: one field of it, its identity, the id of its counterpart that it stores; and noting that of a whole page, without payloads.
 */
#include "sync/capture.h"

#include "codec/utf8.h"
#include "lib/limits.h"
#include "sync/lease.h"
#include "sync/suggest.h"

struct value capture_value(const struct field_map *field, struct arena *arena, enum side side,
                           const struct json *record)
{
	struct value in[MAPPING_PATHS_MAX], out = VALUE_NOTHING;
	struct err ignored = ERR_INIT;

	if (side == SIDE_CRM)
		return value_of_json(path_get(field->crm, record), &out) ? out : VALUE_NOTHING;
	for (size_t i = 0; i < field->emr_count; i++) {
		if (!value_of_json(path_get(field->emr[i], record), &in[i]))
			return VALUE_NOTHING;
	}
	if (!field->transform.kind)
		return in[0];
	return transform_forward(&field->transform, arena, in, field->emr_count, &out, &ignored) < 0 ? VALUE_NOTHING
	                                                                                             : out;
}

struct identity capture_identity(const struct plan *plan, struct arena *arena, enum side side,
                                 const struct json *record)
{
	const struct mapping *m = &plan->mapping;
	struct identity who;

	if (!m->first_name || !m->last_name || !m->birth_date)
		return (struct identity) {
			.missing = "the mapping names no fields for first name, last name and birth date"
		};
	who = identity_of(arena, capture_value(m->first_name, arena, side, record),
	                  capture_value(m->last_name, arena, side, record),
	                  capture_value(m->birth_date, arena, side, record));
	/* Names and birth dates are few enough to be guessed: the database keeps a hash that needs the key. */
	if (who.complete)
		who.key = box_blind(plan->keys, "identity.match_key",
		                    str_range((const char *)who.key.bytes, sizeof(who.key.bytes)));
	return who;
}

/* One that is not would fail the page that it is in, each time it is read: an index takes no long texts, and PostgreSQL no zero bytes. */
static bool is_plain(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return false;
	}
	return text.len <= LIMIT_RECORD_ID && utf8_valid(text);
}

void capture_judge(struct record *record)
{
	if (is_plain(record->id) && is_plain(record->version) && is_plain(record->merged_into) &&
	    is_plain(record->modified_by))
		return;
	*record = (struct record) {
		.bytes = record->bytes,
		.fault = "its id or version is too long, or holds what is no text",
	};
}

static struct str stored_id(const struct plan *plan, struct arena *arena, enum side side, const struct json *record)
{
	struct str reference = plan->conn[SIDE_EMR]->traits.reference_field, stored, same;
	const struct connector *crm = plan->conn[SIDE_CRM]->kind;

	if (side == SIDE_CRM)
		return plan->crm_id_field.len ? json_text(json_get_str(record, plan->crm_id_field)) : STR_EMPTY;
	stored = reference.len ? json_text(json_walk(record, arena_text(arena, reference))) : STR_EMPTY;
	same = stored.len && crm->record_id ? crm->record_id(arena, stored) : STR_EMPTY;
	return same.len ? same : stored; /* Salesforce ids are written in two lengths */
}

/* What is no id stands for nobody. */
struct str capture_stored_id(const struct plan *plan, struct arena *arena, enum side side, const struct json *record)
{
	struct str id = stored_id(plan, arena, side, record);

	return is_plain(id) ? id : STR_EMPTY;
}

size_t capture_who_fields(const struct plan *plan, struct str *ret)
{
	const struct mapping *m = &plan->mapping;
	const struct field_map *roles[] = { m->first_name, m->last_name, m->birth_date };
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		if (roles[i])
			ret[count++] = path_top(roles[i]->crm);
	}
	if (plan->crm_id_field.len)
		ret[count++] = plan->crm_id_field;
	if (plan->crm_synced_field.len)
		ret[count++] = plan->crm_synced_field;
	return count;
}

struct known capture_known(const struct plan *plan, struct arena *arena, enum side side, const struct record *record,
                           int64_t run_id)
{
	struct identity who = capture_identity(plan, arena, side, record->json);
	struct known known = {
		.side = side,
		.record_id = record->id,
		.has_key = who.complete,
		.key = who.key,
		.external_id = capture_stored_id(plan, arena, side, record->json),
		.synced = side == SIDE_CRM && json_bool(json_get_str(record->json, plan->crm_synced_field), false),
		.version = record->version,
		.modified_ms = record->modified_ms,
		.run_id = run_id,
	};

	/* A patient is noted for it once nobody was found for him: most are linked, and a batch reads all of them. */
	if (side == SIDE_CRM && who.complete && !known.synced && known.external_id.len == 0)
		known.weak = suggest_hashes(plan, arena, side, record->json);
	return known;
}

/* ---- identities only ---- */

struct who_row {
	struct known known;
	bool readable, gone;
};

struct who_job {
	const struct plan *plan;
	enum side side;
	struct who_row *rows;
	size_t count;
};

static int commit_who_row(struct db *db, const struct who_job *job, const struct who_row *row, struct err *err)
{
	bool seen;

	if (row->known.record_id.len == 0)
		return 0;
	if (row->gone)
		return identity_remove(db, job->plan->sync_id, job->side, row->known.record_id, err);
	return (row->readable ? identity_put : identity_see)(db, job->plan->sync_id, &row->known, &seen, err);
}

static int commit_who(struct db *db, void *context, struct err *err)
{
	const struct who_job *job = context;
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct bind *ids = arena_new_array(&arena, struct bind, job->count);

	for (size_t i = 0; i < job->count; i++)
		ids[i] = bind_text(job->rows[i].known.record_id);
	if (identity_put_ahead(db, job->plan->sync_id, job->side, ids, job->count, err) < 0)
		return err_wrap(err, "capture");
	for (size_t i = 0; i < job->count; i++) {
		if (commit_who_row(db, job, &job->rows[i], err) < 0)
			return err_wrap(err, "capture");
	}
	return 0;
}

int capture_identities(struct engine *engine, const struct plan *plan, struct arena *arena, enum side side,
                       const struct page *page, int64_t run_id, struct err *err)
{
	struct who_job job = { .plan = plan,
		               .side = side,
		               .rows = arena_new_array(arena, struct who_row, page->count),
		               .count = page->count };

	for (size_t i = 0; i < page->count; i++) {
		struct record *record = &page->records[i];
		struct who_row *row = &job.rows[i];

		capture_judge(record);
		row->known = (struct known) { .side = side, .record_id = record->id, .run_id = run_id };
		row->gone = record->deleted || record->merged_into.len;
		row->readable = !record->fault;
		if (!row->gone && row->readable)
			row->known = capture_known(plan, arena, side, record, run_id);
	}
	return lease_write(engine, plan, RELAXED, commit_who, &job, err);
}
