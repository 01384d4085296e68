/*
 * merge: three-way merge of one linked pair, field by field (R11 to R28). Pure: asks no clock and no store.
 */
#ifndef SUTURE_MODEL_MERGE_H
#define SUTURE_MODEL_MERGE_H

#include "model/mapping.h"

/* How the pair stands. The first-link modes are rows R11 to R15 of the rules; both differ only in who wins. */
enum merge_mode {
	MERGE_STEADY,         /* R19 to R23, with a base */
	MERGE_FIRST_EMR_WINS, /* R12, R13. This number and the next are stored with links */
	MERGE_FIRST_CRM_WINS, /* R11, R14, R15 */
	MERGE_NEW_IN_CRM,     /* there is no CRM record yet: every filled EMR value that may go to the CRM */
	MERGE_NEW_IN_EMR,
};

/* What both sides held when they last agreed, each in its own spelling (a side may rewrite what it is sent, R27). */
struct base {
	struct str
	        emr; /* value_normal() of the EMR's value in CRM form; of a blank: the empty text ("false" for TYPE_BOOL) */
	struct str crm;
	bool known; /* false: no base for this field (R24), a field mapped later */
	bool unsure
	        [2]; /* by side, EMR first: that half is what we wrote; how the far side spells it was not seen yet (R27) */
};

struct sides {
	const struct value *emr; /* one per field, CRM form; NULL: no record there yet (MERGE_NEW_IN_EMR) */
	const struct value *crm; /* NULL: no record there yet (MERGE_NEW_IN_CRM) */
	const struct base *base; /* NULL in first-link modes */
	/* MERGE_STEADY, for fields without a base: the row by which they are still to be merged for the first time, as the write of then was refused;
	 * MERGE_STEADY: none, the field's own source of truth stands in (R24). */
	enum merge_mode first;
	int64_t emr_ms; /* modification times, for WINNER_NEWEST; equal, or one of them 0 (unknown): the EMR wins */
	int64_t crm_ms;
};

enum merge_rule {
	RULE_NOTHING,
	RULE_R11,
	RULE_R12,
	RULE_R14,
	RULE_R17,
	RULE_R19,
	RULE_R20,
	RULE_R21,
	RULE_R22,
	RULE_R23,
	RULE_R24
};

struct merged {
	bool write_emr;
	bool write_crm;
	struct value
	        value; /* what both sides hold afterwards (CRM form); where they stay apart, the EMR's if it has one */
	bool conflict; /* R22: both changed. Also set with `review` */
	bool review;   /* R22 or R24 `review`: nothing is written, a person decides; asked again at each merge */
	enum winner winner;   /* of a conflict: WINNER_EMR, WINNER_CRM or WINNER_REVIEW */
	enum merge_rule rule; /* why, for the audit trail */
	bool changed[2];      /* by side, EMR first: it differs from its own half of the base (false without one) */
	struct base next;     /* base once everything is delivered, unless the far side's answer says otherwise (R27) */
};

/* Fills one struct merged per field, in mapping order. Cannot fail. */
void merge_fields(struct arena *arena, const struct mapping *m, enum merge_mode mode, const struct sides *sides,
                  struct merged *ret);
/* R22: a person decided that field `i` is to hold `chosen` on both sides: what that writes. */
void merge_choose(struct arena *arena, const struct mapping *m, const struct sides *sides, size_t i,
                  struct value chosen, struct merged *ret);
const char *merge_rule_name(enum merge_rule rule);   /* "R20" */
const char *merge_rule_reason(enum merge_rule rule); /* "only the EMR changed" */

#endif
