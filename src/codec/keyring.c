/*
 * keyring: text of a key file -> keys.
 *
 *	read_lines    "HEX", "old HEX", "next HEX" into a struct key_lines
 *	take_lines    adds those keys that the ring does not have, and says which one seals
 *	look_again    the same once the file has changed, by whoever meets an unknown key or seals
 *	keyring_step  lines -> lines, written beside the file and put in its place
 */
#include "codec/keyring_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "codec/box.h"
#include "codec/box_dictionary.h"
#include "lib/file.h"

/* Of a patient of 5.3 kB level 1 makes 855 bytes in 4 us; level 3 makes 826 in 8 us. */
enum { LEVEL = 1, HEX_LEN = 2 * KEY_LEN, TEXT_MOST = 512 };

/* Where box_blind is used. To add one: a row at the end, and BLINDS. */
static const char *const blind_contexts[BLINDS] = { "identity.match_key", "identity.weak", "sign_in.name",
	                                            "sign_in.peer", "sign_in.both" };

/* Empty: there is no such line. They borrow the text. */
struct key_lines {
	struct str current, next, old;
};

static void ready(void)
{
	must(sodium_init() >= 0);
}

/* ---- text ---- */

static int bad_text(struct err *err)
{
	return err_set(err, ERR_KEY, "a key is %d hex digits", HEX_LEN);
}

static int read_line(struct str line, struct key_lines *ret, struct err *err)
{
	struct str *place = &ret->current;

	if (str_starts(line, STR("old "))) {
		place = &ret->old;
		line = str_range(line.at + 4, line.len - 4);
	} else if (str_starts(line, STR("next "))) {
		place = &ret->next;
		line = str_range(line.at + 5, line.len - 5);
	}
	if (place->len || line.len != HEX_LEN)
		return bad_text(err);
	*place = line;
	return 0;
}

static int read_lines(struct str text, struct key_lines *ret, struct err *err)
{
	struct str rest = str_trim(text), line;

	*ret = (struct key_lines) { 0 };
	while (str_split(&rest, '\n', &line)) {
		if (read_line(str_trim(line), ret, err) < 0)
			return err_pass(err);
	}
	return ret->current.len ? 0 : bad_text(err);
}

static unsigned char number_of(const unsigned char *key)
{
	static const unsigned char label[] = "suture key number";
	unsigned char hash[crypto_generichash_BYTES_MIN];

	crypto_generichash(hash, sizeof(hash), label, sizeof(label), key, KEY_LEN);
	return hash[0];
}

static int read_key(struct str hex, struct ring_key *ret, struct err *err)
{
	size_t len = 0;

	if (sodium_hex2bin(ret->key, KEY_LEN, hex.at, hex.len, NULL, &len, NULL) != 0 || len != KEY_LEN)
		return bad_text(err);
	ret->number = number_of(ret->key);
	return 0;
}

/* ---- the ring ---- */

/* Of two with one number the younger: the other one is of a change that is long over. */
static const struct ring_key *known(const struct ring_state *s, unsigned char number)
{
	size_t i = atomic_load(&s->count);

	while (i > 0 && s->keys[i - 1].number != number)
		i--;
	return i > 0 ? &s->keys[i - 1] : NULL;
}

static const struct ring_key *same_key(const struct ring_state *s, const struct ring_key *key)
{
	size_t count = atomic_load(&s->count);

	for (size_t i = 0; i < count; i++) {
		if (sodium_memcmp(s->keys[i].key, key->key, KEY_LEN) == 0)
			return &s->keys[i];
	}
	return NULL;
}

/* Adds it where it is new. Under the lock, or before anybody else has the ring. */
static int add_key(struct ring_state *s, struct str hex, const struct ring_key **ret, struct err *err)
{
	size_t count = atomic_load(&s->count);
	struct ring_key key;
	int code = read_key(hex, &key, err);

	if (code < 0)
		return code;
	*ret = same_key(s, &key);
	if (!*ret && count < KEYS_MOST) {
		s->keys[count] = key;
		atomic_store(&s->count, count + 1);
		*ret = &s->keys[count];
	}
	if (!*ret)
		code = err_set(err, ERR_KEY, "the key was changed %d times while this was at work; start it again",
		               KEYS_MOST - 1);
	sodium_memzero(&key, sizeof(key));
	return code;
}

