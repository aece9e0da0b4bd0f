/*
 * --digest, --expect: the digest of the data that a transfer moves.
 *
 * The data is seen in one of two ways: between read(2) and write(2), or by a
 * thread that reads SOURCE again (follower.h).  One function decides which:
 * digesting_follows().
 */
#ifndef TRANSFER_DIGESTING_H
#define TRANSFER_DIGESTING_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/digest.h"
#include "../base/status.h"
#include "../endpoint/endpoint.h"
#include "../zcopy.h"
#include "ends.h"
#include "follower.h"

struct digesting {
	struct digest *digest;		/* of the data so far; NULL: not asked
					   for */
	struct follower *follower;	/* NULL: digesting_look() is called */
	int64_t followed;		/* where SOURCE's bytes end that were
					   given to the follower */
	int error;			/* of reading SOURCE again, an errno */
	bool known;			/* `value` is that of all data */
	struct digest_value value;
};

/** Return the algorithm that --digest and --expect ask for. */
enum digest_algorithm digesting_algorithm(const struct options *);

/** Check the options that go with these two, before anything is opened.  Return
 * STATUS_OK; otherwise print what is wrong, and return STATUS_USAGE. */
enum status digesting_check_options(const struct options *);

/**
 * Return true if a follower is to read the data, false if digesting_look() is
 * to see it.  `file`: SOURCE is a regular file that can seek, and it is watched
 * (watch.h), or the follower might read other data than was moved.  `to_file`:
 * a destination is a regular file.
 */
bool digesting_follows(const struct endpoint *source, bool file, bool to_file);

/** Describe what digesting_follows() has decided, for a message.  Static
 * text. */
const char *digesting_way(bool follows);

/** Make the digest, if it is asked for.  The caller may add bytes that come
 * before the data, by digest_update(), until digesting_begin().  Return
 * STATUS_OK; on failure, print the reason and return the exit status. */
enum status digesting_open(struct digesting *, const struct options *);

/** Begin to follow or to look at SOURCE, as digesting_follows() decides.
 * Return as digesting_open(). */
enum status digesting_begin(struct digesting *, const struct endpoint *source,
    bool file, bool to_file);

/** Note that bytes have been moved to one of the destinations: the follower, if
 * there is one, reads each byte once, when the first destination has it. */
void digesting_follow(struct digesting *, const struct zc_moved *);

/** Add data; NULL: zeros.  Return 0, or -1 if a signal ends us. */
int digesting_look(struct digesting *, const void *data, int64_t size);

/** All bytes have been moved: wait until the follower, if there is one, has
 * read them.  Only then can the watch tell that it has read what was moved. */
void digesting_wait(struct digesting *);

/**
 * After digesting_wait(): get the value, and compare it with that of --expect.
 * Do nothing if that was done.  Return STATUS_OK; on failure, print the reason
 * and return the exit status.
 */
enum status digesting_finish(struct digesting *, struct ends *, int64_t moved);

/** Free everything. */
void digesting_close(struct digesting *);

#endif
