#!/usr/bin/env bats
# From one file system to another, and what each file system does differently.
# shellcheck disable=SC2094	# what zcopy left of a file is read afterwards

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 1000001
}

teardown() {
	end_all
	unmount_all
}

# shares FILE... - true if each FILE shares all its blocks with another file.
shares() {
	local file
	requires filefrag
	for file; do
		filefrag -sv "$file" | grep -E '^ +[0-9]+:' >extents
		cat extents
		[ -s extents ]
		if grep -v shared extents; then
			echo "$file: not shared"
			return 1
		fi
	done
}

# From each to each

# each_to_each DIR... - move a file from each DIR to each, by each method.
each_to_each() {
	local from to method want
	for from; do
		random_file "$from/from" 300001
		for to; do
			for method in auto copy_file_range sendfile splice \
			    mmap read-write reflink; do
				want=0
				case $method in
				copy_file_range)
					[ "$from" = "$to" ] || want=9 ;;
				reflink)
					[[ $from == "$to" && \
					    $to == *on-@(xfs|btrfs) ]] ||
					    want=9 ;;
				esac
				zcopy $want -v --method=$method "$from/from" \
				    "$to/out"
				if [ $want -eq 0 ]; then
					same "$from/from" "$to/out"
					rm "$to/out"
				else
					[[ $output == *": refused at 0: "* ]]
				fi
				[ -z "$(find "$to" -mindepth 1 \
				    ! -name from)" ]
			done
		done
		rm "$from/from"
	done
}

@test "filesystems: all data arrives from each to each, with each method" {
	local places=() type
	for type in tmpfs overlay ext4 xfs btrfs; do
		file_system $type
		rm -rf "$fs/lost+found"
		places+=("$fs")
	done
	each_to_each "${places[@]}"
}

# bats test_tags=valgrind,kernel
@test "filesystems: between two file systems auto uses another method" {
	file_system tmpfs
	zcopy 0 -v in "$fs/out"
	same in "$fs/out"
	[[ $output == *"copy_file_range: refused at 0: EXDEV (Invalid cross-device link)"* ]]
	method_used sendfile
}

@test "filesystems: ranges that are not whole blocks are moved exactly" {
	local type method row
	for type in xfs btrfs ext4; do
		file_system $type
		cp in "$fs/in"
		random_file "$fs/old" 50000
		for method in auto copy_file_range sendfile splice mmap \
		    read-write; do
			# offset:count:seek
			for row in 0:5000:0 1000:5000:0 4096:8192:4096 \
			    1:4096:8191 999000:1001:4095 4096:4097:40960; do
				patch_range $row
			done
		done
	done
}

# patch_range OFFSET:COUNT:SEEK - write this part of $fs/in into $fs/out.
patch_range() {
	local offset count seek
	IFS=: read -r offset count seek <<<"$1"
	cp "$fs/old" "$fs/out"
	cp "$fs/old" expected
	tail -c +$((offset + 1)) in | head -c "$count" |
	    dd of=expected bs=64K seek="$seek" oflag=seek_bytes conv=notrunc \
		iflag=fullblock status=none
	zcopy 0 --method="$method" --offset="$offset" -c "$count" \
	    --seek="$seek" "$fs/in" "$fs/out"
	same expected "$fs/out"
}

# Shared blocks

@test "filesystems: reflink shares all blocks on XFS and btrfs" {
	local type
	for type in xfs btrfs; do
		file_system $type
		cp in "$fs/in"
		sync -f "$fs"
		zcopy 0 -v --method=reflink "$fs/in" "$fs/out"
		method_used reflink
		same in "$fs/out"
		shares "$fs/in" "$fs/out"
	done
}

@test "filesystems: auto shares all blocks on XFS and btrfs" {
	local type
	for type in xfs btrfs; do
		file_system $type
		cp in "$fs/in"
		sync -f "$fs"
		zcopy 0 -v "$fs/in" "$fs/out"
		method_used copy_file_range
		same in "$fs/out"
		shares "$fs/in" "$fs/out"
	done
}

