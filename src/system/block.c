#include "config.h"

#include "block.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t
block_device_size(int fd)
{
	uint64_t size;
	off_t now, end;

	if (ioctl(fd, BLKGETSIZE64, &size) == 0)
		return (int64_t)size;
	/* A seccomp filter may refuse the ioctl(2). */
	now = lseek(fd, 0, SEEK_CUR);
	if (now < 0)
		return -1;
	end = lseek(fd, 0, SEEK_END);
	return lseek(fd, now, SEEK_SET) == now ? end : -1;
}

int64_t
block_for_direct_io(int fd)
{
	struct stat st;
	int size;
#ifdef STATX_DIOALIGN			/* Linux 6.1 */
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) == 0 &&
	    (stx.stx_mask & STATX_DIOALIGN))
		return stx.stx_dio_offset_align;
#endif
	return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) &&
	    ioctl(fd, BLKSSZGET, &size) == 0 ? size : 0;
}
