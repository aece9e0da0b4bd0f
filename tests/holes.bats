#!/usr/bin/env bats
# --sparse: holes of SOURCE stay holes, zeros become some, or all is written.
# That holes read as zeros wherever they go is in sparse.bats.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	end_all
	unmount_all
}

# sparse FILE SIZE OFFSET... - make FILE of SIZE bytes, with 64 KiB of data at
# each OFFSET.
sparse() {
	local at
	truncate -s "$2" "$1"
	for at in "${@:3}"; do
		head -c 64K /dev/urandom |
		    dd of="$1" bs=64K seek="$at" oflag=seek_bytes \
			iflag=fullblock conv=notrunc status=none
	done
}

# kib FILE - print how many KiB of disk it takes.
kib() {
	sync "$1"			# btrfs and XFS count when they write
	echo $(($(stat -c '%b' "$1") / 2))
}

# takes FILE KIB - fail unless FILE takes at most KIB KiB.
takes() {
	echo "$1 takes $(kib "$1") KiB, expected $2"
	[ "$(kib "$1")" -le "$2" ]
}

# has_holes FILE KIB - skip the case if this file system cannot keep holes.
has_holes() {
	[ "$(kib "$1")" -le "$2" ] || skip "no holes on this file system"
}

# bats test_tags=kernel
@test "holes: each method keeps them, in a new file and over an old one" {
	local method
	random_file old 4M
	sparse in 4M 0 1M 2M 4128768
	has_holes in 300
	for method in auto copy_file_range sendfile splice mmap read-write; do
		rm -f out
		zcopy 0 -v --method=$method in out
		[[ $output == *$'\nzcopy: holes: 3932160 bytes'* ]]
		same in out
		takes out 300
		cp old out
		zcopy 0 --method=$method in out
		same in out
		takes out 300
		cp old out
		zcopy 0 --inplace --method=$method in out
		same in out
		takes out 300
	done
}

@test "holes: each file system keeps them, wherever they are" {
	local type from row
	for type in tmpfs ext4 xfs btrfs; do
		file_system $type
		for row in "4M 0" "4M 4128768" "4M" "4M 1M 3M" "1 " "70000 0" \
		    "4M 0 128K 256K 384K 512K 640K"; do
			echo "$type: $row"
			# shellcheck disable=SC2086	# split at blanks
			sparse "$fs/in" $row
			zcopy 0 --method=read-write "$fs/in" "$fs/out"
			same "$fs/in" "$fs/out"
			takes "$fs/out" "$(($(kib "$fs/in") + 8))"
			zcopy 0 "$fs/in" out
			same "$fs/in" out
			rm "$fs/in" "$fs/out" out
		done
	done
}

@test "holes: --seek punches them into old data, and touches nothing else" {
	local type
	for type in tmpfs ext4 xfs btrfs; do
		file_system $type
		random_file "$fs/out" 3M
		cp "$fs/out" expected
		sparse in 1M 512K
		dd if=in of=expected bs=1M seek=1 conv=notrunc status=none
		zcopy 0 -v --seek=1M in "$fs/out"
		[[ $output == *"holes: 983040 bytes"* ]]
		same expected "$fs/out"
		takes "$fs/out" 2144
		# Not in whole blocks.
		cp "$fs/out" expected
		(head -c 4099 "$fs/out"; cat in; tail -c +1052676 "$fs/out") \
		    >expected
		zcopy 0 --seek=4099 in "$fs/out"
		same expected "$fs/out"
	done
}

@test "holes: a block device gets zeros, and discards if it can" {
	block_device 8M
	head -c 8M /dev/urandom | dd of="$device" bs=1M iflag=fullblock \
	    conv=fsync status=none
	sparse in 4M 1M
	(cat in; tail -c +4194305 "$device") >expected
	zcopy 0 -v in "$device"
	[[ $output == *"holes: 4128768 bytes"* ]]
	same expected "$device"
	blockdev --flushbufs "$device"
	same expected "$device"
	# Not in whole blocks, nor in whole sectors.
	(head -c 1000001 expected; cat in; tail -c +5194306 expected) >other
	zcopy 0 --seek=1000001 in "$device"
	same other "$device"
	# From a stream.
	zcopy 0 -v --sparse=always - "$device" < <(cat in)
	[[ $output == *"holes: "[1-9]* ]]
	cmp -n 4194304 in "$device"
}

@test "holes: a disk that ends in a hole is an error, and exact" {
	block_device 1M
	sparse in 4M 64K
	zcopy 4 in "$device"
	[[ $output == *"No space left on device (1048576 bytes delivered)"* ]]
	cmp -n 1048576 in "$device"
}

@test "holes: a file of 1 TiB with 10 MiB of data takes no longer than these" {
	local at=() i
	for i in {0..159}; do
		at+=($((i * 6871947673)))
	done
	truncate -s 1T in 2>/dev/null || skip "no files of 1 TiB here"
	sparse in 1T "${at[@]}"
	has_holes in 20000
	ZCOPY_TEST_TIMEOUT=10 zcopy 0 in out
	[ "$(stat -c %s out)" -eq 1099511627776 ]
	takes out 20000
	for i in "${at[@]}"; do
		cmp -n 65536 -i "$i" in out
	done
}

@test "holes: /dev/null gets no zeros" {
	requires strace
	sparse in 1G 700M
	has_holes in 100
	zcopy 0 -v in /dev/null
	[[ $output == *"holes: 1073676288 bytes"* ]]
	TRACE="-e trace=write" zcopy 0 in /dev/null
	run ! grep 'write(' "$BATS_TEST_TMPDIR.trace"
}

