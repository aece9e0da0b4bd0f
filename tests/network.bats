#!/usr/bin/env bats
# Connections: how they are made, and what each side does if the other side, the
# network or a name fails.

load helpers
load peer
load networks

teardown() {
	end_all
	unmount_all
}

## Listening

@test "listen: the address and the port are announced on stderr" {
	STDOUT=$got listener listen:127.0.0.1:0 -
	[ "$(cat "$log")" = "zcopy: listening on 127.0.0.1:$port" ]
	zcopy 0 in "127.0.0.1:$port"
	[ -z "$output" ]
	ends 0
	[ "$output" = "zcopy: listening on 127.0.0.1:$port" ]
	same in "$got"
}

@test "listen: an IPv6 address is announced in brackets" {
	requires_ipv6
	listener 'listen:[::1]:0' out
	[ "$(cat "$log")" = "zcopy: listening on [::1]:$port" ]
	zcopy 0 in "[::1]:$port"
	ends 0
	same in out
}

@test "listen: with -q zcopy listens, and announces nothing" {
	requires ss
	start -q listen:127.0.0.1:0 out
	retry listens "$pid"
	port=$(bound "$pid")
	zcopy 0 in "127.0.0.1:$port"
	ends 0
	[ -z "$output" ]
	same in out
}

@test "listen: a port alone accepts IPv4 and IPv6 clients" {
	requires_ipv6
	local name address
	for name in :0 listen:0 listen::0; do
		for address in 127.0.0.1 '[::1]'; do
			echo "$name $address"
			listener "$name" out
			[ "$(cat "$log")" = "zcopy: listening on [::]:$port" ]
			zcopy 0 in "$address:$port"
			ends 0
			same in out
			rm out
		done
	done
}

@test "listen: a listener on one address accepts no client on another" {
	requires_ipv6
	listener listen:127.0.0.1:0 out
	zcopy 5 in "[::1]:$port"
	zcopy 5 in "127.0.0.2:$port"
	kill "$pid"
	ends 143
	untouched
}

@test "listen: the address may be a host name" {
	listener listen:localhost:0 out
	zcopy 0 in "localhost:$port"
	ends 0
	same in out
}

@test "listen: a DEST that listens sends to the first client" {
	listener in :0
	zcopy 0 "127.0.0.1:$port" out
	ends 0
	same in out
}

@test "listen: the port is closed after one connection" {
	listener listen:127.0.0.1:0 out
	local name=127.0.0.1:$port client=0
	peer connect "$name" send=in "wait=$go" end ended
	retry has_said "$peer"
	retry refused "$name"
	: >"$go"
	ends 0
	peer_ends 0
	same in out
}

# refused NAME - for `retry`: true if a new connection is refused.  One that was
# already in the queue is reset when the listening socket is closed.
refused() {
	zcopy 5 in "$1"
	[[ $output == *"Connection refused"* ]]
}

# The side that closes first, here the sender, has a socket in TIME_WAIT at that
# port for a minute.
@test "listen: the same port can be used again at once" {
	local i first
	listener in listen:127.0.0.1:0
	first=$port
	for i in 1 2 3; do
		zcopy 0 "127.0.0.1:$port" out
		ends 0
		same in out
		listener in "listen:127.0.0.1:$first"
		[ "$port" = "$first" ]
	done
}

@test "listen: a port in use is an error, and DEST is untouched" {
	listener listen:127.0.0.1:0 other
	local first=$pid
	zcopy 5 "listen:127.0.0.1:$port" out
	complains "listen:127.0.0.1:$port" "Address already in use"
	zcopy 5 --inplace "listen:127.0.0.1:$port" out
	untouched
	zcopy 0 in "127.0.0.1:$port"
	ends 0 "$first"
}

@test "listen: an address of another machine is an error" {
	zcopy 5 listen:192.0.2.77:0 out
	complains listen:192.0.2.77:0 "Cannot assign requested address"
	untouched
}

@test "listen: a privileged port is an error for a user without the privilege" {
	requires setpriv
	requires_namespace -n
	let_nobody_in
	# In a new network, net.ipv4.ip_unprivileged_port_start has its default.
	local ZCOPY=$BATS_FILE_TMPDIR/zcopy
	local as_user=(unshare -n setpriv --reuid=nobody
	    "--regid=$(id -g nobody)" --clear-groups)
	zcopy 5 :80 out
	complains :80 "Permission denied"
	untouched
}

@test "listen: the port may be the name of a service" {
	requires getent
	requires_namespace -n
	getent services http >/dev/null || skip "needs services(5)"
	local as_user=(unshare -n)
	start :http out
	retry listening
	[[ $(cat "$log") == "zcopy: listening on "*:80 ]]
	kill "$pid"
	ends 143
}

# bats test_tags=valgrind
@test "listen: a unix socket is announced, and its path is removed at the end" {
	listener "unix-listen:$path" out
	[ "$(cat "$log")" = "zcopy: listening on unix-listen:$path" ]
	[ -S "$path" ]
	zcopy 0 in "unix:$path"
	ends 0
	same in out
	[ ! -e "$path" ]
}

@test "listen: a path that exists is an error, and is not removed" {
	echo precious >"$path"
	zcopy 5 "unix-listen:$path" out
	complains "unix-listen:$path" "Address already in use"
	[ "$(cat "$path")" = precious ]
	untouched
}

@test "listen: a file that took the place of the socket is not removed" {
	listener "unix-listen:$path" out
	mv "$path" "$path.moved"
	echo precious >"$path"
	zcopy 0 in "unix:$path.moved"
	ends 0
	same in out
	[ "$(cat "$path")" = precious ]
}

