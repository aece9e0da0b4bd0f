#!/usr/bin/env bats
# --sync: DEST is on the disk before success is reported, and the parts of that
# come in an order in which no loss of power leaves half a file.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 300001
}

teardown() {
	end_all
	detach				# an image may be on what is mounted
	unmount_all
}

CALLS='fsync|fdatasync|syncfs|linkat|renameat|renameat2|ftruncate(64)?'

# synced ARG... - run zcopy --sync under strace; set $calls to the names of the
# calls, in order.  `fsync-dir` flushes the directory `dir`.
synced() {
	requires strace
	TRACE="-y -e trace=/^($CALLS)$" zcopy 0 --sync "$@"
	local call
	calls=
	while read -r _ call; do
		case $call in
		linkat*', ".", '*) ;;	# only finds out whether it could
		fsync*"<$PWD/dir>)"*)	calls+="fsync-dir " ;;
		*)			call=${call%%(*}
					calls+="${call%64} " ;;
		esac
	done <"$BATS_TEST_TMPDIR.trace"
	echo "calls: $calls"
}

## The order

@test "sync: a new file is flushed, then named, then its directory is flushed" {
	mkdir dir
	synced in dir/out
	[ "$calls" = "fsync linkat fsync-dir " ]
	same in dir/out
	rm dir/out
	synced --no-clobber in dir/out
	[ "$calls" = "fsync linkat fsync-dir " ]
}

# bats test_tags=kernel
@test "sync: a file is flushed before it replaces an old one" {
	mkdir dir
	echo old >dir/out
	synced in dir/out
	[ "$calls" = "fsync linkat renameat fsync-dir " ]
	same in dir/out
}

@test "sync: the directory of a link's target is flushed, not that of the link" {
	mkdir dir
	echo old >dir/out
	ln -s dir/out link
	synced in link
	[ "$calls" = "fsync linkat renameat fsync-dir " ]
	same in dir/out
}

@test "sync: a file with a temporary name from the start is flushed, too" {
	FAULT=openat:EOPNOTSUPP:1+:cmd=$((020000000)),fsync:pass:1+ \
	    zcopy 0 --sync in out
	[ "$(grep -c fsync "$BATS_TEST_TMPDIR.fault")" -eq 2 ]
	same in out
}

@test "sync: a file that is written in place is flushed" {
	mkdir dir
	synced --inplace in dir/out
	[ "$calls" = "fdatasync fsync-dir " ]
	synced --inplace in dir/out
	[ "$calls" = "ftruncate fdatasync " ]
	same in dir/out
	synced --append in dir/out
	[ "$calls" = "fdatasync " ]
	synced --seek=10 in dir/out
	[ "$calls" = "fdatasync " ]
	synced --seek=10 in dir/new
	[ "$calls" = "fdatasync fsync-dir " ]
	STDOUT=dir/new synced in -
	[ "$calls" = "fdatasync " ]
}

@test "sync: a disk is flushed once, also without --sync" {
	block_device 1M
	synced in "$device"
	[ "$calls" = "fdatasync " ]
	TRACE="-e trace=/^($CALLS)$" zcopy 0 -v in "$device"
	[ "$(grep -c sync "$BATS_TEST_TMPDIR.trace")" -eq 1 ]
	[[ $output == *$'\nzcopy: flushed: '* ]]
	cmp -n 300001 in "$device"
}

@test "sync: without it, no file is flushed" {
	requires strace
	TRACE="-e trace=/^($CALLS)$" zcopy 0 -v in out
	[ "$(grep -c sync "$BATS_TEST_TMPDIR.trace")" -eq 0 ]
	[[ $output != *flushed* ]]
}

@test "sync: if the directory cannot be read, all of its file system is flushed" {
	mkdir dir
	chmod 333 dir
	FAULT=syncfs:pass:1,openat:pass:1+ as_nobody zcopy 0 --sync in dir/out
	grep -q syncfs "$BATS_TEST_TMPDIR.fault"
	same in dir/out
	FAULT=syncfs:EIO:1 as_nobody zcopy 4 --sync in dir/out
	fault_fired
	[[ $output == *"may not survive a loss of power"* ]]
}

@test "sync: if the directory cannot be flushed, all of its file system is" {
	FAULT=fsync:EINVAL:2,syncfs:pass:1 zcopy 0 --sync in out
	fault_fired 2
	same in out
}

