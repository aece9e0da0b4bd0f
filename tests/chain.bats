#!/usr/bin/env bats
# scripts/examples/chain: each host passes the file on, and the table tells what
# became of each.  A host is a network namespace; launch.sh stands in for what
# starts commands there.
# bats file_tags=slow

load helpers
load peer
load networks

EXAMPLES=$BATS_TEST_DIRNAME/../scripts/examples

setup() {
	set_up_peers 3M
	requires setsid xargs getent hostname
	chain_of_networks 4
	export TMPDIR=$BATS_TEST_TMPDIR.tmp ZCOPY
	export LAUNCH_HOSTS=$BATS_TEST_TMPDIR.hosts
	local name i
	mkdir "$TMPDIR" "$BATS_TEST_TMPDIR.bin"
	for name in ssh srun parallel; do
		ln -s "$BATS_TEST_DIRNAME/launch.sh" "$BATS_TEST_TMPDIR.bin/$name"
	done
	PATH=$BATS_TEST_TMPDIR.bin:$PATH
	for i in 2 3 4; do
		mkdir -p "$LAUNCH_HOSTS/10.9.9.$i"
		echo "${chain[i - 1]}" >"$LAUNCH_HOSTS/10.9.9.$i.pid"
	done
	list=$BATS_TEST_TMPDIR.list
	printf '%s\n' '# the hosts' 10.9.9.2 '' ' 10.9.9.3 ' 10.9.9.4 >"$list"
}

teardown() {
	end_all
}

# begin ARG... - start the script on the first of the networks; $pid is its
# process.
begin() {
	log=$BATS_TEST_TMPDIR.chain.log
	"${clean_env[@]}" nsenter -n -t "${chain[0]}" \
	    sh "$EXAMPLES/chain" "$@" <&0 >"$log" 2>&1 3>&- &
	pid=$!
}

# done_with STATUS - wait for the script; fail unless it exits with STATUS, or
# if it leaves files behind.
done_with() {
	ends "$1"
	echo "$output"
	[ -z "$(ls -A "$TMPDIR")" ]
}

# row NAME STATUS [TEXT] - true if the table has this row.
row() {
	local line
	line=$(grep "^$1 " <<<"$output")
	[[ $line =~ ^"$1"\ +"$2"($|\ ) ]] && [[ $line == *"${3-}"* ]]
}

# at HOST FILE - print the path of a file there.
at() {
	echo "$LAUNCH_HOSTS/10.9.9.$1/$2"
}

# all_have FILE - each host has a file equal to `in`, and no other.
all_have() {
	local i
	for i in 2 3 4; do
		same in "$(at $i "$1")"
		[ "$(ls -A "$(at $i)")" = "$1" ]
	done
}

# zcopy_at HOST - print the process of zcopy there.
zcopy_at() {
	local cwd
	find /proc/[0-9]*/cwd -maxdepth 0 -lname "$LAUNCH_HOSTS/10.9.9.$1" \
	    2>/dev/null | while read -r cwd; do
		[ "$(readlink "${cwd%cwd}exe")" != "$(readlink -f "$ZCOPY")" ] ||
		    basename "${cwd%/cwd}"
	done
}

# under_way ARG... - start the script with a FIFO as SOURCE, descriptor 7, and
# wait until the data has arrived on the last host.
under_way() {
	mkfifo "$fifo"
	exec 7<>"$fifo"
	begin "$@" "$list" "$fifo" out 7>&-
	cat in >&7
	retry arrived
}

# arrived - for `retry`: the last host's network has got all of it.
arrived() {
	awk '$1 == "behind:" && $2 >= 3145728 { all = 1 } END { exit !all }' \
	    "/proc/${chain[3]}/net/dev"
}

# running HOST..., idle HOST... - for `retry`: zcopy runs on all of them, or on
# none.
running() {
	local host
	for host; do
		[ -n "$(zcopy_at "$host")" ] || return
	done
}

idle() {
	local host
	for host; do
		[ -z "$(zcopy_at "$host")" ] || return
	done
}

