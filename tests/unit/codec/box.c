/* Payloads at rest: come back exactly (R2), open nowhere else, and show nothing. */
#include "unit.h"

#include "codec/box.h"
#include "codec/digest.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static const char key_a[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char key_b[] = "101112131415161718191a1b1c1d1e1f000102030405060708090a0b0c0d0e0f";

static struct keyring *ring_of(const char *key)
{
	struct keyring *ring = NULL;
	struct err err = ERR_INIT;

	assert_ok(keyring_open(str_of(key), &ring, &err), err);
	return ring;
}

static const char patient[] =
        "{\"id\":\"pat-1\",\"first_name\":\"Invented\",\"last_name\":\"Person\",\"dob\":\"1985-02-19\","
        "\"address_city\":\"Salem\",\"address_country\":\"United States\",\"gender_identity\":null,"
        "\"electronic_communication_consent_accepted\":true,\"membership_status\":\"active\","
        "\"phones\":[{\"number\":\"2085550163\",\"type\":\"mobile\",\"us_formattable\":true}]}";

static void assert_comes_back(const struct keyring *ring, struct str plain)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str sealed = exact_copy(box_seal(ring, &arena, "staged.body", plain)), opened;
	struct err err = ERR_INIT;

	assert_ok(box_open(ring, &arena, "staged.body", sealed, &opened, &err), err);
	assert_str(opened, plain);
	free((char *)sealed.at);
}

static void test_r2_comes_back(void **state UNUSED)
{
	struct keyring *ring = ring_of(key_a);
	SCOPED(buf) struct buf large = BUF_INIT(8 << 20);
	char noise[4096];

	assert_comes_back(ring, STR_EMPTY);
	assert_comes_back(ring, STR("x"));
	assert_comes_back(ring, STR("\0\xff\0"));
	assert_comes_back(ring, str_of(patient));
	digest_random(noise, sizeof(noise));
	assert_comes_back(ring, str_range(noise, sizeof(noise)));
	while (large.len < 5 << 20)
		buf_add_c(&large, patient);
	assert_comes_back(ring, buf_str(&large));
	keyring_free(&ring);
	assert_null(ring);
}

/* The dictionary is there to make one short record small: without it this one would be about 300 bytes. */
static void test_the_dictionary_works(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keyring *ring = ring_of(key_a);

	assert_true(box_seal(ring, &arena, "c", str_of(patient)).len < sizeof(patient) / 2);
	keyring_free(&ring);
}

static void test_nothing_shows(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keyring *ring = ring_of(key_a);
	struct str one = box_seal(ring, &arena, "c", str_of(patient)),
	           two = box_seal(ring, &arena, "c", str_of(patient));

	assert_int_equal(str_find(one, STR("Invented")), -1);
	assert_int_equal(str_find(one, STR("pat-1")), -1);
	assert_false(str_eq(str_skip(one, 2), str_skip(two, 2)));
	keyring_free(&ring);
}

static void assert_shut(const struct keyring *ring, const char *context, struct str sealed)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct str copy = exact_copy(sealed), opened = STR_EMPTY;
	struct err err = ERR_INIT;

	assert_int_equal(box_open(ring, &arena, context, copy, &opened, &err), ERR_KEY);
	assert_int_equal(opened.len, 0);
	free((char *)copy.at);
}

static void test_any_changed_bit_is_noticed(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keyring *ring = ring_of(key_a);
	struct str sealed = box_seal(ring, &arena, "staged.body", STR("a short text"));

	for (size_t bit = 0; bit < sealed.len * 8; bit++) {
		struct str changed = arena_str(&arena, sealed);

		((char *)changed.at)[bit / 8] ^= (char)(1 << bit % 8);
		assert_shut(ring, "staged.body", changed);
	}
	for (size_t len = 0; len < sealed.len; len++)
		assert_shut(ring, "staged.body", str_range(sealed.at, len));
	assert_shut(ring, "staged.body", arena_printf(&arena, "%.*sx", STR_ARG(sealed)));
	keyring_free(&ring);
}

