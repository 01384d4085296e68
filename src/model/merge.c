/*
 * One field at a time, in three questions: how does the pair stand (merge_mode), may the value go that way (direction), and
 * what changed since both sides last agreed (base). Each question has a function:
 *
 *	merge_one ── first link ──► merge_first ──┬── both ways ─► first_both         R11 R12 R24
 *	        │                                 └── one way ───► first_one_way      R17
 *	        └─── steady ───────► merge_steady ─┬─ both ways ─► steady_both        R20 R21 R22 R23
 *	                                           └─ one way ───► steady_one_way     R17 R20 R21 R23
 *
 * Both sides are treated by the same code: a side is EMR or CRM, values and writes are arrays over the two. A field that is
 * mapped one way has a source and a target; R17 and its mirror (CRM to EMR) are one function.
 *
 * The base is kept per side (R27). A side that rewrites what it is sent, and a blank that the other side did not take over,
 * leave the two apart; each then only counts as changed when it differs from its own half of the base.
 */
#include "model/merge.h"

enum side { EMR, CRM };

static enum side other(enum side s)
{
	return s == EMR ? CRM : EMR;
}

/* One field, laid out for both sides. */
struct pair {
	struct arena *arena;
	const struct field_map *field;
	struct value value[2];
	struct str normal[2];
	bool blank[2];
	bool changed[2];
	int64_t at_ms[2];
	const struct base *base; /* NULL or not known: first link */
};

/* ---- outcomes ---- */

static struct merged nothing(const struct pair *p, enum merge_rule rule)
{
	return (struct merged) { .value = p->value[p->blank[EMR] ? CRM : EMR], .rule = rule };
}

static struct merged write_to(const struct pair *p, enum side target, enum merge_rule rule)
{
	return (struct merged) {
		.write_emr = target == EMR,
		.write_crm = target == CRM,
		.value = p->value[other(target)],
		.rule = rule,
	};
}

/* Who is right when both sides have a say and nobody else decides. Times that are equal or unknown are no reason: EMR (R25). */
static enum side winning_side(const struct pair *p)
{
	if (p->field->winner == WINNER_CRM)
		return CRM;
	if (p->field->winner == WINNER_NEWEST && p->at_ms[EMR] > 0 && p->at_ms[CRM] > p->at_ms[EMR])
		return CRM;
	return EMR;
}

static enum winner winner_of(enum side side)
{
	return side == EMR ? WINNER_EMR : WINNER_CRM;
}

/* Parked for a person: both sides keep what they have (R22 `review`). */
static struct merged park(const struct pair *p, enum merge_rule rule)
{
	struct merged m = nothing(p, rule);

	m.conflict = true;
	m.review = true;
	m.winner = WINNER_REVIEW;
	return m;
}

/* ---- first link: rows R11 to R15; a blank never overwrites ---- */

static struct merged first_both(const struct pair *p, enum side winner, enum merge_rule rule)
{
	if (p->blank[EMR] || p->blank[CRM])
		return write_to(p, p->blank[EMR] ? EMR : CRM, rule);
	return write_to(p, other(winner), rule);
}

static struct merged first_one_way(const struct pair *p, enum side target)
{
	if (p->blank[other(target)])
		return nothing(p, RULE_R17);
	return write_to(p, target, RULE_R17);
}

/* R24: no base for this field yet, mapped after the pair was linked. The field's own source of truth stands in for the row. */
static struct merged first_without_base(const struct pair *p)
{
	bool both_filled = !p->blank[EMR] && !p->blank[CRM];

	if (p->field->winner == WINNER_REVIEW && both_filled)
		return park(p, RULE_R24);
	return first_both(p, winning_side(p), RULE_R24);
}

static struct merged merge_first(const struct pair *p, enum merge_mode mode)
{
	if (str_eq(p->normal[EMR], p->normal[CRM]))
		return nothing(p, RULE_R19);
	if (p->field->direction != DIRECTION_BOTH)
		return first_one_way(p, p->field->direction == DIRECTION_EMR_TO_CRM ? CRM : EMR);
	if (mode == MERGE_FIRST_EMR_WINS)
		return first_both(p, EMR, RULE_R12);
	if (mode == MERGE_FIRST_CRM_WINS)
		return first_both(p, CRM, RULE_R11);
	return first_without_base(p);
}

