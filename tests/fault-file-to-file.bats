#!/usr/bin/env bats
# From a file to a file: calls fail in each way that is in
# tests/fault-table.bash.  Either everything arrives, or the failure is the
# right one, and exact.

load helpers
load fault
load fault-table

@test "faults: file to file: copy_file_range" {
	check_call path path copy_file_range copy_file_range
}

@test "faults: file to file: sendfile" {
	check_call path path sendfile sendfile copy_file_range:EINVAL:1+
}

@test "faults: file to file: splice into the pipe" {
	check_call path path in splice '' --select='*:splice'
}

@test "faults: file to file: splice out of the pipe" {
	check_call path path out splice '' --select='*:splice'
}

@test "faults: file to file: mmap" {
	check_call path path mmap mmap '' --select='*:mmap'
}

@test "faults: file to file: FICLONERANGE" {
	check_call path path ioctl reflink '' --select='*:reflink'
}

@test "faults: file to file: read" {
	check_call path path read '' kernel:ENOSYS:1+
}

@test "faults: file to file: write" {
	check_call path path write '' kernel:ENOSYS:1+
}
