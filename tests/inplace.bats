#!/usr/bin/env bats
# --inplace, --append, --seek, and ends that are always written in place:
# nothing else is touched, and nothing before the other side is ready.
# shellcheck disable=SC2094	# one file for both ends is what this is about

load helpers

methods="auto copy_file_range sendfile splice mmap read-write"

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 100000
	random_file out 150000
	cp in "$BATS_TEST_TMPDIR.in"
	cp out "$BATS_TEST_TMPDIR.out"
}

teardown() {
	end_all
	unmount_all
}

# unchanged - true if `in` and `out` are as they were.
unchanged() {
	same "$BATS_TEST_TMPDIR.in" in
	same "$BATS_TEST_TMPDIR.out" out
}

# patched SEEK [COUNT] - true if `out` is the old one with COUNT bytes of `in`
# at SEEK.
patched() {
	cp "$BATS_TEST_TMPDIR.out" "$BATS_TEST_TMPDIR.patched"
	head -c "${2:-100000}" "$BATS_TEST_TMPDIR.in" |
	    dd of="$BATS_TEST_TMPDIR.patched" bs=64K seek="$1" \
		oflag=seek_bytes conv=notrunc status=none
	same "$BATS_TEST_TMPDIR.patched" out
}

# does_nothing STATUS ARG... - zcopy fails, and an old DEST is unchanged, and a
# new one is not created.  ARGs come before DEST.
does_nothing() {
	zcopy "$@" out
	unchanged
	zcopy "$@" new
	only in out
}

# shell_append SOURCE FILE - run zcopy with >>FILE, and `in` as standard input.
shell_append() {
	timeout 10 "$ZCOPY" "$1" - <in >>"$2" 3>&-
}

# --inplace

# bats test_tags=valgrind
@test "inplace: the inode, mode and links of the file stay" {
	local before
	chmod 640 out
	ln out link
	before=$(stat -c %i:%a:%u:%g out)
	zcopy 0 --inplace in out
	same in out
	same in link
	[ "$(stat -c %i:%a:%u:%g out)" = "$before" ]
}

@test "inplace: nothing is left of a longer file, with each method" {
	local method
	for method in $methods; do
		cp "$BATS_TEST_TMPDIR.out" out
		zcopy 0 --inplace --method="$method" in out
		same in out
	done
}

@test "inplace: a new file has the mode 0666 & ~umask" {
	umask 027
	zcopy 0 --inplace in new
	same in new
	[ "$(stat -c %a new)" = 640 ]
}

@test "inplace: links are followed, and a dangling one gets its file" {
	ln -s out link
	ln -s new dangling
	zcopy 0 --inplace in link
	zcopy 0 --inplace in dangling
	[ -L link ] && [ -L dangling ]
	same in out
	same in new
}

# A file that was truncated is flushed when it is closed, by ext4 and others.
@test "inplace: only a file that has data is truncated" {
	requires strace
	local TRACE='-e trace=/^(ftruncate|openat)' file
	: >empty
	for file in new empty; do
		zcopy 0 --inplace in $file
		same in $file
		[ "$(truncations)" -eq 0 ]
	done
	zcopy 0 --inplace in out
	same in out
	[ "$(truncations)" -eq 1 ]
}

# truncations - print how often the last zcopy truncated a file.
truncations() {
	grep -cE '(truncate(64)?\(.*= 0|O_TRUNC)' "$BATS_TEST_TMPDIR.trace" || :
}

@test "inplace: a failure half way leaves what was delivered" {
	zcopy 6 --inplace -c 100001 in out
	[[ $output == *"SOURCE ended early (100000 "* ]]
	same in out
	zcopy 6 --inplace -c 100001 in new
	same in new
}

@test "inplace: a file in a read-only directory can be written" {
	mkdir dir
	cp out dir/out
	chmod 666 dir/out
	chmod 555 dir
	as_nobody zcopy 0 --inplace in dir/out
	same in dir/out
	chmod 755 dir			# for bats to remove it
}

@test "inplace: a file that may not be written is an error" {
	chmod 444 out
	as_nobody zcopy 4 --inplace in out
	[[ $output == "zcopy: out: open: Permission denied"* ]]
	unchanged
}

# --append

@test "append: the data is written after the old, in the same file" {
	local method inode
	inode=$(stat -c %i out)
	for method in auto mmap read-write; do
		cp "$BATS_TEST_TMPDIR.out" out
		zcopy 0 --append --method="$method" in out
		cat "$BATS_TEST_TMPDIR.out" in | cmp - out
	done
	[ "$(stat -c %i out)" = "$inode" ]
}

