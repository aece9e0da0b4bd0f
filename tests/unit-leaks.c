/*
 * A job leaves nothing behind: however it ends, its descriptors, pipes and
 * mappings are gone, and the flags of the caller's descriptors are as they
 * were.  A signal during a call reaches the hook, and changes no count.
 */
#include "config.h"

#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "lib-chance.h"
#include "lib-flow.h"

#define PART	((size_t)300 * 1000)	/* of content, in each source */
#define UNTIL	((int64_t)100 * 1000)	/* by then something happens */

/* Mappings */

struct maps {
	int all, files;			/* how many in all, and of memfds */
};

static struct maps
count_maps(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	struct maps maps = { .all = 0 };
	char line[1000];

	if (file == NULL)
		give_up("/proc/self/maps");
	while (fgets(line, sizeof(line), file) != NULL) {
		maps.all++;
		maps.files += strstr(line, "/memfd:") != NULL;
	}
	fclose(file);
	return maps;
}

/* A flow that is served until it is stopped */

static struct flow flow;
static int64_t stop_at;			/* the event that stops it */

static int
on_event(const struct zc_event *event, void *arg)
{
	(void)arg;
	return event->type == ZC_EVENT_MOVED && event->bytes >= stop_at;
}

static struct zc_request
begin_flow(enum sort source, enum sort sink, enum zc_method method)
{
	struct zc_request request;

	flow = new_flow_of(source, sink, PART);
	request = request_for(flow.in, flow.out, method);
	request.pipe_size = 8192;
	request.block_size = 30000;
	request.event = on_event;
	stop_at = INT64_MAX;
	return request;
}

/** Run and serve until so much is delivered.  Return 0 or an errno. */
static int
run_until(struct zc_job *job, int64_t bytes)
{
	struct zc_wait wait;

	while (zc_job_result(job)->bytes < bytes) {
		if (zc_job_run(job, &wait, 1) == 0)
			return 0;
		if (errno != EAGAIN)
			return errno;
		if (zc_job_result(job)->bytes < bytes && !serve(&flow, &wait))
			return EDOM;
	}
	return EAGAIN;
}

/* The ways to end */

enum way { ALL, FREED_UNUSED, ABANDONED, STOPPED, NO_READER, NO_ROOM, EARLY,
	REFUSED, INVALID, AT_ONCE, WAYS };

static const char *const ways[WAYS] = {
	"all is moved", "it was never run", "it is abandoned half way",
	"the event hook stops it", "the reader goes away",
	"the device is full", "the source ends early",
	"the method is refused", "the request is invalid",
	"zc_transfer() would have to wait",
};

static bool
ends_all(const struct zc_request *request)
{
	struct zc_job *job = new_job(request);
	int error = run_until(job, INT64_MAX);

	zc_job_free(job);
	CHECK(error == 0);
	return is_complete(&flow);
}

static bool
ends_unused(const struct zc_request *request)
{
	zc_job_free(new_job(request));
	CHECK(taken(&flow) == (flow.source == FILE_END ? 0 : flow.fed));
	return true;
}

static bool
ends_abandoned(const struct zc_request *request)
{
	struct zc_job *job = new_job(request);
	int error = run_until(job, UNTIL);

	zc_job_free(job);
	CHECK(error == (flow.source == FILE_END && flow.sink == FILE_END ?
	    0 : EAGAIN));
	return true;
}

static bool
ends_stopped(const struct zc_request *request)
{
	struct zc_job *job = new_job(request);
	int error;

	stop_at = UNTIL;
	error = run_until(job, INT64_MAX);
	CHECK(zc_job_result(job)->outcome == ZC_STOPPED);
	zc_job_free(job);
	CHECK(error == EINTR);
	return true;
}

static bool
ends_without_reader(const struct zc_request *request)
{
	struct zc_job *job = new_job(request);
	int error = run_until(job, UNTIL);
	struct zc_wait wait;

	CHECK(error == EAGAIN);
	shut(flow.drain);
	while (zc_job_run(job, &wait, 1) < 0 && errno == EAGAIN)
		CHECK(wait.fd == flow.in && feed(&flow, 5000));
	CHECK(zc_job_result(job)->outcome == ZC_FAILED);
	CHECK(zc_job_result(job)->side == ZC_SINK);
	zc_job_free(job);
	return true;
}

