#include "config.h"

#include "end.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "../system/block.h"
#include "../system/pipes.h"
#include "../system/socket-queue.h"
#include "../system/uncached.h"
#include "kind.h"
#include "sized.h"

/* Callers of every version have the members up to this one. */
#define IO_LEAST	SIZED_TO(struct zc_io, writev)

/* SO_RCVTIMEO may be longer than 2^63 nanoseconds, which are 292 years. */
#define SECONDS_MAX	(INT64_MAX / 1000000000 - 1)

/** True if a descriptor with these flags can be read, or written. */
static bool
open_for(int flags, enum zc_side side)
{
	int mode = flags & O_ACCMODE;

	if (flags & O_PATH)
		return false;
	return mode == O_RDWR ||
	    mode == (side == ZC_SOURCE ? O_RDONLY : O_WRONLY);
}

static int64_t
size_of(int fd, enum zc_kind kind, const struct stat *st)
{
	if (kind == ZC_REGULAR)
		return st->st_size;
	return kind == ZC_BLOCK ? block_device_size(fd) : -1;
}

int
end_place(struct end *end, int64_t offset)
{
	if (!kind_has_position(end->kind)) {
		errno = ESPIPE;
		return offset == ZC_CURRENT ? 0 : -1;
	}
	if (offset == ZC_CURRENT) {
		end->start = end_position(end);
		return 0;		/* -1: no position after all */
	}
	end->placed = true;
	end->start = end->offset = offset;
	return 0;
}

static int
inspect_hooks(struct end *end, const struct zc_io *io, enum zc_side side,
    int64_t offset)
{
	*end = (struct end){ .fd = -1, .side = side, .kind = ZC_HOOKS,
		.size = -1, .start = -1 };
	if (sized_read(&end->io, sizeof(end->io), io, IO_LEAST) < 0 ||
	    (side == ZC_SOURCE ? end->io.readv == NULL :
	    end->io.writev == NULL))
		return -1;		/* EINVAL */
	return end_place(end, offset);
}

int
end_inspect(struct end *end, int fd, const struct zc_io *io, enum zc_side side,
    int64_t offset)
{
	struct stat st;
	int flags;

	if (io != NULL)
		return inspect_hooks(end, io, side, offset);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!open_for(flags, side)) {
		errno = EBADF;
		return -1;
	}
	*end = (struct end){
		.fd = fd,
		.side = side,
		.kind = kind_of(fd, &st),
		.flags = flags,
		.start = -1,
		.wait = { .fd = fd,
			.events = side == ZC_SOURCE ? POLLIN : POLLOUT },
	};
	if (end->kind == ZC_OTHER) {
		errno = S_ISDIR(st.st_mode) ? EISDIR :
		    S_ISSOCK(st.st_mode) ? EPROTOTYPE : EINVAL;
		return -1;
	}
	end->dev = end->kind == ZC_BLOCK ? st.st_rdev : st.st_dev;
	end->ino = end->kind == ZC_BLOCK ? 0 : st.st_ino;
	end->size = size_of(fd, end->kind, &st);
	end->sparse = end->kind == ZC_REGULAR &&
	    st.st_blocks < st.st_size / 512;
	if (end_place(end, offset) < 0)
		return -1;
	/* A file of a FUSE server may have no position after all. */
	if (end->placed && lseek(fd, 0, SEEK_CUR) < 0)
		return -1;
	/* write(2) goes to the end of the file, wherever the position is. */
	if (side == ZC_SINK && (flags & O_APPEND) && end->size >= 0 &&
	    end->start >= 0)
		end->start = end->size;
	return 0;
}

off_t *
end_offset(struct end *end)
{
	return end->placed ? &end->offset : NULL;
}

int64_t
end_position(const struct end *end)
{
	return end->placed ? end->offset : lseek(end->fd, 0, SEEK_CUR);
}

int
end_advance(struct end *end, int64_t count)
{
	if (!end->placed)
		return lseek(end->fd, count, SEEK_CUR) < 0 ? -1 : 0;
	end->offset += count;
	return 0;
}

/** Check what a function of the caller returned for `size` bytes. */
static ssize_t
checked(ssize_t n, size_t size)
{
	if (n <= (ssize_t)size)
		return n;
	errno = EIO;			/* more than there was room for */
	return -1;
}

static ssize_t
io_write(struct end *end, const struct iovec *view, int count, bool more)
{
	size_t size = 0;

	for (int i = 0; i < count; i++)
		size += view[i].iov_len;
	end->wait = (struct zc_wait){ .fd = -1 };
	return checked(end->io.writev(end->io.arg, view, count, more,
	    &end->wait), size);
}

/** Read, or write, at the next byte with RWF_DONTCACHE, and set *n.  Return
 * false if that is not wanted, or was refused: nothing was moved. */
static bool
moves_uncached(struct end *end, const struct iovec *view, int count,
    ssize_t *n)
{
	off_t offset = end->placed ? end->offset : -1;

	if (!end->uncached)
		return false;
	*n = end->side == ZC_SOURCE ?
	    uncached_readv(end->fd, view, count, offset) :
	    uncached_writev(end->fd, view, count, offset);
	end->uncached = *n >= 0 || !uncached_is_missing(errno);
	return end->uncached;
}

/** Move `offset`, if the end has one, by what a call returned, and return
 * that. */
static ssize_t
advanced(struct end *end, ssize_t n)
{
	if (n > 0 && end->placed)
		end->offset += n;
	return n;
}

