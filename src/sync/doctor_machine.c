/* doctor: files and who may read them, the key, room on the disk, open files. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sync/catalog_docs.h"
#include "sync/doctor_parts.h"
#include "sync/lease.h"

enum { FILES_LEAST = 100, OPEN_FILES_LEAST = 1024, OPEN_FILES_WARN_PERCENT = 60, OPEN_FILES_BAD_PERCENT = 90 };
static const int64_t mib = 1 << 20, room_warn_mib = 1024, room_bad_mib = 100;

/* ---- files */

/* What others must not read, wherever the folder is open to them. */
static bool is_secret(const char *name)
{
	static const char *const begins[] = { "suture.db", "suture.key", "suture.store", "setup-code" };

	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		if (strncmp(name, begins[i], strlen(begins[i])) == 0)
			return true;
	}
	return false;
}

static void look_at_file(struct doctor *d, const struct stat *folder, const char *name, size_t *foreign)
{
	const char *path = arena_printf(d->arena, "%s/%s", d->order->dir, name).at;
	struct stat is;

	if (stat(path, &is) < 0 || !S_ISREG(is.st_mode))
		return;
	if (is_secret(name) && is.st_mode & (S_IRWXG | S_IRWXO) && folder->st_mode & (S_IRWXG | S_IRWXO))
		doctor_say(d, FINDING_ERROR, "files", "others may read %s: chmod 600 %s", name, path);
	if (is.st_uid != folder->st_uid && is_secret(name) && (*foreign)++ == 0)
		doctor_say(d, FINDING_ERROR, "files",
		           "%s belongs to somebody else than the folder, so that the daemon may not write there: chown "
		           "--reference=%s %s/* "
		           "(commands are run as the daemon's user: suturectl)",
		           name, d->order->dir, d->order->dir);
}

int doctor_files(struct doctor *d, struct err *err)
{
	DIR *folder = opendir(d->order->dir);
	size_t foreign = 0;
	struct dirent *entry;
	struct stat is;

	if (!folder)
		return err_errno(err, "open %s: name the Suture's folder with --dir", d->order->dir);
	if (fstat(dirfd(folder), &is) < 0) {
		closedir(folder);
		return err_errno(err, "look at %s", d->order->dir);
	}
	if (is.st_mode & (S_IRWXG | S_IRWXO))
		doctor_say(d, FINDING_WARNING, "files", "others may look into the folder: chmod 700 %s", d->order->dir);
	else
		doctor_say(d, FINDING_OK, "files", "nobody else may look into %s", d->order->dir);
	while ((entry = readdir(folder)))
		look_at_file(d, &is, entry->d_name, &foreign);
	closedir(folder);
	return 0;
}

/* Whoever reads the file of a secret opens a far system; a folder that is shut to others keeps what lies in it. In a container all may look, and all are us. */
static void look_at_secret(struct doctor *d, struct str path)
{
	const char *file = arena_text(d->arena, path), *slash = strrchr(file, '/');
	struct stat is, folder;

	if (!slash || stat(file, &is) < 0 ||
	    stat(arena_printf(d->arena, "%.*s/", (int)(slash - file), file).at, &folder) < 0)
		return;
	if (folder.st_mode & S_IXOTH && is.st_mode & (S_IROTH | S_IWOTH))
		doctor_say(d, FINDING_WARNING, "files", "others may read the secret in %s: chmod 600 %s", file, file);
}

static void look_at_secrets_of(struct doctor *d, const struct json *settings)
{
	JSON_EACH (settings, setting) {
		struct str path = json_get_text(setting, "file");

		if (path.len)
			look_at_secret(d, path);
	}
}

int doctor_secrets(struct doctor *d, struct err *err)
{
	struct catalog_doc *all;

	if (catalog_docs(d->order->engine, d->arena, "", STR_EMPTY, &all, err) < 0)
		return err_pass(err);
	for (const struct catalog_doc *doc = all; doc; doc = doc->next)
		look_at_secrets_of(d, doc->body);
	return 0;
}

/* ---- key */

