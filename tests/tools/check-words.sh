#!/bin/sh
# tools/check-words finds what must not be in a public repository. The wrong words are put together here, so that the
# check does not find this file.
# shellcheck source=../lib/checks.sh
. "$(dirname "$0")/../lib/checks.sh"

echo "See https://docs.example.org/work/hours and src/work/x.c." | put docs/good.md
accepts "words: an address or a relative path with such a part is fine" "$tools/check-words" "$root"

# wrong NAME LINE
wrong() {
	echo "$2" | put src/bad.c
	refuses "words: $1" "src/bad.c:1:" "$tools/check-words" "$root"
	rm "$root/src/bad.c"
}
wrong "a path of one machine" "open(\"/wo""rk/main/x\")"
wrong "a home folder" "open(\"/ho""me/jo/x\")"
wrong "a package registry" "https://registry.np""mjs.org/x"
wrong "a private key" "-----BEGIN RSA PRI""VATE KEY-----"
wrong "unfinished work" "/* TO""DO: later */"
finish
