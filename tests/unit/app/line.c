/* The forms of a line of the daemon's log: on stderr as text or JSON, or a datagram to systemd's journal; and where a line goes when that does not listen. */
#include "app/serve.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static const struct log_line full = { .at_ms = 1795000000000,
	                              .level = "error",
	                              .sync = { "patients", 8 },
	                              .code = { "write_refused", 13 },
	                              .text = { "two\nlines", 9 },
	                              .emr_id = { "pat-1", 5 },
	                              .run_id = 7 };
static const struct log_line bare = { .at_ms = 1795000000000, .level = "info", .text = { "works", 5 } };

/* What goes to stderr meanwhile. */
static const char *said(enum log_form form, const char *journal, const struct log_line *line)
{
	static char got[1024];
	int ends[2], kept = dup(STDERR_FILENO);
	ssize_t len;

	must(pipe2(ends, O_CLOEXEC) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	log_write(form, journal, line);
	must(dup2(kept, STDERR_FILENO) >= 0);
	close(kept);
	len = read(ends[0], got, sizeof(got) - 1);
	close(ends[0]);
	must(len >= 0);
	got[len] = '\0';
	return got;
}

static void lines_on_stderr(void **state UNUSED)
{
	assert_string_equal(said(LOG_TEXT, "", &full),
	                    "2026-11-18T11:06:40.000Z error patients: two lines [write_refused] run=7 emr=pat-1\n");
	assert_string_equal(said(LOG_TEXT, "", &bare), "2026-11-18T11:06:40.000Z info works\n");
	assert_string_equal(said(LOG_JSON, "", &full), "{\"at\":\"2026-11-18T11:06:40.000Z\",\"level\":\"error\","
	                                               "\"code\":\"write_refused\",\"sync\":\"patients\",\"run\":7,"
	                                               "\"emr_id\":\"pat-1\",\"text\":\"two\\nlines\"}\n");
	assert_string_equal(said(LOG_JSON, "", &bare),
	                    "{\"at\":\"2026-11-18T11:06:40.000Z\",\"level\":\"info\",\"text\":\"works\"}\n");
}

/* A record's id is whatever the far side says: a line that it begins would be read as one of ours. */
static void a_far_side_cannot_begin_a_line(void **state UNUSED)
{
	const struct log_line line = { .at_ms = 1795000000000,
		                       .level = "info",
		                       .sync = STR("a\nb"),
		                       .code = STR("c\rd"),
		                       .text = STR("e\x1b[2Jf"),
		                       .emr_id = STR("1\n2026-11-18T11:06:40.000Z exception forged"),
		                       .crm_id = STR("2\x7f") };

	assert_string_equal(said(LOG_TEXT, "", &line),
	                    "2026-11-18T11:06:40.000Z info a b: e [2Jf [c d] emr=1 2026-11-18T11:06:40.000Z "
	                    "exception forged crm=2 \n");
}

/* "@suture-line-PID": a journal of the test's own. */
static int journal(char name[64])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int len = snprintf(name, 64, "@suture-line-%ld", (long)getpid());
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path + 1, name + 1, (size_t)len - 1);
	must(fd >= 0);
	must(bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)) == 0);
	return fd;
}

static void an_entry_of_the_journal(void **state UNUSED)
{
	char name[64], got[1024];
	int fd = journal(name);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t len;

	assert_string_equal(said(LOG_JOURNALD, name, &full), "");
	assert_int_equal(poll(&p, 1, 60000), 1);
	len = recv(fd, got, sizeof(got) - 1, 0);
	assert_true(len > 0);
	got[len] = '\0';
	assert_string_equal(
	        got, "PRIORITY=3\nSYSLOG_IDENTIFIER=suture\nSUTURE_AT=2026-11-18T11:06:40.000Z\nSUTURE_LEVEL=error\n"
	             "SUTURE_CODE=write_refused\nSUTURE_SYNC=patients\nSUTURE_RUN=7\nSUTURE_EMR_ID=pat-1\n"
	             "MESSAGE=patients: two lines [write_refused] run=7 emr=pat-1\n");
	close(fd);
}

static void nothing_is_lost_while_the_journal_is_away(void **state UNUSED)
{
	assert_string_equal(said(LOG_JOURNALD, "/nowhere/socket", &full),
	                    "<3>patients: two lines [write_refused] run=7 emr=pat-1\n");
}

static void where_stderr_leads_decides(void **state UNUSED)
{
	struct err err = ERR_INIT;
	enum log_form form;
	struct stat is;
	char stream[64];

	unsetenv("JOURNAL_STREAM");
	assert_int_equal(log_form_of(STR_EMPTY, &form, &err) | (int)form, LOG_TEXT);
	setenv("JOURNAL_STREAM", "1:1", 1);
	assert_int_equal(log_form_of(STR_EMPTY, &form, &err) | (int)form, LOG_TEXT);
	must(fstat(STDERR_FILENO, &is) == 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)is.st_dev, (unsigned long long)is.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	assert_int_equal(log_form_of(STR_EMPTY, &form, &err) | (int)form, LOG_JOURNALD);
	assert_int_equal(log_form_of(STR("json"), &form, &err) | (int)form, LOG_JSON);
	assert_int_equal(log_form_of(STR("xml"), &form, &err), ERR_USAGE);
	unsetenv("JOURNAL_STREAM");
}

/* A file that is cut off under us (logrotate, copytruncate) goes on at its beginning. */
static void a_file_may_be_rotated(void **state UNUSED)
{
	char path[] = "/tmp/suture-line-XXXXXX";
	int made = mkstemp(path), fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), kept = dup(STDERR_FILENO);
	struct stat is;

	must(made >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	log_write(LOG_TEXT, "", &full);
	must(truncate(path, 0) == 0);
	log_write(LOG_TEXT, "", &bare);
	must(dup2(kept, STDERR_FILENO) >= 0 && fstat(made, &is) == 0);
	assert_int_equal(is.st_size, strlen("2026-11-18T11:06:40.000Z info works\n"));
	close(made);
	close(fd);
	close(kept);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_on_stderr),
		cmocka_unit_test(a_far_side_cannot_begin_a_line),
		cmocka_unit_test(an_entry_of_the_journal),
		cmocka_unit_test(nothing_is_lost_while_the_journal_is_away),
		cmocka_unit_test(where_stderr_leads_decides),
		cmocka_unit_test(a_file_may_be_rotated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
