/*
 * What a socket has still to deliver: SIOCOUTQ in tcp(7) and unix(7).  For a
 * terminal the same request is TIOCOUTQ, ioctl_tty(2).
 */
#ifndef SYSTEM_SOCKET_QUEUE_H
#define SYSTEM_SOCKET_QUEUE_H

/**
 * Return how many bytes the other side has not taken, or -1 with errno if that
 * is not known (ENOTTY: `fd` is neither).
 *
 * TCP: bytes, and a FIN, that the peer's kernel has not acknowledged.  A unix
 * socket: 0 if the peer has read everything; other values include overhead.
 */
int socket_queue(int fd);

#endif
