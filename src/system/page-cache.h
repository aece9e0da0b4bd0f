/*
 * What the page cache holds of a file or block device, and dropping it.
 *
 * A range is [from, to), in bytes, and stands for all pages that it touches.
 */
#ifndef SYSTEM_PAGE_CACHE_H
#define SYSTEM_PAGE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

/** Return where the page of this byte begins. */
int64_t page_cache_floor(int64_t offset);

/** Return the end of the page that ends at this byte or has it inside. */
int64_t page_cache_ceiling(int64_t offset);

/**
 * Return how many bytes the pages of the range have in memory, by cachestat(2)
 * (Linux 6.5), or else mincore(2), which takes 10 ms for a GiB.  What is beyond
 * the end does not count.  On failure return -1 with errno: EPERM if we neither
 * own the file nor may write it, because the kernel tells nobody else; EACCES
 * if only mincore(2) could tell, and the descriptor is for writing only.
 */
int64_t page_cache_count(int fd, int64_t from, int64_t to);

/** Set a byte for each page of the range, by mincore(2): bit 0 is set if it is
 * in memory.  `from` is the start of a page.  Return 0, or -1 with errno. */
int page_cache_look(int fd, int64_t from, int64_t to, unsigned char *pages);

/** True if mincore(2) tells us the truth.  Unless we own the file or may write
 * it, mincore(2) says that every page is in memory. */
bool page_cache_is_told(int fd);

/** Check that page_cache_drop() can drop pages of this file or block device, by
 * asking for one beyond its end.  Return 0, or -1 with errno: ENOSYS on Linux
 * without CONFIG_ADVISE_SYSCALLS, on macOS and on illumos. */
int page_cache_check_drop(int fd);

/** Drop the pages of the range, except those that are dirty or in use: mapped,
 * or on their way through a pipe or a socket. */
void page_cache_drop(int fd, int64_t from, int64_t to);

/** Begin to write the dirty pages of the range to the disk.  page_cache_clean()
 * reports the errors. */
void page_cache_begin_cleaning(int fd, int64_t from, int64_t to);

/** Write the dirty pages of the range to the disk, and wait for the end of it.
 * Return 0, or -1 with errno.  The kernel reports an error of the disk only
 * once: neither fsync(2) nor close(2) will report it again. */
int page_cache_clean(int fd, int64_t from, int64_t to);

#endif
