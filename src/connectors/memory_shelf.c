/*
 * The records behind the memory connector, and the far side's people who edit them and make calls fail.
 *
 * Texts of all records stay in the connection's arena until it is closed: it is meant for tests, which are short.
 */
#include "connectors/memory_internal.h"

#include "lib/clock.h"
#include "lib/limits.h"

#define PERSON STR("person")

struct memory *memory_of(struct connection *c)
{
	ensure(c->magic == MEMORY_MAGIC);
	return (struct memory *)c;
}

void memory_lock(struct memory *m)
{
	must(pthread_mutex_lock(&m->lock) == 0);
}

void memory_unlock(struct memory *m)
{
	must(pthread_mutex_unlock(&m->lock) == 0);
}

/* ---- records ---- */

struct shelf *memory_shelf(struct memory *m, struct str name)
{
	struct shelf *shelf = map_get(&m->shelves, name);

	if (shelf)
		return shelf;
	shelf = arena_new(&m->arena, struct shelf);
	shelf->name = arena_str(&m->arena, name);
	map_put(&m->shelves, shelf->name, shelf);
	return shelf;
}

static struct stored *shelf_add(struct memory *m, struct shelf *shelf)
{
	struct stored *stored = arena_new(&m->arena, struct stored);

	if (shelf->last)
		shelf->last->next = stored;
	else
		shelf->first = stored;
	shelf->last = stored;
	shelf->count++;
	return stored;
}

struct stored *memory_find_id(const struct shelf *shelf, struct str id)
{
	for (struct stored *s = shelf->first; s; s = s->next)
		if (id.len && str_eq(s->id, id))
			return s;
	return NULL;
}

struct json *memory_parse(struct arena *arena, struct str text)
{
	struct json *json = NULL;
	struct err ignored = ERR_INIT;

	return json_parse(arena, text, &json, &ignored) == 0 ? json : NULL;
}

bool memory_has_value(const struct stored *s, struct str field, struct str value)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;

	return s->id.len && !s->deleted &&
	       str_eq(json_text(json_get_str(memory_parse(&scratch, s->text), field)), value);
}

struct stored *memory_find_key(const struct shelf *shelf, struct str field, struct str key)
{
	for (struct stored *s = shelf->first; s; s = s->next)
		if (field.len && key.len && memory_has_value(s, field, key))
			return s;
	return NULL;
}

/* Numbers, times and tells the change. */
static void changed(struct memory *m, const struct shelf *shelf, struct stored *stored, const char *what, struct str by)
{
	stored->by = arena_str(&m->arena, by);
	stored->change = ++m->changes;
	stored->time_ms = m->now_ms;
	memory_stream_tell(m, &(struct told) { .object = shelf->name,
	                                       .id = stored->id,
	                                       .text = stored->text,
	                                       .by = stored->by,
	                                       .what = what,
	                                       .time_ms = stored->time_ms });
}

static void keep(struct memory *m, struct stored *stored, struct json *record)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_PAYLOAD);

	if (m->rewrite)
		m->rewrite(m->rewrite_context, &scratch, record);
	json_set(record, m->id, json_new_text(&scratch, stored->id));
	m->now_ms += 1000;
	json_set(record, m->version, json_new_text(&scratch, clock_rfc3339(&scratch, m->now_ms)));
	if (stored->deleted)
		json_set(record, m->deleted, json_new_bool(&scratch, true));
	json_write(&text, record);
	stored->text = arena_str(&m->arena, buf_str(&text));
}

static void lay_over(struct arena *arena, struct json *record, const struct json *changes)
{
	JSON_EACH (changes, change) {
		json_set(record, change->key, json_copy(arena, change));
	}
}

/* Creates, or changes the one that is there. */
struct stored *memory_store(struct memory *m, struct shelf *shelf, struct stored *there, struct str new_id,
                            const struct json *changes, struct str by)
{
	const char *what = there ? "updated" : "created";
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct json *record = there ? memory_parse(&scratch, there->text) : json_new(&scratch, JSON_OBJECT);

	if (!there) {
		there = shelf_add(m, shelf);
		there->id = new_id.len ? arena_str(&m->arena, new_id)
		                       : arena_printf(&m->arena, "%.*s%zu", STR_ARG(m->prefix), shelf->count);
	}
	lay_over(&scratch, record, changes);
	keep(m, there, record);
	changed(m, shelf, there, what, by);
	return there;
}

static void delete_for(struct memory *m, const struct shelf *shelf, struct stored *stored, struct str survivor,
                       struct str by)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct json *record = memory_parse(&scratch, stored->text);

	stored->deleted = true;
	if (survivor.len)
		json_set(record, m->merged, json_new_text(&scratch, survivor));
	keep(m, stored, record);
	changed(m, shelf, stored, survivor.len ? "merged" : "removed", by);
}

