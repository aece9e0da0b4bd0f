/*
 * Descriptors 0 to 2 that are closed when zcopy starts.
 *
 * The next file opened would get such a number, and messages would land in
 * the data.  They are held shut with /dev/null, opened the other way round,
 * so that using them is still EBADF.
 */
#ifndef STDFDS_H
#define STDFDS_H

void stdfds_hold(void);

#endif
