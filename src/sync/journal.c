/*
 * journal: rows of `journal`. Levels are Debug, Info, Error, Exception (R41).
 */
#include "sync/journal.h"

#include <stdio.h>

#include "lib/clock.h"
#include "sync/select.h"

static const struct statement ADD = {
	"INSERT INTO journal (id, at_ms, level, sync_id, run_id, staged_id, emr_id, crm_id, code, text)"
	" VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
	.by = "id"
};
#define COLUMNS "id, at_ms, level, sync_id, run_id, staged_id, emr_id, crm_id, code, text"
#define WANTED  " FROM journal WHERE id > $1 AND level >= $2 AND ($3 = 0 OR run_id = $3)"
static const struct statement LIST = { "SELECT " COLUMNS WANTED " ORDER BY id LIMIT $4" };
static const struct statement LATEST = { "SELECT " COLUMNS " FROM (SELECT " COLUMNS WANTED
	                                 " ORDER BY id DESC LIMIT $4) AS latest ORDER BY id" };
static const struct statement OF_PAIR = { "SELECT " COLUMNS
	                                  " FROM journal WHERE ($1 <> '' AND emr_id = $1) OR ($2 <> '' AND crm_id = $2)"
	                                  " ORDER BY id DESC LIMIT $3" };

static const struct statement FIND = { "SELECT " COLUMNS " FROM journal WHERE ($1 = 0 OR id < $1) AND level >= $2 AND "
	                               "($3 = 0 OR sync_id = $3) AND ($4 = 0 OR run_id = $4)"
	                               " AND ($5 = 0 OR staged_id = $5) AND ($6 = '' OR emr_id = $6 OR crm_id = $6)"
	                               " AND ($7 = '' OR LOWER(text) LIKE LOWER($7) OR LOWER(code) LIKE LOWER($7))"
	                               " AND at_ms >= $8 AND ($9 = 0 OR at_ms < $9) ORDER BY id DESC LIMIT $10" };

const struct purgeable journal_purgeable = {
	.what = "lines of the log",
	.page = { "SELECT id, LENGTH(text) AS bytes FROM journal WHERE id > $1 AND at_ms < $2 ORDER BY id LIMIT $3" },
	.purge = { "DELETE FROM journal WHERE id = $1" },
	.whole = true,
};

static const char *const names[] = { "debug", "info", "error", "exception" };

const char *level_name(enum level level)
{
	return names[level];
}

bool level_of_name(struct str name, enum level *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_nocase(name, str_of(names[i]))) {
			*ret = (enum level)i;
			return true;
		}
	}
	return false;
}

int journal_add(struct db *db, const struct journal_entry *e, struct err *err)
{
	int64_t id;

	return db_insert(db, &ADD,
	                 BIND(bind_null(), bind_int(e->at_ms ? e->at_ms : clock_wall_ms()), bind_int(e->level),
	                      bind_id(e->sync_id), bind_id(e->run_id), bind_id(e->staged_id),
	                      bind_text_or_null(e->emr_id), bind_text_or_null(e->crm_id), bind_text(e->code),
	                      bind_text(e->text)),
	                 &id, err);
}

static int note(struct db *db, void *context, struct err *err)
{
	return journal_add(db, context, err);
}

void journal_note(struct engine *engine, const struct journal_entry *entry)
{
	struct journal_entry copy = *entry;
	struct err err = ERR_INIT;

	if (store_write(engine->store, RELAXED, note, &copy, &err) < 0)
		fprintf(stderr, "suture: could not write the log: %s\n", err.text);
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct journal_entry *ret = place;
	*ret = (struct journal_entry) {
		.id = row_int(rows, "id"),
		.at_ms = row_int(rows, "at_ms"),
		.level = (enum level)row_int(rows, "level"),
		.sync_id = row_int(rows, "sync_id"),
		.run_id = row_int(rows, "run_id"),
		.staged_id = row_int(rows, "staged_id"),
		.emr_id = arena_str(arena, row_text(rows, "emr_id")),
		.crm_id = arena_str(arena, row_text(rows, "crm_id")),
		.code = arena_str(arena, row_text(rows, "code")),
		.text = arena_str(arena, row_text(rows, "text")),
	};
}

int journal_list(struct engine *engine, struct arena *arena, const struct journal_filter *f, struct journal_entry **ret,
                 size_t *ret_count, struct err *err)
{
	size_t limit = f->limit ? f->limit : 100;
	const struct selection what = { f->latest ? &LATEST : &LIST,
		                        BIND(bind_int(f->after_id), bind_int(f->at_least), bind_int(f->run_id),
		                             bind_int((int64_t)limit)),
		                        limit, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

int journal_find(struct engine *engine, struct arena *arena, const struct journal_search *s, struct journal_entry **ret,
                 size_t *ret_count, struct err *err)
{
	size_t limit = s->limit ? s->limit : 100;
	struct str text = s->text.len ? arena_printf(arena, "%%%.*s%%", STR_ARG(s->text)) : STR("");
	const struct selection what = { &FIND,
		                        BIND(bind_int(s->before_id), bind_int(s->at_least), bind_int(s->sync_id),
		                             bind_int(s->run_id), bind_int(s->staged_id), bind_text(s->record_id),
		                             bind_text(text), bind_int(s->since_ms), bind_int(s->until_ms),
		                             bind_int((int64_t)limit)),
		                        limit, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

int journal_of_pair(struct engine *engine, struct arena *arena, struct str emr_id, struct str crm_id, size_t limit,
                    struct journal_entry **ret, size_t *ret_count, struct err *err)
{
	size_t most = limit ? limit : 100;
	const struct selection what = { &OF_PAIR, BIND(bind_text(emr_id), bind_text(crm_id), bind_int((int64_t)most)),
		                        most, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}
