/* One connection to a system that is nothing but memory. */
#ifndef SUTURE_TESTS_CONNECTORS_MEMORY_WORLD_H
#define SUTURE_TESTS_CONNECTORS_MEMORY_WORLD_H

#include "unit.h"

#include "connectors/memory.h"

struct world {
	struct connection *c;
	struct arena arena;
	struct err err;
};

static inline void open_world(struct world *w, const char *settings)
{
	struct json *json;

	*w = (struct world) { 0 };
	assert_int_equal(json_parse(&w->arena, str_of(settings), &json, &w->err), 0);
	assert_int_equal(memory_connector.open(&memory_connector, json, NULL, &w->c, &w->err), 0);
}

static inline void close_world(struct world *w)
{
	memory_connector.close(&w->c);
	arena_release(&w->arena);
}

#endif
