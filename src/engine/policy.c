/*
 * Which methods are tried, in which order: a pure function of struct zc_ends.
 *
 * There are two sorts of rules.  What a method cannot or must not do
 * (objection) applies to a method that the caller named, too.  Which methods
 * are worth trying for a pair of kinds (the rows) applies to ZC_AUTO only.
 */
#include "config.h"

#include "method.h"
#include "sized.h"

#define K(kind)		(1u << (kind))
#define FILES		(K(ZC_REGULAR) | K(ZC_BLOCK))
#define STREAMS		(K(ZC_PIPE) | K(ZC_SOCKET))
#define ANY		(K(ZC_KINDS) - 1)

/* Below this, one read(2), one write(2) and a read(2) that confirms the end
 * take less time than setting up any other method. */
#define SMALL		(32 * 1024)

/* From here on our own pipe pays.  To TCP, splice took a tenth more CPU than
 * sendfile for 64 KiB, as much for 256 KiB, and a third less for 1 MiB. */
#define PIPEFUL		(256 * 1024)

/* The first row that fits is used: it has both kinds, and the size is known to
 * be below its limit, if it has one.  read-write follows in each row.  The
 * figures are from Linux 6.18 on two cores, by zcopy --benchmark and
 * scripts/race. */
static const struct row {
	unsigned in, out;
	enum zc_method order[2];
	int64_t below;			/* bytes to move; 0: no limit */
	bool alone;			/* only if no other sink shares what is
					   read */
} rows[] = {
	/* Here other calls lose data, or gain nothing. */
	{ .in = K(ZC_SYNTHETIC) | K(ZC_TTY) | K(ZC_NULL) | K(ZC_HOOKS),
	    .out = ANY, .order = { 0 } },
	{ .in = ANY, .out = K(ZC_SYNTHETIC) | K(ZC_TTY) | K(ZC_HOOKS),
	    .order = { 0 } },

	/* copy_file_range shares blocks on XFS and btrfs; on ext4 it is 1.15
	 * times as fast as read-write, for 7/8 of the CPU. */
	{ .in = K(ZC_REGULAR), .out = K(ZC_REGULAR),
	    .order = { ZC_COPY_FILE_RANGE, ZC_SENDFILE } },

	/* Into a pipe, sendfile holds the pipe's lock while it looks up the
	 * pages, and while it reads the disk if they are not cached.  splice
	 * through our own pipe does not: a reader that splices, or reads 1 MiB
	 * at a time, gets the data in 0.5 to 0.8 of the time. */
	{ .in = FILES, .out = K(ZC_PIPE),
	    .order = { ZC_SPLICE, ZC_SENDFILE } },

	/* splice moves 1 MiB at a time, sendfile 64 KiB (its internal pipe):
	 * to TCP, splice is 1.1 to 1.3 times as fast, for 9/10 of the CPU, on
	 * loopback and between network namespaces. */
	{ .in = FILES, .out = K(ZC_SOCKET),
	    .order = { ZC_SENDFILE, ZC_SPLICE }, .below = PIPEFUL },
	{ .in = FILES, .out = K(ZC_SOCKET),
	    .order = { ZC_SPLICE, ZC_SENDFILE } },

	/* sendfile needs one call, splice two; to /dev/null both are eight
	 * times as fast as read-write. */
	{ .in = FILES, .out = ANY,
	    .order = { ZC_SENDFILE, ZC_SPLICE } },

	/* splice copies the pipe's pages one by one; read-write gets large
	 * folios: on ext4 0.8 of splice's time behind cat.  If the writer lends
	 * pages, splice takes 0.87 of read-write's time, but a reader cannot
	 * tell: a lent page and one that write(2) filled look alike in the
	 * pipe. */
	{ .in = K(ZC_PIPE), .out = K(ZC_REGULAR),
	    .order = { 0 }, .alone = true },

	/* Between pipes splice takes 1/10 of cat's CPU; from TCP to a file 9/10
	 * of read-write's, and a little less time.  To several sinks the pages
	 * go by tee(2): to three pipes 1/2 to 1/4 of read-write's time, and
	 * 1/10 of its CPU; with a file among them 1/2 of both; to files only,
	 * as much. */
	{ .in = STREAMS, .out = ANY,
	    .order = { ZC_SPLICE } },

	/* splice moves the pages that it has the device fill: from /dev/zero to
	 * a pipe it takes half the time of read-write, but to a file 1.3
	 * times. */
	{ .in = K(ZC_CHAR), .out = STREAMS,
	    .order = { ZC_SPLICE } },
	{ .in = ANY, .out = ANY,
	    .order = { 0 } },
};

