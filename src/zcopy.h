/*
 * libzcopy: move bytes between descriptors as fast as the kernel can.
 *
 * The library never prints, exits, or changes signal dispositions or descriptor
 * flags, and touches no descriptor that it was not given.  It may make a pipe
 * that it is given larger.  All offsets and counts are 64 bits wide, in bytes.
 *
 * Ignore SIGPIPE and SIGXFSZ, or they end the process: sendfile(2), splice(2)
 * and write(2) raise them along with EPIPE and EFBIG.  The library does not
 * notice that a source is changed or cut short during a transfer; the caller
 * can, with fstat(2).
 *
 * Jobs share no state: any number of them may run in one thread, by turns, or
 * in several; only one thread at a time may use a job.
 *
 * Most structs begin with their size, which the INIT macros set, and may get
 * more members at their end.  The library reads and fills in no more than
 * `size` bytes, and takes members beyond them to be 0, which asks for nothing.
 * If a program is newer than the library and sets a member that the library
 * does not know, the call fails with EINVAL.
 *
 * The man page of each system call says what it does, and which errors it
 * gives; where Linux differs from it, the source has a comment.  libzcopy(3)
 * describes all of this at length, with an example.
 */
#ifndef ZCOPY_H
#define ZCOPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ZC_CURRENT	INT64_MIN	/* offset: the descriptor's position */
#define ZC_TO_END	(-1)		/* count: until the source ends */

enum zc_method {
	ZC_AUTO,
	ZC_COPY_FILE_RANGE,
	ZC_SENDFILE,
	ZC_SPLICE,
	ZC_MMAP,
	ZC_READ_WRITE,
	ZC_REFLINK,
	ZC_METHODS			/* how many this header knows */
};

#define ZC_METHODS_MAX	16		/* how many the structs have room for */

enum zc_kind {
	ZC_REGULAR,
	ZC_SYNTHETIC,			/* on procfs or the like: made up as
					   it is read */
	ZC_PIPE,			/* or FIFO */
	ZC_SOCKET,			/* of type SOCK_STREAM */
	ZC_TTY,
	ZC_BLOCK,
	ZC_CHAR,
	ZC_NULL,			/* /dev/null */
	ZC_HOOKS,			/* functions of the caller: zc_io */
	ZC_OTHER,			/* has no bytes to move */
	ZC_KINDS
};

enum zc_side { ZC_SOURCE, ZC_SINK };

enum zc_flag {
	ZC_EXACT = 1,			/* fail if the source ends early */
	ZC_STABLE = 2,			/* use only methods that copy */
	ZC_NODISKIO = 4,		/* EBUSY rather than wait for a disk */
	ZC_DROP_SINKS = 8,		/* if a sink fails, go on with others */
	ZC_KEEP_OPEN = 16,		/* allow zc_job_next(), so do not call
					   zc_io.finish at the end */
	ZC_KEEP_HOLES = 32,		/* holes of a file become holes of the
					   sink, or zeros where it can have
					   none */
	ZC_MAKE_HOLES = 64,		/* so do blocks of zeros, aligned to
					   4 KiB in the sink: only read-write
					   can do that; other sinks get every
					   byte if one can have holes */
	ZC_FILL_HOLES = 128,		/* write every byte: do not use methods
					   that may keep holes */
	ZC_DONT_CACHE = 256,		/* read-write leaves no more data in the
					   page cache than it finds there, where
					   Linux has RWF_DONTCACHE */
	ZC_LOOK = 512,			/* call zc_request.look: only read-write
					   can do that */
	ZC_READ_HOLES = 1024,		/* read holes of the source as zeros,
					   also with ZC_MAKE_HOLES: another
					   thread is still writing it, and
					   `allow` says how far */
};

/**
 * What to wait for before a call can succeed: `events` of poll(2) on `fd`, or,
 * where fd is -1, only the time `until`.  `until` is in nanoseconds of
 * CLOCK_MONOTONIC; 0: there is no limit.  Like struct pollfd it is used in
 * arrays, and so does not grow.
 */
