#!/usr/bin/env bats
# Networks that are slow or cut, addresses that do not answer, and --allow.
# Each case has two network namespaces of its own, left and right.

load helpers
load peer
load networks

setup() {
	set_up_peers 300000
	old_file out
	two_networks
}

# on_left COMMAND..., on_right COMMAND... - call zcopy, start or the like, with
# zcopy in that network.
on_left() {
	local as_user=("${left[@]}")
	"$@"
}

on_right() {
	local as_user=("${right[@]}")
	"$@"
}

# peer_on_left ARG..., peer_on_right ARG... - call `peer` in that network.
peer_on_left() {
	local there=("${left[@]}")
	peer "$@"
}

peer_on_right() {
	local there=("${right[@]}")
	peer "$@"
}

# took SINCE LEAST MOST - true if LEAST to MOST microseconds have passed.
took() {
	local took=$(($(now) - $1))
	echo "took $took us"
	[ "$took" -ge "$2" ] && [ "$took" -le "$3" ]
}

## The cable

# slow_cable RATE - limit the cable from left to right to RATE bits a second.
slow_cable() {
	requires tc
	"${left[@]}" tc qdisc add dev cable root tbf rate "$1" \
	    burst 64kb latency 50ms 2>&1 || skip "no token bucket here"
}

# cable SIDE up|down - connect the cable at this side, or cut it.
cable() {
	local side="$1[@]"
	"${!side}" ip link set cable "$2"
}

# crossed - print how many bytes have arrived on the right.
crossed() {
	"${right[@]}" cat /proc/net/dev | awk '$1 == "cable:" { print $2 }'
}

# has_crossed BYTES - for `retry`.
has_crossed() {
	[ "$(crossed)" -ge "$1" ]
}

# under_way OPTION... - let $sender, on the left, send $big, of 8 MiB, to
# $receiver, on the right, and wait until a quarter has arrived.  $receiving are
# more options of $receiver.
under_way() {
	local before
	head -c 8M /dev/urandom >"$big"
	slow_cable 50mbit
	before=$(crossed)
	on_right listener "$@" "${receiving[@]}" listen:10.9.9.2:0 out
	receiver=$pid receiver_log=$log
	on_left start "$@" "$big" "10.9.9.2:$port"
	sender=$pid sender_log=$log
	retry has_crossed $((before + 2000000))
	[ ! -s "$sender_log" ]
}

# both_end SENDER RECEIVER - both end with these statuses.
both_end() {
	log=$sender_log
	ends "$1" "$sender"
	sent=$output
	log=$receiver_log
	ends "$2" "$receiver"
	received=$output
}

@test "cable: a link of 100 Mbit/s is used, and loses nothing" {
	local began
	head -c 10M /dev/urandom >"$big"
	slow_cable 100mbit
	on_right listener listen:10.9.9.2:0 out
	began=$(now)
	on_left zcopy 0 -v "$big" "10.9.9.2:$port"
	took "$began" 600000 5000000
	[[ $output == *"done: 10485760 bytes"* ]]
	ends 0
	same "$big" out
}

@test "cable: after a cut for a while on either side, the file is complete" {
	local side receiving=()
	for side in left right; do
		# Once without --timeout, once with one that is longer.
		[ $side = left ] || receiving=(--timeout=10)
		under_way "${receiving[@]}"
		cable "$side" down
		wait_for 600000
		untouched
		kill -0 "$sender"
		kill -0 "$receiver"
		cable "$side" up
		both_end 0 0
		same "$big" out
		cp "$BATS_TEST_TMPDIR.old.out" out
		"${left[@]}" tc qdisc del dev cable root
	done
}

