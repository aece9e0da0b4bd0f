/*
 * unit-holes-pairs [DIR [BLOCK-DEVICE BLOCK-DEVICE]]: holes and zeros, wherever
 * they are, go from each kind of end to each, by each method, with each flag
 * that is about holes.  The files are in DIR, on any file system, or in memory.
 * The devices, of 1 MiB or more, are overwritten.
 */
#include "config.h"

#include "lib-fan.h"

enum { PAGE = 4096, MOST = 400 * 1024, DEVICE = 512 * 1024 };

static const char *directory;		/* NULL: in memory */
static const char *devices[2];		/* NULL: none */

/* Where data is: `length` bytes from `first` on, and again after each
 * `period`.  Everything else is zeros. */
static const struct layout {
	const char *name;
	size_t size, first, length, period;
} layouts[] = {
	{ "no hole", 200001, 0, 200001, MOST },
	{ "a hole at the start", 200001, 131072, MOST, MOST },
	{ "a hole at the end", 200001, 0, 50000, MOST },
	{ "holes at both ends", 200001, 81920, 10000, MOST },
	{ "a hole in the middle", 300007, 0, 30000, 270000 },
	{ "only a hole", 200001, 0, 0, MOST },
	{ "only a small hole", 100, 0, 0, MOST },
	{ "a page, a hole of a page, and so on", 24 * PAGE, 0, PAGE, 2 * PAGE },
	{ "a hole of a page, a page, and so on", 24 * PAGE + 1, PAGE, PAGE,
	    2 * PAGE },
	{ "holes of odd sizes at odd offsets", 200003, 5, 1001, 14321 },
	{ "single bytes at edges of blocks", 12 * PAGE, PAGE - 1, 2,
	    3 * PAGE },
};

/** How the zeros of a file came there. */
enum making { HOLES, WRITTEN, UNWRITTEN, MAKINGS };
static const char *const makings[MAKINGS] = { "holes", "zeros", "unwritten" };

enum from { A_FILE, PLACED, DEVICE_IN, PIPE, UNIX, TCP, FROMS };
enum to { NEW_FILE, OLD_FILE, PLACED_FILE, APPENDING, DEVICE_OUT, A_PIPE,
	A_SOCKET, A_CONNECTION, NOTHING, TOS };

static const struct {
	const char *name;
	enum inlet_sort sort;
	enum zc_kind kind;
} froms[FROMS] = {
	{ "file", FILE_IN, ZC_REGULAR },
	{ "file at an offset", PLACED_IN, ZC_REGULAR },
	{ "block device", FILE_IN, ZC_BLOCK },
	{ "pipe", PIPE_IN, ZC_PIPE },
	{ "unix socket", UNIX_IN, ZC_SOCKET },
	{ "TCP", TCP_IN, ZC_SOCKET },
};

static const struct {
	const char *name;
	enum outlet_sort sort;		/* NULL_OUT: we look at it ourselves */
	enum zc_kind kind;
	size_t old, start;		/* bytes that are there, and where it
					   is written */
} tos[TOS] = {
	{ "new file", NULL_OUT, ZC_REGULAR, 0, 0 },
	{ "old file", NULL_OUT, ZC_REGULAR, MOST, 0 },
	{ "old file at an odd offset", NULL_OUT, ZC_REGULAR, 150000, 4099 },
	{ "appending file", NULL_OUT, ZC_REGULAR, 7777, 7777 },
	{ "block device", NULL_OUT, ZC_BLOCK, DEVICE, 12 * PAGE },
	{ "pipe", PIPE_OUT, ZC_PIPE, 0, 0 },
	{ "unix socket", UNIX_OUT, ZC_SOCKET, 0, 0 },
	{ "TCP", TCP_OUT, ZC_SOCKET, 0, 0 },
	{ "/dev/null", NULL_OUT, ZC_NULL, 0, 0 },
};

static const struct mode {
	const char *name;
	unsigned flags;
} modes[] = {
	{ "no flag", 0 },
	{ "KEEP_HOLES", ZC_KEEP_HOLES },
	{ "MAKE_HOLES", ZC_MAKE_HOLES },
	{ "KEEP_HOLES and MAKE_HOLES", ZC_KEEP_HOLES | ZC_MAKE_HOLES },
	{ "FILL_HOLES", ZC_FILL_HOLES },
};

