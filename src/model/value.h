/*
 * value: one mapped field's value, in the form in which the CRM would hold it. Both sides are brought into this form before they
 * are compared: the EMR's by its transform, the CRM's as read.
 */
#ifndef SUTURE_MODEL_VALUE_H
#define SUTURE_MODEL_VALUE_H

#include "codec/json.h"

/* How two values are compared (R19 to R22: "after normalisation by type"). To add one: a row in value.c. */
enum value_type {
	TYPE_TEXT,     /* trimmed, inner white space collapsed, line ends alike; case counts */
	TYPE_NAME,     /* as R7: case folding; accents count */
	TYPE_EMAIL,    /* trimmed, case ignored */
	TYPE_PHONE,    /* digits; a leading US 1 or 001 dropped when 10 remain; extension kept apart */
	TYPE_DATE,     /* calendar date YYYY-MM-DD, never through a time zone */
	TYPE_DATETIME, /* the instant, to the second (Salesforce keeps no fraction) */
	TYPE_BOOL,
	TYPE_NUMBER,  /* as numbers: 1.50 = 1.5; any length */
	TYPE_STATE,   /* US states: "California" = "CA" = "ca" */
	TYPE_COUNTRY, /* "United States" = "US" = "USA" */
	TYPE_CHOICE,  /* picklist: case ignored */
	TYPE_ID,      /* exact */
};

enum value_kind { VALUE_BLANK, VALUE_TEXT, VALUE_NUMBER, VALUE_BOOL };

struct value {
	enum value_kind kind;
	struct str text; /* "true"/"false" for VALUE_BOOL, as written for numbers */
};

#define VALUE_NOTHING ((struct value) { .kind = VALUE_BLANK })

bool value_type_of_name(struct str name, enum value_type *ret);
const char *value_type_name(enum value_type type);
/* Blank = absent, null, or empty after trimming. An object or array is no value: false. */
bool value_of_json(const struct json *j, struct value *ret);
struct json *value_to_json(struct arena *arena, struct value v); /* blank gives null */
bool value_is_blank(struct value v);
/* The form in which two values are compared; also what is kept as base. A value that does not fit its type is kept as trimmed text. */
struct str value_normal(struct arena *arena, enum value_type type, struct value v);
bool value_same(enum value_type type, struct value a, struct value b);
/* Does the text fit the type at all (a real calendar date, a number...)? Blank fits. */
bool value_fits(enum value_type type, struct value v);

#endif
