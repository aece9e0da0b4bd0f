/*
 * Random jobs with one to four sinks, range after range, with random failures.
 * However a job ends, each sink has the beginning of what it was to get, and
 * every count and position is exact.
 *
 *	ZCOPY_TEST_SEED=N	the seed of the first job
 *	ZCOPY_TEST_RUNS=N	so many jobs, and no more
 *
 * A job's number is its seed: one that failed can be repeated alone.
 */
#include "config.h"

/* It turns functions that lib-faults.c replaces into inline functions. */
#undef _FORTIFY_SOURCE

#include <poll.h>
#include <sys/param.h>
#include <time.h>

#include "lib-fan.h"
#include "lib-fan-faults.h"

#define JOBS		10000
#define GROUP		500
#define SECONDS		8		/* then the rest is left out */
#define PATIENCE	30		/* seconds for one job */
#define ENOUGH_AGAIN	200000		/* of waits in one range */
#define LARGE	((size_t)100 * 1000)

static uint64_t seed;			/* of this job */

static unsigned outcomes[ZC_FAILED + 1], abandoned, dropped, nexts;

/* Ends */

static void
block_ends(void)
{
	const int roomy = 400 * 1000;

	in_blocks = fan.in.sort > PLACED_IN && one_in(2);
	if (in_blocks)
		fcntl(fan.in.fd, F_SETFL, fan.in.flags &= ~O_NONBLOCK);
	for (size_t i = 0; i < fan.count; i++) {
		struct outlet *out = &fan.out[i];

		out_blocks[i] = out->drain >= 0 && one_in(2);
		if (!out_blocks[i])
			continue;
		fcntl(out->fd, F_SETFL, out->flags &= ~O_NONBLOCK);
		fcntl(out->fd, F_SETPIPE_SZ, 65536);
		setsockopt(out->fd, SOL_SOCKET, SO_SNDBUF, &roomy,
		    sizeof(roomy));
	}
}

static int
make_pieces(struct iovec *piece)
{
	int count = (int)pick(4);

	for (int i = 0; i < count; i++)
		piece[i] = one_in(4) ? (struct iovec){ .iov_base = NULL } :
		    piece_of(pick_size(9000) / 4);
	return count;
}

static const struct zc_hdtr *
make_hdtr(size_t i)
{
	if (one_in(2))
		return NULL;
	wraps[i].hdtr.headers = wraps[i].head;
	wraps[i].hdtr.hdr_cnt = make_pieces(wraps[i].head);
	wraps[i].hdtr.trailers = wraps[i].tail;
	wraps[i].hdtr.trl_cnt = make_pieces(wraps[i].tail);
	return &wraps[i].hdtr;
}

static void
make_ends(void)
{
	size_t count = 1 + pick(OUTLETS_MAX);

	fan_inlet(&fan, (enum inlet_sort)pick(INLETS),
	    one_in(2) ? pick(LARGE) : pick_size(LARGE));
	on_disk = fan.in.sort <= PLACED_IN && one_in(4);
	if (on_disk)
		fan_put_on_disk(&fan);
	for (size_t i = 0; i < count; i++)
		fan_outlet(&fan, (enum outlet_sort)pick(OUTLETS), NULL);
	for (size_t i = 0; i < count; i++) {
		fan.out[i].expected_size = 0;
		if (fan.out[i].sort == TCP_OUT)
			set_tcp_option(fan.out[i].fd, TCP_NODELAY, 1);
	}
	block_ends();
}

/* Ranges */

static void
expect_pieces(struct outlet *out, const struct iovec *piece, int count)
{
	for (int i = 0; i < count; i++)
		if (piece[i].iov_len > 0)
			fan_expect(out, piece[i].iov_base, piece[i].iov_len);
}

static void
expect_range(size_t i, const struct zc_hdtr *hdtr)
{
	struct outlet *out = &fan.out[i];

	if (hdtr != NULL)
		expect_pieces(out, hdtr->headers, hdtr->hdr_cnt);
	fan_expect(out, content + model.at, (size_t)model.data);
	if (hdtr != NULL)
		expect_pieces(out, hdtr->trailers, hdtr->trl_cnt);
}

