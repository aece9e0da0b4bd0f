/*
 * UTF-8 (RFC 3629).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/** Return the character at `text` and set *length to its bytes.  Return -1 if
 * it is invalid, as overlong forms and surrogates are. */
long utf8_decode(const char *text, size_t *length);

/** True if a terminal may act on the character instead of showing it: C0 and C1
 * controls, and bidirectional controls, which reorder the text after them. */
bool utf8_is_control(long character);

#endif
