/*
 * Several sinks that read a file, each by itself, keep close together; one that
 * is stuck is given up; and the job knows which one it spends its time on.
 */
#include "config.h"

#include <poll.h>
#include <time.h>

#include "lib-job.h"

#define MiB	((int64_t)1024 * 1024)
#define LEAD	(32 * MiB)		/* the most, as libzcopy(3) says */
#define SIZE	(96 * MiB)		/* of a file; three times as much */
#define MS	INT64_C(1000000)	/* in nanoseconds */
#define LIMIT	(40 * MS)		/* the timeout */

/* A source, and two sinks: a pipe that we read, and another one */

static struct {
	struct zc_request request;
	struct zc_sink other;
	struct zc_job *job;
	int in, drain, out;
	int64_t drained;		/* from the pipe */
	unsigned drops;
	size_t dropped;			/* the sink of the last one */
	struct zc_ends ends;		/* of the last select */
} pair;

static int
on_event(const struct zc_event *event, void *arg)
{
	(void)arg;
	if (event->type == ZC_EVENT_DROPPED) {
		pair.drops++;
		pair.dropped = event->sink;
	}
	return 0;
}

static int
on_select(const struct zc_ends *ends, void *arg)
{
	(void)arg;
	pair.ends = *ends;
	return ZC_AUTO;
}

static void
make_pair(int in, int out)
{
	int fd[2];

	if (pipe2(fd, O_NONBLOCK) < 0)
		give_up("pipe2");
	memset(&pair, 0, sizeof(pair));
	pair.in = in;
	pair.out = out;
	pair.drain = keep(fd[0]);
	pair.request = request_for(in, keep(fd[1]), ZC_AUTO);
	pair.other = (struct zc_sink)ZC_SINK_INIT(out);
	pair.request.sinks = &pair.other;
	pair.request.sink_count = 1;
	pair.request.event = on_event;
	pair.request.select = on_select;
}

/** Return an unnamed file of SIZE bytes, in the directory or in memory. */
static int
large_file(const char *directory)
{
	int fd = directory == NULL ? memfd_create("large", 0) :
	    open(directory, O_TMPFILE | O_RDWR, 0600);

	if (fd < 0)
		give_up("a large file");
	for (int64_t at = 0; at < SIZE; at += MiB)
		if (pwrite(fd, content, (size_t)MiB, at) != MiB)
			give_up("pwrite");
	return keep(fd);
}

/** Take up to `most` bytes from the pipe.  True if they are the next ones. */
static bool
drain(size_t most)
{
	static unsigned char data[MiB];
	size_t from = (size_t)(pair.drained % MiB);
	ssize_t n;

	if (most > sizeof(data) - from)
		most = sizeof(data) - from;
	n = read(pair.drain, data, most);
	if (n < 0)
		return errno == EAGAIN;
	pair.drained += n;
	return memcmp(data, content + from, (size_t)n) == 0;
}

static int64_t
ahead(void)
{
	return zc_job_sink(pair.job, 1)->bytes - pair.drained;
}

/* How far they are apart */

/** Drain the pipe at each EAGAIN, and check that nothing else is waited for.
 * The file is ahead by no more than it may, and by what is in pipes. */
static bool
follows(bool close_by)
{
	struct zc_wait waits[2];

	pair.job = new_job(&pair.request);
	while (zc_job_run(pair.job, waits, 2) < 0) {
		CHECK(errno == EAGAIN);
		CHECK(waits[0].fd == pair.request.out_fd && waits[1].fd < 0);
		if (close_by)
			CHECK(ahead() <= LEAD + 2 * MiB);
		CHECK(drain((size_t)MiB));
	}
	while (pair.drained < zc_job_sink(pair.job, 0)->bytes)
		CHECK(drain((size_t)MiB));
	CHECK(pair.drained == zc_job_result(pair.job)->bytes);
	CHECK(zc_job_sink(pair.job, 1)->bytes == pair.drained);
	return true;
}

