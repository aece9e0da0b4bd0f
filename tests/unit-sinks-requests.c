/*
 * Requests with several sinks: headers and trailers, byte counts, hooks, and
 * requests that are refused.
 */
#include "config.h"

#include "lib-fan.h"

#define SIZE	((size_t)150 * 1000)	/* of the source */

/* Headers and trailers */

static const struct shape shapes[OUTLETS_MAX] = {
	{ "short ones", { 10, 0, 30 }, { 7 }, 3, 1 },
	{ "none", { 0 }, { 0 }, 0, 0 },
	{ "a long header", { 40000, 1 }, { 0 }, 2, 1 },
	{ "a long trailer", { 0 }, { 5, 50000, 0, 1 }, 0, 4 },
};

static bool
wraps_each_once(enum inlet_sort source, enum zc_method method, size_t bytes,
    size_t first)
{
	static struct wrap wraps[OUTLETS_MAX];
	struct fan fan;
	struct zc_job *job;
	bool fine;

	fan_inlet(&fan, source, bytes);
	text_used = 0;
	for (size_t i = 0; i < OUTLETS && fan.count < OUTLETS_MAX; i++) {
		enum outlet_sort sort = (enum outlet_sort)((first + i) %
		    OUTLETS);
		size_t used = text_used;

		if (!fan_suits(source, sort, method))
			continue;
		wrap_as(&wraps[fan.count], &shapes[(first + i) % OUTLETS_MAX]);
		text_used += used;
		fan_outlet(&fan, sort, &wraps[fan.count].hdtr);
	}
	fan.request.method = method;
	fan_follow(&fan);
	job = new_job(&fan.request);
	fine = fan_run(&fan, job) == 0;
	for (size_t i = 0; i < fan.count; i++) {
		const struct zc_result *result = zc_job_sink(job, i);

		CHECK(result->header_bytes == wraps[i].header);
		CHECK(result->trailer_bytes == wraps[i].trailer);
	}
	fine = fine && fan_is_done(&fan, job, (int64_t)bytes);
	zc_job_free(job);
	return fine;
}

static bool
wraps_each(enum inlet_sort source, enum zc_method method)
{
	static const size_t sizes[] = { 0, 1, 50000 };

	for (size_t i = 0; i < COUNT(sizes) * OUTLETS; i++) {
		CHECK(wraps_each_once(source, method, sizes[i / OUTLETS],
		    i % OUTLETS));
		shut_all();
	}
	return true;
}

/* Counts */

static bool
moves_count_once(enum inlet_sort source, int64_t bytes, unsigned flags)
{
	const struct group group = { { PIPE_OUT, FILE_OUT, UNIX_OUT }, 3 };
	struct fan fan;
	int64_t moved = bytes < (int64_t)SIZE ? bytes : (int64_t)SIZE;
	bool is_short = bytes > moved && (flags & ZC_EXACT);
	struct zc_job *job;
	int error;

	fan_make(&fan, source, SIZE, ZC_AUTO, &group);
	fan.request.bytes = bytes;
	fan.request.flags = flags;
	fan_follow(&fan);
	job = new_job(&fan.request);
	error = fan_run(&fan, job);
	CHECK(error == (is_short ? ENODATA : 0));
	CHECK(zc_job_result(job)->outcome == (is_short ? ZC_SHORT : ZC_DONE));
	CHECK(zc_job_result(job)->bytes == moved);
	CHECK(zc_job_result(job)->lost == 0);
	for (size_t i = 0; i < fan.count; i++) {
		const struct zc_result *result = zc_job_sink(job, i);

		CHECK(result->outcome == (is_short ? ZC_SHORT : ZC_DONE));
		CHECK(result->error == error && result->bytes == moved);
		CHECK(fan_is_told(&fan, i, result));
		CHECK(fan_gets(&fan.out[i], moved));
	}
	CHECK(fan_is_at(&fan.in, moved, 0));
	zc_job_free(job);
	CHECK(fan_is_at(&fan.in, moved, 0));
	return true;
}

static bool
moves_count(enum inlet_sort source)
{
	static const int64_t counts[] = { 0, 1, SIZE / 2, SIZE, SIZE + 1,
		INT64_MAX / 2 };

	for (size_t i = 0; i < COUNT(counts); i++) {
		CHECK(moves_count_once(source, counts[i], 0));
		shut_all();
		CHECK(moves_count_once(source, counts[i], ZC_EXACT));
		shut_all();
	}
	return true;
}

/* select, results and waits */

static struct zc_ends seen[OUTLETS_MAX];
static size_t seen_count;

