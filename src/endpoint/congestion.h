/*
 * TCP congestion control: the one that --congestion names; else, for
 * connections within this host, cubic or reno if the system's default is bbr,
 * which is slow there because it paces.
 */
#ifndef CONGESTION_H
#define CONGESTION_H

#include <sys/socket.h>

#include "../base/status.h"
#include "endpoint.h"

/** Return the names of those that the kernel has, one after another, from i = 0
 * on, and NULL after the last.  It may load more when they are asked for. */
const char *congestion_word(int i);

/** Check that the kernel has what --congestion names.  Return STATUS_OK; on
 * failure, print the reason and return STATUS_CONNECTION. */
enum status congestion_check(const struct endpoint *);

/** Set it on a socket that is about to connect to `there`.  Return 0, or -1
 * with errno. */
int congestion_connect(const struct endpoint *, int fd,
    const struct sockaddr *there, socklen_t);

/** Set it on a socket that is about to listen; accepted sockets inherit it.
 * Return 0, or -1 with errno. */
int congestion_listen(const struct endpoint *, int fd,
    const struct sockaddr *there);

/** Set it on a socket that was accepted.  The kernel still paces a connection
 * that began with bbr, but at a higher rate. */
void congestion_accept(const struct endpoint *, int fd);

/** With -v, report the congestion control if this file changed the default. */
void congestion_note(const struct endpoint *, int fd);

#endif
