#!/usr/bin/env bats
# --also: several destinations, each whole or not at all, and each with a
# verdict of its own.

load helpers
load peer

setup() {
	set_up_peers 300000
	outs=()
	args=()
	children=()
}

teardown() {
	exec 7>&-
	end_all
	cd "$BATS_TEST_TMPDIR" || return
	detach
}

## Kinds of destinations, for `to`.  Each adds the name to $args, and to $outs
## the file that must be equal to `in` afterwards.

# far NAME ARG... - start a far end that must end with status 0.
far() {
	local pid log
	start "$@"
	children+=("$pid")
}

to_new() {
	args+=("new$1")
	outs+=("new$1")
}

to_old() {
	echo old >"old$1"
	args+=("old$1")
	outs+=("old$1")
}

to_fifo() {
	mkfifo "fifo$1"
	cat "fifo$1" >"$got.$1" 3>&- &
	children+=($!)
	args+=("fifo$1")
	outs+=("$got.$1")
}

# to_descriptor N - zcopy gets descriptor 7, open on this file.
to_descriptor() {
	exec 7>"$got.$1"
	args+=("fd:7")
	outs+=("$got.$1")
}

to_tcp() {
	local port
	listener listen:127.0.0.1:0 "$got.$1"
	children+=("$pid")
	args+=("127.0.0.1:$port")
	outs+=("$got.$1")
}

to_unix() {
	listener "unix-listen:$path.$1" "$got.$1"
	children+=("$pid")
	args+=("unix:$path.$1")
	outs+=("$got.$1")
}

to_unix_listen() {
	far --retry=9 "unix:$path.$1" "$got.$1"
	args+=("unix-listen:$path.$1")
	outs+=("$got.$1")
}

to_null() {
	args+=(/dev/null)
}

# A listener announces itself where there is no port, too.
listener() {
	start "$@"
	retry listening
	port=$(sed -n '/^zcopy: listening on .*:/ { s///p; q; }' "$log")
}

kinds=(new old fifo descriptor tcp unix unix_listen null)

