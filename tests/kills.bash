# Killing zcopy in the middle of a file: `load kills` after `load helpers`.
# Such a suite moves $in, of $SIZE bytes, to the file out, an old_file.

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
