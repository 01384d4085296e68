/*
 * Blocks are a singly linked list, newest first; each doubles the size of the one before, up to 1 MiB, so that a
 * page of 200 patients costs a handful of system calls once and none after the first reset.
 *
 * Each thread keeps a few small blocks that were given back: short-lived arenas are everywhere, and all threads share one heap with one lock
 * (app/main.c), over which a burst of webhooks would quarrel. Of the largest blocks all threads together keep a few: given back to the system, each page of
 * them would be cleared and mapped anew a moment later. With the address sanitizer nothing is kept, so that it sees every use after a release.
 */
#include "lib/arena.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *older;
	size_t cap;
	size_t used;
	_Alignas(max_align_t) char bytes[];
};

struct arena_hook {
	struct arena_hook *older;
	void (*run)(void *context);
	void *context;
};

static const size_t first_block = 4096;
static const size_t largest_block = 1u << 20;

/* ---- blocks that a thread keeps ---- */

#ifndef __has_feature
#define __has_feature(name) 0 /* gcc before 14 */
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { SIZES = 4, KEPT_OF_A_SIZE = 0, KEPT_LARGEST = 0 };
#else
enum { SIZES = 4, KEPT_OF_A_SIZE = 4 }; /* 4, 8, 16 and 32 KiB: 240 KiB a thread at most */
enum { KEPT_LARGEST = 4 };              /* 1 MiB each, of the whole process */
#endif

struct kept {
	struct arena_block *first[SIZES];
	int count[SIZES];
	bool known; /* to kept_key: freed when the thread ends */
};

static _Thread_local struct kept kept;
static pthread_key_t kept_key;

static void free_kept(void *at)
{
	struct kept *mine = at;

	for (size_t i = 0; i < SIZES; i++) {
		while (mine->first[i]) {
			struct arena_block *older = mine->first[i]->older;

			free(mine->first[i]);
			mine->first[i] = older;
		}
		mine->count[i] = KEPT_OF_A_SIZE; /* what other ends of the thread still release is not kept */
	}
}

static void make_kept_key(void)
{
	must(pthread_key_create(&kept_key, free_kept) == 0);
}

/* SIZES: none of those that are kept. */
static size_t size_class(size_t cap)
{
	size_t i = 0;

	while (i < SIZES && first_block << i != cap)
		i++;
	return i;
}

static bool keep(struct arena_block *block)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	size_t i = size_class(block->cap);

	if (i == SIZES || kept.count[i] >= KEPT_OF_A_SIZE)
		return false;
	if (!kept.known) {
		pthread_once(&once, make_kept_key);
		must(pthread_setspecific(kept_key, &kept) == 0);
		kept.known = true;
	}
	block->older = kept.first[i];
	kept.first[i] = block;
	kept.count[i]++;
	return true;
}

/* ---- the largest, which all threads share ---- */

static struct {
	pthread_mutex_t lock;
	struct arena_block *first;
	int count;
} largest = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool keep_largest(struct arena_block *block)
{
	bool kept_it = false;

	if (block->cap != largest_block)
		return false;
	pthread_mutex_lock(&largest.lock);
	if (largest.count < KEPT_LARGEST) {
		block->older = largest.first;
		largest.first = block;
		largest.count++;
		kept_it = true;
	}
	pthread_mutex_unlock(&largest.lock);
	return kept_it;
}

static struct arena_block *take_largest(size_t cap)
{
	struct arena_block *block;

	if (cap != largest_block)
		return NULL;
	pthread_mutex_lock(&largest.lock);
	block = largest.first;
	if (block) {
		largest.first = block->older;
		largest.count--;
	}
	pthread_mutex_unlock(&largest.lock);
	return block;
}

static struct arena_block *block_new(size_t cap)
{
	size_t i = size_class(cap);
	struct arena_block *block = i < SIZES ? kept.first[i] : take_largest(cap);

	if (block) {
		if (i < SIZES) {
			kept.first[i] = block->older;
			kept.count[i]--;
		}
		return block;
	}
	block = malloc(size_add(sizeof(*block), cap));
	must(block != NULL);
	return block;
}

static void block_free(struct arena_block *block)
{
	if (!keep(block) && !keep_largest(block))
		free(block);
}

/* ---- arenas ---- */

static void run_hooks(struct arena *a)
{
	struct arena_hook *hook = a->hooks;

	a->hooks = NULL;
	for (; hook; hook = hook->older)
		hook->run(hook->context);
}

static void free_blocks(struct arena_block *block)
{
	while (block) {
		struct arena_block *older = block->older;

		block_free(block);
		block = older;
	}
}

void arena_release(struct arena *a)
{
	run_hooks(a);
	free_blocks(a->block);
	*a = (struct arena)ARENA_INIT;
}

void arena_scoped_release(struct arena *a)
{
	arena_release(a);
}

void arena_reset(struct arena *a)
{
	run_hooks(a);
	if (a->block) {
		free_blocks(a->block->older);
		a->block->older = NULL;
		a->block->used = 0;
	}
	a->used = 0;
}

static void *take(struct arena *a, size_t size, size_t align)
{
	struct arena_block *block = a->block;
	size_t at = block ? (block->used + align - 1) & ~(align - 1) : 0;

	if (!block || size > block->cap || at > block->cap - size) {
		size_t cap = block ? MIN_OF(block->cap * 2, largest_block) : first_block;

		cap = MAX_OF(cap, size);
		block = block_new(cap);
		*block = (struct arena_block) { .older = a->block, .cap = cap };
		a->block = block;
		at = 0;
	}
	block->used = at + size;
	a->used += size;
	return block->bytes + at;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(take(a, size, _Alignof(max_align_t)), 0, size);
}

void *arena_alloc_bytes(struct arena *a, size_t size)
{
	return take(a, size, 1);
}

char *arena_text(struct arena *a, struct str s)
{
	char *copy = arena_alloc_bytes(a, size_add(s.len, 1));

	if (s.len)
		memcpy(copy, s.at, s.len);
	copy[s.len] = '\0';
	return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
	return str_range(arena_text(a, s), s.len);
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	ensure(format != NULL);
	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	ensure(len >= 0);
	text = arena_alloc_bytes(a, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return str_range(text, (size_t)len);
}

void arena_on_release(struct arena *a, void (*run)(void *context), void *context)
{
	struct arena_hook *hook = arena_new(a, struct arena_hook);

	*hook = (struct arena_hook) { .older = a->hooks, .run = run, .context = context };
	a->hooks = hook;
}
