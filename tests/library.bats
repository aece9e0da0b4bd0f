#!/usr/bin/env bats
# The library as `make install` installs it, for programs that find it with
# pkg-config.  The small programs, tests/use-library*, are examples as well.
# bats file_tags=slow

load helpers
load peer

WARNINGS=(-Wall -Wextra -Werror -pedantic)

# Install once, for all cases, below $made.  The manual pages and documents are
# read there.  The program, the library and its header are taken from $root:
# `make installcheck` sets $INSTALLED to where they were installed, perhaps from a
# package, which compresses manual pages and moves the licence.
setup_file() {
	export build=${TEST_BIN%/*} made=$BATS_FILE_TMPDIR/root
	export root=${INSTALLED-$made}
	export header lib bin man doc page
	is_plain_build || return 0
	make_here install "DESTDIR=$made"
	eval "$(make_here where "DESTDIR=$root")"
	man=$made${man#"$root"} doc=$made${doc#"$root"}
	page=$man/man3/libzcopy.3
	export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
	export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
}

setup() {
	is_plain_build || skip "needs the directory of a build for users"
	cd "$BATS_TEST_TMPDIR" || return
}

# is_plain_build - false with sanitizers or gcov: the library then needs more
# than the C library.
is_plain_build() {
	grep -q '^CHECK_CFLAGS = *$' "$build/Makefile"
}

# has_static - true if the static library was built: distributions configure with
# --disable-static.
has_static() {
	"$build/libtool" --features | grep -qx 'enable static libraries'
}

requires_static() {
	has_static || skip "configured with --disable-static"
}

# flags_for shared|static - set ${cflags[@]} and ${libs[@]}, for the compiler.
flags_for() {
	requires pkg-config
	read -ra cflags <<<"$(pkg-config --cflags zcopy)"
	read -ra libs <<<"$(pkg-config --libs zcopy)"
	[ "${#libs[@]}" -gt 0 ]
	[ "$1" = static ] || return 0
	requires_static
	libs=('-Wl,-Bstatic' "${libs[@]}" '-Wl,-Bdynamic')
}

# compiler LANGUAGE - set ${compiler[@]} to the compiler of this build.
compiler() {
	local words=${CC:-cc}
	[ "$1" != c++ ] || words=${CXX:-c++}
	read -ra compiler <<<"$words"
	requires "${compiler[0]}"
}

# compile shared|static LANGUAGE SOURCE ARG... - make ./program, with the flags
# of pkg-config alone.
compile() {
	local cflags libs
	flags_for "$1"
	compiler "$2"
	"${compiler[@]}" "${WARNINGS[@]}" "${cflags[@]}" "${@:4}" \
	    -o program -x "$2" "$3" -x none "${libs[@]}"
	# Fail if it is linked with the other library.
	if [ "$1" = shared ]; then
		needed program | grep -qx 'libzcopy\.so\.[0-9]*'
	else
		[[ $(needed program) != *libzcopy* ]]
	fi
}

# needed FILE - print the libraries that FILE needs, one a line.
needed() {
	requires readelf
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

# with_library CMD... - run CMD, which finds the installed library.
with_library() {
	LD_LIBRARY_PATH=$lib timeout 20 "$@" 3>&-
}

# declared - print the functions of the header, one a line.
declared() {
	compiler c
	"${compiler[@]}" -E -P "$header" | grep -o '\<zc_[a-z_]*(' |
	    tr -d '(' | sort -u
}

# defined NM-ARGUMENT... - print the global symbols of a library, one a line.
defined() {
	requires nm
	nm -g --defined-only "$@" | awk 'NF == 3 { print $3 }' | sort -u
}

# What is installed

@test "library: make install installs all that a program needs" {
	local file
	! has_static || [ -f "$lib/libzcopy.a" ]
	[ -f "$lib/pkgconfig/zcopy.pc" ]
	[ -f "$page" ]
	cmp "$header" "$BATS_TEST_DIRNAME/../src/zcopy.h"
	# No link is dangling.
	for file in "$lib"/libzcopy.so*; do
		[ -f "$file" ]
	done
}

@test "library: make install installs zcopy-plot and its manual" {
	[ -f "$man/man1/zcopy-plot.1" ]
	[ -x "$bin/zcopy-plot" ]
	requires python3
	run "$bin/zcopy-plot" --help
	[ "$status" -eq 0 ]
	[[ $output == "usage: zcopy-plot "* ]]
}

@test "library: make install installs the examples, the scripts executable" {
	local source file
	for source in "$BATS_TEST_DIRNAME"/../scripts/examples/*; do
		file=$doc/examples/${source##*/}
		same "$source" "$file"
		[[ $file == *.* ]] || [ -x "$file" ]
	done
}

