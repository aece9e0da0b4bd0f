/*
 * unit-fsx [DIR]: random operations on four files, as fsx(1) of the Linux Test
 * Project makes them, each compared with what arrays in memory say.  The files
 * are in DIR, on any file system, or in memory.
 *
 * Between writes, zeros, holes, preallocations and truncations, ranges are
 * copied, with every flag that is about holes, from a file or a stream, to one
 * file or to several, at random rates, between a header and a trailer, or as
 * two ranges; and a copy may be stopped or given up on its way.  For each
 * method there are that many operations:
 *
 *	ZCOPY_TEST_RUNS=N	(5000)
 *	ZCOPY_TEST_SEED=N	repeats a run, if there are as many operations
 */
#include "config.h"

#include <sys/stat.h>
#include <time.h>

#include "lib-chance.h"
#include "lib-job.h"

enum { LARGEST = 640 * 1024, FILES = 4, GRANULE = 4096, WRAP = 6000 };

static const char *directory;		/* NULL: in memory */
static uint64_t operations = 5000;

/** A file, and what must be in it. */
static struct copy {
	int fd;
	size_t size;
	unsigned char byte[LARGEST];
} copies[FILES];

/** The last operation, for the report of a failure. */
static struct {
	const char *name;
	size_t from, to, size;
	unsigned flags;
	const char *source;
} last;

/** Counts of what the copies have come across; none may stay 0. */
static struct {
	unsigned skipped, written_out, stopped, abandoned, paused, shared,
	    wrapped, split;
} seen;

/** Return an offset or a size below `most`: half of them at the edge of a
 * block or a byte beside it, because that is where holes begin and end. */
