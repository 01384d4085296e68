/*
 * defs: the words of the dialect. First include everywhere; includes nothing of ours.
 *
 * SCOPED(type) runs type_scoped_release() when the variable leaves its block:
 *
 *	SCOPED(arena) struct arena arena = ARENA_INIT;
 *
 * Assertions stay on in release builds and are never used for data that came from outside:
 *	ensure(x)          cannot be otherwise
 *	must(x)            ought to be handled one day (memory is gone)
 *	unreachable("why")
 */
#ifndef SUTURE_LIB_DEFS_H
#define SUTURE_LIB_DEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCOPED(type)       __attribute__((cleanup(type##_scoped_release)))
#define MUST_CHECK         __attribute__((warn_unused_result))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define UNUSED             __attribute__((unused))
#define ARRAY_LEN(a)       (sizeof(a) / sizeof((a)[0]))
#define MIN_OF(a, b)       ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b)       ((a) > (b) ? (a) : (b))

/* a * b and a + b, or an abort: sizes that overflow are our bug, data from outside is bounded before. */
#define size_mul(a, b)                                                                  \
	({                                                                              \
		size_t size_result_;                                                    \
		must(!__builtin_mul_overflow((size_t)(a), (size_t)(b), &size_result_)); \
		size_result_;                                                           \
	})
#define size_add(a, b)                                                                  \
	({                                                                              \
		size_t size_result_;                                                    \
		must(!__builtin_add_overflow((size_t)(a), (size_t)(b), &size_result_)); \
		size_result_;                                                           \
	})

__attribute__((noreturn)) void defs_abort(const char *kind, const char *what, const char *file, int line);

#define ensure(x)        ((x) ? (void)0 : defs_abort("ensure", #x, __FILE__, __LINE__))
#define must(x)          ((x) ? (void)0 : defs_abort("must", #x, __FILE__, __LINE__))
#define unreachable(why) defs_abort("unreachable", why, __FILE__, __LINE__)

#endif
