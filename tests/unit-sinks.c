/*
 * A job with several sinks gives each of them every byte: from any source, to
 * any sinks, by any method, whether they block or not.
 */
#include "config.h"

#include <pthread.h>

#include "lib-fan.h"

#define SIZE	((size_t)150 * 1000)	/* of the source */
#define HELD	((int64_t)1 << 20)	/* bytes that a job may hold, at most */

/* Groups of sinks */

static void
print_group(const struct group *group)
{
	printf("# to");
	for (size_t i = 0; i < group->count; i++)
		printf(" %s,", outlet_names[group->sort[i]]);
	putchar('\n');
}

/** Make a group of sinks that suit; false: there are none. */
static bool
make_group(struct group *group, enum inlet_sort source, enum zc_method method,
    size_t count, size_t first)
{
	group->count = 0;
	for (size_t i = 0; i < OUTLETS && group->count < count; i++) {
		size_t sort = (first + i * (first % 3 + 1)) % OUTLETS;

		if (fan_suits(source, (enum outlet_sort)sort, method))
			group->sort[group->count++] = (enum outlet_sort)sort;
	}
	return group->count > 0;
}

static bool
moves(enum inlet_sort source, enum zc_method method, const struct group *group)
{
	struct fan fan;
	struct zc_job *job;
	int error;
	bool fine;

	fan_make(&fan, source, SIZE, method, group);
	fan_follow(&fan);
	job = new_job(&fan.request);
	error = fan_run(&fan, job);
	fine = error == 0 && fan_is_done(&fan, job, SIZE);
	zc_job_free(job);
	CHECK(error == 0);
	return fine;
}

/** To 1, 2, 3 and 4 sinks, of each sort. */
static bool
moves_to_groups(enum inlet_sort source, enum zc_method method)
{
	struct group group;

	for (size_t i = 0; i < OUTLETS * OUTLETS_MAX; i++) {
		if (!make_group(&group, source, method, i / OUTLETS + 1,
		    i % OUTLETS))
			continue;
		if (!moves(source, method, &group)) {
			print_group(&group);
			return false;
		}
		shut_all();
	}
	return true;
}

static bool
is_served(enum inlet_sort source, enum zc_method method)
{
	struct group group;

	return make_group(&group, source, method, 1, 0);
}

/* Far ends that are threads: the job's own ends block */

static void *
feed_all(void *arg)
{
	struct inlet *in = arg;

	while (in->feed >= 0)
		if (!fan_feed(in, 20000))
			return in;
	return NULL;
}

/** Return NULL if each byte was the expected one, up to the last. */
static void *
drain_all(void *arg)
{
	struct outlet *out = arg;

	while (out->got < (int64_t)out->expected_size) {
		struct pollfd polled = { .fd = out->drain, .events = POLLIN };

		if (poll(&polled, 1, 20000) != 1 || !fan_drain(out, 20000))
			return out;
	}
	return NULL;
}

static void
block_ends(struct fan *fan)
{
	fcntl(fan->in.fd, F_SETFL, fan->in.flags &= ~O_NONBLOCK);
	if (fan->in.feed >= 0)
		fcntl(fan->in.feed, F_SETFL, 0);
	for (size_t i = 0; i < fan->count; i++) {
		struct outlet *out = &fan->out[i];

		fcntl(out->fd, F_SETFL, out->flags &= ~O_NONBLOCK);
		if (out->drain >= 0)
			fcntl(out->drain, F_SETFL, 0);
	}
}

static void
start(pthread_t *thread, void *(*function)(void *), void *arg)
{
	if (pthread_create(thread, NULL, function, arg) != 0)
		give_up("pthread_create");
}

