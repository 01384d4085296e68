/*
 * reconcile: waiting payloads become links, merge results and writes owed. The only place where model meets store.
 *
 * A reconciler works through the waiting payloads of one sync, of both sides, by priority and in order of arrival, in chunks. Several chunks are under
 * way at once: the counterparts that a chunk needs are being fetched (R26: read in bulk before writing) while the next is loaded. Each chunk is one
 * transaction. No pair is in two chunks at once.
 * Belongs to one thread.
 */
#ifndef SUTURE_SYNC_RECONCILE_H
#define SUTURE_SYNC_RECONCILE_H

#include "sync/run.h"
#include "sync/stage.h"

enum { RECONCILE_CHUNK = 200 };

struct reconciler;

struct reconciler *reconciler_new(struct engine *engine, const struct plan *plan);
void reconciler_free(struct reconciler **r);
/* Brings the oldest chunk to its commit. *ret_decided: payloads that no longer wait after this step. *ret_idle: nothing waits that can be decided now (a payload whose
 * pair is still owed an earlier write waits until that is delivered). */
int reconcile_step(struct reconciler *r, size_t *ret_decided, bool *ret_idle, struct err *err) MUST_CHECK;

/* After an idle step: payloads were left waiting for a delivery; when one has happened, another pass is worth it. */
bool reconcile_held_back(const struct reconciler *r);

#endif
