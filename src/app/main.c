/* main: the program `suture`. */
#include <malloc.h>
#include <signal.h>

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

	limit_heaps();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* ulimit -f: an error of the write, like a full disk */
	return cli_main(&host, argc, argv);
}
