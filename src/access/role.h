/* role: what a person is, and the rights that come with it. Pure; the rows stand in role.c. */
#ifndef SUTURE_ACCESS_ROLE_H
#define SUTURE_ACCESS_ROLE_H

#include "lib/arena.h"

/* Numbers are stored: append only. */
enum role { ROLE_VIEWER = 0, ROLE_OPERATOR = 1, ROLE_ADMIN = 2, ROLE_AUDITOR = 3 };
enum { ROLE_COUNT = 4 };

enum right {
	RIGHT_SEE = 1,       /* everything but patient data */
	RIGHT_VALUES = 2,    /* patient data; each look leaves an audit entry */
	RIGHT_WORK = 4,      /* retry, link, runs, decide */
	RIGHT_SETUP = 8,     /* connections, mappings, schedules, policy, real time */
	RIGHT_AUDIT = 16,    /* the audit trail */
	RIGHT_ACCOUNTS = 32, /* people and their tokens */
};
enum { RIGHT_COUNT = 6, RIGHTS_ALL = 63 };

unsigned role_rights(enum role role);
const char *role_name(enum role role); /* "admin" */
bool role_of_name(struct str name, enum role *ret);
const char *right_name(unsigned right); /* of one bit: "values" */
bool right_of_name(struct str name, unsigned *ret);
/* "see, values"; and back, from names joined by commas or blanks. False: an unknown name. */
struct str rights_names(struct arena *arena, unsigned rights);
bool rights_of_names(struct str names, unsigned *ret);

#endif
