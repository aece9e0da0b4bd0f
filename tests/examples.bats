#!/usr/bin/env bats
# README shows what zcopy prints.

load helpers

examples() {
	ZCOPY=$ZCOPY python3 "$BATS_TEST_DIRNAME/../scripts/examples" "$@"
}

@test "examples: README shows them as they are, but for the numbers" {
	requires python3
	examples --readme >in-readme
	examples --plain >real
	[ "$(wc -l <real)" -gt 80 ]
	diff in-readme real
}
