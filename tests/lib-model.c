/*
 * What a random transfer must do, by its request and by the calls that failed;
 * and which calls fail.
 */
#include "config.h"

#include "lib-faults.h"
#include "lib-model.h"

static const struct fate goes_on = { .way = GOES_ON };
struct model model;
unsigned fired[CALLS], with_error[200];

static bool
is_forced(void)
{
	return task.request.method != ZC_AUTO;
}

struct fate
ends(enum zc_outcome outcome, enum zc_side side, int error)
{
	return (struct fate){ ENDS, outcome, side, error };
}

static struct fate
fails(enum zc_side side, int error)
{
	return ends(ZC_FAILED, side, error);
}

/* What follows from a failure */

/** The kernel refuses the method.  The job goes on with another one; a method
 * that was named ends in ZC_UNSUITED, or ZC_FAILED if the disk is full. */
static struct fate
falls(int error)
{
	struct fate fate = error == ENOSPC ? fails(ZC_SINK, error) :
	    ends(ZC_UNSUITED, ZC_SOURCE, error);

	fate.way = is_forced() ? FALLS : GOES_ON;
	return fate;
}

static bool
waits_by_poll(enum zc_side side)
{
	return side == ZC_SOURCE ? flow.source != FILE_END && !in_blocks :
	    flow.sink != FILE_END && !out_blocks;
}

/** EAGAIN from an end that does not wait by poll: a job with a wait hook goes
 * on after the first, and fails at the second in a row. */
static struct fate
chances(enum zc_side side)
{
	if (task.request.wait != NULL && !waits_by_poll(side) &&
	    model.stalls++ > 0)
		return fails(side, EAGAIN);
	return goes_on;
}

/** Return the side of the job that this call waits for if it blocks. */
static enum zc_side
side_of(const struct made *made)
{
	if (made->call == SPLICE && made->in == flow.in &&
	    made->out == flow.out)
		return flow.source == PIPE_END ? ZC_SOURCE : ZC_SINK;
	return made->out == flow.out ? ZC_SINK : ZC_SOURCE;
}

static struct fate
foresee_kernel(const struct made *made, int fault)
{
	enum zc_side side = side_of(made);

	/* After a single 0 from the source the job calls again, because the
	 * file may just have grown. */
	if (fault == ZERO)
		return made->in == flow.in && !model.had_zero ? goes_on :
		    falls(ENODATA);
	if (fault == EAGAIN && made->call != COPY_FILE_RANGE &&
	    waits_by_poll(side))
		return goes_on;
	if (fault == ENOSPC && made->call != COPY_FILE_RANGE &&
	    made->out == flow.out)
		return fails(ZC_SINK, fault);
	return falls(fault);
}

/** Return what must follow if this call fails like that. */
static struct fate
foresee(const struct made *made, int fault)
{
	if (fault == PASS || fault == EINTR)
		return goes_on;
	/* Only a small read(2) from a pipe calls these then, and can do without
	 * them. */
	if (task.request.method == ZC_READ_WRITE &&
	    (made->call == PIPE2 || made->call == SPLICE))
		return goes_on;
	if (made->call == PIPE2)
		return falls(fault);
	if (made->call <= COPY_FILE_RANGE)
		return foresee_kernel(made, fault);
	if (made->call == READ && made->in != flow.in)
		return fails(ZC_SOURCE, fault);	/* of what the pipe holds */
	if (made->call == PREADV2 && (fault == EAGAIN || fault == EOPNOTSUPP))
		return goes_on;
	if (fault == EFAULT)
		return falls(fault);		/* from the mapping */
	if (fault == EAGAIN)
		return chances(side_of(made));
	return fails(side_of(made), fault);
}

/* What follows from the request */

/** Return how many bytes the source has from `from` on. */
static int64_t
there_is(int64_t from)
{
	return from < (int64_t)flow.size ? (int64_t)flow.size - from : 0;
}

static struct fate
natural_fate(int64_t there)
{
	const struct zc_request *request = &task.request;

	if (!is_planned())
		return ends(ZC_UNSUITED, ZC_SOURCE, ENOTSUP);
	if ((request->flags & ZC_EXACT) && request->bytes > there)
		return ends(ZC_SHORT, ZC_SOURCE, ENODATA);
	return ends(ZC_DONE, ZC_SOURCE, 0);
}

static void
foresee_ends(void)
{
	const struct zc_request *request = &task.request;

	model.in_at = flow.source == FILE_END ? at(flow.in) : taken(&flow);
	model.out_at = flow.sink == FILE_END ? at(flow.out) : 0;
	model.from = request->offset != ZC_CURRENT ? request->offset :
	    model.in_at;
	model.to = request->out_offset != ZC_CURRENT ? request->out_offset :
	    model.out_at;
}

/** True if mmap is the first method: only then can a write fail with EFAULT,
 * because no other writes from memory that may go away. */
static bool
begins_with_map(void)
{
	const struct zc_request *request = &task.request;

	if (flow.source != FILE_END ||
	    (request->flags & (ZC_NODISKIO | ZC_LOOK)))
		return false;
	return request->method == ZC_MMAP || (request->method == ZC_AUTO &&
	    request->select != NULL && task.preferred == ZC_MMAP);
}

