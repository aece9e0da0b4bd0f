/*
 * Several sinks of which some are behind hooks (zc_io), and two jobs that meet
 * at a channel.
 */
#include "config.h"

#include <time.h>

#include "lib-hooks.h"
#include "lib-play.h"

/* Several sinks */

/** A file, and hooks that fail `faults`, and for good at a byte, or never (0):
 * then they are dropped. */
static bool
is_one_of_two(enum sort sort, const struct fault *faults, int64_t dies_at)
{
	struct flow flow = new_flow_of(sort, FILE_END, (size_t)DATA);
	struct zc_request request = set_up(faults);
	struct zc_sink other = ZC_SINK_INIT(-1);
	struct zc_wait waits[2];
	struct zc_job *job;

	other.io = &play_sink;
	request.in_fd = flow.in;
	request.in_io = flow.from != NULL ? &flow.from->reader : NULL;
	request.out_fd = flow.out;
	request.out_io = NULL;
	request.sinks = &other;
	request.sink_count = 1;
	request.flags = ZC_DROP_SINKS;
	request.wait = NULL;
	job = new_job(&request);
	while (zc_job_run(job, waits, 2) < 0 && errno == EAGAIN) {
		bool full = waits[0].fd == -1 && waits[0].until != 0 &&
		    waits[0].until == play.wait.until;

		CHECK(play.kept == 0 || full ||
		    zc_job_sink(job, 1)->outcome == ZC_FAILED);
		CHECK(full || feed(&flow, 13));
	}
	CHECK(zc_job_sink(job, 0)->outcome == ZC_DONE);
	CHECK(zc_job_sink(job, 1)->outcome ==
	    (dies_at > 0 ? ZC_FAILED : ZC_DONE));
	CHECK(zc_job_sink(job, 1)->bytes == (dies_at > 0 ? dies_at : DATA));
	CHECK(play.got_size == (size_t)zc_job_sink(job, 1)->bytes);
	CHECK(memcmp(play.got, content, play.got_size) == 0);
	zc_job_free(job);
	CHECK(play.finished == (dies_at == 0) && play.wrong == 0);
	return is_content(flow.out, (size_t)DATA);
}

/** Read what a channel has, and compare it. */
static bool
empty(struct channel *channel)
{
	static unsigned char data[40000];
	size_t most = (size_t)rand() % sizeof(data) + 1;
	int64_t before = channel->read;
	ssize_t n = read_channel(channel, data, most);

	CHECK(n >= 0 || errno == EAGAIN);
	return n <= 0 || memcmp(data, content + before, (size_t)n) == 0;
}

/** To a ring, a pipe and records at once, each at its own pace. */
static bool
is_spread(enum sort sort)
{
	const size_t size = 300000;
	struct flow flow = new_flow_of(sort, RING_END, size);
	struct channel *channel[3] = { flow.to, new_channel(TURNS_END),
		new_channel(RECORDS_END) };
	struct zc_request request = request_of(&flow, ZC_AUTO);
	struct zc_sink sinks[2] = { ZC_SINK_INIT(-1), ZC_SINK_INIT(-1) };
	struct zc_wait waits[3];
	struct zc_job *job;

	for (int i = 0; i < 2; i++)
		sinks[i].io = &channel[1 + i]->writer;
	request.sinks = sinks;
	request.sink_count = 2;
	job = new_job(&request);
	while (zc_job_run(job, waits, 3) < 0 && errno == EAGAIN) {
		bool full = false;

		for (int i = 0; i < 3; i++)
			for (int w = 0; w < 3; w++)
				if (is_asked_for(&channel[i]->writer_wait,
				    &waits[w])) {
					full = true;
					CHECK(empty(channel[i]));
				}
		/* Else all wait for the source, and nothing is kept back. */
		CHECK(full || kept_by(channel[2]) == 0);
		CHECK(full || feed(&flow, 7000));
	}
	CHECK(zc_job_result(job)->outcome == ZC_DONE);
	zc_job_free(job);
	for (int i = 0; i < 3; i++) {
		CHECK(channel[i]->finishes == 1);
		while (channel[i]->read < (int64_t)size)
			CHECK(empty(channel[i]));
		CHECK(read_channel(channel[i], &(char){ 0 }, 1) == 0);
	}
	return true;
}

/* Two jobs that meet at a channel, with poll(2) */

static int64_t
milliseconds_until(int64_t until)
{
	struct timespec now;
	int64_t left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = until - (int64_t)now.tv_sec * 1000000000 - now.tv_nsec;
	return left < 0 ? 0 : left / 1000000 + 1;
}

