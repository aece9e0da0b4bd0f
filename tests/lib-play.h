/*
 * Hooks that follow a script.  All that happens is in one log, a letter each:
 *
 *	r	readv
 *	W, w	writev, with and without `more`
 *	f	flush, if something is kept back
 *	e	finish
 *	s	the job sleeps: its wait function is called
 *	i	ZC_EVENT_INTERRUPTED
 */
#ifndef LIB_PLAY_H
#define LIB_PLAY_H

#include "lib-job.h"

#define PART	((size_t)10)		/* bytes that a hook takes or gives */
#define DATA	((int64_t)20)		/* bytes of the source */

/** The nth call of a hook, by its letter, fails. */
struct fault {
	char call;
	int nth;
	int error;
};

extern struct play {
	char log[400];
	const struct fault *faults;	/* up to one without a letter */
	int calls[128];			/* by letter */
	unsigned char got[1 << 20];
	size_t given, got_size;
	size_t kept;			/* bytes that were not flushed */
	size_t part;			/* most bytes of a call */
	ssize_t excess;			/* returned beyond what was offered */
	bool stops;			/* at ZC_EVENT_INTERRUPTED */
	bool counts;			/* checks zc_moved */
	unsigned finished;		/* how often finish succeeded */
	unsigned wrong;
	struct zc_wait wait;		/* what the last EAGAIN asked for */
} play;

/** A source that gives the first bytes of content, and a sink. */
extern const struct zc_io play_source, play_sink;

/** Begin a play, and return a request from hooks to hooks. */
struct zc_request set_up(const struct fault *faults);

/** The request's wait function. */
int play_wait(const struct zc_wait *wait, size_t count, void *arg);

/** True if this has happened, and nothing else. */
bool is_log(const char *log);

#endif
