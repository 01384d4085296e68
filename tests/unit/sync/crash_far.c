/*
 * Far sides that outlive the process. Two memory systems behind a connector of our own, in which each call is two points: request, before it is carried
 * out, and answer, after that. Whatever changes a system (our writes, people, time) is noted in shared memory as it is done; another process, which
 * begins with the systems as they were when the scenario began, does the same things again and so has them as they are.
 */
#include "crash.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/limits.h"

/* One at a time. */
static struct world *world;
static struct connector kinds[2];

const char *far_object(enum side side)
{
	return side == SIDE_EMR ? "patient" : "Contact";
}

static enum side side_of(const struct connection *c)
{
	return c->kind == &kinds[SIDE_EMR] ? SIDE_EMR : SIDE_CRM;
}

static struct connection *connection(struct world *w, enum side side)
{
	return side == SIDE_EMR ? w->rig.emr : w->rig.crm;
}

/* ---- the journal: a kind, a side, texts ---- */

enum noted { NOTED_WRITE, NOTED_PUT, NOTED_RAW, NOTED_REMOVE, NOTED_MERGE, NOTED_PASS };

static void note_bytes(const void *at, size_t len)
{
	struct shared *s = world->shared;

	if (len == 0)
		return; /* an empty text need not be anywhere */
	memcpy(s->journal + s->used, at, len);
	s->used += len;
}

static void note(enum noted what, enum side side, struct str a, struct str b)
{
	const char kind[] = { (char)what, (char)side };
	const size_t len[] = { a.len, b.len };

	if (world->shared->used + sizeof(kind) + sizeof(len) + a.len + b.len > JOURNAL_BYTES)
		world_broken(world, "more happened than fits the journal");
	note_bytes(kind, sizeof(kind));
	note_bytes(len, sizeof(len));
	note_bytes(a.at, a.len);
	note_bytes(b.at, b.len);
}

static const char *write_texts[] = { "id", "key_field", "key", "current", "version" };

static void item_out(struct arena *arena, struct json *list, const struct write_item *item)
{
	const struct str texts[] = { item->id, item->key_field, item->key, item->current, item->version };
	struct json *row = json_new(arena, JSON_OBJECT);

	json_add(row, STR("op"), json_new_int(arena, (int64_t)item->op));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		json_add(row, str_of(write_texts[i]), json_new_text(arena, texts[i]));
	if (item->fields)
		json_add(row, STR("fields"), json_copy(arena, item->fields));
	json_append(list, row);
}

static void item_in(const struct json *row, struct write_item *ret)
{
	*ret = (struct write_item) {
		.op = (enum write_op)json_int(json_get(row, "op"), 0),
		.id = json_get_text(row, "id"),
		.key_field = json_get_text(row, "key_field"),
		.key = json_get_text(row, "key"),
		.current = json_get_text(row, "current"),
		.version = json_get_text(row, "version"),
		.fields = json_get(row, "fields"),
	};
}

static void note_write(enum side side, const struct write_request *request)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_PAYLOAD);
	struct json *list = json_new(&arena, JSON_ARRAY);

	for (size_t i = 0; i < request->item_count; i++)
		item_out(&arena, list, &request->items[i]);
	json_write(&text, list);
	note(NOTED_WRITE, side, request->object, buf_str(&text));
	world->shared->done[side] += (int64_t)request->item_count;
}

/* ---- what is done, now or again ---- */

static void write_again(struct connection *c, struct str object, struct str text)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct write_request request = { .object = object };
	struct write_item *items;
	struct json *list = NULL;
	struct err err = ERR_INIT;
	struct call *call;

	must(json_parse(&arena, text, &list, &err) == 0);
	items = arena_new_array(&arena, struct write_item, list->count);
	JSON_EACH (list, row) {
		item_in(row, &items[request.item_count++]);
	}
	request.items = items;
	call = memory_connector.write_start(c, &request);
	call_cancel(&call);
}

static void carry_out(enum noted what, enum side side, struct str a, struct str b)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct connection *c = connection(world, side);
	const char *object = far_object(side), *first = arena_text(&arena, a), *second = arena_text(&arena, b);
	int64_t ms = 0;

	switch (what) {
	case NOTED_WRITE:
		write_again(c, a, b);
		break;
	case NOTED_PUT:
		memory_put(c, object, first);
		break;
	case NOTED_RAW:
		memory_put_raw(c, object, first);
		break;
	case NOTED_REMOVE:
		memory_remove(c, object, first);
		break;
	case NOTED_MERGE:
		memory_merge(c, object, first, second);
		break;
	case NOTED_PASS:
		must(str_to_i64(a, &ms));
		memory_pass_time(c, ms);
		break;
	}
}

