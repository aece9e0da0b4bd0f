#!/usr/bin/env bats
# Files of the kernel (/proc, /sys and the like), where each write(2) is a
# command; and descriptors that have no bytes to move.

load helpers
load peer

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 1000
	cgroup=
}

teardown() {
	end_all
	detach
	[ -z "$cgroup" ] || rmdir "$cgroup"
	[ -z "$queue" ] || rm -f "$queue"
	unmount_all
}
queue=

# somebody CMD... - start sleep(1) by CMD; its process is $somebody.
somebody() {
	# A child of this shell, so that end_all finds it.
	"$@" sleep 1000 3>&- &
	somebody=$!
	retry sleeps
}

# sleeps - for `retry`: $somebody is sleep(1), and has loaded its libraries: its
# maps are those of the last look.
sleeps() {
	local before=$maps
	maps=$(cat "/proc/$somebody/maps")
	[ "$(cat "/proc/$somebody/comm")" = sleep ] &&
	    grep -q '^State:.*sleeping' "/proc/$somebody/status" &&
	    [ "$maps" = "$before" ]
}
maps=

# adjustable - set $target to the coredump_filter of a new process.  It is a
# number below 512 that every user may change, and changing it does no harm.
adjustable() {
	somebody env
	target=/proc/$somebody/coredump_filter
	cat "$target" >"$BATS_TEST_TMPDIR.before"
	not_adjusted
}

# not_adjusted - true if $target is as it was.
not_adjusted() {
	cat "$target"
	same "$BATS_TEST_TMPDIR.before" "$target"
	! adjusted_to 100
}

# adjusted_to NUMBER - true if $target is NUMBER.
adjusted_to() {
	[ "$(cat "$target")" = "$(printf %08x "$1")" ]
}