@test "library: make install installs README, NEWS and the licence" {
	local name
	for name in COPYING NEWS README; do
		same "$BATS_TEST_DIRNAME/../$name" "$doc/$name"
	done
}

@test "library: make uninstall leaves nothing behind" {
	make_here install "DESTDIR=$PWD/again"
	[ -n "$(find again ! -type d)" ]
	make_here uninstall "DESTDIR=$PWD/again"
	run find again ! -type d
	echo "$output"
	[ -z "$output" ]
}

@test "library: its soname is libzcopy.so and the number of the interface" {
	requires readelf
	run readelf -d "$lib/libzcopy.so"
	[[ $output == *"(SONAME)"*"[libzcopy.so.1]"* ]]
	[ -f "$lib/libzcopy.so.1" ]
}

@test "library: it needs nothing but the C library" {
	# On some machines the dynamic linker is named as well.
	needed "$lib/libzcopy.so" | grep -v '^ld-' >others
	cat others
	[[ $(cat others) == libc.* ]]
	[ "$(wc -l <others)" -eq 1 ]
}

@test "library: it exports what the header declares, and nothing else" {
	declared >in-header
	grep -qx zc_job_run in-header
	defined -D "$lib/libzcopy.so" >exported
	diff in-header exported
}

@test "library: the static one defines only names that begin with zc_" {
	requires_static
	defined "$lib/libzcopy.a" >names
	grep -qx zc_job_run names
	# On i686 gcc adds a function of its own to all object files.
	run grep -Ev '^(zc_|__x86\.get_pc_thunk\.)' names
	echo "$output"
	[ "$status" -eq 1 ]
}

@test "library: pkg-config knows the version that zc_version() gives" {
	cat >version.c <<-'EOF'
		#include <zcopy.h>
		int main(void) { return puts(zc_version()) < 0; }
	EOF
	compile shared c version.c
	[ "$(with_library ./program)" = "$(pkg-config --modversion zcopy)" ]
	zcopy 0 --version
	[ "$output" = "zcopy $(pkg-config --modversion zcopy)" ]
}

# The header

# header_is LANGUAGE STANDARD... - true if the header compiles by each STANDARD,
# alone and included twice.
header_is() {
	local language=$1 standard cflags libs
	flags_for shared
	compiler "$language"
	cat >alone <<-'EOF'
		#include <zcopy.h>
		#include <zcopy.h>
		struct zc_request all = ZC_REQUEST_INIT(0, 1);
		struct zc_sink sink = ZC_SINK_INIT(2);
		struct zc_io io = ZC_IO_INIT;
		struct zc_range range = ZC_RANGE_INIT;
		struct zc_result result = ZC_RESULT_INIT;
		struct zc_ends ends = ZC_ENDS_INIT;
		struct zc_plan plan = ZC_PLAN_INIT;
	EOF
	# No struct that has a size is without an initializer.
	[ "$(grep -c '^	size_t size;' "$header")" -eq \
	    "$(grep -c '^struct' alone)" ]
	for standard in "${@:2}"; do
		echo "$standard"
		"${compiler[@]}" "-std=$standard" "${WARNINGS[@]}" \
		    -pedantic-errors -Wconversion -Wsign-conversion \
		    "${cflags[@]}" -fsyntax-only -x "$language" alone
	done
}

