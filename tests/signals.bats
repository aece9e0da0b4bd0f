#!/usr/bin/env bats
# After every signal that ends a process, zcopy cleans up, says so, and dies by
# that signal.  For signals at random moments see tests/kills.bats.
# bats file_tags=slow

load helpers
load kills
load peer

SIZE=8000000

setup() {
	set_up_kills
	path=$BATS_TEST_TMPDIR.socket
	fifo=$BATS_TEST_TMPDIR.fifo
	ends=$(signals_that_end)
	ulimit -c 0			# QUIT and XCPU dump core
}

# Signals that do not end a process, cannot be handled, report a crash, or are
# ignored or used by zcopy.
OTHERS=" CHLD CONT STOP TSTP TTIN TTOU URG WINCH KILL \
ABRT BUS FPE ILL SEGV SYS TRAP PIPE XFSZ USR1 RTMIN "

# signals_that_end - print the numbers of all other signals.
signals_that_end() {
	local i name
	for ((i = 1; i <= $(kill -l RTMAX); i++)); do
		# bash has no name for those that the C library uses.
		name=$(kill -l $i 2>/dev/null) || continue
		name=${name#SIG}
		[[ $name == "" || $OTHERS == *" $name "* ]] || echo "$i"
	done
}

@test "signals: this suite tries all that end a process" {
	echo "$ends"
	[ "$(wc -w <<<"$ends")" -ge 40 ]
	local name
	for name in HUP INT QUIT TERM ALRM USR2 XCPU VTALRM PROF IO STKFLT \
	    PWR RTMIN+1 RTMAX; do
		grep -qx "$(kill -l $name)" <<<"$ends"
	done
}

# Without O_TMPFILE (4259840), so that the temporary has a name all the time.
NAMED=openat:EOPNOTSUPP:1+:cmd=4259840

# temporaries - print how many temporary files there are.
temporaries() {
	find . -name '.*.zcopy-*' | wc -l
}

# start_each ARG... - start a zcopy for each signal, with its number in place of
# @ in ARGs.  Its process is ${waiting[SIGNAL]}.
start_each() {
	local signal
	waiting=() logs=()
	for signal in $ends; do
		start "${@//@/$signal}"
		waiting[signal]=$pid
		logs[signal]=$log
	done
}

# die_each - send each zcopy its signal; it must die of it, and leave nothing
# behind.
die_each() {
	local signal
	for signal in $ends; do
		kill "-$signal" "${waiting[signal]}"
	done
	for signal in $ends; do
		log=${logs[signal]}
		RETRY_SECONDS=5 ends $((128 + signal)) "${waiting[signal]}"
		[[ $output == *": interrupted (SIG"* ]]
		[ ! -e "$path.$signal" ]
	done
	untouched
}

# there_are N - for `retry`: N temporary files exist.
there_are() {
	[ "$(temporaries)" -eq "$1" ]
}

@test "signals: each ends a listener, and removes its path and temporary" {
	local signal
	FAULT=$NAMED start_each "unix-listen:$path.@" out
	for signal in $ends; do
		retry test -S "$path.$signal"
	done
	retry there_are "$(wc -w <<<"$ends")"
	fault_fired
	die_each
}

@test "signals: each ends the wait for a pipe, and removes the temporary" {
	local signal
	mkfifo "$fifo"
	exec 7<>"$fifo"
	FAULT=$NAMED start_each fd:7 out
	retry there_are "$(wc -w <<<"$ends")"
	fault_fired
	for signal in $ends; do
		retry asleep "${waiting[signal]}"
	done
	die_each
}

@test "signals: each ends the wait for a client, and removes path and temporary" {
	local signal FAULT=$NAMED
	for signal in USR2 XCPU VTALRM PROF IO STKFLT RTMIN+1 RTMAX; do
		listener "unix-listen:$path" out
		peer connect "$path" "send=$in" "wait=$path.go"
		retry has_all
		retry asleep "$pid"
		kill "-$signal" "$pid"
		ends $((128 + $(kill -l $signal)))
		[[ $output == *": interrupted (SIG"*" ($SIZE bytes moved; DEST is unchanged)" ]]
		[ ! -e "$path" ]
		untouched
		: >"$path.go"
		wait "$peer"
		rm "$path.go"
	done
}

# has_all - for `retry`: the temporary file has all that was sent.
has_all() {
	local file
	file=$(echo .out.zcopy-*)
	[ -e "$file" ] && has "$SIZE" "$file"
}

@test "signals: each ends a copy half way, and removes the temporary" {
	local signal as_user=("${stopped[@]}") seen
	for signal in $ends; do
		FAULT=$NAMED start --block-size=2K "$in" out
		tried=$((tried + 1))
		midway "$(somewhere)" "$signal" "$pid" || seen=0
		outcome "$pid"
		if [ "$status" -eq 0 ]; then
			same "$in" out
			cp "$BATS_TEST_TMPDIR.old.out" out
		else
			[ "$status" -eq $((128 + signal)) ]
			[[ $output == *": interrupted (SIG"* ]]
			landed=$((landed + 1))
		fi
		untouched
	done
	most_landed
}

@test "signals: each that was ignored at the start stays ignored" {
	local signal clean_env ignored
	env --ignore-signal=HUP true 2>/dev/null ||
	    skip "needs env --ignore-signal"
	ignored=${ends//$'\n'/,}
	clean_env=(env --default-signal "--ignore-signal=$ignored")
	mkfifo "$fifo"
	exec 7<>"$fifo"
	start "$fifo" new 7>&-
	head -c 50000 "$in" >&7
	retry asleep "$pid"
	for signal in $ends; do
		kill "-$signal" "$pid"
	done
	retry asleep "$pid"
	tail -c 1000 "$in" >&7
	exec 7>&-
	ends 0
	[ -z "$output" ]
	(head -c 50000 "$in"; tail -c 1000 "$in") | cmp - new
}

## Signals of timers and limits that were set before zcopy started

# set_before CODE - have as_user run this Python code before it runs zcopy.
set_before() {
	requires python3
	as_user=("$PYTHON" -c "
import os, resource, signal, sys
$1
os.execvp(sys.argv[1], sys.argv[1:])")
}

@test "timers: an alarm that was set before ends zcopy, which cleans up" {
	local as_user
	set_before 'signal.setitimer(signal.ITIMER_REAL, 1)'
	FAULT=$NAMED zcopy 142 "unix-listen:$path" out
	fault_fired
	[ ! -e "$path" ]
	untouched
	# The timer of --timeout is a different one.
	FAULT=$NAMED zcopy 142 --timeout=10 "unix-listen:$path" out
	[ ! -e "$path" ]
	untouched
}

# spends STATUS - zcopy uses CPU time until a signal comes; it moves single
# bytes so that it does not fill the disk.
spends() {
	FAULT=$NAMED zcopy "$1" --block-size=1 /dev/zero out
	fault_fired
	[[ $output == *": interrupted (SIG"* ]]
	untouched
}

@test "timers: a limit of CPU time that was set before ends zcopy cleanly" {
	local as_user
	set_before 'signal.setitimer(signal.ITIMER_VIRTUAL, 0.05)'
	spends $((128 + $(kill -l VTALRM)))
	set_before 'signal.setitimer(signal.ITIMER_PROF, 0.1)'
	spends $((128 + $(kill -l PROF)))
	set_before 'signal.setitimer(signal.ITIMER_PROF, 0.1, 0.01)'
	spends $((128 + $(kill -l PROF)))
	set_before 'resource.setrlimit(resource.RLIMIT_CPU, (1, 5))'
	spends $((128 + $(kill -l XCPU)))
}
