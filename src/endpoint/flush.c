#include "config.h"

#include "flush.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/deadline.h"
#include "../base/diag.h"
#include "../base/gauge.h"
#include "../base/signals.h"
#include "../system/writeback.h"
#include "../zcopy.h"

/** True if DEST is flushed before it counts as written. */
static bool
is_flushed(const struct endpoint *ep)
{
	return ep->options->sync || S_ISBLK(ep->st.st_mode);
}

/** True if DEST is an old file that will be truncated, so that close(2) flushes
 * it (../system/writeback.h). */
static bool
is_truncated(const struct endpoint *ep)
{
	const struct options *o = ep->options;

	return endpoint_has(ep, ENDPOINT_PATH) && !o->append && o->seek < 0 &&
	    endpoint_kind(ep) == ZC_REGULAR && ep->st.st_size > 0;
}

void
flush_early(struct endpoint *ep)
{
	const bool flushed = is_flushed(ep) || ep->part != NULL;
	bool helps;

	if (endpoint_has(ep, ENDPOINT_REPLACES) && !flushed)
		helps = ep->has_stat && writeback_at_rename(ep->fd);
	else
		helps = (flushed || is_truncated(ep)) &&
		    writeback_helps(ep->fd);
	if (helps)
		writeback_start(&ep->writeback, ep->fd);
}

/** Call fsync(2), fdatasync(2) or syncfs(2), again after EINTR unless a signal
 * ends us, and measure it.  Return what it returns. */
static int
flush(struct endpoint *ep, int (*call)(int fd), int fd)
{
	const int64_t began = clock_now();
	int result;

	gauge_phase(PHASE_FLUSHING);
	/* It does not tell whether anything moves, so there is no deadline. */
	deadline_remove(&ep->deadline);
	do {
		result = call(fd);
	} while (result < 0 && deadline_allows(&ep->deadline));
	if (ep->flushed < 0)
		ep->flushed = 0;
	ep->flushed += clock_seconds_since(began);
	return result;
}

/** Print errno, and what became of DEST.  Return the exit status. */
static enum status
flush_failed(const struct endpoint *ep)
{
	if (errno == EINTR || !endpoint_has(ep, ENDPOINT_REPLACES))
		return endpoint_error(ep, "flush");
	diag_error(ep->name, "flush: %s (DEST is unchanged%s)",
	    strerror(errno), replace_room_hint(ep, errno));
	return endpoint_fault(ep);
}

enum status
flush_file(struct endpoint *ep)
{
	if (!is_flushed(ep))
		return STATUS_OK;
	/* fdatasync(2) may leave out the mode, the owner and the times, which
	 * the file has been given. */
	if (flush(ep, endpoint_has(ep, ENDPOINT_REPLACES) ||
	    ep->preserved != NULL ? fsync : fdatasync, ep->fd) < 0)
		return flush_failed(ep);
	/* The disk cannot be interrupted, and the user may have given up. */
	errno = EINTR;
	return signals_caught() != 0 ? flush_failed(ep) : STATUS_OK;
}

/** Flush the directory, or all of its file system.  Return 0, or -1 with
 * errno. */
static int
flush_names(struct endpoint *ep, int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = -1, error = EINVAL;

	if (fd >= 0) {
		result = flush(ep, fsync, fd);
		error = errno;
		close(fd);
	}
	/* The directory cannot be opened, because it may be written but not
	 * read (EACCES), or its file system cannot flush a directory. */
	if (result < 0 && error == EINVAL)
		return flush(ep, syncfs, ep->fd);
	errno = error;
	return result;
}

enum status
flush_directory(struct endpoint *ep, int dir)
{
	if (!ep->options->sync || flush_names(ep, dir) == 0)
		return STATUS_OK;
	return endpoint_error(ep, "the new file is there, but may not survive "
	    "a loss of power: flush the directory");
}
