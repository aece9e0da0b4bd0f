#!/usr/bin/env bats
# Regular files as DEST: they are replaced whole or not at all, and nothing is
# left behind.
# shellcheck disable=SC2094	# `in` is read again, from where zcopy left it

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 100000
	random_file out 5000
	cp out "$BATS_TEST_TMPDIR.old"
	fixed=()
	swap=
}

teardown() {
	local i
	end_all
	cd "$BATS_TEST_TMPDIR" || return
	for i in "${fixed[@]}"; do
		chattr -ia "$i"
	done
	[ -z "$swap" ] || swapoff "$swap"
	unmount_all
}

# unmount - unmount the last one before the case ends.
unmount() {
	umount "${mounts[0]}"
	mounts=("${mounts[@]:1}")
}

# unchanged - true if `out` is the old file.
unchanged() {
	same "$BATS_TEST_TMPDIR.old" out
}

# fails STATUS TEXT ARG... - zcopy fails with TEXT; `out` is unchanged, and
# there are no other files than `in` and `out`.
fails() {
	zcopy "$1" "${@:3}"
	[[ $output == *"$2"* ]]
	unchanged
	only in out
}

# mode_of FILE - print its permissions.
mode_of() {
	stat -c %a "$1"
}

# The new file and its attributes

# bats test_tags=valgrind,kernel
@test "replace: the data takes the place of the old file" {
	local inode
	inode=$(stat -c %i out)
	zcopy 0 in out
	same in out
	[ "$(stat -c %i out)" != "$inode" ]
	only in out
}

@test "replace: a new file from a stream has the mode 0666 & ~umask" {
	local row
	for row in 000:666 022:644 027:640 077:600 777:0; do
		umask "${row%:*}"
		zcopy 0 - "new-${row%:*}" <in
		echo "umask $row: $(mode_of "new-${row%:*}")"
		[ "$(mode_of "new-${row%:*}")" = "${row#*:}" ]
	done
}

@test "replace: a new file gets the default ACL of its directory" {
	requires setfacl
	mkdir dir
	setfacl -d -m u:nobody:rw,g::r,o::- dir ||
	    skip "no lists on this file system"
	umask 077
	zcopy 0 - dir/new <in
	: >dir/like
	getfacl -c dir/new
	diff <(getfacl -c dir/like) <(getfacl -c dir/new)
	getfacl -c dir/new | grep -q '^user:nobody:rw-'
}

@test "replace: the old file's mode is kept, whatever the umask" {
	local mode
	umask 077
	for mode in 644 600 640 751 444 0 666; do
		chmod $mode out
		zcopy 0 in out
		[ "$(mode_of out)" = $mode ]
	done
}

@test "replace: the old file's owner and special bits are kept by root" {
	requires_root
	chown nobody:1 out
	chmod 6755 out
	zcopy 0 in out
	[ "$(stat -c %U:%g:%a out)" = nobody:1:6755 ]
	same in out
}

@test "replace: a user who cannot keep the owner gives nobody more rights" {
	local row was
	requires_root
	for row in 644:644 660:600 664:644 646:644 640:600 4755:755 2755:755 \
	    604:600; do
		was=${row%:*}
		cp in out
		chown root:root out
		chmod "$was" out
		as_nobody zcopy 0 in out
		echo "$row: $(stat -c %U:%a out)"
		[ "$(stat -c %U:%a out)" = "nobody:${row#*:}" ]
	done
}

# bats test_tags=valgrind
@test "replace: the old file's ACL is kept" {
	requires setfacl
	setfacl -m u:nobody:r,m::rx out || skip "no lists on this file system"
	getfacl -cn out >"$BATS_TEST_TMPDIR.acl"
	zcopy 0 in out
	same in out
	diff "$BATS_TEST_TMPDIR.acl" <(getfacl -cn out)
}

@test "replace: an old file without an ACL gets none from the directory" {
	requires setfacl
	chmod 640 out
	setfacl -d -m u:nobody:rwx . || skip "no lists on this file system"
	zcopy 0 in out
	getfacl -cn out
	[ "$(mode_of out)" = 640 ]
	[ "$(getfacl -cn out | grep -c :)" -eq 3 ]
}

@test "replace: other hard links keep the old content" {
	ln out other
	zcopy 0 in out
	same in out
	same "$BATS_TEST_TMPDIR.old" other
}

@test "replace: a process that has the old file open still reads the old file" {
	exec 8<out
	zcopy 0 in out 8<&-
	cmp "$BATS_TEST_TMPDIR.old" - <&8
	exec 8<&-
}

