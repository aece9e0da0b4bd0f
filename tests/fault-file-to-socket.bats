#!/usr/bin/env bats
# From a file to a socket: calls fail in each way that is in
# tests/fault-table.bash.  After each, either everything arrives, or zcopy fails
# with the right message and status, and counts exactly.
# bats file_tags=slow

load helpers
load fault
load fault-table

@test "faults: file to TCP: failures of sendfile are handled" {
	check_call path tcp sendfile sendfile '' --select='*:sendfile'
}

@test "faults: file to TCP: failures of splice into the pipe are handled" {
	check_call path tcp in splice
}

@test "faults: file to TCP: failures of splice out of the pipe are handled" {
	check_call path tcp out splice
}

@test "faults: file to TCP: failures of send are handled" {
	check_call path tcp send '' kernel:ENOSYS:1+
}

@test "faults: file to unix: failures of sendfile are handled" {
	check_call path unix sendfile sendfile '' --select='*:sendfile'
}

@test "faults: file to unix: failures of splice out of the pipe are handled" {
	check_call path unix out splice
}

@test "faults: file to unix: failures of send are handled" {
	check_call path unix send '' kernel:ENOSYS:1+
}
