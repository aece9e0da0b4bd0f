#!/usr/bin/env bats
# scripts/examples/nightly-dump: it prints nothing when all is well, and deletes
# no dump before it has a better one.
# bats file_tags=slow

load helpers

EXAMPLES=$BATS_TEST_DIRNAME/../scripts/examples

# Names have blanks, to see that nothing splits them.
setup() {
	requires flock
	cd "$BATS_TEST_TMPDIR" || return
	mkdir bin dumps 'other disk'
	# A night needs no day: date prints what the case says.
	# shellcheck disable=SC2016	# for the other shell
	printf '#!/bin/sh\necho "${NIGHT}T031500Z"\n' >bin/date
	chmod +x bin/date
	export ZCOPY NIGHT
	export DUMP_NAME='my shop' DUMP_SUFFIX=.sql DUMP_DIR=$PWD/dumps
	export DUMP_KEEP=2 DUMP_COPY="$PWD/other disk"
	export DUMP_COMMAND='cat ../data'
}

teardown() {
	end_all
	unmount_all
}

# dump NIGHT - print the name of that night's dump.
dump() {
	echo "my shop-$1T031500Z.sql"
}

# night STATUS NIGHT [VARIABLE=VALUE...] - run it in that night, with new data,
# with these settings; fail unless it exits with STATUS.  $output has what it
# prints.
night() {
	local want=$1
	NIGHT=$2
	[ -e "data-$2" ] || random_file "data-$2" 100000
	cp "data-$2" data
	run env PATH="$PWD/bin:$PATH" "${@:3}" timeout 60 \
	    sh "$EXAMPLES/nightly-dump" 3>&-
	printf '%s: %s\n[status %s, expected %s]\n' \
	    "$2" "$output" "$status" "$want"
	[ "$status" -eq "$want" ]
}

