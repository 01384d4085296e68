/*
 * store: the public calls; a pool of connections; the handles of transactions that were started and not waited for.
 *
 * All writes go to store_writer.c; the pool holds readers.
 *
 * The pool has no upper limit, so a read inside a read cannot wait for itself; it keeps a few connections and closes
 * what comes back beyond them.
 */
#include "store/store_parts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"

enum { IDLE_CONNECTIONS = 4, DESCRIBE_BYTES = 4096, PATH_BYTES = 4096 };

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t returned;
	struct db *idle;
	size_t idle_count;
	size_t taken;
};

struct store {
	struct arena arena; /* holds the store itself */
	struct store_place place;
	size_t schema;
	struct pool pool;
	struct writer writer;
	pthread_mutex_t lock; /* guards the two below */
	struct arena pendings;
	struct store_pending *free;
};

/* Whose transaction this thread runs. */
static _Thread_local const struct store *writing;

int store_call(const struct store *store, store_fn fn, struct db *db, void *context, struct err *err)
{
	const struct store *before = writing;
	int result;

	writing = store;
	result = fn(db, context, err);
	writing = before;
	ensure(result >= 0 || err->code != ERR_OK);
	return result;
}

/* ---- the pool */

static int take_connection(struct store *store, struct db **ret, struct err *err)
{
	struct pool *pool = &store->pool;
	struct db *db;
	int result = 0;

	pthread_mutex_lock(&pool->lock);
	pool->taken++;
	db = pool->idle;
	if (db) {
		pool->idle = db_next(db);
		pool->idle_count--;
	}
	pthread_mutex_unlock(&pool->lock);
	if (!db)
		result = db_open(&store->place, STORE_READER, &db, err);
	if (result < 0) {
		pthread_mutex_lock(&pool->lock);
		pool->taken--;
		pthread_cond_broadcast(&pool->returned);
		pthread_mutex_unlock(&pool->lock);
		return result;
	}
	*ret = db;
	return 0;
}

static void return_connection(struct store *store, struct db *db)
{
	struct pool *pool = &store->pool;

	pthread_mutex_lock(&pool->lock);
	if (pool->idle_count < IDLE_CONNECTIONS) {
		db_set_next(db, pool->idle);
		pool->idle = db;
		pool->idle_count++;
		db = NULL;
	}
	pthread_mutex_unlock(&pool->lock);
	db_close(&db);
	pthread_mutex_lock(&pool->lock);
	pool->taken--;
	pthread_cond_broadcast(&pool->returned);
	pthread_mutex_unlock(&pool->lock);
}

static void close_pool(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	while (pool->taken)
		pthread_cond_wait(&pool->returned, &pool->lock);
	while (pool->idle) {
		struct db *db = pool->idle;

		pool->idle = db_next(db);
		db_close(&db);
	}
	pthread_mutex_unlock(&pool->lock);
	pthread_cond_destroy(&pool->returned);
	pthread_mutex_destroy(&pool->lock);
}

static void init_pool(struct pool *pool)
{
	must(pthread_mutex_init(&pool->lock, NULL) == 0);
	must(pthread_cond_init(&pool->returned, NULL) == 0);
}

/* ---- open and close */

/* The first connection brings the schema up; then it becomes the writer's. */
static int start(struct store *store, struct db *first, struct err *err)
{
	must(pthread_mutex_init(&store->lock, NULL) == 0);
	init_pool(&store->pool);
	return writer_start(&store->writer, &store->place, first, err);
}

static int open_first(struct store *store, const struct migration *steps, size_t count, struct err *err)
{
	struct db *first = NULL;
	int result = db_open(&store->place, STORE_WRITER, &first, err);

	if (result == 0)
		result = migrate(first, steps, count, err);
	if (result == 0)
		result = start(store, first, err);
	if (result < 0)
		db_close(&first);
	return result;
}

int store_open_place(const struct store_place *place, const struct migration *steps, size_t count, struct arena arena,
                     struct store **ret, struct err *err)
{
	struct store *store = arena_new(&arena, struct store);
	int result;

	store->place = *place;
	store->schema = count;
	result = place->driver->arrive(&store->place, &arena, err);
	store->arena = arena;
	if (result == 0) {
		result = open_first(store, steps, count, err);
		if (result < 0)
			place->driver->leave(&store->place);
	}
	if (result < 0) {
		arena_release(&arena);
		return result;
	}
	*ret = store;
	return 0;
}

int store_open_with(const char *url, const struct migration *steps, size_t count, struct store **ret, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct store_place place;
	int result = store_place_parse(url, &arena, &place, err);

	if (result < 0) {
		arena_release(&arena);
		return result;
	}
	return store_open_place(&place, steps, count, arena, ret, err);
}

int store_open(const char *url, struct store **ret, struct err *err)
{
	return store_open_with(url, migrations, migration_count, ret, err);
}

void store_close(struct store **store)
{
	struct store *gone = *store;
	struct arena arena;

	if (!gone)
		return;
	ensure(writing != gone);
	writer_stop(&gone->writer);
	close_pool(&gone->pool);
	gone->place.driver->leave(&gone->place);
	pthread_mutex_destroy(&gone->lock);
	arena_release(&gone->pendings);
	arena = gone->arena;
	arena_release(&arena);
	*store = NULL;
}

