#!/usr/bin/env bats
# --json, --json-file and --syslog: how a run ended, for programs.

load helpers
load peer

setup() {
	requires_library jansson
	set_up_peers 300000
}

teardown() {
	exec 7>&-
	end_all
}

# valid FILE - fail unless FILE is one line, and what the schema describes.
# $with_module reads it.
valid() {
	python_with jsonschema
	cat "$1"
	[ "$(wc -l <"$1")" -eq 1 ]
	"$with_module" "$BATS_TEST_DIRNAME/valid.py" \
	    "$BATS_TEST_DIRNAME/../man/zcopy.schema.json" <"$1"
}

# has FILE EXPRESSION - fail unless jq says that this is true of FILE.
has() {
	requires jq
	echo "$2"
	jq -e "$2" "$1"
}

@test "json: a file to a file" {
	STDOUT=j zcopy 0 --json in out
	cmp in out
	valid j
	has j '.schema == 1 and .status == 0 and .error == null'
	has j '.source == {name: "in", kind: "regular file", size: 300000, offset: 0}'
	has j '.bytes == 300000 and .header_bytes == 0 and .trailer_bytes == 0'
	has j '.dest | length == 1'
	has j '.dest[0] | .name == "out" and .kind == "regular file" and .bytes == 300000'
	has j '.dest[0] | .confirmed == null and .status == 0 and .error == null'
	has j '[.methods[].bytes] | add == 300000'
	has j '.seconds.total >= .seconds.copy and .seconds.copy > 0'
	has j '.bytes_per_second > 0 and .digest == null'
	has j '.version == "'"$("$ZCOPY" --version | cut -d ' ' -f 2)"'"'
}

@test "json: it is on standard error where DEST is standard output" {
	run bash -c '"$0" --json in - 2>j >out' "$ZCOPY"
	[ "$status" -eq 0 ]
	cmp in out
	valid j
	has j '.dest[0].name == "-" and .bytes == 300000'
	run bash -c '"$0" --json - out <in >j' "$ZCOPY"
	[ "$status" -eq 0 ]
	cmp in out
	valid j
}

@test "json: header and trailer are counted apart, and the offset is there" {
	printf 'head' >header
	printf 'trailer' >trailer
	STDOUT=j zcopy 0 --json --header=header --trailer=trailer --offset=1000 \
	    -c 500 in out
	valid j
	has j '.bytes == 500 and .header_bytes == 4 and .trailer_bytes == 7'
	has j '.source.offset == 1000'
}

@test "json: bytes are those of the methods, and the holes that were kept" {
	truncate -s 10M sparse
	dd if=in of=sparse bs=64K count=2 seek=32 conv=notrunc
	STDOUT=j zcopy 0 --json -v sparse out
	cmp sparse out
	valid j
	local holes
	holes=$(sed -n 's/^zcopy: holes: \([0-9]*\) bytes$/\1/p' <<<"$output")
	has j ".bytes == 10485760 and
	    ([.methods[].bytes] | add) + ${holes:-0} == .bytes"
}

@test "json: a full DEST, and both -q and -v" {
	STDOUT=j zcopy 4 --json in /dev/full
	valid j
	has j '.status == 4 and .bytes == 0 and .dest[0].status == 4'
	has j '.error == "/dev/full: write: No space left on device (0 bytes delivered)"'
	STDOUT=j zcopy 0 --json -q in out
	[ -z "$output" ]
	valid j
	run bash -c '"$0" --json -v in - 2>said >out' "$ZCOPY"
	tail -n 1 said >j
	valid j
	grep -q '^zcopy: done: ' said
}

@test "json: a method that was refused, and the one that went on" {
	requires_method copy_file_range
	FAULT=copy_file_range:EXDEV:1 STDOUT=j zcopy 0 --json in out
	valid j
	has j '.methods[0] == {name: "copy_file_range", bytes: 0, calls: 1, refused: "EXDEV", refused_at: 0}'
	has j '.methods[1].bytes == 300000'
}

