/*
 * Reading ahead of the position: posix_fadvise(2).
 */
#ifndef TRANSFER_AHEAD_H
#define TRANSFER_AHEAD_H

#include "../endpoint/endpoint.h"
#include "../zcopy.h"

/**
 * Have Linux read SOURCE twice as far ahead, if that can pay with this method,
 * the first one of the plan.  It pays where the device's read-ahead is small,
 * and 128 KiB is the default: a cold file on ext4 went to /dev/null 1.8 times
 * as fast, for 0.55 of the CPU.
 */
void ahead_advise(const struct endpoint *source, enum zc_method method);

#endif
