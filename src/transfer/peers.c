#include "config.h"

#include "peers.h"

#include <errno.h>
#include <poll.h>

#include "../base/clock.h"
#include "../base/poll-until.h"
#include "../base/signals.h"
#include "../endpoint/socket.h"

/* What peers_wait() waits for. */
struct waiting {
	const struct sinks *sinks;
	const struct zc_wait *wait;
	size_t count;
	struct pollfd polled[DESTS_MAX + 1];	/* the last one: the bell */
	size_t reads[DESTS_MAX];	/* the sink whose peer is to be read, or
					   NONE; for each of `polled` */
	int64_t until;			/* 0: no limit */
	bool dropped;			/* zc_job_drop() was called */
};

#define NONE	SIZE_MAX

static bool
is_on_network(const struct dest *dest)
{
	return endpoint_has(&dest->end, ENDPOINT_NETWORK);
}

/** True if poll(2) says (POLLERR) when the peer has reset the connection, or
 * when the command has closed its standard input. */
static bool
may_break(const struct dest *dest)
{
	return is_on_network(dest) || endpoint_has(&dest->end,
	    ENDPOINT_COMMAND);
}

/** Return the errno for a destination that has POLLERR. */
static int
error_of(const struct dest *dest)
{
	if (endpoint_has(&dest->end, ENDPOINT_COMMAND))
		return EPIPE;
	return socket_error(dest->end.fd) < 0 ? errno : ECONNRESET;
}

bool
peers_exist(const struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (may_break(sinks->dest[i]))
			return true;
	return false;
}

void
peers_check(const struct sinks *sinks)
{
	struct pollfd polled[DESTS_MAX] = { 0 };

	/* poll(2) does not look at -1, the descriptor of one that was
	 * dropped. */
	for (size_t i = 0; i < sinks->count; i++)
		polled[i].fd = may_break(sinks->dest[i]) ?
		    sinks->dest[i]->end.fd : -1;
	if (poll(polled, sinks->count, 0) <= 0)
		return;
	for (size_t i = 0; i < sinks->count; i++)
		if (polled[i].revents & POLLERR)
			(void)zc_job_drop(sinks->job, i,
			    error_of(sinks->dest[i]));
}

/** Return the sink that has this descriptor and a peer that must be read, or
 * NONE. */
static size_t
must_read(const struct sinks *sinks, int fd)
{
	for (size_t i = 0; i < sinks->count; i++) {
		const struct dest *dest = sinks->dest[i];

		if (dest->end.fd == fd)
			return is_on_network(dest) && !dest->peer_ended ? i :
			    NONE;
	}
	return NONE;
}

/** Fill in what to poll, and until when. */
static void
prepare(struct waiting *waiting)
{
	waiting->until = 0;
	for (size_t i = 0; i < waiting->count; i++) {
		const struct zc_wait *wait = &waiting->wait[i];

		waiting->reads[i] = must_read(waiting->sinks, wait->fd);
		waiting->polled[i] = (struct pollfd){ .fd = wait->fd,
			.events = wait->events |
			    (waiting->reads[i] != NONE ? POLLIN : 0) };
		if (wait->until != 0 && (waiting->until == 0 ||
		    wait->until < waiting->until))
			waiting->until = wait->until;
	}
}

/** Read and drop what peers have sent. */
static void
read_peers(struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->count; i++) {
		const size_t sink = waiting->reads[i];
		int ended;

		if (sink == NONE || !(waiting->polled[i].revents & ~POLLOUT))
			continue;
		ended = socket_drop(waiting->polled[i].fd);
		if (ended < 0) {
			(void)zc_job_drop(waiting->sinks->job, sink, errno);
			waiting->dropped = true;
		}
		if (ended > 0)
			waiting->sinks->dest[sink]->peer_ended = true;
	}
}

/** True if there is nothing more to wait for. */
static bool
is_over(const struct waiting *waiting)
{
	if (waiting->dropped || (waiting->until != 0 &&
	    clock_left(waiting->until) == 0))
		return true;
	for (size_t i = 0; i < waiting->count; i++)
		if (waiting->polled[i].revents &
		    (waiting->wait[i].events | POLLERR | POLLHUP))
			return true;
	return waiting->polled[waiting->count].revents != 0;
}

int
peers_wait(const struct sinks *sinks, const struct zc_wait *wait, size_t count,
    int bell, int64_t *calls)
{
	struct waiting waiting;

	waiting.sinks = sinks;
	waiting.wait = wait;
	waiting.count = count;
	waiting.dropped = false;
	do {
		prepare(&waiting);
		waiting.polled[count] = (struct pollfd){ .fd = bell,
			.events = POLLIN };
		++*calls;
		if (poll_until(waiting.polled, count + 1, waiting.until) < 0)
			return -1;
		read_peers(&waiting);
		/* If a peer keeps sending, poll(2) returns at once and never
		 * fails with EINTR. */
		if (signals_caught() != 0) {
			errno = EINTR;
			return -1;
		}
	} while (!is_over(&waiting));
	return 0;
}
