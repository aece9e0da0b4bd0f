# Far ends of connections: `load peer` after `load helpers`.

# The interpreter itself: a version manager may put a script in front of it, and
# $peer would be the process of that script.
PYTHON=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null) ||
	PYTHON=python3
PEER=$BATS_TEST_DIRNAME/peer.py

# set_up_peers SIZE - the usual setup of suites with far ends: make `in`, of
# SIZE bytes, and set names of files outside the directory of the case.
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

# peer MODE ARG... - start tests/peer.py; see there.  $peer is its process,
# $said has what it prints, and $port is its port unless it connects.  $there is
# a command that runs it in another network.
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

# has_said PID - for `retry`: $said is not empty, or PID has ended.
has_said() {
	[ -s "$said" ] || gone "$1"
}

# peer_ends STATUS [PID] - wait for a far end, $peer by default; fail unless it
# exits with STATUS.  $output stays that of zcopy.
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

# has SIZE FILE - true if FILE has as many bytes, or more.
has() {
	[ "$(stat -c %s "$2" 2>/dev/null || echo 0)" -ge "$1" ]
}

# asleep PID - for `retry`: PID sleeps, interruptibly, at eight looks in about
# 20 ms, and does not wake up between them.  With fewer looks a short wait could
# be taken for a long one on a busy machine.  More would fail for a process that
# wakes up every 50 ms to look at the clock or ask the kernel.
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

# cpu_ticks PID - print how many hundredths of a second of CPU it has used.
cpu_ticks() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# bound PID - print the port on which it listens, for a process that does not
# announce it.
bound() {
	ss -Htlnp | awk -v pid="pid=$1," 'index($0, pid) {
		sub(/.*:/, "", $4)
		print $4
	}'
}

# listens PID - true if this process listens, on TCP or a path.
listens() {
	ss -Htlxnp | grep -q "pid=$1,"
}

# random_port - set $port, below the ports that the kernel gives to clients.
random_port() {
	local first
	read -r first _ </proc/sys/net/ipv4/ip_local_port_range
	port=$((1024 + (RANDOM << 15 | RANDOM) % (first - 1024)))
}

# on_free_port COMMAND... - start COMMAND, which cannot listen on port 0, with
# $port in place of PORT in its words, and wait until it listens.  If the port
# is in use, try another one.  $peer is its process.
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

# listens_or_gone PID - for `retry`.
listens_or_gone() {
	listens "$1" || gone "$1"
}

# background COMMAND... - start a far end that is not peer.py, with $INPUT and
# $OUTPUT as standard input and output.  $peer is its process.
background() {
	: $((peers += 1))
	said=$BATS_TEST_TMPDIR.peer$peers.log
	: >"$said"
	"$@" <"${INPUT:-/dev/null}" >"${OUTPUT:-/dev/null}" 2>"$said" 3>&- &
	peer=$!
}

# old_file NAME... - make files that must not change: see `untouched`.
old_file() {
	local name
	for name; do
		random_file "$name" 1000
		cp "$name" "$BATS_TEST_TMPDIR.old.$name"
	done
	names=$(ls -A)
}

# untouched - true if the files that old_file made have not changed, and no
# others have been created since.
untouched() {
	local file
	for file in "$BATS_TEST_TMPDIR".old.*; do
		same "$file" "${file#"$BATS_TEST_TMPDIR.old."}"
	done
	echo "left: $(ls -A)"
	[ "$(ls -A)" = "$names" ]
}

# complains NAME TEXT... - true if $output has one line besides "listening on",
# which names this endpoint and has all these texts.
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

# more_than_fits FILE - make a file that is larger than any socket's buffers.
more_than_fits() {
	random_file "$1" 30M
}

# stopped PID - for `retry`: SIGSTOP has stopped PID.
stopped() {
	grep -q '^State:.T' "/proc/$1/status"
}

# now - print the time in microseconds.
now() {
	echo "${EPOCHREALTIME/[.,]/}"
}

# wait_for MICROSECONDS - wait so long, for a case that promises that nothing
# happens in that time, or that a time is exceeded.
wait_for() {
	retry passed "$(now)" "$1"
}

# passed SINCE MICROSECONDS - for `retry`: so much time has passed.
passed() {
	[ $(($(now) - $1)) -ge "$2" ]
}
