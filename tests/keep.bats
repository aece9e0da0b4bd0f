#!/usr/bin/env bats
# A file that is replaced keeps its user.* attributes.  For its rights, see
# rights.bats.

load helpers
load attributes
load rights

teardown() {
	end_all
	unmount_all
}

# bats test_tags=valgrind
@test "keep: the user.* of a replaced file stay, and no others" {
	prepare
	setfattr -n trusted.zcopy -v 1 D/out
	setfattr -n user.in -v 1 in
	setcap cap_net_raw+ep D/out
	zcopy 0 in D/out
	same in D/out
	[ "$(getfattr -d -m - D/out | grep '=')" = 'user.old="o"' ]
	rm D/out
	zcopy 0 in D/out
	[ -z "$(getfattr -d -m - D/out)" ]
}

@test "keep: a user keeps the user.* of a file of his own, whatever its mode" {
	local mode
	for mode in 644 600 444 400; do
		prepare
		chown -R nobody D
		chmod "$mode" D/out
		as_nobody zcopy 0 -v in D/out
		same in D/out
		[ "$(getfattr -d D/out | grep '=')" = 'user.old="o"' ]
		[ "$(stat -c %a D/out)" = "$mode" ]
		[[ $output != *"cannot be kept"* ]]
	done
}

@test "keep: user.* that may not be read are not kept, and -v says so" {
	prepare
	chmod 777 D
	chmod 600 D/out
	as_nobody zcopy 0 -v in D/out
	same in D/out
	[ -z "$(getfattr -d D/out)" ]
	[[ $output == *"zcopy: D/out: user.old: cannot be kept: Permission denied"* ]]
}

@test "keep: the user.* are those of the file that is replaced in the end" {
	fresh attributes
	half_way D/out
	setfattr -n user.zcopy -v later D/out
	all_the_way
	ends 0
	[ "$(getfattr -n user.zcopy --only-values D/out)" = later ]

	fresh attributes
	half_way D/out
	echo other >other
	setfattr -n user.other -v 1 other
	mv other D/out
	all_the_way
	ends 0
	[ "$(getfattr -d D/out | grep '=')" = 'user.other="1"' ]

	fresh attributes
	half_way D/out
	mv D/out D/out.1
	all_the_way
	ends 0
	[ "$(getfattr -d D/out | grep '=')" = 'user.zcopy="x"' ]
}

@test "keep: an error with the user.* of the old file gives status 4" {
	local fault
	prepare
	for fault in fsetxattr:{ENOSPC,EDQUOT,EIO,ENOMEM,E2BIG}:1 \
	    listxattr:{EIO,ENOMEM,E2BIG}:{1,2} getxattr:{EIO,E2BIG}:2; do
		FAULT=$fault zcopy 4 in D/out
		fault_fired
		[[ $output == "zcopy: D/out: replace: "*" of the old file: "* ]]
		untouched
	done
	for fault in fsetxattr:{EPERM,EOPNOTSUPP}:1 getxattr:EACCES:2 \
	    listxattr:{EPERM,ENOENT}:1; do
		prepare
		FAULT=$fault zcopy 0 -v in D/out
		fault_fired
		[[ $output == *"zcopy: D/out: "*": cannot be kept: "* ]]
		same in D/out
	done
	prepare
	FAULT=listxattr:EOPNOTSUPP:1 zcopy 0 in D/out
	fault_fired
	same in D/out
}

@test "keep: a file without attributes costs two calls" {
	requires strace
	echo old >out
	TRACE="-e trace=flistxattr,listxattr,fsetxattr" zcopy 0 in out
	[ "$(grep -c xattr "$BATS_TEST_TMPDIR.trace")" -le 2 ]
}

# on FILE_SYSTEM COUNT SIZE... - there, a file that is replaced keeps so many
# attributes, and one of each SIZE.
on() {
	file_system "$1"
	echo old >"$fs/out"
	many "$fs/out" "${@:2}"
	setfattr -n "user.$(printf %0250d 0)" "$fs/out"
	getfattr -d "$fs/out" | grep '=' | sort >"$BATS_TEST_TMPDIR.list"
	zcopy 0 in "$fs/out"
	same in "$fs/out"
	diff "$BATS_TEST_TMPDIR.list" \
	    <(getfattr -d "$fs/out" | grep '=' | sort)
	[ "$(wc -l <"$BATS_TEST_TMPDIR.list")" -gt "$2" ]
}

@test "keep: ext4 keeps as many as fit into a block" {
	on ext4 10 400 0
}

@test "keep: xfs keeps attributes of 64 KiB, and a thousand of them" {
	on xfs 1000 255 65536 30000 0
}

@test "keep: btrfs keeps attributes of 16000 bytes, and many of them" {
	on btrfs 300 16000
}

@test "keep: a file system without attributes costs nothing and says nothing" {
	file_system vfat
	echo old >"$fs/out"
	zcopy 0 -v in "$fs/out"
	same in "$fs/out"
	[[ $output != *"attributes"* ]]
}