ssize_t
end_read(struct end *end, void *data, size_t size)
{
	const struct iovec all = { .iov_base = data, .iov_len = size };
	ssize_t n;

	if (end->kind == ZC_HOOKS) {
		end->wait = (struct zc_wait){ .fd = -1 };
		return checked(end->io.readv(end->io.arg, &all, 1,
		    &end->wait), size);
	}
	if (end->kind == ZC_PIPE)
		n = pipes_read(end->fd, data, size);
	else if (!moves_uncached(end, &all, 1, &n))
		n = end->placed ? pread(end->fd, data, size, end->offset) :
		    read(end->fd, data, size);
	return advanced(end, n);
}

ssize_t
end_write(struct end *end, const void *data, size_t size, bool more)
{
	const struct iovec all = { .iov_base = (void *)data,	/* only read */
		.iov_len = size };
	ssize_t n;

	if (end->kind == ZC_HOOKS)
		return io_write(end, &all, 1, more);
	if (end->kind == ZC_SOCKET)
		return send(end->fd, data, size, MSG_NOSIGNAL);
	if (!moves_uncached(end, &all, 1, &n))
		n = end->placed ? pwrite(end->fd, data, size, end->offset) :
		    write(end->fd, data, size);
	return advanced(end, n);
}

ssize_t
end_writev(struct end *end, const struct iovec *view, int count, bool more)
{
	const struct msghdr message = {
		.msg_iov = (struct iovec *)view,	/* only read */
		/* glibc has a size_t here, musl an int: this fits both. */
		.msg_iovlen = (unsigned short)count,
	};
	ssize_t n;

	if (end->kind == ZC_HOOKS)
		return io_write(end, view, count, more);
	if (end->kind == ZC_SOCKET)
		return sendmsg(end->fd, &message,
		    MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	if (!moves_uncached(end, view, count, &n))
		n = end->placed ?
		    pwritev(end->fd, view, count, end->offset) :
		    writev(end->fd, view, count);
	return advanced(end, n);
}

int
end_flush(struct end *end)
{
	if (end->kind != ZC_HOOKS || end->io.flush == NULL)
		return 0;
	end->wait = (struct zc_wait){ .fd = -1 };
	return end->io.flush(end->io.arg, &end->wait);
}

int
end_finish(struct end *end)
{
	end->wait = (struct zc_wait){ .fd = -1 };
	return end->io.finish(end->io.arg, &end->wait);
}

int
end_peek(const struct end *end)
{
	char byte;

	return (int)pread(end->fd, &byte, 1, end_position(end));
}

int
end_peek_socket(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN)
		return -1;
	return n == 0;
}

int
end_is_over(const struct end *end)
{
	struct pollfd pollfd = { .fd = end->fd, .events = POLLIN };

	switch (end->kind) {
	case ZC_REGULAR:
	case ZC_BLOCK:
		return end->start >= 0 && end_peek(end) == 0;
	case ZC_PIPE:
		return poll(&pollfd, 1, 0) > 0 && pollfd.revents == POLLHUP;
	case ZC_SOCKET:
		return end_peek_socket(end->fd);
	default:
		return 0;
	}
}

/** True if calls block.  Another process may have set O_NONBLOCK since the job
 * was made, or cleared it: a caller who had set it still expects EAGAIN. */
static bool
blocks(const struct end *end)
{
	int flags;

	if (end->kind == ZC_HOOKS || (end->flags & O_NONBLOCK))
		return false;
	flags = fcntl(end->fd, F_GETFL);
	return flags < 0 || !(flags & O_NONBLOCK);
}

bool
end_waits_by_poll(const struct end *end)
{
	/* poll(2) always calls regular files ready: the loop would spin. */
	return !kind_has_position(end->kind) && !blocks(end);
}

int
end_queued(const struct end *end)
{
	int saved = errno, queued = 0;

	if (end->kind == ZC_SOCKET || end->kind == ZC_TTY)
		queued = socket_queue(end->fd);
	else if (end->kind == ZC_PIPE && ioctl(end->fd, FIONREAD, &queued) < 0)
		queued = 0;
	errno = saved;
	return queued;
}

int64_t
end_timeout(const struct end *end)
{
	struct timeval limit = { .tv_sec = 0 };
	socklen_t length = sizeof(limit);

	if (end->kind != ZC_SOCKET || !blocks(end) ||
	    getsockopt(end->fd, SOL_SOCKET,
	    end->side == ZC_SOURCE ? SO_RCVTIMEO : SO_SNDTIMEO,
	    &limit, &length) < 0)
		return 0;
	return MIN((int64_t)limit.tv_sec, SECONDS_MAX) * 1000000000 +
	    (int64_t)limit.tv_usec * 1000;
}

bool
end_is_ready(const struct end *end)
{
	struct pollfd pollfd = { .fd = end->wait.fd,
		.events = end->wait.events };

	/* If poll(2) fails, the next call tells. */
	return end->kind != ZC_HOOKS && poll(&pollfd, 1, 0) != 0;
}

bool
end_overlap(const struct end *in, const struct end *out, int64_t bytes,
    int64_t more)
{
	int64_t from = in->start, to = out->start, length;

	if (in->kind == ZC_HOOKS || in->kind != out->kind ||
	    in->dev != out->dev || in->ino != out->ino || bytes == 0)
		return false;
	if (in->kind == ZC_PIPE)
		return true;		/* splice(2) fails with EINVAL, too */
	if (from < 0 || to < 0)
		return false;
	/* Writing beyond the source's position moves the end of the file, so
	 * "to the end" would never be reached. */
	if (bytes == ZC_TO_END && to >= from)
		return true;
	length = bytes == ZC_TO_END ? MAX(in->size - from, 0) : bytes;
	if (from < to)
		return to - from < length;
	return from - to < length || from - to - length < more;
}
