/* catalog_secret: a secret where it is needed: from a file, from the environment, or as it was sealed; and what is stored of one that a person gave. */
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

static struct json *copy(struct arena *arena, const struct json *value)
{
	struct json *ret = json_copy(arena, value);

	ret->next = NULL;
	return ret;
}

static bool same_place(const struct json *a, const struct json *b)
{
	return str_eq(json_get_text(a, "env"), json_get_text(b, "env")) &&
	       str_eq(json_get_text(a, "file"), json_get_text(b, "file"));
}

static struct json *keep_file(struct arena *arena, const char *dir, struct str file)
{
	struct json *ret = json_new(arena, JSON_OBJECT);

	if (file.at[0] != '/')
		file = arena_printf(arena, "%s/%.*s", dir, STR_ARG(file));
	json_set(ret, STR("file"), json_new_text(arena, file));
	return ret;
}

int catalog_keep_secret(struct arena *arena, const struct json *stored, const char *dir, const struct json *given,
                        struct json **ret, struct err *err)
{
	struct str file = json_get_text(given, "file");

	if (given->kind != JSON_OBJECT) {
		*ret = json_new(arena, JSON_OBJECT);
		json_set(*ret, STR("sealed"), json_new_text(arena, json_text(given)));
		return 0;
	}
	if (json_get(given, "sealed")) {
		if (!stored)
			return err_set(err, ERR_CONFIG,
			               "line %u: '%.*s' says {sealed: true}, but no secret is stored: give it as text, "
			               "{env: NAME} or {file: PATH}",
			               given->line, STR_ARG(given->key));
		*ret = copy(arena, stored);
		return 0;
	}
	if (!dir && !(stored && same_place(stored, given)))
		return err_set(
		        err, ERR_CONFIG,
		        "'%.*s': where a secret is read from, {env: NAME} or {file: PATH}, is only said on the machine "
		        "itself (suture apply); give it as text: it is kept sealed",
		        STR_ARG(given->key));
	*ret = file.len && dir ? keep_file(arena, dir, file) : copy(arena, given);
	return 0;
}
