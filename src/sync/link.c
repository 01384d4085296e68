/*
 * link: rows of `link`, and the base as text. reconcile inserts (LINKED for a record that was there, MAKING for one that is owed), deliver settles.
 */
#include "sync/link.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/select.h"

#define COLUMNS                                                                                                        \
	"id, sync_id, state, emr_id, crm_id, run_id, how, base, emr_hash, emr_version, emr_modified_ms, crm_version, " \
	"staged_id, created_ms, settled_ms, mapping_version"

static const struct statement INSERT = { "INSERT INTO link (sync_id, state, emr_id, crm_id, run_id, how, base, "
	                                 "emr_hash, emr_version, emr_modified_ms, crm_version,"
	                                 " staged_id, created_ms, settled_ms, mapping_version) VALUES "
	                                 "($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)" };
static const struct statement BY_EMR = { "SELECT " COLUMNS
	                                 " FROM link WHERE sync_id = $1 AND emr_id = $2 AND state < 2" };
static const struct statement BY_CRM = { "SELECT " COLUMNS
	                                 " FROM link WHERE sync_id = $1 AND crm_id = $2 AND state < 2" };
static const struct statement READ = { "SELECT " COLUMNS " FROM link WHERE id = $1" };
static const struct statement SETTLE = {
	"UPDATE link SET state = $2, crm_id = COALESCE($3, crm_id), base = COALESCE($4, base), emr_hash = COALESCE($5, "
	"emr_hash),"
	" emr_version = COALESCE($6, emr_version), emr_modified_ms = COALESCE($7, emr_modified_ms),"
	" crm_version = COALESCE($8, crm_version), staged_id = COALESCE($9, staged_id), settled_ms = $10,"
	" mapping_version = $11 WHERE id = $1"
};
static const struct statement DROP = { "DELETE FROM link WHERE id = $1 AND state = 1" };
static const struct statement END = { "UPDATE link SET state = 2, ended_ms = $2, ended_why = $3 WHERE id = $1" };
static const struct statement OWE = { "UPDATE link SET base = COALESCE($2, base), crm_version = NULL WHERE id = $1" };
static const struct statement EMR_ENDED = {
	"SELECT COUNT(*) AS n FROM link WHERE sync_id = $1 AND emr_id = $2 AND state = 2"
};
static const struct statement CRM_ENDED = {
	"SELECT COUNT(*) AS n FROM link WHERE sync_id = $1 AND crm_id = $2 AND state = 2"
};
static const struct statement LIST = {
	"SELECT " COLUMNS
	" FROM link WHERE id > $1 AND ($2 = '' OR emr_id = $2) AND ($3 = '' OR crm_id = $3) ORDER BY id LIMIT $4"
};

static const char BOX[] = "link.base";

static struct bind bind_hash(const struct digest16 *hash)
{
	static const struct digest16 none;

	if (memcmp(hash, &none, sizeof(none)) == 0)
		return bind_null();
	return bind_blob(str_range((const char *)hash->bytes, sizeof(hash->bytes)));
}

static struct bind bind_blob_or_null(struct str bytes)
{
	return bytes.len ? bind_blob(bytes) : bind_null();
}