@test "filesystems: writing to a shared copy does not change its source" {
	local type
	for type in xfs btrfs; do
		file_system $type
		cp in "$fs/in"
		zcopy 0 --method=reflink "$fs/in" "$fs/out"
		printf changed | dd of="$fs/out" conv=notrunc status=none
		same in "$fs/in"
		run cmp -s in "$fs/out"
		[ "$status" -eq 1 ]
	done
}

@test "filesystems: reflink replaces longer and shorter files, also in place" {
	local type size
	for type in xfs btrfs; do
		file_system $type
		cp in "$fs/in"
		for size in 10 999999 2000003; do
			random_file "$fs/out" $size
			zcopy 0 --method=reflink "$fs/in" "$fs/out"
			same in "$fs/out"
			random_file "$fs/out" $size
			zcopy 0 --method=reflink --inplace "$fs/in" "$fs/out"
			same in "$fs/out"
		done
	done
}

@test "filesystems: reflink moves whole blocks, and refuses parts of them" {
	local type block
	for type in xfs btrfs; do
		file_system $type
		cp in "$fs/in"
		block=$(stat -f -c %S "$fs")
		zcopy 0 --method=reflink --offset="$block" -c $((2 * block)) \
		    "$fs/in" "$fs/out"
		tail -c +$((block + 1)) in | head -c $((2 * block)) |
		    cmp - "$fs/out"
		zcopy 0 --method=reflink --offset=$((3 * block)) \
		    --seek=$((2 * block)) "$fs/in" "$fs/out"
		tail -c +$((block + 1)) in | cmp - "$fs/out"
		zcopy 9 --method=reflink --offset=1 "$fs/in" "$fs/out"
		[[ $output == *"reflink: refused: Invalid argument"* ]]
		zcopy 9 --method=reflink -c 1000 "$fs/in" "$fs/out"
		zcopy 9 --method=reflink --seek=1 "$fs/in" "$fs/out"
		tail -c +$((block + 1)) in | cmp - "$fs/out"
		zcopy 9 --method=reflink -c 1000 "$fs/in" "$fs/new"
		[ "$(ls -A "$fs")" = "$(printf 'in\nout')" ]
	done
}

# bats test_tags=kernel
@test "filesystems: reflink is refused where blocks cannot be shared" {
	local type
	for type in ext4 tmpfs; do
		file_system $type
		cp in "$fs/in"
		echo old >"$fs/out"
		zcopy 9 --method=reflink "$fs/in" "$fs/out"
		[[ $output == "zcopy: $fs/out: reflink: refused: Operation not supported"* ]]
		[ "$(cat "$fs/out")" = old ]
		zcopy 9 --method=reflink in "$fs/out"
		[[ $output == *"Invalid cross-device link"* ]]
		[ "$(cat "$fs/out")" = old ]
	done
}

@test "filesystems: two mounts of one file system share blocks" {
	file_system xfs
	mkdir "$fs/dir"
	cp in "$fs/in"
	mount_at "$BATS_TEST_TMPDIR.bound" --bind "$fs/dir"
	zcopy 0 -v "$fs/in" "$BATS_TEST_TMPDIR.bound/out"
	method_used copy_file_range
	same in "$fs/dir/out"
	shares "$fs/dir/out"
}

@test "filesystems: two subvolumes share blocks, though st_dev differs" {
	file_system btrfs
	requires btrfs
	btrfs -q subvolume create "$fs/one"
	btrfs -q subvolume create "$fs/two"
	[ "$(stat -c %d "$fs/one")" != "$(stat -c %d "$fs/two")" ]
	cp in "$fs/one/in"
	zcopy 0 -v "$fs/one/in" "$fs/two/out"
	method_used copy_file_range
	same in "$fs/two/out"
	shares "$fs/two/out"
	zcopy 0 --method=reflink "$fs/one/in" "$fs/two/other"
	same in "$fs/two/other"
}

