/*
 * rest_read: one call that reads, shared by lists, changes, searches, lists that hang on other records, and fetches. A page is asked for
 * with rest_read_page_start and becomes records with rest_read_page; short rows are replaced by the whole records on the way.
 */
#ifndef SUTURE_CONNECTORS_REST_READ_H
#define SUTURE_CONNECTORS_REST_READ_H

#include "connectors/rest/rest.h"

struct rest_read {
	struct call call; /* first */
	struct arena arena;
	struct err refused; /* told by finish */
	const struct object_section *object;
	enum http_priority priority;
	struct rest_place place;
	struct http_future *page;     /* of rows */
	struct http_future **singles; /* fetch, the rows of a list with summaries, or the lists of a page's parents */
	struct str *ids;
	size_t count;
	/* changes: where the walk stands. Times by the far clock. */
	int64_t since_ms; /* what is asked for */
	int64_t until_ms; /* nothing younger is given; 0: not known yet */
	int64_t end_ms;   /* where the next walk begins, as far as known */
	int64_t lag_ms;
	struct str last_id; /* the last row of the page before; empty: none, or pages do not overlap */
	bool moved;         /* rows have moved since the walk began: one may have been missed */
	bool probe;         /* only asks whether the filter works, and what time it is */
};

struct rest_read *rest_read_new(struct connection *c, struct str object, enum http_priority priority);
void rest_read_free(struct rest_read **read);

/* What all ways of asking for a page have in common. */
struct rest_query {
	struct str path;                            /* template */
	const struct pairs *always, *perhaps, *own; /* parameters; NULL: none */
	struct str where;                           /* "name=value&name=value" */
	const struct list_equals *equals;           /* names are those of parameters */
	size_t equal_count;
	struct str cursor;
	size_t page_size;
};
/* Sends for a page of `read->object`; what is wrong goes to `read->refused`. */
void rest_read_page_start(struct rest_read *read, const struct rest_query *query);
/* The page with its rows as they stand, and the answer's tree around them. */
int rest_read_rows(struct rest_read *read, struct arena *arena, struct page *ret, struct err *err) MUST_CHECK;
/* The same with whole records. */
int rest_read_page(struct rest_read *read, struct arena *arena, struct page *ret, struct err *err) MUST_CHECK;
/* GETs for the given addresses, into read->singles; an empty one is left out. */
void rest_read_singles_start(struct rest_read *read, const struct str *urls, size_t count);

/* rest_children.c: the lists that hang on each record of a page of parents. */
int rest_children_page(struct rest_read *read, struct arena *arena, struct page *ret, struct err *err) MUST_CHECK;

#endif
