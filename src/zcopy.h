/*
 * libzcopy: move bytes between two descriptors as fast as the kernel can.
 *
 * The library never prints, exits, changes signal dispositions or descriptor
 * flags, and touches no descriptor that it was not given.  A destination
 * pipe may be made larger.  All offsets and counts are 64 bits wide, in bytes.
 *
 * Ignore SIGPIPE and SIGXFSZ, or die by them: sendfile(2), splice(2) and
 * write(2) raise them along with EPIPE and EFBIG.  A source that is changed
 * or cut short meanwhile is for the caller to notice, by fstat(2).
 *
 * Jobs know nothing of each other: any number of them may run in one thread,
 * by turns, or in several; one job is for one thread at a time.
 *
 * What each system call does, and the errors it gives, is in its man page;
 * where Linux differs from it, the source has a comment.  libzcopy(3) tells
 * all this at length, with an example.
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
#define ZC_TO_END	(-1)		/* a count: until the source ends */

enum zc_method {
	ZC_AUTO,
	ZC_COPY_FILE_RANGE,
	ZC_SENDFILE,
	ZC_SPLICE,
	ZC_MMAP,
	ZC_READ_WRITE,
	ZC_REFLINK,
	ZC_METHODS			/* how many there are */
};

enum zc_kind {
	ZC_REGULAR,
	ZC_SYNTHETIC,			/* procfs...: made up as it is read */
	ZC_PIPE,			/* and FIFOs */
	ZC_SOCKET,			/* of type SOCK_STREAM */
	ZC_TTY,
	ZC_BLOCK,
	ZC_CHAR,
	ZC_NULL,			/* /dev/null */
	ZC_OTHER,			/* nothing that has bytes to move */
	ZC_KINDS
};

enum zc_side { ZC_SOURCE, ZC_SINK };

enum zc_flag {
	ZC_EXACT = 1,			/* a source that ends early fails */
	ZC_STABLE = 2,			/* only methods that copy */
	ZC_NODISKIO = 4,		/* EBUSY rather than wait for a disk */
};

/** What goes before the data and after it; the shape of FreeBSD's sf_hdtr. */
struct zc_hdtr {
	struct iovec *headers;
	int hdr_cnt;
	struct iovec *trailers;
	int trl_cnt;
};

/** What the choice of a method depends on; all of it. */
struct zc_ends {
	enum zc_kind in, out;
	int64_t size;			/* bytes to move; -1: unknown */
	bool append;			/* the sink has O_APPEND */
	bool direct;			/* the sink has O_DIRECT */
	bool placed;			/* the sink is written at an offset */
	bool unseekable;		/* the source is a regular file that
					   cannot seek (FUSE) */
};

/** The methods to try, best first, and what rules out each of the others. */
struct zc_plan {
	size_t count;
	enum zc_method method[ZC_METHODS];
	const char *why_not[ZC_METHODS];	/* static text; NULL: planned */
};

enum zc_event_type {
	ZC_EVENT_PLAN,			/* .plan: about to begin */
	ZC_EVENT_REFUSED,		/* .method cannot go on, by .error */
	ZC_EVENT_MOVED,			/* .bytes has grown, by .method, or will
					   by the one write that a kernel file
					   gets at the end; with
					   ZC_AUTO: some of the header or the
					   trailer went out */
	ZC_EVENT_INTERRUPTED,		/* by a signal: before anything moved,
					   or in a call to a socket; others
					   that are cut short show as MOVED */
	ZC_EVENT_TRAILER,		/* all data is out, that is next */
};

struct zc_event {
	enum zc_event_type type;
	enum zc_method method;
	int error;			/* errno; ENODATA: or a false end */
	int64_t bytes;			/* of data delivered so far */
	const struct zc_plan *plan;
};

/** What a job is waiting for: `events` of poll(2) on `fd`. */
struct zc_wait {
	int fd;
	short events;
};

