/* store_sqlite_problem: what went wrong in SQLite, as an error that says what a person can do. */
#include "store/store_sqlite_problem.h"

#include <errno.h>

/* The first row that fits; 0 in `mask` compares the basic code. To add a code: one row. */
static const struct {
	int code;
	bool exact;
	enum err_code as;
	const char *advice;
} problems[] = {
	{ SQLITE_CONSTRAINT_UNIQUE, true, ERR_CONFLICT, "something else holds this place already" },
	{ SQLITE_CONSTRAINT_PRIMARYKEY, true, ERR_CONFLICT, "something else holds this place already" },
	{ SQLITE_CONSTRAINT_ROWID, true, ERR_CONFLICT, "something else holds this place already" },
	{ SQLITE_CONSTRAINT, false, ERR_STORE,
	  "a rule of the schema forbids this row; report it as a fault of Suture" },
	{ SQLITE_FULL, false, ERR_DISK_FULL, "the disk is full: make room; what was committed before is safe" },
	{ SQLITE_CORRUPT, false, ERR_STORE,
	  "the file is damaged: stop Suture, keep a copy of the file and restore the last backup" },
	{ SQLITE_NOTADB, false, ERR_STORE, "the file is not a database: check the path, or restore the last backup" },
	{ SQLITE_BUSY, false, ERR_STORE, "another process holds the database: end it, or wait and try again" },
	{ SQLITE_LOCKED, false, ERR_STORE, "another process holds the database: end it, or wait and try again" },
	{ SQLITE_READONLY, false, ERR_STORE,
	  "it may not be written: check the owner and the rights of the file and its folder, and whether the disk is "
	  "mounted "
	  "read-only" },
	{ SQLITE_PERM, false, ERR_STORE,
	  "it may not be opened: check the owner and the rights of the file and its folder" },
	{ SQLITE_AUTH, false, ERR_STORE,
	  "it may not be opened: check the owner and the rights of the file and its folder" },
	{ SQLITE_CANTOPEN, false, ERR_STORE, "it cannot be opened: check that the folder exists and may be written" },
	{ SQLITE_IOERR, false, ERR_STORE, "reading or writing failed: check the disk, then start again" },
	{ SQLITE_NOMEM, false, ERR_SYSTEM, "memory is gone: give the machine more, or stop something else" },
	{ SQLITE_TOOBIG, false, ERR_MEMORY_LIMIT, "a value is larger than the database takes" },
	{ SQLITE_ERROR, false, ERR_BUG, "a statement is wrong; report it as a fault of Suture" },
};

/* A full disk may show as a failed write with the reason in errno. */
static bool out_of_space(sqlite3 *db, int code)
{
	int number = (code & 0xff) == SQLITE_IOERR ? sqlite3_system_errno(db) : 0;

	return number == ENOSPC || number == EDQUOT;
}

/* SQLite's own sentence names tables and columns, never values (R41). */
int sqlite_problem(sqlite3 *db, const char *path, struct err *err)
{
	int code = sqlite3_extended_errcode(db);
	size_t row = 0;

	if (out_of_space(db, code))
		code = SQLITE_FULL;
	while (row < ARRAY_LEN(problems) && problems[row].code != (problems[row].exact ? code : code & 0xff))
		row++;
	if (row == ARRAY_LEN(problems))
		return err_set(err, ERR_STORE, "database %s: %s (code %d)", path, sqlite3_errmsg(db), code);
	return err_set(err, problems[row].as, "database %s: %s (%s, code %d)", path, problems[row].advice,
	               sqlite3_errmsg(db), code);
}
