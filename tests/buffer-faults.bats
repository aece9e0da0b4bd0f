#!/usr/bin/env bats
# Calls fail with --buffer, on either side of it: everything arrives, or zcopy
# fails with the right message and status, and counts exactly.

load helpers
load fault
load fault-table

# table - the whole table, which fault-*.bats try without --buffer, would take
# minutes.
table() {
	cat <<-END
		out		next	EINVAL EIO EAGAIN
		out		sink	ENOSPC EPIPE ECONNRESET
		sendfile	next	EINVAL EIO zero
		sendfile	sink	ENOSPC EPIPE
		read		again	EAGAIN
		read		source	EIO ECONNRESET
		write		again	EAGAIN
		write		sink	ENOSPC EPIPE
	END
}
read_table

@test "buffer: failures of splice are handled, out of the buffer" {
	check_call pipe pipe out '' '' --buffer=128K
}

@test "buffer: failures of sendfile are handled, out of the buffer" {
	check_call pipe pipe sendfile '' splice:EINVAL:1+ --buffer=128K
}

@test "buffer: failures of read are handled" {
	check_call pipe path read '' kernel:ENOSYS:1+ --buffer=128K
	check_call tcp path read '' kernel:ENOSYS:1+ --buffer=128K
}

@test "buffer: failures of write are handled" {
	check_call pipe pipe write '' kernel:ENOSYS:1+ --buffer=128K
}

# cannot_move_on ARG... - zcopy with ARG fails if pages cannot be moved from one
# pipe of the buffer to the next, and names the error.  What arrives in `out` is
# a part of the data, or all of `whole`.
cannot_move_on() {
	local n error own=0
	for n in 2 3 5 7 8 10; do
		for error in EIO ENOSYS; do
			echo "$error from call $n on"
			rm -f out
			FAULT=splice:$error:$n+:in=fifo run zcopy_here \
			    --inplace --buffer=100000 "$@" - out < <(cat data)
			echo "[status $status] $output"
			# Fewer calls did it, or read(2) took over.
			if [ "$status" -eq 0 ]; then
				cmp whole out
				continue
			fi
			fault_fired
			# The read of SOURCE, which is a pipe, may be hit first.
			if [ "$status" -ne 3 ]; then
				: $((own += 1))
				[ "$status" -eq 1 ]
				[[ $output == *"zcopy: --buffer: splice: ${text[$error]}"* ]]
			fi
			touch out
			cmp -n "$(stat -c %s out)" data out
		done
	done
	((own > 0))
}

@test "buffer: if pages cannot be moved on, zcopy fails" {
	cp data whole
	cannot_move_on
}

@test "buffer: if pages cannot be moved on, no trailer is sent" {
	printf TRAILER >trailer
	cat data trailer >whole
	cannot_move_on --trailer=trailer
}

# The data comes faster than it leaves, so it fills two pipes.  Which descriptors
# these have does not matter.
@test "buffer: whichever pipe cannot be filled, the message has its errno" {
	local fd bytes failed=0
	random_file in 3M
	for fd in {4..20}; do
		for bytes in '' --bytes=3M; do
			echo "descriptor $fd, $bytes"
			FAULT=splice:ENOMEM:1:out=$fd run zcopy_here \
			    --buffer=4M --rate=20M $bytes - out < <(cat in)
			echo "[status $status] $output"
			[ "$status" -ne 0 ] || continue
			fault_fired
			[ "$status" -eq 1 ]
			[ "$output" = "zcopy: --buffer: splice: ${text[ENOMEM]}" ]
			: $((failed += 1))
		done
	done
	((failed > 0))
}

@test "buffer: memory that cannot be released does no other harm" {
	requires strace
	random_file in 8M
	TRACE="-e trace=fallocate -e inject=fallocate:error=EOPNOTSUPP" \
	    zcopy 0 --buffer=1M --no-cache in out
	fault_fired 2
	same in out
}

@test "buffer: memory that cannot be had is an error before the first byte" {
	requires strace
	local error
	echo old >out
	for error in EMFILE ENOMEM; do
		TRACE="-e trace=memfd_create -e inject=memfd_create:error=$error" \
		    zcopy 1 --buffer=1M --no-cache data out
		fault_fired
		[[ $output == *"zcopy: --buffer: memfd_create: ${text[$error]}" ]]
		[ "$(<out)" = old ]
	done
}

# The only pipes are the bells with which the two threads wake each other.
@test "buffer: EINTR keeps no thread from waking the other" {
	FAULT=write:EINTR:1+2:out=fifo zcopy 0 --buffer=16K "$input" out
	fault_fired
	same "$input" out
}

@test "buffer: EINTR does not end a queue of pipes" {
	FAULT=poll:EINTR:1+2 zcopy 0 --buffer=16K - out < <(cat "$input" 3>&-)
	fault_fired
	same "$input" out
}

@test "buffer: a failure to read it is not called one of SOURCE" {
	source=unix dest=pipe options=(--buffer=128K -m read-write)
	# Without a pipe, the buffer is a file.
	run_with_fault pipe2:EMFILE:1,pread:EIO:2:in=reg
	grep -q '^fault pipe2 1 ' "$BATS_TEST_TMPDIR.fault"
	grep -q '^fault pread 2 ' "$BATS_TEST_TMPDIR.fault"
	[ "$status" -eq 1 ]
	[[ $output == *"zcopy: --buffer: read: Input/output error ("* ]]
}
