/*
 * Make calls of zcopy fail.  LD_PRELOAD loads it, and two variables steer it:
 *
 *	FAULT		rules, separated by commas: CALL:WHAT:WHEN[:WHERE]
 *	FAULT_LOG	a file that gets a line "fault CALL N WHAT" for each hit
 *
 *	CALL	one of call_names[], or `kernel`, which means copy_file_range,
 *		sendfile and splice
 *	WHAT	the errno to fail with, by name, without making the call;
 *		`short`: pass the call on with half its count, at least 1;
 *		`one`: with a count of 1; `zero`: return 0 without making it;
 *		`pass`: a hit that changes nothing, to count calls; `late`, for
 *		clock_gettime: from now on the clock is 2 ms further
 *	WHEN	N: the Nth call only; N+: that one and all later ones; N+K: that
 *		one and each Kth after it.  Each rule counts the calls that it
 *		applies to
 *	WHERE	[in=|out=]END: END is the number of a descriptor or a kind of
 *		file: reg dir fifo sock chr blk; `cmd=N` is the command of fcntl
 *		and ioctl, or one of the flags of open and openat; `probe` are
 *		the calls on descriptor -1, which find out what the system has;
 *		no other rule applies to them
 *
 * No rule applies to descriptor 2.  A rule that cannot be parsed ends the
 * program at once.
 */
#ifndef _GNU_SOURCE
# define _GNU_SOURCE
#endif
/* They would rename functions that are defined here. */
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#ifndef STATX_TYPE		/* musl has statx(2) since 1.2.5 */
#include <linux/stat.h>
#endif
#if defined(__GLIBC__) && __TIMESIZE == 32
#include <linux/time_types.h>	/* since Linux 5.1 */
#endif

#include "system/ioctl.h"

enum call {
	COPY_FILE_RANGE, SENDFILE, SPLICE, TEE, READ, PREAD, WRITE, PWRITE,
	SEND, MMAP, IOCTL, PIPE2, FCNTL, FSTAT, OPEN, OPENAT, CLOSE, FSYNC,
	FDATASYNC, SYNCFS, SYNC_FILE_RANGE, LINKAT, RENAMEAT, UNLINKAT,
	FTRUNCATE, POLL, PPOLL, ACCEPT4, CONNECT, POSIX_MEMALIGN, LSEEK, FCHMOD,
	FCHOWN, TIMER_CREATE, FGETXATTR, FLISTXATTR, FREMOVEXATTR, FSETXATTR,
	FUTIMENS, GETXATTR, LISTXATTR, CLOCK_GETTIME, CALLS,
	KERNEL				/* only in rules */
};

static const char *const call_names[CALLS] = {
	"copy_file_range", "sendfile", "splice", "tee", "read", "pread",
	"write", "pwrite", "send", "mmap", "ioctl", "pipe2", "fcntl", "fstat",
	"open", "openat", "close", "fsync", "fdatasync", "syncfs",
	"sync_file_range", "linkat", "renameat", "unlinkat", "ftruncate",
	"poll", "ppoll", "accept4", "connect", "posix_memalign", "lseek",
	"fchmod", "fchown", "timer_create", "fgetxattr", "flistxattr",
	"fremovexattr", "fsetxattr", "futimens", "getxattr", "listxattr",
	"clock_gettime",
};

enum { PASS = -1, ZERO = -2, ONE = -3, SHORT = -4, LATE = -5 };

static const struct word {
	const char *name;
	int value;
} whats[] = {
#define ERROR(name) { #name, name }
	{ "pass", PASS }, { "zero", ZERO }, { "one", ONE }, { "short", SHORT },
	{ "late", LATE },
	ERROR(E2BIG), ERROR(EACCES), ERROR(EADDRINUSE), ERROR(EAGAIN), ERROR(EBADF),
	ERROR(EBUSY), ERROR(ECONNABORTED), ERROR(ECONNREFUSED),
	ERROR(ECONNRESET), ERROR(EDQUOT), ERROR(EEXIST), ERROR(EFAULT),
	ERROR(EFBIG), ERROR(EHOSTUNREACH), ERROR(EINTR), ERROR(EINVAL),
	ERROR(EIO), ERROR(EISDIR), ERROR(ELOOP), ERROR(EMFILE), ERROR(EMLINK),
	ERROR(ENAMETOOLONG), ERROR(ENETUNREACH), ERROR(ENFILE), ERROR(ENOBUFS),
	ERROR(ENODATA), ERROR(ENODEV), ERROR(ENOENT), ERROR(ENOMEM),
	ERROR(ENOSPC), ERROR(ENOSYS), ERROR(ENOTCONN), ERROR(ENOTTY),
	ERROR(ENXIO), ERROR(EOPNOTSUPP), ERROR(EOVERFLOW), ERROR(EPERM),
	ERROR(EPIPE), ERROR(EPROTO), ERROR(EROFS), ERROR(ESPIPE),
	ERROR(ESTALE), ERROR(ETIMEDOUT), ERROR(ETXTBSY), ERROR(EXDEV),
};

