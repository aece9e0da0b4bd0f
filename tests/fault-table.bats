#!/usr/bin/env bats
# Calls that fail: every errno that is known of a call, at the first, the
# middle and the last call and at all from the second on, on every route.
# Either what arrives is equal, or the failure is the right one, and exact.

load helpers
load fault

setup() {
	load_data
}

teardown() {
	end_all
	rm -rf "${shm-}"
}

# What an errno means, by kernel-notes.md, section 2: `next`, another method
# goes on at this byte; `sink` and `source`, it is over, by that side's fault;
# `again`, once may be chance.  Columns: call, meaning, errnos.  in and out are
# the two halves of a splice through the private pipe, and zero an end of file
# that is none.
table() {
	cat <<-END
		copy_file_range	next	ENOSYS EXDEV EINVAL EOPNOTSUPP EPERM EACCES
		copy_file_range	next	EBADF ETXTBSY ENOTTY EIO ENOENT ENOSPC
		copy_file_range	next	EDQUOT EAGAIN EFBIG EOVERFLOW EISDIR ENOMEM
		copy_file_range	next	zero
		sendfile	next	EAGAIN EINVAL ENOSYS EOPNOTSUPP EOVERFLOW
		sendfile	next	ENODATA EPERM EACCES ENOMEM EIO EFBIG ESPIPE
		sendfile	next	EBADF EFAULT zero
		sendfile	sink	ENOSPC EDQUOT EPIPE ECONNRESET ENOTCONN ETIMEDOUT
		splice		next	EINVAL EPERM EACCES ENOSYS EOPNOTSUPP ENODATA
		splice		next	EOVERFLOW EIO ENOMEM EAGAIN
		splice		sink	ENOSPC EDQUOT EFBIG EPIPE ECONNRESET ENOTCONN
		in		next	EINVAL EPERM EACCES ENOSYS EOPNOTSUPP ENODATA
		in		next	EOVERFLOW EIO ENOMEM EAGAIN
		in		source	EPIPE ECONNRESET ENOTCONN ETIMEDOUT
		out		next	EINVAL EPERM EACCES ENOSYS EOPNOTSUPP ENODATA
		out		next	EOVERFLOW EIO ENOMEM EAGAIN zero
		out		sink	ENOSPC EDQUOT EFBIG EPIPE ECONNRESET ENOTCONN
		mmap		next	ENODEV EACCES EINVAL EIO EAGAIN ENOMEM EOVERFLOW
		ioctl		next	EOPNOTSUPP EXDEV EINVAL ENOTTY ENOSYS EBADF
		ioctl		next	EPERM EACCES ETXTBSY EAGAIN ENOSPC EDQUOT EIO
		ioctl		next	ENOMEM
		read		again	EAGAIN
		read		source	EIO EISDIR ENOMEM ESTALE ECONNRESET ETIMEDOUT
		write		again	EAGAIN
		write		sink	EIO ENOSPC EDQUOT EFBIG EPERM EPIPE
		send		again	EAGAIN
		send		sink	EPIPE ECONNRESET ENOTCONN ETIMEDOUT ENOMEM
	END
}

# meaning CALL WHAT - its word in the table.
meaning() {
	local call meaning whats
	while read -r call meaning whats; do
		if [ "$call" = "$1" ] && [[ " $whats " == *" $2 "* ]]; then
			echo "$meaning"
		fi
	done < <(table)
}

# count_calls [ARG...] - how many there are when nothing fails, as $calls.
count_calls() {
	travel "$(rule pass 1+)" "$@"
	calls=$fired
}

# strike WHAT WHEN [ARG...] - a run in which this fault fires; else not 0.
# WHEN may be `last`.
strike() {
	local what=$1 when=$2 tries
	shift 2
	for ((tries = 0; tries < 20; tries++)); do
		if [ "$when" = last ]; then
			count_calls "$@"
		fi
		travel "$(rule "$what" "${when/last/$calls}")" "$@"
		if [ "$fired" -gt 0 ]; then
			struck=${when/last/$calls}
			return 0
		fi
		! is_counted || return
	done
	return 1
}

is_expected() {
	case $(meaning "$call" "$1"):$2 in
	next:*)		is_equal ;;
	again:*[!+])	is_equal ;;
	source:*|again:*)
		if [ "$call" = read ] || [ "$call" = in ]; then
			is_failure "$(source_status)" "read: ${text[$1]}"
		else
			is_failure "$(sink_status "$1")" "write: ${text[$1]}"
		fi ;;
	sink:*)		is_failure "$(sink_status "$1")" "write: ${text[$1]}" ;;
	*)		why="not in the table" ;;
	esac
	[ -z "$why" ]
}

