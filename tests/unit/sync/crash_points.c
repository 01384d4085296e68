/*
 * R5: every crash point. For each scenario: one undisturbed run, whose points are counted and whose end is what must come of every other one; then the
 * points, each in a child process on a copy of the database.
 *
 *	test_crash_points                            a sample: each kind in some scenarios, spread over all n
 *	test_crash_points --all [N]                  every n of every kind, or each N-th; on a server see `stride_of`
 *	test_crash_points 'delta' 'request' 'lost' 7 that one; what happened is shown. Fewer words: all of that kind, seam, scenario
 *
 * The last line says how many distinct points were survived. Two workers, each a process. Where SUTURE_TEST_STORE names a server all of it runs there.
 */
#include "crash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../test_store.h"
#include "lib/clock.h"

enum { WORKERS = 2, KINDS_MOST = 40, SHOWN_MOST = 20 };

/* A sample has each N-th kind, once, in each N-th scenario, in another one another kind: under the sanitizers a point costs fifteen times as much. */
#ifdef __SANITIZE_ADDRESS__
enum { KIND_EACH = 6, SCENARIO_EACH = 3 };
#else
enum { KIND_EACH = 3, SCENARIO_EACH = 1 };
#endif

/* Of one scenario and kind. */
struct tally {
	_Atomic int64_t tried, survived;
};

struct course {
	const struct scenario *scenario;
	struct world *world;
	struct shared *shared; /* the worker's */
	struct shared *should; /* the undisturbed end */
	struct tally *tallies; /* by kind; of all workers */
	_Atomic int *shown;
	char folder[80]; /* the worker's */
};

/* ---- one point ---- */

static void play(void *context)
{
	const struct course *c = context;

	c->world->shared = c->shared;
	world_play(c->world, c->folder);
}

static int process(struct course *c, char *ret_why, size_t size)
{
	return child_run(play, c, ret_why, size);
}

static void begin(const struct course *c, const struct fault_kind *kind, int64_t nth)
{
	struct shared *s = c->shared;

	memset(s, 0, offsetof(struct shared, journal));
	s->now_ms = c->world->hand.now_ms;
	s->fault.kind = kind;
	s->fault.nth = nth;
	child_fresh(c->world, c->folder);
}

/* R5: what was written more than in the undisturbed run was in doubt when the fault struck. */
static const char *written_twice(const struct course *c, char *text, size_t size)
{
	const struct shared *is = c->shared, *should = c->should;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (is->done[side] <= should->done[side] + is->in_doubt[side])
			continue;
		snprintf(text, size, "side %d was written to %lld times, %lld of them in doubt; undisturbed %lld",
		         (int)side, (long long)is->done[side], (long long)is->in_doubt[side],
		         (long long)should->done[side]);
		return text;
	}
	return NULL;
}

static bool differs(const struct course *c, char *text, size_t size)
{
	static char is[LOOK_BYTES], should[LOOK_BYTES];

	if (!c->shared->forgot)
		return look_difference(c->shared->look, c->should->look, text, size) != NULL;
	look_without_outcomes(c->shared->look, is);
	look_without_outcomes(c->should->look, should);
	return look_difference(is, should, text, size) != NULL;
}

/* NULL: survived. */
static const char *judge(const struct course *c, int status, char *text, size_t size)
{
	if (status < 0)
		return text;
	if (status == 0 && !atomic_load(&c->shared->fault.struck))
		return "the fault did not strike: not the same work as undisturbed";
	if (status != 0 || !c->shared->ended) {
		snprintf(text, size, "%s",
		         c->shared->trouble[0] ? c->shared->trouble : "it ended, and did not say why");
		return text;
	}
	return differs(c, text, size) ? text : written_twice(c, text, size);
}

/* What the server lost nobody knows: whatever was written until the process ended is in doubt. */
static void forget(struct shared *s)
{
	s->forgot = true;
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++)
		s->in_doubt[side] = s->done[side];
}

static bool survives(struct course *c, const struct fault_kind *kind, int64_t nth)
{
	char text[3000] = "";
	const char *why;
	int status;

	begin(c, kind, nth);
	status = process(c, text, sizeof(text));
	if (status == STORE_WENT_BACK && kind->act == ACT_RESTART)
		forget(c->shared);
	if ((status == CHILD_KILLED || c->shared->forgot) && atomic_load(&c->shared->fault.struck))
		status = process(c, text, sizeof(text));
	why = judge(c, status, text, sizeof(text));
	if (why && atomic_fetch_add(c->shown, 1) < SHOWN_MOST)
		fprintf(stderr, "# '%s' '%s' '%s' %lld (%s): %s\n", c->scenario->name, fault_seams[kind->seam],
		        kind->name, (long long)nth, c->shared->fault.where, why);
	return !why;
}

