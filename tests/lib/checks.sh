# Sourced by the tests of the checks: a folder to put wrong examples into, and TAP results.
# Each file ends with `finish`.
# shellcheck shell=sh disable=SC2034 # its variables are used by those files
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
tools=$(cd "$(dirname "$0")/../../tools" && pwd)
number=0
failed=0

# put FILE: writes standard input there.
put() {
	mkdir -p "$(dirname "$root/$1")"
	cat >"$root/$1"
}

# verdict NAME STATUS: one TAP line.
verdict() {
	number=$((number + 1))
	if [ "$2" = 0 ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		failed=1
	fi
}

# accepts NAME COMMAND...: it must say yes.
accepts() {
	name=$1
	shift
	said=$("$@" 2>&1)
	status=$?
	[ $status = 0 ] || echo "# $said"
	verdict "$name" $status
}

# refuses NAME WORDS COMMAND...: it must fail and say WORDS.
refuses() {
	name=$1
	words=$2
	shift 2
	if said=$("$@" 2>&1); then
		echo "# it accepted: $said"
		verdict "$name" 1
	elif echo "$said" | grep -qF -- "$words"; then
		verdict "$name" 0
	else
		echo "# it said: $said"
		verdict "$name" 1
	fi
}

finish() {
	echo "1..$number"
	exit $failed
}
