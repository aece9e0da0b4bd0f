/*
 * What zc_job_next() refuses, with nothing changed; and what it calls when.
 */
#include "config.h"

#include "lib-fan.h"

#define SIZE	((size_t)300 * 1000)	/* of the source */

/* What cannot be */

static struct zc_job *refusing;

static bool
is_refused(const struct zc_range *range, int error)
{
	struct zc_result before = *zc_job_result(refusing);

	CHECK(zc_job_next(refusing, range) < 0 && errno == error);
	CHECK(memcmp(&before, zc_job_result(refusing), sizeof(before)) == 0);
	return true;
}

static bool
refuses_nonsense(struct fan *fan)
{
	const struct zc_range good = ZC_RANGE_INIT;
	struct zc_hdtr hdtr = { .hdr_cnt = -1 };
	struct zc_range range = good;

	CHECK(zc_job_next(refusing, NULL) < 0 && errno == EINVAL);
	range.size = 0;
	CHECK(is_refused(&range, EINVAL));
	range = good;
	range.bytes = -2;
	CHECK(is_refused(&range, EINVAL));
	range = good;
	range.offset = -5;
	CHECK(is_refused(&range, EINVAL));
	range = good;
	range.out_offset = -5;
	CHECK(is_refused(&range, EINVAL));
	range = good;
	range.offset = INT64_MAX;
	range.bytes = 1;
	CHECK(is_refused(&range, EINVAL));
	range = good;
	range.hdtr = &hdtr;
	CHECK(is_refused(&range, EINVAL));
	range = good;
	if (fan->in.sort > PLACED_IN) {
		range.offset = 0;
		CHECK(is_refused(&range, ESPIPE));
	}
	range = good;
	range.out_offset = 0;
	if (fan->out[0].sort == APPENDED_OUT)
		CHECK(is_refused(&range, EINVAL));
	if (fan_sort(fan->out[0].sort) != FILE_END)
		CHECK(is_refused(&range, ESPIPE));
	return true;
}

/** It goes on where it was, as if nothing had been asked. */
static bool
refuses(enum inlet_sort source, enum outlet_sort sink)
{
	struct zc_range rest = ZC_RANGE_INIT;
	struct fan fan;

	fan_inlet(&fan, source, SIZE);
	fan_outlet(&fan, sink, NULL);
	fan.request.flags = ZC_KEEP_OPEN;
	fan.request.bytes = 1000;
	fan_follow(&fan);
	refusing = new_job(&fan.request);
	CHECK(is_refused(&rest, EBUSY));
	CHECK(fan_run(&fan, refusing) == 0);
	CHECK(refuses_nonsense(&fan));
	CHECK(fan_run(&fan, refusing) == 0);
	CHECK(zc_job_result(refusing)->bytes == 1000);
	rest.last = true;
	CHECK(zc_job_next(refusing, &rest) == 0);
	CHECK(is_refused(&rest, EBUSY));
	CHECK(fan_run(&fan, refusing) == 0);
	CHECK(is_refused(&rest, EBUSY));
	CHECK(fan_is_told(&fan, 0, zc_job_result(refusing)));
	zc_job_free(refusing);
	return fan_gets(&fan.out[0], SIZE);
}

static bool
refuses_everywhere(void)
{
	for (int i = 0; i < (int)INLETS * (int)OUTLETS; i++) {
		if (!refuses((enum inlet_sort)(i / OUTLETS),
		    (enum outlet_sort)(i % OUTLETS))) {
			printf("# from %s to %s\n", inlet_names[i / OUTLETS],
			    outlet_names[i % OUTLETS]);
			return false;
		}
		shut_all();
	}
	return true;
}

/** Without ZC_KEEP_OPEN there is no next range. */
static bool
refuses_unless_kept(void)
{
	struct zc_range rest = ZC_RANGE_INIT;
	struct fan fan;

	fan_inlet(&fan, FILE_IN, SIZE);
	fan_outlet(&fan, FILE_OUT, NULL);
	fan.request.bytes = 1000;
	refusing = new_job(&fan.request);
	CHECK(is_refused(&rest, EBUSY));
	CHECK(fan_run(&fan, refusing) == 0);
	CHECK(is_refused(&rest, EBUSY));
	zc_job_free(refusing);
	CHECK(fan_is_at(&fan.in, 1000, 0));
	return fan_gets(&fan.out[0], 1000);
}

static bool
refuses_overlap(void)
{
	struct zc_range next = ZC_RANGE_INIT;
	struct fan fan;
	int fd;

	fan_inlet(&fan, PLACED_IN, SIZE);
	fd = another_of(fan.in.fd, O_RDWR);
	fan.request.out_fd = fd;
	fan.request.offset = 0;
	fan.request.out_offset = (int64_t)SIZE;
	fan.request.bytes = 1000;
	fan.request.flags = ZC_KEEP_OPEN;
	refusing = new_job(&fan.request);
	CHECK(fan_run(&fan, refusing) == 0);
	next.bytes = 1000;
	next.offset = 5000;
	next.out_offset = 5999;
	CHECK(is_refused(&next, EINVAL));
	next.out_offset = 6000;
	CHECK(zc_job_next(refusing, &next) == 0);
	CHECK(fan_run(&fan, refusing) == 0);
	CHECK(holds(fd, 6000, content + 4000, 1000));
	CHECK(holds(fd, 7000, content + 6000, 1000));
	zc_job_free(refusing);
	return true;
}