# holds DIR NIGHT... - DIR has the dumps of these nights, whole, with their
# digests, and nothing else.
holds() {
	local each names=()
	if [ $# -eq 1 ]; then
		[ -z "$(ls "$1")" ]
		return
	fi
	for each in "${@:2}"; do
		same "data-$each" "$1/$(dump "$each")"
		names+=("$(dump "$each")" "$(dump "$each").sha256")
	done
	each=$(ls "$1")
	echo "$1: ${each//$'\n'/, }"
	[ "$each" = "$(printf '%s\n' "${names[@]}")" ]
	(cd "$1" && sha256sum --quiet -c ./*.sha256)
}

# both_hold NIGHT... - the same for both disks.
both_hold() {
	holds dumps "$@"
	holds 'other disk' "$@"
}

# one_line PATTERN - the output is one line, which matches PATTERN.
one_line() {
	[ ${#lines[@]} -eq 1 ]
	# shellcheck disable=SC2053	# a pattern
	[[ $output == $1 ]]
}

@test "nightly-dump: a dump has a digest and a copy, and nothing is printed" {
	night 0 2026-11-01
	[ -z "$output" ]
	both_hold 2026-11-01
	[ "$(stat -c %a "dumps/$(dump 2026-11-01)")" = 600 ]
}

@test "nightly-dump: the newest dumps are kept, and other names are not touched" {
	local each
	for each in "my shop-old-2026-11-01T031500Z.sql" "my shop.sql" \
	    "shop-2026-11-01T031500Z.sql" "my shop-2026-11-01T031500Z.txt"; do
		echo other >"dumps/$each"
	done
	cp dumps/* 'other disk'
	for each in 1 2 3 4 5; do
		night 0 2026-11-0$each
		[ -z "$output" ]
	done
	[ "$(cat dumps/*old* dumps/my\ shop.sql dumps/shop* dumps/*txt |
	    grep -c other)" -eq 4 ]
	diff -r -x '.*' dumps 'other disk'
	rm dumps/*old* dumps/my\ shop.sql dumps/shop* dumps/*txt
	holds dumps 2026-11-04 2026-11-05
}

@test "nightly-dump: a dump that fails half-way leaves the older ones alone" {
	DUMP_KEEP=1
	night 0 2026-11-01
	night 3 2026-11-02 DUMP_COMMAND='head -c 50000 ../data; exit 7'
	one_line 'zcopy: exec:head -c 50000 ../data; exit 7: *7*'
	both_hold 2026-11-01
	night 0 2026-11-03
	both_hold 2026-11-03
}

@test "nightly-dump: what a failing command prints is in the mail" {
	night 3 2026-11-01 DUMP_COMMAND='echo no such database >&2; false'
	[ "${lines[0]}" = "no such database" ]
	[[ ${lines[1]} == 'zcopy: exec:'* ]]
	[ ${#lines[@]} -eq 2 ]
	holds dumps
}

@test "nightly-dump: a full disk fails, and the older dumps stay" {
	file_system tmpfs 1
	DUMP_DIR=$fs DUMP_COPY=
	random_file data-2026-11-02 2000000
	night 0 2026-11-01 DUMP_COMMAND="cat '$PWD/data'"
	night 4 2026-11-02 DUMP_COMMAND="cat '$PWD/data'"
	one_line "zcopy: ./$(dump 2026-11-02): *No space left on device*"
	holds "$fs" 2026-11-01
}

@test "nightly-dump: a full other disk fails, and the dump is kept" {
	file_system tmpfs 1
	DUMP_COPY=$fs
	random_file data-2026-11-02 2000000
	night 0 2026-11-01
	night 4 2026-11-02
	one_line "zcopy: $fs/*: *No space left on device*"
	holds dumps 2026-11-01 2026-11-02
	same data-2026-11-01 "$fs/$(dump 2026-11-01)"
}

@test "nightly-dump: an other disk that is missing is an error" {
	night 4 2026-11-01 DUMP_COPY="$PWD/not mounted/dumps"
	one_line "zcopy: $PWD/not mounted/*: No such file or directory*"
	holds dumps 2026-11-01
}

# begin NIGHT VARIABLE=VALUE... - start it in the background, in a session of its
# own; $pid is its process.
begin() {
	log=$BATS_TEST_TMPDIR.night.log
	NIGHT=$1
	"${clean_env[@]}" PATH="$PWD/bin:$PATH" "${@:2}" \
	    setsid sh "$EXAMPLES/nightly-dump" >"$log" 2>&1 3>&- 7>&- &
	pid=$!
}

# begin_night NIGHT - the same with a command that waits behind half of the data.
begin_night() {
	fifo=$BATS_TEST_TMPDIR.fifo
	random_file "data-$1" 100000
	mkfifo "$fifo"
	exec 7<>"$fifo"
	begin "$1" DUMP_COMMAND="cat '$fifo'"
	head -c 50000 "data-$1" >&7
	retry taken
	! gone "$pid"
}

# lock_is_free - for `retry`.
lock_is_free() {
	flock -n 'dumps/.my shop.lock' true
}

@test "nightly-dump: two never run at once, and the second says so" {
	begin_night 2026-11-01
	night 75 2026-11-02
	one_line "nightly-dump: the last run, *, has not ended: it holds *"
	tail -c +50001 data-2026-11-01 >&7
	exec 7>&-
	ends 0
	[ -z "$output" ]
	both_hold 2026-11-01
	night 0 2026-11-02
	both_hold 2026-11-01 2026-11-02
}

@test "nightly-dump: a run that is killed leaves nothing, and the next one works" {
	night 0 2026-11-01
	begin_night 2026-11-02
	kill -KILL -- -"$pid"
	ends 137
	# The command, and what watches it, may have a group of their own.
	exec 7>&-
	retry lock_is_free
	both_hold 2026-11-01
	night 0 2026-11-03
	[ -z "$output" ]
	both_hold 2026-11-01 2026-11-03
}

# copies_by COMMAND... - set $copier to a zcopy that runs COMMAND where it is
# called with --resume; its arguments without -q are "$@".
copies_by() {
	copier=$PWD/bin/zcopy
	cat >"$copier" <<-END
		#!/bin/sh
		case "\$*" in
		*--resume*)	shift; $* ;;
		*)	exec '$ZCOPY' "\$@" ;;
		esac
	END
	chmod +x "$copier"
}

# part_has SIZE - for `retry`: the part of a copy has this size.
part_has() {
	local part=('other disk'/*.part)
	[ "$(stat -c %s "${part[0]}" 2>/dev/null || echo 0)" -ge "$1" ]
}

@test "nightly-dump: a copy that is interrupted is continued the next night" {
	random_file data-2026-11-01 4M
	# shellcheck disable=SC2016	# for the other shell
	copies_by "echo \$\$ >'$PWD/pid'; exec '$ZCOPY' --rate=1M" '"$@"'
	cp data-2026-11-01 data
	begin 2026-11-01 ZCOPY="$copier"
	retry part_has 1000000
	kill -TERM "$(cat pid)"
	ends 143
	[ ! -e "other disk/$(dump 2026-11-01)" ]
	holds dumps 2026-11-01

	# shellcheck disable=SC2016	# for the other shell
	copies_by "exec '$ZCOPY'" '"$@"' "2>>'$PWD/said'"
	night 0 2026-11-02 ZCOPY="$copier"
	[ -z "$output" ]
	both_hold 2026-11-01 2026-11-02
	grep "$(dump 2026-11-01): resuming at byte [1-9]" said
}

@test "nightly-dump: a dump that was damaged since is not copied; others are" {
	night 0 2026-11-01 DUMP_COPY=
	printf x | dd of="dumps/$(dump 2026-11-01)" bs=1 seek=5000 \
	    conv=notrunc status=none
	night 8 2026-11-02
	one_line "zcopy: *$(dump 2026-11-01)*"
	[ ! -e "other disk/$(dump 2026-11-01)" ]
	same data-2026-11-02 "other disk/$(dump 2026-11-02)"
}

@test "nightly-dump: a digest that is missing is made, and the dump is copied" {
	night 0 2026-11-01 DUMP_COPY=
	rm "dumps/$(dump 2026-11-01).sha256"
	night 0 2026-11-02
	[ -z "$output" ]
	both_hold 2026-11-01 2026-11-02
}

@test "nightly-dump: a wrong clock does not delete the new dump" {
	DUMP_KEEP=1
	night 0 2026-11-01
	night 0 1970-01-01
	same data-1970-01-01 "dumps/$(dump 1970-01-01)"
	same data-1970-01-01 "other disk/$(dump 1970-01-01)"
}

@test "nightly-dump: a setting that is wrong gives status 2, and runs nothing" {
	local each
	for each in DUMP_KEEP=0 DUMP_KEEP= DUMP_KEEP=-1 DUMP_KEEP=all \
	    DUMP_NAME= DUMP_NAME=a/b DUMP_COPY=relative; do
		night 2 2026-11-01 "$each" DUMP_COMMAND='echo ran >../ran'
		one_line "nightly-dump: ${each%%=*} must be *"
	done
	night 2 2026-11-01 DUMP_DIR=nosuch
	[ ! -e ran ]
	holds dumps
}
