/*
 * JSON as text: names, and whole objects.
 */
#ifndef REPORT_JSON_TEXT_H
#define REPORT_JSON_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "../base/status.h"

/** Return a JSON string, or null for NULL and "".  JSON must be UTF-8: each
 * byte that is not part of it becomes U+FFFD.  Return NULL if memory runs
 * out. */
json_t *json_text(const char *);

/** Write the object, numbers with so many digits, so that a terminal can show
 * it: control characters and those that reorder text become \uXXXX.  Return 0,
 * or -1: writing has failed (ferror(3)), or memory has run out. */
int json_text_dump(FILE *, const json_t *object, size_t digits);

/** Write the object as json_text_dump() does, and a newline, and free it.  NULL
 * means that memory has run out.  Return STATUS_OK, also if writing fails, as
 * ferror(3) then says; if memory runs out, print that and return the exit
 * status. */
enum status json_text_write(FILE *, json_t *object, size_t digits);

#endif
