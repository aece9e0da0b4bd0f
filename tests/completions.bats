#!/usr/bin/env bats
# What bash, zsh and fish complete, from the files that make install installs.
# bats file_tags=slow

load helpers

# Install once, for all cases.
setup_file() {
	export root=$BATS_FILE_TMPDIR/root bin=$BATS_FILE_TMPDIR/bin
	export HOME=$BATS_FILE_TMPDIR/home
	make_here install-data "DESTDIR=$root"
	mkdir "$bin" "$HOME"
	ln -s "$ZCOPY" "$bin/zcopy"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	PATH=$bin:$PATH
	data=$(find "$root" -type d -name share)
	# Three names for everything that may be a file.
	mkdir dir
	touch fable dir/first dir/second "dir/two words"
}

# has_shell SHELL - skip the case where it is not installed.
has_shell() {
	requires "$1"
	case $1 in
	bash)	requires python3
		[ -e /usr/share/bash-completion/bash_completion ] ||
		    skip "needs bash-completion" ;;
	zsh)	requires python3 ;;
	esac
}

# typed SHELL KEYS - type "zcopy KEYS"; set $output to the words that it gives,
# one a line.
typed() {
	output=$(timeout 100 python3 "$BATS_TEST_DIRNAME/complete.py" "$1" \
	    "$data" "zcopy $2" 3>&-)
	printf '%s: zcopy %s\n%s\n' "$1" "$2" "$output"
}

# becomes SHELL KEYS WORD... - typing "zcopy KEYS" gives "zcopy WORD...".
becomes() {
	typed "$1" "$2"
	[ "$output" = "$(printf '%s\n' zcopy "${@:3}")" ]
}

# offers SHELL LINE WORD... - for the last word of "zcopy LINE" SHELL offers
# exactly these words, in any order.  The --NAME= before a value, and the slash
# after a directory, are left out, because only some shells show them.
offers() {
	local line="zcopy $2"
	if [ "$1" = fish ]; then
		asked_fish "$line"
	else
		typed "$1" "$2^G"
		output=$(sed "1,$(wc -w <<<"${line% *}")d" <<<"$output")
		# Without an offer the word stays as it was typed.
		[ "$output" != "${line##* }" ] || output=
	fi
	output=$(sed 's/^--[a-z-]*=\(.\)/\1/; s:/$::' <<<"$output" | sort)
	diff <(printf '%s\n' "${@:3}" | sort) - <<<"$output"
}

# asked_fish LINE - set $output to what fish offers for the last word of LINE.
asked_fish() {
	output=$(XDG_DATA_DIRS=$data timeout 20 fish -c "complete -C '$1'" 3>&-)
	printf 'fish: %s\n%s\n' "$1" "$output"
	output=$(cut -f 1 <<<"$output")
}

# options - print the options that --help shows, one a line.
options() {
	"$ZCOPY" --help | sed -nE \
	    -e 's/^  -(.), --([a-z0-9-]+=?).*/-\1\n--\2/p' \
	    -e 's/^ {6}--([a-z0-9-]+=?).*/--\1/p'
}

