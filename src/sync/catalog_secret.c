/* catalog_secret: a secret where it is needed: from a file, from the environment, or as it was sealed. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/limits.h"
#include "sync/catalog_docs.h"

static int secret_of_file(struct arena *arena, struct str path, struct str *ret, struct err *err)
{
	const char *name = arena_text(arena, path);
	char *bytes = arena_alloc_bytes(arena, LIMIT_HTTP_HEADERS);
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe that nobody fills holds nobody up */
	ssize_t got;

	if (fd < 0)
		return err_errno(err, "read the secret in %s", name);
	got = read(fd, bytes, LIMIT_HTTP_HEADERS);
	close(fd);
	if (got < 0)
		return err_errno(err, "read the secret in %s", name);
	*ret = str_trim(str_range(bytes, (size_t)got));
	if (ret->len == 0 || (size_t)got == LIMIT_HTTP_HEADERS || str_find_char(*ret, '\0') >= 0)
		return err_set(err, ERR_CONFIG, "%s holds no secret: it is empty, too long, or no text", name);
	return 0;
}

int catalog_open_secret(struct arena *arena, const struct json *value, struct json **ret, struct err *err)
{
	struct str env = json_get_text(value, "env"), file = json_get_text(value, "file"),
	           text = json_get_text(value, "sealed");
	const char *set;

	if (env.len) {
		set = getenv(arena_text(arena, env));
		if (!set)
			return err_set(err, ERR_CONFIG, "the environment variable %.*s is not set", STR_ARG(env));
		text = arena_str(arena, str_of(set));
	} else if (file.len && secret_of_file(arena, file, &text, err) < 0) {
		return err_pass(err);
	}
	*ret = json_new_text(arena, text);
	return 0;
}
