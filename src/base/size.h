/*
 * Sizes as users write them.
 *
 * DIGITS[.DIGITS][UNIT].  UNIT is absent or B (bytes); or one of K M G T P E,
 * in either case, alone or followed by iB (powers of 1024) or by B (powers of
 * 1000).  Fractions are rounded down to bytes; with bytes as the unit they are
 * refused.  At most 2^63-1.  No signs, no blanks, no hexadecimal.
 */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/** True if `text` is a size; then set *size. */
bool size_parse(const char *text, int64_t *size);

#endif
