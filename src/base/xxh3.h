/*
 * The inner loop of XXH3, compiled for more than one CPU.
 *
 * Debian's static libxxhash has no dispatching functions, and an empty program
 * that is linked with the shared one (see digest.h) takes 0.04 ms more CPU to
 * start.  So everything comes from xxHash's header, and the loop is compiled
 * twice.  For 512 MiB in memory, on an AMD EPYC,
 *
 *	zcopy --digest=xxh3 -m read-write FILE /dev/null
 *
 * takes 10 ms more CPU than without --digest, which is 55 GB/s; and with
 * GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2, 28 ms (19 GB/s).
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
