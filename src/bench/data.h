/*
 * Test data of the benchmark, in files and in memory.
 */
#ifndef BENCH_DATA_H
#define BENCH_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The size of the test data without --bytes; for DEST alone also the most. */
#define DATA_BYTES	(INT64_C(256) << 20)

/** Return the directory for test files: $TMPDIR, or /var/tmp. */
const char *data_directory(void);

/**
 * Make an unnamed file, in the directory or in memory, and fill it with bytes
 * that file systems cannot compress.  Return a descriptor; on failure, print
 * the reason (unless a signal ends us) and return -1.
 */
int data_in_directory(const char *directory, int64_t bytes);
int data_in_memory(int64_t bytes);

#endif
