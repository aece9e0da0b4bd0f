#!/usr/bin/env bats
# Files on NFS 4.2 and 3, by a server of the case's own on this machine.
# bats file_tags=kernel

load helpers
load networks

MiB=$((1024 * 1024))

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 1000001
}

teardown() {
	end_all
	# Whatever the server says: mountpoint(1) would fail with ESTALE.
	[ -z "$mounted" ] || umount -cfl "$nfs"
	stop_server
	unmount_all
}

# nfs [TYPE [MIB]] - mount by NFS $version, at $nfs, a new file system of this
# type (ext4) and size, which is at $fs on its server.
nfs() {
	local name=/ options=vers=$version,proto=tcp,port=2049
	requires nsenter ip exportfs rpc.mountd rpc.nfsd mount.nfs
	requires_namespace -n
	requires_namespace -m
	modprobe -qa nfsd nfsv4 nfsv3 2>/dev/null || :
	grep -qw nfsd /proc/filesystems || skip "this kernel has no NFS server"
	grep -qw nfs /proc/filesystems || skip "this kernel has no NFS client"
	file_system "${1-ext4}" "${2-64}"
	rm -rf "$fs/lost+found"
	serve
	nfs=$BATS_TEST_TMPDIR.nfs
	mkdir "$nfs"
	if [ "$version" = 3 ]; then
		name=$fs
		options+=,mountproto=tcp,nolock
	fi
	run nsenter -n -t "$server" mount -t nfs -o "$options" \
	    "127.0.0.1:$name" "$nfs"
	[ "$status" -eq 0 ] || skip "no NFS here: $output"
	mounted=yes
}
nfs=
mounted=
version=4.2

# serve - start the server; $server is a process of it.
serve() {
	local said=$BATS_TEST_TMPDIR.nfsd.log
	[ "$version" != 3 ] || requires rpcbind rpcinfo
	unshare -n -m sh "$BATS_TEST_DIRNAME/nfs-server.sh" "$fs" "$version" \
	    "${BATS_RUN_TMPDIR%/*}" >"$said" 2>&1 3>&- &
	server=$!
	disown "$server"	# if end_all kills it, it leaves threads
	retry serving
	! gone "$server" || skip "no NFS server here: $(tail -n 1 "$said")"
}
server=

# serving - for `retry`: it serves, or has ended.
serving() {
	grep -q '^serving$' "$BATS_TEST_TMPDIR.nfsd.log" || gone "$server"
}

stop_server() {
	[ -n "$server" ] || return 0
	kill -TERM "$server" 2>/dev/null || :
	retry gone "$server"
	server=
}

# unexport - take the directory away from the client.
unexport() {
	nsenter -n -m -t "$server" exportfs -ua
	nsenter -n -m -t "$server" exportfs -f
}

# each_method - copy to, from and within a mount, with each method.
each_method() {
	local method
	nfs
	for method in auto copy_file_range sendfile splice mmap read-write; do
		echo "method $method"
		[ $method = copy_file_range ] || {
			zcopy 0 --method=$method in "$nfs/to"
			same in "$fs/to"
			zcopy 0 --method=$method "$nfs/to" from
			same in from
		}
		[ -e "$nfs/to" ] || cp in "$nfs/to"
		zcopy 0 --method=$method "$nfs/to" "$nfs/within"
		same in "$fs/within"
		rm "$nfs/to" "$nfs/within"
		[ -z "$(ls -A "$fs")" ]
	done
}

@test "nfs: all data arrives to, from and within a mount, with each method" {
	each_method
}

@test "nfs 3: all data arrives, too" {
	local version=3
	each_method
}

@test "nfs: within a mount the server copies, and ranges are exact" {
	nfs
	cp in "$nfs/in"
	sync -f "$nfs"
	zcopy 0 -v "$nfs/in" "$nfs/out"
	method_used copy_file_range
	same in "$fs/out"
	cp in expected
	tail -c +1001 in | head -c 300001 |
	    dd of=expected bs=64K seek=4097 oflag=seek_bytes conv=notrunc \
		iflag=fullblock status=none
	zcopy 0 --offset=1000 -c 300001 --seek=4097 "$nfs/in" "$nfs/out"
	same expected "$fs/out"
}

@test "nfs: the old file stands until the new one is complete" {
	nfs
	echo old >"$nfs/out"
	chmod 640 "$nfs/out"
	half_way "$nfs/out"
	[ "$(cat "$fs/out")" = old ]
	kill -TERM "$pid"
	exec 7>&-
	ends 143
	[ "$(cat "$fs/out")" = old ]
	[ "$(ls -A "$fs")" = out ]
	zcopy 0 in "$nfs/out"
	same in "$fs/out"
	[ "$(stat -c %a "$fs/out")" = 640 ]
	zcopy 4 --no-clobber in "$nfs/out"
	zcopy 0 --no-clobber in "$nfs/new"
	same in "$fs/new"
	# In particular, no .nfsXXXX.
	[ "$(ls -A "$fs")" = "$(printf 'new\nout')" ]
}