# The receiver has at least what the sender says was delivered: data that was
# acknowledged has arrived, but an acknowledgement may be lost.
@test "cable: after a cut for good both give up, with a true count" {
	requires_tcp_info
	local side delivered
	for side in left right; do
		under_way --timeout=1
		cable "$side" down
		both_end 5 5
		untouched
		output=$sent complains "10.9.9.2:$port" "nothing moved for 1 s"
		[[ $sent =~ \(([0-9]+)\ bytes\ delivered\ of ]]
		delivered=${BASH_REMATCH[1]}
		output=$received complains listen:10.9.9.2:0 \
		    "read: nothing moved for 1 s ("
		[[ $received =~ \(([0-9]+)\ bytes\ moved\; ]]
		[ "$delivered" -gt 1000000 ]
		[ "$delivered" -lt "$(stat -c %s "$big")" ]
		[ "${BASH_REMATCH[1]}" -ge "$delivered" ]
		cable "$side" up
		"${left[@]}" tc qdisc del dev cable root
	done
}

@test "cable: after a cut --inplace leaves the beginning of the file" {
	requires_tcp_info
	local receiving=(--inplace)
	under_way --timeout=1
	cable left down
	log=$sender_log
	ends 5 "$sender"
	[[ $output =~ \(([0-9]+)\ bytes\ delivered\ of ]]
	local delivered=${BASH_REMATCH[1]} size
	log=$receiver_log
	ends 5 "$receiver"
	[[ $output =~ \(([0-9]+)\ bytes\ delivered ]]
	size=$(stat -c %s out)
	[ "${BASH_REMATCH[1]}" -eq "$size" ]
	[ "$size" -ge "$delivered" ]
	cmp -n "$size" "$big" out
}

@test "cable: a failure of the kernel's retransmission gives status 5" {
	requires_tcp_info
	"${left[@]}" sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_retries2'
	under_way
	cable left down
	log=$sender_log
	ends 5 "$sender"
	complains "10.9.9.2:$port" "write: " "bytes delivered of"
	kill "$receiver"
	ends 143 "$receiver"
	untouched
}

@test "cable: a cut while zcopy waits for the close gives status 5" {
	random_file little 5000
	peer_on_right listen 10.9.9.2:0 "save=$got" "wait=$go"
	on_left start --timeout=1 little "10.9.9.2:$port"
	retry has 5000 "$got"
	retry half_closed
	cable right down
	ends 5
	complains "10.9.9.2:$port" "all is acknowledged, but it has not closed"
}

@test "cable: a cut before all is acknowledged gives status 5 and the count" {
	requires_tcp_info
	peer_on_right listen 10.9.9.2:0 rcvbuf=1 "wait=$go" "save=$got"
	on_left start --timeout=3 -c 20000 in "10.9.9.2:$port"
	retry unacknowledged
	retry asleep "$pid"
	cable right down
	ends 5
	complains "10.9.9.2:$port" "Connection timed out (" \
	    " of 20000 bytes acknowledged)"
}

# unacknowledged - for `retry`: true if $pid has sent data that the peer has not
# acknowledged.
unacknowledged() {
	"${left[@]}" ss -Htnp | awk -v pid="pid=$pid," '
		index($0, pid) && $3 > 0	{ found = 1 }
		END				{ exit !found }'
}

# half_closed - for `retry`: true if all that $pid sent is acknowledged, the FIN
# too.
half_closed() {
	"${left[@]}" ss -Htnp state fin-wait-2 | grep -q "pid=$pid,"
}

## Names and families

@test "family: a file crosses a network that has only IPv6" {
	"${left[@]}" ip -4 address flush dev cable
	"${right[@]}" ip -4 address flush dev cable
	with_far
	on_right listener listen:0 out
	on_left zcopy 0 in "[fd09::2]:$port"
	ends 0
	same in out
	on_right listener in :0
	on_left with_names zcopy 0 "far:$port" new
	ends 0
	same in new
}

# with_far - make `far` the host name of the right, by IPv4 and IPv6.
with_far() {
	far=("10.9.9.2 far" "fd09::2 far")
}

# with_names COMMAND... - call it with the host names in $far, as in
# `on_left with_names zcopy 0 in far:9`, and set $began to the time before.
with_names() {
	with_hosts "${far[@]}"
	began=$(now)
	"$@"
}

@test "family: -4 and -6 use only addresses of their family" {
	with_far
	peer_on_right hold 10.9.9.2:0
	on_left with_names zcopy 5 -6 in "far:$port"
	complains "far:$port" "connect: [fd09::2]:$port: Connection refused"
	on_left with_names zcopy 5 in "far:$port"
	complains "far:$port" "[fd09::2]:$port: Connection refused" \
	    "10.9.9.2:$port: Connection refused"

	peer_on_right listen 10.9.9.2:0 "save=$got"
	on_left with_names zcopy 5 -6 in "far:$port"
	on_left with_names zcopy 5 --ipv6 in "10.9.9.2:$port"
	complains "10.9.9.2:$port" "look-up: "
	on_left with_names zcopy 0 -4 in "far:$port"
	peer_ends 0
	same in "$got"

	peer_on_right listen '[fd09::2]:0' "save=$got"
	on_left with_names zcopy 5 -4 in "far:$port"
	on_left with_names zcopy 5 --ipv4 in "[fd09::2]:$port"
	on_left with_names zcopy 0 -6 in "far:$port"
	peer_ends 0
	same in "$got"
}

@test "family: a listener with -4 or -6 accepts no other family" {
	on_right listener -4 :0 out
	[ "$(cat "$log")" = "zcopy: listening on 0.0.0.0:$port" ]
	on_left zcopy 5 in "[fd09::2]:$port"
	on_left zcopy 0 in "10.9.9.2:$port"
	ends 0
	on_right listener -6 :0 out
	[ "$(cat "$log")" = "zcopy: listening on [::]:$port" ]
	on_left zcopy 5 in "10.9.9.2:$port"
	on_left zcopy 0 in "[fd09::2]:$port"
	ends 0
	same in out
	on_right zcopy 5 -4 'listen:[fd09::2]:0' out
	on_right zcopy 5 -6 listen:10.9.9.2:0 out
}

# lives_at ADDRESS HOSTS-LINE... - zcopy connects to a name that has these
# lines, of which only ADDRESS answers, within a second.
lives_at() {
	local began address=$1
	shift
	far=("$@")
	peer_on_right listen "$address:0" "save=$got"
	on_left with_names zcopy 0 in "far:$port"
	took "$began" 0 1000000
	peer_ends 0
	same in "$got"
}

@test "race: the address that answers is used, whichever is silent" {
	lives_at 10.9.9.2 "fd09::66 far" "10.9.9.2 far"
	lives_at '[fd09::2]' "10.9.9.66 far" "fd09::2 far"
	lives_at 10.9.9.2 "10.9.9.66 far" "10.9.9.2 far"
	lives_at '[fd09::2]' "fd09::66 far" "fd09::2 far"
}

@test "race: if an address refuses, the next one is tried at once" {
	lives_at 10.9.9.2 "fd09::2 far" "10.9.9.2 far"
	lives_at '[fd09::2]' "fd09::2 far" "10.9.9.2 far"
}

@test "race: the second address is tried after 250 ms, and not before" {
	local began
	far=("fd09::66 far" "10.9.9.2 far")
	peer_on_right listen 10.9.9.2:0 "save=$got"
	on_left with_names zcopy 0 in "far:$port"
	# getaddrinfo(3) may put the address that answers first.
	took "$began" 0 1000000
	local first
	first=$(first_address)
	[[ $first != fd09* ]] || took "$began" 250000 5000000
}

# first_address - print the first address of `far`, as getaddrinfo(3) sorts
# them.
first_address() {
	local as_user=("${left[@]}")
	with_hosts "${far[@]}"
	"${as_user[@]}" "$PYTHON" -c 'import socket
print(socket.getaddrinfo("far", 9, type=socket.SOCK_STREAM)[0][4][0])'
}

@test "race: connections that lose are closed" {
	requires ss
	far=("fd09::66 far" "10.9.9.66 far" "10.9.9.2 far")
	peer_on_right listen 10.9.9.2:0 "save=$got" "wait=$go"
	on_left with_names start in "far:$port"
	retry has 300000 "$got"
	[ "$("${left[@]}" ss -Htn state syn-sent | wc -l)" -eq 0 ]
	[ "$("${left[@]}" ss -Htnp | grep -c "pid=$pid,")" -eq 1 ]
	: >"$go"
	ends 0
}

@test "race: if no address answers, each is named with its reason" {
	far=("fd09::66 far" "10.9.9.66 far" "10.9.9.2 far")
	on_left with_names zcopy 5 --timeout=1 in far:9
	complains far:9 "[fd09::66]:9: Connection timed out" \
	    "10.9.9.66:9: Connection timed out" \
	    "10.9.9.2:9: Connection refused"
}

@test "name: a name whose address is link-local is an error that says why" {
	far=("fe80::1 far")
	on_left with_names zcopy 5 in far:9
	[ "$output" = "zcopy: far:9: connect: [fe80::1]:9: a link-local address \
needs its interface, [fe80::1%eth0]:PORT" ]
}

## --retry

@test "retry: a listener that starts later is found" {
	on_left start -v --retry=9 in 10.9.9.2:9000
	sender=$pid
	retry grep -q "^zcopy: 10.9.9.2:9000: connect: .*again in" "$log"
	sender_log=$log
	on_right listener listen:10.9.9.2:9000 out
	ends 0
	log=$sender_log
	ends 0 "$sender"
	[[ $output == *"connect: 10.9.9.2:9000: Connection refused; again in \
0."*" s"* ]]
	same in out
}

@test "retry: works for a SOURCE and for a unix socket, too" {
	local path=$BATS_TEST_TMPDIR.socket first
	start -v --retry=9 "unix:$path" out
	retry grep -q "again in" "$log"
	first=$pid
	peer listen "$path" send=in
	ends 0 "$first"
	same in out
}

@test "retry: zcopy tries N times more, with growing pauses, and then fails" {
	local began
	began=$(now)
	on_left zcopy 5 --retry=3 in 10.9.9.2:9
	# Pauses of 250, 500 and 1000 ms, from half as long to half as long
	# again.
	took "$began" 875000 4000000
	complains 10.9.9.2:9 "connect: 10.9.9.2:9: Connection refused"
	began=$(now)
	on_left zcopy 5 -v --retry=2 in 10.9.9.2:9
	took "$began" 375000 3000000
	[ "$(grep -c 'again in' <<<"$output")" -eq 2 ]
	on_left zcopy 5 -v --retry=0 in 10.9.9.2:9
	[[ $output != *"again in"* ]]
}

@test "retry: each attempt tries all addresses, with the whole --timeout" {
	local began
	far=("fd09::66 far" "10.9.9.2 far")
	on_left with_names zcopy 5 -v --retry=1 --timeout=0.5 in far:9
	took "$began" 1125000 4000000
	[ "$(grep -c 'fd09::66.*timed out.*again in' <<<"$output")" -eq 1 ]
	[ "$(grep -c 'fd09::66.*timed out' <<<"$output")" -eq 2 ]
	[ "$(grep -c '10.9.9.2]*:9: Connection refused' <<<"$output")" -eq 2 ]
}

@test "retry: a signal ends the pause" {
	on_left start -v --retry=100 in 10.9.9.2:9
	retry grep -q "again in [1-9]" "$log"
	retry asleep "$pid"
	kill "$pid"
	RETRY_SECONDS=1 ends 143
}

@test "retry-for: a listener that starts later is found" {
	on_left start -v --retry-for=30 10.9.9.2:9000 out
	retry grep -q "^zcopy: 10.9.9.2:9000: connect: .*again in" "$log"
	receiver=$pid
	receiver_log=$log
	on_right listener in listen:10.9.9.2:9000
	ends 0
	log=$receiver_log
	ends 0 "$receiver"
	same in out
}

@test "retry-for: an attempt has the whole --timeout" {
	local began
	far=("fd09::66 far")
	began=$(now)
	on_left with_names zcopy 5 -v --retry-for=0.1 --timeout=0.5 in far:9
	took "$began" 500000 3000000
	[ "$(grep -c 'again in' <<<"$output")" -eq 0 ]
}

@test "retry: zcopy does not try again once data has moved" {
	head -c 8M /dev/urandom >"$big"
	peer_on_right listen 10.9.9.2:0 take=1000 reset
	on_left zcopy 5 -v --retry=5 "$big" "10.9.9.2:$port"
	[[ $output != *"again in"* ]]
}

## --congestion

@test "congestion: the named algorithm is used, on both sides" {
	requires ss
	local name
	head -c 8M /dev/urandom >"$big"
	for name in $(available); do
		peer_on_right listen 10.9.9.2:0 "wait=$go"
		on_left start --congestion="$name" "$big" "10.9.9.2:$port"
		retry has_congestion "$name" "${left[@]}"
		kill "$pid"
		ends 143
		on_right listener --congestion="$name" "$big" listen:10.9.9.2:0
		peer_on_left connect "10.9.9.2:$port" "wait=$go"
		retry has_congestion "$name" "${right[@]}"
		kill "$pid"
		ends 143
	done
}

# paced_on_left - make bbr, which limits the rate, the default on the left.
paced_on_left() {
	"${left[@]}" sh -c \
	    'echo bbr >/proc/sys/net/ipv4/tcp_congestion_control' 2>&1 ||
	    skip "no bbr here"
}

@test "congestion: a connection within this host is not paced" {
	requires ss
	local host
	head -c 8M /dev/urandom >"$big"
	paced_on_left
	for host in 127.0.0.1 127.0.0.2 10.9.9.1 "[::1]" "[fd09::1]"; do
		peer_on_left listen "$host:0" "wait=$go"
		on_left start -v "$big" "$host:$port"
		retry has_congestion cubic "${left[@]}"
		retry asleep "$pid"
		kill "$pid"
		ends 143
		[[ $output == *"congestion control cubic: $host:$port is"* ]]
		[ "$(grep -c "congestion control" <<<"$output")" -eq 1 ]
	done
}

@test "congestion: a listener's connection within this host is not paced" {
	local host
	paced_on_left
	for host in 127.0.0.1 10.9.9.1; do
		on_left listener -v in "listen:$host:0"
		peer_on_left connect "$host:$port" "save=$got"
		ends 0
		[[ $output == *"congestion control cubic: $host:"* ]]
		[ "$(grep -c "congestion control" <<<"$output")" -eq 1 ]
	done
}

@test "congestion: -v names the address that is used, of several" {
	paced_on_left
	far=("::1 far" "127.0.0.66 far" "127.0.0.1 far")
	peer_on_left listen 127.0.0.1:0 "save=$got"
	on_left with_names zcopy 0 -v in "far:$port"
	grep "congestion control" <<<"$output" >said
	[ "$(cat said)" = "zcopy: far:$port: congestion control cubic: \
127.0.0.1:$port is on this host" ]
	# The same for an IPv4 client of a socket that accepts IPv6, too.
	on_left listener -v in :0
	peer_on_left connect "127.0.0.1:$port" "save=$got"
	ends 0
	grep "congestion control" <<<"$output" >said
	grep -Eqx "zcopy: :0: congestion control cubic: 127.0.0.1:[0-9]+ is on \
this host" said
}

@test "congestion: to another host, or if one is named, nothing is changed" {
	requires ss
	head -c 8M /dev/urandom >"$big"
	paced_on_left
	peer_on_right listen 10.9.9.2:0 "wait=$go"
	on_left start -v "$big" "10.9.9.2:$port"
	retry has_congestion bbr "${left[@]}"
	retry asleep "$pid"
	kill "$pid"
	ends 143
	peer_on_left listen 127.0.0.1:0 "wait=$go"
	on_left start -v --congestion=bbr "$big" "127.0.0.1:$port"
	retry has_congestion bbr "${left[@]}"
	retry asleep "$pid"
	kill "$pid"
	ends 143
	[[ $output != *"congestion control"* ]]
}

# available - print up to two algorithms that this kernel has.
available() {
	"${left[@]}" cat /proc/sys/net/ipv4/tcp_available_congestion_control |
	    cut -d ' ' -f 1,2
}

# has_congestion NAME COMMAND... - true if $pid's connection uses this
# algorithm.  COMMAND runs others in the network of $pid.
has_congestion() {
	"${@:2}" ss -HtinpO | grep "pid=$pid," | grep -qw "$1"
}

@test "congestion: an algorithm that the kernel lacks is an error" {
	local name
	on_left zcopy 2 --congestion= in 10.9.9.2:9
	for name in nosuch "$(printf '%0100d' 0)"; do
		on_left zcopy 5 "--congestion=$name" in 10.9.9.2:9
		complains 10.9.9.2:9 "--congestion: '$name': "
		on_left zcopy 5 "--congestion=$name" listen:10.9.9.2:0 out
		complains listen:10.9.9.2:0 "--congestion: '$name': "
		untouched
	done
}

## --allow

# let_in ALLOW... -- ADDRESS..., kept_out ALLOW... -- ADDRESS... - a zcopy on
# the right that listens at :0, with these --allow options, serves, or rejects,
# connections from the left to each ADDRESS.
let_in() {
	allowing "$@"
	local address
	for address in "${to[@]}"; do
		on_right listener "${allow[@]}" :0 out
		on_left zcopy 0 in "$address:$port"
		ends 0
		same in out
	done
	cp "$BATS_TEST_TMPDIR.old.out" out
}

kept_out() {
	allowing "$@"
	local address
	on_right listener -v "${allow[@]}" :0 out
	for address in "${to[@]}"; do
		peer_on_left connect "$address:$port" broken
		peer_ends 0
		on_left zcopy 5 in "$address:$port"
		kill -0 "$pid"
	done
	kill "$pid"
	ends 143
	[ "$(grep -c ': rejected by --allow$' <<<"$output")" -eq \
	    $((2 * ${#to[@]})) ]
	untouched
}

# allowing ALLOW... -- ADDRESS... - set $allow and $to.
allowing() {
	allow=()
	while [ "$1" != -- ]; do
		allow+=("--allow=$1")
		shift
	done
	to=("${@:2}")
}

@test "allow: works with an IPv4 address and its networks" {
	let_in 10.9.9.1 -- 10.9.9.2
	let_in 10.9.9.1/32 -- 10.9.9.2
	let_in 10.9.9.0/24 -- 10.9.9.2
	let_in 10.9.9.0/31 -- 10.9.9.2
	let_in 0.0.0.0/0 -- 10.9.9.2
	kept_out 10.9.9.3 -- 10.9.9.2 '[fd09::2]'
	kept_out 10.9.9.2/31 -- 10.9.9.2
	kept_out 10.9.8.0/24 -- 10.9.9.2
	kept_out 0.0.0.0/0 -- '[fd09::2]'
	kept_out 10.9.9.1 -- '[fd09::2]'
}

@test "allow: works with IPv6, and with IPv4 written as IPv6" {
	let_in fd09::1 -- '[fd09::2]'
	let_in fd09::/64 -- '[fd09::2]'
	let_in fd00::/9 -- '[fd09::2]'
	let_in ::ffff:10.9.9.1 -- 10.9.9.2
	let_in ::ffff:10.9.9.0/120 -- 10.9.9.2
	kept_out fd09::2 -- '[fd09::2]' 10.9.9.2
	kept_out fd0a::/16 -- '[fd09::2]'
	kept_out ::1 -- '[fd09::2]' 10.9.9.2
}

@test "allow: works several times, in any order" {
	let_in 192.0.2.1 fd09::/16 10.9.9.0/24 -- 10.9.9.2 '[fd09::2]'
	let_in 10.9.9.1 192.0.2.1 -- 10.9.9.2
	kept_out 192.0.2.1 2001:db8::/32 -- 10.9.9.2 '[fd09::2]'
}

@test "allow: a rejected client is closed unread, and the next one is served" {
	on_right listener --allow=10.9.9.2 listen:10.9.9.2:0 out
	on_left zcopy 5 in "10.9.9.2:$port"
	kill -0 "$pid"
	on_right zcopy 0 in "10.9.9.2:$port"
	ends 0
	# Without -v they are not named.
	[ "$output" = "zcopy: listening on 10.9.9.2:$port" ]
	same in out
}

@test "allow: -v names a client that is rejected" {
	on_right listener -v --allow=10.9.9.2 :0 out
	peer_on_left connect "10.9.9.2:$port" broken
	peer_ends 0
	grep -Eqx "zcopy: :0: 10\.9\.9\.1:[0-9]+: rejected by --allow" "$log"
	on_right zcopy 0 in "10.9.9.2:$port"
	ends 0
}

@test "allow: a DEST that listens rejects clients, too" {
	on_right listener --allow=10.9.9.2 in :0
	on_left zcopy 5 "10.9.9.2:$port" out
	untouched
	on_right zcopy 0 "10.9.9.2:$port" out
	ends 0
	same in out
}

@test "allow: a malformed address or length is a usage error" {
	local rule
	for rule in '' / /8 10.9.9.1/ 10.9.9.1/33 10.9.9.1/-1 10.9.9.1/8/8 \
	    10.9.9.1/24 10.9.9/24 10.9.9.1.1 256.0.0.0/8 fd09::/129 fd09::1/64 \
	    '[fd09::1]' localhost far:80 10.9.9.1:80 ' 10.9.9.1' '10.9.9.0/ 24' \
	    10.9.9.0/0x18 ::ffff:10.9.9.1/120 0.0.0.0/999999999999; do
		zcopy 2 "--allow=$rule" :0 out
		[[ $output == "zcopy: --allow: '$rule': "* ]]
		untouched
	done
}

## Packets

# Packets as a network has them, which fill a page of the pipe by a third each;
# without this limit the cable takes 64 KiB at once.
@test "netns: small packets from TCP go whole into the pipe of a slow reader" {
	local method reader
	for method in auto read-write; do
		echo "$method"
		"${left[@]}" ip link set dev cable gso_max_segs 1
		head -c 4M /dev/urandom >"$big"
		on_left listener "$big" listen:10.9.9.1:0
		dd bs=256 < <(exec "${right[@]}" "$ZCOPY" -v -m "$method" \
		    "10.9.9.1:$port" - 2>"$log.right" 3>&-) >got 2>dd.log 3>&- &
		reader=$!
		ends 0
		wait "$reader"
		cat "$log.right"
		grep -q 'done: 4194304 bytes' "$log.right"
		same "$big" got
	done
}

## Options that neither end can honour

@test "usage: an option that neither end can honour is an error" {
	local words
	for words in '--allow=::1 in out' '--allow=::1 in 127.0.0.1:9' \
	    '--allow=::1 unix-listen:s out' '-4 in out' '-6 in -' \
	    '-4 unix:s out' '--congestion=reno in out' \
	    '--congestion=reno unix:s out' '--congestion=reno in -' \
	    '--retry=1 in out' '--retry=1 :0 out' \
	    '--retry=1 unix-listen:s out' '--confirm=ack in out' \
	    '--confirm=none 127.0.0.1:9 out' '--confirm=close :0 out'; do
		echo "$words"
		# shellcheck disable=SC2086	# these are words
		zcopy 2 $words
		[[ $output == "zcopy: --"* ]]
		untouched
	done
}

@test "usage: --retry takes a number" {
	local number
	for number in '' -1 +1 1.5 x 1x ' 1' 0x1 9999999999; do
		zcopy 2 "--retry=$number" in 10.9.9.2:9
		[[ $output == "zcopy: --retry: '$number' is not a number "* ]]
	done
}
