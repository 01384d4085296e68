/* The pace, counted at the far side; the window; priorities. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/http_pace.h"
#include "rig.h"

static const int64_t second = 1000000000;

static void set(struct pace *pace, struct arena *arena, double rate, const char *file, int64_t now)
{
	struct err err = ERR_INIT;

	if (pace_set(pace, arena, rate, file, now, &err) < 0)
		fail_msg("%s", err.text);
}

/* Drives the tickets with made-up times: connects and answers late at random, never more than `rate` arrivals in a second. */
static void never_more_than_rate_arrivals_whatever_the_delays(void **state UNUSED)
{
	static int64_t came[4000];
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct pace pace = { 0 };
	size_t sent = 0;
	unsigned seed = 7;
	int64_t now = 5 * second;

	set(&pace, &arena, 7.9, NULL, now);
	while (sent < ARRAY_LEN(came)) {
		struct pace_ticket ticket;

		for (int64_t due; (due = pace_take(&pace, now, &ticket)) != 0; now = due)
			assert_true(due > now);
		now += rand_r(&seed) % (second / 10);
		assert_true(pace_sent(&ticket, now));
		came[sent++] = now + rand_r(&seed) % pace_flight_ns;
	}
	for (size_t i = 7; i < sent; i++)
		assert_true(came[i] - came[i - 7] >= second - pace_flight_ns);
	/* Arrival order may differ from sending order: count honestly. */
	for (size_t i = 0; i < sent; i++) {
		size_t within = 0;

		for (size_t k = i > 20 ? i - 20 : 0; k < MIN_OF(sent, i + 20); k++)
			within += came[k] >= came[i] && came[k] < came[i] + second;
		assert_in_range(within, 1, 7);
	}
}

static void a_slot_is_held_while_its_request_connects(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct pace pace = { 0 };
	struct pace_ticket first, other, none;

	set(&pace, &arena, 2, NULL, second);
	assert_true(pace_take(&pace, second, &first) == 0);
	assert_true(pace_take(&pace, second, &other) == 0);
	assert_true(pace_take(&pace, 10 * second, &none) == second + pace_lease_ns);
	assert_null(none.slot);
	assert_true(pace_sent(&other, 10 * second));
	assert_true(pace_take(&pace, 10 * second, &none) == 11 * second + pace_flight_ns);
	pace_answered(&other, 10 * second + 1000);
	assert_true(pace_take(&pace, 10 * second, &none) == 11 * second + 1000);
	pace_answered(&first, 10 * second + 500);
	assert_true(pace_take(&pace, 10 * second, &none) == 11 * second + 500);
	/* An answer that comes when the slot is another's changes nothing. */
	assert_true(pace_take(&pace, 12 * second, &first) == 0);
	assert_true(pace_sent(&first, 12 * second));
	assert_true(pace_take(&pace, 12 * second, &none) == 0);
	assert_true(pace_take(&pace, 14 * second, &other) == 0);
	pace_answered(&first, 14 * second);
	assert_true(pace_take(&pace, 20 * second, &none) == 12 * second + pace_lease_ns);
}

static void who_was_stopped_too_long_has_lost_its_slot(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct pace pace = { 0 };
	struct pace_ticket stopped, next;
	int64_t later = second + pace_lease_ns;

	set(&pace, &arena, 1, NULL, second);
	assert_true(pace_take(&pace, second, &stopped) == 0);
	assert_true(pace_take(&pace, later - 1, &next) == later);
	assert_true(pace_take(&pace, later, &next) == 0);
	assert_false(pace_sent(&stopped, later));
	pace_answered(&stopped, later);
	assert_true(pace_sent(&next, later));
}

static void a_changed_rate_lets_no_burst_through(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct pace pace = { 0 };
	struct pace_ticket old, none;

	set(&pace, &arena, 0, NULL, second);
	assert_true(pace_take(&pace, second, &none) == 0);
	assert_null(none.slot);
	assert_true(pace_sent(&none, second));
	set(&pace, &arena, 3, NULL, second);
	assert_true(pace_take(&pace, second, &none) == 2 * second);
	assert_true(pace_take(&pace, 2 * second, &old) == 0);
	set(&pace, &arena, 5, NULL, 2 * second);
	pace_answered(&old, second);
	assert_true(pace_take(&pace, 2 * second, &none) == 3 * second);
	set(&pace, &arena, 0.5, NULL, 2 * second);
	assert_int_equal(pace.count, 1);
	assert_true(pace_take(&pace, 2 * second, &none) == 4 * second);
}

static void answer_now(struct peer_call *call, void *context UNUSED)
{
	peer_answer(call, 200, "", STR("x"));
}

