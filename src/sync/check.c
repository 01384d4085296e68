/*
 * check: `suture check`. Both systems are reached, then every row of the mapping is held against what they say of themselves: missing and read-only
 * fields, types, lengths, picklists, required fields that nothing fills, an external id that is not unique.
 */
#include "sync/catalog.h"
#include "sync/trigger.h"

struct checker {
	struct engine *engine;
	struct plan *plan;
	struct arena *arena;
	struct findings found;
	struct str field; /* the CRM field that is looked at */
	struct object_info crm, emr;
	bool emr_known;
};

void finding_add(struct findings *list, struct arena *arena, const struct finding *finding)
{
	struct finding *f = arena_new(arena, struct finding);

	*f = *finding;
	f->next = NULL;
	if (list->last)
		list->last->next = f;
	else
		list->first = f;
	list->last = f;
}

static void find(struct checker *c, enum finding_level level, struct str subject, struct str text)
{
	finding_add(&c->found, c->arena,
	            &(struct finding) { level, subject, text, arena_str(c->arena, c->field), NULL });
}

static bool check_connection(struct checker *c, struct connection *conn, struct str name)
{
	struct err err = ERR_INIT;
	struct str subject = arena_printf(c->arena, "connection %.*s", STR_ARG(name)), who;

	if (conn->kind->check(conn, c->arena, &who, &err) < 0) {
		find(c, FINDING_ERROR, subject, arena_str(c->arena, str_of(err.text)));
		return false;
	}
	find(c, FINDING_OK, subject, arena_printf(c->arena, "connected to %.*s", STR_ARG(who)));
	return true;
}

static const struct field_info *field_of(const struct object_info *object, struct str name)
{
	for (size_t i = 0; i < object->field_count; i++) {
		if (str_eq_nocase(object->fields[i].name, name))
			return &object->fields[i];
	}
	return NULL;
}

/* Which types of the mapping fit which type of field: a bit for each enum field_type. */
#define FITS(t) (1u << (t))
static const unsigned any_text = FITS(FIELD_TEXT) | FITS(FIELD_LONG_TEXT) | FITS(FIELD_PICKLIST) | FITS(FIELD_EMAIL) |
                                 FITS(FIELD_PHONE) | FITS(FIELD_OTHER);

static unsigned fitting(enum value_type type)
{
	switch (type) {
	case TYPE_DATE:
		return FITS(FIELD_DATE) | any_text;
	case TYPE_DATETIME:
		return FITS(FIELD_DATETIME) | any_text;
	case TYPE_BOOL:
		return FITS(FIELD_BOOL) | any_text;
	case TYPE_NUMBER:
		return FITS(FIELD_NUMBER) | any_text;
	case TYPE_ID:
		return FITS(FIELD_ID) | FITS(FIELD_REFERENCE) | any_text;
	case TYPE_TEXT:
	case TYPE_NAME:
	case TYPE_EMAIL:
	case TYPE_PHONE:
	case TYPE_STATE:
	case TYPE_COUNTRY:
	case TYPE_CHOICE:
		return any_text;
	}
	unreachable("every type is handled");
}

static void check_row(struct checker *c, const struct field_map *row)
{
	struct str name = path_top(row->crm);
	struct str subject = arena_printf(c->arena, "field %.*s", STR_ARG(row->name));
	const struct field_info *field = field_of(&c->crm, name);

	if (!field) {
		find(c, FINDING_ERROR, subject,
		     arena_printf(
		             c->arena,
		             "%.*s has no field %.*s that our user may see: create it, or give the user access to it",
		             STR_ARG(c->crm.name), STR_ARG(name)));
		return;
	}
	if (row->direction != DIRECTION_CRM_TO_EMR && !(field->createable && field->updateable))
		find(c, FINDING_ERROR, subject,
		     arena_printf(c->arena,
		                  "%.*s is read-only for our user: make it editable, or set direction: crm_to_emr",
		                  STR_ARG(name)));
	if (!(fitting(row->type) & FITS(field->type)))
		find(c, FINDING_ERROR, subject,
		     arena_printf(c->arena, "%.*s holds another kind of value than type: %s", STR_ARG(name),
		                  value_type_name(row->type)));
	if (field->restricted && row->type != TYPE_CHOICE && row->type != TYPE_STATE && row->type != TYPE_COUNTRY)
		find(c, FINDING_WARNING, subject,
		     arena_printf(c->arena,
		                  "%.*s takes only %zu listed values: others will be refused; add a `map` transform",
		                  STR_ARG(name), field->picklist_count));
	if (field->length && field->length < 40 && row->type == TYPE_NAME)
		find(c, FINDING_WARNING, subject,
		     arena_printf(c->arena, "%.*s takes only %zu characters: longer names will be refused",
		                  STR_ARG(name), field->length));
}

