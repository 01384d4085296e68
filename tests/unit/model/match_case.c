/*
 * match.case. Setting: `FIRST | LAST | BIRTH DATE` of the asking record. Input, one of:
 *
 *	same as FIRST | LAST | BIRTH DATE           -> same, different, incomplete (WHY)
 *	complete?                                   -> yes, or incomplete (WHY)
 *	N like it, candidates: c1 c2 c3*            -> link c1, none, ambiguous, already linked c3, incomplete
 *
 * N counts the records of the asking side with this identity, itself included; * marks a candidate linked to another record.
 */
#include "cases.h"

#include "model/match.h"

#include <string.h>

static struct identity read_identity(struct arena *arena, struct str text)
{
	struct value v[3] = { 0 };
	struct str part;

	for (size_t i = 0; i < 3 && case_part(&text, '|', &part); i++)
		v[i] = case_value(arena, part);
	return identity_of(arena, v[0], v[1], v[2]);
}

static bool print_incomplete(struct buf *got, const struct identity *who)
{
	if (who->complete)
		return false;
	buf_printf(got, "incomplete (%s)", who->missing);
	return true;
}

static void run_same(struct arena *arena, const struct identity *who, struct str text, struct buf *got)
{
	struct identity other = read_identity(arena, text);

	if (print_incomplete(got, who) || print_incomplete(got, &other))
		return;
	buf_add_c(got, memcmp(&who->key, &other.key, sizeof(other.key)) == 0 ? "same" : "different");
}

static const char *const verdicts[] = {
	[MATCH_LINK] = "link",
	[MATCH_NONE] = "none",
	[MATCH_AMBIGUOUS] = "ambiguous",
	[MATCH_ALREADY_LINKED] = "already linked",
	[MATCH_INCOMPLETE] = "incomplete",
};

static void run_decide(struct arena *arena, const struct identity *who, struct str input, struct buf *got)
{
	struct match_candidate candidates[8];
	struct match_question question = { .who = *who, .candidates = candidates };
	struct match_answer answer;
	struct str rest = str_skip(input, (size_t)str_find(input, STR("candidates:")) + 11), id;

	(void)arena;
	question.same_side = (size_t)(input.at[0] - '0');
	rest = str_trim(rest);
	while (rest.len > 0 && str_split(&rest, ' ', &id)) {
		bool linked = str_ends(id, STR("*"));

		candidates[question.candidate_count++] =
		        (struct match_candidate) { str_range(id.at, id.len - linked), linked };
	}
	answer = match_decide(&question);
	ensure(answer.reason != NULL);
	buf_add_c(got, verdicts[answer.verdict]);
	if (answer.chosen)
		buf_printf(got, " %.*s", STR_ARG(answer.chosen->id));
}

static bool run(struct arena *arena, const struct test_case *c, struct buf *got)
{
	struct identity who = read_identity(arena, c->setting);

	if (str_starts(c->input, STR("same as ")))
		run_same(arena, &who, str_skip(c->input, 8), got);
	else if (str_eq(c->input, STR("complete?")))
		buf_add_c(got, print_incomplete(got, &who) ? "" : "yes");
	else
		run_decide(arena, &who, c->input, got);
	return case_is(c, got);
}

int main(void)
{
	return cases_run("match.case", 40, run);
}
