/*
 * What a field has to hold once all is at rest, reasoned from who said what when, without asking the engine or its merge.
 *
 * Quiet rounds: nobody of ours looked while people worked, so there is exactly one right answer (R17, R19 to R23).
 *
 * Other rounds: the engine may have looked at any instant. The last word of either side may stand, no other: what a side said before its last word was
 * said by somebody who changed their mind. A blank under `keep` is no last word: whatever was said since the last rest may have come back for it (R23).
 */
#include "property.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- equal or not ---- */

static void squeeze(const char *text, char out[TEXT])
{
	size_t n = 0;

	for (; *text; text++) {
		if (*text != ' ')
			out[n++] = *text;
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

static void lower(char text[TEXT])
{
	for (char *at = text; *at; at++)
		*at = (char)tolower((unsigned char)*at);
}

static void last_ten_digits(char text[TEXT])
{
	char digits[TEXT];
	size_t n = 0;

	for (const char *at = text; *at; at++)
		if (*at >= '0' && *at <= '9')
			digits[n++] = *at;
	digits[n] = '\0';
	snprintf(text, TEXT, "%s", n > 10 ? digits + n - 10 : digits);
}

static void normal(enum field field, const char *text, char out[TEXT])
{
	squeeze(text, out);
	if (field == FIELD_MAIL || field == FIELD_FIRST || field == FIELD_LAST)
		lower(out);
	if (field == FIELD_MOBILE)
		last_ten_digits(out);
}

bool model_same(enum field field, const char *a, const char *b)
{
	char x[TEXT], y[TEXT];

	normal(field, a, x);
	normal(field, b, y);
	return strcmp(x, y) == 0;
}

bool model_agree(const struct game *g, enum field field, const char *a, const char *b)
{
	char x[TEXT], y[TEXT];

	if (field != FIELD_CITY || !g->rules.lossy)
		return model_same(field, a, b);
	normal(field, a, x);
	normal(field, b, y);
	lower(x);
	lower(y);
	return strncmp(x, y, 4) == 0;
}

static bool blank(const char *text)
{
	return text[strspn(text, " ")] == '\0';
}

/* ---- one field of one pair ---- */

struct question {
	struct game *game;
	enum field field;
	const struct pair_of *pair;
	const struct record_of *at[2];
	const char *rest[2]; /* what stood there at the last rest */
	const char *last[2]; /* what people said last; the same if they said nothing */
	bool changed[2];     /* the last word is another one than what stood there */
	bool spoke[2];       /* people changed it at all */
	bool fresh;          /* the two were not linked at the last rest */
	char now[2][TEXT];
	enum winner winner;
	bool clears;
	bool parked; /* both sides stand, and a person is asked (R22) */
};

static const char *first_said(const struct record_of *r, enum field field)
{
	const struct said *s = r->said[field];

	while (s && s->before)
		s = s->before;
	return s && s->step < 0 ? s->text : "";
}

static struct question ask(struct game *g, const struct pair_of *pair, bool fresh, enum field field)
{
	struct question q = { .game = g, .field = field, .pair = pair, .fresh = fresh };

	q.winner = g->rules.winner[field];
	q.clears = g->rules.blank[field] == BLANK_CLEAR;
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		const struct record_of *r = pair->at[side];

		q.at[side] = r;
		q.rest[side] = first_said(r, field);
		q.last[side] = r->said[field] ? r->said[field]->text : "";
		q.changed[side] = !model_same(field, q.rest[side], q.last[side]);
		q.spoke[side] = r->said[field] && r->said[field]->step >= 0;
		world_text(g, r, field, q.now[side]);
	}
	q.parked = !model_same(field, q.now[0], q.now[1]) && check_waits_for_person(g, pair->link, field);
	return q;
}

__attribute__((noreturn)) static void wrong(const struct question *q, const char *rule, const char *why)
{
	broken(q->game, q->at[SIDE_EMR], q->at[SIDE_CRM],
	       "%s: %s of %s and %s: %s; at rest '%s' | '%s', said last '%s' | '%s', now '%s' | '%s'%s", rule,
	       field_facts[q->field].name, q->at[SIDE_EMR]->id, q->at[SIDE_CRM]->id, why, q->rest[0], q->rest[1],
	       q->last[0], q->last[1], q->now[0], q->now[1], q->parked ? ", a person is asked" : "");
}

static bool both_hold(const struct question *q, const char *text)
{
	return model_agree(q->game, q->field, q->now[0], text) && model_agree(q->game, q->field, q->now[1], text);
}

static void expect(const struct question *q, const char *text, const char *rule, const char *why)
{
	if (q->parked || !both_hold(q, text))
		wrong(q, rule, why);
}

/* ---- exact: quiet rounds ---- */

static enum side winning(const struct question *q)
{
	bool times = q->game->rules.times[0] && q->game->rules.times[1];

	if (q->winner == WINNER_CRM)
		return SIDE_CRM;
	if (q->winner == WINNER_NEWEST && times && q->at[SIDE_CRM]->changed_ms > q->at[SIDE_EMR]->changed_ms)
		return SIDE_CRM;
	return SIDE_EMR;
}

static void exact_conflict(const struct question *q)
{
	enum side side = winning(q);

	if (q->winner == WINNER_REVIEW) {
		if (!q->parked || !model_same(q->field, q->now[0], q->last[0]) ||
		    !model_same(q->field, q->now[1], q->last[1]))
			wrong(q, "R22", "both changed, and a person decides");
		return;
	}
	if (blank(q->last[side]) && !q->clears)
		side = side_other(side);
	expect(q, q->last[side], "R22", "both changed, and the source of truth decides");
}

/* R27: how the other side spells it does not come back. */
static void not_respelled(const struct question *q)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++)
		if (model_agree(q->game, q->field, q->now[side], q->last[side]) &&
		    !model_same(q->field, q->now[side], q->last[side]) && !q->changed[side_other(side)])
			wrong(q, "R27", "nobody but the far side spells it so, and it came back");
}

