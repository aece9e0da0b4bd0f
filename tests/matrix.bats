#!/usr/bin/env bats
# Each method, from each kind of SOURCE to each kind of DEST: all data arrives,
# or the method is refused with a reason.

load helpers

# sources - print them, with the columns name; KIND and INPUT of
# tests/between.c; what must arrive; and the kind for the kernel.
sources() {
	cat <<-END
		regular		path	data			data	file
		empty		path	empty			empty	file
		sparse		path	sparse			sparse	file
		shm		path	$shm/data		data	file
		procfs		path	/proc/version		proc	kernel
		sysfs		path	/sys/class/net/lo/mtu	sys	kernel
		pipe		pipe	data			data	stream
		FIFO		fifo	data			data	stream
		unix		unix	data			data	stream
		TCP		tcp	data			data	stream
		terminal	tty	data			data	tty
		zero		path	/dev/zero		zeros	char
		block		path	${source_device-}	disk	block
	END
}

# destinations - print them, with the columns name; KIND and OUTPUT of
# tests/between.c; and the kind for the kernel.
destinations() {
	cat <<-END
		new		path	new			file
		existing	path	old			file
		shm-new		path	$shm/new		file
		shm-existing	path	$shm/old		file
		append		path	-			append
		pipe		pipe	piped			stream
		FIFO		fifo	piped			stream
		unix		unix	piped			stream
		TCP		tcp	piped			stream
		terminal	tty	piped			tty
		null		path	/dev/null		null
		full		path	/dev/full		full
		block		path	${dest_device-}		block
	END
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file data 300001
	random_file long 400000
	: >empty
	sparse_file sparse
	head -c 300001 /dev/zero >zeros
	cat /proc/version >proc
	cat /sys/class/net/lo/mtu >sys
	shm=$(mktemp -d /dev/shm/zcopy-XXXXXX)
	cp data "$shm"
	[ "$(stat -c %d .)" != "$(stat -c %d "$shm")" ]
	command=()
	zcopy_command
	reflinks=no
	if cp --reflink=always data clone 2>/dev/null; then
		reflinks=yes
	fi
}

teardown() {
	end_all
	detach
	rm -rf "$shm"
}

# sparse_file FILE - make FILE, with data at the start and in the middle, and
# holes.
sparse_file() {
	random_file "$1" 10000
	random_file "$1.part" 70000
	dd if="$1.part" of="$1" bs=1000 seek=150 conv=notrunc status=none
	truncate -s 300001 "$1"
}

# block_devices - set $source_device, which is read-only, and $dest_device.
block_devices() {
	random_file disk 256K
	random_file other-disk 512K
	attach disk -r
	source_device=$device
	attach other-disk
	dest_device=$device
}

# expect - set $right to the statuses that are right for this pair, by what the
# kernel can do.
expect() {
	expect_with_data
	if [ "$size" -gt 0 ] || [ "$right" = 0 ]; then
		return
	elif [ "$right" = 4 ]; then
		right=0
	else
		# The kernel may look at the data before it looks at the ends.
		right="0 $right"
	fi
}

# expect_with_data - the same, if there is data to move.
expect_with_data() {
	if ! has_method "$method"; then
		right=9
		return
	fi
	case $method:$source_is:$dest_is in
	auto:*:full|read-write:*:full)		right=4 ;;
	auto:*|read-write:*)			right=0 ;;

	copy_file_range:file:file)		right=9
		! on_one_file_system || right=0 ;;
	reflink:file:file)			right=9
		! on_one_file_system || [ "$reflinks" = no ] || right=0 ;;
	copy_file_range:*|reflink:*)		right=9 ;;

	mmap:file:null|mmap:block:null)		right=9 ;;
	mmap:file:full|mmap:block:full)		right=4 ;;
	mmap:file:*|mmap:block:*)		right=0 ;;
	mmap:*)					right=9 ;;

	sendfile:stream:*|sendfile:tty:*)	right=9 ;;
	sendfile:*:append|splice:*:append)	right=9 ;;
	# Data taken from a stream is then written, which fails with ENOSPC.
	sendfile:*:full|splice:*:full)		right="4 9" ;;
	# Before Linux 6.5 or so, only from files and block devices.
	sendfile:char:*)			right="0 9" ;;
	sendfile:*|splice:*)			right=0 ;;
	esac
}

