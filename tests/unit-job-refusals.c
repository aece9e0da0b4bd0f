/*
 * Which requests are refused, with which errno, before anything moves; and the
 * names of methods and kinds.
 */
#include "config.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "lib-job.h"

#define SIZE	((size_t)200 * 1000)

enum thing {
	FILE_RW, FILE_RO, FILE_WO, FILE_PATH, SAME_FILE, PIPE_OUT, PIPE_IN,
	STREAM, DATAGRAM, RECORDS, DIRECTORY, EVENTS, POLLS, ZEROS, CLOSED, BAD
};

/** Make a descriptor.  Two of a pipe, or of SAME_FILE, belong together. */
static int
thing(enum thing what)
{
	static int file, pipe_ends[2], ends[2];

	switch (what) {
	case FILE_RW:	return file = file_of(content, SIZE);
	case SAME_FILE:	return another_of(file, O_RDWR);
	case FILE_RO:	return another_of(file_of(content, 1), O_RDONLY);
	case FILE_WO:	return another_of(file_of(content, 1), O_WRONLY);
	case FILE_PATH:	return another_of(file_of(content, 1), O_PATH);
	case PIPE_OUT:
		if (pipe(pipe_ends) < 0)
			give_up("pipe");
		keep(pipe_ends[1]);
		return keep(pipe_ends[0]);
	case PIPE_IN:	return pipe_ends[1];
	case STREAM: case DATAGRAM: case RECORDS:
		if (socketpair(AF_UNIX, what == STREAM ? SOCK_STREAM :
		    what == DATAGRAM ? SOCK_DGRAM : SOCK_SEQPACKET, 0,
		    ends) < 0)
			give_up("socketpair");
		keep(ends[1]);
		return keep(ends[0]);
	case DIRECTORY:	return keep(open("/", O_RDONLY));
	case EVENTS:	return keep(eventfd(1, 0));
	case POLLS:	return keep(epoll_create1(0));
	case ZEROS:	return keep(open("/dev/zero", O_RDWR));
	case CLOSED:	return 1000;
	case BAD:	break;
	}
	return -1;
}

#define WHOLE	.offset = ZC_CURRENT, .to = ZC_CURRENT, .bytes = ZC_TO_END

