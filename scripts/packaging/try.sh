# shellcheck shell=sh disable=SC2154	# they set $packaging and $tarball
# try.sh: what try-deb and try-rpm share.  It goes to a new directory, and
# installs what each build needs.

PATH=$PATH:/usr/sbin:/sbin
export DEBIAN_FRONTEND=noninteractive

get() {
	apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 \
	    "$@" </dev/null >/dev/null
}

# packages_in FIELD FILE: print the packages that a field of this control file
# names, one a line.
packages_in() {
	sed -n "/^$1:/,/^[A-Z]/s/^ \([^ ,(|@]*\).*/\1/p" "$2"
}

# quietly NAME COMMAND...: show the end of its output only if it fails.
quietly() {
	name=$1
	shift
	"$@" >"$name.log" 2>&1 && return
	tail -n 60 "$name.log"
	return 1
}

# use ZCOPY [ARGUMENT...]: this program works, and so does a program that is
# linked with libzcopy.  The arguments are for the compiler.
use() {
	"$1" --version
	"$1" --digest=sha256 --expect="sha256:$(sha256sum <"$tarball" |
	    cut -c 1-64)" "$tarball" copy
	cmp "$tarball" copy
	shift
	cc -o program "$packaging/../../tests/use-library.c" "$@"
	./program <"$tarball" >copy
	[ "$(wc -c <copy)" -gt "$(wc -c <"$tarball")" ]
}

cd "$(mktemp -d)" || exit
apt-get update -qq
# shellcheck disable=SC2046	# words
get build-essential $(packages_in Build-Depends "$packaging/debian/control" |
    sed 's/^debhelper-compat$/debhelper/')
