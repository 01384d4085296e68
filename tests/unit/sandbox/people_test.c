/* people: the same seed and number give the same person; what is drawn is well-formed and as varied as a practice. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "codec/json.h"
#include "lib/map.h"
#include "sandbox/people.h"
#include "sandbox/people/rows.h"
#include "sandbox/people/tables.h"
#include "sandbox/people/years.h"

enum { MANY = 12000 };

static void write_person(struct arena *arena, uint64_t seed, uint64_t n, struct buf *out)
{
	struct person p;

	person_make(arena, seed, n, &p);
	json_write(out, row_patient(arena, &p, people_id(arena, "pat-", seed, n), STR_EMPTY));
}

static void test_same_person_in_any_order(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	SCOPED(buf) struct buf forward = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);

	(void)state;
	for (uint64_t n = 100; n-- > 0;) {
		buf_clear(&again);
		write_person(&arena, 7, n, &again);
	}
	write_person(&arena, 7, 0, &forward);
	assert_true(str_eq(buf_str(&forward), buf_str(&again)));
	buf_clear(&again);
	write_person(&arena, 8, 0, &again);
	assert_false(str_eq(buf_str(&forward), buf_str(&again)));
	buf_clear(&again);
	write_person(&arena, 7, 999999, &again);
	assert_true(again.len > 100);
}

static void check_phone(struct str number)
{
	size_t digits = 0;

	for (size_t i = 0; i < number.len; i++)
		digits += number.at[i] >= '0' && number.at[i] <= '9';
	assert_true(digits == 10 || digits == 11 || digits == 12); /* plain, +1, x12 */
}

static void check_person(const struct person *p)
{
	assert_true(p->first.len > 0 && p->last.len > 0); /* Hint does not know patients without names */
	assert_true(p->dob.len == 0 || years_is_date(p->dob));
	assert_true(p->email.len == 0 || str_ends(p->email, STR(".example")) || str_ends(p->email, STR(".EXAMPLE")));
	assert_true(p->state.len == 0 || state_name(p->state) != NULL);
	assert_true(p->updated_us >= p->created_us && p->updated_us < 1735689600000000);
	assert_true(p->ssn.len == 0 || (p->ssn.len == 9 && p->ssn.at[0] == '9'));
	for (size_t i = 0; i < p->phone_count; i++)
		check_phone(p->phones[i].number);
	assert_true(str_eq_nocase(str_trim(p->first_shown), p->first));
	assert_true(str_eq_nocase(str_trim(p->last_shown), p->last));
}

static bool non_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] >= 0x80)
			return true;
	return false;
}

static void test_well_formed_and_varied(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	size_t no_date = 0, placeholders = 0, accents = 0, apostrophes = 0, hyphens = 0, shared = 0, sons = 0,
	       twins = 0, shown = 0;
	struct person p, before = { 0 };

	(void)state;
	for (uint64_t n = 0; n < MANY; n++) {
		person_make(&arena, 1, n, &p);
		check_person(&p);
		no_date += !p.dob.len;
		placeholders += p.placeholder;
		accents += non_ascii(p.first) || non_ascii(p.last);
		apostrophes += str_find_char(p.last, '\'') > 0;
		hyphens += str_find_char(p.last, '-') > 0;
		shown += !str_eq(p.first, p.first_shown) || !str_eq(p.last, p.last_shown);
		if (n && p.household == before.household) {
			shared += p.email.len && str_eq_nocase(p.email, before.email);
			sons += str_eq(p.suffix, STR("Jr.")) && str_eq(p.first, before.first) &&
			        !str_eq(p.dob, before.dob);
			twins += p.dob.len && str_eq(p.dob, before.dob) && !str_eq(p.first, before.first);
		}
		before = p;
	}
	assert_in_range(no_date, MANY / 200, MANY / 20);
	assert_in_range(placeholders, 1, MANY / 100);
	assert_in_range(accents, MANY / 100, MANY / 5);
	assert_in_range(apostrophes, MANY / 500, MANY / 10);
	assert_in_range(hyphens, MANY / 500, MANY / 10);
	assert_in_range(shared, MANY / 20, MANY / 2);
	assert_in_range(sons, 5, MANY / 20);
	assert_in_range(twins, 5, MANY / 10);
	assert_in_range(shown, MANY / 100, MANY / 5);
}

static void test_ids_differ(void **state)
{
	SCOPED(arena) struct arena arena = ARENA_INIT;
	struct map seen = MAP_INIT(&arena);

	(void)state;
	for (uint64_t n = 0; n < MANY; n++) {
		struct str patient = people_id(&arena, "pat-", 1, n),
		           contact = people_salesforce_id(&arena, "003", n + 1);

		assert_int_equal(patient.len, 16);
		assert_int_equal(contact.len, 18);
		assert_null(map_get(&seen, patient));
		assert_null(map_get(&seen, contact));
		map_put(&seen, patient, &seen);
		map_put(&seen, contact, &seen);
	}
	/* The check letters of a published id: 001D000000IqhSL is 001D000000IqhSLIAZ. Ours: capitals at 3 and 4 of "0035W". */
	assert_true(str_eq_c(people_salesforce_id(&arena, "003", 1), "0035W0000000001QAA"));
}

/* R7 keeps accents apart and folds case: the lists must not hold two names that a fold would make one. */
static void test_names_differ_by_more_than_case(void **state)
{
	static const struct words *const lists[] = { &given_female, &given_male, &family_names, &accent_families,
		                                     &apostrophe_names };

	(void)state;
	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		for (size_t i = 0; i < lists[l]->count; i++)
			for (size_t k = i + 1; k < lists[l]->count; k++)
				assert_false(str_eq_nocase(str_of(lists[l]->at[i]), str_of(lists[l]->at[k])));
}

static void test_times(void **state)
{
	char stamp[33];
	int64_t us;

	(void)state;
	years_write_stamp(stamp, 1710173864502913);
	assert_string_equal(stamp, "2024-03-11T08:17:44.502913-08:00");
	assert_true(years_parse(str_of(stamp), &us));
	assert_int_equal(us, 1710173864502913);
	assert_true(years_parse(STR("2024-07-01T00:00:00Z"), &us));
	years_write_stamp(stamp, us);
	assert_string_equal(stamp, "2024-06-30T17:00:00.000000-07:00");
	assert_true(years_is_date(STR("2024-02-29")));
	assert_false(years_is_date(STR("2023-02-29")));
	assert_false(years_is_date(STR("not-a-date")));
	assert_int_equal(years_age(STR("2000-07-01"), us), 23); /* still 30 June at the Pacific */
	assert_int_equal(years_age(STR("2000-06-30"), us), 24);
}

static void test_states(void **state)
{
	(void)state;
	assert_true(str_eq_c(state_code(STR("california")), "CA"));
	assert_true(str_eq_c(state_code(STR("id")), "ID"));
	assert_true(str_eq_c(state_code(STR("Ontario")), "Ontario"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_person_in_any_order),
		cmocka_unit_test(test_well_formed_and_varied),
		cmocka_unit_test(test_ids_differ),
		cmocka_unit_test(test_names_differ_by_more_than_case),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
