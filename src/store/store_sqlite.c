/*
 * store_sqlite: the driver for SQLite.
 *
 *	open      create the file for its owner only, check that it is ours, set the pragmas
 *	run       prepare once; bind, step, reset
 *	commit    write-ahead log; "synchronous" is switched between transactions, only when it has to change
 *	sync      the log alone, by a descriptor of our own: what FULL does at the end of a commit, only beside the writer
 *	copy      SQLite's backup in one step: one consistent view, writers go on beside it
 *
 * A write begins with BEGIN IMMEDIATE: it waits for its turn at the beginning (busy_ms) and cannot fail for that reason
 * later. Another process may write in between; nothing is kept in this process that such a write would make wrong.
 */
#include "store/store_driver.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "store/store_sqlite_problem.h"

enum fixed { BEGIN_READ, BEGIN_WRITE, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, UNDO, FIXED_COUNT };

static const char *const fixed_sql[FIXED_COUNT] = {
	[BEGIN_READ] = "BEGIN",      [BEGIN_WRITE] = "BEGIN IMMEDIATE", [COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",     [SAVEPOINT] = "SAVEPOINT part",    [RELEASE] = "RELEASE part",
	[UNDO] = "ROLLBACK TO part",
};

enum { PATH_BYTES = 4096 };

struct store_conn {
	sqlite3 *db;
	const char *path;
	sqlite3_stmt *fixed[FIXED_COUNT];
	enum store_access synced; /* what "synchronous" is set for */
	bool scratch;
	int64_t busy_ms;
	int64_t busy_since_ns;
	int64_t log_pages;
	int log_fd; /* of sync() alone; -1: not open yet */
};

struct store_stmt {
	sqlite3_stmt *handle;
	int places;             /* how many parameters SQLite counts */
	int highest;            /* the highest n of $n */
	const int *number;      /* of place i (from 1): the n of its $n */
	int64_t changed_before; /* sqlite3_total_changes64 when it began */
	int64_t changed;
};

static int fail(struct store_conn *conn, struct err *err)
{
	return sqlite_problem(conn->db, conn->path, err);
}

/* ---- statements */

static const char *sqlite_dialect(const struct statement *statement)
{
	return statement->sqlite ? statement->sqlite : statement->sql;
}

static int run_script(struct store_conn *conn, const char *sql, struct err *err)
{
	return sqlite3_exec(conn->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(conn, err);
}

static int sqlite_script(struct store_conn *conn, const char *sql, const char *postgres UNUSED, struct err *err)
{
	return run_script(conn, sql, err);
}

/* SQLite counts $n in the order of appearance; ours are numbers: "VALUES ($2, $1)" has $2 at place 1. */
static void read_numbers(struct store_stmt *stmt, struct arena *memory)
{
	int *number;

	stmt->places = sqlite3_bind_parameter_count(stmt->handle);
	number = arena_new_array(memory, int, (size_t)stmt->places + 1);
	for (int i = 1; i <= stmt->places; i++) {
		int64_t n = 0;
		const char *name = sqlite3_bind_parameter_name(stmt->handle, i);

		ensure(name && name[0] == '$' && str_to_i64(str_of(name + 1), &n) && n >= 1 && n <= INT32_MAX);
		number[i] = (int)n;
		stmt->highest = MAX_OF(stmt->highest, (int)n);
	}
	stmt->number = number;
}

static int sqlite_prepare(struct store_conn *conn, const char *sql, const char *by UNUSED, struct arena *memory,
                          struct store_stmt **ret, struct err *err)
{
	struct store_stmt *stmt = arena_new(memory, struct store_stmt);

	if (sqlite3_prepare_v3(conn->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt->handle, NULL) != SQLITE_OK)
		return fail(conn, err);
	read_numbers(stmt, memory);
	*ret = stmt;
	return 0;
}

static void sqlite_discard(struct store_conn *conn UNUSED, struct store_stmt *stmt)
{
	sqlite3_finalize(stmt->handle);
}

static const char *sqlite_text(struct store_conn *conn UNUSED, struct store_stmt *stmt)
{
	return sqlite3_sql(stmt->handle);
}

/* An empty text is a text: SQLite takes a NULL address for NULL. */
static int bind_one(sqlite3_stmt *handle, int place, const struct bind *bind, sqlite3_destructor_type keep)
{
	const char *at = bind->bytes.at ? bind->bytes.at : "";

	switch (bind->kind) {
	case BIND_NULL:
		return sqlite3_bind_null(handle, place);
	case BIND_INT:
		return sqlite3_bind_int64(handle, place, bind->number);
	case BIND_TEXT:
		return sqlite3_bind_text64(handle, place, at, bind->bytes.len, keep, SQLITE_UTF8);
	case BIND_BLOB:
		return sqlite3_bind_blob64(handle, place, at, bind->bytes.len, keep);
	}
	unreachable("a kind of bind that is not in the list");
}

static int sqlite_bind(struct store_conn *conn, struct store_stmt *stmt, struct binds binds, bool keep, struct err *err)
{
	sqlite3_destructor_type how = keep ? SQLITE_TRANSIENT : SQLITE_STATIC;

	ensure(binds.count == (size_t)stmt->highest);
	stmt->changed_before = sqlite3_total_changes64(conn->db);
	for (int i = 1; i <= stmt->places; i++)
		if (bind_one(stmt->handle, i, &binds.at[stmt->number[i] - 1], how) != SQLITE_OK)
			return fail(conn, err);
	return 0;
}

static int sqlite_step(struct store_conn *conn, struct store_stmt *stmt, struct err *err)
{
	int code = sqlite3_step(stmt->handle);

	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		return fail(conn, err);
	/* sqlite3_changes keeps the figure of the statement before when this one cannot change rows. */
	stmt->changed = sqlite3_total_changes64(conn->db) == stmt->changed_before ? 0 : sqlite3_changes64(conn->db);
	return 0;
}

static void sqlite_reset(struct store_conn *conn UNUSED, struct store_stmt *stmt)
{
	sqlite3_reset(stmt->handle);
}

static int64_t sqlite_last_id(struct store_conn *conn)
{
	return sqlite3_last_insert_rowid(conn->db);
}

static int64_t sqlite_changed(struct store_conn *conn UNUSED, struct store_stmt *stmt)
{
	return stmt->changed;
}

/* ---- columns */

static int sqlite_column_count(struct store_conn *conn UNUSED, struct store_stmt *stmt)
{
	return sqlite3_column_count(stmt->handle);
}

static const char *sqlite_column_name(struct store_conn *conn UNUSED, struct store_stmt *stmt, int column)
{
	return sqlite3_column_name(stmt->handle, column);
}

static int64_t sqlite_column_int(struct store_conn *conn UNUSED, struct store_stmt *stmt, int column)
{
	return sqlite3_column_int64(stmt->handle, column);
}

static struct str sqlite_column_text(struct store_conn *conn UNUSED, struct store_stmt *stmt, int column)
{
	const char *at = (const char *)sqlite3_column_text(stmt->handle, column);

	return at ? str_range(at, (size_t)sqlite3_column_bytes(stmt->handle, column)) : STR_EMPTY;
}

static struct str sqlite_column_blob(struct store_conn *conn UNUSED, struct store_stmt *stmt, int column)
{
	const char *at = sqlite3_column_blob(stmt->handle, column);

	return at ? str_range(at, (size_t)sqlite3_column_bytes(stmt->handle, column)) : STR_EMPTY;
}

static bool sqlite_column_is_null(struct store_conn *conn UNUSED, struct store_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
}

/* ---- transactions */

static int run_fixed(struct store_conn *conn, enum fixed which, struct err *err)
{
	sqlite3_stmt **handle = &conn->fixed[which];
	int code = SQLITE_OK;
	int result = 0;

	if (!*handle)
		code = sqlite3_prepare_v3(conn->db, fixed_sql[which], -1, SQLITE_PREPARE_PERSISTENT, handle, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(*handle);
	if (code != SQLITE_DONE)
		result = fail(conn, err);
	sqlite3_reset(*handle);
	return result;
}

/* FULL syncs the log with every commit; NORMAL only when the log is brought into the file. */
static int set_synchronous(struct store_conn *conn, enum store_access access, struct err *err)
{
	static const char *const pragma[] = {
		[STORE_WRITE_RELAXED] = "PRAGMA synchronous=NORMAL",
		[STORE_WRITE_DURABLE] = "PRAGMA synchronous=FULL",
	};

	if (conn->synced == access || conn->scratch)
		return 0;
	if (run_script(conn, pragma[access], err) < 0)
		return err->code;
	conn->synced = access;
	return 0;
}

static int sqlite_begin(struct store_conn *conn, enum store_access access, struct err *err)
{
	if (access == STORE_READ)
		return run_fixed(conn, BEGIN_READ, err);
	if (set_synchronous(conn, access, err) < 0)
		return err->code;
	return run_fixed(conn, BEGIN_WRITE, err);
}

static int sqlite_commit(struct store_conn *conn, struct err *err)
{
	return run_fixed(conn, COMMIT, err);
}

static bool sqlite_in_transaction(struct store_conn *conn)
{
	return !sqlite3_get_autocommit(conn->db);
}

static void sqlite_rollback(struct store_conn *conn)
{
	struct err ignored = ERR_INIT;

	if (sqlite_in_transaction(conn))
		ensure(run_fixed(conn, ROLLBACK, &ignored) == 0 || !sqlite_in_transaction(conn));
}

static int sqlite_savepoint(struct store_conn *conn, struct err *err)
{
	return run_fixed(conn, SAVEPOINT, err);
}

static int sqlite_keep_savepoint(struct store_conn *conn, struct err *err)
{
	return run_fixed(conn, RELEASE, err);
}

static int sqlite_undo_savepoint(struct store_conn *conn, struct err *err)
{
	int result = run_fixed(conn, UNDO, err);

	return result < 0 ? result : run_fixed(conn, RELEASE, err);
}

/*
 * The log's file is there since the first commit and stays the same one while a connection is open. SQLite locks the database and its -shm, never the log, so
 * that closing our descriptor drops no lock. A checkpoint that overtakes us syncs both files itself.
 */
static int sqlite_sync(struct store_conn *conn, struct err *err)
{
	if (conn->scratch)
		return 0;
	if (conn->log_fd < 0)
		conn->log_fd = open(sqlite3_filename_wal(sqlite3_db_filename(conn->db, "main")), O_RDWR | O_CLOEXEC);
	if (conn->log_fd >= 0 && fdatasync(conn->log_fd) == 0)
		return 0;
	if (errno == ENOSPC || errno == EDQUOT)
		return err_set(err, ERR_DISK_FULL, "database %s: the disk is full: make room", conn->path);
	return err_errno(err, "bring the log of database %s to the disk", conn->path);
}

/* ---- the place */

/*
 * ":memory:" is a file too, in the temporary directory: with SQLite's own memory databases readers would wait for the
 * writer, and tests would not see what happens in the field.
 */
static int make_scratch(struct store_place *place, struct arena *memory, struct err *err)
{
	const char *folder = getenv("TMPDIR");
	struct str name = arena_printf(memory, "%s/suture-XXXXXX", folder ? folder : "/tmp");
	char *path = arena_text(memory, name);
	int fd = mkstemp(path);

	if (fd < 0)
		return err_errno(err, "create a database in the temporary directory");
	close(fd);
	place->path = path;
	return 0;
}

/*
 * For its owner only: payloads are sealed, names of objects are not. mknod and not open: closing a descriptor of a file
 * that this process has open elsewhere would drop SQLite's locks on it.
 */
static int make_file(const char *path, struct err *err)
{
	if (mknod(path, S_IFREG | 0600, 0) == 0 || errno == EEXIST)
		return 0;
	if (errno == ENOSPC || errno == EDQUOT)
		return err_set(err, ERR_DISK_FULL, "create database %s: the disk is full: make room", path);
	return err_set(err, ERR_STORE, "create database %s: %s: check that the folder exists and may be written", path,
	               strerror(errno));
}

/* Counting the memory in use takes a lock at every allocation, and nobody asks for the figure. */
static void configure_library(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int sqlite_arrive(struct store_place *place, struct arena *memory, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, configure_library);
	return place->scratch ? make_scratch(place, memory, err) : make_file(place->path, err);
}

static void sqlite_leave(const struct store_place *place)
{
	static const char *const endings[] = { "", "-wal", "-shm", "-journal" };

	for (size_t i = 0; place->scratch && i < ARRAY_LEN(endings); i++) {
		SCOPED(buf) struct buf path = BUF_INIT(PATH_BYTES);

		buf_printf(&path, "%s%s", place->path, endings[i]);
		unlink(buf_text(&path));
	}
}

/* ---- open */

/* "Sutr": tells our file from another program's. */
enum { APPLICATION_ID = 0x53757472 };

/*
 * Memory: 6 MB for the writer; half a one for a reader, who forgets all with each commit of somebody else. Nothing is mapped. The log is brought into the file by store_keeper.c,
 * and is cut to 64 MB when a long read made it grow.
 */
static const char *const pragmas[] = {
	[STORE_WRITER] =
	        "PRAGMA cache_size=-6000; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;"
	        "PRAGMA secure_delete=FAST;" /* what is deleted is overwritten where its page is written anyway */
	        "PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864; PRAGMA synchronous=NORMAL;",
	[STORE_READER] = "PRAGMA cache_size=-500; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA query_only=ON;",
};

/* Short naps: what we wait for is another process's commit, and SQLite's own waiting grows to 100 ms. */
static int on_busy(void *context, int count)
{
	struct store_conn *conn = context;
	int64_t now = clock_mono_ns();
	struct timespec nap = { .tv_nsec = 100000L << MIN_OF(count, 5) };

	if (count == 0)
		conn->busy_since_ns = now;
	if ((now - conn->busy_since_ns) / 1000000 >= conn->busy_ms)
		return 0;
	nanosleep(&nap, NULL);
	return 1;
}

/* The first number of the first row, or 0. */
static int ask_number(struct store_conn *conn, const char *sql, int64_t *ret, struct err *err)
{
	sqlite3_stmt *handle = NULL;
	int code = sqlite3_prepare_v2(conn->db, sql, -1, &handle, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(handle);
	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int64(handle, 0);
	else if (code != SQLITE_DONE)
		fail(conn, err);
	sqlite3_finalize(handle);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : (int)err->code;
}

/* ---- the log */

static int note_log(void *context, sqlite3 *db UNUSED, const char *name UNUSED, int pages)
{
	struct store_conn *conn = context;

	conn->log_pages = pages;
	return SQLITE_OK;
}

static int64_t sqlite_log_pages(struct store_conn *conn)
{
	return conn->log_pages;
}

static int sqlite_checkpoint(struct store_conn *conn, struct store_log *ret, struct err *err)
{
	int pages = 0, copied = 0;
	int64_t unused = 0;

	/* A connection that has not read anything yet does not know of the log. */
	if (ask_number(conn, "PRAGMA schema_version", &unused, err) < 0)
		return err->code;
	if (sqlite3_wal_checkpoint_v2(conn->db, "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &copied) != SQLITE_OK)
		return fail(conn, err);
	*ret = (struct store_log) { MAX_OF(pages, 0), MAX_OF(copied, 0) };
	return 0;
}

/* By SQLite's own descriptor: closing one of ours would drop its locks. */
static int sqlite_sync_file(struct store_conn *conn, struct err *err)
{
	sqlite3_file *file = NULL;
	int code = sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);

	if (conn->scratch)
		return 0;
	if (code == SQLITE_OK && file && file->pMethods)
		code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
	return code == SQLITE_OK ? 0
	                         : err_set(err, ERR_STORE,
	                                   "database %s: it cannot be brought to the disk: check the disk", conn->path);
}

/* SQLite waits for who reads (on_busy), not for who copies the log at the same time: the keeper's thread, another process. */
static int empty_log(struct store_conn *conn, struct err *err)
{
	int64_t start = clock_mono_ns();
	int code;

	while (((code = sqlite3_wal_checkpoint_v2(conn->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL)) & 0xff) ==
	       SQLITE_BUSY) {
		if ((clock_mono_ns() - start) / 1000000 >= conn->busy_ms)
			return err_set(
			        err, ERR_CONFLICT,
			        "database %s: its log, which holds pages as they were, could not be emptied, because "
			        "somebody reads what is older: end that, or wait, and try again",
			        conn->path);
		clock_sleep_ms(1);
	}
	return code == SQLITE_OK ? 0 : fail(conn, err);
}

static int sqlite_scrub(struct store_conn *conn, bool compact, struct err *err)
{
	if (compact && run_script(conn, "VACUUM", err) < 0)
		return err_pass(err);
	return empty_log(conn, err);
}

/* ---- set up */

/* Of the file format: a text at the beginning, and at byte 68 what PRAGMA application_id set. */
int store_look_at_file(const char *path, struct err *err)
{
	enum { HEAD = 100, ID_AT = 68 };
	static const char begin[] = "SQLite format 3";
	unsigned char head[HEAD] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;
	uint32_t id;

	if (fd < 0)
		return err_errno(err, "open %s", path);
	got = read(fd, head, sizeof(head));
	close(fd);
	memcpy(&id, head + ID_AT, sizeof(id));
	if (got == HEAD && memcmp(head, begin, sizeof(begin)) == 0 && be32toh(id) == APPLICATION_ID)
		return 0;
	return err_set(err, ERR_DATA, "%s is %s", path, got == 0 ? "empty" : "no database of a Suture");
}

static int check_ours(struct store_conn *conn, struct err *err)
{
	int64_t id = 0;
	int64_t tables = 0;

	if (ask_number(conn, "PRAGMA application_id", &id, err) < 0)
		return err->code;
	if (ask_number(conn, "SELECT COUNT(*) FROM sqlite_master", &tables, err) < 0)
		return err->code;
	if (id == APPLICATION_ID || (id == 0 && tables == 0))
		return 0;
	return err_set(err, ERR_STORE, "database %s belongs to another program: check the path", conn->path);
}

/* Two processes that create the same file at once: SQLite does not call on_busy for a change of the journal mode. */
static int use_write_ahead_log(struct store_conn *conn, struct err *err)
{
	int64_t start = clock_mono_ns();
	int code;

	while ((code = sqlite3_exec(conn->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL)) == SQLITE_BUSY ||
	       code == SQLITE_LOCKED) {
		if ((clock_mono_ns() - start) / 1000000 >= conn->busy_ms)
			break;
		clock_sleep_ms(1);
	}
	return code == SQLITE_OK ? 0 : fail(conn, err);
}

static int set_up_writer(struct store_conn *conn, const struct store_place *place, struct err *err)
{
	char text[80];

	if (sqlite3_db_readonly(conn->db, "main") == 1)
		return err_set(
		        err, ERR_STORE,
		        "database %s: it may not be written: check the owner and the rights of the file, and whether "
		        "the disk is mounted read-only",
		        conn->path);
	if (check_ours(conn, err) < 0)
		return err->code;
	if (run_script(conn, "PRAGMA page_size=4096", err) < 0 || use_write_ahead_log(conn, err) < 0)
		return err->code;
	snprintf(text, sizeof(text), "PRAGMA application_id=%d; PRAGMA max_page_count=%lld", APPLICATION_ID,
	         (long long)place->max_pages);
	return run_script(conn, text, err);
}

static int set_up(struct store_conn *conn, const struct store_place *place, enum store_role role, struct err *err)
{
	sqlite3_extended_result_codes(conn->db, 1);
	sqlite3_busy_handler(conn->db, on_busy, conn);
	/* "x" in double quotes is a column and never, by a slip of the pen, a text. */
	sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	if (role == STORE_WRITER && set_up_writer(conn, place, err) < 0)
		return err->code;
	if (run_script(conn, pragmas[role], err) < 0)
		return err->code;
	conn->synced = STORE_WRITE_RELAXED;
	if (role == STORE_WRITER)
		sqlite3_wal_hook(conn->db, note_log, conn); /* in place of the one that copies after each 4,000 pages */
	return conn->scratch ? run_script(conn, "PRAGMA synchronous=OFF", err) : 0;
}

static void sqlite_close(struct store_conn *conn)
{
	if (conn->log_fd >= 0)
		close(conn->log_fd);
	for (size_t i = 0; i < FIXED_COUNT; i++)
		sqlite3_finalize(conn->fixed[i]);
	ensure(sqlite3_close(conn->db) == SQLITE_OK); /* else a statement was forgotten */
}

static int sqlite_open(const struct store_place *place, enum store_role role, struct arena *memory,
                       struct store_conn **ret, struct err *err)
{
	struct store_conn *conn = arena_new(memory, struct store_conn);
	int code = sqlite3_open_v2(place->path, &conn->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	int result = 0;

	conn->log_fd = -1;
	conn->path = place->path;
	conn->scratch = place->scratch;
	conn->busy_ms = place->busy_ms;
	must(conn->db != NULL);
	if (code != SQLITE_OK)
		result = fail(conn, err);
	if (result == 0)
		result = set_up(conn, place, role, err);
	if (result < 0) {
		sqlite_close(conn);
		return result;
	}
	*ret = conn;
	return 0;
}

/* ---- copy */

static int copy_pages(struct store_conn *from, struct store_conn *to, struct err *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to->db, "main", from->db, "main");
	int code;

	if (!backup)
		return fail(to, err);
	code = sqlite3_backup_step(backup, -1);
	sqlite3_backup_finish(backup); /* leaves the reason of a failure in `to` */
	return code == SQLITE_DONE ? 0 : fail(to, err);
}

/* The copy counts only once it is whole, so it needs no journal of its own; store_copy makes it last. */
static int write_copy(struct store_conn *from, const char *path, struct err *err)
{
	struct store_conn to = { .path = path, .busy_ms = from->busy_ms, .log_fd = -1 };
	int code = sqlite3_open_v2(path, &to.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	int result;

	must(to.db != NULL);
	sqlite3_extended_result_codes(to.db, 1);
	result = code == SQLITE_OK ? 0 : fail(&to, err);
	if (result == 0)
		result = run_script(&to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", err);
	if (result == 0)
		result = copy_pages(from, &to, err);
	sqlite_close(&to);
	return result;
}

static int sqlite_copy(struct store_conn *conn, const char *path, struct err *err)
{
	return make_file(path, err) < 0 ? err_pass(err) : write_copy(conn, path, err);
}

static void sqlite_describe(struct store_conn *conn, struct buf *out)
{
	buf_printf(out, "SQLite %s, %s", sqlite3_libversion(), conn->scratch ? ":memory:" : conn->path);
}

const struct store_driver STORE_SQLITE = {
	.scheme = "sqlite",
	.arrive = sqlite_arrive,
	.leave = sqlite_leave,
	.open = sqlite_open,
	.close = sqlite_close,
	.dialect = sqlite_dialect,
	.script = sqlite_script,
	.prepare = sqlite_prepare,
	.discard = sqlite_discard,
	.text = sqlite_text,
	.bind = sqlite_bind,
	.step = sqlite_step,
	.reset = sqlite_reset,
	.last_id = sqlite_last_id,
	.changed = sqlite_changed,
	.column_count = sqlite_column_count,
	.column_name = sqlite_column_name,
	.column_int = sqlite_column_int,
	.column_text = sqlite_column_text,
	.column_blob = sqlite_column_blob,
	.column_is_null = sqlite_column_is_null,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.savepoint = sqlite_savepoint,
	.keep_savepoint = sqlite_keep_savepoint,
	.undo_savepoint = sqlite_undo_savepoint,
	.in_transaction = sqlite_in_transaction,
	.sync = sqlite_sync,
	.log_pages = sqlite_log_pages,
	.checkpoint = sqlite_checkpoint,
	.sync_file = sqlite_sync_file,
	.scrub = sqlite_scrub,
	.copy = sqlite_copy,
	.describe = sqlite_describe,
};
