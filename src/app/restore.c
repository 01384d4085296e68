/*
 * restore: a backup takes the place of the folder's database. Everything that can go wrong goes wrong before anything is replaced:
 *
 *	lock      no daemon and no command may be at work; to see that, the old database is opened as any command opens it: an older schema is brought up. Who comes
 *	          from now on waits
 *	copy      the backup into the folder, under a name of its own
 *	open      damaged? of a newer Suture? an older schema is brought up, in the copy
 *	key       the folder's, or the one in the backup; does it open what is in there?
 *	mark      what a database of yesterday must do when it is today's (sync/restored.h); sign-ins end
 *	place     the old database aside, the copy in its place
 *	files     those of the backup that the folder has not
 *
 * Killed anywhere before `place`: nothing else has happened. Within it: no database, or the new one; the old one is aside, whole. The copy's name says what it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/session.h"
#include "app/engine.h"
#include "app/serve.h"
#include "lib/file.h"
#include "sync/audit.h"
#include "sync/backup.h"
#include "sync/lease.h"
#include "sync/rekey.h"
#include "sync/restored.h"

enum { PATH_BYTES = 4096 };

struct restoring {
	const char *dir;
	const struct restore_order *order;
	struct arena *arena;
	struct json *said;
	struct engine *engine; /* over the copy */
	char store[PATH_BYTES], copy[PATH_BYTES];
	int lock;    /* of the daemon */
	int bar;     /* of everybody else: rekey_bar */
	bool locked; /* the copy's name is ours */
	bool placed, made_key;
};

static void say(struct restoring *r, const char *name, struct json *value)
{
	json_set(r->said, str_of(name), value);
}

static void say_number(struct restoring *r, const char *name, int64_t value)
{
	say(r, name, json_new_int(r->arena, value));
}

static const char *in_folder(struct restoring *r, const char *name)
{
	return arena_printf(r->arena, "%s/%s", r->dir, name).at;
}

/* ---- nobody is at work ---- */

static int refuse_at_work(struct restoring *r, struct engine *engine, struct err *err)
{
	struct lease_row *rows;
	size_t count;

	if (lease_list(engine, r->arena, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].held)
			return err_set(
			        err, ERR_CONFLICT,
			        "%.*s on %.*s, process %lld, is at work at this moment: wait for its end, or stop it, "
			        "then restore",
			        STR_ARG(rows[i].who), STR_ARG(rows[i].host), (long long)rows[i].pid);
	}
	return 0;
}

/* A database that cannot be opened is why people restore. */
static int refuse_commands(struct restoring *r, struct err *err)
{
	struct err broken = ERR_INIT;
	struct engine *old;
	int code;

	if (access(r->store, F_OK) < 0 || app_open(r->dir, &old, &broken) < 0)
		return 0;
	code = refuse_at_work(r, old, err);
	app_close(&old);
	return code;
}

static int take_lock(struct restoring *r, struct err *err)
{
	int code = serve_lock(r->dir, &r->lock, err);

	r->locked = code == 0;
	if (code == ERR_CONFLICT)
		return err_wrap(err, "a restore needs the daemon stopped, a backup does not");
	return code;
}

/* Commands that have no lease too: the database would be taken from under them, or the key forgotten that opens the new one. */
static int bar_folder(struct restoring *r, struct err *err)
{
	return rekey_bar(r->dir, &r->bar, err) < 0 ? err_wrap(err, "a restore needs the folder for itself") : 0;
}

/* ---- copy ---- */

