#!/usr/bin/env bats
# From a file to one that is written in place, or that is on another file
# system: calls fail in each way that is in tests/fault-table.bash.  Either
# everything arrives, or the failure is the right one, and exact.

load helpers
load fault
load fault-table

# across - put SOURCE on another file system than DEST.
across() {
	shm=$(mktemp -d /dev/shm/zcopy-XXXXXX)
	cp data "$shm/data"
	input=$shm/data
	[ "$(stat -c %d .)" != "$(stat -c %d "$shm")" ] ||
	    skip "needs two file systems"
}

@test "faults: file to a file in place: write" {
	check_call path path write '' kernel:EINVAL:1+ --inplace
}

@test "faults: file to a file in place: sendfile" {
	check_call path path sendfile '' copy_file_range:EINVAL:1+ --inplace
}

@test "faults: file to file across file systems: copy_file_range" {
	across
	check_call path path copy_file_range copy_file_range
}

@test "faults: file to file across file systems: sendfile" {
	across
	check_call path path sendfile sendfile
}

@test "faults: file to file across file systems: write" {
	across
	check_call path path write '' kernel:EPERM:1+
}
