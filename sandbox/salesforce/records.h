/* records: what the routes by id (records.c) and by external id (upsert.c) have in common. */
#ifndef SUTURE_SANDBOX_SALESFORCE_RECORDS_H
#define SUTURE_SANDBOX_SALESFORCE_RECORDS_H

#include "sandbox/salesforce/record.h"

/* GET of a found row, with conditions and ?fields=. */
void record_show(struct org *org, struct request *request, struct object *object, uint32_t number,
                 struct answer *answer);
/* 201 with Location. */
void record_created(const struct request *request, const struct object *object, uint32_t number, struct answer *answer);
/* PATCH of a found row. `key`: the external-id field of the path, which the body must not hold; or NULL. */
bool record_change(struct org *org, struct request *request, struct object *object, uint32_t number,
                   const struct json *body, const struct field *key, struct problems *problems);
/* DELETE of a found row. */
void record_drop(struct org *org, struct request *request, struct object *object, uint32_t number,
                 struct answer *answer);

#endif
