/*
 * crash: scenarios that are cut short at each of their points, and what must hold afterwards.
 *
 *	crash_points.c      the program: which points, the processes that die at them, the tally
 *	crash_scenarios.c   the scenarios: a few steps each of people and of the engine
 *	crash_acts.c        what people do in them, and how the engine is told
 *	crash_child.c       processes, each on a copy of the database
 *	crash_world.c       a process's view: both far sides, an engine driven by hand (hand.h), steps, coming to rest
 *	crash_look.c        how the world looks at rest, as text that can be compared
 *	crash_far.c         far sides that outlive the process: what they were asked for is noted, and played again in the next one
 *	crash_file.c        the files of the database as a seam
 *	crash_server.c      a database server: a schema for each process at a time, set back for each point
 *	crash_wire.c        what is said to it as a seam
 *
 * A scenario is prepared once; its database is closed and copied for each point: a file, or where SUTURE_TEST_STORE names a server a schema. A child process works on the copy until the fault strikes. If it dies,
 * another child plays again what the far sides had done by then, opens the database and goes on with the step that was cut short, as the daemon, or the
 * person who was not answered, would. If it lives it goes on itself. At rest the world must look as if nothing had happened.
 */
#ifndef SUTURE_TESTS_SYNC_CRASH_H
#define SUTURE_TESTS_SYNC_CRASH_H

#include "fault.h"
#include "hand.h"
#include "rig.h"

enum { STEPS_MOST = 12, JOURNAL_BYTES = 1 << 20, LOOK_BYTES = 1 << 16 };

/* Memory of all processes of one point. */
struct shared {
	struct fault fault;
	size_t step; /* the one that is under way, or was when the process died */
	int64_t now_ms;
	bool edited;                 /* people did what a scenario has them do once */
	bool calm;                   /* the scenario is over, the world comes to rest */
	int64_t done[2], settled[2]; /* by side: writes carried out; those of them that a commit knows of */
	int64_t answered[2];         /* heard of, and not committed yet */
	int64_t in_doubt[2];         /* when the fault struck: carried out, and known of by no commit */
	bool forgot;                 /* commits went with the server */
	bool ended;                  /* the look below is whole */
	char trouble[1000];          /* why not */
	char look[LOOK_BYTES];
	size_t used;
	char journal[JOURNAL_BYTES];
};

struct world {
	struct rig rig;
	struct hand hand;
	struct shared *shared;
	const struct scenario *scenario;
	bool again;          /* the step was begun before: by a process that died, or it failed */
	char schema[64];     /* of a server: what the scenario begins with */
	int64_t runs_before; /* batches that were complete when the points began */
	void (*between)(
	        void); /* NULL, or called in front of each transaction that writes, of each call and of its answer */
};

/* A step: 0, or what it failed with. It may be begun again. */
typedef int step_fn(struct world *w, struct err *err);
struct scenario {
	const char *name;
	const char *settings, *more_fields; /* see rig.h */
	void (*prepare)(struct world *w);   /* people and the engine, before the points are counted */
	step_fn *steps[STEPS_MOST];
	size_t write_batch, bulk_batch; /* 0: as it is */
};
extern const struct scenario scenarios[];
extern const size_t scenario_count;

/* ---- crash_world.c ---- */
/* With a closed store; w->rig.path has its file, or w->schema its rows. */
void world_open(struct world *w, const struct scenario *scenario, struct shared *shared);
void world_close(struct world *w);
/* In a child: the store of that folder is opened, the steps are taken from shared->step on, all comes to rest, shared->look is filled. */
void world_play(struct world *w, const char *folder);
/* The same without the steps: its beginning and its end. */
void world_wake(struct world *w, const char *folder);
void world_rest(struct world *w);
int world_run(struct world *w, enum run_kind kind, const char *csv, struct err *err);
/* A scenario has one batch: was it complete when the process died, or was told otherwise? Nobody begins it again then. */
int world_run_once(struct world *w, enum run_kind kind, const char *csv, struct err *err);
int world_drain(struct world *w, bool with_low, struct err *err);
__attribute__((noreturn)) void world_broken(struct world *w, const char *format, ...) PRINTF(2, 3);

/* ---- crash_far.c: both far sides; what people and our calls do there is noted ---- */
void far_wrap(struct world *w);
void far_play_again(struct world *w);
void far_put(struct world *w, enum side side, const char *json);
void far_put_raw(struct world *w, enum side side, const char *bytes);
void far_remove(struct world *w, enum side side, const char *id);
void far_merge(struct world *w, enum side side, const char *loser, const char *survivor);
void far_pass(struct world *w, int64_t ms);
void far_committed(struct world *w, bool known); /* what was answered, before this commit; else it failed */
const char *far_object(enum side side);

/* ---- crash_file.c ---- */
void file_seam(struct fault *fault);

/* ---- crash_wire.c ---- */
void wire_seam(struct fault *fault);
void wire_about(const char *statement); /* what was run last: it is sent next */

/* ---- crash_server.c: child_folder and its like, on a server, where a folder is the name of a schema ---- */
void server_schema(int worker, char *ret, size_t size);
void server_fresh(const struct world *w, const char *schema);
const char *server_url(struct arena *arena, const char *schema);
/* Of the store that is open. */
void server_name_schema(struct world *w);

/* ---- crash_look.c ---- */
void look_around(struct world *w, char *out, size_t size);
/* A record that was made by a process of which nothing is known any more is found by the next one: the batch tells "linked" for "created". */
void look_without_outcomes(const char *look, char *out);
/* NULL: none; else `text`, which tells the lines. */
const char *look_difference(const char *is, const char *should, char *text, size_t size);

/* ---- crash_child.c ---- */
enum { CHILD_KILLED = 1000 };
/* Memory that all processes of this one share. */
void *child_share(size_t size);
/* `worker`: of those that are at work at the same time. */
void child_folder(int worker, char *ret, size_t size);
void child_folder_remove(const char *folder);
/* That folder has the database as the scenario begins with it. */
void child_fresh(const struct world *w, const char *folder);
/* Its exit status; CHILD_KILLED: kill -9; -1: another signal, or it hung: *ret_why tells. */
int child_run(void (*fn)(void *context), void *context, char *ret_why, size_t size);

#endif
