#!/usr/bin/env bats
# --benchmark: what is measured, what is printed, and that nothing is left
# behind.

load helpers
load peer

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 4M
	echo old >old
	export TMPDIR=$BATS_TEST_TMPDIR
}

teardown() {
	end_all
	unmount_all
	detach
}

# quick ARG... - a short benchmark; stdout is in ../report.
quick() {
	STDOUT=../report zcopy 0 --benchmark -q --rounds=2 "$@"
}

# query EXPRESSION - true if this expression of Python is, about the JSON in
# ../report: see tests/report.py.
query() {
	python3 "$BATS_TEST_DIRNAME/report.py" json "$1"
}

# untouched - true if no file has been created or changed.
untouched() {
	ls -A
	[ "$(ls -A)" = "$(printf 'in\nold')" ]
	[ "$(cat old)" = old ]
}

# discards - start a zcopy --discard on $port; its process is $discard.
discards() {
	listener --discard listen:127.0.0.1:0
	discard=$pid
	discard_log=$log
}

# has_counted N BYTES - for `retry`: the far end has counted N connections, each
# with BYTES.
has_counted() {
	[ "$(grep -c ': [0-9]* bytes in ' "$discard_log")" -eq "$1" ] &&
	    [ "$(grep -c ": $2 bytes in [0-9.]* s\$" "$discard_log")" -eq "$1" ]
}

# usage_error TEXT ARG... - zcopy fails with status 2 and TEXT, and changes
# nothing.
usage_error() {
	zcopy 2 "${@:2}"
	[[ $output == *"$1"* ]]
	untouched
}

@test "benchmark: without operands, all routes and methods are measured" {
	requires python3
	quick -c 4M --json
	query 'd["schema"] == 1 and d["rounds"] == 2 and d["bytes"] == 4 << 20'
	query 'not d["interrupted"] and d["pass_bytes"] == 65536'
	query 'd["directory"] == "'"$TMPDIR"'" and "file_system" in d'
	query 'list(routes) == [r for r in ("cold file to /dev/null",
	    "warm file to /dev/null", "memory to TCP", "cold file to TCP",
	    "warm file to TCP", "file to pipe", "file to unix socket",
	    "file to file", "pipe to file", "pipe to 3 pipes", "TCP to file")
	    if "cold" not in r or d["file_system"] != "tmpfs"]'
	query 'names(routes["file to file"]) == ["copy_file_range", "sendfile",
	    "splice", "mmap", "read-write", "reflink"]'
	query 'names(routes["pipe to 3 pipes"]) == ["splice", "read-write"]'
	query 'names(routes["TCP to file"]) == ["splice", "read-write"]'
	query 'names(routes["memory to TCP"]) == ["sendfile", "splice", "mmap",
	    "read-write"]'
	query 'all(r["bytes"] == 4 << 20 for r in d["routes"])'
	query 'd["limit"]["text"].endswith(".")'
	untouched
}

@test "benchmark: the figures agree with each other" {
	requires python3
	quick -c 4M --json --rounds=3
	query 'all(m["rounds"] == 3 and m["refused"] is None for m in measured)'
	query 'all(0 < b["min"] <= b["median"] <= b["max"]
	    for b in (m["bytes_per_second"] for m in measured))'
	query 'all(method(r, "read-write")["speed_ratio"] == 1 for r in routes)'
	query 'all(sum(m["auto"] for m in r["methods"]) == 1
	    for r in d["routes"])'
	query 'abs(method("file to pipe", "splice")["speed_ratio"] -
	    method("file to pipe", "splice")["bytes_per_second"]["median"] /
	    method("file to pipe", "read-write")["bytes_per_second"]["median"])
	    < 0.01'
	query 'method("file to pipe", "splice")["auto"]'
	query 'method("pipe to 3 pipes", "splice")["auto"]'
	query 'd["limit"]["what"] is None or 0 < d["limit"]["factor_min"] <=
	    d["limit"]["factor"] <= d["limit"]["factor_max"]'
}

