#!/usr/bin/env bats
# From a file to one that is written in place, or that is on another file
# system: calls fail in each way that is in tests/fault-table.bash.  After each,
# either everything arrives, or zcopy fails with the right message and status,
# and counts exactly.

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

@test "faults: file to file in place: failures of write are handled" {
	check_call path path write '' kernel:EINVAL:1+ --inplace
}

@test "faults: file to file in place: failures of sendfile are handled" {
	check_call path path sendfile '' copy_file_range:EINVAL:1+ --inplace
}

@test "faults: file to another file system: failures of copy_file_range are handled" {
	across
	check_call path path copy_file_range copy_file_range
}

@test "faults: file to another file system: failures of sendfile are handled" {
	across
	check_call path path sendfile sendfile
}

@test "faults: file to another file system: failures of write are handled" {
	across
	check_call path path write '' kernel:EPERM:1+
}
