/*
 * Descriptors 0 to 2 that are closed when zcopy starts.
 *
 * The next file opened would get such a number, and messages would land in
 * the data.  They are held by something that can neither be read nor written
 * and is always there, so that using them is EBADF still.
 */
#ifndef STDFDS_H
#define STDFDS_H

void stdfds_hold(void);

#endif