/** By EINVAL, if the kernel's own path is asked. */
static bool
ends_without_room(const struct zc_request *given)
{
	struct zc_request request = *given;
	struct zc_job *job;
	int error;

	request.out_fd = flow.out = keep(open("/dev/full", O_WRONLY));
	flow.sink = FILE_END;
	job = new_job(&request);
	error = run_until(job, INT64_MAX);
	zc_job_free(job);
	CHECK(error == ENOSPC || error == EINVAL || error == ENOTSUP);
	return true;
}

static bool
ends_early(const struct zc_request *given)
{
	struct zc_request request = *given;
	struct zc_job *job;
	int error;

	request.bytes = PART + 1;
	request.flags = ZC_EXACT;
	job = new_job(&request);
	error = run_until(job, INT64_MAX);
	zc_job_free(job);
	CHECK(error == ENODATA);
	return is_complete(&flow);
}

/** The kernel's own paths cannot append; read-write can. */
static bool
ends_refused(const struct zc_request *request)
{
	enum zc_method method = request->method;
	struct zc_job *job;
	int error;

	fcntl(flow.out, F_SETFL, O_APPEND | fcntl(flow.out, F_GETFL));
	job = new_job(request);
	error = run_until(job, INT64_MAX);
	fcntl(flow.out, F_SETFL, ~O_APPEND & fcntl(flow.out, F_GETFL));
	zc_job_free(job);
	if (method == ZC_AUTO || method == ZC_MMAP || method == ZC_READ_WRITE)
		CHECK(error == 0);
	else
		CHECK(error == EINVAL || error == EBADF);
	return true;
}

static bool
ends_invalid(const struct zc_request *given)
{
	struct zc_request request = *given;

	request.bytes = -2;
	CHECK(zc_transfer(&request, NULL) < 0 && errno == EINVAL);
	return true;
}

static bool
ends_at_once(const struct zc_request *request)
{
	struct zc_result result = ZC_RESULT_INIT;
	int done;

	CHECK(flow.feed < 0 || feed(&flow, 20000));
	done = zc_transfer(request, &result);
	if (flow.source == FILE_END && flow.sink == FILE_END)
		CHECK(done == 0);
	else
		CHECK(done < 0 && errno == EAGAIN);
	CHECK(taken(&flow) == result.bytes + result.lost);
	return true;
}

static bool (*const how[WAYS])(const struct zc_request *) = {
	ends_all, ends_unused, ends_abandoned, ends_stopped,
	ends_without_reader, ends_without_room, ends_early, ends_refused,
	ends_invalid, ends_at_once,
};

/** True if the flags of the ends that are still open are as they were. */
static bool
keeps_flags(void)
{
	int in = fcntl(flow.in, F_GETFL), out = fcntl(flow.out, F_GETFL);

	CHECK(in < 0 || in == flow.in_flags);
	CHECK(out < 0 || flow.sink == FILE_END || out == flow.out_flags);
	return true;
}

/** Run one job.  Close what the case opened itself before counting. */
static bool
leaves_nothing_once(enum sort source, enum sort sink, enum zc_method method,
    enum way way)
{
	struct zc_request request = begin_flow(source, sink, method);

	CHECK(how[way](&request));
	CHECK(keeps_flags());
	shut_all();
	return true;
}

static bool
leaves_nothing(enum sort source, enum sort sink, enum zc_method method,
    enum way way)
{
	int open = count_open();
	struct maps before = count_maps();

	CHECK(leaves_nothing_once(source, sink, method, way));
	CHECK(count_open() == open);
	CHECK(count_maps().files == before.files);
	return true;
}

static bool
applies(enum sort source, enum sort sink, enum zc_method method, enum way way)
{
	bool streams = source != FILE_END || sink != FILE_END;

	if (method == ZC_COPY_FILE_RANGE && (streams || way == NO_ROOM))
		return false;
	if ((method == ZC_SENDFILE || method == ZC_MMAP) && source != FILE_END)
		return false;
	if (way == NO_READER)
		return sink != FILE_END;
	if (way == NO_ROOM || way == REFUSED)
		return sink == FILE_END;
	return true;
}

/** True if jobs that end this way leave nothing, between all pairs of ends. */
static bool
pairs_leave_nothing(enum zc_method method, enum way way)
{
	for (int i = 0; i < SORTS * SORTS; i++) {
		enum sort source = (enum sort)(i / SORTS);
		enum sort sink = (enum sort)(i % SORTS);

		if (!applies(source, sink, method, way))
			continue;
		if (leaves_nothing(source, sink, method, way))
			continue;
		printf("# from %s to %s\n", sort_names[source],
		    sort_names[sink]);
		return false;
	}
	return true;
}