/** After zc_job_end() nothing moves, neither what the last range has left nor
 * another range. */
static bool
refuses_after_end(enum inlet_sort source, enum outlet_sort sink, bool done)
{
	struct zc_range rest = ZC_RANGE_INIT;
	struct zc_result before;
	struct fan fan;

	fan_inlet(&fan, source, SIZE);
	fan_outlet(&fan, sink, NULL);
	fan.request.flags = ZC_KEEP_OPEN;
	fan.request.bytes = 1000;
	refusing = new_job(&fan.request);
	if (done)
		CHECK(fan_run(&fan, refusing) == 0);
	zc_job_end(refusing);
	before = *zc_job_result(refusing);
	CHECK(is_refused(&rest, EBUSY));
	if (done)
		CHECK(zc_job_run(refusing, NULL, 0) == 0);
	else
		CHECK(zc_job_run(refusing, NULL, 0) < 0 && errno == EINVAL);
	CHECK(memcmp(&before, zc_job_result(refusing), sizeof(before)) == 0);
	zc_job_free(refusing);
	return fan_gets(&fan.out[0], done ? 1000 : 0);
}

static bool
refuses_after_ends(void)
{
	for (int i = 0; i < (int)INLETS * (int)OUTLETS * 2; i++) {
		const int pair = i / 2;

		if (!refuses_after_end((enum inlet_sort)(pair / OUTLETS),
		    (enum outlet_sort)(pair % OUTLETS), i % 2)) {
			printf("# from %s to %s\n", inlet_names[pair / OUTLETS],
			    outlet_names[pair % OUTLETS]);
			return false;
		}
		shut_all();
	}
	return true;
}

/** The same for a job that was stopped half way, when the sink was full. */
static bool
refuses_when_stopped(void)
{
	struct zc_wait wait;
	struct fan fan;
	int ends[2];

	fan_inlet(&fan, FILE_IN, SIZE);
	if (pipe2(ends, O_NONBLOCK) < 0)
		give_up("pipe2");
	keep(ends[0]);
	fan.request.out_fd = keep(ends[1]);
	fan.request.pipe_size = BLOCK;
	refusing = new_job(&fan.request);
	CHECK(zc_job_run(refusing, &wait, 1) < 0 && errno == EAGAIN);
	zc_job_end(refusing);
	CHECK(zc_job_run(refusing, &wait, 1) < 0 && errno == EINVAL);
	CHECK(zc_job_result(refusing)->outcome == ZC_UNFINISHED);
	CHECK(fan_is_at(&fan.in, zc_job_result(refusing)->bytes, 0));
	zc_job_free(refusing);
	return true;
}

/* The caller's functions */

static struct {
	size_t bytes, finished;
} written;

static ssize_t
write_all(void *arg, const struct iovec *piece, int count, bool more,
    struct zc_wait *wait)
{
	size_t size = (size_t)length_of(piece, count);

	(void)arg;
	(void)more;
	(void)wait;
	written.bytes += size;
	return (ssize_t)size;
}

static int
finish_all(void *arg, struct zc_wait *wait)
{
	(void)arg;
	(void)wait;
	written.finished++;
	return 0;
}

static bool
finishes_once(bool empty)
{
	struct zc_io io = ZC_IO_INIT;
	struct zc_range next = ZC_RANGE_INIT;
	struct zc_job *job;
	struct fan fan;

	fan_inlet(&fan, FILE_IN, SIZE);
	io.writev = write_all;
	io.finish = finish_all;
	fan.request.out_io = &io;
	fan.request.bytes = 1000;
	fan.request.flags = ZC_KEEP_OPEN;
	written.bytes = written.finished = 0;
	job = new_job(&fan.request);
	CHECK(zc_job_run(job, NULL, 0) == 0);
	next.bytes = 1000;
	CHECK(zc_job_next(job, &next) == 0 && zc_job_run(job, NULL, 0) == 0);
	CHECK(written.finished == 0);
	next.last = true;
	next.bytes = empty ? 0 : 1000;
	CHECK(zc_job_next(job, &next) == 0 && zc_job_run(job, NULL, 0) == 0);
	CHECK(zc_job_run(job, NULL, 0) == 0);
	CHECK(written.finished == 1);
	CHECK(written.bytes == 2000 + (size_t)next.bytes);
	zc_job_free(job);
	return true;
}

int
main(void)
{
	begin();
	srand(1);			/* the same waits in each run */
	CASE(refuses_everywhere(), "next: what cannot be changes nothing");
	CASE(refuses_unless_kept(), "next: only with ZC_KEEP_OPEN");
	CASE(refuses_overlap(), "next: ranges of one file do not overlap");
	CASE(refuses_after_ends(), "next: nothing after zc_job_end()");
	CASE(refuses_when_stopped(), "run: nothing after zc_job_end()");
	CASE(finishes_once(false), "next: zc_io.finish comes after the last");
	CASE(finishes_once(true), "next: ... also if that is empty");
	finish();
	return 0;
}
