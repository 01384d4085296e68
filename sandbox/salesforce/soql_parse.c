/*
 * soql_parse: SELECT ... FROM ... [WHERE ..] [ORDER BY ..] [LIMIT n] [OFFSET n] [ALL ROWS]
 *
 * Columns stand before the object that they belong to, so they are read as tokens first and resolved after FROM.
 */
#include "sandbox/salesforce/soql_internal.h"

#define NO_COLUMN                                                                                                   \
	"No such column '%.*s' on entity '%s'. If you are attempting to use a custom field, be sure to append the " \
	"'__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate "   \
	"names."

/* A column as it was read. */
struct pending {
	struct token name;
	struct token function; /* kind TOKEN_END: none */
	struct str alias;
};

struct select {
	struct pending columns[SOQL_COLUMNS_MAX];
	size_t count;
};

/* ---- names ---- */

static struct str without_alias(const struct parser *parser, struct str name)
{
	struct str rest = name, first;

	if (str_split(&rest, '.', &first) && rest.len > 0 &&
	    (str_eq_nocase(first, parser->alias) || str_eq_nocase(first, str_of(parser->soql->object->name))) &&
	    !object_relation(parser->soql->object, first))
		return rest;
	return name;
}

static bool no_relation(struct parser *parser, struct token name, struct str part)
{
	return soql_fail(
	        parser, "INVALID_FIELD", name,
	        "Didn't understand relationship '%.*s' in field path. If you are attempting to use a custom "
	        "relationship, be sure to append the '__r' after the custom relationship name. Please reference your "
	        "WSDL or the describe call for the appropriate names.",
	        STR_ARG(part));
}

bool soql_resolve(struct parser *parser, struct token name, struct soql_path *ret)
{
	struct str rest = without_alias(parser, name.text), part = STR_EMPTY;
	struct soql_path path = { .object = parser->soql->object };

	while (str_split(&rest, '.', &part) && rest.len > 0) {
		const struct field *hop = object_relation(path.object, part);
		const struct object *parent = hop ? org_object(parser->soql->org, str_of(hop->reference_to)) : NULL;

		if (!parent || path.hop_count == SOQL_HOPS_MAX)
			return no_relation(parser, name, part);
		path.hops[path.hop_count] = hop;
		path.parents[path.hop_count++] = parent;
		path.object = parent;
	}
	path.field = object_field(path.object, part);
	if (!path.field)
		return soql_fail(parser, "INVALID_FIELD", name, NO_COLUMN, STR_ARG(part), path.object->name);
	*ret = path;
	return true;
}

/* ---- SELECT ---- */

static bool read_alias(struct parser *parser, struct pending *column)
{
	if (parser->token.kind == TOKEN_NAME && !soql_is(parser, "FROM")) {
		column->alias = parser->token.text;
		soql_next(parser);
	}
	return true;
}

/* After the name of a function: "(Id) alias". */
static bool read_function(struct parser *parser, struct pending *column)
{
	column->function = column->name;
	column->name = parser->token;
	if (parser->token.kind == TOKEN_NAME)
		soql_next(parser);
	else
		column->name.kind = TOKEN_END; /* COUNT() */
	if (!soql_take(parser, ")"))
		return soql_unexpected(parser);
	return read_alias(parser, column);
}

static bool read_column(struct parser *parser, struct select *select)
{
	struct pending *column = &select->columns[select->count];

	if (parser->token.kind != TOKEN_NAME || select->count == SOQL_COLUMNS_MAX - 1)
		return soql_unexpected(parser);
	*column = (struct pending) { .name = parser->token, .function = { .kind = TOKEN_END } };
	select->count++;
	soql_next(parser);
	return !soql_take(parser, "(") || read_function(parser, column);
}

static bool read_select(struct parser *parser, struct select *select)
{
	if (!soql_take(parser, "SELECT"))
		return soql_unexpected(parser);
	do {
		if (!read_column(parser, select))
			return false;
	} while (soql_take(parser, ","));
	return soql_take(parser, "FROM") || soql_unexpected(parser);
}

static bool read_from(struct parser *parser)
{
	static const char *const clauses[] = { "WHERE", "ORDER", "LIMIT", "OFFSET", "ALL",
		                               "FOR",   "GROUP", "USING", "WITH" };
	struct token name = parser->token;
	bool clause = false;

	if (name.kind != TOKEN_NAME)
		return soql_unexpected(parser);
	parser->soql->object = org_object(parser->soql->org, name.text);
	if (!parser->soql->object)
		return soql_fail(parser, "INVALID_TYPE", name,
		                 "sObject type '%.*s' is not supported. If you are attempting to use a custom object, "
		                 "be sure to "
		                 "append the '__c' after the entity name. Please reference your WSDL or the describe "
		                 "call for the "
		                 "appropriate names.",
		                 STR_ARG(name.text));
	soql_next(parser);
	for (size_t i = 0; i < ARRAY_LEN(clauses); i++)
		clause |= soql_is(parser, clauses[i]);
	if (parser->token.kind == TOKEN_NAME && !clause) {
		parser->alias = parser->token.text;
		soql_next(parser);
	}
	return true;
}

/* ---- columns, once the object is known ---- */

static bool all_fields(struct parser *parser, struct str which)
{
	struct soql *soql = parser->soql;
	bool standard = !str_eq_nocase(which, STR("CUSTOM")), custom = !str_eq_nocase(which, STR("STANDARD"));

	for (unsigned i = 0; i < soql->object->field_count && soql->column_count < SOQL_COLUMNS_MAX; i++) {
		const struct field *field = &soql->object->fields[i];
		bool is_custom = field->flags & FIELD_CUSTOM;

		if ((is_custom ? !custom : !standard) || field->flags & FIELD_HIDDEN)
			continue;
		soql->columns[soql->column_count++] = (struct soql_column) {
			.path = { .object = soql->object, .field = field },
		};
	}
	return true;
}

