/*
 * Sinks that fail, and calls that fail, in a job with several sinks: the job
 * stops, or, with ZC_DROP_SINKS, the others get every byte.
 */
#include "config.h"

/* It turns functions that lib-faults.c replaces into inline functions. */
#undef _FORTIFY_SOURCE

#include <sys/resource.h>

#include "lib-fan.h"
#include "lib-faults.h"

#define SIZE	((size_t)300 * 1000)	/* of the source: auto uses splice(2) */
#define UNTIL	((int64_t)50 * 1000)	/* delivered before the failure */

static const enum zc_method methods[] = { ZC_AUTO, ZC_SPLICE, ZC_READ_WRITE };

/* Which calls fail */

static struct {
	enum call call;
	int fd;				/* only calls with it; -1: any */
	unsigned from;			/* the first call that fails */
	unsigned count;			/* how many fail */
	int verdict;			/* PASS: come short */
	unsigned met, fired;
	int rescue;			/* errno of read(2) from private pipes,
					   or 0 */
} plan;

#define ALWAYS	(~0u)			/* as `count`: all calls fail */

static bool
is_private(int fd)
{
	for (size_t i = 0; i < opened_count; i++)
		if (opened[i] == fd)
			return false;
	return true;
}

int
judge(struct made *made)
{
	if (plan.rescue != 0 && made->call == READ && is_private(made->in))
		return plan.rescue;
	if (made->call != plan.call || plan.fd == ABSENT ||
	    (plan.fd >= 0 && made->in != plan.fd && made->out != plan.fd))
		return PASS;
	if (++plan.met < plan.from || plan.fired >= plan.count)
		return PASS;
	plan.fired++;
	if (plan.verdict == PASS && made->size > 1)
		made->size /= 2;
	return plan.verdict;
}

void
came_to(ssize_t n)
{
	(void)n;
}

static void
fail_call(enum call call, int fd, unsigned from, unsigned count, int verdict)
{
	plan.call = call;
	plan.fd = fd;
	plan.from = from;
	plan.count = count;
	plan.verdict = verdict;
	plan.met = plan.fired = 0;
	armed = true;
}

/* Ways to fail */

enum way { NO_READER, FULL, TOO_LARGE, WRITE_EIO, WAYS };

static const char *const ways[WAYS] = { "a reader goes away",
	"a device is full", "a file is too large", "a write(2) fails" };

/** Make the sink fail in this way.  Return the errno to expect. */
static int
break_sink(struct fan *fan, size_t i, enum way way)
{
	struct outlet *out = &fan->out[i];
	struct rlimit limit;

	switch (way) {
	case NO_READER:
		shut(out->drain);
		out->drain = -1;
		return EPIPE;
	case TOO_LARGE:
		getrlimit(RLIMIT_FSIZE, &limit);
		limit.rlim_cur = (rlim_t)out->from + UNTIL;
		setrlimit(RLIMIT_FSIZE, &limit);
		return EFBIG;
	case WRITE_EIO:
		fail_call(WRITE, out->fd, 1, ALWAYS, EIO);
		return EIO;
	default:
		return ENOSPC;
	}
}

static void
mend(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	armed = false;
}

static enum outlet_sort
sort_for(enum way way)
{
	return way == NO_READER ? UNIX_OUT : way == TOO_LARGE ? FILE_OUT :
	    way == FULL ? NULL_OUT : PIPE_OUT;
}

/** Make three sinks; number `bad` is the one that will fail. */
static void
make_fan(struct fan *fan, enum inlet_sort source, enum zc_method method,
    size_t bad, enum way way)
{
	static const enum outlet_sort good[] = { PIPE_OUT, UNIX_OUT, PIPE_OUT };

	fan_inlet(fan, source, SIZE);
	for (size_t i = 0; i < COUNT(good); i++)
		fan_outlet(fan, i == bad ? sort_for(way) : good[i], NULL);
	if (way == FULL) {
		int full = keep(open("/dev/full", O_WRONLY));

		fan->out[bad].fd = full;
		fan->out[bad].flags = fcntl(full, F_GETFL);
		if (bad == 0)
			fan->request.out_fd = full;
		else
			fan->sinks[bad - 1].fd = full;
	}
	fan->request.method = method;
	fan->request.block_size = 30000;
	fan->request.pipe_size = 4096;
	fan_follow(fan);
}

