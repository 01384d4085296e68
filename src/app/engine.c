/*
 * engine: folder -> key, database, HTTP client. A Suture's folder holds
 *
 *	suture.db         the database
 *	suture.store      one line: the url of another database (init --store); SUTURE_STORE goes before it
 *	suture.key        what seals everything at rest, or a link to it (SUTURE_KEY goes before it)
 *	suture.yaml       the sample configuration that init leaves
 *	descriptors/      *.yaml: REST EMRs described by the user
 *
 * SUTURE_LEASE_MS: how long a daemon that is not heard of keeps its syncs (lease.h). SUTURE_HOSTS: hosts that requests may go to (http.h).
 */
#include "app/engine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/limits.h"
#include "sync/budget.h"
#include "sync/lease.h"
#include "sync/rekey.h"

enum { URL_BYTES = 8192 };

struct app_engine {
	struct engine engine; /* first: an engine of ours is a struct app_engine */
	struct arena arena;
	char dir[4096];
	char who[64];
	char scratch[4096]; /* a folder, deleted on close; empty: none */
	bool borrowed;      /* keys and http belong to the engine it was made from */
};

static const char sample[] =
        "# suture.yaml: what is kept in step with what. `suture apply suture.yaml` takes it, `suture check` tries it.\n"
        "# Every setting stands in docs/CONFIGURATION.md. A secret is given as {file: PATH} (from this file's folder; "
        "chmod "
        "600), as\n"
        "# {env: NAME}, or as text, which is then kept sealed in the database: take it out of this file afterwards.\n"
        "connections:\n"
        "  practice:\n"
        "    kind: hint\n"
        "    url: https://api.hint.com/api\n"
        "    token: {file: hint.token} # or leave it out and run: suture connect practice --code CODE\n"
        "  org:\n"
        "    kind: salesforce\n"
        "    login_url: https://YOURDOMAIN.my.salesforce.com\n"
        "    auth: client_credentials\n"
        "    client_id: CONSUMER_KEY_OF_YOUR_APP\n"
        "    client_secret: {file: salesforce.secret}\n"
        "integration:\n"
        "  name: practice-org\n"
        "  emr: practice\n"
        "  crm: org\n"
        "  default_account: Hint Patients # contacts that are created belong to it\n"
        "syncs:\n"
        "  patients:\n"
        "    emr_object: patient\n"
        "    crm_object: Contact\n"
        "    mapping: hint-contact # ships with Suture; docs/MAPPING.md shows how to write one\n"
        "    create: true # a patient whom nobody fits becomes a new contact\n"
        "    back_reference: true # the patient gets the contact's id and link\n"
        "    # Fields of the contact that show the pair; the first one must be a unique external id there.\n"
        "    crm_id_field: Hint_Patient_Id__c\n"
        "    crm_synced_field: Synced_to_Hint__c\n"
        "    crm_last_sync_field: Last_Hint_Sync__c\n"
        "    crm_run_field: Last_Batch_Sync_Id__c\n"
        "    crm_parent_field: AccountId\n";

static int path_in(char *out, size_t size, const char *dir, const char *name, struct err *err)
{
	if (snprintf(out, size, "%s/%s", dir, name) >= (int)size)
		return err_set(err, ERR_CONFIG, "the folder's name is too long");
	return 0;
}

/* Writes a new file; one that exists is left alone. */
static int write_new(const char *path, mode_t mode, struct str text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	ssize_t wrote;

	if (fd < 0)
		return errno == EEXIST ? 0 : err_errno(err, "write %s", path);
	wrote = write(fd, text.at, text.len);
	if (wrote != (ssize_t)text.len || fsync(fd) < 0) {
		err_errno(err, "write %s", path);
		close(fd);
		unlink(path);
		return err_pass(err);
	}
	close(fd);
	return 0;
}

