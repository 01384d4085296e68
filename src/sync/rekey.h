/*
 * rekey: another key. The key file holds both until the end, so that it may be killed at any moment and called again: it goes on where it stood. Every sealed value
 * of every table is sealed anew in small transactions, beside whoever is at work; each process notices the new key by itself (codec/keyring.h). Only writer of the
 * table `lasting_key`, which keeps the keys of the look-up hashes (box_blind): those of names and birth dates cannot be made anew without the names.
 *
 * The old key is forgotten when a whole walk has found nothing of it, what was sealed anew is on the disk, and nobody else is at work who might still hold a box that he
 * sealed before: everybody who has the folder open holds its lock `key.lock` together with the others, and who has another folder on the same database holds leases
 * (lease.h). Where somebody is, the next call does it, an hour after the change at the earliest.
 */
#ifndef SUTURE_SYNC_REKEY_H
#define SUTURE_SYNC_REKEY_H

#include "sync/sealed.h"

/* For whoever opens a Suture: takes part in its lock, before the store is opened; takes the lasting keys out of that. arrive enters where that was not done. */
int rekey_enter(struct engine *engine, struct err *err) MUST_CHECK;
int rekey_arrive(struct engine *engine, struct err *err) MUST_CHECK;
void rekey_leave(struct engine *engine);
/* Nobody has the folder open, and whoever opens it waits until *ret_fd is closed: for who puts another database there. ERR_CONFLICT: somebody has. */
int rekey_bar(const char *dir, int *ret_fd, struct err *err) MUST_CHECK;

struct rekey_order {
	const char *key_path; /* the key file */
	struct str new_key;   /* empty: one is made */
	bool prepare;         /* the new key is put into the file as the next one, and nothing else */
	bool dry;             /* count what is sealed */
	/* Now and then; may be NULL. */
	void (*told)(void *context, const char *what, int64_t resealed);
	void *context;
};

/* Adds the numbers of the keys that something in the database is sealed with, a byte each; of those only that are known, as a damaged box has any number. */
int rekey_numbers(struct db *db, const struct keyring *keys, struct buf *out, struct err *err) MUST_CHECK;

enum { SEALED_COLUMNS = 11 };
struct rekey_report {
	struct {
		const char *what; /* "staged.body" */
		int64_t boxes;    /* sealed anew; of a dry run: that there are */
		int64_t broken;   /* opened with no key that is known: left as they are */
	} of[SEALED_COLUMNS];
	bool changed;          /* the key was changed by this call; false: an earlier change went on */
	bool finished;         /* the old key is known to nobody any more */
	bool from_environment; /* the keys come from there: nothing in a file was changed */
};
/* ERR_CONFLICT: no new key was given, and the one of the environment has no old one beside it. */
int rekey(struct engine *engine, const struct rekey_order *order, struct rekey_report *ret, struct err *err) MUST_CHECK;

#endif
