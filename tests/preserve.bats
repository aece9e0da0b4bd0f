#!/usr/bin/env bats
# --preserve: DEST gets the attributes of SOURCE, and never grants more.

load helpers
load attributes
load rights
load stopped

teardown() {
	end_all
	unmount_all
}

size=1000000
places="new old"
ways=("" --inplace --append --seek=0)

# stamp FILE - give FILE times of its own.  Nobody who reads a file moves an
# atime that is in the future (relatime).
stamp() {
	touch -d "@$mtime" "$1"
	touch -a -d "@$atime" "$1"
}
mtime=981173106.123456789
atime=1927857906.987654321

# remember FILE - for is_like.
remember() {
	facts "$1" >"$BATS_TEST_TMPDIR.facts"
}

# source_file [MODE] - make `in`, user 6001's, with all that can be preserved.
source_file() {
	rm -f in
	random_file in 100000
	chown 6001:7001 in
	setfacl -m u:6003:r,g:7003:rwx in
	chmod "${1-6755}" in
	setfattr -n user.zcopy -v x in
	setfattr -n trusted.zcopy -v y in
	setcap cap_net_raw+ep in
	stamp in
	remember ./in
}

# dest_file new|old NAME - prepare DEST: none, or one that grants everything.
dest_file() {
	rm -f "$2"
	[ "$1" = old ] || return 0
	: >"$2"
	setfacl -m u:6003:rwx "$2"
	chmod 6777 "$2"
}

# is_like FILE - FILE has the data of `in`, the times of stamp, and all that
# remember saw.
is_like() {
	[ "$(stat -c %.9X "$1")" = "$atime" ]
	same in "$1"
	diff "$BATS_TEST_TMPDIR.facts" <(facts "$1")
}

