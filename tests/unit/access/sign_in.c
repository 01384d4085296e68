/* From a name and a password to a session; the first account; invitations. */
#include "house.h"

static void right_and_wrong(void **state)
{
	struct house house, *h = &house;
	struct signed_in in;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_OPERATOR);
	in = house_sign_in(h, STR(" Ann "));
	assert_str(in.person.name, "ann");
	assert_int_equal(in.person.role, ROLE_OPERATOR);
	assert_int_equal(in.person.rights, RIGHT_SEE | RIGHT_VALUES | RIGHT_WORK);
	assert_true(in.cookie.len >= 43 && in.csrf.len >= 43 && !str_eq(in.cookie, in.csrf));
	assert_int_equal(house_try(h, STR("ann"), OTHER, HOME, &in), ERR_AUTH);
	assert_int_equal(in.cookie.len, 0);
	assert_true(house_noted(h, "console:ann", "signed in", "account ann"));
	assert_true(house_noted(h, "web:192.0.2.7", "sign-in failed", "account ann"));
	house_close(h);
}

/* Whether the name, the password or the account is the reason: the same code, the same words. */
static void same_answer_for_all(void **state)
{
	struct house house, *h = &house;
	struct account_new invited = { .name = STR("carl"), .role = ROLE_VIEWER };
	const bool yes = true;
	const struct account_change disable = { .disabled = &yes };
	struct account bea, carl;
	struct signed_in in;
	struct str words, code;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_ADMIN);
	bea = house_add(h, STR("bea"), ROLE_VIEWER);
	FINE(account_change(&h->engine, &h->arena, bea.id, &disable, &bea, &h->err));
	FINE(account_add(&h->engine, &h->arena, &invited, &carl, &code, &h->err));
	assert_int_equal(house_try(h, STR("ann"), OTHER, HOME, &in), ERR_AUTH);
	words = arena_str(&h->arena, str_of(h->err.text));
	assert_int_equal(house_try(h, STR("bea"), GOOD, HOME, &in), ERR_AUTH);
	assert_str(words, h->err.text);
	assert_int_equal(house_try(h, STR("carl"), GOOD, HOME, &in), ERR_AUTH);
	assert_str(words, h->err.text);
	assert_int_equal(house_try(h, STR("nobody"), GOOD, HOME, &in), ERR_AUTH);
	assert_str(words, h->err.text);
	assert_int_equal(house_try(h, STR("not a name!"), GOOD, HOME, &in), ERR_AUTH);
	assert_str(words, h->err.text);
	assert_true(house_noted(h, "web:192.0.2.7", "sign-in failed", "no such account"));
	house_close(h);
}

/* Fixation: a sign-in always makes a new session and ends the one that the browser had. */
static void a_new_session_each_time(void **state)
{
	struct house house, *h = &house;
	struct signed_in first, second;
	struct sign_in asked = { .name = STR("ann"), .password = GOOD, .peer = HOME };
	struct person who;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_VIEWER);
	first = house_sign_in(h, STR("ann"));
	asked.cookie = first.cookie;
	FINE(access_sign_in(h->access, &h->arena, &asked, &second, &h->err));
	assert_false(str_eq(first.cookie, second.cookie));
	assert_int_equal(house_check(h, first.cookie, &who), ERR_AUTH);
	assert_int_equal(house_check(h, second.cookie, &who), 0);
	house_close(h);
}

static void first_account(void **state)
{
	struct house house, *h = &house;
	struct first_account asked = { .code = STR("AAAAA-AAAAA-AAAAA-AAAAA"),
		                       .display = STR("Ann Lee"),
		                       .sign_in = { .name = STR("ann"), .password = GOOD, .peer = HOME } };
	struct signed_in in;
	struct str code;

	(void)state;
	house_open(h);
	FINE(access_setup_code(h->access, &h->arena, &code, &h->err));
	assert_int_equal(code.len, 23);
	REFUSED(access_first_account(h->access, &h->arena, &asked, &in, &h->err), ERR_AUTH);
	asked.code = code;
	asked.sign_in.password = STR("password2026");
	REFUSED(access_first_account(h->access, &h->arena, &asked, &in, &h->err), ERR_DATA);
	asked.sign_in.password = GOOD;
	FINE(access_first_account(h->access, &h->arena, &asked, &in, &h->err));
	assert_int_equal(in.person.role, ROLE_ADMIN);
	assert_str(in.person.display, "Ann Lee");
	FINE(access_setup_code(h->access, &h->arena, &code, &h->err));
	assert_int_equal(code.len, 0);
	asked.sign_in.name = STR("mallory");
	REFUSED(access_first_account(h->access, &h->arena, &asked, &in, &h->err), ERR_CONFLICT);
	house_close(h);
}

