#!/usr/bin/env bats
# Descriptors that zcopy inherits, signals, and what zcopy prints.

load helpers
load routes

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in "$size"
}

teardown() {
	end_all
	[ -z "${other-}" ] || rm -r "$other"
}

# More than a pipe of 1 MiB holds, and not a multiple of the page size.
size=3000001

# direct ARG... - run zcopy with the descriptors of this shell as they are.
direct() {
	timeout 20 "${clean_env[@]}" "$ZCOPY" "$@" 3>&- 4>&-
}

# fails STATUS CMD ARG... - run it; fail unless it exits with STATUS.  ../said
# has its stderr.  It reports on stderr, because stdout may be /dev/full.
fails() {
	local want=$1 status=0
	shift
	"$@" 2>../said || status=$?
	printf '$ %s\n%s\n[status %s, expected %s]\n' "$*" "$(cat ../said)" \
	    "$status" "$want" >&2
	[ "$status" -eq "$want" ]
}

# paired FD DEED... -- COMMAND... - run COMMAND with a unix socket as descriptor
# FD, whose other end does the DEEDs of tests/peer.py.
paired() {
	timeout 20 python3 "$BATS_TEST_DIRNAME/peer.py" pair stream "$@"
}

# Names and positions.

@test "stdio: every name of standard input means the inherited descriptor" {
	local name
	tail -c +1001 in >expected
	for name in - /dev/stdin /dev/fd/0 /proc/self/fd/0 fd:0; do
		echo "$name"
		exec 7<in
		head -c 1000 <&7 >/dev/null
		zcopy 0 "$name" out <&7
		same expected out
		exec 7< <(cat in)
		zcopy 0 -c 100000 "$name" out <&7
		cat <&7 >>out
		same in out
	done
}

@test "stdio: every name of standard output means the inherited descriptor" {
	local name
	for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1 fd:1; do
		echo "$name"
		{ echo begin; direct in "$name"; echo end; } >out
		cmp out <(echo begin; cat in; echo end)
		{ echo begin; direct in "$name"; echo end; } | cat >out
		cmp out <(echo begin; cat in; echo end)
	done
}

@test "stdio: fd:N and /dev/fd/N mean the inherited descriptor N" {
	local from to
	for from in fd:7 /dev/fd/7; do
		for to in fd:8 /dev/fd/8; do
			echo "$from $to"
			exec 7<in 8>out
			head -c 10 <&7 >&8
			zcopy 0 "$from" "$to"
			echo end >&8
			cmp out <(cat in; echo end)
		done
	done
}

# open(2) of /dev/fd/N fails with ENXIO if that is a socket.
@test "stdio: the names of standard input and output work for a socket" {
	local name
	requires python3
	printf hello >hello
	for name in - /dev/stdin /dev/fd/0 fd:0; do
		echo "$name"
		paired 0 send=hello -- "$ZCOPY" "$name" out
		[ "$(cat out)" = hello ]
	done
	for name in - /dev/stdout /dev/fd/1 fd:1; do
		echo "$name"
		paired 1 save=out -- "$ZCOPY" in "$name"
		same in out
	done
}

@test "stdio: a malformed number, or one that is not open, is an error" {
	zcopy 2 fd: out
	zcopy 2 fd:x out
	zcopy 2 fd:-1 out
	zcopy 2 in fd:99999999999999999999
	zcopy 3 fd:97 out
	[[ $output == "zcopy: fd:97: "* ]]
	zcopy 3 /dev/fd/97 out
	zcopy 4 in fd:97
	[[ $output == "zcopy: fd:97: "* ]]
	zcopy 4 in /dev/fd/97
	[ ! -e out ]
}

