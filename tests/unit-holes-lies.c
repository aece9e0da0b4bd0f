/*
 * What becomes of holes if SEEK_DATA and SEEK_HOLE fail or tell nonsense, and
 * if the source changes between any two system calls: no endless loop, and no
 * byte that the source never had.
 */
#include "config.h"

#include <sys/stat.h>

#include "lib-faults.h"
#include "lib-job.h"

enum { PAGE = 4096, SIZE = 40 * PAGE, GROWTH = 7 * PAGE, BLOCK_SIZE = 4 * PAGE,
	CALLS_MAX = 2000 };

/* Data, a hole, data, and a hole to the end. */
enum { HOLE = 5 * PAGE, DATA = 20 * PAGE, TAIL = 25 * PAGE };

enum sink { NEW_FILE, OLD_FILE, A_PIPE, SINKS };
static const char *const sinks[SINKS] = { "new file", "old file", "pipe" };

static unsigned char image[SIZE];	/* the source, as it begins */

static struct {
	int in, out, drain;		/* drain: of the pipe */
	enum sink sink;
	enum zc_method method;
	unsigned flags;
	bool placed;			/* the source, by an offset */
	unsigned calls;			/* made so far */
	unsigned asked;			/* of them, for data or a hole */
	bool endless;
} trip;

/* The source */

static void
draw(void)
{
	memset(image, 0, sizeof(image));
	memcpy(image, content, HOLE);
	memcpy(image + DATA, content + DATA, TAIL - DATA);
}

/** Write a part of the image. */
static void
put(int fd, off_t from, off_t to)
{
	if (pwrite(fd, image + from, (size_t)(to - from), from) != to - from)
		give_up("pwrite");
}

static int
sparse_file(void)
{
	int fd = file_of("", 0);

	put(fd, 0, HOLE);
	put(fd, DATA, TAIL);
	if (ftruncate(fd, SIZE) < 0)
		give_up("ftruncate");
	return fd;
}

static int
full_file(void)
{
	int fd = file_of("", 0);

	put(fd, 0, SIZE);
	return fd;
}

/* The calls */

/** What lseek(2) was asked about data and holes. */
struct question {
	int fd;
	off_t offset;
	int whence;
};

/** What it answers. */
struct lie {
	const char *name;
	int error;			/* 0: see `answer` */
	off_t (*answer)(const struct question *);
};

static const struct lie *lie;		/* NULL: the truth */

/** What happens to the source at the call number `strike_at`, just before it
 * or just after it. */
static void (*mischief)(void);
static unsigned strike_at;
static bool strikes_after;

static void
strike(bool after)
{
	if (mischief != NULL && trip.calls == strike_at &&
	    after == strikes_after) {
		armed = false;
		mischief();
		armed = true;
	}
}

/** Count a call.  Return false if it is one of an endless loop. */
static bool
counted(void)
{
	trip.calls++;
	trip.endless = trip.calls > CALLS_MAX;
	strike(false);
	return !trip.endless;
}

int
judge(struct made *made)
{
	(void)made;
	return counted() ? PASS : EIO;
}

void
came_to(ssize_t n)
{
	(void)n;
	strike(true);
}

static off_t
true_seek(int fd, off_t offset, int whence)
{
	return NEXT(lseek, RENAMED("lseek", "lseek64"))(fd, offset, whence);
}

static off_t
fails_with(int error)
{
	errno = error;
	return -1;
}

off_t
lseek(int fd, off_t offset, int whence)
{
	const struct question asked = { fd, offset, whence };
	off_t answer;

	if (!armed || (whence != SEEK_DATA && whence != SEEK_HOLE))
		return true_seek(fd, offset, whence);
	trip.asked++;
	if (!counted()) {
		errno = EIO;
		return -1;
	}
	if (lie == NULL)
		answer = true_seek(fd, offset, whence);
	else if (lie->error != 0)
		answer = fails_with(lie->error);
	else
		answer = lie->answer(&asked);
	strike(true);
	return answer;
}

/* Lies.  All can be found out: the answer is not possible, or the file has no
 * holes by its st_blocks. */

static off_t
truth(const struct question *asked)
{
	return true_seek(asked->fd, asked->offset, asked->whence);
}