static int
on_select(const struct zc_ends *ends, void *arg)
{
	(void)arg;
	if (seen_count < OUTLETS_MAX)
		seen[seen_count] = *ends;
	seen_count++;
	return ZC_AUTO;
}

static bool
asks_for_each(void)
{
	const struct group group = { { PLACED_OUT, PIPE_OUT, APPENDED_OUT,
		NULL_OUT }, OUTLETS_MAX };
	struct fan fan;
	struct zc_job *job;

	fan_make(&fan, FILE_IN, SIZE, ZC_AUTO, &group);
	seen_count = 0;
	fan_follow(&fan);
	fan.request.select = on_select;
	job = new_job(&fan.request);
	CHECK(fan_run(&fan, job) == 0);
	CHECK(seen_count == OUTLETS_MAX);
	CHECK(seen[0].out == ZC_REGULAR && seen[0].placed && !seen[0].append);
	CHECK(seen[1].out == ZC_PIPE && !seen[1].placed);
	CHECK(seen[2].out == ZC_REGULAR && seen[2].append);
	CHECK(seen[3].out == ZC_NULL);
	for (size_t i = 0; i < OUTLETS_MAX; i++) {
		CHECK(seen[i].in == ZC_REGULAR);
		CHECK(seen[i].bytes == (int64_t)SIZE);
		CHECK(fan.out[i].plans == 1);
	}
	zc_job_free(job);
	return true;
}

/** True if the job's result is the sum of its sinks' results. */
static bool
sums_up(void)
{
	const struct group group = { { PIPE_OUT, FILE_OUT, UNIX_OUT }, 3 };
	struct fan fan;
	struct zc_result sum = ZC_RESULT_INIT;
	const struct zc_result *total;
	struct iovec head = { .iov_base = content, .iov_len = 100 };
	const struct zc_hdtr hdtr = { .headers = &head, .hdr_cnt = 1 };
	struct zc_job *job;

	fan_make(&fan, FILE_IN, SIZE, ZC_AUTO, &group);
	fan.sinks[0].hdtr = &hdtr;
	job = new_job(&fan.request);
	CHECK(fan.out[1].expected_size == SIZE);
	fan.out[1].expected_size = 0;
	fan_expect(&fan.out[1], content, 100);
	fan_expect(&fan.out[1], content, SIZE);
	CHECK(fan_run(&fan, job) == 0);
	total = zc_job_result(job);
	for (size_t i = 0; i < fan.count; i++) {
		const struct zc_result *result = zc_job_sink(job, i);

		for (int m = 0; m < ZC_METHODS; m++) {
			sum.use[m].bytes += result->use[m].bytes;
			sum.use[m].calls += result->use[m].calls;
		}
		CHECK(result->used_count > 0);
	}
	for (int m = 0; m < ZC_METHODS; m++) {
		bool used = false;

		CHECK(total->use[m].bytes == sum.use[m].bytes);
		CHECK(total->use[m].calls == sum.use[m].calls);
		for (size_t i = 0; i < total->used_count; i++)
			used |= total->used[i] == (enum zc_method)m;
		CHECK(used == (m != ZC_AUTO && sum.use[m].bytes > 0));
	}
	CHECK(total->header_bytes == 100 && total->trailer_bytes == 0);
	CHECK(total->bytes == (int64_t)SIZE);
	zc_job_free(job);
	return true;
}

/** True if the job reports the source's wait even while a sink waits. */
static bool
waits_for_both(void)
{
	struct iovec head = { .iov_base = content, .iov_len = 100000 };
	const struct zc_hdtr hdtr = { .headers = &head, .hdr_cnt = 1 };
	struct zc_wait waits[2];
	struct zc_job *job;
	struct fan fan;

	fan_inlet(&fan, PIPE_IN, SIZE);
	fan_outlet(&fan, UNIX_OUT, &hdtr);
	fan_outlet(&fan, PIPE_OUT, NULL);
	job = new_job(&fan.request);
	CHECK(zc_job_run(job, waits, 2) < 0 && errno == EAGAIN);
	CHECK(waits[0].fd == fan.out[0].fd && waits[0].events == POLLOUT);
	CHECK(waits[1].fd == fan.in.fd && waits[1].events == POLLIN);
	CHECK(fan_run(&fan, job) == 0);
	CHECK(fan_is_done(&fan, job, SIZE));
	zc_job_free(job);
	return true;
}

/* Requests that are refused */

