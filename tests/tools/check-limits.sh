#!/bin/sh
# tools/check-limits holds the list of limits, its page and its users together.
# shellcheck source=../lib/checks.sh disable=SC2016 # backticks are part of the page
. "$(dirname "$0")/../lib/checks.sh"

put src/lib/limits.h <<'EOF'
/* ---- Texts ---- */
#define LIMIT_A ((size_t)4 << 20) /* bytes | one text | it was measured */
#define LIMIT_B 60000 /* ms | one wait | a guess */
EOF
echo 'size_t most[] = { LIMIT_A, LIMIT_B };' | put src/lib/a.c
"$tools/limits" "$root" | put docs/LIMITS.md
accepts "limits: a list with its page and its users passes" "$tools/check-limits" "$root"
accepts "limits: the page says megabytes" grep -qF '| `LIMIT_A` | 4 MB | one text | it was measured |' "$root/docs/LIMITS.md"
accepts "limits: the page says seconds" grep -qF '| `LIMIT_B` | 60 s | one wait | a guess |' "$root/docs/LIMITS.md"

echo 'static const size_t most_rows = (size_t)3 << 20;' | put src/net/b.c
refuses "limits: a figure elsewhere is found" "src/net/b.c:1" "$tools/check-limits" "$root"
echo 'struct buf b = BUF_INIT((size_t)1 << 20);' | put src/net/b.c
refuses "limits: a buffer with its own bound is found" "src/net/b.c:1" "$tools/check-limits" "$root"
rm "$root/src/net/b.c"

echo 'size_t most[] = { LIMIT_A };' | put src/lib/a.c
refuses "limits: one that bounds nothing is found" "nothing is bounded by LIMIT_B" "$tools/check-limits" "$root"
echo 'size_t most[] = { LIMIT_A, LIMIT_B };' | put src/lib/a.c
echo '#define LIMIT_A 5 /* bytes */' | put src/lib/limits.h
refuses "limits: a row without its reason is found" "unit | what | why is missing" "$tools/check-limits" "$root"
finish