static bool
is_known(enum zc_method method, enum way way)
{
	bool any = false;

	for (int i = 0; i < SORTS * SORTS; i++)
		any = any || applies((enum sort)(i / SORTS),
		    (enum sort)(i % SORTS), method, way);
	return any;
}

/* Many */

#define SMALL	((size_t)3000)

static bool
move_a_little(struct flow *ends, enum zc_method method)
{
	struct zc_request request = request_for(ends->in, ends->out, method);

	request.bytes = SMALL;
	request.block_size = 0;
	CHECK(ends->source != FILE_END || lseek(ends->in, 0, SEEK_SET) == 0);
	CHECK(ends->source == FILE_END ||
	    write(ends->feed, content, SMALL) == (ssize_t)SMALL);
	CHECK(zc_transfer(&request, NULL) == 0);
	ends->got = 0;
	CHECK(ends->sink == FILE_END || take(ends, SMALL));
	return true;
}

/** True if many jobs leave nothing.  Sanitizers and valgrind keep freed memory
 * for a while, so a few more mappings are allowed. */
static bool
many_leave_nothing(enum sort source, enum sort sink, enum zc_method method)
{
	struct flow ends = new_flow_of(source, sink, PART);
	struct maps before;
	int open;

	fcntl(ends.out, F_SETPIPE_SZ, 65536);	/* room for any pieces */
	for (int i = 0; i < 10; i++)
		CHECK(move_a_little(&ends, method));
	open = count_open();
	before = count_maps();
	for (int i = 0; i < 500; i++)
		CHECK(move_a_little(&ends, method));
	CHECK(count_open() == open);
	CHECK(count_maps().files == before.files);
	CHECK(count_maps().all <= before.all + 20);
	return true;
}

/* A long life */

#define JOBS	10000

/* In each sanitizer's runtime. */
extern void __sanitizer_set_report_fd(void *fd) __attribute__((weak));

/** True under sanitizers and valgrind: they keep freed memory for a while, take
 * much longer, and look for leaks themselves.  True also if qemu runs us
 * (scripts/foreign): it takes longer, too, and keeps what it has translated. */
static bool
is_watched(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return __sanitizer_set_report_fd != NULL ||
	    getenv("EMULATOR") != NULL ||
	    (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL);
}

/** Return how many pages of memory this process has, or -1. */
static long
count_pages(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = -1;

	if (file == NULL)
		give_up("/proc/self/statm");
	if (fscanf(file, "%*d %ld", &pages) != 1)
		pages = -1;
	fclose(file);
	return pages;
}

/** Run a job between random ends, which ends in a random way. */
static bool
live_once(void)
{
	enum sort source, sink;
	enum zc_method method;
	enum way way;

	do {
		source = (enum sort)pick(SORTS);
		sink = (enum sort)pick(SORTS);
		method = in_place[pick(in_place_count)];
		way = (enum way)pick(WAYS);
	} while (!applies(source, sink, method, way));
	if (leaves_nothing_once(source, sink, method, way))
		return true;
	printf("# by %s: %s, from %s to %s\n", zc_method_name(method),
	    ways[way], sort_names[source], sort_names[sink]);
	return false;
}

/** True if many jobs of all sorts, one after the other, leave no descriptor, no
 * mapping and no memory.  The first tenth shows what the libc keeps for
 * itself. */
static bool
lives_long(void)
{
	const int jobs = is_watched() ? JOBS / 20 : JOBS;
	struct maps before = { .all = 0 };
	int open = 0;
	long pages = 0;

	for (int i = 0; i < jobs; i++) {
		if (i == jobs / 10) {
			open = count_open();
			before = count_maps();
			pages = count_pages();
		}
		CHECK(live_once());
	}
	CHECK(count_open() == open);
	CHECK(count_maps().files == before.files);
	CHECK(is_watched() || count_pages() < pages + 100);
	return true;
}

/* Signals */

static volatile sig_atomic_t alarms;
static unsigned said[ZC_EVENT_INTERRUPTED + 1];

static void
on_alarm(int signal)
{
	(void)signal;
	alarms++;
}

/** The job blocks until a signal cuts it short: nobody else is there to feed
 * and to drain its ends. */
static int
on_signal(const struct zc_event *event, void *arg)
{
	bool fine = true;

	(void)arg;
	said[event->type]++;
	if (event->bytes >= stop_at)
		return 1;
	if (event->type != ZC_EVENT_INTERRUPTED)
		return 0;
	if (flow.feed >= 0 && queued(flow.in) == 0)
		fine = feed(&flow, 60000);
	if (fine && flow.drain >= 0 && queued(flow.drain) > 0)
		fine = take(&flow, 60000);
	return !fine;
}

