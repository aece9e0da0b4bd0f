#!/usr/bin/env bats
# --header and --trailer: files that are sent before the data, and after it.

load helpers
load peer
load routes

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 1000001
	printf 'HTTP\r\n\r\n\0\n\0\n' >h1
	random_file h2 5000
	random_file t1 70000
	printf '\0end' >t2
	around=(--header=h1 --header=h2 --trailer=t1 --trailer=t2)
	cat h1 h2 in t1 t2 >expected
	path=$BATS_TEST_TMPDIR.socket
}

# to_unix STATUS ARG... - like `deliver` of tests/routes.bash, but to a unix
# socket.
to_unix() {
	local want=$1
	shift
	rm -f got
	listener "unix-listen:$path" got
	zcopy "$want" "$@" "unix:$path"
	ends 0
}

# holds FILE... - fail unless `got` is the FILEs, one after the other.
holds() {
	cat "$@" | cmp - got
}

# Destinations

# bats test_tags=valgrind
@test "wrapping: headers, data and trailers arrive in this order" {
	local dest
	for dest in file stdout pipe fifo tcp; do
		deliver 0 $dest "${around[@]}" in
		same expected got
	done
	to_unix 0 "${around[@]}" in
	same expected got
}

@test "wrapping: headers and trailers are sent around a stream, too" {
	local dest
	for dest in file stdout pipe fifo tcp; do
		deliver 0 $dest "${around[@]}" - < <(cat in)
		same expected got
	done
	to_unix 0 "${around[@]}" - < <(cat in)
	same expected got
}

@test "wrapping: works with each method" {
	local dest method
	for dest in file stdout pipe fifo tcp; do
		for method in $(methods file $dest); do
			deliver 0 $dest -v --method="$method" "${around[@]}" in
			same expected got
			# With tcp, $output is that of the receiver.
			[[ $method:$dest == @(auto:*|*:tcp) ]] ||
			    [[ $output == *"done: 1000001 bytes in "*", method $method" ]]
		done
	done
}

@test "wrapping: each netcat receives header, data and trailer" {
	requires ncat socat ss
	local got=$BATS_TEST_TMPDIR.got
	OUTPUT=$got on_free_port ncat -l --recv-only 127.0.0.1 PORT
	zcopy 0 "${around[@]}" in "127.0.0.1:$port"
	peer_ends 0
	same expected "$got"
	on_free_port socat -u TCP4-LISTEN:PORT,bind=127.0.0.1 "CREATE:$got"
	zcopy 0 "${around[@]}" in "127.0.0.1:$port"
	peer_ends 0
	same expected "$got"
	command -v nc.openbsd >/dev/null || skip "needs the nc of OpenBSD"
	OUTPUT=$got on_free_port nc.openbsd -d -l 127.0.0.1 PORT
	zcopy 0 "${around[@]}" in "127.0.0.1:$port"
	peer_ends 0
	same expected "$got"
}

@test "wrapping: a listener sends header, data and trailer" {
	listener "${around[@]}" in listen:127.0.0.1:0
	peer connect "127.0.0.1:$port" save=got end
	peer_ends 0
	ends 0
	same expected got
}

@test "wrapping: works with --inplace, --append and --seek" {
	random_file old 2000000
	cp old got
	zcopy 0 --inplace "${around[@]}" in got
	same expected got
	cp old got
	zcopy 0 --append "${around[@]}" in got
	holds old expected
	cp old got
	zcopy 0 --seek=4097 "${around[@]}" in got
	{
		head -c 4097 old
		cat expected
		tail -c +$((4098 + $(stat -c %s expected))) old
	} | cmp - got
	cp old got
	zcopy 0 "${around[@]}" - fd:8 <in 8>>got
	holds old expected
}

@test "wrapping: a descriptor keeps what others write before and after" {
	random_file old 1000
	{
		cat old >&8
		zcopy 0 "${around[@]}" in fd:8
		cat old >&8
	} 8>got
	holds old expected old
}

# Number and size

@test "wrapping: a header or trailer may be alone, or empty" {
	: >empty
	deliver 0 file --header=h2 in
	holds h2 in
	deliver 0 file --trailer=h2 in
	holds in h2
	deliver 0 tcp --header=empty --header=h1 --header=empty in
	holds h1 in
	deliver 0 tcp -v --trailer=empty --header=empty in
	holds in
	[[ $output != *"header: "* ]]
}

@test "wrapping: the same file is sent as often as it is named" {
	deliver 0 file --header=h2 --trailer=h2 --header=h2 --trailer=h2 h2
	holds h2 h2 h2 h2 h2
}

