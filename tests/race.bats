#!/usr/bin/env bats
# scripts/race: small races, to test what is printed, not who wins.
# bats file_tags=slow

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	requires python3
	farend=$TEST_BIN/farend
}

# race STATUS ARG... - run it; fail unless it exits with STATUS and leaves
# nothing behind.  $path, if set, is where it finds peers.
race() {
	local want=$1
	shift
	mkdir -p here
	run timeout -k 9 120 env "PATH=${path-$PATH}" \
	    "$BATS_TEST_DIRNAME/../scripts/race" \
	    --build "${TEST_BIN%/*}" --dir here "$@" 3>&-
	printf '$ race %s\n%s\n[status %s, expected %s]\n' \
	    "$*" "$output" "$status" "$want"
	[ "$status" -eq "$want" ] && [ -z "$(ls -A here)" ]
}

# script FILE TEXT - make FILE a program that executes TEXT with the shell.
script() {
	mkdir -p "${1%/*}"
	printf '#!/bin/sh\n%s\n' "$2" >"$1"
	chmod +x "$1"
}

# lane NAME - print the part of the last output for this lane.
lane() {
	awk -v lane="$1" '/^== / { shown = $2 == lane ":" } shown' \
	    <<<"$output"
}

# table STATUS FILE... - print README's table of FILEs; fail unless it exits with
# STATUS.
table() {
	local want=$1
	shift
	run timeout 20 "$BATS_TEST_DIRNAME/../scripts/race" --table "$@"
	printf '$ race --table %s\n%s\n[status %s, expected %s]\n' \
	    "$*" "$output" "$status" "$want"
	[ "$status" -eq "$want" ]
}

# table_rows - print the rows of README's table in the last output, a lane each.
table_rows() {
	# A line that only has a further peer is indented deeply.
	awk '/^    lane / { rows = 1; next } /^$/ { rows = 0 }
	    rows && !/^      /' <<<"$output"
}

@test "race: --list names the lanes, one a line" {
	race 0 --list
	[ "${lines[0]}" = file-pipe ]
	[[ $output == *$'\n'cold-tcp$'\n'* ]]
	[ "${#lines[@]}" -eq 30 ]
}

@test "race: an unknown lane is a usage error" {
	race 2 --list file-pipe sideways
	[[ $output == *"no such lane: sideways"* ]]
	race 2 --scaling file-tcp
	race 2 --scaling --json samples
	race 2 --scaling --peers .
	race 2 file-pipe --table samples
	race 2 --peers nowhere
	mkdir 'two words'
	race 2 --peers 'two words'
	[[ $output == *"'two words' has characters"* ]]
}

@test "race: zcopy completes every lane" {
	local lanes name raced=()
	race 0 --list
	lanes=("${lines[@]}")
	race 0 --rounds 1 --size 4M --json samples
	for name in "${lanes[@]}"; do
		[[ $(lane "$name") == *"skipped: "* ]] && continue
		lane "$name" | grep -Eq '^zcopy +[0-9.]+ \('
		# No floor keeps a rate, has several destinations, or a
		# buffer.
		[[ $name == rate || $name == @(*-3-|buffer-)* ]] ||
		    lane "$name" | grep -Eq '^floor [a-z]+ +[0-9.]+ \('
		lane "$name" | grep -q '^best peer / zcopy: wall [0-9.]* ('
		lane "$name" | grep -q '^limit: [a-zA-Z]'
		raced+=("$name")
	done
	# Every system has cat, and every peer works.
	lane file-pipe | grep -q '^cat .* [0-9.]* '
	[[ $output != *FAILED* ]]
	# In README's table each has a row, with a title.
	table 0 samples
	[ "$(table_rows | wc -l)" -eq "${#raced[@]}" ]
	[ "$(table_rows | grep -c '^    [a-zA-Z0-9]')" -eq "${#raced[@]}" ]
}

@test "race: peers are listed with their versions" {
	race 0 --rounds 1 --size 64K file-pipe
	[[ $output == *"kernel: "*"$(uname -r)"* ]]
	[[ $output == *"zcopy: "*"$("$ZCOPY" --version)"* ]]
	[[ $output == *"cat: "*"$(cat --version | head -n 1)"* ]]
}

@test "race: a peer that cannot print its version says so" {
	local path=$PWD/bin:$PATH
	script bin/pee 'exec sh -c "$@"'
	race 0 --rounds 1 --size 64K pipe-3-pipes
	[[ $output == *"pee: "*"prints no version"* ]]
}