static void exact_both_ways(const struct question *q)
{
	enum side changed = q->changed[SIDE_EMR] ? SIDE_EMR : SIDE_CRM;

	if (model_same(q->field, q->last[0], q->last[1]))
		expect(q, q->last[0], "R19", "both are the same");
	else if (!q->changed[0] && !q->changed[1])
		expect(q, q->rest[0], "R26", "nobody changed it");
	else if (q->changed[0] && q->changed[1])
		exact_conflict(q);
	else if (blank(q->last[changed]) && !q->clears)
		expect(q, q->rest[changed], "R23", "a blank does not count here");
	else
		expect(q, q->last[changed], changed == SIDE_EMR ? "R20" : "R21", "one side changed");
	not_respelled(q);
}

static void exact_one_way(const struct question *q)
{
	enum side from = field_facts[q->field].direction == DIRECTION_EMR_TO_CRM ? SIDE_EMR : SIDE_CRM;
	enum side to = side_other(from);
	const char *want = q->last[from];

	if (!model_same(q->field, q->now[from], q->last[from]))
		wrong(q, "R17", "the source is never written");
	if (blank(want) && !q->clears && (q->changed[from] || !blank(q->rest[to])))
		want = q->last[to]; /* R23: a blank neither clears the target nor takes away what it held */
	if (blank(want) && q->clears && !q->changed[from] && !q->changed[to])
		want = q->rest[to];
	if (!model_agree(q->game, q->field, q->now[to], want))
		wrong(q, "R17", "mapped one way: the target follows");
}

/* ---- what may be ---- */

static bool said_since(const struct question *q, const struct record_of *r, const char *text)
{
	for (const struct said *s = r->said[q->field]; s; s = s->before)
		if (model_agree(q->game, q->field, s->text, text))
			return true;
	return false;
}

/* Who was linked to somebody else before may have brought along what that one said. */
static bool said_by_anybody(const struct question *q, const char *text)
{
	const struct game *g = q->game;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++)
		for (size_t i = 0; i < g->count[side]; i++)
			if (said_since(q, g->people[side][i], text))
				return true;
	return false;
}

/* A link that was being made took what the other one said along before that one was found to be gone: nothing is left of it. */
static bool said_by_the_lost(const struct question *q, const char *text)
{
	const struct game *g = q->game;

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++)
		for (size_t i = 0; i < g->count[side]; i++) {
			const struct record_of *r = g->people[side][i];

			if (r->gone && r->touched >= 0 && said_since(q, r, text))
				return true;
		}
	return false;
}

static bool had_another(const struct question *q)
{
	const struct game *g = q->game;

	for (size_t i = 0; i < g->pair_count; i++)
		for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++)
			if (g->pairs[i].at[side] == q->at[side])
				return true;
	if (check_had_another(g, q->at[SIDE_EMR], q->pair) || check_had_another(g, q->at[SIDE_CRM], q->pair))
		return true;
	return q->at[SIDE_EMR]->asked || q->at[SIDE_CRM]->asked || q->at[SIDE_EMR]->survived ||
	       q->at[SIDE_CRM]->survived;
}

static bool raced(const struct question *q, enum side side)
{
	return q->at[side]->said[q->field] && q->at[side]->said[q->field]->raced;
}

/*
 * R27, R28: a far side that does not answer with what it made of our write, and whose record a person edited before we read it again: how it spells an
 * older word of the other side cannot be told from that person's own word.
 */
static bool spelling_may_count(const struct question *q, const char *text)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		if (q->game->rules.rewrites[side] > 1 && !q->game->rules.answers[side] && q->at[side]->touched >= 0 &&
		    said_since(q, q->at[side_other(side)], text))
			return true;
	}
	return false;
}

