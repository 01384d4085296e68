/*
 * world: what both systems hold at the start.
 *
 *	world_build -> count_keys (pass 1: how many patients share each name and birth date)
 *	            -> for each patient (pass 2): relation_of -> add_patient, and the contacts of that relation
 *	            -> add_others (people who are no patients) -> world_file_load (explicit records)
 *
 * Keys are 64-bit hashes of (first, last, birth date) as generated, before any variation of spelling: two keys are
 * equal exactly when a correct demographic match says so. Every contact's key is put into the same table, so a new one
 * that would fit somebody by accident is seen and drawn again.
 */
#include "sandbox/world.h"

#include "lib/file.h"
#include "sandbox/people/rows.h"
#include "sandbox/people/source.h"

struct key_slot {
	uint64_t key; /* 0: free */
	uint32_t patients;
	uint32_t contact; /* TWO_PATIENTS: number of their contact; 0: not decided, or none */
	bool decided;
};

/* Open addressing, never more than half full. */
struct keys {
	struct key_slot *slots;
	size_t mask;
	size_t used, room;
};

struct known {
	uint8_t relation;
	uint8_t contact_count;
	uint32_t contact; /* number of the first; the others follow */
};

struct world {
	struct arena self;  /* holds the world itself */
	struct arena arena; /* holds what it knows */
	struct source source;
	struct keys keys;
	struct known *patients;
	uint32_t contacts; /* numbers 1 to this are in use */
	size_t eligible;   /* patients so far that can have a relation of any kind */
	size_t groups, stored, two_contacts;
	size_t counts[RELATION_COUNT];
	const struct world_plan *plan;
	const struct world_sinks *sinks;
	struct str account;
};

static const struct {
	const char *name, *treatment;
} relations[] = {
#define RELATION_ROW(relation, name, treatment, meaning) [relation] = { name, treatment },
	RELATION_LIST(RELATION_ROW)
#undef RELATION_ROW
};

const char *relation_name(enum relation relation)
{
	return relations[relation].name;
}

const char *relation_treatment(enum relation relation)
{
	return relations[relation].treatment;
}

/* ---- keys ---- */

static uint64_t key_of(const struct person *p)
{
	uint64_t key = people_draw(str_hash(p->first), str_hash(p->last), str_hash(p->dob));

	return key ? key : 1;
}

/* First days of calendars and clocks: what a form holds when nobody asked. Nobody's birth date. */
static bool is_filler(struct str date)
{
	static const char *const dates[] = { "1800-01-01", "1899-12-30", "1899-12-31", "1900-01-01",
		                             "1901-01-01", "1970-01-01", "9999-12-31" };

	for (size_t i = 0; i < ARRAY_LEN(dates); i++)
		if (str_eq_c(date, dates[i]))
			return true;
	return false;
}

static bool is_complete(const struct person *p)
{
	return p->first.len && p->last.len && p->dob.len && !p->placeholder && !is_filler(p->dob);
}

static void keys_init(struct keys *keys, struct arena *arena, size_t room)
{
	size_t size = 64;

	while (size < room * 2)
		size *= 2;
	*keys = (struct keys) { .slots = arena_new_array(arena, struct key_slot, size),
		                .mask = size - 1,
		                .room = room };
}

static struct key_slot *keys_find(const struct keys *keys, uint64_t key)
{
	size_t at = key & keys->mask;

	while (keys->slots[at].key && keys->slots[at].key != key)
		at = (at + 1) & keys->mask;
	return &keys->slots[at];
}

static struct key_slot *keys_add(struct keys *keys, uint64_t key)
{
	struct key_slot *slot = keys_find(keys, key);

	if (!slot->key) {
		ensure(keys->used < keys->room);
		keys->used++;
		slot->key = key;
	}
	return slot;
}

static bool is_taken(const struct world *w, const struct person *p)
{
	return is_complete(p) && keys_find(&w->keys, key_of(p))->key != 0;
}

static void count_keys(struct world *w)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct person p;

	for (size_t n = 0; n < w->source.count; n++) {
		arena_reset(&arena);
		source_person(&w->source, &arena, n, &p);
		if (is_complete(&p))
			keys_add(&w->keys, key_of(&p))->patients++;
	}
}

/* ---- who gets which relation ---- */

