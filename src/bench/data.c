#include "config.h"

#include "data.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/random.h"
#include "../base/signals.h"
#include "../endpoint/temporary.h"
#include "../system/memory-file.h"

enum { BLOCK = 1 << 20 };

const char *
data_directory(void)
{
	const char *directory = getenv("TMPDIR");

	return directory != NULL && *directory != '\0' ? directory :
	    "/var/tmp";
}

/** Write the block again and again.  Return 0, or -1 with errno: EINTR if zcopy
 * has caught a signal. */
static int
write_repeatedly(int fd, const char *block, int64_t bytes)
{
	while (bytes > 0) {
		ssize_t n = write(fd, block, (size_t)MIN(bytes, BLOCK));

		if (n < 0)
			return -1;
		bytes -= n;
		if (signals_caught() != 0) {
			errno = EINTR;
			return -1;
		}
	}
	return 0;
}

/** Fill the file with repeated random bytes.  They do not compress, because
 * file systems compress pieces that are smaller than the block.  Return 0, or
 * -1 with errno. */
static int
fill(int fd, int64_t bytes)
{
	char *block = malloc(BLOCK);
	int result;

	if (block == NULL)
		return -1;
	random_fill(block, BLOCK);
	result = write_repeatedly(fd, block, bytes);
	free(block);
	return result;
}

/** Fill the file and return fd.  If that fails, or if fd is -1 because the file
 * could not be made, print errno (but not EINTR) and return -1. */
static int
fill_or_close(int fd, int64_t bytes, const char *name)
{
	if (fd >= 0 && fill(fd, bytes) == 0)
		return fd;
	if (errno != EINTR)
		diag_errno(name, "test data");
	if (fd >= 0)
		close(fd);
	return -1;
}

/** Make an unnamed file where the file system has no O_TMPFILE. */
static int
create_and_unlink(const char *directory)
{
	int dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;
	char name[NAME_MAX + 1];

	if (dir < 0)
		return -1;
	fd = temporary_create(dir, "benchmark", name, 0600);
	if (fd >= 0)
		unlinkat(dir, name, 0);
	close(dir);
	return fd;
}

int
data_in_directory(const char *directory, int64_t bytes)
{
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR ||
	    errno == EINVAL))
		fd = create_and_unlink(directory);
	return fill_or_close(fd, bytes, directory);
}

int
data_in_memory(int64_t bytes)
{
	return fill_or_close(memory_file_open("zcopy"), bytes,
	    "memory");
}
