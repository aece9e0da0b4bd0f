#!/usr/bin/env bats
# What a transfer costs, without a clock: system calls, memory, and the method
# used.  For times there is scripts/race.

load helpers

setup() {
	requires strace
	cd "$BATS_TEST_TMPDIR" || return
	random_file large 64M
	random_file less 4M
}

# count SOURCE DEST INPUT [ARG...] - move INPUT between ends of these kinds (see
# tests/between.c).  Set ${calls[NAME]}, the number of calls, and $sum of them.
count() {
	local TRACE='-c -U calls,name' command=() number name
	zcopy_command "${@:4}" @source @dest
	rm -f out
	"$TEST_BIN/between" "$1" "$3" "$2" out "${command[@]}" 2>said || {
		cat said
		return 1
	}
	same "$3" out
	calls=() sum=0
	while read -r number name; do
		case $name in
		total)			sum=$number ;;
		[a-z]*)			calls[$name]=$number ;;
		esac
	done <"$BATS_TEST_TMPDIR.trace"
	[ "$sum" -gt 0 ]
}
declare -gA calls

# costs SOURCE DEST METHOD MOST - true if METHOD moves the bytes, with at most
# MOST system calls a GiB.  Calls that each transfer makes, of any size, do not
# count.
costs() {
	local few each
	count "$1" "$2" less -v
	few=$sum
	count "$1" "$2" large -v
	grep -q ", method $3\$" said
	each=$(((sum - few) * 1024 / 60))
	echo "$1 to $2: $each system calls a GiB, at most $4: ${calls[*]@A}"
	[ "$each" -le "$4" ]
}

@test "cost: the action of a signal is set once, and not asked for before" {
	count path path less
	echo "rt_sigaction: ${calls[rt_sigaction]}"
	[ "${calls[rt_sigaction]}" -lt 64 ]
}

@test "cost: the kind of an end is found out once, and the memory seldom" {
	random_file small 1000
	count path path small
	echo "${calls[*]@K}"
	[ $((calls[fstatfs] + calls[fstatfs64])) -le 5 ]
	[ -z "${calls[sysinfo]:-}" ]
	count path pipe small
	[ $((calls[fstatfs] + calls[fstatfs64])) -le 3 ]
	[ -z "${calls[sysinfo]:-}" ]
}

@test "cost: file to file takes one call a GiB, and one for the end" {
	count path path large -v
	grep -q ", method copy_file_range$" said
	[ "${calls[copy_file_range]}" -eq 3 ]	# the first one is a probe
	local at_once=$sum
	count path path large -v --block-size=1M
	[ "${calls[copy_file_range]}" -eq 66 ]
	echo "$at_once system calls at once, $sum by 1 MiB"
	# ASan makes calls of its own, and their number varies.
	[ $((sum - at_once)) -eq 63 ] || grep -q __asan_init "$ZCOPY"
}

@test "cost: file to stream takes few calls a GiB, by the right method" {
	costs path pipe splice 12000
	costs path fifo splice 12000
	costs path tcp splice 40000
	costs path unix splice 60000
}

@test "cost: stream to file takes few calls a GiB, by the right method" {
	costs pipe path read-write 40000
	costs fifo path read-write 40000
	costs tcp path splice 60000
	costs unix path splice 60000
}

@test "cost: stream to stream takes few calls a GiB, by the right method" {
	costs pipe pipe splice 40000
	costs pipe tcp splice 60000
	costs tcp pipe splice 60000
	costs unix unix splice 60000
}

# That takes the pipe's lock, which its reader needs.
@test "cost: a pipe is asked how full it is only where zcopy may sleep" {
	local TRACE='-e trace=ioctl'
	STDOUT=/dev/fd/4 zcopy 0 large - 4> >(cat >/dev/null)
	[ "$(grep -c FIONREAD "$BATS_TEST_TMPDIR.trace")" -gt 0 ]
	STDOUT=/dev/fd/4 zcopy 0 large - --also=/dev/null 4> >(cat >/dev/null)
	[ "$(grep -c FIONREAD "$BATS_TEST_TMPDIR.trace")" -eq 0 ]
}

@test "cost: a small file takes one read, one read of the end, and one write" {
	local size
	for size in 1 20000 32767; do
		random_file small $size
		count path pipe small -v
		grep -q ", method read-write$" said
		[ "${calls[write]}" -eq 3 ]	# the plan, the data, what was done
		count path path small
		[ "${calls[write]}" -eq 1 ]
		reads path small 3
	done
}

@test "cost: a pipe of our own is made by two calls, as large as the file" {
	local TRACE='-e trace=pipe2,fcntl' command=() kib
	for kib in 32 64 256 1024; do
		echo "$kib KiB"
		random_file small ${kib}K
		count path pipe small -v
		grep -q ", method splice$" said
		[ "${calls[splice]}" -eq 3 ]	# in, out, and the end
		zcopy_command @source @dest
		"$TEST_BIN/between" path small pipe out "${command[@]}"
		same small out
		grep -A1 pipe2 "$BATS_TEST_TMPDIR.trace" >made
		cat made
		grep -q "F_SETPIPE_SZ, $((kib < 64 ? 65536 : kib * 1024)))" \
		    made
		[ "$(grep -c PIPE_SZ "$BATS_TEST_TMPDIR.trace")" -le 3 ]
	done
}

# reads KIND INPUT FD - true if zcopy reads that descriptor twice: data, and the
# end.
reads() {
	local TRACE='-e trace=read' command=()
	zcopy_command @source @dest
	"$TEST_BIN/between" "$1" "$2" path out "${command[@]}"
	cat "$BATS_TEST_TMPDIR.trace"
	[ "$(grep -Ec "read\\($3, .*, 32768\\)" "$BATS_TEST_TMPDIR.trace")" -eq 2 ]
}

# Larger writes get larger folios, up to a limit: see engine/tuning.h.
@test "cost: read-write fills a file by 512 KiB" {
	local TRACE='-e trace=write' option
	# On a disk, writeback follows what replaces a file that was there.
	for option in --inplace --seek=0 -q; do
		echo "with $option"
		zcopy 0 $option -m read-write large out
		same large out
		[ "$(grep -c 'write([0-9]*, .* = 524288$' \
		    "$BATS_TEST_TMPDIR.trace")" -eq 128 ]
	done
}

@test "cost: memory does not grow with the size" {
	requires python3
	local method
	! grep -q __asan_init "$ZCOPY" || skip "needs memory as it is"
	for method in auto sendfile splice mmap read-write; do
		python3 "$BATS_TEST_DIRNAME/memory.py" "$ZCOPY" "$method"
	done
}
