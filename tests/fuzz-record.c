/*
 * The record of a part: any bytes are refused, or called damaged, or are a
 * record, which is written and read again as the same.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "../src/base/digest.h"
#include "../src/endpoint/record.h"
#include "fuzz-text.h"

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
same(const struct record *a, const struct record *b)
{
	return a->device == b->device && a->inode == b->inode &&
	    a->size == b->size && same_time(&a->modified, &b->modified) &&
	    same_time(&a->changed, &b->changed) && a->recent == b->recent &&
	    a->start == b->start && a->bytes == b->bytes &&
	    a->flushed == b->flushed && a->damaged == b->damaged &&
	    memcmp(a->digest, b->digest, RECORD_DIGEST) == 0;
}

static void
check_record(const struct record *record)
{
	unsigned char image[RECORD_SIZE];
	struct record again;

	MUST(record->flushed >= 0);
	MUST(record_encode(record, image) == 0);
	MUST(record_decode(&again, image, sizeof(image)) == 1);
	MUST(same(record, &again));
	image[record->inode % sizeof(image)] ^= 1;	/* any bit will do */
	errno = 0;
	MUST(record_decode(&again, image, sizeof(image)) == 1 ?
	    again.damaged : errno == EBADMSG);
}

static void
check_image(const unsigned char *image, size_t size)
{
	struct record record;
	int result;

	errno = 0;
	result = record_decode(&record, image, size);
	if (result < 0)
		MUST(errno == EBADMSG);
	else if (record.damaged)
		MUST(result == 1 && record.flushed == 0);
	else
		check_record(&record);
}

/** Make the bytes a record with a valid beginning and a valid end, so that what
 * is between them is read. */
static void
seal(unsigned char image[RECORD_SIZE])
{
	const struct record none = { .flushed = 0 };
	struct digest *digest = digest_new(DIGEST_XXH3);
	unsigned char begin[RECORD_SIZE];
	struct digest_value sum;

	MUST(digest != NULL && record_encode(&none, begin) == 0);
	memcpy(image, begin, 16);	/* the magic, and the format */
	digest_update(digest, image, RECORD_SIZE - RECORD_DIGEST);
	sum = digest_value(digest);
	memcpy(image + RECORD_SIZE - RECORD_DIGEST, sum.bytes, RECORD_DIGEST);
	digest_free(digest);
}

void
fuzz_record(const char *text, size_t size)
{
	unsigned char image[RECORD_SIZE] = { 0 };

	check_image((const unsigned char *)text, size);
	memcpy(image, text, MIN(size, sizeof(image)));
	seal(image);
	check_image(image, sizeof(image));
}
