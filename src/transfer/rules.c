#include "config.h"

#include "rules.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../base/size.h"

struct rule {
	int64_t limit;			/* the most that it speaks for */
	bool star;			/* any size, known or not */
	enum zc_method method;
};

struct rules {
	size_t count;
	struct rule rule[];
};

/** "LIMIT:METHOD", which is cut in two; what is wrong with it, or NULL. */
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

/** What is wrong with `rule` behind `last`, or NULL. */
static const char *
rule_follows(const struct rule *rule, const struct rule *last)
{
	if (last->star)
		return "'*' must be the last limit";
	if (!rule->star && rule->limit <= last->limit)
		return "limits must grow";
	return NULL;
}

/** Fill in the rules; what is wrong with them, or NULL. */
static const char *
rules_fill(struct rules *rules, char *text)
{
	char *next = text, *one;
	const char *why = NULL;

	while (why == NULL && (one = strsep(&next, ",")) != NULL) {
		struct rule *rule = &rules->rule[rules->count];

		why = rule_parse(rule, one);
		if (why == NULL && rules->count > 0)
			why = rule_follows(rule, rule - 1);
		rules->count++;
	}
	return why;
}

/** An upper bound, for the memory: one more than there are commas. */
static size_t
rules_count(const char *text)
{
	size_t count = 1;

	while ((text = strchr(text, ',')) != NULL) {
		text++;
		count++;
	}
	return count;
}

struct rules *
rules_parse(const char *text, const char **why)
{
	size_t size = rules_count(text) * sizeof(struct rule);
	struct rules *rules = calloc(1, sizeof(*rules) + size);
	char *copy = strdup(text);

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
