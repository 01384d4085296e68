/* stage_purge: payloads whose bytes may go, and how they are sealed anew. What became of a payload, its ids and its hash stay for good. */
#include "sync/stage_parts.h"

const struct sealed_column stage_sealed = SEALED_COLUMN(staged, body, "staged.body");

/* DONE and SUPERSEDED: nobody waits for them, neither the road nor a person. Counted from the time when that was so. */
#define OVER "state IN (2, 4) AND COALESCE(ended_ms, decided_ms, error_ms, received_ms) < $2"

/*
 * A living link names the payload that holds the bytes it was settled with: the next one that brings the same bytes is stored without them. A payload without
 * bytes of its own needs those it names for as long as it waits or is young.
 */
const struct purgeable stage_purgeable = {
	.what = "payloads",
	.page = { "SELECT id, LENGTH(body) AS bytes FROM staged WHERE id > $1 AND body IS NOT NULL AND " OVER
	          " ORDER BY id LIMIT $3" },
	.wipe = { "UPDATE staged SET body = zeroblob(LENGTH(body)) WHERE id = $1 AND state IN (2, 4)",
	          .postgres = "SELECT 1 WHERE $1::bigint = 0" },
	.purge = { "UPDATE staged SET body = NULL, purged_ms = $2 WHERE id = $1 AND state IN (2, 4)" },
	.kept = { "SELECT staged_id AS id FROM link WHERE state < 2 AND staged_id IS NOT NULL"
	          " UNION SELECT body_of AS id FROM staged WHERE body_of IS NOT NULL AND (state NOT IN (2, 4)"
	          " OR COALESCE(ended_ms, decided_ms, error_ms, received_ms) >= $1) ORDER BY id" },
};

const struct purgeable stage_purgeable_shared = {
	.what = "payloads that shared their bytes",
	.page = { "SELECT id, 0 AS bytes FROM staged WHERE id > $1 AND body_of IS NOT NULL AND purged_ms IS NULL "
	          "AND " OVER " AND (SELECT b.purged_ms FROM staged b WHERE b.id = staged.body_of) IS NOT NULL ORDER "
	          "BY id LIMIT $3" },
	.purge = { "UPDATE staged SET purged_ms = $2 WHERE id = $1" },
};

static const struct statement NOT_OVER = {
	"SELECT COUNT(*) AS n FROM staged WHERE state NOT IN (2, 4) AND received_ms < $1"
};

int stage_waiting_since(struct db *db, int64_t before_ms, int64_t *ret, struct err *err)
{
	return db_number(db, &NOT_OVER, BIND(bind_int(before_ms)), 0, ret, err);
}
