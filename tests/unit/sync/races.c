/*
 * R5, R28, R29: races of two actors, order by order, each in a process of its own on a copy of the database (race.h).
 *
 *	test_races                            a sample of the orders of each race
 *	test_races --all                      all of them
 *	test_races 'link, import'             all of that race
 *	test_races 'link, import' 0 12 3      that order: actor 0 passes 12 points, actor 1 passes 3, actor 0 goes on to its end
 *
 * The last line says how many distinct orders were survived: of two that are the same one counts.
 */
#include "race.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"

enum { WORKERS = 2, SHOWN_MOST = 20, TRACES_MOST = 40000, SERIAL = 2 };
#ifdef __SANITIZE_ADDRESS__
enum { SAMPLE = 2, RACE_EACH = 3 };
#else
enum { SAMPLE = 6, RACE_EACH = 1 };
#endif

static struct {
	bool all;
	const char *race;
	bool one;
	struct order order;
} choice;

struct tally {
	_Atomic int64_t tried, survived, shown;
	_Atomic size_t trace_count;
	_Atomic uint64_t traces[TRACES_MOST]; /* of those that were survived */
};

struct course {
	const struct race *race;
	struct world *world;
	struct shared *shared;
	struct raced *raced;
	struct order order;
	char (*serial)
	        [LOOK_BYTES]; /* how it ends when one of them comes first: by who does; when actor 0 takes the other's wish back */
	size_t most[2]; /* points that an actor passes in any of these */
	struct tally *tally;
	char folder[80];
};

/* ---- one order ---- */

static const char *told(int code)
{
	static const char *const fine[] = { [0] = "done", [TAKEN_BACK] = "taken back" };

	return code < 0 ? err_name((enum err_code)code) : fine[code];
}

static void play(void *context)
{
	const struct course *c = context;
	struct shared *s = c->shared;
	size_t len;

	c->world->shared = s;
	world_wake(c->world, c->folder);
	race_run(c->world, c->race, &c->order, c->raced);
	world_rest(c->world);
	len = strlen(s->look);
	for (int i = 0; i < 2; i++)
		len += (size_t)snprintf(s->look + len, sizeof(s->look) - len, "actor %d is told: %s\n", i,
		                        told(c->raced->code[i]));
}

/* NULL: it came to an end. */
static const char *run_order(struct course *c, struct order order, char *text, size_t size)
{
	struct shared *s = c->shared;
	int status;

	memset(s, 0, offsetof(struct shared, journal));
	memset(c->raced, 0, sizeof(*c->raced));
	s->now_ms = c->world->hand.now_ms;
	c->order = order;
	child_fresh(c->world, c->folder);
	text[0] = '\0';
	status = child_run(play, c, text, size);
	if (status == 0 && s->ended)
		return NULL;
	if (!text[0])
		snprintf(text, size, "%s", s->trouble[0] ? s->trouble : "it ended, and did not say why");
	return text;
}

static bool is_serial(const struct course *c)
{
	bool is = false;

	for (size_t i = 0; i < (c->race->takes_back ? SERIAL + 1 : SERIAL); i++)
		is = is || strcmp(c->shared->look, c->serial[i]) == 0;
	return is;
}

static void try_order(struct course *c, struct order order)
{
	char text[3000];
	const char *why = run_order(c, order, text, sizeof(text));
	size_t at;

	atomic_fetch_add(&c->tally->tried, 1);
	if (!why && !is_serial(c))
		why = look_difference(c->shared->look, c->serial[order.first], text, sizeof(text));
	if (why && atomic_fetch_add(&c->tally->shown, 1) < SHOWN_MOST)
		fprintf(stderr, "# '%s' %d %zu %zu: %s\n", c->race->scenario.name, order.first, order.points[0],
		        order.points[1], why);
	if (why)
		return;
	atomic_fetch_add(&c->tally->survived, 1);
	at = atomic_fetch_add(&c->tally->trace_count, 1);
	must(at < TRACES_MOST);
	atomic_store(&c->tally->traces[at], c->raced->trace);
}

/* ---- all orders of a race ---- */

static bool is_mine(const struct course *c, size_t i, size_t j, size_t worker)
{
	size_t orders = 2 * c->most[0] * c->most[1], each = MAX_OF(orders / SAMPLE, (size_t)1);
	size_t turn = i * MAX_OF(c->most[0], c->most[1]) + j;

	if (choice.all)
		return i % WORKERS == worker;
	return turn % each == 0 && turn / each % WORKERS == worker;
}

/* An actor that ended, or waited, before it had used its points up would do the same with more of them. */
static void try_from(struct course *c, int first, size_t i, size_t worker, bool *ret_more)
{
	for (size_t j = 1; j <= c->most[1 - first]; j++) {
		if (!is_mine(c, i, j, worker))
			continue;
		try_order(c, (struct order) { first, { i, j }, false });
		*ret_more = c->raced->used_up[0];
		if (!c->raced->used_up[1])
			break;
	}
}

