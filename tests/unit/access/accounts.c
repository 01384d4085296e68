/* Accounts: names, roles, and that somebody always can manage them. */
#include "house.h"

static const bool yes = true, no = false;
static const enum role admin = ROLE_ADMIN, viewer = ROLE_VIEWER;

static void roles(void **state)
{
	unsigned rights;
	enum role role;
	SCOPED(arena) struct arena arena = ARENA_INIT;

	(void)state;
	assert_true(role_of_name(STR("auditor"), &role));
	assert_int_equal(role, ROLE_AUDITOR);
	assert_false(role_of_name(STR("root"), &role));
	assert_int_equal(role_rights(ROLE_ADMIN), RIGHTS_ALL);
	assert_true(rights_of_names(STR("see, work  values"), &rights));
	assert_int_equal(rights, RIGHT_SEE | RIGHT_WORK | RIGHT_VALUES);
	assert_str(rights_names(&arena, rights), "see, values, work");
	assert_false(rights_of_names(STR("see,all"), &rights));
}

static void names(void **state)
{
	struct house house, *h = &house;
	const struct account_new again = { .name = STR("ANN"), .role = ROLE_VIEWER },
	                         bad = { .name = STR("a b"), .role = ROLE_VIEWER },
	                         empty = { .name = STR(" "), .role = ROLE_VIEWER };
	struct account account;
	struct str code;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_ADMIN);
	REFUSED(account_add(&h->engine, &h->arena, &again, &account, &code, &h->err), ERR_CONFLICT);
	REFUSED(account_add(&h->engine, &h->arena, &bad, &account, &code, &h->err), ERR_DATA);
	REFUSED(account_add(&h->engine, &h->arena, &empty, &account, &code, &h->err), ERR_DATA);
	FINE(account_find(&h->engine, &h->arena, STR("Ann"), &account, &h->err));
	assert_str(account.display, "ann");
	REFUSED(account_find(&h->engine, &h->arena, STR("bob"), &account, &h->err), ERR_NOT_FOUND);
	REFUSED(account_get(&h->engine, &h->arena, 99, &account, &h->err), ERR_NOT_FOUND);
	house_close(h);
}

static void the_last_admin_stays(void **state)
{
	struct house house, *h = &house;
	const struct account_change disable = { .disabled = &yes }, demote = { .role = &viewer },
	                            promote = { .role = &admin };
	struct account ann, bea, ignored;

	(void)state;
	house_open(h);
	ann = house_add(h, STR("ann"), ROLE_ADMIN);
	bea = house_add(h, STR("bea"), ROLE_VIEWER);
	REFUSED(account_change(&h->engine, &h->arena, ann.id, &disable, &ignored, &h->err), ERR_CONFLICT);
	REFUSED(account_change(&h->engine, &h->arena, ann.id, &demote, &ignored, &h->err), ERR_CONFLICT);
	FINE(account_change(&h->engine, &h->arena, bea.id, &promote, &bea, &h->err));
	FINE(account_change(&h->engine, &h->arena, ann.id, &disable, &ann, &h->err));
	/* A disabled or invited one does not count. */
	REFUSED(account_change(&h->engine, &h->arena, bea.id, &demote, &ignored, &h->err), ERR_CONFLICT);
	house_close(h);
}

static void invited_admins_do_not_count(void **state)
{
	struct house house, *h = &house;
	const struct account_new fresh = { .name = STR("bea"), .role = ROLE_ADMIN };
	const struct account_change disable = { .disabled = &yes };
	struct account ann, bea;
	struct str code;

	(void)state;
	house_open(h);
	ann = house_add(h, STR("ann"), ROLE_ADMIN);
	FINE(account_add(&h->engine, &h->arena, &fresh, &bea, &code, &h->err));
	REFUSED(account_change(&h->engine, &h->arena, ann.id, &disable, &ann, &h->err), ERR_CONFLICT);
	house_close(h);
}

static void disabled_and_back(void **state)
{
	struct house house, *h = &house;
	const struct account_change disable = { .disabled = &yes }, enable = { .disabled = &no };
	struct account bea;
	struct signed_in in;
	struct str code;

	(void)state;
	house_open(h);
	bea = house_add(h, STR("bea"), ROLE_VIEWER);
	FINE(account_change(&h->engine, &h->arena, bea.id, &disable, &bea, &h->err));
	assert_int_equal(house_try(h, STR("bea"), GOOD, HOME, &in), ERR_AUTH);
	REFUSED(account_invite(&h->engine, &h->arena, bea.id, &code, &h->err), ERR_CONFLICT);
	FINE(account_change(&h->engine, &h->arena, bea.id, &enable, &bea, &h->err));
	assert_int_equal(bea.state, ACCOUNT_ACTIVE);
	house_sign_in(h, STR("bea"));
	assert_true(house_noted(h, "test", "account changed", "account bea"));
	house_close(h);
}

static void the_list_counts(void **state)
{
	struct house house, *h = &house;
	struct account *all;
	size_t count;

	(void)state;
	house_open(h);
	house_add(h, STR("bea"), ROLE_VIEWER);
	house_add(h, STR("ann"), ROLE_ADMIN);
	house_sign_in(h, STR("bea"));
	house_sign_in(h, STR("bea"));
	FINE(account_list(&h->engine, &h->arena, &all, &count, &h->err));
	assert_int_equal(count, 2);
	assert_str(all[0].name, "ann");
	assert_int_equal(all[0].sessions, 0);
	assert_int_equal(all[1].sessions, 2);
	assert_int_equal(all[1].seen_ms, noon);
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles),
		cmocka_unit_test(names),
		cmocka_unit_test(the_last_admin_stays),
		cmocka_unit_test(invited_admins_do_not_count),
		cmocka_unit_test(disabled_and_back),
		cmocka_unit_test(the_list_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
