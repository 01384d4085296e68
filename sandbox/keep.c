#include "sandbox/keep.h"

#include <stdlib.h>

void *keep_new(size_t size)
{
	void *at = calloc(1, size);

	must(at != NULL);
	return at;
}

void *keep_raw(size_t size)
{
	void *at = malloc(size);

	must(at != NULL);
	return at;
}

void *keep_resize(void *at, size_t size)
{
	at = realloc(at, size);
	must(at != NULL);
	return at;
}

void keep_drop(void *at)
{
	free(at);
}
