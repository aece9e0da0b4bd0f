#include "config.h"

#include "ahead.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "../system/filesystem.h"

/* For less it is not worth a system call. */
#define LEAST	((int64_t)4 * 1024 * 1024)

/** True if the method reads SOURCE into the page cache.  Where the kernel, or a
 * server, copies by itself, it would be read for nothing; ext4 has no such
 * way. */
static bool
reads(const struct endpoint *source, enum zc_method method)
{
	return method != ZC_REFLINK && (method != ZC_COPY_FILE_RANGE ||
	    filesystem_of(source->fd) == FILESYSTEM_EXT4);
}

void
ahead_advise(const struct endpoint *source, enum zc_method method)
{
	const mode_t mode = source->st.st_mode;

	/* Other processes share an inherited description, and may read
	 * elsewhere. */
	if (source->inherited || !endpoint_has(source, ENDPOINT_PATH))
		return;
	/* The length is 0, which means "to the end": given another one, OpenZFS
	 * has read all of it in. */
	if ((S_ISREG(mode) || S_ISBLK(mode)) && source->expected >= LEAST &&
	    reads(source, method))
		(void)posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}
