#!/usr/bin/env bats
# --resume: a transfer that failed goes on where it ended, and only there.  What
# is not proved to be the same is moved again, and files of others are safe.
# shellcheck disable=SC2016	# for other shells
# bats file_tags=slow

load helpers

SIZE=1000001
KEPT=524288		# 8 blocks of 64 KiB: what `half` leaves

setup_file() {
	random_file "$BATS_FILE_TMPDIR/in" $SIZE
	cd "$BATS_FILE_TMPDIR" || return
	for ((i = 1; i <= 70; i++)); do
		cp in "in.$i"
	done
	# Until their times are so old that they prove something.
	RETRY_SECONDS=10 retry is_aged in.70
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	in=$BATS_FILE_TMPDIR/in
}

teardown() {
	end_all
	unmount_all
}

# half [ARG...] - leave out.part with the first $KEPT bytes of $in.
half() {
	FAULT=write:ENOSPC:9:out=reg zcopy 4 --resume -m read-write \
	    --block-size=64K "$@" "$in" out
	fault_fired
	[[ $output == *"zcopy: out.part: keeps $KEPT bytes: the same command with --resume goes on from there" ]]
	[ "$(stat -c %s out.part)" -eq $KEPT ]
	cmp -n $KEPT "$in" out.part
}

# a_source - give the case a SOURCE of its own, which it may change.
a_source() {
	in=$BATS_FILE_TMPDIR/in.$BATS_TEST_NUMBER
}

# moves BYTES [ARG...] - resume; fail unless exactly BYTES are moved now, and DEST
# is complete, and nothing else is left.
moves() {
	STDOUT=$BATS_TEST_TMPDIR.json zcopy 0 --json --resume "${@:2}" "$in" out
	grep -qF "\"bytes\":$1,\"resumed\":$((${all:-$SIZE} - $1))," \
	    "$BATS_TEST_TMPDIR.json"
	[ -n "${range-}" ] || same "$in" out
	only out
	has_no_record out
}

# has_no_record FILE - true if FILE has no attribute of a part.
has_no_record() {
	! getfattr -d -m - "$1" 2>/dev/null | grep zcopy
}

goes_on() {
	moves $((SIZE - KEPT)) "$@"
	[[ $output == "zcopy: out: resuming at byte $KEPT" ]]
}

# starts_over REASON [ARG...]
starts_over() {
	moves "$(stat -c %s "$in")" "${@:2}"
	[[ $output == "zcopy: out.part: starting over: $1" ]]
}

# refused REASON - zcopy refuses to touch out.part.
refused() {
	zcopy 4 --resume "$in" out
	[[ $output == "zcopy: out.part: --resume: $1"* ]]
	[ ! -e out ]
}

# all_done - nothing is left of the case.
all_done() {
	rm -f out out.part
}

## It goes on

# bats test_tags=valgrind
@test "resume: without a failure, DEST is as without --resume, and no part stays" {
	zcopy 0 --resume "$in" out
	[ -z "$output" ]
	same "$in" out
	only out
	has_no_record out
	zcopy 0 --resume "$in" out
	same "$in" out
	only out
}

# bats test_tags=valgrind
@test "resume: the next run moves only the rest" {
	half
	only out.part
	[ "$(stat -c %a out.part)" = 600 ]
	goes_on
}

@test "resume: an old DEST stays until the new one is complete" {
	echo old >out
	half
	[ "$(cat out)" = old ]
	goes_on
}

@test "resume: it goes on with each method" {
	local method
	for method in auto copy_file_range sendfile splice mmap read-write; do
		half
		goes_on --method=$method
		all_done
	done
}

@test "resume: only the part is read to check it, if SOURCE is the same" {
	requires strace
	half
	TRACE="-y -e trace=pread64" goes_on
	grep -q '/out.part>' "$BATS_TEST_TMPDIR.trace"
	[ "$(grep -c '/in>.*, 262144, 0)' "$BATS_TEST_TMPDIR.trace")" -eq 0 ]
}

@test "resume: it can fail again and again" {
	half
	FAULT=write:EIO:3:out=reg zcopy 4 --resume -m read-write \
	    --block-size=64K "$in" out
	[[ $output == *"resuming at byte $KEPT"*"out.part: keeps $((KEPT + 131072)) bytes: "* ]]
	zcopy 0 --resume "$in" out
	[[ $output == "zcopy: out: resuming at byte $((KEPT + 131072))" ]]
	same "$in" out
}

