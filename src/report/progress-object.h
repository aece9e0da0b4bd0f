/*
 * --progress-fd: how far a run is, as a JSON object.
 */
#ifndef REPORT_PROGRESS_OBJECT_H
#define REPORT_PROGRESS_OBJECT_H

#include <stddef.h>

#include "line.h"

/** Write the view as one JSON object and a newline.  Return the length of both,
 * or 0 if memory runs out or the line is too short. */
size_t progress_object(char line[LINE_SIZE], const struct view *);

#endif
