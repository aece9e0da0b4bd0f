# What all suites share: `load helpers` in the first line of each.
#
# A case begins in an empty directory of its own, $BATS_TEST_TMPDIR.  Its other
# files have names that begin with $BATS_TEST_TMPDIR, but are outside this
# directory, so that `ls` shows only what zcopy left.
#
# From the environment, see Makefile.am: ZCOPY, FAULT_LIB and TEST_BIN.  If qemu
# runs our programs (scripts/foreign), EMULATOR is its name.

# Because messages are compared.
export LC_ALL=C
# For mkfs and the like.
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
		[ -z "${EMULATOR-}" ] || [ "$command" != strace ] ||
		    skip "needs strace, which would trace $EMULATOR"
	done
}

# python_with MODULE - set $with_module to a Python that has it, or skip the case.
# A Python of the user's own may come first in PATH.
python_with() {
	for with_module in python3 /usr/bin/python3; do
		"$with_module" -c "import $1" 2>/dev/null && return
	done
	skip "needs Python's module $1"
}

# built_with LIBRARY - true if zcopy was built with this optional library:
# jansson, nettle or xxhash.
built_with() {
	grep -q "^#define HAVE_${1^^} " "${TEST_BIN%/*}/config.h"
}

# has_method METHOD - true if zcopy was built with the system call that this
# method needs.
has_method() {
	case $1 in
	splice|copy_file_range)
		built_with "$1" ;;
	sendfile)
		built_with linux_sendfile || built_with sendfile ;;
	reflink)
		built_with linux_fs_h ;;
	esac
}

# available METHOD... - print those of them that zcopy was built with.
available() {
	local method
	for method; do
		! has_method "$method" || echo "$method"
	done
}

# requires_method METHOD... - skip the case if zcopy was built without one of
# them.
requires_method() {
	local method
	for method; do
		has_method "$method" || skip "zcopy was built without $method"
	done
}

# requires_library NAME... - skip the case if zcopy was built without one of them.
requires_library() {
	local name
	for name; do
		built_with "$name" || skip "zcopy was built without $name"
	done
}

# is_32_bit - true if zcopy's system calls have other names than on a 64-bit
# system.
is_32_bit() {
	[ "$(getconf LONG_BIT)" -eq 32 ]
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

# make_here ARG... - run make in the build directory, where everything has been
# built.  It must not take part in a make that runs this suite.
make_here() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
	    timeout 300 make -s -C "${TEST_BIN%/*}" "$@" 3>&-
}

# random_file NAME SIZE - SIZE as head -c takes it.
random_file() {
	head -c "$2" /dev/urandom >"$1"
}

# same A B - fail, saying where, if these files differ.
same() {
	cmp "$1" "$2"
}

# is_aged FILE - for `retry`: FILE was changed more than 3 seconds ago.
is_aged() {
	[ $(($(date +%s) - $(stat -c %Z "$1"))) -gt 3 ]
}

# only NAME... - true if the directory of the case has exactly these names, in
# the order of ls(1).
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
# $output has its stderr, and its stdout unless STDOUT names a file for that.
# Assignments in front of it do more:
#   FAULT=...   preload tests/fault.c, which makes calls fail as this says
#   TRACE=...   run under strace with these options (one word each)
zcopy() {
	local want=$1
	shift
	run zcopy_here "$@"
	printf '$ zcopy %s\n%s\n[status %s, expected %s]\n' \
	    "$*" "$output" "$status" "$want"
	# The case may name a method that this build lacks.
	if [ "$status" -eq 9 ] &&
	    [[ $output =~ ([a-z_]+):\ this\ system\ does\ not\ have\ it ]]
	then
		requires_method "${BASH_REMATCH[1]}"
	fi
	[ "$status" -eq "$want" ]
}

# method_used METHOD - true if the last zcopy, with -v, moved everything by
# METHOD.
method_used() {
	[[ $output == *" bytes in "*", method $1" ]]
}

# zcopy_here ARG... - become zcopy, in the subshell of `run`.  Descriptor 3 is
# closed because bats waits until no process has it.
zcopy_here() {
	local command=()
	zcopy_command "$@"
	if [ -n "${STDOUT-}" ]; then
		exec >"$STDOUT"
	fi
	exec timeout "${ZCOPY_TEST_TIMEOUT:-20}" "${command[@]}" 3>&-
}

