#include "config.h"

#include "zeros.h"

#include <errno.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../system/block.h"
#include "../system/holes.h"
#include "tuning.h"

/* Never written, so it takes no memory but the kernel's page of zeros. */
static char block[ZEROS_BLOCK];

void
zeros_begin(struct zeros *zeros, const struct end *out)
{
	*zeros = (struct zeros){ .way = ZEROS_WRITE, .from = -1, .fd = -1 };
	if (zeros_can_be_skipped(out))
		zeros->way = ZEROS_PUNCH;
	else if (out->kind == ZC_PIPE || out->kind == ZC_SOCKET)
		zeros->way = ZEROS_LEND;
	else if (out->kind == ZC_NULL)
		zeros->way = ZEROS_DROP;
}

void
zeros_end(struct zeros *zeros)
{
	int saved = errno;

	if (zeros->fd >= 0)
		close(zeros->fd);
	zeros->fd = -1;
	errno = saved;
}

bool
zeros_can_be_skipped(const struct end *out)
{
	return (out->kind == ZC_REGULAR || out->kind == ZC_BLOCK) &&
	    out->start >= 0;
}

bool
zeros_are_written(const struct zeros *zeros, const struct end *out)
{
	if (zeros_can_be_skipped(out))
		return zeros->way == ZEROS_WRITE && out->start < out->size;
	return zeros->way != ZEROS_DROP;
}

static struct step
write_zeros(struct end *out, const struct call *call)
{
	size_t size = (size_t)MIN(call->max, (int64_t)sizeof(block));

	return step_written(out, end_write(out, block, size, call->more),
	    (int64_t)size);
}

/** Send zeros without copying them: to a pipe it takes a quarter of the time
 * and a third of the CPU of write(2). */
static struct step
lend_zeros(struct zeros *zeros, struct end *out, const struct call *call)
{
	size_t size = (size_t)MIN(call->max, (int64_t)ZEROS_BLOCK);
	ssize_t n = -1;

	if (zeros->fd < 0)
		zeros->fd = holes_open(ZEROS_BLOCK);
	if (zeros->fd >= 0)
		n = holes_send(out->fd, zeros->fd, size);
	if (n > 0 || (n < 0 && zeros->fd >= 0 && (errno == EINTR ||
	    errno == EAGAIN || step_error_is_gone(errno))))
		return step_written(out, n, (int64_t)size);
	zeros->way = ZEROS_WRITE;
	return write_zeros(out, call);
}

/** Make a step of so many bytes that need not be written. */
static struct step
skip(struct end *out, int64_t size)
{
	struct step step = step_moved(size);

	/* lseek(2) fails with EINVAL beyond the largest file. */
	if (end_advance(out, size) < 0)
		return step_failed(ZC_SINK, errno == EINVAL ? EFBIG : errno);
	step.hole = true;
	return step;
}

/** Return where to begin to release blocks for a hole that goes on at `at`.  A
 * block is released only as a whole: begin with what is in the hole already. */
static int64_t
first_to_release(const struct zeros *zeros, int64_t at)
{
	int64_t from = at - at % (int64_t)HOLE_BLOCK;

	return zeros->from < 0 || zeros->from > from ? at : from;
}

/** Release the blocks behind the end of the file.  XFS preallocates there while
 * a file is written, up to the size that it has; if they were only skipped, the
 * next write(2) would make them part of the file, as zeros.  A failure costs
 * room, but no data. */
static void
release_beyond_end(struct zeros *zeros, const struct end *out, int64_t at,
    int64_t size)
{
	const int64_t from = first_to_release(zeros, at);

	if (zeros->way == ZEROS_PUNCH &&
	    holes_punch(out->fd, from, at + size - from) < 0 && errno != EINTR)
		zeros->way = ZEROS_MARK;
}

