# What may happen to DEST, D/out, during a copy, and what users may do with it
# afterwards: `load rights` after `load helpers`.

# Users as UID:GID[,GID].  The files here belong to user 6001 and group 7001;
# access lists name user 6003 and group 7003.
owner=6001:7001
# shellcheck disable=SC2054	# commas are part of them
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

# may FILE - print what each of `people` may do with FILE, a digit for each: see
# tests/may.c.
may() {
	"$may" "$1" "${people[@]}"
}

# old_file KIND NAME - make a DEST of this kind.
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

# Events: what happens to D/out during the copy.

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

# The new file often has the inode number of the old one.
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
	"$ZCOPY" -q unix-listen:D/out /dev/null 3>&- 7>&- &
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

# fresh KIND - make a new directory D with D/out, of this kind.
fresh() {
	end_all
	exec 7>&-
	rm -rf D E F other "$BATS_TEST_TMPDIR.fifo" "$BATS_TEST_TMPDIR".*.log
	mkdir D
	chmod 777 D
	old_file "$1" D/out
}

# in_the_midst KIND EVENT [as_nobody] - let zcopy move `in` to D/out, which is
# of this KIND, with EVENT half way.  Set $before to what users could do with
# D/out before, and $by_then to what they could do after EVENT, if it is a file.
# If it is still the same file, $before is $by_then, because only that counts.
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