/* Of 200 patients these get a rare relation; the first ten hold one of each, so that a small world shows them all. */
static const struct {
	uint8_t slot;
	uint8_t relation;
} rare[] = {
	{ 2, RELATION_OTHER_DATE },     { 4, RELATION_TWO_CONTACTS }, { 5, RELATION_ELSEWHERE },
	{ 8, RELATION_STORED },         { 9, RELATION_NO_DATE },      { 61, RELATION_OTHER_DATE },
	{ 104, RELATION_TWO_CONTACTS }, { 108, RELATION_ELSEWHERE },  { 141, RELATION_NO_DATE },
};

static enum relation shared_relation(struct world *w, struct key_slot *slot)
{
	if (!slot->decided) {
		slot->decided = true;
		if (w->groups++ % 2 == 0) /* every second pair finds a contact, the first one too */
			slot->contact = ++w->contacts;
	}
	return slot->contact ? RELATION_TWO_PATIENTS : RELATION_NAMESAKE;
}

static enum relation relation_of(struct world *w, const struct person *p)
{
	struct key_slot *slot;
	size_t e, percent = w->plan->counterpart_percent;

	if (!is_complete(p))
		return RELATION_INCOMPLETE;
	slot = keys_find(&w->keys, key_of(p));
	if (slot->patients > 1)
		return shared_relation(w, slot);
	e = w->eligible++;
	for (size_t i = 0; percent && i < ARRAY_LEN(rare); i++)
		if (rare[i].slot == e % 200)
			return (enum relation)rare[i].relation;
	return (e + 1) * percent / 100 > e * percent / 100 ? RELATION_EXACT : RELATION_NONE;
}

/* ---- records ---- */

static int add_contact(struct world *w, struct arena *arena, uint32_t number, const struct person *p,
                       struct contact_row extra, struct err *err)
{
	extra.id = people_salesforce_id(arena, "003", number);
	extra.account = w->account;
	return w->sinks->salesforce(w->sinks->salesforce_context, row_contact(arena, p, &extra), err);
}

/* An id that this practice never gives out: from the stream of another seed. */
static struct str foreign_patient_id(struct arena *arena, const struct world *w, size_t n)
{
	return people_id(arena, "pat-x", w->source.seed + 1, n);
}

static void other_date(struct arena *arena, const struct world *w, struct person *p, uint64_t dice)
{
	for (int years = 1; is_taken(w, p); years++) /* a year off, two years off, ... */
		p->dob = arena_printf(arena, "%04d-%.2s-%02u", 1930 + (int)(dice % 60) + years, p->dob.at + 5,
		                      (unsigned)(dice >> 8) % 28 + 1);
}

/* The contact a relation asks for: who it is and whether it is linked. `second`: the second of TWO_CONTACTS. */
static struct contact_row shape_contact(struct world *w, struct arena *arena, enum relation relation, size_t n,
                                        bool second, struct person *p)
{
	struct contact_row row = { 0 };
	uint64_t dice = people_draw(w->source.seed, n * 2 + second, 77);

	row_vary(arena, p, dice);
	if (relation == RELATION_OTHER_DATE)
		other_date(arena, w, p, dice >> 3);
	if (relation == RELATION_NO_DATE || relation == RELATION_INCOMPLETE || relation == RELATION_STORED)
		p->dob = STR_EMPTY;
	/* Of the two that fit, every second time one is linked elsewhere: ambiguous all the same (R8). */
	if (relation == RELATION_ELSEWHERE || (second && w->two_contacts++ % 2)) {
		row.hint_patient_id = foreign_patient_id(arena, w, n);
		row.synced = true;
	}
	return row;
}

static int add_related(struct world *w, struct arena *arena, size_t n, struct person p, struct err *err)
{
	struct known *known = &w->patients[n];
	struct person original = p;

	for (uint8_t i = 0; i < known->contact_count; i++) {
		struct contact_row row;

		p = original;
		row = shape_contact(w, arena, (enum relation)known->relation, n, i > 0, &p);
		/* Every second stored id stands at the contact, the others at the patient (R6: on either side). */
		if (known->relation == RELATION_STORED && w->stored % 2) {
			row.hint_patient_id = people_id(arena, "pat-", w->source.seed, n);
			row.synced = true;
		}
		if (is_complete(&p))
			keys_add(&w->keys, key_of(&p));
		if (add_contact(w, arena, known->contact + i, &p, row, err) < 0)
			return err->code;
	}
	return 0;
}

