/*
 * TCP congestion control: the one that --congestion names, and none that paces
 * what never leaves this host.
 */
#ifndef CONGESTION_H
#define CONGESTION_H

#include <sys/socket.h>

#include "../base/status.h"
#include "endpoint.h"

/** Can the named one be had?  STATUS_OK, or STATUS_CONNECTION once the reason
 * is printed. */
enum status congestion_check(const struct endpoint *);

/** For a socket that is about to connect to `there`.  0, or -1 with errno. */
int congestion_connect(const struct endpoint *, int fd,
    const struct sockaddr *there, socklen_t);

/** For one that is about to listen there: the kernel hands it on to what is
 * accepted.  0, or -1 with errno. */
int congestion_listen(const struct endpoint *, int fd,
    const struct sockaddr *there);

/** For one that was accepted.  Late: the kernel goes on to pace a connection
 * that began so, but at a better rate. */
void congestion_accept(const struct endpoint *, int fd);

/** With -v, say what the connection has that is used, if that was changed. */
void congestion_note(const struct endpoint *, int fd);

#endif
