#!/usr/bin/env bats
# Holes read as zeros, wherever they are, and sizes stay exact.

load helpers

files="start middle end only pages"

# Each FILE here has holes, and FILE.full the same bytes without.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file data 100000
	hole start 1234567
	put start 1134567
	hole middle 1234567
	put middle 0
	put middle 1134567
	hole end 1234567
	put end 0
	hole only 1234567
	pages
	rm data
	all_have_holes
}

teardown() {
	end_all
}

# hole FILE SIZE - make FILE of SIZE bytes that is all hole, and FILE.full.
hole() {
	truncate -s "$2" "$1"
	head -c "$2" /dev/zero >"$1.full"
}

# put FILE OFFSET - write data at OFFSET.
put() {
	local i
	for i in "$1" "$1.full"; do
		dd if=data of="$i" bs=64K seek="$2" oflag=seek_bytes \
		    conv=notrunc status=none
	done
}

# pages - make `pages`, with data in one page, a hole of one page, and so on.
pages() {
	local i page
	page=$(getconf PAGESIZE)
	for i in {1..40}; do
		head -c "$page" /dev/urandom
		head -c "$page" /dev/zero
	done >pages.full
	cp --sparse=always pages.full pages
}

# all_have_holes - skip the case if this file system keeps no holes.
all_have_holes() {
	local file
	for file in $files; do
		echo "$file: $(stat -c '%b blocks, %s bytes' "$file")"
		[ $(($(stat -c %b "$file") * 512)) -lt \
		    "$(stat -c %s "$file")" ] ||
		    skip "no holes on this file system"
		same "$file" "$file.full"
	done
}

# bats test_tags=kernel
@test "sparse: holes read as zeros in a new file, with each method" {
	local file method
	for file in $files; do
		for method in $(available auto copy_file_range sendfile splice \
		    mmap read-write); do
			zcopy 0 --method="$method" "$file" out
			same "$file.full" out
			rm out
		done
	done
}

@test "sparse: nothing is left of an old file where SOURCE has holes" {
	local file method
	random_file old 1300000
	for file in $files; do
		for method in $(available auto copy_file_range sendfile splice \
		    mmap read-write); do
			cp old out
			zcopy 0 --method="$method" "$file" out
			same "$file.full" out
			cp old out
			zcopy 0 --inplace --method="$method" "$file" out
			same "$file.full" out
		done
	done
}

@test "sparse: --seek keeps what is before and after" {
	local file method size
	random_file old 1500000
	for file in $files; do
		size=$(stat -c %s "$file")
		(head -c 4099 old; cat "$file.full"
		    tail -c +$((4100 + size)) old) >expected
		for method in $(available auto copy_file_range sendfile splice \
		    mmap read-write); do
			cp old out
			zcopy 0 --seek=4099 --method="$method" "$file" out
			same expected out
		done
	done
}

@test "sparse: holes read as zeros on another file system" {
	local file method shm
	shm=$(mktemp -d /dev/shm/zcopy-XXXXXX)
	for file in $files; do
		for method in $(available auto sendfile splice mmap \
		    read-write); do
			zcopy 0 --method="$method" "$file" "$shm/out"
			cmp "$file.full" "$shm/out" || {
				rm -r "$shm"
				false
			}
		done
	done
	rm -r "$shm"
}

# through KIND - move each file to an end of this kind, by each method.
through() {
	local file method command=()
	zcopy_command
	for file in $files; do
		for method in $(available auto sendfile splice mmap \
		    read-write); do
			echo "$file, $method:"
			"$TEST_BIN/between" path "$file" "$1" out \
			    "${command[@]}" -m "$method" @source @dest 3>&-
			same "$file.full" out
			rm out
		done
	done
}

@test "sparse: a pipe gets zeros, with each method" {
	through pipe
}

@test "sparse: a unix socket gets zeros, with each method" {
	through unix
}

@test "sparse: a TCP socket gets zeros, with each method" {
	through tcp
}

@test "sparse: ranges may begin or end in a hole, or at its edge" {
	local row method
	# OFFSET:COUNT, in a file with data up to 100000 and from 1134567 on.
	for row in 99999:2 100000:1 100000:4096 99000:300000 500000:1000 \
	    500000:700000 1134566:2 1134567:100000 1134000:100567 1:1234566; do
		tail -c +$((${row%:*} + 1)) middle.full |
		    head -c "${row#*:}" >expected
		for method in $(available auto copy_file_range sendfile splice \
		    mmap read-write); do
			echo "$row:"
			zcopy 0 --method="$method" --offset="${row%:*}" \
			    -c "${row#*:}" middle out
			same expected out
		done
	done
}

# bats test_tags=valgrind
@test "sparse: a descriptor in a hole is read from its position" {
	{
		head -c 500000 >/dev/null
		zcopy 0 -c 1000 - first
		zcopy 0 - rest
	} <middle
	tail -c +500001 middle.full | head -c 1000 | cmp - first
	tail -c +501001 middle.full | cmp - rest
}

@test "sparse: a trailing hole keeps its size, also with --seek" {
	local method
	for method in $(available auto copy_file_range sendfile splice mmap \
	    read-write); do
		rm -f out
		zcopy 0 --method="$method" --seek=2M end out
		[ "$(stat -c %s out)" -eq $((2097152 + 1234567)) ]
		cmp -n 2097152 out /dev/zero
		cmp -i 2097152:0 out end.full
	done
}

@test "sparse: --bytes may end in a trailing hole, but not after it" {
	zcopy 0 -c 1000000 end out
	head -c 1000000 end.full | cmp - out
	zcopy 6 -c 1234568 end out
	head -c 1000000 end.full | cmp - out
}