@test "stdio: a descriptor that was opened the other way round is an error" {
	echo old >old
	exec 7>written 8<old
	zcopy 3 fd:7 out
	[[ $output == "zcopy: fd:7: "* ]]
	zcopy 3 /dev/stdin out 0>written
	zcopy 4 in fd:8
	[[ $output == "zcopy: fd:8: "* ]]
	fails 4 direct in - 1<old
	[ "$(cat old)" = old ]
	[ ! -e out ]
}

@test "stdio: several zcopys share the position of standard input" {
	local method
	for method in $(methods file file); do
		echo "method $method"
		{
			zcopy 0 -m "$method" -c 1000 - a
			zcopy 0 -m "$method" --offset=500 -c 2000000 - b
			zcopy 0 -m "$method" - c
		} <in
		cmp <(cat a; tail -c +1001 in | head -c 500; cat b c) in
		[ "$(stat -c %s b)" -eq 2000000 ]
	done
	for method in $(methods stream file); do
		echo "method $method, from a pipe"
		{
			zcopy 0 -m "$method" -c 1000 - a
			zcopy 0 -m "$method" --offset=500 -c 2000000 - b
			zcopy 0 -m "$method" - c
		} < <(cat in)
		cmp <(cat a; tail -c +1001 in | head -c 500; cat b c) in
		[ "$(stat -c %s b)" -eq 2000000 ]
	done
}

@test "stdio: zcopy and other programs share the position of standard input" {
	local method
	for method in $(methods file file); do
		echo "method $method"
		{
			head -c 1000 >a
			zcopy 0 -m "$method" -c 2000000 - b
			cat >c
		} <in
		cmp <(cat a b c) in
		[ "$(stat -c %s a)" -eq 1000 ]
		[ "$(stat -c %s b)" -eq 2000000 ]
	done
}

@test "stdio: several zcopys share the position of standard output" {
	local method
	for method in $(methods file file); do
		echo "method $method"
		{
			echo begin
			direct -m "$method" -c 1000000 in -
			echo middle
			direct -m "$method" --offset=1000000 in -
			echo end
		} >out
		cmp out <(echo begin; head -c 1000000 in; echo middle
		    tail -c +1000001 in; echo end)
	done
	for method in $(methods file pipe); do
		echo "method $method, to a pipe"
		{
			echo begin
			direct -m "$method" -c 1000000 in -
			echo middle
			direct -m "$method" --offset=1000000 in -
			echo end
		} | cat >out
		cmp out <(echo begin; head -c 1000000 in; echo middle
		    tail -c +1000001 in; echo end)
	done
}

@test "stdio: standard output is not truncated: data after the new data stays" {
	local method
	random_file long 4000000
	for method in $(methods file file); do
		echo "method $method"
		cp long out
		direct -m "$method" in - 1<>out
		cmp out <(cat in; tail -c +$((size + 1)) long)
	done
}

@test "stdio: between two pipes zcopy works like cat" {
	local method
	for method in $(methods stream stream); do
		echo "method $method"
		# shellcheck disable=SC2002	# no file: pipes
		cat in | direct -m "$method" - - | cat >out
		same in out
		[ "${PIPESTATUS[*]}" = "0" ]
	done
}

@test "stdio: while zcopy waits between two pipes, others can use them" {
	requires python3
	timeout 20 python3 "$BATS_TEST_DIRNAME/asleep.py" shares \
	    "$ZCOPY" - -
}

# Closed descriptors.

@test "stdio: with standard error closed, -v puts no message into the data" {
	local method
	for method in $(methods file file); do
		echo "method $method"
		direct -v -m "$method" in out 2>&-
		same in out
		direct -v -m "$method" in out 1>&- 2>&-
		same in out
		direct -v -m "$method" in out 0<&- 1>&- 2>&-
		same in out
		direct -v -m "$method" in - >out 2>&-
		same in out
	done
}

@test "stdio: with standard error closed, an error puts none into the data" {
	local status=0
	echo old >out
	direct absent out 2>&- || status=$?
	[ $status -eq 3 ]
	[ "$(cat out)" = old ]
	status=0
	direct --inplace -c 4000000 in out 2>&- || status=$?
	[ $status -eq 6 ]
	cmp out in
}