static bool
keeps_close(int out)
{
	struct zc_wait waits[2];

	make_pair(large_file(NULL), out);
	CHECK(follows(true) && pair.drained == SIZE);
	zc_job_free(pair.job);
	/* If the pipe is not read at all, the file waits there. */
	make_pair(pair.in, out);
	pair.request.offset = 0;
	pair.job = new_job(&pair.request);
	CHECK(zc_job_run(pair.job, waits, 2) < 0 && errno == EAGAIN);
	CHECK(ahead() > LEAD - 2 * MiB && ahead() <= LEAD + 2 * MiB);
	zc_job_free(pair.job);
	return true;
}

/** A sink that was dropped is waited for no longer. */
static bool
leaves_dropped(void)
{
	struct zc_wait waits[2];

	make_pair(large_file(NULL), file_of("", 0));
	pair.request.flags = ZC_DROP_SINKS;
	pair.job = new_job(&pair.request);
	CHECK(zc_job_run(pair.job, waits, 2) < 0 && errno == EAGAIN);
	shut(pair.drain);
	CHECK(zc_job_run(pair.job, waits, 2) < 0 && errno == EPIPE);
	CHECK(zc_job_sink(pair.job, 1)->outcome == ZC_DONE);
	CHECK(zc_job_sink(pair.job, 1)->bytes == SIZE);
	CHECK(pair.drops == 1 && pair.dropped == 0);
	zc_job_free(pair.job);
	return true;
}

/* What is read from the disk */

/** Return how many bytes this process has read from disks, or -1. */
static int64_t
read_from_disk(void)
{
	FILE *file = fopen("/proc/self/io", "r");
	long long bytes = -1;
	char line[100];

	if (file == NULL)
		return -1;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "read_bytes: %lld", &bytes) == 1)
			break;
	fclose(file);
	return bytes;
}

static void
forget(int64_t from, int64_t size)
{
	if (size > 0)
		posix_fadvise(pair.in, from, size, POSIX_FADV_DONTNEED);
}

/** Drain the pipe slowly, in a machine with so little memory that it keeps only
 * the last pages that were read: so many bytes. */
static bool
follows_in_little_memory(int64_t kept)
{
	struct zc_wait waits[2];

	pair.job = new_job(&pair.request);
	while (zc_job_run(pair.job, waits, 2) < 0) {
		CHECK(errno == EAGAIN);
		forget(0, zc_job_sink(pair.job, 1)->bytes - kept);
		CHECK(drain((size_t)MiB));
	}
	return true;
}

/** Return how many bytes of a cold file are read from the disk, or -1: it
 * cannot be cold. */
static int64_t
count_reads(unsigned flags, int64_t kept)
{
	const char *directory = getenv("TMPDIR");
	int64_t before;
	char byte;

	if (directory == NULL)
		directory = "/var/tmp";
	make_pair(large_file(directory), file_of("", 0));
	pair.request.flags = flags;
	if (fsync(pair.in) < 0)
		give_up("fsync");
	forget(0, SIZE);
	before = read_from_disk();
	if (pread(pair.in, &byte, 1, SIZE - 1) != 1)
		give_up("pread");
	if (before < 0 || read_from_disk() == before)
		return -1;
	forget(0, SIZE);
	before = read_from_disk();
	if (!follows_in_little_memory(kept))
		return SIZE * 2;
	zc_job_free(pair.job);
	return read_from_disk() - before;
}

static void
check_reads(unsigned flags, int64_t kept, int64_t limit, const char *what)
{
	int64_t bytes = count_reads(flags, kept);

	shut_all();
	if (bytes < 0) {
		report(true, "pace: %s is read from the disk once # SKIP its "
		    "pages stay in memory", what);
		return;
	}
	printf("# %jd of %jd bytes\n", (intmax_t)bytes, (intmax_t)SIZE);
	report(bytes >= SIZE / 2 && bytes < limit,
	    "pace: %s is read from the disk once", what);
}

/** True if the sinks share what is read, or do not, as expected; either way the
 * source's position is right when they fail, and nothing is lost. */
