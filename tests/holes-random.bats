#!/usr/bin/env bats
# Thousands of random operations on files with holes, and holes from each kind
# of end to each, on each file system.  ZCOPY_TEST_SEED, which is printed,
# repeats a run.
# bats file_tags=slow

load helpers

UNIT_TIMEOUT=600

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	unmount_all
}

# operations TYPE - 20,000 random operations with each method.
operations() {
	file_system "$1"
	ZCOPY_TEST_RUNS=20000 unit unit-fsx "$fs"
}

@test "holes-random: 20,000 operations with each method agree with a model on ext4" {
	operations ext4
}

@test "holes-random: 20,000 operations with each method agree with a model on XFS" {
	operations xfs
}

@test "holes-random: 20,000 operations with each method agree with a model on btrfs" {
	operations btrfs
}

@test "holes-random: 20,000 operations with each method agree with a model on tmpfs" {
	operations tmpfs
}

# pairs TYPE - from each kind of end to each, with files of this type.
pairs() {
	file_system "$1"
	two_devices
	unit unit-holes-pairs "$fs" "${devices[@]}"
}

@test "holes-random: holes go from each kind of end to each on ext4" {
	pairs ext4
}

@test "holes-random: holes go from each kind of end to each on XFS" {
	pairs xfs
}

@test "holes-random: holes go from each kind of end to each on btrfs" {
	pairs btrfs
}

@test "holes-random: holes go from each kind of end to each on tmpfs" {
	pairs tmpfs
}
