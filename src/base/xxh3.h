/*
 * The inner loop of XXH3, compiled for more than one CPU.
 *
 * Debian's static libxxhash has no dispatching functions; loading the shared
 * one costs each start 50 us.  So everything comes from xxHash's header,
 * and the loop is compiled twice.  XXH3-128 of data in the CPU's cache, on an
 * AMD EPYC: SSE2 20 GB/s, AVX2 47, AVX-512 46.
 */
#ifndef BASE_XXH3_H
#define BASE_XXH3_H

#define XXH_INLINE_ALL
#include <xxhash.h>

typedef XXH_errorcode xxh3_update(XXH3_state_t *, const void *, size_t);

/** Return the fastest XXH3_128bits_update() for this CPU. */
xxh3_update *xxh3_update_for_cpu(void);

/** XXH3_128bits_update() for CPUs that have AVX2. */
xxh3_update xxh3_update_avx2;

#endif
