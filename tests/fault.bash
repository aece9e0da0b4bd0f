# Runs with faults, for the suites that have many: `load fault` after `load
# helpers`, and `load_data` in setup.
#
# The route is from $source to $dest, kinds of tests/between.c, and moves
# $input.

BLOCK=65536			# bytes a call
SIZE=300001			# six calls; the last one finds the end

# load_data - the setup of such a suite.
load_data() {
	cd "$BATS_TEST_TMPDIR" || return
	random_file data $SIZE
	input=data
	shopt -s nullglob dotglob
}

# What strerror(3) says.  -g: bats sources this file in a function.
declare -gA text=(
	[EACCES]="Permission denied"
	[EAGAIN]="Resource temporarily unavailable"
	[EBADF]="Bad file descriptor"
	[EBUSY]="Device or resource busy"
	[ECONNREFUSED]="Connection refused"
	[ECONNRESET]="Connection reset by peer"
	[EDQUOT]="Disk quota exceeded"
	[EEXIST]="File exists"
	[EFAULT]="Bad address"
	[EFBIG]="File too large"
	[EINVAL]="Invalid argument"
	[EIO]="Input/output error"
	[EISDIR]="Is a directory"
	[EMFILE]="Too many open files"
	[ENFILE]="Too many open files in system"
	[ENODATA]="No data available"
	[ENODEV]="No such device"
	[ENOENT]="No such file or directory"
	[ENOMEM]="Cannot allocate memory"
	[ENOSPC]="No space left on device"
	[ENOSYS]="Function not implemented"
	[ENOTCONN]="Transport endpoint is not connected"
	[ENOTTY]="Inappropriate ioctl for device"
	[EOPNOTSUPP]="Operation not supported"
	[EOVERFLOW]="Value too large for defined data type"
	[EPERM]="Operation not permitted"
	[EPIPE]="Broken pipe"
	[EROFS]="Read-only file system"
	[ESPIPE]="Illegal seek"
	[ESTALE]="Stale file handle"
	[ETIMEDOUT]="Connection timed out"
	[ETXTBSY]="Text file busy"
	[EXDEV]="Invalid cross-device link"
	[zero]="it saw the end where read(2) has more"
)

# run_route [ARG...] - run zcopy once on the route, with FAULT or TRACE.  Set
# $status, $output and $whole, which is `yes` if $dest saw a clean end.
#
# $options are put before ARGs.  $first is a shell command that runs before
# zcopy, on its descriptors.  DEST is an old file, or a new one if $fresh is
# set.  If $impatient is set, a failure of zcopy ends the run without waiting
# until everything has arrived.
run_route() {
	local command=() at=$BATS_TEST_TMPDIR
	if [ "$dest" = path ]; then
		rm -f out
		[ -n "${fresh-}" ] || echo old >out
	fi
	zcopy_command --block-size=$BLOCK "${options[@]}" "$@" @source @dest
	: >"$at.status"
	whole=yes
	# The inner shell exits with 0, because tests/between.c collects to the
	# end only if its command succeeded.
	# shellcheck disable=SC2016	# for that shell
	"$TEST_BIN/between" "$source" "$input" "$dest" out \
	    sh -c "${first:+$first;}"'"$@" 2>"$0.stderr"
		status=$?
		echo $status >"$0.status"
		'"${impatient:+exit \$status}" \
	    "$at" "${command[@]}" 2>"$at.between" 3>&- || whole=no
	read -r status <"$at.status"
	output=$(<"$at.stderr")
}

# run_with_fault FAULT [ARG...] - as run_route, with these faults.  $before are
# more faults, which are not counted.
#
# Set $fired: how often the rule of FAULT that fired least has fired.
run_with_fault() {
	local rule rules hit hits call what count FAULT=${before:+$before,}$1
	run_route "${@:2}"
	IFS=, read -ra rules <<<"$1"
	mapfile -t hits <"$BATS_TEST_TMPDIR.fault"
	fired=
	for rule in "${rules[@]}"; do
		IFS=: read -r call what _ <<<"$rule"
		[ "$call" != kernel ] || call='[a-z_]+'
		count=0
		for hit in "${hits[@]}"; do
			[[ ! $hit =~ ^fault\ $call\ [0-9]+\ $what$ ]] ||
			    : $((count += 1))
		done
		fired=$((${fired:-count} < count ? fired : count))
	done
}

