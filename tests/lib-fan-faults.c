#include "config.h"

#include "lib-fan-faults.h"

#include <errno.h>

struct fan fan;
bool in_blocks, out_blocks[OUTLETS_MAX], on_disk;
struct fan_wrap wraps[OUTLETS_MAX];
struct fan_task task;
struct fan_model model;
unsigned fired[CALLS];


size_t
sink_of(int fd)
{
	for (size_t i = 0; i < fan.count; i++)
		if (fan.out[i].fd == fd)
			return i;
	return OUTLETS_MAX;
}

static bool
waits_by_poll(const struct made *made)
{
	size_t i = sink_of(made->out);

	if (i < OUTLETS_MAX)
		return fan.out[i].drain >= 0 && !out_blocks[i];
	return made->in == fan.in.fd && fan.in.sort > PLACED_IN && !in_blocks;
}

/** Would 0 be a false end?  Of a pipe nobody could tell. */
static bool
has_more(const struct made *made)
{
	if (made->in != fan.in.fd)
		return sink_of(made->out) < OUTLETS_MAX;
	if (fan.in.sort > PLACED_IN)
		return false;
	return (made->from >= 0 ? made->from : at(fan.in.fd)) <
	    size_of(fan.in.fd);
}

static int
pick_fault(const struct made *made)
{
	static const int benign[] = { EINTR, EAGAIN, PASS };
	static const int kernels[] = { EINVAL, ENOSYS, EIO, ENOMEM, ENOSPC,
		EAGAIN, ZERO };
	static const int others[] = { EIO, ENOMEM, EPIPE, ENOSPC, EOPNOTSUPP,
		EFAULT };
	static const int tees[] = { PASS, PASS, EINVAL, ENOSYS, EPERM,
		ENOMEM };
	int fault = benign[pick(COUNT(benign))];

	if (made->call == PIPE2)
		return one_in(2) ? EMFILE : ENOMEM;
	if (made->call == TEE)
		return tees[pick(COUNT(tees))];
	if (made->call <= COPY_FILE_RANGE && !one_in(3))
		fault = kernels[pick(COUNT(kernels))];
	else if (made->call > COPY_FILE_RANGE && one_in(6))
		fault = others[pick(COUNT(others))];
	if (fault == ZERO && !has_more(made))
		return PASS;
	/* A private pipe has what it holds at once, and a pipe that blocks does
	 * not say that it would. */
	if (fault == EAGAIN && ((made->call == READ && made->in != fan.in.fd) ||
	    (made->call == SPLICE && made->in == fan.in.fd && in_blocks)))
		return EINTR;
	return fault;
}

/** True if no job may end by it. */
static bool
is_benign(const struct made *made, int fault)
{
	bool to_sink = sink_of(made->out) < OUTLETS_MAX;

	if (fault == PASS || fault == EINTR || made->call == TEE)
		return true;
	if (made->call <= COPY_FILE_RANGE) {
		if (fault == EAGAIN && made->call != COPY_FILE_RANGE &&
		    waits_by_poll(made))
			return true;
		if (fault == ENOSPC && to_sink &&
		    made->call != COPY_FILE_RANGE)
			return false;
		return fan.request.method == ZC_AUTO;
	}
	if (made->call == PIPE2)
		return fan.request.method == ZC_AUTO;
	if (made->call == PREADV2)
		return fault == EAGAIN || fault == EOPNOTSUPP;
	/* With a hook to wait, EAGAIN without O_NONBLOCK is allowed once. */
	return fault == EAGAIN &&
	    (waits_by_poll(made) || fan.request.wait == NULL) &&
	    !task.by_transfer;
}

/** Ends that block must not wait for us: we are not there to help. */
static void
help_along(struct made *made)
{
	size_t i = sink_of(made->out);

	if (i < OUTLETS_MAX && out_blocks[i]) {
		if (made->size > 16384)
			made->size = 16384;
		while (!fan.wrong && queued(fan.out[i].drain) > 0)
			fan.wrong = !fan_drain(&fan.out[i], 65536);
	}
	if (in_blocks && made->in == fan.in.fd && fan.in.feed >= 0 &&
	    queued(fan.in.fd) == 0)
		fan.wrong |= !fan_feed(&fan.in, 1 + pick(4096));
}

int
judge(struct made *made)
{
	int fault;

	/* Is there one byte more?  Has this system that call?  And what never
	 * fails. */
	if ((made->call == PREAD && made->size == 1) || made->in == -1 ||
	    empties_own_pipe(made, fan.in.fd))
		return PASS;
	help_along(made);
	if (fan.wrong)
		return EIO;		/* enough is known */
	if (task.rarity == 0 || !one_in(task.rarity))
		return PASS;
	fault = pick_fault(made);
	if (!is_benign(made, fault)) {
		if (!task.deadly)
			return PASS;
		model.struck = true;
	}
	if (fault == PASS && made->size > 0)
		made->size = 1 + pick(made->size);
	fired[made->call]++;
	return fault;
}

void
came_to(ssize_t n)
{
	(void)n;
}

