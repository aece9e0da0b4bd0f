/*
 * What the benchmark moves, and where it is.
 */
#ifndef BENCH_DATA_H
#define BENCH_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATA_BYTES	(INT64_C(256) << 20)	/* where --bytes is not given */

/** Where files of ours are made: $TMPDIR, or /var/tmp. */
const char *data_directory(void);

/**
 * A file without a name, there or in memory, of so many bytes that no file
 * system shortens.  A descriptor, or -1 once the reason is printed; a signal
 * that ends us is one.
 */
int data_in_directory(const char *directory, int64_t bytes);
int data_in_memory(int64_t bytes);

/** The type of the file system where `path` is; "" where that is unknown. */
void data_file_system(const char *path, char *type, size_t size);

#endif