struct zc_wait {
	int fd;
	short events;
	int64_t until;
};

/**
 * An end that is not a plain descriptor: an encrypted connection, a ring in
 * memory.  Its functions return what readv(2) and writev(2) return.  If they
 * fail with EAGAIN, they set *wait; a sink may wait for POLLIN, and a source
 * for POLLOUT.  EINTR is reported to the request's `event` function.  They must
 * not run or free the job that calls them.
 *
 * writev() must keep a copy of all bytes that it counts: after EAGAIN the next
 * call may offer other bytes than the last one did, or fewer.
 */
struct zc_io {
	size_t size;
	void *arg;
	/* Required for a source. */
	ssize_t (*readv)(void *arg, const struct iovec *, int count,
	    struct zc_wait *wait);
	/* Required for a sink.  `more`: more data or a trailer may follow. */
	ssize_t (*writev)(void *arg, const struct iovec *, int count, bool more,
	    struct zc_wait *wait);
	/* Send what writev() has kept back: the job may wait for the source
	 * now, or the range has ended and `finish` is not called.  Return 0, or
	 * -1 with errno.  NULL: nothing is kept back. */
	int (*flush)(void *arg, struct zc_wait *wait);
	/* All data has been written: send the end of the data.  Called again
	 * after EAGAIN, and never after a failure.  NULL: nothing to do. */
	int (*finish)(void *arg, struct zc_wait *wait);
};

#define ZC_IO_INIT { sizeof(struct zc_io), NULL, NULL, NULL, NULL, NULL }

/** What is sent before and after the data; it has the shape of FreeBSD's
 * sf_hdtr. */
struct zc_hdtr {
	struct iovec *headers;
	int hdr_cnt;
	struct iovec *trailers;
	int trl_cnt;
};

/** Everything that the choice of a method depends on. */
struct zc_ends {
	size_t size;
	enum zc_kind in, out;
	int64_t bytes;			/* to move, or -1: unknown */
	bool append;			/* the sink has O_APPEND */
	bool direct;			/* the sink has O_DIRECT */
	bool placed;			/* the sink is written at an offset */
	bool unseekable;		/* the source is a regular file that
					   cannot seek (FUSE) */
	bool shared;			/* the source is read once for several
					   sinks */
};

#define ZC_ENDS_INIT { sizeof(struct zc_ends), ZC_OTHER, ZC_OTHER, -1, false, \
	false, false, false, false }

/** The methods to try, best first, and what rules out each of the others. */
struct zc_plan {
	size_t size;
	size_t count;
	enum zc_method method[ZC_METHODS_MAX];
	const char *why_not[ZC_METHODS_MAX];	/* static text; NULL: planned */
};

#define ZC_PLAN_INIT { sizeof(struct zc_plan), 0, { ZC_AUTO }, { NULL } }

enum zc_event_type {
	ZC_EVENT_PLAN,			/* about to begin, with .plan */
	ZC_EVENT_REFUSED,		/* .method cannot continue: .error */
	ZC_EVENT_MOVED,			/* .bytes has grown, by .method, or data
					   was gathered for the one write(2) to
					   a kernel file; with ZC_AUTO: a hole
					   of the source was skipped, or some of
					   the header or the trailer was sent */
	ZC_EVENT_INTERRUPTED,		/* a signal came before a call moved
					   anything, or cut a call to a socket
					   short; other calls that are cut short
					   appear as MOVED */
	ZC_EVENT_TRAILER,		/* all data is sent, the trailer is
					   next */
	ZC_EVENT_DROPPED,		/* .sink has failed with .error, and
					   the others go on */
};

/** What one step has moved, and from where to where.  For an end that has no
 * position, in_from and out_from count the bytes that the job moved before.
 * -1: not from the source (a header or trailer), or not to the sink (data was
 * gathered). */
struct zc_moved {
	int64_t in_from, out_from, length;
	bool skipped;			/* a hole: neither read nor written */
};

