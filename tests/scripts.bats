#!/usr/bin/env bats
# What scripts/bootstrap asks of a new machine, what scripts/build and scripts/run
# do when something fails, and a script in the documentation.

load helpers

# bootstrap ARG... - run it without privileges, where pkg-config finds no library,
# the package manager is apt-get, and sudo fails.
bootstrap() {
	mkdir -p bin
	printf '#!/bin/sh\nexit 1\n' >bin/sudo
	cp bin/sudo bin/pkg-config
	cp bin/sudo bin/apt-get
	chmod +x bin/*
	cp "$BATS_TEST_DIRNAME/../scripts/bootstrap" .
	run as_nobody env PATH="$PWD/bin:$PATH" sh ./bootstrap "$@"
	echo "$output"
}

@test "bootstrap: without root or sudo, one line says what installs the packages" {
	bootstrap
	[ "$status" -eq 1 ]
	[[ $output == *"as root: apt-get install "*\
"libpopt-dev libbsd-dev libjansson-dev"* ]]
	[ ${#lines[@]} -eq 1 ]
	[[ $output != *"cannot install"* ]]
}

@test "bootstrap: an unknown option is a usage error" {
	bootstrap --nosuch
	[ "$status" -eq 2 ]
	[ "$output" = "usage: bootstrap [--tests | --matrix]" ]
}

# source_tree - make the least that scripts/build and scripts/run need of one,
# in tree/, with a build/Makefile that only prints "made".
source_tree() {
	mkdir -p tree/scripts tree/build-aux tree/build/src tree/src tree/man \
	    tree/tests
	cp "$BATS_TEST_DIRNAME"/../scripts/{build,run} tree/scripts/
	printf '#!/bin/sh\n' >tree/configure
	cp tree/configure tree/scripts/bootstrap
	chmod +x tree/configure tree/scripts/*
	touch tree/configure.ac
	printf 'all:\n\t@echo made\n' >tree/build/Makefile
}

@test "build: a second run waits, and then has the log to itself" {
	requires flock
	local first
	source_tree
	printf 'slow:\n\t@echo slow; until [ -e %s ]; do sleep 0.05; done\n' \
	    "$PWD/go" >>tree/build/Makefile
	# A flock that says when it is called.
	mkdir bin
	cat >bin/flock <<-END
		#!/bin/sh
		: >"\$CALLED"
		exec $(command -v flock) "\$@"
	END
	chmod +x bin/flock
	PATH=$PWD/bin:$PATH
	CALLED=first timeout 20 tree/scripts/build build slow 3>&- &
	first=$!
	retry grep -qx slow tree/build/build.log
	CALLED=second timeout 20 tree/scripts/build build all 3>&- &
	retry test -e second
	grep -x slow tree/build/build.log
	: >go
	wait "$first"
	wait $!
	grep -x made tree/build/build.log
	run ! grep -x slow tree/build/build.log
}

@test "build: without a target it prints its usage" {
	run "$BATS_TEST_DIRNAME/../scripts/build" build
	[ "$status" -eq 2 ]
	[[ $output == "usage: build "* ]]
}

@test "run: without arguments it shows a transfer" {
	source_tree
	cp "$ZCOPY" tree/build/zcopy
	run timeout 20 tree/scripts/run 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"Yes, all "*" bytes."* ]]
}

@test "run: the receiver does not wait for a sender that has failed" {
	source_tree
	cat >tree/build/zcopy <<-END
		#!/bin/sh
		case \$1 in
		listen:*)	exec '$ZCOPY' "\$@" ;;
		*)		echo "zcopy: it fails" >&2; exit 1 ;;
		esac
	END
	chmod +x tree/build/zcopy
	run timeout 20 tree/scripts/run 3>&-
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"zcopy: it fails"*"   No." ]]
}

# loop_ends STATUS PAGE STATUS... - the loop of PAGE that repeats a copy ends with
# STATUS if zcopy ends with these, one after the other.
loop_ends() {
	local want=$1
	sed -n '/^ *until zcopy/,/done$/p' "$BATS_TEST_DIRNAME/../$2" >loop
	grep -q 'done$' loop
	printf '%s\n' "${@:3}" >statuses
	cat - loop >script <<-'END'
		zcopy() { read -r next <&9; return "$next"; }
		sleep() { :; }
	END
	run timeout 20 sh script 9<statuses 3>&-
	echo "$2: status $status"
	[ "$status" -eq "$want" ]
}

@test "examples: the loop that repeats a copy keeps the status of a failure" {
	local page
	for page in README man/zcopy.1; do
		loop_ends 0 "$page" 0
		loop_ends 0 "$page" 7 7 0
		loop_ends 3 "$page" 7 3
	done
}
