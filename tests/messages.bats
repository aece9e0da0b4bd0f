#!/usr/bin/env bats
# The one line that a user gets for what he typed.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 1000
}

# told STATUS LINE ARG... - zcopy ends with STATUS, and prints only LINE.
told() {
	zcopy "$1" "${@:3}"
	printf 'expected:\n%s\n' "zcopy: $2"
	[ "$output" = "zcopy: $2" ]
}

# shown NAME AS - the error for a missing file NAME shows the name as AS.
shown() {
	told 3 "$2: open: No such file or directory" "$1" out
}

# bats test_tags=valgrind
@test "message: text in UTF-8 is shown as it is" {
	shown 'café 日本 €' 'café 日本 €'
	local edges=$'\xc2\xa0 \xed\x9f\xbf \xee\x80\x80 \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf'
	shown "$edges" "$edges"
}

# bats test_tags=valgrind
@test "message: control characters are escaped, in UTF-8 and alone" {
	shown $'a\e[31mb\tc\nd\x7f' 'a\033[31mb\011c\012d\177'
	shown $'a\x9b31mb' 'a\23331mb'
	shown $'a\xc2\x9b31mb' 'a\302\23331mb'
	shown $'\xc2\x80\xc2\x9f\xc2\xa0' $'\\302\\200\\302\\237\xc2\xa0'
}

@test "message: characters that reverse the text behind them are escaped" {
	shown $'\xe2\x80\xaegpj.exe' '\342\200\256gpj.exe'
	shown $'\xe2\x80\xaaa\xe2\x81\xa6b\xe2\x81\xa9' \
	    '\342\200\252a\342\201\246b\342\201\251'
	shown $'\xe2\x80\xa9\xe2\x80\xaf' $'\xe2\x80\xa9\xe2\x80\xaf'
}

# bats test_tags=valgrind
@test "message: bytes that are not UTF-8 are escaped" {
	local row
	for row in $'\x80 \\200' $'\xff \\377' $'\xc3( \\303(' \
	    $'\xc0\xaf \\300\\257' $'\xe0\x82\x9b \\340\\202\\233' \
	    $'\xf0\x80\x80\xaf \\360\\200\\200\\257' \
	    $'\xed\xa0\x80 \\355\\240\\200' \
	    $'\xf4\x90\x80\x80 \\364\\220\\200\\200' \
	    $'\xf8\x88\x80\x80\x80 \\370\\210\\200\\200\\200' \
	    $'\xe6\x97 \\346\\227' $'\xe6\x97\xe6\x97\xa5 \\346\\227\xe6\x97\xa5'
	do
		shown "${row% *}" "${row#* }"
	done
}

@test "message: for a DEST that is unchanged, bytes are moved, not delivered" {
	local moved='bytes moved; DEST is unchanged'
	echo old >old
	told 6 "in: read: SOURCE ended early (1000 of 2000 $moved)" \
	    -c 2000 in old
	told 6 "in: read: SOURCE ended early (1000 of 2000 $moved)" \
	    -c 2000 in new
	told 6 "in: --offset: 1001 is past the end (0 $moved)" \
	    --offset=1001 in old
	told 6 "-: --offset: 1001 is past the end (0 $moved)" \
	    --offset=1001 - old < <(cat in)
	[ "$(cat old)" = old ]
	[ ! -e new ]
}

@test "message: for a DEST written in place, bytes are delivered" {
	local name='in: read: SOURCE ended early'
	told 6 "$name (1000 of 2000 bytes delivered)" -c 2000 --inplace in out
	same in out
	told 6 "$name (1000 of 2000 bytes delivered)" -c 2000 --append in out
	same <(cat in in) out
	STDOUT=stream told 6 "$name (1000 of 2000 bytes delivered)" -c 2000 in -
	same in stream
}

# has_written BYTES - for `retry`: a descriptor of zcopy is at this position.
has_written() {
	grep -qsx "pos:[[:blank:]]*$1" "/proc/$pid/fdinfo/"*
}

@test "message: a signal is given by its name" {
	local name
	mkfifo fifo
	exec 7<>fifo
	for name in HUP INT QUIT TERM ALRM; do
		start fifo out
		cat in >&7
		retry has_written 1000
		kill "-$name" "$pid"
		ends $((128 + $(kill -l "$name")))
		[ "$output" = "zcopy: out: interrupted (SIG$name) \
(1000 bytes moved; DEST is unchanged)" ]
	done
	start listen:127.0.0.1:0 out
	retry listening
	kill -INT "$pid"
	ends 130
	[[ $output == *"zcopy: listen:127.0.0.1:0: accept: interrupted (SIGINT)" ]]
}

