/*
 * What only a server can do to us: hang up at any moment. A relay stands between the driver and the server and cuts connections where a test
 * says: before our next message gets through, or after it was carried out and before its answer comes back.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "fixture.h"
#include "lib/clock.h"

enum cut { CUT_NOTHING, CUT_BEFORE, CUT_AFTER };

struct relay {
	char folder[64];
	char server[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int listener;
	pthread_t thread;
	_Atomic enum cut cut; /* of the next message that comes; goes back to nothing */
	_Atomic int cuts;
	_Atomic int hang_up; /* how often all connections were cut */
	_Atomic int wires;
};

static int unix_socket(const char *path, bool listens)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (listens) {
		assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
		assert_int_equal(listen(fd, 10), 0);
	} else {
		assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	}
	return fd;
}

/* What there is to read goes over. False: one of them hung up. */
static bool pass_on(int from, int to)
{
	char bytes[65536];
	ssize_t n = read(from, bytes, sizeof(bytes)), done = 0;

	while (n > 0 && done < n) {
		ssize_t wrote = send(to, bytes + done, (size_t)(n - done), MSG_NOSIGNAL);

		if (wrote <= 0)
			return false;
		done += wrote;
	}
	return n > 0;
}

struct wire {
	struct relay *relay;
	int client;
};

/* Nothing of the client's next message, or of the server's answer to it, reaches the other. */
static bool cut_here(struct relay *relay, int client, int server)
{
	enum cut cut = atomic_exchange(&relay->cut, CUT_NOTHING);
	char answer[65536];

	if (cut == CUT_NOTHING)
		return false;
	if (cut == CUT_AFTER && pass_on(client, server))
		assert_true(read(server, answer, sizeof(answer)) > 0);
	atomic_fetch_add(&relay->cuts, 1);
	return true;
}

static void *carry(void *context)
{
	struct wire *wire = context;
	int client = wire->client, server = unix_socket(wire->relay->server, false);
	struct pollfd both[] = { { .fd = client, .events = POLLIN }, { .fd = server, .events = POLLIN } };
	int before = atomic_load(&wire->relay->hang_up);
	bool going = true;

	while (going && poll(both, 2, 5) >= 0 && atomic_load(&wire->relay->hang_up) == before) {
		if (both[1].revents)
			going = pass_on(server, client);
		if (going && both[0].revents)
			going = !cut_here(wire->relay, client, server) && pass_on(client, server);
	}
	close(client);
	close(server);
	atomic_fetch_sub(&wire->relay->wires, 1);
	free(wire);
	return NULL;
}

static void *accept_all(void *context)
{
	struct relay *relay = context;
	int client;

	while ((client = accept(relay->listener, NULL, NULL)) >= 0) {
		struct wire *wire = malloc(sizeof(*wire));
		pthread_t thread;

		*wire = (struct wire) { relay, client };
		atomic_fetch_add(&relay->wires, 1);
		assert_int_equal(pthread_create(&thread, NULL, carry, wire), 0);
		pthread_detach(thread);
	}
	return NULL;
}

/* The url of the tests' server, with another folder. `settings`: "&keyword=value", or "". */
static struct store *open_with(struct relay *relay, const char *settings)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	PQconninfoOption *options = PQconninfoParse(getenv("SUTURE_TEST_STORE"), NULL);
	struct store *store = NULL;
	struct err err = ERR_INIT;
	struct str url;

	for (const PQconninfoOption *o = options; o->keyword; o++)
		if (strcmp(o->keyword, "host") == 0)
			snprintf(relay->server, sizeof(relay->server), "%s/.s.PGSQL.5432", o->val);
	PQconninfoFree(options);
	test_store_forget(TEST_STORE_ONCE);
	url = arena_printf(&arena, "postgresql:///postgres?host=%s&user=suture%s", relay->folder, settings);
	if (store_open_with(test_store_join(&arena, url.at, test_store_schema(TEST_STORE_ONCE)), fixture_steps,
	                    ARRAY_LEN(fixture_steps), &store, &err) < 0)
		fail_msg("%s", err.text);
	return store;
}

static struct store *open_behind(struct relay *relay)
{
	return open_with(relay, "");
}

static void relay_start(struct relay *relay)
{
	char path[100];

	memset(relay, 0, sizeof(*relay));
	snprintf(relay->folder, sizeof(relay->folder), "/tmp/suture-relay-XXXXXX");
	assert_non_null(mkdtemp(relay->folder));
	snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", relay->folder);
	relay->listener = unix_socket(path, true);
	assert_int_equal(pthread_create(&relay->thread, NULL, accept_all, relay), 0);
}

