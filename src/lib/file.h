/* file: a whole file at once; files and folders to the disk. */
#ifndef SUTURE_LIB_FILE_H
#define SUTURE_LIB_FILE_H

#include "lib/arena.h"
#include "lib/err.h"

/*
 * Copies the file into the arena, with a NUL behind it. ERR_NOT_FOUND: it is not there; ERR_MEMORY_LIMIT: it holds more than `max` bytes; ERR_SYSTEM: it is
 * a folder, or may not be read.
 */
int file_read(struct arena *arena, const char *path, size_t max, struct str *ret, struct err *err) MUST_CHECK;

/* What was written to the file is on the disk; of a folder: which names are in it. */
int file_sync(const char *path, struct err *err) MUST_CHECK;
/* The name is on the disk: the folder that holds it is synced. */
int file_sync_name(const char *path, struct err *err) MUST_CHECK;

#endif
