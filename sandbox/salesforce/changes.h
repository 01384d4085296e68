/*
 * changes: the log of change events (Change Data Capture, section 6.2). rows.c notes each change; when the call that made them
 * is over, changes_commit() turns what was noted into events: one transaction, one key, numbered in order. Changes that a
 * transaction took back leave no trace.
 *
 * An event shares the block of values with its row, so keeping it costs a few words. Events are numbered from 0 without gaps
 * inside; what a client sees is the replay id, which grows with gaps and never repeats over a restart.
 */
#ifndef SUTURE_SANDBOX_SALESFORCE_CHANGES_H
#define SUTURE_SANDBOX_SALESFORCE_CHANGES_H

#include "sandbox/salesforce/org.h"

enum change_type { CHANGE_CREATE, CHANGE_UPDATE, CHANGE_DELETE, CHANGE_UNDELETE, CHANGE_OVERFLOW };

struct change {
	int64_t replay;
	const struct object *object;
	enum change_type type;
	bool gap;            /* GAP_UPDATE and the like: only the header */
	bool whole;          /* no ids: "003*" */
	bool by_changed;     /* another user than the last time */
	struct cells *cells; /* as the row was afterwards; NULL: none of its values are told */
	uint64_t changed[CELL_WORDS];
	uint32_t created, modified; /* stamps of the row */
	uint32_t created_by, modified_by;
	uint32_t sequence;
	char (*ids)[ID_SHORT];
	uint32_t id_count;
	unsigned char key[16]; /* of the transaction */
	int64_t commit_ms, commit_number;
	const char *origin;
};

void changes_open(struct org *org);
void changes_close(struct org *org);
/* From here on changes are noted: what was there before was never an event. */
void changes_start(struct org *org);
/* No notes while true: for what belongs to another change. */
void changes_mute(struct org *org, bool mute);
/* `before`: the row as it was, for CHANGE_UPDATE; else NULL. The row itself is as it is now. */
void changes_note(struct org *org, struct object *object, uint32_t number, enum change_type type,
                  const struct row *before);
size_t changes_noted(const struct org *org);
/* Forgets all notes after the first `noted`. */
void changes_take_back(struct org *org, size_t noted);
void changes_commit(struct org *org);
/* A GAP event of the administrator's making. `id` empty: of the whole object. */
void changes_gap(struct org *org, struct object *object, enum change_type type, struct str id);

/* Events are first to end - 1; those before were dropped. */
uint64_t changes_first(const struct org *org);
uint64_t changes_end(const struct org *org);
const struct change *changes_at(const struct org *org, uint64_t number);
/* The number of the first event after this replay id; false: the id is outside of what is kept. */
bool changes_after(struct org *org, int64_t replay, uint64_t *ret);
/* What a client that asks for new events only has seen. */
int64_t changes_newest(const struct org *org);
int64_t changes_oldest(const struct org *org); /* ids from here to the newest are valid */

/* change_json.c: {"schema":..,"payload":..,"event":..} */
void change_write(struct buf *out, const struct org *org, const struct change *change);
/* "/data/ContactChangeEvent" */
bool change_channel_fits(struct str channel, const struct object *object);

#endif
