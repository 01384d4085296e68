/*
 * R5: every crash point. For each scenario: one undisturbed run, whose points are counted and whose end is what must come of every other one; then the
 * points, each in a child process on a copy of the database.
 *
 *	test_crash_points                            a sample: of each kind at each seam some, spread over all n
 *	test_crash_points --all                      every n of every kind
 *	test_crash_points 'delta' 'request' 'lost' 7 that one; what happened is shown
 *
 * The last line says how many distinct points were survived. Two workers, each a process.
 */
#include "crash.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"

enum { WORKERS = 2, KINDS_MOST = 40, SHOWN_MOST = 20, PATIENCE_S = 120, KILLED = 1000 };

/* A sample has of each kind one point in each scenario, or in each N-th: under the sanitizers a point costs fifteen times as much. */
#ifdef __SANITIZE_ADDRESS__
enum { SAMPLE_EACH = 6 };
#else
enum { SAMPLE_EACH = 1 };
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

static void *share(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(at != MAP_FAILED);
	return at;
}

/* ---- one process ---- */

static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char bytes[1 << 16];
	ssize_t got;

	must(in >= 0 && out >= 0);
	while ((got = read(in, bytes, sizeof(bytes))) > 0)
		must(write(out, bytes, (size_t)got) == got);
	close(in);
	close(out);
}

static void fresh_copy(const struct course *c)
{
	static const char *const rests[] = { "-wal", "-shm" };
	char from[160], to[160];

	snprintf(from, sizeof(from), "%s/test.db", c->world->rig.path);
	snprintf(to, sizeof(to), "%s/test.db", c->folder);
	copy_file(from, to);
	for (size_t i = 0; i < ARRAY_LEN(rests); i++) {
		snprintf(to, sizeof(to), "%s/test.db%s", c->folder, rests[i]);
		unlink(to);
	}
}

/* Its exit status; KILLED: the fault did it, or nobody knows who; -1: another signal, which is a finding. */
static int child(const struct course *c, char *ret_why, size_t size)
{
	pid_t pid = fork();
	int status = 0;

	must(pid >= 0);
	if (pid == 0) {
		alarm(PATIENCE_S);
		c->world->shared = c->shared;
		world_play(c->world, c->folder);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (WTERMSIG(status) == SIGKILL)
		return KILLED;
	snprintf(ret_why, size, "signal %d%s", WTERMSIG(status), WTERMSIG(status) == SIGALRM ? ": it hangs" : "");
	return -1;
}

static void begin(const struct course *c, const struct fault_kind *kind, int64_t nth)
{
	struct shared *s = c->shared;

	memset(s, 0, offsetof(struct shared, journal));
	s->now_ms = c->world->hand.now_ms;
	s->fault.kind = kind;
	s->fault.nth = nth;
	fresh_copy(c);
}

/* ---- one point ---- */

/* Lines of `a` that `b` does not have as often. */
static size_t lines_missing(const char *a, const char *b, const char *word, char *text, size_t size)
{
	size_t len = 0, run = 0, line;

	for (const char *last = ""; *a; last = a, a += line + 1) {
		const char *at = b;
		size_t found = 0;

		line = strcspn(a, "\n");
		run = strncmp(last, a, line + 1) == 0 ? run + 1 : 1;
		for (; *at; at += strcspn(at, "\n") + 1)
			found += strncmp(at, a, line + 1) == 0;
		if (found < run && len < size)
			len += (size_t)snprintf(text + len, size - len, "\n#   %s %.*s", word, (int)line, a);
	}
	return MIN_OF(len, size - 1);
}

static const char *difference(const struct course *c, char *text, size_t size)
{
	const char *is = c->shared->look, *should = c->should->look;
	size_t len = (size_t)snprintf(text, size, "the world differs:");

	if (strcmp(is, should) == 0)
		return NULL;
	len += lines_missing(is, should, "too much", text + len, size - len);
	lines_missing(should, is, "missing ", text + len, size - len);
	return text;
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
	return difference(c, text, size) ? text : written_twice(c, text, size);
}

static bool survives(const struct course *c, const struct fault_kind *kind, int64_t nth)
{
	char text[3000] = "";
	const char *why;
	int status;

	begin(c, kind, nth);
	status = child(c, text, sizeof(text));
	if (status == KILLED && atomic_load(&c->shared->fault.struck))
		status = child(c, text, sizeof(text));
	why = judge(c, status, text, sizeof(text));
	if (why && atomic_fetch_add(c->shown, 1) < SHOWN_MOST)
		fprintf(stderr, "# '%s' '%s' '%s' %lld (%s): %s\n", c->scenario->name, fault_seams[kind->seam],
		        kind->name, (long long)nth, c->shared->fault.where, why);
	return !why;
}

/* ---- all points of a scenario ---- */

struct choice_of {
	bool all;
	const char *only[3]; /* scenario, seam, kind */
	int64_t nth;
};

static struct choice_of choice;

static bool wanted(const struct scenario *scenario, const struct fault_kind *kind)
{
	const char *is[] = { scenario->name, fault_seams[kind->seam], kind->name };

	for (size_t i = 0; i < ARRAY_LEN(is); i++)
		if (choice.only[i] && strcmp(choice.only[i], is[i]) != 0)
			return false;
	return true;
}

/* The i-th point to try of `count`; 0: there is none. */
static int64_t pick(const struct course *c, int64_t i, int64_t count, size_t kind)
{
	size_t scenario = (size_t)(c->scenario - scenarios);

	if (choice.nth)
		return i == 0 && choice.nth <= count ? choice.nth : 0;
	if (choice.all)
		return i < count ? i + 1 : 0;
	if (i > 0 || count == 0 || (kind + scenario) % SAMPLE_EACH != 0)
		return 0;
	return 1 + (int64_t)(kind * 37 + scenario * 11) % count; /* somewhere else for each */
}

static void work(struct course *c, int worker)
{
	int64_t turn = 0;

	for (size_t k = 0; k < fault_kind_count; k++) {
		int64_t count = atomic_load(&c->should->fault.counts[fault_kinds[k].seam]), n;

		if (!wanted(c->scenario, &fault_kinds[k]))
			continue;
		for (int64_t i = 0; (n = pick(c, i, count, k)) > 0; i++) {
			if (turn++ % WORKERS != worker)
				continue;
			atomic_fetch_add(&c->tallies[k].tried, 1);
			if (survives(c, &fault_kinds[k], n))
				atomic_fetch_add(&c->tallies[k].survived, 1);
		}
	}
}

static void folder_open(struct course *c)
{
	snprintf(c->folder, sizeof(c->folder), "%s/suture-crash-XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(c->folder) != NULL);
}

static void folder_close(const struct course *c)
{
	static const char *const files[] = { "test.db", "test.db-wal", "test.db-shm" };
	char path[160];

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", c->folder, files[i]);
		unlink(path);
	}
	rmdir(c->folder);
}

static void undisturbed(struct course *c)
{
	char text[100] = "";

	c->shared = c->should;
	begin(c, NULL, 0);
	if (child(c, text, sizeof(text)) != 0 || !c->shared->ended)
		fail_msg("'%s' undisturbed: %s%s", c->scenario->name, c->shared->trouble, text);
	if (choice.nth)
		fputs(c->should->look, stderr);
}

static void run_scenario(struct course *c)
{
	struct world *world = calloc(1, sizeof(*world));
	pid_t workers[WORKERS];

	must(world != NULL);
	c->world = world;
	folder_open(c);
	world_open(world, c->scenario, c->should);
	undisturbed(c);
	folder_close(c);
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		must(workers[i] >= 0);
		if (workers[i] > 0)
			continue;
		c->shared = share(sizeof(*c->shared));
		folder_open(c);
		work(c, i);
		folder_close(c);
		_exit(0);
	}
	for (int i = 0; i < WORKERS; i++)
		must(waitpid(workers[i], NULL, 0) == workers[i]);
	world_close(world);
	free(world);
}

