#include "config.h"

#include "option-table.h"

#include <stddef.h>
#include <sys/socket.h>

#include "../endpoint/congestion.h"
#include "../endpoint/parse.h"
#include "../endpoint/endpoint.h"
#include "values.h"

/* MEMBER names the member of struct options that an option sets.  TRUE sets a
 * bool; CONSTANT sets an int or enum to a value that is not 0. */
#define HEADING(title) { .help = title }
#define MEMBER(name) .offset = offsetof(struct options, name), \
	.size = sizeof(((struct options *)NULL)->name)
#define TRUE(name) .take = take_true, MEMBER(name)
#define CONSTANT(name, value) .take = take_constant, MEMBER(name), \
	.constant = value

/* The bytes of a constant, an int, are copied to the member and compared with
 * it (take_constant(), take_word(), option_given()). */
_Static_assert(sizeof(enum action) == sizeof(int) &&
    sizeof(enum format) == sizeof(int) &&
    sizeof(enum confirm) == sizeof(int) &&
    sizeof(enum sparse) == sizeof(int) &&
    sizeof(enum digest_algorithm) == sizeof(int) &&
    sizeof(enum zc_method) == sizeof(int) &&
    sizeof(enum progress_when) == sizeof(int), "an enum is no int");

/*
 * In the order of --help.  popt knows an option by the index of its row, and
 * keeps 0 for itself: row 0 is a heading.  The array is longer than the table;
 * the last rows are all zeros.
 */
