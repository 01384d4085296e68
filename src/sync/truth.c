/*
 * truth: rows of `told`, and the writes that tell. One row a record:
 *
 *	none ──tell trouble──► row, owed ──delivered──► row ──tell "Synced"──► row, owed ──delivered──► none
 *
 * A row whose entry is still owed takes the next truth in its entry's place. A write of normal priority that carries "Synced" along ends the row when it
 * is delivered, unless something younger is owed by then.
 */
#include "sync/truth.h"

#include <string.h>

#include "codec/utf8.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/review.h"
#include "sync/select.h"

enum { REASON_MOST = 255, FIELDS_MOST = 50 }; /* characters of the package's field; bytes are never fewer */

static const struct statement READ = {
	"SELECT status, hash, owed_id, at_ms FROM told WHERE sync_id = $1 AND side = $2 AND record_id = $3",
	.by = "sync_id, side, record_id"
};
static const struct statement PUT = {
	"INSERT INTO told (sync_id, side, record_id, status, hash, owed_id, at_ms) VALUES ($1,$2,$3,$4,$5,$6,$7)"
	" ON CONFLICT (sync_id, side, record_id) DO UPDATE SET status = excluded.status, hash = excluded.hash,"
	" owed_id = excluded.owed_id, at_ms = excluded.at_ms",
	.by = "sync_id, side, record_id"
};
static const struct statement FORGET = { "DELETE FROM told WHERE sync_id = $1 AND side = $2 AND record_id = $3",
	                                 .by = "sync_id, side, record_id" };

static const struct statement ANY = { "SELECT 1 AS n FROM told WHERE sync_id = $1 LIMIT 1" };

static const char *const names[] = {
	[TRUTH_SYNCED] = "Synced",
	[TRUTH_FAILED] = "Failed",
	[TRUTH_CONFLICT] = "Conflict",
	[TRUTH_NOT_LINKED] = "Not linked",
};

const char *truth_status_name(enum truth_status status)
{
	return names[status];
}

static bool status_of_name(struct str name, enum truth_status *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (names[i] && str_eq_c(name, names[i])) {
			*ret = (enum truth_status)i;
			return true;
		}
	}
	return false;
}

/* ---- what is written ---- */

bool truth_has_place(const struct plan *plan, enum side side)
{
	if (side == SIDE_EMR)
		return plan->back_reference && plan->conn[SIDE_EMR]->traits.reference_message_field.len > 0;
	return plan->crm_status_field.len || plan->crm_reason_field.len || plan->crm_link_field.len;
}

struct str truth_link(struct arena *arena, const struct connection *c, struct str id)
{
	struct str web = c->traits.web_link;
	ptrdiff_t at = str_find(web, STR("{id}"));

	if (at < 0 || id.len == 0)
		return STR_EMPTY;
	return arena_printf(arena, "%.*s%.*s%.*s", (int)at, web.at, STR_ARG(id),
	                    STR_ARG(str_skip(web, (size_t)at + 4)));
}

/* Whole characters only. */
static struct str shortened(struct arena *arena, struct str text)
{
	static const char dots[] = "...";
	size_t len = 0, step;

	if (text.len <= REASON_MOST)
		return text;
	while ((step = utf8_step(text.at + len, text.at + text.len)) > 0 &&
	       len + step <= REASON_MOST - (sizeof(dots) - 1))
		len += step;
	return arena_printf(arena, "%.*s%s", (int)len, text.at, dots);
}

static void set_text_or_null(struct arena *arena, struct json *body, struct str field, struct str text)
{
	if (field.len)
		json_set(body, field, text.len ? json_new_text(arena, text) : json_new(arena, JSON_NULL));
}

/* A link that is there stays when there is nothing to point to. */
static void set_link(struct arena *arena, struct json *body, struct str field, struct str link)
{
	if (field.len && link.len)
		json_set(body, field, json_new_text(arena, link));
}

static struct str message(struct arena *arena, const struct truth *truth)
{
	if (truth->status == TRUTH_SYNCED)
		return STR_EMPTY;
	return arena_printf(arena, "%s%s%.*s", names[truth->status], truth->reason.len ? ": " : "",
	                    STR_ARG(truth->reason));
}

void truth_members(const struct plan *plan, struct arena *arena, enum side side, const struct truth *truth,
                   struct str other_id, struct json *body)
{
	const struct traits *emr = &plan->conn[SIDE_EMR]->traits;
	struct str link = truth_link(arena, plan->conn[side_other(side)], other_id);

	if (!truth_has_place(plan, side))
		return;
	if (side == SIDE_EMR) {
		set_text_or_null(arena, body, emr->reference_message_field, shortened(arena, message(arena, truth)));
		set_link(arena, body, emr->reference_link_field, link);
		return;
	}
	set_text_or_null(arena, body, plan->crm_status_field, str_of(names[truth->status]));
	set_text_or_null(arena, body, plan->crm_reason_field, shortened(arena, truth->reason));
	if (truth->status == TRUTH_NOT_LINKED && other_id.len == 0)
		set_text_or_null(arena, body, plan->crm_link_field, STR_EMPTY);
	else
		set_link(arena, body, plan->crm_link_field, link);
}