static const struct word kinds[] = {
	{ "reg", S_IFREG }, { "dir", S_IFDIR }, { "fifo", S_IFIFO },
	{ "sock", S_IFSOCK }, { "chr", S_IFCHR }, { "blk", S_IFBLK },
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

enum { ABSENT = -2 };			/* the call has no such end */

/** A call that is about to be made. */
struct made {
	enum call call;
	int in, out;			/* descriptors, or ABSENT */
	unsigned long command;		/* of fcntl and ioctl; flags */
};

struct rule {
	enum call call;
	const struct word *what;
	unsigned long first, step;	/* step 0: never again */
	bool in, out;			/* which end WHERE is about */
	int fd;				/* or ABSENT: any */
	const struct word *kind;	/* or NULL: any */
	bool probe;
	bool by_command;
	unsigned long command;
	atomic_ulong made;
};

static struct rule rules[16];
static size_t rule_count;

static _Noreturn void
refuse(const char *what, const char *text)
{
	dprintf(STDERR_FILENO, "fault.c: %s: '%s'\n", what, text);
	_exit(120);
}

/* Parsing */

static const struct word *
find_word(const struct word *words, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].name, name) == 0)
			return &words[i];
	return NULL;
}

static unsigned long
parse_number(const char *text, char **end)
{
	unsigned long number = strtoul(text, end, 10);

	if (*end == text)
		refuse("not a number", text);
	return number;
}

static enum call
parse_call(const char *text)
{
	int call = 0;

	if (strcmp(text, "kernel") == 0)
		return KERNEL;
	while (call < CALLS && strcmp(text, call_names[call]) != 0)
		call++;
	if (call == CALLS)
		refuse("not a call", text);
	return (enum call)call;
}

static void
parse_when(struct rule *rule, const char *text)
{
	char *end;

	rule->first = parse_number(text, &end);
	if (strcmp(end, "+") == 0)
		rule->step = 1;
	else if (*end == '+')
		rule->step = parse_number(end + 1, &end);
	else if (*end != '\0')
		refuse("not a time", text);
	if (rule->first == 0)
		refuse("calls count from 1", text);
}

static void
parse_where(struct rule *rule, const char *text)
{
	char *end = NULL;

	rule->probe = strcmp(text, "probe") == 0;
	if (rule->probe)
		return;
	if (strncmp(text, "cmd=", 4) == 0) {
		rule->by_command = true;
		rule->command = parse_number(text + 4, &end);
		return;
	}
	rule->in = strncmp(text, "out=", 4) != 0;
	rule->out = strncmp(text, "in=", 3) != 0;
	if (!rule->in || !rule->out)
		text = strchr(text, '=') + 1;
	rule->kind = find_word(kinds, COUNT(kinds), text);
	if (rule->kind == NULL)
		rule->fd = (int)parse_number(text, &end);
}

static void
parse_rule(struct rule *rule, const char *text)
{
	char call[32], what[32], when[32], where[32] = "";

	if (sscanf(text, "%31[^:]:%31[^:]:%31[^:]:%31s", call, what, when,
	    where) < 3)
		refuse("not CALL:WHAT:WHEN", text);
	rule->fd = ABSENT;
	rule->call = parse_call(call);
	rule->what = find_word(whats, COUNT(whats), what);
	if (rule->what == NULL)
		refuse("neither an errno nor known", what);
	parse_when(rule, when);
	if (*where != '\0')
		parse_where(rule, where);
}

static __attribute__((constructor)) void
parse_rules(void)
{
	const char *given = getenv("FAULT");
	char text[1024], *rest = text, *rule;

	snprintf(text, sizeof(text), "%s", given != NULL ? given : "");
	while (rest != NULL && *rest != '\0') {
		rule = strsep(&rest, ",");
		if (rule_count == COUNT(rules))
			refuse("too many rules", given);
		parse_rule(&rules[rule_count++], rule);
	}
}

