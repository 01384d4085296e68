/*
 * cases: one statement a kind. A case is open as long as its record stands as it stood: no younger payload of it was decided, nobody linked it, nobody
 * closed it. So an act needs no bookkeeping here.
 */
#include "sync/cases.h"

#include "lib/clock.h"
#include "sync/audit.h"
#include "sync/select.h"
#include "sync/stage.h"
#include "sync/suggest.h"

/* Payloads that nothing came of. $1 sync, $2 after, $3 this one (0: any), $4 limit. Between FROM_PAYLOADS and its end stand which, and whether linked. */
#define FROM_PAYLOADS                                                                                             \
	"SELECT id, side, record_id, COALESCE(candidates, '') AS others, COALESCE(reason, '') AS reason, "        \
	"received_ms AS at_ms FROM staged s WHERE sync_id = $1 AND state = 2 AND id > $2 AND ($3 = 0 OR id = $3)" \
	" AND outcome IN (5, 6)"
#define NO_YOUNGER                                                                                     \
	" AND NOT EXISTS (SELECT 1 FROM staged t WHERE t.sync_id = s.sync_id AND t.side = s.side AND " \
	"t.record_id = s.record_id AND t.id > s.id AND t.state <> 4)"
/* Each side with its own index: with an OR inside, SQLite reads all links for each row. */
#define ALIVE " EXISTS (SELECT 1 FROM link l WHERE l.sync_id = s.sync_id AND l.state < 2 AND "
#define LINKED                                                                          \
	" (" ALIVE "s.side = 0 AND l.emr_id = s.record_id AND l.emr_id <> '') OR" ALIVE \
	"s.side = 1 AND l.crm_id = s.record_id))"
#define PAYLOAD_NOT_CLOSED                                                                                       \
	" AND NOT EXISTS (SELECT 1 FROM case_closed c WHERE c.sync_id = s.sync_id AND c.record_id = s.record_id" \
	" AND c.side = s.side AND c.others = COALESCE(s.candidates, '') AND c.kind = "
#define IN_ORDER ") ORDER BY id LIMIT $4"

/* Ended pairs one of whose records was deleted: the payload t that said so ended them, and the other record is left: neither linked nor deleted since. */
#define FROM_ENDED                                                                                              \
	"SELECT id, side, record_id, others, reason, at_ms FROM (SELECT l.id AS id, l.sync_id AS sync_id, 1 - " \
	"t.side AS side, CASE t.side WHEN 0 THEN l.crm_id ELSE l.emr_id END AS record_id, CASE t.side WHEN 0 "  \
	"THEN l.emr_id ELSE l.crm_id END AS others, l.ended_why AS reason, l.ended_ms AS at_ms, t.id AS "       \
	"staged_id FROM link l JOIN staged t ON t.sync_id = l.sync_id AND ((t.side = 0 AND t.record_id = "      \
	"l.emr_id) OR (t.side = 1 AND t.record_id = l.crm_id)) AND t.kind <> 0 AND t.link_id = l.id WHERE "     \
	"l.sync_id = $1 AND l.state = 2 AND l.ended_why LIKE '%(R31)%' AND l.id > $2 AND ($3 = 0 OR l.id = "    \
	"$3)) AS g WHERE NOT EXISTS (SELECT 1 FROM link y WHERE y.sync_id = g.sync_id AND y.id > g.id AND "     \
	"((g.side = 0 AND y.emr_id = g.record_id) OR (g.side = 1 AND y.crm_id = g.record_id))) AND NOT "        \
	"EXISTS (SELECT 1 FROM staged x WHERE x.sync_id = g.sync_id AND x.side = g.side AND x.record_id = "     \
	"g.record_id AND x.kind <> 0 AND x.id > g.staged_id) AND NOT EXISTS (SELECT 1 FROM case_closed c "      \
	"WHERE c.sync_id = g.sync_id AND c.side = g.side AND c.record_id = g.record_id AND c.kind IN (4, 5) "   \
	"AND c.others = g.others) AND "
#define CHANGED_TOO                                                                                      \
	"EXISTS (SELECT 1 FROM staged x WHERE x.sync_id = g.sync_id AND x.side = g.side AND x.record_id" \
	" = g.record_id AND x.outcome = 8 AND x.kind = 0 AND x.reason LIKE '%(R31)%'"

