#!/usr/bin/env bats
# --user: root is given up for good, before a peer is accepted, and before DEST
# is opened.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	requires_root
	id nobody >/dev/null || skip "there is no user nobody"
	let_nobody_in
	random_file in 300000
	chmod 600 in
	path=$BATS_TEST_TMPDIR.socket
	nobody=$(id -u nobody)
	group=$(id -g nobody)
	trap_door=$BATS_TEST_TMPDIR.root	# a directory of root
	mkdir "$trap_door"
}

# identity KEY - print what /proc says of $pid, with blanks for tabs.
identity() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status" | tr '\t' ' '
}

# is_nobody - fail unless $pid has all IDs of nobody, and no capability.
is_nobody() {
	local set
	identity '[UG]id\|Groups\|Cap[A-Z][a-z]*'
	[ "$(identity Uid)" = "$nobody $nobody $nobody $nobody" ]
	[ "$(identity Gid)" = "$group $group $group $group" ]
	[ "$(identity Groups)" = "$(id -G nobody) " ]
	for set in CapInh CapPrm CapEff CapAmb; do
		[ "$(identity $set)" = 0000000000000000 ]
	done
}

# threads SET - print what /proc says of this capability set of each thread of
# $pid.
threads() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/task"/*/status
}

# belongs FILE - fail unless FILE is nobody's.
belongs() {
	[ "$(stat -L -c %u:%g "$1")" = "$nobody:$group" ]
}

# has_part - for `retry`: the part has two blocks that can be kept.
has_part() {
	[ "$(stat -c %s out.part 2>/dev/null || echo 0)" -ge 131072 ] ||
	    gone "$pid"
}

## Usage

@test "user: a name that passwd does not have is a usage error" {
	zcopy 2 --user=no-such-user in out
	[ "$output" = "zcopy: --user: 'no-such-user': no such user" ]
	zcopy 2 --user=4294967295 in out
	zcopy 2 --user=-1 in out
	zcopy 2 --user= in out
	[ ! -e out ]
}

@test "user: root is not to be given up for root" {
	zcopy 2 --user=root in out
	[ "$output" = "zcopy: --user: 'root' is root: name another user" ]
	zcopy 2 --user=0 in out
	[ ! -e out ]
}

@test "user: only root can become another user; that user itself may be named" {
	chmod 644 in
	as_nobody zcopy 2 --user=daemon in out
	[ "$output" = \
	    "zcopy: --user: 'daemon': only root can become another user" ]
	[ ! -e out ]
	as_nobody zcopy 0 --user=nobody in out
	as_nobody zcopy 0 "--user=$nobody" in out
	same in out
}

@test "user: --benchmark does not know it" {
	zcopy 2 --benchmark --user=nobody in /dev/null
}

## Who we are

@test "user: a listener is nobody, without capabilities, before a peer connects" {
	listener -v --user=nobody listen:127.0.0.1:0 out
	retry grep -q '^zcopy: user: ' "$log"
	is_nobody
	zcopy 0 in "127.0.0.1:$port"
	ends 0
	[[ $output == *"zcopy: user: nobody (uid $nobody, gid $group)"* ]]
	same in out
	belongs out
}

@test "user: a number is a user, too, and its group if passwd does not have it" {
	local number=54321
	! getent passwd $number || skip "there is a user $number"
	chmod 777 .
	zcopy 0 --user=$number in out
	same in out
	[ "$(stat -c %u:%g out)" = $number:$number ]
	zcopy 0 "--user=$nobody" in new
	belongs new
}

@test "user: --discard serves as that user" {
	listener -v --discard --user=nobody listen:127.0.0.1:0
	retry grep -q '^zcopy: user: ' "$log"
	is_nobody
	zcopy 0 in "127.0.0.1:$port"
	kill "$pid"
	ends 143
}