/** Serve the job until each sink but `bad` has UNTIL bytes.  Return 0, EAGAIN
 * or the job's errno. */
static int
run_until(struct fan *fan, struct zc_job *job)
{
	struct zc_wait waits[OUTLETS_MAX];

	while (zc_job_result(job)->bytes < UNTIL) {
		if (zc_job_run(job, waits, fan->count) == 0)
			return 0;
		if (errno != EAGAIN)
			return errno;
		if (!fan_serve(fan, waits, fan->count))
			return EDOM;
	}
	return EAGAIN;
}

/** Run the job to its end, and make sink `bad` fail on the way. */
static int
run_broken(struct fan *fan, struct zc_job *job, size_t bad, enum way way,
    int *expected)
{
	int error = EAGAIN;

	if (way == NO_READER || way == WRITE_EIO)
		error = run_until(fan, job);
	*expected = break_sink(fan, bad, way);
	if (error == EAGAIN)
		error = fan_run(fan, job);
	mend();
	return error;
}

/** True if events, results and the source's position agree, however the job
 * ended. */
static bool
counts_exactly(struct fan *fan, const struct zc_job *job)
{
	const struct zc_result *total = zc_job_result(job);
	int64_t most = 0;

	for (size_t i = 0; i < fan->count; i++) {
		const struct zc_result *result = zc_job_sink(job, i);

		CHECK(fan_is_told(fan, i, result));
		most = result->bytes > most ? result->bytes : most;
	}
	if (fan->in.sort <= PLACED_IN)
		CHECK(fan_is_at(&fan->in, total->bytes, total->lost));
	else
		CHECK(fan_is_at(&fan->in, most, total->lost));
	return true;
}

/** True if sink `bad` failed, and every other sink has the bytes that its
 * result counts. */
static bool
others_end(struct fan *fan, const struct zc_job *job, size_t bad, int error)
{
	const struct zc_result *failed = zc_job_sink(job, bad);
	int64_t least = SIZE;

	CHECK(failed->outcome == ZC_FAILED && failed->side == ZC_SINK);
	CHECK(failed->error == error);
	for (size_t i = 0; i < fan->count; i++) {
		const struct zc_result *result = zc_job_sink(job, i);
		bool complete = result->bytes == (int64_t)SIZE;

		if (i == bad)
			continue;
		least = result->bytes < least ? result->bytes : least;
		if (fan->request.flags & ZC_DROP_SINKS)
			CHECK(complete);
		CHECK(result->outcome == (complete ? ZC_DONE : ZC_STOPPED));
		CHECK(result->error == (complete ? 0 : ECANCELED));
		CHECK(fan_gets(&fan->out[i], result->bytes));
	}
	CHECK(zc_job_result(job)->bytes == least);
	return true;
}

static bool
ends(enum inlet_sort source, enum zc_method method, size_t bad, enum way way,
    unsigned flags)
{
	const struct zc_result *total;
	struct zc_job *job;
	struct fan fan;
	int error, expected;

	make_fan(&fan, source, method, bad, way);
	fan.request.flags = flags;
	job = new_job(&fan.request);
	error = run_broken(&fan, job, bad, way, &expected);
	total = zc_job_result(job);
	CHECK(error == expected);
	CHECK(total->outcome == ZC_FAILED && total->side == ZC_SINK);
	CHECK(total->error == expected);
	CHECK(counts_exactly(&fan, job));
	CHECK(fan.out[bad].drops == (flags & ZC_DROP_SINKS ? 1 : 0));
	CHECK(fan.out[bad].dropped == (flags & ZC_DROP_SINKS ? expected : 0));
	if (way == TOO_LARGE)
		CHECK(fan_has(&fan.out[bad], UNTIL));
	CHECK(others_end(&fan, job, bad, expected));
	CHECK(zc_job_run(job, NULL, 0) < 0 && errno == expected);
	zc_job_free(job);
	return true;
}

