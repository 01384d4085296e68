/*
 * suggest: rows of `suggestion`, and how they are found.
 *
 *	hashes   the weak texts of a record, each as a keyed hash of 64 bits: whoever has the database alone cannot try names (R41)
 *	look     probes of one record in the index of the other side; candidates that are linked, or that fit somebody exactly, are left out
 *	note     new rows; a pair that is there already keeps what was decided of it
 *	decide   linked, dismissed
 */
#include "sync/suggest.h"

#include <string.h>

#include "lib/clock.h"
#include "sync/audit.h"
#include "sync/capture.h"
#include "sync/link.h"
#include "sync/select.h"

#define COLUMNS "id, sync_id, emr_id, crm_id, candidate_side, why, state, at_ms, decided_by, decided_ms"

static const struct statement ADD = { "INSERT INTO suggestion (sync_id, emr_id, crm_id, candidate_side, why, state, "
	                              "at_ms) VALUES ($1,$2,$3,$4,$5,0,$6)"
	                              " ON CONFLICT (sync_id, emr_id, crm_id) DO NOTHING" };
static const struct statement DECIDE = {
	"UPDATE suggestion SET state = $2, decided_by = $3, decided_ms = $4 WHERE id = $1 AND state = 0"
};
static const struct statement LINKED = { "UPDATE suggestion SET state = 1, decided_by = $4, decided_ms = $5 WHERE "
	                                 "sync_id = $1 AND emr_id = $2 AND crm_id = "
	                                 "$3 AND state <> 1" };
static const struct statement READ = { "SELECT " COLUMNS " FROM suggestion WHERE id = $1" };
static const struct statement LIST = {
	"SELECT " COLUMNS " FROM suggestion s WHERE state = 0 AND id > $1 AND NOT EXISTS (SELECT 1 FROM link l WHERE"
	" l.sync_id = s.sync_id AND l.state < 2 AND l.emr_id = s.emr_id AND l.emr_id <> '' AND "
	"s.candidate_side = 0)"
	" AND NOT EXISTS (SELECT 1 FROM link l WHERE l.sync_id = s.sync_id AND l.state < 2 AND l.crm_id = s.crm_id AND"
	" s.candidate_side = 1) ORDER BY id LIMIT $2"
};

static const struct statement OF_EMR = { "SELECT " COLUMNS
	                                 " FROM suggestion WHERE sync_id = $1 AND emr_id = $2 ORDER BY id LIMIT 100" };
static const struct statement OF_CRM = { "SELECT " COLUMNS
	                                 " FROM suggestion WHERE sync_id = $1 AND crm_id = $2 ORDER BY id LIMIT 100" };
static const struct statement NEVER = {
	"INSERT INTO suggestion (sync_id, emr_id, crm_id, candidate_side, why, state, at_ms, decided_by, decided_ms) "
	"VALUES ($1,$2,$3,0,0,2,$4,$5,$4) ON CONFLICT (sync_id, emr_id, crm_id) DO UPDATE SET state = 2, decided_by = "
	"$5,"
	" decided_ms = $4"
};
static const struct statement WAS_DISMISSED = {
	"SELECT COUNT(*) AS n FROM suggestion WHERE sync_id = $1 AND emr_id = $2 AND crm_id = $3 AND state = 2"
};

const char *suggestion_state_name(enum suggestion_state state)
{
	static const char *const names[] = { "open", "linked", "dismissed" };

	ensure((size_t)state < ARRAY_LEN(names));
	return names[state];
}

/* ---- hashes ---- */

static struct str text_of(const struct field_map *field, struct arena *arena, enum side side, const struct json *record)
{
	struct value value = capture_value(field, arena, side, record);

	return value_is_blank(value) ? STR_EMPTY : value.text;
}

/* False: the mapping names no fields for it. */
static bool names_of(const struct plan *plan, struct arena *arena, enum side side, const struct json *record,
                     struct weak_names *ret)
{
	const struct mapping *m = &plan->mapping;

	if (!m->first_name || !m->last_name || !m->birth_date)
		return false;
	*ret = (struct weak_names) { text_of(m->first_name, arena, side, record),
		                     text_of(m->last_name, arena, side, record),
		                     text_of(m->birth_date, arena, side, record) };
	return true;
}

static int64_t hash_of(const struct plan *plan, struct str text)
{
	struct digest16 blind = box_blind(plan->keys, "identity.weak", text);
	int64_t hash;

	memcpy(&hash, blind.bytes, sizeof(hash));
	return hash;
}

static struct weak_hashes hashes_of(const struct plan *plan, struct arena *arena, const struct weak_names *names)
{
	struct str kept[WEAK_KINDS];
	struct weak_hashes ret = { .there = weak_kept(arena, names, kept) };

