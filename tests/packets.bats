#!/usr/bin/env bats
# SOURCE is a pipe of packets (pipe(2) with O_DIRECT): read(2) of less than a
# packet drops the rest of it.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	requires_method splice
	random_file in 300001
	tail -c +12346 in >rest
}

# packets STATUS ARG... - run zcopy with a pipe that gives `in` in packets.
packets() {
	local as_user=(python3 -E -S "$BATS_TEST_DIRNAME/packets.py" in)
	zcopy "$@"
}

# from_packets ARG... - the same; zcopy succeeds.
from_packets() {
	packets 0 "$@"
}

@test "packets: each method that reads pipes delivers them whole" {
	local method
	for method in auto splice read-write; do
		from_packets -m "$method" - out
		same in out
		STDOUT=got from_packets -m "$method" - -
		same in got
	done
}

@test "packets: a low rate loses nothing" {
	local args
	for args in "" "-m read-write" "-m splice" --digest=sha256 --buffer=64K
	do
		echo "with $args"
		# shellcheck disable=SC2086
		from_packets $args --rate=600K - out
		same in out
	done
}

@test "packets: blocks that are smaller lose nothing" {
	local args
	for args in "" "-m read-write" "-m splice" --digest=sha256 --buffer=64K
	do
		echo "with $args"
		# shellcheck disable=SC2086
		from_packets $args --block-size=100 - out
		same in out
	done
}

# The fault makes read(2) drop the rest of each packet.
@test "packets: bytes that are lost on the way are a failure, not a hang" {
	FAULT=read:one:1+:in=fifo packets 3 -m read-write --block-size=100 \
	    - new
	[[ $output == *"-: read: Input/output error ("* ]]
	[ ! -e new ]
}

@test "packets: --offset within a packet drops only what is before it" {
	from_packets --offset=12345 - out
	same rest out
}

@test "packets: --bytes leaves the rest of a packet to the next reader" {
	cat >both <<-'END'
		"$ZCOPY" -q -c 12345 - head && "$ZCOPY" -q - out
	END
	python3 -E -S "$BATS_TEST_DIRNAME/packets.py" in sh both
	head -c 12345 in | cmp - head
	same rest out
}
