#include "config.h"

#include "sparse.h"

#include <fcntl.h>
#include <unistd.h>

#include "../base/diag.h"

unsigned
sparse_flags(const struct options *options)
{
	switch (options->sparse) {
	case SPARSE_AUTO:
		return ZC_KEEP_HOLES;
	case SPARSE_ALWAYS:
		return ZC_MAKE_HOLES;
	case SPARSE_NEVER:
		break;
	}
	return ZC_FILL_HOLES;
}

const char *
sparse_objection(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	switch (zc_kind_of(fd)) {
	case ZC_REGULAR:
	case ZC_BLOCK:
		break;
	case ZC_OTHER:			/* opening it fails */
		return NULL;
	case ZC_SOCKET:
		return "a socket has no holes: give --sparse=always where the "
		    "data is received";
	case ZC_PIPE:
		return "a pipe has no holes: give --sparse=always where the "
		    "data goes to a file";
	default:
		return "it can have no holes: name a file or a disk";
	}
	if (flags < 0 || (flags & O_PATH))
		return NULL;
	if (flags & O_APPEND)
		return "the descriptor appends, and leaves no holes: open it "
		    "without O_APPEND, or use --seek";
	if (flags & O_DIRECT)
		return "the descriptor has O_DIRECT: open it without, or name "
		    "the file";
	return lseek(fd, 0, SEEK_CUR) >= 0 ? NULL :
	    "it cannot seek, and so can have no holes";
}

enum status
sparse_check(const struct endpoint *dest)
{
	const char *why = NULL;
	int fd;

	if (dest->options->sparse != SPARSE_ALWAYS)
		return STATUS_OK;
	if (dest->options->append) {
		why = "--append leaves no holes: use --seek";
	} else if (endpoint_has(dest, ENDPOINT_NETWORK)) {
		why = "a connection has no holes: give --sparse=always where "
		    "the data is received";
	} else if (endpoint_has(dest, ENDPOINT_PATH)) {
		fd = open(dest->path, O_PATH | O_CLOEXEC);
		if (fd < 0)
			return STATUS_OK;
		why = sparse_objection(fd);
		close(fd);
	} else {
		why = sparse_objection(dest->fd);
	}
	if (why == NULL)
		return STATUS_OK;
	diag_error(dest->name, "--sparse=always: %s", why);
	return STATUS_USAGE;
}
