/*
 * backup: store_copy, then the files beside it, then a look, then the name. In order:
 *
 *	collect   the files that belong to it, sealed
 *	copy      the store, under a name that says that it is not finished
 *	fill      the files and the facts go into the copy
 *	look      the copy is opened as a restore would open it: whole? readable with the key? how much is in it?
 *	name      it gets its name, and the live store remembers when
 */
#include "sync/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/box.h"
#include "codec/yaml.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/limits.h"
#include "sync/audit.h"
#include "sync/catalog.h"
#include "sync/fact.h"
#include "sync/rekey.h"
#include "sync/select.h"

enum { FILES_MAX = 500, PATH_BYTES = 4096, KEYS_MAX = 256 };

static const char BOX[] = "backup.file";

static const struct statement MAKE = {
	"CREATE TABLE IF NOT EXISTS backup_file (name TEXT PRIMARY KEY, body BLOB NOT NULL)"
};
static const struct statement ADD = { "INSERT INTO backup_file (name, body) VALUES ($1,$2)" };
static const struct statement LIST = { "SELECT name, body FROM backup_file ORDER BY name" };
static const struct statement DROP = { "DROP TABLE backup_file" };
static const struct statement THERE = { "SELECT COUNT(*) AS n FROM sqlite_master WHERE name = 'backup_file'" };
/* A server looks after its own pages. */
static const struct statement CHECK = { .sqlite = "PRAGMA quick_check(1)", .postgres = "SELECT 'ok' AS quick_check" };

/* What a person wants to see of it, and what a restore is compared with. To add one: a row. */
static const struct {
	const char *name;
	struct statement count;
} counts[] = {
	{ "definitions", { "SELECT COUNT(*) AS n FROM definition" } },
	{ "links", { "SELECT COUNT(*) AS n FROM link WHERE state < 2" } },
	{ "payloads", { "SELECT COUNT(*) AS n FROM staged" } },
	{ "owed", { "SELECT COUNT(*) AS n FROM outbox" } },
	{ "runs", { "SELECT COUNT(*) AS n FROM run" } },
	{ "conflicts", { "SELECT COUNT(*) AS n FROM conflict" } },
	{ "audit_rows", { "SELECT COUNT(*) AS n FROM audit" } },
	{ "accounts", { "SELECT COUNT(*) AS n FROM account" } },
};

struct kept_file {
	struct str name, body; /* as it goes into the table */
};

struct packing {
	struct engine *engine;
	const struct backup_order *order;
	struct arena *arena;
	struct kept_file files[FILES_MAX];
	size_t count;
	struct buf numbers;    /* of the keys that it is sealed with */
	struct json *left_out; /* files that secrets are read from, elsewhere on this machine */
	char dir[PATH_BYTES];  /* the folder's real name */
	char part[PATH_BYTES]; /* the copy, before it has its name */
};

/* What is finished gets its name, and never takes that of another; false: errno says why, EEXIST where one is there. */
static bool take_name(const char *part, const char *path)
{
	if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL)
		return false;
	if (access(path, F_OK) < 0) /* a file system that cannot refuse to replace */
		return rename(part, path) == 0;
	errno = EEXIST;
	return false;
}

static void step(const struct packing *p, const char *what)
{
	if (p->order->on_step)
		p->order->on_step(p->order->context, what);
}

/* ---- collect ---- */

static int add_file(struct packing *p, struct str name, struct err *err)
{
	const char *path = arena_printf(p->arena, "%s/%.*s", p->dir, STR_ARG(name)).at;
	bool is_key = str_eq_c(name, BACKUP_KEY);
	struct str body;

	if (access(path, F_OK) < 0)
		return 0;
	for (size_t i = 0; i < p->count; i++) {
		if (str_eq(p->files[i].name, name))
			return 0;
	}
	if (p->count == FILES_MAX)
		return err_set(err, ERR_MEMORY_LIMIT, "more than %d files belong to it", FILES_MAX);
	if (file_read(p->arena, path, LIMIT_CONFIG, &body, err) < 0)
		return err_pass(err);
	p->files[p->count++] =
	        (struct kept_file) { name, is_key ? body : box_seal(p->engine->keys, p->arena, BOX, body) };
	return 0;
}