/** Choose the next range, from where the job is, or anywhere in the file. */
static int64_t
pick_range(void)
{
	int64_t offset = ZC_CURRENT, left;

	model.before += model.data;
	model.at += model.data;
	if (fan.in.sort == PLACED_IN && (nexts == 0 || one_in(2))) {
		model.at = (int64_t)pick(fan.in.size + 2);
		offset = fan.in.from + model.at;
	}
	fan.in.told_from = fan.in.from + model.at - model.before;
	if (fan.in.sort > PLACED_IN)
		fan.in.told_from = 0;
	left = model.at < (int64_t)fan.in.size ?
	    (int64_t)fan.in.size - model.at : 0;
	model.bytes = one_in(3) ? ZC_TO_END : one_in(10) ? 0 :
	    (int64_t)pick(fan.in.size + fan.in.size / 4 + 2);
	model.data = model.bytes == ZC_TO_END || model.bytes > left ? left :
	    model.bytes;
	return offset;
}

static bool
is_short(void)
{
	return (fan.request.flags & ZC_EXACT) && model.bytes > model.data;
}

/* Hooks */

static bool
is_ready(int fd, short events)
{
	struct pollfd polled = { .fd = fd, .events = events };

	return fd >= 0 && poll(&polled, 1, 0) == 1;
}

/** Let the job go on, were it only by a byte. */
static bool
attend_one(const struct zc_wait *wait)
{
	size_t i = 0;

	if (wait->fd == fan.in.fd) {
		CHECK(wait->events == POLLIN);
		return !is_ready(fan.in.feed, POLLOUT) ||
		    fan_feed(&fan.in, 1 + pick(6000));
	}
	while (i < fan.count && fan.out[i].fd != wait->fd)
		i++;
	CHECK(i < fan.count && wait->events == POLLOUT);
	for (int times = 0; times < 1000; times++) {
		while (is_ready(fan.out[i].drain, POLLIN))
			CHECK(fan_drain(&fan.out[i], 1 + pick(6000)));
		if (fan.out[i].sort != TCP_OUT || is_ready(wait->fd, POLLOUT))
			return true;
		(void)poll(&(struct pollfd){ .fd = fan.out[i].drain,
			.events = POLLIN }, 1, 10);
	}
	return false;
}

static bool
attend(const struct zc_wait *waits, size_t count)
{
	size_t found = 0;

	for (size_t w = 0; w < count; w++) {
		/* A full pipe is left to its reader for a moment. */
		found += waits[w].fd >= 0 || waits[w].until != 0;
		if (waits[w].fd < 0)
			continue;
		CHECK(attend_one(&waits[w]));
	}
	CHECK(found > 0);
	return true;
}

static int
on_wait(const struct zc_wait *waits, size_t count, void *arg)
{
	(void)arg;
	armed = false;
	fan.wrong |= !attend(waits, count);
	errno = EINTR;
	if (task.deadly && one_in(100)) {
		model.struck = model.late = true;
		errno = ETIMEDOUT;
	}
	armed = true;
	return fan.wrong || errno == ETIMEDOUT || one_in(5) ? -1 : 0;
}

static int
on_select(const struct zc_ends *ends, void *arg)
{
	(void)ends;
	(void)arg;
	if (task.preferred < 0)
		model.struck = true;
	errno = EPERM;
	return task.preferred;
}

/* The checks */

/** True if the method can serve all sinks. */
static bool
is_planned(void)
{
	static const enum zc_kind from[INLETS] = { ZC_REGULAR, ZC_REGULAR,
		ZC_PIPE, ZC_SOCKET, ZC_SOCKET };
	static const enum zc_kind to[OUTLETS] = { ZC_REGULAR, ZC_REGULAR,
		ZC_REGULAR, ZC_PIPE, ZC_SOCKET, ZC_SOCKET, ZC_NULL };

	/* From one file system to another it is refused. */
	if (on_disk && fan.request.method == ZC_COPY_FILE_RANGE)
		return false;
	for (size_t i = 0; i < fan.count; i++) {
		const struct zc_ends ends = { .size = sizeof(ends),
			.in = from[fan.in.sort], .out = to[fan.out[i].sort],
			.bytes = -1, .placed = fan.out[i].sort == PLACED_OUT };
		struct zc_plan plan = ZC_PLAN_INIT;

		zc_plan(&plan, &ends, fan.request.method, ZC_AUTO,
		    fan.request.flags);
		if (plan.count == 0 || !fan_suits(fan.in.sort, fan.out[i].sort,
		    fan.request.method))
			return false;
	}
	return true;
}

static bool
sums_match(const struct zc_result *result)
{
	int64_t used = 0;

	CHECK(result->use[ZC_AUTO].bytes ==
	    result->header_bytes + result->trailer_bytes);
	for (int m = ZC_AUTO + 1; m < ZC_METHODS; m++)
		used += result->use[m].bytes;
	CHECK(used >= result->bytes);
	CHECK(result->lost >= 0);
	return true;
}

