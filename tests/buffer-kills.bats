#!/usr/bin/env bats
# zcopy with --buffer is killed at random moments: DEST and SOURCE are what its
# message says.

# bats file_tags=slow

load helpers
load kills
load peer

KILLS=3
SIZE=8000000

setup() {
	set_up_kills
}

@test "buffer: each signal leaves the old file, from a file, a pipe and TCP" {
	local signal route
	for signal in 9 15; do
		for route in file_to_file pipe_to_file tcp_to_file; do
			echo "$route"
			killed_midway untouched $signal $route --buffer=1M
		done
	done
	most_landed
}

@test "buffer: a signal leaves in DEST as many bytes as the message says" {
	local route
	for route in file_to_file pipe_to_file; do
		echo "$route"
		killed_midway as_counted 15 $route --inplace --buffer=64K
		killed_midway as_counted 2 $route --inplace --buffer=64M
	done
	most_landed
}

@test "buffer: a signal leaves an inherited source where the message says" {
	killed_midway position_counted 15 stdin_to_file --buffer=64K
	killed_midway position_counted 2 stdin_to_file --buffer=64M
	most_landed
}

@test "buffer: what a signal loses of a pipe is counted to the byte" {
	local from=$BATS_TEST_TMPDIR.from to=$BATS_TEST_TMPDIR.to
	local rest=$BATS_TEST_TMPDIR.rest signal got left
	local said='\(([0-9]+) bytes delivered, ([0-9]+) more were read and are lost\)'
	mkfifo "$from" "$to"
	for signal in INT TERM; do
		cat "$in" >"$from" 3>&- &
		exec 6<"$from" 7<>"$to"
		start --buffer=1M - "$to" <&6 6>&- 7>&-
		retry heeds
		retry buffer_is_full
		kill "-$signal" "$pid"
		outcome "$pid"
		cat <&6 >"$rest"
		exec 6<&-
		[[ $output =~ $said ]]
		got=${BASH_REMATCH[1]}
		left=$((SIZE - got - BASH_REMATCH[2]))
		[ "$got" -gt 0 ]
		head -c "$got" <&7 | cmp -n "$got" - "$in"
		! read -r -t 0 -u 7
		exec 7<&-
		tail -c "$left" "$in" | cmp - "$rest"
	done
}