static int add_descriptors(struct packing *p, struct err *err)
{
	DIR *folder = opendir(arena_printf(p->arena, "%s/descriptors", p->dir).at);
	const struct dirent *entry;
	int code = 0;

	while (folder && code == 0 && (entry = readdir(folder)) != NULL) {
		if (str_ends(str_of(entry->d_name), STR(".yaml")))
			code = add_file(p, arena_printf(p->arena, "descriptors/%s", entry->d_name), err);
	}
	if (folder)
		closedir(folder);
	return code;
}

/* Where a name in a backup leads; one that comes from outside may lead out of the folder. */
static bool stays_inside(struct str name)
{
	struct str rest = name, part;

	if (name.len == 0 || str_starts(name, STR("/")))
		return false;
	while (str_split(&rest, '/', &part)) {
		if (str_eq(part, STR("..")))
			return false;
	}
	return !str_eq(rest, STR("..")) && memchr(name.at, '\0', name.len) == NULL;
}

/* A file that a secret is read from: one of this folder goes along. */
static int add_secret(struct packing *p, struct str path, struct err *err)
{
	struct str own = arena_printf(p->arena, "%s/", p->dir),
	           name = str_starts(path, own) ? str_skip(path, own.len) : path;

	if (stays_inside(name))
		return add_file(p, name, err);
	json_append(p->left_out, json_new_text(p->arena, path));
	return 0;
}