/** Does the source stand where it must? */
static bool
source_matches(const struct zc_result *total, int64_t most, bool settled)
{
	if (fan.in.sort <= PLACED_IN)
		CHECK(total->lost == 0);
	if (settled && fan.in.sort > PLACED_IN)
		return fan_is_at(&fan.in, most, total->lost);
	if (fan.in.sort == FILE_IN && !settled && fan.count == 1) {
		CHECK(fan_taken(&fan.in) >= most);
		return true;
	}
	if (fan.in.sort <= PLACED_IN)
		return fan_is_at(&fan.in, total->bytes, 0);
	CHECK(fan_taken(&fan.in) >= most);
	return true;
}

static bool
counts_match(const struct zc_job *job, bool settled)
{
	const struct zc_result *total = zc_job_result(job);
	int64_t most = 0;

	CHECK(!fan.wrong);
	CHECK(sums_match(total));
	for (size_t i = 0; i < fan.count; i++) {
		const struct zc_result *result = zc_job_sink(job, i);

		CHECK(sums_match(result));
		CHECK(fan_is_told(&fan, i, result));
		CHECK(fan.in.sort > PLACED_IN || result->lost == 0);
		if (settled || model.agains % 8 == 0)
			CHECK(fan_has(&fan.out[i], sum_of(result)));
		if (result->bytes > most)
			most = result->bytes;
	}
	CHECK(fan_keeps_flags(&fan));
	return source_matches(total, most, settled);
}

static bool
has_failed(const struct zc_result *result)
{
	return result->outcome == ZC_UNSUITED ||
	    (result->outcome == ZC_FAILED && result->side == ZC_SINK);
}

/** What must be so of one sink. */
static bool
sink_matches(const struct zc_job *job, size_t i)
{
	const struct zc_result *result = zc_job_sink(job, i);
	struct outlet *out = &fan.out[i];
	size_t failed = 0;

	for (size_t k = 0; k < fan.count; k++)
		failed += has_failed(zc_job_sink(job, k));
	CHECK(result->outcome > ZC_WOULD_WAIT);
	if (result->outcome == ZC_DONE)
		CHECK(sum_of(result) == (int64_t)out->expected_size);
	if (result->outcome == ZC_SHORT)
		CHECK(is_short() &&
		    result->bytes == model.before + model.data);
	if (result->error == ECANCELED)
		CHECK(failed > 0 && (model.late ||
		    !(fan.request.flags & ZC_DROP_SINKS)));
	CHECK(out->drops <= has_failed(result));
	CHECK(out->drops == 0 || out->dropped == result->error);
	dropped += out->drops;
	return true;
}

static bool
outcome_matches(const struct zc_job *job, int error)
{
	const struct zc_result *total = zc_job_result(job);
	bool all = true, stopped = fan.stop_at > 0 && fan.events >= fan.stop_at;

	CHECK(error == (total->error == EAGAIN ? EIO : total->error));
	for (size_t i = 0; i < fan.count; i++) {
		CHECK(sink_matches(job, i));
		all &= zc_job_sink(job, i)->outcome == ZC_DONE;
	}
	CHECK((total->outcome == ZC_DONE) == all);
	if (model.struck || stopped)
		return true;
	if (!is_planned()) {
		CHECK(total->outcome == ZC_UNSUITED ||
		    total->outcome == ZC_DONE || is_short());
		return true;
	}
	CHECK(total->outcome == (is_short() ? ZC_SHORT : ZC_DONE));
	CHECK(total->bytes == model.before + model.data);
	return true;
}

/* Running */

static int
run_armed(struct zc_job *job, struct zc_wait *waits)
{
	int error;

	armed = true;
	error = zc_job_run(job, waits, fan.count) == 0 ? 0 : errno;
	armed = false;
	return error;
}

static bool
run_range(struct zc_job *job)
{
	const struct zc_result *total = zc_job_result(job);
	struct zc_wait waits[OUTLETS_MAX];
	int error;

	model.agains = 0;
	while ((error = run_armed(job, waits)) == EAGAIN || error == EBUSY) {
		CHECK(total->outcome == (error == EAGAIN ? ZC_UNFINISHED :
		    ZC_WOULD_WAIT));
		CHECK(++model.agains < ENOUGH_AGAIN);
		CHECK(counts_match(job, false));
		model.abandoned = model.agains == task.abandon_at;
		if (model.abandoned)
			return true;
		CHECK(error == EBUSY || attend(waits, fan.count));
	}
	CHECK(counts_match(job, true));
	CHECK(outcome_matches(job, error));
	CHECK(run_armed(job, waits) == error);
	CHECK(counts_match(job, true));
	return true;
}

