#!/usr/bin/env bats
# --explain says what a run does: each row of these tables is first explained,
# then run, and both must agree.
# shellcheck disable=SC2094	# one file for both ends is among the rows

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 100000
	disagreements=
	rows=0
	fixed=()
}

teardown() {
	local i
	end_all
	cd "$BATS_TEST_TMPDIR" || return
	for i in "${fixed[@]}"; do
		chattr -ia "$i"
	done
	unmount_all
	detach
}

# row STATUS ARG... - the explanation and the run of `zcopy ARG...` end with
# this STATUS.  If it is not 0, both print the same message; if it is 0, the run
# begins with the first method of the plan.  STATUS `same` stands for any,
# because sysctls decide.  Assignments in front of it:
#   AS=as_nobody	both run without privileges
#   PEER=FUNCTION	starts what the run needs on the other side
row() {
	local want=$1 account explained
	shift
	rm -f new
	[ ! -f old ] || echo old >old
	${AS-} zcopy 0 --explain "$@" || :
	account=$output
	explained=$status
	${PEER-}
	${AS-} zcopy 0 -v "$@" || :
	: $((rows += 1))
	[ "$want" != same ] || want=$status
	if [ "$explained" -ne "$want" ] || [ "$status" -ne "$want" ]; then
		disagree "expected $want" "$@"
	elif [ "$want" -ne 0 ]; then
		[ "$(said "$account")" = "$(said "$output")" ] ||
		    disagree "another message" "$@"
	else
		begins_as_planned || disagree "by another method" "$@"
	fi
}

# begins_as_planned - true if the first method of the plan was used or refused,
# as the kernel refuses copy_file_range between some file systems.  The method
# is "none" if there was nothing to move.
begins_as_planned() {
	local first used
	first=$(sed -n 's/^plan  *\([^ ]*\).*/\1/p' <<<"$account")
	used=$(sed -n 's/^zcopy: done: .*, method \([a-z_-]*\).*/\1/p' \
	    <<<"$output")
	[ -n "$first" ] && { [ "$used" = "$first" ] || [ "$used" = none ] ||
	    [[ $output == *"zcopy: $first: refused at 0: "* ]]; }
}

# said TEXT - print the last message in TEXT, which is the error.
said() {
	grep '^zcopy: ' <<<"$1" | tail -n 1
}

# disagree WHY ARG... - note that the explanation and the run of ARGs differ.
disagree() {
	disagreements+="
zcopy ${*:2}: $1
  --explain: status $explained, $(said "$account")
  the run:   status $status, $(said "$output")"
}

# agreed COUNT - true if all rows agreed, and there were COUNT.
agreed() {
	echo "$disagreements"
	[ "$rows" -eq "$1" ]
	[ -z "$disagreements" ]
}

# feed, drain - write `in` to the FIFO, or read it, for a run.
feed() {
	cat in >fifo 3>&- &
}

drain() {
	cat fifo >/dev/null 3>&- &
}

# unix_peer - start a zcopy that listens at `peer`.
unix_peer() {
	start unix-listen:peer /dev/null
	retry test -S peer
}

# socket_at PATH - make a socket that no process has open.
socket_at() {
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1"
}

@test "explain: agrees with the run about what SOURCE is" {
	requires python3
	mkdir dir
	mkfifo fifo
	socket_at sock
	ln -s loop loop
	ln -s nothing dangling
	ln -s in link
	: >empty
	row 0 in new
	row 0 link new
	row 0 empty new
	row 3 absent new
	row 3 none/in new
	row 3 in/in new
	row 3 dir new
	row 3 dir/ new
	row 3 sock new
	row 3 loop new
	row 3 dangling new
	row 3 "$(printf 'n%.0s' {1..300})" new
	row 0 /proc/version new
	row 0 /dev/null new
	row 0 -c 1000000 /dev/zero new
	PEER=feed row 0 fifo new
	agreed 16
}

@test "explain: agrees with the run about what DEST is" {
	requires python3
	mkdir dir
	mkfifo fifo
	socket_at sock
	echo old >old
	ln -s loop loop
	ln -s absent dangling
	ln -s old link
	local how
	for how in -v --inplace --append --seek=1; do
		row 0 "$how" in old
		row 0 "$how" in new
		row 0 "$how" in link
		row 0 "$how" in dangling
		rm -f absent
		row 4 "$how" in none/new
		row 4 "$how" in old/new
		row 4 "$how" in dir
		row 4 "$how" in dir/
		row 4 "$how" in new/
		row 4 "$how" in sock
		row 4 "$how" in loop
		row 4 "$how" in "$(printf 'n%.0s' {1..300})"
		row 0 "$how" in /dev/null
	done
	PEER=drain row 0 in fifo
	PEER=drain row 0 --append in fifo
	row 4 --seek=1 in fifo
	row 4 --no-clobber in old
	row 4 --no-clobber in fifo
	row 4 --no-clobber in dir
	row 0 --no-clobber in new
	agreed 59
}

