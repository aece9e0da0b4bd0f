#!/usr/bin/env bats
# --rate: at most so many bytes a second, and no fewer if the ends can do that.

load helpers
load peer

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	go=$BATS_TEST_TMPDIR.go
}

teardown() {
	end_all
	unmount_all
}

# A busy machine makes a transfer slower, so one that is too slow is repeated;
# but never one that is too fast.

# paced SECONDS NAME - set $verdict: fine, slow or wrong, by what NAME.said says
# of the duration.  It should be SECONDS, with a tolerance of 2 %.
paced() {
	local took
	took=$(sed -n 's/^zcopy: done: .* in \([0-9.]*\) s, .*/\1/p' "$2.said")
	verdict=$(awk -v want="$1" -v took="$took" 'BEGIN {
		print (took < want * 0.98) ? "wrong" : \
		    (took > want * 1.02) ? "slow" : "fine"
	}')
	echo "$2: ${took:-no} s: $verdict"
}

# rows - print what is moved for 5 s: kinds of SOURCE and DEST (see
# tests/between.c), the method, the rate, options.  At 79 bytes a second there
# is less than one in 10 ms, at 30011 there is less than a page.
rows() {
	local rates=(79 30011 1000003) from to method n=0
	while read -r from to method; do
		echo "$from $to $method ${rates[n++ % 3]}"
	done < <(
	for to in path pipe unix tcp; do
		for method in auto sendfile splice mmap read-write; do
			echo "path $to $method"
		done
		for from in pipe unix tcp; do
			echo "$from $to splice"
			echo "$from $to read-write"
		done
	done
	echo path path copy_file_range
	echo fifo fifo auto)
	echo path tty auto 1000003
	echo tty path auto 30011 --bytes=150055
	echo path path auto 1 --timeout=0.1
	echo pipe path auto 1 --timeout=0.1
	echo path tcp auto 1 --timeout=0.1
	echo tcp pipe auto 1 --timeout=0.1
	echo path pipe read-write 3 --block-size=1M
	echo unix path splice 3 --block-size=1M
}

# pace_all - move all of $todo at the same time.  Leave in it what was slow.
pace_all() {
	local from to method rate options runs=() left=() wrong=0 i
	for i in "${!todo[@]}"; do
		read -r from to method rate options <<<"${todo[i]}"
		zcopy_command -v "--rate=$rate" "--method=$method" \
		    ${options:+"$options"} @source @dest
		"$TEST_BIN/between" "$from" "data.$rate" "$to" "got.$i" \
		    "${command[@]}" 2>"got.$i.said" 3>&- &
		runs+=("$!")
	done
	for i in "${!todo[@]}"; do
		read -r from to method rate options <<<"${todo[i]}"
		echo "${todo[i]}:"
		if ! wait "${runs[i]}" || ! same "data.$rate" "got.$i"; then
			cat "got.$i.said"
			wrong=1
		fi
		paced 5 "got.$i"
		case $verdict in
		wrong)	wrong=1 ;;
		slow)	left+=("${todo[i]}") ;;
		esac
	done
	todo=("${left[@]}")
	[ $wrong -eq 0 ]
}