@test "stdio: with standard input closed, zcopy works if it does not need it" {
	direct in out 0<&-
	same in out
	fails 3 direct - new 0<&-
	grep -q '^zcopy: -: ' ../said
	fails 3 direct /dev/stdin new 0<&-
	[ ! -e new ]
}

@test "stdio: with standard output closed, zcopy works if it does not need it" {
	direct in out 1>&-
	same in out
	fails 4 direct in - 1>&-
	grep -q '^zcopy: -: ' ../said
	fails 4 direct in - 0<&- 1>&-
}

# O_APPEND.

@test "append: >> keeps the old content" {
	local method
	for method in auto mmap read-write; do
		echo "method $method"
		echo old >out
		direct -m "$method" in - >>out
		cmp out <(echo old; cat in)
		echo old >out
		direct -m "${method/mmap/auto}" - - < <(cat in) >>out
		cmp out <(echo old; cat in)
	done
}

@test "append: a named method that cannot append to a file gives status 9" {
	local method
	for method in copy_file_range sendfile splice; do
		echo "method $method"
		echo old >out
		direct in - >>out
		cmp out <(echo old; cat in)
		echo old >out
		fails 9 direct -m "$method" in - >>out
		grep -q "$method: " ../said
		[ "$(cat out)" = old ]
		zcopy 9 -m "$method" --append in out
		[[ $output == *"$method: "* ]]
		[ "$(cat out)" = old ]
	done
}

@test "append: a pipe with O_APPEND can be written by each method" {
	local method
	mkfifo fifo
	for method in $(methods file pipe); do
		echo "method $method"
		cat fifo >out 3>&- &
		direct -m "$method" in - >>fifo
		wait $!
		same in out
	done
}

# GNU make sets O_APPEND on its standard output, and its recipes inherit that.
@test "append: commands of a makefile write to one log, or to one pipe" {
	local make=(env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make)
	requires make
	cat >Makefile <<-'END'
		.RECIPEPREFIX = >
		all:
		>@echo begin
		>@"$(ZCOPY)" in -
		>@"$(ZCOPY)" -c 10 in -
		>@echo end
	END
	ZCOPY=$ZCOPY "${make[@]}" -s 3>&- >log
	cmp log <(echo begin; cat in; head -c 10 in; echo end)
	ZCOPY=$ZCOPY "${make[@]}" -s 3>&- | cat >log
	cmp log <(echo begin; cat in; head -c 10 in; echo end)
}

# O_NONBLOCK, as set by another process that shares the descriptor.

# nonblocking SOURCE DEST PAUSE COMMAND... - see tests/nonblock.py.
nonblocking() {
	python3 "$BATS_TEST_DIRNAME/nonblock.py" "$@"
}

# bats test_tags=slow
@test "nonblock: zcopy waits for an empty pipe, and keeps its flags" {
	local method
	requires python3
	for method in $(methods stream file); do
		echo "method $method"
		nonblocking pipe - 0.1 "$ZCOPY" -m "$method" - out
		same in out
	done
}

# bats test_tags=slow
@test "nonblock: zcopy waits for a full pipe, and keeps its flags" {
	local method
	requires python3
	for method in $(methods file pipe); do
		echo "method $method"
		nonblocking - pipe 0.1 "$ZCOPY" -m "$method" in -
		same in out
	done
}

@test "nonblock: not a byte is lost between two pipes" {
	local method
	requires python3
	for method in $(methods stream pipe); do
		echo "method $method"
		nonblocking pipe pipe 0 "$ZCOPY" -m "$method" - -
		same in out
	done
}

