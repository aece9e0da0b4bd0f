#!/usr/bin/env bats
# -c, and sources that change while they are being moved.

load helpers
load routes

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in "$size"
}

# More than a pipe of 1 MiB holds, and not a multiple of the page size.
size=3000001

# position FD - print the offset of a descriptor of this shell.
position() {
	awk '/^pos:/ { print $2 }' "/proc/self/fdinfo/$1"
}

# stands FD POSITION - true if FD has this offset.
stands() {
	echo "descriptor $1 stands at $(position "$1"), expected $2"
	[ "$(position "$1")" -eq "$2" ]
}

# each_count DEST - move the first bytes of a file to DEST by each method, with
# counts around the sizes of pages, blocks and pipes.
each_count() {
	local method count
	for count in 1 4096 12288 65536 65537 1048576 1048577 $((size / 2)) \
	    $((size - 1)) "$size"; do
		head -c "$count" in >expected
		for method in $(methods file "$1"); do
			echo "method $method, count $count"
			deliver 0 "$1" -m "$method" -c "$count" in
			same expected got
		done
	done
}

@test "count: just so much of a file arrives in a file" {
	each_count file
}

@test "count: just so much of a file arrives in standard output" {
	each_count stdout
}

@test "count: just so much of a file arrives in a pipe" {
	each_count pipe
}

@test "count: just so much of a file arrives in a FIFO" {
	each_count fifo
}

# bats test_tags=slow
@test "count: just so much of a file arrives at a socket" {
	each_count tcp
}

@test "count: just so much of a pipe arrives, whatever a pipe holds" {
	local method dest count
	for count in 1 4096 65535 65536 65537 1048577 "$size"; do
		head -c "$count" in >expected
		for dest in file pipe; do
			for method in $(methods stream "$dest"); do
				echo "method $method, count $count"
				deliver 0 "$dest" -m "$method" -c "$count" - \
				    < <(cat in)
				same expected got
			done
		done
	done
}

# bats test_tags=valgrind
@test "count: one more than there is gives status 6, and DEST stays" {
	local method
	for method in $(methods file file); do
		echo "method $method"
		echo old >out
		zcopy 6 -m "$method" -c $((size + 1)) in out
		[[ $output == "zcopy: in: "* ]]
		[ "$(cat out)" = old ]
		zcopy 6 -m "$method" -c $((size + 1)) in new
		[ ! -e new ]
	done
	for method in $(methods stream file); do
		echo "method $method, from a pipe"
		zcopy 6 -m "$method" -c $((size + 1)) - out < <(cat in)
		[[ $output == "zcopy: -: "* ]]
		[ "$(cat out)" = old ]
	done
}

@test "count: what a short source had is in the message, and in the stream" {
	local method dest
	for dest in stdout pipe fifo; do
		for method in $(methods file "$dest"); do
			echo "method $method"
			deliver 6 "$dest" -m "$method" -c $((size + 1)) in
			[[ $output == *$size* ]]
			same in got
		done
		for method in $(methods stream "$dest"); do
			echo "method $method, from a pipe"
			deliver 6 "$dest" -m "$method" -c $((size + 1)) - \
			    < <(cat in)
			[[ $output == *$size* ]]
			same in got
		done
	done
}

@test "count: a short source ends no socket cleanly" {
	local method
	for method in $(methods file tcp); do
		echo "method $method"
		echo old >out
		listener listen:127.0.0.1:0 out
		zcopy 6 -m "$method" -c $((size + 1)) in "127.0.0.1:$port"
		ends 5
		[ "$(cat out)" = old ]
	done
}

@test "count: what is over 2 GiB, 4 GiB, and all but endless is not there" {
	local method count
	for count in 2147483648 2147483649 4294967296 4294967297 \
	    4503599627370496 9223372036854775806 9223372036854775807; do
		for method in $(methods file file); do
			echo "method $method, count $count"
			zcopy 6 -m "$method" -c "$count" in new
			[ ! -e new ]
		done
		for method in $(methods stream file); do
			echo "method $method, count $count, from a pipe"
			zcopy 6 -m "$method" -c "$count" - new < <(cat in)
			[ ! -e new ]
		done
	done
}