@test "replace: an empty source gives an empty file" {
	: >empty
	zcopy 0 empty out
	[ ! -s out ]
	zcopy 0 empty new
	[ -f new ] && [ ! -s new ]
}

@test "replace: a file of mode 0444 is replaced if its directory is writable" {
	chmod 444 out
	as_nobody zcopy 0 in out
	same in out
	[ "$(mode_of out)" = 444 ]
}

@test "replace: names of 255 bytes work, in UTF-8 too" {
	local name
	for name in "$(printf 'n%.0s' {1..255})" \
	    "$(printf '\303\244%.0s' {1..127})x"; do
		zcopy 0 in "$name"
		same in "$name"
		zcopy 0 out "$name"
		same out "$name"
		FAULT=linkat:EPERM:1+ zcopy 0 in "$name"
		fault_fired
		same in "$name"
		rm "$name"
		only in out
	done
}

@test "replace: a name of 256 bytes is an error" {
	fails 4 "File name too long" in "$(printf 'n%.0s' {1..256})"
}

# Links

# bats test_tags=valgrind
@test "replace: a symbolic link is followed, and stays a link" {
	mkdir sub
	cp out sub/real
	ln -s sub/real link
	zcopy 0 in link
	[ "$(readlink link)" = sub/real ]
	same in sub/real
	[ ! -L sub/real ]
	[ "$(ls -A sub)" = real ]
}

@test "replace: a chain of links is followed to its end" {
	mkdir -p a/b
	cp out a/b/real
	ln -s ../a/b/real a/third
	ln -s "$PWD/a/third" second
	ln -s second first
	zcopy 0 in first
	[ -L first ] && [ -L second ] && [ -L a/third ]
	same in a/b/real
}

@test "replace: the file that a dangling link names is created" {
	mkdir sub
	ln -s sub/new link
	zcopy 0 in link
	[ -L link ]
	same in sub/new
}

@test "replace: a link into a missing directory is an error" {
	ln -s absent/new link
	zcopy 4 in link
	[[ $output == "zcopy: link: "*"No such file or directory"* ]]
	only in link out
}

# bats test_tags=valgrind
@test "replace: links in a circle are an error" {
	ln -s b a
	ln -s a b
	zcopy 4 in a
	[[ $output == "zcopy: a: "*"Too many levels of symbolic links"* ]]
	only a b in out
}

@test "replace: a path that leads to a descriptor is refused, except in place" {
	local path inode
	[ -e /proc/self/fd/0 ] || skip "no /proc"
	ln -s /proc/self/fd/8 link
	inode=$(stat -c %i out)
	for path in link /proc/self/fd//8 /proc/self/fd/../fd/8; do
		zcopy 4 in "$path" 8<>out
		[[ $output == "zcopy: $path: replace: cannot find its directory"* ]]
		unchanged
		zcopy 4 --resume in "$path" 8<>out
		unchanged
		zcopy 4 --explain in "$path" 8<>out
		zcopy 0 --inplace in "$path" 8<>out
		same in out
		[ "$(stat -c %i out)" = "$inode" ]
		cp "$BATS_TEST_TMPDIR.old" out
	done
	only in link out
}

@test "replace: another user's link in a directory like /tmp is refused" {
	requires_root
	mkdir -m 1777 tmp
	as_nobody ln -s "$PWD/out" tmp/link
	as_nobody ln -s "$PWD/new" tmp/dangling
	zcopy 4 in tmp/link
	zcopy 4 in tmp/dangling
	unchanged
	only in out tmp
	as_nobody zcopy 0 in tmp/link
	same in out
}

# Failures

@test "replace: a source that ends early leaves the old file" {
	fails 6 "SOURCE ended early (100000 " -c 100001 in out
	fails 6 "SOURCE ended early (100000 " -c 100001 - out < <(cat in)
	fails 6 "past the end" --offset=100001 in out
	zcopy 6 -c 100001 in new
	only in out
}

@test "replace: a missing source leaves the old file, and creates none" {
	fails 3 "No such file or directory" absent out
	fails 3 "No such file or directory" absent new
}

@test "replace: an unreadable source leaves the old file" {
	chmod 0 in
	as_nobody zcopy 3 in out
	[[ $output == "zcopy: in: open: Permission denied" ]]
	unchanged
	only in out
}