static bool
moves_blocking(enum inlet_sort source, enum zc_method method,
    const struct group *group)
{
	struct fan fan;
	pthread_t feeder, drainer[OUTLETS_MAX];
	struct zc_job *job;
	void *wrong = NULL;
	bool fine = true;
	int error;

	fan_make(&fan, source, SIZE, method, group);
	block_ends(&fan);
	job = new_job(&fan.request);
	start(&feeder, feed_all, &fan.in);
	for (size_t i = 0; i < fan.count; i++)
		if (fan.out[i].drain >= 0)
			start(&drainer[i], drain_all, &fan.out[i]);
	error = zc_job_run(job, NULL, 0) == 0 ? 0 : errno;
	for (size_t i = 0; i < fan.count; i++) {
		if (fan.out[i].drain >= 0)
			pthread_join(drainer[i], &wrong);
		fine &= wrong == NULL;
	}
	pthread_join(feeder, &wrong);
	fine = fine && wrong == NULL && error == 0 &&
	    fan_is_done(&fan, job, SIZE);
	zc_job_free(job);
	CHECK(error == 0);
	return fine;
}

static bool
moves_blocking_to_groups(enum inlet_sort source, enum zc_method method)
{
	struct group group;

	for (size_t i = 0; i < OUTLETS; i++) {
		if (!make_group(&group, source, method, 2 + i % 3, i))
			continue;
		if (!moves_blocking(source, method, &group)) {
			print_group(&group);
			return false;
		}
		shut_all();
	}
	return true;
}

/* Far ends that are served when poll(2) says so, in one loop with the job */

#define POLLED_MAX	(2 * OUTLETS_MAX + 1)

/** Wait for what the job waits for, and for the far ends. */
static bool
poll_once(struct fan *fan, const struct zc_wait *waits)
{
	struct pollfd polled[POLLED_MAX];
	nfds_t count = 0;

	for (size_t i = 0; i < fan->count; i++) {
		polled[count++] = (struct pollfd){ .fd = fan->out[i].drain,
			.events = POLLIN };
		polled[count++] = (struct pollfd){ .fd = waits[i].fd,
			.events = waits[i].events };
	}
	polled[count++] = (struct pollfd){ .fd = fan->in.feed,
		.events = POLLOUT };
	CHECK(poll(polled, count, 20000) > 0);
	for (size_t i = 0; i < fan->count; i++)
		if (polled[2 * i].revents & POLLIN)
			CHECK(fan_drain(&fan->out[i], 3000));
	if (polled[count - 1].revents & POLLOUT)
		CHECK(fan_feed(&fan->in, 3000));
	return true;
}

static bool
moves_by_poll(enum inlet_sort source, enum zc_method method)
{
	const struct group group = { { PIPE_OUT, UNIX_OUT, TCP_OUT,
		method == ZC_SENDFILE ? FILE_OUT : PLACED_OUT }, OUTLETS_MAX };
	struct fan fan;
	struct zc_wait waits[OUTLETS_MAX];
	struct zc_job *job;
	bool fine = true;

	fan_make(&fan, source, SIZE, method, &group);
	job = new_job(&fan.request);
	while (fine && zc_job_run(job, waits, OUTLETS_MAX) < 0)
		fine = errno == EAGAIN && poll_once(&fan, waits);
	fine = fine && fan_is_done(&fan, job, SIZE);
	zc_job_free(job);
	return fine;
}

/* One sink that takes nothing for long */

/** Serve the others until the job waits for the slow sink only. */
static bool
serve_others(struct fan *fan, struct zc_job *job, const struct outlet *slow)
{
	struct zc_wait waits[OUTLETS_MAX];

	for (;;) {
		size_t others = 0, n = 0;

		CHECK(zc_job_run(job, waits, fan->count) < 0);
		CHECK(errno == EAGAIN);
		for (size_t i = 0; i < fan->count; i++)
			if (waits[i].fd >= 0) {
				n++;
				others += waits[i].fd != slow->fd;
			}
		CHECK(n > 0);
		if (others == 0)
			return true;
		CHECK(fan_serve(fan, waits, fan->count));
	}
}

/** From a stream, the job holds no more than a block for the slow one.  From a
 * file the others do not wait for it. */
