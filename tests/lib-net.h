/*
 * Connections over loopback, and what TCP says of them.
 */
#ifndef LIB_NET_H
#define LIB_NET_H

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/time.h>

#include "lib-job.h"

/** Return a TCP socket that listens on a free port of loopback. */
int listen_on(struct sockaddr_in *address);

/** Make two blocking sockets that are connected.  Their buffers have `buffer`
 * bytes, or what the kernel chooses if that is 0. */
void tcp_pair(int *near, int *far, int buffer);

int tcp_option(int fd, int option);
void set_tcp_option(int fd, int option, int value);

/** True if the kernel has TCP_INFO, and in it what the functions below return.
 * qemu's emulation of Linux fails, or returns 4 bytes (7.2). */
bool has_tcp_info(void);

/** Return how many segments with data were sent so far. */
unsigned segments(int fd);

/** Return how many bytes the kernel has not sent yet. */
unsigned held_back(int fd);

#endif
