/* history: rows of `history`. reconcile makes and adds them; the timeline reads them. */
#include "sync/history.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/select.h"

static const struct statement ADD = {
	"INSERT INTO history (id, link_id, staged_id, at_ms, mode, mapping_version, fields, "
	"sides) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
	.by = "id"
};
static const struct statement OF_LINK = { "SELECT id, link_id, staged_id, at_ms, mode, mapping_version, fields, sides, "
	                                  "purged_ms FROM history WHERE link_id = $1"
	                                  " AND ($2 = 0 OR id < $2) ORDER BY id DESC LIMIT $3" };

static const char BOX[] = "history.sides";

const struct sealed_column history_sealed = SEALED_COLUMN(history, sides, BOX);
const struct purgeable history_purgeable = {
	.what = "decisions",
	.page = { "SELECT id, LENGTH(sides) AS bytes FROM history WHERE id > $1 AND purged_ms IS NULL AND at_ms < $2"
	          " ORDER BY id LIMIT $3" },
	.purge = { "UPDATE history SET sides = '', purged_ms = $2 WHERE id = $1" },
};

/* ---- making ---- */

static bool was_decided(const struct history_of *of, struct str name)
{
	for (size_t i = 0; i < of->decided_count; i++) {
		if (str_eq(of->decided[i], name))
			return true;
	}
	return false;
}

static void add_member(struct buf *text, bool first, struct str value)
{
	if (!first)
		buf_add_char(text, ',');
	json_write_string(text, value);
}

static void add_field(const struct history_of *of, size_t i, struct buf *fields)
{
	const struct merged *f = &of->merged[i];
	char flags[8];
	size_t n = 0;

	if (f->write_emr)
		flags[n++] = 'e';
	if (f->write_crm)
		flags[n++] = 'c';
	if (f->conflict)
		flags[n++] = '!';
	if (f->review)
		flags[n++] = '?';
	if (was_decided(of, of->mapping->fields[i].name))
		flags[n++] = 'p';
	buf_add_char(fields, '[');
	add_member(fields, true, of->mapping->fields[i].name);
	add_member(fields, false, str_of(merge_rule_name(f->rule)));
	add_member(fields, false, str_range(flags, n));
	buf_add_char(fields, ']');
}

static void add_sides(const struct history_of *of, size_t i, struct buf *sides)
{
	const struct base *base = of->base ? &of->base[i] : NULL;

	buf_add_char(sides, '[');
	add_member(sides, true, of->emr ? of->emr[i].text : STR_EMPTY);
	add_member(sides, false, of->crm ? of->crm[i].text : STR_EMPTY);
	add_member(sides, false, base && base->known ? base->emr : STR_EMPTY);
	add_member(sides, false, base && base->known ? base->crm : STR_EMPTY);
	add_member(sides, false, of->merged[i].review ? STR_EMPTY : of->merged[i].value.text);
	buf_add_char(sides, ']');
}

void history_make(struct engine *engine, struct arena *arena, const struct history_of *of, struct history *ret)
{
	SCOPED(buf) struct buf fields = BUF_INIT(LIMIT_HTTP_BODY);
	SCOPED(buf) struct buf sides = BUF_INIT(LIMIT_HTTP_BODY);
	bool moved = false;

	*ret = (struct history) { 0 };
	for (size_t i = 0; i < of->mapping->count; i++) {
		const struct merged *f = &of->merged[i];

		if (!f->write_emr && !f->write_crm && !f->conflict && !f->review)
			continue;
		moved = moved || !f->review;
		buf_add_char(&fields, fields.len ? ',' : '[');
		buf_add_char(&sides, sides.len ? ',' : '[');
		add_field(of, i, &fields);
		add_sides(of, i, &sides);
	}
	/* What only waits is asked anew at each merge; the conflict itself says so (review.h). */
	if (!moved)
		return;
	buf_add_char(&fields, ']');
	buf_add_char(&sides, ']');
	ret->fields = arena_str(arena, buf_str(&fields));
	ret->sides = box_seal(engine->keys, arena, BOX, buf_str(&sides));
}

