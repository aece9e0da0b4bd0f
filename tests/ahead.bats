#!/usr/bin/env bats
# Linux is told that SOURCE is read from one end to the other, where that helps:
# it reads further ahead.

load helpers

setup() {
	requires strace
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 4194304
	random_file small 4194303
}

teardown() {
	end_all
	unmount_all
}

# advises ARG... - run zcopy; true if it gave the advice, for the whole file.
advises() {
	local TRACE='-e trace=/fadvise'
	rm -f out
	zcopy 0 "$@" || return 2
	advice=$(grep SEQUENTIAL "$BATS_TEST_TMPDIR.trace")
	echo "advice: ${advice:-none}"
	[ -n "$advice" ] || return 1
	[[ $advice =~ fadvise[0-9_]*\([0-9]+,\ 0,\ 0,\ POSIX_FADV_SEQUENTIAL\)\ *=\ 0$ ]]
}

# never ARG... - run zcopy; fail if it gave any advice.
never() {
	local result=0
	advises "$@" || result=$?
	[ $result -eq 1 ]
}

@test "ahead: a file of 4 MiB is read further ahead, with each method that reads" {
	local method
	advises in /dev/null
	for method in sendfile splice mmap read-write; do
		advises -m $method in out
		same in out
	done
}

@test "ahead: not for fewer bytes" {
	never small out
	never --bytes=4194303 in out
	never --offset=1 in out
}

@test "ahead: not on a description that other processes share" {
	never - out <in
}

@test "ahead: a block device is read further ahead" {
	block_device 5M
	advises "$device" out
	never --bytes=4194303 "$device" out
}

@test "ahead: before copy_file_range on ext4 only" {
	local type
	for type in ext4 xfs btrfs tmpfs; do
		echo "on $type:"
		file_system $type
		cp in "$fs/in"
		cd "$fs"
		if [ $type = ext4 ]; then
			advises -m copy_file_range in out
		else
			never -m copy_file_range in out
		fi
		unmount_all
	done
}
