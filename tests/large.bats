#!/usr/bin/env bats
# Files, offsets and counts beyond 2 and 4 GiB.  Sources are holes, except for
# some data around marks.
# bats file_tags=slow

load helpers

MiB=$((1024 * 1024))
GiB=$((1024 * MiB))
LAST=$(((1 << 63) - 1))
ZCOPY_TEST_TIMEOUT=120
RETRY_SECONDS=120

# On /dev/shm, reading a hole takes no memory.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	shm=$(mktemp -d /dev/shm/zcopy-XXXXXX)
	random_file data 200000
}

teardown() {
	end_all
	unmount_all
	rm -rf "$shm" "$BATS_TEST_TMPDIR".{xfs,on-xfs} big out
}

# large FILE SIZE MARK... - make FILE, with `data` around each MARK.
large() {
	local mark
	truncate -s "$2" "$1"
	for mark in "${@:3}"; do
		dd if=data of="$1" bs=100K oflag=seek_bytes \
		    seek=$((mark - 100000)) conv=notrunc status=none
	done
	truncate -s "$2" "$1"
}

# three FILE - make FILE of a bit over 3 GiB; its last mark is its end.
three() {
	large "$1" $((3 * GiB + 12345)) 100000 $((GiB)) $((2 * GiB)) \
	    $((3 * GiB + 12345))
}

# piped_same METHOD ARG...  FILE - true if zcopy ARG...  FILE writes to a pipe
# $count bytes of FILE, from $skipped on.  cmp stops after them; cat reads to
# the end, because otherwise zcopy could die by SIGPIPE.
piped_same() {
	"$ZCOPY" -v --method="$1" "${@:2}" - 2>stderr 3>&- | {
		cmp -n "$count" -i "0:$skipped" - "${*: -1}" && cat >/dev/null
	} || return
	cat stderr
	grep -q ": done: $count bytes " stderr
}

@test "large: 3 GiB arrive through a pipe, with each method" {
	local method count=$((3 * GiB + 12345)) skipped=0
	three "$shm/big"
	for method in auto sendfile splice read-write; do
		piped_same $method "$shm/big"
	done
	# mmap takes memory for holes, too, which a file on a disk gives back.
	rm "$shm/big"
	three big
	piped_same mmap big
}

@test "large: 3 GiB are copied within a file system that shares blocks" {
	local method
	file_system xfs 6144
	ln -s "$fs" mnt
	three mnt/big
	for method in auto copy_file_range reflink; do
		zcopy 0 -v --method=$method mnt/big mnt/out
		[[ $output == *"done: $((3 * GiB + 12345)) bytes "* ]]
		[ "$(stat -c %s mnt/out)" -eq $((3 * GiB + 12345)) ]
		same_at_marks mnt/big mnt/out
		# The holes are still holes.
		[ "$(du -k mnt/out | cut -f 1)" -lt 2000 ]
		rm mnt/out
	done
}

# same_at_marks A B - true if two files of `three` have the same data at the
# marks.
same_at_marks() {
	local mark
	for mark in 100000 $((GiB)) $((2 * GiB)) $((3 * GiB + 12345)); do
		cmp -n 210000 -i $((mark - 100000)) "$1" "$2"
	done
}

@test "large: more than 2 GiB arrive from file to file" {
	local size=$((2 * GiB + 54321))
	large "$shm/big" $size $((2 * GiB)) $size
	zcopy 0 -v "$shm/big" out
	[[ $output == *"done: $size bytes "* ]]
	same "$shm/big" out
}

@test "large: --bytes works across 2 GiB, with each method" {
	local method count=$((2 * GiB + 50001)) skipped=0
	three "$shm/big"
	for method in auto sendfile splice read-write; do
		piped_same $method -c $count "$shm/big"
	done
}

@test "large: --bytes works across 4 GiB, with each method" {
	local method count=$((4 * GiB + 50001)) skipped=0
	large "$shm/big" $((5 * GiB)) $((2 * GiB)) $((4 * GiB))
	for method in auto sendfile splice read-write; do
		piped_same $method -c $count "$shm/big"
	done
}

@test "large: 2^33 bytes are counted exactly, with each method" {
	local method
	for method in auto sendfile splice read-write; do
		zcopy 0 -v --method=$method -c $((1 << 33)) /dev/zero /dev/null
		[[ $output == *"done: 8589934592 bytes "* ]]
	done
}

@test "large: --offset works around 2 and 4 GiB, with each method" {
	local method mark
	large big $((5 * GiB)) $((2 * GiB)) $((4 * GiB))
	for mark in $((2 * GiB)) $((4 * GiB)); do
		for method in auto copy_file_range sendfile splice mmap \
		    read-write; do
			parts_about $mark
		done
	done
}

# parts_about MARK - move ranges that begin before, at and after MARK.
parts_about() {
	zcopy 0 --method="$method" --offset=$(($1 - 100000)) -c 200000 big out
	same data out
	zcopy 0 --method="$method" --offset="$1" -c 50001 big out
	tail -c 100000 data | head -c 50001 | cmp - out
	zcopy 0 --method="$method" --offset=$(($1 - 1)) -c 2 big out
	tail -c 100001 data | head -c 2 | cmp - out
	zcopy 0 --method="$method" --offset=$(($1 + 99999)) -c 2 big out
	(tail -c 1 data; printf '\0') | cmp - out
}