static off_t
breaks_later(const struct question *asked)
{
	return trip.asked > 2 ? fails_with(EIO) : truth(asked);
}

static off_t
is_always_0(const struct question *asked)
{
	(void)asked;
	return 0;
}

static off_t
data_is_always_at_0(const struct question *asked)
{
	return asked->whence == SEEK_DATA ? 0 : truth(asked);
}

static off_t
is_before(const struct question *asked)
{
	return asked->offset >= PAGE ? asked->offset - PAGE : 0;
}

static off_t
holes_are_before(const struct question *asked)
{
	return asked->whence == SEEK_HOLE ? asked->offset / 2 : truth(asked);
}

/** Data begins here, and so does a hole. */
static off_t
is_both(const struct question *asked)
{
	return asked->offset;
}

static off_t
is_behind_the_end(const struct question *asked)
{
	return asked->offset < SIZE ? SIZE + (1 << 20) : fails_with(ENXIO);
}

static off_t
is_far_behind(const struct question *asked)
{
	(void)asked;
	return (off_t)INT64_MAX;
}

/** What is said of one offset changes at each call. */
static off_t
wavers(const struct question *asked)
{
	return trip.asked % 2 == 0 ? is_before(asked) : truth(asked);
}

static const struct lie lies[] = {
	{ "EINVAL", EINVAL, NULL },
	{ "EOPNOTSUPP", EOPNOTSUPP, NULL },
	{ "ENOSYS", ENOSYS, NULL },
	{ "EIO", EIO, NULL },
	{ "EIO after two answers", 0, breaks_later },
	{ "0 for ever", 0, is_always_0 },
	{ "data at 0 for ever", 0, data_is_always_at_0 },
	{ "what is before", 0, is_before },
	{ "holes that are before", 0, holes_are_before },
	{ "data and a hole at once", 0, is_both },
	{ "what is behind the end", 0, is_behind_the_end },
	{ "2^63-1", 0, is_far_behind },
	{ "now this, now that", 0, wavers },
};

static off_t
has_data_at_end(const struct question *asked)
{
	return asked->whence == SEEK_DATA && asked->offset < SIZE - PAGE ?
	    SIZE - PAGE : asked->offset;
}

/* Lies about a file without holes. */
static const struct lie denials[] = {
	{ "no data", ENXIO, NULL },
	{ "only the last page", 0, has_data_at_end },
};

/* Mischief.  `may_be` says whether a byte may be at `at` of the sink. */

static void
fill_hole(void)
{
	if (pwrite(trip.in, content + HOLE, DATA - HOLE, HOLE) != DATA - HOLE)
		give_up("pwrite");
}

static void
fill_tail(void)
{
	if (pwrite(trip.in, content + TAIL, SIZE - TAIL, TAIL) != SIZE - TAIL)
		give_up("pwrite");
}

static void
punch_data(void)
{
	if (fallocate(trip.in, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
	    HOLE) < 0)
		give_up("fallocate");
}

static void
cut_to(off_t size)
{
	if (ftruncate(trip.in, size) < 0)
		give_up("ftruncate");
}

static void
cut_in_data(void)
{
	cut_to(DATA + 1000);
}

static void
cut_in_hole(void)
{
	cut_to(HOLE + 3 * PAGE + 1);
}

static void
cut_in_tail(void)
{
	cut_to(TAIL + PAGE + 77);
}

static void
cut_all(void)
{
	cut_to(0);
}

static void
cut_and_regrow(void)
{
	cut_to(0);
	cut_to(SIZE);
}

static void
grow(void)
{
	if (pwrite(trip.in, content + SIZE, GROWTH, SIZE) != GROWTH)
		give_up("pwrite");
}

static void
grow_by_hole(void)
{
	cut_to(SIZE + GROWTH);
}

static bool
may_be_filled(size_t at, unsigned char byte)
{
	return at < SIZE && (byte == image[at] || byte == content[at]);
}

static bool
may_be_gone(size_t at, unsigned char byte)
{
	return at < SIZE && (byte == image[at] || byte == 0);
}

static bool
may_be_grown(size_t at, unsigned char byte)
{
	return byte == (at < SIZE ? image[at] : content[at]);
}

