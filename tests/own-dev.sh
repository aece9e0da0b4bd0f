#!/bin/sh
# own-dev.sh DIR COMMAND... - run COMMAND with a small /dev of its own, made at
# DIR.  Call it in a mount namespace of its own.
set -eu
dir=$1
shift
mkdir "$dir"
mount -t tmpfs none "$dir"
mknod "$dir/null" c 1 3
mknod "$dir/zero" c 1 5
mknod "$dir/urandom" c 1 9
chmod 666 "$dir/null" "$dir/zero" "$dir/urandom"
ln -s /proc/self/fd "$dir/fd"
mount --bind "$dir" /dev
exec "$@"
