/*
 * The end of a source is what read(2) says: a second opinion on what the
 * kernel's own paths return.
 */
#ifndef ENGINE_CONFIRM_H
#define ENGINE_CONFIRM_H

#include "motion.h"

/**
 * Have read(2) confirm a step that says that the source is at its end, or has
 * nothing yet; return any other step as it is.  The kernel's own paths are
 * wrong about both:
 *
 * - sendfile(2), splice(2) and copy_file_range(2) return 0 at st_size, which
 *   virtual and FUSE files make up.
 * - splice(2) from TCP returns 0 at an urgent byte (MSG_OOB), and for ever
 *   EAGAIN where the socket does not block, though poll(2) says POLLIN.
 *
 * Of a pipe and a terminal the first 0 is the end: another read(2) would take
 * what the next writer writes, or wait for a second ^D.
 *
 * What read(2) gets is data like any other: then it was read-write that took
 * it, as *motion and *method say.
 */
struct step job_confirm(struct zc_job *, struct step, enum motion *motion,
    enum zc_method *method);

/**
 * Peek at a source that has a position: return 0 at its end, ENODATA if it has
 * more, or the errno of pread(2).  Return 0 for any other source, and for
 * read-write, whose own 0 is the end.
 */
int job_doubts_end(const struct zc_job *);

#endif