static void drop_copy(const struct restoring *r)
{
	static const char *const parts[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		unlink(arena_printf(r->arena, "%s%s", r->copy, parts[i]).at);
}

static int copy_bytes(int from, int to, const char *name, struct err *err)
{
	ssize_t sent;

	do {
		sent = sendfile(to, from, NULL, (size_t)1 << 30);
	} while (sent > 0);
	if (sent < 0 || fsync(to) < 0)
		return err_errno(err, "copy %s", name);
	return 0;
}

static int copy_file(struct restoring *r, struct err *err)
{
	const char *file = r->order->file;
	int from = open(file, O_RDONLY | O_CLOEXEC), to, code;

	drop_copy(r); /* the log of one that was cut short would be taken for this one's */
	if (from < 0)
		return err_errno(err, "open the backup %s", file);
	to = open(r->copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	code = to < 0 ? err_errno(err, "write %s", r->copy) : copy_bytes(from, to, file, err);
	close(from);
	if (to >= 0)
		close(to);
	return code;
}

/* The log of a database that somebody works with belongs to it: without it the file is of some earlier moment, or torn. */
static int refuse_in_use(struct restoring *r, struct err *err)
{
	struct stat is;

	if (stat(arena_printf(r->arena, "%s-wal", r->order->file).at, &is) < 0 || is.st_size == 0)
		return 0;
	return err_set(err, ERR_CONFLICT,
	               "%s is a database in use (%s-wal lies beside it), not a backup: make one with `suture backup`",
	               r->order->file, r->order->file);
}

/* An empty file would be opened as an empty database, and found to be whole. */
static int refuse_foreign(struct restoring *r, struct err *err)
{
	int code = store_look_at_file(r->order->file, err);

	return code == ERR_DATA ? err_wrap(err, "this is not a backup") : code;
}

static int refuse_existing(const struct restoring *r, struct err *err)
{
	if (r->order->aside && access(r->order->aside, F_OK) == 0)
		return err_set(err, ERR_CONFLICT,
		               "%s is there already, and nothing is overwritten: name another place "
		               "with --aside",
		               r->order->aside);
	if (access(r->store, F_OK) < 0 || r->order->aside)
		return 0;
	return err_set(err, ERR_CONFLICT,
	               "%s is there: say where it is to be kept with --aside FILE. Nothing was changed", r->store);
}

/* ---- open, key, mark ---- */

/* The backup may bring the key; one that is there is never replaced. */
static int bring_key(struct restoring *r, struct store *store, struct err *err)
{
	const char *path = in_folder(r, BACKUP_KEY);
	struct str key;
	int fd;
	bool whole;

	if (getenv("SUTURE_KEY") || access(path, F_OK) == 0)
		return 0;
	if (backup_key(store, r->arena, &key, err) < 0)
		return err_pass(err);
	if (key.len == 0)
		return err_set(
		        err, ERR_KEY,
		        "the key is not in the backup: put your copy of it into %s (mode 600), then restore again. "
		        "Nothing was changed",
		        path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, "write %s", path);
	r->made_key = true;
	whole = write(fd, key.at, key.len) == (ssize_t)key.len && fsync(fd) == 0;
	close(fd);
	return whole ? 0 : err_errno(err, "write %s", path);
}

static int open_copy(struct restoring *r, struct err *err)
{
	struct store *store;

	if (store_open(arena_printf(r->arena, "sqlite:%s", r->copy).at, &store, err) < 0)
		return err_wrap(err, "open the backup");
	if (bring_key(r, store, err) < 0 || app_open_keys(r->dir, &r->engine, err) < 0) {
		store_close(&store);
		return err_pass(err);
	}
	r->engine->store = store;
	return 0;
}

static int check_copy(struct restoring *r, struct err *err)
{
	if (backup_look(r->engine, r->arena, r->said, err) == 0)
		return backup_check_keys(r->engine, err);
	if (err->code == ERR_KEY)
		return err_set(
		        err, ERR_KEY,
		        "the key in %s is not the one that sealed this backup: put your copy of that one there, then "
		        "restore again. Nothing was changed",
		        r->dir);
	return err_wrap(err, "the backup cannot be used");
}

static int end_sessions(struct db *db, void *context, struct err *err)
{
	(void)context;
	return session_end_everyone(db, err);
}

static int mark(struct restoring *r, struct str from, struct err *err)
{
	const char *trouble;
	struct audit_chain chain;
	struct restored done;

	if (audit_verify(r->engine, STR_EMPTY, &chain, err) < 0)
		return err_pass(err);
	trouble = audit_trouble(r->arena, &chain);
	say(r, "audit_trail", json_new_text(r->arena, trouble ? str_of(trouble) : STR("whole")));
	say(r, "audit_head", json_new_text(r->arena, audit_head_text(r->arena, &chain)));
	if (restored_mark(r->engine, from, &done, err) < 0 ||
	    store_write(r->engine->store, DURABLE, end_sessions, NULL, err) < 0)
		return err_pass(err);
	say_number(r, "writes_dropped", done.writes_dropped);
	say_number(r, "pairs_judged_anew", done.pairs_dropped);
	say_number(r, "payloads_read_anew", done.payloads_read_again);
	say_number(r, "imports_asked_for", done.imports_asked);
	return 0;
}

/* ---- place ---- */

/* The log goes with its database: beside another one it would be taken for that one's. */
static int put_aside(struct restoring *r, struct err *err)
{
	static const char *const parts[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const char *from = arena_printf(r->arena, "%s%s", r->store, parts[i]).at;

		if (access(from, F_OK) == 0 &&
		    rename(from, arena_printf(r->arena, "%s%s", r->order->aside, parts[i]).at) < 0)
			return err_errno(err, "put %s aside as %s", from, r->order->aside);
	}
	say(r, "put_aside", json_new_text(r->arena, str_of(r->order->aside)));
	return file_sync(r->dir, err);
}

static int place(struct restoring *r, struct err *err)
{
	if (r->order->aside && put_aside(r, err) < 0)
		return err_pass(err);
	if (rename(r->copy, r->store) < 0)
		return err_errno(err, "put the backup in place as %s", r->store);
	r->placed = true;
	return file_sync(r->dir, err);
}

/* ---- the whole ---- */

static int unpack(struct restoring *r, struct err *err)
{
	struct json *written = json_new(r->arena, JSON_ARRAY), *kept = json_new(r->arena, JSON_ARRAY);

	if (backup_unpack(r->engine, r->arena, r->dir, written, kept, err) < 0)
		return err_pass(err);
	say(r, "files_restored", written);
	say(r, "files_kept_as_they_are", kept);
	return 0;
}

static int restore_file(struct restoring *r, struct err *err)
{
	const char *slash = strrchr(r->order->file, '/');

	bool in_folder;

	if (app_store_is_in_folder(r->dir, &in_folder, err) < 0)
		return err_pass(err);
	if (!in_folder)
		return err_set(err, ERR_UNSUPPORTED,
		               "the database is elsewhere (SUTURE_STORE, suture.store): put its dump back with its "
		               "own tools (pg_restore), then "
		               "run `suture restore --marks-only`");
	if (app_make_folder(r->dir, err) < 0 || take_lock(r, err) < 0 || refuse_commands(r, err) < 0 ||
	    bar_folder(r, err) < 0 || refuse_in_use(r, err) < 0 || refuse_foreign(r, err) < 0 ||
	    refuse_existing(r, err) < 0 || copy_file(r, err) < 0 || open_copy(r, err) < 0 || check_copy(r, err) < 0 ||
	    unpack(r, err) < 0 || mark(r, str_of(slash ? slash + 1 : r->order->file), err) < 0)
		return err_pass(err);
	store_close(&r->engine->store);
	return place(r, err);
}

static int mark_only(struct restoring *r, struct err *err)
{
	if (take_lock(r, err) < 0 || app_open(r->dir, &r->engine, err) < 0 || refuse_at_work(r, r->engine, err) < 0)
		return err_pass(err);
	return mark(r, STR("by other means"), err);
}

static void end(struct restoring *r)
{
	if (r->engine)
		app_close(&r->engine);
	if (r->locked && !r->placed)
		drop_copy(r);
	if (r->made_key && !r->placed)
		unlink(in_folder(r, BACKUP_KEY));
	if (r->bar >= 0)
		close(r->bar);
	if (r->lock >= 0)
		close(r->lock);
}

int app_restore(const char *dir, const struct restore_order *order, struct arena *arena, struct json **ret,
                struct err *err)
{
	struct restoring *r = arena_new(arena, struct restoring);
	int code;

	*r = (struct restoring) {
		.dir = dir, .order = order, .arena = arena, .said = json_new(arena, JSON_OBJECT), .lock = -1, .bar = -1
	};
	if (snprintf(r->store, sizeof(r->store), "%s/suture.db", dir) >= PATH_BYTES ||
	    snprintf(r->copy, sizeof(r->copy), "%s/restore-unfinished.db", dir) >= PATH_BYTES || strchr(dir, '?'))
		return err_set(err, ERR_CONFIG, "the folder's name is too long, or holds a question mark");
	code = order->file ? restore_file(r, err) : mark_only(r, err);
	end(r);
	*ret = r->said;
	return code;
}
