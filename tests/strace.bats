#!/usr/bin/env bats
# Calls that fail by strace(1), without a library of ours between zcopy and the
# kernel, on every route that makes the call.

load helpers
load fault

setup() {
	requires strace
	load_data
	BLOCK=262144
	SIZE=3000000			# eleven blocks, and a part of one
	random_file data $SIZE
}

# injects SOURCE DEST LINE [ARG...] - run zcopy with `strace -e inject=LINE`;
# fail unless LINE took effect.
injects() {
	local TRACE="-e inject=$3"
	source=$1 dest=$2 why=
	run_route "${@:4}"
	echo "$1 to $2, $3: status $status"
	echo "$output"
	if [[ $3 == *:signal=* ]]; then
		grep -q '^[0-9]* *--- SIGUSR1 ' "$BATS_TEST_TMPDIR.trace"
	else
		fault_fired
	fi
}

# survives LINE ROUTE... - all data arrives on each ROUTE, which is SOURCE:DEST
# or SOURCE:DEST:METHOD, with the method that comes first.
survives() {
	local line=$1 route source dest method
	shift
	for route; do
		IFS=: read -r source dest method <<<"$route"
		injects "$source" "$dest" "$line" \
		    ${method:+"--select=*:$method"}
		is_equal || { echo "$why"; return 1; }
	done
}

# Routes on which splice uses a private pipe, which the even calls empty.
private="path:tcp:splice path:path:splice path:unix:splice tcp:pipe
	tcp:path pipe:tcp"

# Routes on which splice moves data directly from or to a pipe.
direct="path:pipe path:fifo pipe:path:splice pipe:pipe"

sendfile="path:tcp:sendfile path:unix:sendfile path:path:sendfile
	path:pipe:sendfile"

@test "strace: a false 0 of copy_file_range is not believed" {
	local when
	for when in 1 2 4 5; do		# the first one is a probe
		survives copy_file_range:retval=0:when=$when path:path
	done
	survives copy_file_range:retval=0 path:path
}

@test "strace: a false 0 of sendfile is not believed" {
	# shellcheck disable=SC2086	# routes
	survives sendfile:retval=0:when=2 $sendfile
}

@test "strace: a false 0 of splice from a file is not believed" {
	survives splice:retval=0:when=3 path:tcp:splice path:path:splice \
	    path:unix:splice path:pipe path:fifo
}

@test "strace: a false 0 of splice from the private pipe is not believed" {
	# shellcheck disable=SC2086
	survives splice:retval=0:when=4 $private
}

@test "strace: sendfile may fail half way" {
	# shellcheck disable=SC2086
	survives sendfile:error=EINVAL:when=3+ $sendfile
}

@test "strace: copy_file_range may fail half way" {
	survives copy_file_range:error=EPERM:when=3 path:path
	survives copy_file_range:error=EIO:when=5 path:path
	survives copy_file_range:error=EIO:when=2 path:path
}

@test "strace: none of the kernel's own paths is needed" {
	local line=copy_file_range,sendfile,splice:error=ENOSYS
	# shellcheck disable=SC2086
	survives $line path:path $private $direct $sendfile
}

@test "strace: copy_file_range may fail from the start" {
	local error
	for error in EXDEV ENOSYS EPERM EACCES; do
		survives copy_file_range:error=$error path:path
	done
}

@test "strace: bytes in the private pipe are not lost if splice fails" {
	local when
	for when in 2 4 6; do
		# shellcheck disable=SC2086
		survives splice:error=EINVAL:when=$when $private $direct
	done
	# shellcheck disable=SC2086
	survives splice:error=EIO:when=4 $private $direct
}

@test "strace: ENOSPC behind the private pipe is fatal, with an exact count" {
	local route status whole
	for route in path:tcp path:unix path:path path:pipe pipe:pipe tcp:path
	do
		source=${route%:*} dest=${route#*:} struck=2
		injects "$source" "$dest" splice:error=ENOSPC:when=4 \
		    --select='*:splice'
		is_failure "$(sink_status ENOSPC)" "write: ${text[ENOSPC]}" ||
		    { echo "$why"; return 1; }
	done
}

@test "strace: EAGAIN from ends that block does not make zcopy spin" {
	# shellcheck disable=SC2086
	survives splice:error=EAGAIN:when=3+3 $private $direct
	# shellcheck disable=SC2086
	survives sendfile:error=EAGAIN:when=2+ $sendfile
}

@test "strace: after EAGAIN from ends that do not block, zcopy waits" {
	first='dd iflag=nonblock oflag=nonblock count=0 status=none'
	survives splice:error=EAGAIN:when=3+3 pipe:pipe path:pipe \
	    pipe:path:splice
}

@test "strace: SIGUSR1 loses nothing, and is answered" {
	# shellcheck disable=SC2086
	survives splice:signal=USR1:when=2+3 $private $direct
	[[ $output == *": moving"* ]]
	# shellcheck disable=SC2086
	survives sendfile:signal=USR1:when=2+2 $sendfile
	[[ $output == *": moving"* ]]
	survives copy_file_range:signal=USR1:when=2+2 path:path
	[[ $output == *": moving"* ]]
}

# first_call SOURCE DEST CALL PATTERN - print the number of the first CALL that
# matches PATTERN.
first_call() {
	local TRACE="-e trace=$3"
	source=$1 dest=$2
	run_route
	grep -n -m 1 -e "$4" "$BATS_TEST_TMPDIR.trace" | cut -d: -f1
}

@test "strace: interrupted reads and writes are repeated" {
	local route when
	options=(--method=read-write)
	for route in path:path path:pipe path:fifo pipe:path pipe:pipe; do
		# The dynamic linker makes the first ones.
		when=$(first_call "${route%:*}" "${route#*:}" read \
		    ", $BLOCK) *= ")
		survives read:error=EINTR:when=$((when + 2))+2 $route
		survives write:error=EINTR:when=2..4 $route
		survives write:error=EAGAIN:when=3 $route
	done
}

@test "strace: all data arrives if pipes cannot grow or be created" {
	local route when
	for route in path:pipe path:fifo pipe:pipe tcp:path; do
		# This call, and the three that follow if it fails.
		when=$(first_call "${route%:*}" "${route#*:}" fcntl \
		    F_SETPIPE_SZ)
		survives fcntl:error=EPERM:when="$when..$((when + 3))" $route
		grep -q 'F_SETPIPE_SZ, .*) *= -1 EPERM .*(INJECTED)' \
		    "$BATS_TEST_TMPDIR.trace"
	done
	survives pipe2:error=EMFILE tcp:pipe tcp:path path:tcp:splice
}

@test "strace: bytes rescued from a pipe do not make later reads small" {
	local reader
	requires strace
	random_file data 1000001
	# When the second splice fails, the private pipe holds one byte.
	mkfifo source sink
	cat sink >out 3>&- &
	reader=$!
	exec 7<>source
	printf x >&7
	TRACE="-e trace=splice,read -e inject=splice:error=EINVAL:when=2" \
	    STDOUT=sink start - - <source 7>&-
	retry grep -q INJECTED "$BATS_TEST_TMPDIR.trace"
	cat data >&7
	exec 7>&-
	ends 0
	wait "$reader"
	cmp out <(printf x; cat data)
	[ "$(grep -c 'read(0' "$BATS_TEST_TMPDIR.trace")" -lt 1000 ]
}
