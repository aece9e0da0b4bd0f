#!/usr/bin/env bats
# Calls that fail, beyond the table in tests/fault-table.bash: several in one
# run, the first and the last ones of a run, and every single call.

load helpers
load fault

setup() {
	load_data
	F_SETPIPE_SZ=1031 F_GETPIPE_SZ=1032 O_TMPFILE=$((020000000))
}

teardown() {
	end_all
	detach
}

# went SOURCE DEST FAULT [ARG...] - run zcopy on this route, with FAULT; true if
# each of its rules fired.
went() {
	source=$1 dest=$2 why=
	run_with_fault "${@:3}"
	printf '%s to %s, %s: status %s, fired %s\n%s\n' "$source" "$dest" \
	    "${*:3}" "$status" "$fired" "$output"
	[ "$fired" -gt 0 ]
}

# holds EXPECTATION... - fail, and show $why, unless EXPECTATION is true.
holds() {
	"$@" || { echo "$why"; return 1; }
}

# arrives SOURCE DEST FAULT [ARG...] - all data arrives in spite of FAULT.
arrives() {
	went "$@"
	holds is_equal
}

# fails STATUS TEXT SOURCE DEST FAULT [ARG...] - zcopy fails with STATUS and
# TEXT, and a true count.  From a file that is the blocks before call number
# $struck.
fails() {
	went "${@:3}"
	holds is_failure "$1" "$2"
}

# requires_libc_malloc - skip the case if a preloaded posix_memalign would not
# be called, because clang's sanitizers are linked into the program.
requires_libc_malloc() {
	! grep -q __asan_init "$ZCOPY" || skip "needs the C library's malloc"
}

## What a method holds when it gives up

@test "faults: what splice has taken is delivered by another method" {
	local when how
	for when in 1 2 3; do
		for how in read:one:1+2:in=fifo read:EINTR:1+2:in=fifo \
		    read:short:1+:in=fifo write:one:1+2:out=1 \
		    write:short:1+:out=1 write:EINTR:1+2:out=1 \
		    write:EAGAIN:1+2:out=1 write:zero:1+2:out=1; do
			arrives tcp pipe "splice:EINVAL:$when:out=1,$how"
		done
		for how in send:short:1+ send:EINTR:1+2 read:one:1:in=fifo; do
			arrives path tcp \
			    "sendfile:EINVAL:1,splice:EIO:$when:out=sock,$how"
		done
	done
}

@test "faults: if write fails after splice gave up, write's errno is reported" {
	fails 4 "write: ${text[ENOSPC]}" tcp pipe \
	    splice:EINVAL:2:out=1,write:ENOSPC:1:out=1
	[[ $output == *"more were read and are lost"* ]]
	fails 4 "write: ${text[EIO]}" tcp pipe \
	    splice:EIO:2:out=1,write:EIO:1:out=1
	struck=2
	fails 5 "write: ${text[ECONNRESET]}" path tcp \
	    splice:EINVAL:2:out=sock,send:ECONNRESET:1
	[[ $output != *lost* ]]
	fails 4 "write: ${text[ENOSPC]}" pipe path \
	    splice:EINVAL:2,write:ENOSPC:1:out=reg --select='*:splice'
}

@test "faults: bytes that cannot be read from our pipe are reported as lost" {
	fails 5 "read: ${text[EIO]}" tcp pipe \
	    splice:EINVAL:2:out=1,read:EIO:1:in=fifo
	[[ $output == *"more were read and are lost"* ]]
}

@test "faults: bytes in our pipe are reported as lost if there is no memory" {
	requires_libc_malloc
	fails 5 "read: ${text[ENOMEM]}" tcp pipe \
	    splice:EINVAL:2:out=1,posix_memalign:ENOMEM:1
	[[ $output == *"more were read and are lost"* ]]
}

@test "faults: bytes that a failed DEST did not take are reported as lost" {
	fails 4 "write: ${text[ENOSPC]}" tcp pipe splice:ENOSPC:2:out=1
	[[ $output == *"more were read and are lost"* ]]
	fails 4 "write: ${text[EFBIG]}" pipe pipe write:EFBIG:2:out=1 \
	    --method=read-write
	[[ $output == *"more were read and are lost"* ]]
}

