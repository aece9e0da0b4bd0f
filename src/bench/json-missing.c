/*
 * Stands in for json.c in a build without jansson: see report/json-missing.c.
 */
#include "config.h"

#include "../base/diag.h"
#include "report.h"

enum status
json_print(FILE *file, struct report *report)
{
	(void)file;
	(void)report;
	diag_error("--json", "%s", LACKS_JANSSON);
	return STATUS_OTHER;
}
