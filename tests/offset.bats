#!/usr/bin/env bats
# --offset, --seek, and the positions of descriptors afterwards.

load helpers
load peer
load routes

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in "$size"
}

# More than two windows of mmap (2 MiB), and not a multiple of the page size.
size=2500001

teardown() {
	end_all
	detach
}

# part FILE OFFSET [COUNT] - make `expected` that part of FILE, without zcopy.
part() {
	tail -c "+$(($2 + 1))" "$1" >expected
	[ -z "${3-}" ] || truncate -s "$3" expected
}

# position FD - print the offset of a descriptor of this shell.
position() {
	awk '/^pos:/ { print $2 }' "/proc/self/fdinfo/$1"
}

# stands FD POSITION - true if FD has this offset.
stands() {
	echo "descriptor $1 stands at $(position "$1"), expected $2"
	[ "$(position "$1")" -eq "$2" ]
}

# move_to FD POSITION - move FD, which is at 0, with lseek(2).
move_to() {
	dd bs=1 skip="$2" count=0 status=none <&"$1"
}

# each_start DEST - move `in` to DEST by each method, from offsets around the
# sizes of pages and blocks.
each_start() {
	local method offset
	for offset in 0 1 4095 4096 4097 1048575 $((size / 2)) $((size - 1))
	do
		part in "$offset"
		for method in $(methods file "$1"); do
			echo "method $method, offset $offset"
			deliver 0 "$1" --method="$method" --offset="$offset" in
			same expected got
		done
	done
}

@test "offset: a file is read from any byte, to a file" {
	each_start file
}

@test "offset: a file is read from any byte, to standard output" {
	each_start stdout
}

@test "offset: a file is read from any byte, to a pipe" {
	each_start pipe
}

@test "offset: a file is read from any byte, to a FIFO" {
	each_start fifo
}

# bats test_tags=slow
@test "offset: a file is read from any byte, to a socket" {
	each_start tcp
}

# bats test_tags=valgrind
@test "offset: with --bytes, exactly that range arrives, by each method" {
	local method dest
	part in 4095 1048580
	for dest in file stdout pipe tcp; do
		for method in $(methods file "$dest"); do
			echo "method $method"
			deliver 0 "$dest" -m "$method" --offset=4095 \
			    -c 1048580 in
			same expected got
		done
	done
}

@test "offset: an offset at the end of a file moves nothing, successfully" {
	local method dest
	: >expected
	for dest in file stdout pipe fifo; do
		for method in $(methods file "$dest"); do
			echo "method $method"
			deliver 0 "$dest" -m "$method" --offset="$size" in
			same expected got
		done
	done
}

@test "offset: past the end gives status 6, by each method, and DEST stays" {
	local method
	echo old >out
	for method in $(methods file file); do
		echo "method $method"
		zcopy 6 -m "$method" --offset=$((size + 1)) in out
		[[ $output == "zcopy: in: "* ]]
		[ "$(cat out)" = old ]
		zcopy 6 -m "$method" --offset=$((size + 1)) -c 1 in new
		[ ! -e new ]
	done
}

@test "offset: past the end gives status 6 to standard output and a socket" {
	STDOUT=got zcopy 6 --offset=$((size + 1)) in -
	[ ! -s got ]
	echo old >out
	listener listen:127.0.0.1:0 out
	zcopy 6 --offset=$((size + 1)) in "127.0.0.1:$port"
	kill -TERM "$pid" || :			# if zcopy has not connected
	retry gone "$pid"
	[ "$(cat out)" = old ]
}

@test "offset: past the end with --allow-short gives an empty DEST" {
	local method
	: >expected
	for method in $(methods file file); do
		echo "method $method"
		echo old >out
		zcopy 0 -m "$method" --allow-short --offset=$((size + 1)) in out
		same expected out
	done
}

@test "offset: 2 GiB, 2^32 and 2^63-1 of a small file are past its end" {
	local method offset
	for offset in 2147483648 4294967296 4294967297 9223372036854775807; do
		for method in $(methods file file); do
			echo "method $method, offset $offset"
			zcopy 6 -m "$method" --offset=$offset in new
			[ ! -e new ]
		done
		zcopy 6 --offset=$offset - new <in
		[ ! -e new ]
	done
}