@test "race: --peers races another system's peers beside this one's" {
	# shellcheck disable=SC2016	# for the other shell
	script root/usr/bin/cat \
	    '[ "$1" != --version ] || { echo "cat 77.1"; exit; }; exec cat "$@"'
	script root/usr/bin/dd 'exec dd "$@"'
	script root/usr/bin/tac 'echo "tac 77.1"'
	race 0 --rounds 1 --size 64K --peers root --json samples file-pipe \
	    tcp-null
	[[ $output == *$'\n'"cat 77.1: "*" cat 77.1"$'\n'* ]]
	lane file-pipe | grep -Eq '^cat +[0-9.]+ \('
	lane file-pipe | grep -Eq '^cat 77\.1 +[0-9.]+ \('
	grep -q '"cat 77.1": {"wall": \[' samples
	# The same version is not raced twice, and a cat of bash's is not named.
	[ "$(lane file-pipe | grep -c '^dd ')" -eq 1 ]
	[ "$(lane tcp-null | grep -c '^bash')" -eq 1 ]
}

@test "race: --peers marks a peer that fails there, and only this one" {
	# shellcheck disable=SC2016	# for the other shell
	script root/usr/bin/cat '[ "$1" = --version ] && echo "cat 77.1"'
	race 0 --rounds 1 --size 64K --peers root file-file
	lane file-file | grep -Eq '^cat +[0-9.]+ \('
	lane file-file | grep -q '^cat 77\.1 *FAILED: status 1'
}

# theirs TOOL - print how a tool of the system in root/ is run.
theirs() {
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$BATS_TEST_DIRNAME/../scripts \
	    python3 -c 'import sys; from racing.peers import System
print(*System("root").command(sys.argv[1]))' "$1"
}

@test "race: --peers runs a program by the loader of its own system" {
	local loader=root/usr/lib/ld-test.so.1
	mkdir -p root/etc/alternatives root/usr/bin root/usr/lib
	touch $loader
	printf '\177ELF.../lib64/ld-test.so.1\0...' >root/usr/bin/nc.openbsd
	chmod +x root/usr/bin/nc.openbsd
	# Links start from the root of that system.
	ln -s /usr/lib root/lib64
	ln -s ../../usr/bin/nc.openbsd root/etc/alternatives/nc
	ln -s /etc/alternatives/nc root/usr/bin/nc
	[ "$(theirs nc)" = "$PWD/$loader --inhibit-cache --library-path \
$PWD/root/usr/lib --argv0 nc $PWD/root/usr/bin/nc.openbsd" ]
	script root/usr/bin/pv :
	[ "$(theirs pv)" = "$PWD/root/usr/bin/pv" ]
}

@test "race: --peers runs real programs so" {
	local path=$PWD/bin:$PATH here library
	here=$(command -v dd)
	script bin/dd '[ "$*" != --version ] || { echo "dd 0.1"; exit; }
		exec '"$here"' "$@"'
	mkdir -p root/usr/bin
	cp "$here" root/usr/bin
	ldd "$here" | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "root${library%/*}"
		cp -L "$library" "root$library"
	done
	race 0 --rounds 1 --size 64K --peers root file-file
	lane file-file | grep -Eq '^dd +[0-9.]+ \('
	lane file-file | grep -Eq '^dd [1-9][0-9.]* +[0-9.]+ \('
}

@test "race: a missing peer is left out, and named" {
	local path=$PWD/bin
	mkdir bin
	ln -s "$(python3 -c 'import sys; print(sys.executable)')" bin/python3
	ln -s "$(command -v cat)" "$(command -v df)" bin
	race 0 --rounds 1 --size 64K file-pipe
	[[ $output == *"not here: "*"dd mbuffer pv socat"* ]]
	lane file-pipe | grep -q '^cat .* [0-9.]* '
	[[ $(lane file-pipe) != *$'\n'socat* ]]
}

@test "race: a peer that loses bytes or fails is marked FAILED" {
	local path=$PWD/bin:$PATH
	script bin/cat 'exec head -c 60000 "$@"'
	script bin/dd 'echo "no, thanks" >&2; exit 3'
	race 0 --rounds 1 --size 64K file-pipe file-file
	[[ $(lane file-pipe) == *"cat "*"FAILED: "*"60000 bytes came"* ]]
	[[ $(lane file-file) == *"cat "*"FAILED: DEST has another size"* ]]
	[[ $(lane file-pipe) == *"dd "*"FAILED: status 3: no, thanks"* ]]
}

@test "race: a peer that writes wrong bytes is marked FAILED" {
	local path=$PWD/bin:$PATH
	script bin/cat 'exec head -c 65536 /dev/zero'
	race 0 --rounds 1 --size 64K file-file file-file-existing
	[[ $(lane file-file) == *"cat "*"FAILED: DEST has other bytes"* ]]
	[[ $(lane file-file-existing) == *"cat "*"FAILED: DEST has other"* ]]
}

@test "race: if zcopy fails, the race fails" {
	script build/zcopy '[ "$*" = --version ] && echo 1'
	mkdir build/tests
	ln -s "$TEST_BIN"/{cache,farend,floor,peak} build/tests
	local TEST_BIN=$PWD/build/tests
	race 1 --rounds 1 --size 64K file-pipe
	[[ $output == *"zcopy "*"FAILED: status 1"* ]]
	[[ $output == *"zcopy has no time here"* ]]
}

@test "race: --json writes every sample that counts" {
	race 0 --rounds 3 --size 64K --json samples file-pipe
	python3 "$BATS_TEST_DIRNAME/report.py" race samples
}