/* ---- all points of a scenario ---- */

struct choice_of {
	bool all;
	int64_t every;
	const char *only[3]; /* scenario, seam, kind */
	int64_t nth;
};

static struct choice_of choice;

/* `restarts`: of the server, which other processes at work would suffer from; only where that is the tests' own (tools/crash-points). */
static bool wanted(const struct scenario *scenario, const struct fault_kind *kind, bool restarts)
{
	const char *is[] = { scenario->name, fault_seams[kind->seam], kind->name };

	if ((kind->act == ACT_RESTART) != restarts)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(is); i++)
		if (choice.only[i] && strcmp(choice.only[i], is[i]) != 0)
			return false;
	return true;
}

struct stride {
	int64_t first, step;
};

/*
 * Which n are tried where all are. A point costs ten times as much on a server, and there are three times as many seams; so the kinds of a seam that is passed hundreds of
 * times take turns there, and each n has one of them, unless the kind is named. A server that is killed stands for a few.
 */
static struct stride stride_of(const struct course *c, size_t kind)
{
	enum { MANY = 100, KILLED_EACH = 120 };
	enum fault_seam seam = fault_kinds[kind].seam;
	struct stride ret = { 1, 1 };

	if (fault_kinds[kind].act == ACT_RESTART)
		ret.step = KILLED_EACH;
	else if (test_store_is_server() && atomic_load(&c->should->fault.counts[seam]) > MANY && !choice.only[2]) {
		ret.step = 0;
		for (size_t k = 0; k < fault_kind_count; k++) {
			bool takes_turns = fault_kinds[k].seam == seam && fault_kinds[k].act != ACT_RESTART;

			ret.step += takes_turns;
			ret.first += takes_turns && k < kind;
		}
	}
	ret.first += (int64_t)(kind + (size_t)(c->scenario - scenarios)) % choice.every * ret.step;
	ret.step *= choice.every;
	return ret;
}

/* The i-th point to try of `count`; 0: there is none. */
static int64_t pick(const struct course *c, int64_t i, int64_t count, size_t kind)
{
	size_t scenario = (size_t)(c->scenario - scenarios);

	if (choice.nth)
		return i == 0 && choice.nth <= count ? choice.nth : 0;
	if (choice.all) {
		const struct stride stride = stride_of(c, kind);

		return stride.first + i * stride.step <= count ? stride.first + i * stride.step : 0;
	}
	if (i > 0 || count == 0 || (!test_store_is_server() && (kind + scenario) % KIND_EACH != 0))
		return 0;
	return 1 + (int64_t)(kind * 37 + scenario * 11) % count; /* somewhere else for each */
}

static void work(struct course *c, int worker, int workers, bool restarts)
{
	int64_t turn = 0;

	for (size_t k = 0; k < fault_kind_count; k++) {
		int64_t count = atomic_load(&c->should->fault.counts[fault_kinds[k].seam]), n;

		if (!wanted(c->scenario, &fault_kinds[k], restarts))
			continue;
		for (int64_t i = 0; (n = pick(c, i, count, k)) > 0; i++) {
			if (turn++ % workers != worker)
				continue;
			atomic_fetch_add(&c->tallies[k].tried, 1);
			if (survives(c, &fault_kinds[k], n))
				atomic_fetch_add(&c->tallies[k].survived, 1);
		}
	}
}

static void undisturbed(struct course *c)
{
	char text[100] = "";

	c->shared = c->should;
	begin(c, NULL, 0);
	if (process(c, text, sizeof(text)) != 0 || !c->shared->ended)
		fail_msg("'%s' undisturbed: %s%s", c->scenario->name, c->shared->trouble, text);
	if (choice.nth)
		fputs(c->should->look, stderr);
}

static void work_beside(struct course *c, int count, bool restarts)
{
	pid_t workers[WORKERS];

	for (int i = 0; i < count; i++) {
		workers[i] = fork();
		must(workers[i] >= 0);
		if (workers[i] > 0)
			continue;
		c->shared = child_share(sizeof(*c->shared));
		child_folder(i, c->folder, sizeof(c->folder));
		work(c, i, count, restarts);
		child_folder_remove(c->folder);
		_exit(0);
	}
	for (int i = 0; i < count; i++)
		must(waitpid(workers[i], NULL, 0) == workers[i]);
}

