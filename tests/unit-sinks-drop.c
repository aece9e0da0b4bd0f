/*
 * zc_job_drop() and zc_job_end(): a caller ends one sink, or the job; and
 * ZC_MAKE_HOLES, which is for those sinks that can have holes.
 */
#include "config.h"

#include <sys/stat.h>

#include "lib-fan.h"

#define SIZE	((size_t)300 * 1000)	/* of the source: auto uses splice(2) */
#define UNTIL	((int64_t)50 * 1000)	/* delivered before the sink is ended */
#define WHY	EPROTO			/* an errno that no call gives here */

enum { BAD = 1 };			/* the sink that is ended */

static const enum zc_method methods[] = { ZC_AUTO, ZC_SPLICE, ZC_READ_WRITE };

static void
make_fan(struct fan *fan, enum inlet_sort source, enum zc_method method,
    unsigned flags)
{
	static const struct group group = { { PIPE_OUT, UNIX_OUT, PIPE_OUT },
		3 };

	fan_make(fan, source, SIZE, method, &group);
	fan->request.flags = flags;
	fan->request.block_size = 30000;
	fan->request.pipe_size = 4096;
	fan_follow(fan);
}

/** Serve the job until all sinks have UNTIL bytes.  Return EAGAIN, or 0 or the
 * job's errno if it has ended. */
static int
run_until(struct fan *fan, struct zc_job *job)
{
	struct zc_wait waits[OUTLETS_MAX];

	do {
		if (zc_job_run(job, waits, fan->count) == 0)
			return 0;
		if (errno != EAGAIN)
			return errno;
		if (!fan_serve(fan, waits, fan->count))
			return EDOM;
	} while (zc_job_result(job)->bytes < UNTIL);
	return EAGAIN;
}

/** True if the sink that was dropped has what its result counts, and the others
 * have all, or, without ZC_DROP_SINKS, what theirs count. */
static bool
is_dropped(struct fan *fan, const struct zc_job *job, unsigned flags)
{
	for (size_t i = 0; i < fan->count; i++) {
		const struct zc_result *result = zc_job_sink(job, i);

		CHECK(fan_is_told(fan, i, result));
		CHECK(fan_gets(&fan->out[i], result->bytes));
		if (i == BAD) {
			CHECK(result->outcome == ZC_FAILED);
			CHECK(result->side == ZC_SINK && result->error == WHY);
			CHECK(result->bytes < (int64_t)SIZE);
		} else if (flags & ZC_DROP_SINKS) {
			CHECK(result->outcome == ZC_DONE);
			CHECK(result->bytes == (int64_t)SIZE);
		} else {
			CHECK(result->outcome == ZC_STOPPED);
			CHECK(result->error == ECANCELED);
		}
	}
	CHECK(fan->out[BAD].drops == (flags & ZC_DROP_SINKS ? 1 : 0));
	return true;
}

static bool
drops(enum inlet_sort source, enum zc_method method, unsigned flags)
{
	struct zc_job *job;
	struct fan fan;

	make_fan(&fan, source, method, flags);
	job = new_job(&fan.request);
	CHECK(run_until(&fan, job) == EAGAIN);
	CHECK(zc_job_drop(job, fan.count, WHY) < 0 && errno == EINVAL);
	CHECK(zc_job_drop(job, BAD, 0) < 0 && errno == EINVAL);
	CHECK(zc_job_drop(job, BAD, WHY) == 0);
	CHECK(fan_run(&fan, job) == WHY);
	CHECK(zc_job_drop(job, BAD, WHY) < 0 && errno == EINVAL);
	CHECK(is_dropped(&fan, job, flags));
	zc_job_free(job);
	return true;
}

/** Try this with each sort of source. */
static bool
drops_for_each(enum zc_method method, unsigned flags)
{
	for (int source = 0; source < INLETS; source++) {
		if (!drops((enum inlet_sort)source, method, flags)) {
			printf("# from %s\n", inlet_names[source]);
			return false;
		}
		shut_all();
	}
	return true;
}

/* A sink that is dropped by an event of another one. */

static struct zc_job *running;
static unsigned long plans;

