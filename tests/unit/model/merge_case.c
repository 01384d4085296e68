/*
 * merge.case. Setting: words in any order: a type, a winner, keep or clear, a direction, a mode (first-emr, first-crm, new-crm,
 * new-emr; none: steady), lines or lines2 for that transform. Input: `base V | emr V | crm V`; a base that the two sides spell differently is `V / V`, an unknown
 * one `?`; a time stands behind @. Wanted, separated by commas: `emr <- V` or `crm <- V` or `nothing`, then what else to
 * look at: `conflict emr`, `review`, `R20`, `base V / V` (the next one, in normal form). What is not mentioned is not there, but for the rule and the base.
 */
#include "cases.h"

#include "model/merge.h"

struct setup {
	struct field_map field;
	struct mapping mapping;
	enum merge_mode mode;
	struct value emr, crm;
	struct base base;
	struct sides sides;
};

/* Every word of a setting, and where it goes. */
static const struct word_row {
	const char *word;
	size_t at;
	int number;
} words[] = {
	{ "emr", offsetof(struct setup, field.winner), WINNER_EMR },
	{ "crm", offsetof(struct setup, field.winner), WINNER_CRM },
	{ "newest", offsetof(struct setup, field.winner), WINNER_NEWEST },
	{ "review", offsetof(struct setup, field.winner), WINNER_REVIEW },
	{ "keep", offsetof(struct setup, field.blank), BLANK_KEEP },
	{ "clear", offsetof(struct setup, field.blank), BLANK_CLEAR },
	{ "emr_to_crm", offsetof(struct setup, field.direction), DIRECTION_EMR_TO_CRM },
	{ "crm_to_emr", offsetof(struct setup, field.direction), DIRECTION_CRM_TO_EMR },
	{ "first-emr", offsetof(struct setup, mode), MERGE_FIRST_EMR_WINS },
	{ "first-crm", offsetof(struct setup, mode), MERGE_FIRST_CRM_WINS },
	{ "new-crm", offsetof(struct setup, mode), MERGE_NEW_IN_CRM },
	{ "new-emr", offsetof(struct setup, mode), MERGE_NEW_IN_EMR },
};

static bool take_word(struct setup *s, struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq_c(word, words[i].word)) {
			*(int *)((char *)s + words[i].at) = words[i].number;
			return true;
		}
	}
	return value_type_of_name(word, &s->field.type);
}

static void take_setting(struct arena *arena, struct setup *s, struct str setting)
{
	struct err err = ERR_INIT;
	struct str word;

	s->field.emr_count = 1;
	while (str_split(&setting, ' ', &word)) {
		if (str_eq(word, STR("lines"))) {
			s->field.emr_count = 2;
			ensure(transform_parse(arena, json_new_text(arena, word), &s->field.transform, &err) == 0);
			continue;
		}
		ensure(take_word(s, word));
	}
	s->mapping.fields = &s->field;
	s->mapping.count = 1;
}

/* "555-0100@10:05": the time in milliseconds of a day, so that 0 stays unknown. */
static int64_t take_time(struct str *text)
{
	ptrdiff_t at = str_find_char(*text, '@');
	int64_t hours = 0, minutes = 0;

	if (at < 0 || (size_t)at + 6 != text->len)
		return 0;
	ensure(str_to_i64(str_range(text->at + at + 1, 2), &hours) &&
	       str_to_i64(str_range(text->at + at + 4, 2), &minutes));
	*text = str_range(text->at, (size_t)at);
	return (hours * 60 + minutes) * 60000;
}

static struct str normal_of(struct arena *arena, const struct setup *s, struct str text)
{
	return value_normal(arena, s->field.type, case_value(arena, text));
}

static void take_base(struct arena *arena, struct setup *s, struct str text)
{
	ptrdiff_t slash = str_find(text, STR(" / "));

	s->sides.base = &s->base;
	s->base.known = !str_eq(text, STR("?"));
	if (!s->base.known)
		return;
	s->base.emr = normal_of(arena, s, slash < 0 ? text : str_range(text.at, (size_t)slash));
	s->base.crm = normal_of(arena, s, slash < 0 ? text : str_skip(text, (size_t)slash + 3));
}

static void take_input(struct arena *arena, struct setup *s, struct str input)
{
	struct str part, verb;

	while (case_part(&input, '|', &part)) {
		ensure(str_split(&part, ' ', &verb));
		part = str_trim(part);
		if (str_eq(verb, STR("base"))) {
			take_base(arena, s, part);
		} else if (str_eq(verb, STR("emr"))) {
			s->sides.emr_ms = take_time(&part);
			s->emr = case_value(arena, part);
		} else {
			ensure(str_eq(verb, STR("crm")));
			s->sides.crm_ms = take_time(&part);
			s->crm = case_value(arena, part);
		}
	}
	s->sides.emr = &s->emr;
	s->sides.crm = &s->crm;
}

static void print_merged(const struct merged *m, struct buf *got, bool with_rule, bool with_base)
{
	if (m->write_emr)
		buf_add_c(got, "emr <- ");
	if (m->write_crm)
		buf_add_c(got, "crm <- ");
	if (m->write_emr || m->write_crm)
		case_print(got, m->value);
	else
		buf_add_c(got, "nothing");
	if (m->conflict && !m->review)
		buf_printf(got, ", conflict %s", winner_name(m->winner));
	if (m->review)
		buf_add_c(got, m->conflict && m->winner == WINNER_REVIEW ? ", review" : ", review without conflict");
	if (with_rule)
		buf_printf(got, ", %s", m->rule == RULE_NOTHING ? "no rule" : merge_rule_name(m->rule));
	if (!with_base)
		return;
	buf_add_c(got, ", base ");
	if (!m->next.known)
		buf_add_c(got, "?");
	else {
		case_print_text(got, m->next.emr);
		buf_add_c(got, " / ");
		case_print_text(got, m->next.crm);
	}
}

static bool run(struct arena *arena, const struct test_case *c, struct buf *got)
{
	struct setup s = { 0 };
	struct merged m;
	bool with_base = str_find(c->want, STR(", base ")) >= 0;
	bool with_rule = str_find(c->want, STR(", R")) >= 0 || str_find(c->want, STR(", no rule")) >= 0;

	take_setting(arena, &s, c->setting);
	take_input(arena, &s, c->input);
	merge_fields(arena, &s.mapping, s.mode, &s.sides, &m);
	print_merged(&m, got, with_rule, with_base);
	return case_is(c, got);
}

int main(void)
{
	return cases_run("merge.case", 60, run);
}