@test "benchmark: the table has all routes, and its last line is the answer" {
	quick -c 4M
	head -n 3 ../report
	# Without the line of the directory's name, and the answer.
	[ "$(sed '2d; $d' ../report | wc -L)" -le 80 ]
	grep -q '^file to unix socket$' ../report
	grep -qE '^  copy_file_range\*? +[0-9.]+ ' ../report
	tail -n 1 ../report
	# On a busy machine a measurement may contradict another one.
	tail -n 1 ../report | grep -qE \
	    ' is the limit.* GB/s.*\.$|^The limit is unknown: .*\.$'
}

@test "benchmark: on tmpfs, cold files are left out" {
	file_system tmpfs 64
	TMPDIR=$fs quick -c 4M
	grep -q 'no cache to drop it from' ../report
	grep -q '^warm file to /dev/null: the file in memory alone$' ../report
	run ! grep '^cold file' ../report
	[ -z "$(ls -A "$fs")" ]
}

@test "benchmark: a block device is measured cold, too" {
	block_device 4M
	quick "$device" /dev/null
	grep -q '^SOURCE is cold' ../report
	run ! grep 'SOURCE on' ../report
}

# on_disk - have `in` and `old` in a directory that is not in memory only.
on_disk() {
	[ "$(stat -f -c %T .)" = tmpfs ] || return 0
	file_system ext4
	cp in old "$fs"
	cd "$fs" || return
}

@test "benchmark: what it brought into the page cache is dropped again" {
	on_disk
	cp in place
	"$TEST_BIN/cache" read in
	"$TEST_BIN/cache" has in
	STDOUT=../report zcopy 0 --benchmark -q --rounds=1 --inplace in place
	same in place
	# The comparison has read them.
	"$TEST_BIN/cache" drop in
	"$TEST_BIN/cache" drop place
	STDOUT=../report zcopy 0 --benchmark -q --rounds=1 --inplace in place
	"$TEST_BIN/cache" lacks in
	"$TEST_BIN/cache" lacks place
	STDOUT=../report zcopy 0 --benchmark -q --rounds=1 - fd:9 <in 9<>place
	"$TEST_BIN/cache" lacks in
	"$TEST_BIN/cache" lacks place
}

@test "benchmark: holes of SOURCE are moved as zeros, and the report says so" {
	requires python3
	truncate -s 4M ../sparse
	quick --json in absent
	query 'not d["holes_filled"]'
	query '"copy_file_range" in names(routes["SOURCE to DEST"])'
	quick --json ../sparse absent
	query 'd["holes_filled"]'
	query '"copy_file_range" not in names(routes["SOURCE to DEST"])'
	query 'method("SOURCE to DEST", "read-write")["calls_per_gib"] >
	    method("SOURCE to DEST", "sendfile")["calls_per_gib"]'
	quick ../sparse absent
	grep -q '^SOURCE has holes: ' ../report
	quick in absent
	run ! grep 'holes' ../report
	untouched
}

@test "benchmark: a descriptor keeps its position when its holes are looked for" {
	requires python3
	{ cat in; truncate -s 4M in2; cat in2; } >../both
	rm in2
	truncate -s 12M ../both
	{
		head -c 1M >/dev/null
		quick --json - /dev/null
	} <../both
	query 'd["holes_filled"] and all(r["bytes"] == 11 << 20
	    for r in d["routes"])'
}

@test "benchmark: it says where sendfile and splice move nothing" {
	requires python3
	quick -c 1M --json
	query '[r["name"] for r in d["routes"] if r["copies_nothing"]] ==
	    ["warm file to /dev/null"]'
	query '[r["name"] for r in d["routes"] if r["cold"]] ==
	    [r for r in routes if "cold" in r]'
	quick -c 1M
	[ "$(grep -c 'move nothing to /dev/null' ../report)" -eq 1 ]
	grep -A1 '^warm file to /dev/null' ../report |
	    grep -q 'move nothing to /dev/null'
}

@test "benchmark: a method that the kernel refuses has a row with the errno" {
	requires python3
	FAULT=splice:EINVAL:1+ quick -c 4M --json
	fault_fired
	query 'all(m["refused"] == "EINVAL" and m["rounds"] == 0 and
	    m["bytes_per_second"] is None for r in d["routes"]
	    for m in r["methods"] if m["name"] == "splice")'
	query 'method("pipe to file", "read-write")["auto"]'
}