@test "nfs: writing in place, appending and --seek reach the server" {
	nfs
	cp in "$nfs/out"
	zcopy 0 --append in "$nfs/out"
	cat in in | cmp - "$fs/out"
	zcopy 0 --seek=1000001 --offset=1 in "$nfs/out"
	(cat in; tail -c +2 in; tail -c 1 in) | cmp - "$fs/out"
	zcopy 0 --inplace in "$nfs/out"
	same in "$fs/out"
	zcopy 0 --preserve in "$nfs/out"
	[ "$(stat -c %Y "$fs/out")" = "$(stat -c %Y in)" ]
}

# NFS reports it after write(2) has returned, at the latest in close(2).
@test "nfs: a full disk of the server is an error of DEST" {
	local option
	nfs ext4 16
	echo old >"$nfs/out"
	random_file big $((24 * MiB))
	for option in -v --sync --no-cache --buffer=1M --method=read-write; do
		zcopy 4 "$option" big "$nfs/out"
		[[ $output == *"zcopy: $nfs/out: "*": No space left on device"* ]]
		[ "$(cat "$fs/out")" = old ]
		[ "$(ls -A "$fs")" = out ]
	done
	zcopy 4 --inplace big "$nfs/out"
	[[ $output == *"zcopy: $nfs/out: "*": No space left on device"* ]]
	rm "$nfs/out"
	zcopy 4 -v big "$nfs/out"
	[[ $output == *"zcopy: $nfs/out: "*": No space left on device"* ]]
	[ -z "$(ls -A "$fs")" ]
}

# The server then answers with EACCES or ESTALE, and lets nothing be removed.
@test "nfs: if the server withdraws the directory, that is an error of its side" {
	nfs
	random_file big $((8 * MiB))
	cp big "$nfs/big"
	echo old >"$nfs/out"
	sync -f "$nfs"
	half_way "$nfs/out"
	unexport
	all_the_way
	ends 4
	[[ $output == "zcopy: $nfs/out: "* ]]
	echo 3 >/proc/sys/vm/drop_caches
	zcopy 3 "$nfs/big" new
	[[ $output == "zcopy: $nfs/big: "* ]]
	[ "$(cat "$fs/out")" = old ]
	only big in
}

@test "nfs: --sync and --resume keep their promises" {
	nfs
	zcopy 0 --sync in "$nfs/out"
	same in "$fs/out"
	RETRY_SECONDS=10 retry is_aged in
	FAULT=write:ENOSPC:9:out=reg zcopy 4 --resume -m read-write \
	    --block-size=64K in "$nfs/new"
	fault_fired
	zcopy 0 --resume in "$nfs/new"
	same in "$fs/new"
	[ "$(ls -A "$fs")" = "$(printf 'new\nout')" ]
}

# beginning_with MIB - start zcopy with $nfs/big, of this size, as SOURCE and a
# FIFO as DEST, and wait until the FIFO has data.  `to_the_end` takes it all.
beginning_with() {
	random_file big $(($1 * MiB))
	cp big "$nfs/big"
	rm big
	sync -f "$nfs"
	echo 3 >/proc/sys/vm/drop_caches
	mkfifo fifo
	exec 7<>fifo
	start "$nfs/big" fifo 7>&-
	retry has_data
}

# has_data - for `retry`: the FIFO, descriptor 7, has data.
has_data() {
	read -r -t 0 -u 7
}

to_the_end() {
	exec 8<fifo 7>&-
	cat <&8 >/dev/null 3>&- &
	exec 8<&-
}

@test "nfs: a change that is made on the server is found at the end" {
	nfs
	beginning_with 8
	printf changed | dd of="$fs/big" bs=1M seek=7 conv=notrunc status=none
	to_the_end
	ends 7
}

# With version 4, the server keeps the file for the client that has it open.
@test "nfs 3: if SOURCE is removed on the server, that is an error of SOURCE" {
	local version=3
	nfs ext4 200
	beginning_with 128
	rm "$fs/big"
	to_the_end
	ends 3
	[[ $output == "zcopy: $nfs/big: read: Stale file handle ("* ]]
}

@test "nfs: holes stay holes, both ways" {
	nfs
	truncate -s 32M sparse
	dd if=in of=sparse bs=1M seek=8 conv=notrunc status=none
	zcopy 0 sparse "$nfs/sparse"
	same sparse "$fs/sparse"
	[ "$(du -k "$fs/sparse" | cut -f 1)" -lt 2000 ]
	zcopy 0 "$nfs/sparse" back
	same sparse back
	[ "$(du -k back | cut -f 1)" -lt 2000 ]
}