/** Drop sink BAD when the last one is about to begin. */
static int
drop_early(const struct zc_event *event, void *arg)
{
	(void)arg;
	if (event->type == ZC_EVENT_PLAN && ++plans == 3)
		(void)zc_job_drop(running, BAD, WHY);
	return 0;
}

static bool
drops_before_the_first_byte(enum inlet_sort source)
{
	struct fan fan;

	make_fan(&fan, source, ZC_AUTO, ZC_DROP_SINKS);
	fan.request.event = drop_early;
	plans = 0;
	running = new_job(&fan.request);
	CHECK(fan_run(&fan, running) == WHY);
	CHECK(zc_job_sink(running, BAD)->error == WHY);
	CHECK(fan_gets(&fan.out[BAD], 0));
	CHECK(fan_gets(&fan.out[0], SIZE) && fan_gets(&fan.out[2], SIZE));
	zc_job_free(running);
	return true;
}

static bool
ends_early(enum inlet_sort source)
{
	const struct zc_result *total;
	struct zc_job *job;
	int64_t most = 0;
	struct fan fan;

	make_fan(&fan, source, ZC_READ_WRITE, 0);
	job = new_job(&fan.request);
	CHECK(run_until(&fan, job) == EAGAIN);
	zc_job_end(job);
	total = zc_job_result(job);
	for (size_t i = 0; i < fan.count; i++) {
		const int64_t bytes = zc_job_sink(job, i)->bytes;

		most = bytes > most ? bytes : most;
	}
	CHECK(fan_is_at(&fan.in, source <= PLACED_IN ? total->bytes : most,
	    total->lost));
	zc_job_free(job);
	return true;
}

/* Holes */

static bool
makes_holes_where_it_can(void)
{
	static unsigned char data[512 * 1024];
	struct zc_request request;
	struct zc_result result;
	struct zc_sink file;
	struct stat st;
	int pipe[2];

	memcpy(data, content, 4096);
	if (pipe2(pipe, O_NONBLOCK) < 0)
		give_up("pipe2");
	keep(pipe[0]);
	request = request_for(file_of(data, sizeof(data)), keep(pipe[1]),
	    ZC_AUTO);
	fcntl(pipe[1], F_SETPIPE_SZ, (int)sizeof(data));
	file = (struct zc_sink)ZC_SINK_INIT(file_of("", 0));
	request.flags = ZC_MAKE_HOLES;
	CHECK(zc_job_new(&request) == NULL && errno == EINVAL);
	request.sinks = &file;
	request.sink_count = 1;
	CHECK(run(&request, &result) == 0);
	CHECK(holds(file.fd, 0, data, sizeof(data)));
	CHECK(fstat(file.fd, &st) == 0);
	CHECK(st.st_size == (off_t)sizeof(data));
	CHECK(st.st_blocks * 512 < (blkcnt_t)sizeof(data) / 2);
	for (size_t got = 0; got < sizeof(data); ) {
		static unsigned char block[65536];
		ssize_t n = read(pipe[0], block, sizeof(block));

		CHECK(n > 0 && memcmp(block, data + got, (size_t)n) == 0);
		got += (size_t)n;
	}
	return true;
}

int
main(void)
{
	begin();
	srand(1);			/* the same waits in each run */
	for (size_t m = 0; m < COUNT(methods); m++) {
		const char *by = zc_method_name(methods[m]);

		if (!has_method(methods[m]))
			continue;
		CASE(drops_for_each(methods[m], ZC_DROP_SINKS),
		    "sinks: by %s: the caller drops one, and the others get "
		    "all", by);
		CASE(drops_for_each(methods[m], 0),
		    "sinks: by %s: the caller drops one, and the job ends", by);
	}
	for (int source = 0; source < INLETS; source++) {
		CASE(drops_before_the_first_byte((enum inlet_sort)source),
		    "sinks: from %s: one that is dropped at once gets nothing",
		    inlet_names[source]);
		CASE(ends_early((enum inlet_sort)source),
		    "sinks: from %s: zc_job_end() counts what is lost",
		    inlet_names[source]);
	}
	CASE(makes_holes_where_it_can(),
	    "sinks: zeros become holes of a file, and zeros of a pipe");
	finish();
	return 0;
}