static void relay_stop(struct relay *relay)
{
	char path[100];

	shutdown(relay->listener, SHUT_RDWR);
	pthread_join(relay->thread, NULL);
	while (atomic_load(&relay->wires) > 0)
		clock_sleep_ms(1);
	close(relay->listener);
	snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", relay->folder);
	unlink(path);
	rmdir(relay->folder);
}

/* ---- the tests */

struct work {
	struct relay *relay;
	enum cut cut;
	bool at_commit; /* else in the middle of the transaction */
	int runs;
};

static int add_and_be_cut(struct db *db, void *context, struct err *err)
{
	struct work *work = context;
	int64_t count = 0;

	work->runs++;
	if (work->runs == 1 && !work->at_commit)
		atomic_store(&work->relay->cut, work->cut);
	if (add_person(db, (void *)(uintptr_t) "a", err) < 0 || read_count(db, &count, err) < 0)
		return err_pass(err);
	if (work->runs == 1 && work->at_commit)
		atomic_store(&work->relay->cut, work->cut);
	return 0;
}

static const struct statement INSERT_WITH_ID = { "INSERT INTO person (id, name, age, photo) VALUES ($1, $2, $3, $4)",
	                                         .by = "id" };
static const struct statement AGE_OF = { "SELECT age FROM person WHERE name = $1" };

/* Rows that are kept, and answers that are on their way, when the connection goes. */
static int add_many_and_be_cut(struct db *db, void *context, struct err *err)
{
	const struct bind name = bind_text(STR("b"));
	const struct binds asked = { &name, 1 };
	struct work *work = context;
	int64_t id, age = 0;

	work->runs++;
	for (const char *at = "abcde"; *at; at++)
		if (db_insert(db, &INSERT_WITH_ID,
		              BIND(bind_null(), bind_text(str_range(at, 1)), bind_int(*at), bind_null()), &id, err) < 0)
			return err_pass(err);
	if (work->runs == 1)
		atomic_store(&work->relay->cut, work->cut);
	if (db_ahead(db, &AGE_OF, &asked, 1, err) < 0 || db_number(db, &AGE_OF, asked, -1, &age, err) < 0)
		return err_pass(err);
	assert_int_equal(age, 'b');
	return 0;
}

