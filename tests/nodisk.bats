#!/usr/bin/env bats
# --no-disk-io, and what it is made of in the library: what is in the page
# cache is moved, and no disk is waited for.
#
# A disk that has stopped is a loop device from which the group of the case may
# read a byte a second: whoever waits for it waits for ever.

# bats file_tags=slow

load helpers
load peer

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 3000001
	# In the second block that is read.
	edge=$((100 * $(getconf PAGESIZE)))
	reader=root
	group=
	declare -gA holder=()
}

# Nothing that waits for a disk can be killed before that goes on.
teardown() {
	start_disk
	end_all
	[ ! -e holder ] || kill "$(cat holder)" || :
	leave_group || :		# or there is more that stays
	unmount_all
}

cache() {
	"$TEST_BIN/cache" "$@"
}

# hold FILE [OFFSET [LENGTH]] - in memory, until it is let go.
hold() {
	local said=$BATS_TEST_TMPDIR.held$((started += 1)).log
	let_go "$1"
	: >"$said"
	"$TEST_BIN/cache" hold "$@" >"$said" 2>&1 3>&- &
	holder[$1]=$!
	retry grep -q . "$said"
	grep -qx held "$said"
}

# let_go [FILE] - all of them without FILE.
let_go() {
	local file
	for file in "${@:-${!holder[@]}}"; do
		[ -n "${holder[${file:-none}]-}" ] || continue
		kill "${holder[$file]}"
		wait "${holder[$file]}" || :
		unset "holder[$file]"
	done
}

# cached BYTES - of $file: the first ones, and no others.
cached() {
	let_go "$file"
	cache drop "$file"
	[ "$1" -eq 0 ] || hold "$file" 0 "$1"
	cache lacks "$file" "$1"
}

# disk TYPE - a new file system on a loop device, $device.  In $fs are two
# files like `in`, held in memory whole: nobody's, and roots.
disk() {
	type=$1
	file_system "${type/overlay/ext4}"
	device=$(findmnt -nro SOURCE "$fs")
	cp in "$fs/nobodys"
	cp in "$fs/roots"
	chown nobody "$fs/nobodys"
	# Of a page that was written in part mincore says that it is absent.
	cache drop "$fs/nobodys"
	cache drop "$fs/roots"
	[ "$type" != overlay ] || lay_over nobodys roots
	hold "$fs/nobodys"
	hold "$fs/roots"
}

# on_each FUNCTION TYPE... - with a disk of each type, and $file on it.
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

# lay_over FILE... - an overlay over the file system, with these on it.  They
# lie below: whoever writes them would write a copy.
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

stop_disk() {
	requires_root
	number=$(cat "/sys/class/block/${device##*/}/dev")
	enter_group
	read_limit 1 1
}

start_disk() {
	[ -z "$group" ] || read_limit 0 max
}

# read_limit V1 V2 - bytes a second, for the two versions of control groups.
read_limit() {
	local file=$group/blkio.throttle.read_bps_device
	if [ -e "$file" ]; then
		echo "$number $1" >"$file"
	else
		echo "$number rbps=$2" >"$group/io.max"
	fi
}

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
		skip "no control group slows down a disk"
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

# Readers, each with a file: nobody has nobody's, or one that is another's.

each_reader() {
	for reader in root owner other; do
		file=$fs/roots
		[ "$reader" != owner ] || file=$fs/nobodys
		echo "as $reader:"
		rm -rf out
		"$@"
	done
}

# as_reader start ARG... - or any program.
as_reader() {
	if [ "$reader" = root ]; then
		"$@"
	else
		as_nobody "$@"
	fi
}

# reads STATUS ARG... - zcopy --no-disk-io ARG...
#
# Not by `zcopy`: what waits for a disk cannot be ended.
reads() {
	local want=$1
	shift
	as_reader start --no-disk-io "$@"
	ends "$want"
	echo "$output"
}

# calls STATUS ARG... - the same of tests/nodisk.c, which says $output.
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

# busy_at BYTES - the last message says so, and `out` has as many.
busy_at() {
	[ "$output" = "zcopy: $file: read: would have to wait for the disk (--no-disk-io) ($1 bytes delivered)" ]
	if [ "$1" -eq 0 ]; then
		[ ! -s out ]
	else
		head -c "$1" in | cmp - out
	fi
}

# Can this reader tell what is in memory?
blind() {
	[ "$type:$reader" = overlay:other ]
}

# What is in memory

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

@test "no disk: all that is in memory is moved while the disk has stopped" {
	on_each without_a_disk ext4 xfs btrfs overlay
}

@test "no disk: files in memory are there, whoever reads" {
	type=tmpfs
	file_system tmpfs
	cp in "$fs/roots"
	cp in "$fs/nobodys"
	chown nobody "$fs/nobodys"
	each_reader all_is_sent
}