static void invitation(void **state)
{
	struct house house, *h = &house;
	const struct account_new fresh = { .name = STR("bea"), .role = ROLE_VIEWER };
	struct sign_in asked = { .password = GOOD, .peer = HOME };
	struct account bea;
	struct signed_in in;
	struct str code;

	(void)state;
	house_open(h);
	FINE(account_add(&h->engine, &h->arena, &fresh, &bea, &code, &h->err));
	assert_int_equal(bea.state, ACCOUNT_INVITED);
	FINE(access_invited(h->access, &h->arena, code, &bea, &h->err));
	assert_str(bea.name, "bea");
	FINE(access_accept(h->access, &h->arena, code, &asked, &in, &h->err));
	assert_str(in.person.name, "bea");
	REFUSED(access_accept(h->access, &h->arena, code, &asked, &in, &h->err), ERR_AUTH);
	house_sign_in(h, STR("bea"));
	/* A new one takes the password away and ends what is open. */
	FINE(account_invite(&h->engine, &h->arena, bea.id, &code, &h->err));
	assert_int_equal(house_check(h, in.cookie, &in.person), ERR_AUTH);
	assert_int_equal(house_try(h, STR("bea"), GOOD, HOME, &in), ERR_AUTH);
	clock_fix(noon + (int64_t)3 * 24 * 3600 * 1000);
	REFUSED(access_accept(h->access, &h->arena, code, &asked, &in, &h->err), ERR_AUTH);
	house_close(h);
}

static void own_password(void **state)
{
	struct house house, *h = &house;
	struct signed_in here, there;
	struct person who;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_VIEWER);
	here = house_sign_in(h, STR("ann"));
	there = house_sign_in(h, STR("ann"));
	REFUSED(access_change_password(h->access, &h->arena, &here.person, OTHER, OTHER, HOME, &h->err), ERR_AUTH);
	REFUSED(access_change_password(h->access, &h->arena, &here.person, GOOD, STR("short"), HOME, &h->err),
	        ERR_DATA);
	FINE(access_change_password(h->access, &h->arena, &here.person, GOOD, OTHER, HOME, &h->err));
	assert_int_equal(house_check(h, here.cookie, &who), 0);
	assert_int_equal(house_check(h, there.cookie, &who), ERR_AUTH);
	assert_int_equal(house_try(h, STR("ann"), GOOD, HOME, &there), ERR_AUTH);
	assert_int_equal(house_try(h, STR("ann"), OTHER, HOME, &there), 0);
	assert_true(house_noted(h, "console:ann", "password set", "account ann"));
	house_close(h);
}

/* A password that was hashed cheaper is hashed anew when it is typed. */
static void hashed_anew(void **state)
{
	struct house house, *h = &house;
	const struct access_options dearer = { .cost = { .passes = 2, .memory = 16384 } };
	struct account ann;

	(void)state;
	house_open(h);
	house_add(h, STR("ann"), ROLE_VIEWER);
	access_close(&h->access);
	FINE(access_open(&h->engine, &dearer, &h->access, &h->err));
	house_sign_in(h, STR("ann"));
	FINE(account_find(&h->engine, &h->arena, STR("ann"), &ann, &h->err));
	assert_true(str_find(ann.password, STR("m=16,t=2")) > 0);
	house_sign_in(h, STR("ann"));
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_and_wrong),
		cmocka_unit_test(same_answer_for_all),
		cmocka_unit_test(a_new_session_each_time),
		cmocka_unit_test(first_account),
		cmocka_unit_test(invitation),
		cmocka_unit_test(own_password),
		cmocka_unit_test(hashed_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