@test "race: --table prints README's table of what --json wrote" {
	race 0 --rounds 3 --size 64K --json two file-tcp file-pipe
	race 0 --rounds 3 --size 64K --json one file-file-sparse
	table 0 one two
	[[ $output == *"zcopy: "*"$("$ZCOPY" --version)"* ]]
	[[ $output == *"rounds: "*" 3"$'\n'* ]]
	# In the order of the lanes: speed, two ratios, floor, limit, peers.
	table_rows | sed -n 1p | grep -Eq \
	    '^    file to pipe, read +[0-9]+( +[0-9.]+){3}  reader  [a-z]'
	table_rows | sed -n 2p | grep -Eq '^    file to TCP +[0-9]+ .* TCP  '
	table_rows | sed -n 3p | grep -Eq '^    file with holes +- .* start  '
	[ "$(table_rows | wc -l)" -eq 3 ]
	[[ $output == *$'\n    TCP     the '* && $output != *"    disk "* ]]
}

@test "race: --table refuses what one table cannot hold" {
	race 0 --rounds 1 --size 64K --json one file-pipe
	table 1 one one
	[[ $output == *"race: one: the lane file-pipe again"* ]]
	sed 's/"cpus": /&1/; s/file-pipe/pipe-pipe/' one >two
	table 1 one two
	[[ $output == *"race: two: another system: cpus: 1"* ]]
	echo '{"lanes": []}' >two
	table 1 two
	[[ $output == *"race: two: not written by"* ]]
	table 1 missing
	[[ $output == *"missing"* ]]
}

# stopped SIGNAL - send SIGNAL to a race; it must end with status 130 and leave
# nothing behind.  `out` has its output.
stopped() {
	mkdir -p here
	"${clean_env[@]}" "$BATS_TEST_DIRNAME/../scripts/race" \
	    --build "${TEST_BIN%/*}" --dir here --size 16M --rounds 999 \
	    file-pipe reflink-xfs >out 2>&1 3>&- &
	retry compgen -G "here/*/log"
	kill "-$1" $!
	retry gone $!
	status=0
	wait $! || status=$?
	cat out
	[ "$status" -eq 130 ] && [ -z "$(ls -A here)" ]
}

@test "race: Ctrl-C ends it, prints the results so far and leaves nothing" {
	stopped INT
	grep -q '^== file-pipe: 16M' out
	grep -q '^zcopy ' out
	stopped TERM
}

@test "race: --scaling prints a line for each size and lane" {
	race 0 --scaling --size 1M --rounds 1
	local size
	for size in 1K 16K 256K 1M; do
		[ "$(grep -Ec "^file-(file|pipe|tcp) +$size( +[0-9.-]+){5}$" \
		    <<<"$output")" -eq 3 ]
	done
}

# piped STATUS MODE COUNT - zcopy sends `in` through a pipe to a far end, which
# must end with STATUS.
piped() {
	run bash -c '"$0" in - | "$@"' "$ZCOPY" "$farend" "${@:2}"
	echo "$output"
	[ "$status" -eq "$1" ]
}

@test "far ends: they fail unless as many bytes come as they expect" {
	local mode
	head -c 70000 /dev/zero >in
	for mode in read splice; do
		piped 0 $mode 70000
		piped 1 $mode 70001
		[[ $output == *"70000 bytes came, not 70001"* ]]
		piped 1 $mode 69999
	done
}

# taken STATUS MODE...  COUNT - zcopy sends `in` to a far end that listens,
# which must end with STATUS.
taken() {
	rm -f where
	"$farend" "${@:2}" >where 2>said 3>&- &
	retry test -s where
	case $2 in
	tcp-take)	zcopy 0 in "127.0.0.1:$(cat where)" ;;
	unix-take)	zcopy 0 in "unix:$(cat where)" ;;
	esac
	log=said
	ends "$1" $!
}

@test "far ends: those that listen count the bytes, too" {
	head -c 70000 /dev/zero >in
	taken 0 tcp-take 70000
	taken 1 tcp-take 70001
	[[ $output == *"70000 bytes came, not 70001"* ]]
	taken 0 unix-take socket.1 70000
	taken 1 unix-take socket.2 69999
}

@test "far ends: those that send send everything, and always the same data" {
	"$farend" give 3000001 >one
	"$farend" give 3000001 | cat >two
	[ "$(wc -c <one)" -eq 3000001 ]
	same one two
	run cmp -s -n 1048576 -i 0:1048576 one one
	[ "$status" -eq 1 ]
}

@test "far ends: those that send fail if the peer goes away" {
	"$farend" give 30000000 2>said > >(head -c 10 >out 3>&-) 3>&- &
	log=said
	ends 1 $!
	[[ $output == *"write: Broken pipe" ]]
	"$farend" tcp-give 30000000 >where 2>said 3>&- &
	retry test -s where
	zcopy 0 -c 1000 "127.0.0.1:$(cat where)" out
	log=said
	ends 1 $!
}
