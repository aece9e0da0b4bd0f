#!/usr/bin/env bats
# --also: the peers and commands among several destinations are waited for at
# the same time, and with --all-or-none before a file gets its name.

# shellcheck disable=SC2016	# for the other shell

load helpers
load peer

setup() {
	set_up_peers 3000
	export go
}

teardown() {
	: >"$go"
	end_all
}

# A command that takes nothing until $go exists, then everything, and exits.
SLOW='until [ -e "$go" ]; do sleep 0.01; done; cat >out; echo end >ended'

# took_once COUNT MICROSECONDS SINCE - fail unless COUNT waits of MICROSECONDS
# each, which began after SINCE, have passed at the same time.
took_once() {
	local took=$(($(now) - $3))
	echo "took $took us"
	[ $took -ge "$2" ]
	[ $took -lt $(($1 * $2 / 2)) ]
}

@test "also: all peers that do not confirm cost one --timeout" {
	local i began names=()
	for i in 1 2 3 4 5 6 7 8; do
		peer listen 127.0.0.1:0 "save=$got.$i" "wait=$go"
		names+=("127.0.0.1:$port")
	done
	began=$(now)
	zcopy 5 --timeout=0.5 in a "${names[@]/#/--also=}"
	took_once 8 500000 "$began"
	for i in "${names[@]}"; do
		[[ $output == *"zcopy: $i: waiting for the peer to close: \
all is acknowledged, but it has not closed in 0.5 s"* ]]
	done
	same in a
}

@test "also: all commands that do not exit cost one --timeout" {
	local i began commands=()
	for i in 1 2 3 4 5 6 7 8; do
		commands+=("--also=exec:cat >/dev/null; exec sleep 9$i")
	done
	began=$(now)
	zcopy 4 --timeout=0.5 in a "${commands[@]}"
	took_once 8 500000 "$began"
	for i in 1 2 3 4 5 6 7 8; do
		[[ $output == *"sleep 9$i: waiting for the command to exit: \
nothing moved for 0.5 s"* ]]
	done
	same in a
}

@test "also: a peer that confirms is complete beside one that does not" {
	requires jq
	peer listen 127.0.0.1:0 "save=$got.1" "wait=$go"
	local dead=127.0.0.1:$port
	peer listen 127.0.0.1:0 "save=$got.2" close
	zcopy 5 --timeout=0.5 --json-file=j in "$dead" \
	    --also=127.0.0.1:"$port" --also=exec:'cat >out'
	complains "$dead" "it has not closed in 0.5 s"
	jq -e '[.dest[].status] == [5, 0, 0]' j
	jq -e '[.dest[].seconds.confirm < 0.4] == [false, true, true]' j
	same in "$got.2"
	same in out
}

@test "also: --confirm=ack of several peers" {
	local i names=()
	for i in 1 2 3; do
		peer listen 127.0.0.1:0 "save=$got.$i" "wait=$go"
		names+=("127.0.0.1:$port")
	done
	zcopy 0 -v --confirm=ack in "${names[@]/#/--also=}" a
	[ "$(grep -c "confirmed: ack" <<<"$output")" -eq 3 ]
}

@test "also: a slow command holds up neither files nor peers" {
	peer listen 127.0.0.1:0 "save=$got" print=ended "wait=$go" close
	start in exec:"$SLOW" --also=a --also=127.0.0.1:"$port"
	retry same in a
	retry grep -q ended "$said"
	[ ! -e out ]
	: >"$go"
	ends 0
	same in out
	same in "$got"
}

@test "also: --all-or-none makes no file when a command fails" {
	local how
	echo old >a
	for how in 'exit 3' 'cat >/dev/null; exit 3' \
	    'cat >/dev/null; kill -9 $$'; do
		zcopy 4 --all-or-none in a --also=exec:"$how" --also=b
		[ "$(cat a)" = old ]
		[ ! -e b ]
	done
	zcopy 0 --all-or-none in a --also=exec:'cat >out' --also=b
	same in a
	same in b
	same in out
}

@test "also: --all-or-none waits for a command before it makes a file" {
	start --all-or-none in a --also=exec:"$SLOW; until [ -e gone ]; do
		sleep 0.01; done"
	: >"$go"
	retry [ -e ended ]
	[ ! -e a ]
	: >gone
	ends 0
	same in a
}

@test "also: --all-or-none lets no command see an end when a peer fails" {
	peer listen 127.0.0.1:0 "save=$got" reset
	zcopy 5 --all-or-none in exec:"$SLOW" --also=127.0.0.1:"$port" --also=a
	complains "127.0.0.1:$port" "Connection reset by peer"
	: >"$go"
	[ ! -e ended ]
	[ ! -e a ]
}

@test "also: --all-or-none names a command that has the end of the data" {
	local command='cat >out; : >"$go"; sleep 99'
	peer listen 127.0.0.1:0 "save=$got" "wait=$go" reset
	zcopy 5 --all-or-none in a --also=exec:"$command" \
	    --also=127.0.0.1:"$port"
	[[ $output == *"zcopy: exec:$command: it has the end of the data, and \
may be complete"* ]]
	[ ! -e a ]
}