# left_nothing - true if zcopy left no other file than its DEST; else set $why.
left_nothing() {
	local files=(*)
	[[ "${files[*]}" =~ ^data(\ out)?$ ]] || why="left: ${files[*]}"
	[ -z "${why-}" ]
}

# is_equal - true if zcopy succeeded and all data arrived; else set $why.
is_equal() {
	why=
	[ "$status" -eq 0 ] || why="status $status"
	[ "$whole" = yes ] || why="no clean end"
	cmp "$input" out >&2 || why="not equal"
	left_nothing
}

# is_untouched - true if DEST, a file, is the old one, or is not there if it was
# not there before; else set $why.
is_untouched() {
	if [ -n "${fresh-}" ]; then
		[ ! -e out ] || why="DEST is there"
	else
		[ "$(tr -d '\0' <out)" = old ] || why="DEST is not the old one"
	fi
	left_nothing
}

# is_replaced - true if DEST is a file that zcopy replaces whole or not at all.
is_replaced() {
	[ "$dest" = path ] && [[ ${options[*]} != *--inplace* ]]
}

# is_delivered N - true if DEST has the first N bytes; else set $why.  On TCP a
# reset may destroy some of them.  A file that would be replaced must be the old
# one.
is_delivered() {
	local size
	if is_replaced; then
		is_untouched
		return
	fi
	size=$(stat -c %s out)
	if [ "$dest" = tcp ]; then
		[ "$whole" = no ] || why="a clean end"
		[ "$size" -le "$1" ] || why="$size bytes arrived, not $1"
	else
		[ "$size" -eq "$1" ] || why="$size bytes arrived, not $1"
	fi
	cmp -n "$size" "$input" out >&2 || why="not the beginning"
}

# is_counted - true if the number of calls is known.  A stream may be read in
# pieces of any size, and a unix socket that does not block may be written in
# such pieces.
is_counted() {
	[ "$source" = path ] && [ "$dest" != unix ]
}

# is_failure STATUS TEXT - true if zcopy failed with this text and a true count.
is_failure() {
	local count='' said='\(([0-9]+) bytes delivered[^;]*\)'
	! is_replaced ||
	    said='\(([0-9]+) bytes moved[^;]*; DEST is unchanged\)'
	why=
	[ "$status" -eq "$1" ] || why="status $status, not $1"
	if [ "$status" -ne 141 ]; then
		[[ $output == *"$2"* ]] || why="no '$2' in: $output"
		[[ $output =~ $said ]] ||
		    why="no count in: $output"
		count=${BASH_REMATCH[1]-}
		# With TCP, the peer may not have acknowledged all of it yet.
		[[ ! $output =~ of\ ([0-9]+)\ that\ were\ sent ]] ||
		    count=${BASH_REMATCH[1]}
	fi
	# Each call before it has moved a block.
	if is_counted; then
		local expected=$(((${struck%%+*} - 1) * BLOCK))
		expected=$((expected < SIZE ? expected : SIZE))
		[ "${count:-$expected}" = $expected ] ||
		    why="$count bytes, not $expected"
		count=$expected
	fi
	[ -z "$count" ] || is_delivered "$count"
	left_nothing
}

# source_status, sink_status ERRNO - print the status for a failure of that
# side.
source_status() {
	case $source in
	tcp|unix)	echo 5 ;;
	*)		echo 3 ;;
	esac
}

sink_status() {
	case $dest:$1 in
	tcp:*|unix:*)			echo 5 ;;
	pipe:EPIPE|fifo:EPIPE)		echo 141 ;;	# by SIGPIPE
	*)				echo 4 ;;
	esac
}
