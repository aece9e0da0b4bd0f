/*
 * getaddrinfo(3) with a deadline.  It cannot be interrupted, so it runs in a
 * thread, which is left running when the deadline passes.  If no thread can be
 * made, it runs in the main thread, and the deadline is checked afterwards.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/deadline.h"
#include "../base/gauge.h"
#include "../base/thread.h"
#include "address.h"

struct lookup {
	char host[256], port[32];
	struct addrinfo hints;
	int error, cause;		/* EAI_..., and errno */
	struct addrinfo *list;
	int done[2];			/* a pipe; done[1] is closed when the
					   thread is done */
	atomic_int owners;		/* threads that use this; the last one
					   frees it */
};

/** Called by each thread when it is done with it.  The last one frees it. */
static void
lookup_release(struct lookup *lookup)
{
	if (atomic_fetch_sub(&lookup->owners, 1) > 1)
		return;
	if (lookup->list != NULL)
		freeaddrinfo(lookup->list);
	if (lookup->done[0] >= 0)
		close(lookup->done[0]);
	free(lookup);
}

/** Call getaddrinfo(3), with these flags added. */
static void
lookup_run(struct lookup *lookup, int flags)
{
	struct addrinfo hints = lookup->hints;

	hints.ai_flags |= flags;
	lookup->error = getaddrinfo(*lookup->host != '\0' ? lookup->host :
	    NULL, lookup->port, &hints, &lookup->list);
	lookup->cause = errno;
}

static void *
lookup_thread(void *arg)
{
	struct lookup *lookup = arg;

	lookup_run(lookup, 0);
	close(lookup->done[1]);
	lookup_release(lookup);
	return NULL;
}

/** Return a look-up that the main thread owns, or NULL with errno. */
static struct lookup *
lookup_new(const struct endpoint *ep, enum address_use use)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));

	if (lookup == NULL)
		return NULL;
	lookup->done[0] = -1;
	strlcpy(lookup->host, ep->host, sizeof(lookup->host));
	strlcpy(lookup->port, ep->port, sizeof(lookup->port));
	/* AI_ADDRCONFIG would ignore loopback addresses: a machine without a
	 * network would not find ::1. */
	lookup->hints = (struct addrinfo){
		.ai_family = ep->options->family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = use == ADDRESS_LISTEN ? AI_PASSIVE : 0,
	};
	atomic_init(&lookup->owners, 1);
	return lookup;
}

/** Start the thread.  Return 0, or -1 with errno. */
static int
lookup_start(struct lookup *lookup)
{
	pthread_t thread;
	int error;

	if (pipe2(lookup->done, O_CLOEXEC) < 0)
		return -1;
	atomic_fetch_add(&lookup->owners, 1);
	error = thread_start(&thread, lookup_thread, lookup);
	if (error != 0) {
		close(lookup->done[1]);
		atomic_fetch_sub(&lookup->owners, 1);
		errno = error;
		return -1;
	}
	pthread_detach(thread);
	return 0;
}

/** Look up in a thread, and wait for it.  Return 0, or -1 with errno. */
static int
lookup_wait(struct lookup *lookup, struct deadline *deadline)
{
	struct pollfd polled = { .events = POLLIN };
	int ready;

	gauge_phase(PHASE_LOOKING_UP);
	if (lookup_start(lookup) < 0) {
		/* clone3(2) or pipe2(2) was refused.  This takes as long as
		 * the resolver takes: see `timeout` in resolv.conf(5). */
		lookup_run(lookup, 0);
		return deadline_poll(deadline, NULL, 0, 0);
	}
	polled.fd = lookup->done[0];
	do {
		ready = deadline_poll(deadline, &polled, 1, -1);
	} while (ready == 0);
	return ready < 0 ? -1 : 0;
}

/** Hand the list to the caller, or print why there is none. */
static enum status
lookup_result(const struct endpoint *ep, struct lookup *lookup,
    struct addrinfo **list)
{
	char why[256];

	*list = lookup->list;
	lookup->list = NULL;
	if (lookup->error == 0)
		return STATUS_OK;
	snprintf(why, sizeof(why), "look-up: %s", lookup->error == EAI_SYSTEM ?
	    strerror(lookup->cause) : gai_strerror(lookup->error));
	return address_refuse(ep, STATUS_CONNECTION, why);
}

enum status
address_look_up(struct endpoint *ep, enum address_use use,
    struct addrinfo **list)
{
	struct lookup *lookup = lookup_new(ep, use);
	enum status status;

	*list = NULL;
	deadline_begin(&ep->deadline, ep->options, DEADLINE_CONNECT);
	if (lookup == NULL)
		return endpoint_error(ep, "look-up");
	/* A numeric address does not block, and needs no thread. */
	lookup_run(lookup, AI_NUMERICHOST);
	if (lookup->error == 0 || lookup_wait(lookup, &ep->deadline) == 0)
		status = lookup_result(ep, lookup, list);
	else
		status = endpoint_error(ep, "look-up");
	lookup_release(lookup);
	return status;
}
