/*
 * --allow: the addresses from which connections are accepted.
 */
#ifndef ENDPOINT_ALLOW_H
#define ENDPOINT_ALLOW_H

#include <stdbool.h>
#include <sys/socket.h>

struct allow;				/* a list of ADDR[/LEN] */

/** Add ADDR[/LEN].  Return NULL, or static text that says what is wrong. */
const char *allow_add(struct allow **, const char *text);

/** True if the list has the address; NULL: it has all.  An IPv4 address that is
 * mapped into IPv6 (RFC 4291, 2.5.5.2) is that IPv4 address, in the list and as
 * a peer. */
bool allow_match(const struct allow *, const struct sockaddr *);

void allow_free(struct allow *);

#endif