/** Sleep until one of two can go on; that takes no longer than a moment. */
static bool
wait_for(const struct zc_wait *wait)
{
	struct pollfd polled[2];
	int64_t most = 20000;

	for (int i = 0; i < 2; i++) {
		polled[i] = (struct pollfd){ .fd = wait[i].fd,
			.events = wait[i].events };
		if (wait[i].until > 0 &&
		    milliseconds_until(wait[i].until) < most)
			most = milliseconds_until(wait[i].until);
	}
	return poll(polled, 2, (int)most) > 0 || most < 20000;
}

static bool
meet(struct zc_job *const job[2], const struct channel *channel)
{
	struct zc_wait wait[2];
	bool waits[2] = { false, false };

	do {
		for (int i = 0; i < 2; i++) {
			wait[i] = (struct zc_wait){ .fd = -1 };
			waits[i] = zc_job_run(job[i], &wait[i], 1) < 0 &&
			    errno == EAGAIN;
		}
		CHECK(channel->read <= channel->written);
		CHECK(!(waits[0] && waits[1]) || wait_for(wait));
	} while (waits[0] && waits[1]);
	/* The second one sees what comes of the first. */
	return true;
}

static bool
relays(enum sort sort, size_t size, unsigned flags)
{
	struct channel *channel = new_channel(sort);
	int in = file_of(content, size), out = file_of("", 0);
	struct zc_request to = request_for(in, -1, ZC_AUTO);
	struct zc_request from = request_for(-1, out, ZC_AUTO);
	struct zc_job *job[2];
	const bool is_short = flags & ZC_EXACT;

	to.out_io = &channel->writer;
	to.flags = flags;
	to.bytes = is_short ? (int64_t)size + 1 : ZC_TO_END;
	from.in_io = &channel->reader;
	job[0] = new_job(&to);
	job[1] = new_job(&from);
	CHECK(meet(job, channel));
	CHECK(zc_job_result(job[0])->outcome == (is_short ? ZC_SHORT :
	    ZC_DONE));
	if (is_short)
		abandon_channel(channel);
	while (zc_job_run(job[1], NULL, 0) < 0 && errno == EAGAIN)
		;
	CHECK(zc_job_result(job[1])->outcome == (is_short ? ZC_FAILED :
	    ZC_DONE));
	CHECK(!is_short || zc_job_result(job[1])->error == EPROTO);
	CHECK(channel->finishes == !is_short);
	zc_job_free(job[0]);
	zc_job_free(job[1]);
	CHECK(is_short || is_content(out, size));
	return holds(out, 0, content, (size_t)channel->read);
}

/* All of them */

static void
check_sinks(enum sort source_sort)
{
	const char *name = sort_names[source_sort];
	const struct fault dies[] = { { 'w', 2, EPIPE }, { 0 } };
	const struct fault waits[] = { { 'w', 1, EAGAIN }, { 'w', 3, EAGAIN },
		{ 'e', 1, EAGAIN }, { 0 } };
	const struct fault signals[] = { { 'f', 1, EINTR }, { 'f', 2, EAGAIN },
		{ 'e', 1, EINTR }, { 0 } };

	CASE(is_spread(source_sort), "from %s to hooks of each sort", name);
	CASE(is_one_of_two(source_sort, NULL, 0),
	    "from %s to a file and to hooks", name);
	CASE(is_one_of_two(source_sort, dies, (int64_t)PART),
	    "from %s to a file and to hooks that fail", name);
	CASE(is_one_of_two(source_sort, waits, 0),
	    "from %s to a file and to hooks that wait", name);
	CASE(is_one_of_two(source_sort, signals, 0),
	    "from %s to a file and to hooks with signals", name);
}

int
main(void)
{
	static const size_t sizes[] = { 0, 1, 4096, 100001 };

	begin();
	srand(1);			/* the same in each run */
	for (int sort = FILE_END; sort < ALL_SORTS; sort++)
		if (sort != TCP_END)
			check_sinks((enum sort)sort);
	for (int sort = RING_END; sort < ALL_SORTS; sort++)
		for (size_t i = 0; i < COUNT(sizes); i++) {
			CASE(relays((enum sort)sort, sizes[i], 0),
			    "%zu bytes from job to job: %s", sizes[i],
			    sort_names[sort]);
			if (sort != TURNS_END)
				CASE(relays((enum sort)sort, sizes[i],
				    ZC_EXACT), "%zu bytes and no end: %s",
				    sizes[i], sort_names[sort]);
		}
	finish();
	return 0;
}