static bool
ends_for_each(enum way way, enum zc_method method, unsigned flags)
{
	/* splice(2) refuses /dev/full with EINVAL, and calls no write(2). */
	if (method == ZC_SPLICE && (way == FULL || way == WRITE_EIO))
		return true;
	for (int i = 0; i < INLETS * 3; i++) {
		if (!ends((enum inlet_sort)(i / 3), method, (size_t)i % 3, way,
		    flags)) {
			printf("# from %s, sink %d\n", inlet_names[i / 3],
			    i % 3);
			mend();
			return false;
		}
		shut_all();
	}
	return true;
}

/* A sink that refuses the method */

/** True if a sink that refuses the named method is dropped, whichever of the
 * sinks it is. */
static bool
refusal_drops(enum inlet_sort source, size_t bad)
{
	struct zc_job *job;
	struct fan fan;

	fan_inlet(&fan, source, SIZE);
	for (size_t i = 0; i < 4; i++)
		fan_outlet(&fan, i == bad ? APPENDED_OUT : FILE_OUT, NULL);
	fan.request.method = ZC_SPLICE;
	fan.request.flags = ZC_DROP_SINKS;
	fan_follow(&fan);
	job = new_job(&fan.request);
	CHECK(fan_run(&fan, job) == EINVAL);
	CHECK(zc_job_result(job)->outcome == ZC_UNSUITED);
	CHECK(counts_exactly(&fan, job));
	for (size_t i = 0; i < 4; i++) {
		const struct zc_result *result = zc_job_sink(job, i);

		CHECK(result->outcome == (i == bad ? ZC_UNSUITED : ZC_DONE));
		CHECK(fan.out[i].drops == (i == bad));
		CHECK(i == bad || result->bytes == (int64_t)SIZE);
		CHECK(fan_gets(&fan.out[i], result->bytes));
	}
	zc_job_free(job);
	return true;
}

static bool
refusals_drop(void)
{
	for (int i = 0; i < INLETS * 4; i++) {
		if (!refusal_drops((enum inlet_sort)(i / 4), (size_t)i % 4)) {
			printf("# from %s, sink %d\n", inlet_names[i / 4],
			    i % 4);
			return false;
		}
		shut_all();
	}
	return true;
}

static bool
all_complete(struct fan *fan, struct zc_job *job)
{
	CHECK(zc_job_result(job)->outcome == ZC_DONE);
	CHECK(counts_exactly(fan, job));
	for (size_t i = 0; i < fan->count; i++) {
		CHECK(zc_job_sink(job, i)->bytes == (int64_t)SIZE);
		CHECK(fan_gets(&fan->out[i], SIZE));
	}
	return true;
}

/** True if all bytes are delivered when splice(2) fails half way, to sink
 * number `victim` (3: from the source). */
static bool
goes_on_without(enum inlet_sort source, size_t victim, int error)
{
	struct zc_job *job;
	struct fan fan;

	make_fan(&fan, source, ZC_AUTO, 3, NO_READER);
	fan.request.pipe_size = 65536;
	job = new_job(&fan.request);
	fail_call(SPLICE, victim < 3 ? fan.out[victim].fd : fan.in.fd, 3,
	    ALWAYS, error);
	CHECK(fan_run(&fan, job) == 0);
	armed = false;
	CHECK(plan.fired > 0);
	for (size_t i = 0; i < 3 && victim < 3; i++)
		CHECK(zc_job_sink(job, i)->use[ZC_SPLICE].refused ==
		    (i == victim ? error : 0));
	CHECK(zc_job_result(job)->use[ZC_SPLICE].bytes > 0);
	CHECK(zc_job_result(job)->use[ZC_SPLICE].bytes < 3 * (int64_t)SIZE);
	CHECK(all_complete(&fan, job));
	zc_job_free(job);
	return true;
}

