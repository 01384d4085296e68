/* memory_internal: what memory.c (the connector) and memory_shelf.c (its records, the far side's people) share. */
#ifndef SUTURE_CONNECTORS_MEMORY_INTERNAL_H
#define SUTURE_CONNECTORS_MEMORY_INTERNAL_H

#include "connectors/memory.h"
#include "lib/map.h"

#include <pthread.h>

#define MEMORY_MAGIC 0x4d454d4fu

struct stored {
	struct str id; /* empty: raw bytes */
	struct str text;
	bool deleted;
	struct stored *next;
};

struct shelf {
	struct str name;
	struct stored *first, *last;
	size_t count;
};

struct fault {
	unsigned nth; /* calls until it strikes; 0: none */
	enum err_code code;
	bool after;
};

struct refusal {
	enum delivery outcome;
	struct str code;
};

struct memory {
	struct connection base; /* first */
	struct arena arena;
	pthread_mutex_t lock;
	struct map shelves;  /* object -> struct shelf */
	struct map refusals; /* id or key -> struct refusal */
	struct str id, version, merged, deleted, prefix;
	int64_t changes;
	unsigned calls[MEMORY_CALLS], written;
	struct fault faults[MEMORY_CALLS];
	void (*rewrite)(void *context, struct arena *arena, struct json *record);
	void *rewrite_context;
};

struct memory *memory_of(struct connection *c);
void memory_lock(struct memory *m);
void memory_unlock(struct memory *m);

/* With the lock held: */
struct shelf *memory_shelf(struct memory *m, struct str name);
struct stored *memory_find_id(const struct shelf *shelf, struct str id);
struct stored *memory_find_key(const struct shelf *shelf, struct str field, struct str key);
bool memory_has_value(const struct stored *s, struct str field, struct str value);
/* Creates, or changes the one that is there. */
struct stored *memory_store(struct memory *m, struct shelf *shelf, struct stored *there, struct str new_id,
                            const struct json *changes);
void memory_delete(struct memory *m, struct stored *stored);
/* NULL: not well-formed. */
struct json *memory_parse(struct arena *arena, struct str text);

#endif
