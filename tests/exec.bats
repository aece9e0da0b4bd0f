#!/usr/bin/env bats
# exec:COMMAND: the exit status of a command counts, and no command sees an
# orderly end of half the data.
# bats file_tags=slow

# shellcheck disable=SC2016	# for the other shell

load helpers
load peer

SIZE=300000

setup_file() {
	random_file "$BATS_FILE_TMPDIR/in" "$SIZE"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	in=$BATS_FILE_TMPDIR/in
	alive=$BATS_TEST_TMPDIR.alive
	mkfifo "$alive"
	exec 9<>"$alive"
}

# A command inherits descriptor 8 of zcopy, but its guardian does not keep it:
# `watched zcopy ...` or `watched start ...`, and then `all_gone`.
watched() {
	"$@" 8>"$alive" 9>&-
}

# all_gone - wait until zcopy and every process of its command have ended.
all_gone() {
	exec 6<"$alive" 9>&-
	timeout 20 cat <&6
	exec 6<&- 9<>"$alive"
}

# told STATUS TEXT ARG... - zcopy ends with STATUS, TEXT is its message, and
# nothing of the command is left.
told() {
	watched zcopy "$1" "${@:3}"
	printf 'expected:\n%s\n' "zcopy: $2"
	[ "$output" = "zcopy: $2" ]
	all_gone
}

# not_taken HOW COMMAND - zcopy gives it 5 bytes, and it ends like HOW before it has
# read them.  If it is quick, write(2) fails.
not_taken() {
	watched zcopy 4 - exec:"$2" <<<data
	local text="zcopy: exec:$2: $1 before it had taken everything"
	[ "$output" = "$text (5 bytes unread)" ] ||
	    [ "$output" = "$text (0 bytes delivered)" ]
	all_gone
}

