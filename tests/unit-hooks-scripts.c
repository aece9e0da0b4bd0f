/*
 * Ends behind hooks (zc_io) that follow a script of errors: which one is called
 * when, and what comes of what it returns.
 */
#include "config.h"

#include "lib-hooks.h"
#include "lib-play.h"

/* Scripts, for a source that gives 10 bytes twice and then ends */

static const struct script {
	const char *what;
	struct fault faults[4];
	const char *log;
	enum zc_outcome outcome;
	enum zc_side side;
	int error;
	int64_t bytes, lost;
} scripts[] = {
	{ "a flush before each readv that may wait, and one finish",
	    { { 0 } }, "rWfrWfre", ZC_DONE, 0, 0, DATA, 0 },

	{ "readv: EAGAIN", { { 'r', 1, EAGAIN } },
	    "rsrWfrWfre", ZC_DONE, 0, 0, DATA, 0 },
	{ "readv: EAGAIN after some data", { { 'r', 2, EAGAIN } },
	    "rWfrsrWfre", ZC_DONE, 0, 0, DATA, 0 },
	{ "readv: EAGAIN twice, and no second flush",
	    { { 'r', 2, EAGAIN }, { 'r', 3, EAGAIN } },
	    "rWfrsrsrWfre", ZC_DONE, 0, 0, DATA, 0 },
	{ "readv: EAGAIN before the end", { { 'r', 3, EAGAIN } },
	    "rWfrWfrsre", ZC_DONE, 0, 0, DATA, 0 },
	{ "writev: EAGAIN", { { 'w', 1, EAGAIN } },
	    "rWsWfrWfre", ZC_DONE, 0, 0, DATA, 0 },
	{ "writev: EAGAIN twice",
	    { { 'w', 2, EAGAIN }, { 'w', 3, EAGAIN } },
	    "rWfrWsWsWfre", ZC_DONE, 0, 0, DATA, 0 },
	{ "flush: EAGAIN, and no readv before it has succeeded",
	    { { 'f', 1, EAGAIN }, { 'f', 2, EAGAIN } },
	    "rWfsfsfrWfre", ZC_DONE, 0, 0, DATA, 0 },
	{ "finish: EAGAIN twice",
	    { { 'e', 1, EAGAIN }, { 'e', 2, EAGAIN } },
	    "rWfrWfresese", ZC_DONE, 0, 0, DATA, 0 },

	{ "readv: EINTR", { { 'r', 2, EINTR } },
	    "rWfrirWfre", ZC_DONE, 0, 0, DATA, 0 },
	{ "writev: EINTR", { { 'w', 1, EINTR } },
	    "rWiWfrWfre", ZC_DONE, 0, 0, DATA, 0 },
	{ "flush: EINTR, and no readv before it has succeeded",
	    { { 'f', 1, EINTR } },
	    "rWfifrWfre", ZC_DONE, 0, 0, DATA, 0 },
	{ "finish: EINTR", { { 'e', 1, EINTR } },
	    "rWfrWfreie", ZC_DONE, 0, 0, DATA, 0 },

	{ "readv fails: no finish", { { 'r', 2, EIO } },
	    "rWfr", ZC_FAILED, ZC_SOURCE, EIO, 10, 0 },
	{ "writev fails: no finish", { { 'w', 2, EPIPE } },
	    "rWfrW", ZC_FAILED, ZC_SINK, EPIPE, 10, 10 },
	{ "flush fails: no readv, no finish", { { 'f', 1, EPIPE } },
	    "rWf", ZC_FAILED, ZC_SINK, EPIPE, 10, 0 },
	{ "finish fails: not again", { { 'e', 1, ECONNRESET } },
	    "rWfrWfre", ZC_FAILED, ZC_SINK, ECONNRESET, DATA, 0 },
	{ "finish fails after EAGAIN: not again",
	    { { 'e', 1, EAGAIN }, { 'e', 2, ECONNRESET } },
	    "rWfrWfrese", ZC_FAILED, ZC_SINK, ECONNRESET, DATA, 0 },
};

