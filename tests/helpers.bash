# What all suites share: `load helpers` in the first line of each.
#
# A case begins in an empty directory of its own, $BATS_TEST_TMPDIR.  Files that
# zcopy is not to find there are kept beside it, under names that begin with
# $BATS_TEST_TMPDIR, so that `ls` shows only what zcopy left.
#
# From the environment, see Makefile.am: ZCOPY, FAULT_LIB and TEST_BIN.

# Messages are compared.
export LC_ALL=C
# mkfs and such.
PATH=$PATH:/usr/sbin:/sbin

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	end_all
}

# requires CMD... - skip the case where one of them is not installed.
requires() {
	local command
	for command; do
		command -v "$command" >/dev/null || skip "needs $command"
	done
}

# requires_root - skip the case unless run by root.
requires_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
}

# requires_namespace OPTION - skip the case where unshare(1) with this OPTION
# fails.  -n needs CAP_SYS_ADMIN.  -m also needs a root directory that is a
# mount point, because mounts must not spread out of the namespace.
requires_namespace() {
	local reason
	requires_root
	requires unshare
	reason=$(unshare "$1" true 2>&1) || skip "unshare $1: $reason"
}

# random_file NAME SIZE - SIZE as head -c takes it.
random_file() {
	head -c "$2" /dev/urandom >"$1"
}

# same A B - fail, saying where, if these files differ.
same() {
	cmp "$1" "$2"
}

# only NAME... - true if these, in the order of ls(1), are all names in the
# directory of the case.
only() {
	local there
	there=$(ls -A)
	echo "there is: ${there//$'\n'/ }"
	[ "$there" = "$(printf '%s\n' "$@")" ]
}

# retry CMD... - call CMD until it succeeds; fail after $RETRY_SECONDS, or 30.
retry() {
	local until=$((SECONDS + ${RETRY_SECONDS:-30}))
	until "$@"; do
		if [ "$SECONDS" -gt "$until" ]; then
			echo "gave up: $*"
			return 1
		fi
		sleep 0.02
	done
}

# zcopy STATUS ARG... - run zcopy; fail unless it exits with STATUS.
#
# $output has what it wrote to stderr, and to stdout unless STDOUT names a
# file for that.  More by assignments in front of it:
#   FAULT=...   preload tests/fault.c, which makes calls fail as this says
#   TRACE=...   run under strace with these options (one word each)
zcopy() {
	local want=$1
	shift
	run zcopy_here "$@"
	printf '$ zcopy %s\n%s\n[status %s, expected %s]\n' \
	    "$*" "$output" "$status" "$want"
	[ "$status" -eq "$want" ]
}

# For `run`, which calls it in a subshell.  Closes descriptor 3 because bats
# waits until no process has it.
zcopy_here() {
	local command=()
	zcopy_command "$@"
	if [ -n "${STDOUT-}" ]; then
		exec >"$STDOUT"
	fi
	exec timeout "${ZCOPY_TEST_TIMEOUT:-20}" "${command[@]}" 3>&-
}

# zcopy_command ARG... - the whole command line, into the array command.
zcopy_command() {
	command=("${as_user[@]}" "${clean_env[@]}")
	rm -f "$BATS_TEST_TMPDIR".{fault,trace}
	if [ -n "${FAULT-}" ]; then
		(umask 0; : >"$BATS_TEST_TMPDIR.fault")
		command+=("FAULT=$FAULT" "LD_PRELOAD=$FAULT_LIB"
		    "FAULT_LOG=$BATS_TEST_TMPDIR.fault")
	fi
	if [ -n "${TRACE-}" ]; then
		# The leak sanitizer is a tracer, too: there can be one.
		# shellcheck disable=SC2206	# split at blanks
		command+=("LSAN_OPTIONS=detect_leaks=0"
		    strace -f -qq -o "$BATS_TEST_TMPDIR.trace" $TRACE)
	fi
	command+=("$ZCOPY" "$@")
}

# The tests may have been started with signals ignored (nohup, `&`).  zcopy
# would inherit that, and ignore them too.
clean_env=(env)
if env --default-signal true 2>/dev/null; then
	clean_env+=(--default-signal)
