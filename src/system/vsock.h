/*
 * vsock(7): stream sockets between a virtual machine and its host.  An address
 * is a context ID (CID: 1 is this machine, 2 the host, others are machines) and
 * a port, each of 32 bits.
 */
#ifndef SYSTEM_VSOCK_H
#define SYSTEM_VSOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/** Return NULL, or why this build has no vsock.  Static text. */
const char *vsock_lack(void);

/** Make an address to connect to.  Return its length; 0: vsock_lack(). */
socklen_t vsock_address(struct sockaddr_storage *, uint32_t cid,
    uint32_t port);

/** Make an address to listen at, for all peers; port 0: any free one.  Return
 * its length; 0: vsock_lack(). */
socklen_t vsock_listen_address(struct sockaddr_storage *, uint32_t port);

/** Read an address.  False if it is of another family. */
bool vsock_read(const struct sockaddr *, uint32_t *cid, uint32_t *port);

/** Have connect(2) on this socket go on for days, where it would give up after
 * 2 s: the caller has a deadline of its own. */
void vsock_keep_trying(int fd);

#endif
