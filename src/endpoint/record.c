#include "config.h"

#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/digest.h"
#include "../system/xattrs.h"

#define MAGIC		UINT64_C(0x7a636f7079207074)	/* "zcopy pt" */
#define FORMAT		1		/* of the record */

enum {
	WORD = 8,			/* bytes */
	SUMMED = RECORD_SIZE - RECORD_DIGEST,
	ROOM = 1024,			/* for those of later versions */
};

static void
put(unsigned char **at, uint64_t word)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		*(*at)++ = (unsigned char)(word >> shift);
}

static uint64_t
take(const unsigned char **at)
{
	uint64_t word = 0;

	for (int i = 0; i < WORD; i++)
		word = word << 8 | *(*at)++;
	return word;
}

/** Compute the digest of the image's first SUMMED bytes, which is kept behind
 * them.  Return 0, or -1 with errno. */
static int
sum(const unsigned char *image, unsigned char value[RECORD_DIGEST])
{
	struct digest *digest = digest_new(DIGEST_XXH3);
	struct digest_value all;

	if (digest == NULL)
		return -1;
	digest_update(digest, image, SUMMED);
	all = digest_value(digest);
	memcpy(value, all.bytes, RECORD_DIGEST);
	digest_free(digest);
	return 0;
}

int
record_encode(const struct record *record, unsigned char image[RECORD_SIZE])
{
	unsigned char *at = image;

	put(&at, MAGIC);
	put(&at, FORMAT);
	put(&at, record->recent);
	put(&at, record->device);
	put(&at, record->inode);
	put(&at, (uint64_t)record->size);
	put(&at, (uint64_t)record->modified.tv_sec);
	put(&at, (uint64_t)record->modified.tv_nsec);
	put(&at, (uint64_t)record->changed.tv_sec);
	put(&at, (uint64_t)record->changed.tv_nsec);
	put(&at, (uint64_t)record->start);
	put(&at, (uint64_t)record->bytes);
	put(&at, (uint64_t)record->flushed);
	memcpy(at, record->digest, RECORD_DIGEST);
	return sum(image, at + RECORD_DIGEST);
}

static struct timespec
take_time(const unsigned char **at)
{
	struct timespec time;

	time.tv_sec = (time_t)take(at);
	time.tv_nsec = (long)take(at);
	return time;
}

/** True if this is a record, damaged or not. */
static bool
is_record(const unsigned char *image, size_t size)
{
	return size >= sizeof(uint64_t) && take(&image) == MAGIC;
}

int
record_decode(struct record *record, const unsigned char *image, size_t size)
{
	const unsigned char *at = image;
	unsigned char value[RECORD_DIGEST];

	if (size == RECORD_SIZE && sum(image, value) < 0)
		return -1;
	errno = EBADMSG;
	if (!is_record(image, size))
		return -1;
	if (size != RECORD_SIZE ||
	    memcmp(value, image + SUMMED, RECORD_DIGEST) != 0 ||
	    take(&at) != MAGIC || take(&at) != FORMAT) {
		*record = (struct record){ .damaged = true };
		return 1;
	}
	record->recent = take(&at) != 0;
	record->device = take(&at);
	record->inode = take(&at);
	record->size = (int64_t)take(&at);
	record->modified = take_time(&at);
	record->changed = take_time(&at);
	record->start = (int64_t)take(&at);
	record->bytes = (int64_t)take(&at);
	record->flushed = (int64_t)take(&at);
	memcpy(record->digest, at, RECORD_DIGEST);
	record->damaged = false;
	if (record->flushed < 0)	/* no zcopy has written that */
		*record = (struct record){ .damaged = true };
	return 1;
}

void
record_locate(struct record_place *place, int dir, int part, const char *name)
{
	*place = (struct record_place){ .dir = dir, .part = part, .file = -1 };
	snprintf(place->name, sizeof(place->name), "%s.zcopy", name);
}

/** Open PART.zcopy, with O_CREAT if that is in `flags`.  Return 0, or -1 with
 * errno: EBADMSG if it is not a file of our own. */
static int
open_file(struct record_place *place, int flags)
{
	struct stat st;

	if (place->file >= 0)
		return 0;
	place->file = openat(place->dir, place->name, flags | O_RDWR |
	    O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (place->file < 0)
		return -1;
	if (fstat(place->file, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && st.st_nlink == 1)
		return 0;
	record_close(place);
	errno = EBADMSG;
	return -1;
}

/** Read PART.zcopy.  Return as record_read(). */
static int
read_file(struct record_place *place, struct record *record)
{
	unsigned char image[ROOM];
	ssize_t size;

	if (open_file(place, 0) < 0)
		return errno == ENOENT || errno == ENAMETOOLONG ? 0 : -1;
	size = pread(place->file, image, sizeof(image), 0);
	if (size > 0)
		return record_decode(record, image, (size_t)size);
	record_close(place);		/* 0: we died before we wrote it */
	return (int)size;
}

int
record_read(struct record_place *place, struct record *record)
{
	unsigned char image[ROOM];
	ssize_t size = xattrs_record_get(place->part, image, sizeof(image));

	if (size >= 0)
		return record_decode(record, image, (size_t)size);
	if (errno == ERANGE)		/* too long for any version */
		errno = EBADMSG;
	if (errno != ENODATA && !xattrs_is_refused(errno))
		return -1;
	return read_file(place, record);
}

/** Write PART.zcopy.  Return 0, or -1 with errno. */
static int
write_file(struct record_place *place, const unsigned char image[RECORD_SIZE])
{
	ssize_t size;

	if (open_file(place, O_CREAT) < 0)
		return -1;
	size = pwrite(place->file, image, RECORD_SIZE, 0);
	if (size >= 0 && size < RECORD_SIZE)
		errno = ENOSPC;
	/* Nothing else orders it and the data of the part on the disk. */
	return size < RECORD_SIZE ? -1 : fdatasync(place->file);
}

int
record_write(struct record_place *place, const struct record *record)
{
	unsigned char image[RECORD_SIZE];

	if (record_encode(record, image) < 0)
		return -1;
	if (place->file < 0) {
		if (xattrs_record_set(place->part, image, RECORD_SIZE) == 0)
			return 0;
		if (!xattrs_is_refused(errno))
			return -1;
	}
	return write_file(place, image);
}

int
record_remove(struct record_place *place)
{
	if (place->file >= 0)
		return unlinkat(place->dir, place->name, 0);
	return xattrs_record_remove(place->part);
}

void
record_close(struct record_place *place)
{
	if (place->file >= 0)
		close(place->file);
	place->file = -1;
}
