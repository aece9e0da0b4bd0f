#!/usr/bin/env bats
# Other programs at the far end, as sender and as receiver, over IPv4, IPv6 and
# unix sockets, with either side listening; and two zcopys.

load helpers
load peer

setup() {
	set_up_peers 3000000
}

# families - print the address families that this machine has.
families() {
	echo tcp4
	! grep -q '^0*1 .* lo$' /proc/net/if_inet6 2>/dev/null || echo tcp6
	echo unix
}

# zcopy_name FAMILY, zcopy_listen_name FAMILY - print the name for zcopy of
# where the peer listens, and of where zcopy is to listen.
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

# all_moved - true if -v says that all of `in` was moved.
all_moved() {
	local size
	size=$(stat -c %s in)
	[[ $output == *"zcopy: done: $size bytes in "*" s, "*" MB/s, method "* ]]
}

# Each of these starts a far end in the background: PEER_listen_send FAMILY and
# PEER_listen_receive FAMILY; PEER_connect_send FAMILY and PEER_connect_receive
# FAMILY connect to a zcopy that listens.

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

# clear - end everything, and remove the files, before the next round.
clear() {
	end_all
	rm -f out "$got" "$path"
}

# receives_from PEER - the peer listens and sends, zcopy connects.
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

# sends_to PEER - the peer listens and receives, zcopy connects.
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

# is_sent_to_by PEER - zcopy listens and receives.
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

# is_received_from_by PEER - zcopy listens and sends.
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

# A system with several netcats has OpenBSD's as nc.openbsd.
nc=nc
if command -v nc.openbsd >/dev/null; then
	nc=nc.openbsd
fi

# requires_nc - skip the case unless nc is that of OpenBSD.
requires_nc() {
	requires "$nc"
	"$nc" -h 2>&1 | grep -q OpenBSD || skip "needs the nc of OpenBSD"
}

@test "ncat: zcopy receives what ncat sends" {
	requires ncat ss
	receives_from ncat
	is_sent_to_by ncat
}

@test "ncat: ncat receives what zcopy sends" {
	requires ncat ss
	sends_to ncat
	is_received_from_by ncat
}

@test "nc: zcopy receives what nc sends" {
	requires_nc
	requires ss
	receives_from nc
	is_sent_to_by nc
}

@test "nc: nc receives what zcopy sends" {
	requires_nc
	requires ss
	sends_to nc
	is_received_from_by nc
}

@test "socat: zcopy receives what socat sends" {
	requires socat ss
	receives_from socat
	is_sent_to_by socat
}

@test "socat: socat receives what zcopy sends" {
	requires socat ss
	sends_to socat
	is_received_from_by socat
}

# bash has no unix sockets, and cannot listen.
@test "bash: zcopy receives what bash writes to /dev/tcp" {
	FAMILIES=$(families | grep tcp)
	is_sent_to_by bash
}

