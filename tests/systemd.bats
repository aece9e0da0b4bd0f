#!/usr/bin/env bats
# The units of systemd in scripts/examples: they are well-formed, and the command
# of the receiver does what it promises when it is started as systemd does it.
# bats file_tags=slow

load helpers
load peer

EXAMPLES=$BATS_TEST_DIRNAME/../scripts/examples

setup() {
	set_up_peers 300000
	mkdir bin received
	ln -s "$ZCOPY" bin/zcopy
}

@test "systemd: systemd-analyze verify finds nothing in the units" {
	requires systemd-analyze
	local each
	for each in "$EXAMPLES"/*.{service,socket,timer}; do
		# What is not installed here is replaced, or left out.
		sed -e '/^Documentation=/d' \
		    -e "s|^ExecStart=/usr/local/bin/nightly-dump\$|ExecStart=$EXAMPLES/nightly-dump|" \
		    "$each" >"${each##*/}"
	done
	for each in *.{service,socket,timer}; do
		run systemd-analyze verify "./$each"
		printf '%s: %s\n' "$each" "$output"
		[ "$status" -eq 0 ] && [ -z "$output" ]
	done
}

# exec_start - print the command of the receiver as a shell takes it: in a unit
# %% is % and $$ is $.
exec_start() {
	sed -n '/^ExecStart=/ { s///; s/%%/%/g; s/\$\$/$/g; p; }' \
	    "$EXAMPLES/zcopy-receive.service"
}

# receive [COMMAND...] - start the receiver with a socket that listens, as systemd
# does; $port is its port.  COMMAND runs it.
receive() {
	# shellcheck disable=SC2016	# for the other shell
	peer lend stream 127.0.0.1:0 3 -- timeout 20 env -C received \
	    PATH="$PWD/bin:$PATH" "$@" sh -c \
	    'export LISTEN_PID=$$ LISTEN_FDS=1; eval "exec $0"' "$(exec_start)"
	retry waits
}

# waits - for `retry`: zcopy has said that it listens, or has ended.
waits() {
	grep -q '^zcopy: ' "$said" || gone "$peer"
}

@test "systemd: the receiver gives each sender a file of its own" {
	local each name files
	for each in first second third; do
		random_file $each 100000
		receive
		zcopy 0 -v $each "127.0.0.1:$port"
		[[ $output == *"confirmed: close"* ]]
		peer_ends 0
		# The name is in the line with the digest.
		name=$(sed -n 's/^sha256:[0-9a-f]\{64\}  //p' "$said")
		same $each "received/$name"
		[ "$(sha256sum <$each)" = "$(sha256sum <"received/$name")" ]
	done
	files=(received/*)
	[ ${#files[@]} -eq 3 ]
}

@test "systemd: the receiver leaves no file after an empty connection" {
	receive
	: >/dev/tcp/127.0.0.1/"$port"
	peer_ends 6
	grep -x SuccessExitStatus=6 "$EXAMPLES/zcopy-receive.service"
	[ -z "$(ls -A received)" ]
}

@test "systemd: the receiver leaves no file of a sender that fails" {
	receive
	zcopy 6 -c 1M in "127.0.0.1:$port"
	peer_ends 5
	[ -z "$(ls -A received)" ]
}

@test "systemd: a sender fails if the receiver does" {
	# The first linkat only finds out if it is allowed.
	receive env FAULT=linkat:EIO:2 LD_PRELOAD="$FAULT_LIB" \
	    FAULT_LOG="$BATS_TEST_TMPDIR.linkat"
	zcopy 5 in "127.0.0.1:$port"
	peer_ends 4
	grep -q 'linkat' "$BATS_TEST_TMPDIR.linkat"
	[ -z "$(ls -A received)" ]
}

# allowed SET - print the system calls of a set of systemd, one a line.
allowed() {
	local word
	while read -r word; do
		case $word in
		"$1")	;;
		@*)	allowed "$word" ;;
		[a-z]*)	echo "$word" ;;
		esac
	done < <(systemd-analyze syscall-filter "$1")
}

@test "systemd: SystemCallFilter refuses no call that the receiver makes" {
	requires systemd-analyze strace
	local set trace=$BATS_TEST_TMPDIR.calls
	set=$(sed -n 's/^SystemCallFilter=//p' "$EXAMPLES/zcopy-receive.service")
	allowed "$set" | sort -u >harmless
	[ "$(wc -l <harmless)" -gt 200 ]
	receive env LSAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$trace"
	zcopy 0 in "127.0.0.1:$port"
	peer_ends 0
	sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$trace" | sort -u >made
	grep -x accept4 made
	run comm -13 harmless made
	echo "refused: $output"
	[ -z "$output" ]
}

# No call but accept(2) makes a socket: so PrivateNetwork= and
# RestrictAddressFamilies=none do no harm.
@test "systemd: the receiver makes no socket of its own" {
	requires strace
	local trace=$BATS_TEST_TMPDIR.calls
	receive env LSAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$trace"
	zcopy 0 in "127.0.0.1:$port"
	peer_ends 0
	grep -q 'accept4(' "$trace"
	[ "$(grep -cE ' (socket|socketpair)\(' "$trace")" -eq 0 ]
}

@test "systemd-socket-activate: starts the receiver of the example" {
	requires systemd-socket-activate ss
	local files
	cd received
	on_free_port systemd-socket-activate -l 127.0.0.1:PORT \
	    -E PATH="$PWD/../bin:$PATH" sh -c "exec $(exec_start)"
	zcopy 0 -v ../in "127.0.0.1:$port"
	[[ $output == *"confirmed: close"* ]]
	peer_ends 0
	files=(./*)
	[ ${#files[@]} -eq 1 ]
	same ../in "${files[0]}"
}
