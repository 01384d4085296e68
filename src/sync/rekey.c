/*
 * rekey:
 *
 *	lasting   the keys of the look-up hashes, sealed, before the first change
 *	change    keyring_step: the new key seals from now on, the old one is known
 *	walk      each column of the list: a page by a reader, sealed anew, put back where nobody changed it meanwhile; again until nothing is found
 *	finish    what was put back is brought to the disk, then keyring_step: the old key is gone
 */
#include "sync/rekey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/clock.h"
#include "sync/audit.h"
#include "sync/catalog_docs.h"
#include "sync/draft.h"
#include "sync/history.h"
#include "sync/lease.h"
#include "sync/link.h"
#include "sync/outbox.h"
#include "sync/review.h"
#include "sync/run_table.h"
#include "sync/select.h"
#include "sync/stage.h"

enum { PAGE = 200, PASSES = 10, TOLD_MS = 2000, AGED_MS = 3600000 };

static const char BOX[] = "lasting_key.body";
static const struct sealed_column lasting_sealed = SEALED_COLUMN(lasting_key, body, BOX);
static const struct statement READ_LASTING = { "SELECT body FROM lasting_key WHERE id = 1" };
static const struct statement KEEP_LASTING = {
	"INSERT INTO lasting_key (id, body) VALUES (1, $1) ON CONFLICT (id) DO NOTHING"
};

/* To add one: its row here, and SEALED_COLUMNS. */
static const struct sealed_column *const columns[SEALED_COLUMNS] = {
	&lasting_sealed,     &catalog_sealed,     &draft_sealed,          &stage_sealed,           &link_sealed,
	&outbox_sealed_body, &outbox_sealed_base, &conflict_sealed_sides, &conflict_sealed_choice, &history_sealed,
	&run_input_sealed,
};

/* ---- the lock and the lasting keys ---- */

static int open_lock(const char *dir, int *ret, struct err *err)
{
	char path[4096];
	int fd;

	if (snprintf(path, sizeof(path), "%s/key.lock", dir) >= (int)sizeof(path))
		return err_set(err, ERR_CONFIG, "the folder's name is too long");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, "open %s", path);
	*ret = fd;
	return 0;
}

int rekey_enter(struct engine *engine, struct err *err)
{
	if (!engine->dir || engine->key_lock)
		return 0;
	if (open_lock(engine->dir, &engine->key_lock, err) < 0)
		return err_pass(err);
	return flock(engine->key_lock, LOCK_SH) < 0 ? err_errno(err, "take part in the lock key.lock") : 0;
}

int rekey_bar(const char *dir, int *ret_fd, struct err *err)
{
	int fd;

	if (open_lock(dir, &fd, err) < 0)
		return err_pass(err);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*ret_fd = fd;
		return 0;
	}
	close(fd);
	return err_set(err, ERR_CONFLICT,
	               "a command is at work with this folder at this moment: wait for its end, or stop it");
}

struct lasting_job {
	struct arena *arena;
	struct str sealed;
	bool found;
};

static void read_body(struct rows *rows, struct arena *arena, void *place)
{
	*(struct str *)place = arena_str(arena, row_blob(rows, "body"));
}

static int read_lasting(struct db *db, void *context, struct err *err)
{
	struct lasting_job *job = context;
	const struct selection what = { &READ_LASTING, BIND_NOTHING, 1, sizeof(job->sealed), read_body };

	return select_one(db, job->arena, &what, &job->sealed, &job->found, err);
}

/* Without a row the key was never changed: the keys are those that the key itself makes. */
static int take_lasting(struct engine *engine, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct lasting_job job = { .arena = &arena };
	struct str blinds;

	if (store_read(engine->store, read_lasting, &job, err) < 0)
		return err_pass(err);
	if (!job.found)
		return 0;
	if (box_open(engine->keys, &arena, BOX, job.sealed, &blinds, err) < 0)
		return err_wrap(err, "the keys of the look-up hashes");
	return keyring_take_blinds(engine->keys, blinds, err);
}

int rekey_arrive(struct engine *engine, struct err *err)
{
	return rekey_enter(engine, err) < 0 ? err_pass(err) : take_lasting(engine, err);
}

void rekey_leave(struct engine *engine)
{
	if (engine->key_lock)
		close(engine->key_lock);
	engine->key_lock = 0;
}

static int keep_lasting(struct db *db, void *context, struct err *err)
{
	struct engine *engine = context;
	SCOPED(arena) struct arena arena = ARENA_INIT;

	return db_run(db, &KEEP_LASTING,
	              BIND(bind_blob(box_seal(engine->keys, &arena, BOX, keyring_blinds(engine->keys, &arena)))), err);
}

/* ---- which keys are needed ---- */

static int column_numbers(struct db *db, const struct sealed_column *column, const struct keyring *keys,
                          struct buf *out, struct err *err)
{
	ROWS rows = NULL;
	int more = db_select(db, &column->numbers, BIND_NOTHING, &rows, err);