@test "count: --allow-short takes what there is" {
	local method dest count
	for count in $((size + 1)) 9223372036854775807; do
		for dest in file stdout pipe tcp; do
			for method in $(methods file "$dest"); do
				echo "method $method"
				deliver 0 "$dest" -m "$method" --allow-short \
				    -c "$count" in
				same in got
			done
			for method in $(methods stream "$dest"); do
				echo "method $method, from a pipe"
				deliver 0 "$dest" -m "$method" --allow-short \
				    -c "$count" - < <(cat in)
				same in got
			done
		done
	done
}

@test "count: 0 moves nothing, and DEST is made, empty" {
	local method dest
	: >expected
	for dest in file stdout pipe fifo; do
		for method in $(methods file "$dest"); do
			echo "method $method"
			deliver 0 "$dest" -m "$method" -c 0 in
			same expected got
		done
	done
}

@test "count: 0 does not wait for a source that has nothing to say" {
	local method
	mkfifo source
	exec 7<>source
	for method in $(methods stream file); do
		echo "method $method"
		rm -f out
		ZCOPY_TEST_TIMEOUT=5 zcopy 0 -m "$method" -c 0 source out
		[ ! -s out ]
		ZCOPY_TEST_TIMEOUT=5 zcopy 0 -m "$method" -c 0 - out <&7
		[ ! -s out ]
	done
}

@test "count: 0 takes not one byte" {
	local method
	for method in $(methods file file); do
		echo "method $method"
		exec 7<in
		zcopy 0 -m "$method" -c 0 fd:7 out
		stands 7 0
	done
	for method in $(methods stream file); do
		echo "method $method, from a pipe"
		exec 7< <(cat in)
		zcopy 0 -m "$method" -c 0 fd:7 out
		cat <&7 >got
		same in got
	done
}

@test "count: a file is read not one byte further" {
	local method dest
	for dest in file stdout pipe tcp; do
		for method in $(methods file "$dest"); do
			echo "method $method"
			exec 7<in
			deliver 0 "$dest" -m "$method" -c 100001 fd:7
			stands 7 100001
		done
	done
}

# stops_at COUNT - each method takes COUNT bytes of a stream, its standard
# input, and leaves the rest to the next reader.
stops_at() {
	local method dest
	head -c "$1" in >expected
	tail -c "+$(($1 + 1))" in >rest
	for dest in file pipe; do
		for method in $(methods stream "$dest"); do
			echo "method $method, count $1, from a pipe"
			exec 7< <(cat in)
			deliver 0 "$dest" -m "$method" -c "$1" - <&7
			cat <&7 >left
			same expected got
			same rest left

			echo "method $method, count $1, from a FIFO"
			cat in >source 3>&- &
			exec 7<source
			deliver 0 "$dest" -m "$method" -c "$1" fd:7
			cat <&7 >left
			same expected got
			same rest left
		done
	done
}

@test "count: of a pipe and a FIFO not one byte more is read" {
	mkfifo source
	stops_at 1
	stops_at 4097
	stops_at 65536
	stops_at 1048577
}

# socket_source TYPE COMMAND... - run it with a socket as its standard input, to
# which `in` is sent.  What COMMAND leaves there is in `left` then.
socket_source() {
	# shellcheck disable=SC2016	# for the other shell
	timeout 20 python3 "$BATS_TEST_DIRNAME/peer.py" pair "$1" 0 \
	    send=in end -- sh -c '"$@" || exit; cat >left' sh "${@:2}"
}

@test "count: of a socket not one byte more is read" {
	local method family count
	requires python3
	for family in stream tcp; do
		for count in 1 70001; do
			head -c $count in >expected
			tail -c +$((count + 1)) in >rest
			for method in $(methods stream file); do
				echo "method $method, $family, count $count"
				socket_source $family "$ZCOPY" -m "$method" \
				    -c $count - got
				same expected got
				same rest left
			done
		done
	done
}

@test "count: an endless device gives just so much" {
	local method dest
	head -c 3000001 /dev/zero >expected
	for dest in file stdout pipe tcp; do
		for method in auto sendfile splice read-write; do
			echo "method $method"
			deliver 0 "$dest" -m "$method" -c 3000001 /dev/zero
			same expected got
		done
	done
}

