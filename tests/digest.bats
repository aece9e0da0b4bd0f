#!/usr/bin/env bats
# --digest, --expect and --digest-file: the digest of what is moved.

bats_require_minimum_version 1.5.0
load helpers
load peer
load routes
load stopped

# More than what a follower is used for, and not a multiple of the page size.
size=3000001

setup() {
	requires_library nettle
	set_up_peers $size
}

# sum ALGO FILE - print the digest of the file as another program sees it.
sum() {
	case $1 in
	sha256)	sha256sum <"$2" | cut -c 1-64 ;;
	xxh3)	xxhsum -H2 <"$2" | cut -c 1-32 ;;
	esac
}

# algorithms - print those that can be checked here.
algorithms() {
	echo sha256
	! command -v xxhsum >/dev/null || ! built_with xxhash || echo xxh3
}

# printed ALGO FILE NAME - fail unless zcopy has printed the digest of the file,
# once, with this name.
printed() {
	local line
	line="$1:$(sum "$1" "$2")  $3"
	echo "expected: $line"
	[ "$(grep -cxF -- "$line" <<<"$output")" -eq 1 ]
	[ "$(grep -cE '(sha256|xxh3):[0-9a-f]{32}' <<<"$output")" -eq 1 ]
}

# not_printed - fail if zcopy has printed a digest on a line of its own.
not_printed() {
	[[ ! $output =~ (^|$'\n')(sha256|xxh3): ]]
}

# wrong ALGO FILE - print a value for --expect that is wrong in its last digit.
wrong() {
	local value
	value=$(sum "$1" "$2")
	[[ $value == *0 ]] && echo "$1:${value%?}1" || echo "$1:${value%?}0"
}

# The value

# bats test_tags=valgrind
@test "digest: a small file, and one of no bytes" {
	local algo
	head -c 1000 in >small
	: >empty
	for algo in $(algorithms); do
		zcopy 0 --digest="$algo" small out
		same small out
		printed "$algo" small out
		zcopy 0 --digest="$algo" empty out
		printed "$algo" empty out
	done
}

@test "digest: a file, to each kind of DEST, by each method" {
	local algo dest method name
	for algo in $(algorithms); do
		for dest in file stdout pipe fifo tcp; do
			for method in $(methods file "$dest"); do
				deliver 0 "$dest" -m "$method" --digest="$algo" in
				same in got
			done
		done
		deliver 0 file --digest="$algo" in
		printed "$algo" in got
	done
}

@test "digest: each method prints the digest of the file" {
	local method
	for method in $(methods file file); do
		zcopy 0 -m "$method" --digest=sha256 in out
		same in out
		printed sha256 in out
	done
}

@test "digest: a stream, to each kind of DEST" {
	local algo dest
	for algo in $(algorithms); do
		for dest in file stdout pipe fifo; do
			deliver 0 "$dest" --digest="$algo" - < <(cat in)
			same in got
			case $dest in
			file)	printed "$algo" in got ;;
			fifo)	printed "$algo" in fifo ;;
			*)	printed "$algo" in - ;;
			esac
		done
	done
}

@test "digest: both ends of a TCP connection print the same" {
	local algo
	for algo in $(algorithms); do
		listener --digest="$algo" listen:127.0.0.1:0 got
		zcopy 0 --digest="$algo" in "127.0.0.1:$port"
		printed "$algo" in "127.0.0.1:$port"
		ends 0
		printed "$algo" in got
		same in got
	done
}

@test "digest: of the bytes that --offset and --bytes choose" {
	local from count
	for from in 0 1 4096 2000000; do
		for count in 0 1 4097 900000; do
			tail -c +$((from + 1)) in | head -c "$count" >part
			zcopy 0 --digest=sha256 --offset=$from -c $count in out
			same part out
			printed sha256 part out
		done
	done
	zcopy 0 --digest=sha256 -c 900000 --seek=100 in out
	head -c 900000 in >part
	printed sha256 part out
	exec 5<in
	head -c 1000 <&5 >/dev/null
	zcopy 0 --digest=sha256 fd:5 out 5<&5
	tail -c +1001 in >part
	printed sha256 part out
	exec 5<&-
}

@test "digest: header and trailer are not in it" {
	echo before >h
	echo after >t
	STDOUT=got zcopy 0 --digest=sha256 --header=h --trailer=t in -
	printed sha256 in -
	cat h in t | cmp - got
	zcopy 0 --digest=sha256 --header=h --trailer=t - out < <(cat in)
	printed sha256 in out
}

