#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sync/run_report.h"

enum { BAR_WIDEST = 30, BAR_NARROWEST = 8, LINE_EVERY_MS = 5000 };

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

/* Without a run only what is owed counts. */
static void summarize(const struct progress_bar *bar, const struct progress *p, int64_t *ret_done, int64_t *ret_whole)
{
	int64_t owed = p->owed + p->owed_low;

	if (!p->run) {
		*ret_whole = MAX_OF(bar->owed_at_first, owed);
		*ret_done = *ret_whole - owed;
		return;
	}
	run_work(p->total, p->read, p->decided, p->owed, ret_done, ret_whole);
}

static void describe(const struct progress *p, int64_t done, int64_t whole, int64_t gained, char *out, size_t size)
{
	int64_t rate = p->elapsed_ms > 0 ? gained * (p->run ? 500 : 1000) / p->elapsed_ms : 0;
	bool knows_whole = !p->run || p->total >= 0;
	char what[120], eta[40] = "";

	if (gained > 0 && p->elapsed_ms > 0 && knows_whole)
		print_span(eta, sizeof(eta), (whole - done) * p->elapsed_ms / gained / 1000);
	if (p->run)
		snprintf(what, sizeof(what), "%lld read, %lld decided, %lld owed", (long long)p->read,
		         (long long)p->decided, (long long)p->owed);
	else
		snprintf(what, sizeof(what), "%lld owed", (long long)(p->owed + p->owed_low));
	snprintf(out, size, "%s, %lld/s%s%s%s", what, (long long)rate, eta[0] ? ", " : "", eta, eta[0] ? " left" : "");
}

/* A line that is wider than the terminal would not be drawn over but pile up. */
static int bar_width(size_t text)
{
	const int frame = sizeof("[] ") - 1 + 1;
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return BAR_WIDEST;
	return MAX_OF(MIN_OF((int)size.ws_col - frame - (int)text, (int)BAR_WIDEST), (int)BAR_NARROWEST);
}

void progress_show(void *context, const struct progress *p)
{
	struct progress_bar *bar = context;
	int64_t done, whole;
	char text[200];
	int width, filled;

	if (!bar->begun)
		bar->owed_at_first = p->owed + p->owed_low;
	summarize(bar, p, &done, &whole);
	if (!bar->begun)
		bar->done_before = p->resumed ? done : 0;
	bar->begun = true;
	if (bar->quiet || (!bar->terminal && p->elapsed_ms - bar->told_ms < LINE_EVERY_MS))
		return;
	bar->told_ms = p->elapsed_ms;
	describe(p, done, whole, done - bar->done_before, text, sizeof(text));
	if (!bar->terminal) {
		fprintf(stderr, "%s\n", text);
		return;
	}
	width = bar_width(strlen(text));
	filled = whole ? (int)(done * width / whole) : 0;
	fprintf(stderr, "\r[%.*s%*s] %s\033[K", filled, "##############################", width - filled, "", text);
	bar->open = true;
}

void progress_end(struct progress_bar *bar)
{
	if (bar->open)
		fputc('\n', stderr);
	bar->open = false;
}
