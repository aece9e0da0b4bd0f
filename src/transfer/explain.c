#include "config.h"

#include "explain.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/missing.h"
#include "../base/output.h"
#include "../endpoint/location.h"
#include "move.h"
#include "rules.h"
#include "verdict.h"

/** An end as it can be seen without opening it. */
struct view {
	struct endpoint end;		/* a copy, with st where there is one */
	enum zc_kind kind;
	int flags;			/* F_GETFL, of a descriptor; else 0 */
	bool unseekable;		/* a descriptor of a file that cannot
					   seek (FUSE) */
	int64_t position;		/* of a descriptor; else 0 */
	int64_t size;			/* of the whole, or -1 */
};

static bool
is_path(const struct view *view)
{
	return view->end.type == &endpoint_file ||
	    view->end.type == &endpoint_replace;
}

static bool
is_listener(const struct view *view)
{
	return view->end.type == &endpoint_listen ||
	    view->end.type == &endpoint_unix_listen;
}

/** isatty(3) needs an open one.  Majors by Documentation/admin-guide/
 * devices.txt: consoles and serial lines, /dev/tty, pseudo terminals. */
static bool
is_terminal(dev_t device)
{
	return major(device) == 4 || major(device) == 5 ||
	    (major(device) >= 136 && major(device) <= 143);
}

/** A device's size, from sysfs, which counts sectors of 512 always. */
static int64_t
block_size(dev_t device)
{
	char path[64];
	int64_t sectors;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/size",
	    major(device), minor(device));
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	if (fscanf(file, "%" SCNd64, &sectors) != 1)
		sectors = -1;
	fclose(file);
	return sectors < 0 ? -1 : sectors * 512;
}

/** Kind and size of what is behind `fd`, which may be O_PATH. */
static void
view_inspect(struct view *view, int fd)
{
	const struct stat *st = &view->end.st;

	view->kind = zc_kind_of(fd);
	if (view->kind == ZC_CHAR && is_terminal(st->st_rdev))
		view->kind = ZC_TTY;
	if (view->kind == ZC_REGULAR)
		view->size = st->st_size;
	if (view->kind == ZC_BLOCK)
		view->size = block_size(st->st_rdev);
}

/** Opening an inherited descriptor is no more than looking at it. */
static enum status
view_descriptor(struct view *view)
{
	enum status status = endpoint_open(&view->end);
	int fd = view->end.fd;
	off_t position;

	if (status != STATUS_OK)
		return status;
	view_inspect(view, fd);
	view->flags = fcntl(fd, F_GETFL);
	position = lseek(fd, 0, SEEK_CUR);
	view->position = position < 0 ? 0 : position;
	view->unseekable = position < 0 && view->kind == ZC_REGULAR;
	return STATUS_OK;
}

static bool
is_replaced(const struct view *view)
{
	const struct options *options = view->end.options;

	return view->kind == ZC_REGULAR && !options->append &&
	    options->seek < 0 && !options->inplace;
}

/**
 * Check access with our effective IDs, as faccessat(3) does with AT_EACCESS.
 * glibc calls faccessat2(2) (Linux 5.8) for that; if a filter refuses it with
 * EPERM, use faccessat(2), which checks the real IDs, if they are the same.
 */
static int
check_access(int dir, const char *path, int mode)
{
	if (faccessat(dir, path, mode, AT_EACCESS) == 0)
		return 0;
	if (!call_is_missing(errno) || getuid() != geteuid() ||
	    getgid() != getegid())
		return -1;
	return (int)syscall(SYS_faccessat, dir, path, mode);
}

/** Check that names can be made in the directory where DEST is or will be. */
static enum status
view_directory(const struct view *view)
{
	struct location location;
	int result = location_find(&location, view->end.path);

	if (result == 0) {
		result = check_access(location.dir, ".", W_OK | X_OK);
		location_close(&location);
	}
	if (result == 0)
		return STATUS_OK;
	if (!view->end.has_stat)
		return endpoint_error(&view->end, "create");
	return replace_error(&view->end, strerror(errno));
}

static enum status
view_permission(const struct view *view)
{
	bool source = view->end.role == ROLE_SOURCE;

	if (!source && (!view->end.has_stat || is_replaced(view)))
		return view_directory(view);
	if (check_access(AT_FDCWD, view->end.path, source ? R_OK : W_OK) == 0)
		return STATUS_OK;
	return endpoint_error(&view->end, "open");
}

/** Something that cannot be opened. */
static enum status
view_unfit(const struct view *view)
{
	if (S_ISSOCK(view->end.st.st_mode)) {
		diag_error(view->end.name,
		    "open: a socket (unix:PATH connects to one)");
		return endpoint_fault(&view->end);
	}
	errno = S_ISDIR(view->end.st.st_mode) ? EISDIR : EINVAL;
	return endpoint_error(&view->end, "open");
}