struct truth truth_of_conflict(struct arena *arena, const struct str *fields, size_t count)
{
	struct str list = STR_EMPTY;

	for (size_t i = 0; i < count; i++)
		list = arena_printf(arena, "%.*s%s%.*s", STR_ARG(list), i ? ", " : "", STR_ARG(fields[i]));
	return (struct truth) {
		.status = TRUTH_CONFLICT,
		.reason = arena_printf(
		        arena, "%.*s: changed on both sides; somebody has to choose, see the conflicts in Suture",
		        STR_ARG(list)),
	};
}

/* ---- the table ---- */

static struct digest16 hash_of(struct arena *arena, const struct truth *truth)
{
	return digest_content(arena_printf(arena, "%d %.*s", (int)truth->status, STR_ARG(truth->reason)));
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct told *ret = place;
	struct str hash = row_blob(rows, "hash");

	(void)arena;
	*ret = (struct told) { .status = (enum truth_status)row_int(rows, "status"),
		               .owed_id = row_int(rows, "owed_id"),
		               .at_ms = row_int(rows, "at_ms") };
	if (hash.len == sizeof(ret->hash.bytes))
		memcpy(ret->hash.bytes, hash.at, hash.len);
}

int truth_read(struct db *db, int64_t sync_id, enum side side, struct str record_id, struct told *ret, bool *ret_found,
               struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct selection what = { &READ, BIND(bind_int(sync_id), bind_int(side), bind_text(record_id)), 1,
		                        sizeof(*ret), read_row };

	*ret_found = false;
	return select_one(db, &arena, &what, ret, ret_found, err);
}

static int put(struct db *db, int64_t sync_id, enum side side, struct str record_id, const struct told *told,
               struct err *err)
{
	return db_run(db, &PUT,
	              BIND(bind_int(sync_id), bind_int(side), bind_text(record_id), bind_int(told->status),
	                   bind_blob(str_range((const char *)told->hash.bytes, sizeof(told->hash.bytes))),
	                   bind_id(told->owed_id), bind_int(clock_wall_ms())),
	              err);
}

static int drop(struct db *db, int64_t sync_id, enum side side, struct str record_id, struct err *err)
{
	return db_run(db, &FORGET, BIND(bind_int(sync_id), bind_int(side), bind_text(record_id)), err);
}

int truth_troubles(struct db *db, const struct link *link, bool *ret, struct err *err)
{
	*ret = false;
	for (enum side side = SIDE_EMR; side <= SIDE_CRM && !*ret; side++) {
		struct told told;
		bool shown;

		if (truth_read(db, link->sync_id, side, link_id_of(link, side), &told, &shown, err) < 0)
			return err_pass(err);
		*ret = shown && told.status != TRUTH_SYNCED;
	}
	return 0;
}

bool truth_only(const struct plan *plan, const struct json *members)
{
	const struct str ours[] = { plan->crm_status_field, plan->crm_reason_field, plan->crm_link_field };
	bool any = false;

	for (size_t i = 0; i < plan->mapping.count; i++) {
		if (json_get_str(members, path_top(plan->mapping.fields[i].crm)))
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		any = any || (ours[i].len && json_get_str(members, ours[i]));
	return any;
}

int truth_any(struct db *db, int64_t sync_id, bool *ret, struct err *err)
{
	int64_t any;

	if (db_number(db, &ANY, BIND(bind_int(sync_id)), 0, &any, err) < 0)
		return err_pass(err);
	*ret = any > 0;
	return 0;
}

int truth_forget(struct db *db, int64_t sync_id, enum side side, struct str record_id, struct err *err)
{
	struct told told;
	bool found;

	if (record_id.len == 0)
		return 0;
	if (truth_read(db, sync_id, side, record_id, &told, &found, err) < 0)
		return err_pass(err);
	if (!found)
		return 0;
	if (told.owed_id && outbox_done(db, told.owed_id, err) < 0)
		return err_pass(err);
	return drop(db, sync_id, side, record_id, err);
}

/* ---- telling ---- */

static struct str sealed_body(const struct truth_about *about, enum side side, const struct truth *truth)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_PAYLOAD);
	struct json *body = json_new(about->arena, JSON_OBJECT);

	truth_members(about->plan, about->arena, side, truth, about->id[side_other(side)], body);
	json_write(&text, body);
	ensure(buf_ok(&text));
	return box_seal(about->engine->keys, about->arena, "outbox.body", buf_str(&text));
}

static int owe(struct db *db, const struct truth_about *about, enum side side, const struct truth *truth,
               struct err *err)
{
	struct told told = { .status = truth->status, .hash = hash_of(about->arena, truth) };
	struct owed owed = {
		.sync_id = about->plan->sync_id,
		.side = side,
		.op = WRITE_UPDATE,
		.priority = OWED_LOW,
		.link_id = about->link_id,
		.record_id = about->id[side],
		.body = sealed_body(about, side, truth),
	};

