#!/usr/bin/env bats
# --discard: zcopy accepts one connection after another, drops the data, and
# prints how much that was.

load helpers
load peer

setup() {
	set_up_peers 300000
}

# discards ARG... - start zcopy --discard; $discard is its process, $discard_log
# what it prints, $port its port.
discards() {
	listener "$@" --discard listen:127.0.0.1:0
	discard=$pid
	discard_log=$log
}

# lines - print what it printed, without where it listens: a line for each
# connection.
lines() {
	grep -v '^zcopy: listening on ' "$discard_log"
}

# counts - print the byte counts of all connections so far, in their order.
counts() {
	lines | sed -n 's/^zcopy: .*: \([0-9]*\) bytes in .*/\1/p' | xargs
}

# has_counted COUNT... - for `retry`: true if these are all counts, in order.
has_counted() {
	[ "$(counts)" = "$*" ]
}

# has_lines COUNT - for `retry`: true if there are so many lines.
has_lines() {
	[ "$(lines | wc -l)" -eq "$1" ]
}

# stops - send it SIGTERM, which must end it.
stops() {
	kill "$discard"
	ends 143 "$discard"
}

# says REGEX - true if its last line is "zcopy: " and what REGEX matches.
says() {
	echo "says: $(lines | tail -n 1)"
	[[ $(lines | tail -n 1) =~ ^zcopy:\ $1$ ]]
}

time_taken='[0-9]+\.[0-9]{3} s'

## What comes

# bats test_tags=valgrind
@test "discard: a zcopy that sends is confirmed by close, and counted" {
	discards
	zcopy 0 -v in "127.0.0.1:$port"
	[[ $output == *"zcopy: confirmed: close"* ]]
	retry has_counted 300000
	says "127\.0\.0\.1:[0-9]+: 300000 bytes in $time_taken"
	stops
}

@test "discard: prints a line for each connection, with the peer's address" {
	requires ss
	local from
	discards
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	from=$(ss -Htn state established "dport = :$port" |
	    awk '{ print $3 }')
	echo "from $from"
	[[ $from == 127.0.0.1:* ]]
	cat in in >&5
	exec 5>&-
	retry has_counted 600000
	says "$from: 600000 bytes in $time_taken"
	[ "$(lines | wc -l)" -eq 1 ]
	stops
}

@test "discard: each count is exact, also of no bytes" {
	local size sizes=(0 1 2 65535 65536 65537 262143 262144 262145 3000000)
	discards
	for size in "${sizes[@]}"; do
		random_file in "$size"
		zcopy 0 in "127.0.0.1:$port"
	done
	retry has_counted "${sizes[@]}"
	stops
}

@test "discard: the count is exact for each method that sends, up to 1 GiB" {
	discards
	zcopy 0 -c 1G /dev/zero "127.0.0.1:$port"
	zcopy 0 --method=read-write -c 100000001 /dev/zero "127.0.0.1:$port"
	truncate -s 50000003 hole
	for method in sendfile splice mmap; do
		zcopy 0 --method=$method hole "127.0.0.1:$port"
	done
	retry has_counted 1073741824 100000001 50000003 50000003 50000003
	stops
}

@test "discard: single bytes that come slowly are counted" {
	head -c 300 in >few
	discards
	peer connect "127.0.0.1:$port" drip=few end ended
	peer_ends 0
	retry has_counted 300
	# The time is not 0.000 s.
	says "127\.0\.0\.1:[0-9]+: 300 bytes in [0-9.]*[1-9][0-9.]* s"
	stops
}

@test "discard: a header and a trailer are counted, too" {
	discards
	zcopy 0 --header=in --trailer=in in "127.0.0.1:$port"
	retry has_counted 900000
	stops
}

@test "discard: works over IPv6" {
	requires_ipv6
	listener --discard 'listen:[::1]:0'
	discard=$pid discard_log=$log
	zcopy 0 -v in "[::1]:$port"
	[[ $output == *"confirmed: close"* ]]
	retry has_counted 300000
	says "\[::1\]:[0-9]+: 300000 bytes in $time_taken"
	stops
}

@test "discard: works on all addresses, IPv4 and IPv6" {
	requires_ipv6
	listener --discard :0
	discard=$pid discard_log=$log
	zcopy 0 in "[::1]:$port"
	zcopy 0 in "127.0.0.1:$port"
	retry has_counted 300000 300000
	stops
}

