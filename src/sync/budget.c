/*
 * budget: the governor and its table. What is judged without clock, lock or store stands in budget_judge.c.
 *
 *	collect   what each watched target counted since it was last looked at goes into its row: today, ever, not yet flushed
 *	flush     rows -> table, and the table's sums of today -> rows (other processes count too)
 *	may       collect one row, make its two states, ask budget_judge of each
 */
#include "sync/budget.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "sync/select.h"

static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

static const struct statement ADD = {
	"INSERT INTO call_count (connection, day, kind, count) VALUES ($1,$2,$3,$4)"
	" ON CONFLICT (connection, day, kind) DO UPDATE SET count = call_count.count + excluded.count"
};
static const struct statement TODAY = { "SELECT connection, kind, count FROM call_count WHERE day = $1" };

struct watch {
	struct connection *connection;
	uint64_t seen[HTTP_USES];
	struct watch *next;
};

/* One connection by name. */
struct row {
	struct str name;
	int64_t stored[HTTP_USES];  /* today, in the table, when it was read last */
	int64_t pending[HTTP_USES]; /* counted, not yet in the table */
	int64_t ever;               /* counted by this process */
	int64_t a_day;
	unsigned reserve_percent;
	bool told;
	struct budget_facts far;
	int64_t told_ever, told_ms; /* `ever` and the time when it was told */
	struct watch *watches;
	struct row *next;
};

struct governor {
	pthread_mutex_t lock;
	struct store *store;
	struct arena arena; /* of the rows */
	int64_t day;        /* of `stored` */
	struct row *rows;   /* by name */
	struct watch *idle; /* to be used again: connections come and go */
};

static void lock(struct governor *g)
{
	must(pthread_mutex_lock(&g->lock) == 0);
}

static void unlock(struct governor *g)
{
	must(pthread_mutex_unlock(&g->lock) == 0);
}

static struct row *row_of(struct governor *g, struct str name)
{
	struct row **at = &g->rows, *row;

	while (*at && str_cmp((*at)->name, name) < 0)
		at = &(*at)->next;
	if (*at && str_eq((*at)->name, name))
		return *at;
	row = arena_new(&g->arena, struct row);
	row->name = arena_str(&g->arena, name);
	row->next = *at;
	*at = row;
	return row;
}

/* The other day begins with nothing in the table. */
static void turn_day(struct governor *g, int64_t now_ms)
{
	if (g->day == now_ms / day_ms)
		return;
	g->day = now_ms / day_ms;
	for (struct row *row = g->rows; row; row = row->next)
		memset(row->stored, 0, sizeof(row->stored));
}

static void collect(struct row *row)
{
	for (struct watch *w = row->watches; w; w = w->next) {
		for (size_t use = 0; use < HTTP_USES; use++) {
			uint64_t now = atomic_load_explicit(&w->connection->target.calls[use], memory_order_relaxed);

			row->pending[use] += (int64_t)(now - w->seen[use]);
			row->ever += (int64_t)(now - w->seen[use]);
			w->seen[use] = now;
		}
	}
}

static int64_t today_of(const struct row *row)
{
	int64_t sum = 0;

	for (size_t use = 0; use < HTTP_USES; use++)
		sum += row->stored[use] + row->pending[use];
	return sum;
}

/* ---- the table ---- */

struct counted {
	struct str connection;
	int64_t use, count;
};

struct flush {
	struct arena arena;
	int64_t day;
	struct counted *add; /* what goes into the table */
	size_t add_count;
	struct selected today; /* of struct counted: all that is there then */
};

static void read_counted(struct rows *rows, struct arena *arena, void *place)
{
	struct counted *ret = place;

	*ret = (struct counted) { .connection = arena_str(arena, row_text(rows, "connection")),
		                  .use = row_int(rows, "kind"),
		                  .count = row_int(rows, "count") };
}