@test "resume: a read error of SOURCE keeps what was moved" {
	FAULT=read:EIO:5:in=reg zcopy 3 --resume -m read-write \
	    --block-size=64K "$in" out
	fault_fired
	[[ $output == *"out.part: keeps 262144 bytes: "* ]]
	moves $((SIZE - 262144))
}

@test "resume: a SOURCE that cannot be read again for the digest keeps it, too" {
	FAULT=pread:EIO:1:reg zcopy 3 --resume -m sendfile -c $SIZE \
	    --digest=sha256 "$in" out
	fault_fired
	[[ $output == *"read again for the digest: Input/output error"* ]]
	[[ $output == *"out.part: keeps $((SIZE / 65536 * 65536)) bytes"* ]]
	moves $((SIZE % 65536)) -c $SIZE --digest=sha256
	same "$in" out
	[[ $output == *"sha256:$(sha256sum <"$in" | cut -c 1-64)  out" ]]
}

@test "resume: a wrong digest keeps no part" {
	local wrong
	wrong=sha256:$(printf '%064d' 0)
	zcopy 8 --resume --expect="$wrong" "$in" out
	only
	half
	zcopy 8 --resume --expect="$wrong" "$in" out
	only
}

@test "resume: a full file system keeps what was moved, and goes on with room" {
	file_system tmpfs 1
	cd "$fs" || return
	random_file "$BATS_TEST_TMPDIR.big" 3000000
	in=$BATS_TEST_TMPDIR.big
	zcopy 4 --resume "$in" out
	[[ $output =~ keeps\ ([0-9]+)\ bytes ]]
	[ "${BASH_REMATCH[1]}" -ge 900000 ]
	mount -o remount,size=8M "$fs"
	all=3000000 moves $((3000000 - BASH_REMATCH[1]))
}

@test "resume: a range is resumed in the same range" {
	half --offset=1000 --bytes=900000 2>&1 || :
	[ -e out.part ]
	range=1 all=900000 moves $((900000 - KEPT)) --offset=1000 --bytes=900000
	cmp <(tail -c +1001 "$in" | head -c 900000) out
}

@test "resume: another range starts over" {
	local args
	for args in --offset=1 --bytes=900000 "--offset=0 --bytes=$SIZE"; do
		half
		# shellcheck disable=SC2086	# two words
		zcopy 0 --resume $args "$in" out
		[[ $output == *"starting over: it holds another range of SOURCE (--offset, --bytes)"* ]]
		all_done
	done
}

@test "resume: a SOURCE that is too short for --bytes is an error each time" {
	zcopy 6 --resume --bytes=2000000 "$in" out
	[[ $output == *"out.part: keeps 983040 bytes"* ]]
	zcopy 6 --resume --bytes=2000000 "$in" out
	[[ $output == *"resuming at byte 983040"*"SOURCE ended early (16961 of 1016960 bytes moved"* ]]
	moves $((SIZE - 983040)) --bytes=2000000 --allow-short
}

@test "resume: standard input from a file can be resumed" {
	FAULT=write:ENOSPC:9:out=reg zcopy 4 --resume -m read-write \
	    --block-size=64K - out <"$in"
	zcopy 0 --resume - out <"$in"
	[[ $output == "zcopy: out: resuming at byte $KEPT" ]]
	same "$in" out
}

@test "resume: a disk as SOURCE is compared with the part" {
	requires_root
	block_device 1M
	cat "$in" >"$device"
	in=$device
	FAULT=write:ENOSPC:9:out=reg zcopy 4 --resume -m read-write \
	    --block-size=64K "$in" out
	TRACE="-y -e trace=pread64" zcopy 0 --resume "$in" out
	[[ $output == *"resuming at byte $KEPT"* ]]
	grep -q "<$device" "$BATS_TEST_TMPDIR.trace"
	same "$device" out
	FAULT=write:ENOSPC:9:out=reg zcopy 4 --resume -m read-write \
	    --block-size=64K "$in" out
	damage "$device" 70000
	zcopy 0 --resume "$in" out
	[[ $output == *"starting over: SOURCE has other data" ]]
	same "$device" out
}

