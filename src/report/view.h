/*
 * From counters and times to what is shown: see line.h.
 */
#ifndef REPORT_VIEW_H
#define REPORT_VIEW_H

#include <stdint.h>

#include "../base/gauge.h"
#include "line.h"

/** Return the view at the time `now` (clock_now()), with the average as its
 * speed. */
struct view view_of(const struct gauge *, int64_t now);

#endif
