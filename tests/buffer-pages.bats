#!/usr/bin/env bats
# --buffer where SOURCE is a file or a disk: its own pages in the page cache are
# the buffer, and a thread reads them ahead.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	fifo=$BATS_TEST_TMPDIR.fifo got=$BATS_TEST_TMPDIR.got
}

teardown() {
	exec 6<&-
	end_all
	detach
}

# held OPTION... SOURCE - start zcopy from SOURCE to a FIFO, open as descriptor
# 6, of which nothing is read, and wait until the buffer is full.
held() {
	rm -f "$fifo"
	mkfifo "$fifo"
	exec 6<>"$fifo"
	start "$@" "$fifo" 6>&-
	retry buffer_is_full
}

# arrives STATUS - read the FIFO to the end of zcopy, which must exit with STATUS,
# and write what arrives to $got.
arrives() {
	local reader
	cat <"$fifo" >"$got" 3>&- 6<&- &
	reader=$!
	exec 6<&-
	ends "$1"
	wait "$reader"
}

# size_of MAP - print the bytes of the runs that `cache map` printed.
size_of() {
	awk '{ sum += $2 - $1 } END { print sum + 0 }' <<<"$1"
}

@test "buffer: a file is read ahead by SIZE while DEST takes nothing" {
	local there
	random_file in 64M
	"$TEST_BIN/cache" drop in || skip "pages stay in memory here"
	held --buffer=16M in
	there=$(size_of "$("$TEST_BIN/cache" map in | sort -u)")
	echo "$there bytes are in memory"
	[ "$there" -ge $((15 << 20)) ]
	arrives 0
	same "$got" in
}

@test "buffer: a file that is cut short behind the reader ends as without --buffer" {
	random_file in 8M
	cp in whole
	held --buffer=4M in
	truncate -s 3M in
	arrives 6
	[[ $output == *"in: read: it shrank while it was being moved (3145728 of 8388608 bytes delivered)"* ]]
	cmp -n "$(stat -c %s "$got")" "$got" whole
}

@test "buffer: what is appended while a thread reads ahead arrives" {
	random_file in 8M
	held --buffer=4M --bytes=9M in
	random_file more 1M
	cat more >>in
	arrives 0
	same "$got" in
}

@test "buffer: a read error that only the thread meets changes nothing" {
	random_file in 3000001
	FAULT=sendfile:EIO:2+:out=chr,splice:EIO:1+:out=chr,pread:EIO:1+ \
	    STDOUT=$got zcopy 0 --buffer=1M in -
	fault_fired 2
	same "$got" in
}

@test "buffer: a read error is reported once, with what was delivered before" {
	random_file in 3000001
	FAULT=sendfile:EIO:2+,splice:EIO:2+:in=reg,read:EIO:1+:reg,pread:EIO:1+ \
	    STDOUT=$got zcopy 3 --buffer=1M in -
	fault_fired 3
	[ "$output" = "zcopy: in: read: Input/output error ($(stat -c %s "$got") bytes delivered)" ]
	cmp -n "$(stat -c %s "$got")" "$got" in
}

@test "buffer: a disk is read ahead, and its read error is named" {
	block_device 8M
	random_file in 8M
	cp in "$BATS_TEST_TMPDIR.disk"
	zcopy 0 --buffer=1M "$device" "$got"
	same "$got" in
	truncate -s 4M "$BATS_TEST_TMPDIR.disk"
	blockdev --flushbufs "$device"
	STDOUT=$got zcopy 3 --buffer=1M "$device" -
	[ "$output" = "zcopy: $device: read: Input/output error (4194304 bytes delivered)" ]
	cmp -n 4194304 "$got" in
}

@test "buffer: holes are not read, whatever their size" {
	local at=$((700 << 30))
	truncate -s 1T in 2>/dev/null || skip "no files of 1 TiB here"
	random_file data 1M
	dd if=data of=in bs=1M seek="$at" oflag=seek_bytes conv=notrunc \
	    status=none
	ZCOPY_TEST_TIMEOUT=10 zcopy 0 --buffer=1M in out
	cmp -n 1048576 -i 0:"$at" data out
	[ "$(stat -c %s out)" -eq $((1 << 40)) ]
	[ "$(stat -c %b in)" -lt 4096 ]
	ZCOPY_TEST_TIMEOUT=10 zcopy 0 -v --buffer=1M in /dev/null
	[[ $output == *"holes: 10995"* ]]
}

@test "buffer: SOURCE's position is left behind what was delivered" {
	random_file in 8M
	exec 7<in
	head -c 1000000 <&7 >/dev/null
	held --buffer=2M fd:7
	kill "$pid"
	ends 143
	[[ $output =~ \(([0-9]+)\ bytes\ delivered ]]
	[ "$(awk '/^pos:/ { print $2 }' /proc/self/fdinfo/7)" -eq \
	    $((1000000 + BASH_REMATCH[1])) ]
	exec 7<&-
}

@test "buffer: without /dev/null it is memory of our own" {
	requires strace
	random_file in 3000001
	TRACE="-e trace=?open,openat -P /dev/null -e inject=?open,openat:error=EACCES" \
	    zcopy 0 --explain --buffer=1M in out
	fault_fired
	[[ $output == *"in memory, which a thread fills from SOURCE"* ]]
	TRACE="-e trace=?open,openat -P /dev/null -e inject=?open,openat:error=EACCES" \
	    zcopy 0 --buffer=1M in out
	fault_fired
	same in out
}
