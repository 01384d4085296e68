/* file: a whole file at once. */
#ifndef SUTURE_LIB_FILE_H
#define SUTURE_LIB_FILE_H

#include "lib/arena.h"
#include "lib/err.h"

/*
 * Copies the file into the arena, with a NUL behind it. ERR_NOT_FOUND: it is not there; ERR_MEMORY_LIMIT: it holds more than `max` bytes; ERR_SYSTEM: it is
 * a folder, or may not be read.
 */
int file_read(struct arena *arena, const char *path, size_t max, struct str *ret, struct err *err) MUST_CHECK;

#endif