@test "faults: a write that returns 0 is repeated, a second one is ENOSPC" {
	arrives path path write:zero:1:out=reg --method=read-write
	arrives path path write:zero:2+2:out=reg --method=read-write
	struck=2
	fails 4 "write: ${text[ENOSPC]}" path path write:zero:2+:out=reg \
	    --method=read-write
}

@test "faults: each method gives up in turn, and none is tried again" {
	arrives path path copy_file_range:EPERM:3,sendfile:EAGAIN:1 -v
	[[ $output == *"copy_file_range: refused at 131072: EPERM"* ]]
	[[ $output == *"sendfile: refused at 131072: EAGAIN"* ]]
	[[ $output == *"method copy_file_range+read-write" ]]
	arrives path path copy_file_range:EXDEV:2,sendfile:zero:2+ -v
	[[ $output == *"copy_file_range: refused at 65536: EXDEV"* ]]
	[[ $output == *"sendfile: refused at 131072: ENODATA"* ]]
	[[ $output == *"method copy_file_range+sendfile+read-write" ]]
	arrives path path mmap:ENODEV:3,copy_file_range:EIO:2,sendfile:EIO:2 \
	    --select='*:mmap' -v
	[[ $output == *"mmap: refused at 131072: ENODEV"* ]]
	[[ $output == *"copy_file_range: refused at 196608: EIO"* ]]
	[[ $output == *"sendfile: refused at 262144: EIO"* ]]
	[[ $output == *"method mmap+copy_file_range+sendfile+read-write" ]]
}

## Whose fault it is

@test "faults: a read error is blamed on SOURCE, with each method" {
	local forced
	struck=2
	fails 3 "data: read: ${text[EIO]}" path path \
	    copy_file_range:EIO:2+,sendfile:EIO:1+,read:EIO:1+:in=reg
	fails 3 "data: read: ${text[EIO]}" path pipe \
	    splice:EIO:2+,sendfile:EIO:1+,read:EIO:1+:in=reg
	for forced in copy_file_range sendfile splice mmap; do
		fails 3 "data: read: ${text[EIO]}" path path \
		    "$forced:EIO:2:in=reg,pread:EIO:1" --method=$forced
	done
	fails 3 "data: read: ${text[EIO]}" path path read:EIO:2:in=reg \
	    --method=read-write
}

@test "faults: a read error while skipping is blamed on SOURCE" {
	fails 3 "read: ${text[EIO]} (0 bytes moved; DEST is unchanged)" pipe path \
	    kernel:ENOSYS:1+,read:EIO:2:in=0 --offset=200000
	fails 3 "read: ${text[EIO]} (0 bytes moved; DEST is unchanged)" pipe path \
	    splice:EINVAL:1,read:EIO:1:in=0 --offset=200000
}

@test "faults: a broken pipe while SIGPIPE is ignored is blamed on DEST" {
	first="trap '' PIPE"
	clean_env=(env)			# env --default-signal would undo that
	struck=1			# from the private pipe to DEST
	fails 4 "write: ${text[EPIPE]}" path pipe splice:EPIPE:2
	struck=2
	fails 4 "write: ${text[EPIPE]}" path fifo write:EPIPE:2:out=fifo \
	    --method=read-write
}

## Where a method begins

@test "faults: if pipe2 fails, streams are read and written" {
	local what
	for what in EMFILE ENFILE EPERM; do
		arrives tcp pipe pipe2:$what:1 -v
		[[ $output == *"splice: refused at 0: $what"* ]]
		[[ $output == *"method read-write" ]]
		arrives tcp path pipe2:$what:1
		arrives path tcp sendfile:EINVAL:1,pipe2:$what:1
		struck=1
		fails 9 "splice: refused: ${text[$what]}" path tcp \
		    pipe2:$what:1 --method=splice
	done
}

@test "faults: a pipe that cannot be made larger is used as it is" {
	local rule
	for rule in fcntl:EPERM:1+:cmd=$F_SETPIPE_SZ \
	    fcntl:EBUSY:1+:cmd=$F_SETPIPE_SZ fcntl:EPERM:1:cmd=$F_SETPIPE_SZ; do
		arrives pipe pipe "$rule" -v
		[[ $output == *"method splice" ]]
		arrives tcp path "$rule" --pipe-size=256K -v
		[[ $output == *"method splice" ]]
		arrives path tcp "$rule" --method=splice --pipe-size=128K
		arrives path pipe "$rule" -v
		[[ $output == *"method splice" ]]
	done
}