@test "wrapping: 1500 headers or trailers, more than one call takes, arrive" {
	local many=() i
	for i in {0..9}; do
		printf 'part %d, ' "$i" >"part$i"
	done
	for i in {1..150}; do
		many+=(--header=part{0..9})
	done
	cat "${many[@]#--header=}" >numbers
	deliver 0 file "${many[@]}" in
	holds numbers in
	deliver 0 tcp "${many[@]//header/trailer}" in
	holds in numbers
}

@test "wrapping: headers and trailers are sent if there is no data" {
	local dest
	: >empty
	for dest in file stdout pipe tcp; do
		deliver 0 $dest --bytes=0 "${around[@]}" in
		holds h1 h2 t1 t2
		deliver 0 $dest "${around[@]}" empty
		holds h1 h2 t1 t2
		deliver 0 $dest "${around[@]}" /dev/null
		holds h1 h2 t1 t2
	done
}

@test "wrapping: --bytes and --offset apply to the data alone" {
	deliver 0 file --offset=1000 -c 500000 "${around[@]}" in
	holds h1 h2 <(tail -c +1001 in | head -c 500000) t1 t2
	deliver 0 tcp --offset=1000 -c 500000 "${around[@]}" - < <(cat in)
	holds h1 h2 <(tail -c +1001 in | head -c 500000) t1 t2
}

# Each call to such a socket writes only a part of what it is given.
@test "wrapping: a socket that does not block gets everything" {
	requires python3
	local got=$BATS_TEST_TMPDIR.got
	random_file big 700000
	local as_user=("$PYTHON" "$PEER" pair stream-nonblock 5 sndbuf=1 \
	    "save=$got" --)
	zcopy 0 -v --header=big --header=h2 --header=big --trailer=t1 \
	    --trailer=big in fd:5
	cat big h2 big in t1 big | cmp - "$got"
	[[ $output == *"header: 1405000 bytes, trailer: 770000 bytes"* ]]
}

@test "wrapping: a header and a trailer of 16 MiB arrive" {
	local dest
	random_file big 16M
	deliver 0 tcp --header=big --trailer=big in
	holds big in big
	for dest in file pipe; do
		deliver 0 $dest -v --header=big --trailer=big in
		holds big in big
		[[ $output == *"header: 16777216 bytes, trailer: 16777216 bytes"* ]]
	done
}

