/*
 * serve: `suture serve`, the daemon around sync/live.h and web/web.h.
 *
 *	serve.c         one daemon a folder; opens, waits for signals, closes
 *	serve_log.c     what it says: by itself, and what stands in the journal table
 *	serve_line.c    one such line: text or JSON on stderr, or an entry of systemd's journal
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

/* ---- serve_line.c ---- */

/* LOG_TEXT and LOG_JSON: a line on stderr, written at once and whole; whoever started us opened it, and no file is held open by us. */
enum log_form { LOG_TEXT, LOG_JSON, LOG_JOURNALD };
#define JOURNAL_SOCKET "/run/systemd/journal/socket"
struct log_line {
	int64_t at_ms;
	const char *level;
	struct str sync, code, text, emr_id, crm_id;
	int64_t run_id, staged_id;
};
/* "text", "json", "journald"; empty: journald where stderr leads into systemd's journal, else text. ERR_USAGE. */
int log_form_of(struct str name, enum log_form *ret, struct err *err) MUST_CHECK;
bool log_goes_to_journal(void);
/* `journal`: JOURNAL_SOCKET. Where nobody listens there, the line goes to stderr. Any thread. */
void log_write(enum log_form form, const char *journal, const struct log_line *line);

/* ---- serve_log.c ---- */

/*
 * What live tells is written at once. What is written into the journal (run, record and payload ids with it) follows within a second: serve_log_follow
 * prints what is new there. Live writes its troubles into the journal too; those are printed once. Never patient data (R41).
 */
enum { LOG_RECENT = 16 };
struct serve_log {
	struct engine *engine;
	enum log_form form;
	pthread_mutex_t lock;
	uint64_t recent[LOG_RECENT]; /* hashes of what was said and may come again in the journal */
	size_t said;
	int64_t after_id; /* of the journal */
	bool store_fails; /* told already */
};
/* What stands in the journal already is not printed. */
int serve_log_open(struct serve_log *log, struct engine *engine, enum log_form form, struct err *err) MUST_CHECK;
void serve_log_close(struct serve_log *log);
/* `level`: "info", "error". sync and code may be empty. Any thread. */
void serve_log_say(struct serve_log *log, const char *level, struct str sync, const char *code, const char *text);
void serve_log_follow(struct serve_log *log);

/* ---- serve_notify.c ---- */

/* "READY=1", "STATUS=..." to the socket that NOTIFY_SOCKET names; without one nothing happens. See sd_notify(3). */
void notify_tell(const char *state);
/* One datagram to the socket at `path` ("@name": one that is no file). False: nobody took it. */
bool notify_send(const char *path, struct str text);
/* How often WATCHDOG=1 is expected of us, in milliseconds; 0: never. */
int64_t notify_watchdog_ms(void);

#endif
