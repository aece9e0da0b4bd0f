/*
 * --select=RULES: choose the method by the amount of data.
 *
 * RULES is LIMIT:METHOD[,LIMIT:METHOD...], limits increasing, LIMIT a size
 * or `*` (any size, and streams whose size is unknown), which can only be
 * the last.  The first rule whose limit the size does not exceed is taken.
 */
#ifndef TRANSFER_RULES_H
#define TRANSFER_RULES_H

#include <stdint.h>

#include "../zcopy.h"

struct rules;

/** Parse `text`.  Return NULL if it is wrong, with *why set to static text. */
struct rules *rules_parse(const char *text, const char **why);
void rules_free(struct rules *);

/** Return the method for `size` bytes (-1: unknown); ZC_AUTO if no rule
 * fits. */
enum zc_method rules_choose(const struct rules *, int64_t size);

#endif
