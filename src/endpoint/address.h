/*
 * HOST:PORT: parse it, look it up, and print socket addresses.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <netdb.h>
#include <sys/socket.h>

#include "../base/status.h"
#include "endpoint.h"

enum address_use { ADDRESS_CONNECT, ADDRESS_LISTEN };

/**
 * Fill in ep->host and ep->port from HOST:PORT or [IPV6]:PORT; to listen, also
 * from :PORT and PORT.  Return NULL, or static text that says what is wrong.
 */
const char *address_parse(struct endpoint *, const char *text,
    enum address_use);

/** Print `why` the name is not an address, and how to write it if a file is
 * meant.  Return `status`. */
enum status address_refuse(const struct endpoint *, enum status,
    const char *why);

/**
 * Look up ep->host and ep->port, in the family of -4 or -6 (lookup.c).  The
 * caller frees *list by freeaddrinfo(3).  Return STATUS_OK; on failure, print
 * the reason and return the exit status.
 */
enum status address_look_up(struct endpoint *, enum address_use,
    struct addrinfo **list);

/**
 * Return sa_family, which nothing else may read: ISO C lets a compiler assume
 * that it is not the sin_family that was stored, and gcc 12 -flto does so.
 * (POSIX.1-2024 forbids that, but not all headers follow it: glibc 2.36.)
 */
sa_family_t address_family(const struct sockaddr *);

enum { ADDRESS_SIZE = 128 };	/* a unix path, or IPv6 with zone and port */

/** Return strerror(error) for an error of connect(2) or bind(2), or that a
 * link-local address needs its interface (EINVAL). */
const char *address_error(const struct sockaddr *, int error);

/** Write "127.0.0.1:80", "[::1]:80", "unix:PATH" or "vsock:3:80", in
 * ADDRESS_SIZE bytes. */
void address_format(char *text, const struct sockaddr *, socklen_t);

#endif