# offers_options SHELL [=] - SHELL offers every option of --help, and nothing
# else; `=` if those that take a value have a "=" in its offer.
offers_options() {
	local all
	mapfile -t all < <(options)
	[ ${#all[@]} -gt 40 ]
	[ -n "${2-}" ] || all=("${all[@]%=}")
	offers "$1" - "${all[@]}"
}

# offers_words SHELL - for a value that is one of several words, SHELL offers
# those that the error message lists; for a congestion control, those that the
# kernel has.
offers_words() {
	local option words algorithms
	algorithms=/proc/sys/net/ipv4/tcp_available_congestion_control
	for option in --method --confirm; do
		zcopy 2 "$option=nosuch" fable out
		[[ $output == *"'nosuch' is none of "*" (try"* ]]
		output=${output#*none of }
		read -ra words <<<"${output% (try*}"
		[ ${#words[@]} -gt 2 ]
		offers "$1" "$option=" "${words[@]%,}"
		offers "$1" "$option " "${words[@]%,}"
		[ $option != --method ] || offers "$1" "-m " "${words[@]%,}"
	done
	read -ra words <$algorithms
	offers "$1" --congestion= "${words[@]}"
}

# offers_files SHELL - SHELL offers files where an option takes one, and nothing
# for numbers, sizes and addresses.
offers_files() {
	local option
	for option in --header= "--header " --json-file=; do
		offers "$1" "$option" dir fable
	done
	for option in --bytes -c --retry --allow --select; do
		offers "$1" "$option "
	done
	offers "$1" "--header=dir/" dir/first dir/second \
	    "dir/two words"
}

# offers_ends SHELL - for an operand, SHELL offers files and the types of
# endpoints that the error message lists, and files after those with a path.
offers_ends() {
	local ends
	zcopy 2 nosuch:a:b out
	[[ $output == *"there are "*unix-listen:* ]]
	output=${output#*there are }
	read -ra ends <<<"${output% (for*}"
	ends+=(listen:fd: : dir fable)
	offers "$1" "" "${ends[@]}"
	offers "$1" "-v fable " "${ends[@]}"
	offers "$1" "-- " "${ends[@]}"
	offers "$1" "-- --h"
	offers "$1" f fd: file: fable
	offers "$1" file:dir/f file:dir/first
	offers "$1" unix:fa unix:fable
}

@test "completions: bash offers every option of --help, and nothing else" {
	has_shell bash
	offers_options bash =
}

@test "completions: zsh offers every option of --help, and nothing else" {
	has_shell zsh
	offers_options zsh
}

@test "completions: fish offers every option of --help, and nothing else" {
	has_shell fish
	offers_options fish
}

@test "completions: bash offers the words that an option takes" {
	has_shell bash
	offers_words bash
}

@test "completions: zsh offers the words that an option takes" {
	has_shell zsh
	offers_words zsh
}

@test "completions: fish offers the words that an option takes" {
	has_shell fish
	offers_words fish
}

@test "completions: bash offers files for FILE, and nothing for numbers" {
	has_shell bash
	offers_files bash
}

@test "completions: zsh offers files for FILE, and nothing for numbers" {
	has_shell zsh
	offers_files zsh
}

@test "completions: fish offers files for FILE, and nothing for numbers" {
	has_shell fish
	offers_files fish
}

@test "completions: bash offers files and types of endpoints for operands" {
	has_shell bash
	offers_ends bash
}

@test "completions: zsh offers files and types of endpoints for operands" {
	has_shell zsh
	offers_ends zsh
}

@test "completions: fish offers files and types of endpoints for operands" {
	has_shell fish
	offers_ends fish
}

# So the next word, or the value, can be typed at once.
@test "completions: bash adds a blank after a whole word only" {
	has_shell bash
	becomes bash "--meth^Ispl^Ifab^Ilistenx" --method=splice fable listenx
	becomes bash "-vm spl^Ifil^Idir/f^Iuni^I-l^I" -vm splice file:dir/first \
	    unix-listen:
	becomes bash "--csv=^I" --csv=
	becomes bash "dir/t^Ifile:dir/t^I" "dir/two words" "file:dir/two words"
	becomes bash "--header=dir/t^I" "--header=dir/two words"
}

@test "completions: zsh adds a blank after a whole word only" {
	has_shell zsh
	becomes zsh "--meth^Ispl^Ifab^Ilistenx" --method=splice fable listenx
	becomes zsh "-vm spl^Ifil^Idir/f^Iuni^I-l^I" -vm splice file:dir/first \
	    unix-listen:
	becomes zsh "-mspl^I" -msplice
	becomes zsh "dir/t^Ifile:dir/t^I" "dir/two words" "file:dir/two words"
	becomes zsh "--header=dir/t^I" "--header=dir/two words"
}

@test "completions: fish shows the text of --help beside an option" {
	has_shell fish
	XDG_DATA_DIRS=$data timeout 20 \
	    fish -c "complete -C 'zcopy --head'" 3>&- >said
	grep -x -e $'--header\tsend FILE before the data; .*' said
}