## While the data moves

# begun ARG... - run zcopy --sync; print how many calls of sync_file_range(2) it
# made, and the range from the first to the last byte.
begun() {
	requires strace
	TRACE="-e trace=sync_file_range" zcopy 0 --sync "$@" >&2
	sed -nE 's/.*sync_file_range\([0-9]+, ([0-9]+), ([0-9]+), SYNC_FILE_RANGE_WRITE\).*/\1 \2/p' \
	    "$BATS_TEST_TMPDIR.trace" |
	    awk 'NR == 1 { from = $1 } { n++; bad = bad || (n > 1 && $1 != to)
		to = $1 + $2 } END { print n + 0, from + 0, to + 0, bad ? "gaps" : "" }'
}

# bats test_tags=kernel
@test "sync: the writeback begins while the data moves, to any regular DEST" {
	file_system ext4 300
	cd "$fs" || return
	random_file in 20000001
	[ "$(begun in new)" = "2 0 16777216 " ]		# new
	[ "$(begun in new)" = "2 0 16777216 " ]		# replaced
	[ "$(begun --inplace in new)" = "2 0 16777216 " ]
	[ "$(begun --seek=1000 in new)" = "2 1000 16778216 " ]
	[ "$(begun --seek=1000 -m read-write in new)" = "2 1000 16778216 " ]
	truncate -s 5000 log
	[ "$(begun --append in log)" = "2 5000 16782216 " ]
	same <(head -c 5000 /dev/zero; cat in) log
	[ "$(STDOUT=new begun in -)" = "2 0 16777216 " ]
	same in new
	printf 12345 >log
	exec 8>>log
	[ "$(begun in fd:8)" = "2 5 16777221 " ]
	exec 8>&-
	same <(printf 12345; cat in) log
}

@test "sync: no writeback begins in memory, nor for a small file" {
	file_system tmpfs 60
	random_file "$fs/in" 20000001
	[ "$(begun "$fs/in" "$fs/out")" = "0 0 0 " ]
	file_system ext4 60
	random_file "$fs/in" 8000000
	[ "$(begun "$fs/in" "$fs/out")" = "0 0 0 " ]
}

@test "sync: that the writeback cannot begin early does not matter" {
	local errno
	file_system ext4 100
	random_file "$fs/in" 10000001
	for errno in EIO ENOSYS EPERM ENOSPC EDQUOT ESPIPE; do
		FAULT=sync_file_range:$errno:1+ zcopy 0 --sync "$fs/in" "$fs/out"
		fault_fired
		same "$fs/in" "$fs/out"
	done
}

@test "sync: flushing is timed apart from copying" {
	requires strace
	TRACE="-e trace=fsync -e inject=fsync:delay_enter=700000:when=1" \
	    zcopy 0 -v --sync in out
	[[ $output =~ flushed:\ ([0-9]+)\.([0-9]{3})\ s ]]
	[ "${BASH_REMATCH[1]}${BASH_REMATCH[2]}" -ge 700 ]
	[[ $output =~ done:\ 300001\ bytes\ in\ ([0-9]+)\.([0-9]{3})\ s ]]
	[ "${BASH_REMATCH[1]}${BASH_REMATCH[2]}" -lt 700 ]
}

## What fails

# unchanged - fail unless DEST is what it was, and nothing is left.
unchanged() {
	if [ -n "$old" ]; then
		only in out
		[ "$(cat out)" = old ]
	else
		only in
	fi
}

# bats test_tags=kernel
@test "sync: if the file cannot be flushed, DEST is unchanged" {
	local errno old
	for old in old ''; do
		rm -f out
		[ -z "$old" ] || echo old >out
		for errno in EIO ENOSPC EDQUOT EROFS EPERM; do
			FAULT=fsync:$errno:1 zcopy 4 --sync in out
			fault_fired
			[[ $output == "zcopy: out: flush: "*" (DEST is unchanged"* ]]
			unchanged
		done
		# The room of the old file would be enough.
		[ -z "$old" ] || {
			FAULT=fsync:EDQUOT:1 zcopy 4 --sync in out
			[[ $output == "zcopy: out: flush: Disk quota exceeded \
(DEST is unchanged; --inplace needs no room for a second copy)" ]]
		}
	done
}