/* Suggestions whose candidate is still free, as suggest.c lists them. */
#define NEAR                                                                                                    \
	"SELECT id, 1 - candidate_side AS side, CASE candidate_side WHEN 1 THEN emr_id ELSE crm_id END AS "     \
	"record_id, CASE candidate_side WHEN 1 THEN crm_id ELSE emr_id END AS others, CAST(why AS TEXT) AS "    \
	"reason, at_ms FROM suggestion s WHERE sync_id = $1 AND state = 0 AND id > $2 AND ($3 = 0 OR id = $3) " \
	"AND NOT" ALIVE "s.candidate_side = 0 AND l.emr_id = s.emr_id AND l.emr_id <> '') AND NOT" ALIVE        \
	"s.candidate_side = 1 AND l.crm_id = s.crm_id"

static const struct statement lists[CASE_KINDS] = {
	[CASE_SEVERAL] = { FROM_PAYLOADS " AND outcome = 5 AND kind <> 2 AND NOT" LINKED NO_YOUNGER PAYLOAD_NOT_CLOSED
	                                 "0" IN_ORDER },
	[CASE_LINKED] = { FROM_PAYLOADS " AND outcome = 6 AND NOT" LINKED NO_YOUNGER PAYLOAD_NOT_CLOSED "1" IN_ORDER },
	[CASE_NEAR] = { NEAR IN_ORDER },
	[CASE_SURVIVOR] = { FROM_PAYLOADS " AND outcome = 5 AND kind = 2 AND" LINKED NO_YOUNGER PAYLOAD_NOT_CLOSED
	                                  "3" IN_ORDER },
	[CASE_GONE] = { FROM_ENDED "NOT " CHANGED_TOO IN_ORDER },
	[CASE_RACE] = { FROM_ENDED CHANGED_TOO IN_ORDER },
};
static const struct statement CLOSE = { "INSERT INTO case_closed (sync_id, kind, side, record_id, others, who, why, "
	                                "at_ms) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)" };

static const char *const names[CASE_KINDS] = {
	[CASE_SEVERAL] = "several",   [CASE_LINKED] = "linked", [CASE_NEAR] = "near",
	[CASE_SURVIVOR] = "survivor", [CASE_GONE] = "gone",     [CASE_RACE] = "race",
};

const char *case_kind_name(enum case_kind kind)
{
	return names[kind];
}

bool case_kind_of_name(struct str name, enum case_kind *ret)
{
	for (size_t i = 0; i < CASE_KINDS; i++) {
		if (str_eq_c(name, names[i])) {
			*ret = (enum case_kind)i;
			return true;
		}
	}
	return false;
}

static void read_row(struct rows *rows, struct arena *arena, void *place)
{
	struct open_case *ret = place;

	*ret = (struct open_case) { .id = row_int(rows, "id"),
		                    .side = (enum side)row_int(rows, "side"),
		                    .record_id = arena_str(arena, row_text(rows, "record_id")),
		                    .others = arena_str(arena, row_text(rows, "others")),
		                    .reason = arena_str(arena, row_text(rows, "reason")),
		                    .at_ms = row_int(rows, "at_ms") };
}

static struct str near_reason(struct str number)
{
	int64_t why = 0;

	if (!str_to_i64(number, &why) || why < 0 || why >= WEAK_WHYS)
		return STR_EMPTY;
	return str_of(weak_why_meaning((enum weak_why)why));
}

static int list(struct engine *engine, struct arena *arena, int64_t sync_id, enum case_kind kind, const int64_t page[2],
                size_t limit, struct selected *ret, struct err *err)
{
	const struct selection what = {
		&lists[kind], BIND(bind_int(sync_id), bind_int(page[0]), bind_int(page[1]), bind_int((int64_t)limit)),
		limit, sizeof(struct open_case), read_row
	};

	if (select_rows(engine, arena, &what, ret, err) < 0)
		return err_wrap(err, "list what waits for a person");
	for (size_t i = 0; i < ret->count; i++) {
		struct open_case *one = (struct open_case *)ret->at + i;

		one->kind = kind;
		one->sync_id = sync_id;
		if (kind == CASE_NEAR)
			one->reason = near_reason(one->reason);
	}
	return 0;
}

