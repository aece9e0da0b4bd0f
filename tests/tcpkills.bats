#!/usr/bin/env bats
# Two zcopys, of which one dies or fails: the other one succeeds only if DEST is
# complete, and DEST is the old file or the new one.  For full disks, limits,
# and sources that shrink see tests/network.bats.
# bats file_tags=slow

load helpers
load kills
load peer

# Random kills in a case; 4 in 5 must land in mid-transfer.
KILLS=50
SIZE=40000000

setup_file() {
	random_file "$BATS_FILE_TMPDIR/in" "$SIZE"
	random_file "$BATS_FILE_TMPDIR/few" 200000
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	in=$BATS_FILE_TMPDIR/in
	few=$BATS_FILE_TMPDIR/few
	old_file out
	path=$BATS_TEST_TMPDIR.socket
}

# whole_or_old - true if `out` is the new file (then $whole is 1) or the old
# one, and there is no other file.
whole_or_old() {
	if cmp -s "$in" out; then
		put_back
		whole=1
	else
		whole=0
	fi
	untouched
}

# over_tcp OPTION... and the like - start $sender and $receiver, to move $in to
# out.  OPTIONs are for the receiver, which is stopped.
over_tcp() {
	listener "$@" listen:127.0.0.1:0 out
	receiver=$pid
	kill -STOP "$receiver"
	start "$in" "127.0.0.1:$port"
	sender=$pid
}

over_tcp_from_a_listener() {
	listener "$in" listen:127.0.0.1:0
	sender=$pid
	local as_user=("${stopped[@]}")
	start "$@" "127.0.0.1:$port" out
	receiver=$pid
}

over_unix() {
	listener "$@" "unix-listen:$path" out
	receiver=$pid
	kill -STOP "$receiver"
	start "$in" "unix:$path"
	sender=$pid
}

# both_end - wait for both; set $sent and $received, their statuses.
both_end() {
	outcome "$sender"
	sent=$status
	outcome "$receiver"
	received=$status
	echo "sender $sent, receiver $received"
}

# nobody_is_wrong - true if DEST is the old file or the new one, and each zcopy
# that succeeded did so rightly.
nobody_is_wrong() {
	whole_or_old
	[ "$sent" -ne 0 ] || [ $whole -eq 1 ]
	[ "$received" -ne 0 ] || [ $whole -eq 1 ]
}

# killed sender|receiver SIGNAL BYTES WAY [OPTION...] - start both by WAY, and
# kill one of them when BYTES have arrived.
killed() {
	local victim=$1 signal=$2 bytes=$3
	"${@:4}"
	tried=$((tried + 1))
	midway "$bytes" "$signal" "${!victim}" "$receiver" || seen=0
	both_end
	# A receiver that was killed just before its rename(2) leaves this name.
	[ "$bytes" -ne "$SIZE" ] || rm -f .out.zcopy-*
	nobody_is_wrong
	if [ $whole -eq 0 ] && [ "$seen" -gt 0 ] && [ "$seen" -lt "$SIZE" ]
	then
		landed=$((landed + 1))
	fi
}

# statuses SIGNAL VICTIM'S SURVIVOR'S - true if these statuses are right for a
# kill that landed.
statuses() {
	[ $whole -eq 0 ] || return 0
	[ "$2" -eq $((128 + $1)) ]
	[ "$3" -eq 5 ]
}

# way NUMBER - print one of two ways to start both, in turn.
way() {
	[ $(($1 % 2)) -eq 0 ] && echo over_tcp || echo over_tcp_from_a_listener
}

## Random moments

@test "random: after kill -9 of the sender, the receiver keeps its old file" {
	local i
	for ((i = 0; i < KILLS; i++)); do
		killed sender 9 "$(somewhere)" "$(way $i)" --block-size=2K
		statuses 9 "$sent" "$received"
	done
	most_landed
}

@test "random: after kill -9 of the receiver, the sender fails" {
	local i
	for ((i = 0; i < KILLS; i++)); do
		killed receiver 9 "$(somewhere)" "$(way $i)" --block-size=2K
		statuses 9 "$received" "$sent"
	done
	most_landed
}

@test "random: SIGTERM of one gives the other status 5" {
	local i
	for ((i = 0; i < 10; i++)); do
		killed sender 15 "$(somewhere)" "$(way $i)" --block-size=2K
		statuses 15 "$sent" "$received"
		killed receiver 15 "$(somewhere)" "$(way $i)" --block-size=2K
		statuses 15 "$received" "$sent"
	done
	most_landed
}

@test "random: after kill -9 at the last moment, DEST is complete if one succeeds" {
	local i
	for ((i = 0; i < 12; i++)); do
		killed sender 9 $SIZE over_tcp --block-size=1M
		[[ $sent$received == @(137|0)@(0|5) ]]
		killed receiver 9 $SIZE over_tcp --block-size=1M
		[[ $received$sent == @(137|0)@(0|5) ]]
	done
}

## Named moments

