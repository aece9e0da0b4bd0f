/*
 * mmap(2) and write(2): one copy, out of the page cache.  The file is mapped a
 * window at a time (store-window.c); the kernel reads the next one from the
 * disk while one is being written.
 */
#include "config.h"

#include "method.h"

static const char *
mmap_suits(const struct zc_ends *ends)
{
	if (ends->in != ZC_REGULAR && ends->in != ZC_BLOCK)
		return "the source must be a regular file or a block device";
	if (ends->out == ZC_NULL)
		return "the null device would count bytes it never looked at";
	return NULL;
}

const struct method method_mmap = {
	.id = ZC_MMAP,
	.name = "mmap",
	.summary = "mmap(2), write(2): one copy, straight from the page cache",
	.suits = mmap_suits,
	.store = &store_window,
};
