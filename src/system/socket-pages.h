/*
 * Pages of a file that were sent through a socket without being copied.
 */
#ifndef SYSTEM_SOCKET_PAGES_H
#define SYSTEM_SOCKET_PAGES_H

/** Send a packet on each CPU.  A CPU may keep pages that have left a socket
 * until it handles another packet (Linux: skb_attempt_defer_free()), and the
 * page cache does not drop them as long. */
void socket_pages_release(void);

#endif
