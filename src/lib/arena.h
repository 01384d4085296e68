/*
 * arena: memory by lifetime. A run, a request, a page of payloads owns one; what a function builds goes into the
 * arena it is handed. Allocation cannot fail (it aborts when memory is gone). Not thread-safe: an arena has one
 * user at a time. arena_reset() keeps the largest block, so that a loop over pages stops asking the system.
 */
#ifndef SUTURE_LIB_ARENA_H
#define SUTURE_LIB_ARENA_H

#include "lib/str.h"

struct arena_block;
struct arena_hook;

struct arena {
	struct arena_block *block; /* newest first */
	struct arena_hook *hooks;  /* run on release and reset, last registered first */
	size_t used;               /* bytes handed out since the last reset */
};

#define ARENA_INIT \
	{          \
		0  \
	}

void arena_release(struct arena *a);
void arena_scoped_release(struct arena *a);
void arena_reset(struct arena *a);
void *arena_alloc(struct arena *a, size_t size);       /* zeroed, aligned for any type */
void *arena_alloc_bytes(struct arena *a, size_t size); /* not zeroed, byte aligned: for text */
#define arena_new(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define arena_new_array(a, type, n) ((type *)arena_alloc((a), size_mul(sizeof(type), (n))))
struct str arena_str(struct arena *a, struct str s); /* a copy, NUL-terminated */
char *arena_text(struct arena *a, struct str s);     /* the same, as a C string */
struct str arena_printf(struct arena *a, const char *format, ...) PRINTF(2, 3);
void arena_on_release(struct arena *a, void (*run)(void *context), void *context);

#endif