static void try_all(struct course *c, size_t worker)
{
	for (int first = 0; first < 2; first++) {
		bool more = true;

		for (size_t i = 1; more && i <= c->most[first]; i++)
			try_from(c, first, i, worker, &more);
	}
}

static void work(struct course *c, size_t worker)
{
	if (!choice.one)
		try_all(c, worker);
	else if (worker == 0)
		try_order(c, choice.order);
}

static void go_serially(struct course *c, size_t n, struct order order)
{
	char text[1000];
	const char *why = run_order(c, order, text, sizeof(text));

	if (why)
		fail_msg("'%s', actor %d first: %s", c->race->scenario.name, order.first, why);
	memcpy(c->serial[n], c->shared->look, LOOK_BYTES);
	if (choice.one)
		fprintf(stderr, "# actor %d %s:\n%s", order.first, order.alone ? "alone" : "first", c->serial[n]);
}

static void serially(struct course *c)
{
	for (int first = 0; first < SERIAL; first++) {
		go_serially(c, (size_t)first, (struct order) { first, { TO_ITS_END, TO_ITS_END }, false });
		for (int i = 0; i < 2; i++)
			c->most[i] = MAX_OF(c->most[i], c->raced->passed[i]);
	}
	if (c->race->takes_back)
		go_serially(c, SERIAL, (struct order) { 0, { TO_ITS_END, TO_ITS_END }, true });
}

static void begin(struct course *c)
{
	c->shared = child_share(sizeof(*c->shared));
	c->raced = child_share(sizeof(*c->raced));
	child_folder(0, c->folder, sizeof(c->folder));
}

static void run_race(struct course *c)
{
	pid_t workers[WORKERS];

	begin(c);
	world_open(c->world, &c->race->scenario, c->shared);
	serially(c);
	child_folder_remove(c->folder);
	for (size_t i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		must(workers[i] >= 0);
		if (workers[i] > 0)
			continue;
		begin(c);
		work(c, i);
		child_folder_remove(c->folder);
		_exit(0);
	}
	for (int i = 0; i < WORKERS; i++)
		must(waitpid(workers[i], NULL, 0) == workers[i]);
	world_close(c->world);
	munmap(c->shared, sizeof(*c->shared));
	munmap(c->raced, sizeof(*c->raced));
}

/* ---- the whole ---- */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int64_t distinct(struct tally *t)
{
	size_t count = atomic_load(&t->trace_count);
	int64_t found = 0;

	qsort((void *)t->traces, count, sizeof(t->traces[0]), by_value);
	for (size_t i = 0; i < count; i++)
		found += i == 0 || t->traces[i] != t->traces[i - 1];
	return found;
}

static void test_R5_R28_R29_whoever_comes_first_the_end_is_that_of_one_after_the_other(void **state)
{
	struct course course = { .world = calloc(1, sizeof(*course.world)),
		                 .serial = calloc(SERIAL + 1, sizeof(*course.serial)) };
	int64_t tried = 0, survived = 0, orders = 0, began_ms = clock_mono_ns() / 1000000;

	(void)state;
	must(course.world && course.serial);
	for (size_t i = 0; i < race_count; i++) {
		struct course c = course;
		int64_t found;

		c.race = &races[i];
		if (choice.race ? strcmp(choice.race, races[i].scenario.name) != 0 : !choice.all && i % RACE_EACH != 0)
			continue;
		c.tally = child_share(sizeof(*c.tally));
		run_race(&c);
		found = distinct(c.tally);
		print_message("# %-20s %3zu and %3zu points, %6lld of %6lld orders survived, %6lld distinct, %5.1f s "
		              "so far\n",
		              races[i].scenario.name, c.most[0], c.most[1], (long long)c.tally->survived,
		              (long long)c.tally->tried, (long long)found,
		              (double)(clock_mono_ns() / 1000000 - began_ms) / 1000);
		fflush(stdout);
		tried += c.tally->tried;
		survived += c.tally->survived;
		orders += found;
		munmap(c.tally, sizeof(*c.tally));
	}
	print_message("# %lld distinct orders of two actors survived\n", (long long)orders);
	free(course.world);
	free(course.serial);
	assert_true(tried > 0);
	assert_int_equal(survived, tried);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R5_R28_R29_whoever_comes_first_the_end_is_that_of_one_after_the_other),
	};

	unsetenv("SUTURE_TEST_STORE"); /* a file, of which each order has a copy */
	choice.all = argc > 1;
	if (argc > 1 && strcmp(argv[1], "--all") != 0)
		choice.race = argv[1];
	if (argc > 4) {
		choice.one = true;
		choice.order = (struct order) { argv[2][0] == '1',
			                        { strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10) },
			                        false };
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