/* ---- the whole ---- */

static struct tally of_all_kinds(const struct course *c)
{
	struct tally all = { 0 };

	for (size_t k = 0; k < fault_kind_count; k++) {
		all.tried += c->tallies[k].tried;
		all.survived += c->tallies[k].survived;
	}
	return all;
}

/* While it goes on. */
static void print_progress(const struct course *c, int64_t began_ms)
{
	const struct tally all = of_all_kinds(c);

	print_message("# %-16s %6lld points, %6lld survived, %5.1f s so far\n", c->scenario->name, (long long)all.tried,
	              (long long)all.survived, (double)(clock_mono_ns() / 1000000 - began_ms) / 1000);
	fflush(stdout);
}

/* A row a kind, a column a scenario; what did not survive is told beside how many were tried. */
static void print_table(const struct course *courses)
{
	for (size_t k = 0; k < fault_kind_count; k++) {
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
	_Atomic int *shown = share(sizeof(*shown));

	(void)state;
	must(courses != NULL);
	for (size_t i = 0; i < scenario_count; i++) {
		struct course *c = &courses[i];

		*c = (struct course) { .scenario = &scenarios[i], .shown = shown };
		c->tallies = share(KINDS_MOST * sizeof(*c->tallies));
		if (choice.only[0] && strcmp(choice.only[0], scenarios[i].name) != 0)
			continue;
		c->should = share(sizeof(*c->should));
		run_scenario(c);
		munmap(c->should, sizeof(*c->should));
		print_progress(c, began_ms);
		tried += of_all_kinds(c).tried;
		survived += of_all_kinds(c).survived;
	}
	print_table(courses);
	print_message("# %lld distinct crash points survived of %lld\n", (long long)survived, (long long)tried);
	free(courses);
	assert_true(tried > 0);
	assert_int_equal(survived, tried);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R5_R34_whatever_point_a_process_or_a_call_ends_at),
	};

	unsetenv("SUTURE_TEST_STORE"); /* a file, of which each point has a copy */
	choice.all = argc > 1;
	for (int i = 1; i < argc && i <= 3 && strcmp(argv[1], "--all") != 0; i++)
		choice.only[i - 1] = argv[i];
	if (argc > 4)
		choice.nth = strtoll(argv[4], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
