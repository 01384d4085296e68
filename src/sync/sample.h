/*
 * sample: a few real records, for a person who sets up a mapping: what stands in them and where. Reads at the far side, stores nothing, links nobody. Values are
 * patients' data: who shows them leaves a line in the audit trail; paths and guesses are not.
 */
#ifndef SUTURE_SYNC_SAMPLE_H
#define SUTURE_SYNC_SAMPLE_H

#include "sync/sync.h"

enum { SAMPLE_RECORDS_MAX = 1000, SAMPLE_PATHS_MAX = 600 };

/* The first `count` records of an object that are no damaged ones. `fields`: which; a system that always sends all ignores them. */
struct sample_request {
	struct str object;
	const struct str *fields;
	size_t field_count;
	struct str where;
	size_t count;
};
int sample_read(struct connection *c, struct arena *arena, const struct sample_request *request, struct page *ret,
                struct err *err) MUST_CHECK;

/*
 * Every path that holds a single value in one of the records (docs/PATHS.md), in the order in which they come up. An element of a list is told apart by
 * what it says of itself (type, use, system, kind), phones[type=mobile].number; else by its place, given[0].
 */
struct sample_path {
	struct str path;
	size_t filled; /* in how many of the records */
};
int sample_paths(struct arena *arena, const struct page *page, struct sample_path **ret, size_t *ret_count,
                 struct err *err) MUST_CHECK;

/*
 * Which EMR path may belong to which CRM field, as the same values stand in both: sets of values are compared, not records. Best first, each path and each
 * field once.
 */
struct guess {
	struct str emr, crm;
	size_t alike, of; /* so many different values of the EMR's field stand in the CRM's, too */
};
int guess_fields(struct arena *arena, const struct page *emr, const struct page *crm, struct guess **ret,
                 size_t *ret_count, struct err *err) MUST_CHECK;

#endif
