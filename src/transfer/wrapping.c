#include "config.h"

#include "wrapping.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../base/deadline.h"
#include "../endpoint/endpoint.h"

#define SIZE_LIMIT	((size_t)1 << 30)	/* all of it is in memory */

/** Room for more bytes behind those it has.  0, or -1 with errno. */
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

static enum status
piece_fill(struct iovec *piece, const struct endpoint *file)
{
	size_t room = 0;
	ssize_t n;

	do {
		if (piece->iov_len == room && piece_grow(piece, &room) < 0)
			return endpoint_error(file, "read");
		n = read(file->fd, (char *)piece->iov_base + piece->iov_len,
		    room - piece->iov_len);
		piece->iov_len += (size_t)MAX(n, 0);
	} while (deadline_moved(n, WAITING_FIRST));
	return errno != 0 ? endpoint_error(file, "read") : STATUS_OK;
}

static enum status
piece_read(struct iovec *piece, const char *name, const struct options *options)
{
	struct endpoint file = { .fd = -1 };
	enum status status = endpoint_parse(&file, name, ROLE_SOURCE, options);

	if (status == STATUS_OK)
		status = endpoint_open(&file);
	if (status == STATUS_OK)
		status = endpoint_ready(&file);
	if (status == STATUS_OK)
		status = piece_fill(piece, &file);
	endpoint_abort(&file);
	/* It is not SOURCE that failed. */
	return status == STATUS_SOURCE ? STATUS_OTHER : status;
}

static enum status
refuse_network(const struct names *names, const struct options *options)
{
	enum status status = STATUS_OK;
	struct endpoint file;

	for (size_t i = 0; i < names->count && status == STATUS_OK; i++) {
		file = (struct endpoint){ .fd = -1 };
		status = endpoint_parse(&file, names->name[i], ROLE_SOURCE,
		    options);
		if (status != STATUS_OK || !file.type->network)
			continue;
		diag_error(file.name, "a header or trailer is a file or a "
		    "descriptor");
		status = STATUS_USAGE;
	}
	return status;
}

/** *pieces has room for all names, and *count of them are in it. */
static enum status
pieces_read(struct iovec **pieces, int *count, const struct names *names,
    const struct options *options)
{
	enum status status = STATUS_OK;

	if (names->count == 0)
		return STATUS_OK;
	*pieces = calloc(names->count, sizeof(**pieces));
	if (*pieces == NULL) {
		diag_errno(NULL, "header");
		return STATUS_OTHER;
	}
	while (status == STATUS_OK && (size_t)*count < names->count) {
		status = piece_read(*pieces + *count, names->name[*count],
		    options);
		(*count)++;
	}
	return status;
}

enum status
wrapping_check(const struct options *options)
{
	enum status status = refuse_network(&options->headers, options);

	return status != STATUS_OK ? status :
	    refuse_network(&options->trailers, options);
}

enum status
wrapping_read(struct zc_hdtr *hdtr, const struct options *options)
{
	enum status status;

	*hdtr = (struct zc_hdtr){ .hdr_cnt = 0 };
	status = pieces_read(&hdtr->headers, &hdtr->hdr_cnt, &options->headers,
	    options);
	if (status == STATUS_OK)
		status = pieces_read(&hdtr->trailers, &hdtr->trl_cnt,
		    &options->trailers, options);
	return status;
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