/** Begin with ZC_REQUEST_INIT: current positions, to the end, auto. */
struct zc_request {
	size_t size;			/* of this struct: it may grow */
	int in_fd, out_fd;
	int64_t offset, out_offset;	/* ZC_CURRENT, or that descriptor's
					   position is neither used nor moved */
	int64_t bytes;			/* ZC_TO_END or a count */
	const struct zc_hdtr *hdtr;	/* NULL: none; is not modified, and
					   must outlive the job */
	enum zc_method method;		/* ZC_AUTO, or the only one to use */
	unsigned flags;			/* of enum zc_flag */
	size_t block_size;		/* bytes a call; 0: measured defaults */
	size_t pipe_size;		/* private and sink pipes; 0: same */

	/* Which method first?  Only for ZC_AUTO.  -1: errno is the error. */
	int (*select)(const struct zc_ends *, void *arg);
	/* Told what happens.  Not 0: stop; the job fails with EINTR. */
	int (*event)(const struct zc_event *, void *arg);
	/* Waits.  Negative: errno is the error, and EINTR asks `event`.  NULL:
	 * a descriptor that would block makes zc_job_run() return EAGAIN. */
	int (*wait)(const struct zc_wait *, void *arg);
	void *arg;
};

#define ZC_REQUEST_INIT(in, out) { sizeof(struct zc_request), (in), (out), \
	ZC_CURRENT, ZC_CURRENT, ZC_TO_END, NULL, ZC_AUTO, 0, 0, 0, \
	NULL, NULL, NULL, NULL }

enum zc_outcome {
	ZC_UNFINISHED,			/* not begun, under way, or EAGAIN */
	ZC_INVALID,			/* the request is: nothing was begun */
	ZC_WOULD_WAIT,			/* EBUSY: for the disk (ZC_NODISKIO) */
	ZC_DONE,
	ZC_SHORT,			/* the source ended early (ZC_EXACT) */
	ZC_UNSUITED,			/* no method could; .method: the last */
	ZC_STOPPED,			/* `event` or `select` said so */
	ZC_FAILED,			/* .side, .error */
};

/** What one method did.  A method that was never tried has calls == 0.  That
 * of ZC_AUTO is what was done for header and trailer. */
struct zc_method_use {
	int64_t bytes, calls;
	int refused;			/* errno, or 0 */
	int64_t refused_at;		/* bytes of data delivered by then */
};

/** Exact at any time.  It has room for the methods of this version; another
 * number of them is another soname. */
struct zc_result {
	enum zc_outcome outcome;
	enum zc_side side;		/* that failed */
	int error;			/* errno */
	const char *reason;		/* static text, where errno says too
					   little, or NULL */
	enum zc_method method;		/* at work when it ended */
	int64_t bytes;			/* of data delivered */
	int64_t header_bytes, trailer_bytes;	/* of these, delivered */
	int64_t lost;			/* taken from the source, neither
					   delivered nor put back */
	size_t used_count;
	enum zc_method used[ZC_METHODS];	/* that moved data, in order */
	struct zc_method_use use[ZC_METHODS];
};

struct zc_job;

/**
 * Prepare one transfer; nothing moves yet.  The request is copied; the
 * descriptors stay the caller's and must outlive the job.
 *
 * NULL with errno: EINVAL (NULL, a size of another version, a negative count
 * or offset, a range that ends after 2^63-1, an unknown method or flag, a
 * piece of hdtr that is NULL and has a length, hdtr for a kernel file, a
 * descriptor that has no bytes to move, a range that overlaps itself, a pipe
 * onto itself, an offset in a file that appends), EBADF (not open for this),
 * ESPIPE (an offset where there are none), EPROTOTYPE (not a stream socket),
 * EISDIR, ENOMEM.
 */
struct zc_job *zc_job_new(const struct zc_request *);

/**
 * Move until done.  0, or -1 with errno; result->outcome says which sort of
 * failure it is.  Two of them are none, and the same job goes on when it is
 * run again, with nothing lost or repeated:
 *
 * EAGAIN	the descriptor is not ready: wait for what `wait` (may be NULL)
 *		now says.  Also when a blocking socket's SO_RCVTIMEO or
 *		SO_SNDTIMEO is over.
 * EBUSY	with ZC_WOULD_WAIT: what comes next is not in memory yet.
 *
 * EAGAIN means nothing else: where it is the error that ends a job, it stands
 * in result->error, and errno is EIO.
 */
int zc_job_run(struct zc_job *, struct zc_wait *wait);