static bool
may_be_longer(size_t at, unsigned char byte)
{
	return byte == (at < SIZE ? image[at] : 0);
}

static const struct mischief {
	const char *name;
	void (*act)(void);
	bool (*may_be)(size_t at, unsigned char byte);
	int64_t least;			/* bytes that arrive */
} mischiefs[] = {
	{ "a hole is filled", fill_hole, may_be_filled, SIZE },
	{ "the last hole is filled", fill_tail, may_be_filled, SIZE },
	{ "data becomes a hole", punch_data, may_be_gone, SIZE },
	{ "cut off in the data", cut_in_data, may_be_gone, 0 },
	{ "cut off in a hole", cut_in_hole, may_be_gone, 0 },
	{ "cut off in the last hole", cut_in_tail, may_be_gone, 0 },
	{ "emptied", cut_all, may_be_gone, 0 },
	{ "emptied, and one hole", cut_and_regrow, may_be_gone, 0 },
	{ "growing", grow, may_be_grown, SIZE },
	{ "growing by a hole", grow_by_hole, may_be_longer, SIZE },
};

/* Transfers */

static void
set_sink(void)
{
	int fds[2];

	trip.drain = -1;
	if (trip.sink != A_PIPE) {
		trip.out = file_of(content, trip.sink == OLD_FILE ? SIZE : 0);
		return;
	}
	/* It has room for all of it. */
	if (pipe2(fds, O_NONBLOCK) < 0 ||
	    fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) < 0)
		give_up("pipe");
	trip.out = keep(fds[1]);
	trip.drain = keep(fds[0]);
}

/** Read what the sink has got into `got`.  Return its size. */
static ssize_t
read_back(unsigned char *got, size_t size)
{
	ssize_t all = 0, n = 1;

	while (n > 0) {
		n = trip.drain >= 0 ? read(trip.drain, got + all,
		    size - (size_t)all) : pread(trip.out, got + all,
		    size - (size_t)all, all);
		all += n > 0 ? n : 0;
	}
	return all;
}

/** True if such a job can be: see zc_job_new(). */
static bool
is_planned(void)
{
	const struct zc_ends ends = { .size = sizeof(ends), .in = ZC_REGULAR,
		.out = trip.sink == A_PIPE ? ZC_PIPE : ZC_REGULAR,
		.bytes = -1 };
	struct zc_plan plan = ZC_PLAN_INIT;

	if (trip.sink == A_PIPE && (trip.flags & ZC_MAKE_HOLES))
		return false;
	zc_plan(&plan, &ends, trip.method, ZC_AUTO, trip.flags);
	return plan.count > 0;
}

/** Run a job from trip.in to a new sink.  Return 0 or its errno. */
static int
run_trip(struct zc_result *result)
{
	struct zc_request request = request_for(trip.in, -1, trip.method);
	struct zc_job *job;
	int error;

	set_sink();
	request.out_fd = trip.out;
	request.flags = trip.flags;
	request.block_size = BLOCK_SIZE;
	if (trip.placed)
		request.offset = 0;
	trip.calls = trip.asked = 0;
	trip.endless = false;
	job = new_job(&request);
	armed = true;
	error = zc_job_run(job, NULL, 0) == 0 ? 0 : errno;
	armed = false;
	*result = *zc_job_result(job);
	zc_job_free(job);
	return error;
}

/** True if the sink has exactly the result's bytes, and each is one that may be
 * there. */
static bool
sink_may_be(const struct zc_result *result,
    bool (*may_be)(size_t at, unsigned char byte))
{
	static unsigned char got[SIZE + 2 * GROWTH];
	ssize_t size = read_back(got, sizeof(got));
	int64_t same = result->bytes;

	/* In an old file, what it had is behind. */
	if (trip.sink == OLD_FILE && result->bytes < SIZE) {
		CHECK(size == SIZE);
		CHECK(memcmp(got + result->bytes, content + result->bytes,
		    (size_t)(SIZE - result->bytes)) == 0);
	} else {
		CHECK(size == result->bytes);
	}
	/* What the source had at first may always be there. */
	if (same > SIZE)
		same = SIZE;
	if (memcmp(got, image, (size_t)same) != 0)
		same = 0;
	for (int64_t i = same; i < result->bytes; i++)
		CHECK(may_be((size_t)i, got[i]));
	return true;
}

