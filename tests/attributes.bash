# All the attributes of a file: `load attributes` after `load helpers`.

# facts FILE - print its mode, owner and mtime, and all its extended attributes,
# ACL and capabilities among them.
facts() {
	stat -c '%a %u:%g %.9Y' "$1"
	(cd "${1%/*}" && getfattr -h -d -m - -e hex "${1##*/}") | grep '=' | sort
}

# many FILE COUNT SIZE... - give FILE COUNT attributes of 10 random bytes, and
# one of each SIZE.  setfattr(1) cannot: an argument has at most 128 KiB.
many() {
	requires python3
	python3 -c 'import os, sys
for n, size in enumerate([10] * int(sys.argv[2]) + sys.argv[3:]):
    os.setxattr(sys.argv[1], f"user.{n}", os.urandom(int(size)))' "$@"
}

# prepare - make a new directory D with D/out, for `untouched`.
prepare() {
	rm -rf D
	mkdir D
	echo old >D/out
	setfattr -n user.old -v o D/out
	facts D/out >"$BATS_TEST_TMPDIR.old"
}

# untouched - D/out is the old file with its attributes, and nothing else is in
# D.
untouched() {
	[ "$(cat D/out)" = old ]
	diff "$BATS_TEST_TMPDIR.old" <(facts D/out)
	[ "$(ls -A D)" = out ]
}
