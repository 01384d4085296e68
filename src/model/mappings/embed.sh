#!/bin/sh
# Prints mappings.c: each .yaml file named on the command line as a row of mappings_builtin.
set -eu
printf '%s\n\n' '#include "model/mappings/mappings.h"' 'const struct mapping_text mappings_builtin[] = {'
for file; do
	printf '\t{ "%s",\n' "$(basename "$file" .yaml)"
	sed 's/\\/\\\\/g; s/"/\\"/g; s/^/\t  "/; s/$/\\n"/' "$file"
	printf '\t},\n'
done
printf '};\n\nconst size_t mappings_builtin_count = %d;\n' $#
