#!/usr/bin/env bats
# --bytes (-c), and sources that change while they are being moved.

load helpers
load stopped
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

# has_position FD POSITION - true if FD has this offset.
has_position() {
	echo "descriptor $1 is at $(position "$1"), expected $2"
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

@test "count: exactly COUNT bytes of a file arrive in a file" {
	each_count file
}

@test "count: exactly COUNT bytes of a file arrive in standard output" {
	each_count stdout
}

@test "count: exactly COUNT bytes of a file arrive in a pipe" {
	each_count pipe
}

@test "count: exactly COUNT bytes of a file arrive in a FIFO" {
	each_count fifo
}

# bats test_tags=slow
@test "count: exactly COUNT bytes of a file arrive at a socket" {
	each_count tcp
}

@test "count: exactly COUNT bytes of a pipe arrive" {
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
@test "count: one byte more than there is gives status 6, and DEST stays" {
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

@test "count: all data of a short source is sent to a stream, and counted" {
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

@test "count: a short source resets a socket" {
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

@test "count: counts over 2 GiB and up to 2^63-1 give status 6 if not met" {
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

@test "count: with --allow-short a short source is a success" {
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

@test "count: with 0, DEST is created empty" {
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

@test "count: with 0, zcopy does not wait for a silent source" {
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

@test "count: with 0, not one byte is read" {
	local method
	for method in $(methods file file); do
		echo "method $method"
		exec 7<in
		zcopy 0 -m "$method" -c 0 fd:7 out
		has_position 7 0
	done
	for method in $(methods stream file); do
		echo "method $method, from a pipe"
		exec 7< <(cat in)
		zcopy 0 -m "$method" -c 0 fd:7 out
		cat <&7 >got
		same in got
	done
}

@test "count: a file is not read one byte further" {
	local method dest
	for dest in file stdout pipe tcp; do
		for method in $(methods file "$dest"); do
			echo "method $method"
			exec 7<in
			deliver 0 "$dest" -m "$method" -c 100001 fd:7
			has_position 7 100001
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

@test "count: not one byte more is read from a pipe or a FIFO" {
	mkfifo source
	stops_at 1
	stops_at 4097
	stops_at 65536
	stops_at 1048577
}

# socket_source TYPE COMMAND... - run COMMAND with a socket as its standard
# input, to which `in` is sent.  Save what COMMAND leaves there in `left`.
socket_source() {
	# shellcheck disable=SC2016	# for the other shell
	timeout 20 python3 "$BATS_TEST_DIRNAME/peer.py" pair "$1" 0 \
	    send=in end -- sh -c '"$@" || exit; cat >left' sh "${@:2}"
}

@test "count: not one byte more is read from a socket" {
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

@test "count: exactly COUNT bytes of an endless device arrive" {
	local method dest
	head -c 3000001 /dev/zero >expected
	for dest in file stdout pipe tcp; do
		for method in $(available auto sendfile splice read-write); do
			echo "method $method"
			deliver 0 "$dest" -m "$method" -c 3000001 /dev/zero
			same expected got
		done
	done
}

@test "count: 8 GiB of an endless device are moved as 8 GiB" {
	zcopy 0 -v -c 8G /dev/zero /dev/null
	[[ $output == *"done: 8589934592 bytes in "* ]]
}

@test "count: each byte around 2 GiB and 4 GiB of a file arrives" {
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

# dribble - write 300 single bytes.
dribble() {
	local i
	for ((i = 0; i < 300; i++)); do
		printf '%s' $((i % 10))
	done
}

@test "count: zcopy waits for a slow writer until the count is met" {
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

@test "count: once it is met, zcopy does not wait for the writer to close" {
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

@test "count: as many bytes have arrived as -v says were moved" {
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

@test "count: as many bytes have arrived as the error says were delivered" {
	local method
	requires prlimit
	# zcopy_command() puts this before zcopy.
	local clean_env=(prlimit --fsize=1000003 "${clean_env[@]}")
	for method in $(methods file file); do
		echo "method $method"
		rm -f got
		zcopy 4 --inplace -m "$method" in got
		[[ $output == "zcopy: got: "*"(1000003 "* ]]
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

# Sources that change while zcopy has begun and cannot end: either DEST is a
# FIFO from which one byte has been read, and `in` is more than it holds
# (fifo_begun); or DEST is a file, and a signal has stopped zcopy half way
# (file_begun).

# fifo_begun ARG... - start zcopy ARG... fifo, and read one byte.
fifo_begun() {
	echo "$*, to a FIFO:"
	rm -f fifo
	mkfifo fifo
	start "$@" fifo
	exec 7<fifo
	dd bs=1 count=1 status=none <&7 >got
}

# finish STATUS - read the rest from the FIFO; zcopy must end with STATUS.  What
# arrived is in `got`.
finish() {
	cat <&7 >>got
	exec 7<&-
	ends "$1"
}

# stays STATUS - let zcopy continue; it must end with STATUS, and leave the old
# `out` and no other file.
stays() {
	kill -CONT "$pid"
	RETRY_SECONDS=60 ends "$1"	# one call moves only 32 bytes
	[ "$(cat out)" = old ]
	[ -z "$(find . -name '*out*' ! -name out)" ]
}

# each_to_fifo STATUS CHANGE... - make the change while zcopy writes to a FIFO,
# with each method.  It must end with STATUS.
each_to_fifo() {
	local want=$1 method
	shift
	for method in $(methods file fifo); do
		random_file in "$size"
		random_file other "$size"
		fifo_begun -m "$method" in
		"$@"
		finish "$want"
	done
}

# each_to_file STATUS CHANGE... - make the change while zcopy writes to a file,
# with each method.  It must end with STATUS, and not replace the file.
each_to_file() {
	local want=$1 method
	shift
	for method in $(methods file file); do
		random_file in "$size"
		random_file other "$size"
		file_begun -m "$method"
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

@test "change: a source that is written to gives status 7 and its name" {
	each_to_fifo 7 rewrite
	[[ $output == *"zcopy: in: "* ]]
}

@test "change: a source that is written to does not replace DEST" {
	each_to_file 7 rewrite
	[[ $output == *"zcopy: in: "* ]]
}

@test "change: a source that is written to is detected if its mtime is reset" {
	each_to_fifo 7 rewrite_and_hide
}

@test "change: a source that is standard input is watched, too" {
	fifo_begun - <in
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
		fifo_begun -v "$route" <in
		ctime=$(stat -c %z in)
		"$@"
		[ "$(stat -c %z "$file")" != "$ctime" ]
		finish 0
		same in.before got
	done
}

@test "change: new links, mode, owner and group do not count as a change" {
	no_change ln in another
	no_change rm link
	no_change chmod 600 in
	requires_root
	no_change chown 1 in
	no_change chgrp 1 in
}

@test "change: with --preserve, mode, owner and attributes count, a name does not" {
	local change changes=("chmod 600 in" "touch -d 2001-01-01 in")
	[ "$(id -u)" -ne 0 ] || changes+=("chown 1 in" "chgrp 1 in")
	if setfattr -n user.test -v 1 in 2>/dev/null; then
		changes+=("setfattr -n user.test -v 2 in"
		    "setfattr -x user.test in")
	fi
	for change in "${changes[@]}"; do
		random_file in "$size"
		setfattr -n user.test -v 1 in 2>/dev/null || :
		file_begun --preserve
		$change
		stays 7
	done
	file_begun --preserve
	mv in new
	kill -CONT "$pid"
	RETRY_SECONDS=60 ends 0
	same new out
}

@test "change: attributes set by chattr do not count as a change" {
	requires chattr
	touch probe
	chattr +d probe || skip "no chattr on this file system"
	no_change chattr +d in
}

@test "change: renaming a source is not a change, and -v notes it" {
	file=new no_change mv in new
	[[ $output == *"zcopy: -: renamed or removed while it was being moved:"* ]]
	cp new in
	file_begun -v
	mv in new
	kill -CONT "$pid"
	ends 0
	[[ $output == *"zcopy: in: renamed or removed while it was being moved:"* ]]
	same new out
}

@test "change: removing a source, or replacing its name, is not a change" {
	local change
	cp in before
	random_file other "$size"
	for change in "rm in" "mv other in" "mv in new" "ln -sf other in"; do
		cp before in
		fifo_begun -v in
		$change
		finish 0
		[[ $output == *"zcopy: in: renamed or removed"* ]]
		same before got
	done
}

@test "change: a link or directory that leads elsewhere is not a change" {
	random_file real "$size"
	random_file other "$size"
	ln -sf real in
	fifo_begun -v in
	ln -sf other in
	finish 0
	[[ $output == *"zcopy: in: renamed or removed"* ]]
	same real got
	mkdir dir new
	random_file dir/in "$size"
	random_file new/in "$size"
	fifo_begun dir/in
	mv dir old
	mv new dir
	finish 0
	same old/in got
}

@test "change: a new ctime without a harmless cause gives status 7" {
	each_to_fifo 7 touch -r in in
	fifo_begun - <in
	touch -r in in
	finish 7
}

@test "change: reading a source does not change it" {
	fifo_begun in
	cat in >/dev/null
	finish 0
	same in got
}

@test "change: a source that grows gives status 7" {
	each_to_fifo 7 grow
	each_to_file 7 grow
}

@test "change: with --bytes a source may grow" {
	local method
	cp in before
	for method in $(methods file fifo); do
		fifo_begun -m "$method" -c $((size - 1)) in
		grow
		finish 0
		cmp got <(head -c $((size - 1)) before)
	done
	for method in $(methods file file); do
		file_begun -m "$method" -c $((size - 1))
		grow
		kill -CONT "$pid"
		RETRY_SECONDS=60 ends 0
		cmp out <(head -c $((size - 1)) before)
	done
}

@test "change: growth may meet a count that was not met at the start" {
	local method
	random_file more 100000
	for method in $(methods file fifo); do
		random_file in "$size"
		cat in more >before
		fifo_begun -m "$method" -c $((size + 50000)) in
		cat more >>in
		finish 0
		cmp got <(head -c $((size + 50000)) before)
	done
}

@test "change: with --bytes, writing to the source still gives status 7" {
	fifo_begun -c $((size - 1)) in
	rewrite
	finish 7
}

@test "change: a source that shrinks gives status 6, and nothing hangs" {
	each_to_fifo 6 shrink_to 0
	each_to_fifo 6 shrink_to 1
	each_to_fifo 6 shrink_to 1500000
	each_to_fifo 6 shrink_to $((size - 1))
	[[ $output == *"zcopy: in: "* ]]
}

@test "change: a source that shrinks does not replace DEST" {
	each_to_file 6 shrink_to 0
	each_to_file 6 shrink_to $((size - 1))
}

@test "change: a source that shrinks below --bytes gives status 6" {
	local method
	for method in $(methods file fifo); do
		random_file in "$size"
		fifo_begun -m "$method" -c $((size - 1)) in
		shrink_to 1500000
		finish 6
	done
}

@test "change: with --allow-short, a source that shrinks gives status 7" {
	fifo_begun --allow-short in
	shrink_to 1500000
	finish 7
}

# ftruncate(2) sets the size first, and the times only once the blocks are
# released.  A link explains a new ctime.
@test "change: with --allow-short, one that shrinks is noticed by its size, too" {
	cp -p in before
	fifo_begun --allow-short in
	shrink_to 1500000
	touch -r before in
	ln in link
	finish 7
	[[ $output == *"zcopy: in: read: it changed while it was being moved"* ]]
}

# Some FUSE servers report a size that is too large.
@test "change: a source whose size was too large from the start is a success" {
	local fault
	for fault in read:zero:3+:in=reg read:zero:1+:in=reg; do
		FAULT=$fault zcopy 0 --method=read-write --block-size=64K in out
		fault_fired
		[ "$(stat -c %s out)" -lt "$(stat -c %s in)" ]
		cmp -n "$(stat -c %s out)" in out
	done
}

# mmap only with a size of 0, because the kernel pads the last page with NULs.
@test "change: methods that copy do not pad a source that shrinks" {
	local row
	cp in before
	for row in mmap:0 read-write:0 read-write:1500000; do
		cp before in
		fifo_begun -m "${row%:*}" in
		shrink_to "${row#*:}"
		finish 6
		cmp got <(head -c "$(stat -c %s got)" before)
	done
}
