/*
 * The speed of the last seconds, from a counter that is read now and then.
 */
#ifndef REPORT_SPEED_H
#define REPORT_SPEED_H

#include <stddef.h>
#include <stdint.h>

/* At ten samples a second these are three seconds. */
enum { SPEED_SAMPLES = 30 };

struct speed {
	struct { int64_t time, bytes; } sample[SPEED_SAMPLES];
	size_t count;			/* samples taken so far */
};

/** Take a sample: so many bytes at this time (clock_now()). */
void speed_note(struct speed *, int64_t time, int64_t bytes);

/** Return the bytes a second between the oldest and the newest sample that are
 * kept; 0 if there are fewer than two. */
double speed_now(const struct speed *);

#endif
