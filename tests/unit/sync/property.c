/*
 * The rounds of a game: people act, the engine works in between or afterwards, all calms down, what must hold is checked, and the next round begins.
 *
 * PROPERTY_SEED (the first game; 1), PROPERTY_STEPS (of each game; 500), PROPERTY_GAMES (20). `./run soak` plays many more.
 */
#include "property.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Under the sanitizers each step costs ten times as much. */
#ifdef __SANITIZE_ADDRESS__
enum { GAMES = 4 };
#else
enum { GAMES = 20 };
#endif
enum { STEPS_A_ROUND = 40 };

/* Games in which something was found once. They are played again as long as a game of that number takes the same course. */
static const uint64_t once_broken[] = { 167, 351, 453, 615, 835, 1014, 1081, 1133, 1225, 1239 };

/* ---- chance: splitmix64 ---- */

uint64_t chance(struct game *g)
{
	uint64_t z = (g->random += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

unsigned one_of(struct game *g, unsigned n)
{
	return (unsigned)(chance(g) % n);
}

bool percent(struct game *g, unsigned p)
{
	return one_of(g, 100) < p;
}

/* ---- what happened ---- */

void note(struct game *g, const char *format, ...)
{
	struct act_line *line = arena_new(&g->arena, struct act_line);
	va_list args;

	line->step = g->step;
	va_start(args, format);
	vsnprintf(line->text, sizeof(line->text), format, args);
	va_end(args);
	if (g->last_line)
		g->last_line->next = line;
	else
		g->lines = line;
	g->last_line = line;
}

static bool names(const char *text, const char *id)
{
	size_t len = strlen(id);

	for (const char *at = strstr(text, id); at; at = strstr(at + 1, id))
		if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[len]))
			return true;
	return false;
}

static bool is_about(const char *text, const struct record_of *a, const struct record_of *b)
{
	bool of_somebody =
	        strncmp(text, "EMR ", 4) == 0 || strncmp(text, "CRM ", 4) == 0 || strncmp(text, "verd", 4) == 0;

	return !of_somebody || (!a && !b) || (a && names(text, a->id)) || (b && names(text, b->id));
}

void broken(struct game *g, const struct record_of *a, const struct record_of *b, const char *format, ...)
{
	char text[800];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "\nwhat happened%s:\n", a || b ? " to these records" : "");
	for (const struct act_line *line = g->lines; line; line = line->next)
		if (is_about(line->text, a, b))
			fprintf(stderr, "  step %4d  %s\n", line->step, line->text);
	for (int i = 0; i < 2; i++)
		if (i ? b : a)
			show_trail(g, i ? b : a);
	fail_msg("%s\nstep %d; again: PROPERTY_SEED=%llu PROPERTY_STEPS=%d PROPERTY_GAMES=1", text, g->step,
	         (unsigned long long)g->seed, g->steps);
	abort();
}

void must_go(struct game *g, int code, const struct err *err)
{
	if (code < 0)
		broken(g, NULL, NULL, "%s", err->text);
}

/* What it does to the fields: those that move, or that somebody is asked about. */
static void note_fields(struct game *g, const struct verdict *v)
{
	for (enum field f = 0; v->merged && f < FIELDS; f++) {
		const struct merged *m = &v->merged[f];

		if (!m->write_emr && !m->write_crm && !m->conflict)
			continue;
		note(g, "verdict, %s of %.*s and %.*s: '%.*s' %s '%.*s', %s%s", field_facts[f].name, STR_ARG(v->emr_id),
		     STR_ARG(v->crm_id), STR_ARG(v->emr[f].text),
		     m->write_emr   ? m->write_crm ? "<->" : "<-"
		     : m->write_crm ? "->"
		                    : "|",
		     STR_ARG(v->crm[f].text), merge_rule_name(m->rule), m->review ? ", a person decides" : "");
	}
}

static void take_verdict(void *context, const struct verdict *v)
{
	note(context, "verdict on payload %lld: %.*s and %.*s: %s, %s", (long long)v->staged_id,
	     STR_ARG(v->emr_id.len ? v->emr_id : STR("nobody")), STR_ARG(v->crm_id.len ? v->crm_id : STR("nobody")),
	     outcome_name(v->outcome), v->reason ? v->reason : "");
	note_fields(context, v);
}

/* ---- rules of a game ---- */

static void choose_policy(struct game *g)
{
	for (enum field f = 0; f < FIELDS; f++) {
		g->rules.winner[f] = one_of(g, 4);
		g->rules.blank[f] = one_of(g, 2);
	}
}

static void choose_rules(struct game *g)
{
	struct rules *r = &g->rules;

	choose_policy(g);
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		r->times[side] = percent(g, 70);
		r->changes[side] = percent(g, 70);
		r->answers[side] =
		        side == SIDE_EMR || percent(g, 60); /* every EMR answers with the record, or is read back */
		r->rewrites[side] = percent(g, 50) ? 0 : (int)one_of(g, 4);
		r->lossy = r->lossy || r->rewrites[side] > 1;
		r->on_removal[side] = percent(g, 80) ? REMOVAL_UNLINK : REMOVAL_FLAG;
	}
	r->back_reference = percent(g, 80);
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++)
		note(g, "rules of this far system, side %d: times %d, changes %d, answers %d, rewrites %d, removal %d",
		     (int)side, r->times[side], r->changes[side], r->answers[side], r->rewrites[side],
		     (int)r->on_removal[side]);
}