static bool
shares(unsigned flags, bool expected)
{
	int in = file_of(content, 1500 * 1000);
	struct zc_wait waits[2];

	lseek(in, 0, SEEK_SET);
	make_pair(in, file_of("", 0));
	pair.request.flags = flags;
	pair.job = new_job(&pair.request);
	CHECK(zc_job_run(pair.job, waits, 2) < 0 && errno == EAGAIN);
	CHECK(pair.ends.shared == expected);
	shut(pair.drain);
	CHECK(zc_job_run(pair.job, waits, 2) < 0 && errno == EPIPE);
	CHECK(at(in) == zc_job_result(pair.job)->bytes);
	CHECK(zc_job_result(pair.job)->lost == 0);
	CHECK(zc_job_sink(pair.job, 0)->lost == 0);
	CHECK(zc_job_sink(pair.job, 1)->lost == 0);
	zc_job_free(pair.job);
	return true;
}

/* Who sets the pace */

static int64_t waited;			/* nanoseconds in wait_and_drain() */
static size_t most;			/* bytes that it drains */
static bool wrong;

static int64_t
clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 * MS + now.tv_nsec;
}

/** Let the time pass in which a slow reader reads little. */
static int
wait_and_drain(const struct zc_wait *waits, size_t count, void *arg)
{
	const struct timespec time = { .tv_nsec = MS };
	int64_t began = clock_now();

	(void)waits;
	(void)count;
	(void)arg;
	nanosleep(&time, NULL);
	wrong |= !drain(most);
	waited += clock_now() - began;
	return 0;
}

static int
pipe_with_content(size_t size)
{
	int fd[2];

	if (pipe(fd) < 0 || fcntl(fd[1], F_SETPIPE_SZ, 1 << 20) < 0 ||
	    write(fd[1], content, size) != (ssize_t)size)
		give_up("pipe");
	close(fd[1]);
	return keep(fd[0]);
}

static bool
knows_the_slowest(bool stream)
{
	const size_t size = 600 * 1000;
	int in = stream ? pipe_with_content(size) : file_of(content, size);
	int64_t slow, fast;

	waited = 0;
	most = 20000;
	wrong = false;
	make_pair(in, file_of("", 0));
	pair.request.wait = wait_and_drain;
	pair.request.pipe_size = 65536;
	pair.job = new_job(&pair.request);
	CHECK(zc_job_run(pair.job, NULL, 0) == 0 && !wrong);
	slow = zc_job_sink(pair.job, 0)->spent;
	fast = zc_job_sink(pair.job, 1)->spent;
	CHECK(waited > 5 * MS && slow >= waited);
	CHECK(fast > 0 && slow > fast);
	CHECK(zc_job_result(pair.job)->spent >= 0);
	CHECK(!stream || zc_job_result(pair.job)->spent > 0);
	CHECK(zc_job_result(pair.job)->spent < slow);
	zc_job_free(pair.job);
	return true;
}

static bool
counts_alone(void)
{
	struct zc_result result = ZC_RESULT_INIT;
	struct zc_request request = request_for(file_of(content, 1000),
	    file_of("", 0), ZC_AUTO);

	CHECK(run(&request, &result) == 0 && result.spent == 0);
	return true;
}

/* A sink that is stuck */

/** Make the second sink a pipe that nobody reads, and let the first one be read
 * slowly: it is not the one that stalls. */
