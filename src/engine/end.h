/*
 * One end of a transfer: a descriptor and what there is to know of it.
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
	dev_t dev;		/* which file; of a block device, the device */
	ino_t ino;
	int64_t size;		/* of a regular file or block device, else -1 */
	int64_t start;		/* where the first byte is or goes; -1: it has
				   no position */
	bool placed;		/* `offset` is used, the position left alone */
	off_t offset;		/* of the next byte; only when placed */
};

/** Look at fd.  0, or -1 with errno as zc_job_new() documents it. */
int end_inspect(struct end *, int fd, enum zc_side, int64_t offset);

/** The offset argument of splice(2) and its like: NULL moves the position. */
off_t *end_offset(struct end *);

/** Where the next byte is or goes, or -1 with errno. */
int64_t end_position(const struct end *);

/** Move on (or back) without moving data; only with a position. */
int end_advance(struct end *, int64_t count);

/** read(2), write(2) and their kin, at the right place. */
ssize_t end_read(struct end *, void *, size_t);
ssize_t end_write(struct end *, const void *, size_t);

/** More: the kernel may keep it, to send it along with what follows. */
ssize_t end_writev(struct end *, const struct iovec *, int count, bool more);

/** Ask pread(2) for the byte at its position, which it must have: 1, 0 at the
 * end, or -1 with errno (EINTR, too). */
int end_peek(const struct end *);

/** Would EAGAIN from this end mean: poll?  Asked anew each time, for the flag
 * belongs to a description that others may share. */
bool end_waits_by_poll(const struct end *);

/** How long it blocks until it gives EAGAIN, by SO_RCVTIMEO or SO_SNDTIMEO;
 * nanoseconds.  0: for ever, or never. */
int64_t end_time_out(const struct end *, enum zc_side);

/** Has it something to read, or an end? */
bool end_has_news(const struct end *);

/** Would it take something, as poll(2) sees it? */
bool end_has_room(const struct end *);

/** Would moving `bytes`, and `more` around them, from one to the other read
 * what was just written? */
bool end_overlap(const struct end *in, const struct end *out, int64_t bytes,
    int64_t more);

#endif