/* ---- rounds ---- */

static void some_fault(struct game *g)
{
	static const enum memory_call calls[] = { MEMORY_LIST, MEMORY_FETCH, MEMORY_WRITE, MEMORY_CHANGES };
	static const enum err_code codes[] = { ERR_NETWORK, ERR_TIMEOUT, ERR_RATE, ERR_FAR_SIDE };
	enum side side = one_of(g, 2);

	g->faults++;
	memory_fail(g->conn[side], calls[one_of(g, ARRAY_LEN(calls))], 1 + one_of(g, 3),
	            codes[one_of(g, ARRAY_LEN(codes))], percent(g, 50));
}

static void some_refusal(struct game *g)
{
	enum side side = one_of(g, 2);
	const struct record_of *r = g->count[side] ? g->people[side][one_of(g, (unsigned)g->count[side])] : NULL;

	if (!r)
		return;
	g->faults++;
	g->refusing = true;
	memory_refuse(g->conn[one_of(g, 2)], r->id, percent(g, 50) ? RETRY_LATER : UNKNOWN, "BUSY");
}

static void some_ids(struct game *g)
{
	SCOPED(buf) struct buf csv = BUF_INIT(10000);

	for (size_t i = 0; i < g->count[SIDE_CRM]; i++)
		if (percent(g, 30))
			buf_printf(&csv, "%s\n", g->people[SIDE_CRM][i]->id);
	buf_add_c(&csv, "c1\n");
	engine_run(g, RUN_CSV, buf_str(&csv));
}

static void some_run(struct game *g)
{
	if (percent(g, 80))
		engine_run(g, RUN_DELTA, STR_EMPTY);
	else if (percent(g, 60))
		engine_run(g, RUN_IMPORT, STR_EMPTY);
	else
		some_ids(g);
}

/* The engine between two acts. */
static void engine_at_random(struct game *g)
{
	unsigned what = one_of(g, 100);

	world_pass(g, one_of(g, 3));
	if (percent(g, 2))
		some_fault(g);
	if (percent(g, 1))
		some_refusal(g);
	if (percent(g, 2))
		g->die_in = 1 + (int)one_of(g, 6);
	if (percent(g, 5))
		g->come_between_in = 1 + (int)one_of(g, 5);
	notices_deliver(g, percent(g, 5));
	if (what < 60)
		engine_turn(g, one_of(g, TURNS));
	else if (what < 75)
		engine_drain(g, percent(g, 50));
	else if (what < 80)
		some_run(g);
	else if (what < 81)
		world_restart(g);
	engine_revive(g);
}

static void play_round(struct game *g, int steps)
{
	g->quiet = percent(g, 40);
	note(g, "---- a %s round", g->quiet ? "quiet" : "busy");
	if (percent(g, 15)) {
		choose_policy(g);
		note(g, "the policy changes");
		world_configure(g);
		g->new_policy = true;
	}
	for (int i = 0; i < steps; i++) {
		g->step++;
		act_at_random(g);
		if (!g->quiet)
			engine_at_random(g);
	}
	g->told = g->quiet && percent(g, 50);
	if (g->told)
		notices_deliver(g, true);
	else if (g->quiet)
		notices_forget(g);
	engine_settle(g);
	check_at_rest(g);
	rest(g);
}

static void begin(struct game *g)
{
	for (int i = 0; i < 6; i++) {
		act_create(g, SIDE_EMR);
		act_create(g, SIDE_CRM);
	}
	engine_run(g, RUN_IMPORT, STR_EMPTY);
	engine_settle(g);
	rest(g);
}

static void play(uint64_t seed, int steps)
{
	struct game *g = calloc(1, sizeof(*g)); /* too large for the stack; lives as long as the game */

	assert_non_null(g);
	g->seed = g->random = seed;
	g->steps = steps;
	g->engine.on_verdict = take_verdict;
	g->engine.on_verdict_context = g;
	choose_rules(g);
	world_open(g);
	begin(g);
	while (g->step < steps)
		play_round(g, MIN_OF(steps - g->step, 1 + (int)one_of(g, STEPS_A_ROUND)));
	world_close(g);
	free(g);
}

static long from_environment(const char *name, long fallback)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : fallback;
}

static void
test_R4_R5_R8_R9_R19_R20_R21_R22_R23_R27_R28_R29_R31_R32_R33_R39_whatever_people_and_bad_luck_do(void **state)
{
	long first = from_environment("PROPERTY_SEED", 1), games = from_environment("PROPERTY_GAMES", GAMES);
	int steps = (int)from_environment("PROPERTY_STEPS", 500);

	(void)state;
	for (size_t i = 0; !getenv("PROPERTY_SEED") && i < ARRAY_LEN(once_broken); i++)
		play(once_broken[i], steps);
	for (long i = 0; i < games; i++) {
		if (getenv("PROPERTY_PROGRESS"))
			fprintf(stderr, "\r%ld of %ld steps", i * steps, games * steps);
		play((uint64_t)(first + i), steps);
	}
	if (getenv("PROPERTY_PROGRESS"))
		fprintf(stderr, "\r%ld steps played\n", games * steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		        test_R4_R5_R8_R9_R19_R20_R21_R22_R23_R27_R28_R29_R31_R32_R33_R39_whatever_people_and_bad_luck_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