@test "holes: a pipe and a socket get zeros, which are not read" {
	sparse in 64M 1M
	has_holes in 100
	zcopy 0 - out < <("$ZCOPY" in -)
	same in out
	listener listen:127.0.0.1:0 out
	zcopy 0 in "127.0.0.1:$port"
	ends 0
	same in out
	truncate -s 0 in
	truncate -s 64M in
	listener listen:127.0.0.1:0 out
	zcopy 0 -v in "127.0.0.1:$port"
	[[ $output == *"method none: it is a hole"* ]]
	ends 0
	same in out
}

@test "holes: --sparse=always makes them of zeros from a pipe" {
	sparse in 4M 0 1M 2M
	has_holes in 300
	zcopy 0 -v --sparse=always - out < <(cat in)
	same in out
	takes out 300
	[[ $output == *"holes: 3997696 bytes"* ]]
	# A writer whose writes are no whole blocks.
	zcopy 0 --sparse=always - out < <(dd if=in bs=1001 status=none)
	same in out
	takes out 300
}

@test "holes: --sparse=always makes them of zeros from a connection and a file" {
	sparse in 4M 0 1M 2M
	has_holes in 300
	listener --sparse=always listen:127.0.0.1:0 out
	zcopy 0 in "127.0.0.1:$port"
	ends 0
	same in out
	takes out 300
	cat in >full
	zcopy 0 -v --sparse=always full out
	[[ $output == *"plan: read-write"* ]]
	same in out
	takes out 300
	zcopy 0 --sparse=always --inplace full out
	same in out
	takes out 300
}

@test "holes: a file of zeros becomes one hole, and its size is exact" {
	local size
	for size in 1 4095 4096 4097 1000001; do
		head -c $size /dev/zero >in
		zcopy 0 --sparse=always in out
		same in out
		zcopy 0 --sparse=always - out <in
		same in out
		truncate -s 0 hole
		truncate -s $size hole
		zcopy 0 -v hole out
		same in out
	done
	[[ $output == *"method none: it is a hole"* ]]
	takes out 0
}

@test "holes: reflink shares them with the rest, in one call" {
	local type
	for type in xfs btrfs; do
		file_system $type
		sparse "$fs/in" 4M 1M 3M
		zcopy 0 -v --method=reflink "$fs/in" "$fs/out"
		[[ $output == *"4194304 bytes in "*", method reflink" ]]
		same "$fs/in" "$fs/out"
		takes "$fs/out" 300
	done
}

@test "holes: --sparse=never writes every byte, also on btrfs and XFS" {
	local type
	for type in tmpfs ext4 xfs btrfs; do
		file_system $type
		sparse "$fs/in" 4M 1M
		zcopy 0 -v --sparse=never "$fs/in" "$fs/out"
		[[ $output != *holes:* ]]
		[[ $output != *"plan: copy_file_range"* ]]
		same "$fs/in" "$fs/out"
		[ "$(kib "$fs/out")" -ge 4096 ]
	done
	sparse in 1M
	zcopy 9 --sparse=never --method=reflink in out
	[[ $output == *"it may keep holes (--sparse=never)"* ]]
}

# bats test_tags=kernel
@test "holes: zeros are written if fallocate is refused" {
	local error
	random_file old 4M
	sparse in 4M 1M
	for error in EOPNOTSUPP EPERM ENOSYS ENOSPC; do
		cp old out
		TRACE="-e inject=fallocate:error=$error" zcopy 0 --seek=0 in \
		    out
		fault_fired 2
		same in out
	done
}

# refused TEXT ARG... - a usage error, which touches nothing, and says TEXT.
refused() {
	local text=$1
	shift
	zcopy 2 --sparse=always "$@"
	[[ $output == *"--sparse=always: "*"$text"* ]]
}

@test "holes: --sparse=always is refused for a DEST that can have none" {
	echo old >out
	echo in >in
	refused "where the data is received" in 127.0.0.1:1
	refused "where the data is received" in unix:socket
	refused "use --seek" --append in out
	mkfifo fifo
	refused "where the data goes to a file" in fifo
	refused "name a file or a disk" in /dev/null
	refused "where the data goes to a file" in -
	refused "without O_APPEND" in fd:7 7>>out
	zcopy 2 --sparse=always --explain in fifo
	[ "$(cat out)" = old ]
}

@test "holes: --sparse=always is refused with other methods" {
	local method
	echo in >in
	for method in copy_file_range sendfile splice mmap reflink; do
		zcopy 9 --sparse=always --method=$method in out
		[[ $output == *"it cannot look for zeros (--sparse=always)"* ]]
		[ ! -e out ]
	done
	zcopy 2 --sparse=sometimes in out
	[[ $output == *"'sometimes' is none of auto, always, never"* ]]
}

@test "holes: --explain names --sparse" {
	random_file in 100000
	zcopy 0 --explain --sparse=always in out
	[[ $output == *"makes holes (--sparse=always)"* ]]
	[[ $output == *"it cannot look for zeros (--sparse=always)"* ]]
	zcopy 0 --explain --sparse=never in out
	[[ $output == *"fills holes (--sparse=never)"* ]]
}

@test "holes: a descriptor that appends is appended to, without holes" {
	sparse in 1M 512K
	echo old >out
	zcopy 0 in fd:7 7>>out
	zcopy 0 --append in out
	(echo old; cat in in) | cmp - out
}

@test "holes: header, trailer and --offset shift them" {
	sparse in 4M 1M
	has_holes in 100
	echo text >around
	zcopy 0 --header=around --trailer=around in out
	cat around in around | cmp - out
	takes out 200
	zcopy 0 --offset=500001 -c 3000000 in out
	tail -c +500002 in | head -c 3000000 | cmp - out
	takes out 200
	zcopy 0 --header=around --sparse=always - out < <(cat in)
	cat around in | cmp - out
	takes out 200
}