static void choose_relation(struct world *w, const struct person *p, size_t n)
{
	struct known *known = &w->patients[n];
	enum relation relation = relation_of(w, p);

	known->relation = (uint8_t)relation;
	w->counts[relation]++;
	if (relation == RELATION_NONE || relation == RELATION_NAMESAKE || p->placeholder)
		return;
	/* Of the incomplete ones, one in two has a contact of the same name that lacks the date too. */
	if (relation == RELATION_INCOMPLETE && (w->counts[relation] % 2 == 0 || !p->first.len || !p->last.len))
		return;
	known->contact_count = relation == RELATION_TWO_CONTACTS ? 2 : 1;
	if (relation == RELATION_TWO_PATIENTS) {
		known->contact = keys_find(&w->keys, key_of(p))->contact;
		return;
	}
	known->contact = w->contacts + 1;
	w->contacts += known->contact_count;
}

static int add_patient(struct world *w, size_t n, struct arena *arena, struct err *err)
{
	struct person p;
	struct known *known = &w->patients[n];
	struct str record_id = STR_EMPTY;
	uint32_t before = w->contacts;

	source_person(&w->source, arena, n, &p);
	choose_relation(w, &p, n);
	if (known->relation == RELATION_STORED && ++w->stored % 2 == 0)
		record_id = people_salesforce_id(arena, "003", known->contact);
	if (w->sinks->hint(w->sinks->hint_context,
	                   row_patient(arena, &p, people_id(arena, "pat-", w->source.seed, n), record_id), err) < 0)
		return err->code;
	return w->contacts > before ? add_related(w, arena, n, p, err) : 0;
}

static int add_others(struct world *w, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	size_t wanted = w->source.count * w->plan->others_percent / 100;
	struct person p;

	for (size_t n = 0, made = 0; made < wanted; n++) {
		arena_reset(&arena);
		person_make_other(&arena, w->source.seed, n, &p);
		if (p.placeholder || is_taken(w, &p))
			continue;
		made++;
		if (is_complete(&p))
			keys_add(&w->keys, key_of(&p));
		if (add_contact(w, &arena, ++w->contacts, &p, (struct contact_row) { 0 }, err) < 0)
			return err->code;
	}
	return 0;
}

static int add_account(struct world *w, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	w->account = people_salesforce_id(&w->arena, "001", 1);
	return w->sinks->salesforce(w->sinks->salesforce_context, row_account(&arena, w->account, "Hint Patients"),
	                            err);
}

static int build(struct world *w, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	size_t count = w->source.count;

	w->patients = arena_new_array(&w->arena, struct known, count + 1);
	keys_init(&w->keys, &w->arena, count * 3 + count * w->plan->others_percent / 100 + 16);
	count_keys(w);
	if (add_account(w, err) < 0)
		return err->code;
	for (size_t n = 0; n < count; n++) {
		arena_reset(&arena);
		if (add_patient(w, n, &arena, err) < 0)
			return err->code;
	}
	return add_others(w, err);
}

/* ---- explicit records ---- */

/* `object` empty: the row is a body already. Else the row's members are fields, one of them the id. */
static int hand_over(world_create_fn *create, void *context, struct str object, const char *id_key,
                     const struct json *row, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct json *body, *fields;
	struct str id = json_get_text(row, id_key);

	if (!object.len)
		return create(context, row, err);
	body = json_new(&arena, JSON_OBJECT);
	fields = json_copy(&arena, row);
	json_remove(fields, str_of(id_key));
	json_set(body, STR("object"), json_new_text(&arena, object));
	if (id.len)
		json_set(body, STR("id"), json_new_text(&arena, id));
	json_set(body, STR("fields"), fields);
	return create(context, body, err);
}

static int hand_over_all(world_create_fn *create, void *context, struct str object, const char *id_key,
                         const struct json *rows, struct err *err)
{
	size_t number = 0;

	JSON_EACH (rows, row) {
		number++;
		if (hand_over(create, context, object, id_key, row, err) < 0)
			return err_wrap(err, "record %zu of %.*s", number, STR_ARG(object));
	}
	return 0;
}

/* Records of one system: an array of bodies, or arrays of rows by object, in the order in which the file names them. */
static int load_system(world_create_fn *create, void *context, const char *id_key, const struct json *part,
                       struct err *err)
{
	if (!part || !create)
		return 0;
	if (part->kind == JSON_ARRAY)
		return hand_over_all(create, context, STR_EMPTY, id_key, part, err);
	JSON_EACH (part, rows) {
		struct str object = str_eq_c(rows->key, "patients") ? STR("patient") : rows->key;

		if (hand_over_all(create, context, object, id_key, rows, err) < 0)
			return err->code;
	}
	return 0;
}