static bool
follows(const struct script *script)
{
	const struct zc_request request = set_up(script->faults);
	struct zc_job *job = new_job(&request);
	const struct zc_result *result = zc_job_result(job);
	int error;

	play.counts = true;
	error = zc_job_run(job, NULL, 0) == 0 ? 0 : errno;
	CHECK(is_log(script->log) && error == script->error);
	CHECK(result->outcome == script->outcome);
	CHECK(result->error == script->error);
	CHECK(error == 0 || result->side == script->side);
	CHECK(result->bytes == script->bytes);
	CHECK(result->lost == script->lost);
	CHECK(play.got_size == (size_t)script->bytes);
	CHECK(memcmp(play.got, content, play.got_size) == 0);
	/* What has ended does not go on. */
	CHECK((zc_job_run(job, NULL, 0) == 0 ? 0 : errno) == error);
	zc_job_free(job);
	return is_log(script->log);
}

/** The same without a wait function: the job returns what the hook asked
 * for. */
static bool
returns_what_is_asked_for(const struct script *script)
{
	struct zc_request request = set_up(script->faults);
	struct zc_result result = ZC_RESULT_INIT;
	struct zc_wait waits[2] = { { .fd = 99 }, { .fd = 99 } };
	struct zc_job *job;
	int error;

	request.wait = NULL;
	job = new_job(&request);
	while ((error = zc_job_run(job, waits, 2) == 0 ? 0 : errno) == EAGAIN) {
		CHECK(waits[1].fd == -1 && waits[1].until == 0);
		CHECK(zc_job_result(job)->outcome == ZC_UNFINISHED);
		play_wait(waits, 1, &play);
	}
	CHECK(is_log(script->log) && error == script->error);
	zc_job_free(job);

	/* zc_transfer() has nobody to wait for it. */
	request = set_up(script->faults);
	request.wait = NULL;
	error = zc_transfer(&request, &result) == 0 ? 0 : errno;
	if (strchr(script->log, 's') == NULL)
		return error == script->error && result.lost == script->lost;
	CHECK(error == EAGAIN || error == EIO);
	return result.bytes + result.lost == (int64_t)play.given;
}

static bool
stops_at_a_signal(char call)
{
	const struct fault faults[] = { { call, 1, EINTR }, { 0 } };
	struct zc_request request = set_up(faults);
	struct zc_result result = ZC_RESULT_INIT;

	play.stops = true;
	CHECK(zc_transfer(&request, &result) < 0 && errno == EINTR);
	CHECK(result.outcome == ZC_STOPPED);
	CHECK(result.bytes == (int64_t)play.got_size);
	CHECK(result.bytes + result.lost == (int64_t)play.given);
	return play.log[strlen(play.log) - 1] == 'i';
}

/* `more` */

/** The wanted values: true for all but the last bytes, if these are known. */
static bool
tells_of_more(enum zc_method method, int heads, int tails, int64_t bytes,
    size_t part)
{
	static struct iovec head[200], tail[200];
	struct zc_request request = set_up(NULL);
	struct zc_result result = ZC_RESULT_INIT;
	const struct zc_hdtr hdtr = { head, heads, tail, tails };
	const char *last;
	size_t length;

	for (int i = 0; i < 200; i++)
		head[i] = tail[i] = (struct iovec){ content, 3 };
	play.part = part;
	play.counts = true;
	request.in_io = NULL;
	request.in_fd = file_of(content, (size_t)DATA);
	request.bytes = bytes;
	request.hdtr = &hdtr;
	request.block_size = 7;
	request.method = method;
	CHECK(zc_transfer(&request, &result) == 0);
	CHECK(play.got_size == (size_t)(3 * (heads + tails) +
	    (bytes == ZC_TO_END ? DATA : bytes)));
	/* "WWW...w", where w may be repeated if not all of it was taken.  The
	 * data of a source without a count may be the last, or not. */
	length = strlen(play.log);
	CHECK(play.log[length - 1] == 'e' && play.wrong == 0);
	last = strchr(play.log, 'w');
	if (bytes == ZC_TO_END && tails == 0)
		return last == NULL;
	if (play.got_size == 0)
		return length == 1;
	CHECK(last != NULL);
	CHECK(strspn(last, "w") == length - 1 - (size_t)(last - play.log));
	return part < 1000 || last[1] == 'e';
}