static int take_lines(struct ring_state *s, const struct key_lines *lines, struct err *err)
{
	const struct ring_key *current, *old = NULL, *next = NULL;

	if ((lines->old.len && add_key(s, lines->old, &old, err) < 0) ||
	    add_key(s, lines->current, &current, err) < 0 ||
	    (lines->next.len && add_key(s, lines->next, &next, err) < 0))
		return err_pass(err);
	if (known(s, current->number) != current || (old && known(s, old->number) != old))
		return err_set(err, ERR_KEY, "two keys have the same number: take another new key");
	atomic_store(&s->current, (size_t)(current - s->keys));
	return 0;
}

static void make_blinds(struct ring_state *s)
{
	for (size_t i = 0; i < BLINDS; i++)
		must(crypto_generichash(s->blinds[i], BLIND_LEN, (const unsigned char *)blind_contexts[i],
		                        strlen(blind_contexts[i]), s->keys[0].key, KEY_LEN) == 0);
}

/* The old key stands first: what was sealed and hashed first was so with it. */
int keyring_open(struct str text, struct keyring **ret, struct err *err)
{
	struct str dictionary = box_dictionary_1();
	struct key_lines lines;
	struct keyring *ring;

	ready();
	if (read_lines(text, &lines, err) < 0)
		return err_pass(err);
	ring = sodium_malloc(sizeof(*ring));
	must(ring != NULL);
	*ring = (struct keyring) { .state = sodium_malloc(sizeof(*ring->state)) };
	must(ring->state != NULL);
	memset(ring->state, 0, sizeof(*ring->state));
	must(pthread_mutex_init(&ring->state->lock, NULL) == 0);
	if (take_lines(ring->state, &lines, err) < 0) {
		keyring_free(&ring);
		return err_pass(err);
	}
	make_blinds(ring->state);
	ring->compress = ZSTD_createCDict(dictionary.at, dictionary.len, LEVEL);
	ring->expand = ZSTD_createDDict(dictionary.at, dictionary.len);
	must(ring->compress && ring->expand);
	*ret = ring;
	return 0;
}

void keyring_free(struct keyring **ring)
{
	if (!*ring)
		return;
	ZSTD_freeCDict((*ring)->compress);
	ZSTD_freeDDict((*ring)->expand);
	pthread_mutex_destroy(&(*ring)->state->lock);
	sodium_free((*ring)->state);
	sodium_free(*ring);
	*ring = NULL;
}

struct str keyring_generate(struct arena *arena)
{
	unsigned char key[KEY_LEN];
	char *hex = arena_alloc_bytes(arena, HEX_LEN + 1);

	ready();
	randombytes_buf(key, sizeof(key));
	sodium_bin2hex(hex, HEX_LEN + 1, key, sizeof(key));
	sodium_memzero(key, sizeof(key));
	return str_range(hex, HEX_LEN);
}

/* ---- the file ---- */