	for (size_t i = 0; ret.there && i < WEAK_KINDS; i++)
		ret.at[i] = hash_of(plan, kept[i]);
	return ret;
}

struct weak_hashes suggest_hashes(const struct plan *plan, struct arena *arena, enum side side,
                                  const struct json *record)
{
	struct weak_names names;

	if (!names_of(plan, arena, side, record, &names))
		return (struct weak_hashes) { 0 };
	return hashes_of(plan, arena, &names);
}

/* ---- look ---- */

struct look {
	struct db *db;
	const struct plan *plan;
	struct arena *arena;
	struct suggesting *const *all;
	size_t count;
};

static bool is_listed(const struct suggesting *list, enum side side, struct str id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (str_eq(side == SIDE_EMR ? list->at[i].emr_id : list->at[i].crm_id, id))
			return true;
	}
	return false;
}

/* Is the candidate nobody's, as far as anybody can tell? */
static int is_free(const struct look *look, const struct known *c, bool *ret, struct err *err)
{
	int64_t sync_id = look->plan->sync_id;
	struct known *exact = NULL;
	size_t exact_count = 0;
	struct link link;
	bool linked;

	if (link_by(look->db, look->arena, sync_id, c->side, c->record_id, &link, &linked, err) < 0)
		return err_pass(err);
	if (!linked && c->has_key &&
	    identity_with_key(look->db, look->arena, sync_id, side_other(c->side), c->key, &exact, &exact_count, err) <
	            0)
		return err_pass(err);
	*ret = !linked && c->external_id.len == 0 && !c->synced && exact_count == 0;
	return 0;
}

static int add_candidates(const struct look *look, struct suggesting *list, const struct suggest_probe *probe,
                          struct err *err)
{
	enum side other = side_other(list->staged->side);

	for (size_t i = 0; i < probe->found_count && list->count < SUGGEST_MOST; i++) {
		const struct known *found = &probe->found[i];
		struct suggestion *s = &list->at[list->count];
		bool is_nobodys;

		if (is_listed(list, other, found->record_id))
			continue;
		if (is_free(look, found, &is_nobodys, err) < 0)
			return err_pass(err);
		if (!is_nobodys)
			continue;
		*s = (struct suggestion) { .candidate = other, .why = probe->why };
		s->emr_id = other == SIDE_EMR ? found->record_id : list->staged->record_id;
		s->crm_id = other == SIDE_CRM ? found->record_id : list->staged->record_id;
		list->count++;
	}
	return 0;
}

bool suggest_begin(const struct plan *plan, struct arena *arena, const struct staged *staged, const struct json *record,
                   bool stays, struct suggesting *ret)
{
	struct weak_probe probes[WEAK_PROBES];
	struct weak_names names;

	*ret = (struct suggesting) { .staged = staged, .at = arena_new_array(arena, struct suggestion, SUGGEST_MOST) };
	if (!capture_identity(plan, arena, staged->side, record).complete ||
	    !names_of(plan, arena, staged->side, record, &names))
		return false;
	if (stays)
		ret->own = hashes_of(plan, arena, &names);
	ret->probe_count = weak_probes(arena, &names, probes);
	ret->probes = arena_new_array(arena, struct suggest_probe, ret->probe_count);
	for (size_t i = 0; i < ret->probe_count; i++)
		ret->probes[i] = (struct suggest_probe) { .kind = probes[i].kind,
			                                  .why = probes[i].why,
			                                  .hash = hash_of(plan, probes[i].text) };
	return true;
}

static int ask_for_probes(const struct look *look, enum side other, enum weak_kind kind, struct err *err)
{
	struct bind *hashes = arena_new_array(look->arena, struct bind, look->count * WEAK_PROBES);
	size_t count = 0;

	for (size_t i = 0; i < look->count; i++) {
		const struct suggesting *one = look->all[i];

		for (size_t k = 0; k < one->probe_count && side_other(one->staged->side) == other; k++)
			if (one->probes[k].kind == kind)
				hashes[count++] = bind_int(one->probes[k].hash);
	}
	return identity_with_weak_ahead(look->db, look->plan->sync_id, other, kind, hashes, count, err);
}

/* Those that have one of the hashes. */
static int look_at_probes(const struct look *look, struct err *err)
{
	int64_t sync_id = look->plan->sync_id;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (ask_for_probes(look, side, WEAK_NAMES, err) < 0 ||
		    ask_for_probes(look, side, WEAK_INITIAL, err) < 0)
			return err_pass(err);
	}
	for (size_t i = 0; i < look->count; i++) {
		const struct suggesting *one = look->all[i];

		for (size_t k = 0; k < one->probe_count; k++) {
			struct suggest_probe *p = &one->probes[k];

			if (identity_with_weak(look->db, look->arena, sync_id, side_other(one->staged->side), p->kind,
			                       p->hash, &p->found, &p->found_count, err) < 0)
				return err_pass(err);
		}
	}
	return 0;
}

