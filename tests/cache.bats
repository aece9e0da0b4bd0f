#!/usr/bin/env bats
# --no-cache: the page cache is afterwards as it was before.  tests/cache.c looks
# at it page by page, by cachestat(2) and mincore(2).
# bats file_tags=slow

load helpers

size=30000001
methods=(copy_file_range sendfile splice mmap read-write)

# The page cache of a file on tmpfs is the file itself.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	if [ "$(stat -f -c %T .)" = tmpfs ]; then
		file_system ext4
		cd "$fs" || return
	fi
	data=$BATS_TEST_TMPDIR.data
	random_file "$data" $size
	cp "$data" in
	cache drop in
	group=
}

teardown() {
	end_all
	leave_group || :
	unmount_all
}

# cache ARG... - run tests/cache.c.
cache() {
	"$TEST_BIN/cache" "$@"
}

# part FILE - have some parts of FILE in memory: the first page, one in the
# middle, some MiB, and the last one.  Files are `size` bytes long.
part() {
	retry has_part "$1"
}

has_part() {
	cache drop "$1"
	cache read "$1" 0 1
	cache read "$1" 5000000 1
	cache read "$1" 9000000 6000000
	cache read "$1" $((size - 1)) 1
	[ "$(cache map "$1" | wc -l)" -eq 4 ]
}

# all FILE - have all of FILE in memory.
all() {
	retry has_all "$1"
}

has_all() {
	cache read "$1"
	cache has "$1"
}

