#include "config.h"

#include "wrapping.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "diag.h"
#include "endpoint/endpoint.h"
#include "move.h"
#include "verdict.h"

/** Map what is in `fd`, of `size` bytes. */
static enum status
piece_map(struct iovec *piece, int fd, size_t size, const char *name)
{
	void *map;

	if (size == 0)
		return STATUS_OK;
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		diag_errno(name, "read");
		return STATUS_OTHER;
	}
	*piece = (struct iovec){ .iov_base = map, .iov_len = size };
	return STATUS_OK;
}

/** To a file in memory, so that nothing can change it any more. */
static enum status
piece_copy(struct iovec *piece, const struct endpoint *file)
{
	int fd = memfd_create("wrapping", MFD_CLOEXEC);
	struct zc_result result;
	enum status status;
	size_t size;

	if (fd < 0) {
		diag_errno(file->name, "read");
		return STATUS_OTHER;
	}
	move_plainly(file, fd, ZC_TO_END, &result);
	size = (size_t)result.bytes;
	result.bytes = 0;		/* nothing was delivered so far */
	status = verdict(&result, file, file);
	if (status == STATUS_OK)
		status = piece_map(piece, fd, size, file->name);
	close(fd);
	return status;
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
		status = piece_copy(piece, &file);
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
		if (pieces[i].iov_base != NULL)
			munmap(pieces[i].iov_base, pieces[i].iov_len);
	free(pieces);
}

void
wrapping_free(struct zc_hdtr *hdtr)
{
	pieces_free(hdtr->headers, hdtr->hdr_cnt);
	pieces_free(hdtr->trailers, hdtr->trl_cnt);
}
