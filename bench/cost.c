/*
 * cost: runs a command and says what it took.
 *
 *	bench_cost FILE COMMAND [ARGUMENTS...]
 *
 * Writes {"seconds","cpu_seconds","peak_kb","exit"} of the finished process to FILE: wall time, user and system time of all its
 * threads, the largest resident size it ever had (getrusage). A small parent forks, so that its own size does not count as the
 * child's. Its standard output and error stay the command's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static int write_down(const char *path, double seconds, const struct rusage *used, int status)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return -1;
	fprintf(file, "{\"seconds\":%.6f,\"cpu_seconds\":%.6f,\"peak_kb\":%ld,\"exit\":%d}\n", seconds,
	        seconds_of(used->ru_utime) + seconds_of(used->ru_stime), used->ru_maxrss,
	        WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return fclose(file);
}

int main(int argc, char **argv)
{
	struct rusage used = { 0 };
	int64_t start = clock_mono_ns();
	int status = 0;
	pid_t child;

	if (argc < 3) {
		fprintf(stderr, "usage: bench_cost FILE COMMAND [ARGUMENTS...]\n");
		return 2;
	}
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		fprintf(stderr, "bench_cost: %s: %s\n", argv[2], strerror(errno));
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &used) < 0) {
		perror("bench_cost");
		return 1;
	}
	if (write_down(argv[1], (double)(clock_mono_ns() - start) / 1e9, &used, status) < 0) {
		perror(argv[1]);
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
