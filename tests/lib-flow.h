/*
 * A job's two ends: files, or pipes and sockets whose far ends are in this
 * process, non-blocking and as small as possible.
 */
#ifndef LIB_FLOW_H
#define LIB_FLOW_H

#include <linux/sockios.h>
#include <poll.h>
#include <stdint.h>

#include "lib-net.h"

/* Loops over SORTS do not include TCP, where what was sent may take a while to
 * arrive, nor the ends behind hooks (lib-hooks.h). */
enum sort {
	FILE_END, PIPE_END, SOCKET_END, SORTS, TCP_END = SORTS,
	RING_END, TURNS_END, RECORDS_END, ALL_SORTS
};

extern const char *const sort_names[ALL_SORTS];

struct channel;

struct flow {
	int in, feed;			/* feed -1: `in` is a file, or all was
					   fed */
	int out, drain;			/* drain -1: `out` is a file */
	struct channel *from, *to;	/* in place of these, or NULL */
	enum sort source, sink;
	int in_flags, out_flags;
	bool placed;			/* the source, by an offset */
	size_t size;			/* of the source: so much of content */
	const unsigned char *expected;	/* what must come out */
	size_t expected_size;
	int64_t fed, got;
	unsigned waits, interruptions;
	int (*stop)(struct flow *);	/* what the wait hook does, or NULL */
};

/** Make both ends, non-blocking and as small as they can be. */
void make_pair(enum sort sort, int *in, int *out);

/** Make a flow from a source that has `size` bytes of content. */
struct flow new_flow_of(enum sort source, enum sort sink, size_t size);

struct flow new_flow(enum sort source, enum sort sink);

/** True for the sorts that are behind hooks. */
static inline bool
is_hooks(enum sort sort)
{
	return sort > TCP_END;
}

/** Return a request for the flow's ends. */
struct zc_request request_of(const struct flow *flow, enum zc_method method);

bool suits(enum sort source, enum sort sink, enum zc_method method);
int64_t queued(int fd);

/** Return how many bytes the sink has, as the sink sees it. */
int64_t delivered(const struct flow *flow);

/** Return how many bytes were taken from the source, as the source sees it. */
int64_t taken(const struct flow *flow);

/** Feed up to `most` bytes.  After the last one, close the source. */
bool feed(struct flow *flow, size_t most);

/** Take up to `most` bytes, which must be the next ones. */
bool take(struct flow *flow, size_t most);

/** The receiver goes away. */
void leave(struct flow *flow);

/** Do what the job waits for.  It must not wait for an end that is ready: that
 * would be a busy loop.  While it waits for the source, nothing may be kept
 * back. */
bool serve(struct flow *flow, const struct zc_wait *wait);

/** True if `sent` bytes have arrived, and no more.  With TCP, some may still be
 * on their way. */
bool has_arrived(const struct flow *flow, int64_t sent);

int64_t sum_of(const struct zc_result *result);

/** True if the counts of a job are exact between two runs. */
bool is_exact(const struct flow *flow, const struct zc_job *job);

/** True if everything expected arrives, and then the end. */
bool is_complete(struct flow *flow);

#endif