@test "discard: works over a unix socket, whose path stays until the end" {
	listener --discard "unix-listen:$path"
	discard=$pid discard_log=$log
	zcopy 0 -v in "unix:$path"
	[[ $output == *"confirmed: close"* ]]
	zcopy 0 -c 5M /dev/zero "unix:$path"
	retry has_counted 300000 5242880
	says "unix: 5242880 bytes in $time_taken"
	[ -S "$path" ]
	stops
	[ ! -e "$path" ]
}

@test "discard: with -q it works, and prints no line" {
	requires ss
	start -q --discard listen:127.0.0.1:0
	discard=$pid
	retry listens "$pid"
	zcopy 0 in "127.0.0.1:$(bound "$pid")"
	kill "$discard"
	ends 143 "$discard"
	[ "$(wc -l <"$log")" -le 1 ]
	[[ $(cat "$log") != *" bytes in "* && $(cat "$log") != *listening* ]]
}

@test "discard: TCP data is dropped in the kernel, not copied" {
	requires strace pgrep
	# A 32-bit C library calls recv(2) itself.
	TRACE='-e trace=/^(read|readv|recv|recvfrom|recvmsg|splice)$' discards
	peer connect "127.0.0.1:$port" send=in end ended
	peer_ends 0
	retry has_counted 300000
	kill "$(pgrep -P "$discard")"
	ends 143 "$discard"
	sed -n '/MSG_TRUNC/,$p' "$BATS_TEST_TMPDIR.trace" >trace
	cat trace
	[ "$(grep -Ec 'recv(from)?\(.*MSG_TRUNC' trace)" -ge 2 ]
	[ "$(grep -E '(read|readv|recv|recvfrom|recvmsg|splice)\(' trace |
	    grep -vc MSG_TRUNC)" -eq 0 ]
}

## Several

@test "discard: a second client waits until the first has ended" {
	discards
	peer connect "127.0.0.1:$port" send=in "wait=$go" end ended
	retry has_said "$peer"
	start -c 1000 in "127.0.0.1:$port"
	retry asleep "$pid"
	[ -z "$(lines)" ]
	: >"$go"
	peer_ends 0
	ends 0
	retry has_counted 300000 1000
	stops
}

# A program with 200 connections, of which number i sends i bytes.
many=$(cat <<-'END'
	import socket, sys
	for i in range(1, 201):
	    with socket.create_connection(("127.0.0.1", sys.argv[1])) as peer:
	        peer.sendall(b"x" * i)
	        peer.shutdown(socket.SHUT_WR)
	        assert peer.recv(1) == b""
END
)

@test "discard: 200 connections are all served, and leave nothing open" {
	requires python3
	local before
	discards
	zcopy 0 -c 7 in "127.0.0.1:$port"
	retry has_counted 7
	before=$(ls "/proc/$discard/fd")
	timeout 20 "$PYTHON" -c "$many" "$port"
	# shellcheck disable=SC2046	# as words
	retry has_counted 7 $(seq 200)
	[ "$(ls "/proc/$discard/fd")" = "$before" ]
	stops
}

# More than fit into the queue of the listening socket.
@test "discard: 40 zcopys at the same time are all served" {
	local i pids=()
	discards
	for ((i = 0; i < 40; i++)); do
		start in "127.0.0.1:$port"
		pids+=("$pid")
	done
	for i in "${pids[@]}"; do
		ends 0 "$i"
	done
	# shellcheck disable=SC2046	# as words
	retry has_counted $(yes 300000 | head -n 40)
	stops
}

## What goes wrong

@test "discard: a peer that resets is named, and the next one is served" {
	discards
	peer connect "127.0.0.1:$port" send=in "wait=$go" reset
	retry has_said "$peer"
	: >"$go"
	peer_ends 0
	retry has_lines 1
	says "127\.0\.0\.1:[0-9]+: [0-9]+ bytes in $time_taken: Connection reset by peer"
	local before
	before=$(counts)
	[ "$before" -le 300000 ]
	zcopy 0 -c 5000 in "127.0.0.1:$port"
	retry has_counted "$before" 5000
	stops
}

@test "discard: --timeout ends a silent connection, but no wait for a client" {
	discards --timeout=0.3
	retry asleep "$discard"
	# The wait for a client may take longer.
	wait_for 500000
	peer connect "127.0.0.1:$port" send=in broken
	peer_ends 0
	retry has_counted 300000
	says "127\.0\.0\.1:[0-9]+: 300000 bytes in 0\.[0-9]{3} s: .*timed out"
	wait_for 500000
	zcopy 0 in "127.0.0.1:$port"
	retry has_counted 300000 300000
	stops
}

