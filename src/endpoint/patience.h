/*
 * Waiting for the other side, which signals interrupt.
 */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <stdbool.h>

/**
 * A call failed; is it to be made again?  Only after EINTR, and not when a
 * signal wants to end us.  SIGUSR1 is answered by `state`, which says how far
 * things are.
 */
bool patience_left(const char *state);

/** The state of an end that is not ready. */
#define PATIENCE_FIRST	"0 bytes so far, waiting for the other side"

#endif
