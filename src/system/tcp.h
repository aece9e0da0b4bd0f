/*
 * What the kernel knows of a TCP connection (TCP_INFO in tcp(7)), and how fast
 * it may send.
 */
#ifndef SYSTEM_TCP_H
#define SYSTEM_TCP_H

#include <stdbool.h>
#include <stdint.h>

/** Return how many bytes the peer's kernel has acknowledged, or -1 if that is
 * not known.  Our SYN and our FIN count as one byte each. */
int64_t tcp_acknowledged(int fd);

/** Return more than 0 if the peer's kernel has not acknowledged everything, 0
 * if it has, or -1 with errno if that is not known. */
int64_t tcp_unacknowledged(int fd);

/** True if a TCP socket that has no peer now was connected once. */
bool tcp_was_connected(int fd);

/** Have the kernel space out what it sends, so that it is at most `rate` bytes
 * a second.  Best effort: before Linux 4.13 only the fq qdisc does so, and only
 * since 4.20 may the rate exceed 4 GiB/s. */
void tcp_pace(int fd, int64_t rate);

#endif
