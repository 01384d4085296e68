/*
 * err: what went wrong, as a code for the program and a sentence for a person.
 *
 * A function that can fail returns 0 or a negative code and takes a trailing `struct err *`, which stays untouched on
 * success. Never NULL. The sentence never carries a patient's data (R41): it names fields, ids of records
 * and what to do next; control characters in it become "?". To add a code: one row in ERR_LIST.
 *
 *	return err_set(err, ERR_CONFIG, "line %d: unknown key '%s'", line, key);
 *	return err_wrap(err, "open %s", path);          -- "open X: <what was there>"
 */
#ifndef SUTURE_LIB_ERR_H
#define SUTURE_LIB_ERR_H

#include "lib/str.h"

/* class: RETRY by itself later, REFUSED for this data, PERSON must do something, BUG of ours. */
#define ERR_LIST(X)                                                                  \
	X(ERR_SYSTEM, PERSON, "system", "the operating system refused something")    \
	X(ERR_MEMORY_LIMIT, REFUSED, "too_large", "larger than Suture accepts")      \
	X(ERR_PARSE, REFUSED, "malformed", "not well-formed")                        \
	X(ERR_DATA, REFUSED, "bad_value", "a value does not fit")                    \
	X(ERR_CONFIG, PERSON, "config", "the configuration is wrong")                \
	X(ERR_USAGE, PERSON, "usage", "the command was called wrongly")              \
	X(ERR_NOT_FOUND, REFUSED, "not_found", "no such thing")                      \
	X(ERR_CONFLICT, REFUSED, "conflict", "something else holds the place")       \
	X(ERR_STORE, PERSON, "store", "the database refused something")              \
	X(ERR_DISK_FULL, PERSON, "disk_full", "the disk is full")                    \
	X(ERR_KEY, PERSON, "key", "the key is missing or does not fit")              \
	X(ERR_NETWORK, RETRY, "network", "the other system could not be reached")    \
	X(ERR_TIMEOUT, RETRY, "timeout", "the other system did not answer in time")  \
	X(ERR_RATE, RETRY, "rate_limited", "the other system asked to slow down")    \
	X(ERR_FAR_SIDE, RETRY, "far_side", "the other system failed")                \
	X(ERR_REFUSED, REFUSED, "refused", "the other system refused the data")      \
	X(ERR_AUTH, PERSON, "auth", "the other system refused our credentials")      \
	X(ERR_UNSUPPORTED, PERSON, "unsupported", "the other system cannot do this") \
	X(ERR_ABORTED, PERSON, "aborted", "stopped by a person")                     \
	X(ERR_LIMIT, PERSON, "limit", "a limit that a person set was reached")       \
	X(ERR_GONE, RETRY, "gone", "the place to go on from is no longer known")     \
	X(ERR_BUG, BUG, "bug", "a mistake in Suture")                                \
	X(ERR_LEASE, RETRY, "lease_lost", "another process has taken the work over")

enum err_class { ERR_CLASS_RETRY, ERR_CLASS_REFUSED, ERR_CLASS_PERSON, ERR_CLASS_BUG };

#define ERR_ENUM_ROW(code, class, name, text) code##_ORDINAL,
enum { ERR_NONE_ORDINAL, ERR_LIST(ERR_ENUM_ROW) ERR_LAST_ORDINAL };
#undef ERR_ENUM_ROW
#define ERR_CODE_ROW(code, class, name, text) code = -code##_ORDINAL,
enum err_code { ERR_OK = 0, ERR_LIST(ERR_CODE_ROW) };
#undef ERR_CODE_ROW

struct err {
	enum err_code code;
	char text[960];
};

#define ERR_INIT  \
	{         \
		0 \
	}

/*
 * All three are negative codes, so that they can be returned; macros around functions, so that the compiler sees that they are negative
 * and knows that nobody reads what was not filled in.
 */
#define err_set(err, code, ...) (err_set_text(err, code, __VA_ARGS__), err_as_int(code))
#define err_wrap(err, ...)      (err_wrap_text(err, __VA_ARGS__), err_pass(err))
/* For errno after a failed system call: "open x: No such file or directory". ENOSPC becomes ERR_DISK_FULL. */
#define err_errno(err, ...) (err_errno_text(err, __VA_ARGS__), err_pass(err))

void err_set_text(struct err *err, enum err_code code, const char *format, ...) PRINTF(3, 4);
void err_wrap_text(struct err *err, const char *format, ...) PRINTF(2, 3);
void err_errno_text(struct err *err, const char *format, ...) PRINTF(2, 3);

static inline int err_as_int(enum err_code code)
{
	return (int)code;
}

/* The code of an error that is there: what a failed call left behind goes on to our caller. */
static inline int err_pass(const struct err *err)
{
	ensure(err->code < 0);
	return err->code;
}

enum err_class err_class_of(enum err_code code);
const char *err_name(enum err_code code); /* "rate_limited": stable, for --json and filters */
const char *err_meaning(enum err_code code);

#endif
