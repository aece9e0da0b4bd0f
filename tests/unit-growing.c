/*
 * zc_request.allow may say that there are no bytes yet: the source is a file
 * that another thread is still writing, so neither its size nor its holes say
 * anything about its end.
 */
#include "config.h"

#include "lib-job.h"

#define PART	((size_t)20 * 1000)	/* is written at a time */

static struct {
	int fd;				/* the source */
	size_t written, taken;
	size_t size;			/* it will have so many bytes */
	bool stuck;			/* nothing more is written */
	unsigned waits;
} grows;

static int64_t
allow(int64_t bytes, int64_t *until, void *arg)
{
	const int64_t have = (int64_t)(grows.written - grows.taken);

	(void)arg;
	if (*until != 0)
		give_up("until");
	if (grows.written == grows.size)
		return bytes;
	return bytes < have ? bytes : have;
}

static int
event(const struct zc_event *event, void *arg)
{
	(void)arg;
	if (event->type == ZC_EVENT_MOVED && event->moved.in_from >= 0)
		grows.taken = (size_t)(event->moved.in_from +
		    event->moved.length);
	return 0;
}

/** Write a part, where the job waits for one. */
static int
wait_for_part(const struct zc_wait *waits, size_t count, void *arg)
{
	size_t size = grows.size - grows.written;

	(void)arg;
	grows.waits++;
	if (count != 1 || waits->fd != -1)
		give_up("waits");
	if (grows.stuck)
		return 0;		/* and it tries again */
	if (size > PART)
		size = PART;
	if (pwrite(grows.fd, content + grows.written, size,
	    (off_t)grows.written) != (ssize_t)size)
		give_up("pwrite");
	grows.written += size;
	return 0;
}

/** Return a request to move a source that is written meanwhile, and that has
 * `size` bytes in all.  Before that, its size is `seems`. */
static struct zc_request
growing(int out, size_t size, size_t seems)
{
	struct zc_request request;

	grows.fd = keep(memfd_create("grows", 0));
	grows.written = grows.taken = 0;
	grows.size = size;
	grows.stuck = false;
	grows.waits = 0;
	if (ftruncate(grows.fd, (off_t)seems) < 0)
		give_up("ftruncate");
	request = (struct zc_request)ZC_REQUEST_INIT(grows.fd, out);
	request.offset = 0;
	request.allow = allow;
	request.event = event;
	request.wait = wait_for_part;
	return request;
}

/** True if all arrives, whatever the size of the source seems to be. */
static bool
waits_for_all(size_t seems, unsigned flags)
{
	static unsigned char got[sizeof(content) + 1];
	int out = keep(memfd_create("out", 0));
	struct zc_request request = growing(out, sizeof(content), seems);
	struct zc_result result = ZC_RESULT_INIT;

	request.flags = flags;
	CHECK(zc_transfer(&request, &result) == 0);
	CHECK(result.bytes == (int64_t)sizeof(content));
	CHECK(grows.waits == (sizeof(content) + PART - 1) / PART);
	CHECK(pread(out, got, sizeof(got), 0) == (ssize_t)sizeof(content));
	CHECK(memcmp(got, content, sizeof(content)) == 0);
	return true;
}

/** True if the timeout ends a job whose source is written no more. */
static bool
stalls(void)
{
	int out = keep(memfd_create("out", 0));
	struct zc_request request = growing(out, sizeof(content), 0);
	struct zc_result result = ZC_RESULT_INIT;

	grows.stuck = true;
	request.timeout = 20 * 1000 * 1000;
	CHECK(zc_transfer(&request, &result) < 0 && errno == ETIMEDOUT);
	CHECK(result.outcome == ZC_STALLED && result.side == ZC_SOURCE);
	return true;
}

int
main(void)
{
	begin();
	CASE(waits_for_all(0, 0), "a source that is empty at first");
	CASE(waits_for_all(PART, 0), "a source that seems to end early");
	CASE(waits_for_all(sizeof(content), 0), "a source whose size is known");
	CASE(waits_for_all(sizeof(content), ZC_MAKE_HOLES | ZC_READ_HOLES),
	    "what is not written yet is no hole");
	CASE(stalls(), "no bytes for the timeout: the source has stalled");
	finish();
}
