#include "config.h"

#include "cork.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

bool
cork_fits(const struct end *end)
{
	int saved = errno, on;
	socklen_t length = sizeof(on);
	bool fits = end->kind == ZC_SOCKET && getsockopt(end->fd, IPPROTO_TCP,
	    TCP_CORK, &on, &length) == 0 && !on;

	errno = saved;
	return fits;
}

static void
cork(const struct end *end, int on)
{
	int saved = errno;

	/* If it fails, some segments are not full; that is all. */
	(void)setsockopt(end->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	errno = saved;
}

void
cork_insert(const struct end *end)
{
	cork(end, 1);
}

void
cork_pull(const struct end *end)
{
	cork(end, 0);
}
