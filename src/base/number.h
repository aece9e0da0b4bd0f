/*
 * Numbers of 32 bits by which the kernel names things: users, and the CIDs and
 * ports of vsock(7).  The greatest one, 2^32-1, never names one thing.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdint.h>

/** Parse up to 10 decimal digits and set *number.  Return what follows them, or
 * NULL if there are none, or more, or the number is not below 2^32-1. */
const char *number_parse(uint32_t *number, const char *text);

#endif
