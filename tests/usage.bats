#!/usr/bin/env bats
# The command line: what is refused, with which message, and that nothing is
# touched.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 1000
	echo old >old
}

# untouched - true if no file has been created or changed.
untouched() {
	[ "$(ls)" = "$(printf 'in\nold')" ]
	[ "$(cat old)" = old ]
}

# usage_error TEXT ARG... - zcopy fails with status 2 and TEXT, and changes
# nothing.
usage_error() {
	local text=$1
	shift
	zcopy 2 "$@"
	[[ $output == zcopy:* ]]
	[[ $output == *"$text"* ]]
	untouched
}

# bats test_tags=valgrind
@test "usage: --help goes to stdout, in 80 columns, and names every option" {
	local option
	STDOUT=../help zcopy 0 --help
	[ -z "$output" ]
	[ "$(wc -L <../help)" -le 80 ]
	for option in --offset --bytes --allow-short --seek --append --inplace \
	    --no-clobber --also --all-or-none --header --trailer --method \
	    --select --stable --no-disk-io --block-size --pipe-size --buffer \
	    --sync --digest --expect --digest-file --resume --preserve --rate \
	    --sparse --no-cache --confirm --timeout --retry --retry-for \
	    --allow --ipv4 --ipv6 --user --congestion --discard --progress \
	    --no-progress --progress-fd --json-file --syslog \
	    --benchmark --rounds --max-time --json --csv \
	    --explain --list-methods --verbose --quiet --help \
	    --list-options --version; do
		echo "$option"
		grep -qE -e " $option([ =]|\$)" ../help
	done
	untouched
}

@test "usage: --help names every kind of SOURCE and DEST" {
	local words word
	words=$("$ZCOPY" --list-options | sed -n 's/^SOURCE =NAME \(.*\)\t.*/\1/p')
	[[ $words == file:* ]]
	zcopy 0 --help
	for word in $words; do
		echo "$word"
		grep -q -e "[ (]${word%FILE}" <<<"$output"
	done
}

@test "usage: --version goes to stdout, and prints a name and a number" {
	STDOUT=../version zcopy 0 --version
	[ -z "$output" ]
	grep -Ex 'zcopy [0-9]+\.[0-9]+(\.[0-9]+)?' ../version
}

@test "usage: -h and -V are short for --help and --version" {
	zcopy 0 -h
	[[ $output == *--offset* ]]
	zcopy 0 -V
	[[ $output == "zcopy "[0-9]* ]]
}

@test "usage: --list-options prints a line for each option of --help" {
	diff <("$ZCOPY" --help | grep -oE '^ {2,6}(-., )?--[a-z0-9-]+' |
	    grep -oE '[-]-.*') <("$ZCOPY" --list-options | grep -oE '^--[a-z0-9-]+')
	zcopy 0 --list-options
	grep -qx -- $'--confirm =WHAT close ack none\twhat a socket DEST .*' \
	    <<<"$output"
	grep -qx -- $'--bytes -c =SIZE\tmove exactly SIZE bytes, .*' <<<"$output"
	grep -q '^SOURCE =NAME file:FILE fd: ' <<<"$output"
	untouched
}

@test "usage: no operands are an error, not a wait for input" {
	usage_error ""
}

@test "usage: no operands print a usage of five lines, to stderr; not with -q" {
	STDOUT=../out zcopy 2
	[ ! -s ../out ]
	[ "${#lines[@]}" -eq 6 ]
	[ "${lines[0]}" = "zcopy: missing SOURCE and DEST (try 'zcopy --help')" ]
	[ "${lines[1]}" = "Usage: zcopy [OPTION]... SOURCE DEST" ]
	[ "$(wc -L <<<"$output")" -le 80 ]
	zcopy 2 -q
	[ "${#lines[@]}" -eq 1 ]
	untouched
}

@test "usage: a missing operand is an error" {
	usage_error "" in
}