@test "replace: a read error half way leaves the old file" {
	# Reading /proc/self/mem at 0, where nothing is mapped, is a real EIO.
	fails 3 "Input/output error" /proc/self/mem out
	FAULT=read:EIO:2 fails 3 "Input/output error" \
	    --method=read-write --block-size=10000 in out
	fault_fired
}

@test "replace: a named method that cannot do it leaves the old file" {
	fails 9 mmap --method=mmap - out < <(cat in)
	zcopy 9 --method=mmap - new < <(cat in)
	only in out
}

@test "replace: a full disk leaves the old file, and names --inplace" {
	local page
	page=$(getconf PAGESIZE)
	mount_at "$BATS_TEST_TMPDIR.fs" -t tmpfs -o "size=$((2 * page))" none
	random_file big $((2 * page))
	head -c 4000 out >"$BATS_TEST_TMPDIR.fs/out"
	cd "$BATS_TEST_TMPDIR.fs" || return
	zcopy 4 "$OLDPWD/big" out
	[[ $output == "zcopy: out: write: No space left on device ($page bytes moved; DEST is unchanged)"*--inplace* ]]
	head -c 4000 "$BATS_TEST_TMPDIR.old" | cmp - out
	only out
	zcopy 0 --inplace "$OLDPWD/big" out
	same "$OLDPWD/big" out
}

@test "replace: a disk without a free inode is an error before anything moves" {
	mount_at "$BATS_TEST_TMPDIR.fs" -t tmpfs -o nr_inodes=2 none
	cp out "$BATS_TEST_TMPDIR.fs"
	{
		zcopy 4 - "$BATS_TEST_TMPDIR.fs/out"
		[[ $output == *"No space left on device"*--inplace* ]]
		cmp - in
	} <in
	same out "$BATS_TEST_TMPDIR.fs/out"
	zcopy 0 --inplace in "$BATS_TEST_TMPDIR.fs/out"
	same in "$BATS_TEST_TMPDIR.fs/out"
}

@test "replace: RLIMIT_FSIZE is an error with the exact count, not a signal" {
	local method
	local as_user=(prlimit --fsize=6000 --)
	requires prlimit
	for method in $(available auto copy_file_range sendfile splice mmap \
	    read-write); do
		fails 4 "File too large (6000 bytes moved; DEST is unchanged)" \
		    --method="$method" in out
	done
	zcopy 4 in new
	only in out
}

@test "replace: a read-only file system is an error before anything moves" {
	mount_at "$BATS_TEST_TMPDIR.fs" -t tmpfs none
	cp out "$BATS_TEST_TMPDIR.fs"
	mount -o remount,ro "$BATS_TEST_TMPDIR.fs"
	cp in "$BATS_TEST_TMPDIR.in"
	cd "$BATS_TEST_TMPDIR.fs" || return
	{
		zcopy 4 - out
		[[ $output == "zcopy: out: "*"Read-only file system"* ]]
		zcopy 4 - new
		[[ $output == "zcopy: new: "*"Read-only file system"* ]]
		cmp - "$BATS_TEST_TMPDIR.in"
	} <"$BATS_TEST_TMPDIR.in"
	unchanged
	only out
}

@test "replace: in a read-only directory the error names --inplace, which works" {
	mkdir dir
	cp out dir/out
	chmod 666 dir/out
	chmod 555 dir
	{
		as_nobody zcopy 4 - dir/out
		[[ $output == "zcopy: dir/out: "*"Permission denied"*--inplace* ]]
		cmp - in		# not one byte was taken
	} <in
	same out dir/out
	as_nobody zcopy 4 in dir/new
	[[ $output == "zcopy: dir/new: "*"Permission denied"* ]]
	as_nobody zcopy 0 --inplace in dir/out
	same in dir/out
	[ "$(ls -A dir)" = out ]
	chmod 755 dir			# for bats to remove it
}

@test "replace: in a sticky directory only files of one's own are replaced" {
	requires_root
	mkdir -m 1777 dir
	cp out dir/theirs
	chmod 666 dir/theirs
	{
		as_nobody zcopy 4 - dir/theirs
		[[ $output == "zcopy: dir/theirs: "*"not permitted"*--inplace* ]]
		cmp - in
	} <in
	same out dir/theirs
	as_nobody zcopy 0 --inplace in dir/theirs
	same in dir/theirs
	as_nobody zcopy 0 in dir/mine
	as_nobody zcopy 0 out dir/mine
	same out dir/mine
	[ "$(ls -A dir)" = "$(printf 'mine\ntheirs')" ]
}