@test "offset: an offset plus a count over 2^63-1 is a usage error" {
	zcopy 2 --offset=9223372036854775807 -c 1 in new
	zcopy 2 --offset=1 --bytes=9223372036854775807 in new
	zcopy 2 --seek=9223372036854775807 -c 1 in new
	[ ! -e new ]
	zcopy 6 --offset=1 --bytes=9223372036854775806 in new
	[ ! -e new ]
}

@test "offset: a negative offset is a usage error before anything is sent" {
	STDOUT=got zcopy 2 --offset=-1 in -
	[ ! -s got ]
	zcopy 2 --seek=-1 in new
	[ ! -e new ]
}

@test "offset: without it, a descriptor is read from its position" {
	local method dest
	part in 12345
	for dest in file stdout pipe tcp; do
		for method in $(methods file "$dest"); do
			echo "method $method"
			exec 7<in
			move_to 7 12345
			deliver 0 "$dest" -m "$method" fd:7
			same expected got
			stands 7 $size
			exec 7<&-
		done
	done
}

@test "offset: it counts from the position of a descriptor" {
	local method dest
	part in 12345 100001
	for dest in file stdout pipe tcp; do
		for method in $(methods file "$dest"); do
			echo "method $method"
			exec 7<in
			move_to 7 12000
			deliver 0 "$dest" -m "$method" --offset=345 -c 100001 fd:7
			same expected got
			stands 7 112346
			exec 7<&-
		done
	done
}

@test "offset: past the end, counted from a descriptor's position, gives status 6" {
	exec 7<in
	move_to 7 $((size - 10))
	zcopy 6 --offset=11 fd:7 new
	[ ! -e new ]
	exec 7<in
	move_to 7 $((size - 10))
	: >expected
	zcopy 0 --offset=10 fd:7 new
	same expected new
	exec 7<in
	move_to 7 $((size - 10))
	zcopy 6 --offset=9223372036854775807 fd:7 other
	[ ! -e other ]
}

@test "offset: a descriptor beyond the end of its file moves nothing" {
	local method
	: >expected
	truncate -s 0 short
	for method in $(methods file file); do
		echo "method $method"
		exec 7<>short
		echo more >&7			# then cut it off
		truncate -s 0 short
		zcopy 0 -m "$method" fd:7 out
		same expected out
		zcopy 6 -m "$method" --offset=1 fd:7 new
		[ ! -e new ]
	done
}

@test "offset: each run on one descriptor continues where the last one ended" {
	local method dest
	for dest in file stdout pipe tcp; do
		for method in $(methods file "$dest"); do
			echo "method $method"
			exec 7<in
			: >all
			deliver 0 "$dest" -m "$method" -c 4097 fd:7
			cat got >>all
			stands 7 4097
			deliver 0 "$dest" -m "$method" -c 1500000 fd:7
			cat got >>all
			stands 7 1504097
			deliver 0 "$dest" -m "$method" fd:7
			cat got >>all
			same in all
		done
	done
}

@test "offset: after a failed write the source stands after what was written" {
	local method
	requires prlimit
	for method in $(methods file file); do
		echo "method $method"
		exec 7<in
		move_to 7 100
		rm -f got
		STDOUT=got limited 1048576 zcopy 4 -m "$method" fd:7 -
		[ "$(stat -c %s got)" -eq 1048576 ]
		[[ $output == *1048576* ]]
		stands 7 $((100 + 1048576))
		part in 100 1048576
		same expected got
	done
}

# limited SIZE zcopy... - call zcopy, which can make no file larger than SIZE.
limited() {
	local clean_env=(prlimit "--fsize=$1" "${clean_env[@]}")
	shift
	"$@"
}

@test "offset: the position of DEST is after what was written" {
	local method
	part in 100000 50001
	for method in $(methods file file); do
		echo "method $method"
		rm -f got
		exec 7<in 8>got
		printf 0123456789 >&8
		zcopy 0 -m "$method" --offset=100000 -c 50001 fd:7 fd:8
		stands 7 150001
		stands 8 50011
		printf end >&8
		cmp <(printf 0123456789; cat expected; printf end) got
	done
}

@test "offset: the position of DEST moves when SOURCE is a stream, too" {
	local method
	for method in $(methods stream file); do
		echo "method $method"
		exec 8>got
		zcopy 0 -m "$method" -c 300001 - fd:8 < <(cat in)
		stands 8 300001
	done
}