/** Make zeros of bytes that the file or device has already. */
static struct step
overwrite(struct zeros *zeros, struct end *out, int64_t at, int64_t size,
    const struct call *call)
{
	const int64_t from = first_to_release(zeros, at);
	int done;

	while (zeros->way != ZEROS_WRITE) {
		done = zeros->way == ZEROS_PUNCH ?
		    holes_punch(out->fd, from, at + size - from) :
		    holes_zero(out->fd, from, at + size - from);
		if (done == 0)
			return skip(out, size);
		if (errno == EINTR)
			return step_moved(0);
		/* Whether the error is real, write(2) finds out. */
		zeros->way = zeros->way == ZEROS_PUNCH ? ZEROS_MARK :
		    ZEROS_WRITE;
	}
	return write_zeros(out, call);
}

static struct step
make_in_file(struct zeros *zeros, struct end *out, int64_t at,
    const struct call *call)
{
	int64_t size = call->max;
	struct stat st;

	if (fstat(out->fd, &st) < 0)
		return step_failed(ZC_SINK, errno);
	if (at >= st.st_size) {
		if (st.st_size > 0)
			release_beyond_end(zeros, out, at, size);
		return skip(out, size);
	}
	size = MIN(size, st.st_size - at);
	return overwrite(zeros, out, at, MIN(size, (int64_t)CALL_MAX), call);
}

/** Write what is before and after the whole blocks of the device, and small
 * runs: for these, to go by the page cache is faster. */
static struct step
make_on_device(struct zeros *zeros, struct end *out, int64_t at,
    const struct call *call)
{
	int64_t size = MIN(call->max, ZEROS_DEVICE_MAX), unit;
	struct call edge = *call;

	if (zeros->way == ZEROS_WRITE || size < ZEROS_DEVICE_LEAST)
		return write_zeros(out, call);
	unit = block_for_direct_io(out->fd);
	if (unit <= 0)
		return write_zeros(out, call);
	if (at % unit != 0) {
		edge.max = unit - at % unit;
		return write_zeros(out, &edge);
	}
	/* Beyond its end, write(2) fails with ENOSPC. */
	size = MIN(size, out->size - at);
	size -= size % unit;
	return size > 0 ? overwrite(zeros, out, at, size, call) :
	    write_zeros(out, call);
}

struct step
zeros_make(struct zeros *zeros, struct end *out, const struct call *call)
{
	int64_t at;

	if (call->max == 0)
		return step_failed(ZC_SINK, EFBIG);
	if (zeros->way == ZEROS_LEND)
		return lend_zeros(zeros, out, call);
	if (zeros->way == ZEROS_DROP)
		return skip(out, call->max);
	if (!zeros_can_be_skipped(out))
		return write_zeros(out, call);
	at = end_position(out);
	if (at < 0)
		return step_failed(ZC_SINK, errno);
	return out->kind == ZC_BLOCK ? make_on_device(zeros, out, at, call) :
	    make_in_file(zeros, out, at, call);
}

static bool
is_zero(const char *data, size_t size)
{
	uint64_t word[8];

	for (; size >= sizeof(word); size -= sizeof(word)) {
		memcpy(word, data, sizeof(word));
		if ((word[0] | word[1] | word[2] | word[3] | word[4] |
		    word[5] | word[6] | word[7]) != 0)
			return false;
		data += sizeof(word);
	}
	while (size-- > 0)
		if (*data++ != 0)
			return false;
	return true;
}

/** Return how many of `size` bytes belong to the block that has the offset
 * `at`. */
static size_t
in_block(size_t size, int64_t at)
{
	return MIN(size, HOLE_BLOCK - (size_t)(at % (int64_t)HOLE_BLOCK));
}

size_t
zeros_blank(const char *data, size_t size, int64_t at, bool continues)
{
	size_t n = 0, next;

	if (at % (int64_t)HOLE_BLOCK != 0 && !continues)
		return 0;
	for (; n < size; n += next) {
		next = in_block(size - n, at + (int64_t)n);
		if (!is_zero(data + n, next))
			break;
	}
	return n;
}

size_t
zeros_data(const char *data, size_t size, int64_t at)
{
	size_t n = in_block(size, at);

	while (n < size && !is_zero(data + n, in_block(size - n,
	    at + (int64_t)n)))
		n += in_block(size - n, at + (int64_t)n);
	return n;
}
