#include "config.h"

#include "digest.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "digest-kind.h"

struct digest {
	enum digest_algorithm algorithm;
	alignas(DIGEST_ALIGNMENT) unsigned char state[];
};

static const struct digest_kind *const kinds[DIGEST_ALGORITHMS] = {
	[DIGEST_SHA256] = &digest_sha256,
	[DIGEST_XXH3] = &digest_xxh3,
};

const char *
digest_name(enum digest_algorithm algorithm)
{
	return kinds[algorithm]->name;
}

size_t
digest_size(enum digest_algorithm algorithm)
{
	return kinds[algorithm]->size;
}

const char *
digest_lacks(enum digest_algorithm algorithm)
{
	return kinds[algorithm]->lacks;
}

struct digest *
digest_new(enum digest_algorithm algorithm)
{
	const size_t size = sizeof(struct digest) +
	    kinds[algorithm]->state_size;
	struct digest *digest = aligned_alloc(DIGEST_ALIGNMENT,
	    roundup(size, (size_t)DIGEST_ALIGNMENT));

	if (digest == NULL)
		return NULL;
	digest->algorithm = algorithm;
	digest_restart(digest);
	return digest;
}

void
digest_restart(struct digest *digest)
{
	kinds[digest->algorithm]->restart(digest->state);
}

void
digest_update(struct digest *digest, const void *data, size_t size)
{
	kinds[digest->algorithm]->update(digest->state, data, size);
}

struct digest_value
digest_value(const struct digest *digest)
{
	struct digest_value value = { .algorithm = digest->algorithm };

	kinds[digest->algorithm]->value(digest->state, value.bytes);
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
	const size_t size = digest_size(value->algorithm);

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
	const size_t size = digest_size(value->algorithm);

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