@test "faults: a pipe whose size is not known is no private pipe" {
	local unknown=fcntl:EINVAL:1+:cmd=$F_GETPIPE_SZ
	arrives pipe pipe "$unknown" -v
	[[ $output == *"method splice" ]]
	arrives path pipe "$unknown,fcntl:EPERM:1+:cmd=$F_SETPIPE_SZ" -v
	[[ $output == *"method sendfile" ]]
}

@test "faults: without memory, a method without a buffer is used" {
	requires_libc_malloc
	arrives path path posix_memalign:ENOMEM:1,copy_file_range:EXDEV:2 \
	    --select='*:read-write' -v
	[[ $output == *"read-write: refused at 0: ENOMEM"* ]]
	[[ $output == *"method copy_file_range+sendfile" ]]
}

@test "faults: without memory, read-write by name gives status 9" {
	requires_libc_malloc
	struck=1
	fails 9 "read-write: refused: ${text[ENOMEM]}" path path \
	    posix_memalign:ENOMEM:1+ --method=read-write
}

@test "faults: if no method is left, auto's error names none" {
	requires_libc_malloc
	struck=2
	fails 1 "${text[ENOMEM]}" path path \
	    copy_file_range:EIO:2,sendfile:EIO:1,posix_memalign:ENOMEM:1+
}

@test "faults: a call that the system lacks is found before a byte moves" {
	arrives path path copy_file_range:ENOSYS:1+:probe,sendfile:ENOSYS:1 -v
	[[ $output == *"copy_file_range: refused at 0: ENOSYS"* ]]
	[[ $output == *"method read-write" ]]
	struck=1
	fails 9 "copy_file_range: refused: ${text[EPERM]}" path path \
	    copy_file_range:EPERM:1+:probe --method=copy_file_range
}

## Ends that do not block

@test "faults: after EAGAIN zcopy waits, and the method stays" {
	local when
	first='dd iflag=nonblock oflag=nonblock count=0 status=none'
	for when in 1 2 1+2 2+3; do
		arrives pipe pipe splice:EAGAIN:$when:in=0 -v
		[[ $output == *"method splice" ]]
		arrives pipe pipe splice:EAGAIN:$when:out=1 -v
		[[ $output == *"method splice" ]]
		arrives pipe path splice:EAGAIN:$when --method=splice -v
		[[ $output == *"method splice" ]]
		arrives path pipe splice:EAGAIN:$when:out=1 -v
		[[ $output == *"method splice" ]]
		arrives path pipe splice:EINVAL:1,sendfile:EAGAIN:$when -v
		[[ $output == *"method sendfile" ]]
		arrives pipe pipe read:EAGAIN:$when:in=0 --method=read-write
		arrives pipe pipe write:EAGAIN:$when:out=1 --method=read-write
		arrives path pipe write:EAGAIN:$when:out=1 --method=mmap
	done
}

@test "faults: EINTR from poll loses nothing, another error ends zcopy" {
	first='dd iflag=nonblock oflag=nonblock count=0 status=none'
	arrives pipe pipe splice:EAGAIN:1+2:in=0,ppoll:EINTR:1
	arrives pipe pipe splice:EAGAIN:1+2:out=1,ppoll:EINTR:1+2
	fails 3 "read: ${text[ENOMEM]}" pipe path \
	    splice:EAGAIN:1,ppoll:ENOMEM:1 --method=splice
	struck=1
	fails 4 "write: ${text[ENOMEM]}" path pipe \
	    splice:EAGAIN:1:out=1,ppoll:ENOMEM:1
}

# Time that passes within zcopy looks to it like a clock that jumps.
@test "faults: a wait whose time passes while it begins is over" {
	local when
	random_file large 4000000
	mkfifo fifo
	for when in 1+2 2+2 1+3 2+3 3+3 1+4 2+4 3+4 4+4; do
		echo "the clock jumps at calls $when"
		dd bs=4k status=none <fifo >got &
		FAULT=clock_gettime:late:$when zcopy 0 large fifo
		wait $!
		[ -s "$BATS_TEST_TMPDIR.fault" ]
		cmp large got
	done
}

## Where DEST gets its name