/* The name that a system describes a path by: phones.number of phones[type=mobile].number. */
static struct str described_name(struct arena *arena, struct str path)
{
	char *name = arena_alloc_bytes(arena, path.len + 1);
	size_t n = 0, depth = 0;

	for (size_t i = 0; i < path.len; i++) {
		depth += path.at[i] == '[';
		if (depth == 0 && path.at[i] != '"')
			name[n++] = path.at[i];
		depth -= path.at[i] == ']' && depth > 0;
	}
	return str_range(name, n);
}

/* The field itself, or the nearest that it is a part of (an object that is described as a whole). */
static const struct field_info *emr_field_of(struct checker *c, struct str path)
{
	struct str name = described_name(c->arena, path);
	const struct field_info *field = field_of(&c->emr, name);

	while (!field && name.len) {
		name.len--;
		if (name.at[name.len] == '.')
			field = field_of(&c->emr, name);
	}
	return field;
}

static void check_emr_path(struct checker *c, const struct field_map *row, struct str path)
{
	struct str subject = arena_printf(c->arena, "field %.*s", STR_ARG(row->name));
	const struct field_info *field = emr_field_of(c, path);

	if (!field)
		find(c, FINDING_WARNING, subject,
		     arena_printf(c->arena, "%s describes no field %.*s: check the path, or it reads as blank",
		                  c->plan->conn[SIDE_EMR]->kind->title, STR_ARG(path)));
	else if (row->direction != DIRECTION_EMR_TO_CRM && !field->createable && !field->updateable)
		find(c, FINDING_ERROR, subject,
		     arena_printf(c->arena, "%.*s is read-only in %s: set direction: emr_to_crm", STR_ARG(path),
		                  c->plan->conn[SIDE_EMR]->kind->title));
}

static bool has_value(const struct field_info *field, struct str value)
{
	for (size_t i = 0; i < field->picklist_count; i++) {
		if (str_eq_nocase(field->picklist[i], value))
			return true;
	}
	return false;
}

/* What the EMR may say and the CRM does not take, where both have told; a transform may see to it. */
static void check_room(struct checker *c, const struct field_map *row, const struct field_info *crm)
{
	struct str subject = arena_printf(c->arena, "field %.*s", STR_ARG(row->name)), missing = STR_EMPTY;
	const struct field_info *emr = row->emr_count == 1 ? emr_field_of(c, path_text(row->emr[0])) : NULL;

	if (!emr || row->transform.kind || row->direction == DIRECTION_CRM_TO_EMR)
		return;
	if (crm->length && emr->length > crm->length)
		find(c, FINDING_WARNING, subject,
		     arena_printf(
		             c->arena,
		             "%.*s takes %zu characters, the EMR's field %zu: longer values will be refused; add a "
		             "`truncate` transform",
		             STR_ARG(crm->name), crm->length, emr->length));
	for (size_t i = 0; crm->restricted && i < emr->picklist_count; i++) {
		if (!has_value(crm, emr->picklist[i]))
			missing = arena_printf(c->arena, "%.*s%s%.*s", STR_ARG(missing), missing.len ? ", " : "",
			                       STR_ARG(emr->picklist[i]));
	}
	if (missing.len)
		find(c, FINDING_WARNING, subject,
		     arena_printf(c->arena, "%.*s does not take what the EMR may say (%.*s): add a `map` transform",
		                  STR_ARG(crm->name), STR_ARG(missing)));
}

