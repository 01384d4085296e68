/*
 * source: where patients come from, generated or read from a file of FHIR Patients, the same way for both: person n, in any
 * order, as often as wanted.
 */
#ifndef SANDBOX_PEOPLE_SOURCE_H
#define SANDBOX_PEOPLE_SOURCE_H

#include "lib/err.h"
#include "sandbox/people.h"

/* The largest file with records to start with. */
#define SOURCE_LIMIT ((size_t)2 << 30)

struct source {
	uint64_t seed;
	size_t count;
	struct arena arena;
	struct str *lines;
};

void source_generated(struct source *source, uint64_t seed, size_t count);
/* ERR_NOT_FOUND, ERR_SYSTEM: cannot read; ERR_PARSE names the line that is no Patient. Reads the file whole and checks every line. */
int source_fhir(struct source *source, uint64_t seed, const char *path, struct err *err) MUST_CHECK;
void source_release(struct source *source);
void source_person(const struct source *source, struct arena *arena, size_t n, struct person *ret);

#endif
