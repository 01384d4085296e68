/*
 * soql: the query language (section 4): text to a compiled query (soql_lex.c, soql_parse.c, soql_literal.c), a compiled query
 * to the numbers of the rows that match, in order (soql_match.c, soql_run.c).
 *
 * SELECT fields, parent fields (up to two steps), COUNT(), COUNT/MIN/MAX(field) alias, FIELDS(ALL|STANDARD|CUSTOM);
 * WHERE with AND OR NOT and parentheses, = != <> < <= > >= LIKE IN NOT IN; null, text, numbers, booleans, dates, datetimes,
 * relative dates; ORDER BY several keys; LIMIT, OFFSET; ALL ROWS. Not there: GROUP BY, child subqueries, TYPEOF.
 */
#ifndef SUTURE_SANDBOX_SALESFORCE_SOQL_H
#define SUTURE_SANDBOX_SALESFORCE_SOQL_H

#include "sandbox/salesforce/errors.h"
#include "sandbox/salesforce/org.h"

#define SOQL_COLUMNS_MAX 256
#define SOQL_HOPS_MAX    2
#define SOQL_ORDER_MAX   8

/* "Account.Owner.Name": references to follow, then the field of the last object. */
struct soql_path {
	const struct field *hops[SOQL_HOPS_MAX];
	const struct object *parents[SOQL_HOPS_MAX];
	unsigned hop_count;
	const struct object *object; /* that the field belongs to */
	const struct field *field;
};

enum soql_aggregate { AGGREGATE_NONE, AGGREGATE_COUNT, AGGREGATE_MIN, AGGREGATE_MAX };

struct soql_column {
	struct soql_path path;
	enum soql_aggregate aggregate;
	struct str alias; /* of an aggregate: "expr0" or as given */
};

enum soql_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_LIKE, OP_IN, OP_NOT_IN };

enum soql_kind {
	LITERAL_NULL,
	LITERAL_TEXT,
	LITERAL_NUMBER,
	LITERAL_BOOLEAN,
	LITERAL_DATE,
	LITERAL_DATETIME,
	LITERAL_RANGE
};

/* A value in the query, ready to be compared. */
struct soql_literal {
	enum soql_kind kind;
	struct str text;        /* text and ids: folded */
	double number;          /* numbers; booleans 0 or 1 */
	int64_t from_ms, to_ms; /* dates: [from, to); a point has from == to */
};

enum soql_cond_kind { COND_TEST, COND_AND, COND_OR, COND_NOT };

struct soql_cond {
	enum soql_cond_kind kind;
	struct soql_cond *left, *right; /* NOT: left only */
	struct soql_path path;
	enum soql_op op;
	struct soql_literal *literals; /* IN: several */
	size_t literal_count;
	uint32_t *slots; /* long IN lists of texts: hash table of literal number + 1 */
	uint64_t slot_mask;
};

struct soql_order {
	struct soql_path path;
	bool descending;
	bool nulls_last;
};

struct soql {
	struct org *org;
	struct arena *arena;
	struct object *object;
	struct soql_column columns[SOQL_COLUMNS_MAX];
	size_t column_count;
	bool count_only; /* SELECT COUNT() */
	bool aggregates;
	struct soql_cond *where; /* NULL: all */
	struct soql_order order[SOQL_ORDER_MAX];
	size_t order_count;
	int64_t limit, offset; /* limit -1: none */
	bool all_rows;         /* deleted ones too */
};

/* NULL leaves one problem behind. The text must live as long as the query. */
struct soql *soql_compile(struct arena *arena, struct org *org, struct str text, struct problems *problems);
/* Row numbers in order; they live in `arena`. */
uint32_t *soql_run(const struct soql *soql, struct arena *arena, size_t *ret_count);
bool soql_matches(const struct soql *soql, const struct soql_cond *cond, const struct row *row, struct arena *scratch);

/* Follows the hops from a row; NULL where a reference is empty or leads nowhere. */
const struct row *soql_follow(const struct soql_path *path, const struct row *row);
/* < 0, 0, > 0 for the values of two rows; nulls first. */
int soql_compare(const struct soql *soql, const struct soql_path *path, const struct row *a, const struct row *b);
/* Text without regard to case, as one form that can be compared byte by byte. */
struct str soql_fold(struct arena *arena, struct str text);

#endif
