/* store_sqlite_problem: for store_sqlite.c alone. */
#ifndef SUTURE_STORE_STORE_SQLITE_PROBLEM_H
#define SUTURE_STORE_STORE_SQLITE_PROBLEM_H

#include <sqlite3.h>

#include "lib/err.h"

/* Of the last call on db; `path` is the database's. Returns the code. */
int sqlite_problem(sqlite3 *db, const char *path, struct err *err);

#endif
