/* lease_holder: which process this is, and whether another one still lives. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "sync/lease_parts.h"

enum { PROC_MAX = 4096, START_FIELD = 22, STATE_FIELD = 3 };

/* From /proc/PID/stat: "12 (a name, with (anything) in it) S 1 ...". False: it cannot be read. */
static bool read_stat(int64_t pid, char *ret_state, int64_t *ret_start)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err ignored = ERR_INIT;
	struct str text, field = STR_EMPTY;
	const char *behind;

	if (file_read(&arena, arena_printf(&arena, "/proc/%lld/stat", (long long)pid).at, PROC_MAX, &text, &ignored) <
	    0)
		return false;
	behind = memrchr(text.at, ')', text.len);
	if (!behind)
		return false;
	text = str_trim(str_skip(text, (size_t)(behind + 1 - text.at)));
	for (int i = STATE_FIELD; i <= START_FIELD && str_split(&text, ' ', &field); i++) {
		if (i == STATE_FIELD)
			*ret_state = field.len ? field.at[0] : '?';
	}
	return str_to_i64(field, ret_start);
}

static void read_place(char *ret, size_t size)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct err ignored = ERR_INIT;
	struct str boot = STR_EMPTY;
	struct stat space = { .st_ino = 0 };

	if (file_read(&arena, "/proc/sys/kernel/random/boot_id", PROC_MAX, &boot, &ignored) < 0 ||
	    stat("/proc/self/ns/pid", &space) < 0)
		return; /* then nobody judges us by our number */
	boot = str_trim(boot);
	snprintf(ret, size, "%.*s/%llu", STR_ARG(boot), (unsigned long long)space.st_ino);
}

void holder_this(struct holder *ret)
{
	unsigned char random[16];
	char state;

	*ret = (struct holder) { .pid = getpid() };
	digest_random(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(ret->id + 2 * i, 3, "%02x", random[i]);
	if (gethostname(ret->host, sizeof(ret->host) - 1) < 0)
		snprintf(ret->host, sizeof(ret->host), "unknown");
	if (read_stat(ret->pid, &state, &ret->start))
		read_place(ret->place, sizeof(ret->place));
}

/* A dead one that nobody has buried yet ('Z') does nothing any more. */
bool holder_is_dead(const struct holder *mine, struct str place, int64_t pid, int64_t start)
{
	int64_t began = 0;
	char state = '?';

	if (!mine->place[0] || !str_eq_c(place, mine->place) || pid <= 0 || pid > INT32_MAX)
		return false;
	if (kill((pid_t)pid, 0) < 0)
		return errno == ESRCH;
	return read_stat(pid, &state, &began) && (began != start || state == 'Z' || state == 'X');
}
