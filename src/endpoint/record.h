/*
 * The record of a part (part.h): which bytes of which SOURCE it holds, and how
 * many of them are on the disk.
 *
 * It is an extended attribute of the part, or, where the file system has none,
 * a file beside it, PART.zcopy.  It is a row of big-endian 64-bit words, with a
 * digest of them at the end, so that a damaged one is recognized.
 */
#ifndef RECORD_H
#define RECORD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
	RECORD_DIGEST = 16,		/* bytes of an XXH3-128 */
	RECORD_SIZE = 13 * 8 + 2 * RECORD_DIGEST,	/* as stored */
};

struct record {
	/* SOURCE, when it was opened.  A block device has its own number as
	 * device, and neither inode nor times. */
	uint64_t device, inode;
	int64_t size;
	struct timespec modified, changed;
	bool recent;			/* these times were so recent that a
					   later change may not have moved
					   them */

	int64_t start;			/* of the first byte, in SOURCE */
	int64_t bytes;			/* --bytes, or ZC_TO_END */

	int64_t flushed;		/* bytes that are on the disk, */
	unsigned char digest[RECORD_DIGEST];	/* and their XXH3-128 */

	bool damaged;			/* there is one, but it is not valid:
					   the rest is zeros */
};

/** Where the record of one part is kept. */
struct record_place {
	int dir;			/* of the part */
	int part;			/* the part itself, open for writing */
	int file;			/* PART.zcopy, or -1 */
	char name[NAME_MAX + sizeof(".zcopy")];	/* "PART.zcopy" */
};

/** Write the record as it is stored.  Return 0, or -1 with errno. */
int record_encode(const struct record *, unsigned char image[RECORD_SIZE]);

/** Read what was stored, or anything else.  Return as record_read(), but not
 * 0. */
int record_decode(struct record *, const unsigned char *image, size_t size);

/** Describe the record of the part, whose name is `name`.  Nothing is opened.
 * The descriptors stay the caller's. */
void record_locate(struct record_place *, int dir, int part, const char *name);

/** Read the record.  Return 1, also if it is damaged or of another version; 0
 * if there is none; or -1 with errno: EBADMSG if what is there is no record. */
int record_read(struct record_place *, struct record *);

/** Write the record in place of the old one.  Return 0, or -1 with errno. */
int record_write(struct record_place *, const struct record *);

/** Remove the record.  Return 0, also if there is none, or -1 with errno. */
int record_remove(struct record_place *);

/** Close PART.zcopy, if it is open. */
void record_close(struct record_place *);

#endif
