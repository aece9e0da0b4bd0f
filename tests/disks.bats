#!/usr/bin/env bats
# Disks that fail and disks that are slow, made by the kernel's device mapper.
# bats file_tags=kernel

load helpers

MiB=$((1024 * 1024))

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in $((4 * MiB))
	echo old >out
}

teardown() {
	end_all
	unmount_all
	unmap
	detach
}

# mapped TABLE - make a device of these lines of dmsetup(8), with %s for a loop
# device of 64 MiB.  $disk is its path.
mapped() {
	requires_root
	requires dmsetup
	modprobe -qa dm-mod dm-flakey dm-delay 2>/dev/null || :
	block_device 64M
	disk_name=zcopy-$BASHPID-$BATS_TEST_NUMBER
	disk=/dev/mapper/$disk_name
	# Without udev, dmsetup makes the name in /dev itself only if told to.
	[ -e /run/udev/control ] || export DM_DISABLE_UDEV=1
	run dmsetup create "$disk_name" --table "${1//%s/$device}"
	[ "$status" -eq 0 ] || skip "no device mapper here: ${output%%$'\n'*}"
	maps=("$disk_name" "${maps[@]}")
}
maps=()

# becomes TABLE - from now on the device is this.
becomes() {
	dmsetup suspend "$disk_name"
	dmsetup load "$disk_name" --table "${1//%s/$device}"
	dmsetup resume "$disk_name"
}

# unmap - remove the devices of the case.
unmap() {
	local each
	for each in "${maps[@]}"; do
		retry dmsetup remove "$each"
	done
	maps=()
}

SOUND="0 131072 linear %s 0"
# Its second half cannot be read or written; the unit is 512 bytes.
HALF="0 65536 linear %s 0
65536 65536 error"
HALF_SIZE=$((32 * MiB))
# Reads succeed, writes fail.
READ_ONLY="0 131072 flakey %s 0 0 3600 1 error_writes"
# Each read and write takes 1.5 s.
SLOW="0 131072 delay %s 0 1500"

