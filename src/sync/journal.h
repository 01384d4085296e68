/*
 * journal: the log that people read (R41). Only writer of the table `journal`. An entry names run, sync, payload and record ids; it never holds a patient's
 * data: texts are constants and error texts of ours.
 */
#ifndef SUTURE_SYNC_JOURNAL_H
#define SUTURE_SYNC_JOURNAL_H

#include "sync/sealed.h"

enum level { LEVEL_DEBUG = 0, LEVEL_INFO = 1, LEVEL_ERROR = 2, LEVEL_EXCEPTION = 3 };
const char *level_name(enum level level);
bool level_of_name(struct str name, enum level *ret);

struct journal_entry {
	int64_t id, at_ms;
	enum level level;
	int64_t sync_id, run_id, staged_id;
	struct str emr_id, crm_id;
	struct str code; /* stable: "write_refused" */
	struct str text;
};

int journal_add(struct db *db, const struct journal_entry *entry, struct err *err) MUST_CHECK;
/* In a transaction of its own; a failure to log is told on stderr and otherwise ignored. */
void journal_note(struct engine *engine, const struct journal_entry *entry);
/* `latest`: the last `limit` entries instead of the first ones; both in the order in which they were written. */
struct journal_filter {
	enum level at_least;
	int64_t run_id;
	int64_t after_id;
	size_t limit;
	bool latest;
};
int journal_list(struct engine *engine, struct arena *arena, const struct journal_filter *filter,
                 struct journal_entry **ret, size_t *ret_count, struct err *err) MUST_CHECK;
/* What the log says of a pair: entries that name either record, the youngest first; an empty id: none. limit 0: 100. */
int journal_of_pair(struct engine *engine, struct arena *arena, struct str emr_id, struct str crm_id, size_t limit,
                    struct journal_entry **ret, size_t *ret_count, struct err *err) MUST_CHECK;

/* The latest first: what a person looks through. Zeros and empty texts: any. `text`: part of the line or the code, in any case. */
struct journal_search {
	enum level at_least;
	int64_t before_id; /* go on behind this one */
	int64_t sync_id, run_id, staged_id;
	struct str record_id, text;
	int64_t since_ms, until_ms;
	size_t limit; /* 0: 100 */
};
int journal_find(struct engine *engine, struct arena *arena, const struct journal_search *search,
                 struct journal_entry **ret, size_t *ret_count, struct err *err) MUST_CHECK;

/* Lines, whatever their level. */
extern const struct purgeable journal_purgeable;

#endif