void memory_delete(struct memory *m, const struct shelf *shelf, struct stored *stored, struct str by)
{
	delete_for(m, shelf, stored, STR_EMPTY, by);
}

/* ---- the far side's people ---- */

void memory_put(struct connection *c, const char *object, const char *json)
{
	SCOPED(arena) struct arena scratch = ARENA_INIT;
	struct memory *m = memory_of(c);
	const struct json *record = memory_parse(&scratch, str_of(json));
	struct str id = json_text(json_get_str(record, m->id));
	struct shelf *shelf;

	ensure(record && record->kind == JSON_OBJECT);
	memory_lock(m);
	shelf = memory_shelf(m, str_of(object));
	memory_store(m, shelf, memory_find_id(shelf, id), id, record, PERSON);
	memory_unlock(m);
}

void memory_put_raw(struct connection *c, const char *object, const char *bytes)
{
	struct memory *m = memory_of(c);
	struct shelf *shelf;
	struct stored *stored;

	memory_lock(m);
	shelf = memory_shelf(m, str_of(object));
	stored = shelf_add(m, shelf);
	stored->text = arena_str(&m->arena, str_of(bytes));
	m->now_ms += 1000;
	changed(m, shelf, stored, "created", PERSON);
	memory_unlock(m);
}

static void remove_for(struct connection *c, const char *object, const char *id, struct str survivor)
{
	struct memory *m = memory_of(c);
	const struct shelf *shelf;
	struct stored *stored;

	memory_lock(m);
	shelf = memory_shelf(m, str_of(object));
	stored = memory_find_id(shelf, str_of(id));
	if (stored && !stored->deleted)
		delete_for(m, shelf, stored, survivor, PERSON);
	memory_unlock(m);
}

void memory_remove(struct connection *c, const char *object, const char *id)
{
	remove_for(c, object, id, STR_EMPTY);
}

void memory_merge(struct connection *c, const char *object, const char *loser, const char *survivor)
{
	remove_for(c, object, loser, str_of(survivor));
}

void memory_pass_time(struct connection *c, int64_t ms)
{
	struct memory *m = memory_of(c);

	memory_lock(m);
	m->now_ms += ms;
	memory_unlock(m);
}

void memory_forget_changes(struct connection *c)
{
	struct memory *m = memory_of(c);

	memory_lock(m);
	m->age++;
	memory_unlock(m);
}

struct json *memory_get(struct connection *c, const char *object, const char *id, struct arena *arena)
{
	struct memory *m = memory_of(c);
	const struct stored *stored;
	struct json *json = NULL;

	memory_lock(m);
	stored = memory_find_id(memory_shelf(m, str_of(object)), str_of(id));
	if (stored && !stored->deleted)
		json = memory_parse(arena, arena_str(arena, stored->text));
	memory_unlock(m);
	return json;
}

size_t memory_count(struct connection *c, const char *object)
{
	struct memory *m = memory_of(c);
	size_t n = 0;

	memory_lock(m);
	for (const struct stored *s = memory_shelf(m, str_of(object))->first; s; s = s->next)
		n += !s->deleted;
	memory_unlock(m);
	return n;
}

static unsigned read_counter(struct memory *m, const unsigned *counter)
{
	unsigned n;

	memory_lock(m);
	n = *counter;
	memory_unlock(m);
	return n;
}

unsigned memory_calls(struct connection *c, enum memory_call which)
{
	return read_counter(memory_of(c), &memory_of(c)->calls[which]);
}

unsigned memory_written(struct connection *c)
{
	return read_counter(memory_of(c), &memory_of(c)->written);
}

void memory_down(struct connection *c, bool down)
{
	struct memory *m = memory_of(c);

	memory_lock(m);
	m->down = down;
	memory_unlock(m);
}

void memory_fail(struct connection *c, enum memory_call which, unsigned nth, enum err_code code, bool after)
{
	struct memory *m = memory_of(c);

	memory_lock(m);
	m->faults[which] = (struct fault) { nth, code, after };
	memory_unlock(m);
}

void memory_refuse(struct connection *c, const char *id_or_key, enum delivery outcome, const char *code)
{
	struct memory *m = memory_of(c);
	struct refusal *refusal;

	memory_lock(m);
	refusal = arena_new(&m->arena, struct refusal);
	*refusal = (struct refusal) { outcome, arena_str(&m->arena, str_of(code)) };
	map_put(&m->refusals, arena_str(&m->arena, str_of(id_or_key)), refusal);
	memory_unlock(m);
}

void memory_demand_version(struct connection *c, bool on)
{
	struct memory *m = memory_of(c);

	memory_lock(m);
	m->conditions = on;
	memory_unlock(m);
}

void memory_rewrite(struct connection *c, void (*rewrite)(void *context, struct arena *arena, struct json *record),
                    void *context)
{
	struct memory *m = memory_of(c);

	memory_lock(m);
	m->rewrite = rewrite;
	m->rewrite_context = context;
	memory_unlock(m);
}
