#!/usr/bin/env bats
# From a file to a pipe or a FIFO: calls fail in each way that is in
# tests/fault-table.bash.  After each, either everything arrives, or zcopy fails
# with the right message and status, and counts exactly.

load helpers
load fault
load fault-table

@test "faults: file to pipe: failures of splice into our pipe are handled" {
	check_call path pipe in splice
}

@test "faults: file to pipe: failures of splice out of it are handled" {
	check_call path pipe out splice
}

@test "faults: file to pipe: failures of sendfile are handled" {
	check_call path pipe sendfile sendfile splice:EINVAL:1+
}

@test "faults: file to pipe: failures of read are handled" {
	check_call path pipe read '' kernel:ENOSYS:1+
}

@test "faults: file to pipe: failures of write are handled" {
	check_call path pipe write '' kernel:ENOSYS:1+
}

@test "faults: file to FIFO: failures of splice into our pipe are handled" {
	check_call path fifo in splice
}

@test "faults: file to FIFO: failures of splice out of it are handled" {
	check_call path fifo out splice
}

@test "faults: file to FIFO: failures of write are handled" {
	check_call path fifo write '' kernel:ENOSYS:1+
}
