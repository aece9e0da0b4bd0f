/*
 * Which methods, in which order: a pure function of what stands in zc_ends.
 *
 * Two sorts of rules: what a method cannot do, or must not (objection), binds
 * a forced method too; which of the rest are worth trying for a pair of kinds
 * (the rows) only concerns ZC_AUTO.
 */
#include "config.h"

#include "method.h"

#define K(kind)		(1u << (kind))
#define FILES		(K(ZC_REGULAR) | K(ZC_BLOCK))
#define STREAMS		(K(ZC_PIPE) | K(ZC_SOCKET))
#define ANY		(K(ZC_KINDS) - 1)

/* Below this a read, a write and a read to confirm the end cost less than any
 * of the kernel's own paths takes to set up (GNU cat splices from here on). */
#define SMALL		(32 * 1024)

/* Our own pipe is worth making from here on: 64 KiB to TCP took a tenth more
 * CPU by splice than by sendfile, 256 KiB as much, 1 MiB a third less. */
#define PIPEFUL		(256 * 1024)

/* The first row that has both kinds counts, if there is less to move than it
 * says; read-write ends each of them.  Figures are from Linux 6.18 on two
 * cores, by zcopy --benchmark and scripts/race. */
static const struct row {
	unsigned in, out;
	enum zc_method order[2];
	int64_t below;			/* bytes to move; 0: no limit */
} rows[] = {
	/* Nothing but read(2) and write(2) is whole, or worth it, there. */
	{ .in = K(ZC_SYNTHETIC) | K(ZC_TTY) | K(ZC_NULL), .out = ANY,
	    .order = { 0 } },
	{ .in = ANY, .out = K(ZC_SYNTHETIC) | K(ZC_TTY),
	    .order = { 0 } },

	/* Shares blocks by itself on XFS and btrfs; on ext4 1.15 times as fast
	 * as read-write, for seven eighths of the CPU. */
	{ .in = K(ZC_REGULAR), .out = K(ZC_REGULAR),
	    .order = { ZC_COPY_FILE_RANGE, ZC_SENDFILE } },

	/* Pages go straight into the reader's pipe: a third of read-write's
	 * CPU, and nearly three times its speed.  sendfile does as well. */
	{ .in = FILES, .out = K(ZC_PIPE),
	    .order = { ZC_SPLICE, ZC_SENDFILE } },

	/* 1 MiB at a time instead of the 64 KiB that sendfile's own pipe has:
	 * to TCP 1.1 to 1.3 times as fast, for nine tenths of the CPU, on
	 * loopback and between network namespaces. */
	{ .in = FILES, .out = K(ZC_SOCKET),
	    .order = { ZC_SENDFILE, ZC_SPLICE }, .below = PIPEFUL },
	{ .in = FILES, .out = K(ZC_SOCKET),
	    .order = { ZC_SPLICE, ZC_SENDFILE } },

	/* One call for what splice needs two for; both are eight times as fast
	 * to /dev/null as read-write. */
	{ .in = FILES, .out = ANY,
	    .order = { ZC_SENDFILE, ZC_SPLICE } },

	/* Pages of a pipe are copied one by one; by 1 MiB the file gets large
	 * folios: half the time of splice, and 0.7 of its CPU, on ext4. */
	{ .in = K(ZC_PIPE), .out = K(ZC_REGULAR),
	    .order = { 0 } },

	/* Between pipes a tenth of cat's CPU; TCP to file a tenth less than
	 * read-write's, and a little faster. */
	{ .in = STREAMS, .out = ANY,
	    .order = { ZC_SPLICE } },

	/* What a device makes up needs pages to lie in: /dev/zero to a pipe in
	 * half the time of read-write, but to a file in 1.3 times of it. */
	{ .in = K(ZC_CHAR), .out = STREAMS,
	    .order = { ZC_SPLICE } },
	{ .in = ANY, .out = ANY,
	    .order = { 0 } },
};

static bool
lends_pages(enum zc_method method, const struct zc_ends *ends)
{
	bool by_reference = method == ZC_SENDFILE || method == ZC_SPLICE;

	return by_reference && (FILES & K(ends->in)) &&
	    (STREAMS & K(ends->out));
}

/** Why this method cannot serve, or must not; NULL: it can. */
static const char *
objection(enum zc_method method, const struct zc_ends *ends, unsigned flags)
{
	if (method != ZC_READ_WRITE && ends->out == ZC_SYNTHETIC)
		return "each write to a kernel file is a command of its own";
	/* splice(2) drops what the FUSE server sent beyond st_size (Linux
	 * 6.18), and without an offset it cannot be read again. */
	if (method != ZC_READ_WRITE && ends->unseekable)
		return "the source cannot seek, and only read(2) sees past its "
		    "st_size";
	if ((flags & ZC_STABLE) && lends_pages(method, ends))
		return "only copies will do, and it lends the source's own "
		    "pages";
	if (method != ZC_READ_WRITE && (flags & ZC_NODISKIO) &&
	    (FILES & K(ends->in)))
		return "may block on disk I/O (--no-disk-io)";
	return method_get(method)->suits(ends);
}

static bool
row_fits(const struct row *row, const struct zc_ends *ends)
{
	return (row->in & K(ends->in)) && (row->out & K(ends->out)) &&
	    (row->below == 0 ||
	    (ends->size >= 0 && ends->size < row->below));
}

static const struct row *
row_for(const struct zc_ends *ends)
{
	size_t i = 0;

	while (!row_fits(&rows[i], ends))
		i++;
	return &rows[i];
}

static void
plan_add(struct zc_plan *plan, enum zc_method method,
    const struct zc_ends *ends, unsigned flags)
{
	if (plan->why_not[method] == NULL)
		return;			/* is in it */
	plan->why_not[method] = objection(method, ends, flags);
	if (plan->why_not[method] == NULL)
		plan->method[plan->count++] = method;
}

/** Why no method but read-write is worth trying, or NULL. */
static const char *
plain_only(const struct zc_ends *ends)
{
	if (ends->append && ends->out != ZC_PIPE)
		return "the kernel refuses it where the destination appends";
	if (ends->direct && ends->out != ZC_PIPE)
		return "the destination has O_DIRECT";
	if (ends->size >= 0 && ends->size < SMALL)
		return "not worth it for so few bytes";
	return NULL;
}

static void
plan_rest(struct zc_plan *plan, const struct zc_ends *ends, unsigned flags)
{
	const char *plain = plain_only(ends);
	const enum zc_method *order = row_for(ends)->order;

	for (int i = 0; i < 2 && plain == NULL; i++)
		if (order[i] != ZC_AUTO)
			plan_add(plan, order[i], ends, flags);
	plan_add(plan, ZC_READ_WRITE, ends, flags);
}

void
zc_plan(struct zc_plan *plan, const struct zc_ends *ends,
    enum zc_method forced, enum zc_method preferred, unsigned flags)
{
	const char *why = plain_only(ends);

	*plan = (struct zc_plan){ .count = 0 };
	if (ends->in >= ZC_KINDS || ends->out >= ZC_KINDS ||
	    forced >= ZC_METHODS || preferred >= ZC_METHODS)
		return;
	if (why == NULL)
		why = "no gain for these ends";
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
	plan_rest(plan, ends, flags);
}
