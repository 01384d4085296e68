#!/bin/sh
# tools/check-source refuses banned calls and vendor headers outside their room, and nothing else.
# shellcheck source=../lib/checks.sh
. "$(dirname "$0")/../lib/checks.sh"

put src/model/good.c <<'EOF'
/* strcpy(a, b) in prose, goto in prose,
   atoi(x) in more prose */
static const char *text = "sprintf(buffer) and goto";
static void good(struct handle *handle) { handle->free(handle); handle[0].system(1); my_strtok(text); } // goto
EOF
accepts "source: prose, text, members and longer names are no calls" "$tools/check-source" "$root"

# wrong NAME WORDS FILE LINE
wrong() {
	echo "$4" | put "$3"
	refuses "source: $1" "$2" "$tools/check-source" "$root"
	rm "$root/$3"
}
wrong "a copy without bound" "src/model/bad.c:1: strcpy" src/model/bad.c 'void f(void) { strcpy(a, b); }'
wrong "a call spread over a space" "src/model/bad.c:1: atoi" src/model/bad.c 'int f(void) { return atoi (a); }'
wrong "goto" "src/model/bad.c:1: goto" src/model/bad.c 'void f(void) { goto out; }'
wrong "bare malloc outside lib" "src/model/bad.c:1: malloc" src/model/bad.c 'void *f(void) { return malloc(1); }'
wrong "libcurl outside net" "src/sync/bad.c:1: curl/curl.h" src/sync/bad.c '#include <curl/curl.h>'
wrong "SQLite outside store" "src/sync/bad.c:1: sqlite3.h" src/sync/bad.c '#include <sqlite3.h>'
wrong "OpenSSL outside codec and net" "src/store/bad.c:1: openssl/ssl.h" src/store/bad.c '#include <openssl/ssl.h>'
wrong "libsodium outside codec" "src/store/bad.c:1: sodium.h" src/store/bad.c '#include <sodium.h>'
wrong "code after a comment on the same line" "src/model/bad.c:1: strtok" src/model/bad.c '/* a */ void f(void) { strtok(a, b); }'

echo 'void *f(void) { return malloc(1); }' | put src/lib/fine.c
echo '#include <curl/curl.h>' | put src/net/fine.c
accepts "source: lib may call malloc, net may include libcurl" "$tools/check-source" "$root"

echo 'void *f(void) { return malloc(1); }' | put src/net/handle.c
echo 'src/net/handle.c malloc lives as long as a transfer of the library' | put tools/check-source.allow
accepts "source: an exception that is written down passes" "$tools/check-source" "$root"
rm "$root/src/net/handle.c"
refuses "source: an exception that nobody needs is reported" "src/net/handle.c malloc is not needed" \
	"$tools/check-source" "$root"
finish