@test "explain: agrees with the run about a file that is SOURCE as well" {
	ln in hard
	ln -s in link
	row 4 in in
	row 4 in ./in
	row 4 in hard
	row 4 in link
	row 4 --inplace in in
	row 0 --seek=50 -c 50 in in
	row 0 --append -c 10 in in
	agreed 7
}

@test "explain: agrees with the run about ranges" {
	row 0 --offset=99999 in new
	row 0 --offset=100000 in new
	row 6 --offset=100001 in new
	row 6 --offset=100001 --inplace in new
	row 6 --offset=100001 -c 0 in new
	row 0 --offset=100001 --allow-short in new
	row 6 --offset=1 /dev/null new
	row 6 -c 100001 in new
	row 6 -c 100001 in /dev/null
	row 6 -c 10 --offset=99991 in new
	row 0 -c 100001 --allow-short in new
	row 0 -c 9 --offset=99991 in new
	row 0 -c 0 in new
	row 6 --offset=9223372036854775807 in new
	agreed 14
}

@test "explain: agrees with the run about headers and trailers" {
	mkdir dir
	echo 1 >one
	: >empty
	sleep 1000 3>&- &
	local file=/proc/$!/coredump_filter
	row 0 --header=one in new
	row 1 --header=absent in new
	row 1 --trailer=absent in new
	row 1 --header=dir in new
	row 1 --header=fd:9 in new 9>&-
	row 4 --header=one one "$file"
	row 4 --trailer=one one "$file"
	row 0 --header=empty one "$file"
	row 0 one "$file"
	agreed 9
}

@test "explain: control characters in a name do not reach the terminal" {
	local name
	for name in source header trailer; do
		cp in "$name"$'\e[31m'
	done
	zcopy 0 --explain --header=$'header\e[31m' --trailer=$'trailer\e[31m' \
	    $'source\e[31m' $'destination\e[31m'
	[[ $output != *$'\e'* ]]
	for name in source header trailer destination; do
		grep -q "^$name  *$name"'\\033\[31m$' <<<"$output"
	done
}

@test "explain: agrees with the run about methods by name" {
	mkfifo fifo
	sleep 1000 3>&- &
	local file=/proc/$!/coredump_filter method
	echo 1 >one
	for method in copy_file_range sendfile splice mmap read-write; do
		row 0 -m $method in new
	done
	for method in copy_file_range mmap reflink; do
		row 9 -m $method in /dev/null
		row 9 -m $method -c 100000 /dev/zero new
		row 9 -m $method - new < <(cat in)
	done
	for method in copy_file_range sendfile splice mmap reflink; do
		row 9 -m $method one "$file"
	done
	for method in sendfile splice; do
		PEER=drain row 9 --stable -m $method in fifo
		PEER=drain row 0 -m $method in fifo
		row 9 --no-disk-io -m $method in /dev/null
	done
	row 0 --select='*:mmap' in new
	row 0 --stable in new
	FAULT=copy_file_range:ENOSYS:1+:probe row 9 -m copy_file_range in new
	fault_fired
	agreed 28
}

@test "explain: agrees with the run about descriptors" {
	mkdir dir
	echo old >old
	row 0 - new <in
	row 0 --offset=100 -c 7 - new <in
	row 0 - new < <(cat in)
	row 3 fd:9 new 9>&-
	row 3 fd:9 new 9>/dev/null
	row 3 fd:9 new 9<dir
	row 0 in fd:9 9>old
	row 0 in fd:9 9>>old
	row 0 in fd:9 9> >(cat >/dev/null)
	row 0 --append in fd:9 9>old
	row 0 --seek=4 in fd:9 9>old
	row 4 --seek=4 in fd:9 9>>old
	row 4 --seek=4 in fd:9 9> >(cat >/dev/null)
	row 4 in fd:9 9>&-
	row 4 in fd:9 9<old
	row 4 in fd:9 9<dir
	row 2 --inplace in fd:9 9>old
	row 2 --no-clobber in fd:9 9>old
	exec 7<in
	head -c 1000 <&7 >/dev/null
	row 6 --offset=99001 - new <&7
	exec 7<&-
	exec 7<in
	head -c 1000 <&7 >/dev/null
	row 6 -c 99001 - new <&7
	exec 7<&-
	agreed 20
}

@test "explain: agrees with the run about a file that has lost its name" {
	echo old >gone
	exec 7<>gone
	rm gone
	row 4 in "/proc/$$/fd/7"
	row 0 --inplace in "/proc/$$/fd/7"
	row 0 "/proc/$$/fd/7" new
	exec 7>&-
	agreed 3
}

