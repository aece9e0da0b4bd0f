#!/usr/bin/env bats
# The end of a source is what read(2) says.  splice, sendfile and
# copy_file_range return 0 though there is more: at an urgent byte of a TCP
# peer, at the st_size of a FUSE file, at the old end of a file that grows.

load helpers
load peer
load routes

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file a 100000
	random_file b 100000
	cat a b >in
	got=$BATS_TEST_TMPDIR.got
	go=$BATS_TEST_TMPDIR.go
}

teardown() {
	end_all
	unmount_all
}

## An urgent byte (MSG_OOB) is not data, and not the end

# deeds WHERE - print the deeds of a peer with an urgent byte there.
deeds() {
	case $1 in
	first)	echo urgent send=in ;;
	middle)	echo send=a urgent send=b ;;
	last)	echo send=in urgent ;;
	esac
}

# passes WHERE ARG... - a zcopy that listens succeeds with a peer that has an
# urgent byte there.
passes() {
	local where=$1
	shift
	listener "$@"
	# shellcheck disable=SC2046	# deeds are words
	peer connect "127.0.0.1:$port" $(deeds "$where")
	ends 0
}

@test "urgent: a listener receives all data around it, with each method" {
	local where method
	for where in first middle last; do
		for method in $(methods stream file); do
			echo "urgent byte $where, method $method"
			echo old >out
			passes "$where" -m "$method" listen:127.0.0.1:0 out
			same in out
		done
	done
}

@test "urgent: a client receives all data around it, with each method" {
	local where method
	for where in first middle last; do
		for method in $(methods stream file); do
			# shellcheck disable=SC2046
			peer listen 127.0.0.1:0 $(deeds "$where")
			zcopy 0 -m "$method" "127.0.0.1:$port" out
			same in out
		done
	done
}

@test "urgent: all data around it reaches each kind of DEST" {
	local where method first
	for where in first middle last; do
		for method in $(methods stream stdout); do
			STDOUT=$got passes "$where" -m "$method" \
			    listen:127.0.0.1:0 -
			same in "$got"
		done
		mkfifo fifo
		cat fifo >"$got" 3>&- &
		passes "$where" listen:127.0.0.1:0 fifo
		wait $!
		same in "$got"
		rm fifo

		passes "$where" -v listen:127.0.0.1:0 /dev/null
		[[ $output == *"done: 200000 bytes"* ]]

		peer listen "$BATS_TEST_TMPDIR.socket" "save=$got"
		passes "$where" listen:127.0.0.1:0 \
		    "unix:$BATS_TEST_TMPDIR.socket"
		same in "$got"
		rm "$BATS_TEST_TMPDIR.socket"

		listener listen:127.0.0.1:0 out
		first=$pid
		passes "$where" listen:127.0.0.1:0 "127.0.0.1:$port"
		ends 0 "$first"
		same in out
	done
}

@test "urgent: all data around it arrives from an inherited socket" {
	local where kind method
	for where in first middle last; do
		for kind in tcp tcp-nonblock; do
			for method in $(methods stream file); do
				echo "$kind, urgent byte $where, method $method"
				# shellcheck disable=SC2046
				timeout 20 "$PYTHON" "$PEER" pair $kind 7 \
				    $(deeds "$where") end ended -- \
				    "$ZCOPY" -m "$method" fd:7 out 3>&-
				same in out
			done
		done
	done
}

@test "urgent: --offset and --bytes do not count it" {
	local where
	tail -c +100001 in >expected
	for where in first middle last; do
		passes "$where" --offset=100000 listen:127.0.0.1:0 out
		same expected out
		passes "$where" --offset=99999 -c 2 listen:127.0.0.1:0 out
		cmp -i 99999:0 -n 2 in out
		passes "$where" -c 200000 listen:127.0.0.1:0 out
		same in out
	done
}

@test "urgent: all data around it arrives between header and trailer" {
	printf head >h
	printf tail >t
	cat h in t >expected
	STDOUT=$got passes middle --header=h --trailer=t listen:127.0.0.1:0 -
	same expected "$got"
}

@test "urgent: all data around two of them arrives" {
	local method
	cat a b a >expected
	for method in $(methods stream stdout); do
		rm -f "$go"
		STDOUT=$got listener -m "$method" listen:127.0.0.1:0 -
		peer connect "127.0.0.1:$port" send=a urgent send=b "wait=$go" \
		    urgent send=a
		retry has 200000 "$got"
		: >"$go"
		ends 0
		same expected "$got"
	done
}

@test "urgent: a peer that sends nothing else gives status 6" {
	echo old >out
	listener listen:127.0.0.1:0 out
	peer connect "127.0.0.1:$port" urgent
	ends 6
	[ "$(cat out)" = old ]
}

@test "urgent: --discard does not count it" {
	listener --discard listen:127.0.0.1:0
	peer connect "127.0.0.1:$port" send=a urgent send=b
	retry grep -q ': 200000 bytes in' "$log"
	kill "$pid"
	ends 143
}