@test "library: the header compiles alone in C99, C11 and C17" {
	header_is c c99 c11 c17 gnu17
}

@test "library: the header compiles alone in C++11 and C++17" {
	header_is c++ c++11 c++17
}

# offsets_are_wide ARG... - true if all offsets have 64 bits, with these
# arguments of the compiler.
offsets_are_wide() {
	local cflags libs
	flags_for shared
	compiler c
	cat >wide.c <<-'EOF'
		#include <zcopy.h>
		#define WIDE(type, member) \
			_Static_assert(sizeof(((struct type *)0)->member) == \
			    8, #type "." #member)
		WIDE(zc_request, offset);
		WIDE(zc_request, out_offset);
		WIDE(zc_request, bytes);
		WIDE(zc_request, timeout);
		WIDE(zc_wait, until);
		WIDE(zc_sink, offset);
		WIDE(zc_range, offset);
		WIDE(zc_range, out_offset);
		WIDE(zc_range, bytes);
		WIDE(zc_ends, bytes);
		WIDE(zc_event, bytes);
		WIDE(zc_moved, in_from);
		WIDE(zc_moved, out_from);
		WIDE(zc_moved, length);
		WIDE(zc_method_use, bytes);
		WIDE(zc_method_use, refused_at);
		WIDE(zc_result, bytes);
		WIDE(zc_result, header_bytes);
		WIDE(zc_result, trailer_bytes);
		WIDE(zc_result, lost);
		int (*sender)(int, int, int64_t, size_t, struct zc_hdtr *,
		    int64_t *, int) = zc_sendfile;
		ssize_t (*splicer)(int, int, int64_t *, size_t, unsigned) =
		    zc_splice;
	EOF
	"${compiler[@]}" "${WARNINGS[@]}" "${cflags[@]}" "$@" -fsyntax-only wide.c
}

@test "library: offsets have 64 bits, whatever off_t has" {
	offsets_are_wide
}

@test "library: offsets have 64 bits in 32-bit programs" {
	compiler c
	echo '#include <stdio.h>' >probe.c
	"${compiler[@]}" -m32 -fsyntax-only probe.c 2>/dev/null ||
	    skip "needs 32-bit headers"
	offsets_are_wide -m32
	offsets_are_wide -m32 -D_FILE_OFFSET_BITS=64
}

# Programs

# c_program shared|static - the program in C moves everything.
c_program() {
	compile "$1" c "$BATS_TEST_DIRNAME/use-library.c" -std=c99
	random_file in 3000321
	with_library ./program <in 2>said >out
	{
		echo "--- begin ---"
		cat in
		echo "--- end ---"
	} >expected
	same expected out
	grep -q '^3000321 bytes, [a-z]' said
}

@test "library: a program in C works with the shared library" {
	c_program shared
}

@test "library: a program in C works with the static library" {
	c_program static
}

@test "library: a program in C learns which side failed" {
	compile shared c "$BATS_TEST_DIRNAME/use-library.c"
	random_file in 300000
	with_library ./program <in 2>said >/dev/full || status=$?
	[ "$status" -eq 1 ]
	grep -qx 'output: No space left on device' said
	grep -qx '0 bytes' said
}

# cc_program shared|static - the program in C++ moves a range.
cc_program() {
	compile "$1" c++ "$BATS_TEST_DIRNAME/use-library.cc" -std=c++11
	random_file in 1000000
	with_library ./program 4321 654321 <in >out
	tail -c +4322 in | head -c 654321 >expected
	same expected out
	# The same to a pipe.
	with_library ./program 4321 654321 <in | cat >out
	same expected out
}

@test "library: a program in C++ works with the shared library" {
	cc_program shared
}

@test "library: a program in C++ works with the static library" {
	cc_program static
}

@test "library: a program in C++ learns how many bytes were moved" {
	compile shared c++ "$BATS_TEST_DIRNAME/use-library.cc"
	random_file in 1000000
	with_library ./program 999000 2000 <in 2>said >out || status=$?
	[ "$status" -eq 1 ]
	grep -qx 'after 1000 bytes: No data available' said
	tail -c 1000 in >expected
	same expected out
}

@test "library: a program in Python sends headers, a file and trailers" {
	requires python3
	random_file in 3000321
	run with_library "$PYTHON" "$BATS_TEST_DIRNAME/use-library.py" in
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "transfer: 3000338 bytes" ]
	[ "${lines[1]}" = "sendfile: 3000338 bytes" ]
}

