/*
 * Two mappings that share one base (R38): that of batches and that of real time. Both are laid out over the same rows, so that a field's place says which it
 * is in either; a row that one of them has not is `off` there.
 */
#include "model/mapping.h"

static int refuse(const struct field_map *row, const char *what, const struct field_map *other, struct err *err)
{
	return err_set(err, ERR_CONFIG,
	               "line %u, field '%.*s' of the live mapping: %s as in the batch mapping (field '%.*s', line %u): "
	               "both share one base (R38)",
	               row->line, STR_ARG(row->name), what, STR_ARG(other->name), other->line);
}

static bool same_paths(const struct field_map *a, const struct field_map *b)
{
	if (a->emr_count != b->emr_count)
		return false;
	for (size_t i = 0; i < a->emr_count; i++) {
		if (!str_eq(path_text(a->emr[i]), path_text(b->emr[i])))
			return false;
	}
	return true;
}

static bool same_transform(const struct transform *a, const struct transform *b)
{
	return a->kind == b->kind && json_equal(a->args, b->args);
}

static int check_alike(const struct field_map *live, const struct field_map *batch, struct err *err)
{
	if (!same_paths(live, batch))
		return refuse(live, "needs the same EMR path", batch, err);
	if (!same_transform(&live->transform, &batch->transform))
		return refuse(live, "needs the same transform", batch, err);
	if (live->type != batch->type)
		return refuse(live, "needs the same type", batch, err);
	if (live->role != ROLE_NONE && live->role != batch->role)
		return refuse(live, "needs the same role, or none,", batch, err);
	return 0;
}

static const struct field_map *row_of(const struct mapping *m, const struct path *crm)
{
	for (size_t i = 0; i < m->count; i++) {
		if (str_eq(path_text(m->fields[i].crm), path_text(crm)))
			return &m->fields[i];
	}
	return NULL;
}

static int check_live(const struct mapping *batch, const struct mapping *live, size_t *ret_more, struct err *err)
{
	*ret_more = 0;
	for (size_t i = 0; i < live->count; i++) {
		const struct field_map *row = &live->fields[i], *other = row_of(batch, row->crm);

		if (other && check_alike(row, other, err) < 0)
			return err_pass(err);
		if (!other && row->role != ROLE_NONE)
			return err_set(
			        err, ERR_CONFIG,
			        "line %u, field '%.*s' of the live mapping: a role stands in the batch mapping (R38)",
			        row->line, STR_ARG(row->name));
		*ret_more += !other;
	}
	return 0;
}

/* The row as its mode has it; `other`: where only the other mode has one. */
static struct field_map row_in(const struct mapping *mode, const struct field_map *row)
{
	const struct field_map *mine = row_of(mode, row->crm);
	struct field_map ret = *row;

	ret.off = !mine;
	if (!mine)
		return ret;
	ret.direction = mine->direction;
	ret.winner = mine->winner;
	ret.blank = mine->blank;
	return ret;
}

/* `rows`: of both modes. Roles are where they were: rows of `batch` come first. */
static void lay_out(struct mapping *mode, const struct mapping *batch, struct field_map *fields,
                    const struct field_map *rows, size_t count)
{
	const struct mapping was = *mode;

	for (size_t i = 0; i < count; i++)
		fields[i] = row_in(&was, &rows[i]);
	*mode = (struct mapping) { .fields = fields, .count = count };
	mode->first_name = batch->first_name ? fields + (batch->first_name - batch->fields) : NULL;
	mode->last_name = batch->last_name ? fields + (batch->last_name - batch->fields) : NULL;
	mode->birth_date = batch->birth_date ? fields + (batch->birth_date - batch->fields) : NULL;
}

int mapping_join(struct arena *arena, struct mapping *batch, struct mapping *live, struct err *err)
{
	const struct mapping was = *batch;
	struct field_map *rows;
	size_t more, count = 0;

	if (check_live(batch, live, &more, err) < 0)
		return err_pass(err);
	rows = arena_new_array(arena, struct field_map, batch->count + more);
	for (size_t i = 0; i < batch->count; i++)
		rows[count++] = batch->fields[i];
	for (size_t i = 0; i < live->count; i++) {
		if (!row_of(&was, live->fields[i].crm))
			rows[count++] = live->fields[i];
	}
	lay_out(live, &was, arena_new_array(arena, struct field_map, count), rows, count);
	lay_out(batch, &was, arena_new_array(arena, struct field_map, count), rows, count);
	return 0;
}
