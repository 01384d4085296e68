#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR_WIDTH = 30, LINE_EVERY_MS = 5000 };

void progress_begin(struct progress_bar *bar, bool quiet)
{
	*bar = (struct progress_bar) { .quiet = quiet, .terminal = isatty(STDERR_FILENO) };
}

static void print_span(char *out, size_t size, int64_t seconds)
{
	if (seconds >= 3600)
		snprintf(out, size, "%lld h %02lld min", (long long)(seconds / 3600), (long long)(seconds / 60 % 60));
	else if (seconds >= 60)
		snprintf(out, size, "%lld min %02lld s", (long long)(seconds / 60), (long long)(seconds % 60));
	else
		snprintf(out, size, "%lld s", (long long)seconds);
}

/* Work done is what was read plus what was decided less what is still owed; the whole is twice the records. */
static void summarize(const struct progress *p, int64_t *ret_done, int64_t *ret_whole)
{
	int64_t records = MAX_OF(p->total, p->read);

	*ret_whole = records * 2;
	*ret_done = MIN_OF(p->read + MAX_OF(p->decided - p->owed, (int64_t)0), *ret_whole);
}

void progress_show(void *context, const struct progress *p)
{
	struct progress_bar *bar = context;
	int64_t done, whole, rate, left;
	char eta[40] = "";
	int filled;

	if (bar->quiet || (!bar->terminal && p->elapsed_ms - bar->told_ms < LINE_EVERY_MS))
		return;
	bar->told_ms = p->elapsed_ms;
	summarize(p, &done, &whole);
	rate = p->elapsed_ms > 0 ? done * 500 / p->elapsed_ms : 0;
	left = done > 0 && p->elapsed_ms > 0 ? (whole - done) * p->elapsed_ms / done / 1000 : -1;
	if (left >= 0)
		print_span(eta, sizeof(eta), left);
	filled = whole ? (int)(done * BAR_WIDTH / whole) : 0;
	fprintf(stderr, "%s[%.*s%*s] %lld read, %lld decided, %lld owed, %lld/s%s%s%s", bar->terminal ? "\r" : "",
	        filled, "##############################", BAR_WIDTH - filled, "", (long long)p->read,
	        (long long)p->decided, (long long)p->owed, (long long)rate, eta[0] ? ", " : "", eta,
	        eta[0] ? " left" : "");
	fputs(bar->terminal ? "\033[K" : "\n", stderr);
	bar->open = bar->terminal;
}

void progress_end(struct progress_bar *bar)
{
	if (bar->open)
		fputc('\n', stderr);
	bar->open = false;
}
