#!/bin/sh
# tools/tally counts every shape of TAP that our runners print, and tools/check-rules believes only tests that passed.
# shellcheck source=../lib/checks.sh
. "$(dirname "$0")/../lib/checks.sh"

# counts NAME EXPECTED FILE...
counts() {
	name=$1
	expected=$2
	shift 2
	said=$(cd "$root" && "$tools/tally" "$@")
	[ "$said" = "$expected" ] || echo "# it said $said, not $expected"
	[ "$said" = "$expected" ]
	verdict "$name" $?
}

put plain.tap <<'EOF'
1..4
ok 1 - one
not ok 2 - two
# why
ok 3 - three # SKIP no data
not ok 4 # SKIP as cmocka says it
EOF
counts "tally: passed, failed, and skipped in both spellings" "1 1 2" plain.tap

put skipped.tap <<'EOF'
# program a
1..0 # SKIP no data
# program b
1..1
ok 1 - one
EOF
counts "tally: a program that skips all of itself is seen" "1 0 1" skipped.tap
echo '1..0' | put none.tap
counts "tally: a plan of no tests without a reason is a failure" "0 1 0" none.tap

put nested.tap <<'EOF'
TAP version 13
# Subtest: file
    # Subtest: inner
    ok 1 - inner
    not ok 2 - other
    1..2
not ok 1 - file
ok 2 - alone
1..2
EOF
counts "tally: a parent is not counted beside its children" "2 1 0" nested.tap

put hook.tap <<'EOF'
    ok 1 - inner
    1..1
not ok 1 - file whose clean-up failed
EOF
counts "tally: a parent that failed by itself is counted" "1 1 0" hook.tap

: | put empty.tap
echo "no result" | put silent.tap
counts "tally: a file without a result is a failure" "1 3 2" plain.tap empty.tap silent.tap
counts "tally: an empty file alone is a failure" "0 1 0" empty.tap
counts "tally: an empty file first is a failure" "1 2 2" empty.tap plain.tap

said=$("$tools/tally" --failures "$root/plain.tap")
[ "$(echo "$said" | tail -n 2)" = "$(printf 'not ok 2 - two\n# why')" ]
verdict "tally: a failure is shown with what was said about it" $?

mkdir -p "$root/logs" "$root/bin"
put logs/a.tap <<'EOF'
ok 1 - R7: a missing name matches nothing
    ok 2 - test_r12_batch
ok 3 - R13 waits # SKIP no data
not ok 4 - R14 broken
ok 5 - R99x is no rule
EOF
echo 'R7 R12' | put required
printf -- '- **R7** seven.\n- **R12** twelve.\n' | put rules.md
accepts "rules: cited in a test that passed, in either spelling" \
	"$tools/check-rules" "$root/logs" "$root/required" "$root/rules.md"
for rule in R1 R13 R14 R99; do
	echo "$rule" | put required
	echo "- **$rule** one." | put rules.md
	refuses "rules: $rule has no test that passed" "names $rule" \
		"$tools/check-rules" "$root/logs" "$root/required" "$root/rules.md"
done

LOGS=$root "$tools/test-step" crash sh -c 'echo "ok 1 - one"; exit 3' >/dev/null
counts "step: a crash after the last result is a failure" "1 1 0" crash.tap
LOGS=$root "$tools/test-step" quiet true >/dev/null
counts "step: no test at all is a failure" "0 1 0" quiet.tap
finish
