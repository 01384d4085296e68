/*
 * soql_where: conditions. AND and OR may not be mixed without parentheses, as with the vendor:
 *
 *	condition  =  part { AND part }  |  part { OR part }
 *	part       =  NOT part  |  ( condition )  |  field operator value
 */
#include "sandbox/salesforce/soql_internal.h"

#include <string.h>

#include "sandbox/salesforce/index.h"

#define DEPTH_MAX 100
#define LONG_LIST 8

static struct soql_cond *condition(struct parser *parser);

static const struct {
	const char *sign;
	enum soql_op op;
} operators[] = {
	{ "=", OP_EQ }, { "!=", OP_NE }, { "<>", OP_NE },     { "<=", OP_LE }, { ">=", OP_GE },
	{ "<", OP_LT }, { ">", OP_GT },  { "LIKE", OP_LIKE }, { "IN", OP_IN },
};

static bool read_operator(struct parser *parser, enum soql_op *ret)
{
	if (soql_take(parser, "NOT")) {
		*ret = OP_NOT_IN;
		return soql_take(parser, "IN") || soql_unexpected(parser);
	}
	for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
		if (soql_take(parser, operators[i].sign)) {
			*ret = operators[i].op;
			return true;
		}
	}
	return soql_unexpected(parser);
}

static bool read_list(struct parser *parser, struct soql_cond *cond)
{
	size_t cap = 16;
	struct soql_literal *list = arena_new_array(parser->arena, struct soql_literal, cap);

	if (!soql_take(parser, "("))
		return soql_unexpected(parser);
	do {
		if (cond->literal_count == cap) {
			struct soql_literal *larger = arena_new_array(parser->arena, struct soql_literal, cap * 2);

			memcpy(larger, list, cap * sizeof(*list));
			list = larger;
			cap *= 2;
		}
		if (!soql_literal(parser, &cond->path, false, &list[cond->literal_count]))
			return false;
		cond->literal_count++;
	} while (soql_take(parser, ","));
	cond->literals = list;
	return soql_take(parser, ")") || soql_unexpected(parser);
}

static void hash_list(struct parser *parser, struct soql_cond *cond)
{
	uint64_t size = 16;

	while (size < cond->literal_count * 2)
		size *= 2;
	cond->slots = arena_new_array(parser->arena, uint32_t, size);
	cond->slot_mask = size - 1;
	for (size_t i = 0; i < cond->literal_count; i++) {
		uint64_t at = index_hash(cond->literals[i].text, false) & cond->slot_mask;

		while (cond->slots[at])
			at = (at + 1) & cond->slot_mask;
		cond->slots[at] = (uint32_t)i + 1;
	}
}

static bool read_values(struct parser *parser, struct soql_cond *cond)
{
	if (cond->op == OP_IN || cond->op == OP_NOT_IN) {
		if (!read_list(parser, cond))
			return false;
		if (cond->literal_count > LONG_LIST && type_is_text(cond->path.field->type))
			hash_list(parser, cond);
		return true;
	}
	cond->literals = arena_new(parser->arena, struct soql_literal);
	cond->literal_count = 1;
	return soql_literal(parser, &cond->path, cond->op == OP_LIKE, cond->literals);
}

static bool filterable(struct parser *parser, const struct soql_cond *cond, struct token name)
{
	const struct field *field = cond->path.field;
	bool is_text = type_is_text(field->type);

	if (field->type == TYPE_ADDRESS || (field->type == TYPE_TEXTAREA && field->length > 255))
		return soql_fail(parser, "INVALID_FIELD", name, "field '%s' can not be filtered in a query call",
		                 field->name);
	if (cond->op == OP_LIKE && (!is_text || field->type == TYPE_ID || field->type == TYPE_REFERENCE))
		return soql_fail(parser, "INVALID_QUERY_FILTER_OPERATOR", name, "invalid operator on %s field",
		                 type_name(field->type));
	return true;
}

static struct soql_cond *test(struct parser *parser)
{
	struct soql_cond *cond = arena_new(parser->arena, struct soql_cond);
	struct token name = parser->token;

	if (name.kind != TOKEN_NAME) {
		soql_unexpected(parser);
		return NULL;
	}
	soql_next(parser);
	if (!soql_resolve(parser, name, &cond->path) || !read_operator(parser, &cond->op) ||
	    !filterable(parser, cond, name) || !read_values(parser, cond))
		return NULL;
	return cond;
}

static struct soql_cond *join(struct parser *parser, enum soql_cond_kind kind, struct soql_cond *left,
                              struct soql_cond *right)
{
	struct soql_cond *cond = arena_new(parser->arena, struct soql_cond);

	*cond = (struct soql_cond) { .kind = kind, .left = left, .right = right };
	return cond;
}

static struct soql_cond *part(struct parser *parser)
{
	struct soql_cond *inner;

	if (++parser->depth > DEPTH_MAX) {
		soql_unexpected(parser);
		return NULL;
	}
	if (soql_take(parser, "NOT")) {
		inner = part(parser);
		inner = inner ? join(parser, COND_NOT, inner, NULL) : NULL;
	} else if (soql_take(parser, "(")) {
		inner = condition(parser);
		if (inner && !soql_take(parser, ")")) {
			soql_unexpected(parser);
			inner = NULL;
		}
	} else {
		inner = test(parser);
	}
	parser->depth--;
	return inner;
}

static struct soql_cond *condition(struct parser *parser)
{
	struct soql_cond *left = part(parser);
	bool all = soql_is(parser, "AND");
	const char *word = all ? "AND" : "OR";

	while (left && soql_take(parser, word)) {
		struct soql_cond *right = part(parser);

		left = right ? join(parser, all ? COND_AND : COND_OR, left, right) : NULL;
	}
	return left;
}

struct soql_cond *soql_where(struct parser *parser)
{
	return condition(parser);
}
