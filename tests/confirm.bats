#!/usr/bin/env bats
# --confirm: what zcopy must see from the peer, after the last byte, before it
# succeeds.

load helpers
load peer

setup() {
	set_up_peers 300000
}

METHODS="auto sendfile splice mmap read-write"

# ROUTE DEED... -- ARG... - start a zcopy, $pid, that sends to a peer that does
# these DEEDs (see tests/peer.py).  ARGs are zcopy's options and its SOURCE;
# $name is its DEST.
#
# split DEED... -- ARG... - set $deeds and $args.
split() {
	deeds=()
	while [ "$1" != -- ]; do
		deeds+=("$1")
		shift
	done
	shift
	args=("$@")
}

to_tcp() {
	split "$@"
	peer listen 127.0.0.1:0 "${deeds[@]}"
	name=127.0.0.1:$port
	start "${args[@]}" "$name"
}

to_tcp_client() {
	split "$@"
	name=listen:127.0.0.1:0
	listener "${args[@]}" "$name"
	peer connect "127.0.0.1:$port" "${deeds[@]}"
}

to_unix() {
	split "$@"
	rm -f "$path"
	peer listen "$path" "${deeds[@]}"
	name=unix:$path
	start "${args[@]}" "$name"
}

to_unix_client() {
	split "$@"
	name=unix-listen:$path
	listener "${args[@]}" "$name"
	peer connect "$path" "${deeds[@]}"
}

ROUTES="to_tcp to_tcp_client to_unix to_unix_client"