# zcopy_command ARG... - set ${command[@]} to the whole command line.
zcopy_command() {
	command=("${as_user[@]}" "${clean_env[@]}")
	rm -f "$BATS_TEST_TMPDIR".{fault,trace}
	if [ -n "${FAULT-}" ]; then
		local preload=LD_PRELOAD=$FAULT_LIB
		# The emulator itself cannot load a foreign library.
		[ -z "${EMULATOR-}" ] || preload=QEMU_SET_ENV=$preload
		(umask 0; : >"$BATS_TEST_TMPDIR.fault")
		command+=("FAULT=$FAULT" "$preload"
		    "FAULT_LOG=$BATS_TEST_TMPDIR.fault")
	fi
	if [ -n "${TRACE-}" ]; then
		local trace=$TRACE
		if is_32_bit; then
			trace=${trace//sendfile/sendfile64}
			trace=${trace//fcntl/fcntl64}
			# glibc calls the first for times until 2038.
			trace=${trace//utimensat/utimensat,utimensat_time64}
			trace=${trace//ppoll/ppoll,ppoll_time64}
		fi
		# The leak sanitizer is a tracer, too, and there can be only
		# one.
		# shellcheck disable=SC2206	# split at blanks
		command+=("LSAN_OPTIONS=detect_leaks=0"
		    strace -f -qq -o "$BATS_TEST_TMPDIR.trace" $trace)
	fi
	command+=("$ZCOPY" "$@")
}

# If the tests were started with signals ignored (nohup, `&`), zcopy would
# inherit that.
clean_env=(env)
if env --default-signal true 2>/dev/null; then
	clean_env+=(--default-signal)
fi

# fault_fired [N] - fail unless the last FAULT, or the last TRACE with an
# inject, hit at least N calls (1 by default).
fault_fired() {
	local count
	count=$(fault_count)
	echo "faults that fired: $count"
	[ "$count" -ge "${1:-1}" ]
}

# fault_count - print how many calls it hit.  fault.c writes a line for each.
fault_count() {
	if [ -e "$BATS_TEST_TMPDIR.trace" ]; then
		grep -c '(INJECTED)' "$BATS_TEST_TMPDIR.trace"
	else
		wc -l <"$BATS_TEST_TMPDIR.fault"
	fi
}

# start ARG... - start zcopy in the background; the same assignments work.  $pid
# is its process, $log has its stderr.
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

# listener ARG... - start zcopy and wait until it listens; $port is its port.
#	listener listen:127.0.0.1:0 out
listener() {
	start "$@"
	retry listening
	port=$(sed -n '/^zcopy: listening on .*:/ { s///p; q; }' "$log")
	[ -n "$port" ]
}

# listening - for `retry`: $pid listens, or has ended.
listening() {
	grep -q '^zcopy: listening on ' "$log" || gone "$pid"
}

# heeds - true if $pid has set its handler for SIGUSR1.  Before exec it is still
# a copy of this shell, which catches the signal, too.
heeds() {
	local key value name='' caught=0
	while read -r key value; do
		case $key in
		Name:) name=$value ;;
		SigCgt:) caught=$((16#$value)) ;;
		esac
	done <"/proc/$pid/status"
	[ "$name" != "$(<"/proc/$BASHPID/comm")" ] &&
	    (((caught >> 9 & 1) == 1))
} 2>/dev/null

# answers PATTERN - for `retry`: $pid has answered SIGUSR1 with a line that
# matches.
answers() {
	heeds || return		# else the signal would end it
	kill -USR1 "$pid"
	grep -Eq "$1" "$log"
}

# buffer_is_full - for `retry`: $pid says that its --buffer is full.
buffer_is_full() {
	answers 'buffer (8[7-9]|9[0-9]|100) % full'
}

# gone PID - true if this process has ended.
gone() {
	! kill -0 "$1" 2>/dev/null
}

# ends STATUS [PID] - wait for a child, $pid by default; fail unless it exits
# with STATUS.  $output has what is in $log.
ends() {
	local child=${2:-$pid}
	retry gone "$child"
	status=0
	wait "$child" || status=$?
	output=$(cat "$log")
	printf '[process %s: status %s, expected %s]\n' "$child" "$status" "$1"
	[ "$status" -eq "$1" ]
}

# end_all - kill all processes that the case started; after a failure show the
# logs.  Each teardown calls it.
end_all() {
	local child file
	for child in $(jobs -p); do
		kill -KILL "$child" 2>/dev/null || :
		wait "$child" 2>/dev/null || :
	done
	[ -z "$BATS_TEST_COMPLETED" ] || return 0
	for file in "$BATS_TEST_TMPDIR".*.log; do
		[ ! -s "$file" ] ||
		    tail -n 20 "$file" | sed "s/^/started: /"
	done
}

# half_way ARG... - start zcopy with a FIFO as SOURCE, and wait until it has
# read 50000 bytes of `in` from it.  `all_the_way` sends the rest.
half_way() {
	fifo=$BATS_TEST_TMPDIR.fifo
	mkfifo -m 666 "$fifo"
	exec 7<>"$fifo"
	# With descriptor 7 zcopy would be a writer of its own source.
	start "$fifo" "$@" 7>&-
	head -c 50000 in >&7
	retry taken
}

# taken - for `retry`: zcopy has read all that is in the FIFO, descriptor 7, or
# has ended.
taken() {
	! read -r -t 0 -u 7 || gone "$pid"
}

# all_the_way - send the rest, and end the data.
all_the_way() {
	tail -c +50001 in >&7
	exec 7>&-
}

# unit NAME ARG... - run this unit of tests/; fail if one of its cases does, or
# if it does not come to its end.
unit() {
	run timeout "${UNIT_TIMEOUT:-60}" "$TEST_BIN/$1" "${@:2}" 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $'\n'$output != *$'\nnot ok'* ]]
}

# as_nobody CMD ARG... - call zcopy, start, listener, half_way or any program
# without privileges, because permissions do not restrict root.  The directory
# of the case is given to nobody, the files in it are not.
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

# without CAPABILITY... - from now on zcopy is root without these capabilities,
# as setpriv(1) names them; `all` means all except those in $with.
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

# let_nobody_in - let nobody run zcopy, which may be in a home directory, and
# search the directories from that of bats down to that of the case.
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

# mount_at DIR ARG... - mount(8) ARG... at DIR, or skip the case.  The teardown
# must call unmount_all.
mount_at() {
	requires_root
	mkdir -p "$1"
	run mount "${@:2}" "$1"
	[ "$status" -eq 0 ] || skip "no mount here: $output"
	mounts=("$1" "${mounts[@]}")
}

# file_system TYPE [MIB] - mount a new file system of this type and size at $fs.
# $lower is the lower directory of an overlay.
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

# mount_image DIR IMAGE - as mount_at.  It does not use `-o loop`, because
# mount(8) may get a loop device that another test left read-only.
mount_image() {
	local device
	attach "$2"
	mount_at "$1" "$device"
	losetup -d "$device"		# takes effect at umount(2)
	unset "devices[-1]"
}

# odd_files - mount tests/oddfs.py at $odd; each file has the content of `in`.
odd_files() {
	requires python3
	requires_root
	[ -c /dev/fuse ] || skip "needs /dev/fuse"
	odd=$BATS_TEST_TMPDIR.odd
	mkdir "$odd"
	"$PYTHON" "$BATS_TEST_DIRNAME/oddfs.py" "$odd" in \
	    >"$BATS_TEST_TMPDIR.oddfs.log" 2>&1 3>&- &
	server=$!
	retry odd_files_are_there
	! gone "$server" || skip "no mount here: \
$(tail -n 1 "$BATS_TEST_TMPDIR.oddfs.log")"
	mounts=("$odd" "${mounts[@]}")
}

# odd_files_are_there - for `retry`: it is mounted, or the server has ended.
odd_files_are_there() {
	[ -e "$odd/exact" ] || gone "$server"
}

# unmount_all - unmount all that the case mounted, and detach its loop devices.
unmount_all() {
	local i
	cd "$BATS_TEST_TMPDIR" || return	# else it may be busy
	for i in "${mounts[@]}"; do
		umount "$i"
	done
	mounts=()
	detach
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
# free device first.  A device that BLKROSET made read-only stays read-only
# after losetup -d.
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

# two_devices - as attach, with two small files: ${devices[@]}.
two_devices() {
	local each
	for each in first second; do
		truncate -s 2M "$BATS_TEST_TMPDIR.$each"
		attach "$BATS_TEST_TMPDIR.$each"
	done
}

# detach - detach all loop devices of the case.
detach() {
	local each
	for each in "${devices[@]}"; do
		losetup -d "$each"
	done
	devices=()
}
devices=()