@test "count: 8 GiB of an endless device are 8 GiB" {
	zcopy 0 -v -c 8G /dev/zero /dev/null
	[[ $output == *"done: 8589934592 bytes in "* ]]
}

@test "count: across 2 GiB and 4 GiB of a file each byte arrives" {
	local method
	truncate -s 5G vast
	dd if=in of=vast bs=1M seek=2146000000 oflag=seek_bytes conv=notrunc \
	    status=none
	dd if=in of=vast bs=1M seek=4293500000 oflag=seek_bytes conv=notrunc \
	    status=none
	for method in $(methods file pipe); do
		echo "method $method"
		deliver 0 pipe -m "$method" --offset=2146000000 -c $size vast
		same in got
		deliver 0 pipe -m "$method" --offset=4293500000 -c $size vast
		same in got
	done
}

# A writer that writes single bytes and never closes.
dribble() {
	local i
	for ((i = 0; i < 300; i++)); do
		printf '%s' $((i % 10))
	done
}

@test "count: a writer who dribbles is awaited until the count is there" {
	local method
	mkfifo source
	dribble >all
	head -c 250 all >expected
	for method in $(methods stream file); do
		echo "method $method"
		exec 7<>source
		start -m "$method" -c 250 source out
		dribble >&7
		ends 0
		same expected out
		head -c 50 <&7 >left
		cmp <(tail -c 50 all) left
		exec 7>&-
	done
}

@test "count: once it is there, a writer who stays is not waited for" {
	local method
	mkfifo source
	head -c 1000 in >expected
	for method in $(methods stream file); do
		echo "method $method"
		exec 7<>source
		cat expected >&7
		ZCOPY_TEST_TIMEOUT=5 zcopy 0 -m "$method" -c 1000 source out
		same expected out
		ZCOPY_TEST_TIMEOUT=5 zcopy 0 -m "$method" -c 0 - out <&7
		exec 7>&-
	done
}

@test "count: what -v says was moved is what has arrived" {
	local method dest
	for dest in file stdout pipe tcp; do
		for method in $(methods file "$dest"); do
			echo "method $method"
			rm -f got
			if [ "$dest" = tcp ]; then
				listener listen:127.0.0.1:0 got
				zcopy 0 -v -m "$method" in "127.0.0.1:$port"
				[[ $output == *"done: $size bytes in "* ]]
				ends 0
				continue
			fi
			deliver 0 "$dest" -v -m "$method" -c 777777 in
			[[ $output == *"done: 777777 bytes in "* ]]
			[ "$(stat -c %s got)" -eq 777777 ]
		done
	done
}

@test "count: what the error says was delivered is what has arrived" {
	local method
	requires prlimit
	local clean_env=(prlimit --fsize=1000003 "${clean_env[@]}")
	for method in $(methods file file); do
		echo "method $method"
		rm -f got
		zcopy 4 --inplace -m "$method" in got
		[[ $output == "zcopy: got: "*" 1000003 "* ||
		    $output == "zcopy: got: "*"(1000003 "* ]]
		[ "$(stat -c %s got)" -eq 1000003 ]
	done
	for method in $(methods stream file); do
		echo "method $method, from a pipe"
		rm -f got
		zcopy 4 --inplace -m "$method" - got < <(cat in)
		[[ $output == "zcopy: got: "*"(1000003 "* ]]
		[ "$(stat -c %s got)" -eq 1000003 ]
		cmp got <(head -c 1000003 in)
	done
}

# Sources that change.  If DEST is a FIFO, the case has read one byte from it:
# zcopy has begun and cannot end, because `in` is more than a pipe holds.  If it
# is a file, a signal stops zcopy half way.

# midway ARG... - start zcopy ARG... fifo, and read one byte.
midway() {
	echo "$*, to a FIFO:"
	rm -f fifo
	mkfifo fifo
	start "$@" fifo
	exec 7<fifo
	dd bs=1 count=1 status=none <&7 >got
}

# finish STATUS - read the rest; what arrived is in `got`.
finish() {
	cat <&7 >>got
	exec 7<&-
	ends "$1"
}