const struct option option_table[OPTION_ROWS] = {
	HEADING("Range:"),
	{ .name = "--offset", .alias = "--skip", .placeholder = "SIZE",
	    .help = "start SIZE bytes into SOURCE",
	    .take = take_size, MEMBER(offset),
	    .needs = NEED_DATA | NEED_OPERANDS },
	{ .name = "--bytes", .letter = 'c', .alias = "--count",
	    .placeholder = "SIZE",
	    .help = "move exactly SIZE bytes, and read no more",
	    .take = take_size, MEMBER(bytes), .needs = NEED_DATA },
	{ .name = "--allow-short",
	    .help = "a SOURCE that ends early is a success",
	    TRUE(allow_short), .needs = NEED_DATA | NEED_ONCE },
	{ .name = "--seek", .placeholder = "SIZE",
	    .help = "start writing SIZE bytes into DEST, in place",
	    .take = take_size, MEMBER(seek),
	    .needs = NEED_DATA | NEED_POSITION | NEED_OPERANDS,
	    .choice = CHOICE_START },
	{ .name = "--append", .letter = 'a',
	    .help = "append to DEST",
	    TRUE(append), .needs = NEED_DATA | NEED_POSITION | NEED_ONCE,
	    .choice = CHOICE_START },
	{ .name = "--inplace",
	    .help = "truncate and write DEST itself, instead of replacing it "
	    "when all has arrived",
	    TRUE(inplace), .needs = NEED_DATA | NEED_PATH | NEED_OPERANDS },
	{ .name = "--no-clobber", .letter = 'n',
	    .help = "fail if DEST exists",
	    TRUE(no_clobber), .needs = NEED_DATA | NEED_PATH | NEED_ONCE },
	{ .name = "--also", .placeholder = "DEST",
	    .help = "a further destination, which gets the same data; "
	    "repeatable",
	    .take = take_names, MEMBER(also), .word = endpoint_word,
	    .needs = NEED_DATA | NEED_ONCE },
	{ .name = "--all-or-none",
	    .help = "if one of several destinations fails, give up the others, "
	    "instead of completing them",
	    TRUE(all_or_none), .needs = NEED_DATA | NEED_ONCE },
	{ .name = "--header", .placeholder = "FILE",
	    .help = "send FILE before the data; repeatable, in order",
	    .take = take_names, MEMBER(headers),
	    .needs = NEED_DATA | NEED_ONCE },
	{ .name = "--trailer", .placeholder = "FILE",
	    .help = "send FILE after the data, if all of it was sent",
	    .take = take_names, MEMBER(trailers),
	    .needs = NEED_DATA | NEED_ONCE },

	HEADING("Method:"),
	{ .name = "--method", .letter = 'm', .placeholder = "NAME",
	    .help = "use this method or fail: auto (the default: any that "
	    "works), copy_file_range, sendfile, splice, mmap, "
	    "read-write, reflink",
	    .take = take_word, MEMBER(method), .word = method_word,
	    .needs = NEED_DATA },
	{ .name = "--select", .placeholder = "RULES",
	    .help = "try a method first by size: 64K:read-write,*:sendfile = "
	    "up to 64 KiB read-write, else sendfile; -m overrides it",
	    .take = take_rules, MEMBER(rules), .needs = NEED_DATA },
	{ .name = "--stable",
	    .help = "only methods that copy: DEST sees no later changes of "
	    "SOURCE",
	    TRUE(stable), .needs = NEED_DATA },
	{ .name = "--no-disk-io",
	    .help = "fail rather than wait for the disk that SOURCE is on",
	    TRUE(no_disk_io), .needs = NEED_DATA | NEED_ONCE },
	{ .name = "--block-size", .placeholder = "SIZE",
	    .help = "bytes moved by one call, up to 1G",
	    .take = take_buffer_size, MEMBER(block_size), .needs = NEED_DATA },
	{ .name = "--pipe-size", .placeholder = "SIZE",
	    .help = "size of the pipes, up to 1G",
	    .take = take_buffer_size, MEMBER(pipe_size), .needs = NEED_DATA },
	{ .name = "--buffer", .placeholder = "SIZE",
	    .help = "hold up to SIZE in memory between SOURCE and DEST, so "
	    "that a bursty producer and a slow consumer do not wait for each "
	    "other",
	    .take = take_capacity, MEMBER(buffer),
	    .needs = NEED_DATA | NEED_ONCE },
	{ .name = "--explain",
	    .help = "print what would be done and why; move nothing",
	    CONSTANT(action, ACTION_EXPLAIN), .choice = CHOICE_ACTION },
	{ .name = "--list-methods",
	    .help = "print what this build and kernel have; with -v, the "
	    "limits that govern it",
	    CONSTANT(action, ACTION_LIST_METHODS), .choice = CHOICE_ACTION },

	HEADING("Care:"),
	{ .name = "--sync",
	    .help = "flush DEST and its directory to the disk before success "
	    "is reported",
	    TRUE(sync), .needs = NEED_DATA | NEED_POSITION | NEED_FLUSH |
	    NEED_OPERANDS },
	{ .name = "--digest", .placeholder = "ALGO",
	    .help = "print the digest of the data moved, and the name of DEST: "
	    "sha256, xxh3 (XXH3-128)",
	    .take = take_word, MEMBER(digest), .word = digest_word,
	    .first = DIGEST_SHA256, .needs = NEED_DATA | NEED_ONCE },
	{ .name = "--expect", .placeholder = "ALGO:HEX",
	    .help = "fail if the digest is another one, and leave DEST as it "
	    "was",
	    .take = take_expect, MEMBER(expect), .word = expect_word,
	    .needs = NEED_DATA | NEED_ONCE },
	{ .name = "--digest-file", .placeholder = "FILE",
	    .help = "write the digest to FILE, for sha256sum -c or xxhsum -c",
	    .take = take_name, MEMBER(digest_file),
	    .needs = NEED_DATA | NEED_ONCE },
	{ .name = "--resume",
	    .help = "keep DEST.part on failure, and go on from there the next "
	    "time, if SOURCE is the same",
	    TRUE(resume), .needs = NEED_DATA | NEED_ONCE,
	    .lacks = LACKS_XXHASH },
	{ .name = "--preserve", .letter = 'p',
	    .help = "give DEST the mode, times, owner and extended attributes "
	    "of SOURCE, as far as permitted",
	    TRUE(preserve), .needs = NEED_DATA | NEED_PATH | NEED_REGULAR |
	    NEED_ONCE },
	{ .name = "--rate", .letter = 'L', .placeholder = "SIZE",
	    .help = "move at most SIZE bytes a second",
	    .take = take_rate, MEMBER(rate), .needs = NEED_DATA | NEED_ONCE },
	{ .name = "--sparse", .placeholder = "WHEN",
	    .help = "auto (the default: holes of SOURCE stay holes), always "
	    "(so do blocks of zeros), never (write every byte)",
	    .take = take_word, MEMBER(sparse), .word = sparse_word,
	    .needs = NEED_DATA | NEED_HOLES | NEED_ONCE },
	{ .name = "--no-cache",
	    .help = "leave the page cache as it was found, on both sides",
	    TRUE(no_cache), .needs = NEED_DATA | NEED_ONCE },

	HEADING("Network:"),
	{ .name = "--confirm", .placeholder = "WHAT",
	    .help = "what a socket DEST must show for success: close (the "
	    "default: the peer has closed, too), ack (its kernel has "
	    "all data), none",
	    .take = take_word, MEMBER(confirm),
	    .word = confirm_word, .first = CONFIRM_CLOSE,
	    .needs = NEED_SOCKET | NEED_OPERANDS },
	{ .name = "--timeout", .placeholder = "SECONDS",
	    .help = "give up when nothing moves for that long; 0: never",
	    .take = take_seconds, MEMBER(timeout), .needs = NEED_ENDS },
	{ .name = "--retry", .placeholder = "N",
	    .help = "try to connect N more times",
	    .take = take_number, MEMBER(retry),
	    .needs = NEED_CONNECT | NEED_OPERANDS },
	{ .name = "--retry-for", .placeholder = "SECONDS",
	    .help = "try to connect again for that long",
	    .take = take_seconds, MEMBER(retry_for),
	    .needs = NEED_CONNECT | NEED_OPERANDS },
	{ .name = "--allow", .placeholder = "ADDR[/LEN]",
	    .help = "accept connections only from there (vsock:CID: from that "
	    "machine); repeatable",
	    .take = take_allow, MEMBER(allow),
	    .needs = NEED_LISTEN | NEED_OPERANDS },
	{ .name = "--ipv4", .letter = '4',
	    .help = "use IPv4 only",
	    CONSTANT(family, AF_INET),
	    .needs = NEED_TCP | NEED_FAMILY | NEED_OPERANDS,
	    .choice = CHOICE_FAMILY },
	{ .name = "--ipv6", .letter = '6',
	    .help = "use IPv6 only",
	    CONSTANT(family, AF_INET6),
	    .needs = NEED_TCP | NEED_FAMILY | NEED_OPERANDS,
	    .choice = CHOICE_FAMILY },
	{ .name = "--user", .placeholder = "NAME",
	    .help = "give up root for this user, once SOURCE is opened and "
	    "all that listens is bound",
	    .take = take_name, MEMBER(user), .needs = NEED_ONCE },
	{ .name = "--congestion", .placeholder = "NAME",
	    .help = "the TCP congestion control to use",
	    .take = take_name, MEMBER(congestion),
	    .word = congestion_word, .needs = NEED_TCP },
	{ .name = "--discard",
	    .help = "accept connections one after another, and drop what they "
	    "send",
	    CONSTANT(action, ACTION_DISCARD), .choice = CHOICE_ACTION },

	HEADING("Benchmark:"),
	{ .name = "--benchmark",
	    .help = "measure each method, from SOURCE to DEST or on data of "
	    "its own, and say whether the disk or the network is the "
	    "limit",
	    CONSTANT(action, ACTION_BENCHMARK), .choice = CHOICE_ACTION },
	{ .name = "--rounds", .placeholder = "N",
	    .help = "measure each method N times (7)",
	    .take = take_rounds, MEMBER(rounds), .needs = NEED_BENCHMARK },
	{ .name = "--max-time", .placeholder = "SECONDS",
	    .help = "make fewer rounds, at least one, to end in about that "
	    "time",
	    .take = take_seconds, MEMBER(max_time), .needs = NEED_BENCHMARK },
	{ .name = "--csv",
	    .help = "print comma-separated values",
	    CONSTANT(format, FORMAT_CSV),
	    .needs = NEED_BENCHMARK, .choice = CHOICE_FORMAT },

	HEADING("Reporting:"),
	{ .name = "--progress", .letter = 'P',
	    .help = "draw progress on standard error in any case; without it, "
	    "after a second if that is a terminal and neither end is one",
	    CONSTANT(progress, PROGRESS_ALWAYS), .needs = NEED_DATA,
	    .choice = CHOICE_PROGRESS },
	{ .name = "--no-progress",
	    .help = "draw no progress",
	    CONSTANT(progress, PROGRESS_NEVER), .choice = CHOICE_PROGRESS },
	{ .name = "--progress-fd", .placeholder = "N",
	    .help = "write one JSON line a second to descriptor N",
	    .take = take_number, MEMBER(progress_fd),
	    .needs = NEED_DATA | NEED_ONCE, .lacks = LACKS_JANSSON },
	{ .name = "--json",
	    .help = "print one JSON object at the end: on standard output, or "
	    "on standard error if DEST is standard output",
	    CONSTANT(format, FORMAT_JSON), .choice = CHOICE_FORMAT,
	    .lacks = LACKS_JANSSON },
	{ .name = "--json-file", .placeholder = "FILE",
	    .help = "write that object to FILE",
	    .take = take_name, MEMBER(json_file),
	    .needs = NEED_DATA | NEED_ONCE, .lacks = LACKS_JANSSON },
	{ .name = "--syslog",
	    .help = "send errors and the final line to syslog(3), too",
	    TRUE(syslog) },
	{ .name = "--verbose", .letter = 'v',
	    .help = "say which methods were planned, refused and used",
	    TRUE(verbose), .choice = CHOICE_LEVEL },
	{ .name = "--quiet", .letter = 'q',
	    .help = "print errors only",
	    TRUE(quiet), .choice = CHOICE_LEVEL },
	{ .name = "--help", .letter = 'h',
	    .help = "print this help",
	    CONSTANT(action, ACTION_HELP) },
	{ .name = "--list-options",
	    .help = "print the options for programs, one a line: shells "
	    "complete words with it",
	    CONSTANT(action, ACTION_LIST_OPTIONS) },
	{ .name = "--version", .letter = 'V',
	    .help = "print the version",
	    CONSTANT(action, ACTION_VERSION) },
};