# failure - set $failure to zcopy's last line, without the names in front.
failure() {
	local line=${output##*$'\n'}
	echo "message: $line"
	failure=${line#"zcopy: $name: "}
	[ "$failure" != "$line" ]
}

# confirmed WHAT - true if -v says that this was confirmed.
confirmed() {
	[ "$(grep '^zcopy: confirmed: ' <<<"$output")" = \
	    "zcopy: confirmed: $1" ]
}

## What each value waits for

# bats test_tags=valgrind,kernel
@test "confirm: zcopy waits for the close, by default and with --confirm=close" {
	local route option
	for route in $ROUTES; do
		for option in -v --confirm=close; do
			echo "$route $option"
			$route "save=$got" -- -v $option in
			ends 0
			peer_ends 0
			confirmed close
			same in "$got"
		done
	done
}

@test "confirm: ack accepts a peer that never closes" {
	local route
	for route in $ROUTES; do
		$route take=300000 "wait=$go" -- -v --confirm=ack in
		ends 0
		confirmed ack
		: >"$go"
		peer_ends 0
		rm "$go"
	done
}

# changed_before_taken ARG... - SOURCE is cut short when all of it was given to
# the kernel, and its last page before the peer reads it.
changed_before_taken() {
	cp in late
	to_tcp rcvbuf=4096 take=1000 "wait=$go" "save=$got" -- "$@" late
	retry answers 'waiting for the peer to confirm'
	truncate -s 299000 late
	: >"$go"
}

@test "confirm: lent pages that change before the peer has them give status 7" {
	local method
	for method in auto sendfile splice; do
		changed_before_taken -m "$method"
		ends 7
		[[ $output == *"read: it changed before $name was known to"* ]]
		peer_ends 0
		rm "$go"
	done
}

@test "confirm: SOURCE may change once zcopy has copied the data" {
	local args
	for args in --stable "-m read-write" "-m mmap"; do
		# shellcheck disable=SC2086
		changed_before_taken $args
		ends 0
		peer_ends 0
		tail -c +1001 in | cmp - "$got"
		rm "$go"
	done
}

# With TCP the peer's kernel acknowledges.  Data in a unix socket is
# acknowledged when the program has read it.
@test "confirm: ack accepts a peer that has read nothing" {
	local route
	random_file little 1000
	for route in to_tcp to_tcp_client; do
		$route "wait=$go" "save=$got" -- -v --confirm=ack little
		ends 0
		confirmed ack
		: >"$go"
		peer_ends 0
		same little "$got"
		rm "$go"
	done
	for route in to_unix to_unix_client; do
		$route "wait=$go" "save=$got" -- -v --confirm=ack little
		retry asleep "$pid"
		: >"$go"
		ends 0
		# The peer may have closed as well.
		confirmed ack || confirmed close
		peer_ends 0
		same little "$got"
		rm "$go"
	done
}

# bats test_tags=kernel
@test "confirm: ack waits until the last byte is acknowledged" {
	local route
	for route in $ROUTES; do
		$route rcvbuf=1 sndbuf=1 "wait=$go" "save=$got" -- \
		    -v --confirm=ack in
		retry asleep "$pid"
		wait_for 200000
		retry asleep "$pid"
		: >"$go"
		ends 0
		peer_ends 0
		same in "$got"
		rm "$go"
	done
}

# ended_before [ARG...] - start a zcopy whose peer ends its own side before all
# data is sent.
ended_before() {
	local slow=$BATS_TEST_TMPDIR.slow.$started
	mkfifo "$slow"
	exec 8<>"$slow"
	peer listen 127.0.0.1:0 end "save=$got"
	start -v "$@" -c 5 - "127.0.0.1:$port" <"$slow" 8>&-
	retry has_ended "$port"
	printf hello >&8
	exec 8>&-
}

# has_ended PORT - for `retry`: the FIN of the peer at PORT has arrived.
has_ended() {
	[ -n "$(ss -Htn state close-wait dport = ":$1")" ]
}

@test "confirm: a peer's end that came before ours does not count as a close" {
	requires ss
	for what in '' --confirm=ack; do
		ended_before $what
		ends 0
		confirmed ack
		peer_ends 0
		[ "$(cat "$got")" = hello ]
	done
	ended_before --confirm=close
	ends 5
	grep -q "^zcopy: 127.0.0.1:$port: .*--confirm=ack" "$log"
}

@test "confirm: none does not wait, and the peer still gets everything" {
	local route
	random_file little 1000
	for route in $ROUTES; do
		$route "wait=$go" "save=$got" -- -v --confirm=none little
		ends 0
		confirmed none
		: >"$go"
		peer_ends 0
		same little "$got"
		rm "$go"
	done
}

# If zcopy closed with unread data, the kernel would reset the connection.
@test "confirm: with none, unread data from the peer resets nothing" {
	local route
	random_file chatter 50000
	mkfifo "$path.in"
	exec 7<>"$path.in"
	for route in to_tcp to_tcp_client; do
		$route send=chatter print=sent "wait=$go" "save=$got" -- \
		    --confirm=none -c 1000 "$path.in"
		retry grep -q sent "$said"
		head -c 1000 in >&7
		ends 0
		: >"$go"
		peer_ends 0
		cmp <(head -c 1000 in) "$got"
		rm "$go"
	done
}

@test "confirm: without -v nothing is printed about it" {
	local what
	for what in close ack none; do
		to_tcp "save=$got" -- --confirm=$what in
		ends 0
		[ -z "$output" ]
		peer_ends 0
	done
}

@test "confirm: nothing is confirmed for a DEST that is not a socket" {
	zcopy 0 -v in out
	[[ $output != *confirmed* ]]
	STDOUT=$got zcopy 0 -v in -
	[[ $output != *confirmed* ]]
	to_tcp "send=in" -- -v /dev/null
	ends 0
	peer listen 127.0.0.1:0 send=in
	zcopy 0 -v "127.0.0.1:$port" out
	[[ $output != *confirmed* ]]
}

@test "confirm: the option is a usage error for a DEST that is not a socket" {
	local what
	old_file out
	for what in close ack none; do
		zcopy 2 --confirm=$what in out
		[[ $output == "zcopy: --confirm: "* ]]
		zcopy 2 --confirm=$what 127.0.0.1:9 out
		untouched
	done
}

@test "confirm: the option is a usage error for an inherited pipe or file" {
	: >"$got"
	STDOUT=$got zcopy 2 --confirm=ack in -
	zcopy 2 --confirm=ack in fd:5 5>"$got"
	[[ $output == "zcopy: --confirm: "* ]]
	[ ! -s "$got" ]
}

@test "confirm: any other value is a usage error" {
	local what
	for what in '' Close all closed acknowledged 'ack '; do
		zcopy 2 "--confirm=$what" in 127.0.0.1:9
		[[ $output == "zcopy: --confirm: '$what' is none of close, "* ]]
	done
}

## A peer that does not confirm

NOT_CLOSED="waiting for the peer to close: all is acknowledged, but it has not \
closed in 2 s; it may still be writing or flushing its file (--timeout waits \
longer, --confirm=ack accepts this)"

@test "confirm: a peer that has everything but does not close is an error" {
	local route
	for route in $ROUTES; do
		$route "save=$got" "wait=$go" -- --timeout=2 in
		ends 5
		failure
		[ "$failure" = "$NOT_CLOSED" ]
		same in "$got"
	done
}

@test "confirm: a peer that never accepts acknowledges, but does not close" {
	requires python3
	random_file little 1000
	peer backlog 127.0.0.1:0
	name=127.0.0.1:$port
	zcopy 5 --timeout=2 little "$name"
	failure
	[ "$failure" = "$NOT_CLOSED" ]
	zcopy 0 -v --confirm=ack little "$name"
	confirmed ack
	zcopy 0 -v --confirm=none little "$name"
	confirmed none
}

# numbers - set $acknowledged and $all to what the failure says.
numbers() {
	failure
	[[ $failure =~ \(([0-9]+)\ of\ ([0-9]+)\ bytes\ acknowledged\)$ ]]
	acknowledged=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
}

@test "confirm: for a peer that stops reading, the acknowledged count is exact" {
	local route what
	requires ss
	requires_tcp_info
	for route in to_tcp to_tcp_client; do
		what=close
		[ $route = to_tcp ] || what=ack
		$route rcvbuf=1 take=1000 unread "wait=$go" -- \
		    --confirm=$what --timeout=3 in
		ends 5
		numbers
		[[ $failure == *": Connection timed out (1"* ]]
		[ "$all" -eq 300000 ]
		[ "$acknowledged" -eq $((1000 + $(last_said))) ]
	done
}

# last_said - print the peer's last line.
last_said() {
	tail -n 1 "$said"
}

@test "confirm: a peer that stops reading a unix socket gives status 5" {
	local route what
	random_file little 1000
	for route in to_unix to_unix_client; do
		for what in close ack; do
			$route "wait=$go" -- --confirm=$what --timeout=0.4 \
			    little
			ends 5
			failure
			[[ $failure == *": Connection timed out"* ]]
		done
	done
}

## A peer that resets: the count is the data that its kernel has acknowledged.
## Linux counts the SYN and the FIN as well; zcopy must not.

# flushed - for `retry`: all that $pid sent is acknowledged.
flushed() {
	local info
	info=$(ss -HtinpO | grep "pid=$pid,") && [[ $info != *unacked:* ]]
}

# reset_when_full ROUTE DEED... -- ARG... - zcopy sends to a peer that does the
# DEEDs, prints how much it has not read, and resets when all is acknowledged.
reset_when_full() {
	local route=$1
	requires_tcp_info
	shift
	rm -f "$go"
	split "$@"
	$route "${deeds[@]}" unread "wait=$go" reset -- "${args[@]}"
	retry has_digits
	retry flushed
	: >"$go"
	ends 5
	peer_ends 0
	failure
}

# has_digits - for `retry`: the peer has printed how much it has not read.
has_digits() {
	[[ $(last_said) =~ ^[0-9]+$ ]]
}

@test "reset: if all is acknowledged, the count is all, without SYN and FIN" {
	requires ss
	local route method
	random_file little 1000
	random_file header 300
	for route in to_tcp to_tcp_client; do
		for method in sendfile read-write; do
			reset_when_full $route -- "--method=$method" little
			[ "$(last_said)" -eq 1000 ]
			[[ $failure == "waiting for the peer to close: \
Connection reset by peer (1000 of 1000 bytes acknowledged)" ]]
		done
		reset_when_full $route -- --header=header --trailer=header \
		    little
		[ "$(last_said)" -eq 1600 ]
		[[ $failure == *"(1600 of 1600 bytes acknowledged)" ]]
		reset_when_full $route take=700 -- --header=header little
		[ "$(last_said)" -eq 600 ]
		[[ $failure == *"(1300 of 1300 bytes acknowledged)" ]]
	done
}

@test "reset: if our kernel has everything, the count is what is acknowledged" {
	requires ss
	local route
	random_file header 300
	for route in to_tcp to_tcp_client; do
		reset_when_full $route rcvbuf=1 take=1000 -- in
		numbers
		[ "$all" -eq 300000 ]
		[ "$acknowledged" -eq $((1000 + $(last_said))) ]
		reset_when_full $route rcvbuf=1 take=1000 -- \
		    --header=header --confirm=ack in
		numbers
		[ "$all" -eq 300300 ]
		[ "$acknowledged" -eq $((1000 + $(last_said))) ]
	done
}

# methods_of ROUTE - print all methods for to_tcp, and only auto for others, to
# save time.
methods_of() {
	case $1 in
	to_tcp)	echo "$METHODS" ;;
	*)	echo auto ;;
	esac
}