void
foresee_all(void)
{
	static const struct zc_hdtr none;
	const struct zc_hdtr *hdtr = task.request.hdtr;
	int64_t there;

	model = (struct model){ .wrong = false };
	foresee_ends();
	model.maps = begins_with_map();
	there = there_is(model.from);
	model.fate = natural_fate(there);
	model.data = task.request.bytes != ZC_TO_END &&
	    task.request.bytes < there ? task.request.bytes : there;
	if (hdtr == NULL)
		hdtr = &none;
	model.header = length_of(hdtr->headers, hdtr->hdr_cnt);
	model.trailer = length_of(hdtr->trailers, hdtr->trl_cnt);
	make_wire(hdtr, content + (model.data > 0 ? model.from : 0),
	    (size_t)model.data);
	flow.expected = wire;
	flow.expected_size = wire_size;
	flow.got = 0;
}

/* Random failures */

/** True if returning 0 would be wrong, and the job can find that out: a stream
 * that returns 0 has ended. */
static bool
has_more(const struct made *made)
{
	if (made->in != flow.in)
		return made->out == flow.out;
	return flow.source == FILE_END &&
	    (made->from >= 0 ? made->from : at(flow.in)) < size_of(flow.in);
}

static int
pick_fault(const struct made *made)
{
	static const int benign[] = { EINTR, EAGAIN, PASS };
	static const int kernels[] = { EINVAL, ENOSYS, EIO, ENOMEM, ENOSPC,
		EAGAIN, ZERO };
	static const int readers[] = { EIO, ENOMEM, EOPNOTSUPP };
	static const int writers[] = { EIO, ENOMEM, EPIPE, ENOSPC };
	int fault = benign[pick(COUNT(benign))];

	if (made->call == PIPE2)
		return one_in(2) ? EMFILE : ENOMEM;
	if (made->call <= COPY_FILE_RANGE && !one_in(3))
		fault = kernels[pick(COUNT(kernels))];
	else if (made->call > COPY_FILE_RANGE && one_in(6))
		fault = made->call >= WRITE ? writers[pick(COUNT(writers))] :
		    readers[pick(made->call == PREADV2 ? 3 : 2)];
	if (model.maps && (made->call == WRITE || made->call == PWRITE ||
	    made->call == SEND) && one_in(5))
		fault = EFAULT;
	if (fault == ZERO && !has_more(made))
		return PASS;
	/* The job's own pipe never makes a reader wait for what it holds, and a
	 * pipe that blocks does not say that it would. */
	if (fault == EAGAIN && ((made->call == READ && made->in != flow.in) ||
	    (made->call == SPLICE && made->in == flow.in && in_blocks)))
		return EINTR;
	return fault;
}

void
apply(const struct fate *fate)
{
	if (fate->way == GOES_ON)
		return;
	model.fate = *fate;
	model.over = fate->way == ENDS;
}

/** Let this call fail, come short, or pass, at random. */
static int
strike(struct made *made)
{
	unsigned stalls = model.stalls;
	int fault = pick_fault(made);
	struct fate fate = foresee(made, fault);

	if (fate.way != GOES_ON && !task.deadly) {
		model.stalls = stalls;
		return PASS;
	}
	if (fault == PASS && made->size > 0)
		made->size = 1 + pick(made->size);
	model.maps = model.maps && fault != EFAULT;
	fired[made->call]++;
	with_error[fault > 0 ? fault : 0]++;
	apply(&fate);
	return fault;
}

/** Make room for a call that would block, or give it data: nothing else runs
 * that could do so meanwhile. */
static void
help_along(struct made *made)
{
	if (out_blocks && made->out == flow.out) {
		made->size = made->size < 16384 ? made->size : 16384;
		while (!model.wrong && queued(flow.drain) > 0)
			model.wrong = !take(&flow, 65536);
	}
	if (in_blocks && made->in == flow.in && flow.feed >= 0 &&
	    queued(flow.in) == 0)
		model.wrong |= !feed(&flow, 1 + pick(4096));
}

static int
judge_call(struct made *made)
{
	/* Two questions that the engine asks: is there one byte more, and does
	 * this system have that call?  And what never fails. */
	if ((made->call == PREAD && made->size == 1) || made->in == -1 ||
	    empties_own_pipe(made, flow.in))
		return PASS;
	if (model.over)
		WRONG("%s after the end", call_names[made->call]);
	help_along(made);
	if (model.wrong)
		return EIO;		/* enough is known */
	if (task.rarity == 0 || !one_in(task.rarity))
		return PASS;
	return strike(made);
}

int
judge(struct made *made)
{
	int verdict = judge_call(made);

	/* The kernel's own paths are the first in enum call. */
	if (made->call <= COPY_FILE_RANGE && made->in == flow.in)
		model.had_zero = verdict == ZERO && !model.had_zero;
	return verdict;
}

void
came_to(ssize_t n)
{
	if (n > 0)
		model.stalls = 0;
}
