#!/usr/bin/env bats
# README shows what zcopy prints.

load helpers

transcripts() {
	ZCOPY=$ZCOPY python3 "$BATS_TEST_DIRNAME/../scripts/transcripts" "$@"
}

@test "transcripts: README shows them as they are, but for the numbers" {
	requires python3
	transcripts --readme >in-readme
	transcripts --plain >real
	[ "$(wc -l <real)" -gt 80 ]
	diff in-readme real
}
