#include "config.h"

#include "xxh3.h"

#ifdef HAVE_XXH3_AVX2

#include <sys/platform/x86.h>

/* The C library has asked the CPU already.  CPUID is slow in a virtual machine,
 * where the hypervisor handles it, and libgcc's __builtin_cpu_supports() calls
 * it at start. */
xxh3_update *
xxh3_update_for_cpu(void)
{
	return CPU_FEATURE_ACTIVE(AVX2) ? xxh3_update_avx2 :
	    XXH3_128bits_update;
}

#else

xxh3_update *
xxh3_update_for_cpu(void)
{
	return XXH3_128bits_update;
}

#endif
