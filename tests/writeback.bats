#!/usr/bin/env bats
# When an old file is replaced on ext4 or btrfs, or truncated and written in
# place on any disk, the writeback of the new data begins while it moves.
# Otherwise rename(2) or close(2) start all of it at once, and wait.
# bats file_tags=slow

load helpers

setup() {
	file_system ext4 300
	cd "$fs" || return
	in=$fs/in
	random_file "$in" 20000001
	cp "$in" "$BATS_TEST_TMPDIR.in"
	cp "$in" out
}

teardown() {
	end_all
	unmount_all
}

# traced ARG... - run zcopy; set $begun to a line OFFSET COUNT for each
# sync_file_range(2).
traced() {
	requires strace
	local TRACE='-e trace=sync_file_range,linkat,renameat,copy_file_range'
	zcopy 0 "$@"
	begun=$(sed -n 's/.*sync_file_range([0-9]*, \([0-9]*\), \([0-9]*\), SYNC_FILE_RANGE_WRITE.*/\1 \2/p' \
	    "$BATS_TEST_TMPDIR.trace")
	echo "writeback begun: ${begun//$'\n'/, }"
}

@test "writeback: begins every 8 MiB, with each method" {
	local method at count next
	for method in copy_file_range sendfile splice mmap read-write; do
		traced -m $method "$in" out
		same "$in" out
		[ "$(wc -l <<<"$begun")" -eq 3 ]
		next=0
		while read -r at count; do
			[ "$at" -eq $next ]
			[ "$count" -eq 0 ] || [ "$count" -ge 8388608 ]
			next=$((at + count))
		done <<<"$begun"
		[[ $begun == *" 0" ]]	# the rest
	done
}

@test "writeback: the last one begins before the temporary name exists" {
	traced "$in" out
	[ "$(grep -oE '(sync_file_range|linkat|renameat)\(' \
	    "$BATS_TEST_TMPDIR.trace" | tail -n 3 | tr '\n' ' ')" = \
	    "sync_file_range( linkat( renameat( " ]
}

@test "writeback: begins when an old file is truncated and written in place" {
	traced --inplace "$in" out
	[ "$begun" = "0 8388608
8388608 8388608" ]
	same "$in" out
	rm out
	traced --inplace "$in" out			# a new file
	[ -z "$begun" ]
	traced --append "$in" out
	[ -z "$begun" ]
	traced --seek=0 "$in" out
	[ -z "$begun" ]
}

@test "writeback: begins on btrfs and XFS where these would wait" {
	requires strace
	local type
	for type in btrfs xfs; do
		unmount_all
		file_system $type 400
		cd "$fs" || return
		random_file out 30000
		traced "$BATS_TEST_TMPDIR.in" out
		if [ $type = xfs ]; then
			[ -z "$begun" ]
		else
			[ "$(wc -l <<<"$begun")" -eq 3 ]
		fi
		traced --inplace "$BATS_TEST_TMPDIR.in" out
		[ "$(wc -l <<<"$begun")" -eq 2 ]
		same "$BATS_TEST_TMPDIR.in" out
		# Blocks are shared by one call, however many they are.
		cp out in
		traced in out
		same in out
		[ "$(grep -c 'copy_file_range([0-9].* = [1-9]' \
		    "$BATS_TEST_TMPDIR.trace")" -eq 1 ]
	done
}

@test "writeback: does not begin for a new or a small file" {
	rm out
	traced "$in" out
	[ -z "$begun" ]
	random_file "$in" 4000000
	traced "$in" out
	[ -z "$begun" ]
	same "$in" out
}

@test "writeback: does not begin on tmpfs, where rename(2) does not start it" {
	unmount_all
	file_system tmpfs 60
	cd "$fs" || return
	random_file in 10000001
	cp in out
	traced in out
	[ -z "$begun" ]
	same in out
}

@test "writeback: a failure of sync_file_range(2) does not matter" {
	local errno
	for errno in EIO ENOSYS EPERM ENOSPC; do
		cp "$in" out.old
		TRACE="-e inject=sync_file_range:error=$errno" \
		    zcopy 0 "$in" out.old
		fault_fired 3
		same "$in" out.old
	done
}

@test "writeback: begins with a header and a trailer, too" {
	printf head >"$in.h"
	printf tail >"$in.t"
	traced --header="$in.h" --trailer="$in.t" "$in" out
	cat "$in.h" "$in" "$in.t" | cmp - out
	[ "$(wc -l <<<"$begun")" -eq 3 ]
}

# The temporary name exists for a fraction of a millisecond, so a kill rarely
# hits it.  With so large a file it would often hit a rename(2) that waits for
# the disk.
@test "writeback: kill -9 near the end hardly ever leaves a name behind" {
	requires python3
	random_file "$in" 64M
	cp "$in" out
	python3 "$BATS_TEST_DIRNAME/endkills.py" "$ZCOPY" "$in" out 60
	[ "$(find . -name '.out.zcopy-*' | wc -l)" -le 2 ]
	same "$in" out
}