# While there is more to send, the message counts data, without the header.
@test "reset: if there is more to send, the count is what is acknowledged" {
	requires ss
	local route method
	more_than_fits "$big"
	random_file header 300
	for route in to_tcp to_tcp_client; do
		for method in $(methods_of $route); do
			reset_when_full $route rcvbuf=1 take=1000 -- \
			    "--method=$method" "$big"
			[[ $failure == "write: "*" \
($((1000 + $(last_said))) bytes delivered of "*" that were sent)" ]]
		done
		reset_when_full $route rcvbuf=1 take=1000 -- \
		    --header=header "$big"
		[[ $failure == "write: "*" \
($((700 + $(last_said))) bytes delivered of "*" that were sent)" ]]
	done
}

@test "reset: a reset in the header counts no data as delivered" {
	requires ss
	reset_when_full to_tcp rcvbuf=1 -- "--header=in" in
	[[ $failure == "waiting for the peer to close: "* ]]
	more_than_fits "$big"
	reset_when_full to_tcp rcvbuf=1 take=1000 -- "--header=$big" in
	[[ $failure == *"(0 bytes delivered"* ]]
}

# bats test_tags=kernel
@test "reset: a peer that closes at once gives status 5 with any --confirm" {
	local route what
	more_than_fits "$big"
	for route in to_tcp to_tcp_client; do
		for what in close ack; do
			$route close -- --confirm=$what "$big"
			ends 5
			failure
		done
	done
	for route in to_unix to_unix_client; do
		for what in close ack none; do
			$route close -- --confirm=$what "$big"
			ends 5
			failure
		done
	done
}

