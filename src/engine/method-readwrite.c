/*
 * read(2) and write(2): suits all ends.  It is the last one in each plan, so
 * its errno is the one that a user sees.
 */
#include "config.h"

#include "method.h"

static const char *
readwrite_suits(const struct zc_ends *ends)
{
	(void)ends;
	return NULL;
}

const struct method method_read_write = {
	.id = ZC_READ_WRITE,
	.name = "read-write",
	.summary = "read(2) into a buffer, write(2) from it; suits everything",
	.suits = readwrite_suits,
	.store = &store_memory,
};
