/*
 * resolve_look: what is known of the records of many payloads, each thing asked for all of them before the next:
 *
 *	link    is it linked? Then that is all
 *	self    how capture noted it; was it linked once? What else does its own id lead to?
 *	fits    who has its name and birth date
 *	bonds   whether those are somebody's already
 */
#include "sync/resolve.h"

#include "sync/suggest.h"

struct looking {
	struct db *db;
	struct arena *arena;
	int64_t sync_id;
	struct resolving *const *all;
	size_t count;
};

/* Keys of one kind, by the side that they are looked for on. */
struct keys {
	struct bind *at[2];
	size_t count[2];
};

static struct keys keys_for(const struct looking *l, size_t most)
{
	return (struct keys) { .at = { arena_new_array(l->arena, struct bind, most),
		                       arena_new_array(l->arena, struct bind, most) } };
}

static void add_key(struct keys *keys, enum side side, struct bind key)
{
	keys->at[side][keys->count[side]++] = key;
}

static int look_at_links(const struct looking *l, struct err *err)
{
	struct keys ids = keys_for(l, l->count);

	for (size_t i = 0; i < l->count; i++)
		add_key(&ids, l->all[i]->staged->side, bind_text(l->all[i]->staged->record_id));
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (link_by_ahead(l->db, l->sync_id, side, ids.at[side], ids.count[side], err) < 0)
			return err_pass(err);
	}
	for (size_t i = 0; i < l->count; i++) {
		const struct staged *s = l->all[i]->staged;
		struct own *own = &l->all[i]->own;

		if (link_by(l->db, l->arena, l->sync_id, s->side, s->record_id, &own->link, &own->linked, err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int look_at_selves(const struct looking *l, struct err *err)
{
	struct keys ids = keys_for(l, l->count);
	int64_t complete_ms[2];
	bool found;

	for (size_t i = 0; i < l->count; i++)
		if (!l->all[i]->own.linked)
			add_key(&ids, l->all[i]->staged->side, bind_text(l->all[i]->staged->record_id));
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		const struct bind *at = ids.at[side];
		size_t count = ids.count[side];

		if (identity_completed(l->db, l->sync_id, side, &complete_ms[side], err) < 0 ||
		    identity_get_ahead(l->db, l->sync_id, side, at, count, err) < 0 ||
		    link_had_another_ahead(l->db, l->sync_id, side, at, count, err) < 0 ||
		    identity_with_external_ahead(l->db, l->sync_id, side_other(side), at, count, err) < 0)
			return err_pass(err);
	}
	for (size_t i = 0; i < l->count; i++) {
		const struct staged *s = l->all[i]->staged;
		struct own *own = &l->all[i]->own;

		own->self = (struct known) { .side = s->side };
		own->complete_ms = complete_ms[side_other(s->side)];
		if (own->linked)
			continue;
		if (identity_get(l->db, l->arena, l->sync_id, s->side, s->record_id, &own->self, &found, err) < 0 ||
		    link_had_another(l->db, l->sync_id, s->side, s->record_id, &own->had_another, err) < 0)
			return err_pass(err);
	}
	return 0;
}

static bool has_key(const struct own *own)
{
	return !own->linked && own->self.has_key;
}

static int look_at_fits(const struct looking *l, struct err *err)
{
	struct keys keys = keys_for(l, l->count);

	for (size_t i = 0; i < l->count; i++)
		if (has_key(&l->all[i]->own))
			add_key(&keys, SIDE_EMR, identity_bind_key(&l->all[i]->own.self.key));
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (identity_with_key_ahead(l->db, l->sync_id, side, keys.at[SIDE_EMR], keys.count[SIDE_EMR], err) < 0)
			return err_pass(err);
	}
	for (size_t i = 0; i < l->count; i++) {
		enum side other = side_other(l->all[i]->staged->side);
		struct own *own = &l->all[i]->own;

		if (has_key(own) && identity_with_key(l->db, l->arena, l->sync_id, other, own->self.key, &own->fits,
		                                      &own->fit_count, err) < 0)
			return err_pass(err);
	}
	return 0;
}

/* A candidate's own link, and that of the record whose id it stores; whether a person said that the two are not the same. */
static void add_bonds(const struct resolving *of, struct keys *records, struct keys *links, struct suggest_pair *pairs,
                      size_t *pair_count)
{
	enum side own = of->staged->side, other = side_other(own);

	for (size_t i = 0; i < of->own.fit_count; i++) {
		const struct known *c = &of->own.fits[i];
		struct suggest_pair *pair = &pairs[(*pair_count)++];

		pair->id[own] = of->staged->record_id;
		pair->id[other] = c->record_id;
		add_key(records, other, bind_text(c->record_id));
		add_key(links, other, bind_text(c->record_id));
		if (c->external_id.len)
			add_key(links, side_other(other), bind_text(c->external_id));
	}
}

static int ask_for_bonds(const struct looking *l, struct err *err)
{
	struct keys records, links;
	struct suggest_pair *pairs;
	size_t most = 0, pair_count = 0;

	for (size_t i = 0; i < l->count; i++)
		most += l->all[i]->own.fit_count;
	records = keys_for(l, most);
	links = keys_for(l, most);
	pairs = arena_new_array(l->arena, struct suggest_pair, most);
	for (size_t i = 0; i < l->count; i++)
		add_bonds(l->all[i], &records, &links, pairs, &pair_count);
	if (suggest_was_dismissed_ahead(l->db, l->sync_id, pairs, pair_count, err) < 0)
		return err_pass(err);
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		const struct bind *at = records.at[side];
		size_t count = records.count[side];

		if (link_by_ahead(l->db, l->sync_id, side, links.at[side], links.count[side], err) < 0 ||
		    link_had_another_ahead(l->db, l->sync_id, side, at, count, err) < 0 ||
		    identity_with_external_ahead(l->db, l->sync_id, side_other(side), at, count, err) < 0)
			return err_pass(err);
	}
	return 0;
}

int resolve_look(struct db *db, const struct plan *plan, struct arena *arena, struct resolving *const *all,
                 size_t count, struct err *err)
{
	const struct looking l = { db, arena, plan->sync_id, all, count };

	if (look_at_links(&l, err) < 0 || look_at_selves(&l, err) < 0 || look_at_fits(&l, err) < 0 ||
	    ask_for_bonds(&l, err) < 0)
		return err_wrap(err, "look up whose payloads these are");
	return 0;
}
