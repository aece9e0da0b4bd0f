/*
 * For the units that drive the engine by its header alone: descriptors that
 * go away with their case, random content, and a line of TAP for each case.
 */
#ifndef UNIT_JOB_H
#define UNIT_JOB_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../src/zcopy.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define BLOCK		((size_t)64 * 1024)	/* bytes a call */

static unsigned char content[1800 * 1000 + 321];	/* at random */

/* Results */

static unsigned reported;

static inline _Noreturn void
give_up(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline void __attribute__((format(printf, 2, 3)))
report(bool ok, const char *format, ...)
{
	va_list args;

	printf("%s %u - job: ", ok ? "ok" : "not ok", ++reported);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

#define CHECK(claim)							\
	do {								\
		if (!(claim)) {						\
			printf("# %s, line %d: not so: %s (errno %d)\n", \
			    __func__, __LINE__, #claim, errno);		\
			return false;					\
		}							\
	} while (0)

/* Descriptors of a case.  What is open when they are gone has leaked. */

static int opened[600];
static size_t opened_count;

static inline int
keep(int fd)
{
	if (fd < 0 || opened_count == COUNT(opened))
		give_up("open");
	opened[opened_count++] = fd;
	return fd;
}

static inline void
shut(int fd)
{
	size_t i = 0;

	while (opened[i] != fd)
		i++;
	opened[i] = opened[--opened_count];
	close(fd);
}

static inline void
shut_all(void)
{
	while (opened_count > 0)
		close(opened[--opened_count]);
}

static inline int
count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (dir == NULL)
		give_up("/proc/self/fd");
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/** One case: claim(), and nothing left open by it. */
#define CASE(claim, ...)						\
	do {								\
		int before = count_open();				\
		bool holds_true = (claim);				\
									\
		shut_all();						\
		report(holds_true && count_open() == before,		\
		    __VA_ARGS__);					\
	} while (0)

/** Begin; a case that hangs ends the program, which is a failure. */
static inline void
begin(void)
{
	for (size_t i = 0; i < sizeof(content); i += 256)
		if (getrandom(content + i, sizeof(content) - i < 256 ?
		    sizeof(content) - i : 256, 0) < 0)
			give_up("getrandom");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	alarm(120);
}

static inline void
finish(void)
{
	printf("1..%u\n", reported);
}

/* Files */

/** A regular file with what stands at `data`, at its beginning. */
static inline int
file_of(const void *data, size_t size)
{
	int fd = keep(memfd_create("file", 0));

	if (write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET))
		give_up("write");
	return fd;
}

/** The same file by another description. */
static inline int
another_of(int fd, int flags)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return keep(open(path, flags));
}

static inline int64_t
at(int fd)
{
	return lseek(fd, 0, SEEK_CUR);
}

static inline int64_t
size_of(int fd)
{
	int64_t here = at(fd), end = lseek(fd, 0, SEEK_END);

	lseek(fd, here, SEEK_SET);
	return end;
}

/** Does the file have it there? */
static inline bool
holds(int fd, int64_t from, const unsigned char *data, size_t size)
{
	static unsigned char there[65536];

	while (size > 0) {
		size_t some = size < sizeof(there) ? size : sizeof(there);

		if (pread(fd, there, some, from) != (ssize_t)some ||
		    memcmp(there, data, some) != 0)
			return false;
		from += (int64_t)some;
		data += some;
		size -= some;
	}
	return true;
}

/** Is it what `content` begins with, and no more? */
static inline bool
is_content(int fd, size_t size)
{
	return size_of(fd) == (int64_t)size && holds(fd, 0, content, size);
}

/* Jobs */

/** The methods that can copy a memfd to another. */
static const enum zc_method in_place[] __attribute__((unused)) = {
	ZC_AUTO, ZC_COPY_FILE_RANGE, ZC_SENDFILE, ZC_SPLICE, ZC_MMAP,
	ZC_READ_WRITE
};

static inline struct zc_request
request_for(int in, int out, enum zc_method method)
{
	struct zc_request request = ZC_REQUEST_INIT(in, out);

	request.method = method;
	request.block_size = BLOCK;
	return request;
}

static inline struct zc_job *
new_job(const struct zc_request *request)
{
	struct zc_job *job = zc_job_new(request);

	if (job == NULL)
		give_up("zc_job_new");
	return job;
}

/** Run it to its end: 0 or errno. */
static inline int
run(const struct zc_request *request, struct zc_result *result)
{
	struct zc_job *job = new_job(request);
	int error = zc_job_run(job, NULL) == 0 ? 0 : errno;

	*result = *zc_job_result(job);
	zc_job_free(job);
	return error;
}

#endif
