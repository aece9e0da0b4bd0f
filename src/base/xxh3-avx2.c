/* Makefile.am compiles this file for CPUs with AVX2: nothing but what
 * xxh3_update_for_cpu() has chosen may be in it. */
#include "config.h"

#include "xxh3.h"

XXH_errorcode
xxh3_update_avx2(XXH3_state_t *state, const void *data, size_t size)
{
	return XXH3_128bits_update(state, data, size);
}