static void
begin_first(void)
{
	fan.request.offset = pick_range();
	fan.request.bytes = model.bytes;
	for (size_t i = 0; i < fan.count; i++) {
		const struct zc_hdtr *hdtr = make_hdtr(i);

		expect_range(i, hdtr);
		if (i == 0)
			fan.request.hdtr = hdtr;
		else
			fan.sinks[i - 1].hdtr = hdtr;
	}
}

static bool
begin_next(struct zc_job *job)
{
	struct zc_range next = ZC_RANGE_INIT;

	nexts++;
	next.offset = pick_range();
	next.bytes = model.bytes;
	next.hdtr = make_hdtr(0);
	for (size_t i = 0; i < fan.count; i++)
		expect_range(i, i == 0 ? next.hdtr : NULL);
	armed = true;
	CHECK(zc_job_next(job, &next) == 0);
	armed = false;
	return true;
}

/** Take all that was delivered: it must be what was expected. */
static bool
all_arrives(void)
{
	for (size_t i = 0; i < fan.count; i++)
		CHECK(fan_gets(&fan.out[i], fan.out[i].told));
	return true;
}

static bool
run_by_job(void)
{
	struct zc_job *job;
	int64_t moved, most = 0;
	bool fine = true;

	begin_first();
	job = new_job(&fan.request);
	for (size_t i = 0; i < task.ranges && fine; i++) {
		if (i > 0)
			fine = begin_next(job);
		fine = fine && run_range(job);
		outcomes[zc_job_result(job)->outcome]++;
		if (zc_job_result(job)->outcome != ZC_DONE)
			break;
	}
	moved = zc_job_result(job)->bytes;
	zc_job_free(job);
	CHECK(fine);
	abandoned += model.abandoned;
	if (model.abandoned && fan.in.sort <= PLACED_IN)
		CHECK(fan_is_at(&fan.in, moved, 0));
	for (size_t i = 0; i < fan.count; i++)
		most = MAX(most, fan.out[i].told_data);
	CHECK(fan.in.sort <= PLACED_IN || fan_taken(&fan.in) >= most);
	return all_arrives();
}

static bool
run_by_transfer(void)
{
	struct zc_result result = ZC_RESULT_INIT;
	int64_t most = 0;
	int error;

	begin_first();
	armed = true;
	error = zc_transfer(&fan.request, &result) == 0 ? 0 : errno;
	armed = false;
	CHECK(!fan.wrong && sums_match(&result));
	CHECK((error == 0) == (result.outcome == ZC_DONE));
	for (size_t i = 0; i < fan.count; i++) {
		struct outlet *out = &fan.out[i];

		most = MAX(most, out->told_data);
		CHECK(out->told_data >= result.bytes ||
		    (fan.request.flags & ZC_DROP_SINKS) || error != 0);
		CHECK(error != 0 || out->told == (int64_t)out->expected_size);
	}
	outcomes[result.outcome]++;
	CHECK(source_matches(&result, most, true));
	return all_arrives();
}

/* Chance decides */

static void
make_request(void)
{
	static const size_t blocks[] = { 0, 0, 1000, 4096, 65536 };
	struct zc_request *request = &fan.request;

	request->flags = one_in(3) ? ZC_EXACT : 0;
	request->flags |= one_in(4) ? ZC_STABLE : 0;
	request->flags |= one_in(4) ? ZC_NODISKIO : 0;
	request->flags |= one_in(2) ? ZC_DROP_SINKS : 0;
	request->flags |= one_in(2) ? ZC_KEEP_OPEN : 0;
	request->block_size = one_in(6) ? 100 + pick(500) :
	    blocks[pick(COUNT(blocks))];
	request->pipe_size = one_in(3) ? 4096 : one_in(2) ? 65536 : 0;
	request->wait = one_in(3) ? on_wait : NULL;
	/* Some that no plan can serve are enough. */
	for (int i = 0; i < 5 && !one_in(3); i++) {
		request->method = (enum zc_method)pick(ZC_REFLINK);
		if (is_planned())
			break;
	}
	if (one_in(2)) {
		request->select = on_select;
		task.preferred = one_in(20) ? -1 : (int)pick(ZC_REFLINK);
	}
}

