/*
 * fixture: what the store's tests share: a folder of their own, a small schema, a few transactions. Included by each
 * program; the functions are static inline so that no program warns about what it does not use.
 */
#ifndef SUTURE_TESTS_STORE_FIXTURE_H
#define SUTURE_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../test_store.h"
#include "store/store_parts.h"

static const struct migration fixture_steps[] = {
	{ "people",
	  "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE, age BIGINT, photo BLOB);"
	  "CREATE INDEX person_age ON person (age)",
	  NULL },
	{ "events",
	  "CREATE TABLE event (id INTEGER PRIMARY KEY, person BIGINT REFERENCES person (id) DEFERRABLE, what TEXT NOT "
	  "NULL)",
	  NULL },
};

static const struct statement INSERT_PERSON = { .sql = "INSERT INTO person (name, age, photo) VALUES ($1, $2, $3)" };
static const struct statement COUNT_PEOPLE = { .sql = "SELECT COUNT(*) FROM person" };

struct fixture {
	char folder[64];
	char path[128];
};

static inline void fixture_make(struct fixture *f)
{
	snprintf(f->folder, sizeof(f->folder), "/tmp/suture-test-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/x.db", f->folder);
}

static inline void fixture_remove(struct fixture *f)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", f->folder);
	assert_int_equal(system(command), 0);
}

/* For cmocka_unit_test_setup_teardown. */
static inline int fixture_begin(void **state)
{
	static struct fixture f;

	fixture_make(&f);
	*state = &f;
	return 0;
}

static inline int fixture_end(void **state)
{
	fixture_remove(*state);
	return 0;
}

/* ":memory:" is an empty store on either database. */
static inline struct store *open_fixture(const char *url)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct store *store = NULL;
	struct err err = ERR_INIT;

	if (test_store_is_server() && strstr(url, TEST_STORE_ONCE)) {
		test_store_forget(TEST_STORE_ONCE);
		url = arena_printf(&arena, "%s%s", str_starts(str_of(url), STR("trace:")) ? "trace:" : "",
		                   test_store_url(&arena, TEST_STORE_ONCE))
		              .at;
	}
	if (store_open_with(url, fixture_steps, ARRAY_LEN(fixture_steps), &store, &err) < 0)
		fail_msg("open %s: %s", url, err.text);
	return store;
}

/* Inserts a person of that name (context: const char *). */
static inline int add_person(struct db *db, void *context, struct err *err)
{
	struct str name = str_of(context);

	return db_run(db, &INSERT_PERSON, BIND(bind_text(name), bind_int(7), bind_null()), err);
}

static inline int read_count(struct db *db, void *context, struct err *err)
{
	return db_number(db, &COUNT_PEOPLE, BIND_NOTHING, -1, context, err);
}

static inline int64_t count_people(struct store *store)
{
	struct err err = ERR_INIT;
	int64_t count = 0;

	if (store_read(store, read_count, &count, &err) < 0)
		fail_msg("count: %s", err.text);
	return count;
}

static inline void write_person(struct store *store, const char *name)
{
	struct err err = ERR_INIT;

	if (store_write(store, RELAXED, add_person, (void *)(uintptr_t)name, &err) < 0)
		fail_msg("write: %s", err.text);
}

/* A door that a transaction waits at, so that others gather behind it. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool reached;
	bool open;
};

#define GATE_INIT                                                                    \
	{                                                                            \
		.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER \
	}

static inline int wait_at_gate(struct db *db UNUSED, void *context, struct err *err UNUSED)
{
	struct gate *gate = context;

	pthread_mutex_lock(&gate->lock);
	gate->reached = true;
	pthread_cond_broadcast(&gate->moved);
	while (!gate->open)
		pthread_cond_wait(&gate->moved, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
	return 0;
}

static inline void until_reached(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	while (!gate->reached)
		pthread_cond_wait(&gate->moved, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

static inline void open_gate(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->open = true;
	pthread_cond_broadcast(&gate->moved);
	pthread_mutex_unlock(&gate->lock);
}

#endif
