/*
 * Names in JSON.
 */
#ifndef REPORT_JSON_TEXT_H
#define REPORT_JSON_TEXT_H

#include <jansson.h>

/** Return a JSON string, or null for NULL and "".  JSON must be UTF-8: each
 * byte that is not part of it becomes U+FFFD.  Return NULL if memory runs
 * out. */
json_t *json_text(const char *);

#endif
