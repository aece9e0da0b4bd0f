#!/usr/bin/env bats
# vsock: and vsock-listen:.  Most cases need vsock_loopback, where CID 1 is this
# machine.  Without it, a connection to CID 1 would go to the host.
# bats file_tags=kernel

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 300000
}

# requires_loopback - skip the case where this machine cannot reach itself.
requires_loopback() {
	modprobe -q vsock_loopback 2>/dev/null || :
	grep -q '\<vsock_loopback' /proc/kallsyms 2>/dev/null ||
	    skip "needs vsock_loopback"
}

# stopped - for `retry`: $pid has been stopped.
stopped() {
	grep -q '^State:[[:space:]]*T' "/proc/$pid/status"
}

# has_named N - for `retry`: --discard has named N clients.
has_named() {
	[ "$(grep -c '^zcopy: vsock:1:[0-9]*: 300000 bytes in ' "$log")" -eq "$1" ]
}

## Names

@test "vsock: a CID or port that is no number in range is a usage error" {
	local name
	for name in vsock: vsock:1 vsock:1: vsock:x:5 vsock::5 vsock:-1:5 \
	    vsock:1:x vsock:1:0 vsock:1:-1 vsock:1:5: vsock:1:5:6 \
	    vsock:4294967295:5 vsock:99999999999:5 vsock:1:4294967295 \
	    "vsock:1: 5" vsock:0x1:5 vsock:host:5; do
		zcopy 2 in "$name"
		[[ $output == "zcopy: $name: "*"(for a file: ./$name"* ]]
	done
	for name in vsock-listen: vsock-listen:x vsock-listen:-1 \
	    vsock-listen:4294967295 vsock-listen:1:5; do
		zcopy 2 in "$name"
		[[ $output == "zcopy: $name: the port is not in "* ]]
	done
	only in
}

@test "vsock: --explain says what it is, and connects to nobody" {
	zcopy 0 --explain in vsock:1:5
	[[ $output == *"type       vsock"*"kind       socket"*"confirm "* ]]
	zcopy 0 --explain vsock-listen:0 out
	[[ $output == *"type       vsock-listen"* ]]
	only in
}

@test "vsock: options of TCP do not fit it" {
	zcopy 2 -4 in vsock:1:5
	zcopy 2 --congestion=cubic vsock-listen:0 out
	[ "$output" = "zcopy: --congestion: no end is on TCP" ]
	zcopy 2 --allow=127.0.0.1 vsock-listen:0 out
	[ "$output" = "zcopy: vsock-listen:0: --allow names no vsock:CID, so \
nobody could connect" ]
	zcopy 2 --allow=vsock:3 :0 out
	[ "$output" = "zcopy: :0: --allow names no IPv4 or IPv6 address, so \
nobody could connect" ]
	only in
}

@test "vsock: socat's words are answered" {
	zcopy 2 --vsock in out
	[[ $output == *vsock:CID:PORT* ]]
}

## Data

@test "vsock: a file gets through, to a listener and from one" {
	requires_loopback
	listener -v vsock-listen:0 out
	zcopy 0 -v in "vsock:1:$port"
	[[ $output == *"confirmed: close"* ]]
	ends 0
	same in out
	listener in vsock-listen:0
	zcopy 0 "vsock:1:$port" got
	ends 0
	same in got
}

@test "vsock: every method gets 5 MB through, on both sides" {
	requires_loopback
	local send receive
	random_file in 5000001
	for send in auto read-write sendfile splice mmap; do
		for receive in auto read-write splice; do
			listener -m $receive vsock-listen:0 out
			zcopy 0 -m $send in "vsock:1:$port"
			ends 0
			same in out
		done
	done
}

@test "vsock: a pipe, from a pipe, and from vsock to vsock" {
	requires_loopback
	local first first_log
	random_file in 2000000
	STDOUT=$BATS_TEST_TMPDIR.got listener vsock-listen:0 -
	first=$pid
	first_log=$log
	listener vsock-listen:0 "vsock:1:$port"
	zcopy 0 - "vsock:1:$port" < <(cat in)
	ends 0
	log=$first_log
	ends 0 "$first"
	same in "$BATS_TEST_TMPDIR.got"
}