/* What a hook must not do */

static bool
counts_more_than_offered(bool by_sink)
{
	struct zc_request request = set_up(NULL);
	struct zc_result result = ZC_RESULT_INIT;
	int fd = file_of(content, (size_t)DATA);

	play.excess = 1;
	if (by_sink) {
		request.in_io = NULL;
		request.in_fd = fd;
	} else {
		request.out_io = NULL;
		request.out_fd = fd;
	}
	CHECK(zc_transfer(&request, &result) < 0 && errno == EIO);
	CHECK(result.outcome == ZC_FAILED && result.error == EIO);
	CHECK(result.side == (by_sink ? ZC_SINK : ZC_SOURCE));
	CHECK(result.bytes == 0 && result.lost == 0 && at(fd) == 0);
	return is_log(by_sink ? "W" : "r");
}

static bool
takes_nothing(void)
{
	struct zc_request request = set_up(NULL);
	struct zc_result result = ZC_RESULT_INIT;

	play.part = 0;
	request.in_io = NULL;
	request.in_fd = file_of(content, (size_t)DATA);
	CHECK(zc_transfer(&request, &result) < 0 && errno == ENOSPC);
	return result.outcome == ZC_FAILED && result.side == ZC_SINK &&
	    at(request.in_fd) == 0;
}

/** A struct of another size: of an older program, or of a newer one. */
static bool
has_size(size_t size, bool last_is_set, bool by_sink, int error)
{
	struct { struct zc_io io; void *next; } newer = { .io = by_sink ?
		play_sink : play_source, .next = last_is_set ? &play : NULL };
	struct zc_request request = set_up(NULL);
	struct zc_result result = ZC_RESULT_INIT;

	newer.io.size = size;
	if (by_sink)
		request.out_io = &newer.io;
	else
		request.in_io = &newer.io;
	CHECK((zc_transfer(&request, &result) == 0 ? 0 : errno) == error);
	CHECK(result.outcome == (error == 0 ? ZC_DONE : ZC_INVALID));
	if (error != 0)
		return is_log("");
	/* Hooks beyond the size are not called. */
	return is_log(by_sink && size < SIZE_MAX &&
	    size <= offsetof(struct zc_io, flush) ? "rWrWr" : "rWfrWfre");
}

static bool
is_missing(bool by_sink, bool among_sinks)
{
	struct zc_io none = by_sink ? play_sink : play_source;
	struct zc_sink more = ZC_SINK_INIT(-1);
	struct zc_request request = set_up(NULL);

	none.readv = NULL;
	none.writev = NULL;
	more.io = &none;
	if (!by_sink)
		request.in_io = &none;
	else if (!among_sinks)
		request.out_io = &none;
	else {
		request.sinks = &more;
		request.sink_count = 1;
	}
	CHECK(zc_job_new(&request) == NULL && errno == EINVAL);
	return is_log("");
}

static bool
has_no_offset(bool by_sink)
{
	struct zc_request request = set_up(NULL);

	if (by_sink)
		request.out_offset = 0;
	else
		request.offset = 0;
	CHECK(zc_job_new(&request) == NULL && errno == ESPIPE);
	return is_log("");
}

/** A sink that is full; then the caller offers it less. */
static bool
may_be_offered_less(void)
{
	const struct fault faults[] = { { 'w', 1, EAGAIN }, { 0 } };
	struct zc_request request = set_up(faults);
	struct zc_result result = ZC_RESULT_INIT;
	struct zc_job *job;

	request.in_io = NULL;
	request.in_fd = file_of(content, (size_t)DATA);
	request.wait = NULL;
	job = new_job(&request);
	CHECK(zc_job_run(job, NULL, 0) < 0 && errno == EAGAIN);
	zc_job_free(job);
	CHECK(is_log("W") && at(request.in_fd) == 0);
	request.block_size = 3;
	CHECK(zc_transfer(&request, &result) == 0 && result.bytes == DATA);
	return play.got_size == (size_t)DATA &&
	    memcmp(play.got, content, (size_t)DATA) == 0;
}

