/*
 * store_db: one connection as the rest of Suture sees it.
 *
 * A statement is prepared once a connection and found again by the address of its constant. The text is compared too, so a
 * statement that is built at run time is safe, only not fast. While a result of a statement is being read, the same
 * statement run again gets a second copy (`twin`).
 *
 * `struct rows` is a handle apart from the prepared statement: rows_next() gives the statement back at the end, the
 * handle lives until rows_end() or the end of the transaction, so a ROWS that leaves its block late can never end
 * somebody else's result.
 */
#include "store/store_parts.h"

#include <string.h>

enum { FIRST_SLOTS = 64, MOST_PREPARED = 400, NAME_SLOTS = 64, MOST_BINDS = 64 };

struct prepared {
	const struct statement *key; /* compared, never followed */
	const char *sql;
	struct store_stmt *stmt;
	struct prepared *twin;
	bool busy;
	bool by;          /* it says which rows it is about */
	int column_count; /* 0: names not read yet */
	const char **columns;
	/* Which column a caller's literal names; by address, checked by text. */
	struct {
		const char *name;
		int column;
	} seen[NAME_SLOTS];
};

struct rows {
	struct db *db;
	struct prepared *prepared; /* NULL: at the end */
	struct rows *next;         /* of all in use, or of the free ones */
	bool used;
};

struct db {
	struct arena arena; /* holds the db itself */
	struct arena statements;
	const struct store_driver *driver;
	const struct store_place *place;
	struct store_conn *conn;
	struct prepared **slots; /* open addressing */
	size_t slot_count;
	size_t prepared_count;
	struct rows *handles; /* all that exist, the newest first */
	struct prepared *ran; /* by the last db_run that went well; NULL: none did */
	struct db *next;
};

/* ---- the connection */

int db_open(const struct store_place *place, enum store_role role, struct db **ret, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct db *db = arena_new(&arena, struct db);
	int result = place->driver->open(place, role, &arena, &db->conn, err);

	if (result < 0) {
		arena_release(&arena);
		return result;
	}
	db->driver = place->driver;
	db->place = place;
	db->arena = arena;
	*ret = db;
	return 0;
}

static void discard_statements(struct db *db)
{
	for (size_t i = 0; i < db->slot_count; i++)
		for (struct prepared *p = db->slots[i]; p; p = p->twin)
			db->driver->discard(db->conn, p->stmt);
	db->slots = NULL;
	db->slot_count = 0;
	db->prepared_count = 0;
	db->ran = NULL;
	arena_reset(&db->statements);
}

void db_close(struct db **db)
{
	struct db *gone = *db;
	struct arena arena;

	if (!gone)
		return;
	discard_statements(gone);
	gone->driver->close(gone->conn);
	arena_release(&gone->statements);
	arena = gone->arena;
	arena_release(&arena);
	*db = NULL;
}

struct db *db_next(struct db *db)
{
	return db->next;
}

void db_set_next(struct db *db, struct db *next)
{
	db->next = next;
}

int db_copy(struct db *db, const char *path, struct err *err)
{
	return db->driver->copy(db->conn, path, err);
}

void db_describe(struct db *db, struct buf *out)
{
	db->driver->describe(db->conn, out);
}

/* ---- transactions */

static void give_back(struct db *db, struct prepared *prepared)
{
	db->driver->reset(db->conn, prepared->stmt);
	prepared->busy = false;
}

static void end_handle(struct rows *rows)
{
	if (rows->prepared)
		give_back(rows->db, rows->prepared);
	rows->prepared = NULL;
	rows->used = false;
}

static void end_all_rows(struct db *db)
{
	for (struct rows *rows = db->handles; rows; rows = rows->next)
		if (rows->used)
			end_handle(rows);
}

int db_begin(struct db *db, enum store_access access, struct err *err)
{
	/* Statements built at run time never come back: do not let them pile up. Nothing is being read at this point. */
	if (db->prepared_count > MOST_PREPARED)
		discard_statements(db);
	return db->driver->begin(db->conn, access, err);
}

int db_commit(struct db *db, struct err *err)
{
	int result;

	end_all_rows(db);
	/* A function that hides a failed statement hides nothing: the database ended the transaction over it. */
	if (!db_in_transaction(db))
		return err_set(err, ERR_STORE, "the database gave the transaction up; try again");
	result = db->driver->commit(db->conn, err);
	if (result < 0)
		db->driver->rollback(db->conn);
	return result;
}

void db_rollback(struct db *db)
{
	end_all_rows(db);
	db->driver->rollback(db->conn);
}

int db_savepoint(struct db *db, struct err *err)
{
	return db->driver->savepoint(db->conn, err);
}

int db_keep_savepoint(struct db *db, struct err *err)
{
	end_all_rows(db);
	return db->driver->keep_savepoint(db->conn, err);
}

/* A savepoint that cannot be undone takes the whole transaction with it; the caller sees that in db_in_transaction(). */
void db_undo_savepoint(struct db *db)
{
	struct err ignored = ERR_INIT;

	end_all_rows(db);
	if (db_in_transaction(db) && db->driver->undo_savepoint(db->conn, &ignored) < 0)
		db->driver->rollback(db->conn);
}