@test "filesystems: a file without copy-on-write on btrfs is copied" {
	file_system btrfs
	requires chattr
	cp in "$fs/in"
	: >"$fs/out"
	chattr +C "$fs/out"
	zcopy 9 --inplace --method=reflink "$fs/in" "$fs/out"
	[[ $output == *"reflink: refused: Invalid argument"* ]]
	zcopy 0 --inplace "$fs/in" "$fs/out"
	same in "$fs/out"
}

# Replacing

@test "filesystems: until the end there is no other file than the old one" {
	local type
	for type in ext4 xfs btrfs tmpfs; do
		file_system $type
		rm -rf "$fs/lost+found"
		echo old >"$fs/out"
		chmod 640 "$fs/out"
		replace_slowly
		[ "$(stat -c %a "$fs/out")" = 640 ]
		rm "$fs/out"
		replace_slowly
		rm "$fs/out"
	done
}

# replace_slowly - write $fs/out, and look half way: nothing may have changed.
replace_slowly() {
	local fifo=$BATS_TEST_TMPDIR.fifo before
	before=$(ls -A "$fs")
	rm -f "$fifo"
	mkfifo "$fifo"
	exec 7<>"$fifo"
	start "$fifo" "$fs/out" 7>&-
	head -c 30000 in >&7
	retry taken
	[ "$(ls -A "$fs")" = "$before" ]
	tail -c +30001 in >&7
	exec 7>&-
	ends 0
	same in "$fs/out"
	[ "$(ls -A "$fs")" = out ]
}

@test "filesystems: the lower directory of an overlay stays as it was" {
	local option
	file_system overlay
	for option in -v --inplace --seek=0 --append; do
		head -c 1000 in >"$lower/out$option"
		chmod 640 "$lower/out$option"
		zcopy 0 $option in "$fs/out$option"
		head -c 1000 in | cmp - "$lower/out$option"
		[ "$(stat -c %a "$fs/out$option")" = 640 ]
	done
	same in "$fs/out-v"
	same in "$fs/out--inplace"
	same in "$fs/out--seek=0"
	(head -c 1000 in; cat in) | cmp - "$fs/out--append"
}

# bats test_tags=kernel
@test "filesystems: files of an overlay are copied within it and out of it" {
	local method
	file_system overlay
	cp in "$lower/in"
	for method in auto copy_file_range sendfile splice mmap read-write; do
		zcopy 0 --method=$method "$fs/in" "$fs/out"
		same in "$fs/out"
		[ $method = copy_file_range ] || {
			zcopy 0 --method=$method "$fs/in" out
			same in out
		}
	done
	zcopy 4 "$fs/in" "$fs/in"
	same in "$lower/in"
}

# Full disks

# tiny PAGES - mount a tmpfs of that size, and make `big`, a file of three
# pages.
tiny() {
	page=$(getconf PAGESIZE)
	fs=$BATS_TEST_TMPDIR.tiny
	mount_at "$fs" -t tmpfs -o size=$(($1 * page)) none
	random_file big $((3 * page))
}

@test "filesystems: on a full disk the count is exact, from a file elsewhere" {
	local method
	tiny 2
	for method in auto sendfile splice mmap read-write; do
		{
			zcopy 4 --inplace --method=$method - "$fs/out"
			[[ $output == "zcopy: $fs/out: write: No space left on device ($((2 * page)) bytes delivered)" ]]
			head -c $((2 * page)) big | cmp - "$fs/out"
			# What was not delivered has not been read.
			cat >rest
		} <big
		tail -c "$page" big | cmp - rest
		rm "$fs/out"
	done
}

@test "filesystems: on a full disk the count is exact, within a file system" {
	local method
	tiny 3
	head -c $((2 * page)) big >"$fs/from"
	for method in auto copy_file_range sendfile splice mmap read-write; do
		zcopy 4 --inplace --method=$method "$fs/from" "$fs/out"
		[[ $output == *"No space left on device ($page bytes delivered)" ]]
		head -c "$page" big | cmp - "$fs/out"
		rm "$fs/out"
	done
}

# numbers - print the numbers of the last message that follow its parenthesis.
numbers() {
	grep -o '([0-9].*' <<<"$output" | grep -o '[0-9]\+'
}