# A method by its name hands on what it is told.
is_expected_of_forced() {
	case $(meaning "$call" "$1"):$1 in
	next:ENOSPC|next:EDQUOT|next:EFBIG)
		is_failure "$(sink_status "$1")" "write: ${text[$1]}" ;;
	next:zero)
		# After a single 0 from the source, zcopy calls again: the file
		# may just have grown.
		if [ "$call" != out ] && [[ $2 != *+ ]]; then
			[ "$call:${shm:+across}" = copy_file_range:across ] ||
			    { is_equal; return; }
			set -- EXDEV	# what the second call returns
		fi
		# Our pipe is not empty, so that it is no end at all.
		[ "$call" = out ] && set -- ENODATA
		is_failure 9 "$forced: refused: ${text[$1]}" ;;
	next:EAGAIN)
		# Our own sockets do not block: what comes once is waited for.
		if [[ $dest =~ ^(tcp|unix)$ ]] && [ "$call" != in ] && [[ $2 != *+ ]]
		then
			is_equal
		else
			is_failure 9 "$forced: refused: ${text[$1]}"
		fi ;;
	next:*)	is_failure 9 "$forced: refused: ${text[$1]}" ;;
	*)	is_expected "$@" ;;
	esac
	[ -z "$why" ]
}

## Many runs

# try EXPECTATION WHAT WHEN [ARG...] - one run of many: counted, and reported
# if it fails.
try() {
	local expectation=$1 what=$2 when=$3
	why=
	: $((runs += 1))
	if ! strike "$what" "$when" "${@:4}"; then
		why="it did not fire"
	else
		"$expectation" "$what" "$struck"
	fi
	[ -n "$why" ] || return 0
	: $((failures += 1))
	echo "FAILED: $source to $dest: $call: $what at $when${4:+, ${*:4}}:" \
	    "$why"
	printf '%s\n' "${output//$'\n'/$'\n'  }"
}

# each_errno EXPECTATION [ARG...] - all of the table, at all positions.
each_errno() {
	local what when whats
	for whats in $(table | awk -v "call=$call" '
	    $1 == call { $1 = $2 = ""; print }'); do
		what=$whats
		# A pipe or a socket that says 0 is at its end.
		[ "$what" != zero ] || [ "$source" = path ] ||
		    [ "$call" = out ] || continue
		for when in 1 $(((calls + 1) / 2)) last 2+; do
			[ "$when" != 2+ ] || [ "$calls" -gt 1 ] || continue
			[ "$when:$what" != last:zero ] ||
			    [ "$call" = out ] || continue
			try "$1" "$what" "$when" "${@:2}"
		done
	done
}

# What never harms, at each call by itself and at many: a signal, and fewer
# bytes than were asked for.  Nor does EAGAIN, but to a method by its name.
each_call() {
	local when
	for ((when = 1; when <= calls; when++)); do
		is_counted || [ "$when" -lt 4 ] || continue
		try is_equal EINTR "$when"
		if [ "${options[0]-}" != -m ] && [ "$call" != ioctl ]; then
			try is_equal EAGAIN "$when"
		fi
		case $call in
		mmap|ioctl)	continue ;;
		esac
		try is_equal short "$when"
		try is_equal one "$when"
	done
	if [ "$calls" -gt 1 ]; then
		try is_equal EINTR 2+2
	fi
	case $call in
	mmap|ioctl)	;;
	*)		try is_equal short 1+; try is_equal one 1+3 ;;
	esac
}

# In a subshell of `run`, where bats does not look at each line: fast.
all_of() {
	local runs=0 failures=0 calls fired struck whole status output why
	count_calls
	[ "$calls" -gt 0 ] || echo "FAILED: no call of $call"
	each_call
	each_errno is_expected
	if [ -n "$forced" ]; then
		before='' options=(-m "$forced")
		count_calls
		# Here it may have no right to work at all.
		[ "$status" -ne 0 ] || [ "$call" = mmap ] || each_call
		each_errno is_expected_of_forced
	fi
	echo "$runs runs, $failures failures"
	[ "$runs" -gt 10 ] && [ "$failures" -eq 0 ] && [ "$calls" -gt 0 ]
}

# survives SOURCE DEST CALL [FORCED [BEFORE [OPTION...]]] - all that the table
# has about CALL.  BEFORE are faults that make auto come to it; FORCED is the
# method of the call, whose fallback is taken away for a second round.
survives() {
	local source=$1 dest=$2 call=$3 forced=${4-} before=${5-}
	local options=("${@:6}")
	run all_of
	echo "$output"
	[ "$status" -eq 0 ]
}

