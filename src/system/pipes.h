/*
 * Large pipes, moving pages between pipes, and reading packets in parts.
 */
#ifndef SYSTEM_PIPES_H
#define SYSTEM_PIPES_H

#include <stddef.h>
#include <sys/types.h>

/** Make a pipe of at least this size, at most INT_MAX.  Return 0, or -1 with
 * errno and nothing open: ENOSYS if pipes_pass() cannot work here; EPERM if we
 * are not privileged and this is more than pipe-max-size (1 MiB), or all pipes
 * of the user are together more than pipe-user-pages-soft (64 MiB; pipe(7)). */
int pipes_open(int fd[2], size_t size);

/** Move what is in one pipe and fits into another, up to `size` bytes, without
 * waiting and without a copy.  Return how many bytes; 0: the first pipe is at
 * its end; -1 with errno: EAGAIN if nothing is there or nothing fits. */
ssize_t pipes_pass(int from, int to, size_t size);

/** Read from a pipe as read(2) does, but if `size` ends within a packet, leave
 * the rest of it in the pipe: read(2) would drop it.  A packet (of a pipe(2)
 * with O_DIRECT) has a page at most.  Where splice(2) is refused, or no
 * descriptor is left for a pipe of our own, the rest is lost. */
ssize_t pipes_read(int fd, void *data, size_t size);

/** Read `size` bytes that are in a pipe: read(2) returns one packet at a time.
 * Return `size`, or -1 with errno; EIO: they were fewer. */
ssize_t pipes_read_all(int fd, void *data, size_t size);

#endif