@test "replace: in a sticky directory root without CAP_FOWNER is refused, too" {
	without fowner
	sticky_directory
	chown 6001 dir/out
	{
		zcopy 4 - dir/out
		[[ $output == "zcopy: dir/out: "*"not permitted"*--inplace* ]]
		cmp - in
	} <in
	same out dir/out
	[ "$(ls -A dir)" = out ]
	chown root dir/out
	zcopy 0 in dir/out
	same in dir/out
	as_user=()
	chown 6001 dir/out
	zcopy 0 out dir/out
	same out dir/out
	[ "$(stat -c %u dir/out)" = 6001 ]
	[ "$(ls -A dir)" = out ]
}

# sticky_directory - make dir/out in a sticky directory of another user.
sticky_directory() {
	mkdir -m 1777 dir
	chown 6009 dir
	cp out dir/out
}

@test "replace: a file given away in a sticky directory leaves no temporary" {
	local fault
	without fowner
	sticky_directory
	for fault in "" linkat:EPERM:1+; do
		chown root dir/out
		FAULT=$fault half_way dir/out
		chown 6001 dir/out
		all_the_way
		ends 4
		[ -z "$fault" ] || fault_fired
		[[ $output == "zcopy: dir/out: "*"not permitted"*--inplace* ]]
		same out dir/out
		[ "$(ls -A dir)" = out ]
		rm "$fifo"
	done
}

@test "replace: for a mount point the error names --inplace, which works" {
	requires_root
	cp out mounted
	touch over
	mounts=("$PWD/over")
	mount --bind mounted over || { mounts=(); skip "no bind mount here"; }
	{
		zcopy 4 - over
		[[ $output == "zcopy: over: "*"busy"*--inplace* ]]
		cmp - in
	} <in
	unchanged
	same out mounted
	zcopy 0 --inplace in over
	same in mounted
	unmount
	[ ! -s over ]
	only in mounted out over
}

@test "replace: an immutable file is refused before anything moves" {
	requires chattr
	requires_root
	chattr +i out || skip "no such attribute on this file system"
	fixed=(out)
	{
		fails 4 "Operation not permitted" - out
		[[ $output != *--inplace* ]]
		cmp - in
	} <in
	fails 4 "Operation not permitted" --inplace in out
}

# no_way_out REASON FILE [AS...] - zcopy can neither replace FILE nor write it
# with --inplace, and the message does not name --inplace.
no_way_out() {
	"${@:3}" zcopy 4 in "$2"
	[[ $output == "zcopy: $2: replace: $1" ]]
	"${@:3}" zcopy 4 --inplace in "$2"
	same out "$2"
}

@test "replace: the error does not name --inplace if that would fail as well" {
	local read_only=$BATS_TEST_TMPDIR.read-only
	mkdir dir
	cp out dir/out
	chmod 444 dir/out
	chmod 555 dir
	no_way_out "Permission denied" dir/out as_nobody
	as_nobody zcopy 4 --explain in dir/out
	[[ $output == "zcopy: dir/out: replace: Permission denied" ]]
	mount_at "$read_only" -t tmpfs none
	cp out "$read_only/out"
	mount -o remount,ro "$read_only"
	no_way_out "Read-only file system" "$read_only/out"
}

@test "replace: a swap file is refused, and the error does not name --inplace" {
	requires mkswap swapon
	requires_root
	head -c 1M /dev/zero >swap
	chmod 600 swap
	mkswap swap
	cp swap out
	swapon swap || skip "no swap files here"
	swap=$PWD/swap
	no_way_out "Operation not permitted" swap
}

@test "replace: an append-only file is refused, but can be appended to" {
	requires chattr
	requires_root
	chattr +a out || skip "no such attribute on this file system"
	fixed=(out)
	fails 4 "Operation not permitted" in out
	[[ $output != *--inplace* ]]
	fails 4 "Operation not permitted" --inplace in out
	zcopy 0 --append in out
	cat "$BATS_TEST_TMPDIR.old" in | cmp - out
}

@test "replace: no temporary is left if the directory becomes immutable" {
	local attribute
	requires chattr
	requires_root
	mkdir dir
	cp out dir/out
	for attribute in a i; do
		half_way dir/out
		chattr +$attribute dir || skip "no such attribute here"
		fixed=("$PWD/dir")
		all_the_way
		ends 4
		[[ $output == "zcopy: dir/out: "*"not permitted"*--inplace* ]]
		same out dir/out
		[ "$(ls -A dir)" = out ]
		chattr -$attribute dir
		rm "$fifo"
	done
}