@test "wrapping: headers and trailers are counted apart from the data" {
	zcopy 0 -v "${around[@]}" in out
	same expected out
	[[ $output == *"
zcopy: header: 5012 bytes, trailer: 70004 bytes
zcopy: done: 1000001 bytes in "* ]]
	zcopy 0 -v --header=h1 in out
	[[ $output == *"header: 12 bytes, trailer: 0 bytes"* ]]
	zcopy 0 -v in out
	[[ $output != *"header: "* ]]
}

@test "wrapping: DEST may be the header's file" {
	cp h2 got
	zcopy 0 --header=got --trailer=got in got
	holds h2 in h2
	cp h2 got
	zcopy 0 --inplace --header=got in got
	holds h2 in
	cp h2 got
	zcopy 0 --append --header=got in got
	holds h2 h2 in
}

# Names

@test "wrapping: descriptors are read from their positions" {
	deliver 0 file --header=- --trailer=fd:7 in <h2 7<t1
	holds h2 in t1
	{
		head -c 1000 >/dev/null
		deliver 0 file --header=/dev/fd/8 --trailer=/dev/stdin in
	} <h2 8<t1
	holds t1 in <(tail -c +1001 h2)
	deliver 0 file --header=/proc/self/fd/7 in 7< <(cat h2)
	holds h2 in
}

@test "wrapping: pipes and FIFOs are read to their end" {
	mkfifo header
	cat t1 >header 3>&- &
	deliver 0 file --header=header --trailer=<(cat h1; cat h2) in
	holds t1 in h1 h2
	deliver 0 file --header=- in < <(head -c 70 h2; cat t1)
	holds <(head -c 70 h2) t1 in
}

@test "wrapping: a kernel file is read to its end, whatever its st_size" {
	deliver 0 file --header=/proc/version --trailer=file:h1 in
	holds /proc/version in h1
}

@test "wrapping: a header that is SOURCE's descriptor leaves no data" {
	deliver 0 file --header=- - <in
	holds in
	deliver 6 stdout --header=- --trailer=h1 -c 10 - <in
	holds in
	deliver 0 file --header=fd:7 --trailer=fd:7 in 7<h2
	holds h2 in
	# A file that is opened by name is read from its beginning.
	deliver 0 file --header=in --trailer=in in
	holds in in in
}

# What cannot be read

# refused STATUS MESSAGE ARG... - zcopy fails with MESSAGE and changes no DEST.
# It does not open SOURCE, a FIFO without a writer: that would hang.
refused() {
	local want=$1 message=$2
	shift 2
	zcopy "$want" "$@" source old
	[[ $output == "zcopy: $message"* ]]
	[ "$(wc -l <<<"$output")" -eq 1 ]
	untouched
	zcopy "$want" "$@" --inplace source old
	untouched
	zcopy "$want" "$@" source listen:127.0.0.1:0
	[[ $output != *"listening"* ]]
	untouched
}

@test "wrapping: a file that cannot be opened gives status 1" {
	local option
	mkdir dir
	mkfifo source
	old_file old
	for option in --header --trailer; do
		refused 1 "missing: open: No such file" $option=missing
		refused 1 "dir: open: Is a directory" $option=dir
		refused 1 "fd:9: not open: Bad file descriptor" $option=fd:9
		refused 1 "missing: open: No such file" --header=h1 \
		    $option=missing
		refused 1 "fd:8: not open for reading" $option=fd:8 8>/dev/null
	done
}

@test "wrapping: a file that may not be read gives status 1" {
	chmod 0 h2
	as_nobody zcopy 1 --header=h2 in out
	[[ $output == "zcopy: h2: open: Permission denied" ]]
	[ ! -e out ]
}

@test "wrapping: a read error gives status 1, and nothing is sent" {
	local option
	mkfifo fifo
	old_file old
	for option in --header --trailer; do
		cat t1 >fifo 3>&- &
		FAULT="read:EIO:2:in=fifo" zcopy 1 $option=fifo in old
		fault_fired
		[[ $output == "zcopy: fifo: read: Input/output error" ]]
		untouched
	done
}

@test "wrapping: a network address as header is a usage error" {
	local option name
	mkfifo source
	old_file old
	for option in --header --trailer; do
		for name in localhost:1 :0 tcp:localhost:1 listen::0 \
		    unix:x unix-listen:x; do
			refused 2 "$name: " --header=missing $option=$name
		done
		zcopy 2 $option= in old
		untouched
	done
	zcopy 2 --explain --header=localhost:1 in out
}

# Transfers that fail

@test "wrapping: ulimit -f does not limit the size of headers" {
	(ulimit -f 8; exec "$ZCOPY" --header=in h1 -) 3>&- | cat >got
	holds in h1
}

@test "wrapping: an endless header is refused" {
	zcopy 1 --header=/dev/zero h1 out
	[[ $output == "zcopy: /dev/zero: read: File too large" ]]
	[ ! -e out ]
}

# changed_by STATUS COMMAND... - run COMMAND while zcopy sends `big` to a FIFO;
# zcopy must exit with STATUS, and send no trailer.
changed_by() {
	local want=$1
	shift
	cat in in in >big
	exec 7<>fifo
	start --trailer=t2 big fifo
	retry asleep "$pid"
	"$@"
	cat fifo >got 7>&- 3>&- &
	exec 7>&-
	ends "$want"
	wait $!
	[ -s got ] && ! tail -c 4 got | cmp -s - t2
}

@test "wrapping: a source that changed gets no trailer" {
	mkfifo fifo
	changed_by 7 touch big
	changed_by 6 truncate -s 900K big
}

@test "wrapping: a source that ends early gets no trailer" {
	zcopy 6 --inplace -c 2M "${around[@]}" in got
	holds h1 h2 in
	STDOUT=got zcopy 6 -c 2M "${around[@]}" - - < <(cat in)
	holds h1 h2 in
	old_file old
	zcopy 6 -c 2M "${around[@]}" in old
	untouched
	peer listen 127.0.0.1:0 broken
	zcopy 6 -c 2M "${around[@]}" in "127.0.0.1:$port"
	peer_ends 0
}

@test "wrapping: with --allow-short a short source gets its trailer" {
	deliver 0 file --allow-short -c 2M "${around[@]}" in
	same expected got
	deliver 0 tcp --allow-short -c 2M "${around[@]}" - < <(cat in)
	same expected got
	deliver 0 file --allow-short --offset=2M "${around[@]}" in
	holds h1 h2 t1 t2
}

@test "wrapping: zcopy waits for a descriptor that does not block" {
	requires python3
	local kind
	for kind in pipe unix; do
		python3 "$BATS_TEST_DIRNAME/nonblock.py" $kind - 0.1 \
		    "$ZCOPY" --header=- --trailer=t2 h2 got
		holds in h2 t2
	done
	run python3 "$BATS_TEST_DIRNAME/nonblock.py" pipe - 1 \
	    "$ZCOPY" --timeout=0.3 --header=- h2 got
	[ "$status" -eq 1 ]
	[[ $output == *"zcopy: -: read: nothing moved for 0.3 s"* ]]
}

@test "wrapping: a source that fails half way gets no trailer" {
	# Of the six calls before, three read the trailer and find its end.
	FAULT="read:EIO:7:in=reg" zcopy 3 --inplace --method=read-write \
	    --block-size=64K --header=- --trailer=t1 in got < <(cat h2)
	fault_fired
	[[ $output == *"(196608 bytes delivered)" ]]
	holds h2 <(head -c 196608 in)
}

@test "wrapping: a header that fails with ENOSPC counts no data" {
	STDOUT=/dev/full zcopy 4 "${around[@]}" in -
	[[ $output == "zcopy: -: write: No space left on device (0 bytes delivered)" ]]
	requires strace
	old_file old
	TRACE="-e inject=writev:error=ENOSPC" zcopy 4 --header=h1 in old
	fault_fired
	[[ $output == *"No space left on device (0 bytes moved; DEST is unchanged)"* ]]
	untouched
}

@test "wrapping: a trailer that fails with ENOSPC leaves DEST as it was" {
	requires strace
	old_file old
	TRACE="-e inject=writev:error=ENOSPC:when=2" zcopy 4 "${around[@]}" \
	    in old
	fault_fired
	[[ $output == *"No space left on device (1000001 bytes moved; DEST is unchanged)"* ]]
	untouched
}

@test "wrapping: EINTR loses nothing and repeats nothing" {
	requires strace
	TRACE="-e inject=writev:error=EINTR:when=1+2" zcopy 0 "${around[@]}" \
	    in got
	fault_fired 2
	same expected got
}

@test "wrapping: after a signal no trailer is sent" {
	mkfifo fifo
	exec 7<>fifo
	start --inplace --header=h2 --trailer=t1 fifo got 7>&-
	head -c 30000 in >&7
	retry has 35000 got
	kill "$pid"
	ends 143
	exec 7>&-
	holds h2 <(head -c 30000 in)
}

@test "wrapping: a kernel file refuses headers and trailers" {
	sleep 1000 3>&- &
	local target=/proc/$!/coredump_filter before
	before=$(cat "$target")
	echo 1 >one
	zcopy 4 --header=one one "$target"
	complains "$target" "header or trailer"
	[ "$(cat "$target")" = "$before" ]
	zcopy 4 --trailer=one one "$target"
	[ "$(cat "$target")" = "$before" ]
	: >empty
	zcopy 0 --header=empty one "$target"
	[ "$(cat "$target")" = 00000001 ]
}

# --explain

@test "wrapping: --explain names headers and trailers, and reads none" {
	mkfifo fifo
	zcopy 0 --explain --header=fifo --header=h2 --trailer=t1 in out
	[[ $output == *"header       fifo
header       h2
"*"1000001 bytes"*"trailer      t1
method "* ]]
	[ ! -e out ]
}

# HTTP

# http_reply - print the header of an HTTP response whose body is `in`.
http_reply() {
	printf 'HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n'
	printf 'Content-Length: %d\r\n\r\n' "$(stat -c %s in)"
}

@test "wrapping: curl accepts a header and a file as a response" {
	requires curl
	http_reply >reply
	listener --header=reply in listen:127.0.0.1:0
	curl -sS --noproxy '*' --max-time 10 -D headers -o got \
	    "http://127.0.0.1:$port/"
	ends 0
	same in got
	same reply headers
}

@test "wrapping: wget accepts a header and a file as a response" {
	requires wget
	http_reply >reply
	listener --header=reply in listen:127.0.0.1:0
	wget -q --no-proxy --tries=1 --timeout=10 -O got \
	    "http://127.0.0.1:$port/"
	ends 0
	same in got
}

# post_server FILE - start tests/post-server.py, and set $port to its port.
post_server() {
	: $((peers += 1))
	said=$BATS_TEST_TMPDIR.peer$peers.log
	"$PYTHON" "$BATS_TEST_DIRNAME/post-server.py" "$1" \
	    >"$said" 2>&1 3>&- &
	peer=$!
	retry has_said "$peer"
	port=$(head -n 1 "$said")
}

@test "wrapping: a server accepts a header and a file as a POST" {
	requires python3
	post_server got
	printf 'POST /in HTTP/1.0\r\nContent-Length: %d\r\n\r\n' \
	    "$(stat -c %s in)" >request
	zcopy 0 --header=request in "127.0.0.1:$port"
	peer_ends 0
	same in got
}

@test "wrapping: header, range and trailer can make up one body" {
	requires curl
	http_reply >reply
	random_file whole 1000001
	head -c 400000 whole >first
	tail -c 300000 whole >last
	listener --header=reply --header=first --offset=400000 -c 300001 \
	    --trailer=last whole listen:127.0.0.1:0
	curl -sS --noproxy '*' --max-time 10 -o got "http://127.0.0.1:$port/"
	ends 0
	same whole got
}
