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
#include "../base/gauge.h"
#include "../base/signals.h"
#include "../endpoint/address.h"
#include "../endpoint/endpoint.h"
#include "../endpoint/listeners.h"
#include "../endpoint/socket.h"
#include "fit.h"
#include "user.h"

#define BLOCK	((size_t)256 * 1024)
#define BACKLOG	64			/* clients waiting for their turn */

struct client {
	int fd;
	bool tcp;
	char name[ADDRESS_SIZE];	/* its address, for the report */
	int64_t bytes;
};

/** Read and drop what the client sends.  Return 0 when it ends in order, or the
 * errno that ended it. */
static int
client_drop(struct client *client, const struct options *options)
{
	static char block[BLOCK];
	struct deadline deadline;
	/* TCP then drops the data in the kernel, and copies nothing, tcp(7). */
	int flags = client->tcp ? MSG_TRUNC : 0;
	ssize_t n;

	gauge_phase(PHASE_MOVING);
	deadline_begin(&deadline, options, DEADLINE_NEVER);
	do {
		n = recv(client->fd, block, sizeof(block), flags);
		client->bytes += MAX(n, 0);
		gauge_moved(client->bytes);
	} while (deadline_moved(&deadline, n));
	return errno;
}

/** Serve one client, and report it.  After an error, close(2) resets the
 * connection; it has been armed for that since it was accepted. */
static void
client_serve(struct client *client, const struct options *options)
{
	int64_t began = clock_now();
	int error = client_drop(client, options);
	char why[80] = "";

	if (error == 0)
		socket_disarm(client->fd);
	close(client->fd);
	if (error == EINTR)
		snprintf(why, sizeof(why), ": interrupted (%s)",
		    diag_signal_name(signals_caught()));
	else if (error != 0)
		snprintf(why, sizeof(why), ": %s", strerror(error));
	diag_note("%s: %" PRId64 " bytes in %.3f s%s", client->name,
	    client->bytes, clock_seconds_since(began), why);
}

/** Serve clients one after another, until a signal ends us or accept(2) fails.
 * Waiting for one has no deadline, whatever --timeout says. */
static enum status
serve(struct endpoint *ep)
{
	struct sockaddr_storage address;
	socklen_t length;
	struct client client;

	while (signals_caught() == 0) {
		gauge_phase(PHASE_ACCEPTING);
		deadline_remove(&ep->deadline);
		client = (struct client){ .fd = listeners_next(ep->state, ep,
		    &address, &length) };
		if (client.fd < 0)
			return endpoint_error(ep, "accept");
		client.tcp = socket_is_inet(address.ss_family);
		address_format(client.name, (struct sockaddr *)&address,
		    length);
		client_serve(&client, ep->options);
	}
	errno = EINTR;			/* endpoint_error() names the signal */
	return endpoint_error(ep, "accept");
}

/** Check the options, listen and serve.  The caller closes. */
static enum status
run(struct endpoint *ep)
{
	enum status status = fit_source(ep);

	if (status != STATUS_OK)
		return status;
	status = deadline_check(ep->options);
	if (status != STATUS_OK)
		return status;
	status = endpoint_open(ep);
	if (status != STATUS_OK)
		return status;
	status = user_become(ep->options->user);
	return status != STATUS_OK ? status : serve(ep);
}

enum status
discard(const struct options *options)
{
	struct endpoint ep = { .fd = -1 };
	enum status status = endpoint_parse(&ep, options->source, ROLE_SOURCE,
	    options);

	if (status != STATUS_OK)
		return status;
	if (!endpoint_has(&ep, ENDPOINT_LISTENS)) {
		diag_error(ep.name, "--discard needs something that listens, "
		    "such as :PORT");
		return STATUS_USAGE;
	}
	ep.backlog = BACKLOG;
	status = run(&ep);
	endpoint_abort(&ep);
	return status;
}