@test "resume: holes stay holes" {
	truncate -s 300000000 sparse
	dd if="$in" of=sparse bs=64K seek=100 conv=notrunc status=none
	mv sparse "$BATS_TEST_TMPDIR.sparse"
	in=$BATS_TEST_TMPDIR.sparse
	FAULT=write:ENOSPC:9:out=reg zcopy 4 --resume -m read-write \
	    --block-size=64K "$in" out
	[[ $output == *"keeps $((108 * 65536)) bytes"* ]]
	all=300000000 moves $((300000000 - 108 * 65536))
	[ "$(stat -c %b out)" -lt 4096 ]
}

@test "resume: --sparse=always goes on, and makes holes of zeros" {
	{ head -c 400000 "$in"; head -c 400000 /dev/zero
	    head -c 400000 "$in"; head -c 400000 /dev/zero
	} >"$BATS_TEST_TMPDIR.in"
	in=$BATS_TEST_TMPDIR.in
	FAULT=write:ENOSPC:5:out=reg zcopy 4 --resume --sparse=always \
	    --block-size=64K "$in" out
	[[ $output =~ keeps\ ([0-9]+)\ bytes ]]
	all=1600000 moves $((1600000 - BASH_REMATCH[1])) --sparse=always
	[ "$(stat -c %b out)" -lt 2000 ]
}

@test "resume: the part is beside the file that a link leads to" {
	mkdir dir
	ln -s dir/real out
	FAULT=write:ENOSPC:9:out=reg zcopy 4 --resume -m read-write \
	    --block-size=64K "$in" out
	[[ $output == *"zcopy: real.part: keeps "* ]]
	[ -e dir/real.part ]
	zcopy 0 --resume "$in" out
	[ -L out ]
	same "$in" dir/real
	[ "$(ls dir)" = real ]
}

@test "resume: a new DEST has the mode of any new file, an old one keeps its own" {
	a_source
	umask 026
	chmod 664 "$in"
	half
	[ "$(stat -c %a out.part)" = 600 ]
	zcopy 0 --resume "$in" out
	[ "$(stat -c %a out)" = 640 ]
	chmod 751 out
	half
	zcopy 0 --resume "$in" out
	[ "$(stat -c %a out)" = 751 ]
	only out
}

@test "resume: --preserve works, and the attributes of an earlier run are dropped" {
	a_source
	setfattr -n user.gone -v 1 "$in" || skip "no attributes here"
	setfattr -n user.stays -v 1 "$in"
	half --preserve
	setfattr -x user.gone "$in"
	goes_on --preserve
	[ "$(getfattr -d out | grep user)" = 'user.stays="1"' ]
}

@test "resume: --sync flushes the file after its record was removed" {
	requires strace
	half
	TRACE="-e trace=fsync,fdatasync,fremovexattr,renameat,renameat2" \
	    goes_on --sync
	sed -i /posix_acl/d "$BATS_TEST_TMPDIR.trace"
	run sed -E 's/^[0-9]+ +([a-z0-9]+).*/\1/' "$BATS_TEST_TMPDIR.trace"
	echo "$output"
	[ "${output//$'\n'/ }" = \
	    "fsync renameat2 fremovexattr fsync renameat fsync" ]
}

@test "resume: without --resume a part stays as it is, and DEST is replaced" {
	half
	zcopy 0 "$in" out
	same "$in" out
	only out out.part
	rm out
	goes_on
}

@test "resume: --no-cache goes on, too" {
	half --no-cache
	goes_on --no-cache
}

## Signals

# slow - start a run that is in mid-transfer as soon as $pid has written a
# quarter; it would take 5 seconds.
slow() {
	start --resume --rate=200K --block-size=4K "$in" out
	retry has_written 200000
}

has_written() {
	[ "$(stat -c %s out.part 2>/dev/null || echo 0)" -ge "$1" ]
}

@test "resume: a signal keeps what was moved" {
	local signal
	for signal in 2 15 1; do
		slow
		kill -$signal "$pid"
		ends $((128 + signal))
		[[ $output =~ out.part:\ keeps\ ([0-9]+)\ bytes ]]
		[ "${BASH_REMATCH[1]}" -ge 131072 ]
		moves $((SIZE - BASH_REMATCH[1]))
		all_done
	done
}

@test "resume: kill -9 keeps what was flushed" {
	slow
	retry has_record
	kill -9 "$pid"
	ends 137
	zcopy 0 --resume "$in" out
	[[ $output =~ ^zcopy:\ out:\ resuming\ at\ byte\ ([0-9]+)$ ]]
	[ "${BASH_REMATCH[1]}" -gt 0 ]
	same "$in" out
	only out
}

