# Networks and host names for one case: `load networks` after `load peer`.

# two_networks - make two network namespaces with a cable between them.  $left
# and $right are commands that run another one there, for as_user.
two_networks() {
	requires ip nsenter
	requires_namespace -n
	new_network
	left=(nsenter -n -t "$network")
	local one=$network
	new_network
	right=(nsenter -n -t "$network")
	"${left[@]}" ip link add cable mtu 1500 type veth \
	    peer name cable mtu 1500 netns "$network"
	one_end 1 "${left[@]}"
	one_end 2 "${right[@]}"
}

# new_network - make one; set $network to a process in it.
new_network() {
	unshare -n sleep 600 3>&- &
	network=$!
	retry elsewhere "$network"
}

# elsewhere PID - for `retry`: PID is in another network namespace than this
# shell.
elsewhere() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# one_end NUMBER COMMAND... - set up this end of the cable.  Packets to
# 10.9.9.66 and fd09::66, which no end has, are lost without an error.  The
# other end is a static neighbour, because resolving its address can take a
# second.
one_end() {
	local number=$1 neighbour mac=02:00:00:00:00:0
	shift
	"$@" ip link set lo up
	"$@" ip link set cable address "$mac$number"
	"$@" ip address add "10.9.9.$number/24" dev cable
	"$@" ip address add "fd09::$number/64" dev cable nodad
	"$@" ip link set cable up
	for neighbour in $((3 - number)) 66; do
		"$@" ip neigh add "10.9.9.$neighbour" \
		    lladdr "$mac${neighbour:0:1}" dev cable
		"$@" ip neigh add "fd09::$neighbour" \
		    lladdr "$mac${neighbour:0:1}" dev cable
	done
}

# with_etc NAME... - let zcopy find each $BATS_TEST_TMPDIR.NAME as /etc/NAME.
with_etc() {
	local name above=$BATS_TEST_TMPDIR.etc reason
	requires_namespace -m
	mkdir -p "$above"
	for name; do
		cp "$BATS_TEST_TMPDIR.$name" "$above/$name"
	done
	# An overlay without an upper directory: nothing can be written.
	# shellcheck disable=SC2016	# for the other shell
	as_user+=(unshare -m sh -c '
		mount -t overlay -o "lowerdir=$0:/etc" none /etc &&
		    exec "$@"' "$above")
	reason=$("${as_user[@]}" true 2>&1) || skip "no overlay here: $reason"
}

# with_hosts LINE... - let zcopy find these hosts, and no others.
with_hosts() {
	printf '%s\n' "$@" >"$BATS_TEST_TMPDIR.hosts"
	echo 'hosts: files' >"$BATS_TEST_TMPDIR.nsswitch.conf"
	# Use all addresses of a name, not only the first of each family.
	as_user+=(env RESOLV_MULTI=on)
	with_etc hosts nsswitch.conf
}

# with_silent_resolver - let zcopy, in one of the two networks, look up names at
# a server that never answers.
with_silent_resolver() {
	echo 'nameserver 10.9.9.66
options timeout:30' >"$BATS_TEST_TMPDIR.resolv.conf"
	echo 'hosts: dns' >"$BATS_TEST_TMPDIR.nsswitch.conf"
	with_etc resolv.conf nsswitch.conf
}

## A chain of hosts

# chain_of_networks COUNT - make COUNT network namespaces, each joined to the
# next one by a cable.  The first has the address 10.9.9.1, the next 10.9.9.2;
# ${chain[@]} are the processes in them.  The ends of a cable are `ahead` and
# `behind`.
chain_of_networks() {
	local i network inside
	requires ip nsenter
	requires_namespace -n
	chain=()
	for ((i = 1; i <= $1; i++)); do
		new_network
		chain+=("$network")
		inside=(nsenter -n -t "$network")
		"${inside[@]}" ip link set lo up
		"${inside[@]}" ip address add "10.9.9.$i/32" dev lo
		[ $i -gt 1 ] || continue
		"${inside[@]}" ip link add behind type veth \
		    peer name ahead netns "${chain[i - 2]}"
		route "$network" behind $i $((i - 1))
		route "${chain[i - 2]}" ahead $((i - 1)) $i
	done
}

# route PID DEVICE FROM TO - let 10.9.9.FROM, there, reach 10.9.9.TO.
route() {
	nsenter -n -t "$1" ip link set "$2" up
	nsenter -n -t "$1" ip route add "10.9.9.$4/32" dev "$2" src "10.9.9.$3"
}
