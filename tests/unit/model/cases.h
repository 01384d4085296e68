/*
 * cases: runs a file of tests/cases (grammar: tests/cases/README.md), one TAP line a case, and what its runners share.
 */
#ifndef SUTURE_TESTS_CASES_H
#define SUTURE_TESTS_CASES_H

#include "lib/arena.h"
#include "lib/buf.h"
#include "model/value.h"

struct test_case {
	struct str name;
	struct str setting;
	struct str input;
	struct str want;
};

/* Does what the case says, writes the outcome as the file would spell it, and says whether it is as wanted. */
typedef bool case_fn(struct arena *arena, const struct test_case *c, struct buf *got);

/* For main(): 0 when all passed. `at_least`: a file that lost its cases is a failure too. */
int cases_run(const char *file, size_t at_least, case_fn *run);
/* Most runners: the outcome in words must be what stands there. */
bool case_is(const struct test_case *c, const struct buf *got);

/* The next part before `sep`, trimmed; a part in quotes may hold it. False when nothing is left. */
bool case_part(struct str *rest, char sep, struct str *ret);
/* A value as cases spell it: - is blank, bare true, false and numbers are themselves, "..." is a JSON string, else a text. */
struct value case_value(struct arena *arena, struct str text);
/* The other way round. */
void case_print(struct buf *out, struct value v);
/* A text that is known to be one, such as a normal form: in quotes only where it must. */
void case_print_text(struct buf *out, struct str text);
/* JSON, or abort with the text: a mistake in the case file. */
struct json *case_json(struct arena *arena, struct str text);
struct json *case_yaml(struct arena *arena, struct str text);

#endif
