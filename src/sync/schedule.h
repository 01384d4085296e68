/*
 * schedule: what runs by itself, and when (R34, R39). Only writer of the table `schedule`. Rules and words: codec/recurrence.h.
 *
 * The daemon asks for what is due and takes each: the run's row and the schedule's next moment are written in one transaction, so that a crash
 * neither forgets a run nor starts it twice, and of two daemons one gets it:
 *
 *	schedule_due(engine, arena, now, &due, &count, err)
 *	in one transaction:  schedule_ran(db, &due[i], now, &mine, err)  and, if mine, run_insert(...)
 *
 * The next moment is counted from now, not from the one that was due: whatever was missed while nobody ran is made up for once.
 */
#ifndef SUTURE_SYNC_SCHEDULE_H
#define SUTURE_SYNC_SCHEDULE_H

#include "sync/sync.h"

/* Numbers are stored: append only. To add one: a row. */
#define SCHEDULE_WHAT_LIST(X)                                                \
	X(SCHEDULE_DELTA, 0, "delta", "asks both systems for what changed")  \
	X(SCHEDULE_IMPORT, 1, "import", "reads all records of both systems") \
	X(SCHEDULE_CSV, 2, "csv", "a batch over the Salesforce ids of a CSV file")
#define SCHEDULE_ENUM_ROW(id, number, name, text) id = number,
enum schedule_what { SCHEDULE_WHAT_LIST(SCHEDULE_ENUM_ROW) SCHEDULE_WHAT_COUNT = 3 };
#undef SCHEDULE_ENUM_ROW
const char *schedule_what_name(enum schedule_what what);
bool schedule_what_of_name(struct str name, enum schedule_what *ret);

enum schedule_state {
	SCHEDULE_ACTIVE = 0,
	SCHEDULE_PAUSED = 1,
	SCHEDULE_DONE = 2,    /* "once", and it was; or its rule has come to its end */
	SCHEDULE_REMOVED = 3, /* by a person; kept so that what is there by default does not come back */
};
const char *schedule_state_name(enum schedule_state state);

struct schedule {
	int64_t id, sync_id;
	enum schedule_what what;
	struct str rule;     /* as recurrence_text() has it */
	struct str zone;     /* empty: UTC */
	struct str argument; /* for `what`: id of the run's input; may be empty */
	struct str who;
	enum schedule_state state;
	int64_t next_ms; /* 0: none */
	int64_t last_ms; /* when it ran last; 0: never */
};

#define SCHEDULE_DELTA_RULE "FREQ=MINUTELY;INTERVAL=15"

/* Takes sync_id, what, rule (or words), zone, argument and who of `schedule`, and fills in the rest. ERR_CONFIG: the rule is none, or has no moment
 * after `now_ms`. */
int schedule_add(struct db *db, struct arena *arena, struct schedule *schedule, int64_t now_ms,
                 struct err *err) MUST_CHECK;
/* R39: the delta of a sync that never had one, each fifteen minutes. Does nothing when there is or was one, also a removed one. */
int schedule_add_default(struct db *db, struct arena *arena, int64_t sync_id, int64_t now_ms,
                         struct err *err) MUST_CHECK;
/* All but removed ones, of one sync or (0) of all. */
int schedule_list(struct engine *engine, struct arena *arena, int64_t sync_id, struct schedule **ret, size_t *ret_count,
                  struct err *err) MUST_CHECK;
int schedule_get(struct db *db, struct arena *arena, int64_t id, struct schedule *ret, struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND. */
int schedule_remove(struct db *db, int64_t id, struct err *err) MUST_CHECK;
/* Goes on with the first moment after `now_ms`: what went by during the pause was not wanted. ERR_NOT_FOUND, also when it is done. */
int schedule_pause(struct db *db, struct arena *arena, int64_t id, bool pause, int64_t now_ms,
                   struct err *err) MUST_CHECK;
/* Another rule, zone for the same thing. */
int schedule_change(struct db *db, struct arena *arena, int64_t id, struct str rule, struct str zone, int64_t now_ms,
                    struct err *err) MUST_CHECK;
/* The wall clock may have been set back: a next moment that was counted from a later time is counted anew from `now_ms`, else nothing would run until the clock
 * is there again. Nothing runs for that alone. */
int schedule_recount(struct db *db, struct arena *arena, int64_t sync_id, int64_t now_ms, struct err *err) MUST_CHECK;
/* Active ones whose moment has come, longest due first; at most 100. */
int schedule_due(struct engine *engine, struct arena *arena, int64_t now_ms, struct schedule **ret, size_t *ret_count,
                 struct err *err) MUST_CHECK;
/* `due` as schedule_due gave it. *ret_mine false: somebody else took it, or it was paused or removed meanwhile; nothing is to be done then. */
int schedule_ran(struct db *db, const struct schedule *due, int64_t now_ms, bool *ret_mine, struct err *err) MUST_CHECK;

#endif