@test "sync: if a file cannot be flushed in place, that is status 4" {
	local errno
	for errno in EIO ENOSPC EDQUOT; do
		FAULT=fdatasync:$errno:1 zcopy 4 --sync --inplace in out
		fault_fired
		[[ $output == "zcopy: out: flush: "* ]]
		STDOUT=out FAULT=fdatasync:$errno:1 zcopy 4 --sync in -
		fault_fired
		[[ $output == "zcopy: -: flush: "* ]]
	done
}

@test "sync: EINTR from a flush is no failure" {
	FAULT=fsync:EINTR:1+2 zcopy 0 --sync in out
	fault_fired 2
	FAULT=fdatasync:EINTR:1 zcopy 0 --sync --inplace in out
	fault_fired
	same in out
}

@test "sync: if only the directory cannot be flushed, the message says so" {
	local errno
	for errno in EIO ENOSPC EDQUOT; do
		echo old >out
		FAULT=fsync:$errno:2 zcopy 4 --sync in out
		fault_fired
		[[ $output == "zcopy: out: the new file is there, but may not \
survive a loss of power: flush the directory: "* ]]
		only in out
		same in out
		rm out
		FAULT=fsync:$errno:1 zcopy 4 --sync --inplace in out
		fault_fired
		[[ $output == *"but may not survive a loss of power"* ]]
		same in out
	done
}

# all_or_nothing - true if the last zcopy succeeded and DEST is complete and
# flushed, or if it failed and DEST is unchanged, or if it said that it is
# complete, and nothing is left.
all_or_nothing() {
	case $status:$output in
	0:*)	same in out && only in out ;;
	4:*"may not survive a loss of power"*|4:*"which is complete"*)
		same in out && only in out ;;
	*)	unchanged ;;
	esac
}

@test "sync: whatever call fails, DEST is whole, or it is unchanged" {
	# In the subshell of `run` bats does not trace each line: that is fast.
	run check_all_calls
	echo "$output"
	[ "$status" -eq 0 ]
}

# fresh - make DEST as it is before a run.
fresh() {
	rm -f out
	[ -z "$old" ] || echo old >out
}

# check_all_calls - let each call of zcopy --sync fail in turn, by EIO, ENOSPC
# and EDQUOT.
check_all_calls() {
	local call errnos=(EIO ENOSPC EDQUOT) fault old count n
	local runs=0 failed=0 wrong=0
	for old in old ''; do
		for call in openat close fsync linkat renameat fstat fcntl \
		    lseek fchmod; do
			fresh
			FAULT=$call:pass:1+ zcopy 0 --sync in out
			count=$(fault_count)
			for ((n = 1; n <= count; n++)); do
				fresh
				fault=$call:${errnos[n % 3]}:$n
				FAULT=$fault run zcopy_here --sync in out
				: $((runs += 1))
				[ "$status" -eq 0 ] || : $((failed += 1))
				fault_fired && all_or_nothing && continue
				: $((wrong += 1))
				echo "${old:-new}: $fault: $status $output"
			done
		done
	done
	echo "$runs runs, $failed failed, $wrong of them wrongly"
	[ $failed -gt 20 ] && [ $wrong -eq 0 ]
}

@test "sync: a full disk leaves DEST as it was" {
	file_system ext4 16
	cd "$fs" || return
	rmdir lost+found
	local old=old
	echo old >out
	random_file "$BATS_TEST_TMPDIR/large" 20M
	for_full "$BATS_TEST_TMPDIR/large"
	# It is full to the last block, so the directory cannot grow either.
	dd if=/dev/zero of=fill bs=4k 2>/dev/null || :
	for_full "$BATS_TEST_TMPDIR/in"
}

# for_full FILE - zcopy --sync FILE fails for want of room, and leaves DEST.
for_full() {
	zcopy 4 --sync "$1" out
	[[ $output == *"No space left on device"* ]]
	[ "$(cat out)" = old ]
	[ -z "$(find . -name '.*zcopy*')" ]
}

# thin - set $image to an image of 64 MiB, for which there is less room.
thin() {
	file_system tmpfs 12
	image=$fs/image
	truncate -s 64M "$image"
}

