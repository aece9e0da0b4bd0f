#include "config.h"

#include "extent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../system/filesystem.h"
#include "../system/holes.h"

void
extent_begin(struct extent *extent, const struct end *in)
{
	/* OpenZFS 2.1 and 2.2 reported holes in files that had just been
	 * written, where there was data (its issue 15526). */
	extent->looks = in->sparse && in->start >= 0 &&
	    filesystem_of(in->fd) != FILESYSTEM_ZFS;
	extent_restart(extent);
}

void
extent_restart(struct extent *extent)
{
	extent->hole = false;
	extent->to = extent->looks ? 0 : INT64_MAX;
}

/** Take all from here on for data. */
static void
all_is_data(struct extent *extent)
{
	extent->hole = false;
	extent->to = INT64_MAX;
}

/** True if both descriptors are open on the same file. */
static bool
is_same(int a, int b)
{
	struct stat one, other;

	return fstat(a, &one) == 0 && fstat(b, &other) == 0 &&
	    one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/** Open the source a second time, once.  Permissions may forbid it, and /proc
 * may not be mounted. */
static void
open_own(struct extent *extent, const struct end *in)
{
	char path[32];

	if (extent->tried)
		return;
	extent->tried = true;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", in->fd);
	extent->own = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (extent->own >= 0 && !is_same(extent->own, in->fd)) {
		close(extent->own);
		extent->own = -1;
	}
}

/** Call find() and leave the position of the source where it is. */
static int64_t
ask(const struct extent *extent, const struct end *in, int64_t at,
    int64_t (*find)(int fd, int64_t at))
{
	int64_t found = find(in->placed ? extent->own : in->fd, at);

	/* lseek(2) moves the position only if it succeeds. */
	if (!in->placed && found >= 0 && found != at)
		(void)lseek(in->fd, at, SEEK_SET);
	return found;
}

/** Return the size of the file, or -1. */
static int64_t
size_now(const struct end *in)
{
	struct stat st;

	return fstat(in->fd, &st) < 0 ? -1 : st.st_size;
}

void
extent_look(struct extent *extent, const struct end *in, int64_t at)
{
	int64_t size, data;

	if (!extent->hole && at < extent->to)
		return;
	if (in->placed)
		open_own(extent, in);
	/* Data begins where a hole has ended, as the last answer said. */
	if (extent->hole && at == extent->to) {
		extent->hole = false;
		extent->to = ask(extent, in, at, holes_find_hole);
		if (extent->to > at)
			return;
	}
	/* Ask for the size first: bytes that are appended after ENXIO are no
	 * hole. */
	size = size_now(in);
	data = ask(extent, in, at, holes_find_data);
	if (data < 0 && errno == ENXIO)
		data = size;		/* the rest is a hole */
	/* A FUSE server may answer anything, and the file may be cut short. */
	if (data > at && data > size_now(in))
		data = -1;
	extent->hole = data > at;
	extent->to = data;
	if (data == at)
		extent->to = ask(extent, in, at, holes_find_hole);
	/* At the end, or the file system does not know: read on. */
	if (extent->to <= at)
		all_is_data(extent);
}

void
extent_close(struct extent *extent)
{
	int saved = errno;

	if (extent->own >= 0)
		close(extent->own);
	*extent = (struct extent)EXTENT_INIT;
	errno = saved;
}
