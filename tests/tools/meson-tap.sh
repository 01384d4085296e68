#!/bin/sh
# tools/meson-tap.mjs: cmocka's way to skip a test is no failure, and everything that is one stays one.
# shellcheck source=../lib/checks.sh
. "$(dirname "$0")/../lib/checks.sh"

# A test of a Meson project that prints TAP: program NAME STATUS, its output on stdin.
program() {
	{
		printf '#!/bin/sh\ncat <<END\n'
		cat
		printf 'END\nexit %d\n' "$2"
	} | put "src/$1"
	chmod +x "$root/src/$1"
	echo "test('$1', find_program('$1'), protocol: 'tap')" >>"$root/src/meson.build"
}

# runs PROGRAM
runs() {
	node "$tools/meson-tap.mjs" "$root/build" "$1" >"$root/$1.tap"
}

echo "project('taps')" | put src/meson.build
program skips 0 <<'EOF'
1..3
ok 1 - one
not ok 2 # SKIP no data
not ok 3 - three # SKIP
EOF
program fails 0 <<'EOF'
1..2
not ok 1 - bad
not ok 2 # SKIP no data
EOF
program crashes 3 <<'EOF'
1..1
not ok 1 # SKIP no data
EOF
program stops 0 <<'EOF'
1..3
not ok 1 # SKIP no data
ok 2 - two
EOF
meson setup "$root/build" "$root/src" >"$root/setup.log" 2>&1 || cat "$root/setup.log"

runs skips
verdict "meson-tap: a program whose tests passed or were skipped passed" $?
[ "$("$tools/tally" "$root/skips.tap")" = "1 0 2" ] && ! grep -q '^not ok' "$root/skips.tap"
verdict "meson-tap: a skipped test is told as one" $?
for name in fails crashes stops; do
	! runs "$name"
	verdict "meson-tap: a program that $name failed, whatever it skipped" $?
	[ "$("$tools/tally" "$root/$name.tap" | cut -d ' ' -f 2)" = 1 ]
	verdict "meson-tap: one failure is told of a program that $name" $?
done
finish
