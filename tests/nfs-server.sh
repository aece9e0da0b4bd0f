#!/bin/sh
# nfs-server.sh DIR VERSION TESTS: serve DIR by NFS 3 or 4.2 to 127.0.0.1, at
# port 2049, until it is killed.  Version 4.2 calls it 127.0.0.1:/, version 3
# 127.0.0.1:DIR.  It prints "serving" once it does.  TESTS is the directory in
# which all tests mount something.
#
# It must be started in network and mount namespaces of its own: by these it is
# apart from other servers, with their sockets and the state in /var/lib/nfs.
set -e

# What other tests have mounted is in this namespace, too, and would stay in use
# when they unmount it.
while read -r _ dir _; do
	case $dir in
	"$1") ;;
	"$3"/*) umount -l "$dir" ;;
	esac
done </proc/self/mounts

ip link set lo up
mount -t tmpfs none /run
mount -t tmpfs none /var/lib/nfs
mkdir -p /var/lib/nfs/v4recovery
: >/var/lib/nfs/etab
: >/var/lib/nfs/rmtab
mount -t nfsd none /proc/fs/nfsd
if [ "$2" = 3 ]; then
	without=4
	rpcbind -f &
	binder=$!
	tries=0
	until rpcinfo -T tcp 127.0.0.1 portmapper >/dev/null 2>&1; do
		[ $((tries += 1)) -lt 500 ]
		sleep 0.02
	done
else
	without=3
	binder=
	# Clients of a server that has just started need not wait longer for
	# its locks.
	echo 10 >/proc/fs/nfsd/nfsv4leasetime
	echo 10 >/proc/fs/nfsd/nfsv4gracetime
fi
exportfs -o rw,insecure,no_root_squash,no_subtree_check,fsid=0 "127.0.0.1:$1"
rpc.mountd --foreground --no-nfs-version $without &
mounter=$!
rpc.nfsd --no-nfs-version $without --nfs-version "$2" --no-udp --port 2049 2
# Without this, the threads of the kernel would outlive us.
trap 'rpc.nfsd 0; kill $mounter $binder; exit 0' TERM
echo serving
wait
