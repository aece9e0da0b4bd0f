/*
 * Random transfers with random failures, compared with a model that predicts
 * every byte, position, count and outcome.
 *
 *	ZCOPY_TEST_SEED=N	the seed of the first sequence
 *	ZCOPY_TEST_RUNS=N	stop after N sequences
 *
 * A sequence is one to three jobs in a row over the same descriptors.  Each has
 * a seed of its own, so one that failed can be repeated alone.
 *
 * The engine calls the hooks in this file, which lib-task.c puts into each
 * request, and the system calls of lib-faults.c, which ask judge() in
 * lib-model.c whether to fail.
 */
#include "config.h"

#include <poll.h>
#include <time.h>

#include "lib-model.h"

#define SEQUENCES	10000
#define GROUP		500
#define SECONDS		50		/* then begin no more groups */
#define PATIENCE	30		/* seconds for one sequence */
#define PAUSES_MAX	200000		/* in one job: more is an endless loop */

static uint64_t seed;			/* of this sequence */

static unsigned outcomes[ZC_FAILED + 1], abandoned, refused;

/* Hooks */

/** Be the far end: feed the source, or drain the sink, whichever the job waits
 * for, so that it can move at least one byte. */
static void
attend(const struct zc_wait *wait)
{
	struct pollfd polled = { .fd = wait->fd, .events = wait->events };

	if (wait->fd == flow.in && wait->events == POLLIN) {
		/* Feed only if the far end has room. */
		polled = (struct pollfd){ .fd = flow.feed, .events = POLLOUT };
		if (flow.feed >= 0 && poll(&polled, 1, 0) == 1)
			model.wrong |= !feed(&flow, 1 + pick(6000));
		return;
	}
	/* A pipe that is full is left to its reader for a moment. */
	if (wait->fd < 0 && wait->until != 0 && flow.sink == PIPE_END)
		return;
	if (wait->fd != flow.out || wait->events != POLLOUT)
		WRONG("waits for another descriptor");
	if (flow.drain >= 0 && queued(flow.drain) > 0)
		model.wrong |= !take(&flow, 1 + pick(6000));
	/* TCP has room only after the far end has taken many bytes and its
	 * kernel has announced a larger window. */
	for (int i = 0; flow.sink == TCP_END && i < 1000 && !model.wrong &&
	    poll(&polled, 1, 10) == 0; i++)
		while (!model.wrong && queued(flow.drain) > 0)
			model.wrong = !take(&flow, 65536);
}

int
on_wait(const struct zc_wait *wait, size_t count, void *arg)
{
	enum zc_side side = wait->fd == flow.in ? ZC_SOURCE : ZC_SINK;
	const struct fate timeout = ends(ZC_FAILED, side, ETIMEDOUT);
	int error;

	(void)arg;
	(void)count;
	armed = false;
	attend(wait);
	/* After EINTR the job asks on_event(), which stops it if the model is
	 * wrong; else it continues.  Any other errno ends it. */
	error = model.wrong || one_in(5) ? EINTR : 0;
	if (task.deadly && one_in(100)) {
		apply(&timeout);
		error = ETIMEDOUT;
	}
	armed = true;
	errno = error;
	return error == 0 ? 0 : -1;
}

int
on_event(const struct zc_event *event, void *arg)
{
	const struct fate stopped = ends(ZC_STOPPED, ZC_SOURCE, EINTR);

	(void)arg;
	if (event->bytes < model.told || event->bytes > model.data)
		WRONG("%jd bytes told", (intmax_t)event->bytes);
	model.told = event->bytes;
	if (model.over)
		WRONG("event %d after the end", event->type);
	if (++model.events != task.stop_at)
		return model.wrong;
	apply(&stopped);
	return 1;
}

int
on_select(const struct zc_ends *these, void *arg)
{
	const struct fate stopped = ends(ZC_STOPPED, ZC_SOURCE, EPERM);

	(void)these;
	(void)arg;
	if (task.preferred < 0)
		apply(&stopped);
	errno = EPERM;
	return task.preferred;
}