static void run_scenario(struct course *c)
{
	struct world *world = calloc(1, sizeof(*world));

	must(world != NULL);
	c->world = world;
	child_folder(0, c->folder, sizeof(c->folder));
	world_open(world, c->scenario, c->should);
	undisturbed(c);
	child_folder_remove(c->folder);
	work_beside(c, WORKERS, false);
	if (choice.all)
		work_beside(c, 1, true);
	world_close(world);
	free(world);
}

/* ---- the whole ---- */

struct sum {
	int64_t tried, survived;
};

static struct sum of_all_kinds(const struct course *c)
{
	struct sum all = { 0 };

	for (size_t k = 0; k < fault_kind_count; k++) {
		all.tried += c->tallies[k].tried;
		all.survived += c->tallies[k].survived;
	}
	return all;
}

/* While it goes on. */
static void print_progress(const struct course *c, int64_t began_ms)
{
	const struct sum all = of_all_kinds(c);

	print_message("# %-16s %6lld points, %6lld survived, %5.1f s so far\n", c->scenario->name, (long long)all.tried,
	              (long long)all.survived, (double)(clock_mono_ns() / 1000000 - began_ms) / 1000);
	fflush(stdout);
}

static int64_t tried_anywhere(const struct course *courses, size_t kind)
{
	int64_t tried = 0;

	for (size_t i = 0; i < scenario_count; i++)
		tried += courses[i].tallies[kind].tried;
	return tried;
}

/* A row a kind, a column a scenario; what did not survive is told beside how many were tried. */
static void print_table(const struct course *courses)
{
	for (size_t k = 0; k < fault_kind_count; k++) {
		if (tried_anywhere(courses, k) == 0)
			continue;
		print_message("# %-9s %-19s", fault_seams[fault_kinds[k].seam], fault_kinds[k].name);
		for (size_t i = 0; i < scenario_count; i++) {
			const struct tally *t = &courses[i].tallies[k];

			if (of_all_kinds(&courses[i]).tried == 0)
				continue;
			if (t->tried == t->survived)
				print_message(" %6lld", (long long)t->tried);
			else
				print_message(" %lld of %lld", (long long)t->survived, (long long)t->tried);
		}
		print_message("\n");
	}
}

static void test_R5_R34_whatever_point_a_process_or_a_call_ends_at(void **state)
{
	struct course *courses = calloc(scenario_count, sizeof(*courses));
	int64_t tried = 0, survived = 0, began_ms = clock_mono_ns() / 1000000;
	_Atomic int *shown = child_share(sizeof(*shown));

	(void)state;
	must(courses != NULL);
	for (size_t i = 0; i < scenario_count; i++) {
		struct course *c = &courses[i];

		*c = (struct course) { .scenario = &scenarios[i], .shown = shown };
		c->tallies = child_share(KINDS_MOST * sizeof(*c->tallies));
		if (choice.only[0] ? strcmp(choice.only[0], scenarios[i].name) != 0
		                   : !choice.all && i % SCENARIO_EACH != 0)
			continue;
		c->should = child_share(sizeof(*c->should));
		run_scenario(c);
		munmap(c->should, sizeof(*c->should));
		print_progress(c, began_ms);
		tried += of_all_kinds(c).tried;
		survived += of_all_kinds(c).survived;
	}
	print_table(courses);
	print_message("# %lld distinct crash points survived of %lld, on %s\n", (long long)survived, (long long)tried,
	              test_store_is_server() ? "PostgreSQL" : "SQLite");
	free(courses);
	assert_true(tried > 0);
	assert_int_equal(survived, tried);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R5_R34_whatever_point_a_process_or_a_call_ends_at),
	};

	choice.all = argc > 1;
	choice.every = 1;
	if (argc > 1 && strcmp(argv[1], "--all") == 0) {
		choice.every = argc > 2 ? MAX_OF(strtoll(argv[2], NULL, 10), 1LL) : 1;
		argc = 1;
	}
	for (int i = 1; i < argc && i <= 3; i++)
		choice.only[i - 1] = argv[i];
	if (argc > 4)
		choice.nth = strtoll(argv[4], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
