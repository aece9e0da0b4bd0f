/*
 * The routes of a benchmark with operands: each end alone, and both.
 */
#include "config.h"

#include <fcntl.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../endpoint/descriptor.h"
#include "../transfer/transfer.h"
#include "cold.h"
#include "data.h"
#include "route.h"

/** An operand, opened so far that its kind is known. */
struct view {
	const struct endpoint *end;
	int fd;				/* of the file, or -1 */
	enum zc_kind kind;		/* ZC_OTHER if there is none, too */
};

static enum status
refuse(const struct view *view, const char *why)
{
	diag_error(view->end->name, "--benchmark: %s", why);
	return STATUS_USAGE;
}

/** Find out the kind of the file.  Do not open a FIFO, because a process may be
 * waiting at it, nor DEST, because some devices act on open(2). */
static void
view_open(struct view *view, const struct endpoint *end)
{
	const int flags = O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	*view = (struct view){ .end = end, .fd = -1, .kind = ZC_SOCKET };
	if (end->type->network)
		return;
	view->fd = end->inherited ? end->fd :
	    open(end->path, O_PATH | O_CLOEXEC);
	view->kind = zc_kind_of(view->fd);
	if (end->inherited || end->role == ROLE_DEST ||
	    view->kind == ZC_PIPE || view->fd < 0)
		return;
	close(view->fd);
	view->fd = open(end->path, O_RDONLY | flags);
	view->kind = zc_kind_of(view->fd);
}

static void
view_close(struct view *view)
{
	if (view->fd >= 0 && !view->end->inherited)
		close(view->fd);
}

/** Refuse a SOURCE that cannot be read repeatedly, or has no end. */
static enum status
check_source(const struct view *view, const struct options *options)
{
	switch (view->kind) {
	case ZC_PIPE:
	case ZC_SOCKET:
	case ZC_TTY:
		return refuse(view, "SOURCE is read repeatedly, but this can "
		    "be read only once");
	case ZC_CHAR:
		if (options->bytes == ZC_TO_END)
			return refuse(view, "it has no end: --bytes is needed");
		return STATUS_OK;
	default:
		return STATUS_OK;
	}
}

/** Refuse a DEST that cannot be written repeatedly. */
static enum status
check_dest(const struct view *view)
{
	bool inherited = view->end->inherited;

	if (view->kind == ZC_PIPE && !inherited)
		return refuse(view, "the reader of a FIFO would see the end "
		    "after the first of many transfers (use - >FIFO)");
	if (view->kind == ZC_REGULAR && inherited &&
	    (fcntl(view->fd, F_GETFL) & O_APPEND))
		return refuse(view, "DEST is written repeatedly, and this "
		    "appends");
	return STATUS_OK;
}

/** True if DEST can be filled with test data without losing a file. */
static bool
stands_alone(const struct view *dest, const struct options *options)
{
	if (dest->end->type->network)
		return true;
	if (dest->end->inherited)
		return dest->kind == ZC_PIPE || dest->kind == ZC_SOCKET;
	return !options->inplace && options->seek < 0 &&
	    (dest->fd < 0 || dest->kind == ZC_REGULAR);
}

/** Return the position of an inherited file or disk, at which each pass
 * begins. */
static struct rewind
rewind_of(const struct view *view)
{
	bool seeks = view->kind == ZC_REGULAR || view->kind == ZC_BLOCK;

	if (!view->end->inherited || !seeks)
		return (struct rewind){ .fd = -1 };
	return (struct rewind){ .fd = view->fd,
	    .start = lseek(view->fd, 0, SEEK_CUR) };
}

/** Return how much test data to send to DEST: as much as SOURCE has, if that is
 * known, up to DATA_BYTES. */
static int64_t
bytes_alone(const struct view *source, const struct options *options)
{
	off_t start = lseek(source->fd, 0, SEEK_CUR);
	off_t end = start < 0 ? -1 : lseek(source->fd, 0, SEEK_END);
	int64_t bytes = options->bytes;

	if (start >= 0)
		(void)lseek(source->fd, start, SEEK_SET);
	if (bytes == ZC_TO_END)
		bytes = end - start - options->offset;
	return bytes > 0 ? MIN(bytes, DATA_BYTES) : DATA_BYTES;
}