	while (more >= 0 && (more = rows_next(rows, err)) > 0) {
		struct str number = row_blob(rows, "number");

		if (number.len == 1 && str_find_char(buf_str(out), number.at[0]) < 0 &&
		    keyring_knows(keys, (unsigned char)number.at[0]))
			buf_add(out, number);
	}
	return more < 0 ? err_wrap(err, "read %s", column->name) : 0;
}

int rekey_numbers(struct db *db, const struct keyring *keys, struct buf *out, struct err *err)
{
	for (size_t i = 0; i < SEALED_COLUMNS; i++) {
		if (column_numbers(db, columns[i], keys, out, err) < 0)
			return err_pass(err);
	}
	return 0;
}

/* ---- the walk ---- */

struct sealed_row {
	int64_t id;
	struct str before, after; /* after empty: it opens with no key */
};

struct walking {
	struct engine *engine;
	const struct rekey_order *order;
	const struct sealed_column *column;
	struct arena arena; /* of a page */
	struct str number;  /* boxes of this key are passed over */
	struct sealed_row page[PAGE];
	size_t count;
	int64_t last_id, told_ms;
	int64_t found, put, broken;
};

static int read_page(struct db *db, void *context, struct err *err)
{
	struct walking *w = context;
	ROWS rows = NULL;
	int more = db_select(db, &w->column->page, BIND(bind_int(w->last_id), bind_blob(w->number), bind_int(PAGE)),
	                     &rows, err);

	w->count = 0;
	while (more >= 0 && w->count < PAGE && (more = rows_next(rows, err)) > 0)
		w->page[w->count++] = (struct sealed_row) { .id = row_int(rows, "id"),
			                                    .before = arena_str(&w->arena, row_blob(rows, "sealed")) };
	return more;
}

static void seal_anew(struct walking *w, struct sealed_row *row)
{
	struct err ignored = ERR_INIT;
	struct str plain;

	if (box_open(w->engine->keys, &w->arena, w->column->box, row->before, &plain, &ignored) < 0)
		w->broken++;
	else
		row->after = box_seal(w->engine->keys, &w->arena, w->column->box, plain);
}

static int put_page(struct db *db, void *context, struct err *err)
{
	struct walking *w = context;
	int64_t put = 0;

	for (size_t i = 0; i < w->count; i++) {
		const struct sealed_row *row = &w->page[i];

		if (row->after.len &&
		    db_run(db, &w->column->put, BIND(bind_int(row->id), bind_blob(row->after), bind_blob(row->before)),
		           err) < 0)
			return err_wrap(err, "seal %s anew", w->column->name);
		put += row->after.len ? db_changed(db) : 0;
	}
	w->put = put;
	return 0;
}

static void tell(struct walking *w, int64_t boxes)
{
	int64_t now = clock_mono_ns() / 1000000;

	if (!w->order->told || now - w->told_ms < TOLD_MS)
		return;
	w->told_ms = now;
	w->order->told(w->order->context, w->column->name, boxes);
}

static int do_page(struct walking *w, int64_t *boxes, struct err *err)
{
	w->last_id = w->page[w->count - 1].id;
	w->found += (int64_t)w->count;
	if (w->order->dry) {
		*boxes += (int64_t)w->count;
		return 0;
	}
	for (size_t i = 0; i < w->count; i++)
		seal_anew(w, &w->page[i]);
	if (store_write(w->engine->store, RELAXED, put_page, w, err) < 0)
		return err_pass(err);
	*boxes += w->put;
	return 0;
}

static int walk_column(struct walking *w, int64_t *boxes, int64_t *ret_broken, struct err *err)
{
	int code = 0;

	w->last_id = 0;
	w->broken = 0;
	do {
		arena_reset(&w->arena);
		if (store_read(w->engine->store, read_page, w, err) < 0)
			return err_wrap(err, "read %s", w->column->name);
		if (w->count)
			code = do_page(w, boxes, err);
		tell(w, *boxes);
	} while (code == 0 && w->count == PAGE && !atomic_load(&w->engine->stop));
	*ret_broken = w->broken;
	return code;
}

/* *ret_left: boxes that were found and may be of the old key still. */
static int walk_all(struct walking *w, struct rekey_report *report, int64_t *ret_left, struct err *err)
{
	int64_t broken = 0;

	w->found = 0;
	for (size_t i = 0; i < SEALED_COLUMNS; i++) {
		w->column = columns[i];
		if (walk_column(w, &report->of[i].boxes, &report->of[i].broken, err) < 0)
			return err_pass(err);
		broken += report->of[i].broken;
	}
	*ret_left = w->found - broken;
	return atomic_load(&w->engine->stop)
	               ? err_set(err, ERR_ABORTED, "stopped; both keys are known, `suture rekey` goes on from here")
	               : 0;
}

