#!/usr/bin/env bats
# scripts/examples/split-copy: DEST is complete, or not there.
# bats file_tags=slow

load helpers

EXAMPLES=$BATS_TEST_DIRNAME/../scripts/examples

setup() {
	requires setsid xargs flock
	cd "$BATS_TEST_TMPDIR" || return
	export TMPDIR=$BATS_TEST_TMPDIR.tmp ZCOPY
	mkdir "$TMPDIR"
}

teardown() {
	end_all
	unmount_all
}

# split STATUS ARG... - run it; fail unless it exits with STATUS, or if it leaves
# files behind.
split() {
	local want=$1
	shift
	run timeout 60 sh "$EXAMPLES/split-copy" "$@" 3>&-
	printf '$ split-copy %s\n%s\n[status %s, expected %s]\n' \
	    "$*" "$output" "$status" "$want"
	[ "$status" -eq "$want" ] && [ -z "$(ls -A "$TMPDIR")" ]
}

# broken PATTERN COMMAND - set $ZCOPY to one that runs COMMAND if its arguments
# match PATTERN.  It may be called again, for another PATTERN.
broken() {
	local wrapper
	: $((wrappers += 1))
	wrapper=$BATS_TEST_TMPDIR.wrapper$wrappers
	printf '#!/bin/sh\ncase "$*" in\n%s)\n\t%s ;;\nesac\nexec "%s" "$@"\n' \
	    "$1" "$2" "$ZCOPY" >"$wrapper"
	chmod +x "$wrapper"
	ZCOPY=$wrapper
}
wrappers=0

@test "split-copy: files of any size arrive, whether or not pieces divide it" {
	local size
	for size in 0 1 4999 5000 5001 9999 10000 48765; do
		random_file 'a file' $size
		split 0 -j 3 -p 5000 'a file' 'a copy'
		[ -z "$output" ]
		same 'a file' 'a copy'
		only 'a copy' 'a file'
	done
}

@test "split-copy: one piece, more jobs than pieces, and the defaults work" {
	local options
	random_file in 100000
	for options in '' '-j 1' '-p 1000000' '-j 9 -p 50000' '-p 100000'; do
		# shellcheck disable=SC2086	# options
		split 0 $options in out
		same in out
		rm out
	done
}

@test "split-copy: names like options and addresses are names" {
	random_file ./-x 10000
	split 0 -p 6000 -- -x server:9000
	same ./-x ./server:9000
}

@test "split-copy: a new file has the mode of SOURCE, an old one keeps its own" {
	random_file in 10000
	chmod 640 in
	split 0 -p 6000 in out
	[ "$(stat -c %a out)" = 640 ]
	chmod 604 out
	split 0 -p 6000 in out
	[ "$(stat -c %a out)" = 604 ]
}

@test "split-copy: a link leads to the file that is replaced" {
	random_file in 10000
	mkdir there
	ln -s there/file link
	split 0 -p 6000 in link
	[ -h link ]
	same in there/file
}

@test "split-copy: a hole stays a hole" {
	random_file in 5000
	truncate -s 8M in
	split 0 -p 3000000 in out
	same in out
	[ "$(stat -c %b out)" -le "$(stat -c %b in)" ]
}