struct zc_event {
	enum zc_event_type type;
	enum zc_method method;
	int error;			/* errno; also ENODATA if the method saw
					   an end where read(2) has more */
	int64_t bytes;			/* of data delivered to .sink so far */
	const struct zc_plan *plan;	/* of .sink */
	size_t sink;			/* 0: out_fd; n: sinks[n - 1] */
	struct zc_moved moved;		/* by ZC_EVENT_MOVED */
};

/** A further sink.  Initialize it with ZC_SINK_INIT. */
struct zc_sink {
	size_t size;
	int fd;
	int64_t offset;			/* as zc_request.out_offset */
	const struct zc_hdtr *hdtr;
	const struct zc_io *io;		/* in place of fd, or NULL */
};

#define ZC_SINK_INIT(fd) { sizeof(struct zc_sink), (fd), ZC_CURRENT, NULL, \
	NULL }

/** Initialize it with ZC_REQUEST_INIT: from the current positions, to the end,
 * by any method. */
struct zc_request {
	size_t size;			/* of this struct, which may grow */
	int in_fd, out_fd;		/* -1 where io is given */
	int64_t offset, out_offset;	/* ZC_CURRENT; or else the position of
					   the descriptor is neither used nor
					   moved */
	int64_t bytes;			/* ZC_TO_END or a count */
	const struct zc_hdtr *hdtr;	/* or NULL; is not modified, and must
					   outlive the job */
	enum zc_method method;		/* ZC_AUTO, or the only one to use */
	unsigned flags;			/* of enum zc_flag */
	size_t block_size;		/* bytes for each system call; 0: the
					   measured defaults */
	size_t pipe_size;		/* of the private pipe and of pipes at
					   the ends; 0: the measured defaults */

	/* Return which method to try first; called only for ZC_AUTO.  -1: the
	 * job fails with errno. */
	int (*select)(const struct zc_ends *, void *arg);
	/* Called when something happens.  If it does not return 0, the job
	 * fails with EINTR. */
	int (*event)(const struct zc_event *, void *arg);
	/* Wait until one of `count` is ready, or one's time `until` has come.
	 * If it returns a negative value, the job fails with errno, but for
	 * EINTR it asks `event`.  NULL: zc_job_run() returns EAGAIN
	 * instead. */
	int (*wait)(const struct zc_wait *, size_t count, void *arg);
	void *arg;

	const struct zc_io *in_io, *out_io;	/* in place of in_fd, out_fd */
	/* Further sinks that get the same data, `sink_count` of them (at most
	 * 1024), all of the same size. */
	const struct zc_sink *sinks;
	size_t sink_count;
	/* Return how many of these bytes may be taken from the source now; or
	 * 0 and set *until, as in zc_wait: none before that time, but a source
	 * that is known to have ended is not waited for.  This limits the rate.
	 * If 0 is returned and *until is left at 0, there are none yet, and
	 * `wait` is to return when that changes: whatever the source's size
	 * says, it is not at its end, and the timeout is not put off.  Bytes
	 * that several sinks read are asked for only once.  -1: the job fails
	 * with errno. */
	int64_t (*allow)(int64_t bytes, int64_t *until, void *arg);
	/* If nothing moves for so many nanoseconds, the job ends with
	 * ZC_STALLED; 0: never.  What a peer takes out of the queue of a sink
	 * counts as moving.  If some sinks, but not all, have had no room for
	 * that time, only these end so.  A call that blocks goes on unless a
	 * signal interrupts it: use O_NONBLOCK, or a timer. */
	int64_t timeout;
	/* With ZC_LOOK: called with the data of each range, in order and each
	 * byte once, before it is written to the first sink that gets it;
	 * `data` NULL: a hole, as if so many zeros.  If it does not return 0,
	 * the job fails with EINTR. */
	int (*look)(const void *data, int64_t size, void *arg);
};