# bats test_tags=slow
@test "nonblock: zcopy waits for sockets, and keeps their flags" {
	local method
	requires python3
	for method in $(methods stream pipe); do
		echo "method $method"
		nonblocking unix - 0.1 "$ZCOPY" -m "$method" - out
		same in out
		nonblocking unix unix 0 "$ZCOPY" -m "$method" - -
		same in out
		nonblocking unix pipe 0 "$ZCOPY" -m "$method" - -
		same in out
	done
	for method in $(methods file pipe); do
		echo "method $method, from a file"
		nonblocking - unix 0.1 "$ZCOPY" -m "$method" in -
		same in out
	done
}

@test "nonblock: a signal ends zcopy while it waits" {
	requires python3
	python3 "$BATS_TEST_DIRNAME/asleep.py" dies-nonblock TERM \
	    "$ZCOPY" - out
	[ ! -e out ]
}

# Pipe sizes.

@test "pipe: standard output is made larger for much data, never smaller" {
	local method size now
	requires python3
	for method in $(methods file pipe); do
		for size in 4096 65536 1048576; do
			now=$(piped - $size "$ZCOPY" -m "$method" in -)
			echo "method $method: from $size to $now"
			[ "$now" -ge $size ]
			[ "$now" -gt 65536 ]
			same in out
		done
	done
	for method in $(methods stream pipe); do
		now=$(piped 65536 4096 "$ZCOPY" -m "$method" - - | tail -n 1)
		echo "method $method: from a pipe, from 4096 to $now"
		[ "$now" -gt 65536 ]
		same in out
	done
}

@test "pipe: standard input is made larger for much data, never smaller" {
	local method size now
	requires python3
	for method in $(methods stream file); do
		now=$(piped 65536 - "$ZCOPY" -m "$method" - out)
		echo "method $method: to $now"
		[ "$now" -gt 65536 ]
		same in out
		for size in 65536 1048576; do
			now=$(piped $size - "$ZCOPY" -m "$method" \
			    --pipe-size=4K - out)
			echo "method $method: from $size to $now"
			[ "$now" -ge $size ]
			same in out
		done
	done
}

@test "pipe: pipes that may not grow are used as they are" {
	local method row
	mkfifo fifo
	for method in $(methods file pipe); do
		echo "method $method"
		cat fifo >out 3>&- &
		# F_SETPIPE_SZ
		FAULT=fcntl:EPERM:1+:cmd=1031 zcopy 0 -m "$method" in fifo
		wait $!
		fault_fired
		same in out
	done
	for method in auto splice; do
		FAULT=fcntl:EPERM:1+:cmd=1031 zcopy 0 -m "$method" - out \
		    < <(cat in)
		same in out
	done
}

# SIGPIPE.

# left_after COUNT ARG... - run zcopy ARG... with a pipe as its stdout.  The
# reader closes the pipe after COUNT bytes, and leaves these in out.  ../status
# has zcopy's status, ../said its stderr.
left_after() {
	local count=$1
	shift
	{
		direct "$@" 2>../said && echo 0 >../status ||
		    echo $? >../status
	} | head -c "$count" >out
	printf 'status %s: %s\n' "$(cat ../status)" "$(cat ../said)"
}

@test "sigpipe: when the reader goes away, zcopy dies by SIGPIPE, silently" {
	local method
	head -c 100000 in >expected
	for method in $(methods file pipe); do
		echo "method $method"
		left_after 100000 -m "$method" in -
		[ "$(cat ../status)" -eq 141 ]
		[ ! -s ../said ]
		same expected out
	done
	for method in $(methods stream pipe); do
		echo "method $method, from a pipe"
		left_after 100000 -m "$method" - - < <(cat in)
		[ "$(cat ../status)" -eq 141 ]
		[ ! -s ../said ]
		same expected out
	done
}

@test "sigpipe: zcopy with an endless source ends when its reader goes away" {
	local method
	for method in auto sendfile splice read-write; do
		echo "method $method"
		left_after 1 -m "$method" /dev/zero -
		[ "$(cat ../status)" -eq 141 ]
	done
}

