#include "config.h"

#include "rules.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../base/size.h"

struct rule {
	int64_t limit;			/* the largest size it covers */
	bool star;			/* any size, known or not */
	enum zc_method method;
};

struct rules {
	size_t count;
	struct rule rule[];
};

/** Parse "LIMIT:METHOD", cutting the text in two.  Return what is wrong, or
 * NULL. */
static const char *
rule_parse(struct rule *rule, char *text)
{
	char *name = strchr(text, ':');
	int method;

	if (*text == '\0')
		return "a rule is empty";
	if (name == NULL)
		return "a rule has no ':' (LIMIT:METHOD)";
	*name++ = '\0';

	rule->limit = INT64_MAX;
	rule->star = strcmp(text, "*") == 0;
	if (!rule->star && !size_parse(text, &rule->limit))
		return "a limit is neither a size nor '*'";

	method = zc_method_from_name(name);
	if (method < 0)
		return "a method is unknown; see --list-methods";
	rule->method = (enum zc_method)method;
	return NULL;
}

/** Return why `rule` must not follow `last`, or NULL. */
static const char *
rule_check_order(const struct rule *rule, const struct rule *last)
{
	if (last->star)
		return "'*' must be the last limit";
	if (!rule->star && rule->limit <= last->limit)
		return "limits must grow";
	return NULL;
}

/** Fill in the rules.  Return what is wrong with them, or NULL. */
static const char *
rules_fill(struct rules *rules, char *text)
{
	char *next = text, *one;

	while ((one = strsep(&next, ",")) != NULL) {
		struct rule *rule = &rules->rule[rules->count];
		const char *why = rule_parse(rule, one);

		if (why == NULL && rules->count > 0)
			why = rule_check_order(rule, rule - 1);
		if (why != NULL)
			return why;
		rules->count++;
	}
	return NULL;
}

struct rules *
rules_parse(const char *text, const char **why)
{
	struct rules *rules;
	char *copy;
	size_t most = 1;		/* one rule more than commas */

	for (const char *c = text; (c = strchr(c, ',')) != NULL; c++)
		most++;
	rules = calloc(1, sizeof(*rules) + most * sizeof(struct rule));
	copy = strdup(text);
	if (rules == NULL || copy == NULL)
		*why = "out of memory";
	else
		*why = rules_fill(rules, copy);
	free(copy);

	if (*why == NULL)
		return rules;
	rules_free(rules);
	return NULL;
}

void
rules_free(struct rules *rules)
{
	free(rules);
}

enum zc_method
rules_choose(const struct rules *rules, int64_t size)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];

		if (rule->star || (size >= 0 && size <= rule->limit))
			return rule->method;
	}
	return ZC_AUTO;
}