# fails_to_read NAME MOST - true if zcopy printed only that NAME cannot be read,
# having moved at most MOST bytes.
fails_to_read() {
	local before="zcopy: $1: read: Input/output error (" number
	[[ $output == "$before"*" bytes moved; DEST is unchanged)" ]]
	number=${output#"$before"}
	[ "${number%% *}" -le "$2" ]
}

methods=(auto sendfile splice mmap read-write)

# Reading

@test "disks: a disk that cannot be read half way is an error of SOURCE" {
	local method
	mapped "$HALF"
	dd if=/dev/urandom of="$disk" bs=1M count=32 status=none
	for method in "${methods[@]}"; do
		echo "method $method"
		zcopy 3 --method="$method" "$disk" out
		fails_to_read "$disk" $HALF_SIZE
		[ "$(cat out)" = old ]
		only in out
	done
}

# broken_file - mount an ext4, with `in` on it as $fs/in, whose second half
# cannot be read.
broken_file() {
	requires mkfs.ext4 filefrag
	mapped "$SOUND"
	mkfs.ext4 -q "$disk"
	fs=$BATS_TEST_TMPDIR.on-disk
	mount_at "$fs" "$disk"
	fallocate -l $((4 * MiB)) "$fs/in"	# one extent
	dd if=in of="$fs/in" bs=1M conv=notrunc status=none
	sync -f "$fs"
	# In units of 512 bytes.
	first=$(filefrag -b512 -e "$fs/in" |
	    sed -n 's/^ *0: *0\.\. *8191: *\([0-9]*\)\.\..*/\1/p')
	[ -n "$first" ]
	umount "$fs"
	mounts=("${mounts[@]:1}")
	local bad=$((first + 4096))
	becomes "0 $bad linear %s 0
$bad 4096 error
$((bad + 4096)) $((131072 - bad - 4096)) linear %s $((bad + 4096))"
	mount_at "$fs" -o ro,noload "$disk"
}

# cold - forget what was read of the disk.
cold() {
	umount "$fs"
	mount -o ro,noload "$disk" "$fs"
}

@test "disks: a file that cannot be read half way leaves DEST as it was" {
	local method
	broken_file
	for method in "${methods[@]}"; do
		echo "method $method"
		cold
		zcopy 3 --method="$method" "$fs/in" out
		fails_to_read "$fs/in" $((2 * MiB))
		[ "$(cat out)" = old ]
		only in out
	done
}

@test "disks: no option hides that SOURCE cannot be read" {
	local option
	broken_file
	for option in --inplace --buffer=1M --no-cache --stable --sync \
	    --digest=sha256 --sparse=always --preserve --rate=1G \
	    --also="$PWD/also"; do
		echo "option $option"
		cold
		zcopy 3 "$option" "$fs/in" new
		[[ $output == *"zcopy: $fs/in: read: Input/output error ("* ]]
		[ ! -e also ]
		[ ! -e new ] || {
			# What was written in place is no more than is right.
			[ "$option" = --inplace ]
			cmp -n "$(stat -c %s new)" in new
			rm new
		}
	done
	only in out
}

@test "disks: a receiver is not told that a SOURCE that fails is complete" {
	local log_of_receiver receiver
	broken_file
	listener listen:127.0.0.1:0 out
	receiver=$pid log_of_receiver=$log
	zcopy 3 "$fs/in" "127.0.0.1:$port"
	[[ $output == *"zcopy: $fs/in: read: Input/output error ("* ]]
	log=$log_of_receiver ends 5 "$receiver"
	[ "$(cat out)" = old ]
	zcopy 3 "$fs/in" "exec:cat >by-command"
	[[ $output == *"zcopy: $fs/in: read: Input/output error ("* ]]
	zcopy 3 "exec:cat $fs/in" new
	[ ! -e new ]
}

@test "disks: --resume keeps what could be read, and goes on once all can be" {
	broken_file
	# Times of a file that has just changed prove nothing.
	RETRY_SECONDS=10 retry is_aged "$fs/in"
	zcopy 3 --resume "$fs/in" new
	umount "$fs"
	becomes "$SOUND"
	mount -o ro,noload "$disk" "$fs"
	zcopy 0 -v --resume "$fs/in" new
	same in new
	only in new out
}

# Writing

@test "disks: a disk that cannot be written half way is an error of DEST" {
	local method
	mapped "$HALF"
	random_file big $((40 * MiB))
	for method in "${methods[@]}"; do
		echo "method $method"
		zcopy 4 --method="$method" big "$disk"
		[[ $output == "zcopy: $disk: "*": Input/output error"* ]]
	done
	zcopy 4 --no-cache big "$disk"
	[[ $output == "zcopy: $disk: "*": Input/output error"* ]]
	zcopy 4 --also=copy big "$disk"
	[[ $output == "zcopy: $disk: "*": Input/output error"* ]]
	same big copy
}

# on_failing_disk - mount an ext4 at $fs, with the file `out` on it; after that
# its disk can be read, but not written.
on_failing_disk() {
	requires mkfs.ext4
	mapped "$SOUND"
	mkfs.ext4 -q -O ^has_journal "$disk"
	fs=$BATS_TEST_TMPDIR.on-disk
	mount_at "$fs" -o errors=continue "$disk"
	rmdir "$fs/lost+found"
	cp out "$fs/out"
	sync -f "$fs"
	becomes "$READ_ONLY"
}

# mended - forget all that could not be written, and let the disk work again.
mended() {
	umount "$fs"
	becomes "$SOUND"
	mount "$disk" "$fs"
}

@test "disks: --sync fails if the disk does, and the old file stands" {
	local options size
	on_failing_disk
	random_file big $((24 * MiB))	# its writeback begins while it moves
	for size in in big; do
		for options in --sync "--sync --method=read-write" \
		    "--sync --no-cache" "--sync --buffer=8M"; do
			echo "$size $options"
			# shellcheck disable=SC2086	# one word each
			zcopy 4 $options $size "$fs/out"
			[[ $output == "zcopy: $fs/out: "*": Input/output error"* ]]
			[ "$(cat "$fs/out")" = old ]
			[ "$(ls -A "$fs")" = out ]
		done
	done
	zcopy 4 --sync --inplace big "$fs/new"
	[[ $output == "zcopy: $fs/new: "*": Input/output error"* ]]
	mended
	[ "$(cat "$fs/out")" = old ]
}

@test "disks: --resume trusts nothing that the disk may not have" {
	on_failing_disk
	RETRY_SECONDS=10 retry is_aged in
	FAULT=write:ENOSPC:9:out=reg zcopy 4 --resume -m read-write \
	    --block-size=64K in "$fs/new"
	fault_fired
	mended
	zcopy 0 --resume in "$fs/new"
	umount "$fs"
	mount "$disk" "$fs"
	same in "$fs/new"
}

# Slow

@test "disks: --timeout does not give up on a slow disk" {
	mapped "$SOUND"
	dd if=in of="$disk" bs=1M status=none
	becomes "$SLOW"
	blockdev --flushbufs "$disk"
	zcopy 0 --timeout=0.5 -c 300000 "$disk" new
	cmp -n 300000 in new
	zcopy 0 --timeout=0.5 -c 300000 --seek=8M in "$disk"
	becomes "$SOUND"
	blockdev --flushbufs "$disk"
	cmp -n 300000 -i 0:8M in "$disk"
}
