#!/usr/bin/env bats
# Listening sockets that zcopy inherits, and names of unix sockets that it
# makes.  For inherited connections see tests/network.bats and
# tests/confirm.bats.

load helpers
load peer

## listen:fd:N

# lent TYPE ADDRESS DEED... -- ARG... - start a zcopy with a listening socket as
# descriptor 5, by `lend` of tests/peer.py, whose process is $peer.  $said has
# zcopy's messages, too; $port is the port of the socket.
lent() {
	local deeds=()
	local kind=$1 address=$2
	shift 2
	while [ "$1" != -- ]; do
		deeds+=("$1")
		shift
	done
	shift
	peer lend "$kind" "$address" 5 "${deeds[@]}" -- \
	    timeout 20 "${launcher[@]}" "$ZCOPY" "$@"
	retry waits
}
launcher=()

# waits - for `retry`: zcopy has said that it listens, or has ended.
waits() {
	grep -q '^zcopy: ' "$said" || gone "$peer"
}

# lent_ends STATUS - wait for zcopy; fail unless it exits with STATUS.  $output
# has its messages.
lent_ends() {
	local log=$said
	ends "$1" "$peer"
	output=$(grep '^zcopy: ' "$said" || :)
}

# bats test_tags=valgrind
@test "listen:fd: an IPv4 socket is used, and announced" {
	local kind
	for kind in stream stream-nonblock; do
		lent $kind 127.0.0.1:0 -- listen:fd:5 out
		zcopy 0 -v in "127.0.0.1:$port"
		[[ $output == *"confirmed: close"* ]]
		lent_ends 0
		[ "$output" = "zcopy: listening on 127.0.0.1:$port" ]
		same in out
		put_back
	done
}

# put_back - restore the old `out`, for the next round.
put_back() {
	cp "$BATS_TEST_TMPDIR.old.out" out
}

@test "listen:fd: an IPv6 socket is used, and announced" {
	requires_ipv6
	lent stream '[::1]:0' -- listen:fd:5 out
	zcopy 0 in "[::1]:$port"
	lent_ends 0
	[ "$output" = "zcopy: listening on [::1]:$port" ]
	same in out
}

@test "listen:fd: a unix socket is used, and its path is not removed" {
	local kind
	for kind in stream stream-nonblock; do
		lent $kind "$path" -- listen:fd:5 out
		zcopy 0 in "unix:$path"
		lent_ends 0
		[ "$(wc -l <<<"$output")" -eq 1 ]
		[[ $output == *listening*"$path"* ]]
		[[ $output != *localhost* ]]
		same in out
		[ -S "$path" ]
		rm "$path"
		put_back
	done
}

@test "listen:fd: as DEST it sends to the first client" {
	lent stream 127.0.0.1:0 -- in listen:fd:5
	zcopy 0 "127.0.0.1:$port" out
	lent_ends 0
	same in out
}

@test "listen:fd: it may be descriptor 0" {
	peer lend stream 127.0.0.1:0 0 -- timeout 20 "$ZCOPY" listen:fd:0 out
	retry waits
	zcopy 0 in "127.0.0.1:$port"
	lent_ends 0
	same in out
}

@test "listen:fd: afterwards the lender accepts the next client" {
	local kind
	for kind in stream stream-nonblock; do
		lent $kind 127.0.0.1:0 "save=$got" -- listen:fd:5 out
		zcopy 0 in "127.0.0.1:$port"
		random_file next 1000
		zcopy 0 next "127.0.0.1:$port"
		lent_ends 0
		same in out
		same next "$got"
		rm next
		put_back
	done
}

@test "listen:fd: after a failure, too, the lender accepts the next client" {
	requires prlimit
	launcher=(prlimit --fsize=100000)
	lent stream 127.0.0.1:0 "save=$got" -- listen:fd:5 out
	zcopy 5 in "127.0.0.1:$port"
	zcopy 0 in "127.0.0.1:$port"
	lent_ends 4
	same in "$got"
	untouched
}

