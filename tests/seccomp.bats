#!/usr/bin/env bats
# A seccomp filter refuses system calls, as in containers: by EPERM (old docker,
# systemd's SystemCallFilter) or by another errno.  If a call has a substitute,
# all data arrives; if not, zcopy fails and says why.

load helpers
load fault
load peer

setup() {
	! is_32_bit || skip "needs the system calls of a 64-bit system"
	requires strace
	load_data
	"$TEST_BIN/seccomp" -- true 2>why || skip "$(<why)"
	rm why
	under=("$TEST_BIN/seccomp")
	source=path dest=path
}

teardown() {
	end_all
	detach
}

errors=(EPERM ENOSYS EOPNOTSUPP)

# filter ERRNO CALL... - set $TRACE so that zcopy runs with a filter that
# refuses these calls (tests/seccomp.c), under strace(1), whose output
# was_refused reads.
filter() {
	local call rules=() names=
	error=$1
	refused=("${@:2}")
	for call in "${refused[@]}"; do
		names+="|${call%%.*}"
		rules+=("$call:$error")
	done
	TRACE="-e trace=/^(${names#|}) ${under[*]} ${rules[*]} --"
}

# become_nobody - from now on zcopy runs without privileges.  strace(1) keeps
# them, because nobody could not write its output file.
become_nobody() {
	[ "$(id -u)" -eq 0 ] || return 0
	requires setpriv
	let_nobody_in
	cp "$TEST_BIN/seccomp" "$BATS_FILE_TMPDIR/seccomp"
	ZCOPY=$BATS_FILE_TMPDIR/zcopy
	under=(setpriv --reuid=nobody "--regid=$(id -g nobody)" --clear-groups
	    "$BATS_FILE_TMPDIR/seccomp")
}

# was_refused - true if each of the calls was made, and failed.
was_refused() {
	local call name
	for call in "${refused[@]}"; do
		name=${call%%.*}
		grep -Eq "\<${name}[0-9]*\(.*${call#"$name"}.* = -1 $error " \
		    "$BATS_TEST_TMPDIR.trace" || why="no $call was refused"
	done
	[ -z "$why" ] || { echo "$why"; cat "$BATS_TEST_TMPDIR.trace"; }
	[ -z "$why" ]
}

