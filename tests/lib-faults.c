/*
 * System calls that fail or come short: these functions replace those of the C
 * library in the whole program, and so for the engine.
 */
#include "config.h"

/* It turns functions that are defined here into inline functions. */
#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../src/zcopy.h"
#include "lib-faults.h"

const char *const call_names[CALLS] = {
	"splice", "sendfile", "copy_file_range", "read", "pread", "preadv2",
	"write", "pwrite", "writev", "pwritev", "send", "sendmsg", "pipe2",
	"tee",
};

bool
has_call(enum call call)
{
	switch (call) {
	case SPLICE: case TEE: case PIPE2:	/* no pipe of our own */
		return zc_method_available(ZC_SPLICE) == 0;
	case SENDFILE:
		return zc_method_available(ZC_SENDFILE) == 0;
	case COPY_FILE_RANGE:
		return zc_method_available(ZC_COPY_FILE_RANGE) == 0;
#ifndef HAVE_PREADV2
	case PREADV2:				/* musl has it since 1.2.5 */
		return false;
#endif
	default:
		return true;
	}
}

bool armed;
static struct made last = { .call = CALLS };
static ssize_t last_result;

bool
empties_own_pipe(const struct made *made, int in)
{
	return made->call == READ && last.call == SPLICE && last.in == in &&
	    last_result > 0 && made->size == (size_t)last_result;
}

/** Ask judge().  Return 1 if the call is to be made, else what it returns. */
static int
fault(enum call call, int in, int out, int64_t from, size_t *size)
{
	struct made made = { .call = call, .in = in, .out = out, .from = from,
		.size = size != NULL ? *size : 0 };
	int saved = errno, verdict;

	if (!armed)
		return 1;
	armed = false;
	verdict = judge(&made);
	armed = true;
	last = made;
	if (size != NULL)
		*size = made.size;
	errno = verdict > 0 ? verdict : saved;
	return verdict == PASS ? 1 : verdict == ZERO ? 0 : -1;
}

/** Tell came_to() what a call returned, and return that. */
static ssize_t
returned(ssize_t n)
{
	last_result = n;
	if (armed)
		came_to(n);
	return n;
}

/** Set `to` to the first `size` bytes of `from`.  Return how many pieces. */
static size_t
cut(struct iovec *to, const struct iovec *from, size_t size)
{
	size_t n = 0;

	while (size > 0) {
		to[n] = from[n];
		if (to[n].iov_len > size)
			to[n].iov_len = size;
		size -= to[n++].iov_len;
	}
	return n;
}

static size_t
sum(const struct iovec *piece, size_t count)
{
	size_t size = 0;

	while (count > 0)
		size += piece[--count].iov_len;
	return size;
}

any_function
libc_function(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);
	any_function function;

	if (symbol == NULL)
		_exit(120);
	memcpy(&function, &symbol, sizeof(function));
	return function;
}

/** Define `name`, which calls the C library's unless `verdict` forbids it. */
#define CALL(type, name, symbol, parameters, arguments, verdict)	\
type									\
name parameters								\
{									\
	int answer = verdict;						\
									\
	return (type)returned(answer <= 0 ? answer :			\
	    NEXT(name, symbol) arguments);				\
}

CALL(ssize_t, splice, "splice",
    (int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags),
    (in, from, out, to, size, flags),
    fault(SPLICE, in, out, from != NULL ? *from : -1, &size))
CALL(ssize_t, sendfile, RENAMED("sendfile", "sendfile64"),
    (int out, int in, off_t *from, size_t size), (out, in, from, size),
    fault(SENDFILE, in, out, from != NULL ? *from : -1, &size))
CALL(ssize_t, copy_file_range, "copy_file_range",
    (int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags),
    (in, from, out, to, size, flags),
    fault(COPY_FILE_RANGE, in, out, from != NULL ? *from : -1, &size))

CALL(ssize_t, read, "read", (int fd, void *data, size_t size),
    (fd, data, size), fault(READ, fd, ABSENT, -1, &size))
CALL(ssize_t, pread, RENAMED("pread", "pread64"),
    (int fd, void *data, size_t size, off_t at), (fd, data, size, at),
    fault(PREAD, fd, ABSENT, at, &size))
CALL(ssize_t, write, "write", (int fd, const void *data, size_t size),
    (fd, data, size), fault(WRITE, ABSENT, fd, -1, &size))
CALL(ssize_t, pwrite, RENAMED("pwrite", "pwrite64"),
    (int fd, const void *data, size_t size, off_t at), (fd, data, size, at),
    fault(PWRITE, ABSENT, fd, -1, &size))
CALL(ssize_t, send, "send", (int fd, const void *data, size_t size, int flags),
    (fd, data, size, flags), fault(SEND, ABSENT, fd, -1, &size))
CALL(ssize_t, tee, "tee", (int in, int out, size_t size, unsigned flags),
    (in, out, size, flags), fault(TEE, in, out, -1, &size))
CALL(int, pipe2, "pipe2", (int fd[2], int flags), (fd, flags),
    fault(PIPE2, ABSENT, ABSENT, -1, NULL))

#define VIEW_MAX	64		/* the engine passes no more pieces */

ssize_t
preadv2(int fd, const struct iovec *piece, int count, off_t at, int flags)
{
	size_t size = sum(piece, (size_t)count);
	int answer = fault(PREADV2, fd, ABSENT, at, &size);
	struct iovec some[VIEW_MAX];

	if (answer <= 0)
		return returned(answer);
	return returned(NEXT(preadv2, RENAMED("preadv2", "preadv64v2"))(fd,
	    some, (int)cut(some, piece, size), at, flags));
}

ssize_t
writev(int fd, const struct iovec *piece, int count)
{
	size_t size = sum(piece, (size_t)count);
	int answer = fault(WRITEV, ABSENT, fd, -1, &size);
	struct iovec some[VIEW_MAX];

	if (answer <= 0)
		return returned(answer);
	return returned(NEXT(writev, "writev")(fd, some,
	    (int)cut(some, piece, size)));
}

ssize_t
pwritev(int fd, const struct iovec *piece, int count, off_t at)
{
	size_t size = sum(piece, (size_t)count);
	int answer = fault(PWRITEV, ABSENT, fd, -1, &size);
	struct iovec some[VIEW_MAX];

	if (answer <= 0)
		return returned(answer);
	return returned(NEXT(pwritev, RENAMED("pwritev", "pwritev64"))(fd,
	    some, (int)cut(some, piece, size), at));
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	size_t size = sum(message->msg_iov, message->msg_iovlen);
	int answer = fault(SENDMSG, ABSENT, fd, -1, &size);
	struct msghdr cut_message = *message;
	struct iovec some[VIEW_MAX];

	if (answer <= 0)
		return returned(answer);
	cut_message.msg_iov = some;
	cut_message.msg_iovlen = cut(some, message->msg_iov, size);
	return returned(NEXT(sendmsg, RETIMED("sendmsg",
	    "__sendmsg64"))(fd, &cut_message, flags));
}