static int add_secrets_of(struct packing *p, const struct json *settings, struct err *err)
{
	JSON_EACH (settings, setting) {
		struct str path = json_get_text(setting, "file");

		if (path.len && add_secret(p, path, err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int add_secrets(struct packing *p, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);
	struct json *all;

	if (catalog_export(p->engine, &text, err) < 0 ||
	    yaml_parse(p->arena, arena_str(p->arena, buf_str(&text)), &all, err) < 0)
		return err_pass(err);
	JSON_EACH (json_get(all, "connections"), connection) {
		if (add_secrets_of(p, connection, err) < 0)
			return err_pass(err);
	}
	return add_secrets_of(p, json_get(all, "identity_provider"), err);
}

static int collect(struct packing *p, struct err *err)
{
	if (!realpath(p->engine->dir, p->dir))
		return err_errno(err, "open the folder %s", p->engine->dir);
	if (add_file(p, STR("suture.yaml"), err) < 0 || add_descriptors(p, err) < 0 || add_secrets(p, err) < 0)
		return err_wrap(err, "put the files of the folder into the backup");
	if (!p->order->with_key)
		return 0;
	if (add_file(p, STR(BACKUP_KEY), err) < 0)
		return err_pass(err);
	if (p->count == 0 || !str_eq_c(p->files[p->count - 1].name, BACKUP_KEY))
		return err_set(err, ERR_USAGE,
		               "--with-key: there is no %s/%s, the key is given as SUTURE_KEY: keep that itself",
		               p->dir, BACKUP_KEY);
	return 0;
}

/* ---- copy ---- */

/* With all that a backup that was killed may have left: its log would be taken for this one's. */
static void drop_part(const struct packing *p)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		unlink(arena_printf(p->arena, "%s%s", p->part, ends[i]).at);
}

/* ---- fill ---- */

/* While the key is changed there are two, and the one of before is forgotten soon. */
static int note_keys(struct packing *p, struct db *db, struct err *err)
{
	SCOPED(buf) struct buf hex = BUF_INIT(2 * KEYS_MAX + 1);

	buf_clear(&p->numbers);
	for (size_t i = 0; i < p->count; i++) {
		if (!str_eq_c(p->files[i].name, BACKUP_KEY) &&
		    str_find_char(buf_str(&p->numbers), p->files[i].body.at[1]) < 0)
			buf_add_char(&p->numbers, p->files[i].body.at[1]);
	}
	if (rekey_numbers(db, p->engine->keys, &p->numbers, err) < 0)
		return err_pass(err);
	digest_hex(&hex, buf_str(&p->numbers));
	return fact_set(db, STR(FACT_KEYS), buf_str(&hex), err);
}

static int fill_rows(struct db *db, void *context, struct err *err)
{
	struct packing *p = context;

	if (db_run(db, &MAKE, BIND_NOTHING, err) < 0 ||
	    fact_set(db, STR(FACT_BACKUP), str_of(p->order->version), err) < 0 || note_keys(p, db, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < p->count; i++) {
		if (db_run(db, &ADD, BIND(bind_text(p->files[i].name), bind_blob(p->files[i].body)), err) < 0)
			return err_pass(err);
	}
	return 0;
}

static int open_part(struct packing *p, struct engine *ret, struct err *err)
{
	ret->dir = p->engine->dir;
	ret->who = p->engine->who;
	ret->keys = p->engine->keys;
	return store_open(arena_printf(p->arena, "sqlite:%s", p->part).at, &ret->store, err);
}

static int fill(struct packing *p, struct err *err)
{
	struct engine copy = { 0 };
	int code;

	if (open_part(p, &copy, err) < 0)
		return err_pass(err);
	code = store_write(copy.store, DURABLE, fill_rows, p, err);
	store_close(&copy.store);
	return code;
}

/* ---- look ---- */

struct look_job {
	struct arena *arena;
	struct json *found;
};

static void read_text(struct rows *rows, struct arena *arena, void *place)
{
	*(struct str *)place = arena_str(arena, row_text(rows, "quick_check"));
}

static int check_pages(struct db *db, struct arena *arena, struct err *err)
{
	const struct selection what = { &CHECK, BIND_NOTHING, 1, sizeof(struct str), read_text };
	struct str said = STR_EMPTY;
	bool found;

	if (select_one(db, arena, &what, &said, &found, err) < 0)
		return err_pass(err);
	if (found && !str_eq(said, STR("ok")))
		return err_set(err, ERR_STORE, "the database is damaged: %.*s", STR_ARG(said));
	return 0;
}

static int count_rows(struct db *db, void *context, struct err *err)
{
	const struct look_job *job = context;

	if (check_pages(db, job->arena, err) < 0)
		return err_pass(err);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		int64_t n;

		if (db_number(db, &counts[i].count, BIND_NOTHING, 0, &n, err) < 0)
			return err_pass(err);
		json_set(job->found, str_of(counts[i].name), json_new_int(job->arena, n));
	}
	return 0;
}

/* Every definition is opened: what a restored Suture does first. */
static int try_key(struct engine *engine, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(LIMIT_CONFIG);

	return catalog_export(engine, &text, err);
}

int backup_look(struct engine *engine, struct arena *arena, struct json *found, struct err *err)
{
	struct look_job job = { arena, found };

	if (store_read(engine->store, count_rows, &job, err) < 0)
		return err_pass(err);
	json_set(found, STR("store"), json_new_text(arena, store_describe(engine->store, arena)));
	return try_key(engine, err);
}

int backup_check_keys(struct engine *engine, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str numbers = STR_EMPTY;
	struct fact fact;
	size_t missing = 0;

	if (fact_read(engine, &arena, STR(FACT_KEYS), &fact, err) < 0)
		return err_pass(err);
	if (!digest_unhex(&arena, fact.value, &numbers))
		return err_set(err, ERR_DATA, "the backup does not say with which keys it is sealed");
	for (size_t i = 0; i < numbers.len; i++)
		missing += !keyring_knows(engine->keys, (unsigned char)numbers.at[i]);
	if (missing == 0)
		return 0;
	return err_set(
	        err, ERR_KEY,
	        "this backup was made while the key was being changed and needs %zu keys, of which %zu are not "
	        "here: put the key file of that time there, or a line \"old HEX\" with the key of before into the "
	        "one of now, then try again",
	        numbers.len, missing);
}

/* Not with the keys that this process knows, but with those that are kept: a change of the key may have ended meanwhile. */
static int look_with_kept_keys(const struct packing *p, struct engine *copy, struct err *err)
{
	struct keyring *kept;
	int code = p->order->with_key ? keyring_open(p->files[p->count - 1].body, &kept, err)
	                              : keyring_load(arena_printf(p->arena, "%s/" BACKUP_KEY, p->dir).at, &kept, err);

	if (code < 0)
		return err_pass(err);
	copy->keys = kept;
	code = backup_check_keys(copy, err);
	keyring_free(&kept);
	return code < 0 ? err_wrap(err, "the key was changed meanwhile, call `suture backup` again") : 0;
}

static int look(struct packing *p, struct json *found, struct err *err)
{
	struct engine copy = { 0 };
	int code;

	if (open_part(p, &copy, err) < 0)
		return err_pass(err);
	code = backup_look(&copy, p->arena, found, err);
	if (code == 0)
		code = look_with_kept_keys(p, &copy, err);
	store_close(&copy.store);
	return code;
}

/* ---- name ---- */

static int give_name(const struct packing *p, struct err *err)
{
	const char *path = p->order->path;

	if (file_sync(p->part, err) < 0)
		return err_pass(err);
	if (!take_name(p->part, path))
		return errno == EEXIST ? err_set(err, ERR_CONFLICT, "%s is there by now; give another name", path)
		                       : err_errno(err, "give the backup its name %s", path);
	return file_sync_name(path, err);
}

static int remember(struct db *db, void *context, struct err *err)
{
	const struct packing *p = context;
	const char *slash = strrchr(p->order->path, '/');
	struct str name = str_of(slash ? slash + 1 : p->order->path);
	const struct audit_entry note = { .at_ms = clock_wall_ms(),
		                          .who = str_of(p->engine->who),
		                          .action = STR("store.backup"),
		                          .subject = name,
		                          .after = p->order->with_key ? STR("with the key") : STR_EMPTY };

	return fact_set(db, STR(FACT_BACKUP), name, err) < 0 ? err_pass(err) : audit_add(db, &note, err);
}

/* ---- the whole ---- */

static void describe(const struct packing *p, struct json *ret)
{
	struct json *files = json_new(p->arena, JSON_ARRAY);
	struct stat is;

	for (size_t i = 0; i < p->count; i++)
		json_append(files, json_new_text(p->arena, p->files[i].name));
	json_set(ret, STR("file"), json_new_text(p->arena, str_of(p->order->path)));
	if (stat(p->order->path, &is) == 0)
		json_set(ret, STR("bytes"), json_new_int(p->arena, is.st_size));
	json_set(ret, STR("files"), files);
	json_set(ret, STR("not_included"), p->left_out);
	json_set(ret, STR("keys_needed"), json_new_int(p->arena, (int64_t)p->numbers.len));
	json_set(ret, STR("key_included"), json_new_bool(p->arena, p->order->with_key));
}

static int pack(struct packing *p, struct json *found, struct err *err)
{
	if (collect(p, err) < 0)
		return err_pass(err);
	step(p, "copies the database");
	drop_part(p);
	if (store_copy(p->engine->store, p->part, err) < 0)
		return err_pass(err);
	step(p, "adds the files beside it");
	if (fill(p, err) < 0)
		return err_pass(err);
	step(p, "reads it through");
	if (look(p, found, err) < 0)
		return err_wrap(err, "the backup that was written cannot be read back");
	if (give_name(p, err) < 0)
		return err_pass(err);
	return store_write(p->engine->store, DURABLE, remember, p, err);
}

int backup_write(struct engine *engine, const struct backup_order *order, struct arena *arena, struct json **ret,
                 struct err *err)
{
	struct packing *p = arena_new(arena, struct packing);
	int code;

	*p = (struct packing) { .engine = engine,
		                .order = order,
		                .arena = arena,
		                .left_out = json_new(arena, JSON_ARRAY),
		                .numbers = BUF_INIT(KEYS_MAX) };
	if (access(order->path, F_OK) == 0)
		return err_set(err, ERR_CONFLICT, "%s is there already, and nothing is overwritten: give another name",
		               order->path);
	if (strchr(order->path, '?') || snprintf(p->part, sizeof(p->part), "%s.unfinished", order->path) >= PATH_BYTES)
		return err_set(err, ERR_USAGE, "the name of the file is too long, or holds a question mark");
	*ret = json_new(arena, JSON_OBJECT);
	code = pack(p, *ret, err);
	if (code == 0)
		describe(p, *ret);
	else
		drop_part(p);
	buf_release(&p->numbers);
	return code;
}

/* ---- unpack ---- */

struct unpack_job {
	struct arena *arena;
	struct selected files;
	bool drop;
};

static void read_file_row(struct rows *rows, struct arena *arena, void *place)
{
	*(struct kept_file *)place = (struct kept_file) { arena_str(arena, row_text(rows, "name")),
		                                          arena_str(arena, row_blob(rows, "body")) };
}

static int list_files(struct db *db, void *context, struct err *err)
{
	struct unpack_job *job = context;
	const struct selection what = { &LIST, BIND_NOTHING, FILES_MAX, sizeof(struct kept_file), read_file_row };
	int64_t there;

	if (db_number(db, &THERE, BIND_NOTHING, 0, &there, err) < 0)
		return err_pass(err);
	return there ? select_in(db, job->arena, &what, &job->files, err) : 0;
}

static int drop_files(struct db *db, void *context, struct err *err)
{
	(void)context;
	if (db_run(db, &MAKE, BIND_NOTHING, err) < 0)
		return err_pass(err);
	return db_run(db, &DROP, BIND_NOTHING, err) < 0 ? err_pass(err) : fact_forget(db, STR(FACT_KEYS), err);
}

int backup_key(struct store *store, struct arena *arena, struct str *ret, struct err *err)
{
	struct unpack_job job = { .arena = arena };
	const struct kept_file *files;

	if (store_read(store, list_files, &job, err) < 0)
		return err_pass(err);
	*ret = STR_EMPTY;
	files = job.files.at;
	for (size_t i = 0; i < job.files.count; i++) {
		if (str_eq_c(files[i].name, BACKUP_KEY))
			*ret = files[i].body;
	}
	return 0;
}

/* Those of the name, as far as they are not there. */
static int make_folders(struct arena *arena, const char *dir, struct str name, struct err *err)
{
	for (size_t i = 0; i < name.len; i++) {
		const char *folder = arena_printf(arena, "%s/%.*s", dir, (int)i, name.at).at;

		if (name.at[i] == '/' && mkdir(folder, 0700) < 0 && errno != EEXIST)
			return err_errno(err, "make the folder %s", folder);
	}
	return 0;
}

static int write_whole(const char *path, struct str body, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool whole;

	if (fd < 0)
		return err_errno(err, "write %s", path);
	whole = write(fd, body.at, body.len) == (ssize_t)body.len && fsync(fd) == 0;
	close(fd);
	return whole ? 0 : err_errno(err, "write %s", path);
}

/* Whole or not at all: half a secret would be kept as it is by the next restore. */
static int write_file(struct arena *arena, const char *path, struct str body, bool *ret_written, struct err *err)
{
	const char *part = arena_printf(arena, "%s.unfinished", path).at;
	int code;

	*ret_written = false;
	unlink(part);
	code = write_whole(part, body, err);
	if (code == 0)
		*ret_written = take_name(part, path);
	if (code == 0 && !*ret_written && errno != EEXIST)
		code = err_errno(err, "write %s", path);
	if (!*ret_written)
		unlink(part);
	return code < 0 ? code : file_sync_name(path, err);
}

static int unpack_file(struct engine *engine, struct arena *arena, const char *dir, const struct kept_file *file,
                       bool *ret_written, struct err *err)
{
	const char *path = arena_printf(arena, "%s/%.*s", dir, STR_ARG(file->name)).at;
	struct str body = file->body;

	if (!stays_inside(file->name))
		return err_set(err, ERR_DATA, "the backup holds a file whose name leads out of the folder");
	if (!str_eq_c(file->name, BACKUP_KEY) && box_open(engine->keys, arena, BOX, file->body, &body, err) < 0)
		return err_pass(err);
	if (make_folders(arena, dir, file->name, err) < 0)
		return err_pass(err);
	return write_file(arena, path, body, ret_written, err);
}

int backup_unpack(struct engine *engine, struct arena *arena, const char *dir, struct json *written, struct json *kept,
                  struct err *err)
{
	struct unpack_job job = { .arena = arena };
	const struct kept_file *files;

	if (store_read(engine->store, list_files, &job, err) < 0)
		return err_pass(err);
	files = job.files.at;
	for (size_t i = 0; i < job.files.count; i++) {
		bool wrote;

		if (unpack_file(engine, arena, dir, &files[i], &wrote, err) < 0)
			return err_pass(err);
		json_append(wrote ? written : kept, json_new_text(arena, files[i].name));
	}
	return store_write(engine->store, DURABLE, drop_files, NULL, err);
}
