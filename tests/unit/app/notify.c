/* What the service manager hears of the daemon: a datagram on the socket that it names, or nothing at all. */
#include "app/serve.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

/* A manager's socket; an abstract name begins with "@". */
static int manager(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, name, len);
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	must(fd >= 0);
	must(bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) == 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void is_heard(const char *name)
{
	char got[128] = "";
	int fd = manager(name);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	notify_tell("READY=1\nSTATUS=fine");
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_true(recv(fd, got, sizeof(got) - 1, 0) > 0);
	assert_string_equal(got, "READY=1\nSTATUS=fine");
	close(fd);
}

static void a_manager_hears_us(void **state UNUSED)
{
	char folder[] = "/tmp/suture-notify-XXXXXX", path[64], name[64];

	must(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/socket", folder);
	is_heard(path);
	unlink(path);
	rmdir(folder);
	snprintf(name, sizeof(name), "@suture-notify-%ld", (long)getpid());
	is_heard(name);
}

static void without_a_manager_nothing_happens(void **state UNUSED)
{
	static const char *const names[] = { "", "@", "relative", "/nowhere/socket", "vsock:2:1" };

	unsetenv("NOTIFY_SOCKET");
	notify_tell("READY=1");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify_tell("READY=1");
	}
	unsetenv("NOTIFY_SOCKET");
}

static void the_watchdog_is_ours_or_none(void **state UNUSED)
{
	char pid[32];

	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_watchdog_ms(), 30000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_ms(), 30000);
	setenv("WATCHDOG_USEC", "soon", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manager_hears_us),
		cmocka_unit_test(without_a_manager_nothing_happens),
		cmocka_unit_test(the_watchdog_is_ours_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
