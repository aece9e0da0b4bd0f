/*
 * UTF-8 (RFC 3629).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/** Return the character at `text` and set *length to its bytes.  Return -1 if
 * it is invalid, as overlong forms and surrogates are. */
long utf8_decode(const char *text, size_t *length);

#endif
