/*
 * One end of a transfer: a descriptor, and what is known of it.
 */
#ifndef ENGINE_END_H
#define ENGINE_END_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "../zcopy.h"

struct end {
	int fd;
	enum zc_kind kind;
	int flags;		/* F_GETFL, when the job was made */
	dev_t dev;		/* with ino, which file it is; for a block
				   device, st_rdev and 0 */
	ino_t ino;
	int64_t size;		/* of a regular file or block device, else -1 */
	int64_t start;		/* position of the first byte; -1: it has no
				   position */
	bool placed;		/* the caller gave an offset: use `offset`, and
				   leave the position alone */
	off_t offset;		/* of the next byte; only when placed */
};

/** Find out about fd.  Return 0, or -1 with errno as zc_job_new() documents it.
 */
int end_inspect(struct end *, int fd, enum zc_side, int64_t offset);

/** Return the offset argument for splice(2) and similar calls; NULL makes them
 * use the position. */
off_t *end_offset(struct end *);

/** Return the position of the next byte, or -1 with errno. */
int64_t end_position(const struct end *);

/** Move the position by `count` (which may be negative).  Return 0, or -1 with
 * errno. */
int end_advance(struct end *, int64_t count);

/** Read or write at the next byte.  Return what read(2) or write(2) returned;
 * a socket does not raise SIGPIPE. */
ssize_t end_read(struct end *, void *, size_t);
ssize_t end_write(struct end *, const void *, size_t);

/** Write an array.  `more`: more data follows, so a socket may hold this back
 * until a segment is full (MSG_MORE). */
ssize_t end_writev(struct end *, const struct iovec *, int count, bool more);

/** Return what pread(2) of one byte returned at the position, which the end
 * must have: 1, 0 at the end of the file, or -1 with errno (EINTR, too). */
int end_peek(const struct end *);

/** True if this end gives EAGAIN until poll(2) says that it is ready.  Ask each
 * time: other processes may share the description, and change O_NONBLOCK. */
bool end_waits_by_poll(const struct end *);

/** Return after how many nanoseconds a blocking socket gives EAGAIN, by
 * SO_RCVTIMEO or SO_SNDTIMEO; 0 for others, and without a limit. */
int64_t end_timeout(const struct end *, enum zc_side);

/** True if poll(2) says that there is something to read, or an end of file. */
bool end_is_readable(const struct end *);

/** True if poll(2) says that it takes something, or has failed. */
bool end_is_writable(const struct end *);

/** True if moving `bytes` from `in` to `out`, with `more` bytes of header and
 * trailer, would read what it has written itself. */
bool end_overlap(const struct end *in, const struct end *out, int64_t bytes,
    int64_t more);

#endif
