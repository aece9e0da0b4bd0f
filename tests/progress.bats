#!/usr/bin/env bats
# Progress: what a terminal shows meanwhile, what SIGUSR1 prints, and what
# programs get.  unit-line draws the line itself.

bats_require_minimum_version 1.5.0

load helpers
load peer
load routes

setup() {
	set_up_peers 3000000
}

teardown() {
	exec 7>&-
	end_all
}

# on_screen COLUMNS ARG... - start zcopy ARG... with standard error on a
# terminal.  `states` has what its screen has shown, `order` changes things.
on_screen() {
	local columns=$1 command=()
	shift
	python_with pyte
	rm -f "$BATS_TEST_TMPDIR".{orders,states}
	mkfifo "$BATS_TEST_TMPDIR.orders"
	: >"$BATS_TEST_TMPDIR.states"
	zcopy_command "$@"
	log=$BATS_TEST_TMPDIR.screen.log
	TERM=${terminal:-xterm} \
	    "$with_module" "$BATS_TEST_DIRNAME/screen.py" "$columns" \
	    "$BATS_TEST_TMPDIR.orders" "$BATS_TEST_TMPDIR.states" \
	    "${command[@]}" <&0 >"${STDOUT:-/dev/null}" 2>"$log" 3>&- 7>&- &
	pid=$!
}

order() {
	echo "$*" >"$BATS_TEST_TMPDIR.orders"
}

states() {
	cat "$BATS_TEST_TMPDIR.states"
}

# has_shown PATTERN - for `retry`.
has_shown() {
	states | grep -Eq -- "$1"
}

# shows PATTERN - for `retry`: the screen as it is now.
shows() {
	states | tail -n 1 | grep -Eqx -- "$1"
}

# feed ARG... - start zcopy on a screen of 80 columns, with a FIFO as SOURCE:
# descriptor 7.  It has got 3000000 bytes.
feed() {
	mkfifo source
	exec 7<>source
	on_screen "${columns:-80}" "$@" source out
	cat in >&7
}

# ended STATUS - the FIFO ends, and zcopy exits with STATUS.
ended() {
	exec 7>&-
	ends "$1"
	states | tail -n 3
}

@test "progress: on a terminal it appears after a second, and done: replaces it" {
	feed
	retry has_shown '3.00 MB .* 0:01 '
	ended 0
	cmp in out
	shows 'zcopy: done: 3000000 bytes in [0-9.]+ s, [0-9.]+ MB/s, method [a-z+-]+'
	run ! grep -m 1 '0:00' "$BATS_TEST_TMPDIR.states"
}

@test "progress: nothing is drawn in a run of less than a second" {
	on_screen 80 in out
	ends 0
	cmp in out
	[ -z "$(states)" ]
}

@test "progress: with -P it is drawn at once" {
	on_screen 80 -P in out
	ends 0
	shows 'zcopy: done: 3000000 bytes .*'
}

@test "progress: neither -q nor --no-progress draws anything" {
	local option
	for option in -q --no-progress; do
		rm -f source
		feed "$option" --timeout=2
		ends 3
		states
		run ! has_shown '3.00 MB|0:0'
		exec 7>&-
	done
}

@test "progress: per cent, bar and ETA where the size is known" {
	feed -c 6000000
	retry has_shown '^3.00 MB  0:0.  50%  \[=+> *\]  .*'
	cat in >&7
	ended 0
	cmp <(cat in in) out
}

@test "progress: blocks in a UTF-8 locale" {
	LC_ALL=C.UTF-8 feed -c 6000000
	retry has_shown '50%  \[█+[^=]* *\]'
	cat in >&7
	ended 0
}

# moves_pattern - for `retry`: the pattern was seen in three places.
moves_pattern() {
	[ "$(states | grep -o '\[ *<=> *\]' | sort -u | wc -l)" -ge 3 ]
}

@test "progress: a pattern that moves where the size is unknown" {
	feed
	retry moves_pattern
	ended 0
}

@test "progress: says how long nothing has moved" {
	feed -c 6000000
	retry has_shown 'stalled 2 s'
	retry has_shown 'stalled 3 s'
	cat in >&7
	ended 0
	shows 'zcopy: done: 6000000 bytes .*'
}

