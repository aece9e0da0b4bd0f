/*
 * A random transfer: its two ends, and what is asked of it.
 *
 * It is linked only into a unit that defines the hooks.
 */
#ifndef LIB_TASK_H
#define LIB_TASK_H

#include "lib-chance.h"
#include "lib-wire.h"

extern struct flow flow;
extern bool in_blocks, out_blocks;

/** What the file that is written must look like. */
extern unsigned char image[2 << 20];
extern int64_t image_size;

extern struct task {
	struct zc_request request;
	struct iovec head[80], tail[80];
	struct zc_hdtr hdtr;
	bool by_transfer;		/* zc_transfer(), or else a job */
	bool deadly;			/* faults may end it */
	size_t rarity;			/* one call in so many fails; 0: none */
	unsigned stop_at;		/* this event stops it; 0: none */
	unsigned abandon_at;		/* give up at this EAGAIN; 0: never */
	int preferred;			/* what on_select() returns */
} task;

/* The hooks of the request. */
int on_wait(const struct zc_wait *wait, size_t count, void *arg);
int on_event(const struct zc_event *event, void *arg);
int on_select(const struct zc_ends *ends, void *arg);
int on_look(const void *data, int64_t size, void *arg);

/** Make `flow`. */
void make_ends(void);

/** Make `task`, between the ends of `flow`. */
void make_task(void);

/** True if the policy has a method for the request. */
bool is_planned(void);

#endif
