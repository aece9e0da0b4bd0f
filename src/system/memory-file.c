#include "config.h"

#include "memory-file.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Large folios of files in memory: Documentation/admin-guide/mm/transhuge.rst.
 * Besides the switch here there is one for each size, in hugepages-*kB/ (Linux
 * 6.10). */
#define HUGE_PAGES	"/sys/kernel/mm/transparent_hugepage"

#ifdef HAVE_MEMFD_CREATE

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL	0x8U		/* Linux 6.3 */
#endif

int
memory_file_open(const char *name)
{
	/* The sysctl vm.memfd_noexec can demand this flag. */
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	return fd >= 0 || errno != EINVAL ? fd :
	    memfd_create(name, MFD_CLOEXEC);
}

#else

int
memory_file_open(const char *name)
{
	(void)name;
	errno = ENOSYS;
	return -1;
}

#endif

int64_t
memory_file_most(void)
{
	/* Pages are counted in an unsigned long. */
	return sizeof(long) >= sizeof(int64_t) ? INT64_MAX :
	    (INT64_C(1) << 32) * (sysconf(_SC_PAGESIZE) / 2);
}

/** Read the first line of a file below HUGE_PAGES; "" if that fails. */
static void
read_line(const char *directory, const char *name, char *line, int size)
{
	char path[512];
	FILE *file;

	*line = '\0';
	snprintf(path, sizeof(path), HUGE_PAGES "%s%s/%s",
	    *directory != '\0' ? "/" : "", directory, name);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fgets(line, size, file) == NULL)
		*line = '\0';
	fclose(file);
}

/** True if the switch in this directory lets files that nobody maps have large
 * folios. */
static bool
is_on(const char *directory)
{
	static const char *const words[] = { "[always]", "[within_size]",
	    "[force]" };
	char line[128];

	read_line(directory, "shmem_enabled", line, sizeof(line));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(line, words[i]) != NULL)
			return true;
	return false;
}

/** True if such files can have large folios of any size. */
static bool
has_large_folios(void)
{
	DIR *sizes = opendir(HUGE_PAGES);
	const struct dirent *entry;
	bool found = is_on("");

	while (sizes != NULL && !found && (entry = readdir(sizes)) != NULL)
		found = strncmp(entry->d_name, "hugepages-", 10) == 0 &&
		    is_on(entry->d_name);
	if (sizes != NULL)
		closedir(sizes);
	return found;
}

int64_t
memory_file_unit(void)
{
	char line[128];
	long long largest = 0;

	if (has_large_folios()) {
		read_line("", "hpage_pmd_size", line, sizeof(line));
		if (sscanf(line, "%lld", &largest) != 1)
			largest = 0;
	}
	return largest > 0 ? largest : sysconf(_SC_PAGESIZE);
}
