#!/usr/bin/env bats
# --buffer: memory between SOURCE and DEST, and that nothing else changes.

load helpers

# A case is in a directory of its own below that of helpers.bash, so that `..`
# is its own, too.
setup() {
	mkdir "$BATS_TEST_TMPDIR/case"
	cd "$BATS_TEST_TMPDIR/case" || return
}

teardown() {
	end_all
	if [ -n "${shmem-}" ]; then
		echo "$shmem" >"$huge/shmem_enabled"
	fi
}

huge=/sys/kernel/mm/transparent_hugepage

# buffered MEMBER FILE - print this member of the object `buffer` in a file of
# --json-file.
buffered() {
	python3 -c 'import json, sys
print(json.load(open(sys.argv[2]))["buffer"][sys.argv[1]])' "$@"
}

# from SOURCE ARG... - run zcopy with a pipe or the file itself as its standard
# input, and set $status.
from() {
	local kind=$1
	shift
	if [ "$kind" = pipe ]; then
		"$ZCOPY" "$@" < <(cat ../in)
	else
		"$ZCOPY" "$@" <../in
	fi
}

@test "buffer: every byte arrives, whatever the ends and the size of the buffer" {
	local size source
	random_file ../in 5000001
	for size in 1 4095 64K 1M 64M; do
		for source in pipe file; do
			echo "$size from a $source"
			from "$source" --buffer="$size" - - | cmp - ../in
			from "$source" --buffer="$size" - out
			same out ../in
		done
		"$ZCOPY" --buffer="$size" ../in --also=two one
		same one ../in
		same two ../in
	done
}

@test "buffer: every byte arrives over a unix socket, both ways" {
	random_file ../in 5000001
	"$ZCOPY" -q --buffer=1M "unix-listen:$BATS_TEST_TMPDIR.s" out 3>&- &
	zcopy 0 --retry=50 --buffer=256K ../in "unix:$BATS_TEST_TMPDIR.s"
	wait $!
	same out ../in
}

@test "buffer: each named method moves out of it, or says why not" {
	local method
	random_file ../in 3000001
	for method in splice sendfile read-write mmap; do
		echo "$method"
		from pipe -m "$method" --buffer=512K - - | cmp - ../in
	done
	zcopy 9 -m reflink --buffer=1M ../in out
	only
}

@test "buffer: a burst that fits is taken while DEST takes nothing" {
	random_file ../in 32M
	mkfifo ../out
	(exec 3>&-; { cat ../in; : >../taken; } |
	    "$ZCOPY" -q --buffer=64M --json-file=../json - ../out) &
	exec 4<../out	# and reads nothing yet
	retry [ -e ../taken ]
	cat <&4 | cmp - ../in
	wait $!
	[ "$(buffered most ../json)" -le $((64 << 20)) ]
	[ "$(buffered most ../json)" -gt $((30 << 20)) ]
	[ "$(buffered full ../json)" -eq 0 ]
}

@test "buffer: it holds no more than its size, and says how often it was full" {
	random_file ../in 32M
	mkfifo ../out
	start --buffer=4M --json-file=../json ../in ../out
	exec 4<../out
	retry buffer_is_full
	cat <&4 | cmp - ../in
	ends 0
	[ "$(buffered size ../json)" -eq $((4 << 20)) ]
	[ "$(buffered most ../json)" -le $((4 << 20)) ]
	[ "$(buffered full ../json)" -gt 0 ]
}

@test "buffer: -v says how full it was" {
	random_file ../in 1M
	zcopy 0 -v --buffer=4M ../in out
	[[ $output =~ "buffer: 4194304 bytes, most "[0-9]+"; empty "[0-9]+" times, full 0 times" ]]
}

@test "buffer: what was read before SOURCE failed is delivered first" {
	random_file ../in 3000001
	STDOUT=../out zcopy 3 --buffer=8M "exec:cat ../in; exit 7" -
	same ../out ../in
	STDOUT=../out zcopy 6 --buffer=8M -c 4000000 ../in -
	same ../out ../in
	[[ $output == *"SOURCE ended early (3000001 of 4000000 bytes delivered)"* ]]
	: >old
	zcopy 3 --buffer=8M "exec:cat ../in; exit 7" old
	[ ! -s old ]
}

@test "buffer: --bytes reads not one byte more" {
	random_file ../in 3000001
	{ "$ZCOPY" --buffer=8M -c 1000001 - a; cat >b; } < <(cat ../in)
	cat a b | cmp - ../in
	{ "$ZCOPY" --buffer=8M -c 1000001 - a; cat >b; } <../in
	cat a b | cmp - ../in
}

@test "buffer: SOURCE is left where the transfer failed, and what is lost is named" {
	random_file ../in 3000001
	{ ! "$ZCOPY" -q --buffer=8M - /dev/full; cat >rest; } <../in
	same rest ../in
	run bash -c 'cat ../in | "$ZCOPY" --buffer=8M - /dev/full'
	echo "$output"
	[ "$status" -eq 4 ]
	[[ $output =~ "/dev/full: write: No space left on device (0 bytes delivered, "[0-9]+" more were read and are lost)" ]]
}

@test "buffer: --timeout names the side that stalls" {
	local pid
	mkfifo ../silent ../unread
	exec 4<>../silent 5<>../unread
	random_file ../in 3000001
	zcopy 3 --timeout=0.3 --buffer=1M fd:4 out 4<&4
	[[ $output == *"fd:4: read: nothing moved for 0.3 s"* ]]
	zcopy 4 --timeout=0.3 --buffer=1M ../in fd:5 5>&5
	[[ $output == *"fd:5: write: nothing moved for 0.3 s"* ]]
}

