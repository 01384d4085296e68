#!/bin/sh
# console/pack, where there are no npm packages: what an earlier build packed is taken, else the stand-in.
# shellcheck source=../lib/checks.sh disable=SC2317 # pack is called by accepts
. "$(dirname "$0")/../lib/checks.sh"

mkdir -p "$root/console"
cp "$tools/../console/pack" "$tools/../console/empty.c" "$root/console/"
pack() {
	"$root/console/pack" "$root/out.c" "$root/out.d" && cmp "$root/out.c" "$root/console/$1"
}

accepts "pack: without packages the stand-in is taken" pack empty.c
accepts "pack: a build then looks for the packages each time" grep -q 'node_modules/.package-lock.json' "$root/out.d"
echo '/* packed */' | put console/packed.c
accepts "pack: the console of an earlier build is taken when it is there" pack packed.c
touch -d 2001-01-01 "$root/out.c"
accepts "pack: what is the same is not written again" pack packed.c
accepts "pack: so that nothing is compiled again" test "$root/out.c" -ot "$root/console/packed.c"
finish
