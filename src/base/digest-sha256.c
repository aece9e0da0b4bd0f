#include "config.h"

#include "digest-kind.h"

#ifdef HAVE_NETTLE

#include <nettle/sha2.h>

static void
sha256_restart(void *state)
{
	sha256_init(state);
}

static void
sha256_add(void *state, const void *data, size_t size)
{
	sha256_update(state, size, data);
}

static void
sha256_value(const void *state, unsigned char *bytes)
{
	struct sha256_ctx copy = *(const struct sha256_ctx *)state;

	sha256_digest(&copy, SHA256_DIGEST_SIZE, bytes);	/* resets it */
}

const struct digest_kind digest_sha256 = {
	.name = "sha256",
	.size = SHA256_DIGEST_SIZE,
	.state_size = sizeof(struct sha256_ctx),
	.restart = sha256_restart,
	.update = sha256_add,
	.value = sha256_value,
};

#else

const struct digest_kind digest_sha256 = {
	.name = "sha256",
	.size = 32,
	.lacks = LACKS_NETTLE,
};

#endif