int cases_list(struct engine *engine, struct arena *arena, int64_t sync_id, enum case_kind kind, int64_t after_id,
               size_t limit, struct open_case **ret, size_t *ret_count, struct err *err)
{
	const int64_t page[2] = { after_id, 0 };
	struct selected found;

	if (list(engine, arena, sync_id, kind, page, limit ? limit : 100, &found, err) < 0)
		return err_pass(err);
	*ret = found.at;
	*ret_count = found.count;
	return 0;
}

enum { MOST = 1000 };

/* A record that was read again since stands in a younger payload: the case is the same. */
static int find_younger(struct engine *engine, struct arena *arena, enum case_kind kind, int64_t staged_id,
                        struct open_case *ret, bool *ret_found, struct err *err)
{
	const struct staged_filter filter = { .id = staged_id, .limit = 1 };
	const int64_t all[2] = { 0, 0 };
	struct selected found;
	struct staged *was;
	size_t count;

	*ret_found = false;
	if (stage_list(engine, arena, &filter, &was, &count, err) < 0)
		return err_pass(err);
	if (count == 0)
		return 0;
	if (list(engine, arena, was->sync_id, kind, all, MOST, &found, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < found.count && !*ret_found; i++) {
		*ret = ((struct open_case *)found.at)[i];
		*ret_found = ret->side == was->side && str_eq(ret->record_id, was->record_id);
	}
	return 0;
}

static bool is_of_payload(enum case_kind kind)
{
	return kind == CASE_SEVERAL || kind == CASE_LINKED || kind == CASE_SURVIVOR;
}

int cases_find(struct engine *engine, struct arena *arena, int64_t sync_id, enum case_kind kind, int64_t id,
               struct open_case *ret, struct err *err)
{
	const int64_t page[2] = { 0, id };
	struct selected found;
	bool is_open;

	if (list(engine, arena, sync_id, kind, page, 1, &found, err) < 0)
		return err_pass(err);
	is_open = found.count > 0;
	if (is_open)
		*ret = *(struct open_case *)found.at;
	else if (is_of_payload(kind) && find_younger(engine, arena, kind, id, ret, &is_open, err) < 0)
		return err_pass(err);
	if (is_open && ret->sync_id == sync_id)
		return 0;
	return err_set(err, ERR_NOT_FOUND, "this case is not open: somebody decided it, or its record changed");
}

int cases_count(struct engine *engine, int64_t sync_id, int64_t *ret, struct err *err)
{
	const int64_t all[2] = { 0, 0 };

	for (enum case_kind kind = CASE_SEVERAL; kind < CASE_KINDS; kind++) {
		SCOPED(arena) struct arena arena = ARENA_INIT;
		struct selected found;

		if (list(engine, &arena, sync_id, kind, all, MOST, &found, err) < 0)
			return err_pass(err);
		ret[kind] = (int64_t)found.count;
	}
	return 0;
}

struct closing {
	struct engine *engine;
	const struct plan *plan;
	const struct open_case *of;
	const char *why;
};

static int close_it(struct db *db, void *context, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	const struct closing *c = context;
	const struct audit_entry entry = { .who = str_of(c->engine->who),
		                           .action = STR("close_case"),
		                           .subject =
		                                   audit_record(&arena, c->of->side, c->of->record_id, c->plan->name),
		                           .before = str_of(case_kind_name(c->of->kind)),
		                           .after = STR("left as it is"),
		                           .why = str_of(c->why) };

	if (db_run(db, &CLOSE,
	           BIND(bind_int(c->plan->sync_id), bind_int(c->of->kind), bind_int(c->of->side),
	                bind_text(c->of->record_id), bind_text(c->of->others), bind_text(entry.who),
	                bind_text_or_null(entry.why), bind_int(clock_wall_ms())),
	           err) < 0)
		return err_wrap(err, "close a case");
	return audit_add(db, &entry, err);
}

int cases_close(struct engine *engine, const struct plan *plan, struct arena *arena, enum case_kind kind, int64_t id,
                const char *why, struct err *err)
{
	struct suggestion dismissed;
	struct open_case one;
	struct closing closing = { engine, plan, &one, why };

	if (cases_find(engine, arena, plan->sync_id, kind, id, &one, err) < 0)
		return err_pass(err);
	if (kind == CASE_NEAR)
		return suggest_dismiss(engine, arena, id, why, &dismissed, err);
	return store_write(engine->store, DURABLE, close_it, &closing, err);
}