@test "sync: a disk that fails is noticed, and DEST is unchanged" {
	requires mkfs.ext4
	local image old=old
	thin
	mkfs.ext4 -q "$image" >/dev/null
	mount_image "$BATS_TEST_TMPDIR.thin" "$image"
	cd "$BATS_TEST_TMPDIR.thin" || return
	echo old >out
	sync -f out
	random_file "$BATS_TEST_TMPDIR/large" 20M
	for_full "$BATS_TEST_TMPDIR/large"
	[[ $output == "zcopy: out: flush: "* ]]
}

@test "sync: a disk that fails is noticed without --sync, too, if it is DEST" {
	local image
	thin
	attach "$image"
	random_file large 20M
	zcopy 4 large "$device"
	[[ $output == "zcopy: $device: flush: "* ]]
}

@test "sync: a directory that goes away during the copy is an error" {
	mkdir D
	half_way --sync D/out
	mv D E
	all_the_way
	ends 4
	[[ $output == *"no file was put there"* ]]
	[ -z "$(ls -A E)" ]
	rmdir E
	rm "$fifo"
	mkdir D
	half_way --sync D/out
	rmdir D
	all_the_way
	ends 4
	[ ! -e D ]
}

# child_of PID - print the only child of strace(1), or nothing.
child_of() {
	tr -d ' ' <"/proc/$1/task/$1/children"
}

@test "sync: a signal during the flush ends zcopy, and DEST is unchanged" {
	requires strace
	echo old >out
	TRACE="-e trace=fsync -e inject=fsync:delay_enter=1000000:when=1" \
	    start --sync in out
	retry is_in_fsync
	kill -TERM "$(child_of "$pid")"
	ends 143
	[[ $output == "zcopy: out: flush: interrupted (SIGTERM)" ]]
	only in out
	[ "$(cat out)" = old ]
}

# is_in_fsync - for `retry`: strace(1) has reported the call, which is delayed.
is_in_fsync() {
	grep -q 'fsync(' "$BATS_TEST_TMPDIR.trace"
}

## What cannot be flushed

# refused DEST KIND - true if zcopy --sync refuses DEST, of this kind, before it
# opens anything.
refused() {
	zcopy 2 --sync absent "$1"
	[[ $output == "zcopy: $1: --sync: a $2 cannot be flushed to a disk: use \
--sync where the data gets to a file" ]]
}

@test "sync: a DEST that has no disk is refused, and what to do is said" {
	mkfifo fifo
	refused fifo pipe
	refused /dev/null "null device"
	refused /dev/zero "character device"
	refused /proc/self/comm "kernel file"
	refused /dev/ptmx terminal
	refused - pipe
	listener --discard listen:127.0.0.1:0
	exec 8<>"/dev/tcp/127.0.0.1/$port"
	refused fd:8 socket
	exec 8>&-
	zcopy 2 --explain --sync in fifo
	zcopy 2 --sync absent 127.0.0.1:9
	[[ $output == *"--sync: only for files (give it to the receiver)" ]]
	zcopy 2 --sync absent unix:s
	[[ $output == *"--sync: only for files (give it to the receiver)" ]]
}

@test "sync: what is opened is asked for, not what was there before" {
	FAULT=fdatasync:EINVAL:1 zcopy 4 --sync --inplace in out
	fault_fired
	[[ $output == "zcopy: out: flush: Invalid argument" ]]
}

@test "sync: --explain says what is flushed" {
	zcopy 0 --explain --sync in out
	[[ $output == *"sync       flushed, and its directory, before success"* ]]
	echo old >out
	zcopy 0 --explain --sync --inplace in out
	[[ $output == *"sync       flushed before success"* ]]
}

@test "sync: --benchmark measures the flush, too" {
	echo old >out
	FAULT=fsync:pass:1+ zcopy 0 --benchmark --sync --rounds=2 -m read-write \
	    in out
	fault_fired 4
	[ "$(cat out)" = old ]
}

## Over a connection

# sends STATUS ARG... - zcopy ARG... sends `in` to the receiver that `receives`
# has started.
sends() {
	zcopy "$1" "${@:2}" in "$to"
}

