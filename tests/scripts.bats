#!/usr/bin/env bats
# What scripts/bootstrap asks of a new machine.

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
	[ "$output" = "usage: bootstrap [--tests]" ]
}