/* What suture.store says; empty: there is none. One that cannot be read is an error: a second database, an empty one, would be taken instead. */
static int kept_store_url(struct arena *arena, const char *dir, struct str *ret, struct err *err)
{
	const struct str path = arena_printf(arena, "%s/suture.store", dir);
	struct str text = STR_EMPTY;
	struct err trouble = ERR_INIT;
	int code = file_read(arena, path.at, URL_BYTES, &text, &trouble);

	*ret = arena_str(arena, str_trim(text));
	if (code == ERR_NOT_FOUND || (code == 0 && ret->len))
		return 0;
	if (code == 0)
		return err_set(err, ERR_CONFIG, "%s is empty: write the url of the database into it, or delete it",
		               path.at);
	*err = trouble;
	return code;
}

/* Empty: the file in the folder. */
static int other_store(struct arena *arena, const char *dir, struct str *ret, struct err *err)
{
	const char *given = getenv("SUTURE_STORE");

	if (!given || !given[0])
		return kept_store_url(arena, dir, ret, err);
	*ret = str_of(given);
	return 0;
}

int app_store_is_in_folder(const char *dir, bool *ret, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str url;

	if (other_store(&arena, dir, &url, err) < 0)
		return err_pass(err);
	*ret = url.len == 0;
	return 0;
}

static int keep_store_url(const char *dir, struct str url, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str kept;
	char path[4096];

	if (url.len == 0)
		return 0;
	if (path_in(path, sizeof(path), dir, "suture.store", err) < 0 || kept_store_url(&arena, dir, &kept, err) < 0)
		return err_pass(err);
	if (kept.len == 0)
		return write_new(path, 0600, arena_printf(&arena, "%.*s\n", STR_ARG(url)), err);
	return str_eq(kept, url) ? 0
	                         : err_set(err, ERR_CONFLICT,
	                                   "%s names another database already, and nothing is overwritten: leave "
	                                   "--store out, or take another folder",
	                                   path);
}

int app_make_folder(const char *dir, struct err *err)
{
	struct stat there;

	if (mkdir(dir, 0700) == 0)
		return 0;
	if (errno == ENOENT)
		return err_set(err, ERR_SYSTEM,
		               "make the folder %s: the folder above it is not there; make that one first", dir);
	if (errno != EEXIST)
		return err_errno(err, "make the folder %s", dir);
	if (stat(dir, &there) == 0 && !S_ISDIR(there.st_mode))
		return err_set(err, ERR_SYSTEM, "%s is there and is not a folder", dir);
	if (access(dir, W_OK | X_OK) < 0)
		return err_errno(err, "write into the folder %s", dir);
	return 0;
}

/* A second key would look right and open nothing. */
static int make_key(const char *dir, const char *database, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	char path[4096];

	if (path_in(path, sizeof(path), dir, "suture.key", err) < 0)
		return err_pass(err);
	if (getenv("SUTURE_KEY") || access(path, F_OK) == 0)
		return 0;
	if (access(database, F_OK) == 0)
		return err_set(err, ERR_KEY,
		               "%s is a database, but its key %s is gone: put your copy of the key there. Nothing was "
		               "changed. "
		               "If there is no copy, what is sealed cannot be read again: move the database away and "
		               "begin anew",
		               database, path);
	return write_new(path, 0600, arena_printf(&arena, "%.*s\n", STR_ARG(keyring_generate(&arena))), err);
}

/* An empty database is made here and nowhere else, so that a mistyped --dir is noticed. */
static int make_database(const char *path, struct err *err)
{
	struct store *store;

	if (store_open(path, &store, err) < 0)
		return err_pass(err);
	store_close(&store);
	if (chmod(path, 0600) < 0)
		return err_errno(err, "protect %s", path);
	return 0;
}

int app_init(const char *dir, struct str store, bool *ret_existed, struct err *err)
{
	struct engine *engine;
	char database[4096], path[4096];
	bool in_folder;

	if (app_make_folder(dir, err) < 0 || path_in(database, sizeof(database), dir, "suture.db", err) < 0 ||
	    path_in(path, sizeof(path), dir, "suture.yaml", err) < 0)
		return err_pass(err);
	*ret_existed = access(database, F_OK) == 0;
	if (keep_store_url(dir, store, err) < 0)
		return err_pass(err);
	if (make_key(dir, database, err) < 0 || write_new(path, 0600, str_range(sample, sizeof(sample) - 1), err) < 0)
		return err_pass(err);
	if (app_store_is_in_folder(dir, &in_folder, err) < 0 || (in_folder && make_database(database, err) < 0))
		return err_pass(err);
	if (app_open(dir, &engine, err) < 0)
		return err_pass(err);
	app_close(&engine);
	return 0;
}

