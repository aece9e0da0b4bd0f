#!/usr/bin/env bats
# The recipes with ssh in zcopy(1), SECURITY CONSIDERATIONS.  "Another machine"
# is the directory there/, and its sshd listens on a socket, ./server.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	requires socat ssh sshd ssh-keygen
	[ "$(id -u)" -ne 0 ] || requires_namespace -m
	mkdir there bin
	ln -s "$ZCOPY" bin/zcopy
	set_up_keys
	set_up_server
	set_up_client
	PATH=$PWD/bin:$PATH
	ssh receiver true || skip "ssh to this machine fails"
	random_file there/data 3000000
	random_file disk.img 3000000
	echo old >there/disk.img
	size=$(stat -c %s disk.img)
}

set_up_keys() {
	ssh-keygen -q -t ed25519 -N '' -f host
	ssh-keygen -q -t ed25519 -N '' -f key
}

# Start the server.  bin/server serves one connection; the command leaves
# there/started and there/status, its exit status.  No process of the server
# descends from zcopy, which kills all that do.
set_up_server() {
	cat >config <<-END
		HostKey $PWD/host
		AuthorizedKeysFile $PWD/key.pub
		StrictModes no
		PermitRootLogin yes
		ForceCommand cd $PWD/there && : >started && PATH=$PWD/bin:\$PATH && eval "\$SSH_ORIGINAL_COMMAND"; s=\$?; echo \$s >status; exit \$s
	END
	# Root's sshd wants a directory that only its service makes.
	cat >bin/server <<-END
		#!/bin/sh
		[ \$(id -u) -ne 0 ] || exec unshare -m sh -c '
			mount -t tmpfs none /run && mkdir /run/sshd &&
			    exec $(command -v sshd) -i -f $PWD/config'
		exec $(command -v sshd) -i -f '$PWD/config'
	END
	chmod +x bin/server
	socat "UNIX-LISTEN:$PWD/server,fork" "EXEC:$PWD/bin/server" 3>&- &
	retry test -S server
}

# bin/ssh - ssh with this server in place of any host.
set_up_client() {
	cat >bin/ssh <<-END
		#!/bin/sh
		exec $(command -v ssh) -F none -i '$PWD/key' -o BatchMode=yes \
		    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		    -o LogLevel=ERROR -o ProxyCommand='socat - UNIX-CONNECT:$PWD/server' "\$@"
	END
	chmod +x bin/ssh
}

# half - send half of disk.img to the FIFO, and keep it open as descriptor 7.
half() {
	mkfifo fifo
	exec 7<>fifo
	head -c 1500000 disk.img >fifo 3>&- &
	writer=$!
}

# cut_off - for `retry`: the command there has ended, and DEST is as it was.
cut_off() {
	[ "$(cat there/status)" = 6 ] && [ "$(cat there/disk.img)" = old ]
}

@test "ssh: exec: receives a file from a zcopy that ssh runs" {
	zcopy 0 exec:'ssh sender zcopy data -' disk.img
	same there/data disk.img
}

@test "ssh: a zcopy that fails at the other end leaves DEST as it was" {
	cp disk.img before
	zcopy 3 exec:'ssh sender zcopy missing -' disk.img
	same before disk.img
	zcopy 3 exec:"ssh sender 'zcopy data -; kill -9 \$PPID'" disk.img
	same before disk.img
}

@test "ssh: exec: sends a file to a zcopy that ssh runs" {
	zcopy 0 disk.img exec:"ssh receiver zcopy -c $size - disk.img"
	same disk.img there/disk.img
}

@test "ssh: with -c, a sender that is killed leaves DEST there as it was" {
	half
	rm there/started there/status
	start fifo exec:"ssh receiver zcopy -c $size - disk.img"
	wait "$writer"
	retry test -e there/started
	kill -9 "$pid"
	retry test -e there/status
	retry cut_off
	exec 7>&-
}

# tunnel - receive there with -c, and forward ./tunnel to it; $ssh is its process.
tunnel() {
	cd there || return
	listener -c "$size" listen:127.0.0.1:0 disk.img
	cd ..
	"$PWD/bin/ssh" -NL "$PWD/tunnel:127.0.0.1:$port" receiver 3>&- &
	ssh=$!
	retry test -S tunnel
}

@test "ssh: a file goes through a tunnel" {
	tunnel
	zcopy 0 disk.img unix:tunnel
	ends 0
	kill "$ssh"
	same disk.img there/disk.img
}

@test "ssh: with -c, a tunnel that breaks leaves DEST there as it was" {
	local receiver
	tunnel
	receiver=$pid
	half
	start fifo unix:tunnel
	wait "$writer"
	kill -9 "$ssh"
	exec 7>&-
	ends 5
	ends 6 "$receiver"
	[ "$(cat there/disk.img)" = old ]
}