@test "replace: an append-only directory takes a new file, but no temporary" {
	requires chattr
	requires_root
	mkdir dir
	chattr +a dir || skip "no such attribute on this file system"
	fixed=("$PWD/dir")
	zcopy 0 in dir/new
	same in dir/new
	{
		FAULT=linkat:EPERM:1+ zcopy 4 - dir/other
		fault_fired
		cmp - in
	} <in
	[[ $output == "zcopy: dir/other: create: "*"not permitted"* ]]
	[ "$(ls -A dir)" = new ]
}

@test "replace: a temporary that cannot be removed is named" {
	requires chattr
	requires_root
	mkdir dir
	cp out dir/out
	FAULT=linkat:EPERM:1+ half_way dir/out
	chattr +a dir || skip "no such attribute on this file system"
	fixed=("$PWD/dir")
	all_the_way
	ends 4
	fault_fired
	[[ $output == *"zcopy: dir/out: "*.out.zcopy-??????*"not permitted"* ]]
	same out dir/out
}

@test "replace: a directory as DEST is an error" {
	local name
	mkdir dir
	for name in dir dir/ . .. ./ / dir/. dir/..; do
		zcopy 4 in "$name"
		[[ $output == "zcopy: $name: "*"Is a directory"* ]]
		zcopy 4 --inplace in "$name"
		[[ $output == "zcopy: $name: "*"Is a directory"* ]]
	done
	unchanged
	only dir in out
	[ -z "$(ls -A dir)" ]
}

@test "replace: a directory as SOURCE is an error" {
	local name
	mkdir dir
	for name in dir dir/ . /; do
		zcopy 3 "$name" out
		[[ $output == "zcopy: $name: "*"Is a directory"* ]]
		zcopy 3 "$name" new
	done
	unchanged
	only dir in out
}

@test "replace: a name that ends in a slash is an error" {
	fails 4 "zcopy: new/: " in new/
	fails 4 "zcopy: out/: open: Not a directory" in out/
	fails 3 "zcopy: in/: open: Not a directory" in/ out
	ln -s new dangling
	zcopy 4 in dangling/
	only dangling in out
}

@test "replace: a missing directory is an error, and is not created" {
	fails 4 "No such file or directory" in absent/out
	fails 4 "Not a directory" in in/out
	fails 4 "No such file or directory" in absent/../out
}

# Whole or not at all

# bats test_tags=valgrind,kernel
@test "replace: until the end the old file is there, and no other" {
	half_way out
	unchanged
	only in out
	all_the_way
	ends 0
	same in out
	only in out
}

@test "replace: a new file is not there before the end" {
	half_way new
	only in out
	all_the_way
	ends 0
	same in new
	only in new out
}

@test "replace: signals leave the old file, and no other" {
	local row
	for row in TERM:143 INT:130 HUP:129 KILL:137; do
		half_way out
		kill "-${row%:*}" "$pid"
		ends "${row#*:}"
		exec 7>&-
		rm "$fifo"
		unchanged
		only in out
	done
}

@test "replace: the new file gets the mode that the old one has at the end" {
	chmod 600 out
	half_way out
	chmod 640 out
	all_the_way
	ends 0
	[ "$(mode_of out)" = 640 ]
}

@test "replace: the old file may be removed during the copy" {
	chmod 640 out
	half_way out
	rm out
	all_the_way
	ends 0
	same in out
	[ "$(mode_of out)" = 640 ]
	only in out
}

@test "replace: a directory that took the name during the copy stays" {
	half_way out
	rm out
	mkdir out
	all_the_way
	ends 4
	[[ $output == "zcopy: out: "*"Is a directory"* ]]
	only in out
	[ -z "$(ls -A out)" ]
}

@test "replace: a directory that was removed during the copy is an error" {
	mkdir dir
	half_way dir/out
	rmdir dir
	all_the_way
	ends 4
	only in out
}

# Without O_TMPFILE, or if linkat(2) may not name such a file