#define ZC_REQUEST_INIT(in, out) { sizeof(struct zc_request), (in), (out), \
	ZC_CURRENT, ZC_CURRENT, ZC_TO_END, NULL, ZC_AUTO, 0, 0, 0, \
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL }

/** The next range of bytes to move between the same ends. */
struct zc_range {
	size_t size;
	int64_t offset, out_offset;	/* ZC_CURRENT: go on from where the last
					   range ended; sinks without a position
					   ignore out_offset */
	int64_t bytes;			/* ZC_TO_END or a count */
	const struct zc_hdtr *hdtr;	/* for the first sink, or NULL */
	bool last;			/* no other follows: call zc_io.finish
					   after it */
};

#define ZC_RANGE_INIT { sizeof(struct zc_range), ZC_CURRENT, ZC_CURRENT, \
	ZC_TO_END, NULL, false }

enum zc_outcome {
	ZC_UNFINISHED,			/* not begun, under way, or EAGAIN */
	ZC_INVALID,			/* invalid request: nothing was begun */
	ZC_WOULD_WAIT,			/* EBUSY: would have to wait for the
					   disk (ZC_NODISKIO) */
	ZC_DONE,
	ZC_SHORT,			/* the source ended early (ZC_EXACT) */
	ZC_UNSUITED,			/* no method could do it; .method is the
					   last one */
	ZC_STOPPED,			/* by one of the functions; ECANCELED:
					   because another sink failed */
	ZC_FAILED,			/* see .side and .error */
	ZC_STALLED,			/* ETIMEDOUT: nothing moved for the
					   request's `timeout`, because of
					   .side */
};

/** What one method did.  A method that was never tried has calls == 0.  The
 * entry of ZC_AUTO is what was done for header and trailer and for holes of the
 * source, and calls of zc_io.finish. */
struct zc_method_use {
	int64_t bytes, calls;
	int refused;			/* errno, or 0 */
	int64_t refused_at;		/* bytes of data delivered by then */
};

/** Exact at any time, but for `lost`, which is known at the end.  With several
 * sinks zc_job_result() is as of the last return of zc_job_run(). */
struct zc_result {
	size_t size;
	enum zc_outcome outcome;
	enum zc_side side;		/* that failed, or would block */
	int error;			/* errno */
	const char *reason;		/* static text if errno says too
					   little, or NULL */
	enum zc_method method;		/* at work when the job ended */
	int64_t bytes;			/* of data delivered */
	int64_t header_bytes, trailer_bytes;	/* delivered */
	int64_t lost;			/* bytes taken from the source, and
					   neither delivered nor put back */
	size_t used_count;
	enum zc_method used[ZC_METHODS_MAX];	/* that moved data, in order */
	struct zc_method_use use[ZC_METHODS_MAX];
	int64_t hole_bytes;		/* of `bytes`: zeros that the sink has
					   and that were not written */
	int64_t spent;			/* with several sinks: nanoseconds in
					   calls for this sink and in waiting
					   for it; of the job: for the source
					   alone */
};

#define ZC_RESULT_INIT { sizeof(struct zc_result), ZC_UNFINISHED, ZC_SOURCE, \
	0, NULL, ZC_AUTO, 0, 0, 0, 0, 0, { ZC_AUTO }, { { 0, 0, 0, 0 } }, 0, 0 }

struct zc_job;

/**
 * Prepare one transfer; nothing moves yet.  The request, its sinks and their
 * zc_io are copied; the descriptors stay the caller's and must outlive the job.
 *
 * Return NULL with errno on failure: EINVAL (NULL, a size that is too small, a
 * member that this library does not know, a negative count, offset or timeout,
 * a range that ends after 2^63-1, an unknown method or flag, a piece of hdtr
 * that is NULL and has a length, hdtr for a kernel file, a kernel file beside
 * other sinks, ZC_LOOK without `look` or the reverse, ZC_MAKE_HOLES if no sink
 * can have holes (it is no regular file or block device, or has O_APPEND or
 * O_DIRECT), ZC_FILL_HOLES with one of the other two, too many sinks, a zc_io
 * without the function that it needs, a descriptor that has no bytes to move, a
 * range that overlaps itself, a pipe onto itself, an offset in a file that
 * appends), EBADF (not open for reading or writing), ESPIPE (an offset for an
 * end that has none), EPROTOTYPE (not a stream socket), EISDIR, ENOMEM.
 */
