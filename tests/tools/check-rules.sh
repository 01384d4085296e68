#!/bin/sh
# tools/check-rules: a rule counts through a test that ran, passed and names it.
# shellcheck source=../lib/checks.sh
. "$(dirname "$0")/../lib/checks.sh"

# shellcheck disable=SC2317 # called through accepts and refuses
check() {
	"$tools/check-rules" "$root/logs" "$root/required" "$root/rules.md"
}
printf 'R1\nR12\n' | put required
printf -- '- **R1** one.\n- **R12** twelve.\n' | put rules.md

printf 'ok 1 - test_R1_kept\nok 2 - R12 R1: both\n' | put logs/unit.tap
accepts "rules: each is named by a test that passed" check
printf 'ok 1 - test_R1_kept\nok 2 - R120 another\nok 3 - xR12\n' | put logs/unit.tap
refuses "rules: a longer number is another rule" "no test that passed names R12" check
printf 'ok 1 - test_R1_kept\nnot ok 2 - R12\n' | put logs/unit.tap
refuses "rules: a test that failed does not count" "no test that passed names R12" check
printf 'ok 1 - test_R1_kept\nok 2 - R12 # SKIP no data\n' | put logs/unit.tap
refuses "rules: a test that was skipped does not count" "no test that passed names R12" check
printf 'ok 1 - test_R1_kept\nok 2 - R12\n' | put logs/unit.tap
printf -- '- **R1** one.\n- **R12** twelve.\n- **R13** more.\n' | put rules.md
refuses "rules: an explained rule has to be required" "names: R13" check
printf -- '- **R1** one.\n' | put rules.md
refuses "rules: a required rule has to be explained" "names: R12" check
finish
