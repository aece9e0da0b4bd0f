/*
 * src/system/names.c: the tables, which stand where the C library does not know
 * the names, have the same ones as glibc.
 */
#include "config.h"

#include <string.h>

#include "lib-job.h"

const char *table_errno(int error);
const char *table_signal(int signal);

#ifndef FORM_TABLES
#define FORM_TABLES
#endif
#define names_errno	table_errno
#define names_signal	table_signal
#include "../src/system/names.c"

/** True if both are the same name, or the table, `ours`, has none. */
static bool
agree(const char *ours, const char *libc)
{
	return ours == NULL || (libc != NULL && strcmp(ours, libc) == 0);
}

/** Each name must be that of its number. */
static bool
errno_names_are_right(void)
{
#ifdef HAVE_STRERRORNAME_NP
	for (int error = -1; error < 200; error++)
		CHECK(agree(table_errno(error), strerrorname_np(error)));
#endif
	CHECK(strcmp(table_errno(EXDEV), "EXDEV") == 0 &&
	    strcmp(table_errno(EAGAIN), "EAGAIN") == 0);
	CHECK(table_errno(0) == NULL && table_errno(9999) == NULL);
	return true;
}

static bool
signal_names_are_right(void)
{
#ifdef HAVE_SIGABBREV_NP
	for (int signal = -1; signal < NSIG; signal++)
		CHECK(agree(table_signal(signal), sigabbrev_np(signal)));
#endif
	CHECK(strcmp(table_signal(SIGINT), "INT") == 0);
	CHECK(table_signal(0) == NULL && table_signal(SIGRTMIN) == NULL);
	return true;
}

int
main(void)
{
	begin();
	CASE(errno_names_are_right(), "names of errno values");
	CASE(signal_names_are_right(), "names of signals");
	finish();
	return 0;
}