# halfway ARG... - start zcopy ARG... from `in` to the file `out`, and stop it
# half way.  Tries again if it has ended first, because the machine was busy.
halfway() {
	local try
	echo "$*, to a file:"
	for try in {1..8}; do
		echo old >out
		start --block-size=32 "$@" in out
		until ! look || [ "$far" -gt 0 ]; do
			:
		done
		kill -STOP "$pid" 2>/dev/null || :
		retry stopped
		look || continue
		[ "$far" -ge "$size" ] || return 0
		kill -CONT "$pid"
		retry gone "$pid"
	done
	echo "in $try tries zcopy was not caught half way"
	return 1
}

# Set $far: how much of `in` zcopy has read.  False if it has ended.
look() {
	local fd key value
	far=0
	for fd in /proc/"$pid"/fd/*; do
		[ "$fd" -ef in ] || continue
		while read -r key value; do
			[ "$key" != pos: ] || far=$value
		done <"/proc/$pid/fdinfo/${fd##*/}"
	done 2>/dev/null
	! gone "$pid"
}

# True once a signal has stopped $pid, or it has ended.
stopped() {
	local stat
	read -ra stat <"/proc/$pid/stat" || return 0
	[ "${stat[2]}" = T ]
} 2>/dev/null

# stays STATUS - let it go on; it must leave out as it was, and nothing else.
stays() {
	kill -CONT "$pid"
	RETRY_SECONDS=60 ends "$1"	# by 32 bytes a call
	[ "$(cat out)" = old ]
	[ -z "$(find . -name '*out*' ! -name out)" ]
}

# each_midway STATUS CHANGE... - make the change while zcopy writes to a FIFO,
# with each method.  It must end with STATUS.
each_midway() {
	local want=$1 method
	shift
	for method in $(methods file fifo); do
		random_file in "$size"
		random_file other "$size"
		midway -m "$method" in
		"$@"
		finish "$want"
	done
}

# each_halfway STATUS CHANGE... - make the change while zcopy writes to a file,
# with each method.  It must end with STATUS, and not replace the file.
each_halfway() {
	local want=$1 method
	shift
	for method in $(methods file file); do
		random_file in "$size"
		random_file other "$size"
		halfway -m "$method"
		"$@"
		stays "$want"
	done
}

# The changes.
rewrite() {
	head -c 10 /dev/urandom |
	    dd of=in bs=1 seek=$((size - 10)) conv=notrunc status=none
}

rewrite_and_hide() {
	touch -r in ../stamp
	rewrite
	touch -r ../stamp in
}

grow() {
	echo more >>in
}

shrink_to() {
	truncate -s "$1" in
}

@test "change: a source written to in place gives status 7 and its name" {
	each_midway 7 rewrite
	[[ $output == *"zcopy: in: "* ]]
}

@test "change: a source written to in place does not replace DEST" {
	each_halfway 7 rewrite
	[[ $output == *"zcopy: in: "* ]]
}

@test "change: a source written to in place is seen though its mtime is not" {
	each_midway 7 rewrite_and_hide
}

@test "change: a source as standard input is watched, too" {
	midway - <in
	rewrite
	finish 7
	[[ $output == *"zcopy: -: "* ]]
}

# no_change CHANGE... - make a change that sets the ctime of $file, `in` by
# default, but not its data.  zcopy must succeed, with SOURCE as a name and as
# standard input.  `in` has a second link, `link`.
no_change() {
	local file=${file:-in} ctime route
	cp in in.before
	for route in in -; do
		rm -f in link another
		cp in.before in
		ln in link
		midway -v "$route" <in
		ctime=$(stat -c %z in)
		"$@"
		[ "$(stat -c %z "$file")" != "$ctime" ]
		finish 0
		same in.before got
	done
}

@test "change: links, mode, owner and group are none" {
	no_change ln in another
	no_change rm link
	no_change chmod 600 in
	requires_root
	no_change chown 1 in
	no_change chgrp 1 in
}

@test "change: attributes set by chattr are none" {
	requires chattr
	touch probe
	chattr +d probe || skip "no chattr on this file system"
	no_change chattr +d in
}