# receives ADDRESS ARG... - start a receiver with --sync, and set $to.
receives() {
	listener --sync "${@:2}" "$1" out
	to=unix:${1#unix-listen:}
	[[ $1 == unix-listen:* ]] || to=127.0.0.1:$port
}

ADDRESSES="listen:127.0.0.1:0 unix-listen:socket"

@test "sync: a receiver closes only when its file is flushed and named" {
	requires strace
	local address receiver
	for address in $ADDRESSES; do
		rm -f out
		TRACE="-e trace=fsync,fdatasync,linkat,close,shutdown \
		    -e inject=fsync:delay_enter=400000" receives "$address"
		receiver=$pid
		sends 0 -v
		[[ $output == *"confirmed: close"* ]]
		same in out		# before the receiver has ended
		ends 0 "$receiver"
	done
}

@test "sync: if a receiver cannot flush, a sender on TCP is told" {
	local receiver
	echo old >out
	FAULT=fsync:EIO:1 receives listen:127.0.0.1:0
	receiver=$pid
	sends 5
	ends 4 "$receiver"
	only in out
	[ "$(cat out)" = old ]
}

@test "sync: a sender that stops waiting says what is known, and kills nothing" {
	requires strace
	local address receiver
	for address in $ADDRESSES; do
		rm -f out
		TRACE="-e trace=fsync -e inject=fsync:delay_enter=1500000:when=1" \
		    receives "$address"
		receiver=$pid
		sends 5 --timeout=0.3
		[[ $output == *": all is acknowledged, but it has not closed in \
0.3 s; it may still be writing or flushing its file (--timeout waits longer, \
--confirm=ack accepts this)" ]]
		[ ! -e out ]
		ends 0 "$receiver"
		same in out
	done
}

@test "sync: --confirm=ack does not wait for the receiver's flush" {
	requires strace
	local receiver
	TRACE="-e trace=fsync -e inject=fsync:delay_enter=1500000:when=1" \
	    receives listen:127.0.0.1:0
	receiver=$pid
	sends 0 --confirm=ack
	[ ! -e out ]
	ends 0 "$receiver"
	same in out
}

@test "sync: --timeout of a receiver does not limit its flush" {
	requires strace
	local receiver
	TRACE="-e trace=fsync -e inject=fsync:delay_enter=1000000:when=1" \
	    receives listen:127.0.0.1:0 --timeout=0.3
	receiver=$pid
	sends 0
	ends 0 "$receiver"
	same in out
}

@test "sync: data that a receiver has not read yet survives its sender's time-out" {
	local receiver
	random_file in 50000
	receives listen:127.0.0.1:0
	receiver=$pid
	kill -STOP "$receiver"
	sends 5 --timeout=0.3
	[[ $output == *"all is acknowledged"* ]]
	kill -CONT "$receiver"
	ends 0 "$receiver"
	same in out
}

## A loss of power

# loses_power TYPE - run tests/power.py with $command.  $POWER_ROUNDS: how often
# the power is lost.
loses_power() {
	requires python3 "mkfs.$1"
	requires_namespace -m
	file_system xfs 1000
	cd "$fs" || return
	: >probe
	cp --reflink=always probe probe.2 || skip "cannot clone files here"
	python3 -c 'import os; os.pidfd_open' || skip "needs os.pidfd_open"
	run timeout 600 unshare -m python3 "$BATS_TEST_DIRNAME/power.py" "$1" \
	    "${POWER_ROUNDS:-10}" "${command[@]}" 3>&-
	echo "$output"
}

@test "sync: what was reported as done survives a loss of power on ext4" {
	local command
	zcopy_command --sync
	loses_power ext4
	[ "$status" -eq 0 ]
}

@test "sync: what was reported as done survives a loss of power on XFS" {
	local command
	zcopy_command --sync
	loses_power xfs
	[ "$status" -eq 0 ]
}

# The next two show that those above can fail.

@test "sync: without it, a loss of power undoes what was reported as done" {
	local command
	zcopy_command
	loses_power ext4
	[ "$status" -eq 1 ]
	[[ $output =~ zcopy\ ended,\ DEST\ (old|neither) ]]
}

@test "sync: if flushing does nothing, a loss of power undoes what was done" {
	local command
	FAULT=fsync:zero:1+,fdatasync:zero:1+,sync_file_range:zero:1+ \
	    zcopy_command --sync
	loses_power ext4
	[ "$status" -eq 1 ]
	[[ $output =~ zcopy\ ended,\ DEST\ (old|neither) ]]
}