/** One transfer, and what it works on. */
static struct {
	enum from from;
	enum to to;
	enum zc_method method;
	const struct layout *layout;
	enum making making;
	const struct mode *mode;
	struct fan fan;
	unsigned char image[MOST];	/* what the source has */
	unsigned char after[DEVICE];	/* what the sink must have */
	size_t end;			/* of it */
} trip;

/** Transfers that left out some zeros, made holes, punched into old data. */
static unsigned skipped, punched;

/* The source */

static void
draw(const struct layout *layout)
{
	memset(trip.image, 0, layout->size);
	for (size_t at = layout->first; at < layout->size &&
	    layout->length > 0; at += layout->period)
		for (size_t i = at; i < at + layout->length &&
		    i < layout->size; i++)
			/* Data may have a zero, but no two in a row. */
			trip.image[i] = content[i] | (i & 1);
}

static int
new_file(void)
{
	if (directory == NULL)
		return file_of("", 0);
	return keep(open(directory, O_TMPFILE | O_RDWR, 0600));
}

/** Write only what is data, at `start`. */
static void
write_data(int fd, size_t start)
{
	const struct layout *layout = trip.layout;

	if (layout->length == 0)
		return;
	for (size_t at = layout->first; at < layout->size;
	    at += layout->period) {
		size_t size = at + layout->length < layout->size ?
		    layout->length : layout->size - at;

		if (pwrite(fd, trip.image + at, size, (off_t)(start + at)) !=
		    (ssize_t)size)
			give_up("pwrite");
	}
}

/** Return the source as a file, with the image at `start`. */
static int
source_file(size_t start)
{
	const size_t size = trip.layout->size;
	int fd = new_file();

	if (ftruncate(fd, (off_t)(start + size)) < 0)
		give_up("ftruncate");
	if (trip.making == UNWRITTEN &&
	    fallocate(fd, 0, 0, (off_t)(start + size)) < 0)
		give_up("fallocate");
	if (trip.making != WRITTEN)
		write_data(fd, start);
	else if (pwrite(fd, trip.image, size, (off_t)start) != (ssize_t)size)
		give_up("pwrite");
	return fd;
}

static int
source_device(void)
{
	const size_t size = trip.layout->size;
	int fd = keep(open(devices[0], O_RDWR));

	if (pwrite(fd, trip.image, size, 0) != (ssize_t)size)
		give_up(devices[0]);
	return fd;
}

static void
set_source(void)
{
	struct fan *fan = &trip.fan;
	struct inlet *in = &fan->in;

	fan_inlet(fan, froms[trip.from].sort, 0);
	in->data = trip.image;
	in->size = trip.layout->size;
	if (trip.from <= DEVICE_IN) {
		shut(in->fd);
		in->from = in->told_from = trip.from == PLACED ? 1000 : 0;
		in->fd = trip.from == DEVICE_IN ? source_device() :
		    source_file((size_t)in->from);
		in->fed = (int64_t)in->size;
		in->flags = fcntl(in->fd, F_GETFL);
		/* A position that is not to be used, as fan_is_at() checks. */
		lseek(in->fd, trip.from == PLACED ? 55 : 0, SEEK_SET);
		fan->request.in_fd = in->fd;
		if (trip.from == PLACED)
			fan->request.offset = in->from;
	}
	/* A device has more. */
	if (trip.from == DEVICE_IN)
		fan->request.bytes = (int64_t)in->size;
}

/* The sink */

/** Return the sink as a file or device that has old data. */
static int
sink_file(void)
{
	const size_t old = tos[trip.to].old;
	int fd = trip.to == DEVICE_OUT ? keep(open(devices[1], O_RDWR)) :
	    new_file();

	if (pwrite(fd, content, old, 0) != (ssize_t)old)
		give_up("pwrite");
	return fd;
}

/** Put a sink of our own in the place of /dev/null. */
static void
set_file(void)
{
	struct outlet *out = &trip.fan.out[0];
	const size_t start = tos[trip.to].start, size = trip.layout->size;

	shut(out->fd);
	out->fd = sink_file();
	out->from = (int64_t)start;
	lseek(out->fd, trip.to == PLACED_FILE ? 3 : (off_t)start, SEEK_SET);
	if (trip.to == APPENDING)
		fcntl(out->fd, F_SETFL, O_APPEND | fcntl(out->fd, F_GETFL));
	out->flags = fcntl(out->fd, F_GETFL);
	trip.fan.request.out_fd = out->fd;
	if (trip.to == PLACED_FILE)
		trip.fan.request.out_offset = (int64_t)start;
	memcpy(trip.after, content, tos[trip.to].old);
	memcpy(trip.after + start, trip.image, size);
	trip.end = tos[trip.to].old > start + size ? tos[trip.to].old :
	    start + size;
}

