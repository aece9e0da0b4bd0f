# Killing zcopy in the middle of a file: `load kills` after `load helpers`.
# Such a suite moves $in, of $SIZE bytes, to the file out, an old_file.

# A suite that needs more files defines its own.
setup_file() {
	random_file "$BATS_FILE_TMPDIR/in" "$SIZE"
}

# set_up_kills - enter the directory of the case, and make the old file there.
set_up_kills() {
	cd "$BATS_TEST_TMPDIR" || return
	in=$BATS_FILE_TMPDIR/in
	old_file out
}

landed=0		# kills of this case that came in mid-transfer
tried=0			# all of them

# A command for as_user: zcopy stops itself, until tests/midway.c continues it.
# shellcheck disable=SC2016	# for the other shell
stopped=(sh -c 'kill -STOP $$ && exec "$@"' sh)

# somewhere - print a random number of bytes in the first quarter, because more
# will have moved when the signal arrives.
somewhere() {
	echo $((1 + SIZE * RANDOM / (4 * 32768)))
}

# midway BYTES SIGNAL VICTIM [WATCHED] - see tests/midway.c; sets seen.
midway() {
	seen=$("$TEST_BIN/midway" "${4:-$3}" "$1" "$2" "$3")
}

# outcome PID - wait for PID; set $status, and $output to what is in $log.
outcome() {
	retry gone "$1"
	status=0
	wait "$1" || status=$?
	output=$(cat "$log")
	echo "[process $1: status $status]"
}

# most_landed - true if 4 in 5 kills of this case came in mid-transfer.
most_landed() {
	echo "in mid-transfer: $landed of $tried"
	[ "$tried" -gt 0 ]
	[ $((landed * 5)) -ge $((tried * 4)) ]
}

# put_back - restore the old `out`.
put_back() {
	cp "$BATS_TEST_TMPDIR.old.out" out
}

# Each route starts a zcopy, $pid, that moves $in to the file out, in blocks so
# small that a signal can hit it half way.  It is stopped; tests/midway.c
# continues it.

# slowly OPTION... - print the --block-size for the method in OPTIONs.
slowly() {
	case $* in
	*mmap*)	echo --block-size=8K ;;
	*)	echo --block-size=2K ;;
	esac
}

file_to_file() {
	local as_user=("${stopped[@]}")
	start "$(slowly "$@")" "$@" "$in" out
}

pipe_to_file() {
	local as_user=("${stopped[@]}")
	start "$(slowly "$@")" "$@" - out < <(cat "$in" 3>&-)
}

tcp_to_file() {
	listener "$(slowly "$@")" "$@" listen:127.0.0.1:0 out
	kill -STOP "$pid"
	INPUT=$in background bash -c "cat >/dev/tcp/127.0.0.1/$port"
}

# stdin_to_file - move descriptor 7 of this shell.
stdin_to_file() {
	local as_user=("${stopped[@]}")
	exec 7<"$in"
	start "$(slowly "$@")" "$@" - out <&7
}

# counted - print the count in zcopy's message: of bytes delivered if $check is
# as_counted, else of bytes moved to a DEST that is unchanged.
counted() {
	local words='moved.*; DEST is unchanged'
	[ "$check" != as_counted ] || words=delivered
	sed -n "s/.*(\([0-9]*\) .*bytes $words.*/\1/p" <<<"$output"
}

declare -gA signal_name=([1]=SIGHUP [2]=SIGINT [15]=SIGTERM)

# count_kill - count the kill in $landed if it hit between the first and the
# last byte.  tests/midway.c saw $seen bytes; zcopy must have counted that or
# more.
count_kill() {
	local count=$seen
	if [ "$status" -ne 137 ]; then
		complains out "interrupted (${signal_name[$signal]}) ("
		count=$(counted)
		[ "$count" -ge "$seen" ]
		[ "$count" -le "$SIZE" ]
	fi
	if [ "$count" -gt 0 ] && [ "$count" -lt "$SIZE" ]; then
		landed=$((landed + 1))
	fi
}

# came_too_late - true if zcopy had finished, and `out` is complete.
came_too_late() {
	[[ $status == 0 || $status == 137 ]] && cmp -s "$in" out
}

# killed_midway CHECK SIGNAL ROUTE [OPTION...] - $TIMES times, or $KILLS: start
# ROUTE, kill it, and call CHECK, which must be true of what is left.
killed_midway() {
	local check=$1 signal=$2 i
	shift 2
	for ((i = 0; i < ${TIMES:-$KILLS}; i++)); do
		"$@"
		tried=$((tried + 1))
		midway "$(somewhere)" "$signal" "$pid" || seen=0
		outcome "$pid"
		if came_too_late; then
			echo "too late: status $status"
			put_back
			continue
		fi
		[ "$status" -eq $((128 + signal)) ]
		count_kill
		"$check"
	done
}

# as_counted - true if DEST has as many bytes as zcopy said it delivered.
as_counted() {
	[ "$(stat -c %s out)" -eq "$(counted)" ]
	cmp -n "$(counted)" "$in" out
	put_back
}

# position_counted - true if descriptor 7, which zcopy read, is at the position
# that it said.
position_counted() {
	[ "$(awk '/^pos:/ { print $2 }' /proc/self/fdinfo/7)" -eq \
	    "$(counted)" ]
	exec 7<&-
	untouched
}