# traced sender|receiver OPTION... - move $few over TCP, with this one under
# strace with these options.
traced() {
	in=$few
	case $1 in
	sender)
		listener --block-size=64K listen:127.0.0.1:0 out
		receiver=$pid
		TRACE=${*:2} start --block-size=64K "$in" "127.0.0.1:$port"
		sender=$pid ;;
	receiver)
		listener --block-size=64K "$in" listen:127.0.0.1:0
		sender=$pid
		TRACE=${*:2} start --block-size=64K "127.0.0.1:$port" out
		receiver=$pid ;;
	esac
	both_end
}

# calls END - write all calls of END, in a run without a signal, to the file
# $calls.  Set $connected to the number of the line with connect(2).
calls() {
	requires strace
	calls=$BATS_TEST_TMPDIR.calls
	traced "$1" -e trace=all
	[ "$sent" -eq 0 ] && [ "$received" -eq 0 ]
	whole_or_old
	[ $whole -eq 1 ]
	mv "$BATS_TEST_TMPDIR.trace" "$calls"
	# The first one may be of a datagram socket, which finds the route.
	connected=$(grep -n 'connect(.*htons' "$calls" | tail -n 1 |
	    cut -d : -f 1)
	[ "$connected" -gt 0 ]
}

# last CALL - print how many CALLs there are, the number of the last one.
last() {
	grep -c "^[0-9 ]*$1(" "$calls" || :
}

# signalled END SIGNAL CALL N - END gets SIGNAL at its Nth CALL.  SIGKILL comes
# before the call is made.
signalled() {
	echo "$1, signal $2, $3 number $4"
	traced "$1" -e trace=all -e "inject=$3:signal=$2:when=$4"
	if [ "$2" -eq 9 ]; then
		remove_temporary
	fi
	nobody_is_wrong
}

# remove_temporary - remove what only SIGKILL may leave behind: a temporary name
# that was made, but not yet renamed to DEST.
remove_temporary() {
	if grep -q 'linkat(.*) = 0' "$BATS_TEST_TMPDIR.trace" &&
	    ! grep -q 'renameat2*(.*) = 0' "$BATS_TEST_TMPDIR.trace"; then
		rm .out.zcopy-*
	fi
}

# every_call END SIGNAL - END gets SIGNAL at each of its calls after connect(2),
# in a run for each.  The number of polls and the like varies, so a run may not
# have the call, and then gets no signal.
every_call() {
	local call n signalled=$((128 + $2))
	calls "$1"
	while read -r call n; do
		signalled "$1" "$2" "$call" "$n"
		[[ $sent == @(0|5|$signalled) ]]
		[[ $received == @(0|5|$signalled) ]]
		tried=$((tried + 1))
		[[ " $sent $received " != *" $signalled "* ]] ||
		    landed=$((landed + 1))
	done < <(numbered)
	echo "it died in $landed of $tried"
}

# numbered - print each call after connect(2), and its number among those of its
# name.
numbered() {
	awk -v first="$connected" '{
		sub(/\(.*/, "", $2)
		number[$2]++
		if (NR > first && $2 != "exit_group")
			print $2, number[$2]
	}' "$calls"
}

@test "moments: kill -9 of the receiver at any call leaves the old or new file" {
	every_call receiver 9
	most_landed
}

@test "moments: kill -9 of the sender at any call leaves the old or new file" {
	every_call sender 9
	most_landed
}

# At the last calls it is too late to give up, so fewer kills land.
@test "moments: SIGTERM of the receiver at any call leaves the old or new file" {
	every_call receiver 15
	[ "$landed" -ge 10 ]
}

@test "moments: SIGTERM of the sender at any call leaves the old or new file" {
	every_call sender 15
	[ "$landed" -ge 10 ]
}

@test "moments: a receiver killed before the rename leaves the old file" {
	local call n
	calls receiver
	for call in splice fchmod fsync linkat renameat; do
		# Some are not called in this build, or with these options.
		n=$(last $call)
		[ "$n" -gt 0 ] || continue
		# How many splices there are depends on how the data arrives.
		[ $call != splice ] || n=2
		signalled receiver 9 $call "$n"
		[ "$received" -eq 137 ]
		[ "$sent" -eq 5 ]
		[ $whole -eq 0 ]
		tried=$((tried + 1))
	done
	[ "$tried" -ge 4 ]
}

@test "moments: a receiver killed after the rename leaves the new file" {
	calls receiver
	signalled receiver 9 setsockopt "$(last setsockopt)"
	[ "$received" -eq 137 ]
	[ "$sent" -eq 5 ]
	[ $whole -eq 1 ]
}

@test "moments: a sender killed before all is sent gives status 5" {
	local n
	calls sender
	for n in 1 2 3; do
		signalled sender 9 sendfile $n
		[ "$sent" -eq 137 ]
		[ "$received" -eq 5 ]
		[ $whole -eq 0 ]
	done
	signalled sender 9 shutdown 1
	[ "$sent" -eq 137 ]
	[ "$received" -eq 5 ]
	[ $whole -eq 0 ]
}