bool db_in_transaction(struct db *db)
{
	return db->driver->in_transaction(db->conn);
}

bool db_passing(struct db *db)
{
	return db->driver->passing && db->driver->passing(db->conn);
}

int db_settle(struct db *db, struct err *err)
{
	return db->driver->settle ? db->driver->settle(db->conn, err) : 0;
}

bool db_syncs_apart(const struct db *db)
{
	return db->driver->sync != NULL;
}

int db_sync(struct db *db, struct err *err)
{
	return db->driver->sync(db->conn, err);
}

int64_t db_log_pages(struct db *db)
{
	return db->driver->log_pages(db->conn);
}

int db_checkpoint(struct db *db, struct store_log *ret, struct err *err)
{
	return db->driver->checkpoint(db->conn, ret, err);
}

int db_sync_file(struct db *db, struct err *err)
{
	return db->driver->sync_file(db->conn, err);
}

int db_scrub(struct db *db, bool compact, struct err *err)
{
	return db->driver->scrub(db->conn, compact, err);
}

int db_script(struct db *db, const char *sql, const char *postgres, struct err *err)
{
	return db->driver->script(db->conn, sql, postgres, err);
}

/* ---- prepared statements */

static size_t slot_of(const struct db *db, const struct statement *key)
{
	return (size_t)(((uintptr_t)key >> 3) * 0x9E3779B97F4A7C15u >> 32) & (db->slot_count - 1);
}

/* The slot that holds the key, or the empty one where it belongs. */
static struct prepared **find_slot(struct db *db, const struct statement *key)
{
	size_t i = slot_of(db, key);

	while (db->slots[i] && db->slots[i]->key != key)
		i = (i + 1) & (db->slot_count - 1);
	return &db->slots[i];
}

static void grow_slots(struct db *db)
{
	struct prepared **before = db->slots;
	size_t count = db->slot_count;

	db->slot_count = count ? count * 2 : FIRST_SLOTS;
	db->slots = arena_new_array(&db->statements, struct prepared *, db->slot_count);
	for (size_t i = 0; i < count; i++)
		if (before[i])
			*find_slot(db, before[i]->key) = before[i];
}

static int prepare(struct db *db, const struct statement *key, const char *sql, struct prepared **ret, struct err *err)
{
	struct prepared *made = arena_new(&db->statements, struct prepared);
	int result = db->driver->prepare(db->conn, sql, key->by, &db->statements, &made->stmt, err);

	if (result < 0)
		return result;
	made->key = key;
	made->by = key->by != NULL;
	made->sql = arena_text(&db->statements, str_of(sql));
	db->prepared_count++;
	*ret = made;
	return 0;
}

/* A prepared statement that nobody reads from; it is busy from now on. */
static int take_prepared(struct db *db, const struct statement *statement, struct prepared **ret, struct err *err)
{
	const char *sql = db->driver->dialect(statement);
	struct prepared **at;
	int result = 0;

	if (db->prepared_count * 2 >= db->slot_count)
		grow_slots(db);
	at = find_slot(db, statement);
	while (*at && ((*at)->busy || strcmp((*at)->sql, sql) != 0))
		at = &(*at)->twin;
	if (!*at)
		result = prepare(db, statement, sql, at, err);
	if (result < 0)
		return result;
	(*at)->busy = true;
	*ret = *at;
	return 0;
}

/* ---- running */

/* Runs it and gives it back. */
static int run(struct db *db, struct prepared *prepared, struct binds binds, struct err *err)
{
	int result = db->driver->bind(db->conn, prepared->stmt, binds, false, err);

	if (result == 0)
		do
			result = db->driver->step(db->conn, prepared->stmt, err);
		while (result > 0);
	db->ran = result < 0 ? NULL : prepared;
	give_back(db, prepared);
	return result;
}

int db_run(struct db *db, const struct statement *statement, struct binds binds, struct err *err)
{
	struct prepared *prepared;
	int result = take_prepared(db, statement, &prepared, err);

	return result < 0 ? result : run(db, prepared, binds, err);
}

int db_insert(struct db *db, const struct statement *statement, struct binds binds, int64_t *ret_id, struct err *err)
{
	struct bind with_id[MOST_BINDS];
	struct prepared *prepared;
	int result = take_prepared(db, statement, &prepared, err);

	if (result < 0)
		return result;
	ensure(binds.count > 0 && binds.count <= MOST_BINDS);
	memcpy(with_id, binds.at, binds.count * sizeof(*with_id));
	with_id[0] = bind_null();
	if (db->driver->new_id) {
		with_id[0].kind = BIND_INT;
		result = db->driver->new_id(db->conn, prepared->stmt, &with_id[0].number, err);
	}
	if (result < 0) {
		give_back(db, prepared);
		return result;
	}
	result = run(db, prepared, (struct binds) { with_id, binds.count }, err);
	if (result == 0)
		*ret_id = db->driver->new_id ? with_id[0].number : db_last_id(db);
	return result;
}