/* Matching.  It makes raw system calls only, because the functions below would
 * call it again. */

static bool
is_kind(int fd, const struct word *kind)
{
	struct statx st;

	return fd >= 0 && syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_TYPE,
	    &st) == 0 && (st.stx_mode & S_IFMT) == kind->value;
}

static bool
is_end(const struct rule *rule, int fd)
{
	return rule->kind != NULL ? is_kind(fd, rule->kind) : fd == rule->fd;
}

static bool
is_about(const struct rule *rule, const struct made *made)
{
	bool probe = made->in == -1 || made->out == -1;

	if (rule->call != made->call &&
	    (rule->call != KERNEL || made->call > SPLICE))
		return false;
	if (made->in == STDERR_FILENO || made->out == STDERR_FILENO ||
	    rule->probe != probe)
		return false;
	if (rule->by_command && (made->call == OPEN || made->call == OPENAT))
		return (made->command & rule->command) == rule->command;
	if (rule->by_command)
		return made->command == rule->command;
	if (rule->kind == NULL && rule->fd == ABSENT)
		return true;
	return (rule->in && is_end(rule, made->in)) ||
	    (rule->out && is_end(rule, made->out));
}

static bool
is_due(const struct rule *rule, unsigned long number)
{
	if (number <= rule->first || rule->step == 0)
		return number == rule->first;
	return (number - rule->first) % rule->step == 0;
}

static void
note(enum call call, unsigned long number, const char *what)
{
	const char *path = getenv("FAULT_LOG");
	char line[100];
	int length = snprintf(line, sizeof(line), "fault %s %lu %s\n",
	    call_names[call], number, what);
	long fd;

	if (path == NULL)
		return;
	fd = syscall(SYS_openat, AT_FDCWD, path,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0 || syscall(SYS_write, fd, line, length) < 0)
		refuse("cannot write to it", path);
	(void)syscall(SYS_close, fd);
}

/** Return what is to happen to a call: one of PASS to LATE, or an errno. */
static int
judge(const struct made *made)
{
	int saved = errno, verdict = PASS;

	for (size_t i = 0; i < rule_count; i++) {
		struct rule *rule = &rules[i];
		unsigned long number;

		if (!is_about(rule, made))
			continue;
		number = atomic_fetch_add(&rule->made, 1) + 1;
		if (verdict != PASS || !is_due(rule, number))
			continue;
		note(made->call, number, rule->what->name);
		verdict = rule->what->value;
	}
	errno = saved;
	return verdict;
}

/**
 * Return 1 if the call is to be made, with *count as it is on return; else what
 * it returns instead, and errno.
 */
static int
fault_made(const struct made *made, size_t *count)
{
	int verdict = judge(made);

	if (verdict == ZERO)
		return 0;
	if (verdict > 0) {
		errno = verdict;
		return -1;
	}
	if (count != NULL && *count > 1 && verdict == ONE)
		*count = 1;
	if (count != NULL && *count > 1 && verdict == SHORT)
		*count /= 2;
	return 1;
}

static int
fault(enum call call, int in, int out, size_t *count)
{
	const struct made made = { .call = call, .in = in, .out = out };

	return fault_made(&made, count);
}

/** The same for calls that have one descriptor, or none: ABSENT. */
static int
fault_on(enum call call, int fd)
{
	return fault(call, fd, fd, NULL);
}

/* The calls.  NEXT(name) is the C library's own function. */

typedef void (*any_function)(void);	/* to be cast */

static any_function
next(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);
	any_function function;

	if (symbol == NULL)
		refuse("the C library has no such function", name);
	memcpy(&function, &symbol, sizeof(function));
	return function;
}

#define NEXT(name)	((__typeof__(&name))next(#name))

/** Define `name`, which calls the C library's unless `verdict` forbids it. */
#define CALL(type, name, parameters, arguments, verdict)		\
type									\
name parameters								\
{									\
	int answer = verdict;						\
									\
	return answer <= 0 ? answer : NEXT(name) arguments;		\
}

CALL(ssize_t, copy_file_range,
    (int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags),
    (in, from, out, to, size, flags), fault(COPY_FILE_RANGE, in, out, &size))
