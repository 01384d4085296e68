/* render: records as JSON, the way every answer shows them. */
#ifndef SUTURE_SANDBOX_SALESFORCE_RENDER_H
#define SUTURE_SANDBOX_SALESFORCE_RENDER_H

#include "sandbox/salesforce/org.h"

/* "attributes":{"type":"Contact","url":"/services/data/v62.0/sobjects/Contact/003.."} without braces around. */
void render_attributes(struct buf *out, struct str version, const struct object *object, const struct row *row);
/* One value with JSON's own types; null, or false for a checkbox, when there is none. */
void render_value(struct buf *out, const struct org *org, const struct object *object, const struct row *row,
                  const struct field *field);
/* The whole record. `fields` NULL: all of them. */
void render_record(struct buf *out, const struct org *org, struct str version, const struct object *object,
                   const struct row *row, const struct field *const *fields, size_t count);

#endif
