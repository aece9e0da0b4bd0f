#!/usr/bin/env bats
# Holes on real file systems, on FUSE servers that lie about them, and in files
# that change while they are moved: never status 0 with wrong bytes.

load helpers
load routes
load peer

# `in` has data, a hole, data, and a hole to the end.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file data 100000
	cp data in
	truncate -s 5M in
	cat data >>in
	truncate -s 9M in
	rm data
}

teardown() {
	end_all
	unmount_all
}

## The units that also run in memory.  tests/holes-random.bats does more.

# some_operations TYPE - random operations on a file system of this type.
some_operations() {
	file_system "$1"
	ZCOPY_TEST_RUNS=500 unit unit-fsx "$fs"
}

@test "holes: random operations with each method agree with a model on ext4" {
	some_operations ext4
}

@test "holes: random operations with each method agree with a model on XFS" {
	some_operations xfs
}

@test "holes: random operations with each method agree with a model on btrfs" {
	some_operations btrfs
}

@test "holes: random operations with each method agree with a model on tmpfs" {
	some_operations tmpfs
}

@test "holes: they go from each kind of end to each, from and to block devices" {
	file_system tmpfs
	two_devices
	unit unit-holes-pairs "$fs" "${devices[@]}"
}

@test "holes: what XFS preallocates behind the end does not stay in a hole" {
	local method
	file_system xfs
	# In this order, nothing is preallocated for the source.
	truncate -s 16M "$fs/in"
	head -c 8M /dev/urandom | dd of="$fs/in" bs=64K iflag=fullblock \
	    conv=notrunc status=none
	head -c 100000 in >>"$fs/in"
	sync "$fs/in"
	for method in sendfile splice mmap read-write; do
		zcopy 0 -m $method "$fs/in" "$fs/out"
		same "$fs/in" "$fs/out"
		sync "$fs/out"
		stat -c '%b blocks' "$fs/in" "$fs/out"
		[ "$(stat -c %b "$fs/out")" -le \
		    $(($(stat -c %b "$fs/in") + 256)) ]
	done
}

## FUSE

# from_odd STATUS FILE - move this file of tests/oddfs.py to each kind of
# destination, by each method.
from_odd() {
	local dest method
	for dest in file pipe; do
		for method in auto sendfile splice mmap read-write; do
			echo "$2, $method"
			deliver "$1" "$dest" -m "$method" "$odd/$2"
			[ "$1" -ne 0 ] || same in got
		done
	done
}

@test "holes: a FUSE server that knows its holes is believed" {
	local size
	odd_files
	from_odd 0 sparse
	zcopy 0 "$odd/sparse" got
	same in got
	size=$(stat -c '%b * %B' got)
	[ $((size)) -lt 1000000 ]
}

@test "holes: a FUSE server without SEEK_DATA gives all its data" {
	odd_files
	from_odd 0 sparse-invalid
	from_odd 0 sparse-nosys
	# Now no file of this server can be asked.
	from_odd 0 sparse
}

@test "holes: a FUSE server that tells nonsense gives all its data" {
	local file
	odd_files
	for file in zero backwards beyond; do
		from_odd 0 sparse-$file
	done
}

@test "holes: a file with all its blocks has no holes, whatever lseek(2) says" {
	odd_files
	from_odd 0 denied
}

# changing STATUS FILE - move this file of a new server to an old file, by each
# method: it must stay the old one.
changing() {
	local method
	for method in auto sendfile splice mmap read-write; do
		odd_files
		echo old >got
		zcopy "$1" -m "$method" "$odd/$2" got
		[ "$(cat got)" = old ]
		umount "$odd"
		rmdir "$odd"
		unset "mounts[0]"
	done
}

@test "holes: a hole that is filled while it is skipped is status 7" {
	changing 7 fills
	[[ $output == *"it changed while it was being moved"* ]]
}

@test "holes: a file that is cut short in a hole that is skipped is status 6" {
	changing 6 cut
	[[ $output == *"it shrank while it was being moved"* ]]
}

@test "holes: a file that grows while a hole is skipped is status 7" {
	changing 7 grows
}

@test "holes: with --bytes a file that grows is moved to that byte" {
	odd_files
	(cat in; head -c 1000 /dev/zero | tr '\0' x) >expected
	zcopy 0 -c "$(stat -c %s expected)" "$odd/grows" got
	same expected got
}

## A change at a known time: zcopy waits for the reader of a FIFO, which holds
## 1 MiB at most, in the first hole or before it

# while_it_waits STATUS CHANGE... - begin to move `in` to a FIFO by each method,
# run CHANGE, and let it end.
while_it_waits() {
	local method
	mkfifo fifo
	cp in before
	for method in auto sendfile splice mmap read-write; do
		echo "$method:"
		cp --sparse=always before in
		rm -f got go
		(head -c 1; retry [ -e go ]; cat) <fifo >got 3>&- &
		start -m "$method" in fifo
		retry has_begun
		"${@:2}"
		: >go
		ends "$1"
	done
}

# has_begun - for `retry`: a byte has arrived, or zcopy has ended.
has_begun() {
	[ -s got ] || gone "$pid"
}

fill_the_hole() {
	dd if=/dev/urandom of=in bs=1M seek=3 count=1 conv=notrunc status=none
}

@test "holes: a hole that is filled while its zeros wait is status 7" {
	while_it_waits 7 fill_the_hole
}

@test "holes: a file that is cut in a hole while its zeros wait is status 6" {
	while_it_waits 6 truncate -s 4M in
}

@test "holes: a file that grows by a hole while its zeros wait is status 7" {
	while_it_waits 7 truncate -s 12M in
}