static enum status
view_found(struct view *view, int fd)
{
	if (fstat(fd, &view->end.st) < 0)
		return endpoint_error(&view->end, "stat");
	view->end.has_stat = true;
	view_inspect(view, fd);
	return view->kind == ZC_OTHER ? view_unfit(view) :
	    view_permission(view);
}

/** Without opening it, for that would wake whoever waits at a FIFO, rewind a
 * tape, or run into the lock of a device. */
static enum status
view_path(struct view *view)
{
	int fd = open(view->end.path, O_PATH | O_CLOEXEC);
	enum status status;

	if (fd >= 0) {
		status = view_found(view, fd);
		close(fd);
		return status;
	}
	if (errno != ENOENT || view->end.role == ROLE_SOURCE)
		return endpoint_error(&view->end, "open");
	view->kind = ZC_REGULAR;		/* once it is made */
	return view_permission(view);
}

/** STATUS_OK, or what opening it would end with, once printed. */
static enum status
view_end(struct view *view, const struct endpoint *end)
{
	*view = (struct view){ .end = *end, .kind = ZC_SOCKET, .size = -1 };
	if (is_path(view))
		return view_path(view);
	return end->type->network ? STATUS_OK : view_descriptor(view);
}

/** What else opening the destination would find. */
static enum status
refuse_dest(const struct view *source, const struct view *dest,
    const struct options *options)
{
	bool ranges = options->append || options->seek >= 0;

	if (dest->kind == ZC_SYNTHETIC &&
	    options->headers.count + options->trailers.count > 0)
		return verdict_wrapped(&dest->end);
	if (!is_path(dest) || !dest->end.has_stat)
		return STATUS_OK;
	if (options->no_clobber) {
		errno = EEXIST;
		return endpoint_error(&dest->end, "create");
	}
	if (options->seek >= 0 && dest->kind == ZC_PIPE) {
		errno = ESPIPE;
		return endpoint_error(&dest->end, "--seek");
	}
	if (ranges || !endpoint_same_file(&source->end, &dest->end))
		return STATUS_OK;
	diag_error(dest->end.name, "write: it is the same file as SOURCE");
	return STATUS_DEST;
}

/** How a path is written. */
static const char *
way_of_path(const struct view *dest, const struct options *options)
{
	if (dest->kind != ZC_REGULAR)
		return "written in place";
	if (is_replaced(dest))
		return dest->end.has_stat ?
		    "replaced at the end: an unnamed file, renamed over it" :
		    "made at the end: an unnamed file, given this name";
	if (options->append)
		return dest->end.has_stat ? "appended" :
		    "made, and written in place";
	if (options->seek >= 0)
		return "written in location, nothing truncated";
	return dest->end.has_stat ? "truncated and written in place" :
	    "made, and written in place";
}

static const char *
way_of(const struct view *dest, const struct options *options)
{
	if (is_path(dest))
		return way_of_path(dest, options);
	if (is_listener(dest))
		return "sent to the first who connects";
	if (dest->end.type->network)
		return "sent there, once connected";
	if ((dest->flags & O_APPEND) || options->append)
		return "appended";
	return "written from its position on";
}

/** Bytes there are to move, or -1; what the job works out for itself. */
static int64_t
bytes_to_move(const struct view *source, const struct options *options)
{
	int64_t there;

	if (source->size < 0)
		return options->bytes;		/* ZC_TO_END is -1 too */
	there = MAX(source->size - source->position, 0);
	there = MAX(there - options->offset, 0);
	return options->bytes == ZC_TO_END ? there :
	    MIN(there, options->bytes);
}

static void
print_end(const char *title, const struct view *view)
{
	char name[PATH_MAX];

	diag_escape(name, sizeof(name), view->end.name);
	printf("%-13s%s\n", title, name);
	printf("  %-11s%s\n", "type", view->end.type->name);
	printf("  %-11s%s\n", "kind", zc_kind_name(view->kind));
	if (view->size >= 0)
		printf("  %-11s%" PRId64 " bytes\n", "size", view->size);
	else
		printf("  %-11s%s\n", "size",
		    view->end.has_stat || !is_path(view) ? "unknown" :
		    "none: it is to be made");
}

/** What a socket must show. */
static void
print_confirm(const struct view *dest, const struct options *options)
{
	static const char *const words[] = {
		[CONFIRM_DEFAULT] = "close: until the peer has closed, too",
		[CONFIRM_CLOSE] = "close: until the peer has closed, too",
		[CONFIRM_ACK] = "ack: until the peer's kernel has all",
		[CONFIRM_NONE] = "none: nothing is waited for",
	};

	if (dest->end.type->network || options->confirm != CONFIRM_DEFAULT)
		printf("  %-11s%s\n", "confirm", words[options->confirm]);
}