static void answer_badly(struct peer_call *call, void *context UNUSED)
{
	if (call->number % 5 == 0)
		peer_drop(call);
	else if (call->number % 3 == 0)
		peer_answer(call, 503, "", STR("x"));
	else
		peer_answer(call, 200, "", STR("x"));
}

struct asker {
	struct rig *rig;
	size_t count;
	bool idempotent;
};

static void *ask(void *context)
{
	struct asker *a = context;
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct http_request request = rig_request(a->rig, "GET", "/");

	for (size_t i = 0; i < a->count; i++) {
		struct http_future *f = http_start(a->rig->client, &request);
		struct http_answer answer;
		struct err err = ERR_INIT;

		(void)!http_wait(&f, &arena, &answer, &err);
	}
	return NULL;
}

static void ask_from_threads(struct rig *r, size_t threads, size_t each)
{
	struct asker asker = { .rig = r, .count = each };
	pthread_t ids[16];

	for (size_t i = 0; i < threads; i++)
		must(pthread_create(&ids[i], NULL, ask, &asker) == 0);
	for (size_t i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
}

struct measured {
	size_t most; /* arrivals in the busiest second */
	int64_t took;
};

/* How much slower everything may be because more wants to run than can. */
static double slowness(void)
{
	double load = 0;

	return getloadavg(&load, 1) == 1 ? MAX_OF(1, load / (double)sysconf(_SC_NPROCESSORS_ONLN)) : 1;
}

/*
 * A process that is not let run between the decision to send and the sending, for longer than is granted for the way, sends calls of two seconds in one, and
 * nothing that it does is quick. Such a measurement says nothing of the pace and is made again; whoever does not keep to it is found out each time.
 */
static void measure(struct measured (*how)(void), struct measured least, struct measured most)
{
	enum { TRIES = 12 };
	struct measured seen = { 0 };

	for (unsigned i = 0; i < TRIES; i++) {
		seen = how();
		/* Less than that is never the machine's fault. */
		assert_true(seen.took >= least.took);
		if ((double)seen.most >= (double)least.most / slowness() && seen.most <= most.most &&
		    (double)seen.took <= (double)most.took * slowness())
			return;
	}
	fail_msg("%zu in a second, %lld ms in all", seen.most, (long long)(seen.took / 1000000));
}

static struct measured measure_many(void)
{
	int64_t before = clock_mono_ns();
	struct measured ret;
	struct rig r;

	rig_open(&r, answer_now, NULL);
	r.target.rate = 40;
	r.target.window = 16;
	ask_from_threads(&r, 12, 10);
	assert_int_equal(peer_count(r.peer), 120);
	ret = (struct measured) { peer_most_within(r.peer, 1000), clock_mono_ns() - before };
	rig_close(&r);
	return ret;
}

static void the_far_side_never_counts_more_than_rate_in_a_second(void **state UNUSED)
{
	/* 120 at 40 a second: the third 40 start after two seconds; not wasted either. */
	measure(measure_many, (struct measured) { 35, 2 * second }, (struct measured) { 40, 3 * second });
}

static struct measured measure_repeats(void)
{
	struct measured ret = { 0 };
	struct rig r;

	rig_open(&r, answer_badly, NULL);
	r.target.rate = 30;
	ask_from_threads(&r, 8, 6);
	assert_true(peer_count(r.peer) > 48);
	ret.most = peer_most_within(r.peer, 1000);
	rig_close(&r);
	return ret;
}

static void repeats_count_too(void **state UNUSED)
{
	measure(measure_repeats, (struct measured) { 20, 0 }, (struct measured) { 30, 0 });
}

static struct measured measure_few(void)
{
	int64_t before = clock_mono_ns();
	struct measured ret;
	struct rig r;

	rig_open(&r, answer_now, NULL);
	r.target.rate = 0.8;
	ask_from_threads(&r, 3, 1);
	ret = (struct measured) { peer_most_within(r.peer, 1240), clock_mono_ns() - before };
	rig_close(&r);
	return ret;
}

static void below_one_a_second(void **state UNUSED)
{
	measure(measure_few, (struct measured) { 1, 2 * second * 5 / 4 }, (struct measured) { 1, 4 * second });
}

/* ---- several processes ---- */

struct shared {
	char dir[32], file[64];
};

static void shared_open(struct shared *s)
{
	snprintf(s->dir, sizeof(s->dir), "/tmp/pace-XXXXXX");
	must(mkdtemp(s->dir) != NULL);
	snprintf(s->file, sizeof(s->file), "%s/pace", s->dir);
}

static void shared_close(struct shared *s)
{
	unlink(s->file);
	rmdir(s->dir);
}

static pid_t ask_from_another_process(struct rig *r, size_t threads, size_t each)
{
	pid_t pid = fork();

	must(pid >= 0);
	if (pid > 0)
		return pid;
	r->target.state = NULL;
	must(http_client_open(&r->client, &r->err) == 0);
	ask_from_threads(r, threads, each);
	http_client_close(&r->client);
	_exit(0);
}

static void wait_for(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0) == pid);
	assert_int_equal(status, 0);
}