static bool
goes_on(int error)
{
	for (int i = 0; i < INLETS * 4; i++) {
		if (!goes_on_without((enum inlet_sort)(i / 4), (size_t)i % 4,
		    error)) {
			printf("# from %s, sink %d\n", inlet_names[i / 4],
			    i % 4);
			armed = false;
			return false;
		}
		shut_all();
	}
	return true;
}

/** True if all sinks get all bytes when tee(2) or its pipe2(2) fails, or comes
 * short: read-write delivers the rest. */
static bool
does_without_tee(enum inlet_sort source, enum call call, int verdict,
    unsigned from, unsigned count)
{
	struct zc_job *job;
	struct fan fan;

	make_fan(&fan, source, ZC_SPLICE, 0, NO_READER);
	fan.request.pipe_size = 65536;
	job = new_job(&fan.request);
	fail_call(call, -1, from, count, verdict);
	CHECK(fan_run(&fan, job) == 0);
	armed = false;
	CHECK(plan.fired > 0);
	CHECK(zc_job_result(job)->use[ZC_READ_WRITE].bytes > 0);
	CHECK(all_complete(&fan, job));
	zc_job_free(job);
	return true;
}

static bool
does_without(enum call call, int verdict)
{
	static const unsigned counts[] = { 1, 3, ALWAYS };

	/* The first pipe is for splice(2), the next two are for tee(2). */
	for (unsigned i = 0; i < 9 * 3; i++) {
		unsigned from = (call == PIPE2 ? 2 : 1) + i / 3 % 3;
		enum inlet_sort source = (enum inlet_sort)(PIPE_IN + i / 9);

		if (call == PIPE2 && from > 3)
			continue;	/* there is no fourth pipe */
		CHECK(does_without_tee(source, call, verdict, from,
		    counts[i % 3]));
		shut_all();
	}
	return true;
}

/* What ends the whole job */

static bool
all_end(struct fan *fan, const struct zc_job *job, enum zc_outcome outcome,
    enum zc_side side, int error)
{
	const struct zc_result *total = zc_job_result(job);

	CHECK(total->outcome == outcome && total->error == error);
	CHECK(counts_exactly(fan, job));
	for (size_t i = 0; i < fan->count; i++) {
		const struct zc_result *result = zc_job_sink(job, i);
		bool done = result->outcome == ZC_DONE;

		CHECK(done || (result->outcome == outcome &&
		    result->error == error && result->side == side));
		CHECK(result->bytes >= total->bytes);
		CHECK(!done || result->bytes == (int64_t)SIZE);
		CHECK(fan->out[i].drops == 0);
		CHECK(fan_gets(&fan->out[i], result->bytes));
	}
	return true;
}

static bool
source_fails(enum inlet_sort source, unsigned flags)
{
	struct zc_job *job;
	struct fan fan;

	make_fan(&fan, source, ZC_READ_WRITE, 0, NO_READER);
	fan.request.flags = flags;
	job = new_job(&fan.request);
	CHECK(run_until(&fan, job) == EAGAIN);
	fail_call(source <= PLACED_IN ? PREAD : READ, fan.in.fd, 1, ALWAYS,
	    EIO);
	CHECK(fan_run(&fan, job) == EIO);
	armed = false;
	CHECK(zc_job_result(job)->bytes >= UNTIL);
	CHECK(all_end(&fan, job, ZC_FAILED, ZC_SOURCE, EIO));
	zc_job_free(job);
	return true;
}