static int load_descriptor(const char *dir, const char *name, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	char path[4096];
	struct str text;

	if (path_in(path, sizeof(path), dir, name, err) < 0 || file_read(&arena, path, LIMIT_CONFIG, &text, err) < 0)
		return err_pass(err);
	return connector_add_descriptor(text, path, err);
}

static int load_descriptors(const char *dir, struct err *err)
{
	char path[4096];
	struct dirent *entry;
	int code = 0;
	DIR *folder;

	if (path_in(path, sizeof(path), dir, "descriptors", err) < 0)
		return err_pass(err);
	folder = opendir(path);
	while (folder && code == 0 && (entry = readdir(folder)) != NULL) {
		if (str_ends(str_of(entry->d_name), STR(".yaml")))
			code = load_descriptor(path, entry->d_name, err);
	}
	if (folder)
		closedir(folder);
	return code;
}

static struct app_engine *app_new(const char *dir)
{
	struct arena arena = ARENA_INIT;
	struct app_engine *app = arena_new(&arena, struct app_engine); /* lives in its own arena until app_close */
	struct passwd *user = getpwuid(getuid());

	app->arena = arena;
	snprintf(app->dir, sizeof(app->dir), "%s", dir);
	snprintf(app->who, sizeof(app->who), "cli:%s", user ? user->pw_name : "?");
	app->engine.dir = app->dir;
	app->engine.who = app->who;
	return app;
}

static int load_key(struct app_engine *app, struct err *err)
{
	char path[4096];

	if (path_in(path, sizeof(path), app->dir, "suture.key", err) < 0)
		return err_pass(err);
	return keyring_load(path, &app->engine.keys, err);
}

static int open_leases(struct engine *engine, struct err *err)
{
	const char *given = getenv("SUTURE_LEASE_MS");
	int64_t ms = 0;

	if (given && given[0] && (!str_to_i64(str_of(given), &ms) || ms < LEASE_LEAST_MS || ms > LEASE_MOST_MS))
		return err_set(err, ERR_CONFIG, "SUTURE_LEASE_MS must be a number of milliseconds from %d to %d",
		               LEASE_LEAST_MS, LEASE_MOST_MS);
	engine->leases = leases_open(engine, ms);
	return 0;
}

static int open_parts(struct app_engine *app, struct err *err)
{
	char path[4096];
	struct str other;

	if (path_in(path, sizeof(path), app->dir, "suture.db", err) < 0)
		return err_pass(err);
	if (access(path, F_OK) < 0 && errno == EACCES)
		return err_set(err, ERR_SYSTEM, "the folder %s is not yours to read; run this as its owner", app->dir);
	if (other_store(&app->arena, app->dir, &other, err) < 0)
		return err_pass(err);
	if (!other.len && access(path, F_OK) < 0)
		return err_set(err, ERR_NOT_FOUND,
		               "%s holds no Suture; run `suture init %s`, or name the folder with --dir", app->dir,
		               app->dir);
	if (load_key(app, err) < 0 || rekey_enter(&app->engine, err) < 0 ||
	    store_open(other.len ? other.at : path, &app->engine.store, err) < 0 || load_descriptors(app->dir, err) < 0)
		return err_pass(err);
	if (rekey_arrive(&app->engine, err) < 0 || http_client_open(&app->engine.http, err) < 0)
		return err_pass(err);
	http_client_allow(app->engine.http, str_of(getenv("SUTURE_HOSTS")));
	if (open_leases(&app->engine, err) < 0)
		return err_pass(err);
	return governor_open(app->engine.store, &app->engine.governor, err);
}