@test "progress: the line fits, whatever the width, also when it changes" {
	local width
	for width in 200 20 80 12 30; do
		rm -f source
		columns=$width feed -c 6000000
		retry has_shown .
		order resize 40
		retry has_shown '^3.00 MB  0:0.  50%  .*'
		order resize 80
		retry has_shown 'avg|stalled'
		cat in >&7
		ended 0
		# Never two lines: nothing has wrapped.
		run ! has_shown '[|]'
		exec 7>&-
	done
}

@test "progress: while it waits for a peer, it says so" {
	on_screen 80 listen:127.0.0.1:0 out
	retry has_shown 'listening on 127.0.0.1:[0-9]+\|.*waiting for a peer [1-9]'
	port=$(states | sed -n 's/.*listening on 127.0.0.1:\([0-9]*\).*/\1/p;q')
	zcopy 0 in "127.0.0.1:$port"
	ends 0
	cmp in out
	shows 'zcopy: listening on .*\|zcopy: done: 3000000 bytes .*'
}

@test "progress: while it waits for the reader of a FIFO, it says so" {
	mkfifo fifo
	on_screen 80 in fifo
	retry has_shown 'opening [1-9]'
	cmp in fifo
	ends 0
}

@test "progress: it goes on while a call does not return: flush, rename, copy" {
	local call shown
	requires strace
	python_with pyte
	for call in fsync:flushing renameat2:renaming renameat:renaming \
	    copy_file_range:stalled; do
		shown=${call#*:} call=${call%:*}
		echo "$call: $shown"
		rm -f out
		echo old >out
		TRACE="-e trace=$call -e inject=$call:delay_enter=4s:when=1" \
		    on_screen 80 -P --sync in out
		ends 0
		cmp in out
		grep -q . "$BATS_TEST_TMPDIR.trace" || continue
		has_shown "$shown [1-9]"
		delayed+=" $shown"
	done
	[[ $delayed == *flushing*renaming* ]]
}

@test "progress: while it connects, it says so" {
	peer full 127.0.0.1:0
	on_screen 80 --timeout=3 in "127.0.0.1:$port"
	retry has_shown 'connecting [1-9]'
	ends 5
	shows 'zcopy: 127.0.0.1:[0-9]+: connect: .*'
}

@test "progress: to a peer that takes nothing, it counts what is acknowledged" {
	random_file in 50000000
	peer listen 127.0.0.1:0 rcvbuf=100000 wait=go save=got ended
	on_screen 80 in "127.0.0.1:$port"
	retry has_shown 'stalled'
	run ! has_shown '^50.0 MB'
	touch go
	ends 0
	cmp in got
}

@test "progress: a header that was acknowledged is not counted as data" {
	random_file header 5000000
	random_file in 50000000
	peer listen 127.0.0.1:0 rcvbuf=100000 take=5000000 wait=go save=got ended
	on_screen 80 --header=header in "127.0.0.1:$port"
	retry has_shown '^[0-9.]+ k?B .*stalled'
	touch go
	ends 0
	cmp in got
}

@test "progress: an error takes the place of the line" {
	feed -c 6000000
	retry has_shown '50%'
	ended 6
	shows 'zcopy: source: read: SOURCE ended early .*'
}

@test "progress: a message in the middle leaves the line below it" {
	feed -v -c 6000000
	retry has_shown 'zcopy: plan: .*\|3.00 MB '
	cat in >&7
	ended 0
	shows 'zcopy: plan: [a-z -]+\|zcopy: done: 6000000 bytes .*'
}

@test "progress: after what another program prints, the line is drawn anew" {
	feed -c 6000000
	retry has_shown '50%'
	order 'print \nhello\n'
	retry shows '3.00 MB .*\|hello\|3.00 MB .*'
	cat in >&7
	ended 0
	shows '3.00 MB .*\|hello\|zcopy: done: 6000000 bytes .*'
}

@test "progress: the screen is clean while zcopy is stopped, and it goes on after" {
	feed -c 6000000
	retry has_shown '50%'
	order stop
	retry shows '(\^Z)?'
	order go
	retry shows '3.00 MB .*'
	cat in >&7
	ended 0
	shows '(\^Z)?zcopy: done: 6000000 bytes .*|\^Z\|zcopy: done: .*'
	cmp <(cat in in) out
}

@test "progress: without a terminal nothing is drawn" {
	mkfifo source
	exec 7<>source
	start source out 7>&-
	cat in >&7
	sleep 1.5
	exec 7>&-
	ends 0
	[ -z "$output" ]
}

@test "progress: with -P and no terminal there are lines without escape codes" {
	mkfifo source
	exec 7<>source
	start -P source out 7>&-
	cat in >&7
	retry grep -q '^zcopy: 3.00 MB ' "$log"
	exec 7>&-
	ends 0
	[[ $output == *"done: 3000000 bytes"* ]]
	run ! grep $'[\033\r]' "$log"
}

@test "progress: a terminal that takes nothing does not stop the copy" {
	requires python3
	python3 "$BATS_TEST_DIRNAME/stuck.py" "$ZCOPY" -P in out 3>&-
	cmp in out
}

@test "progress: a full pipe that nobody reads does not stop the copy" {
	requires python3
	python3 "$BATS_TEST_DIRNAME/full.py" "$ZCOPY" -P --rate=2M in out 3>&-
	cmp in out
}

@test "progress: SIGUSR1 is not answered into a full pipe: the data moves on" {
	requires python3
	mkfifo fifo
	exec 7<>fifo
	python3 "$BATS_TEST_DIRNAME/full.py" bash -c 'echo $$ >pid; exec "$@"' - \
	    "$ZCOPY" fifo out 3>&- 7>&- &
	local child=$!
	retry [ -s pid ]
	pid=$(<pid)
	retry heeds
	head -c 50000 in >&7
	retry taken
	kill -USR1 "$pid"
	tail -c +50001 in >&7
	exec 7>&-
	log=/dev/null
	ends 0 "$child"
	cmp in out
}

@test "progress: standard error that is closed or full does not stop the copy" {
	local to
	for to in '>&-' '>/dev/full'; do
		echo "standard error: $to"
		bash -c "exec \"\$0\" -P --rate=2M in out 2$to" "$ZCOPY" 3>&-
		cmp in out
		rm out
	done
}

@test "progress: TERM=dumb gets no escape codes, and nothing without -P" {
	local terminal=dumb
	requires script
	feed --timeout=2
	ends 3
	run ! has_shown '3.00 MB|0:0'
	TERM=dumb script -qec "$ZCOPY -P --rate=2M in out" typescript 3>&-
	cmp in out
	grep -q '^zcopy: done: ' typescript
	run ! grep $'\033' typescript
}

@test "progress: where no thread may begin, the data moves, and zcopy says so" {
	"$TEST_BIN/seccomp" -- true 2>why || skip "$(<why)"
	# The leak sanitizer begins a process, too.
	LSAN_OPTIONS=detect_leaks=0 "$TEST_BIN/seccomp" clone:EPERM -- \
	    "$ZCOPY" -P --progress-fd=1 in out >lines 2>said 3>&-
	cmp in out
	grep -q '^zcopy: progress: none until the end: no thread: ' said
	grep -q '^zcopy: done: 3000000 bytes ' said
	grep -q '"phase":"done","bytes":3000000' lines
}

@test "progress: --progress-fd writes a JSON line a second, and one at the end" {
	local phases
	requires python3
	mkfifo source
	exec 7<>source
	STDOUT=lines start --progress-fd=1 -c 6000000 source out 7>&-
	cat in >&7
	retry grep -q '"phase":"moving","bytes":3000000,"expected":6000000' lines
	cat in >&7
	exec 7>&-
	ends 0
	python3 -c 'import json, sys
for line in sys.stdin: last = json.loads(line)
assert last["phase"] == "done", last
assert last["bytes"] == last["expected"] == 6000000, last' <lines
}

@test "progress: a DEST that fails before the first byte has got none" {
	echo old >out
	FAULT=ftruncate:EIO:1+ zcopy 4 --inplace --progress-fd=8 in out 8>lines
	fault_fired
	[[ $output == *"out: truncate: "* ]]
	[ "$(grep -o '"bytes":[0-9]*' lines | sort -u)" = '"bytes":0' ]
}

@test "progress: --progress-fd refuses a descriptor that is closed or an end" {
	STDOUT=out zcopy 2 --progress-fd=1 in -
	[ ! -s out ]
	zcopy 2 --progress-fd=99 in out
	zcopy 2 --progress-fd=x in out
}

@test "progress: thousands of SIGUSR1 and SIGWINCH change no byte" {
	local method
	for method in $(methods file file) auto; do
		echo "method $method"
		start -P -m "$method" --block-size=4K in out
		until heeds || gone "$pid"; do
			:
		done
		while kill -USR1 "$pid" 2>/dev/null; do
			kill -WINCH "$pid" 2>/dev/null || :
		done
		ends 0
		cmp in out
	done
}