static void
print_dest(const struct view *dest, const struct options *options)
{
	print_end("destination", dest);
	printf("  %-11s%s", "way", way_of(dest, options));
	if (options->seek >= 0)
		printf(", from byte %" PRId64, options->seek);
	printf("\n");
	print_confirm(dest, options);
}

static void
print_range(int64_t bytes, const struct options *options)
{
	printf("%-13s", "range");
	if (bytes < 0)
		printf("all until the end");
	else
		printf("%" PRId64 " bytes", bytes);
	if (options->bytes > bytes)
		printf(" (of %" PRId64 " asked for)", options->bytes);
	if (options->offset > 0)
		printf(", from byte %" PRId64, options->offset);
	printf("\n");
}

/** Could they be read? */
static enum status
view_names(const struct names *names, const struct options *options)
{
	enum status status = STATUS_OK;
	struct endpoint file;
	struct view view;

	for (size_t i = 0; i < names->count && status == STATUS_OK; i++) {
		status = endpoint_parse(&file, names->name[i], ROLE_SOURCE,
		    options);
		if (status == STATUS_OK)
			status = view_end(&view, &file);
	}
	return status == STATUS_SOURCE ? STATUS_OTHER : status;
}

static void
print_names(const char *title, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		printf("%-13s%s\n", title, names->name[i]);
}

/** How it came to the first method. */
static void
print_choice(enum zc_method preferred, const struct options *options)
{
	printf("%-13s", "method");
	if (options->method != ZC_AUTO)
		printf("%s (--method)", zc_method_name(options->method));
	else if (preferred != ZC_AUTO)
		printf("%s first (--select)", zc_method_name(preferred));
	else
		printf("auto");
	printf("%s%s\n", options->stable ? ", only copies (--stable)" : "",
	    options->no_disk_io ? ", from memory only (--no-disk-io)" : "");
}

static void
print_plan(const struct zc_plan *plan)
{
	const char *title = "ruled out";

	printf("%-13s", "plan");
	for (size_t i = 0; i < plan->count; i++)
		printf("%s%s", i > 0 ? " " : "",
		    zc_method_name(plan->method[i]));
	printf("%s\n", plan->count == 0 ? "none" : "");

	for (int m = 0; m < ZC_METHODS; m++) {
		if (plan->why_not[m] == NULL)
			continue;
		printf("%-13s%s: %s\n", title,
		    zc_method_name((enum zc_method)m), plan->why_not[m]);
		title = "";
	}
}

/** The plan knows rules only; what this system lacks goes out of it here. */
static void
drop_missing(struct zc_plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->count; i++) {
		enum zc_method method = plan->method[i];

		if (zc_method_available(method) == 0)
			plan->method[kept++] = method;
		else
			plan->why_not[method] = "this system does not have it";
	}
	plan->count = kept;
}

/** O_APPEND: of a descriptor as it stands, of a file if we are to open it. */
static bool
will_append(const struct view *dest, const struct options *options)
{
	if (!is_path(dest))
		return dest->flags & O_APPEND;
	return options->append &&
	    (dest->kind == ZC_REGULAR || dest->kind == ZC_SYNTHETIC);
}

static enum status
explain_plan(const struct view *source, const struct view *dest,
    const struct options *options)
{
	struct zc_ends ends = {
		.in = source->kind,
		.out = dest->kind,
		.size = bytes_to_move(source, options),
		.append = will_append(dest, options),
		.direct = dest->flags & O_DIRECT,
		.placed = false,	/* --seek moves the position itself */
		.unseekable = source->unseekable,
	};
	enum zc_method preferred = ZC_AUTO;
	struct zc_plan plan;

	if (options->method == ZC_AUTO && options->rules != NULL)
		preferred = rules_choose(options->rules, ends.size);
	zc_plan(&plan, &ends, options->method, preferred,
	    move_flags(options));
	drop_missing(&plan);

	print_names("header", &options->headers);
	print_range(ends.size, options);
	print_names("trailer", &options->trailers);
	print_choice(preferred, options);
	print_plan(&plan);
	if (plan.count > 0)
		return STATUS_OK;

	fflush(stdout);			/* the account, then the error */
	diag_error(zc_method_name(options->method), "cannot do this: %s",
	    plan.why_not[options->method]);
	return STATUS_METHOD;
}

enum status
explain(const struct endpoint *source, const struct endpoint *dest,
    const struct options *options)
{
	struct view in, out;
	enum status status, flushed;

	status = view_names(&options->headers, options);
	if (status == STATUS_OK)
		status = view_names(&options->trailers, options);
	if (status == STATUS_OK)
		status = view_end(&in, source);
	if (status != STATUS_OK)
		return status;
	status = view_end(&out, dest);
	if (status == STATUS_OK)
		status = refuse_dest(&in, &out, options);
	if (status != STATUS_OK)
		return status;

	print_end("source", &in);
	print_dest(&out, options);
	status = explain_plan(&in, &out, options);
	flushed = output_flush();
	return status != STATUS_OK ? status : flushed;
}
