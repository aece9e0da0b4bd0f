#!/usr/bin/env bats
# Who may do what with DEST, whatever happens to it while it is made: nobody
# more than before, and no success for a name that is not there.

load helpers

# Users that are nobody else, as UID:GID[,GID].  The files here belong to 6001
# and 7001; 6003 and 7003 are what lists name.
owner=6001:7001
people=("$owner" 6002:7001 6003:7000 6004:7003 6005:7001,7003 6006:0
    "6007:$(id -g nobody)" 6008:7000 "6009:7001,$(id -g nobody)")

setup() {
	requires_root
	requires setfacl
	requires setpriv
	cd "$BATS_TEST_TMPDIR" || return
	random_file in 100000
	chmod 666 in
	may=$TEST_BIN/may
	let_nobody_in
}

# may FILE - what each of those people may do with it, a digit for each.
may() {
	"$may" "$1" "${people[@]}"
}

# old_file KIND NAME - make DEST.
old_file() {
	echo old >"$2"
	chown 6001:7001 "$2"
	case $1 in
	[0-7]*)		chmod "$1" "$2" ;;
	group-kept-out)	setfacl -m u::rw,g::-,o::-,u:6003:rw,m::rw "$2" ;;
	user-kept-out)	setfacl -m u::rw,g::r,o::r,u:6003:-,m::rw "$2" ;;
	named-kept-out)	setfacl -m u::rw,g::rw,o::r,g:7003:-,m::rw "$2" ;;
	group-only)	setfacl -m u::rw,g::-,o::r,u:6003:r,m::r "$2" ;;
	masked)		setfacl -m u::rw,g::rw,o::-,u:6003:rw,m::r "$2" ;;
	default)	chmod 600 "$2"
			setfacl -dm u:6003:rwx,g:7003:rwx,o::rwx "${2%/*}" ;;
	capabilities)	chmod 755 "$2"
			setcap cap_net_raw+ep "$2" ;;
	attributes)	chmod 640 "$2"
			setfattr -n user.zcopy -v x "$2" ;;
	esac
}

kinds="0 600 640 644 604 646 664 666 444 4755 2755 6777 group-kept-out
    user-kept-out named-kept-out group-only masked default capabilities
    attributes"

# What happens to D/out in the middle of it.  `who` owns what comes.

nothing() {
	:
}

moved() {
	mv D/out D/out.1
}

moved_and_opened_up() {
	mv D/out D/out.1
	setfacl -b D/out.1
	chmod 777 D/out.1
}

moved_and_given_away() {
	mv D/out D/out.1
	chown 6008:7000 D/out.1
}

removed() {
	rm D/out
}

# The new file may well have the inode number of the old one.
made_anew() {
	rm D/out
	echo other >D/out
	chmod 777 D/out
}

replaced_by_wider() {
	echo other >other
	chown 6001:7001 other
	chmod 777 other
	mv other D/out
}

replaced_by_narrower() {
	echo other >other
	chown 6008:7000 other
	chmod 604 other
	mv other D/out
}

replaced_by_listed() {
	echo other >other
	chown 6001:7001 other
	setfacl -m u:6003:rwx,g::rwx,o::rwx,m::rwx other
	mv other D/out
}

listed() {
	setfacl -m u::rw,g::-,o::-,u:6003:r,m::rw D/out
}

closed() {
	setfacl -b D/out
	chmod 600 D/out
}

replaced_by_directory() {
	rm D/out
	mkdir D/out
}

replaced_by_link() {
	mv D/out D/out.1
	ln -s out.1 D/out
}

replaced_by_dangling_link() {
	rm D/out
	ln -s new D/out
}

replaced_by_fifo() {
	rm D/out
	mkfifo D/out
}

replaced_by_socket() {
	rm D/out
	timeout 5 "$ZCOPY" -q unix-listen:D/out /dev/null 3>&- 7>&- &
	retry test -S D/out
}

replaced_by_device() {
	rm D/out
	mknod D/out c 1 3
}

directory_renamed() {
	mv D E
}

directory_replaced() {
	mv D E
	mkdir -m 777 D
	echo other >D/out
	chmod 777 D/out
}

directory_becomes_link() {
	mv D E
	ln -s E D
	mkdir F
	ln -sfn F D
}

keeps="nothing moved moved_and_opened_up moved_and_given_away removed
    made_anew replaced_by_wider replaced_by_narrower replaced_by_listed listed
    closed"
strays="replaced_by_directory replaced_by_link replaced_by_dangling_link
    replaced_by_fifo replaced_by_socket replaced_by_device directory_renamed
    directory_replaced directory_becomes_link"

