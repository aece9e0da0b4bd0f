#!/usr/bin/env bats
# Real far ends, as sender and as receiver, with zcopy on the other side: over
# IPv4, IPv6 and unix sockets, whoever listens.

load helpers
load peer

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 3000000
	got=$BATS_TEST_TMPDIR.got
	path=$BATS_TEST_TMPDIR.socket
}

# Where to listen, for zcopy and for peer.py; unix sockets have no port.
families() {
	echo tcp4
	! grep -q '^0*1 .* lo$' /proc/net/if_inet6 2>/dev/null || echo tcp6
	echo unix
}

# What zcopy calls it.
zcopy_name() {
	case $1 in
	tcp4)	echo "127.0.0.1:$port" ;;
	tcp6)	echo "[::1]:$port" ;;
	unix)	echo "unix:$path" ;;
	esac
}

zcopy_listen_name() {
	case $1 in
	tcp4)	echo listen:127.0.0.1:0 ;;
	tcp6)	echo 'listen:[::1]:0' ;;
	unix)	echo "unix-listen:$path" ;;
	esac
}

# The last line of -v says how many bytes were moved: all of them.
all_moved() {
	local size
	size=$(stat -c %s in)
	[[ $output == *"zcopy: done: $size bytes in "*" s, "*" MB/s, method "* ]]
}

# Each of these starts one far end in the background.
#
# PEER_listen_send FAMILY, PEER_listen_receive FAMILY; then, to where zcopy
# listens, PEER_connect_send FAMILY and PEER_connect_receive FAMILY.

ncat_options() {
	case $1 in
	tcp4)	options=(-4 127.0.0.1 "$2") ;;
	tcp6)	options=(-6 ::1 "$2") ;;
	unix)	options=(-U "$path") ;;
	esac
}

ncat_listen_send() {
	ncat_options "$1" PORT
	INPUT=in on_free_port ncat -l --send-only "${options[@]}"
}

ncat_listen_receive() {
	ncat_options "$1" PORT
	OUTPUT=$got on_free_port ncat -l --recv-only "${options[@]}"
}

ncat_connect_send() {
	ncat_options "$1" "$port"
	INPUT=in background ncat "${options[@]}"
}

ncat_connect_receive() {
	ncat_options "$1" "$port"
	OUTPUT=$got background ncat --recv-only "${options[@]}"
}

nc_options() {
	requires nc.openbsd
	case $1 in
	tcp4)	options=(-4 127.0.0.1 "$2") ;;
	tcp6)	options=(-6 ::1 "$2") ;;
	unix)	options=(-U "$path") ;;
	esac
}

nc_listen_send() {
	nc_options "$1" PORT
	INPUT=in on_free_port "$nc" -N -l "${options[@]}"
}

nc_listen_receive() {
	nc_options "$1" PORT
	OUTPUT=$got on_free_port "$nc" -d -l "${options[@]}"
}

nc_connect_send() {
	nc_options "$1" "$port"
	INPUT=in background "$nc" -N "${options[@]}"
}

nc_connect_receive() {
	nc_options "$1" "$port"
	OUTPUT=$got background "$nc" -d "${options[@]}"
}

socat_listen_name() {
	case $1 in
	tcp4)	name=TCP4-LISTEN:PORT,bind=127.0.0.1,reuseaddr ;;
	tcp6)	name="TCP6-LISTEN:PORT,bind=[::1],reuseaddr" ;;
	unix)	name=UNIX-LISTEN:$path ;;
	esac
}

socat_name() {
	case $1 in
	tcp4)	name=TCP4:127.0.0.1:$port ;;
	tcp6)	name="TCP6:[::1]:$port" ;;
	unix)	name=UNIX-CONNECT:$path ;;
	esac
}

socat_listen_send() {
	socat_listen_name "$1"
	on_free_port socat -u OPEN:in "$name"
}

socat_listen_receive() {
	socat_listen_name "$1"
	on_free_port socat -u "$name" "CREATE:$got"
}

socat_connect_send() {
	socat_name "$1"
	background socat -u OPEN:in "$name"
}

socat_connect_receive() {
	socat_name "$1"
	background socat -u "$name" "CREATE:$got"
}

bash_name() {
	case $1 in
	tcp4)	name=/dev/tcp/127.0.0.1/$port ;;
	tcp6)	name=/dev/tcp/::1/$port ;;
	esac
}

bash_connect_send() {
	bash_name "$1"
	# shellcheck disable=SC2016	# for the other shell
	background bash -c 'cat in >"$0"' "$name"
}

bash_connect_receive() {
	bash_name "$1"
	# shellcheck disable=SC2016
	OUTPUT=$got background bash -c 'cat <"$0"' "$name"
}

python_address() {
	case $1 in
	tcp4)	address=127.0.0.1:$2 ;;
	tcp6)	address="[::1]:$2" ;;
	unix)	address=$path ;;
	esac
}

python_listen_send() {
	python_address "$1" 0
	peer listen "$address" send=in end ended
}

python_listen_receive() {
	python_address "$1" 0
	peer listen "$address" "save=$got"
}

python_connect_send() {
	python_address "$1" "$port"
	peer connect "$address" send=in end ended
}

python_connect_receive() {
	python_address "$1" "$port"
	peer connect "$address" "save=$got"
}

# Between two families.
clear() {
	end_all
	rm -f out "$got" "$path"
}

# receives_from PEER - it listens and sends, zcopy connects.
receives_from() {
	local family
	for family in ${FAMILIES:-$(families)}; do
		echo "$1 listens on $family and sends"
		"$1"_listen_send "$family"
		zcopy 0 -v "$(zcopy_name "$family")" out
		all_moved
		peer_ends 0
		same in out
		clear
	done
}

