/*
 * A bell: one thread rings it, another one waits for it with poll(2), among
 * descriptors.
 */
#ifndef BASE_BELL_H
#define BASE_BELL_H

struct bell {
	int fd[2];			/* of a pipe; poll fd[0] for POLLIN */
};

#define BELL_INIT { { -1, -1 } }

/** Make a bell.  Return 0, or -1 with errno. */
int bell_open(struct bell *);

/** Make fd[0] readable until bell_silence(). */
void bell_ring(const struct bell *);

/** Make fd[0] unreadable until the next bell_ring(). */
void bell_silence(const struct bell *);

/** Release a bell, which may be BELL_INIT. */
void bell_close(struct bell *);

#endif