@test "sigpipe: when the reader of a FIFO goes away, zcopy dies by SIGPIPE" {
	mkfifo fifo
	start in fifo
	head -c 1 fifo >out
	ends 141
	[ -z "$output" ]
}

@test "sigpipe: if SIGPIPE is ignored, a broken pipe gives status 4" {
	local method
	local clean_env=(sh -c 'trap "" PIPE; exec "$@"' sh)
	for method in $(methods file pipe); do
		echo "method $method"
		left_after 1 -m "$method" in -
		[ "$(cat ../status)" -eq 4 ]
		grep -Eq '^zcopy: -: .*Broken pipe' ../said
		[ "$(wc -l <../said)" -eq 1 ]
	done
	for method in $(methods stream pipe); do
		echo "method $method, from a pipe"
		left_after 1 -m "$method" - - < <(cat in)
		[ "$(cat ../status)" -eq 4 ]
		grep -Eq '^zcopy: -: .*Broken pipe' ../said
	done
}

@test "sigpipe: a socket whose peer goes away gives status 5, and no SIGPIPE" {
	local method
	requires python3
	for method in $(methods file stream); do
		echo "method $method"
		fails 5 paired 1 take=1 -- "$ZCOPY" -m "$method" in -
		grep -Eq '^zcopy: -: .*(Broken pipe|Connection reset)' ../said
	done
}

# /dev/full.

@test "full: /dev/full as standard output is out of space, status 4" {
	local method size
	for size in 1 100000 3000001; do
		for method in auto mmap read-write; do
			echo "method $method, $size bytes"
			fails 4 direct -m "$method" -c $size in - >/dev/full
			grep -q '^zcopy: -: .*No space left on device' ../said
		done
		for method in auto read-write; do
			echo "method $method, $size bytes from a pipe"
			fails 4 direct -m "$method" -c $size - - < <(cat in) \
			    >/dev/full
			grep -q '^zcopy: -: .*No space left on device' ../said
		done
	done
	fails 4 direct in /dev/full
	grep -q '^zcopy: /dev/full: .*No space left on device' ../said
}

@test "full: sendfile and splice by name refuse /dev/full with status 9" {
	local method
	for method in sendfile splice; do
		echo "method $method"
		fails 9 direct -m "$method" in - >/dev/full
		grep -q "$method: .*Invalid argument" ../said
	done
}

@test "full: --help and lists fail if they cannot be printed" {
	local option status
	for option in --help --version --list-methods --list-options \
	    "--explain in out"; do
		status=0
		# shellcheck disable=SC2086	# operands
		direct $option >/dev/full 2>../said || status=$?
		[ $status -ne 0 ]
		grep -q 'No space left on device' ../said
	done
}

# Signals.

# True if $pid sleeps and has set its signal handlers.
waits() {
	local key value state='' caught=0
	while read -r key value; do
		case $key in
		State:)		state=${value%% *} ;;
		SigCgt:)	caught=$((16#$value)) ;;
		esac
	done <"/proc/$pid/status"
	[ "$state" = S ] && (((caught >> 14 & 1) == 1))	# SIGTERM
}

# everywhere COMMAND... - for each place where zcopy can wait: start one that
# waits there, and call COMMAND, which must end it.
everywhere() {
	local place
	mkfifo idle busy
	exec 7<>idle 8<>busy
	for place in pipe source-fifo dest-fifo full-fifo listener \
	    unix-listener peer; do
		echo "waiting at $place"
		rm -f nobody sock
		mkfifo nobody
		case $place in
		pipe)		start - out <idle ;;
		source-fifo)	start nobody out ;;
		dest-fifo)	start in nobody ;;
		full-fifo)	start in busy ;;
		listener)	listener listen:127.0.0.1:0 out ;;
		unix-listener)	listener unix-listen:sock out ;;
		peer)		listener listen:127.0.0.1:0 out
				exec 9<>"/dev/tcp/127.0.0.1/$port"
				printf x >&9 ;;
		esac
		retry waits
		"$@"
		exec 9>&-
	done
}