/* ---- the other record does not exist yet ---- */

static struct merged merge_new(const struct pair *p, enum side target)
{
	enum direction barred = target == CRM ? DIRECTION_CRM_TO_EMR : DIRECTION_EMR_TO_CRM;
	enum side source = other(target);

	if (p->blank[source] || p->field->direction == barred)
		return (struct merged) { .value = p->value[source], .rule = RULE_NOTHING };
	return write_to(p, target, target == CRM ? RULE_R12 : RULE_R14);
}

/* ---- steady state ---- */

/* R23: `from` was cleared, the other side was not touched. */
static struct merged cleared(const struct pair *p, enum side from)
{
	return write_to(p, p->field->blank == BLANK_CLEAR ? other(from) : from, RULE_R23);
}

/* R22. A blank is no answer to a value unless the field says that clearing counts (R23). */
static struct merged conflict(const struct pair *p)
{
	enum side winner = winning_side(p);
	struct merged m;

	if (p->field->winner == WINNER_REVIEW)
		return park(p, RULE_R22);
	if (p->blank[winner] && p->field->blank == BLANK_KEEP)
		winner = other(winner);
	m = write_to(p, other(winner), RULE_R22);
	m.conflict = true;
	m.winner = winner_of(winner);
	return m;
}

static struct merged steady_both(const struct pair *p)
{
	enum side changed = p->changed[EMR] ? EMR : CRM;

	if (p->changed[EMR] && p->changed[CRM])
		return conflict(p);
	if (p->blank[changed])
		return cleared(p, changed);
	return write_to(p, other(changed), changed == EMR ? RULE_R20 : RULE_R21);
}

/*
 * R17 and its mirror. A change of the source goes to the target. A change of the target is put back, also to blank when both
 * sides had agreed on blank. Two things a blank of the source does not do under `keep` (R23): clear the target, and take
 * away what the target held from the start.
 */
static struct merged steady_one_way(const struct pair *p, enum side target)
{
	enum side source = other(target);
	struct str base_of_target = target == CRM ? p->base->crm : p->base->emr;
	struct str nothing_there = value_normal(p->arena, p->field->type, VALUE_NOTHING);
	bool agreed_on_blank = !p->changed[source] && str_eq(base_of_target, nothing_there);

	if (p->blank[source] && p->field->blank == BLANK_KEEP && !agreed_on_blank)
		return nothing(p, p->changed[source] ? RULE_R23 : RULE_R17);
	if (p->changed[target])
		return write_to(p, target, RULE_R17);
	if (p->blank[source])
		return write_to(p, target, RULE_R23);
	return write_to(p, target, source == EMR ? RULE_R20 : RULE_R21);
}

static struct merged merge_steady(const struct pair *p)
{
	if (str_eq(p->normal[EMR], p->normal[CRM]))
		return nothing(p, RULE_R19);
	if (!p->changed[EMR] && !p->changed[CRM])
		return nothing(p, RULE_NOTHING);
	if (p->field->direction != DIRECTION_BOTH)
		return steady_one_way(p, p->field->direction == DIRECTION_EMR_TO_CRM ? CRM : EMR);
	return steady_both(p);
}

/* ---- the base afterwards ---- */

/* What the EMR will read as once it holds `v`: there and back through the transform, which may not keep every spelling. */
static struct str normal_in_emr(const struct pair *p, struct value v)
{
	struct value parts[MAPPING_PATHS_MAX], again = v;
	struct err ignored = ERR_INIT;
	const struct field_map *field = p->field;

	if (field->transform.kind && transform_has_inverse(&field->transform) &&
	    transform_inverse(&field->transform, p->arena, v, parts, field->emr_count, &ignored) == 0 &&
	    transform_forward(&field->transform, p->arena, parts, field->emr_count, &again, &ignored) < 0)
		again = v;
	return value_normal(p->arena, field->type, again);
}

static struct base next_base(const struct pair *p, const struct merged *m)
{
	struct base next = { .emr = p->normal[EMR], .crm = p->normal[CRM], .known = true };

