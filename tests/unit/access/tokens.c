/* API tokens: scopes, ends, and what revoking does. */
#include "house.h"

static struct token add(struct house *h, int64_t account_id, unsigned scopes, int64_t until_ms, struct str *ret_text)
{
	const struct token asked = {
		.account_id = account_id, .name = STR("backup"), .scopes = scopes, .until_ms = until_ms
	};
	struct token token;

	FINE(token_add(&h->engine, &h->arena, &asked, &token, ret_text, &h->err));
	return token;
}

static int check(struct house *h, struct str text, struct person *ret)
{
	h->err = (struct err)ERR_INIT;
	return access_check(h->access, &h->arena, STR_EMPTY, text, HOME, ret, &h->err);
}

static void scopes_are_cut_by_the_role(void **state)
{
	struct house house, *h = &house;
	const enum role viewer = ROLE_VIEWER;
	const struct account_change demote = { .role = &viewer };
	struct account bea;
	struct person who;
	struct str text;

	(void)state;
	house_open(h);
	bea = house_add(h, STR("bea"), ROLE_OPERATOR);
	add(h, bea.id, RIGHT_SEE | RIGHT_WORK, 0, &text);
	assert_true(str_starts(text, STR("sut_")) && text.len == 47);
	assert_int_equal(check(h, text, &who), 0);
	assert_int_equal(who.rights, RIGHT_SEE | RIGHT_WORK);
	assert_int_equal(who.session_id, 0);
	assert_true(access_csrf_fits(&who, STR_EMPTY));
	assert_str(access_who(&h->arena, &who), "token:bea/backup");
	FINE(account_change(&h->engine, &h->arena, bea.id, &demote, &bea, &h->err));
	assert_int_equal(check(h, text, &who), 0);
	assert_int_equal(who.rights, RIGHT_SEE);
	house_close(h);
}

static void refused(void **state)
{
	struct house house, *h = &house;
	struct token asked = { .name = STR("x"), .scopes = RIGHT_SETUP }, token;
	struct str text;

	(void)state;
	house_open(h);
	asked.account_id = house_add(h, STR("bea"), ROLE_OPERATOR).id;
	REFUSED(token_add(&h->engine, &h->arena, &asked, &token, &text, &h->err), ERR_CONFLICT);
	asked.scopes = 0;
	REFUSED(token_add(&h->engine, &h->arena, &asked, &token, &text, &h->err), ERR_DATA);
	asked.scopes = RIGHT_SEE;
	asked.until_ms = noon;
	REFUSED(token_add(&h->engine, &h->arena, &asked, &token, &text, &h->err), ERR_DATA);
	asked.until_ms = 0;
	asked.name = STR_EMPTY;
	REFUSED(token_add(&h->engine, &h->arena, &asked, &token, &text, &h->err), ERR_DATA);
	asked.name = STR("x");
	asked.account_id = 99;
	REFUSED(token_add(&h->engine, &h->arena, &asked, &token, &text, &h->err), ERR_NOT_FOUND);
	house_close(h);
}

static void ends(void **state)
{
	struct house house, *h = &house;
	const bool yes = true;
	const struct account_change disable = { .disabled = &yes };
	struct account bea;
	struct person who;
	struct token first, other;
	struct str past, revoked, disabled;

	(void)state;
	house_open(h);
	bea = house_add(h, STR("bea"), ROLE_VIEWER);
	add(h, bea.id, RIGHT_SEE, noon + 1000, &past);
	first = add(h, bea.id, RIGHT_SEE, 0, &revoked);
	other = add(h, bea.id, RIGHT_SEE, 0, &disabled);
	assert_int_equal(check(h, past, &who), 0);
	clock_fix(noon + 1000);
	assert_int_equal(check(h, past, &who), ERR_AUTH);
	REFUSED(token_revoke(&h->engine, &h->arena, first.id, bea.id + 1, &h->err), ERR_NOT_FOUND);
	FINE(token_revoke(&h->engine, &h->arena, first.id, bea.id, &h->err));
	FINE(token_revoke(&h->engine, &h->arena, first.id, 0, &h->err));
	assert_int_equal(check(h, revoked, &who), ERR_AUTH);
	assert_int_equal(check(h, disabled, &who), 0);
	FINE(account_change(&h->engine, &h->arena, bea.id, &disable, &bea, &h->err));
	assert_int_equal(check(h, disabled, &who), ERR_AUTH);
	assert_int_equal(other.revoked_ms, 0);
	house_close(h);
}

static struct token only(struct house *h)
{
	struct token *all;
	size_t count;

	FINE(token_list(&h->engine, &h->arena, 0, &all, &count, &h->err));
	assert_int_equal(count, 1);
	return all[0];
}

static void last_use_once_a_minute(void **state)
{
	struct house house, *h = &house;
	struct person who;
	struct str text;

	(void)state;
	house_open(h);
	add(h, house_add(h, STR("bea"), ROLE_VIEWER).id, RIGHT_SEE, 0, &text);
	assert_int_equal(only(h).seen_ms, 0);
	assert_int_equal(check(h, text, &who), 0);
	assert_int_equal(only(h).seen_ms, noon);
	clock_fix(noon + 59000);
	assert_int_equal(check(h, text, &who), 0);
	assert_int_equal(only(h).seen_ms, noon);
	clock_fix(noon + 60000);
	assert_int_equal(check(h, text, &who), 0);
	assert_int_equal(only(h).seen_ms, noon + 60000);
	assert_true(str_starts(text, only(h).head));
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scopes_are_cut_by_the_role),
		cmocka_unit_test(refused),
		cmocka_unit_test(ends),
		cmocka_unit_test(last_use_once_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
