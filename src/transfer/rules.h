/*
 * --select=RULES: which method for how much data.
 *
 * RULES is LIMIT:METHOD[,LIMIT:METHOD...], limits growing, LIMIT a size
 * or `*` (any size, and streams whose size is unknown), which can only be
 * the last.  The first rule whose limit the size does not exceed is taken.
 */
#ifndef TRANSFER_RULES_H
#define TRANSFER_RULES_H

#include <stdint.h>

#include "../zcopy.h"

struct rules;

/** Parse; NULL with *why pointing to static text that says what is wrong. */
struct rules *rules_parse(const char *text, const char **why);
void rules_free(struct rules *);

/** The method for `size` bytes (-1: unknown); ZC_AUTO where no rule speaks. */
enum zc_method rules_choose(const struct rules *, int64_t size);

#endif