# fresh KIND - an empty D but for D/out.
fresh() {
	end_all
	exec 7>&-
	rm -rf D E F other "$BATS_TEST_TMPDIR.fifo" "$BATS_TEST_TMPDIR".*.log
	mkdir D
	chmod 777 D
	old_file "$1" D/out
}

# in_the_midst KIND EVENT [as_nobody] - zcopy moves `in` to D/out, which is of
# that KIND, and EVENT comes half way.  $before is what people could do with
# D/out, $by_then what they could after the EVENT, if there is a file.  Of one
# and the same file the last word counts, so there $before is $by_then.
in_the_midst() {
	fresh "$1"
	before=$(may D/out)
	exec 8<D/out
	"${@:3}" half_way D/out
	"$2"
	by_then=
	[ ! -f D/out ] || [ -L D/out ] || by_then=$(may D/out)
	[ ! D/out -ef /dev/fd/8 ] || before=$by_then
	exec 8<&-
	all_the_way
}

# within A B - fail unless each digit of A has no bit that B's has not.
within() {
	local i
	for ((i = 0; i < ${#people[@]}; i++)); do
		[ $((${1:i:1} & ~${2:i:1})) -eq 0 ] || return
	done
}

# keeps_to_rights KIND EVENT [as_nobody] - it succeeds, and opens nothing up.
keeps_to_rights() {
	local now
	in_the_midst "$@"
	ends 0
	same in D/out
	now=$(may D/out)
	echo "$*: before $before, by then $by_then, now $now"
	within "$now" "$before"
	[ -z "$by_then" ] || within "$now" "$by_then"
	[ -z "$(getcap D/out)" ]
}

# is_refused KIND EVENT [as_nobody] - it fails, and leaves nothing behind.
is_refused() {
	local there
	in_the_midst "$@"
	there=$(find D/ E F other -printf '%p %i %y\n' 2>/dev/null | sort)
	echo "$*:"
	ends 4
	diff <(echo "$there") \
	    <(find D/ E F other -printf '%p %i %y\n' 2>/dev/null | sort)
}

# each WHAT KINDS EVENTS
each() {
	local kind event
	for kind in $2; do
		for event in $3; do
			"$1" "$kind" "$event"
			"$1" "$kind" "$event" as_nobody
		done
	done
}

@test "rights: all that an old file has is kept by root" {
	local kind
	for kind in $kinds; do
		fresh "$kind"
		shown >was
		zcopy 0 in D/out
		same in D/out
		diff was <(shown)
		[ -z "$(getcap D/out)" ]
	done
}

shown() {
	may D/out
	stat -c %u:%g:%a D/out
	getfacl -cn D/out
}

@test "rights: who cannot keep the owner opens nothing up" {
	local kind
	for kind in $kinds; do
		fresh "$kind"
		before=$(may D/out)
		as_nobody zcopy 0 in D/out
		same in D/out
		echo "$kind: before $before, now $(may D/out)"
		within "$(may D/out)" "$before"
		[ -z "$(getcap D/out)" ]
	done
}

@test "rights: a file that is moved away in the middle of it" {
	local kind
	for kind in $kinds; do
		keeps_to_rights "$kind" moved
	done
}

@test "rights: a file that is moved, removed, replaced or changed meanwhile" {
	each keeps_to_rights "644 group-kept-out" "$keeps"
}

@test "rights: what is no file any more, or elsewhere, is not replaced" {
	each is_refused group-kept-out "$strays"
}

@test "rights: the list of a file that is moved away is that of the new one" {
	in_the_midst group-kept-out nothing
	ends 0
	getfacl -cn D/out >"$BATS_TEST_TMPDIR.acl"
	in_the_midst group-kept-out moved
	ends 0
	diff "$BATS_TEST_TMPDIR.acl" <(getfacl -cn D/out)
}

@test "rights: a directory that was renamed is told, and what it had is left alone" {
	in_the_midst 644 directory_renamed
	ends 4
	[[ $output == "zcopy: D/out: a directory or a link in its path was "* ]]
	[ "$(cat E/out)" = old ]
	[ "$(ls E)" = out ]
}

# New files

@test "rights: a new file has the permission bits of SOURCE less the umask" {
	local mode mask option
	for option in "" --inplace --append --seek=0 --no-clobber; do
		for mode in 600 644 444 400 6755 777; do
			for mask in 022 077 000; do
				chmod "$mode" in
				rm -f new
				umask $mask
				# shellcheck disable=SC2086	# none, if empty
				zcopy 0 $option in new
				umask 022
				same in new
				[ "$(stat -c %a new)" = \
				    "$(printf %o $((0$mode & 0777 & ~0$mask)))" ]
			done
		done
	done
}

@test "rights: who is not root copies a file that nobody may write" {
	local option
	chmod 444 in
	for option in "" --inplace --append --seek=0 --no-clobber; do
		rm -f new
		# shellcheck disable=SC2086
		as_nobody zcopy 0 $option in new
		same in new
		[ "$(stat -c %a new)" = 444 ]
	done
}

@test "rights: without unnamed files a new one has the bits of SOURCE, too" {
	chmod 600 in
	FAULT=linkat:EPERM:1+ zcopy 0 in new
	fault_fired
	[ "$(stat -c %a new)" = 600 ]
}

@test "rights: streams, descriptors and kernel files make a file of mode 0666" {
	chmod 600 in
	umask 022
	zcopy 0 - new <in
	[ "$(stat -c %a new)" = 644 ]
	rm new
	zcopy 0 /dev/stdin new <in
	[ "$(stat -c %a new)" = 644 ]
	rm new
	half_way new
	all_the_way
	ends 0
	[ "$(stat -c %a new)" = 644 ]
	rm new
	zcopy 0 /proc/sys/kernel/ostype new
	[ "$(stat -c %a new)" = 644 ]
	rm new
	zcopy 0 /proc/self/environ new
	[ "$(stat -c %a new)" = 644 ]
}

@test "rights: an old file keeps its mode, whatever SOURCE has" {
	local option
	chmod 600 in
	for option in "" --inplace; do
		fresh 664
		# shellcheck disable=SC2086
		zcopy 0 $option in D/out
		[ "$(stat -c %a D/out)" = 664 ]
	done
}

@test "rights: a list on SOURCE gives the new file no more than the list did" {
	local row
	umask 000
	for row in u::rw,g::-,o::-,u:6003:rw,m::rw=600 \
	    u::rw,g::rw,o::r,u:6003:rw,m::r=644 \
	    u::rw,g::rw,o::r,u:6003:-,m::rw=660 \
	    u::rw,g::r,o::r,g:7003:-,m::rw=640; do
		rm -f new
		setfacl -b -m "${row%=*}" in
		zcopy 0 in new
		echo "$row: $(stat -c %a new)"
		[ "$(stat -c %a new)" = "${row##*=}" ]
		[ "$(getfacl -cn new | grep -c :)" -eq 3 ]
	done
}

@test "rights: a new file heeds the default list of its directory" {
	requires python3
	fresh default
	chmod 640 in
	zcopy 0 in D/new
	(umask 0; python3 -c 'import os; os.open("D/like", os.O_CREAT, 0o640)')
	diff <(getfacl -cn D/like) <(getfacl -cn D/new)
}

@test "rights: a file that takes the name of a new one opens nothing up" {
	fresh 600
	rm D/out
	chmod 600 in
	half_way D/out
	echo other >D/out
	chmod 666 D/out
	all_the_way
	ends 0
	same in D/out
	[ "$(stat -c %a D/out)" = 644 ]
}

# Written in place

# in_place OPTION EVENT [as_nobody] - as in_the_midst, for D/out in place.
in_place() {
	fresh 666
	"${@:3}" half_way "$1" D/out
	"$2"
	all_the_way
}

@test "rights: in place, a name that is not there any more is no success" {
	local option event
	for option in --inplace --append --seek=0; do
		for event in moved removed made_anew replaced_by_wider \
		    replaced_by_directory replaced_by_device \
		    directory_renamed directory_replaced \
		    directory_becomes_link; do
			echo "$option $event:"
			in_place "$option" "$event"
			ends 4
			[[ $output == "zcopy: D/out: it was renamed, "* ]]
		done
		in_place "$option" moved as_nobody
		ends 4
		same in <(tail -c 100000 D/out.1)
		in_place "$option" replaced_by_link
		ends 0
		in_place "$option" nothing
		ends 0
		same in <(tail -c 100000 D/out)
	done
}

@test "rights: in place, a new file in a directory that is renamed is told" {
	local option
	for option in --inplace --append --seek=0 --no-clobber; do
		fresh 600
		rm D/out
		half_way "$option" D/out
		mv D E
		all_the_way
		ends 4
		[ "$option" != --no-clobber ] || [ -z "$(ls -A E)" ]
	done
}

@test "rights: a working directory may be renamed, but not removed" {
	local option
	for option in "" --inplace --no-clobber; do
		fresh 600
		rm D/out
		cp in D
		cd D
		# shellcheck disable=SC2086
		half_way $option out
		mv ../D ../E
		all_the_way
		cd ..
		ends 0
		same in E/out
	done
	fresh 600
	cp in D
	cd D
	half_way out
	rm -r ../D
	exec 7>&-
	cd "$BATS_TEST_TMPDIR"
	ends 4
	[ ! -e D ]
}

@test "rights: of several zcopys to one DEST at the same time all succeed" {
	local i pids=()
	for option in "" --inplace; do
		fresh 644
		pids=()
		for i in {1..6}; do
			start $option in D/out
			pids+=("$pid")
		done
		for i in "${pids[@]}"; do
			ends 0 "$i"
		done
		same in D/out
	done
}

@test "rights: a link that is turned meanwhile, as DEST or in its path" {
	local option
	for option in "" --inplace; do
		fresh 644
		mkdir -m 777 E F
		cp D/out E/out
		cp D/out F/out
		ln -s E way
		# shellcheck disable=SC2086
		half_way $option way/out
		ln -sfn F way
		all_the_way
		ends 4
		[ "$(cat F/out)" = old ]
		rm way "$fifo"
		ln -s E/out way
		# shellcheck disable=SC2086
		half_way $option way
		ln -sfn F/out way
		all_the_way
		ends 4
		[ "$(cat F/out)" = old ]
		rm way
	done
}

@test "rights: a FIFO that is removed meanwhile has been read all the same" {
	fresh 644
	mkfifo D/fifo
	cat D/fifo >got 3>&- 7>&- &
	half_way D/fifo
	rm D/fifo
	all_the_way
	ends 0
	retry cmp in got
}

# Links of others

# link_protection N - set the sysctl for the time of the case.
link_protection() {
	local file=/proc/sys/fs/protected_symlinks
	: "${protection:=$(cat "$file")}"
	echo "$1" 2>/dev/null >"$file" || skip "the sysctl cannot be set"
}
protection=

teardown() {
	end_all
	[ -z "$protection" ] ||
	    echo "$protection" >/proc/sys/fs/protected_symlinks
}

@test "rights: another user's link in a directory like /tmp is not followed" {
	local option name
	link_protection 0
	fresh 666
	mkdir -m 1777 tmp
	mkfifo -m 666 D/fifo
	exec 7<>D/fifo
	as_nobody ln -s "$PWD/D/out" tmp/link
	as_nobody ln -s link tmp/chain
	as_nobody ln -s "$PWD/D/new" tmp/dangling
	as_nobody ln -s "$PWD/D/fifo" tmp/fifo
	ln -s tmp/link outside
	for name in tmp/link tmp/chain tmp/dangling tmp/fifo outside; do
		for option in "" --inplace --append --seek=0; do
			[ "$name$option" != tmp/fifo--seek=0 ] || continue
			# shellcheck disable=SC2086
			zcopy 4 $option in "$name" 7>&-
			[ "$output" = "zcopy: $name: create: Permission denied" ]
		done
	done
	[ "$(cat D/out)" = old ]
	[ ! -e D/new ]
	! read -r -t 0 -u 7
	exec 7>&-
}

@test "rights: whose link it is decides, and where it is" {
	local option
	link_protection 0
	for option in "" --inplace --append --seek=0; do
		fresh 666
		rm -rf tmp
		mkdir -m 1777 tmp
		as_nobody ln -s "$PWD/D/out" tmp/theirs
		ln -s "$PWD/D/out" tmp/ours
		as_nobody ln -s "$PWD/D/out" D/theirs
		# shellcheck disable=SC2086
		zcopy 0 $option in tmp/ours
		# shellcheck disable=SC2086
		zcopy 0 $option in D/theirs
		# shellcheck disable=SC2086
		as_nobody zcopy 0 $option in tmp/theirs
		same in <(tail -c 100000 D/out)
	done
}

@test "rights: another user's dangling link is refused whatever the sysctl says" {
	local option
	mkdir -m 1777 tmp
	as_nobody ln -s "$PWD/new" tmp/link
	for option in "" --inplace --append --seek=0 --no-clobber; do
		# shellcheck disable=SC2086
		zcopy 4 $option in tmp/link
		[[ $output == "zcopy: tmp/link: "*"Permission denied"* ]]
		[ ! -e new ]
	done
}

@test "rights: a link of /proc to an open file is written in place" {
	local option link=/proc/$BASHPID/fd/8
	for option in --inplace --append --seek=0; do
		fresh 666
		exec 8<>D/out
		zcopy 0 $option in "$link"
		same in <(tail -c 100000 D/out)
		rm D/out
		zcopy 0 $option in "$link"
		same in <(tail -c 100000 "$link")
		exec 8>&-
	done
}
