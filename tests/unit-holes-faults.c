/*
 * Holes: what the kernel may answer, and a source that changes.
 */
#include "config.h"

/* It turns functions that stand here into inline functions. */
#undef _FORTIFY_SOURCE

#include <linux/falloc.h>
#include <sys/resource.h>

#include "lib-faults.h"
#include "lib-holes.h"

/* What the engine calls */

static unsigned seeks, punches, marks, extensions, writes;
static int seek_error, punch_error, mark_error, extend_error;
static unsigned interruptions;		/* punches that fail with EINTR first */
static bool backwards;			/* SEEK_DATA and SEEK_HOLE lie */
static int write_error;
static int send_error;			/* of sendfile(2) */
static unsigned writes_left;		/* until write_error */

static void
reset(void)
{
	seeks = punches = marks = extensions = writes = interruptions = 0;
	seek_error = punch_error = mark_error = extend_error = 0;
	write_error = send_error = 0;
	backwards = false;
	armed = true;
}

int
judge(struct made *made)
{
	bool is_write = made->call == WRITE || made->call == PWRITE;

	if (is_write)
		writes++;
	if (made->call == SENDFILE && send_error != 0)
		return send_error;
	return is_write && write_error != 0 && writes_left-- == 0 ?
	    write_error : PASS;
}

void
came_to(ssize_t n)
{
	(void)n;
}

/** Return -1, or what the call returns if it does not fail. */
#define FAIL_WITH(error)						\
	do {								\
		int fails_with = (error);				\
									\
		if (fails_with != 0) {					\
			errno = fails_with;				\
			return -1;					\
		}							\
	} while (0)

off_t
lseek(int fd, off_t offset, int whence)
{
	if (armed && (whence == SEEK_DATA || whence == SEEK_HOLE)) {
		seeks++;
		FAIL_WITH(seek_error);
		if (backwards)
			return offset - 1;
	}
	return NEXT(lseek, RENAMED("lseek", "lseek64"))(fd, offset, whence);
}

int
fallocate(int fd, int mode, off_t offset, off_t size)
{
	if (armed && (mode & FALLOC_FL_PUNCH_HOLE)) {
		punches++;
		FAIL_WITH(interruptions > 0 && interruptions-- > 0 ? EINTR :
		    punch_error);
	} else if (armed) {
		marks++;
		FAIL_WITH(mark_error);
	}
	return NEXT(fallocate, RENAMED("fallocate", "fallocate64"))(fd, mode,
	    offset, size);
}

int
ftruncate(int fd, off_t size)
{
	if (armed) {
		extensions++;
		FAIL_WITH(extend_error);
	}
	return NEXT(ftruncate, RENAMED("ftruncate", "ftruncate64"))(fd, size);
}

/* What the kernel may answer */

/** Copy D...D..D.. into the middle of old bytes, with what fails by now; write
 * to *made how many bytes became holes.  True if all bytes are right. */
static bool
survives(int64_t *made)
{
	static const char layout[] = "D...D..D..";
	static unsigned char expected[20 * UNIT];
	const size_t size = strlen(layout) * UNIT;
	int in = sparse_file(layout);
	int out = file_of(content + 5, 20 * UNIT);
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct zc_result result;

	memcpy(expected, content + 5, sizeof(expected));
	memcpy(expected + UNIT, image, size);
	request.flags = ZC_KEEP_HOLES;
	request.out_offset = UNIT;
	armed = true;
	CHECK(run(&request, &result) == 0);
	armed = false;
	CHECK(result.bytes == (int64_t)size);
	CHECK(size_of(out) == (int64_t)sizeof(expected));
	CHECK(holds(out, 0, expected, sizeof(expected)));
	*made = result.hole_bytes;
	return true;
}

/** If the file system does not say where holes are, they are read. */
static bool
survives_seek(int error)
{
	int64_t made;

	reset();
	armed = false;
	seek_error = error;
	backwards = error == 0;
	CHECK(survives(&made));
	CHECK(made == 0 && seeks > 0 && seeks <= 2 && punches == 0);
	return true;
}

/** If a punch is refused, the bytes are marked as unwritten; if that is refused,
 * zeros are written.  Neither is tried again. */
static bool
survives_punch(int error)
{
	int64_t made;

	reset();
	armed = false;
	punch_error = mark_error = error;
	CHECK(survives(&made));
	CHECK(made == 0 && punches == 1 && marks == 1);
	return true;
}

static unsigned interrupted;
static enum zc_event_type stop_at;	/* the event that ends the job... */
static int64_t stop_bytes;		/* ...once so much was moved */

