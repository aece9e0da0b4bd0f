# The table of what each errno of each call means, and the check of a call
# against it, for tests/fault-f*.bats: `load fault-table` after `load fault`.
# shellcheck shell=bash
# shellcheck disable=SC2034	# $input and others are read by tests/fault.bash

setup() {
	load_data
}

teardown() {
	end_all
	rm -rf "${shm-}"
}

# table - print what each errno means for each call:
#	next	another method continues at this byte
#	sink	the run fails, and DEST is to blame
#	source	the run fails, and SOURCE is to blame
#	again	the call is repeated if it fails once
# `in` and `out` are the two halves of a splice through the private pipe.
# `zero` is a return value of 0 before the end of the file.
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

# read_table - ${meanings[CALL:ERRNO]} is what the table says, ${errnos[CALL]}
# are all that it has of CALL.  Called once, because each run needs them.
read_table() {
	local call meaning line errno
	declare -gA meanings=() errnos=()
	while read -r call meaning line; do
		errnos[$call]+=" $line"
		for errno in $line; do
			meanings[$call:$errno]=$meaning
		done
	done < <(table)
}
read_table

# Ends as the rules of tests/fault.c name them.
declare -gA of_source=([path]=reg [pipe]=0 [fifo]=fifo [tcp]=sock [unix]=sock)
declare -gA of_dest=([path]=reg [pipe]=1 [fifo]=fifo [tcp]=sock [unix]=sock)

# set_rule WHAT WHEN - set $rule, for $call on this route.  The halves of a
# splice differ by the end that is not the private pipe.
set_rule() {
	case $call:$dest in
	in:*)		rule=splice:$1:$2:in=${of_source[$source]} ;;
	out:fifo)	rule=splice:$1:$2:in=fifo ;;
	out:*)		rule=splice:$1:$2:out=${of_dest[$dest]} ;;
	read:*)		rule=read:$1:$2:in=${of_source[$source]} ;;
	write:*)	rule=write:$1:$2:out=${of_dest[$dest]} ;;
	*)		rule=$call:$1:$2 ;;
	esac
}

# count_calls - set $calls: how often $call is made if nothing fails.
count_calls() {
	local rule
	set_rule pass 1+
	run_with_fault "$rule"
	calls=$fired
}

# is_expected WHAT WHEN - true if the run ended as the table says.  Else set
# $why.
is_expected() {
	case ${meanings[$call:$1]-}:$2 in
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

# is_expected_of_forced WHAT WHEN - the same with --method: there is no other
# method, and so the message has the errno of the call.
is_expected_of_forced() {
	case ${meanings[$call:$1]-}:$1 in
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
		# The private pipe is not empty: 0 is no end of file.
		[ "$call" = out ] && set -- ENODATA
		is_failure 9 "$forced: refused: ${text[$1]}" ;;
	next:EAGAIN)
		# Sockets that zcopy opens do not block: it waits for them,
		# unless EAGAIN comes each time.
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

# check_run EXPECTATION WHAT WHEN - run zcopy once with this fault at call WHEN,
# which may be `last`.  Count the run, and report it unless EXPECTATION is true.
check_run() {
	local expectation=$1 what=$2 when=$3 rule tries
	: $((runs += 1))
	why="it did not fire"
	for ((tries = 0; tries < 60; tries++)); do
		if [ "$when" = last ]; then
			count_calls
		fi
		struck=${when/last/$calls}
		set_rule "$what" "$struck"
		run_with_fault "$rule"
		if [ "$fired" -gt 0 ]; then
			why=
			"$expectation" "$what" "$struck"
			break
		fi
		# Otherwise the next run may make more calls.
		! is_counted || break
	done
	[ -n "$why" ] || return 0
	: $((failures += 1))
	echo "FAILED: $source to $dest: $call: $what at $when: $why"
	printf '%s\n' "${output//$'\n'/$'\n'  }"
}

# check_table EXPECTATION - each errno that the table has of $call: at the first
# call, the middle one, the last one, and at each from the second on.
check_table() {
	local what when
	for what in ${errnos[$call]}; do
		# 0 from a pipe or a socket is its end.
		[ "$what" != zero ] || [ "$source" = path ] ||
		    [ "$call" = out ] || continue
		for when in 1 $(((calls + 1) / 2)) last 2+; do
			[ "$when" != 2+ ] || [ "$calls" -gt 1 ] || continue
			[ "$when:$what" != last:zero ] ||
			    [ "$call" = out ] || continue
			check_run "$1" "$what" "$when"
		done
	done
}

# check_harmless - what must not change the outcome, at each call alone and at
# many: a signal, fewer bytes than were asked for, and EAGAIN without --method.
check_harmless() {
	local when
	for ((when = 1; when <= calls; when++)); do
		is_counted || [ "$when" -lt 4 ] || continue
		check_run is_equal EINTR "$when"
		if [ "${options[0]-}" != -m ] && [ "$call" != ioctl ]; then
			check_run is_equal EAGAIN "$when"
		fi
		case $call in
		mmap|ioctl)	continue ;;
		esac
		check_run is_equal short "$when"
		check_run is_equal one "$when"
	done
	if [ "$calls" -gt 1 ]; then
		check_run is_equal EINTR 2+2
	fi
	case $call in
	mmap|ioctl)	return ;;
	esac
	check_run is_equal short 1+
	check_run is_equal one 1+3
}

# check_call SOURCE DEST CALL [FORCED [BEFORE [OPTION...]]] - all that the table
# has about CALL on this route.  BEFORE are faults that make auto choose CALL.
# FORCED is its method, for a second round with --method.
check_call() {
	local source=$1 dest=$2 call=$3 forced=${4-} before=${5-}
	local options=("${@:6}")
	# In the subshell of `run` bats does not trace each line: that is fast.
	run check_rounds
	echo "$output"
	[ "$status" -eq 0 ]
}

check_rounds() {
	local runs=0 failures=0 calls fired struck whole status output why
	count_calls
	[ "$calls" -gt 0 ] || echo "FAILED: no call of $call"
	check_harmless
	check_table is_expected
	if [ -n "$forced" ]; then
		before='' options=(-m "$forced")
		count_calls
		# The method may be refused on this route.
		[ "$status" -ne 0 ] || [ "$call" = mmap ] || check_harmless
		check_table is_expected_of_forced
	fi
	echo "$runs runs, $failures failures"
	[ "$runs" -gt 10 ] && [ "$failures" -eq 0 ] && [ "$calls" -gt 0 ]
}