CALL(ssize_t, sendfile, (int out, int in, off_t *from, size_t size),
    (out, in, from, size), fault(SENDFILE, in, out, &size))
CALL(ssize_t, splice,
    (int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags),
    (in, from, out, to, size, flags), fault(SPLICE, in, out, &size))
CALL(ssize_t, tee, (int in, int out, size_t size, unsigned flags),
    (in, out, size, flags), fault(TEE, in, out, &size))

CALL(ssize_t, read, (int fd, void *data, size_t size), (fd, data, size),
    fault(READ, fd, ABSENT, &size))
CALL(ssize_t, pread, (int fd, void *data, size_t size, off_t at),
    (fd, data, size, at), fault(PREAD, fd, ABSENT, &size))
CALL(ssize_t, write, (int fd, const void *data, size_t size),
    (fd, data, size), fault(WRITE, ABSENT, fd, &size))
CALL(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at),
    (fd, data, size, at), fault(PWRITE, ABSENT, fd, &size))
CALL(ssize_t, send, (int fd, const void *data, size_t size, int flags),
    (fd, data, size, flags), fault(SEND, ABSENT, fd, &size))

CALL(off_t, lseek, (int fd, off_t offset, int whence), (fd, offset, whence),
    fault_on(LSEEK, fd))
CALL(int, ftruncate, (int fd, off_t size), (fd, size),
    fault_on(FTRUNCATE, fd))
CALL(int, fstat, (int fd, struct stat *st), (fd, st), fault_on(FSTAT, fd))
CALL(int, fsync, (int fd), (fd), fault_on(FSYNC, fd))
CALL(int, fdatasync, (int fd), (fd), fault_on(FDATASYNC, fd))
CALL(int, syncfs, (int fd), (fd), fault_on(SYNCFS, fd))
CALL(int, sync_file_range, (int fd, off64_t at, off64_t size, unsigned flags),
    (fd, at, size, flags), fault_on(SYNC_FILE_RANGE, fd))
CALL(int, fchmod, (int fd, mode_t mode), (fd, mode), fault_on(FCHMOD, fd))
CALL(int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group),
    fault_on(FCHOWN, fd))
CALL(int, linkat,
    (int from_dir, const char *from, int to_dir, const char *to, int flags),
    (from_dir, from, to_dir, to, flags), fault_on(LINKAT, ABSENT))
CALL(int, renameat,
    (int from_dir, const char *from, int to_dir, const char *to),
    (from_dir, from, to_dir, to), fault_on(RENAMEAT, ABSENT))
int renameat2(int from_dir, const char *from, int to_dir, const char *to,
    unsigned flags);		/* musl 1.2.3 does not declare it */
CALL(int, renameat2, (int from_dir, const char *from, int to_dir,
    const char *to, unsigned flags),
    (from_dir, from, to_dir, to, flags), fault_on(RENAMEAT, ABSENT))
CALL(int, unlinkat, (int dir, const char *path, int flags),
    (dir, path, flags), fault_on(UNLINKAT, ABSENT))
CALL(int, timer_create,
    (clockid_t clock, struct sigevent *event, timer_t *timer),
    (clock, event, timer), fault_on(TIMER_CREATE, ABSENT))
CALL(ssize_t, fgetxattr,
    (int fd, const char *name, void *value, size_t size),
    (fd, name, value, size), fault_on(FGETXATTR, fd))
CALL(ssize_t, flistxattr, (int fd, char *names, size_t size),
    (fd, names, size), fault_on(FLISTXATTR, fd))
CALL(int, fsetxattr,
    (int fd, const char *name, const void *value, size_t size, int flags),
    (fd, name, value, size, flags), fault_on(FSETXATTR, fd))
CALL(int, fremovexattr, (int fd, const char *name), (fd, name),
    fault_on(FREMOVEXATTR, fd))
CALL(int, futimens, (int fd, const struct timespec times[2]), (fd, times),
    fault_on(FUTIMENS, fd))
CALL(ssize_t, getxattr,
    (const char *path, const char *name, void *value, size_t size),
    (path, name, value, size), fault_on(GETXATTR, ABSENT))
CALL(ssize_t, listxattr, (const char *path, char *names, size_t size),
    (path, names, size), fault_on(LISTXATTR, ABSENT))
CALL(int, pipe2, (int fd[2], int flags), (fd, flags), fault_on(PIPE2, ABSENT))
CALL(int, poll, (struct pollfd *polled, nfds_t count, int timeout),
    (polled, count, timeout), fault_on(POLL, ABSENT))
