/*
 * Files with holes, and ends that are functions, for the units about holes.
 *
 * A layout says where a file has data: a unit of data for each 'D', and a hole
 * for each '.'.
 */
#ifndef LIB_HOLES_H
#define LIB_HOLES_H

#include <sys/param.h>

#include "lib-job.h"

#define UNIT		((size_t)16 * 1024)
#define UNITS_MAX	40

extern unsigned char image[UNITS_MAX * UNIT];	/* of the last file */

/** Return a file of this layout, and put its bytes into `image`. */
int sparse_file(const char *layout);

/** Return the bytes that the file takes. */
size_t blocks(int fd);

/** Return the bytes of data that a file of this layout has. */
size_t data_of(const char *layout);

extern const char *const layouts[9];

#define FOR_EACH_LAYOUT(layout)						\
	for (size_t layout##_ = 0; layout##_ < COUNT(layouts); layout##_++)\
		for (const char *layout = layouts[layout##_]; layout != NULL;\
		    layout = NULL)

/** A stream of `size` bytes that returns at most so many at a time. */
struct trickle {
	const unsigned char *data;
	size_t size, at, most;
};

struct zc_io trickle_io(struct trickle *);

/* A sink that keeps what it gets, and calls after_write() if it is set. */
extern unsigned char got[UNITS_MAX * UNIT];
extern size_t got_size;
extern void (*after_write)(void);

/** Return it, with nothing kept yet. */
struct zc_io collector(void);

#endif
