/*
 * migrate: all missing steps in one transaction, so that an upgrade that fails leaves the database as it was and the
 * program of before can still open it. The table schema_step records each one.
 */
#include "store/store_parts.h"

#include <inttypes.h>

#include "lib/clock.h"

static const char CREATE_STEPS[] = "CREATE TABLE IF NOT EXISTS schema_step ("
                                   "version BIGINT PRIMARY KEY, title TEXT NOT NULL, applied_ms BIGINT NOT NULL)";
static const struct statement SELECT_STEPS = { .sql = "SELECT version, title FROM schema_step ORDER BY version" };
static const struct statement INSERT_STEP = {
	.sql = "INSERT INTO schema_step (version, title, applied_ms) VALUES ($1, $2, $3)"
};

static const struct statement SELECT_NEWEST = { .sql = "SELECT MAX(version) AS version FROM schema_step" };

/* A newer program was here: going down would lose what it wrote. */
static int refuse_newer(struct db *db, size_t known, struct err *err)
{
	int64_t newest = 0;
	int result = db_number(db, &SELECT_NEWEST, BIND_NOTHING, 0, &newest, err);

	if (result < 0 || newest <= (int64_t)known)
		return result;
	return err_set(err, ERR_STORE,
	               "the database has schema %" PRId64 ", this program knows up to %zu: run the newer Suture, or "
	               "restore the copy that was made before the upgrade",
	               newest, known);
}

/* How many steps were done before; they must be the ones that this program knows. */
static int count_done(struct db *db, const struct migration *steps, size_t *ret, struct err *err)
{
	ROWS rows = NULL;
	size_t done = 0;
	int result = db_select(db, &SELECT_STEPS, BIND_NOTHING, &rows, err);

	if (result < 0)
		return result;
	while ((result = rows_next(rows, err)) > 0) {
		if (row_int(rows, "version") != (int64_t)done + 1 ||
		    !str_eq_c(row_text(rows, "title"), steps[done].title))
			return err_set(
			        err, ERR_STORE,
			        "step %zu of the database's schema is not the one that this program knows: another "
			        "build made it; use that one, or start with a new database",
			        done + 1);
		done++;
	}
	if (result == 0)
		*ret = done;
	return result;
}

static int take_step(struct db *db, const struct migration *step, size_t version, struct err *err)
{
	int result = db_script(db, step->sql, step->postgres, err);

	if (result == 0)
		result = db_run(
		        db, &INSERT_STEP,
		        BIND(bind_int((int64_t)version), bind_text(str_of(step->title)), bind_int(clock_wall_ms())),
		        err);
	return result < 0 ? err_wrap(err, "schema step %zu (%s)", version, step->title) : 0;
}

static int bring_up(struct db *db, const struct migration *steps, size_t count, struct err *err)
{
	size_t done = 0;
	int result = db_script(db, CREATE_STEPS, NULL, err);

	if (result == 0)
		result = refuse_newer(db, count, err);
	if (result == 0)
		result = count_done(db, steps, &done, err);
	for (; result == 0 && done < count; done++)
		result = take_step(db, &steps[done], done + 1, err);
	return result;
}

int migrate(struct db *db, const struct migration *steps, size_t count, struct err *err)
{
	int result = db_begin(db, STORE_WRITE_DURABLE, err);

	if (result < 0)
		return result;
	result = bring_up(db, steps, count, err);
	if (result < 0) {
		db_rollback(db);
		return result;
	}
	return db_commit(db, err);
}