CALL(int, ppoll, (struct pollfd *polled, nfds_t count,
    const struct timespec *timeout, const sigset_t *mask),
    (polled, count, timeout, mask), fault_on(PPOLL, ABSENT))

static atomic_long late;		/* milliseconds */

#define CALL_CLOCK_GETTIME(name, type)					\
int									\
name(clockid_t clock, type *now)					\
{									\
	const struct made made = { .call = CLOCK_GETTIME, .in = ABSENT,	\
		.out = ABSENT };					\
	const int verdict = judge(&made);				\
	long nanoseconds;						\
									\
	if (verdict > 0) {						\
		errno = verdict;					\
		return -1;						\
	}								\
	if (verdict == LATE)						\
		atomic_fetch_add(&late, 2);				\
	if (NEXT(name)(clock, now) < 0)					\
		return -1;						\
	nanoseconds = (long)now->tv_nsec +				\
	    atomic_load(&late) % 1000 * 1000000;			\
	now->tv_sec += atomic_load(&late) / 1000 + nanoseconds / 1000000000; \
	now->tv_nsec = nanoseconds % 1000000000;			\
	return 0;							\
}

CALL_CLOCK_GETTIME(clock_gettime, struct timespec)

/* glibc declares a union of all types of addresses here. */
#ifdef __GLIBC__
typedef __SOCKADDR_ARG sockaddr_to_fill;
typedef __CONST_SOCKADDR_ARG sockaddr_given;
#else
typedef struct sockaddr *sockaddr_to_fill;
typedef const struct sockaddr *sockaddr_given;
#endif

CALL(int, accept4,
    (int fd, sockaddr_to_fill address, socklen_t *length, int flags),
    (fd, address, length, flags), fault_on(ACCEPT4, fd))

/** After EINTR, TCP goes on connecting by itself; unix sockets do not. */
int
connect(int fd, sockaddr_given address, socklen_t length)
{
	int answer = fault_on(CONNECT, fd), error = errno, domain = AF_UNIX;
	socklen_t size = sizeof(domain);

	if (answer > 0)
		return NEXT(connect)(fd, address, length);
	(void)getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
	if (error == EINTR && domain != AF_UNIX)
		(void)NEXT(connect)(fd, address, length);
	errno = error;
	return answer;
}

#define CALL_MMAP(name, offset)						\
void *									\
name(void *address, size_t size, int protection, int flags, int fd,	\
    offset at)								\
{									\
	return fault_on(MMAP, fd) <= 0 ? MAP_FAILED :			\
	    NEXT(name)(address, size, protection, flags, fd, at);	\
}

CALL_MMAP(mmap, off_t)

int
posix_memalign(void **memory, size_t alignment, size_t size)
{
	int saved = errno;
	int error = fault_on(POSIX_MEMALIGN, ABSENT) < 0 ? errno : 0;

	errno = saved;
	return error != 0 ? error :
	    NEXT(posix_memalign)(memory, alignment, size);
}

int
close(int fd)
{
	int answer = fault_on(CLOSE, fd);
	int error = errno;

	/* Linux closes the descriptor in any case, also with an error. */
	if (answer > 0)
		return NEXT(close)(fd);
	(void)NEXT(close)(fd);
	errno = error;
	return answer;
}

/* Any argument fits into a pointer, if there is one. */

#define CALL_COMMAND(name, type, which)					\
int									\
name(int fd, type command, ...)						\
{									\
	const struct made made = { .call = which, .in = fd, .out = fd,	\
		.command = (unsigned)command };				\
	int answer = fault_made(&made, NULL);				\
	va_list args;							\
	void *argument;							\
									\
	va_start(args, command);					\
	argument = va_arg(args, void *);				\
	va_end(args);							\
	return answer <= 0 ? answer : NEXT(name)(fd, command, argument); \
}

CALL_COMMAND(ioctl, ioctl_request, IOCTL)
CALL_COMMAND(fcntl, int, FCNTL)

static mode_t
open_mode(int flags, va_list args)
{
	bool creates = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;

	return creates ? va_arg(args, mode_t) : 0;
}

