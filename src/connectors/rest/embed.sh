#!/bin/sh
# embed.sh OUT FILE...: writes a C file whose array rest_descriptors holds the text of each file, ended by NULL.
set -eu
out=$1
shift
{
	echo 'extern const char *const rest_descriptors[];'
	echo 'const char *const rest_descriptors[] = {'
	for file in "$@"; do
		sed 's/\\/\\\\/g; s/"/\\"/g; s/^/\t"/; s/$/\\n"/' "$file"
		printf '\t,\n'
	done
	printf '\t(const char *)0,\n};\n'
} >"$out"
