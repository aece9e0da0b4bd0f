/*
 * Random operations on two files, as fsx(1) of the Linux Test Project makes
 * them: writes, truncations and copies of ranges, each compared with what two
 * arrays in memory say.  20,000 for each method.
 */
#include "config.h"

#include <time.h>

#include "lib-job.h"

enum { OPERATIONS = 20000, LARGEST = 160 * 1024, FILES = 2 };

static const enum zc_method methods[] = { ZC_AUTO, ZC_COPY_FILE_RANGE,
	ZC_SENDFILE, ZC_SPLICE, ZC_MMAP, ZC_READ_WRITE };

/** A file, and what must be in it. */
static struct copy {
	int fd;
	size_t size;
	unsigned char byte[LARGEST];
} copies[FILES];

static uint64_t state;

/** Return a number below `limit`. */
static size_t
pick(size_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state >> 16) % limit;
}

/** Set the size; what is new reads as zeros. */
static void
resize(struct copy *copy, size_t size)
{
	if (size > copy->size)
		memset(copy->byte + copy->size, 0, size - copy->size);
	copy->size = size;
}

static bool
writes(struct copy *copy)
{
	size_t at = pick(LARGEST), size = pick(LARGEST - at) + 1;
	size_t from = pick(sizeof(content) - size);

	if (at > copy->size)
		resize(copy, at);
	memcpy(copy->byte + at, content + from, size);
	if (at + size > copy->size)
		copy->size = at + size;
	CHECK(pwrite(copy->fd, content + from, size, (off_t)at) ==
	    (ssize_t)size);
	return true;
}

static bool
truncates(struct copy *copy)
{
	size_t size = pick(LARGEST);

	resize(copy, size);
	CHECK(ftruncate(copy->fd, (off_t)size) == 0);
	return true;
}

/** Copy a range, perhaps within one file, and perhaps one that goes beyond the
 * end of the source. */
static bool
copies_range(enum zc_method method)
{
	struct copy *in = &copies[pick(FILES)], *out = &copies[pick(FILES)];
	size_t from = pick(LARGEST), to = pick(LARGEST);
	size_t size = pick(LARGEST - (from > to ? from : to)) + 1;
	size_t there = from < in->size ? in->size - from : 0;
	bool placed = method != ZC_SENDFILE && pick(2);
	struct zc_request request = request_for(in->fd, out->fd, method);
	struct zc_result result = ZC_RESULT_INIT;

	if (in == out && from < to + size && to < from + size)
		return true;		/* refused: it overlaps itself */
	if (in == out && (!placed || from + size > in->size))
		return true;		/* one position for both; or what is
					   written moves the end */
	request.offset = (int64_t)from;
	request.bytes = (int64_t)size;
	request.block_size = pick(4) ? 0 : pick(50000) + 1;
	if (placed)
		request.out_offset = (int64_t)to;
	else
		CHECK(lseek(out->fd, (off_t)to, SEEK_SET) == (off_t)to);
	if (there > size)
		there = size;
	CHECK(zc_transfer(&request, &result) == 0);
	CHECK(result.bytes == (int64_t)there);
	CHECK(placed || at(out->fd) == (int64_t)(to + there));
	if (there == 0)
		return true;
	if (to > out->size)
		resize(out, to);
	memmove(out->byte + to, in->byte + from, there);
	if (to + there > out->size)
		out->size = to + there;
	return true;
}

static bool
is_as_modelled(const struct copy *copy)
{
	return size_of(copy->fd) == (int64_t)copy->size &&
	    holds(copy->fd, 0, copy->byte, copy->size);
}

static bool
operates(enum zc_method method)
{
	for (int i = 0; i < FILES; i++) {
		copies[i].fd = file_of("", 0);
		copies[i].size = 0;
	}
	for (int i = 0; i < OPERATIONS; i++) {
		struct copy *copy = &copies[pick(FILES)];

		switch (pick(8)) {
		case 0:
			CHECK(writes(copy));
			break;
		case 1:
			CHECK(truncates(copy));
			break;
		default:
			CHECK(copies_range(method));
		}
		if (i % 8 == 0)
			CHECK(is_as_modelled(copy));
	}
	return is_as_modelled(&copies[0]) && is_as_modelled(&copies[1]);
}

int
main(void)
{
	const char *seed = getenv("ZCOPY_TEST_SEED");

	begin();
	state = seed != NULL ? strtoull(seed, NULL, 10) :
	    (uint64_t)time(NULL) * 2 + 1;
	printf("# ZCOPY_TEST_SEED=%llu\n", (unsigned long long)state);
	for (size_t i = 0; i < COUNT(methods); i++)
		CASE(operates(methods[i]), "fsx: %d operations: %s",
		    OPERATIONS, zc_method_name(methods[i]));
	finish();
	return 0;
}
