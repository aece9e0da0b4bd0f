#!/usr/bin/env bats
# Checks of the source tree, which need no build.
# bats file_tags=slow

load helpers

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
}

@test "lint: shellcheck finds nothing in the scripts" {
	requires shellcheck
	local scripts
	mapfile -t scripts < <(grep -l '^#!.*sh$' -r scripts)
	[ ${#scripts[@]} -gt 6 ]
	shellcheck .ci/run "${scripts[@]}" scripts/completions/*.bash
}

@test "lint: shellcheck finds nothing in the tests" {
	requires shellcheck
	# Excluded: variables that helpers set and suites read, and variables
	# that are set in the subshell of `run` or `@test`.
	shellcheck -s bats -e SC2030,SC2031,SC2034,SC2154 \
	    tests/*.bats tests/*.bash
}

@test "lint: mandoc finds nothing in the manual pages" {
	requires mandoc
	run mandoc -T lint man/*.[1-9]
	echo "$output"
	[ "$status" -eq 0 ] && [ -z "$output" ]
}

# render PAGE COLUMNS - print the page as both formatters show it, and what
# groff complains of.
render() {
	groff -mdoc -Tascii -P-c -rLL="$2n" "$1" 2>&1 | sed 's/.\x08//g'
	mandoc -T ascii -O width="$2" "$1" | sed 's/.\x08//g'
}

# groff breaks a cell that does not fit into its column at each word.
@test "lint: no manual page has a table with one word a line" {
	requires groff mandoc
	local page width wrong=0
	for page in man/*.[1-9]; do
		for width in 80 120; do
			render "$page" $width >"$BATS_TEST_TMPDIR/text"
			grep -q '^NAME' "$BATS_TEST_TMPDIR/text"
			! grep "can't break line" "$BATS_TEST_TMPDIR/text" ||
			    wrong=1
			# Two in a row: a paragraph may end in such a line.
			grep -En "^ {30,}[^ ;]+$" "$BATS_TEST_TMPDIR/text" |
			    awk -F: '$1 == last + 1 { print; bad = 1 }
				{ last = $1 } END { exit bad }' || wrong=1
		done
	done
	[ $wrong -eq 0 ]
}

@test "lint: Makefile.am names every source and every test" {
	local file missing=0
	for file in src/*.[ch] src/*/*.[ch] tests/*.bats tests/*.bash \
	    tests/*.c tests/*.py scripts/racing/*.py scripts/examples/*; do
		# A test program is there without .c, which make adds.
		[[ $file != tests/* ]] || file=${file%.c}
		grep -qw -e "$file" Makefile.am ||
		    { echo "not in Makefile.am: $file"; missing=1; }
	done
	[ $missing -eq 0 ]
}

@test "lint: the packages have the version of configure.ac" {
	local version
	version=$(sed -n 's/^AC_INIT(\[zcopy\], \[\(.*\)\])$/\1/p' configure.ac)
	[ -n "$version" ]
	cd scripts/packaging
	head -n 1 debian/changelog | grep -F "zcopy ($version-"
	grep -xF "pkgver=$version" APKBUILD
	grep -x "Version: *${version//./\\.}" zcopy.spec
	grep -F " - $version-1" zcopy.spec
}

# Otherwise off_t would have 32 bits in some of them, on systems where that is
# the default.
@test "lint: every source begins with config.h" {
	local file wrong=0
	for file in src/*.c src/*/*.c tests/{unit,lib,fuzz}-*.c; do
		grep -m 1 '^#include' "$file" | grep -q '"config.h"' ||
		    { echo "not its first #include: $file"; wrong=1; }
	done
	[ $wrong -eq 0 ]
}

# What another operating system lacks is in one place, behind headers that it
# could implement.  A method that only Linux has is a file of its own.
@test "lint: only system/ includes <linux/...>" {
	grep -rn '#include <linux/' src >"$BATS_TEST_TMPDIR/all"
	[ "$(grep -c '^src/system/' "$BATS_TEST_TMPDIR/all")" -gt 2 ]
	run grep -v -e '^src/system/' -e '^src/engine/method-reflink\.c:' \
	    "$BATS_TEST_TMPDIR/all"
	echo "$output"
	[ "$status" -eq 1 ]
}

@test "lint: no line of the sources is wider than 80 columns" {
	local file
	for file in src/*.[ch] src/*/*.[ch]; do
		expand "$file" | awk -v file="$file" 'length > 80 {
			print file ":" NR ": " $0; wide = 1
		} END { exit wide }'
	done
}

# MIN() and MAX() evaluate one argument twice: a call is made twice, and the
# second one may return what was not compared.  See base/minmax.h.
@test "lint: no argument of MIN() or MAX() calls a function" {
	requires perl
	run perl -0777 -ne '
		while (/\bM(?:IN|AX)(\((?:[^()]++|(?1))*\))/g) {
			my $arguments = $1;
			print "$ARGV: $arguments\n" if $arguments =~
			    /\b(?!(?:MIN|MAX|sizeof|INT64_C)\b)\w+\(/;
		}' src/*.[ch] src/*/*.[ch]
	echo "$output"
	[ "$status" -eq 0 ] && [ -z "$output" ]
}

# See address_family() in endpoint/address.h.
@test "lint: one function reads the family of a socket address" {
	run grep -l 'sa_family\b' src/*.c src/*/*.c
	echo "$output"
	[ "$output" = src/endpoint/address.c ]
}

@test "lint: one file knows the library that reads options" {
	run grep -l 'popt\.h' src/*.[ch] src/*/*.[ch]
	echo "$output"
	[ "$output" = src/cli/options.c ]
}
