/*
 * What the name of an endpoint means.
 */
#ifndef PARSE_H
#define PARSE_H

#include "endpoint.h"

/** Set ep->type by ep->name and ep->role, and fill in what the name says.
 * Return NULL, or static text that says what is wrong. */
const char *parse_name(struct endpoint *ep);

/** Return what the name of an endpoint may begin with, one after another, from
 * i = 0 on: "tcp:", "file:FILE" if a path follows, "FILE" for a path alone.
 * NULL after the last. */
const char *endpoint_word(int i);

#endif