@test "append: a method that cannot append is refused, and writes nothing" {
	local method
	for method in copy_file_range sendfile splice; do
		zcopy 9 --append --method="$method" in out
		[[ $output == *"$method: "* ]]
		unchanged
	done
}

# bats test_tags=valgrind
@test "append: a missing file is created" {
	zcopy 0 --append in new
	same in new
}

@test "append: works on descriptors, with O_APPEND or without" {
	zcopy 0 in fd:9 9>>out
	cat "$BATS_TEST_TMPDIR.out" in | cmp - out
	cp "$BATS_TEST_TMPDIR.out" out
	zcopy 0 --append in fd:9 9<>out
	cat "$BATS_TEST_TMPDIR.out" in | cmp - out
}

@test "append: works with the shell's >>" {
	run shell_append in out
	echo "$output"
	[ "$status" -eq 0 ]
	cat "$BATS_TEST_TMPDIR.out" in | cmp - out
}

@test "append: a part of a file can be appended to the same file" {
	zcopy 0 --append -c 1000 --offset=500 in in
	cat "$BATS_TEST_TMPDIR.in" \
	    <(tail -c +501 "$BATS_TEST_TMPDIR.in" | head -c 1000) | cmp - in
}

# --seek

@test "seek: nothing before or after is touched, with each method" {
	local method
	for method in $methods; do
		cp "$BATS_TEST_TMPDIR.out" out
		zcopy 0 --seek=12345 --method="$method" in out
		patched 12345
	done
}

# bats test_tags=valgrind
@test "seek: a few bytes at the beginning leave all the rest" {
	zcopy 0 --seek=0 -c 10 in out
	patched 0 10
}

@test "seek: with no data, nothing changes" {
	zcopy 0 --seek=200000 -c 0 in out
	unchanged
}

@test "seek: data past the end makes the file longer" {
	zcopy 0 --seek=100000 in out
	patched 100000
	[ "$(stat -c %s out)" -eq 200000 ]
}

@test "seek: a gap reads as zeros, and takes no disk space" {
	local method
	for method in $methods; do
		cp "$BATS_TEST_TMPDIR.out" out
		zcopy 0 --seek=10M --method="$method" in out
		patched 10485760
		cmp -n 10000000 -i 150000:0 out /dev/zero
		echo "blocks: $(stat -c %b out)"
		[ "$(stat -c %b out)" -lt 2048 ]
	done
}

@test "seek: a new file has its gap at the beginning" {
	zcopy 0 --seek=1M in new
	[ "$(stat -c %s new)" -eq 1148576 ]
	cmp -n 1048576 new /dev/zero
	cmp -i 1048576:0 new in
}

@test "seek: it counts from a descriptor's position, which then moves" {
	{
		head -c 1000 >/dev/null <&9
		printf 'head' >&9
		zcopy 0 --seek=996 -c 2000 in fd:9
		printf 'tail' >&9
	} 9<>out
	cp "$BATS_TEST_TMPDIR.out" expected
	{
		head -c 1000 "$BATS_TEST_TMPDIR.out"
		printf 'head'
		tail -c +1005 "$BATS_TEST_TMPDIR.out" | head -c 996
		head -c 2000 in
		printf 'tail'
		tail -c +4005 "$BATS_TEST_TMPDIR.out"
	} >expected
	same expected out
}

@test "seek: a DEST without a position is refused, and gets nothing" {
	mkfifo fifo
	exec 8<>fifo
	zcopy 4 --seek=10 in fifo 8<&-
	[[ $output == "zcopy: fifo: --seek: Illegal seek" ]]
	zcopy 4 --seek=10 in fd:8
	[[ $output == "zcopy: fd:8: --seek: Illegal seek" ]]
	if read -r -t 0 -u 8; then
		echo "something was written"
		false
	fi
	exec 8<&-
	zcopy 4 --seek=10 in fd:9 9>>out
	unchanged
}

@test "seek: the largest offset is an error, and DEST stays" {
	zcopy 4 --seek=9223372036854775807 in out
	[[ $output == "zcopy: out: "* ]]
	unchanged
}

# Devices, FIFOs, sockets

@test "inplace: a device is written, and not replaced" {
	requires_root
	mknod null c 1 3
	# Opening it fails if the file system is mounted with nodev.
	: 2>/dev/null >null || skip "no devices on this file system"
	zcopy 0 in null
	[ -c null ]
	zcopy 0 --inplace in null
	[ -c null ]
	only in null out
}