@test "explain: agrees with the run about the network" {
	requires python3
	mkdir dir
	echo old >old
	PEER=unix_peer row 0 in unix:peer
	listener listen:127.0.0.1:0 got
	row 0 in "127.0.0.1:$port"
	ends 0
	row 5 in "unix:$(printf 'n%.0s' {1..120})"
	row 5 in "unix-listen:$(printf 'n%.0s' {1..120})"
	row 5 "unix-listen:$(printf 'n%.0s' {1..120})" new
	row 5 in unix-listen:old
	row 5 in unix-listen:none/sock
	row 5 in unix-listen:old/sock
	row 5 in listen:fd:9 9>&-
	row 5 in listen:fd:9 9<old
	row 5 --congestion=none-such in 127.0.0.1:9
	row 5 --congestion=none-such in :0
	row 2 in server:file
	row 2 --append in :9000
	row 2 --allow=127.0.0.1 in new
	agreed 15
}

@test "explain: agrees with the run of a user who has no rights" {
	requires_root
	local AS=as_nobody how
	as_nobody true
	install -m 600 in secret
	install -m 666 in writable
	install -d -m 700 private
	install -d -m 755 locked
	install -m 666 in locked/writable
	install -m 644 in locked/readable
	install -d -m 1777 sticky
	install -m 666 in sticky/writable
	install -m 644 in sticky/readable
	cp in private/in
	row 3 secret new
	row 3 private/in new
	row 0 in new
	row 4 --inplace in secret
	row 4 --append in secret
	row 4 --seek=0 in secret
	row 4 in private/new
	row 4 in private/in
	row 4 --inplace in private/in
	row 4 in locked/new
	row 4 --inplace in locked/new
	row 4 --append in locked/new
	row 4 in locked/writable
	row 0 --inplace in locked/writable
	row 4 in locked/readable
	row 4 --inplace in locked/readable
	row 0 in sticky/new
	row 4 in sticky/writable
	row 4 in sticky/readable
	row 4 --inplace in sticky/readable
	for how in --inplace --append --seek=1; do
		row same $how in sticky/writable
	done
	row 4 in /proc/version
	row 1 --header=secret in new
	agreed 25
}

@test "explain: agrees with the run about another user's link in a sticky directory" {
	requires_root
	local how
	echo old >old
	mkdir -m 1777 sticky
	ln -s ../old sticky/old
	ln -s ../new sticky/new
	chown -h nobody sticky/*
	for how in -v --inplace --append --seek=1 --no-clobber; do
		row 4 $how in sticky/old
		row 4 $how in sticky/new
	done
	agreed 10
}

@test "explain: agrees with the run about files that must not change" {
	requires_root
	requires chattr
	local how
	install -m 644 in fixed
	install -m 644 in log
	mkdir shut
	cp in shut/in
	chattr +i fixed shut && chattr +a log || skip "no such attributes here"
	fixed=(fixed shut log)
	for how in -v --inplace --append --seek=1; do
		row 4 $how in fixed
		row 4 $how in shut/new
	done
	row 4 in shut/in
	row 0 --inplace in shut/in
	row 4 in log
	row 4 --inplace in log
	row 4 --seek=1 in log
	row 0 --append in log
	agreed 14
}

@test "explain: agrees with the run about mount points" {
	local how
	requires_root
	echo old >over
	echo old >mounted
	mounts=("$PWD/over")
	mount --bind mounted over || { mounts=(); skip "no bind mount here"; }
	row 4 in over
	for how in --inplace --append --seek=1; do
		row 0 $how in over
	done
	agreed 4
}

@test "explain: agrees with the run about read-only file systems" {
	local how read_only=$BATS_TEST_TMPDIR.read-only
	mount_at "$read_only" -t tmpfs none
	cp in "$read_only/in"
	mount -o remount,ro "$read_only"
	for how in -v --inplace --append --seek=1; do
		row 4 $how in "$read_only/in"
		row 4 $how in "$read_only/new"
	done
	row 0 "$read_only/in" new
	agreed 9
}

@test "explain: agrees with the run about block devices" {
	block_device 1M
	row 0 "$device" new
	row 0 --offset=1M "$device" new
	row 6 --offset=1025K "$device" new
	row 6 -c 1025K "$device" new
	row 0 in "$device"
	row 0 --seek=4096 in "$device"
	row 4 --append in "$device"
	row 4 --append in fd:9 9<>"$device"
	row 4 --no-clobber in "$device"
	row 4 "$device" "$device"
	agreed 10
}

@test "explain: agrees with the run about descriptors that have O_DIRECT" {
	requires python3
	file_system ext4 20
	cp in "$fs/in"
	direct() {
		local as_user=(python3 "$BATS_TEST_DIRNAME/direct.py" 9
		    "$fs/out" "$1" env)
		row "${@:2}"
	}
	direct 0 4 in fd:9
	direct 0 4 -c 1000 in fd:9
	direct 0 0 -c 1024 in fd:9
	direct 100 4 -c 1024 in fd:9
	direct 512 0 -c 1024 --offset=512 in fd:9
	direct 0 4 --seek=100 -c 512 in fd:9
	direct 0 0 --seek=512 -c 512 in fd:9
	agreed 7
}