	if (side == SIDE_CRM && about->link_id &&
	    link_make_sure(about->engine, db, about->arena, &about->plan->mapping, about->link_id, err) < 0)
		return err_pass(err);
	if (outbox_add(db, &owed, err) < 0)
		return err_pass(err);
	told.owed_id = owed.id;
	return put(db, about->plan->sync_id, side, about->id[side], &told, err);
}

static int tell_side(struct db *db, const struct truth_about *about, enum side side, const struct truth *truth,
                     struct err *err)
{
	struct digest16 hash = hash_of(about->arena, truth);
	struct told was;
	bool shown;

	if (about->id[side].len == 0 || !truth_has_place(about->plan, side))
		return 0;
	if (truth_read(db, about->plan->sync_id, side, about->id[side], &was, &shown, err) < 0)
		return err_pass(err);
	if (!shown && (truth->if_shown || truth->status == TRUTH_SYNCED))
		return 0;
	if (shown && memcmp(&was.hash, &hash, sizeof(hash)) == 0)
		return 0;
	if (shown && was.owed_id && outbox_done(db, was.owed_id, err) < 0)
		return err_pass(err);
	return owe(db, about, side, truth, err);
}

int truth_tell(struct db *db, const struct truth_about *about, const struct truth *truth, struct err *err)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (tell_side(db, about, side, truth, err) < 0)
			return err_wrap(err, "tell how a record stands");
	}
	return 0;
}

static int truth_of_link(struct db *db, const struct truth_about *about, struct truth *ret, struct err *err)
{
	struct str *fields;
	size_t count;

	*ret = (struct truth) { .status = TRUTH_SYNCED };
	if (about->link_id == 0)
		return 0;
	if (conflict_waiting(db, about->arena, about->link_id, FIELDS_MOST, &fields, &count, err) < 0)
		return err_pass(err);
	if (count > 0)
		*ret = truth_of_conflict(about->arena, fields, count);
	return 0;
}

int truth_tell_link(struct db *db, const struct truth_about *about, struct err *err)
{
	struct truth truth;

	if (!truth_has_place(about->plan, SIDE_EMR) && !truth_has_place(about->plan, SIDE_CRM))
		return 0;
	if (truth_of_link(db, about, &truth, err) < 0)
		return err_wrap(err, "tell how a record stands");
	return truth_tell(db, about, &truth, err);
}

/* ---- delivered ---- */

/* What a write to the CRM said. False: nothing. */
static bool said(const struct truth_about *about, const struct owed *owed, struct truth *ret, struct err *err)
{
	const struct plan *p = about->plan;
	struct json *body;
	struct str text;

	if (box_open(about->engine->keys, about->arena, "outbox.body", owed->body, &text, err) < 0 ||
	    json_parse(about->arena, text, &body, err) < 0)
		return false;
	*ret = (struct truth) { .status = TRUTH_SYNCED, .reason = json_text(json_get_str(body, p->crm_reason_field)) };
	if (p->crm_status_field.len)
		return status_of_name(json_text(json_get_str(body, p->crm_status_field)), &ret->status);
	ret->status = ret->reason.len ? TRUTH_CONFLICT : TRUTH_SYNCED;
	return true;
}

static int low_delivered(struct db *db, const struct owed *owed, const struct told *was, struct err *err)
{
	struct told told = *was;

	if (was->owed_id != owed->id)
		return 0;
	if (was->status == TRUTH_SYNCED)
		return drop(db, owed->sync_id, owed->side, owed->record_id, err);
	told.owed_id = 0;
	return put(db, owed->sync_id, owed->side, owed->record_id, &told, err);
}

static int said_by_write(struct db *db, const struct truth_about *about, const struct owed *owed, struct str record_id,
                         bool shown, struct err *err)
{
	struct truth truth;
	struct told told = { 0 };
	struct err unreadable = ERR_INIT;

	if (shown && truth_forget(db, owed->sync_id, SIDE_CRM, record_id, err) < 0)
		return err_pass(err);
	if (!said(about, owed, &truth, &unreadable) || truth.status == TRUTH_SYNCED)
		return 0;
	told.status = truth.status;
	told.hash = hash_of(about->arena, &truth);
	return put(db, owed->sync_id, SIDE_CRM, record_id, &told, err);
}

int truth_delivered(struct db *db, const struct truth_about *about, const struct owed *owed, bool *ret_more,
                    struct err *err)
{
	struct str record_id = about->id[owed->side];
	struct told was;
	bool shown;

	*ret_more = false;
	if (!truth_has_place(about->plan, owed->side) || record_id.len == 0)
		return 0;
	if (truth_read(db, owed->sync_id, owed->side, record_id, &was, &shown, err) < 0)
		return err_pass(err);
	if (owed->priority == OWED_LOW)
		return shown ? low_delivered(db, owed, &was, err) : 0;
	if (owed->side != SIDE_CRM)
		return 0;
	*ret_more = shown && was.owed_id > owed->id;
	return *ret_more ? 0 : said_by_write(db, about, owed, record_id, shown, err);
}
