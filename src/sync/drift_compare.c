/* drift_compare: what a fresh describe says against what each field was like. Pure. Worst first, one drift a field. */
#include "sync/drift.h"

#include <string.h>

#define NAME_ROW(id, number, name, text) [number] = name,
#define TEXT_ROW(id, number, name, text) [number] = text,
static const char *const what_names[] = { DRIFT_WHAT_LIST(NAME_ROW) };
static const char *const what_meanings[] = { DRIFT_WHAT_LIST(TEXT_ROW) };

const char *drift_what_name(enum drift_what what)
{
	return what_names[what];
}

const char *drift_what_meaning(enum drift_what what)
{
	return what_meanings[what];
}

struct compare {
	const struct drift_subject *subject;
	const struct object_info *now;
	const struct drift_shape *shapes;
	size_t shape_count;
	struct arena *arena;
	struct drift *found;
	size_t count;
};

static const struct field_info *info_of(const struct compare *c, struct str name)
{
	for (size_t i = 0; i < c->now->field_count; i++) {
		if (str_eq_nocase(c->now->fields[i].name, name))
			return &c->now->fields[i];
	}
	return NULL;
}

static const struct drift_shape *shape_of(const struct compare *c, struct str name)
{
	for (size_t i = 0; i < c->shape_count; i++) {
		if (str_eq_nocase(c->shapes[i].field, name))
			return &c->shapes[i];
	}
	return NULL;
}

static bool is_among(const struct str *list, size_t count, struct str text)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(list[i], text))
			return true;
	}
	return false;
}

/* ---- one comparison each; `was` is NULL at the first look, `is` only where the field is not there ---- */

struct pair {
	enum side side;
	bool written; /* the mapping writes to this field */
	const struct drift_shape *was;
	const struct field_info *is;
};

/* At the EMR many descriptors name only part of the fields: what was never seen there cannot be missed. */
static bool is_removed(const struct pair *p)
{
	return !p->is && (p->was || p->side == SIDE_CRM);
}

static bool is_plain_text(enum field_type type)
{
	return type == FIELD_TEXT || type == FIELD_LONG_TEXT;
}

static bool is_retyped(const struct pair *p)
{
	return p->was && p->was->type != p->is->type && !(is_plain_text(p->was->type) && is_plain_text(p->is->type));
}

static bool is_read_only(const struct pair *p)
{
	bool could = p->was ? p->was->writable : p->side == SIDE_CRM;

	return p->written && could && !(p->is->createable && p->is->updateable);
}

static bool is_shortened(const struct pair *p)
{
	return p->written && p->was && p->was->length && p->is->length && p->is->length < p->was->length;
}

static bool is_narrowed(const struct pair *p)
{
	if (!p->written || !p->was || !p->is->restricted)
		return false;
	if (!p->was->restricted)
		return true;
	for (size_t i = 0; i < p->was->value_count; i++) {
		if (!is_among(p->is->picklist, p->is->picklist_count, p->was->values[i]))
			return true;
	}
	return false;
}

/* Worst first. The request to the administrator goes between "ask your X administrator to" and "; until then". */
static const struct {
	enum drift_what what;
	bool (*is)(const struct pair *pair);
	const char *ask;
} checks[] = {
	{ DRIFT_REMOVED, is_removed, "restore it, or to let our user see it" },
	{ DRIFT_RETYPED, is_retyped, "give it back its old type, or accept the new one here" },
	{ DRIFT_READ_ONLY, is_read_only, "let our user edit it" },
	{ DRIFT_SHORTENED, is_shortened, "give it back its old length, or accept the new one here" },
	{ DRIFT_NARROWED, is_narrowed, "give back the values that were taken off its list, or accept the list here" },
};

static void add(struct compare *c, struct str field, enum drift_what what, const char *ask)
{
	const struct drift_subject *s = c->subject;

	c->found[c->count++] = (struct drift) {
		.sync_id = s->sync_id,
		.side = s->side,
		.field = arena_str(c->arena, field),
		.what = what,
		.message = arena_printf(c->arena, "%.*s.%.*s: %s. Ask your %.*s administrator to %s; until then %s",
		                        STR_ARG(c->now->name), STR_ARG(field), drift_what_meaning(what),
		                        STR_ARG(s->system), ask,
		                        what == DRIFT_REQUIRED ? "new records are refused there"
		                                               : "the field is left out, and all others flow"),
	};
}

static bool is_found(const struct compare *c, struct str field)
{
	for (size_t i = 0; i < c->count; i++) {
		if (str_eq_nocase(c->found[i].field, field))
			return true;
	}
	return false;
}

static void compare_field(struct compare *c, struct str field, bool written)
{
	const struct pair pair = { c->subject->side, written, shape_of(c, field), info_of(c, field) };

	if (is_found(c, field) || (!pair.is && !is_removed(&pair)))
		return;
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		if (checks[i].is(&pair)) {
			add(c, field, checks[i].what, checks[i].ask);
			return;
		}
	}
}

static void compare_row(struct compare *c, const struct field_map *row)
{
	if (c->subject->side == SIDE_CRM) {
		compare_field(c, path_top(row->crm), row->direction != DIRECTION_CRM_TO_EMR);
		return;
	}
	for (size_t i = 0; i < row->emr_count; i++)
		compare_field(c, path_top(row->emr[i]), row->direction != DIRECTION_EMR_TO_CRM);
}

static bool is_filled(const struct compare *c, struct str field)
{
	const struct drift_subject *s = c->subject;

	for (size_t i = 0; i < s->filled_count; i++) {
		if (str_eq_nocase(s->filled[i], field))
			return true;
	}
	for (size_t i = 0; i < s->mapping->count; i++) {
		const struct field_map *row = &s->mapping->fields[i];

		if (s->side == SIDE_CRM && str_eq_nocase(path_top(row->crm), field))
			return true;
		for (size_t k = 0; k < row->emr_count && s->side == SIDE_EMR; k++) {
			if (str_eq_nocase(path_top(row->emr[k]), field))
				return true;
		}
	}
	return false;
}

static void compare_required(struct compare *c)
{
	for (size_t i = 0; i < c->now->field_count && c->subject->creates; i++) {
		const struct field_info *f = &c->now->fields[i];
		const struct drift_shape *was = shape_of(c, f->name);

		if (f->required && f->createable && !is_filled(c, f->name) && !(was && was->accepted))
			add(c, f->name, DRIFT_REQUIRED, "give it a default value, or map a field to it here");
	}
}

void drift_compare(const struct drift_subject *subject, const struct object_info *now, const struct drift_shape *shapes,
                   size_t shape_count, struct arena *arena, struct drift **ret, size_t *ret_count)
{
	struct compare c = {
		.subject = subject, .now = now, .shapes = shapes, .shape_count = shape_count, .arena = arena
	};
	size_t most = subject->mapping->count * MAPPING_PATHS_MAX + subject->read_count + now->field_count + 1;

	c.found = arena_new_array(arena, struct drift, most);
	/* A system that says nothing of its fields has not lost them all. */
	if (now->field_count > 0) {
		for (size_t i = 0; i < subject->mapping->count; i++)
			compare_row(&c, &subject->mapping->fields[i]);
		for (size_t i = 0; i < subject->read_count; i++)
			compare_field(&c, subject->read[i], false);
		compare_required(&c);
	}
	*ret = c.found;
	*ret_count = c.count;
}
