/*
 * property: a game that people, two far systems, bad luck and the engine play from a seed, and what must hold whenever it comes to rest.
 *
 *	property.c         the rounds of a game, and the games of a test or a soak
 *	property_acts.c    what people do on either side, and what tells us of it: webhooks and streams, lost, late, twice, out of order
 *	property_world.c   both far systems as they are; the history of every field: who said what when
 *	property_engine.c    the engine, driven by one thread: time, turns of the road's stations, deaths, people who come in between
 *	property_model.c   what a field has to hold in the end, by R17 and R19 to R23: reasoned from the history alone
 *	property_check.c   links, counts, payloads, echoes
 *
 * A game is reproducible: PROPERTY_SEED=N PROPERTY_STEPS=M plays the same one to the last row, as all of the engine's work is done on the thread that
 * plays (hand.h). What threads do to each other is tried elsewhere (road.c, the scenarios).
 */
#ifndef SUTURE_TESTS_SYNC_PROPERTY_H
#define SUTURE_TESTS_SYNC_PROPERTY_H

#include "connectors/memory.h"
#include "hand.h"
#include "sync/catalog.h"
#include "sync/link.h"
#include "sync/reconcile.h"
#include "sync/run.h"

enum field {
	FIELD_FIRST,
	FIELD_LAST,
	FIELD_BIRTH,
	FIELD_MAIL,
	FIELD_CITY,
	FIELD_MOBILE,
	FIELD_PAYER, /* EMR to CRM only */
	FIELD_STAGE, /* CRM to EMR only */
	FIELDS
};

enum { PEOPLE = 250, TEXT = 48, ID = 24 };

/* What a field of a record holds since that step, as the far side keeps it. */
struct said {
	char text[TEXT];
	int step;   /* of the person who said it; -1: it stood there when all was at rest */
	bool raced; /* a write of ours was under way, decided on what was read before: it may overwrite this, as these systems have no precondition (R26) */
	struct said *before;
};

struct record_of {
	enum side side;
	char id[ID];
	bool gone;                 /* deleted or merged into another one */
	bool made;                 /* by the engine */
	char made_for[ID];         /* the record of the other side that it was made for */
	struct said *said[FIELDS]; /* by people, the latest first; the last one of each is what stood there at rest */
	int64_t changed_ms;        /* when a person did so last, by the far clock */
	int touched;               /* the step of a person's latest act on it; -1: none since the last rest */
	bool asked;                /* a person wished something of it since the last rest */
	bool survived;  /* another record was merged into it since the last rest: it may have taken over a link (R32) */
	int asked_ever; /* wishes that may create its counterpart */
	bool let_go;    /* its link ended, and nobody asked since (R29) */
	struct str seen; /* its text when it was last told of */
};

/* A pair that was linked when all was at rest. */
struct pair_of {
	int64_t link;
	struct record_of *at[2];
	bool parked[FIELDS]; /* waits for a person (R22) */
};

struct rules {
	enum winner winner[FIELDS];
	enum blank_rule blank[FIELDS];
	bool times[2], changes[2],
	        answers[2]; /* by side: records carry times; changes can be asked for; writes answer with the record */
	int rewrites[2];    /* see property_world.c */
	bool lossy;         /* one of them changes what a city is */
	enum on_removal on_removal[2];
	bool back_reference;
};

struct act_line {
	int step;
	char text[160];
	struct act_line *next;
};

struct notice;

struct game {
	uint64_t seed, random;
	int step, steps;
	struct engine engine;
	struct plan *plan;
	struct connection *conn[2];
	struct arena arena;
	char path[64];
	struct rules rules;
	struct record_of *people[2][PEOPLE];
	size_t count[2]; /* records ever, as the far sides number them */
	int64_t far_ms[2];
	unsigned seen_written[2];
	struct notice *notices;
	struct act_line *lines, *last_line;
	struct pair_of pairs[PEOPLE];
	size_t pair_count;
	/* since the last rest */
	bool quiet; /* the engine did nothing while people did */
	bool told;  /* but was told of what they did in between */
	bool lost;  /* somebody was deleted or merged: a link that was being made may be gone with one of its records */
	bool new_policy; /* the policy changed just before */
	unsigned acts;
	unsigned written; /* counters of both far sides at the last rest */
	unsigned faults;
	struct hand hand;
	bool dead;
	int die_in, come_between_in; /* commits until then; 0: never */
	bool refusing;
};