/* Whoever was found, as keys. */
struct found_keys {
	struct bind *ids, *keys;
	size_t id_count, key_count;
};

static void add_found(const struct suggest_probe *probe, struct found_keys *to)
{
	for (size_t i = 0; i < probe->found_count; i++) {
		const struct known *found = &probe->found[i];

		to->ids[to->id_count++] = bind_text(found->record_id);
		if (found->has_key)
			to->keys[to->key_count++] = identity_bind_key(&found->key);
	}
}

static size_t count_found(const struct look *look)
{
	size_t count = 0;

	for (size_t i = 0; i < look->count; i++)
		for (size_t k = 0; k < look->all[i]->probe_count; k++)
			count += look->all[i]->probes[k].found_count;
	return count;
}

/* What is_free asks. */
static int ask_who_is_free(const struct look *look, enum side other, struct err *err)
{
	size_t most = count_found(look);
	struct found_keys found = { .ids = arena_new_array(look->arena, struct bind, most),
		                    .keys = arena_new_array(look->arena, struct bind, most) };

	for (size_t i = 0; i < look->count; i++) {
		const struct suggesting *one = look->all[i];

		for (size_t k = 0; k < one->probe_count && side_other(one->staged->side) == other; k++)
			add_found(&one->probes[k], &found);
	}
	if (link_by_ahead(look->db, look->plan->sync_id, other, found.ids, found.id_count, err) < 0)
		return err_pass(err);
	return identity_with_key_ahead(look->db, look->plan->sync_id, side_other(other), found.keys, found.key_count,
	                               err);
}

int suggest_look(struct db *db, const struct plan *plan, struct arena *arena, struct suggesting *const *all,
                 size_t count, struct err *err)
{
	const struct look look = { db, plan, arena, all, count };

	if (look_at_probes(&look, err) < 0 || ask_who_is_free(&look, SIDE_EMR, err) < 0 ||
	    ask_who_is_free(&look, SIDE_CRM, err) < 0)
		return err_wrap(err, "look for who may be the same person");
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < all[i]->probe_count && all[i]->count < SUGGEST_MOST; k++) {
			if (add_candidates(&look, all[i], &all[i]->probes[k], err) < 0)
				return err_wrap(err, "look for who may be the same person");
		}
	}
	return 0;
}

/* ---- note ---- */