# seeks OFFSET - write 100,001 bytes at OFFSET of a longer file, by each method.
seeks() {
	local method
	head -c 100001 in >piece
	cp in expected
	dd if=piece of=expected bs=1M seek="$1" oflag=seek_bytes conv=notrunc \
	    status=none
	for method in $(methods file file); do
		echo "method $method, --seek=$1"
		cp in out
		zcopy 0 -m "$method" --seek="$1" piece out
		same expected out
	done
	for method in $(methods stream file); do
		echo "method $method from a pipe, --seek=$1"
		cp in out
		zcopy 0 -m "$method" --seek="$1" - out < <(cat piece)
		same expected out
	done
}

@test "seek: the data is written there, and everything around it stays" {
	seeks 0
	seeks 1
	seeks 4095
	seeks 4096
	seeks 1234567
	seeks $((size - 100001))
}

@test "seek: past the end the file grows, and a gap reads as zeros" {
	seeks $((size - 1))
	seeks $size
	seeks $((size + 1))
	seeks $((size + 70000))
}

@test "seek: a new file begins with a hole" {
	local method
	cat <(head -c 123456 /dev/zero) in >expected
	for method in $(methods file file); do
		echo "method $method"
		rm -f out
		zcopy 0 -m "$method" --seek=123456 in out
		same expected out
	done
}

@test "seek: works together with --offset and --bytes" {
	local method
	part in 4097 65537
	cp in whole
	dd if=expected of=whole bs=1M seek=777 oflag=seek_bytes conv=notrunc \
	    status=none
	for method in $(methods file file); do
		echo "method $method"
		cp in out
		zcopy 0 -m "$method" --offset=4097 -c 65537 --seek=777 in out
		same whole out
	done
}

@test "seek: it counts from the position of a descriptor, as with dd" {
	local method
	head -c 5000 in >piece
	cat <(printf 12345) <(head -c 1000 /dev/zero) piece >expected
	for method in $(methods file file); do
		echo "method $method"
		exec 8>got
		printf 12345 >&8
		zcopy 0 -m "$method" --seek=1000 piece fd:8
		stands 8 6005
		same expected got
	done
}

@test "seek: a pipe, a FIFO or a socket is an error, and nothing is moved" {
	local operand
	mkfifo fifo
	exec 7<>fifo
	zcopy 4 --seek=1 in fifo
	[[ $output == "zcopy: fifo: "* ]]
	STDOUT=fifo zcopy 4 --seek=1 in -
	zcopy 4 --seek=0 in fd:7
	zcopy 2 --seek=1 in 127.0.0.1:9
	zcopy 2 --seek=1 in unix:sock
	# The FIFO is still empty: this is the first byte in it.
	printf x >&7
	operand=$(dd bs=16 count=1 status=none <&7)
	[ "$operand" = x ]
}

@test "seek: 2^63-1 is an error of DEST, which stays as it was" {
	echo old >out
	zcopy 4 --seek=9223372036854775807 in out
	[[ $output == "zcopy: out: "* ]]
	[ "$(cat out)" = old ]
	zcopy 4 --seek=9223372036854775807 in new
	[ ! -s new ]
}

# from_stream ARG... - move a pipe, a FIFO and a socket to each destination, by
# each method, with ARGs.  The result must be `expected`.
from_stream() {
	local method dest
	mkfifo source fifo
	for dest in file stdout pipe tcp; do
		for method in $(methods stream "$dest"); do
			echo "method $method from a pipe"
			deliver 0 "$dest" -m "$method" "$@" - < <(cat in)
			same expected got
			echo "method $method from a FIFO"
			cat in >source 3>&- &
			deliver 0 "$dest" -m "$method" "$@" source
			same expected got
		done
	done
	for method in $(methods stream file); do
		echo "method $method from a socket"
		listener "$@" -m "$method" listen:127.0.0.1:0 got
		zcopy 0 in "127.0.0.1:$port"
		ends 0
		same expected got
	done
}

@test "offset: that much of a stream is read and dropped" {
	part in 12345
	from_stream --offset=12345
}