void far_play_again(struct world *w)
{
	const char *at = w->shared->journal, *end = at + w->shared->used;

	world = w;
	while (at < end) {
		enum noted what = (enum noted)at[0];
		enum side side = (enum side)at[1];
		size_t len[2];

		memcpy(len, at + 2, sizeof(len));
		at += 2 + sizeof(len);
		carry_out(what, side, str_range(at, len[0]), str_range(at + len[0], len[1]));
		at += len[0] + len[1];
	}
}

static void act(struct world *w, enum noted what, enum side side, struct str a, struct str b)
{
	world = w;
	note(what, side, a, b);
	carry_out(what, side, a, b);
}

void far_put(struct world *w, enum side side, const char *json)
{
	act(w, NOTED_PUT, side, str_of(json), STR_EMPTY);
}

void far_put_raw(struct world *w, enum side side, const char *bytes)
{
	act(w, NOTED_RAW, side, str_of(bytes), STR_EMPTY);
}

void far_remove(struct world *w, enum side side, const char *id)
{
	act(w, NOTED_REMOVE, side, str_of(id), STR_EMPTY);
}

void far_merge(struct world *w, enum side side, const char *loser, const char *survivor)
{
	act(w, NOTED_MERGE, side, str_of(loser), str_of(survivor));
}

void far_pass(struct world *w, int64_t ms)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++)
		act(w, NOTED_PASS, side, arena_printf(&arena, "%" PRId64, ms), STR_EMPTY);
}

/* ---- calls ---- */

enum { PARTS_MOST = 64 };

struct far_call {
	struct call call; /* first */
	struct arena arena;
	const char *what;
	struct err failed;              /* no answer comes */
	bool half;                      /* ... and half of it was carried out; else nothing was */
	struct call *parts[PARTS_MOST]; /* of the memory system: one, of a bulk job several */
	size_t part_sizes[PARTS_MOST];
	size_t part_count;
	size_t item_count;
	bool once; /* creates without a key: to do it again may do it twice */
	/* A bulk job: who notes it; or it is one that was noted before, has ended, and of which nothing is known any more. */
	int (*on_job)(void *context, struct str job, struct err *err);
	void *context;
	bool left;
};

static void far_free(struct far_call *call)
{
	struct arena arena = call->arena;

	for (size_t i = 0; i < call->part_count; i++) {
		if (call->parts[i])
			world->shared->in_doubt[side_of(call->call.connection)] += (int64_t)call->part_sizes[i];
		call_cancel(&call->parts[i]);
	}
	arena_release(&arena);
}

static void far_cancel(struct call *call)
{
	far_free((struct far_call *)call);
}

/* The point "request". False: it is not carried out, or only half of it. */
static bool begin(struct connection *c, const char *what, struct far_call **ret)
{
	struct arena arena = ARENA_INIT;
	struct far_call *call = arena_new(&arena, struct far_call);
	const struct fault_kind *kind;

	if (world->between)
		world->between();
	kind = fault_point(&world->shared->fault, SEAM_REQUEST, what);
	call->arena = arena;
	call->what = what;
	call->call = (struct call) { .connection = c, .cancel = far_cancel };
	*ret = call;
	if (kind)
		err_set(&call->failed, kind->code, "failed on purpose: request, %s", kind->name);
	call->half = kind && kind->act == ACT_HALF;
	return !kind;
}

