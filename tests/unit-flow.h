/*
 * A job's two ends with what is behind them: files, or pipes and sockets whose
 * far ends are ours, non-blocking and as small as can be.
 */
#ifndef UNIT_FLOW_H
#define UNIT_FLOW_H

#include <stdint.h>

#include "unit-job.h"

enum sort { FILE_END, PIPE_END, SOCKET_END, SORTS };

static const char *const sort_names[SORTS] = { "file", "pipe", "socket" };

struct flow {
	int in, feed;			/* feed -1: `in` is a file, or all was
					   fed */
	int out, drain;			/* drain -1: `out` is a file */
	enum sort source, sink;
	int in_flags, out_flags;
	int64_t fed, got;
	unsigned waits, interruptions;
	int (*stop)(struct flow *);	/* what the wait hook does, or NULL */
};

/** Both ends non-blocking and as small as they can be. */
static inline void
make_pair(enum sort sort, int *in, int *out)
{
	int ends[2], least = 1;

	if (sort == PIPE_END ? pipe2(ends, O_NONBLOCK) < 0 :
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0)
		give_up("pair");
	*out = keep(ends[0]);
	*in = keep(ends[1]);
	if (sort == PIPE_END)
		fcntl(*in, F_SETPIPE_SZ, 4096);
	else
		setsockopt(*in, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
}

static inline struct flow
new_flow(enum sort source, enum sort sink)
{
	struct flow flow = { .feed = -1, .drain = -1, .source = source,
		.sink = sink };

	if (source == FILE_END) {
		flow.in = file_of(content, sizeof(content));
		flow.fed = sizeof(content);
	} else {
		make_pair(source, &flow.feed, &flow.in);
	}
	if (sink == FILE_END)
		flow.out = file_of("", 0);
	else
		make_pair(sink, &flow.out, &flow.drain);
	flow.in_flags = fcntl(flow.in, F_GETFL);
	flow.out_flags = fcntl(flow.out, F_GETFL);
	return flow;
}

static inline int64_t
queued(int fd)
{
	int bytes = 0;

	if (ioctl(fd, FIONREAD, &bytes) < 0)
		give_up("FIONREAD");
	return bytes;
}

/** Bytes that the sink has by now, as the sink sees it. */
static inline int64_t
delivered(const struct flow *flow)
{
	return flow->drain < 0 ? size_of(flow->out) :
	    flow->got + queued(flow->drain);
}

/** Bytes that were taken from the source, as the source sees it. */
static inline int64_t
taken(const struct flow *flow)
{
	return flow->source == FILE_END ? at(flow->in) :
	    flow->fed - queued(flow->in);
}

/** Feed up to so many bytes; after the last, the end. */
static inline bool
feed(struct flow *flow, size_t most)
{
	size_t left = sizeof(content) - (size_t)flow->fed;
	ssize_t n;

	CHECK(flow->feed >= 0);
	if (left == 0) {
		shut(flow->feed);
		flow->feed = -1;
		return true;
	}
	n = write(flow->feed, content + flow->fed, left < most ? left : most);
	CHECK(n > 0);
	flow->fed += n;
	return true;
}

/** Take up to so many bytes, which must be the next ones. */
static inline bool
take(struct flow *flow, size_t most)
{
	static unsigned char data[sizeof(content)];
	ssize_t n = read(flow->drain, data, most);

	CHECK(n > 0);
	CHECK((size_t)(flow->got + n) <= sizeof(content));
	CHECK(memcmp(data, content + flow->got, (size_t)n) == 0);
	flow->got += n;
	return true;
}

#endif
