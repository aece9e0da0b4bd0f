/*
 * splice(2): pages move between any two descriptors through a pipe.
 *
 * The pipe is our own (store-pipe.c), even if one end is a pipe already.  While
 * splice(2) waits for a socket, a terminal or the disk it holds the pipe's
 * lock, and a process that reads or writes that pipe cannot even be killed.
 * Looking up the pages of a file takes time, too: the reader works meanwhile,
 * and then gets up to 1 MiB at once.  Between two pipes splice(2) waits without
 * locks, and it does not wait to write a file, so there it moves bytes
 * directly.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>

#include "method.h"

#ifdef HAVE_SPLICE

static const char *
splice_suits(const struct zc_ends *ends)
{
	(void)ends;
	return NULL;
}

static int
splice_available(void)
{
	(void)splice(-1, NULL, -1, NULL, 1, 0);
	return errno == EBADF ? 0 : errno;
}

/** True if splice(2) may move bytes from one end to the other directly. */
static bool
splice_is_direct(const struct end *in, const struct end *out)
{
	if (in->kind != ZC_PIPE)
		return false;
	/* If only one of two pipes has O_NONBLOCK, splice(2) does not wait for
	 * the other one either. */
	if (out->kind == ZC_PIPE)
		return ((in->flags ^ out->flags) & O_NONBLOCK) == 0;
	return out->kind == ZC_REGULAR || out->kind == ZC_BLOCK ||
	    out->kind == ZC_NULL;
}

/** Return the end to wait for after EAGAIN, which splice(2) returns both for an
 * empty source pipe and for a full sink pipe. */
static const struct end *
splice_waits_for(const struct end *in, const struct end *out)
{
	if (out->kind != ZC_PIPE)
		return in;
	return end_is_ready(in) ? out : in;
}

static struct step
splice_pass(struct end *in, struct end *out, const struct call *call)
{
	ssize_t n = splice(in->fd, end_offset(in), out->fd, end_offset(out),
	    (size_t)call->max, call->splice_flags);

	if (n > 0)
		return step_moved(n);
	if (n == 0)
		return step_ended();
	if (errno == EINTR)
		return step_moved(0);
	if (errno == EAGAIN)
		return step_eagain(splice_waits_for(in, out));
	if (step_error_is_full(errno) || step_error_is_gone(errno))
		return step_failed(ZC_SINK, errno);
	return step_unsuited(errno);
}

#define NAME		"splice"
#define SUMMARY		"splice(2): pages between any two ends, through a pipe"

const struct method method_splice_direct = {
	.id = ZC_SPLICE,
	.name = NAME,
	.summary = SUMMARY,
	.available = splice_available,
	.suits = splice_suits,
	.fits = splice_is_direct,
	.pass = splice_pass,
};

const struct method method_splice = {
	.id = ZC_SPLICE,
	.name = NAME,
	.summary = SUMMARY,
	.available = splice_available,
	.suits = splice_suits,
	.store = &store_pipe,
};
#else
const struct method method_splice = METHOD_MISSING(ZC_SPLICE, "splice",
    "splice(2): pages between any two ends, through a pipe");
#endif