@test "discard: --timeout does not end a connection that is slow" {
	head -c 400 in >few
	discards --timeout=0.7		# 400 bytes take at least 0.8 s
	peer connect "127.0.0.1:$port" drip=few end ended
	peer_ends 0
	retry has_counted 400
	says "127\.0\.0\.1:[0-9]+: 400 bytes in $time_taken"
	stops
}

@test "discard: --allow closes others unread, and -v names them" {
	requires socat
	discards -v --allow=127.0.0.1 --allow=10.0.0.0/8
	socat -u OPEN:in "TCP4:127.0.0.1:$port,bind=127.0.0.2" || :
	retry has_lines 1
	[[ $(lines) == *" 127.0.0.2:"*"--allow"* ]]
	zcopy 0 in "127.0.0.1:$port"
	retry has_counted 300000
	[ "$(lines | wc -l)" -eq 2 ]
	stops
}

@test "discard: --allow is refused with a unix socket" {
	ZCOPY_TEST_TIMEOUT=3 zcopy 2 --discard --allow=127.0.0.1 \
	    "unix-listen:$path"
	[[ $output == *--allow* ]]
	[ ! -e "$path" ]
}

@test "discard: a port in use gives status 5" {
	discards
	ZCOPY_TEST_TIMEOUT=3 zcopy 5 --discard "listen:127.0.0.1:$port"
	complains "listen:127.0.0.1:$port" "Address already in use"
	stops
}

## Its end

@test "discard: signals end zcopy while it waits" {
	local signal
	for signal in 1 2 15 9; do
		discards
		retry asleep "$pid"
		kill "-$signal" "$pid"
		ends $((128 + signal))
		[[ $output != *" bytes in "* ]]
	done
	# Nothing listens any more.
	zcopy 5 in "127.0.0.1:$port"
	complains "127.0.0.1:$port" "Connection refused"
}

@test "discard: signals end zcopy during a connection, and reset the peer" {
	local signal
	for signal in 2 15 9; do
		discards
		peer connect "127.0.0.1:$port" send=in broken
		retry has_said "$peer"
		retry asleep "$peer"
		kill "-$signal" "$discard"
		ends $((128 + signal)) "$discard"
		peer_ends 0
	done
}

# busy PID - for `retry`: it has used at least 5 ticks of CPU time.
busy() {
	[ "$(cpu_ticks "$1")" -ge 5 ]
}

@test "discard: a signal ends zcopy while data comes at full speed" {
	local flood
	discards
	start /dev/zero "127.0.0.1:$port"
	flood=$pid
	retry busy "$discard"
	kill "$discard"
	ends 143 "$discard"
	grep -q '^zcopy: 127\.0\.0\.1:.* bytes in .* s: interrupted (SIGTERM)$' \
	    "$discard_log"
	ends 5 "$flood"
	complains "127.0.0.1:$port" "bytes delivered"
}

@test "discard: SIGUSR1 is answered, and zcopy continues" {
	discards
	retry asleep "$pid"
	kill -USR1 "$pid"
	retry has_lines 1
	peer connect "127.0.0.1:$port" send=in "wait=$go" end ended
	retry has_said "$peer"
	retry asleep "$discard"
	kill -USR1 "$discard"
	retry has_lines 2
	: >"$go"
	peer_ends 0
	retry has_counted 300000
	stops
}

@test "discard: signals that were ignored at the start stay ignored" {
	# zcopy_command() puts these before zcopy.
	# shellcheck disable=SC2016	# for the other shell
	local as_user=(sh -c 'trap "" HUP && exec "$@"' sh) clean_env=(env)
	discards
	kill -HUP "$pid"
	as_user=()
	zcopy 0 in "127.0.0.1:$port"
	retry has_counted 300000
	stops
}

## How it is called

@test "discard: a name that does not listen is a usage error" {
	local name
	old_file in
	for name in in new /dev/null - fd:0 127.0.0.1:9 tcp:127.0.0.1:9 \
	    "unix:$path" file:new; do
		zcopy 2 --discard "$name"
		complains "$name" "--discard needs something that listens"
		untouched
	done
}

@test "discard: any other number of operands than one is a usage error" {
	zcopy 2 --discard
	[[ $output == *--discard*missing* ]]
	zcopy 2 --discard listen:127.0.0.1:0 new
	[[ $output == *--discard*"extra operand 'new'"* ]]
	zcopy 2 --discard listen:127.0.0.1:0 listen:127.0.0.1:0
	[[ $output == *"extra operand"* && $output != *listening* ]]
	zcopy 2 --discard :no-such-service
	zcopy 2 --discard :65536
	zcopy 2 --discard ''
	[ ! -e new ]
}
