/*
 * The lesser and the greater of two numbers that may be calls.  MIN() and MAX()
 * of <sys/param.h> make one of them twice: what the second call returns need
 * not be what was compared.
 */
#ifndef BASE_MINMAX_H
#define BASE_MINMAX_H

#include <stdint.h>

static inline int64_t
min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t
max64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

#endif
