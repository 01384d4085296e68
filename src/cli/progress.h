/* progress: a bar with rate and time left on a terminal, a line every few seconds elsewhere. Written to stderr. */
#ifndef SUTURE_CLI_PROGRESS_H
#define SUTURE_CLI_PROGRESS_H

#include "sync/run.h"

struct progress_bar {
	bool quiet, terminal;
	int64_t told_ms;
	bool begun;
	int64_t done_before; /* work that an earlier call did: rate and time left are those of this one */
	int64_t owed_at_first;
	bool open; /* a line on the terminal waits to be ended */
};

void progress_begin(struct progress_bar *bar, bool quiet);
/* A progress_fn; `context` is the bar. */
void progress_show(void *context, const struct progress *p);
void progress_end(struct progress_bar *bar);

#endif