# with_named_temporary CMD... - call CMD where zcopy needs a temporary with a
# name: here, because linkat(2) fails, and on vfat, if this kernel has it.  On
# vfat $vfat is 1.
with_named_temporary() {
	local vfat=
	FAULT=linkat:EPERM:1+ "$@"
	modprobe -q vfat 2>/dev/null || :
	if ! grep -qw vfat /proc/filesystems || [ "$(id -u)" -ne 0 ]; then
		return
	fi
	truncate -s 4M "$BATS_TEST_TMPDIR.vfat"
	mkfs.vfat "$BATS_TEST_TMPDIR.vfat"
	mount_image "$BATS_TEST_TMPDIR.fs" "$BATS_TEST_TMPDIR.vfat"
	vfat=1
	cp in "$BATS_TEST_TMPDIR.old" "$BATS_TEST_TMPDIR.fs"
	cd "$BATS_TEST_TMPDIR.fs" || return
	mv "${BATS_TEST_TMPDIR##*/}.old" out
	rm -f "${fifo-}"
	"$@"
}

replaces_by_name() {
	[ -n "$vfat" ] || chmod 640 out
	zcopy 0 in out
	[ -n "$vfat" ] || fault_fired
	same in out
	[ -n "$vfat" ] || [ "$(mode_of out)" = 640 ]
	zcopy 0 in new
	same in new
	only in new out
}

# bats test_tags=kernel
@test "replace: without O_TMPFILE a named temporary is used" {
	with_named_temporary replaces_by_name
}

fails_by_name() {
	fails 6 "SOURCE ended early (100000 " -c 100001 in out
	fails 3 "Input/output error" /proc/self/mem out
	zcopy 6 -c 100001 in new
	only in out
}

@test "replace: a named temporary is removed after a failure" {
	with_named_temporary fails_by_name
}

ends_by_name() {
	local row
	for row in TERM:143 INT:130 HUP:129; do
		half_way out
		only .out.zcopy-?????? in out
		[ -n "$vfat" ] || [ "$(mode_of .out.zcopy-*)" = 600 ]
		kill "-${row%:*}" "$pid"
		ends "${row#*:}"
		exec 7>&-
		rm "$fifo"
		unchanged
		only in out
	done
}

# bats test_tags=kernel
@test "replace: a named temporary is removed after a signal" {
	with_named_temporary ends_by_name
}

keeps_by_name() {
	fails 4 "File exists" --no-clobber in out
	half_way --no-clobber new
	echo other >new
	all_the_way
	ends 4
	[ "$(cat new)" = other ]
	only in new out
}

@test "replace: --no-clobber holds with a named temporary, too" {
	with_named_temporary keeps_by_name
}

# --no-clobber

# bats test_tags=valgrind
@test "no-clobber: a new file is created" {
	zcopy 0 --no-clobber in new
	same in new
	only in new out
}

@test "no-clobber: an existing DEST is an error before anything moves" {
	local name
	mkfifo fifo
	mkdir dir
	ln -s out link
	for name in out link dir fifo; do
		{
			zcopy 4 --no-clobber - $name
			[[ $output == "zcopy: $name: "* ]]
			cmp - in
		} <in
	done
	unchanged
	[ -p fifo ] && [ -L link ] && [ -d dir ]
	zcopy 4 --no-clobber --inplace in out
	zcopy 4 --no-clobber --append in out
	unchanged
	only dir fifo in link out
}

@test "no-clobber: a file that appears during the copy is not replaced" {
	half_way --no-clobber new
	echo other >new
	all_the_way
	ends 4
	[[ $output == "zcopy: new: "*"File exists"* ]]
	[ "$(cat new)" = other ]
	only in new out
}

# bats test_tags=kernel
@test "no-clobber: of eight zcopys at the same time, one succeeds" {
	local i pids=() won=() status gate=$BATS_TEST_TMPDIR.gate
	local source=$BATS_TEST_TMPDIR.source
	# All of them get their end of data at once, when the gate is closed.
	mkfifo "$gate"
	exec 7<>"$gate"
	for i in {1..8}; do
		random_file "$source$i" 300000
		mkfifo "$source$i.fifo"
		cat "$source$i" - <"$gate" >"$source$i.fifo" 3>&- 7>&- &
		start --no-clobber "$source$i.fifo" new 7>&-
		pids+=("$pid")
		retry has_open "$pid" "$source$i.fifo"
	done
	only in out
	exec 7>&-
	for i in {1..8}; do
		status=0
		wait "${pids[i - 1]}" || status=$?
		echo "$i: status $status"
		[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
		[ "$status" -ne 0 ] || won+=("$i")
	done
	[ "${#won[@]}" -eq 1 ]
	same "$source${won[0]}" new
	only in new out
}

# has_open PID FILE - true if PID has FILE open.
has_open() {
	local fd
	for fd in "/proc/$1/fd"/*; do
		[ ! "$fd" -ef "$2" ] || return 0
	done
	return 1
}
