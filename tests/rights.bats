#!/usr/bin/env bats
# A DEST that is replaced gives no user more rights than before, whatever
# happens to it during the copy; and if its name is gone, zcopy fails.

load helpers
load rights

# within A B - true if no digit of A has a bit that the same digit of B lacks.
within() {
	local i
	for ((i = 0; i < ${#people[@]}; i++)); do
		[ $((${1:i:1} & ~${2:i:1})) -eq 0 ] || return
	done
}

# keeps_to_rights KIND EVENT [as_nobody] - zcopy succeeds, and no user has more
# rights than on the old file.
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

# is_refused KIND EVENT [as_nobody] - zcopy fails, and leaves nothing behind.
is_refused() {
	local there
	in_the_midst "$@"
	there=$(find D/ E F other -printf '%p %i %y\n' 2>/dev/null | sort)
	echo "$*:"
	ends 4
	diff <(echo "$there") \
	    <(find D/ E F other -printf '%p %i %y\n' 2>/dev/null | sort)
}

# each WHAT KINDS EVENTS - call WHAT with each kind and each event, as root and
# as nobody.
each() {
	local kind event
	for kind in $2; do
		for event in $3; do
			"$1" "$kind" "$event"
			"$1" "$kind" "$event" as_nobody
		done
	done
}

@test "rights: root keeps owner, group, mode and ACL of an old file" {
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

# shown - print all rights on D/out.
shown() {
	may D/out
	stat -c %u:%g:%a D/out
	getfacl -cn D/out
}

@test "rights: root without CAP_FOWNER keeps all but the set-id bits" {
	local kind mask
	without fowner
	for mask in 022 077; do
		umask $mask
		for kind in $kinds; do
			fresh "$kind"
			shown | sed 's/:[0-7]\(...\)$/:\1/' >was
			zcopy 0 in D/out
			same in D/out
			echo "$kind:"
			diff was <(shown)
			[ -z "$(getcap D/out)" ]
		done
	done
}

@test "rights: without CAP_FOWNER, no event gives a user more rights" {
	local kind event
	without fowner
	for kind in 644 group-kept-out; do
		for event in $keeps; do
			keeps_to_rights "$kind" "$event"
		done
	done
}

@test "rights: without the right to chown, no user gets more rights" {
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

@test "rights: a file that is moved away during the copy gives no user more" {
	local kind
	for kind in $kinds; do
		keeps_to_rights "$kind" moved
	done
}

@test "rights: a file that is changed during the copy gives no user more" {
	each keeps_to_rights "644 group-kept-out" "$keeps"
}

@test "rights: a DEST that is no longer a file, or elsewhere, gives status 4" {
	each is_refused group-kept-out "$strays"
}

@test "rights: the new file has the ACL of an old one that is moved away" {
	in_the_midst group-kept-out nothing
	ends 0
	getfacl -cn D/out >"$BATS_TEST_TMPDIR.acl"
	in_the_midst group-kept-out moved
	ends 0
	diff "$BATS_TEST_TMPDIR.acl" <(getfacl -cn D/out)
}

@test "rights: -v reports an ACL that is lost, and none that is kept" {
	local event
	fresh 644
	half_way -v D/out
	replaced_by_listed
	all_the_way
	ends 0
	[[ $output == *"zcopy: D/out: the access list of the file that took its name is another: only the owner's rights are kept"* ]]
	for event in nothing listed moved; do
		fresh group-kept-out
		half_way -v D/out
		"$event"
		all_the_way
		ends 0
		[[ $output != *"access list"* ]]
	done
}

@test "rights: a directory that was renamed is left alone, and the error says so" {
	in_the_midst 644 directory_renamed
	ends 4
	[[ $output == "zcopy: D/out: a directory or a link in its path was "* ]]
	[ "$(cat E/out)" = old ]
	[ "$(ls E)" = out ]
}
