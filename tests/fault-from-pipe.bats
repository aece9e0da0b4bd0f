#!/usr/bin/env bats
# From a pipe: calls fail in each way that is in tests/fault-table.bash.  After
# each, either everything arrives, or zcopy fails with the right message and
# status, and counts exactly.

load helpers
load fault
load fault-table

@test "faults: pipe to file: failures of splice are handled" {
	check_call pipe path splice splice '' --select='*:splice'
}

@test "faults: pipe to file: failures of read are handled" {
	check_call pipe path read '' kernel:ENOSYS:1+
}

@test "faults: pipe to file: failures of write are handled" {
	check_call pipe path write '' kernel:ENOSYS:1+
}

@test "faults: pipe to pipe: failures of splice are handled" {
	check_call pipe pipe splice splice
}

@test "faults: pipe to pipe: failures of read are handled" {
	check_call pipe pipe read '' kernel:ENOSYS:1+
}

@test "faults: pipe to pipe: failures of write are handled" {
	check_call pipe pipe write '' kernel:ENOSYS:1+
}

@test "faults: pipe to TCP: failures of splice out of the pipe are handled" {
	check_call pipe tcp out splice
}