# dies SIGNAL NUMBER - send it to $pid, which must die by it within 4 s, keep
# the old `out`, and leave no temporary file.
dies() {
	echo "SIG$1"
	kill -"$1" "$pid"
	RETRY_SECONDS=4 ends $((128 + $2))
	[ "$(cat out)" = old ]
	[ -z "$(find . -name '*out*' ! -name out)" ]
}

@test "signal: SIGTERM ends zcopy wherever it waits, and DEST stays" {
	echo old >out
	everywhere dies TERM 15
}

@test "signal: SIGINT ends zcopy wherever it waits, and DEST stays" {
	echo old >out
	everywhere dies INT 2
}

@test "signal: SIGHUP ends zcopy wherever it waits, and DEST stays" {
	echo old >out
	everywhere dies HUP 1
}

@test "signal: after a signal, an incomplete new DEST is not there" {
	mkfifo source
	exec 7<>source
	start source out 7>&-
	cat in >&7
	retry waits
	kill -TERM "$pid"
	ends 143
	[ ! -e out ]
	[ -z "$(find . -name '*out*')" ]
}

@test "signal: as many bytes have arrived as zcopy says it has delivered" {
	local method
	mkfifo source fifo
	for method in $(methods stream file); do
		echo "method $method"
		exec 7<>source
		start --inplace -m "$method" source out 7>&-
		cat in >&7
		retry waits
		kill -TERM "$pid"
		ends 143
		[[ $output == "zcopy: out: "*"($size "* ]]
		same in out
	done
	for method in $(methods file fifo); do
		echo "method $method, to a full FIFO"
		start -m "$method" in fifo
		exec 8<fifo
		retry waits
		kill -TERM "$pid"
		ends 143
		cat <&8 >out
		[[ $output == "zcopy: fifo: "*"($(stat -c %s out) "* ]]
		cmp out <(head -c "$(stat -c %s out)" in)
	done
}

@test "signal: zcopy dies by the signal itself, not with a status like it" {
	local name
	requires python3
	for name in TERM INT HUP; do
		python3 "$BATS_TEST_DIRNAME/asleep.py" dies $name \
		    "$ZCOPY" - new
		[ ! -e new ]
	done
}

@test "signal: signals that were ignored at the start stay ignored" {
	local name
	local clean_env=(sh -c 'trap "" HUP INT TERM; exec "$@"' sh)
	mkfifo source
	exec 7<>source
	start source out 7>&-
	cat in >&7
	retry waits_ignoring
	for name in HUP INT TERM; do
		kill -$name "$pid"
	done
	echo more >&7
	exec 7>&-
	ends 0
	cmp out <(cat in; echo more)
}

# As `waits`, for a zcopy that ignores SIGTERM, and so has no handler for it.
waits_ignoring() {
	grep -q '^State:[[:space:]]*S' "/proc/$pid/status"
}

@test "signal: under nohup SIGHUP does not end zcopy" {
	local clean_env=(nohup)
	requires nohup
	mkfifo source
	exec 7<>source
	start source out 7>&-
	cat in >&7
	retry waits
	kill -HUP "$pid"
	exec 7>&-
	ends 0
	same in out
}

# asked - for `retry`: send SIGUSR1; true once it is answered.  It is sent more
# than once, because zcopy answers a signal that comes just before it begins to
# wait only after the wait.
asked() {
	kill -USR1 "$pid"
	grep -Eq '^zcopy: .*[0-9]+ bytes' "$log"
}