@test "reset: a peer that closes before it has read everything gives status 5" {
	local route what
	for route in $ROUTES; do
		for what in close ack; do
			rm -f "$go"
			$route rcvbuf=1 sndbuf=1 take=1000 "wait=$go" -- \
			    --confirm=$what in
			retry asleep "$pid"
			: >"$go"
			ends 5
			failure
		done
	done
}

@test "reset: after --confirm=ack succeeded, a reset changes nothing" {
	local route
	random_file little 1000
	for route in to_tcp to_tcp_client; do
		rm -f "$go"
		$route "wait=$go" reset -- --confirm=ack little
		ends 0
		: >"$go"
		peer_ends 0
	done
}

## A peer that talks

@test "talk: a peer may send everything back as it comes, with each method" {
	local route method
	head -c 8M /dev/urandom >"$big"
	for method in $METHODS; do
		for route in $ROUTES; do
			echo "$method $route"
			$route "echo=$got" -- -v "--method=$method" "$big"
			ends 0
			peer_ends 0
			confirmed close
			same "$big" "$got"
		done
	done
}

@test "talk: with tiny buffers that are full both ways, nothing hangs" {
	local route method
	for method in auto read-write; do
		for route in $ROUTES; do
			$route rcvbuf=1 sndbuf=1 "echo=$got" -- \
			    "--method=$method" -c 60000 in
			ends 0
			peer_ends 0
			cmp <(head -c 60000 in) "$got"
		done
	done
}