# limited FILE - no user can do more with FILE than with `in`.
limited() {
	local i was now
	was=$(may in)
	now=$(may "$1")
	echo "SOURCE: $was, DEST: $now"
	for ((i = 0; i < ${#people[@]}; i++)); do
		[ $((${now:i:1} & ~${was:i:1})) -eq 0 ] || return
	done
}

# What DEST gets

@test "preserve: root gives DEST all that SOURCE has, new or old, in place or not" {
	local way place
	for way in "${ways[@]}"; do
		for place in $places; do
			echo "$way $place"
			source_file
			dest_file "$place" out
			# shellcheck disable=SC2086	# none, if empty
			zcopy 0 -p $way in ./out
			[ -z "$output" ]
			is_like ./out
		done
	done
	source_file
	rm out
	zcopy 0 --preserve --no-clobber in out
	is_like ./out
}

# bats test_tags=valgrind
@test "preserve: an inherited descriptor of a file is as good as its name" {
	source_file
	zcopy 0 -p - out <in
	is_like ./out
	source_file
	zcopy 0 -p fd:8 out 8<in
	is_like ./out
}

@test "preserve: an empty SOURCE gives its attributes, too" {
	local way place
	for way in "" --inplace; do
		for place in $places; do
			rm -f in
			: >in
			chmod 640 in
			setfattr -n user.zcopy -v x in
			stamp in
			remember ./in
			dest_file "$place" out
			# shellcheck disable=SC2086
			zcopy 0 -p $way in out
			is_like ./out
		done
	done
}

@test "preserve: times before 1970 and after 2038 are kept" {
	local time
	random_file in 1000
	for time in -86400 2208988800; do
		touch -d "@$time" in
		[ "$(stat -c %Y in)" = "$time" ] || skip "no such times here"
		zcopy 0 -p in out
		[ "$(stat -c %Y out)" = "$time" ]
		same in out
		zcopy 0 in plain
		same in plain
	done
}

@test "preserve: a default ACL of the directory leaves no trace" {
	local way mode
	for way in "${ways[@]}"; do
		for mode in 600 640 444; do
			rm -rf D
			mkdir D
			setfacl -dm u:6003:rwx,g:7003:rwx,o::rwx D
			setfacl -b in
			chmod "$mode" in
			# shellcheck disable=SC2086
			zcopy 0 -p $way in D/new
			same in D/new
			[ "$(stat -c %a D/new)" = "$mode" ]
			diff <(getfacl -cn in) <(getfacl -cn D/new)
			limited D/new
		done
	done
}

@test "preserve: without O_TMPFILE, all is given, too" {
	source_file
	FAULT=linkat:EPERM:1+ zcopy 0 -p in out
	fault_fired
	is_like ./out
	dest_file old out
	FAULT=linkat:EPERM:1+ zcopy 0 -p in out
	source_file
	only in out
}

@test "preserve: cp --preserve=all does the same" {
	source_file
	cp --preserve=all in by-cp
	is_like ./by-cp
	source_file
	zcopy 0 -p in out
	is_like ./out
}

@test "preserve: rsync -aAX does the same" {
	requires rsync
	source_file
	rsync -aAX in by-rsync
	zcopy 0 -p in out
	diff <(facts ./by-rsync) <(facts ./out)
}

@test "preserve: in place, attributes that only DEST has stay, as with cp" {
	echo old >out
	setfattr -n user.mine -v 1 out
	setfattr -n user.both -v 1 out
	setfattr -n user.both -v 2 in
	cp out by-cp
	setfattr -n user.mine -v 1 by-cp
	cp --preserve=all in by-cp
	zcopy 0 -p --inplace in out
	diff <(getfattr -d by-cp | tail -n +2) <(getfattr -d out | tail -n +2)
	zcopy 0 -p in out
	[ "$(getfattr -d out | grep -c =)" -eq 1 ]
}

# Never more than SOURCE grants

@test "preserve: a user who copies another's file gets no set-id bits" {
	local way mode
	for way in "${ways[@]}"; do
		for mode in 4755 2755 6777; do
			source_file "$mode"
			rm -f out
			# shellcheck disable=SC2086
			as_nobody zcopy 0 -v -p $way in out
			same in out
			[ "$(stat -c %u out)" = "$(id -u nobody)" ]
			[ $((0$(stat -c %a out) & 06000)) -eq 0 ]
			[ -z "$(getcap out)" ]
			[ "$(stat -c %.9Y out)" = "$mtime" ]
			[[ $output == *"zcopy: out: owner 6001:7001: cannot be kept: Operation not permitted"* ]]
			[[ $output == *"zcopy: out: mode $mode: cannot be kept: "* ]]
			[[ $output == *"zcopy: out: capabilities: cannot be kept: Operation not permitted"* ]]
		done
	done
}

@test "preserve: without the right to chown, no user gets more than on SOURCE" {
	local kind way
	for kind in $kinds; do
		for way in "" --inplace; do
			fresh "$kind"
			mv D/out in
			# shellcheck disable=SC2086
			as_nobody zcopy 0 -p $way fd:8 out 8<in
			same in out
			echo "$kind $way:"
			limited out
			[ -z "$(getcap out)" ]
			rm out
		done
	done
}

# partly CAPABILITY... - as root without these, copy what source_file makes, and
# files of all kinds.  No user gets more, and what may be kept is kept.
partly() {
	local kind
	without "$@"
	source_file
	fresh 666
	zcopy 0 -v -p in D/out
	[ "$(stat -c %.9X:%.9Y D/out)" = "$atime:$mtime" ]
	same in D/out
	limited D/out
	[ "$(getfattr -n user.zcopy --only-values D/out)" = x ]
	for kind in $kinds; do
		fresh "$kind"
		mv D/out in
		zcopy 0 -p in D/out
		same in D/out
		echo "$kind:"
		limited D/out
	done
}

@test "preserve: without CAP_FOWNER, times and attributes are kept all the same" {
	local kind
	partly fowner
	for kind in 640 group-kept-out masked; do
		fresh "$kind"
		mv D/out in
		zcopy 0 -p in D/out
		diff <(facts ./in) <(facts D/out)
	done
}

@test "preserve: without CAP_CHOWN, or without CAP_SETFCAP, nobody gets more" {
	partly chown
	[ "$(stat -c %u D/out)" -eq 0 ]
	partly setfcap
	[ "$(stat -c %u D/out)" -eq 6001 ]
	[ -z "$(getcap D/out)" ]
	partly chown,-fowner,-setfcap,-dac_override
}

@test "preserve: in a user namespace, IDs that it lacks are not kept" {
	local mode
	requires_namespace -U
	# SOURCE is open already: its owner's namespace is not this one.
	for mode in 644 4755 640; do
		source_file "$mode"
		rm -rf D
		mkdir D
		as_user=(unshare -U -r)
		zcopy 0 -v -p fd:8 D/out 8<in
		as_user=()
		same in D/out
		limited D/out
		[ "$(stat -c %u:%g D/out)" = 0:0 ]
		[ -z "$(getcap D/out)" ]
		[ "$(stat -c %.9Y D/out)" = "$mtime" ]
		[[ $output == *"zcopy: D/out: owner "*": cannot be kept: Invalid argument"* ]]
	done
}

# being_written - print the mode of the file in this directory that the last
# zcopy has open for writing; the mode of the link in /proc says which.
being_written() {
	local fd
	for fd in /proc/"$pid"/fd/*; do
		[[ $(readlink "$fd") == "$PWD"/* ]] || continue
		[[ $(stat -c %A "$fd") != l?w* ]] || stat -Lc %a "$fd"
	done
}

@test "preserve: while it is written, DEST grants nothing but to its owner" {
	local way
	random_file in "$size"
	chmod 640 in
	for way in "" --inplace; do
		rm -f out
		echo old >out
		chmod 666 out
		setfacl -m u:6003:rw out
		# shellcheck disable=SC2086
		file_begun -p $way
		[ "$(being_written)" = 600 ]
		[ -z "$way" ] || [ "$(stat -c %a out)" = 600 ]
		kill -CONT "$pid"
		RETRY_SECONDS=60 ends 0
		[ "$(stat -c %a out)" = 640 ]
	done
}

@test "preserve: in place, another user's file that grants more is left alone" {
	local way
	for way in --inplace --append --seek=0; do
		echo old >out
		chown 6001 out
		chmod 666 out
		chmod 644 in
		as_nobody zcopy 4 -p $way in out
		[ "$output" = "zcopy: out: --preserve: limit its rights to those of SOURCE: Operation not permitted" ]
		[ "$(cat out)" = old ]
		[ "$(stat -c %a out)" = 666 ]
		rm out
	done
}

@test "preserve: in place, a file system that ignores chmod gives status 4" {
	echo old >out
	chmod 666 out
	chmod 600 in
	FAULT=fchmod:zero:1+ zcopy 4 -p --inplace in out
	fault_fired
	[ "$output" = "zcopy: out: --preserve: limit its rights to those of SOURCE: Operation not permitted" ]
	[ "$(cat out)" = old ]
}

# File systems

# on FILE_SYSTEM COUNT SIZE... - there, files give their attributes to copies, and
# times to the nanosecond.
on() {
	file_system "$1"
	cp in "$fs/in"
	many "$fs/in" "${@:2}"
	setfattr -n "user.$(printf %0250d 0)" "$fs/in"
	stamp "$fs/in"
	remember "$fs/in"
	zcopy 0 -p "$fs/in" "$fs/out"
	is_like "$fs/out"
	zcopy 0 -p --inplace "$fs/in" "$fs/place"
	is_like "$fs/place"
}

@test "preserve: ext4 keeps attributes as large as a block, and many of them" {
	on ext4 10 400 0
}

@test "preserve: xfs keeps attributes of 64 KiB, and a thousand of them" {
	on xfs 1000 255 65536 30000 0
}

@test "preserve: btrfs keeps attributes of 16000 bytes, and many of them" {
	on btrfs 300 16000
}

@test "preserve: tmpfs keeps times, mode, and user.* where the kernel has them" {
	file_system tmpfs
	: >"$fs/probe"
	setfattr -n user.probe -v 1 "$fs/probe" 2>/dev/null ||
	    skip "no user.* on this tmpfs"
	unmount_all
	on tmpfs 30 255
}

@test "preserve: attributes that do not fit give status 4 before data is moved" {
	local way
	file_system xfs
	cp in "$fs/in"
	many "$fs/in" 0 60000
	prepare
	for way in "" --inplace; do
		# shellcheck disable=SC2086
		zcopy 4 -p $way "$fs/in" D/out
		[ "$output" = "zcopy: D/out: --preserve: user.0: No space left on device" ]
		untouched
	done
	zcopy 4 -p "$fs/in" D/new
	untouched
}

@test "preserve: what vfat cannot keep is said with -v, or is a failure" {
	local what
	file_system vfat
	umount "$fs"
	unset 'mounts[0]'
	attach "$BATS_TEST_TMPDIR.vfat"
	mount_at "$fs" -o fmask=177 "$device"
	source_file 640
	zcopy 0 -v -p in "$fs/out"
	same in "$fs/out"
	for what in user.zcopy trusted.zcopy "owner 6001:7001" "mode 0640" \
	    capabilities; do
		[[ $output == *"zcopy: $fs/out: $what: cannot be kept: "* ]]
	done
	[ $(($(stat -c %Y "$fs/out") - ${mtime%.*})) -le 2 ]
	umount "$fs"
	mount "$device" "$fs"
	rm "$fs/out"
	zcopy 4 -p in "$fs/out"
	[ "$output" = "zcopy: $fs/out: --preserve: it would grant more than SOURCE: Operation not permitted" ]
	[ -z "$(ls -A "$fs")" ]
}

# Failures

@test "preserve: an error of the disk gives status 4, and DEST as it was" {
	local row call least errors error number failures
	source_file
	for row in fsetxattr:4:EIO,ENOSPC,EDQUOT,ENOMEM,E2BIG \
	    futimens:1:EIO,ENOSPC fchown:1:EIO,EDQUOT fchmod:1:EIO,ENOSPC; do
		IFS=: read -r call least errors <<<"$row"
		for error in ${errors//,/ }; do
			failures=0
			for number in {1..5}; do
				prepare
				FAULT=$call:$error:$number run zcopy_here \
				    -p in D/out
				echo "$call:$error:$number: $output"
				[ "$(fault_count)" -gt 0 ] || break
				# A probe may fail; then all is there.
				if [ "$status" -eq 0 ]; then
					is_like D/out
					continue
				fi
				[ "$status" -eq 4 ]
				[[ $output == "zcopy: D/out: --preserve: "* ]]
				untouched
				: $((failures += 1))
			done
			is_like D/out
			[ "$failures" -ge "$least" ]
		done
	done
}

@test "preserve: SOURCE whose attributes cannot be read gives status 3" {
	local call error number failures
	source_file
	for call in flistxattr fgetxattr; do
		for error in EIO ENOMEM; do
			failures=0
			for number in {1..9}; do
				prepare
				FAULT=$call:$error:$number:in=reg run \
				    zcopy_here -p in D/out
				echo "$call:$error:$number: $output"
				[ "$(fault_count)" -gt 0 ] || break
				# list_read() has a second way.
				if [ "$status" -eq 0 ]; then
					is_like D/out
					continue
				fi
				[ "$status" -eq 3 ]
				[[ $output == "zcopy: in: --preserve: "* ]]
				untouched
				: $((failures += 1))
			done
			is_like D/out
			[ "$failures" -ge 2 ]
		done
	done
}

@test "preserve: what is not permitted or supported is said with -v only" {
	local row call errors error number
	source_file
	# EOPNOTSUPP from fgetxattr(2) says that SOURCE has none.
	for row in fsetxattr:EPERM,EACCES,EOPNOTSUPP,ENOSYS futimens:EPERM \
	    fchown:EPERM,EINVAL flistxattr:EPERM,EOPNOTSUPP \
	    fgetxattr:EPERM,EACCES; do
		IFS=: read -r call errors <<<"$row"
		for error in ${errors//,/ }; do
			for number in {1..9}; do
				rm -f out
				FAULT=$call:$error:$number zcopy 0 -v -p in out
				[ "$(fault_count)" -gt 0 ] || break
				same in out
				limited out
				[[ $call != f*tens && $call != f*own &&
				    $call != fset* ]] ||
				    [[ $output == *"cannot be kept: "* ||
				    $output == *"only the owner's rights are kept"* ]]
			done
			[ "$number" -gt 1 ]
		done
	done
}

# Usage

# refused TEXT SOURCE DEST - status 2 with TEXT; nothing is made or changed.
refused() {
	zcopy 2 --preserve "$2" "$3"
	[[ $output == "zcopy: "*"--preserve: $1"* ]]
	[ "$(ls)" = "$before" ]
	zcopy 2 --explain -p "$2" "$3"
	[[ $output == "zcopy: "*"--preserve: $1"* ]]
}

@test "preserve: a stream, a device or a kernel file as SOURCE gives status 2" {
	local before
	mkfifo fifo
	before=$(ls)
	refused "a pipe, not a regular file: name the file as SOURCE" fifo out
	refused "a pipe, not a regular file: name the file as SOURCE" - out \
	    < <(cat in)
	refused "a null device, not a regular file" - out </dev/null
	refused "a character device, not a regular file" /dev/zero out
	refused "a kernel file, not a regular file" /proc/self/status out
	refused "a socket, not a regular file" 127.0.0.1:9 out
	refused "a socket, not a regular file" :0 out
	refused "a socket, not a regular file" unix:none out
	zcopy 3 -p none out
	[ "$output" = "zcopy: none: open: No such file or directory" ]
	zcopy 3 -p fd:99 out
	[ "$(ls)" = "$before" ]
}

@test "preserve: a DEST that is no regular file gives status 2" {
	local before
	mkfifo fifo
	before=$(ls)
	refused "a pipe, not a regular file: leave out --preserve" in fifo
	refused "a null device, not a regular file" in /dev/null
	refused "a kernel file, not a regular file" in /proc/self/comm
	refused "only for files" in -
	refused "only for files" in 127.0.0.1:9
}

@test "preserve: --explain says whose attributes DEST gets" {
	zcopy 0 --explain -p in out
	[[ $output == *"  attributes those of SOURCE (--preserve)"* ]]
	[ ! -e out ]
}

@test "preserve: without it, no times are set" {
	requires strace
	TRACE="-e trace=utimensat,flistxattr" zcopy 0 in out
	[ ! -s "$BATS_TEST_TMPDIR.trace" ]
}
