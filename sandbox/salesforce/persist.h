/*
 * persist: with --sqlite DIR the org's rows also live in DIR/salesforce.db, written before the answer of the call that changed
 * them goes out: a sandbox that was killed goes on where it was. Sign-ins, cursors and jobs are not kept.
 */
#ifndef SUTURE_SANDBOX_SALESFORCE_PERSIST_H
#define SUTURE_SANDBOX_SALESFORCE_PERSIST_H

#include "sandbox/salesforce/org.h"

/* Opens the file and brings back what it holds. *ret_restored: it held something. */
int persist_open(struct org *org, const char *folder, bool *ret_restored, struct err *err) MUST_CHECK;
void persist_close(struct org *org);
/* This row changed. Nothing happens without --sqlite. */
void persist_touch(struct org *org, struct object *object, uint32_t number);
/* Writes what was touched; inside an open transaction of the org it waits. */
void persist_flush(struct org *org);

#endif
