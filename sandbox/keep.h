/*
 * keep: memory of things that neither an arena nor a buf fits: records that change size one by one for as long as the
 * sandbox runs, tables that grow, connections that end when libevent says so. Cannot fail.
 */
#ifndef SUTURE_SANDBOX_KEEP_H
#define SUTURE_SANDBOX_KEEP_H

#include "lib/defs.h"

void *keep_new(size_t size);              /* zeroed */
void *keep_raw(size_t size);              /* not zeroed */
void *keep_resize(void *at, size_t size); /* at NULL: new; what is added is not zeroed */
void keep_drop(void *at);                 /* NULL is fine */
#define keep_one(type) ((type *)keep_new(sizeof(type)))

#endif