static void check_emr(struct checker *c, const struct field_map *row)
{
	const struct field_info *crm = field_of(&c->crm, path_top(row->crm));

	for (size_t i = 0; i < row->emr_count; i++)
		check_emr_path(c, row, path_text(row->emr[i]));
	if (crm)
		check_room(c, row, crm);
}

static bool is_mapped(const struct mapping *m, struct str field)
{
	for (size_t i = 0; i < m->count; i++) {
		if (!m->fields[i].off && str_eq_nocase(path_top(m->fields[i].crm), field))
			return true;
	}
	return false;
}

/* A person's Name is made of the last name. */
static bool is_filled(const struct plan *plan, const struct mapping *m, struct str field)
{
	const struct str ours[] = { plan->crm_id_field, plan->crm_synced_field, plan->crm_parent_field };

	JSON_EACH (plan->crm_create, member) {
		if (str_eq_nocase(member->key, field))
			return true;
	}

	if (is_mapped(m, field) || (str_eq_c(field, "Name") && is_mapped(m, STR("LastName"))))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		if (str_eq_nocase(ours[i], field))
			return true;
	}
	return false;
}

static void check_required(struct checker *c, const struct mapping *m, const char *which)
{
	for (size_t i = 0; i < c->crm.field_count && c->plan->create_in_crm; i++) {
		const struct field_info *f = &c->crm.fields[i];

		c->field = f->name;
		if (f->required && f->createable && !is_filled(c->plan, m, f->name))
			find(c, FINDING_ERROR, arena_printf(c->arena, "field %.*s", STR_ARG(f->name)),
			     arena_printf(c->arena, "is required for new records, and no row of %s fills it", which));
	}
	c->field = STR_EMPTY;
}

static void check_link_field(struct checker *c, struct str name, bool is_id)
{
	struct str subject = arena_printf(c->arena, "field %.*s", STR_ARG(name));
	const struct field_info *field = name.len ? field_of(&c->crm, name) : NULL;

	if (name.len == 0)
		return;
	c->field = name;
	if (!field || !field->updateable) {
		find(c, FINDING_ERROR, subject,
		     arena_printf(c->arena,
		                  "%s on %.*s: it shows the link (R18); install the package, or give our user access",
		                  field ? "is read-only" : "does not exist", STR_ARG(c->crm.name)));
		return;
	}
	if (is_id && !field->external_id)
		find(c, FINDING_ERROR, subject,
		     STR("is no external id: tick External ID in its settings, or new records cannot be made safely"));
	if (is_id && !field->unique)
		find(c, FINDING_ERROR, subject,
		     STR("is not unique: tick Unique in its settings, or one patient can become two records"));
}

static void check_rows(struct checker *c, const struct mapping *m)
{
	for (size_t i = 0; i < m->count; i++) {
		c->field = path_text(m->fields[i].crm);
		if (m->fields[i].off)
			continue;
		check_row(c, &m->fields[i]);
		if (c->emr_known)
			check_emr(c, &m->fields[i]);
	}
	c->field = STR_EMPTY;
}

/* R15, R40: a condition on a field that our user cannot see is never met. */
static void check_trigger(struct checker *c)
{
	const struct trigger *t = c->plan->trigger;

	for (size_t i = 0; t && i < t->count; i++) {
		if (!field_of(&c->crm, t->terms[i].field))
			find(c, FINDING_ERROR, STR("trigger"),
			     arena_printf(c->arena, "%.*s has no field %.*s that our user may see",
			                  STR_ARG(c->crm.name), STR_ARG(t->terms[i].field)));
	}
}

