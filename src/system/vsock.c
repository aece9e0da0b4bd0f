#include "config.h"

#include "vsock.h"

#include <stddef.h>
#include <string.h>

#ifdef HAVE_LINUX_VM_SOCKETS_H

#include <linux/vm_sockets.h>
#include <sys/time.h>

/* Seconds: 11 days, which fit into 32 bits as milliseconds. */
#define LONGEST	1000000

const char *
vsock_lack(void)
{
	return NULL;
}

socklen_t
vsock_address(struct sockaddr_storage *address, uint32_t cid, uint32_t port)
{
	const struct sockaddr_vm vm = { .svm_family = AF_VSOCK,
	    .svm_cid = cid, .svm_port = port };

	/* A compiler may assume that an object of one type is not changed
	 * through a pointer to another type. */
	memcpy(address, &vm, sizeof(vm));
	return sizeof(vm);
}

socklen_t
vsock_listen_address(struct sockaddr_storage *address, uint32_t port)
{
	return vsock_address(address, VMADDR_CID_ANY,
	    port == 0 ? VMADDR_PORT_ANY : port);
}

bool
vsock_read(const struct sockaddr *address, uint32_t *cid, uint32_t *port)
{
	struct sockaddr_vm vm;

	/* Both have the same size. */
	memcpy(&vm, address, sizeof(vm));
	if (vm.svm_family != AF_VSOCK)
		return false;
	*cid = vm.svm_cid;
	*port = vm.svm_port;
	return true;
}

void
vsock_keep_trying(int fd)
{
	const struct timeval longest = { .tv_sec = LONGEST };

	(void)setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &longest,
	    sizeof(longest));
}

#else

const char *
vsock_lack(void)
{
	return "this build has no vsock: <linux/vm_sockets.h> was missing";
}

socklen_t
vsock_address(struct sockaddr_storage *address, uint32_t cid, uint32_t port)
{
	(void)address;
	(void)cid;
	(void)port;
	return 0;
}

socklen_t
vsock_listen_address(struct sockaddr_storage *address, uint32_t port)
{
	(void)address;
	(void)port;
	return 0;
}

bool
vsock_read(const struct sockaddr *address, uint32_t *cid, uint32_t *port)
{
	(void)address;
	(void)cid;
	(void)port;
	return false;
}

void
vsock_keep_trying(int fd)
{
	(void)fd;
}

#endif
