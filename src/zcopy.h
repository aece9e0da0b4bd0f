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
 * What each system call does, and the errors it gives, is in its man page;
 * where Linux differs from it, the source has a comment.
 */
#ifndef ZCOPY_H
#define ZCOPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
};

/** What the choice of a method depends on; all of it. */
struct zc_ends {
	enum zc_kind in, out;
	int64_t size;			/* bytes to move; -1: unknown */
	bool append;			/* the sink has O_APPEND */
	bool direct;			/* the sink has O_DIRECT */
	bool placed;			/* the sink is written at an offset */
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
	ZC_EVENT_MOVED,			/* .bytes has grown, by .method */
	ZC_EVENT_INTERRUPTED,		/* a signal cut a call short */
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

struct zc_request {
	int in_fd, out_fd;
	int64_t offset, out_offset;	/* ZC_CURRENT, or that descriptor's
					   position is neither used nor moved */
	int64_t bytes;			/* ZC_TO_END or a count */
	enum zc_method method;		/* ZC_AUTO, or the only one to use */
	unsigned flags;			/* of enum zc_flag */
	size_t block_size;		/* bytes a call; 0: measured defaults */
	size_t pipe_size;		/* private and sink pipes; 0: same */

	/* Which method first?  Only for ZC_AUTO.  -1: errno is the error. */
	int (*select)(const struct zc_ends *, void *arg);
	/* Told what happens.  Not 0: stop; the job fails with EINTR. */
	int (*event)(const struct zc_event *, void *arg);
	/* Waits.  -1: errno is the error, and EINTR asks `event`.  NULL: a
	 * descriptor that would block makes zc_job_run() return EAGAIN. */
	int (*wait)(const struct zc_wait *, void *arg);
	void *arg;
};

#define ZC_REQUEST_INIT(in, out) { .in_fd = (in), .out_fd = (out), \
	.offset = ZC_CURRENT, .out_offset = ZC_CURRENT, .bytes = ZC_TO_END }

enum zc_outcome {
	ZC_UNFINISHED,			/* not begun, under way, or EAGAIN */
	ZC_DONE,
	ZC_SHORT,			/* the source ended early (ZC_EXACT) */
	ZC_UNSUITED,			/* no method could; .method: the last */
	ZC_STOPPED,			/* `event` or `select` said so */
	ZC_FAILED,			/* .side, .error */
};

/** What one method did.  A method that was never tried has calls == 0. */
struct zc_method_use {
	int64_t bytes, calls;
	int refused;			/* errno, or 0 */
	int64_t refused_at;		/* bytes of data delivered by then */
};

/** Exact at any time. */
struct zc_result {
	enum zc_outcome outcome;
	enum zc_side side;		/* that failed */
	int error;			/* errno */
	const char *reason;		/* static text, where errno says too
					   little, or NULL */
	enum zc_method method;		/* at work when it ended */
	int64_t bytes;			/* of data delivered */
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
 * NULL with errno: EINVAL (a negative count or offset, offset + count over
 * 2^63-1, an unknown method or flag, a descriptor that has no bytes to move,
 * a range that overlaps itself, a pipe onto itself), EBADF (not open for
 * this), ESPIPE (an offset where there are none), EPROTOTYPE (not a stream
 * socket), EISDIR, ENOMEM.
 */
struct zc_job *zc_job_new(const struct zc_request *);

/**
 * Move until done.  0, or -1 with errno.  EAGAIN: wait for what `wait` (may
 * be NULL) now says, and call again; nothing is lost or repeated.
 */
int zc_job_run(struct zc_job *, struct zc_wait *wait);

const struct zc_result *zc_job_result(const struct zc_job *);

/** Bytes still held go back to the source where it can seek. */
void zc_job_free(struct zc_job *);

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

#ifdef __cplusplus
}
#endif

#endif
