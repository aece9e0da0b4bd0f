#!/usr/bin/env bats
# --timeout ends every wait, whatever zcopy's parent has done to signals, and
# however often there is news.

load helpers
load peer
load networks
load deadlines

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 1000
	old_file out
	path=$BATS_TEST_TMPDIR.socket
	fifo=$BATS_TEST_TMPDIR.fifo
	go=$BATS_TEST_TMPDIR.go
	big=$BATS_TEST_TMPDIR.big
}

## Signals that were ignored or blocked when zcopy started

SIGNALS=RTMIN,ALRM,USR1,USR2,VTALRM,PROF

# without_signals WAIT... - run it with zcopy's signals ignored, then blocked.
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

fifo_without_writer() {
	mkfifo "$fifo"
	gives_up 3 "$fifo" "timed out" -- "$fifo" out
	gives_up 1 "$fifo" "timed out" -- --header="$fifo" in out
}

@test "signals off: a FIFO that nobody writes" {
	without_signals fifo_without_writer
}

fifo_without_reader() {
	mkfifo "$fifo"
	gives_up 4 "$fifo" "timed out" -- in "$fifo"
}

@test "signals off: a FIFO that nobody reads" {
	without_signals fifo_without_reader
}

silent_pipe() {
	mkfifo "$fifo"
	exec 7<>"$fifo"
	gives_up 3 - "read: nothing moved for 0.3 s" -- - out <&7
	gives_up 1 "$fifo" "read: Connection timed out" -- \
	    --header="$fifo" in out
	exec 7>&-
}

@test "signals off: a pipe that says nothing" {
	without_signals silent_pipe
}

full_pipe() {
	mkfifo "$fifo"
	exec 7<>"$fifo"
	gives_up 4 fd:7 "write: nothing moved for 0.3 s" -- "$big" fd:7
	exec 7>&-
}

