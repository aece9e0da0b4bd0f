#include "config.h"

#include "option-table.h"

#include <stddef.h>

#define FLAG(name, letter, option, help) \
	{ name, letter, POPT_ARG_NONE, NULL, option, help, NULL }
#define VALUE(name, letter, option, help, placeholder) \
	{ name, letter, POPT_ARG_STRING, NULL, option, help, placeholder }
#define GROUP(title, options) \
	{ NULL, '\0', POPT_ARG_INCLUDE_TABLE, options, 0, title, NULL }

static struct poptOption range[] = {
	VALUE("offset", '\0', OPT_OFFSET,
	    "start SIZE bytes into SOURCE", "SIZE"),
	VALUE("bytes", 'c', OPT_BYTES,
	    "move exactly SIZE bytes, and read not one more", "SIZE"),
	FLAG("allow-short", '\0', OPT_ALLOW_SHORT,
	    "a SOURCE that ends early is a success"),
	VALUE("seek", '\0', OPT_SEEK,
	    "start writing SIZE bytes into DEST, in place", "SIZE"),
	FLAG("append", '\0', OPT_APPEND, "append to DEST"),
	FLAG("inplace", '\0', OPT_INPLACE,
	    "truncate and write DEST itself, instead of replacing it when all "
	    "has arrived"),
	FLAG("no-clobber", '\0', OPT_NO_CLOBBER, "fail if DEST exists"),
	VALUE("header", '\0', OPT_HEADER,
	    "send FILE before the data; repeatable, in order", "FILE"),
	VALUE("trailer", '\0', OPT_TRAILER,
	    "send FILE after the data, if all of it could be sent", "FILE"),
	POPT_TABLEEND
};

static struct poptOption method[] = {
	VALUE("method", 'm', OPT_METHOD,
	    "use this method or fail: auto (the default: any that serves), "
	    "copy_file_range, sendfile, splice, mmap, read-write, reflink",
	    "NAME"),
	VALUE("select", '\0', OPT_SELECT,
	    "try a method first by size: 64K:read-write,*:sendfile = up to "
	    "64 KiB read-write, else sendfile; -m counts for more", "RULES"),
	FLAG("stable", '\0', OPT_STABLE,
	    "only methods that copy: later changes of SOURCE stay unseen"),
	FLAG("no-disk-io", '\0', OPT_NO_DISK_IO,
	    "fail rather than wait for the disk that SOURCE is on"),
	VALUE("block-size", '\0', OPT_BLOCK_SIZE,
	    "bytes moved by one call, up to 1G", "SIZE"),
	VALUE("pipe-size", '\0', OPT_PIPE_SIZE,
	    "size of the pipes, up to 1G", "SIZE"),
	FLAG("explain", '\0', OPT_EXPLAIN,
	    "print what would be done and why; move nothing"),
	FLAG("list-methods", '\0', OPT_LIST_METHODS,
	    "print what this build and kernel have; with -v, the limits that "
	    "govern it"),
	POPT_TABLEEND
};

static struct poptOption network[] = {
	VALUE("confirm", '\0', OPT_CONFIRM,
	    "what a socket DEST must show for success: close (the default: the "
	    "peer closed, too), ack (its kernel has all), none", "WHAT"),
	VALUE("timeout", '\0', OPT_TIMEOUT,
	    "give up when nothing moves that long; 0: never", "SECONDS"),
	VALUE("retry", '\0', OPT_RETRY,
	    "try to connect N times more", "N"),
	VALUE("allow", '\0', OPT_ALLOW,
	    "accept connections only from there; repeatable", "ADDR[/LEN]"),
	FLAG("ipv4", '4', OPT_IPV4, "use IPv4 only"),
	FLAG("ipv6", '6', OPT_IPV6, "use IPv6 only"),
	VALUE("congestion", '\0', OPT_CONGESTION,
	    "the TCP congestion control to use", "NAME"),
	FLAG("discard", '\0', OPT_DISCARD,
	    "accept connections one after another, and drop what they send"),
	POPT_TABLEEND
};

static struct poptOption benchmark[] = {
	FLAG("benchmark", '\0', OPT_BENCHMARK,
	    "measure each method, from SOURCE to DEST or on data of its own, "
	    "and say whether the disk or the network is the limit"),
	VALUE("rounds", '\0', OPT_ROUNDS,
	    "measure each method N times (7)", "N"),
	FLAG("json", '\0', OPT_JSON, "print one JSON object"),
	FLAG("csv", '\0', OPT_CSV, "print comma-separated values"),
	POPT_TABLEEND
};

static struct poptOption reporting[] = {
	FLAG("verbose", 'v', OPT_VERBOSE,
	    "say which methods were planned, refused and used"),
	FLAG("quiet", 'q', OPT_QUIET, "print errors only"),
	FLAG("help", 'h', OPT_HELP, "print this help"),
	FLAG("version", 'V', OPT_VERSION, "print the version"),
	POPT_TABLEEND
};

struct poptOption option_table[] = {
	GROUP("Range:", range),
	GROUP("Method:", method),
	GROUP("Network:", network),
	GROUP("Benchmark:", benchmark),
	GROUP("Reporting:", reporting),
	POPT_TABLEEND
};

const char option_usage[] =
    "[OPTION]... SOURCE DEST\n"
    "       zcopy --benchmark [OPTION]... [SOURCE DEST]\n"
    "       zcopy --discard :PORT\n"
    "       zcopy --list-methods | --help | --version";

const char option_help_ends[] =
    "\n"
    "SOURCE and DEST:\n"
    "  PATH, file:PATH                a file, FIFO or device\n"
    "  -, fd:N                        standard input or output, "
    "a descriptor\n"
    "  HOST:PORT, [IPV6]:PORT         connect (tcp:HOST:PORT)\n"
    "  :PORT, listen:[HOST:]PORT      accept one connection; listen:fd:N of "
    "a socket\n"
    "                                 that listens already, listen: systemd's\n"
    "  unix:PATH, unix-listen:PATH    the same over a unix socket\n"
    "\n"
    "SIZE: 512, 64K, 1.5G; K M G T P E (KiB...) are powers of 1024, KB... "
    "of 1000.\n"
    "zcopy(1) has the rest: exit statuses, examples, what -v prints.\n";