# bats test_tags=valgrind
@test "benchmark: --method measures that method and read-write" {
	requires python3
	quick -c 4M --json --method=splice
	query 'all(names(r) == ["splice", "read-write"] for r in d["routes"])'
}

@test "benchmark: the number of calls is the one that strace counts" {
	requires python3 strace
	local counted method
	for method in read-write splice; do
		quick --json --block-size=64K --method=$method in /dev/null
		TRACE="-e trace=read,write,splice,poll" zcopy 0 \
		    --block-size=64K --method=$method in /dev/null
		counted=$(grep -cE ' = 65536$' "$BATS_TEST_TMPDIR.trace")
		echo "$method: strace counts $counted"
		[ "$counted" -ge 128 ]
		# A GiB is 256 times 4 MiB.  There may be 3 more calls or 3
		# fewer in each, at the end.
		query "abs(method('SOURCE to DEST', '$method')['calls_per_gib']
		    - 256 * $counted) <= 3 * 256"
	done
}

# bats test_tags=valgrind
@test "benchmark: each transfer sends every byte to the far end" {
	requires python3
	discards
	quick --json in "127.0.0.1:$port"
	query 'list(routes) == ["SOURCE alone", "DEST alone", "SOURCE to DEST"]'
	query 'names(routes["DEST alone"]) == ["sendfile", "splice", "mmap",
	    "read-write"]'
	# On each of two routes, auto has one transfer, and four methods have
	# three, one of them to warm up.
	retry has_counted 26 4194304
	kill "$discard"
	ends 143 "$discard"
	untouched
}

@test "benchmark: a DEST that would be replaced stays as it was" {
	requires python3
	quick --json in old
	query 'list(routes) == ["SOURCE alone", "DEST alone", "SOURCE to DEST"]'
	untouched
	quick --json in absent
	untouched
}

@test "benchmark: a DEST that is written in place is not measured alone" {
	requires python3
	cp old place
	quick --json --inplace in place
	query 'list(routes) == ["SOURCE alone", "SOURCE to DEST"]'
	query 'd["limit"]["what"] is None and "DEST" in d["limit"]["text"]'
	same in place
	rm place
	untouched
}

@test "benchmark: a descriptor is read from the same position each time" {
	requires python3
	{
		head -c 1M >/dev/null
		quick --json - /dev/null
	} <in
	query 'all(r["bytes"] == 3 << 20 for r in d["routes"])'
}

@test "benchmark: if DEST is stdout, the report goes to stderr" {
	STDOUT=../data zcopy 0 --benchmark -q --rounds=1 --csv in -
	[[ $output == route,source,dest,method,* ]]
	head -c 4M ../data | same in -
	[ $(($(stat -c %s ../data) % 4194304)) -eq 0 ]
}

@test "benchmark: --csv prints CSV that a parser reads" {
	requires python3
	cp in 'a "name", with commas'
	quick --csv 'a "name", with commas' old
	rm 'a "name", with commas'
	python3 "$BATS_TEST_DIRNAME/report.py" csv
	untouched
}

# progress_at N - for `retry`: route number N has begun.
progress_at() {
	grep -q "^zcopy: $1/" "$log"
}

@test "benchmark: a signal prints the results so far, and leaves nothing behind" {
	requires python3 ps
	# The second route begins when the first has its results.
	STDOUT=../report start --benchmark --rounds=1000 -c 64K --json
	retry progress_at 2
	ps --ppid "$pid" -o pid=,comm= >../children
	[ -s ../children ]
	kill -INT "$pid"
	ends 130
	query 'd["interrupted"] and d["limit"]["what"] is None'
	while read -r child _; do
		gone "$child"
	done <../children
	untouched
}

@test "benchmark: kill -9 leaves neither children nor files" {
	requires ps
	start --benchmark --rounds=1000 -c 4M
	retry progress_at 1
	ps --ppid "$pid" -o pid=,comm= >../children
	[ -s ../children ]
	kill -KILL "$pid"
	ends 137
	while read -r child _; do
		retry gone "$child"
	done <../children
	untouched
}