@test "signal: SIGUSR1 prints one line, and zcopy continues" {
	local method
	mkfifo source
	for method in $(methods stream file); do
		echo "method $method"
		exec 7<>source
		start -m "$method" source out 7>&-
		cat in >&7
		retry waits
		kill -USR1 "$pid"
		retry grep -Eq "^zcopy: .*\b$size bytes" "$log"
		[ "$(wc -l <"$log")" -eq 1 ]
		retry waits
		kill -USR1 "$pid"
		retry two_lines
		echo more >&7
		exec 7>&-
		ends 0
		cmp out <(cat in; echo more)
		[ "$(wc -l <"$log")" -eq 2 ]
	done
}

# two_lines - for `retry`: zcopy has printed two lines.
two_lines() {
	[ "$(wc -l <"$log")" -eq 2 ]
}

@test "signal: SIGUSR1 is answered while zcopy waits for its reader" {
	local method
	mkfifo fifo
	for method in $(methods file fifo); do
		echo "method $method"
		exec 7<>fifo
		start -m "$method" in fifo
		retry waits
		retry asked
		head -c "$size" <&7 >out
		ends 0
		same in out
	done
}

@test "signal: SIGUSR1 is answered wherever zcopy waits" {
	everywhere is_answered
}

# SIGUSR1 is answered, and zcopy goes on waiting: SIGTERM ends it.
is_answered() {
	RETRY_SECONDS=3 retry asked
	kill -TERM "$pid"
	ends 143
}

@test "signal: SIGUSR1 ends no wait for a FIFO or a connection" {
	mkfifo source fifo
	start source out
	retry waits
	kill -USR1 "$pid"
	cat in >source
	ends 0
	same in out

	start in fifo
	retry waits
	kill -USR1 "$pid"
	cat fifo >out
	ends 0
	same in out

	listener listen:127.0.0.1:0 out
	retry waits
	kill -USR1 "$pid"
	zcopy 0 in "127.0.0.1:$port"
	ends 0
	same in out
}

# Signals come so fast that most calls are interrupted.
@test "signal: not a byte is lost while SIGUSR1 comes all the time" {
	local method
	for method in $(methods file file); do
		echo "method $method"
		start -m "$method" --block-size=32 in out
		until heeds || gone "$pid"; do
			:
		done
		while kill -USR1 "$pid" 2>/dev/null; do
			:
		done
		ends 0
		same in out
		cat "$log" >>../answers
	done
	[ -s ../answers ]
}

@test "signal: SIGUSR1 stays ignored if it was ignored at the start" {
	local clean_env=(sh -c 'trap "" USR1; exec "$@"' sh)
	mkfifo source
	exec 7<>source
	start source out 7>&-
	cat in >&7
	retry waits
	kill -USR1 "$pid"
	exec 7>&-
	ends 0
	same in out
	[ -z "$output" ]
}

# What zcopy prints.

@test "verbose: without options a success prints nothing" {
	zcopy 0 in out
	[ -z "$output" ]
	zcopy 0 - out <in
	[ -z "$output" ]
	zcopy 0 -q in out
	[ -z "$output" ]
}