# has_record - for `retry`: the part has a record of some bytes.
has_record() {
	STDOUT=$BATS_TEST_TMPDIR.explain run zcopy_here --explain --resume \
	    "$in" out
	grep -q '^resume  *at byte' "$BATS_TEST_TMPDIR.explain"
}

@test "resume: a signal while the part is checked leaves it as it is" {
	requires strace
	half
	TRACE="-e trace=pread64 -e inject=pread64:delay_enter=300000:when=1+" \
	    start --resume "$in" out
	retry grep -q pread64 "$BATS_TEST_TMPDIR.trace"
	kill -TERM "$(pgrep -P "$pid")"
	retry gone "$pid"
	wait "$pid" || :
	only out.part
	goes_on
}

@test "resume: a second zcopy at the same time is an error, and disturbs nothing" {
	slow
	zcopy 4 --resume "$in" out
	[[ $output == "zcopy: out.part: --resume: another zcopy is at work on it" ]]
	kill -TERM "$pid"
	ends 143
	[[ $output == *"out.part: keeps "* ]]
	zcopy 0 --resume "$in" out
	same "$in" out
}

## The part was damaged

# damage FILE OFFSET - change the byte there.
damage() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	# shellcheck disable=SC2059	# an octal escape
	printf "\\$(printf %03o $((byte ^ 255)))" |
	    dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "resume: a part that is damaged at any place is not used" {
	local at
	for at in 0 1 4095 262144 $((KEPT - 1)); do
		half
		damage out.part $at
		starts_over "its data is not what was written"
		all_done
	done
}

@test "resume: a part with holes where data was is not used" {
	half
	fallocate -p -o 65536 -l 65536 out.part || skip "no holes here"
	starts_over "its data is not what was written"
}

@test "resume: a part that is shorter than it was is not used" {
	local size
	for size in $((KEPT - 1)) 100 0; do
		half
		truncate -s $size out.part
		starts_over "it is shorter than what was flushed"
		all_done
	done
}

@test "resume: bytes behind those that were flushed are dropped" {
	half
	head -c 3000000 /dev/urandom >>out.part
	goes_on
}

# record - print the attribute of out.part as setfattr(1) takes it.
record() {
	getfattr -n user.zcopy.part -e hex out.part |
	    sed -n 's/^user.zcopy.part=//p'
}