## Peers that connect and send nothing

# scanned LISTEN-NAME OPTION... - start a zcopy that listens, and connect such a
# peer to it.
scanned() {
	local name=$1
	shift
	listener "$@" "$name" "${dest:-out}"
	case $name in
	unix*)	peer connect "$path" ;;
	*)	peer connect "127.0.0.1:$port" ;;
	esac
}

# bats test_tags=valgrind
@test "scanner: a peer that connects and closes at once gives status 6" {
	local name
	for name in listen:127.0.0.1:0 "unix-listen:$path"; do
		scanned "$name"
		ends 6
		complains "$name"
		untouched
	done
}

@test "scanner: DEST is untouched, however it is written" {
	local option
	for option in --inplace --append --seek=10 --stable; do
		scanned listen:127.0.0.1:0 "$option"
		ends 6
		untouched
	done
}

@test "scanner: a new DEST is not created" {
	local option dest=absent
	for option in --inplace --append --seek=10 --no-clobber -v; do
		scanned listen:127.0.0.1:0 "$option"
		ends 6
		untouched
	done
}

@test "scanner: the next host in a chain sees no connection" {
	listener listen:127.0.0.1:0 out
	local last=$pid dest=127.0.0.1:$port
	scanned listen:127.0.0.1:0
	ends 6
	zcopy 0 in "$dest"
	ends 0 "$last"
	same in out
}

@test "scanner: with --allow-short it is a success" {
	scanned listen:127.0.0.1:0 --allow-short
	ends 0
	[ -e out ]
	[ ! -s out ]
}

@test "scanner: with --bytes=0 it is a success" {
	scanned listen:127.0.0.1:0 --bytes=0
	ends 0
}

# bats test_tags=kernel
@test "scanner: a peer that resets the connection gives status 5" {
	listener listen:127.0.0.1:0 out
	peer connect "127.0.0.1:$port" reset
	ends 5
	complains listen:127.0.0.1:0 "Connection reset by peer"
	untouched
}

@test "scanner: a zcopy that sends an empty file fails, and so does the receiver" {
	: >in
	listener listen:127.0.0.1:0 out
	zcopy 5 in "127.0.0.1:$port"
	ends 6
	same "$BATS_TEST_TMPDIR.old.out" out
}

## A connection that breaks

# bats test_tags=valgrind
@test "broken: a sender that resets gives status 5, and DEST is untouched" {
	local option
	for option in --method=auto --method=splice --method=read-write; do
		listener "$option" listen:127.0.0.1:0 out
		peer connect "127.0.0.1:$port" send=in reset
		ends 5
		complains listen:127.0.0.1:0 "Connection reset by peer" \
		    "bytes moved" "; DEST is unchanged)"
		untouched
	done
}

@test "broken: a sender that listened and resets gives status 5" {
	local option
	for option in --method=auto --method=splice --method=read-write; do
		peer listen 127.0.0.1:0 send=in reset
		zcopy 5 "$option" "127.0.0.1:$port" out
		complains "127.0.0.1:$port" "Connection reset by peer"
		untouched
	done
}

@test "broken: a receiver that closes without reading gives status 5" {
	local method
	more_than_fits "$BATS_TEST_TMPDIR.big"
	for method in auto sendfile splice mmap read-write; do
		peer listen 127.0.0.1:0
		zcopy 5 "--method=$method" in "127.0.0.1:$port"
		complains "127.0.0.1:$port"
		peer listen 127.0.0.1:0
		zcopy 5 "--method=$method" "$BATS_TEST_TMPDIR.big" \
		    "127.0.0.1:$port"
		complains "127.0.0.1:$port"
	done
}

# All data fits into the receiver's buffers and is acknowledged.  Only the reset
# that follows its close says that nobody has read it.
@test "broken: a receiver that closes with all data unread gives status 5" {
	local method
	random_file little 1000
	for method in auto sendfile splice mmap read-write; do
		peer listen 127.0.0.1:0 "wait=$go"
		start "--method=$method" little "127.0.0.1:$port"
		retry asleep "$pid"
		: >"$go"
		ends 5
		complains "127.0.0.1:$port" "Connection reset by peer"
		rm "$go"
	done
}

# bats test_tags=kernel
@test "broken: a receiver that resets in the middle gives status 5" {
	local method
	more_than_fits "$BATS_TEST_TMPDIR.big"
	for method in auto sendfile splice mmap read-write; do
		peer listen 127.0.0.1:0 take=1000000 reset
		zcopy 5 "--method=$method" "$BATS_TEST_TMPDIR.big" \
		    "127.0.0.1:$port"
		complains "127.0.0.1:$port" "bytes delivered"
	done
}

# bats test_tags=kernel
@test "broken: a unix socket that is closed in the middle gives status 5" {
	local method
	more_than_fits "$BATS_TEST_TMPDIR.big"
	for method in auto sendfile splice mmap read-write; do
		rm -f "$path"
		peer listen "$path" take=1000000
		zcopy 5 "--method=$method" "$BATS_TEST_TMPDIR.big" "unix:$path"
		complains "unix:$path" "bytes delivered"
	done
}

@test "broken: a full disk at the receiver resets the sender" {
	mount_at disk -t tmpfs -o size=1M none
	more_than_fits "$BATS_TEST_TMPDIR.big"
	listener listen:127.0.0.1:0 disk/out
	zcopy 5 "$BATS_TEST_TMPDIR.big" "127.0.0.1:$port"
	complains "127.0.0.1:$port"
	ends 4
	complains disk/out "No space left on device" "bytes moved" \
	    "; DEST is unchanged)"
	[ -z "$(ls -A disk)" ]
}

