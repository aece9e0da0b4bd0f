#!/usr/bin/env bats
# --no-disk-io, and ZC_NODISKIO in the library: data in the page cache is moved,
# and nothing waits for a disk.
#
# A stopped disk is a loop device from which the control group of the case may
# read one byte a second: a process that waits for it hangs.

# bats file_tags=slow

load helpers
load peer

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 3000001
	# An offset in the second block that is read.
	edge=$((100 * $(getconf PAGESIZE)))
	reader=root
	group=
	declare -gA holder=()
}

# The disk must run again first: a process that waits for it cannot be killed.
teardown() {
	start_disk
	end_all
	[ ! -e holder ] || kill "$(cat holder)" || :
	leave_group || :		# otherwise the mounts would stay, too
	unmount_all
}

# cache ARG... - run tests/cache.c.
cache() {
	"$TEST_BIN/cache" "$@"
}

# hold FILE [OFFSET [LENGTH]] - keep it in memory until let_go.
hold() {
	local said=$BATS_TEST_TMPDIR.held$((started += 1)).log
	let_go "$1"
	: >"$said"
	"$TEST_BIN/cache" hold "$@" >"$said" 2>&1 3>&- &
	holder[$1]=$!
	retry grep -q . "$said"
	grep -qx held "$said"
}

# let_go [FILE] - end the hold on FILE, or on all files.
let_go() {
	local file
	for file in "${@:-${!holder[@]}}"; do
		[ -n "${holder[${file:-none}]-}" ] || continue
		kill "${holder[$file]}"
		wait "${holder[$file]}" || :
		unset "holder[$file]"
	done
}

# cached BYTES - have only the first BYTES of $file in memory.
cached() {
	let_go "$file"
	cache drop "$file"
	[ "$1" -eq 0 ] || hold "$file" 0 "$1"
	cache lacks "$file" "$1"
}

# disk TYPE - make a new file system at $fs, on a loop device, $device.  It has
# two copies of `in`, both held in memory: `nobodys`, of the user nobody, and
# `roots`.
disk() {
	type=$1
	file_system "${type/overlay/ext4}"
	device=$(findmnt -nro SOURCE "$fs")
	cp in "$fs/nobodys"
	cp in "$fs/roots"
	chown nobody "$fs/nobodys"
	# Read them anew: mincore(2) calls a page absent that was written in
	# part.
	cache drop "$fs/nobodys"
	cache drop "$fs/roots"
	[ "$type" != overlay ] || lay_over nobodys roots
	hold "$fs/nobodys"
	hold "$fs/roots"
}

# on_each FUNCTION TYPE... - call it with a disk of each type, and $file on it.
on_each() {
	local function=$1
	shift
	for type; do
		echo "on $type:"
		disk "$type"
		file=$fs/roots
		"$function"
		start_disk
		let_go
		leave_group
		unmount_all
		rm -rf out "$BATS_TEST_TMPDIR.${type/overlay/ext4}"
	done
}

# lay_over FILE... - mount an overlay over the file system, with these files in
# its lower directory.
lay_over() {
	local file
	mkdir "$fs"/{lower,upper,work}
	for file; do
		mv "$fs/$file" "$fs/lower"
	done
	mount_at "$fs-over" -t overlay -o \
	    "lowerdir=$fs/lower,upperdir=$fs/upper,workdir=$fs/work" none
	fs=$fs-over
}

# The disk that stops

# stop_disk, start_disk - set and remove the limit.
stop_disk() {
	requires_root
	number=$(cat "/sys/class/block/${device##*/}/dev")
	enter_group
	read_limit 1 1
}

start_disk() {
	[ -z "$group" ] || read_limit 0 max
}

# read_limit V1 V2 - limit reading to so many bytes a second, as version 1 or 2
# of control groups writes it.
read_limit() {
	local file=$group/blkio.throttle.read_bps_device
	if [ -e "$file" ]; then
		echo "$number $1" >"$file"
	else
		echo "$number rbps=$2" >"$group/io.max"
	fi
}

# enter_group, leave_group - move this case to a new control group, and back.
enter_group() {
	local top
	[ -z "$group" ] || return 0
	top=$(findmnt -nro TARGET -t cgroup -O blkio | head -n 1)
	[ -n "$top" ] || top=$(findmnt -nro TARGET -t cgroup2 | head -n 1)
	group=$(mktemp -d "$top/zcopy-XXXXXX" 2>/dev/null) || {
		group=
		skip "no control groups"
	}
	[ -e "$group/io.max" ] ||
	    [ -e "$group/blkio.throttle.read_bps_device" ] || {
		rmdir "$group"
		group=
		skip "control groups cannot limit a disk here"
	}
	echo $$ >"$group/cgroup.procs"
	echo $BASHPID >"$group/cgroup.procs"
}

