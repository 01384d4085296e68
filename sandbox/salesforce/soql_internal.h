/* soql_internal: what the four files of soql share. */
#ifndef SUTURE_SANDBOX_SALESFORCE_SOQL_INTERNAL_H
#define SUTURE_SANDBOX_SALESFORCE_SOQL_INTERNAL_H

#include "sandbox/salesforce/soql.h"

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_TEXT, TOKEN_NUMBER, TOKEN_DATE, TOKEN_DATETIME, TOKEN_SIGN, TOKEN_BAD };

struct token {
	enum token_kind kind;
	struct str text; /* names with their dots; texts without quotes, still escaped; signs as written */
};

struct parser {
	struct soql *soql;
	struct arena *arena;
	struct problems *problems;
	struct str text; /* the whole query */
	size_t at;       /* end of `token` */
	struct token token;
	struct str alias; /* FROM Contact c */
	unsigned depth;
};

void soql_next(struct parser *parser);
bool soql_is(const struct parser *parser, const char *word); /* any case */
/* Reads over the word if it stands here. */
bool soql_take(struct parser *parser, const char *word);
/* Both return false. The position is that of `token`. */
bool soql_fail(struct parser *parser, const char *code, struct token token, const char *format, ...) PRINTF(4, 5);
bool soql_unexpected(struct parser *parser);

bool soql_resolve(struct parser *parser, struct token name, struct soql_path *ret);
/* The value that stands here, for a field; moves on. */
bool soql_literal(struct parser *parser, const struct soql_path *path, bool like, struct soql_literal *ret);
/* WHERE ...; in soql_where.c. */
struct soql_cond *soql_where(struct parser *parser);

#endif