static bool
is_file(void)
{
	return tos[trip.to].sort == NULL_OUT && trip.to != NOTHING;
}

/** True if [from, from + size) is one hole. */
static bool
is_hole(int fd, int64_t from, int64_t size)
{
	off_t position = lseek(fd, 0, SEEK_CUR);
	off_t data = lseek(fd, from, SEEK_DATA);

	lseek(fd, position, SEEK_SET);
	return data < 0 ? errno == ENXIO : data >= from + size;
}

/** True if a block of the sink, at `at` of the data, must be a hole: `size`
 * bytes, all zeros. */
static bool
must_be_hole(size_t at, size_t size)
{
	static const unsigned char zeros[PAGE];
	const unsigned flags = trip.mode->flags;
	const struct inlet *in = &trip.fan.in;

	for (size_t i = 0; i < size; i += PAGE)
		if (memcmp(trip.image + at + i, zeros, PAGE) != 0)
			return false;
	if (flags & ZC_MAKE_HOLES)
		return true;
	/* A file that has all its blocks is not asked for holes. */
	return (flags & ZC_KEEP_HOLES) && trip.from <= PLACED &&
	    trip.making == HOLES &&
	    is_hole(in->fd, in->from + (int64_t)at, (int64_t)size);
}

/** True if the sink, a new file, has each hole that it must have; or, with
 * ZC_FILL_HOLES, none. */
static bool
has_holes(const struct zc_result *result)
{
	const struct outlet *out = &trip.fan.out[0];
	const size_t block = (size_t)(getpagesize() > PAGE ? getpagesize() :
	    PAGE);
	int64_t holes = 0;

	for (size_t at = 0; at + block <= trip.layout->size; at += block) {
		bool hole = is_hole(out->fd, (int64_t)at, (int64_t)block);

		if (trip.mode->flags & ZC_FILL_HOLES)
			CHECK(!hole);
		if (!must_be_hole(at, block))
			continue;
		CHECK(hole);
		holes += (int64_t)block;
	}
	/* Blocks that are shared may be holes, and are not left out. */
	if (trip.method != ZC_AUTO && trip.method != ZC_COPY_FILE_RANGE)
		CHECK(result->hole_bytes >= holes);
	return true;
}

static bool
sink_is_right(const struct zc_result *result)
{
	const struct outlet *out = &trip.fan.out[0];

	CHECK(result->hole_bytes >= 0 &&
	    result->hole_bytes <= (int64_t)trip.layout->size);
	if (!(trip.mode->flags & (ZC_KEEP_HOLES | ZC_MAKE_HOLES)))
		CHECK(result->hole_bytes == 0);
	if (trip.layout == &layouts[0])
		CHECK(result->hole_bytes == 0);
	skipped += result->hole_bytes > 0;
	punched += result->hole_bytes > 0 && trip.to == OLD_FILE;
	if (!is_file())
		return true;
	if (trip.to != DEVICE_OUT)
		CHECK(size_of(out->fd) == (int64_t)trip.end);
	CHECK(holds(out->fd, 0, trip.after, trip.end));
	CHECK(at(out->fd) == (trip.to == PLACED_FILE ? 3 :
	    out->from + (int64_t)trip.layout->size));
	return trip.to != NEW_FILE || has_holes(result);
}

/* Transfers */

/** Move it all to the outlets of the fan.  True if they are right. */
static bool
moves_all(void)
{
	struct fan *fan = &trip.fan;
	struct zc_job *job;

	fan_follow(fan);
	fan->request.method = trip.method;
	fan->request.flags = trip.mode->flags | ZC_EXACT;
	fan->request.block_size = 30000;
	job = new_job(&fan->request);
	CHECK(fan_run(fan, job) == 0);
	CHECK(sink_is_right(zc_job_sink(job, 0)));
	CHECK(fan_is_done(fan, job, (int64_t)trip.layout->size));
	zc_job_free(job);
	return true;
}

static bool
arrives(void)
{
	struct fan *fan = &trip.fan;

	set_source();
	fan_outlet(fan, tos[trip.to].sort, NULL);
	if (is_file())
		set_file();
	return moves_all();
}

