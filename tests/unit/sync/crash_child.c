/* Processes that may be killed, each on a copy of the database. Copies of files lie in memory where there is such a place: they outlive a process as well. */
#include "crash.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../test_store.h"

enum { PATIENCE_S = 120 };

void *child_share(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(at != MAP_FAILED);
	return at;
}

/* ---- copies ---- */

static const char *const rests[] = { "-wal", "-shm", "" };

void child_folder(int worker, char *ret, size_t size)
{
	if (test_store_is_server()) {
		server_schema(worker, ret, size);
		return;
	}
	snprintf(ret, size, "%s/suture-crash-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(ret) != NULL);
}

static void remove_files(const char *folder)
{
	char path[160];

	for (size_t i = 0; i < ARRAY_LEN(rests); i++) {
		snprintf(path, sizeof(path), "%s/test.db%s", folder, rests[i]);
		unlink(path);
	}
}

void child_folder_remove(const char *folder)
{
	if (test_store_is_server())
		return; /* it is used again, and goes with the server */
	remove_files(folder);
	rmdir(folder);
}

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

void child_fresh(const struct world *w, const char *folder)
{
	char from[160], to[160];

	if (test_store_is_server()) {
		server_fresh(w, folder);
		return;
	}
	remove_files(folder);
	snprintf(from, sizeof(from), "%s/test.db", w->rig.path);
	snprintf(to, sizeof(to), "%s/test.db", folder);
	copy_file(from, to);
}

/* ---- processes ---- */

int child_run(void (*fn)(void *context), void *context, char *ret_why, size_t size)
{
	pid_t pid = fork();
	int status = 0;

	must(pid >= 0);
	if (pid == 0) {
		alarm(PATIENCE_S);
		fn(context);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (WTERMSIG(status) == SIGKILL)
		return CHILD_KILLED;
	snprintf(ret_why, size, "signal %d%s", WTERMSIG(status), WTERMSIG(status) == SIGALRM ? ": it hangs" : "");
	return -1;
}