@test "urgent: waiting for data after it costs no CPU time" {
	local before
	# shellcheck disable=SC2016	# for that shell
	timeout 20 "$PYTHON" "$PEER" pair tcp-nonblock 7 send=a urgent \
	    "wait=$go" send=b end ended -- \
	    sh -c 'echo $$ >pid; exec "$0" "$@"' "$ZCOPY" fd:7 - >"$got" 3>&- &
	retry has 100000 "$got"
	retry asleep "$(cat pid)"
	before=$(cpu_ticks "$(cat pid)")
	wait_for 300000
	[ $(($(cpu_ticks "$(cat pid)") - before)) -le 5 ]
	: >"$go"
	wait $!
	same in "$got"
}

## FUSE: the server makes up st_size

@test "fuse: --benchmark of a SOURCE that cannot seek measures only read-write" {
	odd_files
	zcopy 0 --benchmark -q --rounds=1 "$odd/double-noseek" /dev/null
	[[ $output == *read-write* && $output != *refused* ]]
}

@test "fuse: all that read(2) gets arrives, whatever st_size says" {
	local file dest
	odd_files
	for file in exact {none,half,double}{,-noseek,-stream}; do
		for dest in file stdout pipe fifo tcp; do
			echo "$file to $dest"
			deliver 0 "$dest" "$odd/$file"
			same in got
		done
	done
}

@test "fuse: all that read(2) gets arrives from an inherited descriptor, too" {
	local file
	odd_files
	tail -c +1001 in >expected
	for file in exact {none,half,double}{,-noseek,-stream}; do
		echo "$file"
		{ dd bs=1000 count=1 status=none >/dev/null
		deliver 0 pipe -; } <"$odd/$file"
		same expected got
	done
}

@test "fuse: --offset and --bytes work, whatever st_size says" {
	local file
	odd_files
	tail -c +150001 in >expected
	for file in {none,half,double}{,-noseek,-stream}; do
		echo "$file"
		zcopy 0 --offset=150000 "$odd/$file" out
		same expected out
		zcopy 0 --offset=150000 -c 12345 "$odd/$file" out
		cmp -n 12345 -i 150000:0 in out
		[ "$(stat -c %s out)" -eq 12345 ]
		zcopy 6 --offset=150000 -c 50001 "$odd/$file" out
	done
}

@test "fuse: all that read(2) gets arrives over TCP" {
	local file
	odd_files
	for file in {none,half,double}{-noseek,-stream}; do
		listener listen:127.0.0.1:0 out
		zcopy 0 "$odd/$file" "127.0.0.1:$port"
		ends 0
		same in out
	done
}

@test "fuse: a named method delivers everything, or says why it cannot" {
	local file method
	odd_files
	for file in {none,half}{,-noseek,-stream}; do
		for method in copy_file_range sendfile splice mmap; do
			echo old >out
			zcopy 9 -m "$method" "$odd/$file" out
			[[ $output == "zcopy: out: $method: "* ]]
			[ "$(cat out)" = old ]
		done
		zcopy 0 -m read-write "$odd/$file" out
		same in out
	done
	zcopy 9 -m splice "$odd/half-stream" -
	[[ $output == *"the source cannot seek, and only read(2) sees past its \
st_size"* ]]
}

@test "fuse: a size that falls during the copy gives status 6" {
	odd_files
	echo old >out
	zcopy 6 "$odd/shrinks" out
	[[ $output == "zcopy: $odd/shrinks: read: it shrank"* ]]
	[ "$(cat out)" = old ]
}

@test "fuse: a slow read(2) is not interrupted" {
	odd_files
	listener listen:127.0.0.1:0 out
	zcopy 0 -c 1000 "$odd/slow" "127.0.0.1:$port"
	ends 0
	cmp -n 1000 in out
	zcopy 0 --timeout=2 -c 1000 "$odd/slow" out
	cmp -n 1000 in out
}

@test "fuse: --timeout and signals end the wait for a server that hangs" {
	local method
	odd_files
	echo old >out
	for method in auto sendfile read-write; do
		zcopy 3 --timeout=0.5 -m $method "$odd/hangs" out
		[[ $output == "zcopy: $odd/hangs: read: nothing moved for 0.5 s"* ]]
		start -m $method "$odd/hangs" -
		retry asleep "$pid"
		kill "$pid"
		RETRY_SECONDS=3 ends 143
	done
	[ "$(cat out)" = old ]
}

@test "fuse: a pipe's reader is not held up by a slow server" {
	local reader
	odd_files
	mkfifo fifo
	cat fifo >"$got" 3>&- &
	reader=$!
	start --block-size=64K "$odd/slow" fifo
	retry test -s "$got"
	# The next read(2) takes 1.2 s.  A reader that waited for the pipe's
	# lock all that time (state D) could not be killed.
	RETRY_SECONDS=1 retry asleep "$reader"
	kill "$reader"
	wait "$reader" || [ $? -eq 143 ]
	ends 141
}

