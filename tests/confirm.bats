#!/usr/bin/env bats
# --confirm: what a peer must have shown, after the last byte, for the transfer
# to be a success.

load helpers
load peer

setup() {
	set_up_peers 300000
}

METHODS="auto sendfile splice mmap read-write"

# Each route sends to a peer that does these deeds, once it is connected:
# ROUTE DEED... -- ARG... - $pid is the zcopy, $name its DEST.  The options
# and the SOURCE are ARGs.
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

# failure - zcopy's last line, without its name and that of DEST.
failure() {
	local line=${output##*$'\n'}
	echo "message: $line"
	failure=${line#"zcopy: $name: "}
	[ "$failure" != "$line" ]
}

# confirmed WHAT - after success, by -v.
confirmed() {
	[ "$(grep '^zcopy: confirmed: ' <<<"$output")" = \
	    "zcopy: confirmed: $1" ]
}

## What each value waits for

# bats test_tags=valgrind
@test "confirm: close is what is waited for, by default and when asked for" {
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

# The kernel of the peer is; of a unix socket that means its program.
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
		# By then it may have closed, too.
		confirmed ack || confirmed close
		peer_ends 0
		same little "$got"
		rm "$go"
	done
}

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

# ended_before [ARG...] - zcopy is in the middle, and its peer has ended its
# own side by then.
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

# has_ended PORT - for `retry`: the end of the peer there has arrived.
has_ended() {
	[ -n "$(ss -Htn state close-wait dport = ":$1")" ]
}

@test "confirm: an end that came before ours is no close" {
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

@test "confirm: none waits for nobody, and the peer still gets all" {
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

# Left unread, it would.
@test "confirm: none, and what the peer has said by then resets nothing" {
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

@test "confirm: without -v nothing is said of it" {
	local what
	for what in close ack none; do
		to_tcp "save=$got" -- --confirm=$what in
		ends 0
		[ -z "$output" ]
		peer_ends 0
	done
}

@test "confirm: a DEST that is no socket has nothing to confirm" {
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

@test "confirm: asked of a DEST that is no socket it is a usage error" {
	local what
	old_file out
	for what in close ack none; do
		zcopy 2 --confirm=$what in out
		[[ $output == "zcopy: --confirm: "* ]]
		zcopy 2 --confirm=$what 127.0.0.1:9 out
		untouched
	done
}

@test "confirm: asked of an inherited pipe or file it is a usage error" {
	: >"$got"
	STDOUT=$got zcopy 2 --confirm=ack in -
	zcopy 2 --confirm=ack in fd:5 5>"$got"
	[[ $output == "zcopy: --confirm: "* ]]
	[ ! -s "$got" ]
}

@test "confirm: what is none of the three is a usage error" {
	local what
	for what in '' Close all closed acknowledged 'ack '; do
		zcopy 2 "--confirm=$what" in 127.0.0.1:9
		[[ $output == "zcopy: --confirm: '$what' is none of close, "* ]]
	done
}

## A peer that does not

NOT_CLOSED="waiting for the peer to close: all is acknowledged, but it has not \
closed in 2 s (--confirm=ack accepts this)"

@test "confirm: who has all and does not close in time is told, with ack named" {
	local route
	for route in $ROUTES; do
		$route "save=$got" "wait=$go" -- --timeout=2 in
		ends 5
		failure
		[ "$failure" = "$NOT_CLOSED" ]
		same in "$got"
	done
}

@test "confirm: who never calls accept acknowledges, and does not close" {
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

# numbers - $acknowledged of $all, from such a failure.
numbers() {
	failure
	[[ $failure =~ \(([0-9]+)\ of\ ([0-9]+)\ bytes\ acknowledged\)$ ]]
	acknowledged=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
}

@test "confirm: who stops reading is told, with what was acknowledged" {
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

# last_said - by the peer.
last_said() {
	tail -n 1 "$said"
}

@test "confirm: who stops reading a unix socket is told" {
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

## A peer that resets: the count is what its kernel has acknowledged, which is
## neither the SYN nor the FIN, though Linux counts them.

# flushed - for `retry`: nothing that $pid sent is unacknowledged.
flushed() {
	local info
	info=$(ss -HtinpO | grep "pid=$pid,") && [[ $info != *unacked:* ]]
}

# reset_when_full ROUTE DEED... -- ARG... - zcopy sends to a peer that resets
# when no more comes.
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

has_digits() {
	[[ $(last_said) =~ ^[0-9]+$ ]]
}

@test "reset: less than is acknowledged, so all of it, and no FIN or SYN" {
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

@test "reset: more than is acknowledged, with all in our kernel" {
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

# methods_of ROUTE - all by the one, which costs time, and one by the other.
methods_of() {
	case $1 in
	to_tcp)	echo "$METHODS" ;;
	*)	echo auto ;;
	esac
}

# While there is more to send the count is of the data, without the header.
@test "reset: more than our kernel takes" {
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

@test "reset: in the middle of the header, and none of the data is delivered" {
	requires ss
	reset_when_full to_tcp rcvbuf=1 -- "--header=in" in
	[[ $failure == "waiting for the peer to close: "* ]]
	more_than_fits "$big"
	reset_when_full to_tcp rcvbuf=1 take=1000 -- "--header=$big" in
	[[ $failure == *"(0 bytes delivered"* ]]
}

@test "reset: a peer that closes at once, with --confirm whatever" {
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

@test "reset: a peer that closes before it has read all is status 5" {
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

@test "reset: after a success it is nobody's failure" {
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

@test "talk: a peer that sends all back as it comes, with every method" {
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

@test "talk: tiny buffers, both full, and it ends all the same" {
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

@test "talk: a peer that says much before it receives anything" {
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

@test "talk: a peer that ends its own side first, with every method" {
	local route method
	head -c 4M /dev/urandom >"$big"
	for method in $METHODS; do
		for route in $ROUTES; do
			$route end "save=$got" -- -v "--method=$method" "$big"
			ends 0
			peer_ends 0
			# Whether its end came before ours is chance.
			grep -Eq 'confirmed: (close|ack)$' "$log"
			same "$big" "$got"
		done
	done
}

## Sockets that zcopy was given

# given DEED... - descriptor 5 is a connection, to a peer that does these deeds.
given() {
	name=fd:5
	peer listen 127.0.0.1:0 "$@"
	exec 5<>"/dev/tcp/127.0.0.1/$port"
}

@test "given: nothing is awaited unless asked for, and it stays open" {
	given "save=$got" "wait=$go"
	zcopy 0 -v in fd:5
	[[ $output != *confirmed* ]]
	printf after >&5
	exec 5>&-
	: >"$go"
	peer_ends 0
	(cat in; printf after) | cmp - "$got"
}

@test "given: what is asked for is awaited" {
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

@test "given: who does not close in time is told" {
	given "save=$got" "wait=$go"
	zcopy 5 --confirm=close --timeout=2 in fd:5
	failure
	[ "$failure" = "$NOT_CLOSED" ]
	exec 5>&-
}

@test "given: a unix socket, asked for ack and close" {
	requires python3
	local what
	for what in close ack; do
		local as_user=("$PYTHON" "$PEER" pair stream 5 "save=$got" --)
		zcopy 0 -v --confirm=$what in fd:5
		[[ $output == *"confirmed: "* ]]
		same in "$got"
	done
}

@test "given: a reset is told, and others' bytes are not counted" {
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

# said_numbers N - has the peer printed so many, besides its port?
said_numbers() {
	[ "$(grep -c '^[0-9]*$' "$said")" -gt "$1" ]
}