@test "talk: a peer may send much before it receives anything" {
	local route
	more_than_fits "$big"
	for route in $ROUTES; do
		$route "send=$big" "save=$got" -- -v in
		ends 0
		peer_ends 0
		confirmed close
		same in "$got"
	done
}

@test "talk: a peer may end its own side first, with each method" {
	local route method
	head -c 4M /dev/urandom >"$big"
	for method in $METHODS; do
		for route in $ROUTES; do
			$route end "save=$got" -- -v "--method=$method" "$big"
			ends 0
			peer_ends 0
			# Its end may come before ours, or after.
			grep -Eq 'confirmed: (close|ack)$' "$log"
			same "$big" "$got"
		done
	done
}

## Sockets that zcopy was given

# given DEED... - connect descriptor 5 to a peer that does these DEEDs.
given() {
	name=fd:5
	peer listen 127.0.0.1:0 "$@"
	exec 5<>"/dev/tcp/127.0.0.1/$port"
}

@test "given: without --confirm zcopy does not wait, and the socket stays open" {
	given "save=$got" "wait=$go"
	zcopy 0 -v in fd:5
	[[ $output != *confirmed* ]]
	printf after >&5
	exec 5>&-
	: >"$go"
	peer_ends 0
	(cat in; printf after) | cmp - "$got"
}

@test "given: zcopy waits for what --confirm says" {
	local what
	for what in close ack; do
		given "save=$got"
		zcopy 0 -v --confirm=$what in fd:5
		exec 5>&-
		[[ $output == *"confirmed: "* ]]
		[ $what = ack ] || confirmed close
		peer_ends 0
		same in "$got"
	done
	given "wait=$go" "save=$got"
	zcopy 0 -v --confirm=none in fd:5
	confirmed none
	: >"$go"
	exec 5>&-
	peer_ends 0
}

@test "given: a peer that does not close in time is an error" {
	given "save=$got" "wait=$go"
	zcopy 5 --confirm=close --timeout=2 in fd:5
	failure
	[ "$failure" = "$NOT_CLOSED" ]
	exec 5>&-
}

# bats test_tags=kernel
@test "given: ack and close work on a unix socket" {
	requires python3
	local what
	for what in close ack; do
		local as_user=("$PYTHON" "$PEER" pair stream 5 "save=$got" --)
		zcopy 0 -v --confirm=$what in fd:5
		[[ $output == *"confirmed: "* ]]
		same in "$got"
	done
}

@test "given: after a reset, bytes of other senders are not counted" {
	requires ss
	requires_tcp_info
	rm -f "$go"
	given rcvbuf=1 unread "wait=$go.full" unread "wait=$go" reset
	printf '%0500d' 0 >&5
	retry has_digits
	start --confirm=close in fd:5
	exec 5>&-
	retry asleep "$pid"
	: >"$go.full"
	retry said_numbers 2
	retry flushed
	: >"$go"
	ends 5
	numbers
	[ "$all" -eq 300000 ]
	[ "$acknowledged" -eq $(($(last_said) - 500)) ]
}

# said_numbers N - for `retry`: the peer has printed N numbers after its port.
said_numbers() {
	[ "$(grep -c '^[0-9]*$' "$said")" -gt "$1" ]
}
