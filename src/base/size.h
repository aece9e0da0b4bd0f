/*
 * Sizes as people write them.
 *
 * DIGITS[.DIGITS][UNIT], where UNIT is none or B (bytes); K M G T P E in
 * either case, alone or with iB (powers of 1024); or with B (powers of 1000).
 * A fraction of a byte is dropped, but refused where the unit is the byte.
 * Not more than 2^63-1.  No signs, blanks, hexadecimal.
 */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/** True and *size, or false with *size untouched. */
bool size_parse(const char *text, int64_t *size);

#endif
