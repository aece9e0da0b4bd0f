#!/usr/bin/env bats
# The end of each kind of source: zcopy stops there, not before and not after.

load helpers
load routes

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 300001
}

# bats test_tags=valgrind
@test "eof: an empty file gives an empty file" {
	local method dest
	: >empty
	for dest in file stdout pipe fifo; do
		for method in $(methods file "$dest"); do
			echo "method $method"
			deliver 0 "$dest" -m "$method" empty
			same empty got
		done
	done
}

@test "eof: an empty file replaces one that is not empty" {
	local method
	: >empty
	for method in $(methods file file); do
		echo "method $method"
		cp in out
		zcopy 0 -m "$method" empty out
		same empty out
		cp in out
		zcopy 0 --inplace -m "$method" empty out
		same empty out
	done
}

@test "eof: an empty file ends a socket cleanly" {
	local method
	: >empty
	for method in $(methods file tcp); do
		echo "method $method"
		listener --allow-short listen:127.0.0.1:0 got
		zcopy 0 -m "$method" empty "127.0.0.1:$port"
		ends 0
		same empty got
	done
}

@test "eof: an empty pipe without writers gives an empty file" {
	local method dest
	: >empty
	for dest in file stdout pipe fifo; do
		for method in $(methods stream "$dest"); do
			echo "method $method"
			deliver 0 "$dest" -m "$method" - < <(:)
			same empty got
		done
	done
	for method in $(methods stream file); do
		mkfifo source
		: >source 3>&- &
		zcopy 0 -m "$method" source got
		same empty got
		rm source
	done
}

@test "eof: the null device gives an empty file" {
	local method
	: >empty
	for method in auto read-write; do
		echo "method $method"
		deliver 0 file -m "$method" /dev/null
		same empty got
	done
}

@test "eof: all of a file arrives, for sizes around pages and blocks" {
	local method dest size
	for size in 1 4095 4096 4097 65536 262144 262145 1048576 1048577; do
		random_file some "$size"
		for dest in file pipe; do
			for method in $(methods file "$dest"); do
				echo "method $method, $size bytes"
				deliver 0 "$dest" -m "$method" some
				same some got
			done
		done
	done
}

@test "eof: all of a pipe arrives, for sizes around pages and blocks" {
	local method dest size
	for size in 1 4095 4096 4097 65536 262144 262145 1048576 1048577; do
		random_file some "$size"
		for dest in file pipe; do
			for method in $(methods stream "$dest"); do
				echo "method $method, $size bytes"
				deliver 0 "$dest" -m "$method" - < <(cat some)
				same some got
			done
		done
	done
}

@test "eof: the end of a stream before --bytes gives status 6" {
	local method
	echo old >out
	for method in $(methods stream file); do
		echo "method $method"
		zcopy 6 -m "$method" -c 300002 - out < <(cat in)
		mkfifo source
		cat in >source 3>&- &
		zcopy 6 -m "$method" -c 300002 source out
		rm source
		listener -m "$method" -c 300002 listen:127.0.0.1:0 out
		"${clean_env[@]}" "$ZCOPY" in "127.0.0.1:$port" 3>&- || :
		ends 6
		[ "$(cat out)" = old ]
	done
}

