/* Growing waits, of a name, of an address, and of who is known there. */
#include "house.h"

enum { FREE = 5 };

static void fail_free_ones(struct house *h, struct str name, struct str peer)
{
	struct signed_in in;

	for (int i = 0; i < FREE; i++)
		assert_int_equal(house_try(h, name, OTHER, peer, &in), ERR_AUTH);
}

static void waits_grow(void **state)
{
	struct house house, *h = &house;
	static const int64_t waits[] = { 5, 10, 20, 40, 80, 160, 320, 640, 900, 900 };
	struct signed_in in;
	int64_t at = noon;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_VIEWER);
	fail_free_ones(h, STR("ann"), HOME);
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		/* The right password does not help while one has to wait. */
		assert_int_equal(house_try(h, STR("ann"), GOOD, HOME, &in), ERR_RATE);
		assert_int_equal(in.wait_ms, waits[i] * 1000);
		at += waits[i] * 1000;
		clock_fix(at);
		assert_int_equal(house_try(h, STR("ann"), OTHER, HOME, &in), ERR_AUTH);
	}
	assert_non_null(strstr(h->err.text, "fit"));
	house_close(h);
}

static void success_forgets(void **state)
{
	struct house house, *h = &house;
	struct signed_in in;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_VIEWER);
	fail_free_ones(h, STR("ann"), HOME);
	clock_fix(noon + 5000);
	assert_int_equal(house_try(h, STR("ann"), GOOD, HOME, &in), 0);
	fail_free_ones(h, STR("ann"), HOME);
	house_close(h);
}

/* As an unknown name gets the same waits, they do not tell who has an account. */
static void unknown_names_wait_too(void **state)
{
	struct house house, *h = &house;
	struct signed_in in;

	(void)state;
	house_open(h);
	fail_free_ones(h, STR("nobody"), HOME);
	assert_int_equal(house_try(h, STR("nobody"), OTHER, HOME, &in), ERR_RATE);
	assert_int_equal(in.wait_ms, 5000);
	house_close(h);
}

static void others_cannot_lock_out(void **state)
{
	struct house house, *h = &house;
	struct signed_in in;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_VIEWER);
	house_sign_in(h, STR("ann"));
	fail_free_ones(h, STR("ann"), ELSEWHERE);
	assert_int_equal(house_try(h, STR("ann"), GOOD, ELSEWHERE, &in), ERR_RATE);
	assert_int_equal(house_try(h, STR("ann"), GOOD, HOME, &in), 0);
	/* Her success at home does not help whoever is at it elsewhere. */
	assert_int_equal(house_try(h, STR("ann"), OTHER, ELSEWHERE, &in), ERR_RATE);
	house_close(h);
}

/* Many names from one address: the address waits. */
static void an_address_waits(void **state)
{
	struct house house, *h = &house;
	struct signed_in in;
	int i;

	(void)state;
	house_open(h);
	for (i = 0; i < 20; i++)
		assert_int_equal(house_try(h, arena_printf(&h->arena, "name%d", i), OTHER, HOME, &in), ERR_AUTH);
	assert_int_equal(house_try(h, STR("another"), OTHER, HOME, &in), ERR_RATE);
	assert_int_equal(house_try(h, STR("another"), OTHER, ELSEWHERE, &in), ERR_AUTH);
	house_close(h);
}

static void an_ipv6_network_is_one(void **state)
{
	struct house house, *h = &house;
	struct signed_in in;

	(void)state;
	house_open(h);
	for (int i = 0; i < 20; i++)
		assert_int_equal(house_try(h, arena_printf(&h->arena, "name%d", i), OTHER,
		                           arena_printf(&h->arena, "2001:db8::%d", i), &in),
		                 ERR_AUTH);
	assert_int_equal(house_try(h, STR("another"), OTHER, STR("2001:db8::ffff"), &in), ERR_RATE);
	assert_int_equal(house_try(h, STR("another"), OTHER, STR("2001:db8:1::1"), &in), ERR_AUTH);
	house_close(h);
}

static void a_day_forgets(void **state)
{
	struct house house, *h = &house;
	struct signed_in in;

	(void)state;
	house_open(h);
	fail_free_ones(h, STR("ann"), HOME);
	clock_fix(noon + (int64_t)24 * 3600 * 1000 + 1);
	fail_free_ones(h, STR("ann"), HOME);
	assert_int_equal(house_try(h, STR("ann"), OTHER, HOME, &in), ERR_RATE);
	assert_int_equal(in.wait_ms, 5000);
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_grow),
		cmocka_unit_test(success_forgets),
		cmocka_unit_test(unknown_names_wait_too),
		cmocka_unit_test(others_cannot_lock_out),
		cmocka_unit_test(an_address_waits),
		cmocka_unit_test(an_ipv6_network_is_one),
		cmocka_unit_test(a_day_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
