/*
 * The end of a source is what read(2) says: confirm by it what sendfile(2),
 * splice(2) and copy_file_range(2) return.
 */
#ifndef ENGINE_CONFIRM_H
#define ENGINE_CONFIRM_H

#include "motion.h"

/**
 * Have read(2) confirm a step that says that the source is at its end, or has
 * nothing yet; return any other step as it is.  Both may be wrong:
 *
 * - sendfile(2), splice(2) and copy_file_range(2) return 0 at st_size, which
 *   virtual and FUSE files make up.
 * - splice(2) from TCP returns 0 at an urgent byte (MSG_OOB).  If the socket
 *   does not block it fails with EAGAIN, again and again, though poll(2) says
 *   POLLIN.
 *
 * The first 0 from a pipe or a terminal is the end: another read(2) would take
 * what the next writer writes, or wait for a second ^D.
 *
 * If read(2) gets data, *motion becomes TAKE and *method ZC_READ_WRITE.
 */
struct step confirm_step(struct sink *, struct step, enum motion *motion,
    enum zc_method *method, const struct call *);

/**
 * Peek at a source that has a position.  Return 0 at its end, ENODATA if it has
 * more, or the errno of pread(2).  Return 0 for other sources, and if the
 * method is read-write, whose 0 is the end.
 */
int confirm_doubts(const struct supply *);

#endif
