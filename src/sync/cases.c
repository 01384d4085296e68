/*
 * cases: one statement a kind. A case is open as long as its record stands as it stood: no younger payload of it was decided, nobody linked it, nobody
 * closed it. So an act needs no bookkeeping here.
 */
#include "sync/cases.h"

#include "lib/clock.h"
#include "sync/audit.h"
#include "sync/select.h"
#include "sync/suggest.h"

/* s: the payload. */
#define YOUNGEST                                                                                       \
	" AND NOT EXISTS (SELECT 1 FROM staged t WHERE t.sync_id = s.sync_id AND t.side = s.side AND " \
	"t.record_id = s.record_id AND t.id > s.id AND t.state <> 4)"
#define LINKED                                                                                            \
	"(EXISTS (SELECT 1 FROM link l WHERE s.side = 0 AND l.sync_id = s.sync_id AND l.emr_id = "        \
	"s.record_id AND l.state < 2 AND l.emr_id <> '') OR EXISTS (SELECT 1 FROM link l WHERE s.side = " \
	"1 AND l.sync_id = s.sync_id AND l.crm_id = s.record_id AND l.state < 2))"
#define PAYLOADS(what, bond, kind)                                                                            \
	"SELECT id, side, record_id, COALESCE(candidates, '') AS others, COALESCE(reason, '') AS reason, "    \
	"received_ms AS at_ms FROM staged s WHERE sync_id = $1 AND outcome IN (5, 6) AND state = 2 AND " what \
	" AND id > $2 AND ($3 = 0 OR id = $3)" YOUNGEST " AND " bond LINKED                                   \
	" AND NOT EXISTS (SELECT 1 FROM case_closed c WHERE c.sync_id = s.sync_id AND c.record_id = "         \
	"s.record_id AND c.side = s.side AND c.kind = " kind " AND c.others = COALESCE(s.candidates, '')) "   \
	"ORDER BY id LIMIT $4"

/* l: an ended pair one of whose records is still there and free: the one whose identity is known. */
#define LEFT(side, id) \
	"EXISTS (SELECT 1 FROM identity i WHERE i.sync_id = l.sync_id AND i.side = " side " AND i.record_id = " id ")"
#define FREE                                                                                             \
	" AND NOT EXISTS (SELECT 1 FROM link y WHERE y.sync_id = l.sync_id AND y.emr_id = l.emr_id AND " \
	"y.id > l.id) AND NOT EXISTS (SELECT 1 FROM link y WHERE y.sync_id = l.sync_id AND y.crm_id = "  \
	"l.crm_id AND y.id > l.id)"
#define CHANGED                                                                                                       \
	"EXISTS (SELECT 1 FROM staged t WHERE t.sync_id = l.sync_id AND t.side = CASE WHEN " LEFT(                    \
	        "1",                                                                                                  \
	        "l.crm_id") " THEN 1 ELSE 0 END AND t.record_id = CASE WHEN " LEFT("1",                               \
	                                                                           "l.crm_id") " THEN l.crm_id ELSE " \
	                                                                                       "l.emr_id END AND "    \
	                                                                                       "t.outcome = 8 AND "   \
	                                                                                       "t.kind = 0 AND "      \
	                                                                                       "t.reason LIKE "       \
	                                                                                       "'%(R31)%')"
