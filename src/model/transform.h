/*
 * transform: named conversions between the EMR's form of a value and the CRM's. Each is a row: name, arguments, forward (EMR to CRM) and
 * inverse. A two-way mapping with a one-way transform fails validation. To add one: a row in transform.c and its functions in
 * transform_text.c or transform_data.c, three-line cases in tests/cases/transforms.case, a line in docs/MAPPING.md.
 *
 * Spelt in a mapping as a name, as a name with its argument and options, or as a list (applied in this order towards the CRM):
 *
 *	transform: lines
 *	transform: {map: {male: Male, female: Female}, else: keep}
 *	transform: [trim, {truncate: 40}]
 *
 * A blank comes out of every transform as a blank, in both directions; only `constant` makes something out of nothing.
 */
#ifndef SUTURE_MODEL_TRANSFORM_H
#define SUTURE_MODEL_TRANSFORM_H

#include "model/value.h"

struct transform_kind;
struct transform {
	const struct transform_kind *kind; /* NULL: as it is */
	const struct json *args;           /* object or NULL */
	const void *setup;                 /* what the kind made of its arguments */
	const char *one_way;               /* why there is no way back; NULL: there is one */
};

/* `spec`: "phone" or {map: {male: Male}, else: keep}; NULL or null: as it is. ERR_CONFIG. */
int transform_parse(struct arena *arena, const struct json *spec, struct transform *ret, struct err *err) MUST_CHECK;
bool transform_has_inverse(const struct transform *t);
const char *transform_name(const struct transform *t); /* "lines", for people; "" for as it is */
/* May a field with that many EMR paths use it? Only some take several; `constant` alone takes none. */
bool transform_takes_paths(const struct transform *t, size_t count);
/* The type that its results have (date, phone, bool...), for fields that name none; false: any. */
bool transform_result_type(const struct transform *t, enum value_type *ret);
/* `in`: one value for each EMR path of the field (most have one). ERR_DATA: "is no calendar date" (never the value itself). */
int transform_forward(const struct transform *t, struct arena *arena, const struct value *in, size_t count,
                      struct value *ret, struct err *err) MUST_CHECK;
/* Only when transform_has_inverse(). Fills `count` values, one for each EMR path. */
int transform_inverse(const struct transform *t, struct arena *arena, struct value in, struct value *ret, size_t count,
                      struct err *err) MUST_CHECK;
/* For documentation and the console: rows of name, summary, two-way. */
size_t transform_count(void);
void transform_info(size_t n, const char **ret_name, const char **ret_summary, bool *ret_two_way);

#endif