leave_group() {
	[ -n "$group" ] || return 0
	echo $$ >"${group%/*}/cgroup.procs"
	echo $BASHPID >"${group%/*}/cgroup.procs"
	retry rmdir "$group"
	group=
}

# each_reader FUNCTION... - call it as root, as nobody with a file of its own
# (owner), and as nobody with a file of root (other).
each_reader() {
	for reader in root owner other; do
		file=$fs/roots
		[ "$reader" != owner ] || file=$fs/nobodys
		echo "as $reader:"
		rm -rf out
		"$@"
	done
}

# as_reader COMMAND... - call `start` or a program as $reader.
as_reader() {
	if [ "$reader" = root ]; then
		"$@"
	else
		as_nobody "$@"
	fi
}

# reads STATUS ARG... - run zcopy --no-disk-io ARG... as $reader.
#
# It does not use `zcopy`, because `timeout` would wait for a process that waits
# for the disk and cannot be killed.
reads() {
	local want=$1
	shift
	as_reader start --no-disk-io "$@"
	ends "$want"
	echo "$output"
}

# calls STATUS ARG... - run tests/nodisk.c, whose stderr is $output.
calls() {
	local want=$1
	shift
	: $((started += 1))
	log=$BATS_TEST_TMPDIR.$started.log
	"$TEST_BIN/nodisk" "$@" >out 2>"$log" 3>&- &
	pid=$!
	ends "$want"
	echo "$output"
}

# busy_at BYTES - true if zcopy said that it would have to wait after BYTES, and
# `out` has so many.
busy_at() {
	[ "$output" = "zcopy: $file: read: would have to wait for the disk (--no-disk-io) ($1 bytes delivered)" ]
	if [ "$1" -eq 0 ]; then
		[ ! -s out ]
	else
		head -c "$1" in | cmp - out
	fi
}

# blind - true if nothing tells this reader what is in memory.
blind() {
	[ "$type:$reader" = overlay:other ]
}

# What is in memory

# all_is_sent - zcopy moves all of $file, or nothing if this reader is blind.
all_is_sent() {
	if blind; then
		reads 10 --inplace "$file" out
		busy_at 0
		return
	fi
	reads 0 -v "$file" out
	[[ $output == *"plan: read-write"*"done: 3000001 bytes in "*", method read-write" ]]
	same in out
}

without_a_disk() {
	stop_disk
	each_reader all_is_sent
}

@test "no disk: data in memory is moved while the disk has stopped" {
	on_each without_a_disk ext4 xfs btrfs overlay
}

@test "no disk: files on tmpfs are in memory for every user" {
	type=tmpfs
	file_system tmpfs
	cp in "$fs/roots"
	cp in "$fs/nobodys"
	chown nobody "$fs/nobodys"
	each_reader all_is_sent
}

@test "no disk: it is enough if the range to move is in memory" {
	disk ext4
	file=$fs/roots
	cached 0
	hold "$file" 1000000 500000
	stop_disk
	reads 0 --offset=1000000 -c 500000 "$file" out
	tail -c +1000001 in | head -c 500000 | cmp - out
	calls 1 transfer "$file"
	[[ $output == *" 0 0 0 would-wait" ]]
}

# What is not in memory

# nothing_is_waited_for - zcopy fails at once, because $file is not in memory.
nothing_is_waited_for() {
	reads 10 --inplace "$file" out
	busy_at 0
}

# stalls FILE - without the option zcopy hangs: the disk has really stopped.
stalls() {
	file=$1
	start "$file" out
	retry waits_for_disk
}

# waits_for_disk - for `retry`: zcopy waits for the disk (state D).
waits_for_disk() {
	grep -q '^State:.D' "/proc/$pid/status"
}

stopped_disk() {
	for file in "$fs/roots" "$fs/nobodys"; do
		cached 0
	done
	stop_disk
	# root and other, who comes last, read the same file: the second one
	# finds that the kernel is reading it already.
	each_reader nothing_is_waited_for
	stalls "$fs/roots"
	start_disk
	ends 0
	same in out
}

