/* Private to the transforms: what a kind is, and the kinds' functions by file. */
#ifndef SUTURE_MODEL_TRANSFORM_KINDS_H
#define SUTURE_MODEL_TRANSFORM_KINDS_H

#include "model/transform.h"

/* `args`: what stands after the name, NULL when the name stands alone. `spec`: the object it stands in, for options; may be NULL. */
struct transform_spec {
	const char *name;
	const struct json *args;
	const struct json *spec;
};

typedef int transform_setup_fn(struct arena *arena, const struct transform_spec *spec, struct transform *ret,
                               struct err *err);
typedef int transform_forward_fn(const struct transform *t, struct arena *arena, const struct value *in, size_t count,
                                 struct value *ret, struct err *err);
typedef int transform_inverse_fn(const struct transform *t, struct arena *arena, struct value in, struct value *ret,
                                 size_t count, struct err *err);

struct transform_kind {
	const char *name;
	const char *summary;
	transform_setup_fn *setup;     /* NULL: takes no argument */
	transform_forward_fn *forward; /* never sees a blank, unless `several` or `takes_blank` */
	transform_inverse_fn *inverse; /* NULL: one-way; never sees a blank */
	const char *options;           /* keys beside the name: "else back" */
	bool several;                  /* EMR paths: one or more */
	bool takes_blank;              /* and no EMR path at all */
	bool typed;
	enum value_type type;
};

/* A text result: blank when nothing is left of it. */
struct value transform_text_value(struct str text);
/* "transform 'date': ..." */
int transform_refuse(struct err *err, const struct transform_spec *spec, const char *why);

extern transform_setup_fn setup_phone, setup_affix, setup_truncate, setup_split, setup_separator, setup_constant;
extern transform_forward_fn forward_same, forward_trim, forward_upper, forward_lower, forward_title, forward_digits,
        forward_phone, forward_prefix, forward_suffix, forward_truncate, forward_split, forward_join, forward_lines,
        forward_constant;
extern transform_inverse_fn inverse_same, inverse_phone, inverse_prefix, inverse_suffix, inverse_lines;

extern transform_setup_fn setup_map, setup_date, setup_datetime, setup_bool, setup_number, setup_state, setup_country;
extern transform_forward_fn forward_map, forward_date, forward_datetime, forward_bool, forward_number, forward_place;
extern transform_inverse_fn inverse_map, inverse_date, inverse_datetime, inverse_bool, inverse_number, inverse_place;

#endif
