/*
 * A random job with several sinks, and the calls of it that fail at random.
 */
#ifndef LIB_FAN_FAULTS_H
#define LIB_FAN_FAULTS_H

#include "lib-chance.h"
#include "lib-fan.h"
#include "lib-faults.h"

extern struct fan fan;
extern bool in_blocks, out_blocks[OUTLETS_MAX], on_disk;

extern struct fan_wrap {
	struct iovec head[3], tail[3];
	struct zc_hdtr hdtr;
} wraps[OUTLETS_MAX];

extern struct fan_task {
	bool by_transfer;		/* zc_transfer(), or else a job */
	bool deadly;			/* faults may end it */
	size_t rarity;			/* of faults; 0: none */
	unsigned abandon_at;		/* this EAGAIN is the last; 0: none */
	int preferred;			/* by select */
	size_t ranges;
} task;

extern struct fan_model {
	int64_t at;			/* where in the data the range is */
	int64_t bytes;			/* that are asked for */
	int64_t data;			/* that there are */
	int64_t before;			/* data of earlier ranges */
	bool struck;			/* something happened that may end it */
	bool late;			/* the wait failed */
	bool abandoned;
	unsigned agains;
} model;

/** How often each call was made to fail, or to come short. */
extern unsigned fired[CALLS];

/** Return the number of the sink, or OUTLETS_MAX. */
size_t sink_of(int fd);

#endif