@test "user: capabilities are dropped even where securebits keep them" {
	requires setpriv
	as_user=(setpriv --securebits=+no_setuid_fixup)
	"${as_user[@]}" true || skip "no securebits here"
	listener -v --user=nobody listen:127.0.0.1:0 out
	retry grep -q '^zcopy: user: ' "$log"
	is_nobody
	as_user=()
	zcopy 0 in "127.0.0.1:$port"
	ends 0
}

@test "user: no thread keeps capabilities, either" {
	requires setpriv
	local set
	as_user=(setpriv --securebits=+no_setuid_fixup)
	"${as_user[@]}" true || skip "no securebits here"
	listener -v -P --user=nobody listen:127.0.0.1:0 out
	retry grep -q '^zcopy: user: ' "$log"
	retry has_threads 2
	is_nobody
	for set in CapInh CapPrm CapEff CapAmb; do
		[ "$(threads $set | sort -u)" = 0000000000000000 ]
	done
	as_user=()
	zcopy 0 in "127.0.0.1:$port"
	ends 0
}

# has_threads N - for `retry`: $pid has N threads, or has ended.
has_threads() {
	[ "$(threads CapEff | wc -l)" -eq "$1" ] || gone "$pid"
}

@test "user: that user itself loses the capabilities that it was given" {
	requires setpriv
	let_nobody_in
	local ZCOPY=$BATS_FILE_TMPDIR/zcopy
	as_user=(setpriv --reuid=nobody "--regid=$group" --init-groups
	    --inh-caps=+net_bind_service --ambient-caps=+net_bind_service)
	"${as_user[@]}" true || skip "no ambient capabilities here"
	listener -v -P --user=nobody listen:127.0.0.1:0 out
	retry grep -q '^zcopy: user: ' "$log"
	retry has_threads 2
	is_nobody
	[ "$(threads CapPrm | sort -u)" = 0000000000000000 ]
	as_user=()
	zcopy 0 in "127.0.0.1:$port"
	ends 0
}

@test "user: zcopy does not go on where it would stay root" {
	requires strace
	TRACE="-e trace=/^setresuid -e inject=/^setresuid:retval=0" \
	    zcopy 1 --user=nobody in out
	fault_fired
	[ "$output" = "zcopy: --user: the kernel lets us be root again" ]
	[ ! -e out ]
	TRACE="-e trace=/^setgroups -e inject=/^setgroups:error=EPERM" \
	    zcopy 1 --user=nobody in out
	fault_fired
	[ "$output" = "zcopy: --user: setgroups: Operation not permitted" ]
	[ ! -e out ]
	TRACE="-e trace=/^setresgid -e inject=/^setresgid:retval=0" \
	    zcopy 1 --user=nobody in out
	fault_fired
	[ "$output" = "zcopy: --user: the kernel lets us be root again" ]
	[ ! -e out ]
}

## What root opens, and what the user

@test "user: root opens SOURCE, headers, and binds a path" {
	echo header >header
	chmod 600 header
	start --user=nobody --header=header in "unix-listen:$trap_door/socket"
	retry listening
	zcopy 0 "unix:$trap_door/socket" got
	ends 0
	cat header in | same - got
	# nobody must not remove it.
	[[ $output == *"cannot remove the path: Permission denied"* ]]
	rm "$trap_door/socket"
}

@test "user: a DEST that listens is bound by root, beside one of the user" {
	start --user=nobody in "unix-listen:$trap_door/socket" --also=out
	retry listening
	zcopy 0 "unix:$trap_door/socket" got
	ends 0
	same in got
	same in out
	belongs out
}

@test "user: a DEST that the user cannot create fails before a peer connects" {
	ZCOPY_TEST_TIMEOUT=5 zcopy 4 --user=nobody listen:127.0.0.1:0 \
	    "$trap_door/out"
	[[ $output == *"zcopy: $trap_door/out: "*"Permission denied \
(for --user=nobody)" ]]
	ZCOPY_TEST_TIMEOUT=5 zcopy 4 --user=nobody --inplace \
	    listen:127.0.0.1:0 "$trap_door/out"
	[[ $output == *"Permission denied (for --user=nobody)" ]]
	[ -z "$(ls "$trap_door")" ]
}

