/*
 * The data: one engine job between two endpoints that are ready.
 */
#ifndef MOVE_H
#define MOVE_H

#include "endpoint/endpoint.h"
#include "zcopy.h"

/**
 * Move options->bytes bytes from source to dest, and say on standard error why
 * not.  dest begins once the plan stands.  *result is filled in always,
 * *seconds is the time that it took.
 */
enum status move(const struct endpoint *source, struct endpoint *dest,
    struct zc_result *result, double *seconds);

/** Read exactly `bytes` bytes from source and drop them. */
enum status move_nowhere(const struct endpoint *source, int64_t bytes,
    struct zc_result *result);

#endif
