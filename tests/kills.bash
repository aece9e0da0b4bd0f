# Killing zcopy in the middle of a file, for the suites that do: `load kills`
# behind `load helpers`.  Such a suite moves $in, of $SIZE bytes, to the file
# out, an old_file.

# How many kills of a case there were, and how many of them in mid-transfer.
landed=0
tried=0

# Put in front of zcopy, by as_user, it waits until tests/midway.c lets it go.
# shellcheck disable=SC2016	# for the other shell
stopped=(sh -c 'kill -STOP $$ && exec "$@"' sh)

# somewhere - a random number of bytes, in the first quarter: there are more by
# the time that a signal arrives.
somewhere() {
	echo $((1 + SIZE * RANDOM / (4 * 32768)))
}

# midway BYTES SIGNAL VICTIM [WATCHED] - see tests/midway.c; sets seen.
midway() {
	seen=$("$TEST_BIN/midway" "${4:-$3}" "$1" "$2" "$3")
}

# outcome PID - its status, into $status; $output has what $log says.
outcome() {
	retry gone "$1"
	status=0
	wait "$1" || status=$?
	output=$(cat "$log")
	echo "[process $1: status $status]"
}

# most_landed - in mid-transfer, of the kills of this case so far.
most_landed() {
	echo "in mid-transfer: $landed of $tried"
	[ "$tried" -gt 0 ]
	[ $((landed * 5)) -ge $((tried * 4)) ]
}

put_back() {
	cp "$BATS_TEST_TMPDIR.old.out" out
}
