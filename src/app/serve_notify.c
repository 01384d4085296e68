/* serve_notify: the service manager's protocol (sd_notify(3)) is one datagram; docs/decisions says why there is no library for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/serve.h"

bool notify_send(const char *path, struct str text)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	ssize_t sent;
	int fd;

	if (len < 2 || len >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
		return false;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')
		to.sun_path[0] = '\0'; /* a name that is no file */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	sent = sendto(fd, text.at, text.len, MSG_NOSIGNAL, (const struct sockaddr *)&to,
	              (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
	return sent == (ssize_t)text.len;
}

void notify_tell(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");

	/* A manager that does not listen is none of our troubles. */
	if (path)
		(void)notify_send(path, str_of(state));
}

int64_t notify_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t us, whose;

	if (!usec || !str_to_i64(str_of(usec), &us) || us <= 0)
		return 0;
	if (pid && (!str_to_i64(str_of(pid), &whose) || whose != getpid()))
		return 0;
	return MAX_OF(us / 1000, (int64_t)1);
}
