#!/usr/bin/env bats
# Rights on a new DEST; a DEST written in place whose name is gone at the end;
# and links of other users.

load helpers
load rights

# New files

@test "rights: a new file has the permission bits of SOURCE & ~umask" {
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

@test "rights: a user can copy a file of mode 444" {
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

@test "rights: without O_TMPFILE a new file has the bits of SOURCE, too" {
	chmod 600 in
	FAULT=linkat:EPERM:1+ zcopy 0 in new
	fault_fired
	[ "$(stat -c %a new)" = 600 ]
}

@test "rights: streams, descriptors and kernel files give a file of mode 0666" {
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

@test "rights: a new file grants no more than the ACL of SOURCE" {
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

@test "rights: a new file gets the default ACL of its directory" {
	requires python3
	fresh default
	chmod 640 in
	zcopy 0 in D/new
	(umask 0; python3 -c 'import os; os.open("D/like", os.O_CREAT, 0o640)')
	diff <(getfacl -cn D/like) <(getfacl -cn D/new)
}

@test "rights: a file that takes the name first adds no rights to the new one" {
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

# in_place OPTION EVENT [as_nobody] - as in_the_midst, but write D/out in place.
in_place() {
	fresh 666
	"${@:3}" half_way "$1" D/out
	"$2"
	all_the_way
}

@test "rights: in place, a name that is gone at the end gives status 4" {
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

@test "rights: in place, a renamed directory of a new file gives status 4" {
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
		cd "$BATS_TEST_TMPDIR"
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

@test "rights: several zcopys to one DEST at the same time all succeed" {
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

@test "rights: a link to DEST, or in its path, that is changed gives status 4" {
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

@test "rights: a FIFO that is removed during the copy is a success" {
	fresh 644
	mkfifo D/fifo
	cat D/fifo >got 3>&- 7>&- &
	half_way D/fifo
	rm D/fifo
	all_the_way
	ends 0
	retry cmp in got
}

# Links of other users

# protection KIND N - set the sysctl fs.protected_KIND; teardown restores it.
# There is one for the whole machine: a lock keeps another run of this suite from
# saving or restoring it now, also one in a chroot, which has the same /sys.
protection() {
	local file=/proc/sys/fs/protected_$1
	requires flock
	exec 6</sys/kernel
	flock -w 60 6
	: "${protections[$1]:=$(cat "$file")}"
	echo "$2" 2>/dev/null >"$file" || skip "the sysctl cannot be set"
}
declare -gA protections=()

teardown() {
	local kind
	end_all
	for kind in "${!protections[@]}"; do
		echo "${protections[$kind]}" >"/proc/sys/fs/protected_$kind"
	done
}

# may_write STATUS ARG... - the explanation and the run of nobody's `zcopy
# ARG...` end with this STATUS, and if it is 4, by the same message.
may_write() {
	local want=$1 explained
	shift
	as_nobody zcopy "$want" --explain "$@"
	explained=$output
	as_nobody zcopy "$want" "$@"
	[ "$want" -eq 0 ] || {
		[ "$output" = "zcopy: ${*: -1}: open: Permission denied" ]
		[ "$explained" = "$output" ]
	}
}

@test "rights: --explain knows fs.protected_regular and fs.protected_fifos" {
	local row level mode want
	requires_root
	echo data >in
	chmod 644 in
	mkdir tmp
	install -m 666 in tmp/file
	mkfifo -m 666 tmp/fifo
	chown daemon tmp/*		# neither who writes, nor the directory's
	exec 7<>tmp/fifo
	for row in "0 1777 0" "1 1777 4" "1 1775 0" "2 1775 4"; do
		read -r level mode want <<<"$row"
		chmod "$mode" tmp
		protection regular "$level"
		protection fifos "$level"
		may_write "$want" --inplace in tmp/file
		may_write "$want" --append in tmp/file
		may_write "$want" in tmp/fifo 7>&-
	done
}

@test "rights: another user's link in a directory like /tmp is not followed" {
	local option name
	protection symlinks 0
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
	run read -r -t 0 -u 7
	[ "$status" -ne 0 ]
	exec 7>&-
}

@test "rights: a link of one's own, or outside /tmp, is followed" {
	local option
	protection symlinks 0
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