/* A scratch copy counts with the governor of the engine it was made from. */
static void close_governor(struct app_engine *app)
{
	struct err ignored = ERR_INIT;

	if (!app->engine.governor || app->borrowed)
		return;
	if (governor_flush(app->engine.governor, &ignored) < 0)
		fprintf(stderr, "suture: the count of calls of the last seconds is lost: %s\n", ignored.text);
	governor_close(&app->engine.governor);
}

int app_open_keys(const char *dir, struct engine **ret, struct err *err)
{
	struct app_engine *app = app_new(dir);

	*ret = &app->engine;
	if (load_key(app, err) < 0) {
		app_close(ret);
		return err_pass(err);
	}
	return 0;
}

int app_open(const char *dir, struct engine **ret, struct err *err)
{
	struct app_engine *app = app_new(dir);

	*ret = &app->engine;
	return open_parts(app, err) < 0 ? (app_close(ret), err_pass(err)) : 0;
}

/* With all that a copy in the making may have left. There are no folders in it. */
static void delete_scratch(const char *scratch)
{
	DIR *folder = opendir(scratch);
	struct dirent *entry;
	struct err ignored = ERR_INIT;
	char path[4096];

	while (folder && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.' && path_in(path, sizeof(path), scratch, entry->d_name, &ignored) == 0)
			unlink(path);
	}
	if (folder)
		closedir(folder);
	rmdir(scratch);
}

/* Scratch copies of processes that are gone (kill -9, a power cut); scratch-PID-XXXXXX says whose one is. */
static void sweep_scratch(const char *dir)
{
	DIR *folder = opendir(dir);
	struct dirent *entry;
	char path[4096];
	struct err ignored = ERR_INIT;

	while (folder && (entry = readdir(folder)) != NULL) {
		struct str rest = str_of(entry->d_name), part;
		int64_t pid;

		if (!str_split(&rest, '-', &part) || !str_eq(part, STR("scratch")) || !str_split(&rest, '-', &part) ||
		    !str_to_i64(part, &pid) || pid <= 0 || pid > INT32_MAX || kill((pid_t)pid, 0) == 0 ||
		    errno != ESRCH)
			continue;
		if (path_in(path, sizeof(path), dir, entry->d_name, &ignored) == 0)
			delete_scratch(path);
	}
	if (folder)
		closedir(folder);
}

static int fill_scratch(struct app_engine *app, struct engine *engine, struct err *err)
{
	char name[64], folder[4096], path[4096];

	snprintf(name, sizeof(name), "scratch-%ld-XXXXXX", (long)getpid());
	if (path_in(folder, sizeof(folder), app->dir, name, err) < 0)
		return err_pass(err);
	if (!mkdtemp(folder))
		return err_errno(err, "make a scratch folder in %s", app->dir);
	snprintf(app->scratch, sizeof(app->scratch), "%s", folder);
	if (path_in(path, sizeof(path), folder, "scratch.db", err) < 0 || store_copy(engine->store, path, err) < 0)
		return err_pass(err);
	return store_open(path, &app->engine.store, err);
}

int app_open_scratch(struct engine *engine, struct engine **ret, struct err *err)
{
	struct app_engine *app = app_new(engine->dir);

	app->borrowed = true;
	app->engine.dry = true;
	app->engine.lasting = engine;
	app->engine.keys = engine->keys;
	app->engine.http = engine->http;
	app->engine.governor = engine->governor;
	*ret = &app->engine;
	sweep_scratch(app->dir);
	if (fill_scratch(app, engine, err) < 0) {
		app_close(ret);
		return err_pass(err);
	}
	return 0;
}

void app_close(struct engine **pengine)
{
	struct app_engine *app = (struct app_engine *)*pengine;
	struct arena arena;

	*pengine = NULL;
	if (!app)
		return;
	close_governor(app);
	leases_close(&app->engine.leases);
	if (app->engine.http && !app->borrowed)
		http_client_close(&app->engine.http);
	if (app->engine.store)
		store_close(&app->engine.store);
	rekey_leave(&app->engine);
	if (app->engine.keys && !app->borrowed)
		keyring_free(&app->engine.keys);
	if (app->scratch[0])
		delete_scratch(app->scratch);
	arena = app->arena;
	arena_release(&arena);
}