static bool
is_refused(const struct zc_request *request, int error)
{
	struct zc_result result = ZC_RESULT_INIT;

	CHECK(zc_job_new(request) == NULL && errno == error);
	CHECK(zc_transfer(request, &result) < 0 && errno == error);
	CHECK(result.outcome == ZC_INVALID && result.error == error);
	return true;
}

static bool
refuses_nonsense(void)
{
	const struct group group = { { PIPE_OUT, FILE_OUT }, 2 };
	struct fan fan;
	struct zc_request request;
	struct zc_hdtr hdtr = { .hdr_cnt = -1 };
	struct zc_sink *sink = fan.sinks, good;

	fan_make(&fan, FILE_IN, SIZE, ZC_AUTO, &group);
	good = *sink;
	request = fan.request;
	request.sinks = NULL;
	CHECK(is_refused(&request, EINVAL));
	request = fan.request;
	request.sink_count = SIZE_MAX;
	CHECK(is_refused(&request, EINVAL));
	request = fan.request;
	sink->size = 0;
	CHECK(is_refused(&request, EINVAL));
	*sink = good;
	sink->fd = -1;
	CHECK(is_refused(&request, EBADF));
	*sink = good;
	sink->fd = another_of(fan.out[1].fd, O_RDONLY);
	CHECK(is_refused(&request, EBADF));
	*sink = good;
	sink->offset = -5;
	CHECK(is_refused(&request, EINVAL));
	*sink = good;
	sink->offset = INT64_MAX - 10;
	request.bytes = 11;
	CHECK(is_refused(&request, EINVAL));
	request = fan.request;
	*sink = good;
	sink->hdtr = &hdtr;
	CHECK(is_refused(&request, EINVAL));
	*sink = good;
	sink->fd = fan.out[0].fd;
	sink->offset = 0;
	CHECK(is_refused(&request, ESPIPE));
	*sink = good;
	sink->fd = another_of(fan.out[1].fd, O_WRONLY | O_APPEND);
	sink->offset = 0;
	CHECK(is_refused(&request, EINVAL));
	*sink = good;
	sink->fd = another_of(fan.in.fd, O_RDWR);
	lseek(sink->fd, fan.in.from + 10, SEEK_SET);
	CHECK(is_refused(&request, EINVAL));
	*sink = good;
	sink->fd = keep(open("/proc/self/comm", O_WRONLY));
	CHECK(is_refused(&request, EINVAL));
	*sink = good;
	request.out_fd = keep(open("/proc/self/comm", O_WRONLY));
	CHECK(is_refused(&request, EINVAL));
	CHECK(at(fan.in.fd) == fan.in.from);
	CHECK(fan_has(&fan.out[0], 0) && fan_has(&fan.out[1], 0));
	return true;
}

static bool
refuses_own_pipe(void)
{
	const struct group group = { { FILE_OUT, UNIX_OUT }, 2 };
	struct fan fan;

	fan_make(&fan, PIPE_IN, SIZE, ZC_AUTO, &group);
	fan.sinks[0].fd = fan.in.feed;
	return is_refused(&fan.request, EINVAL);
}

/** A program that is newer than the library has longer structs: they are
 * accepted if the members that the library does not know are 0. */
static bool
knows_longer_structs(void)
{
	struct {
		struct zc_sink sink;
		long more;
	} longer[2] = { { ZC_SINK_INIT(-1), 0 }, { ZC_SINK_INIT(-1), 0 } };
	const struct group group = { { PIPE_OUT, FILE_OUT, UNIX_OUT }, 3 };
	struct fan fan;
	struct zc_job *job;

	fan_make(&fan, UNIX_IN, SIZE, ZC_AUTO, &group);
	for (size_t i = 0; i < 2; i++) {
		longer[i].sink = fan.sinks[i];
		longer[i].sink.size = sizeof(longer[i]);
	}
	fan.request.sinks = &longer[0].sink;
	longer[1].more = 1;
	CHECK(is_refused(&fan.request, EINVAL));
	longer[1].more = 0;
	job = new_job(&fan.request);
	CHECK(fan_run(&fan, job) == 0);
	CHECK(fan_is_done(&fan, job, SIZE));
	zc_job_free(job);
	return true;
}

/* Hooks of the caller and descriptors in one job */

#define UNTIL	4711			/* the time that the hooks wait for */

static struct {
	size_t given, got;
	unsigned calls, finished;
	size_t breaks_at;		/* write_some() fails there; 0: never */
	bool wrong;
} hooks;

static int
not_yet(struct zc_wait *wait)
{
	hooks.wrong |= wait->fd != -1 || wait->until != 0;
	wait->until = UNTIL;
	errno = EAGAIN;
	return -1;
}