@test "user: a DEST that the user cannot replace or write fails before that, too" {
	echo old >"$trap_door/old"
	ZCOPY_TEST_TIMEOUT=5 zcopy 4 --user=nobody listen:127.0.0.1:0 \
	    "$trap_door/old"
	[[ $output == *": replace: Permission denied (for --user=nobody)" ]]
	ZCOPY_TEST_TIMEOUT=5 zcopy 4 --user=nobody --append \
	    listen:127.0.0.1:0 "$trap_door/old"
	mkdir sticky
	chmod 1777 sticky
	chown root sticky
	echo old >sticky/old
	ZCOPY_TEST_TIMEOUT=5 zcopy 4 --user=nobody listen:127.0.0.1:0 \
	    sticky/old
	[ "$(cat sticky/old "$trap_door/old")" = "old"$'\n'"old" ]
}

@test "user: a FIFO that the user cannot write fails before a peer connects" {
	mkfifo -m 600 fifo
	ZCOPY_TEST_TIMEOUT=5 zcopy 4 --user=nobody listen:127.0.0.1:0 fifo
	[[ $output == *"zcopy: fifo: open: Permission denied \
(for --user=nobody)" ]]
}

@test "user: --explain meets the same obstacle" {
	zcopy 4 --explain --user=nobody in "$trap_door/out"
	[[ $output == *"Permission denied (for --user=nobody)" ]]
	zcopy 0 --explain --user=nobody in out
	[ ! -e out ]
}

@test "user: the new file belongs to the user from its first byte on" {
	local fd found=
	half_way --user=nobody out || return
	for fd in "/proc/$pid/fd"/*; do
		[[ $(readlink "$fd") == "$PWD"/* ]] || continue
		belongs "$fd"
		found=$fd
	done
	[ -n "$found" ]
	all_the_way
	ends 0
	same in out
	belongs out
}

@test "user: commands run as the user" {
	zcopy 0 --user=nobody in exec:'id -u >who; id -G >>who; cat >got'
	same in got
	[ "$(cat who)" = "$nobody"$'\n'"$(id -G nobody)" ]
	zcopy 0 --user=nobody exec:'id -u' out
	[ "$(cat out)" = "$nobody" ]
}

@test "user: the digest and the JSON are written as the user" {
	zcopy 0 --user=nobody --digest=sha256 --digest-file=sums \
	    --json-file=json in out
	sha256sum -c sums
	belongs sums
	belongs json
	ZCOPY_TEST_TIMEOUT=5 zcopy 1 --user=nobody --digest=sha256 \
	    "--digest-file=$trap_door/sums" listen:127.0.0.1:0 new
	[[ $output == *"zcopy: $trap_door/sums: "*"Permission denied"* ]]
	only in json out sums
}

@test "user: root writes no JSON, even if SOURCE cannot be opened" {
	requires_library jansson
	echo precious >"$trap_door/precious"
	ln -s "$trap_door/precious" link
	zcopy 3 --user=nobody --json-file=json missing out
	grep -q '"status":3' json
	belongs json
	zcopy 3 --user=nobody --json-file=link missing out
	[[ $output == *"zcopy: link: --json-file: Permission denied" ]]
	[ "$(cat "$trap_door/precious")" = precious ]
}

@test "user: if root cannot be given up, no JSON is written, and one message" {
	requires strace
	TRACE="-e trace=/^setgroups -e inject=/^setgroups:error=EPERM" \
	    zcopy 1 --user=nobody --json-file=json in out
	fault_fired
	[ "$output" = "zcopy: --user: setgroups: Operation not permitted" ]
	only in
}

@test "user: --resume goes on with a part of the user" {
	start --user=nobody --resume --rate=200K in out
	retry has_part
	kill "$pid"
	ends 143
	belongs out.part
	zcopy 0 --user=nobody --resume in out
	same in out
	belongs out
}