static const struct refusal {
	const char *what;
	enum thing in, out;
	int64_t offset, to, bytes;
	enum zc_method method;
	unsigned flags;
	int error;			/* 0: it is fine */
} refusals[] = {
	{ "a count of -2", FILE_RW, FILE_RW, ZC_CURRENT, ZC_CURRENT, -2,
	    .error = EINVAL },
	{ "the least count", FILE_RW, FILE_RW, ZC_CURRENT, ZC_CURRENT,
	    INT64_MIN, .error = EINVAL },
	{ "an offset of -1", FILE_RW, FILE_RW, -1, ZC_CURRENT, 1,
	    .error = EINVAL },
	{ "a sink offset of -1", FILE_RW, FILE_RW, ZC_CURRENT, -1, 1,
	    .error = EINVAL },
	{ "the offset nearest to the current one", FILE_RW, FILE_RW,
	    INT64_MIN + 1, ZC_CURRENT, 1, .error = EINVAL },
	{ "an offset and a count over 2^63-1", FILE_RW, FILE_RW, 1, ZC_CURRENT,
	    INT64_MAX, .error = EINVAL },
	{ "a sink offset and a count over 2^63-1", FILE_RW, FILE_RW,
	    ZC_CURRENT, INT64_MAX, 1, .error = EINVAL },
	{ "an offset and a count of 2^63-1", FILE_RW, FILE_RW, 1, ZC_CURRENT,
	    INT64_MAX - 1, .error = 0 },
	{ "a method after the last", FILE_RW, FILE_RW, WHOLE,
	    .method = ZC_METHODS, .error = EINVAL },
	{ "a method far out", FILE_RW, FILE_RW, WHOLE,
	    .method = (enum zc_method)1000, .error = EINVAL },
	{ "an unknown flag", FILE_RW, FILE_RW, WHOLE, .flags = 1u << 30,
	    .error = EINVAL },
	{ "an unknown flag among known ones", FILE_RW, FILE_RW, WHOLE,
	    .flags = ZC_EXACT | ZC_STABLE | 1u << 20, .error = EINVAL },
	{ "an eventfd as source", EVENTS, FILE_RW, WHOLE, .error = EINVAL },
	{ "an eventfd as sink", FILE_RW, EVENTS, WHOLE, .error = EINVAL },
	{ "an epoll descriptor", POLLS, FILE_RW, WHOLE, .error = EINVAL },

	{ "a source of -1", BAD, FILE_RW, WHOLE, .error = EBADF },
	{ "a sink of -1", FILE_RW, BAD, WHOLE, .error = EBADF },
	{ "a closed source", CLOSED, FILE_RW, WHOLE, .error = EBADF },
	{ "a closed sink", FILE_RW, CLOSED, WHOLE, .error = EBADF },
	{ "a source open for writing", FILE_WO, FILE_RW, WHOLE,
	    .error = EBADF },
	{ "a sink open for reading", FILE_RW, FILE_RO, WHOLE,
	    .error = EBADF },
	{ "the wrong end of a pipe as sink", FILE_RW, PIPE_OUT, WHOLE,
	    .error = EBADF },
	{ "a source with O_PATH", FILE_PATH, FILE_RW, WHOLE,
	    .error = EBADF },
	{ "a sink with O_PATH", FILE_RW, FILE_PATH, WHOLE, .error = EBADF },
	{ "a directory as sink", FILE_RW, DIRECTORY, WHOLE, .error = EBADF },
	{ "a directory as source", DIRECTORY, FILE_RW, WHOLE,
	    .error = EISDIR },

	{ "an offset on a pipe", PIPE_OUT, FILE_RW, 0, ZC_CURRENT, ZC_TO_END,
	    .error = ESPIPE },
	{ "an offset on a socket", STREAM, FILE_RW, 1, ZC_CURRENT, ZC_TO_END,
	    .error = ESPIPE },
	{ "an offset on a device that has none", ZEROS, FILE_RW, 1, ZC_CURRENT,
	    1, .error = ESPIPE },
	{ "a sink offset on a socket", FILE_RW, STREAM, ZC_CURRENT, 0,
	    ZC_TO_END, .error = ESPIPE },
	{ "datagrams as source", DATAGRAM, FILE_RW, WHOLE,
	    .error = EPROTOTYPE },
	{ "datagrams as sink", FILE_RW, DATAGRAM, WHOLE,
	    .error = EPROTOTYPE },
	{ "records as source", RECORDS, FILE_RW, WHOLE,
	    .error = EPROTOTYPE },

	{ "a pipe onto itself", PIPE_OUT, PIPE_IN, WHOLE, .error = EINVAL },
	{ "a file onto itself", FILE_RW, SAME_FILE, WHOLE, .error = EINVAL },
	{ "the same range", FILE_RW, SAME_FILE, 10, 10, 100,
	    .error = EINVAL },
	{ "a range that ends in its own copy", FILE_RW, SAME_FILE, 0, 99, 100,
	    .error = EINVAL },
	{ "a range that begins in its own copy", FILE_RW, SAME_FILE, 99, 0,
	    100, .error = EINVAL },
	{ "a range up to its copy", FILE_RW, SAME_FILE, 0, 100, 100,
	    .error = 0 },
	{ "a range behind its copy", FILE_RW, SAME_FILE, 100, 0, 100,
	    .error = 0 },
	{ "to the end, which its copy moves ahead", FILE_RW, SAME_FILE, 10,
	    (int64_t)SIZE, ZC_TO_END, .error = EINVAL },
	{ "to the end, over its own beginning", FILE_RW, SAME_FILE, 100, 0,
	    ZC_TO_END, .error = EINVAL },
	{ "the last half onto the first", FILE_RW, SAME_FILE,
	    (int64_t)SIZE / 2, 0, ZC_TO_END, .error = 0 },
	{ "nothing onto itself", FILE_RW, SAME_FILE, 10, 10, 0, .error = 0 },
};

static bool
refuses(const struct refusal *refusal)
{
	int in = thing(refusal->in), out = thing(refusal->out);
	struct zc_request request = ZC_REQUEST_INIT(in, out);
	struct zc_job *job;

	request.offset = refusal->offset;
	request.out_offset = refusal->to;
	request.bytes = refusal->bytes;
	request.method = refusal->method;
	request.flags = refusal->flags;
	errno = 0;
	job = zc_job_new(&request);
	if (refusal->error == 0) {
		CHECK(job != NULL);
		zc_job_free(job);
		return true;
	}
	CHECK(job == NULL);
	CHECK(errno == refusal->error);
	return true;
}

/** The sink appends to the file that is read. */
static bool
refuses_to_append_to_its_source(void)
{
	int in = file_of(content, SIZE);
	int out = another_of(in, O_WRONLY | O_APPEND);
	struct zc_request request = ZC_REQUEST_INIT(in, out);
	struct zc_job *job;

	CHECK(zc_job_new(&request) == NULL && errno == EINVAL);
	request.bytes = (int64_t)SIZE + 1;	/* into what is appended */
	CHECK(zc_job_new(&request) == NULL && errno == EINVAL);
	request.bytes = (int64_t)SIZE;
	job = zc_job_new(&request);
	CHECK(job != NULL);
	CHECK(zc_job_run(job, NULL, 0) == 0);
	zc_job_free(job);
	CHECK(holds(in, 0, content, SIZE));
	CHECK(holds(in, (int64_t)SIZE, content, SIZE));
	return true;
}