/** Return why this method cannot or must not serve these ends, or NULL. */
static const char *
objection(enum zc_method method, const struct zc_ends *ends, unsigned flags)
{
	/* Not mmap: functions that read a mapping of a file that is cut short
	 * then die by SIGBUS. */
	if ((ends->in == ZC_HOOKS || ends->out == ZC_HOOKS) &&
	    method != ZC_READ_WRITE)
		return "an end that is no descriptor needs bytes in memory of "
		    "our own";
	if (method != ZC_READ_WRITE && ends->out == ZC_SYNTHETIC)
		return "each write to a kernel file is a command of its own";
	/* splice(2) drops what the FUSE server sent beyond st_size (Linux
	 * 6.18), and without an offset it cannot be read again. */
	if (method != ZC_READ_WRITE && ends->unseekable)
		return "the source cannot seek, and only read(2) sees past its "
		    "st_size";
	/* Both pass pages of the page cache on by reference. */
	if ((flags & ZC_STABLE) && (method == ZC_SENDFILE ||
	    method == ZC_SPLICE) && (FILES & K(ends->in)) &&
	    (STREAMS & K(ends->out)))
		return "only copies will do, and it lends the source's own "
		    "pages";
	if (method != ZC_READ_WRITE && (flags & ZC_NODISKIO) &&
	    (FILES & K(ends->in)))
		return "may block on disk I/O (--no-disk-io)";
	/* Not mmap either: as with hooks, looking at a file that is cut short
	 * would end in SIGBUS. */
	if (method != ZC_READ_WRITE && (flags & ZC_LOOK))
		return "its data cannot be looked at";
	if (method != ZC_READ_WRITE && (flags & ZC_MAKE_HOLES))
		return "it cannot look for zeros (--sparse=always)";
	if ((method == ZC_COPY_FILE_RANGE || method == ZC_REFLINK) &&
	    (flags & ZC_FILL_HOLES))
		return "it may keep holes (--sparse=never)";
	return method_get(method)->suits(ends);
}

static const struct row *
row_for(const struct zc_ends *ends)
{
	const struct row *row = rows;

	while (!(row->in & K(ends->in)) || !(row->out & K(ends->out)) ||
	    (row->below != 0 &&
	    (ends->bytes < 0 || ends->bytes >= row->below)) ||
	    (row->alone && ends->shared))
		row++;			/* the last one fits all */
	return row;
}

static void
plan_add(struct zc_plan *plan, enum zc_method method,
    const struct zc_ends *ends, unsigned flags)
{
	if (plan->why_not[method] == NULL)
		return;			/* it is in the plan already */
	plan->why_not[method] = objection(method, ends, flags);
	if (plan->why_not[method] == NULL)
		plan->method[plan->count++] = method;
}

/** Return why only read-write is worth trying for these ends, or NULL. */
static const char *
plain_only(const struct zc_ends *ends, unsigned flags)
{
	if ((flags & ZC_DONT_CACHE) && (FILES & (K(ends->in) | K(ends->out))))
		return "it leaves data in the page cache";
	if (ends->append && ends->out != ZC_PIPE)
		return "the kernel refuses it where the destination appends";
	if (ends->direct && ends->out != ZC_PIPE)
		return "the destination has O_DIRECT";
	if (ends->bytes >= 0 && ends->bytes < SMALL)
		return "not worth it for so few bytes";
	return NULL;
}

/** Fill in the plan, which is all 0. */
static void
fill(struct zc_plan *plan, const struct zc_ends *ends, enum zc_method forced,
    enum zc_method preferred, unsigned flags)
{
	const char *plain = plain_only(ends, flags);
	const char *why = plain != NULL ? plain : "no gain for these ends";
	const struct row *row;

	if (ends->in >= ZC_KINDS || ends->out >= ZC_KINDS ||
	    forced >= ZC_METHODS || preferred >= ZC_METHODS)
		return;
	if (forced != ZC_AUTO)
		why = "another method was named";
	for (int m = 1; m < ZC_METHODS; m++)
		plan->why_not[m] = why;
	if (forced != ZC_AUTO) {
		plan_add(plan, forced, ends, flags);
		return;
	}
	plan->why_not[ZC_REFLINK] = plan->why_not[ZC_MMAP] = "only by name";
	if (preferred != ZC_AUTO)
		plan_add(plan, preferred, ends, flags);
	row = row_for(ends);
	for (int i = 0; i < 2 && plain == NULL; i++)
		if (row->order[i] != ZC_AUTO)
			plan_add(plan, row->order[i], ends, flags);
	plan_add(plan, ZC_READ_WRITE, ends, flags);
}

void
zc_plan(struct zc_plan *plan, const struct zc_ends *ends,
    enum zc_method forced, enum zc_method preferred, unsigned flags)
{
	struct zc_plan ours = ZC_PLAN_INIT;
	struct zc_ends theirs;

	if (sized_read(&theirs, sizeof(theirs), ends,
	    SIZED_TO(struct zc_ends, bytes)) == 0)
		fill(&ours, &theirs, forced, preferred, flags);
	sized_write(plan, &ours, sizeof(ours));
}