@test "benchmark: progress is a line for each route, and nothing with -q" {
	STDOUT=../report zcopy 0 --benchmark --rounds=1 -c 1M in old
	[ "${#lines[@]}" -eq 4 ]
	[[ ${lines[0]} =~ ^'zcopy: the benchmark will take about '[0-9]+' s ' ]]
	[[ ${lines[0]} == *--max-time* ]]
	[ "${lines[2]}" = "zcopy: 2/3 DEST alone" ]
	quick in old
	[ -z "$output" ]
}

@test "benchmark: on a terminal, the line says how much time is left" {
	python_with pyte
	mkfifo ../orders
	run timeout 60 "$with_module" "$BATS_TEST_DIRNAME/screen.py" 100 ../orders \
	    ../states "$ZCOPY" --benchmark --rounds=50 in old 3>&-
	[ "$status" -eq 0 ]
	tail -n 20 ../states
	grep -qE '[123]/3 .*: round [0-9]+ of 50, .*, about [0-9]+ s left' \
	    ../states
	grep -q 'zcopy: the benchmark will take about' ../states
}

@test "benchmark: --max-time leaves out rounds, and the report says so" {
	requires python3
	zcopy 0 --benchmark -q --max-time=0 in absent
	grep -q -e '--max-time=0: measured 1 of 7 rounds; 3 of 3 routes did' \
	    <<<"$output"
	quick --max-time=0 --json in absent
	query 'd["cut"] and d["max_time"] == 0 and not d["interrupted"]'
	query 'all(r["rounds"] == 1 and not r["warmed_up"]
	    for r in d["routes"])'
	query 'all(m["rounds"] == 1 for m in measured) and measured'
	quick --max-time=0 --csv in absent
	head -n 1 ../report | grep -q 'warmed_up'
	[ "$(grep -c ',1,.*,false' ../report)" -ge 9 ]
	untouched
}

@test "benchmark: --max-time ends a thousand rounds" {
	requires python3
	quick --rounds=1000 --max-time=0.5 --json in absent
	query 'd["cut"] and d["rounds"] == 1000'
	query 'all(1 <= r["rounds"] < 1000 for r in d["routes"])'
	query 'all(m["rounds"] == r["rounds"] for r in d["routes"]
	    for m in r["methods"] if m["refused"] is None)'
	untouched
}

@test "benchmark: a --max-time that is long enough leaves out nothing" {
	requires python3
	quick --max-time=9999 --json in absent
	query 'not d["cut"] and d["max_time"] == 9999'
	query 'all(r["rounds"] == 2 and r["warmed_up"] for r in d["routes"])'
	quick in absent
	run ! grep -e --max-time ../report
	grep -q ' MB in each of 2 rounds' ../report
}

@test "benchmark: the table explains each of its columns in a line" {
	local column
	quick in absent
	for column in '\*' 'GB/s' 'CPU us/64K' 'calls per GiB' \
	    'speed vs read-write' 'CPU vs read-write'; do
		[ "$(grep -cE "^$column  +[^ ]" ../report)" -eq 1 ]
	done
}

@test "benchmark: a SOURCE that can be read only once is a usage error" {
	mkfifo ../fifo
	usage_error "read only once" --benchmark ../fifo old
	usage_error "read only once" --benchmark - old < <(cat in)
	usage_error --bytes --benchmark /dev/zero old
}

@test "benchmark: a FIFO, or a DEST that only appends, is a usage error" {
	mkfifo ../sink
	usage_error "the FIFO's reader" --benchmark in ../sink
	echo kept >../log
	STDOUT='' zcopy 2 --benchmark in fd:9 9>>../log
	[[ $output == *"every round would append"* ]]
	[ "$(cat ../log)" = kept ]
	untouched
}

# obstacle STATUS ARG... - the benchmark ends with STATUS and the message of
# --explain, and changes nothing.
obstacle() {
	local message
	zcopy "$1" --explain "${@:2}"
	message=$output
	zcopy "$1" --benchmark "${@:2}"
	[ "$output" = "$message" ]
	untouched
}

@test "benchmark: an obstacle to a run ends it with the same message" {
	obstacle 3 absent old
	obstacle 3 . old
	obstacle 4 in absent/new
	obstacle 4 in .
	obstacle 4 in in
	obstacle 4 in fd:9 9<old
	obstacle 5 --congestion=nosuch in 127.0.0.1:9
}