const struct store_place *store_place_of(const struct store *store)
{
	return &store->place;
}

/* ---- writing */

/* A condition is made once for a handle and kept when the handle is used again. */
static void fill(struct store_pending *pending, struct store *store, enum durability durability, store_fn fn,
                 void *context)
{
	pending->store = store;
	pending->next = NULL;
	pending->fn = fn;
	pending->context = context;
	pending->durability = durability;
	pending->then = (struct store_then) { 0 };
	pending->result = 0;
	pending->done = false;
}

static int outcome(const struct store_pending *pending, struct err *err)
{
	if (pending->result >= 0)
		return 0;
	*err = pending->err;
	return pending->result;
}

int store_write(struct store *store, enum durability durability, store_fn fn, void *context, struct err *err)
{
	struct store_pending pending = { .finished = PTHREAD_COND_INITIALIZER };

	ensure(writing != store); /* the writer thread would wait for itself */
	fill(&pending, store, durability, fn, context);
	writer_add(&store->writer, &pending);
	writer_wait(&store->writer, &pending);
	pthread_cond_destroy(&pending.finished);
	return outcome(&pending, err);
}

static struct store_pending *take_pending(struct store *store)
{
	struct store_pending *pending;

	pthread_mutex_lock(&store->lock);
	pending = store->free;
	if (pending) {
		store->free = pending->next;
	} else {
		pending = arena_new(&store->pendings, struct store_pending);
		must(pthread_cond_init(&pending->finished, NULL) == 0);
	}
	pthread_mutex_unlock(&store->lock);
	return pending;
}

void store_give_back(struct store_pending *pending)
{
	struct store *store = pending->store;

	pthread_mutex_lock(&store->lock);
	pending->next = store->free;
	store->free = pending;
	pthread_mutex_unlock(&store->lock);
}

struct store_pending *store_write_start(struct store *store, enum durability durability, store_fn fn, void *context)
{
	struct store_pending *pending;

	ensure(writing != store);
	pending = take_pending(store);
	fill(pending, store, durability, fn, context);
	writer_add(&store->writer, pending);
	return pending;
}

int store_write_wait(struct store_pending **pending, struct err *err)
{
	struct store_pending *given = *pending;
	struct store *store = given->store;
	int result;

	ensure(writing != store);
	writer_wait(&store->writer, given);
	result = outcome(given, err);
	store_give_back(given);
	*pending = NULL;
	return result;
}

void store_write_then(struct store *store, enum durability durability, store_fn fn, void *context,
                      const struct store_then *then)
{
	struct store_pending *pending;

	ensure(writing != store);
	pending = take_pending(store);
	fill(pending, store, durability, fn, context);
	pending->then = *then;
	writer_add(&store->writer, pending);
}

/* ---- reading */

int store_read(struct store *store, store_fn fn, void *context, struct err *err)
{
	struct db *db;
	int result = take_connection(store, &db, err);

	if (result < 0)
		return result;
	result = db_begin(db, STORE_READ, err);
	if (result == 0) {
		result = fn(db, context, err);
		if (result >= 0)
			result = db_settle(db, err);
		db_rollback(db);
	}
	return_connection(store, db);
	return result < 0 ? result : 0;
}

static int make_copy(struct store *store, const char *path, struct err *err)
{
	struct db *db;
	int result;

	if (!store->place.driver->copy)
		return store_read(store, store_copy_rows, (void *)(uintptr_t)path, err);
	result = take_connection(store, &db, err);
	if (result < 0)
		return result;
	result = db_copy(db, path, err);
	return_connection(store, db);
	return result;
}

/* Under another name first: a copy that was cut short must not look like one. */
int store_copy(struct store *store, const char *path, struct err *err)
{
	SCOPED(buf) struct buf part = BUF_INIT(PATH_BYTES);
	int result;

	if (access(path, F_OK) == 0)
		return err_set(err, ERR_CONFLICT, "copy to %s: the file exists already; give another name", path);
	buf_printf(&part, "%s.part", path);
	unlink(buf_text(&part));
	result = make_copy(store, buf_text(&part), err);
	if (result == 0)
		result = file_sync(buf_text(&part), err);
	if (result == 0 && rename(buf_text(&part), path) < 0)
		result = err_errno(err, "rename the copy to %s", path);
	if (result == 0)
		return file_sync_name(path, err);
	unlink(buf_text(&part));
	return result;
}

/* Without a free connection the path alone is described: this is for people, and must not fail. */
struct str store_describe(struct store *store, struct arena *arena)
{
	SCOPED(buf) struct buf out = BUF_INIT(DESCRIBE_BYTES);
	struct err ignored = ERR_INIT;
	struct db *db;

	if (take_connection(store, &db, &ignored) < 0) {
		buf_add_c(&out, store->place.path);
	} else {
		db_describe(db, &out);
		return_connection(store, db);
	}
	return arena_printf(arena, "%s, schema %zu", buf_text(&out), store->schema);
}

/* A connection of its own: it does not work inside a transaction, and the writer's is never without one for long. */
int store_scrub(struct store *store, bool compact, struct err *err)
{
	struct db *db = NULL;
	int result = db_open(&store->place, STORE_WRITER, &db, err);

	if (result == 0)
		result = db_scrub(db, compact, err);
	db_close(&db);
	return result;
}