/** A kernel file gets all of it in one write(2). */
static bool
is_one_command(void)
{
	const struct fault faults[] = { { 'r', 1, EAGAIN }, { 'r', 3, EAGAIN },
		{ 'r', 5, EAGAIN }, { 0 } };
	struct zc_request request = set_up(faults);
	struct zc_result result = ZC_RESULT_INIT;

	request.out_io = NULL;
	request.out_fd = keep(open("/proc/self/comm", O_WRONLY));
	CHECK(zc_transfer(&request, &result) == 0 && result.bytes == DATA);
	return is_log("rsrrsrrsr");
}

/* Success, and what is none */

static bool
is_short(void)
{
	struct zc_request request = set_up(NULL);
	struct zc_result result = ZC_RESULT_INIT;

	request.bytes = DATA + 1;
	request.flags = ZC_EXACT;
	CHECK(zc_transfer(&request, &result) < 0 && errno == ENODATA);
	CHECK(result.outcome == ZC_SHORT && result.bytes == DATA);
	return is_log("rWfrWfr");
}

/** A count, and not one byte more: the source is not even asked. */
static bool
stops_at_a_count(int64_t bytes, const char *log)
{
	struct zc_request request = set_up(NULL);
	struct zc_result result = ZC_RESULT_INIT;

	request.bytes = bytes;
	CHECK(zc_transfer(&request, &result) == 0 && result.bytes == bytes);
	return is_log(log) && play.given == (size_t)bytes;
}

static bool
is_kept_open(void)
{
	struct zc_request request = set_up(NULL);
	struct zc_range range = ZC_RANGE_INIT;
	struct zc_job *job;

	request.bytes = 7;
	request.flags = ZC_KEEP_OPEN;
	job = new_job(&request);
	CHECK(zc_job_run(job, NULL, 0) == 0 && play.calls['e'] == 0);
	CHECK(play.got_size == 7 && play.kept == 0);
	range.bytes = 5;
	CHECK(zc_job_next(job, &range) == 0);
	CHECK(zc_job_run(job, NULL, 0) == 0 && play.calls['e'] == 0);
	CHECK(play.got_size == 12 && play.kept == 0);
	range.bytes = 6;
	range.last = true;
	CHECK(zc_job_next(job, &range) == 0);
	CHECK(zc_job_run(job, NULL, 0) == 0 && play.calls['e'] == 1);
	CHECK(zc_job_next(job, &range) < 0 && errno == EBUSY);
	CHECK(play.got_size == 18 && zc_job_result(job)->bytes == 18);
	zc_job_free(job);
	return play.calls['e'] == 1 && play.wrong == 0 &&
	    memcmp(play.got, content, 18) == 0;
}

/** Ranges with headers and trailers of their own: frames. */
static bool
is_framed(void)
{
	static const char wire[] = "<<0123456>><<789012>><<3456789>>";
	static const int64_t ranges[] = { 7, 6, 7 };
	struct iovec around[2] = { { "<<", 2 }, { ">>", 2 } };
	const struct zc_hdtr hdtr = { around, 1, around + 1, 1 };
	struct zc_request request = set_up(NULL);
	struct zc_range range = ZC_RANGE_INIT;
	struct zc_job *job;

	request.in_io = NULL;
	request.in_fd = file_of("01234567890123456789", (size_t)DATA);
	request.flags = ZC_KEEP_OPEN;
	request.hdtr = range.hdtr = &hdtr;
	request.bytes = ranges[0];
	job = new_job(&request);
	for (size_t i = 0; i < COUNT(ranges); i++) {
		range.bytes = ranges[i];
		range.last = i + 1 == COUNT(ranges);
		CHECK(i == 0 || zc_job_next(job, &range) == 0);
		CHECK(zc_job_run(job, NULL, 0) == 0);
		CHECK(range.last || play.kept == 0);
		CHECK(play.calls['e'] == range.last);
	}
	zc_job_free(job);
	CHECK(play.got_size == strlen(wire));
	CHECK(memcmp(play.got, wire, play.got_size) == 0);
	return is_log("WWwfWWwfWWwe");
}