# not_an_end NAME WHY - NAME is a usage error as either end.  The message has
# WHY, and how to name a file like it.
not_an_end() {
	local line="$1: $2 (for a file: ./$1 or file:$1)"
	told 2 "$line" "$1" out
	told 2 "$line" in "$1"
	[ "$(ls)" = in ]
}

# bats test_tags=valgrind
@test "message: an unknown type of endpoint lists those that there are" {
	local name
	for name in udp:h:1 tls:h:1 vsocks:1:9 ssh:h:f:g; do
		not_an_end "$name" "no such type of endpoint; there are file: \
fd: tcp: listen: unix: unix-listen: vsock: vsock-listen: exec:"
	done
}

@test "message: a URL is an error that names curl" {
	local url=http://h/ file='(for a file: ./http://h/ or file:http://h/)'
	told 2 "$url: no URLs here: curl -f URL | zcopy - DEST $file" $url out
	told 2 "$url: no URLs here: zcopy SOURCE - | curl -T - URL $file" in $url
	[ "$(ls)" = in ]
}

@test "message: an impossible port or host says why" {
	local name
	not_an_end server:f "the port is neither a number nor a known service"
	not_an_end server: "the port is missing"
	not_an_end server:65536 "the port is not in the range 1 to 65535"
	not_an_end user@server:80 "not the name of a host"
	not_an_end fe80::1:80 "an IPv6 address needs brackets, [ADDRESS]:PORT"
	for name in :server:80 ::80 ::1:80 ":[::1]:80"; do
		not_an_end "$name" "more than a port: write \
listen:HOST:PORT, or [IPV6]:PORT with brackets"
	done
	not_an_end '[server]:80' "not an IPv6 address in the brackets"
}

@test "message: a link-local address without an interface says what is missing" {
	local name why="a link-local address needs its interface, \
[fe80::1%eth0]:PORT"
	for name in '[fe80::1]:80' 'tcp:[fe80::1]:80' 'listen:[fe80::1]:0'; do
		not_an_end "$name" "$why"
	done
	zcopy 5 'tcp:[fe80::1%none]:80' out
	[[ $output != *"needs its interface"* ]]
}

@test "message: a directory as DEST suggests a file in it" {
	local why='zcopy SOURCE - | tar -x -C dir unpacks an archive'
	mkdir dir dir/sub
	told 4 "dir: open: Is a directory (dir/in names a file in it; $why)" \
	    in dir
	told 4 "dir/: open: Is a directory (dir/in names a file in it; \
${why/dir/dir/})" \
	    "$PWD/in" dir/
	told 4 "dir: open: Is a directory (dir/NAME names a file in it; $why)" \
	    - dir <in
	told 4 "dir: open: Is a directory (dir/in names a file in it; $why)" \
	    --explain in dir
	told 4 "new/: create: Is a directory (it ends in a slash, and there is \
no such directory)" in new/
	[ "$(ls dir)" = sub ]
}

@test "message: a directory as SOURCE suggests a file in it, and tar" {
	local why='names a file in it; tar -c'
	mkdir dir
	told 3 "dir: open: Is a directory (dir/NAME $why dir | zcopy - DEST \
packs all of it)" dir out
	told 3 "dir/: open: Is a directory (dir/NAME $why dir/ | zcopy - DEST \
packs all of it)" dir/ out
}

@test "message: a working directory that was removed is given as the reason" {
	local gone='No such file or directory (the working directory has been removed)'
	mkdir dir
	cd dir
	rmdir ../dir
	# ext4 says EPERM, others ENOENT.
	zcopy 4 ../in out
	[[ $output == "zcopy: out: create: "*" ${gone#*directory }" ]]
	told 3 "in: open: $gone" in /dev/null
	told 3 "/none: open: No such file or directory" /none out
}

@test "message: a file name that is a number suggests :PORT" {
	told 3 "9000: open: No such file or directory (:9000 listens on that port)" \
	    9000 out
	told 0 "9000: a new file; :9000 would listen on that port" in 9000
	same in 9000
	zcopy 0 in 9000
	[ -z "$output" ]
	zcopy 0 -q in 9001
	[ -z "$output" ]
	for name in 0 65536 ./9002 file:9003 9e3; do
		zcopy 0 in "$name"
		[ -z "$output" ]
	done
}

@test "message: a FIFO that nobody opens says which side is missing" {
	mkfifo fifo
	told 3 "fifo: open: no writer opened it within 0.1 s (--timeout)" \
	    --timeout=0.1 fifo out
	told 4 "fifo: open: no reader opened it within 0.1 s (--timeout)" \
	    --timeout=0.1 in fifo
}

@test "message: an extra operand suggests a shell loop, and --also" {
	told 2 "extra operand 'c': zcopy copies one file; for several files use \
a shell loop, for a second copy --also=c (try 'zcopy --help')" in b c
}

