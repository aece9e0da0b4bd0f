#include "config.h"

#include "discard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/diag.h"
#include "../base/deadline.h"
#include "../base/signals.h"
#include "../endpoint/address.h"
#include "../endpoint/endpoint.h"
#include "../endpoint/listeners.h"
#include "../endpoint/socket.h"

#define BLOCK	((size_t)256 * 1024)
#define STATE	"discarding"
#define BACKLOG	64			/* served one after another */

struct visit {
	int fd;
	bool tcp;
	char peer[ADDRESS_SIZE];
	int64_t bytes;
};

/** MSG_TRUNC: TCP drops it in the kernel, and copies nothing (tcp(7)). */
static ssize_t
visit_read(const struct visit *visit)
{
	static char block[BLOCK];

	return recv(visit->fd, block, sizeof(block),
	    visit->tcp ? MSG_TRUNC : 0);
}

/** 0, or the errno that ended it. */
static int
visit_drop(struct visit *visit, const struct options *options)
{
	ssize_t n;

	deadline_begin(options, DEADLINE_NEVER);
	do {
		n = visit_read(visit);
		visit->bytes += MAX(n, 0);
	} while (deadline_moved(n, STATE));
	return errno;
}

static void
visit_run(struct visit *visit, const struct options *options)
{
	int64_t began;
	char why[80] = "";
	int error;

	began = clock_now();
	error = visit_drop(visit, options);
	if (error == 0)
		socket_disarm(visit->fd);
	close(visit->fd);
	if (error == EINTR)
		snprintf(why, sizeof(why), ": interrupted (%s)",
		    diag_signal_name(signals_caught()));
	else if (error != 0)
		snprintf(why, sizeof(why), ": %s", strerror(error));
	diag_note("%s: %" PRId64 " bytes in %.3f s%s", visit->peer,
	    visit->bytes, clock_seconds_since(began), why);
}

static enum status
visits(struct endpoint *ep)
{
	struct sockaddr_storage peer;
	socklen_t length;
	struct visit visit;

	while (signals_caught() == 0) {
		deadline_remove();
		visit = (struct visit){ .fd = listeners_next(ep->state, ep,
		    &peer, &length) };
		if (visit.fd < 0)
			return endpoint_error(ep, "accept");
		visit.tcp = peer.ss_family != AF_UNIX;
		address_format(visit.peer, (struct sockaddr *)&peer, length);
		visit_run(&visit, ep->options);
	}
	errno = EINTR;
	return endpoint_error(ep, "accept");
}

enum status
discard(const struct options *options)
{
	struct endpoint ep = { .fd = -1 };
	enum status status = endpoint_parse(&ep, options->source, ROLE_SOURCE,
	    options);

	if (status != STATUS_OK)
		return status;
	if (!(ep.type->traits & ENDPOINT_LISTENS)) {
		diag_error(ep.name, "--discard needs something that listens, "
		    "such as :PORT");
		return STATUS_USAGE;
	}
	ep.backlog = BACKLOG;
	status = endpoint_check_fit(&ep, NULL);
	if (status == STATUS_OK)
		status = deadline_check(options);
	if (status == STATUS_OK)
		status = endpoint_open(&ep);
	if (status == STATUS_OK)
		status = visits(&ep);
	endpoint_abort(&ep);
	return status;
}