/** The data comes in order, each byte once, before it is written. */
int
on_look(const void *data, int64_t size, void *arg)
{
	(void)arg;
	if (data == NULL || size <= 0 || size > model.data - model.looked ||
	    memcmp(data, content + model.from + model.looked,
	    (size_t)size) != 0)
		WRONG("looks at other bytes after %jd",
		    (intmax_t)model.looked);
	model.looked += size;
	return model.wrong;
}

/* The checks */

static bool
counts_match(const struct zc_result *result)
{
	int64_t used = 0;

	CHECK(result->header_bytes >= 0 &&
	    result->header_bytes <= model.header);
	CHECK(result->bytes >= 0 && result->bytes <= model.data);
	CHECK(result->trailer_bytes >= 0 &&
	    result->trailer_bytes <= model.trailer);
	CHECK(result->bytes == 0 || result->header_bytes == model.header);
	CHECK(result->trailer_bytes == 0 || (result->bytes == model.data &&
	    result->header_bytes == model.header));
	CHECK(result->use[ZC_AUTO].bytes ==
	    result->header_bytes + result->trailer_bytes);
	for (int m = ZC_AUTO + 1; m < ZC_METHODS; m++)
		used += result->use[m].bytes;
	CHECK(used == result->bytes);
	if (task.request.look != NULL)
		CHECK(model.looked >= result->bytes);
	return true;
}

/** True if the sink has what was counted, and the right position. */
static bool
sink_matches(const struct zc_result *result)
{
	int64_t sum = sum_of(result);

	CHECK(fcntl(flow.out, F_GETFL) == flow.out_flags);
	if (flow.sink != FILE_END)
		return has_arrived(&flow, sum);
	if (task.request.out_offset != ZC_CURRENT)
		CHECK(at(flow.out) == model.out_at);
	else
		CHECK(at(flow.out) == model.out_at + sum);
	CHECK(size_of(flow.out) == (sum > 0 && model.to + sum > image_size ?
	    model.to + sum : image_size));
	return true;
}

/** True if the source has the right position.  A job that has not ended
 * (`settled`) may have taken more than it has delivered. */
static bool
source_matches(const struct zc_result *result, bool settled)
{
	int64_t consumed = result->bytes + result->lost;

	CHECK(fcntl(flow.in, F_GETFL) == flow.in_flags);
	if (task.request.offset != ZC_CURRENT) {
		CHECK(at(flow.in) == model.in_at);
	} else if (settled) {
		CHECK(taken(&flow) == model.in_at + consumed);
	} else {
		CHECK(taken(&flow) >= model.in_at + consumed);
		CHECK(taken(&flow) <= model.in_at + model.data);
	}
	CHECK(flow.source != FILE_END || result->lost == 0);
	return true;
}

static bool
all_matches(const struct zc_result *result, bool settled)
{
	CHECK(!model.wrong);
	CHECK(counts_match(result));
	CHECK(sink_matches(result));
	CHECK(source_matches(result, settled));
	return true;
}

static bool
outcome_matches(const struct zc_result *result, int error)
{
	const struct fate *fate = &model.fate;

	CHECK(result->outcome == fate->outcome);
	CHECK(result->error == fate->error);
	/* If EAGAIN ends a job, errno is EIO: the job cannot run again. */
	CHECK(error == (fate->error == EAGAIN ? EIO : fate->error));
	CHECK(fate->outcome != ZC_FAILED || result->side == fate->side);
	if (fate->outcome == ZC_DONE || fate->outcome == ZC_SHORT)
		CHECK(result->bytes == model.data &&
		    result->header_bytes == model.header);
	if (fate->outcome == ZC_DONE)
		CHECK(result->trailer_bytes == model.trailer);
	if (fate->outcome == ZC_DONE && task.request.look != NULL)
		CHECK(model.looked == model.data);
	if (fate->outcome == ZC_SHORT || !is_planned())
		CHECK(result->trailer_bytes == 0);
	return true;
}

/** Take and compare all that was delivered, or compare the whole file. */
static bool
content_matches(const struct zc_result *result)
{
	int64_t sum = sum_of(result);

	if (flow.sink != FILE_END) {
		while (flow.got < sum)
			CHECK(take(&flow, 65536));
		CHECK(queued(flow.drain) == 0);
		return true;
	}
	memcpy(image + model.to, wire, (size_t)sum);
	if (sum > 0 && model.to + sum > image_size)
		image_size = model.to + sum;
	CHECK(size_of(flow.out) == image_size);
	CHECK(holds(flow.out, 0, image, (size_t)image_size));
	return true;
}

