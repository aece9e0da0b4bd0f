#!/usr/bin/env bats
# --timeout: each wait ends if nothing moves that long, and none ends if data
# moves.

load helpers
load peer
load networks
load deadlines

setup() {
	set_up_peers 1000
	old_file out
}

## The number of seconds

@test "timeout: fractions are accepted, and 0 means never" {
	local seconds
	for seconds in 1 1.5 .5 5. 0 0.0 999999999999; do
		zcopy 0 --timeout=$seconds in "$got"
		same in "$got"
	done
}

@test "timeout: less than a nanosecond is not never" {
	mkfifo "$fifo"
	exec 7<>"$fifo"
	zcopy 3 --timeout=.00000000001 - out <&7
	complains - "read: nothing moved for 1e-11 s"
	untouched
}

@test "timeout: a malformed number is a usage error" {
	local seconds
	for seconds in '' . -1 +1 1s 1e3 0x10 1,5 1.2.3 ' 1' '1 ' inf nan never \
	    9999999999999; do
		zcopy 2 "--timeout=$seconds" in out
		[[ $output == \
"zcopy: --timeout: '$seconds' is not a number of seconds "* ]]
		untouched
	done
}

@test "timeout: the last --timeout counts" {
	mkfifo "$fifo"
	gives_up 3 "$fifo" "open: no writer opened it within 0.3 s (--timeout)" \
	    -- --timeout=0 --timeout=0.3 "$fifo" out
}

@test "timeout: 0 also turns off the limit that is there by default" {
	local waiting
	peer listen 127.0.0.1:0 "save=$got" "wait=$go"
	start --timeout=0 in "127.0.0.1:$port"
	waiting=$pid
	retry has 1000 "$got"
	wait_for 1000000
	retry asleep "$waiting"
	: >"$go"
	ends 0 "$waiting"
}

## Names and connections

@test "look-up: zcopy gives up on a resolver that does not answer" {
	two_networks
	local as_user=("${left[@]}")
	with_silent_resolver
	gives_up 5 nobody.invalid:80 "look-up: Connection timed out" -- \
	    nobody.invalid:80 out
	gives_up 5 nobody.invalid:80 "look-up: Connection timed out" -- \
	    in nobody.invalid:80
	gives_up 5 listen:nobody.invalid:80 "look-up: Connection timed out" -- \
	    listen:nobody.invalid:80 out
}

@test "look-up: signals end it at once, and no socket's path is left" {
	two_networks
	local as_user=("${left[@]}") signal
	with_silent_resolver
	for signal in TERM INT HUP; do
		start "unix-listen:$path" nobody.invalid:80
		retry test -S "$path"
		retry asleep "$pid"
		kill -$signal "$pid"
		RETRY_SECONDS=2 ends $((128 + $(kill -l $signal)))
		complains nobody.invalid:80 "look-up: interrupted ("
		[ ! -e "$path" ]
		untouched
	done
}

@test "look-up: SIGUSR1 prints what zcopy waits for" {
	two_networks
	local as_user=("${left[@]}")
	with_silent_resolver
	start nobody.invalid:80 out
	retry asleep "$pid"
	kill -USR1 "$pid"
	retry grep -q '^zcopy: 0 bytes .*: looking up the name$' "$log"
	kill "$pid"
	ends 143
}

@test "connect: zcopy gives up on an address that drops packets" {
	two_networks
	local as_user=("${left[@]}") name
	for name in 10.9.9.66:9 '[fd09::66]:9'; do
		gives_up 5 "$name" "connect: $name: Connection timed out" -- \
		    in "$name"
		gives_up 5 "$name" "connect: $name: Connection timed out" -- \
		    "$name" out
		gives_up 5 "$name" "connect: $name: Connection timed out" -- \
		    --inplace "$name" out
	done
}