static int add_and_read(struct db *db, void *context, struct err *err)
{
	struct flush *f = context;
	const struct selection what = { &TODAY, BIND(bind_int(f->day)), 100000, sizeof(struct counted), read_counted };

	for (size_t i = 0; i < f->add_count; i++) {
		const struct counted *c = &f->add[i];

		if (db_run(db, &ADD,
		           BIND(bind_text(c->connection), bind_int(f->day), bind_int(c->use), bind_int(c->count)),
		           err) < 0)
			return err_wrap(err, "count calls");
	}
	return select_in(db, &f->arena, &what, &f->today, err);
}

static void gather(struct governor *g, struct flush *f)
{
	size_t rows = 0;

	for (struct row *row = g->rows; row; row = row->next)
		rows++;
	f->add = arena_new_array(&f->arena, struct counted, rows * HTTP_USES + 1);
	for (struct row *row = g->rows; row; row = row->next) {
		collect(row);
		for (size_t use = 0; use < HTTP_USES; use++) {
			if (row->pending[use])
				f->add[f->add_count++] =
				        (struct counted) { row->name, (int64_t)use, row->pending[use] };
		}
	}
}

/* What the table says now takes the place of what it said before; what was added is pending no longer. */
static void settle(struct governor *g, const struct flush *f)
{
	const struct counted *today = f->today.at;

	for (size_t i = 0; i < f->add_count; i++)
		row_of(g, f->add[i].connection)->pending[f->add[i].use] -= f->add[i].count;
	if (g->day != f->day)
		return;
	for (size_t i = 0; i < f->today.count; i++) {
		if (today[i].use >= 0 && today[i].use < HTTP_USES)
			row_of(g, today[i].connection)->stored[today[i].use] = today[i].count;
	}
}

int governor_flush(struct governor *g, struct err *err)
{
	struct flush f = { .arena = ARENA_INIT };
	int code;

	lock(g);
	turn_day(g, clock_wall_ms());
	f.day = g->day;
	gather(g, &f);
	unlock(g);
	code = f.add_count ? store_write(g->store, RELAXED, add_and_read, &f, err)
	                   : store_read(g->store, add_and_read, &f, err);
	if (code == 0) {
		lock(g);
		settle(g, &f);
		unlock(g);
	}
	arena_release(&f.arena);
	return code;
}

/* ---- opening, watching ---- */

int governor_open(struct store *store, struct governor **ret, struct err *err)
{
	/* Lives as long as the process's work, beyond any arena. */
	struct arena arena = ARENA_INIT;
	struct governor *g = arena_new(&arena, struct governor);
	int code;

	g->arena = arena;
	g->store = store;
	must(pthread_mutex_init(&g->lock, NULL) == 0);
	code = governor_flush(g, err);
	if (code < 0) {
		governor_close(&g);
		return err_wrap(err, "read the counts of calls");
	}
	*ret = g;
	return 0;
}

void governor_close(struct governor **g)
{
	struct arena arena;

	if (!*g)
		return;
	must(pthread_mutex_destroy(&(*g)->lock) == 0);
	arena = (*g)->arena;
	*g = NULL;
	arena_release(&arena);
}

void governor_watch(struct governor *g, struct str name, struct connection *c)
{
	struct row *row;
	struct watch *w;

	lock(g);
	row = row_of(g, name);
	w = g->idle;
	if (w)
		g->idle = w->next;
	else
		w = arena_new(&g->arena, struct watch);
	*w = (struct watch) { .connection = c, .next = row->watches };
	for (size_t use = 0; use < HTTP_USES; use++)
		w->seen[use] = atomic_load_explicit(&c->target.calls[use], memory_order_relaxed);
	row->watches = w;
	row->a_day = c->target.calls_a_day;
	row->reserve_percent = c->target.reserve_percent;
	unlock(g);
}

static bool unwatch_in(struct governor *g, struct row *row, const struct connection *c)
{
	for (struct watch **at = &row->watches; *at; at = &(*at)->next) {
		struct watch *w = *at;

		if (w->connection != c)
			continue;
		collect(row);
		*at = w->next;
		w->next = g->idle;
		g->idle = w;
		return true;
	}
	return false;
}

void governor_unwatch(struct governor *g, struct connection *c)
{
	lock(g);
	for (struct row *row = g->rows; row; row = row->next) {
		if (unwatch_in(g, row, c))
			break;
	}
	unlock(g);
}

