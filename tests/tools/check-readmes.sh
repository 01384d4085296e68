#!/bin/sh
# tools/check-readmes wants a README of one screen in every folder with sources.
# shellcheck source=../lib/checks.sh
. "$(dirname "$0")/../lib/checks.sh"

echo 'int a;' | put src/lib/a.c
refuses "readmes: a folder without one is found" "src/lib has no README.md" "$tools/check-readmes" "$root"
echo '# lib' | put src/lib/README.md
echo '# src' | put src/README.md
accepts "readmes: a short one passes" "$tools/check-readmes" "$root"
awk 'BEGIN { for (i = 0; i < 81; i++) print "line" }' | put src/lib/README.md
refuses "readmes: one longer than a screen is found" "src/lib/README.md is longer" "$tools/check-readmes" "$root"
echo '# lib' | put src/lib/README.md
echo '{}' | put other/inner/deep/a.json
refuses "readmes: the uppermost folders want one, whatever is in them" "other has no README.md" "$tools/check-readmes" "$root"
echo '# other' | put other/README.md
refuses "readmes: and those in them" "other/inner has no README.md" "$tools/check-readmes" "$root"
echo '# inner' | put other/inner/README.md
accepts "readmes: below that only where sources are" "$tools/check-readmes" "$root"
finish