/** Without finish, what was kept back is flushed at the end. */
static bool
is_flushed_without_finish(void)
{
	const struct fault faults[] = { { 'f', 1, EAGAIN }, { 'f', 2, EINTR },
		{ 0 } };
	struct zc_io plain = play_sink;
	struct zc_request request = set_up(faults);
	struct zc_result result = ZC_RESULT_INIT;

	plain.finish = NULL;
	request.in_io = NULL;
	request.in_fd = file_of(content, (size_t)DATA);
	request.out_io = &plain;
	CHECK(zc_transfer(&request, &result) == 0);
	CHECK(play.got_size == (size_t)DATA && play.kept == 0);
	return is_log("WWfsfif");
}

static int64_t
on_allow(int64_t bytes, int64_t *until, void *arg)
{
	unsigned *asked = arg;

	if (++*asked % 2 == 0)
		return bytes < 10 ? bytes : 10;
	play.wait = (struct zc_wait){ .fd = -1, .until = 1 };
	*until = play.wait.until;
	return 0;
}

static int
on_slow_wait(const struct zc_wait *wait, size_t count, void *arg)
{
	(void)arg;
	play.wrong += play.kept > 0;	/* for as long as it sleeps */
	return play_wait(wait, count, &play);
}

/** A rate limit makes a job sleep, also if the source is a file. */
static bool
is_flushed_before_a_rate_limit(void)
{
	struct zc_request request = set_up(NULL);
	struct zc_result result = ZC_RESULT_INIT;
	unsigned asked = 0;

	request.in_io = NULL;
	request.in_fd = file_of(content, (size_t)DATA);
	request.allow = on_allow;
	request.event = NULL;
	request.wait = on_slow_wait;
	request.arg = &asked;
	CHECK(zc_transfer(&request, &result) == 0 && result.bytes == DATA);
	return is_log("sWfsWe");
}

/** EBUSY makes the caller sleep.  Where all files are in memory, it never
 * comes. */
static bool
is_flushed_before_the_disk(void)
{
	static unsigned char data[100000];
	const struct fault faults[] = { { 'f', 1, EINTR }, { 'f', 2, EAGAIN },
		{ 0 } };
	struct iovec piece = { content, 10 };
	const struct zc_hdtr hdtr = { &piece, 1, NULL, 0 };
	struct zc_request request = set_up(faults);
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);
	struct zc_job *job;

	if (fd < 0)
		return true;
	CHECK(write(keep(fd), content, sizeof(data)) == (ssize_t)sizeof(data));
	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	play.part = sizeof(data);
	request.in_io = NULL;
	request.in_fd = fd;
	request.offset = 0;
	request.hdtr = &hdtr;
	request.flags = ZC_NODISKIO;
	job = new_job(&request);
	while (zc_job_run(job, NULL, 0) < 0 && errno == EBUSY) {
		CHECK(play.kept == 0);
		CHECK(pread(fd, data, sizeof(data), 0) ==
		    (ssize_t)sizeof(data));
	}
	CHECK(zc_job_result(job)->outcome == ZC_DONE && play.wrong == 0);
	zc_job_free(job);
	return play.got_size == 10 + sizeof(data);
}

/* What becomes of bytes that a failing sink did not take */

static bool
puts_back(enum zc_method method, bool placed)
{
	const struct fault faults[] = { { 'w', 2, EPIPE }, { 0 } };
	struct zc_request request = set_up(faults);
	struct zc_result result = ZC_RESULT_INIT;

	request.in_io = NULL;
	request.in_fd = file_of(content, 100000);
	request.method = method;
	if (placed)
		request.offset = 0;
	CHECK(zc_transfer(&request, &result) < 0 && errno == EPIPE);
	CHECK(result.outcome == ZC_FAILED && result.side == ZC_SINK);
	CHECK(result.bytes == (int64_t)PART && result.lost == 0);
	return at(request.in_fd) == (placed ? 0 : (int64_t)PART);
}

