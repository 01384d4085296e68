/*
 * match: demographic identity (R6 to R10). Pure: the caller looks the candidates up by key and hands them over.
 */
#ifndef SUTURE_MODEL_MATCH_H
#define SUTURE_MODEL_MATCH_H

#include "model/mapping.h"
#include "codec/digest.h"

/* Names and birth date of one record, normalised (R7). `complete`: all three are present and none is a placeholder. */
struct identity {
	bool complete;
	const char *missing; /* "birth date is missing", "the name is a placeholder"; NULL when complete */
	struct digest16 key; /* equal keys = equal identities; only when complete */
};
struct identity identity_of(struct arena *arena, struct value first, struct value last, struct value birth_date);

/* What is known of everybody who shares a key, on both sides. */
struct match_question {
	struct identity who;
	size_t same_side; /* records of the asking side with this key, the asking one included */
	const struct match_candidate *candidates; /* of the other side */
	size_t candidate_count;
};
struct match_candidate {
	struct str id;
	bool linked; /* to another record than the asking one, by link or by a stored external id */
};

enum match_verdict { MATCH_LINK, MATCH_NONE, MATCH_AMBIGUOUS, MATCH_ALREADY_LINKED, MATCH_INCOMPLETE };
struct match_answer {
	enum match_verdict verdict;
	const struct match_candidate *chosen; /* MATCH_LINK, MATCH_ALREADY_LINKED */
	const char *reason;                   /* a sentence, no patient data */
};
struct match_answer match_decide(const struct match_question *question);

#endif
