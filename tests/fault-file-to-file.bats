#!/usr/bin/env bats
# From a file to a file: calls fail in each way that is in
# tests/fault-table.bash.  After each, either everything arrives, or zcopy fails
# with the right message and status, and counts exactly.

load helpers
load fault
load fault-table

@test "faults: file to file: failures of copy_file_range are handled" {
	check_call path path copy_file_range copy_file_range
}

@test "faults: file to file: failures of sendfile are handled" {
	check_call path path sendfile sendfile copy_file_range:EINVAL:1+
}

@test "faults: file to file: failures of splice into the pipe are handled" {
	check_call path path in splice '' --select='*:splice'
}

@test "faults: file to file: failures of splice out of the pipe are handled" {
	check_call path path out splice '' --select='*:splice'
}

@test "faults: file to file: failures of mmap are handled" {
	check_call path path mmap mmap '' --select='*:mmap'
}

@test "faults: file to file: failures of FICLONERANGE are handled" {
	check_call path path ioctl reflink '' --select='*:reflink'
}

@test "faults: file to file: failures of read are handled" {
	check_call path path read '' kernel:ENOSYS:1+
}

@test "faults: file to file: failures of write are handled" {
	check_call path path write '' kernel:ENOSYS:1+
}
