/*
 * serve: `suture serve`, the daemon around sync/live.h and web/web.h.
 *
 *	serve.c         one daemon a folder; opens, waits for signals, closes
 *	serve_log.c     what it says on stderr: lines, or JSON
 *	serve_notify.c  what it tells the service manager
 */
#ifndef SUTURE_APP_SERVE_H
#define SUTURE_APP_SERVE_H

#include <pthread.h>

#include "cli/cli.h"
#include "sync/live.h"

/* Serves until SIGTERM or SIGINT; an exit code, or a negative error code. ERR_CONFLICT: another daemon serves this folder. */
int app_serve(struct engine *engine, const struct serve_options *options, struct err *err) MUST_CHECK;

/* One daemon a folder: held until the descriptor is closed, however the process ends. ERR_CONFLICT names the process that has it. */
int serve_lock(const char *dir, int *ret_fd, struct err *err) MUST_CHECK;

/* ---- serve_log.c ---- */

/*
 * What live tells is written at once. What is written into the journal (run, record and payload ids with it) follows within a second: serve_log_follow
 * prints what is new there. Live writes its troubles into the journal too; those are printed once. Never patient data (R41).
 */
enum { LOG_RECENT = 16 };
struct serve_log {
	struct engine *engine;
	bool json;
	pthread_mutex_t lock;
	uint64_t recent[LOG_RECENT]; /* hashes of what was said and may come again in the journal */
	size_t said;
	int64_t after_id; /* of the journal */
	bool store_fails; /* told already */
};
/* What stands in the journal already is not printed. */
int serve_log_open(struct serve_log *log, struct engine *engine, bool json, struct err *err) MUST_CHECK;
void serve_log_close(struct serve_log *log);
/* `level`: "info", "error". sync and code may be empty. Any thread. */
void serve_log_say(struct serve_log *log, const char *level, struct str sync, const char *code, const char *text);
void serve_log_follow(struct serve_log *log);

/* ---- serve_notify.c ---- */

/* "READY=1", "STATUS=..." to the socket that NOTIFY_SOCKET names; without one nothing happens. See sd_notify(3). */
void notify_tell(const char *state);
/* How often WATCHDOG=1 is expected of us, in milliseconds; 0: never. */
int64_t notify_watchdog_ms(void);

#endif