# is_drained - for `retry`: zcopy has read all that was written to descriptor 7.
is_drained() {
	[ "$(python3 -c '
import array, fcntl, termios
count = array.array("i", [0])
fcntl.ioctl(7, termios.FIONREAD, count)
print(count[0])')" -eq 0 ]
}

# bats test_tags=kernel
@test "eof: a FIFO ends when its last writer closes, not before" {
	local method
	requires python3
	for method in $(methods stream file); do
		echo "method $method"
		rm -f source out
		mkfifo source
		start -m "$method" source out
		exec 7>source 8>source
		head -c 100000 in >&8
		exec 8>&-
		retry is_drained
		tail -c +100001 in >&7
		retry is_drained
		kill -0 "$pid"
		[ ! -e out ]
		exec 8>source 7>&-
		echo last >&8
		exec 8>&-
		ends 0
		cmp out <(cat in; echo last)
	done
}

@test "eof: several writers of a FIFO, one after another, make one stream" {
	local method
	for method in $(methods stream file); do
		echo "method $method"
		rm -f source
		mkfifo source
		start -m "$method" source out
		exec 7>source
		cat in >source
		cat in >source
		exec 7>&-
		ends 0
		cmp out <(cat in in)
	done
}

@test "eof: zcopy waits for the last writer of an inherited pipe" {
	local method
	mkfifo source
	for method in $(methods stream file); do
		echo "method $method"
		exec 7<>source
		STDOUT=out start -m "$method" - - <source 7>&-
		exec 8>source 7>&-
		cat in >&8
		kill -0 "$pid"
		exec 8>&-
		ends 0
		same in out
	done
}

# kernel_file FILE - each method that can moves all of FILE to each destination,
# and the others are refused.
kernel_file() {
	local method dest
	cat "$1" >all
	echo "$1: stat says $(stat -c %s "$1"), has $(stat -c %s all)"
	[ "$(stat -c %s all)" -gt 0 ]
	[ "$(stat -c %s "$1")" -ne "$(stat -c %s all)" ]
	for dest in file stdout pipe fifo tcp; do
		for method in $(available auto sendfile splice read-write); do
			echo "method $method"
			deliver 0 "$dest" -m "$method" "$1"
			same all got
		done
	done
	exec 7<"$1"
	zcopy 0 fd:7 got
	same all got
	for method in $(available copy_file_range mmap reflink); do
		echo "method $method"
		zcopy 9 -m "$method" "$1" new
		[[ $output == *"$method: "* ]]
		[ ! -e new ]
	done
}

@test "eof: a file of /proc, whose st_size is 0, is read to its end" {
	kernel_file /proc/version
	kernel_file /proc/filesystems
	kernel_file /proc/sys/kernel/ostype
}

@test "eof: a file of /sys, whose st_size is 4096, is read to its end" {
	kernel_file /sys/devices/system/cpu/possible
	kernel_file /sys/kernel/vmcoreinfo
}

@test "eof: a file of a cgroup is read to its end" {
	local file
	# Find a cgroup hierarchy, of version 1 or 2.
	file=$(awk '$3 ~ /^cgroup2?$/ { print $2 "/cgroup.procs"; exit }' \
	    /proc/mounts)
	[ -n "$file" ] || skip "no cgroups are mounted"
	zcopy 0 "$file" out
	grep -q '^[0-9]' out
}

@test "eof: a /proc file that sendfile and splice refuse is read to its end" {
	local method
	sleep 1000 3>&- &
	# Wait until the child has executed sleep.
	retry grep -q sleep "/proc/$!/cmdline"
	cat "/proc/$!/cmdline" >all
	zcopy 0 "/proc/$!/cmdline" out
	same all out
	for method in $(available sendfile splice); do
		echo "method $method"
		zcopy 9 -m "$method" "/proc/$!/cmdline" new
		[[ $output == *"$method: "* ]]
		[ ! -e new ]
	done
}

@test "eof: a /proc file of many reads is read to its end" {
	# The parent, a bats that only waits, has a long list.
	zcopy 0 "/proc/$PPID/smaps" out
	cat "/proc/$PPID/smaps" >all
	[ "$(stat -c %s all)" -gt 4096 ]
	# Compare the mappings and the labels; the numbers change.
	grep -Eo '^([0-9a-f]+-[0-9a-f]+|[A-Z][A-Za-z_]+)' all >expected
	grep -Eo '^([0-9a-f]+-[0-9a-f]+|[A-Z][A-Za-z_]+)' out >got
	same expected got
}

# FUSE has done that, and overlayfs in containers.
@test "eof: a 0 from the kernel's own paths before the end is not believed" {
	local method
	requires_method copy_file_range sendfile splice
	FAULT=copy_file_range:zero:1 zcopy 0 in got
	fault_fired
	same in got

	mkfifo fifo
	cat fifo >piped 3>&- &
	FAULT=splice:zero:1 zcopy 0 in fifo
	wait $!
	fault_fired
	same in piped

	listener listen:127.0.0.1:0 sent
	FAULT=splice:zero:1 zcopy 0 in "127.0.0.1:$port"
	fault_fired
	ends 0
	same in sent

	for method in copy_file_range sendfile splice; do
		FAULT=$method:zero:1+ zcopy 9 -m $method in new
		fault_fired 2
		[[ $output == *"$method: "* ]]
		[ ! -e new ]
	done
}

# terminal source|dest COMMAND... - see tests/terminal.py.
terminal() {
	python3 "$BATS_TEST_DIRNAME/terminal.py" "$@"
}

# bats test_tags=kernel
@test "eof: a terminal ends at the first Ctrl-D, and no more is read" {
	local method
	requires python3
	for method in $(methods stream file); do
		echo "method $method"
		terminal source "$ZCOPY" -m "$method" - got
		cmp got <(printf 'one\ntwo\n')
		cmp left <(echo not for zcopy)
	done
}

@test "eof: Ctrl-D on a terminal before --bytes gives status 6" {
	local method status
	requires python3
	for method in $(methods stream file); do
		echo "method $method"
		status=0
		terminal source "$ZCOPY" -m "$method" -c 9 - got || status=$?
		[ $status -eq 6 ]
		[ ! -e got ]
	done
}

@test "eof: a terminal gets all of a file, with each method that can" {
	local method
	requires python3
	for method in $(available auto splice sendfile mmap read-write); do
		echo "method $method"
		terminal dest "$ZCOPY" -m "$method" in -
		same in got
	done
}

# far_end ARG... - run tests/peer.py.
far_end() {
	timeout 20 python3 "$BATS_TEST_DIRNAME/peer.py" "$@"
}

# half_closer ADDRESS - connect to a zcopy that listens, send `in` and
# half-close.  zcopy must not send anything, and must not close before `got` is
# complete.
half_closer() {
	far_end connect "$1" send=in end save=said equal=in:got
	[ ! -s said ]
}

@test "eof: a socket ends at the peer's half-close, and zcopy closes at the end" {
	local method
	requires python3
	for method in $(methods stream file); do
		echo "method $method"
		listener -m "$method" listen:127.0.0.1:0 got
		half_closer "127.0.0.1:$port"
		ends 0
		same in got
		rm got
		listener -m "$method" unix-listen:sock got
		half_closer ./sock
		ends 0
		same in got
		rm -f got sock
	done
}

# half_closed TYPE COMMAND... - run COMMAND with a socket as standard input, to
# which the peer sends `in` and then half-closes.  What is written to that
# socket after COMMAND must arrive.
half_closed() {
	# shellcheck disable=SC2016	# for the other shell
	far_end pair "$1" 0 send=in end save=thanks -- \
	    sh -c '"$@" && printf thanks >&0' sh "${@:2}"
	[ "$(cat thanks)" = thanks ]
}

@test "eof: a half-close of an inherited socket leaves the way back open" {
	local method family
	requires python3
	for family in stream tcp; do
		for method in $(methods stream file); do
			echo "method $method, $family"
			half_closed $family "$ZCOPY" -m "$method" - got
			same in got
		done
	done
}

@test "eof: a reset is not an end: status 5, and DEST stays" {
	local method
	requires python3
	printf some >some
	echo old >out
	for method in $(methods stream file); do
		echo "method $method"
		listener -m "$method" listen:127.0.0.1:0 out
		far_end connect "127.0.0.1:$port" send=some reset
		ends 5
		[ "$(cat out)" = old ]
	done
}