/* Running */

static int
run_armed(struct zc_job *job, struct zc_wait *wait)
{
	int done, error;

	armed = true;
	done = zc_job_run(job, wait, 1);
	error = errno;
	armed = false;
	return done == 0 ? 0 : error;
}

/** True if the job was right to pause. */
static bool
may_pause(const struct zc_result *result, int error)
{
	CHECK(result->error == error && !model.over);
	CHECK(++model.agains < PAUSES_MAX);
	outcomes[result->outcome]++;
	if (error == EAGAIN) {
		CHECK(result->outcome == ZC_UNFINISHED);
		return true;
	}
	CHECK(result->outcome == ZC_WOULD_WAIT && result->side == ZC_SOURCE);
	CHECK(task.request.flags & ZC_NODISKIO);
	return true;
}

static bool
run_job(struct zc_job *job, struct zc_result *kept)
{
	const struct zc_result *result = zc_job_result(job);
	struct zc_wait wait;
	int error;

	for (;;) {
		error = run_armed(job, &wait);
		*kept = *result;
		if (error != EAGAIN && error != EBUSY)
			break;
		CHECK(may_pause(result, error));
		CHECK(all_matches(result, false));
		if (model.agains == task.abandon_at)
			return true;
		if (error == EAGAIN)
			attend(&wait);
	}
	model.over = true;
	CHECK(all_matches(result, true));
	CHECK(outcome_matches(result, error));
	CHECK(run_armed(job, &wait) == error);
	CHECK(all_matches(result, true));
	return true;
}

static bool
run_by_job(struct zc_result *result)
{
	struct zc_job *job = new_job(&task.request);
	bool fine = run_job(job, result);

	zc_job_free(job);
	CHECK(fine);
	if (!model.over) {
		abandoned++;
		/* zc_job_free() set a file's position back over the bytes that
		 * the job held; those of a stream are lost, not counted. */
		CHECK(source_matches(result, flow.source == FILE_END));
	}
	return true;
}

static bool
run_by_transfer(struct zc_result *result)
{
	int done, error;

	armed = true;
	done = zc_transfer(&task.request, result);
	error = done == 0 ? 0 : errno;
	armed = false;
	CHECK(all_matches(result, true));
	if (error == EAGAIN || error == EBUSY)
		return may_pause(result, error);
	return outcome_matches(result, error);
}

static bool
run_task(void)
{
	struct zc_result result = ZC_RESULT_INIT;

	foresee_all();
	CHECK(task.by_transfer ? run_by_transfer(&result) :
	    run_by_job(&result));
	CHECK(content_matches(&result));
	outcomes[result.outcome]++;
	return true;
}

/** An impossible request fails, and changes nothing. */
static bool
refuses_nonsense(void)
{
	struct zc_request request = task.request;
	struct zc_result result = ZC_RESULT_INIT;
	int error = EINVAL;

	foresee_all();
	switch (pick(4)) {
	case 0:	request.bytes = -2; break;
	case 1:	request.offset = -1; break;
	case 2:	request.flags |= 1u << 20; break;
	case 3:	request.out_fd = -1; error = EBADF; break;
	}
	model.over = armed = true;
	CHECK(zc_transfer(&request, &result) == -1 && errno == error);
	armed = false;
	CHECK(result.outcome == ZC_INVALID && result.error == error);
	CHECK(all_matches(&result, true));
	refused++;
	return content_matches(&result);
}

static void
describe(void)
{
	const struct zc_request *request = &task.request;

	printf("# %s%s to %s%s, %zu bytes; from %jd to %jd: %jd bytes, %s, "
	    "flags %u, block %zu, pipe %zu\n", in_blocks ? "blocking " : "",
	    sort_names[flow.source], out_blocks ? "blocking " : "",
	    sort_names[flow.sink], flow.size, (intmax_t)request->offset,
	    (intmax_t)request->out_offset, (intmax_t)request->bytes,
	    zc_method_name(request->method), request->flags,
	    request->block_size, request->pipe_size);
	printf("# header %jd, data %jd, trailer %jd; %s%s, one fault in %zu, "
	    "stop at %u, abandon at %u, prefer %d, stalls %u\n",
	    (intmax_t)model.header, (intmax_t)model.data,
	    (intmax_t)model.trailer, task.by_transfer ? "at once" : "a job",
	    request->wait != NULL ? " that waits" : "", task.rarity,
	    task.stop_at, task.abandon_at, task.preferred, model.stalls);
	printf("# expected: outcome %d, side %d, error %d; ZCOPY_TEST_SEED=%ju "
	    "ZCOPY_TEST_RUNS=1 repeats it\n", model.fate.outcome,
	    model.fate.side, model.fate.error, (uintmax_t)seed);
}

