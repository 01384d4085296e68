/*
 * faults: a switch that makes calls go wrong on purpose, the same way every time for the same seed.
 *
 *	[{ "match": "PATCH /services*", "kind": "500", "rate": 0.05, "seed": 7, "after": 10, "times": 3 }]
 *
 *	match   method and path with * and ?; a method of * fits all. Default: every call
 *	kind    see below
 *	rate    part of the matching calls that is struck, 0 to 1 (default 1), drawn from `seed` and the call's number
 *	after   leave the first n matching calls alone (default 0)
 *	times   strike at most n times (default: no end)
 *	ms      latency: how long (others may add it too)
 *	share   partial: part of the rows of the struck call that fail (default 0.5)
 *
 * All latency rows that strike add up; of the others the first that strikes wins.
 *
 *	latency            the answer comes `ms` later, or when the rows are replaced
 *	429 500 503        the vendor's own wording of it; the call has no effect
 *	drop_before        connection closed, no effect
 *	drop_after_commit  the call takes effect, then the connection is closed without an answer
 *	lock               the vendor's row lock error, for the record or for every row of a call
 *	partial            some rows of a call fail, others take effect
 *	expire             the caller's token stops being valid
 *	malformed          the call takes effect, the answer is cut in half
 *	html               502 with an HTML page, as a gateway gives; no effect
 *	limit              the vendor's "too many calls today"
 */
#ifndef SUTURE_SANDBOX_FAULTS_H
#define SUTURE_SANDBOX_FAULTS_H

#include "codec/json.h"

#define FAULT_LIST(X)                                   \
	X(FAULT_LATENCY, "latency")                     \
	X(FAULT_429, "429")                             \
	X(FAULT_500, "500")                             \
	X(FAULT_503, "503")                             \
	X(FAULT_DROP_BEFORE, "drop_before")             \
	X(FAULT_DROP_AFTER_COMMIT, "drop_after_commit") \
	X(FAULT_LOCK, "lock")                           \
	X(FAULT_PARTIAL, "partial")                     \
	X(FAULT_EXPIRE, "expire")                       \
	X(FAULT_MALFORMED, "malformed")                 \
	X(FAULT_HTML, "html")                           \
	X(FAULT_LIMIT, "limit")

#define FAULT_ENUM_ROW(kind, name) kind,
enum fault_kind { FAULT_NONE, FAULT_LIST(FAULT_ENUM_ROW) };
#undef FAULT_ENUM_ROW

/* What strikes one call. */
struct fault {
	enum fault_kind kind;
	int64_t latency_ms;
	double share;
	uint64_t dice; /* state of fault_roll() */
};

struct faults {
	struct arena arena;
	struct fault_row *rows;
	size_t count;
	bool loaded; /* rows are new: whoever holds an answer up because of old ones lets it go, and takes this back */
};

#define FAULTS_INIT \
	{           \
		0   \
	}

/* Replaces all rows. ERR_USAGE names the row and key that is wrong; the old rows stay then. */
int faults_load(struct faults *faults, const struct json *rows, struct err *err) MUST_CHECK;
void faults_release(struct faults *faults);
struct fault faults_draw(struct faults *faults, struct str method, struct str path);
/* True with probability `share`, from the call's own dice: for the rows of a partial failure. */
bool fault_roll(struct fault *fault, double share);
const char *fault_name(enum fault_kind kind);
void faults_write(const struct faults *faults, struct buf *out); /* rows, with "seen" and "struck" */
/* Shell-like: * any run of characters (slashes too), ? one character. */
bool fault_glob(struct str pattern, struct str text);

#endif