@test "vsock: several destinations" {
	requires_loopback
	local first first_port
	random_file in 1000000
	listener vsock-listen:0 a
	first=$pid
	first_port=$port
	listener vsock-listen:0 b
	zcopy 0 --all-or-none in "vsock:1:$port" \
	    "--also=vsock:1:$first_port" --also=c
	ends 0
	ends 0 "$first"
	same in a
	same in b
	same in c
}

@test "vsock: --bytes, --header, --rate, --digest and --json" {
	requires_loopback
	echo header >header
	listener --digest=sha256 vsock-listen:0 out
	zcopy 0 --json --header=header -c 200000 --rate=1M in "vsock:1:$port"
	[[ $output == *'"name":"vsock:1:'*'"confirmed":"close"'* ]]
	ends 0
	{ cat header; head -c 200000 in; } | same - out
	[[ $output == *"sha256:$(sha256sum <out | cut -d ' ' -f 1)  out"* ]]
}

@test "vsock: --discard serves one client after another, and names them" {
	requires_loopback
	listener --discard vsock-listen:0
	zcopy 0 in "vsock:1:$port"
	zcopy 0 in "vsock:1:$port"
	retry has_named 2
	kill "$pid"
	ends 143
}

@test "vsock: --benchmark measures a connection" {
	requires_loopback
	listener --discard vsock-listen:0
	ZCOPY_TEST_TIMEOUT=60 zcopy 0 --benchmark --rounds=1 in "vsock:1:$port"
	[[ $output == *sendfile* ]]
	kill "$pid"
	ends 143
}

## Who may connect

@test "vsock: --allow lets a CID in, and keeps others out" {
	requires_loopback
	listener --allow=vsock:7 --allow=vsock:1 vsock-listen:0 out
	zcopy 0 in "vsock:1:$port"
	ends 0
	same in out
	listener -v --allow=vsock:7 vsock-listen:0 new
	zcopy 5 in "vsock:1:$port"
	retry grep -q ': vsock:1:[0-9]*: rejected by --allow$' "$log"
	kill "$pid"
	ends 143
	[ ! -e new ]
}

@test "vsock: a port that is in use gives status 5" {
	requires_loopback
	listener vsock-listen:0 out
	local first=$pid
	ZCOPY_TEST_TIMEOUT=5 zcopy 5 "vsock-listen:$port" new
	[ "$output" = "zcopy: vsock-listen:$port: bind: Address already in use" ]
	zcopy 0 in "vsock:1:$port"
	ends 0 "$first"
}

@test "vsock: an inherited socket that listens is used" {
	requires_loopback
	requires python3
	start_inherited
	zcopy 0 in "vsock:1:$port"
	ends 0
	same in out
}

# start_inherited - start `zcopy listen:fd:5 out`, on a socket of AF_VSOCK.
start_inherited() {
	log=$BATS_TEST_TMPDIR.inherited.log
	python3 -c 'import os, socket, sys
s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
s.bind((socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY))
s.listen(1)
print(s.getsockname()[1], flush=True)
os.dup2(s.fileno(), 5)
os.execv(sys.argv[1], sys.argv[1:])' "$ZCOPY" listen:fd:5 out \
	    >"$BATS_TEST_TMPDIR.port" 2>"$log" 3>&- &
	pid=$!
	retry listening
	port=$(cat "$BATS_TEST_TMPDIR.port")
}

## Failures

@test "vsock: nobody listens, and nothing leads to a CID" {
	requires_loopback
	listener vsock-listen:0 out
	kill "$pid"
	ends 143
	zcopy 5 in "vsock:1:$port"
	[ "$output" = "zcopy: vsock:1:$port: connect: Connection refused \
(ECONNRESET: nobody listens there)" ]
	zcopy 5 -v --retry=1 in "vsock:1:$port"
	[[ $output == *"nobody listens there); again in 0."* ]]
}