@test "inplace: a FIFO is written, and not replaced" {
	mkfifo fifo
	cat fifo >copy &
	zcopy 0 in fifo
	wait $!
	same in copy
	[ -p fifo ]
}

@test "inplace: a socket's path is refused, and the error names unix:PATH" {
	start unix-listen:socket out
	retry listening
	zcopy 4 in socket
	[[ $output == "zcopy: socket: "*unix:PATH* ]]
	zcopy 3 socket new
	[[ $output == "zcopy: socket: "*unix:PATH* ]]
	[ -S socket ]
	only in out socket
}

@test "inplace: a block device keeps what is after the data" {
	local method
	block_device 1M
	cat out out out >"$device"
	for method in auto sendfile splice mmap read-write; do
		zcopy 0 --method="$method" in "$device"
		cmp -n 100000 in "$device"
		cmp -n 350000 -i 100000 "$device" <(cat out out out)
		cat out out out >"$device"
	done
}

@test "inplace: --seek works in a block device" {
	block_device 1M
	cat out out out >"$device"
	zcopy 0 --seek=150000 in "$device"
	cmp -n 450000 "$device" <(cat out in; tail -c 50000 out; cat out)
}

@test "inplace: at the end of a block device, the count is exact" {
	local method
	block_device 64K
	for method in auto sendfile splice mmap read-write; do
		zcopy 4 --method="$method" in "$device"
		[[ $output == *"No space left on device (65536 bytes delivered"* ]]
		cmp -n 65536 in "$device"
		head -c 65536 /dev/zero >"$device"
	done
}

@test "inplace: a mounted block device is refused" {
	requires mkfs.ext4
	block_device 2M
	mkfs.ext4 -q "$device" 2>&1
	mount_at mnt "$device"
	cksum "$device" >before
	zcopy 4 in "$device"
	[[ $output == "zcopy: $device: open: "*busy* ]]
	cksum "$device" | cmp - before
}

# The same file

# same_file ARG... - zcopy refuses ARGs because SOURCE and DEST are one file,
# and changes nothing.
same_file() {
	ZCOPY_TEST_TIMEOUT=10 zcopy 4 "$@"
	[[ $output == *SOURCE* ]]
	unchanged
}

@test "same file: is refused by any form of its path" {
	local option
	for option in -v --inplace --append --seek=0 --seek=10 --seek=100000; do
		same_file $option in in
		same_file $option in ./in
		same_file $option in "$PWD/in"
		same_file $option "$PWD/../${PWD##*/}/in" in
	done
	only in out
}

@test "same file: is refused by a hard link" {
	local option
	ln in link
	for option in -v --inplace --append --seek=0 --seek=10; do
		same_file $option in link
		same_file $option link in
	done
}

@test "same file: is refused by a symbolic link" {
	local option
	ln -s in link
	for option in -v --inplace --append --seek=0 --seek=10; do
		same_file $option in link
		same_file $option link in
		same_file $option link link
	done
}

@test "same file: is refused by redirections on one side or both" {
	same_file - in <in
	same_file --inplace - in <in
	same_file --append - in <in
	same_file in fd:9 9>>in
	same_file in fd:9 9<>in
	same_file - fd:9 <in 9>>in
	same_file - fd:9 <in 9<>in
	same_file fd:9 fd:9 9<>in
	{
		printf 'x' >&9		# the writer is ahead of the reader
		ZCOPY_TEST_TIMEOUT=10 zcopy 4 - fd:9 <in
	} 9<>in
	(printf x; tail -c +2 "$BATS_TEST_TMPDIR.in") | cmp - in
}

@test "same file: is refused by the shell's >>" {
	run shell_append in in
	echo "$output"
	[ "$status" -eq 4 ]
	unchanged
	run shell_append - in
	echo "$output"
	[ "$status" -eq 4 ]
	unchanged
}

@test "same file: ranges that overlap are refused" {
	same_file -c 5001 --seek=5000 in in
	same_file -c 5001 --offset=5000 --seek=0 in in
	same_file -c 1 --offset=700 --seek=700 in in
	same_file --offset=49999 --seek=0 in in
	same_file --offset=1 --seek=0 in in
	same_file --offset=50000 --append in in
}

