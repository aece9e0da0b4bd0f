#!/usr/bin/env bats
# Inherited descriptors with O_DIRECT.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 1000000
}

teardown() {
	end_all
	unmount_all
	detach
}

WAY_OUT="(open it without O_DIRECT, or name the file)"

# on_ext4 - mount an ext4, which takes only whole blocks, at $fs.
on_ext4() {
	local first=6.1
	requires python3
	[ "$(printf '%s\n' $first "$(uname -r)" | sort -V | head -n 1)" = \
	    $first ] || skip "before Linux 6.1 statx gives no block size"
	file_system ext4 20
	cp in "$fs/in"
}

# direct NUMBER FILE OFFSET zcopy ARG... - run zcopy with FILE open with
# O_DIRECT, at OFFSET or to append, as descriptor NUMBER: see tests/direct.py.
direct() {
	local as_user=(python3 "$BATS_TEST_DIRNAME/direct.py" "${@:1:3}" env)
	"${@:4}"
}

# refused_as LINE - true if zcopy printed only LINE, with the way out.
refused_as() {
	printf 'expected:\n%s\n' "zcopy: -: $1 $WAY_OUT"
	[ "$output" = "zcopy: -: $1 $WAY_OUT" ]
}

@test "direct: a size that DEST cannot take is refused before the first byte" {
	local has='write: the descriptor has O_DIRECT: it takes blocks of 512 bytes,'
	on_ext4
	direct 1 "$fs/out" 0 zcopy 4 in -
	refused_as "$has not 1000000 bytes at 0"
	direct 1 "$fs/out" 0 zcopy 4 --bytes=1000 in -
	refused_as "$has not 1000 bytes at 0"
	direct 1 "$fs/out" 100 zcopy 4 --bytes=512 in -
	refused_as "$has not 512 bytes at 100"
	[ ! -s "$fs/out" ]
	{
		direct 1 "$fs/out" 0 zcopy 4 --bytes=1000 - -
		refused_as "$has not 1000 bytes at 0"
		cmp - in		# not one byte was taken
	} < <(cat in)
}

@test "direct: what is appended begins at the end of the file" {
	on_ext4
	head -c 512 in >"$fs/out"
	direct 1 "$fs/out" append zcopy 0 --bytes=1024 --offset=512 in -
	same <(head -c 1536 in) "$fs/out"
	head -c 100 in >"$fs/out"
	direct 1 "$fs/out" append zcopy 4 --bytes=512 in -
	refused_as "write: the descriptor has O_DIRECT: it takes blocks of 512 \
bytes, not 512 bytes at 100"
	same <(head -c 100 in) "$fs/out"
}

@test "direct: a size that a block device cannot take is refused" {
	requires python3
	block_device 1M
	direct 1 "$device" 0 zcopy 4 in -
	refused_as "write: the descriptor has O_DIRECT: it takes blocks of 512 \
bytes, not 1000000 bytes at 0"
	direct 1 "$device" 512 zcopy 0 --bytes=102400 in -
	cmp -i 512:0 -n 102400 "$device" in
}

@test "direct: whole blocks can be written and read" {
	on_ext4
	direct 1 "$fs/out" 0 zcopy 0 --bytes=102400 in -
	direct 1 "$fs/out" 102400 zcopy 0 --bytes=102400 --offset=102400 in -
	same <(head -c 204800 in) "$fs/out"
	direct 0 "$fs/in" 0 zcopy 0 - out
	same in out
	direct 0 "$fs/in" 512 zcopy 0 --bytes=1024 - out
	cmp <(tail -c +513 in | head -c 1024) out
}

@test "direct: a range that SOURCE cannot give is refused before the first byte" {
	local has='read: the descriptor has O_DIRECT: it takes blocks of 512 bytes,'
	on_ext4
	direct 0 "$fs/in" 1 zcopy 3 - out
	refused_as "$has but the transfer starts at 1"
	direct 0 "$fs/in" 0 zcopy 3 --offset=100 - out
	refused_as "$has but the transfer starts at 100"
	direct 0 "$fs/in" 0 zcopy 3 --bytes=1000 - out
	refused_as "$has not 1000 bytes at 0"
	[ ! -e out ]
	# At the end of a file a read may be short, of any size.
	direct 0 "$fs/in" 0 zcopy 6 --bytes=2000001 - out
	direct 0 "$fs/in" 1000000 zcopy 0 - out
	[ ! -s out ]
	# mmap(2) works in spite of O_DIRECT.
	direct 0 "$fs/in" 1 zcopy 0 --method=mmap - out
	same <(tail -c +2 in) out
}

@test "direct: a stream that is not whole blocks fails and says why" {
	on_ext4
	head -c 1000 in >small
	direct 1 "$fs/out" 0 zcopy 4 - - < <(cat small)
	refused_as "write: Invalid argument (0 bytes delivered, 1000 more were \
read and are lost); the descriptor has O_DIRECT and takes whole blocks only"
	head -c 1024 in >small
	direct 1 "$fs/out" 0 zcopy 0 - - < <(cat small)
	same small "$fs/out"
}

@test "direct: a file system that takes any size is not refused" {
	requires python3
	file_system tmpfs 20
	python3 "$BATS_TEST_DIRNAME/direct.py" 1 "$fs/out" 0 true ||
	    skip "no O_DIRECT on tmpfs"
	direct 1 "$fs/out" 0 zcopy 0 in -
	same in "$fs/out"
}

@test "direct: --buffer collects whole blocks, even if a pipe gives single bytes" {
	on_ext4
	head -c 8192 in >small
	direct 1 "$fs/out" 0 zcopy 0 --buffer=64K --timeout=10 - - \
	    < <(exec python3 "$BATS_TEST_DIRNAME/drip.py" small)
	same small "$fs/out"
}

@test "direct: --rate moves whole blocks, even if its steps would be smaller" {
	on_ext4
	head -c 8192 in >"$fs/in"
	direct 1 "$fs/out" 0 zcopy 0 --rate=20000 "$fs/in" -
	same "$fs/in" "$fs/out"
	direct 0 "$fs/in" 0 zcopy 0 --rate=20000 - out
	same "$fs/in" out
}
