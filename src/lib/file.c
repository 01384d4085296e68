#include "lib/file.h"
#include "lib/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

static bool read_all(FILE *file, struct buf *ret)
{
	char piece[16384];
	size_t len;

	while (buf_ok(ret) && (len = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add_bytes(ret, piece, len);
	return !ferror(file);
}

int file_read(struct arena *arena, const char *path, size_t max, struct str *ret, struct err *err)
{
	SCOPED(buf) struct buf text = BUF_INIT(max);
	FILE *file = fopen(path, "re");
	int failed = 0;

	if (!file && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "there is no file %s", path);
	if (!file)
		return err_errno(err, "open %s", path);
	if (!read_all(file, &text))
		failed = err_errno(err, "read %s", path);
	fclose(file);
	if (failed)
		return failed;
	if (!buf_ok(&text))
		return err_set(err, ERR_MEMORY_LIMIT, "%s holds more than %zu bytes", path, max);
	*ret = arena_str(arena, buf_str(&text));
	return 0;
}

int file_sync(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int code = fd < 0 || fsync(fd) < 0 ? err_errno(err, "bring %s to the disk", path) : 0;

	if (fd >= 0)
		close(fd);
	return code;
}

int file_sync_name(const char *path, struct err *err)
{
	SCOPED(buf) struct buf folder = BUF_INIT(PATH_BYTES);
	const char *slash = strrchr(path, '/');

	buf_add(&folder, slash ? str_range(path, (size_t)(slash - path) + 1) : STR("./"));
	return file_sync(buf_text(&folder), err);
}