static void fd_scoped_release(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* A file of root's may be readable by our group: 0640 by hand, or 0440 as systemd shows what it lets us read by an access list. */
static int check_owner_only(const struct stat *state, const char *path, struct err *err)
{
	const mode_t barred = state->st_uid == 0 && geteuid() != 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;

	if (!S_ISREG(state->st_mode))
		return err_set(err, ERR_KEY, "the key file %s is not a file", path);
	if (state->st_mode & barred)
		return err_set(err, ERR_KEY, "others may read the key file; run: chmod 600 %s", path);
	return 0;
}

static int read_text(const char *path, char text[TEXT_MOST], struct str *ret, struct stat *ret_state, struct err *err)
{
	SCOPED(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return err_set(err, ERR_KEY, "the key file %s cannot be read (%s); SUTURE_KEY is not set either", path,
		               strerror(errno));
	if (fstat(fd, ret_state) < 0)
		return err_errno(err, "look at the key file %s", path);
	if (check_owner_only(ret_state, path, err) < 0)
		return err_pass(err);
	len = read(fd, text, TEXT_MOST);
	if (len < 0)
		return err_errno(err, "read the key file %s", path);
	*ret = str_range(text, (size_t)len);
	return 0;
}

static int load_file(const char *path, struct keyring **ret, struct err *err)
{
	char bytes[TEXT_MOST];
	struct stat state;
	struct str text;
	int code = read_text(path, bytes, &text, &state, err);

	if (code == 0) {
		code = keyring_open(text, ret, err);
		if (code < 0)
			err_wrap(err, "the key file %s", path);
	}
	sodium_memzero(bytes, sizeof(bytes));
	if (code < 0)
		return code;
	(*ret)->state->seen = state;
	snprintf((*ret)->state->path, sizeof((*ret)->state->path), "%s", path);
	return 0;
}

static const char *from_environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int load_environment(struct keyring **ret, struct err *err)
{
	const char *old = from_environment("SUTURE_KEY_OLD");
	char text[TEXT_MOST];
	int len = snprintf(text, sizeof(text), "%s%s%s", from_environment("SUTURE_KEY"), old ? "\nold " : "",
	                   old ? old : "");
	int code = keyring_open(str_range(text, MIN_OF((size_t)len, sizeof(text) - 1)), ret, err);

	sodium_memzero(text, sizeof(text));
	return code < 0 ? err_wrap(err, "SUTURE_KEY") : 0;
}

int keyring_load(const char *path, struct keyring **ret, struct err *err)
{
	return from_environment("SUTURE_KEY") ? load_environment(ret, err) : load_file(path, ret, err);
}

/* ---- another look ---- */

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* A file that cannot be read, or is half of one, changes nothing: what is known goes on to be known. */
static void read_again(struct ring_state *s)
{
	struct err ignored = ERR_INIT;
	struct key_lines lines;
	char bytes[TEXT_MOST];
	struct stat state;
	struct str text;

	if (stat(s->path, &state) < 0 || same_file(&state, &s->seen))
		return;
	if (read_text(s->path, bytes, &text, &state, &ignored) == 0 && read_lines(text, &lines, &ignored) == 0 &&
	    take_lines(s, &lines, &ignored) == 0)
		s->seen = state;
	sodium_memzero(bytes, sizeof(bytes));
}

void keyring_look(const struct keyring *ring)
{
	struct ring_state *s = ring->state;

	if (!s->path[0])
		return;
	pthread_mutex_lock(&s->lock);
	read_again(s);
	pthread_mutex_unlock(&s->lock);
}

static int64_t coarse_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

const struct ring_key *ring_current(const struct keyring *ring)
{
	struct ring_state *s = ring->state;
	int64_t now = s->path[0] ? coarse_s() : 0;

	if (atomic_load(&s->looked_s) != now) {
		atomic_store(&s->looked_s, now);
		keyring_look(ring);
	}
	return &s->keys[atomic_load(&s->current)];
}

const struct ring_key *ring_find(const struct keyring *ring, unsigned char number)
{
	const struct ring_key *key = known(ring->state, number);

	if (key)
		return key;
	keyring_look(ring);
	return known(ring->state, number);
}

bool keyring_knows(const struct keyring *ring, unsigned char number)
{
	return ring_find(ring, number) != NULL;
}

struct str keyring_number(const struct keyring *ring, struct arena *arena)
{
	return arena_str(arena, str_range((const char *)&ring_current(ring)->number, 1));
}

/* ---- changing the key ---- */

static int write_all(int fd, struct str text, const char *path, struct err *err)
{
	ssize_t wrote = write(fd, text.at, text.len);

	if (wrote != (ssize_t)text.len || fsync(fd) < 0)
		return err_errno(err, "write %s", path);
	return 0;
}

/* Beside it, on the disk, then in its place: whoever reads has the one or the other. `path` is no link: it would be replaced, and its target left behind. */
static int put_text(const char *path, struct str text, struct err *err)
{
	char part[4096];
	int code;

	if (snprintf(part, sizeof(part), "%s.new", path) >= (int)sizeof(part))
		return err_set(err, ERR_CONFIG, "the name of the key file is too long");
	unlink(part);
	{
		SCOPED(fd) int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		code = fd < 0 ? err_errno(err, "write %s", part) : write_all(fd, text, part, err);
	}
	if (code == 0 && rename(part, path) < 0)
		code = err_errno(err, "put the new key file in the place of %s", path);
	if (code < 0)
		unlink(part);
	return code < 0 ? code : file_sync_name(path, err);
}

/* Numbers are one byte: of 256 new keys one would have that of the key before. */
static int pick_key(struct arena *arena, const struct key_lines *lines, struct str given, struct str *ret,
                    struct err *err)
{
	struct ring_key current, picked;
	int code = read_key(lines->current, &current, err);

	*ret = given.len ? str_trim(given) : lines->next;
	if (code == 0 && ret->len && (ret->len != HEX_LEN || read_key(*ret, &picked, err) < 0))
		code = bad_text(err);
	if (code == 0 && ret->len && picked.number == current.number)
		code = err_set(err, ERR_KEY,
		               "the new key has the number of the one before, or is the same: take another one");
	while (code == 0 && (ret->len == 0 || picked.number == current.number)) {
		*ret = keyring_generate(arena);
		code = read_key(*ret, &picked, err);
	}
	sodium_memzero(&current, sizeof(current));
	sodium_memzero(&picked, sizeof(picked));
	return code;
}

static int change_lines(struct arena *arena, enum key_step step, struct str given, struct key_lines *lines,
                        struct err *err)
{
	struct str picked;

	if ((step == KEY_FINISH) != (lines->old.len > 0))
		return err_set(err, ERR_CONFLICT,
		               lines->old.len ? "a change of the key is under way: end it first"
		                              : "no change of the key is under way");
	if (step == KEY_FINISH) {
		lines->old = STR_EMPTY;
		return 0;
	}
	if (pick_key(arena, lines, given, &picked, err) < 0)
		return err_pass(err);
	lines->next = picked;
	if (step == KEY_PREPARE)
		return 0;
	lines->old = lines->current;
	lines->current = picked;
	lines->next = STR_EMPTY;
	return 0;
}

int keyring_step(const char *path, enum key_step step, struct str new_key, struct err *err)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	char bytes[TEXT_MOST], made[TEXT_MOST], place[PATH_MAX];
	struct key_lines lines;
	struct stat state;
	struct str text;
	int code, len;

	ready();
	if (!realpath(path, place))
		return err_errno(err, "open the key file %s", path);
	code = read_text(place, bytes, &text, &state, err);
	if (code == 0)
		code = read_lines(text, &lines, err);
	if (code == 0)
		code = change_lines(&arena, step, new_key, &lines, err);
	if (code == 0) {
		len = snprintf(made, sizeof(made), "%.*s\n%s%.*s%s%s%.*s%s", STR_ARG(lines.current),
		               lines.next.len ? "next " : "", STR_ARG(lines.next), lines.next.len ? "\n" : "",
		               lines.old.len ? "old " : "", STR_ARG(lines.old), lines.old.len ? "\n" : "");
		code = put_text(place, str_range(made, (size_t)len), err);
		sodium_memzero(made, sizeof(made));
	}
	sodium_memzero(bytes, sizeof(bytes));
	return code;
}

int keyring_standing(const char *path, struct key_standing *ret, struct err *err)
{
	struct key_lines lines;
	char bytes[TEXT_MOST];
	struct stat state;
	struct str text;
	int code;

	*ret = (struct key_standing) { .from_environment = from_environment("SUTURE_KEY") != NULL };
	if (ret->from_environment) {
		ret->has_old = from_environment("SUTURE_KEY_OLD") != NULL;
		return 0;
	}
	code = read_text(path, bytes, &text, &state, err);
	if (code == 0)
		code = read_lines(text, &lines, err);
	if (code == 0) {
		ret->has_old = lines.old.len > 0;
		ret->has_next = lines.next.len > 0;
		ret->file_ms = (int64_t)state.st_mtim.tv_sec * 1000;
	}
	sodium_memzero(bytes, sizeof(bytes));
	return code;
}

/* ---- blind hashes ---- */

struct str keyring_blinds(const struct keyring *ring, struct arena *arena)
{
	return arena_str(arena, str_range((const char *)ring->state->blinds, sizeof(ring->state->blinds)));
}

int keyring_take_blinds(const struct keyring *ring, struct str blinds, struct err *err)
{
	if (blinds.len != sizeof(ring->state->blinds))
		return err_set(err, ERR_KEY, "the lasting keys are of another version");
	memcpy(ring->state->blinds, blinds.at, blinds.len);
	return 0;
}

struct digest16 box_blind(const struct keyring *ring, const char *context, struct str plain)
{
	struct digest16 hash;
	size_t i = 0;

	while (i < BLINDS && strcmp(blind_contexts[i], context) != 0)
		i++;
	ensure(i < BLINDS);
	must(crypto_generichash(hash.bytes, sizeof(hash.bytes), (const unsigned char *)plain.at, plain.len,
	                        ring->state->blinds[i], BLIND_LEN) == 0);
	return hash;
}
