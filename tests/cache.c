/*
 * cache COMMAND FILE [OFFSET [LENGTH]]
 *
 * A range of FILE and the page cache, in whole pages:
 *
 *	hold	read it in, and nothing else of FILE; print "held", and keep it
 *		there until killed, or for two minutes
 *	read	read it in, and nothing else of FILE
 *	stripes	read in every other page of it
 *	drop	write it back and drop it, again until it is gone
 *	has	exit with 0 if all of it is there, else with 1
 *	lacks	exit with 0 if none of it is there, else with 1
 *	map	print a line FROM TO for each run of bytes that is there
 *
 * `map` asks cachestat(2), too, where the kernel has it: mincore(2) does not see
 * a page that was written in part and never read.
 *
 * Only FILE's owner and root can tell.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of some systems.  Alpha has numbers of its own. */
#if !defined(SYS_cachestat) && !defined(__alpha__)
#define SYS_cachestat	451
#endif

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

/* Switch reading ahead off. */
static void
read_no_more(const struct range *range)
{
	errno = posix_fadvise(range->fd, 0, 0, POSIX_FADV_RANDOM);
	if (errno != 0)
		err(2, "%s: fadvise", range->name);
}

static void
load(const struct range *range)
{
	char data[STRIDE];
	off_t done = 0;
	ssize_t n;

	read_no_more(range);
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

static void
load_stripes(const struct range *range)
{
	off_t page = sysconf(_SC_PAGESIZE), end = range->offset + range->length;
	char byte;

	read_no_more(range);
	for (off_t at = range->offset; at < end; at += 2 * page)
		if (pread(range->fd, &byte, 1, at) != 1)
			err(2, "%s: read", range->name);
}

/* Return how many pages cachestat(2) counts in these bytes; 0 where the kernel
 * does not have it (Linux 6.5). */
static uint64_t
count_by_cachestat(int fd, off_t from, off_t length)
{
	uint64_t counts[5] = { 0 };
#ifdef SYS_cachestat
	uint64_t range[2] = { (uint64_t)from, (uint64_t)length };

	if (syscall(SYS_cachestat, fd, range, counts, 0) < 0)
		return 0;
#else
	(void)fd, (void)from, (void)length;
#endif
	return counts[0];
}

static void
print_map(const struct range *range)
{
	off_t page = sysconf(_SC_PAGESIZE), from = -1;
	off_t start = range->offset - range->offset % page;
	size_t size, pages;
	void *data = map(range, &size);
	unsigned char *there;

	pages = (size + (size_t)page - 1) / (size_t)page;
	there = calloc(pages + 1, 1);
	if (there == NULL || mincore(data, size, there) < 0)
		err(2, "%s: mincore", range->name);
	for (size_t i = 0; i <= pages; i++) {
		off_t at = start + (off_t)i * page;
		bool is = i < pages && ((there[i] & 1) ||
		    count_by_cachestat(range->fd, at, page) > 0);

		if (is && from < 0)
			from = at;
		if (!is && from >= 0) {
			printf("%jd %jd\n", (intmax_t)from, (intmax_t)at);
			from = -1;
		}
	}
	free(there);
	munmap(data, size);
}

int
main(int argc, char **argv)
{
	struct range range;

	if (argc < 3)
		errx(2, "usage: cache COMMAND FILE [OFFSET [LENGTH]]");
	range = open_range(argc, argv);
	if (strcmp(argv[1], "has") == 0)
		return expect(&range, true);
	if (strcmp(argv[1], "lacks") == 0)
		return expect(&range, false);
	if (strcmp(argv[1], "hold") == 0)
		hold(&range);
	if (strcmp(argv[1], "drop") == 0)
		drop(&range);
	else if (strcmp(argv[1], "read") == 0)
		load(&range);
	else if (strcmp(argv[1], "stripes") == 0)
		load_stripes(&range);
	else if (strcmp(argv[1], "map") == 0)
		print_map(&range);
	else
		errx(2, "%s: not known", argv[1]);
	return 0;
}
