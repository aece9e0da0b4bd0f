#!/usr/bin/env bats
# From a socket: calls fail in each way that is in tests/fault-table.bash.
# After each, either everything arrives, or zcopy fails with the right message
# and status, and counts exactly.

load helpers
load fault
load fault-table

@test "faults: TCP to file: failures of splice into the pipe are handled" {
	check_call tcp path in splice
}

@test "faults: TCP to file: failures of splice out of the pipe are handled" {
	check_call tcp path out splice
}

@test "faults: TCP to pipe: failures of splice into the pipe are handled" {
	check_call tcp pipe in splice
}

@test "faults: TCP to pipe: failures of splice out of the pipe are handled" {
	check_call tcp pipe out splice
}

@test "faults: TCP to file: failures of read are handled" {
	check_call tcp path read '' kernel:ENOSYS:1+
}

@test "faults: TCP to file: failures of write are handled" {
	check_call tcp path write '' kernel:ENOSYS:1+
}

@test "faults: unix to FIFO: failures of splice out of the pipe are handled" {
	check_call unix fifo out splice
}