	if (m->review)
		return p->base ? *p->base : (struct base) { 0 };
	if (m->write_emr)
		next.emr = normal_in_emr(p, m->value);
	if (m->write_crm)
		next.crm = value_normal(p->arena, p->field->type, m->value);
	return next;
}

/* ---- all fields ---- */

static struct pair lay_out(struct arena *arena, const struct field_map *field, const struct sides *sides, size_t i)
{
	struct pair p = {
		.arena = arena,
		.field = field,
		.value = { sides->emr ? sides->emr[i] : VALUE_NOTHING, sides->crm ? sides->crm[i] : VALUE_NOTHING },
		.at_ms = { sides->emr_ms, sides->crm_ms },
		.base = sides->base ? &sides->base[i] : NULL,
	};

	for (enum side s = EMR; s <= CRM; s++) {
		p.normal[s] = value_normal(arena, field->type, p.value[s]);
		p.blank[s] = value_is_blank(p.value[s]);
	}
	if (p.base && p.base->known) {
		p.changed[EMR] = !str_eq(p.normal[EMR], p.base->emr);
		p.changed[CRM] = !str_eq(p.normal[CRM], p.base->crm);
	}
	return p;
}

static struct merged merge_one(const struct pair *p, enum merge_mode mode, enum merge_mode first)
{
	if (mode == MERGE_NEW_IN_CRM || mode == MERGE_NEW_IN_EMR)
		return merge_new(p, mode == MERGE_NEW_IN_CRM ? CRM : EMR);
	if (mode == MERGE_STEADY && p->base && p->base->known)
		return merge_steady(p);
	return merge_first(p, mode == MERGE_STEADY ? first : mode);
}

void merge_fields(struct arena *arena, const struct mapping *m, enum merge_mode mode, const struct sides *sides,
                  struct merged *ret)
{
	for (size_t i = 0; i < m->count; i++) {
		struct pair p = lay_out(arena, &m->fields[i], sides, i);

		ret[i] = merge_one(&p, mode, sides->first);
		ret[i].next = next_base(&p, &ret[i]);
		ret[i].changed[EMR] = p.changed[EMR];
		ret[i].changed[CRM] = p.changed[CRM];
	}
}

void merge_choose(struct arena *arena, const struct mapping *m, const struct sides *sides, size_t i,
                  struct value chosen, struct merged *ret)
{
	struct pair p = lay_out(arena, &m->fields[i], sides, i);
	struct str normal = value_normal(arena, p.field->type, chosen);

	*ret = (struct merged) {
		.write_emr = p.field->direction != DIRECTION_EMR_TO_CRM && !str_eq(normal, p.normal[EMR]),
		.write_crm = p.field->direction != DIRECTION_CRM_TO_EMR && !str_eq(normal, p.normal[CRM]),
		.value = chosen,
		.rule = RULE_R22,
	};
	ret->next = next_base(&p, ret);
}

/* ---- names ---- */

static const struct rule_row {
	const char *name;
	const char *reason;
} rules[] = {
	[RULE_NOTHING] = { "", "nothing changed" },
	[RULE_R11] = { "R11", "first link: the CRM's value counts, blanks are filled" },
	[RULE_R12] = { "R12", "first link: the EMR's value counts, blanks are filled" },
	[RULE_R14] = { "R14", "new in the EMR" },
	[RULE_R17] = { "R17", "mapped one way: the source's value stands" },
	[RULE_R19] = { "R19", "both sides are the same" },
	[RULE_R20] = { "R20", "only the EMR changed" },
	[RULE_R21] = { "R21", "only the CRM changed" },
	[RULE_R22] = { "R22", "both sides changed: the field's source of truth decides" },
	[RULE_R23] = { "R23", "one side was cleared" },
	[RULE_R24] = { "R24", "the field was mapped after the link" },
};

const char *merge_rule_name(enum merge_rule rule)
{
	ensure((size_t)rule < ARRAY_LEN(rules));
	return rules[rule].name;
}

const char *merge_rule_reason(enum merge_rule rule)
{
	ensure((size_t)rule < ARRAY_LEN(rules));
	return rules[rule].reason;
}