# dest_fails TEXT FAULT [ARG...] - zcopy blames DEST, with TEXT, and leaves it
# as it was.
dest_fails() {
	went path path "${@:2}"
	[ "$status" -eq 4 ]
	[[ $output == "zcopy: out: "*": $1"* ]]
	holds is_untouched
}

@test "faults: if linkat or renameat fails, DEST stays as it was" {
	local what fresh
	for what in EACCES EDQUOT EIO ENOSPC EPERM EROFS; do
		for fresh in '' yes; do
			# The first linkat only finds out if it is allowed.
			dest_fails "${text[$what]}" linkat:$what:2+
			# Then with a named temporary, which is removed.
			dest_fails "${text[$what]}" \
			    linkat:EPERM:1,renameat:$what:1
		done
		fresh=
		dest_fails "${text[$what]}" renameat:$what:1
	done
	dest_fails "${text[EEXIST]}" linkat:EEXIST:2+
}

@test "faults: without O_TMPFILE, DEST is replaced through a named temporary" {
	local what fresh
	for fresh in '' yes; do
		for what in EPERM ENOENT EOPNOTSUPP; do
			arrives path path linkat:$what:1+
		done
		for what in EOPNOTSUPP EISDIR EINVAL ENOENT; do
			arrives path path "openat:$what:1:cmd=$O_TMPFILE"
			dest_fails "${text[EIO]}" \
			    "openat:$what:1:cmd=$O_TMPFILE,renameat:EIO:1"
		done
	done
	arrives path path linkat:EPERM:1,renameat:EINVAL:1 --no-clobber
	dest_fails "${text[EEXIST]}" linkat:EPERM:1,renameat:EEXIST:1 \
	    --no-clobber
}

@test "faults: if close fails, DEST stays as it was" {
	local what fresh when closed
	for what in EIO ENOSPC EDQUOT; do
		for fresh in '' yes; do
			closed=0
			for ((when = 1; ; when++)); do
				went path path close:$what:$when:reg || break
				if [ "$status" -eq 0 ]; then
					holds is_equal
					continue
				fi
				[ "$status" -eq 4 ]
				[[ $output == "zcopy: out: "*": ${text[$what]}"* ]]
				holds is_untouched
				: $((closed += 1))
			done
			[ $closed -gt 0 ]
		done
	done
}

@test "faults: if close of standard output fails, zcopy fails" {
	local when failed=0
	for ((when = 1; ; when++)); do
		went path pipe close:EIO:$when:fifo --method=read-write || break
		[ "$status" -eq 0 ] || {
			[ "$status" -eq 4 ]
			[[ $output == "zcopy: -: close: ${text[EIO]}" ]]
			: $((failed += 1))
		}
	done
	[ $failed -eq 1 ]
}

@test "faults: EINTR from close is not a failure" {
	local when
	for when in 1 2 1+2 2+2; do
		arrives path path close:EINTR:$when:reg
		arrives path tcp close:EINTR:$when
		arrives tcp path close:EINTR:$when
	done
	arrives path pipe close:EINTR:1+2
}

@test "faults: if fchmod fails, the new file may not have a wider mode" {
	umask 022
	echo old >out
	chmod 400 out
	FAULT=fchmod:EPERM:1+ zcopy 4 data out
	fault_fired
	[[ $output == "zcopy: out: replace: ${text[EPERM]}"* ]]
	[ "$(cat out)" = old ]
	[ "$(ls)" = $'data\nout' ]
	FAULT=fchmod:zero:1+ zcopy 4 data out		# as vfat does
	fault_fired
	[ "$(cat out)" = old ]
	chmod 644 out
	FAULT=fchmod:EPERM:1+ zcopy 0 data out
	fault_fired
	same data out
}

@test "faults: if ftruncate or open fails, a file in place is left alone" {
	echo old >out
	FAULT=ftruncate:EIO:1 zcopy 4 --inplace data out
	fault_fired
	[[ $output == "zcopy: out: truncate: ${text[EIO]}" ]]
	[ "$(cat out)" = old ]
	FAULT=openat:EROFS:1:cmd=1024 zcopy 4 --append data out	# O_APPEND
	fault_fired
	[[ $output == "zcopy: out: open: ${text[EROFS]}" ]]
	[ "$(cat out)" = old ]
}

@test "faults: if the flush of a block device fails, zcopy fails" {
	block_device 1M
	FAULT=fdatasync:EIO:1 zcopy 4 data "$device"
	fault_fired
	[[ $output == "zcopy: $device: flush: ${text[EIO]}" ]]
}