static int
on_event(const struct zc_event *event, void *arg)
{
	(void)arg;
	interrupted += event->type == ZC_EVENT_INTERRUPTED;
	return event->type == stop_at && event->bytes >= stop_bytes;
}

/** Signals during a punch are told, and nothing is lost; one may stop the
 * job. */
static bool
is_interrupted(bool stops)
{
	int in = sparse_file("..D"), out = file_of(content, 3 * UNIT);
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct zc_result result;
	int error;

	request.flags = ZC_KEEP_HOLES;
	request.event = on_event;
	stop_at = ZC_EVENT_INTERRUPTED;
	stop_bytes = stops ? 0 : INT64_MAX;
	reset();
	interruptions = 3;
	interrupted = 0;
	error = run(&request, &result);
	armed = false;
	CHECK(error == (stops ? EINTR : 0));
	CHECK(interrupted == (stops ? 1 : 3));
	CHECK(result.bytes == (stops ? 0 : 3 * (int64_t)UNIT));
	CHECK(at(in) == result.bytes && at(out) == result.bytes);
	CHECK(holds(out, 0, stops ? content : image, 3 * UNIT));
	return true;
}

/** A file that may not grow ends a job at what the file has. */
static bool
may_not_grow(const char *layout, size_t units, enum zc_method method)
{
	struct rlimit before, limit;
	int in = sparse_file(layout), out = file_of("", 0);
	struct zc_request request = request_for(in, out, method);
	struct zc_result result;
	int error;

	request.flags = ZC_KEEP_HOLES;
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = units * UNIT + 1;
	setrlimit(RLIMIT_FSIZE, &limit);
	reset();
	error = run(&request, &result);
	armed = false;
	setrlimit(RLIMIT_FSIZE, &before);
	CHECK(error == EFBIG && result.side == ZC_SINK);
	CHECK(result.bytes == size_of(out) && at(out) == size_of(out));
	CHECK(at(in) == result.bytes && result.lost == 0);
	CHECK(holds(out, 0, image, (size_t)result.bytes));
	return true;
}

/** The last hole is part of the file when the job stops in the middle, and does
 * not count if the file cannot be extended. */
static bool
ends_in_hole(int error)
{
	int in = sparse_file("D...D"), out = file_of("", 0);
	struct zc_request request = request_for(in, out, ZC_READ_WRITE);
	struct zc_result result;
	int64_t size = error != 0 ? (int64_t)UNIT : 4 * (int64_t)UNIT;
	struct zc_job *job;

	request.flags = ZC_KEEP_HOLES;
	request.event = on_event;
	stop_at = ZC_EVENT_MOVED;
	stop_bytes = 4 * UNIT;
	job = new_job(&request);
	reset();
	extend_error = error;
	CHECK(zc_job_run(job, NULL, 0) < 0 && errno == EINTR);
	armed = false;
	result = *zc_job_result(job);
	zc_job_free(job);
	CHECK(result.outcome == ZC_STOPPED && result.bytes == size);
	CHECK(result.hole_bytes == size - (int64_t)UNIT);
	CHECK(size_of(out) == size && at(out) == size && at(in) == size);
	return true;
}

/** The file system is full when zeros have to be written. */
static bool
is_full(void)
{
	int in = sparse_file("D" "...." "...." "...." "...." "...." "...."), out = file_of(content, 30 * UNIT);
	struct zc_request request = request_for(in, out, ZC_READ_WRITE);
	struct zc_result result;

	request.flags = ZC_KEEP_HOLES;
	reset();
	punch_error = mark_error = EOPNOTSUPP;
	write_error = ENOSPC;
	writes_left = 2;
	CHECK(run(&request, &result) == ENOSPC);
	armed = false;
	CHECK(result.outcome == ZC_FAILED && result.side == ZC_SINK);
	CHECK(result.bytes > (int64_t)UNIT && result.hole_bytes == 0);
	CHECK(at(in) == result.bytes && at(out) == result.bytes);
	CHECK(holds(out, 0, image, (size_t)result.bytes));
	return true;
}

/** Zeros are written to a pipe if the kernel does not lend any. */
static bool
lends_nothing(int error)
{
	int in = sparse_file("D..."), ends[2];
	struct zc_request request;
	struct zc_result result;

	if (pipe(ends) < 0)
		give_up("pipe");
	keep(ends[0]);
	request = request_for(in, keep(ends[1]), ZC_READ_WRITE);
	request.flags = ZC_KEEP_HOLES;
	reset();
	send_error = error;
	CHECK(run(&request, &result) == 0 && result.bytes == 4 * UNIT);
	armed = false;
	CHECK(writes == 2);
	CHECK(read(ends[0], got, 4 * UNIT) == 4 * UNIT);
	CHECK(memcmp(got, image, 4 * UNIT) == 0);
	return true;
}

