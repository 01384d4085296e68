/*
 * The files of the database: SQLite's own way to the disk, with a point in front of each write, sync and cut. A file's table of methods is
 * copied and three of them are replaced. There are a few tables, by how a file is locked; these three methods are the same in all of them.
 */
#include "crash.h"

#include <sqlite3.h>

static struct fault *points;
static sqlite3_vfs *usual, ours_vfs;
enum { TABLES_MOST = 4 };
static struct {
	const sqlite3_io_methods *usual;
	sqlite3_io_methods ours;
} tables[TABLES_MOST];

static int code_of(const struct fault_kind *kind, int failed)
{
	return kind->code == ERR_DISK_FULL ? SQLITE_FULL : failed;
}

static int write_file(sqlite3_file *file, const void *at, int len, sqlite3_int64 from)
{
	const struct fault_kind *kind = fault_point(points, SEAM_FILE, "write");

	if (!kind)
		return tables[0].usual->xWrite(file, at, len, from);
	if (kind->act != ACT_TORN)
		return code_of(kind, SQLITE_IOERR_WRITE);
	tables[0].usual->xWrite(file, at, len / 2, from);
	fault_die();
}

static int sync_file(sqlite3_file *file, int flags)
{
	const struct fault_kind *kind = fault_point(points, SEAM_FILE, "sync");

	if (!kind)
		return tables[0].usual->xSync(file, flags);
	if (kind->act == ACT_TORN)
		fault_die();
	return code_of(kind, SQLITE_IOERR_FSYNC);
}

static int cut_file(sqlite3_file *file, sqlite3_int64 size)
{
	const struct fault_kind *kind = fault_point(points, SEAM_FILE, "cut");

	if (!kind)
		return tables[0].usual->xTruncate(file, size);
	if (kind->act == ACT_TORN)
		fault_die();
	return code_of(kind, SQLITE_IOERR_TRUNCATE);
}

static const sqlite3_io_methods *ours_for(const sqlite3_io_methods *its)
{
	size_t i = 0;

	while (tables[i].usual && tables[i].usual != its)
		must(++i < TABLES_MOST);
	if (!tables[i].usual) {
		tables[i].ours = *its;
		tables[i].ours.xWrite = write_file;
		tables[i].ours.xSync = sync_file;
		tables[i].ours.xTruncate = cut_file;
		tables[i].usual = its;
		must(its->xWrite == tables[0].usual->xWrite);
	}
	return &tables[i].ours;
}

static int open_file(sqlite3_vfs *vfs UNUSED, sqlite3_filename name, sqlite3_file *file, int flags, int *ret_flags)
{
	int code = usual->xOpen(usual, name, file, flags, ret_flags);

	if (code != SQLITE_OK || !file->pMethods)
		return code;
	file->pMethods = ours_for(file->pMethods);
	return code;
}

void file_seam(struct fault *fault)
{
	points = fault;
	if (usual)
		return;
	usual = sqlite3_vfs_find(NULL);
	ours_vfs = *usual;
	ours_vfs.zName = "faults";
	ours_vfs.xOpen = open_file;
	must(sqlite3_vfs_register(&ours_vfs, 1) == SQLITE_OK);
}
