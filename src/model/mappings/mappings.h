/* The mappings that ship with the product; mappings.c is made from the .yaml files of this folder by embed.sh. */
#ifndef SUTURE_MODEL_MAPPINGS_H
#define SUTURE_MODEL_MAPPINGS_H

#include <stddef.h>

struct mapping_text {
	const char *name; /* of the file, without .yaml */
	const char *yaml;
};

extern const struct mapping_text mappings_builtin[];
extern const size_t mappings_builtin_count;

#endif