@test "offset: an offset at the end of a stream moves nothing, successfully" {
	local method
	: >expected
	for method in $(methods stream file); do
		echo "method $method"
		zcopy 0 -m "$method" --offset="$size" - got < <(cat in)
		same expected got
	done
}

@test "offset: more than a pipe holds is dropped from a stream, too" {
	part in 2000003
	from_stream --offset=2000003
}

@test "offset: with --bytes, not one byte more is read from a stream" {
	local method
	part in 70001 5000
	part in 75001
	mv expected rest
	part in 70001 5000
	for method in $(methods stream file); do
		echo "method $method"
		exec 7< <(cat in)
		zcopy 0 -m "$method" --offset=70001 -c 5000 fd:7 got
		same expected got
		cat <&7 >left
		same rest left
	done
}

@test "offset: past the end of a stream gives status 6, and DEST stays" {
	local method
	echo old >out
	for method in $(methods stream file); do
		echo "method $method"
		zcopy 6 -m "$method" --offset=$((size + 1)) - out < <(cat in)
		[ "$(cat out)" = old ]
		zcopy 6 -m "$method" --offset=9223372036854775807 - out \
		    < <(cat in)
		[ "$(cat out)" = old ]
		echo older >other
		zcopy 0 -m "$method" --allow-short --offset=$((size + 1)) \
		    - other < <(cat in)
		[ ! -s other ]
	done
}

@test "offset: SIGTERM ends zcopy while it drops an endless device's data" {
	start --offset=9223372036854775807 /dev/zero out
	retry is_busy
	kill -TERM "$pid"
	ends 143
	[ ! -e out ]
}

# is_busy - for `retry`: true once zcopy has used some CPU time.
is_busy() {
	local stat
	read -ra stat <"/proc/$pid/stat" || return 0
	[ "$(( stat[13] + stat[14] ))" -gt 5 ]
}

@test "offset: that much of a character device is dropped" {
	local method
	head -c 5000 /dev/zero >expected
	for method in $(available auto sendfile splice read-write); do
		echo "method $method"
		deliver 0 file -m "$method" --offset=100001 -c 5000 /dev/zero
		same expected got
	done
}

@test "offset: a block device is read from any byte" {
	local method offset dest
	truncate -s $((4096 * 611)) in
	attach in
	for offset in 0 1 4097 1048575 $((4096 * 611 - 1)); do
		part in "$offset"
		for dest in file pipe tcp; do
			for method in $(available auto sendfile splice mmap \
			    read-write); do
				echo "method $method, offset $offset"
				deliver 0 "$dest" -m "$method" \
				    --offset="$offset" "$device"
				same expected got
			done
		done
	done
}

@test "offset: at and past the end, a block device is like a file" {
	local method
	truncate -s $((4096 * 611)) in
	attach in
	: >expected
	for method in $(available auto sendfile splice mmap read-write); do
		echo "method $method"
		zcopy 0 -m "$method" --offset=$((4096 * 611)) "$device" got
		same expected got
		zcopy 6 -m "$method" --offset=$((4096 * 611 + 1)) "$device" new
		[ ! -e new ]
		zcopy 6 -m "$method" --offset=8191P "$device" new
		[ ! -e new ]
	done
}

@test "seek: data is written there in a block device, and the rest stays" {
	local method
	truncate -s $((4096 * 611)) in
	random_file piece 100001
	cp in disk
	attach disk
	cp in expected
	dd if=piece of=expected bs=1M seek=123457 oflag=seek_bytes \
	    conv=notrunc status=none
	for method in $(available auto sendfile splice mmap read-write); do
		echo "method $method"
		cat in >"$device"
		zcopy 0 -m "$method" --seek=123457 piece "$device"
		same expected "$device"
	done
	for method in $(available auto splice read-write); do
		echo "method $method, from a pipe"
		cat in >"$device"
		zcopy 0 -m "$method" --seek=123457 - "$device" < <(cat piece)
		same expected "$device"
	done
}

@test "offset: an inherited block device is read from its position" {
	local method
	truncate -s $((4096 * 611)) in
	attach in
	part in 12345 70001
	for method in $(available auto sendfile splice mmap read-write); do
		echo "method $method"
		exec 7<"$device"
		move_to 7 12000
		zcopy 0 -m "$method" --offset=345 -c 70001 fd:7 got
		same expected got
		stands 7 82346
		exec 7<&-
	done
}

