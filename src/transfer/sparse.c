#include "config.h"

#include "sparse.h"

#include <fcntl.h>
#include <unistd.h>

#include "../endpoint/look.h"

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

/** Return why an end of this kind can have no holes, or NULL.  Opening ZC_OTHER
 * fails. */
static const char *
objection_to(enum zc_kind kind)
{
	switch (kind) {
	case ZC_REGULAR:
	case ZC_BLOCK:
	case ZC_OTHER:
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
}

const char *
sparse_objection(int fd)
{
	const enum zc_kind kind = zc_kind_of(fd);
	const char *why = objection_to(kind);
	const int flags = fcntl(fd, F_GETFL);

	if (why != NULL || kind == ZC_OTHER || flags < 0 || (flags & O_PATH))
		return why;		/* NULL: opening or writing it fails */
	if (flags & O_APPEND)
		return "the descriptor appends, and leaves no holes: open it "
		    "without O_APPEND, or use --seek";
	if (flags & O_DIRECT)
		return "the descriptor has O_DIRECT: open it without, or name "
		    "the file";
	return lseek(fd, 0, SEEK_CUR) >= 0 ? NULL :
	    "it cannot seek, and so can have no holes";
}

const char *
sparse_lack(const struct endpoint *dest)
{
	if (dest->options->append)
		return "--append leaves no holes: use --seek";
	return dest->inherited ? sparse_objection(dest->fd) :
	    objection_to(look_kind_of_end(dest));
}