static bool
slow_is_waited_for(struct fan *fan, struct zc_job *job, size_t slow)
{
	const struct zc_result *held = zc_job_sink(job, slow);

	fan->out[slow].slow = true;
	CHECK(serve_others(fan, job, &fan->out[slow]));
	CHECK(held->bytes < (int64_t)fan->in.size);
	for (size_t i = 0; i < fan->count; i++) {
		const struct zc_result *other = zc_job_sink(job, i);

		CHECK(fan_has(&fan->out[i], other->bytes));
		if (i == slow)
			continue;
		if (fan->in.sort <= PLACED_IN)
			CHECK(other->outcome == ZC_DONE);
		else
			CHECK(other->bytes - held->bytes <= HELD);
	}
	CHECK(zc_job_result(job)->bytes == held->bytes);
	if (fan->in.sort > PLACED_IN)
		CHECK(fan_taken(&fan->in) - held->bytes <= HELD);
	fan->out[slow].slow = false;
	CHECK(fan_run(fan, job) == 0);
	return fan_is_done(fan, job, (int64_t)fan->in.size);
}

static bool
waits_for_slow(enum inlet_sort source, enum zc_method method)
{
	const struct group group = { { PIPE_OUT, UNIX_OUT, FILE_OUT, TCP_OUT },
		OUTLETS_MAX };

	for (size_t slow = 0; slow < OUTLETS_MAX; slow++) {
		struct fan fan;
		struct zc_job *job;
		bool fine;

		if (group.sort[slow] == FILE_OUT)
			continue;
		fan_make(&fan, source, SIZE * 10, method, &group);
		fan_follow(&fan);
		job = new_job(&fan.request);
		fine = slow_is_waited_for(&fan, job, slow);
		zc_job_free(job);
		CHECK(fine);
		shut_all();
	}
	return true;
}

/** It is freed in the middle: nothing is left behind, and a file's position is
 * behind what all have got. */
static bool
is_freed(enum inlet_sort source, enum zc_method method)
{
	const struct group group = { { PIPE_OUT, UNIX_OUT, FILE_OUT }, 3 };
	struct fan fan;
	struct zc_wait waits[3];
	int64_t sums[3], least = SIZE;
	struct zc_job *job;

	fan_make(&fan, source, SIZE, method, &group);
	job = new_job(&fan.request);
	while (zc_job_result(job)->bytes < (int64_t)SIZE / 3) {
		CHECK(zc_job_run(job, waits, 3) < 0 && errno == EAGAIN);
		CHECK(fan_serve(&fan, waits, 3));
	}
	for (size_t i = 0; i < 3; i++) {
		sums[i] = zc_job_sink(job, i)->bytes;
		CHECK(zc_job_sink(job, i)->outcome == ZC_UNFINISHED ||
		    sums[i] == (int64_t)SIZE);
		least = sums[i] < least ? sums[i] : least;
	}
	CHECK(zc_job_result(job)->bytes == least);
	zc_job_free(job);
	for (size_t i = 0; i < 3; i++)
		CHECK(fan_gets(&fan.out[i], sums[i]));
	if (source <= PLACED_IN)
		CHECK(fan_is_at(&fan.in, least, 0));
	return true;
}

static void
check_pair(enum inlet_sort source, enum zc_method method)
{
	const char *from = inlet_names[source], *by = zc_method_name(method);

	if (!is_served(source, method))
		return;
	CASE(moves_to_groups(source, method),
	    "sinks: from %s by %s: each has all, and the counts are right",
	    from, by);
	CASE(moves_blocking_to_groups(source, method),
	    "sinks: from %s by %s: ends that block", from, by);
	if (method == ZC_COPY_FILE_RANGE)
		return;			/* from file to file nothing waits */
	CASE(moves_by_poll(source, method),
	    "sinks: from %s by %s: poll(2) on all waits is enough", from, by);
	CASE(waits_for_slow(source, method),
	    "sinks: from %s by %s: a slow one loses nothing, and little is "
	    "held for it", from, by);
	CASE(is_freed(source, method),
	    "sinks: from %s by %s: freed in the middle", from, by);
}

int
main(void)
{
	begin();
	srand(1);			/* the same waits in each run */
	for (int source = 0; source < INLETS; source++)
		for (size_t m = 0; m < in_place_count; m++)
			check_pair((enum inlet_sort)source, in_place[m]);
	finish();
	return 0;
}
