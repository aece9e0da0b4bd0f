/*
 * The public structs begin with their size, so that a program and a library of
 * different versions understand each other.
 */
#ifndef ENGINE_SIZED_H
#define ENGINE_SIZED_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* No struct will grow that large, so nobody has set such a size. */
#define SIZED_MOST	4096

/**
 * Copy the caller's struct to our own, of `room` bytes.  Members that the
 * caller does not have become 0, and the size that of ours.  Return 0, or -1
 * with EINVAL: it is NULL, its size is below `least` or above SIZED_MOST, or
 * the caller sets a member that we do not know.
 */
static inline int
sized_read(void *ours, size_t room, const void *theirs, size_t least)
{
	const unsigned char *byte = theirs;
	size_t size = 0;

	errno = EINVAL;
	if (theirs != NULL)
		memcpy(&size, theirs, sizeof(size));
	if (size < least || size > SIZED_MOST)
		return -1;
	for (size_t i = room; i < size; i++)
		if (byte[i] != 0)
			return -1;
	memset(ours, 0, room);
	memcpy(ours, theirs, size < room ? size : room);
	memcpy(ours, &room, sizeof(room));
	return 0;
}

/** Copy our struct, of `room` bytes, to the caller's, as far as that goes.  The
 * caller's keeps its size. */
static inline void
sized_write(void *theirs, const void *ours, size_t room)
{
	size_t size;

	memcpy(&size, theirs, sizeof(size));
	memcpy(theirs, ours, size < room ? size : room);
	memcpy(theirs, &size, sizeof(size));
}

/** The size of a struct that ends with this member. */
#define SIZED_TO(type, member)						\
	(offsetof(type, member) + sizeof(((type *)0)->member))

#endif
