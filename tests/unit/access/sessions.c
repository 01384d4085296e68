/* What a session is worth, and when it ends. */
#include "house.h"

static void a_check_knows_who(void **state)
{
	struct house house, *h = &house;
	struct signed_in in;
	struct person who;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_AUDITOR);
	in = house_sign_in(h, STR("ann"));
	assert_int_equal(house_check(h, in.cookie, &who), 0);
	assert_str(access_who(&h->arena, &who), "console:ann");
	assert_int_equal(who.rights, RIGHT_SEE | RIGHT_VALUES | RIGHT_AUDIT);
	assert_true(access_csrf_fits(&who, in.csrf));
	assert_false(access_csrf_fits(&who, STR_EMPTY));
	assert_false(access_csrf_fits(&who, in.cookie));
	assert_int_equal(house_check(h, STR_EMPTY, &who), ERR_AUTH);
	assert_int_equal(house_check(h, STR("made up"), &who), ERR_AUTH);
	house_close(h);
}

/* Whoever reads the database cannot sign in with what stands there. */
static int cookies_in(struct db *db, void *context, struct err *err)
{
	static const struct statement LOOK = {
		"SELECT COUNT(*) AS n FROM session WHERE CAST(hash AS TEXT) = $1 OR agent = $1"
	};
	struct signed_in *in = context;
	int64_t count = 0;

	if (db_number(db, &LOOK, BIND(bind_text(in->cookie)), 0, &count, err) < 0)
		return err_pass(err);
	return (int)count;
}

static void only_hashes_are_stored(void **state)
{
	struct house house, *h = &house;
	struct signed_in in;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_VIEWER);
	in = house_sign_in(h, STR("ann"));
	assert_int_equal(store_read(h->engine.store, cookies_in, &in, &h->err), 0);
	house_close(h);
}

static void idle_limit(void **state)
{
	struct house house, *h = &house;
	const int64_t minute = 60000;
	struct signed_in in;
	struct person who;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_VIEWER);
	in = house_sign_in(h, STR("ann"));
	assert_int_equal(in.person.idle_ms, 15 * minute);
	clock_fix(noon + 10 * minute);
	assert_int_equal(house_check(h, in.cookie, &who), 0);
	assert_int_equal(who.idle_ms, 15 * minute);
	clock_fix(noon + 20 * minute);
	/* What a page asks by itself does not keep it open. */
	FINE(access_look(h->access, &h->arena, in.cookie, STR_EMPTY, HOME, &who, &h->err));
	assert_int_equal(who.idle_ms, 5 * minute);
	clock_fix(noon + 25 * minute);
	assert_int_equal(house_check(h, in.cookie, &who), ERR_AUTH);
	house_close(h);
}

static void absolute_limit(void **state)
{
	struct house house, *h = &house;
	const int64_t step = (int64_t)10 * 60000;
	struct signed_in in;
	struct person who;
	int64_t at = noon;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_VIEWER);
	in = house_sign_in(h, STR("ann"));
	while (at + step < noon + access_defaults.absolute_ms) {
		at += step;
		clock_fix(at);
		assert_int_equal(house_check(h, in.cookie, &who), 0);
	}
	assert_int_equal(who.ends_ms, noon + access_defaults.absolute_ms);
	clock_fix(at + step);
	assert_int_equal(house_check(h, in.cookie, &who), ERR_AUTH);
	house_close(h);
}

static void signed_out_is_out(void **state)
{
	struct house house, *h = &house;
	struct signed_in in;
	struct person who;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_VIEWER);
	in = house_sign_in(h, STR("ann"));
	FINE(access_sign_out(h->access, &in.person, &h->err));
	assert_int_equal(house_check(h, in.cookie, &who), ERR_AUTH);
	assert_true(house_noted(h, "console:ann", "signed out", "account ann"));
	house_close(h);
}

/* A change counts from the next request on, whoever made it. */
static void changes_count_at_once(void **state)
{
	struct house house, *h = &house;
	const enum role viewer = ROLE_VIEWER;
	const bool yes = true;
	const struct account_change demote = { .role = &viewer }, disable = { .disabled = &yes };
	struct account bea;
	struct signed_in in;
	struct person who;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_ADMIN);
	bea = house_add(h, STR("bea"), ROLE_ADMIN);
	in = house_sign_in(h, STR("bea"));
	FINE(account_change(&h->engine, &h->arena, bea.id, &demote, &bea, &h->err));
	assert_int_equal(house_check(h, in.cookie, &who), 0);
	assert_int_equal(who.rights, RIGHT_SEE);
	FINE(account_change(&h->engine, &h->arena, bea.id, &disable, &bea, &h->err));
	assert_int_equal(house_check(h, in.cookie, &who), ERR_AUTH);
	house_close(h);
}

static void cookies(void **state)
{
	struct house house, *h = &house;
	const struct access_options secure = { .secure = true, .cost = { .passes = 1, .memory = 8192 } };

	(void)state;
	house_open(h);
	assert_str(access_set_cookie(h->access, &h->arena, STR("x")), "suture=x; Path=/; HttpOnly; SameSite=Strict");
	access_close(&h->access);
	FINE(access_open(&h->engine, &secure, &h->access, &h->err));
	assert_str(access_set_cookie(h->access, &h->arena, STR("x")),
	           "__Host-suture=x; Path=/; HttpOnly; SameSite=Strict; Secure");
	assert_str(access_set_cookie(h->access, &h->arena, STR_EMPTY),
	           "__Host-suture=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0");
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_check_knows_who), cmocka_unit_test(only_hashes_are_stored),
		cmocka_unit_test(idle_limit),        cmocka_unit_test(absolute_limit),
		cmocka_unit_test(signed_out_is_out), cmocka_unit_test(changes_count_at_once),
		cmocka_unit_test(cookies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
