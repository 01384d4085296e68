/*
 * What must hold of every merge, whatever the values, the type and the settings: checked on random ones. Single decisions are in
 * tests/cases/merge.case.
 */
#include "unit.h"

#include "model/merge.h"

/* Values that are often equal, often only by normalisation, and often blank. */
static const char *const pool[][8] = {
	[TYPE_TEXT] = { NULL, "", " \t", "a", " a ", "b", "a\nb", "a\r\n b" },
	[TYPE_NAME] = { NULL, "", "Ann", "ANN", "Mary Ann", "mary  ann", "José", "JOSÉ" },
	[TYPE_EMAIL] = { NULL, " ", "a@x.example", "A@X.example", "b@x.example", "c", "a@x.example ", "" },
	[TYPE_PHONE] = { NULL, "", "555-010-0111", "(555) 010-0111", "+15550100111", "call me", "555-010-0122",
	                 "555-010-0111x1" },
	[TYPE_DATE] = { NULL, "", "1980-02-03", " 1980-02-03", "1980-02-04", "2000-02-29", "soon", "1980-02-30" },
	[TYPE_DATETIME] = { NULL, "", "2026-07-18T09:15:22Z", "2026-07-18T09:15:22.000+0000",
	                    "2026-07-18T11:15:22+02:00", "2026-07-18T09:15:23Z", "now", " " },
	[TYPE_BOOL] = { NULL, "", "true", "false", "TRUE", "0", "1", NULL },
	[TYPE_NUMBER] = { NULL, "", "1.5", "1.50", "2", "2e0", "0", "-0" },
	[TYPE_STATE] = { NULL, "", "CA", "California", "ca", "NV", "Ontario", "ontario" },
	[TYPE_COUNTRY] = { NULL, "", "US", "USA", "United States", "Germany", "DE", "Atlantis" },
	[TYPE_CHOICE] = { NULL, "", "Male", "male", "Female", "MALE", "x", " " },
	[TYPE_ID] = { NULL, "", "a1", "A1", "a1 ", "b", "007", "7" },
};

static const char *const transform_specs[] = { "none", "trim", "lines", "{prefix: a}", "{map: {a: b, b: c}}", "phone" };

struct scene {
	struct arena arena;
	struct field_map field;
	struct mapping mapping;
	enum merge_mode mode;
	struct value emr, crm;
	struct base base;
	int64_t emr_ms, crm_ms;
	struct merged out;
};

static struct merged run_merge(struct scene *s, enum merge_mode mode)
{
	struct sides sides = { &s->emr, &s->crm, &s->base, s->emr_ms, s->crm_ms };
	struct merged out;

	if (mode != MERGE_STEADY)
		sides.base = NULL;
	if (mode == MERGE_NEW_IN_CRM)
		sides.crm = NULL;
	if (mode == MERGE_NEW_IN_EMR)
		sides.emr = NULL;
	merge_fields(&s->arena, &s->mapping, mode, &sides, &out);
	return out;
}

static void random_base(struct scene *s, uint64_t *seed)
{
	const char *const *values = pool[s->field.type];

	s->base.known = random_below(seed, 8) > 0;
	s->base.emr = value_normal(&s->arena, s->field.type, text_value(values[random_below(seed, 8)]));
	s->base.crm = s->base.emr;
	if (random_below(seed, 3) == 0)
		s->base.crm = value_normal(&s->arena, s->field.type, text_value(values[random_below(seed, 8)]));
}

static void random_transform(struct scene *s, uint64_t *seed)
{
	struct json *spec;
	struct err err = ERR_INIT;
	const char *text = transform_specs[random_below(seed, ARRAY_LEN(transform_specs))];

	s->field.emr_count = 1;
	if (s->field.type != TYPE_TEXT)
		return;
	assert_ok(yaml_parse(&s->arena, str_of(text), &spec, &err), err);
	assert_ok(transform_parse(&s->arena, spec, &s->field.transform, &err), err);
	s->field.emr_count = str_eq_c(str_of(text), "lines") ? 2 : 1;
}

