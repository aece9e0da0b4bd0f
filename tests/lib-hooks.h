/*
 * Ends behind hooks (zc_io): a ring in memory, a pipe whose two ends wait for
 * each other, and a layer that sends records.
 *
 * A channel has a writer and a reader, both made of hooks.  A job uses one of
 * them, and the test or another job uses the other.
 */
#ifndef LIB_HOOKS_H
#define LIB_HOOKS_H

#include "lib-flow.h"

#define RING_SIZE	5000
#define PIPE_SIZE	4096
#define KEPT_MAX	16000
#define RECORD_MAX	4000

/** A ring in memory.  After EAGAIN it asks for a time or for an eventfd(2) that
 * is readable, by turns at random. */
struct ring {
	unsigned char data[RING_SIZE];
	size_t from, held;
	int has_data, has_room;		/* eventfd(2) */
	bool signals_data, signals_room;/* they are readable */
	bool closed, abandoned, left;	/* the last one by the reader */
};

/**
 * A pipe with a pipe back.  The reader answers every byte with two, and reads
 * no more before they are written: it may ask for POLLOUT.  The writer reads
 * the answers, and waits for them: it asks for POLLIN.
 */
struct turns {
	int in, out;			/* for data */
	int back_in, back_out;
	int64_t unanswered, owed;	/* bytes of answers */
};

/** A layer that sends records over a socket: two bytes of length, and data.  It
 * takes bytes and keeps them for a while.  A record without data is the end;
 * if it is missing, the reader fails with EPROTO. */
struct records {
	int in, out;
	unsigned char kept[KEPT_MAX];	/* bytes that are in no record yet */
	size_t kept_size;
	unsigned char sending[2 + RECORD_MAX];
	size_t sent, sending_size;
	unsigned char got[2 + RECORD_MAX];
	size_t got_size, given;		/* with its length */
	bool ending, ended;		/* of the writer, of the reader */
};

struct channel {
	enum sort sort;
	struct zc_io writer, reader;
	int64_t written, read;		/* bytes that they have counted */
	struct zc_wait writer_wait, reader_wait;	/* asked for last */
	unsigned flushes, finishes;	/* that succeeded */
	union {
		struct ring ring;
		struct turns turns;
		struct records records;
	};
};

/** Return a channel of this sort.  It is used again after seven others. */
struct channel *new_channel(enum sort sort);

/** The reader goes away: the writer fails with EPIPE. */
void leave_channel(struct channel *channel);

/** The writer goes away without an end.  That of a pipe looks like one; other
 * readers fail with EPROTO. */
void abandon_channel(struct channel *channel);

/** Return how many bytes the writer has counted and not sent yet. */
size_t kept_by(const struct channel *channel);

/** The same, by plain arguments: what the other end of a job does. */
ssize_t write_channel(struct channel *channel, const void *data, size_t size);
ssize_t read_channel(struct channel *channel, void *data, size_t size);

/** Send what the writer keeps.  Return 0, or -1 with errno. */
int flush_channel(struct channel *channel);

/** Send the end.  Return 0, or -1 with errno. */
int finish_channel(struct channel *channel);

/** True if this is what the job's end asked for, and it is not ready. */
bool is_asked_for(const struct zc_wait *asked, const struct zc_wait *wait);

#endif