int link_insert(struct db *db, struct link *link, struct err *err)
{
	int code;

	link->created_ms = link->created_ms ? link->created_ms : clock_wall_ms();
	code = db_run(db, &INSERT,
	              BIND(bind_int(link->sync_id), bind_int(link->state), bind_text(link->emr_id),
	                   bind_text_or_null(link->crm_id), bind_id(link->run_id), bind_text(link->how),
	                   bind_blob_or_null(link->base), bind_hash(&link->emr_hash),
	                   bind_text_or_null(link->emr_version), bind_id(link->emr_modified_ms),
	                   bind_text_or_null(link->crm_version), bind_id(link->staged_id), bind_int(link->created_ms),
	                   bind_id(link->settled_ms), bind_int(link->mapping_version)),
	              err);
	if (code < 0)
		return err_wrap(err, "link two records (R9)");
	link->id = db_last_id(db);
	return 0;
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct link *ret = place;
	struct str hash = row_blob(rows, "emr_hash");

	*ret = (struct link) {
		.id = row_int(rows, "id"),
		.sync_id = row_int(rows, "sync_id"),
		.run_id = row_int(rows, "run_id"),
		.state = (enum link_state)row_int(rows, "state"),
		.emr_id = arena_str(arena, row_text(rows, "emr_id")),
		.crm_id = arena_str(arena, row_text(rows, "crm_id")),
		.how = arena_str(arena, row_text(rows, "how")),
		.base = arena_str(arena, row_blob(rows, "base")),
		.emr_version = arena_str(arena, row_text(rows, "emr_version")),
		.crm_version = arena_str(arena, row_text(rows, "crm_version")),
		.emr_modified_ms = row_int(rows, "emr_modified_ms"),
		.staged_id = row_int(rows, "staged_id"),
		.created_ms = row_int(rows, "created_ms"),
		.settled_ms = row_int(rows, "settled_ms"),
		.mapping_version = row_int(rows, "mapping_version"),
	};
	if (hash.len == sizeof(ret->emr_hash.bytes))
		memcpy(ret->emr_hash.bytes, hash.at, hash.len);
}

static int read_one(struct db *db, struct arena *arena, const struct statement *statement, struct binds binds,
                    struct link *ret, bool *ret_found, struct err *err)
{
	const struct selection what = { statement, binds, 1, sizeof(*ret), read_row };

	return select_one(db, arena, &what, ret, ret_found, err);
}

int link_by_emr(struct db *db, struct arena *arena, int64_t sync_id, struct str emr_id, struct link *ret,
                bool *ret_found, struct err *err)
{
	return read_one(db, arena, &BY_EMR, BIND(bind_int(sync_id), bind_text(emr_id)), ret, ret_found, err);
}

int link_by_crm(struct db *db, struct arena *arena, int64_t sync_id, struct str crm_id, struct link *ret,
                bool *ret_found, struct err *err)
{
	return read_one(db, arena, &BY_CRM, BIND(bind_int(sync_id), bind_text(crm_id)), ret, ret_found, err);
}

int link_find(struct db *db, struct arena *arena, int64_t id, struct link *ret, bool *ret_found, struct err *err)
{
	return read_one(db, arena, &READ, BIND(bind_int(id)), ret, ret_found, err);
}

int link_settle(struct db *db, const struct link *link, struct err *err)
{
	int code = db_run(db, &SETTLE,
	                  BIND(bind_int(link->id), bind_int(link->state), bind_text_or_null(link->crm_id),
	                       bind_blob_or_null(link->base), bind_hash(&link->emr_hash),
	                       bind_text_or_null(link->emr_version), bind_id(link->emr_modified_ms),
	                       bind_text_or_null(link->crm_version), bind_id(link->staged_id),
	                       bind_int(clock_wall_ms()), bind_int(link->mapping_version)),
	                  err);

	return code < 0 ? err_wrap(err, "settle link %lld", (long long)link->id) : 0;
}

int link_drop(struct db *db, int64_t id, struct err *err)
{
	return db_run(db, &DROP, BIND(bind_int(id)), err);
}

int link_end(struct db *db, int64_t id, const char *why, struct err *err)
{
	return db_run(db, &END, BIND(bind_int(id), bind_int(clock_wall_ms()), bind_text(str_of(why))), err);
}

int link_owe(struct db *db, int64_t id, struct str base, struct err *err)
{
	return db_run(db, &OWE, BIND(bind_int(id), bind_blob_or_null(base)), err);
}