@test "listen:fd: --allow and --timeout work, if it blocks or not" {
	requires socat
	local kind
	for kind in stream stream-nonblock; do
		lent $kind 127.0.0.1:0 -- -v --allow=127.0.0.1 listen:fd:5 out
		socat -u OPEN:in "TCP4:127.0.0.1:$port,bind=127.0.0.2" || :
		zcopy 0 in "127.0.0.1:$port"
		lent_ends 0
		[[ $output == *"127.0.0.2:"*"--allow"* ]]
		same in out
		put_back

		lent $kind 127.0.0.1:0 -- --timeout=0.2 listen:fd:5 out
		lent_ends 5
		[[ $output == *"zcopy: listen:fd:5: accept: "*"timed out"* ]]
		untouched
	done
}

@test "listen:fd: signals end the wait, if it blocks or not" {
	local kind signal
	for kind in stream stream-nonblock; do
		for signal in INT TERM; do
			# The shell becomes zcopy, and so knows its process id.
			# shellcheck disable=SC2016	# for the other shell
			launcher=(sh -c 'echo $$ >"$0.pid" && exec "$@"' "$go")
			lent $kind 127.0.0.1:0 -- listen:fd:5 out
			retry asleep "$(cat "$go.pid")"
			kill -$signal "$(cat "$go.pid")"
			lent_ends $((128 + $(kill -l $signal)))
			untouched
		done
	done
}

@test "listen:fd: --discard serves one connection after another" {
	lent stream 127.0.0.1:0 "save=$got" -- --discard --timeout=2 listen:fd:5
	zcopy 0 -c 1000 in "127.0.0.1:$port"
	zcopy 0 -v in "127.0.0.1:$port"
	[[ $output == *"confirmed: close"* ]]
	retry grep -q ": 1000 bytes in " "$said"
	retry grep -q ": 300000 bytes in " "$said"
}

# refused STATUS NAME TEXT... - zcopy refuses NAME as SOURCE and as DEST with
# these texts.  It must not open the other end, a FIFO: that would hang.
refused() {
	local want=$1 name=$2
	shift 2
	mkfifo fifo
	ZCOPY_TEST_TIMEOUT=5 zcopy "$want" "$name" out
	complains "$name" "$@"
	ZCOPY_TEST_TIMEOUT=5 zcopy "$want" fifo "$name"
	complains "$name" "$@"
	rm fifo
	untouched
}

@test "listen:fd: a descriptor that is not a socket gives status 5" {
	refused 5 listen:fd:5 "Bad file descriptor" 5<&-
	refused 5 listen:fd:99 "Bad file descriptor"
	refused 5 listen:fd:5 "Socket operation on non-socket" 5<in
	refused 5 listen:fd:5 "Socket operation on non-socket" 5<.
	refused 5 listen:fd:5 "Socket operation on non-socket" 5< <(:)
	refused 5 listen:fd:5 5</dev/null
}

@test "listen:fd: a socket that does not listen gives status 5" {
	peer listen 127.0.0.1:0 "wait=$go"
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	refused 5 listen:fd:5 "not a socket that listens"
	exec 5>&-
	: >"$go"
	peer_ends 0
}

# Sockets that are only bound, or of another type.
@test "listen:fd: bound, datagram and seqpacket sockets are refused" {
	requires python3
	local as_user kind
	for kind in stream dgram seqpacket; do
		as_user=("$PYTHON" -c 'import os, socket, sys
s = socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[1]))
s.bind("")
if sys.argv[1] == "SOCK_SEQPACKET":
    s.listen()
os.dup2(s.fileno(), 5)
os.set_inheritable(5, True)
os.execvp(sys.argv[2], sys.argv[2:])' "SOCK_${kind^^}")
		refused 5 listen:fd:5 "not a socket that listens"
	done
}

@test "listen:fd: a malformed number is a usage error" {
	local name
	for name in listen:fd: listen:fd:x listen:fd:-1 listen:fd:5x \
	    listen:fd:1.5 'listen:fd: 5' listen:fd:99999999999; do
		refused 2 "$name"
	done
}

## listen:, under systemd

