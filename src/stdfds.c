#include "config.h"

#include "stdfds.h"

#include <fcntl.h>
#include <unistd.h>

void
stdfds_hold(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/", O_PATH);
}