@test "json: what fails before anything is open" {
	STDOUT=j zcopy 3 --json missing out
	head -n 1 j >k
	valid k
	has k '.status == 3 and .bytes == 0 and .source.kind == null'
	has k '.error == "missing: open: No such file or directory"'
	has k '.dest[0].error == .error'
}

@test "json: a source that ends early" {
	STDOUT=j zcopy 6 --json -c 400000 in out
	valid j
	has j '.status == 6 and .bytes == 300000'
	has j '.error | test("^in: read: SOURCE ended early")'
}

@test "json: a named method that cannot do it" {
	STDOUT=j zcopy 9 --json -m reflink in /dev/null
	valid j
	has j '.status == 9 and .bytes == 0'
}

@test "json: a signal that ends zcopy" {
	local signal
	for signal in TERM INT; do
		STDOUT=j half_way --json out
		kill -"$signal" "$pid"
		ends $((128 + $(kill -l "$signal")))
		exec 7>&-
		rm "$fifo"
		valid j
		has j ".status == $status and .bytes == 50000"
		has j ".error | test(\"interrupted .SIG$signal.\")"
	done
}

@test "json: a reader that goes away, which has no message" {
	run bash -c '"$0" --json in - 2>j | true; exit ${PIPESTATUS[0]}' \
	    "$ZCOPY"
	# The reader may have left after the pipe had taken all.
	[ "$status" -eq 141 ] || [ "$status" -eq 0 ]
	valid j
	has j ".status == $status"
}

@test "json: what the peer of a socket has confirmed" {
	peer listen 127.0.0.1:0 "save=$got" close
	STDOUT=j zcopy 0 --json in "127.0.0.1:$port"
	valid j
	has j '.dest[0].confirmed == "close" and .dest[0].seconds.confirm >= 0'
	peer listen 127.0.0.1:0 "save=$got" close
	STDOUT=j zcopy 0 --json --confirm=none in "127.0.0.1:$port"
	valid j
	has j '.dest[0].confirmed == "none"'
}

@test "json: a connection that is reset" {
	truncate -s 64M long		# more than the sockets can hold
	peer listen 127.0.0.1:0 take=1000 reset
	STDOUT=j zcopy 5 --json long "127.0.0.1:$port"
	valid j
	has j '.status == 5 and .dest[0].confirmed == null'
	has j '.bytes < 67108864 and .dest[0].bytes == .bytes'
}

@test "json: names with quotes, controls and bytes that are not UTF-8" {
	local name
	for name in 'a "b" \c' $'tab\tline\nend' $'caf\xe9' 'café' $'\xed\xa0\x80'; do
		cp in "$name"
		STDOUT=j zcopy 0 --json "$name" out
		valid j
	done
	cp in $'caf\xe9'
	STDOUT=j zcopy 0 --json $'caf\xe9' out
	has j '.source.name == "caf\ufffd"'
	STDOUT=j zcopy 0 --json $'tab\tline\nend' out
	has j '.source.name == "tab\tline\nend"'
}

@test "json: --json-file writes it to a file, after a failure, too" {
	zcopy 0 --json-file=j in out
	[ -z "$output" ]
	valid j
	zcopy 3 --json-file=j missing out
	valid j
	has j '.status == 3'
	STDOUT=k zcopy 0 --json --json-file=j in out
	valid j
	valid k
}

@test "json: a file that cannot be written is an error" {
	zcopy 1 --json-file=missing/j in out
	[[ $output == *"missing/j: --json-file: No such file or directory"* ]]
	cmp in out
	zcopy 1 --json-file=/dev/full in out
	[[ $output == *"/dev/full: --json-file: "* ]]
	zcopy 3 --json-file=/dev/full missing out
}

