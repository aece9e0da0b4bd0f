/*
 * One end of a transfer: a descriptor, or functions of the caller, and what is
 * known of it.
 */
#ifndef ENGINE_END_H
#define ENGINE_END_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "../zcopy.h"

struct end {
	int fd;			/* -1 for ZC_HOOKS */
	enum zc_side side;
	enum zc_kind kind;
	int flags;		/* F_GETFL, when the job was made */
	dev_t dev;		/* with ino, which file it is; for a block
				   device, st_rdev and 0 */
	ino_t ino;
	int64_t size;		/* of a regular file or block device, else -1 */
	bool sparse;		/* a regular file with fewer blocks than bytes:
				   it has holes, or is compressed */
	int64_t start;		/* position of the first byte; -1: it has no
				   position */
	bool placed;		/* the caller gave an offset: use `offset`, and
				   leave the position alone */
	off_t offset;		/* of the next byte; only when placed */
	bool uncached;		/* use RWF_DONTCACHE, until it is refused */
	struct zc_io io;	/* of ZC_HOOKS */
	struct zc_wait wait;	/* what to wait for after EAGAIN */
	int64_t interrupted;	/* when a signal first ended a call for this
				   socket since bytes moved; 0: none has */
};

/** Find out about fd, or take `io` (not NULL) for this side.  Return 0, or -1
 * with errno as zc_job_new() documents it. */
int end_inspect(struct end *, int fd, const struct zc_io *io, enum zc_side,
    int64_t offset);

/** Begin again at this offset, or at the position if it is ZC_CURRENT.  Return
 * 0, or -1 with ESPIPE. */
int end_place(struct end *, int64_t offset);

/** Return the offset argument for splice(2) and similar calls; NULL makes them
 * use the position. */
off_t *end_offset(struct end *);

/** Return the position of the next byte, or -1 with errno. */
int64_t end_position(const struct end *);

/** Move the position by `count` (which may be negative).  Return 0, or -1 with
 * errno. */
int end_advance(struct end *, int64_t count);

/** Read or write at the next byte.  Return what read(2) or write(2) returned;
 * a socket does not raise SIGPIPE.  `more`, that more will follow, is for the
 * caller's functions only. */
ssize_t end_read(struct end *, void *, size_t);
ssize_t end_write(struct end *, const void *, size_t, bool more);

/** Write an array.  `more`: more data follows, so a socket may hold this back
 * until a segment is full (MSG_MORE). */
ssize_t end_writev(struct end *, const struct iovec *, int count, bool more);

/** Call the sink's zc_io.flush.  Return 0, also where there is none, or -1 with
 * errno. */
int end_flush(struct end *);

/** Call the sink's zc_io.finish, which must be there. */
int end_finish(struct end *);

/** Return what pread(2) of one byte returned at the position, which the end
 * must have: 1, 0 at the end of the file, or -1 with errno (EINTR, too). */
int end_peek(const struct end *);

/** Return 1 if a peek says that the connection has ended, 0 if not, or -1 with
 * errno.  recv(2) reports an error once: after ECONNRESET read(2) returns 0, so
 * the caller must treat the error as one of its own. */
int end_peek_socket(int fd);

/** Return 1 if it is known that read(2) would return 0 now, 0 if not, or -1
 * with errno as end_peek_socket() does.  Wait for nothing but the disk, and
 * take nothing. */
int end_is_over(const struct end *);

/** True if this end gives EAGAIN until poll(2) says that it is ready.  Ask each
 * time: other processes may share the description, and change O_NONBLOCK. */
bool end_waits_by_poll(const struct end *);

/** Return how many bytes of a socket, pipe or terminal its peer has not taken
 * yet, 0 for other ends. */
int end_queued(const struct end *);

/** Return after how many nanoseconds a blocking socket gives EAGAIN, by
 * SO_RCVTIMEO or SO_SNDTIMEO; 0 for others, and without a limit. */
int64_t end_timeout(const struct end *);

/** True if poll(2) says that a source has something to read or is at its end,
 * or that a sink takes something or has failed.  Nobody knows that of the
 * caller's functions: false. */
bool end_is_ready(const struct end *);

/** True if what is read and what is written overlap, when `bytes` bytes go from
 * `in` to `out` with `more` bytes of header and trailer; or if "to the end"
 * would never be reached, because it moves on. */
bool end_overlap(const struct end *in, const struct end *out, int64_t bytes,
    int64_t more);

#endif