# kept STATUS TEXT OPTION... COMMAND - the same with a command as SOURCE; the
# old DEST stays.
kept() {
	local count=$(($# - 3))
	echo old >out
	told "$1" "exec:${*: -1}: $2" "${@:3:count}" exec:"${*: -1}" out
	[ "$(cat out)" = old ]
}

@test "exec: SOURCE is what a command prints" {
	zcopy 0 exec:"cat '$in'" out
	same "$in" out
	zcopy 0 exec:"head -c 10 '$in'; tail -c +11 '$in'" out
	same "$in" out
	zcopy 0 exec:: out
	[ ! -s out ]
}

@test "exec: DEST is the standard input of a command" {
	zcopy 0 "$in" exec:'cat >out'
	same "$in" out
	zcopy 0 "$in" exec:'cat | (cat) >out2'
	same "$in" out2
	zcopy 0 - exec:'cat >out3' <"$in"
	same "$in" out3
	zcopy 0 - exec:'cat >out4' < <(cat "$in")
	same "$in" out4
}

@test "exec: both ends may be commands" {
	zcopy 0 exec:"cat '$in'" exec:'cat >out'
	same "$in" out
	zcopy 3 exec:"cat '$in'; false" exec:'cat >out && echo whole >whole'
	[ ! -e whole ]
	zcopy 4 exec:"cat '$in'" exec:'cat >out; false'
}

@test "exec: a SOURCE that fails leaves DEST as it was" {
	local moved="($SIZE bytes moved; DEST is unchanged)"
	kept 3 "exited with status 1 $moved" "cat '$in'; false"
	kept 3 "exited with status 141 $moved" "cat '$in'; exit 141"
	kept 3 "killed by SIGKILL $moved" "cat '$in'; kill -9 \$\$"
	kept 3 "killed by SIGPIPE $moved" "cat '$in'; kill -PIPE \$\$"
	kept 3 "exited with status 7 (0 bytes moved; DEST is unchanged)" "exit 7"
}

@test "exec: SOURCE may be cut by --bytes" {
	zcopy 0 -c 1000 exec:'yes' out
	same <(yes | head -c 1000) out
	zcopy 0 -c 1000 exec:"cat '$in'" out
	zcopy 0 -c 1000 exec:"cat '$in'; exit \$?" out
	same <(head -c 1000 "$in") out
	zcopy 0 -c "$SIZE" exec:"cat '$in'" out
	same "$in" out
	zcopy 0 -c 0 exec:'yes' out
	[ ! -s out ]
	kept 3 "exited with status 1 (1000 bytes moved; DEST is unchanged)" \
	    -c 1000 "head -c 1000 '$in'; false"
	kept 3 "killed by SIGTERM (1000 bytes moved; DEST is unchanged)" \
	    -c 1000 "head -c 1000 '$in'; kill \$\$"
}

@test "exec: the failure of a SOURCE that ends early is the message" {
	local moved="10 bytes moved; DEST is unchanged"
	kept 3 "exited with status 4 ($moved)" -c 1000 "head -c 10 '$in'; exit 4"
	kept 3 "exited with status 4 ($moved)" --allow-short -c 1000 \
	    "head -c 10 '$in'; exit 4"
	kept 6 "read: SOURCE ended early (10 of 1000 ${moved#10 })" \
	    -c 1000 "head -c 10 '$in'"
	zcopy 0 --allow-short -c 1000 exec:"head -c 10 '$in'" out
	same <(head -c 10 "$in") out
	kept 3 "exited with status 9 (0 ${moved#10 })" --offset=100 \
	    "echo; exit 9"
	kept 3 "exited with status 9 (0 ${moved#10 })" --offset=100 \
	    --allow-short "echo; exit 9"
	kept 6 "--offset: 100 is past the end (0 ${moved#10 })" --offset=100 echo
	zcopy 0 --offset=10 exec:"cat '$in'" out
	same <(tail -c +11 "$in") out
}

@test "exec: a SOURCE that fails gets no trailer" {
	echo end >trailer
	zcopy 3 --trailer=trailer exec:'echo data; false' - 2>/dev/null
	[[ $output == *data* && $output != *end* ]]
	STDOUT=got zcopy 0 --header=trailer --trailer=trailer exec:'echo data' -
	[ "$(cat got)" = "$(printf 'end\ndata\nend')" ]
}

@test "exec: the peer of a SOURCE that fails gets a reset" {
	listener listen:127.0.0.1:0 out
	zcopy 3 exec:"cat '$in'; false" "127.0.0.1:$port"
	ends 5
	[ ! -e out ]
	listener listen:127.0.0.1:0 out
	zcopy 0 exec:"cat '$in'" "127.0.0.1:$port"
	ends 0
	same "$in" out
	listener listen:127.0.0.1:0 exec:'cat >out2'
	zcopy 0 exec:"cat '$in'" "127.0.0.1:$port"
	ends 0
	same "$in" out2
}

@test "exec: SOURCE goes on to the end of its background children" {
	zcopy 0 exec:"(sleep 0.2; echo late) & echo soon" out
	[ "$(cat out)" = "$(printf 'soon\nlate')" ]
	told 3 "exec:sleep 99 & echo soon: read: nothing moved for 0.3 s \
(5 bytes moved; DEST is unchanged)" --timeout=0.3 exec:"sleep 99 & echo soon" new
}

@test "exec: --timeout ends the wait for a command" {
	local why="waiting for the command to exit: nothing moved for 0.3 s"
	kept 3 "read: nothing moved for 0.3 s (0 bytes moved; DEST is unchanged)" \
	    --timeout=0.3 "sleep 99"
	kept 3 "$why" --timeout=0.3 "echo; exec >&-; sleep 99"
	kept 3 "read: nothing moved for 0.3 s (0 bytes moved; DEST is unchanged)" \
	    --timeout=0.3 "kill -STOP \$\$"
	told 4 "exec:cat; sleep 99: $why" --timeout=0.3 - \
	    exec:'cat; sleep 99' </dev/null
	told 4 "exec:sleep 99: $why" --timeout=0.3 - exec:'sleep 99' <<<data
	told 4 "exec:kill -STOP \$\$: $why" --timeout=0.3 - \
	    exec:'kill -STOP $$' <<<data
}

@test "exec: a DEST that fails is status 4" {
	told 4 "exec:cat >out; exit 3: exited with status 3" "$in" \
	    exec:'cat >out; exit 3'
	told 4 "exec:cat >out; kill -9 \$\$: killed by SIGKILL" "$in" \
	    exec:'cat >out; kill -9 $$'
	not_taken "exited with status 3" 'exit 3'
	zcopy 4 "$in" exec:'./nothing'
	[[ $output == *": exited with status 127 before it had taken"* ]]
}

@test "exec: a DEST that exits with 0 must have taken everything" {
	local why="exited with status 0 before it had taken everything"
	not_taken "exited with status 0" true
	told 4 "exec:dd bs=2 count=1 status=none >out: $why (3 bytes unread)" \
	    - exec:'dd bs=2 count=1 status=none >out' <<<data
	zcopy 4 --pipe-size=64K "$in" exec:'dd bs=10 count=1 status=none >out'
	[[ $output =~ $why" ("[0-9]+" bytes delivered of "[0-9]+" that" ]]
	zcopy 0 - exec:true </dev/null
	zcopy 0 - exec:'dd bs=5 count=1 status=none >out' <<<data
	[ "$(cat out)" = data ]
}

@test "exec: a broken DEST never ends zcopy by SIGPIPE" {
	not_taken "closed its standard input" 'exec <&-; sleep 99'
	zcopy 4 "$in" exec:'exec <&-; echo going on; sleep 99'
	[[ $output == *"closed its standard input before"* ]]
}

@test "exec: a DEST that has exited is noticed while SOURCE is silent" {
	mkfifo fifo
	exec 7<>fifo
	echo data >&7
	zcopy 4 fifo exec:'read -r x; exit 5' 7>&-
	[[ $output == *": exited with status 5 before it had taken"* ]]
}

@test "exec: a child may take the data after DEST has exited" {
	zcopy 0 "$in" exec:'exec 4<&0
		{ sleep 0.3; cat >out; echo all >whole; } <&4 &'
	retry [ -e whole ]
	same "$in" out
}

@test "exec: a DEST may change SOURCE when it has taken all" {
	local method
	for method in auto sendfile splice read-write; do
		cp "$in" late
		zcopy 0 -m "$method" late exec:'cat >out && echo new >late'
		same "$in" out
		[ "$(cat late)" = new ]
	done
}

# lends METHOD - SOURCE changes when the pipe has all of it, but the command
# has not read it yet.
lends() {
	rm -f whole
	cp "$in" late
	start --pipe-size=1M -m "$1" late \
	    exec:'read -r x <fifo; cat >out && echo whole >whole'
	retry waiting
	truncate -s 1000 late
	echo >fifo
}

# waiting - true if $pid waits for the command.
waiting() {
	answers 'waiting for the command'
}

@test "exec: no end of lent pages that change before DEST has read them" {
	local method
	mkfifo fifo
	for method in auto sendfile splice; do
		watched lends "$method"
		ends 7
		[[ $output == *"late: read: it changed before exec:"* ]]
		all_gone
		[ ! -e whole ]
	done
}

@test "exec: a DEST that is slow gets all" {
	zcopy 0 -v "$in" exec:'sleep 0.3; cat >out; sleep 0.3'
	same "$in" out
	[[ $output == *"exec:sleep 0.3; cat >out; sleep 0.3: started"* ]]
	[[ $output == *": exited with status 0"* ]]
	zcopy 0 -P - exec:'sleep 2; cat >out' <<<data
	[[ $output == *"waiting for the command to exit"* ]]
	zcopy 0 --json - exec:'sleep 0.3; cat >out' <<<data
	[[ $output == *'"kind":"pipe","bytes":5,'*'"confirm":0.'[2-9]* ]]
}

## How a transfer that fails ends

# Commands that would take an orderly end for the whole.
WITNESSES=(
	'cat >got && echo whole >whole'
	'cat | { cat >got && echo whole >whole; }'
	'setsid sh -c "cat >got && echo whole >whole"'
	'exec 4<&0; (cat >got && echo whole >whole) <&4 & wait'
	'cat >got; echo whole >whole'
	# These take two seconds to kill.
	'cat | (trap "" TERM; cat >got && echo whole >whole)'
	'trap "" TERM; cat >got && echo whole >whole'
)

# witness COMMAND ARG... - start zcopy with this command as DEST, and a FIFO as
# SOURCE, descriptor 7; wait until it has got some of the data.
witness() {
	rm -f fifo got whole
	mkfifo fifo
	exec 7<>fifo
	watched start "${@:2}" fifo exec:"$1" 7>&-
	head -c "${some:-1000}" "$in" >&7
	retry [ -s got ]
}

# not_whole - fail if the command has seen an end.
not_whole() {
	all_gone
	exec 7>&-
	[ -e got ]
	[ ! -e whole ]
}

@test "exec: if zcopy is killed, no command sees an end" {
	local command
	for command in "${WITNESSES[@]}"; do
		echo "$command"
		witness "$command"
		kill -KILL "$pid"
		ends 137
		not_whole
	done
}

@test "exec: if a signal ends zcopy, no command sees an end" {
	local command
	for command in "${WITNESSES[@]:0:5}"; do
		echo "$command"
		witness "$command"
		kill -TERM "$pid"
		ends 143
		not_whole
	done
}

@test "exec: if SOURCE fails, no command sees an end" {
	local command
	for command in "${WITNESSES[@]:0:5}"; do
		rm -f got whole
		watched zcopy 3 exec:"head -c 1000 '$in'
			until [ -s got ]; do sleep 0.02; done; false" \
		    exec:"$command"
		not_whole
	done
	witness "${WITNESSES[0]}" -c 2000
	exec 7>&-
	ends 6
	not_whole
}

@test "exec: a command that catches SIGTERM and reads on sees no end" {
	requires python3
	local command="cat | python3 '$BATS_TEST_DIRNAME/reads-on.py' got whole"
	witness "$command"
	kill -KILL "$pid"
	ends 137
	not_whole
	witness "$command"
	kill -TERM "$pid"
	ends 143
	not_whole
	zcopy 0 "$in" exec:"$command"
	same "$in" got
	[ -e whole ]
}

@test "exec: the end of zcopy's whole process group is no end of the data" {
	rm -f fifo
	mkfifo fifo
	exec 7<>fifo
	watched setsid bash -c 'echo $$ >pid
		"$ZCOPY" fifo exec:"cat | { cat >got && echo whole >whole; }" &
		wait' 7>&- 3>&- &
	echo data >&7
	retry [ -s got ]
	kill -KILL -"$(cat pid)"
	not_whole
}

@test "exec: zcopy ends when its command is dead" {
	zcopy 3 exec:'echo; false' exec:"trap '' TERM; cat; exec sleep 99.$$"
	run pgrep -f "sleep 99.$$"
	echo "left: $output"
	[ "$status" -eq 1 ]
}

@test "exec: SIGTERM ends a shell that waits, long before SIGKILL would" {
	local began round
	began=$(now)
	for ((round = 0; round < 20; round++)); do
		watched zcopy 3 exec:"head -c 9 '$in'; sleep 0.03; false" \
		    exec:'setsid cat >got && echo whole >whole'
		all_gone
		[ ! -e whole ]
	done
	# Microseconds.  A third of them took two seconds each.
	[ $(($(now) - began)) -lt 10000000 ]
}

@test "exec: SOURCE is ended with zcopy" {
	local signal
	for signal in KILL TERM; do
		echo old >out
		rm -f ready
		watched start exec:'trap "" TERM; (sleep 99; echo) & : >ready
			cat /dev/zero | cat' out
		retry [ -e ready ]
		kill "-$signal" "$pid"
		ends $((128 + $(kill -l $signal)))
		all_gone
		[ "$(cat out)" = old ]
	done
}

@test "exec: a guardian that was killed is an error" {
	witness "${WITNESSES[0]}"
	local guardian
	guardian=$(pgrep -P "$pid" -x zcopy-guardian)
	kill -KILL "$guardian"
	exec 7>&-
	ends 4
	[[ $output == *"its guardian process was killed"* ]]
	all_gone
	# If the transfer fails as well, zcopy itself ends the command.
	local command
	for command in "${WITNESSES[@]}"; do
		witness "$command"
		kill -KILL "$(pgrep -P "$pid" -x zcopy-guardian)"
		kill -TERM "$pid"
		ends 143
		not_whole
	done
}

@test "exec: reads of /proc that are interrupted or short hide no process" {
	local what every first
	# If the number of processes is a multiple, the same one is hit in each
	# round.
	for what in EINTR one; do
		for every in 2 3 5; do
			for (( first = 1; first <= every; first++ )); do
				FAULT=read:$what:$first+$every zcopy 3 \
				    exec:'unset LD_PRELOAD; false' \
				    exec:'unset LD_PRELOAD; cat >got; : >whole'
				fault_fired
				[[ $output != *"could not be ended"* ]]
				[ ! -e whole ]
			done
		done
	done
}

@test "exec: nobody waits for a guardian that cannot be told anything" {
	FAULT=send:EPERM:1+ zcopy 4 "$in" exec:'cat >got'
	fault_fired
	FAULT=send:EPERM:1+ zcopy 3 exec:'echo x' out
	fault_fired
	[ ! -e out ]
}

@test "exec: a guardian that was killed is noticed with SIGCHLD ignored" {
	requires env
	rm -f fifo
	mkfifo fifo
	exec 7<>fifo
	env --ignore-signal=CHLD "$ZCOPY" fifo exec:"${WITNESSES[0]}" \
	    3>&- 7>&- 8>"$alive" 9>&- &
	pid=$!
	echo data >&7
	retry [ -s got ]
	kill -KILL "$(pgrep -P "$pid" -x zcopy-guardian)"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 143 ]
	not_whole
}

# $EXEC_ROUNDS: how many kills.  `scripts/matrix commands` makes 300.
@test "exec: kills of zcopy, the shell or a child at random places" {
	local rounds=${EXEC_ROUNDS:-9} round landed=0 command some shell
	for ((round = 0; round < rounds; round++)); do
		some=$((1 + RANDOM * SIZE / 32768))
		case $((round % 3)) in
		0)	command=${WITNESSES[RANDOM % ${#WITNESSES[@]}]}
			witness "$command"
			kill -KILL "$pid"
			ends 137 ;;
		1)	command='echo $$ >shell
				cat >got && echo whole >whole'
			witness "$command"
			kill -KILL "$(cat shell)"
			tail -c +$((some + 1)) "$in" >&7 || :
			exec 7>&-
			ends 4
			# Its child has taken everything.
			if [ -e whole ]; then
				same "$in" got
				rm whole
			fi ;;
		2)	command='sh -c "echo \$\$ >child; exec cat" >got &&
				echo whole >whole'
			witness "$command"
			kill -KILL "$(cat child)"
			ends 4 ;;
		esac
		not_whole || { echo "round $round, $some bytes: $command"; false; }
		: $((landed += 1))
	done
	echo "kills: $landed"
	[ "$landed" -eq "$rounds" ]
}

## What a command gets

@test "exec: a command has the signals that zcopy was started with" {
	local each
	requires env
	cat >plain <<<'grep "^Sig[BI]" /proc/self/status'
	for each in '' --ignore-signal=PIPE --ignore-signal=ALRM,RTMIN,XFSZ,CHLD \
	    --block-signal=TERM,USR1,ALRM --ignore-signal=HUP,INT; do
		# shellcheck disable=SC2086	# none, or one
		env --default-signal $each sh plain >want 3>&-
		# shellcheck disable=SC2086
		env --default-signal $each "$ZCOPY" exec:'. ./plain' got 3>&-
		same want got
		# shellcheck disable=SC2086
		env --default-signal $each "$ZCOPY" - exec:'. ./plain >got2' \
		    </dev/null 3>&-
		same want got2
	done
}

@test "exec: a command has its pipe, and no descriptor of zcopy" {
	cat >plain <<<'fd=0; while [ "$fd" -lt 300 ]; do
		[ ! -e "/proc/$$/fd/$fd" ] || echo "$fd"; fd=$((fd + 1)); done'
	exec 5<"$in"
	sh plain </dev/null >want 3>&-
	grep -qx 5 want
	"$ZCOPY" exec:'exec sh plain' got 3>&-
	same want got
	"$ZCOPY" "$in" exec:'sh plain >got; cat >/dev/null' 3>&-
	same want got
	# Of the descriptors that zcopy inherited, an end is not passed on.
	"$ZCOPY" fd:5 exec:'sh plain >got; cat >/dev/null' 3>&-
	same <(grep -vx 5 want) got
	zcopy 0 exec:'readlink /proc/self/fd/0 /proc/self/fd/1' out
	[[ $(cat out) == /dev/null$'\n'pipe:* ]]
	zcopy 0 "$in" exec:'readlink /proc/self/fd/0 >out; cat >/dev/null'
	[[ $(cat out) == pipe:* ]]
	exec 5<&-
}

@test "exec: nothing is started too early, or by --explain" {
	zcopy 0 --explain exec:'>ran' exec:'>ran'
	[[ $output == *"type       exec"*"kind       pipe"* ]]
	[[ $output == *"way        sent to the command's standard input"* ]]
	zcopy 3 nothing exec:'>ran'
	zcopy 4 exec:'>ran' nowhere/out
	zcopy 6 -c 10 --offset=10 - exec:'>ran' <<<data
	[ ! -e ran ]
}

@test "exec: an empty command is a usage error" {
	local name
	for name in exec: 'exec: ' $'exec:\n\t'; do
		zcopy 2 "$name" out
		[[ $output == *": the command is missing: exec:'COMMAND"* ]]
		zcopy 2 "$in" "$name"
	done
	only
}

@test "exec: options that need a file are refused" {
	local option
	for option in --sync --append --inplace --no-clobber --seek=1; do
		zcopy 2 "$option" "$in" exec:'>ran'
		[[ $output == *"${option%=1}: only for files"* ]]
	done
	zcopy 2 --sparse=always "$in" exec:'>ran'
	zcopy 2 --preserve "$in" exec:'>ran'
	zcopy 2 --header=exec:'>ran' "$in" out
	[[ $output == *"a header or trailer must be a file or a descriptor" ]]
	zcopy 2 --discard exec:'>ran'
	only
}

@test "exec: a name is escaped in messages" {
	zcopy 3 exec:$'exit 1 #\e[31m' out
	[[ $output == *'exec:exit 1 #\033[31m: exited with status 1'* ]]
}

@test "exec: the message of a long command says what happened" {
	local long
	long=$(printf '%100000s' '')
	zcopy 3 exec:"exit 5 #$long" out
	[[ $output == "zcopy: exec:exit 5 #  "*"  ...: exited with status 5 ("* ]]
	zcopy 4 "$in" exec:"exit 5 #$long"
	[[ $output == *"  ...: exited with status 5 before it"* ]]
}

@test "exec: --benchmark starts a command for each pass" {
	zcopy 0 --benchmark --rounds=2 exec:"echo >>began; cat '$in'" \
	    exec:'cat >/dev/null; echo >>passes'
	[[ $output == *"SOURCE alone"* && $output == *"SOURCE to DEST"* ]]
	[[ $output == *"DEST alone was not measured"* ]]
	[[ $output != *$'\nDEST alone'* ]]
	[ "$(wc -l <began)" -gt 2 ]
	[ "$(wc -l <passes)" -gt 1 ]
	zcopy 3 --benchmark --rounds=1 exec:false /dev/null
}

@test "exec: without /proc nothing is started" {
	requires_namespace -m
	# The leak sanitizer needs /proc, too.
	export LSAN_OPTIONS=detect_leaks=0
	run unshare -m sh -c 'umount -l /proc && exec "$@"' sh \
	    "$ZCOPY" exec:'>ran' out 3>&-
	echo "$output"
	[ "$status" -eq 3 ]
	[[ $output == *"exec: needs /proc"*"No such file"* ]]
	run unshare -p -f "$ZCOPY" "$in" exec:'>ran' 3>&-
	echo "$output"
	[ "$status" -eq 4 ]
	[[ $output == *"another PID namespace"* || $output == *"No such file"* ]]
	only
}

@test "exec: where there is no close_range(2), nothing else changes" {
	requires strace
	local command
	for command in 'cat >got' 'cat >got; exit 3'; do
		rm -f got
		TRACE='-e trace=close_range -e inject=close_range:error=ENOSYS' \
		    zcopy $((${#command} > 8 ? 4 : 0)) "$in" exec:"$command"
		same "$in" got
	done
	fault_fired
}

## Terminals

# job ARG... - see tests/job.py.
job() {
	requires python3
	rm -f ready
	run timeout 60 python3 "$BATS_TEST_DIRNAME/job.py" "$@" 3>&- 8>"$alive" \
	    9>&-
	echo "[status $status] $output"
	all_gone
}

@test "exec: a command may read the terminal" {
	job fg 'secret\n' "$ZCOPY" \
	    exec:': >ready; read -r x </dev/tty; echo "got $x"' out
	[ "$status" -eq 0 ]
	[ "$(cat out)" = "got secret" ]
	job fg 'secret\n' "$ZCOPY" "$in" \
	    exec:': >ready; read -r x </dev/tty; cat >"$x"'
	[ "$status" -eq 0 ]
	same "$in" secret
}

@test "exec: ^C ends zcopy and its command by SIGINT" {
	echo old >out
	job fg '\x03' "$ZCOPY" exec:': >ready; sleep 99' out
	[ "$status" -eq 130 ]
	[ "$(cat out)" = old ]
	job fg '\x03' "$ZCOPY" /dev/zero \
	    exec:'trap "" INT; : >ready; cat >/dev/null && echo whole >whole'
	[ "$status" -eq 130 ]
	[ ! -e whole ]
}

@test "exec: ^Z stops zcopy and its command, and fg continues them" {
	job fg '\x1a\n' "$ZCOPY" exec:': >ready; read -r x </dev/tty; echo on' out
	[ "$status" -eq 0 ]
	[[ $output == *"stopped by 20"* ]]
	[ "$(cat out)" = on ]
}

@test "exec: in the background, a command that reads the terminal stops" {
	job bg 'secret\n' "$ZCOPY" \
	    exec:': >ready; read -r x </dev/tty; echo "got $x"' out
	[ "$status" -eq 0 ]
	[[ $output == *"stopped by 21"* ]]
	[ "$(cat out)" = "got secret" ]
}
