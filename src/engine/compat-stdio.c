/*
 * zc_transfer_stdio(): the bytes in the buffers of the streams move first, then
 * those behind their descriptors.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <sys/param.h>
#include <unistd.h>
#ifdef HAVE___FREADAHEAD
#include <stdio_ext.h>
#endif

#include "ending.h"
#include "job.h"
#include "kind.h"
#include "request.h"
#include "sized.h"

/** Return how many bytes are in the buffer of the stream, or -1 with errno if
 * the C library does not tell. */
static ssize_t
buffered(FILE *in)
{
#if defined(HAVE___FREADAHEAD)			/* musl */
	return (ssize_t)__freadahead(in);
#elif defined(HAVE_FILE__IO_READ_PTR)		/* the GNU C library */
	ssize_t there = in->_IO_read_end - in->_IO_read_ptr;

	/* After ungetc(3) the stream may read from another area, and keep its
	 * buffer for later (_IO_IN_BACKUP). */
	if (in->_flags & 0x100)
		there += in->_IO_save_end - in->_IO_save_base;
	return there;
#else
	(void)in;
	errno = ENOTSUP;
	return -1;
#endif
}

/** Return the position of the stream, or -1 if it has none. */
static int64_t
position_of(FILE *stream)
{
	return kind_has_position(zc_kind_of(fileno(stream))) ?
	    ftello(stream) : -1;
}

/** Move the bytes in the stream's buffer to the supply.  Return 0, or -1 with
 * errno. */
static int
take_buffered(struct supply *supply, bool gather, FILE *in)
{
	/* A command is gathered in the method's own store. */
	struct store *store = gather ? &supply->own : &supply->spilled;
	ssize_t there = buffered(in);
	size_t size;
	char *room;

	if (there <= 0)
		return (int)there;
	size = (size_t)MIN((int64_t)there, supply->left);
	if (size == 0)
		return 0;
	if (memory_reserve(store, size) < 0)
		return -1;
	(void)memory_room(store, &room);
	size = fread(room, 1, size, in);
	memory_filled(store, size);
	supply_count(supply, (int64_t)size);
	return 0;
}

static int
transfer_stream(const struct zc_request *request, FILE *in,
    struct zc_result *result)
{
	struct zc_job *job = zc_job_new(request);

	if (job == NULL)
		return -1;
	job_start(job);			/* if it fails, take nothing */
	if (job_next_active(job, NULL, NULL) != NULL &&
	    request->offset == ZC_CURRENT && take_buffered(job->supply,
	    job->sink->gather, in) < 0)
		job_end_all(job, ZC_FAILED, errno);
	return job_transfer(job, result);
}

/** Move the stream to the position `at`.  Return what the transfer returned,
 * `done`, or -1 with the error in *result if only this fails. */
static int
move_to(FILE *stream, int64_t at, int done, struct zc_result *result)
{
	int error = errno;

	if (fseeko(stream, at, SEEK_SET) == 0 || done < 0) {
		errno = error;
		return done;
	}
	result->outcome = ZC_FAILED;
	result->error = errno;
	return -1;
}

static int
transfer_from(FILE *in, struct zc_request *request, struct zc_result *result)
{
	int64_t start = request->offset == ZC_CURRENT ? position_of(in) : -1;
	int done;

	if (start < 0)
		return transfer_stream(request, in, result);
	/* Read at an offset: the descriptor's position is the stream's. */
	request->offset = start;
	request->bytes = MIN(request->bytes, INT64_MAX - start);
	done = zc_transfer(request, result);
	return move_to(in, start + result->bytes, done, result);
}

static int
transfer(FILE *in, FILE *out, struct zc_request *request,
    struct zc_result *result)
{
	int done;

	request->in_fd = fileno(in);
	request->out_fd = fileno(out);
	request->in_io = request->out_io = NULL;
	if (fflush(out) != 0)
		return -1;
	done = transfer_from(in, request, result);
	/* The transfer has moved the position of the descriptor. */
	if (position_of(out) < 0)
		return done;
	return move_to(out, lseek(request->out_fd, 0, SEEK_CUR), done, result);
}

int
zc_transfer_stdio(FILE *in, FILE *out, const struct zc_request *theirs,
    struct zc_result *result)
{
	struct zc_request request = ZC_REQUEST_INIT(-1, -1);
	struct zc_result ours = ZC_RESULT_INIT;
	int done = -1;

	errno = EINVAL;
	if (!job_result_fits(result))
		return -1;
	ours.outcome = ZC_INVALID;
	if (theirs == NULL || request_read(&request, theirs) == 0)
		done = transfer(in, out, &request, &ours);
	if (ours.outcome == ZC_INVALID)
		ours.error = errno;
	if (result != NULL)
		sized_write(result, &ours, sizeof(ours));
	return done;
}
