#include "config.h"

#include "digest.h"

#include <nettle/sha2.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "xxh3.h"

_Static_assert(SHA256_DIGEST_SIZE == DIGEST_MAX, "DIGEST_MAX");

struct digest {
	enum digest_algorithm algorithm;
	xxh3_update *update;
	union {
		struct sha256_ctx sha256;
		XXH3_state_t xxh3;
	};
};

static const struct {
	const char *name;
	size_t size;
} rows[DIGEST_ALGORITHMS] = {
	[DIGEST_SHA256] = { "sha256", SHA256_DIGEST_SIZE },
	[DIGEST_XXH3] = { "xxh3", sizeof(XXH128_canonical_t) },
};

const char *
digest_name(enum digest_algorithm algorithm)
{
	return rows[algorithm].name;
}

size_t
digest_size(enum digest_algorithm algorithm)
{
	return rows[algorithm].size;
}

struct digest *
digest_new(enum digest_algorithm algorithm)
{
	struct digest *digest = aligned_alloc(alignof(struct digest),
	    sizeof(*digest));

	if (digest == NULL)
		return NULL;
	digest->algorithm = algorithm;
	digest->update = xxh3_update_for_cpu();
	digest_restart(digest);
	return digest;
}

void
digest_restart(struct digest *digest)
{
	if (digest->algorithm == DIGEST_SHA256) {
		sha256_init(&digest->sha256);
	} else {
		XXH3_INITSTATE(&digest->xxh3);
		XXH3_128bits_reset(&digest->xxh3);
	}
}

void
digest_update(struct digest *digest, const void *data, size_t size)
{
	if (digest->algorithm == DIGEST_SHA256)
		sha256_update(&digest->sha256, size, data);
	else
		digest->update(&digest->xxh3, data, size);
}

struct digest_value
digest_value(const struct digest *digest)
{
	struct digest_value value = { .algorithm = digest->algorithm };
	struct sha256_ctx sha256;
	XXH128_canonical_t canonical;

	if (digest->algorithm == DIGEST_SHA256) {
		sha256 = digest->sha256;	/* sha256_digest() resets it */
		sha256_digest(&sha256, SHA256_DIGEST_SIZE, value.bytes);
		return value;
	}
	XXH128_canonicalFromHash(&canonical,
	    XXH3_128bits_digest(&digest->xxh3));
	memcpy(value.bytes, canonical.digest, sizeof(canonical.digest));
	return value;
}

void
digest_free(struct digest *digest)
{
	free(digest);
}

void
digest_text(char text[DIGEST_TEXT], const struct digest_value *value)
{
	static const char digits[] = "0123456789abcdef";
	const size_t size = rows[value->algorithm].size;

	for (size_t i = 0; i < size; i++) {
		*text++ = digits[value->bytes[i] >> 4];
		*text++ = digits[value->bytes[i] & 15];
	}
	*text = '\0';
}

/** Return what the digit stands for, or -1.  In the C locale's alphabet only:
 * isxdigit(3) and strtoul(3) would accept more. */
static int
digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

bool
digest_parse(struct digest_value *value, const char *text)
{
	struct digest_value parsed = { .algorithm = value->algorithm };
	const size_t size = rows[value->algorithm].size;

	if (strlen(text) != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = digit_value(text[2 * i]);
		int low = digit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		parsed.bytes[i] = (unsigned char)(high << 4 | low);
	}
	*value = parsed;
	return true;
}

bool
digest_equal(const struct digest_value *a, const struct digest_value *b)
{
	return a->algorithm == b->algorithm &&
	    memcmp(a->bytes, b->bytes, DIGEST_MAX) == 0;
}
