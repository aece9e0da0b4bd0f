#!/usr/bin/env bats
# --buffer with each kind of end, and with ends that fail, stall or change.

load helpers
load peer

setup() {
	set_up_peers 8000001
	old_file out
}

# beside_a_slow_one SOURCE OPTION... - start zcopy from SOURCE to `out` and to
# a FIFO, open as descriptor 6, of which nothing is read, and wait until the
# buffer is full.
beside_a_slow_one() {
	rm -f "$fifo"
	mkfifo "$fifo"
	exec 6<>"$fifo"
	start --buffer=1M "${@:2}" "$1" out --also="$fifo" 6>&-
	retry heeds
	retry buffer_is_full
}

@test "buffer: when the slowest destination fails, the others get the rest" {
	local source
	for source in in -; do
		echo "from $source"
		beside_a_slow_one "$source" < <(cat in)
		exec 6<&-
		ends 141
		same in out
	done
}

@test "buffer: when the slowest destination stalls, the others get the rest" {
	beside_a_slow_one in --timeout=0.5
	ends 4
	exec 6<&-
	[[ $output == *"$fifo: write: nothing moved for 0.5 s"* ]]
	[[ $output != *"in: read: "* ]]
	same in out
}

@test "buffer: --no-cache drops what was read ahead when DEST fails" {
	head -c 200M /dev/zero >large
	"$TEST_BIN/cache" drop large || skip "pages stay in memory here"
	beside_a_slow_one large --no-cache --buffer=150M
	kill "$pid"
	ends 143
	exec 6<&-
	"$TEST_BIN/cache" lacks large
}

@test "buffer: every byte arrives over TCP, with a buffer on both sides" {
	listener --buffer=256K listen:127.0.0.1:0 out
	zcopy 0 --buffer=1M in "127.0.0.1:$port"
	ends 0
	same in out
	listener --buffer=1M in listen:127.0.0.1:0
	zcopy 0 --buffer=64K "127.0.0.1:$port" "$got"
	ends 0
	same in "$got"
}

@test "buffer: commands are SOURCE and DEST, and a failure of each leaves DEST" {
	zcopy 0 --buffer=256K "exec:cat in" "exec:cat >$got"
	same in "$got"
	zcopy 4 --buffer=256K "exec:cat in" "exec:cat >$got; exit 5"
	zcopy 3 --buffer=256K "exec:head -c 100000 in; exit 5" out
	untouched
}

@test "buffer: a SOURCE that changes meanwhile is an error" {
	mkfifo "$fifo"
	exec 6<>"$fifo"
	start --buffer=1M in "$fifo" 6>&-
	retry heeds
	retry buffer_is_full
	touch in
	cat <&6 >"$got" 3>&- &
	ends 7
	exec 6<&-
	[[ $output == *"in: read: it changed while it was being moved"* ]]
}

# holds_all_of LISTENER BACKGROUND... - the buffer of 8 MiB behind this listener
# becomes full of what the command sends (from the file large), and all arrives.
holds_all_of() {
	random_file large 16M
	mkfifo "$fifo"
	exec 6<>"$fifo"
	listener --buffer=8M "$1" "$fifo" 6>&-
	INPUT=large background bash -c "${2/PORT/$port}" 6>&-
	retry buffer_is_full
	dd bs=512 status=none <"$fifo" >"$got" 3>&- 6>&- &
	exec 6<&-
	ends 0
	wait $!
	same "$got" large
}

@test "buffer: it holds SIZE of a connection, whose packets do not fill pages" {
	holds_all_of listen:127.0.0.1:0 'cat >/dev/tcp/127.0.0.1/PORT'
}

@test "buffer: it holds SIZE of a socket that gives 64 bytes at a time" {
	holds_all_of "unix-listen:$BATS_TEST_TMPDIR.s" \
	    "$ZCOPY -q -m read-write --block-size=64 - unix:$BATS_TEST_TMPDIR.s"
}

# A large piece takes one place in a pipe, as a small one does.
@test "buffer: it holds SIZE of a socket that gives large and small pieces" {
	requires python3
	holds_all_of "unix-listen:$BATS_TEST_TMPDIR.s" "$PYTHON -E -S \
	    $BATS_TEST_DIRNAME/peer.py connect $BATS_TEST_TMPDIR.s mix=large"
}
