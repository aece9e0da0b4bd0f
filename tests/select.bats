#!/usr/bin/env bats
# How a method is chosen, and how --explain and --list-methods show that.

load helpers
load routes

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in "$size"
}

# More than a pipe of 1 MiB holds, and not a multiple of the page size.
size=3000001

teardown() {
	end_all
	detach
	[ -z "${other-}" ] || rm -r "$other"
}

# used METHOD[+METHOD] - true if the last zcopy, with -v, moved everything by
# METHOD.  Skip the case if zcopy was built without it.
used() {
	# shellcheck disable=SC2086	# split at +
	requires_method ${1//+/ }
	[[ $output =~ done:\ .*,\ method\ ([a-z_+-]+) ]]
	echo "moved by ${BASH_REMATCH[1]}, expected $1"
	[ "${BASH_REMATCH[1]}" = "$1" ]
}

# --select.

# bats test_tags=valgrind
@test "select: the first limit that is not exceeded chooses the method" {
	local row
	for row in 1:read-write 1024:read-write 1025:mmap 65536:mmap \
	    65537:splice 1048576:splice 1048577:sendfile 3000001:sendfile; do
		echo "$row"
		head -c "${row%:*}" in >some
		zcopy 0 -v some out \
		    --select=1K:read-write,64K:mmap,1M:splice,*:sendfile
		used "${row#*:}"
		same some out
	done
}

@test "select: a star alone applies to every size" {
	local method bytes
	for method in $(available copy_file_range sendfile splice mmap \
	    read-write); do
		for bytes in 1 40000 "$size"; do
			echo "$method, $bytes bytes"
			head -c "$bytes" in >some
			zcopy 0 -v --select="*:$method" some out
			used "$method"
			same some out
		done
	done
}

@test "select: beyond the last limit, without a star, auto chooses" {
	local bytes
	for bytes in 65537 "$size"; do
		head -c "$bytes" in >some
		zcopy 0 -v --select=1K:mmap,64K:mmap some out
		used copy_file_range
		same some out
	done
}

@test "select: a stream of unknown size uses the star's method" {
	zcopy 0 -v --select='7E:splice,*:read-write' - out < <(cat in)
	used read-write
	same in out
	zcopy 0 -v --select='7E:read-write,*:splice' - out < <(cat in)
	used splice
	same in out
	listener -v --select='7E:splice,*:read-write' listen:127.0.0.1:0 out
	zcopy 0 in "127.0.0.1:$port"
	ends 0
	used read-write
	same in out
}

@test "select: without a star, auto chooses for a stream of unknown size" {
	listener -v --select=7E:read-write listen:127.0.0.1:0 out
	zcopy 0 in "127.0.0.1:$port"
	ends 0
	used splice
	same in out
}

@test "select: a rule may name auto" {
	zcopy 0 -v --select='1K:mmap,*:auto' in out
	used copy_file_range
	zcopy 0 -v --select='1G:auto,*:mmap' in out
	used copy_file_range
}

@test "select: a rule's method that cannot serve these ends is passed over" {
	local row
	mkfifo fifo
	for row in copy_file_range mmap reflink sendfile; do
		echo "$row, from a pipe"
		zcopy 0 -v --select="*:$row" - out < <(cat in)
		used read-write
		same in out
	done
	for row in copy_file_range reflink; do
		echo "$row, to a pipe"
		cat fifo >out 3>&- &
		zcopy 0 -v --select="*:$row" in fifo
		wait $!
		used splice
		same in out
	done
}

@test "select: another method continues where the kernel refuses the rule's" {
	local row
	for row in copy_file_range:sendfile sendfile:copy_file_range \
	    splice:copy_file_range mmap:copy_file_range; do
		echo "$row"
		has_method "${row%:*}" || continue
		FAULT=${row%:*}:EPERM:1+ zcopy 0 -v in out \
		    --select="*:${row%:*}"
		fault_fired
		[[ $output == *"${row%:*}: refused at 0: EPERM "* ]]
		used "${row#*:}"
		same in out
	done
	requires_method sendfile
	FAULT=sendfile:EINVAL:3+ zcopy 0 -v --block-size=64K \
	    --select='*:sendfile' in out
	fault_fired
	[[ $output == *"sendfile: refused at 131072: EINVAL "* ]]
	used sendfile+copy_file_range
	same in out
}

@test "select: a rule's method that cannot append is passed over" {
	local method
	for method in $(available copy_file_range sendfile splice); do
		echo "$method"
		echo old >out
		zcopy 0 -v --select="*:$method" --append in out
		used read-write
		cmp out <(echo old; cat in)
	done
}

@test "select: reflink by a rule copies if blocks cannot be shared" {
	zcopy 0 -v --select='*:reflink' in out
	same in out
	if cp --reflink=always in shared; then
		used reflink
	else
		used copy_file_range
	fi
}

@test "select: --method overrides --select" {
	zcopy 0 -v --select='*:sendfile' -m mmap in out
	used mmap
	zcopy 0 -v -m mmap --select='*:sendfile' in out
	used mmap
	zcopy 9 -m mmap --select='*:splice' - new < <(cat in)
	[ ! -e new ]
}

# --method, if the method cannot do it.

# refuses METHOD REASON ARG... - zcopy fails with status 9 and one line that
# names the method and matches REASON; `old` is unchanged, and `new` is not
# created.
refuses() {
	local method=$1 reason=$2
	shift 2
	echo old >old
	zcopy 9 -m "$method" "$@"
	[ "$(wc -l <<<"$output")" -eq 1 ]
	[[ $output =~ ^zcopy:\ .*$method:\ .*$reason ]]
	[ "$(cat old)" = old ]
	[ ! -e new ]
}

@test "method: one that cannot read a pipe gives status 9 and the reason" {
	local method
	for method in $(available copy_file_range sendfile mmap reflink); do
		refuses "$method" 'file.*pipe' - old < <(cat in)
		refuses "$method" 'file.*pipe' - new < <(cat in)
	done
}

@test "method: one that cannot read a socket gives status 9, and resets it" {
	local method
	for method in $(available copy_file_range sendfile mmap reflink); do
		echo old >old
		listener -m "$method" listen:127.0.0.1:0 old
		zcopy 5 in "127.0.0.1:$port"
		ends 9
		[[ $output =~ $method:\ .*file.*socket ]]
		[ "$(cat old)" = old ]
	done
}

@test "method: one that cannot write a pipe gives status 9, and writes nothing" {
	local method
	mkfifo fifo
	exec 7<>fifo
	for method in $(available copy_file_range reflink); do
		refuses "$method" 'file.*pipe' in fifo
		refuses "$method" 'file.*pipe' in fd:7
	done
	echo end >&7
	[ "$(head -n 1 <&7)" = end ]
}

@test "method: one that cannot write a socket gives status 9, and resets it" {
	local method
	for method in $(available copy_file_range reflink); do
		echo old >out
		listener listen:127.0.0.1:0 out
		refuses "$method" 'file.*socket' in "127.0.0.1:$port"
		retry gone "$pid"
		[ "$(cat out)" = old ]
	done
}

@test "method: mmap to /dev/null is refused" {
	refuses mmap '' in /dev/null
}

@test "method: kernel files and devices cannot be mapped, copied or cloned" {
	local method
	for method in $(available copy_file_range mmap reflink); do
		refuses "$method" 'file' /proc/version old
		refuses "$method" 'file' -c 100 /dev/zero old
	done
	for method in $(available copy_file_range reflink); do
		refuses "$method" 'file' in /dev/null
	done
}

# bats test_tags=kernel
@test "method: one that cannot append gives status 9 and the kernel's reason" {
	refuses copy_file_range 'Bad file descriptor' --append in old
	refuses sendfile 'Invalid argument' --append in old
	refuses splice 'Invalid argument' --append in old
	refuses reflink '' --append in old
	exec 8>>old
	refuses copy_file_range 'Bad file descriptor' in fd:8
	refuses sendfile 'Invalid argument' in fd:8
	refuses splice 'Invalid argument' in fd:8
	echo old >old
	zcopy 0 -m mmap --append in old
	cmp old <(echo old; cat in)
}

# bats test_tags=kernel
@test "method: copy_file_range and reflink across file systems give status 9" {
	elsewhere
	refuses copy_file_range '(Invalid c|C)ross-device link' "$other/in" old
	refuses reflink '(Invalid c|C)ross-device link' "$other/in" new
}

# elsewhere - set $other, a directory on another file system, with a copy of
# `in`.
elsewhere() {
	other=$(mktemp -d /dev/shm/zcopy.XXXXXX) || skip "no /dev/shm"
	cp in "$other/in"
	[ "$(stat -c %d in)" -ne "$(stat -c %d "$other/in")" ] ||
	    skip "the tests run in /dev/shm"
}

@test "method: reflink shares blocks, or gives status 9 and the reason" {
	if cp --reflink=always in shared; then
		zcopy 0 -v -m reflink in out
		used reflink
		same in out
	else
		refuses reflink '[Nn]ot supported|Invalid argument' \
		    in old
		refuses reflink '[Nn]ot supported|Invalid argument' \
		    in new
	fi
}

@test "method: if the kernel refuses the named one, no other is used" {
	local row
	for row in copy_file_range:ENOSYS:'Function not implemented' \
	    sendfile:EINVAL:'Invalid argument' \
	    splice:EPERM:'Operation not permitted' \
	    mmap:ENODEV:'No such device'; do
		echo "$row"
		FAULT=${row%:*}:1+ refuses "${row%%:*}" "${row##*:}" in old
		fault_fired
	done
}

@test "method: one that is refused half way says how much it delivered" {
	local method
	for method in $(available copy_file_range sendfile splice); do
		FAULT=$method:EPERM:5+ zcopy 9 -m "$method" --inplace \
		    --block-size=64K --pipe-size=64K in out
		fault_fired
		[[ $output =~ $method:\ .*\(([0-9]+)\  ]]
		[ "${BASH_REMATCH[1]}" -gt 0 ]
		[ "$(stat -c %s out)" -eq "${BASH_REMATCH[1]}" ]
		cmp out <(head -c "${BASH_REMATCH[1]}" in)
	done
}

# --stable.

# traced - print the calls of the last TRACE, except the probes on descriptor
# -1.
traced() {
	grep -v '(-1, ' "$BATS_TEST_TMPDIR.trace" || :
}

@test "stable: methods that lend pages are neither planned nor called" {
	requires strace
	mkfifo fifo
	cat fifo >out 3>&- &
	TRACE='-e trace=splice,sendfile,vmsplice,tee' \
	    zcopy 0 -v --stable in fifo
	wait $!
	same in out
	[[ $output =~ plan:\ ([a-z_ -]+) ]]
	[[ ${BASH_REMATCH[1]} != *sendfile* ]]
	[[ ${BASH_REMATCH[1]} != *splice* ]]
	[ -z "$(traced)" ]

	listener listen:127.0.0.1:0 out
	TRACE='-e trace=splice,sendfile,vmsplice,tee' zcopy 0 -v --stable in \
	    "127.0.0.1:$port"
	ends 0
	same in out
	[ -z "$(traced)" ]
}

@test "stable: copy_file_range may be used between files" {
	zcopy 0 -v --stable in out
	used copy_file_range
	same in out
}

@test "stable: naming a method that lends pages gives status 9" {
	local method
	mkfifo fifo
	exec 7<>fifo
	for method in $(available sendfile splice); do
		refuses "$method" 'only copies will do' --stable in fifo
		echo old >out
		listener listen:127.0.0.1:0 out
		refuses "$method" 'only copies will do' --stable in \
		    "127.0.0.1:$port"
		retry gone "$pid"
		[ "$(cat out)" = old ]
	done
	echo end >&7
	[ "$(head -n 1 <&7)" = end ]
}

@test "stable: --select does not bring back a method that lends pages" {
	local method
	mkfifo fifo
	for method in $(available sendfile splice); do
		cat fifo >out 3>&- &
		zcopy 0 -v --stable --select="*:$method" in fifo
		wait $!
		used read-write
		same in out
	done
}

# sees_old SOURCE - overwrite SOURCE while 60,000 bytes that zcopy moved are
# still in a pipe; they must not change.  This fits into any pipe, and is more
# than auto would read and write anyway.
sees_old() {
	local method
	[ -p fifo ] || mkfifo fifo
	exec 7<>fifo
	for method in auto mmap read-write; do
		echo "method $method"
		head -c 60000 "$1" >expected
		zcopy 0 --stable -m "$method" -c 60000 "$1" fifo
		head -c 60000 /dev/urandom |
		    dd of="$1" bs=60000 iflag=fullblock conv=notrunc status=none
		head -c 60000 <&7 >got
		same expected got
	done
	exec 7<&-
}

# bats test_tags=kernel
@test "stable: a later reader sees the old data of a file" {
	sees_old in
}

@test "stable: a later reader sees the old data of a block device" {
	truncate -s 1M in
	attach in
	# The last close(2) of a block device drops its pages.
	exec 9<"$device"
	sees_old "$device"
	exec 9<&-
}

# --block-size.

@test "block-size: all data arrives with any block size" {
	local method block reader
	mkfifo fifo
	head -c 300001 in >some
	for block in 3 4095 4097 1M 1G; do
		[ $block != 3 ] || head -c 3001 in >some
		for method in $(methods file file); do
			echo "method $method, blocks of $block"
			zcopy 0 -m "$method" --block-size=$block some out
			same some out
		done
		for method in $(methods stream pipe); do
			echo "method $method, blocks of $block, two pipes"
			cat fifo >out 3>&- &
			reader=$!	# <() sets that, too
			STDOUT=fifo zcopy 0 -m "$method" --block-size=$block \
			    - - < <(cat some)
			wait $reader
			same some out
		done
		head -c 300001 in >some
	done
}

@test "block-size: all data arrives in blocks of one byte" {
	local method
	head -c 1001 in >some
	for method in $(methods file file); do
		echo "method $method"
		zcopy 0 -m "$method" --block-size=1 some out
		same some out
	done
}

# most - print the most bytes that one of the traced calls moved.
most() {
	sed -n 's/.* = \([0-9]*\)$/\1/p' "$BATS_TEST_TMPDIR.trace" |
	    sort -n | tail -n 1
}

@test "block-size: one call moves that much, with each method" {
	local row
	requires strace
	for row in copy_file_range:copy_file_range sendfile:sendfile \
	    splice:splice mmap:write read-write:read read-write:write; do
		echo "$row"
		TRACE="-e trace=${row#*:}" zcopy 0 -m "${row%:*}" \
		    --block-size=64K in out
		same in out
		echo "at most $(most)"
		[ "$(most)" -eq 65536 ]
	done
}

@test "block-size: it may be more than the default" {
	requires strace
	TRACE="-e trace=read" zcopy 0 -m read-write --block-size=2M in out
	same in out
	echo "at most $(most)"
	[ "$(most)" -eq 2097152 ]
}

@test "block-size: 0 is a usage error, for --pipe-size too" {
	zcopy 2 --block-size=0 in new
	[[ $output == "zcopy: "*--block-size* ]]
	zcopy 2 --pipe-size=0 in new
	[[ $output == "zcopy: "*--pipe-size* ]]
	[ ! -e new ]
}

# --pipe-size.

# pipe_sizes METHOD BEFORE:OPTION:AFTER... - zcopy --pipe-size=OPTION changes
# the size of the pipe that is its standard output from BEFORE to AFTER.
pipe_sizes() {
	local method=$1 row before option after size failed=0
	for row in "${@:2}"; do
		IFS=: read -r before option after <<<"$row"
		size=$(piped - "$before" "$ZCOPY" -m "$method" \
		    "--pipe-size=$option" in -)
		echo "--pipe-size=$option: from $before to $size"
		same in out
		[ "$size" = "$after" ] || failed=1
	done
	[ $failed -eq 0 ]
}

@test "pipe-size: a pipe as DEST is made that large, never smaller" {
	local method
	requires python3
	random_file in 200001
	for method in $(methods file pipe); do
		echo "method $method"
		pipe_sizes "$method" 65536:128K:131072 65536:100000:131072 \
		    4096:8K:8192 262144:128K:262144 65536:1:65536 \
		    65536:4K:65536
	done
}

@test "pipe-size: the private pipe is made that large" {
	requires strace
	TRACE='-e trace=fcntl,splice' zcopy 0 -m splice --pipe-size=8K in out
	same in out
	grep -q 'F_SETPIPE_SZ, 8192) *= 8192' "$BATS_TEST_TMPDIR.trace"
	[ "$(sed -n 's/.*splice(.* = \([0-9]*\)$/\1/p' \
	    "$BATS_TEST_TMPDIR.trace" | sort -n | tail -n 1)" -eq 8192 ]
	TRACE='-e trace=fcntl,splice' zcopy 0 -m splice --pipe-size=256K in out
	same in out
	grep -q 'F_SETPIPE_SZ, 262144) *= 262144' "$BATS_TEST_TMPDIR.trace"
	[ "$(sed -n 's/.*splice(.* = \([0-9]*\)$/\1/p' \
	    "$BATS_TEST_TMPDIR.trace" | sort -n | tail -n 1)" -le 262144 ]
}

@test "pipe-size: a size over the limit gives the largest pipe allowed" {
	local most
	requires python3
	most=$(cat /proc/sys/fs/pipe-max-size)
	as_nobody zcopy 0 -m splice --pipe-size=1G in out
	same in out
	mkfifo fifo
	exec 7<>fifo
	head -c "$size" <&7 >got 3>&- &
	as_nobody zcopy 0 --pipe-size=1G in fd:7
	wait $!
	same in got
	python3 -c '
import fcntl, sys
size = fcntl.fcntl(7, 1032)                     # F_GETPIPE_SZ
print("a pipe of", size)
sys.exit(not 65536 <= size <= int(sys.argv[1]))' "$most"
}

# --explain.

# explains ARG... - zcopy --explain ARG... succeeds and changes no file.
explains() {
	local before
	before=$(ls -lA --time-style=full-iso)
	ZCOPY_TEST_TIMEOUT=5 zcopy 0 --explain "$@"
	[ "$(ls -lA --time-style=full-iso)" = "$before" ]
	[ -n "$output" ]
}

@test "explain: moves nothing, creates nothing and truncates nothing" {
	echo old >old
	explains in new
	explains in old
	explains --inplace in old
	explains --append in old
	explains --seek=1 in old
	explains --seek=1 in new
	explains --no-clobber in new
	explains -m mmap in old
	explains /proc/version old
	explains in /dev/null
	explains in /dev/full
	[ "$(cat old)" = old ]
}

@test "explain: standard input keeps its position and its data" {
	exec 7<in
	head -c 1000 <&7 >/dev/null
	explains - new <&7
	explains --offset=5000 -c 10 - new <&7
	[ "$(awk '/^pos:/ { print $2 }' /proc/self/fdinfo/7)" -eq 1000 ]
	exec 7< <(echo hello)
	explains --offset=3 - new <&7
	[ "$(cat <&7)" = hello ]
}

@test "explain: opens no FIFO, whose other side may be waiting" {
	mkfifo fifo
	# Not opened by cat, which may not have begun when explains looks.
	exec 4>got
	cat fifo >&4 3>&- 4>&- &
	exec 4>&-
	explains in fifo
	explains fifo new
	# If zcopy had opened it and closed it again, cat would have ended.
	kill -0 $!
	echo first >fifo
	wait $!
	[ "$(cat got)" = first ]
}

@test "explain: makes no connection, and does not listen" {
	local operand
	requires strace
	for operand in 127.0.0.1:9 :40123 listen:127.0.0.1:0 unix:sock \
	    unix-listen:sock; do
		TRACE='-e trace=connect,bind,listen,accept,accept4' \
		    explains in "$operand"
		[ ! -s "$BATS_TEST_TMPDIR.trace" ]
		TRACE='-e trace=connect,bind,listen,accept,accept4' \
		    explains "$operand" new
		[ ! -s "$BATS_TEST_TMPDIR.trace" ]
	done
}

# planned - set $plan to the plan that the last zcopy printed, with -v.
planned() {
	[[ $output =~ plan:\ ([a-z_\ -]+) ]]
	plan=${BASH_REMATCH[1]}
}

# explained - true if $output, of --explain, has exactly $plan.
explained() {
	grep -Eq "(^|[^a-z_ -]| )  *$plan\$" <<<"$output"
}

# as_planned ARG... - --explain prints the plan that a run with -v then prints.
as_planned() {
	local plan
	zcopy 0 --explain "$@"
	local account=$output
	zcopy 0 -v "$@"
	planned
	output=$account
	explained
}

@test "explain: prints the plan of a run" {
	echo small >small
	: >empty
	as_planned in new
	as_planned in out
	as_planned small out
	as_planned empty out
	as_planned --offset=2999999 in out
	as_planned -c 5 in out
	as_planned --inplace in out
	as_planned --append in out
	as_planned --append in new2
	as_planned --seek=5 in out
	as_planned in /dev/null
	as_planned -c 100000 /dev/zero out
	as_planned /proc/version out
	as_planned --stable in out
	as_planned --select='1M:mmap,*:sendfile' in out
	as_planned --select='1M:mmap,*:sendfile' -c 1M in out
	as_planned --select='*:reflink' in out
	as_planned -m mmap in out
	as_planned -m read-write --select='*:mmap' in out
	as_planned - out <small
}

@test "explain: prints the plan of a run, for pipes and sockets" {
	local plan option
	mkfifo fifo
	for option in -v --stable "--select=*:mmap" -c100000 -c100; do
		echo "$option"
		cat fifo >out 3>&- &
		zcopy 0 -v "$option" in fifo
		wait $!
		planned
		zcopy 0 --explain "$option" in fifo
		explained

		zcopy 0 -v "$option" - out < <(cat in)
		planned
		zcopy 0 --explain "$option" - out < <(cat in)
		explained

		listener listen:127.0.0.1:0 out
		zcopy 0 -v "$option" in "127.0.0.1:$port"
		planned
		ends 0
		zcopy 0 --explain "$option" in "127.0.0.1:$port"
		explained
	done
}

# bats test_tags=valgrind
@test "explain: gives a reason for each method that is not in the plan" {
	local method
	explains in new
	for method in $(available splice mmap reflink); do
		grep -Eq "$method: [a-z]" <<<"$output"
	done
	explains - new < <(:)
	for method in $(available copy_file_range sendfile mmap reflink); do
		grep -Eq "$method: [a-z]" <<<"$output"
	done
}

@test "explain: fails as a run would fail at once, with the same status" {
	echo old >old
	zcopy 3 --explain absent new
	[[ $output == *"zcopy: absent: "* ]]
	zcopy 4 --explain in none/new
	[[ $output == *"zcopy: none/new: "* ]]
	zcopy 4 --explain in ./in
	zcopy 4 --explain --no-clobber in old
	zcopy 9 --explain -m mmap - new < <(:)
	[[ $output == *"mmap"* ]]
	zcopy 2 --explain in server:new
	zcopy 2 --explain in
	[ "$(cat old)" = old ]
	[ ! -e new ]
}

@test "explain: fails if a user may not read SOURCE or write DEST" {
	requires_root
	cp in secret
	chmod 600 secret
	mkdir closed
	as_nobody zcopy 3 --explain secret new
	as_nobody zcopy 4 --explain in closed/new
	as_nobody zcopy 4 --explain --inplace in secret
	as_nobody zcopy 0 --explain in secret
}

# --list-methods.

# bats test_tags=valgrind
@test "list: each method has a summary, and whether it is available" {
	local method
	STDOUT=../list zcopy 0 --list-methods
	[ -z "$output" ]
	for method in $(available auto copy_file_range sendfile splice mmap \
	    read-write reflink); do
		echo "$method"
		grep -Eq "^$method +[^ ].*  (yes|no: .*)$" ../list
	done
	[ "$(wc -L <../list)" -le 80 ]
	grep -Eq '^read-write .*yes$' ../list
}

@test "list: a method that the kernel lacks has the reason" {
	local method
	for method in $(available copy_file_range sendfile splice); do
		FAULT=$method:ENOSYS:1+:probe STDOUT=../list \
		    zcopy 0 --list-methods
		fault_fired
		grep -Eq "^$method .*no: Function not implemented" ../list
	done
}

@test "list: with -v the kernel's limits are printed as they are" {
	local name
	requires prlimit
	local clean_env=(prlimit --fsize=123456789 --nofile=321:
	    "${clean_env[@]}")
	STDOUT=../short zcopy 0 --list-methods
	[ "$(grep -c pipe-max-size ../short)" -eq 0 ]
	STDOUT=../list zcopy 0 --list-methods -v
	[ "$(wc -L <../list)" -le 80 ]
	for name in pipe-max-size pipe-user-pages-soft; do
		grep -Eq "$name +$(cat "/proc/sys/fs/$name") " ../list
	done
	grep -q 123456789 ../list
	grep -Eq '(^|[^0-9])321([^0-9]|$)' ../list
	head -n "$(wc -l <../short)" ../list | same - ../short
}

@test "list: operands are a usage error" {
	zcopy 2 --list-methods in new
	[ ! -e new ]
}
