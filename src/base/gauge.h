/*
 * What the run is doing and how far it is.  Whoever does it writes it here;
 * whoever shows it (report/) reads it, from any thread.
 */
#ifndef BASE_GAUGE_H
#define BASE_GAUGE_H

#include <stdint.h>

/** What the run is doing, or waiting for. */
enum phase {
	PHASE_STARTING,
	PHASE_OPENING,			/* a FIFO waits for its other side */
	PHASE_LOOKING_UP,
	PHASE_CONNECTING,
	PHASE_ACCEPTING,
	PHASE_SKIPPING,			/* --offset, by reading */
	PHASE_CHECKING,			/* --resume: what is there already */
	PHASE_MOVING,
	PHASE_DIGESTING,
	PHASE_CLOSING,
	PHASE_FLUSHING,
	PHASE_RENAMING,
	PHASE_CONFIRMING,
	PHASE_COMMAND,			/* exec: its exit status */
	PHASE_DONE,
	PHASES
};

/** How full the memory of --buffer is, and was.  All in bytes, but for the last
 * two. */
struct fill {
	int64_t size;			/* the most that it may hold; 0: there
					   is no buffer */
	int64_t now;
	int64_t least;			/* since it was full for the first time,
					   until SOURCE ended; -1: it was never
					   full */
	int64_t most;
	int64_t empty;			/* how often the destinations had to
					   wait for more, after the first byte;
					   if often, SOURCE is the limit */
	int64_t full;			/* how often SOURCE had to wait for
					   room; if often, DEST is the limit */
};

struct gauge {
	enum phase phase;
	int64_t bytes;			/* of data that each DEST has got; a
					   socket: that its peer has
					   acknowledged.  PHASE_SKIPPING: that
					   were skipped; PHASE_CHECKING: that
					   were read again */
	int64_t expected;		/* bytes in all; -1: unknown */
	int64_t resumed;		/* bytes that an earlier run has moved;
					   `bytes` and `expected` do not count
					   them */
	/* Times, by clock_now(); 0: not yet. */
	int64_t began;			/* the first call of gauge_phase() */
	int64_t changed;		/* phase or bytes, last */
	int64_t moving, moved;		/* PHASE_MOVING began, and ended */
	const char *slowest;		/* name of the destination that the
					   others wait for; NULL: there is only
					   one */
	struct fill fill;		/* --buffer */
};

/** Return "waiting for a peer" and the like.  Static text. */
const char *gauge_phase_name(enum phase);

/** Note that the phase begins.  The first call begins the run. */
void gauge_phase(enum phase);

/** Note how many bytes of data there will be in all; -1: unknown. */
void gauge_expect(int64_t bytes);

/** Note how many bytes DEST has of an earlier run. */
void gauge_resumed(int64_t bytes);

/** Note how many bytes of data have been moved or skipped so far, in all. */
void gauge_moved(int64_t bytes);

/** Note which of several destinations the others wait for.  The name must stay
 * valid. */
void gauge_slowest(const char *name);

/** Note how full the buffer is. */
void gauge_fill(const struct fill *);

/**
 * Count no more bytes as moved than acknowledged(arg) returns; -1: it does not
 * know.  There may be as many such peers as destinations.  It is called from
 * other threads until gauge_peer_end(arg) returns.
 */
void gauge_peer(int64_t (*acknowledged)(const void *arg), const void *arg);

/** Forget the peer with this `arg`, if there is one. */
void gauge_peer_end(const void *arg);

/** Return what has been noted until now. */
struct gauge gauge_read(void);

#endif
