/*
 * For the units that drive the engine by its header alone: descriptors that
 * go away with their case, random content, and a line of TAP for each case.
 */
#ifndef LIB_JOB_H
#define LIB_JOB_H

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

extern unsigned char content[1800 * 1000 + 321];	/* at random */

/* Results */

_Noreturn void give_up(const char *what);
void report(bool ok, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define CHECK(claim)							\
	do {								\
		if (!(claim)) {						\
			printf("# %s, line %d: not so: %s (errno %d)\n", \
			    __func__, __LINE__, #claim, errno);		\
			return false;					\
		}							\
	} while (0)

/* Descriptors of a case.  What is open when they are gone has leaked. */

extern int opened[600];
extern size_t opened_count;

int keep(int fd);
void shut(int fd);
void shut_all(void);
int count_open(void);

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

/** The same, if has_method() is true of what it needs. */
#define CASE_BY(method, claim, ...)					\
	do {								\
		if (has_method(method))					\
			CASE(claim, __VA_ARGS__);			\
	} while (0)

/** Make content and a time limit: a case that hangs ends the program. */
void begin(void);

void finish(void);

/* Files */

/** Return a regular file with a copy of `data`, at its beginning. */
int file_of(const void *data, size_t size);

/** Open the same file again, as another description. */
int another_of(int fd, int flags);

/** Return a stream on a duplicate of the descriptor, which fclose(3) closes. */
FILE *stream_of(int fd, const char *mode);

int64_t at(int fd);
int64_t size_of(int fd);

/** True if the file has `data` at `from`. */
bool holds(int fd, int64_t from, const unsigned char *data, size_t size);

/** True if the file is the first `size` bytes of content, and no more. */
bool is_content(int fd, size_t size);

/* Jobs */

/** True if this build and this kernel have the call that it needs. */
bool has_method(enum zc_method method);

/** The methods that can copy a memfd to another, as far as has_method() is true
 * of them: begin() finds out. */
extern enum zc_method in_place[6];
extern size_t in_place_count;

struct zc_request request_for(int in, int out, enum zc_method method);
struct zc_job *new_job(const struct zc_request *request);

/** Run a job to its end.  Return 0 or its errno. */
int run(const struct zc_request *request, struct zc_result *result);

#endif