static void
start_timer(timer_t *timer)
{
	const struct itimerspec often = { .it_interval.tv_nsec = 1000000,
		.it_value.tv_nsec = 1000000 };
	struct sigevent by = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGUSR1 };
	struct sigaction action = { .sa_handler = on_alarm };

	alarms = 0;
	memset(said, 0, sizeof(said));
	sigaction(SIGUSR1, &action, NULL);	/* no SA_RESTART */
	if (timer_create(CLOCK_MONOTONIC, &by, timer) < 0)
		give_up("timer_create");
	timer_settime(*timer, 0, &often, NULL);
}

static int
transfer_by_signals(const struct zc_request *request,
    struct zc_result *result)
{
	timer_t timer;
	int error;

	start_timer(&timer);
	error = zc_transfer(request, result) == 0 ? 0 : errno;
	timer_delete(timer);
	return error;
}

/** Both ends block. */
static struct zc_request
begin_blocking(enum sort source, enum sort sink, enum zc_method method)
{
	struct zc_request request = begin_flow(source, sink, method);

	fcntl(flow.in, F_SETPIPE_SZ, 32768);
	fcntl(flow.out, F_SETPIPE_SZ, 32768);
	fcntl(flow.in, F_SETFL, flow.in_flags &= ~O_NONBLOCK);
	fcntl(flow.out, F_SETFL, flow.out_flags &= ~O_NONBLOCK);
	request.event = on_signal;
	return request;
}

static bool
goes_on_after_signals(enum sort source, enum sort sink, enum zc_method method)
{
	struct zc_request request = begin_blocking(source, sink, method);
	struct zc_result result = ZC_RESULT_INIT;

	CHECK(transfer_by_signals(&request, &result) == 0);
	CHECK(result.outcome == ZC_DONE && result.bytes == (int64_t)PART);
	CHECK(result.lost == 0 && taken(&flow) == (int64_t)PART);
	CHECK(alarms > 0);
	CHECK(said[ZC_EVENT_INTERRUPTED] > 0 && said[ZC_EVENT_MOVED] > 0);
	CHECK(keeps_flags());
	return is_complete(&flow);
}

static bool
stops_at_a_signal(enum sort source, enum sort sink, enum zc_method method)
{
	struct zc_request request = begin_blocking(source, sink, method);
	struct zc_result result = ZC_RESULT_INIT;

	stop_at = UNTIL;
	CHECK(transfer_by_signals(&request, &result) == EINTR);
	CHECK(result.outcome == ZC_STOPPED && result.error == EINTR);
	CHECK(alarms > 0 && result.bytes >= UNTIL);
	CHECK(result.bytes < (int64_t)PART);
	CHECK(delivered(&flow) == result.bytes);
	CHECK(taken(&flow) == result.bytes + result.lost);
	CHECK(source != FILE_END || result.lost == 0);
	return true;
}

/* The cases */

static void
check_ways(enum zc_method method)
{
	for (int way = ALL; way < WAYS; way++)
		if (is_known(method, (enum way)way))
			CASE(pairs_leave_nothing(method, (enum way)way),
			    "leaks: %s leaves nothing behind: %s",
			    zc_method_name(method), ways[way]);
}

static void
check_pair(enum sort source, enum sort sink, enum zc_method method)
{
	const char *name = zc_method_name(method);
	const char *from = sort_names[source], *to = sort_names[sink];

	CASE(many_leave_nothing(source, sink, method),
	    "leaks: %s from %s to %s: many jobs leave nothing", name, from,
	    to);
	if (source == FILE_END && sink == FILE_END)
		return;			/* nothing there is interrupted */
	CASE(goes_on_after_signals(source, sink, method),
	    "signals: %s from %s to %s: continues with exact counts", name,
	    from, to);
	CASE(stops_at_a_signal(source, sink, method),
	    "signals: %s from %s to %s: stops with exact counts", name,
	    from, to);
}

int
main(void)
{
	begin();
	srand(1);			/* the same waits in each run */
	for (size_t m = 0; m < in_place_count; m++) {
		enum zc_method method = in_place[m];

		check_ways(method);
		for (int i = 0; i < SORTS * SORTS; i++)
			if (applies((enum sort)(i / SORTS),
			    (enum sort)(i % SORTS), method, ALL))
				check_pair((enum sort)(i / SORTS),
				    (enum sort)(i % SORTS), method);
	}
	random_state = 1;		/* the same jobs in each run */
	CASE(lives_long(), "leaks: a process keeps its size for 10000 jobs");
	finish();
	return 0;
}
