#!/usr/bin/env bats
# Names come from other people: files that they have made, peers, arguments that
# a script passes on.  zcopy prints none of them so that a terminal would obey
# it, or that one line would look like two.

load helpers

# An escape code, a newline, a C1 control in UTF-8, a byte that is not UTF-8, a
# character that reverses text, and DEL.
name=$'n\e[31m\nzcopy done\xc2\x9b31m\xff\xe2\x80\xae\x7f'
# How it looks in text, and in JSON.
text='n\033[31m\012zcopy done\302\23331m\377\342\200\256\177'
json='n\u001B[31m\nzcopy done\u009B31m'$'\xef\xbf\xbd''\u202E\u007F'

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	requires python3
	random_file in 3000
	cp in "$name"
}

# shown STATUS AS ARG... - zcopy ends with STATUS; what it prints on either
# descriptor is text that is safe to show, and has AS.
shown() {
	local want=$1 as=$2 status=0 command=()
	shift 2
	zcopy_command "$@"
	timeout 20 "${command[@]}" >"$BATS_TEST_TMPDIR.1" \
	    2>"$BATS_TEST_TMPDIR.2" </dev/null 3>&- || status=$?
	printf '%q ' zcopy "$@"
	printf '[status %s, expected %s]\n' "$status" "$want"
	cat -v "$BATS_TEST_TMPDIR".[12]
	[[ " $want " == *" $status "* ]]
	printable "$BATS_TEST_TMPDIR".[12]
	[ -z "$as" ] || grep -qF -e "$as" "$BATS_TEST_TMPDIR".[12]
}

printable() {
	"$PYTHON" "$BATS_TEST_DIRNAME/printable.py" "$@"
}
PYTHON=python3

# rows FUNCTION - call it with the words of each line of standard input; @ stands
# for the name.
rows() {
	local words count=0
	while read -ra words <&9; do
		"$1" "${words[@]//@/$name}"
		count=$((count + 1))
	done 9<&0
	[ "$count" -gt 2 ]
}

error() {
	shown "$1" "$text" "${@:2}"
}

@test "escaping: in errors about what was typed" {
	rows error <<-END
		3 missing@ out
		4 in missing/@
		2 in h:@
		2 @:80 out
		2 udp:@:1:2 out
		2 fd:@ out
		5 unix:@ out
		5 --timeout=0.1 unix-listen:new@ out
		2 @
		2 in out @
		2 --list-methods @
		2 --discard :0 @
		2 --@ in out
		2 if=@ of=out
		4 in exec:false||exit;@
		4 -n in @
		5 --also=unix:@ in out
		1 --header=missing@ in out
		1 --json-file=missing/@ in out
		1 --digest=sha256 --digest-file=missing/@ in out
	END
}

# value OPTION... - no OPTION shows its value otherwise, whether it takes it or
# not.
value() {
	shown "0 1 2 3 4 5 9" "" "$1=$name" in out
	! grep -qF "$text" "$BATS_TEST_TMPDIR.2" || printed=$((printed + 1))
}

@test "escaping: in what is wrong with the value of each option" {
	local printed=0
	rows value < <("$ZCOPY" --list-options | grep ' =' | grep '^--')
	echo "options that show it: $printed"
	[ "$printed" -gt 15 ]
}

@test "escaping: in what a run prints" {
	rows error <<-END
		0 -v --also=@ in out
		0 -v in exec:cat>/dev/null;exit;@
		0 -P --also=@ in out
		0 --digest=sha256 in @
		0 --explain in @
		0 --explain --header=@ --trailer=@ @ out
		0 --explain --also=@ in out
	END
}

reported() {
	shown "$1" "$json" "${@:2}"
	"$PYTHON" -m json.tool <"$BATS_TEST_TMPDIR.1" >/dev/null
}

@test "escaping: in JSON" {
	requires python3
	rows reported <<-END
		0 --json in @
		0 --json @ out
		3 --json missing@ out
		0 --json --also=@ in out
	END
	zcopy 0 --json-file=report in "$name"
	printable report
	grep -qF "$json" report
}

@test "escaping: in the JSON of --progress-fd, and what a signal makes it print" {
	exec 6>progress
	half_way --progress-fd=6 --also="$name-1" "$name-2"
	retry grep -qF "\"slowest\":\"$json" progress
	kill -USR1 "$pid"
	retry grep -qF ", slowest $text" "$log"
	all_the_way
	ends 0
	printable progress "$log"
}

@test "escaping: in reports of the benchmark" {
	local format quick=(--benchmark -q --rounds=1 -c 2K)
	cp in plain
	shown 0 "\"$text\"" "${quick[@]}" --csv plain "$name"
	shown 0 "\"$text\"" "${quick[@]}" --csv "$name" plain
	shown 0 "$json" "${quick[@]}" --json "$name" plain
	shown 0 SOURCE "${quick[@]}" "$name" plain
	mkdir dir
	mv "$name" dir/other
	mkdir "$name"
	clean_env+=("TMPDIR=$name")
	shown 0 "in $text" "${quick[@]}"
	shown 0 "$json" "${quick[@]}" --json
}

@test "escaping: in names of extended attributes" {
	requires setfattr
	setfattr -n user.$'a\e[31m\nb' -v 1 in || skip "no attributes here"
	FAULT=fsetxattr:EPERM:1 shown 0 'user.a\033[31m\012b: cannot be kept' \
	    -v --preserve in out
	fault_fired
	FAULT=fsetxattr:EIO:1 shown 4 'user.a\033[31m\012b' --preserve in out
	fault_fired
}

@test "escaping: in the name of the program, and in the environment" {
	local ZCOPY=$ZCOPY
	clean_env+=("TERM=$name" "LISTEN_PID=$name" "LISTEN_FDS=$name")
	shown 2 "no socket was passed in" listen: out
	# shellcheck disable=SC2016	# for the other shell
	printf '#!/usr/bin/env bash\nexec -a "$AS" "$FILE" "$@"\n' \
	    >"$BATS_TEST_TMPDIR.as"
	chmod +x "$BATS_TEST_TMPDIR.as"
	clean_env+=("FILE=$ZCOPY" "AS=$name")
	ZCOPY=$BATS_TEST_TMPDIR.as
	shown 3 "$text: missing: open: " missing out
}

# log_to FILE CMD... - run it where /dev/log is a socket whose lines go to FILE.
log_to() {
	unshare -m "$BATS_TEST_DIRNAME/own-dev.sh" "$BATS_TEST_TMPDIR.$1-dev" \
	    "$PYTHON" "$BATS_TEST_DIRNAME/log.py" "$@"
}

@test "escaping: in the system's log" {
	requires_namespace -m
	# shellcheck disable=SC2016	# for the other shell
	log_to logged bash -c 'exec -a "$1" "$2" --syslog "missing$1" out' \
	    bash "$name" "$ZCOPY" || :
	log_to final "$ZCOPY" --syslog --also="$name" in out
	cat -v logged final
	printable logged final
	grep -qF "${text}[" logged
	grep -qF "missing$text: open: " logged
	grep -qF "$text: done: " final
	[ "$(wc -l <logged)" -eq 1 ]
}

@test "escaping: a name of control characters only hides no reason" {
	local long
	long=$(printf '\e%.0s' {1..250})
	shown 3 'open: No such file or directory' \
	    "$long/$long/$long/$long/$long/$long/$long/$long/$long/$long" out
	[ "$(wc -l <"$BATS_TEST_TMPDIR.2")" -eq 1 ]
}
