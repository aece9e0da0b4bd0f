#!/usr/bin/env bats
# Builds without a library that zcopy can do without: what needs it is refused.
# In a complete build these cases check that it works.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 1000
	echo old >out
}

# needs LIBRARY WHAT OPTION ARG... - with the library, zcopy ARG... succeeds;
# without, it fails with status 2, says that OPTION needs WHAT, and touches
# nothing.
needs() {
	local library=$1 what=$2 option=$3
	shift 3
	if built_with "$library"; then
		zcopy 0 "$@"
		return
	fi
	zcopy 2 "$@"
	[ "$output" = "zcopy: $option: this build has no $what ($library)" ]
	only in out
	[ "$(cat out)" = old ]
}

@test "without: jansson, what prints JSON is refused" {
	needs jansson JSON --json --json in out
	needs jansson JSON --json-file --json-file=j in out
	needs jansson JSON --progress-fd --progress-fd=2 in out
	needs jansson JSON --json --benchmark --rounds=1 --json in /dev/null
}

@test "without: nettle, SHA-256 is refused" {
	needs nettle SHA-256 --digest --digest=sha256 in out
	needs nettle SHA-256 --expect \
	    --expect="sha256:$(sha256sum <in | cut -c 1-64)" in out
}

@test "without: xxHash, XXH3 and --resume are refused" {
	needs xxhash XXH3 --digest --digest=xxh3 in out
	needs xxhash XXH3 --resume --resume in out
}

@test "without: a malformed digest is refused as in a complete build" {
	zcopy 2 --expect=sha256:12 in out
	[[ $output == *"sha256 has 64 hexadecimal digits"* ]]
	zcopy 2 --expect=xxh3:12 in out
	[[ $output == *"xxh3 has 32 hexadecimal digits"* ]]
}
