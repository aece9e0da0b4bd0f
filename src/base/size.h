/*
 * Sizes as users write them.
 *
 * DIGITS[.DIGITS][UNIT], where UNIT is none or B (bytes); K M G T P E in
 * either case, alone or with iB (powers of 1024); or with B (powers of 1000).
 * Fractions are rounded down to bytes; with bytes as the unit they are refused.
 * At most 2^63-1.  No signs, no blanks, no hexadecimal.
 */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/** True if `text` is a size; then set *size. */
bool size_parse(const char *text, int64_t *size);

#endif
