/*
 * record: one record on its way in. A draft collects values, checked and made canonical field by field; inserting or updating
 * then checks what concerns the whole record (required fields, unique values) and stores it.
 */
#ifndef SUTURE_SANDBOX_SALESFORCE_RECORD_H
#define SUTURE_SANDBOX_SALESFORCE_RECORD_H

#include "sandbox/salesforce/errors.h"
#include "sandbox/salesforce/org.h"

enum draft_mode {
	DRAFT_INSERT,
	DRAFT_UPDATE,
	DRAFT_PERSON, /* /__admin and seeds: read-only fields may be set */
};

struct draft {
	struct org *org;
	struct object *object;
	struct arena *arena;
	struct problems *problems;
	enum draft_mode mode;
	struct str body;   /* of the request: to say where in it something stands */
	struct str *cells; /* one a field; borrowed from the request where possible */
	bool *given;
	struct str id; /* value of an "Id" key; the caller decides what it means */
	bool has_id;
};

void draft_init(struct draft *draft, struct org *org, struct object *object, struct arena *arena, enum draft_mode mode);
/* Empties it for the next record of the same object. */
void draft_clear(struct draft *draft, struct problems *problems);
/* Every key of a JSON record: fields, Id, attributes, relationships by external id. Problems say what is wrong. */
void draft_read(struct draft *draft, const struct json *record);
/* One value. `raw` NULL-kind JSON or empty text: null. */
void draft_put(struct draft *draft, struct field *field, const struct json *value);
void draft_put_text(struct draft *draft, struct field *field, struct str text);
/* "Account.Site__c" and the like: sets the reference. */
void draft_put_parent(struct draft *draft, struct field *reference, struct str external, struct str value);

/* Both answer NO_ROW / false and leave problems behind when the record is refused. */
uint32_t record_insert(struct draft *draft, struct str wanted_id, uint32_t user);
bool record_update(struct draft *draft, uint32_t number, uint32_t user);
bool record_delete(struct org *org, struct object *object, uint32_t number, uint32_t user);

#endif