fi

# fault_fired [N] - fail unless the last FAULT, or the last TRACE with an
# inject, hit N calls or more; 1 without N.
fault_fired() {
	local count
	count=$(fault_count)
	echo "faults that fired: $count"
	[ "$count" -ge "${1:-1}" ]
}

# fault.c writes a line for each to $FAULT_LOG.
fault_count() {
	if [ -e "$BATS_TEST_TMPDIR.trace" ]; then
		grep -c '(INJECTED)' "$BATS_TEST_TMPDIR.trace"
	else
		wc -l <"$BATS_TEST_TMPDIR.fault"
	fi
}

# start ARG... - zcopy in the background, with the same assignments in
# front.  $pid is its process, $log has its stderr.
start() {
	local command=()
	zcopy_command "$@"
	: $((started += 1))
	log=$BATS_TEST_TMPDIR.$started.log
	: >"$log"		# a case may read it before the child has begun
	# Without <&0 a background process has /dev/null there.
	"${command[@]}" <&0 >"${STDOUT:-/dev/null}" 2>"$log" 3>&- &
	pid=$!
}
started=0

# listener ARG... - start zcopy and wait until it listens; $port is where, at
# each address of the name.
#	listener listen:127.0.0.1:0 out
listener() {
	start "$@"
	retry listening
	port=$(sed -n '/^zcopy: listening on .*:/ { s///p; q; }' "$log")
	[ -n "$port" ]
}

# True once $pid listens, or has ended.
listening() {
	grep -q '^zcopy: listening on ' "$log" || gone "$pid"
}

# gone PID - true if this child has ended.
gone() {
	! kill -0 "$1" 2>/dev/null
}

# ends STATUS [PID] - wait for a child, $pid without PID; fail unless it
# exits with STATUS.  $output has the stderr of what was started last.
ends() {
	local child=${2:-$pid}
	retry gone "$child"
	status=0
	wait "$child" || status=$?
	output=$(cat "$log")
	printf '[process %s: status %s, expected %s]\n' "$child" "$status" "$1"
	[ "$status" -eq "$1" ]
}

# end_all - kill what the case left behind; after a failure show the logs.
# To be called by each teardown.
end_all() {
	local child file
	for child in $(jobs -p); do
		kill -KILL "$child" 2>/dev/null || :
		wait "$child" 2>/dev/null || :
	done
	[ -z "$BATS_TEST_COMPLETED" ] || return 0
	for file in "$BATS_TEST_TMPDIR".*.log; do
		[ ! -s "$file" ] || sed "s/^/started: /" "$file"
	done
}

# half_way ARG... - start zcopy, from a FIFO that 50000 bytes of `in` came
# through.  `all_the_way` sends the rest.
half_way() {
	fifo=$BATS_TEST_TMPDIR.fifo
	mkfifo -m 666 "$fifo"
	exec 7<>"$fifo"
	# Without 7>&- the child would be a writer of its own source.
	start "$fifo" "$@" 7>&-
	head -c 50000 in >&7
	retry taken
}

# True once zcopy has read all that is in the FIFO, or has ended.
taken() {
	! read -r -t 0 -u 7 || gone "$pid"
}

all_the_way() {
	tail -c +50001 in >&7
	exec 7>&-
}

# as_nobody CMD ARG... - zcopy, start, listener, half_way or any program,
# without privileges, because root may do what permissions forbid.  The
# directory of the case is given to nobody, the files in it are not.
as_nobody() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
		return
	fi
	requires setpriv
	let_nobody_in
	local ZCOPY=$BATS_FILE_TMPDIR/zcopy FAULT_LIB=$BATS_FILE_TMPDIR/fault.so
	local as_user=(setpriv --reuid=nobody "--regid=$(id -g nobody)"
	    --clear-groups)
	case $1 in
	zcopy|start|listener|half_way)	"$@" ;;
	*)	"${as_user[@]}" "$@" ;;
	esac
}
as_user=()

