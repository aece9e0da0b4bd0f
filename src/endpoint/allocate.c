#include "config.h"

#include "allocate.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "../base/diag.h"
#include "../system/preallocate.h"

enum { BLOCK = 512 };			/* the unit of st_blocks */

/** True if SOURCE, a regular file, has no holes, or DEST will have none. */
static bool
is_dense(const struct endpoint *source)
{
	const enum sparse sparse = source->options->sparse;
	struct stat st;

	if (sparse != SPARSE_AUTO)
		return sparse == SPARSE_NEVER;
	return fstat(source->fd, &st) == 0 &&
	    st.st_blocks >= st.st_size / BLOCK;
}

void
allocate_plan(struct endpoint *dest, const struct endpoint *source,
    const struct look *in)
{
	if (endpoint_has(dest, ENDPOINT_REPLACES) && dest->part == NULL &&
	    in->kind == ZC_REGULAR && !in->guessed && is_dense(source))
		dest->room = source->expected;
}

enum status
allocate_begin(struct endpoint *dest)
{
	if (!preallocate_pays(dest->fd, dest->room))
		return STATUS_OK;
	dest->allocated = dest->room;
	if (preallocate(dest->fd, dest->allocated) == 0)
		return STATUS_OK;
	diag_error(dest->name, "allocate %" PRId64 " bytes: %s (DEST is "
	    "unchanged%s)", dest->allocated, strerror(errno),
	    replace_room_hint(dest, errno));
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
