/* Server-sent events: what is sent arrives in order, who reads too slowly is dropped, the owner hears of it once. */
#include "server_rig.h"

static const char subscribe[] = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n";

/* Reads until `text` has come. */
static void hear_text(int fd, struct buf *got, const char *text)
{
	while (!strstr(buf_text(got), text))
		if (hear_some(fd, got, patience_ms) <= 0)
			fail_msg("never came: %s", text);
}

static int open_stream(struct rig *r, struct buf *got)
{
	int fd = dial_with(http_server_port(r->server), 4096);

	assert_true(say(fd, subscribe));
	hear_text(fd, got, "event: first\ndata: before the answer\n\n");
	return fd;
}

static void events_arrive_in_order(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int fd;

	rig_open(&r, (struct http_server_options) { 0 });
	fd = open_stream(&r, &got);
	assert_non_null(strstr(buf_text(&got), "\r\nContent-Type: text/event-stream\r\n"));
	assert_null(strstr(buf_text(&got), "Content-Length"));
	assert_true(http_stream_send(r.server, r.stream, NULL, STR("a\nb\r\nc\rd")));
	assert_true(http_stream_send(r.server, r.stream, "x\ndata: forged", STR("")));
	hear_text(fd, &got, "data: a\ndata: b\ndata: c\ndata: d\n\nevent: x\ndata: \n\n");
	assert_int_equal(http_server_counters_of(r.server).streams, 1);
	assert_int_equal(r.gone, 0);
	http_stream_end(r.server, r.stream);
	assert_true(closed(fd));
	EVENTUALLY(r.gone == 1);
	assert_false(http_stream_send(r.server, r.stream, NULL, STR("late")));
	assert_int_equal(http_server_counters_of(r.server).streams, 0);
	close(fd);
	rig_close(&r);
	assert_int_equal(r.gone, 1);
}

static void the_last_words_are_written_before_the_end(void **state UNUSED)
{
	static char text[100000];
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int fd;

	memset(text, 'x', sizeof(text));
	rig_open(&r, (struct http_server_options) { 0 });
	fd = open_stream(&r, &got);
	assert_true(http_stream_send(r.server, r.stream, NULL, str_range(text, sizeof(text))));
	assert_true(http_stream_send(r.server, r.stream, "last", STR("words")));
	http_stream_end(r.server, r.stream);
	while (hear_some(fd, &got, patience_ms) > 0)
		;
	assert_true(str_ends(buf_str(&got), STR("event: last\ndata: words\n\n")));
	EVENTUALLY(r.gone == 1);
	close(fd);
	rig_close(&r);
}

static void slow_clients_are_dropped(void **state UNUSED)
{
	static char text[50000];
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int fd;

	memset(text, 'x', sizeof(text));
	rig_open(&r, (struct http_server_options) { 0 });
	fd = open_stream(&r, &got);
	/* 256 KB, what the kernel keeps, and not much more. */
	for (unsigned i = 0; i < 40 && http_stream_send(r.server, r.stream, NULL, str_range(text, sizeof(text))); i++)
		clock_sleep_ms(1);
	EVENTUALLY(r.gone == 1);
	assert_int_equal(http_server_counters_of(r.server).streams_dropped, 1);
	assert_false(http_stream_send(r.server, r.stream, NULL, STR("x")));
	close(fd);
	rig_close(&r);
	assert_int_equal(r.gone, 1);
}

static void too_much_at_once_is_dropped(void **state UNUSED)
{
	static char text[300000];
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int fd;

	rig_open(&r, (struct http_server_options) { 0 });
	fd = open_stream(&r, &got);
	assert_false(http_stream_send(r.server, r.stream, NULL, str_range(text, sizeof(text))));
	assert_true(closed(fd));
	EVENTUALLY(r.gone == 1);
	close(fd);
	rig_close(&r);
}

static void comments_keep_it_alive(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int fd;

	rig_open(&r, (struct http_server_options) { .comment_ms = 200, .idle_ms = 900, .request_ms = 900 });
	fd = open_stream(&r, &got);
	hear_text(fd, &got, "\n\n:\n\n:\n\n:\n\n:\n\n:\n\n");
	assert_int_equal(r.gone, 0);
	close(fd);
	EVENTUALLY(r.gone == 1);
	rig_close(&r);
}

static void head_opens_no_stream(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;

	rig_open(&r, (struct http_server_options) { 0 });
	assert_int_equal(ask(&r, "HEAD /events HTTP/1.1\r\nHost: x\r\n\r\n", &got), 200);
	EVENTUALLY(r.gone == 1);
	assert_int_equal(http_server_counters_of(r.server).streams, 0);
	rig_close(&r);
}

static void closing_ends_streams(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT(1 << 20);
	struct rig r;
	int fds[20];

	rig_open(&r, (struct http_server_options) { 0 });
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		buf_clear(&got);
		fds[i] = open_stream(&r, &got);
	}
	rig_close(&r);
	assert_int_equal(r.gone, ARRAY_LEN(fds));
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		assert_true(closed(fds[i]));
		close(fds[i]);
	}
}

struct sender {
	struct rig *rig;
	_Atomic bool stop;
	_Atomic unsigned sent;
};

static void *send_to_all(void *context)
{
	struct sender *s = context;

	for (unsigned i = 0; !atomic_load(&s->stop); i++) {
		uint64_t latest = atomic_load(&s->rig->stream);

		/* Also to slots that were never taken, and to former clients of this one. */
		atomic_fetch_add(&s->sent, http_stream_send(s->rig->server, latest, "n", STR("1")));
		assert_false(
		        http_stream_send(s->rig->server, latest ? latest - ((uint64_t)1 << 32) : 77, "n", STR("1")));
		if (i % 64 == 0)
			clock_sleep_ms(1);
	}
	return NULL;
}

/* Clients come and go while two threads send. */
static void senders_and_leavers(void **state UNUSED)
{
	SCOPED(buf) struct buf got = BUF_INIT((size_t)16 << 20);
	pthread_t threads[2];
	struct rig r;
	struct sender sender = { .rig = &r };

	rig_open(&r, (struct http_server_options) { 0 });
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		must(pthread_create(&threads[i], NULL, send_to_all, &sender) == 0);
	for (unsigned i = 0; i < 50; i++) {
		int fd = open_stream(&r, &got);

		hear_text(fd, &got, "event: n\ndata: 1\n\n");
		buf_clear(&got);
		close(fd);
	}
	EVENTUALLY(r.gone == 50);
	atomic_store(&sender.stop, true);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	assert_true(sender.sent > 0);
	rig_close(&r);
	assert_int_equal(r.gone, 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_arrive_in_order),   cmocka_unit_test(the_last_words_are_written_before_the_end),
		cmocka_unit_test(slow_clients_are_dropped), cmocka_unit_test(too_much_at_once_is_dropped),
		cmocka_unit_test(comments_keep_it_alive),   cmocka_unit_test(head_opens_no_stream),
		cmocka_unit_test(closing_ends_streams),     cmocka_unit_test(senders_and_leavers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
