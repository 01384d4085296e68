#!/bin/sh
# tools/check-size measures functions, files and nesting.
# shellcheck source=../lib/checks.sh
. "$(dirname "$0")/../lib/checks.sh"

# function NAME LINES: one with that many lines inside.
function_of() {
	echo "void $1(void)"
	echo "{"
	awk -v n="$2" 'BEGIN { for (i = 0; i < n; i++) print "\tstep();" }'
	echo "}"
	echo
}

function_of ends_at_the_bar 97 | put src/lib/a.c
accepts "size: a function of 100 lines passes" "$tools/check-size" "$root"
function_of goes_over 98 | put src/lib/a.c
refuses "size: a function of 101 lines is found by name" "101 lines in void goes_over(void)" "$tools/check-size" "$root"
function_of goes_over 120 | put tests/unit/lib/a.c
function_of fine 3 | put src/lib/a.c
refuses "size: tests have to keep functions short as well" "tests/unit/lib/a.c:2" "$tools/check-size" "$root"
rm -r "$root/tests"

for name in a b c d e f g h i j k l m n o p q r s t; do function_of "f_$name" 16; done | put src/lib/a.c
refuses "size: the median is judged" "the median is over 15 lines" "$tools/check-size" "$root"
{
	for name in a b c d e f g h i j k l m n o p q; do function_of "f_$name" 3; done
	for name in r s t; do function_of "f_$name" 60; done
} | put src/lib/a.c
refuses "size: the 90th percentile is judged" "90th percentile is over 45 lines" "$tools/check-size" "$root"

awk 'BEGIN { for (i = 0; i < 701; i++) print "/* prose */" }' | put src/lib/a.c
refuses "size: a file of 701 lines is found" "src/lib/a.c: 701 lines" "$tools/check-size" "$root"

put src/lib/a.c <<'EOF'
static void nested(void)
{
	for (;;) {
		if (a) {
			while (b)
				step(very_long_name,
				     other_name);
		}
	}
}
EOF
accepts "size: three blocks deep passes" "$tools/check-size" "$root"
put src/lib/a.c <<'EOF'
static void nested(void)
{
	for (;;) {
		if (a) {
			while (b)
				if (c)
					step();
		}
	}
}
EOF
refuses "size: four blocks deep is found" "blocks nested 4 deep in static void nested(void)" "$tools/check-size" "$root"
finish