static bool
event_stops(enum inlet_sort source, unsigned flags)
{
	for (unsigned at = 1; at < 60; at += 7) {
		struct zc_job *job;
		struct fan fan;

		make_fan(&fan, source, ZC_AUTO, 0, NO_READER);
		fan.request.flags = flags;
		fan.stop_at = at;
		job = new_job(&fan.request);
		CHECK(fan_run(&fan, job) == EINTR);
		CHECK(fan.events == at);
		CHECK(all_end(&fan, job, ZC_STOPPED,
		    zc_job_sink(job, 0)->side, EINTR));
		zc_job_free(job);
		shut_all();
	}
	return true;
}

static bool
ends_all(bool (*end)(enum inlet_sort, unsigned))
{
	for (int i = 0; i < INLETS * 2; i++) {
		if (!end((enum inlet_sort)(i / 2),
		    i % 2 ? ZC_DROP_SINKS : 0)) {
			printf("# from %s, %d\n", inlet_names[i / 2], i % 2);
			armed = false;
			return false;
		}
		shut_all();
	}
	return true;
}

static int
select_none(const struct zc_ends *ends, void *arg)
{
	(void)arg;
	errno = EPERM;
	return ends->out == ZC_SOCKET ? -1 : ZC_AUTO;
}

/** True if select, called for the second sink after the first one has begun,
 * stops both. */
static bool
select_stops(enum inlet_sort source, unsigned flags)
{
	struct zc_job *job;
	struct fan fan;

	make_fan(&fan, source, ZC_AUTO, 0, WRITE_EIO);
	fan.request.flags = flags;
	fan.request.select = select_none;
	job = new_job(&fan.request);
	CHECK(fan_run(&fan, job) == EPERM);
	CHECK(all_end(&fan, job, ZC_STOPPED, ZC_SOURCE, EPERM));
	zc_job_free(job);
	return true;
}

static int
never_ready(const struct zc_wait *waits, size_t count, void *arg)
{
	(void)waits;
	(void)count;
	(void)arg;
	errno = ETIMEDOUT;
	return -1;
}

/** True if a wait that fails ends the job and drops no sink, whether the source
 * or a sink waits. */
static bool
wait_fails(enum inlet_sort source, unsigned flags)
{
	const struct zc_result *total;
	struct zc_job *job;
	struct fan fan;

	make_fan(&fan, source, ZC_AUTO, 0, NO_READER);
	fan.request.flags = flags;
	fan.request.wait = never_ready;
	job = new_job(&fan.request);
	CHECK(zc_job_run(job, NULL, 0) < 0 && errno == ETIMEDOUT);
	total = zc_job_result(job);
	CHECK(total->outcome == ZC_FAILED && total->error == ETIMEDOUT);
	CHECK(total->side == (source <= PLACED_IN ? ZC_SINK : ZC_SOURCE));
	CHECK(counts_exactly(&fan, job));
	for (size_t i = 0; i < fan.count; i++) {
		CHECK(zc_job_sink(job, i)->outcome != ZC_UNFINISHED);
		CHECK(fan.out[i].drops == 0);
		CHECK(fan_gets(&fan.out[i], zc_job_sink(job, i)->bytes));
	}
	zc_job_free(job);
	return true;
}

/** True if the job fails when tee(2) cannot copy the bytes in the private pipe,
 * and read(2) cannot read them. */
static bool
rescue_fails(enum inlet_sort source, unsigned flags)
{
	struct zc_job *job;
	struct fan fan;

	if (source <= PLACED_IN)
		return true;		/* each sink reads the file itself */
	make_fan(&fan, source, ZC_SPLICE, 0, NO_READER);
	fan.request.flags = flags;
	fan.request.pipe_size = 65536;
	job = new_job(&fan.request);
	fail_call(TEE, -1, 5, ALWAYS, EINVAL);
	plan.rescue = EIO;
	CHECK(fan_run(&fan, job) == EIO);
	armed = false;
	plan.rescue = 0;
	CHECK(zc_job_result(job)->bytes > 0 && zc_job_result(job)->lost > 0);
	CHECK(all_end(&fan, job, ZC_FAILED, ZC_SOURCE, EIO));
	zc_job_free(job);
	return true;
}