# The sender has sent everything long before the disk is full.
@test "broken: a full disk resets a sender that has sent everything and waits" {
	local method
	mount_at disk -t tmpfs -o size=64K none
	random_file in 200000
	for method in auto sendfile splice mmap read-write; do
		listener listen:127.0.0.1:0 disk/out
		kill -STOP "$pid"
		retry stopped "$pid"
		local receiver=$pid
		start "--method=$method" in "127.0.0.1:$port"
		retry asleep "$pid"
		kill -CONT "$receiver"
		ends 4 "$receiver"
		ends 5
		complains "127.0.0.1:$port" "Connection reset by peer"
		[ -z "$(ls -A disk)" ]
	done
}

@test "broken: a file size limit at the receiver resets the sender" {
	requires prlimit
	local as_user=(prlimit --fsize=100000)
	listener listen:127.0.0.1:0 out
	as_user=()
	zcopy 5 in "127.0.0.1:$port"
	ends 4
	complains out "File too large" "(100000 bytes moved" \
	    "; DEST is unchanged)"
	untouched
}

# sender_in_the_middle OPTION... - a zcopy receives into out, as $receiver,
# and is stopped; another one, as $pid, sends it a file until it has to wait.
sender_in_the_middle() {
	more_than_fits "$BATS_TEST_TMPDIR.big"
	listener listen:127.0.0.1:0 out
	receiver=$pid
	kill -STOP "$receiver"
	retry stopped "$receiver"
	start "$@" "$BATS_TEST_TMPDIR.big" "127.0.0.1:$port"
	retry asleep "$pid"
}

# receiver_goes_on - let the receiver continue; it must report a reset.
receiver_goes_on() {
	log=$BATS_TEST_TMPDIR.$((started - 1)).log
	kill -CONT "$receiver" 2>/dev/null || true
	ends 5 "$receiver"
	complains listen:127.0.0.1:0 "Connection reset by peer"
	untouched
}

@test "broken: a source that shrinks resets the receiver" {
	local method
	for method in auto sendfile splice mmap read-write; do
		sender_in_the_middle "--method=$method"
		truncate -s 100000 "$BATS_TEST_TMPDIR.big"
		kill -CONT "$receiver"
		ends 6
		complains "$BATS_TEST_TMPDIR.big" "shrank"
		receiver_goes_on
	done
}

@test "broken: a source that changes resets the receiver" {
	local method
	for method in auto sendfile splice mmap read-write; do
		sender_in_the_middle "--method=$method"
		touch "$BATS_TEST_TMPDIR.big"
		kill -CONT "$receiver"
		ends 7
		complains "$BATS_TEST_TMPDIR.big" "changed"
		receiver_goes_on
	done
}

@test "broken: a source shorter than --bytes resets the receiver" {
	listener listen:127.0.0.1:0 out
	zcopy 6 --bytes=300001 in "127.0.0.1:$port"
	complains in "SOURCE ended early" "(300000 "
	ends 5
	untouched
}

# bats test_tags=kernel
@test "broken: a sender killed by kill -9 resets the receiver" {
	sender_in_the_middle
	kill -KILL "$pid"
	ends 137
	receiver_goes_on
}

@test "broken: a sender killed by SIGTERM resets the receiver" {
	sender_in_the_middle
	kill -TERM "$pid"
	ends 143
	complains "127.0.0.1:$port" "bytes delivered"
	receiver_goes_on
}

@test "broken: a receiver that fails resets a sender that is not zcopy, too" {
	requires prlimit
	local as_user=(prlimit --fsize=100000)
	peer listen 127.0.0.1:0 send=in broken
	zcopy 4 "127.0.0.1:$port" out
	peer_ends 0
	listener listen:127.0.0.1:0 out
	peer connect "127.0.0.1:$port" send=in broken
	ends 4
	peer_ends 0
	untouched
}

@test "broken: a sender that fails resets a receiver that is not zcopy, too" {
	peer listen 127.0.0.1:0 broken
	zcopy 6 --bytes=300001 in "127.0.0.1:$port"
	peer_ends 0
	listener --bytes=300001 in listen:127.0.0.1:0
	peer connect "127.0.0.1:$port" broken
	ends 6
	peer_ends 0
}

## A connection that ends

# bats test_tags=valgrind
@test "end: what a peer sends after our end of data is read to its end" {
	local address name
	random_file answer 2000000
	for address in 127.0.0.1:0 "$path"; do
		peer listen "$address" "save=$got" send=answer end ended
		name=127.0.0.1:$port
		[ "$address" != "$path" ] || name=unix:$path
		zcopy 0 in "$name"
		peer_ends 0
		same in "$got"
	done
}

@test "end: what a peer sends before and after it receives does no harm" {
	random_file chatter 50000
	peer listen 127.0.0.1:0 send=chatter "save=$got" send=chatter
	zcopy 0 in "127.0.0.1:$port"
	peer_ends 0
	same in "$got"
}

@test "end: a peer may end its own side before it receives anything" {
	peer listen 127.0.0.1:0 end "save=$got"
	zcopy 0 in "127.0.0.1:$port"
	peer_ends 0
	same in "$got"
}

# A peer's end of data that came early does not say that it has received all.
@test "end: a peer that ended its side early, and then resets, gives status 5" {
	peer listen 127.0.0.1:0 rcvbuf=1 end "wait=$go" reset
	start in "127.0.0.1:$port"
	retry asleep "$pid"
	: >"$go"
	ends 5
	complains "127.0.0.1:$port" "Connection reset by peer"
}