#define CALL_OPEN(name)							\
int									\
name(const char *path, int flags, ...)					\
{									\
	const struct made made = { .call = OPEN, .in = ABSENT,		\
		.out = ABSENT, .command = (unsigned long)flags };	\
	int answer = fault_made(&made, NULL);				\
	va_list args;							\
	mode_t mode;							\
									\
	va_start(args, flags);						\
	mode = open_mode(flags, args);					\
	va_end(args);							\
	return answer <= 0 ? answer : NEXT(name)(path, flags, mode);	\
}

CALL_OPEN(open)

#define CALL_OPENAT(name)						\
int									\
name(int dir, const char *path, int flags, ...)				\
{									\
	const struct made made = { .call = OPENAT, .in = ABSENT,	\
		.out = ABSENT, .command = (unsigned long)flags };	\
	int answer = fault_made(&made, NULL);				\
	va_list args;							\
	mode_t mode;							\
									\
	va_start(args, flags);						\
	mode = open_mode(flags, args);					\
	va_end(args);							\
	return answer <= 0 ? answer :					\
	    NEXT(name)(dir, path, flags, mode);				\
}

CALL_OPENAT(openat)

/* glibc has a second name for functions with an offset.  Where off_t always has
 * 64 bits, both are the same; elsewhere zcopy calls the second one. */
#if defined(__GLIBC__) && defined(__LP64__)
#define SAME(name)	__attribute__((alias(#name)))

ssize_t sendfile64(int, int, off64_t *, size_t) SAME(sendfile);
ssize_t pread64(int, void *, size_t, off64_t) SAME(pread);
ssize_t pwrite64(int, const void *, size_t, off64_t) SAME(pwrite);
void *mmap64(void *, size_t, int, int, int, off64_t) SAME(mmap);
int fcntl64(int, int, ...) SAME(fcntl);
int open64(const char *, int, ...) SAME(open);
int openat64(int, const char *, int, ...) SAME(openat);
int ftruncate64(int, off64_t) SAME(ftruncate);
off64_t lseek64(int, off64_t, int) SAME(lseek);
#elif defined(__GLIBC__)
CALL(ssize_t, sendfile64, (int out, int in, off64_t *from, size_t size),
    (out, in, from, size), fault(SENDFILE, in, out, &size))
CALL(ssize_t, pread64, (int fd, void *data, size_t size, off64_t at),
    (fd, data, size, at), fault(PREAD, fd, ABSENT, &size))
CALL(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at),
    (fd, data, size, at), fault(PWRITE, ABSENT, fd, &size))
CALL_MMAP(mmap64, off64_t)
CALL_COMMAND(fcntl64, int, FCNTL)
CALL_OPEN(open64)
CALL_OPENAT(openat64)
CALL(int, ftruncate64, (int fd, off64_t size), (fd, size),
    fault_on(FTRUNCATE, fd))
CALL(off64_t, lseek64, (int fd, off64_t offset, int whence),
    (fd, offset, whence), fault_on(LSEEK, fd))
#endif
#ifdef __GLIBC__
CALL(int, fstat64, (int fd, struct stat64 *st), (fd, st), fault_on(FSTAT, fd))
#endif

/* Where time_t has 32 bits unless a program asks for 64, as zcopy does, glibc
 * has these names for those that ask. */
#if defined(__GLIBC__) && __TIMESIZE == 32
struct stat_time64;

int __clock_gettime64(clockid_t, struct __kernel_timespec *);
CALL_CLOCK_GETTIME(__clock_gettime64, struct __kernel_timespec)
int __fcntl_time64(int, int, ...);
CALL_COMMAND(__fcntl_time64, int, FCNTL)
int __ioctl_time64(int, ioctl_request, ...);
CALL_COMMAND(__ioctl_time64, ioctl_request, IOCTL)
int __fstat64_time64(int, struct stat_time64 *);
CALL(int, __fstat64_time64, (int fd, struct stat_time64 *st), (fd, st),
    fault_on(FSTAT, fd))
int __futimens64(int, const struct __kernel_timespec *);
CALL(int, __futimens64, (int fd, const struct __kernel_timespec *times),
    (fd, times), fault_on(FUTIMENS, fd))
int __ppoll64(struct pollfd *, nfds_t, const struct __kernel_timespec *,
    const sigset_t *);
CALL(int, __ppoll64, (struct pollfd *polled, nfds_t count,
    const struct __kernel_timespec *timeout, const sigset_t *mask),
    (polled, count, timeout, mask), fault_on(PPOLL, ABSENT))
#endif
