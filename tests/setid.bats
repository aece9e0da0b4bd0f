#!/usr/bin/env bats
# A program file that gives its rights to every user is refused.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	requires_root
	random_file in 1000
	echo old >out
	let_nobody_in
	chmod 666 in out
	mkdir "$BATS_TEST_TMPDIR.bin"
	program=$BATS_TEST_TMPDIR.bin/zcopy
	cp "$ZCOPY" "$program"
	chmod 755 "$BATS_TEST_TMPDIR.bin" "$program"
	nobody=(setpriv --reuid=nobody "--regid=$(id -g nobody)" --clear-groups)
}

# becomes ID - fail unless the program file makes the effective user or group ID
# (-u or -g) this one, or skip the case: a mount with nosuid would not.
becomes() {
	local id=$BATS_TEST_TMPDIR.bin/id
	cp "$(command -v id)" "$id"
	chown --reference="$program" "$id"
	chmod --reference="$program" "$id"
	[ "$("${nobody[@]}" "$id" "$1")" = 0 ] || skip "no set-ID bits here"
}

# refused ARG... - nobody's zcopy says so, and does nothing.
refused() {
	run "${nobody[@]}" "$program" "$@"
	printf '[status %s]\n%s\n' "$status" "$output"
	[ "$status" -eq 2 ]
	[ "$output" = "zcopy: refused: this program file is set-user-ID or \
set-group-ID or has capabilities, and would lend them to every user; use sudo(8)" ]
	[ "$(cat out)" = old ]
	only in out
}

all_refused() {
	refused --inplace in out
	refused --version
	refused --list-methods
	refused --benchmark
	refused -q --json-file=report in out
}

works() {
	rm -f out
	"$@" "$program" in ./out
	same in out
}

@test "setid: a set-user-ID program is refused" {
	chmod 4755 "$program"
	becomes -u
	all_refused
}

# The leak sanitizer cannot trace such a process, and fails.
# bats test_tags=slow
@test "setid: a set-group-ID program is refused" {
	chmod 2755 "$program"
	becomes -g
	all_refused
}

@test "setid: a program that has capabilities is refused" {
	requires setcap
	local set
	for set in cap_dac_override+ep cap_net_bind_service+p; do
		setcap "$set" "$program" || skip "no capabilities of files here"
		all_refused
	done
}

@test "setid: root may start it, and all that a caller has is no reason" {
	chmod 6755 "$program"
	works
	chmod 755 "$program"
	works "${nobody[@]}"
	works "${nobody[@]}" --inh-caps=+net_bind_service \
	    --ambient-caps=+net_bind_service
}