# kernel_file FILE - read FILE from some offsets, past its end too, by each
# method.
kernel_file() {
	local method length
	cat "$1" >all
	length=$(stat -c %s all)
	echo "$1: $length bytes"
	for method in $(available auto sendfile splice read-write); do
		echo "method $method"
		zcopy 0 -m "$method" --offset=2 "$1" got
		part all 2
		same expected got
		zcopy 0 -m "$method" --offset="$length" "$1" got
		[ ! -s got ]
		zcopy 6 -m "$method" --offset=$((length + 1)) "$1" new
		[ ! -e new ]
		exec 7<"$1"
		head -c 1 <&7 >/dev/null
		zcopy 0 -m "$method" --offset=1 -c 2 fd:7 got
		part all 2 2
		same expected got
	done
}

@test "offset: works in a file of /proc, whose st_size is 0" {
	kernel_file /proc/version
	kernel_file /proc/sys/kernel/ostype
}

@test "offset: works in a file of /sys, whose st_size is 4096" {
	kernel_file /sys/devices/system/cpu/possible
	kernel_file /sys/kernel/vmcoreinfo
}

# vast_file - make a file of 5 GiB that is a hole, except for 3000 bytes across
# 2 GiB, across 4 GiB and at the end.
vast_file() {
	random_file two 3000
	random_file four 3000
	random_file last 3000
	truncate -s 5G vast
	dd if=two of=vast bs=1M seek=2147482648 oflag=seek_bytes conv=notrunc \
	    status=none
	dd if=four of=vast bs=1M seek=4294966296 oflag=seek_bytes conv=notrunc \
	    status=none
	cat last >>vast
}

# vast_piece FILE OFFSET [COUNT] - true if zcopy, by each method and to each
# destination, reads at OFFSET what is in FILE.
vast_piece() {
	local method dest
	for dest in file pipe tcp; do
		for method in $(methods file "$dest"); do
			echo "method $method, offset $2"
			deliver 0 "$dest" -m "$method" --offset="$2" \
			    ${3:+-c "$3"} vast
			same "$1" got
		done
	done
}

# bats test_tags=slow
@test "offset: works beyond 2 GiB and 4 GiB, to the byte" {
	vast_file
	vast_piece two 2147482648 3000
	vast_piece four 4294966296 3000
	vast_piece last $((5 * 1024 * 1024 * 1024))
	tail -c 2000 two >expected
	vast_piece expected 2147483648 2000
	tail -c 2000 four >expected
	vast_piece expected 4294967296 2000
	tail -c 1 last >expected
	vast_piece expected $((5 * 1024 * 1024 * 1024 + 2999))
}

@test "offset: a descriptor is read from its position beyond 4 GiB" {
	local method
	vast_file
	tail -c 1000 four >expected
	for method in $(methods file file); do
		echo "method $method"
		exec 7<vast
		move_to 7 4294966296
		zcopy 0 -m "$method" --offset=2000 -c 1000 fd:7 got
		same expected got
		stands 7 4294969296
	done
}

@test "seek: works beyond 2 GiB and 4 GiB, to the byte" {
	local method seek
	for seek in 2147483000 4294967000; do
		for method in $(methods file file); do
			echo "method $method, --seek=$seek"
			rm -f out
			zcopy 0 -m "$method" --seek=$seek in out
			[ "$(stat -c %s out)" -eq $((seek + size)) ]
			tail -c $size out >got
			same in got
			tail -c $((size + 4096)) out | head -c 4096 >before
			cmp before <(head -c 4096 /dev/zero)
		done
	done
}

@test "offset: works without privileges" {
	part in 12345 1000
	as_nobody zcopy 0 --offset=12345 -c 1000 in out
	same expected out
	as_nobody zcopy 6 --offset=3G in new
	[ ! -e new ]
}

@test "offset: past the end with --allow-short, data appended later stays" {
	mkfifo fifo
	printf 'a%.0s' {1..100} >log.txt
	start --allow-short --offset=200 log.txt fifo
	retry asleep "$pid"
	printf 'b%.0s' {1..150} >>log.txt
	cat fifo >got
	ends 0
	[ ! -s got ]
	zcopy 0 --allow-short --offset=1000 - got < <(cat log.txt)
	[ ! -s got ]
}
