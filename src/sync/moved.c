#include "sync/moved.h"

#include "lib/clock.h"
#include "sync/select.h"

#define MS_AN_HOUR INT64_C(3600000)

enum { LIST_MAX = 20000 };

static const struct statement COUNT = { "INSERT INTO moved (hour, sync_id, side, records) VALUES ($1,$2,$3,$4)"
	                                " ON CONFLICT (hour, sync_id, side) DO UPDATE SET records = moved.records + "
	                                "$4" };
/* What has failed is in an index of its own: it is read, not counted while it happens, because a person mends it. */
static const struct statement LIST = {
	"SELECT sync_id, hour, SUM(to_crm) AS to_crm, SUM(to_emr) AS to_emr, SUM(failed) AS failed FROM ("
	"SELECT sync_id, hour, CASE side WHEN 1 THEN records ELSE 0 END AS to_crm,"
	" CASE side WHEN 0 THEN records ELSE 0 END AS to_emr, 0 AS failed FROM moved WHERE hour >= $1"
	" UNION ALL SELECT sync_id, error_ms / 3600000, 0, 0, 1 FROM staged WHERE state = 3 AND error_ms >= $2) AS t"
	" GROUP BY hour, sync_id ORDER BY hour, sync_id LIMIT $3"
};

int moved_count(struct db *db, int64_t sync_id, enum side to, int64_t records, struct err *err)
{
	if (records == 0)
		return 0;
	return db_run(db, &COUNT,
	              BIND(bind_int(clock_wall_ms() / MS_AN_HOUR), bind_int(sync_id), bind_int(to), bind_int(records)),
	              err);
}

static void read_row(struct rows *rows, struct arena *arena UNUSED, void *ret)
{
	*(struct moved *)ret = (struct moved) {
		.sync_id = row_int(rows, "sync_id"),
		.hour_ms = row_int(rows, "hour") * MS_AN_HOUR,
		.to_crm = row_int(rows, "to_crm"),
		.to_emr = row_int(rows, "to_emr"),
		.failed = row_int(rows, "failed"),
	};
}

int moved_list(struct engine *engine, struct arena *arena, int64_t since_ms, struct moved **ret, size_t *ret_count,
               struct err *err)
{
	int64_t hour = since_ms / MS_AN_HOUR;
	const struct selection what = { &LIST, BIND(bind_int(hour), bind_int(hour * MS_AN_HOUR), bind_int(LIST_MAX)),
		                        LIST_MAX, sizeof(**ret), read_row };
	struct selected found;

	if (select_rows(engine, arena, &what, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}
