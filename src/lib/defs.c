#include "lib/defs.h"

#include <stdio.h>
#include <stdlib.h>

void defs_abort(const char *kind, const char *what, const char *file, int line)
{
	fprintf(stderr, "suture: %s(%s) failed at %s:%d\n", kind, what, file, line);
	abort();
}
