/*
 * A TCP peer sends urgent bytes (MSG_OOB).  They are not data, and all data
 * around them arrives, although splice(2) returns 0 at each of them, or fails
 * with EAGAIN if the socket does not block.
 */
#include "config.h"

#include <poll.h>

#include "lib-net.h"

#define PART	((size_t)20 * 1000)	/* fits into the buffers of a socket */

enum place { FIRST, MIDDLE, LAST, BEHIND_A_BYTE, PLACES };

static const char *const place_names[PLACES] = {
	"before all data", "in the middle", "behind all data",
	"behind the first byte",
};

static size_t
part_before(enum place place)
{
	switch (place) {
	case FIRST:		return 0;
	case LAST:		return PART;
	case BEHIND_A_BYTE:	return 1;
	default:		return PART / 2;
	}
}

static void
send_part(int fd, size_t from, size_t to)
{
	for (ssize_t n; from < to; from += (size_t)n) {
		n = send(fd, content + from, to - from, 0);
		if (n <= 0)
			give_up("send");
	}
}

/** Return a socket that has all bytes, and the end if `ends`, in its buffer. */
static int
urgent_source(enum place place, bool blocks, bool ends)
{
	int near, far;

	tcp_pair(&near, &far, 0);
	send_part(far, 0, part_before(place));
	if (send(far, "!", 1, MSG_OOB) != 1)
		give_up("send");
	send_part(far, part_before(place), PART);
	if (ends)
		shutdown(far, SHUT_WR);
	/* Wait until the receiving side has acknowledged all of it. */
	for (int left = 1; left > 0;)
		if (ioctl(far, TIOCOUTQ, &left) < 0)
			give_up("TIOCOUTQ");
	if (!blocks && fcntl(near, F_SETFL, O_NONBLOCK) < 0)
		give_up("fcntl");
	return near;
}

static bool
has_the_part(int out)
{
	static unsigned char got[PART + 1];

	CHECK(pread(out, got, sizeof(got), 0) == (ssize_t)PART);
	CHECK(memcmp(got, content, PART) == 0);
	return true;
}

/** True if zc_job_run() and poll(2), each called less than 100 times, move all
 * data. */
static bool
passes(enum place place, bool blocks, enum zc_method method)
{
	int in = urgent_source(place, blocks, true);
	int out = keep(memfd_create("out", 0));
	struct zc_request request = ZC_REQUEST_INIT(in, out);
	struct zc_job *job;
	struct zc_wait wait;
	int tries = 0, done;

	request.method = method;
	request.block_size = 4096;
	job = zc_job_new(&request);
	while ((done = zc_job_run(job, &wait, 1)) < 0 && errno == EAGAIN) {
		struct pollfd polled = { .fd = wait.fd, .events = wait.events };

		CHECK(++tries < 100);
		CHECK(poll(&polled, 1, 5000) == 1);
	}
	CHECK(done == 0 && zc_job_result(job)->bytes == (int64_t)PART);
	zc_job_free(job);
	return has_the_part(out);
}

/** True if a transfer of so many bytes does not take one more. */
static bool
passes_counted(int64_t bytes, enum zc_method method)
{
	int in = urgent_source(MIDDLE, true, false);
	int out = keep(memfd_create("out", 0));
	struct zc_request request = ZC_REQUEST_INIT(in, out);
	struct zc_result result = ZC_RESULT_INIT;
	unsigned char next;

	request.bytes = bytes;
	request.method = method;
	request.flags = ZC_EXACT;
	CHECK(zc_transfer(&request, &result) == 0 && result.bytes == bytes);
	/* Not one byte more was taken. */
	CHECK(recv(in, &next, 1, 0) == 1 && next == content[bytes]);
	return true;
}

/** True if a job waits for data behind an urgent byte. */
static bool
waits_behind_it(bool blocks)
{
	int in = urgent_source(LAST, blocks, false);
	int out = keep(memfd_create("out", 0));
	struct zc_request request = ZC_REQUEST_INIT(in, out);
	const struct timeval soon = { .tv_usec = 20 * 1000 };
	struct zc_job *job = zc_job_new(&request);
	struct zc_wait wait;

	if (setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)) < 0)
		give_up("SO_RCVTIMEO");
	CHECK(zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN);
	CHECK(wait.fd == in && wait.events == POLLIN);
	CHECK(zc_job_result(job)->bytes == (int64_t)PART);
	zc_job_free(job);
	return has_the_part(out);
}

/** True if zc_splice() fails with EINVAL at the urgent byte, because it has no
 * buffer, and recv(2) gets the byte after it. */
static bool
splice_says_so(enum place place)
{
	int in = urgent_source(place, true, false), ends[2];
	unsigned char byte;

	if (pipe(ends) < 0)
		give_up("pipe");
	keep(ends[0]);
	keep(ends[1]);
	for (size_t before = part_before(place); before > 0;) {
		ssize_t n = zc_splice(ends[1], in, NULL, before, 0);

		CHECK(n > 0);
		before -= (size_t)n;
	}
	CHECK(zc_splice(ends[1], in, NULL, 1000, 0) < 0 && errno == EINVAL);
	if (place == LAST)
		return true;
	CHECK(recv(in, &byte, 1, 0) == 1);
	CHECK(byte == content[part_before(place)]);
	CHECK(zc_splice(ends[1], in, NULL, 1000, 0) > 0);
	return true;
}

static bool
splice_sees_the_end(void)
{
	int near, far, ends[2];

	tcp_pair(&near, &far, 0);
	shut(far);
	if (pipe(ends) < 0)
		give_up("pipe");
	CHECK(zc_splice(keep(ends[1]), near, NULL, 1000, 0) == 0);
	keep(ends[0]);
	return true;
}

int
main(void)
{
	static const enum zc_method methods[] = { ZC_AUTO, ZC_SPLICE,
		ZC_READ_WRITE };
	static const int64_t counts[] = { PART / 2 - 1, PART / 2, PART / 2 + 1,
		PART - 1 };

	begin();
	for (size_t m = 0; m < COUNT(methods); m++) {
		const char *name = zc_method_name(methods[m]);

		if (!has_method(methods[m]))
			continue;
		for (enum place place = 0; place < PLACES; place++)
			for (int blocks = 0; blocks < 2; blocks++)
				CASE(passes(place, blocks, methods[m]),
				    "%s: passes an urgent byte %s, socket %s",
				    name, place_names[place],
				    blocks ? "blocks" : "does not block");
		for (size_t i = 0; i < COUNT(counts); i++)
			CASE(passes_counted(counts[i], methods[m]),
			    "%s: takes %jd of %zu bytes, one urgent after %zu",
			    name, (intmax_t)counts[i], PART, PART / 2);
	}
	CASE(waits_behind_it(true), "SO_RCVTIMEO ends the wait after it");
	CASE(waits_behind_it(false), "EAGAIN after it means to wait");
	for (enum place place = 0; place < PLACES; place++)
		CASE_BY(ZC_SPLICE, splice_says_so(place),
		    "zc_splice(): an urgent byte %s is not the end",
		    place_names[place]);
	CASE_BY(ZC_SPLICE, splice_sees_the_end(),
	    "zc_splice(): the end is seen");
	finish();
	return 0;
}