static size_t
pick_place(size_t most)
{
	size_t place = pick(most);

	if (one_in(2)) {
		place -= place % GRANULE;
		place += pick(3);
	}
	if (place > 0 && one_in(4))
		place--;
	return place < most ? place : most - 1;
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* What happens to a file between copies */

/** Set the size; what is new reads as zeros. */
static void
resize(struct copy *copy, size_t size)
{
	if (size > copy->size)
		memset(copy->byte + copy->size, 0, size - copy->size);
	copy->size = size;
}

/** Set `size` bytes at `at`, and the size of the file. */
static void
put(struct copy *copy, size_t at, const unsigned char *data, size_t size)
{
	if (size == 0)
		return;
	if (at > copy->size)
		resize(copy, at);
	memmove(copy->byte + at, data, size);
	if (at + size > copy->size)
		copy->size = at + size;
}

static bool
writes(struct copy *copy, size_t at, size_t size)
{
	size_t from = pick(sizeof(content) - size);

	last.name = "write";
	put(copy, at, content + from, size);
	CHECK(pwrite(copy->fd, content + from, size, (off_t)at) ==
	    (ssize_t)size);
	return true;
}

static bool
writes_zeros(struct copy *copy, size_t at, size_t size)
{
	static const unsigned char zeros[LARGEST];

	last.name = "write of zeros";
	put(copy, at, zeros, size);
	CHECK(pwrite(copy->fd, zeros, size, (off_t)at) == (ssize_t)size);
	return true;
}

static bool
truncates(struct copy *copy, size_t size)
{
	last.name = "truncation";
	resize(copy, size);
	CHECK(ftruncate(copy->fd, (off_t)size) == 0);
	return true;
}

static bool
punches(struct copy *copy, size_t at, size_t size)
{
	last.name = "hole";
	if (at < copy->size)
		memset(copy->byte + at, 0, smaller(size, copy->size - at));
	CHECK(fallocate(copy->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	    (off_t)at, (off_t)size) == 0);
	return true;
}

/** Allocate blocks without data, inside the file or behind its end. */
static bool
allocates(struct copy *copy, size_t at, size_t size)
{
	bool keeps = one_in(2);

	last.name = "preallocation";
	if (!keeps && at + size > copy->size)
		resize(copy, at + size);
	CHECK(fallocate(copy->fd, keeps ? FALLOC_FL_KEEP_SIZE : 0, (off_t)at,
	    (off_t)size) == 0);
	return true;
}

/** Have the kernel forget what it has cached, so that extents are those of the
 * disk. */
static bool
flushes(struct copy *copy)
{
	last.name = "flush";
	CHECK(fdatasync(copy->fd) == 0);
	CHECK(posix_fadvise(copy->fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
	return true;
}

static bool
changes(struct copy *copy)
{
	size_t at = pick_place(LARGEST);
	size_t size = smaller(pick_size(LARGEST), LARGEST - at - 1) + 1;

	last.to = at;
	last.size = size;
	switch (pick(12)) {
	case 0: case 1: case 2:
		return writes(copy, at, size);
	case 3: case 4:
		return writes_zeros(copy, at, size);
	case 5: case 6:
		return truncates(copy, at);
	case 7: case 8: case 9:
		return punches(copy, at, size);
	case 10:
		return allocates(copy, at, size);
	default:
		return one_in(20) ? flushes(copy) : true;
	}
}

/* Copies */

/** A sink of the job, and what it was told by events. */
struct outlet {
	struct copy *copy;
	size_t to;
	int64_t told, told_wrap;	/* bytes of data; of header, trailer */
	int64_t holes;			/* left out by the first range */
};

/** A copy of a range to one sink or to several. */
static struct task {
	struct copy *in;
	bool streams;			/* through functions, as from a pipe */
	size_t from, there;		/* there: bytes that can be moved */
	size_t read;			/* of the stream */
	struct outlet out[FILES];
	size_t sinks;
	unsigned stop_at, events;	/* this event stops it; 0: none */
	unsigned pauses_left;		/* it is given up at the last; 0: it
					   is not */
	bool wrong;
	size_t header, trailer;		/* their sizes */
	struct iovec head, tail;
	struct zc_hdtr hdtr;
	int64_t second;			/* bytes of a second range, or 0 */
	bool jumps;			/* it is elsewhere */
	int64_t base;			/* bytes of the first range, once the
					   second one has begun elsewhere */
	struct zc_request request;
	struct zc_sink more[FILES];
} task;

/** The source as a stream of pieces of random sizes. */
static ssize_t
read_stream(void *arg, const struct iovec *piece, int count,
    struct zc_wait *wait)
{
	size_t some = smaller(pick(100000) + 1, task.there - task.read);

	(void)arg;
	(void)count;
	(void)wait;
	some = smaller(some, piece[0].iov_len);
	memcpy(piece[0].iov_base, task.in->byte + task.from + task.read, some);
	task.read += some;
	return (ssize_t)some;
}

static const struct zc_io stream = { .size = sizeof(stream),
	.readv = read_stream };

/** Follow a header or a trailer. */
static bool
is_next_of_wrap(const struct zc_event *event, struct outlet *out)
{
	CHECK(event->moved.in_from == -1);
	out->told_wrap += event->moved.length;
	CHECK(out->told_wrap <= (int64_t)(task.header + task.trailer));
	return true;
}

static bool
is_next(const struct zc_event *event)
{
	struct outlet *out = &task.out[event->sink];
	const struct zc_moved *moved = &event->moved;

	CHECK(event->sink < task.sinks);
	CHECK(moved->length > 0);
	CHECK(moved->out_from == (int64_t)out->to + out->told - task.base +
	    out->told_wrap);
	/* ZC_AUTO also skips holes, which have a place in the source. */
	if (event->method == ZC_AUTO && moved->in_from < 0)
		return is_next_of_wrap(event, out);
	CHECK(moved->in_from == (task.streams ? 0 : (int64_t)task.from) +
	    out->told - task.base);
	out->told += moved->length;
	CHECK(event->bytes == out->told);
	CHECK(out->told - task.base <= (int64_t)task.there);
	return true;
}

static int
on_event(const struct zc_event *event, void *arg)
{
	(void)arg;
	if (event->type == ZC_EVENT_MOVED && !is_next(event))
		task.wrong = true;
	return task.wrong || ++task.events == task.stop_at;
}

/** Limit the rate: a random number of bytes, or none for a nanosecond. */
static int64_t
on_allow(int64_t bytes, int64_t *until, void *arg)
{
	(void)arg;
	if (one_in(5)) {
		*until = 1;		/* it has come long ago */
		return 0;
	}
	return one_in(2) ? bytes : (int64_t)pick(60000) + 1;
}

static unsigned
pick_flags(void)
{
	static const unsigned flags[] = { 0, ZC_KEEP_HOLES, ZC_MAKE_HOLES,
		ZC_KEEP_HOLES | ZC_MAKE_HOLES, ZC_FILL_HOLES };

	return flags[pick(COUNT(flags))] | (one_in(4) ? ZC_STABLE : 0);
}

/** True if the method may be used for this task, as the policy says. */
static bool
is_suited(void)
{
	struct zc_ends ends = ZC_ENDS_INIT;
	struct zc_plan plan = ZC_PLAN_INIT;

	if (zc_ends_of(&ends, &task.request) < 0)
		return false;
	for (size_t i = 0; i < task.sinks; i++) {
		ends.placed = i == 0 ? task.request.out_offset != ZC_CURRENT :
		    task.more[i - 1].offset != ZC_CURRENT;
		zc_plan(&plan, &ends, task.request.method, ZC_AUTO,
		    task.request.flags);
		if (plan.count == 0)
			return false;
	}
	return true;
}

/** Choose different files, or, for a single sink, perhaps twice the same. */
static void
choose_files(void)
{
	size_t first = pick(FILES);

	task.in = &copies[first];
	task.sinks = one_in(4) ? 1 + pick(FILES - 1) : 1;
	for (size_t i = 0; i < task.sinks; i++)
		task.out[i].copy = &copies[(first + 1 + i) % FILES];
	if (one_in(6)) {
		task.sinks = 1;
		task.out[0].copy = task.in;
	}
}

/** Let a sink begin at its position or, if that is none of the job's
 * business, at an offset.  Return the offset for the request. */
static int64_t
place(const struct outlet *out, enum zc_method method)
{
	if (method != ZC_SENDFILE && (out->copy == task.in || one_in(2)))
		return (int64_t)out->to;
	lseek(out->copy->fd, (off_t)out->to, SEEK_SET);
	return ZC_CURRENT;
}

static void
make_request(enum zc_method method, size_t size)
{
	struct zc_request *request = &task.request;

	*request = (struct zc_request)ZC_REQUEST_INIT(task.in->fd,
	    task.out[0].copy->fd);
	if (task.streams) {
		request->in_fd = -1;
		request->in_io = &stream;
	} else if (task.out[0].copy == task.in || one_in(2)) {
		request->offset = (int64_t)task.from;
	} else {
		lseek(task.in->fd, (off_t)task.from, SEEK_SET);
	}
	request->method = method;
	request->bytes = (int64_t)size;
	request->flags = pick_flags();
	request->block_size = pick(4) ? 0 : pick(50000) + 1;
	request->event = on_event;
	request->allow = one_in(5) ? on_allow : NULL;
	request->out_offset = place(&task.out[0], method);
	for (size_t i = 1; i < task.sinks; i++) {
		task.more[i - 1] = (struct zc_sink)ZC_SINK_INIT(
		    task.out[i].copy->fd);
		task.more[i - 1].offset = place(&task.out[i], method);
	}
	request->sinks = task.more;
	request->sink_count = task.sinks - 1;
}

/** Put a header and a trailer around the data of each sink, of which some may
 * be empty. */
static void
wrap(void)
{
	task.header = one_in(3) ? 0 : pick(WRAP);
	task.trailer = one_in(3) ? 0 : pick(WRAP);
	task.head = (struct iovec){ content, task.header };
	task.tail = (struct iovec){ content + WRAP, task.trailer };
	task.hdtr = (struct zc_hdtr){ &task.head, 1, &task.tail, 1 };
	task.request.hdtr = &task.hdtr;
	for (size_t i = 1; i < task.sinks; i++)
		task.more[i - 1].hdtr = &task.hdtr;
}

/** Return how many of `size` bytes the source has from task.from on. */
static size_t
there_are(size_t size)
{
	return task.from >= task.in->size ? 0 :
	    smaller(size, task.in->size - task.from);
}

/** Divide the range in two.  The second one goes on where the first one ends,
 * or somewhere else. */
static void
split(size_t size)
{
	task.second = (int64_t)pick_place(size);
	task.request.bytes -= task.second;
	task.request.flags |= ZC_KEEP_OPEN;
	task.jumps = task.second > 0 && !task.streams &&
	    task.out[0].copy != task.in && one_in(2);
	if (task.jumps)
		task.there = there_are((size_t)task.request.bytes);
}

/** Make a task.  False: zc_job_new() would refuse it. */
static bool
make_task(enum zc_method method)
{
	size_t size = smaller(pick_size(LARGEST / 2), LARGEST / 2 - 1) + 1;

	task = (struct task){ .from = pick_place(LARGEST - size),
		.streams = one_in(6) };
	choose_files();
	for (size_t i = 0; i < task.sinks; i++)
		task.out[i].to = pick_place(LARGEST - 2 * WRAP - size);
	task.there = there_are(size);
	if (task.out[0].copy == task.in) {
		size_t to = task.out[0].to;

		/* It must not overlap, nor move the end of its source. */
		if ((task.from < to + size && to < task.from + size) ||
		    task.from + size > task.in->size)
			return false;
		task.streams = false;
	}
	make_request(method, size);
	if (one_in(6))
		split(size);
	else if (one_in(6) && task.out[0].copy != task.in)
		wrap();
	if (one_in(12))
		task.stop_at = (unsigned)pick(8) + 1;
	if (task.request.allow != NULL && one_in(3))
		task.pauses_left = (unsigned)pick(4) + 1;
	last.name = "copy";
	last.source = task.streams ? "stream" : "file";
	last.from = task.from;
	last.to = task.out[0].to;
	last.size = size;
	last.flags = task.request.flags;
	return is_suited();
}

/** Run the job, until it ends or is given up.  Return 0 or its errno; EAGAIN:
 * it was given up. */
static int
run_job(struct zc_job *job)
{
	struct zc_wait waits[FILES];

	while (zc_job_run(job, waits, FILES) < 0) {
		if (errno != EAGAIN)
			return errno;
		seen.paused++;
		if (task.pauses_left > 0 && --task.pauses_left == 0)
			return EAGAIN;
	}
	return 0;
}

/** True if [from, from + size) is one hole, or beyond the end. */
static bool
is_hole(int fd, size_t from, size_t size)
{
	off_t position = lseek(fd, 0, SEEK_CUR);
	off_t data = lseek(fd, (off_t)from, SEEK_DATA);

	lseek(fd, position, SEEK_SET);
	return data < 0 || (size_t)data >= from + size;
}

/** Return how many zeros there are among these bytes. */
static int64_t
zeros_in(const unsigned char *byte, size_t size)
{
	int64_t count = 0;

	while (size > 0)
		count += byte[--size] == 0;
	return count;
}

/** True if the flags were obeyed as far as can be seen in any sink. */
static bool
holes_are_right(const struct zc_result *result, struct outlet *out)
{
	const unsigned flags = task.request.flags;
	const size_t done = (size_t)(result->bytes - task.base);
	const size_t to = out->to + task.header;
	int64_t zeros = zeros_in(task.in->byte + task.from, done);

	CHECK(result->hole_bytes >= out->holes &&
	    result->hole_bytes - out->holes <= zeros);
	out->holes = result->hole_bytes;
	if (!(flags & (ZC_KEEP_HOLES | ZC_MAKE_HOLES)))
		CHECK(result->hole_bytes == 0);
	seen.skipped += result->hole_bytes > 0;
	if (!(flags & ZC_FILL_HOLES))
		return true;
	for (size_t at = 0; at + GRANULE < done; at += GRANULE)
		CHECK(!is_hole(out->copy->fd, to + at, GRANULE));
	seen.written_out += zeros > 0;
	return true;
}

/** Compare a sink's result with its events, and write down what it got. */
static bool
sink_is_right(const struct zc_result *result, struct outlet *out, int error)
{
	const size_t header = (size_t)result->header_bytes;
	const size_t trailer = (size_t)result->trailer_bytes;
	const size_t data = (size_t)(result->bytes - task.base);
	const bool whole = error == 0;

	CHECK(result->bytes == out->told);
	CHECK((int64_t)(header + trailer) == out->told_wrap);
	CHECK(whole ? data == task.there : data <= task.there);
	CHECK(!whole || (header == task.header && trailer == task.trailer));
	CHECK(result->lost == 0 || (task.streams && !whole));
	CHECK(holes_are_right(result, out));
	seen.wrapped += header + trailer > 0;
	if (out->copy == task.in)
		return true;
	put(out->copy, out->to, content, header);
	put(out->copy, out->to + header, task.in->byte + task.from, data);
	put(out->copy, out->to + header + data, content + WRAP, trailer);
	return true;
}

/** Check what the first range has done, and choose where the second one is to
 * begin. */
static bool
goes_elsewhere(const struct zc_job *job, struct zc_range *range)
{
	const size_t size = (size_t)task.second;
	const size_t to = pick_place(LARGEST - size);
	/* sendfile(2) cannot write at an offset. */
	const bool placed = task.request.method != ZC_SENDFILE && one_in(2);

	for (size_t i = 0; i < task.sinks; i++) {
		CHECK(sink_is_right(zc_job_sink(job, i), &task.out[i], 0));
		task.out[i].to = placed ? to : task.out[i].to + task.there;
	}
	task.base += (int64_t)task.there;
	task.from = pick_place(LARGEST - size);
	task.there = there_are(size);
	range->offset = (int64_t)task.from;
	if (placed)
		range->out_offset = (int64_t)to;
	return true;
}

/** Run it with both ranges. */
static int
run_task(struct zc_job *job)
{
	struct zc_range range = ZC_RANGE_INIT;
	int error = run_job(job);

	if (error != 0 || task.second == 0)
		return error;
	seen.split++;
	range.bytes = task.second;
	range.last = true;
	if (task.jumps && !goes_elsewhere(job, &range))
		return EDOM;
	return zc_job_next(job, &range) < 0 ? errno : run_job(job);
}

/** Where sinks and source stand once the job is gone. */
static bool
positions_are_right(int64_t bytes, const int64_t *given)
{
	const struct zc_request *request = &task.request;

	if (task.jumps)
		return true;
	if (!task.streams && request->offset == ZC_CURRENT)
		CHECK(at(task.in->fd) == (int64_t)task.from + bytes);
	for (size_t i = 0; i < task.sinks; i++)
		if ((i == 0 ? request->out_offset : task.more[i - 1].offset) ==
		    ZC_CURRENT)
			CHECK(at(task.out[i].copy->fd) ==
			    (int64_t)task.out[i].to + given[i]);
	return true;
}

static bool
is_as_modelled(const struct copy *copy)
{
	return size_of(copy->fd) == (int64_t)copy->size &&
	    holds(copy->fd, 0, copy->byte, copy->size);
}

/** Copy a range, which may go beyond the end of the source. */
static bool
copies_range(enum zc_method method)
{
	static unsigned char moved[LARGEST];
	int64_t given[FILES], bytes;
	struct zc_job *job;
	int error;

	if (!make_task(method))
		return true;
	job = zc_job_new(&task.request);
	CHECK(job != NULL);
	error = run_task(job);
	CHECK(!task.wrong);
	CHECK(error == 0 || error == EINTR || error == EAGAIN);
	CHECK(error != EINTR || task.stop_at > 0);
	seen.stopped += error == EINTR;
	seen.abandoned += error == EAGAIN;
	seen.shared += task.sinks > 1;
	for (size_t i = 0; i < task.sinks; i++) {
		CHECK(sink_is_right(zc_job_sink(job, i), &task.out[i], error));
		given[i] = task.out[i].told + task.out[i].told_wrap;
	}
	bytes = zc_job_result(job)->bytes;
	zc_job_free(job);
	if (task.out[0].copy == task.in) {
		memcpy(moved, task.in->byte + task.from, (size_t)bytes);
		put(task.in, task.out[0].to, moved, (size_t)bytes);
	}
	CHECK(positions_are_right(bytes, given));
	for (size_t i = 0; i < task.sinks; i++)
		CHECK(is_as_modelled(task.out[i].copy));
	return true;
}

/* Runs */

/** Return a new, empty file in `directory`, which goes away by itself. */
static int
new_file(void)
{
	if (directory == NULL)
		return file_of("", 0);
	return keep(open(directory, O_TMPFILE | O_RDWR, 0600));
}

static bool
operates(enum zc_method method)
{
	for (int i = 0; i < FILES; i++) {
		copies[i].fd = new_file();
		copies[i].size = 0;
	}
	for (uint64_t i = 0; i < operations; i++) {
		bool fine = one_in(3) ? changes(&copies[pick(FILES)]) :
		    copies_range(method);

		if (fine && i % 8 == 0)
			fine = is_as_modelled(&copies[pick(FILES)]);
		if (!fine) {
			printf("# operation %ju: %s of %zu bytes, from %zu, to "
			    "%zu; by a copy: %s, flags %u\n", (uintmax_t)i,
			    last.name, last.size, last.from, last.to,
			    last.source, last.flags);
			return false;
		}
	}
	for (int i = 0; i < FILES; i++)
		CHECK(is_as_modelled(&copies[i]));
	return true;
}

static void
report_seen(void)
{
	printf("# copies: %u left out zeros, %u wrote zeros out, %u were "
	    "stopped, %u given up, %u had several sinks, %u header or trailer, "
	    "%u two ranges; %u pauses\n", seen.skipped, seen.written_out,
	    seen.stopped, seen.abandoned, seen.shared, seen.wrapped, seen.split,
	    seen.paused);
	report(seen.skipped > 0 && seen.written_out > 0 && seen.stopped > 0 &&
	    seen.abandoned > 0 && seen.shared > 0 && seen.wrapped > 0 &&
	    seen.split > 0 && seen.paused > 0,
	    "fsx: everything happened at least once");
}

static uint64_t
number_of(const char *variable, uint64_t otherwise)
{
	const char *number = getenv(variable);

	return number != NULL ? strtoull(number, NULL, 0) : otherwise;
}

int
main(int argc, char **argv)
{
	uint64_t seed;

	begin();
	alarm(3600);			/* a slow disk, and valgrind */
	directory = argc > 1 ? argv[1] : NULL;
	operations = number_of("ZCOPY_TEST_RUNS", operations);
	seed = number_of("ZCOPY_TEST_SEED", (uint64_t)time(NULL));
	printf("# ZCOPY_TEST_SEED=%ju\n", (uintmax_t)seed);
	for (size_t i = 0; i < in_place_count; i++) {
		random_state = seed + i;
		CASE(operates(in_place[i]), "fsx: %ju operations: %s",
		    (uintmax_t)operations, zc_method_name(in_place[i]));
	}
	if (operations >= 1000)
		report_seen();
	finish();
	return 0;
}