static ssize_t
read_some(void *arg, const struct iovec *piece, int count, struct zc_wait *wait)
{
	size_t size = SIZE - hooks.given;

	(void)arg;
	if (++hooks.calls % 3 == 0)
		return not_yet(wait);
	if (size > 7000)
		size = 7000;
	if (size > piece->iov_len)
		size = piece->iov_len;
	hooks.wrong |= count != 1;
	memcpy(piece->iov_base, content + hooks.given, size);
	hooks.given += size;
	return (ssize_t)size;
}

static ssize_t
write_some(void *arg, const struct iovec *piece, int count, bool more,
    struct zc_wait *wait)
{
	size_t size = piece->iov_len > 3000 ? 3000 : piece->iov_len;

	(void)arg;
	(void)more;
	if (++hooks.calls % 2 == 0)
		return not_yet(wait);
	if (hooks.breaks_at > 0 && hooks.got >= hooks.breaks_at) {
		errno = EPIPE;
		return -1;
	}
	hooks.wrong |= count != 1 || hooks.got + size > SIZE ||
	    memcmp(piece->iov_base, content + hooks.got, size) != 0;
	hooks.got += size;
	return (ssize_t)size;
}

static int
finish_later(void *arg, struct zc_wait *wait)
{
	(void)arg;
	return hooks.finished++ < 3 ? not_yet(wait) : 0;
}

static int
serve_each(const struct zc_wait *waits, size_t count, void *arg)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		found += waits[i].fd >= 0 || waits[i].until == UNTIL;
		if (waits[i].fd >= 0)
			hooks.wrong |= !fan_serve(arg, &waits[i], 1);
	}
	errno = EDOM;
	return hooks.wrong || found != count ? -1 : 0;
}

/** Move with hooks as sink `at`.  `source` is an inlet_sort; if it is negative,
 * a hook is the source, too. */
static bool
calls_hooks(int source, size_t at, size_t breaks_at)
{
	const struct group group = { { PIPE_OUT, UNIX_OUT, FILE_OUT }, 3 };
	struct zc_io in = ZC_IO_INIT, out = ZC_IO_INIT;
	struct zc_job *job;
	struct fan fan;
	int error;

	memset(&hooks, 0, sizeof(hooks));
	hooks.breaks_at = breaks_at;
	in.readv = read_some;
	out.writev = write_some;
	out.finish = finish_later;
	fan_make(&fan, source < 0 ? FILE_IN : (enum inlet_sort)source, SIZE,
	    ZC_AUTO, &group);
	fan.request.in_io = source < 0 ? &in : NULL;
	if (at == 0)
		fan.request.out_io = &out;
	else
		fan.sinks[at - 1].io = &out;
	fan.request.flags = ZC_DROP_SINKS;
	fan.request.wait = serve_each;
	fan.request.arg = &fan;
	job = new_job(&fan.request);
	error = zc_job_run(job, NULL, 0) == 0 ? 0 : errno;
	CHECK(!hooks.wrong && error == (breaks_at > 0 ? EPIPE : 0));
	for (size_t i = 0; i < 3; i++)
		CHECK(zc_job_sink(job, i)->bytes ==
		    (i == at ? (int64_t)hooks.got : (int64_t)SIZE));
	zc_job_free(job);
	CHECK(breaks_at > 0 ? hooks.got >= breaks_at : hooks.got == SIZE);
	CHECK(hooks.finished == (breaks_at > 0 ? 0 : 4));
	for (size_t i = 0; i < 3; i++)
		CHECK(i == at || fan_gets(&fan.out[i], SIZE));
	return true;
}

static bool
calls_hooks_everywhere(size_t breaks_at)
{
	for (int i = 0; i < (INLETS + 1) * 3; i++) {
		if (!calls_hooks(i / 3 - 1, (size_t)i % 3, breaks_at)) {
			printf("# from %s, sink %d\n", i < 3 ? "hooks" :
			    inlet_names[i / 3 - 1], i % 3);
			return false;
		}
		shut_all();
	}
	return true;
}

/* Many sinks, and stdio */

#define MANY	150
#define LITTLE	((size_t)60 * 1000)	/* fits into a pipe */

/** Return a pipe that holds `size` bytes of content and has no writer. */
static int
filled_pipe(size_t size)
{
	int ends[2];

	if (pipe2(ends, O_NONBLOCK) < 0 ||
	    write(ends[1], content, size) != (ssize_t)size)
		give_up("pipe");
	close(ends[1]);
	return keep(ends[0]);
}