#define REMOVED(changed)                                                                                                             \
	"SELECT id, CASE WHEN " LEFT("1", "l.crm_id") " THEN 1 ELSE 0 END AS side, CASE WHEN " LEFT(                                 \
	        "1",                                                                                                                 \
	        "l.crm_id") " THEN crm_id ELSE emr_id END AS record_id, CASE WHEN " LEFT("1",                                        \
	                                                                                 "l.crm_id") " THEN emr_id "                 \
	                                                                                             "ELSE crm_id "                  \
	                                                                                             "END AS others, "               \
	                                                                                             "ended_why AS "                 \
	                                                                                             "reason, "                      \
	                                                                                             "ended_ms AS "                  \
	                                                                                             "at_ms FROM "                   \
	                                                                                             "link l WHERE "                 \
	                                                                                             "sync_id = $1 "                 \
	                                                                                             "AND state = 2 "                \
	                                                                                             "AND ended_why "                \
	                                                                                             "LIKE '%(R31)%' "               \
	                                                                                             "AND id > $2 "                  \
	                                                                                             "AND ($3 = 0 OR "               \
	                                                                                             "id = $3) AND "                 \
	                                                                                             "(" LEFT("1", "l"               \
	                                                                                                           "."               \
	                                                                                                           "c"               \
	                                                                                                           "r"               \
	                                                                                                           "m"               \
	                                                                                                           "_"               \
	                                                                                                           "i"               \
	                                                                                                           "d") " <> " LEFT( \
	                                                                                                     "0",                    \
	                                                                                                     "l.emr_"                \
	                                                                                                     "id") ")" FREE          \
	                                                                                                           " "               \
	                                                                                                           "A"               \
	                                                                                                           "N"               \
	                                                                                                           "D"               \
	                                                                                                           " " changed       \
	                                                                                                           " "               \
	                                                                                                           "A"               \
	                                                                                                           "N"               \
	                                                                                                           "D"               \
	                                                                                                           " "               \
	                                                                                                           "N"               \
	                                                                                                           "O"               \
	                                                                                                           "T"               \
	                                                                                                           " "               \
	                                                                                                           "E"               \
	                                                                                                           "X"               \
	                                                                                                           "I"               \
	                                                                                                           "S"               \
	                                                                                                           "T"               \
	                                                                                                           "S"               \
	                                                                                                           " "               \
	                                                                                                           "("               \
	                                                                                                           "S"               \
	                                                                                                           "E"               \
	                                                                                                           "L"               \
	                                                                                                           "E"               \
	                                                                                                           "C"               \
	                                                                                                           "T"               \
	                                                                                                           " "               \
	                                                                                                           "1"               \
	                                                                                                           " "               \
	                                                                                                           "F"               \
	                                                                                                           "R"               \
	                                                                                                           "O"               \
	                                                                                                           "M"               \
	                                                                                                           " "               \
	                                                                                                           "c"               \
	                                                                                                           "a"               \
	                                                                                                           "s"               \
	                                                                                                           "e"               \
	                                                                                                           "_"               \
	                                                                                                           "c"               \
	                                                                                                           "l"               \
	                                                                                                           "o"               \
	                                                                                                           "s"               \
	                                                                                                           "e"               \
	                                                                                                           "d"               \
	                                                                                                           " "               \
	                                                                                                           "c"               \
	                                                                                                           " "               \
	                                                                                                           "W"               \
	                                                                                                           "H"               \
	                                                                                                           "E"               \
	                                                                                                           "R"               \
	                                                                                                           "E"               \
	                                                                                                           " "               \
	                                                                                                           "c"               \
	                                                                                                           "."               \
	                                                                                                           "s"               \
	                                                                                                           "y"               \
	                                                                                                           "n"               \
	                                                                                                           "c"               \
	                                                                                                           "_"               \
	                                                                                                           "i"               \
	                                                                                                           "d"               \
	                                                                                                           " "               \
	                                                                                                           "="               \
	                                                                                                           " "               \
	                                                                                                           "l"               \
	                                                                                                           "."               \
	                                                                                                           "s"               \
	                                                                                                           "y"               \
	                                                                                                           "n"               \
	                                                                                                           "c"               \
	                                                                                                           "_"               \
	                                                                                                           "i"               \
	                                                                                                           "d"               \
	                                                                                                           " "               \
	                                                                                                           "A"               \
	                                                                                                           "N"               \
	                                                                                                           "D"               \
	                                                                                                           " "               \
	                                                                                                           "c"               \
	                                                                                                           "."               \
	                                                                                                           "r"               \
	                                                                                                           "e"               \
	                                                                                                           "c"               \
	                                                                                                           "o"               \
	                                                                                                           "r"               \
	                                                                                                           "d"               \
	                                                                                                           "_"               \
	                                                                                                           "i"               \
	                                                                                                           "d"               \
	                                                                                                           " "               \
	                                                                                                           "I"               \
	                                                                                                           "N"               \
	                                                                                                           " "               \
	                                                                                                           "("               \
	                                                                                                           "l"               \
	                                                                                                           "."               \
	                                                                                                           "e"               \
	                                                                                                           "m"               \
	                                                                                                           "r"               \
	                                                                                                           "_"               \
	                                                                                                           "i"               \
	                                                                                                           "d"               \
	                                                                                                           ","               \
	                                                                                                           " "               \
	                                                                                                           "l"               \
	                                                                                                           "."               \
	                                                                                                           "c"               \
	                                                                                                           "r"               \
	                                                                                                           "m"               \
	                                                                                                           "_"               \
	                                                                                                           "i"               \
	                                                                                                           "d"               \
	                                                                                                           ")"               \
	                                                                                                           " "               \
	                                                                                                           "A"               \
	                                                                                                           "N"               \
	                                                                                                           "D"               \
	                                                                                                           " "               \
	                                                                                                           "c"               \
	                                                                                                           "."               \
	                                                                                                           "k"               \
	                                                                                                           "i"               \
	                                                                                                           "n"               \
	                                                                                                           "d"               \
	                                                                                                           " "               \
	                                                                                                           "I"               \
	                                                                                                           "N"               \
	                                                                                                           " "               \
	                                                                                                           "("               \
	                                                                                                           "4"               \
	                                                                                                           ","               \
	                                                                                                           " "               \
	                                                                                                           "5"               \
	                                                                                                           ")"               \
	                                                                                                           " "               \
	                                                                                                           "A"               \
	                                                                                                           "N"               \
	                                                                                                           "D"               \
	                                                                                                           " "               \
	                                                                                                           "c"               \
	                                                                                                           "."               \
	                                                                                                           "o"               \
	                                                                                                           "t"               \
	                                                                                                           "h"               \
	                                                                                                           "e"               \
	                                                                                                           "r"               \
	                                                                                                           "s"               \
	                                                                                                           " "               \
	                                                                                                           "I"               \
	                                                                                                           "N"               \
	                                                                                                           " "               \
	                                                                                                           "("               \
	                                                                                                           "l"               \
	                                                                                                           "."               \
	                                                                                                           "e"               \
	                                                                                                           "m"               \
	                                                                                                           "r"               \
	                                                                                                           "_"               \
	                                                                                                           "i"               \
	                                                                                                           "d"               \
	                                                                                                           ","               \
	                                                                                                           " "               \
	                                                                                                           "l"               \
	                                                                                                           "."               \
	                                                                                                           "c"               \
	                                                                                                           "r"               \
	                                                                                                           "m"               \
	                                                                                                           "_"               \
	                                                                                                           "i"               \
	                                                                                                           "d"               \
	                                                                                                           ")"               \
	                                                                                                           ")"               \
	                                                                                                           " "               \
	                                                                                                           "O"               \
	                                                                                                           "R"               \
	                                                                                                           "D"               \
	                                                                                                           "E"               \
	                                                                                                           "R"               \
	                                                                                                           " "               \
	                                                                                                           "B"               \
	                                                                                                           "Y"               \
	                                                                                                           " "               \
	                                                                                                           "i"               \
	                                                                                                           "d"               \
	                                                                                                           " "               \
	                                                                                                           "L"               \
	                                                                                                           "I"               \
	                                                                                                           "M"               \
	                                                                                                           "I"               \
	                                                                                                           "T"               \
	                                                                                                           " "               \
	                                                                                                           "$"               \
	                                                                                                           "4"