static void test_a_box_stays_in_its_place(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keyring *ring = ring_of(key_a), *other = ring_of(key_b);
	struct str sealed = box_seal(ring, &arena, "staged.body", STR("text"));

	assert_shut(ring, "outbox.body", sealed);
	assert_shut(ring, "staged.bod", sealed);
	assert_shut(ring, "", sealed);
	assert_shut(other, "staged.body", sealed);
	/* Even when the other key happened to have the same number. */
	((char *)sealed.at)[1] = box_seal(other, &arena, "x", STR("y")).at[1];
	assert_shut(other, "staged.body", sealed);
	keyring_free(&ring);
	keyring_free(&other);
}

/* Sealed by the first version of this program: what lies in databases must open for ever. */
static void test_an_old_box_opens(void **state UNUSED)
{
	static const char hex[] =
	        "01c35767dbeab69e064fb3932df20d5637f2b83ba7a0437f9d3c95146d1df7bf1fc665507c424e92ff93d5fcceed788aeb82"
	        "0036cd9403e3423185c787dc33d2b846cde5caa5ad78afe92a283370a8256f300cc2e00f8cfd2a820c578452eecfdcd55462"
	        "580bfdc5c72de179383e0ea09bcd2677a2";
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keyring *ring = ring_of(key_a);
	struct err err = ERR_INIT;
	struct str sealed, opened;

	assert_true(digest_unhex(&arena, str_of(hex), &sealed));
	assert_ok(box_open(ring, &arena, "staged.body", sealed, &opened, &err), err);
	assert_text(opened, patient);
	keyring_free(&ring);
}

static void *seal_many(void *ring)
{
	for (int i = 0; i < 500; i++)
		assert_comes_back(ring, str_of(patient));
	return NULL;
}

static void test_threads_share_a_keyring(void **state UNUSED)
{
	struct keyring *ring = ring_of(key_a);
	pthread_t threads[4];

	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, seal_many, ring), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	keyring_free(&ring);
}

static void test_keys(void **state UNUSED)
{
	static const char *const bad[] = {
		"",
		"00",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00",
	};
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keyring *ring = NULL;
	struct err err = ERR_INIT;
	struct str made = keyring_generate(&arena);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(keyring_open(str_of(bad[i]), &ring, &err), ERR_KEY);
		assert_null(ring);
	}
	assert_int_equal(made.len, 64);
	assert_false(str_eq(made, keyring_generate(&arena)));
	ring = ring_of(arena_printf(&arena, "%.*s\n", STR_ARG(made)).at);
	keyring_free(&ring);
	keyring_free(&ring);
}

static void write_key(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void test_loading(void **state UNUSED)
{
	char folder[] = "/tmp/suture-box-XXXXXX";
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keyring *ring = NULL;
	struct err err = ERR_INIT;
	const char *path;

	assert_non_null(mkdtemp(folder));
	path = arena_printf(&arena, "%s/key", folder).at;
	unsetenv("SUTURE_KEY");
	assert_int_equal(keyring_load(path, &ring, &err), ERR_KEY);
	assert_non_null(strstr(err.text, "SUTURE_KEY"));
	write_key(path, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0640);
	assert_int_equal(keyring_load(path, &ring, &err), ERR_KEY);
	assert_non_null(strstr(err.text, "chmod 600"));
	assert_int_equal(chmod(path, 0600), 0);
	assert_ok(keyring_load(path, &ring, &err), err);
	keyring_free(&ring);
	write_key(path, "not a key", 0600);
	assert_int_equal(keyring_load(path, &ring, &err), ERR_KEY);
	assert_null(strstr(err.text, "not a key"));
	assert_int_equal(keyring_load(folder, &ring, &err), ERR_KEY);
	unlink(path);
	rmdir(folder);
}

static unsigned char number_of(const char *key)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keyring *ring = ring_of(key);
	unsigned char number = (unsigned char)keyring_number(ring, &arena).at[0];

	keyring_free(&ring);
	return number;
}

/* A new key that has the number of `like`, or, where that is NULL, another one than `current`. */
static const char *next_key(struct arena *arena, const char *current, const char *like)
{
	unsigned char taken = number_of(current), wanted = like ? number_of(like) : 0;
	const char *key;

	do {
		key = arena_text(arena, keyring_generate(arena));
	} while (like ? number_of(key) != wanted : number_of(key) == taken);
	return key;
}