static bool
loses(enum sort sort)
{
	const struct fault faults[] = { { 'w', 2, EPIPE }, { 0 } };
	struct flow flow = new_flow(sort, FILE_END);
	struct zc_request request = set_up(faults);
	struct zc_result result = ZC_RESULT_INIT;

	request.in_fd = flow.in;
	request.in_io = flow.from != NULL ? &flow.from->reader : NULL;
	CHECK(feed(&flow, 1000));
	CHECK(zc_transfer(&request, &result) < 0 && errno == EPIPE);
	CHECK(result.outcome == ZC_FAILED && result.side == ZC_SINK);
	CHECK(result.bytes == (int64_t)PART && result.lost > 0);
	return taken(&flow) == result.bytes + result.lost;
}

/* Methods */

static const char *const by_memory =
    "an end that is no descriptor needs bytes in memory of our own";

static bool
is_named(enum zc_method method, bool by_sink)
{
	struct zc_request request = set_up(NULL);
	struct zc_result result = ZC_RESULT_INIT;
	const bool fits = method == ZC_READ_WRITE;

	if (by_sink) {
		request.in_io = NULL;
		request.in_fd = file_of(content, (size_t)DATA);
	} else {
		request.out_io = NULL;
		request.out_fd = file_of("", 0);
	}
	request.method = method;
	if (fits) {
		CHECK(zc_transfer(&request, &result) == 0);
		CHECK(result.used_count == 1 && result.used[0] == method);
		return result.bytes == DATA;
	}
	CHECK(zc_transfer(&request, &result) < 0 && errno == ENOTSUP);
	CHECK(result.outcome == ZC_UNSUITED && result.reason != NULL);
	CHECK(strcmp(result.reason, by_memory) == 0);
	CHECK(result.method == method && result.bytes == 0);
	return is_log("");
}

static int
prefer_splice(const struct zc_ends *ends, void *arg)
{
	(void)arg;
	play.wrong += ends->out != ZC_HOOKS || ends->bytes != 100000;
	return ZC_SPLICE;
}

static bool
is_planned(void)
{
	struct zc_request request = set_up(NULL);
	struct zc_ends ends = ZC_ENDS_INIT;
	struct zc_plan plan = ZC_PLAN_INIT;
	struct zc_result result = ZC_RESULT_INIT;

	CHECK(zc_ends_of(&ends, &request) == 0);
	CHECK(ends.in == ZC_HOOKS && ends.out == ZC_HOOKS && ends.bytes == -1);
	request.in_io = NULL;
	request.in_fd = file_of(content, 100000);
	CHECK(zc_ends_of(&ends, &request) == 0);
	CHECK(ends.in == ZC_REGULAR && ends.out == ZC_HOOKS);
	zc_plan(&plan, &ends, ZC_AUTO, ZC_AUTO, 0);
	CHECK(plan.count == 1 && plan.method[0] == ZC_READ_WRITE);
	for (int m = 1; m < ZC_METHODS; m++)
		CHECK((plan.why_not[m] == NULL) == (m == ZC_READ_WRITE));
	zc_plan(&plan, &ends, ZC_AUTO, ZC_SPLICE, 0);
	CHECK(plan.count == 1 && plan.method[0] == ZC_READ_WRITE);
	CHECK(strcmp(plan.why_not[ZC_SPLICE], by_memory) == 0);
	zc_plan(&plan, &ends, ZC_AUTO, ZC_MMAP, 0);
	CHECK(plan.count == 1 && plan.method[0] == ZC_READ_WRITE);
	CHECK(strcmp(plan.why_not[ZC_MMAP], by_memory) == 0);
	play.part = 100000;
	request.select = prefer_splice;
	CHECK(zc_transfer(&request, &result) == 0 && result.bytes == 100000);
	CHECK(result.used_count == 1 && result.used[0] == ZC_READ_WRITE);
	return zc_kind_name(ZC_HOOKS) != NULL && play.wrong == 0;
}

/* All of them */

static void
check_scripts(void)
{
	for (size_t i = 0; i < COUNT(scripts); i++) {
		CASE(follows(&scripts[i]), "%s", scripts[i].what);
		CASE(returns_what_is_asked_for(&scripts[i]),
		    "%s, without a wait function", scripts[i].what);
	}
	for (const char *call = "rwfe"; *call != '\0'; call++)
		CASE(stops_at_a_signal(*call),
		    "EINTR from hook %c may stop the job", *call);
}

