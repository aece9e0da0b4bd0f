#!/usr/bin/env bats
# From a pipe: calls fail in each way that is in tests/fault-table.bash.
# Either everything arrives, or the failure is the right one, and exact.

load helpers
load fault
load fault-table

@test "faults: pipe to file: splice" {
	check_call pipe path splice splice '' --select='*:splice'
}

@test "faults: pipe to file: read" {
	check_call pipe path read '' kernel:ENOSYS:1+
}

@test "faults: pipe to file: write" {
	check_call pipe path write '' kernel:ENOSYS:1+
}

@test "faults: pipe to pipe: splice" {
	check_call pipe pipe splice splice
}

@test "faults: pipe to pipe: read" {
	check_call pipe pipe read '' kernel:ENOSYS:1+
}

@test "faults: pipe to pipe: write" {
	check_call pipe pipe write '' kernel:ENOSYS:1+
}

@test "faults: pipe to TCP: splice out of the pipe" {
	check_call pipe tcp out splice
}
