/*
 * What root may do, where it has been limited: capabilities(7).
 */
#ifndef SYSTEM_CAPABILITY_H
#define SYSTEM_CAPABILITY_H

#include <stdbool.h>

/** True if CAP_FOWNER is effective.  Root may lack it in a container, or under
 * systemd's CapabilityBoundingSet. */
bool capability_fowner(void);

#endif