int world_load(const struct json *world, const struct world_sinks *sinks, struct err *err)
{
	if (load_system(sinks->hint, sinks->hint_context, "id", json_get(world, "hint"), err) < 0)
		return err_wrap(err, "hint");
	if (load_system(sinks->salesforce, sinks->salesforce_context, "Id", json_get(world, "salesforce"), err) < 0)
		return err_wrap(err, "salesforce");
	return 0;
}

static int load_file(const char *path, const struct world_sinks *sinks, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str text;
	struct json *world;

	if (file_read(&arena, path, SOURCE_LIMIT, &text, err) < 0)
		return err->code;
	if (json_parse(&arena, text, &world, err) < 0 || world_load(world, sinks, err) < 0)
		return err_wrap(err, "%s", path);
	return 0;
}

/* ---- the whole ---- */

static int ignore_record(void *context, const struct json *body, struct err *err)
{
	(void)context, (void)body, (void)err;
	return 0;
}

int world_build(const struct world_plan *plan, const struct world_sinks *sinks, struct world **ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct world_sinks filled = *sinks;
	struct world *w = arena_new(&arena, struct world);
	int r = 0;

	filled.hint = filled.hint ? filled.hint : ignore_record;
	filled.salesforce = filled.salesforce ? filled.salesforce : ignore_record;
	w->plan = plan;
	w->sinks = &filled;
	source_generated(&w->source, plan->seed, plan->patients);
	if (plan->data_file)
		r = source_fhir(&w->source, plan->seed, plan->data_file, err);
	if (r == 0 && w->source.count)
		r = build(w, err);
	if (r == 0 && plan->world_file)
		r = load_file(plan->world_file, sinks, err);
	if (r < 0) {
		source_release(&w->source);
		arena_release(&w->arena);
		return r;
	}
	w->plan = NULL;
	w->sinks = NULL;
	w->self = arena;
	arena = (struct arena)ARENA_INIT;
	*ret = w;
	return 0;
}

void world_free(struct world **world)
{
	struct world *w = *world;
	struct arena self;

	*world = NULL;
	if (!w)
		return;
	source_release(&w->source);
	arena_release(&w->arena);
	self = w->self;
	arena_release(&self);
}

size_t world_patients(const struct world *world)
{
	return world->source.count;
}

size_t world_count(const struct world *world, enum relation relation)
{
	return world->counts[relation];
}

static void write_patient(const struct world *w, struct arena *arena, size_t n, struct buf *out)
{
	const struct known *known = &w->patients[n];
	enum relation relation = (enum relation)known->relation;
	struct str id = people_id(arena, "pat-", w->source.seed, n);

	buf_printf(out, "%s\n{\"id\":\"%.*s\",\"treatment\":\"%s\",\"relation\":\"%s\",\"contacts\":[", n ? "," : "",
	           STR_ARG(id), relation_treatment(relation), relation_name(relation));
	for (uint32_t i = 0; i < known->contact_count; i++) {
		struct str contact = people_salesforce_id(arena, "003", known->contact + i);

		buf_printf(out, "%s\"%.*s\"", i ? "," : "", STR_ARG(contact));
	}
	buf_add_c(out, "]}");
}

static void write_counts(const struct world *w, struct buf *out)
{
	static const char *const treatments[] = { "created", "linked", "skipped_ambiguous", "skipped_linked" };

	for (size_t t = 0; t < ARRAY_LEN(treatments); t++) {
		size_t count = 0;

		for (size_t i = 0; i < RELATION_COUNT; i++)
			if (str_eq_c(str_of(treatments[t]), relations[i].treatment))
				count += w->counts[i];
		buf_printf(out, "%s\"%s\":%zu", t ? "," : "", treatments[t], count);
	}
	buf_add_c(out, "},\"relations\":{");
	for (size_t i = 0; i < RELATION_COUNT; i++)
		buf_printf(out, "%s\"%s\":%zu", i ? "," : "", relation_name((enum relation)i), w->counts[i]);
}

void world_write(const struct world *w, struct buf *out)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	buf_printf(out, "{\"seed\":%llu,\"patient_count\":%zu,\"contact_count\":%u,\"account\":\"%.*s\",\"counts\":{",
	           (unsigned long long)w->source.seed, w->source.count, w->contacts, STR_ARG(w->account));
	write_counts(w, out);
	buf_add_c(out, "},\"patients\":[");
	for (size_t n = 0; n < w->source.count; n++) {
		arena_reset(&arena);
		write_patient(w, &arena, n, out);
	}
	buf_add_c(out, "]}\n");
}