@test "chain: ssh, parallel and srun start hosts that all get the file" {
	local launcher
	for launcher in ssh parallel srun; do
		begin -l $launcher "$list" in out
		done_with 0
		row 'this machine' 0
		row 10.9.9.2 0
		row 10.9.9.3 0
		row 10.9.9.4 0
		[ "$(wc -l <<<"$output")" -eq 5 ]
		all_have out
		rm "$LAUNCH_HOSTS"/*/out
	done
}

@test "chain: a pipe goes to one host" {
	echo 10.9.9.2 >"$list"
	begin "$list" - out < <(cat in)
	done_with 0
	same in "$(at 2 out)"
}

@test "chain: names with spaces, quotes and colons are names" {
	local name
	# shellcheck disable=SC2016	# not to be expanded
	for name in 'a b' "it's" '"$(exit 1)`\n' '-x' 'host:9' $'two\nlines'; do
		begin "$list" in "$name"
		done_with 0
		same in "$(at 2 "$name")"
		same in "$(at 4 "$name")"
		rm "$LAUNCH_HOSTS"/*/*
	done
}

@test "chain: when a host dies, the one before it says so and has its file" {
	local i
	for i in 2 3 4; do
		echo old >"$(at $i out)"
	done
	under_way
	kill -KILL "$(zcopy_at 3)"
	exec 7>&-
	done_with 5
	row 'this machine' 5 "zcopy: 10.9.9.2:9000: "
	row 10.9.9.2 5 "zcopy: 10.9.9.3:9000: "
	row 10.9.9.3 137
	row 10.9.9.4 5 "reset"
	same in "$(at 2 out)"
	[ "$(cat "$(at 3 out)" "$(at 4 out)")" = $'old\nold' ]
}

@test "chain: a host that is late is waited for" {
	local late
	under_way
	late=$(zcopy_at 4)
	kill -STOP "$late"
	retry stopped "$late"
	exec 7>&-
	retry same in "$(at 3 out)"
	wait_for 500000
	kill -CONT "$late"
	done_with 0
	all_have out
}

@test "chain: the neighbour of a host that is too late names it" {
	local late
	under_way -t 2
	late=$(zcopy_at 4)
	kill -STOP "$late"
	retry stopped "$late"
	exec 7>&-
	# Its launcher waits for it, too.
	retry gone "$(zcopy_at 3)"
	kill -KILL "$late"
	done_with 5
	row 'this machine' 5 "zcopy: 10.9.9.2:9000: "
	row 10.9.9.2 5 "zcopy: 10.9.9.3:9000: "
	row 10.9.9.3 5 "zcopy: 10.9.9.4:9000: "
	[[ $output == *"10.9.9.4:9000: "*" in 4 s"* ]]
	same in "$(at 2 out)"
	same in "$(at 3 out)"
	[ ! -e "$(at 4 out)" ]
}

@test "chain: a host that cannot write is named, with its error" {
	mkdir "$(at 2 dir)" "$(at 3 dir)"
	begin -t 8 -r 4 "$list" in dir/out
	done_with 5
	row 'this machine' 5 "zcopy: 10.9.9.2:9000: "
	row 10.9.9.3 5 "zcopy: 10.9.9.4:9000: "
	row 10.9.9.4 4 "zcopy: ./dir/out: "
}

@test "chain: only the host before may connect" {
	mkfifo "$fifo"
	begin "$list" "$fifo" out
	as_user=(nsenter -n -t "${chain[3]}")
	zcopy 5 --retry=9 in 127.0.0.1:9000
	cat in >"$fifo"
	done_with 0
	all_have out
}

# Before the sender has connected, nothing else would end the listeners.
@test "chain: a signal ends all of it, and leaves no file" {
	local signal launcher=ssh
	mkfifo "$fifo"
	for signal in HUP INT TERM; do
		begin -l $launcher "$list" "$fifo" out
		retry running 2 3 4
		kill -$signal "$pid"
		done_with $((128 + $(kill -l $signal)))
		[ -z "$output" ]
		retry idle 2 3 4
		launcher=srun
	done
	rm "$fifo"
	under_way -l parallel
	kill "$pid"
	done_with 143
	retry idle 2 3 4
	run find "$LAUNCH_HOSTS" -name 'out*'
	[ -z "$output" ]
}

@test "chain: a wrong option, host or list is an error" {
	local options
	for options in '-l rsh' '-p 0' '-t x' '-r 0' '-x' '-a'; do
		# shellcheck disable=SC2086	# options
		begin $options "$list" in out
		done_with 2
		[[ $output == *"usage: chain "* ]]
	done
	begin "$list" in
	done_with 2
	echo '# none' >"$list"
	begin "$list" in out
	done_with 1
	[ "$output" = "chain: no host in $list" ]
	printf 'a\nb\na\n' >"$list"
	begin "$list" in out
	done_with 1
	[ "$output" = "chain: a host is there twice in $list" ]
	echo nosuch.invalid >"$list"
	begin "$list" in out
	done_with 1
	[ "$output" = "chain: no address of nosuch.invalid" ]
}
