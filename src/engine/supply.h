/*
 * A supply: the source, and the bytes that were taken from it and that some
 * sink has yet to get.
 *
 * A source that can seek is one supply for each sink, with a position of its
 * own; any other source is one supply that all sinks share.
 */
#ifndef ENGINE_SUPPLY_H
#define ENGINE_SUPPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "../zcopy.h"
#include "end.h"
#include "extent.h"
#include "method.h"
#include "step.h"
#include "store.h"

struct supply {
	struct end in;
	int64_t left;			/* bytes to take; 2^63-1: to the end */
	int64_t taken;			/* bytes of the range */
	size_t sinks;			/* how many it serves still */
	bool shared;			/* it began with more than one */
	bool ended;			/* the source has no more */
	bool dry;			/* EAGAIN from the source, and nothing
					   has moved since */
	bool overruled;			/* read(2) got data at an end that the
					   method saw; unset when the method
					   takes something again */
	bool blocked;			/* until `wait` */
	struct zc_wait wait;
	const struct method *method;	/* in use; NULL: none yet, or none is
					   left */
	struct extent extent;		/* of data or a hole, that is next */
	bool outdated;			/* a sink has refused the method: begin
					   with another before the next take */
	struct store own;		/* the method's */
	struct store spilled;		/* in memory: what another method could
					   not deliver, or what read(2) got at a
					   false end.  These bytes are older
					   than those in `own`. */
};

/** Return how many bytes there are to move, or -1 if that is not known. */
int64_t supply_bytes(const struct supply *, int64_t bytes);

/** Return how many bytes the source had from here on when the job was made; 0
 * if that is not known, or the source has grown since. */
int64_t supply_known_left(const struct supply *);

/** Return how many bytes the source is before the largest offset, 2^63-1.  A
 * call whose offset plus count exceeds it fails with EINVAL, even at the end
 * of a file. */
int64_t supply_room(const struct supply *);

/** Find out whether the next byte is in a hole, and return how many bytes there
 * are to its end, or to the next one. */
int64_t supply_look(struct supply *);

/** Use this method from now on, in place of the previous one, whose store holds
 * nothing any more.  Return 0, or -1 with errno. */
int supply_use(struct supply *, const struct method *, const struct setup *);

/** Release the method and its store. */
void supply_close_method(struct supply *);

/** Take bytes into this store, one of the supply's.  `gather`: keep those that
 * it holds; otherwise every sink has got them. */
struct step supply_take(struct supply *, struct store *, const struct call *,
    bool gather);

/** Count bytes that were taken. */
void supply_count(struct supply *, int64_t moved);

/** Move the source's position back to the byte `from`.  Return 0, or -1 with
 * errno and nothing changed. */
int supply_put_back(struct supply *, int64_t from);

/** Save the bytes from `from` on, which are in the method's store, because the
 * method is given up.  Return 0, or -1 with errno: they are lost. */
int supply_save(struct supply *, int64_t from);

/** Return how many bytes are lost if those from `from` on, which were taken,
 * are not delivered. */
int64_t supply_lost(const struct supply *, int64_t from);

/** Release everything.  Return how many bytes from `from` on are lost, because
 * the source cannot seek.  Keep errno. */
int64_t supply_settle(struct supply *, int64_t from);

#endif
