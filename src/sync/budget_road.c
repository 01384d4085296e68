/* budget_road: what the road asks of the governor, by plan and side. */
#include "sync/budget.h"

#include "lib/clock.h"

enum { FLUSH_MS = 5000, FRESH_MS = 1000 };

struct budget_gate {
	struct governor *governor;
	_Atomic int64_t held_ms[2];  /* by side: when something was held back last; monotonic */
	_Atomic int64_t until_ms[2]; /* and until when; wall clock */
	_Atomic int64_t flushed_ms;  /* monotonic */
};

static int64_t mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

static struct str name_of(const struct plan *plan, enum side side)
{
	return side == SIDE_CRM ? plan->crm_name : plan->emr_name;
}

void budget_open(struct engine *engine, struct plan *plan)
{
	plan->gate = arena_new(&plan->arena, struct budget_gate);
	plan->gate->governor = engine->governor;
	for (enum side side = SIDE_EMR; side <= SIDE_CRM && engine->governor; side++)
		governor_watch(engine->governor, name_of(plan, side), plan->conn[side]);
}

void budget_close(struct plan *plan)
{
	for (size_t side = 0; plan->gate && plan->gate->governor && side < ARRAY_LEN(plan->conn); side++) {
		if (plan->conn[side])
			governor_unwatch(plan->gate->governor, plan->conn[side]);
	}
}

bool budget_lets(const struct plan *plan, enum side side, enum http_priority priority)
{
	struct budget_gate *gate = plan->gate;
	struct budget_answer answer = { .go = true };

	if (gate->governor)
		answer = budget_may(gate->governor, name_of(plan, side), priority, 1);
	if (answer.go)
		return true;
	atomic_store(&gate->until_ms[side], answer.wait_until_ms);
	atomic_store(&gate->held_ms[side], mono_ms());
	return false;
}

bool budget_allows(const struct plan *plan, enum side side, enum http_priority priority, int64_t calls)
{
	struct governor *g = plan->gate->governor;

	return !g || budget_may(g, name_of(plan, side), priority, calls).go;
}

static int say_until(const struct plan *plan, enum side side, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str until = clock_rfc3339(&arena, atomic_load(&plan->gate->until_ms[side]));

	return err_set(
	        err, ERR_LIMIT,
	        "the calls of %.*s are used up but for those kept for people; this goes on by itself, or when it is "
	        "begun again, after %.*s (`suture budget` shows what used them)",
	        STR_ARG(name_of(plan, side)), STR_ARG(until));
}

int budget_check(const struct plan *plan, enum side side, enum http_priority priority, struct err *err)
{
	return budget_lets(plan, side, priority) ? 0 : say_until(plan, side, err);
}

bool budget_held(const struct plan *plan, struct err *ret_why)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		int64_t held_ms = atomic_load(&plan->gate->held_ms[side]);

		if (held_ms && mono_ms() - held_ms < FRESH_MS)
			return say_until(plan, side, ret_why) < 0;
	}
	return false;
}

static void learn(struct engine *engine, const struct plan *plan, enum side side)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct connection *c = plan->conn[side];
	struct budget_facts facts = { 0 };
	struct err ignored = ERR_INIT;

	if (c->kind->budget && c->kind->budget(c, &arena, false, &facts, &ignored) == 0)
		governor_learn(engine->governor, name_of(plan, side), &facts);
}

int budget_watch(struct engine *engine, const struct plan *plan, struct err *err)
{
	int64_t now = mono_ms(), last = atomic_load(&plan->gate->flushed_ms);

	if (!engine->governor || (last && now - last < FLUSH_MS))
		return 0;
	atomic_store(&plan->gate->flushed_ms, now);
	learn(engine, plan, SIDE_EMR);
	learn(engine, plan, SIDE_CRM);
	return governor_flush(engine->governor, err);
}