@test "connect: zcopy gives up on a full backlog, of TCP and unix sockets" {
	peer full 127.0.0.1:0
	gives_up 5 "127.0.0.1:$port" \
	    "connect: 127.0.0.1:$port: Connection timed out" -- \
	    in "127.0.0.1:$port"
	peer full "$path"
	gives_up 5 "unix:$path" "connect: Connection timed out" -- \
	    in "unix:$path"
	gives_up 5 "unix:$path" "connect: Connection timed out" -- \
	    "unix:$path" out
}

@test "accept: a listener gives up if nobody connects" {
	local name
	for name in listen:127.0.0.1:0 :0 "unix-listen:$path"; do
		gives_up 5 "$name" "accept: Connection timed out" -- \
		    "$name" out
		gives_up 5 "$name" "accept: Connection timed out" -- \
		    in "$name"
		[ ! -e "$path" ]
	done
}

@test "accept: a listener gives up on a client that sends nothing" {
	local name began
	for name in listen:127.0.0.1:0 "unix-listen:$path"; do
		began=$(now)
		listener --timeout=2 "$name" out
		case $name in
		unix*)	peer connect "$path" "wait=$go" ;;
		*)	peer connect "127.0.0.1:$port" "wait=$go" ;;
		esac
		ends 5
		[ $(($(now) - began)) -ge 2000000 ]
		complains "$name" "receive: Connection timed out"
		untouched
	done
}

@test "accept: the time starts again when a client has connected" {
	listener --timeout=3 listen:127.0.0.1:0 out
	wait_for 2000000
	peer connect "127.0.0.1:$port" "wait=$go" send=in
	wait_for 2000000
	: >"$go"
	ends 0
	same in out
}

## Data

FROM="auto splice read-write"
TO="auto sendfile splice mmap read-write"

@test "source: zcopy gives up on a silent connection, with each method" {
	local method
	for method in $FROM; do
		peer listen 127.0.0.1:0 send=in "wait=$go"
		gives_up 5 "127.0.0.1:$port" "read: nothing moved for 0.3 s \
(1000 bytes moved; DEST is unchanged)" -- "--method=$method" \
		    "127.0.0.1:$port" out
		rm -f "$path"
		peer listen "$path" send=in "wait=$go"
		gives_up 5 "unix:$path" "read: nothing moved for 0.3 s \
(1000 bytes moved; DEST is unchanged)" -- "--method=$method" "unix:$path" out
	done
}

@test "source: zcopy gives up on an idle pipe, with each method" {
	local method
	mkfifo "$fifo"
	exec 7<>"$fifo"
	for method in $FROM; do
		gives_up 3 - "read: nothing moved for 0.3 s \
(0 bytes moved; DEST is unchanged)" -- "--method=$method" - out <&7
		cat in >&7
		gives_up 3 - "read: nothing moved for 0.3 s \
(1000 bytes moved; DEST is unchanged)" -- "--method=$method" - out <&7
		cat in >&7
		gives_up 3 "$fifo" "read: nothing moved for 0.3 s \
(1000 bytes moved; DEST is unchanged)" -- "--method=$method" "$fifo" out
	done
}

@test "source: zcopy gives up on a silent inherited socket, with each method" {
	local method kind
	for kind in stream stream-nonblock; do
		for method in $FROM; do
			given $kind 5 "read: nothing moved for 0.3 s \
(1000 bytes moved; DEST is unchanged)" -- send=in -- "--method=$method" \
			    fd:5 out
		done
	done
}

@test "source: zcopy gives up while it skips --offset of a silent stream" {
	mkfifo "$fifo"
	exec 7<>"$fifo"
	cat in >&7
	gives_up 3 - "read: nothing moved for 0.3 s \
(0 bytes moved; DEST is unchanged)" -- --offset=1001 - out <&7
	cat in >&7
	gives_up 3 "$fifo" "read: nothing moved for 0.3 s \
(0 bytes moved; DEST is unchanged)" -- --offset=1001 "$fifo" out
	peer listen 127.0.0.1:0 send=in "wait=$go"
	gives_up 5 "127.0.0.1:$port" "read: nothing moved for 0.3 s \
(0 bytes moved; DEST is unchanged)" -- --offset=1001 "127.0.0.1:$port" out
}

