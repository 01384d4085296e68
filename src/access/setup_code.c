#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

/* The whole file appears at once: another process that looks at the same moment never finds half a code. One that is there already stays. */
static int put_code(struct arena *arena, const char *path, struct str code, struct err *err)
{
	struct str line = arena_printf(arena, "%.*s\n", STR_ARG(code));
	char *beside = arena_text(arena, arena_printf(arena, "%s-XXXXXX", path));
	int fd = mkostemp(beside, O_CLOEXEC); /* 0600 */
	int rc = 0;

	if (fd < 0)
		return err_errno(err, "write %s", path);
	if (write(fd, line.at, line.len) != (ssize_t)line.len)
		rc = err_set(err, ERR_DISK_FULL, "%s could not be written", path);
	else if (link(beside, path) < 0 && errno != EEXIST)
		rc = err_errno(err, "write %s", path);
	close(fd);
	unlink(beside);
	return rc;
}

int setup_code_ensure(struct arena *arena, const char *dir, struct str *ret, struct err *err)
{
	struct str path = dir ? path_of(arena, dir) : STR_EMPTY;

	*ret = new_code(arena);
	if (!dir)
		return 0;
	if (access(path.at, F_OK) < 0 && put_code(arena, path.at, *ret, err) < 0)
		return err_pass(err);
	/* Not there any more: somebody used it at this very moment, and nobody needs it. */
	return access(path.at, F_OK) < 0 ? 0 : read_code(arena, path.at, ret, err);
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