static struct measured measure_processes(void)
{
	int64_t before = clock_mono_ns();
	struct measured ret;
	struct shared shared;
	struct stat file;
	pid_t pids[2];
	struct rig r;

	shared_open(&shared);
	rig_open(&r, answer_now, NULL);
	r.target.rate = 20;
	r.target.pace_file = shared.file;
	for (size_t i = 0; i < ARRAY_LEN(pids); i++)
		pids[i] = ask_from_another_process(&r, 8, 5);
	wait_for(pids[0]);
	/* One that follows at once, and two targets in one process. */
	pids[0] = ask_from_another_process(&r, 4, 5);
	assert_int_equal(rig_do(&r, "GET", "/"), 0);
	wait_for(pids[0]);
	wait_for(pids[1]);
	assert_int_equal(peer_count(r.peer), 101);
	ret = (struct measured) { peer_most_within(r.peer, 1000), clock_mono_ns() - before };
	assert_int_equal(stat(shared.file, &file), 0);
	assert_int_equal(file.st_mode & 0777, 0600);
	rig_close(&r);
	shared_close(&shared);
	return ret;
}

static void processes_with_one_file_keep_to_the_rate_together(void **state UNUSED)
{
	/* 101 at 20 a second: the last starts after five seconds; little is wasted. */
	measure(measure_processes, (struct measured) { 15, 5 * second }, (struct measured) { 20, 7 * second });
}

static void a_killed_process_holds_its_slots_no_longer_than_a_lease(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct pace pace = { 0 };
	struct pace_ticket ticket;
	struct shared shared;
	int64_t now = clock_mono_ns(), due;
	int status;
	pid_t pid;

	shared_open(&shared);
	set(&pace, &arena, 3, shared.file, now);
	pid = fork();
	must(pid >= 0);
	if (pid == 0) {
		for (int i = 0; i < 3; i++)
			must(pace_take(&pace, now, &ticket) == 0);
		raise(SIGKILL);
	}
	must(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	/* Looks again soon: another process may give its own back at any time. */
	due = pace_take(&pace, now, &ticket);
	assert_in_range(due - now, 1, second / 10);
	assert_true(pace_take(&pace, now + pace_lease_ns - 1, &ticket) != 0);
	for (int i = 0; i < 3; i++)
		assert_true(pace_take(&pace, now + pace_lease_ns, &ticket) == 0);
	shared_close(&shared);
}

static void a_file_from_before_a_restart_of_the_machine_holds_nobody(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct pace before = { 0 }, after = { 0 };
	struct pace_ticket ticket;
	struct shared shared;

	shared_open(&shared);
	set(&before, &arena, 2, shared.file, 90000 * second);
	for (int i = 0; i < 2; i++)
		assert_true(pace_take(&before, 90000 * second, &ticket) == 0);
	set(&after, &arena, 2, shared.file, second);
	for (int i = 0; i < 2; i++)
		assert_true(pace_take(&after, second, &ticket) == 0);
	assert_true(pace_take(&after, second, &ticket) != 0);
	shared_close(&shared);
}

static void another_rate_for_the_same_file_lets_no_burst_through(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct pace slow = { 0 }, fast = { 0 }, again = { 0 };
	struct pace_ticket ticket;
	struct shared shared;

	shared_open(&shared);
	set(&fast, &arena, 40, shared.file, second);
	assert_true(pace_take(&fast, second, &ticket) == 0);
	assert_true(pace_sent(&ticket, second));
	pace_answered(&ticket, second);
	set(&slow, &arena, 0.25, shared.file, second);
	assert_true(pace_take(&slow, second, &ticket) == 5 * second);
	set(&again, &arena, 0.25, shared.file, 5 * second);
	assert_true(pace_take(&again, 5 * second, &ticket) == 0);
	set(&fast, &arena, 3000, shared.file, 6 * second);
	assert_int_equal(fast.count, 3000);
	assert_true(pace_take(&fast, 6 * second, &ticket) == 7 * second);
	assert_true(pace_take(&fast, 7 * second, &ticket) == 0);
	shared_close(&shared);
}

static void nothing_is_sent_when_the_file_cannot_be_used(void **state UNUSED)
{
	struct shared shared;
	char file[80];
	struct rig r;

	shared_open(&shared);
	snprintf(file, sizeof(file), "%s/not/there", shared.dir);
	rig_open(&r, answer_now, NULL);
	r.target.rate = 20;
	r.target.pace_file = file;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rig_do(&r, "GET", "/"), ERR_SYSTEM);
		assert_non_null(strstr(r.err.text, "keep the pace in"));
	}
	assert_int_equal(peer_count(r.peer), 0);
	r.target.pace_file = shared.file;
	assert_int_equal(rig_do(&r, "GET", "/"), 0);
	rig_close(&r);
	shared_close(&shared);
}