/* Until a walk finds nothing: others may have sealed with the old key for a second after the change. */
static int walk_until_done(struct engine *engine, const struct rekey_order *order, struct rekey_report *report,
                           struct err *err)
{
	SCOPED(arena) struct arena home = ARENA_INIT;
	struct walking *w = arena_new(&home, struct walking);
	int64_t left = 1;
	int code = 0;

	*w = (struct walking) { .engine = engine, .order = order, .told_ms = clock_mono_ns() / 1000000 };
	w->number = order->dry ? STR("") : keyring_number(engine->keys, &home);
	for (int pass = 0; code == 0 && left > 0 && pass < (order->dry ? 1 : PASSES); pass++)
		code = walk_all(w, report, &left, err);
	arena_release(&w->arena);
	if (code < 0 || order->dry || left == 0)
		return code;
	return err_set(
	        err, ERR_CONFLICT,
	        "%lld values are sealed with the old key still: somebody at work does not take the new one. Stop the "
	        "daemon and call `suture rekey` again; both keys are known",
	        (long long)left);
}

/* ---- the whole ---- */

/* Of this folder the lock tells; whoever has another one, on this machine or elsewhere, is seen by the leases that he holds. */
static int alone(struct engine *engine, bool *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct lease_row *rows;
	size_t count;

	*ret = !engine->key_lock || flock(engine->key_lock, LOCK_EX | LOCK_NB) == 0;
	if (lease_list(engine, &arena, &rows, &count, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < count; i++)
		*ret = *ret && (!rows[i].held || rows[i].mine);
	return 0;
}

static int forget_old(struct engine *engine, const struct rekey_order *order, bool *ret_finished, struct err *err)
{
	struct key_standing is; /* as it is by now: the change may have been made by this call */
	bool by_itself;

	if (keyring_standing(order->key_path, &is, err) < 0 || alone(engine, &by_itself, err) < 0)
		return err_pass(err);
	if (!by_itself && clock_wall_ms() - is.file_ms <= AGED_MS)
		return 0;
	if (keyring_step(order->key_path, KEY_FINISH, STR_EMPTY, err) < 0)
		return err_pass(err);
	*ret_finished = true;
	return audit_note(engine, "rekey", STR("key"), STR_EMPTY, STR("the old key is forgotten"), NULL, err);
}

/* The note is DURABLE, and so is with it all that was sealed anew: a loss of power must not bring boxes back whose key is forgotten. */
static int finish(struct engine *engine, const struct rekey_order *order, struct rekey_report *report, struct err *err)
{
	int code;

	if (audit_note(engine, "rekey", STR("key"), STR_EMPTY, STR("everything is sealed with the new key"), NULL,
	               err) < 0)
		return err_pass(err);
	report->finished = report->from_environment;
	if (report->from_environment)
		return 0;
	code = forget_old(engine, order, &report->finished, err);
	if (engine->key_lock && flock(engine->key_lock, LOCK_SH) < 0 && code == 0)
		code = err_errno(err, "give the lock of the key back");
	return code;
}

static int change(struct engine *engine, const struct rekey_order *order, const struct key_standing *standing,
                  struct rekey_report *report, struct err *err)
{
	/* Before the first box of the new key: whoever opens the database then has to find them. */
	if (store_write(engine->store, DURABLE, keep_lasting, engine, err) < 0)
		return err_pass(err);
	if (standing->has_old)
		return 0;
	if (standing->from_environment)
		return err_set(err, ERR_CONFLICT,
		               "the key comes from SUTURE_KEY: put the new key there and the one of now into "
		               "SUTURE_KEY_OLD, then "
		               "call `suture rekey` again");
	report->changed = true;
	if (audit_note(engine, "rekey", STR("key"), STR_EMPTY, STR("a new key"), NULL, err) < 0 ||
	    keyring_step(order->key_path, KEY_CHANGE, order->new_key, err) < 0)
		return err_pass(err);
	keyring_look(engine->keys);
	return 0;
}

int rekey(struct engine *engine, const struct rekey_order *order, struct rekey_report *ret, struct err *err)
{
	struct key_standing standing;

	*ret = (struct rekey_report) { 0 };
	for (size_t i = 0; i < SEALED_COLUMNS; i++)
		ret->of[i].what = columns[i]->name;
	if (keyring_standing(order->key_path, &standing, err) < 0)
		return err_pass(err);
	ret->from_environment = standing.from_environment;
	if (order->prepare)
		return keyring_step(order->key_path, KEY_PREPARE, order->new_key, err);
	if (!order->dry && change(engine, order, &standing, ret, err) < 0)
		return err_pass(err);
	if (walk_until_done(engine, order, ret, err) < 0)
		return err_pass(err);
	return order->dry ? 0 : finish(engine, order, ret, err);
}
