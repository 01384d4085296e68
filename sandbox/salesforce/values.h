/* values: one value made canonical, by the type of its field; or a problem that says why not. */
#ifndef SUTURE_SANDBOX_SALESFORCE_VALUES_H
#define SUTURE_SANDBOX_SALESFORCE_VALUES_H

#include "sandbox/salesforce/record.h"

/* True: *ret is the text to store (empty: null), in the draft's arena or borrowed. */
bool value_from_json(struct draft *draft, const struct field *field, const struct json *value, struct str *ret);
bool value_from_text(struct draft *draft, const struct field *field, struct str text, struct str *ret);

#endif