@test "fuse: with an offset past st_size, --timeout and signals work" {
	local far
	odd_files
	far=--offset=$(($(stat -c %s in) + 1))
	echo old >out
	zcopy 3 --timeout=0.5 "$far" "$odd/hangs" out
	[[ $output == "zcopy: $odd/hangs: read: nothing moved for 0.5 s" ]]
	start "$far" "$odd/hangs" out
	retry asleep "$pid"
	kill -USR1 "$pid"
	retry grep -q ': skipping$' "$log"
	kill "$pid"
	RETRY_SECONDS=3 ends 143
	[[ $output == *"zcopy: $odd/hangs: read: interrupted (SIGTERM)" ]]
	[ "$(cat out)" = old ]
}

@test "fuse: --no-disk-io does not take st_size for the end" {
	odd_files
	zcopy 0 --no-disk-io "$odd/none" out
	same in out
	zcopy 10 --no-disk-io "$odd/half" out
}

@test "fuse: a read error half way is reported, with each method" {
	local method
	odd_files
	for method in auto read-write sendfile splice mmap; do
		echo old >out
		zcopy 3 -m "$method" "$odd/broken" out
		[[ $output == *"zcopy: $odd/broken: read: Input/output error"* ]]
		[ "$(cat out)" = old ]
		STDOUT=$got zcopy 3 -m "$method" "$odd/broken" -
		cmp -n "$(stat -c %s "$got")" in "$got"
	done
}

## A 0 that may be false is checked by read(2)

@test "end: after a single false 0 the same method continues" {
	local method call
	for method in copy_file_range sendfile; do
		FAULT=$method:zero:2 zcopy 0 -v -m $method --block-size=65536 \
		    in out
		fault_fired
		same in out
		[[ $output == *", method $method" ]]
	done
	mkfifo fifo
	cat fifo >"$got" 3>&- &
	FAULT=splice:zero:2:in=reg zcopy 0 -v -m splice --block-size=65536 in fifo
	wait $!
	fault_fired
	same in "$got"
	[[ $output == *", method splice" ]]
}

@test "end: a method that returns 0 twice from one position is refused" {
	local method
	FAULT=copy_file_range:zero:2+ zcopy 0 -v --block-size=65536 in out
	fault_fired 2
	same in out
	[[ $output == *"copy_file_range: refused at 65536: ENODATA"* ]]
	for method in copy_file_range sendfile; do
		FAULT=$method:zero:2+ zcopy 9 -m $method --block-size=65536 \
		    in out
		fault_fired 2
		[[ $output == *"$method: refused: it saw the end where read(2) \
has more"* ]]
		same in out
	done
}

@test "end: read(2) confirms the end of a character device and a socket" {
	head -c 300000 /dev/zero >zeros
	STDOUT=$got FAULT=splice:zero:1:in=chr zcopy 0 -m splice -c 300000 \
	    /dev/zero -
	fault_fired
	same zeros "$got"
	peer listen 127.0.0.1:0 send=in
	FAULT=splice:zero:1:in=sock zcopy 0 -v "127.0.0.1:$port" out
	fault_fired
	same in out
	[[ $output == *", method read-write+splice"* ]]
	peer listen 127.0.0.1:0 send=in
	FAULT=splice:zero:1+:in=sock zcopy 0 -v "127.0.0.1:$port" out
	fault_fired 2
	same in out
	[[ $output == *"splice: refused at "*": ENODATA"* ]]
	peer listen 127.0.0.1:0 send=in
	FAULT=splice:zero:1+:in=sock zcopy 9 -m splice "127.0.0.1:$port" out
	[[ $output == *"splice: refused: it saw the end where read(2) has more"* ]]
}

@test "end: the first 0 of a FIFO or a pipe is the end" {
	local source TRACE='-e trace=read,splice'
	requires strace
	mkfifo fifo
	for source in fifo -; do
		cat a >fifo 3>&- &
		if [ $source = - ]; then
			zcopy 0 -m splice - out <fifo
		else
			zcopy 0 -m splice fifo out
		fi
		same a out
		# Another read could take the next writer's data.
		grep -q 'splice(.*) = 0$' "$BATS_TEST_TMPDIR.trace"
		[ "$(sed -n '/splice(.*) = 0$/,$p' "$BATS_TEST_TMPDIR.trace" |
		    grep -c 'read(')" -eq 0 ]
	done
}

# Status 7, because the file has grown, may or may not happen.
@test "end: a named method does not fail while another process appends" {
	local method tries writer
	for method in copy_file_range sendfile splice; do
		: >log.txt
		# shellcheck disable=SC2094	# it is removed to end this
		(while [ -e log.txt ]; do echo line; done >>log.txt) 3>&- &
		writer=$!
		for ((tries = 0; tries < 20; tries++)); do
			run zcopy_here -m $method log.txt out
			echo "$method: status $status: $output"
			[ "$status" -eq 0 ] || [ "$status" -eq 7 ]
		done
		rm log.txt
		wait "$writer"
	done
}
