#include "config.h"

#include "wrapping.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../endpoint/endpoint.h"

#define SIZE_LIMIT	((size_t)1 << 30)	/* all of it is in memory */

/** Make room for more bytes.  Return 0, or -1 with errno; EFBIG: the limit. */
static int
piece_grow(struct iovec *piece, size_t *room)
{
	size_t larger = MAX(2 * *room, (size_t)64 * 1024);
	void *grown;

	errno = EFBIG;
	if (larger > SIZE_LIMIT)
		return -1;
	grown = realloc(piece->iov_base, larger);
	if (grown == NULL)
		return -1;
	piece->iov_base = grown;
	*room = larger;
	return 0;
}

/** Call read(2).  If the descriptor has O_NONBLOCK, which is not ours to clear,
 * wait until there is something to read, a signal ends us (EINTR) or the
 * deadline has passed (ETIMEDOUT). */
static ssize_t
read_or_wait(struct endpoint *file, void *to, size_t size)
{
	struct pollfd pollfd = { .fd = file->fd, .events = POLLIN };
	ssize_t n;

	/* EAGAIN is also what a blocking socket's SO_RCVTIMEO gives. */
	while ((n = read(file->fd, to, size)) < 0 && errno == EAGAIN &&
	    (fcntl(file->fd, F_GETFL) & O_NONBLOCK))
		if (deadline_poll(&file->deadline, &pollfd, 1, -1) < 0)
			return -1;
	return n;
}

/** Read the file to its end.  --timeout limits each wait. */
static enum status
piece_fill(struct iovec *piece, struct endpoint *file)
{
	size_t room = 0;
	ssize_t n;

	do {
		if (piece->iov_len == room && piece_grow(piece, &room) < 0)
			return endpoint_error(file, "read");
		n = read_or_wait(file, (char *)piece->iov_base +
		    piece->iov_len, room - piece->iov_len);
		piece->iov_len += (size_t)MAX(n, 0);
	} while (deadline_moved(&file->deadline, n));
	return errno != 0 ? endpoint_error(file, "read") : STATUS_OK;
}

/** Open the file and read it.  The caller closes it. */
static enum status
piece_open_and_fill(struct iovec *piece, struct endpoint *file,
    const char *name, const struct options *options)
{
	enum status status = endpoint_parse(file, name, ROLE_SOURCE, options);

	if (status != STATUS_OK)
		return status;
	status = endpoint_open(file);
	if (status != STATUS_OK)
		return status;
	status = endpoint_ready(file);
	if (status != STATUS_OK)
		return status;
	return piece_fill(piece, file);
}

static enum status
piece_read(struct iovec *piece, const char *name, const struct options *options)
{
	struct endpoint file = { .fd = -1 };
	enum status status = piece_open_and_fill(piece, &file, name, options);

	endpoint_abort(&file);
	/* SOURCE has not failed. */
	return status == STATUS_SOURCE ? STATUS_OTHER : status;
}

/** Refuse names that mean a connection or a command.  An inherited socket is
 * allowed. */
static enum status
refuse_streams(const struct names *names, const struct options *options)
{
	enum status status;

	for (size_t i = 0; i < names->count; i++) {
		struct endpoint file = { .fd = -1 };

		status = endpoint_parse(&file, names->name[i], ROLE_SOURCE,
		    options);
		if (status != STATUS_OK)
			return status;
		if (endpoint_has(&file, ENDPOINT_NETWORK) ||
		    endpoint_has(&file, ENDPOINT_COMMAND)) {
			diag_error(file.name, "a header or trailer must be a "
			    "file or a descriptor");
			return STATUS_USAGE;
		}
	}
	return STATUS_OK;
}

/** Allocate *pieces for all names and read them.  Set *count to those that
 * pieces_free() must free, also on failure. */
static enum status
pieces_read(struct iovec **pieces, int *count, const struct names *names,
    const struct options *options)
{
	enum status status;

	if (names->count == 0)
		return STATUS_OK;
	*pieces = calloc(names->count, sizeof(**pieces));
	if (*pieces == NULL) {
		diag_errno(NULL, "header");
		return STATUS_OTHER;
	}
	for (size_t i = 0; i < names->count; i++) {
		*count = (int)i + 1;
		status = piece_read(*pieces + i, names->name[i], options);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

enum status
wrapping_check(const struct options *options)
{
	enum status status = refuse_streams(&options->headers, options);

	if (status != STATUS_OK)
		return status;
	return refuse_streams(&options->trailers, options);
}

enum status
wrapping_read(struct zc_hdtr *hdtr, const struct options *options)
{
	enum status status;

	*hdtr = (struct zc_hdtr){ .hdr_cnt = 0 };
	status = pieces_read(&hdtr->headers, &hdtr->hdr_cnt, &options->headers,
	    options);
	if (status != STATUS_OK)
		return status;
	return pieces_read(&hdtr->trailers, &hdtr->trl_cnt,
	    &options->trailers, options);
}

static void
pieces_free(struct iovec *pieces, int count)
{
	for (int i = 0; i < count; i++)
		free(pieces[i].iov_base);
	free(pieces);
}

void
wrapping_free(struct zc_hdtr *hdtr)
{
	pieces_free(hdtr->headers, hdtr->hdr_cnt);
	pieces_free(hdtr->trailers, hdtr->trl_cnt);
}