static void check_many_cut(enum cut cut)
{
	struct relay relay;
	struct work work = { &relay, cut, false, 0 };
	struct err err = ERR_INIT;
	struct store *store;

	relay_start(&relay);
	store = open_behind(&relay);
	if (store_write(store, DURABLE, add_many_and_be_cut, &work, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(atomic_load(&relay.cuts), 1);
	assert_int_equal(work.runs, 2);
	assert_int_equal(count_people(store), 5);
	store_close(&store);
	relay_stop(&relay);
}

static void test_r5_what_was_kept_when_the_connection_went_is_run_again(void **state UNUSED)
{
	check_many_cut(CUT_BEFORE);
	check_many_cut(CUT_AFTER);
}

static void check_cut(enum cut cut, bool at_commit, int runs)
{
	struct relay relay;
	struct work work = { &relay, cut, at_commit, 0 };
	struct err err = ERR_INIT;
	struct store *store;

	relay_start(&relay);
	store = open_behind(&relay);
	if (store_write(store, DURABLE, add_and_be_cut, &work, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(atomic_load(&relay.cuts), 1);
	assert_int_equal(work.runs, runs);
	assert_int_equal(count_people(store), 1);
	store_close(&store);
	relay_stop(&relay);
}

static void test_r5_a_transaction_whose_connection_is_lost_runs_again(void **state UNUSED)
{
	check_cut(CUT_BEFORE, false, 2);
}

static void test_r5_so_does_one_whose_answers_are_lost(void **state UNUSED)
{
	check_cut(CUT_AFTER, false, 2);
}

static void test_r5_a_commit_that_did_not_arrive_is_run_again(void **state UNUSED)
{
	check_cut(CUT_BEFORE, true, 2);
}

static void test_r5_a_commit_whose_answer_was_lost_is_not_run_again(void **state UNUSED)
{
	check_cut(CUT_AFTER, true, 1);
}

struct blocked {
	struct work work;
	PGconn *line, *eyes;
};

/* Somebody stands in line for the lock of all writers, which is ours until the commit; then he keeps it. */
static void stand_in_line(struct blocked *blocked)
{
	char sql[300];
	bool waits = false;

	snprintf(sql, sizeof(sql), "SELECT pg_advisory_lock(%d, '%s'::regnamespace::oid::int)", 0x53757472,
	         test_store_schema(TEST_STORE_ONCE)->name);
	assert_int_equal(PQsendQuery(blocked->line, sql), 1);
	snprintf(sql, sizeof(sql), "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = %d",
	         PQbackendPID(blocked->line));
	while (!waits) {
		PGresult *found = PQexec(blocked->eyes, sql);

		assert_int_equal(PQresultStatus(found), PGRES_TUPLES_OK);
		waits = PQntuples(found) == 1;
		PQclear(found);
	}
}

static void leave_the_line(struct blocked *blocked)
{
	PGresult *had = PQgetResult(blocked->line), *left;

	assert_int_equal(PQresultStatus(had), PGRES_TUPLES_OK);
	PQclear(had);
	left = PQexec(blocked->line, "SELECT pg_advisory_unlock_all()");
	assert_int_equal(PQresultStatus(left), PGRES_TUPLES_OK);
	PQclear(left);
	PQfinish(blocked->line);
	PQfinish(blocked->eyes);
}

static int be_cut_with_somebody_in_line(struct db *db, void *context, struct err *err)
{
	struct blocked *blocked = context;
	int64_t count = 0;

	if (read_count(db, &count, err) < 0) /* the lock is ours */
		return err_pass(err);
	stand_in_line(blocked);
	return add_and_be_cut(db, &blocked->work, err);
}

static void test_r5_where_the_outcome_cannot_be_asked_nothing_is_run_again_and_work_goes_on(void **state UNUSED)
{
	const char *server = getenv("SUTURE_TEST_STORE");
	struct relay relay;
	struct blocked blocked = { { &relay, CUT_AFTER, true, 0 }, PQconnectdb(server), PQconnectdb(server) };
	struct err err = ERR_INIT;
	struct store *store;

	relay_start(&relay);
	store = open_with(&relay, "&busy_ms=4000");
	assert_true(store_write(store, DURABLE, be_cut_with_somebody_in_line, &blocked, &err) < 0);
	assert_non_null(strstr(err.text, "whether it took place cannot be asked"));
	assert_int_equal(blocked.work.runs, 1);
	leave_the_line(&blocked);
	write_person(store, "b");
	assert_int_equal(count_people(store), 2);
	store_close(&store);
	relay_stop(&relay);
}

/* Between two transactions nothing is lost with the connection: the server was started anew, say. */
static void test_an_idle_connection_that_was_cut_is_made_anew(void **state UNUSED)
{
	struct relay relay;
	struct store *store;

	relay_start(&relay);
	store = open_behind(&relay);
	write_person(store, "a");
	assert_int_equal(count_people(store), 1);
	atomic_fetch_add(&relay.hang_up, 1);
	while (atomic_load(&relay.wires) > 0)
		clock_sleep_ms(1);
	write_person(store, "b");
	assert_int_equal(count_people(store), 2);
	store_close(&store);
	relay_stop(&relay);
}

/* The server forgets the last commit of each writer, as one does that was killed, and ends our sessions. */
static void take_a_commit_back(const char *schema)
{
	PGconn *pg = PQconnectdb(getenv("SUTURE_TEST_STORE"));
	char sql[300];
	PGresult *done;

	snprintf(sql, sizeof(sql),
	         "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE application_name = '%s';"
	         "UPDATE %s.store_commit SET last = last - 1",
	         schema, schema);
	done = PQexec(pg, sql);
	must(PQresultStatus(done) == PGRES_COMMAND_OK && strcmp(PQcmdTuples(done), "1") == 0);
	PQclear(done);
	PQfinish(pg);
}

static void write_after_a_commit_was_taken_back(const char *schema)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct test_schema of = { .folder = "" };
	struct store *store = NULL;
	struct err err = ERR_INIT;
	struct str url = arena_printf(&arena, "%s&application_name=%s", getenv("SUTURE_TEST_STORE"), schema);

	snprintf(of.name, sizeof(of.name), "%s", schema);
	must(store_open_with(test_store_join(&arena, url.at, &of), fixture_steps, ARRAY_LEN(fixture_steps), &store,
	                     &err) == 0);
	must(store_write(store, RELAXED, add_person, (void *)(uintptr_t) "a", &err) == 0);
	take_a_commit_back(schema);
	must(store_write(store, RELAXED, add_person, (void *)(uintptr_t) "b", &err) == 0);
}

/* What it has in memory goes beyond what is in the database: the next one begins with what is there. */
static void test_r5_a_process_ends_when_the_server_has_lost_its_commits(void **state UNUSED)
{
	int status = 0;
	pid_t pid;

	test_store_forget(TEST_STORE_ONCE);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		write_after_a_commit_was_taken_back(test_store_schema(TEST_STORE_ONCE)->name);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), STORE_WENT_BACK);
}

static const struct statement SESSION = { .sql = "SELECT current_setting('default_transaction_isolation') || ', ' || "
	                                         "current_setting('idle_in_transaction_session_timeout') AS settings" };

static int read_session(struct db *db, void *context, struct err *err)
{
	ROWS rows = NULL;
	int code = db_select(db, &SESSION, BIND_NOTHING, &rows, err);

	if (code == 0)
		code = rows_next(rows, err);
	if (code > 0)
		buf_add(context, row_text(rows, "settings"));
	return code;
}

/*
 * The outcome of a lost commit is asked for behind a lock, so it must see what was committed while it waited. And only who holds others up is put out for standing
 * still: a reader that makes a copy may be long at its disk.
 */
static void test_r5_a_session_has_our_settings_whatever_those_of_the_server_are(void **state UNUSED)
{
	SCOPED(buf) struct buf writer = BUF_INIT(200), reader = BUF_INIT(200);
	struct err err = ERR_INIT;
	struct relay relay;
	struct store *store;

	relay_start(&relay);
	store = open_with(&relay, "&options=-cdefault_transaction_isolation%3Dserializable%20"
	                          "-cidle_in_transaction_session_timeout%3D20ms");
	assert_int_equal(store_write(store, RELAXED, read_session, &writer, &err), 0);
	assert_int_equal(store_read(store, read_session, &reader, &err), 0);
	assert_string_equal(buf_text(&writer), "read committed, 10s");
	assert_string_equal(buf_text(&reader), "read committed, 0");
	store_close(&store);
	relay_stop(&relay);
}

static int read_file_number(struct db *db, void *context, struct err *err)
{
	static const struct statement where = { .sql = "SELECT relfilenode::int8 FROM pg_class WHERE oid = "
		                                       "'person'::regclass" };

	return db_number(db, &where, BIND_NOTHING, 0, context, err);
}

static int64_t file_number(struct store *store)
{
	struct err err = ERR_INIT;
	int64_t number = 0;

	assert_int_equal(store_read(store, read_file_number, &number, &err), 0);
	assert_true(number > 0);
	return number;
}

/* A table that is written anew is a new file. */
static void test_only_our_schema_is_written_anew(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct store *ours = open_fixture(TEST_STORE_ONCE), *others = NULL;
	struct err err = ERR_INIT;
	int64_t our_file, their_file;

	assert_int_equal(store_open_with(test_store_url(&arena, "others"), fixture_steps, ARRAY_LEN(fixture_steps),
	                                 &others, &err),
	                 0);
	write_person(ours, "a");
	our_file = file_number(ours);
	their_file = file_number(others);
	assert_int_equal(store_scrub(ours, false, &err), 0);
	assert_int_equal(file_number(ours), our_file);
	assert_int_equal(store_scrub(ours, true, &err), 0);
	assert_int_not_equal(file_number(ours), our_file);
	assert_int_equal(file_number(others), their_file);
	assert_int_equal(count_people(ours), 1);
	store_close(&others);
	test_store_forget("others");
	store_close(&ours);
}

/* ---- what processes tell each other */

struct heard {
	struct gate gate; /* reached with each thing heard */
	int64_t last;
	_Atomic int all; /* how often much may have been said */
};

static void hear(void *context, int64_t what)
{
	struct heard *heard = context;

	if (what == 0)
		atomic_fetch_add(&heard->all, 1);
	pthread_mutex_lock(&heard->gate.lock);
	heard->last = what;
	heard->gate.reached = true;
	pthread_cond_broadcast(&heard->gate.moved);
	pthread_mutex_unlock(&heard->gate.lock);
}

/* The next thing heard. */
static int64_t next_heard(struct heard *heard)
{
	int64_t what;

	until_reached(&heard->gate);
	pthread_mutex_lock(&heard->gate.lock);
	heard->gate.reached = false;
	what = heard->last;
	pthread_mutex_unlock(&heard->gate.lock);
	return what;
}

static int tell(struct db *db, void *context, struct err *err)
{
	return db_tell(db, *(const int64_t *)context, err);
}

static int tell_and_fail(struct db *db, void *context, struct err *err)
{
	if (tell(db, context, err) < 0)
		return err_pass(err);
	return err_set(err, ERR_CONFLICT, "given up");
}

static void tell_all(struct store *store, int64_t what)
{
	struct err err = ERR_INIT;

	if (store_write(store, RELAXED, tell, &what, &err) < 0)
		fail_msg("%s", err.text);
}

static struct store_listener *listen_to(struct store *store, struct heard *heard)
{
	struct store_listener *listener = NULL;
	struct err err = ERR_INIT;

	if (store_listen(store, &(struct store_told) { hear, heard }, &listener, &err) < 0)
		fail_msg("%s", err.text);
	return listener;
}

static void test_what_is_told_is_heard_once_it_is_committed(void **state UNUSED)
{
	struct heard heard = { .gate = GATE_INIT };
	struct err err = ERR_INIT;
	struct store_listener *listener;
	struct store *store;
	int64_t given_up = 7;

	store = open_fixture(TEST_STORE_ONCE);
	listener = listen_to(store, &heard);
	assert_int_equal(next_heard(&heard), 0);
	assert_int_equal(store_write(store, RELAXED, tell_and_fail, &given_up, &err), ERR_CONFLICT);
	tell_all(store, 8);
	assert_int_equal(next_heard(&heard), 8);
	store_listen_end(&listener);
	assert_null(listener);
	store_close(&store);
}

static void test_a_listener_that_was_cut_off_listens_again_and_says_that_it_missed_something(void **state UNUSED)
{
	struct heard heard = { .gate = GATE_INIT };
	struct store_listener *listener;
	struct relay relay;
	struct store *store;

	relay_start(&relay);
	store = open_behind(&relay);
	listener = listen_to(store, &heard);
	assert_int_equal(next_heard(&heard), 0);
	atomic_fetch_add(&relay.hang_up, 1);
	assert_int_equal(next_heard(&heard), 0);
	assert_int_equal(atomic_load(&heard.all), 2);
	tell_all(store, 9);
	assert_int_equal(next_heard(&heard), 9);
	store_listen_end(&listener);
	store_close(&store);
	relay_stop(&relay);
}

static void test_where_the_database_carries_nothing_nobody_listens(void **state UNUSED)
{
	struct heard heard = { .gate = GATE_INIT };
	struct store_listener *listener;
	struct store *store;

	store = open_fixture(TEST_STORE_ONCE);
	listener = listen_to(store, &heard);
	assert_null(listener);
	tell_all(store, 9);
	store_listen_end(&listener);
	assert_false(heard.gate.reached);
	store_close(&store);
}

static void test_r41_a_password_is_never_shown(void **state UNUSED)
{
	struct store *store = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(store_open("postgresql://ann:se%63ret@/db?host=/nowhere&password=secret", &store, &err),
	                 ERR_STORE);
	assert_null(strstr(err.text, "secret"));
	assert_non_null(strstr(err.text, "/nowhere"));
	assert_int_equal(store_open("postgresql://ann:secret@/db?schema=Not%20good", &store, &err), ERR_CONFIG);
	assert_null(strstr(err.text, "secret"));
}

int main(void)
{
	const struct CMUnitTest without_server[] = {
		cmocka_unit_test(test_where_the_database_carries_nothing_nobody_listens),
		cmocka_unit_test(test_r41_a_password_is_never_shown),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_r5_a_transaction_whose_connection_is_lost_runs_again),
		cmocka_unit_test(test_r5_so_does_one_whose_answers_are_lost),
		cmocka_unit_test(test_r5_what_was_kept_when_the_connection_went_is_run_again),
		cmocka_unit_test(test_r5_a_commit_that_did_not_arrive_is_run_again),
		cmocka_unit_test(test_r5_a_commit_whose_answer_was_lost_is_not_run_again),
		cmocka_unit_test(test_r5_where_the_outcome_cannot_be_asked_nothing_is_run_again_and_work_goes_on),
		cmocka_unit_test(test_an_idle_connection_that_was_cut_is_made_anew),
		cmocka_unit_test(test_r5_a_process_ends_when_the_server_has_lost_its_commits),
		cmocka_unit_test(test_r5_a_session_has_our_settings_whatever_those_of_the_server_are),
		cmocka_unit_test(test_only_our_schema_is_written_anew),
		cmocka_unit_test(test_what_is_told_is_heard_once_it_is_committed),
		cmocka_unit_test(test_a_listener_that_was_cut_off_listens_again_and_says_that_it_missed_something),
		cmocka_unit_test(test_r41_a_password_is_never_shown),
	};

	/* cmocka's skip() reads "not ok ... # SKIP" in TAP, which counts as a failure: the tests that need a server are left out. */
	if (!test_store_is_server()) {
		printf("# SKIP the tests of lost connections: SUTURE_TEST_STORE names no server\n");
		return cmocka_run_group_tests(without_server, NULL, NULL);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
