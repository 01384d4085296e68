/* Whoever the test says. Stands in for src/access when linked before it. */
#ifndef SUTURE_TESTS_API_ACCESS_FAKE_H
#define SUTURE_TESTS_API_ACCESS_FAKE_H

#include "access/access.h"

struct access {
	struct person person; /* rights 0: nobody is signed in */
	unsigned used, looked;
};

#endif
