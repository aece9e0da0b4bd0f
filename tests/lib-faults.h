/*
 * System calls of this process that fail or come short.
 *
 * It is linked only into a unit that defines judge() and came_to().
 */
#ifndef LIB_FAULTS_H
#define LIB_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum call {
	SPLICE, SENDFILE, COPY_FILE_RANGE,	/* the kernel's own paths */
	READ, PREAD, PREADV2, WRITE, PWRITE, WRITEV, PWRITEV, SEND, SENDMSG,
	PIPE2, TEE, CALLS
};

extern const char *const call_names[CALLS];

/** True unless this call belongs to a method that this system lacks, or the C
 * library lacks it. */
bool has_call(enum call call);

/** A call that is about to be made. */
struct made {
	enum call call;
	int in, out;			/* ABSENT: the call has no such end */
	int64_t from;			/* its offset of `in`, or -1 */
	size_t size;
};

enum { ABSENT = -2 };

enum { PASS = -1, ZERO = -2 };		/* verdicts that are no errno */

/** While true, judge() is asked before each call. */
extern bool armed;

/** Return PASS to make the call, with made->size as it is on return, ZERO to
 * return 0 without it, or the errno that it fails with. */
int judge(struct made *made);

/** True if this is the read(2) of a pipe into which the call before it has
 * moved just as much by splice(2) from `in`.  It cannot fail. */
bool empties_own_pipe(const struct made *made, int in);

/** Called with what each call returned, while `armed`. */
void came_to(ssize_t n);

/* For functions of the unit that stand before those of the C library. */

typedef void (*any_function)(void);	/* to be cast */

/** Return the C library's own function. */
any_function libc_function(const char *name);

#define NEXT(name, symbol)	((__typeof__(&name))libc_function(symbol))

/* A 32-bit glibc with a 64-bit off_t calls some functions by other names, and
 * with a 64-bit time_t further ones. */
#if defined(__GLIBC__) && !defined(__LP64__) && _FILE_OFFSET_BITS == 64
#define RENAMED(plain, renamed)	renamed
#else
#define RENAMED(plain, renamed)	plain
#endif
#if _TIME_BITS == 64 && __TIMESIZE == 32
#define RETIMED(plain, renamed)	renamed
#else
#define RETIMED(plain, renamed)	plain
#endif

#endif
