/*
 * transform: named conversions between the EMR's form of a value and the CRM's. Each is a row: name, arguments, forward (EMR to CRM) and
 * inverse. A two-way mapping with a one-way transform fails validation. To add one: a row and a function in transform.c,
 * three-line cases in tests/cases/transforms.case.
 */
#ifndef SUTURE_MODEL_TRANSFORM_H
#define SUTURE_MODEL_TRANSFORM_H

#include "model/value.h"

struct transform_kind;
struct transform {
	const struct transform_kind *kind;
	const struct json *args;      /* object or NULL */
};

/* `spec`: "phone" or {map: {male: Male}, else: keep}. ERR_CONFIG. */
int transform_parse(struct arena *arena, const struct json *spec, struct transform *ret, struct err *err) MUST_CHECK;
bool transform_has_inverse(const struct transform *t);
/* `in`: one value for each EMR path of the field (most have one). ERR_DATA: "is no calendar date" (never the value itself). */
int transform_forward(const struct transform *t, struct arena *arena, const struct value *in, size_t count, struct value *ret,
		      struct err *err) MUST_CHECK;
int transform_inverse(const struct transform *t, struct arena *arena, struct value in, struct value *ret, size_t count,
		      struct err *err) MUST_CHECK;
/* For documentation and the console: rows of name, summary, two-way. */
size_t transform_count(void);
void transform_info(size_t n, const char **ret_name, const char **ret_summary, bool *ret_two_way);

#endif