# Versions

# uncommented - the header without its comments.
uncommented() {
	sed -z 's,/\*\([^*]\|\*[^/]\)*\*/,,g' "$header"
}

# declarations - the same, with each member in one line.
declarations() {
	uncommented | sed -z 's/,[ \t]*\n[ \t]*/, /g'
}

# older_header LAST - ./zcopy.h: what an older version might have installed,
# where zc_request ends with the member LAST, and other structs earlier, too.
older_header() {
	local struct last cuts=()
	while read -r struct last; do
		cuts+=(-e "/^struct $struct {/,/^};/{
			/\\<$last\\(;\\|\\[\\|)(\\)/,/^};/{//!d}
		}")
	done <<-EOF
		zc_request $1
		zc_sink hdtr
		zc_io writev
		zc_range bytes
		zc_ends bytes
		zc_plan method
		zc_event plan
		zc_result lost
	EOF
	declarations | sed "${cuts[@]}" >zcopy.h
	! grep -Ew 'allow|timeout|io;|finish|last|append|why_not|moved;|used' zcopy.h
}

# newer_header - ./zcopy.h: each struct that has a size has one more member.
newer_header() {
	declarations | sed '/^struct zc_[a-z]* {/,/^};/{
		/size_t size;/,/^};/s/^};/	int64_t extra;\n&/
	}' >zcopy.h
	[ "$(grep -c 'int64_t extra;' zcopy.h)" -eq 7 ]
}

# versioned SOURCE - compile it against ./zcopy.h, which comes before the
# installed one, and run it with the library.
versioned() {
	compile shared c "$BATS_TEST_DIRNAME/$1" -include ./zcopy.h
	with_library ./program
}

@test "library: a caller with an older header runs with this library" {
	older_header arg
	versioned caller-older.c
}

@test "library: a caller with older sinks and hooks runs with this library" {
	older_header sink_count
	versioned caller-sinks.c
}

@test "library: a caller with a newer header runs, if it asks for nothing new" {
	newer_header
	versioned caller-newer.c
}

# The manual

# example - print the program in the manual page.
example() {
	sed -n '/^\.Bd -literal/,/^\.Ed/{/^\.Bd/,/^\/\*/{/^\/\*/!d};/^\.Ed/d;p}' \
	    "$1" | sed 's/\\e/\\/g'
}

@test "library: the program in the manual page is tests/use-library-http.c" {
	example "$page" >example.c
	diff "$BATS_TEST_DIRNAME/use-library-http.c" example.c
}

@test "library: the program in the manual page answers a request" {
	requires python3
	compile shared c "$BATS_TEST_DIRNAME/use-library-http.c"
	random_file page.html 1000321
	printf 'GET / HTTP/1.0\r\nHost: here\r\n\r\n' >request
	with_library "$PYTHON" "$PEER" pair stream 0 sndbuf=1 send=request \
	    save=answer -- ./program page.html
	printf 'HTTP/1.0 200 OK\r\nContent-Length: 1000321\r\n\r\n' >expected
	cat page.html >>expected
	same expected answer
}

@test "library: man finds the manual page by the name of each function" {
	local name
	requires mandoc
	declared >in-header
	while read -r name; do
		grep -qx "\.Nm $name\( ,\)\?" "$page"
		(cd "$man" && mandoc -T ascii "man3/$name.3") |
		    grep -q '^LIBZCOPY(3)'
	done <in-header
	# There is no page but these.
	find "$man/man3" -name 'zc_*.3' | sed 's,.*/,,; s,\.3$,,' | sort |
	    diff in-header -
}