# on_one_file_system - true if both ends are on the same file system.
on_one_file_system() {
	[[ $source == shm && $dest == shm-* ]] ||
	    [[ $source != shm && $dest != shm-* ]]
}

# try - try this combination.  False, with a message, if the result is not
# right.
try() {
	local options=(-v) status=0 right
	[ "$method" = auto ] || options+=("--method=$method")
	case $source_is in
	tty|char)	options+=(-c 300001) ;;
	esac
	case $dest in
	existing)	cp long old ;;
	shm-existing)	cp long "$shm/old" ;;
	append)		cp long log ;;
	*)		rm -f new piped "$shm/new" ;;
	esac

	"$TEST_BIN/between" "$feed" "$input" "$collect" "$output" \
	    "${command[@]}" "${options[@]}" -- @source @dest \
	    >>log 2>stderr 3>&- || status=$?
	expect
	right_status && right_message && right_data && return
	echo "--- --method=$method, $source to $dest:" \
	    "status $status, expected $right"
	sed 's/^/    /' stderr
	return 1
}

# right_status, right_message - true if status and last line are right.
right_status() {
	[[ " $right " == *" $status "* ]]
}

right_message() {
	local line message used=$method
	while read -r line; do
		message=$line
	done <stderr
	case $status in
	0)	[ "$method" != auto ] || used='[a-z_+-]+'
		[ "$size" -gt 0 ] || used=none
		[[ $message =~ ^"zcopy: done: $size bytes in "[0-9.]+" s, "[0-9.]+" MB/s, method "$used$ ]] ;;
	4)	[[ $message == "zcopy: /dev/full: write: No space left "* ]] ;;
	9)	[[ $message =~ ^zcopy:\ [^:].*:\ "$method: ".* ]] ;;
	esac
}

# right_data - true if all data arrived, or zcopy failed and a file is as it
# was.
right_data() {
	case $dest:$status in
	*new:[1-9]*)		[ ! -e "$output" ] ;;
	*existing:[1-9]*)	cmp long "$output" ;;
	*:[1-9]*|null:*|full:*)	return 0 ;;
	append:0)		cat long "$content" | cmp - log ;;
	block:0)		cmp -n "$size" "$content" "$output" ;;
	*)			cmp "$content" "$output" ;;
	esac
}

# combinations METHOD yes|no - try all pairs with block devices, or all without.
combinations() {
	local method=$1 failed=0 tried=0 size blocks
	local source feed input content source_is
	local dest collect output dest_is
	while read -r source feed input content source_is <&8; do
		[ "$source:$2" != block:no ] || continue
		size=$(stat -c %s "$content")
		while read -r dest collect output dest_is <&9; do
			blocks=no
			[[ $source:$dest != *block* ]] || blocks=yes
			[ $blocks = "$2" ] || continue
			tried=$((tried + 1))
			try || failed=$((failed + 1))
		done 9< <(destinations)
	done 8< <(sources)
	echo "$method: $failed of $tried combinations failed"
	[ "$tried" -gt 0 ] && [ "$failed" -eq 0 ]
}

@test "matrix: auto moves every kind of source to every kind of destination" {
	combinations auto no
}

@test "matrix: read-write moves every kind of source to every destination" {
	combinations read-write no
}

@test "matrix: splice works for every pair for which the kernel allows it" {
	combinations splice no
}

@test "matrix: sendfile works for every pair for which the kernel allows it" {
	combinations sendfile no
}

@test "matrix: mmap works from regular files, and is refused from others" {
	combinations mmap no
}

@test "matrix: copy_file_range works within a file system, else is refused" {
	combinations copy_file_range no
}

@test "matrix: reflink works where blocks can be shared, else is refused" {
	combinations reflink no
}

@test "matrix: block devices work with each method, or are refused" {
	local method failed=0
	block_devices
	for method in auto read-write splice sendfile mmap copy_file_range \
	    reflink; do
		combinations "$method" yes || failed=1
	done
	[ "$failed" -eq 0 ]
}