@test "benchmark: a note on DEST is printed once, not for each transfer" {
	STDOUT=../report zcopy 0 --benchmark --rounds=1 in 9000
	[ "$(grep -c ':9000 would listen' <<<"$output")" -eq 1 ]
	untouched
}

@test "benchmark: options that make no sense with it are usage errors" {
	local option
	for option in --append --no-clobber --header=in --trailer=in \
	    --allow-short --no-disk-io --preserve --rate=1; do
		usage_error "${option%%=*}" --benchmark "$option" in old
	done
	for option in --offset=1 --seek=1 --inplace --confirm=ack --retry=1 \
	    --allow=127.0.0.1 -4; do
		usage_error "only with SOURCE and DEST" --benchmark "$option"
	done
	usage_error "exclude each other" --benchmark --json --csv
	for option in --explain --discard --list-methods; do
		usage_error "exclude each other" --benchmark "$option" in old
	done
	usage_error "--bytes=0 leaves nothing" --benchmark --bytes=0 in old
	usage_error "exceeds half of RAM" --benchmark --bytes=1E
}

@test "benchmark: a method or algorithm that does not work is an error" {
	zcopy 9 --benchmark -m copy_file_range -c 1M in /dev/null
	[[ $output == *"copy_file_range does not work for these ends"* ]]
	zcopy 5 --benchmark -c 1M --congestion=nosuch
	[[ $output == *"'nosuch': this kernel does not have it"* ]]
}

@test "benchmark: a peer that takes one connection gets SOURCE, not test data" {
	local what
	listener listen:127.0.0.1:0 got
	zcopy 5 --benchmark -q in "127.0.0.1:$port"
	what=$output
	ends 0
	same in got
	rm got
	[[ $what == *"one connection after another, as zcopy --discard does"* ]]
}

@test "benchmark: if the far end goes away, the results so far are printed" {
	requires python3
	discards
	STDOUT=../report start --benchmark --json --rounds=50 -c 1M in \
	    "127.0.0.1:$port"
	retry has_counted_some
	kill "$discard"
	ends 143 "$discard"
	ends 5 "$pid"
	query 'd["interrupted"] and len(routes["SOURCE alone"]["methods"]) == 3'
	query 'measured'
	untouched
}

# has_counted_some - for `retry`: the far end has counted some transfers.
has_counted_some() {
	[ "$(wc -l <"$discard_log")" -gt 20 ]
}

@test "benchmark: its options without it, and bad values, are usage errors" {
	local rounds
	usage_error "--csv goes with --benchmark" --csv in old
	usage_error "--rounds goes with --benchmark" --rounds=1 in old
	usage_error "--max-time goes with --benchmark" --max-time=1 in old
	usage_error "'x' is not a number" --benchmark --max-time=x in old
	for rounds in 0 1001 -1 two 1.5 ''; do
		usage_error "--rounds" --benchmark "--rounds=$rounds" in old
	done
	usage_error "missing DEST" --benchmark in
	usage_error "extra operand" --benchmark in old third
}

@test "benchmark: an empty SOURCE gives status 6, a refused connection 5" {
	: >empty
	zcopy 6 --benchmark empty old
	[[ $output == *"zcopy: empty: nothing to measure"* ]]
	rm empty
	peer hold 127.0.0.1:0
	zcopy 5 --benchmark in "127.0.0.1:$port"
	[ "$(grep -c 'Connection refused' <<<"$output")" -eq 1 ]
	untouched
}

@test "benchmark: scripts/plot draws the output of --json" {
	requires python3 gnuplot
	quick --json -c 4M
	"$BATS_TEST_DIRNAME/../scripts/plot" ../report ../picture.svg
	grep -q '<svg' ../picture.svg
	for word in 'file to unix socket' copy_file_range GB/s CPU; do
		grep -q "$word" ../picture.svg
	done
	"$BATS_TEST_DIRNAME/../scripts/plot" <../report | grep -q '</svg>'
	run "$BATS_TEST_DIRNAME/../scripts/plot" "$BATS_TEST_DIRNAME/plot"
	[ "$status" -eq 1 ]
	[[ $output == plot:* ]]
	run "$BATS_TEST_DIRNAME/../scripts/plot" --size=9
	[ "$status" -eq 2 ]
}