@test "digest: holes are zeros, kept or not" {
	local sparse
	truncate -s 40M holes
	dd if=in of=holes bs=1000 seek=10000 conv=notrunc status=none
	truncate -s +30M holes
	for sparse in auto always never; do
		zcopy 0 --digest=sha256 --sparse=$sparse holes out
		same holes out
		printed sha256 holes out
		zcopy 0 -m read-write --digest=sha256 --sparse=$sparse holes out
		printed sha256 holes out
	done
}

@test "digest: options that rule out methods, or reading SOURCE twice" {
	local option
	for option in --no-cache --no-disk-io --stable --rate=100M --sync -P \
	    --inplace --append "--select=*:sendfile" --block-size=5000; do
		rm -f out
		cat in >/dev/null	# into the page cache
		zcopy 0 --digest=sha256 "$option" in out
		same in out
		printed sha256 in out
	done
}

@test "digest: -m NAME for a stream fails, unless it is read-write" {
	zcopy 9 --digest=sha256 -m splice - out < <(:)
	[[ $output == *"splice: its data cannot be looked at"* ]]
	[ ! -e out ]
	not_printed
}

@test "digest: -v and --explain say how it is computed" {
	requires_library xxhash
	requires_method sendfile
	zcopy 0 -v --digest=sha256 in /dev/null
	[[ $output == *"digest: sha256, by a thread that reads SOURCE again"* ]]
	zcopy 0 -v --digest=xxh3 -c 100 in out
	[[ $output == *"digest: xxh3, of the data between read and write"* ]]
	zcopy 0 --explain --digest=sha256 in /dev/null
	[[ $output == *"digest       sha256, by a thread that reads SOURCE"* ]]
	[[ $output == *"plan         sendfile"* ]]
	zcopy 0 --explain --digest=sha256 - out < <(:)
	[[ $output == *"digest       sha256, of the data between"* ]]
	[[ $output == *"plan         read-write"$'\n'* ]]
}

@test "digest: -q prints it, and --expect alone only with -v" {
	local good
	good=sha256:$(sum sha256 in)
	zcopy 0 -q --digest=sha256 in out
	[ "$output" = "$good  out" ]
	zcopy 0 --expect="$good" in out
	[ -z "$output" ]
	zcopy 0 -v --expect="$good" in out
	printed sha256 in out
}

@test "digest: without a thread, the data is looked at" {
	! is_32_bit || skip "needs the system calls of a 64-bit system"
	"$TEST_BIN/seccomp" -- true || skip "no seccomp filters"
	LSAN_OPTIONS=detect_leaks=0 run "$TEST_BIN/seccomp" clone:EPERM -- \
	    "$ZCOPY" -v --digest=sha256 in /dev/null
	echo "$output"
	[ "$status" -eq 0 ]
	printed sha256 in /dev/null
	[[ $output == *"of the data between read and write"* ]]
}

# --expect

@test "digest: --expect takes digits of either case" {
	local value
	value=$(sum sha256 in)
	zcopy 0 --expect="sha256:${value^^}" in out
	same in out
}

@test "digest: a wrong one gives status 8, and DEST is as it was" {
	local algo
	for algo in $(algorithms); do
		zcopy 8 --expect="$(wrong "$algo" in)" in new
		[ ! -e new ]
		[[ $output == *"in: digest: $algo:$(sum "$algo" in), but expected"* ]]
		[[ $output == *"DEST is unchanged"* ]]
		not_printed
		cp in old
		zcopy 8 --expect="$(wrong "$algo" in)" - old < <(cat in)
		same in old
		rm old
	done
}

@test "digest: a wrong one, where DEST is written in place" {
	echo old >old
	zcopy 8 --inplace --digest=sha256 --expect="$(wrong sha256 in)" in old
	same in old
	[[ $output == *"3000001 bytes delivered"* ]]
	not_printed
	STDOUT=got zcopy 8 --expect="$(wrong sha256 in)" in -
	same in got
}

@test "digest: a wrong one sends no trailer" {
	echo after >t
	STDOUT=got zcopy 8 --expect="$(wrong sha256 in)" --trailer=t in -
	same in got
}

@test "digest: a wrong one resets both kinds of peers" {
	listener listen:127.0.0.1:0 got
	zcopy 8 --expect="$(wrong sha256 in)" in "127.0.0.1:$port"
	ends 5
	[ ! -e got ]
	listener --expect="$(wrong sha256 in)" listen:127.0.0.1:0 got
	zcopy 5 in "127.0.0.1:$port"
	ends 8
	[ ! -e got ]
}