static bool
gives_up_the_stuck(bool stream, unsigned flags)
{
	const size_t size = 600 * 1000;
	int in = stream ? pipe_with_content(size) : file_of(content, size);
	const struct zc_result *slow, *stuck;
	int64_t began = clock_now();
	int fd[2];

	if (pipe2(fd, O_NONBLOCK) < 0)
		give_up("pipe2");
	keep(fd[0]);
	waited = 0;
	most = 4096;
	wrong = false;
	make_pair(in, keep(fd[1]));
	pair.request.wait = wait_and_drain;
	pair.request.pipe_size = 4096;
	pair.request.timeout = LIMIT;
	pair.request.flags = flags;
	pair.job = new_job(&pair.request);
	CHECK(zc_job_run(pair.job, NULL, 0) < 0 && errno == ETIMEDOUT);
	CHECK(!wrong && clock_now() - began >= LIMIT);
	slow = zc_job_sink(pair.job, 0);
	stuck = zc_job_sink(pair.job, 1);
	CHECK(stuck->outcome == ZC_STALLED && stuck->side == ZC_SINK);
	CHECK(stuck->error == ETIMEDOUT);
	CHECK(zc_job_result(pair.job)->outcome == ZC_STALLED);
	CHECK(pair.drops == (flags & ZC_DROP_SINKS ? 1 : 0));
	if (flags & ZC_DROP_SINKS) {
		CHECK(pair.dropped == 1 && slow->outcome == ZC_DONE);
		CHECK(slow->bytes == (int64_t)size);
	} else {
		CHECK(slow->outcome == ZC_STOPPED);
		CHECK(slow->error == ECANCELED);
	}
	zc_job_free(pair.job);
	return true;
}

/** If the source is what does not come, no sink is dropped for it, also not one
 * whose reader has not read yet. */
static bool
blames_the_source(void)
{
	int fd[2];

	if (pipe2(fd, O_NONBLOCK) < 0 || write(fd[1], content, 4096) != 4096)
		give_up("pipe2");
	keep(fd[1]);
	most = 0;
	make_pair(keep(fd[0]), file_of("", 0));
	fcntl(pair.request.out_fd, F_SETPIPE_SZ, 4096);
	pair.request.wait = wait_and_drain;
	pair.request.timeout = LIMIT;
	pair.request.flags = ZC_DROP_SINKS;
	pair.request.pipe_size = 4096;
	pair.job = new_job(&pair.request);
	CHECK(zc_job_run(pair.job, NULL, 0) < 0 && errno == ETIMEDOUT);
	CHECK(zc_job_sink(pair.job, 1)->outcome == ZC_STALLED);
	CHECK(zc_job_sink(pair.job, 1)->side == ZC_SOURCE);
	CHECK(pair.drops == 0);
	zc_job_free(pair.job);
	return true;
}

int
main(void)
{
	static const char *const sources[] = { "file", "pipe" };

	begin();
	CASE(keeps_close(file_of("", 0)),
	    "pace: a file is at most 32 MiB ahead of a slow pipe");
	CASE(keeps_close(keep(open("/dev/null", O_WRONLY))),
	    "pace: /dev/null is at most 32 MiB ahead of a slow pipe");
	CASE(leaves_dropped(), "pace: a sink that was dropped holds up none");
	check_reads(0, LEAD + 4 * MiB, SIZE + SIZE / 8, "a file");
	/* A single reader causes 1.6 times the reads, by 64 KiB: Linux 6.18
	 * drops a large folio when RWF_DONTCACHE has taken a part of it. */
	check_reads(ZC_DONT_CACHE, 0, 2 * SIZE - SIZE / 8,
	    "a file that is not to be cached");
	CASE(shares(0, false), "pace: sinks read a file alone");
	CASE(shares(ZC_DONT_CACHE, true),
	    "pace: sinks share what is read with ZC_DONT_CACHE");
	for (int stream = 0; stream < 2; stream++) {
		CASE(knows_the_slowest(stream),
		    "pace: from a %s: most time is spent on the slowest sink",
		    sources[stream]);
		CASE(gives_up_the_stuck(stream, 0),
		    "pace: from a %s: a sink that is stuck ends the job",
		    sources[stream]);
		CASE(gives_up_the_stuck(stream, ZC_DROP_SINKS),
		    "pace: from a %s: a sink that is stuck is dropped",
		    sources[stream]);
	}
	CASE(counts_alone(), "pace: for one sink no time is counted");
	CASE(blames_the_source(),
	    "pace: a source that stalls drops no sink");
	finish();
	return 0;
}
