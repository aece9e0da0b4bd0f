#!/usr/bin/env bats
# What a new machine is asked for.

load helpers

# bootstrap ARG... - run it without privileges, where pkg-config knows nothing
# and the package manager is apt-get; sudo lets nobody in.
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

@test "bootstrap: without root and sudo it says so, and what is to be installed" {
	bootstrap
	[ "$status" -eq 1 ]
	[[ $output == *"root or sudo is needed, to install with apt-get: "*\
"libpopt-dev libbsd-dev libjansson-dev"* ]]
	[[ $output == *"still missing: "*libpopt-dev* ]]
	[[ $output != *"to be had"* ]]
}

@test "bootstrap: what is no option is a usage error" {
	bootstrap --nosuch
	[ "$status" -eq 2 ]
	[ "$output" = "usage: bootstrap [--tests]" ]
}