@test "no disk: a range that is in memory is enough" {
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

# What is not

nothing_is_waited_for() {
	reads 10 --inplace "$file" out
	busy_at 0
}

# stalls FILE - without the option: the disk has really stopped.
stalls() {
	file=$1
	start "$file" out
	retry waits_for_disk
}

waits_for_disk() {
	grep -q '^State:.D' "/proc/$pid/status"
}

stopped_disk() {
	for file in "$fs/roots" "$fs/nobodys"; do
		cached 0
	done
	stop_disk
	# As root, and as other, who comes last, of the same file: the second
	# one finds that it has been asked for.
	each_reader nothing_is_waited_for
	stalls "$fs/roots"
	start_disk
	ends 0
	same in out
}

@test "no disk: nothing waits for a disk that has stopped" {
	on_each stopped_disk ext4 xfs btrfs overlay
}

stops_at_edge() {
	local bytes=$edge
	! blind || bytes=0
	STDOUT=out reads 10 "$file" -
	busy_at "$bytes"
	# Not from the beginning of a page.
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

@test "no disk: where what is in memory ends it stops, and the count is exact" {
	on_each each_stops_at_edge ext4 xfs btrfs overlay
}

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

# Until it is done each count is true.
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


@test "no disk: to try again is enough for all of it to come" {
	on_each arrives_in_the_end ext4 xfs btrfs overlay
}

# read(2) has all of it, mincore calls the last page absent, and what there is
# of it is not read in again.
@test "no disk: a page that was written in part comes in the end" {
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

@test "no disk: a block device, the same" {
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

# The opening alone makes it so: it reads past the cache.
@test "no disk: a descriptor with O_DIRECT does not wait either" {
	disk ext4
	stop_disk
	calls 1 direct "$fs/roots"
	[[ $output == *": 0 0 0 would-wait" ]]
}

# How it is found out

# only_nowait FILE - in the last trace, nothing else has read this file.
only_nowait() {
	grep -F "<$1>" "$BATS_TEST_TMPDIR.trace" >calls
	cat calls
	grep -q 'preadv2(.*RWF_NOWAIT' calls
	if grep -E '(read|pread64|readv|preadv|sendfile|splice|copy_file_range|mmap)\(' calls; then
		return 1
	fi
}

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

@test "no disk: the file is read by RWF_NOWAIT alone" {
	requires strace
	on_each by_nowait_alone ext4 xfs btrfs
}

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

@test "no disk: without RWF_NOWAIT it comes to the same by mincore" {
	requires strace
	on_each by_mincore ext4 xfs btrfs
}

@test "no disk: without RWF_NOWAIT nothing is read that is not in memory" {
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

# On overlayfs mincore calls all of it resident: it is not asked.
@test "no disk: where nothing can tell nothing is in memory" {
	local reader=other
	disk overlay
	file=$fs/roots
	reads 10 --inplace "$file" out
	busy_at 0
	# For somebody who may write it, mincore is honest.
	chmod a+w "$fs/roots"
	hold "$file"
	reads 0 "$file" out
	same in out
}

@test "no disk: root can tell on an overlay that nobody may write" {
	disk overlay
	file=$fs/nobodys
	mount -o remount,bind,ro "$fs"
	reads 0 "$file" out
	same in out
}

# Where the data goes

@test "no disk: a file that would be replaced stays as it was" {
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

@test "no disk: a socket gets what is in memory, and no clean end" {
	disk ext4
	file=$fs/roots
	cached "$edge"
	stop_disk
	peer listen 127.0.0.1:0 broken
	reads 10 "$file" "127.0.0.1:$port"
	# Not all of it need be acknowledged by then.
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

@test "no disk: the header goes out, what is in memory too, and no trailer" {
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
	[[ $output == *"done: 3000001 bytes"*"around it: header 8 bytes, trailer 7 bytes" ]]
	cat header in trailer | cmp - out
}

@test "no disk: a kernel file gets no part of a command" {
	disk ext4
	sleep 1000 3>&- &
	target=/proc/$!/coredump_filter
	before=$(cat "$target")
	file=$fs/roots
	# A number, and what is still on the disk.
	printf '%-*s\n' "$(getconf PAGESIZE)" 1 >"$file"
	cached "$(getconf PAGESIZE)"
	stop_disk
	reads 10 "$file" "$target"
	[[ $output == *"(0 bytes delivered)" ]]
	[ "$(cat "$target")" = "$before" ]
}

# The library

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

@test "no disk: zc_transfer says what went out before EBUSY" {
	on_each transfer_is_busy ext4 xfs btrfs overlay
}

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

@test "no disk: zc_sendfile counts the header when EBUSY comes" {
	on_each sendfile_is_busy ext4 xfs btrfs overlay
}

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

@test "no disk: the same job goes on, with nothing lost or repeated" {
	on_each job_goes_on ext4 xfs btrfs overlay
}

@test "no disk: the same job goes on at many edges" {
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

# as_ever METHODS ARG... - the plan is what it is without the option.
as_ever() {
	local methods=$1
	shift
	zcopy 0 -v --no-disk-io "$@"
	[[ $output == *"plan: $methods"$'\n'* ]]
}

@test "no disk: pipes, sockets, devices and kernel files are read as ever" {
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

@test "no disk: a method that could wait is refused by name" {
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

@test "no disk: --explain says by which method, and why by no other" {
	zcopy 0 --no-disk-io --explain in out
	[[ $output == *"method       auto, from memory only (--no-disk-io)"* ]]
	[[ $output == *"plan         read-write"$'\n'* ]]
	[[ $output == *"sendfile: may block on disk I/O (--no-disk-io)"* ]]
	[ ! -e out ]
}
