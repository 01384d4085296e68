/* schema: the standard objects as tables (schema_tables.c) and how they become an org's objects (schema.c). */
#ifndef SUTURE_SANDBOX_SALESFORCE_SCHEMA_H
#define SUTURE_SANDBOX_SALESFORCE_SCHEMA_H

#include "sandbox/salesforce/org.h"

struct schema_object {
	const char *name, *label, *plural, *prefix;
	bool writable;
	const struct field *fields;
	size_t field_count;
	const struct field *custom; /* when no file of custom fields is given */
	size_t custom_count;
};

extern const struct schema_object schema_objects[];
extern const size_t schema_object_count;
/* Id, IsDeleted, stamps: every object has them. */
extern const struct field schema_common[];
extern const size_t schema_common_count;

/* A type by its name in the file of custom fields or in describe; false: unknown, or none that an administrator can choose. */
bool schema_type(struct str name, enum field_type *ret);
/* Picklist values as a field keeps them: "A|B". NULL: none. */
const char *schema_values(struct arena *arena, const struct json *values);
/* Adds fields behind those of an object that has no rows yet; those that find no room are left out. */
void schema_extend(struct org *org, struct object *object, const struct field *fields, size_t count);

#endif
