#include "config.h"

#include "block.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)

#include <linux/fs.h>
#include <sys/sysmacros.h>

#include "ioctl.h"

static int64_t
size_by_ioctl(int fd)
{
	uint64_t size;

	return ioctl(fd, (ioctl_request)BLKGETSIZE64, &size) < 0 ? -1 :
	    (int64_t)size;
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

int64_t
block_device_size_of(dev_t device)
{
	int64_t sectors;
	char path[64];
	FILE *file;

	/* sysfs always counts in sectors of 512 bytes. */
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

#else

#if defined(__APPLE__) && defined(HAVE_SYS_DISK_H)
#include <sys/disk.h>

static int64_t
size_by_ioctl(int fd)
{
	uint64_t count;
	uint32_t size;

	return ioctl(fd, DKIOCGETBLOCKCOUNT, &count) < 0 ||
	    ioctl(fd, DKIOCGETBLOCKSIZE, &size) < 0 ? -1 :
	    (int64_t)count * size;
}
#else
/** lseek(2) finds the end of a device of FreeBSD and of illumos. */
static int64_t
size_by_ioctl(int fd)
{
	(void)fd;
	return -1;
}
#endif

int64_t
block_for_direct_io(int fd)
{
	(void)fd;
	return 0;
}

int64_t
block_device_size_of(dev_t device)
{
	(void)device;
	return -1;
}

#endif

int64_t
block_device_size(int fd)
{
	int64_t size = size_by_ioctl(fd);
	off_t now, end;

	if (size >= 0)
		return size;
	/* A seccomp filter may refuse the ioctl(2). */
	now = lseek(fd, 0, SEEK_CUR);
	if (now < 0)
		return -1;
	end = lseek(fd, 0, SEEK_END);
	return lseek(fd, now, SEEK_SET) == now ? end : -1;
}
