/* main: the program `suture`. */
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "app/engine.h"
#include "app/serve.h"
#include "cli/cli.h"

/*
 * Several threads take and give large blocks all the time. One heap for all of them, and large blocks straight from the system, keep the peak of an
 * import of 20,000 patients at 55 MB instead of 71 MB, at the same speed (bench/memory.mjs).
 */
static void limit_heaps(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 400000);
	mallopt(M_TRIM_THRESHOLD, 4000000);
}

#ifndef __has_feature
#define __has_feature(name) 0 /* gcc before 14 */
#endif

/*
 * Memory holds keys and patients. No core file of it, neither in a folder nor with a collector (a limit of 0 stops only the former), and no look into it
 * by other processes of the same user; root may still. LeakSanitizer has to look into its own process, so that not in its builds.
 */
static void keep_memory_to_ourselves(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit) { 0 });
#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

int main(int argc, char **argv)
{
	static const struct cli_host host = {
		.init = app_init,
		.open = app_open,
		.open_scratch = app_open_scratch,
		.close = app_close,
		.restore = app_restore,
		.serve = app_serve,
		.version = SUTURE_VERSION,
	};

	keep_memory_to_ourselves();
	limit_heaps();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* ulimit -f: an error of the write, like a full disk */
	return cli_main(&host, argc, argv);
}
