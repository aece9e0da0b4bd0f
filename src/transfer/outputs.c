#include "config.h"

#include "outputs.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/diag.h"
#include "../endpoint/endpoint.h"
#include "../endpoint/location.h"
#include "../endpoint/part.h"

/** True if an end is this descriptor. */
static bool
is_end(struct ends *ends, int fd)
{
	if (ends->source.inherited && fd == ends->source.fd)
		return true;
	FOR_EACH_DEST(dest, ends)
		if (dest->end.inherited && fd == dest->end.fd)
			return true;
	return false;
}

/** Check that --progress-fd does not name an end, or a descriptor that is not
 * open for writing. */
static enum status
check_progress_fd(struct ends *ends)
{
	const int fd = ends->source.options->progress_fd;
	const int flags = fd >= 0 ? fcntl(fd, F_GETFL) : O_WRONLY;

	if (fd >= 0 && is_end(ends, fd))
		diag_error("--progress-fd", "%d: SOURCE or DEST has it", fd);
	else if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY ||
	    (flags & O_PATH))
		diag_error("--progress-fd", "%d: not open for writing", fd);
	else
		return STATUS_OK;
	return STATUS_USAGE;
}

/** True if both are one file, FIFO or disk.  Several programs may write to one
 * terminal or /dev/null. */
static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return endpoint_same_inode(a, b) && !S_ISCHR(a->st_mode);
}

/** True if this path leads to the file, FIFO, pipe or disk of an end. */
static bool
leads_to_end(const char *path, const struct endpoint *ep)
{
	struct stat file, end;

	if (ep->path == NULL && !ep->inherited)
		return false;
	if (stat(path, &file) == 0 && (ep->inherited ?
	    fstat(ep->fd, &end) : stat(ep->path, &end)) == 0)
		return is_same_file(&file, &end);
	return ep->path != NULL && strcmp(path, ep->path) == 0;
}

/** True if both paths are the same, or lead to one file. */
static bool
is_same_path(const char *a, const char *b)
{
	struct stat here, there;

	if (stat(a, &here) == 0 && stat(b, &there) == 0)
		return is_same_file(&here, &there);
	return strcmp(a, b) == 0;
}

/** True if this path leads to the part that --resume keeps, in the real
 * directory of DEST, which may be a symbolic link. */
static bool
leads_to_part(const char *path, const struct endpoint *ep)
{
	char part[PATH_MAX + sizeof(PART_SUFFIX)];
	struct location location;
	struct stat file, kept;
	bool leads;

	if (!ep->options->resume || ep->path == NULL)
		return false;
	snprintf(part, sizeof(part), "%s" PART_SUFFIX, ep->path);
	if (strcmp(path, part) == 0)
		return true;
	if (location_find(&location, ep->path) < 0)
		return false;
	snprintf(part, sizeof(part), "%s" PART_SUFFIX, location.base);
	leads = stat(path, &file) == 0 &&
	    fstatat(location.dir, part, &kept, 0) == 0 &&
	    is_same_file(&file, &kept);
	location_close(&location);
	return leads;
}

/** True if this path leads to one of these files. */
static bool
leads_to_one(const char *path, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		if (is_same_path(path, names->name[i]))
			return true;
	return false;
}

/** Return why no output may be written to this path; NULL: it may. */
static const char *
refusal(const char *path, struct ends *ends)
{
	const struct options *options = ends->source.options;

	if (leads_to_end(path, &ends->source))
		return "it is SOURCE or DEST";
	for (size_t i = 0; i < ends->count; i++) {
		if (leads_to_end(path, &ends->dest[i].end))
			return "it is SOURCE or DEST";
		if (leads_to_part(path, &ends->dest[i].end))
			return "--resume keeps DEST" PART_SUFFIX;
	}
	if (leads_to_one(path, &options->headers) ||
	    leads_to_one(path, &options->trailers))
		return "--header or --trailer names it, too";
	return NULL;
}

/** Check the path that an option names; NULL: none. */
static enum status
check_path(const char *option, const char *path, struct ends *ends)
{
	const char *why = path != NULL ? refusal(path, ends) : NULL;

	if (why == NULL)
		return STATUS_OK;
	diag_error(option, "%s: %s", path, why);
	return STATUS_USAGE;
}

enum status
outputs_check_digest_file(struct ends *ends)
{
	return check_path("--digest-file", ends->source.options->digest_file,
	    ends);
}

enum status
outputs_check_json_file(struct ends *ends)
{
	const char *json = ends->source.options->json_file;
	const char *digest = ends->source.options->digest_file;

	if (json != NULL && digest != NULL && is_same_path(json, digest)) {
		diag_error("--digest-file", "%s: --json-file names it, too",
		    digest);
		return STATUS_USAGE;
	}
	return check_path("--json-file", json, ends);
}

enum status
outputs_check(struct ends *ends)
{
	enum status status = check_progress_fd(ends);

	if (status == STATUS_OK)
		status = outputs_check_json_file(ends);
	return status != STATUS_OK ? status : outputs_check_digest_file(ends);
}
