/*
 * knobs: settings of a running stand-in as rows, for GET and POST /__admin/settings. To add one: a row in the vendor's table, a
 * field in its state.
 *
 *	static const struct knob knobs[] = {
 *		{ "put_merges", KNOB_SWITCH, offsetof(struct niko, put_merges), NULL },
 *		{ "post_reply", KNOB_WORD, offsetof(struct niko, post_reply), "full id bare empty" },
 *	};
 */
#ifndef SUTURE_SANDBOX_KNOBS_H
#define SUTURE_SANDBOX_KNOBS_H

#include "codec/json.h"

enum knob_kind {
	KNOB_COUNT,   /* int64_t, not negative */
	KNOB_READING, /* int64_t, only to be read */
	KNOB_REAL,    /* double, not negative */
	KNOB_SWITCH,  /* bool */
	KNOB_TEXT,    /* struct str */
	KNOB_WORD,    /* struct str, one of `words` */
};

struct knob {
	const char *name;
	enum knob_kind kind;
	size_t at;         /* offset in the state */
	const char *words; /* separated by blanks; KNOB_WORD only */
};

void knobs_write(const struct knob *knobs, size_t count, const void *state, struct buf *out);
/* Takes the members of `body`, all or none. Texts are copied into `keep`. ERR_USAGE names the member. */
int knobs_take(const struct knob *knobs, size_t count, void *state, struct arena *keep, const struct json *body,
               struct err *err) MUST_CHECK;

#endif