@test "resume: a part without a valid record is never touched" {
	local good bad sum
	half
	good=$(record)
	[ ${#good} -gt 200 ]
	sum=$(cksum <out.part)
	for bad in 0x "${good:0:16}" "${good/0x7a/0x7b}" none; do
		echo "record: $bad"
		setfattr -x user.zcopy.part out.part
		[ "$bad" = none ] || setfattr -n user.zcopy.part -v "$bad" \
		    out.part
		refused "it exists, and zcopy has not written it"
		[ "$(cksum <out.part)" = "$sum" ]
	done
	setfattr -n user.zcopy.part -v "$good" out.part
	goes_on
}

@test "resume: a part whose record is damaged, or of another version, is not used" {
	local good bad
	half
	good=$(record)
	for bad in "${good%????}" "${good}00" "${good}$(printf %064d 0)" \
	    "${good:0:33}2${good:34}" \
	    "${good:0:100}$(tr 0-9a-f 1-9a-f0 \
		<<<"${good:100:2}")${good:102}"; do
		echo "record: $bad"
		[ -e out.part ] || half
		setfattr -n user.zcopy.part -v "$bad" out.part
		starts_over "its record is damaged"
		all_done
	done
}

@test "resume: an empty part is taken" {
	: >out.part
	zcopy 0 --resume "$in" out
	[ -z "$output" ]
	same "$in" out
	only out
}

@test "resume: a part that belongs to somebody else is never touched" {
	local before
	echo precious >out.part
	refused "it exists, and zcopy has not written it"
	[ "$(cat out.part)" = precious ]
	rm out.part
	half
	ln out.part other
	refused "it has other names"
	rm other
	mv out.part real
	ln -s real out.part
	refused "it is a symbolic link"
	[ "$(stat -c %s real)" -eq $KEPT ]
	rm out.part
	mkdir out.part
	refused "it is not a regular file"
	rmdir out.part
	mkfifo out.part
	refused "it is not a regular file"
	[ -p out.part ]
	rm out.part
	mv real out.part
	goes_on
}

@test "resume: a part of another user is never touched" {
	requires_root
	half
	chown nobody out.part
	refused "it belongs to another user"
	chown root out.part
	goes_on
}

@test "resume: a part is not its own DEST's SOURCE" {
	half
	cp -a out.part "$BATS_TEST_TMPDIR.part"
	zcopy 4 --resume out.part out
	[[ $output == "zcopy: out: write: SOURCE is the part of it: rename SOURCE first" ]]
	same "$BATS_TEST_TMPDIR.part" out.part
}

@test "resume: a run that ends before it writes leaves the part as it was" {
	: >out.part
	zcopy 4 --resume out.part out
	only out.part
	zcopy 6 --resume --offset=1 out.part out
	only out.part
	zcopy 6 --resume --offset=2M "$in" out
	only out.part
	rm out.part
	zcopy 6 --resume --offset=2M "$in" out
	only
}

@test "resume: the record of a part is not copied with it" {
	half
	setfattr -n user.mine -v 1 out.part
	zcopy 0 --preserve out.part copy
	has_no_record copy
	[ "$(getfattr --only-values -n user.mine copy)" = 1 ]
	zcopy 0 "$in" out.part
	has_no_record out.part
	[ "$(getfattr --only-values -n user.mine out.part)" = 1 ]
}

## SOURCE was changed

@test "resume: another SOURCE of the same size and times starts over" {
	a_source
	half
	random_file "$in.new" $SIZE
	touch -r "$in" "$in.new"
	mv "$in.new" "$in"
	starts_over "SOURCE is another file"
}

@test "resume: a SOURCE that was truncated, has grown or was touched starts over" {
	a_source
	half
	truncate -s 900000 "$in"
	all=900000 starts_over "SOURCE has another size"
	all_done
	half
	echo more >>"$in"
	all=900005 starts_over "SOURCE has another size"
	all_done
	half
	touch "$in"
	all=900005 starts_over "SOURCE was modified"
}

# rewrite OFFSET - change a byte of SOURCE, and set its mtime back.
rewrite() {
	touch -r "$in" "$BATS_TEST_TMPDIR.times"
	damage "$in" "$1"
	touch -r "$BATS_TEST_TMPDIR.times" "$in"
}

@test "resume: a SOURCE that was rewritten with its mtime set back starts over" {
	local at
	a_source
	for at in 0 70000 $((KEPT - 1)); do
		half
		rewrite $at
		starts_over "SOURCE has other data"
		all_done
	done
}

@test "resume: a SOURCE that was rewritten behind the part goes on" {
	a_source
	half
	rewrite $KEPT
	goes_on
}

@test "resume: a SOURCE whose data is the same goes on after chmod and link" {
	requires strace
	a_source
	half
	ln "$in" "$BATS_TEST_TMPDIR.link"
	TRACE="-y -e trace=pread64" goes_on
	grep -q "<$in>" "$BATS_TEST_TMPDIR.trace"
	all_done
	half
	chmod 600 "$in"
	goes_on
}

@test "resume: times that are too recent do not prove that SOURCE is the same" {
	requires strace
	cp "$in" "$BATS_TEST_TMPDIR.in"
	in=$BATS_TEST_TMPDIR.in
	half
	TRACE="-y -e trace=pread64" goes_on
	grep -q "<$in>" "$BATS_TEST_TMPDIR.trace"
}

@test "resume: a SOURCE that changed while it was moved keeps no part" {
	a_source
	start --resume --rate=200K --block-size=4K "$in" out
	retry has_written 200000
	touch "$in"
	ends 7
	only
}

## Failures of the rest

@test "resume: what could not be flushed is not kept" {
	FAULT=write:ENOSPC:9:out=reg,fdatasync:EIO:1 zcopy 4 --resume \
	    -m read-write --block-size=64K "$in" out
	fault_fired 2
	[[ $output != *keeps* ]]
	only
}

@test "resume: a commit that fails gives the part back" {
	local call
	echo old >out
	for call in renameat:EIO:1 renameat:EXDEV:2 fremovexattr:EIO:1; do
		FAULT=$call zcopy 4 --resume "$in" out
		fault_fired
		[[ $output == *"out.part: keeps 983040 bytes"* ]]
		only out out.part
		[ "$(cat out)" = old ]
	done
	moves $((SIZE - 983040))
}

@test "resume: --no-clobber does not replace a DEST that came meanwhile" {
	start --resume --no-clobber --rate=200K --block-size=4K "$in" out
	retry has_written 200000
	echo late >out
	ends 4
	[[ $output == *"out.part: keeps "* ]]
	[ "$(cat out)" = late ]
	only out out.part
	rm out
	zcopy 0 --resume --no-clobber "$in" out
	same "$in" out
}

@test "resume: whatever call fails, DEST is whole, and the next run completes it" {
	run check_all_calls
	echo "$output"
	[ "$status" -eq 0 ]
}

# check_all_calls - let each call of a run that resumes fail in turn.
check_all_calls() {
	local call count n errno errnos=(EIO ENOSPC EPERM) runs=0 failed=0
	cp "$in" "$BATS_TEST_TMPDIR.copy"
	for call in openat close fstat fdatasync fsync fgetxattr fsetxattr \
	    fremovexattr pread ftruncate lseek renameat unlinkat fchmod \
	    fchown; do
		echo old >out
		half
		FAULT=$call:pass:1+ zcopy 0 --resume --sync "$in" out
		count=$(fault_count)
		for ((n = 1; n <= count; n++)); do
			errno=${errnos[n % 3]}
			echo old >out
			half
			FAULT=$call:$errno:$n run zcopy_here --resume --sync \
			    "$in" out
			: $((runs += 1))
			[ "$status" -eq 0 ] || : $((failed += 1))
			echo "$call:$errno:$n: $status $output"
			[ "$(tr -d '\0' <out)" = old ] ||
			    same "$in" out || return
			zcopy 0 --resume "$in" out || return
			same "$in" out || return
			only out || return
			rm out
		done
	done
	echo "runs: $runs, failed: $failed"
	[ $failed -gt 10 ]
}

## Without attributes

@test "resume: without extended attributes the record is a file" {
	local FAULT_XATTR=fgetxattr:EOPNOTSUPP:1+,fsetxattr:EOPNOTSUPP:1+
	FAULT=$FAULT_XATTR,write:ENOSPC:9:out=reg zcopy 4 --resume \
	    -m read-write --block-size=64K "$in" out
	only out.part out.part.zcopy
	[ "$(stat -c %a out.part.zcopy)" = 600 ]
	FAULT=$FAULT_XATTR zcopy 0 --resume "$in" out
	[[ $output == "zcopy: out: resuming at byte $KEPT" ]]
	same "$in" out
	only out
}

@test "resume: it works on ramfs, which has no attributes" {
	requires_root
	fs=$BATS_TEST_TMPDIR.on-ramfs
	mount_at "$fs" -t ramfs none
	cd "$fs" || return
	half
	only out.part out.part.zcopy
	goes_on
	half
	rm out
	truncate -s 100 out.part.zcopy
	starts_over "its record is damaged"
	all_done
	half
	echo mine >out.part.zcopy
	rm out.part
	refused "it exists, and zcopy has not written it"
	[ "$(cat out.part.zcopy)" = mine ]
	rm -f out.part out.part.zcopy
	ln -s /etc/passwd out.part.zcopy
	zcopy 4 --resume "$in" out
	[ ! -e out ]
	rm out.part.zcopy
	zcopy 0 --resume "$in" out
	only out
}

@test "resume: it goes on on each file system" {
	local type
	for type in ext4 xfs btrfs tmpfs overlay; do
		file_system $type
		rm -rf "$fs/lost+found"
		cd "$fs" || return
		half
		goes_on
		cp "$in" "$fs/in"
		FAULT=write:ENOSPC:9:out=reg zcopy 4 --resume -m read-write \
		    --block-size=64K in new
		zcopy 0 --resume in new
		[[ $output == *"resuming at byte $KEPT" ]]
		same in new
	done
}

## What is refused

# usage_error TEXT ARG... - zcopy refuses ARGs, and touches nothing.
usage_error() {
	zcopy 2 "${@:2}"
	[[ $output == *"$1"* ]]
	only
}

# bats test_tags=valgrind
@test "resume: options that write DEST itself are refused" {
	local option
	for option in --append --seek=0 --inplace; do
		usage_error "--resume: not with --append, --seek or --inplace, which write DEST itself" \
		    --resume $option "$in" out
	done
	for option in --header --trailer; do
		usage_error "--resume: not with --header or --trailer" \
		    --resume "$option=$in" "$in" out
	done
	usage_error "--resume: not with --no-disk-io" --resume --no-disk-io \
	    "$in" out
	usage_error "--resume" --benchmark --resume "$in" out
	usage_error "--discard goes with network options only" \
	    --discard --resume :0
}

@test "resume: a DEST that keeps no part is refused" {
	usage_error "-: --resume: only for a DEST that is named by its path" \
	    --resume "$in" -
	usage_error "--resume: only for a DEST" --resume "$in" fd:1
	usage_error "--resume: only for a DEST" --resume "$in" 127.0.0.1:1
	usage_error "--resume: only for a DEST" --resume "$in" unix:socket
	usage_error "/dev/null: --resume: a " --resume "$in" /dev/null
	usage_error "/proc/self/comm: --resume: a " --resume "$in" \
	    /proc/self/comm
	mkfifo "$BATS_TEST_TMPDIR.fifo"
	usage_error "--resume: a pipe, not a regular file" --resume "$in" \
	    "$BATS_TEST_TMPDIR.fifo"
}

@test "resume: a SOURCE that cannot be read from the middle is refused" {
	mkfifo "$BATS_TEST_TMPDIR.fifo"
	usage_error "--resume: a pipe cannot be read from the middle" \
	    --resume "$BATS_TEST_TMPDIR.fifo" out
	usage_error "-: --resume: a pipe cannot be read from the middle" \
	    --resume - out < <(cat "$in")
	usage_error "--resume: a socket cannot be read from the middle" \
	    --resume 127.0.0.1:1 out
	usage_error "--resume: a socket cannot be read from the middle" \
	    --resume :0 out
	usage_error "cannot be read from the middle" --resume /dev/zero out
	usage_error "cannot be read from the middle" --resume \
	    /proc/self/status out
}

@test "resume: a name that has no room for .part is an error that says so" {
	local name
	name=$(printf %0251d 0)
	zcopy 4 --resume "$in" "$name"
	[[ $output == *": --resume: the name is too long: there is no room for \".part\" behind it" ]]
	only
	zcopy 0 --resume "$in" "${name:1}"
	only "${name:1}"
}

@test "resume: an append-only directory is refused" {
	requires_root
	file_system ext4 20
	mkdir "$fs/dir"
	chattr +a "$fs/dir" || skip "no chattr"
	zcopy 4 --resume "$in" "$fs/dir/out"
	[[ $output == *"create: Operation not permitted"* ]]
	[ -z "$(ls -A "$fs/dir")" ]
	chattr -a "$fs/dir"
}

## What it says

@test "resume: --explain says where the run would go on" {
	a_source
	zcopy 0 --explain --resume "$in" out
	[[ $output == *$'\n'"resume       no: there is no part"* ]]
	only
	half
	zcopy 0 --explain --resume "$in" out
	[[ $output == *$'\n'"resume       at byte $KEPT, if the part has what was written"* ]]
	chmod 600 "$in"
	zcopy 0 --explain --resume "$in" out
	[[ $output == *"at byte $KEPT, if the part and SOURCE have what was written"* ]]
	touch "$in"
	zcopy 0 --explain --resume "$in" out
	[[ $output == *"resume       no, starts over: SOURCE was modified"* ]]
	setfattr -x user.zcopy.part out.part
	zcopy 4 --explain --resume "$in" out
	[[ $output == *"zcopy: out.part: --resume: it exists, and zcopy has not written it"* ]]
	[ "$(stat -c %s out.part)" -eq $KEPT ]
}

@test "resume: -q prints errors only" {
	FAULT=write:ENOSPC:9:out=reg zcopy 4 -q --resume -m read-write \
	    --block-size=64K "$in" out
	[ "$(wc -l <<<"$output")" -eq 1 ]
	moves $((SIZE - KEPT)) -q
	[ -z "$output" ]
}

@test "resume: progress counts all of DEST, and the speed only what moves" {
	half
	zcopy 0 --resume --progress-fd=8 "$in" out 8>"$BATS_TEST_TMPDIR.lines"
	grep -q "\"bytes\":$SIZE,\"expected\":$SIZE," "$BATS_TEST_TMPDIR.lines"
}