int suggest_note(struct db *db, const struct staged *staged, const struct suggesting *found, struct err *err)
{
	int64_t sync_id = staged->sync_id;

	if (found->own.there && identity_weaken(db, sync_id, staged->side, staged->record_id, &found->own, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < found->count; i++) {
		const struct suggestion *s = &found->at[i];

		if (db_run(db, &ADD,
		           BIND(bind_int(sync_id), bind_text(s->emr_id), bind_text(s->crm_id), bind_int(s->candidate),
		                bind_int(s->why), bind_int(clock_wall_ms())),
		           err) < 0)
			return err_wrap(err, "suggest a pair");
	}
	return 0;
}

/* ---- decide ---- */

int suggest_linked(struct db *db, int64_t sync_id, struct str emr_id, struct str crm_id, const char *who,
                   struct err *err)
{
	return db_run(db, &LINKED,
	              BIND(bind_int(sync_id), bind_text(emr_id), bind_text(crm_id), bind_text(str_of(who)),
	                   bind_int(clock_wall_ms())),
	              err);
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct suggestion *ret = place;

	*ret = (struct suggestion) {
		.id = row_int(rows, "id"),
		.sync_id = row_int(rows, "sync_id"),
		.emr_id = arena_str(arena, row_text(rows, "emr_id")),
		.crm_id = arena_str(arena, row_text(rows, "crm_id")),
		.candidate = (enum side)row_int(rows, "candidate_side"),
		.why = (enum weak_why)row_int(rows, "why"),
		.state = (enum suggestion_state)row_int(rows, "state"),
		.at_ms = row_int(rows, "at_ms"),
		.decided_by = arena_str(arena, row_text(rows, "decided_by")),
		.decided_ms = row_int(rows, "decided_ms"),
	};
}

int suggest_list(struct engine *engine, struct arena *arena, int64_t after_id, size_t limit, struct suggestion **ret,
                 size_t *ret_count, struct err *err)
{
	const struct selection what = { .statement = &LIST, .limit = limit, .size = sizeof(**ret), .read = read_row };
	struct selected found;

	if (select_page(engine, arena, what, after_id, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

struct dismissal {
	struct engine *engine;
	struct arena *arena;
	int64_t id;
	const char *why;
	struct suggestion *ret;
};

static int dismiss(struct db *db, void *context, struct err *err)
{
	const struct dismissal *d = context;
	const struct selection what = { &READ, BIND(bind_int(d->id)), 1, sizeof(*d->ret), read_row };
	struct audit_entry entry = { .who = str_of(d->engine->who),
		                     .action = STR("dismiss"),
		                     .before = STR("open"),
		                     .after = STR("dismissed"),
		                     .why = str_of(d->why) };
	bool found;

	if (select_one(db, d->arena, &what, d->ret, &found, err) < 0)
		return err_pass(err);
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "there is no suggestion %lld", (long long)d->id);
	if (d->ret->state != SUGGESTION_OPEN)
		return err_set(err, ERR_CONFLICT, "suggestion %lld is decided: %s, by %.*s", (long long)d->id,
		               suggestion_state_name(d->ret->state), STR_ARG(d->ret->decided_by));
	entry.subject = arena_printf(d->arena, "suggestion %lld: EMR record %.*s, CRM record %.*s", (long long)d->id,
	                             STR_ARG(d->ret->emr_id), STR_ARG(d->ret->crm_id));
	if (db_run(db, &DECIDE,
	           BIND(bind_int(d->id), bind_int(SUGGESTION_DISMISSED), bind_text(entry.who),
	                bind_int(clock_wall_ms())),
	           err) < 0)
		return err_pass(err);
	d->ret->state = SUGGESTION_DISMISSED;
	d->ret->decided_by = entry.who;
	return audit_add(db, &entry, err);
}

int suggest_dismiss(struct engine *engine, struct arena *arena, int64_t id, const char *why, struct suggestion *ret,
                    struct err *err)
{
	struct dismissal d = { engine, arena, id, why, ret };

	return store_write(engine->store, DURABLE, dismiss, &d, err);
}

int suggest_of(struct engine *engine, struct arena *arena, int64_t sync_id, enum side side, struct str record_id,
               struct suggestion **ret, size_t *ret_count, struct err *err)
{
	const struct selection what = { side == SIDE_EMR ? &OF_EMR : &OF_CRM,
		                        BIND(bind_int(sync_id), bind_text(record_id)), 100, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

/* ---- never ---- */

struct never {
	struct engine *engine;
	const struct plan *plan;
	struct str emr_id, crm_id;
	const char *why;
};

static int never(struct db *db, void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct never *n = context;
	const struct audit_entry entry = { .who = str_of(n->engine->who),
		                           .action = STR("never_match"),
		                           .subject = audit_record(&arena, SIDE_EMR, n->emr_id, n->plan->name),
		                           .after = n->crm_id,
		                           .why = str_of(n->why) };
	struct link link;
	bool linked;

	if (link_by_emr(db, &arena, n->plan->sync_id, n->emr_id, &link, &linked, err) < 0)
		return err_pass(err);
	if (linked && str_eq(link.crm_id, n->crm_id))
		return err_set(err, ERR_CONFLICT, "these two are linked; unlink them first");
	if (db_run(db, &NEVER,
	           BIND(bind_int(n->plan->sync_id), bind_text(n->emr_id), bind_text(n->crm_id),
	                bind_int(clock_wall_ms()), bind_text(entry.who)),
	           err) < 0)
		return err_wrap(err, "note that two records are not the same");
	return audit_add(db, &entry, err);
}

int suggest_never(struct engine *engine, const struct plan *plan, struct str emr_id, struct str crm_id, const char *why,
                  struct err *err)
{
	struct never job = { engine, plan, emr_id, crm_id, why };

	return store_write(engine->store, DURABLE, never, &job, err);
}

int suggest_was_dismissed(struct db *db, int64_t sync_id, struct str emr_id, struct str crm_id, bool *ret,
                          struct err *err)
{
	int64_t count;

	if (db_number(db, &WAS_DISMISSED, BIND(bind_int(sync_id), bind_text(emr_id), bind_text(crm_id)), 0, &count,
	              err) < 0)
		return err_pass(err);
	*ret = count > 0;
	return 0;
}

int suggest_was_dismissed_ahead(struct db *db, int64_t sync_id, const struct suggest_pair *pairs, size_t count,
                                struct err *err)
{
	enum { KEYS = 3 };
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct binds *rows = arena_new_array(&arena, struct binds, count);

	for (size_t i = 0; i < count; i++) {
		struct bind *row = arena_new_array(&arena, struct bind, KEYS);

		row[0] = bind_int(sync_id);
		row[1] = bind_text(pairs[i].id[SIDE_EMR]);
		row[2] = bind_text(pairs[i].id[SIDE_CRM]);
		rows[i] = (struct binds) { row, KEYS };
	}
	return db_ahead(db, &WAS_DISMISSED, rows, count, err);
}