static void answer_after_20_ms(struct peer_call *call, void *context UNUSED)
{
	clock_sleep_ms(20);
	peer_answer(call, 200, "", STR("x"));
}

static void window_is_kept_and_filled(void **state UNUSED)
{
	static const unsigned windows[] = { 1, 3, 0 };

	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		const size_t wanted = windows[i] ? windows[i] : 8;
		struct rig r;

		rig_open(&r, answer_after_20_ms, NULL);
		r.target.window = windows[i];
		/* Until it is full once: on a busy machine they may come one after the other. */
		for (unsigned tries = 0; tries < 20 && peer_most_at_once(r.peer) < wanted; tries++)
			ask_from_threads(&r, 12, 4);
		assert_int_equal(peer_most_at_once(r.peer), wanted);
		rig_close(&r);
	}
}

static struct {
	pthread_mutex_t lock;
	char order[64];
	atomic_size_t len;
	atomic_bool all_wait; /* the first is answered when the others stand behind it */
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void note_path(struct peer_call *call, void *context UNUSED)
{
	pthread_mutex_lock(&seen.lock);
	seen.order[seen.len++] = call->path.at[1];
	pthread_mutex_unlock(&seen.lock);
	while (call->number == 1 && !atomic_load(&seen.all_wait))
		clock_sleep_ms(1);
	clock_sleep_ms(1);
	peer_answer(call, 200, "", STR("x"));
}

static void low_only_when_nothing_else_waits(void **state UNUSED)
{
	static const enum http_priority order[] = { HTTP_NORMAL, HTTP_LOW,    HTTP_NORMAL, HTTP_URGENT,
		                                    HTTP_LOW,    HTTP_URGENT, HTTP_NORMAL, HTTP_LOW };
	static const char *const paths[] = { "/u", "/n", "/l" };
	struct http_future *futures[ARRAY_LEN(order)];
	struct rig r;

	memset(seen.order, 0, sizeof(seen.order));
	seen.len = 0;
	rig_open(&r, note_path, NULL);
	r.target.window = 1;
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		struct http_request request = rig_request(&r, "GET", paths[order[i]]);

		request.priority = order[i];
		futures[i] = http_start(r.client, &request);
		while (atomic_load(&seen.len) == 0)
			clock_sleep_ms(1);
	}
	atomic_store(&seen.all_wait, true);
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_int_equal(http_wait(&futures[i], &r.arena, &r.answer, &r.err), 0);
	assert_string_equal(seen.order, "nuunnlll");
	rig_close(&r);
}

static void targets_do_not_wait_for_each_other(void **state UNUSED)
{
	struct http_target other;
	struct http_request request;
	struct http_future *slow;
	struct rig r;

	rig_open(&r, answer_now, NULL);
	r.target.rate = 0.005; /* the next one in more than three minutes */
	assert_int_equal(rig_do(&r, "GET", "/"), 0);
	other = (struct http_target) { .base = r.target.base };
	request = rig_request(&r, "GET", "/");
	slow = http_start(r.client, &request);
	request.target = &other;
	for (int i = 0; i < 50; i++)
		assert_int_equal(rig_send(&r, &request), 0);
	assert_false(http_ready(slow));
	http_cancel(&slow);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_more_than_rate_arrivals_whatever_the_delays),
		cmocka_unit_test(a_slot_is_held_while_its_request_connects),
		cmocka_unit_test(who_was_stopped_too_long_has_lost_its_slot),
		cmocka_unit_test(a_changed_rate_lets_no_burst_through),
		cmocka_unit_test(the_far_side_never_counts_more_than_rate_in_a_second),
		cmocka_unit_test(repeats_count_too),
		cmocka_unit_test(below_one_a_second),
		cmocka_unit_test(processes_with_one_file_keep_to_the_rate_together),
		cmocka_unit_test(a_killed_process_holds_its_slots_no_longer_than_a_lease),
		cmocka_unit_test(a_file_from_before_a_restart_of_the_machine_holds_nobody),
		cmocka_unit_test(another_rate_for_the_same_file_lets_no_burst_through),
		cmocka_unit_test(nothing_is_sent_when_the_file_cannot_be_used),
		cmocka_unit_test(window_is_kept_and_filled),
		cmocka_unit_test(low_only_when_nothing_else_waits),
		cmocka_unit_test(targets_do_not_wait_for_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