/** Valid until zc_job_free(). */
const struct zc_result *zc_job_result(const struct zc_job *);

/** Bytes still held go back to the source where it can seek; of another they
 * are gone.  NULL is fine. */
void zc_job_free(struct zc_job *);

/**
 * new + run + free, for descriptors that block or a request that has `wait`.
 * *result (may be NULL) is filled in always: ZC_INVALID where new failed.
 * EAGAIN and EBUSY are the end here: what was taken from a source that cannot
 * seek, and not delivered, is lost, and counted so.
 */
int zc_transfer(const struct zc_request *, struct zc_result *result);

/**
 * The same between two streams of stdio, in place of request's descriptors;
 * request NULL: all, to the end.  `out` is flushed first, and `in` begins at
 * its logical position, bytes in its buffer included (what ungetc(3) put back
 * is dropped where the stream can seek, as by fseek(3)); both are left where
 * the transfer ended.  Errors: those of fflush(3) and fseeko(3), too; ENOTSUP
 * where the buffer of a stream that cannot seek is out of reach.
 */
int zc_transfer_stdio(FILE *in, FILE *out, const struct zc_request *request,
    struct zc_result *result);

enum zc_sendfile_flag {
	ZC_SF_NODISKIO = 1,		/* SF_NODISKIO */
};

/**
 * FreeBSD's sendfile(2): nbytes of regular file fd, from offset on, to stream
 * socket s.  nbytes 0: to the end.  An offset past the end sends 0 bytes.
 * fd's position is neither used nor moved.  *sbytes (may be NULL) is what was
 * sent of headers, data and trailers, also when -1 is returned with errno:
 *
 * EAGAIN (s is not ready; part may be sent), EBADF, EBUSY (NODISKIO: not in
 * memory; part may be sent), EINTR (part may be sent), EINVAL (not a regular
 * file, not a stream socket, a negative offset, a bad hdtr, an unknown flag),
 * EIO, ENOTCONN, ENOTSOCK, EPIPE, and others of send(2) and read(2).
 */
int zc_sendfile(int fd, int s, int64_t offset, size_t nbytes,
    struct zc_hdtr *hdtr, int64_t *sbytes, int flags);

enum zc_splice_flag {			/* as Linux has them */
	ZC_SPLICE_MOVE = 1,
	ZC_SPLICE_NONBLOCK = 2,
	ZC_SPLICE_MORE = 4,
	ZC_SPLICE_GIFT = 8,
};

/**
 * splice(2), from `in` to `out`: where one of them is a pipe it is just that;
 * else `in` must be a regular file or a block device, and its pages take the
 * way through a private pipe.  Returns the bytes moved, 0 at the end of `in`,
 * or -1 with errno; what `out` did not take is not consumed.  offset NULL:
 * from in's position, which moves along; else that stands still, and *offset
 * moves.
 *
 * Errors are splice(2)'s, and EINVAL for other ends.  It also fails with EINVAL
 * where splice(2) returns 0 though read(2) has more: at an urgent byte of a TCP
 * peer, and at the st_size of a FUSE file.  ZC_SPLICE_NONBLOCK applies to pipes
 * only, as in splice(2): a socket that blocks still does.
 */
ssize_t zc_splice(int out, int in, int64_t *offset, size_t nbytes,
    unsigned flags);

/**
 * Plan without moving: what would be tried for these ends.
 * `forced` or `preferred` may be ZC_AUTO; a forced method that cannot serve
 * leaves count == 0.
 */
void zc_plan(struct zc_plan *, const struct zc_ends *, enum zc_method forced,
    enum zc_method preferred, unsigned flags);

/** What is behind a descriptor; ZC_OTHER for directories, datagrams... */
enum zc_kind zc_kind_of(int fd);
const char *zc_kind_name(enum zc_kind);			/* "regular file" */

const char *zc_method_name(enum zc_method);		/* "copy_file_range" */
const char *zc_method_summary(enum zc_method);		/* one line */
int zc_method_from_name(const char *);			/* or -1 */
/** Does this build and kernel have it?  0, or the errno that says why not. */
int zc_method_available(enum zc_method);

const char *zc_version(void);				/* "1.2.3" */

#ifdef __cplusplus
}
#endif

#endif