# whole CALLS... - all data goes from $source to $dest, with $options, while a
# filter refuses one of CALLS after another (A+B: both of them), with each
# errno.
whole() {
	local calls error refused TRACE
	for calls; do
		for error in "${errors[@]}"; do
			why=
			# shellcheck disable=SC2086	# split at blanks
			filter "$error" ${calls//+/ }
			run_route
			echo "$source to $dest, ${options[*]}," \
			    "$calls $error: status $status"
			echo "$output"
			is_equal || { echo "$why"; return 1; }
			was_refused
		done
	done
}

# honest STATUS TEXT CALLS - zcopy fails with this status and text if a filter
# refuses CALLS.  @ in TEXT stands for strerror(3) of the errno.
honest() {
	local error refused TRACE impatient=yes
	for error in "${errors[@]}"; do
		why=
		# shellcheck disable=SC2086	# split at blanks
		filter "$error" ${3//+/ }
		run_route
		echo "$source to $dest, ${options[*]}, $3 $error:" \
		    "status $status, expected $1"
		echo "$output"
		[ "$status" -eq "$1" ]
		[[ $output == *"${2//@/${text[$error]}}"* ]]
		was_refused
		[ "$dest" != path ] || is_untouched || { echo "$why"; return 1; }
	done
}

## Files

# bats test_tags=kernel
@test "seccomp: an old file is replaced, whichever call is refused" {
	whole statx openat.O_TMPFILE linkat fcntl.F_DUPFD_CLOEXEC \
	    copy_file_range copy_file_range+sendfile fstatfs lseek uname \
	    openat.O_TMPFILE+getrandom \
	    statx+openat.O_TMPFILE+fcntl.F_DUPFD_CLOEXEC+copy_file_range \
	    statx+openat.O_TMPFILE+fcntl.F_DUPFD_CLOEXEC+lseek
}

@test "seccomp: a new file is created, whichever call is refused" {
	local fresh=yes
	whole openat.O_TMPFILE linkat fcntl.F_DUPFD_CLOEXEC
	options=(--no-clobber)
	whole openat.O_TMPFILE linkat openat.O_TMPFILE+renameat2
}

@test "seccomp: without linkat and renameat2 --no-clobber leaves no file" {
	local fresh=yes
	options=(--no-clobber)
	honest 4 "out: create: @" linkat+renameat2
}

@test "seccomp: a user replaces a file, whichever call is refused" {
	local call error TRACE
	become_nobody
	for call in statx openat.O_TMPFILE linkat; do
		for error in "${errors[@]}"; do
			why=
			rm -f out
			"${under[@]:0:${#under[@]}-1}" sh -c "echo old >out"
			filter "$error" "$call"
			zcopy 0 data out
			was_refused
			same data out
		done
	done
}

@test "seccomp: a read-only directory is still given as the reason" {
	local TRACE why=
	mkdir -m 555 dir
	become_nobody
	filter EPERM openat.O_TMPFILE
	zcopy 4 data dir/out
	was_refused
	[ "$output" = "zcopy: dir/out: create: ${text[EACCES]}" ]
}

@test "seccomp: --explain says what the run would do" {
	local error TRACE
	for error in "${errors[@]}"; do
		why=
		filter "$error" faccessat2
		zcopy 0 --explain data out
		was_refused
		[ ! -e out ]
	done
}

# keeps MODE WIDER CALL... - with these calls refused, an old DEST of mode
# WIDER, or a new one from a SOURCE of that mode, gets MODE.
keeps() {
	local error TRACE
	for error in EPERM ENOSYS; do
		why=
		filter "$error" "${@:3}"
		rm -f out
		echo old >out
		chmod "$2" out data
		zcopy 0 -v data out
		was_refused
		same data out
		says_what_is_lost "out: the access list of the old file" \
		    "only the owner's rights are kept" "$@"
		rm out
		zcopy 0 -v data out
		same data out
		says_what_is_lost "data: its access list" \
		    "a new DEST has only the owner's rights" "$@"
	done
}

# says_what_is_lost LIST EFFECT MODE WIDER - true if `out` has MODE, and -v says
# which rights were lost, or nothing if MODE is WIDER.
says_what_is_lost() {
	[ "$(stat -c %a out)" = "$3" ]
	if [ "$3" = "$4" ]; then
		[[ $output != *"access list"* ]]
	else
		[[ $output == *"zcopy: $1 cannot be read: ${text[$error]}: $2"* ]]
	fi
}

@test "seccomp: if the ACL cannot be read, group and others lose their rights" {
	umask 022
	keeps 600 640 fgetxattr getxattr
	keeps 600 604 fgetxattr getxattr
	keeps 700 755 fgetxattr getxattr
	keeps 600 600 fgetxattr getxattr
	keeps 640 640 fgetxattr
	keeps 604 604 fremovexattr
}

@test "seccomp: an ACL that cannot be set or removed is reported" {
	requires setfacl
	local error TRACE
	for error in EPERM ENOSYS; do
		why=
		echo old >out
		setfacl -m u::rw,u:nobody:r,g::r,m::r,o::r out ||
		    skip "no lists on this file system"
		filter "$error" fsetxattr
		zcopy 0 -v data out
		was_refused
		[ "$(stat -c %a out)" = 600 ]
		[[ $output == *"zcopy: out: the access list of the old file cannot be set: ${text[$error]}: only the owner's rights are kept"* ]]
		rm out
		echo old >out
		chmod 644 out
		setfacl -dm u:nobody:rw .
		filter "$error" fremovexattr
		zcopy 0 -v data out
		was_refused
		setfacl -k .
		[ "$(stat -c %a out)" = 600 ]
		[[ $output == *"zcopy: out: the access list of its directory cannot be removed: ${text[$error]}: only the owner's rights are kept"* ]]
		rm out
	done
}

@test "seccomp: if capget is refused, root has its rights in a sticky directory" {
	requires_root
	local error TRACE
	mkdir -m 1777 dir
	chown nobody dir
	for error in EPERM ENOSYS; do
		why=
		rm -f dir/out
		echo old >dir/out
		chown 1:1 dir/out
		filter "$error" capget
		zcopy 0 data dir/out
		was_refused
		same data dir/out
		[ "$(ls -A dir)" = out ]
	done
}

@test "seccomp: in place, a refused call without substitute is reported" {
	options=(--inplace)
	whole fcntl.F_DUPFD_CLOEXEC fstatfs
	honest 4 "out: truncate: @" ftruncate
	options=(--seek=0)
	honest 4 "out: --seek: @" lseek
}

@test "seccomp: a named method is refused with the errno of the call" {
	local method
	for method in copy_file_range sendfile splice; do
		options=("--method=$method")
		honest 9 "out: $method: refused: @" $method
	done
	honest 9 "out: splice: refused: @" pipe2
	options=(--method=reflink)
	honest 9 "out: reflink: refused: @" ioctl.FICLONERANGE
	options=(--method=mmap)
	whole fadvise
}

@test "seccomp: --no-disk-io uses mincore, or says that nothing can tell" {
	options=(--no-disk-io)
	cd "$BATS_TEST_TMPDIR" || return
	[ "$(stat -f -c %T .)" != tmpfs ] || skip "needs a disk"
	cat data >/dev/null
	whole preadv2
	honest 10 "data: read: " preadv2+mincore
}

@test "seccomp: the size of a block device is found without BLKGETSIZE64" {
	block_device 1M
	cp "$BATS_TEST_TMPDIR.disk" "$BATS_TEST_TMPDIR.input"
	local input=$BATS_TEST_TMPDIR.input error TRACE method
	for error in "${errors[@]}"; do
		for method in auto mmap; do
			why=
			filter "$error" ioctl.BLKGETSIZE64
			zcopy 0 --method=$method "$device" out
			was_refused
			same "$input" out
		done
		why=
		filter "$error" ioctl.BLKGETSIZE64 preadv2
		# The last close(2) of a block device drops its pages.
		exec 6<"$device"
		cat <&6 >/dev/null
		zcopy 0 --no-disk-io "$device" out
		exec 6<&-
		was_refused
		same "$input" out
	done
}

## Streams

@test "seccomp: all data of pipes and FIFOs arrives, whichever call is refused" {
	local pair
	for pair in path:pipe pipe:path pipe:pipe fifo:fifo; do
		source=${pair%:*} dest=${pair#*:}
		whole fcntl.F_GETPIPE_SZ fcntl.F_SETPIPE_SZ
		[ $pair = pipe:path ] || whole splice
	done
	source=path dest=pipe
	whole splice+sendfile
}

@test "seccomp: a terminal is read to its end" {
	source="tty"
	options=("--bytes=$SIZE")
	whole ioctl.TCGETS
	# read-write is used, as for all terminals, though the filter hides
	# that this is one.
	dest=pipe
	options+=(-v)
	whole ioctl.TCGETS
	[[ $output == *"method read-write"* ]]
}

@test "seccomp: all data of sockets arrives, whichever call is refused" {
	source=path
	for dest in tcp unix; do
		whole splice splice+sendfile pipe2 ioctl.TIOCOUTQ
	done
	whole setsockopt.SO_LINGER
	dest=tcp
	whole getsockopt.TCP_INFO setsockopt.SO_KEEPALIVE
	dest=path
	for source in tcp unix; do
		whole splice pipe2
	done
}

@test "seccomp: without getsockname, a listener says that it listens" {
	local error TRACE
	for error in "${errors[@]}"; do
		why=
		filter "$error" getsockname
		zcopy 5 --timeout=0.1 listen:127.0.0.1:0 out
		was_refused
		[[ $output == *"listening at an unknown address: ${text[$error]}"* ]]
	done
}

@test "seccomp: without SO_LINGER, which a reset needs, zcopy fails at once" {
	dest=tcp
	honest 5 "connect: 127.0.0.1:" setsockopt.SO_LINGER
	honest 5 ": @" setsockopt.SO_LINGER
	honest 5 ": @" getsockname
	local error TRACE
	for error in "${errors[@]}"; do
		why=
		filter "$error" setsockopt.SO_LINGER
		zcopy 5 listen:127.0.0.1:0 out
		was_refused
		[[ $output == *"listen: 127.0.0.1:0: ${text[$error]}" ]]
	done
}

@test "seccomp: if nothing tells what is acknowledged, --confirm=ack fails" {
	options=(--confirm=ack)
	dest=tcp
	whole ioctl.TIOCOUTQ
	honest 5 "what the peer has (SIOCOUTQ: @" \
	    ioctl.TIOCOUTQ+getsockopt.TCP_INFO
	dest=unix
	honest 5 "what the peer has (SIOCOUTQ: @" ioctl.TIOCOUTQ
}

@test "seccomp: without IPV6_V6ONLY, --ipv6 fails" {
	local error TRACE
	for error in "${errors[@]}"; do
		why=
		filter "$error" setsockopt.IPV6_V6ONLY
		zcopy 5 --ipv6 listen:0 out
		was_refused
		[[ $output == *": --ipv6: "*": ${text[$error]}" ]]
	done
}

@test "seccomp: without TCP_CONGESTION, --congestion fails" {
	dest=tcp
	options=(--congestion=reno)
	honest 5 "--congestion: 'reno': @" setsockopt.TCP_CONGESTION
}

@test "seccomp: a listener accepts, whichever call is refused" {
	local error call TRACE
	for call in accept4 setsockopt.SO_REUSEADDR; do
		for error in "${errors[@]}"; do
			why=
			filter "$error" "$call"
			listener listen:127.0.0.1:0 out
			cat data >/dev/tcp/127.0.0.1/"$port"
			ends 0
			was_refused
			same data out
		done
	done
}

@test "seccomp: an inherited listening socket is used" {
	local error TRACE command
	for error in "${errors[@]}"; do
		why=
		filter "$error" accept4 fcntl.F_DUPFD_CLOEXEC
		zcopy_command listen:fd:5 out
		peer lend stream 127.0.0.1:0 5 -- "${command[@]}"
		cat data >/dev/tcp/127.0.0.1/"$port"
		peer_ends 0
		was_refused
		same data out
	done
}

# A child that it leaves behind would keep the connection open, and the sender
# would wait for its end.
@test "seccomp: a command inherits no socket, whichever call is refused" {
	local error TRACE command
	for error in "${errors[@]}"; do
		why=
		filter "$error" accept4 fcntl.F_DUPFD_CLOEXEC
		zcopy_command listen:fd:5 \
		    exec:'cat >out; ls -l "/proc/$$/fd" >descriptors'
		peer lend stream 127.0.0.1:0 5 -- "${command[@]}"
		cat data >/dev/tcp/127.0.0.1/"$port"
		peer_ends 0
		was_refused
		same data out
		cat descriptors
		grep -q ' 0 -> pipe:' descriptors
		! grep socket: descriptors || false
	done
}

@test "seccomp: names are looked up without a thread" {
	local error call TRACE
	for call in clone pipe2; do
		for error in "${errors[@]}"; do
			why=
			filter "$error" "$call"
			listener listen:localhost:0 out
			cat data >/dev/tcp/localhost/"$port"
			ends 0
			was_refused
			same data out
		done
	done
	filter EPERM clone
	zcopy 5 unknown.invalid:80 out
	was_refused
	[[ $output == *"unknown.invalid:80: look-up: "* ]]
}
