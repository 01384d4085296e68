/* main: the program `suture`. */
#include <signal.h>

#include "app/engine.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
	static const struct cli_host host = {
		.init = app_init,
		.open = app_open,
		.open_scratch = app_open_scratch,
		.close = app_close,
		.version = SUTURE_VERSION,
	};

	signal(SIGPIPE, SIG_IGN);
	return cli_main(&host, argc, argv);
}