int db_ahead(struct db *db, const struct statement *statement, const struct binds *rows, size_t count, struct err *err)
{
	struct prepared *prepared;
	int result;

	if (!db->driver->ahead || count == 0)
		return 0;
	result = take_prepared(db, statement, &prepared, err);
	if (result < 0)
		return result;
	result = db->driver->ahead(db->conn, prepared->stmt, rows, count, err);
	give_back(db, prepared);
	return result;
}

int64_t db_last_id(struct db *db)
{
	return db->driver->last_id(db->conn);
}

int64_t db_changed(struct db *db)
{
	ensure(!db->ran || !db->ran->by); /* it may not have been run yet */
	return db->ran ? db->driver->changed(db->conn, db->ran->stmt) : 0;
}

static struct rows *take_handle(struct db *db)
{
	struct rows *rows = db->handles;

	while (rows && rows->used)
		rows = rows->next;
	if (!rows) {
		rows = arena_new(&db->arena, struct rows);
		rows->db = db;
		rows->next = db->handles;
		db->handles = rows;
	}
	rows->used = true;
	return rows;
}

int db_select(struct db *db, const struct statement *statement, struct binds binds, struct rows **ret, struct err *err)
{
	struct prepared *prepared;
	struct rows *rows;
	int result = take_prepared(db, statement, &prepared, err);

	if (result < 0)
		return result;
	result = db->driver->bind(db->conn, prepared->stmt, binds, true, err);
	if (result < 0) {
		give_back(db, prepared);
		return result;
	}
	rows = take_handle(db);
	rows->prepared = prepared;
	*ret = rows;
	return 0;
}

int rows_next(struct rows *rows, struct err *err)
{
	struct db *db = rows->db;
	int result;

	ensure(rows->used);
	if (!rows->prepared)
		return 0;
	result = db->driver->step(db->conn, rows->prepared->stmt, err);
	if (result > 0)
		return 1;
	give_back(db, rows->prepared);
	rows->prepared = NULL;
	return result;
}

void rows_end(struct rows **rows)
{
	if (*rows && (*rows)->used)
		end_handle(*rows);
	*rows = NULL;
}

void rows_scoped_release(struct rows **rows)
{
	rows_end(rows);
}

/* ---- columns by name */

static void read_names(struct db *db, struct prepared *prepared)
{
	int count = db->driver->column_count(db->conn, prepared->stmt);

	prepared->columns = arena_new_array(&db->statements, const char *, (size_t)count);
	for (int i = 0; i < count; i++) {
		const char *name = db->driver->column_name(db->conn, prepared->stmt, i);

		prepared->columns[i] = arena_text(&db->statements, str_of(name));
	}
	prepared->column_count = count;
}

static int search_name(const struct prepared *prepared, const char *name)
{
	for (int i = 0; i < prepared->column_count; i++)
		if (strcmp(prepared->columns[i], name) == 0)
			return i;
	return -1;
}

static int column_of(struct rows *rows, const char *name)
{
	struct prepared *prepared = rows->prepared;
	size_t at = (size_t)((uintptr_t)name * 0x9E3779B97F4A7C15u >> 32) % NAME_SLOTS;
	int column;

	ensure(prepared != NULL);
	if (prepared->seen[at].name == name && strcmp(prepared->columns[prepared->seen[at].column], name) == 0)
		return prepared->seen[at].column;
	if (prepared->column_count == 0)
		read_names(rows->db, prepared);
	column = search_name(prepared, name);
	if (column < 0)
		defs_abort("ensure: no such column", name, __FILE__, __LINE__);
	prepared->seen[at].name = name;
	prepared->seen[at].column = column;
	return column;
}

int64_t row_int(struct rows *rows, const char *column)
{
	return rows->db->driver->column_int(rows->db->conn, rows->prepared->stmt, column_of(rows, column));
}

struct str row_text(struct rows *rows, const char *column)
{
	return rows->db->driver->column_text(rows->db->conn, rows->prepared->stmt, column_of(rows, column));
}

struct str row_blob(struct rows *rows, const char *column)
{
	return rows->db->driver->column_blob(rows->db->conn, rows->prepared->stmt, column_of(rows, column));
}

bool row_is_null(struct rows *rows, const char *column)
{
	return rows->db->driver->column_is_null(rows->db->conn, rows->prepared->stmt, column_of(rows, column));
}

int db_tell(struct db *db, int64_t what, struct err *err)
{
	return db->driver->tell ? db->driver->tell(db, db->place, what, err) : 0;
}

int db_number(struct db *db, const struct statement *statement, struct binds binds, int64_t fallback, int64_t *ret,
              struct err *err)
{
	ROWS rows = NULL;
	int result = db_select(db, statement, binds, &rows, err);

	if (result == 0)
		result = rows_next(rows, err);
	if (result < 0)
		return result;
	*ret = result ? db->driver->column_int(db->conn, rows->prepared->stmt, 0) : fallback;
	return 0;
}
