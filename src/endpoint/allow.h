/*
 * --allow: the addresses and machines from which connections are accepted.
 */
#ifndef ENDPOINT_ALLOW_H
#define ENDPOINT_ALLOW_H

#include <stdbool.h>
#include <sys/socket.h>

#include "../base/status.h"

struct allow;				/* a list of ADDR[/LEN], vsock:CID */

/* What a rule is about. */
enum allow_kind {
	ALLOW_ADDRESS,			/* IPv4 and IPv6 */
	ALLOW_CID,			/* vsock */
};

/** Add ADDR[/LEN] or vsock:CID.  Return NULL, or static text that says what is
 * wrong. */
const char *allow_add(struct allow **, const char *text);

/** True if the list has the address; NULL: it has all.  An IPv4 address that is
 * mapped into IPv6 (RFC 4291, 2.5.5.2) is that IPv4 address, in the list and as
 * a peer. */
bool allow_match(const struct allow *, const struct sockaddr *);

/** Check that the list of a listener has a rule of this kind, or is NULL: it
 * would reject every peer.  Return STATUS_OK; on failure, print the reason and
 * return STATUS_USAGE. */
enum status allow_check(const struct allow *, const char *name,
    enum allow_kind);

void allow_free(struct allow *);

#endif