/* Whoever spoke last on a side that spoke at all; on a new pair both sides have a say (R11 to R15), and a blank has none. */
static bool a_last_word(const struct question *q, const char *text)
{
	bool a_blank = blank(q->last[0]) || blank(q->last[1]);

	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		bool counts = q->fresh || q->spoke[side] || !q->spoke[side_other(side)];

		if (counts && model_agree(q->game, q->field, q->last[side], text))
			return true;
	}
	if (q->fresh && had_another(q))
		return said_by_anybody(q, text);
	if (q->fresh && q->game->lost && said_by_the_lost(q, text))
		return true;
	if (raced(q, SIDE_EMR) || raced(q, SIDE_CRM))
		return said_since(q, q->at[0], text) || said_since(q, q->at[1], text);
	if (spelling_may_count(q, text))
		return true;
	return a_blank && !q->clears && (said_since(q, q->at[0], text) || said_since(q, q->at[1], text));
}

/* Where a person decides, it is right to ask about such a one. */
static bool asks_about_a_spelling(const struct question *q)
{
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		enum side other = side_other(side);

		if (model_same(q->field, q->now[other], q->last[other]) && q->spoke[other] &&
		    spelling_may_count(q, q->now[side]))
			return q->parked && q->winner == WINNER_REVIEW;
	}
	return false;
}

static void possible(const struct question *q)
{
	enum side one_way_from = field_facts[q->field].direction == DIRECTION_CRM_TO_EMR ? SIDE_CRM : SIDE_EMR;
	enum side to = side_other(one_way_from);

	if (field_facts[q->field].direction != DIRECTION_BOTH) {
		if (!model_same(q->field, q->now[one_way_from], q->last[one_way_from]))
			wrong(q, "R17", "the source is never written");
		if (!blank(q->last[one_way_from]) && !both_hold(q, q->last[one_way_from]))
			wrong(q, "R17", "mapped one way: the target follows");
		if (blank(q->last[one_way_from]) && !blank(q->now[to]) && !said_since(q, q->at[0], q->now[to]) &&
		    !said_since(q, q->at[1], q->now[to]) && !(q->fresh && said_by_anybody(q, q->now[to])))
			wrong(q, "R17", "nobody said this");
		return;
	}
	if (q->parked && q->winner == WINNER_REVIEW && model_same(q->field, q->now[0], q->last[0]) &&
	    model_same(q->field, q->now[1], q->last[1]))
		return;
	if (asks_about_a_spelling(q))
		return;
	if (!model_agree(q->game, q->field, q->now[0], q->now[1]))
		wrong(q, "R19", "the two sides do not agree");
	if (!a_last_word(q, q->now[0]))
		wrong(q, "R20 R21 R22", "what stands is nobody's last word: an edit was lost");
}

static void possible_still_parked(const struct question *q)
{
	bool stands = model_same(q->field, q->now[0], q->last[0]) && model_same(q->field, q->now[1], q->last[1]);

	if ((stands && (q->parked || !q->changed[0] || !q->changed[1])) || asks_about_a_spelling(q))
		return;
	if (!model_agree(q->game, q->field, q->now[0], q->now[1]))
		wrong(q, "R22", "it is neither decided nor does anybody ask");
	if (!said_since(q, q->at[0], q->now[0]) && !said_since(q, q->at[1], q->now[0]))
		wrong(q, "R22", "nobody said this");
}

/* What we were told of in between may have been believed, and a blank been answered by it (R23). */
static bool has_many_words(const struct question *q)
{
	if (!q->clears && (blank(q->last[0]) || blank(q->last[1])))
		return true;
	for (enum side side = SIDE_EMR; side <= SIDE_CRM; side++) {
		const struct said *last = q->at[side]->said[q->field];

		if (last && last->step >= 0 && last->before && last->before->step >= 0)
			return true;
	}
	return false;
}

/* `before`: the pair as it was at the last rest; NULL: it is new. */
void check_pair(struct game *g, const struct pair_of *pair, const struct pair_of *before)
{
	for (enum field f = 0; f < FIELDS; f++) {
		bool same = before && before->at[0] == pair->at[0] && before->at[1] == pair->at[1];
		const struct question q = ask(g, pair, !same, f);

		if (before && before->parked[f])
			possible_still_parked(&q);
		else if (!same || !g->quiet || (g->told && has_many_words(&q)))
			possible(&q);
		else if (field_facts[f].direction != DIRECTION_BOTH)
			exact_one_way(&q);
		else
			exact_both_ways(&q);
	}
}

void check_unlinked(struct game *g, const struct record_of *r)
{
	char now[TEXT];

	for (enum field f = 0; f < FIELDS; f++) {
		world_text(g, r, f, now);
		if (!r->said[f] ? !blank(now) : !model_same(f, now, r->said[f]->text))
			broken(g, r, NULL, "R26: %s of %s, which is linked to nobody, was written to: '%s'",
			       field_facts[f].name, r->id, now);
	}
}
