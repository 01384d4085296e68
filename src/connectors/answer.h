/*
 * answer: what an HTTP answer says before anybody looks for a vendor's words in it. Private to connectors.
 */
#ifndef SUTURE_CONNECTORS_ANSWER_H
#define SUTURE_CONNECTORS_ANSWER_H

#include "connectors/connector.h"

/* The body as JSON. Empty, a web page, or cut short: ERR_FAR_SIDE with a sentence that a person can act on. */
int answer_json(const struct http_answer *answer, struct arena *arena, struct json **ret, struct err *err) MUST_CHECK;
/* Is this body worth a parse? Empty bodies and web pages are not: ERR_FAR_SIDE says what came instead. */
int answer_check_text(const struct http_answer *answer, struct err *err) MUST_CHECK;
/* What a status of 300 or more means where nothing else is said, and what to do. */
enum err_code answer_code(unsigned status, const char **ret_advice);
/* For a status of 300 or more that the vendor did not explain. `what`: "list patients". Always fails. */
int answer_refusal(const struct http_answer *answer, const char *what, struct err *err);
bool answer_good(const struct http_answer *answer);              /* 200 to 299 */
int64_t answer_server_ms(const struct http_answer *answer);      /* Date header; 0: none */
int64_t answer_retry_after_ms(const struct http_answer *answer); /* Retry-After in seconds or as a date; 0: none */
/* The far side's words for people, cut to what is worth keeping. May hold patient data: for raw_message only. */
struct str answer_cut(struct str text);

/* One element of a page: well-formed or with its fault. */
struct row {
	struct str bytes;
	struct json *json;
	const char *fault;
};

/*
 * Cuts a page into rows. `member`: dotted path of the array, empty for a bare array. Where the page as a whole is not
 * well-formed, each element stands for itself (R3); that needs a bare array or a path of one step. `ret_envelope` is the tree
 * around the rows (totals, next page): the page itself, or what stands around its array.
 */
int answer_rows(struct arena *arena, struct str text, struct str member, struct row **ret, size_t *ret_count,
                struct json **ret_envelope, struct err *err) MUST_CHECK;
/* The text of a member of an object that is not well-formed, as far as it can be told: a string without escapes, not inside another object. So a broken
 * record is still known by its id (R3). Empty: cannot be told. */
struct str answer_salvage(struct str broken_object, struct str member);
/* "Items.0.Field": steps are names or positions. Empty path: the node itself. */
struct json *answer_walk(const struct json *j, struct str dotted);
/* Text of a string, number or boolean. */
struct str answer_walk_text(const struct json *j, struct str dotted);

#endif
