/*
 * fuzz: what the targets share. A target is one function that takes any bytes and checks laws with them; it is called by libFuzzer (entry.c)
 * and, over the kept corpus, by ./run test (replay.c). The same bytes must always do the same.
 *
 * Inputs are texts that a person can read and write: `fuzz_line` takes choices from the top, `fuzz_part` cuts at lines of "----".
 *
 * To add a target: a row in FUZZ_TARGETS and in meson.build, fuzz_NAME.c, seeds in corpus/NAME/.
 */
#ifndef SUTURE_TESTS_FUZZ_FUZZ_H
#define SUTURE_TESTS_FUZZ_FUZZ_H

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"

#define FUZZ_TARGETS(X) \
	X(config)       \
	X(csv)          \
	X(descriptor)   \
	X(emr)          \
	X(http)         \
	X(json)         \
	X(path)         \
	X(recurrence)   \
	X(salesforce)   \
	X(sealed)       \
	X(transform)    \
	X(url)          \
	X(value)        \
	X(webhook)      \
	X(yaml)

/* Those of the stand-in systems: a program of their own, since both sides of a call may bear the same name. */
#define FUZZ_SANDBOX_TARGETS(X) X(soql)

/* Those that need the API, and a daemon's inside that is none. */
#define FUZZ_API_TARGETS(X) X(api)

#define FUZZ_DECLARE(name) void fuzz_##name(struct str input);
FUZZ_TARGETS(FUZZ_DECLARE)
FUZZ_SANDBOX_TARGETS(FUZZ_DECLARE)
FUZZ_API_TARGETS(FUZZ_DECLARE)
#undef FUZZ_DECLARE

/* Longest input that a target looks at: more finds nothing else, slower. */
#define FUZZ_INPUT_MAX ((size_t)64 << 10)

/* What must hold of every input. Ends the program, as a crash would. */
#define law(x) ((x) ? (void)0 : defs_abort("law", #x, __FILE__, __LINE__))

/* Up to the next line end, which is dropped; the rest stays in *rest. Empty at the end. */
static inline struct str fuzz_line(struct str *rest)
{
	struct str line = STR_EMPTY;

	(void)str_split(rest, '\n', &line);
	return line;
}

/* Up to a line "----"; all that is left where there is none. */
static inline struct str fuzz_part(struct str *rest)
{
	static const struct str cut = { "\n----\n", 6 };
	ptrdiff_t at = str_find(*rest, cut);
	struct str part = at < 0 ? *rest : str_range(rest->at, (size_t)at);

	*rest = at < 0 ? STR_EMPTY : str_skip(*rest, (size_t)at + cut.len);
	return part;
}

/* Numbers that depend on the input alone: where it is cut into chunks. */
struct fuzz_dice {
	uint64_t state;
};

static inline struct fuzz_dice fuzz_dice_of(struct str input)
{
	return (struct fuzz_dice) { str_hash(input) | 1 };
}

static inline size_t fuzz_below(struct fuzz_dice *dice, size_t limit)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return limit ? (size_t)(dice->state >> 16) % limit : 0;
}

/* The next piece of *rest: mostly a few bytes, sometimes many; never empty while something is left. */
static inline struct str fuzz_chunk(struct fuzz_dice *dice, struct str *rest)
{
	size_t len = 1 + fuzz_below(dice, fuzz_below(dice, 4) ? 8 : 4096);
	struct str chunk = str_range(rest->at, MIN_OF(len, rest->len));

	*rest = str_skip(*rest, chunk.len);
	return chunk;
}

#endif
