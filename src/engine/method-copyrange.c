/*
 * copy_file_range(2): from file to file in the kernel.  XFS and btrfs share the
 * blocks, and an NFS 4.2 server copies by itself.
 */
#include "config.h"

#include <errno.h>
#include <unistd.h>

#include "method.h"

#ifdef HAVE_COPY_FILE_RANGE
#include <stdio.h>
#include <sys/utsname.h>

static const char *
copyrange_suits(const struct zc_ends *ends)
{
	if (ends->in != ZC_REGULAR || ends->out != ZC_REGULAR)
		return "both ends must be regular files";
	return NULL;
}

/** Before Linux 5.3 it could loop, or lose data, at the end of some files. */
static int
copyrange_available(void)
{
	struct utsname kernel;
	int major, minor;

	if (uname(&kernel) == 0 &&
	    sscanf(kernel.release, "%d.%d", &major, &minor) == 2 &&
	    (major < 5 || (major == 5 && minor < 3)))
		return ENOSYS;
	(void)copy_file_range(-1, NULL, -1, NULL, 0, 0);
	return errno == EBADF ? 0 : errno;
}

static struct step
copyrange_pass(struct end *in, struct end *out, const struct call *call)
{
	ssize_t n = copy_file_range(in->fd, end_offset(in), out->fd,
	    end_offset(out), (size_t)call->max, 0);

	if (n > 0)
		return step_moved(n);
	if (n == 0)
		return step_ended();	/* or st_size is 0, as in procfs */
	if (errno == EINTR)
		return step_moved(0);
	/* ENOSPC from NFS, EFBIG near 2^63 and EIO from CIFS have all been
	 * wrong: read-write finds out. */
	return step_unsuited(errno);
}

const struct method method_copy_file_range = {
	.id = ZC_COPY_FILE_RANGE,
	.name = "copy_file_range",
	.summary = "copy_file_range(2): file to file, sharing blocks if it can",
	.available = copyrange_available,
	.asks = true,
	.suits = copyrange_suits,
	.pass = copyrange_pass,
};
#else
const struct method method_copy_file_range = METHOD_MISSING(
    ZC_COPY_FILE_RANGE, "copy_file_range",
    "copy_file_range(2): file to file, sharing blocks if it can");
#endif