/* Results and ends that the caller supplies, of a size that no version had */

static bool
refuses_results_without_a_size(void)
{
	int in = file_of(content, SIZE), out = file_of(NULL, 0);
	struct zc_request request = ZC_REQUEST_INIT(in, out);
	struct zc_result result = ZC_RESULT_INIT;
	FILE *from = stream_of(in, "r"), *to = stream_of(out, "w");

	result.size = 0;
	errno = 0;
	CHECK(zc_transfer(&request, &result) == -1 && errno == EINVAL);
	errno = 0;
	CHECK(zc_transfer_stdio(from, to, NULL, &result) == -1 &&
	    errno == EINVAL);
	CHECK(fclose(from) == 0 && fclose(to) == 0);
	CHECK(at(in) == 0 && size_of(out) == 0);
	return true;
}

static bool
refuses_ends_without_a_size(void)
{
	struct zc_request request = ZC_REQUEST_INIT(file_of(content, SIZE),
	    file_of(NULL, 0));
	struct zc_ends ends = ZC_ENDS_INIT;

	ends.size = 0;
	errno = 0;
	CHECK(zc_ends_of(&ends, &request) == -1 && errno == EINVAL);
	ends = (struct zc_ends)ZC_ENDS_INIT;
	request.in_fd = -1;
	errno = 0;
	CHECK(zc_ends_of(&ends, &request) == -1 && errno == EBADF);
	return true;
}

/* Names and kinds */

static bool
knows_methods_by_name(void)
{
	for (int m = 0; m < ZC_METHODS; m++) {
		enum zc_method method = (enum zc_method)m;
		int error;

		CHECK(zc_method_from_name(zc_method_name(method)) == m);
		CHECK(*zc_method_summary(method) != '\0');
		errno = EDOM;
		error = zc_method_available(method);
		CHECK((error == 0 || error == ENOSYS) && errno == EDOM);
	}
	CHECK(zc_method_from_name("") == -1);
	CHECK(zc_method_from_name("SPLICE") == -1);
	CHECK(zc_method_from_name("splice ") == -1);
	CHECK(zc_method_name(ZC_METHODS) == NULL);
	CHECK(zc_method_summary(ZC_METHODS) == NULL);
	CHECK(zc_method_available(ZC_METHODS) == EINVAL);
	return true;
}

static bool
knows_kinds(void)
{
	errno = EDOM;
	CHECK(zc_kind_of(thing(FILE_RW)) == ZC_REGULAR);
	CHECK(zc_kind_of(thing(PIPE_OUT)) == ZC_PIPE);
	CHECK(zc_kind_of(thing(STREAM)) == ZC_SOCKET);
	CHECK(zc_kind_of(thing(DATAGRAM)) == ZC_OTHER);
	CHECK(zc_kind_of(thing(RECORDS)) == ZC_OTHER);
	CHECK(zc_kind_of(thing(DIRECTORY)) == ZC_OTHER);
	CHECK(zc_kind_of(thing(EVENTS)) == ZC_OTHER);
	CHECK(zc_kind_of(thing(ZEROS)) == ZC_CHAR);
	CHECK(zc_kind_of(keep(open("/dev/null", O_RDWR))) == ZC_NULL);
	CHECK(zc_kind_of(keep(open("/proc/version", O_RDONLY))) ==
	    ZC_SYNTHETIC);
	CHECK(zc_kind_of(-1) == ZC_OTHER);
	CHECK(zc_kind_of(1000) == ZC_OTHER);
	CHECK(errno == EDOM);
	for (int kind = 0; kind < ZC_KINDS; kind++)
		CHECK(*zc_kind_name((enum zc_kind)kind) != '\0');
	return true;
}

int
main(void)
{
	begin();
	for (size_t i = 0; i < COUNT(refusals); i++)
		CASE(refuses(&refusals[i]), "%s is %s", refusals[i].what,
		    refusals[i].error == 0 ? "fine" :
		    strerror(refusals[i].error));
	CASE(refuses_to_append_to_its_source(),
	    "appending a file to itself without a count is refused");
	CASE(refuses_results_without_a_size(),
	    "a result whose size is not set is refused before anything moves");
	CASE(refuses_ends_without_a_size(),
	    "ends whose size is not set are refused, and ends of bad requests");
	CASE(knows_methods_by_name(), "methods have names, and are available");
	CASE(knows_kinds(), "descriptors have kinds");
	finish();
	return 0;
}