@test "digest: a value that is malformed is a usage error" {
	requires_library xxhash
	local value
	for value in "" sha256 sha256: xxh3: sha256:12 md5:00 \
	    "$(sum sha256 in)" "sha256:$(sum sha256 in)0" \
	    "xxh3:$(sum sha256 in)" "SHA256:$(sum sha256 in)" \
	    "sha256: $(sum sha256 in)" "sha256:0x$(sum sha256 in | cut -c 3-)" \
	    "sha256:$(sum sha256 in | tr 0-9a-f g)"; do
		zcopy 2 --expect="$value" in out
		[[ $output == *"--expect"* ]]
		[ ! -e out ]
	done
	zcopy 2 --digest=md5 in out
	[[ $output == *"'md5' is none of sha256, xxh3"* ]]
	zcopy 2 --digest=xxh3 --expect="sha256:$(sum sha256 in)" in out
	[[ $output == *"--digest=xxh3 computes another digest"* ]]
	only in
}

# SOURCE that changes

@test "digest: a SOURCE that is truncated gives status 6, and no digest" {
	local method
	for method in $(available read-write sendfile); do
		random_file in $size
		file_begun --digest=sha256 -m "$method"
		truncate -s $((taken - taken / 2)) in
		kill -CONT "$pid"
		ends 6
		not_printed
		[ "$(cat out)" = old ]
	done
}

@test "digest: a SOURCE that changes gives status 7, and no digest" {
	local method
	for method in $(available read-write sendfile); do
		file_begun --digest=sha256 -m "$method"
		printf x | dd of=in bs=1 conv=notrunc status=none
		kill -CONT "$pid"
		ends 7
		not_printed
		[ "$(cat out)" = old ]
	done
	file_begun --expect="sha256:$(printf '%064d' 0)"
	printf y | dd of=in bs=1 conv=notrunc status=none
	kill -CONT "$pid"
	ends 7
}

@test "digest: a SOURCE that changes before it was read again gives status 7" {
	requires_method sendfile
	# Hashing the hole takes seconds.
	local size=4G
	[ -z "${EMULATOR-}" ] || size=200M
	cp in late
	truncate -s $size late
	start --digest=sha256 -m sendfile late out
	retry heeds
	retry digests "computing the digest"
	printf x | dd of=late bs=1 conv=notrunc status=none
	RETRY_SECONDS=60 ends 7
	not_printed
	[ ! -e out ]
}

@test "digest: SOURCE that ends before --bytes gives status 6, and no digest" {
	zcopy 6 --digest=sha256 -c 4000000 in out
	not_printed
	[ ! -e out ]
}

@test "digest: SIGTERM ends it, and nothing is printed" {
	local method
	for method in $(available read-write sendfile); do
		file_begun --digest=sha256 -m "$method"
		kill -TERM "$pid"
		kill -CONT "$pid"
		ends 143
		not_printed
		[ "$(cat out)" = old ]
	done
}

@test "digest: SIGTERM ends the digest of a hole of 8 EiB" {
	truncate -s 8191P holes 2>/dev/null || truncate -s 15T holes
	start --digest=sha256 holes -
	retry heeds
	retry digests
	kill -TERM "$pid"
	ends 143
	not_printed
}

# digests [PATTERN] - for `retry`: $pid waits for its follower, by SIGUSR1's
# answer.
digests() {
	heeds && kill -USR1 "$pid" 2>/dev/null
	grep -q "${1-computing the digest\|moving}" "$log" || gone "$pid"
}

# Faults

# into_fifo ARG... - move `in` through the FIFO that is standard output.
into_fifo() {
	cat fifo >got 3>&- &
	zcopy 0 --digest=sha256 "$@" in -
	wait $!
	same in got
	printed sha256 in -
}

@test "digest: calls that come short or are interrupted change nothing" {
	local fault
	mkfifo fifo
	for fault in read:short:1+ read:EINTR:1+2 pread:short:1+ \
	    pread:EINTR:1+2 kernel:short:1+ kernel:EINVAL:2 kernel:EINVAL:1+ \
	    splice:EINVAL:2,sendfile:EIO:3; do
		echo "$fault"
		FAULT=$fault STDOUT=fifo into_fifo --block-size=100000
		[[ $fault == read:* ]] || fault_fired
	done
	for fault in read:short:1+ read:EINTR:1+2 write:short:1+ \
	    write:EINTR:1+2; do
		echo "$fault"
		FAULT=$fault zcopy 0 --digest=sha256 - out < <(cat in)
		same in out
		printed sha256 in out
		fault_fired
	done
}

