#!/usr/bin/env bats
# --timeout ends every wait, whatever zcopy's parent has done to signals.

load helpers
load peer
load networks
load deadlines

setup() {
	set_up_peers 1000
	old_file out
}

## Signals that were ignored or blocked when zcopy started

SIGNALS=RTMIN,ALRM,USR1,USR2,VTALRM,PROF

# without_signals COMMAND... - call it with zcopy's signals ignored, and again
# with them blocked.
without_signals() {
	local how clean_env
	env --block-signal true 2>/dev/null || skip "needs env --block-signal"
	for how in --ignore-signal --block-signal; do
		echo "$how"
		clean_env=(env --default-signal "$how=$SIGNALS")
		rm -f "$fifo" "$path" "$go"
		"$@"
	done
}

# Waits, one for each of the cases below.

fifo_without_writer() {
	mkfifo "$fifo"
	gives_up 3 "$fifo" "no writer opened it within" -- "$fifo" out
	gives_up 1 "$fifo" "no writer opened it within" -- --header="$fifo" in out
}

@test "signals off: zcopy gives up on a FIFO without a writer" {
	without_signals fifo_without_writer
}

fifo_without_reader() {
	mkfifo "$fifo"
	gives_up 4 "$fifo" "no reader opened it within" -- in "$fifo"
}

@test "signals off: zcopy gives up on a FIFO without a reader" {
	without_signals fifo_without_reader
}

silent_pipe() {
	mkfifo "$fifo"
	exec 7<>"$fifo"
	gives_up 3 - "read: nothing moved for 0.3 s" -- - out <&7
	gives_up 1 "$fifo" "read: nothing moved for 0.3 s" -- \
	    --header="$fifo" in out
	exec 7>&-
}

@test "signals off: zcopy gives up on an idle pipe" {
	without_signals silent_pipe
}

full_pipe() {
	mkfifo "$fifo"
	exec 7<>"$fifo"
	gives_up 4 fd:7 "write: nothing moved for 0.3 s" -- "$big" fd:7
	exec 7>&-
}

@test "signals off: zcopy gives up on a full pipe" {
	more_than_fits "$big"
	without_signals full_pipe
}

silent_sockets() {
	given stream 5 "read: nothing moved for 0.3 s" -- send=in -- fd:5 out
	rm "$go"
	peer listen 127.0.0.1:0 send=in "wait=$go"
	gives_up 5 "127.0.0.1:$port" "read: nothing moved for 0.3 s" -- \
	    "127.0.0.1:$port" out
}

@test "signals off: zcopy gives up on a silent connection, inherited or not" {
	without_signals silent_sockets
}

full_sockets() {
	given stream 5 "write: nothing moved for 0.3 s" -- \
	    take=1000 -- "$big" fd:5
	rm "$go"
	peer listen 127.0.0.1:0 take=1000 "wait=$go"
	gives_up 5 "127.0.0.1:$port" "write: nothing moved for 0.3 s" -- \
	    "$big" "127.0.0.1:$port"
}

@test "signals off: zcopy gives up on a full connection, inherited or not" {
	more_than_fits "$big"
	without_signals full_sockets
}

full_backlogs() {
	peer full 127.0.0.1:0
	gives_up 5 "127.0.0.1:$port" "Connection timed out" -- \
	    in "127.0.0.1:$port"
	peer full "$path"
	gives_up 5 "unix:$path" "connect: Connection timed out" -- \
	    in "unix:$path"
}

@test "signals off: zcopy gives up on a full backlog, of TCP and unix sockets" {
	without_signals full_backlogs
}

nobody_to_accept() {
	local name
	for name in listen:127.0.0.1:0 "unix-listen:$path"; do
		gives_up 5 "$name" "accept: Connection timed out" -- \
		    "$name" out
	done
}

@test "signals off: zcopy gives up if nobody connects" {
	without_signals nobody_to_accept
}

silent_client() {
	listener --timeout=0.3 listen:127.0.0.1:0 out
	exec 7<>"/dev/tcp/127.0.0.1/$port"
	ends 5
	exec 7>&-
	complains listen:127.0.0.1:0 "receive: Connection timed out"
	untouched
}

@test "signals off: zcopy gives up on a client that sends nothing" {
	without_signals silent_client
}

silent_resolver() {
	gives_up 5 nobody.invalid:80 "look-up: Connection timed out" -- \
	    nobody.invalid:80 out
}

@test "signals off: zcopy gives up on a resolver that does not answer" {
	two_networks
	local as_user=("${left[@]}")
	with_silent_resolver
	without_signals silent_resolver
}

no_confirmation() {
	peer listen 127.0.0.1:0 ended "wait=$go"
	gives_up 5 "127.0.0.1:$port" "it has not closed in 0.3 s" -- \
	    in "127.0.0.1:$port"
}

@test "signals off: zcopy gives up on a peer that does not close" {
	without_signals no_confirmation
}

## The timer

# without_timer COMMAND... - zcopy, started by COMMAND, gives up each wait that
# only a timer can end.
without_timer() {
	local as_user=("$@")
	rm -f "$fifo"
	mkfifo "$fifo"
	gives_up 3 "$fifo" "no writer opened it within" -- "$fifo" out
	exec 7<>"$fifo"
	gives_up 3 fd:7 "read: nothing moved for 0.3 s" -- fd:7 out
	gives_up 4 fd:7 "write: nothing moved for 0.3 s" -- "$big" fd:7
	exec 7>&-
}

@test "timer: if timer_create(2) fails, --timeout works with SIGALRM" {
	local error FAULT
	more_than_fits "$big"
	for error in EAGAIN EPERM ENOSYS; do
		FAULT=timer_create:$error:1+ without_timer
		fault_fired
	done
	# shellcheck disable=SC2016	# for the other shell
	without_timer bash -c 'ulimit -i 0 && exec "$@"' bash
}

@test "timer: --timeout is refused if SIGALRM is in use as well" {
	# shellcheck disable=SC2054	# for python
	local as_user=("$PYTHON" -c
	    'import os, signal, sys
signal.alarm(100)
os.execvp(sys.argv[1], sys.argv[1:])')
	requires python3
	FAULT=timer_create:EAGAIN:1+ zcopy 1 --timeout=0.3 in out
	fault_fired
	complains --timeout "timer: Device or resource busy"
	untouched
	zcopy 0 --timeout=0.3 in out
	same in out
}