const char option_usage[] =
    "[OPTION]... SOURCE DEST\n"
    "       zcopy --benchmark [OPTION]... [SOURCE DEST]\n"
    "       zcopy --discard :PORT\n"
    "       zcopy --list-methods | --list-options | --help | --version";

const char option_short_usage[] =
    "Usage: zcopy [OPTION]... SOURCE DEST\n"
    "  zcopy FILE COPY         copy a file; - is standard input or output\n"
    "  zcopy :9000 FILE        receive a file on port 9000\n"
    "  zcopy FILE HOST:9000    send it from another machine\n"
    "  zcopy --help            list the options; zcopy(1) is the manual\n";

const char option_help_ends[] =
    "\n"
    "SOURCE and DEST:\n"
    "  PATH, file:PATH                a file, FIFO or device\n"
    "  -, fd:N                        standard input or output, "
    "a descriptor\n"
    "  HOST:PORT, [IPV6]:PORT         connect (tcp:HOST:PORT)\n"
    "  :PORT, listen:[HOST:]PORT      accept one connection; listen:fd:N on "
    "a socket\n"
    "                                 that listens already, listen: on "
    "systemd's\n"
    "  unix:PATH, unix-listen:PATH    the same over a unix socket "
    "(@NAME: abstract)\n"
    "  vsock:CID:PORT, vsock-listen:PORT\n"
    "                                 the same between a virtual machine and "
    "its host\n"
    "  exec:COMMAND                   what sh -c COMMAND prints, or its "
    "input\n"
    "\n"
    "SIZE: 512, 64K, 1.5G; K M G T P E (KiB...) are powers of 1024, KB... "
    "of 1000.\n"
    "zcopy(1) has the rest: exit statuses, examples, what -v prints.\n";
