/*
 * What the number of a character device says of it.
 */
#ifndef SYSTEM_DEVICE_H
#define SYSTEM_DEVICE_H

#include <stdbool.h>
#include <sys/types.h>

/** True if it is /dev/null. */
bool device_is_null(dev_t device);

/** True if it is a terminal, as far as its number tells. */
bool device_is_terminal(dev_t device);

#endif