static bool
may_be_image(size_t at, unsigned char byte)
{
	return at < SIZE && byte == image[at];
}

/** Call claim() for each sink and method, with the source at its position and
 * at an offset, and where zeros are looked for. */
static bool
for_all(bool (*claim)(void))
{
	static const struct {
		unsigned flags;
		bool placed;
	} ways[] = { { ZC_KEEP_HOLES, false }, { ZC_KEEP_HOLES, true },
		{ ZC_KEEP_HOLES | ZC_MAKE_HOLES, false } };

	for (size_t i = 0; i < SINKS * in_place_count * COUNT(ways); i++) {
		trip.sink = (enum sink)(i % SINKS);
		trip.method = in_place[i / SINKS % in_place_count];
		trip.flags = ways[i / SINKS / in_place_count].flags;
		trip.placed = ways[i / SINKS / in_place_count].placed;
		if (is_planned() && !claim()) {
			printf("# to a %s, %s, flags %u%s\n", sinks[trip.sink],
			    zc_method_name(trip.method), trip.flags,
			    trip.placed ? ", at an offset" : "");
			return false;
		}
	}
	return true;
}

static int (*source)(void);
static unsigned lied;			/* answers that were lies */

static bool
arrives_whole(void)
{
	struct zc_result result;

	trip.in = source();
	CHECK(run_trip(&result) == 0);
	lied += trip.asked;
	CHECK(!trip.endless);
	CHECK(result.outcome == ZC_DONE && result.bytes == SIZE);
	CHECK(sink_may_be(&result, may_be_image));
	CHECK(at(trip.in) == (trip.placed ? 0 : SIZE));
	shut_all();
	return true;
}

static bool
survives(const struct lie *a_lie, int (*a_source)(void))
{
	bool fine;

	lie = a_lie;
	source = a_source;
	lied = 0;
	fine = for_all(arrives_whole);
	lie = NULL;
	return fine;
}

static const struct mischief *played;
static unsigned strikes;

/** Strike at each call, before it and after it, until the job makes fewer. */
static bool
bears_mischief(void)
{
	struct zc_result result;

	mischief = played->act;
	for (unsigned at = 0; at < 2 || at / 2 <= trip.calls; at++) {
		strike_at = at / 2 + 1;
		strikes_after = at % 2 == 1;
		trip.in = sparse_file();
		if (run_trip(&result) != 0) {
			printf("# errno %d, at call %u\n", result.error,
			    strike_at);
			return false;
		}
		CHECK(!trip.endless);
		CHECK(result.bytes >= played->least);
		if (!sink_may_be(&result, played->may_be)) {
			printf("# %s call %u of %u\n", strikes_after ? "after" :
			    "before", strike_at, trip.calls);
			return false;
		}
		shut_all();
		strikes++;
	}
	mischief = NULL;
	return true;
}

static bool
bears(const struct mischief *one)
{
	bool fine;

	played = one;
	strikes = 0;
	fine = for_all(bears_mischief);
	mischief = NULL;
	return fine && strikes > 100;
}

/** True if SEEK_DATA is asked at all, for the other cases to mean something. */
static bool
asks(void)
{
	return survives(NULL, sparse_file) && lied > 0;
}

int
main(void)
{
	begin();
	draw();
	CASE(asks(), "lies: the truth is asked for, and keeps the file whole");
	for (size_t i = 0; i < COUNT(lies); i++)
		CASE(survives(&lies[i], sparse_file) && lied > 0,
		    "lies: a sparse file arrives whole: %s", lies[i].name);
	for (size_t i = 0; i < COUNT(lies); i++)
		CASE(survives(&lies[i], full_file),
		    "lies: a full file arrives whole: %s", lies[i].name);
	for (size_t i = 0; i < COUNT(denials); i++)
		CASE(survives(&denials[i], full_file),
		    "lies: a full file arrives whole: %s", denials[i].name);
	for (size_t i = 0; i < COUNT(mischiefs); i++)
		CASE(bears(&mischiefs[i]), "lies: %s at any time",
		    mischiefs[i].name);
	finish();
	return 0;
}
