/*
 * Sizes that were measured, all in bytes.  The order of the methods, and the
 * sizes it depends on, are in policy.c.
 */
#ifndef ENGINE_TUNING_H
#define ENGINE_TUNING_H

#include <stddef.h>

/* The buffer of read-write.  On Linux 6.18, more than 128 to 256 KiB gain
 * nothing, except into files. */
#define READWRITE_BLOCK	((size_t)256 * 1024)

/* Into a regular file: a larger write gets larger folios.  Of the CPU time by
 * 256 KiB, ext4 and XFS take 0.9 by 512 KiB, and tmpfs as much.  By 1 MiB they
 * take 0.85 at best, but 2.7 and 3.6 times as much in a virtual machine that
 * has given free memory in pieces of 1 MiB back to its host (free page
 * reporting): then each page costs a fault there. */
#define READWRITE_FILE	((size_t)512 * 1024)

/* From a file with RWF_DONTCACHE: a read drops the folios that it brought in,
 * also one that it has read in part, and the next read gets that from the disk
 * again.  A folio has up to 2 MiB.  With a read-ahead of 8 MiB the disk is read
 * 1.33 times by 256 KiB, 1.1 times by 1 MiB, and once from 2 MiB on; 4 MiB
 * take 2/3 of the time of 2 MiB. */
#define READWRITE_UNCACHED	((size_t)4 * 1024 * 1024)

/* For a file that is smaller.  malloc(3) takes so little from the heap, which
 * is faster than a mapping. */
#define READWRITE_LEAST	((size_t)32 * 1024)

/* As much as a pipe can hold: empty it, so that its writer can go on. */
#define READWRITE_PIPE	((size_t)1024 * 1024)

/* No file of procfs and its like takes as much as this in one write(2). */
#define READWRITE_COMMAND_MAX	((size_t)64 * 1024)

/* Room for the read(2) that confirms an end.  It rarely gets anything. */
#define CONFIRM_BLOCK	((size_t)4096)

/* The default of pipe-max-size: more needs CAP_SYS_RESOURCE. */
#define PIPE_BEST	((size_t)1024 * 1024)

/* With a private pipe that is smaller, sendfile(2), whose internal pipe is of
 * this size, and read-write are faster than splice(2). */
#define PIPE_WORTH_IT	((size_t)64 * 1024)

/* One page, the smallest pipe: assumed if F_GETPIPE_SZ fails. */
#define PIPE_LEAST	((size_t)4096)

/* The window of mmap.  If the file shrinks while it is mapped, the rest of its
 * last page reads as NULs.  Small windows make that less likely. */
#define WINDOW		((size_t)1024 * 1024)

/* How far a sink that reads a file at its own position may be ahead of the
 * slowest one, so that the page cache still has what that one reads next. */
#define LEAD_MAX	((int64_t)32 * 1024 * 1024)

/* How much each of them takes in its turn: little if there are pipes or sockets
 * among them, whose readers must not wait while much is copied to a file.  XFS
 * shares blocks ten times as fast by more than by 1 MiB; else no step was
 * faster. */
#define LEAD_STEP	((int64_t)1024 * 1024)
#define LEAD_STEP_FILES	((int64_t)16 * 1024 * 1024)

/* Zeros for one write(2). */
#define ZEROS_BLOCK	((size_t)256 * 1024)

/* Zeros that a block device is asked to make by itself, at least and at most:
 * some take long for it, and signals are to be noticed. */
#define ZEROS_DEVICE_LEAST	((int64_t)64 * 1024)
#define ZEROS_DEVICE_MAX	((int64_t)64 * 1024 * 1024)

/* What is looked at for zeros (ZC_MAKE_HOLES): the block of most file
 * systems. */
#define HOLE_BLOCK	((size_t)4096)

/* After so many EAGAINs in a row from a sink that poll(2) calls ready, give the
 * method up. */
#define SPINS_MAX	16
#define SPINS_LAST	1000		/* no other method is left */

#endif