@test "message: a host and a port in two operands are answered with HOST:PORT" {
	told 2 "extra operand '9000': a host and its port are one operand, \
HOST:9000 (try 'zcopy --help')" in receiver 9000
}

# foreign TEXT WORD... - each WORD is an option that zcopy does not have, and
# the message has TEXT.  Every option in the message is one that it has.
foreign() {
	local text=$1 word option
	shift
	for word; do
		zcopy 2 "$word" in out
		[[ $output == "zcopy: $word: unknown option; "*"$text"* ]]
		while read -r option; do
			grep -qE -e "$option([ =]|\$)" ../help
		done < <(grep -oE -e '--[a-z-]+' <<<"${output#*; }")
	done
	[ "$(ls)" = in ]
}

@test "message: an option of another tool is answered with what zcopy has" {
	STDOUT=../help zcopy 0 --help
	foreign "--digest=sha256 or --digest=xxh3" --hash --hash=md5 --verify --checksum --sha256
	foreign "SOURCE is the first operand" --if --if=in
	foreign "DEST is the second operand" --of=out --output -o
	foreign "--block-size=SIZE" --bs=1M
	foreign "--rate=SIZE (-L)" --limit-rate=1M --rate-limit --bwlimit=1M
	foreign "--progress (-P)" --eta --timer -t -e -b
	foreign "--bytes=SIZE (-c)" --size -s
	foreign "--sync" --fsync --fdatasync --conv=fsync
	foreign "gzip -c FILE | zcopy - DEST" -z --compress
	foreign "tar -c DIR | zcopy - DEST" -r -R --recursive
	foreign "--preserve (-p)" --archive
	foreign "DEST is replaced without it" -f --force
	foreign "--no-clobber (-n)" -i --interactive
	foreign "--method=reflink (-m)" --reflink --reflink=auto
	foreign "zcopy :PORT FILE receives" -l --listen
	foreign "a shell loop" -k --keep-open
	foreign "unix:PATH" -U --unixsock
	foreign "socat(1)" -u --udp
	foreign "--timeout=SECONDS" -w -T --wait
	foreign "--retry=N" --retries --tries=3
	foreign "--retry-for=SECONDS" --retry-max-time
	foreign "vsock:CID:PORT" --vsock
	foreign "--resume" --continue --partial -C
	foreign "--no-cache" --direct --nocache
	foreign "--quiet (-q)" --silent
	foreign "--verbose (-v) or --json" --stats
	foreign "exec:COMMAND" --exec
}

@test "message: of letters in one word the one that zcopy lacks is answered" {
	told 2 "-vr: unknown option; one file only: tar -c DIR | zcopy - DEST \
packs a directory" -vr in out
	told 2 "-vZ: unknown option (try 'zcopy --help')" -vZ in out
}

@test "message: operands of dd are answered with what zcopy has" {
	local row
	for row in "bs=1M|--block-size=SIZE" "count=3|--bytes=SIZE (-c)" \
	    "skip=1|--offset=SIZE" "seek=1|--seek=SIZE" "conv=fsync|--sync" \
	    "oflag=append|--append" "status=progress|-P"; do
		zcopy 2 in out "${row%|*}"
		[[ $output == "zcopy: ${row%|*}: dd(1) has this operand; "* ]]
		[[ $output == *"${row#*|}"* ]]
	done
	told 2 "if=in: dd(1) has this operand; here SOURCE is the first operand" \
	    if=in of=out
	told 2 "if=in: dd(1) has this operand; here SOURCE is the first operand" \
	    if=in of=out bs=1M
	told 2 "of=out: dd(1) has this operand; here DEST is the second operand" \
	    of=out
	[ "$(ls)" = in ]
}

@test "message: a file may be called like an operand of dd" {
	zcopy 0 in of=out
	same in of=out
	zcopy 0 of=out copy
	same in copy
	zcopy 0 ./of=out ./if=in
	same in if=in
}

# heeds_term - for `retry`: zcopy has a handler for SIGTERM, and sleeps.
heeds_term() {
	local caught
	caught=$(sed -n 's/^SigCgt:[[:blank:]]*//p' "/proc/$pid/status")
	(((16#${caught:-0} >> 14 & 1) == 1)) &&
	    grep -q '^State:.S' "/proc/$pid/status" &&
	    [ "$(cat "/proc/$pid/comm")" = "${ZCOPY##*/}" ]
}

@test "message: a header that does not end is named" {
	mkfifo fifo
	exec 7<>fifo
	told 1 "fifo: read: nothing moved for 0.1 s" \
	    --timeout=0.1 --header=fifo in out
	start --header=fifo in out
	retry heeds_term
	kill -TERM "$pid"
	ends 143
	[ "$output" = "zcopy: fifo: read: interrupted (SIGTERM)" ]
}
