/*
 * errors: what is wrong with a record or a request, in the three spellings of the vendor:
 *
 *	REST      [{"message":"..","errorCode":"..","fields":["X"]}]
 *	row       [{"statusCode":"..","message":"..","fields":["X"]}]         collections
 *	Bulk CSV  CODE:message:fields --
 */
#ifndef SUTURE_SANDBOX_SALESFORCE_ERRORS_H
#define SUTURE_SANDBOX_SALESFORCE_ERRORS_H

#include "sandbox/server.h"

#define PROBLEMS_MAX 8

struct problem {
	const char *code; /* "DUPLICATE_VALUE" */
	struct str message;
	struct str fields; /* API names, comma between; may be empty */
};

struct problems {
	struct arena *arena; /* of the messages */
	struct problem at[PROBLEMS_MAX];
	size_t count;
};

#define PROBLEMS_INIT(owner)     \
	{                        \
		.arena = (owner) \
	}

/* `fields` is copied. Further problems than PROBLEMS_MAX are dropped. */
void problem_add(struct problems *problems, const char *code, struct str fields, const char *format, ...) PRINTF(4, 5);

void problems_write_rest(struct buf *out, const struct problems *problems);
void problems_write_rows(struct buf *out, const struct problems *problems);
void problems_write_bulk(struct buf *out, const struct problems *problems);

/* The whole answer. */
void fail_problems(struct answer *answer, const struct problems *problems);
void fail(struct answer *answer, int status, const char *code, const char *format, ...) PRINTF(4, 5);
void fail_oauth(struct answer *answer, int status, const char *error, const char *description);

/* The ones that many routes give. */
void fail_no_resource(struct answer *answer);
void fail_body(struct answer *answer, const struct err *err);

#endif