int history_add(struct db *db, const struct history *row, struct err *err)
{
	int64_t id;

	if (row->fields.len == 0)
		return 0;
	if (db_insert(db, &ADD,
	              BIND(bind_null(), bind_int(row->link_id), bind_int(row->staged_id), bind_int(clock_wall_ms()),
	                   bind_int(row->mode), bind_int(row->mapping_version), bind_text(row->fields),
	                   bind_blob(row->sides)),
	              &id, err) < 0)
		return err_wrap(err, "note what was decided of fields");
	return 0;
}

/* ---- reading ---- */

static bool has_flag(struct str flags, char flag)
{
	for (size_t i = 0; i < flags.len; i++) {
		if (flags.at[i] == flag)
			return true;
	}
	return false;
}

static void read_field(const struct json *row, struct history_field *ret)
{
	struct str flags = json_text(json_at(row, 2));

	*ret = (struct history_field) { .name = json_text(json_at(row, 0)),
		                        .rule = json_text(json_at(row, 1)),
		                        .to_emr = has_flag(flags, 'e'),
		                        .to_crm = has_flag(flags, 'c'),
		                        .conflict = has_flag(flags, '!'),
		                        .waits = has_flag(flags, '?'),
		                        .by_person = has_flag(flags, 'p') };
}

int history_fields(struct arena *arena, const struct history *row, struct history_field **ret, size_t *ret_count,
                   struct err *err)
{
	struct json *all;
	size_t count = 0;

	if (json_parse(arena, row->fields, &all, err) < 0)
		return err_wrap(err, "decisions %lld", (long long)row->id);
	*ret = arena_new_array(arena, struct history_field, all->count);
	JSON_EACH (all, one)
		read_field(one, &(*ret)[count++]);
	*ret_count = count;
	return 0;
}

int history_open(struct engine *engine, struct arena *arena, const struct history *row, struct history_field **ret,
                 size_t *ret_count, struct err *err)
{
	struct json *all;
	struct str text;
	size_t at = 0;

	if (history_fields(arena, row, ret, ret_count, err) < 0)
		return err_pass(err);
	if (row->purged_ms)
		return 0;
	if (box_open(engine->keys, arena, BOX, row->sides, &text, err) < 0 || json_parse(arena, text, &all, err) < 0)
		return err_wrap(err, "decisions %lld", (long long)row->id);
	JSON_EACH (all, one) {
		struct history_field *f = &(*ret)[at++];

		f->emr = json_text(json_at(one, 0));
		f->crm = json_text(json_at(one, 1));
		f->before_emr = json_text(json_at(one, 2));
		f->before_crm = json_text(json_at(one, 3));
		f->after = json_text(json_at(one, 4));
		if (at == *ret_count)
			break;
	}
	return 0;
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct history *ret = place;

	*ret = (struct history) { .id = row_int(rows, "id"),
		                  .link_id = row_int(rows, "link_id"),
		                  .staged_id = row_int(rows, "staged_id"),
		                  .at_ms = row_int(rows, "at_ms"),
		                  .mode = (enum merge_mode)row_int(rows, "mode"),
		                  .mapping_version = row_int(rows, "mapping_version"),
		                  .fields = arena_str(arena, row_text(rows, "fields")),
		                  .sides = arena_str(arena, row_blob(rows, "sides")),
		                  .purged_ms = row_int(rows, "purged_ms") };
}

int history_of_link(struct engine *engine, struct arena *arena, int64_t link_id, int64_t before_id, size_t limit,
                    struct history **ret, size_t *ret_count, struct err *err)
{
	size_t most = limit ? limit : 100;
	const struct selection what = { &OF_LINK, BIND(bind_int(link_id), bind_int(before_id), bind_int((int64_t)most)),
		                        most, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}