@test "signals off: a pipe that is full" {
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

@test "signals off: a connection that says no more, inherited or not" {
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

@test "signals off: a connection that takes no more, inherited or not" {
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

@test "signals off: a full backlog, of TCP and of a unix socket" {
	without_signals full_backlogs
}

nobody_to_accept() {
	local name
	for name in listen:127.0.0.1:0 "unix-listen:$path"; do
		gives_up 5 "$name" "accept: Connection timed out" -- \
		    "$name" out
	done
}

@test "signals off: nobody connects" {
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

@test "signals off: a client that says nothing" {
	without_signals silent_client
}

silent_resolver() {
	gives_up 5 nobody.invalid:80 "look-up: Connection timed out" -- \
	    nobody.invalid:80 out
}

@test "signals off: a resolver that does not answer" {
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

@test "signals off: a peer that does not close" {
	without_signals no_confirmation
}

## The timer

# without_timer COMMAND... - these are waits that nothing but a timer ends.
without_timer() {
	local as_user=("$@")
	rm -f "$fifo"
	mkfifo "$fifo"
	gives_up 3 "$fifo" "timed out" -- "$fifo" out
	exec 7<>"$fifo"
	gives_up 3 fd:7 "read: nothing moved for 0.3 s" -- fd:7 out
	gives_up 4 fd:7 "write: nothing moved for 0.3 s" -- "$big" fd:7
	exec 7>&-
}

@test "timer: where timer_create(2) fails, --timeout is kept by another one" {
	local error FAULT
	more_than_fits "$big"
	for error in EAGAIN EPERM ENOSYS; do
		FAULT=timer_create:$error:1+ without_timer
		fault_fired
	done
	# shellcheck disable=SC2016	# for the other shell
	without_timer bash -c 'ulimit -i 0 && exec "$@"' bash
}

@test "timer: --timeout is refused rather than forgotten" {
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

## News that never ends

# The next client must be there when one has been refused: strace(1) sees to
# that, and a long backlog.
@test "news: clients that --allow refuses, one after another" {
	requires strace
	local TRACE='-e trace=accept4 -e inject=accept4:delay_exit=20000'
	local command=() waiting log began
	zcopy_command --timeout=1 --allow=192.0.2.7 listen:fd:5 out
	peer lend stream 127.0.0.1:0 5 -- timeout 20 "${command[@]}"
	waiting=$peer
	log=$said
	peer crowd "127.0.0.1:$port" 4
	began=$(now)
	ends 5 "$waiting"
	[ $(($(now) - began)) -lt 3000000 ]
	[ "$(grep -c '= [0-9]' "$BATS_TEST_TMPDIR.trace")" -ge 5 ]
	grep -qx 'zcopy: listen:fd:5: accept: Connection timed out' <<<"$output"
	untouched
}

# at_once SIGNAL - it ends the zcopy that was started last, soon.
at_once() {
	kill "-$1" "$pid"
	RETRY_SECONDS=2 ends $((128 + $(kill -l "$1")))
	untouched
}

@test "news: refused clients do not hold up a signal either" {
	listener --allow=192.0.2.7 listen:127.0.0.1:0 out
	peer crowd "127.0.0.1:$port" 4
	wait_for 200000
	at_once TERM
	listener --discard --allow=192.0.2.7 listen:127.0.0.1:0
	peer crowd "127.0.0.1:$port" 4
	wait_for 200000
	at_once TERM
}

@test "news: a client that is always gone before it is accepted" {
	local error FAULT
	for error in ECONNABORTED EAGAIN; do
		FAULT=accept4:$error:1+ listener --timeout=0.5 \
		    listen:127.0.0.1:0 out
		exec 7<>"/dev/tcp/127.0.0.1/$port"
		RETRY_SECONDS=3 ends 5
		fault_fired 10
		complains listen:127.0.0.1:0 "accept: Connection timed out"
		exec 7>&-
		FAULT=accept4:$error:1+ listener listen:127.0.0.1:0 out
		exec 7<>"/dev/tcp/127.0.0.1/$port"
		retry fault_fired 10
		at_once TERM
		exec 7>&-
	done
}

@test "news: a peer that sends and sends, and does not close" {
	peer listen 127.0.0.1:0 take=1000 babble
	gives_up 5 "127.0.0.1:$port" "it has not closed in 0.3 s" -- \
	    in "127.0.0.1:$port"
	peer listen "$path" take=1000 babble
	gives_up 5 "unix:$path" "it has not closed in 0.3 s" -- \
	    in "unix:$path"
}

@test "news: a peer that sends and sends, and receives nothing" {
	more_than_fits "$big"
	peer listen 127.0.0.1:0 babble
	gives_up 5 "127.0.0.1:$port" "write: nothing moved for 0.3 s" -- \
	    "$big" "127.0.0.1:$port"
}

# ends_a_talk DEED... - while the peer sends and sends, SIGTERM is heeded.
ends_a_talk() {
	peer listen 127.0.0.1:0 "$@"
	start "$big" "127.0.0.1:$port"
	wait_for 300000
	at_once TERM
}

@test "news: a peer that sends and sends does not hold up a signal" {
	more_than_fits "$big"
	ends_a_talk babble
	ends_a_talk "take=$(stat -c %s "$big")" babble
}

@test "news: a client of --discard that sends and sends, too" {
	listener --discard listen:127.0.0.1:0
	peer connect "127.0.0.1:$port" babble
	wait_for 200000
	at_once TERM
}

@test "news: a header or trailer that is always there, and has no end" {
	local what FAULT=read:one:1+:in=chr
	for what in header trailer; do
		start --$what=/dev/zero in out
		retry fault_fired 1000
		at_once TERM
		complains /dev/zero "read: interrupted: Terminated"
	done
}

# pestered SIGNAL STATUS ENDPOINT TEXT ARG... - while signals that end nothing
# come all the time, the wait is no longer.
pestered() {
	local signal=$1 want=$2 endpoint=$3 text=$4 began
	shift 4
	began=$(now)
	start --timeout=0.5 "$@"
	retry asleep "$pid"
	while kill "-$signal" "$pid" 2>/dev/null; do
		:
	done
	ends "$want"
	[ $(($(now) - began)) -lt 3000000 ]
	output=$(grep -v "bytes .*so far" <<<"$output")
	complains "$endpoint" "$text"
	untouched
}

@test "news: signals that end nothing, at every moment" {
	local signal
	more_than_fits "$big"
	mkfifo "$fifo"
	for signal in USR1 RTMIN; do
		pestered $signal 3 "$fifo" "timed out" "$fifo" out
		pestered $signal 4 "$fifo" "timed out" in "$fifo"
		pestered $signal 5 listen:127.0.0.1:0 \
		    "accept: Connection timed out" listen:127.0.0.1:0 out
		exec 7<>"$fifo"
		pestered $signal 3 fd:7 "read: nothing moved" fd:7 out
		pestered $signal 4 fd:7 "write: nothing moved" "$big" fd:7
		exec 7>&-
	done
}
