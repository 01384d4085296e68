/*
 * shelf: the records of one object of a vendor, as JSON texts in order of creation. A row is found by its id and, where it
 * has one, by its owner (the patient of an order). For stand-ins whose rows are written whole; a row costs its text and
 * about 150 bytes.
 *
 *	shelf_open(&orders);
 *	row = shelf_add(&orders, id, patient_id, tree);
 *	tree = shelf_read(row, request->arena);   a copy: the row may change meanwhile
 *	...change it...
 *	shelf_write(row, tree);
 */
#ifndef SUTURE_SANDBOX_SHELF_H
#define SUTURE_SANDBOX_SHELF_H

#include "codec/json.h"
#include "lib/map.h"

struct shelf_row {
	struct str id, owner; /* owner empty: none */
	char *text;
	size_t len;
	int64_t changed_ms;           /* of the last write, wall clock */
	struct shelf_row *same_owner; /* the next one, in order of creation */
};

struct shelf {
	struct arena arena; /* ids and indexes: until shelf_clear() */
	struct shelf_row **rows;
	size_t count, room;
	struct map by_id, by_owner;
};

void shelf_open(struct shelf *shelf);
void shelf_clear(struct shelf *shelf); /* removes every row; what it held is given back */
/* The id must be new. Texts are copied. */
struct shelf_row *shelf_add(struct shelf *shelf, struct str id, struct str owner, const struct json *tree);
void shelf_write(struct shelf_row *row, const struct json *tree);
struct json *shelf_read(const struct shelf_row *row, struct arena *arena);
struct shelf_row *shelf_find(const struct shelf *shelf, struct str id);        /* NULL: not there */
struct shelf_row *shelf_first_of(const struct shelf *shelf, struct str owner); /* NULL: none; then same_owner */
void shelf_remove(struct shelf *shelf, struct shelf_row *row);                 /* `row` is gone afterwards */
void shelf_remove_of(struct shelf *shelf, struct str owner);

#endif
