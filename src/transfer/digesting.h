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
	bool known;			/* `value` is that of all data */
	struct digest_value value;
};

/** Return the algorithm that --digest and --expect ask for. */
enum digest_algorithm digesting_algorithm(const struct options *);

/** Check the options that go with these two, before anything is opened.  Return
 * STATUS_OK; otherwise print what is wrong, and return STATUS_USAGE. */
enum status digesting_check_options(const struct options *);

/** True if a follower is used for SOURCE, a regular file that can seek if
 * `file`; `to_file`: a destination is a regular file, too.  SOURCE must be
 * watched (watch.h), or the digest might be that of other data. */
bool digesting_follows(const struct endpoint *source, bool file, bool to_file);

/** Say which way that is. */
const char *digesting_way(bool follows);

/** Make the digest, if it is asked for.  What must be in it before the data is
 * added next, by digest_update().  Return STATUS_OK; on failure, print the
 * reason and return the exit status. */
enum status digesting_open(struct digesting *, const struct options *);

/** Begin to follow or to look at SOURCE, as digesting_follows() decides.
 * Return as digesting_open(). */
enum status digesting_begin(struct digesting *, const struct endpoint *source,
    bool file, bool to_file);

/** Bytes have been moved to one of the destinations.  Have the follower, if
 * there is one, read those that were not moved to another before. */
void digesting_follow(struct digesting *, const struct zc_moved *);

/** Add data; NULL: zeros.  Return 0, or -1 if a signal ends us. */
int digesting_look(struct digesting *, const void *data, int64_t size);

/**
 * All `moved` bytes have been moved: get the value, and compare it with that of
 * --expect.  Do nothing if that was done.  Return STATUS_OK; on failure, print
 * the reason and return the exit status.
 */
enum status digesting_finish(struct digesting *, struct ends *, int64_t moved);

/** Free everything. */
void digesting_close(struct digesting *);

#endif
