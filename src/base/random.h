/*
 * Random numbers for names and pauses.  No secret depends on them.
 *
 * arc4random(3) does not do: where a seccomp filter refuses getrandom(2), that
 * of libbsd 0.12 kills the process, and so does that of the GNU C library.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/** Return a number from 0 to limit - 1, which is below 2^31. */
uint32_t random_below(uint32_t limit);

/** Fill memory with bytes that do not compress. */
void random_fill(void *, size_t size);

#endif
