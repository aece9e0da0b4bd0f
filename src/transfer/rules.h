/*
 * --select=RULES: choose the method by the amount of data.
 *
 * RULES is LIMIT:METHOD[,LIMIT:METHOD...].  A limit is a size, larger than the
 * one before it.  The last limit may be `*`: any size, also an unknown one.
 * The first rule whose limit is not exceeded applies.
 */
#ifndef TRANSFER_RULES_H
#define TRANSFER_RULES_H

#include <stdint.h>

#include "../zcopy.h"

struct rules;

/** Parse `text`.  If it is wrong, return NULL and set *why to the reason, which
 * is static text. */
struct rules *rules_parse(const char *text, const char **why);
void rules_free(struct rules *);

/** Return the method for `size` bytes (-1: unknown); ZC_AUTO if no rule
 * fits. */
enum zc_method rules_choose(const struct rules *, int64_t size);

#endif
