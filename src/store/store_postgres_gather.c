/*
 * store_postgres_gather: runs of statements that say which rows they are about (`by`) are kept until something else is to be sent, and go out as one statement
 * each (store_postgres_many.c).
 *
 *	gather   a run joins those of its statement, if none that were kept after those would see the difference; else all goes out first
 *	flush    in the order in which the statements were first kept; nothing is waited for
 *
 * Two runs see no difference when they are about different tables and neither text names the other's; or about different rows of one, named by the same
 * columns. So whoever looks at the database, and what is run as it is called, finds everything as if nothing had been kept.
 */
#include <string.h>

#include "store/store_postgres.h"

enum { ROWS_MOST = 1000, BYTES_MOST = 4 * 1024 * 1024, KEY_BYTES = 64 * 1024 };

int pg_gather_count_keys(const char *by)
{
	int count = by ? 1 : 0;

	for (; by && *by; by++)
		count += *by == ',';
	return count;
}

struct str pg_key(struct buf *out, struct binds binds, int keys)
{
	for (int i = 0; i < keys; i++)
		pg_add_cell(out, &binds.at[i]);
	return buf_str(out);
}

void pg_gather_clear(struct store_conn *conn)
{
	struct pg_gather *g = &conn->gather;

	for (size_t i = 0; i < g->count; i++)
		pg_many_clear(g->kept[i]->many);
	g->count = 0;
	arena_reset(&g->arena);
}

static int send_kept(struct store_conn *conn, struct store_stmt *stmt, struct err *err)
{
	if (conn->count + 8 > PIPE_MOST && pg_wait(conn, err) < 0)
		return err_pass(err);
	conn->ran += (int64_t)stmt->many->count;
	return pg_many_send(conn, stmt->many, stmt->sql, err);
}

int pg_gather_flush(struct store_conn *conn, struct err *err)
{
	struct pg_gather *g = &conn->gather;
	int code = 0;

	for (size_t i = 0; i < g->count && code == 0; i++)
		code = conn->failed.code < 0 ? pg_failed(conn, err) : send_kept(conn, g->kept[i], err);
	pg_gather_clear(conn);
	return code;
}

static bool sees_difference(const struct store_stmt *kept, const struct store_stmt *stmt, struct str key)
{
	if (!str_eq(kept->table, stmt->table))
		return pg_mentions(stmt->sql, kept->table) || pg_mentions(kept->sql, stmt->table);
	return strcmp(kept->by, stmt->by) != 0 || map_get(&kept->many->keys, key) != NULL;
}

/* *ret_kept: its runs are among those that are kept. */
static bool may_join(const struct pg_gather *g, const struct store_stmt *stmt, struct str key, bool *ret_kept)
{
	size_t i = g->count;

	*ret_kept = false;
	while (i > 0 && g->kept[i - 1] != stmt)
		i--;
	if (i == 0)
		return g->count < ARRAY_LEN(g->kept);
	*ret_kept = true;
	for (i--; i < g->count; i++)
		if (sees_difference(g->kept[i], stmt, key))
			return false;
	return true;
}

int pg_gather_run(struct store_conn *conn, struct store_stmt *stmt, struct binds binds, struct err *err)
{
	SCOPED(buf) struct buf key_bytes = BUF_INIT(KEY_BYTES);
	struct pg_gather *g = &conn->gather;
	struct str key = pg_key(&key_bytes, binds, stmt->keys);
	bool kept;

	ensure(buf_ok(&key_bytes));
	if (!stmt->many)
		stmt->many = pg_many_new(stmt);
	if (!may_join(g, stmt, key, &kept) || !pg_many_fits(stmt->many, binds) || stmt->many->bytes > BYTES_MOST ||
	    stmt->many->count >= ROWS_MOST) {
		if (pg_gather_flush(conn, err) < 0)
			return err_pass(err);
		kept = false;
	}
	if (!kept) {
		stmt->many->keys = (struct map)MAP_INIT(&g->arena);
		g->kept[g->count++] = stmt;
	}
	map_put(&stmt->many->keys, arena_str(&g->arena, key), stmt);
	pg_many_add(stmt->many, binds);
	return 0;
}