## Connections

@test "faults: EINTR from connect loses no connection" {
	arrives path tcp connect:EINTR:1
	arrives tcp path connect:EINTR:1
	arrives path unix connect:EINTR:1
}

@test "faults: if connect fails, no file is touched" {
	local what
	for what in ECONNREFUSED ETIMEDOUT EACCES; do
		FAULT=connect:$what:1+ zcopy 5 127.0.0.1:9 out
		fault_fired
		[[ $output == \
		    "zcopy: 127.0.0.1:9: connect: 127.0.0.1:9: ${text[$what]}" ]]
		[ "$(ls)" = data ]
	done
}

@test "faults: after a client that is gone, the next one is accepted" {
	local what
	for what in EINTR EAGAIN ECONNABORTED EPROTO ENETUNREACH EHOSTUNREACH; do
		FAULT=accept4:$what:1,poll:EINTR:1+2 \
		    listener listen:127.0.0.1:0 out
		cat data >/dev/tcp/127.0.0.1/"$port"
		ends 0
		fault_fired 2
		same data out
		rm out
	done
}

@test "faults: if accept fails with EMFILE, no file is touched" {
	FAULT=accept4:EMFILE:1 listener listen:127.0.0.1:0 out
	cat data >/dev/tcp/127.0.0.1/"$port" || :
	ends 5
	fault_fired
	[[ $output == *"accept: ${text[EMFILE]}" ]]
	[ "$(ls)" = data ]
}

## Every call there is

# sweep SOURCE DEST - in each run, one call of `calls` fails with one of its
# errnos: every call that zcopy makes, one after another.  Each run must be
# sound.
sweep() {
	local call whats what when failures=0 runs=0
	while read -r call whats; do
		for what in $whats; do
			for ((when = 1; ; when++)); do
				went "$1" "$2" "$call:$what:$when" \
				    >"$BATS_TEST_TMPDIR.went" || break
				: $((runs += 1))
				is_sound && continue
				: $((failures += 1))
				cat "$BATS_TEST_TMPDIR.went"
				echo "$why"
			done
		done
	done < <(calls)
	echo "$runs runs, $failures failures"
	[ "$runs" -gt 20 ] && [ "$failures" -eq 0 ]
}

# calls - print each function with the errnos that it is to fail with.
calls() {
	cat <<-END
		openat EACCES EMFILE EINTR
		open EACCES EMFILE
		close EIO EINTR
		fstat EIO
		fcntl EBADF EMFILE
		lseek EIO
		linkat EIO EEXIST
		renameat EIO
		fchmod EIO
		fchown EPERM
		ftruncate EIO
		ioctl EIO
		pipe2 EMFILE
		mmap ENOMEM
		posix_memalign ENOMEM
		pread EIO EINTR
		read EIO EINTR
		write ENOSPC EINTR
		send EPIPE EINTR
		copy_file_range EIO EINTR
		sendfile EIO EINTR
		splice EIO EINTR
		poll EINTR
		connect ECONNREFUSED EINTR
	END
}

# is_sound - true if everything arrived, or zcopy failed with a message and left
# a file as it was.  Else set $why.
is_sound() {
	case $status in
	0)	is_equal ;;
	9)	[[ "${options[*]}" == *--method* ]] || why="status 9"
		is_untouched ;;
	[1345])	[[ $output == zcopy:* ]] || why="no message"
		[ "$dest" != path ] || is_untouched
		[ -z "$why" ] ;;
	*)	why="status $status"
		return 1 ;;
	esac
}

@test "faults: if any call fails once, an old file is replaced or untouched" {
	run sweep path path
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "faults: if any call fails once, a new file is whole or not there" {
	fresh=yes
	run sweep path path
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "faults: if any call of read-write fails once, a file is whole or old" {
	options=(--method=read-write)
	run sweep path path
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "faults: if any call fails once, TCP gets everything, or zcopy fails" {
	impatient=yes
	run sweep path tcp
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "faults: if any call fails once, a file from TCP is whole or old" {
	impatient=yes
	run sweep tcp path
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "faults: if any call fails once, a file from a pipe is whole or old" {
	run sweep pipe path
	echo "$output"
	[ "$status" -eq 0 ]
}