static bool
moves_to_many(bool stream, enum zc_method method)
{
	int in = stream ? filled_pipe(LITTLE) : file_of(content, LITTLE);
	struct zc_request request = request_for(in, file_of("", 0), method);
	struct zc_result result = ZC_RESULT_INIT;
	struct zc_sink sinks[MANY];

	for (size_t i = 0; i < MANY; i++) {
		sinks[i] = (struct zc_sink)ZC_SINK_INIT(file_of("", 0));
		sinks[i].offset = i % 2 ? 0 : ZC_CURRENT;
	}
	request.sinks = sinks;
	request.sink_count = MANY;
	CHECK(zc_transfer(&request, &result) == 0);
	CHECK(result.bytes == (int64_t)LITTLE && result.lost == 0);
	CHECK(stream || at(in) == (int64_t)LITTLE);
	CHECK(is_content(request.out_fd, LITTLE));
	for (size_t i = 0; i < MANY; i++)
		CHECK(is_content(sinks[i].fd, LITTLE));
	return true;
}

/** True if both sinks get the bytes that stdio has read ahead, and those after
 * them. */
static bool
moves_stdio(bool stream)
{
	FILE *in = stream_of(stream ? filled_pipe(LITTLE) :
	    file_of(content, LITTLE), "r");
	FILE *out = stream_of(file_of("", 0), "w");
	struct zc_sink sink = ZC_SINK_INIT(file_of("", 0));
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct zc_result result = ZC_RESULT_INIT;
	const int64_t rest = (int64_t)LITTLE - 1;

	request.sinks = &sink;
	request.sink_count = 1;
	CHECK(fgetc(in) == content[0]);
	CHECK(fputc(content[0], out) == content[0]);
	CHECK(zc_transfer_stdio(in, out, &request, &result) == 0);
	CHECK(result.bytes == rest && result.lost == 0);
	CHECK(fgetc(in) == EOF && ftello(out) == (int64_t)LITTLE);
	CHECK(stream || ftello(in) == (int64_t)LITTLE);
	CHECK(is_content(fileno(out), LITTLE));
	CHECK(size_of(sink.fd) == rest);
	CHECK(holds(sink.fd, 0, content + 1, (size_t)rest));
	fclose(in);
	fclose(out);
	return true;
}

static void
check_source(enum inlet_sort source)
{
	const char *from = inlet_names[source];

	for (size_t m = 0; m < in_place_count; m++)
		if (fan_suits(source, FILE_OUT, in_place[m]))
			CASE(wraps_each(source, in_place[m]),
			    "sinks: from %s by %s: each sink has its own "
			    "headers and trailers", from,
			    zc_method_name(in_place[m]));
	CASE(moves_count(source),
	    "sinks: from %s: a byte count, and a source that ends early",
	    from);
}

int
main(void)
{
	begin();
	begin_text();
	srand(1);			/* the same waits in each run */
	for (int source = 0; source < INLETS; source++)
		check_source((enum inlet_sort)source);
	CASE(asks_for_each(), "sinks: select is called for each sink");
	CASE(sums_up(),
	    "sinks: the job's result is the sum of its sinks' results");
	CASE(waits_for_both(),
	    "sinks: a sink that waits does not hide what the source waits for");
	CASE(refuses_nonsense(), "sinks: impossible requests are refused");
	CASE(refuses_own_pipe(), "sinks: a pipe is not moved onto itself");
	CASE(knows_longer_structs(), "sinks: longer structs are accepted");
	for (size_t m = 0; m < in_place_count; m++) {
		const char *by = zc_method_name(in_place[m]);

		if (fan_suits(PIPE_IN, FILE_OUT, in_place[m]))
			CASE(moves_to_many(true, in_place[m]),
			    "sinks: from a pipe by %s to %d sinks", by, MANY);
		/* sendfile(2) cannot write at an offset. */
		if (in_place[m] != ZC_SENDFILE)
			CASE(moves_to_many(false, in_place[m]),
			    "sinks: from a file by %s to %d sinks", by, MANY);
	}
	CASE(calls_hooks_everywhere(0),
	    "sinks: hooks and descriptors in one job");
	CASE(calls_hooks_everywhere(SIZE / 2),
	    "sinks: a hook fails, and the other sinks get everything");
	CASE(moves_stdio(true), "sinks: from a pipe that stdio has read ahead");
	CASE(moves_stdio(false),
	    "sinks: from a file that stdio has read ahead");
	finish();
	return 0;
}