/* Sinks that would wait for the disk */

static bool
waits_for_disk(unsigned flags)
{
	struct zc_job *job;
	struct fan fan;

	fan_inlet(&fan, FILE_IN, SIZE);
	fan_put_on_disk(&fan);
	fan_outlet(&fan, FILE_OUT, NULL);
	fan_outlet(&fan, UNIX_OUT, NULL);
	shut(fan.out[1].drain);
	fan.out[1].drain = -1;
	fan.request.flags = flags | ZC_NODISKIO;
	fan_follow(&fan);
	job = new_job(&fan.request);
	/* The first sink has the first turn. */
	fail_call(PREADV2, fan.in.fd, 1, 1, EAGAIN);
	if (flags & ZC_DROP_SINKS)
		CHECK(fan_run(&fan, job) == EBUSY);
	CHECK(fan_run(&fan, job) == EPIPE);
	armed = false;
	CHECK(plan.fired == 1);
	CHECK(zc_job_sink(job, 1)->outcome == ZC_FAILED);
	CHECK(fan.out[1].drops == (flags & ZC_DROP_SINKS ? 1 : 0));
	CHECK(counts_exactly(&fan, job));
	CHECK(others_end(&fan, job, 1, EPIPE));
	zc_job_free(job);
	return true;
}

static void
check_splice(void)
{
	CASE(refusals_drop(),
	    "sinks: by splice: a sink that refuses it is dropped");
	CASE(goes_on(EINVAL), "sinks: splice(2) fails with EINVAL in the "
	    "middle");
	CASE(goes_on(ENOMEM), "sinks: splice(2) fails with ENOMEM in the "
	    "middle");
	CASE(does_without(TEE, EINVAL), "sinks: tee(2) fails with EINVAL");
	CASE(does_without(TEE, ENOMEM), "sinks: tee(2) fails with ENOMEM");
	CASE(does_without(TEE, PASS), "sinks: tee(2) comes short");
	CASE(does_without(PIPE2, EMFILE), "sinks: no pipe is left for tee(2)");
	CASE(ends_all(rescue_fails), "sinks: bytes that are lost are counted");
}

int
main(void)
{
	begin();
	srand(1);			/* the same waits in each run */
	for (int way = NO_READER; way < WAYS; way++)
		for (size_t m = 0; m < COUNT(methods); m++) {
			const char *by = zc_method_name(methods[m]);

			if (!has_method(methods[m]))
				continue;
			if (way == WRITE_EIO && methods[m] != ZC_READ_WRITE)
				continue;
			CASE(ends_for_each((enum way)way, methods[m], 0),
			    "sinks: by %s: %s, and the job ends", by,
			    ways[way]);
			CASE(ends_for_each((enum way)way, methods[m],
			    ZC_DROP_SINKS),
			    "sinks: by %s: %s, and the other sinks get all", by,
			    ways[way]);
		}
	if (has_method(ZC_SPLICE))
		check_splice();
	CASE(ends_all(source_fails), "sinks: a source that fails ends the job");
	CASE(ends_all(event_stops), "sinks: an event hook ends the job");
	CASE(ends_all(wait_fails), "sinks: a wait that fails ends the job");
	CASE(ends_all(select_stops), "sinks: a select hook ends the job");
	if (!has_call(PREADV2))
		report(true, "sinks: one would wait for the disk # SKIP no "
		    "preadv2(2)");
	else {
		CASE(waits_for_disk(0), "sinks: one that would wait for the "
		    "disk ends with the others");
		CASE(waits_for_disk(ZC_DROP_SINKS), "sinks: one that would "
		    "wait for the disk goes on without another");
	}
	finish();
	return 0;
}
