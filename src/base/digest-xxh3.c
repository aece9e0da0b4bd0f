#include "config.h"

#include "digest-kind.h"

#ifdef HAVE_XXHASH

#include <string.h>

#include "xxh3.h"

struct xxh3 {
	XXH3_state_t state;
	xxh3_update *update;
};

_Static_assert(_Alignof(struct xxh3) <= DIGEST_ALIGNMENT, "DIGEST_ALIGNMENT");

static void
xxh3_restart(void *state)
{
	struct xxh3 *xxh3 = state;

	XXH3_INITSTATE(&xxh3->state);
	XXH3_128bits_reset(&xxh3->state);
	xxh3->update = xxh3_update_for_cpu();
}

static void
xxh3_add(void *state, const void *data, size_t size)
{
	struct xxh3 *xxh3 = state;

	xxh3->update(&xxh3->state, data, size);
}

static void
xxh3_value(const void *state, unsigned char *bytes)
{
	const struct xxh3 *xxh3 = state;
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical,
	    XXH3_128bits_digest(&xxh3->state));
	memcpy(bytes, canonical.digest, sizeof(canonical.digest));
}

const struct digest_kind digest_xxh3 = {
	.name = "xxh3",
	.size = sizeof(XXH128_canonical_t),
	.state_size = sizeof(struct xxh3),
	.restart = xxh3_restart,
	.update = xxh3_add,
	.value = xxh3_value,
};

#else

const struct digest_kind digest_xxh3 = {
	.name = "xxh3",
	.size = 16,
	.lacks = LACKS_XXHASH,
};

#endif
