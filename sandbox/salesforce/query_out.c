#include "sandbox/salesforce/query_out.h"

#include <string.h>

#include "sandbox/salesforce/render.h"

struct level {
	struct buf *out;
	const struct soql *soql;
	struct str version;
};

static bool same_parent(const struct soql_path *a, const struct soql_path *b, unsigned depth)
{
	return a->hop_count >= depth && b->hop_count >= depth &&
	       memcmp(a->hops, b->hops, depth * sizeof(a->hops[0])) == 0;
}

/* Was this parent written with an earlier column? */
static bool written(const struct soql *soql, size_t column, unsigned depth)
{
	for (size_t i = 0; i < column; i++) {
		if (same_parent(&soql->columns[i].path, &soql->columns[column].path, depth))
			return true;
	}
	return false;
}

/*
 * The columns that lie under the first `depth` hops of column `first`: own fields as they come, a further parent once, with
 * everything under it. Depth is at most SOQL_HOPS_MAX.
 */
static void write_level(const struct level *level, const struct object *object, const struct row *row, size_t first,
                        unsigned depth)
{
	const struct soql *soql = level->soql;
	struct buf *out = level->out;

	buf_add_char(out, '{');
	render_attributes(out, level->version, object, row);
	for (size_t i = first; i < soql->column_count; i++) {
		const struct soql_path *path = &soql->columns[i].path;
		struct soql_path step = { .hop_count = 1 };
		bool own = depth >= SOQL_HOPS_MAX || path->hop_count == depth;
		const struct row *parent;

		if (!same_parent(path, &soql->columns[first].path, depth))
			continue;
		if (!own && written(soql, i, depth + 1))
			continue;
		buf_add_c(out, ",\"");
		buf_add_c(out, own ? path->field->name : path->hops[depth]->relationship);
		buf_add_c(out, "\":");
		if (own) {
			render_value(out, soql->org, object, row, path->field);
			continue;
		}
		step.hops[0] = path->hops[depth];
		step.parents[0] = path->parents[depth];
		parent = soql_follow(&step, row);
		if (parent)
			write_level(level, path->parents[depth], parent, i, depth + 1);
		else
			buf_add_c(out, "null");
	}
	buf_add_char(out, '}');
}

void query_write_row(struct buf *out, const struct soql *soql, struct str version, uint32_t number)
{
	const struct level level = { .out = out, .soql = soql, .version = version };

	write_level(&level, soql->object, row_at(soql->object, number), 0, 0);
}

static void write_best(struct buf *out, const struct soql *soql, const struct soql_column *column, const uint32_t *rows,
                       size_t count)
{
	const struct row *best = NULL;
	bool most = column->aggregate == AGGREGATE_MAX;

	for (size_t i = 0; i < count; i++) {
		const struct row *row = row_at(soql->object, rows[i]);
		char scratch[SCRATCH_SIZE];
		int order;

		if (query_cell(soql, column, rows[i], scratch).len == 0)
			continue;
		order = best ? soql_compare(soql, &column->path, row, best) : 1;
		if (!best || (most ? order > 0 : order < 0))
			best = row;
	}
	best = best ? soql_follow(&column->path, best) : NULL;
	if (best)
		render_value(out, soql->org, column->path.object, best, column->path.field);
	else
		buf_add_c(out, "null");
}

static size_t count_present(const struct soql *soql, const struct soql_column *column, const uint32_t *rows,
                            size_t count)
{
	char scratch[SCRATCH_SIZE];
	size_t present = 0;

	if (column->path.field->source != SOURCE_STORED || column->path.field->type == TYPE_BOOLEAN)
		return count;
	for (size_t i = 0; i < count; i++)
		present += query_cell(soql, column, rows[i], scratch).len > 0;
	return present;
}

void query_write_aggregate(struct buf *out, const struct soql *soql, const uint32_t *rows, size_t count)
{
	buf_add_c(out, "{\"attributes\":{\"type\":\"AggregateResult\"}");
	for (size_t i = 0; i < soql->column_count; i++) {
		const struct soql_column *column = &soql->columns[i];

		buf_printf(out, ",\"%.*s\":", STR_ARG(column->alias));
		if (column->aggregate == AGGREGATE_COUNT)
			buf_printf(out, "%zu", count_present(soql, column, rows, count));
		else
			write_best(out, soql, column, rows, count);
	}
	buf_add_char(out, '}');
}

struct str query_cell(const struct soql *soql, const struct soql_column *column, uint32_t number,
                      char scratch[SCRATCH_SIZE])
{
	const struct row *row = soql_follow(&column->path, row_at(soql->object, number));
	struct str text = row ? row_get(soql->org, column->path.object, row, column->path.field, scratch) : STR_EMPTY;

	if (column->path.field->type == TYPE_BOOLEAN && row)
		return text.len ? STR("true") : STR("false");
	return text;
}

void query_column_name(struct buf *out, const struct soql_path *path)
{
	for (unsigned i = 0; i < path->hop_count; i++)
		buf_printf(out, "%s.", path->hops[i]->relationship);
	buf_add_c(out, path->field->name);
}

static void write_column(struct buf *out, const struct soql_column *column, const char *name, bool open)
{
	const struct field *field = column->path.field;
	bool number = field->type == TYPE_INT || field->type == TYPE_DOUBLE;

	buf_printf(out,
	           "{\"aggregate\":%s,\"apexType\":\"%s\",\"booleanType\":%s,\"columnName\":\"%s\",\"custom\":%s,"
	           "\"displayName\":\"%s\",\"foreignKeyName\":null,\"insertable\":%s,\"numberType\":%s,\"textType\":%s,"
	           "\"updatable\":%s,\"joinColumns\":[",
	           column->aggregate ? "true" : "false", type_name(field->type),
	           field->type == TYPE_BOOLEAN ? "true" : "false", name, field->flags & FIELD_CUSTOM ? "true" : "false",
	           name, field->flags & FIELD_CREATE ? "true" : "false", number ? "true" : "false",
	           type_is_text(field->type) ? "true" : "false", field->flags & FIELD_UPDATE ? "true" : "false");
	if (!open)
		buf_add_c(out, "]}");
}

void query_write_columns(struct buf *out, const struct soql *soql)
{
	buf_printf(out,
	           "{\"entityName\":\"%s\",\"groupBy\":false,\"idSelected\":false,\"keyPrefix\":\"%s\","
	           "\"columnMetadata\":[",
	           soql->object->name, soql->object->prefix);
	for (size_t i = 0; i < soql->column_count; i++) {
		const struct soql_column *column = &soql->columns[i];
		SCOPED(buf) struct buf alias = BUF_INIT(256);

		buf_add_c(out, i ? "," : "");
		for (unsigned h = 0; h < column->path.hop_count; h++)
			write_column(out, column, column->path.hops[h]->relationship, true);
		buf_add(&alias, column->alias);
		write_column(out, column, alias.len ? buf_text(&alias) : column->path.field->name, false);
		for (unsigned h = 0; h < column->path.hop_count; h++)
			buf_add_c(out, "]}");
	}
	buf_add_c(out, "]}");
}
