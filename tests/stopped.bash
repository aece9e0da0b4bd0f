# Runs that are stopped half way: `load stopped` after `load helpers`.  $size is
# the size of `in`, a few megabytes.

# file_begun ARG... - start zcopy ARG... from `in` to the file `out`, and stop
# it half way.  Try again if it has ended first, because the machine was busy.
file_begun() {
	local try
	echo "$*, to a file:"
	for try in {1..8}; do
		echo old >out
		start --block-size=32 "$@" in out
		until ! look || [ "$taken" -gt 0 ]; do
			:
		done
		kill -STOP "$pid" 2>/dev/null || :
		retry stopped
		look || continue
		[ "$taken" -ge "$size" ] || return 0
		kill -CONT "$pid"
		retry gone "$pid"
	done
	echo "in $try tries zcopy was not caught half way"
	return 1
}

# look - set $taken to how much of `in` zcopy has read.  False if zcopy has
# ended.
look() {
	local fd key value
	taken=0
	for fd in /proc/"$pid"/fd/*; do
		[ "$fd" -ef in ] || continue
		while read -r key value; do
			[ "$key" != pos: ] || taken=$value
		done <"/proc/$pid/fdinfo/${fd##*/}"
	done 2>/dev/null
	! gone "$pid"
}

# stopped - for `retry`: true once a signal has stopped $pid, or it has ended.
stopped() {
	local stat
	read -ra stat <"/proc/$pid/stat" || return 0
	[ "${stat[2]}" = T ]
} 2>/dev/null
