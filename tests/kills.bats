#!/usr/bin/env bats
# zcopy is killed at random moments: the old DEST stays, and nothing is left
# behind.  tests/tcpkills.bats kills one of two zcopys.
# bats file_tags=slow

load helpers
load kills
load peer

# Kills of each kind; 4 in 5 of those of a case must land in mid-transfer.
KILLS=25
SIZE=40000000

setup() {
	set_up_kills
	go=$BATS_TEST_TMPDIR.go
	path=$BATS_TEST_TMPDIR.socket
}

# file_to_file_at_once - move all in one call, so that the signal hits that
# call.
file_to_file_at_once() {
	local as_user=("${stopped[@]}")
	start --block-size=1G "$@" "$in" out
}

@test "kills: SIGTERM while a file is copied leaves the old file" {
	killed_midway untouched 15 file_to_file
	most_landed
}

@test "kills: SIGINT while a file is copied leaves the old file" {
	killed_midway untouched 2 file_to_file
	most_landed
}

@test "kills: SIGHUP while a file is copied leaves the old file" {
	killed_midway untouched 1 file_to_file
	most_landed
}

@test "kills: kill -9 while a file is copied leaves the old file" {
	killed_midway untouched 9 file_to_file
	most_landed
}

@test "kills: SIGTERM while a pipe is copied leaves the old file" {
	killed_midway untouched 15 pipe_to_file
	most_landed
}

@test "kills: SIGINT while a pipe is copied leaves the old file" {
	killed_midway untouched 2 pipe_to_file
	most_landed
}

@test "kills: SIGHUP while a pipe is copied leaves the old file" {
	killed_midway untouched 1 pipe_to_file
	most_landed
}

@test "kills: kill -9 while a pipe is copied leaves the old file" {
	killed_midway untouched 9 pipe_to_file
	most_landed
}

@test "kills: SIGTERM while zcopy receives leaves the old file" {
	killed_midway untouched 15 tcp_to_file
	most_landed
}

@test "kills: SIGINT while zcopy receives leaves the old file" {
	killed_midway untouched 2 tcp_to_file
	most_landed
}

@test "kills: SIGHUP while zcopy receives leaves the old file" {
	killed_midway untouched 1 tcp_to_file
	most_landed
}

@test "kills: kill -9 while zcopy receives leaves the old file" {
	killed_midway untouched 9 tcp_to_file
	most_landed
}

@test "kills: each signal leaves the old file, with each method" {
	local method signal
	for method in copy_file_range sendfile splice mmap read-write; do
		for signal in 1 2 9 15; do
			TIMES=5 killed_midway untouched $signal \
			    file_to_file "--method=$method"
		done
	done
	most_landed
}

@test "kills: a signal in the middle of one large call leaves the old file" {
	local method signal
	for method in copy_file_range sendfile splice; do
		for signal in 9 15; do
			TIMES=10 killed_midway untouched $signal \
			    file_to_file_at_once "--method=$method"
		done
	done
	most_landed
}

@test "kills: no new DEST is left behind" {
	rm out
	names=
	killed_new() {
		[ -z "$(ls -A)" ]
	}
	put_back() {
		rm out
	}
	killed_midway killed_new 15 file_to_file
	killed_midway killed_new 9 pipe_to_file
	most_landed
}

@test "kills: --inplace leaves as many bytes as the message says" {
	local method signal
	for method in copy_file_range sendfile splice mmap read-write; do
		TIMES=5 killed_midway as_counted 15 \
		    file_to_file --inplace "--method=$method"
	done
	for method in splice read-write; do
		TIMES=5 killed_midway as_counted 2 \
		    pipe_to_file --inplace "--method=$method"
		TIMES=5 killed_midway as_counted 1 \
		    tcp_to_file --inplace "--method=$method"
	done
	most_landed
}

@test "kills: an inherited source is at the position that the message says" {
	local method
	for method in copy_file_range sendfile splice mmap read-write; do
		TIMES=5 killed_midway position_counted 15 \
		    stdin_to_file "--method=$method"
	done
	most_landed
}

## While there is nothing to move

# killed_while_waiting WAITER - for each signal: WAITER starts a zcopy, which
# waits, and dies of the signal.
killed_while_waiting() {
	local signal
	for signal in 1 2 9 15; do
		echo "signal $signal"
		"$@"
		retry asleep "$pid"
		kill "-$signal" "$pid"
		ends $((128 + signal))
		[[ $output != *": done: "* ]]
		[ $signal -eq 9 ] || [ ! -S "$path" ] || [ -n "$peer" ]
		untouched
		end_all >/dev/null
		rm -f "$path" "$path.got" "$go"
	done
}

# Waiters.  Each starts a zcopy, $pid, that waits where its name says.

wait_in_accept() {
	listener listen:127.0.0.1:0 out
}

wait_in_accept_to_send() {
	listener "$in" listen:127.0.0.1:0
}

wait_in_unix_accept() {
	listener "unix-listen:$path" out
}

@test "waiting: each signal ends zcopy while it waits for a connection" {
	local peer=
	killed_while_waiting wait_in_accept
	killed_while_waiting wait_in_accept_to_send
	killed_while_waiting wait_in_unix_accept
}