@test "json: no output overwrites a header, a trailer, or what --resume keeps" {
	requires_library nettle xxhash
	local option name
	cp in header
	ln -s header link
	for option in --json-file --digest-file; do
		for name in header ./header link; do
			zcopy 2 --digest=sha256 --header=header $option=$name in out
			[[ $output == *"$option: $name: --header or --trailer names it, too"* ]]
			zcopy 2 --digest=sha256 --trailer=header $option=$name in out
		done
		zcopy 2 --digest=sha256 --resume $option=out.part in out
		[[ $output == *"$option: out.part: --resume keeps DEST.part"* ]]
	done
	cmp in header
	# By another name, before there is a part, and when there is one.
	ln -s out.part kept
	FAULT=read:EIO:3:in=reg zcopy 3 --resume -m read-write -q \
	    --block-size=100K --json-file=kept in out
	fault_fired
	[[ $output == *"--json-file: kept: --resume keeps DEST.part"* ]]
	cmp -n 100000 in out.part
	zcopy 2 --resume --json-file=kept in out
	zcopy 0 --resume in out
	cmp in out
	# DEST is a link: its part is beside the file.
	mkdir real
	ln -s real/file dest
	FAULT=read:EIO:3:in=reg zcopy 3 --resume -m read-write -q \
	    --block-size=100K --json-file=real/file.part in dest
	fault_fired
	cmp -n 100000 in real/file.part
	zcopy 2 --resume --json-file=real/file.part in dest
}

@test "json: --json-file does not overwrite SOURCE or DEST" {
	cp in copy
	ln in link
	zcopy 2 --json-file=in in out
	zcopy 2 --json-file=./link in out
	zcopy 2 --json-file=out in out
	[ ! -e out ]
	# DEST is not there yet when zcopy looks first.
	zcopy 1 --json-file=./out in out
	cmp in out
	zcopy 2 --json-file=./out in out
	cmp in out
	cmp in copy
	zcopy 0 --json-file=/dev/null in /dev/null
}

@test "json: a line on standard error is written in one piece" {
	requires strace
	STDOUT=out TRACE='-e trace=write,writev' zcopy 0 --json in -
	cmp in out
	[ "$(grep -c 'writev\?(2, ' "$BATS_TEST_TMPDIR.trace")" -eq 1 ]
}

@test "json: how long it waited for a confirmation that did not come" {
	peer listen 127.0.0.1:0 take=300000 wait=go close
	STDOUT=j zcopy 5 --json --timeout=1 in "127.0.0.1:$port"
	touch go
	valid j
	has j '.status == 5 and .dest[0].seconds.confirm >= 0.5'
}

@test "json: an object that cannot be printed is an error, but not one of DEST" {
	STDOUT=/dev/full zcopy 1 --json in out
	cmp in out
	STDOUT=/dev/full zcopy 3 --json missing out
	# Standard output is DEST, so the object goes to standard error.
	# shellcheck disable=SC2016	# for the other shell
	local as_user=(sh -c 'exec "$@" 2>/dev/full' sh)
	STDOUT=all zcopy 1 --json in -
	cmp in all
}

@test "json: it goes with a transfer or --benchmark only" {
	zcopy 2 --json --explain in out
	zcopy 2 --json --list-methods
	zcopy 2 --json --discard :0
	zcopy 2 --csv in out
	[ ! -e out ]
}

# log_here CMD... - run it where /dev/log is a socket whose lines go to
# `logged`.
log_here() {
	requires_namespace -m
	requires python3
	run unshare -m "$BATS_TEST_DIRNAME/own-dev.sh" "$BATS_TEST_TMPDIR.dev" \
	    "$PYTHON" "$BATS_TEST_DIRNAME/log.py" logged "$@"
	printf '%s\n' "$output"
	cat logged
}

@test "syslog: the final line" {
	log_here "$ZCOPY" --syslog in out
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	cmp in out
	grep -q '^<14>.*zcopy\[[0-9]*\]: done: 300000 bytes in ' logged
	[ "$(wc -l <logged)" -eq 1 ]
}

@test "syslog: an error" {
	log_here "$ZCOPY" --syslog missing out
	[ "$status" -eq 3 ]
	[ "$output" = "zcopy: missing: open: No such file or directory" ]
	grep -q '^<11>.*zcopy\[[0-9]*\]: missing: open: No such file or directory$' \
	    logged
}

@test "syslog: nothing without the option, and no harm where there is no daemon" {
	log_here "$ZCOPY" in out
	[ "$status" -eq 0 ]
	[ ! -s logged ]
	zcopy 0 --syslog in out
	cmp in out
}
