#!/usr/bin/env bats
# kill -9, and a loss of power, at any moment: DEST is the old file or the new
# one, whole, and a run with --resume ends with the new one.
# bats file_tags=slow

load helpers
load kills

# $RESUME_KILLS: kills on each file system, with and without --resume each; 4 in
# 5 must land in mid-transfer.
KILLS=${RESUME_KILLS:-4}
SIZE=10000000
BIG=40000000		# what takes long enough for a flush

setup_file() {
	random_file "$BATS_FILE_TMPDIR/in" $SIZE
	random_file "$BATS_FILE_TMPDIR/big" $BIG
	random_file "$BATS_FILE_TMPDIR/old" 100000
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	in=$BATS_FILE_TMPDIR/in
	old=$BATS_FILE_TMPDIR/old
}

teardown() {
	end_all
	unmount_all
}

# is_whole - true if `out` is the old file or the new one.
is_whole() {
	cmp -s "$old" out || same "$in" out
}

# kill_midway SIGNAL ARG... - start zcopy, in blocks so small that the signal
# hits it half way, and kill it.
kill_midway() {
	local as_user=("${stopped[@]}")
	start --block-size=2K "${@:2}" "$source" out
	midway "$(somewhere)" "$1" "$pid" || seen=0
	outcome "$pid"
	tried=$((tried + 1))
	if [ "$status" -eq $((128 + $1)) ] && [ "$seen" -gt 0 ] &&
	    ! cmp -s "$in" out; then
		landed=$((landed + 1))
	fi
	is_whole
}

# complete ARG... - the next run ends with the new file; nothing else is left.
complete() {
	zcopy 0 "$@" "$source" out
	same "$in" out
	rm -f .out.zcopy-??????		# killed between two names
	only out "${inside[@]}"
}

# survives TYPE - kill runs on a file system of this type: at once; after a run
# that SIGTERM has ended; and again and again.  SOURCE is on the same file system
# or on another one.
survives() {
	local i n source inside counted=0
	file_system "$1" 400
	rm -rf "$fs/lost+found"
	cd "$fs" || return
	for ((i = 0; i < KILLS; i++)); do
		source=$in
		inside=()
		if ((i % 2)); then
			cp "$in" source
			source=source
			inside=(source)
		fi
		cp "$old" out
		kill_midway 9
		only out "${inside[@]}"
		complete
		cp "$old" out
		for ((n = RANDOM % 3; n > 0; n--)); do
			kill_midway $((n == 1 ? 15 : 9)) --resume
		done
		kill_midway 9 --resume
		complete --resume
		[[ $output != *"resuming at"* ]] || counted=$((counted + 1))
		rm -f source
	done
	echo "went on in the middle: $counted of $KILLS"
	most_landed
}

@test "resume: kill -9 at any moment leaves a whole file on ext4" {
	survives ext4
}

@test "resume: kill -9 at any moment leaves a whole file on XFS" {
	survives xfs
}

@test "resume: kill -9 at any moment leaves a whole file on btrfs" {
	survives btrfs
}

@test "resume: kill -9 at any moment leaves a whole file on tmpfs" {
	survives tmpfs
}

@test "resume: kill -9 after a flush loses only what came behind it" {
	local i in=$BATS_FILE_TMPDIR/big inside=()
	local source=$in
	for ((i = 0; i < (KILLS + 19) / 20; i++)); do
		cp "$old" out
		start --resume --rate=8M "$source" out
		retry size_is_over $((20000000 + BIG * RANDOM / (4 * 32768)))
		kill -9 "$pid"
		ends 137
		is_whole
		complete --resume
		[[ $output =~ resuming\ at\ byte\ ([0-9]+) ]]
		[ "${BASH_REMATCH[1]}" -ge 8000000 ]
	done
}

size_is_over() {
	[ "$(stat -c %s out.part 2>/dev/null || echo 0)" -gt "$1" ]
}

# Each system call that changes something, from the first to the last.
@test "resume: kill -9 in any system call leaves a whole file" {
	requires strace
	run killed_in_all_calls
	echo "$output"
	[ "$status" -eq 0 ]
}

# interrupted - leave a part with a half of it.
interrupted() {
	cp "$old" out
	FAULT=write:EIO:21:out=reg zcopy 4 --resume -m read-write \
	    --block-size=1M "$source" out
	[[ $output == *"keeps 20971520 bytes"* ]]
}

# killed_in_all_calls - resume, and die in the Nth of each of these calls.
killed_in_all_calls() {
	local call n killed=0 in=$BATS_FILE_TMPDIR/big inside=()
	local source=$in
	for call in openat fsetxattr ftruncate fsync fdatasync renameat2 \
	    fremovexattr fchown fchmod renameat write; do
		for ((n = 1; ; n++)); do
			interrupted || return
			TRACE="-e trace=$call -e inject=$call:signal=KILL:when=$n" \
			    run zcopy_here --resume --sync -m read-write \
			    --block-size=4M "$source" out
			is_whole || return
			[ "$status" -ne 0 ] || break
			killed=$((killed + 1))
			complete --resume || return
		done
		echo "$call: killed in $((n - 1)) calls"
		rm -f out out.part
	done
	echo "killed: $killed"
	[ "$killed" -ge 15 ]
}

# loses_power TYPE - see tests/power-resume.py.  $POWER_ROUNDS: how often.
loses_power() {
	local command
	requires_namespace -m
	requires python3 losetup "mkfs.$1"
	grep -qw "$1" /proc/filesystems || skip "this kernel has no $1"
	file_system xfs 1000		# it can clone files
	cd "$fs" || return
	zcopy_command
	run timeout 900 unshare -m python3 \
	    "$BATS_TEST_DIRNAME/power-resume.py" "$1" "${POWER_ROUNDS:-3}" \
	    "${command[@]}" 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "resume: after a loss of power on ext4, it ends with the right file" {
	loses_power ext4
}

@test "resume: after a loss of power on XFS, it ends with the right file" {
	loses_power xfs
}