static void random_scene(struct scene *s, uint64_t *seed)
{
	*s = (struct scene) { 0 };
	s->field.type = (enum value_type)random_below(seed, ARRAY_LEN(pool));
	s->field.direction = (enum direction)random_below(seed, 3);
	s->field.winner = (enum winner)random_below(seed, 4);
	s->field.blank = (enum blank_rule)random_below(seed, 2);
	s->mode = (enum merge_mode)random_below(seed, 5);
	s->emr_ms = (int64_t)random_below(seed, 3);
	s->crm_ms = (int64_t)random_below(seed, 3);
	s->mapping = (struct mapping) { .fields = &s->field, .count = 1 };
	random_transform(s, seed);
	s->emr = text_value(pool[s->field.type][random_below(seed, 8)]);
	s->crm = text_value(pool[s->field.type][random_below(seed, 8)]);
	if (s->mode == MERGE_NEW_IN_CRM)
		s->crm = VALUE_NOTHING;
	if (s->mode == MERGE_NEW_IN_EMR)
		s->emr = VALUE_NOTHING;
	random_base(s, seed);
	s->out = run_merge(s, s->mode);
}

/* What the EMR reads as once it holds `v`. */
static struct value there_and_back(struct scene *s, struct value v)
{
	struct value parts[MAPPING_PATHS_MAX], again;
	struct err err = ERR_INIT;

	assert_ok(transform_inverse(&s->field.transform, &s->arena, v, parts, s->field.emr_count, &err), err);
	assert_ok(transform_forward(&s->field.transform, &s->arena, parts, s->field.emr_count, &again, &err), err);
	return again;
}

static void describe(const struct scene *s, const char *what)
{
	fail_msg("%s: type %s, %s, winner %s, blank %d, mode %d, rule %s, emr '%.*s', crm '%.*s', base '%.*s' / '%.*s'",
	         what, value_type_name(s->field.type), direction_name(s->field.direction), winner_name(s->field.winner),
	         s->field.blank, s->mode, merge_rule_name(s->out.rule), STR_ARG(s->emr.text), STR_ARG(s->crm.text),
	         STR_ARG(s->base.emr), STR_ARG(s->base.crm));
}

/* Runs `check` on many random scenes. */
static void for_many(void (*check)(struct scene *s))
{
	uint64_t seed = 0x5357u;
	struct scene s;

	for (size_t i = 0; i < 60000; i++) {
		random_scene(&s, &seed);
		check(&s);
		arena_release(&s.arena);
	}
}

/* R19, R27: what was delivered is the same the next time, in every mode. */
static void check_settles(struct scene *s)
{
	struct scene after = *s;
	struct merged again;

	if (s->out.write_emr)
		after.emr = there_and_back(s, s->out.value);
	if (s->out.write_crm)
		after.crm = s->out.value;
	after.base = s->out.next;
	again = run_merge(&after, MERGE_STEADY);
	if (again.write_emr || again.write_crm)
		describe(s, "a second merge writes");
	if (again.review != s->out.review)
		describe(s, "a second merge thinks otherwise about the review");
	s->arena = after.arena;
}

static void r19_r27_merging_again_writes_nothing(void **state UNUSED)
{
	for_many(check_settles);
}

/* R27: each side respells what it is sent, the base is learnt from its answer, and nothing comes back. */
static void check_no_ping_pong(struct scene *s)
{
	struct scene after = *s;
	struct merged again;

	if (s->field.type != TYPE_TEXT || s->out.review)
		return;
	after.base = s->out.next;
	if (s->out.write_emr && !value_is_blank(s->out.value)) {
		after.emr = text_value("AS THE EMR HAS IT");
		after.base.emr = value_normal(&s->arena, s->field.type, after.emr);
	}
	if (s->out.write_crm && !value_is_blank(s->out.value)) {
		after.crm = text_value("as the CRM has it");
		after.base.crm = value_normal(&s->arena, s->field.type, after.crm);
	}
	if (s->out.write_emr && value_is_blank(s->out.value))
		after.emr = VALUE_NOTHING;
	if (s->out.write_crm && value_is_blank(s->out.value))
		after.crm = VALUE_NOTHING;
	again = run_merge(&after, MERGE_STEADY);
	if (again.write_emr || again.write_crm)
		describe(s, "a rewritten value comes back");
	s->arena = after.arena;
}

static void r27_systems_that_rewrite_settle_in_one_round(void **state UNUSED)
{
	for_many(check_no_ping_pong);
}