@test "vsock: --retry-for finds a listener that starts later" {
	requires_loopback
	listener vsock-listen:0 out
	kill "$pid"
	ends 143
	start -v --retry-for=20 in "vsock:1:$port"
	local first=$pid
	retry grep -q 'again in' "$log"
	start "vsock-listen:$port" out
	ends 0
	ends 0 "$first"
	same in out
}

@test "vsock: a peer that sends nothing leaves DEST alone" {
	requires_loopback
	echo old >out
	: >empty
	listener vsock-listen:0 out
	zcopy 0 empty "vsock:1:$port"
	ends 6
	[ "$(cat out)" = old ]
}

@test "vsock: a receiver that stops reading is given up" {
	requires_loopback
	random_file in 5000000
	listener vsock-listen:0 out
	kill -STOP "$pid"
	retry stopped
	zcopy 5 --timeout=0.5 in "vsock:1:$port"
	[[ $output == *": nothing moved for 0.5 s"* ]]
	kill -KILL "$pid"
	ends 137
}

# stopped_listener - start a zcopy that listens and is stopped: the kernel takes
# what is sent to it, and it does not close.
stopped_listener() {
	listener vsock-listen:0 out
	receiver=$pid
	kill -STOP "$receiver"
	retry stopped
	head -c 1000 in >small
}

@test "vsock: the confirmation waits for the receiver" {
	requires_loopback
	local receiver
	stopped_listener
	zcopy 5 --timeout=0.3 small "vsock:1:$port"
	[[ $output == *"waiting for the peer to close"* ]]
	kill -CONT "$receiver"
	ends 0 "$receiver"
}

@test "vsock: --confirm=none does not wait for the receiver" {
	requires_loopback
	local receiver
	stopped_listener
	zcopy 0 -v --confirm=none small "vsock:1:$port"
	kill -CONT "$receiver"
	ends 0 "$receiver"
	same small out
}

@test "vsock: --confirm=ack does not wait for it, or says that it cannot know" {
	requires_loopback
	local receiver
	stopped_listener
	run zcopy_here -v --confirm=ack small "vsock:1:$port"
	echo "$output"
	# Over loopback, Linux 6.1 has no SIOCOUTQ, and Linux 6.12 has it.
	[[ $status -eq 0 && $output == *"confirmed: ack"* ]] ||
	    [[ $status -eq 5 && $output == *"the kernel does not tell what the \
peer has (SIOCOUTQ: "*"; --confirm=none accepts this)"* ]]
	kill -CONT "$receiver"
	ends 0 "$receiver"
}

@test "vsock: a receiver that closes before the end is an error" {
	requires_loopback
	local sender sender_log receiver_log
	random_file in 5000000
	listener -c 1000 vsock-listen:0 out
	zcopy 5 in "vsock:1:$port"
	[[ $output == "zcopy: vsock:1:$port: "* ]]
	ends 0

	# Now all that was sent fits into the buffer of the receiver's kernel.
	listener -c 1000 vsock-listen:0 out
	receiver=$pid
	receiver_log=$log
	half_way "vsock:1:$port"
	sender=$pid
	sender_log=$log
	log=$receiver_log
	ends 0 "$receiver"
	exec 7>&-
	log=$sender_log
	ends 5 "$sender"
	[[ $output == *"the peer had closed before the end"* ]]
}

@test "vsock: a receiver that is killed while data moves is an error" {
	requires_loopback
	local receiver receiver_log=
	listener vsock-listen:0 out
	receiver=$pid
	half_way "vsock:1:$port"
	kill -KILL "$receiver"
	wait "$receiver" || :
	all_the_way 2>/dev/null || :
	ends 5
	[ ! -e out ]
}

@test "vsock: a sender that is killed is no error, but --bytes notices" {
	requires_loopback
	local receiver receiver_log
	listener -c 300000 vsock-listen:0 out
	receiver=$pid
	receiver_log=$log
	half_way "vsock:1:$port"
	kill -KILL "$pid"
	exec 7>&-
	log=$receiver_log
	ends 6 "$receiver"
	[ ! -e out ]
}

@test "vsock: a signal ends a listener and a sender" {
	requires_loopback
	listener vsock-listen:0 out
	kill "$pid"
	ends 143
	[ ! -e out ]
}
