/* Which passwords are taken. */
#include "house.h"

#include "access/rules.h"

static void passwords(void **state)
{
	static const struct {
		const char *password;
		bool taken;
	} rows[] = {
		{ "copper violin under rain", true },
		{ "x7#Kq2!pLm9z", true },
		{ "tr\xc3\xa8s long m\xc3\xb6t", true },
		{ "eleven char", false },
		{ "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc", false }, /* 12 bytes, 6 characters */
		{ "password1234", false },
		{ "Password-2026!", false },
		{ "PASSWORDpassword", false },
		{ "sutureSUTURE1", false },
		{ "aaaaaaaaaaaa", false },
		{ "abababababab", false },
		{ "123456789012", false },
		{ "abcdefghijkl", false },
		{ "987654321098", false },
		{ "annlee-annlee", false },
		{ "annlee-2026!", false },
		{ "annlee likes tulips", true },
		{ "qwertyuiop123", false },
		{ "", false },
	};
	SCOPED(arena) struct arena arena = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		const bool taken = rules_password(&arena, str_of(rows[i].password), STR("annlee"), &err) == 0;

		if (taken != rows[i].taken)
			fail_msg("'%s': %s", rows[i].password, taken ? "taken" : err.text);
	}
}

static void too_long(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	char *text = arena_alloc_bytes(&arena, 2000);
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 2000; i++)
		text[i] = (char)('a' + i * 7 % 26);
	assert_int_equal(rules_password(&arena, str_range(text, 1024), STR("ann"), &err), 0);
	assert_int_equal(rules_password(&arena, str_range(text, 1025), STR("ann"), &err), ERR_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(passwords), cmocka_unit_test(too_long) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