int link_was_ended(struct db *db, int64_t sync_id, enum side side, struct str record_id, bool *ret, struct err *err)
{
	int64_t count;

	if (db_number(db, side == SIDE_EMR ? &EMR_ENDED : &CRM_ENDED, BIND(bind_int(sync_id), bind_text(record_id)), 0,
	              &count, err) < 0)
		return err_pass(err);
	*ret = count > 0;
	return 0;
}

bool link_is_newer(const struct link *link, int64_t staged_id, int64_t modified_ms)
{
	if (modified_ms && link->emr_modified_ms && modified_ms != link->emr_modified_ms)
		return modified_ms < link->emr_modified_ms;
	return staged_id < link->staged_id;
}

struct str link_lasting_version(const struct record *crm, int64_t now_ms)
{
	enum { YOUNG_MS = 2000 };
	bool young = crm && crm->modified_ms && now_ms - crm->modified_ms < YOUNG_MS;

	return crm && !young ? crm->version : STR_EMPTY;
}

struct crm_id_job {
	struct arena *arena;
	int64_t id;
	struct link link;
	bool found;
};

static int find(struct db *db, void *context, struct err *err)
{
	struct crm_id_job *job = context;

	return link_find(db, job->arena, job->id, &job->link, &job->found, err);
}

int link_crm_id(struct engine *engine, struct arena *arena, int64_t id, struct str *ret, struct err *err)
{
	struct crm_id_job job = { .arena = arena, .id = id };

	if (store_read(engine->store, find, &job, err) < 0)
		return err_pass(err);
	*ret = job.found ? job.link.crm_id : STR_EMPTY;
	return 0;
}

int link_list(struct engine *engine, struct arena *arena, const struct link_filter *f, struct link **ret,
              size_t *ret_count, struct err *err)
{
	size_t limit = f->limit ? f->limit : 100;
	const struct selection what = { &LIST,
		                        BIND(bind_int(f->after_id), bind_text(f->emr_id), bind_text(f->crm_id),
		                             bind_int((int64_t)limit)),
		                        limit, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

static void write_side(struct buf *out, struct str text)
{
	if (text.len)
		json_write_string(out, text);
	else
		buf_add_c(out, "null");
}

struct str base_write(struct engine *engine, struct arena *arena, const struct mapping *m, const struct base *base)
{
	SCOPED(buf) struct buf out = BUF_INIT(LIMIT_PAYLOAD);
	const char *comma = "{";

	for (size_t i = 0; i < m->count; i++) {
		if (!base[i].known)
			continue;
		buf_add_c(&out, comma);
		json_write_string(&out, path_text(m->fields[i].crm));
		if (str_eq(base[i].emr, base[i].crm)) {
			buf_add_char(&out, ':');
			write_side(&out, base[i].emr);
		} else {
			buf_add_c(&out, ":[");
			write_side(&out, base[i].emr);
			buf_add_char(&out, ',');
			write_side(&out, base[i].crm);
			buf_add_char(&out, ']');
		}
		comma = ",";
	}
	buf_add_c(&out, comma[0] == '{' ? "{}" : "}");
	ensure(buf_ok(&out));
	return box_seal(engine->keys, arena, BOX, buf_str(&out));
}

int base_read(struct engine *engine, struct arena *arena, const struct mapping *m, struct str sealed, struct base *ret,
              struct err *err)
{
	struct str text;
	struct json *object;

	memset(ret, 0, size_mul(sizeof(*ret), m->count));
	if (sealed.len == 0)
		return 0;
	if (box_open(engine->keys, arena, BOX, sealed, &text, err) < 0 || json_parse(arena, text, &object, err) < 0)
		return err_wrap(err, "read the base of a link");
	for (size_t i = 0; i < m->count; i++) {
		const struct json *j = json_get_str(object, path_text(m->fields[i].crm));
		bool two = j && j->kind == JSON_ARRAY;

		ret[i] = (struct base) {
			.known = j != NULL,
			.emr = json_text(two ? json_at(j, 0) : j),
			.crm = json_text(two ? json_at(j, 1) : j),
		};
	}
	return 0;
}