@test "end: a peer that ended its side early, and is slow, gets everything" {
	peer listen 127.0.0.1:0 rcvbuf=1 end "wait=$go" "save=$got"
	start in "127.0.0.1:$port"
	retry asleep "$pid"
	: >"$go"
	ends 0
	peer_ends 0
	same in "$got"
}

@test "end: a sender succeeds only when its peer has closed" {
	peer listen 127.0.0.1:0 "save=$got" "wait=$go"
	start in "127.0.0.1:$port"
	retry has 300000 "$got"
	wait_for 300000
	retry asleep "$pid"
	[ ! -s "$log" ]
	: >"$go"
	ends 0
	peer_ends 0
}

@test "end: a receiver takes all that a peer sends until it closes" {
	peer listen 127.0.0.1:0 send=in "wait=$go" send=in
	start "127.0.0.1:$port" out
	retry asleep "$pid"
	untouched
	: >"$go"
	ends 0
	cat in in | cmp - out
}

# answered_when_complete DEST - the peer compares the files as soon as zcopy has
# closed the connection.  The delay of these calls makes an early close visible.
answered_when_complete() {
	local TRACE="-e trace=linkat,renameat2,rename"
	TRACE+=" -e inject=linkat,renameat2,rename:delay_enter=200000"
	listener listen:127.0.0.1:0 "$1"
	peer connect "127.0.0.1:$port" send=in end ended "equal=in:$1"
	ends 0
	peer_ends 0
	grep -q DELAYED "$BATS_TEST_TMPDIR.trace"
	same in "$1"
}

@test "end: a receiver closes when a new DEST is complete, not before" {
	requires strace python3
	answered_when_complete new
}

@test "end: a receiver closes when an old DEST is replaced, not before" {
	requires strace python3
	answered_when_complete out
}

## A chain of hosts

# chain DEST - three receivers, each sending to the next, the last into DEST;
# $chain has their processes, the last one first.
chain() {
	local name=$1 i
	chain=()
	for i in 1 2 3; do
		listener listen:127.0.0.1:0 "$name"
		chain+=("$pid")
		name=127.0.0.1:$port
	done
}

# bats test_tags=valgrind
@test "chain: a file goes through two hosts to the third" {
	local link
	chain out
	zcopy 0 in "127.0.0.1:$port"
	same in out
	for link in "${chain[@]}"; do
		ends 0 "$link"
	done
}

@test "chain: the sender succeeds when the last file is complete" {
	requires strace ss
	local middle last
	listener listen:127.0.0.1:0 "unix:$path"
	middle=$pid
	local name=127.0.0.1:$port
	local TRACE="-e trace=linkat,renameat2,rename"
	TRACE+=" -e inject=linkat,renameat2,rename:delay_enter=200000"
	listener "unix-listen:$path" out
	last=$pid
	background "$ZCOPY" in "$name"
	peer_ends 0
	same in out
	ends 0 "$middle"
	ends 0 "$last"
	grep -q DELAYED "$BATS_TEST_TMPDIR.trace"
}

# bats test_tags=valgrind
@test "chain: when the last host fails, so do all others" {
	local link
	requires prlimit
	local as_user=(prlimit --fsize=100000)
	chain out
	as_user=()
	zcopy 5 in "127.0.0.1:$port"
	ends 4 "${chain[0]}"
	ends 5 "${chain[1]}"
	ends 5 "${chain[2]}"
	untouched
}

@test "chain: when the sender fails, so do all others" {
	local link
	chain out
	zcopy 6 --bytes=300001 in "127.0.0.1:$port"
	for link in "${chain[@]}"; do
		ends 5 "$link"
	done
	untouched
}

@test "chain: when a host in the middle is killed, so do all others" {
	local link big=$BATS_TEST_TMPDIR.big
	more_than_fits "$big"
	chain out
	kill -STOP "${chain[0]}"
	retry stopped "${chain[0]}"
	start "$big" "127.0.0.1:$port"
	retry asleep "$pid"
	kill -KILL "${chain[1]}"
	kill -CONT "${chain[0]}"
	ends 5
	ends 5 "${chain[0]}"
	ends 137 "${chain[1]}"
	ends 5 "${chain[2]}"
	untouched
}

@test "chain: a next host that refuses is named, and the sender fails" {
	peer hold 127.0.0.1:0
	local name=127.0.0.1:$port
	listener listen:127.0.0.1:0 "$name"
	zcopy 5 in "127.0.0.1:$port"
	ends 5
	complains "$name" "Connection refused"
}

## Names and addresses

# is_refused STATUS NAME TEXT... - zcopy refuses NAME as SOURCE and as DEST with
# these texts, and changes nothing.
is_refused() {
	local status=$1 name=$2
	shift 2
	zcopy "$status" in "$name"
	complains "$name" "$@"
	untouched
	zcopy "$status" "$name" out
	complains "$name" "$@"
	zcopy "$status" --inplace "$name" out
	untouched
}

@test "name: a refused connection names the endpoint and the reason" {
	peer hold 127.0.0.1:0
	is_refused 5 "127.0.0.1:$port" "Connection refused"
	is_refused 5 "tcp:127.0.0.1:$port" "Connection refused"
	is_refused 5 "localhost:$port" "Connection refused"
}

@test "name: a network that cannot be reached is an error that says so" {
	requires_namespace -n
	local as_user=(unshare -n)
	is_refused 5 192.0.2.1:9 "Network is unreachable"
}

# addresses NAME - print the addresses of NAME in the order of getaddrinfo(3).
addresses() {
	"${as_user[@]}" "$PYTHON" -c '
import socket, sys
for found in socket.getaddrinfo(sys.argv[1], 9, type=socket.SOCK_STREAM):
    print("[%s]" % found[4][0] if ":" in found[4][0] else found[4][0])
' "$1"
}