static void
make_task(void)
{
	static const size_t rarities[] = { 0, 3, 10, 40 };

	memset(&task, 0, sizeof(task));
	memset(&model, 0, sizeof(model));
	text_used = 0;
	nexts = 0;
	task.by_transfer = one_in(6);
	task.deadly = one_in(2);
	task.rarity = rarities[pick(4)];
	task.abandon_at = one_in(8) ? 1 + (unsigned)pick(8) : 0;
	task.ranges = 1;
	make_request();
	fan_follow(&fan);
	fan.stop_at = one_in(10) ? 1 + (unsigned)pick(20) : 0;
	if (fan.request.flags & ZC_KEEP_OPEN)
		task.ranges += pick(4);
}

static void
describe(void)
{
	const struct zc_request *request = &fan.request;

	printf("# %s%s, %zu bytes, to", in_blocks ? "blocking " :
	    on_disk ? "disk " : "",
	    inlet_names[fan.in.sort], fan.in.size);
	for (size_t i = 0; i < fan.count; i++)
		printf(" %s%s,", out_blocks[i] ? "blocking " : "",
		    outlet_names[fan.out[i].sort]);
	printf("\n# by %s, flags %u, block %zu, pipe %zu; at %jd, %jd bytes, "
	    "%jd there, range %u of %zu\n", zc_method_name(request->method),
	    request->flags, request->block_size, request->pipe_size,
	    (intmax_t)model.at, (intmax_t)model.bytes, (intmax_t)model.data,
	    nexts, task.ranges);
	printf("# %s%s, %sone fault in %zu, stop at %u of %u, abandon at %u, "
	    "prefer %d%s\n", task.by_transfer ? "at once" : "a job",
	    request->wait != NULL ? " that waits" : "",
	    task.deadly ? "deadly, " : "", task.rarity, fan.stop_at,
	    fan.events, task.abandon_at,
	    request->select != NULL ? task.preferred : 0,
	    model.struck ? ", struck" : "");
	printf("# ZCOPY_TEST_SEED=%ju ZCOPY_TEST_RUNS=1 repeats it\n",
	    (uintmax_t)seed);
}

/** It hangs.  There is nothing left to be careful of. */
static void
on_alarm(int signal)
{
	(void)signal;
	armed = false;
	printf("Bail out! this one has not ended in %d seconds\n", PATIENCE);
	describe();
	fflush(stdout);
	_exit(1);
}

static bool
run_one(void)
{
	bool fine;

	alarm(PATIENCE);
	random_state = seed;
	make_ends();
	make_task();
	fine = task.by_transfer ? run_by_transfer() : run_by_job();
	armed = false;
	if (!fine)
		describe();
	return fine;
}

static void
check_met(void)
{
	bool all = abandoned > 0 && dropped > 0;

	for (int o = 0; o <= ZC_FAILED; o++) {
		printf("# %u times outcome %d\n", outcomes[o], o);
		all = all && (outcomes[o] > 0 || o == ZC_INVALID ||
		    o == ZC_WOULD_WAIT);
	}
	printf("# %u abandoned, %u dropped\n", abandoned, dropped);
	report(all, "sinks: at random, each outcome was met");
	all = true;
	for (int c = 0; c < CALLS; c++) {
		printf("# %u of %s\n", fired[c], call_names[c]);
		all = all && (fired[c] > 0 || c == PREADV2 ||
		    !has_call((enum call)c));
	}
	report(all, "sinks: at random, each call has failed");
}

static uint64_t
number_of(const char *variable, uint64_t otherwise)
{
	const char *number = getenv(variable);

	return number != NULL ? strtoull(number, NULL, 0) : otherwise;
}

int
main(void)
{
	const uint64_t one = (uint64_t)time(NULL) * 100000;
	time_t began = time(NULL);
	uint64_t runs, done = 0;

	begin();
	begin_text();
	signal(SIGALRM, on_alarm);
	seed = number_of("ZCOPY_TEST_SEED", one);
	runs = number_of("ZCOPY_TEST_RUNS", JOBS);
	printf("# ZCOPY_TEST_SEED=%ju\n", (uintmax_t)seed);
	while (done < runs && time(NULL) - began < SECONDS) {
		size_t size = runs - done < GROUP ? (size_t)(runs - done) :
		    GROUP;

		report(run_group(size, run_one, &seed), "sinks: %zu random jobs, each byte and "
		    "each count", size);
		done += size;
	}
	printf("# %ju of %ju jobs\n", (uintmax_t)done, (uintmax_t)runs);
	if (done >= JOBS / 2)
		check_met();
	finish();
	return 0;
}