# prototypes - print those of the manual page, as its readers see them.
prototypes() {
	requires mandoc
	mandoc -T ascii "$page" | sed 's/.\x08//g' |
	    sed -n '/^SYNOPSIS/,/^DESCRIPTION/s/^     //p' | sed '/^ *cc /d'
}

@test "library: the manual page declares the functions as the header does" {
	local cflags libs
	flags_for shared
	compiler c
	prototypes >page.c
	grep -o '\<zc_[a-z_]*(' page.c | tr -d '(' | sort >in-page
	declared | diff - in-page
	"${compiler[@]}" "${WARNINGS[@]}" "${cflags[@]}" -fsyntax-only page.c
}

# names - print all that the header declares and defines, one a line.
names() {
	uncommented | sed '/^#define ZC_/b; /^#/d' |
	    grep -Eo '\<[A-Za-z_][A-Za-z_0-9]*' | sort -u |
	    grep -Evx 'FILE|C|bool|char|const|define|enum|extern|false|int|int[0-9]+_t|iovec|short|size_t|sizeof|ssize_t|struct|unsigned|void|NULL|INT64_MIN'
}

@test "library: the manual page names all that is in the header" {
	local name missing=0
	names >in-header
	grep -qx out_offset in-header
	while read -r name; do
		grep -qw -e "$name" "$page" ||
		    { echo "not in libzcopy.3: $name"; missing=1; }
	done <in-header
	[ $missing -eq 0 ]
}

# Includes

# only_includes DIR REGEX - true if the files of src/DIR include only config.h,
# each other, and what matches REGEX.
only_includes() {
	local file name
	cd "$BATS_TEST_DIRNAME/../src/$1" || return
	for file in *.[ch]; do
		while read -r name; do
			echo "$file: $name"
			[[ $name == config.h || $name =~ ^($2)$ ||
			    ( $name != */* && -f $name ) ]]
		done < <(sed -n 's/^#include "\(.*\)"/\1/p' "$file")
	done
}

@test "library: the program uses nothing of the engine but zcopy.h" {
	cd "$BATS_TEST_DIRNAME/../src"
	run grep -n '#include.*engine/' main.c \
	    {base,bench,cli,endpoint,report,system,transfer}/*.[ch]
	echo "$output"
	[ "$status" -eq 1 ]
}

@test "library: the engine uses nothing of the program" {
	only_includes engine '\.\./zcopy\.h|\.\./base/(clock|minmax|missing)\.h|\.\./system/[a-z-]+\.h'
}

@test "library: what the engine uses of base/ and system/ uses nothing else" {
	local shared
	only_includes system '\.\./base/(diag|minmax|missing)\.h'
	run grep -n '#include "' ../base/{clock,minmax,missing}.h
	echo "$output"
	[ "$status" -eq 1 ]
	cd ../..
	mapfile -t shared < <(sed -n '/^libzcopy_engine_la_SOURCES/,/^$/s,.*\(src/system/[a-z.-]*\).*,\1,p' \
	    Makefile.am)
	[ ${#shared[@]} -ge 6 ]
	run grep -n 'base/diag' "${shared[@]}"
	[ "$status" -eq 1 ]
}

# A file could declare a function itself, without an #include.
@test "library: the program is linked with functions of zcopy.h alone" {
	requires nm
	declared >in-header
	nm -g --defined-only "$build/.libs/libzcopy-engine.a" |
	    awk 'NF == 3 { print $3 }' | sort -u >engine
	nm -u "$build/libzcopy-program.a" | awk 'NF == 2 { print $2 }' |
	    sort -u | comm -12 - engine >used
	grep -qx zc_transfer used
	run comm -23 used in-header
	echo "$output"
	[ -z "$output" ]
}