int doctor_key(struct doctor *d, struct err *err)
{
	struct key_standing is;

	if (keyring_standing(arena_printf(d->arena, "%s/suture.key", d->order->dir).at, &is, err) < 0)
		return err_wrap(err, "put your copy of the key there (mode 600)");
	if (is.has_old)
		doctor_say(d, FINDING_WARNING, "key",
		           "a change of the key is under way, the old one is still known: call `suture rekey` again "
		           "until it says that nothing "
		           "is sealed with it");
	else if (is.has_next)
		doctor_say(
		        d, FINDING_WARNING, "key",
		        "a new key is prepared and not used: bring the key file to every machine, then `suture rekey`");
	else
		doctor_say(d, FINDING_OK, "key", "%s; keep a copy apart from the database",
		           is.from_environment ? "from the environment" : "one, which only its owner may read");
	return 0;
}

/* ---- disk */

/* A backup, and what `purge --compact` needs, are as large as the database. */
static int64_t database_mib(const struct doctor *d)
{
	struct stat is;

	if (stat(arena_printf(d->arena, "%s/suture.db", d->order->dir).at, &is) < 0)
		return 0;
	return is.st_size / mib;
}

int doctor_disk(struct doctor *d, struct err *err)
{
	struct statvfs disk;
	int64_t free_mib, need = database_mib(d);

	if (statvfs(d->order->dir, &disk) < 0)
		return err_errno(err, "look at the disk of %s", d->order->dir);
	free_mib = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize / mib;
	if (disk.f_files > 0 && disk.f_favail < FILES_LEAST)
		doctor_say(d, FINDING_ERROR, "disk",
		           "room for %llu files more: delete some, as bytes alone do not help",
		           (unsigned long long)disk.f_favail);
	if (free_mib < room_bad_mib)
		doctor_say(d, FINDING_ERROR, "disk",
		           "%lld MiB are free: make room at once; when none is left nothing more is taken in",
		           (long long)free_mib);
	else if (free_mib < MAX_OF(room_warn_mib, need))
		doctor_say(d, FINDING_WARNING, "disk",
		           "%lld MiB are free, the database has %lld: make room, or `suture purge --older-than 90d "
		           "--compact` (which needs as "
		           "much as the database meanwhile)",
		           (long long)free_mib, (long long)need);
	else
		doctor_say(d, FINDING_OK, "disk", "%lld MiB are free, the database has %lld", (long long)free_mib,
		           (long long)need);
	return 0;
}

/* ---- open files */

static int64_t count_open(pid_t pid)
{
	char path[64];
	DIR *folder;
	int64_t count = 0;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	folder = opendir(path);
	if (!folder)
		return -1;
	while (readdir(folder))
		count++;
	closedir(folder);
	return MAX_OF(count - 2, (int64_t)0); /* "." and ".." */
}

/* Of a process of this machine that works here; its limit may be another than that of the person who asks. */
static void look_at_process(struct doctor *d, pid_t pid)
{
	struct rlimit limit;
	int64_t open = count_open(pid), percent;

	if (open < 0 || prlimit(pid, RLIMIT_NOFILE, NULL, &limit) < 0 || limit.rlim_cur == 0)
		return;
	percent = open * 100 / (int64_t)MIN_OF(limit.rlim_cur, (rlim_t)INT64_MAX / 100);
	doctor_say(d,
	           MAX_OF(doctor_level(percent, OPEN_FILES_WARN_PERCENT, OPEN_FILES_BAD_PERCENT),
	                  limit.rlim_cur < OPEN_FILES_LEAST ? FINDING_WARNING : FINDING_OK),
	           "open files", "process %ld has %lld of %llu%s", (long)pid, (long long)open,
	           (unsigned long long)limit.rlim_cur,
	           limit.rlim_cur < OPEN_FILES_LEAST || percent >= OPEN_FILES_WARN_PERCENT
	                   ? ": raise LimitNOFILE= (systemd) or ulimit -n"
	                   : "");
}

int doctor_open_files(struct doctor *d, struct err *err)
{
	struct lease_row *rows;
	char host[65] = "";
	size_t count;

	if (lease_list(d->order->engine, d->arena, &rows, &count, err) < 0)
		return err_pass(err);
	gethostname(host, sizeof(host) - 1);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].held && str_eq_c(rows[i].host, host))
			look_at_process(d, (pid_t)rows[i].pid);
	}
	return 0;
}