static const struct statement lists[CASE_KINDS] = {
	[CASE_SEVERAL] = { PAYLOADS("outcome = 5 AND kind <> 2", "NOT ", "0") },
	[CASE_LINKED] = { PAYLOADS("outcome = 6", "NOT ", "1") },
	/* $1: see suggest.c, which lists the same. */
	[CASE_NEAR] = { "SELECT id, 1 - candidate_side AS side, CASE candidate_side WHEN 1 THEN emr_id ELSE crm_id END "
	                "AS record_id, CASE candidate_side WHEN 1 THEN crm_id ELSE emr_id END AS others, CAST(why AS "
	                "TEXT)"
	                " AS reason, at_ms FROM suggestion s WHERE sync_id = $1 AND state = 0 AND id > $2 AND ($3 = 0 "
	                "OR "
	                "id = $3) AND NOT EXISTS (SELECT 1 FROM link l WHERE l.sync_id = s.sync_id AND l.state < 2 AND "
	                "l.emr_id = s.emr_id AND s.candidate_side = 0) AND NOT EXISTS (SELECT 1 FROM link l WHERE "
	                "l.sync_id = s.sync_id AND l.state < 2 AND l.crm_id = s.crm_id AND s.candidate_side = 1) ORDER "
	                "BY "
	                "id LIMIT $4" },
	[CASE_SURVIVOR] = { PAYLOADS("outcome = 5 AND kind = 2", "", "3") },
	[CASE_GONE] = { REMOVED("NOT " CHANGED) },
	[CASE_RACE] = { REMOVED(CHANGED) },
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

int cases_find(struct engine *engine, struct arena *arena, int64_t sync_id, enum case_kind kind, int64_t id,
               struct open_case *ret, struct err *err)
{
	const int64_t page[2] = { 0, id };
	struct selected found;

	if (list(engine, arena, sync_id, kind, page, 1, &found, err) < 0)
		return err_pass(err);
	if (found.count == 0)
		return err_set(err, ERR_NOT_FOUND, "this case is not open: somebody decided it, or its record changed");
	*ret = *(struct open_case *)found.at;
	return 0;
}

int cases_count(struct engine *engine, int64_t sync_id, int64_t *ret, struct err *err)
{
	enum { MOST = 1000 };
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