/* ---- judging ---- */

void governor_learn(struct governor *g, struct str name, const struct budget_facts *told)
{
	struct row *row;

	if (!told->known)
		return;
	lock(g);
	row = row_of(g, name);
	collect(row);
	row->told = true;
	row->far = *told;
	row->told_ever = row->ever;
	row->told_ms = clock_wall_ms();
	unlock(g);
}

/* What the far side told holds until its window begins anew, or for a day. */
static bool is_told(const struct row *row, int64_t now_ms)
{
	return row->told && row->far.allowance > 0 && now_ms < row->told_ms + day_ms &&
	       (row->far.reset_ms == 0 || now_ms < row->far.reset_ms);
}

static struct budget_state far_state(const struct row *row)
{
	return (struct budget_state) { .used = row->far.used + row->ever - row->told_ever,
		                       .allowance = row->far.allowance,
		                       .reserve_percent = row->reserve_percent,
		                       .reset_ms = row->far.reset_ms };
}

static struct budget_state own_state(const struct row *row, int64_t now_ms)
{
	return (struct budget_state) { .used = today_of(row),
		                       .allowance = row->a_day,
		                       .reserve_percent = row->reserve_percent,
		                       .reset_ms = (now_ms / day_ms + 1) * day_ms };
}

/* The limit that is nearer. */
static struct budget_state state_of(const struct row *row, int64_t now_ms, bool *ret_told)
{
	struct budget_state own = own_state(row, now_ms), far = far_state(row);

	*ret_told = is_told(row, now_ms) && budget_left(&far, HTTP_URGENT) <= budget_left(&own, HTTP_URGENT);
	return *ret_told ? far : own;
}

struct budget_answer budget_may(struct governor *g, struct str name, enum http_priority priority, int64_t calls)
{
	int64_t now_ms = clock_wall_ms();
	struct budget_answer own, far = { .go = true };
	struct budget_state state;
	struct row *row;

	lock(g);
	turn_day(g, now_ms);
	row = row_of(g, name);
	collect(row);
	state = own_state(row, now_ms);
	own = budget_judge(&state, priority, calls, now_ms);
	if (is_told(row, now_ms)) {
		state = far_state(row);
		far = budget_judge(&state, priority, calls, now_ms);
	}
	unlock(g);
	if (own.go && far.go)
		return own;
	return (struct budget_answer) { .wait_until_ms = MAX_OF(own.wait_until_ms, far.wait_until_ms) };
}

/* ---- the report ---- */

static struct budget_line line_of(const struct row *row, struct arena *arena, int64_t now_ms)
{
	struct budget_line line = { .connection = arena_str(arena, row->name), .ours = today_of(row) };
	struct budget_state state = state_of(row, now_ms, &line.told);

	for (size_t use = 0; use < HTTP_USES; use++)
		line.by_use[use] = row->stored[use] + row->pending[use];
	line.used = state.used;
	line.allowance = state.allowance;
	line.reserve = budget_reserve(&state);
	line.left = budget_left(&state, HTTP_NORMAL);
	line.reset_ms = state.reset_ms ? state.reset_ms : now_ms + day_ms;
	return line;
}

void budget_report(struct governor *g, struct arena *arena, const struct budget_job *jobs, size_t job_count,
                   struct budget_line **ret, size_t *ret_count)
{
	int64_t now_ms = clock_wall_ms();
	size_t count = 0, i = 0;

	lock(g);
	turn_day(g, now_ms);
	for (struct row *row = g->rows; row; row = row->next)
		count++;
	*ret = arena_new_array(arena, struct budget_line, count + 1);
	*ret_count = count;
	for (struct row *row = g->rows; row; row = row->next) {
		collect(row);
		(*ret)[i++] = line_of(row, arena, now_ms);
	}
	unlock(g);
	for (i = 0; i < count; i++)
		(*ret)[i].need = budget_need(jobs, job_count, (*ret)[i].connection, now_ms, (*ret)[i].reset_ms);
}
