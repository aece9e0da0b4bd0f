#!/usr/bin/env bats
# zcopy is killed at random moments: the old DEST stands, and nothing is left
# behind.  tests/tcpkills.bats kills one of two zcopys.
# bats file_tags=slow

load helpers
load kills
load peer

# As many kills each; of those of a case, 4 in 5 must land in mid-transfer.
KILLS=25
SIZE=40000000

setup_file() {
	random_file "$BATS_FILE_TMPDIR/in" "$SIZE"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	in=$BATS_FILE_TMPDIR/in
	old_file out
	go=$BATS_TEST_TMPDIR.go
	path=$BATS_TEST_TMPDIR.socket
}

# Each route starts a zcopy, $pid, that moves $in to the file out, in blocks
# small enough to be caught at it.  It is stopped; tests/midway.c lets it go.

slowly() {
	case $* in
	*mmap*)	echo --block-size=8K ;;
	*)	echo --block-size=2K ;;
	esac
}

file_to_file() {
	local as_user=("${stopped[@]}")
	start "$(slowly "$@")" "$@" "$in" out
}

pipe_to_file() {
	local as_user=("${stopped[@]}")
	start "$(slowly "$@")" "$@" - out < <(cat "$in" 3>&-)
}

tcp_to_file() {
	listener "$(slowly "$@")" "$@" listen:127.0.0.1:0 out
	kill -STOP "$pid"
	INPUT=$in background bash -c "cat >/dev/tcp/127.0.0.1/$port"
}

# All of it in one call, for the kernel to be caught in that.
file_to_file_at_once() {
	local as_user=("${stopped[@]}")
	start --block-size=1G "$@" "$in" out
}

# stdin_to_file - with a descriptor that is ours, too.
stdin_to_file() {
	local as_user=("${stopped[@]}")
	exec 7<"$in"
	start "$(slowly "$@")" "$@" - out <&7
}

# counted - the count in zcopy's message, which is to be in the words for a
# DEST that $check finds written, or dropped.
counted() {
	local words='moved.*; DEST is unchanged'
	[ "$check" != as_counted ] || words=delivered
	sed -n "s/.*(\([0-9]*\) .*bytes $words.*/\1/p" <<<"$output"
}

declare -gA signal_name=([1]=SIGHUP [2]=SIGINT [15]=SIGTERM)

# count_kill - was there a file that had begun, and was not complete?  Before
# the signal there were $seen bytes; by zcopy's own count these, or more.
count_kill() {
	local count=$seen
	if [ "$status" -ne 137 ]; then
		complains out "interrupted (${signal_name[$signal]}) ("
		count=$(counted)
		[ "$count" -ge "$seen" ]
		[ "$count" -le "$SIZE" ]
	fi
	if [ "$count" -gt 0 ] && [ "$count" -lt "$SIZE" ]; then
		landed=$((landed + 1))
	fi
}

# came_too_late - all is there, and zcopy was through, but for its exit.
came_too_late() {
	[[ $status == 0 || $status == 137 ]] && cmp -s "$in" out
}

# killed_midway CHECK SIGNAL ROUTE [OPTION...] - KILLS times; CHECK whether
# what is left is right.
killed_midway() {
	local check=$1 signal=$2 i
	shift 2
	for ((i = 0; i < ${TIMES:-$KILLS}; i++)); do
		"$@"
		tried=$((tried + 1))
		midway "$(somewhere)" "$signal" "$pid" || seen=0
		outcome "$pid"
		if came_too_late; then
			echo "too late: status $status"
			put_back
			continue
		fi
		[ "$status" -eq $((128 + signal)) ]
		count_kill
		"$check"
	done
}

@test "kills: SIGTERM while a file is copied to a file" {
	killed_midway untouched 15 file_to_file
	most_landed
}

@test "kills: SIGINT while a file is copied to a file" {
	killed_midway untouched 2 file_to_file
	most_landed
}

@test "kills: SIGHUP while a file is copied to a file" {
	killed_midway untouched 1 file_to_file
	most_landed
}

@test "kills: kill -9 while a file is copied to a file" {
	killed_midway untouched 9 file_to_file
	most_landed
}

@test "kills: SIGTERM while a pipe is copied to a file" {
	killed_midway untouched 15 pipe_to_file
	most_landed
}

