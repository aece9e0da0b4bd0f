#include "config.h"

#include "allocate.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../system/filesystem.h"
#include "../system/preallocate.h"
#include "../zcopy.h"

enum { BLOCK = 512 };			/* the unit of st_blocks */

/** True if DEST will have no holes, and SOURCE a size that can be trusted.  A
 * FUSE server says what it likes. */
static bool
is_dense(int fd, const struct stat *st, enum sparse sparse)
{
	const bool dense = st->st_blocks >= st->st_size / BLOCK;

	return sparse != SPARSE_ALWAYS && (dense || sparse == SPARSE_NEVER) &&
	    filesystem_of(fd) != FILESYSTEM_FUSE;
}

void
allocate_expect(struct endpoint *dest, const struct endpoint *source)
{
	const int64_t bytes = source->options->bytes;
	struct stat st;
	off_t at;

	dest->expected = 0;
	if (!endpoint_has(dest, ENDPOINT_REPLACES) ||
	    zc_kind_of(source->fd) != ZC_REGULAR ||
	    fstat(source->fd, &st) < 0 || !is_dense(source->fd, &st,
	    source->options->sparse))
		return;
	at = lseek(source->fd, 0, SEEK_CUR);
	if (at < 0 || at > st.st_size)
		return;
	dest->expected = st.st_size - at;
	if (bytes >= 0)
		dest->expected = MIN(dest->expected, bytes);
}

enum status
allocate_begin(struct endpoint *dest)
{
	const char *hint = "";

	if (!preallocate_pays(dest->fd, dest->expected))
		return STATUS_OK;
	dest->allocated = dest->expected;
	if (preallocate(dest->fd, dest->allocated) == 0)
		return STATUS_OK;
	if (errno != EFBIG && dest->has_stat && replace_has_way_out(dest))
		hint = "; --inplace needs no room for a second copy";
	diag_error(dest->name, "allocate %" PRId64 " bytes: %s (DEST is "
	    "unchanged%s)", dest->allocated, strerror(errno), hint);
	return endpoint_fault(dest);
}

int
allocate_end(const struct endpoint *dest)
{
	struct stat st;

	if (dest->allocated == 0)
		return 0;
	if (fstat(dest->fd, &st) < 0)
		return -1;
	return st.st_size >= dest->allocated ? 0 :
	    ftruncate(dest->fd, st.st_size);
}