# has_buffer - for `retry`: $pid has made its buffer, and reads SOURCE.
has_buffer() {
	[ "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)" -gt 1 ]
}

@test "buffer: a signal ends it at once while SOURCE is silent, and while DEST is" {
	mkfifo ../silent ../unread
	exec 4<>../silent 5<>../unread
	random_file ../in 3000001
	start --buffer=1M - out <&4
	retry has_buffer
	kill "$pid"
	ends 143
	[[ $output == *"interrupted (SIGTERM)"* ]]
	start --buffer=1M ../in fd:5
	retry has_buffer
	kill "$pid"
	ends 143
	[[ $output == *"interrupted (SIGTERM)"* ]]
	only
}

@test "buffer: with several destinations, a slow one gets all, and so do the others" {
	random_file ../in 3000001
	"$ZCOPY" -q --buffer=512K ../in out --also=../three --also=- |
	    dd bs=512 of=../two status=none
	same out ../in
	same ../two ../in
	same ../three ../in
}

@test "buffer: digest, rate, resume, sparse, header and trailer go with it" {
	local sum
	random_file ../in 3000001
	sum=$(sha256sum <../in | cut -d' ' -f1)
	zcopy 0 --buffer=1M --digest=sha256 --expect="sha256:$sum" ../in out
	same out ../in
	zcopy 0 --buffer=1M --expect="sha256:$sum" --rate=20M - out < <(cat ../in)
	same out ../in
	zcopy 0 --buffer=1M --resume ../in out
	same out ../in
	truncate -s 8M ../holes
	zcopy 0 --buffer=1M --sparse=always ../holes out
	same out ../holes
	[ "$(stat -c %b out)" -lt 64 ]
	cat ../in ../holes ../in >../mixed
	zcopy 0 --buffer=256K --sparse=always - out < <(cat ../mixed)
	same out ../mixed
	[ "$(stat -c %b out)" -lt 14000 ]
	echo head >../head
	STDOUT=../all zcopy 0 --buffer=1M --header=../head --trailer=../head \
	    ../in -
	cat ../head ../in ../head | cmp - ../all
}

@test "buffer: ulimit -f that could be exceeded is an error before the first byte" {
	random_file ../in 1M
	# sendfile(2) reads no pipe, so this buffer is a file.
	run bash -c 'ulimit -f 2048
	    cat ../in | "$ZCOPY" -m sendfile --buffer=1M - out'
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == "zcopy: --buffer: the largest size of a file (ulimit -f) limits the memory, too: raise it, or leave out --buffer" ]]
	only
	bash -c 'ulimit -f 2048; "$ZCOPY" --buffer=1M ../in out'
	same out ../in
	bash -c 'ulimit -f 2048; cat ../in | "$ZCOPY" --buffer=1M - out'
	same out ../in
}

@test "buffer: a system call that fails is named, with --buffer" {
	requires strace
	TRACE="-e trace=memfd_create -e inject=memfd_create:error=ENOSYS" \
	    zcopy 1 --buffer=1M /dev/null out
	[[ $output == *"zcopy: --buffer: this system has no memfd_create(2)" ]]
	only
}

@test "buffer: SOURCE and DEST that overlap are refused, as without it" {
	random_file ../in 1M
	cp ../in f
	# shellcheck disable=SC2094	# that is the point
	zcopy 4 --buffer=1M --seek=4096 fd:4 fd:5 4<f 5<>f
	[[ $output == *"it is SOURCE itself"* ]]
	same f ../in
}

@test "buffer: a size of 0, and one beyond the memory, are errors" {
	zcopy 2 --buffer=0 in out
	[[ $output == *"--buffer: '0' holds nothing; leave --buffer out"* ]]
	zcopy 1 --buffer=1E in out
	[[ $output == *"--buffer: 1152921504606846976 bytes are more than this machine has in memory"* ]]
	local memory=$(($(getconf _PHYS_PAGES) * $(getconf PAGESIZE)))
	zcopy 1 --buffer=$((memory + 1)) in out
	zcopy 0 --buffer=$memory /dev/null /dev/null
	zcopy 2 --benchmark --buffer=1M
	only
}

@test "buffer: --explain says where it is, and plans for that" {
	random_file ../in 1M
	zcopy 0 --explain --buffer=4M --no-cache ../in out
	[[ $output == *"buffer       up to 4194304 bytes in memory, which a thread fills from SOURCE"* ]]
	zcopy 0 --explain --buffer=4M ../in exec:cat
	[[ $output == *"buffer       up to 4194304 bytes of SOURCE in the page cache, which a thread reads ahead"* ]]
	[[ $output == *"plan         splice sendfile read-write"* ]]
	only
}

@test "buffer: pages that a slow reader has not read yet never change" {
	local setting
	requires_root
	[ -w "$huge/shmem_enabled" ] || skip "no shmem_enabled"
	random_file ../in 64M
	shmem=$(sed 's/.*\[\(.*\)\].*/\1/' "$huge/shmem_enabled")
	for setting in never always within_size; do
		echo "$setting" >"$huge/shmem_enabled"
		for method in splice sendfile; do
			echo "shmem_enabled $setting, $method"
			from pipe -m "$method" --buffer=8M - - |
			    dd bs=4k status=none | cmp - ../in
		done
	done
}