#define FAR_READ(name, request_type)                                                                 \
	static struct call *name##_start(struct connection *c, const struct request_type *request)   \
	{                                                                                            \
		struct far_call *call;                                                               \
                                                                                                     \
		if (begin(c, #name, &call))                                                          \
			call->parts[call->part_count++] = memory_connector.name##_start(c, request); \
		return &call->call;                                                                  \
	}
FAR_READ(list, list_request)
FAR_READ(fetch, fetch_request)
FAR_READ(changes, changes_request)
FAR_READ(search, search_request)

/* The point "answer". */
static void hear(struct far_call *call, struct err *ret_failed)
{
	if (world->between)
		world->between();
	*ret_failed = call->failed;
	if (call->failed.code == ERR_OK)
		fault_fails(&world->shared->fault, SEAM_ANSWER, call->what, ret_failed);
}

/* All readings end alike: of a page that is cut short nothing can be trusted (connectors/answer.c). */
static int read_finish(struct call **pcall, struct arena *arena, struct page *ret, struct err *err)
{
	struct far_call *call = (struct far_call *)*pcall;
	struct err failed = ERR_INIT;

	*pcall = NULL;
	hear(call, &failed);
	if (failed.code == 0)
		memory_connector.list_finish(&call->parts[0], arena, ret, &failed);
	far_free(call);
	if (failed.code)
		*err = failed;
	return failed.code;
}

static void write_part(struct far_call *call, const struct write_request *request, size_t from, size_t count)
{
	struct write_request part = *request;

	part.items += from;
	part.item_count = count;
	note_write(side_of(call->call.connection), &part);
	call->part_sizes[call->part_count] = count;
	call->parts[call->part_count++] = memory_connector.write_start(call->call.connection, &part);
}

static struct call *write_some(struct connection *c, const struct write_request *request, const char *what)
{
	size_t most = c->traits.write_batch, count = request->item_count;
	struct far_call *call;

	if (!begin(c, what, &call))
		count = call->half ? count / 2 : 0;
	for (size_t from = 0; from < count; from += most)
		write_part(call, request, from, MIN_OF(most, count - from));
	call->item_count = request->item_count;
	call->once = request->items[0].op == WRITE_CREATE &&
	             (request->items[0].key_field.len == 0 || request->items[0].key.len == 0);
	return &call->call;
}

static struct call *write_start(struct connection *c, const struct write_request *request)
{
	return write_some(c, request, "write");
}

static struct call *bulk_start(struct connection *c, const struct write_request *request)
{
	struct far_call *call;

	if (request->job.len == 0) {
		call = (struct far_call *)write_some(c, request, "bulk");
		call->on_job = request->on_job;
		call->context = request->context;
		return &call->call;
	}
	(void)begin(c, "bulk job", &call);
	call->item_count = request->item_count;
	call->left = true;
	return &call->call;
}

static int take_results(struct far_call *call, struct arena *arena, struct write_result *ret, struct err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < call->part_count; i++) {
		if (memory_connector.write_finish(&call->parts[i], arena, ret + n, err) < 0)
			return err_pass(err);
		n += call->part_sizes[i];
	}
	world->shared->answered[side_of(call->call.connection)] += (int64_t)n;
	return 0;
}

/* What was sent and not answered: to be repeated where that is harmless, else unknown. */
static int unanswered(const struct far_call *call, const struct err *failed, struct write_result *ret, struct err *err)
{
	if (!call->once || (call->failed.code && !call->half)) {
		*err = *failed;
		return err_pass(err);
	}
	for (size_t i = 0; i < call->item_count; i++)
		ret[i] = (struct write_result) { .outcome = UNKNOWN,
			                         .code = STR("timeout"),
			                         .advice = STR("no answer came") };
	return 0;
}

static int write_finish(struct call **pcall, struct arena *arena, struct write_result *ret, struct err *err)
{
	struct far_call *call = (struct far_call *)*pcall;
	struct err failed = ERR_INIT;
	int code;

	*pcall = NULL;
	hear(call, &failed);
	code = failed.code ? unanswered(call, &failed, ret, err) : take_results(call, arena, ret, err);
	far_free(call);
	return code;
}

static int bulk_finish(struct call **pcall, struct arena *arena, struct write_result *ret, struct err *err)
{
	struct far_call *call = (struct far_call *)*pcall;
	struct err failed = call->failed;

	if (failed.code == 0 && call->on_job)
		call->on_job(call->context, STR("job-1"), &failed);
	if (failed.code == 0 && !call->left)
		return write_finish(pcall, arena, ret, err);
	*pcall = NULL;
	for (size_t i = 0; i < call->item_count; i++)
		ret[i] = (struct write_result) { .outcome = RETRY_LATER, .code = STR("UNPROCESSED") };
	far_free(call);
	if (failed.code)
		*err = failed;
	return failed.code;
}

void far_committed(struct world *w, bool known)
{
	struct shared *s = w->shared;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		*(known ? &s->settled[side] : &s->in_doubt[side]) += s->answered[side];
		s->answered[side] = 0;
	}
}

void far_wrap(struct world *w)
{
	world = w;
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		struct connection *c = connection(w, side);

		kinds[side] = *c->kind;
		kinds[side].list_start = list_start;
		kinds[side].fetch_start = fetch_start;
		kinds[side].changes_start = changes_start;
		kinds[side].search_start = search_start;
		kinds[side].list_finish = kinds[side].fetch_finish = read_finish;
		kinds[side].changes_finish = kinds[side].search_finish = read_finish;
		kinds[side].write_start = write_start;
		kinds[side].write_finish = write_finish;
		if (w->scenario->write_batch)
			c->traits.write_batch = w->scenario->write_batch;
		if (w->scenario->bulk_batch) {
			c->traits.bulk_batch = w->scenario->bulk_batch;
			kinds[side].bulk_start = bulk_start;
			kinds[side].bulk_finish = bulk_finish;
		}
		c->kind = &kinds[side];
	}
}