/** Add a route that reads SOURCE and drops the data. */
static enum status
add_source(struct routes *routes, const struct view *view,
    const struct options *options)
{
	struct options alone = *options;
	struct route *route;

	/* What is about DEST, or about a network. */
	options_reset(&alone, NEED_PATH | NEED_POSITION | NEED_SOCKET |
	    NEED_TCP | NEED_CONNECT | NEED_LISTEN);
	route = routes_add(routes, "SOURCE alone", &alone,
	    routes_name("%s", options->source), routes_name("/dev/null"));
	if (route == NULL)
		return STATUS_OTHER;
	route->part = PART_SOURCE;
	route->rewind[0] = rewind_of(view);
	route->cold = routes->file;
	return STATUS_OK;
}

/** Add a route that writes test data to DEST, if that loses nothing. */
static enum status
add_dest(struct routes *routes, const struct view *source,
    const struct view *dest, const struct options *options)
{
	struct options alone = *options;
	struct route *route;

	if (!stands_alone(dest, options))
		return STATUS_OK;
	routes->memory = data_in_memory(bytes_alone(source, options));
	if (routes->memory < 0)
		return STATUS_OTHER;
	alone.offset = 0;
	alone.bytes = ZC_TO_END;
	route = routes_add(routes, "DEST alone", &alone,
	    routes_reopen(routes->memory), routes_name("%s", options->dest));
	if (route == NULL)
		return STATUS_OTHER;
	route->part = PART_DEST;
	return STATUS_OK;
}

static enum status
add_both(struct routes *routes, const struct view *source,
    const struct view *dest, const struct options *options)
{
	struct route *route = routes_add(routes, "SOURCE to DEST", options,
	    routes_name("%s", options->source),
	    routes_name("%s", options->dest));

	if (route == NULL)
		return STATUS_OTHER;
	route->part = PART_BOTH;
	route->rewind[0] = rewind_of(source);
	route->rewind[1] = rewind_of(dest);
	route->cold = routes->file;
	return STATUS_OK;
}

/** Find SOURCE's file system, and whether the page cache can drop the file. */
static enum status
look_up_source(struct routes *routes, const struct view *view)
{
	bool regular = view->kind == ZC_REGULAR;

	if (regular && view->end->path != NULL)
		data_file_system(view->end->path, routes->file_system,
		    sizeof(routes->file_system));
	/* A device's node is on another file system than its data. */
	routes->has_cold = view->kind == ZC_BLOCK ||
	    (regular && cold_can_be(view->fd));
	if (!routes->has_cold)
		return STATUS_OK;
	routes->file = descriptor_copy(view->fd);
	if (routes->file >= 0)
		return STATUS_OK;
	diag_errno(view->end->name, "benchmark");
	return STATUS_OTHER;
}

static enum status
add_all(struct routes *routes, const struct view *source,
    const struct view *dest, const struct options *options)
{
	enum status status = check_source(source, options);

	if (status != STATUS_OK)
		return status;
	status = check_dest(dest);
	if (status != STATUS_OK)
		return status;
	routes->source = "SOURCE";
	routes->dest = "DEST";
	status = look_up_source(routes, source);
	if (status != STATUS_OK)
		return status;
	status = add_source(routes, source, options);
	if (status != STATUS_OK)
		return status;
	status = add_dest(routes, source, dest, options);
	if (status != STATUS_OK)
		return status;
	return add_both(routes, source, dest, options);
}

enum status
operands_routes(struct routes *routes, const struct options *options)
{
	struct transfer transfer;
	struct view source, dest;
	enum status status = transfer_parse(&transfer, options);

	if (status != STATUS_OK)
		return status;
	view_open(&source, &transfer.source);
	view_open(&dest, &transfer.dest);
	status = add_all(routes, &source, &dest, options);
	view_close(&source);
	view_close(&dest);
	transfer_close(&transfer);
	return status;
}
