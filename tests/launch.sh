#!/bin/sh
# Stand in for ssh(1), srun(1) or parallel(1), whichever name this has, as
# scripts/examples/chain calls them.  A host is a network namespace, that of the
# process in $LAUNCH_HOSTS/HOST.pid, and a directory, $LAUNCH_HOSTS/HOST.

# on HOST COMMAND... - become COMMAND there.
on() {
	network=$(cat "$LAUNCH_HOSTS/$1.pid") || exit 255
	cd "$LAUNCH_HOSTS/$1" || exit 255
	shift
	exec nsenter -n -t "$network" "$@"
}

case ${0##*/} in
ssh)	# Options, host, command.  When ssh is ended, its terminal is closed,
	# which ends what runs there by SIGHUP.
	[ "$1 $2 $3" = "-tt -o BatchMode=yes" ] && [ $# -eq 5 ] || exit 255
	(on "$4" setsid sh -c "$5") &
	child=$!
	trap 'kill -s HUP -- "-$child"; exit 255' TERM
	wait "$child" ;;
srun)
	while [ "${1#--}" != "$1" ]; do
		[ "${1#--nodelist=}" = "$1" ] || host=${1#*=}
		shift
	done
	on "$host" "$@" ;;
parallel)
	[ "$1 $2" = "-q -j" ] || exit 255
	jobs=$3
	shift 3
	exec xargs -n 1 -P "$jobs" "$@" ;;
*)	exit 255 ;;
esac