static const struct {
	const char *name;
	enum soql_aggregate aggregate;
} functions[] = { { "COUNT", AGGREGATE_COUNT }, { "MIN", AGGREGATE_MIN }, { "MAX", AGGREGATE_MAX } };

static bool add_function(struct parser *parser, const struct pending *pending, struct soql_column *column)
{
	struct soql *soql = parser->soql;

	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		if (str_eq_nocase(pending->function.text, str_of(functions[i].name)))
			column->aggregate = functions[i].aggregate;
	}
	if (column->aggregate == AGGREGATE_NONE)
		return soql_fail(parser, "MALFORMED_QUERY", pending->function, "unexpected token: '%.*s'",
		                 STR_ARG(pending->function.text));
	if (pending->name.kind == TOKEN_END) {
		soql->count_only = true;
		return true;
	}
	column->alias =
	        pending->alias.len ? pending->alias : arena_printf(parser->arena, "expr%zu", soql->column_count);
	soql->aggregates = true;
	return soql_resolve(parser, pending->name, &column->path);
}

static bool add_column(struct parser *parser, const struct pending *pending)
{
	struct soql *soql = parser->soql;
	struct soql_column column = { 0 };

	if (str_eq_nocase(pending->function.text, STR("FIELDS")) && pending->function.kind == TOKEN_NAME)
		return all_fields(parser, pending->name.text);
	if (pending->function.kind != TOKEN_END) {
		if (!add_function(parser, pending, &column))
			return false;
	} else if (!soql_resolve(parser, pending->name, &column.path)) {
		return false;
	}
	if (!soql->count_only)
		soql->columns[soql->column_count++] = column;
	return true;
}

static bool mixed(const struct soql *soql)
{
	for (size_t i = 0; i < soql->column_count; i++) {
		if (soql->aggregates && soql->columns[i].aggregate == AGGREGATE_NONE)
			return true;
	}
	return soql->count_only && soql->column_count > 0;
}

static bool add_columns(struct parser *parser, const struct select *select)
{
	for (size_t i = 0; i < select->count; i++) {
		if (!add_column(parser, &select->columns[i]))
			return false;
	}
	if (mixed(parser->soql))
		return soql_fail(parser, "MALFORMED_QUERY", select->columns[0].name,
		                 "Field must be grouped or aggregated: %.*s", STR_ARG(select->columns[0].name.text));
	return true;
}

/* ---- the rest ---- */

static bool read_order(struct parser *parser)
{
	struct soql *soql = parser->soql;

	if (!soql_take(parser, "BY"))
		return soql_unexpected(parser);
	do {
		struct soql_order *order = &soql->order[soql->order_count];
		struct token name = parser->token;

		if (name.kind != TOKEN_NAME || soql->order_count == SOQL_ORDER_MAX)
			return soql_unexpected(parser);
		soql_next(parser);
		if (!soql_resolve(parser, name, &order->path))
			return false;
		if (!soql_take(parser, "ASC"))
			order->descending = soql_take(parser, "DESC");
		if (soql_take(parser, "NULLS")) {
			order->nulls_last = soql_take(parser, "LAST");
			if (!order->nulls_last && !soql_take(parser, "FIRST"))
				return soql_unexpected(parser);
		}
		soql->order_count++;
	} while (soql_take(parser, ","));
	return true;
}

static bool read_count(struct parser *parser, int64_t *ret)
{
	if (parser->token.kind != TOKEN_NUMBER || !str_to_i64(parser->token.text, ret) || *ret < 0)
		return soql_unexpected(parser);
	soql_next(parser);
	return true;
}

static bool read_clauses(struct parser *parser)
{
	struct soql *soql = parser->soql;

	if (soql_take(parser, "WHERE")) {
		soql->where = soql_where(parser);
		if (!soql->where)
			return false;
	}
	if (soql_take(parser, "ORDER") && !read_order(parser))
		return false;
	if (soql_take(parser, "LIMIT") && !read_count(parser, &soql->limit))
		return false;
	if (soql_take(parser, "OFFSET") && !read_count(parser, &soql->offset))
		return false;
	if (soql->offset > 2000)
		return soql_fail(parser, "NUMBER_OUTSIDE_VALID_RANGE", parser->token,
		                 "Maximum SOQL offset allowed is 2000");
	if (soql_take(parser, "ALL")) {
		if (!soql_take(parser, "ROWS"))
			return soql_unexpected(parser);
		soql->all_rows = true;
	}
	if (soql_take(parser, "FOR"))
		soql_next(parser); /* VIEW, REFERENCE, UPDATE: no effect here */
	return parser->token.kind == TOKEN_END || soql_unexpected(parser);
}

struct soql *soql_compile(struct arena *arena, struct org *org, struct str text, struct problems *problems)
{
	struct soql *soql = arena_new(arena, struct soql);
	struct select *select = arena_new(arena, struct select);
	struct parser parser = { .soql = soql, .arena = arena, .problems = problems, .text = text };

	soql->org = org;
	soql->arena = arena;
	soql->limit = -1;
	if (!text.at) {
		problem_add(problems, "MALFORMED_QUERY", STR_EMPTY, "SOQL statements cannot be empty or null");
		return NULL;
	}
	soql_next(&parser);
	if (!read_select(&parser, select) || !read_from(&parser) || !add_columns(&parser, select) ||
	    !read_clauses(&parser))
		return NULL;
	return soql;
}