static void
check_more(void)
{
	static const enum zc_method methods[] = { ZC_READ_WRITE, ZC_AUTO };
	static const int64_t counts[] = { ZC_TO_END, 0, 7, 14, 20 };
	static const int pieces[] = { 0, 1, 64, 65, 200 };
	const size_t all = COUNT(counts) * COUNT(pieces) * COUNT(pieces);

	for (size_t i = 0; i < all * 4; i++) {
		enum zc_method method = methods[i % 2];
		size_t part = i / 2 % 2 ? 1000 : 5;
		int64_t bytes = counts[i / 4 % 5];
		int heads = pieces[i / 20 % 5], tails = pieces[i / 100];

		CASE(tells_of_more(method, heads, tails, bytes, part),
		    "%s: more, for %d pieces of header, %d of trailer, count "
		    "%d, %zu at a time", zc_method_name(method), heads, tails,
		    (int)bytes, part);
	}
}

static void
check_misuse(void)
{
	const size_t least = offsetof(struct zc_io, flush);

	for (int by_sink = 0; by_sink < 2; by_sink++) {
		const char *name = by_sink ? "sink" : "source";

		CASE(counts_more_than_offered(by_sink),
		    "a %s that counts more than it was offered: EIO", name);
		CASE(is_missing(by_sink, false),
		    "a %s without its hook: EINVAL", name);
		CASE(has_no_offset(by_sink), "a %s at an offset: ESPIPE",
		    name);
		CASE(has_size(least, false, by_sink, 0),
		    "a %s of the smallest size", name);
		CASE(has_size(least - 1, false, by_sink, EINVAL),
		    "a %s that is too small: EINVAL", name);
		CASE(has_size(0, false, by_sink, EINVAL),
		    "a %s of size 0: EINVAL", name);
		CASE(has_size(sizeof(struct zc_io) + sizeof(void *), false,
		    by_sink, 0), "a %s with a member that is not set", name);
		CASE(has_size(sizeof(struct zc_io) + sizeof(void *), true,
		    by_sink, EINVAL), "a %s with an unknown member: EINVAL",
		    name);
	}
	CASE(is_missing(true, true), "a further sink without its hook: EINVAL");
	CASE(takes_nothing(), "a sink that takes nothing: ENOSPC");
	CASE(may_be_offered_less(), "EAGAIN, and then fewer bytes");
}

static void
check_ends(void)
{
	CASE(is_short(), "a short source: no finish");
	CASE(is_one_command(), "to a kernel file");
	CASE(stops_at_a_count(0, "e"), "count 0: a finish, and nothing else");
	CASE(stops_at_a_count(7, "rwe"), "a count");
	CASE(stops_at_a_count(DATA, "rWfrwe"), "a count of all");
	CASE(is_kept_open(), "ZC_KEEP_OPEN: finish comes with the last range");
	CASE(is_framed(), "ranges with headers and trailers of their own");
	CASE(is_flushed_without_finish(), "no finish: a flush at the end");
	CASE(is_flushed_before_a_rate_limit(), "a flush before a rate limit");
	CASE(is_flushed_before_the_disk(), "a flush before EBUSY");
	for (int placed = 0; placed < 2; placed++) {
		const char *where = placed ? ", at an offset" : "";

		CASE(puts_back(ZC_AUTO, placed), "auto puts back%s", where);
		CASE(puts_back(ZC_AUTO, placed), "auto puts back%s", where);
	}
	for (int sort = PIPE_END; sort < ALL_SORTS; sort++)
		CASE(loses((enum sort)sort), "from %s: what is lost is counted",
		    sort_names[sort]);
	for (int m = 1; m < ZC_METHODS; m++) {
		const char *name = zc_method_name((enum zc_method)m);

		CASE(is_named((enum zc_method)m, true), "%s to hooks", name);
		CASE(is_named((enum zc_method)m, false), "%s from hooks",
		    name);
	}
	CASE(is_planned(), "what is planned for hooks");
}

int
main(void)
{
	begin();
	srand(1);			/* the same in each run */
	check_scripts();
	check_more();
	check_misuse();
	check_ends();
	finish();
	return 0;
}