struct zc_job *zc_job_new(const struct zc_request *);

/**
 * Move data until done.  Return 0, or -1 with errno; result->outcome says what
 * sort of failure it is.  Two errors do not end the job: when it is run again,
 * it continues with nothing lost or repeated.
 *
 * EAGAIN	No end is ready: wait until one of `waits` is, then run the job
 *		again.  `waits` has room for `count` elements (0: it may be
 *		NULL).  A job needs as many as it has sinks; those that it does
 *		not need get fd -1 and `until` 0.  Also if a blocking socket's
 *		SO_RCVTIMEO or SO_SNDTIMEO is over, however many signals came
 *		meanwhile.
 * EBUSY	with ZC_WOULD_WAIT: the next bytes are not in memory yet.
 *
 * EAGAIN means nothing else: if EAGAIN ends a job, result->error is EAGAIN, and
 * errno is EIO.
 */
int zc_job_run(struct zc_job *, struct zc_wait *waits, size_t count);

/**
 * Once a job that has ZC_KEEP_OPEN is done with a range, let the next
 * zc_job_run() move another one, by the same method and without a new set-up,
 * to all sinks that were not dropped (ZC_DROP_SINKS).  The result goes on
 * counting.  Return 0, or -1 with errno and nothing changed: EINVAL (as
 * zc_job_new()), ESPIPE (an offset for a source that has none, or is read once
 * for several sinks; or out_offset where no sink has one), EBUSY (the job is
 * not done or has no ZC_KEEP_OPEN, or the last range was `last`).
 */
int zc_job_next(struct zc_job *, const struct zc_range *);

/**
 * Return the result, which is valid until zc_job_free().  With several sinks it
 * is one for all: the outcome of the first sink that failed; the bytes that all
 * sinks have got, without those that failed (if all failed: the bytes that all
 * have got); and sums of the other counts.  Its `refused` is 0: see
 * zc_job_sink().
 */
const struct zc_result *zc_job_result(const struct zc_job *);

/** Return the result of one sink: 0 is out_fd, n is sinks[n - 1].  NULL: there
 * is no such sink. */
const struct zc_result *zc_job_sink(const struct zc_job *, size_t sink);

/**
 * Let one sink fail with this error, on the sink's side, before its next step:
 * ZC_DROP_SINKS says what becomes of the others.  Functions of the request may
 * call this, but for `readv` and the like.  Return 0, or -1 with EINVAL: there
 * is no such sink, it has ended, or error is 0.
 */
int zc_job_drop(struct zc_job *, size_t sink, int error);

/** End the job as zc_job_free() does, and complete the results: `lost` is known
 * then.  Nothing moves any more: zc_job_run() fails with EINVAL unless the job
 * was over, and zc_job_next() with EBUSY. */
void zc_job_end(struct zc_job *);

/** End the job at any point; NULL is accepted.  Bytes that are still held go
 * back to the source if it can seek, and are lost otherwise. */
void zc_job_free(struct zc_job *);

/**
 * Call zc_job_new(), zc_job_run() and zc_job_free(), for descriptors that block
 * or a request that has `wait`.  *result (may be NULL) must begin with its
 * size, and is filled in after failures, too: with ZC_INVALID if zc_job_new()
 * failed.  EAGAIN and EBUSY end the transfer: bytes that were taken from a
 * source that cannot seek, and not delivered, are counted as lost.
 */
int zc_transfer(const struct zc_request *, struct zc_result *result);

