/*
 * hooks: what happens at a far side just before one of our calls reaches it, and what the answer looks like: a person's edit between our reading
 * and our writing, a stop, a broken row. One rig at a time.
 */
#ifndef SUTURE_TESTS_SYNC_HOOKS_H
#define SUTURE_TESTS_SYNC_HOOKS_H

#include "rig.h"

typedef void (*hook_before_fn)(struct rig *rig, enum memory_call which, unsigned nth);
typedef void (*hook_page_fn)(struct rig *rig, enum memory_call which, struct page *page);

/* `before` is told of each list, fetch and write of this side, `nth` counts them all from 1; `page` may change what a list or fetch gives. Either
 * may be NULL. Ends with hooks_clear or rig_close. */
void hooks_set(struct rig *rig, enum side side, hook_before_fn before, hook_page_fn page);
void hooks_clear(struct rig *rig);

#endif
