/*
 * --select: rules that are accepted choose what they say, each up to its limit,
 * when they are read in another way.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../src/base/size.h"
#include "../src/transfer/rules.h"
#include "fuzz-text.h"

/** Check one rule, LIMIT:METHOD.  `before` is the limit of the one before it;
 * return its own. */
static int64_t
check_rule(const struct rules *rules, char *rule, int64_t before)
{
	char *name = strchr(rule, ':');
	enum zc_method method;
	int64_t limit;

	MUST(name != NULL);
	*name++ = '\0';
	MUST(zc_method_from_name(name) >= 0);
	method = (enum zc_method)zc_method_from_name(name);
	MUST(before == INT64_MAX || rules_choose(rules, before + 1) == method);
	if (strcmp(rule, "*") == 0) {
		MUST(rules_choose(rules, -1) == method);
		MUST(before == INT64_MAX ||
		    rules_choose(rules, INT64_MAX) == method);
		return INT64_MAX;
	}
	MUST(size_parse(rule, &limit) && limit > before);
	MUST(rules_choose(rules, limit) == method);
	return limit;
}

void
fuzz_select(const char *text, size_t size)
{
	const char *why = NULL;
	struct rules *rules = rules_parse(text, &why);
	char *copy = text_of("%s", text), *rest = copy, *rule;
	int64_t limit = -1;

	(void)size;
	MUST(rules != NULL || is_message(why));
	while (rules != NULL && (rule = strsep(&rest, ",")) != NULL) {
		const bool last = rest == NULL, star = *rule == '*';

		limit = check_rule(rules, rule, limit);
		MUST(last || !star);
		if (last && !star) {
			MUST(rules_choose(rules, -1) == ZC_AUTO);
			MUST(limit == INT64_MAX ||
			    rules_choose(rules, limit + 1) == ZC_AUTO);
		}
	}
	free(copy);
	rules_free(rules);
}