/* The source changes */

static int changing;

static void
fill_hole(void)
{
	after_write = NULL;
	if (pwrite(changing, content, UNIT, 30 * UNIT) != (ssize_t)UNIT)
		give_up("pwrite");
}

static void
cut_hole(void)
{
	after_write = NULL;
	if (ftruncate(changing, 30 * UNIT + 7) < 0)
		give_up("ftruncate");
}

/** Data that fills a hole while it is skipped is found; a file that is cut
 * short ends there. */
static bool
notices(void (*change)(void), size_t size)
{
	int in = sparse_file("........................................");
	struct zc_request request = request_for(in, -1, ZC_AUTO);
	const struct zc_io io = collector();
	struct zc_result result;

	changing = in;
	after_write = change;
	request.out_io = &io;
	request.flags = ZC_KEEP_HOLES;
	CHECK(run(&request, &result) == 0);
	if (change == fill_hole)
		memcpy(image + 30 * UNIT, content, UNIT);
	CHECK(result.bytes == (int64_t)size && got_size == size);
	CHECK(memcmp(got, image, size) == 0);
	return true;
}

/** A file without holes is not asked for them; nor are others, where holes do
 * not matter. */
static bool
asks_only_sparse(void)
{
	int in = file_of(content, sizeof(content)), out = file_of("", 0);
	struct zc_request request = request_for(in, out, ZC_AUTO);
	struct zc_result result;

	request.flags = ZC_KEEP_HOLES;
	reset();
	CHECK(run(&request, &result) == 0);
	CHECK(seeks == 0 && punches == 0 && extensions == 0);
	armed = false;
	request = request_for(sparse_file("D.D"),
	    another_of(file_of("", 0), O_WRONLY | O_APPEND), ZC_AUTO);
	request.flags = ZC_KEEP_HOLES;
	reset();
	CHECK(run(&request, &result) == 0);
	CHECK(seeks == 0 && result.hole_bytes == 0);
	armed = false;
	request = request_for(sparse_file("D.D"), file_of("", 0),
	    ZC_AUTO);
	request.flags = ZC_KEEP_HOLES | ZC_NODISKIO;
	reset();
	CHECK(run(&request, &result) == 0);
	CHECK(seeks == 0 && result.hole_bytes == 0);
	armed = false;
	return true;
}

static void
answers(void)
{
	static const int errors[] = { EINVAL, EOPNOTSUPP, EIO, EPERM, ENOSYS };
	static const int refusals[] = { EOPNOTSUPP, ENOSYS, EPERM, EINVAL,
		ENODEV, EBUSY, ETXTBSY, ENOSPC, EIO };

	for (size_t i = 0; i < COUNT(errors); i++)
		CASE(survives_seek(errors[i]), "holes are read if lseek says "
		    "%s", strerror(errors[i]));
	CASE(survives_seek(0), "holes are read if lseek goes backwards");
	for (size_t i = 0; i < COUNT(refusals); i++)
		CASE(survives_punch(refusals[i]), "zeros are written if "
		    "fallocate says %s", strerror(refusals[i]));
	CASE(is_interrupted(false), "signals during a punch are no end");
	CASE(is_interrupted(true), "a signal during a punch may stop the job");
	CASE(may_not_grow("D...D", 2, ZC_AUTO), "EFBIG: data after a hole");
	CASE(may_not_grow("D...", 2, ZC_AUTO), "EFBIG: a hole at the end");
	CASE(may_not_grow("....", 2, ZC_READ_WRITE), "EFBIG: only a hole");
	CASE(ends_in_hole(0), "a job that stops leaves the hole in the file");
	CASE(ends_in_hole(EPERM), "a hole that cannot be does not count");
	CASE(lends_nothing(EPERM), "sendfile that is refused lends no zeros");
	CASE(lends_nothing(ENOSYS), "sendfile that is missing lends none");
	CASE(is_full(), "ENOSPC when zeros are written is exact");
}

int
main(void)
{
	begin();
	answers();
	CASE(notices(fill_hole, 40 * UNIT), "a hole that is filled is data");
	CASE(notices(cut_hole, 30 * UNIT + 7), "a hole that is cut ends");
	CASE(asks_only_sparse(), "a file without holes costs no calls");
	finish();
	return 0;
}