@test "name: an unknown host is an error that suggests a file of that name" {
	with_hosts "127.0.0.1 known"
	is_refused 5 unknown.invalid:80 "look-up: " \
	    ./unknown.invalid:80 file:unknown.invalid:80
	zcopy 5 listen:unknown.invalid:80 out
	complains listen:unknown.invalid:80 "look-up: "
	untouched
}

# The thread that looks the name up may still be ending; LeakSanitizer takes what
# the C library frees then for a leak.
# bats test_tags=slow
@test "name: without a network, an unknown host is an error" {
	requires_namespace -n
	local as_user=(unshare -n)
	is_refused 5 unknown.invalid:80 "look-up: " ./unknown.invalid:80
}

# bats test_tags=valgrind
@test "name: every address is tried, and each refusal is reported, in order" {
	requires_ipv6
	requires python3
	with_hosts "127.0.0.2 many" "127.0.0.3 many" "::1 many"
	local address expected=() last=0 at
	peer hold 127.0.0.2:0
	zcopy 5 in "many:$port"
	for address in $(addresses many); do
		expected+=("$address:$port: Connection refused")
	done
	[ "${#expected[@]}" -ge 3 ]
	complains "many:$port" "${expected[@]}"
	for address in "${expected[@]}"; do
		at=${output%%"$address"*}
		[ "${#at}" -gt "$last" ]
		last=${#at}
	done
	untouched
}

@test "name: the first address that answers is used" {
	requires_ipv6
	requires python3
	with_hosts "127.0.0.2 many" "127.0.0.3 many" "::1 many"
	local address count=0
	for address in $(addresses many); do
		peer listen "$address:0" "save=$got"
		zcopy 0 in "many:$port"
		[ -z "$output" ]
		peer_ends 0
		same in "$got"
		count=$((count + 1))
	done
	[ $count -ge 3 ]
}

# bats test_tags=valgrind
@test "name: -v does not mention the addresses that were merely tried" {
	requires_ipv6
	requires python3
	with_hosts "127.0.0.2 many" "127.0.0.3 many" "::1 many"
	local address other
	for address in $(addresses many); do
		peer listen "$address:0" "save=$got"
		zcopy 0 -v in "many:$port"
		peer_ends 0
		[[ $output == *"done: "* ]]
		for other in $(addresses many); do
			[ "$other" = "$address" ] ||
			    [[ $output != *"$other"* ]]
		done
	done
}

@test "name: a listener listens on all addresses of a name, on one port" {
	requires_ipv6
	requires python3
	with_hosts "127.0.0.2 many" "127.0.0.3 many" "::1 many"
	local address count=0
	for address in $(addresses many); do
		local as=("${as_user[@]}")
		listener listen:many:0 out
		as_user=()
		[ "$(wc -l <"$log")" -ge 3 ]
		zcopy 0 in "$address:$port"
		ends 0
		same in out
		rm out
		as_user=("${as[@]}")
		count=$((count + 1))
	done
	[ $count -ge 3 ]
}

@test "name: zcopy f server:f suggests ./server:f, and creates nothing" {
	is_refused 2 server:f ./server:f file:server:f
	zcopy 2 in server:f/g
	complains server:f/g ./server:f/g
	zcopy 2 in http://server/f
	complains http://server/f
	untouched
}

@test "name: a port out of range is a usage error" {
	local port
	for port in 0 65536 99999999999 18446744073709551617 -1 0x50 ' 80' \
	    '' no-such-service; do
		is_refused 2 "127.0.0.1:$port" "port"
		[ "$port" != 0 ] || continue
		is_refused 2 ":$port" "port"
	done
}

@test "name: an IPv6 address needs brackets" {
	local name
	for name in ::1:80 fe80::1:80 2001:db8::1:80 tcp:::1:80 \
	    listen:::1:80 1:2:3:4:5:6:7:8:80; do
		is_refused 2 "$name" "bracket"
	done
}

@test "name: brackets need an IPv6 address in them and a port after them" {
	local name
	for name in '[::1]' '[::1]:' '[::1]80' '[::1' '[]:80' \
	    '[127.0.0.1]:80' '[server]:80' '[::1]:80:80' '[:::1]:80' \
	    '[::1]:65536' '[12345::]:80'; do
		# "tcp:", because a file's name may begin with a bracket.
		is_refused 2 "tcp:$name"
	done
	is_refused 2 '[::1]:65536' "port"
	is_refused 2 '[127.0.0.1]:80' "IPv6"
}

@test "name: a host with characters that no name has is a usage error" {
	local name
	for name in 'a b:80' 'a*:80' 'a@b:80' 'a,b:80' 'a;b:80' $'a\tb:80'; do
		zcopy 2 in "$name"
		zcopy 2 "$name" out
		untouched
	done
}

@test "name: a link-local address may name its interface" {
	requires ip nsenter
	requires_namespace -n
	# shellcheck disable=SC2016	# for the other shell
	# The kernel makes the route a moment later.
	local in_net='ip link set lo up &&
	    ip address add fe80::7/64 dev lo nodad &&
	    for i in $(seq 100); do
		ip -6 route get fe80::7 oif lo >/dev/null 2>&1 && break
		sleep 0.05
	    done
	    exec "$@"'
	local as_user=(unshare -n sh -c "$in_net" sh)
	zcopy 5 in '[fe80::7%lo]:9'
	complains '[fe80::7%lo]:9' "Connection refused"
	zcopy 5 in '[fe80::7%nosuch]:9'
	complains '[fe80::7%nosuch]:9'
	untouched

	listener 'listen:[fe80::7%lo]:0' out
	[ "$(cat "$log")" = "zcopy: listening on [fe80::7%lo]:$port" ]
	as_user=(nsenter -n -t "$pid")
	zcopy 0 in "[fe80::7%lo]:$port"
	ends 0
	same in out
}

@test "name: a path that is missing, or is no stream socket, gives status 5" {
	is_refused 5 "unix:$path" "No such file or directory"
	is_refused 5 unix:./no/such/path "No such file or directory"

	: >"$path"
	is_refused 5 "unix:$path" "Connection refused"
	[ -f "$path" ]
	rm "$path"

	requires python3
	"$PYTHON" -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind(sys.argv[1])' "$path"
	is_refused 5 "unix:$path"
	[ -S "$path" ]
	is_refused 2 unix: path
	is_refused 2 unix-listen: path
}

@test "name: a datagram socket in use is an error that says so" {
	requires python3
	"$PYTHON" -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.recv(1)' "$path" 3>&- &
	retry test -S "$path"
	is_refused 5 "unix:$path" "Protocol wrong type for socket"
}

@test "name: a unix socket whose listener has gone gives status 5" {
	peer hold "$path"
	is_refused 5 "unix:$path" "Connection refused"
	kill -KILL "$peer"
	wait "$peer" || true
	is_refused 5 "unix:$path" "Connection refused"
}

@test "name: a path too long for a unix socket is refused, not cut" {
	local long
	long=$BATS_TEST_TMPDIR.$(printf '%0120d' 0)
	is_refused 5 "unix:$long" "File name too long"
	zcopy 5 "unix-listen:$long" out
	complains "unix-listen:$long" "File name too long"
	zcopy 5 in "unix-listen:$long"
	[ -z "$(compgen -G "$BATS_TEST_TMPDIR.0*")" ]
	untouched
}

@test "name: the longest possible path of a unix socket works" {
	local long
	cd /
	# 107 bytes, and a NUL.
	mkdir "$BATS_TEST_TMPDIR/s"
	cd "$BATS_TEST_TMPDIR/s"
	long=$(printf '%0107d' 0)
	listener "unix-listen:$long" ../out
	zcopy 0 ../in "unix:$long"
	ends 0
	same ../in ../out
}

@test "name: a path that is a socket is an error that names unix:" {
	peer hold "$path"
	zcopy 3 "$path" out
	complains "$path" unix
	zcopy 4 in "$path"
	complains "$path" unix
	[ -S "$path" ]
	untouched
}

## Slow peers and small buffers

@test "slow: no byte of a sender of single bytes is lost, with every method" {
	local method name
	random_file little 100
	for method in auto splice read-write; do
		peer listen 127.0.0.1:0 drip=little
		zcopy 0 -v "--method=$method" "127.0.0.1:$port" out
		same little out
		rm "$BATS_TEST_TMPDIR.old.out"
		old_file out
		rm -f "$path"
		peer listen "$path" drip=little
		zcopy 0 -v "--method=$method" "unix:$path" out
		same little out
	done
}

@test "slow: single bytes are written to a pipe as they arrive" {
	local method
	random_file little 100
	for method in auto splice read-write; do
		peer listen 127.0.0.1:0 drip=little "wait=$go"
		STDOUT=$got start "--method=$method" "127.0.0.1:$port" -
		retry has 100 "$got"
		same little "$got"
		: >"$go"
		ends 0
		rm "$go" "$got"
	done
}

@test "slow: a reader with tiny buffers gets everything, with every method" {
	local method address name
	for method in auto sendfile splice mmap read-write; do
		for address in 127.0.0.1:0 "$path"; do
			rm -f "$path"
			peer listen "$address" rcvbuf=1 sndbuf=1 "sip=$got"
			name=127.0.0.1:$port
			[ "$address" != "$path" ] || name=unix:$path
			zcopy 0 -v "--method=$method" -c 50000 in "$name"
			[[ $output == *"done: 50000 bytes"* ]]
			peer_ends 0
			cmp <(head -c 50000 in) "$got"
		done
	done
}

@test "slow: all data of a writer with tiny buffers arrives" {
	local method
	for method in auto splice read-write; do
		peer listen 127.0.0.1:0 rcvbuf=1 sndbuf=1 send=in
		zcopy 0 "--method=$method" "127.0.0.1:$port" out
		same in out
	done
}

# pair STATUS TYPE DEED... -- ARG... - run zcopy with a socket as descriptor 5,
# whose other end does these deeds.
pair() {
	local want=$1 prefix=()
	shift
	while [ "$1" != -- ]; do
		prefix+=("$1")
		[ ${#prefix[@]} -ne 1 ] || prefix+=(5)
		shift
	done
	shift
	requires python3
	local as_user=("$PYTHON" "$PEER" pair "${prefix[@]}" --)
	zcopy "$want" "$@"
}

@test "slow: zcopy waits for sockets that do not block, at both ends" {
	local method
	random_file little 100
	for method in auto splice read-write; do
		pair 0 stream-nonblock drip=little end -- \
		    "--method=$method" fd:5 out
		same little out
		pair 0 stream-nonblock rcvbuf=1 sndbuf=1 "sip=$got" -- \
		    "--method=$method" -c 100000 in fd:5
		cmp <(head -c 100000 in) "$got"
	done
}

@test "slow: all data arrives between two slow sockets" {
	local method
	random_file small 60000
	for method in auto splice read-write; do
		peer listen 127.0.0.1:0 sndbuf=1 send=small
		local from=127.0.0.1:$port writer=$peer
		peer listen 127.0.0.1:0 rcvbuf=1 "sip=$got"
		zcopy 0 "--method=$method" "$from" "127.0.0.1:$port"
		peer_ends 0
		peer_ends 0 "$writer"
		same small "$got"
	done
}

# child_of PID - wait until PID has a child, and set $child.
child_of() {
	retry has_child "$1"
}

# has_child PID - for child_of.
has_child() {
	child=$(ps -o pid= --ppid "$1")
	child=${child//[[:space:]]/}
	[ -n "$child" ]
}

@test "slow: waiting costs no CPU time" {
	requires ps
	local child method waiting=()
	more_than_fits "$BATS_TEST_TMPDIR.big"
	mkfifo "$path.in" "$path.out"

	# Those that wait in accept, for a silent client, for data, for room,
	listener :0 out
	waiting+=("$pid")
	listener :0 out
	waiting+=("$pid")
	peer connect "127.0.0.1:$port" "wait=$go"
	for method in splice read-write; do
		peer listen 127.0.0.1:0 send=in "wait=$go"
		start "--method=$method" "127.0.0.1:$port" out
		waiting+=("$pid")
		peer listen 127.0.0.1:0 "wait=$go"
		start "--method=$method" "$BATS_TEST_TMPDIR.big" \
		    "127.0.0.1:$port"
		waiting+=("$pid")
	done
	peer listen 127.0.0.1:0 "wait=$go"
	start --method=sendfile "$BATS_TEST_TMPDIR.big" "127.0.0.1:$port"
	waiting+=("$pid")
	# for the close of the peer,
	peer listen 127.0.0.1:0 "save=$got" "wait=$go"
	start in "127.0.0.1:$port"
	waiting+=("$pid")
	# for a pipe,
	exec 6<>"$path.in" 7<>"$path.out"
	peer listen 127.0.0.1:0 "wait=$go"
	start "$path.in" "127.0.0.1:$port"
	waiting+=("$pid")
	peer listen 127.0.0.1:0 send="$BATS_TEST_TMPDIR.big"
	start "127.0.0.1:$port" "$path.out"
	waiting+=("$pid")

	# and for inherited sockets that do not block.
	local as_user=("$PYTHON" "$PEER" pair stream-nonblock 5 "wait=$go" --)
	for method in splice read-write; do
		start "--method=$method" fd:5 out
		child_of "$pid"
		waiting+=("$child")
		start "--method=$method" "$BATS_TEST_TMPDIR.big" fd:5
		child_of "$pid"
		waiting+=("$child")
	done

	for child in "${waiting[@]}"; do
		retry asleep "$child"
	done
	local before=() i
	for child in "${waiting[@]}"; do
		before+=("$(cpu_ticks "$child")")
	done
	wait_for 1000000
	for i in "${!waiting[@]}"; do
		echo "$i: ${before[i]} to $(cpu_ticks "${waiting[i]}")"
		[ $(($(cpu_ticks "${waiting[i]}") - before[i])) -le 5 ]
	done
	[ ${#waiting[@]} -eq 14 ]
}

## splice(2) holds a pipe's lock while it waits for a blocking socket.  Others
## who use the pipe must not be blocked by that.

@test "pipes: another reader is not blocked while zcopy waits for a socket" {
	local method reader
	mkfifo "$path.pipe"
	for method in auto splice read-write; do
		peer listen 127.0.0.1:0 "wait=$go" send=in
		exec 5<>"/dev/tcp/127.0.0.1/$port" 7<>"$path.pipe"
		printf abc >&7
		STDOUT=$path.pipe start "--method=$method" - - <&5
		exec 5>&-
		retry asleep "$pid"

		cat <"$path.pipe" >"$got" 3>&- 7>&- &
		reader=$!
		retry has 3 "$got"
		[ "$(cat "$got")" = abc ]
		retry asleep "$reader"

		: >"$go"
		ends 0
		exec 7>&-
		ends 0 "$reader"
		(printf abc; cat in) | cmp - "$got"
		rm "$go" "$got"
	done
}

@test "pipes: a writer is not blocked while zcopy waits for a full socket" {
	local method writer big=$BATS_TEST_TMPDIR.big
	more_than_fits "$big"
	for method in auto splice read-write; do
		peer listen 127.0.0.1:0 "wait=$go" "save=$got"
		exec 5<>"/dev/tcp/127.0.0.1/$port"
		mkfifo "$path.pipe"
		cat "$big" >"$path.pipe" 3>&- 5>&- &
		writer=$!
		start "--method=$method" - fd:5 <"$path.pipe"
		exec 5>&-
		retry asleep "$pid"
		retry asleep "$writer"

		: >"$go"
		ends 0
		ends 0 "$writer"
		peer_ends 0
		same "$big" "$got"
		rm "$go" "$path.pipe"
	done
}

## Sockets that zcopy was given

@test "inherited: a socket is not shut down, and can still be used" {
	local method flags
	for method in auto sendfile splice mmap read-write; do
		peer listen 127.0.0.1:0 "save=$got"
		exec 5<>"/dev/tcp/127.0.0.1/$port"
		flags=$(grep flags /proc/self/fdinfo/5)
		printf before >&5
		zcopy 0 "--method=$method" in fd:5
		printf after >&5
		[ "$(grep flags /proc/self/fdinfo/5)" = "$flags" ]
		exec 5>&-
		peer_ends 0
		(printf before; cat in; printf after) | cmp - "$got"
	done
}

# bats test_tags=valgrind
@test "inherited: --bytes takes not one byte more from a socket" {
	local method
	for method in auto splice read-write; do
		peer listen 127.0.0.1:0 send=in end "save=$got"
		exec 5<>"/dev/tcp/127.0.0.1/$port"
		zcopy 0 "--method=$method" -c 100000 fd:5 a
		zcopy 0 "--method=$method" -c 1 - b <&5
		zcopy 0 "--method=$method" -c 0 /dev/fd/5 c
		cat <&5 >d
		cat a b c d | cmp - in
		printf reply >&5
		exec 5>&-
		peer_ends 0
		[ "$(cat "$got")" = reply ]
	done
}

@test "inherited: a socket works as stdin and as stdout, as with inetd" {
	peer listen 127.0.0.1:0 send=in end "save=$got"
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	zcopy 0 - out <&5
	STDOUT=/dev/null zcopy 0 out /dev/fd/5
	exec 5>&-
	peer_ends 0
	same in out
	same in "$got"
}

@test "inherited: flags stay as they are, blocking or not" {
	requires python3
	local kind out
	for kind in stream stream-nonblock; do
		# shellcheck disable=SC2016	# for the other shell
		out=$("$PYTHON" "$PEER" pair "$kind" 5 "save=$got" -- \
		    bash -c 'grep flags /proc/self/fdinfo/5
			"$0" in fd:5 || exit
			grep flags /proc/self/fdinfo/5
			echo after >&5' "$ZCOPY" 3>&-)
		echo "$kind: $out"
		[ "$(wc -l <<<"$out")" -eq 2 ]
		[ "$(uniq <<<"$out" | wc -l)" -eq 1 ]
		[[ $kind == stream ]] || [[ $out == *4002* ]]
		(cat in; echo after) | cmp - "$got"
	done
}

@test "inherited: a broken socket gives status 5, and no SIGPIPE" {
	local method
	more_than_fits "$BATS_TEST_TMPDIR.big"
	for method in auto sendfile splice mmap read-write; do
		pair 5 stream take=1000 -- "--method=$method" \
		    "$BATS_TEST_TMPDIR.big" fd:5
		complains fd:5 "Broken pipe" "bytes delivered"
	done
}

@test "inherited: a socket that was shut down for writing gives status 5" {
	local as_user=("$PYTHON" -c 'import os, socket, sys
ours, theirs = socket.socketpair()
theirs.shutdown(socket.SHUT_WR)
os.dup2(ours.fileno(), 100)
os.dup2(theirs.fileno(), 5)
os.set_inheritable(5, True)
os.execvp(sys.argv[1], sys.argv[1:])')
	requires python3
	zcopy 5 in fd:5
	complains fd:5 "Broken pipe"
}

@test "inherited: datagram and seqpacket sockets are refused" {
	local kind
	for kind in dgram seqpacket; do
		pair 3 "$kind" -- fd:5 new
		complains fd:5 "not a stream socket"
		pair 4 "$kind" -- in fd:5
		complains fd:5 "not a stream socket"
		pair 4 "$kind" -- --method=read-write in fd:5
		complains fd:5 "not a stream socket"
	done
	untouched
}

@test "inherited: a socket that is not connected is an error that says so" {
	requires python3
	local code='import os, socket, sys
s = socket.socket()
if sys.argv[1] == "listen":
    s.bind(("127.0.0.1", 0))
    s.listen()
os.dup2(s.fileno(), 5)
os.set_inheritable(5, True)
os.execvp(sys.argv[2], sys.argv[2:])'
	local kind
	for kind in listen none; do
		local as_user=("$PYTHON" -c "$code" "$kind")
		zcopy 5 fd:5 out
		complains fd:5 "not connected"
		zcopy 5 in fd:5
		complains fd:5
		untouched
	done
}

@test "inherited: --seek and --inplace are errors for a socket" {
	peer listen 127.0.0.1:0 "save=$got"
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	run zcopy_here --seek=1 in fd:5
	[[ $status == [245] ]]
	run zcopy_here --inplace in fd:5
	[ "$status" -eq 2 ]
	exec 5>&-
	peer_ends 0
	[ ! -s "$got" ]
}

## A network with packets of 1500 bytes

@test "packets: files cross a network with an MTU of 1500, both ways" {
	two_networks
	random_file in 5000000
	old_file out
	local address as_user
	for address in 10.9.9.2 '[fd09::2]'; do
		as_user=("${right[@]}")
		listener -v "listen:$address:0" out
		as_user=("${left[@]}")
		zcopy 0 -v in "$address:$port"
		[[ $output == *"done: 5000000 bytes"* ]]
		ends 0
		same in out
		rm out

		as_user=("${right[@]}")
		listener -v in "listen:$address:0"
		as_user=("${left[@]}")
		zcopy 0 -v "$address:$port" out
		ends 0
		[[ $output == *"done: 5000000 bytes"* ]]
		same in out
		rm out
	done
	# The data crossed the cable, both ways.
	[ "$("${left[@]}" cat /proc/net/dev |
	    awk '$1 == "cable:" { print ($2 > 10000000) + ($10 > 10000000) }')" \
	    -eq 2 ]
}

@test "packets: a sender that is killed resets the receiver" {
	two_networks
	local as_user big=$BATS_TEST_TMPDIR.big receiver
	more_than_fits "$big"
	as_user=("${right[@]}")
	listener listen:10.9.9.2:0 out
	receiver=$pid
	kill -STOP "$receiver"
	retry stopped "$receiver"
	as_user=("${left[@]}")
	start "$big" "10.9.9.2:$port"
	retry asleep "$pid"
	kill -KILL "$pid"
	ends 137
	kill -CONT "$receiver"
	ends 5 "$receiver"
	untouched
}
