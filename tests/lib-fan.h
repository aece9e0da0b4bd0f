/*
 * A job with one source and several sinks, with what is behind them: files, or
 * pipes and sockets whose far ends are ours, non-blocking and small.
 */
#ifndef LIB_FAN_H
#define LIB_FAN_H

#include "lib-wire.h"

#define OUTLETS_MAX	4
#define OLD		((size_t)700)	/* bytes that are in each file sink */

enum inlet_sort { FILE_IN, PLACED_IN, PIPE_IN, UNIX_IN, TCP_IN, INLETS };
enum outlet_sort { FILE_OUT, PLACED_OUT, APPENDED_OUT, PIPE_OUT, UNIX_OUT,
	TCP_OUT, NULL_OUT, OUTLETS };

extern const char *const inlet_names[INLETS], *const outlet_names[OUTLETS];

struct inlet {
	enum inlet_sort sort;
	int fd, flags;
	int feed;			/* -1: a file, or all was fed */
	int64_t from;			/* where in the file the data begins */
	int64_t told_from;		/* the same, for events */
	const unsigned char *data;	/* all that it gives */
	size_t size;
	int64_t fed;
};

struct outlet {
	enum outlet_sort sort;
	int fd, flags;
	int drain;			/* -1: a file or /dev/null */
	int64_t from;			/* where in the file the data begins */
	unsigned char *expected;	/* what must arrive */
	size_t expected_size;
	int64_t got;			/* from `drain` */
	bool slow;			/* is not served */
	unsigned plans, drops;		/* events that it had */
	int dropped;			/* errno of ZC_EVENT_DROPPED */
	int64_t told_data, told;	/* bytes of data, and all, by events */
};

struct fan {
	struct inlet in;
	struct outlet out[OUTLETS_MAX];
	size_t count;
	struct zc_request request;
	struct zc_sink sinks[OUTLETS_MAX - 1];	/* of the request */
	unsigned events, stop_at;	/* this event stops the job; 0: none */
	bool wrong;			/* an event was */
};

/** Make the source, which gives `size` bytes of content. */
void fan_inlet(struct fan *, enum inlet_sort, size_t size);

/** Replace the source, a file, by one on a disk: in memory it would never have
 * to be waited for. */
void fan_put_on_disk(struct fan *);

/** Make one more sink, which is to get this data between the pieces of hdtr
 * (NULL: none). */
void fan_outlet(struct fan *, enum outlet_sort, const struct zc_hdtr *);

/** The sorts of several sinks. */
struct group {
	enum outlet_sort sort[OUTLETS_MAX];
	size_t count;
};

/** Make the source and these sinks. */
void fan_make(struct fan *, enum inlet_sort, size_t size, enum zc_method,
    const struct group *);

/** Have the sink expect `size` bytes more. */
void fan_expect(struct outlet *, const void *data, size_t size);

/** Have the request's events checked: what they say moved is what is next at
 * both ends. */
void fan_follow(struct fan *);

/** True if the events told what the result says. */
bool fan_is_told(const struct fan *, size_t sink, const struct zc_result *);

/** Return the sort of flow that the far end of this sink is. */
enum sort fan_sort(enum outlet_sort);

/** True if this method may be used between the two. */
bool fan_suits(enum inlet_sort, enum outlet_sort, enum zc_method);

/** Return how many bytes were taken from the source, as the source sees it. */
int64_t fan_taken(const struct inlet *);

/** Feed up to `most` bytes.  After the last one, close the source. */
bool fan_feed(struct inlet *, size_t most);

/** Take up to `most` bytes, which must be the next ones. */
bool fan_drain(struct outlet *, size_t most);

/** Do one of what the job waits for; slow sinks are not served.  Return false
 * if the job waits for something else, or nothing can be done. */
bool fan_serve(struct fan *, const struct zc_wait *, size_t count);

/** Run the job until it ends, and serve it.  Return 0 or its errno; EDOM if it
 * waits for the wrong thing. */
int fan_run(struct fan *, struct zc_job *);

/** True if exactly the first `sum` expected bytes have arrived, as far as that
 * can be seen without taking them. */
bool fan_has(const struct outlet *, int64_t sum);

/** True if exactly the first `sum` expected bytes arrive, and, from a pipe or a
 * connection, then the end.  Closes it. */
bool fan_gets(struct outlet *, int64_t sum);

/** True if the source is where it must be once `bytes` were moved and `lost`
 * were lost. */
bool fan_is_at(const struct inlet *, int64_t bytes, int64_t lost);

/** True if the flags of all descriptors are as they were. */
bool fan_keeps_flags(const struct fan *);

/** True if all is done: each sink has everything, and the results say that
 * `moved` bytes of data were moved.  Closes them. */
bool fan_is_done(struct fan *, const struct zc_job *, int64_t moved);

#endif
