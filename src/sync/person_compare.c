/* person_compare: several records, of both sides, each read at its system and laid out by the mapping, so that a person can tell who is who. */
#include "sync/audit.h"
#include "sync/person_parts.h"
#include "sync/single.h"

static int note_look(struct engine *engine, const struct plan *plan, struct arena *arena, const struct compared *c,
                     struct err *err)
{
	return audit_note(engine, "look", audit_record(arena, c->side, c->id, plan->name), STR_EMPTY,
	                  STR("compared with others"), NULL, err);
}

/* What cannot be read says why, and the others are shown all the same. */
static int read_one(struct plan *plan, struct arena *arena, struct compared *c, struct err *err)
{
	const struct mapping *m = &plan->mapping;
	struct value *values = arena_new_array(arena, struct value, m->count);
	const struct field_map *field = NULL;
	struct err unreadable = ERR_INIT;
	struct page page;
	int code = single_fetch(plan, arena, c->side, c->id, &page, err);

	if (code == ERR_NOT_FOUND) {
		*err = (struct err)ERR_INIT;
		return 0;
	}
	if (code < 0)
		return code;
	c->there = !page.records[0].deleted;
	if (!c->there)
		return 0;
	if ((c->side == SIDE_EMR ? mapping_read_emr : mapping_read_crm)(m, arena, page.records[0].json, values, &field,
	                                                                &unreadable) == 0)
		c->values = values;
	else
		c->trouble = arena_str(arena, str_of(unreadable.text));
	return 0;
}

struct bonds {
	const struct plan *plan;
	struct arena *arena;
	struct compared *all;
	size_t count;
};

static int find_bonds(struct db *db, void *context, struct err *err)
{
	const struct bonds *b = context;

	for (size_t i = 0; i < b->count; i++) {
		struct compared *c = &b->all[i];
		struct link link;
		bool found;

		if (link_by(db, b->arena, b->plan->sync_id, c->side, c->id, &link, &found, err) < 0)
			return err_pass(err);
		c->linked_to = found ? link_id_of(&link, side_other(c->side)) : STR_EMPTY;
	}
	return 0;
}

int person_compare(struct engine *engine, struct plan *plan, struct arena *arena, struct compared *all, size_t count,
                   struct err *err)
{
	struct bonds bonds = { plan, arena, all, count };

	if (count > COMPARE_MOST)
		return err_set(err, ERR_USAGE, "at most %d records are compared at once", COMPARE_MOST);
	for (size_t i = 0; i < count; i++) {
		if (person_id(plan, arena, all[i].side, all[i].id, &all[i].id, err) < 0 ||
		    note_look(engine, plan, arena, &all[i], err) < 0 || read_one(plan, arena, &all[i], err) < 0)
			return err_pass(err);
	}
	return store_read(engine->store, find_bonds, &bonds, err);
}