@test "usage: a third operand is an error, and destroys no file" {
	usage_error "" in old third
	usage_error third in old third
}

@test "usage: an unknown option is an error that names it" {
	usage_error --frobnicate --frobnicate in old
	usage_error -Z -Z in old
}

@test "usage: an option without its value is an error that names it" {
	usage_error --offset in old --offset
	usage_error --method in old --method
}

@test "usage: a value for an option that takes none is an error" {
	usage_error --append --append=yes in old
}

@test "usage: operands after -- may begin with a dash" {
	cp in ./-in
	zcopy 0 -- -in -out
	same in ./-out
}

@test "usage: a malformed size is an error that repeats it, for each option" {
	local option
	for option in --offset --bytes --seek --block-size --pipe-size \
	    --rate; do
		usage_error "12potatoes" "$option=12potatoes" in old
		usage_error "$option" "$option=12potatoes" in old
	done
	usage_error "12potatoes" -c 12potatoes in old
}

@test "usage: signs, blanks, hexadecimal and products are refused as sizes" {
	local size
	for size in -1 +1 ' 1' '1 ' 1_000 1,000 0x10 1e3 2x512 2*512 1.2.3 . \
	    K .K 1KK 1KBi 1kib2 1iB 1b 1Ki one; do
		usage_error "$size" "--bytes=$size" in old
	done
	usage_error --bytes --bytes= in old
}

@test "usage: a size over 2^63-1 bytes is refused" {
	local size
	for size in 9223372036854775808 18446744073709551616 8E 9.3EB 8EiB \
	    99999999999999999999999999 10000000P; do
		usage_error "$size" "--bytes=$size" in old
	done
}

@test "usage: a fraction of a byte is refused" {
	usage_error 1.5 --bytes=1.5 in old
	usage_error 1.5B --bytes=1.5B in old
}

# bats test_tags=valgrind
@test "usage: K is 1024, KB is 1000, and fractions count" {
	local row
	random_file big 5M
	for row in 0:0 7:7 7B:7 1K:1024 1k:1024 1KiB:1024 1KB:1000 1kB:1000 \
	    1.5K:1536 0.5KB:500 2M:2097152 1.5MB:1500000 1MiB:1048576; do
		echo "$row"
		zcopy 0 -c "${row%:*}" big out
		head -c "${row#*:}" big >expected
		same expected out
	done
}

# bats test_tags=valgrind
@test "usage: options that exclude each other are an error that names both" {
	local pair
	for pair in "--seek=1 --append" "--ipv4 --ipv6" "--verbose --quiet" \
	    "--json --csv" "--explain --list-methods" "--explain --discard" \
	    "--explain --benchmark" "--discard --benchmark"; do
		[[ $pair != --json* ]] || built_with jansson || continue
		# shellcheck disable=SC2086	# these are words
		usage_error "exclude each other" $pair in old
		[[ $output == *"${pair%%[ =]*}"*"${pair##* }"* ]]
		usage_error "exclude each other" "${pair##* }" "${pair%% *}" in old
	done
	usage_error "exclude each other" -6 -4 in old
	usage_error "exclude each other" -q -v in old
}

@test "usage: --list-methods ignores no option" {
	local option
	for option in --user=root --rate=1 --timeout=1 --method=splice \
	    --bytes=1 --congestion=cubic --allow=127.0.0.1 --csv --sync \
	    --also=x --progress --buffer=1; do
		usage_error "${option%=*} and --list-methods exclude" \
		    --list-methods "$option"
		usage_error "${option%=*} and --list-methods exclude" \
		    "$option" --list-methods
	done
	for option in -v -q --syslog --no-progress; do
		zcopy 0 --list-methods "$option"
	done
	usage_error "network options only" --discard --progress :0
}