# reclaimed - true if the system takes pages out of memory all the time, though
# there is room for them: DAMON with the action pageout.
reclaimed() {
	grep -qx on /sys/kernel/mm/damon/admin/kdamonds/*/state 2>/dev/null ||
	    grep -qx Y /sys/module/damon_reclaim/parameters/enabled 2>/dev/null
}

# keeps FILE COMMAND... - call COMMAND; fail unless the same pages of FILE are in
# memory before and after, at the first try; where others take pages out of
# memory, in one of ten.
keeps() {
	local file=$1 before after from to tries=1
	! reclaimed || tries=10
	before=$(cache map "$file")
	while ((tries-- > 0)); do
		"${@:2}"
		after=$(cache map "$file")
		printf '%s was in memory:\n%s\nand is now:\n%s\n' "$file" \
		    "$before" "$after"
		[ "$before" != "$after" ] || return 0
		cache drop "$file"
		while read -r from to && [ -n "$from" ]; do
			cache read "$file" "$from" $((to - from < \
			    size - from ? to - from : size - from))
		done <<<"$before"
	done
	return 1
}

# has_kept FILE PAGES - fail unless just these pages of FILE are in memory; where
# others take pages out of memory, skip the case.
has_kept() {
	[ "$(cache map "$1")" != "$2" ] || return 0
	! reclaimed || skip "DAMON takes pages out of memory"
	return 1
}

# each_state COMMAND... - call it with an `in` of which nothing, a part, or
# everything is in memory: that must not change.
each_state() {
	keeps in "$@"
	part in
	keeps in "$@"
	all in
	keeps in "$@"
	cache drop in
}

# cold FILE - fail if any page of FILE is in memory.
cold() {
	local there
	there=$(cache map "$1")
	echo "$1 is in memory: ${there:-no}"
	[ -z "$there" ]
}

# to_file ARG... - copy in to a new file, which must be complete and cold.
to_file() {
	rm -f out
	zcopy 0 --no-cache "$@" in out
	cold out
	same "$data" out
}

@test "no-cache: a new DEST is cold and SOURCE as before, with each method" {
	local method
	for method in "${methods[@]}"; do
		each_state to_file -m "$method"
	done
}

# Otherwise the other cases would prove nothing.
@test "no-cache: without it both files are in memory" {
	zcopy 0 in out
	cache has in
	cache has out
}

@test "no-cache: SOURCE is as before after a copy to a device" {
	local method
	for method in sendfile splice read-write; do
		each_state zcopy 0 --no-cache -m "$method" in /dev/null
	done
}

# to_port ARG... - send in to a zcopy that drops what it gets.
to_port() {
	zcopy 0 --no-cache "$@" in "127.0.0.1:$port"
}

@test "no-cache: SOURCE is as before after a connection" {
	local method
	listener --discard listen:127.0.0.1:0
	for method in sendfile splice mmap read-write; do
		each_state to_port -m "$method"
	done
}

@test "no-cache: DEST is cold after a connection or a FIFO" {
	listener --no-cache listen:127.0.0.1:0 out
	zcopy 0 "$data" "127.0.0.1:$port"
	ends 0
	cold out
	same "$data" out
	mkfifo fifo
	cat "$data" >fifo 3>&- &
	zcopy 0 --no-cache fifo out
	cold out
	same "$data" out
}

# to_pipe ARG... - send in to a pipe whose reader compares it.
to_pipe() {
	mkfifo pipe
	cmp - "$data" <pipe 3>&- &
	zcopy 0 --no-cache "$@" in pipe
	wait $!
	rm pipe
}

@test "no-cache: SOURCE is as before after a pipe that copies" {
	each_state to_pipe -m read-write
	each_state to_pipe -m mmap
}

# The pages that zcopy cannot drop are those in the pipe when it ends.
@test "no-cache: of SOURCE only what a pipe still holds stays in memory" {
	local method from to
	for method in splice sendfile; do
		to_pipe -m $method
		echo "$method leaves: $(cache map in)"
		while read -r from to; do
			[ "$from" -ge $((size - 4194304)) ]
		done < <(cache map in)
		cache drop in
	done
}

@test "no-cache: descriptors are looked after, too" {
	part in
	keeps in zcopy_stdio
	cold out
	same "$data" out
}

# zcopy_stdio - copy in to out through standard input and output.
zcopy_stdio() {
	STDOUT=out zcopy 0 --no-cache - - <in
}

@test "no-cache: what is read ahead and behind a range is dropped" {
	local method
	for method in "${methods[@]}"; do
		echo "$method:"
		rm -f out
		zcopy 0 --no-cache -m "$method" --offset=10000001 \
		    --bytes=5000001 in out
		cold in
		cold out
		cmp out <(tail -c +10000002 "$data" | head -c 5000001)
		part in
		keeps in zcopy 0 --no-cache -m "$method" --offset=10000001 \
		    --bytes=5000001 in out
		cache drop in
	done
}

@test "no-cache: SOURCE is as before if --offset is past its end" {
	keeps in zcopy 6 --no-cache --offset=30000002 in out
	keeps in zcopy 0 --no-cache --offset=30000001 in out
}

# in_place ARG... - write 20000001 bytes of in, from 4000001 on, into out.
in_place() {
	zcopy 0 --no-cache --bytes=20000001 --seek=4000001 "$@" in out
}

@test "no-cache: old pages of a DEST that is written in place stay" {
	local method
	for method in sendfile splice mmap read-write; do
		echo "$method:"
		rm -f out
		random_file out $size
		cp out "$BATS_TEST_TMPDIR.old"
		part out
		keeps out in_place -m $method
		dd if="$data" of="$BATS_TEST_TMPDIR.old" bs=1M conv=notrunc \
		    iflag=count_bytes oflag=seek_bytes count=20000001 \
		    seek=4000001 status=none
		same "$BATS_TEST_TMPDIR.old" out
	done
}

@test "no-cache: --append and --inplace leave nothing in memory" {
	head -c 5000001 "$data" >out
	cache drop out
	zcopy 0 --no-cache --append --offset=5000001 in out
	cold out
	same "$data" out
	zcopy 0 --no-cache --inplace in out
	cold out
	same "$data" out
}

@test "no-cache: a replaced file is cold, whether or not the old one was" {
	cp "$data" out
	cache has out
	zcopy 0 --no-cache in out
	cold out
	same "$data" out
}

@test "no-cache: headers and trailers leave nothing in DEST" {
	zcopy 0 --no-cache --header="$data" --trailer="$data" in out
	cold out
	cmp out <(cat "$data" "$data" "$data")
}

@test "no-cache: block devices, as SOURCE and as DEST" {
	block_device 32M
	# Otherwise the kernel would drop its pages with the last close(2).
	exec 8<"$device"
	zcopy 0 --no-cache in "$device"
	cold "$device"
	part "$device"
	keeps "$device" zcopy 0 --no-cache in "$device"
	cmp -n $size "$device" "$data"
	part "$device"
	rm -f out
	keeps "$device" zcopy 0 --no-cache --bytes=$size "$device" out
	cold out
	same "$data" out
	exec 8<&-
}

@test "no-cache: on other file systems as well" {
	local type
	for type in xfs btrfs; do
		echo "on $type:"
		file_system "$type"
		cp "$data" "$fs/in"
		cd "$fs"
		cache drop in
		each_state to_file
		unmount_all
	done
}

# cachestat(2) says that no file there has a page in memory.
@test "no-cache: on overlayfs as well" {
	file_system ext4
	mkdir "$fs"/{lower,upper,work}
	cp "$data" "$fs/lower/in"
	mount_at "$fs-over" -t overlay -o \
	    "lowerdir=$fs/lower,upperdir=$fs/upper,workdir=$fs/work" none
	cd "$fs-over"
	cache drop in
	each_state to_file
}

# Whatever it does there, all of it is in memory anyway.
@test "no-cache: a copy to and from tmpfs is complete" {
	file_system tmpfs
	zcopy 0 --no-cache in "$fs/out"
	same "$data" "$fs/out"
	zcopy 0 --no-cache "$fs/out" out
	cold out
	same "$data" out
}

@test "no-cache: a transfer that fails leaves SOURCE as it was" {
	local FAULT=kernel:EIO:9,write:ENOSPC:9
	part in
	keeps in zcopy 4 --no-cache -m read-write in out
	fault_fired
	only in
}

@test "no-cache: a signal leaves SOURCE as it was" {
	part in
	mkfifo pipe
	exec 7<>pipe
	before=$(cache map in)
	start --no-cache -m read-write in pipe 7>&-
	retry has_read
	kill -TERM "$pid"
	ends 143
	exec 7>&-
	has_kept in "$before"
}

# has_read - for `retry`: the FIFO, descriptor 7, has got data.
has_read() {
	read -r -t 0 -u 7
}

@test "no-cache: an error of the disk is status 4, and DEST as it was" {
	requires strace
	echo old >out
	TRACE='-e trace=sync_file_range -e inject=sync_file_range:error=EIO:when=2+' \
	    zcopy 4 --no-cache in out
	fault_fired
	[[ $output == "zcopy: out: write back: Input/output error"* ]]
	[ "$(cat out)" = old ]
	cold in
}

# refusing RULE... - copy under a seccomp filter (tests/seccomp.c).
refusing() {
	local clean_env=("${clean_env[@]}" "$TEST_BIN/seccomp" "$@" --)
	rm -f out
	zcopy 0 --no-cache in out
}

@test "no-cache: mincore tells where cachestat is missing" {
	"$TEST_BIN/seccomp" cachestat:EPERM -- true || skip "no such filter"
	part in
	keeps in refusing cachestat:EPERM
	cold out
	keeps in refusing cachestat:ENOSYS
	cold out
	same "$data" out
}

@test "no-cache: fdatasync writes back where sync_file_range is missing" {
	"$TEST_BIN/seccomp" sync_file_range:EPERM -- true ||
	    skip "no such filter"
	refusing sync_file_range:EPERM
	cold out
	same "$data" out
}

@test "no-cache: says so if the kernel does not tell what is in memory" {
	"$TEST_BIN/seccomp" cachestat:EPERM mincore:EPERM -- true ||
	    skip "no such filter"
	part in
	refusing cachestat:EPERM mincore:EPERM preadv2:EPERM
	[[ $output == *"in: --no-cache: data stays in the page cache"* ]]
	cache has in
	same "$data" out
}

@test "no-cache: says so, and once, if the kernel cannot drop pages" {
	"$TEST_BIN/seccomp" fadvise:ENOSYS -- true || skip "no such filter"
	local error note
	note="--no-cache: data stays in the page cache, because the kernel does"
	note+=" not drop it: "
	for error in EPERM ENOSYS; do
		refusing fadvise:$error preadv2:EPERM
		[ "$(grep -c "^zcopy: in: $note" <<<"$output")" -eq 1 ]
		[ "$(grep -c "^zcopy: out: $note" <<<"$output")" -eq 1 ]
		cache has out
		same "$data" out
	done
	rm out
	local clean_env=("${clean_env[@]}" "$TEST_BIN/seccomp" fadvise:ENOSYS --)
	zcopy 0 --no-cache --resume in out
	[ "$(grep -c "^zcopy: out: $note" <<<"$output")" -eq 1 ]
}

# The kernel tells nobody else which pages are in memory.  RWF_DONTCACHE does
# not need to know (Linux 6.14, on ext4, XFS and others).
@test "no-cache: the file of another user is as before, or zcopy says why not" {
	requires_root
	chmod 644 in
	part in
	before=$(cache map in)
	as_nobody zcopy 0 --no-cache -v in /dev/null
	[[ $output == *"data stays in the page cache"*"only to its owner"* ]] ||
	    has_kept in "$before"
	as_nobody zcopy 0 --no-cache -m sendfile in /dev/null
	[[ $output == *"data stays in the page cache"*"only to its owner"* ]]
}

# There is room for 65536 runs; behind them everything stays.
@test "no-cache: if too many parts are in memory, none of them is dropped" {
	truncate -s 540M many
	cache stripes many
	cache map many >"$BATS_TEST_TMPDIR.before"
	[ "$(wc -l <"$BATS_TEST_TMPDIR.before")" -gt 65536 ]
	zcopy 0 --no-cache --sparse=never many /dev/null
	cache map many >"$BATS_TEST_TMPDIR.after"
	if ! cmp <(head -n 65535 "$BATS_TEST_TMPDIR.after") \
	    <(head -n 65535 "$BATS_TEST_TMPDIR.before"); then
		! reclaimed || skip "DAMON takes pages out of memory"
		return 1
	fi
	[ "$(tail -n +65536 "$BATS_TEST_TMPDIR.after" | wc -l)" -eq 1 ]
}

@test "no-cache: a look at 1 TiB takes no time" {
	truncate -s 1T huge || skip "no such large files here"
	cache read huge 1099511000000 1
	cache read huge 500000000000 1
	ZCOPY_TEST_TIMEOUT=5 zcopy 0 --no-cache --seek=0 in huge
	cache has huge 1099511000000 1
	cache has huge 500000000000 1
	cache lacks huge 0 100000000
	cmp -n $size huge "$data"
}

@test "no-cache: between two ends that have no pages it is no error" {
	[ "$(zcopy_here --no-cache - - < <(echo data))" = data ]
}

@test "no-cache: ZC_DONT_CACHE of the library leaves nothing in memory" {
	part in
	before=$(cache map in)
	"$TEST_BIN/uncached" in out
	sync out
	[ "$(cache map in)" = "$before" ] ||
	    skip "no RWF_DONTCACHE here (Linux 6.14)"
	# The kernel drops pages when the disk has them, some time later.
	retry cache lacks out
	same "$data" out
}

@test "no-cache: ZC_DONT_CACHE does without what the kernel refuses" {
	local error
	for error in EPERM ENOSYS EOPNOTSUPP; do
		"$TEST_BIN/seccomp" "preadv2:$error" "pwritev2:$error" -- \
		    "$TEST_BIN/uncached" in out
		same "$data" out
	done
}

# disk_reads COMMAND [ARG...] - run it; print how many bytes the disk of $fs was
# read for it.
disk_reads() {
	local stat before after
	stat=/sys/dev/block/$(mountpoint -d "$fs")/stat
	read -r _ _ before _ <"$stat"
	"$@"
	read -r _ _ after _ <"$stat"
	echo $(((after - before) * 512))
}

# A large read-ahead makes large folios, and RWF_DONTCACHE drops each one that it
# has read, also in part.
@test "no-cache: ZC_DONT_CACHE reads nothing twice from the disk" {
	local queue offset bytes
	file_system ext4
	random_file "$fs/in" 64M
	queue=/sys/dev/block/$(mountpoint -d "$fs")/queue
	echo 8192 >"$queue/read_ahead_kb"
	for offset in 0 1000001; do
		retry cache drop "$fs/in"
		bytes=$(disk_reads "$TEST_BIN/uncached" "$fs/in" /dev/null \
		    $offset)
		echo "from $offset: read $bytes bytes from the disk"
		[ "$bytes" -gt 60000000 ]
		[ "$bytes" -lt $((67108864 * 103 / 100)) ]
	done
}

# Within a control group

# enter_group - move this case to a new control group for memory.
enter_group() {
	local top own
	top=$(findmnt -nro TARGET -t cgroup -O memory | head -n 1)
	own=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
	[ -n "$top" ] || top=$(findmnt -nro TARGET -t cgroup2 | head -n 1)
	parent=$top$own
	group=$(mktemp -d "$parent/zcopy-XXXXXX" 2>/dev/null) || {
		group=
		skip "no control groups"
	}
	[ -e "$group/memory.stat" ] || {
		rmdir "$group"
		group=
		skip "control groups do not count memory here"
	}
	echo $BASHPID >"$group/cgroup.procs"
}

leave_group() {
	[ -n "$group" ] || return 0
	echo $BASHPID >"$parent/cgroup.procs"
	retry rmdir "$group"
	group=
}

# limit BYTES - limit the memory of the group.
limit() {
	echo "$1" >"$group/memory.limit_in_bytes" 2>/dev/null ||
	    echo "$1" >"$group/memory.max"
}

# peak - print the most bytes that the group has had.
peak() {
	cat "$group/memory.max_usage_in_bytes" 2>/dev/null ||
	    cat "$group/memory.peak" 2>/dev/null ||
	    skip "control groups have no memory.peak here (Linux 5.19)"
}

# Neither file is on a loop device, because that would have pages of its own.
on_disk() {
	[ "$PWD" = "$BATS_TEST_TMPDIR" ] || skip "needs a directory on a disk"
	random_file large 300M
	cache drop large
}

@test "no-cache: in a control group the peak stays under 64 MiB" {
	on_disk
	enter_group
	zcopy 0 --no-cache large out
	echo "peak: $(peak)"
	[ "$(peak)" -lt 67108864 ]
	cold large
	cold out
	rm out
	zcopy 0 large out
	echo "and without --no-cache: $(peak)"
	[ "$(peak)" -gt 268435456 ]
}

@test "no-cache: in a control group a neighbour's file stays in memory" {
	on_disk
	enter_group
	limit 134217728
	cache read in
	keeps in zcopy 0 --no-cache large out
	cache has in
	cold out
}