# says REGEX... - true if $output has a line for each REGEX, in order, and no
# others.
says() {
	local line i=0
	while read -r line; do
		echo "> $line"
		[ $# -gt 0 ] || { echo "nothing more expected"; return 1; }
		[[ $line =~ ^zcopy:\ $1$ ]] || { echo "no: $1"; return 1; }
		shift
	done <<<"$output"
	[ $# -eq 0 ] || { echo "missing: $1"; return 1; }
}

exdev='refused at 0: EXDEV \(Invalid cross-device link\)'
speed='in [0-9]+\.[0-9]{3} s, [0-9]+\.[0-9] MB/s'

@test "verbose: -v prints the plan and what was done" {
	zcopy 0 -v in out
	says 'plan: copy_file_range sendfile read-write' \
	    "done: $size bytes $speed, method copy_file_range"
	zcopy 0 --verbose - out < <(cat in)
	says 'plan: read-write' "done: $size bytes $speed, method read-write"
	zcopy 0 -v -m read-write in out
	says 'plan: read-write' "done: $size bytes $speed, method read-write"
}

@test "verbose: -v prints which method was refused, where, and with which errno" {
	FAULT=copy_file_range:EXDEV:1 zcopy 0 -v in out
	fault_fired
	says 'plan: copy_file_range sendfile read-write' \
	    "copy_file_range: $exdev" \
	    "done: $size bytes $speed, method sendfile"
	same in out
}

@test "verbose: after a refusal half way, both methods are named" {
	FAULT=kernel:EINVAL:3+ zcopy 0 -v --block-size=64K in out
	fault_fired
	says 'plan: copy_file_range sendfile read-write' \
	    'copy_file_range: refused at 131072: EINVAL \(Invalid argument\)' \
	    'sendfile: refused at 131072: EINVAL \(Invalid argument\)' \
	    "done: $size bytes $speed, method copy_file_range\+read-write"
	same in out
}

@test "verbose: -v prints the kernel's refusal across file systems" {
	other=$(mktemp -d /dev/shm/zcopy.XXXXXX) || skip "no /dev/shm"
	cp in "$other/in"
	[ "$(stat -c %d in)" -ne "$(stat -c %d "$other/in")" ] ||
	    skip "the tests run in /dev/shm"
	zcopy 0 -v "$other/in" out
	says 'plan: copy_file_range sendfile read-write' \
	    "copy_file_range: $exdev" \
	    "done: $size bytes $speed, method sendfile"
	same in out
}

@test "verbose: the lines go to standard error, the data does not" {
	direct -v in - >out 2>../said
	same in out
	[ "$(grep -c '^zcopy: ' ../said)" -eq 2 ]
	[ "$(wc -l <../said)" -eq 2 ]
}

@test "verbose: a failure prints the plan and one error, and no summary" {
	zcopy 6 -v -c 4000000 in out
	says 'plan: copy_file_range sendfile read-write' \
	    "in: .*\b$size\b.*"
	[[ $output != *done:* ]]
}

# half FILE FROM-TO - write random bytes of this range, in tr(1)'s form, to FILE.
half() {
	random_file "$1" 6M
	LC_ALL=C tr -dc "$2" <"$1" >"$1.half"
	mv "$1.half" "$1"
}

# Each of them takes the pipe's room that the other one waits for.  The reader
# takes so little at a time that the pipe is full.
@test "stdout: two zcopys into one pipe lose nothing, and keep their order" {
	local first method reader
	half low '\000-\177'
	half high '\200-\377'
	mkfifo pipe
	for method in auto read-write sendfile; do
		echo "$method"
		dd bs=512 <pipe >got 2>dd.log 3>&- &
		reader=$!
		exec 7>pipe
		STDOUT=pipe start low -
		first=$pid
		STDOUT=pipe start -m "$method" high -
		exec 7>&-
		ends 0
		ends 0 "$first"
		wait "$reader"
		LC_ALL=C tr -d '\200-\377' <got | same - low
		LC_ALL=C tr -d '\000-\177' <got | same - high
	done
}

@test "verbose: an error is one line, with the name as it was typed" {
	local name
	ln -s in link
	for name in ./absent absent file:absent; do
		zcopy 3 "$name" out
		[ "$output" = "zcopy: $name: open: No such file or directory" ]
	done
	zcopy 4 in ./none/out
	says '\./none/out: .*: No such file or directory'
	zcopy 4 ./link ../"${PWD##*/}"/in
	says "\\.\\./${PWD##*/}/in: .*"
}

@test "quiet: -q omits where zcopy listens, but no error" {
	local status=0
	start -q unix-listen:sock out
	retry test -S sock
	retry zcopy 0 -q in unix:sock
	ends 0
	same in out
	[ -z "$output" ]
	zcopy 3 -q absent out
	[ "$output" = "zcopy: absent: open: No such file or directory" ]
	zcopy 6 --quiet -c 4000000 in out
	[[ $output == "zcopy: in: "* ]]
}