static void check_constants(struct checker *c)
{
	JSON_EACH (c->plan->crm_create, member) {
		const struct field_info *field = field_of(&c->crm, member->key);

		if (!field || !field->createable)
			find(c, FINDING_ERROR, STR("crm_create"),
			     arena_printf(c->arena, "%.*s has no field %.*s that our user may fill",
			                  STR_ARG(c->crm.name), STR_ARG(member->key)));
	}
}

static void check_crm(struct checker *c)
{
	const struct plan *p = c->plan;
	const struct str shown[] = { p->crm_synced_field, p->crm_last_sync_field, p->crm_run_field, p->crm_parent_field,
		                     p->crm_status_field, p->crm_reason_field,    p->crm_link_field };
	struct err err = ERR_INIT, ignored = ERR_INIT;

	c->emr_known = p->conn[SIDE_EMR]->kind->describe(p->conn[SIDE_EMR], c->arena, p->object[SIDE_EMR], &c->emr,
	                                                 &ignored) == 0 &&
	               c->emr.field_count > 0;
	if (p->conn[SIDE_CRM]->kind->describe(p->conn[SIDE_CRM], c->arena, p->object[SIDE_CRM], &c->crm, &err) < 0) {
		find(c, FINDING_ERROR, arena_printf(c->arena, "object %.*s", STR_ARG(p->object[SIDE_CRM])),
		     arena_str(c->arena, str_of(err.text)));
		return;
	}
	check_rows(c, &p->mapping);
	check_required(c, &p->mapping, "the mapping");
	if (p->live_differs) {
		check_rows(c, &p->live_mapping);
		check_required(c, &p->live_mapping, "live_mapping");
	}
	check_trigger(c);
	check_constants(c);
	check_link_field(c, p->crm_id_field, true);
	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		check_link_field(c, shown[i], false);
	c->field = STR_EMPTY;
}

static void check_roles(struct checker *c)
{
	const struct mapping *m = &c->plan->mapping;

	if (c->plan->parent.sync_id == 0 && (!m->first_name || !m->last_name || !m->birth_date))
		find(c, FINDING_WARNING, STR("mapping"),
		     STR("no fields have the roles first_name, last_name and birth_date: records are joined by stored "
		         "ids only (R7)"));
}

static void check_account(struct checker *c)
{
	struct err err = ERR_INIT;
	bool was_dry = c->engine->dry;
	int code;

	if (plan_open_record_type(c->plan, &err) < 0) {
		find(c, FINDING_ERROR, STR("crm_create"), arena_str(c->arena, str_of(err.text)));
		return;
	}
	c->engine->dry = true; /* a check changes nothing */
	code = plan_open_account(c->engine, c->plan, &err);
	c->engine->dry = was_dry;
	if (code < 0)
		find(c, FINDING_ERROR, STR("default account"), arena_str(c->arena, str_of(err.text)));
	else if (c->plan->default_account.len && c->plan->default_account_id.len == 0)
		find(c, FINDING_OK, STR("default account"), STR("does not exist yet; the first import creates it"));
}

static struct finding *worst_first(struct finding *list)
{
	struct finding *sorted = NULL, **tail = &sorted;

	for (int level = FINDING_ERROR; level >= FINDING_OK; level--) {
		for (struct finding **at = &list; *at;) {
			struct finding *f = *at;

			if ((int)f->level != level) {
				at = &f->next;
				continue;
			}
			*at = f->next;
			f->next = NULL;
			*tail = f;
			tail = &f->next;
		}
	}
	return sorted;
}

int plan_check(struct engine *engine, struct plan *plan, struct arena *arena, struct finding **ret, struct err *err)
{
	struct checker c = { .engine = engine, .plan = plan, .arena = arena };
	bool crm;

	(void)err;
	check_connection(&c, plan->conn[SIDE_EMR], plan->emr_name);
	crm = check_connection(&c, plan->conn[SIDE_CRM], plan->crm_name);
	check_roles(&c);
	if (crm) {
		check_crm(&c);
		check_account(&c);
	}
	*ret = worst_first(c.found.first);
	return 0;
}