# shellcheck disable=SC2016	# for the other shell
@test "systemd: plain listen: uses the first socket that is passed" {
	local count
	for count in 1 2 17; do
		launcher=(timeout 20 sh -c 'export LISTEN_PID=$$ "$0" &&
			exec "$@"' "LISTEN_FDS=$count")
		peer lend stream 127.0.0.1:0 3 -- "${launcher[@]}" \
		    "$ZCOPY" listen: out
		retry waits
		zcopy 0 in "127.0.0.1:$port"
		lent_ends 0
		[ "$output" = "zcopy: listening on 127.0.0.1:$port" ]
		same in out
		put_back
	done
}

# shellcheck disable=SC2016	# for the other shell
@test "systemd: as DEST it sends to the first client" {
	launcher=(timeout 20 sh -c 'export LISTEN_PID=$$ LISTEN_FDS=1 &&
		exec "$@"' sh)
	peer lend stream 127.0.0.1:0 3 -- "${launcher[@]}" "$ZCOPY" in listen:
	retry waits
	zcopy 0 "127.0.0.1:$port" out
	lent_ends 0
	same in out
}

# Descriptors that are for another process are not used.  $$ is zcopy's process
# id, because the shell becomes zcopy.
# shellcheck disable=SC2016	# for the other shell
@test "systemd: without a socket for this process listen: is a usage error" {
	local setting
	refused 2 listen: LISTEN_PID LISTEN_FDS
	for setting in 'LISTEN_PID=$$' 'LISTEN_FDS=1' \
	    'LISTEN_PID=$PPID LISTEN_FDS=1' 'LISTEN_PID=1 LISTEN_FDS=1' \
	    'LISTEN_PID=$$ LISTEN_FDS=0' 'LISTEN_PID=$$ LISTEN_FDS=-1' \
	    'LISTEN_PID=$$ LISTEN_FDS=' 'LISTEN_PID=$$ LISTEN_FDS=x' \
	    'LISTEN_PID= LISTEN_FDS=1' 'LISTEN_PID=x LISTEN_FDS=1' \
	    'LISTEN_PID=0 LISTEN_FDS=1'; do
		echo "$setting"
		local as_user=(sh -c "export $setting"' && exec "$@"' sh)
		refused 2 listen: LISTEN_PID LISTEN_FDS
	done
}

# shellcheck disable=SC2016	# for the other shell
@test "systemd: a descriptor 3 that is not a listening socket gives status 5" {
	local as_user=(sh -c 'export LISTEN_PID=$$ LISTEN_FDS=1 &&
		exec 3<in "$@"' sh)
	refused 5 listen: "Socket operation on non-socket"
	as_user=(sh -c 'export LISTEN_PID=$$ LISTEN_FDS=1 && exec 3<&- "$@"' sh)
	refused 5 listen:
}

@test "systemd-socket-activate: starts a zcopy that receives" {
	requires systemd-socket-activate ss
	on_free_port systemd-socket-activate -l 127.0.0.1:PORT \
	    "$ZCOPY" listen: out
	zcopy 0 -v in "127.0.0.1:$port"
	[[ $output == *"confirmed: close"* ]]
	peer_ends 0
	same in out
}

@test "systemd-socket-activate: starts a zcopy with a unix socket" {
	requires systemd-socket-activate ss
	on_free_port systemd-socket-activate -l "$path" "$ZCOPY" listen: out
	zcopy 0 in "unix:$path"
	peer_ends 0
	same in out
}

@test "systemd-socket-activate: starts a zcopy for each connection" {
	requires systemd-socket-activate ss
	on_free_port systemd-socket-activate --accept -l 127.0.0.1:PORT \
	    "$ZCOPY" fd:3 out
	zcopy 0 in "127.0.0.1:$port"
	retry cmp -s in out
	random_file in 1000
	zcopy 0 in "127.0.0.1:$port"
	retry cmp -s in out
}

## unix-listen:

# stale PATH [TYPE] - make a socket that no process has open.
stale() {
	requires python3
	"$PYTHON" -c 'import socket, sys
kind = getattr(socket, "SOCK_" + sys.argv[2].upper())
socket.socket(socket.AF_UNIX, kind).bind(sys.argv[1])' "$1" "${2:-stream}"
	[ -S "$1" ]
}

# in_use - zcopy refuses to listen at $path, says that it is in use, and leaves
# it.
in_use() {
	local before
	before=$(stat -c '%i %F' "$path")
	ZCOPY_TEST_TIMEOUT=5 zcopy 5 "unix-listen:$path" out
	complains "unix-listen:$path" "Address already in use"
	ZCOPY_TEST_TIMEOUT=5 zcopy 5 in "unix-listen:$path"
	complains "unix-listen:$path" "Address already in use"
	[ "$(stat -c '%i %F' "$path")" = "$before" ]
	untouched
}

@test "unix-listen: a stale socket of the same user is removed, and -v says so" {
	stale "$path"
	listener "unix-listen:$path" out
	zcopy 0 in "unix:$path"
	ends 0
	[ "$output" = "zcopy: listening on unix-listen:$path" ]
	same in out
	[ ! -e "$path" ]

	stale "$path"
	listener -v "unix-listen:$path" out
	zcopy 0 in "unix:$path"
	ends 0
	[[ $output == "zcopy: unix-listen:$path: removed: "* ]]
	[ ! -e "$path" ]
}

@test "unix-listen: after kill -9 the same path can be used again" {
	listener "unix-listen:$path" out
	kill -KILL "$pid"
	ends 137
	[ -S "$path" ]
	listener "unix-listen:$path" out
	zcopy 0 in "unix:$path"
	ends 0
	same in out
}

# bats test_tags=valgrind
@test "unix-listen: a second listener fails, and does not disturb the first" {
	listener "unix-listen:$path" out
	local first=$pid
	in_use
	in_use
	zcopy 0 in "unix:$path"
	ends 0 "$first"
	same in out
}

@test "unix-listen: a second listener does not disturb --discard" {
	listener --discard "unix-listen:$path"
	local first_log=$log first=$pid
	in_use
	kill "$first"
	ends 143 "$first"
	[ "$(grep -c ' bytes in ' "$first_log")" -eq 0 ]
}

@test "unix-listen: a socket that is bound, or has a full backlog, is in use" {
	peer hold "$path"
	in_use
	end_all
	rm "$path"
	peer full "$path"
	in_use
}

@test "unix-listen: a datagram socket that a process has is in use" {
	requires python3
	"$PYTHON" -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.recv(1)' "$path" 3>&- &
	retry test -S "$path"
	in_use
}

@test "unix-listen: a path that is not a socket is not removed" {
	: >"$path"
	in_use
	rm "$path"
	mkdir "$path"
	in_use
	rmdir "$path"
	mkfifo "$path"
	in_use
}

@test "unix-listen: neither a symbolic link nor its target is removed" {
	ln -s nowhere "$path"
	in_use
	[ -L "$path" ]
	stale "$path.stale"
	ln -sf "$path.stale" "$path"
	in_use
	[ -L "$path" ]
	[ -S "$path.stale" ]
}

@test "unix-listen: another user's stale socket is not removed" {
	requires_root
	stale "$path"
	chown nobody "$path"
	in_use

	stale socket
	names=$(ls -A)
	as_nobody zcopy 5 unix-listen:./socket out
	complains unix-listen:./socket "Address already in use"
	[ -S socket ]
	untouched
}

@test "unix-listen: the mode of the path is 0777 & ~umask" {
	local mask
	for mask in 000 022 077 117 277; do
		umask $mask
		listener "unix-listen:$path" out
		umask 022
		[ "$(stat -c %a "$path")" = \
		    "$(printf %o $((0777 & ~0$mask)))" ]
		kill "$pid"
		ends 143
	done
}

@test "unix-listen: with umask 077 other users cannot connect" {
	requires_root
	umask 077
	listener "unix-listen:./socket" out
	umask 022
	local first=$pid
	as_nobody zcopy 5 in unix:./socket
	complains unix:./socket "Permission denied"
	zcopy 0 in unix:./socket
	ends 0 "$first"
	same in out
}

# Signals: tests/kills.bats.
@test "unix-listen: the path is removed after each failure, too" {
	listener "unix-listen:$path" out
	peer connect "$path"
	ends 6
	[ ! -e "$path" ]

	requires prlimit
	local as_user=(prlimit --fsize=100000)
	listener "unix-listen:$path" out
	as_user=()
	run zcopy_here in "unix:$path"
	ends 4
	[ ! -e "$path" ]

	zcopy 5 --timeout=0.2 "unix-listen:$path" out
	[ ! -e "$path" ]
	zcopy 4 "unix-listen:$path" missing/out
	[ ! -e "$path" ]
	zcopy 3 missing "unix-listen:$path"
	[ ! -e "$path" ]
	zcopy 5 "unix-listen:$path" "unix-listen:$path"
	[ ! -e "$path" ]
	untouched
}

## unix:@NAME

# The names are those of a whole network namespace.
abstract=@zcopy-$$-$BATS_TEST_NUMBER

@test "abstract: data gets through both ways, and no file is made" {
	listener "unix-listen:$abstract" out
	zcopy 0 in "unix:$abstract"
	ends 0
	[ "$output" = "zcopy: listening on unix-listen:$abstract" ]
	same in out
	listener in "unix-listen:$abstract"
	zcopy 0 "unix:$abstract" got
	ends 0
	same in got
	only got in out
}

# nc and socat take the exact name, too: all zeros behind it would be part of
# it.
@test "abstract: the name has exactly the bytes that were typed" {
	requires python3
	listener "unix-listen:$abstract" out
	"$PYTHON" -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("\0" + sys.argv[1])
s.sendall(open("in", "rb").read())' "${abstract#@}"
	ends 0
	same in out
}

@test "abstract: ./@NAME is a path" {
	listener unix-listen:./@x out
	[ -S @x ]
	zcopy 0 in unix:./@x
	ends 0
	same in out
}

@test "abstract: a name that is in use, too long or empty is an error" {
	listener "unix-listen:$abstract" out
	local first=$pid
	ZCOPY_TEST_TIMEOUT=5 zcopy 5 "unix-listen:$abstract" new
	complains "unix-listen:$abstract" "bind: Address already in use"
	zcopy 0 in "unix:$abstract"
	ends 0 "$first"

	zcopy 5 in "unix:$abstract"
	complains "unix:$abstract" "connect: Connection refused"
	zcopy 5 in "unix:@$(printf 'n%.0s' {1..108})"
	[[ $output == *": connect: File name too long" ]]
	zcopy 2 in unix:@
	[[ $output == "zcopy: unix:@: the name is missing"* ]]
	zcopy 2 in unix-listen:@
}

@test "abstract: the longest name works" {
	local name
	name=$(printf '%s%0107d' "$abstract" 0)
	name=${name:0:108}		# with the @
	listener "unix-listen:$name" out
	zcopy 0 in "unix:$name"
	ends 0
	same in out
}

@test "abstract: a file of that name is another thing" {
	echo '{}' >"$abstract"
	listener "--json-file=$abstract" "unix-listen:$abstract" out
	zcopy 0 in "unix:$abstract"
	ends 0
	same in out
	grep -q '"name":"unix-listen:@' "$abstract"
}

@test "abstract: the name is free again after kill -9, and --discard names peers" {
	listener "unix-listen:$abstract" out
	kill -KILL "$pid"
	ends 137
	listener --discard "unix-listen:$abstract"
	zcopy 0 in "unix:$abstract"
	retry grep -q '^zcopy: unix: 300000 bytes in ' "$log"
	kill "$pid"
	ends 143
}

@test "abstract: --retry waits for the name, and --explain knows it" {
	start -v --retry=9 in "unix:$abstract"
	local first=$pid
	retry grep -q "again in" "$log"
	listener "unix-listen:$abstract" out
	ends 0
	ends 0 "$first"
	same in out
	zcopy 0 --explain in "unix-listen:$abstract"
	[[ $output == *"type       unix-listen"* ]]
}