# sends_to PEER - it listens and receives.
sends_to() {
	local family
	for family in ${FAMILIES:-$(families)}; do
		echo "$1 listens on $family and receives"
		"$1"_listen_receive "$family"
		zcopy 0 -v in "$(zcopy_name "$family")"
		all_moved
		peer_ends 0
		same in "$got"
		clear
	done
}

# is_sent_to_by PEER - zcopy listens.
is_sent_to_by() {
	local family
	for family in ${FAMILIES:-$(families)}; do
		echo "$1 connects over $family and sends"
		listener -v "$(zcopy_listen_name "$family")" out
		"$1"_connect_send "$family"
		ends 0
		all_moved
		peer_ends 0
		same in out
		clear
	done
}

# is_received_from_by PEER - zcopy listens.
is_received_from_by() {
	local family
	for family in ${FAMILIES:-$(families)}; do
		echo "$1 connects over $family and receives"
		listener -v in "$(zcopy_listen_name "$family")"
		"$1"_connect_receive "$family"
		ends 0
		all_moved
		peer_ends 0
		same in "$got"
		clear
	done
}

# nc by its own name, where the system has another nc, too.
nc=nc
if command -v nc.openbsd >/dev/null; then
	nc=nc.openbsd
fi

requires_nc() {
	requires "$nc"
	"$nc" -h 2>&1 | grep -q OpenBSD || skip "needs the nc of OpenBSD"
}

@test "ncat: zcopy receives what it sends" {
	requires ncat ss
	receives_from ncat
	is_sent_to_by ncat
}

@test "ncat: it receives what zcopy sends" {
	requires ncat ss
	sends_to ncat
	is_received_from_by ncat
}

@test "nc: zcopy receives what it sends" {
	requires_nc
	requires ss
	receives_from nc
	is_sent_to_by nc
}

@test "nc: it receives what zcopy sends" {
	requires_nc
	requires ss
	sends_to nc
	is_received_from_by nc
}

@test "socat: zcopy receives what it sends" {
	requires socat ss
	receives_from socat
	is_sent_to_by socat
}

@test "socat: it receives what zcopy sends" {
	requires socat ss
	sends_to socat
	is_received_from_by socat
}

# bash knows no unix sockets, and cannot listen.
@test "bash: zcopy receives what goes to /dev/tcp" {
	FAMILIES=$(families | grep tcp)
	is_sent_to_by bash
}

@test "bash: what zcopy sends comes from /dev/tcp" {
	FAMILIES=$(families | grep tcp)
	is_received_from_by bash
}

@test "python3: zcopy receives what its sockets send" {
	requires python3
	receives_from python
	is_sent_to_by python
}

@test "python3: its sockets receive what zcopy sends" {
	requires python3
	sends_to python
	is_received_from_by python
}

@test "peers: an empty file is received as one, and sent as one" {
	requires ncat socat ss
	: >in
	sends_to ncat
	sends_to socat
	receives_from ncat
	receives_from socat
	is_received_from_by python
}

# zcopy_pair FAMILY SENDER-METHOD RECEIVER-METHOD
zcopy_pair() {
	echo "$1, $2 to $3"
	listener -v "--method=$3" "$(zcopy_listen_name "$1")" out
	zcopy 0 -v "--method=$2" in "$(zcopy_name "$1")"
	all_moved
	ends 0
	all_moved
	same in out
	clear
}

@test "zcopy to zcopy: every method of the one with every method of the other" {
	local family sends receives
	for family in $(families); do
		for sends in auto sendfile splice mmap read-write; do
			for receives in auto splice read-write; do
				zcopy_pair "$family" "$sends" "$receives"
			done
		done
	done
}

# listening_sender FAMILY SENDER-METHOD RECEIVER-METHOD
listening_sender() {
	echo "$1, $2 to $3"
	listener -v "--method=$2" in "$(zcopy_listen_name "$1")"
	zcopy 0 -v "--method=$3" "$(zcopy_name "$1")" out
	all_moved
	ends 0
	all_moved
	same in out
	clear
}

@test "zcopy to zcopy: every method of a listener that sends" {
	local family method
	for family in $(families); do
		for method in auto sendfile splice mmap read-write; do
			listening_sender "$family" "$method" auto
		done
		for method in splice read-write; do
			listening_sender "$family" auto "$method"
		done
	done
}

# bats test_tags=valgrind
@test "zcopy to zcopy: a file over IPv4, IPv6 and a unix socket" {
	local family
	for family in $(families); do
		zcopy_pair "$family" auto auto
	done
}

@test "zcopy to zcopy: from a pipe to a pipe, with every method" {
	local family sends receives
	mkfifo "$path.pipe"
	for family in $(families); do
		for sends in auto splice read-write; do
			for receives in auto splice read-write; do
				zcopy_pipes "$family" "$sends" "$receives"
			done
		done
	done
}

# zcopy_pipes FAMILY SENDER-METHOD RECEIVER-METHOD
zcopy_pipes() {
	echo "$1, $2 to $3"
	OUTPUT=$got background cat "$path.pipe"
	STDOUT=$path.pipe listener -v "--method=$3" "$(zcopy_listen_name "$1")" -
	zcopy 0 -v "--method=$2" - "$(zcopy_name "$1")" < <(cat in 3>&-)
	all_moved
	ends 0
	all_moved
	peer_ends 0
	same in "$got"
	clear
}
