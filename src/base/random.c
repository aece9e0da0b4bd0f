#include "config.h"

#include "random.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "clock.h"

/** Return the next 31 bits of random(3), which has a different seed in
 * each process. */
static uint32_t
next(void)
{
	static bool begun;
	unsigned seed;

	if (!begun) {
		if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) !=
		    (ssize_t)sizeof(seed))
			seed = (unsigned)clock_now() ^
			    ((unsigned)getpid() << 16);
		srandom(seed);
		begun = true;
	}
	return (uint32_t)random();
}

uint32_t
random_below(uint32_t limit)
{
	return next() % limit;
}

void
random_fill(void *data, size_t size)
{
	unsigned char *byte = data;

	for (size_t i = 0; i < size; i++)
		byte[i] = (unsigned char)(next() >> 8);
}
