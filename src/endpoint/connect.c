/*
 * A race: each attempt is a non-blocking socket, one poll(2) waits for all of
 * them, and the first that is connected wins.
 */
#include "config.h"

#include "connect.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/deadline.h"
#include "../base/gauge.h"
#include "address.h"
#include "congestion.h"
#include "socket.h"

#define ADDRESSES_MAX	16		/* further ones are not tried */
#define HEAD_START	250		/* milliseconds; RFC 8305, 8 */

struct race {
	struct endpoint *ep;
	const struct addrinfo *to[ADDRESSES_MAX];
	struct pollfd polled[ADDRESSES_MAX];	/* fd -1: not running */
	unsigned count, begun, running;	/* attempts */
	int64_t last;			/* when the last attempt began */
	bool hurry;			/* an attempt has failed since then */
	int error;			/* errno of the last one that failed */
	char *tried;			/* each address with its error */
	size_t size;			/* of that buffer */
};

/** Return the first address in *list that is of this family (or, if not `same`,
 * of another one), and advance *list beyond it.  NULL: there is none. */
static const struct addrinfo *
next_of(const struct addrinfo **list, int family, bool same)
{
	const struct addrinfo *found;

	while (*list != NULL && ((*list)->ai_family == family) != same)
		*list = (*list)->ai_next;
	found = *list;
	if (found != NULL)
		*list = found->ai_next;
	return found;
}

/** Put the addresses in the order in which to try them: that of the list, but
 * with alternating families, beginning with that of the first address. */
static void
race_line_up(struct race *race, const struct addrinfo *list)
{
	const struct addrinfo *first = list, *other = list, *to;
	int family = list->ai_family;
	bool same = true;

	for (; race->count < ADDRESSES_MAX; same = !same) {
		to = next_of(same ? &first : &other, family, same);
		if (to == NULL)
			to = next_of(same ? &other : &first, family, !same);
		if (to == NULL)
			return;
		race->polled[race->count].fd = -1;
		race->polled[race->count].events = POLLOUT;
		race->to[race->count++] = to;
	}
}

/** End attempt i, which failed with errno: add that to `tried`, and close the
 * socket. */
static void
race_lose(struct race *race, unsigned i)
{
	size_t length = strlen(race->tried);
	char address[ADDRESS_SIZE];

	race->error = errno;
	race->hurry = true;
	address_format(address, race->to[i]->ai_addr, race->to[i]->ai_addrlen);
	snprintf(race->tried + length, race->size - length, "%s%s: %s",
	    length > 0 ? "; " : "", address,
	    address_error(race->to[i]->ai_addr, race->error));
	if (race->polled[i].fd >= 0) {
		close(race->polled[i].fd);
		race->running--;
	}
	race->polled[i].fd = -1;
}

/** Return 0 if the socket is connected, or -1 with errno.  A socket can connect
 * to itself (RFC 9293, 3.5), if it is given the port that it connects to: that
 * means that nobody listens there. */
static int
race_finish(int fd)
{
	struct sockaddr_storage here, there;

	if (socket_error(fd) < 0 || socket_ends(fd, &here, &there) < 0)
		return -1;
	errno = ECONNREFUSED;
	return memcmp(&here, &there, sizeof(here)) == 0 ? -1 : 0;
}

/** Begin the next attempt.  True if it is connected already. */
static bool
race_begin(struct race *race)
{
	unsigned i = race->begun++;
	const struct addrinfo *to = race->to[i];
	int fd = socket(to->ai_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	race->polled[i].fd = fd;
	if (fd < 0) {
		race_lose(race, i);
		return false;
	}
	race->running++;
	race->hurry = false;
	race->last = clock_now();
	if (socket_arm(fd, to->ai_family) == 0 &&
	    congestion_connect(race->ep, fd, to->ai_addr,
	    to->ai_addrlen) == 0 &&
	    connect(fd, to->ai_addr, to->ai_addrlen) == 0 &&
	    race_finish(fd) == 0)
		return true;
	if (errno != EINPROGRESS && errno != EINTR)
		race_lose(race, i);
	return false;
}

/** Return the milliseconds until the next attempt is to begin. */
static int
race_pause(const struct race *race)
{
	double passed = clock_seconds_since(race->last) * 1000;

	if (race->running == 0 || race->hurry || passed >= HEAD_START)
		return 0;
	return HEAD_START - (int)passed;
}

/** Wait until an attempt ends, or the next one is to begin.  Return the socket
 * that is connected, taken out of `polled`; -1 if there is none yet; or -2 with
 * errno if a signal or the deadline ends us. */
static int
race_wait(struct race *race)
{
	int pause = race->begun < race->count ? race_pause(race) : -1;
	int fd;

	if (deadline_poll(&race->ep->deadline, race->polled, race->begun,
	    pause) < 0)
		return -2;
	for (unsigned i = 0; i < race->begun; i++) {
		if (race->polled[i].fd < 0 || race->polled[i].revents == 0)
			continue;
		fd = race->polled[i].fd;
		if (race_finish(fd) == 0) {
			race->polled[i].fd = -1;
			return fd;
		}
		race_lose(race, i);
	}
	return -1;
}

/** Return a connected socket; -1 if all attempts failed; or -2 with errno if a
 * signal or the deadline ends us. */
static int
race_run(struct race *race)
{
	int fd = -1;

	while (fd == -1 && (race->begun < race->count || race->running > 0)) {
		if (race->begun == race->count || race_pause(race) > 0) {
			fd = race_wait(race);
		} else if (race_begin(race)) {
			fd = race->polled[race->begun - 1].fd;
			race->polled[race->begun - 1].fd = -1;
		}
	}
	return fd;
}

/** Close the attempts that still run.  If none is connected (`lost`), because
 * the deadline has passed, add them to `tried` with errno; but not after a
 * signal (EINTR).  Keep errno. */
static void
race_close(struct race *race, bool lost)
{
	int error = errno;

	for (unsigned i = 0; i < race->begun; i++) {
		if (race->polled[i].fd < 0)
			continue;
		errno = error;
		if (lost && error != EINTR)
			race_lose(race, i);
		else
			close(race->polled[i].fd);
	}
	errno = error;
}

int
connect_race(struct endpoint *ep, const struct addrinfo *list,
    char *tried, size_t size)
{
	struct race race = { .ep = ep, .tried = tried, .size = size };
	int fd;

	gauge_phase(PHASE_CONNECTING);
	*tried = '\0';
	race_line_up(&race, list);
	fd = race_run(&race);
	if (fd == -1)
		errno = race.error;
	race_close(&race, fd < 0);
	if (fd >= 0)
		congestion_note(ep, fd);
	return fd < 0 ? -1 : fd;
}