# without CAPABILITY... - from now on zcopy is root without these, as in
# setpriv(1); "all" takes all but those that `with` in front of it names.
without() {
	local each
	requires_root
	requires setpriv
	local sets=
	for each; do
		sets+=,-$each
	done
	for each in ${with-}; do
		sets+=,+$each
	done
	as_user=(setpriv "--bounding-set=${sets#,}" "--inh-caps=${sets#,}")
	why=$("${as_user[@]}" true 2>&1) || skip "setpriv: $why"
}

# Let nobody run zcopy, which may be built in a home directory, and search the
# directories from that of bats down to that of the case.
let_nobody_in() {
	local dir
	cp -u "$ZCOPY" "$BATS_FILE_TMPDIR/zcopy"
	cp -u "$FAULT_LIB" "$BATS_FILE_TMPDIR/fault.so"
	for dir in "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR"; do
		while [ "$dir" != "${BATS_RUN_TMPDIR%/*}" ]; do
			chmod a+rx "$dir"
			dir=${dir%/*}
		done
	done
	chown nobody "$BATS_TEST_TMPDIR"
}

# mount_at DIR ARG... - mount(8) ARG... there, or skip the case.  Its teardown
# must call unmount_all.
mount_at() {
	requires_root
	mkdir -p "$1"
	run mount "${@:2}" "$1"
	[ "$status" -eq 0 ] || skip "no mount here: $output"
	mounts=("$1" "${mounts[@]}")
}

# file_system TYPE [MIB] - mount a new one of that type and size at $fs.  $lower
# is the lower directory of an overlay.
file_system() {
	local image=$BATS_TEST_TMPDIR.$1 size=${2:-320}M
	requires_root
	fs=$BATS_TEST_TMPDIR.on-$1
	case $1 in
	tmpfs)
		mount_at "$fs" -t tmpfs -o size="$size" none
		return ;;
	overlay)
		mkdir "$image"
		mount_at "$image" -t tmpfs -o size="$size" none
		mkdir "$image"/{lower,upper,work}
		mount_at "$fs" -t overlay -o \
		    "lowerdir=$image/lower,upperdir=$image/upper,workdir=$image/work" \
		    none
		lower=$image/lower
		return ;;
	esac
	requires "mkfs.$1"
	modprobe -q "$1" 2>/dev/null || :
	grep -qw "$1" /proc/filesystems || skip "this kernel has no $1"
	truncate -s "$size" "$image"
	"mkfs.$1" -q "$image" >/dev/null
	mount_image "$fs" "$image"
}

# mount_image DIR IMAGE - as mount_at.  Not by `-o loop`, because mount(8) may
# be given a loop device that another test left read-only.
mount_image() {
	local device
	attach "$2"
	mount_at "$1" "$device"
	losetup -d "$device"		# takes effect at umount(2)
	unset "devices[-1]"
}

unmount_all() {
	local i
	cd "$BATS_TEST_TMPDIR" || return	# else it may be busy
	for i in "${mounts[@]}"; do
		umount "$i"
	done
	mounts=()
	detach			# what could not be mounted
}
mounts=()

# attach FILE [OPTION...] - set $device, a loop device backed by FILE.  OPTIONs
# are those of losetup(8).  The teardown of the case must call detach.
attach() {
	requires_root
	requires losetup blockdev
	RETRY_SECONDS=3 retry attached "$@" || skip "no loop devices here"
}

# attached FILE [OPTION...] - for `retry`, because another test may take the
# same free device first.  A device that BLKROSET made read-only stays so after
# losetup -d.
attached() {
	device=$(losetup "${@:2}" -f --show "$1") || return
	devices+=("$device")
	[[ " $* " == *" -r "* ]] || blockdev --setrw "$device"
}

# block_device SIZE - as attach, with a file of SIZE zero bytes.
block_device() {
	truncate -s "$1" "$BATS_TEST_TMPDIR.disk"
	attach "$BATS_TEST_TMPDIR.disk"
}

detach() {
	local each
	for each in "${devices[@]}"; do
		losetup -d "$each"
	done
	devices=()
}
devices=()