@test "dest: zcopy gives up on a connection that is full, with each method" {
	local method
	more_than_fits "$big"
	for method in $TO; do
		peer listen 127.0.0.1:0 take=1000 "wait=$go"
		gives_up 5 "127.0.0.1:$port" "write: nothing moved for 0.3 s (" \
		    -- "--method=$method" "$big" "127.0.0.1:$port"
		[[ $output =~ \(([0-9]+)\ bytes\ delivered\ of\ ([0-9]+)\  ]]
		[ "${BASH_REMATCH[1]}" -ge 1000 ]
		[ "${BASH_REMATCH[2]}" -gt "${BASH_REMATCH[1]}" ]
	done
	for method in auto splice read-write; do
		rm -f "$path"
		peer listen "$path" take=1000 "wait=$go"
		gives_up 5 "unix:$path" "write: nothing moved for 0.3 s (" \
		    -- "--method=$method" "$big" "unix:$path"
	done
}

# full_pipe NAME ARG... - zcopy gives up writing to this pipe, which it has made
# larger, after 1 MiB.
full_pipe() {
	gives_up 4 "$1" "write: nothing moved for 0.3 s (1048576 bytes \
delivered)" -- "${@:2}" "$big" "$1"
}

@test "dest: zcopy gives up on a full pipe, with each method" {
	local method
	more_than_fits "$big"
	mkfifo "$fifo"
	for method in $TO; do
		exec 7<>"$fifo"
		STDOUT=$fifo full_pipe - "--method=$method"
		exec 7>&-
	done
	exec 7<>"$fifo"
	full_pipe fd:7
	exec 7>&-
	exec 7<>"$fifo"
	full_pipe "$fifo"
}

@test "dest: zcopy gives up on a full inherited socket, with each method" {
	local method methods kind
	more_than_fits "$big"
	for kind in stream stream-nonblock; do
		methods="auto splice"
		[ $kind != stream ] || methods+=" mmap read-write"
		for method in $methods; do
			given $kind 5 "write: nothing moved for 0.3 s (" -- \
			    take=1000 -- "--method=$method" "$big" fd:5
		done
	done
}

@test "dest: zcopy gives up on a full inherited TCP socket that blocks" {
	local method
	more_than_fits "$big"
	for method in auto splice mmap read-write; do
		peer listen 127.0.0.1:0 take=1000 "wait=$go"
		exec 5<>"/dev/tcp/127.0.0.1/$port"
		gives_up 5 fd:5 "write: nothing moved for 0.3 s (" -- \
		    "--method=$method" "$big" fd:5
		exec 5>&-
	done
}

@test "between: the error names the end that does not move" {
	more_than_fits "$big"
	peer listen 127.0.0.1:0 send=in "wait=$go"
	local from=127.0.0.1:$port
	peer listen 127.0.0.1:0 "save=$got"
	zcopy 5 --timeout=0.3 "$from" "127.0.0.1:$port"
	complains "$from" "read: nothing moved" "(1000 bytes delivered)"

	peer listen 127.0.0.1:0 "send=$big"
	from=127.0.0.1:$port
	peer listen 127.0.0.1:0 take=1000 "wait=$go"
	zcopy 5 --timeout=0.3 "$from" "127.0.0.1:$port"
	complains "127.0.0.1:$port" "write: nothing moved"
}

## FIFOs

@test "fifo: zcopy gives up if nobody opens the other side" {
	mkfifo "$fifo"
	gives_up 3 "$fifo" "open: no writer opened it within 0.3 s (--timeout)" \
	    -- "$fifo" out
	gives_up 4 "$fifo" "open: no reader opened it within 0.3 s (--timeout)" \
	    -- in "$fifo"
	gives_up 1 "$fifo" "open: no writer opened it within 0.3 s (--timeout)" \
	    -- --header="$fifo" in out
}

@test "fifo: zcopy gives up on a header that does not end" {
	mkfifo "$fifo"
	exec 7<>"$fifo"
	cat in >&7
	gives_up 1 "$fifo" "read: nothing moved for 0.3 s" -- \
	    --header="$fifo" in out
}

## Transfers that are slow, but move

# slow_from METHOD, slow_to METHOD - start a transfer that takes 1.8 s or more,
# with pauses of 0.2 s, which are shorter than --timeout.  Add its process to
# $slow.
slow_from() {
	peer listen 127.0.0.1:0 pace=0.2 drip=little
	start --timeout=1 "--method=$1" "127.0.0.1:$port" "from.$1"
	slow+=("$pid")
}

slow_to() {
	peer listen 127.0.0.1:0 rcvbuf=1 sndbuf=1 pace=0.2 size=3000 \
	    "sip=to.$1"
	start --timeout=1 "--method=$1" in "127.0.0.1:$port"
	slow+=("$pid")
}

@test "slow: a byte every 0.2 s is enough for --timeout=1, both ways" {
	local method slow=() i began
	random_file little 10
	random_file in 9000
	began=$(now)
	for method in $FROM; do
		slow_from "$method"
	done
	for method in $TO; do
		slow_to "$method"
	done
	for i in "${slow[@]}"; do
		ends 0 "$i"
	done
	[ $(($(now) - began)) -ge 2000000 ]
	for method in $FROM; do
		same little "from.$method"
	done
	for method in $TO; do
		retry cmp -s in "to.$method"
	done
}

# A full socket buffer of megabytes accepts more only when a large part is free.
@test "slow: zcopy waits for a reader of large buffers" {
	random_file "$big" 7M
	peer listen 127.0.0.1:0 pace=0.1 size=200000 "sip=$got"
	zcopy 0 --timeout=1 "$big" "127.0.0.1:$port"
	peer_ends 0
	same "$big" "$got"
}

@test "slow: zcopy waits for a pipe that has a byte every 0.2 s" {
	local i
	mkfifo "$fifo"
	exec 7<>"$fifo"
	start --timeout=1 -c 8 - new <&7
	for i in 1 2 3 4 5 6 7 8; do
		wait_for 200000
		printf x >&7
	done
	ends 0
	[ "$(cat new)" = xxxxxxxx ]
}

@test "slow: waiting with --timeout costs no CPU time" {
	local waiting=() before=() i
	more_than_fits "$big"
	mkfifo "$fifo" "$fifo.out"
	exec 6<>"$fifo" 7<>"$fifo.out"
	listener --timeout=60 :0 out
	waiting+=("$pid")
	listener --timeout=60 :0 out
	waiting+=("$pid")
	peer connect "127.0.0.1:$port" "wait=$go"
	peer listen 127.0.0.1:0 "wait=$go"
	start --timeout=60 "$big" "127.0.0.1:$port"
	waiting+=("$pid")
	peer listen 127.0.0.1:0 "save=$got" "wait=$go"
	start --timeout=60 in "127.0.0.1:$port"
	waiting+=("$pid")
	start --timeout=6 - out <&6	# looks at the clock more often
	waiting+=("$pid")
	start --timeout=60 "$big" fd:7
	waiting+=("$pid")
	for i in "${waiting[@]}"; do
		retry asleep "$i"
		before+=("$(cpu_ticks "$i")")
	done
	wait_for 1000000
	for i in "${!waiting[@]}"; do
		echo "$i: ${before[i]} to $(cpu_ticks "${waiting[i]}")"
		[ $(($(cpu_ticks "${waiting[i]}") - before[i])) -le 3 ]
	done
	[ ${#waiting[@]} -eq 6 ]
	ends 3 "${waiting[4]}"
}
