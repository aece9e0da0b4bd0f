#!/usr/bin/env bats
# Events that come all the time delay neither a deadline nor a signal.

load helpers
load peer
load deadlines

setup() {
	set_up_peers 1000
	old_file out
}

# When a client has been rejected, the next one must be waiting.  Therefore
# strace(1) slows zcopy down, and the backlog is long.
@test "news: --timeout ends zcopy while --allow rejects one client after another" {
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

# at_once SIGNAL - SIGNAL ends the last zcopy within 2 s.
at_once() {
	kill "-$1" "$pid"
	RETRY_SECONDS=2 ends $((128 + $(kill -l "$1")))
	untouched
}

# is_busy - for `retry`: the last zcopy has used some CPU time.
is_busy() {
	[ "$(cpu_ticks "$pid")" -ge 5 ]
}

# has_rejected N - for `retry`: the last zcopy, with -v, has rejected N clients.
has_rejected() {
	[ "$(grep -c ': rejected by --allow$' "$log")" -ge "$1" ]
}

@test "news: rejected clients do not delay a signal" {
	listener -v --allow=192.0.2.7 listen:127.0.0.1:0 out
	peer crowd "127.0.0.1:$port" 4
	retry has_rejected 4
	at_once TERM
	listener -v --discard --allow=192.0.2.7 listen:127.0.0.1:0
	peer crowd "127.0.0.1:$port" 4
	retry has_rejected 4
	at_once TERM
}

@test "news: clients that are gone before accept delay no --timeout or signal" {
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

@test "news: --timeout ends the wait for a close while the peer keeps sending" {
	peer listen 127.0.0.1:0 take=1000 babble
	gives_up 5 "127.0.0.1:$port" "it has not closed in 0.3 s" -- \
	    in "127.0.0.1:$port"
	peer listen "$path" take=1000 babble
	gives_up 5 "unix:$path" "it has not closed in 0.3 s" -- \
	    in "unix:$path"
}

@test "news: --timeout ends zcopy while the peer only sends" {
	more_than_fits "$big"
	peer listen 127.0.0.1:0 babble
	gives_up 5 "127.0.0.1:$port" "write: nothing moved for 0.3 s" -- \
	    "$big" "127.0.0.1:$port"
}

# ends_a_talk DEED... - SIGTERM ends zcopy while a peer sends all the time,
# after these deeds.
ends_a_talk() {
	peer listen 127.0.0.1:0 "$@" print=talking babble
	start "$big" "127.0.0.1:$port"
	retry grep -qx talking "$said"
	wait_for 300000
	at_once TERM
}

@test "news: a peer that keeps sending does not delay a signal" {
	more_than_fits "$big"
	ends_a_talk
	ends_a_talk "take=$(stat -c %s "$big")"
}

@test "news: a client of --discard that keeps sending does not delay a signal" {
	listener --discard listen:127.0.0.1:0
	peer connect "127.0.0.1:$port" babble
	retry is_busy
	at_once TERM
}

@test "news: an endless header or trailer does not delay a signal" {
	local what FAULT=read:one:1+:in=chr
	for what in header trailer; do
		start --$what=/dev/zero in out
		retry fault_fired 1000
		at_once TERM
		complains /dev/zero "read: interrupted (SIGTERM)"
	done
}

# pestered SIGNAL STATUS ENDPOINT TEXT ARG... - zcopy gives up in time while
# SIGNAL, which does not end it, comes all the time.
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
	output=$(grep -v "bytes .* MB/s" <<<"$output")
	complains "$endpoint" "$text"
	untouched
}

@test "news: --timeout ends zcopy while harmless signals come all the time" {
	local signal
	more_than_fits "$big"
	mkfifo "$fifo"
	for signal in USR1 RTMIN; do
		pestered $signal 3 "$fifo" "no writer opened it within" "$fifo" out
		pestered $signal 4 "$fifo" "no reader opened it within" in "$fifo"
		pestered $signal 5 listen:127.0.0.1:0 \
		    "accept: Connection timed out" listen:127.0.0.1:0 out
		exec 7<>"$fifo"
		pestered $signal 3 fd:7 "read: nothing moved" fd:7 out
		pestered $signal 4 fd:7 "write: nothing moved" "$big" fd:7
		exec 7>&-
	done
}
