/*
 * memory_internal: what memory.c (the connector), memory_shelf.c (its records, the far side's people), memory_hook.c (webhooks) and
 * memory_stream.c (the event stream) share.
 */
#ifndef SUTURE_CONNECTORS_MEMORY_INTERNAL_H
#define SUTURE_CONNECTORS_MEMORY_INTERNAL_H

#include "connectors/memory.h"
#include "lib/map.h"

#include <inttypes.h>
#include <pthread.h>

#define MEMORY_MAGIC 0x4d454d4fu

struct stored {
	struct str id; /* empty: raw bytes */
	struct str text;
	struct str by;   /* who changed it last */
	int64_t change;  /* its number among all changes */
	int64_t time_ms; /* and its time */
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

/* One thing that the stream has told, or will. */
struct told {
	struct str object, id, text, by;
	const char *what; /* "updated" */
	int64_t time_ms;
	struct told *next;
};

struct stream {
	pthread_cond_t more;
	struct told *first, *last;
	struct told *held; /* told after the next one */
	int64_t count;     /* things told so far; replay texts are positions in this */
	int64_t forgotten; /* positions below this are too old */
	int64_t faults[MEMORY_STREAM_FAULTS];
	unsigned listening;
};

struct memory {
	struct connection base; /* first */
	struct arena arena;
	pthread_mutex_t lock;
	struct map shelves;    /* object -> struct shelf */
	struct map refusals;   /* id or key -> struct refusal */
	struct connector kind; /* without what the settings switch off */
	struct str id, version, merged, deleted, prefix, secret;
	bool conditions; /* write_item.version is a precondition */
	bool by_clock;   /* changes: nothing younger than lag_ms */
	int64_t changes, now_ms, hooks_sent;
	int64_t age; /* of the marks of changes that are still good */
	struct stream stream;
	struct map hooks; /* address -> itself; NULL: taken back */
	unsigned calls[MEMORY_CALLS], written;
	struct fault faults[MEMORY_CALLS];
	bool down; /* no call gets through */
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
/* Creates, or changes the one that is there. `by`: who does it. */
struct stored *memory_store(struct memory *m, struct shelf *shelf, struct stored *there, struct str new_id,
                            const struct json *changes, struct str by);
void memory_delete(struct memory *m, const struct shelf *shelf, struct stored *stored, struct str by);
/* The record's text as the connector gives it. */
void memory_record(const struct memory *m, struct arena *arena, struct str text, struct str by, struct record *ret);
/* Counts the call. Does a fault strike it, and does it strike before the work? */
bool memory_begin(struct memory *m, enum memory_call which, struct err *ret_failed);
/* What happened becomes an event; also fills record.deleted and .merged_into by it. */
enum event_kind memory_event_kind(struct str what);

/* memory_stream.c */
void memory_stream_tell(struct memory *m, const struct told *told);
int memory_listen(struct connection *c, const struct listen_request *request, struct err *err);

/* memory_hook.c */
int memory_hook_test(struct connection *c, struct arena *arena, struct hook *ret, struct err *err);
extern const struct event_name memory_event_names[];
int memory_webhook(struct connection *c, struct arena *arena, const struct hook *hook, struct events *ret,
                   struct err *err);
int memory_hook_register(struct connection *c, const struct hook_registration *what, struct arena *arena,
                         struct json **ret_settings, struct err *err);
int memory_hook_unregister(struct connection *c, struct str url, struct err *err);

/* NULL: not well-formed. */
struct json *memory_parse(struct arena *arena, struct str text);

#endif