@test "kills: SIGINT while a pipe is copied to a file" {
	killed_midway untouched 2 pipe_to_file
	most_landed
}

@test "kills: SIGHUP while a pipe is copied to a file" {
	killed_midway untouched 1 pipe_to_file
	most_landed
}

@test "kills: kill -9 while a pipe is copied to a file" {
	killed_midway untouched 9 pipe_to_file
	most_landed
}

@test "kills: SIGTERM while a connection is received into a file" {
	killed_midway untouched 15 tcp_to_file
	most_landed
}

@test "kills: SIGINT while a connection is received into a file" {
	killed_midway untouched 2 tcp_to_file
	most_landed
}

@test "kills: SIGHUP while a connection is received into a file" {
	killed_midway untouched 1 tcp_to_file
	most_landed
}

@test "kills: kill -9 while a connection is received into a file" {
	killed_midway untouched 9 tcp_to_file
	most_landed
}

@test "kills: every method, by every signal" {
	local method signal
	for method in copy_file_range sendfile splice mmap read-write; do
		for signal in 1 2 9 15; do
			TIMES=5 killed_midway untouched $signal \
			    file_to_file "--method=$method"
		done
	done
	most_landed
}

@test "kills: the middle of one large call, for every method that has such" {
	local method signal
	for method in copy_file_range sendfile splice; do
		for signal in 9 15; do
			TIMES=10 killed_midway untouched $signal \
			    file_to_file_at_once "--method=$method"
		done
	done
	most_landed
}

@test "kills: no new DEST is left behind either" {
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

# as_counted - what stands in DEST is as much as zcopy has said.
as_counted() {
	[ "$(stat -c %s out)" -eq "$(counted)" ]
	cmp -n "$(counted)" "$in" out
	put_back
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

# position_counted - of the descriptor that zcopy read; then on, from there.
position_counted() {
	[ "$(awk '/^pos:/ { print $2 }' /proc/self/fdinfo/7)" -eq \
	    "$(counted)" ]
	exec 7<&-
	untouched
}

@test "kills: an inherited source stands behind what the message says" {
	local method
	for method in copy_file_range sendfile splice mmap read-write; do
		TIMES=5 killed_midway position_counted 15 \
		    stdin_to_file "--method=$method"
	done
	most_landed
}

## While there is nothing to move

# killed_while_waiting WAITER - what it starts waits, and dies of each signal.
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

wait_in_accept() {
	listener listen:127.0.0.1:0 out
}

wait_in_accept_to_send() {
	listener "$in" listen:127.0.0.1:0
}

wait_in_unix_accept() {
	listener "unix-listen:$path" out
}

@test "waiting: for a connection" {
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

@test "waiting: for the first byte of a client" {
	killed_while_waiting wait_for_a_client
	killed_while_waiting wait_for_a_unix_client
}

wait_in_connect() {
	peer full 127.0.0.1:0
	start "$in" "127.0.0.1:$port"
	retry connecting
}

connecting() {
	ss -Htnp state syn-sent | grep -q "pid=$pid,"
}

wait_in_unix_connect() {
	peer full "$path"
	start "$in" "unix:$path"
}

@test "waiting: in connect" {
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

@test "waiting: for the other side of a FIFO" {
	killed_while_waiting wait_for_a_writer
	killed_while_waiting wait_for_a_reader
}

# We hold both its sides; zcopy must not.
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

@test "waiting: for data from a pipe, and for room in one" {
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

@test "waiting: for data from a connection, and for room in one" {
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

@test "waiting: for the peer to close" {
	killed_while_waiting wait_for_the_answer
}

@test "waiting: a listener's path is removed by every signal that can do it" {
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

# ignored SIGNAL STARTER... - let a zcopy run that way, send it the signal in
# the middle, and see it complete.
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

@test "ignored: nohup" {
	requires nohup
	ignored HUP nohup
}

# Of a shell without job control: this one.
@test "ignored: SIGINT, as for a background job of a script" {
	ignored INT
}

@test "ignored: whatever is ignored at the start" {
	local signal
	for signal in HUP INT TERM USR1; do
		# shellcheck disable=SC2016	# for the other shell
		ignored $signal sh -c 'trap "" "$0" && exec "$@"' $signal
	done
}

@test "ignored: other signals still end it" {
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