@test "large: the end of a file beyond 4 GiB is read, with each method" {
	local method size=$((4 * GiB + 777777))
	large big $size $size
	for method in auto copy_file_range sendfile splice mmap read-write; do
		zcopy 0 --method=$method --offset=$((size - 100000)) big out
		head -c 100000 data | cmp - out
		[ $method = copy_file_range ] ||
		    "$ZCOPY" -m $method --offset=$((size - 1001)) big - |
		    cmp - <(head -c 100000 data | tail -c 1001)
		zcopy 6 --method=$method --offset=$((size + 1)) big out
		rm out
	done
}

@test "large: a descriptor beyond 4 GiB is read from its position" {
	local fd
	large big $((5 * GiB)) $((4 * GiB + 100000))
	{
		# zcopy itself moves the descriptor there.
		zcopy 0 -c 0 --offset=4G fd:9 /dev/null
		zcopy 0 -c 150000 fd:9 first
		zcopy 0 -c 50000 fd:9 second
		zcopy 0 --offset=200M -c 1 fd:9 third
		fd=$(grep ^pos: /proc/self/fdinfo/9)
	} 9<big
	cat first second | cmp - data
	cmp third <(printf '\0')
	echo "$fd"
	[ "${fd//[^0-9]/}" -eq $((4 * GiB + 200000 + 200 * MiB + 1)) ]
}

@test "large: --offset and --seek work beyond 4 GiB, with each method" {
	local method
	large big $((5 * GiB)) $((4 * GiB + 1000))
	for method in auto copy_file_range sendfile splice mmap read-write; do
		large out $((6 * GiB)) $((5 * GiB + 100))
		zcopy 0 --method=$method --offset=$((4 * GiB - 50000)) \
		    -c 100000 --seek=$((5 * GiB - 70000)) big out
		[ "$(stat -c %s out)" -eq $((6 * GiB)) ]
		# The old data, with the new data in the middle of it.
		cp data expected
		tail -c +49001 data | head -c 100000 |
		    dd of=expected bs=100K seek=29900 oflag=seek_bytes \
			iflag=fullblock conv=notrunc status=none
		cmp -n 200000 -i $((5 * GiB + 100 - 100000)):0 out expected
		cmp -n 100000 -i $((5 * GiB + 100100)) out /dev/zero
		rm out
	done
}

@test "large: a range of a file is copied to the same file, 4 GiB further" {
	local method
	for method in auto copy_file_range sendfile splice mmap read-write; do
		large big $((4 * GiB)) $((GiB))
		zcopy 0 --method=$method --offset=$((GiB - 100000)) \
		    -c 200000 --seek=$((5 * GiB + 1)) big big
		[ "$(stat -c %s big)" -eq $((5 * GiB + 200001)) ]
		cmp -i $((5 * GiB + 1)):0 big data
		rm big
	done
}

@test "large: a count far over the size gives status 6, or what there is" {
	local method
	for method in auto copy_file_range sendfile splice mmap read-write; do
		zcopy 6 --inplace --method=$method -c $LAST data out
		[[ $output == *"SOURCE ended early (200000 "* ]]
		same data out
		zcopy 0 --allow-short --method=$method -c 5E data out
		same data out
		zcopy 0 --allow-short --method=$method --offset=1000 \
		    -c $((LAST - 1000)) data out
		tail -c +1001 data | cmp - out
	done
}

@test "large: the last bytes before 2^63-1 can be read and written" {
	local method from=$((LAST - 100000))
	truncate -s $LAST "$shm/big"
	dd if=data of="$shm/big" bs=100000 count=1 seek=$from \
	    oflag=seek_bytes conv=notrunc status=none
	# DEST is there, too, because files on ext4 cannot be so large.
	cd "$shm"
	mv "$OLDPWD/data" .
	for method in auto copy_file_range sendfile splice read-write; do
		zcopy 0 --method=$method --offset=$from big out
		head -c 100000 data | cmp - out
		zcopy 0 --method=$method --offset=$from -c 100000 big out
		head -c 100000 data | cmp - out
		rm out
		zcopy 0 --method=$method --seek=$from -c 100000 data out
		zcopy 0 --method=$method --offset=$from out again
		head -c 100000 data | cmp - again
		rm out again
	done
}

@test "large: data past 2^63-1 is an error of DEST, with an exact count" {
	local method from=$((LAST - 100000))
	cp data "$shm"
	for method in auto copy_file_range sendfile splice mmap read-write; do
		ZCOPY_TEST_TIMEOUT=10 zcopy 4 --method=$method --seek=$from \
		    "$shm/data" "$shm/out"
		[[ $output == *"File too large (100000 bytes delivered"* ]]
		rm "$shm/out"
	done
	for method in auto splice read-write; do
		ZCOPY_TEST_TIMEOUT=10 zcopy 4 --method=$method --seek=$from \
		    - "$shm/out" < <(cat data)
		[[ $output == *"File too large (100000 bytes delivered"* ]]
		rm "$shm/out"
	done
}