/* ---- chance ---- */
uint64_t chance(struct game *g);
unsigned one_of(struct game *g, unsigned n); /* 0 to n - 1 */
bool percent(struct game *g, unsigned p);

/* ---- property.c: a broken promise ends the game ---- */
struct err;
__attribute__((noreturn)) void broken(struct game *g, const struct record_of *a, const struct record_of *b,
                                      const char *format, ...) PRINTF(4, 5);
void must_go(struct game *g, int code, const struct err *err);
void note(struct game *g, const char *format, ...) PRINTF(2, 3);

/* ---- property_world.c ---- */
extern const struct field_facts {
	const char *name, *member[2], *type;
	enum direction direction;
} field_facts[FIELDS];

void world_open(struct game *g);
void world_close(struct game *g);
void world_restart(struct game *g); /* the store is closed and opened again */
/* The configuration with the rules as they are; the plan is opened anew over the same two systems. */
void world_configure(struct game *g);
/* Both far clocks and ours are brought up to the latest of them, then `ms` further. */
void world_pass(struct game *g, int64_t ms);
const char *world_object(enum side side);
/* What the far record holds now; "" when blank or not there. */
void world_text(struct game *g, const struct record_of *r, enum field field, char text[TEXT]);
const char *world_member(struct game *g, const struct record_of *r, const char *member);
struct record_of *world_find(struct game *g, enum side side, struct str id);
struct record_of *world_add(struct game *g, enum side side, const char *id, bool made);
/* A person writes to the record (memory_put); what changed by it is taken down as said. */
void world_put(struct game *g, struct record_of *r, const char *json);
/* What stands there now is where history begins anew. */
void world_rest(struct game *g, struct record_of *r);
/* Records that the engine made or wrote to. Calls `on_change` for each. */
void world_look_around(struct game *g, void (*on_change)(struct game *g, struct record_of *r, const char *what));

/* ---- property_acts.c ---- */
void act_at_random(struct game *g);
void act_edit(struct game *g); /* what a person may do at any instant */
void act_create(struct game *g, enum side side);
/* What is due of what was told of changes reaches us; `all`: whatever is under way. */
void notices_deliver(struct game *g, bool all);
void notices_forget(struct game *g);
void notice_change(struct game *g, struct record_of *r, const char *what);

/* ---- property_engine.c ---- */
/* One station works until it has nothing more to do. True: it did something. */
bool engine_turn(struct game *g, enum turn turn);
/* All of them, until nothing moves. False: something is still owed that cannot go now. */
bool engine_drain(struct game *g, bool with_low);
void engine_run(struct game *g, enum run_kind kind, struct str csv);
/* Faults off, time passes, deltas: until nothing moves any more. */
void engine_settle(struct game *g);
/* A write to the record is owed, or decided from what was read of it before now. */
bool engine_is_writing(struct game *g, const struct record_of *r);
/* The process died: whatever it had in memory is gone. */
void engine_revive(struct game *g);
void engine_forget(struct game *g); /* the reconciler, before the plan is closed */

/* ---- property_model.c ---- */
/* Equal by the rules of the field's type; "" is blank. */
bool model_same(enum field field, const char *a, const char *b);
/* Equal once both far sides have rewritten what they were sent (R27). */
bool model_agree(const struct game *g, enum field field, const char *a, const char *b);
void check_pair(struct game *g, const struct pair_of *pair, const struct pair_of *before);
void check_unlinked(struct game *g, const struct record_of *r);

/* ---- property_check.c ---- */
void check_at_rest(struct game *g);
/* What the store knows of it, on stderr. */
void show_trail(struct game *g, const struct record_of *r);
/* From here on history counts anew. */
void rest(struct game *g);
bool check_waits_for_person(struct game *g, int64_t link, enum field field);
/* Was it linked to others than these two since the last rest, and is no longer? */
bool check_had_another(const struct game *g, const struct record_of *r, const struct pair_of *pair);

#endif