@test "moments: a receiver that is killed resets any sender" {
	local call
	in=$few
	calls receiver
	for call in fchmod linkat renameat setsockopt; do
		peer listen 127.0.0.1:0 "send=$few" end broken
		TRACE="-e inject=$call:signal=9:when=$(last $call)" \
		    zcopy 137 --block-size=64K "127.0.0.1:$port" out
		peer_ends 0
		rm -f .out.zcopy-*
		whole_or_old
	done
}

## Failures

# receiver_fails FAULT - of two zcopys, the receiver fails, and so does the
# sender.
receiver_fails() {
	echo "$1"
	listener "$in" listen:127.0.0.1:0
	sender=$pid
	FAULT=$1 zcopy 4 --block-size=64K "127.0.0.1:$port" out
	fault_fired
	complains out
	ends 5 "$sender"
	# If a call had moved some data before, it took ECONNRESET away.
	complains listen:127.0.0.1:0 "Connection reset by peer" ||
	    complains listen:127.0.0.1:0 "Broken pipe"
	untouched
}

@test "failures: a receiver whose write fails resets its sender" {
	local fault
	in=$few
	for fault in splice:EIO:3:out=reg,write:EIO:1:out=reg \
	    splice:ENOSPC:2:out=reg,write:ENOSPC:1:out=reg; do
		receiver_fails "$fault"
	done
}

@test "failures: a receiver that fails after the last byte resets its sender" {
	local fault
	in=$few
	for fault in close:EIO:1+:reg close:EDQUOT:1+:reg linkat:ENOSPC:2 \
	    renameat:EIO:1 renameat:ESTALE:1; do
		receiver_fails "$fault"
		peer listen 127.0.0.1:0 "send=$in" end broken
		FAULT=$fault zcopy 4 --block-size=64K "127.0.0.1:$port" out
		fault_fired
		peer_ends 0
		untouched
	done
}

@test "failures: a sender whose read fails resets its receiver" {
	local fault
	in=$few
	for fault in sendfile:EIO:3:in=reg,splice:EIO:1:in=reg,read:EIO:1:in=reg \
	    sendfile:EINVAL:1,splice:EINVAL:1:in=reg,read:EIO:2:in=reg; do
		echo "$fault"
		listener listen:127.0.0.1:0 out
		receiver=$pid
		FAULT=$fault zcopy 3 --block-size=64K "$in" "127.0.0.1:$port"
		fault_fired 3
		complains "$in" "Input/output error"
		ends 5 "$receiver"
		complains listen:127.0.0.1:0 "Connection reset by peer"
		untouched

		peer listen 127.0.0.1:0 broken
		FAULT=$fault zcopy 3 --block-size=64K "$in" "127.0.0.1:$port"
		fault_fired 3
		peer_ends 0
	done
}

## Unix sockets

@test "unix: after kill -9 of the receiver, the sender fails" {
	local i
	for ((i = 0; i < 20; i++)); do
		rm -f "$path"
		killed receiver 9 "$(somewhere)" over_unix --block-size=2K
		statuses 9 "$received" "$sent"
	done
	most_landed
}

@test "unix: after kill -9 of the sender, --bytes gives status 6" {
	local i
	for ((i = 0; i < 20; i++)); do
		killed sender 9 "$(somewhere)" over_unix "--bytes=$SIZE" \
		    --block-size=2K
		[ $whole -eq 1 ] || [ "$sent $received" = "137 6" ]
	done
	most_landed
}

@test "unix: after SIGTERM of either, the other one fails" {
	local i
	for ((i = 0; i < 5; i++)); do
		killed receiver 15 "$(somewhere)" over_unix --block-size=2K
		statuses 15 "$received" "$sent"
		killed sender 15 "$(somewhere)" over_unix "--bytes=$SIZE" \
		    --block-size=2K
		[ $whole -eq 1 ] || [ "$sent $received" = "143 6" ]
	done
	most_landed
}

@test "unix: a receiver that fails gives its sender status 5" {
	requires prlimit
	local as_user=(prlimit --fsize=100000)
	listener "unix-listen:$path" out
	receiver=$pid
	as_user=()
	zcopy 5 "$in" "unix:$path"
	complains "unix:$path" "bytes delivered"
	ends 4 "$receiver"
	complains out "File too large" "(100000 bytes moved" \
	    "; DEST is unchanged)"
	untouched
}

# The sender has sent everything before the receiver fails.
@test "unix: a receiver that fails resets a sender that has sent everything" {
	requires prlimit
	local as_user=(prlimit --fsize=50000)
	random_file few 100000
	in=few
	names=$(ls -A)
	over_unix --block-size=16K
	retry asleep "$sender"
	kill -CONT "$receiver"
	both_end
	[ "$received" -eq 4 ]
	[ "$sent" -eq 5 ]
	complains "unix:$path" "Connection reset by peer"
	untouched
}

@test "unix: a source shorter than --bytes gives status 6 at both ends" {
	listener "--bytes=$((SIZE + 1))" "unix-listen:$path" out
	zcopy 6 "--bytes=$((SIZE + 1))" "$in" "unix:$path"
	ends 6
	complains "unix-listen:$path" "SOURCE ended early" "($SIZE of $((SIZE + 1)) "
	untouched
}