static void check_direction(struct scene *s)
{
	if (s->field.direction == DIRECTION_EMR_TO_CRM && s->out.write_emr)
		describe(s, "a read-only field is written to the EMR");
	if (s->field.direction == DIRECTION_CRM_TO_EMR && s->out.write_crm)
		describe(s, "a field of the EMR's is written to the CRM");
	if (s->field.direction != DIRECTION_BOTH && s->out.conflict)
		describe(s, "a one-way field has a conflict");
}

static void r17_a_one_way_field_is_never_written_back(void **state UNUSED)
{
	for_many(check_direction);
}

/* R26: written to one side, and only where it differs. */
static void check_only_changes(struct scene *s)
{
	if (s->out.write_emr && s->out.write_crm)
		describe(s, "both sides are written");
	if (s->out.write_emr && s->mode != MERGE_NEW_IN_EMR && value_same(s->field.type, s->out.value, s->emr))
		describe(s, "the EMR is written what it has");
	if (s->out.write_crm && s->mode != MERGE_NEW_IN_CRM && value_same(s->field.type, s->out.value, s->crm))
		describe(s, "the CRM is written what it has");
	if (s->out.review && (s->out.write_emr || s->out.write_crm))
		describe(s, "something is written under review");
}

static void r26_only_what_differs_is_written(void **state UNUSED)
{
	for_many(check_only_changes);
}

static bool writes_blank_over_value(const struct scene *s)
{
	if (!value_is_blank(s->out.value))
		return false;
	return (s->out.write_emr && !value_is_blank(s->emr)) || (s->out.write_crm && !value_is_blank(s->crm));
}

/* R11 to R15, R23: in a first link never; later only where `clear` says so, or where R17 puts an edit back. */
static void check_blanks(struct scene *s)
{
	bool first = s->mode != MERGE_STEADY || !s->base.known;
	bool may = !first && (s->field.blank == BLANK_CLEAR || s->out.rule == RULE_R17);

	if (writes_blank_over_value(s) && !may)
		describe(s, "a blank overwrites a value");
}

static void r11_r12_r23_a_blank_never_overwrites(void **state UNUSED)
{
	for_many(check_blanks);
}

/* In a first link both ways, who wins a difference is the mode's business alone (R11, R12). */
static void check_first_winner(struct scene *s)
{
	bool both = !value_is_blank(s->emr) && !value_is_blank(s->crm);

	if (!both || s->field.direction != DIRECTION_BOTH || value_same(s->field.type, s->emr, s->crm))
		return;
	if (s->mode == MERGE_FIRST_EMR_WINS && !s->out.write_crm)
		describe(s, "R12: the EMR does not win");
	if (s->mode == MERGE_FIRST_CRM_WINS && !s->out.write_emr)
		describe(s, "R11: the CRM does not win");
}

static void r11_r12_who_wins_the_first_link(void **state UNUSED)
{
	for_many(check_first_winner);
}

/* What both sides hold afterwards: never a blank where one of them keeps a value. */
static void check_value(struct scene *s)
{
	if (s->out.write_emr || s->out.write_crm || s->mode == MERGE_NEW_IN_CRM || s->mode == MERGE_NEW_IN_EMR)
		return;
	if (!value_is_blank(s->emr) && !value_same(s->field.type, s->out.value, s->emr))
		describe(s, "nothing is written, yet the value is not the EMR's");
	if (value_is_blank(s->emr) && !value_same(s->field.type, s->out.value, s->crm))
		describe(s, "nothing is written, yet the value is not the CRM's");
}

static void r19_the_value_is_what_is_kept(void **state UNUSED)
{
	for_many(check_value);
}

static void every_rule_has_a_name_and_a_reason(void **state UNUSED)
{
	for (enum merge_rule r = RULE_R11; r <= RULE_R24; r++) {
		assert_true(merge_rule_name(r)[0] == 'R');
		assert_true(strlen(merge_rule_reason(r)) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r19_r27_merging_again_writes_nothing),
		cmocka_unit_test(r27_systems_that_rewrite_settle_in_one_round),
		cmocka_unit_test(r17_a_one_way_field_is_never_written_back),
		cmocka_unit_test(r26_only_what_differs_is_written),
		cmocka_unit_test(r11_r12_r23_a_blank_never_overwrites),
		cmocka_unit_test(r11_r12_who_wins_the_first_link),
		cmocka_unit_test(r19_the_value_is_what_is_kept),
		cmocka_unit_test(every_rule_has_a_name_and_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
