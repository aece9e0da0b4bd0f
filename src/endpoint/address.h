/*
 * HOST:PORT, from what was typed to what sockets take and back.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <netdb.h>
#include <sys/socket.h>

#include "../base/status.h"
#include "endpoint.h"

enum address_use { ADDRESS_CONNECT, ADDRESS_LISTEN };

/**
 * Fill in ep->host and ep->port from HOST:PORT or [IPV6]:PORT; to listen,
 * from :PORT and PORT too.  NULL, or static text that says what is wrong.
 */
const char *address_parse(struct endpoint *, const char *text,
    enum address_use);

/** Print why the name is no address, and how to name a file like it. */
enum status address_refuse(const struct endpoint *, enum status,
    const char *why);

/**
 * Look up ep->host and ep->port, in the family asked for (lookup.c).  The list
 * is the caller's: freeaddrinfo().
 */
enum status address_look_up(const struct endpoint *, enum address_use,
    struct addrinfo **list);

enum { ADDRESS_SIZE = 128 };	/* a unix path, or IPv6 with zone and port */

/** strerror(error), or the reason why a link-local address without a scope is
 * no address: of connect(2) and bind(2). */
const char *address_error(const struct sockaddr *, int error);

/** "127.0.0.1:80", "[::1]:80", "unix:PATH". */
void address_format(char *text, const struct sockaddr *, socklen_t);

#endif