@test "split-copy: a piece that fails is named, and the old file stays" {
	random_file in 48000
	echo old >out
	broken '*--seek=20000*' 'echo "zcopy: injected" >&2; exit 4'
	split 1 -p 10000 in out
	[ "${lines[0]}" = "zcopy: injected" ]
	[ "${lines[1]}" = \
	    "split-copy: copy failed: 10000 bytes at 20000 of $PWD/in" ]
	[ ${#lines[@]} -eq 2 ]
	[ "$(cat out)" = old ]
	only in out
}

@test "split-copy: when a piece fails, those that run are ended" {
	random_file in 48000
	broken '*--seek=20000*' "until [ -e '$PWD/slow' ]; do :; done; exit 4"
	broken '*--seek=0\ *' ": >'$PWD/slow'; exec sleep 600"
	split 1 -p 10000 in out
	[[ $output == "split-copy: copy failed: 10000 bytes at 20000 of "* ]]
	only in slow
}

@test "split-copy: a piece that arrived wrong is named, and leaves no file" {
	random_file in 48000
	broken '*--seek=20000*' \
	    "'$ZCOPY' \"\$@\" && printf x | dd of=/dev/stdout bs=1 seek=25000 \
conv=notrunc status=none"
	split 1 -p 10000 in out
	[[ $output == *"check failed: 10000 bytes at 20000 of "* ]]
	only in
}

@test "split-copy: a SOURCE that changes between two pieces is an error" {
	random_file in 48000
	broken '*--seek=40000*' "'$ZCOPY' \"\$@\" && printf x >>'$PWD/in'; exit"
	split 1 -j 1 -p 10000 in out
	[ "$output" = "split-copy: changed during the copy: in" ]
	only in
}

@test "split-copy: a full disk fails, and leaves no file" {
	file_system tmpfs 1
	random_file in 2000000
	split 1 -p 300000 in "$fs/out"
	[[ $output == *"No space left on device"*"copy failed: "* ]]
	[ -z "$(ls -A "$fs")" ]
}

# begin DEST - start a copy that waits in its second piece; $pid is its process,
# in a process group of its own, and $waiting is the piece.
begin() {
	rm -f begun
	log=$BATS_TEST_TMPDIR.split.log
	"${clean_env[@]}" setsid sh "$EXAMPLES/split-copy" -p 10000 in "$1" \
	    >"$log" 2>&1 3>&- &
	pid=$!
	retry test -s begun
	waiting=$(cat begun)
}

@test "split-copy: a signal ends all zcopys, and leaves the old file" {
	local signal
	random_file in 48000
	echo old >out
	broken '*--seek=10000*' "echo \$\$ >'$PWD/begun'; exec sleep 600"
	for signal in HUP INT TERM; do
		begin out
		kill -$signal "$pid"
		ends $((128 + $(kill -l $signal)))
		[ -z "$output" ]
		retry gone "$waiting"
		[ "$(cat out)" = old ]
		only begun in out
		[ -z "$(ls -A "$TMPDIR")" ]
	done
}

@test "split-copy: kill -9 leaves the old file, and the next run works" {
	local real=$ZCOPY
	random_file in 48000
	echo old >out
	broken '*--seek=10000*' "echo \$\$ >'$PWD/begun'; exec sleep 600"
	begin out
	kill -KILL "$pid" "$waiting"
	ends 137
	[ "$(cat out)" = old ]
	rm -rf "${TMPDIR:?}"/*
	ZCOPY=$real split 0 -p 10000 in out
	same in out
}

## Disks

# used_disk SIZE - set $device to a disk that is full of data.
used_disk() {
	random_file "$BATS_TEST_TMPDIR.disk" "$1"
	attach "$BATS_TEST_TMPDIR.disk"
}

# cleared - the first MiB of the disk has only zeros.
cleared() {
	cmp -n 1M /dev/zero "$device"
}

@test "split-copy: a file arrives on a disk, and the disk in a file" {
	local size
	used_disk 3M
	for size in 1 1000 1048576 2500001; do
		random_file in $size
		split 0 -p 700000 in "$device"
		cmp -n $size in "$device"
	done
	split 0 -p 700000 "$device" out
	cmp "$device" out
}

@test "split-copy: half a copy on a disk has no start" {
	used_disk 3M
	random_file in 3M
	broken '*--seek=1748576*' 'echo "zcopy: injected" >&2; exit 4'
	split 1 -p 700000 in "$device"
	[[ $output == *"copy failed: 700000 bytes at 1748576 of $PWD/in" ]]
	cleared
}

@test "split-copy: kill -9 leaves no start on a disk, and locks it meanwhile" {
	local real=$ZCOPY
	used_disk 3M
	random_file in 3M
	broken '*--seek=1058576*' "echo \$\$ >'$PWD/begun'; exec sleep 600"
	begin "$device"
	ZCOPY=$real run sh "$EXAMPLES/split-copy" in "$device"
	[ "$status" -eq 1 ]
	[ "$output" = "split-copy: locked by another process: $device" ]
	kill -KILL "$pid" "$waiting"
	ends 137
	cleared
	rm -rf "${TMPDIR:?}"/*
	ZCOPY=$real retry split 0 -p 700000 in "$device"
	cmp in "$device"
}

@test "split-copy: a disk that is too small, or the source, is not touched" {
	used_disk 2M
	random_file in 3M
	split 1 in "$device"
	[ "$output" = "split-copy: too small: $device" ]
	split 1 "$device" "$device"
	[ "$output" = "split-copy: the same file: $device" ]
	mknod node b "$(stat -c 0x%t "$device")" "$(stat -c 0x%T "$device")"
	split 4 "$device" node
	[[ $output == *"same file as SOURCE"* ]]
	cmp "$BATS_TEST_TMPDIR.disk" "$device"
	[ "$(head -c 1M "$device" | tr -d '\0' | wc -c)" -gt 0 ]
}

@test "split-copy: a disk that is mounted is not touched" {
	requires mkfs.ext4
	local there=$BATS_TEST_TMPDIR.there
	used_disk 8M
	mkfs.ext4 -q "$device"
	mount_at "$there" "$device"
	random_file in 2M
	split 4 in "$device"
	[[ $output == "zcopy: $device: "*"busy"* ]]
	umount "$there"
	mounts=()
	mount_at "$there" "$device"
}

## Usage

@test "split-copy: what is no file or disk is an error" {
	random_file in 1000
	split 1 nosuch out
	[[ $output == "split-copy: "*nosuch ]]
	split 1 . out
	split 1 in .
	split 1 in /dev/null
	split 1 in nosuch/out
	split 1 /dev/null out
	split 1 in ./in
	[ "$output" = "split-copy: the same file: ./in" ]
	only in
}

@test "split-copy: a wrong option or number is a usage error" {
	local options
	random_file in 1000
	for options in '-j 0' '-j x' '-p 0' '-p -1' '-p 1K' '-j' '-x' 'in' \
	    'in in'; do
		# shellcheck disable=SC2086	# options
		split 2 $options in out
		[[ ${lines[-1]} == "usage: split-copy "* ]]
	done
	only in
}
