#!/usr/bin/env bats
# --buffer with random options between random ends, compared with a model.
# ZCOPY_TEST_SEED, which is printed, repeats a run.

# bats file_tags=slow

load helpers

@test "buffer: 250 runs with random ends and options agree with a model" {
	requires python3 sha256sum
	# shellcheck disable=SC2086	# no seed is no argument
	run timeout 100 python3 -B "$BATS_TEST_DIRNAME/buffer-runs.py" "$ZCOPY" \
	    "${ZCOPY_TEST_RUNS:-250}" ${ZCOPY_TEST_SEED-} 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
}