@test "filesystems: on a full disk the bytes lost from a pipe are counted" {
	local method counts lost
	tiny 2
	mkfifo fifo
	for method in auto splice read-write; do
		exec 7<>fifo
		cat big >&7
		{
			exec 7>&-
			zcopy 4 --inplace --method=$method - "$fs/out"
			cat >rest
		} <fifo
		mapfile -t counts < <(numbers)
		lost=${counts[1]:-0}
		echo "delivered ${counts[0]}, lost $lost, left" \
		    "$(stat -c %s rest)"
		[ "${counts[0]}" -eq $((2 * page)) ]
		head -c $((2 * page)) big | cmp - "$fs/out"
		tail -c +$((2 * page + lost + 1)) big | cmp - rest
		rm "$fs/out"
	done
}

@test "filesystems: a full ext4 leaves the old file, and no other" {
	file_system ext4 8
	rm -rf "$fs/lost+found"
	random_file "$fs/out" 3M
	cp "$fs/out" old
	random_file big 7M
	zcopy 4 big "$fs/out"
	[[ $output == *"No space left on device"*--inplace* ]]
	same old "$fs/out"
	[ "$(ls -A "$fs")" = out ]
	zcopy 4 -v --inplace big "$fs/out"
	[[ $output =~ \(([0-9]+)\ bytes\ delivered ]]
	[ "${BASH_REMATCH[1]}" -eq "$(stat -c %s "$fs/out")" ]
	head -c "${BASH_REMATCH[1]}" big | cmp - "$fs/out"
}

# The limits of vfat

# vfat [SIZE] - mount a new vfat at $fs, which has room for more than 4 GiB,
# with a file of SIZE zeros, `out`.
vfat() {
	local image=$BATS_TEST_TMPDIR.vfat
	requires_root
	requires mkfs.vfat python3
	modprobe -q vfat 2>/dev/null || :
	grep -qw vfat /proc/filesystems || skip "this kernel has no vfat"
	truncate -s 5G "$image"
	mkfs.vfat -F 32 -s 128 "$image" >/dev/null
	[ $# -eq 0 ] ||
	    python3 "$BATS_TEST_DIRNAME/fat-file.py" "$image" out "$1"
	fs=$BATS_TEST_TMPDIR.on-vfat
	mount_image "$fs" "$image"
}

# bats test_tags=kernel
@test "filesystems: a file that is too large for vfat leaves DEST as it was" {
	local option name
	vfat
	echo old >"$fs/out"
	truncate -s $(((4 << 30) + 1)) big
	dd if=in of=big conv=notrunc status=none
	for option in -v --sync --buffer=1M --method=read-write \
	    --digest=sha256; do
		for name in new out; do
			zcopy 4 "$option" big "$fs/$name"
			[[ $output == *"zcopy: $fs/$name: "*"File too large"* ]]
			[ "$(cat "$fs/out")" = old ]
			[ "$(ls -A "$fs")" = out ]
		done
	done
	for option in --inplace --resume; do
		zcopy 4 "$option" big "$fs/new"
		[[ $output == *"zcopy: $fs/new: "*"File too large"* ]]
		[ "$(cat "$fs/out")" = old ]
		rm "$fs"/new*
		[ "$(ls -A "$fs")" = out ]
	done
}

# bats test_tags=kernel
@test "filesystems: vfat takes the last byte before 4 GiB, and not the next" {
	local last=$(((4 << 30) - 1))
	vfat $((last - 1001))
	[ "$(stat -c %s "$fs/out")" -eq $((last - 1001)) ]
	zcopy 0 -c 1000 --append in "$fs/out"
	zcopy 4 --append --offset=1000 in "$fs/out"
	[[ $output == "zcopy: $fs/out: write: File too large (1 bytes delivered"* ]]
	[ "$(stat -c %s "$fs/out")" -eq $last ]
	cmp -n 1001 -i 0:$((last - 1001)) in "$fs/out"
	zcopy 4 --seek=$((last + 1)) in "$fs/out"
	[[ $output == *"zcopy: $fs/out: "* ]]
	[ "$(stat -c %s "$fs/out")" -eq $last ]
}