@test "no disk: zcopy does not wait for a disk that has stopped" {
	on_each stopped_disk ext4 xfs btrfs overlay
}

# stops_at_edge - zcopy stops at $edge, with an exact count.
stops_at_edge() {
	local bytes=$edge
	! blind || bytes=0
	STDOUT=out reads 10 "$file" -
	busy_at "$bytes"
	# The same from the middle of a page.
	[ "$bytes" -eq 0 ] || bytes=$((edge - 1001))
	STDOUT=out reads 10 --offset=1001 "$file" -
	[[ $output == *"($bytes bytes delivered)" ]]
	tail -c +1002 in | head -c "$bytes" | cmp - out
}

each_stops_at_edge() {
	for file in "$fs/roots" "$fs/nobodys"; do
		cached "$edge"
	done
	stop_disk
	each_reader stops_at_edge
}

@test "no disk: zcopy stops where the data in memory ends, and counts exactly" {
	on_each each_stops_at_edge ext4 xfs btrfs overlay
}

# arrives_in_the_end - zcopy is run again until it has moved everything.
arrives_in_the_end() {
	bad=
	reader=owner
	file=$fs/nobodys
	cached "$edge"
	stop_disk
	reads 10 --inplace "$file" out
	busy_at "$edge"
	start_disk
	retry arrives
	same in out
	[ -z "$bad" ]
}

