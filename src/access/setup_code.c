#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "access/parts.h"

/* Without letters that are taken for digits. */
static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
enum { CODE_LEN = 20, GROUP = 5 };

static struct str path_of(struct arena *arena, const char *dir)
{
	return arena_printf(arena, "%s/setup-code", dir);
}

static struct str new_code(struct arena *arena)
{
	unsigned char bytes[CODE_LEN];
	char *code = arena_alloc_bytes(arena, 2 * CODE_LEN);
	size_t len = 0;

	digest_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < CODE_LEN; i++) {
		if (i > 0 && i % GROUP == 0)
			code[len++] = '-';
		code[len++] = letters[bytes[i] % (sizeof(letters) - 1)];
	}
	return str_range(code, len);
}

static int read_code(struct arena *arena, const char *path, struct str *ret, struct err *err)
{
	char *text = arena_alloc_bytes(arena, 2 * CODE_LEN);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t got;

	if (fd < 0)
		return err_errno(err, "read %s", path);
	got = read(fd, text, 2 * CODE_LEN);
	close(fd);
	if (got < 0)
		return err_errno(err, "read %s", path);
	*ret = str_trim(str_range(text, (size_t)got));
	if (ret->len < CODE_LEN)
		return err_set(err, ERR_CONFIG, "%s holds no setup code: delete it and start again", path);
	return 0;
}

int setup_code_ensure(struct arena *arena, const char *dir, struct str *ret, struct err *err)
{
	struct str code = new_code(arena), line = arena_printf(arena, "%.*s\n", STR_ARG(code));
	struct str path = dir ? path_of(arena, dir) : STR_EMPTY;
	ssize_t wrote;
	int fd;

	*ret = code;
	if (!dir)
		return 0;
	fd = open(path.at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? read_code(arena, path.at, ret, err) : err_errno(err, "write %s", path.at);
	wrote = write(fd, line.at, line.len);
	close(fd);
	if (wrote != (ssize_t)line.len) {
		unlink(path.at);
		return err_set(err, ERR_DISK_FULL, "%s could not be written", path.at);
	}
	return 0;
}

void setup_code_remove(const char *dir)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;

	if (dir)
		unlink(path_of(&arena, dir).at);
}

static struct str plain(struct arena *arena, struct str code)
{
	char *kept = arena_alloc_bytes(arena, code.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < code.len; i++) {
		if (code.at[i] != '-' && code.at[i] != ' ')
			kept[len++] = code.at[i] >= 'a' && code.at[i] <= 'z' ? (char)(code.at[i] & ~0x20) : code.at[i];
	}
	return str_range(kept, len);
}

bool setup_code_fits(struct arena *arena, struct str code, struct str typed)
{
	return code.len > 0 && digest_equal(plain(arena, code), plain(arena, str_trim(typed)));
}