@test "bash: bash reads what zcopy sends from /dev/tcp" {
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

@test "peers: an empty file can be sent and received" {
	requires ncat socat ss
	: >in
	sends_to ncat
	sends_to socat
	receives_from ncat
	receives_from socat
	is_received_from_by python
}

## Netcats as people use them

# held_open COMMAND... - zcopy sends to COMMAND, whose standard input stays
# open, as that of a terminal does.
held_open() {
	echo "$*"
	mkfifo "$path.input"
	exec 7<>"$path.input"
	INPUT=$path.input OUTPUT=$got on_free_port "$@" 7>&-
	zcopy 0 -v in "127.0.0.1:$port"
	[[ $output == *"zcopy: confirmed: close"* ]]
	exec 7>&-
	peer_ends 0
	same in "$got"
	rm "$path.input"
	clear
}

@test "netcats: each closes at the end of data, though its input is open" {
	requires ncat socat ss
	held_open ncat -l 127.0.0.1 PORT
	held_open socat - TCP4-LISTEN:PORT,bind=127.0.0.1
	requires_nc
	held_open "$nc" -l 127.0.0.1 PORT
}

# dies_receiving COMMAND... - kill the receiver while it has unread data, so
# that the kernel resets the connection.
dies_receiving() {
	echo "$*"
	mkfifo "$path.output"
	exec 7<>"$path.output"
	OUTPUT=$path.output on_free_port "$@" 7>&-
	start big "127.0.0.1:$port"
	retry asleep "$pid"
	kill -KILL "$peer"
	ends 5
	complains "127.0.0.1:$port" "bytes delivered"
	exec 7>&-
	rm "$path.output"
	clear
}

@test "netcats: one that is killed while it receives gives status 5" {
	requires ncat socat ss
	random_file big 30M
	dies_receiving ncat -l --recv-only 127.0.0.1 PORT
	dies_receiving socat -u TCP4-LISTEN:PORT,bind=127.0.0.1 -
	requires_nc
	dies_receiving "$nc" -d -l 127.0.0.1 PORT
}

# dies_sending COMMAND... - kill the sender one byte before --bytes is met.
dies_sending() {
	echo "$*"
	mkfifo "$path.input"
	exec 7<>"$path.input"
	listener --bytes=3000001 listen:127.0.0.1:0 out
	INPUT=$path.input background "${@//PORT/$port}" 7>&-
	cat in >&7
	retry asleep "$peer"
	retry asleep "$pid"
	kill -KILL "$peer"
	ends 6
	complains listen:127.0.0.1:0 "SOURCE ended early" \
	    "(3000000 of 3000001 bytes moved; DEST is unchanged)"
	[ ! -e out ]
	exec 7>&-
	rm "$path.input"
	clear
}

@test "netcats: with --bytes, one that is killed while it sends gives status 6" {
	requires ncat socat
	dies_sending ncat 127.0.0.1 PORT
	dies_sending socat -u - TCP4:127.0.0.1:PORT
	requires_nc
	dies_sending "$nc" -N 127.0.0.1 PORT
}

@test "netcats: --discard counts the bytes that each sends" {
	requires ncat socat
	local discard
	listener --discard listen:127.0.0.1:0
	discard=$pid
	INPUT=in background ncat --send-only 127.0.0.1 "$port"
	peer_ends 0
	background socat -u OPEN:in "TCP4:127.0.0.1:$port"
	peer_ends 0
	INPUT=in background bash -c "cat >/dev/tcp/127.0.0.1/$port"
	peer_ends 0
	retry counted_three
	kill "$discard"
	ends 143
}

# counted_three - for `retry`: three transfers have been counted.
counted_three() {
	[ "$(grep -c ': 3000000 bytes in [0-9.]* s$' "$log")" -eq 3 ]
}

## HTTP; see also tests/wrapping.bats

# request METHOD PATH [HEADER]... - write this request to the file `request`.
request() {
	printf '%s %s HTTP/1.0\r\nHost: localhost\r\n' "$1" "$2" >request
	[ $# -eq 2 ] || printf '%s\r\n' "${@:3}" >>request
	printf '\r\n' >>request
}

# body FILE - print the body of the answer in FILE.
body() {
	sed '1,/^\r$/d' "$1"
}

# http_server - start Python's own server of this directory, on $port.
http_server() {
	requires python3
	background "$PYTHON" -u -m http.server 0 --bind 127.0.0.1
	retry listens "$peer"
	port=$(bound "$peer")
}

@test "http.server: a request that is only a header is answered" {
	requires ss
	local confirm
	http_server
	request GET /in
	for confirm in close ack none; do
		zcopy 0 -v "--confirm=$confirm" --header=request /dev/null \
		    "127.0.0.1:$port"
		[[ $output == *"header: $(stat -c %s request) bytes"* ]]
		[[ $output == *"zcopy: confirmed: "@(close|$confirm)$'\n'* ]]
	done
	retry answered 3
}

# answered TIMES - for `retry`: the server has answered that often with 200.
answered() {
	[ "$(grep -c '"GET /in HTTP/1.0" 200' "$said")" -ge "$1" ]
}

@test "http.server: two zcopys move request and answer over one connection" {
	requires ss
	http_server
	request GET /in
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	zcopy 0 request fd:5
	zcopy 0 fd:5 answer
	exec 5>&-
	head -n 1 answer | grep -q '^HTTP/1.0 200 OK'
	body answer | cmp - in
}

# tell_truncated COMMAND... - COMMAND, a client of a zcopy whose source ends too
# early, fails, and does not wait for ever.
tell_truncated() {
	echo "$*"
	printf 'HTTP/1.0 200 OK\r\nContent-Length: 3000001\r\n\r\n' >reply
	listener --header=reply --bytes=3000001 in listen:127.0.0.1:0
	run timeout 20 "${@//PORT/$port}" 3>&-
	echo "status $status: $output"
	[ "$status" -ne 0 ]
	[ "$status" -ne 124 ]
	ends 6
}

@test "curl, wget: both fail if zcopy's answer ends too early" {
	requires curl wget
	tell_truncated curl -sS --noproxy '*' --max-time 10 -o got \
	    http://127.0.0.1:PORT/
	tell_truncated wget -q --no-proxy --tries=1 --timeout=10 -O got \
	    http://127.0.0.1:PORT/
}

# nginx_server - start a server of $path.www that takes files by PUT, on $port.
nginx_server() {
	requires nginx ss
	nginx -V 2>&1 | grep -q http_dav_module ||
	    skip "needs nginx with its dav module"
	mkdir "$path.www"
	# shellcheck disable=SC2016	# for the other shell
	on_free_port bash -c 'cat >"$0.conf" <<-END
		daemon off;
		master_process off;
		pid $0.pid;
		error_log stderr;
		events { }
		http {
			access_log $0.access;
			client_body_temp_path $0.body;
			proxy_temp_path $0.proxy;
			fastcgi_temp_path $0.fastcgi;
			uwsgi_temp_path $0.uwsgi;
			scgi_temp_path $0.scgi;
			client_max_body_size 0;
			server {
				listen 127.0.0.1:$1;
				root $0.www;
				dav_methods PUT;
			}
		}
		END
		exec nginx -p "$0." -e stderr -c "$0.conf"' "$path" PORT
}

@test "nginx: a request header and a file make a PUT" {
	nginx_server
	request PUT /up "Content-Length: 3000000"
	zcopy 0 -v --header=request in "127.0.0.1:$port"
	all_moved_around
	[[ $output == *"zcopy: confirmed: close"* ]]
	same in "$path.www/up"
	grep -q '"PUT /up HTTP/1.0" 201' "$path.access"
}

# all_moved_around - as all_moved, with the request as a header.
all_moved_around() {
	[[ $output == *"zcopy: done: 3000000 bytes in "* ]]
	[[ $output == *"header: $(stat -c %s request) bytes"* ]]
}

@test "nginx: an upload that fails leaves no file on the server" {
	nginx_server
	request PUT /up "Content-Length: 3000001"
	zcopy 6 --bytes=3000001 --header=request in "127.0.0.1:$port"
	retry grep -q '"PUT /up HTTP/1.0" 400' "$path.access"
	[ ! -e "$path.www/up" ]
}

@test "nginx: two zcopys move request and answer over one connection" {
	nginx_server
	cp in "$path.www/in"
	request GET /in "Connection: close"
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	zcopy 0 request fd:5
	zcopy 0 fd:5 answer
	exec 5>&-
	body answer | cmp - in
}

## Two zcopys

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

@test "zcopy to zcopy: each method of a sender works with each of a receiver" {
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

@test "zcopy to zcopy: each method works when the sender listens" {
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

# bats test_tags=valgrind,kernel
@test "zcopy to zcopy: a file arrives over IPv4, IPv6 and a unix socket" {
	local family
	for family in $(families); do
		zcopy_pair "$family" auto auto
	done
}

@test "zcopy to zcopy: a pipe's data arrives in a pipe, with each method" {
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