# arrives - for `retry`: true once zcopy has moved everything.  Until then it
# must fail with a true count; else set $bad.
arrives() {
	rm -f out
	as_reader start --no-disk-io --inplace "$file" out
	retry gone "$pid"
	wait "$pid" && return
	output=$(cat "$log")
	[[ $output =~ \(([0-9]+)\ bytes ]]
	busy_at "${BASH_REMATCH[1]}" || bad=yes
	return 1
}

@test "no disk: trying again moves everything in the end" {
	on_each arrives_in_the_end ext4 xfs btrfs overlay
}

# read(2) gets all of it from memory, but mincore(2) calls the last page absent,
# and what is there of it is not read in again.
@test "no disk: a page that was written in part is moved in the end" {
	file_system ext4 64
	[ "$(stat -f -c %S "$fs")" -lt "$(getconf PAGESIZE)" ] ||
	    skip "needs blocks smaller than a page"
	cp in "$fs/in"
	sync -f "$fs"
	lay_over in
	file=$fs/in
	bad=
	retry arrives
	same in out
	[ -z "$bad" ]
}

@test "no disk: zcopy does not wait for a block device either" {
	random_file in 3M		# whole pages
	attach in
	file=$device
	cached "$edge"
	stop_disk
	reads 10 --inplace "$file" out
	busy_at "$edge"
	start_disk
	retry arrives
	same in out
	reads 0 -v "$file" out
	same in out
}

# O_DIRECT bypasses the page cache, and so always reads from the disk.
@test "no disk: zcopy does not wait on a descriptor with O_DIRECT" {
	disk ext4
	stop_disk
	calls 1 direct "$fs/roots"
	[[ $output == *": 0 0 0 would-wait" ]]
}

# How zcopy knows what is in memory

# only_nowait FILE - true if, in the last trace, only preadv2(2) with RWF_NOWAIT
# has read FILE.
only_nowait() {
	grep -F "<$1>" "$BATS_TEST_TMPDIR.trace" >calls
	cat calls
	grep -q 'preadv2(.*RWF_NOWAIT' calls
	if grep -E '(read|pread64|readv|preadv|sendfile|splice|copy_file_range|mmap)\(' calls; then
		return 1
	fi
}

# by_nowait_alone - zcopy reads $file with RWF_NOWAIT only.
by_nowait_alone() {
	local TRACE="-y -e trace=desc"
	cached "$edge"
	stop_disk
	reads 10 --inplace "$file" out
	busy_at "$edge"
	only_nowait "$file"
	start_disk
	hold "$file"
	reads 0 "$file" out
	only_nowait "$file"
	same in out
}

@test "no disk: the file is read with RWF_NOWAIT only" {
	requires strace
	on_each by_nowait_alone ext4 xfs btrfs
}

# without_nowait COMMAND... - call it while RWF_NOWAIT is refused.
without_nowait() {
	local TRACE="-e inject=preadv2:error=EOPNOTSUPP"
	"$@"
	fault_fired
}

by_mincore() {
	cached "$edge"
	stop_disk
	without_nowait stops_at_edge
	start_disk
	cached 0
	without_nowait reads 10 --inplace "$file" out
	busy_at 0
	retry cache has "$file" 0 1
	hold "$file"
	without_nowait all_is_sent
}

@test "no disk: without RWF_NOWAIT, mincore gives the same result" {
	requires strace
	on_each by_mincore ext4 xfs btrfs
}

@test "no disk: without RWF_NOWAIT, only data in memory is read" {
	local TRACE="-y -e trace=desc,mincore \
	    -e inject=preadv2:error=EOPNOTSUPP"
	requires strace
	disk ext4
	file=$fs/roots
	cached "$edge"
	stop_disk
	reads 10 --inplace "$file" out
	busy_at "$edge"
	fault_fired
	grep -q mincore "$BATS_TEST_TMPDIR.trace"
	if grep -E "(sendfile|splice|copy_file_range)\(.*<$file>" \
	    "$BATS_TEST_TMPDIR.trace"; then
		return 1
	fi
}

# On overlayfs mincore(2) calls all pages resident, so zcopy does not use it.
@test "no disk: if nothing can tell, zcopy takes nothing to be in memory" {
	local reader=other
	disk overlay
	file=$fs/roots
	reads 10 --inplace "$file" out
	busy_at 0
	# For a user who may write the file, mincore(2) tells the truth.
	chmod a+w "$fs/roots"
	hold "$file"
	reads 0 "$file" out
	same in out
}

@test "no disk: root can tell on a read-only overlay" {
	disk overlay
	file=$fs/nobodys
	mount -o remount,bind,ro "$fs"
	reads 0 "$file" out
	same in out
}

# Where the data goes

@test "no disk: a DEST that would be replaced stays as it was" {
	disk ext4
	file=$fs/roots
	cached "$edge"
	stop_disk
	old_file old
	reads 10 "$file" old
	untouched
	reads 10 "$file" new
	untouched
	[[ $output == *"($edge bytes moved; DEST is unchanged)" ]]
}

@test "no disk: a socket gets the data in memory, and is then reset" {
	disk ext4
	file=$fs/roots
	cached "$edge"
	stop_disk
	peer listen 127.0.0.1:0 broken
	reads 10 "$file" "127.0.0.1:$port"
	# Some of it may not have been acknowledged yet.
	[[ $output == *"($edge bytes delivered)" ||
	    $output == *" bytes delivered of $edge that were sent)" ]]
	peer_ends 0
	start_disk
	hold "$file"
	peer listen 127.0.0.1:0 save=got
	reads 0 "$file" "127.0.0.1:$port"
	peer_ends 0
	same in got
}

@test "no disk: the header and the data in memory are sent, but no trailer" {
	disk ext4
	file=$fs/roots
	printf 'header\0\n' >header
	printf 'trailer' >trailer
	cached "$edge"
	stop_disk
	reads 10 --header=header --trailer=trailer --inplace "$file" out
	[[ $output == *"($edge bytes delivered)" ]]
	(cat header; head -c "$edge" in) | cmp - out
	start_disk
	hold "$file"
	reads 0 -v --header=header --trailer=trailer "$file" out
	[[ $output == *"header: 8 bytes, trailer: 7 bytes"*"done: 3000001 bytes"* ]]
	cat header in trailer | cmp - out
}

@test "no disk: a kernel file gets no part of a command" {
	disk ext4
	sleep 1000 3>&- &
	target=/proc/$!/coredump_filter
	before=$(cat "$target")
	file=$fs/roots
	# A number in the first page; the rest is still on the disk.
	printf '%-*s\n' "$(getconf PAGESIZE)" 1 >"$file"
	cached "$(getconf PAGESIZE)"
	stop_disk
	reads 10 "$file" "$target"
	[[ $output == *"(0 bytes delivered)" ]]
	[ "$(cat "$target")" = "$before" ]
}

# The library

# transfer_is_busy - zc_transfer() fails with EBUSY at $edge, then moves all.
transfer_is_busy() {
	cached "$edge"
	stop_disk
	calls 1 transfer "$file"
	[ "$output" = "Device or resource busy: 0 $edge 0 would-wait" ]
	head -c "$edge" in | cmp - out
	calls 1 transfer "$file" header trailer
	[ "$output" = "Device or resource busy: 6 $edge 0 would-wait" ]
	(printf header; head -c "$edge" in) | cmp - out
	start_disk
	hold "$file"
	calls 0 transfer "$file" header trailer
	[ "$output" = "done: 6 3000001 7" ]
	(printf header; cat in; printf trailer) | cmp - out
}

@test "no disk: zc_transfer counts what was sent before EBUSY" {
	on_each transfer_is_busy ext4 xfs btrfs overlay
}

# sendfile_is_busy - zc_sendfile() fails with EBUSY at $edge, then moves all.
sendfile_is_busy() {
	cached "$edge"
	stop_disk
	calls 1 sendfile "$file" header trailer
	[ "$output" = "Device or resource busy: $((edge + 6))" ]
	(printf header; head -c "$edge" in) | cmp - out
	start_disk
	cached 0
	stop_disk
	calls 1 sendfile "$file" header trailer
	[ "$output" = "Device or resource busy: 6" ]
	[ "$(cat out)" = header ]
	start_disk
	hold "$file"
	calls 0 sendfile "$file" header trailer
	[ "$output" = "done: 3000014" ]
	(printf header; cat in; printf trailer) | cmp - out
}

@test "no disk: zc_sendfile counts the header, too, when it fails with EBUSY" {
	on_each sendfile_is_busy ext4 xfs btrfs overlay
}

# job_goes_on - a job that failed with EBUSY continues when the disk runs again.
job_goes_on() {
	cached "$edge"
	stop_disk
	cat >arrive <<-END
		if [ -e $group/io.max ]; then
			echo "$number rbps=max" >$group/io.max
		else
			echo "$number 0" >$group/blkio.throttle.read_bps_device
		fi
		[ ! -e holder ] || exit 0
		: >held
		$TEST_BIN/cache hold $file >held 2>&1 &
		echo \$! >holder
		until grep -q . held; do sleep 0.02; done
	END
	calls 0 again "sh ./arrive" "$file" header trailer
	[ "$output" = "Device or resource busy: 6 $edge 0 would-wait
done: 6 3000001 7" ]
	(printf header; cat in; printf trailer) | cmp - out
	kill "$(cat holder)"
	rm holder held
}

@test "no disk: the same job continues, and nothing is lost or repeated" {
	on_each job_goes_on ext4 xfs btrfs overlay
}

@test "no disk: the same job continues, many times" {
	disk ext4
	file=$fs/roots
	cat >arrive <<-END
		echo . >>tries
		head -c \$((\$(wc -l <tries) * 400000)) $file >rest
	END
	cached "$(getconf PAGESIZE)"
	calls 0 again "sh ./arrive" "$file" header trailer
	[[ $output == *"done: 6 3000001 7" ]]
	(printf header; cat in; printf trailer) | cmp - out
}

# Where there is no disk

# as_ever METHODS ARG... - with --no-disk-io, the plan is METHODS, as without
# it.
as_ever() {
	local methods=$1
	shift
	zcopy 0 -v --no-disk-io "$@"
	[[ $output == *"plan: $methods"$'\n'* ]]
}

@test "no disk: pipes, sockets, devices and kernel files are read as usual" {
	as_ever read-write - out < <(cat in)
	same in out
	mkfifo fifo
	cat in >fifo 3>&- &
	as_ever read-write fifo out
	same in out
	as_ever read-write -c 1M /dev/zero out
	head -c 1M /dev/zero | cmp - out
	as_ever read-write /proc/version out
	same /proc/version out
	peer listen 127.0.0.1:0 send=in
	as_ever "splice read-write" "127.0.0.1:$port" out
	same in out
}

# Methods

@test "no disk: naming a method that could wait gives status 9" {
	local method
	for method in copy_file_range sendfile splice mmap reflink; do
		zcopy 9 --no-disk-io --method=$method in out
		[[ $output == "zcopy: out: $method: may block on disk I/O (--no-disk-io) "* ]]
		[ ! -e out ]
		zcopy 9 --no-disk-io --explain --method=$method in out
		[[ $output == *"may block on disk I/O (--no-disk-io)"* ]]
	done
	zcopy 0 --no-disk-io --method=read-write in out
	same in out
	zcopy 0 -v --no-disk-io --select=*:sendfile in out
	[[ $output == *"plan: read-write"*"method read-write" ]]
	same in out
}

@test "no disk: --explain says which method is used, and why no other" {
	zcopy 0 --no-disk-io --explain in out
	[[ $output == *"method       auto, from memory only (--no-disk-io)"* ]]
	[[ $output == *"plan         read-write"$'\n'* ]]
	[[ $output == *"sendfile: may block on disk I/O (--no-disk-io)"* ]]
	[ ! -e out ]
}
