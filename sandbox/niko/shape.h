/*
 * shape: what a record may hold, as tables, and a request body read through them.
 *
 * shape_read() gives back every member of the shape, in its order; what the body lacks is blank (null, or an empty list).
 * That is how a PUT replaces a record: nothing that was not sent survives. Members that the shape does not know, and those that
 * only the system writes, are left out in silence or refused, as `refuse_unknown` says ("the request is rejected or silently
 * ignored", API notes 3).
 *
 *	struct reading r = { .arena = arena, .check_words = true };
 *	record = shape_read(&r, &patient_shape, body);
 *	if (r.error_count) ...r.errors is [{"Field","Message"}]
 */
#ifndef SANDBOX_NIKO_SHAPE_H
#define SANDBOX_NIKO_SHAPE_H

#include "codec/json.h"

enum member_kind {
	M_TEXT,
	M_DATE,   /* YYYY-MM-DD of the calendar */
	M_MOMENT, /* RFC 3339 */
	M_WHOLE,  /* a whole number */
	M_FLAG,   /* true or false; blank: false */
	M_WORD,   /* one of `words` */
	M_ID,     /* text or whole number; kept as text */
	M_PART,   /* an object of `shape` */
	M_LIST,   /* objects of `shape` */
};

enum {
	NEEDED = 1,    /* must be there and not blank */
	SYSTEM = 2,    /* only the system writes it: never taken from a body */
	MAY_LACK = 4,  /* M_PART: null when absent, else it is there with blank members */
	CUT_TO_5 = 8,  /* longer texts are cut */
	CUT_TO_2 = 16, /* and put into capitals */
	DIGITS = 32,   /* everything but digits is dropped */
};

struct shape;

struct member {
	const char *name;
	enum member_kind kind;
	unsigned flags;
	const char *words; /* M_WORD: separated by "|" */
	const char *blank; /* the value that stands in for a blank one, or NULL */
	const struct shape *shape;
};

struct shape {
	const struct member *members;
	size_t count;
};

struct reading {
	struct arena *arena;
	bool refuse_unknown;
	bool ignore_types; /* a value of the wrong type counts as blank instead of being refused */
	bool check_words;  /* M_WORD takes no other words */
	bool lenient;      /* NEEDED does not count: a person's old chart */
	struct json *errors;
	size_t error_count;
};

struct json *shape_read(struct reading *r, const struct shape *shape, const struct json *body);
void shape_complain(struct reading *r, struct str field, const char *message);
bool member_knows(const char *words, struct str word);
/* Letters and digits of a telephone number: digits only. */
struct str digits_of(struct arena *arena, struct str text);

#endif