@test "change: a source that is renamed is none, and -v notes it" {
	file=new no_change mv in new
	[[ $output == *"zcopy: -: renamed or removed while it was being moved:"* ]]
	cp new in
	halfway -v
	mv in new
	kill -CONT "$pid"
	ends 0
	[[ $output == *"zcopy: in: renamed or removed while it was being moved:"* ]]
	same new out
}

@test "change: a source that is removed, or replaced by rename, is none" {
	local change
	cp in before
	random_file other "$size"
	for change in "rm in" "mv other in" "mv in new" "ln -sf other in"; do
		cp before in
		midway -v in
		$change
		finish 0
		[[ $output == *"zcopy: in: renamed or removed"* ]]
		same before got
	done
}

@test "change: a source whose link or directory leads elsewhere is none" {
	random_file real "$size"
	random_file other "$size"
	ln -sf real in
	midway -v in
	ln -sf other in
	finish 0
	[[ $output == *"zcopy: in: renamed or removed"* ]]
	same real got
	mkdir dir new
	random_file dir/in "$size"
	random_file new/in "$size"
	midway dir/in
	mv dir old
	mv new dir
	finish 0
	same old/in got
}

@test "change: a ctime that moves for no reason that is seen gives status 7" {
	each_midway 7 touch -r in in
	midway - <in
	touch -r in in
	finish 7
}

@test "change: a source that is read by others has not changed" {
	midway in
	cat in >/dev/null
	finish 0
	same in got
}

@test "change: a source that grows gives status 7" {
	each_midway 7 grow
	each_halfway 7 grow
}

@test "change: with a count a source may grow" {
	local method
	cp in before
	for method in $(methods file fifo); do
		midway -m "$method" -c $((size - 1)) in
		grow
		finish 0
		cmp got <(head -c $((size - 1)) before)
	done
	for method in $(methods file file); do
		halfway -m "$method" -c $((size - 1))
		grow
		kill -CONT "$pid"
		RETRY_SECONDS=60 ends 0
		cmp out <(head -c $((size - 1)) before)
	done
}

@test "change: a count that was not there yet is met by growth" {
	local method
	random_file more 100000
	for method in $(methods file fifo); do
		random_file in "$size"
		cat in more >before
		midway -m "$method" -c $((size + 50000)) in
		cat more >>in
		finish 0
		cmp got <(head -c $((size + 50000)) before)
	done
}

@test "change: with a count, to write to the source still gives status 7" {
	midway -c $((size - 1)) in
	rewrite
	finish 7
}

@test "change: a source that shrinks gives status 6, in good time" {
	each_midway 6 shrink_to 0
	each_midway 6 shrink_to 1
	each_midway 6 shrink_to 1500000
	each_midway 6 shrink_to $((size - 1))
	[[ $output == *"zcopy: in: "* ]]
}

@test "change: a source that shrinks does not replace DEST" {
	each_halfway 6 shrink_to 0
	each_halfway 6 shrink_to $((size - 1))
}

@test "change: a source that shrinks below a count gives status 6" {
	local method
	for method in $(methods file fifo); do
		random_file in "$size"
		midway -m "$method" -c $((size - 1)) in
		shrink_to 1500000
		finish 6
	done
}

@test "change: a source that shrinks has changed, though it may be short" {
	midway --allow-short in
	shrink_to 1500000
	finish 7
}

# Some FUSE servers report such a size.
@test "change: a source whose size was never there has not shrunk" {
	local fault
	for fault in read:zero:3+:in=reg read:zero:1+:in=reg; do
		FAULT=$fault zcopy 0 --method=read-write --block-size=64K in out
		fault_fired
		[ "$(stat -c %s out)" -lt "$(stat -c %s in)" ]
		cmp -n "$(stat -c %s out)" in out
	done
}

# With mmap only to 0 bytes: the kernel pads the last page with NULs.
@test "change: methods that copy pad a source that shrinks with nothing" {
	local row
	cp in before
	for row in mmap:0 read-write:0 read-write:1500000; do
		cp before in
		midway -m "${row%:*}" in
		shrink_to "${row#*:}"
		finish 6
		cmp got <(head -c "$(stat -c %s got)" before)
	done
}
