# Far ends of connections, for the suites that have to do with them:
# `load peer` behind `load helpers`.

# python3 itself, where a version manager has put a script in front of it.
PYTHON=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null) ||
	PYTHON=python3
PEER=$BATS_TEST_DIRNAME/peer.py

# set_up_peers SIZE - what most suites with far ends begin with: `in`, of SIZE
# bytes, and names for what is not to stand in the directory of the case.
set_up_peers() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in "$1"
	got=$BATS_TEST_TMPDIR.got	# what has arrived
	path=$BATS_TEST_TMPDIR.socket
	fifo=$BATS_TEST_TMPDIR.fifo
	go=$BATS_TEST_TMPDIR.go		# what a peer waits for
	big=$BATS_TEST_TMPDIR.big	# see more_than_fits
}

setup() {
	set_up_peers 300000
	old_file out
}

# peer MODE ARG... - tests/peer.py in the background: see there.  $peer is
# its process, $said has what it prints; unless it connects, $port is where
# it can be reached.  $there is a command that runs it elsewhere.
peer() {
	requires python3
	: $((peers += 1))
	said=$BATS_TEST_TMPDIR.peer$peers.log
	: >"$said"
	"${there[@]}" "$PYTHON" "$PEER" "$@" <&0 >"$said" 2>&1 3>&- &
	peer=$!
	[ "$1" != connect ] || return 0
	retry has_said "$peer"
	port=$(head -n 1 "$said")
	[ -n "$port" ]
}
peers=0
there=()

# True once it has said anything, or is gone.
has_said() {
	[ -s "$said" ] || gone "$1"
}

# peer_ends STATUS [PID] - wait for a far end, $peer without PID; fail unless
# it exits with STATUS.  $output stays zcopy's.
peer_ends() {
	local log=$said output status
	ends "$1" "${2:-$peer}"
}

# requires_ipv6 - skip the case where loopback has no IPv6 address.
requires_ipv6() {
	grep -q '^0*1 .* lo$' /proc/net/if_inet6 2>/dev/null ||
	    skip "needs IPv6"
}

# requires_tcp_info - skip the case where the kernel does not say how much the
# peer has acknowledged: qemu's emulation of Linux does not.
requires_tcp_info() {
	requires python3
	"$PYTHON" -c 'import socket
socket.socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)' \
	    2>/dev/null || skip "needs TCP_INFO"
}

# has SIZE FILE - has FILE as many bytes, or more?
has() {
	[ "$(stat -c %s "$2" 2>/dev/null || echo 0)" -ge "$1" ]
}

# asleep PID - for `retry`: it waits, interruptibly, and goes on to do so for
# some 20 ms.  Who waits by a timer, or asks the kernel, wakes up every 50 ms,
# and so this is no matter of two looks between which a busy machine does
# other things.
asleep() {
	local look before=
	for look in 1 2 3 4 5 6 7 8; do
		[[ $(<"/proc/$1/status") =~ State:.S.*(voluntary.*) ]] ||
		    return
		[ $look -eq 1 ] || [ "${BASH_REMATCH[1]}" = "$before" ] ||
		    return
		before=${BASH_REMATCH[1]}
	done
}

# cpu_ticks PID - hundredths of a second that it has been at work.
cpu_ticks() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# bound PID - the port that this listening process was given.  Of what is
# announced by nothing but a socket.
bound() {
	ss -Htlnp | awk -v pid="pid=$1," 'index($0, pid) {
		sub(/.*:/, "", $4)
		print $4
	}'
}

# listens PID - does this process listen, on TCP or a path?
listens() {
	ss -Htlxnp | grep -q "pid=$1,"
}

# random_port - one that nobody is given for a connection of his own.
random_port() {
	local first
	read -r first _ </proc/sys/net/ipv4/ip_local_port_range
	port=$((1024 + (RANDOM << 15 | RANDOM) % (first - 1024)))
}

# on_free_port COMMAND... - start COMMAND, with $port for PORT in its words,
# and wait until it listens; on another port while that one is taken.
# $peer is its process.  For those that cannot have port 0.
on_free_port() {
	local tries
	for ((tries = 0; tries < 20; tries++)); do
		random_port
		background "${@//PORT/$port}"
		retry listens_or_gone "$peer"
		! gone "$peer" || continue
		return 0
	done
	echo "no free port: $*"
	return 1
}

listens_or_gone() {
	listens "$1" || gone "$1"
}

# background COMMAND... - a far end that is no peer.py.  $peer is its
# process.  Its input is $INPUT, its output $OUTPUT.
background() {
	: $((peers += 1))
	said=$BATS_TEST_TMPDIR.peer$peers.log
	: >"$said"
	"$@" <"${INPUT:-/dev/null}" >"${OUTPUT:-/dev/null}" 2>"$said" 3>&- &
	peer=$!
}

# old_file NAME... - what must not change: see `untouched`.
old_file() {
	local name
	for name; do
		random_file "$name" 1000
		cp "$name" "$BATS_TEST_TMPDIR.old.$name"
	done
	names=$(ls -A)
}

# untouched - all that was made by old_file is as it was, and nothing else
# has come.
untouched() {
	local file
	for file in "$BATS_TEST_TMPDIR".old.*; do
		same "$file" "${file#"$BATS_TEST_TMPDIR.old."}"
	done
	echo "left: $(ls -A)"
	[ "$(ls -A)" = "$names" ]
}

# complains NAME TEXT... - zcopy's only line, in $output, names this endpoint
# and has all these texts.  "listening on" is none.
complains() {
	local message
	message=$(grep -v '^zcopy: listening on ' <<<"$output")
	echo "message: $message"
	[ "$(wc -l <<<"$message")" -eq 1 ]
	[[ $message == "zcopy: $1: "* ]]
	shift
	for text; do
		[[ $message == *"$text"* ]]
	done
}

# more_than_fits FILE - more than any socket's buffers hold.
more_than_fits() {
	random_file "$1" 30M
}

# stopped PID - for `retry`: SIGSTOP has taken effect.
stopped() {
	grep -q '^State:.T' "/proc/$1/status"
}

# now - in microseconds.
now() {
	echo "${EPOCHREALTIME/[.,]/}"
}

# wait_for MICROSECONDS - for what must not happen in that time.
wait_for() {
	retry passed "$(now)" "$1"
}

# passed SINCE MICROSECONDS
passed() {
	[ $(($(now) - $1)) -ge "$2" ]
}
