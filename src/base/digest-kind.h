/*
 * One digest algorithm, for digest.c.
 */
#ifndef BASE_DIGEST_KIND_H
#define BASE_DIGEST_KIND_H

#include <stddef.h>

enum { DIGEST_ALIGNMENT = 64 };		/* of a state: what xxHash asks for */

struct digest_kind {
	const char *name;
	size_t size;			/* of a value, in bytes */
	const char *lacks;		/* NULL, or why this build cannot
					   compute it: what follows is unset */

	size_t state_size;
	void (*restart)(void *state);
	void (*update)(void *state, const void *data, size_t size);
	void (*value)(const void *state, unsigned char *bytes);
};

extern const struct digest_kind digest_sha256, digest_xxh3;

#endif