## The routes

@test "faults: file to file: copy_file_range" {
	survives path path copy_file_range copy_file_range
}

@test "faults: file to file: sendfile" {
	survives path path sendfile sendfile copy_file_range:EINVAL:1+
}

@test "faults: file to file: splice into the pipe" {
	survives path path in splice '' --select='*:splice'
}

@test "faults: file to file: splice out of the pipe" {
	survives path path out splice '' --select='*:splice'
}

@test "faults: file to file: mmap" {
	survives path path mmap mmap '' --select='*:mmap'
}

@test "faults: file to file: FICLONERANGE" {
	survives path path ioctl reflink '' --select='*:reflink'
}

@test "faults: file to file: read" {
	survives path path read '' kernel:ENOSYS:1+
}

@test "faults: file to file: write" {
	survives path path write '' kernel:ENOSYS:1+
}

@test "faults: file to a file in place: write" {
	survives path path write '' kernel:EINVAL:1+ --inplace
}

@test "faults: file to a file in place: sendfile" {
	survives path path sendfile '' copy_file_range:EINVAL:1+ --inplace
}

@test "faults: file to file across file systems: copy_file_range" {
	across
	survives path path copy_file_range copy_file_range
}

@test "faults: file to file across file systems: sendfile" {
	across
	survives path path sendfile sendfile
}

@test "faults: file to file across file systems: write" {
	across
	survives path path write '' kernel:EPERM:1+
}

@test "faults: file to pipe: splice" {
	survives path pipe splice splice
}

@test "faults: file to pipe: sendfile" {
	survives path pipe sendfile sendfile splice:EINVAL:1+
}

@test "faults: file to pipe: read" {
	survives path pipe read '' kernel:ENOSYS:1+
}

@test "faults: file to pipe: write" {
	survives path pipe write '' kernel:ENOSYS:1+
}

@test "faults: file to FIFO: splice" {
	survives path fifo splice splice
}

@test "faults: file to FIFO: write" {
	survives path fifo write '' kernel:ENOSYS:1+
}

@test "faults: file to TCP: sendfile" {
	survives path tcp sendfile sendfile '' --select='*:sendfile'
}

@test "faults: file to TCP: splice into the pipe" {
	survives path tcp in splice
}

@test "faults: file to TCP: splice out of the pipe" {
	survives path tcp out splice
}

@test "faults: file to TCP: send" {
	survives path tcp send '' kernel:ENOSYS:1+
}

@test "faults: file to unix: sendfile" {
	survives path unix sendfile sendfile '' --select='*:sendfile'
}

@test "faults: file to unix: splice out of the pipe" {
	survives path unix out splice
}

@test "faults: file to unix: send" {
	survives path unix send '' kernel:ENOSYS:1+
}

@test "faults: pipe to file: splice" {
	survives pipe path splice splice '' --select='*:splice'
}

@test "faults: pipe to file: read" {
	survives pipe path read '' kernel:ENOSYS:1+
}

@test "faults: pipe to file: write" {
	survives pipe path write '' kernel:ENOSYS:1+
}

@test "faults: pipe to pipe: splice" {
	survives pipe pipe splice splice
}

@test "faults: pipe to pipe: read" {
	survives pipe pipe read '' kernel:ENOSYS:1+
}

@test "faults: pipe to pipe: write" {
	survives pipe pipe write '' kernel:ENOSYS:1+
}

@test "faults: pipe to TCP: splice out of the pipe" {
	survives pipe tcp out splice
}

@test "faults: TCP to file: splice into the pipe" {
	survives tcp path in splice
}

@test "faults: TCP to file: splice out of the pipe" {
	survives tcp path out splice
}

@test "faults: TCP to pipe: splice into our pipe" {
	survives tcp pipe in splice
}

@test "faults: TCP to pipe: splice out of our pipe" {
	survives tcp pipe out splice
}

@test "faults: TCP to file: read" {
	survives tcp path read '' kernel:ENOSYS:1+
}

@test "faults: TCP to file: write" {
	survives tcp path write '' kernel:ENOSYS:1+
}

@test "faults: unix to FIFO: splice out of the pipe" {
	survives unix fifo out splice
}

# SOURCE is on another file system than DEST.
across() {
	shm=$(mktemp -d /dev/shm/zcopy-XXXXXX)
	cp data "$shm/data"
	input=$shm/data
	[ "$(stat -c %d .)" != "$(stat -c %d "$shm")" ] ||
	    skip "needs two file systems"
}
