/*
 * sealed: where sealed values lie, as rows of tables. Each file that is the only writer of such a table names its column here with the statements that touch it, so
 * that the walks over all of them stay short and no other file knows the table: rekey.c seals anew, purge.c takes away.
 *
 * To add a sealed column: the two structs in the file that writes it, and a line in the lists of rekey.c and purge.c; a test holds the lists against the schema.
 */
#ifndef SUTURE_SYNC_SEALED_H
#define SUTURE_SYNC_SEALED_H

#include "sync/sync.h"

struct sealed_column {
	const char *name; /* "staged.body" */
	const char *box;  /* the context of its boxes: "staged.body" */
	struct statement
	        page; /* `id` and `sealed` of rows behind id $1 whose box is not of key number $2 (a blob of one byte), in order, at most $3 */
	struct statement put;     /* $2 in the place of $3 in row $1: nothing happens where it was changed meanwhile */
	struct statement numbers; /* `number`: of the keys that its boxes are of, each once */
};
/* Of a table whose key is `id`; `box_name` is the context. */
#define SEALED_COLUMN(table, column, box_name)                                                                         \
	{                                                                                                              \
		.name = #table "." #column, .box = box_name,                                                           \
		.page = { "SELECT id, " #column " AS sealed FROM " #table " WHERE id > $1 AND LENGTH(" #column ") > 0" \
			  " AND SUBSTR(" #column ", 2, 1) <> $2 ORDER BY id LIMIT $3" },                               \
		.put = { "UPDATE " #table " SET " #column " = $2 WHERE id = $1 AND " #column " = $3" },                \
		.numbers = { "SELECT DISTINCT SUBSTR(" #column ", 2, 1) AS number FROM " #table                        \
			     " WHERE LENGTH(" #column ") > 0" },                                                       \
	}

/*
 * What may be taken away once it is old. `page`: `id` and `bytes` of rows behind id $1 that were over before time $2, in order, at most $3. `purge`: of row $1, at
 * time $2, or, where nothing of the row is left that could say when, of row $1 alone (`whole`); it looks itself whether the row is over still. `wipe`, before it: for databases that leave the old bytes of a long value lying; sql NULL: not needed.
 */
struct purgeable {
	const char *what; /* "payloads" */
	struct statement page, wipe, purge;
	bool whole;
	struct statement
	        kept; /* ids, as `id`, in order, that are needed whatever their age, $1: what is younger needs them; sql NULL: none */
};

#endif
