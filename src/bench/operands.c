/*
 * The routes of a benchmark with operands: each end alone, and both.
 */
#include "config.h"

#include <fcntl.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../endpoint/descriptor.h"
#include "../endpoint/look.h"
#include "../system/mount.h"
#include "../transfer/transfer.h"
#include "cold.h"
#include "data.h"
#include "route.h"

/** An operand, and what a run would find there. */
struct view {
	struct endpoint *end;
	struct look look;
};

static enum status
refuse(const struct view *view, const char *why)
{
	diag_error(view->end->name, "--benchmark: %s", why);
	return STATUS_USAGE;
}

/** Refuse a SOURCE that cannot be read repeatedly, or has no end. */
static enum status
check_source(const struct view *view)
{
	/* A command is started anew for each pass. */
	if (endpoint_has(view->end, ENDPOINT_COMMAND))
		return STATUS_OK;
	switch (view->look.kind) {
	case ZC_PIPE:
	case ZC_SOCKET:
	case ZC_TTY:
		return refuse(view, "SOURCE is read repeatedly, but this can "
		    "be read only once");
	case ZC_CHAR:
		if (view->end->options->bytes == ZC_TO_END)
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
	if (endpoint_has(view->end, ENDPOINT_COMMAND))
		return STATUS_OK;
	if (view->look.kind == ZC_PIPE && !view->end->inherited)
		return refuse(view, "the FIFO's reader would see end-of-file "
		    "after the first transfer; open it in the shell: "
		    "zcopy ... - >FIFO");
	if (view->look.kind == ZC_REGULAR && (view->look.flags & O_APPEND))
		return refuse(view, "every round would append to it");
	return STATUS_OK;
}

/** Look at both ends, and fail where each pass would fail, before any test data
 * is made. */
static enum status
look_at_both(struct view *source, struct view *dest)
{
	enum status status = endpoint_look(source->end, &source->look);

	if (status != STATUS_OK)
		return status;
	status = check_source(source);
	if (status != STATUS_OK)
		return status;
	status = endpoint_look(dest->end, &dest->look);
	if (status != STATUS_OK)
		return status;
	status = check_dest(dest);
	if (status != STATUS_OK)
		return status;
	return endpoint_check_distinct(source->end, dest->end);
}

/** True if test data can be sent to DEST without overwriting anything.  What a
 * command would do with it is unknown. */
static bool
can_measure_alone(const struct view *dest)
{
	if (endpoint_has(dest->end, ENDPOINT_COMMAND))
		return false;
	return dest->look.kind == ZC_PIPE || dest->look.kind == ZC_SOCKET ||
	    endpoint_has(dest->end, ENDPOINT_REPLACES);
}

/** Return the position to which each pass must return an inherited file or
 * disk.  It is not look.start: for DEST that includes --seek, which each pass
 * adds. */
static struct rewind
rewind_of(const struct view *view)
{
	enum zc_kind kind = view->look.kind;
	int fd = view->end->fd;

	if (!view->end->inherited || (kind != ZC_REGULAR && kind != ZC_BLOCK))
		return (struct rewind){ .fd = -1 };
	return (struct rewind){ .fd = fd, .start = lseek(fd, 0, SEEK_CUR) };
}

/** Return how much test data to send to DEST: --bytes, or what SOURCE has, if
 * that is known; at most DATA_BYTES. */
static int64_t
bytes_alone(const struct look *source, const struct options *options)
{
	int64_t bytes = options->bytes;

	if (bytes == ZC_TO_END && source->size >= 0 && source->start >= 0)
		bytes = source->size - source->start - options->offset;
	return bytes > 0 ? MIN(bytes, DATA_BYTES) : DATA_BYTES;
}

/** True if sendfile and splice only look up the pages of SOURCE, which are in
 * memory, and hand them to /dev/null. */
static bool
copies_nothing(const struct routes *routes, const struct view *source,
    enum zc_kind dest)
{
	return dest == ZC_NULL && source->look.kind == ZC_REGULAR &&
	    !routes->has_cold;
}

/** Add a route that reads SOURCE and drops the data. */
static enum status
add_source(struct routes *routes, const struct view *view,
    const struct options *options)
{
	struct options alone = *options;
	struct route *route;

	/* Reset the options that are about DEST, or about a network. */
	options_reset(&alone, NEED_PATH | NEED_POSITION | NEED_SOCKET |
	    NEED_TCP | NEED_CONNECT | NEED_LISTEN);
	route = routes_add(routes, "SOURCE alone", &alone,
	    routes_name("%s", options->source), routes_name("/dev/null"));
	if (route == NULL)
		return STATUS_OTHER;
	route->part = PART_SOURCE;
	route->rewind[0] = rewind_of(view);
	route->cold = routes->file;
	route->copies_nothing = copies_nothing(routes, view, ZC_NULL);
	return STATUS_OK;
}

/** Add a route that writes test data to DEST, if that overwrites nothing. */
static enum status
add_dest(struct routes *routes, const struct view *source,
    const struct view *dest, const struct options *options)
{
	struct options alone = *options;
	struct route *route;

	if (!can_measure_alone(dest))
		return STATUS_OK;
	routes->memory = data_in_memory(bytes_alone(&source->look, options));
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
	route->copies_nothing = copies_nothing(routes, source, dest->look.kind);
	return STATUS_OK;
}

/** True if the file has a hole after `start`. */
static bool
has_holes(int fd, const struct look *look)
{
	const off_t position = lseek(fd, 0, SEEK_CUR);
	/* A shared position must be as before. */
	const off_t hole = lseek(fd, MAX(look->start, 0), SEEK_HOLE);

	(void)lseek(fd, position, SEEK_SET);
	return hole >= 0 && hole < look->size;
}

/** Note DEST, if it is a file or a disk that the passes write. */
static enum status
look_up_dest(struct routes *routes, const struct view *view)
{
	const struct endpoint *end = view->end;

	if ((view->look.kind != ZC_REGULAR && view->look.kind != ZC_BLOCK) ||
	    endpoint_has(end, ENDPOINT_REPLACES))
		return STATUS_OK;
	routes->written = end->inherited ?
	    routes_name("/proc/self/fd/%d", end->fd) :
	    routes_name("%s", end->path);
	if (routes->written != NULL)
		return STATUS_OK;
	return endpoint_error(end, "benchmark");
}

/** Find the type of SOURCE's file system, for the report.  If the page cache
 * can drop SOURCE, a file or a disk, open it as routes->file. */
static enum status
look_up_source(struct routes *routes, const struct view *view)
{
	const struct endpoint *end = view->end;
	bool regular = view->look.kind == ZC_REGULAR;

	if (regular && end->path != NULL)
		mount_type(end->path, routes->file_system,
		    sizeof(routes->file_system));
	if (!regular && view->look.kind != ZC_BLOCK)
		return STATUS_OK;
	routes->file = end->inherited ? descriptor_copy(end->fd) :
	    descriptor_open(&end->deadline, AT_FDCWD, end->path, O_RDONLY, 0);
	if (routes->file < 0)
		return endpoint_error(end, "open");
	routes->fills_holes = regular && has_holes(routes->file, &view->look);
	/* A disk can be cold; do not ask cold_can_be(), which would look at the
	 * file system of its node in /dev. */
	routes->has_cold = !regular || cold_can_be(routes->file);
	if (routes->has_cold)
		return STATUS_OK;
	close(routes->file);
	routes->file = -1;
	return STATUS_OK;
}

static enum status
add_all(struct routes *routes, struct view *source, struct view *dest,
    const struct options *given)
{
	struct options options = *given;
	enum status status = look_at_both(source, dest);

	if (status != STATUS_OK)
		return status;
	routes->source_label = "SOURCE";
	routes->dest_label = "DEST";
	status = look_up_source(routes, source);
	if (status != STATUS_OK)
		return status;
	status = look_up_dest(routes, dest);
	if (status != STATUS_OK)
		return status;
	/* Skipping holes would look like enormous speed. */
	if (routes->fills_holes)
		options.sparse = SPARSE_NEVER;
	status = add_source(routes, source, &options);
	if (status != STATUS_OK)
		return status;
	status = add_dest(routes, source, dest, &options);
	if (status != STATUS_OK)
		return status;
	return add_both(routes, source, dest, &options);
}

enum status
operands_routes(struct routes *routes, const struct options *options)
{
	struct transfer transfer;
	struct view source = { .end = &transfer.ends.source };
	struct view dest = { .end = &transfer.ends.dest->end };
	enum status status = transfer_parse(&transfer, options);

	if (status != STATUS_OK)
		return status;
	status = add_all(routes, &source, &dest, options);
	transfer_close(&transfer);
	return status;
}