@test "digest: SOURCE that cannot be read again gives status 3" {
	# The count is known, so that no pread(2) looks for the end.
	FAULT=pread:EIO:1+:reg zcopy 3 -m sendfile -c $size --digest=sha256 \
	    in out
	fault_fired
	[[ $output == *"in: read again for the digest: "@(Input/output|I/O)" error"* ]]
	[ ! -e out ]
	not_printed
	FAULT=pread:zero:1+:reg zcopy 3 -m sendfile -c $size --digest=sha256 \
	    in out
	[[ $output == *"in: read again for the digest: it ended early"* ]]
	[ ! -e out ]
}

# --digest-file

@test "digest: --digest-file is what sha256sum -c and xxhsum -c read" {
	requires_library xxhash
	zcopy 0 --digest=sha256 --digest-file=sums in out
	[ "$(cat sums)" = "$(sha256sum out)" ]
	sha256sum -c sums
	requires xxhsum
	zcopy 0 --expect="xxh3:$(sum xxh3 in)" --digest-file=sums in out
	[ "$(cat sums)" = "$(xxhsum -H2 out)" ]
	xxhsum -c sums
}

@test "digest: --digest-file escapes names as sha256sum does" {
	local name
	for name in 'a b' 'a\b' $'a\nb' $'a\rb' $'a\r' \\ 'file:x' '*'; do
		zcopy 0 --digest=sha256 --digest-file=sums in "./$name"
		[ "$(cat sums)" = "$(sha256sum "./$name")" ]
		sha256sum -c sums
		rm "./$name"
	done
	zcopy 0 --digest=sha256 --digest-file=sums in "$PWD/out"
	(cd / && sha256sum -c "$OLDPWD/sums")
}

@test "digest: --digest-file names SOURCE, or -, where DEST is no file" {
	STDOUT=got zcopy 0 --digest=sha256 --digest-file=sums in -
	[ "$(cat sums)" = "$(sha256sum in)" ]
	zcopy 0 --digest=sha256 --digest-file=sums in /dev/null
	sha256sum -c sums
	STDOUT=got zcopy 0 --digest=sha256 --digest-file=sums -c 100 in -
	[ "$(cat sums)" = "$(head -c 100 in | sha256sum)" ]
	STDOUT=got zcopy 0 --digest=sha256 --digest-file=sums - - < <(cat in)
	sha256sum -c sums <in
}

@test "digest: --digest-file names SOURCE if DEST has more than the data" {
	local option
	echo extra >extra
	for option in --header --trailer; do
		zcopy 0 --digest=sha256 --digest-file=sums $option=extra in out
		[ "$(cat sums)" = "$(sha256sum in)" ]
	done
	zcopy 0 --digest=sha256 --digest-file=sums --trailer=extra -c 9 in out
	[ "$(cat sums)" = "$(head -c 9 in | sha256sum)" ]
}

@test "digest: --digest-file is written whole, or stays as it was" {
	echo old >sums
	zcopy 8 --digest-file=sums --expect="$(wrong sha256 in)" in out
	[ "$(cat sums)" = old ]
	FAULT=read:EIO:1+:reg zcopy 3 --digest=sha256 \
	    --digest-file=sums in out
	[ "$(cat sums)" = old ]
	only in sums
	zcopy 1 --digest=sha256 --digest-file=missing/sums in out
	[[ $output == *"missing/sums"* ]]
	only in sums
}

@test "digest: a signal ends a run whose --digest-file is a pipe that is full" {
	mkfifo sums
	exec 8<>sums
	# Until it is full: dd fails with EAGAIN.
	! dd if=/dev/zero of=sums bs=64K oflag=nonblock 2>/dev/null || false
	start --digest=sha256 --digest-file=sums in out 8>&-
	retry test -e out	# the digest comes next
	retry asleep "$pid"
	kill -TERM "$pid"
	ends 143
}

@test "digest: the JSON has the status of a --digest-file that has failed" {
	requires_library jansson
	FAULT=write:EIO:1:reg zcopy 1 --digest=sha256 --digest-file=sums \
	    --json-file=json in /dev/null
	[[ $output == *"sums: "*@(Input/output|I/O)" error"* ]]
	[[ $(cat json) == *'"status":1,"error":"sums: '* ]]
}

