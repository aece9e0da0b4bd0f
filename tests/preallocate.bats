#!/usr/bin/env bats
# On ext4, room for a new file is allocated before its data comes.

load helpers

setup() {
	file_system ext4 100
	cd "$fs" || return
	rm -rf lost+found
	in=$BATS_TEST_TMPDIR.in
	random_file "$in" 20000001
}

teardown() {
	end_all
	unmount_all
}

# traced ARG... - run zcopy with status 0; set $room to a line MODE OFFSET SIZE
# for each fallocate(2).
traced() {
	requires strace
	local TRACE='-e trace=fallocate'
	zcopy 0 "$@"
	room=$(sed -n 's/.*fallocate([0-9]*, \([A-Z_]*\), \([0-9]*\), \([0-9]*\)) = 0$/\1 \2 \3/p' \
	    "$BATS_TEST_TMPDIR.trace")
	echo "allocated: ${room//$'\n'/, }"
}

# is_lean FILE - fail if blocks are allocated behind its end, but for the last
# 64 KiB of a page.
is_lean() {
	local size blocks
	read -r size blocks < <(stat -c '%s %b' "$1")
	echo "$1: $size bytes, $blocks blocks"
	[ $((blocks * 512)) -lt $((size + 65536)) ]
}

# nothing_moved - fail unless the last TRACE has no call that moved data, but
# for the message.
nothing_moved() {
	run grep -E '(copy_file_range|sendfile|write\([^2]).* = [1-9]' \
	    "$BATS_TEST_TMPDIR.trace"
	echo "$output"
	[ "$status" -eq 1 ]
}

# bats test_tags=kernel
@test "preallocate: all that will come is allocated, with each method" {
	local method each
	cp "$in" in
	for method in copy_file_range sendfile splice mmap read-write; do
		rm -f out
		for each in new old; do
			echo "$method, over $each"
			traced -m $method in out
			[ "$room" = "FALLOC_FL_KEEP_SIZE 0 20000001" ]
			same in out
			is_lean out
		done
	done
}

@test "preallocate: only for the range that is asked for" {
	traced --offset=5000000 "$in" out
	[ "$room" = "FALLOC_FL_KEEP_SIZE 0 15000001" ]
	cmp <(tail -c +5000001 "$in") out
	traced --offset=5000000 -c 6000000 "$in" out
	[ "$room" = "FALLOC_FL_KEEP_SIZE 0 6000000" ]
	head -c 11000000 "$in" | tail -c 6000000 | cmp - out
	traced --allow-short -c 1T "$in" out
	[ "$room" = "FALLOC_FL_KEEP_SIZE 0 20000001" ]
	{
		head -c 7000000 >skipped
		traced - out
	} <"$in"
	[ "$room" = "FALLOC_FL_KEEP_SIZE 0 13000001" ]
	cmp <(tail -c +7000001 "$in") out
}

@test "preallocate: not where the size is not known, or where it does not pay" {
	local size
	traced - out < <(cat "$in")			# a stream
	[ -z "$room" ]
	traced -c 20000001 - out < <(cat "$in")
	[ -z "$room" ]
	traced --inplace "$in" inplace			# would outlive a kill
	[ -z "$room" ]
	traced --append "$in" inplace
	[ -z "$room" ]
	rm inplace
	random_file small 4000000
	traced small out
	[ -z "$room" ]
	truncate -s 30M "$BATS_TEST_TMPDIR.sparse"	# room that is not needed
	traced "$BATS_TEST_TMPDIR.sparse" out
	[ -z "$room" ]
	traced --sparse=never "$BATS_TEST_TMPDIR.sparse" out
	[ "$room" = "FALLOC_FL_KEEP_SIZE 0 31457280" ]
	head -c 20M /dev/zero >zeros
	traced --sparse=always zeros out
	[ -z "$room" ]
	[ "$(stat -c %b out)" -lt 1000 ]
	rm zeros
	unmount_all
	file_system tmpfs 60
	traced "$in" "$fs/out"
	[ -z "$room" ]
	same "$in" "$fs/out"
}

@test "preallocate: what does not fit fails before the first byte" {
	requires strace
	local big=$BATS_TEST_TMPDIR.big
	local TRACE='-e trace=copy_file_range,sendfile,read,write,fallocate'
	random_file "$big" 120M
	random_file out 3000000
	cp out "$BATS_TEST_TMPDIR.old"
	zcopy 4 "$big" out
	[ "$output" = "zcopy: out: allocate 125829120 bytes: No space left on device (DEST is unchanged; --inplace needs no room for a second copy)" ]
	nothing_moved
	same out "$BATS_TEST_TMPDIR.old"
	zcopy 4 "$big" new
	[ "$output" = "zcopy: new: allocate 125829120 bytes: No space left on device (DEST is unchanged)" ]
	only out
	# What was allocated in vain is free again.
	zcopy 0 -c 60M "$big" new
}

@test "preallocate: EDQUOT and EFBIG fail before the first byte, too" {
	requires strace
	local errno
	random_file out 30000
	cp out "$BATS_TEST_TMPDIR.old"
	for errno in ENOSPC EDQUOT EFBIG; do
		TRACE="-e trace=fallocate,copy_file_range,sendfile,write -e inject=fallocate:error=$errno" \
		    zcopy 4 "$in" out
		fault_fired
		[[ $output == "zcopy: out: allocate 20000001 bytes: "* ]]
		[ "${#lines[@]}" -eq 1 ]
		nothing_moved
		same out "$BATS_TEST_TMPDIR.old"
		only out
	done
}

@test "preallocate: if the call itself fails, the data is copied without it" {
	requires strace
	local errno
	for errno in EOPNOTSUPP ENODEV ESPIPE EINVAL ENOSYS EPERM EINTR EIO; do
		rm -f out
		TRACE="-e inject=fallocate:error=$errno" zcopy 0 "$in" out
		fault_fired
		same "$in" out
	done
}

@test "preallocate: a SOURCE that ends early leaves no room behind its end" {
	local ended="kernel:zero:2+,read:zero:1+:in=reg"
	FAULT=$ended zcopy 0 --allow-short --block-size=1M "$in" out
	fault_fired 2
	[ "$(stat -c %s out)" -lt 3000000 ]
	cmp -n "$(stat -c %s out)" "$in" out
	is_lean out
	FAULT=$ended,ftruncate:EIO:1 \
	    zcopy 4 --allow-short --block-size=1M "$in" out
	fault_fired 3
	[[ $output == *"Input/output error"* ]]
}

@test "preallocate: a transfer that fails leaves the room free" {
	local before
	before=$(stat -f -c %f .)
	FAULT=kernel:EIO:1+,read:EIO:2+:in=reg,pread:EIO:1+ \
	    zcopy 3 "$in" out
	fault_fired 2
	only
	sync -f .
	[ "$(stat -f -c %f .)" -eq "$before" ]
}

# rename(2) flushes only blocks that are not allocated yet.
@test "preallocate: writeback begins before the file takes an old one's place" {
	requires strace
	local TRACE='-e trace=fallocate,sync_file_range,linkat,renameat'
	random_file "$in" 5000000
	random_file out 30000
	zcopy 0 "$in" out
	[ "$(grep -oE '(fallocate|sync_file_range|linkat|renameat)\(' \
	    "$BATS_TEST_TMPDIR.trace" | tail -n 4 | tr '\n' ' ')" = \
	    "fallocate( sync_file_range( linkat( renameat( " ] || {
		cat "$BATS_TEST_TMPDIR.trace"
		return 1
	}
	same "$in" out
}
