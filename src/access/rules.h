/*
 * rules: which passwords are taken (NIST SP 800-63B): at least 12 characters, none of the commonest, not made of the name or of Suture's own; no rules of composition, no
 * end date. Pure.
 */
#ifndef SUTURE_ACCESS_RULES_H
#define SUTURE_ACCESS_RULES_H

#include "lib/arena.h"
#include "lib/err.h"

enum { PASSWORD_LEAST = 12 };

/* ERR_DATA, with a text that may be shown. */
int rules_password(struct arena *arena, struct str password, struct str name, struct err *err) MUST_CHECK;

#endif