/** End the program, because a sequence hangs.  A signal handler must not call
 * printf(), which may have been interrupted; but what hangs is the engine, in a
 * system call or a loop, and it never prints. */
static void
on_alarm(int signal)
{
	(void)signal;
	armed = false;
	printf("Bail out! the sequence has not ended in %d seconds\n",
	    PATIENCE);
	describe();
	fflush(stdout);
	_exit(1);
}

static bool
ends_with_nothing_more(void)
{
	struct pollfd polled = { .fd = flow.drain, .events = POLLIN };

	if (flow.drain < 0)
		return true;
	shut(flow.out);
	CHECK(poll(&polled, 1, 20000) == 1);
	CHECK(read(flow.drain, &(char){ 0 }, 1) == 0);
	return true;
}

static bool
run_sequence(void)
{
	size_t tasks = 1 + pick(3);
	bool fine = true;

	alarm(PATIENCE);
	random_state = seed;
	make_ends();
	for (size_t i = 0; i < tasks && fine; i++) {
		make_task();
		fine = one_in(30) ? refuses_nonsense() : run_task();
		armed = false;
	}
	if (!fine)
		describe();
	return fine && ends_with_nothing_more();
}

/* Coverage: what happened at least once */

static void
check_fired(void)
{
	static const int errors[] = { EINTR, EAGAIN, EINVAL, ENOSYS, EIO,
		ENOMEM, ENOSPC, EPIPE, EFAULT, EMFILE, EOPNOTSUPP };
	bool all = with_error[0] > 0;

	for (size_t i = 0; i < COUNT(errors); i++)
		all = all && (with_error[errors[i]] > 0 ||
		    (errors[i] == EMFILE && !has_call(PIPE2)) ||
		    (errors[i] == EOPNOTSUPP && !has_call(PREADV2)));
	report(all, "random: each kind of failure happened");
	all = true;
	for (int c = 0; c < TEE; c++) {		/* TEE: several sinks only */
		printf("# %u of %s\n", fired[c], call_names[c]);
		all = all && (fired[c] > 0 || !has_call((enum call)c));
	}
	report(all, "random: each call failed or came short");
}

static void
check_outcomes(void)
{
	bool all = abandoned > 0 && refused > 0;

	for (int o = 0; o <= ZC_FAILED; o++) {
		printf("# %u times outcome %d\n", outcomes[o], o);
		all = all && (outcomes[o] > 0 || o == ZC_INVALID ||
		    (o == ZC_WOULD_WAIT && !has_call(PREADV2)));
	}
	printf("# %u refused, %u abandoned\n", refused, abandoned);
	report(all, "random: each outcome happened");
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
	time_t began = time(NULL);
	uint64_t runs, done = 0;

	begin();
	begin_text();
	signal(SIGALRM, on_alarm);
	/* Each sequence adds 1: runs a second apart share no seed. */
	seed = number_of("ZCOPY_TEST_SEED", (uint64_t)began * 100000);
	runs = number_of("ZCOPY_TEST_RUNS", SEQUENCES);
	printf("# ZCOPY_TEST_SEED=%ju\n", (uintmax_t)seed);
	while (done < runs && time(NULL) - began < SECONDS) {
		size_t size = runs - done < GROUP ? (size_t)(runs - done) :
		    GROUP;

		report(run_group(size, run_sequence, &seed), "random: %zu sequences match the "
		    "model, to the byte", size);
		done += size;
	}
	printf("# %ju of %ju sequences\n", (uintmax_t)done, (uintmax_t)runs);
	if (done >= SEQUENCES / 2) {
		check_fired();
		check_outcomes();
	}
	finish();
	return 0;
}