@test "rate: each method moves what 5 s allow in 5 s, between all ends" {
	local rate todo command=() tries
	for rate in 1 3 79 30011 1000003; do
		random_file "data.$rate" $((5 * rate))
	done
	mapfile -t todo < <(rows)
	[ ${#todo[@]} -eq 54 ]
	for tries in 1 2 3; do
		[ ${#todo[@]} -eq 0 ] || pace_all
	done
	echo "too slow, $tries times: ${todo[*]}"
	[ ${#todo[@]} -eq 0 ]
}

# A second in which nothing is moved must not be made up for.
@test "rate: no burst follows a stop" {
	local began
	random_file in 1000000
	start -v --rate=1000000 --inplace in out
	retry has 200000 out
	kill -STOP "$pid"
	retry stopped "$pid"
	began=$(now)
	wait_for 1000000
	kill -CONT "$pid"
	began=$(($(now) - began))
	ends 0
	same in out
	echo "stopped for $began us"
	cp "$log" in.said
	paced 1.9 in
	[ "$verdict" != wrong ]
}

# waits_long ARG... - start a transfer that has sent a header, and now pauses for
# a day before the data.
waits_long() {
	random_file in 100000
	start -v --rate=1 --header=in in "$@"
	retry asleep "$pid"
}

@test "rate: a header is sent at once, and the data waits for it" {
	waits_long --inplace out
	retry has 100000 out
	retry asleep "$pid"
	[ "$(stat -c %s out)" -eq 100000 ]
}

@test "rate: signals are noticed in a pause" {
	waits_long out
	kill -USR1 "$pid"
	retry grep -q '^zcopy: 0 bytes .*: moving$' "$log"
	kill -TERM "$pid"
	ends 143
	only in
}

@test "rate: a peer that resets the connection is noticed in a pause" {
	peer listen 127.0.0.1:0 take=100000 "wait=$go" reset
	waits_long "127.0.0.1:$port"
	: >"$go"
	ends 5
}

# The reset comes while zcopy pauses, and then takes all that had arrived.
@test "rate: a part is not taken for the whole when the peer resets" {
	local i
	random_file few 300
	for ((i = 0; i < 10; i++)); do
		rm -f "$go"
		peer listen 127.0.0.1:0 send=few "wait=$go" reset
		start --rate=2000 "127.0.0.1:$port" out
		retry asleep "$pid"
		: >"$go"
		ends 5
		only few
	done
}

@test "rate: a stall is still one for --timeout" {
	mkfifo fifo
	exec 7<>fifo
	start --rate=1M --timeout=0.3 fifo out 7>&-
	printf x >&7
	ends 3
	[[ $output == "zcopy: fifo: read: nothing moved for 0.3 s "* ]]
}

@test "rate: what --offset drops of a stream counts" {
	local began
	random_file in 200000
	began=$(now)
	zcopy 0 --rate=200000 --offset=100000 - out < <(cat in)
	[ $(($(now) - began)) -ge 970000 ]
	same <(tail -c 100000 in) out
}

# trace RATE - move `in` to a new file, and write a line for each pause and each
# copy_file_range(2) to `calls`.
trace() {
	requires strace
	rm -f out
	TRACE='-e trace=ppoll,copy_file_range' zcopy 0 "--rate=$1" \
	    --method=copy_file_range in out
	cp "$BATS_TEST_TMPDIR.trace" calls
	tail calls
}

@test "rate: zcopy pauses each 10 ms, and moves whole pages" {
	local pauses
	random_file in 4096000
	trace 4100000
	pauses=$(grep -c ppoll calls)
	echo "$pauses pauses"
	[ "$pauses" -ge 10 ] && [ "$pauses" -le 101 ]
	sed -n 's/.*copy_file_range(.*, \([0-9]*\), 0).*/\1/p' calls |
	    awk '$1 % 4096 != 0 && $1 < 65536 { print; bad = 1 } END {
		exit bad || NR < 10
	}'
}

@test "rate: a rate that is not reached costs one pause at most" {
	random_file in 4096000
	trace 1000G
	[ "$(grep -c ppoll calls)" -le 1 ]
	# A probe, the data, and the end.
	[ "$(grep -c 'copy_file_range(' calls)" -le 3 ]
}

# pacing PORT - print for each end of the connections to this port how many bits
# a second the kernel may send, or "none".
pacing() {
	ss -Htin "dport = :$1 or sport = :$1" | sed -n '
		s/.*pacing_rate [^ ]*\/\([0-9]*\)bps .*/\1/p; t
		s/.*pacing_rate .*/none/p'
}

# is_paced BITS - for `retry`: our end of the connection to $port is limited to
# this, and the peer's end is not.
is_paced() {
	[ "$(pacing "$port" | sort)" = "$(printf '%s\nnone' "$1")" ]
}

@test "rate: the kernel spaces out what a connection of our own sends" {
	requires ss
	random_file in 10M
	peer listen 127.0.0.1:0 take=1 "wait=$go"
	start --rate=1000000 in "127.0.0.1:$port"
	retry is_paced 10000000
	peer listen 127.0.0.1:0 take=1 "wait=$go"
	start --rate=1 in "127.0.0.1:$port"
	retry is_paced 1200000		# a packet in 10 ms
	if ! is_32_bit; then
		peer listen 127.0.0.1:0 take=1 "wait=$go"
		start --rate=8000000000 in "127.0.0.1:$port"
		retry is_paced 80000000000
	fi
}

@test "rate: ... also one that it has accepted, from a lent listener, too" {
	requires ss
	local command=()
	random_file in 10M
	listener --rate=1000000 in listen:127.0.0.1:0
	peer connect "127.0.0.1:$port" take=1 "wait=$go"
	retry is_paced 10000000
	zcopy_command --rate=1000000 in listen:fd:5
	peer lend stream 127.0.0.1:0 5 -- "${command[@]}"
	peer connect "127.0.0.1:$port" take=1 "wait=$go"
	retry is_paced 10000000
}

@test "rate: a connection that zcopy was given is not changed" {
	requires ss
	random_file in 10M
	peer listen 127.0.0.1:0 take=1 "wait=$go"
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	start --rate=1000000 in fd:5
	retry asleep "$pid"
	[ "$(pacing "$port")" = "$(printf 'none\nnone')" ]
	exec 5>&-
}

@test "rate: reflink, which moves nothing, is not limited" {
	file_system xfs
	random_file "$fs/in" 1M
	zcopy 0 --rate=1 --method=reflink "$fs/in" "$fs/out"
	same "$fs/in" "$fs/out"
}

# shares_blocks TYPE - on this file system, a file of 20 MiB that is copied in
# steps uses little more room than before.
shares_blocks() {
	local before after
	file_system "$1"
	random_file "$fs/in" 20M
	before=$(used)
	zcopy 0 --rate=40M --method=copy_file_range "$fs/in" "$fs/out"
	same "$fs/in" "$fs/out"
	after=$(used)
	echo "$((after - before)) more bytes are used"
	[ "$((after - before))" -lt 2000000 ]
}

# used - print how many bytes of $fs are in use.
used() {
	sync -f "$fs"
	df --output=used -B1 "$fs" | tail -n 1
}

@test "rate: holes that stay holes are not limited" {
	truncate -s 1T in
	printf end >>in
	zcopy 0 --rate=1K in out
	[ "$(stat -c %s out)" -eq "$(stat -c %s in)" ]
	[ "$(tail -c 3 out)" = end ]
}

@test "rate: zeros that are written for a hole are limited" {
	truncate -s 60K in
	SECONDS=0
	run bash -c '"$0" --rate=30K in - | cmp in' "$ZCOPY"
	[ "$status" -eq 0 ]
	[ "$SECONDS" -ge 1 ]
}

@test "rate: copy_file_range shares blocks of XFS, although in steps" {
	shares_blocks xfs
}

@test "rate: copy_file_range shares blocks of btrfs, although in steps" {
	shares_blocks btrfs
}

@test "rate: --explain prints it" {
	: >in
	zcopy 0 --explain --rate=1M in out
	[[ $output == *$'\nrate         at most 1048576 bytes a second\n'* ]]
	zcopy 0 --explain --rate=1M --method=reflink in out
	[[ $output == *"at most 1048576 bytes a second, of which reflink needs none"* ]]
}