@test "usage: an option may be repeated, and the last one counts" {
	zcopy 0 -v -v --append --append -c 1 --bytes=3 in out
	same <(head -c 3 in) out
	rm out
	usage_error "no end is on TCP" -4 -4 in old
	usage_error "no end connects" --retry=0 --retry=1 in old
	zcopy 0 --retry=1 --retry=0 in out
	same in out
}

@test "usage: an option with its default value changes nothing" {
	zcopy 0 --offset=0 --method=auto --retry=0 in out
	same in out
	rm out
	usage_error "extra operand" --discard --offset=0 --method=auto :0 old
}

@test "usage: options for files are refused with other ends" {
	local option
	for option in --inplace --no-clobber --append --seek=0; do
		usage_error "${option%=*}: only for files" "$option" in \
		    127.0.0.1:9
		usage_error "${option%=*}: only for files" "$option" in unix:s
	done
	usage_error "--inplace: only for files" --inplace in -
	usage_error "--no-clobber: only for files" --no-clobber in -
	usage_error "--preserve: only for files" -p in -
	STDOUT=../out zcopy 0 --append in -
	same in ../out
}

@test "usage: --discard is refused with options that say how to move data" {
	local option
	for option in --offset=1 -c1 --allow-short --seek=0 --append --inplace \
	    --no-clobber --header=in --trailer=in -mmmap --select='*:mmap' \
	    --stable --no-disk-io --block-size=1 --pipe-size=1 --buffer=1 --sync \
	    --preserve --rate=1 --sparse=never --no-cache; do
		usage_error "--discard goes with network options only" \
		    --discard "$option" :0
	done
}

@test "usage: --rate=0 is an error that says what to do instead" {
	usage_error "--rate: '0' would move nothing; for no limit, leave --rate out" \
	    --rate=0 in old
	usage_error "'0K'" -L 0K in old
}

@test "usage: letters and names that other tools have are understood" {
	zcopy 0 --skip=100 --count=200 -L 1M in out
	same <(tail -c +101 in | head -c 200) out
	zcopy 0 -a in out
	same <(tail -c +101 in | head -c 200; cat in) out
	zcopy 4 -n in out
	[[ $output == "zcopy: out: "*"exists"* ]]
}

@test "usage: an unknown method is an error that names it" {
	usage_error teleport --method=teleport in old
}

# bats test_tags=valgrind
@test "usage: malformed rules of --select are an error that repeats them" {
	local rules
	for rules in mmap 64K 64K: :mmap 64K:teleport x:mmap '64K:mmap,' \
	    '*:mmap,64K:splice' 64K:mmap,1K:splice; do
		usage_error "$rules" "--select=$rules" in old
	done
}

# bats test_tags=valgrind
@test "usage: zcopy f server:f is an error that suggests ./server:f" {
	usage_error ./server:f in server:f
	usage_error file:server:f in server:f
}

@test "usage: an address without a valid port is an error" {
	local address
	for address in server: server:65536 :65536 :-1 : listen:99999 \
	    tcp:server tcp:server:x :0x50 '[::1]' '[::1]:' '[::1:80'; do
		usage_error "$address" in "$address"
		usage_error "$address" "$address" out
	done
}

@test "usage: port 0 to connect to is an error" {
	usage_error 127.0.0.1:0 in 127.0.0.1:0
}

@test "usage: a file whose name looks like an address is named by ./ or file:" {
	zcopy 0 in ./server:80
	same in ./server:80
	zcopy 0 in file:other:80
	same in ./other:80
}

@test "usage: an empty operand is an error" {
	usage_error "" "" old
	usage_error "" in ""
}

@test "usage: control characters in a name do not reach the terminal" {
	zcopy 3 $'no\e[31mred' out
	[[ $output != *$'\e'* ]]
	[[ $output == *'\033[31mred'* ]]
}

# bats test_tags=valgrind
@test "usage: the error names the endpoint as it was typed" {
	zcopy 3 ./absent out
	[[ $output == "zcopy: ./absent: "*"No such file or directory" ]]
	[ ! -e out ]
}