@test "same file: ranges that do not overlap are moved, with each method" {
	local method
	for method in $methods; do
		cp "$BATS_TEST_TMPDIR.out" out
		zcopy 0 --method="$method" -c 40000 --seek=40000 out out
		{
			head -c 40000 "$BATS_TEST_TMPDIR.out"
			head -c 40000 "$BATS_TEST_TMPDIR.out"
			tail -c +80001 "$BATS_TEST_TMPDIR.out"
		} | cmp - out

		cp "$BATS_TEST_TMPDIR.out" out
		zcopy 0 --method="$method" --offset=75000 --seek=0 out out
		{
			tail -c 75000 "$BATS_TEST_TMPDIR.out"
			tail -c 75000 "$BATS_TEST_TMPDIR.out"
		} | cmp - out
	done
}

@test "same file: a FIFO or a pipe is refused as both ends" {
	mkfifo fifo
	same_file fifo fifo
	same_file fd:9 fd:9 9<>fifo
}

@test "same file: a block device is refused unless the ranges are apart" {
	block_device 1M
	cat out >"$device"
	ZCOPY_TEST_TIMEOUT=10 zcopy 4 "$device" "$device"
	ZCOPY_TEST_TIMEOUT=10 zcopy 4 --offset=1 -c 100000 --seek=0 \
	    "$device" "$device"
	cmp -n 150000 out "$device"
	zcopy 0 -c 100000 --seek=200000 "$device" "$device"
	cmp -n 100000 -i 200000:0 "$device" out
}

# Nothing is touched before the other side is ready

@test "inplace: a missing source leaves DEST as it was" {
	does_nothing 3 --inplace absent
	does_nothing 3 --append absent
	does_nothing 3 --seek=10 absent
	does_nothing 3 --inplace .
}

@test "inplace: a refused connection leaves DEST as it was" {
	does_nothing 5 --inplace 127.0.0.1:1
	does_nothing 5 --append 127.0.0.1:1
	does_nothing 5 --inplace unix:absent
}

@test "inplace: a peer that sends nothing leaves DEST as it was" {
	local name
	for name in out new; do
		listener --inplace listen:127.0.0.1:0 $name
		: >"/dev/tcp/127.0.0.1/$port"
		ends 6
		unchanged
		only in out
	done
}

@test "inplace: an offset past the end leaves DEST as it was" {
	does_nothing 6 --inplace --offset=100001 in
	zcopy 6 --inplace --offset=100001 - out < <(cat in)
	unchanged
	zcopy 6 --inplace --offset=100001 - new < <(cat in)
	only in out
}

@test "inplace: a method that cannot do it leaves DEST as it was" {
	mkfifo "$BATS_TEST_TMPDIR.fifo"
	exec 8<>"$BATS_TEST_TMPDIR.fifo"
	does_nothing 9 --inplace --method=mmap fd:8
	does_nothing 9 --inplace --method=copy_file_range fd:8
	does_nothing 9 --inplace --method=sendfile fd:8
	does_nothing 9 --seek=10 --method=mmap fd:8
	does_nothing 9 --append --method=sendfile in
}

# waits_with NAME - for `retry`: true once zcopy has opened NAME and sleeps.
waits_with() {
	local fd
	[[ $(</proc/"$pid"/stat) == *") S "* ]] || return
	for fd in "/proc/$pid/fd"/*; do
		[ ! "$fd" -ef "$1" ] || return 0
	done
	return 1
}

@test "inplace: a signal while zcopy waits for SOURCE leaves DEST as it was" {
	local name source
	mkfifo "$BATS_TEST_TMPDIR.fifo"
	for name in out new; do
		for source in "$BATS_TEST_TMPDIR.fifo" listen:127.0.0.1:0; do
			start --inplace "$source" $name
			retry waits_with $name
			kill "$pid"
			ends 143
			unchanged
			only in out
		done
	done
}

# bats test_tags=valgrind
@test "inplace: after a failure an old empty file is still there" {
	: >empty
	zcopy 5 --inplace 127.0.0.1:1 empty
	[ -e empty ]
	[ ! -s empty ]
}

@test "inplace: a full disk keeps what was written, and the count is exact" {
	local page
	page=$(getconf PAGESIZE)
	mount_at fs -t tmpfs -o size=$((2 * page)) none
	random_file big $((3 * page))
	zcopy 4 --inplace big fs/out
	[[ $output == "zcopy: fs/out: write: No space left on device ($((2 * page)) bytes delivered)"* ]]
	head -c $((2 * page)) big | cmp - fs/out
}

@test "append: a block device is refused, and not overwritten" {
	block_device 1M
	zcopy 4 --append in "$device"
	[[ $output == *"$device: --append: a disk cannot grow: use --seek" ]]
	zcopy 4 --append in fd:8 8<>"$device"
	[[ $output == *"fd:8: --append: a disk cannot grow: use --seek" ]]
	cmp -n 1048576 "$device" /dev/zero
}