@test "digest: --digest-file needs a digest, and a name of its own" {
	requires_library jansson
	zcopy 2 --digest-file=sums in out
	[[ $output == *"--digest-file: needs --digest="* ]]
	zcopy 2 --digest=sha256 --digest-file=in in out
	[[ $output == *"--digest-file: in: it is SOURCE or DEST"* ]]
	zcopy 2 --digest=sha256 --digest-file=out in out
	zcopy 2 --digest=sha256 --digest-file=sums --json-file=sums in out
	[[ $output == *"--json-file names it, too"* ]]
	zcopy 2 --digest=sha256 --digest-file=sums --append in out
	[[ $output == *"with --append DEST has other bytes, too"* ]]
	zcopy 2 --digest=sha256 --digest-file=sums --seek=1 in out
	[[ $output == *"with --seek DEST has other bytes, too"* ]]
	only in
	zcopy 1 --digest=sha256 --digest-file=./out in out
	same in out
}

@test "digest: one that cannot be printed is an error" {
	# shellcheck disable=SC2016	# for the other shell
	local as_user=(sh -c 'exec "$@" 2>/dev/full' sh)
	zcopy 1 --digest=sha256 in out
	same in out
	zcopy 1 --digest=sha256 --also=more in out
	# The file has it.
	zcopy 0 -q --digest=sha256 --digest-file=sums in out
	sha256sum -c sums
}

@test "digest: JSON says that the digest could not be printed" {
	requires_library jansson
	# shellcheck disable=SC2016	# for the other shell
	local as_user=(sh -c 'exec "$@" 2>/dev/full' sh)
	zcopy 1 --digest=sha256 --json-file=json in out
	grep -q '"status":1,"error":"standard error: write the digest: No space' json
}

@test "digest: it waits for a full standard error that is set to O_NONBLOCK" {
	requires python3
	# shellcheck disable=SC2016	# for python3
	run python3 -E -S -c '
import fcntl, os, subprocess, sys, time
out, into = os.pipe()
os.set_blocking(into, False)
size = os.write(into, bytes(1 << 20))
child = subprocess.Popen(sys.argv[1:], stderr=into)
os.close(into)
time.sleep(0.5)
with open(out, "rb") as file:
    said = file.read()[size:]
print(child.wait(), said.decode(), end="")' \
	    "$ZCOPY" --digest=sha256 in out
	[ "$output" = "0 sha256:$(sha256sum <in | cut -d ' ' -f 1)  out" ]
}

@test "digest: --json-file does not overwrite --digest-file" {
	requires_library jansson
	# By another name of it, before there is a file, and when there is one.
	zcopy 1 --digest=sha256 --digest-file=sums --json-file=./sums in out
	[[ $output == *"--json-file names it, too"* ]]
	sha256sum -c sums
	rm out
	zcopy 2 --digest=sha256 --digest-file=sums --json-file=./sums in out
	ln -s sums link
	zcopy 2 --digest=sha256 --digest-file=sums --json-file=link in out
	[ ! -e out ]
}

@test "digest: --sync flushes --digest-file as well" {
	requires strace
	TRACE='-e trace=fdatasync,fsync' zcopy 0 --sync --digest=sha256 \
	    --digest-file=sums in out
	sha256sum -c sums
	[ "$(grep -cE 'f(data)?sync' "$BATS_TEST_TMPDIR.trace")" -ge 4 ]
}

# JSON

@test "digest: --json has it, also one that was not expected" {
	requires_library jansson
	requires jq
	STDOUT=j zcopy 0 --json --digest=sha256 in out
	jq -e --arg value "$(sum sha256 in)" \
	    '.digest == {algorithm: "sha256", value: $value}' j
	STDOUT=j zcopy 8 --json --expect="$(wrong sha256 in)" in out
	jq -e --arg value "$(sum sha256 in)" \
	    '.status == 8 and .digest.value == $value' j
	STDOUT=j zcopy 6 --json --digest=sha256 -c 4000000 in out
	jq -e '.digest == null' j
}

@test "digest: without one, nothing is looked at and no thread is started" {
	requires strace
	TRACE='-e trace=clone,clone3' zcopy 0 in out
	run ! grep clone "$BATS_TEST_TMPDIR.trace"
	TRACE='-e trace=clone,clone3' zcopy 0 --digest=sha256 in /dev/null
	grep clone "$BATS_TEST_TMPDIR.trace"
}