# to KIND... - prepare destinations of these kinds, and set $args to DEST and
# --also options.
to() {
	local kind n=0 i
	for kind; do
		"to_$kind" $((n += 1))
	done
	for ((i = 1; i < ${#args[@]}; i++)); do
		args[i]=--also=${args[i]}
	done
}

# got_all - fail unless all far ends end with status 0, and all is equal to
# `in`.  Then forget them, and remove what they made.
got_all() {
	local child out log=/dev/null
	for child in "${children[@]}"; do
		ends 0 "$child"
	done
	for out in "${outs[@]}"; do
		same in "$out"
	done
	exec 7>&-
	rm -f new* old* fifo* "$got".* "$path".*
	outs=()
	args=()
	children=()
}

# every_group SOURCE... - copy from SOURCE to all pairs of kinds, and to triples
# that have all pairs among them.  SOURCE is a command that runs zcopy with
# arguments behind its own.
every_group() {
	local a b c n=${#kinds[@]} groups=0
	for ((a = 0; a < n; a++)); do
		for ((b = a + 1; b < n; b++)); do
			c=$(((a + b) % n))
			to "${kinds[a]}" "${kinds[b]}"
			"$@" "${args[@]}"
			got_all
			: $((groups += 1))
			if [ $c -eq $a ] || [ $c -eq $b ]; then
				continue
			fi
			to "${kinds[a]}" "${kinds[b]}" "${kinds[c]}"
			"$@" "${args[@]}"
			got_all
			: $((groups += 1))
		done
	done
	echo "groups: $groups"
	[ "$groups" -ge 40 ]
}

from_file() {
	zcopy 0 in "$@"
}

from_pipe() {
	zcopy 0 - "$@" < <(cat in)
}

from_fifo() {
	mkfifo "$fifo"
	cat in >"$fifo" 3>&- &
	zcopy 0 "$fifo" "$@"
	rm "$fifo"
}

from_descriptor() {
	zcopy 0 fd:8 "$@" 8<in
}

from_tcp() {
	listener in listen:127.0.0.1:0
	children+=("$pid")
	zcopy 0 "127.0.0.1:$port" "$@"
}

from_unix() {
	listener in "unix-listen:$path"
	children+=("$pid")
	zcopy 0 "unix:$path" "$@"
}

from_listen() {
	far --retry=9 in "unix:$path.source"
	zcopy 0 "unix-listen:$path.source" "$@"
}

@test "also: a file to every pair of kinds of destinations" {
	every_group from_file
}

@test "also: a pipe to every pair of kinds of destinations" {
	every_group from_pipe
}

# bats test_tags=slow
@test "also: a FIFO to every pair of kinds of destinations" {
	every_group from_fifo
}

# bats test_tags=slow
@test "also: a descriptor to every pair of kinds of destinations" {
	every_group from_descriptor
}

# bats test_tags=slow
@test "also: TCP to every pair of kinds of destinations" {
	every_group from_tcp
}

# bats test_tags=slow
@test "also: a unix socket to every pair of kinds of destinations" {
	every_group from_unix
}

# bats test_tags=slow
@test "also: a peer that connects to every pair of kinds of destinations" {
	every_group from_listen
}

@test "also: a disk to a disk and a file" {
	two_devices
	head -c 2M </dev/urandom >in
	dd if=in of="${devices[0]}" bs=1M status=none
	zcopy 0 "${devices[0]}" "${devices[1]}" --also=new
	cmp in new
	cmp in "${devices[1]}"
}

@test "also: several files of every size around the limits of the methods" {
	local size
	for size in 0 1 4095 32767 32768 65537 262144 1048577; do
		random_file in $size
		zcopy 0 in a --also=b --also=c
		same in a && same in b && same in c
		zcopy 0 - a --also=b --also=c < <(cat in)
		same in a && same in b && same in c
	done
}

@test "also: 32 destinations get the same data, and a 33rd is refused" {
	local i all=()
	for ((i = 1; i < 32; i++)); do
		all+=("--also=out$i")
	done
	zcopy 0 in out "${all[@]}"
	for ((i = 1; i < 32; i++)); do
		same in "out$i"
	done
	zcopy 0 - out "${all[@]}" < <(cat in)
	for ((i = 1; i < 32; i++)); do
		same in "out$i"
	done
	zcopy 2 in out "${all[@]}" --also=out32
	[[ $output == *"there can be 32 destinations"* ]]
	[ ! -e out32 ]
}

## Failures

@test "also: a destination that cannot be opened is named, and others are made" {
	zcopy 4 in nowhere/x --also=a --also=b
	complains nowhere/x "No such file or directory"
	same in a
	same in b
	zcopy 5 in a2 --also=unix:nobody --also=b2
	complains unix:nobody "connect: No such file or directory"
	same in a2
	same in b2
}

@test "also: the status is that of the first destination that failed" {
	# All are opened before the first one is connected.
	zcopy 4 in unix:nobody --also=nowhere/x --also=a
	[[ $output == "zcopy: nowhere/x: "*$'\n'"zcopy: unix:nobody: "* ]]
	same in a
	zcopy 5 in unix:nobody --also=unix:nowhere --also=a
	same in a
	zcopy 4 in nowhere/x --also=nowhere/y
}

@test "also: one that has no room is dropped, and others are complete" {
	requires_root
	file_system tmpfs 1
	head -c 3M </dev/urandom >in
	run_with_room() {
		zcopy 4 "$@"
		complains "$fs/out" "No space left on device" "DEST is unchanged"
		same in a
		same in b
		only a b in
		[ ! -e "$fs/out" ]
		rm a b
	}
	run_with_room in a --also="$fs/out" --also=b
	run_with_room in "$fs/out" --also=a --also=b
	run_with_room - a --also=b --also="$fs/out" < <(cat in)
	unmount_all
}

@test "also: a receiver that is killed is named, and the others are complete" {
	local victim
	more_than_fits "$big"
	mkfifo "$fifo"
	listener listen:127.0.0.1:0 "$got.1"
	victim=$pid
	local first=127.0.0.1:$port
	listener listen:127.0.0.1:0 "$got.2"
	local other=$pid
	local second=127.0.0.1:$port
	exec 7<>"$fifo"
	head -c 30000 "$big" >&7
	start "$fifo" "$first" --also="$second" --also=out 7>&-
	retry has 1000 "$got.1" || :
	retry taken
	kill -KILL "$victim"
	tail -c +30001 "$big" >&7
	exec 7>&-
	ends 5
	complains "$first" "Connection reset by peer"
	same "$big" out
	ends 0 "$other"
	same "$big" "$got.2"
}

@test "also: --all-or-none leaves everything as it was" {
	echo old >a
	zcopy 4 --all-or-none in a --also=nowhere/x --also=b
	complains nowhere/x "No such file"
	[ "$(cat a)" = old ]
	[ ! -e b ]
	zcopy 5 --all-or-none in a --also=unix:nobody
	[ "$(cat a)" = old ]
}

@test "also: --all-or-none commits files last, and names what had committed" {
	peer listen 127.0.0.1:0 "save=$got" close
	zcopy 0 --all-or-none in a --also=127.0.0.1:"$port"
	same in a
	same in "$got"
	rm a
	peer listen 127.0.0.1:0 "save=$got.2" "wait=$go" reset
	start -v --all-or-none in a --also=exec:'cat >out' \
	    --also=127.0.0.1:"$port"
	retry grep -q "exec:cat >out: exited with status 0" "$log"
	: >"$go"
	ends 5
	same in out
	[ ! -e a ]
	[[ $output == *"zcopy: 127.0.0.1:$port: waiting for the peer to close: \
Connection reset by peer"* ]]
	[[ $output == *"zcopy: exec:cat >out: it is complete already"* ]]
}

@test "also: --digest-file names the destinations that are complete, no other" {
	echo old >old
	mkfifo "$fifo"
	start -v --all-or-none --digest=sha256 --digest-file=sums in old \
	    --also='exec:cat >first' \
	    --also="exec:cat >/dev/null; read -r word <'$fifo'; exit 3"
	retry grep -q "exec:cat >first: exited with status 0" "$log"
	echo go >"$fifo"
	ends 4
	[ "$(wc -l <sums)" -eq 1 ]
	[ "$(sed 's/.*  //' sums)" = in ]
	zcopy 4 --digest=sha256 --digest-file=sums in a --also=nowhere/x --also=b
	[ "$(sed 's/.*  //' sums)" = "a"$'\n'"b" ]
	sha256sum -c sums
}

@test "also: --all-or-none leaves the files as they were if a command fails" {
	echo old >b
	zcopy 4 --all-or-none in a --also='exec:cat >/dev/null; exit 3' --also=b
	complains "exec:cat >/dev/null; exit 3" "exited with status 3"
	[[ $output != *complete* ]]
	[ ! -e a ]
	[ "$(cat b)" = old ]
}

@test "also: a file is complete before a command that takes long has ended" {
	mkfifo "$fifo"
	start in "exec:cat >/dev/null; read -r word <'$fifo'" --also=out
	retry same in out
	echo end >"$fifo"
	ends 0
}

@test "also: without --all-or-none the files are complete when a peer fails" {
	peer listen 127.0.0.1:0 "save=$got" reset
	zcopy 5 in a --also=127.0.0.1:"$port" --also=b
	complains "127.0.0.1:$port" "Connection reset by peer"
	same in a
	same in b
}

@test "also: a pipe without a reader ends zcopy by SIGPIPE, after the others" {
	more_than_fits in
	run bash -c '
		"$0" in - --also=out --json-file=j | head -c 1 >/dev/null
		exit "${PIPESTATUS[0]}"' "$ZCOPY"
	[ "$status" -eq 141 ]
	[ -z "$output" ]
	same in out
	requires jq
	jq -e '.status == 141 and .error == "SIGPIPE"' j
	jq -e '.dest[0] | .status == 141 and .error == "SIGPIPE"' j
	jq -e '.dest[1] | .status == 0 and .error == null' j
}

@test "also: SOURCE that fails ends all of them" {
	echo old >a
	zcopy 6 -c 400000 in a --also=b
	complains in "SOURCE ended early" "300000 of 400000 bytes moved"
	[ "$(cat a)" = old ]
	[ ! -e b ]
	zcopy 3 nothing a --also=b
	[ "$(cat a)" = old ]
	[ ! -e b ]
}

@test "also: a signal leaves all of them as they were" {
	local signal
	echo old >a
	for signal in INT TERM HUP; do
		half_way a --also=b --also=c
		kill -s "$signal" "$pid"
		ends $((128 + $(kill -l "$signal")))
		[ "$(cat a)" = old ]
		only a in
		exec 7>&-
		rm "$fifo"
	done
}

@test "also: a slow reader sets the pace, and gets everything" {
	more_than_fits in
	peer listen 127.0.0.1:0 size=500000 pace=0.005 "sip=$got"
	zcopy 0 -v in out --also=127.0.0.1:"$port"
	same in out
	peer_ends 0
	same in "$got"
	[[ $output == *"zcopy: slowest: 127.0.0.1:$port: "* ]]
}

@test "also: --timeout drops a reader that takes nothing, and not the others" {
	more_than_fits in
	peer listen 127.0.0.1:0 "wait=$go"
	zcopy 5 --timeout=0.5 in out --also=127.0.0.1:"$port"
	complains "127.0.0.1:$port" "write: nothing moved for 0.5 s"
	same in out
	peer listen 127.0.0.1:0 "wait=$go"
	zcopy 5 --timeout=0.5 - out --also=127.0.0.1:"$port" < <(cat in)
	complains "127.0.0.1:$port" "write: nothing moved for 0.5 s"
	same in out
}

## Chains

# Without O_NONBLOCK, calls for both block by turns.
@test "also: --timeout drops two readers of pipes that take nothing" {
	head -c 3000000 /dev/urandom >"$big"
	mkfifo one two
	exec 5<>one 6<>two
	zcopy 4 --timeout=1 "$big" one --also=two --also=out 5<&- 6<&-
	[[ $output == *"one: write: nothing moved for 1 s"* ]]
	[[ $output == *"two: write: nothing moved for 1 s"* ]]
	same "$big" out
	zcopy 4 --timeout=1 "$big" one --also=two 5<&- 6<&-
	zcopy 4 --timeout=1 - one --also=two --also=out <"$big" 5<&- 6<&-
	exec 5<&- 6<&-
	same "$big" out
}

@test "also: a chain of hosts is complete when the first one succeeds" {
	local i children=()
	listener listen:127.0.0.1:0 "$got.1"
	children=("$pid")
	for i in 2 3 4; do
		listener listen:127.0.0.1:0 "$got.$i" --also=127.0.0.1:"$port"
		children+=("$pid")
	done
	zcopy 0 in 127.0.0.1:"$port"
	for i in 1 2 3 4; do
		same in "$got.$i"
	done
	for i in "${children[@]}"; do
		ends 0 "$i"
	done
}

## Options

@test "also: what an option asks of DEST is asked of each that can honour it" {
	listener listen:127.0.0.1:0 "$got"
	echo old >a
	echo old >b
	zcopy 0 --append in a --also=b --also=127.0.0.1:"$port"
	same <(echo old; cat in) a
	same <(echo old; cat in) b
	ends 0
	same in "$got"
	chmod 640 in
	STDOUT=/dev/null zcopy 0 -v --sync --preserve in c --also=-
	[ "$(stat -c %a c)" = 640 ]
}

@test "also: an option that fits no destination is an error" {
	zcopy 2 --append in 127.0.0.1:9 --also=unix:s
	complains 127.0.0.1:9 "--append: only for files"
	zcopy 2 --confirm=ack in a --also=b
	complains --confirm "no DEST is a socket"
	[ ! -e a ]
}

@test "also: --sparse=always makes holes where it can" {
	truncate -s 2M in
	printf data | dd of=in conv=notrunc status=none
	start --sparse=always in a --also=fd:7 7> >(cat >"$got")
	ends 0
	same in a
	retry same in "$got"
	[ "$(stat -c %b a)" -lt 1000 ]
	rm "$got"
	STDOUT=$got zcopy 0 --sparse=always - a --also=- < <(cat in)
	same in a
	same in "$got"
	[ "$(stat -c %b a)" -lt 1000 ]
}

@test "also: header and trailer go to each" {
	echo head >"$BATS_TEST_TMPDIR.h"
	echo tail >"$BATS_TEST_TMPDIR.t"
	zcopy 0 --header="$BATS_TEST_TMPDIR.h" --trailer="$BATS_TEST_TMPDIR.t" \
	    in a --also=b
	same <(echo head; cat in; echo tail) a
	same a b
}

@test "also: --rate is that of SOURCE, however many destinations there are" {
	local began
	random_file in 100000
	began=$(now)
	zcopy 0 --rate=200000 in a --also=b --also=c --also=d
	local took=$(($(now) - began))
	echo "took $took us"
	[ "$took" -ge 400000 ]
	[ "$took" -le 1500000 ]
}

@test "also: --no-cache" {
	zcopy 0 --no-cache in a --also=b
	same in a
	same in b
}

## The same destination twice

@test "also: the same destination twice is refused before anything changes" {
	old_file a
	ln a hard
	ln -s a soft
	mkdir dir
	ln -s dir link
	names=$(ls -A)
	local twin
	for twin in a ./a hard soft "$PWD/a" file:a; do
		zcopy 4 in a --also="$twin"
		complains "$twin" "it is the same file as a"
	done
	zcopy 4 in dir/new --also=link/new
	complains link/new "it is the same file as dir/new"
	zcopy 4 in a --also=in
	complains in "it is the same file as SOURCE"
	STDOUT=/dev/null zcopy 2 in - --also=-
	complains - "it is the same descriptor as -"
	STDOUT=/dev/null zcopy 2 in - --also=/dev/stdout
	complains /dev/stdout "it is the same descriptor as -"
	zcopy 4 in fd:7 --also=fd:8 7>>a 8>>a
	complains fd:8 "it is the same file as fd:7"
	zcopy 4 in fd:7 --also=a 7>>a
	complains a "it is the same file as fd:7"
	untouched
	zcopy 0 in /dev/null --also=/dev/null
}

@test "also: a kernel file cannot be one of several" {
	zcopy 2 in a --also=/proc/self/comm
	complains /proc/self/comm "kernel file"
	[ ! -e a ]
}

@test "also: it does not go with --benchmark, --discard or --all-or-none alone" {
	zcopy 2 --benchmark in a --also=b
	[[ $output == *"--also cannot be used in repeated transfers"* ]]
	zcopy 2 --discard :0 --also=b
	zcopy 2 --all-or-none in a
	[[ $output == *"--all-or-none goes with --also"* ]]
}

## Reports

@test "also: --explain explains each" {
	zcopy 0 --explain in a --also=127.0.0.1:9
	[[ $output == *$'destination  a\n'*$'destination  127.0.0.1:9\n'* ]]
	[[ $output == *$'to           a\nplan '*$'to           127.0.0.1:9\nplan '* ]]
	zcopy 4 --explain in a --also=nowhere/x
	[[ $output == *"zcopy: nowhere/x: create: No such file"* ]]
	only in
}

@test "also: -v names each destination" {
	zcopy 0 -v in a --also=b
	[[ $output == *"zcopy: a: plan: "*"zcopy: b: plan: "* ]]
	[[ $output == *"zcopy: a: done: 300000 bytes in "* ]]
	[[ $output == *"zcopy: b: done: 300000 bytes in "* ]]
}

@test "also: --json has an object for each" {
	requires jq
	STDOUT=$got zcopy 4 --json in a --also=nowhere/x --also=b
	python_with jsonschema
	"$with_module" "$BATS_TEST_DIRNAME/valid.py" \
	    "$BATS_TEST_DIRNAME/../man/zcopy.schema.json" <"$got"
	jq -e '[.dest[].name] == ["a", "nowhere/x", "b"]' "$got"
	jq -e '[.dest[].status] == [0, 4, 0]' "$got"
	jq -e '[.dest[].bytes] == [300000, 0, 300000]' "$got"
	jq -e '.dest[0].error == null' "$got"
	jq -e '.dest[1].error | startswith("nowhere/x: create: ")' "$got"
	jq -e '.status == 4 and .error == .dest[1].error' "$got"
	jq -e '.bytes == 300000' "$got"
}
