/*
 * Random numbers that can be repeated.
 */
#ifndef LIB_CHANCE_H
#define LIB_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The seed, and from then on the state, of the random numbers. */
extern uint64_t random_state;

/** Return a random number from 0 to `below` - 1. */
size_t pick(size_t below);

/** True once in n times. */
bool one_in(size_t n);

/** Return a size below `large`, most often a small one. */
size_t pick_size(size_t large);

/** Call run_one() `size` times, and increase *seed by 1 after each.  True if it
 * always returned true, and left nothing open. */
bool run_group(size_t size, bool (*run_one)(void), uint64_t *seed);

#endif