static bool
method_suits(void)
{
	struct zc_ends ends = ZC_ENDS_INIT;
	struct zc_plan plan = ZC_PLAN_INIT;

	ends.in = froms[trip.from].kind;
	ends.out = tos[trip.to].kind;
	ends.placed = trip.to == PLACED_FILE;
	if ((trip.mode->flags & ZC_MAKE_HOLES) && (trip.to == APPENDING ||
	    tos[trip.to].kind > ZC_SYNTHETIC) && trip.to != DEVICE_OUT)
		return false;		/* it can have none: EINVAL */
	/* The kernel's own paths do not append. */
	if (trip.to == APPENDING && trip.method != ZC_AUTO &&
	    trip.method != ZC_MMAP && trip.method != ZC_READ_WRITE)
		return false;
	zc_plan(&plan, &ends, trip.method, ZC_AUTO, trip.mode->flags);
	return plan.count > 0;
}

/** True if it matters how the zeros came there: zeros that are data are looked
 * for, or the file system knows more than st_blocks shows. */
static bool
making_matters(void)
{
	const unsigned flags = trip.mode->flags;

	if (trip.making == HOLES)
		return true;
	return trip.from <= PLACED && (trip.making == WRITTEN ?
	    (flags & ZC_MAKE_HOLES) != 0 : flags == ZC_KEEP_HOLES);
}

/** Move each layout, made in each way, by trip.method. */
static bool
each_arrives(void)
{
	for (size_t i = 0; i < COUNT(layouts) * MAKINGS; i++) {
		bool fine;

		trip.layout = &layouts[i / MAKINGS];
		trip.making = (enum making)(i % MAKINGS);
		if (!making_matters())
			continue;
		draw(trip.layout);
		fine = arrives();
		shut_all();
		if (fine)
			continue;
		printf("# %s, as %s; %s, %s\n", trip.layout->name,
		    makings[trip.making], zc_method_name(trip.method),
		    trip.mode->name);
		return false;
	}
	return true;
}

static bool
all_arrive(void)
{
	for (size_t m = 0; m < in_place_count; m++) {
		trip.method = in_place[m];
		for (size_t f = 0; f < COUNT(modes); f++) {
			trip.mode = &modes[f];
			if (method_suits() && !each_arrives())
				return false;
		}
	}
	return true;
}

/* Several sinks */

/** True if a new file, an old one at its position and at an offset, and a pipe
 * all get the data, each with its own holes. */
static bool
all_sinks_get_it(void)
{
	struct fan *fan = &trip.fan;

	set_source();
	fan_outlet(fan, NULL_OUT, NULL);
	set_file();
	fan_outlet(fan, FILE_OUT, NULL);
	fan_outlet(fan, PIPE_OUT, NULL);
	fan_outlet(fan, PLACED_OUT, NULL);
	return moves_all();
}

static bool
sinks_differ(enum from from, const struct mode *mode)
{
	trip.from = from;
	trip.to = NEW_FILE;
	trip.making = HOLES;
	trip.method = ZC_AUTO;
	trip.mode = mode;
	for (size_t l = 0; l < COUNT(layouts); l++) {
		bool fine;

		trip.layout = &layouts[l];
		draw(trip.layout);
		fine = all_sinks_get_it();
		shut_all();
		if (!fine) {
			printf("# %s\n", trip.layout->name);
			return false;
		}
	}
	return true;
}

int
main(int argc, char **argv)
{
	begin();
	directory = argc > 1 ? argv[1] : NULL;
	for (int i = 0; i < 2 && argc > 3; i++)
		devices[i] = argv[2 + i];
	for (int from = 0; from < FROMS; from++)
		for (int to = 0; to < TOS; to++) {
			trip.from = (enum from)from;
			trip.to = (enum to)to;
			if (devices[0] == NULL && (from == DEVICE_IN ||
			    to == DEVICE_OUT))
				continue;
			CASE(all_arrive(), "holes: %s to %s", froms[from].name,
			    tos[to].name);
		}
	for (int from = 0; from < FROMS; from++)
		for (size_t f = 0; f < COUNT(modes); f++)
			/* A pipe can have no holes: EINVAL. */
			if (from != DEVICE_IN &&
			    !(modes[f].flags & ZC_MAKE_HOLES))
				CASE(sinks_differ((enum from)from, &modes[f]),
				    "holes: %s to four sinks, %s",
				    froms[from].name, modes[f].name);
	printf("# %u transfers left out zeros, %u over old data\n", skipped,
	    punched);
	report(skipped > 0 && punched > 0, "holes: some were left out");
	finish();
	return 0;
}
