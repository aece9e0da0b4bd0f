/*
 * cache hold|drop|has|lacks FILE [OFFSET [LENGTH]]
 *
 * A range of FILE and the page cache, in whole pages:
 *
 *	hold	read it in, and nothing else of FILE; print "held", and keep it
 *		there until killed, or for two minutes
 *	drop	write it back and drop it, again until it is gone
 *	has	exit with 0 if all of it is there, else with 1
 *	lacks	exit with 0 if none of it is there, else with 1
 *
 * Only FILE's owner and root can tell.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STRIDE = 64 * 1024, PATIENCE = 1000 };

struct range {
	int fd;
	const char *name;
	off_t offset, length;
};

/* Return the size.  A block device has none in fstat(2): seek to its end. */
static off_t
size_of(const struct range *range)
{
	off_t size = lseek(range->fd, 0, SEEK_END);

	if (size < 0)
		err(2, "%s", range->name);
	return size;
}

static struct range
open_range(int argc, char **argv)
{
	struct range range = {
		.fd = open(argv[2], O_RDONLY),
		.name = argv[2],
		.offset = argc > 3 ? strtoll(argv[3], NULL, 10) : 0,
	};
	off_t left;

	if (range.fd < 0)
		err(2, "%s", range.name);
	left = size_of(&range) - range.offset;
	range.length = argc > 4 ? strtoll(argv[4], NULL, 10) : left;
	if (range.length < 1 || range.length > left)
		errx(2, "%s: no such range", range.name);
	return range;
}

/* Map the range, from the beginning of its first page on; set *size. */
static void *
map(const struct range *range, size_t *size)
{
	off_t page = sysconf(_SC_PAGESIZE);
	off_t start = range->offset - range->offset % page;
	void *data;

	*size = (size_t)(range->offset + range->length - start);
	data = mmap(NULL, *size, PROT_READ, MAP_SHARED, range->fd, start);
	if (data == MAP_FAILED)
		err(2, "%s: mmap", range->name);
	return data;
}

/* Return how many pages of the range are in memory; set *pages to all. */
static size_t
count_there(const struct range *range, size_t *pages)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size, count = 0;
	void *data = map(range, &size);
	unsigned char *there;

	*pages = (size + page - 1) / page;
	there = calloc(*pages, 1);
	if (there == NULL || mincore(data, size, there) < 0)
		err(2, "%s: mincore", range->name);
	for (size_t i = 0; i < *pages; i++)
		count += there[i] & 1;
	free(there);
	munmap(data, size);
	return count;
}

static bool
lacks(const struct range *range)
{
	size_t pages;

	return count_there(range, &pages) == 0;
}

/* Return the exit status, and say on standard error why. */
static int
expect(const struct range *range, bool all)
{
	size_t pages, there = count_there(range, &pages);

	if (there == (all ? pages : 0))
		return 0;
	fprintf(stderr, "%s: %zu of %zu pages are in memory\n", range->name,
	    there, pages);
	return 1;
}

static void
load(const struct range *range)
{
	char data[STRIDE];
	off_t done = 0;
	ssize_t n;

	/* No reading ahead. */
	errno = posix_fadvise(range->fd, 0, 0, POSIX_FADV_RANDOM);
	if (errno != 0)
		err(2, "%s: fadvise", range->name);
	while (done < range->length) {
		size_t most = (size_t)(range->length - done);

		n = pread(range->fd, data, most < STRIDE ? most : STRIDE,
		    range->offset + done);
		if (n <= 0)
			err(2, "%s: read", range->name);
		done += n;
	}
}

static _Noreturn void
hold(const struct range *range)
{
	size_t size;
	void *data = map(range, &size);

	load(range);
	/* Pages that have been dropped meanwhile are read again. */
	if (madvise(data, size, MADV_RANDOM) < 0 || mlock(data, size) < 0)
		err(2, "%s: mlock", range->name);
	puts("held");
	fflush(stdout);
	alarm(120);
	for (;;)
		pause();
}

/* Pages that are being written back are dropped by a later try.  Pages that are
 * being read in would appear after the check, so wait for them. */
static void
drop(const struct range *range)
{
	load(range);
	for (int tries = 0; !lacks(range); tries++) {
		if (tries == PATIENCE)
			errx(2, "%s: stays in the cache", range->name);
		if (fsync(range->fd) < 0)
			err(2, "%s: fsync", range->name);
		errno = posix_fadvise(range->fd, range->offset, range->length,
		    POSIX_FADV_DONTNEED);
		if (errno != 0)
			err(2, "%s: fadvise", range->name);
		if (tries > 0)
			usleep(5000);
	}
}

int
main(int argc, char **argv)
{
	struct range range;

	if (argc < 3)
		errx(2, "usage: cache hold|drop|has|lacks FILE [OFFSET "
		    "[LENGTH]]");
	range = open_range(argc, argv);
	if (strcmp(argv[1], "has") == 0)
		return expect(&range, true);
	if (strcmp(argv[1], "lacks") == 0)
		return expect(&range, false);
	if (strcmp(argv[1], "hold") == 0)
		hold(&range);
	if (strcmp(argv[1], "drop") == 0)
		drop(&range);
	else
		errx(2, "%s: not known", argv[1]);
	return 0;
}
