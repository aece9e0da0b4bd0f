/*
 * Stands in for all that makes JSON, in a build without jansson.  The options
 * that ask for JSON are refused when the command line is read (`lacks` in their
 * rows), so a call of these is a fault in zcopy: it fails, and says why.
 */
#include "config.h"

#include "../base/diag.h"
#include "progress-object.h"
#include "summary.h"

static enum status
refuse(void)
{
	diag_error("--json", "%s", LACKS_JANSSON);
	return STATUS_OTHER;
}

enum status
summary_print(const struct summary *summary, bool errors)
{
	(void)summary;
	(void)errors;
	return refuse();
}

enum status
summary_write(const struct summary *summary, const char *path)
{
	(void)summary;
	(void)path;
	return refuse();
}

size_t
progress_object(char line[LINE_SIZE], const struct view *view)
{
	(void)line;
	(void)view;
	return 0;
}