/**
 * Do the same between two stdio streams, in place of the request's descriptors,
 * in_io and out_io.  request NULL: move everything, to the end.  `out` is
 * flushed first, and `in` begins at its logical position, with the bytes in its
 * buffer; if it can seek, bytes that ungetc(3) pushed back are dropped, as
 * fseek(3) does.  Both streams are left where the transfer ended.  Also fails
 * with the errors of fflush(3) and fseeko(3), and with ENOTSUP if `in` cannot
 * seek and its buffer cannot be accessed.
 */
int zc_transfer_stdio(FILE *in, FILE *out, const struct zc_request *request,
    struct zc_result *result);

enum zc_sendfile_flag {
	ZC_SF_NODISKIO = 1,		/* SF_NODISKIO */
};

/**
 * Send nbytes of regular file fd, from offset on, to stream socket s, as
 * FreeBSD's sendfile(2) does.  nbytes 0: to the end.  An offset past the end
 * sends 0 bytes.  fd's position is neither used nor moved.  *sbytes (may be
 * NULL) is the number of bytes of headers, data and trailers that were sent,
 * also if -1 is returned with errno:
 *
 * EAGAIN (s is not ready; part may be sent), EBADF, EBUSY (NODISKIO: not in
 * memory; part may be sent), EINTR (part may be sent), EINVAL (not a regular
 * file, not a stream socket, a negative offset, a bad hdtr, an unknown flag),
 * EIO, ENOTCONN, ENOTSOCK, EPIPE, and others of send(2) and read(2).
 */
int zc_sendfile(int fd, int s, int64_t offset, size_t nbytes,
    struct zc_hdtr *hdtr, int64_t *sbytes, int flags);

enum zc_splice_flag {			/* the values of Linux */
	ZC_SPLICE_MOVE = 1,
	ZC_SPLICE_NONBLOCK = 2,
	ZC_SPLICE_MORE = 4,
	ZC_SPLICE_GIFT = 8,
};

/**
 * Call splice(2) from `in` to `out` if one of them is a pipe.  Otherwise `in`
 * must be a regular file or a block device, and its pages go through a private
 * pipe.  Return the bytes moved, 0 at the end of `in`, or -1 with errno; bytes
 * that `out` did not take are not consumed.  offset NULL: read from in's
 * position, which moves along; otherwise that position stays, and *offset
 * moves.
 *
 * Errors are splice(2)'s, and EINVAL for other ends.  It also fails with EINVAL
 * where splice(2) returns 0 though read(2) has more: at an urgent byte of a TCP
 * peer, and at the st_size of a FUSE file.  ZC_SPLICE_NONBLOCK applies to pipes
 * only, as in splice(2): a blocking socket still blocks.
 */
ssize_t zc_splice(int out, int in, int64_t *offset, size_t nbytes,
    unsigned flags);

/**
 * Fill in what would be tried for these ends, and move nothing.  `forced` and
 * `preferred` may be ZC_AUTO.  A method whose call this build lacks is in no
 * plan; zc_method_available() tells whether the kernel has it, too.  count is 0
 * if a forced method cannot serve, or an argument is not valid.
 */
void zc_plan(struct zc_plan *, const struct zc_ends *, enum zc_method forced,
    enum zc_method preferred, unsigned flags);

/** Fill in what the plan for this request's first sink depends on.  Return 0,
 * or -1 with errno, as zc_job_new() fails. */
int zc_ends_of(struct zc_ends *, const struct zc_request *);

/** Return what is behind a descriptor; ZC_OTHER if that is a directory, a
 * datagram socket or the like. */
enum zc_kind zc_kind_of(int fd);
const char *zc_kind_name(enum zc_kind);			/* "regular file" */

const char *zc_method_name(enum zc_method);		/* "copy_file_range" */
const char *zc_method_summary(enum zc_method);		/* one line */
int zc_method_from_name(const char *);			/* or -1 */
/** Return 0 if this build and kernel have the method, or the errno that says
 * why not. */
int zc_method_available(enum zc_method);

const char *zc_version(void);				/* "1.2.3" */

#ifdef __cplusplus
}
#endif

#endif