# dribble TEXT...  DEST - send TEXTs to DEST through zcopy, each one when zcopy
# has read the one before.
dribble() {
	local fifo=$BATS_TEST_TMPDIR.fifo
	mkfifo "$fifo"
	exec 7<>"$fifo"
	start "$fifo" "${*: -1}" 7>&-
	while [ $# -gt 1 ]; do
		printf '%s' "$1" >&7
		retry taken
		shift
	done
	exec 7>&-
	ends 0
}

# As SOURCE

# reads FILE - auto and read-write move all of FILE, to a file and to a pipe.
reads() {
	local method
	cat "$1" >expected
	[ -s expected ]
	for method in auto read-write; do
		zcopy 0 --method=$method "$1" out
		same expected out
		"$ZCOPY" --method=$method "$1" - | cmp expected -
	done
}

# bats test_tags=kernel
@test "kernel files: procfs is read to its end, whatever st_size says" {
	reads /proc/version
	reads /proc/filesystems
	reads /proc/sys/kernel/osrelease
}

# bats test_tags=kernel
@test "kernel files: a file that sendfile and splice refuse is read" {
	somebody env
	reads "/proc/$somebody/maps"
	reads "/proc/$somebody/cmdline"
}

@test "kernel files: a procfs file larger than one buffer is read" {
	somebody env -i "LARGE=$(head -c 100000 /dev/zero | tr '\0' x)"
	reads "/proc/$somebody/environ"
	[ "$(stat -c %s expected)" -gt 100000 ]
}

# bats test_tags=kernel
@test "kernel files: sysfs is read to its end, though st_size is 4096" {
	[ "$(stat -c %s /sys/class/net/lo/mtu)" -eq 4096 ]
	reads /sys/class/net/lo/mtu
}

@test "kernel files: cgroupfs is read" {
	local mount
	mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$mount" ] || skip "no cgroup2 is mounted"
	reads "$mount/cgroup.max.depth"
}

@test "kernel files: a named method that cannot do it is refused, and says why" {
	local method
	somebody env
	for method in sendfile splice mmap copy_file_range reflink; do
		zcopy 9 --method=$method "/proc/$somebody/cmdline" out
		[[ $output == *": $method: "* ]]
		[ ! -e out ]
	done
}

@test "kernel files: sendfile and splice by name move what they can" {
	local method
	for method in sendfile splice; do
		zcopy 0 -v --method=$method /proc/version out
		[[ $output == *"method $method" ]]
		same /proc/version out
	done
}

@test "kernel files: --offset and --bytes work" {
	cat /proc/version >expected
	zcopy 0 --offset=3 -c 7 /proc/version out
	tail -c +4 expected | head -c 7 | cmp - out
	zcopy 0 --offset=3 /proc/version out
	tail -c +4 expected | cmp - out
	zcopy 6 --offset=100000 /proc/version out
	zcopy 6 -c 100000 /proc/version out
	tail -c +4 expected | cmp - out
}

@test "kernel files: a descriptor is read from its position, which moves on" {
	{
		zcopy 0 -c 5 - first
		zcopy 0 - rest
	} </proc/version
	cat first rest | cmp - /proc/version
	[ "$(stat -c %s first)" -eq 5 ]
}

@test "kernel files: a read error is blamed on SOURCE" {
	zcopy 3 /proc/self/mem out
	[[ $output == "zcopy: /proc/self/mem: read: Input/output error"* ]]
	[ ! -e out ]
}

# As DEST

# bats test_tags=valgrind
@test "kernel files: a number is written to procfs" {
	adjustable
	echo 256 >number
	zcopy 0 -v number "$target"
	[[ $output == *"method read-write" ]]
	adjusted_to 256
}

@test "kernel files: data that arrives in pieces is written by one write" {
	adjustable
	dribble 2 5 $'6\n' "$target"
	adjusted_to 256
}

@test "kernel files: a large --block-size can read all of them" {
	local file=/proc/sys/kernel/ostype
	[ -r "$file" ] || skip "no $file"
	zcopy 0 --block-size=1G "$file" out
	same "$file" out
}

@test "kernel files: neither --block-size nor a descriptor splits a write" {
	local writes
	requires strace
	adjustable
	echo 256 >number
	TRACE="-e trace=write -P $target" zcopy 0 --block-size=1 number "$target"
	adjusted_to 256
	writes=$(grep -c 'write(' "$BATS_TEST_TMPDIR.trace")
	[ "$writes" -eq 1 ]
	(printf 2; printf 5; printf '7\n') |
	    zcopy 0 --block-size=1 - fd:9 9>"$target"
	adjusted_to 257
}

@test "kernel files: a sysctl gets data that arrives in pieces by one write" {
	local sysctl=/proc/sys/net/ipv4/tcp_keepalive_intvl
	requires nsenter
	# Set it in a network namespace of its own.
	requires_namespace -n
	somebody unshare --net
	local as_user=(nsenter --target "$somebody" --net)
	[ "$("${as_user[@]}" cat $sysctl)" != 256 ]
	dribble 25 $'6\n' $sysctl
	[ "$("${as_user[@]}" cat $sysctl)" = 256 ]
}

@test "kernel files: sysfs gets data that arrives in pieces by one write" {
	block_device 1M
	target=/sys/block/${device##*/}/queue/read_ahead_kb
	echo 128 >"$target"		# an earlier case may have set it to 64
	[ "$(cat "$target")" != 64 ]
	dribble 6 $'4\n' "$target"
	[ "$(cat "$target")" = 64 ]
}

@test "kernel files: a cgroup gets data that arrives in pieces by one write" {
	local mount
	requires_root
	mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$mount" ] || skip "no cgroup2 is mounted"
	cgroup=$(mktemp -d "$mount/zcopy-XXXXXX") || {
		cgroup=
		skip "no new cgroup can be made"
	}
	somebody env
	# A part of the number would be another process.
	dribble ' ' "$somebody" "$cgroup/cgroup.procs"
	[ "$(cat "$cgroup/cgroup.procs")" = "$somebody" ]
}

@test "kernel files: one can be copied to another" {
	adjustable
	cat /proc/sys/vm/swappiness >"$target"
	cat "$target" >expected
	adjustable
	if cmp -s expected "$target"; then
		echo 0 >"$target"
	fi
	zcopy 0 /proc/sys/vm/swappiness "$target"
	same expected "$target"
}

@test "kernel files: --timeout does not end zcopy while a slow writer writes" {
	adjustable
	local digit
	mkfifo fifo
	start --timeout=1.5 fifo "$target"
	exec 7>fifo
	for digit in 0 0 0 7; do
		wait_for 500000		# four times: more than the time-out
		printf %s $digit >&7
	done
	exec 7>&-
	ends 0
	[ "$(cat "$target")" -eq 7 ]
}

@test "kernel files: more than 64 KiB are refused, and nothing is written" {
	adjustable
	(echo 100; head -c 65533 /dev/zero | tr '\0' ' ') >long
	[ "$(stat -c %s long)" -eq 65537 ]
	zcopy 4 long "$target"
	[[ $output == "zcopy: $target: "*"File too large (0 bytes delivered"* ]]
	not_adjusted
	zcopy 4 - "$target" < <(cat long)
	not_adjusted
	ZCOPY_TEST_TIMEOUT=5 zcopy 4 /dev/zero "$target"
	not_adjusted
}

@test "kernel files: a source that ends early writes nothing" {
	adjustable
	echo 100 >number
	zcopy 6 -c 5 number "$target"
	[[ $output == *"SOURCE ended early (0 "* ]]
	not_adjusted
	zcopy 6 -c 5 - "$target" < <(cat number)
	not_adjusted
}

@test "kernel files: an empty source writes nothing" {
	adjustable
	zcopy 0 /dev/null "$target"
	not_adjusted
}

# bats test_tags=valgrind
@test "kernel files: data that the kernel refuses is an error with its reason" {
	adjustable
	echo potato >word
	zcopy 4 word "$target"
	[[ $output == "zcopy: $target: write: Invalid argument (0 bytes delivered"* ]]
	not_adjusted
}

@test "kernel files: a source that fails writes nothing" {
	adjustable
	zcopy 3 absent "$target"
	not_adjusted
	printf 100 >number
	FAULT=read:EIO:2+ zcopy 3 number "$target"
	fault_fired
	not_adjusted
}

@test "kernel files: a command of which the kernel takes half is an error" {
	adjustable
	printf 1000 >number
	FAULT=write:short:1:out=reg zcopy 4 number "$target"
	fault_fired
	[[ $output == "zcopy: $target: write: Input/output error "* ]]
	[ "$(cat "$target")" = 0000000a ]		# the number 10
}

@test "kernel files: a method that could split a write is refused" {
	local method
	adjustable
	echo 100 >number
	for method in sendfile splice copy_file_range mmap reflink; do
		zcopy 9 --method=$method number "$target"
		[[ $output == "zcopy: $target: $method: "* ]]
		not_adjusted
	done
}

@test "kernel files: a file that may not be written is an error" {
	local target=/proc/sys/kernel/core_pattern
	cp "$target" expected
	as_nobody zcopy 4 in "$target"
	[[ $output == "zcopy: $target: open: Permission denied"* ]]
	cmp expected "$target"
}

# Descriptors without bytes

# given_fd KIND - from now on zcopy has that as descriptor 9.  The status is 98
# if it takes or sends a message: see tests/given-fd.py.
given_fd() {
	requires python3
	as_user=(python3 -E -S "$BATS_TEST_DIRNAME/given-fd.py" "$1")
}

# refused KIND SOURCE-STATUS DEST-STATUS - zcopy refuses such a descriptor as
# SOURCE and as DEST, with these statuses.
refused() {
	local as_user
	given_fd "$1"
	echo "$1:"
	ZCOPY_TEST_TIMEOUT=10 zcopy "$2" fd:9 out
	[[ $output == "zcopy: fd:9: "* ]]
	[ ! -e out ]
	ZCOPY_TEST_TIMEOUT=10 zcopy "$3" in fd:9
	[[ $output == "zcopy: fd:9: "* ]]
}

@test "descriptors: a directory is refused, on either side" {
	refused directory 3 4
	zcopy 3 - out </
	[[ $output == "zcopy: -: open: Is a directory" ]]
}

@test "descriptors: eventfd and its like are refused, on either side" {
	refused eventfd 3 4
	refused timerfd 3 4
	refused inotify 3 4
	refused epoll 3 4
}

@test "descriptors: one that was opened with O_PATH is refused" {
	refused o_path 3 4
}

@test "descriptors: datagram sockets are refused, their messages untouched" {
	refused datagram 3 4
	refused udp 3 4
}

@test "descriptors: seqpacket sockets are refused, their records untouched" {
	refused seqpacket 3 4
}

@test "descriptors: sockets that are not connected are an error" {
	refused unconnected 5 5
	refused unconnected-unix 5 5
}

@test "descriptors: sockets that listen are an error" {
	refused listening 5 5
	refused listening-unix 5 5
}

@test "descriptors: one that is open the other way round is refused" {
	zcopy 3 fd:9 out 9>writable
	[[ $output == "zcopy: fd:9: not open for reading: "* ]]
	[ ! -e out ]
	zcopy 4 in fd:9 9<writable
	[[ $output == "zcopy: fd:9: not open for writing: "* ]]
	[ ! -s writable ]
}

@test "descriptors: one that is not open is refused" {
	zcopy 3 fd:9 out 9>&-
	zcopy 4 in fd:9 9>&-
	[ "$(ls)" = in ]
}

# Its st_size is 80, but it has about 60 bytes, and reading it changes its
# ctime.
@test "kernel files: a message queue is read to its end, whatever st_size says" {
	local mqueue=$BATS_TEST_TMPDIR.mqueue
	mount_at "$mqueue" -t mqueue none
	queue=$(mktemp "$mqueue/zcopy-XXXXXX")
	cat "$queue" >expected
	[ "$(stat -c %s expected)" -lt "$(stat -c %s "$queue")" ]
	zcopy 0 "$queue" out
	same expected out
	zcopy 0 --explain "$queue" out
	[[ $output == *"kernel file"* ]]
}