wait_for_a_client() {
	listener listen:127.0.0.1:0 out
	peer connect "127.0.0.1:$port" "wait=$go"
	retry has_said "$peer"
}

wait_for_a_unix_client() {
	listener "unix-listen:$path" out
	peer connect "$path" "wait=$go"
	retry has_said "$peer"
}

@test "waiting: each signal ends zcopy while it waits for a silent client" {
	killed_while_waiting wait_for_a_client
	killed_while_waiting wait_for_a_unix_client
}

wait_in_connect() {
	peer full 127.0.0.1:0
	start "$in" "127.0.0.1:$port"
	retry connecting
}

# connecting - for `retry`: $pid waits in connect(2).
connecting() {
	ss -Htnp state syn-sent | grep -q "pid=$pid,"
}

wait_in_unix_connect() {
	peer full "$path"
	start "$in" "unix:$path"
}

@test "waiting: each signal ends zcopy while it waits in connect" {
	requires ss
	killed_while_waiting wait_in_connect
	killed_while_waiting wait_in_unix_connect
}

wait_for_a_writer() {
	mkfifo "$path"
	start "$path" out
}

wait_for_a_reader() {
	mkfifo "$path"
	start "$in" "$path"
}

@test "waiting: each signal ends zcopy while it waits in open of a FIFO" {
	killed_while_waiting wait_for_a_writer
	killed_while_waiting wait_for_a_reader
}

# This shell has both sides of the FIFO open, so neither side ends.  zcopy must
# not inherit them.
wait_for_data() {
	mkfifo "$path"
	exec 7<>"$path"
	start "$@" "$path" out 7>&-
}

wait_for_room() {
	mkfifo "$path"
	exec 7<>"$path"
	start "$@" "$in" "$path" 7>&-
}

@test "waiting: each signal ends zcopy while it waits for a pipe" {
	local method
	for method in auto splice read-write; do
		killed_while_waiting wait_for_data "--method=$method"
		killed_while_waiting wait_for_room "--method=$method"
	done
	killed_while_waiting wait_for_room --method=sendfile
	killed_while_waiting wait_for_room --method=mmap
}

wait_for_the_network() {
	peer listen 127.0.0.1:0 "wait=$go"
	start "$@" "127.0.0.1:$port" out
}

wait_for_room_in_the_network() {
	peer listen 127.0.0.1:0 rcvbuf=4096 "wait=$go"
	start "$@" "$in" "127.0.0.1:$port"
}

@test "waiting: each signal ends zcopy while it waits for a connection's data" {
	local method
	for method in auto splice read-write; do
		killed_while_waiting wait_for_the_network "--method=$method"
	done
	for method in auto splice sendfile mmap read-write; do
		killed_while_waiting wait_for_room_in_the_network \
		    "--method=$method"
	done
}

wait_for_the_answer() {
	peer listen 127.0.0.1:0 "save=$path.got" "wait=$go"
	start "$in" "127.0.0.1:$port"
	retry has "$SIZE" "$path.got"
}

@test "waiting: each signal ends zcopy while it waits for the peer to close" {
	killed_while_waiting wait_for_the_answer
}

@test "waiting: each signal but kill -9 removes a listener's path" {
	local signal
	for signal in 1 2 3 15; do
		listener "unix-listen:$path" out
		[ -S "$path" ]
		kill "-$signal" "$pid"
		ends $((128 + signal))
		[ ! -e "$path" ]
		untouched
	done
}

## Signals that were ignored when zcopy started

# ignored SIGNAL STARTER... - STARTER runs a zcopy that ignores SIGNAL.  Send it
# in the middle; zcopy must complete.
ignored() {
	local signal=$1 i as_user=("${@:2}") clean_env=(env)
	echo "$*"
	rm -f "$path"
	wait_for_data --method=auto
	head -c 50000 "$in" >&7
	retry asleep "$pid"
	for i in 1 2 3; do
		kill "-$signal" "$pid"
		retry asleep "$pid"
	done
	tail -c 1000 "$in" >&7
	exec 7>&-
	ends 0
	(head -c 50000 "$in"; tail -c 1000 "$in") | cmp - out
}

@test "ignored: SIGHUP does not end zcopy under nohup" {
	requires nohup
	ignored HUP nohup
}

# A shell without job control, as this one is, starts background jobs like that.
@test "ignored: SIGINT does not end zcopy as a background job of a script" {
	ignored INT
}

@test "ignored: any signal that was ignored at the start does not end zcopy" {
	local signal
	for signal in HUP INT TERM USR1; do
		# shellcheck disable=SC2016	# for the other shell
		ignored $signal sh -c 'trap "" "$0" && exec "$@"' $signal
	done
}

@test "ignored: other signals still end zcopy" {
	# shellcheck disable=SC2016
	local as_user=(sh -c 'trap "" HUP && exec "$@"' sh) clean_env=(env)
	wait_for_data --method=auto
	retry asleep "$pid"
	kill -HUP "$pid"
	retry asleep "$pid"
	kill -TERM "$pid"
	ends 143
	untouched
}