/* A daemon runs for years: it takes the twentieth new key as it took the first, and one that happens to have the number of one that is forgotten. */
static void test_a_process_takes_every_change_of_the_key(void **state UNUSED)
{
	enum { CHANGES = 20, REPEATS = 7 };
	char folder[] = "/tmp/suture-box-XXXXXX";
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keyring *ring = NULL, *fresh;
	struct err err = ERR_INIT;
	const char *path, *keys[CHANGES + 1] = { key_a };
	struct str opened;

	assert_non_null(mkdtemp(folder));
	path = arena_printf(&arena, "%s/key", folder).at;
	write_key(path, key_a, 0600);
	assert_ok(keyring_load(path, &ring, &err), err);
	for (size_t i = 1; i <= CHANGES; i++) {
		keys[i] = next_key(&arena, keys[i - 1], i == REPEATS ? keys[0] : NULL);
		unlink(path);
		write_key(path, arena_printf(&arena, "%s\nold %s\n", keys[i], keys[i - 1]).at, 0600);
		keyring_look(ring);
		fresh = ring_of(keys[i]);
		assert_ok(box_open(ring, &arena, "c", box_seal(fresh, &arena, "c", STR("x")), &opened, &err), err);
		assert_ok(box_open(fresh, &arena, "c", box_seal(ring, &arena, "c", STR("x")), &opened, &err), err);
		keyring_free(&fresh);
	}
	keyring_free(&ring);
	write_key(path, arena_printf(&arena, "%s\nold %s\n", keys[REPEATS], keys[0]).at, 0600);
	assert_int_equal(keyring_load(path, &ring, &err), ERR_KEY);
	unlink(path);
	rmdir(folder);
}

static void test_the_environment_comes_first(void **state UNUSED)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keyring *ring = NULL, *same = ring_of(key_a);
	struct err err = ERR_INIT;
	struct str opened;

	setenv("SUTURE_KEY", key_a, 1);
	assert_ok(keyring_load("/nonexistent", &ring, &err), err);
	assert_ok(box_open(ring, &arena, "c", box_seal(same, &arena, "c", STR("x")), &opened, &err), err);
	keyring_free(&ring);
	setenv("SUTURE_KEY", "short", 1);
	assert_int_equal(keyring_load("/nonexistent", &ring, &err), ERR_KEY);
	unsetenv("SUTURE_KEY");
	keyring_free(&same);
}

static void test_blind_needs_key_context_and_text(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct keyring *ring, *other;
	struct err err = ERR_INIT;
	struct digest16 hash, same, by_other, elsewhere, of_other;

	(void)state;
	assert_ok(keyring_open(keyring_generate(&arena), &ring, &err), err);
	assert_ok(keyring_open(keyring_generate(&arena), &other, &err), err);
	hash = box_blind(ring, "identity.match_key", STR("text"));
	same = box_blind(ring, "identity.match_key", STR("text"));
	by_other = box_blind(other, "identity.match_key", STR("text"));
	elsewhere = box_blind(ring, "identity.weak", STR("text"));
	of_other = box_blind(ring, "identity.match_key", STR("texu"));
	assert_memory_equal(&hash, &same, sizeof(hash));
	assert_memory_not_equal(&hash, &by_other, sizeof(hash));
	assert_memory_not_equal(&hash, &elsewhere, sizeof(hash));
	assert_memory_not_equal(&hash, &of_other, sizeof(hash));
	keyring_free(&ring);
	keyring_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blind_needs_key_context_and_text),
		cmocka_unit_test(test_r2_comes_back),
		cmocka_unit_test(test_the_dictionary_works),
		cmocka_unit_test(test_nothing_shows),
		cmocka_unit_test(test_any_changed_bit_is_noticed),
		cmocka_unit_test(test_a_box_stays_in_its_place),
		cmocka_unit_test(test_an_old_box_opens),
		cmocka_unit_test(test_threads_share_a_keyring),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_loading),
		cmocka_unit_test(test_a_process_takes_every_change_of_the_key),
		cmocka_unit_test(test_the_environment_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
