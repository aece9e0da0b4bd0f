/*
 * Digests of bytes: SHA-256 (FIPS 180-4), by nettle, and XXH3-128, by xxHash.
 *
 * Both nettle and OpenSSL use the CPU's SHA instructions.  OpenSSL is faster:
 * `openssl speed -evp sha256 -bytes 65536` says 1.8 GB/s.  With nettle, zcopy
 * --digest=sha256 -m read-write FILE NEW takes 0.67 s more for 1 GiB than it
 * takes without --digest, which is 1.6 GB/s.  But each start of zcopy pays for
 * what it is linked with.  In a virtual machine, an empty program takes this
 * much more CPU (the least of 120 runs) when it is made by
 *
 *	echo 'int main(void) { }' | cc -x c - -Wl,--no-as-needed LIBRARY
 *
 *	-lcrypto				0.9 ms
 *	-Wl,--whole-archive -l:libcrypto.a	0.4 ms
 *	-lnettle				0.13 ms
 *	-Wl,--whole-archive -l:libnettle.a	0.03 ms
 *
 * (--no-whole-archive goes behind the last two.)  What is left with the static
 * libnettle are the CPUID instructions of its constructor, which the hypervisor
 * handles.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum digest_algorithm {
	DIGEST_NONE,
	DIGEST_SHA256,
	DIGEST_XXH3,			/* of 128 bits, with the seed 0 */
	DIGEST_ALGORITHMS
};

enum {
	DIGEST_MAX = 32,		/* bytes of the longest value */
	DIGEST_TEXT = 2 * DIGEST_MAX + 1	/* its digits, and NUL */
};

/** A value; all bytes behind the algorithm's size are 0. */
struct digest_value {
	enum digest_algorithm algorithm;
	unsigned char bytes[DIGEST_MAX];	/* most significant first */
};

struct digest;

/** Return "sha256" or "xxh3".  Static text. */
const char *digest_name(enum digest_algorithm);

/** Return how many bytes a value has. */
size_t digest_size(enum digest_algorithm);

/** Return why this build cannot compute it, or NULL.  Static text. */
const char *digest_lacks(enum digest_algorithm);

/** Begin a digest of no bytes, which this build must be able to compute.
 * Return NULL with errno on failure. */
struct digest *digest_new(enum digest_algorithm);

/** Begin again, with no bytes. */
void digest_restart(struct digest *);

/** Add bytes. */
void digest_update(struct digest *, const void *data, size_t size);

/** Return the value of all bytes so far; more may be added afterwards. */
struct digest_value digest_value(const struct digest *);

/** Free the digest, or do nothing for NULL. */
void digest_free(struct digest *);

/** Write the value as lower-case hexadecimal digits. */
void digest_text(char text[DIGEST_TEXT], const struct digest_value *);

/** True if the text is a value of value->algorithm, in digits of either case;
 * then set value->bytes. */
bool digest_parse(struct digest_value *, const char *text);

/** True if both are of one algorithm, and equal. */
bool digest_equal(const struct digest_value *, const struct digest_value *);

#endif
